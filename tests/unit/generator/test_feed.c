// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/test.h"

#include <errno.h>
#include <jack/midiport.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "clients/generator/feed.h"
#include "clients/generator/feed_priv.h"
#include "graph/clock.h"
#include "tests/unit/generator/piece.h"
#include "tests/unit/graph/capture.h"

#define RATE    48000
#define AHEAD   2048
#define LARGE   16384 /* frames: far more than is ever ahead */
#define LONGEST (6 * RATE)

#define PATIENCE_MS 60000

#define BRIGHTNESS_CC 74

/* What a MIDI port's buffer is here: n times the same message, but for the
   last. */
struct midi_port {
    uint32_t n, bytes;
    uint8_t byte[4], last[4];
    void (*before_last)(void *ctx); /* NULL: nothing happens */
    void *ctx;
};

uint32_t jack_midi_get_event_count(void *port)
{
    return ((struct midi_port *)port)->n;
}

int jack_midi_event_get(jack_midi_event_t *event, void *port, uint32_t i)
{
    struct midi_port *p = port;

    if (i >= p->n)
        return ENODATA;
    if (i + 1 == p->n && p->before_last)
        p->before_last(p->ctx);
    event->time = 0;
    event->size = p->bytes;
    event->buffer = i + 1 < p->n ? p->byte : p->last;
    return 0;
}

struct world {
    struct music music;
    struct engine *engine;
    struct feed *feed;
    float *want[FEED_CHANNELS]; /* what the engine gives from 0 on, [LONGEST] */
    float *out[FEED_CHANNELS];  /* of a cycle, [LARGE] */
    int64_t time;               /* of the next cycle, ns */
    struct midi_port midi;      /* what the next cycle brings */
};

static struct engine *open_engine(const struct music *m)
{
    struct engine_opts o = {.music = m,
                            .seed = 7,
                            .rate = RATE,
                            .renderer = ENGINE_CPU,
                            .offline = true};
    struct engine *e;

    assert_int_equal(engine_new(&e, &o), 0);
    assert_int_equal(engine_seek(e, 0, HUGE_VAL), 0);
    return e;
}

/* The two sides of a chunk to where channel's belong. */
static void want(struct world *w, uint32_t channel, uint32_t at, const float *x)
{
    for (uint32_t n = 0; n < SCENE_CHUNK; n++) {
        w->want[channel][at + n] = x[2 * n];
        w->want[channel + 1][at + n] = x[2 * n + 1];
    }
}

static void render_reference(struct world *w)
{
    struct engine *e = open_engine(&w->music);
    float x[SCENE_CHUNK * 2];

    for (uint32_t at = 0; at + SCENE_CHUNK <= LONGEST; at += SCENE_CHUNK) {
        assert_int_equal(engine_chunk(e, x), 0);
        want(w, 0, at, x);
        for (uint32_t bus = 0; bus < BUS_COUNT; bus++) {
            engine_bus(e, (enum scene_bus)bus, x);
            want(w, 2 + 2 * bus, at, x);
        }
    }
    engine_free(&e);
}

/* resumes: what was frame 0 was played at this time, ns; or under 0. */
static struct world *open_resumed(double wet, double overload, int64_t origin)
{
    struct world *w = calloc(1, sizeof(*w));
    static const struct log log = {.program = "test", .level = LOG_WARN};
    struct feed_opts o = {.log = &log,
                          .rate = RATE,
                          .ahead = AHEAD,
                          .overload = overload,
                          .resumes = origin >= 0,
                          .origin_ns = origin};

    assert_non_null(w);
    w->music = piece();
    w->music.room.wet = wet;
    midi_map_default(&w->music.midi, w->music.root, w->music.n_modes);
    o.midi = &w->music.midi;
    for (uint32_t c = 0; c < FEED_CHANNELS; c++) {
        w->want[c] = calloc(LONGEST, sizeof(*w->want[c]));
        w->out[c] = calloc(LARGE, sizeof(*w->out[c]));
        assert_true(w->want[c] && w->out[c]);
    }
    render_reference(w);
    w->engine = open_engine(&w->music);
    o.engine = w->engine;
    assert_int_equal(feed_start(&w->feed, &o), 0);
    return w;
}

