// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/measure/canvas.h"

#include <errno.h>
#include <png.h>
#include <string.h>

/* clang-format off */
static const struct {
    char letter;
    uint8_t row[7]; /* the leftmost dot is bit 4 */
} letters[] = {
    {'0', {0x0e, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0e}},
    {'1', {0x04, 0x0c, 0x04, 0x04, 0x04, 0x04, 0x0e}},
    {'2', {0x0e, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1f}},
    {'3', {0x1f, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0e}},
    {'4', {0x02, 0x06, 0x0a, 0x12, 0x1f, 0x02, 0x02}},
    {'5', {0x1f, 0x10, 0x1e, 0x01, 0x01, 0x11, 0x0e}},
    {'6', {0x06, 0x08, 0x10, 0x1e, 0x11, 0x11, 0x0e}},
    {'7', {0x1f, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08}},
    {'8', {0x0e, 0x11, 0x11, 0x0e, 0x11, 0x11, 0x0e}},
    {'9', {0x0e, 0x11, 0x11, 0x0f, 0x01, 0x02, 0x0c}},
    {'-', {0x00, 0x00, 0x00, 0x1f, 0x00, 0x00, 0x00}},
    {':', {0x00, 0x04, 0x04, 0x00, 0x04, 0x04, 0x00}},
    {'k', {0x10, 0x10, 0x12, 0x14, 0x18, 0x14, 0x12}},
    {'H', {0x11, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11}},
    {'z', {0x00, 0x00, 0x1f, 0x02, 0x04, 0x08, 0x1f}},
    {'d', {0x01, 0x01, 0x0d, 0x13, 0x11, 0x11, 0x0f}},
    {'B', {0x1e, 0x11, 0x11, 0x1e, 0x11, 0x11, 0x1e}},
};
/* clang-format on */

/* Nine samples of matplotlib's colour map "inferno" (public domain, CC0). */
static const struct canvas_colour heat[] = {
    {0, 0, 4},      {31, 12, 72},   {85, 15, 109},
    {136, 34, 106}, {186, 54, 85},  {227, 89, 51},
    {249, 140, 10}, {249, 201, 50}, {252, 255, 164}};

static uint8_t mix(uint8_t a, uint8_t b, double share)
{
    return (uint8_t)(a + (b - a) * share + 0.5);
}

static struct canvas_colour blend(struct canvas_colour a,
                                  struct canvas_colour b, double share)
{
    return (struct canvas_colour){mix(a.r, b.r, share), mix(a.g, b.g, share),
                                  mix(a.b, b.b, share)};
}

struct canvas_colour canvas_heat(double x)
{
    int last = (int)(sizeof(heat) / sizeof(heat[0])) - 1;
    double at = (x > 0 ? x < 1 ? x : 1 : 0) * last; /* NaN: 0 */
    int i = at < last ? (int)at : last - 1;

    return blend(heat[i], heat[i + 1], at - i);
}

void canvas_tint(struct canvas *c, int x, int y, int w, int h,
                 struct canvas_colour k, double share)
{
    for (int j = y < 0 ? 0 : y; j < y + h && j < CANVAS_H; j++)
        for (int i = x < 0 ? 0 : x; i < x + w && i < CANVAS_W; i++) {
            uint8_t *p = c->rgb[j][i];
            struct canvas_colour was = {p[0], p[1], p[2]};
            struct canvas_colour is = blend(was, k, share);
            p[0] = is.r;
            p[1] = is.g;
            p[2] = is.b;
        }
}

void canvas_fill(struct canvas *c, int x, int y, int w, int h,
                 struct canvas_colour k)
{
    canvas_tint(c, x, y, w, h, k, 1);
}

static void draw_letter(struct canvas *c, int x, int y, const uint8_t row[7],
                        struct canvas_colour k)
{
    for (int j = 0; j < 7; j++)
        for (int i = 0; i < 5; i++)
            if (row[j] >> (4 - i) & 1)
                canvas_fill(c, x + i * CANVAS_DOT, y + j * CANVAS_DOT,
                            CANVAS_DOT, CANVAS_DOT, k);
}

void canvas_text(struct canvas *c, int x, int y, const char *text,
                 struct canvas_colour k)
{
    for (; *text; text++, x += CANVAS_LETTER_W)
        for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
            if (letters[i].letter == *text)
                draw_letter(c, x, y, letters[i].row, k);
}

int canvas_text_width(const char *text)
{
    return (int)strlen(text) * CANVAS_LETTER_W - CANVAS_DOT;
}

int canvas_write(const struct canvas *c, const char *path)
{
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = CANVAS_W,
                       .height = CANVAS_H,
                       .format = PNG_FORMAT_RGB};
    int ok = png_image_write_to_file(&image, path, 0, c->rgb, 0, NULL);

    png_image_free(&image);
    return ok ? 0 : -EIO;
}
