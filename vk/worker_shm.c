// SPDX-License-Identifier: GPL-3.0-or-later
#include "vk/worker_shm.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "graph/clock.h"

#define ALIGN 64 /* bytes, a cache line */

static size_t aligned(size_t n)
{
    return (n + ALIGN - 1) / ALIGN * ALIGN;
}

int worker_layout(struct worker_layout *out, const struct scene_limits *max)
{
    size_t notes = max->notes * sizeof(struct scene_note);
    size_t bands = max->bands * sizeof(struct scene_band);
    size_t mods = max->mods * sizeof(struct scene_mod);
    struct worker_layout l = {0};

    /* counts are 32 bit: the sums fit a size_t */
    if (!max->notes || !max->bands || !max->partials || !max->thin)
        return -EINVAL;
    l.first = aligned(sizeof(struct worker_shm));
    l.bands = aligned(notes);
    l.mods = l.bands + aligned(bands);
    l.out = l.mods + aligned(mods);
    l.stride = l.out + aligned(sizeof(struct worker_out));
    l.bytes = l.first + WORKER_SLOTS * l.stride;
    if (l.bytes > WORKER_BYTES_MAX)
        return -EINVAL;
    *out = l;
    return 0;
}

static char *area(struct worker_shm *shm, const struct worker_layout *l,
                  uint32_t i)
{
    return (char *)shm + l->first + i * l->stride;
}

struct worker_out *worker_slot_out(struct worker_shm *shm,
                                   const struct worker_layout *l, uint32_t i)
{
    return (void *)(area(shm, l, i) + l->out);
}

void worker_slot_scene(struct worker_shm *shm, const struct worker_layout *l,
                       uint32_t i, struct scene *out)
{
    char *at = area(shm, l, i);

    *out = (struct scene){.notes = (void *)(at + l->notes),
                          .bands = (void *)(at + l->bands),
                          .mods = (void *)(at + l->mods)};
}

uint64_t worker_canary(int64_t first, uint32_t generation)
{
    uint64_t z = (uint64_t)first * UINT64_C(0x9e3779b97f4a7c15) + generation;

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    return z ^ z >> 31;
}

void worker_ring(_Atomic uint32_t *bell)
{
    /* release: pairs with the acquire of the listener's own load, so that it
       finds what was done before */
    atomic_fetch_add_explicit(bell, 1, memory_order_release);
    syscall(SYS_futex, bell, FUTEX_WAKE, 1, NULL, NULL, 0);
}

void worker_listen(_Atomic uint32_t *bell, uint32_t seen, int64_t timeout_ns)
{
    struct timespec t = {.tv_sec = timeout_ns / NS_PER_S,
                         .tv_nsec = timeout_ns % NS_PER_S};

    /* the kernel compares again under its lock: no call is lost */
    if (timeout_ns > 0)
        syscall(SYS_futex, bell, FUTEX_WAIT, seen, &t, NULL, 0);
}
