// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Which cables the user has pulled by hand. JACK announces a cable's end in the
 * same words when its client closes: then the ports' end follows. jackd 1.9.21
 * says both within a millisecond, whether the client leaves, is killed or is
 * deactivated, and says that it goes itself before it says anything of ports;
 * but there are clients that part their own cables some time before they leave.
 * So what is cut counts as pulled at once, and is forgiven when one of its
 * ports goes within PULLS_CLIENT_NS, or the server within PULLS_SERVER_NS.
 * Pure; any one thread. Times are ns of one clock.
 */
#ifndef GRAPH_PULLS_H
#define GRAPH_PULLS_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/clock.h"
#include "graph/plan.h"

#define PULLS_CLIENT_NS (2 * NS_PER_S)
#define PULLS_SERVER_NS (200 * NS_PER_MS)
#define PULLS_SEEN_NS   (200 * NS_PER_MS)

struct pulls;

int pulls_new(struct pulls **out); /* Errors: -ENOMEM */
void pulls_free(struct pulls **p); /* accepts NULL */

/* What is pulled now; as long as p. */
const struct pulled *pulls_now(const struct pulls *p);

/* A wanted cable between the ports of these numbers was cut, and not by us.
   Errors: -ENOMEM. */
int pulls_cut(struct pulls *p, const char *from, const char *to,
              uint32_t from_id, uint32_t to_id, int64_t now);

/* The port of this number has gone. */
void pulls_port_gone(struct pulls *p, uint32_t id, int64_t now);

/* The server has. What has not been forgiven stays pulled on its return. */
void pulls_server_gone(struct pulls *p, int64_t now);

/* The cable was joined again, whoever did it. */
void pulls_joined(struct pulls *p, const char *from, const char *to);

/* The graph has the cable: the same, in case no word came of it. Shortly after
   a cut it means nothing: PipeWire 0.3.65 says first that a cable goes. */
void pulls_seen(struct pulls *p, const char *from, const char *to, int64_t now);

void pulls_forget(struct pulls *p); /* all */

/* The next one to tell the user of, once each, when it is past being forgiven:
   false where there is none. The names live until the next call of any. */
bool pulls_news(struct pulls *p, int64_t now, const char **from,
                const char **to);
/* When there may be such news, or INT64_MAX. */
int64_t pulls_news_at(const struct pulls *p);

#endif
