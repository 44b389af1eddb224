// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/test.h"

static struct rules *rules;
static char err[CONF_ERROR_MAX];

static int teardown(void **state)
{
    (void)state;
    rules_free(&rules);
    return 0;
}

/* Through a file, as people do it. */
static int load(const char *text)
{
    char path[] = "/tmp/test_rules_XXXXXX", *found;
    int fd = mkstemp(path), r;
    size_t len = strlen(text);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, len), len);
    close(fd);
    rules_free(&rules);
    err[0] = '\0';
    r = rules_load(&rules, path, err);
    unlink(path);
    found = strstr(err, path); /* the name is another one each time */
    if (found)
        memmove(found, found + strlen(path), strlen(found + strlen(path)) + 1);
    if (r < 0)
        assert_null(rules);
    return r;
}

static void fails_with(const char *text, const char *message)
{
    assert_int_equal(load(text), -EINVAL);
    assert_string_equal(err, message);
}

static void test_reads_each_form(void **state)
{
    (void)state;
    assert_int_equal(
        load("preset: nave\n" /* keys of others are theirs */
             "connect:\n"
             "  - [longwave-gen:mix_L, longwave-master:in_L]\n"
             "  - {from: longwave-gen, to: meterbridge}\n"
             "  - from: /system:capture_([0-9]+)/\n"
             "    to: mixer:in_\\1\n"
             "    fan: order\n"
             "    type: audio\n"
             "    exclusive: true\n"
             "    fallback: true\n"
             "    enforce: true\n"
             "  - ['a2j:Midi Through [14] (capture): Port-0', \"b:1\"]\n"
             "exclusive: [mixer, '/Zyn.{0,9}/', graph]\n"),
        0);
    assert_int_equal(rules->n, 4);
    const struct rule *r = rules->rule;
    assert_string_equal(r[0].from.name, "longwave-gen:mix_L");
    assert_false(r[0].from.regex || r[0].from.client || r[0].exclusive);
    assert_int_equal(r[0].fan, RULES_FAN_AUTO);
    assert_int_equal(r[0].type, RULES_BOTH);
    assert_int_equal(r[0].line, 3);
    assert_true(r[1].from.client && r[1].to.client);
    assert_true(r[2].from.regex && !r[2].from.client && !r[2].from.groups);
    assert_string_equal(r[2].from.name, "system:capture_([0-9]+)");
    assert_string_equal(r[2].from.text, "/system:capture_([0-9]+)/");
    assert_true(r[2].to.groups && !r[2].to.regex);
    assert_int_equal(r[2].fan, RULES_FAN_ORDER);
    assert_int_equal(r[2].type, RULES_AUDIO);
    assert_true(r[2].exclusive && r[2].fallback && r[2].enforce);
    assert_int_equal(r[2].line, 5);
    assert_false(r[3].from.client);
    assert_int_equal(rules->n_alone, 2);
    assert_true(rules->all_alone && rules->alone[1].regex);
}

static void test_no_rules_are_rules(void **state)
{
    (void)state;
    const char *const none[] = {"a: 1\n", "connect:\n", "connect: []\n",
                                "connect:\n# - [a:b, c:d]\nexclusive:\n"};

    for (int i = 0; i < 4; i++) {
        assert_int_equal(load(none[i]), 0);
        assert_int_equal(rules->n + rules->n_alone, 0);
        assert_false(rules->all_alone);
    }
    assert_int_equal(load("connect: []\nexclusive: graph\n"), 0);
    assert_true(rules->all_alone);
}

