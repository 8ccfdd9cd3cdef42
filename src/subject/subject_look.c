/* Asks to texts, texts to the engine in parts of bounded memory, what was seen to the sink. See subject_look.h. */
#include "subject/subject_look.h"

#include "subject/subject_crew.h"
#include "subject/subject_internal.h"
#include "subject/subject_lm.h"

#include <string.h>

enum { MOST_BYTES = 64 << 20 };

const struct lm_model *subject_lm_model(const struct subject *subject) {
    return subject->kind->ask == subject_lm_ask ? ((const struct lm_subject *)subject->state)->model : NULL;
}

bool subject_look_require(const struct subject *subject, const char *for_what, struct error *err) {
    return subject_lm_model(subject) ||
           error_set(err, ERROR_USAGE, "%s needs a model in this process, which subject '%s' is not; model files are",
                     for_what, subject->name);
}

struct looking {
    struct lm_subject *lm;
    const struct lm_observe_options *options;
    bool answers;
    look_sink *sink;
    void *context;
    struct arena texts, seen; /* of one ask and of one part */
    struct lm_prompt_scratch scratch;
    struct look *looks; /* of the part; their ids are on `texts` */
    struct lm_observe_ask *asks;
    size_t n, capacity;
    size_t bytes; /* that the results of the part will take */
};

/* Bytes of numbers that a text gives. */
static size_t bytes_of(const struct looking *l, size_t positions) {
    const struct lm_observe_options *o = l->options;
    size_t row = lm_sites_size(&l->lm->model->shape, o->sites, o->n_sites) * sizeof(float);
    size_t rows = o->pool == LM_POOL_EACH ? positions : 1;
    return rows * row * (o->pool == LM_POOL_MEAN ? 3 : 1) +
           positions * (o->top * sizeof(struct lm_top) + 2 * sizeof(double)) +
           (o->all ? positions * l->lm->model->shape.vocabulary * sizeof(float) : 0);
}

static bool run_part(struct looking *l, struct error *err) {
    struct lm_observed *results = arena_new(&l->seen, struct lm_observed, l->n, err);
    if (!results || !lm_observe(l->lm->engine, l->options, l->asks, l->n, results, &l->seen, l->lm->stop, err))
        return false;
    for (size_t i = 0; i < l->n; i++) {
        struct look *look = &l->looks[i];
        if (!look->error.kind) {
            look->seen = &results[i];
            look->error = results[i].error;
        }
        if (look->error.kind) look->ids = NULL;
        if (!l->sink(l->context, look, err)) return false;
    }
    l->n = l->bytes = 0;
    arena_reset(&l->seen);
    arena_reset(&l->texts);
    return true;
}

static bool add(struct looking *l, const struct look *look, struct error *err) {
    size_t from = l->answers && look->choice != SIZE_MAX ? look->n_prompt : 0;
    if (from && l->options->all) from--; /* the token before the first one of the choice predicts it */
    if (l->n == l->capacity) {
        size_t capacity = l->capacity ? l->capacity * 2 : 64;
        struct look *looks = memory_grow(l->looks, capacity, sizeof *looks);
        if (looks) l->looks = looks;
        struct lm_observe_ask *asks = looks ? memory_grow(l->asks, capacity, sizeof *asks) : NULL;
        if (asks) l->asks = asks;
        if (!looks || !asks) return error_memory(err, "texts");
        l->capacity = capacity;
    }
    l->looks[l->n] = *look;
    /* a text that could not be made is an ask without tokens, which is refused */
    l->asks[l->n++] =
        (struct lm_observe_ask){.ids = look->ids, .n = look->ids ? look->n : 0, .from = look->ids ? from : 0};
    l->bytes += look->ids ? bytes_of(l, look->n - from) : 0;
    return true;
}

/* The tokens of prompt and choice together, on the arena. */
static bool join(struct looking *l, const struct lm_prompt *prompt, const struct lm_prompt *choice, struct look *look,
                 struct error *err) {
    size_t n = prompt->n + choice->n;
    int32_t *ids = arena_new(&l->texts, int32_t, n ? n : 1, err);
    if (!ids) return false;
    if (prompt->n) memcpy(ids, prompt->ids, prompt->n * sizeof *ids);
    if (choice->n) memcpy(ids + prompt->n, choice->ids, choice->n * sizeof *ids);
    look->ids = ids;
    look->n = n;
    look->n_prompt = prompt->n;
    look->cut = prompt->cut + choice->cut;
    return true;
}

static bool add_ask(struct looking *l, const struct ask *ask, size_t index, struct error *err) {
    struct lm_prompt prompt, *choices = arena_new(&l->texts, struct lm_prompt, ask->n_choices + 1, err);
    struct look look = {.ask = index, .choice = SIZE_MAX};
    if (!choices) return false;
    bool ok = ask->n_choices ? lm_prompt_make_choices(l->lm, ask, &l->scratch, &l->texts, &prompt, choices, &look.error)
                             : lm_prompt_make(l->lm, ask, &l->scratch, &l->texts, &prompt, &look.error);
    if (!ok && look.error.kind != ERROR_DATA) return *err = look.error, false;
    for (size_t c = 0; c < (ask->n_choices ? ask->n_choices : 1); c++) {
        if (ask->n_choices) look.choice = c;
        if (ok && !join(l, &prompt, &choices[c], &look, err)) return false;
        if (!add(l, &look, err)) return false;
        if (!ok) break;
    }
    return true;
}

bool subject_look_here(struct subject *subject, const struct lm_observe_options *options, bool answers,
                       const struct ask *asks, size_t n, look_sink *sink, void *context, struct error *err) {
    struct looking l = {.lm = subject->state, .options = options, .answers = answers, .sink = sink, .context = context};
    bool ok = true;
    arena_init(&l.texts, (size_t)1 << 30);
    arena_init(&l.seen, SIZE_MAX);
    lm_prompt_scratch_init(&l.scratch);
    for (size_t i = 0; ok && i < n; i++) {
        ok = add_ask(&l, &asks[i], i, err);
        if (ok && (l.bytes >= MOST_BYTES || i + 1 == n)) ok = run_part(&l, err);
    }
    memory_free(l.looks);
    memory_free(l.asks);
    lm_prompt_scratch_done(&l.scratch);
    arena_done(&l.texts);
    arena_done(&l.seen);
    return ok;
}

bool subject_look(struct subject *subject, const struct lm_observe_options *options, bool answers,
                  const struct ask *asks, size_t n, look_sink *sink, void *context, struct error *err) {
    if (!subject_look_require(subject, "looking inside", err)) return false;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    const struct ask *told = subject_told(subject, asks, n, &arena, err);
    bool ok = told && (subject->place ? subject_crew_look(subject, options, answers, told, n, sink, context, err)
                                      : subject_look_here(subject, options, answers, told, n, sink, context, err));
    arena_done(&arena);
    return ok;
}
