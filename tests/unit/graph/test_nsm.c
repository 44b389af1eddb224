// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/nsm.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "graph/osc_message.h"
#include "graph/threads.h"
#include "tests/unit/graph/capture.h"
#include "tests/unit/test.h"

#define WAIT_MS 5000 /* for what must come */

/* A manager and its client. */
struct world {
    int fd;
    struct sockaddr_in client;
    struct nsm *nsm;
    char said[4096]; /* the last message that came, as "address arg arg" */
    uint8_t packet[OSC_PACKET_MAX];
};

static const struct log quiet = {.program = "test", .level = LOG_ERROR};

static int open_socket(struct sockaddr_in *a)
{
    socklen_t len = sizeof(*a);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    *a = (struct sockaddr_in){.sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(bind(fd, (struct sockaddr *)a, sizeof(*a)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)a, &len), 0);
    return fd;
}

/* What the client has sent. */
static const char *hear(struct world *w)
{
    struct pollfd p = {.fd = w->fd, .events = POLLIN};
    socklen_t len = sizeof(w->client);
    char why[OSC_WHY_MAX];
    struct osc_message m;
    size_t at;

    assert_int_equal(poll(&p, 1, WAIT_MS), 1);
    ssize_t n = recvfrom(w->fd, w->packet, sizeof(w->packet), 0,
                         (struct sockaddr *)&w->client, &len);
    assert_true(n > 0);
    assert_int_equal(osc_message_read(&m, w->packet, (size_t)n, why), 0);
    at = (size_t)snprintf(w->said, sizeof(w->said), "%s", m.address);
    for (uint32_t i = 0; i < m.n; i++)
        at += (size_t)(m.arg[i].text
                           ? snprintf(w->said + at, sizeof(w->said) - at, " %s",
                                      m.arg[i].text)
                           : snprintf(w->said + at, sizeof(w->said) - at, " %g",
                                      m.arg[i].number));
    osc_message_fini(&m);
    return w->said;
}

static bool hears_nothing(struct world *w)
{
    char c;

    return recv(w->fd, &c, 1, MSG_DONTWAIT | MSG_PEEK) < 0;
}

static void send_from(int fd, const struct world *w, const void *data, size_t n)
{
    assert_int_equal(sendto(fd, data, n, 0, (const struct sockaddr *)&w->client,
                            sizeof(w->client)),
                     n);
}

/* Sends n bytes of w->packet and lets the client take them. */
static enum nsm_event give(struct world *w, int n)
{
    struct pollfd p = {.fd = nsm_fd(w->nsm), .events = POLLIN};

    assert_true(n > 0);
    send_from(w->fd, w, w->packet, (size_t)n);
    assert_int_equal(poll(&p, 1, WAIT_MS), 1);
    return nsm_serve(w->nsm);
}

#define GIVE(w, ...) give(w, osc_message_write((w)->packet, __VA_ARGS__))

