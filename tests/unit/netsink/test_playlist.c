// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/playlist.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/netsink/hand_mount.h"
#include "tests/unit/test.h"

static struct hand hand;

static int setup(void **state)
{
    (void)state;
    hand_init(&hand);
    strcpy(hand.mount.name, "live");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hand_fini(&hand);
    return 0;
}

static int parse(struct playlist *p, const char *path, const char *query,
                 char said[QUERY_SAID])
{
    return playlist_parse(p, &hand.mount, 1, path, query, said);
}

/* The text of a link. */
static const char *text_of(const char *path, const char *query,
                           const char *base)
{
    static char text[PLAYLIST_MAX];
    char said[QUERY_SAID];
    struct playlist p;

    assert_int_equal(parse(&p, path, query, said), 0);
    size_t n = playlist_write(&p, base, text);
    assert_int_equal(n, strlen(text));
    return text;
}

static void test_m3u(void **state)
{
    (void)state;

    assert_string_equal(text_of("/live.m3u", NULL, "http://a:8000"),
                        "#EXTM3U\n#EXTINF:-1,Longwave live\n"
                        "http://a:8000/live.opus\n");
    assert_string_equal(
        text_of("/live.m3u", "bitrate=96&latency=low&other=%0a", "https://a"),
        "#EXTM3U\n#EXTINF:-1,Longwave live\n"
        "https://a/live.opus?latency=low&bitrate=96\n");
}

static void test_pls(void **state)
{
    (void)state;

    assert_non_null(strstr(text_of("/live.pls", "bitrate=24", "http://a"),
                           "\nFile1=http://a/live.opus?bitrate=24\n"));
}

static void test_xspf(void **state)
{
    (void)state;

    assert_non_null(strstr(
        text_of("/live.xspf", "bitrate=24&latency=live", "http://a"),
        "<location>http://a/live.opus?latency=live&amp;bitrate=24</location>"));
}

static void test_what_is_none(void **state)
{
    (void)state;
    char said[QUERY_SAID];
    struct playlist p;

    assert_int_equal(parse(&p, "/live.opus", NULL, said), -ENOENT);
    assert_int_equal(parse(&p, "/other.m3u", NULL, said), -ENOENT);
    assert_int_equal(parse(&p, "/live.m3u8", NULL, said), -ENOENT);
    assert_int_equal(parse(&p, ".m3u", NULL, said), -ENOENT);
    assert_int_equal(parse(&p, "", NULL, said), -ENOENT);
    assert_int_equal(parse(&p, "/live.opus.m3u", NULL, said), -ENOENT);
    assert_int_equal(parse(&p, "/live.m3u", "bitrate=95", said), -EINVAL);
    assert_non_null(strstr(said, "bitrate: allowed are"));
}

static void test_hosts(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "a.b-c_d:8000", "127.0.0.1:1",
                                       "[::1]", "[fe80::1]:8000"};
    static const char *const bad[] = {
        "",     "a b",  "a\nb", "a/b",       "a<b",      "a&b", "a:",
        "a:x",  "[::1", "[]",   "[::1]x",    "a:123456", "@a",  "a?b",
        "a\"b", "a#b",  "%41",  "http://a/", ":80",
    };

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        if (!playlist_host_ok(good[i]))
            fail_msg("%s was refused", good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (playlist_host_ok(bad[i]))
            fail_msg("\"%s\" was taken", bad[i]);
    assert_false(playlist_host_ok(NULL));
}

/* The longest that a link can be. */
static void test_it_fits(void **state)
{
    (void)state;
    char base[300] = "https://", host[256];

    memset(host, 'h', 255);
    host[255] = '\0';
    assert_true(playlist_host_ok(host));
    strcat(base, host);
    memset(hand.mount.name, 'm', MOUNT_NAME_MAX);
    char path[64] = "/";
    strcat(path, hand.mount.name);
    strcat(path, ".xspf");
    const char *text = text_of(path, "latency=normal&bitrate=256", base);
    assert_non_null(strstr(text, "bitrate=256</location>"));
    assert_non_null(strstr(text, "</playlist>\n"));
    strcpy(hand.mount.name, "live");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_m3u),   cmocka_unit_test(test_pls),
        cmocka_unit_test(test_xspf),  cmocka_unit_test(test_what_is_none),
        cmocka_unit_test(test_hosts), cmocka_unit_test(test_it_fits),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
