// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/test.h"

#include <errno.h>
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
    struct scene_limits max;
    (void)state;

    assert_int_equal(load_with(&m, "title: Good", "title: Good", err), 0);
    assert_string_equal(m.name, "x");
    assert_string_equal(m.title, "Good");
    assert_int_equal(m.chords.n, 2);
    assert_true(m.chords.chord[1].n == 3 &&
                m.chords.chord[1].ratio[0] == 4.0 / 3.0);
    assert_true(m.n_roots == 1 && m.roots[0] == 1 && m.kappa == 0.5);
    assert_true(m.section == 60 && m.lag == 30 && m.walk == 1.6);
    assert_true(m.room.t60_high == 2.5 && m.room.send[BUS_BELLS] == 0.9 &&
                m.room.pre[BUS_PAD] == 25);
    assert_int_equal(m.n_layers, 2);
    assert_int_equal(m.layer[0].n_voices, 2);
    assert_int_equal(m.layer[0].bus, BUS_PAD);
    assert_int_equal(m.layer[0].together, TOGETHER_YES);
    assert_true(m.layer[0].home[1] == 330 && m.layer[0].hold.lo == 1 &&
                m.layer[0].hold.hi == 1 && m.layer[0].attack.hi == 2);
    assert_int_equal(m.layer[1].rule, RULE_RANDOM);
    assert_int_equal(m.layer[1].together, TOGETHER_NO);
    assert_int_equal(m.layer[1].kind, KIND_HARMONIC);
    assert_int_equal(m.layer[1].thin, 5);
    assert_true(m.layer[1].prob == 1 && m.layer[1].order == 2);
    music_bounds(&m, &max);
    assert_int_equal(max.notes, 3);
    assert_int_equal(max.bands, 2 * 10 + 4);
    assert_int_equal(max.partials, 2 * 30 + 20);
    assert_int_equal(max.thin, 2 * 30 + 20);
    assert_int_equal(max.mods, 0);
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
            "22: key 'attack': found '0'; allowed: a number from 0.004 to 60");
    refused("[17, 19]", "[0, 19]",
            "17: key 'period': found '0'; allowed: a number from 0.2 to 1000");
    refused("t60: [5, 6, 2.5]", "t60: [5, 6]",
            "11: key 't60': found 2 values; allowed: 3 to 3");
    refused("bus: pad", "bus: piano",
            "15: key 'bus': found 'piano'; allowed: drone, pad, bells, grains");
    refused("rule: home", "rule: away",
            "18: key 'rule': found 'away'; allowed: home, bass, random, "
            "melody, fixed");
    refused("together: yes", "together: maybe",
            "26: key 'together': found 'maybe'; allowed: no, yes, cascade");
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
            "4: key 'lag': found 50; allowed: at most 4/5 of the section, 48");
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
            "14: unknown key 'x'; allowed: title, gain, arc, arc_rate, kappa, "
            "harmony, room, control, layers");
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

/* A layer of each kind, in place of the second. */
static const char more[] =
    "  - name: breath\n"                              /* 27 */
    "    bus: pad\n"                                  /* 28 */
    "    kind: noise\n"                               /* 29 */
    "    level: -18\n"                                /* 30 */
    "    echo_of: voices\n"                           /* 31 */
    "    delay: 1.5\n"                                /* 32 */
    "    transpose: 8\n"                              /* 33 */
    "    harmonics: 6\n"                              /* 34 */
    "    members: 40\n"                               /* 35 */
    "    thin: 10\n"                                  /* 36 */
    "    attack: 1\n"                                 /* 37 */
    "    hold: 1\n"                                   /* 38 */
    "    release: 1\n"                                /* 39 */
    "    cutoff: 9000\n"                              /* 40 */
    "    formant: {amount: 1, vowel: 2, rate: .03}\n" /* 41 */
    "    vibrato: [12, 5]\n"                          /* 42 */
    "  - name: bell\n"                                /* 43 */
    "    bus: bells\n"                                /* 44 */
    "    kind: ratio\n"                               /* 45 */
    "    table: glass\n"                              /* 46 */
    "    harmonics: 5\n"                              /* 47 */
    "    level: -6\n"                                 /* 48 */
    "    period: 30\n"                                /* 49 */
    "    rule: fixed\n"                               /* 50 */
    "    home: 3\n"                                   /* 51 */
    "    members: 2\n"                                /* 52 */
    "    attack: .01\n"                               /* 53 */
    "    struck: 3\n"                                 /* 54 */
    "    cutoff: 9000\n"                              /* 55 */
    "  - name: curtain\n"                             /* 56 */
    "    bus: pad\n"                                  /* 57 */
    "    kind: field\n"                               /* 58 */
    "    level: -6\n"                                 /* 59 */
    "    pitch: [100, 900]\n"                         /* 60 */
    "    members: 9\n"                                /* 61 */
    "    cutoff: 900\n"                               /* 62 */
    "  - name: dust\n"                                /* 63 */
    "    bus: grains\n"                               /* 64 */
    "    kind: grains\n"                              /* 65 */
    "    level: -6\n"                                 /* 66 */
    "    pitch: [500, 900]\n"                         /* 67 */
    "    members: 4\n"                                /* 68 */
    "    cutoff: 900\n"                               /* 69 */
    "    grains: {slots: 9, gap: 1, length: [.1, .2], rise: .3, chirp: 1}\n"
    "    wear: {epoch: 900, prob: .5, cutoff: 1, level: 3}\n"; /* 70, 71 */

