/* The gate: whether a variant still has the answer that it carries. Of a question about the pocket world it is read and
 * its answer looked up; other texts must pass two checks (vary_align.c) and keep options and gold. It knows the item
 * and the variant, not how one became the other. */
#include "measure/data/vary_internal.h"

#include <string.h>

/* ---- questions about facts ---- */

/* Whether format, right option and accepted answer are what the world says. NULL, or why not. */
static const char *disagrees(const struct world *w, const struct world_asked *a, enum vary_format format,
                             const struct text *option, size_t n, size_t right, struct text answer) {
    size_t truth = world_asked_right(a), yes = vary_yes(option, n);
    struct text value = world_value(w, world_columns[a->fact->column].domain, a->fact->value);
    switch (format) {
    case VARY_TRUEFALSE:
        if (!a->claim) return "it is no claim any more";
        if (yes == SIZE_MAX) return "its options are not yes and no";
        return (right == yes) == (truth == 0) ? NULL : "its answer is not that of the world";
    case VARY_CHOICE:
        if (a->claim) return "it is a claim, and has other options";
        if (a->n_options == 0) { /* the options stand beside the prompt */
            for (size_t i = 0; i < n; i++)
                if (text_equal_nocase(option[i], value) != (i == right)) return "its answer is not that of the world";
            return NULL;
        }
        if (a->n_options != n) return "its options are not those that it shows";
        if (truth == SIZE_MAX) return "none of its options is right, or several are";
        return truth == right ? NULL : "its answer is not that of the world";
    default:
        if (a->claim || a->n_options) return "it is no open question any more";
        return text_equal_nocase(answer, value) ? NULL : "its answer is not that of the world";
    }
}

void vary_look_up(struct vary_job *job, struct vary_item *item) {
    struct text world = json_text(json_object_get(json_object_get(item->row, "labels"), "world"));
    item->of_world = false, item->unsound = NULL;
    if (!job->reader || !text_equal_c(world, job->identity) || item->format == VARY_NONE) return;
    if (world_read_question(job->reader, item->prompt, &item->asked)) return; /* another part of the world */
    const struct fact *f = item->asked.fact;
    item->of_world = true;
    item->subject = world_subject(job->world, f);
    item->claimed =
        item->asked.claim ? world_value(job->world, world_columns[f->column].domain, item->asked.claimed) : TEXT("");
    item->unsound = disagrees(job->world, &item->asked, item->format, item->option, item->n_options, item->right,
                              item->n_accepted ? item->accepted[0] : TEXT(""));
}

static void gate_world(struct vary_job *job, const struct vary_item *item, struct text prompt, struct vary_variant *v) {
    struct world_asked a;
    const char *why = world_read_question(job->reader, prompt, &a);
    if (!why && a.fact != item->asked.fact) why = "it asks about another fact";
    if (!why)
        why = disagrees(job->world, &a, v->format, v->option, v->n_options, v->right,
                        v->n_accepted ? v->accepted[0] : TEXT(""));
    v->dropped = why;
    v->by = "world";
}

/* ---- other texts ---- */

static bool is_accepted(const struct vary_item *item, struct text t) {
    for (size_t i = 0; i < item->n_accepted; i++)
        if (text_equal_nocase(item->accepted[i], t)) return true;
    return item->format == VARY_CHOICE && item->n_options && text_equal_nocase(item->option[item->right], t);
}

bool vary_unclaim(const struct vary_rules *rules, struct text prompt, struct text *question, struct text *proposed) {
    struct text t = rules->truefalse;
    size_t q = text_find(t, TEXT("$Q"), 0), a = text_find(t, TEXT("$A"), 0);
    if (q != 0 || a == SIZE_MAX) return false;
    struct text between = text_part(t, 2, a), behind = text_part(t, a + 2, t.len);
    if (!text_ends(prompt, behind)) return false;
    prompt = text_part(prompt, 0, prompt.len - behind.len);
    size_t at = SIZE_MAX, next = 0; /* the last one: the question may be such a claim itself */
    while ((next = text_find(prompt, between, next)) != SIZE_MAX) at = next++;
    if (at == SIZE_MAX) return false;
    *question = text_part(prompt, 0, at);
    *proposed = text_part(prompt, at + between.len, prompt.len);
    return true;
}

