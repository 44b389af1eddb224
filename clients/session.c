// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/session.h"

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
#include "graph/state.h"

#define ANNOUNCE_WAIT (5 * NS_PER_S)  /* for the manager's first word */
#define OPEN_SAY      (10 * NS_PER_S) /* then it is said that nothing comes */
#define LOOK_NS       NS_PER_S        /* between two looks for changes */

/* --- saving --------------------------------------------------------------- */

static void refresh(struct session *s)
{
    if (s->o.refresh)
        s->o.refresh(s->o.ctx);
}

/* What is on disk is what there is. */
static void remember(struct session *s)
{
    free(s->saved);
    s->saved = state_text(s->o.program, false);
    nsm_dirty(s->nsm, false);
}

static int save(struct session *s, char err[STATE_ERROR_MAX])
{
    int r;

    refresh(s);
    r = state_save(s->o.program, s->path, err);
    if (r < 0) {
        log_error(s->o.log, "the state is not saved: %s", err);
        return r;
    }
    log_info(s->o.log, "state saved to %s", s->path);
    remember(s);
    return 0;
}

static void save_asked(struct session *s)
{
    char err[STATE_ERROR_MAX];

    if (*s->path)
        (void)save(s, err);
    else
        log_warn(s->o.log,
                 "SIGUSR1 asks to save the state, but nobody said where: "
                 "--state FILE does, or a session manager");
}

static void answer_save(struct session *s)
{
    char err[STATE_ERROR_MAX];
    int r = save(s, err);

    nsm_answer(s->nsm, NSM_SAVE, r < 0 ? NSM_GENERAL : NSM_OK,
               r < 0 ? err : "saved");
}

/* Whether the manager's people have something to save. */
static void look(struct session *s, int64_t now)
{
    char *text;

    if (!s->nsm || !s->o.changes || now < s->look_at)
        return;
    s->look_at = now + LOOK_NS;
    refresh(s);
    text = state_text(s->o.program, false);
    nsm_dirty(s->nsm, text && s->saved && strcmp(text, s->saved) != 0);
    free(text);
}

/* --- signals -------------------------------------------------------------- */

static int catch_signals(struct session *s)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    /* before any thread starts, so that all have them blocked */
    sigprocmask(SIG_BLOCK, &set, NULL);
    s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (s->signals < 0) {
        int err = -errno;
        log_error(s->o.log, "no signalfd: %s", strerror(-err));
        return err;
    }
    return 0;
}

