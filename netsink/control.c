// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/control.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"
#include "graph/text.h"
#include "netsink/access.h"
#include "netsink/attempts.h"
#include "netsink/desk.h"
#include "netsink/reply.h"
#include "netsink/status_json.h"
#include "netsink/token.h"

#define VALUE_MAX   256 /* bytes of what is set, with the end */
#define SAID_MAX    DESK_SAID_MAX
#define FADE_MAX    600.0 /* s */
#define ADDRESS_MAX 64

/* A slider that is moved sends ten values a second. */
#define TOLD_EVERY                                             \
    (5 * NS_PER_S) /* of one parameter, that its value is told \
                    */
#define TOLD_PLACES   8
#define TOLD_NAME_MAX 48

/* A parameter that the log has told of. */
struct told_set {
    char name[TOLD_NAME_MAX];
    int64_t at; /* ns; 0: a free place */
};

struct control {
    struct control_opts o; /* [init] */
    struct attempts attempts;
    struct told_set told[TOLD_PLACES];
};

/* ---- answers ------------------------------------------------------------ */

static void answer(struct evhttp_request *req, int code, json_t *o)
{
    char *text = json_dumps(o, JSON_COMPACT);

    json_decref(o);
    if (!text) {
        reply_text(req, 503, "out of memory");
        return;
    }
    reply_header(req, "Cache-Control", "no-store");
    reply_body(req, code, "application/json", text, strlen(text));
    free(text);
}

static void done(struct evhttp_request *req)
{
    json_t *o = json_object();

    put_bool(o, "ok", true);
    answer(req, 200, o);
}

/* what: clean text. */
static void refuse(struct evhttp_request *req, int code, const char *what)
{
    json_t *o = json_object();

    put_text(o, "error", what);
    answer(req, code, o);
}

/* ---- who asks ----------------------------------------------------------- */

static void address_of(struct evhttp_request *req, char out[ADDRESS_MAX])
{
    char *host = NULL;
    ev_uint16_t port;

    evhttp_connection_get_peer(evhttp_request_get_connection(req), &host,
                               &port);
    text_clean(out, ADDRESS_MAX, host);
}

static void wrong_token(struct control *c, struct evhttp_request *req,
                        const char *address, bool had)
{
    if (had) {
        uint64_t n = attempts_wrong(&c->attempts, address, clock_now());
        if (n > 0)
            log_warn(c->o.log,
                     "an order with a wrong token, from %s (%llu since this "
                     "was said last)",
                     address, (unsigned long long)n);
    }
    reply_header(req, "WWW-Authenticate", "Bearer");
    refuse(req, 401,
           c->o.token ? "the operator's token is needed: Authorization: Bearer "
                        "TOKEN; it is in the address that was printed at start"
                      : "this sink has no token: no order is obeyed");
}

/* Else the answer is given. */
static bool is_operator(struct control *c, struct evhttp_request *req)
{
    const char *token = access_bearer(reply_said(req, "Authorization"));
    char address[ADDRESS_MAX];

    address_of(req, address);
    if (token && !attempts_allowed(&c->attempts, address, clock_now())) {
        reply_header(req, "Retry-After", "1");
        refuse(req, 429, "too many wrong tokens from this address");
        return false;
    }
    if (token && c->o.token && token_same(token, c->o.token))
        return true;
    wrong_token(c, req, address, token);
    return false;
}

/* The order itself, for json_decref(); NULL: the answer is given. */
static json_t *read_order(struct evhttp_request *req)
{
    struct evbuffer *in = evhttp_request_get_input_buffer(req);
    size_t len = evbuffer_get_length(in);
    json_error_t e;
    json_t *order;

    if (!access_is_json(reply_said(req, "Content-Type"))) {
        refuse(req, 415, "Content-Type: application/json is allowed");
        return NULL;
    }
    if (len > CONTROL_BODY_MAX) {
        refuse(req, 413, "an order has at most 4096 bytes");
        return NULL;
    }
    /* Of NUL bytes jansson takes none. */
    order = json_loadb((const char *)evbuffer_pullup(in, -1), len,
                       JSON_REJECT_DUPLICATES, &e);
    if (!json_is_object(order)) {
        json_decref(order);
        refuse(req, 400, "the body is a JSON object, {...}, in UTF-8");
        return NULL;
    }
    return order;
}

static bool may_order(struct control *c, struct evhttp_request *req)
{
    if (evhttp_request_get_command(req) != EVHTTP_REQ_POST) {
        reply_header(req, "Allow", "POST");
        refuse(req, 405, "orders are given by POST");
        return false;
    }
    if (!access_site_ok(reply_said(req, "Sec-Fetch-Site"),
                        reply_said(req, "Origin"), reply_said(req, "Host"))) {
        refuse(req, 403,
               "orders are taken from the operator's own page, not "
               "from pages from elsewhere");
        return false;
    }
    return is_operator(c, req);
}

/* ---- orders ------------------------------------------------------------- */

