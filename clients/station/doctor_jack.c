// SPDX-License-Identifier: GPL-3.0-or-later
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jack/jack.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "clients/paths.h"
#include "clients/station/doctor_priv.h"
#include "graph/jgate.h"
#include "graph/text.h"

#define SHM         "/dev/shm"
#define PATIENCE_MS 4000
#define USERS_MAX   16

/* What JACK servers of one user have in /dev/shm. */
struct user {
    uid_t uid;
    uint32_t servers; /* sockets with somebody behind them */
    uint32_t files;
    int64_t bytes;
};

/* Whether a process listens on the socket of this path. Asking it would be
   heard. */
static bool is_served(const char *path)
{
    FILE *f = fopen("/proc/net/unix", "re");
    char line[512];
    bool found = false;

    while (f && !found && fgets(line, sizeof(line), f)) {
        const char *at = strchr(line, '/');
        line[strcspn(line, "\n")] = '\0';
        found = at && strcmp(at, path) == 0;
    }
    if (f)
        fclose(f);
    return found;
}

static struct user *user_of(struct user all[USERS_MAX], uint32_t *n, uid_t uid)
{
    for (uint32_t i = 0; i < *n; i++)
        if (all[i].uid == uid)
            return &all[i];
    if (*n == USERS_MAX)
        return NULL;
    all[*n] = (struct user){.uid = uid};
    return &all[(*n)++];
}

/* The registry is all users' and the folder of metadata stays as it is. */
static void add_file(struct user all[USERS_MAX], uint32_t *n, int dir,
                     const char *name)
{
    char path[PATH_MAX];
    struct user *u;
    struct stat s;

    if (strncmp(name, "jack", 4) != 0 ||
        strcmp(name, "jack-shm-registry") == 0 ||
        fstatat(dir, name, &s, AT_SYMLINK_NOFOLLOW) < 0 || S_ISDIR(s.st_mode))
        return;
    u = user_of(all, n, s.st_uid);
    if (!u)
        return;
    snprintf(path, sizeof(path), SHM "/%s", name);
    u->servers += S_ISSOCK(s.st_mode) && is_served(path);
    u->files++;
    u->bytes += (int64_t)s.st_blocks * 512;
}

void doctor_ask_shm(struct doctor_shm *out)
{
    struct user all[USERS_MAX];
    struct statvfs v;
    struct dirent *e;
    uint32_t n = 0;
    DIR *d = opendir(SHM);

    out->there = d && statvfs(SHM, &v) == 0;
    out->writable = access(SHM, W_OK) == 0;
    if (out->there) {
        out->size = (int64_t)(v.f_blocks * v.f_frsize);
        out->free = (int64_t)(v.f_bavail * v.f_frsize);
    }
    while (d && (e = readdir(d)))
        add_file(all, &n, dirfd(d), e->d_name);
    if (d)
        closedir(d);
    for (uint32_t i = 0; i < n; i++) {
        out->servers += all[i].servers;
        if (all[i].servers > 0)
            continue;
        if (all[i].uid == getuid()) {
            out->stale_own = all[i].files;
            out->stale_own_b = all[i].bytes;
        } else {
            out->stale_others += all[i].files;
            out->stale_others_b += all[i].bytes;
        }
    }
}

static void ask_library(struct doctor_jack *out)
{
    const char *(*version)(void) = jack_get_version_string;
    Dl_info info;
    void *at;
    char real[PATH_MAX];

    snprintf(out->version, sizeof(out->version), "%s", version());
    /* ISO C has no cast from function to object pointer, POSIX this way. */
    memcpy(&at, &version, sizeof(at));
    if (dladdr(at, &info) && info.dli_fname)
        text_clean(out->path, sizeof(out->path),
                   realpath(info.dli_fname, real) ? real : info.dli_fname);
    if (strstr(out->path, "pipewire") || strstr(out->version, "PipeWire"))
        out->lib = DOCTOR_PIPEWIRE;
}

/* In a child: a server that is stopped or sick doesn't answer. Never starts
   one, and takes no part in the graph. */
static void visit(void *to, const void *ctx)
{
    struct doctor_jack *out = to;
    jack_status_t status = 0;
    jack_client_t *c;

    (void)ctx;
    c = jack_client_open("longwave-doctor", JackNoStartServer | JackServerName,
                         &status, out->name);
    if (!c) {
        out->server = DOCTOR_REFUSES;
        return;
    }
    out->server = DOCTOR_RUNS;
    out->rate = jack_get_sample_rate(c);
    out->period = jack_get_buffer_size(c);
    out->realtime = jack_is_realtime(c) != 0;
    out->load = (double)jack_cpu_load(c);
    jack_client_close(c);
}

/* Whose server of this name runs beside us. */
static void find_other(struct doctor_jack *out)
{
    char prefix[80], path[PATH_MAX];
    struct dirent *e;
    DIR *d = opendir(SHM);

    snprintf(prefix, sizeof(prefix), "jack_%s_", out->name);
    while (d && (e = readdir(d))) {
        const struct passwd *p;
        const char *uid = e->d_name + strlen(prefix);
        char *end;
        if (strncmp(e->d_name, prefix, strlen(prefix)) != 0)
            continue;
        unsigned long id = strtoul(uid, &end, 10);
        snprintf(path, sizeof(path), SHM "/%s", e->d_name);
        if (end == uid || strcmp(end, "_0") != 0 || id == getuid() ||
            !is_served(path))
            continue;
        p = getpwuid((uid_t)id);
        snprintf(out->other, sizeof(out->other), "%.30s%.*s",
                 p ? p->pw_name : "#", p ? 0 : (int)(end - uid), uid);
    }
    if (d)
        closedir(d);
}

/* jackd2's socket tells beforehand whether there is a server: only then is
   libjack asked, which leaves files of its own where there is none. */
static void ask_jack2_server(struct doctor_jack *out)
{
    char path[PATH_MAX];
    int err;

    snprintf(path, sizeof(path), SHM "/jack_%s_%u_0", out->name,
             (unsigned)getuid());
    find_other(out);
    if (access(path, F_OK) < 0)
        return;
    err = doctor_in_child(visit, NULL, out, sizeof(*out), PATIENCE_MS);
    if (err == -ETIMEDOUT)
        out->server = DOCTOR_HANGS;
    else if (err || (out->server == DOCTOR_REFUSES && is_served(path)))
        out->server = DOCTOR_REFUSES;
    else if (out->server == DOCTOR_REFUSES)
        out->server = DOCTOR_STALE;
}

static void ask_pipewire_server(struct doctor_jack *out)
{
    int err = doctor_in_child(visit, NULL, out, sizeof(*out), PATIENCE_MS);

    if (err == -ETIMEDOUT)
        out->server = DOCTOR_HANGS;
    else if (err || out->server == DOCTOR_REFUSES)
        out->server = out->pipewire ? DOCTOR_REFUSES : DOCTOR_NO_SERVER;
}

void doctor_ask_jack(struct doctor_jack *out, const char *server)
{
    const char *dir = getenv("XDG_RUNTIME_DIR");
    char path[PATH_MAX];

    snprintf(out->name, sizeof(out->name), "%s", jgate_server(server));
    ask_library(out);
    out->jackd = paths_program("jackd", path) == 0;
    out->pw_jack = paths_program("pw-jack", path) == 0;
    snprintf(path, sizeof(path), "%s/pipewire-0", dir ? dir : "");
    out->pipewire = dir && access(path, F_OK) == 0;
    if (out->lib == DOCTOR_PIPEWIRE)
        ask_pipewire_server(out);
    else
        ask_jack2_server(out);
}
