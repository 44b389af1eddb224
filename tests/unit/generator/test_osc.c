// SPDX-License-Identifier: GPL-3.0-or-later
/* Control by OSC: each address, and all that can be wrong. */
#include "tests/unit/generator/osc_world.h"

static void test_parameters_are_set_and_told(void **state)
{
    (void)state;
    for (int p = 0; p < PARAM_COUNT; p++) {
        const struct param_info *i = param_info((enum param)p);
        double v = i->max > 1.0 ? 2.0 : 1.0;
        lo_message m[] = {with_float((float)v), lo_message_new(),
                          lo_message_new(), lo_message_new()};
        char address[64];

        snprintf(address, sizeof(address), "/longwave/%s", i->name);
        lo_message_add_double(m[1], v);
        lo_message_add_int32(m[2], (int32_t)v);
        lo_message_add_int64(m[3], (int64_t)v);
        for (int k = 0; k < 4; k++) {
            fake.value[p] = i->def;
            ask_message(address, m[k]);
            is_value(address, v);
            assert_true(fake.value[p] == v);
        }
        ask_message(address, lo_message_new());
        is_value(address, v);
        fake.value[p] = i->min;
        ask_message(address, lo_message_new());
        is_value(address, i->min);
    }
}

/* What is answered, sent to another generator as if it had been asked for,
   comes to an end: else a forged sender's address has the two of them at it for
   ever. */
static void test_no_reply_is_a_request(void **state)
{
    static const char *const ask_for[] = {
        "root",   "mode",  "brightness", "density", "motion",
        "space",  "level", "freeze",     "preset",  "seed",
        "params", "modes", "presets",    "status"};
    (void)state;

    for (size_t i = 0; i < sizeof(ask_for) / sizeof(ask_for[0]); i++) {
        struct packet reply = {0};
        char address[64];
        int changes = fake.changes;
        double was[PARAM_COUNT];

        snprintf(address, sizeof(address), "/longwave/%s", ask_for[i]);
        ask_message(address, lo_message_new());
        reply.n = lo_message_length(got.m, got.address);
        memcpy(reply.b, got.b, reply.n);
        while (next()) /* the others of params */
            ;
        memcpy(was, fake.value, sizeof(was));
        ask(&reply);
        assert_string_equal(got.address, "/longwave/error");
        nothing_more();
        assert_memory_equal(was, fake.value, sizeof(was));
        assert_int_equal(fake.changes, changes);
    }
}

static void test_old_senders_leave_the_types_out(void **state)
{
    struct packet p = {.n = 16};

    (void)state;
    memcpy(p.b, "/longwave/level\0", 16);
    fake.value[PARAM_LEVEL] = -6.0;
    ask(&p);
    is_value("/longwave/level", -6.0);
}

static void test_freeze_takes_true_and_false(void **state)
{
    lo_message on = lo_message_new(), off = lo_message_new();

    (void)state;
    lo_message_add_true(on);
    lo_message_add_false(off);
    ask_message("/longwave/freeze", on);
    is_value("/longwave/freeze", 1.0);
    ask_message("/longwave/freeze", off);
    is_value("/longwave/freeze", 0.0);
    on = lo_message_new();
    lo_message_add_true(on);
    ask_message("/longwave/level", on);
    is_error("/longwave/level",
             "level: found true, allowed are numbers from -24 to 6 dB");
}

static void test_modes_have_names(void **state)
{
    (void)state;
    ask_message("/longwave/mode", with_string("dark"));
    assert_string_equal(got.types, "fs");
    assert_string_equal(text_of(1), "dark");
    is_value("/longwave/mode", 2.0);
    ask_message("/longwave/mode", with_string("own"));
    is_value("/longwave/mode", 0.0);
    ask_message("/longwave/mode", with_string("brigth"));
    is_error("/longwave/mode", "mode: found 'brigth', allowed are own, bright, "
                               "dark; did you mean 'bright'?");
    ask_message("/longwave/modes", lo_message_new());
    assert_string_equal(got.address, "/longwave/modes");
    assert_string_equal(got.types, "sss");
    assert_string_equal(text_of(0), "own");
    assert_string_equal(text_of(2), "dark");
}

