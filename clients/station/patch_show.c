// SPDX-License-Identifier: GPL-3.0-or-later
/* `longwave patch show`: the graph, for people, programs and graphviz. */
#include <stdio.h>
#include <string.h>

#include "clients/station/patch.h"
#include "clients/station/options.h"
#include "graph/cli.h"
#include "graph/text.h"

#define PROGRAM  "longwave patch show"
#define TEXT_MAX 512 /* bytes shown of a name: longer than JACK's */

static const char *type_of(const struct jgraph_port *p)
{
    return p->midi ? "midi" : "audio";
}

static bool same_client(const struct jgraph_port *a,
                        const struct jgraph_port *b)
{
    return a->client_len == b->client_len &&
           strncmp(a->name, b->name, a->client_len) == 0;
}

/* Ports are sorted by client: whether i is the first of its. */
static bool is_first(const struct jgraph *g, uint32_t i)
{
    return i == 0 || !same_client(jgraph_port(g, i), jgraph_port(g, i - 1));
}

static uint32_t n_clients(const struct jgraph *g)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < jgraph_n_ports(g); i++)
        n += is_first(g, i);
    return n;
}

static void client_of(const struct jgraph_port *p, char out[TEXT_MAX])
{
    char name[TEXT_MAX];

    snprintf(name, sizeof(name), "%.*s", (int)p->client_len, p->name);
    text_clean(out, TEXT_MAX, name);
}

/* ---- for people ---------------------------------------------------------- */

/* Columns are as wide as what is in them. */
struct widths {
    int client, port;
};

static struct widths widths_of(const struct jgraph *g)
{
    struct widths w = {(int)strlen("client"), (int)strlen("port")};

    for (uint32_t i = 0; i < jgraph_n_ports(g); i++) {
        const struct jgraph_port *p = jgraph_port(g, i);
        int port = (int)strlen(p->port);
        if ((int)p->client_len > w.client)
            w.client = (int)p->client_len;
        if (port > w.port)
            w.port = port;
    }
    return w;
}

static void print_port(const struct jgraph *g, uint32_t i, struct widths w)
{
    const struct jgraph_port *p = jgraph_port(g, i);
    const struct jgraph_link *l = jgraph_links(g);
    char client[TEXT_MAX] = "", port[TEXT_MAX], other[TEXT_MAX];
    bool any = false;

    if (is_first(g, i))
        client_of(p, client);
    text_clean(port, sizeof(port), p->port);
    printf("%-*s  %-*s  %-5s", w.client, client, w.port, port, type_of(p));
    for (uint32_t k = 0; k < jgraph_n_links(g); k++) {
        if ((p->output ? l[k].from : l[k].to) != i)
            continue;
        text_clean(other, sizeof(other),
                   jgraph_port(g, p->output ? l[k].to : l[k].from)->name);
        if (any)
            printf("%-*s  %-*s  %-5s", w.client, "", w.port, "", "");
        printf("  %s %s\n", p->output ? "->" : "<-", other);
        any = true;
    }
    if (!any)
        printf("  %s\n", p->output ? "->" : "<-");
}

static void print_table(const struct jgraph *g)
{
    struct widths w = widths_of(g);

    printf("%-*s  %-*s  %-5s  joined\n", w.client, "client", w.port, "port",
           "type");
    for (uint32_t i = 0; i < jgraph_n_ports(g); i++)
        print_port(g, i, w);
    printf("clients %u, ports %u, cables %u\n", n_clients(g), jgraph_n_ports(g),
           jgraph_n_links(g));
}

/* ---- for programs -------------------------------------------------------- */

static json_t *port_json(const struct jgraph_port *p)
{
    char client[TEXT_MAX];
    json_t *aliases = json_array();

    client_of(p, client);
    for (int i = 0; i < 2; i++)
        if (p->alias[i])
            json_array_append_new(aliases, patch_json(p->alias[i]));
    json_t *o = json_pack(
        "{s:o, s:s, s:o, s:s, s:s, s:b, s:o, s:o}", "name", patch_json(p->name),
        "client", client, "port", patch_json(p->port), "direction",
        p->output ? "output" : "input", "type", type_of(p), "physical",
        p->physical, "pretty_name", patch_json(p->pretty), "aliases", aliases);
    if (p->order != INT64_MAX)
        json_object_set_new(o, "order", json_integer(p->order));
    return o;
}

