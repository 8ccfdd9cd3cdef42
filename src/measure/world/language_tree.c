/* A tree in brackets, as English and in another order of words. See language.h and the head of pocket/languages.yaml.
 */
#include "measure/world/language.h"

#include <string.h>

bool tree_put_plain(struct buffer *out, struct text tree) {
    for (size_t i = 0; i < tree.len; i++) {
        char c = tree.at[i];
        if (strchr("()[]{}", c)) continue;
        if (c == '*')
            i++; /* with the blank behind it */
        else
            buffer_put_char(out, c == '_' ? ' ' : c);
    }
    return !out->failed;
}

/* ---- reading: nodes in the order of the text, each with the place behind its last */

enum { MOST_NODES = 128, MOST_PIECES = 256 };
struct node {
    char kind;  /* ( [ { a group, w a word, $ a slot, . punctuation */
    size_t end; /* of the nodes inside a group */
    struct text text;
};
struct reading {
    struct text tree;
    size_t at;
    struct node node[MOST_NODES];
    size_t n;
    struct error *err;
};

static bool is_mark(char c) {
    return c && strchr(".,:?!\n", c) != NULL;
}

static struct node *add(struct reading *r, char kind, size_t from) {
    if (r->n == MOST_NODES) return error_set(r->err, ERROR_DATA, "tree '%.*s' is too long", TEXT_ARG(r->tree)), NULL;
    struct node *node = &r->node[r->n++];
    *node = (struct node){.kind = kind, .end = r->n, .text = text_part(r->tree, from, r->at)};
    return node;
}

static bool read_leaf(struct reading *r) {
    size_t from = r->at;
    char c = r->tree.at[r->at++];
    if (is_mark(c)) return add(r, '.', from) != NULL;
    while (r->at < r->tree.len && !strchr(" ()[]{}", r->tree.at[r->at]) && !is_mark(r->tree.at[r->at])) r->at++;
    return add(r, c == '$' ? '$' : 'w', from) != NULL;
}

static char closing(char open) {
    return open == '(' ? ')' : open == '[' ? ']' : '}';
}

/* All trees are a few groups deep; the stack holds where they began. */
static bool read_tree(struct reading *r) {
    size_t open[16], depth = 0;
    while (r->at < r->tree.len) {
        char c = r->tree.at[r->at];
        if (c == ' ') {
            r->at++;
        } else if (strchr("([{", c)) {
            if (depth == sizeof open / sizeof *open || !add(r, c, r->at)) break;
            open[depth++] = r->n - 1, r->at++;
        } else if (strchr(")]}", c)) {
            if (depth == 0 || closing(r->node[open[depth - 1]].kind) != c) break;
            r->node[open[--depth]].end = r->n, r->at++;
        } else if (!read_leaf(r))
            return false;
    }
    return (depth == 0 && r->at == r->tree.len) ||
           error_set(r->err, ERROR_DATA, "tree '%.*s': the brackets do not close at byte %zu", TEXT_ARG(r->tree),
                     r->at);
}

/* ---- writing: pieces in the order of the language */

struct writing {
    const struct reading *r;
    const struct languages *l;
    const struct language *language;
    struct buffer *out;
    size_t from; /* where the text began in out */
    struct error *err;
};

static bool put_piece(struct writing *g, struct text piece) {
    bool first = g->out->len == g->from || g->out->at[g->out->len - 1] == '\n';
    if (is_mark(piece.at[0])) return first && piece.at[0] != '\n' ? true : buffer_put_text(g->out, piece);
    return (first || buffer_put_char(g->out, ' ')) && buffer_put_text(g->out, piece);
}

static bool put_word(struct writing *g, struct text en) {
    for (size_t i = 0; i < g->l->drop.n; i++)
        if (text_equal_nocase(g->l->drop.at[i], en)) return true;
    if (text_equal_c(en, "*")) return true;
    const struct word *word = language_word(g->language, en);
    if (!word)
        return error_set(g->err, ERROR_DATA, "tree '%.*s': the language %s has no word '%.*s'", TEXT_ARG(g->r->tree),
                         g->language->name, TEXT_ARG(en));
    return put_piece(g, word->word);
}

/* $aV and $UC are plain slots: no articles, no capitals. */
static bool put_slot(struct writing *g, struct text slot) {
    char plain[2] = {'$', slot.at[slot.len - 1]};
    return put_piece(g, (struct text){plain, 2});
}

/* Words that are one head come in the order of heads. */
static bool put_leaf(struct writing *g, const struct node *node) {
    if (node->kind == '$') return put_slot(g, node->text);
    if (node->kind == '.') return put_piece(g, node->text);
    struct text part[8], rest = node->text;
    size_t n = 0;
    while (n < 8 && text_next(&rest, '_', &part[n])) n++;
    for (size_t i = 0; i < n; i++)
        if (!put_word(g, part[g->language->head_last ? n - 1 - i : i])) return false;
    return true;
}

