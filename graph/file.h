// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A file in another one's place. Any thread but [rt], one at a time per path;
 * it waits for the disk.
 */
#ifndef GRAPH_FILE_H
#define GRAPH_FILE_H

#include <stddef.h>

/*
 * Makes the file at path hold text, size bytes of it, whole or not at all also
 * where the power goes: beside it first, then in its place. A link stays one,
 * a file keeps its mode; a new one gets what the umask leaves. Errors: -errno,
 * with nothing changed; -ENAMETOOLONG.
 */
int file_replace(const char *path, const char *text, size_t size);

#endif
