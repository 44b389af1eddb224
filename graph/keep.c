// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "graph/clock.h"
#include "graph/notify.h"
#include "graph/pidfd.h"

#define CLIENTS_MAX 64
#define NEVER       INT64_MAX
/* jackd that is stopped before it has noticed the end of a client writes to it,
   and dies of that. */
#define SETTLE_NS (200 * NS_PER_MS)
#define KILL_NS   NS_PER_S /* for what was killed to be gone */

/* What is written on the line; in one piece, being so short. */
struct note {
    int32_t pid; /* under 0: has ended */
    int32_t foreign;
};

struct client {
    pid_t pid;
    int fd; /* pidfd_open(2): no other process can be meant */
    bool foreign;
};

struct keep {
    int line, signals;
    int64_t grace_ns;
    pid_t server;    /* 0: none, or ended */
    int code;        /* of its end */
    int64_t stop_at; /* the server */
    int64_t kill_at; /* the server, which has been told to stop */
    bool ending; /* the supervisor has let go of the line: the server is to stop
                    once the clients have ended... */
    int64_t wait_until; /* ...but not later */
    bool killed;        /* the clients were */
    struct client client[CLIENTS_MAX];
    uint32_t n;
};

int keep_line(int fd[2])
{
    return pipe2(fd, O_CLOEXEC | O_NONBLOCK) < 0 ? -errno : 0;
}

static void tell(int fd, struct note n)
{
    ssize_t w = write(fd, &n, sizeof(n));

    (void)w; /* no keeper, nobody to know */
}

void keep_add(int fd, pid_t pid, bool foreign)
{
    tell(fd, (struct note){.pid = pid, .foreign = foreign});
}

void keep_remove(int fd, pid_t pid)
{
    tell(fd, (struct note){.pid = -pid});
}

static void forget(struct keep *k, uint32_t i)
{
    close(k->client[i].fd);
    k->client[i] = k->client[--k->n];
}

static void take_note(struct keep *k, const struct note *n)
{
    if (n->pid < 0) {
        for (uint32_t i = 0; i < k->n; i++)
            if (k->client[i].pid == -n->pid) {
                forget(k, i);
                return;
            }
        return;
    }
    int fd = k->n < CLIENTS_MAX ? pidfd_of(n->pid) : -1;
    if (fd >= 0)
        k->client[k->n++] = (struct client){
            .pid = n->pid, .fd = fd, .foreign = n->foreign != 0};
}

static void read_line(struct keep *k)
{
    struct note n;
    ssize_t r;

    while ((r = read(k->line, &n, sizeof(n))) == (ssize_t)sizeof(n))
        take_note(k, &n);
    if (r < 0)
        return;
    k->ending = true;
    k->wait_until = clock_now() + k->grace_ns;
    /* The clients have had SIGTERM from the kernel, their groups not. */
    for (uint32_t i = 0; i < k->n; i++) {
        pidfd_signal(k->client[i].fd, SIGTERM);
        if (k->client[i].foreign)
            kill(-k->client[i].pid, SIGTERM);
    }
}

static void read_signals(struct keep *k)
{
    struct signalfd_siginfo s;
    int status;

    while (read(k->signals, &s, sizeof(s)) == (ssize_t)sizeof(s))
        ; /* only ends count: the supervisor gets the others as well */
    if (k->server && waitpid(k->server, &status, WNOHANG) == k->server) {
        k->server = 0;
        k->code =
            WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
}

/* The clients have had their time. */
static void end_clients(struct keep *k)
{
    bool kill_them = !k->killed;

    for (uint32_t i = kill_them ? k->n : 0; i-- > 0;) {
        pidfd_signal(k->client[i].fd, SIGKILL);
        kill(-k->client[i].pid, SIGKILL);
    }
    if (kill_them) {
        k->killed = true;
        k->wait_until = clock_now() + KILL_NS;
    }
    while (!kill_them && k->n > 0) /* in the kernel's hands */
        forget(k, k->n - 1);
}

/* Ends what has to be ended now. Returns when to look again. */
static int64_t end_what_is_due(struct keep *k)
{
    int64_t now = clock_now();

    if (k->ending && k->n > 0 && now >= k->wait_until)
        end_clients(k);
    if (k->ending && k->n > 0)
        return k->wait_until;
    if (k->ending && k->n == 0 && k->stop_at == 0)
        k->stop_at = now + SETTLE_NS;
    if (now < k->stop_at)
        return k->stop_at;
    if (k->ending && k->server && k->kill_at == NEVER) {
        kill(k->server, SIGTERM);
        k->kill_at = now + k->grace_ns;
    }
    if (k->server && now >= k->kill_at) {
        kill(k->server, SIGKILL);
        k->kill_at = now + KILL_NS;
    }
    return k->kill_at;
}

static void wait_more(struct keep *k, int64_t until)
{
    struct pollfd fd[CLIENTS_MAX + 2] = {
        {.fd = k->signals, .events = POLLIN},
        {.fd = k->ending ? -1 : k->line, .events = POLLIN}};
    uint32_t n = k->ending ? k->n : 0;
    int64_t left = until - clock_now();
    int ms = until == NEVER ? -1 : left <= 0 ? 0 : (int)(left / NS_PER_MS + 1);

    for (uint32_t i = 0; i < n; i++)
        fd[2 + i] = (struct pollfd){.fd = k->client[i].fd, .events = POLLIN};
    poll(fd, 2 + n, ms);
    while (n-- > 0)
        if (fd[2 + n].revents)
            forget(k, n);
    if (fd[1].revents)
        read_line(k);
    read_signals(k);
}

static void tell_server(pid_t pid)
{
    char text[16];

    snprintf(text, sizeof(text), "%ld", (long)pid);
    notify_ready("the server has begun", text);
}

/* The server, which dies with us. Returns when exec failed. */
static void become_server(char **argv, pid_t parent)
{
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(1);
    setpgid(0, 0);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvp(argv[0], argv);
    fprintf(stderr, "%s\n", strerror(errno));
    _exit(KEEP_NO_EXEC);
}

static int open_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int keep_main(int argc, char **argv)
{
    struct keep k = {.kill_at = NEVER};
    pid_t self = getpid();
    bool alone = argc == 3; /* somebody else's server */

    if (argc < 3)
        return 2;
    k.line = atoi(argv[1]);
    k.grace_ns = atoi(argv[2]) * NS_PER_MS;
    fcntl(k.line, F_SETFD, FD_CLOEXEC);
    signal(SIGPIPE, SIG_IGN);
    k.signals = open_signals();
    if (k.signals < 0)
        return 1;
    if (!alone) {
        k.server = fork();
        if (k.server == 0)
            become_server(argv + 3, self);
        if (k.server < 0)
            return 1;
        tell_server(k.server);
    }
    while (k.server || (alone && !k.ending) || (k.ending && k.n > 0))
        wait_more(&k, end_what_is_due(&k));
    return k.code;
}
