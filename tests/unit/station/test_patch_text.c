// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/station/patch_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/test.h"

#define CABLES_MAX 8

static char err[CONF_ERROR_MAX];

/* Edits text: cables are pairs of names, drop a word of 0 and 1 per rule. The
   outcome is to be freed. */
static int edit(char **out, const char *text, const char *const *cables,
                const char *drop)
{
    struct rules *add;
    bool drops[CABLES_MAX] = {false};
    size_t size;

    assert_int_equal(rules_new(&add), 0);
    for (; *cables; cables += 2)
        assert_int_equal(rules_add_cable(add, cables[0], cables[1]), 0);
    for (size_t i = 0; i < strlen(drop); i++)
        drops[i] = drop[i] == '1';
    int r = patch_text_edit(out, &size, "f.yaml", text, strlen(text), add,
                            drops, err);
    if (r == 0)
        assert_int_equal(size, strlen(*out));
    rules_free(&add);
    return r;
}

static void becomes(const char *text, const char *const *cables,
                    const char *drop, const char *want)
{
    char *out;
    int r = edit(&out, text, cables, drop);

    if (r != 0)
        fail_msg("refused: %s", err);
    assert_string_equal(out, want);
    free(out);
}

static void is_refused(const char *text, const char *const *cables,
                       const char *drop, const char *why)
{
    char *out;

    assert_int_equal(edit(&out, text, cables, drop), -EINVAL);
    assert_null(out);
    if (!strstr(err, why))
        fail_msg("'%s' does not say '%s'", err, why);
}

#define CABLES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NONE        ((const char *const[]){NULL})

static const char studio[] = "# my studio\n"
                             "title: X # a title\n"
                             "\n"
                             "connect:\n"
                             "  # the band\n"
                             "  - [a:o, b:i] # left\n"
                             "  - from: /c:(.*)/\n"
                             "    to: d:\\1\n"
                             "    # a word on it\n"
                             "    enforce: true\n"
                             "\n"
                             "  - [e:o, f:i]\n"
                             "  # the end\n"
                             "\n"
                             "music: y\n";

static void test_added_at_the_end(void **state)
{
    (void)state;
    becomes(studio, CABLES("g:o", "h:i", "g:o", "i:i"), "",
            "# my studio\n"
            "title: X # a title\n"
            "\n"
            "connect:\n"
            "  # the band\n"
            "  - [a:o, b:i] # left\n"
            "  - from: /c:(.*)/\n"
            "    to: d:\\1\n"
            "    # a word on it\n"
            "    enforce: true\n"
            "\n"
            "  - [e:o, f:i]\n"
            "  - [g:o, h:i]\n"
            "  - [g:o, i:i]\n"
            "  # the end\n"
            "\n"
            "music: y\n");
}

static void test_nothing_to_do(void **state)
{
    (void)state;
    becomes(studio, NONE, "000", studio);
    becomes("# only\nmusic: x", NONE, "", "# only\nmusic: x");
}

static void test_taken_out(void **state)
{
    (void)state;
    becomes(studio, CABLES("g:o", "h:i"), "101",
            "# my studio\n"
            "title: X # a title\n"
            "\n"
            "connect:\n"
            "  # the band\n"
            "  - from: /c:(.*)/\n"
            "    to: d:\\1\n"
            "    # a word on it\n"
            "    enforce: true\n"
            "\n"
            "  - [g:o, h:i]\n"
            "  # the end\n"
            "\n"
            "music: y\n");
    becomes("connect:\n- [a:o, b:i]\n- [c:o, d:i]\n", NONE, "01",
            "connect:\n- [a:o, b:i]\n");
    /* one whose dash stands alone */
    becomes("connect:\n  -\n    from: a:o\n    to: b:i\n  - [c:o, d:i]\n", NONE,
            "10", "connect:\n  - [c:o, d:i]\n");
}

static void test_all_taken_out(void **state)
{
    (void)state;
    becomes("connect: # mine\n  - [a:o, b:i]\nmusic: x\n", NONE, "1",
            "connect: [] # mine\nmusic: x\n");
    becomes("connect:\n  - [a:o, b:i]\n", CABLES("c:o", "d:i"), "1",
            "connect:\n  - [c:o, d:i]\n");
}

