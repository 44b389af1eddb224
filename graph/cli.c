// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/cli.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/conf.h"
#include "graph/suggest.h"

#define OPTIONS_MAX 48

/* getopt_long's values of long options, beyond any character. They differ, or
   an abbreviation of several would be taken as the first of them. */
#define LONG_VAL 256

/* The options every program has, after its own. */
static const char *const common[] = {"config", "help", "version"};
#define COMMON (sizeof common / sizeof common[0])

static uint32_t count_options(const struct cli_program *p)
{
    uint32_t n = 0;
    while (p->options[n].name)
        n++;
    return n;
}

static void say_allowed(const struct cli_option *o, char *text, size_t size)
{
    switch (o->type) {
    case CLI_UINT:
        snprintf(text, size, "a whole number from %.0f to %.0f", o->min,
                 o->max);
        break;
    case CLI_REAL:
        snprintf(text, size, "a number from %g to %g", o->min, o->max);
        break;
    case CLI_HEX:
        snprintf(text, size, "1 to 16 hexadecimal digits");
        break;
    case CLI_ADDR:
        snprintf(text, size,
                 "ADDRESS:PORT, [V6ADDRESS]:PORT or PORT, with "
                 "numbers only");
        break;
    case CLI_ADDR_OR_NONE:
        snprintf(text, size,
                 "ADDRESS:PORT, [V6ADDRESS]:PORT or PORT, with "
                 "numbers only, or none");
        break;
    case CLI_CHOICE: {
        int n = snprintf(text, size, "one of");
        for (int i = 0; o->choices[i] && n > 0 && (size_t)n < size; i++)
            n += snprintf(text + n, size - (size_t)n, "%s %s", i ? "," : "",
                          o->choices[i]);
        break;
    }
    case CLI_FLAG:
        snprintf(text, size, "true or false");
        break;
    case CLI_STRINGS:
        snprintf(text, size, "some text, up to %d times", CLI_STRINGS_MAX);
        break;
    default:
        snprintf(text, size, "some text");
    }
}

int cli_parse_addr(const char *text, struct cli_addr *out, const char **why)
{
    struct cli_addr a = {.host = "127.0.0.1"};
    const char *port = strrchr(text, ':');
    size_t host_len = port ? (size_t)(port - text) : 0;
    const char *host = text;
    port = port ? port + 1 : text;

    if (host_len >= 2 && host[0] == '[' && host[host_len - 1] == ']') {
        host++;
        host_len -= 2;
    }
    if (host_len >= sizeof a.host) {
        *why = "the address is too long";
        return -EINVAL;
    }
    if (host_len > 0) {
        memcpy(a.host, host, host_len);
        a.host[host_len] = '\0';
    }
    unsigned char bin[sizeof(struct in6_addr)];
    bool v6 = host > text; /* in brackets */
    if (inet_pton(v6 ? AF_INET6 : AF_INET, a.host, bin) != 1) {
        *why = "not a numeric address";
        return -EINVAL;
    }
    char *end = NULL;
    unsigned long n = ULONG_MAX;
    if (isdigit((unsigned char)*port))
        n = strtoul(port, &end, 10); /* overflow gives ULONG_MAX */
    if (n > 65535 || *end) {
        *why = "the port must be 0 to 65535";
        return -EINVAL;
    }
    a.port = (uint16_t)n;
    *out = a;
    return 0;
}

const char *cli_format_addr(const struct cli_addr *a,
                            char out[CLI_ADDR_TEXT_MAX])
{
    const char *format = strchr(a->host, ':') ? "[%s]:%u" : "%s:%u";
    if (*a->host)
        snprintf(out, CLI_ADDR_TEXT_MAX, format, a->host, a->port);
    else
        snprintf(out, CLI_ADDR_TEXT_MAX, "none");
    return out;
}

/* The first one of a source takes the place of what there was. */
static int add_string(struct cli_option *o, const char *text,
                      enum cli_source from)
{
    struct cli_strings *all = o->dest;
    if (o->source != from)
        all->n = 0;
    if (!*text || all->n == CLI_STRINGS_MAX)
        return -EINVAL;
    all->text[all->n++] = text;
    o->source = from;
    return 0;
}

