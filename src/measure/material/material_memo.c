/* Scores of a material's items by answer: see material_memo.h. */
#include "measure/material/material_memo.h"

#include <string.h>

enum { ANSWERS_MOST = 64, MEMO_BYTES = 512 << 20 };

/* What a scorer reads of an answer: its text and the log-probabilities of the choices. */
struct known {
    struct known *next;
    struct text text;
    const struct choice_score *choices;
    size_t n_choices;
    double value;
    struct text label;
    const char *parsed;
    json_t *evidence;
};

struct material_memo {
    struct arena arena, scratch;
    struct known **first; /* of each item */
    size_t n;
};

struct material_memo *material_memo_new(size_t n, struct error *err) {
    struct material_memo *memo = memory_zeroed(1, sizeof *memo);
    if (!memo) return error_memory(err, "scores"), NULL;
    arena_init(&memo->arena, MEMO_BYTES);
    arena_init(&memo->scratch, MEMO_BYTES);
    memo->n = n;
    if ((memo->first = arena_new(&memo->arena, struct known *, n + 1, err))) return memo;
    material_memo_free(memo);
    return NULL;
}

void material_memo_free(struct material_memo *memo) {
    if (!memo) return;
    for (size_t i = 0; memo->first && i < memo->n; i++)
        for (struct known *k = memo->first[i]; k; k = k->next) json_decref(k->evidence);
    arena_done(&memo->arena);
    arena_done(&memo->scratch);
    memory_free(memo);
}

/* Answers are the same when their bits are, so that one without a number is found again, too. */
static uint64_t bits_of(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static bool same_choices(const struct known *k, const struct answer *answer) {
    if (k->n_choices != answer->n_choices) return false;
    for (size_t i = 0; i < k->n_choices; i++) {
        const struct choice_score *a = &k->choices[i], *b = &answer->choices[i];
        if (bits_of(a->logprob) != bits_of(b->logprob) || a->tokens != b->tokens) return false;
    }
    return true;
}

static struct known *find(const struct material_memo *memo, size_t at, const struct answer *answer, size_t *n) {
    *n = 0;
    for (struct known *k = memo->first[at]; k; k = k->next, ++*n)
        if (text_equal(k->text, answer->text) && same_choices(k, answer)) return k;
    return NULL;
}

static struct known *add(struct material_memo *memo, const struct task *task, const struct item *item, size_t at,
                         const struct answer *answer, struct error *err) {
    struct record_row row = record_row_of_item(task, item);
    arena_reset(&memo->scratch);
    struct known *k = arena_new(&memo->arena, struct known, 1, err);
    if (!k || !record_row_score(task, item, answer, &memo->scratch, &row, err)) return NULL;
    const char *text = text_copy(&memo->arena, answer->text, err), *label = text_copy(&memo->arena, row.label, err);
    const void *choices = arena_copy(&memo->arena, answer->choices ? (const char *)answer->choices : "",
                                     answer->n_choices * sizeof *answer->choices, err);
    *k = (struct known){.next = memo->first[at],
                        .text = {text, answer->text.len},
                        .choices = choices,
                        .n_choices = answer->n_choices,
                        .value = row.value,
                        .label = {label, row.label.len},
                        .parsed = row.parsed,
                        .evidence = (json_t *)row.evidence};
    memo->first[at] = k;
    return text && label && choices ? k : NULL;
}

bool material_memo_score(struct material_memo *memo, const struct task *task, const struct item *item, size_t at,
                         const struct answer *answer, struct record_row *row, struct error *err) {
    size_t n;
    struct known *k = find(memo, at, answer, &n);
    if (!k && n >= ANSWERS_MOST)
        return error_set(err, ERROR_DATA, "item '%.*s' got over %d different answers", TEXT_ARG(item->id),
                         ANSWERS_MOST);
    if (!k && !(k = add(memo, task, item, at, answer, err))) return false;
    row->scored = true;
    row->answer = 1;
    row->value = k->value;
    row->label = k->label;
    row->parsed = k->parsed;
    row->evidence = k->evidence;
    return true;
}
