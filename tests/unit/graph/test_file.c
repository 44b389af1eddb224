// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>

#include "tests/unit/test.h"

struct room {
    char dir[64], file[128], link[128];
};

static int set_up(void **state)
{
    struct room *r = calloc(1, sizeof(*r));

    assert_non_null(r);
    strcpy(r->dir, "/tmp/longwave-file.XXXXXX");
    assert_non_null(mkdtemp(r->dir));
    snprintf(r->file, sizeof(r->file), "%s/file", r->dir);
    snprintf(r->link, sizeof(r->link), "%s/link", r->dir);
    *state = r;
    return 0;
}

static int tear_down(void **state)
{
    struct room *r = *state;

    unlink(r->link);
    unlink(r->file);
    assert_int_equal(rmdir(r->dir), 0); /* nothing else is in it */
    free(r);
    return 0;
}

static void assert_holds(const char *path, const char *want)
{
    char text[256] = "";
    FILE *f = fopen(path, "r");

    assert_non_null(f);
    text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
    fclose(f);
    assert_string_equal(text, want);
}

static mode_t mode_of(const char *path)
{
    struct stat s;

    assert_int_equal(stat(path, &s), 0);
    return s.st_mode & 07777;
}

static void test_new(void **state)
{
    const struct room *r = *state;
    mode_t mask = umask(027);

    assert_int_equal(file_replace(r->file, "one", 3), 0);
    umask(mask);
    assert_holds(r->file, "one");
    assert_int_equal(mode_of(r->file), 0640);
}

static void test_keeps_mode_and_link(void **state)
{
    const struct room *r = *state;
    struct stat s;

    assert_int_equal(file_replace(r->file, "one", 3), 0);
    assert_int_equal(chmod(r->file, 0604), 0);
    assert_int_equal(symlink("file", r->link), 0);
    assert_int_equal(file_replace(r->link, "another", 7), 0);
    assert_holds(r->file, "another");
    assert_int_equal(mode_of(r->file), 0604);
    assert_int_equal(lstat(r->link, &s), 0);
    assert_true(S_ISLNK(s.st_mode));
}

/* The disk is full half-way: the old one is whole, nothing lies beside it. */
static void test_all_or_nothing(void **state)
{
    const struct room *r = *state;
    struct rlimit old, few;
    char text[8192];

    memset(text, 'x', sizeof(text));
    assert_int_equal(file_replace(r->file, "one", 3), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    few = (struct rlimit){4096, old.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
    assert_int_equal(file_replace(r->file, text, sizeof(text)), -EFBIG);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_holds(r->file, "one");
}

static void test_errors(void **state)
{
    const struct room *r = *state;
    char path[256], longer[8192];

    snprintf(path, sizeof(path), "%s/gone/file", r->dir);
    assert_int_equal(file_replace(path, "one", 3), -ENOENT);
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    assert_int_equal(file_replace(longer, "one", 3), -ENAMETOOLONG);
}

#define IN_ROOM(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ROOM(test_new),
        IN_ROOM(test_keeps_mode_and_link),
        IN_ROOM(test_all_or_nothing),
        IN_ROOM(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
