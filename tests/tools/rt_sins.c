// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * rt_sins SIN|none: a JACK client of graph/jclient's whose process callback
 * does what it must not, ten times, long after it began; for tests of what is
 * to find that. Exit 0; 2 for an unknown sin; 1 where there is no server.
 */
#include <errno.h>
#include <fcntl.h>
#include <jack/jack.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "graph/clock.h"
#include "graph/jclient.h"
#include "graph/log.h"

#define CYCLES 300 /* before the first */
#define TIMES  10
#define PAGE   4096

struct sinner {
    void (*sin)(struct sinner *s); /* [init] NULL: none */
    _Atomic uint32_t n;            /* [rt>main] cycles */
    jack_client_t *jack; /* [init] a second client: jclient hides its own */
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    sem_t sem;
    int null;            /* /dev/null */
    FILE *file;          /* the same */
    void *made;          /* [rt] */
    void *memory[TIMES]; /* [rt] to be freed, */
    int n_memory;        /* so many */
    char *pages;         /* [rt] untouched ones from here */
};

static void sin_malloc(struct sinner *s)
{
    s->made = malloc(100);
}
static void sin_free(struct sinner *s)
{
    free(s->memory[--s->n_memory]);
}
static void sin_mutex(struct sinner *s)
{
    pthread_mutex_lock(&s->mutex);
    pthread_mutex_unlock(&s->mutex);
}
static void sin_cond(struct sinner *s)
{
    pthread_cond_signal(&s->cond);
}
static void sin_sem(struct sinner *s)
{
    sem_post(&s->sem);
}
static void sin_write(struct sinner *s)
{
    if (write(s->null, "x", 1) != 1)
        s->null = -1;
}
static void sin_print(struct sinner *s)
{
    fprintf(s->file, "%d\n", s->null);
}
static void sin_open(struct sinner *s)
{
    (void)s;
    close(open("/dev/null", O_RDONLY | O_CLOEXEC));
}
static void sin_sleep(struct sinner *s)
{
    (void)s;
    usleep(100);
}
static void sin_stat(struct sinner *s)
{
    struct stat found;

    (void)s;
    stat("/dev/null", &found);
}
/* No function that anybody stands in for: the kernel alone sees it. */
static void sin_kernel(struct sinner *s)
{
    (void)s;
    getppid();
}
static void sin_ports(struct sinner *s)
{
    jack_free(jack_get_ports(s->jack, NULL, NULL, 0));
}
static void sin_connect(struct sinner *s)
{
    jack_connect(s->jack, "nobody:out", "nobody:in");
}
static void sin_page(struct sinner *s)
{
    *s->pages = 1;
    s->pages += PAGE;
}

static const struct {
    const char *name;
    void (*sin)(struct sinner *s);
} sins[] = {
    {"none", NULL},       {"malloc", sin_malloc},   {"free", sin_free},
    {"mutex", sin_mutex}, {"cond", sin_cond},       {"sem", sin_sem},
    {"write", sin_write}, {"print", sin_print},     {"open", sin_open},
    {"sleep", sin_sleep}, {"stat", sin_stat},       {"kernel", sin_kernel},
    {"ports", sin_ports}, {"connect", sin_connect}, {"page", sin_page},
};

static void process_rt(void *ctx, const struct jclient_cycle *cycle)
{
    struct sinner *s = ctx;
    uint32_t n = atomic_load_explicit(&s->n, memory_order_relaxed);

    (void)cycle;
    if (s->sin && n >= CYCLES && n < CYCLES + TIMES)
        s->sin(s);
    atomic_store_explicit(&s->n, n + 1, memory_order_relaxed);
}

/* What the sins need. Untouched pages are small ones, one fault each. */
static int prepare(struct sinner *s)
{
    while (s->n_memory < TIMES)
        s->memory[s->n_memory++] = malloc(100);
    pthread_mutex_init(&s->mutex, NULL);
    pthread_cond_init(&s->cond, NULL);
    sem_init(&s->sem, 0, 0);
    s->null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    s->file = fopen("/dev/null", "w");
    s->pages = mmap(NULL, (TIMES + 1) * PAGE, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (s->null < 0 || !s->file || s->pages == MAP_FAILED)
        return -errno;
    s->jack = jack_client_open("rt_sins_other", JackNoStartServer, NULL);
    return s->jack ? 0 : -EHOSTDOWN;
}

static int find(struct sinner *s, const char *name)
{
    for (size_t i = 0; i < sizeof(sins) / sizeof(sins[0]); i++)
        if (strcmp(sins[i].name, name) == 0) {
            s->sin = sins[i].sin;
            return 0;
        }
    return -ENOENT;
}

int main(int argc, char **argv)
{
    static struct sinner s;
    struct log log = {"rt_sins", LOG_WARN};
    struct jclient_opts o = {
        .log = &log, .name = "rt_sins", .process_rt = process_rt, .rt_ctx = &s};
    struct jclient *client = NULL;
    int code = 1;

    if (argc != 2 || find(&s, argv[1]) < 0) {
        fprintf(stderr, "usage: rt_sins SIN|none\n");
        return 2;
    }
    if (prepare(&s) < 0 || jclient_open(&client, &o) < 0 ||
        jclient_activate(client) < 0)
        goto out;
    while (atomic_load_explicit(&s.n, memory_order_relaxed) <
               CYCLES + TIMES + 1 &&
           jclient_alive(client))
        clock_sleep(10 * NS_PER_MS);
    code = 0;
out:
    jclient_close(&client);
    if (s.jack)
        jack_client_close(s.jack);
    return code;
}