/* The same options in any order, the same one right. */
static const char *options_differ(const struct vary_item *item, const struct vary_variant *v) {
    if (v->n_options != item->n_options || v->right >= v->n_options) return "its options are not those of the item";
    for (size_t i = 0; i < v->n_options; i++) {
        size_t found = 0;
        for (size_t k = 0; k < item->n_options; k++) found += text_equal(v->option[i], item->option[k]);
        if (!found) return "its options are not those of the item";
    }
    return text_equal(v->option[v->right], item->option[item->right]) ? NULL : "its answer is not that of the item";
}

static const char *listing_differs(const struct vary_variant *v, const struct text *listed, size_t n) {
    if (!v->listed) return n ? "it shows options that it has not" : NULL;
    if (n != v->n_options) return "its options are not those that it shows";
    for (size_t i = 0; i < n; i++)
        if (!text_equal(listed[i], v->option[i])) return "its options are not those that it shows";
    return NULL;
}

static const char *answer_differs(const struct vary_item *item, const struct vary_variant *v) {
    if (v->format == item->format && v->n_options) return options_differ(item, v);
    if (v->format == VARY_OPEN) return is_accepted(item, v->accepted[0]) ? NULL : "its answer is not that of the item";
    if (v->format != VARY_CHOICE) return NULL; /* a claim: see below */
    for (size_t i = 0; i < v->n_options; i++)
        if (is_accepted(item, v->option[i]) != (i == v->right)) return "not just one of its options is right";
    return NULL;
}

/* Question and answer of a claim, against those of the item. */
static const char *claim_differs(const struct vary_rules *rules, const struct vary_item *item,
                                 const struct vary_variant *v, struct text *question) {
    struct text proposed;
    if (!vary_unclaim(rules, v->prompt, question, &proposed)) return "it is no claim";
    return is_accepted(item, proposed) == (v->right == 0) ? NULL : "its answer is not that of the item";
}

static bool is_claim(const struct vary_item *item, const struct vary_variant *v) {
    return v->format == VARY_TRUEFALSE && item->format != VARY_TRUEFALSE;
}

/* The answer to an open question may not be told where the item did not tell it. */
static const char *told(const struct vary_item *item, const struct vary_variant *v, struct text prompt) {
    if (v->format != VARY_OPEN) return NULL;
    for (size_t i = 0; i < v->n_accepted; i++)
        if (vary_holds(prompt, v->accepted[i]) && !vary_holds(item->stem, v->accepted[i]) && item->format == VARY_OPEN)
            return "it tells the answer";
    return NULL;
}

static bool gate_text(struct vary_job *job, const struct vary_item *item, const struct variation *op,
                      struct text prompt, struct vary_variant *v, struct error *err) {
    struct text listed[VARY_OPTIONS], question = prompt;
    size_t n = 0;
    bool written = op && strcmp(op->family, "teacher") == 0;
    const char *why = answer_differs(item, v);
    if (!why && is_claim(item, v)) why = claim_differs(&job->rules, item, v, &question);
    /* what was encoded shows its options in what was decoded */
    struct vary_variant shown = *v;
    shown.listed = v->listed || (item->listed && prompt.at != v->prompt.at);
    question = vary_stem(&job->batch, question, listed, &n, err);
    if (!why && !is_claim(item, v)) why = listing_differs(&shown, listed, n);
    if (!why) why = told(item, v, question);
    if (!why) why = vary_content(&job->rules, item->stem, question, &job->batch, err);
    if (!why && !written) why = vary_aligned(&job->rules, item->stem, question, &job->batch, err);
    if (err->kind != ERROR_NONE) return false;
    v->dropped = why;
    v->by = written ? "content, judge" : "words, content";
    if (!why && written) v->undecided = "a judge is needed (--judge)";
    return true;
}

bool vary_gate(struct vary_job *job, const struct vary_item *item, const struct variation *op, struct vary_variant *v,
               struct error *err) {
    struct text prompt;
    v->dropped = v->undecided = NULL;
    v->by = "same";
    if (item->unsound) return v->dropped = "the item's own answer is not that of the world", true;
    if (!op) return true;
    if (!vary_decode(&job->rules, v->prompt, &job->batch, &prompt, err)) return false;
    if (item->of_world) return gate_world(job, item, prompt, v), true;
    return gate_text(job, item, op, prompt, v, err);
}
