/* Kinship by construction: see calibrate_kinship.h. */
#include "measure/compare/calibrate_kinship.h"

#include "base/file.h"
#include "lm/model/model.h"
#include "measure/compare/lineage.h"
#include "measure/task/scorer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STEPS = 5, MEMBERS = 20, NAME = 120 };

/* ---- weights on the way ---- */

static const struct lm_shape shape = {.layers = 2,
                                      .width = 16,
                                      .heads = 2,
                                      .kv_heads = 1,
                                      .head_size = 8,
                                      .hidden = 32,
                                      .vocabulary = 96,
                                      .context = 32,
                                      .norm_eps = 1e-5F,
                                      .rope_base = 10000,
                                      .tied = true};

static void move(struct lm_matrix *a, const struct lm_matrix *b, float t) {
    for (size_t i = 0; a->values && b->values && i < a->n * a->k; i++)
        a->values[i] = (1 - t) * a->values[i] + t * b->values[i];
}

/* a becomes (1 - t) a + t b; frozen: the embedding stays. */
static void interpolate(struct lm_model *a, const struct lm_model *b, float t, bool frozen) {
    if (!frozen) move(&a->embedding, &b->embedding, t);
    for (size_t i = 0; i < a->shape.layers; i++) {
        struct lm_layer *x = &a->layers[i];
        const struct lm_layer *y = &b->layers[i];
        struct lm_matrix *const to[] = {&x->q, &x->k, &x->v, &x->o, &x->gate, &x->up, &x->down};
        const struct lm_matrix *const from[] = {&y->q, &y->k, &y->v, &y->o, &y->gate, &y->up, &y->down};
        for (size_t m = 0; m < sizeof to / sizeof *to; m++) move(to[m], from[m], t);
    }
}

/* Features of a random model against itself, moved by t towards another one. */
static bool at(uint64_t seed, float t, bool frozen, double feature[LINEAGE_FEATURES], struct error *err) {
    struct lm_model *one = lm_model_random(&shape, NULL, seed, err), *other = NULL, *moved = NULL;
    struct lineage_weights a = {0}, b = {0};
    bool ok = one && (other = lm_model_random(&shape, NULL, seed + 1, err)) &&
              (moved = lm_model_random(&shape, NULL, seed, err));
    for (int f = 0; f < LINEAGE_FEATURES; f++) feature[f] = NAN;
    if (ok) interpolate(moved, other, t, frozen);
    ok = ok && lineage_weights_of(one, &a, err) && lineage_weights_of(moved, &b, err) &&
         lineage_weights_compare(&a, &b, feature, err);
    if (!a.model) lm_model_free(one); /* else it went over to what was made of it */
    if (!b.model) lm_model_free(moved);
    lineage_weights_close(&a);
    lineage_weights_close(&b);
    lm_model_free(other);
    return ok;
}

static bool kin_of(const struct calibrate_out *rows, uint64_t seed, struct error *err) {
    double found[2][STEPS][LINEAGE_FEATURES];
    bool falling = true;
    double frozen = 1;
    for (int f = 0; f < 2; f++)
        for (int i = 0; i < STEPS; i++)
            if (!at(seed, (float)i / (STEPS - 1), f == 1, found[f][i], err)) return false;
    for (int i = 1; i < STEPS; i++) {
        falling = falling && found[0][i][LINEAGE_WEIGHTS] < found[0][i - 1][LINEAGE_WEIGHTS] &&
                  found[0][i][LINEAGE_LOGITS] < found[0][i - 1][LINEAGE_LOGITS];
        frozen = fmin(frozen, found[1][i][LINEAGE_LOGITS]);
    }
    calibrate_number(rows, "kin-of, t = 0: cosine of the weights", 1, found[0][0][LINEAGE_WEIGHTS], 1e-12, "");
    calibrate_number(rows, "kin-of, t = 0: space of the logits", 1, found[0][0][LINEAGE_LOGITS], 1e-12, "");
    calibrate_number(rows, "kin-of, t = 0, 1/4 .. 1: both fall at every step", 1, falling, 0, "");
    calibrate_range(rows, "kin-of, t = 1: cosine of the weights", fabs(found[0][STEPS - 1][LINEAGE_WEIGHTS]), 0, 0.1,
                    "two random models");
    calibrate_number(rows, "kin-of, head frozen: space of the logits at every t", 1, frozen, 1e-12, "");
    return true;
}

/* ---- zoos ---- */

/* MEMBERS models without kin, of which the first ten have a copy each; one feature, related pairs 4 deviations off. */
static bool zoos(const struct calibrate_out *rows, uint64_t seed, uint64_t repeat, struct error *err) {
    enum { PAIRS = MEMBERS * (MEMBERS - 1) / 2 + 10 };
    struct lineage_pair *pairs = memory_grow(NULL, PAIRS, sizeof *pairs);
    double accused = 0, found = 0;
    char how[NAME];
    if (!pairs) return error_memory(err, "zoo");
    for (uint64_t r = 0; r < repeat; r++) {
        struct rng rng = rng_stream(seed, "kinship/zoo", r);
        size_t n = 0;
        for (size_t i = 0; i < MEMBERS; i++)
            for (size_t k = i + 1; k < MEMBERS; k++) pairs[n++] = (struct lineage_pair){.a = i, .b = k};
        for (size_t i = 0; i < 10; i++) pairs[n++] = (struct lineage_pair){.a = i, .b = MEMBERS + i, .related = true};
        for (size_t i = 0; i < n; i++) {
            for (int f = 0; f < LINEAGE_FEATURES; f++) pairs[i].feature[f] = NAN;
            pairs[i].feature[LINEAGE_F1] = rng_normal(&rng) + (pairs[i].related ? 4 : 0);
        }
        lineage_calibrate(pairs, n);
        struct lineage_quality q = lineage_quality(pairs, n);
        accused += q.accused;
        found += q.found;
    }
    memory_free(pairs);
    snprintf(how, sizeof how, "%llu zoos of %d unrelated pairs", (unsigned long long)repeat, PAIRS - 10);
    calibrate_range(rows, "unrelated pairs accused at p <= .05", accused / (double)repeat, 0, 0.055, how);
    calibrate_range(rows, "copies 4 deviations off found", found / (double)repeat, 0.9, 1, how);
    return true;
}

