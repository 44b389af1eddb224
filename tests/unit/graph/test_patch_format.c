// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/patch_format.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "graph/patch_priv.h"
#include "tests/unit/test.h"

/* What was warned of, a line each. */
static char warned[16384];
static unsigned n_warned;
static char err[CONF_ERROR_MAX];

static void warn(void *ctx, const char *text)
{
    size_t n = strlen(warned);

    (void)ctx;
    snprintf(warned + n, sizeof(warned) - n, "%s\n", text);
    n_warned++;
}

static void forget(void)
{
    warned[0] = err[0] = '\0';
    n_warned = 0;
}

static int import_text(enum patch_format format, struct rules *r,
                       const char *text)
{
    forget();
    return patch_import(format, r, "f", text, strlen(text), warn, NULL, err);
}

static struct rules *imported(enum patch_format format, const char *text)
{
    struct rules *r = NULL;

    assert_int_equal(rules_new(&r), 0);
    if (import_text(format, r, text) != 0)
        fail_msg("%s", err);
    return r;
}

static struct rules *imported_file(enum patch_format format, const char *name)
{
    static char text[65536];
    char path[4096];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", CORPUS, name);
    f = fopen(path, "rb");
    assert_non_null(f);
    text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
    fclose(f);
    return imported(format, text);
}

static char *exported(enum patch_format format, const struct rules *r,
                      const struct jgraph *g)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    forget();
    assert_non_null(f);
    assert_int_equal(patch_export(format, r, g, f, warn, NULL), 0);
    fclose(f);
    return text;
}

/* Rules as YAML, which says all of them. */
static void rules_are(const struct rules *r, const char *yaml)
{
    char *text = exported(PATCH_YAML, r, NULL);

    assert_string_equal(text, yaml);
    free(text);
}

static void was_warned(const char *text)
{
    if (!strstr(warned, text))
        fail_msg("not warned of '%s', but:\n%s", text, warned);
}

static const char *const port_names[] = {
    ">gen:out_L", ">gen:out_R", ">gen:keys~",   "<mix:in_1", "<mix:in_2",
    "<mix:ctl~",  ">mix:main",  ">odd (1):o.x", "<rec:in_L", "<rec:in_R",
};

/* > outputs, < inputs, ~ MIDI. */
static struct jgraph *studio(void)
{
    struct jgraph *g = NULL;

    assert_int_equal(jgraph_new(&g), 0);
    for (size_t i = 0; i < sizeof(port_names) / sizeof(*port_names); i++) {
        char name[64];
        struct jgraph_port p = {.name = name,
                                .output = port_names[i][0] == '>'};

        snprintf(name, sizeof(name), "%s", port_names[i] + 1);
        p.midi = name[strlen(name) - 1] == '~';
        name[strcspn(name, "~")] = '\0';
        if (strcmp(name, "rec:in_L") == 0)
            p.alias[0] = "tape:left";
        assert_int_equal(jgraph_add_port(g, &p, NULL), 0);
    }
    assert_int_equal(jgraph_settle(g), 0);
    return g;
}

/* ---- what the real programs wrote ---------------------------------------- */

/* Its keys' cable is named like its audio one, so qjackctl forgot that of the
   two; and in pairing plugs by order it made one of its own. */
static void test_reads_what_qjackctl_wrote(void **state)
{
    struct rules *r = imported_file(PATCH_QJACKCTL, "qjackctl-real");

    (void)state;
    assert_string_equal(warned, "");
    rules_are(r, "connect:\n"
                 "  - ['mix <1>:main (L)', system:playback_1]\n"
                 "  - ['mix <1>:main (R)', system:playback_2]\n"
                 "  - ['mix <1>:main (L)', rec:in_L]\n"
                 "  - ['mix <1>:main (R)', rec:in_R]\n"
                 "  - ['Zynn:é [1]', rec:a:b]\n"
                 "  - ['gen & \"co\":out_L', 'mix <1>:in_1']\n"
                 "  - ['gen & \"co\":out_R', 'mix <1>:in_2']\n");
    rules_free(&r);
}

