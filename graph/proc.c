// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "graph/clock.h"
#include "graph/text.h"

#define READS_MAX    64 /* at one look */
#define STOP_POLL_NS (5 * NS_PER_MS)
#define KEPT_MAX     2048      /* bytes of output kept to be shown */
#define LINE_MAX_OUT 1024      /* bytes of a line that is passed on whole */
#define ALLOW_MAX_US 600000000 /* of the watchdog */
#define NEVER        INT64_MAX

struct proc {
    /* [init] */
    const struct log *log;
    char name[64]; /* for messages */
    pid_t pid;     /* 0: never started */
    int notify;    /* datagram socket, or -1 */
    bool quiet, foreign, outlives;
    int64_t watchdog_ns;

    int output; /* read end of its stdout and stderr; -1: none, or at its end */
    bool ended;
    int code; /* of the end */
    bool ready;
    int64_t pinged; /* clock_now() of the last WATCHDOG=1; 0: none came */
    char detail[PROC_DETAIL_MAX];
    char status[PROC_STATUS_MAX];
    char state[PROC_STATE_MAX];
    char last[PROC_LINE_MAX];
    uint32_t n_line, n_kept;
    char line[LINE_MAX_OUT]; /* begun, to be passed on when it is whole */
    char kept[KEPT_MAX + 1]; /* the end of the output */
};

/* A socket with an abstract name the kernel picks; nothing in the file system.
   Returns it, with "@name" in address. */
static int open_notify(char *address, size_t size)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    socklen_t len = sizeof(sa_family_t); /* autobind, unix(7) */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int one = 1;
    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)) < 0 ||
        bind(fd, (struct sockaddr *)&a, len) < 0)
        goto fail;
    len = sizeof a;
    if (getsockname(fd, (struct sockaddr *)&a, &len) < 0)
        goto fail;
    size_t n = len - offsetof(struct sockaddr_un, sun_path);
    snprintf(address, size, "@%.*s", (int)n - 1, a.sun_path + 1);
    return fd;
fail:;
    int r = -errno;
    close(fd);
    return r;
}

/* In the child: never returns. Tells exec's errno through pipe_fd. */
static void become(const struct proc *p, const struct proc_opts *o,
                   const char *address, const int output[2], int pipe_fd,
                   pid_t parent)
{
    char text[32];
    sigset_t none;

    sigemptyset(&none);
    if (p->outlives) /* it is to see it, whenever it comes */
        sigaddset(&none, SIGTERM);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setpgid(0, 0);
    if (!p->outlives)
        prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) /* it died before prctl() */
        _exit(1);
    for (const char *const *e = o->env; e && *e; e++)
        putenv((char *)(uintptr_t)*e);
    setenv("NOTIFY_SOCKET", address, 1);
    /* A session manager started the station, not its clients. */
    unsetenv("NSM_URL");
    unsetenv("WATCHDOG_PID");
    unsetenv("WATCHDOG_USEC");
    if (p->watchdog_ns > 0) {
        snprintf(text, sizeof(text), "%lld",
                 (long long)(p->watchdog_ns / 1000));
        setenv("WATCHDOG_USEC", text, 1);
        snprintf(text, sizeof(text), "%ld", (long)getpid());
        setenv("WATCHDOG_PID", text, 1);
    }
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null >= 0)
        dup2(null, STDIN_FILENO);
    dup2(output[1], STDOUT_FILENO);
    dup2(output[1], STDERR_FILENO);
    /* Libraries leave descriptors open that would keep others, such as a JACK
       server, from noticing our end. */
    close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC);
    /* With the other end too it can't die of SIGPIPE when we are gone: jackd
       has to end cleanly then, and says so as it does. */
    fcntl(output[0], F_SETFD, 0);
    for (int i = 0; i < 2; i++)
        if (o->inherit[i] > 0)
            fcntl(o->inherit[i], F_SETFD, 0);
    execvp(o->argv[0], (char *const *)o->argv);
    int err = errno;
    ssize_t w = write(pipe_fd, &err, sizeof err);
    (void)w;
    _exit(127);
}

/* Both ends never wait: what finds the pipe full is lost to us, not time to the
   child. */
static int open_output(int fds[2])
{
    return pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0 ? -errno : 0;
}

/* The pipe closes on exec: nothing to read means it worked. */
static int exec_result(int fd)
{
    int err = 0;
    ssize_t n;

    do
        n = read(fd, &err, sizeof err);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof err ? -err : 0;
}

