// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/sink/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clients/sink/inlet.h"
#include "graph/log.h"

#define LOOPS_MAX    16
#define LOOPS_USUAL  4 /* at most, unless asked for more */
#define KBPS_ALLOWED "ascending whole numbers from 24 to 256, with commas"

static int wrong(const struct cli_program *p, const char *option,
                 const char *found, const char *allowed)
{
    fprintf(stderr, "%s: --%s: found '%s'; allowed: %s\n", p->name, option,
            found, allowed);
    return -EINVAL;
}

/* "NAME" or "NAME:channels". */
static int parse_mount(struct options *o, const struct cli_program *p,
                       const char *text)
{
    static const char allowed[] =
        "NAME or NAME:1 or NAME:2, each once, where NAME is 1 to 32 of a-z, "
        "0-9, _ and -, and not 'in' beside 'live', whose ports are in_L and "
        "in_R";
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    const char *rest = text + n;
    uint32_t n_channels = 2;

    if (n < 1 || n > MOUNT_NAME_MAX)
        return wrong(p, "mount", text, allowed);
    if (strcmp(rest, ":1") == 0)
        n_channels = 1;
    else if (*rest && strcmp(rest, ":2") != 0)
        return wrong(p, "mount", text, allowed);
    char *name = o->mounts[o->n_mounts].name;
    memcpy(name, text, n);
    name[n] = '\0';
    for (uint32_t i = 0; i < o->n_mounts; i++) {
        if (strcmp(inlet_prefix(o->mounts[i].name), inlet_prefix(name)) == 0)
            return wrong(p, "mount", text, allowed);
    }
    o->mounts[o->n_mounts++].n_channels = n_channels;
    return 0;
}

static int parse_ladder(struct options *o, const struct cli_program *p,
                        const char *text)
{
    const char *at = text;
    uint32_t least = RUNG_KBPS_MIN;
    char *end;

    for (o->n_ladder = 0; o->n_ladder < MOUNT_LADDER_MAX;) {
        unsigned long kbps = isdigit((unsigned char)*at) ? strtoul(at, &end, 10)
                                                         : RUNG_KBPS_MAX + 1;
        if (kbps < least || kbps > RUNG_KBPS_MAX)
            break;
        o->ladder[o->n_ladder++] = (uint32_t)kbps;
        if (!*end)
            return 0;
        if (*end != ',')
            break;
        least = (uint32_t)kbps + 1;
        at = end + 1;
    }
    return wrong(p, "ladder", text, "up to 8 " KBPS_ALLOWED);
}

/* The rung that is asked for has to be there. */
static int check_bitrate(const struct options *o, const struct cli_program *p)
{
    char found[16], allowed[128] = "";

    for (uint32_t i = 0; i < o->n_ladder; i++) {
        if (o->ladder[i] == o->kbps)
            return 0;
        size_t n = strlen(allowed);
        snprintf(allowed + n, sizeof(allowed) - n, "%s%u", i ? ", " : "",
                 (unsigned)o->ladder[i]);
    }
    snprintf(found, sizeof(found), "%u", (unsigned)o->kbps);
    snprintf(allowed + strlen(allowed), sizeof(allowed) - strlen(allowed),
             " (the ladder)");
    return wrong(p, "bitrate", found, allowed);
}

/* WAV gets what is left. */
static int check_memory(const struct options *o, const struct cli_program *p)
{
    const uint64_t mb = UINT64_C(1) << 20,
                   bytes = mount_opus_bytes(o->ladder, o->n_ladder);
    uint64_t least = (o->n_mounts * bytes + mb - 1) / mb;
    char found[16], allowed[96];

    if (o->memory_mb >= least)
        return 0;
    snprintf(found, sizeof(found), "%u", (unsigned)o->memory_mb);
    snprintf(allowed, sizeof(allowed),
             "at least %u (a minute of each bitrate of each mount)",
             (unsigned)least);
    return wrong(p, "memory", found, allowed);
}

