// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/test.h"

struct values {
    bool flag;
    const char *name, *text, *none;
    uint32_t count;
    double real, place;
    uint64_t seed;
    int level;
    struct cli_addr addr, control;
    struct cli_strings rooms;
};

static const char *const levels[] = {"error", "warn", NULL};

struct world {
    struct values v;
    struct cli_option options[13];
    struct cli_program p;
    char err[STATE_ERROR_MAX];
};

static char folder[] = "/tmp/longwave-test-XXXXXX";
static char path[64]; /* a file in it */

static void open_world(struct world *w, char **argv)
{
    struct values *v = &w->v;
    int argc = 0;

    memset(w, 0, sizeof(*w));
    *v = (struct values){.name = "prog",
                         .text = "none",
                         .count = 5,
                         .real = 0.5,
                         .addr = {"127.0.0.1", 80},
                         .rooms = {.text = {"hall"}, .n = 1}};
    struct cli_option options[] = {
        {"name", CLI_STRING, &v->name, "N", "", .keep = CLI_KEEP_NEVER},
        {"flag", CLI_FLAG, &v->flag, NULL, "", .keep = CLI_KEEP_ALWAYS},
        {"text", CLI_STRING, &v->text, "T", "", .keep = CLI_KEEP_ALWAYS},
        {"none", CLI_STRING, &v->none, "T", "", .keep = CLI_KEEP_ALWAYS},
        {"count", CLI_UINT, &v->count, "N", "", .min = 1, .max = 100},
        {"real", CLI_REAL, &v->real, "X", "", .min = -1, .max = 1,
         .keep = CLI_KEEP_ALWAYS},
        {"place", CLI_REAL, &v->place, "S", "", .max = 1e9,
         .keep = CLI_KEEP_MOVING},
        {"seed", CLI_HEX, &v->seed, "HEX", "", .keep = CLI_KEEP_ALWAYS},
        {"level", CLI_CHOICE, &v->level, "L", "", .choices = levels,
         .keep = CLI_KEEP_ALWAYS},
        {"addr", CLI_ADDR, &v->addr, "A", "", .keep = CLI_KEEP_ALWAYS},
        {"control", CLI_ADDR_OR_NONE, &v->control, "A", "",
         .keep = CLI_KEEP_ALWAYS},
        {"room", CLI_STRINGS, &v->rooms, "R", "", .keep = CLI_KEEP_ALWAYS},
        {NULL},
    };
    memcpy(w->options, options, sizeof(options));
    w->p = (struct cli_program){.name = "prog",
                                .summary = "a test",
                                .usage = "[OPTIONS]",
                                .options = w->options};
    while (argv[argc])
        argc++;
    assert_int_equal(cli_parse(&w->p, argc, argv), 1);
}

#define OPEN(w, ...) open_world(w, (char *[]){"prog", __VA_ARGS__, NULL})