static void test_says_what_where_and_what_is_allowed(void **state)
{
    (void)state;
    fails_with("connect:\n  - [a:b, c:d]\n  - [a:b]\n",
               ":3: key 'connect': found a list of 1; allowed: [FROM, TO] or "
               "{from: FROM, to: TO, ...}");
    fails_with("connect: a:b\n",
               ":1: key 'connect': found one word; allowed: a list of rules, "
               "each [FROM, TO] or {from: FROM, to: TO, ...}");
    fails_with("connect:\n  - {from: a:b, two: c:d}\n",
               ":2: unknown key 'two'; did you mean 'to'?");
    fails_with("connect:\n  - {from: a:b}\n",
               ":2: key 'to' is missing (port, client or regex)");
    fails_with("connect:\n  - {from: a:b, to: c:d, enforce: yes}\n",
               ":2: key 'enforce': found 'yes'; allowed: false, true");
    fails_with("connect:\n  - {from: a:b, to: c:d, fan: out}\n",
               ":2: key 'fan': found 'out'; allowed: auto, order, all");
    fails_with("connect:\n  - from: a:b\n    to: [c:d]\n",
               ":3: key 'to': found a list; allowed: a name or a regex");
    fails_with("connect:\n  - [a:b, '']\n",
               ":2: key 'to': found nothing; allowed: a port (client:port), a "
               "client, or a regex of either between slashes");
    fails_with("connect:\n  - [':b', c:d]\n",
               ":2: key 'from': found ':b' (no client before the colon); "
               "allowed: a port (client:port), a client, or a regex of either "
               "between slashes");
    fails_with("connect:\n  - [a:b, 'c:']\n",
               ":2: key 'to': found 'c:' (no port after the colon); allowed: a "
               "port (client:port), a client, or a regex of either between "
               "slashes");
    fails_with("connect:\n  - [/a:b, c:d]\n",
               ":2: key 'from': found '/a:b' (a slash before a regex, none "
               "after it); allowed: a port (client:port), a client, or a regex "
               "of either between slashes");
    fails_with("exclusive:\n  - a\n  - b:c\n",
               ":3: key 'exclusive': found 'b:c' (a port); allowed: clients, "
               "regexes of clients between slashes, or graph");
    fails_with("exclusive: [[a]]\n", ":1: key 'exclusive': found a list; "
                                     "allowed: clients, or graph");
}

static void test_says_what_is_wrong_with_a_regex(void **state)
{
    (void)state;
    char words[80], message[CONF_ERROR_MAX];
    regex_t re;
    int r = regcomp(&re, "a:(b", REG_EXTENDED);

    assert_int_not_equal(r, 0);
    regerror(r, &re, words, sizeof(words));
    snprintf(message, sizeof(message),
             ":4: key 'from': found '/a:(b/' (%s); allowed: a POSIX extended "
             "regex between slashes",
             words);
    fails_with("connect:\n  - [a:b, c:d]\n  -\n    - '/a:(b/'\n    - c:d\n",
               message);
    snprintf(message, sizeof(message),
             ":2: key 'to': found '/c\\1:(b/' (%s); allowed: a POSIX extended "
             "regex between slashes",
             words);
    fails_with("connect:\n  - ['/(a):b/', '/c\\1:(b/']\n", message);
    fails_with("connect:\n  - ['//', c:d]\n",
               ":2: key 'from': found '//' (a regex of nothing); allowed: a "
               "port (client:port), a client, or a regex of either between "
               "slashes");
    /* what would take all memory there is */
    assert_int_equal(load("connect:\n  - ['/((a{200}){200}){200}/', c]\n"),
                     -EINVAL);
    assert_non_null(strstr(err, "written out"));
    assert_int_equal(load("connect:\n  - ['/((((((((((((((((((((a+)+)+)+)+)+)+)"
                          "+)+)+)+)+)+)+)+)+)+)+)+)+)+/', c]\n"),
                     -EINVAL);
    assert_int_equal(load("connect:\n  - ['/(a{1,200}b+)+c{20,}:x/', c]\n"), 0);
}

