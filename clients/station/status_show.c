// SPDX-License-Identifier: GPL-3.0-or-later
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clients/generator/params.h"
#include "clients/station/status.h"
#include "graph/clock.h"
#include "graph/text.h"

/* What is not where it should be reads as nothing: the generator may be of
   another version. */
static const char *text(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));

    return s ? s : "";
}

static double number(const json_t *o, const char *key)
{
    return json_number_value(json_object_get(o, key));
}

static void print_params(const json_t *o)
{
    const json_t *all = json_object_get(o, "parameters");
    int moved = 0;

    printf("set        ");
    for (int p = 0; p < PARAM_COUNT; p++) {
        const struct param_info *i = param_info((enum param)p);
        double v = number(all, i->name);

        if (!json_object_get(all, i->name) || fabs(v - i->def) < 1e-9)
            continue;
        printf("%s%s ", moved++ ? ", " : "", i->name);
        if (p == PARAM_MODE)
            printf("%s", text(o, "mode"));
        else
            printf("%g%s%s", v, *i->unit ? " " : "", i->unit);
    }
    printf("%s\n", moved ? "" : "everything as the preset has it");
}

static void print_time(double s)
{
    long n = (long)s;

    printf("%ld:%02ld:%02ld", n / 3600, n / 60 % 60, n % 60);
}

/* supply_state_name() for people. */
static const char *gpu_words(const char *state)
{
    static const char *const words[][2] = {
        {"off", "none"},
        {"probing", "starting, or on trial"},
        {"gpu", "in use"},
        {"suspect", "in trouble, tried again soon"},
        {"cpu", "measured, the CPU is cheaper"}};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(state, words[i][0]) == 0)
            return words[i][1];
    return state;
}

static void print_generator(const json_t *o, const struct cli_addr *addr)
{
    const json_t *r = json_object_get(o, "renderer");
    const json_t *c = json_object_get(r, "chunks");
    char at[CLI_ADDR_TEXT_MAX];

    printf("generator  %s %s, OSC %s\n", text(o, "program"), text(o, "version"),
           cli_format_addr(addr, at));
    printf("music      %s (%s), seed %s, at ", text(o, "preset"),
           text(o, "title"), text(o, "seed"));
    print_time(number(o, "position_s"));
    printf(", %.0f Hz\n", number(o, "rate_hz"));
    print_params(o);
    printf("renderer   %s; GPU %s\n", text(r, "name"),
           gpu_words(text(r, "state")));
    if (*text(r, "choice"))
        printf("choice     %s\n", text(r, "choice"));
    if (*text(r, "trouble"))
        printf("trouble    the GPU's last: %s\n", text(r, "trouble"));
    printf("chunks     of this preset: %.0f by the GPU, %.0f by the CPU in "
           "full and %.0f thinned; %.0f came late\n",
           number(c, "by_gpu"), number(c, "by_cpu"), number(c, "thinned"),
           number(c, "late"));
    printf("checks     %.0f of %.0f wrong, %.0f failovers, %.0f rebuilds\n",
           number(c, "mismatched"), number(c, "checked"),
           number(r, "failovers"), number(r, "rebuilds"));
    printf("time       load %g, %g ms ahead, %.0f frames missed\n",
           number(o, "load"), number(o, "ahead_ms"),
           number(o, "missed_frames"));
}

/* "-17.3 LUFS", or "silence". */
static const char *loudness(const json_t *o, const char *key, char out[32])
{
    const json_t *x = json_object_get(o, key);

    if (json_is_number(x))
        snprintf(out, 32, "%.1f LUFS", json_number_value(x));
    else
        strcpy(out, "silence");
    return out;
}

static void print_master(const char *name, const json_t *o)
{
    char now[32], all[32];

    printf(
        "master     %s: %s over 3 s, %s since it began, peak %.1f dBTP, gain "
        "%+.1f dB, limited by %.1f dB%s\n",
        name, loudness(o, "lufs_s", now), loudness(o, "lufs_i", all),
        number(o, "true_peak_dbtp"), number(o, "gain_db"),
        number(o, "reduction_db"),
        json_is_true(json_object_get(o, "bypass")) ? ", bypassed" : "");
}

static void print_masters(json_t *clients)
{
    char clean[128];
    const char *name;
    json_t *told;

    json_object_foreach(clients, name, told)
    {
        text_clean(clean, sizeof(clean), name);
        if (strcmp(text(told, "program"), "longwave-master") == 0)
            print_master(clean, told);
    }
}

/* ---- the station --------------------------------------------------------- */

static double clock_s(void)
{
    return (double)clock_now() / NS_PER_S;
}

/* Seconds of processor time a process has used, and since when it is there, by
   the system's uptime; proc(5). */
static bool read_cpu(pid_t pid, double *used, double *born)
{
    char path[64], text[1024], *at;
    unsigned long user, system;
    unsigned long long start;
    double hz = (double)sysconf(_SC_CLK_TCK);
    FILE *f;
    size_t n;

    snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
    f = fopen(path, "re");
    if (!f)
        return false;
    n = fread(text, 1, sizeof(text) - 1, f);
    fclose(f);
    text[n] = '\0';
    at = strrchr(text, ')'); /* a name may hold anything */
    if (!at || sscanf(at + 1,
                      " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu "
                      "%*d %*d %*d %*d %*d %*d %llu",
                      &user, &system, &start) != 3)
        return false;
    *used = (double)(user + system) / hz;
    *born = (double)start / hz;
    return true;
}

