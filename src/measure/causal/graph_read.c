/* Reading graphs: see graph.h. */
#include "measure/causal/graph.h"

#include "base/file.h"

#include <string.h>

/* Nodes while reading: hidden ones are among them. */
struct reader {
    const char *shown;
    struct text rest; /* not read yet */
    const char *line_at;
    size_t line;
    struct graph *g;
    graph_set hidden;
    struct arena *arena;
    struct error *err;
    /* the token that comes next */
    enum token { END, NAME, ARROW, BACK, BOTH, OPEN, CLOSE, LEFT, RIGHT, COMMA, SEMICOLON, EQUALS, OTHER } token;
    struct text name;
    size_t token_line, token_column;
    bool quoted;
};

static bool fault(struct reader *r, const char *expected) {
    if (r->token == END)
        return error_set(r->err, ERROR_DATA, "%s:%zu: expected %s, found the end", r->shown, r->line, expected);
    return error_set(r->err, ERROR_DATA, "%s:%zu:%zu: expected %s, found '%.*s'", r->shown, r->token_line,
                     r->token_column, expected, (int)(r->name.len < 40 ? r->name.len : 40), r->name.at);
}

static void skip(struct reader *r, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (r->rest.at[i] == '\n') r->line++, r->line_at = r->rest.at + i + 1;
    r->rest = text_part(r->rest, n, r->rest.len);
}

static size_t to_line_end(struct text t) {
    size_t at = text_find(t, TEXT("\n"), 0);
    return at == SIZE_MAX ? t.len : at;
}

/* Blanks and remarks. */
static void skip_blanks(struct reader *r) {
    for (;;) {
        if (r->rest.len && strchr(" \t\r\n", r->rest.at[0])) {
            skip(r, 1);
        } else if (text_starts(r->rest, TEXT("#")) || text_starts(r->rest, TEXT("//"))) {
            skip(r, to_line_end(r->rest));
        } else if (text_starts(r->rest, TEXT("/*"))) {
            size_t end = text_find(r->rest, TEXT("*/"), 2);
            skip(r, end == SIZE_MAX ? r->rest.len : end + 2);
        } else {
            return;
        }
    }
}

static bool in_name(unsigned char c, bool first) {
    return c >= 0x80 || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (!first && (c == '.' || (c >= '0' && c <= '9')));
}

/* A number is a name only as the value of an attribute. */
static size_t name_length(struct text t) {
    size_t n = 0;
    while (n < t.len && in_name((unsigned char)t.at[n], n == 0)) n++;
    return n;
}

static void take(struct reader *r, enum token token, size_t n) {
    r->token = token;
    r->name = text_part(r->rest, 0, n);
    skip(r, n);
}

static void take_quoted(struct reader *r) {
    size_t end = text_find(r->rest, TEXT("\""), 1);
    if (end == SIZE_MAX) {
        take(r, OTHER, r->rest.len);
        return;
    }
    struct text inside = text_part(r->rest, 1, end);
    take(r, NAME, end + 1);
    r->name = inside;
    r->quoted = true;
}

static void next(struct reader *r) {
    static const struct {
        struct text sign;
        enum token token;
    } signs[] = {{{"<->", 3}, BOTH}, {{"->", 2}, ARROW}, {{"<-", 2}, BACK},     {{"{", 1}, OPEN},  {{"}", 1}, CLOSE},
                 {{"[", 1}, LEFT},   {{"]", 1}, RIGHT},  {{";", 1}, SEMICOLON}, {{",", 1}, COMMA}, {{"=", 1}, EQUALS}};
    skip_blanks(r);
    r->quoted = false;
    r->token_line = r->line;
    r->token_column = (size_t)(r->rest.at - r->line_at) + 1;
    size_t n = name_length(r->rest);
    if (r->rest.len == 0) {
        r->token = END, r->name = r->rest;
        return;
    }
    if (n) {
        take(r, NAME, n);
        return;
    }
    if (r->rest.at[0] == '"') {
        take_quoted(r);
        return;
    }
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (text_starts(r->rest, signs[i].sign)) {
            take(r, signs[i].token, signs[i].sign.len);
            return;
        }
    take(r, OTHER, 1);
}

