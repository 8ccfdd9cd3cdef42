/* Rules of data lint between files: items that stand in two of them, languages that do not go together. */
#include "measure/data/lint_internal.h"

#include "base/hash.h"

#include <string.h>

enum { SHORTEST = 20 /* bytes of a prompt that is no accident */ };

/* Which part of the data a row belongs to: its split, else its file or task. */
static struct text part_of(const struct lint_set *set, const struct lint_row *row) {
    return row->split.len ? row->split : text_of(set->task ? set->name : row->file);
}

static bool holds_word(struct text t, const char *word) {
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= t.len; i++)
        if (text_equal_nocase(text_part(t, i, i + n), text_of(word))) return true;
    return false;
}

/* What is learnt from, and what is measured with. */
static bool is_train(struct text part) {
    return holds_word(part, "train") || holds_word(part, "shots");
}

/* All rows one behind the other: number k is row k - first of its set. */
static const struct lint_row *row_at(const struct lint *lint, uint32_t k, const struct lint_set **set) {
    size_t at = k - 1, s = 0;
    while (at >= lint->sets[s].n) at -= lint->sets[s++].n;
    *set = &lint->sets[s];
    return &lint->sets[s].rows[at];
}

static bool tell_both(struct lint *lint, const struct lint_set *set, const struct lint_row *row, uint32_t first,
                      struct error *err) {
    const struct lint_set *other_set;
    const struct lint_row *other = row_at(lint, first, &other_set);
    struct text here = part_of(set, row), there = part_of(other_set, other);
    if (text_equal(here, there)) return true; /* twice in one part: another rule */
    bool leak = is_train(here) != is_train(there);
    if (!leak && (set->task || other_set->task)) return true; /* tasks may ask the same in other ways */
    return lint_tell(
        lint, leak ? FINDING_ERROR : FINDING_WARNING, set, row, err, "%s of %s:%zu (%.*s, here %.*s): '%.*s'",
        leak ? "an item that is learnt from and measured with, that" : "the item", other->file, other->line,
        TEXT_ARG(lint_short(there)), TEXT_ARG(lint_short(here)), TEXT_ARG(lint_short(row->prompt)));
}

bool lint_contamination(struct lint *lint, struct error *err) {
    struct lint_table seen;
    size_t total = 0;
    uint32_t k = 0;
    for (size_t s = 0; s < lint->n_sets; s++) total += lint->sets[s].n;
    if (!lint_table_new(&seen, total, lint->arena, err)) return false;
    for (size_t s = 0; s < lint->n_sets; s++)
        for (size_t i = 0; i < lint->sets[s].n; i++) {
            const struct lint_row *row = &lint->sets[s].rows[i];
            uint64_t hash = row->prompt_hash;
            k++;
            for (size_t o = 0; o < row->n_options; o++) hash += lint_words_hash(row->options[o]) * 0x9e3779b97f4a7c15;
            if (row->prompt.len < SHORTEST || !row->prompt_hash) continue;
            uint32_t first = lint_table_put(&seen, hash, k);
            if (first && !tell_both(lint, &lint->sets[s], row, first, err)) return false;
        }
    return true;
}

/* ---- languages ---- */

static struct text base_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return text_of(slash ? slash + 1 : path);
}

/* Two files of one name in folders side by side. */
static bool are_parallel(const struct lint_set *a, const struct lint_set *b) {
    const char *x = strrchr(a->name, '/'), *y = strrchr(b->name, '/');
    return !a->task && !b->task && x && y && strcmp(a->name, b->name) != 0 &&
           text_equal(base_of(a->name), base_of(b->name));
}

static bool compare_rows(struct lint *lint, const struct lint_set *a, const struct lint_set *b, struct error *err) {
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        const struct lint_row *x = &a->rows[i], *y = &b->rows[i];
        if (x->id.len && y->id.len && !text_equal(x->id, y->id))
            return lint_tell(lint, FINDING_ERROR, b, y, err, "id '%.*s' where %s:%zu has '%.*s'",
                             TEXT_ARG(lint_short(y->id)), a->name, x->line, TEXT_ARG(lint_short(x->id)));
        if (x->n_options != y->n_options &&
            !lint_tell(lint, FINDING_ERROR, b, y, err, "%zu options where %s:%zu has %zu", y->n_options, a->name,
                       x->line, x->n_options))
            return false;
        bool differ = x->n_options && y->n_options && x->gold_index != y->gold_index;
        if (differ && !lint_tell(lint, FINDING_ERROR, b, y, err, "gold is option %lld where %s:%zu has %lld",
                                 (long long)y->gold_index + 1, a->name, x->line, (long long)x->gold_index + 1))
            return false;
    }
    return true;
}

/* The first file of each name is what the others are held against. */
bool lint_parallel(struct lint *lint, struct error *err) {
    for (size_t b = 1; b < lint->n_sets; b++) {
        size_t a = 0;
        while (a < b && !are_parallel(&lint->sets[a], &lint->sets[b])) a++;
        if (a == b) continue;
        const struct lint_set *one = &lint->sets[a], *other = &lint->sets[b];
        if (one->n != other->n &&
            !lint_tell(lint, FINDING_ERROR, other, NULL, err, "%zu rows where %s has %zu", other->n, one->name, one->n))
            return false;
        if (one->n == other->n && !compare_rows(lint, one, other, err)) return false;
    }
    return true;
}
