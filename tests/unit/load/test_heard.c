// SPDX-License-Identifier: GPL-3.0-or-later
/* Marks sent at known times and heard in pages that took a known time: that
   time is found, and a delay that is put in is found on top of it. */
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"
#include "tests/bench/load/heard.h"
#include "tests/unit/test.h"

#define MS     NS_PER_MS
#define BURSTS 100
#define PAGE   960 /* samples */
#define PAGES  ((BURSTS + 2) * MARKS_PERIOD / PAGE)
#define BEGIN  (1000 * NS_PER_S) /* when sample 0 entered */
#define TRIP   (15 * MS)         /* from a page's last sample to its arrival */

struct world {
    struct heard_page pages[PAGES];
    struct mark marks[BURSTS];
    int64_t sent[BURSTS];
    struct heard_opts o;
    struct heard heard;
};

static int64_t ns_of(int64_t samples)
{
    return samples * NS_PER_S / MARKS_RATE;
}

static void make(struct world *w)
{
    memset(w, 0, sizeof(*w));
    for (int64_t i = 0; i < PAGES; i++)
        w->pages[i] = (struct heard_page){BEGIN + ns_of((i + 1) * PAGE) + TRIP,
                                          i * PAGE, PAGE};
    for (int64_t k = 0; k < BURSTS; k++) {
        w->marks[k] =
            (struct mark){(k + 1) * MARKS_PERIOD, (uint32_t)k % MARKS_NUMBERS};
        w->sent[k] = BEGIN + ns_of((k + 1) * MARKS_PERIOD);
    }
    w->o = (struct heard_opts){w->pages, PAGES,  w->marks, BURSTS,
                               w->sent,  BURSTS, 0};
}

/* A value to what a histogram keeps of it. */
static void assert_ns(int64_t got, int64_t want)
{
    assert_in_range(got, want - 1000, want + want / 64 + 1000);
}

/* A page's first sample waits for its last one; an onset for part of that. */
static void finds_the_way(void **state)
{
    struct world *w = *state;

    heard_judge(&w->heard, &w->o);
    assert_int_equal(w->heard.onset.n, BURSTS);
    assert_ns(hist_quantile(&w->heard.page, 0), TRIP + 20 * MS);
    assert_ns(w->heard.page.max, TRIP + 20 * MS);
    assert_in_range(hist_quantile(&w->heard.onset, 0), TRIP, TRIP + 2 * MS);
    assert_in_range(w->heard.onset.max, TRIP + 18 * MS, TRIP + 20 * MS);
    assert_in_range(hist_quantile(&w->heard.onset, .5), TRIP + 8 * MS,
                    TRIP + 12 * MS);
    assert_int_equal(w->heard.samples, BURSTS * PAGE);
    assert_int_equal(w->heard.lost + w->heard.strange + w->heard.unread, 0);
}

static void finds_a_delay(void **state)
{
    struct world *w = *state;

    heard_judge(&w->heard, &w->o);
    int64_t before = w->heard.onset.max;
    for (int i = 0; i < PAGES; i++)
        w->pages[i].at += 50 * MS;
    memset(&w->heard, 0, sizeof(w->heard));
    heard_judge(&w->heard, &w->o);
    assert_int_equal(w->heard.onset.n, BURSTS);
    assert_int_equal(w->heard.onset.max, before + 50 * MS);
}

/* One late page makes one late mark, in the maximum and not in the median. */
static void finds_a_late_page(void **state)
{
    struct world *w = *state;
    int64_t i = w->marks[50].frame / PAGE;

    w->pages[i].at += 3 * NS_PER_S;
    heard_judge(&w->heard, &w->o);
    assert_true(w->heard.onset.max > 3 * NS_PER_S);
    assert_true(hist_quantile(&w->heard.onset, .98) < 40 * MS);
}

/* Ten seconds late, as in the class safe: numbers come round twice in it. */
static void tells_numbers_that_come_round(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < PAGES; i++)
        w->pages[i].at += 10 * NS_PER_S;
    heard_judge(&w->heard, &w->o);
    assert_in_range(hist_quantile(&w->heard.onset, 0), 10 * NS_PER_S + TRIP,
                    10 * NS_PER_S + 200 * MS);
    assert_int_equal(w->heard.lost, 0);
}

/* A sink that encodes a cycle at once is done before its last frame's time. */
static void knows_what_comes_early(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < PAGES; i++)
        w->pages[i].at -= TRIP + 20 * MS;
    heard_judge(&w->heard, &w->o);
    assert_int_equal(w->heard.onset.n, BURSTS);
    assert_int_equal(w->heard.onset.max, 0);
    assert_int_equal(w->heard.lost + w->heard.strange, 0);
}

static void counts_what_is_not_heard(void **state)
{
    struct world *w = *state;

    memmove(w->marks + 30, w->marks + 35, (BURSTS - 35) * sizeof(w->marks[0]));
    w->o.n_marks -= 5;
    w->marks[10].number = MARKS_UNREAD;
    heard_judge(&w->heard, &w->o);
    assert_int_equal(w->heard.onset.n, BURSTS - 6);
    assert_int_equal(w->heard.unread, 1);
    assert_int_equal(w->heard.lost, 6);
}

/* Nobody sent it: the marker had not begun, or its file is another one's. */
static void strange_without_sender(void **state)
{
    struct world *w = *state;

    w->o.n_sent = 0;
    heard_judge(&w->heard, &w->o);
    assert_int_equal(w->heard.onset.n, 0);
    assert_int_equal(w->heard.strange, BURSTS);
}

/* What was before the connect comes at once, and isn't judged. */
static void leaves_the_burst_out(void **state)
{
    struct world *w = *state;

    w->o.from = w->pages[PAGES / 2].at;
    heard_judge(&w->heard, &w->o);
    assert_in_range(w->heard.onset.n, BURSTS / 2 - 2, BURSTS / 2 + 2);
    assert_int_equal(w->heard.lost, 0);
}

static int set_up(void **state)
{
    struct world *w = malloc(sizeof(*w));
    if (w)
        make(w);
    *state = w;
    return w ? 0 : -1;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(finds_the_way),          TEST(finds_a_delay),
        TEST(finds_a_late_page),      TEST(tells_numbers_that_come_round),
        TEST(knows_what_comes_early), TEST(counts_what_is_not_heard),
        TEST(strange_without_sender), TEST(leaves_the_burst_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