static struct world *open_world(double wet, double overload)
{
    return open_resumed(wet, overload, -1);
}

static void close_world(struct world *w)
{
    feed_stop(&w->feed);
    assert_null(w->feed);
    feed_stop(&w->feed);
    engine_free(&w->engine);
    for (uint32_t c = 0; c < FEED_CHANNELS; c++) {
        free(w->want[c]);
        free(w->out[c]);
    }
    free(w);
}

/* However slow the machine is, it never counts as overloaded. */
static int set_up(void **state)
{
    *state = open_world(1, 1e9);
    return 0;
}

static int tear_down(void **state)
{
    close_world(*state);
    return 0;
}

/* A cycle; returns how many frames of silence it held. */
static uint32_t cycle(struct world *w, uint32_t n, uint32_t lost)
{
    void *midi[] = {&w->midi};
    struct jclient_cycle c = {.n_frames = n,
                              .lost = lost,
                              .time = w->time,
                              .out = w->out,
                              .midi_in = midi,
                              .n_midi_in = 1};
    uint64_t before = feed_missed(w->feed);

    for (uint32_t i = 0; i < n * FEED_CHANNELS; i++)
        w->out[i / n][i % n] = 9.0f;
    feed_process_rt(&w->feed, &c);
    w->midi.n = 0;
    return (uint32_t)(feed_missed(w->feed) - before);
}

static void wait_for(const struct world *w, uint32_t frames)
{
    while (ring_readable_rt(w->feed->ring[FEED_FIRST]) < frames)
        clock_sleep(NS_PER_MS);
}

/* Frames [0, n) of the cycle's channels from `first` on are the music from
   absolute frame `at` on. */
static void check_channels(const struct world *w, uint32_t first, uint32_t n,
                           uint32_t at)
{
    assert_true(at + n <= LONGEST);
    for (uint32_t c = first; c < FEED_CHANNELS; c++)
        assert_memory_equal(w->out[c], w->want[c] + at, n * sizeof(float));
}

static void check_music(const struct world *w, uint32_t n, uint32_t at)
{
    check_channels(w, 0, n, at);
}

static void check_silence(const struct world *w, uint32_t from, uint32_t to)
{
    for (uint32_t c = 0; c < FEED_CHANNELS; c++)
        for (uint32_t i = from; i < to; i++)
            assert_true(w->out[c][i] == 0.0f);
}

/* Until all that is owed has been dropped, however slow the machine is. */
static void catch_up(struct world *w)
{
    for (int ms = 0; w->feed->owed != 0; ms++) {
        assert_true(ms < 60000);
        cycle(w, 0, 0);
        clock_sleep(NS_PER_MS);
    }
}

/* After a cycle in the midst of it, music comes back, that of frame at. */
static void check_return(struct world *w, uint32_t at)
{
    uint32_t silent = cycle(w, 256, 0);

    check_music(w, 256 - silent, at);
    check_silence(w, 256 - silent, 256);
    catch_up(w);
    for (int i = 1; i <= 16; i++) {
        wait_for(w, 256);
        assert_int_equal(cycle(w, 256, 0), 0);
        check_music(w, 256, at + 256 * (uint32_t)i);
    }
}

static void test_gives_what_the_engine_makes(void **state)
{
    struct world *w = *state;

    for (uint32_t at = 0; at < 100000; at += 192) {
        wait_for(w, 192);
        assert_int_equal(cycle(w, 192, 0), 0);
        check_music(w, 192, at);
    }
    assert_int_equal(feed_missed(w->feed), 0);
    assert_int_equal(feed_failed(w->feed), 0);
}

