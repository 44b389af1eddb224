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

    if (given && !token_ok(given)) {
        log_error(r->log, "$" TOKEN_ENV ": allowed: " TOKEN_ALLOWED);
        return run_give_up(r, EXIT_USAGE);
    }
    if (given) {
        snprintf(r->token, sizeof(r->token), "%s", given);
    } else if (token_make(r->token)) {
        log_error(r->log, "no random numbers for the operator's token");
        return run_give_up(r, EXIT_RUNNING);
    }
    /* The sink gets it by its environment, which only this user can read:
       others see what is on a command line. Nobody else has a use for it. */
    unsetenv(TOKEN_ENV);
    snprintf(r->token_var, sizeof(r->token_var), TOKEN_ENV "=%s", r->token);
    r->token_vars[0] = r->token_var;
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
    const char *token = has_file(r) ? NULL : r->token;
    /* The sink's detail is "LISTEN_URL ADMIN_URL". */
    const char *url = sink ? strchr(sink->detail, ' ') : NULL;

    if (!url)
        return false;
    snprintf(out, RUN_URL_MAX, "%s%s%s", url + 1, token ? "#token=" : "",
             token ? token : "");
    return true;
}
