// SPDX-License-Identifier: GPL-3.0-or-later
/* Building a scene, and the check at a renderer's door. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "tests/unit/test.h"
#include "vk/scene.h"

static const struct scene_limits limits = {
    .notes = 5, .bands = 20, .mods = 6, .partials = 100, .thin = 40};

static int set_up(void **state)
{
    return scene_new((struct scene **)state, &limits);
}

static int tear_down(void **state)
{
    scene_free((struct scene **)state);
    return 0;
}

static int add(struct scene *s, uint32_t bands, uint32_t members, uint32_t thin,
               uint32_t n_mods)
{
    const struct scene_note n = {.n_bands = bands,
                                 .n_members = members,
                                 .n_thin = thin,
                                 .n_mods = n_mods,
                                 .partial_first = 99,
                                 .band_first = 99};
    struct scene_band *b;
    struct scene_mod *m;
    int ret = scene_add(s, &n, &b, &m);

    if (ret < 0)
        return ret;
    memset(b, 0, bands * sizeof(*b));
    memset(m, 0, n_mods * sizeof(*m));
    return 0;
}

/* Three notes, the pad's two and one among the grains. */
static void fill(struct scene *s)
{
    scene_begin(s, 7 * SCENE_CHUNK);
    scene_begin_bus(s, BUS_DRONE);
    scene_begin_bus(s, BUS_PAD);
    assert_int_equal(add(s, 4, 10, 3, 2), 0);
    assert_int_equal(add(s, 6, 1, 1, 0), 0);
    scene_begin_bus(s, BUS_BELLS);
    scene_begin_bus(s, BUS_GRAINS);
    assert_int_equal(add(s, 10, 5, 2, 4), 0);
    scene_end(s);
}

static void laid_out(void **state)
{
    struct scene *s = *state;
    const uint32_t bus_first[] = {0, 0, 2, 2, 3};

    fill(s);
    assert_int_equal(s->first, 7 * SCENE_CHUNK);
    assert_memory_equal(s->bus_first, bus_first, sizeof(bus_first));
    assert_int_equal(scene_notes(s), 3);
    assert_int_equal(s->n_partials, 96);
    assert_int_equal(s->n_thin, 38);
    assert_int_equal(s->n_bands, 20);
    assert_int_equal(s->n_mods, 6);
    assert_int_equal(s->notes[2].partial_first, 46);
    assert_int_equal(s->notes[2].thin_first, 18);
    assert_int_equal(s->notes[2].band_first, 10);
    assert_int_equal(s->notes[2].mod_first, 2);
    assert_int_equal(scene_check(s, &limits), 0);
}

/* A bus that is left out is silent, wherever it is. */
static void bus_left_out(void **state)
{
    struct scene *s = *state;
    const uint32_t bus_first[] = {0, 0, 1, 1, 1};

    scene_begin(s, 0);
    scene_begin_bus(s, BUS_PAD);
    assert_int_equal(add(s, 1, 1, 1, 0), 0);
    scene_end(s);
    assert_memory_equal(s->bus_first, bus_first, sizeof(bus_first));
    assert_int_equal(scene_check(s, &limits), 0);
}

/* Each limit on its own; nothing of what is refused stays. */
static void full(void **state)
{
    struct scene *s = *state;

    fill(s);
    assert_int_equal(add(s, 1, 1, 1, 0), -ENOSPC); /* bands */
    scene_begin(s, 0);
    scene_begin_bus(s, BUS_DRONE);
    assert_int_equal(add(s, 2, 51, 1, 0), -ENOSPC);        /* partials */
    assert_int_equal(add(s, 65536, 65536, 0, 0), -ENOSPC); /* wraps */
    assert_int_equal(add(s, 2, 41, 21, 0), -ENOSPC);       /* thin */
    assert_int_equal(add(s, 1, 1, 1, 7), -ENOSPC);         /* mods */
    assert_int_equal(s->n_partials + s->n_bands + s->n_mods + s->n_thin, 0);
    for (int i = 0; i < 5; i++)
        assert_int_equal(add(s, 1, 20, 8, 0), 0);
    assert_int_equal(add(s, 1, 0, 0, 0), -ENOSPC); /* notes */
    assert_int_equal(s->n_partials, 100);
    assert_int_equal(scene_notes(s), 5);
    scene_end(s);
    assert_int_equal(scene_check(s, &limits), 0);
}

static void limits_wanted(void **state)
{
    struct scene_limits l = limits;
    struct scene *s = NULL;
    (void)state;

    l.mods = 0;
    assert_int_equal(scene_new(&s, &l), 0);
    scene_free(&s);
    assert_null(s);
    scene_free(&s);
    l.thin = 0;
    assert_int_equal(scene_new(&s, &l), -EINVAL);
}

/* One broken thing at a time. */
#define REFUSED(s, broken)                                    \
    do {                                                      \
        fill(s);                                              \
        assert_int_equal(scene_check((s), &limits), 0);       \
        broken;                                               \
        assert_int_equal(scene_check((s), &limits), -EINVAL); \
    } while (0)

static void unsound_refused(void **state)
{
    struct scene *s = *state;
    struct scene_limits less;

    REFUSED(s, s->bus_first[0] = 1);
    REFUSED(s, s->bus_first[2] = 3; s->bus_first[3] = 2);
    REFUSED(s, s->bus_first[BUS_COUNT] = 6);
    REFUSED(s, s->notes[1].partial_first++);
    REFUSED(s, s->notes[1].thin_first--);
    REFUSED(s, s->notes[1].n_members = 0);
    REFUSED(s, s->notes[1].n_bands = 0);
    REFUSED(s, s->notes[0].n_thin = 11);
    REFUSED(s, s->notes[2].band_first = 11);
    REFUSED(s, s->notes[2].band_first = UINT32_MAX);
    REFUSED(s, s->notes[2].mod_first = 3);
    REFUSED(s, s->n_partials = 95);
    REFUSED(s, s->n_thin = 39);
    REFUSED(s, s->bands[19].level[SCENE_POINTS - 1] = NAN);
    REFUSED(s, s->bands[0].level[0] = INFINITY);
    REFUSED(s, s->bands[3].level[4] = -1e-9f);
    REFUSED(s, s->mods[5].cycles[16] = NAN);
    fill(s);
    less = limits;
    less.partials = 95;
    assert_int_equal(scene_check(s, &less), -EINVAL);
    less = limits;
    less.mods = 5;
    assert_int_equal(scene_check(s, &less), -EINVAL);
    less = limits;
    less.notes = 2;
    assert_int_equal(scene_check(s, &less), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(laid_out),
        cmocka_unit_test(bus_left_out),
        cmocka_unit_test(full),
        cmocka_unit_test(limits_wanted),
        cmocka_unit_test(unsound_refused),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
