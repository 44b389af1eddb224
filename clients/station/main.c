// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "clients/station/commands.h"
#include "clients/station/options.h"
#include "clients/station/order.h"
#include "clients/station/run.h"
#include "clients/telling.h"
#include "graph/cli.h"
#include "graph/keep.h"
#include "graph/suggest.h"
#include "graph/threads.h"

static const char *const renderers[] = {"auto", "vulkan", "cpu", NULL};

struct options {
    struct cli_addr listen, admin, osc;
    const char *server, *music;
    uint64_t seed;
    int level, renderer;
};

enum { LISTEN, ADMIN, OSC, SEED, PRESET, RENDERER, SERVER, LEVEL, COUNT };

/* clang-format off */
static void fill_table(struct cli_option t[COUNT + 1], struct options *o)
{
    t[LISTEN] = (struct cli_option){"listen", CLI_ADDR, &o->listen,
        "ADDR:PORT", "listeners' address (default: the station's)"};
    t[ADMIN] = (struct cli_option){"admin", CLI_ADDR, &o->admin, "ADDR:PORT",
        "operator's address (default: the station's)"};
    t[OSC] = (struct cli_option){"osc", CLI_ADDR_OR_NONE, &o->osc,
        "ADDR:PORT|none",
        "address of the control by OSC (default: the station's)"};
    t[SEED] = (struct cli_option){"seed", CLI_HEX, &o->seed, "HEX",
        "same seed, same music (default: a new one)"};
    t[PRESET] = (struct cli_option){"preset", CLI_STRING, &o->music, "MUSIC",
        "music preset, name or path (default: the station's)"};
    t[RENDERER] = (struct cli_option){"renderer", CLI_CHOICE, &o->renderer,
        "WHICH", "auto, vulkan or cpu (default: the station's)",
        .choices = renderers};
    t[SERVER] = option_server(&o->server);
    t[LEVEL] = option_log_level(&o->level,
        "error, warn, info or debug (default: warn)");
    t[COUNT] = (struct cli_option){NULL};
}
/* clang-format on */

static uint64_t new_seed(void)
{
    unsigned char b[3] = {1, 2, 3}; /* short enough to be told on */
    ssize_t n = getrandom(b, sizeof(b), 0);

    (void)n; /* cannot fail for so few bytes */
    return (uint64_t)b[0] << 16 | (uint64_t)b[1] << 8 | b[2];
}

static struct order make_order(const struct options *o,
                               const struct cli_option *t, const char *name)
{
    return (struct order){
        .name = name ? name : "default",
        .listen = t[LISTEN].given ? &o->listen : NULL,
        .admin = t[ADMIN].given ? &o->admin : NULL,
        .osc = t[OSC].given ? &o->osc : NULL,
        .music = o->music,
        .renderer = t[RENDERER].given ? renderers[o->renderer] : NULL,
        .server = o->server,
        .log_level = log_level_names[o->level],
        .seed = t[SEED].given ? o->seed : new_seed(),
    };
}

/* What may be wrong is found here, before anything is started. */
static struct station *load(const struct log *log, const struct order *o)
{
    char *err = malloc(ORDER_ERROR_MAX);
    struct station *s = NULL;

    if (!err || order_load(o, &s, err) < 0)
        log_error(log, "%s", err ? err : "memory is short");
    free(err);
    return s;
}

static int run(int argc, char **argv)
{
    struct options o = {.level = LOG_WARN};
    const char *name;
    struct cli_option table[COUNT + 1];
    struct cli_program p = {
        .name = "longwave run",
        .summary = "start a station and keep it playing until Ctrl-C",
        .usage = "[STATION] [OPTIONS]",
        .options = table,
        .notes = "STATION is a file of presets/stations or a path (default: "
                 "default).\nUses the JACK server that runs, or starts one "
                 "with the dummy driver. Starts again what\nends or hangs. "
                 "SIGHUP reads the station's file again, SIGUSR1 makes the "
                 "clients save.",
        .max_args = 1,
        .args = &name,
    };
    struct log_tail *tail = NULL;
    struct log log = {.program = "longwave"};
    struct station *s;
    struct order order;
    int r, code = EXIT_USAGE;

    run_block_signals();
    fill_table(table, &o);
    r = cli_parse(&p, argc, argv);
    if (r <= 0) {
        code = r < 0 ? EXIT_USAGE : EXIT_OK;
        goto out;
    }
    log.level = (enum log_level)o.level;
    if (log_tail_new(&tail, TELLING_LOG_LINES) == 0)
        log.tail = tail;
    order = make_order(&o, table, name);
    s = load(&log, &order);
    if (s)
        code = run_station(&log, &order, s);
out:
    log_tail_free(&tail);
    cli_fini(&p);
    return code;
}

static void usage(FILE *f)
{
    fprintf(f,
            "longwave %s: an ambient radio station in a JACK graph\n\n"
            "  longwave run [STATION]   start a station and play until "
            "Ctrl-C\n"
            "  longwave set             what can be moved while it plays\n"
            "  longwave set PARAM VALUE moves it\n"
            "  longwave status          how the station does\n"
            "  longwave presets         the music that there is\n"
            "  longwave doctor          what is amiss here, and its fix\n"
            "  longwave patch           the patchbay: show, diff, apply, save, "
            "...\n"
            "  longwave COMMAND --help  options of each\n"
            "  longwave --version\n",
            LONGWAVE_VERSION);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } table[] = {{"run", run},
                 {"set", command_set},
                 {"status", command_status},
                 {"presets", command_presets},
                 {"patch", command_patch},
                 {"doctor", command_doctor},
                 {"keep", keep_main}};
    const char *commands[sizeof table / sizeof table[0] + 1] = {NULL};
    thread_enter(TH_MAIN);
    const char *command = argc > 1 ? argv[1] : "";
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        /* the last is not for people: see graph/keep.h */
        if (i + 1 < sizeof table / sizeof table[0])
            commands[i] = table[i].name;
        if (strcmp(command, table[i].name) == 0)
            return table[i].run(argc - 1, argv + 1);
    }
    if (strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0) {
        usage(stdout);
        return EXIT_OK;
    }
    if (strcmp(command, "--version") == 0) {
        printf("longwave %s\n", LONGWAVE_VERSION);
        return EXIT_OK;
    }
    if (*command) {
        const char *near = suggest(command, commands);
        fprintf(stderr, "longwave: unknown command '%s'%s%s%s\n", command,
                near ? "; did you mean '" : "", near ? near : "",
                near ? "'?" : "");
    }
    usage(stderr);
    return EXIT_USAGE;
}