static void write_file(const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void read_file(char *text, size_t size)
{
    FILE *f = fopen(path, "r");

    assert_non_null(f);
    text[fread(text, 1, size - 1, f)] = '\0';
    fclose(f);
}

static void save(struct world *w)
{
    int r = state_save(&w->p, path, w->err);

    if (r < 0)
        fail_msg("%s", w->err);
}

static void test_comes_back(void **state)
{
    (void)state;
    struct world a, b;

    OPEN(&a, "--flag", "--text", "a \"b\" \\ #c: - ö", "--count", "7", "--real",
         "-0.1", "--seed", "ff", "--level", "warn", "--addr", "[::1]:8000",
         "--control", "none", "--room", "[x", "--room", "y, z");
    a.v.place = 86400.0 * 365 + 1.0 / 3;
    save(&a);
    OPEN(&b, "--name", "other");
    assert_int_equal(state_load(&b.p, path, b.err), 1);
    assert_true(b.v.flag);
    assert_string_equal(b.v.text, a.v.text);
    assert_null(b.v.none);
    assert_int_equal(b.v.count, 7);
    assert_true(b.v.real == -0.1);
    assert_true(b.v.place == a.v.place);
    assert_int_equal(b.v.seed, 0xff);
    assert_int_equal(b.v.level, 1);
    assert_string_equal(b.v.addr.host, "::1");
    assert_int_equal(b.v.addr.port, 8000);
    assert_string_equal(b.v.control.host, "");
    assert_int_equal(b.v.rooms.n, 2);
    assert_string_equal(b.v.rooms.text[0], "[x");
    assert_string_equal(b.v.rooms.text[1], "y, z");
    assert_string_equal(b.v.name, "other");
    cli_fini(&a.p);
    cli_fini(&b.p);
}

/* What was given stays in the file, whoever gave it; what was not given, and is
   no part of the work, stays out. */
static void test_what_is_kept(void **state)
{
    (void)state;
    struct world w;
    char text[1024];

    OPEN(&w, "--name", "x");
    char *now = state_text(&w.p, true);
    assert_non_null(strstr(now, "place: 0\n"));
    assert_null(strstr(now, "count"));
    assert_null(strstr(now, "name"));
    assert_null(strstr(now, "none: \"\""));
    free(now);
    now = state_text(&w.p, false);
    assert_null(strstr(now, "place"));
    free(now);
    write_file("count: 9\n");
    assert_int_equal(state_load(&w.p, path, w.err), 1);
    save(&w);
    read_file(text, sizeof(text));
    assert_non_null(strstr(text, "\ncount: 9\n"));
    assert_ptr_equal(strstr(text, "# The state of prog, saved "), text);
    cli_fini(&w.p);
}

static void test_who_wins(void **state)
{
    (void)state;
    struct world w;
    char config[80];

    snprintf(config, sizeof(config), "%s/config.yaml", folder);
    FILE *f = fopen(config, "w");
    fputs("text: config\nreal: 0.25\nseed: c\nroom: [c1, c2, c3]\n", f);
    fclose(f);
    write_file("text: state\nreal: 0.75\nroom: [s]\n");
    OPEN(&w, "--config", config, "--text", "line");
    assert_int_equal(state_load(&w.p, path, w.err), 1);
    assert_string_equal(w.v.text, "line");
    assert_true(w.v.real == 0.75);
    assert_int_equal(w.v.seed, 0xc);
    assert_int_equal(w.v.rooms.n, 1);
    assert_string_equal(w.v.rooms.text[0], "s");
    cli_fini(&w.p);
    unlink(config);
}

static void test_none_is_there(void **state)
{
    (void)state;
    struct world w;

    OPEN(&w, "--count", "3");
    unlink(path);
    assert_int_equal(state_load(&w.p, path, w.err), 0);
    assert_int_equal(w.v.count, 3);
    cli_fini(&w.p);
}

static void wrong(const char *text, const char *why)
{
    struct world w;
    char whole[STATE_ERROR_MAX + 64];

    OPEN(&w, "--seed", "1");
    write_file(text);
    if (state_load(&w.p, path, w.err) != -EINVAL)
        fail_msg("taken: %s", text);
    snprintf(whole, sizeof(whole), "%s%s", path, why);
    if (!strstr(w.err, whole))
        fail_msg("'%s' does not say '%s'", w.err, whole);
    cli_fini(&w.p);
}

static void test_wrong_files(void **state)
{
    (void)state;
    struct world w;

    wrong("flag: true\nreal: 2\n",
          ":2: key 'real': found '2'; allowed: a number from -1 to 1");
    wrong("flag: true\ncolour: red\n", ":2: no option 'colour'");
    wrong("name: x\n", ":1: option 'name' is no part of a state");
    wrong("count: [1, 2]\n", ":1: key 'count': found a list");
    wrong("text: a\ntext: b\n", ":2: ");
    wrong("\xff\xfe\x01", ":");
    wrong("- a\n", ":1: ");
    OPEN(&w, "--flag");
    assert_int_equal(state_load(&w.p, "/dev/null", w.err), -EINVAL);
    assert_int_equal(state_load(&w.p, folder, w.err), -EINVAL);
    assert_int_equal(state_save(&w.p, "/dev/null", w.err), -EINVAL);
    assert_int_equal(state_save(&w.p, folder, w.err), -EINVAL);
    assert_string_equal(strrchr(w.err, ':'), ": not a file");
    cli_fini(&w.p);
}

/* Nothing is lost when it fails, and nothing is left. */
static void test_all_or_nothing(void **state)
{
    (void)state;
    struct world w;
    char text[64], nowhere[128];

    write_file("text: old\n");
    OPEN(&w, "--text", "\xff not UTF-8");
    assert_int_equal(state_save(&w.p, path, w.err), -EILSEQ);
    assert_non_null(strstr(w.err, "not UTF-8"));
    read_file(text, sizeof(text));
    assert_string_equal(text, "text: old\n");
    cli_fini(&w.p);
    OPEN(&w, "--text", "new");
    snprintf(nowhere, sizeof(nowhere), "%s/absent/file", folder);
    assert_int_equal(state_save(&w.p, nowhere, w.err), -ENOENT);
    assert_non_null(strstr(w.err, "absent/file: No such file"));
    save(&w);
    unlink(path);
    assert_int_equal(rmdir(folder), 0); /* no other file is in it */
    assert_int_equal(mkdir(folder, 0700), 0);
    cli_fini(&w.p);
}

static void test_links_and_rights(void **state)
{
    (void)state;
    struct world w;
    char link[80];
    struct stat s;
    mode_t mask = umask(027);

    snprintf(link, sizeof(link), "%s/link", folder);
    write_file("text: old\n");
    assert_int_equal(symlink(path, link), 0);
    OPEN(&w, "--text", "new");
    assert_int_equal(state_save(&w.p, link, w.err), 0);
    assert_int_equal(lstat(link, &s), 0);
    assert_true(S_ISLNK(s.st_mode));
    assert_int_equal(lstat(path, &s), 0);
    assert_int_equal(s.st_mode & 0777, 0640);
    char text[512];
    read_file(text, sizeof(text));
    assert_non_null(strstr(text, "text: \"new\""));
    cli_fini(&w.p);
    umask(mask);
    unlink(link);
}

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof(path), "%s/state.yaml", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comes_back),
        cmocka_unit_test(test_what_is_kept),
        cmocka_unit_test(test_who_wins),
        cmocka_unit_test(test_none_is_there),
        cmocka_unit_test(test_wrong_files),
        cmocka_unit_test(test_all_or_nothing),
        cmocka_unit_test(test_links_and_rights),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
