// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/station/status.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clients/generator/osc.h"
#include "clients/station/ask.h"
#include "clients/station/commands.h"
#include "clients/station/options.h"
#include "graph/clock.h"

struct options {
    struct status_opts from;
    bool json, watch;
};

static int look(const struct options *o, const char *program,
                struct status_cpu *cpu)
{
    const struct ask a = {.program = program, .addr = o->from.osc};
    struct status s;
    int err = status_gather(&s, &o->from);

    if (err)
        return ask_sent(&a, err);
    if (o->watch && !o->json && isatty(STDOUT_FILENO))
        printf("\033[H\033[J"); /* from the top of an empty screen */
    if (o->json)
        status_print_json(&s);
    else
        status_print(&s, cpu);
    if (o->watch && !o->json && !isatty(STDOUT_FILENO))
        printf("\n");
    fflush(stdout);
    status_fini(&s);
    return EXIT_OK;
}

int command_status(int argc, char **argv)
{
    struct options o = {.from = {.osc = {"127.0.0.1", OSC_PORT}}};
    struct status_cpu cpu = {.n = 0};
    struct cli_option table[] = {
        {"json", CLI_FLAG, &o.json, NULL, "all figures, as JSON"},
        {"watch", CLI_FLAG, &o.watch, NULL, "again every second, until Ctrl-C"},
        option_server(&o.from.server),
        option_osc(&o.from.osc, "where the generator is controlled (default: "
                                "as the station says, or 127.0.0.1:7770)"),
        {NULL},
    };
    struct cli_program p = {
        .name = "longwave status",
        .summary = "how the station does, or a generator alone",
        .usage = "[OPTIONS]",
        .options = table,
    };
    int parsed = cli_parse(&p, argc, argv);
    int code = parsed < 0 ? EXIT_USAGE : EXIT_OK;

    if (parsed <= 0)
        goto out;
    o.from.osc_given = table[3].given;
    code = look(&o, p.name, &cpu);
    while (o.watch && code == EXIT_OK && !ferror(stdout)) {
        clock_sleep(NS_PER_S);
        code = look(&o, p.name, &cpu);
    }
out:
    cli_fini(&p);
    return code;
}
