// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/session.h"

#include <stdio.h>
#include <string.h>

#include "graph/clock.h"
#include "tests/unit/test.h"

#define RATE 12000.0 /* bytes/s */

static const struct mount live = {.name = "live"}, quiet = {.name = "quiet"};

/* One on air that has no stream yet. */
static struct session *come(struct sessions *s, int64_t now)
{
    struct session *ses = session_new(s, 0, now);

    assert_non_null(ses);
    ses->mount = &live;
    ses->rate = RATE;
    ses->epoch = INT64_C(1790000000000);
    ses->seq = 4242;
    return ses;
}

/* It went after so many bytes. */
static void go(struct sessions *s, struct session *ses, uint64_t bytes,
               int64_t now)
{
    ses->stream.offset = bytes;
    session_ended(s, ses, now);
}

/* What a browser sends that was given the cookies of a and b. */
static void jar(char *text, size_t size, const struct session *a,
                const struct session *b)
{
    char first[SESSION_COOKIE], second[SESSION_COOKIE];

    session_cookie(a, first);
    session_cookie(b, second);
    snprintf(text, size, "theme=dark; %s; lw_x=1;%s", first, second);
}

static struct session *choose(const struct sessions *s, const char *cookies,
                              uint64_t offset, int64_t now)
{
    struct session_claim claim;

    return session_choose(s,
                          &(struct session_wish){.cookies = cookies,
                                                 .mount = &live,
                                                 .offset = offset},
                          now, &claim);
}

static void test_ids_are_their_own(void **state)
{
    (void)state;
    struct sessions *s;
    struct session *a, *b;

    assert_int_equal(sessions_new(&s, 10), 0);
    a = come(s, 1);
    b = come(s, 2);
    assert_true(a->id != 0 && b->id != 0 && a->id != b->id);
    assert_int_equal(a->number, 1);
    assert_int_equal(b->number, 2);
    assert_ptr_equal(session_find(s, a->id), a);
    assert_ptr_equal(session_find(s, b->id), b);
    assert_null(session_find(s, a->id ^ (UINT64_C(1) << 63)));
    assert_ptr_equal(session_next(s, NULL), b);
    assert_ptr_equal(session_next(s, b), a);
    assert_null(session_next(s, a));
    sessions_free(&s);
    assert_null(s);
    sessions_free(&s);
}

static void test_the_cookie_leads_back(void **state)
{
    (void)state;
    struct sessions *s;
    struct session *a;
    char text[200], want[200];

    assert_int_equal(sessions_new(&s, 10), 0);
    a = come(s, 1);
    session_cookie(a, text);
    snprintf(want, sizeof(want), "lw_%016llx=1790000000000.4242",
             (unsigned long long)a->id);
    assert_string_equal(text, want);
    go(s, a, 5000, 2);
    assert_ptr_equal(choose(s, text, 5000, 3), a);
    assert_ptr_equal(choose(s, text, 1, 3), a);
    /* It has not made so many. */
    assert_null(choose(s, text, 5001, 3));
    assert_null(choose(s, NULL, 5000, 3));
    assert_null(choose(s, "", 5000, 3));
    assert_null(choose(s, "lw_", 5000, 3));
    sessions_free(&s);
}

/* Two tabs have one jar of cookies. */
static void test_two_tabs_are_two(void **state)
{
    (void)state;
    struct sessions *s;
    struct session *a, *b;
    char text[300];

    assert_int_equal(sessions_new(&s, 10), 0);
    a = come(s, 0);
    b = come(s, 60 * NS_PER_S);
    jar(text, sizeof(text), a, b);
    /* Both on air: by what each must have made by now. */
    int64_t now = 100 * NS_PER_S;
    assert_ptr_equal(choose(s, text, (uint64_t)(99 * RATE), now), a);
    assert_ptr_equal(choose(s, text, (uint64_t)(39 * RATE), now), b);
    /* Both ended: the one that is just that far, whoever ended last. */
    go(s, b, (uint64_t)(40 * RATE), now);
    go(s, a, (uint64_t)(100 * RATE), now + 1);
    assert_ptr_equal(choose(s, text, (uint64_t)(39 * RATE), now), b);
    assert_ptr_equal(choose(s, text, (uint64_t)(41 * RATE), now), a);
    sessions_free(&s);
}

