// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/test.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/osc_message.h"
#include "clients/generator/report.h"
#include "graph/clock.h"

static struct report example(void)
{
    struct report r = {
        .preset = "nave",
        .title = "An organ",
        .mode = "dark",
        .seed = 0x2b,
        .position = 72000,
        .rate = 48000,
        .renderer = "Vulkan (llvmpipe)",
        .supply = {.state = SUPPLY_SUSPECT,
                   .name = "Vulkan (llvmpipe)",
                   .choice = "GPU 1.2 ms, CPU 3.4 ms",
                   .trouble = "killed by signal 9",
                   .by_gpu = 11,
                   .by_cpu = 12,
                   .thinned = 13,
                   .late = 14,
                   .checked = 15,
                   .mismatched = 16,
                   .failovers = 17,
                   .rebuilds = 18,
                   .cuts = 19,
                   .gpu_ns = 1234567,
                   .took_ns = 2 * NS_PER_MS,
                   .cpu_ns = 3 * NS_PER_MS,
                   .gpu_cost_ns = 4 * NS_PER_MS,
                   .cpu_cost_ns = 5 * NS_PER_MS,
                   .least_ahead_ns = 150 * NS_PER_MS},
        .ahead = 12000,
        .load = 0.125,
        .missed = 20,
        .midi_dropped = 21,
        .midi_wrong = 22,
        .up = true,
        .client = "longwave-gen",
        .period = 256,
        .jack = {.xruns = 21,
                 .late = 22,
                 .skipped = 23,
                 .overruns = 24,
                 .rejoins = 25,
                 .forgotten = 26,
                 .waiting = 27,
                 .dsp_p99_ns = 28000,
                 .dsp_max_ns = 29000,
                 .load = 0.0625},
    };

    r.param[PARAM_BRIGHTNESS] = 0.1f; /* as it comes by OSC */
    r.param[PARAM_LEVEL] = -6.0;
    return r;
}

static json_t *read_back(const struct report *r)
{
    char *text = report_json(r);
    json_error_t e;
    json_t *o;

    assert_non_null(text);
    o = json_loads(text, JSON_REJECT_DUPLICATES, &e);
    assert_non_null(o);
    free(text);
    return o;
}

static void is_number(const json_t *o, const char *key, double want)
{
    const json_t *v = json_object_get(o, key);

    if (!json_is_number(v) || fabs(json_number_value(v) - want) > 1e-9)
        fail_msg("%s is not %g", key, want);
}

static void is_text(const json_t *o, const char *key, const char *want)
{
    const char *s = json_string_value(json_object_get(o, key));

    assert_non_null(s);
    assert_string_equal(s, want);
}

static void test_every_figure(void **state)
{
    struct report r = example();
    json_t *o = read_back(&r), *s, *c, *p;

    (void)state;
    is_text(o, "program", "longwave-gen");
    is_text(o, "version", LONGWAVE_VERSION);
    is_text(o, "preset", "nave");
    is_text(o, "title", "An organ");
    is_text(o, "seed", "00002b");
    is_text(o, "mode", "dark");
    is_number(o, "position_s", 1.5);
    is_number(o, "rate_hz", 48000);
    is_number(o, "ahead_ms", 250);
    is_number(o, "load", 0.125);
    is_number(o, "missed_frames", 20);
    is_number(json_object_get(o, "midi"), "dropped", 21);
    is_number(json_object_get(o, "midi"), "wrong", 22);
    p = json_object_get(o, "parameters");
    assert_int_equal(json_object_size(p), PARAM_COUNT);
    is_number(p, "brightness", 0.1);
    is_number(p, "level", -6);
    s = json_object_get(o, "renderer");
    is_text(s, "state", "suspect");
    is_text(s, "name", "Vulkan (llvmpipe)");
    is_text(s, "choice", "GPU 1.2 ms, CPU 3.4 ms");
    is_text(s, "trouble", "killed by signal 9");
    c = json_object_get(s, "chunks");
    is_number(c, "by_gpu", 11);
    is_number(c, "by_cpu", 12);
    is_number(c, "thinned", 13);
    is_number(c, "late", 14);
    is_number(c, "checked", 15);
    is_number(c, "mismatched", 16);
    is_number(s, "failovers", 17);
    is_number(s, "rebuilds", 18);
    is_number(s, "cuts", 19);
    is_number(s, "gpu_ms", 1.235);
    is_number(s, "took_ms", 2);
    is_number(s, "cpu_ms", 3);
    is_number(s, "gpu_cost_ms", 4);
    is_number(s, "cpu_cost_ms", 5);
    is_number(s, "least_ahead_ms", 150);
    s = json_object_get(o, "jack");
    assert_true(json_is_true(json_object_get(s, "up")));
    is_text(s, "client", "longwave-gen");
    is_number(s, "period_frames", 256);
    is_number(s, "xruns", 21);
    is_number(s, "late_cycles", 22);
    is_number(s, "skipped_frames", 23);
    is_number(s, "overruns", 24);
    is_number(s, "rejoins", 25);
    is_number(s, "forgotten", 26);
    is_number(s, "connections_waiting", 27);
    is_number(s, "dsp_ms_p99", 0.028);
    is_number(s, "dsp_ms_max", 0.029);
    is_number(s, "dsp_load", 0.0625);
    json_decref(o);
}

