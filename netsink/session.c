// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/session.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "graph/clock.h"

#define ID_DIGITS       16
#define BUCKET_BITS_MAX 16
#define NUMBER_MAX      15 /* digits of an epoch and of a packet's number */

/* How far beyond our guess of what a session on air has made a wish may lie, s:
   its rung may have gone up, and the guess knows nothing of that. */
#define GUESS_SLACK 30.0
/* What a guess is worth less than knowing, s. */
#define GUESS_MALUS 2.0
/* What one that asked for another bitrate is worth less, s: as far as an end
   can be away and the stream go on all the same. */
#define OTHER_MALUS ((double)HUB_SECONDS)

/* Linked by age. */
struct list {
    struct session *newest, *oldest;
    uint32_t n;
};

struct sessions {
    uint32_t max;   /* [init] */
    uint64_t key;   /* [init] random */
    uint32_t shift; /* [init] 64 less the bits of a bucket's number */
    struct list on_air, others; /* others: by when they ended */
    uint64_t ever;
    struct session *buckets[];
};

static void list_add(struct list *l, struct session *ses)
{
    ses->newer = NULL;
    ses->older = l->newest;
    if (l->newest)
        l->newest->newer = ses;
    else
        l->oldest = ses;
    l->newest = ses;
    l->n++;
}

static void list_remove(struct list *l, struct session *ses)
{
    if (ses->newer)
        ses->newer->older = ses->older;
    else
        l->newest = ses->older;
    if (ses->older)
        ses->older->newer = ses->newer;
    else
        l->oldest = ses->newer;
    l->n--;
}

static struct list *list_of(struct sessions *s, const struct session *ses)
{
    return ses->on_air ? &s->on_air : &s->others;
}

/* Ids that are claimed may be chosen so that they meet, but for the key, which
   nobody knows: two ids meet by chance alone (Dietzfelbinger's multiply-shift).
 */
static uint32_t bucket_of(const struct sessions *s, uint64_t id)
{
    return (uint32_t)(id * s->key >> s->shift);
}

static struct session **bucket(struct sessions *s, uint64_t id)
{
    return &s->buckets[bucket_of(s, id)];
}

int sessions_new(struct sessions **out, uint32_t max)
{
    uint32_t bits = 6;
    uint64_t key;

    *out = NULL;
    if (getrandom(&key, sizeof(key), 0) != sizeof(key))
        return -EIO;
    while (UINT32_C(1) << bits < max && bits < BUCKET_BITS_MAX)
        bits++;
    *out = calloc(1, sizeof(**out) + (sizeof((*out)->buckets[0]) << bits));
    if (!*out)
        return -ENOMEM;
    (*out)->max = max;
    (*out)->key = key | 1; /* has to be odd */
    (*out)->shift = 64 - bits;
    return 0;
}

void sessions_free(struct sessions **s)
{
    if (!*s)
        return;
    while ((*s)->on_air.newest)
        session_drop(*s, (*s)->on_air.newest);
    while ((*s)->others.newest)
        session_drop(*s, (*s)->others.newest);
    free(*s);
    *s = NULL;
}

static uint64_t random_id(const struct sessions *s)
{
    uint64_t id;

    do {
        if (getrandom(&id, sizeof(id), 0) != sizeof(id))
            return 0;
    } while (id == 0 || session_find(s, id));
    return id;
}

struct session *session_new(struct sessions *s, uint64_t id, int64_t now)
{
    if (s->on_air.n >= s->max)
        return NULL;
    if (s->on_air.n + s->others.n >= s->max)
        session_drop(s, s->others.oldest);
    if (id == 0)
        id = random_id(s);
    struct session *ses = id != 0 ? calloc(1, sizeof(*ses)) : NULL;
    if (!ses)
        return NULL;
    ses->id = id;
    ses->number = ++s->ever;
    ses->begun = ses->connected = now;
    ses->connections = 1;
    ses->on_air = true;
    ses->by_id = *bucket(s, id);
    *bucket(s, id) = ses;
    list_add(&s->on_air, ses);
    return ses;
}

struct session *session_find(const struct sessions *s, uint64_t id)
{
    struct session *ses = s->buckets[bucket_of(s, id)];

    while (ses && ses->id != id)
        ses = ses->by_id;
    return ses;
}

void session_ended(struct sessions *s, struct session *ses, int64_t now)
{
    if (!ses->on_air)
        return;
    list_remove(&s->on_air, ses);
    ses->on_air = false;
    ses->listener = NULL;
    ses->ended = now;
    list_add(&s->others, ses);
}

void session_again(struct sessions *s, struct session *ses, int64_t now)
{
    if (ses->on_air)
        return;
    list_remove(&s->others, ses);
    ses->on_air = true;
    ses->ended = 0;
    ses->connected = now;
    ses->connections++;
    list_add(&s->on_air, ses);
}

void session_drop(struct sessions *s, struct session *ses)
{
    struct session **at = bucket(s, ses->id);

    while (*at != ses)
        at = &(*at)->by_id;
    *at = ses->by_id;
    list_remove(list_of(s, ses), ses);
    free(ses);
}

