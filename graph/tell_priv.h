// SPDX-License-Identifier: GPL-3.0-or-later
/* Both ends of graph/tell.h: tell.c, tell_ask.c. */
#ifndef GRAPH_TELL_PRIV_H
#define GRAPH_TELL_PRIV_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "graph/tell.h"

/* What the address of all of this user's on that server begins with, without
   the NUL that it has in front. Names that are too long for an address end in a
   number made of the whole. Returns its length in bytes. */
size_t tell_path(char out[sizeof(((struct sockaddr_un *)0)->sun_path)],
                 const char *server, const char *name);

/* Returns the address's length. */
socklen_t tell_address(struct sockaddr_un *a, const char *server,
                       const char *name);

/* Whether the other end is this user's, or root's: anybody could have taken, or
   could use, a name. *pid is its process. */
bool tell_same_user(int fd, pid_t *pid);

#endif
