/* Known answers of steering: see calibrate_steer.h. Numbers of the gold file by name; statements in
 * calibrate_steer_theory.c. */
#include "act/steer/calibrate_steer.h"

#include "act/steer/calibrate_steer_internal.h"
#include "base/file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TOLERANCE 1e-9
enum { GOLD_BYTES = 64 << 20, SAMPLES = 2000 };

/* What the file calls a steer, and whose ends it takes. */
static const struct named {
    const char *name, *spec;
    bool follows_bl;
} named[] = {
    {"sft", "cd", false},
    {"cd", "cd", false},
    {"direct", "tq-direct", false},
    {"uncorrected_BL", "tq-direct", true},
    {"indirect_exact", "tq-indirect,least=0", true},
    {"indirect_unnormalised", "tq-indirect-raw", true},
    {"soft_V", "soft", false},
    {"soft", "soft", false},
};

static const struct named *find(const char *name) {
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (strcmp(named[i].name, name) == 0) return &named[i];
    return NULL;
}

bool toy_settings(struct steer_settings *out, struct arena *arena, const char *spec, double alpha, double beta,
                  struct error *err) {
    char full[160];
    const struct steer *steer = steer_find(text_of(spec), err);
    bool strength = steer && (steer->needs & STEER_NEEDS_BETA);
    if (!steer) return false;
    int n = snprintf(full, sizeof full, "%s,alpha=%.17g", spec, alpha);
    if (strength) snprintf(full + n, sizeof full - (size_t)n, ",beta=%.17g", beta);
    return steer_settings_read(text_of(full), arena, out, err);
}

struct gold {
    struct steer_toy toy;
    struct json_place place;
    const char *title;
    size_t index;
    uint64_t seed;
    const struct calibrate_out *out;
    struct arena *arena;
    size_t drawn, beyond; /* values by sampling; those farther off than 3 standard errors */
    double farthest;      /* in standard errors */
};

static void name_row(const struct gold *g, char out[120], const char *what, const char *which) {
    snprintf(out, 120, "toy %zu %s%s%s", g->index, what, which[0] ? " " : "", which);
}

static void number(const struct gold *g, const char *what, const json_t *expected, double found) {
    char name[120];
    name_row(g, name, what, "");
    calibrate_number(g->out, name, json_is_number(expected) ? json_number_value(expected) : NAN, found, TOLERANCE, "");
}

/* The largest distance; infinite where the lists differ in length. */
static double farthest(const json_t *list, const double *found, size_t n) {
    double most = 0;
    if (json_array_size(list) != n) return INFINITY;
    for (size_t i = 0; i < n; i++) most = fmax(most, fabs(json_number_value(json_array_get(list, i)) - found[i]));
    return most;
}

static void distance(const struct gold *g, const char *what, const char *which, double found, const char *note) {
    char name[120];
    name_row(g, name, what, which);
    calibrate_number(g->out, name, 0, found, TOLERANCE, note);
}

/* ---- whole texts */

static bool sums(struct gold *g, const json_t *expect) {
    const struct steer_toy *t = &g->toy;
    double most = -INFINITY;
    for (size_t i = 0; i < t->texts; i++) most = fmax(most, t->reward[i]);
    number(g, "Z", json_object_get(expect, "Z"), t->z);
    number(g, "Z_BL", json_object_get(expect, "Z_BL"), t->z_bl);
    number(g, "reward of the base", json_object_get(expect, "expected_reward_sft"),
           steer_toy_expect(t, t->base, t->reward));
    number(g, "reward of the aligned model", json_object_get(expect, "expected_reward_rho_r"),
           steer_toy_expect(t, t->aligned, t->reward));
    number(g, "reward of the other one", json_object_get(expect, "expected_reward_rho_BL"),
           steer_toy_expect(t, t->aligned_bl, t->reward));
    number(g, "highest reward", json_object_get(expect, "max_reward"), most);
    number(g, "KL of the aligned model", json_object_get(expect, "kl_rho_r_sft"),
           steer_toy_divergence(t, t->aligned, t->base));
    return true;
}

/* ---- values of the first token */