static void test_wrong_values_are_refused(void **state)
{
    lo_message two = with_float(0.0f);

    (void)state;
    fake.value[PARAM_BRIGHTNESS] = 0.5;
    ask_message("/longwave/brightness", with_string("much"));
    is_error("/longwave/brightness",
             "brightness: found the text 'much', "
             "allowed are numbers from -2 to 2 octaves");
    ask_message("/longwave/brightness", with_float(2.5f));
    is_error("/longwave/brightness", "brightness: found 2.5, allowed are "
                                     "numbers from -2 to 2 octaves");
    ask_message("/longwave/brightness", with_float(NAN));
    assert_string_equal(got.address, "/longwave/error");
    ask_message("/longwave/brightness", with_float(INFINITY));
    assert_string_equal(got.address, "/longwave/error");
    lo_message_add_float(two, 1.0f);
    ask_message("/longwave/brightness", two);
    is_error("/longwave/brightness",
             "brightness: found 2 arguments, allowed is one");
    assert_true(fake.value[PARAM_BRIGHTNESS] == 0.5);
    ask_message("/longwave/freeze", with_float(0.5f));
    assert_string_equal(got.address, "/longwave/error");
    ask_message("/longwave/mode", with_float(-1.0f));
    assert_string_equal(got.address, "/longwave/error");
}

/* Each address with each type that OSC 1.0 and 1.1 have and it doesn't take. */
static void test_wrong_types_are_refused(void **state)
{
    static const char *const addresses[] = {
        "root",   "brightness", "density", "motion", "space",
        "level",  "freeze",     "mode",    "params", "modes",
        "preset", "seed",       "presets", "status"};
    static const char types[] = "bcmtNIr[";
    struct fake before = fake;

    (void)state;
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
        for (const char *t = types; *t; t++) {
            struct packet p = {.n = 0};
            char address[64], want[128];
            size_t n = (size_t)snprintf(address, sizeof(address),
                                        "/longwave/%s", addresses[i]);

            memcpy(p.b, address, n);
            p.n = (n / 4 + 1) * 4;
            p.b[p.n] = ',';
            p.b[p.n + 1] = (uint8_t)*t;
            p.n += 4; /* and no data: liblo would read a blob's length */
            ask(&p);
            snprintf(want, sizeof(want),
                     "found an argument of type '%c', allowed are ihfdTFsS",
                     *t);
            is_error(address, want);
        }
    ask_message("/longwave/status", with_float(1.0f));
    is_error("/longwave/status", "found 1 argument, allowed is none");
    ask_message("/longwave/params", with_float(1.0f));
    is_error("/longwave/params", "found 1 argument, allowed is none");
    ask_message("/longwave/modes", with_string("x"));
    is_error("/longwave/modes", "found 1 argument, allowed is none");
    ask_message("/longwave/presets", with_string("x"));
    is_error("/longwave/presets", "found 1 argument, allowed is none");
    assert_memory_equal(&before, &fake, sizeof(fake));
}

static void test_preset_and_seed(void **state)
{
    lo_message m = with_string("nave");

    (void)state;
    ask_message("/longwave/preset", lo_message_new());
    is_text("/longwave/preset", "terminal");
    lo_message_add_float(m, 12.5f);
    ask_message("/longwave/preset", m);
    is_text("/longwave/preset", "nave");
    assert_true(fake.fade_s == 12.5);
    ask_message("/longwave/preset", with_string("./mine.yaml"));
    is_text("/longwave/preset", "./mine.yaml");
    assert_true(fake.fade_s == 0.0);

    ask_message("/longwave/seed", lo_message_new());
    is_text("/longwave/seed", "1f3a9c");
    ask_message("/longwave/seed", with_string("2b"));
    is_text("/longwave/seed", "00002b");
    m = lo_message_new();
    lo_message_add_int64(m, 0x123456789abcdef);
    lo_message_add_int32(m, 3);
    ask_message("/longwave/seed", m);
    is_text("/longwave/seed", "123456789abcdef");
    assert_true(fake.fade_s == 3.0);
    assert_string_equal(fake.preset, "./mine.yaml");
    assert_int_equal(fake.changes, 4);
}

