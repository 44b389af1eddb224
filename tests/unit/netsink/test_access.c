// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/access.h"

#include "tests/unit/test.h"

static const char *const names[] = {"studio", "radio.lan"};

static bool host_ok(const char *host)
{
    return access_host_ok(host, names, 2);
}

static void test_hosts(void **state)
{
    (void)state;
    static const char *const ours[] = {
        "127.0.0.1",  "127.0.0.1:8001", "192.168.1.7:8001", "[::1]",
        "[::1]:8001", "[fe80::1]:1",    "localhost",        "LOCALHOST:8001",
        "studio",     "Studio:8001",    "radio.lan:80",     "127.0.0.1:",
    };
    /* Names that a stranger's address can have, and what is no name at all. */
    static const char *const foreign[] = {
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8001",
        "studio.evil.example",
        "studio@evil.example",
        "evil.example:127.0.0.1",
        "127.0.0.1:8001@evil.example",
        "",
        ":8001",
        "[::1",
        "[]",
        "[::1]evil.example",
        "[studio]",
        "::1",
        "127.1",
        "2130706433",
        " studio",
        "studio ",
    };

    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        if (!host_ok(ours[i]))
            fail_msg("%s was refused", ours[i]);
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
        if (host_ok(foreign[i]))
            fail_msg("\"%s\" was taken", foreign[i]);
    assert_true(host_ok(NULL));
    assert_false(access_host_ok("studio", NULL, 0));
}

static void test_sites(void **state)
{
    (void)state;
    const char *host = "127.0.0.1:8001", *own = "http://127.0.0.1:8001";

    /* curl, our page, a page of ours behind TLS, the address bar */
    assert_true(access_site_ok(NULL, NULL, host));
    assert_true(access_site_ok("same-origin", own, host));
    assert_true(access_site_ok(NULL, "https://127.0.0.1:8001", host));
    assert_true(access_site_ok("none", NULL, host));
    /* Another port is another origin, but the same site. */
    assert_false(access_site_ok("same-site", own, host));
    assert_false(access_site_ok("cross-site", NULL, host));
    assert_false(access_site_ok("", NULL, host));
    assert_false(access_site_ok(NULL, "http://127.0.0.1:8000", host));
    assert_false(access_site_ok("same-origin", "http://evil.example", host));
    assert_false(access_site_ok(NULL, "null", host));
    assert_false(access_site_ok(NULL, "", host));
    assert_false(access_site_ok(NULL, own, NULL));
}

static void test_looks(void **state)
{
    (void)state;

    /* curl, our page, the address bar */
    assert_true(access_look_ok(NULL, NULL, "/status.json"));
    assert_true(access_look_ok("same-origin", "cors", "/status.json"));
    assert_true(access_look_ok("none", "navigate", "/status.json"));
    /* a link elsewhere */
    assert_true(access_look_ok("cross-site", "navigate", "/"));
    assert_true(access_look_ok("same-site", "navigate", "/"));
    assert_false(access_look_ok("cross-site", "navigate", "/status.json"));
    assert_false(access_look_ok("same-site", "navigate", "/status.json"));
    /* a page elsewhere */
    assert_false(access_look_ok("cross-site", "no-cors", "/"));
    assert_false(access_look_ok("same-site", "cors", "/"));
    assert_false(access_look_ok("cross-site", NULL, "/"));
    assert_false(access_look_ok("", "no-cors", "/events"));
}

static void test_bearer(void **state)
{
    (void)state;

    assert_string_equal(access_bearer("Bearer abc"), "abc");
    assert_string_equal(access_bearer("bearer  abc"), "abc");
    assert_null(access_bearer(NULL));
    assert_null(access_bearer("Basic abc"));
    assert_null(access_bearer("Bearerabc"));
    assert_null(access_bearer("abc"));
}

static void test_json(void **state)
{
    (void)state;

    assert_true(access_is_json("application/json"));
    assert_true(access_is_json("Application/JSON; charset=utf-8"));
    assert_false(access_is_json(NULL));
    /* What a form can send without asking: no preflight guards these. */
    assert_false(access_is_json("text/plain"));
    assert_false(access_is_json("application/x-www-form-urlencoded"));
    assert_false(access_is_json("application/jsonp"));
    assert_false(access_is_json("text/plain; application/json"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts), cmocka_unit_test(test_sites),
        cmocka_unit_test(test_looks), cmocka_unit_test(test_bearer),
        cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