void sessions_tick(struct sessions *s, int64_t now)
{
    while (s->others.oldest &&
           now - s->others.oldest->ended >= SESSION_KEPT_S * NS_PER_S)
        session_drop(s, s->others.oldest);
}

struct session *session_next(const struct sessions *s, const struct session *at)
{
    return at ? at->older : s->on_air.newest;
}

uint32_t sessions_on_air(const struct sessions *s)
{
    return s->on_air.n;
}

uint32_t sessions_kept(const struct sessions *s)
{
    return s->others.n;
}

uint64_t sessions_ever(const struct sessions *s)
{
    return s->ever;
}

void session_cookie(const struct session *ses, char text[SESSION_COOKIE])
{
    snprintf(text, SESSION_COOKIE,
             SESSION_PREFIX "%016" PRIx64 "=%" PRId64 ".%" PRIu64, ses->id,
             ses->epoch, ses->seq);
}

/* ID_DIGITS hexadecimal digits as we write them; 0: something else. */
static uint64_t read_id(const char *s)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t id = 0;

    for (int i = 0; i < ID_DIGITS; i++) {
        const char *d = s[i] ? strchr(digits, s[i]) : NULL;
        if (!d)
            return 0;
        id = id << 4 | (uint64_t)(d - digits);
    }
    return id;
}

/* Digits up to the one that ends them; NULL: something else. */
static const char *read_number(const char *s, uint64_t *out)
{
    size_t len = strspn(s, "0123456789");

    if (len == 0 || len > NUMBER_MAX)
        return NULL;
    *out = strtoull(s, NULL, 10);
    return s + len;
}

/* One cookie, s up to the semicolon: an id of ours, or 0 in claim->id. */
static void read_cookie(const char *s, struct session_claim *claim)
{
    uint64_t epoch, seq;

    *claim = (struct session_claim){0};
    if (strncmp(s, SESSION_PREFIX, strlen(SESSION_PREFIX)) != 0)
        return;
    uint64_t id = read_id(s + strlen(SESSION_PREFIX));
    s += strlen(SESSION_PREFIX);
    if (id == 0 || s[ID_DIGITS] != '=')
        return;
    s = read_number(s + ID_DIGITS + 1, &epoch);
    if (!s || *s != '.')
        return;
    s = read_number(s + 1, &seq);
    if (!s || !strchr("; \t", *s))
        return;
    claim->id = id;
    claim->epoch = (int64_t)epoch;
    claim->seq = seq;
}

/* The next cookie in a header, *at moves on; false: there is none. */
static bool next_cookie(const char **at, struct session_claim *claim)
{
    const char *c = *at;

    if (!c)
        return false;
    c += strspn(c, "; \t");
    if (!*c)
        return false;
    read_cookie(c, claim);
    *at = c + strcspn(c, ";");
    return true;
}

uint32_t session_stale(const struct sessions *s, const char *cookies,
                       uint32_t keep, uint64_t *ids, uint32_t max)
{
    struct session_claim c;
    uint32_t n_unknown = 0;
    const char *at = cookies;

    while (next_cookie(&at, &c)) {
        if (c.id == 0 || session_find(s, c.id))
            continue;
        if (n_unknown < max)
            ids[n_unknown] = c.id;
        n_unknown++;
    }
    const uint32_t n = n_unknown > keep ? n_unknown - keep : 0;
    return n < max ? n : max;
}

/* It asked for what the wish asks for. */
static bool alike(const struct session *ses, const struct session_wish *w)
{
    return ses->pinned == w->pinned &&
           (!w->pinned || ses->stream.want == w->rung);
}

/* How far the wish is from a session's end, s of audio, and from what it asked
   for; infinite: it is not meant. */
static double distance(const struct session *ses, const struct session_wish *w,
                       int64_t now)
{
    double made = (double)ses->stream.offset, rate = fmax(ses->rate, 1);
    const double malus = alike(ses, w) ? 0 : OTHER_MALUS;

    if (ses->mount != w->mount || ses->stream.o.kind != w->kind ||
        (w->kind == STREAM_WAV && ses->stream.o.rung != w->rung) ||
        w->offset < ses->stream.o.offset)
        return INFINITY;
    if (!ses->on_air)
        return w->offset <= ses->stream.offset
                   ? (made - (double)w->offset) / rate + malus
                   : INFINITY;
    made +=
        (ses->lead / 50.0 + (double)(now - ses->connected) / NS_PER_S) * rate;
    double away = (made - (double)w->offset) / rate;
    return away >= -GUESS_SLACK ? fabs(away) + GUESS_MALUS + malus : INFINITY;
}

struct session *session_choose(const struct sessions *s,
                               const struct session_wish *w, int64_t now,
                               struct session_claim *claim)
{
    struct session *best = NULL;
    struct session_claim found;
    const char *at = w->cookies;
    double least = INFINITY;

    *claim = (struct session_claim){0};
    while (next_cookie(&at, &found)) {
        struct session *ses = found.id ? session_find(s, found.id) : NULL;
        if (ses && distance(ses, w, now) < least) {
            best = ses;
            least = distance(ses, w, now);
        }
        if (!ses && claim->id == 0)
            *claim = found;
    }
    if (best)
        *claim = (struct session_claim){0};
    return best;
}