static void test_changes_that_are_refused(void **state)
{
    lo_message m = with_string("nave");

    (void)state;
    lo_message_add_float(m, 0.25f);
    ask_message("/longwave/preset", m);
    is_error("/longwave/preset", "preset: crossfade: found the number 0.25, "
                                 "allowed are numbers from 0.5 to 60 s");
    m = with_string("1f");
    lo_message_add_string(m, "slow");
    ask_message("/longwave/seed", m);
    is_error("/longwave/seed",
             "seed: crossfade: found the text 'slow', allowed "
             "are numbers from 0.5 to 60 s");
    ask_message("/longwave/preset", with_float(3.0f));
    is_error("/longwave/preset", "preset: found the number 3, allowed is the "
                                 "name of a preset or a file");
    ask_message("/longwave/preset", with_string(""));
    assert_string_equal(got.address, "/longwave/error");
    ask_message("/longwave/seed", with_string("melody"));
    is_error("/longwave/seed",
             "seed: found the text 'melody', allowed are 1 to "
             "16 hexadecimal digits, or a whole number from 0 "
             "on");
    ask_message("/longwave/seed", with_float(7.0f));
    assert_string_equal(got.address, "/longwave/error");
    m = lo_message_new();
    lo_message_add_int32(m, -7);
    ask_message("/longwave/seed", m);
    assert_string_equal(got.address, "/longwave/error");
    assert_int_equal(fake.changes, 0);

    fake.refuse = -EBUSY;
    ask_message("/longwave/preset", with_string("nave"));
    is_error("/longwave/preset",
             "preset: busy: so many changes are still being "
             "heard; try again in some seconds");
    fake.refuse = -EINVAL;
    ask_message("/longwave/preset", with_string("mine.yaml"));
    is_error("/longwave/preset", "preset: mine.yaml:3: key 'gain': found 'x'");
}

/* A change takes up to a second, in which nothing else is heard. */
static void test_few_changes_at_a_time(void **state)
{
    struct packet p = message("/longwave/seed", with_string("7"));

    (void)state;
    for (int i = 0; i < 20; i++)
        post(&p);
    osc_serve(osc);
    assert_int_equal(fake.changes, OSC_CHANGES);
    for (int i = 0; i < 20; i++) {
        assert_true(next());
        assert_string_equal(got.address, i < OSC_CHANGES ? "/longwave/seed"
                                                         : "/longwave/error");
    }
    ask(&p);
    is_text("/longwave/seed", "000007");
}

/* The message would quote from any file that the generator can read. */
static void test_files_are_only_for_this_machine(void **state)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(9)};
    struct osc_message m = {.address = "/longwave/preset", .n = 1};

    (void)state;
    osc->changes = 9;
    inet_pton(AF_INET, "192.0.2.1", &a.sin_addr);
    memcpy(&osc->from, &a, sizeof(a));
    osc->from_len = sizeof(a);
    m.arg[0] = (struct osc_arg){.type = 's', .text = "/etc/passwd"};
    osc_handle(osc, &m);
    assert_int_equal(fake.changes, 0);
    m.arg[0].text = "mine.yaml";
    osc_handle(osc, &m);
    assert_int_equal(fake.changes, 0);
    m.arg[0].text = "nave";
    osc_handle(osc, &m);
    assert_int_equal(fake.changes, 1);
}

