/* Guideline libraries with planted duplicates and corrupted pairs: see calibrate_goals.h. */
#include "cli/calibrate_goals.h"

#include "base/rng.h"
#include "measure/world/world_guidelines.h"
#include "set/guide_build.h"
#include "set/guide_find.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- dup-d */

enum { COPIES = 3, PLACE = 12 };
#define APART 0.7 /* copies differ by 1/12 each: what is apart so far stays below 0.9 */

/* Guidelines of the world, without its own near-duplicates, of which no two are alike. */
static size_t list_apart(const struct world *w, struct text *out) {
    size_t n = 0;
    for (size_t i = 0; i < GUIDES; i++) {
        const struct guide *g = world_guide(w, i);
        bool apart = g->words == 0;
        for (size_t k = 0; k < n && apart; k++) apart = guide_ratio(out[k], g->text) < APART;
        if (apart) out[n++] = g->text;
    }
    return n;
}

/* The text with 1 to length/12 characters put in the place of others. */
static bool spoil(struct text t, struct rng *rng, struct arena *arena, struct text *out, struct error *err) {
    char *copy = text_copy(arena, t, err);
    size_t changes = copy ? 1 + rng_below(rng, t.len / PLACE) : 0;
    for (size_t i = 0; i < changes; i++) copy[rng_below(rng, t.len)] = (char)('a' + rng_below(rng, 26));
    *out = (struct text){copy, t.len};
    return copy != NULL;
}

static bool dup_d(const struct world *w, uint64_t seed, const struct calibrate_out *out, struct arena *arena,
                  struct error *err) {
    struct guide_build_settings settings = {.tau = 0.9};
    struct text text[(1 + COPIES) * GUIDES];
    uint32_t cluster[(1 + COPIES) * GUIDES];
    struct rng rng = rng_stream(seed, "calibrate/copies", 0);
    size_t apart = list_apart(w, text), n = apart, found;
    for (size_t d = 0; d <= COPIES; d++) {
        char name[64];
        for (size_t i = 0; d && i < apart; i++)
            if (!spoil(text[i], &rng, arena, &text[n++], err)) return false;
        if (!guide_cluster(text, NULL, n, &settings, arena, cluster, &found, err)) return false;
        snprintf(name, sizeof name, "dup-d %zu: clusters of %zu guidelines", d, n);
        calibrate_number(out, name, (double)apart, (double)found, 0, "");
    }
    return true;
}

/* ---- corrupt-rho: inputs that are near a guideline by their words, some paired with another guideline */

enum { EACH = 40, PROBES_EACH = 10, WORDS_OF = 10, TAKEN = 6 };
struct pairs {
    struct text *text; /* inputs, then probes */
    uint32_t *guide;   /* that belongs to each */
    size_t n, probes;
};

/* An input of some words of the guideline, in a drawn order: a person who asks about the same thing. */
static bool draw_input(const struct world *w, size_t guide, struct rng *rng, struct arena *arena, struct text *out,
                       struct error *err) {
    struct text rest = world_guide(w, guide)->text, word[64];
    size_t n = 0, order[64];
    struct buffer b;
    while (n < 64 && text_next(&rest, ' ', &word[n])) order[n] = n, n++;
    rng_shuffle(rng, order, n);
    buffer_init(&b, 1024);
    for (size_t i = 0; i < WORDS_OF && i < n; i++) buffer_printf(&b, "%s%.*s", i ? " " : "", TEXT_ARG(word[order[i]]));
    const char *copy = buffer_check(&b, "input", err) ? text_copy(arena, buffer_text(&b), err) : NULL;
    *out = (struct text){copy, b.len};
    buffer_done(&b);
    return copy != NULL;
}

static bool draw_pairs(const struct world *w, uint64_t seed, struct arena *arena, struct pairs *p, struct error *err) {
    struct rng rng = rng_stream(seed, "calibrate/pairs", 0);
    *p = (struct pairs){.n = TRUE_GUIDES * EACH, .probes = TRUE_GUIDES * PROBES_EACH};
    p->text = arena_new(arena, struct text, p->n + p->probes, err);
    p->guide = p->text ? arena_new(arena, uint32_t, p->n + p->probes, err) : NULL;
    for (size_t i = 0; p->guide && i < p->n + p->probes; i++) {
        p->guide[i] = (uint32_t)(i % TRUE_GUIDES);
        if (!draw_input(w, p->guide[i], &rng, arena, &p->text[i], err)) return false;
    }
    return p->guide != NULL;
}