static void test_every_stem_sounds(void **state)
{
    struct world *w = *state;

    assert_string_equal(feed_ports[0].name, "mix_L");
    assert_string_equal(feed_ports[1 + 2 * BUS_GRAINS + 2].name, "grains_R");
    assert_null(feed_ports[FEED_CHANNELS].name);
    /* else the other tests would compare silence */
    for (uint32_t c = 0; c < FEED_CHANNELS; c++) {
        float most = 0;
        for (uint32_t i = 0; i < LONGEST; i++)
            most = fmaxf(most, fabsf(w->want[c][i]));
        assert_true(most > 0.001f);
        for (uint32_t d = 0; d < c; d++)
            assert_memory_not_equal(w->want[c], w->want[d],
                                    LONGEST * sizeof(float));
    }
}

static void test_starts_with_the_look_ahead(void **state)
{
    struct world *w = *state;

    assert_true(ring_readable_rt(w->feed->ring[FEED_FIRST]) >= AHEAD);
}

static void test_dry_ring_gives_silence_and_keeps_pace(void **state)
{
    struct world *w = *state;
    uint32_t silent = cycle(w, LARGE, 0);

    assert_in_range(silent, LARGE / 2, LARGE - AHEAD);
    check_music(w, LARGE - silent, 0);
    check_silence(w, LARGE - silent, LARGE);
    check_return(w, LARGE);
}

static void test_lost_frames_are_skipped(void **state)
{
    struct world *w = *state;
    uint32_t at = 0;

    cycle(w, 256, 0);
    at = 256 + 1000;
    wait_for(w, 1256);
    assert_int_equal(cycle(w, 256, 1000), 0);
    check_music(w, 256, at);
    at += 256 + 3000; /* more than is ahead */
    cycle(w, 0, 3000);
    check_return(w, at);
}

/* What is played is what would have been by now, however long it took to come
   back, and where that is is told. */
static void test_resumes(void **state)
{
    struct world *w = open_resumed(1, 1e9, 5 * NS_PER_S);
    (void)state;

    w->time = 5 * NS_PER_S + 1500 * NS_PER_S / RATE + 1;
    wait_for(w, 256 + 1500);
    assert_int_equal(cycle(w, 256, 0), 0);
    check_music(w, 256, 1500);
    assert_in_range(feed_origin(w->feed), 5 * NS_PER_S, 5 * NS_PER_S + 21000);
    w->time += 256 * NS_PER_S / RATE;
    wait_for(w, 256);
    assert_int_equal(cycle(w, 256, 0),
                     0); /* only the first is sought by time */
    check_music(w, 256, 1756);
    close_world(w);
}

static void test_origin_is_told(void **state)
{
    struct world *w = *state;

    assert_int_equal(feed_origin(w->feed), 0);
    w->time = 7 * NS_PER_S;
    cycle(w, 480, 0);
    assert_int_equal(feed_origin(w->feed), 7 * NS_PER_S);
    w->time += NS_PER_S;
    cycle(w, 480, RATE - 480); /* a second of which most was lost */
    assert_int_equal(feed_origin(w->feed), 7 * NS_PER_S);
}

static void test_long_stall_is_passed_over(void **state)
{
    struct world *w = open_world(0, 1e9);
    uint32_t at = 11 * RATE / 2; /* over DEBT_S */
    float most = 0;
    (void)state;

    /* Without a room, whose tail stays what it was, the samples are those of
       that moment but for the DC block's. */
    cycle(w, 0, at);
    catch_up(w);
    for (uint32_t n = 0; n < 4096; n += 256) {
        wait_for(w, 256);
        assert_int_equal(cycle(w, 256, 0), 0);
        for (uint32_t i = 0; i < 256; i++)
            most = fmaxf(most, fabsf(w->out[0][i] - w->want[0][at + n + i]));
        check_channels(w, 2, 256, at + n); /* which have no past */
    }
    assert_true(most < 0.01f);
    assert_true(atomic_load(&w->feed->forgiven) > 4u * RATE);
    close_world(w);
}

