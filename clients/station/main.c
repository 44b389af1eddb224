// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "clients/generator/music.h"
#include "clients/paths.h"
#include "clients/station/commands.h"
#include "clients/station/run.h"
#include "graph/cli.h"
#include "graph/suggest.h"
#include "graph/threads.h"

static const char *const renderers[] = {"auto", "vulkan", "cpu", NULL};

struct options {
    struct cli_addr listen, admin, osc;
    const char *server, *music;
    uint64_t seed;
    int level, renderer;
};

/* What may be wrong is found here, before anything is started. */
static int load(const struct log *log, const char *name, struct options *o,
                struct station *s, struct music *m)
{
    char path[4096], err[CONF_ERROR_MAX];
    if (paths_preset("stations", name, path, sizeof path, err, sizeof err) <
            0 ||
        station_load(s, path, err) < 0)
        goto wrong;
    if (!o->music)
        o->music = s->music;
    if (paths_preset("music", o->music, path, sizeof path, err, sizeof err) <
            0 ||
        music_load(m, path, err) < 0)
        goto wrong;
    return 0;
wrong:
    log_error(log, "%s", err);
    return -EINVAL;
}

static int run(int argc, char **argv)
{
    struct options o = {.level = LOG_WARN};
    const char *name;
    struct cli_option table[] = {
        {"listen", CLI_ADDR, &o.listen, "ADDR:PORT",
         "listeners' address (default: the station's)"},
        {"admin", CLI_ADDR, &o.admin, "ADDR:PORT",
         "operator's address (default: the station's)"},
        {"osc", CLI_ADDR_OR_NONE, &o.osc, "ADDR:PORT|none",
         "address of the control by OSC (default: the station's)"},
        {"seed", CLI_HEX, &o.seed, "HEX",
         "same seed, same music (default: a new one)"},
        {"preset", CLI_STRING, &o.music, "MUSIC",
         "music preset, name or path (default: the station's)"},
        {"renderer", CLI_CHOICE, &o.renderer, "WHICH",
         "auto, vulkan or cpu (default: auto)", .choices = renderers},
        {"server", CLI_STRING, &o.server, "NAME",
         "JACK server (default: $JACK_DEFAULT_SERVER or 'default')"},
        {"log-level", CLI_CHOICE, &o.level, "LEVEL",
         "error, warn, info or debug (default: warn)",
         .choices = log_level_names},
        {NULL},
    };
    struct cli_program p = {
        .name = "longwave run",
        .summary = "start a station and play until Ctrl-C",
        .usage = "[STATION] [OPTIONS]",
        .options = table,
        .notes = "STATION is a file of presets/stations or a path (default: "
                 "default).\nUses the JACK server that runs, or starts one "
                 "with the dummy driver.",
        .max_args = 1,
        .args = &name,
    };
    struct station s;
    struct music m;
    const struct log *log = NULL;
    struct log own = {.program = "longwave"};

    int code = EXIT_USAGE;
    int r = cli_parse(&p, argc, argv);
    if (r <= 0) {
        code = r < 0 ? EXIT_USAGE : EXIT_OK;
        goto out;
    }
    own.level = (enum log_level)o.level;
    log = &own;
    if (load(log, name ? name : "default", &o, &s, &m) < 0)
        goto out;
    if (table[0].given)
        s.listen = o.listen;
    if (table[1].given)
        s.admin = o.admin;
    if (table[2].given) {
        s.osc = o.osc;
        s.osc_wanted = true;
    }
    if (!table[3].given) {
        unsigned char b[3] = {1, 2, 3}; /* short enough to be told on */
        ssize_t n = getrandom(b, sizeof b, 0);
        (void)n; /* cannot fail for so few bytes */
        o.seed = (uint64_t)b[0] << 16 | (uint64_t)b[1] << 8 | b[2];
    }
    code =
        run_station(&(struct run_opts){.log = log,
                                       .station = &s,
                                       .music = o.music,
                                       .server = o.server,
                                       .seed = o.seed,
                                       .renderer = renderers[o.renderer],
                                       .log_level = log_level_names[o.level]});
out:
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
            "  longwave status          how the generator does\n"
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
                 {"doctor", command_doctor}};
    const char *commands[sizeof table / sizeof table[0] + 1] = {NULL};
    thread_enter(TH_MAIN);
    /* Blocked before any thread is there, so that all inherit it. */
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);

    const char *command = argc > 1 ? argv[1] : "";
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
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