static void test_list_is_made(void **state)
{
    (void)state;
    becomes("music: x\n", CABLES("a:o", "b:i"), "",
            "music: x\nconnect:\n  - [a:o, b:i]\n");
    becomes("music: x", CABLES("a:o", "b:i"), "",
            "music: x\nconnect:\n  - [a:o, b:i]\n");
    becomes("connect:\nmusic: x\n", CABLES("a:o", "b:i"), "",
            "connect:\n  - [a:o, b:i]\nmusic: x\n");
    becomes("music: x\nconnect: # none yet", CABLES("a:o", "b:i"), "",
            "music: x\nconnect: # none yet\n  - [a:o, b:i]\n");
    becomes("connect: [] # none\nmusic: x\n", CABLES("a:o", "b:i"), "",
            "connect: # none\n  - [a:o, b:i]\nmusic: x\n");
    becomes("connect: []", CABLES("a:o", "b:i"), "",
            "connect:\n  - [a:o, b:i]\n");
}

static void test_brackets(void **state)
{
    (void)state;
    becomes("connect: [[a:o, b:i]]\n", CABLES("c:o", "d:i"), "",
            "connect: [[a:o, b:i], [c:o, d:i]]\n");
    becomes("connect: [\n  [a:o, b:i], # it's ]\n]\nx: y\n",
            CABLES("c:o", "d:i", "e:o", "f:i"), "",
            "connect: [\n  [a:o, b:i], [c:o, d:i], [e:o, f:i] # it's ]\n]\n"
            "x: y\n");
    becomes("connect: [[\"a:o]\", b's:i], ['c:]''', d:i]]\n",
            CABLES("c:o", "d:i"), "",
            "connect: [[\"a:o]\", b's:i], ['c:]''', d:i], [c:o, d:i]]\n");
    is_refused("connect: [[a:o, b:i]]\n", NONE, "1", "nothing is taken out");
}

static void test_last_line_without_end(void **state)
{
    (void)state;
    becomes("connect:\n  - [a:o, b:i]", CABLES("c:o", "d:i"), "",
            "connect:\n  - [a:o, b:i]\n  - [c:o, d:i]\n");
    becomes("connect:\r\n  - [a:o, b:i]\r\nx: y\r\n", CABLES("c:o", "d:i"), "",
            "connect:\r\n  - [a:o, b:i]\r\n  - [c:o, d:i]\r\nx: y\r\n");
}

/* Names that YAML would take for something else. */
static void test_odd_names(void **state)
{
    char *out;
    struct rules *r;

    (void)state;
    assert_int_equal(edit(&out, "connect:\n  - [a:o, b:i]\n",
                          CABLES("it's [1]: a", "b: #2, {x}", "/x:1/", "n:\"q"),
                          ""),
                     0);
    assert_int_equal(patch_text_rules(&r, "f.yaml", out, strlen(out), err), 0);
    assert_int_equal(r->n, 3);
    assert_string_equal(r->rule[1].from.name, "it's [1]: a");
    assert_string_equal(r->rule[1].to.name, "b: #2, {x}");
    assert_string_equal(r->rule[2].to.name, "n:\"q");
    rules_free(&r);
    free(out);
}

static void test_refused(void **state)
{
    (void)state;
    is_refused("connect: [a\n", CABLES("a:o", "b:i"), "", "f.yaml:");
    is_refused("connect:\n  - [a:o]\n", CABLES("a:o", "b:i"), "", "f.yaml:2");
    is_refused("{connect: [[a:o, b:i]]}\n", CABLES("c:o", "d:i"), "",
               "'connect' was not found");
    /* a second document ends the first */
    is_refused("music: x\n...\n", CABLES("a:o", "b:i"), "",
               "can't be added to");
    /* what a dash's line says of another */
    is_refused("connect:\n  - &x [a:o, b:i]\n  - *x\n", NONE, "10", "f.yaml");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_added_at_the_end),
        cmocka_unit_test(test_nothing_to_do),
        cmocka_unit_test(test_taken_out),
        cmocka_unit_test(test_all_taken_out),
        cmocka_unit_test(test_list_is_made),
        cmocka_unit_test(test_brackets),
        cmocka_unit_test(test_last_line_without_end),
        cmocka_unit_test(test_odd_names),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