static void close_all(int *fds, int n)
{
    for (int i = 0; i < n; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

int proc_start(struct proc **out, const struct proc_opts *o)
{
    enum { EXEC_R, EXEC_W, OUT_R, OUT_W, N };
    int r = -ENOMEM, fds[N] = {-1, -1, -1, -1};
    pid_t parent = getpid();
    char address[128];
    struct proc *p = calloc(1, sizeof *p);

    *out = NULL;
    if (!p)
        return r;
    p->log = o->log;
    snprintf(p->name, sizeof(p->name), "%s", o->name);
    p->quiet = o->quiet;
    p->foreign = o->foreign;
    p->outlives = o->outlives;
    p->watchdog_ns = o->watchdog_ns;
    p->output = p->notify = -1;

    r = open_notify(address, sizeof address);
    if (r < 0)
        goto out;
    p->notify = r;
    r = open_output(fds + OUT_R);
    if (r < 0)
        goto out;
    fflush(NULL);
    if (pipe2(fds, O_CLOEXEC) < 0 || (p->pid = fork()) < 0) {
        r = -errno;
        p->pid = 0;
        goto out;
    }
    if (p->pid == 0)
        become(p, o, address, fds + OUT_R, fds[EXEC_W], parent);
    setpgid(p->pid, p->pid); /* it does so too: whoever comes first */

    close(fds[EXEC_W]);
    fds[EXEC_W] = -1;
    r = exec_result(fds[EXEC_R]);
    if (r < 0) {
        waitpid(p->pid, NULL, 0); /* it is about to end by itself */
        p->ended = true;
        goto out;
    }
    p->output = fds[OUT_R];
    fds[OUT_R] = -1;
    *out = p;
    p = NULL;
out:
    close_all(fds, N);
    proc_stop(&p, 0);
    return r;
}

pid_t proc_pid(const struct proc *p)
{
    return p->pid;
}

uint32_t proc_fds(const struct proc *p, int fds[PROC_FDS])
{
    uint32_t n = 0;

    fds[n++] = p->notify;
    if (p->output >= 0)
        fds[n++] = p->output;
    return n;
}

/* The text after KEY= of a line, or NULL. */
static const char *value_of(const char *line, const char *key)
{
    size_t n = strlen(key);

    return strncmp(line, key, n) == 0 && line[n] == '=' ? line + n + 1 : NULL;
}

/* It is at work that takes longer, or has done it: sd_notify(3). */
static void allow(struct proc *p, long long us)
{
    if (p->watchdog_ns <= 0 || us <= 0 || us > ALLOW_MAX_US)
        return;
    p->watchdog_ns = us * 1000;
    if (p->pinged > 0)
        p->pinged = clock_now();
}

/* Takes one datagram's lines in. */
static void hear(struct proc *p, char *text)
{
    char *save = NULL;

    for (char *line = strtok_r(text, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        const char *v;

        if (strcmp(line, "READY=1") == 0)
            p->ready = true;
        else if (strcmp(line, "WATCHDOG=1") == 0)
            p->pinged = clock_now();
        else if ((v = value_of(line, "WATCHDOG_USEC")))
            allow(p, strtoll(v, NULL, 10));
        else if ((v = value_of(line, "STATUS")))
            text_clean(p->status, sizeof(p->status), v);
        else if ((v = value_of(line, "X_LONGWAVE")))
            text_clean(p->detail, sizeof(p->detail), v);
        else if ((v = value_of(line, "X_LONGWAVE_STATE")))
            snprintf(p->state, sizeof p->state, "%s", v);
    }
}

/* Keeps the end of what it says. */
static void keep(struct proc *p, const char *text, uint32_t n)
{
    if (n > KEPT_MAX) {
        text += n - KEPT_MAX;
        n = KEPT_MAX;
    }
    if (p->n_kept + n > KEPT_MAX) {
        uint32_t cut = p->n_kept + n - KEPT_MAX;
        memmove(p->kept, p->kept + cut, p->n_kept - cut);
        p->n_kept -= cut;
    }
    memcpy(p->kept + p->n_kept, text, n);
    p->n_kept += n;
    p->kept[p->n_kept] = '\0';
}

/* The line that was begun, to our stderr by one write(). */
static void pass_line(struct proc *p)
{
    struct iovec part[] = {{p->name, strlen(p->name)},
                           {(void *)(uintptr_t) ": ", 2},
                           {p->line, p->n_line}};
    int first = p->foreign ? 0 : 2;
    ssize_t w =
        p->n_line > 0 ? writev(STDERR_FILENO, part + first, 3 - first) : 0;

    (void)w; /* nowhere left to complain */
    p->n_line = 0;
}

static void pass_on(struct proc *p, const char *text, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        p->line[p->n_line++] = text[i];
        if (text[i] == '\n' || p->n_line == LINE_MAX_OUT)
            pass_line(p);
    }
}

static void read_output(struct proc *p)
{
    char text[4096];
    ssize_t n = -1;

    /* poll() brings the rest of what one says without end. */
    for (uint32_t i = 0; i < READS_MAX; i++) {
        if (p->output < 0 || (n = read(p->output, text, sizeof text)) <= 0)
            break;
        keep(p, text, (uint32_t)n);
        if (!p->quiet)
            pass_on(p, text, (uint32_t)n);
    }
    if (p->output >= 0 && n == 0) {
        close(p->output);
        p->output = -1;
    }
}

/* The name of the socket is no secret: what another user says is not ours. */
static ssize_t receive(int fd, char *text, size_t size, bool *ours)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(struct ucred))];
    } control;
    struct iovec v = {.iov_base = text, .iov_len = size};
    struct msghdr m = {
        .msg_iov = &v,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof(control),
    };
    ssize_t n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
    struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;

    *ours = false;
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS) {
        struct ucred who;
        memcpy(&who, CMSG_DATA(c), sizeof(who));
        *ours = who.uid == getuid() || who.uid == 0;
    }
    return n;
}

