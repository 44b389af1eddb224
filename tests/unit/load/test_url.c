// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "tests/bench/load/url.h"
#include "tests/unit/test.h"

static void into_address_and_request(void **state)
{
    struct url u;
    const char *why = NULL;
    const struct sockaddr_in *a = (const struct sockaddr_in *)&u.addr;

    (void)state;
    assert_int_equal(
        url_parse(&u, "http://127.0.0.1:8000/live.opus?latency=live", 1, &why),
        0);
    assert_int_equal(a->sin_family, AF_INET);
    assert_int_equal(ntohs(a->sin_port), 8000);
    assert_int_equal(ntohl(a->sin_addr.s_addr), 0x7f000001);
    assert_ptr_equal(strstr(u.request,
                            "GET /live.opus?latency=live HTTP/1.1\r\n"
                            "Host: 127.0.0.1:8000\r\n"),
                     u.request);
    assert_string_equal(u.request + strlen(u.request) - 4, "\r\n\r\n");
    assert_int_equal(url_parse(&u, "http://[::1]:1", 0, &why), 0);
    assert_int_equal(u.addr.ss_family, AF_INET6);
    assert_ptr_equal(strstr(u.request, "GET / HTTP/1.0\r\nHost: [::1]:1\r\n"),
                     u.request);
}

static void refused_with_a_reason(void **state)
{
    static const char *const urls[] = {"", "https://127.0.0.1:1/", "http://",
                                       "http://localhost:1/",
                                       "http://127.0.0.1:99999/"};
    struct url u;

    (void)state;
    for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
        const char *why = NULL;
        assert_int_equal(url_parse(&u, urls[i], 1, &why), -EINVAL);
        assert_non_null(why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(into_address_and_request),
        cmocka_unit_test(refused_with_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