/* Loads the preset of all kinds with one text in it replaced by another. */
static int load_more(struct music *m, const char *from, const char *to,
                     char err[CONF_ERROR_MAX])
{
    char text[4096];
    const char *at = strstr(more, from);

    assert_non_null(at);
    snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - more), more, to,
             at + strlen(from));
    return load_with(m, strstr(good, "  - name: lights"), text, err);
}

static void refused_more(const char *from, const char *to, const char *want)
{
    char err[CONF_ERROR_MAX] = "", full[CONF_ERROR_MAX];
    struct music m;

    assert_int_equal(load_more(&m, from, to, err), -EINVAL);
    snprintf(full, sizeof(full), "%s/x.yaml:%s", dir, want);
    assert_string_equal(err, full);
}

static void test_kinds(void **state)
{
    char err[CONF_ERROR_MAX] = "";
    const struct music_layer *l;
    struct scene_limits max;
    struct music m;
    (void)state;

    if (load_more(&m, "bus: bells", "bus: bells", err) < 0)
        fail_msg("%s", err);
    assert_int_equal(m.n_layers, 5);
    l = &m.layer[1];
    assert_true(l->kind == KIND_NOISE && l->leader == 0 && l->n_voices == 2 &&
                l->period[1] == 19 && l->delay == 1.5 && l->transpose == 8);
    assert_true(l->members == 40 && l->thin == 10 && l->formant == 1 &&
                l->vowel == 2 && l->vibrato == 12 && l->vibrato_rate == 5);
    l = &m.layer[2];
    assert_true(l->kind == KIND_RATIO && l->harmonics == 5 &&
                l->ratio[1] == 2.32 && l->amp[1] == 0.16 && l->struck == 3 &&
                l->rule == RULE_FIXED && l->home[0] == 3);
    l = &m.layer[3];
    /* 1 5/4 3/2 4/3 5/3 on 110 Hz: 110 220 440 880, 137.5 275 550, 165 330
       660, 146.7 293 587, 183 367 733; but on another root each may have four
     */
    assert_int_equal(
        music_field(&m, &m.chords, m.root, l, NULL, NULL, MUSIC_BANDS_MAX), 16);
    assert_true(l->kind == KIND_FIELD && l->harmonics == 20);
    l = &m.layer[4];
    assert_true(l->kind == KIND_GRAINS && l->slots == 9 && l->gap == 1 &&
                l->length.hi == 0.2 && l->rise == 0.3 && l->chirp == 1 &&
                l->epoch == 900 && l->wear_level == 3);
    music_bounds(&m, &max);
    /* the field twice: one gives way to the next */
    assert_int_equal(max.notes, 2 + 2 + 1 + 2 + 1);
    assert_int_equal(max.mods, 2 * 32 + 2 * 9);
    assert_int_equal(max.thin,
                     2 * 30 + 2 * 60 + 5 * 2 + 2 * 20 * 9 + 2 * 9 * 4);
}

