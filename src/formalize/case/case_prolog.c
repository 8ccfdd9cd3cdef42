/* Cases as Prolog: a clause `parent :- child, child.` for each node with support, a fact for each leaf; a node joined
 * by or has a clause for each child. See case_format.h.
 *
 * Facts about the nodes stand before the clauses: kind/2, text/2, beside/2, challenges/2, and member/2 with the members
 * of ours as JSON. Other people's clauses are read as well: what has a body is a goal, the rest is evidence; a body of
 * several goals beside another of the same head becomes a strategy. */
#include "formalize/case/case_format.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- terms ---- */

struct term {
    struct text name;    /* of an atom without its quotes; of a compound the whole, as it is written */
    struct text functor; /* of a compound; else empty */
    struct text argument[2];
    size_t arguments;
    struct case_place place;
};

enum { GOALS_MOST = 4096, TERM_DEPTH_MOST = 50 };

struct clause {
    struct term head;
    struct term *body;
    size_t n;
    bool any; /* its goals are parted by ; */
    struct clause *next;
};

struct reader {
    struct case_build *b;
    struct text t;
    size_t at, line, start;
};

static struct case_place here(const struct reader *r) {
    return (struct case_place){r->line, r->at - r->start + 1};
}
static char peek(const struct reader *r, size_t ahead) {
    return r->at + ahead < r->t.len ? r->t.at[r->at + ahead] : 0;
}

static void step(struct reader *r) {
    if (peek(r, 0) == '\n') {
        r->line++;
        r->start = r->at + 1;
    }
    r->at++;
}

static void skip(struct reader *r) {
    for (;;) {
        if (isspace((unsigned char)peek(r, 0))) {
            step(r);
        } else if (peek(r, 0) == '%') {
            while (r->at < r->t.len && peek(r, 0) != '\n') step(r);
        } else if (peek(r, 0) == '/' && peek(r, 1) == '*') {
            step(r), step(r);
            while (r->at < r->t.len && !(peek(r, 0) == '*' && peek(r, 1) == '/')) step(r);
            step(r), step(r);
        } else {
            return;
        }
        if (r->at > r->t.len) r->at = r->t.len;
    }
}

static bool fail(const struct reader *r, const char *what) {
    return case_build_error(r->b, here(r), "Prolog: %s", what);
}

/* Behind the backslash; \xHH\ and \n, \t, \\, quotes. */
static bool put_escape(struct reader *r, struct buffer *out) {
    char c = peek(r, 0), bytes[4];
    uint32_t code = 0;
    step(r);
    if (c == '\n') return true;
    if (c == 'n') return buffer_put_char(out, '\n');
    if (c == 't') return buffer_put_char(out, '\t');
    if (c == 'r') return buffer_put_char(out, '\r');
    if (c == '\\' || c == '\'' || c == '"' || c == '`') return buffer_put_char(out, c);
    if (c != 'x') return fail(r, "an escape that is none of \\n \\t \\r \\\\ \\' \\\" \\xHH\\");
    for (size_t i = 0; i < 7 && isxdigit((unsigned char)peek(r, 0)); i++, step(r)) {
        char h = (char)tolower(peek(r, 0));
        code = code * 16 + (uint32_t)(isdigit((unsigned char)h) ? h - '0' : h - 'a' + 10);
    }
    size_t n = peek(r, 0) == '\\' && code ? text_utf8_put(code, bytes) : 0;
    step(r);
    return n ? buffer_put(out, bytes, n) : fail(r, "\\x without a character");
}

static bool read_quoted(struct reader *r, struct text *out) {
    struct buffer value;
    char quote = peek(r, 0);
    bool ok = true, closed = false;
    buffer_init(&value, r->t.len + 16);
    step(r);
    while (ok && !closed) {
        char c = peek(r, 0);
        if (r->at >= r->t.len) {
            ok = fail(r, "a quote that is not closed");
        } else if (c == quote && peek(r, 1) == quote) {
            ok = buffer_put_char(&value, quote), step(r), step(r);
        } else if (c == quote) {
            closed = true, step(r);
        } else if (c == '\\') {
            step(r);
            ok = put_escape(r, &value);
        } else {
            ok = buffer_put_char(&value, c), step(r);
        }
    }
    ok = ok && buffer_check(&value, "assurance case", r->b->err) &&
         (out->at = arena_copy(r->b->arena, value.at ? value.at : "", value.len, r->b->err));
    if (ok) out->len = value.len;
    buffer_done(&value);
    return ok;
}

static bool word_byte(char c) {
    unsigned char u = (unsigned char)c;
    return isalnum(u) || c == '_' || u >= 0x80;
}

