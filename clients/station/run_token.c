// SPDX-License-Identifier: GPL-3.0-or-later
/* The operator's token: made once for the station, so that it stays when the
   sink is started again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients/station/run_priv.h"
#include "netsink/token.h"

bool token_begin(struct run *r)
{
    const char *given = getenv(TOKEN_ENV);
    char token[TOKEN_MAX + 1];

    if (given && token_ok(given))
        return true;
    if (given) {
        log_error(r->log, "$" TOKEN_ENV ": allowed: " TOKEN_ALLOWED);
        return run_give_up(r, EXIT_USAGE);
    }
    /* By the environment, which only this user can read: others see what is on
       a command line. */
    if (token_make(token) || setenv(TOKEN_ENV, token, 1)) {
        log_error(r->log, "no random numbers for the operator's token");
        return run_give_up(r, EXIT_RUNNING);
    }
    return true;
}

/* The sink reads it from a file of its own. */
static bool has_file(const struct run *r)
{
    static const char option[] = "--admin-token-file";
    const struct station_args *a = &r->station->sink.options;

    for (uint32_t i = 0; i < a->n; i++)
        if (strncmp(a->arg[i], option, sizeof(option) - 1) == 0)
            return true;
    return false;
}

bool run_operate(const struct run *r, char out[RUN_URL_MAX])
{
    const struct client *sink = run_client(r, PROGRAM_SINK);
    const char *token = has_file(r) ? NULL : getenv(TOKEN_ENV);
    /* The sink's detail is "LISTEN_URL ADMIN_URL". */
    const char *url = sink ? strchr(sink->detail, ' ') : NULL;

    if (!url)
        return false;
    snprintf(out, RUN_URL_MAX, "%s%s%s", url + 1, token ? "#token=" : "",
             token ? token : "");
    return true;
}