static void test_what_kinds_need(void **state)
{
    (void)state;
    refused_more("echo_of: voices", "echo_of: voice",
                 "27: key 'echo_of': found 'voice'; allowed: a layer above it "
                 "that has periods");
    refused_more("  - name: dust\n",
                 "  - name: x\n    bus: pad\n    level: 0\n    members: 2\n"
                 "    echo_of: curtain\n    harmonics: 2\n    cutoff: 99\n"
                 "  - name: dust\n",
                 "63: key 'echo_of': found 'curtain'; allowed: a layer above "
                 "it that has periods");
    refused_more("echo_of: voices", "echo_of: voices\n    period: 3",
                 "27: key 'period': found it beside 'echo_of'; allowed: one of "
                 "them");
    refused_more("    period: 30\n", "",
                 "43: key 'period' is missing (a layer of notes needs it)");
    refused_more("    rule: fixed\n", "",
                 "43: key 'rule' is missing (a layer with periods needs it)");
    refused_more("    harmonics: 6\n", "",
                 "27: key 'harmonics' is missing (a layer of notes needs it)");
    refused_more("    attack: .01\n", "",
                 "43: key 'attack' is missing (a layer of notes needs it)");
    refused_more("    struck: 3\n", "",
                 "43: key 'hold' is missing (a layer that is not 'struck' "
                 "needs it)");
    refused_more("struck: 3", "struck: 3\n    hold: 1",
                 "43: key 'struck': found it beside 'hold' or 'release'; "
                 "allowed: one of them");
    refused_more("    table: glass\n", "",
                 "43: kind 'ratio': found none of 'table' and 'ratios'; "
                 "allowed: one");
    refused_more("table: glass", "ratios: [1, 2]",
                 "43: key 'amplitudes': found 0 values; allowed: 2, one for "
                 "each of 'ratios'");
    refused_more("table: glass", "table: cup",
                 "46: key 'table': found 'cup'; allowed: none, bell, gong, "
                 "glass");
    refused_more("    members: 9\n", "",
                 "56: key 'members' is missing (a layer needs it)");
    refused_more("thin: 10", "thin: 41",
                 "27: key 'thin': found 41; allowed: at most the 40 of "
                 "'members'");
    refused_more("thin: 10", "thin: 10\n    together: cascade",
                 "27: key 'thin': found 10; allowed: in a cascade only the 40 "
                 "of 'members'");
    refused_more("    pitch: [500, 900]\n", "",
                 "63: key 'pitch' is missing (kind 'grains' needs it)");
    refused_more("pitch: [100, 900]", "pitch: [111, 112]",
                 "56: kind 'field': found 0 tones of all chords in 'pitch'; "
                 "allowed: 1 to 128");
    refused_more(strstr(more, "    grains: {"), "",
                 "63: key 'grains' is missing (kind 'grains' needs it)");
    refused_more("gap: 1, ", "",
                 "70: key 'gap' is missing (s, mean time "
                 "between a slot's turns)");
    refused_more("vibrato: [12, 5]", "vibrato: 12",
                 "42: key 'vibrato': found 1 values; allowed: 2 to 2");
    refused_more("home: 3", "home: 100",
                 "51: key 'home': found '100'; allowed: a number from 0.25 to "
                 "64");
}

static void test_modes(void **state)
{
    char err[CONF_ERROR_MAX] = "";
    struct music m;
    (void)state;

    assert_int_equal(load_with(&m, "  section: 60",
                               "  modes:\n"
                               "    dark: [[1, 6/5], [1]]\n"
                               "    bare-1: [[1], [3/2]]\n"
                               "  section: 60",
                               err),
                     0);
    assert_int_equal(m.n_modes, 2);
    assert_string_equal(m.mode[0].name, "dark");
    assert_string_equal(m.mode[1].name, "bare-1");
    assert_true(m.mode[0].n == 2 && m.mode[0].chord[0].ratio[1] == 1.2);
    assert_true(m.mode[1].n == 2 && m.mode[1].chord[1].ratio[0] == 1.5);
    refused("  section: 60", "  modes: dark\n  section: 60",
            "8: key 'modes': found 0 modes; allowed: 1 to 5");
    refused("  section: 60", "  modes:\n    dark: []\n  section: 60",
            "9: key 'dark': found 0 chords; allowed: 1 to 12");
    refused("  section: 60", "  modes:\n    dark: [[1], [3]]\n  section: 60",
            "9: key 'dark': found '3'; allowed: a number from 1 to 2");
    refused("  section: 60", "  modes:\n    dark: [[1]]\n  section: 60",
            "9: key 'dark': found 1 chords; allowed: 2, as many as 'chords' "
            "has");
    refused("  section: 60", "  roots: [1, 3]\n  section: 60",
            "8: key 'roots': found '3'; allowed: a number from 0.5 to 2");
}

