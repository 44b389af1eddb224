// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/keeper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "graph/clock.h"
#include "graph/notify.h"
#include "graph/jgate.h"
#include "graph/state.h"

#define ANNOUNCE_WAIT (5 * NS_PER_S)  /* for the manager's first word */
#define OPEN_SAY      (10 * NS_PER_S) /* then it is said that nothing comes */
#define LOOK_NS       NS_PER_S        /* between two looks for changes */
#define TELL_NS       NS_PER_S        /* between two tries to be asked */

/* --- saving --------------------------------------------------------------- */

static void refresh(struct keeper *k)
{
    if (k->o.refresh)
        k->o.refresh(k->o.ctx);
}

/* What is on disk is what there is. */
static void remember(struct keeper *k)
{
    free(k->saved);
    k->saved = state_text(k->o.program, false);
    nsm_dirty(k->nsm, false);
}

static int save(struct keeper *k, char err[STATE_ERROR_MAX])
{
    int r;

    refresh(k);
    r = state_save(k->o.program, k->path, err);
    if (r < 0) {
        log_error(k->o.log, "the state is not saved: %s", err);
        return r;
    }
    log_info(k->o.log, "state saved to %s", k->path);
    remember(k);
    return 0;
}

static void save_asked(struct keeper *k)
{
    char err[STATE_ERROR_MAX];

    if (*k->path)
        (void)save(k, err);
    else
        log_warn(k->o.log,
                 "SIGUSR1 asks to save the state, but nobody said where: "
                 "--state FILE does, or a session manager");
}

static void answer_save(struct keeper *k)
{
    char err[STATE_ERROR_MAX];
    int r = save(k, err);

    nsm_answer(k->nsm, NSM_SAVE, r < 0 ? NSM_GENERAL : NSM_OK,
               r < 0 ? err : "saved");
}

/* Whether the manager's people have something to save. */
static void look(struct keeper *k, int64_t now)
{
    char *text;

    if (!k->nsm || !k->o.changes || now < k->look_at)
        return;
    k->look_at = now + LOOK_NS;
    refresh(k);
    text = state_text(k->o.program, false);
    nsm_dirty(k->nsm, text && k->saved && strcmp(text, k->saved) != 0);
    free(text);
}

/* --- signals -------------------------------------------------------------- */

static int catch_signals(struct keeper *k)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    /* before any thread starts, so that all have them blocked */
    sigprocmask(SIG_BLOCK, &set, NULL);
    k->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (k->signals < 0) {
        int err = -errno;
        log_error(k->o.log, "no signalfd: %s", strerror(-err));
        return err;
    }
    return 0;
}

/* Whether one of them asks to end; *save_too: one asks to save. */
static bool take_signals(const struct keeper *k, bool *save_too)
{
    struct signalfd_siginfo i;
    bool end = false;

    while (read(k->signals, &i, sizeof(i)) == (ssize_t)sizeof(i)) {
        if (i.ssi_signo == SIGUSR1)
            *save_too = true;
        else
            end = true;
    }
    return end;
}

/* ms of poll(), rounded up: never a moment too early. */
static int poll_ms(int64_t ns)
{
    int64_t ms = ns > 0 ? (ns + NS_PER_MS - 1) / NS_PER_MS : 0;

    return ms < INT_MAX ? (int)ms : INT_MAX;
}

/* --- the session manager -------------------------------------------------- */

/* Until open has come (1), the manager is no more to be waited for (-ETIME), or
   the end is asked for (0). */
static int wait_open(struct keeper *k)
{
    struct pollfd fd[] = {{.fd = k->signals, .events = POLLIN},
                          {.fd = nsm_fd(k->nsm), .events = POLLIN}};
    int64_t begun = clock_now();
    bool said = false, save_too = false;

    for (;;) {
        enum nsm_event what = nsm_serve(k->nsm);
        enum nsm_state state = nsm_state(k->nsm);
        int64_t left = begun - clock_now() +
                       (state == NSM_ANNOUNCED ? ANNOUNCE_WAIT : OPEN_SAY);

        if (what == NSM_OPEN)
            return 1;
        if (state == NSM_REFUSED || (state == NSM_ANNOUNCED && left <= 0))
            return -ETIME;
        if (left <= 0 && !said)
            log_warn(k->o.log,
                     "the session manager knows us, but opens no session; "
                     "waiting for it");
        said = said || left <= 0;
        poll(fd, 2, said ? -1 : poll_ms(left));
        if (take_signals(k, &save_too))
            return 0;
    }
}

/* 1: go on, in a session or alone. 0: the end is asked for. */
static int join(struct keeper *k, const char *url)
{
    const char *name = k->o.program->name;
    struct nsm_opts o = {.log = k->o.log,
                         .url = url,
                         .name = name,
                         .program = program_invocation_short_name,
                         .dirty = k->o.changes};
    int r = nsm_new(&k->nsm, &o);

    if (r == 0)
        r = wait_open(k);
    if (r >= 0)
        return r;
    if (k->nsm && nsm_state(k->nsm) == NSM_REFUSED)
        log_warn(k->o.log, "the session manager won't have us: %s",
                 nsm_why(k->nsm));
    else if (k->nsm)
        log_warn(k->o.log, "the session manager at %s (NSM_URL) doesn't answer",
                 url);
    log_warn(k->o.log, "going on without a session manager");
    nsm_free(&k->nsm);
    return 1;
}

