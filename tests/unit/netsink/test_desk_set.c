// SPDX-License-Identifier: GPL-3.0-or-later
/* Changes of a generator by OSC, before a socket that plays the generator. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "graph/clock.h"
#include "netsink/desk_priv.h"
#include "tests/unit/test.h"

struct world {
    int fd;
    json_t *told;
    struct sockaddr_in from;
    struct osc_message m;
    _Alignas(8) uint8_t packet[OSC_PACKET_MAX];
    int ended, err;
    char said[DESK_SAID_MAX];
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(a);
    char osc[64];

    w->fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(bind(w->fd, (struct sockaddr *)&a, len), 0);
    getsockname(w->fd, (struct sockaddr *)&a, &len);
    snprintf(osc, sizeof(osc), "127.0.0.1:%u", ntohs(a.sin_port));
    w->told = json_pack("{s:s, s:{s:f, s:f, s:f}}", "osc", osc, "parameters",
                        "brightness", 0.0, "freeze", 0.0, "mode", 0.0);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    osc_message_fini(&w->m);
    json_decref(w->told);
    if (w->fd >= 0)
        close(w->fd);
    free(w);
    return 0;
}

static void done(void *arg, int err, const char *said)
{
    struct world *w = arg;

    w->ended++;
    w->err = err;
    snprintf(w->said, sizeof(w->said), "%s", said);
}

static struct desk_job *job(struct world *w, const char *name,
                            const char *value, double fade_s)
{
    struct desk_job *j = calloc(1, sizeof(*j));

    snprintf(j->name, sizeof(j->name), "%s", name);
    snprintf(j->value, sizeof(j->value), "%s", value);
    j->fade_s = fade_s;
    j->done = done;
    j->arg = w;
    w->ended = 0;
    return j;
}

/* What the generator gets of it. */
static const struct osc_message *sent(struct world *w, struct desk_job *j)
{
    struct pollfd p = {.fd = w->fd, .events = POLLIN};
    socklen_t len = sizeof(w->from);
    char why[OSC_WHY_MAX];
    ssize_t n;

    assert_false(desk_job_begin(j, w->told, 0));
    assert_int_equal(poll(&p, 1, 20000), 1);
    n = recvfrom(w->fd, w->packet, sizeof(w->packet), 0,
                 (struct sockaddr *)&w->from, &len);
    osc_message_fini(&w->m);
    assert_int_equal(osc_message_read(&w->m, w->packet, (size_t)n, why), 0);
    return &w->m;
}

static void reply(struct world *w, const uint8_t *packet, int n)
{
    assert_int_equal(sendto(w->fd, packet, (size_t)n, 0,
                            (struct sockaddr *)&w->from, sizeof(w->from)),
                     n);
}

/* Until the job is done with. */
static void finish(struct world *w, struct desk_job *j)
{
    struct pollfd p = {.fd = remote_fd(j->remote), .events = POLLIN};

    do
        assert_int_equal(poll(&p, 1, 20000), 1);
    while (!desk_job_step(j, 0));
    assert_int_equal(w->ended, 1);
}

static void test_a_number(void **state)
{
    struct world *w = *state;
    struct desk_job *j = job(w, "brightness", "0.5", DESK_FADE_NONE);
    const struct osc_message *m = sent(w, j);
    uint8_t out[OSC_PACKET_MAX];

    assert_string_equal(m->address, "/longwave/brightness");
    assert_int_equal(m->n, 1);
    assert_true(m->arg[0].number == 0.5);
    assert_false(desk_job_step(j, 0)); /* no answer yet */
    /* of something else, then its own */
    reply(w, out, osc_message_write(out, "/longwave/level", "fs", 1.0, "dB"));
    reply(w, out,
          osc_message_write(out, "/longwave/brightness", "fs", 0.5, "octaves"));
    finish(w, j);
    assert_int_equal(w->err, 0);
    assert_string_equal(w->said, "0.5 octaves");
}