static void test_groups_have_to_be_there(void **state)
{
    (void)state;
    fails_with("connect:\n  - ['/a:(.)(.)/', 'c:\\1\\3']\n",
               ":2: key 'to': found 'c:\\1\\3' (\\3, but the regex of 'from' "
               "has 2 groups); allowed: the numbers of its groups");
    fails_with(
        "connect:\n  - ['/a:.*/', 'c:\\1']\n",
        ":2: key 'to': found 'c:\\1' (\\1, but the regex of 'from' has 0 "
        "groups); allowed: no \\1, or a group in 'from'");
    fails_with("connect:\n  - ['a:b', 'c:\\1']\n",
               ":2: key 'to': found 'c:\\1' (\\1, but 'from' is no regex "
               "between slashes); allowed: \\1 to \\9 where 'from' is a regex");
    fails_with("connect:\n  - ['/(a)\\1:b/', c]\n",
               ":2: key 'from': found '/(a)\\1:b/' (\\1 is for 'to' alone); "
               "allowed: groups, and \\1 to \\9 for them in 'to'");
    /* neither of these is one */
    assert_int_equal(load("connect:\n  - ['/a:.*/', '/c:\\\\1[\\1]/']\n"), 0);
    assert_false(rules->rule[0].to.groups);
    assert_int_equal(load("connect:\n  - ['a:\\1', c]\n"), 0);
}

static void test_a_colon_outside_of_brackets_is_a_ports(void **state)
{
    (void)state;
    const struct {
        const char *text;
        bool client;
    } sides[] = {
        {"/[^:]*/", true},
        {"/[[:alpha:]]+/", true},
        {"/[]:]x/", true},
        {"/[^]:]x/", true},
        {"/[[.:.]x:]/", true},
        {"/.*/", true},
        {"/[[:alpha:]]+:x/", false},
        {"/a[]]:b/", false},
        {"/a\\[:b]/", false},
        {"/(a|b):.*/", false},
        {"/a\\:b/", false},
        {"a", true},
        {"a:b:c", false},
        {"[a:b]", false},
    };
    struct rules_text t = {.to = "x"};

    assert_int_equal(rules_new(&rules), 0);
    for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
        t.from = sides[i].text;
        assert_int_equal(rules_add(rules, &t, err, sizeof(err)), 0);
        assert_int_equal(rules->rule[i].from.client, sides[i].client);
    }
}

static bool matches(const char *regex, const char *name)
{
    struct rules_text t = {.from = regex, .to = "x"};
    struct rules *one;
    bool r, parts;

    assert_int_equal(rules_new(&one), 0);
    assert_int_equal(rules_add(one, &t, err, sizeof(err)), 0);
    r = rules_matches(&one->rule[0].from, name, NULL);
    parts = strchr(name, ':') && !strchr(strchr(name, ':') + 1, ':');
    if (one->rule[0].from.split && parts) { /* the two parts say the same */
        char *client = strndup(name, strcspn(name, ":"));
        assert_int_equal(
            rules_matches_client(&one->rule[0].from, client) &&
                rules_matches_port(&one->rule[0].from, strchr(name, ':') + 1),
            r);
        free(client);
    }
    rules_free(&one);
    return r;
}

static void test_matches_whole_names(void **state)
{
    (void)state;
    assert_true(matches("/a:out_1/", "a:out_1"));
    assert_false(matches("/a:out_1/", "a:out_11"));
    assert_false(matches("/a:out_1/", "ba:out_1"));
    assert_true(matches("/a:out_.*/", "a:out_11"));
    assert_true(matches("/a:x|b:y/", "b:y"));
    assert_false(matches("/a:x|b:y/", "a:xb:y"));
    assert_false(matches("/a:x|b:y/", "a:x|b:y"));
    assert_true(matches("/a:(x|xy)(z|yz)/", "a:xyz"));
    assert_true(matches("/^a:b$/", "a:b"));
    assert_true(matches("/a:b?c/", "a:c"));
    assert_true(matches("/a:b*/", "a:"));
    assert_true(matches("/ab+c{2,3}d:e/", "abbccd:e"));
    assert_true(matches("/a{3}b:c/", "aaab:c"));
    assert_false(matches("/a{3}b:c/", "a3}b:c"));
    assert_true(matches("/(a|b):c/", "b:c"));
    assert_true(matches("/(a(x|y))?b:[^)]c/", "ayb:.c"));
    assert_true(matches("/a:b\\.c/", "a:b.c"));
    assert_false(matches("/a:b\\.c/", "a:bxc"));
    assert_true(matches("/Z\xc3\xbc*n:\xc3\xa9/", "Z\xc3\xbcn:\xc3\xa9"));
    assert_false(matches("/a/", ""));
    assert_true(matches("/.*:x|y/", "a:x"));
    assert_false(matches("/.*:x|y/", "a:y"));
    assert_false(matches("/a$:b/", "a:b"));
    assert_false(matches("/a:^b/", "a:b"));
    assert_true(matches("/(a:)?b/", "a:b"));
    assert_true(matches("/a.?:?b/", "a:b"));
    assert_true(matches("/(.|c)*[^x]?:out_[0-9]+/", "d:out_12"));
    assert_false(matches("/(.|c)*[^x]?:out_[0-9]+/", "d:out_"));
    assert_true(matches("/a\\.+:b(c|d)$/", "a..:bd"));
    assert_true(matches("/a\\b:b/", "a:b"));
    assert_false(matches("/a\\B:b/", "a:b"));
    /* an exact name is one whatever it looks like */
    assert_true(matches("a:b (1)", "a:b (1)"));
    assert_false(matches("a:b.c", "a:bxc"));
    assert_false(matches("a:out_1", "a:out_11"));
}

