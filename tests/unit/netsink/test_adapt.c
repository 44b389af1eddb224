// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The controller against a fluid model of a path: a bottleneck of some rate
 * with a queue before it and a round trip, and the sender's own bound of 2 s of
 * the rung in flight. Time is the model's.
 */
#include "netsink/adapt.h"

#include <math.h>
#include <string.h>

#include "graph/clock.h"
#include "tests/unit/test.h"

#define MS   NS_PER_MS
#define STEP (5 * MS)

struct path {
    double rate;          /* bytes/s */
    int64_t rtt;          /* ns */
    int64_t stall, every; /* ns: of so long, so often; 0: none */
    int64_t chunk;        /* ns */
    double lump;          /* bytes acknowledged at once; 0: as they come */
};

#define LAST 64 /* steps that a round trip may have */

struct sim {
    const struct path *p;
    struct adapt a;
    int64_t now;
    double made, sent, through, acked; /* bytes, ever */
    double audio;        /* s of it that are due and not written */
    double on_way[LAST]; /* acknowledgements */
    double turn,
        before; /* bytes sent, and their rate, before the rung changed */
    double lag; /* s */
    int64_t written_at, look_at, probe_at;
    int64_t probe_time;
    double probe_sent, chunk_n;
    uint32_t switches, falls, rises;
    int64_t fell_at; /* the first time */
    double lag_max;
};

static const double four[] = {4000, 8000, 12000, 20000};      /* 32..160 */
static const double five[] = {3000, 4000, 6000, 8000, 12000}; /* 24..96 */

static void sim_init(struct sim *s, const struct path *p, const double *rates,
                     uint32_t n, uint32_t rung)
{
    const struct adapt_opts o = {.rates = rates, .n_rungs = n, .top = n - 1};

    memset(s, 0, sizeof(*s));
    s->p = p;
    s->now = NS_PER_S;
    s->look_at = s->now + 500 * MS;
    adapt_init(&s->a, &o, rung, s->now);
}

/* The bottleneck, and the acknowledgements' way back. */
static void flow(struct sim *s)
{
    const struct path *p = s->p;
    int64_t i = s->now / STEP;
    double n = p->rate * STEP / NS_PER_S;

    if (p->every && s->now % p->every < p->stall)
        n = 0;
    if (n > s->sent - s->through)
        n = s->sent - s->through;
    s->through += n;
    s->on_way[i % LAST] = s->through;
    int64_t back = i - p->rtt / STEP;
    double acked = back > 0 ? s->on_way[back % LAST] : 0;
    s->acked = p->lump > 0 ? p->lump * floor(acked / p->lump) : acked;
}

static void write_some(struct sim *s)
{
    double rate = s->a.o.rates[s->a.rung];
    double room = 2 * rate - (s->sent - s->acked);

    if (s->audio <= 0 || room <= 0)
        return;
    double n = s->audio * rate < room ? s->audio * rate : room;
    s->audio -= n / rate;
    s->sent += n;
}

static void chunk_due(struct sim *s)
{
    double rate = s->a.o.rates[s->a.rung];

    s->audio += (double)s->p->chunk / NS_PER_S;
    s->written_at = s->now;
    if (s->probe_at)
        return;
    s->chunk_n = s->audio * rate;
    int64_t t = adapt_drain_time(&s->a, (uint32_t)s->chunk_n, s->p->rtt);
    s->probe_at = t > 0 ? s->now + t : 0;
    s->probe_time = t;
    s->probe_sent = s->sent + s->chunk_n;
}

static void probe(struct sim *s)
{
    if (!s->probe_at || s->now < s->probe_at)
        return;
    bool gone = s->acked >= s->probe_sent - 1;
    adapt_chunk(&s->a, (uint32_t)s->chunk_n, gone ? s->probe_time : -1,
                s->p->rtt);
    s->probe_at = 0;
}

/* Audio sent and not acknowledged, s: some of it may be of the rung before. */
static double in_flight(const struct sim *s)
{
    double old = s->turn > s->acked ? s->turn - s->acked : 0;

    return (old > 0 ? old / s->before : 0) +
           (s->sent - s->acked - old) / s->a.o.rates[s->a.rung];
}

