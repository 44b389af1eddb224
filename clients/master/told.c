// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/master/told.h"

#include "clients/telling.h"

const struct jclient_port told_in[3] = {
    {"in_L", "Input left", "in"}, {"in_R", "Input right", "in"}, {NULL}};
const struct jclient_port told_out[3] = {
    {"out_L", "Output left", "out"}, {"out_R", "Output right", "out"}, {NULL}};

static json_t *levels_json(const struct told *t)
{
    json_t *o = json_object();

    telling_levels(o, told_in, &t->chain->gauge, 0);
    telling_levels(o, told_out, &t->chain->gauge, 2);
    return o;
}

/* null is silence, or too little sound yet. */
static void put_meters(json_t *o, const struct chain *c)
{
    struct leveller_meters m = leveller_meters(c->leveller);

    telling_put(o, "lufs_m", telling_number(m.momentary, 100));
    telling_put(o, "lufs_s", telling_number(m.short_term, 100));
    telling_put(o, "lufs_i", telling_number(m.integrated, 100));
    telling_put(o, "true_peak_dbtp", telling_number(m.true_peak, 100));
    telling_put(o, "gain_db", telling_number(m.gain_db, 100));
    telling_put(o, "reduction_db", telling_number(m.reduction, 100));
    telling_put(o, "latency_frames", json_integer(limiter_latency(c->limiter)));
}

static json_t *everything(const struct told *t, uint64_t after)
{
    json_t *o = telling_begin("longwave-master");
    struct jclient_stats s;

    jclient_stats(t->jack, &s);
    telling_put(o, "target_lufs", telling_number(t->target, 100));
    telling_put(o, "ceiling_dbtp", telling_number(t->ceiling, 100));
    telling_put(o, "bypass", json_boolean(t->bypass));
    put_meters(o, t->chain);
    telling_put(o, "jack",
                telling_jack(jclient_alive(t->jack), jclient_name(t->jack),
                             jclient_period(t->jack), &s));
    telling_put(o, "levels", levels_json(t));
    telling_put(o, "log", telling_log(t->tail, after));
    return o;
}

char *told_text(const struct told *t, const char *question)
{
    struct telling q = telling_read(question);

    if (q.what == TELLING_LEVELS)
        return telling_dump(json_pack("{s:o}", "levels", levels_json(t)));
    return telling_dump(everything(t, q.after));
}