static void test_lists(void **state)
{
    struct packet p = message("/longwave/params", lo_message_new());

    (void)state;
    fake.value[PARAM_SPACE] = 1.5;
    post(&p);
    osc_serve(osc);
    for (int i = 0; i < PARAM_COUNT; i++) {
        const struct param_info *info = param_info((enum param)i);

        assert_true(next());
        assert_string_equal(got.address, "/longwave/param");
        assert_string_equal(got.types, "sffffss");
        assert_string_equal(text_of(0), info->name);
        assert_true(number_of(1) == fake.value[i]);
        assert_true(number_of(2) == info->min);
        /* of modes as many as there are */
        assert_true(number_of(3) == (i == PARAM_MODE ? 2 : info->max));
        assert_true(number_of(4) == info->def);
        assert_string_equal(text_of(5), info->unit);
        assert_string_equal(text_of(6), info->help);
    }
    nothing_more();
    ask_message("/longwave/presets", lo_message_new());
    assert_string_equal(got.types, "ss");
    assert_string_equal(text_of(0), "nave");
    assert_string_equal(text_of(1), "tide");
    ask_message("/longwave/status", lo_message_new());
    assert_string_equal(got.types, "s");
    assert_int_equal(strlen(text_of(0)), 100);
    fake.status_size = OSC_PACKET_MAX;
    ask_message("/longwave/status", lo_message_new());
    is_error("/longwave/status", "the reply can't be made: Message too long");
}

static void test_unknown_addresses(void **state)
{
    struct packet p = message("/longwave/error", with_string("x"));

    (void)state;
    ask_message("/longwave/brigthness", with_float(0.0f));
    is_error("/longwave/brigthness", "no such address; did you mean "
                                     "'/longwave/brightness'?");
    ask_message("/longwave/stauts", lo_message_new());
    is_error("/longwave/stauts",
             "no such address; did you mean '/longwave/status'?");
    ask_message("/brightness", with_float(0.0f));
    is_error("/brightness", "no such address; allowed are those in README.md, "
                            "such as /longwave/params");
    ask_message("/longwave/", lo_message_new());
    assert_string_equal(got.address, "/longwave/error");
    post(&p); /* an answer to it could be answered, and so on */
    osc_serve(osc);
    nothing_more();
}

static void test_bundles(void **state)
{
    struct packet part[3] = {
        message("/longwave/level", with_float(-3.0f)),
        message("/longwave/nothing", lo_message_new()),
        message("/longwave/space", with_float(0.5f)),
    };
    struct packet b = bundle(part, 3), nested;

    (void)state;
    post(&b);
    osc_serve(osc);
    assert_true(next());
    assert_string_equal(got.address, "/longwave/level");
    assert_true(next());
    assert_string_equal(got.address, "/longwave/error");
    assert_true(next());
    is_value("/longwave/space", 0.5);
    assert_true(fake.value[PARAM_LEVEL] == -3.0);

    part[0] = message("/longwave/motion", with_float(0.25f));
    part[1] = b;
    nested = bundle(part, 2);
    post(&nested);
    osc_serve(osc);
    for (int i = 0; i < 4; i++)
        assert_true(next());
    is_value("/longwave/space", 0.5);
    assert_true(fake.value[PARAM_MOTION] == 0.25);
}