/* A child that uses sd_notify() waits when the queue is full, so it is emptied
   whenever somebody looks. */
static void hear_all(struct proc *p)
{
    char text[4096];

    for (uint32_t i = 0; i < READS_MAX; i++) {
        bool ours;
        ssize_t n = receive(p->notify, text, sizeof(text) - 1, &ours);
        if (n <= 0)
            break;
        text[n] = '\0';
        if (ours)
            hear(p, text);
    }
    read_output(p);
}

/* Reaps it if it has ended. What is left of its group goes first: as long as
   the leader is a zombie nobody else can have its number. */
static void reap(struct proc *p, int options)
{
    siginfo_t info = {0};
    int status;

    if (p->ended ||
        waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOWAIT | options) < 0 ||
        info.si_pid != p->pid)
        return;
    if (!p->outlives)
        kill(-p->pid, SIGKILL);
    waitpid(p->pid, &status, 0);
    p->ended = true;
    p->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    hear_all(p); /* its last words */
    pass_line(p);
}

bool proc_running(struct proc *p, int *code)
{
    hear_all(p);
    reap(p, WNOHANG);
    *code = p->code;
    return !p->ended;
}

bool proc_ready(struct proc *p, const char **detail)
{
    hear_all(p);
    *detail = p->detail;
    return p->ready;
}

const char *proc_status(const struct proc *p)
{
    return p->status;
}

const char *proc_state(const struct proc *p)
{
    return p->state;
}

int64_t proc_watch_at(const struct proc *p)
{
    return p->watchdog_ns > 0 && p->pinged > 0 ? p->pinged + p->watchdog_ns
                                               : NEVER;
}

bool proc_hangs(const struct proc *p, int64_t now)
{
    return now > proc_watch_at(p);
}

const char *proc_last_line(struct proc *p)
{
    const char *end = p->kept + p->n_kept, *from;
    char text[PROC_LINE_MAX];

    while (end > p->kept && (end[-1] == '\n' || end[-1] == '\r'))
        end--;
    for (from = end; from > p->kept && from[-1] != '\n';)
        from--;
    snprintf(text, sizeof text, "%.*s", (int)(end - from), from);
    text_clean(p->last, sizeof(p->last), text);
    return p->last;
}

void proc_complain(struct proc *p)
{
    char text[KEPT_MAX + 1], *save = NULL;

    memcpy(text, p->kept, p->n_kept + 1);
    for (char *line = strtok_r(text, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save))
        log_error(p->log, "%s: %s", p->name, line);
}

void proc_signal(struct proc *p, int sig)
{
    if (!p->ended)
        kill(p->foreign ? -p->pid : p->pid, sig);
}

void proc_stop(struct proc **pp, int64_t grace_ns)
{
    struct proc *p = *pp;
    int code;

    if (!p)
        return;
    if (p->pid > 0 && proc_running(p, &code)) {
        int64_t end = clock_now() + grace_ns;

        proc_signal(p, SIGTERM);
        while (proc_running(p, &code) && clock_now() < end)
            clock_sleep(STOP_POLL_NS);
        if (proc_running(p, &code)) {
            log_warn(p->log, "%s did not stop by itself: killed", p->name);
            proc_signal(p, SIGKILL);
            reap(p, 0);
        }
    }
    if (p->notify >= 0)
        close(p->notify);
    if (p->output >= 0)
        close(p->output);
    free(p);
    *pp = NULL;
}
