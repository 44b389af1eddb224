// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * librtcheck.so, for LD_PRELOAD: watches what any JACK client, as it was built,
 * does in its process callback, and writes that down when the program ends:
 *
 *  - calls that can block, allocate, sleep or take a lock, by standing in their
 *    place (rtcheck_calls.c and its sisters), also JACK's own;
 *  - the first system call of each callback, whoever makes it: by "syscall user
 *    dispatch" the kernel looks at a byte of the thread's before each call;
 *  - page faults, and how often the thread had to wait, by getrusage().
 *
 * The report is $RTCHECK_DIR/PROGRAM-PID, one figure a line, "end" last:
 *
 *    program NAME            callbacks N        watched all|calls
 *    warm_minor N            faults, in the first callbacks of each client
 *    minor N  major N        faults, in all later ones
 *    waits N                 voluntary context switches; a SIGSTOP is one, too
 *    unwatched N  lost N     clients, and sins, that were too many
 *    sin COUNT NAME          and its stack, a line for each frame
 *
 * Nothing changes for the program but its time. A program without a process
 * callback writes no report, nor does one that is killed. What lies here is the
 * process's, since there is nobody to hold it.
 */
#include "tests/tools/rtcheck.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <jack/jack.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <ucontext.h>
#include <unistd.h>

#define CLIENTS_MAX 256
#define SINS_MAX    256
#define DEPTH       16  /* frames of a stack */
#define WARM_UP     200 /* callbacks */

#define THREAD _Thread_local __attribute__((tls_model("initial-exec")))

/* linux/prctl.h has these since 5.11 */
#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_ON           1
#endif
enum { ALLOW, BLOCK }; /* what the kernel's byte says */

struct client {
    JackProcessCallback process;
    void *arg;
    uint64_t n; /* [rt] callbacks */
};

/* A call from one place, however often. */
struct sin {
    _Atomic(const char *) name; /* NULL: free. Claimed by exchange */
    _Atomic bool ready;         /* the rest is there */
    long number;                /* of a system call */
    void *at;                   /* who called */
    void *stack[DEPTH];
    int depth;
    _Atomic uint64_t count;
};

/* [any] */
static struct client clients[CLIENTS_MAX];
static struct sin sins[SINS_MAX];
static _Atomic uint32_t n_clients;
static _Atomic uint64_t callbacks, warm_minor, minor, major, waits, lost;
static _Atomic bool some_unseen; /* a thread whose system calls can't be seen */

/* [rt] The thread's own. */
static THREAD volatile char gate; /* ALLOW or BLOCK */
static THREAD bool inside, armed;

static const char system_call[] = "system call";

bool rtcheck_inside(void)
{
    return inside;
}

static bool is(const struct sin *s, const char *name, long number,
               const void *at)
{
    return atomic_load_explicit(&s->ready, memory_order_acquire) &&
           s->name == name && s->number == number && s->at == at;
}

/* Where a sin is counted: its own entry, or a new one, or NULL. Two threads may
   make two entries of one sin: they are both told. */
static struct sin *entry(const char *name, long number, void *const *stack,
                         int depth, void *at)
{
    for (uint32_t i = 0; i < SINS_MAX; i++) {
        const char *none = NULL;
        struct sin *s = &sins[i];

        if (is(s, name, number, at))
            return s;
        if (!atomic_compare_exchange_strong(&s->name, &none, name))
            continue;
        s->number = number;
        s->at = at;
        s->depth = depth;
        for (int k = 0; k < depth; k++)
            s->stack[k] = stack[k];
        /* release: pairs with the acquire in is() and tell() */
        atomic_store_explicit(&s->ready, true, memory_order_release);
        return s;
    }
    return NULL;
}

/* skip: frames that are ours. at: the place, or NULL for the first frame. */
static void note(const char *name, long number, int skip, void *at)
{
    void *stack[DEPTH];
    int depth = backtrace(stack, DEPTH) - skip;

    if (depth < 0)
        depth = 0;
    if (!at && depth > 0)
        at = stack[skip];
    struct sin *s = entry(name, number, stack + skip, depth, at);
    atomic_fetch_add(s ? &s->count : &lost, 1);
}

void rtcheck_note(const char *name)
{
    int err = errno;
    char was = gate;

    gate = ALLOW;
    inside = false;
    note(name, 0, 2, NULL);
    inside = true;
    gate = was;
    errno = err;
}

/* SIGSYS: a system call while the byte said BLOCK. It is made all the same, and
   this callback's later ones go by unseen. */
static void on_system_call(int sig, siginfo_t *info, void *context)
{
    int err = errno;

    (void)sig;
    gate = ALLOW;
    inside = false;
    note(system_call, info->si_syscall, 2, info->si_call_addr);
    inside = true;
#ifdef __x86_64__
    ucontext_t *c = context;
    c->uc_mcontext.gregs[REG_RIP] -= 2; /* the instruction, once more */
#else
    (void)context;
#endif
    errno = err;
}

