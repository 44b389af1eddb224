// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Command lines: one table per program gives the parsing, --help, --config and
 * the message for a wrong value. getopt_long underneath. [main] only.
 * It never exits and prints errors as "program: what, where, what is allowed".
 *
 * Every program also has --help (-h), --version and --config FILE, a YAML
 * mapping of long option names to values; what the command line says wins.
 */
#ifndef GRAPH_CLI_H
#define GRAPH_CLI_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/conf.h"

enum cli_type {
    CLI_FLAG,   /* bool *          no argument */
    CLI_STRING, /* const char **   any text; points into argv or the config
                   file, which lives until cli_fini() */
    CLI_UINT,   /* uint32_t *      decimal within [min, max] */
    CLI_REAL,   /* double *        finite, within [min, max] */
    CLI_HEX,    /* uint64_t *      1 to 16 hex digits, 0x before it allowed */
    CLI_CHOICE, /* int *           index into choices */
    CLI_ADDR,   /* struct cli_addr *  ADDR:PORT, [V6]:PORT or PORT */
    CLI_ADDR_OR_NONE, /* the same, or "none": an empty host */
    CLI_STRINGS, /* struct cli_strings *  any texts: the option may come several
                    times, or be a list in the config file */
};

#define CLI_STRINGS_MAX 16

struct cli_strings {
    const char *text[CLI_STRINGS_MAX];
    uint32_t n; /* what the user gives takes the defaults' place */
};

struct cli_addr {
    char host[64]; /* numeric address without brackets */
    uint16_t port; /* 0: any free one */
};

/* Where a value comes from; what is further down wins. */
enum cli_source {
    CLI_DEFAULT,
    CLI_CONFIG, /* --config FILE */
    CLI_STATE,  /* a state file, see state.h */
    CLI_LINE,   /* the command line */
};

/* What a state file has of an option. */
enum cli_keep {
    CLI_KEEP_GIVEN,  /* its value if somebody gave one */
    CLI_KEEP_ALWAYS, /* its value */
    CLI_KEEP_MOVING, /* its value, which moves by itself all the time */
    CLI_KEEP_NEVER,  /* nothing: it belongs to one start of the program */
};

struct cli_option {
    const char *name; /* long name without the dashes; NULL ends */
    enum cli_type type;
    void *dest;                 /* holds the default when the parsing starts */
    const char *arg;            /* what --help calls the argument, or NULL */
    const char *help;           /* one line, with unit and default */
    double min, max;            /* CLI_UINT, CLI_REAL */
    const char *const *choices; /* CLI_CHOICE: names, NULL at the end */
    bool given;                 /* set when the user gave it anywhere */
    enum cli_keep keep;
    enum cli_source source; /* of the value; set by the parsing */
};

struct cli_program {
    const char *name;            /* "longwave-sink" */
    const char *summary;         /* one sentence for --help */
    const char *usage;           /* what follows the name, "[OPTIONS]" */
    struct cli_option *options;  /* ends with a NULL name */
    const char *notes;           /* text at the end of --help, or NULL */
    uint32_t max_args;           /* positional arguments taken; "-6" and "-.5"
                                    are such, where any are */
    const char **args;           /* [max_args] filled in, NULL where absent */
    struct conf *config, *state; /* cli's own; start with NULL */
};

/*
 * Parses argv. Returns 1 to go on, 0 when --help or --version was answered on
 * stdout (exit 0), -EINVAL when the user erred and was told on stderr (exit 2).
 */
int cli_parse(struct cli_program *p, int argc, char **argv);

/*
 * Takes the options from the YAML mapping c, which is p's from now on, unless
 * something that wins gave them. Errors: -EINVAL with the text in err (an
 * unknown option or a wrong value; of a state, one that is none of it); then
 * some are taken.
 */
int cli_take(struct cli_program *p, struct conf *c, enum cli_source from,
             char err[CONF_ERROR_MAX]);

/* Frees what was kept; texts from the files go with it. */
void cli_fini(struct cli_program *p);

/* One address from text; *why says what is wrong. Errors: -EINVAL. */
int cli_parse_addr(const char *text, struct cli_addr *out, const char **why);

#define CLI_ADDR_TEXT_MAX 80

/* "127.0.0.1:8000", "[::1]:8000", or "none" without a host. */
const char *cli_format_addr(const struct cli_addr *a,
                            char out[CLI_ADDR_TEXT_MAX]);

/* Exit codes of every program (sysexits where one fits). */
enum {
    EXIT_OK = 0,
    EXIT_RUNNING = 1, /* failed while running */
    EXIT_USAGE = 2,   /* wrong usage or preset */
    EXIT_ABSENT = 69, /* a service it needs is not there */
};

#endif