static void look(struct sim *s)
{
    double rate = s->a.o.rates[s->a.rung];
    double left = (double)(s->p->chunk - (s->now - s->written_at)) / NS_PER_S;
    uint32_t was = s->a.rung;

    /* A chunk is due by and by over its cadence. */
    s->lag = s->audio + in_flight(s) - (left > 0 ? left : 0);
    uint32_t rung = adapt_look(&s->a, s->now, (uint64_t)s->acked, s->lag);
    s->lag_max = fmax(s->lag_max, s->lag);
    s->switches += rung != was;
    if (rung != was) {
        s->turn = s->sent;
        s->before = rate;
    }
    s->falls += rung < was;
    s->rises += rung > was;
    if (rung < was && !s->fell_at)
        s->fell_at = s->now - NS_PER_S;
}

static void run(struct sim *s, double seconds)
{
    int64_t end = s->now + (int64_t)(seconds * NS_PER_S);

    for (; s->now < end; s->now += STEP) {
        flow(s);
        probe(s);
        if (s->now % s->p->chunk == 0)
            chunk_due(s);
        write_some(s);
        if (s->now >= s->look_at) {
            look(s);
            s->look_at += 500 * MS;
        }
    }
}

static const int64_t chunks[] = {1000 * MS, 200 * MS};

/* 96 kbit/s where less goes: it finds its rung, soon, and stays there. */
static void falls_to(const double *rates, uint32_t n, uint32_t from,
                     double kbps, uint32_t least, uint32_t most)
{
    for (uint32_t c = 0; c < 2; c++) {
        const struct path p = {
            .rate = kbps * 125, .rtt = 200 * MS, .chunk = chunks[c]};
        struct sim s;
        sim_init(&s, &p, rates, n, from);
        run(&s, 200);
        assert_true(s.fell_at > 0 && s.fell_at <= 4 * NS_PER_S);
        assert_in_range(s.switches, 1, 2);
        assert_in_range(s.a.rung, least, most);
        /* It fits: what was late has been made up for. */
        assert_true(s.lag < .4);
    }
}

static void test_falls_and_stays(void **state)
{
    (void)state;
    falls_to(five, 5, 4, 40, 0, 1);
    falls_to(five, 5, 4, 70, 2, 3);
    falls_to(four, 4, 2, 40, 0, 0);
    falls_to(four, 4, 2, 70, 0, 1);
    falls_to(four, 4, 3, 110, 1, 2);
}

/* A peer with a small buffer acknowledges seldom, and much. */
static void test_lumps(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 2; c++) {
        const struct path p = {
            .rate = 40 * 125, .rtt = 20 * MS, .chunk = chunks[c], .lump = 4000};
        struct sim s;
        sim_init(&s, &p, five, 5, 4);
        run(&s, 60);
        assert_true(s.fell_at > 0 && s.fell_at <= 4 * NS_PER_S);
        assert_in_range(s.switches, 1, 2);
    }
}

static void test_stays_where_it_fits(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 2; c++) {
        const struct path p = {
            .rate = 110 * 125, .rtt = 200 * MS, .chunk = chunks[c]};
        struct sim s;
        sim_init(&s, &p, five, 5, 4);
        run(&s, 200);
        assert_int_equal(s.switches, 0);
        assert_int_equal(s.a.rung, 4);
    }
}

static void test_comes_back_up(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 2; c++) {
        const struct path slow = {
            .rate = 40 * 125, .rtt = 200 * MS, .chunk = chunks[c]};
        const struct path fast = {
            .rate = 1000 * 125, .rtt = 200 * MS, .chunk = chunks[c]};
        struct sim s;
        sim_init(&s, &slow, five, 5, 4);
        run(&s, 35);
        assert_true(s.a.rung <= 1);
        uint32_t falls = s.falls;
        s.p = &fast;
        run(&s, 70);
        assert_int_equal(s.a.rung, 4);
        assert_int_equal(s.falls, falls);
        run(&s, 200);
        assert_int_equal(s.falls, falls);
    }
}

