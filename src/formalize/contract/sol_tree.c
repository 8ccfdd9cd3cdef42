/* See sol_tree.h. */
#include "formalize/contract/sol_tree.h"

const char *const sol_kind_names[SOL_KINDS_N] = {
#define X(name) #name,
    SOL_KINDS(X)
#undef X
};

uint32_t sol_line(const struct sol_file *file, const struct sol_node *node) {
    return file->tokens.at[node->from].line;
}

uint32_t sol_end_line(const struct sol_file *file, const struct sol_node *node) {
    return file->tokens.at[node->to > node->from ? node->to - 1 : node->from].line;
}

struct text sol_source(const struct sol_file *file, const struct sol_node *node) {
    const struct sol_token *t = file->tokens.at;
    if (node->to <= node->from) return TEXT("");
    return text_part(file->text, t[node->from].at, (size_t)t[node->to - 1].at + t[node->to - 1].len);
}

const struct sol_node *sol_child(const struct sol_node *node, size_t place) {
    const struct sol_node *child = node ? node->first : NULL;
    while (child && place--) child = child->next;
    return child;
}

const struct sol_node *sol_child_of(const struct sol_node *node, enum sol_kind kind) {
    const struct sol_node *child = node ? node->first : NULL;
    while (child && child->kind != kind) child = child->next;
    return child;
}

bool sol_same(const struct sol_file *fa, const struct sol_node *a, const struct sol_file *fb,
              const struct sol_node *b) {
    uint32_t n = a->to - a->from;
    if (n != b->to - b->from) return false;
    for (uint32_t i = 0; i < n; i++) {
        const struct sol_token *x = &fa->tokens.at[a->from + i], *y = &fb->tokens.at[b->from + i];
        if (x->kind != y->kind || x->word != y->word || x->len != y->len) return false;
        if ((x->kind == SOL_DIGITS || x->kind == SOL_QUOTED) &&
            !text_equal(text_part(fa->text, x->at, x->at + x->len), text_part(fb->text, y->at, y->at + y->len)))
            return false;
    }
    return true;
}
