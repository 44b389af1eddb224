// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/settings.h"

#include <errno.h>
#include <string.h>

#include "graph/threads.h"
#include "tests/unit/graph/capture.h"
#include "tests/unit/test.h"

#define RATE 48000

static const struct log loud = {.program = "prog", .level = LOG_WARN};

struct world {
    struct settings s;
    struct cli_option options[PARAM_COUNT + 1];
    struct cli_program p;
    struct music m;
};

static void open_world(struct world *w, const char *preset, char **argv)
{
    char path[512], err[CONF_ERROR_MAX];
    int argc = 0;

    memset(w, 0, sizeof(*w));
    settings_options(&w->s, w->options);
    w->p = (struct cli_program){.name = "prog", .options = w->options};
    while (argv[argc])
        argc++;
    assert_int_equal(cli_parse(&w->p, argc, argv), 1);
    snprintf(path, sizeof(path), "%s/%s.yaml", PRESETS, preset);
    if (music_load(&w->m, path, err) < 0)
        fail_msg("%s", err);
}

#define OPEN(w, preset, ...) \
    open_world(w, preset, (char *[]){"prog", __VA_ARGS__, NULL})

static struct engine *open_engine(const struct music *m)
{
    struct engine_opts o = {.music = m,
                            .seed = 1,
                            .rate = RATE,
                            .renderer = ENGINE_CPU,
                            .offline = true};
    struct engine *e;

    assert_int_equal(engine_new(&e, &o), 0);
    return e;
}

/* What was given, in the engine; and back, with what was moved there since. */
static void test_there_and_back(void **state)
{
    (void)state;
    struct world w;
    char err[PARAM_ERROR_MAX];

    OPEN(&w, "aurora", "--root", "-3", "--brightness", "0.5", "--freeze");
    const char *mode = w.m.mode[w.m.n_modes - 1].name;
    w.s.mode = mode;
    assert_int_equal(settings_check(&w.s, &loud, &w.m, CLI_DEFAULT), 0);
    w.options[PARAM_MODE].given = true;
    struct engine *e = open_engine(&w.m);
    settings_apply(&w.s, e);
    assert_true(engine_get(e, PARAM_ROOT) == -3);
    assert_true(engine_get(e, PARAM_BRIGHTNESS) == 0.5);
    assert_true(engine_get(e, PARAM_FREEZE) == 1);
    assert_true(engine_get(e, PARAM_MODE) == w.m.n_modes);
    assert_true(engine_get(e, PARAM_SPACE) == param_info(PARAM_SPACE)->def);

    assert_int_equal(engine_set(e, PARAM_SPACE, 1.75, err), 0);
    assert_int_equal(engine_set(e, PARAM_FREEZE, 0, err), 0);
    settings_read(&w.s, e);
    assert_true(w.s.value[PARAM_SPACE] == 1.75);
    assert_true(w.s.value[PARAM_ROOT] == -3);
    assert_false(w.s.freeze);
    assert_string_equal(w.s.mode, mode);
    assert_int_equal(engine_set(e, PARAM_MODE, 0, err), 0);
    settings_read(&w.s, e);
    assert_string_equal(w.s.mode, "own");
    engine_free(&e);
    cli_fini(&w.p);
}

static int check(struct world *w, enum cli_source mode, enum cli_source preset,
                 char said[1024])
{
    struct capture c = capture_start(STDERR_FILENO);

    w->options[PARAM_MODE].source = mode;
    int r = settings_check(&w->s, &loud, &w->m, preset);
    capture_end(&c, said, 1024);
    return r;
}

static void test_modes(void **state)
{
    (void)state;
    struct world w;
    char said[1024];

    OPEN(&w, "aurora", "--mode", "nowhere");
    assert_int_equal(check(&w, CLI_LINE, CLI_LINE, said), -EINVAL);
    assert_non_null(strstr(
        said, "mode: found 'nowhere'; allowed with preset 'aurora': own"));
    assert_non_null(strstr(said, w.m.mode[0].name));
    assert_int_equal(check(&w, CLI_STATE, CLI_STATE, said), -EINVAL);
    /* the user wants another preset than the state's */
    assert_int_equal(check(&w, CLI_STATE, CLI_LINE, said), 0);
    assert_non_null(strstr(said, "warning: mode: 'nowhere' of the state"));
    assert_string_equal(w.s.mode, "own");
    cli_fini(&w.p);
}

/* Every parameter is an option of its name, with its range. */
static void test_all_of_them(void **state)
{
    (void)state;
    struct world w;

    OPEN(&w, "aurora", "--level", "-24");
    for (int p = 0; p < PARAM_COUNT; p++) {
        const struct cli_option *o = &w.options[p];
        assert_string_equal(o->name, param_info((enum param)p)->name);
        assert_int_equal(o->keep, CLI_KEEP_ALWAYS);
        assert_true(strlen(o->help) > 10);
        if (o->type == CLI_REAL)
            assert_true(o->min == param_info((enum param)p)->min &&
                        o->max == param_info((enum param)p)->max &&
                        w.s.value[p] >= o->min);
    }
    assert_true(w.s.value[PARAM_LEVEL] == -24);
    cli_fini(&w.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_all_of_them),
    };

    thread_enter(TH_MAIN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