/* Whether one of them asks to end; *save: one asks to save. */
static bool take_signals(const struct session *s, bool *save_too)
{
    struct signalfd_siginfo i;
    bool end = false;

    while (read(s->signals, &i, sizeof(i)) == (ssize_t)sizeof(i)) {
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
static int wait_open(struct session *s)
{
    struct pollfd fd[] = {{.fd = s->signals, .events = POLLIN},
                          {.fd = nsm_fd(s->nsm), .events = POLLIN}};
    int64_t begun = clock_now();
    bool said = false, save_too = false;

    for (;;) {
        enum nsm_event what = nsm_serve(s->nsm);
        enum nsm_state state = nsm_state(s->nsm);
        int64_t left = begun - clock_now() +
                       (state == NSM_ANNOUNCED ? ANNOUNCE_WAIT : OPEN_SAY);

        if (what == NSM_OPEN)
            return 1;
        if (state == NSM_REFUSED || (state == NSM_ANNOUNCED && left <= 0))
            return -ETIME;
        if (left <= 0 && !said)
            log_warn(s->o.log,
                     "the session manager knows us, but opens no session; "
                     "waiting for it");
        said = said || left <= 0;
        poll(fd, 2, said ? -1 : poll_ms(left));
        if (take_signals(s, &save_too))
            return 0;
    }
}

/* 1: go on, in a session or alone. 0: the end is asked for. */
static int join(struct session *s, const char *url)
{
    const char *name = s->o.program->name;
    struct nsm_opts o = {.log = s->o.log,
                         .url = url,
                         .name = name,
                         .program = program_invocation_short_name,
                         .dirty = s->o.changes};
    int r = nsm_new(&s->nsm, &o);

    if (r == 0)
        r = wait_open(s);
    if (r >= 0)
        return r;
    if (s->nsm && nsm_state(s->nsm) == NSM_REFUSED)
        log_warn(s->o.log, "the session manager won't have us: %s",
                 nsm_why(s->nsm));
    else if (s->nsm)
        log_warn(s->o.log, "the session manager at %s (NSM_URL) doesn't answer",
                 url);
    log_warn(s->o.log, "going on without a session manager");
    nsm_free(&s->nsm);
    return 1;
}

static void take_session(struct session *s)
{
    if (s->o.state)
        log_warn(s->o.log,
                 "--state: the session manager says where the state is: "
                 "%s.yaml",
                 nsm_path(s->nsm));
    snprintf(s->path, sizeof(s->path), "%s.yaml", nsm_path(s->nsm));
    *s->o.name = nsm_client_id(s->nsm);
    s->opened = true;
    log_info(s->o.log, "session manager: %s; plays as %s, state in %s",
             nsm_why(s->nsm), *s->o.name, s->path);
}

static int load(struct session *s)
{
    char err[STATE_ERROR_MAX];
    int r = state_load(s->o.program, s->path, err);

    s->fresh = r == 0;
    if (r > 0)
        log_info(s->o.log, "state read from %s", s->path);
    if (r >= 0)
        return 1;
    log_error(s->o.log, "state: %s", err);
    if (s->opened)
        nsm_answer(s->nsm, NSM_OPEN, NSM_BAD_PROJECT, err);
    s->opened = false;
    return r == -EINVAL ? r : -EIO;
}

/* --- a life --------------------------------------------------------------- */

int session_begin(struct session *s, const struct session_opts *o)
{
    const char *url = getenv("NSM_URL");
    int r;

    *s = (struct session){.o = *o, .signals = -1};
    r = catch_signals(s);
    if (r < 0)
        return r;
    if (o->state && strlen(o->state) >= sizeof(s->path)) {
        log_error(o->log, "--state: the path is too long");
        return -EINVAL;
    }
    if (o->state)
        snprintf(s->path, sizeof(s->path), "%s", o->state);
    r = url && *url ? join(s, url) : 1;
    if (r == 1 && s->nsm)
        take_session(s);
    return r == 1 && *s->path ? load(s) : r;
}

int session_ready(struct session *s, const char *text)
{
    char err[STATE_ERROR_MAX];
    int r = 0;

    watchdog_init(&s->watchdog, notify_watchdog_period(), clock_now());
    if (!s->nsm)
        return 0;
    if (s->fresh)
        r = save(s, err); /* a new project is there from its begin */
    else
        refresh(s);
    remember(s);
    nsm_answer(s->nsm, NSM_OPEN, r < 0 ? NSM_CREATE_FAILED : NSM_OK,
               r < 0 ? err : text);
    s->opened = false;
    if (r == 0)
        nsm_message(s->nsm, text);
    return r;
}

static void feed_watchdog(struct session *s, int64_t now)
{
    uint64_t count[WATCHDOG_COUNTS];
    uint32_t n = 0;

    if (now < watchdog_due(&s->watchdog))
        return;
    if (s->o.progress)
        n = s->o.progress(s->o.ctx, count);
    if (watchdog_alive(&s->watchdog, now, count, n))
        notify_watchdog();
}

bool session_wait(struct session *s, int64_t ns, int fd)
{
    enum { SIGNALS, MANAGER, OTHER, N };
    struct pollfd p[N] = {
        [SIGNALS] = {.fd = s->signals, .events = POLLIN},
        [MANAGER] = {.fd = nsm_fd(s->nsm), .events = POLLIN},
        [OTHER] = {.fd = fd, .events = POLLIN},
    };
    int64_t end = clock_now() + ns, now;

    do {
        bool save_too = false;
        int64_t until = watchdog_due(&s->watchdog);

        until = until < end ? until : end;
        poll(p, N, poll_ms(until - clock_now()));
        if (take_signals(s, &save_too))
            return true;
        if (save_too)
            save_asked(s);
        if (nsm_serve(s->nsm) == NSM_SAVE)
            answer_save(s);
        now = clock_now();
        feed_watchdog(s, now);
        look(s, now);
    } while (now < end && !p[OTHER].revents);
    return false;
}

void session_end(struct session *s)
{
    if (s->opened)
        nsm_answer(s->nsm, NSM_OPEN, NSM_GENERAL,
                   "can't start; the client's log says why");
    s->opened = false;
    nsm_free(&s->nsm);
    free(s->saved);
    s->saved = NULL;
    if (s->o.log && s->signals >= 0)
        close(s->signals);
    s->signals = -1;
}
