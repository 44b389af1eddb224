// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "graph/clock.h"

#define STOP_POLL_NS  (5 * NS_PER_MS)
#define COMPLAINT_MAX 2048      /* bytes of a quiet child's output shown */
#define OUTPUT_MAX    (1 << 18) /* bytes of it kept */

struct proc {
    const struct log *log; /* [init] */
    const char *name;      /* [init] */
    pid_t pid;             /* [init] 0: never started */
    int notify;            /* [init] datagram socket, or -1 */
    int output;            /* [init] memfd with a quiet child's output, or -1 */
    bool ended;
    int code; /* of the end */
    bool ready;
    char detail[PROC_DETAIL_MAX];
};

/* A socket with an abstract name the kernel picks; nothing in the file system.
   Returns it, with "@name" in address. */
static int open_notify(char *address, size_t size)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    socklen_t len = sizeof(sa_family_t); /* autobind, unix(7) */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (bind(fd, (struct sockaddr *)&a, len) < 0)
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

/* In the child: never returns. Tells exec's errno through the pipe. */
static void become(const struct proc *p, const char *const *argv,
                   const char *address, int pipe_fd, pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) /* it died before prctl() */
        _exit(1);
    setenv("NOTIFY_SOCKET", address, 1);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null >= 0)
        dup2(null, STDIN_FILENO);
    if (p->output >= 0) {
        dup2(p->output, STDOUT_FILENO);
        dup2(p->output, STDERR_FILENO);
    }
    execvp(argv[0], (char *const *)argv);
    int err = errno;
    ssize_t w = write(pipe_fd, &err, sizeof err);
    (void)w;
    _exit(127);
}

int proc_start(struct proc **out, const struct proc_opts *o)
{
    int r = -ENOMEM, err = 0, fds[2] = {-1, -1};
    char address[128];
    struct proc *p = calloc(1, sizeof *p);
    *out = NULL;
    if (!p)
        return r;
    p->log = o->log;
    p->name = o->name;
    p->output = p->notify = -1;

    r = open_notify(address, sizeof address);
    if (r < 0)
        goto out;
    p->notify = r;
    if (o->quiet) {
        p->output = memfd_create(o->name, MFD_CLOEXEC);
        /* shared by its writers, so nothing is overwritten */
        if (p->output >= 0)
            fcntl(p->output, F_SETFL, O_APPEND);
    }
    pid_t parent = getpid();
    if (pipe2(fds, O_CLOEXEC) < 0 || (p->pid = fork()) < 0) {
        r = -errno;
        p->pid = 0;
        goto out;
    }
    if (p->pid == 0)
        become(p, o->argv, address, fds[1], parent);

    close(fds[1]);
    fds[1] = -1;
    /* The pipe closes on exec: nothing to read means it worked. */
    ssize_t n;
    do
        n = read(fds[0], &err, sizeof err);
    while (n < 0 && errno == EINTR);
    r = n == (ssize_t)sizeof err ? -err : 0;
    if (r < 0) {
        waitpid(p->pid, NULL, 0); /* it is about to end by itself */
        p->ended = true;
        goto out;
    }
    *out = p;
    p = NULL;
out:
    for (int i = 0; i < 2; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    proc_stop(&p, 0);
    return r;
}

/* Takes one datagram's lines in. */
static void hear(struct proc *p, char *text)
{
    static const char detail[] = "X_LONGWAVE=";
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        if (strcmp(line, "READY=1") == 0)
            p->ready = true;
        else if (strncmp(line, detail, sizeof detail - 1) == 0)
            snprintf(p->detail, sizeof p->detail, "%s",
                     line + sizeof detail - 1);
    }
}

/* A child that uses sd_notify() waits when the queue is full, so it is emptied
   whenever somebody looks. */
static void hear_all(struct proc *p)
{
    char text[2048];
    ssize_t n;
    while ((n = recv(p->notify, text, sizeof text - 1, 0)) > 0) {
        text[n] = '\0';
        hear(p, text);
    }
}

bool proc_running(struct proc *p, int *code)
{
    int status;
    hear_all(p);
    if (!p->ended && waitpid(p->pid, &status, WNOHANG) == p->pid) {
        p->ended = true;
        p->code =
            WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    *code = p->code;
    return !p->ended;
}

bool proc_ready(struct proc *p, const char **detail)
{
    hear_all(p);
    *detail = p->detail;
    return p->ready;
}

void proc_trim(struct proc *p)
{
    if (p->output >= 0 && lseek(p->output, 0, SEEK_END) > OUTPUT_MAX &&
        ftruncate(p->output, 0) < 0)
        log_debug(p->log, "%s: its output can't be cut", p->name);
}

void proc_complain(struct proc *p)
{
    char text[COMPLAINT_MAX + 1];
    off_t size = p->output >= 0 ? lseek(p->output, 0, SEEK_END) : 0;
    off_t from = size > COMPLAINT_MAX ? size - COMPLAINT_MAX : 0;
    ssize_t n = size > 0 ? pread(p->output, text, COMPLAINT_MAX, from) : 0;
    if (n <= 0)
        return;
    text[n] = '\0';
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save))
        log_error(p->log, "%s: %s", p->name, line);
}

void proc_stop(struct proc **pp, int64_t grace_ns)
{
    struct proc *p = *pp;
    int code;
    if (!p)
        return;
    if (p->pid > 0 && proc_running(p, &code)) {
        kill(p->pid, SIGTERM);
        int64_t end = clock_now() + grace_ns;
        while (proc_running(p, &code) && clock_now() < end)
            clock_sleep(STOP_POLL_NS);
        if (proc_running(p, &code)) {
            log_warn(p->log, "%s did not stop by itself: killed", p->name);
            kill(p->pid, SIGKILL);
            waitpid(p->pid, NULL, 0);
        }
    }
    if (p->notify >= 0)
        close(p->notify);
    if (p->output >= 0)
        close(p->output);
    free(p);
    *pp = NULL;
}