static void test_reads_what_aj_snapshot_wrote(void **state)
{
    struct rules *r = imported_file(PATCH_AJ, "aj-snapshot-real");

    (void)state;
    assert_string_equal(warned, "");
    rules_are(r, "connect:\n"
                 "  - ['gen & \"co\":out_L', 'mix <1>:in_1']\n"
                 "  - ['gen & \"co\":out_R', 'mix <1>:in_2']\n"
                 "  - ['gen & \"co\":keys', 'mix <1>:ctl']\n"
                 "  - ['mix <1>:main (L)', rec:in_L]\n"
                 "  - ['mix <1>:main (L)', system:playback_1]\n"
                 "  - ['mix <1>:main (R)', rec:in_R]\n"
                 "  - ['Zynn:é [1]', rec:a:b]\n");
    rules_free(&r);
}

/* ---- reading ------------------------------------------------------------- */

static void test_says_what_it_leaves_out_of_qjackctl(void **state)
{
    struct rules *r = imported_file(PATCH_QJACKCTL, "qjackctl-all");

    (void)state;
    was_warned("f:4: socket 'in': plug '(?i)x': parentheses that look around "
               "or set an option can't be said in a rule: left out");
    was_warned("f:5: socket 'synths': forwarding to 'x'");
    was_warned("f:12: slot 's': left out");
    was_warned("f:15: cable 'synths' to 'mix': only 'mix' is exclusive");
    was_warned("f:16: cable 'keys' to 'keys': ALSA MIDI");
    was_warned("f:17: cable 'gone' to 'mix': there is no such socket");
    assert_int_equal(n_warned, 6);
    rules_are(r,
              "connect:\n"
              "  - {from: '/system:capture_[0-9]+/', to: '/mix:in_.*/', fan: "
              "all, type: audio, exclusive: true}\n"
              "  - {from: '/(a[^:]*|b[0-9]{1,2}):out \\(L\\)/', to: "
              "'/mix:in_.*/', fan: all, type: audio}\n"
              "  - {from: '/(a[^:]*|b[0-9]{1,2}):[^0-9:A-Z_a-z]+/', to: "
              "mix:in_1, type: audio}\n");
    rules_free(&r);
}

static void test_says_what_it_leaves_out_of_aj_snapshot(void **state)
{
    struct rules *r = imported_file(PATCH_AJ, "aj-snapshot-alsa");

    (void)state;
    was_warned("f:9: <alsa>: 1 connection outside of JACK left out");
    was_warned("f:12: 'gen:out' to 'nowhere': not two ports: left out");
    assert_int_equal(n_warned, 2);
    rules_are(r, "connect:\n  - [gen:out, mix:in]\n");
    rules_free(&r);
}

static void test_reads_yaml(void **state)
{
    struct rules *r = imported(PATCH_YAML, "connect: [[a:b, c:d]]\n"
                                           "exclusive: [c]\n");

    (void)state;
    assert_int_equal(import_text(PATCH_YAML, r,
                                 "connect: [[a:b, c:d], [e, "
                                 "f]]\nexclusive: [graph, c]\n"),
                     0);
    rules_are(r, "connect:\n  - [a:b, c:d]\n  - [e, f]\n"
                 "exclusive: [graph, c]\n");
    rules_free(&r);
}

/* The same text of both types of plugs is one rule. */
static void test_joins_audio_and_midi(void **state)
{
    struct rules *r = imported(
        PATCH_QJACKCTL,
        "<patchbay><output-sockets>"
        "<socket name='a' client='x.' type='jack-audio'><plug>o</plug></socket>"
        "<socket name='m' client='x.' type='jack-midi'><plug>o</plug></socket>"
        "</output-sockets><input-sockets>"
        "<socket name='a' client='y' type='jack-audio'><plug>i</plug></socket>"
        "<socket name='m' client='y' type='jack-midi'><plug>i</plug></socket>"
        "</input-sockets><cables><cable type='jack-audio' output='a' "
        "input='a'/><cable type='jack-midi' output='m' input='m'/></cables>"
        "</patchbay>");

    (void)state;
    rules_are(r, "connect:\n  - ['/x[^:]:o/', y:i]\n");
    rules_free(&r);
}

static void refused(enum patch_format format, const char *text,
                    const char *message)
{
    struct rules *r = imported(PATCH_YAML, "connect: [[a:b, c:d]]\n");

    assert_int_equal(import_text(format, r, text), -EINVAL);
    assert_string_equal(err, message);
    rules_are(r, "connect:\n  - [a:b, c:d]\n");
    rules_free(&r);
}

