// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/text.h"
#include "netsink/desk_priv.h"

#define DEPTH_MAX 8
#define ITEMS_MAX 256 /* of a list or an object */
#define TEXT_MAX  1024
#define KEY_MAX   128

json_t *desk_text(const char *text)
{
    char clean[TEXT_MAX];

    text_clean(clean, sizeof(clean), text);
    return json_string(clean);
}

void desk_copy_text(const json_t *o, const char *key, char *out, size_t size)
{
    text_clean(out, size, json_string_value(json_object_get(o, key)));
}

static json_t *clean(const json_t *j, int depth);

static json_t *clean_object(const json_t *j, int depth)
{
    json_t *out = json_object(), *value;
    char text[KEY_MAX];
    const char *key;
    size_t n = 0;

    json_object_foreach((json_t *)j, key, value)
    {
        json_t *v = out && n++ < ITEMS_MAX ? clean(value, depth - 1) : NULL;
        text_clean(text, sizeof(text), key);
        if (v)
            json_object_set_new(out, text, v);
    }
    return out;
}

static json_t *clean_array(const json_t *j, int depth)
{
    json_t *out = json_array();

    for (size_t i = 0; out && i < json_array_size(j) && i < ITEMS_MAX; i++) {
        json_t *v = clean(json_array_get(j, i), depth - 1);
        if (v)
            json_array_append_new(out, v);
    }
    return out;
}

static json_t *clean(const json_t *j, int depth)
{
    if (depth == 0)
        return json_null();
    if (json_is_object(j))
        return clean_object(j, depth);
    if (json_is_array(j))
        return clean_array(j, depth);
    if (json_is_string(j))
        return desk_text(json_string_value(j));
    return json_copy((json_t *)j); /* a number, a truth, null; NULL of NULL */
}

json_t *desk_clean(const json_t *told)
{
    return clean(told, DEPTH_MAX);
}