/* An atom, variable, number or quoted text. */
static bool read_word(struct reader *r, struct text *out) {
    if (peek(r, 0) == '\'' || peek(r, 0) == '"') return read_quoted(r, out);
    size_t from = r->at;
    while (word_byte(peek(r, 0)) || (peek(r, 0) == '.' && isdigit((unsigned char)peek(r, 1)))) step(r);
    *out = text_part(r->t, from, r->at);
    return out->len || fail(r, "expected a name");
}

/* Arguments: words are taken as they mean, anything else as it is written up to its comma or bracket. */
static bool read_arguments(struct reader *r, struct term *term) {
    size_t depth = 0, from = r->at;
    while (depth > 0 || peek(r, 0) != ')') {
        char c = peek(r, 0);
        struct text word;
        if (r->at >= r->t.len) return fail(r, "a bracket that is not closed");
        if (c == '\'' || c == '"') {
            size_t quote = r->at;
            if (!read_quoted(r, &word)) return false;
            if (depth == 0 && text_trim(text_part(r->t, from, quote)).len == 0 && term->arguments < 2)
                term->argument[term->arguments] = word;
            continue;
        }
        if (strchr("([{", c) && ++depth > TERM_DEPTH_MOST) return fail(r, "brackets deeper than 50");
        if (strchr(")]}", c) && depth-- == 0) return fail(r, "a bracket that does not fit");
        if (c == ',' && depth == 0) {
            struct text *into = term->arguments < 2 ? &term->argument[term->arguments] : NULL;
            if (into && !into->at) *into = text_trim(text_part(r->t, from, r->at));
            term->arguments++;
            from = r->at + 1;
        }
        step(r);
    }
    struct text *last = term->arguments < 2 ? &term->argument[term->arguments] : NULL;
    if (last && !last->at) *last = text_trim(text_part(r->t, from, r->at));
    term->arguments++;
    step(r);
    return true;
}

static bool read_term(struct reader *r, struct term *out) {
    *out = (struct term){0};
    skip(r);
    out->place = here(r);
    size_t from = r->at;
    if (!read_word(r, &out->name)) return false;
    if (peek(r, 0) != '(') return true;
    step(r);
    out->functor = out->name;
    if (!read_arguments(r, out)) return false;
    out->name = text_part(r->t, from, r->at);
    return true;
}

/* ---- clauses ---- */

static bool read_body(struct reader *r, struct clause *clause) {
    size_t room = 0;
    bool all = false;
    do {
        if (clause->n == GOALS_MOST * 16) return fail(r, "too many goals in one clause");
        if (clause->n == room) {
            room = room ? room * 2 : 8;
            struct term *more = arena_new(r->b->arena, struct term, room, r->b->err);
            if (!more) return false;
            if (clause->n) memcpy(more, clause->body, clause->n * sizeof *more);
            clause->body = more;
        }
        if (!read_term(r, &clause->body[clause->n])) return false;
        clause->n += !text_equal_c(clause->body[clause->n].name, "true");
        skip(r);
        clause->any = clause->any || peek(r, 0) == ';';
        all = all || peek(r, 0) == ',';
        if (clause->any && all) return fail(r, "a body with both , and ; : part it into clauses");
    } while ((peek(r, 0) == ',' || peek(r, 0) == ';') && (step(r), true));
    return true;
}

/* Directives are for Prolog, not for us. */
static bool skip_directive(struct reader *r) {
    while (r->at < r->t.len && !(peek(r, 0) == '.' && (isspace((unsigned char)peek(r, 1)) || !peek(r, 1)))) {
        struct text quoted;
        if (peek(r, 0) == '\'') {
            if (!read_quoted(r, &quoted)) return false;
        } else {
            step(r);
        }
    }
    step(r);
    return true;
}

static bool read_clauses(struct reader *r, struct clause **first) {
    struct clause **last = first;
    for (skip(r); r->at < r->t.len; skip(r)) {
        if (peek(r, 0) == ':' && peek(r, 1) == '-') {
            if (!skip_directive(r)) return false;
            continue;
        }
        struct clause *clause = *last = arena_new(r->b->arena, struct clause, 1, r->b->err);
        if (!clause || !read_term(r, &clause->head)) return false;
        last = &clause->next;
        skip(r);
        if (peek(r, 0) == ':' && peek(r, 1) == '-') {
            step(r), step(r);
            if (!read_body(r, clause)) return false;
        }
        if (peek(r, 0) != '.') return fail(r, "expected '.' at the end of a clause");
        step(r);
    }
    return true;
}

/* ---- clauses to nodes ---- */