/* The `TAKEN` nearest inputs of each probe, nearest first. */
static bool find_near(const struct pairs *p, struct arena *arena, uint32_t **near, struct error *err) {
    struct guide_grams grams;
    double score[TAKEN];
    if (!guide_grams_make(p->text, p->n, arena, &grams, err)) return false;
    *near = arena_new(arena, uint32_t, p->probes * TAKEN, err);
    for (size_t i = 0; *near && i < p->probes; i++) {
        struct guide_vector v;
        size_t n = 0;
        if (!guide_grams_of(&grams, p->text[p->n + i], arena, &v, err)) return false;
        for (uint32_t k = 0; k < p->n; k++) {
            double x = guide_cosine(&grams.vector[k], &v);
            size_t at = n < TAKEN ? n++ : TAKEN;
            while (at > 0 && x > score[at - 1]) {
                if (at < TAKEN) score[at] = score[at - 1], (*near)[i * TAKEN + at] = (*near)[i * TAKEN + at - 1];
                at--;
            }
            if (at < TAKEN) score[at] = x, (*near)[i * TAKEN + at] = k;
        }
    }
    return *near != NULL;
}

static double recall(const struct pairs *p, const uint32_t *near, const uint32_t *paired, size_t k) {
    size_t hits = 0;
    for (size_t i = 0; i < p->probes; i++) {
        bool hit = false;
        for (size_t j = 0; j < k; j++) hit |= paired[near[i * TAKEN + j]] == p->guide[p->n + i];
        hits += hit;
    }
    return (double)hits / (double)p->probes;
}

static bool corrupt_rho(const struct world *w, uint64_t seed, const struct calibrate_out *out, struct arena *arena,
                        struct error *err) {
    static const double doses[] = {0, 0.1, 0.3, 0.5};
    struct pairs p;
    uint32_t *near, *paired = arena_new(arena, uint32_t, TRUE_GUIDES * EACH, err);
    double clean = 0, last = 1, chance = 1.0 / TRUE_GUIDES;
    if (!paired || !draw_pairs(w, seed, arena, &p, err) || !find_near(&p, arena, &near, err)) return false;
    for (size_t d = 0; d < 4; d++) {
        struct rng rng = rng_stream(seed, "calibrate/rho", d);
        char name[64];
        for (size_t i = 0; i < p.n; i++) {
            bool spoilt = rng_unit(&rng) < doses[d];
            uint32_t other = (p.guide[i] + 1 + (uint32_t)rng_below(&rng, TRUE_GUIDES - 1)) % TRUE_GUIDES;
            paired[i] = spoilt ? other : p.guide[i];
        }
        double one = recall(&p, near, paired, 1), six = recall(&p, near, paired, TAKEN);
        if (d == 0) clean = one;
        snprintf(name, sizeof name, "corrupt-rho %.1f: recall@6", doses[d]);
        calibrate_range(out, name, six, d ? 0 : 0.95, d ? last : 1, d ? "no more than at a smaller rho" : "");
        snprintf(name, sizeof name, "corrupt-rho %.1f: rho found", doses[d]);
        calibrate_number(out, name, doses[d], (clean - one) / (clean - chance), 0.1, "");
        last = six;
    }
    return true;
}

bool calibrate_guide(uint64_t seed, calibrate_report *report, void *context, struct error *err) {
    struct calibrate_out out = {report, context};
    struct world *w = world_new(WORLD_DEFAULT_SEED, err);
    struct arena arena;
    arena_init(&arena, (size_t)1 << 30);
    bool ok = w && dup_d(w, seed, &out, &arena, err) && corrupt_rho(w, seed, &out, &arena, err);
    arena_done(&arena);
    world_free(w);
    return ok;
}
