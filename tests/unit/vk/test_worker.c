// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The worker as a real process: this program starts itself, as the generator
 * does, and then is the child, with a renderer that has a fault by the word in
 * $TEST_WORKER_FAULT. What a mad child could write is written by the test.
 */
#include "tests/unit/test.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "graph/clock.h"
#include "tests/unit/vk/notes.h"
#include "vk/worker.h"
#include "vk/worker_priv.h"

#define FAULT     "TEST_WORKER_FAULT"
#define SHORT_NS  (400 * NS_PER_MS) /* to hang, for a chunk */
#define LONG_NS   (20 * NS_PER_S)   /* nothing here takes so long */
#define TOLERANCE 1e-4f             /* -80 dBFS */

/* --- the child ------------------------------------------------------------ */

struct faulty {
    struct renderer base;
    struct renderer *cpu;
    struct scene scene[WORKER_SLOTS];
    uint32_t n;
    uint32_t chunks;
};

static bool fault_is(const char *word)
{
    const char *set = getenv(FAULT);
    return set && strcmp(set, word) == 0;
}

static void hang(void)
{
    for (;;)
        pause();
}

static int faulty_render(struct renderer *r, const struct scene *s,
                         struct buses *out)
{
    return renderer_render(((struct faulty *)r)->cpu, s, out);
}

static int faulty_submit(struct renderer *r, const struct scene *s)
{
    struct faulty *f = (struct faulty *)r;

    if (fault_is("no memory"))
        return -ENOMEM;
    f->scene[f->n++] = *s; /* whose tables stay in the slot */
    return 0;
}

static int faulty_collect(struct renderer *r, int64_t first, struct buses *out,
                          int64_t timeout_ns)
{
    struct faulty *f = (struct faulty *)r;
    int err;

    if (f->n == 0 || f->scene[0].first != first)
        abort(); /* not the oldest: a mistake of the worker's */
    if (fault_is("late")) {
        clock_sleep(timeout_ns);
        return -EAGAIN;
    }
    f->chunks++;
    if (f->chunks == 3 && fault_is("abort"))
        abort();
    if (f->chunks == 3 && fault_is("exit"))
        _exit(3);
    if (f->chunks == 3 && fault_is("hang"))
        hang();
    err = f->chunks == 3 && fault_is("lost") ? -EIO
          : f->chunks == 3 && fault_is("unwritten")
              ? 0
              : renderer_render(f->cpu, &f->scene[0], out);
    f->n--;
    memmove(f->scene, f->scene + 1, f->n * sizeof(f->scene[0]));
    return err;
}

static void faulty_drop(struct renderer *r, int64_t first)
{
    struct faulty *f = (struct faulty *)r;

    if (f->n == 0 || f->scene[0].first != first)
        abort();
    f->n--;
    memmove(f->scene, f->scene + 1, f->n * sizeof(f->scene[0]));
}

static void faulty_free(struct renderer *r)
{
    renderer_free(&((struct faulty *)r)->cpu);
    free(r);
}

static int open_faulty(struct renderer **out, const struct renderer_opts *o)
{
    static const struct renderer_ops ops = {.render = faulty_render,
                                            .submit = faulty_submit,
                                            .collect = faulty_collect,
                                            .drop = faulty_drop,
                                            .free = faulty_free};
    struct faulty *f;

    if (fault_is("vulkan"))
        return renderer_open_vulkan(out, o);
    if (fault_is("no device"))
        return -ENODEV;
    if (fault_is("never ready"))
        hang();
    f = calloc(1, sizeof(*f));
    if (!f)
        return -ENOMEM;
    f->base.ops = &ops;
    snprintf(f->base.name, sizeof(f->base.name), "faulty \033 one");
    *out = &f->base;
    return renderer_open_cpu(&f->cpu, o);
}

/* --- the parent ----------------------------------------------------------- */

struct world {
    struct worker *w;
    struct renderer *cpu;
    struct scene *scene;
    struct buses got, want;
    int fds; /* open before */
};

