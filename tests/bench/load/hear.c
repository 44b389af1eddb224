// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * hear URL: one listener who takes a stream of the markers' signal page by page
 * and says how long the marks had been on their way.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "graph/cli.h"
#include "graph/clock.h"
#include "graph/log.h"
#include "tests/bench/load/answer.h"
#include "tests/bench/load/heard.h"
#include "tests/bench/load/take.h"
#include "tests/bench/load/url.h"

#define OPTIONS  7
#define BUFFER   65536
#define SENT_MAX 1000000 /* bursts: four days */

struct options {
    const char *url, *marks, *row, *save;
    double seconds, skip;
    bool head;
};

struct hear {
    struct log log;
    struct cli_program cli;
    struct options o;
    struct url url;
    struct answer answer;
    struct take *take;
    struct take_sound sound;
    struct mark *marks;
    int n_marks;
    int64_t *sent; /* [n_sent] ns */
    size_t n_sent;
    int64_t from, to; /* ns */
    struct heard heard;
    uint8_t buffer[BUFFER];
};

static int take_some(struct hear *h, size_t len)
{
    int64_t now = clock_now();
    const uint8_t *p = h->buffer, *body;
    size_t body_len;
    int err = 0;

    while (len > 0 && !err) {
        size_t n = answer_feed(&h->answer, p, len, &body, &body_len);
        if (body_len > 0)
            err = take_feed(h->take, body, body_len, now);
        p += n;
        len -= n;
    }
    if (!err && h->answer.state >= ANSWER_BODY && h->answer.status != 200) {
        log_error(&h->log, "status %u", (unsigned)h->answer.status);
        err = -EPROTO;
    }
    return err;
}