static double uptime_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_BOOTTIME, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / NS_PER_S;
}

/* Per cent of a core since the look before, or since it began; under 0: not
   known. */
static double cpu_share(struct status_cpu *cpu, pid_t pid)
{
    double used, born, now = clock_s(), share;
    uint32_t i = 0;

    if (pid <= 0 || !read_cpu(pid, &used, &born))
        return -1;
    while (i < cpu->n && cpu->proc[i].pid != pid)
        i++;
    if (i < cpu->n)
        share = (used - cpu->proc[i].used) / fmax(now - cpu->proc[i].at, 0.01);
    else
        share = used / fmax(uptime_s() - born, 0.01);
    if (i == STATUS_PROCS)
        return share * 100;
    cpu->n = i < cpu->n ? cpu->n : i + 1;
    cpu->proc[i].pid = pid;
    cpu->proc[i].used = used;
    cpu->proc[i].at = now;
    return share * 100;
}

static void print_client(const json_t *c, struct status_cpu *cpu)
{
    pid_t pid = (pid_t)number(c, "pid");
    double share = cpu_share(cpu, pid);

    printf("  %-18s %-9s", text(c, "name"), text(c, "state"));
    if (pid > 0)
        printf(" %8ld", (long)pid);
    else
        printf(" %8s", "-");
    printf(" %8.0f  ", number(c, "restarts"));
    print_time(number(c, "state_for_s"));
    if (share >= 0)
        printf(" %6.1f %%", share);
    else
        printf(" %8s", "-");
    if (json_object_get(c, "next_start_s"))
        printf("  again in %.1f s", number(c, "next_start_s"));
    if (pid <= 0 && *text(c, "last_end"))
        printf("  ended with %s%s%s", text(c, "last_end"),
               *text(c, "last_words") ? ", " : "", text(c, "last_words"));
    else
        printf("  %s", text(c, "says"));
    printf("\n");
}

static void print_patch(const json_t *p)
{
    const json_t *missing = json_object_get(p, "missing");

    if (!json_is_object(p)) {
        printf("patch      none, without a server\n");
        return;
    }
    printf("patch      %.0f cables made, %.0f to make, %.0f waiting, %.0f "
           "pulled by hand, %.0f foreign\n",
           number(p, "present"), number(p, "to_add"), number(p, "waiting"),
           number(p, "pulled"), number(p, "foreign"));
    for (size_t i = 0; i < json_array_size(missing); i++)
        printf("           waiting for %s\n",
               json_string_value(json_array_get(missing, i)));
}

static void print_station(const json_t *o, struct status_cpu *cpu)
{
    const json_t *s = json_object_get(o, "server");
    const json_t *all = json_object_get(o, "clients");
    bool there = json_is_true(json_object_get(s, "there"));

    printf("station    %s (%s), %s, pid %.0f, up ", text(o, "title"),
           text(o, "file"),
           json_is_true(json_object_get(o, "playing")) ? "playing"
           : there                                     ? "not complete"
                                                       : "without a server",
           number(o, "pid"));
    print_time(number(o, "uptime_s"));
    printf("\nserver     JACK '%s', %s, ", text(s, "name"),
           json_is_true(json_object_get(s, "own")) ? "our own" : "not ours");
    if (json_is_false(json_object_get(s, "answers")))
        printf("does not answer, ");
    if (there)
        printf("%.0f Hz, %.0f frames, there for ", number(s, "rate_hz"),
               number(s, "period_frames"));
    else
        printf("gone for ");
    print_time(number(s, "state_for_s"));
    printf(", %.0f restarts\n", number(s, "restarts"));
    printf("  %-18s %-9s %8s %8s  %s\n", "client", "state", "pid", "restarts",
           "for       CPU");
    for (size_t i = 0; i < json_array_size(all); i++)
        print_client(json_array_get(all, i), cpu);
    print_patch(json_object_get(o, "patch"));
    if (*text(o, "listen"))
        printf("listen     %s\n", text(o, "listen"));
    if (*text(o, "operate"))
        printf("operate    %s\n", text(o, "operate"));
}

void status_print(const struct status *s, struct status_cpu *cpu)
{
    const json_t *totals = json_object_get(s->sink, "totals");

    if (s->station)
        print_station(s->station, cpu);
    if (totals)
        printf("listeners  %.0f\n", number(totals, "listeners"));
    print_masters(s->clients);
    if (s->generator)
        print_generator(s->generator, &s->osc);
    else if (*s->osc.host)
        printf("generator  does not answer\n");
}

void status_print_json(const struct status *s)
{
    json_t *all = json_pack("{s:O?, s:O?, s:O?, s:O?}", "station", s->station,
                            "generator", s->generator, "sink", s->sink,
                            "clients", s->clients);

    json_dumpf(all, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
    printf("\n");
    json_decref(all);
}
