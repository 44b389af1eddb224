// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define OWN "own"

void settings_options(struct settings *s, struct cli_option *option)
{
    *s = (struct settings){.mode = OWN, .option = option};
    for (int p = 0; p < PARAM_COUNT; p++) {
        const struct param_info *i = param_info((enum param)p);
        s->value[p] = i->def;
        snprintf(s->help[p], sizeof(s->help[p]), "%s%s%s (%g)",
                 *i->unit ? i->unit : "", *i->unit ? ", " : "", i->help,
                 i->def);
        option[p] = (struct cli_option){.name = i->name,
                                        .type = CLI_REAL,
                                        .dest = &s->value[p],
                                        .arg = "X",
                                        .help = s->help[p],
                                        .min = i->min,
                                        .max = i->max,
                                        .keep = CLI_KEEP_ALWAYS};
    }
    option[PARAM_MODE].type = CLI_STRING;
    option[PARAM_MODE].dest = &s->mode;
    option[PARAM_MODE].arg = "NAME";
    option[PARAM_MODE].help = "one of the preset's modes (own)";
    option[PARAM_FREEZE].type = CLI_FLAG;
    option[PARAM_FREEZE].dest = &s->freeze;
    option[PARAM_FREEZE].arg = NULL;
    option[PARAM_FREEZE].help = "what sounds stays; nothing starts or ends";
}

/* 0: its own; -ENOENT: there is none of that name. */
static int find_mode(const struct music *m, const char *name)
{
    if (strcmp(name, OWN) == 0)
        return 0;
    for (uint32_t i = 0; i < m->n_modes; i++)
        if (strcmp(m->mode[i].name, name) == 0)
            return (int)i + 1;
    return -ENOENT;
}

int settings_check(struct settings *s, const struct log *log,
                   const struct music *m, enum cli_source preset)
{
    enum cli_source from = s->option[PARAM_MODE].source;
    int mode = find_mode(m, s->mode);
    char all[256] = OWN;

    if (mode < 0 && from == CLI_STATE && preset == CLI_LINE) {
        log_warn(log, "mode: '%s' of the state is none of preset '%s'", s->mode,
                 m->name);
        s->mode = OWN;
        mode = 0;
    }
    if (mode >= 0) {
        s->value[PARAM_MODE] = mode;
        s->value[PARAM_FREEZE] = s->freeze;
        return 0;
    }
    for (uint32_t i = 0; i < m->n_modes; i++) {
        size_t n = strlen(all);
        snprintf(all + n, sizeof(all) - n, ", %s", m->mode[i].name);
    }
    log_error(log, "mode: found '%s'; allowed with preset '%s': %s", s->mode,
              m->name, all);
    return -EINVAL;
}

void settings_apply(const struct settings *s, struct engine *e)
{
    char err[PARAM_ERROR_MAX];

    /* What nobody named stays untouched, which costs nothing to render. */
    for (int p = 0; p < PARAM_COUNT; p++)
        if (s->option[p].given && s->value[p] != param_info((enum param)p)->def)
            (void)engine_set(e, (enum param)p, s->value[p], err);
}

void settings_read(struct settings *s, struct engine *e)
{
    const struct music *m = engine_music(e);
    uint32_t mode;

    for (int p = 0; p < PARAM_COUNT; p++)
        s->value[p] = engine_get(e, (enum param)p);
    s->freeze = s->value[PARAM_FREEZE] >= 0.5;
    mode = (uint32_t)s->value[PARAM_MODE];
    snprintf(s->mode_name, sizeof(s->mode_name), "%s",
             mode > 0 && mode <= m->n_modes ? m->mode[mode - 1].name : OWN);
    s->mode = s->mode_name;
}
