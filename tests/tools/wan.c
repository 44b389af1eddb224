// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * wan --far PID: joins the network of this process and that of another by two
 * tun devices, and is the long way between them: delay, loss, a rate, outages,
 * for each address of the far side its own (wan_link.h). Told what to do by
 * lines on stdin, until its end. For what needs a network that netem would
 * give, where the kernel has none; everything is lost beyond the stack of the
 * side that sends, as on a real way.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <math.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "graph/cli.h"
#include "graph/clock.h"
#include "graph/log.h"
#include "tests/tools/wan_link.h"

#define LINKS      256   /* most of them */
#define BATCH      64    /* packets read between two looks at what is due */
#define LINE_BYTES 4096  /* of commands waiting */
#define WORDS      4     /* of a command, and one too many */
#define QUEUE      32768 /* bytes */
#define IP4_HEADER 20
#define IP4_FROM   12 /* where the addresses are in it, bytes */
#define IP4_TO     16

enum side { NEAR, FAR, SIDES };

struct wan {
    /* [init] */
    struct log log;
    const char *far, *device;
    uint32_t seed;

    int tun[SIDES], clock, poll;
    int64_t began;       /* ns */
    struct link_set set; /* of links not made yet */
    struct link *links;  /* [LINKS] */
    uint32_t n_links;
    uint64_t other; /* packets that were not IPv4 */
    uint32_t shown; /* times */
    bool over;      /* stdin has ended */
    char line[LINE_BYTES];
    size_t line_len;
};

static const char notes[] =
    "Commands, a line each. ADDR is an IPv4 address of the far side; without "
    "it\n"
    "all are meant, those that have not been seen yet too.\n"
    "  delay [ADDR] MS         one way, both ways (0)\n"
    "  loss [ADDR] PERCENT     of packets at random, both ways (0)\n"
    "  rate ADDR KBPS [BYTES]  to ADDR, kbit/s of IP packets, so many bytes "
    "of\n"
    "                          which may wait (32768)\n"
    "  rate ADDR off\n"
    "  outage [ADDR] SECONDS   from now on everything is lost, both ways\n"
    "  show                    print, for each address and way, what passed "
    "and\n"
    "                          what was lost, and 'shown N' at the N-th time\n"
    "Prints 'ready' when both devices are there. They want addresses yet. The "
    "end\n"
    "of stdin ends it; a command it doesn't know does so with exit code 2.\n";

/* A device of the network that this process is in now. */
static int open_tun(const struct wan *w)
{
    struct ifreq r = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), err;

    if (fd < 0) {
        err = -errno;
        log_error(&w->log, "/dev/net/tun: %s", strerror(-err));
        return err;
    }
    snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", w->device);
    if (ioctl(fd, TUNSETIFF, &r)) {
        err = -errno;
        log_error(&w->log, "can't make the device %s: %s", w->device,
                  strerror(-err));
        close(fd);
        return err;
    }
    return fd;
}

/* This process goes over to the far network, once its own end is there. */
static int enter_far(const struct wan *w)
{
    char path[64];
    int err = 0;

    snprintf(path, sizeof(path), "/proc/%s/ns/net", w->far);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || setns(fd, CLONE_NEWNET)) {
        err = -errno;
        log_error(&w->log, "%s: %s", path, strerror(-err));
    }
    if (fd >= 0)
        close(fd);
    return err;
}

static int watch(const struct wan *w, int fd)
{
    struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(w->poll, EPOLL_CTL_ADD, fd, &e) ? -errno : 0;
}

/* Errors: -EIO, said. */
static int open_all(struct wan *w)
{
    w->tun[NEAR] = open_tun(w);
    if (w->tun[NEAR] < 0 || enter_far(w))
        return -EIO;
    w->tun[FAR] = open_tun(w);
    if (w->tun[FAR] < 0)
        return -EIO;
    w->clock = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    w->poll = epoll_create1(EPOLL_CLOEXEC);
    w->links = calloc(LINKS, sizeof(*w->links));
    if (w->clock < 0 || w->poll < 0 || !w->links || watch(w, w->tun[NEAR]) ||
        watch(w, w->tun[FAR]) || watch(w, w->clock) || watch(w, STDIN_FILENO)) {
        log_error(&w->log, "%s", strerror(errno));
        return -EIO;
    }
    return 0;
}

static void close_all(struct wan *w)
{
    for (uint32_t i = 0; i < w->n_links; i++)
        link_fini(&w->links[i]);
    free(w->links);
    for (int s = 0; s < SIDES; s++)
        if (w->tun[s] >= 0)
            close(w->tun[s]);
    if (w->clock >= 0)
        close(w->clock);
    if (w->poll >= 0)
        close(w->poll);
}

/* The link of an address, made when it is first seen; NULL: too many. */
static struct link *find_link(struct wan *w, uint32_t address)
{
    for (uint32_t i = 0; i < w->n_links; i++)
        if (w->links[i].address == address)
            return &w->links[i];
    if (w->n_links == LINKS)
        return NULL;
    link_init(&w->links[w->n_links], address, &w->set, w->seed);
    return &w->links[w->n_links++];
}