/* ---- nodes and edges ---- */

static bool add_node(struct reader *r, struct text name, size_t *node) {
    for (*node = 0; *node < r->g->n; ++*node)
        if (text_equal_c(name, r->g->name[*node])) return true;
    if (name.len == 0 || name.len > 200) return fault(r, "a name of 1 to 200 bytes");
    if (r->g->n == GRAPH_NODES_MOST)
        return error_set(r->err, ERROR_DATA, "%s:%zu:%zu: more than %d nodes", r->shown, r->token_line, r->token_column,
                         GRAPH_NODES_MOST);
    return (r->g->name[r->g->n++] = text_copy(r->arena, name, r->err)) != NULL;
}

static bool join(struct reader *r, size_t a, size_t b, enum token how) {
    struct graph *g = r->g;
    if (a == b)
        return error_set(r->err, ERROR_DATA, "%s:%zu:%zu: an edge from '%s' to itself", r->shown, r->token_line,
                         r->token_column, g->name[a]);
    if (how == BOTH) {
        g->siblings[a] |= graph_one(b), g->siblings[b] |= graph_one(a);
    } else {
        size_t from = how == ARROW ? a : b, to = how == ARROW ? b : a;
        g->children[from] |= graph_one(to), g->parents[to] |= graph_one(from);
    }
    return true;
}

static bool join_all(struct reader *r, graph_set a, graph_set b, enum token how) {
    for (graph_set i = a; i; i &= i - 1)
        for (graph_set k = b; k; k &= k - 1)
            if (!join(r, graph_first(i), graph_first(k), how)) return false;
    return true;
}

/* A name, or {a b c}. */
static bool read_end(struct reader *r, graph_set *out) {
    size_t node;
    *out = 0;
    if (r->token == NAME) {
        if (!add_node(r, r->name, &node)) return false;
        *out = graph_one(node);
        return next(r), true;
    }
    if (r->token != OPEN) return fault(r, "a node");
    for (next(r); r->token != CLOSE; next(r)) {
        if (r->token == COMMA || r->token == SEMICOLON) continue;
        if (r->token != NAME) return fault(r, "a node or '}'");
        if (!add_node(r, r->name, &node)) return false;
        *out |= graph_one(node);
    }
    return next(r), true;
}

/* ---- attributes ---- */

static bool is_hidden_word(struct text t) {
    return text_equal_c(t, "hidden") || text_equal_c(t, "latent") || text_equal_c(t, "unobserved");
}

static size_t role_of(struct text t) {
    if (text_equal_c(t, "exposure")) return GRAPH_TREATMENT;
    for (size_t i = 0; i < GRAPH_ROLES; i++)
        if (text_equal_c(t, graph_roles[i])) return i;
    return GRAPH_ROLES;
}

static void mark(struct reader *r, struct text word, graph_set nodes) {
    size_t role = role_of(word);
    if (is_hidden_word(word)) r->hidden |= nodes;
    if (role < GRAPH_ROLES) r->g->role[role] |= nodes;
}

/* [a=b, c]; *dir: what dir= says, of an edge. */
static bool read_attributes(struct reader *r, graph_set nodes, struct text *dir) {
    for (next(r); r->token != RIGHT;) {
        if (r->token == COMMA || r->token == SEMICOLON) {
            next(r);
            continue;
        }
        if (r->token != NAME) return fault(r, "an attribute or ']'");
        struct text key = r->name, value = TEXT("yes");
        next(r);
        if (r->token == EQUALS) {
            next(r);
            if (r->token == END || r->token == RIGHT) return fault(r, "a value");
            value = r->name;
            /* a number or another value of several tokens says nothing here */
            for (next(r); r->token == OTHER; next(r)) {
            }
        }
        if (text_equal_c(key, "dir")) *dir = value;
        if (!text_equal_c(value, "no") && !text_equal_c(value, "false")) mark(r, key, nodes);
    }
    return next(r), true;
}

