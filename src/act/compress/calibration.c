/* Windows of calibration text: see calibration.h. */
#include "act/compress/calibration.h"

#include "act/data/corpus.h"

#include <string.h>

static size_t window_of(const struct calibration_from *f, const struct lm_model *m) {
    size_t most = m->shape.context < CALIBRATION_WINDOW_MOST ? m->shape.context : CALIBRATION_WINDOW_MOST;
    return f->window ? f->window : most;
}

/* Second moments of C inputs are C^2 sums: 16 tokens for each input tell them apart from chance. */
static size_t samples_of(const struct calibration_from *f, const struct lm_model *m, size_t window) {
    enum { LEAST = 16, MOST = 128, TOKENS_EACH = 16 };
    const struct lm_shape *s = &m->shape;
    size_t wide = s->hidden > s->heads * s->head_size ? s->hidden : s->heads * s->head_size;
    size_t tokens = wide * TOKENS_EACH > CALIBRATION_TOKENS ? wide * TOKENS_EACH : CALIBRATION_TOKENS;
    size_t n = (tokens + window - 1) / window;
    return f->samples ? f->samples : n > MOST ? MOST : n < LEAST ? LEAST : n;
}

static bool check(const struct calibration_from *f, const struct corpus *c, size_t window, struct error *err) {
    return corpus_tokens(c) >= window ||
           error_set(err, ERROR_DATA,
                     "'%s'%s: %llu tokens of calibration text are less than one window of %zu; give more text, or "
                     "a smaller --window",
                     f->paths[0], f->n_paths > 1 ? " and the others" : "", (unsigned long long)corpus_tokens(c),
                     window);
}

/* Windows 0..n-1 of the shuffled rows. */
static bool copy_windows(struct calibration_text *t, struct corpus *c, struct error *err) {
    size_t n_ids = 0, n_starts = 0, at = 0, start = 0;
    struct train_batch b;
    if (!corpus_batch(c, 0, t->n, &b, err)) return false;
    n_ids = b.rows;
    for (size_t i = 0; i < t->n; i++) {
        if (!corpus_batch(c, i, 1, &b, err)) return false;
        n_starts += b.n_segments + 1;
    }
    t->windows = memory_zeroed(t->n, sizeof *t->windows);
    t->ids = memory_zeroed(n_ids, sizeof *t->ids);
    t->starts = memory_zeroed(n_starts, sizeof *t->starts);
    if (!t->windows || !t->ids || !t->starts) return error_memory(err, "calibration text");
    for (size_t i = 0; i < t->n; i++) {
        if (!corpus_batch(c, i, 1, &b, err)) return false;
        memcpy(t->ids + at, b.ids, b.rows * sizeof *b.ids);
        memcpy(t->starts + start, b.starts, (b.n_segments + 1) * sizeof *b.starts);
        t->windows[i] = (struct lm_texts){t->ids + at, b.rows, t->starts + start, b.n_segments};
        at += b.rows;
        start += b.n_segments + 1;
    }
    t->tokens = at;
    return true;
}

bool calibration_read(struct calibration_text *t, const struct calibration_from *f, const struct lm_model *m,
                      struct error *err) {
    size_t window = window_of(f, m), samples = samples_of(f, m, window);
    *t = (struct calibration_text){.window = window};
    if (window < 2 || window > m->shape.context)
        return error_set(err, ERROR_USAGE, "--window: expected 2 to the context of %zu tokens, found %zu",
                         m->shape.context, window);
    if (!m->tokenizer)
        return error_set(err, ERROR_DATA, "model '%s' brings no tokenizer, so no text can calibrate it", m->name);
    const struct corpus_settings settings = {.paths = f->paths,
                                             .n = f->n_paths,
                                             .tokenizer = m->tokenizer,
                                             .template_name = f->template_name,
                                             .context = window,
                                             .shuffle = true,
                                             .seed = f->seed};
    struct corpus *c = corpus_new(&settings, err);
    bool ok = c && check(f, c, window, err);
    if (ok) {
        t->n = samples < corpus_rows(c) ? samples : (size_t)corpus_rows(c);
        memcpy(t->digest, corpus_digest(c), sizeof t->digest);
        ok = copy_windows(t, c, err);
    }
    corpus_free(c);
    if (!ok) calibration_done(t);
    return ok;
}

void calibration_done(struct calibration_text *t) {
    memory_free(t->windows);
    memory_free(t->ids);
    memory_free(t->starts);
    *t = (struct calibration_text){0};
}