/* Reads one packet of a side; false: there is none. */
static bool take(struct wan *w, enum side from)
{
    enum link_way way = from == NEAR ? LINK_TO : LINK_FROM;
    struct link_packet *p = malloc(sizeof(*p));
    uint32_t address;
    ssize_t n = p ? read(w->tun[from], p->data, sizeof(p->data)) : -1;

    if (n <= 0) {
        free(p);
        return false;
    }
    if (n < IP4_HEADER || p->data[0] >> 4 != 4) {
        w->other++;
        free(p);
        return true;
    }
    memcpy(&address, p->data + (way == LINK_TO ? IP4_TO : IP4_FROM),
           sizeof(address));
    struct link *l = find_link(w, address);
    if (!l) {
        w->other++;
        free(p);
        return true;
    }
    p->len = (uint32_t)n;
    link_enter(l, way, p, clock_now());
    return true;
}

/* What a device doesn't take (it is down) is lost, as on a real one. */
static void deliver(struct wan *w)
{
    int64_t now = clock_now();

    for (uint32_t i = 0; i < w->n_links; i++) {
        for (int way = 0; way < LINK_WAYS; way++) {
            int to = w->tun[way == LINK_TO ? FAR : NEAR];
            struct link_packet *p;
            while ((p = link_leave(&w->links[i], (enum link_way)way, now))) {
                if (write(to, p->data, p->len) < 0 && errno != EIO)
                    log_debug(&w->log, "%s", strerror(errno));
                free(p);
            }
        }
    }
}

/* Wakes when the next packet is due. */
static int set_clock(struct wan *w)
{
    int64_t next = LINK_NEVER;
    struct itimerspec t = {.it_value = {0}}; /* off */

    for (uint32_t i = 0; i < w->n_links; i++) {
        int64_t at = link_next(&w->links[i]);
        next = at < next ? at : next;
    }
    if (next != LINK_NEVER) {
        t.it_value.tv_sec = next / NS_PER_S;
        t.it_value.tv_nsec = next % NS_PER_S;
    }
    return timerfd_settime(w->clock, TFD_TIMER_ABSTIME, &t, NULL) ? -errno : 0;
}

static void show_way(const struct link *l, enum link_way way)
{
    static const char *const names[] = {"to", "from"};
    const struct link_counts *c = &l->way[way].counts;
    struct in_addr a = {l->address};

    printf("%s %s passed=%llu bytes=%llu lost=%llu outage=%llu full=%llu\n",
           names[way], inet_ntoa(a), (unsigned long long)c->passed,
           (unsigned long long)c->bytes, (unsigned long long)c->lost,
           (unsigned long long)c->outage, (unsigned long long)c->full);
}

static void show(struct wan *w)
{
    printf("at %.6f s, other=%llu\n",
           (double)(clock_now() - w->began) / NS_PER_S,
           (unsigned long long)w->other);
    for (uint32_t i = 0; i < w->n_links; i++)
        for (int way = 0; way < LINK_WAYS; way++)
            show_way(&w->links[i], (enum link_way)way);
    printf("shown %u\n", (unsigned)++w->shown);
}

/* A finite number within [0, max]. */
static bool number(const char *text, double max, double *x)
{
    char *end;

    if (!text || !(*text >= '0' && *text <= '9'))
        return false;
    *x = strtod(text, &end);
    return *end == 0 && isfinite(*x) && *x <= max;
}

/* What the words say about one property, onto a set; false: nothing known. */
static bool change(struct link_set *s, char *const *word, int64_t now)
{
    double x, bytes = QUEUE;

    if (strcmp(word[0], "rate") == 0 && word[1]) {
        if (strcmp(word[1], "off") == 0) {
            s->rate = 0;
            return !word[2];
        }
        if (!number(word[1], 1e7, &x) || x < 0.1 ||
            (word[2] && !number(word[2], 1e9, &bytes)))
            return false;
        s->rate = x * 125;
        s->queue = (uint32_t)bytes;
        return true;
    }
    if (!number(word[1], 1e5, &x) || word[2])
        return false;
    if (strcmp(word[0], "delay") == 0)
        s->delay = (int64_t)(x * NS_PER_MS);
    else if (strcmp(word[0], "loss") == 0 && x <= 100)
        s->loss = x / 100;
    else if (strcmp(word[0], "outage") == 0)
        s->outage = now + (int64_t)(x * NS_PER_S);
    else
        return false;
    return true;
}

static bool change_one(struct wan *w, uint32_t address, char *const *word,
                       int64_t now)
{
    struct link *l = find_link(w, address);
    struct link_set s;

    if (!l)
        return false;
    s = l->set;
    if (!change(&s, word, now))
        return false;
    link_change(l, &s, now);
    return true;
}

static bool change_all(struct wan *w, char *const *word, int64_t now)
{
    if (!change(&w->set, word, now))
        return false;
    for (uint32_t i = 0; i < w->n_links; i++)
        change_one(w, w->links[i].address, word, now);
    return true;
}