static uint32_t usual_loops(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    /* The others have JACK, encoding and the system to do; and the more are
       written to at once, the cheaper each is. */
    cores /= 2;
    return cores < 1 ? 1 : cores > LOOPS_USUAL ? LOOPS_USUAL : (uint32_t)cores;
}

/* Names, as they are in URLs. */
static int check_hosts(const struct options *o, const struct cli_program *p)
{
    for (uint32_t i = 0; i < o->admin_hosts.n; i++) {
        const char *name = o->admin_hosts.text[i];
        size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
                                "abcdefghijklmnopqrstuvwxyz");
        if (n == 0 || name[n])
            return wrong(p, "admin-host", name,
                         "a name without a port, of letters, digits, . - and "
                         "_");
    }
    return 0;
}

static int file_token(struct options *o, const struct cli_program *p)
{
    int err = token_read(o->token_file, o->token);

    if (err == -EINVAL)
        return wrong(p, "admin-token-file", o->token_file,
                     "a file whose first line is " TOKEN_ALLOWED);
    if (err) {
        fprintf(stderr, "%s: --admin-token-file: %s: %s\n", p->name,
                o->token_file, strerror(-err));
        return -EINVAL;
    }
    return 0;
}

/* The file's, the environment's, or a new one. */
static int find_token(struct options *o, const struct cli_program *p)
{
    const char *given = getenv(TOKEN_ENV);

    if (o->token_file)
        return file_token(o, p);
    if (given && !token_ok(given)) {
        fprintf(stderr, "%s: $" TOKEN_ENV ": allowed: " TOKEN_ALLOWED "\n",
                p->name);
        return -EINVAL;
    }
    if (given) {
        snprintf(o->token, sizeof(o->token), "%s", given);
        return 0;
    }
    o->token_made = true;
    if (token_make(o->token) == 0)
        return 0;
    fprintf(stderr, "%s: no random numbers for a token\n", p->name);
    return -EINVAL;
}

int options_check(struct options *o, const struct cli_program *p)
{
    const struct cli_strings *mounts = &o->mount_texts;
    int err = 0;

    if (mounts->n > MOUNT_MAX)
        return wrong(p, "mount", mounts->text[MOUNT_MAX], "up to 8 mounts");
    for (uint32_t i = 0; i < mounts->n && !err; i++)
        err = parse_mount(o, p, mounts->text[i]);
    if (!err)
        err = parse_ladder(o, p, o->ladder_text);
    if (!err)
        err = check_bitrate(o, p);
    if (!err)
        err = check_memory(o, p);
    if (!err)
        err = check_hosts(o, p);
    if (!err)
        err = find_token(o, p);
    return err;
}

