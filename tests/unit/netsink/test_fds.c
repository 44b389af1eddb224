// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/fds.h"

#include <limits.h>
#include <unistd.h>

#include "tests/unit/test.h"

static void test_spares(void **state)
{
    (void)state;
    assert_int_equal(fds_end(20000, FDS_SPARE_STREAMS), 19872);
    assert_int_equal(fds_end(20000, FDS_SPARE_REQUESTS), 19936);
    assert_int_equal(fds_end(INT_MAX, FDS_SPARE_STREAMS), INT_MAX - 128);
    assert_int_equal(fds_end(256, FDS_SPARE_STREAMS), 128);
    assert_int_equal(fds_end(256, FDS_SPARE_REQUESTS), 192);
}

static void test_streams_get_half_of_few(void **state)
{
    (void)state;
    for (int allowed = 4; allowed < 256; allowed++) {
        int streams = fds_end(allowed, FDS_SPARE_STREAMS),
            requests = fds_end(allowed, FDS_SPARE_REQUESTS);
        assert_true(2 * streams >= allowed);
        assert_true(streams < requests && requests < allowed);
    }
}

static void test_next(void **state)
{
    (void)state;
    int fd = fds_next();

    assert_true(fd > 2 && fd < fds_allowed());
    assert_int_equal(dup(0), fd);
    assert_true(fds_next() > fd);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spares),
        cmocka_unit_test(test_streams_get_half_of_few),
        cmocka_unit_test(test_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