/* Music is asked for faster than it is made: it plays on with gaps, and keeps
   pace with time by passing parts over. */
static void test_overload_is_not_silence(void **state)
{
    struct world *w = open_world(1, 1e-9);
    uint32_t heard = 0;
    (void)state;

    /* far more than the look-ahead */
    for (int ms = 0; heard < 4 * AHEAD; ms++) {
        assert_true(ms < 60000);
        heard += LARGE - cycle(w, LARGE, 0);
        clock_sleep(NS_PER_MS);
    }
    for (int ms = 0; w->feed->owed >= SCENE_CHUNK; ms++) {
        assert_true(ms < 60000);
        cycle(w, 0, 0);
        clock_sleep(NS_PER_MS);
    }
    close_world(w);
}

/* n messages of so many bytes with the next cycle, the last with another
   value. */
static void send(struct world *w, uint32_t n, uint32_t bytes, uint8_t status,
                 uint8_t data1, uint8_t data2, uint8_t last)
{
    w->midi = (struct midi_port){.n = n,
                                 .bytes = bytes,
                                 .byte = {status, data1, data2},
                                 .last = {status, data1, last}};
}

/* The controller that has BRIGHTNESS_CC's number, n times 64 and then x. */
static void turn(struct world *w, uint32_t n, uint8_t x)
{
    send(w, n, 3, 0xb0, BRIGHTNESS_CC, 64, x);
}

/* Cycles that bring nothing, until the engine has the value. */
static void becomes(struct world *w, enum param p, double want)
{
    for (int ms = 0; engine_get(w->engine, p) != want; ms++) {
        if (ms == PATIENCE_MS)
            fail_msg("%s is %g, not %g", param_info(p)->name,
                     engine_get(w->engine, p), want);
        cycle(w, 0, 0);
        clock_sleep(NS_PER_MS);
    }
}

static void wait_until_taken(struct world *w)
{
    for (int ms = 0; ring_readable_rt(w->feed->midi) > 0; ms++) {
        assert_true(ms < PATIENCE_MS);
        clock_sleep(NS_PER_MS);
    }
}

static void test_midi_moves_parameters(void **state)
{
    struct world *w = *state;

    turn(w, 1, 127);
    cycle(w, 0, 0);
    becomes(w, PARAM_BRIGHTNESS, 2);
    turn(w, 3, 0);
    cycle(w, 0, 0);
    becomes(w, PARAM_BRIGHTNESS, -2);
    send(w, 1, 3, 0x9f, 0, 0, 100);
    w->midi.last[1] = 59; /* B, over the piece's A */
    cycle(w, 0, 0);
    becomes(w, PARAM_ROOT, 2);
    /* by a thread that never has time to wait, too */
    atomic_store(&w->feed->ahead, UINT32_MAX);
    send(w, 1, 3, 0xb0, 7, 0, 0);
    cycle(w, 0, 0);
    becomes(w, PARAM_LEVEL, -24);
    assert_int_equal(feed_midi_dropped(w->feed), 0);
    assert_int_equal(feed_midi_wrong(w->feed), 0);
}

static void test_midi_of_no_use(void **state)
{
    struct world *w = *state;

    send(w, 5, 2, 0xb0, BRIGHTNESS_CC, 0, 0); /* cut off: wrong */
    cycle(w, 0, 0);
    send(w, 3, 0, 0, 0, 0, 0);
    cycle(w, 0, 0);
    send(w, 7, 1, 0xf8, 0, 0, 0); /* the clock */
    cycle(w, 0, 0);
    send(w, 7, 4, 0xb0, BRIGHTNESS_CC, 0, 0); /* none has four bytes */
    cycle(w, 0, 0);
    send(w, 7, 3, 0xb0, 3, 0, 0); /* not in the map */
    cycle(w, 0, 0);
    turn(w, 1, 127);
    cycle(w, 0, 0);
    becomes(w, PARAM_BRIGHTNESS, 2);
    assert_int_equal(feed_midi_wrong(w->feed), 8);
    assert_int_equal(feed_midi_dropped(w->feed), 0);
    for (int p = 0; p < PARAM_COUNT; p++)
        assert_true(p == PARAM_BRIGHTNESS ||
                    engine_get(w->engine, (enum param)p) ==
                        param_info((enum param)p)->def);
}

