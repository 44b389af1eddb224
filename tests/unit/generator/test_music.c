// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/test.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clients/generator/music.h"

static const char good[] = "title: Good\n"              /* 1 */
                           "gain: -20\n"                /* 2 */
                           "harmony:\n"                 /* 3 */
                           "  root: 110\n"              /* 4 */
                           "  chords:\n"                /* 5 */
                           "    - [1, 5/4, 3/2]\n"      /* 6 */
                           "    - [4/3, 1, 5/3]\n"      /* 7 */
                           "  section: 60\n"            /* 8 */
                           "  lag: 30\n"                /* 9 */
                           "room:\n"                    /* 10 */
                           "  t60: [5, 6, 2.5]\n"       /* 11 */
                           "  send: [.5, .8, .9, .6]\n" /* 12 */
                           "layers:\n"                  /* 13 */
                           "  - name: voices\n"         /* 14 */
                           "    bus: pad\n"             /* 15 */
                           "    level: 0\n"             /* 16 */
                           "    period: [17, 19]\n"     /* 17 */
                           "    rule: home\n"           /* 18 */
                           "    home: [220, 330]\n"     /* 19 */
                           "    harmonics: 10\n"        /* 20 */
                           "    members: 3\n"           /* 21 */
                           "    attack: [1, 2]\n"       /* 22 */
                           "    hold: 1\n"              /* 23 */
                           "    release: [2, 4]\n"      /* 24 */
                           "    cutoff: 1200\n"         /* 25 */
                           "    together: yes\n"        /* 26 */
                           "  - name: lights\n"         /* 27 */
                           "    bus: bells\n"           /* 28 */
                           "    level: -10\n"           /* 29 */
                           "    period: 11\n"           /* 30 */
                           "    rule: random\n"         /* 31 */
                           "    pitch: [800, 1600]\n"   /* 32 */
                           "    harmonics: 4\n"         /* 33 */
                           "    members: 5\n"           /* 34 */
                           "    attack: 1\n"            /* 35 */
                           "    hold: 1\n"              /* 36 */
                           "    release: 3\n"           /* 37 */
                           "    cutoff: 3000\n";        /* 38 */

static char dir[] = "/tmp/longwave-test-XXXXXX";

static void write_text(const char *path, const char *text, size_t n)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

/* Loads the good preset with one text in it replaced by another. */
static int load_with(struct music *m, const char *from, const char *to,
                     char err[CONF_ERROR_MAX])
{
    char path[64], text[4096];
    const char *at = strstr(good, from);
    int ret;

    assert_non_null(at);
    snprintf(path, sizeof(path), "%s/x.yaml", dir);
    snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good, to,
             at + strlen(from));
    write_text(path, text, strlen(text));
    ret = music_load(m, path, err);
    unlink(path);
    return ret;
}

/* The message, from the line number on. */
static void refused(const char *from, const char *to, const char *want)
{
    char err[CONF_ERROR_MAX] = "", full[CONF_ERROR_MAX];
    struct music m;

    assert_int_equal(load_with(&m, from, to, err), -EINVAL);
    snprintf(full, sizeof(full), "%s/x.yaml:%s", dir, want);
    assert_string_equal(err, full);
}

static void test_good(void **state)
{
    char err[CONF_ERROR_MAX] = "";
    struct music m;
    uint32_t partials, bands;
    (void)state;

    assert_int_equal(load_with(&m, "title: Good", "title: Good", err), 0);
    assert_string_equal(m.name, "x");
    assert_string_equal(m.title, "Good");
    assert_int_equal(m.n_chords, 2);
    assert_true(m.chord[1].n == 3 && m.chord[1].ratio[0] == 4.0 / 3.0);
    assert_true(m.section == 60 && m.lag == 30 && m.walk == 1.6);
    assert_true(m.room.t60_high == 2.5 && m.room.send[BUS_BELLS] == 0.9 &&
                m.room.pre[BUS_PAD] == 25);
    assert_int_equal(m.n_layers, 2);
    assert_int_equal(m.layer[0].n_voices, 2);
    assert_int_equal(m.layer[0].bus, BUS_PAD);
    assert_int_equal(m.layer[0].together, 1);
    assert_true(m.layer[0].home[1] == 330 && m.layer[0].hold.lo == 1 &&
                m.layer[0].hold.hi == 1 && m.layer[0].attack.hi == 2);
    assert_int_equal(m.layer[1].rule, RULE_RANDOM);
    assert_int_equal(m.layer[1].together, 0);
    assert_true(m.layer[1].prob == 1 && m.layer[1].order == 2);
    music_bounds(&m, &partials, &bands);
    assert_int_equal(bands, 2 * 10 + 4);
    assert_int_equal(partials, 2 * 30 + 20);
}

static void test_no_file(void **state)
{
    char err[CONF_ERROR_MAX] = "";
    struct music m;
    (void)state;

    assert_int_equal(music_load(&m, "/nowhere/x.yaml", err), -ENOENT);
    assert_string_equal(err, "/nowhere/x.yaml: No such file or directory");
}