static void open_world(struct world *w, bool dirty)
{
    struct sockaddr_in a;
    char url[64];

    *w = (struct world){.fd = open_socket(&a)};
    /* Debian's hosts file has such a name for the machine */
    snprintf(url, sizeof(url), "osc.udp://127.0.1.1:%d/", ntohs(a.sin_port));
    close(w->fd);
    a.sin_addr.s_addr = htonl(INADDR_ANY);
    w->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(w->fd, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(nsm_new(&w->nsm, &(struct nsm_opts){.log = &quiet,
                                                         .url = url,
                                                         .name = "Radio",
                                                         .program = "radio",
                                                         .dirty = dirty}),
                     0);
    hear(w);
}

static void close_world(struct world *w)
{
    nsm_free(&w->nsm);
    assert_null(w->nsm);
    close(w->fd);
}

static void join(struct world *w)
{
    GIVE(w, "/reply", "ssss", "/nsm/server/announce", "hello", "manager", "::");
    assert_int_equal(nsm_state(w->nsm), NSM_JOINED);
}

static void open_session(struct world *w)
{
    join(w);
    assert_int_equal(GIVE(w, "/nsm/client/open", "sss", "/tmp/x/radio.nABCD",
                          "My session", "radio.nABCD"),
                     NSM_OPEN);
}

static void test_a_session(void **state)
{
    (void)state;
    struct world w;
    char want[128];

    open_world(&w, true);
    snprintf(want, sizeof(want),
             "/nsm/server/announce Radio :dirty:message: radio 1 1 %d",
             (int)getpid());
    assert_string_equal(w.said, want);
    assert_int_equal(nsm_state(w.nsm), NSM_ANNOUNCED);
    open_session(&w);
    assert_string_equal(nsm_why(w.nsm), "hello");
    assert_string_equal(nsm_path(w.nsm), "/tmp/x/radio.nABCD");
    assert_string_equal(nsm_client_id(w.nsm), "radio.nABCD");
    assert_true(hears_nothing(&w)); /* until it is open */
    nsm_answer(w.nsm, NSM_OPEN, NSM_OK, "ready");
    assert_string_equal(hear(&w), "/reply /nsm/client/open ready");
    assert_int_equal(GIVE(&w, "/nsm/client/session_is_loaded", ""),
                     NSM_NOTHING);
    assert_true(hears_nothing(&w));
    assert_int_equal(GIVE(&w, "/nsm/client/save", ""), NSM_SAVE);
    nsm_answer(w.nsm, NSM_SAVE, NSM_GENERAL, "disk full");
    assert_string_equal(hear(&w), "/error /nsm/client/save -1 disk full");
    nsm_message(w.nsm, "on air");
    assert_string_equal(hear(&w), "/nsm/client/message 1 on air");
    close_world(&w);
}

static void test_dirty_is_said_once(void **state)
{
    (void)state;
    struct world w;

    open_world(&w, true);
    open_session(&w);
    nsm_dirty(w.nsm, false);
    assert_true(hears_nothing(&w));
    nsm_dirty(w.nsm, true);
    nsm_dirty(w.nsm, true);
    assert_string_equal(hear(&w), "/nsm/client/is_dirty");
    assert_true(hears_nothing(&w));
    nsm_dirty(w.nsm, false);
    assert_string_equal(hear(&w), "/nsm/client/is_clean");
    close_world(&w);

    open_world(&w, false); /* who didn't announce it never says it */
    assert_non_null(strstr(w.said, " :message: "));
    open_session(&w);
    nsm_dirty(w.nsm, true);
    assert_true(hears_nothing(&w));
    close_world(&w);
}

static void test_refused(void **state)
{
    (void)state;
    struct world w;

    open_world(&w, true);
    GIVE(&w, "/error", "sis", "/nsm/client/other", -1, "not ours");
    assert_int_equal(nsm_state(w.nsm), NSM_ANNOUNCED);
    GIVE(&w, "/error", "sis", "/nsm/server/announce", -2, "too\x01 old");
    assert_int_equal(nsm_state(w.nsm), NSM_REFUSED);
    assert_string_equal(nsm_why(w.nsm), "too? old");
    close_world(&w);
}

static void test_wrong_order(void **state)
{
    (void)state;
    struct world w;

    open_world(&w, true);
    assert_int_equal(GIVE(&w, "/nsm/client/save", ""), NSM_NOTHING);
    assert_string_equal(hear(&w),
                        "/error /nsm/client/save -6 no session is open");
    open_session(&w); /* a second one needs :switch: */
    assert_int_equal(
        GIVE(&w, "/nsm/client/open", "sss", "/tmp/y", "Other", "radio.nXYZW"),
        NSM_NOTHING);
    assert_non_null(strstr(hear(&w), "/error /nsm/client/open -8 "));
    assert_string_equal(nsm_client_id(w.nsm), "radio.nABCD");
    /* replies are never replied to */
    GIVE(&w, "/reply", "ss", "/nsm/server/announce", "again");
    GIVE(&w, "/error", "sis", "/nsm/server/announce", -1, "no");
    GIVE(&w, "/error", "");
    assert_int_equal(nsm_state(w.nsm), NSM_OPENED);
    assert_true(hears_nothing(&w));
    GIVE(&w, "/nsm/client/show_optional_gui", "");
    assert_non_null(
        strstr(hear(&w), "/error /nsm/client/show_optional_gui -1"));
    close_world(&w);
}

static void refused_open(struct world *w, const char *path, const char *id,
                         int code)
{
    char want[64];

    assert_int_equal(GIVE(w, "/nsm/client/open", "sss", path, "x", id),
                     NSM_NOTHING);
    snprintf(want, sizeof(want), "/error /nsm/client/open %d ", code);
    if (!strstr(hear(w), want))
        fail_msg("'%s', not '%s'", w->said, want);
    assert_int_equal(nsm_state(w->nsm), NSM_JOINED);
}

static void test_names_and_paths(void **state)
{
    (void)state;
    struct world w;
    char id[NSM_ID_MAX + 1], path[PATH_MAX + 8], text[4096];
    struct capture c = capture_start(STDERR_FILENO);

    open_world(&w, true);
    join(&w);
    memset(id, 'x', NSM_ID_MAX);
    id[NSM_ID_MAX] = '\0';
    memset(path, 'y', sizeof(path));
    path[0] = '/';
    path[PATH_MAX - 10] = '\0';
    refused_open(&w, "/tmp/x", id, NSM_GENERAL);
    refused_open(&w, "/tmp/x", "", NSM_GENERAL);
    refused_open(&w, "/tmp/x", "a:b", NSM_GENERAL);
    refused_open(&w, "/tmp/x", "a\nb", NSM_GENERAL);
    refused_open(&w, "/tmp/x", "a\xff", NSM_GENERAL);
    refused_open(&w, path, "radio", NSM_CREATE_FAILED);
    refused_open(&w, "tmp/x", "radio", NSM_CREATE_FAILED);
    refused_open(&w, "", "radio", NSM_CREATE_FAILED);
    /* the longest there may be is one */
    id[NSM_ID_MAX - 1] = '\0';
    assert_int_equal(GIVE(&w, "/nsm/client/open", "sss", "/tmp/x", "x", id),
                     NSM_OPEN);
    assert_string_equal(nsm_client_id(w.nsm), id);
    close_world(&w);
    capture_end(&c, text, sizeof(text));
}

static void test_strangers(void **state)
{
    (void)state;
    struct world w;
    struct sockaddr_in a;
    int fd = open_socket(&a);

    open_world(&w, true);
    join(&w);
    int n = osc_message_write(w.packet, "/nsm/client/open", "sss", "/tmp/x",
                              "x", "stranger");
    send_from(fd, &w, w.packet, (size_t)n);
    /* what the manager says after it is heard */
    assert_int_equal(
        GIVE(&w, "/nsm/client/open", "sss", "/tmp/y", "y", "radio"), NSM_OPEN);
    assert_string_equal(nsm_client_id(w.nsm), "radio");
    close(fd);
    close_world(&w);
}

/* Every beginning of good messages, and good ones with any byte changed. */
static void test_garbage(void **state)
{
    (void)state;
    static const uint8_t huge[OSC_PACKET_MAX + 100] = "/nsm/client/save";
    uint8_t good[OSC_PACKET_MAX];
    struct world w;
    int n = osc_message_write(good, "/nsm/client/open", "sss", "/tmp/x", "x",
                              "radio");

    open_world(&w, true);
    join(&w);
    for (int cut = 1; cut < n; cut++) {
        memcpy(w.packet, good, (size_t)cut);
        give(&w, cut);
    }
    for (int at = 0; at < n; at++) {
        memcpy(w.packet, good, (size_t)n);
        w.packet[at] ^= 0x80;
        give(&w, n);
    }
    send_from(w.fd, &w, huge, sizeof(huge));
    send_from(w.fd, &w, "", 0);
    nsm_serve(w.nsm);
    while (!hears_nothing(&w)) /* only ever errors */
        assert_non_null(strstr(hear(&w), "/error "));
    close_world(&w);
}

static void test_no_more_than_some_at_a_time(void **state)
{
    (void)state;
    struct world w;
    int n, left = 0;

    open_world(&w, true);
    join(&w);
    n = osc_message_write(w.packet, "/nsm/client/hello", "");
    for (int i = 0; i < 40; i++)
        send_from(w.fd, &w, w.packet, (size_t)n);
    nsm_serve(w.nsm);
    for (; !hears_nothing(&w); left++)
        hear(&w);
    assert_int_equal(left, 16);
    close_world(&w);
}

static void refused_url(const char *url, int err)
{
    struct nsm_opts o = {
        .log = &quiet, .url = url, .name = "x", .program = "x"};
    struct nsm *n = NULL;
    struct capture c = capture_start(STDERR_FILENO);
    char text[1024];
    int r = nsm_new(&n, &o);

    capture_end(&c, text, sizeof(text));
    if (r != err)
        fail_msg("%s gives %d", url, r);
    assert_null(n);
    assert_non_null(strstr(text, "NSM_URL: "));
}

static void test_urls(void **state)
{
    (void)state;
    refused_url("osc.tcp://127.0.0.1:80/", -EINVAL);
    refused_url("osc.udp://127.0.0.1/", -EINVAL);
    refused_url("osc.udp://127.0.0.1:0/", -EINVAL);
    refused_url("osc.udp://127.0.0.1:65536/", -EINVAL);
    refused_url("osc.udp://127.0.0.1:http/", -EINVAL);
    refused_url("osc.udp://", -EINVAL);
    refused_url("http://127.0.0.1:80/", -EINVAL);
    refused_url("nonsense", -EINVAL);
    refused_url("osc.udp://no-such-host.invalid:80/", -EHOSTUNREACH);
}

/* Where there is no manager any more nothing happens. */
static void test_manager_gone(void **state)
{
    (void)state;
    struct world w;

    open_world(&w, true);
    open_session(&w);
    close(w.fd);
    for (int i = 0; i < 5; i++) {
        nsm_dirty(w.nsm, i % 2 == 0);
        nsm_message(w.nsm, "hello?");
        nsm_answer(w.nsm, NSM_SAVE, NSM_OK, "saved");
        assert_int_equal(nsm_serve(w.nsm), NSM_NOTHING);
    }
    assert_int_equal(nsm_state(w.nsm), NSM_OPENED);
    nsm_free(&w.nsm);
    nsm_free(&w.nsm);
}

static void test_none(void **state)
{
    (void)state;
    assert_int_equal(nsm_fd(NULL), -1);
    assert_int_equal(nsm_serve(NULL), NSM_NOTHING);
    nsm_dirty(NULL, true);
    nsm_message(NULL, "x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_session),
        cmocka_unit_test(test_dirty_is_said_once),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_wrong_order),
        cmocka_unit_test(test_names_and_paths),
        cmocka_unit_test(test_strangers),
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_no_more_than_some_at_a_time),
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_manager_gone),
        cmocka_unit_test(test_none),
    };

    thread_enter(TH_MAIN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