/* People have to be able to choose them. */
static void test_names_of_modes(void **state)
{
    static const char *const wrong[] = {
        "own",  "3",  "1a",          "a b",
        "\"\"", "-x", "'d\xc3\xa9'", "abcdefghijklmnopqrstuvwxyzabcdef"};
    (void)state;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char text[128], err[CONF_ERROR_MAX] = "";
        struct music m;
        snprintf(text, sizeof(text),
                 "  modes:\n    %s: [[1], [1]]\n  section: 60", wrong[i]);
        assert_int_equal(load_with(&m, "  section: 60", text, err), -EINVAL);
        assert_non_null(strstr(err, ":9: key 'modes': found the name '"));
    }
}

/* The good preset with control in it, before line 13. */
static void refused_control(const char *text, const char *want)
{
    char all[512];

    snprintf(all, sizeof(all), "control:\n%slayers:", text);
    refused("layers:", all, want);
}

static void load_control(struct music *m, const char *text)
{
    char err[CONF_ERROR_MAX] = "", all[512];

    snprintf(all, sizeof(all), "%slayers:", text);
    if (load_with(m, "layers:", all, err) < 0)
        fail_msg("%s", err);
}

static bool moves(const struct music *m, uint32_t cc, enum param p, double lo,
                  double hi)
{
    const struct midi_control *c = &m->midi.control[cc];

    return c->used && c->param == p && c->lo == lo && c->hi == hi;
}

static uint32_t controllers(const struct music *m)
{
    uint32_t n = 0;

    for (uint32_t cc = 0; cc < MIDI_CONTROLLERS; cc++)
        n += m->midi.control[cc].used;
    return n;
}

static void test_control(void **state)
{
    struct music m;
    (void)state;

    load_control(&m, "");
    assert_true(m.midi.channel == 0 && m.midi.notes && m.midi.root == 110);
    assert_int_equal(controllers(&m), 7);
    assert_true(moves(&m, 74, PARAM_BRIGHTNESS, -2, 2));
    /* each key has its own default */
    load_control(&m, "control: {channel: 16}\n");
    assert_true(m.midi.channel == 16 && m.midi.notes);
    assert_int_equal(controllers(&m), 7);
    load_control(&m, "control: {notes: none}\n");
    assert_true(m.midi.channel == 0 && !m.midi.notes);
    assert_int_equal(controllers(&m), 7);
    load_control(&m, "control: {cc: {}}\n");
    assert_true(m.midi.notes);
    assert_int_equal(controllers(&m), 0);
    load_control(&m, "control:\n"
                     "  cc: {0: motion, 119: [space, 2, 1/2], 2: freeze}\n");
    assert_int_equal(controllers(&m), 3);
    assert_true(moves(&m, 0, PARAM_MOTION, 0, 2) &&
                moves(&m, 119, PARAM_SPACE, 2, 0.5) &&
                moves(&m, 2, PARAM_FREEZE, 0, 1));
}

/* As many as the preset has, which is known wherever the key stands. */
static void test_control_of_modes(void **state)
{
    char err[CONF_ERROR_MAX] = "";
    struct music m;
    (void)state;

    assert_int_equal(load_with(&m, "harmony:",
                               "control: {cc: {5: mode, 6: [mode, 1, 2]}}\n"
                               "harmony:\n"
                               "  modes: {dark: [[1], [1]], bare: [[1], [1]]}",
                               err),
                     0);
    assert_true(moves(&m, 5, PARAM_MODE, 0, 2) &&
                moves(&m, 6, PARAM_MODE, 1, 2));
    load_control(&m, "");
    assert_true(moves(&m, 70, PARAM_MODE, 0, 0));
    refused_control("  cc: {5: [mode, 0, 1]}\n",
                    "14: key 'cc': found '1'; allowed: a number from 0 to 0");
}

