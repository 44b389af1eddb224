// SPDX-License-Identifier: GPL-3.0-or-later
/* What the CPU renderer needs, and what is too much for it. */
#include "clients/generator/supply_priv.h"

#define GUESS_NS  300.0 /* for a partial, before any was measured */
#define LEARN_MIN 16    /* partials: of fewer, the rest takes longer */
#define LARGE     0.25  /* of real time: more is too much for the CPU */
#define LARGE_NOT 0.18  /* and no longer so under this */

int64_t supply_predict(const struct supply *s, uint32_t partials)
{
    double each = s->partial_ns > 0.0 ? s->partial_ns : GUESS_NS;

    return (int64_t)(each * partials) + NS_PER_MS / 20;
}

static void follow(double *mean, double x, double up, double down)
{
    double more = x - *mean;
    *mean = *mean > 0.0 ? *mean + more * (more > 0.0 ? up : down) : x;
}

/* For deadlines, quick to believe in the worse; for thinning, which is heard,
   in the better: other programs come and go. */
static void learn(struct supply *s, uint32_t partials, int64_t took)
{
    double each = (double)took / (partials + 1.0);

    if (partials < LEARN_MIN)
        return;
    follow(&s->partial_ns, each, 0.5, 0.1);
    follow(&s->partial_low_ns, each, 0.01, 0.5);
}

int supply_render(struct supply *s, const struct scene *scene, bool thin,
                  struct buses *out)
{
    int64_t begun = supply_now(s);
    int64_t cpu = s->ops->cpu_ns(s->ctx);
    int err = s->ops->render(s->ctx, scene, thin, out);

    if (!err)
        learn(s, thin ? scene->n_thin : scene->n_partials,
              supply_now(s) - begun);
    s->cost_ns = s->ops->cpu_ns(s->ctx) - cpu;
    return err;
}

void supply_judge_size(struct supply *s, const struct scene *scene)
{
    double each = s->partial_low_ns > 0.0 ? s->partial_low_ns : GUESS_NS;
    double share = each * scene->n_partials / (double)s->chunk_ns;

    s->stats.cpu_ns = supply_predict(s, scene->n_partials);
    if (s->thin)
        s->large = true;
    else if (s->offline || scene->n_thin >= scene->n_partials)
        s->large = false;
    else
        s->large = share > (s->large ? LARGE_NOT : LARGE);
}
