// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/station/ask.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clients/generator/osc.h"
#include "graph/clock.h"
#include "graph/text.h"

static int say_absent(const struct ask *a)
{
    char text[CLI_ADDR_TEXT_MAX];

    fprintf(stderr,
            "%s: nobody answers at %s: start 'longwave run' or longwave-gen, "
            "or give by --osc the address that it printed as its control\n",
            a->program, cli_format_addr(&a->addr, text));
    return EXIT_ABSENT;
}

static int fail(const struct ask *a, int err)
{
    char text[CLI_ADDR_TEXT_MAX];

    if (err == -ECONNREFUSED || err == -ETIMEDOUT)
        return say_absent(a);
    fprintf(stderr, "%s: can't talk to %s: %s\n", a->program,
            cli_format_addr(&a->addr, text), strerror(-err));
    return err == -EMSGSIZE ? EXIT_USAGE : EXIT_ABSENT;
}

int ask_open(struct ask *a)
{
    int err = remote_open(&a->remote, &a->addr);

    return err ? fail(a, err) : EXIT_OK;
}

void ask_close(struct ask *a)
{
    remote_close(&a->remote);
}

int ask_sent(const struct ask *a, int err)
{
    return err ? fail(a, err) : EXIT_OK;
}

static int refused(const struct ask *a, const struct osc_message *m)
{
    char what[OSC_ERROR_MAX];

    text_clean(what, sizeof(what), m->n > 1 ? m->arg[1].text : "");
    fprintf(stderr, "%s: %s\n", a->program, what);
    return strstr(what, OSC_BUSY) ? EXIT_RUNNING : EXIT_USAGE;
}

int ask_reply(const struct ask *a, const char *address, int64_t wait_ns,
              const struct osc_message **out)
{
    int64_t until = clock_now() + wait_ns;

    for (;;) {
        int err = remote_next(a->remote, until, out);

        if (err)
            return fail(a, err);
        if (strcmp((*out)->address, address) == 0)
            return EXIT_OK;
        if (strcmp((*out)->address, "/longwave/error") == 0)
            return refused(a, *out);
    }
}