static int count_fds(void)
{
    DIR *d = opendir("/proc/self/fd");
    int n = 0;

    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

static bool is_mapped(void)
{
    FILE *f = fopen("/proc/self/maps", "r");
    char line[512];
    bool found = false;

    while (fgets(line, sizeof(line), f))
        found |= strstr(line, "longwave-vulkan") != NULL;
    fclose(f);
    return found;
}

static void start(struct world *x, const char *fault, int64_t start_ns)
{
    struct worker_opts o = {.limits = notes_limits(),
                            .start_ns = start_ns,
                            .hang_ns = SHORT_NS,
                            .timeout_ns = SHORT_NS};

    setenv(FAULT, fault, 1);
    assert_int_equal(worker_start(&x->w, &o), 0);
}

static enum worker_state settle(struct world *x)
{
    int64_t end = clock_now() + LONG_NS;

    while (worker_state(x->w, NULL) == WORKER_STARTING && clock_now() < end)
        worker_wait(x->w, 5 * NS_PER_MS);
    return worker_state(x->w, NULL);
}

static void start_ready(struct world *x, const char *fault)
{
    start(x, fault, LONG_NS);
    assert_int_equal(settle(x), WORKER_READY);
}

static int submit(struct world *x, int64_t chunk)
{
    notes_fill(x->scene, chunk * SCENE_CHUNK);
    return worker_submit(x->w, x->scene);
}

/* Until there is an answer. */
static int collect(struct world *x, int64_t chunk)
{
    int64_t end = clock_now() + LONG_NS;
    int err;

    while ((err = worker_collect(x->w, chunk * SCENE_CHUNK, &x->got)) ==
               -EAGAIN &&
           clock_now() < end)
        worker_wait(x->w, 5 * NS_PER_MS);
    return err;
}

static float difference(struct world *x, int64_t chunk)
{
    float worst = 0.0f, loudest = 0.0f;
    const float *got = &x->got.x[0][0][0], *want = &x->want.x[0][0][0];

    notes_fill(x->scene, chunk * SCENE_CHUNK);
    assert_int_equal(renderer_render(x->cpu, x->scene, &x->want), 0);
    for (size_t n = 0; n < sizeof(x->got) / sizeof(*got); n++) {
        worst = fmaxf(worst, fabsf(got[n] - want[n]));
        loudest = fmaxf(loudest, fabsf(want[n]));
    }
    assert_true(loudest > 0.05f);
    return worst;
}

static void expect_reason(struct world *x, enum worker_state want,
                          const char *words)
{
    const char *reason;

    assert_int_equal(worker_state(x->w, &reason), want);
    assert_non_null(strstr(reason, words));
}

/* Nothing is left: no process, no memory, no fd. */
static void expect_no_trace(struct world *x)
{
    pid_t pid = worker_pid(x->w);
    int64_t begun = clock_now();

    worker_stop(&x->w, 100 * NS_PER_MS);
    assert_true(clock_now() - begun < 2 * NS_PER_S);
    assert_null(x->w);
    errno = 0;
    assert_int_equal(waitpid(pid, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    assert_int_equal(count_fds(), x->fds);
    assert_false(is_mapped());
}

static int set_up(void **state)
{
    struct world *x = calloc(1, sizeof(*x));
    struct scene_limits limits = notes_limits();
    struct renderer_opts o = {.max = limits};

    assert_non_null(x);
    assert_int_equal(scene_new(&x->scene, &limits), 0);
    assert_int_equal(renderer_open_cpu(&x->cpu, &o), 0);
    x->fds = count_fds();
    *state = x;
    return 0;
}

static int tear_down(void **state)
{
    struct world *x = *state;

    worker_stop(&x->w, 0);
    renderer_free(&x->cpu);
    scene_free(&x->scene);
    free(x);
    return 0;
}

/* As in use: three chunks ahead, taken in order. */
static void play(struct world *x, int64_t from, int64_t to)
{
    int64_t sent = from;

    for (int64_t c = from; c < to; c++) {
        while (sent < to && submit(x, sent) == 0)
            sent++;
        assert_int_equal(collect(x, c), 0);
        assert_true(difference(x, c) < TOLERANCE);
    }
}

static void test_same_as_cpu(void **state)
{
    struct world *x = *state;
    int64_t took, gpu;

    start_ready(x, "none");
    assert_string_equal(worker_name(x->w), "faulty ? one");
    assert_false(worker_is_software(x->w));
    play(x, 0, 20);
    play(x, 4050000, 4050003); /* a day later */
    assert_true(worker_cpu_ns(x->w) > 0);
    worker_times(x->w, &took, &gpu);
    assert_true(took > 0 && took < LONG_NS && gpu == 0);
    expect_no_trace(x);
}

static void test_on_the_device(void **state)
{
    struct world *x = *state;

    start(x, "vulkan", LONG_NS);
    if (settle(x) != WORKER_READY) {
        assert_int_equal(worker_error(x->w), -ENODEV);
        skip();
    }
    play(x, 0, 8);
    expect_no_trace(x);
}

static void test_slots(void **state)
{
    struct world *x = *state;

    start_ready(x, "late"); /* so that all stay taken */
    for (int64_t c = 0; c < WORKER_SLOTS; c++)
        assert_int_equal(submit(x, c), 0);
    assert_int_equal(submit(x, 3), -EAGAIN);
    assert_int_equal(worker_collect(x->w, 9 * SCENE_CHUNK, &x->got), -ENOENT);
    x->scene->n_partials = notes_limits().partials + 1;
    assert_int_equal(worker_submit(x->w, x->scene), -EINVAL);
}

static void test_dropped_is_never_seen(void **state)
{
    struct world *x = *state;

    start_ready(x, "none");
    assert_int_equal(submit(x, 0), 0);
    worker_drop(x->w, 0);
    assert_int_equal(worker_collect(x->w, 0, &x->got), -ENOENT);
    /* its slot serves again, also for the same chunk */
    play(x, 0, 10);
}

static void test_killed(void **state)
{
    struct world *x = *state;

    start_ready(x, "none");
    play(x, 0, 5);
    kill(worker_pid(x->w), SIGKILL);
    assert_int_equal(submit(x, 5) < 0 ? -EIO : collect(x, 5), -EIO);
    expect_reason(x, WORKER_DEAD, "signal 9");
    assert_int_equal(submit(x, 6), -EIO);
    expect_no_trace(x);
}

static void test_stopped_and_continued(void **state)
{
    struct world *x = *state;
    pid_t pid;

    start_ready(x, "none");
    play(x, 0, 5);
    pid = worker_pid(x->w);
    kill(pid, SIGSTOP);
    assert_int_equal(submit(x, 5), 0);
    assert_int_equal(collect(x, 5), -EIO);
    expect_reason(x, WORKER_HUNG, "no ");
    kill(pid, SIGCONT); /* too late: nothing of it comes back */
    for (int i = 0; i < 1000 && !worker_reap(x->w); i++)
        clock_sleep(NS_PER_MS);
    assert_true(worker_reap(x->w)); /* killed as soon as it was given up */
    assert_int_equal(worker_state(x->w, NULL), WORKER_HUNG);
    assert_int_equal(worker_collect(x->w, 5 * SCENE_CHUNK, &x->got), -ENOENT);
    expect_no_trace(x);
}

static void test_stopped_without_work(void **state)
{
    struct world *x = *state;
    int64_t end = clock_now() + LONG_NS;

    start_ready(x, "none");
    kill(worker_pid(x->w), SIGSTOP);
    while (worker_state(x->w, NULL) == WORKER_READY && clock_now() < end)
        clock_sleep(10 * NS_PER_MS);
    expect_reason(x, WORKER_HUNG, "no sign of life");
    expect_no_trace(x);
}

/* Stopped for less than it takes to be called hung. */
static void test_short_stop(void **state)
{
    struct world *x = *state;

    start_ready(x, "none");
    kill(worker_pid(x->w), SIGSTOP);
    assert_int_equal(submit(x, 0), 0);
    clock_sleep(SHORT_NS / 4);
    assert_int_equal(worker_collect(x->w, 0, &x->got), -EAGAIN);
    kill(worker_pid(x->w), SIGCONT);
    assert_int_equal(collect(x, 0), 0);
    assert_true(difference(x, 0) < TOLERANCE);
}

static void ends_at_third(struct world *x, const char *fault, int err,
                          enum worker_state want, const char *words)
{
    start_ready(x, fault);
    for (int64_t c = 0; c < 3; c++)
        assert_int_equal(submit(x, c), 0);
    for (int64_t c = 0; c < 2; c++) {
        assert_int_equal(collect(x, c), 0);
        assert_true(difference(x, c) < TOLERANCE);
    }
    assert_int_equal(collect(x, 2), err);
    expect_reason(x, want, words);
    expect_no_trace(x);
}

static void test_abort(void **state)
{
    ends_at_third(*state, "abort", -EIO, WORKER_DEAD, "signal 6");
}

static void test_exit(void **state)
{
    ends_at_third(*state, "exit", -EIO, WORKER_DEAD, "exited with 3");
}

static void test_hang(void **state)
{
    ends_at_third(*state, "hang", -EIO, WORKER_HUNG, "no ");
}

static void test_device_lost(void **state)
{
    ends_at_third(*state, "lost", -EIO, WORKER_READY, "");
}

/* Success, it says, and nothing was done. */
static void test_unwritten(void **state)
{
    ends_at_third(*state, "unwritten", -EIO, WORKER_DEAD, "no numbers");
}

static void test_no_memory(void **state)
{
    struct world *x = *state;

    start_ready(x, "no memory");
    assert_int_equal(submit(x, 0), 0);
    assert_int_equal(collect(x, 0), -ENOMEM);
}

/* Alive, but the chunk doesn't come. */
static void test_never_done(void **state)
{
    struct world *x = *state;
    int err;

    start_ready(x, "late");
    assert_int_equal(submit(x, 0), 0);
    err = collect(x, 0);
    assert_true(err == -ETIMEDOUT || err == -EIO); /* by who sees it first */
    expect_no_trace(x);
}

static void test_never_ready(void **state)
{
    struct world *x = *state;

    start(x, "never ready", SHORT_NS);
    assert_int_equal(submit(x, 0), -EIO);
    assert_int_equal(settle(x), WORKER_HUNG);
    expect_reason(x, WORKER_HUNG, "not ready");
    expect_no_trace(x);
}

static void test_no_device(void **state)
{
    struct world *x = *state;

    start(x, "no device", LONG_NS);
    assert_int_equal(settle(x), WORKER_DEAD);
    assert_int_equal(worker_error(x->w), -ENODEV);
    expect_no_trace(x);
}

static void test_no_program(void **state)
{
    struct world *x = *state;
    struct worker_opts o = {.limits = notes_limits(), .program = "/nonsense"};

    assert_int_equal(worker_start(&x->w, &o), -ENOENT);
    assert_null(x->w);
    assert_int_equal(count_fds(), x->fds);
    assert_false(is_mapped());
}

/* --- a child gone mad ----------------------------------------------------- */

/* One chunk done and lying there; slot 0, as all were free. */
static struct worker_slot *done(struct world *x)
{
    struct worker_slot *slot;

    start_ready(x, "none");
    slot = &x->w->shm->slot[0];
    assert_int_equal(submit(x, 0), 0);
    for (int i = 0; i < 4000 && slot->state != SLOT_DONE; i++)
        clock_sleep(5 * NS_PER_MS);
    assert_int_equal(slot->state, SLOT_DONE);
    return slot;
}

static void expect_mad(struct world *x, const char *words)
{
    assert_int_equal(worker_collect(x->w, 0, &x->got), -EIO);
    expect_reason(x, WORKER_DEAD, words);
    assert_int_equal(submit(x, 1), -EIO);
    expect_no_trace(x);
}

static struct worker_out *samples(struct world *x)
{
    return worker_slot_out(x->w->shm, &x->w->layout, 0);
}

static void test_header_overwritten(void **state)
{
    struct world *x = *state;

    done(x);
    memset(&x->w->shm->head, 0x5a, sizeof(x->w->shm->head));
    expect_mad(x, "header");
}

static void test_all_overwritten(void **state)
{
    struct world *x = *state;

    done(x);
    memset(x->w->shm, 0xa5, x->w->layout.bytes);
    expect_mad(x, "overwritten");
}

static void test_impossible_state(void **state)
{
    struct world *x = *state;

    done(x)->state = 77;
    expect_mad(x, "slot");
}

static void test_impossible_status(void **state)
{
    struct world *x = *state;

    start(x, "never ready", LONG_NS);
    x->w->shm->status = 77;
    expect_reason(x, WORKER_DEAD, "status");
    expect_no_trace(x);
}

static void test_impossible_error(void **state)
{
    struct world *x = *state;
    struct worker_slot *slot = done(x);

    slot->error = 12345;
    slot->state = SLOT_FAILED;
    assert_int_equal(worker_collect(x->w, 0, &x->got), -EIO);
}

static void test_wrong_canaries(void **state)
{
    struct world *x = *state;

    done(x);
    samples(x)->before ^= 1;
    expect_mad(x, "canary");
    done(x);
    samples(x)->after ^= 1;
    expect_mad(x, "canary");
}

/* The last submission's samples in place of this one's. */
static void test_stale_chunk(void **state)
{
    struct world *x = *state;
    struct worker_out *out;

    done(x);
    out = samples(x);
    out->before = worker_canary(0, x->w->generation - 1);
    out->after = ~out->before;
    expect_mad(x, "canary");
    done(x)->generation++;
    expect_mad(x, "canary");
    done(x)->first = SCENE_CHUNK;
    expect_mad(x, "canary");
}

static void test_no_numbers(void **state)
{
    struct world *x = *state;

    done(x);
    samples(x)->x.x[3][1][SCENE_CHUNK - 1] = NAN;
    expect_mad(x, "no numbers");
    done(x);
    samples(x)->x.x[0][0][0] = -INFINITY;
    expect_mad(x, "no numbers");
}

/* What a parent that died in whatever way leaves: nothing. */
static void test_dies_with_parent(void **state)
{
    struct world *x = *state;
    int fds[2];
    pid_t parent, child = 0;

    assert_int_equal(pipe(fds), 0);
    parent = fork();
    if (parent == 0) {
        start_ready(x, "none");
        child = worker_pid(x->w);
        if (write(fds[1], &child, sizeof(child)) != sizeof(child))
            _exit(1);
        kill(getpid(), SIGKILL);
    }
    close(fds[1]);
    assert_int_equal(read(fds[0], &child, sizeof(child)), sizeof(child));
    close(fds[0]);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    for (int i = 0; i < 1000; i++) {
        char path[32], text[256] = "";
        snprintf(path, sizeof(path), "/proc/%d/stat", (int)child);
        FILE *f = fopen(path, "r");
        if (!f)
            return;
        size_t n = fread(text, 1, sizeof(text) - 1, f);
        fclose(f);
        if (n == 0 || strstr(text, ") Z ")) /* it is init's to bury */
            return;
        clock_sleep(5 * NS_PER_MS);
    }
    kill(child, SIGKILL);
    fail();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_same_as_cpu),
        TEST(test_on_the_device),
        TEST(test_slots),
        TEST(test_dropped_is_never_seen),
        TEST(test_killed),
        TEST(test_stopped_and_continued),
        TEST(test_stopped_without_work),
        TEST(test_short_stop),
        TEST(test_abort),
        TEST(test_exit),
        TEST(test_hang),
        TEST(test_device_lost),
        TEST(test_unwritten),
        TEST(test_no_memory),
        TEST(test_never_done),
        TEST(test_never_ready),
        TEST(test_no_device),
        TEST(test_no_program),
        TEST(test_header_overwritten),
        TEST(test_all_overwritten),
        TEST(test_impossible_state),
        TEST(test_impossible_status),
        TEST(test_impossible_error),
        TEST(test_wrong_canaries),
        TEST(test_stale_chunk),
        TEST(test_no_numbers),
        TEST(test_dies_with_parent),
    };
    int fd = worker_asked(argc, argv);

    if (fd >= 0)
        return worker_main(fd, open_faulty);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
