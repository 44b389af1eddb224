// SPDX-License-Identifier: GPL-3.0-or-later
/* What a station says when it plays: all a newcomer needs. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clients/generator/osc.h"
#include "clients/paths.h"
#include "clients/station/run_priv.h"
#include "graph/notify.h"

/* Whether the shell finds this program by its bare name. */
static bool is_in_path(const struct run *r)
{
    char own[PATH_MAX + 16], found[PATH_MAX];

    snprintf(own, sizeof(own), "%slongwave", r->bin);
    return paths_program("longwave", found) == 0 && strcmp(found, own) == 0;
}

/* How to reach the generator's control, by a command that can be copied. */
static void announce_control(const struct run *r, const char *addr, int len)
{
    char usual[32], at[CLI_ADDR_TEXT_MAX + 8] = "";

    snprintf(usual, sizeof(usual), "127.0.0.1:%d", OSC_PORT);
    if (strncmp(addr, "none", (size_t)len) == 0) {
        printf("control  none\n");
        return;
    }
    if (strlen(usual) != (size_t)len || strncmp(addr, usual, (size_t)len) != 0)
        snprintf(at, sizeof(at), " --osc %.*s", len, addr);
    printf("control  %slongwave set brightness 1%s   OSC %.*s\n",
           is_in_path(r) ? "" : r->bin, at, len, addr);
}

static void announce_graph(const struct run *r)
{
    static const enum program_kind order[] = {PROGRAM_GEN, PROGRAM_MASTER,
                                              PROGRAM_SINK};
    const char *arrow = "graph    ";

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        const struct client *c = run_client(r, order[i]);
        if (!c)
            continue;
        printf("%s%s", arrow, c->program.name);
        arrow = " -> ";
    }
    for (uint32_t i = 0; i < r->n_clients; i++)
        if (r->client[i].program.kind == PROGRAM_OTHER) {
            printf("%s%s", *arrow == 'g' ? arrow : ", ",
                   r->client[i].program.name);
            arrow = ", ";
        }
    printf("%s", *arrow == 'g' ? arrow : "   ");
    if (r->server.own)
        printf("jackd dummy, ");
    else
        printf("JACK server '%s', ", run_server_name(r));
    printf("%u Hz, %u frames\n", patchbay_rate(r->bay),
           patchbay_period(r->bay));
}

/* The sink's first mount. */
static const char *first_mount(const struct run *r, int *len)
{
    const struct station_args *a = &r->station->sink.options;

    *len = 4;
    for (uint32_t i = 0; i + 1 < a->n; i++)
        if (strcmp(a->arg[i], "--mount") == 0) {
            *len = (int)strcspn(a->arg[i + 1], ":");
            return a->arg[i + 1];
        }
    return "live";
}

/* Others may read a journal: `longwave status` has the token for who may. */
static void announce_operate(const struct run *r, const char *operate)
{
    int bare = (int)strcspn(operate, "#");

    if (operate[bare] && notify_is_journal(STDOUT_FILENO))
        printf("operate  %.*s   orders: %slongwave status\n", bare, operate,
               is_in_path(r) ? "" : r->bin);
    else
        printf("operate  %s\n", operate);
}

/* The sink's detail is "LISTEN_URL ADMIN_URL", the generator's "CONTROL" and a
   sentence. */
void announce(const struct run *r)
{
    const struct client *gen = run_client(r, PROGRAM_GEN);
    const struct client *sink = run_client(r, PROGRAM_SINK);
    const char *name = strrchr(r->station->music, '/');
    int osc = gen ? (int)strcspn(gen->detail, " ") : 0;

    name = name ? name + 1 : r->station->music;
    if (gen)
        printf("Longwave %s   %.*s, seed %06" PRIx64 "\n"
               "sound    %s\n",
               LONGWAVE_VERSION, (int)strcspn(name, "."), name, r->order->seed,
               gen->detail + osc + (gen->detail[osc] == ' '));
    else
        printf("Longwave %s   %s\n", LONGWAVE_VERSION, r->station->title);
    announce_graph(r);
    if (sink) {
        const char *d = sink->detail;
        int url = (int)strcspn(d, " "), len;
        const char *mount = first_mount(r, &len);
        char operate[RUN_URL_MAX] = "";
        run_operate(r, operate);
        printf("listen   %.*s   mpv %.*s%.*s.opus\n", url, d, url, d, len,
               mount);
        announce_operate(r, operate);
    }
    if (gen)
        announce_control(r, gen->detail, osc);
    printf("Ctrl-C stops the station\n");
    fflush(stdout);
}
