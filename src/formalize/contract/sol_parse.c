/* What all files of the parser stand on, and files as a whole: see sol_parse.h. */
#include "formalize/contract/sol_parse_internal.h"

#include <string.h>

enum { SLAB = 512 };

/* ---- tokens */

const struct sol_token *sol_look(const struct sol_parser *p, uint32_t ahead) {
    const struct sol_tokens *t = &p->file->tokens;
    size_t at = p->dead ? t->n : (size_t)p->at + ahead;
    return &t->at[at < t->n ? at : t->n - 1];
}

bool sol_is_op(const struct sol_parser *p, uint32_t ahead, const char *op) {
    const struct sol_token *t = sol_look(p, ahead);
    return t->kind == SOL_OP && t->word == sol_op(op);
}

bool sol_is_word(const struct sol_parser *p, uint32_t ahead, uint32_t word) {
    const struct sol_token *t = sol_look(p, ahead);
    return t->kind == SOL_WORD && t->word == word;
}

bool sol_take_op(struct sol_parser *p, const char *op) {
    bool is = sol_is_op(p, 0, op);
    p->at += is;
    return is;
}

bool sol_take_word(struct sol_parser *p, uint32_t word) {
    bool is = sol_is_word(p, 0, word);
    p->at += is;
    return is;
}

void sol_want_op(struct sol_parser *p, const char *op) {
    if (!p->lost && !sol_take_op(p, op)) p->lost = true;
}

/* +1 what opens, -1 what closes a bracket. */
static int bracket(const struct sol_token *t) {
    if (t->kind != SOL_OP || t->len != 1) return 0;
    return t->word == '(' || t->word == '[' || t->word == '{'   ? 1
           : t->word == ')' || t->word == ']' || t->word == '}' ? -1
                                                                : 0;
}

void sol_skip_balanced(struct sol_parser *p) {
    int open = 0;
    do {
        const struct sol_token *t = sol_look(p, 0);
        if (t->kind == SOL_END) return;
        open += bracket(t);
        p->at++;
    } while (open > 0);
}

void sol_recover(struct sol_parser *p, uint32_t from, const char *what) {
    const struct sol_token *t = sol_look(p, 0);
    uint32_t line = t->line;
    while (t->kind != SOL_END && !sol_is_op(p, 0, "}")) {
        bool braces = sol_is_op(p, 0, "{");
        if (sol_take_op(p, ";")) break;
        if (braces || sol_is_op(p, 0, "(") || sol_is_op(p, 0, "["))
            sol_skip_balanced(p);
        else
            p->at++;
        if (braces) break;
        t = sol_look(p, 0);
    }
    if (p->at == from && sol_look(p, 0)->kind != SOL_END) p->at++;
    uint32_t end = p->file->tokens.at[p->at > from ? p->at - 1 : from].line;
    p->lost = false;
    if (p->dead) return;
    struct sol_fault fault = {line, end > line ? end : line, what};
    if (!sol_fault_add(&p->file->faults, p->arena, fault, p->err)) p->dead = true;
}

/* ---- nodes */

struct sol_node *sol_open(struct sol_parser *p, enum sol_kind kind) {
    struct sol_node *node = &p->spare;
    if (!p->left && !p->dead) {
        p->slab = arena_new(p->arena, struct sol_node, SLAB, p->err);
        p->left = p->slab ? SLAB : 0;
        p->dead = !p->slab;
    }
    if (p->left) node = &p->slab[SLAB - p->left--];
    *node = (struct sol_node){.kind = (uint8_t)kind, .from = p->at, .to = p->at};
    return node;
}

struct sol_node *sol_open_at(struct sol_parser *p, enum sol_kind kind, const struct sol_node *first) {
    uint32_t from = first->from;
    struct sol_node *node = sol_open(p, kind);
    node->from = from;
    return node;
}

void sol_add(struct sol_parser *p, struct sol_node *parent, struct sol_node *child) {
    if (p->dead || parent == child) return;
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    if (child->height + 1 > parent->height) parent->height = (uint16_t)(child->height + 1);
    if (parent->height > SOL_DEPTH_MOST * 4) p->lost = true;
}