static void test_says_what_is_wrong_and_where(void **state)
{
    (void)state;
    refused(PATCH_QJACKCTL, "<patchbay>\n<cables></patchbay>",
            "f:2: not XML: mismatched tag");
    refused(PATCH_AJ, "", "f:1: not XML: no element found");
    refused(PATCH_AJ, "\n<patchbay/>",
            "f:2: found <patchbay>; allowed: <aj-snapshot>");
    refused(PATCH_QJACKCTL, "<aj-snapshot/>",
            "f:1: found <aj-snapshot>; allowed: <patchbay>");
    refused(PATCH_AJ,
            "<aj-snapshot><jack><client name='a'>\n<port name='b'>"
            "<connection port='c:d'/></port><port/></client></jack>"
            "</aj-snapshot>",
            "f:2: found <port> without its 'name'; allowed: with it");
    refused(PATCH_YAML, "connect:\n  - [a:b]\n",
            "f:2: key 'connect': found a list of 1; allowed: [FROM, TO] or "
            "{from: FROM, to: TO, ...}");
}

static void test_refuses_bombs(void **state)
{
    static char deep[3 * 64 + 1], *large;

    (void)state;
    refused(PATCH_QJACKCTL,
            "<!DOCTYPE patchbay [\n<!ENTITY a 'aaaaaaaaaaaaaaaa'>\n"
            "<!ENTITY b '&a;&a;&a;&a;&a;'>\n]>\n<patchbay name='&b;'/>",
            "f:2: found the declaration of an entity 'a'; allowed: none");
    refused(PATCH_AJ,
            "<!DOCTYPE x [<!ENTITY a SYSTEM '/etc/passwd'>]><aj-snapshot/>",
            "f:1: found the declaration of an entity 'a'; allowed: none");
    strcpy(deep, "<patchbay>");
    for (int i = 0; i < 20; i++)
        strcat(deep, "<a>");
    refused(PATCH_QJACKCTL, deep,
            "f:1: found <a> within 16 others; allowed: 15");
    large = malloc(PATCH_SIZE_MAX + 2);
    assert_non_null(large);
    memset(large, ' ', PATCH_SIZE_MAX + 1);
    large[PATCH_SIZE_MAX + 1] = '\0';
    refused(PATCH_AJ, large, "f: found 8388609 bytes; allowed: 8388608");
    free(large);
}

/* ---- regexes ------------------------------------------------------------- */

/* to NULL: refused. */
static void translates(enum patch_dialect from, const char *text,
                       const char *to)
{
    enum patch_dialect other = from == PATCH_PCRE ? PATCH_ERE : PATCH_PCRE;
    struct patch_regex *re = NULL;
    const char *why = NULL;
    char *got = NULL;
    int r = patch_regex_read(&re, from, text, &why);

    if (!to) {
        assert_int_equal(r, -EINVAL);
        assert_non_null(why);
        return;
    }
    if (r != 0)
        fail_msg("%s: %s", text, why);
    assert_int_equal(patch_regex_write(re, other, &got), 0);
    assert_string_equal(got, to);
    patch_regex_free(&re);
    free(got);
}

static void test_carries_pcre_over(void **state)
{
    (void)state;
    translates(PATCH_PCRE, "out_[0-9]+", "out_[0-9]+");
    translates(PATCH_PCRE, "main\\ \\(L\\)", "main \\(L\\)");
    translates(PATCH_PCRE, "^(?:a|b)$", "(a|b)");
    translates(PATCH_PCRE, "a|^b$", "(a|b)");
    translates(PATCH_PCRE, "(?<n>a)(?P<m>b)(?'o'c)", "(a)(b)(c)");
    translates(PATCH_PCRE, "\\d\\D\\s", "[0-9][^0-9][[:space:]]");
    translates(PATCH_PCRE, "[\\w.-]", "[.0-9A-Z_a-z-]");
    translates(PATCH_PCRE, "[]^a-]", "[]a^-]");
    translates(PATCH_PCRE, "[\\^-]", "[-^]");
    translates(PATCH_PCRE, "[^\\]\\\\]", "[^]\\]");
    translates(PATCH_PCRE, "[[:digit:]x]", "[0-9x]");
    translates(PATCH_PCRE, "a.*?b+?c??", "a.*b+c?");
    translates(PATCH_PCRE, "a{2}b{2,}c{2,3}x{y", "a{2}b{2,}c{2,3}x\\{y");
    translates(PATCH_PCRE, "\\Qa.b\\E.\\x2e\\x{41}", "a\\.b.\\.A");
    translates(PATCH_PCRE, "\\é", "é");
}