static void test_keys(void **state)
{
    (void)state;
    refused("    cutoff: 1200", "    cutof: 1200",
            "25: unknown key 'cutof'; did you mean 'cutoff'?");
    refused("    cutoff: 1200\n", "",
            "14: key 'cutoff' is missing (Hz, corner of the roll-off)");
    refused("  root: 110\n", "",
            "4: key 'root' is missing (Hz, to which the chords' ratios refer)");
    refused("  t60: [5, 6, 2.5]\n", "",
            "11: key 't60' is missing (s: low, mid, high)");
    refused("gain: -20\n", "", "1: key 'gain' is missing (dB, of the whole)");
}

static void test_ranges(void **state)
{
    (void)state;
    refused("root: 110", "root: 400",
            "4: key 'root': found '400'; allowed: a number from 40 to 160");
    refused("gain: -20", "gain: loud",
            "2: key 'gain': found 'loud'; allowed: a number from -60 to 20");
    refused("members: 3", "members: 513",
            "21: key 'members': found '513'; allowed: a number from 1 to 512");
    refused("members: 3", "members: 2.5",
            "21: key 'members': found '2.5'; allowed: a whole number from 1 to "
            "512");
    refused("attack: [1, 2]", "attack: [0, 2]",
            "22: key 'attack': found '0'; allowed: a number from 0.02 to 60");
    refused("[17, 19]", "[0, 19]",
            "17: key 'period': found '0'; allowed: a number from 1 to 1000");
    refused("t60: [5, 6, 2.5]", "t60: [5, 6]",
            "11: key 't60': found 2 values; allowed: 3 to 3");
    refused("bus: pad", "bus: piano",
            "15: key 'bus': found 'piano'; allowed: drone, pad, bells, grains");
    refused("rule: home", "rule: away",
            "18: key 'rule': found 'away'; allowed: home, bass, random");
    refused("together: yes", "together: maybe",
            "26: key 'together': found 'maybe'; allowed: no, yes");
}

static void test_chords(void **state)
{
    (void)state;
    refused("[4/3, 1, 5/3]", "[4/3, 2.5, 5/3]",
            "7: key 'chords': found '2.5'; allowed: a number from 1 to 2");
    refused("[4/3, 1, 5/3]", "major",
            "7: key 'chords': found a chord that is no list of 1 to 8 ratios");
    refused("    - [1, 5/4, 3/2]\n    - [4/3, 1, 5/3]\n", "    []\n",
            "6: key 'chords': found 0 chords; allowed: 1 to 12");
    refused("lag: 30", "lag: 50",
            "4: key 'lag': found 50; allowed: at most two thirds of the "
            "section, 40");
}

static void test_pitch(void **state)
{
    (void)state;
    refused("home: [220, 330]", "home: [220]",
            "19: key 'home': found 1 values; allowed: 2, one for each period");
    refused("home: [220, 330]", "home: [220, 9000]",
            "19: key 'home': found '9000'; allowed: a number from 40 to 4000");
    refused("    home: [220, 330]\n", "",
            "14: key 'home' is missing (rule 'home' needs it)");
    refused("    pitch: [800, 1600]\n", "",
            "27: key 'pitch' is missing (rule 'random' needs it)");
    refused("pitch: [800, 1600]", "pitch: [1600, 800]",
            "27: key 'pitch': found 1600 to 800; allowed: the smaller one "
            "first");
    refused("release: [2, 4]", "release: [4, 2]",
            "14: key 'release': found 4 to 2; allowed: the smaller one first");
}

static void test_layers(void **state)
{
    (void)state;
    refused("name: lights", "name: voices",
            "27: key 'name': found 'voices' a second time; allowed: a name of "
            "its own for each layer");
    refused("layers:\n  - name: voices", "layers: none\nx:\n  - name: voices",
            "14: unknown key 'x'; allowed: title, gain, harmony, room, layers");
    refused(strstr(good, "layers:"), "layers: []\n",
            "13: key 'layers': found 0 layers; allowed: 1 to 8");
}

static void test_long_name(void **state)
{
    char path[128], err[CONF_ERROR_MAX] = "", want[CONF_ERROR_MAX];
    struct music m;
    (void)state;

    snprintf(path, sizeof(path), "%s/%s.yaml", dir,
             "a-name-of-thirty-two-bytes-xxxxx");
    write_text(path, good, strlen(good));
    snprintf(want, sizeof(want),
             "%s: the file's name is too long; allowed: 31 bytes before .yaml",
             path);
    assert_int_equal(music_load(&m, path, err), -EINVAL);
    assert_string_equal(err, want);
    unlink(path);
}

static void test_shipped_presets(void **state)
{
    glob_t g;
    (void)state;

    assert_int_equal(glob(PRESETS "/*.yaml", 0, NULL, &g), 0);
    for (size_t i = 0; i < g.gl_pathc; i++) {
        char err[CONF_ERROR_MAX] = "";
        struct music m;
        uint32_t partials, bands;
        if (music_load(&m, g.gl_pathv[i], err) < 0)
            fail_msg("%s", err);
        music_bounds(&m, &partials, &bands);
        assert_in_range(partials, 1, 1000000);
        if (strcmp(m.name, "terminal") == 0)
            assert_int_equal(partials, 8192);
    }
    globfree(&g);
}

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    (void)state;
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_no_file),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_chords),
        cmocka_unit_test(test_pitch),
        cmocka_unit_test(test_layers),
        cmocka_unit_test(test_long_name),
        cmocka_unit_test(test_shipped_presets),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