/* The mount that is named, or n_mounts: refused. */
static uint32_t find_mount(const struct control *c, struct evhttp_request *req,
                           const char *name)
{
    char said[SAID_MAX] = "mount: there is none of that name; allowed:";
    uint32_t i = 0;

    while (i < c->o.n_mounts && strcmp(c->o.mounts[i].name, name) != 0)
        i++;
    if (i < c->o.n_mounts)
        return i;
    for (uint32_t k = 0; k < c->o.n_mounts; k++) {
        size_t n = strlen(said);
        snprintf(said + n, sizeof(said) - n, "%s %s", k > 0 ? "," : "",
                 c->o.mounts[k].name);
    }
    refuse(req, 404, said);
    return i;
}

static void refuse_form(struct evhttp_request *req, const char *what,
                        const char *allowed, const json_error_t *e)
{
    char said[SAID_MAX], found[JSON_ERROR_TEXT_LENGTH];

    text_clean(found, sizeof(found), e->text);
    snprintf(said, sizeof(said), "%s: %s; allowed: %s", what, found, allowed);
    refuse(req, 400, said);
}

static void order_mute(struct control *c, struct evhttp_request *req,
                       json_t *order)
{
    const char *name;
    int muted;
    json_error_t e;

    if (json_unpack_ex(order, &e, JSON_STRICT, "{s:s, s:b}", "mount", &name,
                       "muted", &muted)) {
        refuse_form(req, "mute", "{\"mount\": NAME, \"muted\": true or false}",
                    &e);
        return;
    }
    uint32_t i = find_mount(c, req, name);
    if (i == c->o.n_mounts)
        return;
    log_info(c->o.log, "the operator %s %s", muted ? "mutes" : "unmutes",
             c->o.mounts[i].name);
    news_mute(c->o.news, i, muted);
    done(req);
}

static void order_drop(struct control *c, struct evhttp_request *req,
                       json_t *order)
{
    json_int_t id;
    json_error_t e;

    if (json_unpack_ex(order, &e, JSON_STRICT, "{s:I}", "id", &id)) {
        refuse_form(req, "drop", "{\"id\": a listener's number}", &e);
        return;
    }
    if (id <= 0 || audience_drop(c->o.audience, (uint64_t)id)) {
        refuse(req, 404,
               "id: no listener on air has that number; "
               "/listeners.json tells who has which");
        return;
    }
    log_info(c->o.log, "the operator drops listener %llu",
             (unsigned long long)id);
    done(req);
}

static void order_now(struct control *c, struct evhttp_request *req,
                      json_t *order)
{
    const char *name, *detail = "";
    json_t *title;
    json_error_t e;
    bool wrong =
        json_unpack_ex(order, &e, JSON_STRICT, "{s:s, s:o, s?s}", "mount",
                       &name, "title", &title, "detail", &detail);

    if (wrong || (!json_is_string(title) && !json_is_null(title))) {
        if (!wrong)
            snprintf(e.text, sizeof(e.text), "title is neither text nor null");
        refuse_form(req, "now",
                    "{\"mount\": NAME, \"title\": text, or null for the "
                    "generator's own, \"detail\": text, or nothing}",
                    &e);
        return;
    }
    uint32_t i = find_mount(c, req, name);
    if (i == c->o.n_mounts)
        return;
    log_info(c->o.log, "the operator says what %s plays", c->o.mounts[i].name);
    news_overrule(c->o.news, i, json_string_value(title), detail);
    done(req);
}

/* A change that a generator is asked for. */
struct change {
    struct evhttp_request *req; /* [ev]; NULL: it has gone */
    struct loop *loop;
    struct loop_letter home;
    int err; /* desk>ev, by the letter, as what is said */
    char said[SAID_MAX];
};

/* The connection has ended before its answer. */
static void on_close(struct evhttp_connection *conn, void *arg)
{
    struct change *ch = arg;
    (void)conn;

    reply_gone(ch->req);
    ch->req = NULL;
}

static int code_of(int err)
{
    switch (err) {
    case -EINVAL:
        return 400;
    case -ENOENT:
        return 404;
    case -ETIMEDOUT:
        return 504;
    default:
        return 503;
    }
}

/* [ev] */
static void on_home(void *ctx)
{
    struct change *ch = ctx;

    if (ch->req) {
        evhttp_connection_set_closecb(evhttp_request_get_connection(ch->req),
                                      NULL, NULL);
        if (ch->err)
            refuse(ch->req, code_of(ch->err), ch->said);
        else
            done(ch->req);
    }
    free(ch);
}

/* Any thread: what desk_set() came to. */
static void on_set(void *arg, int err, const char *said)
{
    struct change *ch = arg;

    ch->err = err;
    text_clean(ch->said, sizeof(ch->said), said);
    loop_send(ch->loop, &ch->home);
}

/* As `longwave set` takes it; false: it is nothing that can be set. */
static bool value_text(const json_t *v, char text[VALUE_MAX])
{
    int n = -1;

    if (json_is_string(v))
        n = snprintf(text, VALUE_MAX, "%s", json_string_value(v));
    else if (json_is_number(v))
        n = snprintf(text, VALUE_MAX, "%.12g", json_number_value(v));
    else if (json_is_boolean(v))
        n = snprintf(text, VALUE_MAX, "%s", json_is_true(v) ? "on" : "off");
    return n >= 0 && n < VALUE_MAX;
}