static void test_wrong_control(void **state)
{
    (void)state;
    refused("layers:", "control: 3\nlayers:",
            "13: found '3'; allowed: 'key: value' lines");
    refused_control("  chanel: 3\n",
                    "14: unknown key 'chanel'; did you mean 'channel'?");
    refused_control("  channel: 0\n",
                    "14: key 'channel': found '0'; allowed: a number from 1 to "
                    "16");
    refused_control("  channel: 1.5\n",
                    "14: key 'channel': found '1.5'; allowed: a whole number "
                    "from 1 to 16");
    refused_control("  notes: mode\n",
                    "14: key 'notes': found 'mode'; allowed: none, root");
    refused_control("  cc: motion\n",
                    "14: key 'cc': found a word; allowed: a mapping of "
                    "controllers to parameters");
    refused_control("  cc: [motion]\n",
                    "14: key 'cc': found a list; allowed: a mapping of "
                    "controllers to parameters");
    refused_control("  cc:\n    1: motion\n    120: space\n",
                    "16: key 'cc': found controller '120'; allowed: 0 to 119");
    refused_control("  cc: {-1: space}\n",
                    "14: key 'cc': found controller '-1'; allowed: 0 to 119");
    refused_control("  cc: {0x10: space}\n",
                    "14: key 'cc': found controller '0x10'; allowed: 0 to 119");
    refused_control("  cc: {wheel: space}\n",
                    "14: key 'cc': found controller 'wheel'; allowed: 0 to "
                    "119");
    refused_control("  cc: {1: space, 01: motion}\n",
                    "14: key 'cc': found controller 1 a second time; allowed: "
                    "once");
    refused_control("  cc: {1: sapce}\n",
                    "14: key 'cc': found 'sapce'; allowed: root, mode, "
                    "brightness, density, motion, space, level, freeze");
    refused_control("  cc: {1: [[space], 0, 1]}\n",
                    "14: key 'cc': found no name; allowed: root, mode, "
                    "brightness, density, motion, space, level, freeze");
    refused_control("  cc: {1: {space: 1}}\n",
                    "14: key 'cc': found a mapping for controller 1; allowed: "
                    "a parameter's name, or [name, from, to]");
    refused_control("  cc: {1: [space, 1]}\n",
                    "14: key 'cc': found another list for controller 1; "
                    "allowed: a parameter's name, or [name, from, to]");
    refused_control("  cc: {1: [space, 0, 2.5]}\n",
                    "14: key 'cc': found '2.5'; allowed: a number from 0 to 2");
    refused_control("  cc: {1: [freeze, 0.5, 1]}\n",
                    "14: key 'cc': found '0.5'; allowed: a whole number from 0 "
                    "to 1");
    refused_control("  cc: {1: [space, 1, 1]}\n",
                    "14: key 'cc': found 1 to 1 for controller 1; allowed: two "
                    "different values");
}

/* README.md has a row for each key of each table, with its range. */
static void test_every_key_is_documented(void **state)
{
    static char text[65536];
    const struct conf_key *keys;
    const char *name;
    FILE *f = fopen(PRESETS "/README.md", "r");
    size_t n;
    (void)state;

    assert_non_null(f);
    n = fread(text, 1, sizeof(text) - 1, f);
    fclose(f);
    text[n] = '\0';
    for (uint32_t i = 0; (keys = music_keys(i, &name)); i++)
        for (; keys->name; keys++) {
            char row[64], range[64], line[1024];
            const char *at;
            snprintf(row, sizeof(row), "\n| `%s` | ", keys->name);
            snprintf(range, sizeof(range), " | %g to %g | ", keys->min,
                     keys->max);
            at = strstr(text, row);
            if (!at)
                fail_msg("%s: '%s' is not in README.md", name, keys->name);
            snprintf(line, sizeof(line), "%.*s", (int)strcspn(at + 1, "\n"),
                     at + 1);
            /* of keys with the same name in two tables the range may be in the
               other's row */
            if (keys->max > keys->min && !strstr(line, range) &&
                !strstr(strstr(at + 1, row) ? strstr(at + 1, row) : "", range))
                fail_msg("%s: '%s' has not '%s' in README.md", name, keys->name,
                         range);
        }
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
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_what_kinds_need),
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_names_of_modes),
        cmocka_unit_test(test_control),
        cmocka_unit_test(test_control_of_modes),
        cmocka_unit_test(test_wrong_control),
        cmocka_unit_test(test_every_key_is_documented),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