/* What to becomes, as text. */
static void fills(const char *from, const char *to, const char *name,
                  const char *filled)
{
    struct rules_text t = {.from = from, .to = to};
    regmatch_t m[RULES_GROUPS];
    struct rules_side side;
    char *text;

    rules_free(&rules);
    assert_int_equal(rules_new(&rules), 0);
    assert_int_equal(rules_add(rules, &t, err, sizeof(err)), 0);
    assert_true(rules->rule[0].to.groups);
    assert_true(rules_matches(&rules->rule[0].from, name, m));
    assert_int_equal(rules_fill(&side, &rules->rule[0].to, name, m), 0);
    assert_string_equal(side.text, filled);
    assert_int_equal(side.regex, rules->rule[0].to.regex);
    text = rules_fill_text(&rules->rule[0].to, name, m);
    assert_string_equal(text, filled);
    free(text);
    rules_side_free(&side);
}

static void test_groups_are_filled(void **state)
{
    (void)state;
    fills("/system:capture_([0-9]+)/", "mixer:in_\\1", "system:capture_12",
          "mixer:in_12");
    fills("/(.)(.)(.)(.)(.)(.)(.)(.)(.):x/", "\\9\\1:\\0", "abcdefghi:x",
          "ia:\\0");
    fills("/a(b)?:x/", "c\\1:d", "a:x", "c:d");
    fills("/(.*)/", "fx-\\1", "/etc/ (1)", "fx-/etc/ (1)");
    /* in a regex they stand for themselves, as one */
    fills("/(.*):x/", "/\\1:in_.+/", "a.b (1)\\:x",
          "/(a\\.b \\(1\\)\\\\):in_.+/");
    fills("/(.*):x/", "/[\\1]\\\\1\\1*/", "a:x", "/[\\1]\\\\1(a)*/");
}

static void test_a_cable_is_exact(void **state)
{
    (void)state;
    const char *const names[] = {
        "a:b",      "a b:c (1) [x]: y", "/dev/dsp:out", "/a:b/", "x:foo\\1",
        "x:\\\\2",  "/x:foo\\1.*+?/",   "caf\xe9:out",  "a:",    ":b",
        "no colon",
    };
    struct rules_side *side;

    assert_int_equal(rules_new(&rules), 0);
    for (int i = 0; i < 11; i++) {
        uint32_t n = rules->n;
        int r = rules_add_cable(rules, names[i], names[i]);
        if (i >= 8) {
            assert_int_equal(r, -EINVAL);
            continue;
        }
        assert_int_equal(r, 0);
        assert_int_equal(rules_add_cable(rules, names[i], names[i]), 0);
        assert_int_equal(rules->n, n + 1); /* once */
        for (int k = 0; k < 2; k++) {
            side = k ? &rules->rule[n].to : &rules->rule[n].from;
            assert_false(side->groups || side->client);
            assert_true(rules_matches(side, names[i], NULL));
            for (int other = 0; other < 8; other++)
                assert_int_equal(rules_matches(side, names[other], NULL),
                                 other == i);
        }
    }
    assert_int_equal(rules_add_cable(rules, "a:b", "x:foo\\1"), 0);
    assert_int_equal(rules->n, 9);
}