struct sol_node *sol_close(struct sol_parser *p, struct sol_node *node) {
    node->to = p->at > node->from ? p->at : node->from;
    return node;
}

struct sol_node *sol_none(struct sol_parser *p) {
    return sol_open(p, N_NONE);
}

bool sol_deeper(struct sol_parser *p) {
    if (p->depth < SOL_DEPTH_MOST) return p->depth++, true;
    p->lost = true;
    return false;
}

/* ---- files */

/* The lowest version that a pragma takes: ">=0.4.22 <0.9.0" is 4022. */
static unsigned version_of(struct text pragma) {
    for (size_t i = 0; i + 2 < pragma.len; i++) {
        unsigned minor = 0, patch = 0;
        if (pragma.at[i] != '0' || pragma.at[i + 1] != '.' || (i && pragma.at[i - 1] == '.')) continue;
        if (i && pragma.at[i - 1] >= '0' && pragma.at[i - 1] <= '9') continue;
        size_t at = i + 2;
        for (; at < pragma.len && pragma.at[at] >= '0' && pragma.at[at] <= '9' && minor < 1000; at++)
            minor = minor * 10 + (unsigned)(pragma.at[at] - '0');
        if (at < pragma.len && pragma.at[at] == '.')
            for (at++; at < pragma.len && pragma.at[at] >= '0' && pragma.at[at] <= '9' && patch < 100; at++)
                patch = patch * 10 + (unsigned)(pragma.at[at] - '0');
        return minor * 1000 + patch;
    }
    return 0;
}

static unsigned file_version(const struct sol_file *file) {
    for (const struct sol_node *n = file->tree->first; n; n = n->next)
        if (n->kind == N_PRAGMA && n->word == W_solidity) return version_of(sol_source(file, n));
    return 0;
}

static bool is_vyper(struct text line) {
    static const char *const starts[] = {"# @version", "#@version", "# pragma version",
                                         "@external",  "@internal", "@view",
                                         "@payable",   "def ",      "from vyper"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (text_starts(line, text_of(starts[i]))) return true;
    return false;
}

/* What is no source of Solidity, with the line that shows it. */
static bool is_source(struct text text, const char *name, struct error *err) {
    struct text rest = text, line;
    size_t n = 0;
    if (!text_trim(text).len) return error_set(err, ERROR_DATA, "%s:1: an empty file", name);
    if (text.len > SOL_BYTES_MOST)
        return error_set(err, ERROR_DATA, "%s:1: %zu bytes; at most 16 MiB are read", name, text.len);
    while (text_next(&rest, '\n', &line)) {
        n++;
        if (line.len > SOL_LINE_MOST)
            return error_set(err, ERROR_DATA, "%s:%zu: a line of %zu bytes; at most 1 MiB are read", name, n, line.len);
        if (memchr(line.at, 0, line.len))
            return error_set(err, ERROR_DATA, "%s:%zu: a binary file, no source", name, n);
        if (is_vyper(line))
            return error_set(err, ERROR_DATA, "%s:%zu: this looks like Vyper; only Solidity is read", name, n);
    }
    return true;
}

static bool declares(const struct sol_file *file) {
    for (const struct sol_node *n = file->tree->first; n; n = n->next)
        if (n->kind != N_SKIPPED) return true;
    return false;
}

bool sol_parse(struct text text, const char *name, struct sol_names *names, struct arena *arena, struct sol_file *out,
               struct error *err) {
    *out = (struct sol_file){.name = name, .text = text};
    if (!is_source(text, name, err) || !sol_lex(text, names, arena, &out->tokens, &out->faults, err)) return false;
    struct sol_parser p = {.file = out, .names = names, .arena = arena, .err = err};
    out->tree = sol_open(&p, N_FILE);
    sol_declarations(&p, out->tree);
    if (p.dead) return false;
    sol_close(&p, out->tree);
    out->version = file_version(out);
    if (!declares(out) && (out->faults.n || out->tokens.n > 1))
        return error_set(err, ERROR_DATA, "%s:%u: no declaration of Solidity", name, out->tokens.at[0].line);
    return true;
}
