// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/station/options.h"

#include "graph/log.h"

struct cli_option option_server(const char **name)
{
    return (struct cli_option){
        "server", CLI_STRING, name, "NAME",
        "JACK server (default: $JACK_DEFAULT_SERVER or 'default')"};
}

struct cli_option option_osc(struct cli_addr *addr, const char *help)
{
    return (struct cli_option){"osc", CLI_ADDR, addr, "ADDR:PORT", help};
}

struct cli_option option_log_level(int *level, const char *help)
{
    return (struct cli_option){"log-level", CLI_CHOICE,
                               level,       "LEVEL",
                               help,        .choices = log_level_names};
}
