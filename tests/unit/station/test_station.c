// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/station/station.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/test.h"

static char path[64];
static char err[CONF_ERROR_MAX];

static int load_text(struct station **s, const char *text)
{
    strcpy(path, "/tmp/longwave-station-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    int r = station_load(s, path, err);
    unlink(path);
    return r;
}

/* The message must be "PATH:" and this. */
static void fails_with(const char *text, const char *message)
{
    struct station *s;
    char want[CONF_ERROR_MAX];
    assert_int_equal(load_text(&s, text), -EINVAL);
    assert_null(s);
    snprintf(want, sizeof want, "%s:%s", path, message);
    assert_string_equal(err, want);
}

/* All words, with spaces between them. */
static void words_are(const struct station_args *a, const char *want)
{
    char text[512] = "";
    for (uint32_t i = 0; i < a->n; i++) {
        strcat(text, i ? " " : "");
        strcat(text, a->arg[i]);
    }
    assert_string_equal(text, want);
    assert_null(a->n ? a->arg[a->n] : NULL);
}

static void test_shipped(void **state)
{
    (void)state;
    struct station *s;
    assert_int_equal(station_load(&s, STATIONS "/default.yaml", err), 0);
    assert_string_equal(s->music, "terminal");
    assert_int_equal(s->rate, 48000);
    assert_int_equal(s->listen.port, 8000);
    assert_int_equal(s->rules->n, 4);
    assert_string_equal(s->rules->rule[1].from.text, "longwave-gen:mix_R");
    assert_string_equal(s->rules->rule[3].to.text, "longwave-sink:in_R");
    words_are(&s->sink.options, "--bitrate 96");
    station_free(&s);
}

static void test_defaults(void **state)
{
    (void)state;
    struct station *s;
    assert_int_equal(load_text(&s, "music: x\nconnect: []\n"), 0);
    assert_true(s->generator.on && s->master.on && s->sink.on);
    assert_int_equal(s->sink.options.n, 0);
    assert_int_equal(s->admin.port, 8001);
    assert_string_equal(s->admin.host, "127.0.0.1");
    assert_int_equal(s->rules->n, 0);
    assert_string_equal(s->osc.host, "127.0.0.1");
    assert_int_equal(s->osc.port, 7770);
    assert_false(s->osc_wanted);
    assert_int_equal(s->n_clients, 0);
    station_free(&s);
    assert_int_equal(load_text(&s, "music: x\nconnect: []\nosc: 7771\n"), 0);
    assert_int_equal(s->osc.port, 7771);
    assert_true(s->osc_wanted);
    station_free(&s);
    assert_int_equal(load_text(&s, "music: x\nconnect: []\nosc: none\n"), 0);
    assert_string_equal(s->osc.host, "");
    assert_true(s->osc_wanted);
    station_free(&s);
    assert_null(s);
    station_free(&s);
}

/* What a file says of a program is what the program is told. */
static void test_options(void **state)
{
    (void)state;
    struct station *s;
    assert_int_equal(
        load_text(&s,
                  "music: x\nconnect: []\n"
                  "generator: {ahead: 500, thin: true, renderer: cpu}\n"
                  "master: {target: -16.5, bypass: false}\n"
                  "sink: {ladder: [24, 48], bitrate: 48, mount: [live, a:1],"
                  " burst-limit: 0}\n"),
        0);
    words_are(&s->generator.options, "--ahead 500 --thin --renderer cpu");
    words_are(&s->master.options, "--target -16.5");
    words_are(&s->sink.options, "--ladder 24,48 --bitrate 48 --mount live "
                                "--mount a:1 --burst-limit 0");
    station_free(&s);
}

/* A graph that holds none of our clients. */
static void test_none(void **state)
{
    (void)state;
    struct station *s;
    assert_int_equal(load_text(&s, "generator: none\nmaster: none\nsink: none\n"
                                   "connect: []\nclients:\n"
                                   "  - {name: a, run: [jack_thru, -x]}\n"
                                   "  - {name: b, run: [/bin/b],"
                                   " required: true}\n"),
                     0);
    assert_false(s->generator.on || s->master.on || s->sink.on);
    assert_int_equal(s->n_clients, 2);
    words_are(&s->client[0].run, "jack_thru -x");
    assert_false(s->client[0].required);
    assert_string_equal(s->client[1].name, "b");
    assert_true(s->client[1].required);
    station_free(&s);
}

/* Wherever the station is started from. */
static void test_paths(void **state)
{
    (void)state;
    struct station *s;
    assert_int_equal(load_text(&s, "music: mine/x.yaml\nconnect: []\nclients:\n"
                                   "  - {name: a, run: [./fx, ./y]}\n"),
                     0);
    assert_string_equal(s->music, "/tmp/mine/x.yaml");
    words_are(&s->client[0].run, "/tmp/./fx ./y");
    station_free(&s);
    assert_int_equal(load_text(&s, "music: /a/x.yaml\nconnect: []\n"), 0);
    assert_string_equal(s->music, "/a/x.yaml");
    station_free(&s);
}

static void test_errors(void **state)
{
    (void)state;
    static const struct {
        const char *more, *message;
    } wrong[] = {
        {"jack: {period: 3}",
         "3: key 'period': found '3'; allowed: a number from 16 to 8192"},
        {"listen: 1.2.3.4:70000",
         "3: key 'listen': found '1.2.3.4:70000': the port must be 0 to 65535; "
         "allowed: ADDRESS:PORT or [V6ADDRESS]:PORT, with numbers only"},
        {"osc: here",
         "3: key 'osc': found 'here': the port must be 0 to 65535; allowed: "
         "ADDRESS:PORT or [V6ADDRESS]:PORT, with numbers only, or none"},
        {"sink: {bitrat: 3}",
         "3: unknown key 'bitrat'; did you mean 'bitrate'?"},
        {"sink: off",
         "3: key 'sink': found 'off'; allowed: none, or a mapping"},
        {"sink: {bitrate: 100}",
         "3: key 'bitrate': found 100; allowed: one of the ladder"},
        {"sink: {ladder: [96, 64]}",
         "3: key 'ladder': found 64 in place 2; allowed: whole numbers, each "
         "larger than the one before"},
        {"sink: {mount: [Live]}",
         "3: key 'mount': allowed: a list of 1 to 8 of NAME, NAME:1 or NAME:2, "
         "where NAME is 1 to 32 of a-z, 0-9, _ and -"},
        {"master: {target: 3}",
         "3: key 'target': found '3'; allowed: a number from -40 to -5"},
        {"generator: {thin: 1}",
         "3: key 'thin': found '1'; allowed: false, true"},
        {"clients: {}",
         "3: key 'clients': allowed: a list of up to 16 programs, each {name: "
         "NAME, run: [PROGRAM, ARGUMENT...]}"},
        {"clients: [{name: a, run: jack_thru}]",
         "3: key 'run': allowed: a list of 1 to 63 texts, the program and its "
         "arguments, as in [zita-rev1, -B]"},
        {"clients: [{name: longwave-gen, run: [a]}]",
         "3: key 'name': found 'longwave-gen'; allowed: a name that no other "
         "program of the station has"},
        {"clients: [{name: a, run: [a]}, {name: a, run: [b]}]",
         "3: key 'name': found 'a'; allowed: a name that no other program of "
         "the station has"},
    };
    char text[256];

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        snprintf(text, sizeof text, "music: x\nconnect: []\n%s\n",
                 wrong[i].more);
        fails_with(text, wrong[i].message);
    }
    fails_with("connect: []\n",
               "1: key 'music' is missing (music preset, name or path; not "
               "needed with 'generator: none')");
    fails_with("music: x\n",
               "1: key 'connect' is missing (list of cables, each "
               "[client:port, client:port], or [])");
}

/* Nobody has to look into the code for what a file may say. */
static void test_documented(void **state)
{
    (void)state;
    static char text[65536];
    const struct conf_key *keys;
    const char *name;
    FILE *f = fopen(STATIONS "/README.md", "r");

    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    for (uint32_t i = 0; (keys = station_keys(i, &name)); i++)
        for (; keys->name; keys++) {
            char word[64];
            snprintf(word, sizeof word, "| `%s` |", keys->name);
            if (!strstr(text, word))
                fail_msg("README.md lacks '%s' of '%s'", keys->name, name);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shipped),    cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_options),    cmocka_unit_test(test_none),
        cmocka_unit_test(test_paths),      cmocka_unit_test(test_errors),
        cmocka_unit_test(test_documented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
