/* The words of rules/variation.yaml: see vary_internal.h. */
#include "measure/data/vary_internal.h"

#include "base/yaml.h"
#include "measure/rules/builtin.h"

#include <string.h>

#define RULES_FILE "rules/variation.yaml"
enum { PIECE_WORDS = 64, PIECES_MOST = 256 };

struct loading {
    struct vary_rules *rules;
    const struct yaml *root;
    struct error *err;
};

static const struct yaml *member(struct loading *l, const char *key, enum yaml_kind kind) {
    const struct yaml *node = yaml_get(l->root, key);
    if (!node) return yaml_error(l->root, l->err, "expected the key '%s'", key), NULL;
    if (node->kind != kind) return yaml_error(node, l->err, "%s: another kind of value is expected", key), NULL;
    return node;
}

static bool load_text(struct loading *l, const char *key, struct text *out) {
    const struct yaml *node = member(l, key, YAML_SCALAR);
    if (node) *out = node->scalar;
    return node != NULL;
}

static bool load_list(struct loading *l, const char *key, struct vary_list *out) {
    const struct yaml *node = member(l, key, YAML_SEQUENCE);
    if (!node || !(out->at = arena_new(&l->rules->arena, struct text, node->n + 1, l->err))) return false;
    for (size_t i = 0; i < node->n; i++) {
        if (node->child[i]->kind != YAML_SCALAR || !node->child[i]->scalar.len)
            return yaml_error(node->child[i], l->err, "expected a text");
        out->at[out->n++] = node->child[i]->scalar;
    }
    return out->n > 0 || yaml_error(node, l->err, "%s: expected entries", key);
}

static bool load_pairs(struct loading *l, const char *key, struct vary_pairs *out) {
    const struct yaml *node = member(l, key, YAML_SEQUENCE);
    if (!node || !(out->at = arena_new(&l->rules->arena, struct exchange, node->n + 1, l->err))) return false;
    for (size_t i = 0; i < node->n; i++) {
        const struct yaml *pair = node->child[i];
        if (pair->kind != YAML_SEQUENCE || pair->n != 2 || pair->child[0]->kind != YAML_SCALAR ||
            pair->child[1]->kind != YAML_SCALAR)
            return yaml_error(pair, l->err, "expected a pair of words");
        out->at[out->n++] = (struct exchange){pair->child[0]->scalar, pair->child[1]->scalar};
    }
    return true;
}

static bool load_named(struct loading *l, const char *key, struct vary_pairs *out) {
    const struct yaml *node = member(l, key, YAML_MAPPING);
    if (!node || !(out->at = arena_new(&l->rules->arena, struct exchange, node->n + 1, l->err))) return false;
    for (size_t i = 0; i < node->n; i++) {
        if (node->child[i]->kind != YAML_SCALAR) return yaml_error(node->child[i], l->err, "expected a text");
        out->at[out->n++] = (struct exchange){node->key[i]->scalar, node->child[i]->scalar};
    }
    return true;
}

/* ---- words of a text */

bool vary_words_of(struct text t, struct arena *arena, struct vary_word **words, size_t *n, struct error *err) {
    size_t most = t.len / 2 + 2;
    char *letters = arena_new(arena, char, t.len + READING_WORD + 1, err);
    *words = arena_new(arena, struct vary_word, most, err);
    *n = 0;
    if (!*words || !letters) return false;
    for (struct text word; *n < most && reading_next(&t, letters, &word); letters += word.len)
        (*words)[(*n)++] = (struct vary_word){.raw = {t.at - word.len, word.len}, .word = word};
    return true;
}

/* ---- what may stand around a prompt */

static bool add_piece(struct loading *l, struct text t) {
    struct vary_rules *r = l->rules;
    struct vary_word *words;
    size_t n;
    if (!vary_words_of(t, &r->arena, &words, &n, l->err)) return false;
    if (n == 0) return true;
    if (n > PIECE_WORDS || r->n_added == PIECES_MOST)
        return error_set(l->err, ERROR_DATA, RULES_FILE ": at most %d texts of %d words may stand around a prompt",
                         PIECES_MOST, PIECE_WORDS);
    struct vary_piece *p = &r->added[r->n_added];
    if (!(p->word = arena_new(&r->arena, struct text, n, l->err))) return false;
    for (size_t i = 0; i < n; i++) p->word[i] = words[i].word;
    p->n = n;
    r->n_added++;
    return true;
}

