/* Pairs that teach to weigh sources (CR-DPO: Huang et al. 2024, situated faithfulness, section on training): of a
 * question whose own answer and document's answer are not both right or both wrong, reasonings of the same model that
 * argue for the right source win over those that argue for the wrong one. Groups JSONL with `own` and `doc` {"ans",
 * "ok"}, and in each answer labels {"argues": "own"|"doc"}. Kept only when the last line of a reasoning gives the
 * answer it argues for. */
#include "measure/pairs_internal.h"

#include "measure/honest.h"

#include <math.h>

struct source {
    struct text answer;
    bool right;
};

static bool read_source(const json_t *row, const char *key, struct json_place place, struct source *out,
                        struct error *err) {
    const json_t *source = json_object_get(row, key), *ok = json_object_get(source, "ok");
    out->answer = json_text(json_object_get(source, "ans"));
    out->right = json_is_true(ok);
    if (out->answer.len && json_is_boolean(ok)) return true;
    return json_mismatch(source, key, place, "{\"ans\": TEXT, \"ok\": true or false}", err);
}

static struct text last_line(struct text t) {
    t = text_trim(t);
    size_t from = t.len;
    while (from > 0 && t.at[from - 1] != '\n') from--;
    return text_part(t, from, t.len);
}

static bool gives(struct pairs_making *m, struct text reasoning, struct text answer, bool *out, struct error *err) {
    struct text line, wanted;
    if (!honest_normal_form(last_line(reasoning), &m->arena, &line, err) ||
        !honest_normal_form(answer, &m->arena, &wanted, err))
        return false;
    return *out = wanted.len && text_find(line, wanted, 0) != SIZE_MAX, true;
}

static bool value_of(struct pairs_making *m, const json_t *answer, const struct source *own, const struct source *doc,
                     struct json_place place, double *out, struct error *err) {
    const json_t *argues = json_object_get(json_object_get(answer, "labels"), "argues");
    bool for_own = text_equal_c(json_text(argues), "own"), for_doc = text_equal_c(json_text(argues), "doc"), kept,
         other;
    if (!for_own && !for_doc) return json_mismatch(argues, "answers.labels.argues", place, "own or doc", err);
    const struct source *side = for_own ? own : doc, *opposite = for_own ? doc : own;
    struct text text = json_text(json_object_get(answer, "text"));
    if (!gives(m, text, side->answer, &kept, err) || !gives(m, text, opposite->answer, &other, err)) return false;
    *out = kept && !other ? (double)side->right : (double)NAN;
    return true;
}

static bool make_situated(struct pairs_making *m, const json_t *row, struct json_place place, struct error *err) {
    const json_t *answers = json_object_get(row, "answers");
    struct source own, doc;
    size_t n = json_array_size(answers);
    if (!read_source(row, "own", place, &own, err) || !read_source(row, "doc", place, &doc, err)) return false;
    if (!n) return json_mismatch(answers, "answers", place, "a list of answers", err);
    if (own.right == doc.right) return m->result->equal++, true; /* nothing to learn: both right, or both wrong */
    struct pair_candidate *c = arena_new(&m->arena, struct pair_candidate, n, err);
    for (size_t i = 0; c && i < n; i++)
        if (!value_of(m, json_array_get(answers, i), &own, &doc, place, &c[i].value, err)) return false;
    return c && pairs_write_group(m, row, place, c, n, 0, 0, err);
}

const struct pair_way pairs_by_situated = {
    .name = "situated",
    .summary = "reasonings for the source that is right win, where exactly one of own answer and document is (CR-DPO)",
    .make = make_situated,
};