/* ---- sameness ---- */

static bool sameness(const struct calibrate_out *rows, uint64_t seed, struct error *err) {
    enum { PROMPTS = 4, SAMPLES = 6, RUNS = 100, LETTERS = 12 };
    char letters[2][PROMPTS * SAMPLES][LETTERS];
    struct text text[2][PROMPTS * SAMPLES];
    double sum = 0;
    for (uint64_t r = 0; r < RUNS; r++) {
        struct rng rng = rng_stream(seed, "kinship/same", r);
        struct kin_test test;
        for (int side = 0; side < 2; side++)
            for (size_t i = 0; i < PROMPTS * SAMPLES; i++) {
                for (size_t c = 0; c < LETTERS; c++) letters[side][i][c] = (char)('a' + rng_below(&rng, 4));
                text[side][i] = (struct text){letters[side][i], LETTERS};
            }
        struct kin_replies a = {PROMPTS, SAMPLES, text[0]}, b = {PROMPTS, SAMPLES, text[1]};
        if (!kin_same(&a, &b, 99, seed + r, "kinship", &test, err)) return false;
        sum += test.p;
    }
    calibrate_number(rows, "sameness: mean p of two samples of one law", 0.5 + 0.5 / 100, sum / RUNS,
                     3.5 * sqrt(1.0 / 12 / RUNS), "100 runs");
    return true;
}

/* ---- the scorer, on a file of which the overlap is known ---- */

enum { PROMPTS = 60 };

/* Two models' replies to PROMPTS prompts: the first `same` replies are equal, the others share no letter. So the mean
 * cosine is same / PROMPTS. */
static bool write_replies(const char *path, size_t same, struct error *err) {
    struct buffer b;
    buffer_init(&b, 1 << 20);
    for (size_t p = 0; p < PROMPTS; p++)
        for (int model = 0; model < 2; model++) {
            char letters[25];
            int first = model && p >= same ? 'n' : 'a';
            for (size_t i = 0; i < 24; i++) letters[i] = (char)(first + (int)((p * 7 + i * (i + 1)) % 13));
            letters[24] = 0;
            buffer_printf(&b, "{\"prompt_id\":\"p%zu\",\"model\":\"m%d\",\"answer\":\"%s\"}\n", p, model, letters);
        }
    bool ok = buffer_check(&b, "replies", err) && file_write(path, buffer_text(&b), err);
    buffer_done(&b);
    return ok;
}

static double cosine_of(const struct figure *figures, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(figures[i].name, "cosine") == 0 && strcmp(figures[i].group, "m0~m1") == 0) return figures[i].value;
    return NAN;
}

static bool planted_overlap(const struct calibrate_out *rows, const char *path, struct arena *arena,
                            struct error *err) {
    const struct scorer *scorer = scorer_find(TEXT("lineage"));
    const struct option_value *options =
        spec_parse(arena, TEXT("lineage,feature=f1"), scorer->options, scorer->n_options, err);
    struct score_whole whole = {.paths = &path, .n_paths = 1, .options = options, .confidence = 0.95};
    for (size_t same = 0; options && same <= PROMPTS; same += PROMPTS / 4) {
        struct figure *figures;
        size_t n;
        char name[NAME];
        if (!write_replies(path, same, err) || !scorer->whole(&whole, arena, &figures, &n, err)) return false;
        snprintf(name, sizeof name, "score --scorer lineage: cosine of %zu equal replies of %d", same, PROMPTS);
        calibrate_number(rows, name, (double)same / PROMPTS, cosine_of(figures, n), 1e-12, "");
    }
    return options != NULL;
}

static bool scorer_recovers(const struct calibrate_out *rows, struct error *err) {
    char path[] = "/tmp/basanite-kinship-XXXXXX.jsonl";
    int file = mkstemps(path, 6);
    struct arena arena;
    if (file < 0) return error_set(err, ERROR_ENVIRONMENT, "cannot make a file in /tmp");
    (void)close(file);
    arena_init(&arena, (size_t)1 << 26);
    bool ok = planted_overlap(rows, path, &arena, err);
    arena_done(&arena);
    (void)unlink(path);
    return ok;
}

bool calibrate_kinship(uint64_t seed, uint64_t repeat, calibrate_report *report, void *context, struct error *err) {
    struct calibrate_out rows = {report, context};
    return kin_of(&rows, seed, err) && zoos(&rows, seed, repeat ? repeat : 20, err) && sameness(&rows, seed, err) &&
           scorer_recovers(&rows, err);
}