static void take_session(struct keeper *k)
{
    if (k->o.state)
        log_warn(k->o.log,
                 "--state: the session manager says where the state is: "
                 "%s.yaml",
                 nsm_path(k->nsm));
    snprintf(k->path, sizeof(k->path), "%s.yaml", nsm_path(k->nsm));
    *k->o.name = nsm_client_id(k->nsm);
    k->opened = true;
    log_info(k->o.log, "session manager: %s; plays as %s, state in %s",
             nsm_why(k->nsm), *k->o.name, k->path);
}

static int load(struct keeper *k)
{
    char err[STATE_ERROR_MAX];
    int r = state_load(k->o.program, k->path, err);

    k->fresh = r == 0;
    if (r > 0)
        log_info(k->o.log, "state read from %s", k->path);
    if (r >= 0)
        return 1;
    log_error(k->o.log, "state: %s", err);
    if (k->opened)
        nsm_answer(k->nsm, NSM_OPEN, NSM_BAD_PROJECT, err);
    k->opened = false;
    return r == -EINVAL ? r : -EIO;
}

/* --- a life --------------------------------------------------------------- */

int keeper_begin(struct keeper *k, const struct keeper_opts *o)
{
    const char *url = getenv("NSM_URL");
    int r;

    *k = (struct keeper){.o = *o, .signals = -1};
    r = catch_signals(k);
    if (r < 0)
        return r;
    if (o->state && strlen(o->state) >= sizeof(k->path)) {
        log_error(o->log, "--state: the path is too long");
        return -EINVAL;
    }
    if (o->state)
        snprintf(k->path, sizeof(k->path), "%s", o->state);
    r = url && *url ? join(k, url) : 1;
    if (r == 1 && k->nsm)
        take_session(k);
    return r == 1 && *k->path ? load(k) : r;
}

int keeper_ready(struct keeper *k, const char *text)
{
    char err[STATE_ERROR_MAX];
    int r = 0;

    watchdog_init(&k->watchdog, notify_watchdog_period(), clock_now());
    if (!k->nsm)
        return 0;
    if (k->fresh)
        r = save(k, err); /* a new project is there from its begin */
    else
        refresh(k);
    remember(k);
    nsm_answer(k->nsm, NSM_OPEN, r < 0 ? NSM_CREATE_FAILED : NSM_OK,
               r < 0 ? err : text);
    k->opened = false;
    if (r == 0)
        nsm_message(k->nsm, text);
    return r;
}

static void feed_watchdog(struct keeper *k, int64_t now)
{
    uint64_t count[WATCHDOG_COUNTS];
    uint32_t n = 0;

    if (now < watchdog_due(&k->watchdog))
        return;
    if (k->o.progress)
        n = k->o.progress(k->o.ctx, count);
    if (watchdog_alive(&k->watchdog, now, count, n))
        notify_watchdog();
}

void keeper_tell(struct keeper *k, const char *server, const char *name)
{
    int64_t now;
    int err;

    if (k->tell && strcmp(k->tells, name) == 0)
        return;
    tell_close(&k->tell);
    now = clock_now();
    if (now < k->tell_at && strcmp(k->tells, name) == 0)
        return;
    snprintf(k->tells, sizeof(k->tells), "%s", name);
    k->tell_at = now + TELL_NS;
    err = tell_open(&k->tell, jgate_server(server), name);
    if (err)
        log_debug(k->o.log, "nobody can ask how it does: %s", strerror(-err));
}

bool keeper_wait(struct keeper *k, int64_t ns, int fd)
{
    enum { SIGNALS, MANAGER, OTHER, TELL, N };
    struct pollfd p[N] = {
        [SIGNALS] = {.fd = k->signals, .events = POLLIN},
        [MANAGER] = {.fd = nsm_fd(k->nsm), .events = POLLIN},
        [OTHER] = {.fd = fd, .events = POLLIN},
        [TELL] = {.fd = tell_fd(k->tell), .events = POLLIN},
    };
    int64_t end = clock_now() + ns, now;

    do {
        bool save_too = false, asked;
        int64_t until = watchdog_due(&k->watchdog);

        until = until < end ? until : end;
        poll(p, N, poll_ms(until - clock_now()));
        asked = take_signals(k, &save_too);
        if (save_too)
            save_asked(k);
        if (asked)
            return true;
        if (nsm_serve(k->nsm) == NSM_SAVE)
            answer_save(k);
        if (p[TELL].revents)
            tell_serve(k->tell, k->o.told, k->o.ctx);
        now = clock_now();
        feed_watchdog(k, now);
        look(k, now);
    } while (now < end && !p[OTHER].revents);
    return false;
}

void keeper_end(struct keeper *k)
{
    if (k->opened)
        nsm_answer(k->nsm, NSM_OPEN, NSM_GENERAL,
                   "can't start; the client's log says why");
    k->opened = false;
    nsm_free(&k->nsm);
    tell_close(&k->tell);
    free(k->saved);
    k->saved = NULL;
    if (k->o.log && k->signals >= 0)
        close(k->signals);
    k->signals = -1;
}
