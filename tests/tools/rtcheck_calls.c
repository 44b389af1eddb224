// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What librtcheck.so watches of memory, locks, threads, time, files and
 * sockets. What glibc calls of its own goes by unseen here, but for malloc()
 * and its like; the trap of rtcheck.c sees its system calls.
 */
#include <dirent.h>
#include <fcntl.h>
#include <malloc.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/tools/rtcheck.h"

#define CALL RTCHECK_CALL
#define TELL RTCHECK_TELL

/* Memory. glibc gives the real ones another name, and so they can be had before
   dlsym(), which allocates, can be called. */
#define HEAP(type, name, params, args) \
    extern type __libc_##name params;  \
    type(name) params                  \
    {                                  \
        TELL(#name);                   \
        return __libc_##name args;     \
    }

HEAP(void *, malloc, (size_t n), (n))
HEAP(void *, calloc, (size_t n, size_t size), (n, size))
HEAP(void *, realloc, (void *p, size_t n), (p, n))
HEAP(void *, memalign, (size_t to, size_t n), (to, n))
HEAP(void, free, (void *p), (p))
CALL(void *, reallocarray, (void *p, size_t n, size_t size), (p, n, size))
CALL(void *, aligned_alloc, (size_t to, size_t n), (to, n))
CALL(int, posix_memalign, (void **p, size_t to, size_t n), (p, to, n))
CALL(void *, mmap, (void *p, size_t n, int prot, int how, int fd, off_t at),
     (p, n, prot, how, fd, at))
CALL(int, munmap, (void *p, size_t n), (p, n))
CALL(int, mprotect, (void *p, size_t n, int prot), (p, n, prot))
CALL(int, madvise, (void *p, size_t n, int advice), (p, n, advice))
CALL(int, mlock, (const void *p, size_t n), (p, n))
CALL(int, munlock, (const void *p, size_t n), (p, n))
CALL(int, mlockall, (int how), (how))
CALL(int, brk, (void *p), (p))
CALL(void *, sbrk, (intptr_t n), (n))

/* Locks, threads. */
CALL(int, pthread_mutex_lock, (pthread_mutex_t * m), (m))
CALL(int, pthread_mutex_trylock, (pthread_mutex_t * m), (m))
CALL(int, pthread_mutex_timedlock,
     (pthread_mutex_t * m, const struct timespec *t), (m, t))
CALL(int, pthread_mutex_unlock, (pthread_mutex_t * m), (m))
CALL(int, pthread_rwlock_rdlock, (pthread_rwlock_t * l), (l))
CALL(int, pthread_rwlock_tryrdlock, (pthread_rwlock_t * l), (l))
CALL(int, pthread_rwlock_wrlock, (pthread_rwlock_t * l), (l))
CALL(int, pthread_rwlock_trywrlock, (pthread_rwlock_t * l), (l))
CALL(int, pthread_rwlock_unlock, (pthread_rwlock_t * l), (l))
CALL(int, pthread_spin_lock, (pthread_spinlock_t * l), (l))
CALL(int, pthread_cond_wait, (pthread_cond_t * c, pthread_mutex_t *m), (c, m))
CALL(int, pthread_cond_timedwait,
     (pthread_cond_t * c, pthread_mutex_t *m, const struct timespec *t),
     (c, m, t))
CALL(int, pthread_cond_signal, (pthread_cond_t * c), (c))
CALL(int, pthread_cond_broadcast, (pthread_cond_t * c), (c))
CALL(int, pthread_barrier_wait, (pthread_barrier_t * b), (b))
CALL(int, pthread_once, (pthread_once_t * o, void (*once)(void)), (o, once))
CALL(int, pthread_create,
     (pthread_t * t, const pthread_attr_t *a, void *(*run)(void *), void *arg),
     (t, a, run, arg))
CALL(int, pthread_join, (pthread_t t, void **r), (t, r))
CALL(int, pthread_kill, (pthread_t t, int sig), (t, sig))
CALL(int, pthread_setschedparam,
     (pthread_t t, int policy, const struct sched_param *p), (t, policy, p))
CALL(int, sem_wait, (sem_t * s), (s))
CALL(int, sem_trywait, (sem_t * s), (s))
CALL(int, sem_timedwait, (sem_t * s, const struct timespec *t), (s, t))
CALL(int, sem_post, (sem_t * s), (s))

/* Time. */
CALL(int, nanosleep, (const struct timespec *t, struct timespec *left),
     (t, left))
CALL(int, clock_nanosleep,
     (clockid_t c, int how, const struct timespec *t, struct timespec *left),
     (c, how, t, left))
CALL(int, usleep, (useconds_t us), (us))
CALL(unsigned, sleep, (unsigned s), (s))
CALL(int, sched_yield, (void), ())
CALL(int, pause, (void), ())

/* Files, sockets. */
CALL(int, close, (int fd), (fd))
CALL(ssize_t, read, (int fd, void *p, size_t n), (fd, p, n))
CALL(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n))
CALL(ssize_t, pread, (int fd, void *p, size_t n, off_t at), (fd, p, n, at))
CALL(ssize_t, pwrite, (int fd, const void *p, size_t n, off_t at),
     (fd, p, n, at))
