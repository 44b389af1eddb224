// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What a server may answer a listener of tests/bench/load: anything at all, and
 * in pieces it means the same as in one.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/bench/load/answer.h"
#include "tests/bench/load/judge.h"
#include "tests/bench/load/pages.h"
#include "tests/fuzz/fuzz.h"

static const struct judge_rules rules = {0, INT64_MAX, JUDGE_JOIN};

struct listener {
    struct answer answer;
    struct pages pages;
    struct judge judge;
};

static void on_page(void *ctx, const struct pages_page *page)
{
    struct listener *l = ctx;
    judge_page(&l->judge, &rules, page, 1);
}

static void feed(struct listener *l, const struct pages_opts *o,
                 const uint8_t *data, size_t size)
{
    const uint8_t *body;
    size_t body_len;

    while (size > 0) {
        size_t n = answer_feed(&l->answer, data, size, &body, &body_len);
        if (n == 0 || n > size || body < data || body_len > size ||
            body + body_len > data + size)
            abort();
        pages_feed(&l->pages, o, body, body_len, l);
        data += n;
        size -= n;
    }
}

/* Each piece in memory of its own, to the byte, for the sanitizer. */
static void feed_pieces(struct listener *l, const struct pages_opts *o,
                        const uint8_t *data, size_t size, size_t piece)
{
    while (size > 0) {
        size_t n = size < piece ? size : piece;
        uint8_t *copy = malloc(n);
        if (!copy)
            abort();
        memcpy(copy, data, n);
        feed(l, o, copy, n);
        free(copy);
        data += n;
        size -= n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct pages_opts o = {.crc_every = 1, .on_page = on_page};
    static struct pool pool;
    struct listener whole = {0}, pieces = {0};

    if (size == 0)
        return 0;
    if (o.crc.table[1] == 0)
        crc_init(&o.crc);
    feed_pieces(&whole, &o, data + 1, size - 1, size);
    feed_pieces(&pieces, &o, data + 1, size - 1, data[0] % 64 + 1);
    if (whole.answer.state != pieces.answer.state ||
        whole.answer.status != pieces.answer.status ||
        whole.pages.n_lost != pieces.pages.n_lost ||
        memcmp(&whole.judge, &pieces.judge, sizeof(whole.judge)) != 0)
        abort();
    judge_end(&whole.judge, &rules, JUDGE_CLOSED, whole.pages.n_lost, 2, &pool);
    judge_end(&pieces.judge, &rules, JUDGE_CLOSED, 0, 2, &pool);
    return 0;
}