enum about { ABOUT_NOTHING, ABOUT_KIND, ABOUT_TEXT, ABOUT_MEMBER, ABOUT_BESIDE, ABOUT_CHALLENGES, ABOUT_CASE };

static enum about about(const struct clause *clause) {
    static const char *const names[] = {"kind", "text", "member", "beside", "challenges", "case"};
    for (int i = 0; i < 6 && clause->n == 0 && clause->head.arguments == 2; i++)
        if (text_equal_c(clause->head.functor, names[i])) return (enum about)(i + 1);
    return ABOUT_NOTHING;
}

/* One mention of a node: by name, to find it and what is said of it. */
struct mention {
    struct text name;
    size_t order, node; /* node: in the case, once it is made */
    struct case_place place;
    unsigned bodies; /* clauses with a body */
    bool kind_told;
    enum case_kind kind;
};

struct mentions {
    struct mention *at;
    size_t n, room;
};

static bool mention(struct reader *r, struct mentions *m, struct text name, struct case_place place, bool body,
                    const enum case_kind *kind) {
    if (m->n == m->room) {
        size_t wanted = m->room ? m->room * 2 : 64;
        if (wanted > (size_t)64 * CASE_NODES_MOST) return fail(r, "too many goals");
        struct mention *more = memory_grow(m->at, wanted, sizeof *more);
        if (!more) return error_memory(r->b->err, "assurance case");
        m->at = more;
        m->room = wanted;
    }
    m->at[m->n] = (struct mention){name, m->n, SIZE_MAX, place, body, kind != NULL, kind ? *kind : CASE_GOAL};
    m->n++;
    return true;
}

static bool find_kind(const struct reader *r, const struct term *fact, enum case_kind *out) {
    for (int kind = CASE_GOAL; kind <= CASE_COUNTER_SOLUTION; kind++)
        if (text_equal_c(fact->argument[1], case_kind_name((enum case_kind)kind)))
            return *out = (enum case_kind)kind, true;
    return case_build_error(r->b, fact->place, "%.*s: unknown kind '%.*s'", TEXT_ARG(fact->argument[0]),
                            TEXT_ARG(fact->argument[1]));
}

static bool mention_all(struct reader *r, struct mentions *m, const struct clause *first) {
    for (const struct clause *c = first; c; c = c->next) {
        enum about what = about(c);
        enum case_kind kind = CASE_GOAL;
        if (what == ABOUT_KIND && !find_kind(r, &c->head, &kind)) return false;
        if (what == ABOUT_KIND && !mention(r, m, c->head.argument[0], c->head.place, false, &kind)) return false;
        if (what != ABOUT_NOTHING) continue;
        if (!mention(r, m, c->head.name, c->head.place, c->n > 0, NULL)) return false;
        for (size_t i = 0; i < c->n; i++)
            if (!mention(r, m, c->body[i].name, c->body[i].place, false, NULL)) return false;
    }
    return true;
}

static int compare_names(const void *a, const void *b) {
    const struct mention *x = a, *y = b;
    int by_name = text_compare(x->name, y->name);
    return by_name ? by_name : x->order < y->order ? -1 : x->order > y->order;
}

static int compare_order(const void *a, const void *b) {
    const struct mention *x = a, *y = b;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* One mention a name, in the order of first mention: what all of them say. */
static void merge(struct mentions *m) {
    size_t kept = 0;
    if (m->n) qsort(m->at, m->n, sizeof *m->at, compare_names);
    for (size_t i = 0; i < m->n; i++) {
        if (kept == 0 || !text_equal(m->at[kept - 1].name, m->at[i].name)) {
            m->at[kept++] = m->at[i];
            continue;
        }
        struct mention *one = &m->at[kept - 1];
        one->bodies += m->at[i].bodies;
        if (m->at[i].kind_told) one->kind_told = true, one->kind = m->at[i].kind;
    }
    m->n = kept;
    if (m->n) qsort(m->at, m->n, sizeof *m->at, compare_order);
}

static struct mention *find(struct mentions *sorted, struct text name) {
    struct mention key = {.name = name};
    size_t from = 0, to = sorted->n;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        int order = text_compare(sorted->at[mid].name, key.name);
        if (order == 0) return &sorted->at[mid];
        if (order < 0)
            from = mid + 1;
        else
            to = mid;
    }
    return NULL;
}

