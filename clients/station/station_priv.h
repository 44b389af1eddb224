// SPDX-License-Identifier: GPL-3.0-or-later
/* The reading of a station's parts, for station*.c only. */
#ifndef STATION_STATION_PRIV_H
#define STATION_STATION_PRIV_H

#include "clients/station/station.h"

/* The sections of our programs, by the key's name; NULL: no such. */
const struct conf_key *section_keys(const char *section);

/* Node n of the key `section` (NULL: not there) into p: `none`, or a mapping of
   the program's options. Errors: -EINVAL with the message in err, -ENOMEM. */
int section_read(struct station_program *p, const struct conf *c,
                 const struct conf_node *n, const char *section,
                 char err[CONF_ERROR_MAX]);

#endif