CALL(ssize_t, readv, (int fd, const struct iovec *v, int n), (fd, v, n))
CALL(ssize_t, writev, (int fd, const struct iovec *v, int n), (fd, v, n))
CALL(off_t, lseek, (int fd, off_t at, int from), (fd, at, from))
CALL(int, fsync, (int fd), (fd))
CALL(int, fdatasync, (int fd), (fd))
CALL(int, ftruncate, (int fd, off_t n), (fd, n))
CALL(int, unlink, (const char *path), (path))
CALL(int, rename, (const char *from, const char *to), (from, to))
CALL(int, stat, (const char *path, struct stat *s), (path, s))
CALL(int, fstat, (int fd, struct stat *s), (fd, s))
CALL(DIR *, opendir, (const char *path), (path))
CALL(int, pipe2, (int fd[2], int flags), (fd, flags))
CALL(int, dup2, (int from, int to), (from, to))
CALL(int, eventfd_write, (int fd, eventfd_t n), (fd, n))
CALL(int, eventfd_read, (int fd, eventfd_t *n), (fd, n))
CALL(int, socket, (int domain, int type, int proto), (domain, type, proto))
CALL(ssize_t, send, (int fd, const void *p, size_t n, int flags),
     (fd, p, n, flags))
CALL(ssize_t, sendmsg, (int fd, const struct msghdr *m, int flags),
     (fd, m, flags))
CALL(ssize_t, recv, (int fd, void *p, size_t n, int flags), (fd, p, n, flags))
CALL(ssize_t, recvmsg, (int fd, struct msghdr *m, int flags), (fd, m, flags))
CALL(int, poll, (struct pollfd * p, nfds_t n, int ms), (p, n, ms))
CALL(int, ppoll,
     (struct pollfd * p, nfds_t n, const struct timespec *t,
      const sigset_t *set),
     (p, n, t, set))
CALL(int, select, (int n, fd_set *r, fd_set *w, fd_set *e, struct timeval *t),
     (n, r, w, e, t))
CALL(int, epoll_wait, (int fd, struct epoll_event *e, int n, int ms),
     (fd, e, n, ms))
CALL(int, epoll_ctl, (int fd, int op, int on, struct epoll_event *e),
     (fd, op, on, e))
CALL(int, getaddrinfo,
     (const char *host, const char *service, const struct addrinfo *hints,
      struct addrinfo **out),
     (host, service, hints, out))
CALL(pid_t, waitpid, (pid_t pid, int *status, int how), (pid, status, how))
CALL(int, kill, (pid_t pid, int sig), (pid, sig))

int(open)(const char *path, int flags, ...)
{
    static void *_Atomic known;
    int (*call)(const char *, int, ...) = rtcheck_real(&known, "open");
    mode_t mode = 0;
    va_list ap;

    TELL("open");
    va_start(ap, flags);
    if (flags & (O_CREAT | O_TMPFILE))
        mode = va_arg(ap, mode_t);
    va_end(ap);
    return call(path, flags, mode);
}

/* The third argument, a pointer or a number, goes through as it came. */
#define CONTROL(name, type)                                        \
    int(name)(int fd, type what, ...)                              \
    {                                                              \
        static void *_Atomic known;                                \
        int (*call)(int, type, ...) = rtcheck_real(&known, #name); \
        va_list ap;                                                \
        TELL(#name);                                               \
        va_start(ap, what);                                        \
        void *arg = va_arg(ap, void *);                            \
        va_end(ap);                                                \
        return call(fd, what, arg);                                \
    }

CONTROL(ioctl, unsigned long)
CONTROL(fcntl, int)
CONTROL(fcntl64, int)

long(syscall)(long n, ...)
{
    static void *_Atomic known;
    long (*call)(long, ...) = rtcheck_real(&known, "syscall");
    long a[6];
    va_list ap;

    TELL("syscall");
    va_start(ap, n);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(ap, long);
    va_end(ap);
    return call(n, a[0], a[1], a[2], a[3], a[4], a[5]);
}