static void test_switches_modes_and_music(void **state)
{
    static const struct {
        const char *name, *value;
        double fade_s;
        uint32_t n;
        double number;
        const char *text;
    } cases[] = {
        {"freeze", "on", -1, 1, 1, NULL},
        {"freeze", "no", -1, 1, 0, NULL},
        {"mode", "dark", -1, 1, 0, "dark"},
        {"mode", "2", -1, 1, 2, NULL},
        {"brightness", "on", -1, 1, 0, "on"}, /* the generator's to refuse */
        {"seed", "12", -1, 1, 0, "12"},
        {"preset", "nave", 4, 2, 0, "nave"},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct desk_job *j =
            job(w, cases[i].name, cases[i].value, cases[i].fade_s);
        const struct osc_message *m = sent(w, j);
        assert_int_equal(m->n, cases[i].n);
        if (cases[i].text)
            assert_string_equal(m->arg[0].text, cases[i].text);
        else
            assert_true(!m->arg[0].text && m->arg[0].number == cases[i].number);
        if (m->n == 2)
            assert_true(m->arg[1].number == cases[i].fade_s);
        desk_job_end(j, -ECANCELED, "");
    }
}

static void test_the_generators_words(void **state)
{
    static const struct {
        const char *text;
        int err;
    } cases[] = {{"level: found 99\x01, allowed", -EINVAL},
                 {"preset: busy: try again", -EBUSY}};
    struct world *w = *state;
    uint8_t out[OSC_PACKET_MAX];

    for (size_t i = 0; i < 2; i++) {
        struct desk_job *j = job(w, "brightness", "99", DESK_FADE_NONE);
        (void)sent(w, j);
        reply(w, out,
              osc_message_write(out, "/longwave/error", "ss",
                                "/longwave/brightness", cases[i].text));
        finish(w, j);
        assert_int_equal(w->err, cases[i].err);
        if (i == 0)
            assert_string_equal(w->said, "level: found 99?, allowed");
    }
}

static void refused(struct world *w, const char *name, const char *value,
                    const json_t *told, int err, const char *said)
{
    assert_true(desk_job_begin(job(w, name, value, DESK_FADE_NONE), told, 0));
    assert_int_equal(w->ended, 1);
    assert_int_equal(w->err, err);
    if (!strstr(w->said, said))
        fail_msg("said: %s", w->said);
}

static void test_what_is_not_sent(void **state)
{
    struct world *w = *state;
    json_t *deaf =
        json_pack("{s:n, s:{s:f}}", "osc", "parameters", "level", 1.0);

    refused(w, "level", "1", NULL, -ENOENT, "no generator");
    refused(w, "status", "1", w->told, -EINVAL,
            "name: found 'status', allowed are brightness, freeze, mode, "
            "preset and seed");
    refused(w, "preset", "/etc/passwd", w->told, -EINVAL, "names of presets");
    refused(w, "preset", "x.yaml", w->told, -EINVAL, "names of presets");
    refused(w, "level", "1", deaf, -ENOENT, "--osc none");
    json_decref(deaf);
}

static void test_no_answer(void **state)
{
    struct world *w = *state;
    struct desk_job *j = job(w, "brightness", "1", DESK_FADE_NONE);

    (void)sent(w, j);
    assert_false(desk_job_step(j, NS_PER_S));
    assert_true(desk_job_step(j, 100 * NS_PER_S));
    assert_int_equal(w->ended, 1);
    assert_int_equal(w->err, -ETIMEDOUT);
    /* and one that has gone */
    close(w->fd);
    w->fd = -1;
    j = job(w, "brightness", "1", DESK_FADE_NONE);
    if (!desk_job_begin(j, w->told, 0))
        finish(w, j);
    assert_int_equal(w->err, -ECONNREFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_number, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_switches_modes_and_music, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_the_generators_words, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_not_sent, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_no_answer, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