static bool first_values(struct gold *g, const struct named *n, bool samples, struct steer_value *values,
                         struct error *err) {
    char spec[120];
    struct steer_settings settings;
    snprintf(spec, sizeof spec, "%s,rollouts=%d", n->spec, SAMPLES);
    g->toy.follows_bl = n->follows_bl;
    g->toy.samples = samples;
    bool ok = toy_settings(&settings, g->arena, spec, 1, g->toy.beta, err) &&
              steer_toy_values(&g->toy, &settings, NULL, 0, values, g->arena, err);
    g->toy.samples = false;
    return ok;
}

static bool sampled_value(struct gold *g, const struct named *n, const json_t *list, struct error *err) {
    struct steer_value values[TOY_TOKENS];
    if (!first_values(g, n, true, values, err)) return false;
    for (size_t z = 0; z < g->toy.tokens; z++) {
        double off = fabs(values[z].q - json_number_value(json_array_get(list, z))) / values[z].error;
        g->drawn++;
        g->beyond += !(off <= 3);
        g->farthest = fmax(g->farthest, off);
    }
    return true;
}

static bool values(struct gold *g, json_t *expect, struct error *err) {
    const char *key;
    json_t *list;
    json_object_foreach(expect, key, list) {
        struct steer_value of[TOY_TOKENS];
        double q[TOY_TOKENS];
        const struct named *n = find(key);
        if (!n) return error_set(err, ERROR_DATA, "%s: 'Q_first' of '%s': no such steer", g->place.file, key);
        if (!first_values(g, n, false, of, err)) return false;
        for (size_t z = 0; z < g->toy.tokens; z++) q[z] = of[z].q;
        distance(g, "values of the first token", key, farthest(list, q, g->toy.tokens), "largest distance");
        if (!sampled_value(g, n, list, err)) return false;
    }
    return true;
}

/* ---- what is said */

static bool greedy(struct gold *g, json_t *expect, struct error *err) {
    const char *key;
    json_t *one;
    json_object_foreach(expect, key, one) {
        int32_t text[TOY_LENGTH] = {0};
        double tokens[TOY_LENGTH];
        size_t index;
        struct steer_settings settings;
        const struct named *n = find(key);
        if (!n) return error_set(err, ERROR_DATA, "%s: 'greedy' of '%s': no such steer", g->place.file, key);
        g->toy.follows_bl = n->follows_bl;
        if (!toy_settings(&settings, g->arena, n->spec, 0, g->toy.beta, err) ||
            !steer_toy_greedy(&g->toy, &settings, text, &index, g->arena, err))
            return false;
        for (size_t t = 0; t < g->toy.length; t++) tokens[t] = text[t];
        double off = farthest(json_object_get(one, "sequence"), tokens, g->toy.length) +
                     fabs(json_number_value(json_object_get(one, "reward")) - g->toy.reward[index]);
        distance(g, "text of most value", key, off, "tokens and reward");
    }
    return true;
}

static bool one_alpha(struct gold *g, const struct named *n, double alpha, const json_t *expect, double *steered,
                      struct error *err) {
    struct steer_settings settings;
    double first[TOY_TOKENS];
    char what[64];
    g->toy.follows_bl = n->follows_bl;
    if (!toy_settings(&settings, g->arena, n->spec, alpha, g->toy.beta, err) ||
        !steer_toy_policy(&g->toy, &settings, NULL, 0, first, g->arena, err) ||
        !steer_toy_texts(&g->toy, &settings, steered, err))
        return false;
    double off = farthest(json_object_get(expect, "first"), first, g->toy.tokens);
    off = fmax(off, fabs(json_number_value(json_object_get(expect, "expected_reward")) -
                         steer_toy_expect(&g->toy, steered, g->toy.reward)));
    off = fmax(off, fabs(json_number_value(json_object_get(expect, "kl_to_sft")) -
                         steer_toy_divergence(&g->toy, steered, g->toy.base)));
    snprintf(what, sizeof what, "alpha %g", alpha);
    distance(g, what, n->name, off, "first token, reward, KL: largest distance");
    return true;
}