static void test_one_that_ended_goes_before_one_on_air(void **state)
{
    (void)state;
    struct sessions *s;
    struct session *a, *b;
    char text[300];

    assert_int_equal(sessions_new(&s, 10), 0);
    a = come(s, 0);
    b = come(s, 0);
    jar(text, sizeof(text), a, b);
    go(s, b, (uint64_t)(10 * RATE), 10 * NS_PER_S);
    assert_ptr_equal(choose(s, text, (uint64_t)(10 * RATE), 10 * NS_PER_S), b);
    session_again(s, b, 10 * NS_PER_S);
    go(s, a, (uint64_t)(10 * RATE), 10 * NS_PER_S);
    assert_ptr_equal(choose(s, text, (uint64_t)(10 * RATE), 10 * NS_PER_S), a);
    sessions_free(&s);
}

/* Two tabs with a bitrate each. */
static void test_who_asked_for_the_same_bitrate_goes_first(void **state)
{
    (void)state;
    struct sessions *s;
    struct session *a, *b;
    struct session_claim claim;
    char text[300];
    int64_t now = 40 * NS_PER_S;
    struct session_wish w = {.cookies = text,
                             .mount = &live,
                             .offset = (uint64_t)(39 * RATE),
                             .pinned = true};

    assert_int_equal(sessions_new(&s, 10), 0);
    a = come(s, 0);
    b = come(s, 0);
    a->pinned = b->pinned = true;
    a->stream.rung = b->stream.want = 0; /* it is on its way to its rung */
    a->stream.want = b->stream.rung = 3;
    jar(text, sizeof(text), a, b);
    go(s, b, (uint64_t)(40 * RATE), now);
    w.rung = 3;
    assert_ptr_equal(session_choose(s, &w, now, &claim), a); /* on air */
    go(s, a, (uint64_t)(90 * RATE), now);
    assert_ptr_equal(session_choose(s, &w, now, &claim), a);
    w.rung = 0;
    assert_ptr_equal(session_choose(s, &w, now, &claim), b);
    /* Nobody asked for that: the nearest. */
    w.rung = 1;
    assert_ptr_equal(session_choose(s, &w, now, &claim), b);
    w.pinned = false;
    assert_ptr_equal(session_choose(s, &w, now, &claim), b);
    a->pinned = false;
    assert_ptr_equal(session_choose(s, &w, now, &claim), a);
    /* Not where there is no way back to anyway. */
    a->stream.offset = (uint64_t)(140 * RATE);
    assert_ptr_equal(session_choose(s, &w, now, &claim), b);
    sessions_free(&s);
}

static void test_only_the_same_stream(void **state)
{
    (void)state;
    struct sessions *s;
    struct session *a;
    struct session_claim claim;
    char text[SESSION_COOKIE];
    struct session_wish w = {
        .cookies = text, .mount = &live, .kind = STREAM_WAV, .offset = 100};

    assert_int_equal(sessions_new(&s, 10), 0);
    a = come(s, 1);
    a->stream.o.kind = STREAM_WAV;
    a->stream.o.rung = w.rung = 5;
    session_cookie(a, text);
    go(s, a, 1000, 2);
    assert_ptr_equal(session_choose(s, &w, 3, &claim), a);
    w.rung = 6;
    assert_null(session_choose(s, &w, 3, &claim));
    w.rung = 5;
    w.kind = STREAM_MP4;
    assert_null(session_choose(s, &w, 3, &claim));
    w.kind = STREAM_WAV;
    w.mount = &quiet;
    assert_null(session_choose(s, &w, 3, &claim));
    /* Known, so nothing is claimed. */
    assert_int_equal(claim.id, 0);
    sessions_free(&s);
}

static void test_a_stranger_tells_where_it_was(void **state)
{
    (void)state;
    struct sessions *s;
    struct session_claim claim;
    static const char *const wrong[] = {
        "lw_00000000000000ff=12.x",  "lw_00000000000000ff=12",
        "lw_00000000000000ff",       "lw_00000000000000fg=1.2",
        "lw_00000000000000FF=1.2",   "lw_0000000000000000=1.2",
        "lw_00000000000000ff=-1.2",  "LW_00000000000000ff=1.2",
        "lw_00000000000000ff1=1.2",  "xlw_00000000000000ff=1.2",
        "lw_00000000000000ff=1.2.3", "lw_00000000000000ff=1.9999999999999999",
    };
    struct session_wish w = {.mount = &live, .offset = 100};

    assert_int_equal(sessions_new(&s, 10), 0);
    w.cookies = "a=b; lw_00000000000000ff=1790000000000.77;c";
    assert_null(session_choose(s, &w, 0, &claim));
    assert_int_equal(claim.id, 255);
    assert_int_equal(claim.epoch, 1790000000000);
    assert_int_equal(claim.seq, 77);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        w.cookies = wrong[i];
        assert_null(session_choose(s, &w, 0, &claim));
        if (claim.id != 0)
            fail_msg("%s is taken", wrong[i]);
    }
    struct session *a = session_new(s, 255, 0);
    assert_int_equal(a->id, 255);
    assert_ptr_equal(session_find(s, 255), a);
    sessions_free(&s);
}