static bool obey(struct wan *w, char *line)
{
    char *word[WORDS + 2] = {NULL}, *rest = NULL;
    struct in_addr a;
    int n = 0;

    for (char *t = strtok_r(line, " ", &rest); t && n <= WORDS;
         t = strtok_r(NULL, " ", &rest))
        word[n++] = t;
    if (n == 0)
        return true;
    if (n == 1 && strcmp(word[0], "show") == 0) {
        show(w);
        return true;
    }
    if (n < 2 || n > WORDS)
        return false;
    if (inet_pton(AF_INET, word[1], &a) != 1)
        return strcmp(word[0], "rate") != 0 && change_all(w, word, clock_now());
    word[1] = word[0];
    return change_one(w, a.s_addr, word + 1, clock_now());
}

/* Whole lines of what stdin has. Errors: -EINVAL, said. */
static int read_commands(struct wan *w)
{
    char said[LINE_BYTES], *end;
    ssize_t n = read(STDIN_FILENO, w->line + w->line_len,
                     sizeof(w->line) - 1 - w->line_len);

    if (n <= 0) {
        w->over = n == 0 || (errno != EAGAIN && errno != EINTR);
        return 0;
    }
    w->line_len += (size_t)n;
    w->line[w->line_len] = 0;
    while ((end = strchr(w->line, '\n'))) {
        *end = 0;
        memcpy(said, w->line, (size_t)(end - w->line) + 1);
        if (!obey(w, w->line)) {
            log_error(&w->log, "command '%s': allowed are those of --help",
                      said);
            return -EINVAL;
        }
        w->line_len -= (size_t)(end + 1 - w->line);
        memmove(w->line, end + 1, w->line_len + 1);
    }
    if (w->line_len == sizeof(w->line) - 1) {
        log_error(&w->log, "a command of more than %d bytes", LINE_BYTES);
        return -EINVAL;
    }
    return 0;
}

static int on_event(struct wan *w, const struct epoll_event *e)
{
    int fd = e->data.fd;
    uint64_t ticks;

    if (fd == STDIN_FILENO)
        return read_commands(w);
    if (fd == w->clock)
        return read(fd, &ticks, sizeof(ticks)) < 0 && errno != EAGAIN ? -errno
                                                                      : 0;
    if (e->events & EPOLLERR)
        return -ENODEV; /* somebody has deleted it */
    for (int i = 0; i < BATCH; i++)
        if (!take(w, fd == w->tun[NEAR] ? NEAR : FAR))
            break;
    return 0;
}

static int run(struct wan *w)
{
    struct epoll_event events[SIDES + 2];
    int err = 0;

    while (!w->over && !err) {
        deliver(w);
        err = set_clock(w);
        int n = epoll_wait(w->poll, events, SIDES + 2, -1);
        if (n < 0 && errno != EINTR)
            return -errno;
        for (int i = 0; i < n && !err; i++)
            err = on_event(w, &events[i]);
    }
    return err;
}

static int parse(struct wan *w, int argc, char **argv)
{
    struct cli_option options[] = {
        {.name = "far",
         .type = CLI_STRING,
         .dest = &w->far,
         .arg = "PID",
         .help = "a process in the far network"},
        {.name = "device",
         .type = CLI_STRING,
         .dest = &w->device,
         .arg = "NAME",
         .help = "of the devices, the same on both sides (default wan)"},
        {.name = "seed",
         .type = CLI_UINT,
         .dest = &w->seed,
         .arg = "N",
         .help = "which packets are lost (default 1)",
         .max = UINT32_MAX},
        {.name = NULL},
    };
    struct cli_program p = {
        .name = "wan",
        .summary = "A long way between two networks of one machine.",
        .usage = "--far PID [OPTIONS]",
        .options = options,
        .notes = notes,
    };
    int r = cli_parse(&p, argc, argv);

    if (r > 0 &&
        (!w->far || !*w->far || w->far[strspn(w->far, "0123456789")])) {
        log_error(&w->log, "--far: found '%s', allowed is a process id",
                  w->far ? w->far : "");
        r = -EINVAL;
    }
    if (r > 0 && (!*w->device || strlen(w->device) >= IFNAMSIZ)) {
        log_error(&w->log, "--device: found '%s', allowed are 1 to %d bytes",
                  w->device, IFNAMSIZ - 1);
        r = -EINVAL;
    }
    return r;
}

int main(int argc, char **argv)
{
    struct wan w = {
        .log = {"wan", LOG_INFO},
        .device = "wan",
        .seed = 1,
        .tun = {-1, -1},
        .clock = -1,
        .poll = -1,
        .set = {.queue = QUEUE},
        .began = clock_now(),
    };
    int r = parse(&w, argc, argv), code = EXIT_ABSENT;

    if (r <= 0)
        return r < 0 ? EXIT_USAGE : EXIT_OK;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (open_all(&w))
        goto out;
    puts("ready");
    r = run(&w);
    code = r == 0 ? EXIT_OK : r == -EINVAL ? EXIT_USAGE : EXIT_RUNNING;
    if (code == EXIT_RUNNING)
        log_error(&w.log, "%s", strerror(-r));
out:
    close_all(&w);
    return code;
}