static bool make_nodes(struct reader *r, struct mentions *m) {
    merge(m);
    for (size_t i = 0; i < m->n; i++) {
        struct mention *one = &m->at[i];
        enum case_kind kind = one->kind_told ? one->kind : one->bodies ? CASE_GOAL : CASE_SOLUTION;
        struct case_node *node = case_build_node(r->b, one->name, kind, one->place);
        if (!node) return false;
        one->node = r->b->out->n_nodes - 1;
        node->text = one->kind_told ? (struct text){0} : one->name;
    }
    if (m->n) qsort(m->at, m->n, sizeof *m->at, compare_names); /* to be found by name */
    return true;
}

/* ---- what is said of them ---- */

static bool link_body(struct reader *r, const struct clause *c, struct text from) {
    for (size_t i = 0; i < c->n; i++)
        if (!case_build_link(r->b, CASE_SUPPORTED_BY, from, c->body[i].name, true, c->body[i].place)) return false;
    return true;
}

/* Several bodies of one head are ways to it: of one goal the goal itself, of several a strategy. */
static bool add_way(struct reader *r, const struct clause *c, struct mention *head) {
    struct case_node *node = &r->b->out->nodes[head->node];
    if (head->bodies > 1 || c->any) node->join = CASE_OR;
    if (head->bodies == 1 || c->n == 1) return link_body(r, c, c->head.name);
    char *id = arena_printf(r->b->arena, r->b->err, "%s/%zu", node->id, ++head->order);
    if (!id || !case_build_link(r->b, CASE_SUPPORTED_BY, c->head.name, text_of(id), true, c->head.place)) return false;
    struct case_node *way = case_build_node(r->b, text_of(id), CASE_STRATEGY, c->head.place);
    if (!way) return false;
    way->text = text_of(id);
    if (c->any) way->join = CASE_OR;
    return link_body(r, c, text_of(id));
}

static bool keep_other(struct reader *r, const struct term *fact) {
    json_decref(r->b->out->other);
    r->b->out->other = json_read(fact->argument[1], r->b->file, fact->place.line, r->b->err);
    return json_is_object(r->b->out->other) ||
           case_build_error(r->b, fact->place, "case(other, ...): expected an object");
}

static bool say(struct reader *r, struct mentions *m, const struct clause *c) {
    const struct term *fact = &c->head;
    enum about what = about(c);
    if (what == ABOUT_CASE) {
        if (text_equal_c(fact->argument[0], "other")) return keep_other(r, fact);
        const char **out = text_equal_c(fact->argument[0], "name") ? &r->b->out->name : &r->b->out->description;
        return (*out = text_copy(r->b->arena, fact->argument[1], r->b->err)) != NULL;
    }
    struct mention *one = find(m, what == ABOUT_NOTHING ? fact->name : fact->argument[0]);
    if (!one)
        return case_build_error(r->b, fact->place, "'%.*s' is spoken of, and there is no such node",
                                TEXT_ARG(fact->argument[0]));
    struct case_node *node = &r->b->out->nodes[one->node];
    if (what == ABOUT_TEXT) return node->text = fact->argument[1], true;
    if (what == ABOUT_MEMBER) return case_read_node_text(r->b, fact->argument[1], fact->place, one->node);
    if (what == ABOUT_BESIDE || what == ABOUT_CHALLENGES)
        return case_build_link(r->b, what == ABOUT_BESIDE ? CASE_IN_CONTEXT_OF : CASE_CHALLENGES, fact->argument[0],
                               fact->argument[1], true, fact->place);
    return what == ABOUT_KIND || c->n == 0 || add_way(r, c, one);
}

/* ---- the format ---- */

/* Does a clause begin it? An atom, and then ( or . or :- */
static bool claims(const struct case_source *source) {
    struct error err = {0};
    struct arena arena;
    struct case_build b = {.arena = &arena, .file = "", .err = &err};
    struct reader r = {.b = &b, .t = source->t, .line = 1};
    struct term head;
    if (source->tree) return false;
    arena_init(&arena, (size_t)1 << 26);
    skip(&r);
    bool is = peek(&r, 0) == ':' && peek(&r, 1) == '-';
    if (!is && read_term(&r, &head)) {
        skip(&r);
        is = (peek(&r, 0) == ':' && peek(&r, 1) == '-') || peek(&r, 0) == '.';
    }
    arena_done(&arena);
    return is;
}

static bool read(struct case_build *b, const struct case_source *source) {
    struct reader r = {.b = b, .t = source->t, .line = 1};
    struct clause *first = NULL;
    struct mentions m = {0};
    bool ok = read_clauses(&r, &first) && mention_all(&r, &m, first) && make_nodes(&r, &m);
    for (size_t i = 0; ok && i < m.n; i++) m.at[i].order = 0; /* now counts ways */
    for (const struct clause *c = first; ok && c; c = c->next) ok = say(&r, &m, c);
    memory_free(m.at);
    return ok;
}