static void test_there_are_not_too_many(void **state)
{
    (void)state;
    struct rules_text t = {.from = "a", .to = "b"};

    assert_int_equal(rules_new(&rules), 0);
    for (uint32_t i = 0; i < RULES_MAX; i++)
        assert_int_equal(rules_add(rules, &t, err, sizeof(err)), 0);
    assert_int_equal(rules_add(rules, &t, err, sizeof(err)), -E2BIG);
    assert_string_equal(err, "key 'connect': found more than 4096 rules; "
                             "allowed: 4096");
    assert_int_equal(rules->n, RULES_MAX);
}

/* ---- writing ------------------------------------------------------------ */

static char *write_rules(const struct rules *r)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    assert_non_null(f);
    assert_int_equal(rules_write(r, f), 0);
    fclose(f);
    return text;
}

static void same_side(const struct rules_side *a, const struct rules_side *b)
{
    assert_string_equal(a->text, b->text);
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->regex, b->regex);
    assert_int_equal(a->client, b->client);
    assert_int_equal(a->groups, b->groups);
}

static void comes_back(void)
{
    char *text = write_rules(rules), *again;
    struct rules *before = rules;

    rules = NULL;
    if (load(text) < 0)
        fail_msg("%s in\n%s", err, text);
    assert_int_equal(rules->n, before->n);
    for (uint32_t i = 0; i < rules->n; i++) {
        const struct rule *a = &before->rule[i], *b = &rules->rule[i];
        same_side(&a->from, &b->from);
        same_side(&a->to, &b->to);
        assert_int_equal(a->fan, b->fan);
        assert_int_equal(a->type, b->type);
        assert_int_equal(a->exclusive, b->exclusive);
        assert_int_equal(a->fallback, b->fallback);
        assert_int_equal(a->enforce, b->enforce);
        assert_int_equal(b->line, i + 2); /* one a line */
    }
    assert_int_equal(rules->n_alone, before->n_alone);
    for (uint32_t i = 0; i < rules->n_alone; i++)
        same_side(&before->alone[i], &rules->alone[i]);
    assert_int_equal(rules->all_alone, before->all_alone);
    again = write_rules(rules);
    assert_string_equal(text, again);
    free(text);
    free(again);
    rules_free(&before);
}