/* ---- statements ---- */

/* hidden a, b */
static bool read_list(struct reader *r, struct text word) {
    for (;;) {
        size_t node;
        if (r->token != NAME) return fault(r, "a node");
        if (!add_node(r, r->name, &node)) return false;
        mark(r, word, graph_one(node));
        next(r);
        if (r->token != COMMA) return true;
        next(r);
    }
}

enum { CHAIN_MOST = 256 };
struct chain {
    graph_set end[CHAIN_MOST];
    enum token edge[CHAIN_MOST];
    size_t n;
};

/* Edges of a chain, when its attributes are known. */
static bool join_chain(struct reader *r, const struct chain *c, struct text dir) {
    for (size_t i = 0; i + 1 < c->n; i++) {
        enum token how = c->edge[i];
        if (text_equal_c(dir, "both")) how = BOTH;
        if (text_equal_c(dir, "back")) how = how == ARROW ? BACK : ARROW;
        if (text_equal_c(dir, "none")) return fault(r, "edges with a direction");
        if (!join_all(r, c->end[i], c->end[i + 1], how)) return false;
    }
    return true;
}

static bool read_chain(struct reader *r, graph_set first) {
    struct chain c = {.n = 1};
    struct text dir = TEXT("");
    graph_set nodes = first;
    c.end[0] = first;
    while (r->token == ARROW || r->token == BACK || r->token == BOTH) {
        if (c.n == CHAIN_MOST) return fault(r, "a shorter chain");
        c.edge[c.n - 1] = r->token;
        next(r);
        if (!read_end(r, &c.end[c.n])) return false;
        nodes |= c.end[c.n++];
    }
    if (r->token == LEFT && !read_attributes(r, c.n == 1 ? nodes : 0, &dir)) return false;
    return join_chain(r, &c, dir);
}

/* "graph [..]", "node [..]", "edge [..]", "rankdir = LR" say how it is drawn. */
static bool read_statement(struct reader *r) {
    struct text word = r->name, dir;
    size_t node;
    graph_set first;
    if (r->token == OPEN) return read_end(r, &first) && read_chain(r, first);
    if (r->token != NAME) return fault(r, "a node or a statement");
    bool quoted = r->quoted;
    next(r);
    if (!quoted && r->token == LEFT &&
        (text_equal_c(word, "graph") || text_equal_c(word, "node") || text_equal_c(word, "edge")))
        return read_attributes(r, 0, &dir);
    if (r->token == EQUALS) {
        next(r);
        if (r->token == END) return fault(r, "a value");
        return next(r), true;
    }
    if (!quoted && r->token == NAME &&
        (is_hidden_word(word) || role_of(word) < GRAPH_ROLES || text_equal_c(word, "node")))
        return read_list(r, word);
    return add_node(r, word, &node) && read_chain(r, graph_one(node));
}

static bool read_statements(struct reader *r, bool inside) {
    while (r->token != END && !(inside && r->token == CLOSE)) {
        if (r->token == SEMICOLON)
            next(r);
        else if (!read_statement(r))
            return false;
    }
    if (!inside) return true;
    if (r->token != CLOSE) return fault(r, "'}'");
    next(r);
    return r->token == END || fault(r, "the end");
}

/* digraph NAME { */
static bool read_opening(struct reader *r, bool *inside) {
    *inside = false;
    if (r->token == NAME && text_equal_c(r->name, "strict")) next(r);
    if (r->token != NAME || !(text_equal_c(r->name, "digraph") || text_equal_c(r->name, "dag"))) return true;
    struct reader before = *r;
    next(r);
    if (r->token == NAME) next(r);
    *inside = r->token == OPEN;
    if (*inside)
        next(r);
    else
        *r = before;
    return true;
}

/* ---- what every graph must obey ---- */