/* Reads text as o's type says. */
static int read_text(struct cli_option *o, const char *text,
                     enum cli_source from)
{
    char *end = NULL;
    const char *why;
    errno = 0;
    switch (o->type) {
    case CLI_FLAG:
        if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
            return -EINVAL;
        *(bool *)o->dest = text[0] == 't';
        return 0;
    case CLI_STRING:
        if (!*text)
            return -EINVAL;
        *(const char **)o->dest = text;
        return 0;
    case CLI_UINT: {
        if (!isdigit((unsigned char)*text))
            return -EINVAL;
        unsigned long long v = strtoull(text, &end, 10);
        if (*end || errno || (double)v < o->min || (double)v > o->max)
            return -EINVAL;
        *(uint32_t *)o->dest = (uint32_t)v;
        return 0;
    }
    case CLI_REAL: {
        double v = strtod(text, &end);
        if (end == text || *end || !isfinite(v) || v < o->min || v > o->max)
            return -EINVAL;
        *(double *)o->dest = v;
        return 0;
    }
    case CLI_HEX: {
        if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
            text += 2;
        if (!isxdigit((unsigned char)*text) || strlen(text) > 16)
            return -EINVAL;
        unsigned long long v = strtoull(text, &end, 16);
        if (*end)
            return -EINVAL;
        *(uint64_t *)o->dest = v;
        return 0;
    }
    case CLI_CHOICE:
        for (int i = 0; o->choices[i]; i++)
            if (strcmp(text, o->choices[i]) == 0) {
                *(int *)o->dest = i;
                return 0;
            }
        return -EINVAL;
    case CLI_ADDR_OR_NONE:
        if (strcmp(text, "none") == 0) {
            *(struct cli_addr *)o->dest = (struct cli_addr){.host = ""};
            return 0;
        }
        return cli_parse_addr(text, o->dest, &why);
    case CLI_ADDR:
        return cli_parse_addr(text, o->dest, &why);
    case CLI_STRINGS:
        return add_string(o, text, from);
    }
    return -EINVAL;
}

static int set_value(struct cli_option *o, const char *text,
                     enum cli_source from)
{
    int r = read_text(o, text, from);
    if (r < 0)
        return r;
    o->given = true;
    o->source = from;
    return 0;
}

static int refuse(const struct cli_program *p, const struct cli_option *o,
                  const char *where, const char *found)
{
    char allowed[256];
    say_allowed(o, allowed, sizeof allowed);
    fprintf(stderr, "%s: %s%s: found '%s'; allowed: %s\n", p->name, where,
            o->name, found, allowed);
    return -EINVAL;
}

static struct cli_option *find(const struct cli_program *p, const char *name)
{
    for (struct cli_option *o = p->options; o->name; o++)
        if (strcmp(o->name, name) == 0)
            return o;
    return NULL;
}

static void help(const struct cli_program *p)
{
    printf("%s %s: %s\n\nUsage: %s %s\n\nOptions:\n", p->name, LONGWAVE_VERSION,
           p->summary, p->name, p->usage);
    for (const struct cli_option *o = p->options; o->name; o++) {
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", o->name, o->arg ? " " : "",
                 o->arg ? o->arg : "");
        printf("  %-24s %s\n", left, o->help);
    }
    printf("  %-24s %s\n", "--config FILE",
           "options from a YAML file: 'name: value', long names");
    printf("  %-24s %s\n", "-h, --help", "this text");
    printf("  %-24s %s\n", "--version", "the version");
    if (p->notes)
        printf("\n%s\n", p->notes);
}

/* Says which option getopt tripped over. */
static int refuse_option(const struct cli_program *p, const char *arg)
{
    const char *names[OPTIONS_MAX + COMMON + 1];
    uint32_t n = count_options(p);
    for (uint32_t i = 0; i < n; i++)
        names[i] = p->options[i].name;
    memcpy(names + n, common, sizeof common);
    names[n + COMMON] = NULL;

    char given[64];
    size_t dashes = strspn(arg, "-");
    snprintf(given, sizeof given, "%.*s", (int)strcspn(arg + dashes, "="),
             arg + dashes);
    const struct cli_option *known = find(p, given);
    if ((known && known->arg) || strcmp(given, "config") == 0)
        fprintf(stderr, "%s: option --%s needs a value (%s)\n", p->name, given,
                known ? known->arg : "FILE");
    else if (known)
        fprintf(stderr, "%s: option --%s takes no value\n", p->name, given);
    else {
        const char *near = suggest(given, names);
        fprintf(stderr, "%s: unknown option '%s'%s%s%s; see %s --help\n",
                p->name, arg, near ? "; did you mean --" : "", near ? near : "",
                near ? "?" : "", p->name);
    }
    return -EINVAL;
}

static int take_list(const struct conf *c, struct cli_option *o,
                     const struct conf_node *list, enum cli_source from)
{
    uint32_t n = conf_count(c, list);
    int r = n > 0 ? 0 : -EINVAL;
    for (uint32_t i = 0; i < n && r == 0; i++) {
        const char *text = conf_text(conf_at(c, list, i));
        r = text ? set_value(o, text, from) : -EINVAL;
    }
    return r;
}

