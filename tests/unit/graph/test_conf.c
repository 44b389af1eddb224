// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/conf.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/test.h"

struct thing {
    double real;
    int64_t whole;
    char text[8];
    int choice;
    struct conf_reals reals;
    const struct conf_node *node;
};

static const char *const choices[] = {"drone", "pad", NULL};
static const struct conf_key keys[] = {
    {"real", CONF_REAL, offsetof(struct thing, real), .min = 0, .max = 2,
     .required = 1, .help = "Hz"},
    {"whole", CONF_INT, offsetof(struct thing, whole), .min = -5, .max = 5},
    {"text", CONF_TEXT, offsetof(struct thing, text), .size_max = 8},
    {"choice", CONF_ENUM, offsetof(struct thing, choice), .choices = choices},
    {"reals", CONF_REALS, offsetof(struct thing, reals), .min = 1, .max = 2,
     .size_min = 1, .size_max = 3},
    {"node", CONF_NODE, offsetof(struct thing, node)},
    {NULL},
};

static struct thing thing;
static char err[CONF_ERROR_MAX];

/* Parses and reads text; the tree is gone afterwards. */
static int read_text(const char *text)
{
    struct conf *c;
    thing = (struct thing){.whole = 3};
    err[0] = '\0';
    int r = conf_parse(&c, "t.yaml", text, strlen(text), err);
    if (r == 0)
        r = conf_read(c, conf_root(c), keys, &thing, err);
    conf_free(&c);
    return r;
}

static void fails_with(const char *text, const char *message)
{
    assert_int_equal(read_text(text), -EINVAL);
    assert_string_equal(err, message);
}

static void test_reads(void **state)
{
    (void)state;
    assert_int_equal(read_text("real: 3/2\n"
                               "text: 'seven77'\n"
                               "choice: pad\n"
                               "reals: [1, 9/8, 1.25]\n"),
                     0);
    assert_true(thing.real == 1.5);
    assert_int_equal(thing.whole, 3); /* absent: as it was */
    assert_string_equal(thing.text, "seven77");
    assert_int_equal(thing.choice, 1);
    assert_int_equal(thing.reals.n, 3);
    assert_true(thing.reals.v[1] == 1.125);
    assert_int_equal(read_text("{real: 1, reals: 2}"), 0);
    assert_int_equal(thing.reals.n, 1);
}

static void test_says_what_where_and_what_is_allowed(void **state)
{
    (void)state;
    fails_with("real: 1\nwhole: 6\n", "t.yaml:2: key 'whole': found '6'; "
                                      "allowed: a number from -5 to 5");
    fails_with("real: 1\nwhole: 1.5\n",
               "t.yaml:2: key 'whole': found '1.5'; allowed: a whole number "
               "from -5 to 5");
    fails_with("real: loud\n", "t.yaml:1: key 'real': found 'loud'; allowed: a "
                               "number from 0 to 2");
    fails_with("real: 1/0\n", "t.yaml:1: key 'real': found '1/0'; allowed: a "
                              "number from 0 to 2");
    fails_with("real: .nan\n", "t.yaml:1: key 'real': found '.nan'; allowed: a "
                               "number from 0 to 2");
    fails_with("real: [1]\n", "t.yaml:1: key 'real': found a list; allowed: a "
                              "number from 0 to 2");
    fails_with("real: 1\ntext: eightxxx\n",
               "t.yaml:2: key 'text': found 'eightxxx'; allowed: a text of at "
               "most 7 bytes");
    fails_with("real: 1\nchoice: bells\n",
               "t.yaml:2: key 'choice': found 'bells'; allowed: drone, pad");
    fails_with("real: 1\nreals: [1, 1, 1, 1]\n",
               "t.yaml:2: key 'reals': found 4 values; allowed: 1 to 3");
    fails_with("real: 1\nreals:\n  - 1\n  - 3\n",
               "t.yaml:4: key 'reals': found '3'; allowed: a number from 1 to "
               "2");
}

static void test_keys_are_strict(void **state)
{
    (void)state;
    fails_with("real: 1\nwohle: 1\n",
               "t.yaml:2: unknown key 'wohle'; did you mean 'whole'?");
    fails_with("real: 1\nxyzzyxyzzy: 1\n",
               "t.yaml:2: unknown key 'xyzzyxyzzy'; allowed: real, whole, "
               "text, choice, reals, node");
    fails_with("whole: 1\n", "t.yaml:1: key 'real' is missing (Hz)");
    fails_with("real: 1\nreal: 2\n",
               "t.yaml:2: key 'real' stands here a second "
               "time (first in line 1)");
    fails_with("real: 1\nnode: {a: 1, a: 2}\n",
               "t.yaml:2: key 'a' stands here a second time (first in line 2)");
    fails_with("[a, b]: 1\n", "t.yaml:1: a key must be a plain word");
}

static void test_not_yaml(void **state)
{
    (void)state;
    assert_int_equal(read_text("real: [1\n"), -EINVAL);
    assert_memory_equal(err, "t.yaml:2: not YAML: ", 20);
    assert_int_equal(read_text(""), -EINVAL);
    assert_int_equal(read_text("just text"), -EINVAL);
    assert_int_equal(read_text("- a\n- b\n"), -EINVAL);
    assert_string_equal(err,
                        "t.yaml:1: found no 'key: value' lines at the top");
}

static void test_missing_file(void **state)
{
    (void)state;
    struct conf *c;
    assert_int_equal(conf_load(&c, "/nowhere/x.yaml", err), -ENOENT);
    assert_null(c);
    assert_string_equal(err, "/nowhere/x.yaml: No such file or directory");
    assert_int_equal(conf_load(&c, "/tmp", err), -EISDIR);
    assert_string_equal(err, "/tmp: Is a directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads),
        cmocka_unit_test(test_says_what_where_and_what_is_allowed),
        cmocka_unit_test(test_keys_are_strict),
        cmocka_unit_test(test_not_yaml),
        cmocka_unit_test(test_missing_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