static void test_bundles_within_bounds(void **state)
{
    struct packet b, one = message("/longwave/level", with_float(-1.0f));
    struct packet many[65];

    (void)state;
    b = one;
    for (int depth = 0; depth < 8; depth++)
        b = bundle(&b, 1);
    ask(&b);
    is_value("/longwave/level", -1.0);
    b = bundle(&b, 1);
    ask(&b);
    is_error("", "bundles in bundles, too deep");

    for (int i = 0; i < 65; i++)
        many[i] = one;
    b = bundle(many, 65);
    post(&b);
    assert_true(osc_serve(osc)); /* a wake's worth */
    for (int i = 0; i < 65; i++)
        assert_true(next());
    is_error("", "a packet of too many messages, allowed are 64");

    b = bundle(&one, 1);
    b.b[19] = 255; /* longer than the bundle */
    ask(&b);
    is_error("", "a bundle whose parts don't fit it");
    b.b[16] = 255; /* that would wrap round */
    ask(&b);
    is_error("", "a bundle whose parts don't fit it");
    b = bundle(&one, 1);
    b.n = 18;
    ask(&b);
    is_error("", "a bundle whose parts don't fit it");
    b.n = 12;
    ask(&b);
    is_error("", "bundles cut short");
    b.n = 16;
    post(&b); /* empty, and that is all right */
    osc_serve(osc);
    nothing_more();
}

static void test_what_is_no_message(void **state)
{
    struct packet p = {.n = 0};

    (void)state;
    ask(&p);
    is_error("", "no OSC message");
    p.n = 7;
    memcpy(p.b, "/longwa", 7);
    ask(&p);
    is_error("", "no OSC message");
    memcpy(p.b, "hello\0\0\0,\0\0\0", p.n = 12);
    ask(&p);
    is_error("", "no OSC message");
    memcpy(p.b, "/longwave/level\0f\0\0\0\0\0\0\0", p.n = 24);
    ask(&p);
    is_error("/longwave/level", "the types of the arguments are missing");
    memcpy(p.b, "/longwave/level\0,f\0\0\0\0\0", p.n = 23);
    ask(&p);
    is_error("/longwave/level", "the arguments are not as their types say");
    memcpy(p.b, "/longwave/level\0,d\0\0\0\0\0\0", p.n = 24);
    ask(&p);
    is_error("/longwave/level", "the arguments are not as their types say");
    memcpy(p.b, "/longwave/mode\0\0,s\0\0abcd", p.n = 24);
    ask(&p);
    is_error("/longwave/mode", "the arguments are not as their types say");
    memcpy(p.b, "/a\nb\xff\0\0", p.n = 8); /* for logs and terminals */
    ask(&p);
    assert_string_equal(text_of(0), "/a?b?");
    memset(p.b, '/', sizeof(p.b));
    p.n = OSC_PACKET_MAX + 4;
    ask(&p);
    is_error("", "a packet of more than 8192 bytes");
}

/* xorshift32: the same packets in every run */
static uint32_t draw(uint32_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 17;
    *x ^= *x << 5;
    return *x;
}

static void mutate(struct packet *p, uint32_t *x)
{
    for (uint32_t k = draw(x) % 6 + 1; k > 0; k--) {
        size_t at = p->n ? draw(x) % p->n : 0;

        switch (draw(x) % 5) {
        case 0:
            p->b[at] = (uint8_t)draw(x);
            break;
        case 1:
            p->b[at] ^= (uint8_t)(1u << draw(x) % 8);
            break;
        case 2:
            p->n = at;
            break;
        case 3: /* a letter that means something somewhere */
            p->b[at] = (uint8_t) "ihfdTFsSb,#/\0"[draw(x) % 13];
            break;
        case 4:
            p->n += draw(x) % 9;
            break;
        }
    }
}