/* One option from a file, unless what wins gave it. */
static int take_pair(const struct cli_program *p, const struct conf *c,
                     const char *name, const struct conf_node *value,
                     enum cli_source from, char err[CONF_ERROR_MAX])
{
    struct cli_option *o = find(p, name);
    if (!o) {
        conf_error(c, value, err, "no option '%s'; see %s --help", name,
                   p->name);
        return -EINVAL;
    }
    if (from == CLI_STATE && o->keep == CLI_KEEP_NEVER) {
        conf_error(c, value, err,
                   "option '%s' is no part of a state; allowed on the command "
                   "line and in --config",
                   name);
        return -EINVAL;
    }
    if (o->source > from)
        return 0;
    const char *text = conf_text(value);
    int r = -EINVAL;
    if (text)
        r = set_value(o, text, from);
    else if (o->type == CLI_STRINGS && conf_kind(value) == CONF_LIST)
        r = take_list(c, o, value, from);
    if (r < 0) {
        char allowed[256];
        say_allowed(o, allowed, sizeof allowed);
        conf_error(c, value, err, "key '%s': found %s%s%s; allowed: %s", name,
                   text ? "'" : "", text ? text : "a list or mapping",
                   text ? "'" : "", allowed);
        return -EINVAL;
    }
    return 0;
}

int cli_take(struct cli_program *p, struct conf *c, enum cli_source from,
             char err[CONF_ERROR_MAX])
{
    struct conf **own = from == CLI_STATE ? &p->state : &p->config;
    const struct conf_node *root = conf_root(c);
    uint32_t n = conf_count(c, root);
    int r = 0;

    conf_free(own);
    *own = c;
    for (uint32_t i = 0; i < n && r == 0; i++)
        r = take_pair(p, c, conf_key_at(c, root, i), conf_at(c, root, i), from,
                      err);
    return r;
}

static int read_config(struct cli_program *p, const char *path)
{
    char err[CONF_ERROR_MAX];
    struct conf *c;
    int r = conf_load(&c, path, err);
    if (r == 0)
        r = cli_take(p, c, CLI_CONFIG, err);
    if (r < 0)
        fprintf(stderr, "%s: --config: %s\n", p->name, err);
    return r < 0 ? -EINVAL : 0;
}

void cli_fini(struct cli_program *p)
{
    conf_free(&p->config);
    conf_free(&p->state);
}

/* A number such as -6 or -.5, which getopt would take for an option. */
static bool is_negative(const char *text)
{
    const char *digits = text + 1;
    return text[0] == '-' && isdigit((unsigned char)digits[digits[0] == '.']);
}

/* Positional arguments as they come: those that fit, and the first that
   doesn't. */
struct taken {
    uint32_t n;
    const char *over; /* or NULL */
};

static void take_arg(struct cli_program *p, struct taken *t, const char *arg)
{
    if (t->n < p->max_args)
        p->args[t->n++] = arg;
    else if (!t->over)
        t->over = arg;
}

int cli_parse(struct cli_program *p, int argc, char **argv)
{
    struct option table[OPTIONS_MAX + COMMON + 1] = {0};
    uint32_t n = count_options(p);
    if (n > OPTIONS_MAX)
        return -EINVAL;
    for (uint32_t i = 0; i < n; i++) {
        table[i].name = p->options[i].name;
        table[i].has_arg =
            p->options[i].type == CLI_FLAG ? no_argument : required_argument;
        table[i].val = LONG_VAL + (int)i;
    }
    for (uint32_t i = 0; i < COMMON; i++) {
        table[n + i].name = common[i];
        table[n + i].has_arg = i == 0 ? required_argument : no_argument;
        table[n + i].val = LONG_VAL + (int)(n + i);
    }

    const char *config = NULL;
    struct taken taken = {0};
    for (uint32_t i = 0; i < p->max_args; i++)
        p->args[i] = NULL;
    opterr = 0;
    optind = 0; /* glibc: start afresh, for tests that parse twice */
    for (;;) {
        /* "-": arguments come in their order, so that optind is at the next
           one; at 0 getopt has yet to begin */
        if (p->max_args > 0 && optind > 0 && optind < argc &&
            is_negative(argv[optind])) {
            take_arg(p, &taken, argv[optind++]);
            continue;
        }
        int c = getopt_long(argc, argv, "-h", table, NULL);
        uint32_t at = (uint32_t)(c - LONG_VAL);
        if (c == -1)
            break;
        if (c == 1) {
            take_arg(p, &taken, optarg);
            continue;
        }
        if (c == '?') {
            char flag[] = {'-', (char)optopt, '\0'};
            bool is_short = optopt > 0 && optopt < LONG_VAL;
            return refuse_option(p, is_short ? flag : argv[optind - 1]);
        }
        if (c == 'h' || at == n + 1) {
            help(p);
            return 0;
        }
        if (at == n + 2) {
            printf("%s %s\n", p->name, LONGWAVE_VERSION);
            return 0;
        }
        if (at == n) {
            config = optarg;
            continue;
        }
        struct cli_option *o = &p->options[at];
        if (set_value(o, o->type == CLI_FLAG ? "true" : optarg, CLI_LINE) < 0)
            return refuse(p, o, "--", optarg);
    }
    for (int i = optind; i < argc; i++) /* after "--" */
        take_arg(p, &taken, argv[i]);
    if (taken.over) {
        fprintf(stderr, "%s: unexpected argument '%s'; see %s --help\n",
                p->name, taken.over, p->name);
        return -EINVAL;
    }
    if (config && read_config(p, config) < 0)
        return -EINVAL;
    return 1;
}