/* A node that is its own ancestor: the way round, by its names. */
static bool check_cycles(struct reader *r) {
    const struct graph *g = r->g;
    for (size_t i = 0; i < g->n; i++) {
        graph_set below = 0;
        for (graph_set c = g->children[i]; c; c &= c - 1) below |= graph_descendants(g, c & -c);
        if (!(below & graph_one(i))) continue;
        struct buffer b;
        buffer_init(&b, 8192);
        size_t at = i;
        do {
            buffer_printf(&b, "%s -> ", g->name[at]);
            graph_set to_i = g->children[at] & graph_ancestors(g, graph_one(i));
            at = to_i & graph_one(i) ? i : graph_first(to_i & ~graph_one(at));
        } while (at != i && b.len < 600 && !b.failed);
        error_set(r->err, ERROR_DATA, "%s: a cycle: %.*s%s", r->shown, (int)b.len, b.at ? b.at : "", g->name[i]);
        buffer_done(&b);
        return false;
    }
    return true;
}

/* Takes a hidden node out: its children get its parents, and a common cause with one another and with its siblings. */
static void project(struct graph *g, size_t u) {
    graph_set children = g->children[u], parents = g->parents[u], siblings = g->siblings[u];
    for (graph_set c = children; c; c &= c - 1) {
        size_t i = graph_first(c);
        g->parents[i] = (g->parents[i] | parents) & ~graph_one(u);
        g->siblings[i] |= (children | siblings) & ~graph_one(i);
    }
    for (graph_set p = parents; p; p &= p - 1) {
        size_t i = graph_first(p);
        g->children[i] = (g->children[i] | children) & ~graph_one(u);
    }
    for (graph_set s = siblings; s; s &= s - 1) {
        size_t i = graph_first(s);
        g->siblings[i] = (g->siblings[i] | (children & ~graph_one(i))) & ~graph_one(u);
    }
    g->parents[u] = g->children[u] = g->siblings[u] = 0;
}

static graph_set packed(graph_set s, graph_set kept) {
    graph_set out = 0;
    for (size_t to = 0; kept; kept &= kept - 1, to++)
        if (s & kept & -kept) out |= graph_one(to);
    return out;
}

static void drop_hidden(struct reader *r) {
    struct graph *g = r->g;
    graph_set kept = graph_all(g) & ~r->hidden;
    size_t n = 0;
    for (graph_set h = r->hidden; h; h &= h - 1) {
        project(g, graph_first(h));
        g->hidden[g->n_hidden++] = g->name[graph_first(h)];
    }
    for (graph_set k = kept; k; k &= k - 1, n++) {
        size_t i = graph_first(k);
        g->name[n] = g->name[i];
        g->parents[n] = packed(g->parents[i], kept);
        g->children[n] = packed(g->children[i], kept);
        g->siblings[n] = packed(g->siblings[i], kept);
    }
    for (size_t i = 0; i < GRAPH_ROLES; i++) g->role[i] = packed(g->role[i], kept);
    g->n = n;
}

bool graph_read_text(struct text t, const char *shown, struct arena *arena, struct graph *out, struct error *err) {
    struct reader r = {.shown = shown, .rest = t, .line_at = t.at, .line = 1, .g = out, .arena = arena, .err = err};
    bool inside;
    *out = (struct graph){.file = shown};
    if (text_utf8_invalid(t) != SIZE_MAX)
        return error_set(err, ERROR_DATA, "%s: byte %zu is no UTF-8", shown, text_utf8_invalid(t));
    next(&r);
    if (!read_opening(&r, &inside) || !read_statements(&r, inside) || !check_cycles(&r)) return false;
    if ((out->role[GRAPH_TREATMENT] | out->role[GRAPH_OUTCOME]) & r.hidden)
        return error_set(err, ERROR_DATA, "%s: the treatment or the outcome is hidden", shown);
    drop_hidden(&r);
    return out->n > 0 || error_set(err, ERROR_DATA, "%s: no nodes that can be seen", shown);
}

bool graph_read(const char *path, struct arena *arena, struct graph *out, struct error *err) {
    struct text t;
    char *shown = text_copy(arena, text_of(path), err);
    return shown && file_read(arena, path, GRAPH_BYTES_MOST, &t, err) && graph_read_text(t, shown, arena, out, err);
}