/* Losses and short outages are ridden out where there is room in between. */
static void test_short_stalls_change_nothing(void **state)
{
    const int64_t stalls[] = {600 * MS, 1500 * MS, 5000 * MS};
    (void)state;

    for (uint32_t i = 0; i < 3; i++)
        for (uint32_t c = 0; c < 2; c++) {
            const struct path p = {.rate = 300 * 125,
                                   .rtt = 200 * MS,
                                   .stall = stalls[i],
                                   .every = 50 * stalls[i],
                                   .chunk = chunks[c]};
            struct sim s;
            sim_init(&s, &p, four, 4, 2);
            run(&s, 300);
            assert_int_equal(s.falls, 0);
        }
}

/* A narrow path with losses: a rung below, and no to and fro. */
static void test_stalls_on_a_narrow_path(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 2; c++) {
        const struct path p = {.rate = 60 * 125,
                               .rtt = 80 * MS,
                               .stall = 200 * MS,
                               .every = 10 * NS_PER_S,
                               .chunk = chunks[c]};
        struct sim s;
        sim_init(&s, &p, five, 5, 4);
        run(&s, 200);
        assert_true(s.fell_at > 0 && s.fell_at <= 4 * NS_PER_S);
        assert_in_range(s.switches, 1, 2);
        assert_in_range(s.a.rung, 1, 3);
    }
}

/* A rise that is regretted is tried ever more seldom. */
static void test_patience_grows(void **state)
{
    (void)state;
    const struct path p = {
        .rate = 1000 * 125, .rtt = 20 * MS, .chunk = 200 * MS};
    struct sim s;
    int64_t waits[3] = {0};

    sim_init(&s, &p, four, 4, 0);
    for (int i = 0; i < 3; i++) {
        int64_t from = s.now;
        uint32_t rung = s.a.rung;
        while (s.a.rung == rung)
            run(&s, .5);
        waits[i] = s.now - from;
        /* It was no good: lag, seen twice, though bytes come. */
        s.now += 7 * NS_PER_S;
        uint64_t acked = (uint64_t)s.acked;
        while (s.a.rung > rung) {
            adapt_look(&s.a, s.now, acked, 3);
            acked += 2000;
            s.now += 500 * MS;
        }
        adapt_reset(&s.a, s.now);
        s.look_at = s.now + 500 * MS;
    }
    assert_true(waits[0] >= 15 * NS_PER_S && waits[0] < 20 * NS_PER_S);
    assert_true(waits[1] >= 30 * NS_PER_S);
    assert_true(waits[2] >= 60 * NS_PER_S);
}

static void test_never_above_the_top(void **state)
{
    (void)state;
    const struct path p = {
        .rate = 1000 * 125, .rtt = 20 * MS, .chunk = 1000 * MS};
    struct sim s;

    sim_init(&s, &p, four, 4, 0);
    s.a.o.top = 2;
    run(&s, 120);
    assert_int_equal(s.a.rung, 2);
    assert_int_equal(adapt_drain_time(&s.a, 12000, 0), 0);
}

/* On the lowest rung there is nowhere to go, and it says so by staying. */
static void test_lowest_rung(void **state)
{
    (void)state;
    const struct path p = {
        .rate = 10 * 125, .rtt = 200 * MS, .chunk = 1000 * MS};
    struct sim s;

    sim_init(&s, &p, five, 5, 4);
    run(&s, 60);
    assert_int_equal(s.a.rung, 0);
    assert_true(s.switches <= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_falls_and_stays),
        cmocka_unit_test(test_lumps),
        cmocka_unit_test(test_stays_where_it_fits),
        cmocka_unit_test(test_comes_back_up),
        cmocka_unit_test(test_short_stalls_change_nothing),
        cmocka_unit_test(test_stalls_on_a_narrow_path),
        cmocka_unit_test(test_patience_grows),
        cmocka_unit_test(test_never_above_the_top),
        cmocka_unit_test(test_lowest_rung),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
