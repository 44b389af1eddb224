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

static int load_text(struct station *s, const char *text)
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
    struct station s;
    char want[CONF_ERROR_MAX];
    assert_int_equal(load_text(&s, text), -EINVAL);
    snprintf(want, sizeof want, "%s:%s", path, message);
    assert_string_equal(err, want);
}

static void test_shipped(void **state)
{
    (void)state;
    struct station s;
    assert_int_equal(station_load(&s, STATIONS "/default.yaml", err), 0);
    assert_string_equal(s.music, "terminal");
    assert_int_equal(s.rate, 48000);
    assert_int_equal(s.listen.port, 8000);
    assert_int_equal(s.n_cables, 4);
    assert_string_equal(s.cable[1].from, "longwave-gen:mix_R");
    assert_string_equal(s.cable[1].to, "longwave-master:in_R");
    assert_string_equal(s.cable[3].from, "longwave-master:out_R");
    assert_string_equal(s.cable[3].to, "longwave-sink:in_R");
}

static void test_defaults(void **state)
{
    (void)state;
    struct station s;
    assert_int_equal(load_text(&s, "music: x\nconnect: []\n"), 0);
    assert_int_equal(s.bitrate, 96);
    assert_int_equal(s.admin.port, 8001);
    assert_string_equal(s.admin.host, "127.0.0.1");
    assert_int_equal(s.n_cables, 0);
    assert_string_equal(s.osc.host, "127.0.0.1");
    assert_int_equal(s.osc.port, 7770);
    assert_false(s.osc_wanted);
    assert_int_equal(load_text(&s, "music: x\nconnect: []\nosc: 7771\n"), 0);
    assert_int_equal(s.osc.port, 7771);
    assert_true(s.osc_wanted);
    assert_int_equal(load_text(&s, "music: x\nconnect: []\nosc: none\n"), 0);
    assert_string_equal(s.osc.host, "");
    assert_true(s.osc_wanted);
}

static void test_errors(void **state)
{
    (void)state;
    fails_with("music: x\n", "1: key 'connect' is missing (list of cables, "
                             "each [client:port, client:port])");
    fails_with("music: x\nconnect:\n  - [a:b, c]\n",
               "3: key 'connect': found 'c'; allowed: client:port");
    fails_with("music: x\nconnect:\n  - [a:b]\n",
               "3: key 'connect': allowed: pairs such as [client:port, "
               "client:port]");
    fails_with("music: x\nconnect: a:b\n",
               "2: key 'connect': allowed: a list of up to 32 cables, each "
               "[client:port, client:port]");
    fails_with("music: x\nconnect: []\njack: {period: 3}\n",
               "3: key 'period': found '3'; allowed: a number from 16 to 8192");
    fails_with("music: x\nconnect: []\nlisten: 1.2.3.4:70000\n",
               "3: key 'listen': found '1.2.3.4:70000': the port must be 0 to "
               "65535; allowed: ADDRESS:PORT or [V6ADDRESS]:PORT, with numbers "
               "only");
    fails_with("music: x\nconnect: []\nosc: here\n",
               "3: key 'osc': found 'here': the port must be 0 to 65535; "
               "allowed: ADDRESS:PORT or [V6ADDRESS]:PORT, with numbers only, "
               "or none");
    fails_with("music: x\nconnect: []\nlisten: none\n",
               "3: key 'listen': found 'none': the port must be 0 to 65535; "
               "allowed: ADDRESS:PORT or [V6ADDRESS]:PORT, with numbers only");
    fails_with("music: x\nconnect: []\nsink: {bitrat: 3}\n",
               "3: unknown key 'bitrat'; did you mean 'bitrate'?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shipped),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
