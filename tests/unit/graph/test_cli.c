// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/graph/capture.h"
#include "tests/unit/test.h"

struct values {
    bool flag;
    const char *text;
    uint32_t count;
    double real;
    uint64_t seed;
    int level;
    struct cli_addr addr, control;
    struct cli_strings rooms;
};

static const char *const levels[] = {"error", "warn", NULL};
static struct values v;
static char said[8192];
static char rooms_seen[64]; /* likewise, with commas */
static char text_seen[64];  /* v.text, which may go with the config file */

/* Parses argv (NULL at the end) and keeps what was said on fd. */
static int parse_on(int fd, const char **arg, char **argv)
{
    v = (struct values){.text = "none",
                        .count = 5,
                        .real = 0.5,
                        .rooms = {.text = {"hall"}, .n = 1}};
    struct cli_option options[] = {
        {"flag", CLI_FLAG, &v.flag, NULL, "a flag"},
        {"text", CLI_STRING, &v.text, "TEXT", "a text"},
        {"count", CLI_UINT, &v.count, "N", "a count", .min = 1, .max = 100},
        {"real", CLI_REAL, &v.real, "X", "a number", .min = 0, .max = 1},
        {"seed", CLI_HEX, &v.seed, "HEX", "a seed"},
        {"level", CLI_CHOICE, &v.level, "L", "a level", .choices = levels},
        {"addr", CLI_ADDR, &v.addr, "ADDR:PORT", "an address"},
        {"control", CLI_ADDR_OR_NONE, &v.control, "ADDR:PORT|none", "another"},
        {"room", CLI_STRINGS, &v.rooms, "NAME", "a room"},
        {NULL},
    };
    struct cli_program p = {.name = "prog",
                            .summary = "a test",
                            .usage = "[OPTIONS]",
                            .options = options,
                            .max_args = 1,
                            .args = arg};
    int argc = 0;
    while (argv[argc])
        argc++;
    struct capture c = capture_start(fd);
    int r = cli_parse(&p, argc, argv);
    capture_end(&c, said, sizeof said);
    snprintf(text_seen, sizeof text_seen, "%s", v.text);
    rooms_seen[0] = '\0';
    for (uint32_t i = 0; i < v.rooms.n; i++) {
        strcat(rooms_seen, v.rooms.text[i]);
        strcat(rooms_seen, ",");
    }
    cli_fini(&p);
    return r;
}

#define PARSE(...)                                 \
    parse_on(STDERR_FILENO, &(const char *){NULL}, \
             (char *[]){"prog", __VA_ARGS__, NULL})

static void test_values(void **state)
{
    (void)state;
    const char *arg;
    char *argv[] = {"prog",    "--flag", "--text=hello", "--count",    "100",
                    "place",   "--real", "0.25",         "--seed",     "1f3a9c",
                    "--level", "warn",   "--addr",       "0.0.0.0:80", NULL};
    assert_int_equal(parse_on(STDERR_FILENO, &arg, argv), 1);
    assert_true(v.flag);
    assert_string_equal(text_seen, "hello");
    assert_int_equal(v.count, 100);
    assert_true(v.real == 0.25);
    assert_int_equal(v.seed, 0x1f3a9c);
    assert_int_equal(v.level, 1);
    assert_string_equal(v.addr.host, "0.0.0.0");
    assert_int_equal(v.addr.port, 80);
    assert_string_equal(arg, "place");
    assert_string_equal(said, "");
}

static void test_wrong_values_say_what_is_allowed(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--count", "0"), -EINVAL);
    assert_string_equal(said, "prog: --count: found '0'; allowed: a whole "
                              "number from 1 to 100\n");
    assert_int_equal(PARSE("--count", "-1"), -EINVAL);
    assert_int_equal(PARSE("--count", "1x"), -EINVAL);
    assert_int_equal(PARSE("--count", "99999999999999999999999"), -EINVAL);
    assert_int_equal(PARSE("--real", "nan"), -EINVAL);
    assert_string_equal(
        said, "prog: --real: found 'nan'; allowed: a number from 0 to 1\n");
    assert_int_equal(PARSE("--level", "loud"), -EINVAL);
    assert_string_equal(
        said, "prog: --level: found 'loud'; allowed: one of error, warn\n");
    assert_int_equal(PARSE("--seed", "xyz"), -EINVAL);
    assert_int_equal(PARSE("--seed", "11112222333344445"), -EINVAL);
    assert_int_equal(PARSE("--seed", ""), -EINVAL);
    assert_int_equal(PARSE("--text", ""), -EINVAL);
}

