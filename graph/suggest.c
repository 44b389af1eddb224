// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/suggest.h"

#include <stddef.h>
#include <string.h>

#define NAME_MAX_LEN 40

/* Levenshtein distance, both at most NAME_MAX_LEN bytes. */
static size_t distance(const char *a, const char *b)
{
    size_t na = strlen(a), nb = strlen(b);
    size_t row[NAME_MAX_LEN + 1];
    for (size_t j = 0; j <= nb; j++)
        row[j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            size_t replace = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            size_t insert = row[j - 1] + 1, delete = row[j] + 1;
            row[j] = insert < delete ? insert : delete;
            if (replace < row[j])
                row[j] = replace;
        }
    }
    return row[nb];
}

const char *suggest(const char *text, const char *const *names)
{
    const char *best = NULL;
    if (strlen(text) > NAME_MAX_LEN)
        return NULL;
    size_t limit = strlen(text) / 3 + 1; /* further off is another word */
    for (; *names; names++) {
        if (strlen(*names) > NAME_MAX_LEN)
            continue;
        size_t d = distance(text, *names);
        if (d <= limit) {
            best = *names;
            limit = d - (d > 0);
            if (d == 0)
                break;
        }
    }
    return best;
}
