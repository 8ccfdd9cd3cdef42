/* Replies of a run as texts to compare: see lineage.h. */
#include "measure/compare/lineage.h"

#include <math.h>
#include <string.h>

enum { ROWS_MOST = 1 << 20 };

struct reading {
    struct arena *arena;
    struct text *reply;
    const char **item;
    uint64_t *position;
    size_t n, capacity, empty, failed;
    bool choices;
};

static bool take(void *context, const struct record_row *row, struct error *err) {
    struct reading *r = context;
    if (json_is_array(row->logprobs) && json_is_object(json_array_get(row->logprobs, 0))) r->choices = true;
    if (r->n == ROWS_MOST) return error_set(err, ERROR_DATA, "more than %d replies", ROWS_MOST);
    if (r->n == r->capacity) {
        size_t more = r->capacity ? 2 * r->capacity : 512;
        struct text *reply = arena_new(r->arena, struct text, more, err);
        const char **item = arena_new(r->arena, const char *, more, err);
        uint64_t *position = arena_new(r->arena, uint64_t, more, err);
        if (!reply || !item || !position) return false;
        for (size_t i = 0; i < r->n; i++) reply[i] = r->reply[i], item[i] = r->item[i], position[i] = r->position[i];
        r->reply = reply;
        r->item = item;
        r->position = position;
        r->capacity = more;
    }
    bool failed = !row->answer || (row->finish && row->finish[0] == 'e');
    struct text t = failed ? TEXT("") : row->text;
    char *copy = text_copy(r->arena, t, err), *id = text_copy(r->arena, row->item_id, err);
    r->reply[r->n] = (struct text){copy, t.len};
    r->item[r->n] = id;
    r->position[r->n++] = row->position;
    r->empty += text_trim(t).len == 0;
    return copy && id;
}

bool lineage_texts_read(struct record *record, int64_t run, struct text task, struct arena *arena,
                        struct lineage_texts *out, bool *there, struct error *err) {
    struct reading r = {.arena = arena};
    size_t samples = 0;
    *out = (struct lineage_texts){0};
    *there = false;
    if (!record_rows(record, run, task, "", 0, take, &r, err)) return false;
    if (!r.n || r.choices) return true;
    while (samples < r.n && r.position[samples] == r.position[0]) samples++;
    size_t prompts = r.n / samples;
    for (size_t i = 0; i < r.n; i++)
        if (r.n % samples || r.position[i] != r.position[i - i % samples])
            return error_set(err, ERROR_DATA, "task '%.*s': prompts with different numbers of samples", TEXT_ARG(task));
    if (2 * r.empty > r.n)
        return error_set(err, ERROR_DATA, "task '%.*s': %zu of %zu replies are empty, too many to compare",
                         TEXT_ARG(task), r.empty, r.n);
    out->replies = (struct kin_replies){prompts, samples, r.reply};
    out->grams = arena_new(arena, struct kin_grams, prompts, err);
    out->item = arena_new(arena, const char *, prompts, err);
    if (!out->grams || !out->item) return false;
    for (size_t p = 0; p < prompts; p++) {
        out->item[p] = r.item[p * samples];
        if (!kin_grams(r.reply + p * samples, samples, arena, &out->grams[p], err)) return false;
    }
    return *there = true;
}

bool lineage_texts_parallel(const struct lineage_texts *a, const struct lineage_texts *b, const char *name_a,
                            const char *name_b, struct error *err) {
    size_t n = a->replies.prompts < b->replies.prompts ? a->replies.prompts : b->replies.prompts, p = 0;
    while (p < n && strcmp(a->item[p], b->item[p]) == 0) p++;
    if (p == n && a->replies.prompts == b->replies.prompts) return true;
    return error_set(err, ERROR_DATA,
                     "'%s' and '%s' answered different prompts (the first: '%s' and '%s'); replies are compared prompt "
                     "by prompt",
                     name_a, name_b, p < a->replies.prompts ? a->item[p] : "none",
                     p < b->replies.prompts ? b->item[p] : "none");
}

bool lineage_texts_compare(const struct lineage_texts *a, const struct lineage_texts *b,
                           double feature[LINEAGE_FEATURES], struct error *err) {
    struct kin_test test;
    feature[LINEAGE_F1] = kin_similarity(a->grams, b->grams, a->replies.prompts);
    feature[LINEAGE_F2] = kin_genetic(&a->replies, &b->replies);
    if (a->replies.samples < 2 || b->replies.samples < 2) return true;
    if (!kin_same(&a->replies, &b->replies, 0, 0, "lineage", &test, err)) return false;
    feature[LINEAGE_F3] = -test.mmd2;
    return true;
}