static void test_refuses_what_ere_lacks(void **state)
{
    static const char *const texts[] = {
        "(a)\\1",  "(?i)a",   "(?=a)b", "(?<!a)b",     "(?>a)", "a++",
        "\\bx",    "\\p{Lu}", "a^b",    "(^a)",        "a$b",   "[é]",
        "é+",      "[a",      "[\\W]",  "(a",          "a)",    "*a",
        "a**",     "a{3,2}",  "a\\",    "(a{99}){99}", "[z-a]", "(*ACCEPT)",
        "\\x{e9}", "[[.a.]]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        translates(PATCH_PCRE, texts[i], NULL);
}

static void test_carries_ere_over(void **state)
{
    (void)state;
    translates(PATCH_ERE, "out_[0-9]+", "out_[0-9]+");
    translates(PATCH_ERE, "a\\.b|c", "a\\.b|c");
    translates(PATCH_ERE, "[]\\^[]", "[\\]\\[\\\\\\^]");
    translates(PATCH_ERE, "[[:space:][:alpha:]]", "[[:space:]A-Za-z]");
    translates(PATCH_ERE, "[^[:cntrl:]]", "[^[:cntrl:]]");
    translates(PATCH_ERE, "a{,3}", "a{0,3}");
    translates(PATCH_ERE, " a b ", "\\ a b\\ ");
    translates(PATCH_ERE, "(a)\\1", NULL);
    translates(PATCH_ERE, "\\<a", NULL);
    translates(PATCH_ERE, "a+?", NULL);
    translates(PATCH_ERE, "[[=a=]]", NULL);
}

/* ---- writing ------------------------------------------------------------- */

static void test_names_come_back(void **state)
{
    (void)state;
    for (int format = PATCH_QJACKCTL; format <= PATCH_AJ; format++) {
        struct rules *r = NULL, *again;
        char *text;

        assert_int_equal(rules_new(&r), 0);
        assert_int_equal(rules_add_cable(r, "<&\">'é:\\", " c :  "), 0);
        assert_int_equal(rules_add_cable(r, "a.b (1)*:out|[x]", "c+?{2}:^in$"),
                         0);
        assert_int_equal(rules_add_cable(r, "a.b (1)*:two", "c+?{2}:a:b"), 0);
        text = exported((enum patch_format)format, r, NULL);
        again = imported((enum patch_format)format, text);
        assert_string_equal(warned, "");
        char *a = exported(PATCH_YAML, r, NULL);
        rules_are(again, a);
        free(a);
        free(text);
        rules_free(&again);
        rules_free(&r);
    }
}

static void writes(enum patch_format format, const char *yaml,
                   const struct jgraph *g, const char *text)
{
    struct rules *r = imported(PATCH_YAML, yaml);
    char *got = exported(format, r, g);

    assert_string_equal(got, text);
    free(got);
    rules_free(&r);
}

#define AJ(text)                                                  \
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<aj-snapshot>\n" \
    "<jack>\n" text "</jack>\n</aj-snapshot>\n"

static void test_writes_aj_snapshot(void **state)
{
    struct jgraph *g = studio();

    (void)state;
    writes(PATCH_AJ,
           "connect:\n"
           "  - {from: gen, to: mix, exclusive: true}\n"
           "  - [away:a, mix:in_1]\n"
           "  - {from: '/gen:out_([LR])/', to: 'rec:in_\\1', enforce: true}\n"
           "  - {from: 'mix:main', to: rec, fallback: true}\n"
           "  - [/nobody/, rec]\n"
           "exclusive: [rec]\n",
           g,
           AJ("  <client name=\"away\">\n"
              "    <port name=\"a\">\n"
              "      <connection port=\"mix:in_1\" />\n"
              "    </port>\n"
              "  </client>\n"
              "  <client name=\"gen\">\n"
              "    <port name=\"keys\">\n"
              "      <connection port=\"mix:ctl\" />\n"
              "    </port>\n"
              "    <port name=\"out_L\">\n"
              "      <connection port=\"mix:in_1\" />\n"
              "      <connection port=\"rec:in_L\" />\n"
              "    </port>\n"
              "    <port name=\"out_R\">\n"
              "      <connection port=\"mix:in_2\" />\n"
              "      <connection port=\"rec:in_R\" />\n"
              "    </port>\n"
              "  </client>\n"
              "  <client name=\"mix\">\n"
              "    <port name=\"main\">\n"
              "      <connection port=\"rec:in_L\" />\n"
              "      <connection port=\"rec:in_R\" />\n"
              "    </port>\n"
              "  </client>\n"));
    was_warned("exclusive: rec: can't be said here");
    was_warned("gen -> mix: exclusive can't be said here");
    was_warned("gen -> mix: all of a client's ports can't be said here: "
               "written as the 3 cables it makes in the graph as it is");
    was_warned("/gen:out_([LR])/ -> rec:in_\\1: enforce can't be said here");
    was_warned("/gen:out_([LR])/ -> rec:in_\\1: a regex can't be said here: "
               "written as the 2 cables");
    was_warned("mix:main -> rec: a fallback can't be said here: written as the "
               "2 cables");
    was_warned("/nobody/ -> rec: a regex can't be said here, and it makes no "
               "cable of its own in the graph as it is: left out");
    assert_int_equal(n_warned, 7);
    jgraph_free(&g);
}

static void test_without_a_graph_only_names(void **state)
{
    (void)state;
    writes(PATCH_AJ, "connect: [[a, b]]\n", NULL, AJ(""));
    was_warned("a -> b: all of a client's ports can't be said here, and "
               "without a graph its cables are not known: left out");
    assert_int_equal(n_warned, 1);
}

#define QJ(outputs, inputs, cables)                           \
    "<!DOCTYPE patchbay>\n"                                   \
    "<patchbay name=\"longwave\" version=\"" LONGWAVE_VERSION \
    "\">\n <output-sockets>\n" outputs                        \
    " </output-sockets>\n <input-sockets>\n" inputs           \
    " </input-sockets>\n <slots/>\n <cables>\n" cables        \
    " </cables>\n</patchbay>\n"
#define SOCKET(client, exclusive, name, type, plugs)                           \
    "  <socket client=\"" client "\" exclusive=\"" exclusive "\" name=\"" name \
    "\" type=\"jack-" type "\">\n" plugs "  </socket>\n"
#define PLUG(p) "   <plug>" p "</plug>\n"
#define CABLE(type, from, to) \
    "  <cable type=\"jack-" type "\" output=\"" from "\" input=\"" to "\"/>\n"

static void test_writes_qjackctl(void **state)
{
    struct jgraph *g = studio();

    (void)state;
    writes(
        PATCH_QJACKCTL,
        "connect:\n"
        "  - [gen, mix]\n"
        "  - ['odd (1):o.x', tape:left]\n"
        "  - {from: '/gen:out_.*/', to: rec:in_R, type: audio}\n",
        g,
        QJ(SOCKET("gen", "off", "gen MIDI", "midi", PLUG("keys")) SOCKET(
               "gen", "off", "gen", "audio", PLUG("out_L") PLUG("out_R"))
               SOCKET("odd \\(1\\)", "off", "odd (1)", "audio", PLUG("o\\.x"))
                   SOCKET("gen", "off", "gen 2", "audio", PLUG("out_.*")),
           SOCKET("mix", "off", "mix MIDI", "midi", PLUG("ctl"))
               SOCKET("mix", "off", "mix", "audio", PLUG("in_1") PLUG("in_2"))
                   SOCKET("rec", "off", "rec", "audio", PLUG("in_L"))
                       SOCKET("rec", "off", "rec 2", "audio", PLUG("in_R")),
           CABLE("midi", "gen MIDI", "mix MIDI") CABLE("audio", "gen", "mix")
               CABLE("audio", "odd (1)", "rec")
                   CABLE("audio", "gen 2", "rec 2")));
    was_warned("gen -> mix: all of a client's ports can't be said here");
    assert_int_equal(n_warned, 1);
    jgraph_free(&g);
}

/* As the file and what comes of it. */
static void comes_back(const char *yaml, const struct jgraph *g,
                       const char *again)
{
    struct rules *r = imported(PATCH_YAML, yaml), *b;
    char *text = exported(PATCH_QJACKCTL, r, g);
    unsigned warnings = n_warned;

    b = imported(PATCH_QJACKCTL, text);
    assert_string_equal(warned, "");
    rules_are(b, again);
    n_warned = warnings;
    free(text);
    rules_free(&b);
    rules_free(&r);
}

static void test_regexes_stay_where_all_meet_all(void **state)
{
    struct jgraph *g = studio();

    (void)state;
    comes_back("connect: [{from: '/(gen|odd):[^:]+/', to: 'mix:in_1'}]\n", NULL,
               "connect:\n  - ['/(gen|odd):[^:]+/', mix:in_1]\n");
    assert_int_equal(n_warned, 0);
    comes_back(
        "connect: [{from: gen, to: '/mix:.*/', fan: all, type: midi}]\n", NULL,
        "connect:\n"
        "  - {from: '/gen:.*/', to: '/mix:.*/', fan: all, type: midi}\n");
    assert_int_equal(n_warned, 0);
    /* in order, or a client with itself: the cables of now */
    comes_back("connect: [['/gen:out_./', '/mix:in_./']]\n", g,
               "connect:\n  - [gen:out_L, mix:in_1]\n"
               "  - [gen:out_R, mix:in_2]\n");
    assert_int_equal(n_warned, 1);
    comes_back("connect: [{from: '/.*:main/', to: '/.*:in_L/', fan: all}]\n", g,
               "connect:\n  - [mix:main, rec:in_L]\n");
    assert_int_equal(n_warned, 1);
    jgraph_free(&g);
}

static void test_exclusive_where_it_is_safe(void **state)
{
    struct jgraph *g = studio();

    (void)state;
    comes_back("connect:\n"
               "  - {from: gen:out_L, to: mix:in_1, exclusive: true}\n"
               "  - {from: gen:out_R, to: mix:in_2, exclusive: true}\n"
               "  - ['/gen:out_R/', rec:in_L]\n",
               g,
               "connect:\n"
               "  - {from: gen:out_L, to: mix:in_1, exclusive: true}\n"
               "  - [gen:out_R, mix:in_2]\n"
               "  - [gen:out_R, rec:in_L]\n");
    assert_int_equal(n_warned, 1);
    jgraph_free(&g);
}

static void test_leaves_out_what_xml_cant_write(void **state)
{
    struct rules *r = NULL;
    char *text;

    (void)state;
    assert_int_equal(rules_new(&r), 0);
    assert_int_equal(rules_add_cable(r, "a:\x01", "b:c"), 0);
    for (int format = PATCH_QJACKCTL; format <= PATCH_AJ; format++) {
        text = exported((enum patch_format)format, r, NULL);
        was_warned("XML can't write characters of it: left out");
        assert_null(strchr(text, '\x01'));
        free(text);
    }
    rules_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_what_qjackctl_wrote),
        cmocka_unit_test(test_reads_what_aj_snapshot_wrote),
        cmocka_unit_test(test_says_what_it_leaves_out_of_qjackctl),
        cmocka_unit_test(test_says_what_it_leaves_out_of_aj_snapshot),
        cmocka_unit_test(test_reads_yaml),
        cmocka_unit_test(test_joins_audio_and_midi),
        cmocka_unit_test(test_says_what_is_wrong_and_where),
        cmocka_unit_test(test_refuses_bombs),
        cmocka_unit_test(test_carries_pcre_over),
        cmocka_unit_test(test_refuses_what_ere_lacks),
        cmocka_unit_test(test_carries_ere_over),
        cmocka_unit_test(test_names_come_back),
        cmocka_unit_test(test_writes_aj_snapshot),
        cmocka_unit_test(test_without_a_graph_only_names),
        cmocka_unit_test(test_writes_qjackctl),
        cmocka_unit_test(test_regexes_stay_where_all_meet_all),
        cmocka_unit_test(test_exclusive_where_it_is_safe),
        cmocka_unit_test(test_leaves_out_what_xml_cant_write),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