/* Has the kernel look at the gate of this thread. */
static void arm(void)
{
    sigset_t set;

    armed = true;
    sigemptyset(&set);
    sigaddset(&set, SIGSYS);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
#ifdef __x86_64__
    if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0L, 0L,
              &gate) == 0)
        return;
#endif
    atomic_store(&some_unseen, true);
}

static void count(struct client *c, const struct rusage *a,
                  const struct rusage *b)
{
    uint64_t few = (uint64_t)(b->ru_minflt - a->ru_minflt);

    atomic_fetch_add(&callbacks, 1);
    if (c->n++ < WARM_UP) {
        atomic_fetch_add(&warm_minor, few);
        return;
    }
    atomic_fetch_add(&minor, few);
    atomic_fetch_add(&major, (uint64_t)(b->ru_majflt - a->ru_majflt));
    atomic_fetch_add(&waits, (uint64_t)(b->ru_nvcsw - a->ru_nvcsw));
}

static int process(jack_nframes_t n_frames, void *arg)
{
    struct client *c = arg;
    struct rusage before, after;

    if (!armed)
        arm();
    getrusage(RUSAGE_THREAD, &before);
    inside = true;
    gate = BLOCK;
    int r = c->process(n_frames, c->arg);
    gate = ALLOW;
    inside = false;
    getrusage(RUSAGE_THREAD, &after);
    count(c, &before, &after);
    return r;
}

/* dlsym() is watched itself; dlvsym() finds the real one. */
void *rtcheck_real(void *_Atomic *known, const char *name)
{
    void *f = atomic_load_explicit(known, memory_order_relaxed);

    if (!f) {
        void *(*sym)(void *, const char *) =
            dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
        f = sym(RTLD_NEXT, name);
        atomic_store_explicit(known, f, memory_order_relaxed);
    }
    return f;
}

int jack_set_process_callback(jack_client_t *jack, JackProcessCallback f,
                              void *arg)
{
    static void *_Atomic known;
    int (*call)(jack_client_t *, JackProcessCallback, void *) =
        rtcheck_real(&known, "jack_set_process_callback");
    uint32_t i = atomic_fetch_add(&n_clients, 1);

    if (!f || i >= CLIENTS_MAX)
        return call(jack, f, arg);
    clients[i].process = f;
    clients[i].arg = arg;
    return call(jack, process, &clients[i]);
}

/* The first backtrace() loads a library, which must not be in a callback. */
__attribute__((constructor)) static void begin(void)
{
    struct sigaction act = {.sa_sigaction = on_system_call,
                            .sa_flags = SA_SIGINFO};
    void *stack[1];

    backtrace(stack, 1);
    sigaction(SIGSYS, &act, NULL);
}

static void tell(FILE *f, struct sin *s)
{
    char **text;

    if (!atomic_load_explicit(&s->ready, memory_order_acquire))
        return;
    fprintf(f, "sin %llu %s", (unsigned long long)s->count, s->name);
    if (s->name == system_call)
        fprintf(f, " %ld", s->number);
    fprintf(f, "\n");
    text = backtrace_symbols(s->stack, s->depth);
    for (int i = 0; text && i < s->depth; i++)
        fprintf(f, "    %s\n", text[i]);
    free(text);
}

__attribute__((destructor)) static void report(void)
{
    const char *dir = getenv("RTCHECK_DIR");
    uint32_t n = n_clients;
    char path[4096];

    if (n == 0 || !dir)
        return;
    snprintf(path, sizeof(path), "%s/%s-%d", dir, program_invocation_short_name,
             (int)getpid());
    FILE *f = fopen(path, "w");
    if (!f) {
        fprintf(stderr, "rtcheck: %s: %m\n", path);
        return;
    }
#define FIGURE(name, n) fprintf(f, name " %llu\n", (unsigned long long)(n))
    fprintf(f, "program %s\n", program_invocation_short_name);
    FIGURE("callbacks", callbacks);
    fprintf(f, "watched %s\n", some_unseen ? "calls" : "all");
    FIGURE("warm_minor", warm_minor);
    FIGURE("minor", minor);
    FIGURE("major", major);
    FIGURE("waits", waits);
    FIGURE("unwatched", n > CLIENTS_MAX ? n - CLIENTS_MAX : 0);
    FIGURE("lost", lost);
    for (uint32_t i = 0; i < SINS_MAX; i++)
        tell(f, &sins[i]);
    fprintf(f, "end\n");
    if (fclose(f) != 0)
        fprintf(stderr, "rtcheck: %s: %m\n", path);
}