static void compare_bound(const struct gold *g, double alpha, const json_t *expect, const struct toy_bound *bound) {
    char what[64], note[120];
    double off = fmax(fabs(json_number_value(json_object_get(expect, "gap")) - bound->gap),
                      fmax(fabs(json_number_value(json_object_get(expect, "h")) - bound->h),
                           fabs(json_number_value(json_object_get(expect, "rhs")) - bound->right)));
    bool holds = bound->gap <= bound->right + TOLERANCE;
    if (holds != json_is_true(json_object_get(expect, "holds"))) off = INFINITY;
    snprintf(what, sizeof what, "alpha %g bound", alpha);
    snprintf(note, sizeof note, "loss %.4f, at most %.4f", bound->gap, bound->right);
    distance(g, what, "", off, note);
}

static bool alphas(struct gold *g, json_t *expect, struct error *err) {
    const char *key, *name;
    json_t *of, *one;
    double *steered = arena_new(g->arena, double, g->toy.texts, err);
    if (!steered) return false;
    json_object_foreach(expect, key, of) {
        double alpha;
        struct toy_bound bound;
        if (!text_to_f64(text_of(key), &alpha) || !(alpha > 0))
            return error_set(err, ERROR_DATA, "%s: 'alphas': '%s' is no number above 0", g->place.file, key);
        json_object_foreach(of, name, one) {
            bool is_bound = strcmp(name, "bound") == 0;
            const struct named *n = find(is_bound ? "direct" : name);
            if (!n) return error_set(err, ERROR_DATA, "%s: 'alphas' of '%s': no such steer", g->place.file, name);
            if (!is_bound && !one_alpha(g, n, alpha, one, steered, err)) return false;
            if (!is_bound) continue;
            struct steer_settings settings;
            g->toy.follows_bl = false;
            if (!toy_settings(&settings, g->arena, n->spec, alpha, g->toy.beta, err) ||
                !steer_toy_texts(&g->toy, &settings, steered, err) ||
                !toy_bound_of(&g->toy, steered, alpha, &bound, err))
                return false;
            compare_bound(g, alpha, one, &bound);
        }
    }
    return true;
}

/* ---- the file */

static bool one_toy(struct gold *g, const json_t *object, struct error *err) {
    json_t *expect, *first, *best, *by_alpha;
    return steer_toy_read(object, g->place, g->arena, &g->toy, err) &&
           json_get_object(object, "expect", g->place, &expect, err) &&
           json_get_object(expect, "Q_first", g->place, &first, err) &&
           json_get_object(expect, "greedy", g->place, &best, err) &&
           json_get_object(expect, "alphas", g->place, &by_alpha, err) && (g->toy.seed = g->seed, true) &&
           sums(g, expect) && values(g, first, err) && greedy(g, best, err) && alphas(g, by_alpha, err);
}

static bool gold_file(const char *gold, uint64_t seed, const struct calibrate_out *out, struct error *err) {
    struct arena names, arena;
    arena_init(&names, 1 << 16);
    arena_init(&arena, (size_t)1 << 28);
    const char *path = file_is_folder(gold) ? arena_printf(&names, err, "%s/toy_exact_a.json", gold) : gold;
    json_t *toys = path ? json_read_file(path, GOLD_BYTES, err) : NULL, *one;
    bool ok = toys && (json_is_array(toys) || error_set(err, ERROR_DATA, "%s: expected an array of toys", path));
    struct gold g = {.place = {path, 0, ""}, .out = out, .arena = &arena, .seed = seed};
    json_array_foreach(toys, g.index, one) {
        ok = ok && one_toy(&g, one, err);
        arena_reset(&arena);
    }
    if (ok && g.drawn) {
        char note[120];
        snprintf(note, sizeof note, "%zu values by %d ends each; the farthest %.2f standard errors off", g.drawn,
                 SAMPLES, g.farthest);
        calibrate_number(out, "values by sampling beyond 3 standard errors", 0, (double)g.beyond, 0, note);
    }
    json_decref(toys);
    arena_done(&arena);
    arena_done(&names);
    return ok;
}

bool calibrate_steer(const char *gold, uint64_t seed, calibrate_report *report, void *context, struct error *err) {
    const struct calibrate_out out = {report, context};
    return (!gold || gold_file(gold, seed, &out, err)) && calibrate_steer_theory(seed, &out, err);
}
