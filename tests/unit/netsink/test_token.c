// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/token.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/test.h"

static void test_made(void **state)
{
    (void)state;
    char a[TOKEN_MAX + 1], b[TOKEN_MAX + 1];

    assert_int_equal(token_make(a), 0);
    assert_int_equal(token_make(b), 0);
    assert_int_equal(strlen(a), 32); /* 128 bits */
    assert_string_not_equal(a, b);
    assert_true(token_ok(a));
}

static void test_allowed(void **state)
{
    (void)state;
    char text[TOKEN_MAX + 2];

    memset(text, 'x', sizeof(text));
    text[TOKEN_MAX + 1] = '\0';
    assert_false(token_ok(text));
    text[TOKEN_MAX] = '\0';
    assert_true(token_ok(text));
    assert_true(token_ok("aZ09-._~+/="));
    assert_false(token_ok("1234567"));
    assert_false(token_ok(""));
    assert_false(token_ok("with space"));
    assert_false(token_ok("with#hash"));
}

/* What a file with these bytes is read as. */
static int read_of(const char *bytes, size_t n, char out[TOKEN_MAX + 1])
{
    char path[] = "/tmp/test_token.XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), n);
    close(fd);
    int err = token_read(path, out);
    unlink(path);
    return err;
}

static void test_a_file(void **state)
{
    (void)state;
    char out[TOKEN_MAX + 1], text[TOKEN_MAX + 3];

    assert_int_equal(read_of("secret-words\n", 13, out), 0);
    assert_string_equal(out, "secret-words");
    assert_int_equal(read_of("secret-words\r\nsecond line\n", 26, out), 0);
    assert_string_equal(out, "secret-words");
    assert_int_equal(read_of("secret-words", 12, out), 0);
    assert_int_equal(read_of("", 0, out), -EINVAL);
    assert_int_equal(read_of("short\n", 6, out), -EINVAL);
    assert_int_equal(read_of("secret\0words\n", 13, out), -EINVAL);
    /* As long as can be, and one more. */
    memset(text, 'x', sizeof(text));
    text[TOKEN_MAX] = '\n';
    assert_int_equal(read_of(text, TOKEN_MAX + 1, out), 0);
    assert_int_equal(strlen(out), TOKEN_MAX);
    text[TOKEN_MAX] = 'x';
    text[TOKEN_MAX + 1] = '\n';
    assert_int_equal(read_of(text, TOKEN_MAX + 2, out), -EINVAL);
    assert_int_equal(token_read("/nowhere/at/all", out), -ENOENT);
    assert_int_equal(token_read("/", out), -EISDIR);
}

static void test_same(void **state)
{
    (void)state;

    assert_true(token_same("secret-words", "secret-words"));
    assert_false(token_same("secret-words", "secret-wordS"));
    assert_false(token_same("Secret-words", "secret-words"));
    assert_false(token_same("secret-word", "secret-words"));
    /* Repeated, it would agree byte by byte. */
    assert_false(token_same("abab", "ab"));
    assert_false(token_same("ab", "abab"));
    assert_false(token_same("", "secret-words"));
    assert_false(token_same("secret-words", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made),
        cmocka_unit_test(test_allowed),
        cmocka_unit_test(test_a_file),
        cmocka_unit_test(test_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