static void fill_table(struct options *o)
{
    const struct cli_option table[] = {
        {.name = "name",
         .type = CLI_STRING,
         .dest = &o->name,
         .arg = "NAME",
         .help = "JACK client name (default longwave-sink)",
         .keep = CLI_KEEP_NEVER},
        {.name = "server",
         .type = CLI_STRING,
         .dest = &o->server,
         .arg = "NAME",
         .help = "JACK server (default $JACK_DEFAULT_SERVER or 'default')",
         .keep = CLI_KEEP_NEVER},
        {.name = "listen",
         .type = CLI_ADDR,
         .dest = &o->listen,
         .arg = "ADDR:PORT",
         .help = "where listeners are served (default 127.0.0.1:8000)",
         .keep = CLI_KEEP_ALWAYS},
        {.name = "admin",
         .type = CLI_ADDR,
         .dest = &o->admin,
         .arg = "ADDR:PORT",
         .help = "where the operator is served (default 127.0.0.1:8001)",
         .keep = CLI_KEEP_ALWAYS},
        {.name = "admin-host",
         .type = CLI_STRINGS,
         .dest = &o->admin_hosts,
         .arg = "NAME",
         .help = "a name that the operator's address is called by, besides "
                 "its numbers; may come several times"},
        {.name = "admin-token-file",
         .type = CLI_STRING,
         .dest = &o->token_file,
         .arg = "FILE",
         .help = "its first line is the operator's token (default "
                 "$LONGWAVE_ADMIN_TOKEN, or a new one at each start)"},
        {.name = "mount",
         .type = CLI_STRINGS,
         .dest = &o->mount_texts,
         .arg = "NAME[:CHANNELS]",
         .help = "a stream with ports of its own; may come several times "
                 "(default live:2)",
         .keep = CLI_KEEP_ALWAYS},
        {.name = "ladder",
         .type = CLI_STRING,
         .dest = &o->ladder_text,
         .arg = "KBPS,...",
         .help = "bitrates there are, kbit/s (default 32,64,96,160)",
         .keep = CLI_KEEP_ALWAYS},
        {.name = "bitrate",
         .type = CLI_UINT,
         .dest = &o->kbps,
         .arg = "KBPS",
         .help = "of the ladder, where listeners begin and what they come back "
                 "to (default 96)",
         .min = RUNG_KBPS_MIN,
         .max = RUNG_KBPS_MAX,
         .keep = CLI_KEEP_ALWAYS},
        {.name = "max-listeners",
         .type = CLI_UINT,
         .dest = &o->max_listeners,
         .arg = "N",
         .help = "then new ones are refused (default 10000)",
         .min = 1,
         .max = 1000000,
         .keep = CLI_KEEP_ALWAYS},
        {.name = "max-events",
         .type = CLI_UINT,
         .dest = &o->max_events,
         .arg = "N",
         .help = "pages that are told what plays as it changes; others ask "
                 "now and then (default 2000)",
         .min = 0,
         .max = 100000},
        {.name = "loops",
         .type = CLI_UINT,
         .dest = &o->n_loops,
         .arg = "N",
         .help = "threads that send (default one per two cores, at most 4)",
         .min = 1,
         .max = LOOPS_MAX},
        {.name = "burst-limit",
         .type = CLI_UINT,
         .dest = &o->burst_mbit,
         .arg = "MBIT",
         .help = "what listeners get ahead, together, Mbit/s; 0: no limit "
                 "(default 1000)",
         .min = 0,
         .max = 1000000,
         .keep = CLI_KEEP_ALWAYS},
        {.name = "memory",
         .type = CLI_UINT,
         .dest = &o->memory_mb,
         .arg = "MB",
         .help = "for encoded audio; a minute of each bitrate in use "
                 "(default 512)",
         .min = 1,
         .max = 1000000,
         .keep = CLI_KEEP_ALWAYS},
        {.name = "resample",
         .type = CLI_CHOICE,
         .dest = &o->quality,
         .arg = "QUALITY",
         .help = "of a graph that is not at 48 kHz: fastest, medium or best "
                 "(default medium)",
         .choices = resample_quality_names,
         .keep = CLI_KEEP_ALWAYS},
        {.name = "log-level",
         .type = CLI_CHOICE,
         .dest = &o->level,
         .arg = "LEVEL",
         .help = "error, warn, info or debug (default info)",
         .choices = log_level_names,
         .keep = CLI_KEEP_NEVER},
        {.name = "state",
         .type = CLI_STRING,
         .dest = &o->state,
         .arg = "FILE",
         .help = "begin as FILE says, if it is there; SIGUSR1 writes it",
         .keep = CLI_KEEP_NEVER},
        {.name = NULL},
    };

    _Static_assert(sizeof(table) == sizeof(o->table), "as many options");
    memcpy(o->table, table, sizeof(table));
}

int options_parse(struct options *o, struct cli_program *p, int argc,
                  char **argv)
{
    *o = (struct options){
        .name = "longwave-sink",
        .listen = {"127.0.0.1", 8000},
        .admin = {"127.0.0.1", 8001},
        .kbps = 96,
        .n_loops = usual_loops(),
        .max_listeners = 10000,
        .max_events = 2000,
        .burst_mbit = 1000,
        .memory_mb = 512,
        .quality = RESAMPLE_MEDIUM,
        .level = LOG_INFO,
        .mount_texts = {.text = {"live"}, .n = 1},
        .ladder_text = "32,64,96,160",
    };
    fill_table(o);
    p->options = o->table;
    return cli_parse(p, argc, argv);
}