/* Errors: -errno; -ECONNRESET when the server ends it. */
static int listen_to(struct hear *h)
{
    const struct timeval patience = {.tv_usec = 100000};
    int fd = socket(h->url.addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int err = fd < 0 ? -errno : 0;
    size_t len = strlen(h->url.request);

    if (err)
        return err;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (connect(fd, (struct sockaddr *)&h->url.addr, h->url.addr_len))
        err = -errno;
    if (!err && send(fd, h->url.request, len, MSG_NOSIGNAL) != (ssize_t)len)
        err = -EPIPE;
    h->from = clock_now() + (int64_t)(h->o.skip * NS_PER_S);
    h->to = h->from + (int64_t)(h->o.seconds * NS_PER_S);
    while (!err && clock_now() < h->to) {
        ssize_t n = recv(fd, h->buffer, sizeof(h->buffer), 0);
        if (n > 0)
            err = take_some(h, (size_t)n);
        else if (n == 0)
            err = -ECONNRESET;
        else if (errno != EAGAIN && errno != EINTR)
            err = -errno;
    }
    close(fd);
    return err;
}

/* Lines of a number and a time; a number left out was not told of. */
static int read_sent(struct hear *h)
{
    unsigned long long number;
    long long at;
    size_t room = 0;
    FILE *f = fopen(h->o.marks, "r");

    if (!f)
        return -errno;
    while (fscanf(f, "%llu %lld", &number, &at) == 2 && number < SENT_MAX) {
        if (number >= room) {
            size_t more = 2 * (size_t)number + 1024;
            int64_t *p = realloc(h->sent, more * sizeof(*p));
            if (!p) {
                fclose(f);
                return -ENOMEM;
            }
            h->sent = p;
            room = more;
        }
        while (h->n_sent < number)
            h->sent[h->n_sent++] = INT64_MAX; /* before nothing heard */
        h->sent[h->n_sent++] = at;
    }
    fclose(f);
    return 0;
}

static int judge(struct hear *h)
{
    int err = take_decode(h->take, &h->sound);

    if (!err)
        err = read_sent(h);
    if (err)
        return err;
    size_t max = h->sound.n / MARKS_LEN + 1;
    h->marks = calloc(max, sizeof(*h->marks));
    if (!h->marks)
        return -ENOMEM;
    h->n_marks = marks_find(h->sound.x, h->sound.n, h->marks, max);
    if (h->n_marks < 0)
        return h->n_marks;
    heard_judge(&h->heard, &(struct heard_opts){
                               .pages = h->sound.pages,
                               .n_pages = h->sound.n_pages,
                               .marks = h->marks,
                               .n_marks = (size_t)h->n_marks,
                               .sent = h->sent,
                               .n_sent = h->n_sent,
                               .from = h->from,
                           });
    return h->heard.onset.n > 0 ? 0 : -ENODATA;
}

static double ms(int64_t ns)
{
    return (double)ns / NS_PER_MS;
}

static double page_ms(const struct heard *h)
{
    return h->onset.n > 0
               ? 1000.0 * (double)h->samples / (double)h->onset.n / MARKS_RATE
               : 0;
}

static void show_head(void)
{
    printf("%-22s %6s %6s | %7s %7s %7s %7s | %7s %7s %7s | %5s\n", "", "marks",
           "not", "onset", "", "", "", "page", "", "", "page");
    printf("%-22s %6s %6s | %7s %7s %7s %7s | %7s %7s %7s | %5s\n", "ms",
           "heard", "heard", "p1", "p50", "p99", "max", "p50", "p99", "max",
           "holds");
}

static void show_row(const struct hear *h)
{
    const struct heard *x = &h->heard;
#define Q(what, q) ms(hist_quantile(&x->what, q))
    printf("%-22s %6llu %6llu | %7.2f %7.2f %7.2f %7.2f | %7.2f %7.2f %7.2f | "
           "%5.0f\n",
           h->o.row ? h->o.row : "", (unsigned long long)x->onset.n,
           (unsigned long long)(x->lost + x->strange), Q(onset, .01),
           Q(onset, .5), Q(onset, .99), ms(x->onset.max), Q(page, .5),
           Q(page, .99), ms(x->page.max), page_ms(x));
#undef Q
}

static json_t *hist_json(const struct hist *h)
{
    return json_pack("{s:f, s:f, s:f, s:f}", "p1_ms", ms(hist_quantile(h, .01)),
                     "p50_ms", ms(hist_quantile(h, .5)), "p99_ms",
                     ms(hist_quantile(h, .99)), "max_ms", ms(h->max));
}

static int save(const struct hear *h)
{
    const struct heard *x = &h->heard;
    json_t *o = json_pack(
        "{s:s, s:I, s:I, s:I, s:I, s:f, s:o, s:o}", "url", h->o.url, "marks",
        (json_int_t)x->onset.n, "lost", (json_int_t)x->lost, "strange",
        (json_int_t)x->strange, "unread", (json_int_t)x->unread, "page_ms",
        page_ms(x), "onset", hist_json(&x->onset), "page", hist_json(&x->page));
    int err = o ? 0 : -ENOMEM;

    if (o &&
        json_dump_file(o, h->o.save, JSON_INDENT(2) | JSON_REAL_PRECISION(6)))
        err = -EIO;
    json_decref(o);
    return err;
}

/* clang-format off */
static void fill_table(struct cli_option t[OPTIONS], struct options *o)
{
    t[0] = (struct cli_option){"marks", CLI_STRING, &o->marks, "FILE",
        "what marker wrote"};
    t[1] = (struct cli_option){"seconds", CLI_REAL, &o->seconds, "SECONDS",
        "judged (default 30)", 0.1, 1e5};
    t[2] = (struct cli_option){"skip", CLI_REAL, &o->skip, "SECONDS",
        "not judged, from the connect on: what was before it (default 3)", 0, 1e5};
    t[3] = (struct cli_option){"row", CLI_STRING, &o->row, "LABEL",
        "the row's label"};
    t[4] = (struct cli_option){"head", CLI_FLAG, &o->head, NULL,
        "print the row's heading; without a URL nothing else"};
    t[5] = (struct cli_option){"save", CLI_STRING, &o->save, "FILE",
        "write the figures there as JSON"};
    t[6] = (struct cli_option){NULL};
}
/* clang-format on */

static int parse(struct hear *h, int argc, char **argv)
{
    struct cli_option table[OPTIONS];
    const char *why = "no address";

    h->o = (struct options){.seconds = 30, .skip = 3};
    h->cli = (struct cli_program){
        .name = "hear",
        .summary = "Listens for marks and says how long they took.",
        .usage = "--marks FILE [OPTIONS] http://ADDR:PORT/PATH",
        .options = table,
        .max_args = 1,
        .args = &h->o.url,
    };
    fill_table(table, &h->o);
    int r = cli_parse(&h->cli, argc, argv);
    h->cli.options = NULL; /* they end here */
    if (r <= 0 || (h->o.head && !h->o.url))
        return r;
    if (!h->o.url || !h->o.marks) {
        log_error(&h->log, "a URL and --marks FILE are needed");
        return -EINVAL;
    }
    if (url_parse(&h->url, h->o.url, 1, &why) == 0)
        return r;
    log_error(&h->log, "URL: found '%s', allowed is http://ADDR:PORT/PATH: %s",
              h->o.url, why);
    return -EINVAL;
}

int main(int argc, char **argv)
{
    struct hear *h = calloc(1, sizeof(*h));
    int code = EXIT_OK;

    if (!h)
        return EXIT_RUNNING;
    h->log = (struct log){"hear", LOG_INFO};
    int r = parse(h, argc, argv);
    if (r <= 0) {
        code = r < 0 ? EXIT_USAGE : EXIT_OK;
        goto out;
    }
    if (h->o.head)
        show_head();
    if (!h->o.url)
        goto out;
    int err = take_new(&h->take);
    if (!err)
        err = listen_to(h);
    if (!err)
        err = judge(h);
    if (!err && h->o.save)
        err = save(h);
    if (err) {
        log_error(&h->log, "%s",
                  err == -ENODATA ? "no mark was heard" : strerror(-err));
        code = EXIT_RUNNING;
        goto out;
    }
    show_row(h);
out:
    take_free(&h->take);
    take_sound_fini(&h->sound);
    free(h->marks);
    free(h->sent);
    cli_fini(&h->cli);
    free(h);
    return code;
}
