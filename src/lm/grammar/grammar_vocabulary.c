/* A vocabulary as a tree of bytes: see grammar_vocabulary.h. */
#include "lm/grammar/grammar_vocabulary.h"

#include <stdlib.h>
#include <string.h>

enum { TOKEN_MOST = 4096 };
#define TEXT_MOST ((size_t)1 << 30)

struct entry {
    struct text text;
    int32_t id;
};

static int compare_entries(const void *a, const void *b) {
    const struct entry *x = a, *y = b;
    int order = text_compare(x->text, y->text);
    return order ? order : (x->id > y->id) - (x->id < y->id);
}

static bool has_text(const struct tokenizer *t, int32_t id) {
    enum token_type type = tokenizer_type(t, id);
    return type != TOKEN_CONTROL && type != TOKEN_UNKNOWN && type != TOKEN_UNUSED && !tokenizer_ends(t, id);
}

/* The text of every token, empty for those that never come; *bytes: of all that are in the tree. */
static bool read_texts(struct grammar_vocabulary *v, const struct tokenizer *t, struct error *err) {
    for (size_t i = 0; i < v->n; i++) {
        int32_t id = (int32_t)i;
        v->at[i] = v->text.len;
        if (tokenizer_ends(t, id)) v->ends[i / 64] |= (uint64_t)1 << (i % 64);
        if (has_text(t, id)) tokenizer_piece(t, id, false, &v->text);
        if (v->text.len - v->at[i] > TOKEN_MOST) v->text.len = v->at[i];
    }
    v->at[v->n] = v->text.len;
    return buffer_check(&v->text, "the texts of a vocabulary", err);
}

static struct entry *sort_texts(const struct grammar_vocabulary *v, size_t *n, struct error *err) {
    struct entry *entries = memory_zeroed(v->n ? v->n : 1, sizeof *entries);
    if (!entries) return error_memory(err, "a vocabulary"), NULL;
    *n = 0;
    for (size_t i = 0; i < v->n; i++)
        if (v->at[i + 1] > v->at[i])
            entries[(*n)++] = (struct entry){{v->text.at + v->at[i], v->at[i + 1] - v->at[i]}, (int32_t)i};
    qsort(entries, *n, sizeof *entries, compare_entries);
    return entries;
}

static bool make_room(struct grammar_vocabulary *v, struct error *err) {
    size_t most = v->text.len + 1;
    v->byte = memory_alloc(most);
    v->depth = memory_grow(NULL, most, sizeof *v->depth);
    v->after = memory_grow(NULL, most, sizeof *v->after);
    v->token = memory_grow(NULL, most, sizeof *v->token);
    return (v->byte && v->depth && v->after && v->token) || error_memory(err, "a vocabulary");
}

/* Closes the nodes on the way that are deeper than `depth`. */
static void close_nodes(struct grammar_vocabulary *v, const uint32_t *way, size_t *at, size_t depth) {
    for (; *at > depth; (*at)--) v->after[way[*at]] = (uint32_t)v->n_nodes;
}

static void build(struct grammar_vocabulary *v, const struct entry *entries, size_t n) {
    uint32_t way[TOKEN_MOST + 1]; /* the node of each depth on the way to the last text */
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        struct text t = entries[i].text;
        size_t common = 0;
        v->same[entries[i].id] = -1;
        if (i && text_equal(t, entries[i - 1].text)) {
            v->same[entries[i].id] = v->token[v->n_nodes - 1];
            v->token[v->n_nodes - 1] = entries[i].id;
            continue;
        }
        while (common < at && common < t.len && t.at[common] == entries[i - 1].text.at[common]) common++;
        close_nodes(v, way, &at, common);
        for (; at < t.len; v->n_nodes++) {
            v->byte[v->n_nodes] = (uint8_t)t.at[at];
            v->depth[v->n_nodes] = (uint16_t)++at;
            v->token[v->n_nodes] = -1;
            way[at] = (uint32_t)v->n_nodes;
        }
        v->token[v->n_nodes - 1] = entries[i].id;
        if (at > v->deepest) v->deepest = at;
    }
    close_nodes(v, way, &at, 0);
}

static bool make(struct grammar_vocabulary *v, const struct tokenizer *tokenizer, struct error *err) {
    size_t n = v->n = tokenizer_vocabulary(tokenizer), used;
    v->at = memory_zeroed(n + 1, sizeof *v->at);
    v->ends = memory_zeroed(n / 64 + 1, sizeof *v->ends);
    v->same = memory_zeroed(n + 1, sizeof *v->same);
    if (!v->at || !v->ends || !v->same) return error_memory(err, "a vocabulary");
    if (!read_texts(v, tokenizer, err) || !make_room(v, err)) return false;
    struct entry *entries = sort_texts(v, &used, err);
    if (!entries) return false;
    build(v, entries, used);
    memory_free(entries);
    return true;
}

struct grammar_vocabulary *grammar_vocabulary_new(const struct tokenizer *tokenizer, struct error *err) {
    struct grammar_vocabulary *v = memory_zeroed(1, sizeof *v);
    if (!v) return error_memory(err, "a vocabulary"), NULL;
    buffer_init(&v->text, TEXT_MOST);
    if (make(v, tokenizer, err)) return v;
    grammar_vocabulary_free(v);
    return NULL;
}

void grammar_vocabulary_free(struct grammar_vocabulary *v) {
    if (!v) return;
    buffer_done(&v->text);
    memory_free(v->at);
    memory_free(v->ends);
    memory_free(v->same);
    memory_free(v->byte);
    memory_free(v->depth);
    memory_free(v->after);
    memory_free(v->token);
    memory_free(v);
}

size_t grammar_vocabulary_nodes(const struct grammar_vocabulary *v) {
    return v->n_nodes;
}