/* ---- writing ---- */

static void put_atom(struct buffer *out, struct text t) {
    buffer_put_char(out, '\'');
    for (size_t i = 0; i < t.len; i++) {
        char c = t.at[i];
        if (c == '\n')
            buffer_put_c(out, "\\n");
        else if (c == '\'' || c == '\\')
            buffer_printf(out, "\\%c", c);
        else if ((unsigned char)c < 0x20 || c == 0x7f)
            buffer_printf(out, "\\x%x\\", (unsigned)(unsigned char)c);
        else
            buffer_put_char(out, c);
    }
    buffer_put_char(out, '\'');
}

static void put_fact(struct buffer *out, const char *functor, const char *id, struct text value) {
    buffer_printf(out, "%s(", functor);
    put_atom(out, text_of(id));
    buffer_put_c(out, ", ");
    put_atom(out, value);
    buffer_put_c(out, ").\n");
}

static bool put_json(struct buffer *out, const char *functor, const char *id, const json_t *value, struct error *err) {
    struct buffer json;
    buffer_init(&json, (size_t)CASE_FILE_MOST);
    bool ok = json_put(&json, value, 0) && buffer_check(&json, "assurance case", err);
    if (ok) put_fact(out, functor, id, buffer_text(&json));
    buffer_done(&json);
    return ok;
}

static bool put_members(const struct assurance_case *c, struct buffer *out, struct error *err) {
    for (size_t i = 0; i < c->n_nodes; i++) {
        json_t *own = case_node_json(c, &c->nodes[i], CASE_PUT_FIELDS | CASE_PUT_OTHER, err);
        if (!own) return false;
        bool ok = json_object_size(own) == 0 || put_json(out, "member", c->nodes[i].id, own, err);
        json_decref(own);
        if (!ok) return false;
    }
    return true;
}

static void put_about(const struct assurance_case *c, struct buffer *out) {
    if (c->name) put_fact(out, "case", "name", text_of(c->name));
    if (c->description) put_fact(out, "case", "description", text_of(c->description));
    for (size_t i = 0; i < c->n_nodes; i++)
        put_fact(out, "kind", c->nodes[i].id, text_of(case_kind_name(c->nodes[i].kind)));
    for (size_t i = 0; i < c->n_nodes; i++)
        if (c->nodes[i].text.len) put_fact(out, "text", c->nodes[i].id, c->nodes[i].text);
    for (size_t i = 0; i < c->n_nodes; i++)
        for (size_t k = 0; k < c->nodes[i].n_in_context_of; k++)
            put_fact(out, "beside", c->nodes[i].id, text_of(c->nodes[c->nodes[i].in_context_of[k]].id));
    for (size_t i = 0; i < c->n_nodes; i++)
        for (size_t k = 0; k < c->nodes[i].n_challenges; k++)
            put_fact(out, "challenges", c->nodes[i].id, text_of(c->nodes[c->nodes[i].challenges[k]].id));
}

/* Evidence is a fact; a goal that nothing supports can be asked for, and fails. */
static void put_clauses(const struct assurance_case *c, const struct case_node *node, struct buffer *out) {
    bool any = node->join == CASE_OR;
    if (node->n_supported_by == 0 && (node->kind == CASE_SOLUTION || node->kind == CASE_COUNTER_SOLUTION)) {
        put_atom(out, text_of(node->id));
        buffer_put_c(out, ".\n");
    } else if (node->n_supported_by == 0 && case_supports(node->kind)) {
        buffer_put_c(out, ":- dynamic(");
        put_atom(out, text_of(node->id));
        buffer_put_c(out, "/0).\n");
    }
    for (size_t i = 0; i < node->n_supported_by; i++) {
        if (i == 0 || any) {
            put_atom(out, text_of(node->id));
            buffer_put_c(out, " :- ");
        }
        put_atom(out, text_of(c->nodes[node->supported_by[i]].id));
        buffer_put_c(out, any || i + 1 == node->n_supported_by ? ".\n" : ", ");
    }
}

static bool write(const struct assurance_case *c, struct buffer *out, struct error *err) {
    if (json_object_size(c->other) && !put_json(out, "case", "other", c->other, err)) return false;
    put_about(c, out);
    if (!put_members(c, out, err)) return false;
    for (size_t i = 0; i < c->n_nodes; i++) put_clauses(c, &c->nodes[i], out);
    return buffer_check(out, "assurance case", err);
}

const struct case_format case_format_prolog = {
    .name = "prolog",
    .summary = "Prolog: a clause for each node with support, a fact for each leaf",
    .ending = ".pl",
    .claims = claims,
    .read = read,
    .write = write,
};