/* Twice, since getopt keeps its place between two parses. */
static void test_negative_numbers_are_arguments(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        const char *arg = NULL;
        char *argv[] = {"prog", "--flag", "-6.5", "--count", "7", NULL};
        assert_int_equal(parse_on(STDERR_FILENO, &arg, argv), 1);
        assert_string_equal(arg, "-6.5");
        assert_true(v.flag);
        assert_int_equal(v.count, 7);
    }
    const char *arg = NULL;
    char *dashes[] = {"prog", "--flag", "--", "--text", NULL};
    assert_int_equal(parse_on(STDERR_FILENO, &arg, dashes), 1);
    assert_string_equal(arg, "--text");
    assert_int_equal(PARSE("one", "-.5"), -EINVAL);
    assert_string_equal(said,
                        "prog: unexpected argument '-.5'; see prog --help\n");
    assert_int_equal(PARSE("one", "-x5"), -EINVAL);
    assert_string_equal(said, "prog: unknown option '-x'; see prog --help\n");
    assert_int_equal(PARSE("--count", "-5"), -EINVAL);
    assert_string_equal(said, "prog: --count: found '-5'; allowed: a whole "
                              "number from 1 to 100\n");
}

static void test_wrong_options_are_named(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--cuont", "1"), -EINVAL);
    assert_string_equal(said, "prog: unknown option '--cuont'; did you mean "
                              "--count?; see prog --help\n");
    assert_int_equal(PARSE("--zzzzzzz"), -EINVAL);
    assert_string_equal(said,
                        "prog: unknown option '--zzzzzzz'; see prog --help\n");
    assert_int_equal(PARSE("--text", "1", "-xy"), -EINVAL);
    assert_string_equal(said, "prog: unknown option '-x'; see prog --help\n");
    assert_int_equal(PARSE("--cou", "7"), 1); /* only one begins so */
    assert_int_equal(v.count, 7);
    assert_int_equal(PARSE("--co", "7"), -EINVAL); /* count, config */
    assert_int_equal(PARSE("--count"), -EINVAL);
    assert_string_equal(said, "prog: option --count needs a value (N)\n");
    assert_int_equal(PARSE("--flag=1"), -EINVAL);
    assert_string_equal(said, "prog: option --flag takes no value\n");
    assert_int_equal(PARSE("one", "two"), -EINVAL);
    assert_string_equal(said,
                        "prog: unexpected argument 'two'; see prog --help\n");
}

static void test_help_and_version(void **state)
{
    (void)state;
    const char *arg;
    char *help[] = {"prog", "-h", NULL},
         *version[] = {"prog", "--version", NULL};
    assert_int_equal(parse_on(STDOUT_FILENO, &arg, help), 0);
    assert_non_null(strstr(said, "--addr ADDR:PORT"));
    assert_non_null(strstr(said, "--config FILE"));
    assert_int_equal(parse_on(STDOUT_FILENO, &arg, version), 0);
    assert_string_equal(said, "prog " LONGWAVE_VERSION "\n");
}

