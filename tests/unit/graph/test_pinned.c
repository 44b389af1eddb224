// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "graph/pinned.h"
#include "tests/unit/test.h"

#define BYTES 300000

static bool all_there(const void *p)
{
    unsigned char page[BYTES / 4096 + 2] = {0};
    size_t n = (size_t)sysconf(_SC_PAGESIZE), pages = (BYTES + n - 1) / n;

    if (mincore((void *)(uintptr_t)p, BYTES, page) != 0)
        return false;
    for (size_t i = 0; i < pages; i++)
        if (!(page[i] & 1))
            return false;
    return true;
}

/* kB that are locked. */
static long locked(void)
{
    char line[128];
    long kb = -1;
    FILE *f = fopen("/proc/self/status", "r");

    while (f && fgets(line, sizeof(line), f))
        if (sscanf(line, "VmLck: %ld", &kb) == 1)
            break;
    if (f)
        fclose(f);
    return kb;
}

static void test_zeroed_touched_and_locked(void **state)
{
    static const char zero[BYTES];
    long before = locked();
    char *p = pinned_new(BYTES);
    (void)state;

    assert_non_null(p);
    assert_int_equal((uintptr_t)p % (size_t)sysconf(_SC_PAGESIZE), 0);
    assert_memory_equal(p, zero, BYTES);
    assert_true(all_there(p));
    if (pinned_permitted(BYTES) && locked() > before) /* not under ASan */
        assert_true(locked() - before >= BYTES / 1024);
    pinned_free(p, BYTES);
    assert_int_equal(locked(), before);
    pinned_free(NULL, BYTES);
}

static void test_not_permitted_is_no_failure(void **state)
{
    struct rlimit none = {0, 0};
    void *p;
    (void)state;

    assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &none), 0);
    p = pinned_new(BYTES);
    assert_non_null(p);
    assert_true(all_there(p));
    pinned_free(p, BYTES);
    assert_null(pinned_new(SIZE_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zeroed_touched_and_locked),
        cmocka_unit_test(test_not_permitted_is_no_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