static void test_cookies_of_the_dead(void **state)
{
    (void)state;
    struct sessions *s;
    struct session *a;
    char text[300], own[SESSION_COOKIE];
    uint64_t ids[4];

    assert_int_equal(sessions_new(&s, 10), 0);
    a = come(s, 1);
    session_cookie(a, own);
    snprintf(text, sizeof(text),
             "lw_00000000000000aa=7.1; %s; x=y; lw_00000000000000bb=8.1", own);
    assert_int_equal(session_stale(s, text, 0, ids, 4), 2);
    assert_int_equal(ids[0], 0xaa);
    assert_int_equal(ids[1], 0xbb);
    assert_int_equal(session_stale(s, text, 0, ids, 1), 1);
    assert_int_equal(session_stale(s, text, 1, ids, 4), 1);
    assert_int_equal(ids[0], 0xaa);
    assert_int_equal(session_stale(s, text, 2, ids, 4), 0);
    assert_int_equal(session_stale(s, NULL, 0, ids, 4), 0);
    sessions_free(&s);
}

/* Whatever ids a peer claims. */
static void test_ids_that_are_alike(void **state)
{
    (void)state;
    const uint32_t n = 300;
    struct sessions *s;

    assert_int_equal(sessions_new(&s, n), 0);
    for (uint64_t i = 1; i <= n; i++)
        assert_non_null(session_new(s, i << 48, 0));
    for (uint64_t i = n; i > 0; i -= 2)
        session_drop(s, session_find(s, i << 48));
    for (uint64_t i = 1; i <= n; i++) {
        const struct session *ses = session_find(s, i << 48);
        if (i % 2 == 0)
            assert_null(ses);
        else
            assert_int_equal(ses->id, i << 48);
    }
    sessions_free(&s);
}

static void test_kept_for_a_minute(void **state)
{
    (void)state;
    struct sessions *s;
    struct session *a, *b;
    int64_t last = SESSION_KEPT_S * NS_PER_S - 1;

    assert_int_equal(sessions_new(&s, 10), 0);
    a = come(s, 0);
    b = come(s, 0);
    uint64_t id = a->id, other = b->id;
    go(s, a, 10, 0);
    assert_int_equal(sessions_on_air(s), 1);
    assert_int_equal(sessions_kept(s), 1);
    sessions_tick(s, last);
    assert_ptr_equal(session_find(s, id), a);
    sessions_tick(s, last + 1);
    assert_null(session_find(s, id));
    assert_ptr_equal(session_find(s, other), b);
    /* Who comes back stays. */
    go(s, b, 10, last);
    session_again(s, b, last);
    assert_int_equal(b->connections, 2);
    sessions_tick(s, 10 * last);
    assert_ptr_equal(session_find(s, other), b);
    assert_int_equal(sessions_ever(s), 2);
    sessions_free(&s);
}

static void test_bounded(void **state)
{
    (void)state;
    struct sessions *s;
    struct session *a, *b;

    assert_int_equal(sessions_new(&s, 3), 0);
    a = come(s, 0);
    b = come(s, 0);
    come(s, 0);
    assert_null(session_new(s, 0, 0));
    uint64_t first = b->id, second = a->id;
    go(s, b, 1, 1);
    go(s, a, 1, 2);
    /* Who ended first is forgotten first. */
    come(s, 3);
    assert_null(session_find(s, first));
    assert_non_null(session_find(s, second));
    come(s, 3);
    assert_null(session_find(s, second));
    assert_null(session_new(s, 0, 0));
    sessions_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids_are_their_own),
        cmocka_unit_test(test_the_cookie_leads_back),
        cmocka_unit_test(test_two_tabs_are_two),
        cmocka_unit_test(test_one_that_ended_goes_before_one_on_air),
        cmocka_unit_test(test_who_asked_for_the_same_bitrate_goes_first),
        cmocka_unit_test(test_only_the_same_stream),
        cmocka_unit_test(test_a_stranger_tells_where_it_was),
        cmocka_unit_test(test_cookies_of_the_dead),
        cmocka_unit_test(test_ids_that_are_alike),
        cmocka_unit_test(test_kept_for_a_minute),
        cmocka_unit_test(test_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