static void print_json(const struct jgraph *g)
{
    const struct jgraph_link *l = jgraph_links(g);
    json_t *ports = json_array(), *cables = json_array();

    for (uint32_t i = 0; i < jgraph_n_ports(g); i++)
        json_array_append_new(ports, port_json(jgraph_port(g, i)));
    for (uint32_t i = 0; i < jgraph_n_links(g); i++)
        json_array_append_new(
            cables, json_pack("{s:o, s:o, s:s}", "from",
                              patch_json(jgraph_port(g, l[i].from)->name), "to",
                              patch_json(jgraph_port(g, l[i].to)->name), "type",
                              type_of(jgraph_port(g, l[i].from))));
    patch_print_json(json_pack("{s:o, s:o}", "ports", ports, "cables", cables));
}

/* ---- for graphviz -------------------------------------------------------- */

/* In an HTML-like label. */
static void print_escaped(const char *text)
{
    char clean[TEXT_MAX];

    text_clean(clean, sizeof(clean), text);
    for (const char *c = clean; *c; c++) {
        if (*c == '&')
            fputs("&amp;", stdout);
        else if (*c == '<')
            fputs("&lt;", stdout);
        else if (*c == '>')
            fputs("&gt;", stdout);
        else if (*c == '"')
            fputs("&quot;", stdout);
        else
            putchar(*c);
    }
}

/* The client whose first port is i: inputs on the left, outputs on the right.
   Returns where the next begins. */
static uint32_t print_node(const struct jgraph *g, uint32_t i)
{
    char client[TEXT_MAX];
    uint32_t end = i + 1;

    client_of(jgraph_port(g, i), client);
    printf("  c%u [label=<<table border=\"0\" cellborder=\"1\" "
           "cellspacing=\"0\" cellpadding=\"4\">\n    <tr><td "
           "bgcolor=\"#dddddd\"><b>",
           i);
    print_escaped(client);
    printf("</b></td></tr>\n");
    while (end < jgraph_n_ports(g) && !is_first(g, end))
        end++;
    for (uint32_t k = i; k < end; k++) {
        const struct jgraph_port *p = jgraph_port(g, k);
        printf("    <tr><td port=\"p%u\" align=\"%s\">", k,
               p->output ? "right" : "left");
        print_escaped(p->port);
        printf("</td></tr>\n");
    }
    printf("  </table>>];\n");
    return end;
}

static uint32_t first_of(const struct jgraph *g, uint32_t i)
{
    while (!is_first(g, i))
        i--;
    return i;
}

static void print_dot(const struct jgraph *g)
{
    const struct jgraph_link *l = jgraph_links(g);

    printf("digraph jack {\n  rankdir=LR;\n  node [shape=plain, "
           "fontname=\"sans-serif\"];\n");
    for (uint32_t i = 0; i < jgraph_n_ports(g);)
        i = print_node(g, i);
    for (uint32_t i = 0; i < jgraph_n_links(g); i++)
        printf("  c%u:p%u:e -> c%u:p%u:w%s;\n", first_of(g, l[i].from),
               l[i].from, first_of(g, l[i].to), l[i].to,
               jgraph_port(g, l[i].from)->midi ? " [style=dashed]" : "");
    printf("}\n");
}

int patch_show(int argc, char **argv)
{
    struct jgraph *g = NULL;
    const char *server = NULL;
    bool json = false, dot = false;
    struct cli_option table[] = {
        {"json", CLI_FLAG, &json, NULL, "ports and cables, as JSON"},
        {"dot", CLI_FLAG, &dot, NULL, "a drawing for graphviz' dot"},
        option_server(&server),
        {NULL},
    };
    struct cli_program p = {
        .name = PROGRAM,
        .summary = "the graph as it is",
        .usage = "[OPTIONS]",
        .options = table,
    };
    int parsed = cli_parse(&p, argc, argv);
    int code = parsed < 0 ? EXIT_USAGE : EXIT_OK;

    if (parsed <= 0)
        goto out;
    if (json && dot) {
        fprintf(stderr, PROGRAM ": --json and --dot: one of them\n");
        code = EXIT_USAGE;
        goto out;
    }
    code = patch_visit(PROGRAM, server, &g);
    if (code != EXIT_OK)
        goto out;
    if (json)
        print_json(g);
    else if (dot)
        print_dot(g);
    else
        print_table(g);
out:
    jgraph_free(&g);
    cli_fini(&p);
    return code;
}
