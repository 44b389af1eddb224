// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * hold PID THREAD: stops one thread of a process, by the name it has for the
 * kernel ("lw:enc"), while all others go on; prints "held", and lets it go at
 * the end of its stdin. 77 where that is not permitted.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static int has_name(const char *pid, const char *tid, const char *name)
{
    char path[128], found[64] = "";
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%.20s/task/%.20s/comm", pid, tid);
    f = fopen(path, "re");
    if (!f)
        return 0;
    if (!fgets(found, sizeof(found), f))
        found[0] = '\0';
    fclose(f);
    found[strcspn(found, "\n")] = '\0';
    return strcmp(found, name) == 0;
}

/* 0: there is none. */
static pid_t find(const char *pid, const char *name)
{
    char path[64];
    struct dirent *e;
    pid_t tid = 0;
    DIR *d;

    snprintf(path, sizeof(path), "/proc/%.20s/task", pid);
    d = opendir(path);
    while (d && !tid && (e = readdir(d)))
        if (has_name(pid, e->d_name, name))
            tid = (pid_t)atol(e->d_name);
    if (d)
        closedir(d);
    return tid;
}

int main(int argc, char **argv)
{
    pid_t tid;

    if (argc != 3) {
        fprintf(stderr, "usage: hold PID THREAD\n");
        return 2;
    }
    tid = find(argv[1], argv[2]);
    if (!tid) {
        fprintf(stderr, "hold: %s has no thread '%s'\n", argv[1], argv[2]);
        return 1;
    }
    if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) < 0) {
        perror("hold");
        return errno == EPERM ? 77 : 1;
    }
    if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) < 0 ||
        waitpid(tid, NULL, __WALL) < 0) {
        perror("hold");
        return 1;
    }
    puts("held");
    fflush(stdout);
    while (getchar() != EOF)
        ;
    return ptrace(PTRACE_DETACH, tid, NULL, NULL) < 0;
}
