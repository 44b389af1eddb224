// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * An RGB picture in memory with what ticks need: pixels, lines, and text in
 * letters of 5 x 7 dots (digits and what units are written with). What lies
 * outside is not drawn. Any one thread.
 */
#ifndef MEASURE_CANVAS_H
#define MEASURE_CANVAS_H

#include <stdint.h>

#define CANVAS_W        1600
#define CANVAS_H        900
#define CANVAS_DOT      2 /* pixels per dot of a letter */
#define CANVAS_LETTER_W (6 * CANVAS_DOT)
#define CANVAS_LETTER_H (7 * CANVAS_DOT)

struct canvas {
    uint8_t rgb[CANVAS_H][CANVAS_W][3];
};

struct canvas_colour {
    uint8_t r, g, b;
};

/* From black through violet and orange to a light yellow; x from 0 to 1. */
struct canvas_colour canvas_heat(double x);

void canvas_fill(struct canvas *c, int x, int y, int w, int h,
                 struct canvas_colour k);

/* Mixes k into what is there; share from 0 to 1. */
void canvas_tint(struct canvas *c, int x, int y, int w, int h,
                 struct canvas_colour k, double share);

/* Its upper left corner at x, y. */
void canvas_text(struct canvas *c, int x, int y, const char *text,
                 struct canvas_colour k);

/* Width of a text, pixels. */
int canvas_text_width(const char *text);

/* As PNG. Errors: -EIO. */
int canvas_write(const struct canvas *c, const char *path);

#endif
