// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/load/answer.h"

#include <string.h>
#include <strings.h>

#define CHUNK_MAX \
    (UINT64_C(1) << 40) /* bytes; beyond it is no stream of ours */

/* "HTTP/1.1 200 OK" */
static uint8_t on_status(struct answer *a, const char *line)
{
    if (strncmp(line, "HTTP/1.0 ", 9) != 0 &&
        strncmp(line, "HTTP/1.1 ", 9) != 0)
        return ANSWER_WRONG;
    for (int i = 9; i < 12; i++) {
        if (line[i] < '0' || line[i] > '9')
            return ANSWER_WRONG;
        a->status = (uint16_t)(a->status * 10 + line[i] - '0');
    }
    return line[12] == ' ' || line[12] == 0 ? ANSWER_HEADERS : ANSWER_WRONG;
}

static uint8_t on_header(struct answer *a, const char *line)
{
    static const char te[] = "transfer-encoding:";

    if (a->len == 0)
        return a->chunked ? ANSWER_SIZE : ANSWER_BODY;
    if (strncasecmp(line, te, sizeof(te) - 1) == 0) {
        line += sizeof(te) - 1;
        line += strspn(line, " \t");
        a->chunked = strncasecmp(line, "chunked", 7) == 0;
    }
    return ANSWER_HEADERS;
}

/* "4cd", or with an extension "4cd;name=value" */
static uint8_t on_size(struct answer *a, const char *line)
{
    uint64_t size = 0;
    int i = 0;

    for (;; i++) {
        char c = line[i];
        uint64_t digit = c >= '0' && c <= '9'   ? (uint64_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint64_t)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (uint64_t)(c - 'A' + 10)
                                                : 16;
        if (digit == 16)
            break;
        size = size * 16 + digit;
        if (size > CHUNK_MAX)
            return ANSWER_WRONG;
    }
    if (i == 0 || (line[i] != 0 && line[i] != ';' && line[i] != ' '))
        return ANSWER_WRONG;
    a->left = size;
    return size > 0 ? ANSWER_CHUNK : ANSWER_DONE;
}

static void end_line(struct answer *a)
{
    char line[ANSWER_LINE + 1];

    if (a->len > 0 && !a->long_line && a->line[a->len - 1] == '\r')
        a->len--;
    memcpy(line, a->line, a->len);
    line[a->len] = 0;
    switch (a->state) {
    case ANSWER_STATUS:
        a->state = on_status(a, line);
        break;
    case ANSWER_HEADERS:
        a->state = on_header(a, line);
        break;
    case ANSWER_SIZE:
        a->state = on_size(a, line);
        break;
    default: /* ANSWER_CRLF */
        a->state = a->len == 0 ? ANSWER_SIZE : ANSWER_WRONG;
        break;
    }
    a->len = 0;
    a->long_line = false;
}

/* One byte of a line. */
static void in_line(struct answer *a, uint8_t byte)
{
    if (a->state != ANSWER_SIZE && a->state != ANSWER_CRLF &&
        ++a->head > ANSWER_HEAD_MAX)
        a->state = ANSWER_WRONG;
    else if (byte == '\n')
        end_line(a);
    else if (a->len < ANSWER_LINE)
        a->line[a->len++] = (char)byte;
    else if (a->state == ANSWER_CRLF)
        a->state = ANSWER_WRONG;
    else
        a->long_line = true;
}

size_t answer_feed(struct answer *a, const uint8_t *p, size_t len,
                   const uint8_t **body, size_t *body_len)
{
    size_t n = 0;

    *body = p;
    *body_len = 0;
    while (n < len) {
        switch (a->state) {
        case ANSWER_DONE:
        case ANSWER_WRONG:
            return len;
        case ANSWER_BODY:
        case ANSWER_CHUNK:
            *body = p + n;
            *body_len = len - n;
            if (a->state == ANSWER_CHUNK) {
                if (*body_len > a->left)
                    *body_len = (size_t)a->left;
                a->left -= *body_len;
                if (a->left == 0)
                    a->state = ANSWER_CRLF;
            }
            return n + *body_len;
        default:
            in_line(a, p[n++]);
            break;
        }
    }
    return n;
}