static void test_garbage_does_no_harm(void **state)
{
    struct packet seed[7] = {
        message("/longwave/level", with_float(-3.0f)),
        message("/longwave/mode", with_string("dark")),
        message("/longwave/preset", with_string("nave")),
        message("/longwave/seed", with_string("1f3a9c")),
        message("/longwave/params", lo_message_new()),
    };
    uint32_t x = 20261124, replies = 0, changed = 0;

    (void)state;
    lo_message_add_int32(got.m = lo_message_new(), 1);
    lo_message_add_double(got.m, 2.0);
    lo_message_add_string(got.m, "abc");
    seed[5] = message("/longwave/seed", got.m);
    got.m = NULL;
    seed[6] = bundle(seed, 6);
    for (int i = 0; i < 20000; i++) {
        struct packet p = seed[draw(&x) % 7];

        mutate(&p, &x);
        post(&p);
        osc_serve(osc);
        while (next()) /* which reads each of them by liblo */
            replies++;
        for (int k = 0; k < PARAM_COUNT; k++) {
            char err[PARAM_ERROR_MAX];

            assert_int_equal(param_check((enum param)k, fake.value[k], err), 0);
        }
        changed += fake.value[PARAM_LEVEL] != 0.0;
        fake.value[PARAM_LEVEL] = 0.0;
    }
    /* or the loop has only tried what is refused at the door */
    assert_true(replies > 20000);
    assert_in_range(changed, 100, 19000);
    ask_message("/longwave/level", with_float(-6.0f));
    is_value("/longwave/level", -6.0);
}

static uint32_t lines(const char *text)
{
    uint32_t n = 0;

    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static void test_a_flood_is_handled_in_parts(void **state)
{
    struct packet wrong = message("/longwave/levle", with_float(0.0f));
    static char said[8192];
    struct capture c;

    (void)state;
    teardown(NULL);
    open_osc(&log_on);
    for (int i = 0; i < 100; i++)
        post(&wrong);
    c = capture_start(STDERR_FILENO);
    assert_true(osc_serve(osc));
    for (int i = 0; i < 64; i++)
        assert_true(next());
    nothing_more();
    assert_false(osc_serve(osc));
    capture_end(&c, said, sizeof(said));
    assert_int_equal(lines(said), 4);
    assert_non_null(strstr(said, "test: warning: control from 127.0.0.1:"));
    assert_non_null(strstr(said, ": /longwave/levle: no such address; did you "
                                 "mean '/longwave/level'?\n"));
    clock_sleep(NS_PER_S + NS_PER_S / 20);
    c = capture_start(STDERR_FILENO);
    assert_false(osc_serve(osc));
    capture_end(&c, said, sizeof(said));
    assert_string_equal(said,
                        "test: warning: control: 96 more wrong messages\n");
}

static void test_the_address_is_that_alone(void **state)
{
    struct osc_opts o = {.ops = &ops, .ctx = &fake};
    struct packet p = message("/longwave/level", with_float(-3.0f));
    struct sockaddr_in a = {.sin_family = AF_INET};
    struct osc *other;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    (void)state;
    osc_addr(osc, &o.addr);
    assert_int_equal(osc_open(&other, &o), -EADDRINUSE);
    assert_null(other);
    a.sin_port = htons(o.addr.port);
    inet_pton(AF_INET, "127.0.0.2", &a.sin_addr);
    sendto(fd, p.b, p.n, 0, (struct sockaddr *)&a, sizeof(a));
    close(fd);
    osc_serve(osc);
    assert_true(fake.value[PARAM_LEVEL] == 0.0);
    strcpy(o.addr.host, "192.0.2.1"); /* nobody's, RFC 5737 */
    assert_int_equal(osc_open(&other, &o), -EADDRNOTAVAIL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_parameters_are_set_and_told),
        TEST(test_no_reply_is_a_request),
        TEST(test_old_senders_leave_the_types_out),
        TEST(test_freeze_takes_true_and_false),
        TEST(test_modes_have_names),
        TEST(test_wrong_values_are_refused),
        TEST(test_wrong_types_are_refused),
        TEST(test_preset_and_seed),
        TEST(test_changes_that_are_refused),
        TEST(test_few_changes_at_a_time),
        TEST(test_files_are_only_for_this_machine),
        TEST(test_lists),
        TEST(test_unknown_addresses),
        TEST(test_bundles),
        TEST(test_bundles_within_bounds),
        TEST(test_what_is_no_message),
        TEST(test_garbage_does_no_harm),
        TEST(test_a_flood_is_handled_in_parts),
        TEST(test_the_address_is_that_alone),
    };

    thread_enter(TH_MAIN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
