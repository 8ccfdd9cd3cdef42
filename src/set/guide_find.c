/* Finding guidelines: see guide_find.h. */
#include "set/guide_find.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_score(const void *a, const void *b) {
    const struct guide_hit *x = a, *y = b;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    return x->guide->gid < y->guide->gid ? -1 : x->guide->gid > y->guide->gid;
}

static bool list_texts(const struct guide_library *library, struct text input, struct arena *arena, struct text **out,
                       struct error *err) {
    struct text *text = arena_new(arena, struct text, library->n + 1, err);
    if (!text) return false;
    for (size_t i = 0; i < library->n; i++) text[i] = text_of(library->guide[i].text);
    text[library->n] = input;
    *out = text;
    return true;
}

static bool score_by_grams(const struct guide_library *library, struct text input, struct arena *arena,
                           struct guide_hit *hit, struct error *err) {
    struct text *text;
    struct guide_grams grams;
    struct guide_vector asked;
    if (!list_texts(library, input, arena, &text, err) || !guide_grams_make(text, library->n, arena, &grams, err) ||
        !guide_grams_of(&grams, input, arena, &asked, err))
        return false;
    for (size_t i = 0; i < library->n; i++) hit[i].score = guide_cosine(&grams.vector[i], &asked);
    return true;
}

static double product(const float *a, const float *b, size_t width) {
    double sum = 0;
    for (size_t i = 0; i < width; i++) sum += (double)a[i] * b[i];
    return sum;
}

/* The vectors of the library and, behind them, of the input; what must be freed in *made. */
static bool embed_all(const struct guide_library *library, struct text input,
                      const struct guide_find_settings *settings, struct arena *arena, size_t *width, float **made,
                      const float **vectors, const float **asked, struct error *err) {
    struct text *text;
    bool there = settings->vectors != NULL;
    if (!list_texts(library, input, arena, &text, err)) return false;
    if (!settings->embed(settings->context, there ? text + library->n : text, there ? 1 : library->n + 1, width, made,
                         err))
        return false;
    *vectors = there ? settings->vectors : *made;
    *asked = there ? *made : *made + library->n * *width;
    return (*width > 0 && *width <= GUIDE_WIDTH_MOST) || error_set(err, ERROR_DATA, "vectors of %zu numbers", *width);
}

static bool score_by_model(const struct guide_library *library, struct text input,
                           const struct guide_find_settings *settings, struct arena *arena, struct guide_hit *hit,
                           struct error *err) {
    size_t width = 0;
    float *made = NULL;
    const float *vectors = NULL, *asked = NULL;
    bool ok = embed_all(library, input, settings, arena, &width, &made, &vectors, &asked, err);
    double length = ok ? product(asked, asked, width) : 0;
    for (size_t i = 0; ok && i < library->n; i++) {
        const float *v = vectors + i * width;
        double own = product(v, v, width), both = sqrt(own) * sqrt(length);
        hit[i].score = both > 0 ? product(v, asked, width) / both : 0;
        if (!isfinite(own) || !isfinite(length))
            ok = error_set(err, ERROR_DATA, "the vector of %s %llu is not finite",
                           isfinite(length) ? "guideline" : "the input, or of guideline",
                           (unsigned long long)library->guide[i].gid);
    }
    memory_free(made);
    return ok;
}

static bool contradicts(const struct guideline *a, const struct guideline *b) {
    for (size_t i = 0; i < a->n_conflicts; i++)
        if (a->conflicts[i] == b->gid) return true;
    for (size_t i = 0; i < b->n_conflicts; i++)
        if (b->conflicts[i] == a->gid) return true;
    return false;
}

/* The published rule takes from the first GUIDE_LONG_LIST only. */
static void take(const struct guide_hit *all, size_t n, const struct guide_find_settings *settings,
                 struct guide_found *out) {
    size_t most = n < GUIDE_LONG_LIST || settings->k > GUIDE_LONG_LIST ? n : GUIDE_LONG_LIST;
    for (size_t i = 0; i < most && out->n < settings->k; i++) {
        if (!settings->embed && all[i].score <= 0) break; /* it shares nothing with the input */
        bool against = false, alike = false;
        for (size_t k = 0; k < out->n && !against; k++) against = contradicts(all[i].guide, out->hit[k].guide);
        for (size_t k = 0; k < out->n && !against && !alike && settings->spread < 1; k++) {
            double ratio = guide_ratio(text_of(all[i].guide->text), text_of(out->hit[k].guide->text));
            alike = (settings->compat ? guide_ratio_rounded(ratio) : ratio) >= settings->spread;
        }
        out->contradicting += against;
        out->alike += alike;
        if (!against && !alike) out->hit[out->n++] = all[i];
    }
}

bool guide_find(const struct guide_library *library, struct text input, const struct guide_find_settings *settings,
                struct arena *arena, struct guide_found *out, struct error *err) {
    *out = (struct guide_found){0};
    if (!settings->k) return error_set(err, ERROR_USAGE, "--k: expected at least 1");
    if (!library->n) return error_set(err, ERROR_DATA, "the library is empty: there is nothing to find");
    struct guide_hit *all = arena_new(arena, struct guide_hit, library->n, err);
    out->hit = all ? arena_new(arena, struct guide_hit, library->n, err) : NULL;
    if (!out->hit) return false;
    for (size_t i = 0; i < library->n; i++) all[i].guide = &library->guide[i];
    bool ok = settings->embed ? score_by_model(library, input, settings, arena, all, err)
                              : score_by_grams(library, input, arena, all, err);
    if (!ok) return false;
    qsort(all, library->n, sizeof *all, by_score);
    take(all, library->n, settings, out);
    return true;
}