static void begin_set(struct control *c, struct evhttp_request *req,
                      const char *generator, const char *name,
                      const char *value, double fade_s)
{
    const struct admin_desk *d = c->o.desk;
    struct change *ch = calloc(1, sizeof(*ch));
    int err = -ENOMEM;

    if (!d->set) {
        free(ch);
        refuse(req, 503, "set: there is no generator that this sink knows of");
        return;
    }
    if (ch) {
        *ch = (struct change){.req = req, .loop = c->o.loop};
        ch->home = (struct loop_letter){.fn = on_home, .ctx = ch};
        evhttp_connection_set_closecb(evhttp_request_get_connection(req),
                                      on_close, ch);
        err = d->set(d->desk, generator, name, value, fade_s, on_set, ch);
    }
    if (!err)
        return;
    evhttp_connection_set_closecb(evhttp_request_get_connection(req), NULL,
                                  NULL);
    free(ch);
    refuse(req, err == -EINVAL ? 400 : 503,
           err == -EINVAL  ? "set: a name or a value that long is not allowed"
           : err == -EBUSY ? "set: too many changes are under way"
                           : "set: out of memory");
}

/* The log's level for another value of name, which is clean text. */
static enum log_level set_level(struct control *c, const char *name)
{
    const int64_t now = clock_now();
    struct told_set *t = c->told;

    for (uint32_t i = 0; i < TOLD_PLACES; i++) {
        if (strcmp(c->told[i].name, name) == 0) {
            t = &c->told[i];
            break;
        }
        if (c->told[i].at < t->at)
            t = &c->told[i];
    }
    if (t->at != 0 && strcmp(t->name, name) == 0 && now - t->at < TOLD_EVERY)
        return LOG_DEBUG;
    t->at = now;
    snprintf(t->name, sizeof(t->name), "%s", name);
    return LOG_INFO;
}

static void tell_set(struct control *c, const char *name, const char *value)
{
    char what[TOLD_NAME_MAX], to[VALUE_MAX];

    text_clean(what, sizeof(what), name);
    text_clean(to, sizeof(to), value);
    log_write(c->o.log, set_level(c, what), "the operator sets %s to %s", what,
              to);
}

static void order_set(struct control *c, struct evhttp_request *req,
                      json_t *order)
{
    const char *name, *generator = NULL;
    json_t *value;
    double fade_s = DESK_FADE_NONE;
    char text[VALUE_MAX];
    json_error_t e;
    bool wrong = json_unpack_ex(order, &e, JSON_STRICT, "{s:s, s:o, s?F, s?s}",
                                "name", &name, "value", &value, "fade_s",
                                &fade_s, "generator", &generator);

    if (!wrong && !value_text(value, text)) {
        snprintf(e.text, sizeof(e.text), "such a value can't be set");
        wrong = true;
    }
    if (!wrong && fade_s != DESK_FADE_NONE &&
        !(fade_s >= 0 && fade_s <= FADE_MAX)) {
        snprintf(e.text, sizeof(e.text), "no such fade_s");
        wrong = true;
    }
    if (wrong) {
        refuse_form(req, "set",
                    "{\"name\": of a parameter, preset or seed, \"value\": a "
                    "number, text, true or false, \"fade_s\": 0 to 600, or "
                    "nothing, \"generator\": its name, or nothing}",
                    &e);
        return;
    }
    tell_set(c, name, text);
    begin_set(c, req, generator, name, text, fade_s);
}

bool control_serve(struct control *c, struct evhttp_request *req)
{
    static const struct {
        const char *name;
        void (*obey)(struct control *, struct evhttp_request *, json_t *);
    } orders[] = {
        {"set", order_set},
        {"mute", order_mute},
        {"drop", order_drop},
        {"now", order_now},
    };
    const char *path = reply_path(req);
    size_t i = 0;
    json_t *order;

    if (strncmp(path, CONTROL_PATH, strlen(CONTROL_PATH)) != 0)
        return false;
    while (i < sizeof(orders) / sizeof(orders[0]) &&
           strcmp(path + strlen(CONTROL_PATH), orders[i].name) != 0)
        i++;
    if (i == sizeof(orders) / sizeof(orders[0])) {
        refuse(req, 404, "there are /control/set, mute, drop and now");
        return true;
    }
    if (!may_order(c, req))
        return true;
    order = read_order(req);
    if (order)
        orders[i].obey(c, req, order);
    json_decref(order);
    return true;
}

int control_new(struct control **out, const struct control_opts *o)
{
    *out = calloc(1, sizeof(**out));
    if (!*out)
        return -ENOMEM;
    (*out)->o = *o;
    return 0;
}

void control_free(struct control **c)
{
    free(*c);
    *c = NULL;
}

uint64_t control_wrong(const struct control *c)
{
    return c->attempts.wrong;
}