static bool put_node(struct writing *g, size_t at);

/* The children from..to-1 in their order, leaving one out. */
static bool put_children(struct writing *g, size_t from, size_t to, size_t without) {
    for (size_t i = from; i < to; i = g->r->node[i].end)
        if (i != without && !put_node(g, i)) return false;
    return true;
}

static bool put_noun(struct writing *g, size_t from, size_t to) {
    size_t word[MOST_NODES], n = 0;
    for (size_t i = from; i < to; i = g->r->node[i].end)
        if (g->r->node[i].end == i + 1 && g->r->node[i].kind != '(') word[n++] = i;
    for (size_t i = 0; i < n; i++)
        if (!put_leaf(g, &g->r->node[word[g->language->noun_first ? n - 1 - i : i]])) return false;
    for (size_t i = from; i < to; i = g->r->node[i].end)
        if (strchr("([{", g->r->node[i].kind) && !put_node(g, i)) return false;
    return true;
}

static bool put_node(struct writing *g, size_t at) {
    const struct node *node = &g->r->node[at];
    if (node->kind == '[') return put_noun(g, at + 1, node->end);
    if (node->kind == '{') return put_children(g, at + 1, node->end, SIZE_MAX);
    if (node->kind != '(') return put_leaf(g, node);
    if (!g->language->head_last) return put_children(g, at + 1, node->end, SIZE_MAX);
    return put_children(g, at + 1, node->end, at + 1) && put_node(g, at + 1);
}

/* The head of the last group, then all else as it stands. */
static bool put_opened(struct writing *g, size_t from, size_t to, size_t last) {
    if (!put_node(g, last + 1)) return false;
    for (size_t i = from; i < to; i = g->r->node[i].end)
        if (!(i == last ? put_children(g, i + 1, g->r->node[i].end, i + 1) : put_node(g, i))) return false;
    return true;
}

/* What is asked for goes before the head of the last group that has one, or to the end. */
static bool put_sentence(struct writing *g, size_t from, size_t to) {
    size_t last = SIZE_MAX, asked = 0;
    for (size_t i = from; i < to; i = g->r->node[i].end) {
        if (g->r->node[i].kind == '(') last = i;
        asked += g->r->node[i].kind == '{';
    }
    if (g->language->head_opens && last != SIZE_MAX) return put_opened(g, from, to, last);
    if (!g->language->head_last || !asked) return put_children(g, from, to, SIZE_MAX);
    for (size_t i = from; i < to; i = g->r->node[i].end) {
        if (g->r->node[i].kind == '{') continue;
        if (i != last) {
            if (!put_node(g, i)) return false;
            continue;
        }
        if (!put_children(g, i + 1, g->r->node[i].end, i + 1)) return false;
        for (size_t k = from; k < to; k = g->r->node[k].end)
            if (g->r->node[k].kind == '{' && !put_node(g, k)) return false;
        if (!put_node(g, i + 1)) return false;
    }
    for (size_t k = from; last == SIZE_MAX && k < to; k = g->r->node[k].end)
        if (g->r->node[k].kind == '{' && !put_node(g, k)) return false;
    return true;
}

bool tree_put(struct buffer *out, const struct languages *l, const struct language *language, struct text tree,
              struct error *err) {
    struct reading r = {.tree = tree, .err = err};
    struct writing g = {.r = &r, .l = l, .language = language, .out = out, .from = out->len, .err = err};
    if (!read_tree(&r)) return false;
    for (size_t i = 0, from = 0; i <= r.n; i = i < r.n ? r.node[i].end : i + 1) {
        char mark = i < r.n && r.node[i].kind == '.' ? r.node[i].text.at[0] : 0;
        if (i < r.n && (!mark || mark == ',')) continue;
        if (!put_sentence(&g, from, i)) return false;
        if (mark == '?' && !put_piece(&g, language->question)) return false;
        if (mark && !put_leaf(&g, &r.node[i])) return false;
        from = i + 1;
    }
    return buffer_check(out, "tree", err);
}

/* ---- all rules */

bool language_put_forms(struct world *w, const struct languages *l, struct language *language, struct error *err) {
    struct buffer b;
    bool ok = (language->form = arena_new(&w->arena, struct text, l->n_rules, err)) != NULL;
    buffer_init(&b, 1 << 12);
    for (size_t i = 0; ok && i < l->n_rules; i++) {
        buffer_clear(&b);
        ok = language->words ? tree_put(&b, l, language, l->rules[i].tree, err)
                             : tree_put_plain(&b, l->rules[i].tree) || buffer_check(&b, "tree", err);
        char *copy = ok ? arena_copy(&w->arena, b.at, b.len, err) : NULL;
        ok = copy != NULL;
        if (ok) language->form[i] = (struct text){copy, b.len};
    }
    buffer_done(&b);
    return ok;
}