static void test_what_is_not_known_is_null(void **state)
{
    struct report r = example();
    json_t *o, *s;

    (void)state;
    r.supply.gpu_ns = -1;
    r.supply.took_ns = 0;
    r.supply.least_ahead_ns = SUPPLY_NEVER;
    o = read_back(&r);
    s = json_object_get(o, "renderer");
    assert_true(json_is_null(json_object_get(s, "gpu_ms")));
    assert_true(json_is_null(json_object_get(s, "took_ms")));
    assert_true(json_is_null(json_object_get(s, "least_ahead_ms")));
    json_decref(o);
}

/* Who draws controls has their ranges from here: a preset's modes are what it
   has, and every parameter's own value lies within. */
static void test_what_can_be_set(void **state)
{
    struct music music = {.n_modes = 2,
                          .mode = {{.name = "dark"}, {.name = "open"}}};
    json_t *o = json_object(), *infos, *mode;

    (void)state;
    report_offers(o, &music);
    infos = json_object_get(o, "parameter_info");
    assert_int_equal(json_array_size(infos), PARAM_COUNT);
    for (int p = 0; p < PARAM_COUNT; p++) {
        json_t *i = json_array_get(infos, (size_t)p);
        double def = json_number_value(json_object_get(i, "default"));
        assert_string_equal(json_string_value(json_object_get(i, "name")),
                            param_info((enum param)p)->name);
        assert_true(def >= json_number_value(json_object_get(i, "min")));
        assert_true(def <= json_number_value(json_object_get(i, "max")));
        assert_true(json_is_boolean(json_object_get(i, "whole")));
        assert_non_null(json_string_value(json_object_get(i, "unit")));
        assert_non_null(json_string_value(json_object_get(i, "help")));
    }
    mode = json_array_get(infos, PARAM_MODE);
    assert_true(json_number_value(json_object_get(mode, "max")) == 2);
    mode = json_object_get(o, "modes");
    assert_int_equal(json_array_size(mode), 3);
    assert_string_equal(json_string_value(json_array_get(mode, 0)), "own");
    assert_string_equal(json_string_value(json_array_get(mode, 2)), "open");
    json_decref(o);
}

/* The longest of everything, in bytes that need escapes, fits a packet; and
   what is no UTF-8 doesn't cost the whole report. */
static void test_any_text_fits_a_packet(void **state)
{
    struct report r = example();
    char title[96];
    char *text;

    (void)state;
    memset(title, '"', sizeof(title) - 1);
    title[sizeof(title) - 1] = '\0';
    memset(r.renderer, '\\', sizeof(r.renderer) - 1);
    memset(r.supply.name, 0xff, sizeof(r.supply.name) - 1);
    memset(r.supply.choice, '"', sizeof(r.supply.choice) - 1);
    memset(r.supply.trouble, '"', sizeof(r.supply.trouble) - 1);
    r.title = title;
    r.preset = "caf\xc3";
    memset(&r.supply.by_gpu, 0x7f,
           (size_t)((char *)&r.supply.gpu_ns - (char *)&r.supply.by_gpu));
    text = report_json(&r);
    assert_non_null(text);
    assert_in_range(strlen(text), 1000, OSC_PACKET_MAX - 64);
    assert_non_null(strstr(text, "\"preset\": \"caf?\""));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_figure),
        cmocka_unit_test(test_what_can_be_set),
        cmocka_unit_test(test_what_is_not_known_is_null),
        cmocka_unit_test(test_any_text_fits_a_packet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