static void test_writes_what_people_would(void **state)
{
    (void)state;
    const struct rules_text t[] = {
        {.from = "synth",
         .to = "mixer",
         .fan = RULES_FAN_ALL,
         .type = RULES_MIDI,
         .exclusive = true,
         .fallback = true,
         .enforce = true},
        {.from = "/system:capture_([0-9]+)/", .to = "mixer:in_\\1"},
    };

    assert_int_equal(rules_new(&rules), 0);
    char *none = write_rules(rules);
    assert_string_equal(none, "connect: []\n");
    free(none);
    comes_back();
    assert_int_equal(rules_add_cable(rules, "gen:mix_L", "master:in L"), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(rules_add(rules, &t[i], err, sizeof(err)), 0);
    assert_int_equal(rules_add_alone(rules, "graph", err, sizeof(err)), 0);
    assert_int_equal(rules_add_alone(rules, "/graph/", err, sizeof(err)), 0);
    char *text = write_rules(rules);
    assert_string_equal(
        text, "connect:\n"
              "  - [gen:mix_L, master:in L]\n"
              "  - {from: synth, to: mixer, fan: all, type: midi, exclusive: "
              "true, fallback: true, enforce: true}\n"
              "  - ['/system:capture_([0-9]+)/', 'mixer:in_\\1']\n"
              "exclusive: [graph, '/graph/']\n");
    free(text);
    comes_back();
}

static void test_any_name_comes_back(void **state)
{
    (void)state;
    const char *const names[] = {
        "a: b",
        " a:b",
        "a:b ",
        "a:b #c",
        "#a:b",
        "a:'b'",
        "'a':b",
        "\"a\":\\b\"",
        "a:b, c",
        "[a]:{b}",
        "a:\xc3\xbc\xe2\x99\xa5\xf0\x9f\x8e\xb9", /* letters beyond ASCII */
        "\xc3\xbc:x",
        "true",
        "No",
        "null",
        "~",
        "12",
        "1.5",
        "0x1f:2",
        "12:30:45",
        "1e5",
        ".inf",
        "-",
        "- a",
        "? a",
        "!a:b",
        "&a:b",
        "*a:b",
        "%a:b",
        "@a:b",
        "`a:b",
        "|a:b",
        ">a:b",
        "a::b",
        "a:b:",
        "a:--- b",
        "---",
        "...",
        "a:b\tc",
        "a:b\nc",
        "a:b\r\nc",
        "\ta:b",
        "a:b\n",
        "a:\x01\x7f",
        "a:\xc2\x85",
        "a:\xe2\x80\xa8x",
        ("\xef\xbb\xbf"
         "a:b"),
        "a:\xef\xbf\xbe",
        "a:\\x41\\n",
        "<<",
        "=",
        "y",
        "/a+:b'/",
        "/a:(b|c){2}#/",
        "graph",
        "a:b?c:d",
        "a:b ?",
        "a b  c",
    };
    size_t n = sizeof(names) / sizeof(names[0]);

    assert_int_equal(rules_new(&rules), 0);
    for (size_t i = 0; i < n; i++) {
        struct rules_text t = {.from = names[i], .to = names[n - 1 - i]};
        if (rules_add(rules, &t, err, sizeof(err)) < 0)
            fail_msg("%s", err);
        t.enforce = true; /* the other form */
        assert_int_equal(rules_add(rules, &t, err, sizeof(err)), 0);
    }
    assert_int_equal(rules_add_alone(rules, "- [x]", err, sizeof(err)), 0);
    assert_int_equal(rules_add_alone(rules, "yes", err, sizeof(err)), 0);
    comes_back();
}

/* No rule holds what a file could not. */
static void test_refuses_what_is_no_utf8(void **state)
{
    (void)state;
    const char *const odd[] = {"a:\xff",
                               "a:\xc3",
                               "a:\xc0\x80",
                               "a:\xed\xa0\x80",
                               "a:\xf4\x90\x80\x80",
                               "\x80:b"};

    assert_int_equal(rules_new(&rules), 0);
    for (int i = 0; i < 6; i++) {
        struct rules_text t = {.from = "a:b", .to = odd[i]};
        assert_int_equal(rules_add(rules, &t, err, sizeof(err)), -EINVAL);
        assert_non_null(strstr(err, "key 'to'"));
        assert_non_null(strstr(err, "no UTF-8"));
    }
    assert_int_equal(rules->n, 0);
}

static void test_a_full_disk_is_an_error(void **state)
{
    (void)state;
    FILE *f = fopen("/dev/full", "w");

    assert_int_equal(rules_new(&rules), 0);
    assert_int_equal(rules_add_cable(rules, "a:b", "c:d"), 0);
    assert_non_null(f);
    assert_int_equal(rules_write(rules, f), -EIO);
    fclose(f);
}

#define TEST(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_reads_each_form),
        TEST(test_no_rules_are_rules),
        TEST(test_says_what_where_and_what_is_allowed),
        TEST(test_says_what_is_wrong_with_a_regex),
        TEST(test_groups_have_to_be_there),
        TEST(test_a_colon_outside_of_brackets_is_a_ports),
        TEST(test_matches_whole_names),
        TEST(test_groups_are_filled),
        TEST(test_a_cable_is_exact),
        TEST(test_there_are_not_too_many),
        TEST(test_writes_what_people_would),
        TEST(test_any_name_comes_back),
        TEST(test_refuses_what_is_no_utf8),
        TEST(test_a_full_disk_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