/* The pieces of a template between its slots. */
static bool add_template(struct loading *l, struct text t) {
    for (size_t from = 0; from < t.len;) {
        size_t at = text_find(t, TEXT("$"), from);
        size_t to = at == SIZE_MAX ? t.len : at;
        if (!add_piece(l, text_part(t, from, to))) return false;
        from = to + 2;
    }
    return true;
}

static bool add_list(struct loading *l, const struct vary_list *list) {
    for (size_t i = 0; i < list->n; i++)
        if (!add_template(l, list->at[i])) return false;
    return true;
}

static bool add_templates(struct loading *l, const struct vary_pairs *pairs) {
    for (size_t i = 0; i < pairs->n; i++)
        if (!add_template(l, pairs->at[i].to)) return false;
    return true;
}

static bool gather(struct loading *l) {
    struct vary_rules *r = l->rules;
    const struct vary_pairs *all[] = {&r->synonyms, &r->grammar, &r->translated};
    size_t most = r->synonyms.n + r->grammar.n + r->translated.n;
    r->same = arena_new(&r->arena, struct exchange, most + 1, l->err);
    r->added = arena_new(&r->arena, struct vary_piece, PIECES_MOST, l->err);
    if (!r->same || !r->added) return false;
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; i < all[k]->n; i++) r->same[r->n_same++] = all[k]->at[i];
    return add_list(l, &r->before) && add_list(l, &r->after) && add_list(l, &r->frames) && add_list(l, &r->asides) &&
           add_list(l, &r->distractors) && add_list(l, &r->tags) && add_piece(l, r->choice) &&
           add_templates(l, &r->jailbreaks);
}

bool vary_rules_open(struct vary_rules *r, struct error *err) {
    const struct builtin_file *f = builtin_find(RULES_FILE);
    struct loading l = {.rules = r, .err = err};
    *r = (struct vary_rules){0};
    arena_init(&r->arena, (size_t)16 << 20);
    if (!f) return error_set(err, ERROR_ENVIRONMENT, RULES_FILE " is not part of this build");
    struct text source = {(const char *)f->at, (size_t)(f->end - f->at)};
    l.root = yaml_read(&r->arena, source, f->name, err);
    return l.root && load_pairs(&l, "synonyms", &r->synonyms) && load_pairs(&l, "grammar", &r->grammar) &&
           load_pairs(&l, "translated", &r->translated) && load_list(&l, "before", &r->before) &&
           load_list(&l, "after", &r->after) && load_list(&l, "frames", &r->frames) &&
           load_list(&l, "asides", &r->asides) && load_list(&l, "distractors", &r->distractors) &&
           load_list(&l, "emoji", &r->emoji) && load_list(&l, "tags", &r->tags) &&
           load_list(&l, "counting", &r->counting) && load_list(&l, "pointing", &r->pointing) &&
           load_named(&l, "jailbreaks", &r->jailbreaks) && load_named(&l, "encoded", &r->encoded) &&
           load_text(&l, "choice", &r->choice) && load_text(&l, "truefalse", &r->truefalse) &&
           load_text(&l, "rewrite", &r->rewrite) && load_text(&l, "judge", &r->judge) && gather(&l);
}

void vary_rules_done(struct vary_rules *rules) {
    arena_done(&rules->arena);
}

const struct text *vary_pair(const struct vary_pairs *pairs, struct text word) {
    for (size_t i = 0; i < pairs->n; i++)
        if (text_equal_nocase(pairs->at[i].from, word)) return &pairs->at[i].to;
    return NULL;
}

bool vary_fill(struct buffer *out, struct text template, const char *letters, const struct text *fillings) {
    for (size_t i = 0; i < template.len; i++) {
        const char *slot = template.at[i] == '$' && i + 1 < template.len ? strchr(letters, template.at[i + 1]) : NULL;
        if (!slot || !*slot) {
            buffer_put_char(out, template.at[i]);
            continue;
        }
        buffer_put_text(out, fillings[slot - letters]);
        i++;
    }
    return !out->failed;
}