static void test_a_new_map_counts(void **state)
{
    struct world *w = *state;
    struct midi_map map = {.channel = 2};

    midi_map_control(&map, BRIGHTNESS_CC, PARAM_MOTION, 0, 2, 0);
    feed_set_midi_map(w->feed, &map);
    send(w, 1, 3, 0xb0, BRIGHTNESS_CC, 0, 0);
    cycle(w, 0, 0);
    send(w, 1, 3, 0xb1, BRIGHTNESS_CC, 0, 127);
    cycle(w, 0, 0);
    becomes(w, PARAM_MOTION, 2);
    assert_true(engine_get(w->engine, PARAM_BRIGHTNESS) == 0);
}

/* At 64 the parameter is where it was, so that the music must be too. */
static void test_a_flood_is_not_heard(void **state)
{
    struct world *w = *state;
    uint64_t sent = 0;

    for (uint32_t at = 0; at < 100 * 256; at += 256) {
        uint32_t n = at == 25600 / 2 ? 100000 : 1000;
        wait_for(w, 256);
        turn(w, n, 64);
        sent += n;
        assert_int_equal(cycle(w, 256, 0), 0);
        check_music(w, 256, at);
    }
    assert_in_range(feed_midi_dropped(w->feed), 100000 - FEED_MIDI, sent);
    assert_int_equal(feed_midi_wrong(w->feed), 0);
    assert_int_equal(feed_missed(w->feed), 0);
}

/* However many came, and whether or not there was room for it. */
static void test_the_newest_message_counts(void **state)
{
    struct world *w = *state;

    turn(w, 100000, 127);
    cycle(w, 0, 0);
    becomes(w, PARAM_BRIGHTNESS, 2);
    assert_int_equal(feed_midi_dropped(w->feed), 100000 - FEED_MIDI);
    for (int i = 0; i < 100; i++) {
        turn(w, 5000, 127);
        cycle(w, 0, 0);
    }
    turn(w, 5000, 0);
    cycle(w, 0, 0);
    becomes(w, PARAM_BRIGHTNESS, -2);
}

static void test_a_full_ring_holds_one(void **state)
{
    struct world *w = *state;

    pthread_mutex_lock(&w->feed->lock); /* so nothing is taken */
    turn(w, FEED_MIDI, 127);
    cycle(w, 0, 0);
    assert_int_equal(feed_midi_dropped(w->feed), 0);
    turn(w, 10, 127);
    cycle(w, 0, 0);
    turn(w, 1, 0);
    cycle(w, 0, 0);
    send(w, 5, 1, 0xf8, 0, 0, 0); /* the clock never stops */
    cycle(w, 0, 0);
    assert_int_equal(feed_midi_dropped(w->feed), 10);
    pthread_mutex_unlock(&w->feed->lock);
    becomes(w, PARAM_BRIGHTNESS, -2);
    turn(w, 1, 96); /* in its turn, after the one that is held */
    cycle(w, 0, 0);
    becomes(w, PARAM_BRIGHTNESS, 2 * 32 / 63.0);
    assert_int_equal(feed_midi_dropped(w->feed), 10);
    assert_false(w->feed->holds);
}

static void let_it_be_taken(void *ctx)
{
    struct world *w = ctx;

    pthread_mutex_unlock(&w->feed->lock);
    wait_until_taken(w);
}