static void test_addresses(void **state)
{
    (void)state;
    struct cli_addr a;
    const char *why;
    assert_int_equal(cli_parse_addr("8000", &a, &why), 0);
    assert_string_equal(a.host, "127.0.0.1");
    assert_int_equal(a.port, 8000);
    assert_int_equal(cli_parse_addr(":8000", &a, &why), 0);
    assert_int_equal(cli_parse_addr("[::1]:0", &a, &why), 0);
    assert_string_equal(a.host, "::1");
    const char *const bad[] = {
        "",       "host:80", "1.2.3.4:",   "1.2.3:5",   "1.2.3.4:65536",
        "::1:80", "[::1]",   "1.2.3.4:8x", "1.2.3.4:-1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(cli_parse_addr(bad[i], &a, &why), -EINVAL);
}

static void test_none_is_an_address(void **state)
{
    (void)state;
    char text[CLI_ADDR_TEXT_MAX];
    assert_int_equal(PARSE("--control", "none"), 1);
    assert_string_equal(v.control.host, "");
    assert_string_equal(cli_format_addr(&v.control, text), "none");
    assert_int_equal(PARSE("--control", "[::1]:7"), 1);
    assert_string_equal(cli_format_addr(&v.control, text), "[::1]:7");
    assert_int_equal(PARSE("--control", "7"), 1);
    assert_string_equal(cli_format_addr(&v.control, text), "127.0.0.1:7");
    assert_int_equal(PARSE("--control", "nothing"), -EINVAL);
    assert_string_equal(said, "prog: --control: found 'nothing'; allowed: "
                              "ADDRESS:PORT, [V6ADDRESS]:PORT or PORT, with "
                              "numbers only, or none\n");
    assert_int_equal(PARSE("--addr", "none"), -EINVAL);
}

static void write_file(char *path, const char *text)
{
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void test_an_option_may_come_several_times(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--flag"), 1);
    assert_string_equal(rooms_seen, "hall,");
    assert_int_equal(PARSE("--room", "nave", "--room=choir"), 1);
    assert_string_equal(rooms_seen, "nave,choir,");
    assert_int_equal(PARSE("--room", "nave", "--room", ""), -EINVAL);

    char *many[2 * CLI_STRINGS_MAX + 4] = {"prog"};
    for (int i = 0; i < 2 * (CLI_STRINGS_MAX + 1); i += 2) {
        many[1 + i] = "--room";
        many[2 + i] = "x";
    }
    assert_int_equal(parse_on(STDERR_FILENO, &(const char *){NULL}, many),
                     -EINVAL);
    assert_non_null(strstr(said, "--room: found 'x'; allowed: some text, up"));
}

static void test_config_file(void **state)
{
    (void)state;
    char path[] = "/tmp/longwave-cli-XXXXXX";
    write_file(path, "count: 7\ntext: from file\nlevel: warn\nflag: true\n"
                     "room: [nave, choir]\n");
    assert_int_equal(PARSE("--config", path, "--count", "9"), 1);
    unlink(path);
    assert_int_equal(v.count, 9); /* the command line wins */
    assert_string_equal(text_seen, "from file");
    assert_int_equal(v.level, 1);
    assert_true(v.flag);
    assert_string_equal(rooms_seen, "nave,choir,");
}

static void test_config_errors(void **state)
{
    (void)state;
    char path[] = "/tmp/longwave-cli-XXXXXX", want[256];
    write_file(path, "text: x\ncount: 700\n");
    assert_int_equal(PARSE("--config", path), -EINVAL);
    unlink(path);
    snprintf(want, sizeof want,
             "prog: --config: %s:2: key 'count': found '700'; allowed: a whole "
             "number from 1 to 100\n",
             path);
    assert_string_equal(said, want);

    char other[] = "/tmp/longwave-cli-XXXXXX";
    write_file(other, "volume: 7\n");
    assert_int_equal(PARSE("--config", other), -EINVAL);
    unlink(other);
    assert_non_null(strstr(said, ":1: no option 'volume'"));
    assert_int_equal(PARSE("--config", "/nowhere/at/all"), -EINVAL);
    assert_string_equal(said,
                        "prog: --config: /nowhere/at/all: No such file or "
                        "directory\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_wrong_values_say_what_is_allowed),
        cmocka_unit_test(test_negative_numbers_are_arguments),
        cmocka_unit_test(test_none_is_an_address),
        cmocka_unit_test(test_wrong_options_are_named),
        cmocka_unit_test(test_help_and_version),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_an_option_may_come_several_times),
        cmocka_unit_test(test_config_file),
        cmocka_unit_test(test_config_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