/* There may be room again in the midst of a cycle: not for those after it. */
static void test_no_message_overtakes_the_held_one(void **state)
{
    struct world *w = *state;

    pthread_mutex_lock(&w->feed->lock);
    turn(w, FEED_MIDI, 64);
    cycle(w, 0, 0);
    send(w, 2, 3, 0xb0, BRIGHTNESS_CC, 127, 0);
    w->midi.before_last = let_it_be_taken;
    w->midi.ctx = w;
    cycle(w, 0, 0);
    turn(w, 0, 0);
    for (int i = 0; i < 3; i++) {
        cycle(w, 0, 0);
        wait_until_taken(w);
    }
    becomes(w, PARAM_BRIGHTNESS, -2);
    assert_int_equal(feed_midi_dropped(w->feed), 1);
}

static void test_drops_are_said_once(void **state)
{
    struct world *w = *state;
    struct capture c = capture_start(2);
    char text[1024];

    turn(w, 100000, 64);
    cycle(w, 0, 0);
    wait_until_taken(w);
    clock_sleep(50 * NS_PER_MS);
    turn(w, 100000, 64);
    cycle(w, 0, 0);
    wait_until_taken(w);
    clock_sleep(50 * NS_PER_MS);
    assert_string_equal(capture_end(&c, text, sizeof(text)),
                        "test: warning: 95904 MIDI messages came faster than "
                        "they can be taken and were dropped\n");
}

/* Everything that another thread may ask of the engine, while it plays. */
static void test_is_moved_from_elsewhere(void **state)
{
    struct world *w = *state;
    struct music other = w->music;
    char err[PARAM_ERROR_MAX];
    uint32_t changed = 0, busy = 0;

    strcpy(other.title, "other");
    for (uint32_t i = 0; i < 1500; i++) {
        enum param p = (enum param)(i % PARAM_COUNT);
        double moved = p == PARAM_FREEZE ? 1 : param_info(p)->min;
        double value = i / PARAM_COUNT % 2 ? moved : param_info(p)->def;
        assert_int_equal(engine_set(w->engine, p, value, err), 0);
        if (i % 50 == 0) {
            int r =
                engine_change(w->engine, i % 100 ? &other : &w->music, i, 0.5);
            assert_true(r == 0 || r == -EBUSY);
            changed += r == 0;
            busy += r == -EBUSY;
            feed_set_midi_map(w->feed, &engine_music(w->engine)->midi);
        }
        engine_tidy(w->engine);
        wait_for(w, 256);
        assert_int_equal(cycle(w, 256, 0), 0);
        for (uint32_t n = 0; n < 256; n++)
            assert_true(fabsf(w->out[0][n]) < 1.0f);
    }
    assert_true(changed >= 4);
    assert_int_equal(changed + busy, 30);
    assert_int_equal(feed_failed(w->feed), 0);
}

#define IN_A_WORLD(test) \
    cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_WORLD(test_gives_what_the_engine_makes),
        IN_A_WORLD(test_every_stem_sounds),
        IN_A_WORLD(test_starts_with_the_look_ahead),
        IN_A_WORLD(test_dry_ring_gives_silence_and_keeps_pace),
        IN_A_WORLD(test_lost_frames_are_skipped),
        IN_A_WORLD(test_midi_moves_parameters),
        IN_A_WORLD(test_midi_of_no_use),
        IN_A_WORLD(test_a_new_map_counts),
        IN_A_WORLD(test_a_flood_is_not_heard),
        IN_A_WORLD(test_the_newest_message_counts),
        IN_A_WORLD(test_a_full_ring_holds_one),
        IN_A_WORLD(test_no_message_overtakes_the_held_one),
        IN_A_WORLD(test_drops_are_said_once),
        IN_A_WORLD(test_is_moved_from_elsewhere),
        IN_A_WORLD(test_origin_is_told),
        cmocka_unit_test(test_resumes),
        cmocka_unit_test(test_long_stall_is_passed_over),
        cmocka_unit_test(test_overload_is_not_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
