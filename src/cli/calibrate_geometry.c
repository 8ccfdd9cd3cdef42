/* Planted wrong steps: see calibrate_geometry.h. */
#include "cli/calibrate_geometry.h"

#include "base/rng.h"
#include "formalize/geometry/geo_row.h"
#include "geometry/geo_made.h"

#include <stdio.h>
#include <string.h>

enum { PROOFS = 200, WRONG_MOST = 5, STEPS_LEAST = 6, STEPS_MOST = 14, TRIES = 400, NAME = 120, SPOILINGS = 60 };
enum spoiling { OTHER_RULE, NO_SOURCE, FALSE_STEP, SPOILINGS_KNOWN };

struct planting {
    struct geo_rules rules;
    struct geo_made made;
    struct arena arena, own;
    struct rng rng;
    bool wrong[2 * GEO_TRACE_MOST]; /* by number of the step */
    size_t n_steps;                 /* of the clean proof: further steps have numbers behind it */
    json_t *row;
    struct error *err;
};
struct counts {
    uint64_t proofs, planted, named, alarms, whole; /* whole: proofs in which just the planted steps are named */
    uint64_t of_kind[SPOILINGS_KNOWN];
};

/* ---- the proof as a row ---- */

static bool make_proof(struct planting *p) {
    for (size_t i = 0; i < TRIES; i++) {
        struct error why = {0};
        size_t points = GEO_MADE_LEAST + 2 + rng_below(&p->rng, GEO_MADE_MOST - GEO_MADE_LEAST - 1);
        arena_reset(&p->arena);
        if (geo_make(&p->made, points, STEPS_LEAST, STEPS_MOST, 1, &p->rules, &p->rng, &p->arena, &why)) return true;
        if (why.kind == ERROR_ENVIRONMENT) return *p->err = why, false;
    }
    return error_set(p->err, ERROR_DATA, "no proof of %d to %d steps was made in %d tries", STEPS_LEAST, STEPS_MOST,
                     TRIES);
}

/* With the figure that the proof was found in: guards are read in it, and another figure of the same problem may be
 * arranged otherwise. */
static bool put_figure(const struct planting *p) {
    const struct geo_names *names = &p->made.problem.names;
    json_t *coords = json_object();
    bool ok = coords && names->n == p->made.figure.n;
    for (size_t i = 0; ok && i < names->n; i++) {
        struct geo_point at = p->made.figure.at[i];
        json_t *both = json_pack("[f, f]", at.x, at.y);
        ok = both && json_object_setn_new(coords, names->name[i].at, names->name[i].len, both) == 0;
    }
    return json_object_set_new(p->row, "coords", coords) == 0 && ok;
}

static bool put_goal(const struct planting *p) {
    struct buffer said;
    buffer_init(&said, 4096);
    bool ok = geo_fact_put(&said, &p->made.problem.goal[0], &p->made.problem.names) &&
              json_object_set_new(p->row, "goal", json_from_text(buffer_text(&said))) == 0;
    buffer_done(&said);
    return ok;
}

static bool make_row(struct planting *p) {
    p->row = json_object();
    memset(p->wrong, 0, sizeof p->wrong);
    return ((p->row && put_figure(p) && put_goal(p)) || error_memory(p->err, "a proof")) &&
           geo_proof_json(&p->made.proof, &p->rules, &p->made.problem.names, p->row, p->err);
}

/* ---- what makes a step wrong ---- */

/* Steps under a rule, as they stand in the proof; their places in the row are those without the premises. */
static const struct geo_step *step_at(const struct planting *p, size_t place) {
    for (size_t i = 0; i < p->made.proof.n; i++)
        if (p->made.proof.step[i].reason != GEO_GIVEN && place-- == 0) return &p->made.proof.step[i];
    return NULL;
}

static bool concludes(const struct geo_rule *rule, enum geo_kind kind) {
    struct geo_fact part[3];
    for (size_t i = 0; i < rule->n_gives; i++) {
        size_t n = geo_fact_parts(&rule->gives[i], part);
        for (size_t k = 0; k < n; k++)
            if (part[k].kind == kind) return true;
    }
    return false;
}

static bool name_other_rule(struct planting *p, const struct geo_step *s, json_t *step) {
    for (size_t i = 0; i < SPOILINGS; i++) {
        const struct geo_rule *rule = &p->rules.at[rng_below(&p->rng, p->rules.n)];
        if (concludes(rule, s->gives.kind)) continue;
        return json_object_set_new(step, "rule", json_from_text(rule->id)) == 0;
    }
    return false;
}

static bool cite_nothing(const struct planting *p, const struct geo_step *s, json_t *step) {
    if (s->reason < 0 || !p->rules.at[s->reason].n_premises) return false;
    return json_object_set_new(step, "from", json_array()) == 0;
}

/* A step beside this one, with its rule and sources, that says the same of other points and is false. */
static bool say_what_is_false(struct planting *p, const struct geo_step *s, size_t place, size_t number) {
    for (size_t i = 0; i < SPOILINGS; i++) {
        struct geo_fact other = s->gives;
        other.at[rng_below(&p->rng, other.n)] = (uint8_t)rng_below(&p->rng, p->made.figure.n);
        other = geo_fact_canonical(other);
        if (geo_fact_is_degenerate(&other) || geo_fact_is_trivial(&other) || geo_holds(&other, p->made.figure.at))
            continue;
        struct buffer said;
        buffer_init(&said, 4096);
        json_t *list = json_object_get(p->row, "proof"), *step = json_copy(json_array_get(list, place));
        bool ok = step && geo_fact_put(&said, &other, &p->made.problem.names) &&
                  json_object_set_new(step, "n", json_integer((json_int_t)number)) == 0 &&
                  json_object_set_new(step, "gives", json_from_text(buffer_text(&said))) == 0 &&
                  json_array_insert(list, place, step) == 0;
        json_decref(step);
        buffer_done(&said);
        return ok;
    }
    return false;
}

/* Where the step of this number stands in the row now. */
static size_t place_of(const struct planting *p, size_t number) {
    const json_t *list = json_object_get(p->row, "proof");
    size_t i = 0;
    while ((size_t)json_integer_value(json_object_get(json_array_get(list, i), "n")) != number) i++;
    return i;
}

static bool spoil(struct planting *p, size_t step, enum spoiling how) {
    const struct geo_step *s = step_at(p, step);
    size_t place = place_of(p, step + 1);
    json_t *row = json_array_get(json_object_get(p->row, "proof"), place);
    switch (how) {
    case OTHER_RULE:
        return name_other_rule(p, s, row);
    case NO_SOURCE:
        return cite_nothing(p, s, row);
    default:
        return say_what_is_false(p, s, place, p->n_steps + step + 1);
    }
}

/* k different steps; each in the first way that can be, from a drawn one on. */
static bool plant(struct planting *p, size_t k, struct counts *c) {
    size_t order[GEO_TRACE_MOST], planted = 0;
    p->n_steps = json_array_size(json_object_get(p->row, "proof"));
    if (p->n_steps > GEO_TRACE_MOST) return error_set(p->err, ERROR_DATA, "a proof of %zu steps", p->n_steps);
    for (size_t i = 0; i < p->n_steps; i++) order[i] = i;
    rng_shuffle(&p->rng, order, p->n_steps);
    for (size_t i = 0; i < p->n_steps && planted < k; i++) {
        size_t first = rng_below(&p->rng, SPOILINGS_KNOWN), how = first, tried = 0;
        while (tried < SPOILINGS_KNOWN && !spoil(p, order[i], (enum spoiling)how))
            tried++, how = (first + tried) % SPOILINGS_KNOWN;
        if (tried == SPOILINGS_KNOWN) continue;
        p->wrong[how == FALSE_STEP ? p->n_steps + order[i] + 1 : order[i] + 1] = true;
        c->of_kind[how]++;
        planted++;
    }
    return planted == k || error_set(p->err, ERROR_DATA, "%zu of %zu steps could be spoilt", planted, k);
}

/* ---- judging ---- */

static bool judge(struct planting *p, struct counts *c) {
    const struct geo_unit unit = {.place = {"geo-k", 1, ""}, .row = p->row};
    json_t *out = json_object();
    size_t named = 0, alarms = 0, planted = 0;
    bool holds, ok = out && geo_row_check_proof(&unit, &p->rules, true, &p->own, out, &holds, p->err);
    const json_t *faults = json_object_get(out, "faults");
    for (size_t i = 1; i < sizeof p->wrong / sizeof *p->wrong; i++) planted += p->wrong[i];
    for (size_t i = 0; ok && i < json_array_size(faults); i++) {
        uint64_t number = 0;
        bool is = text_to_u64(json_text(json_object_get(json_array_get(faults, i), "step")), &number) &&
                  number < sizeof p->wrong / sizeof *p->wrong && p->wrong[number];
        named += is;
        alarms += !is;
    }
    c->proofs++;
    c->planted += planted;
    c->named += named;
    c->alarms += alarms;
    c->whole += named == planted && !alarms && holds == (planted == 0);
    json_decref(out);
    return ok;
}

static bool one_proof(struct planting *p, struct counts counts[WRONG_MOST + 1]) {
    bool ok = make_proof(p);
    for (size_t k = 0; ok && k <= WRONG_MOST; k++) {
        ok = make_row(p) && plant(p, k, &counts[k]) && judge(p, &counts[k]);
        json_decref(p->row);
        p->row = NULL;
        arena_reset(&p->own);
    }
    return ok;
}

static void tell(const struct calibrate_out *out, const struct counts counts[WRONG_MOST + 1]) {
    char name[NAME], how[NAME];
    for (size_t k = 0; k <= WRONG_MOST; k++) {
        const struct counts *c = &counts[k];
        snprintf(how, sizeof how, "rules %llu, no source %llu, false %llu", (unsigned long long)c->of_kind[OTHER_RULE],
                 (unsigned long long)c->of_kind[NO_SOURCE], (unsigned long long)c->of_kind[FALSE_STEP]);
        snprintf(name, sizeof name, "geo-k %zu: wrong steps that are named", k);
        calibrate_number(out, name, (double)c->planted, (double)c->named, 0, k ? how : "");
        snprintf(name, sizeof name, "geo-k %zu: other steps that are named", k);
        calibrate_number(out, name, 0, (double)c->alarms, 0, "");
        snprintf(name, sizeof name, "geo-k %zu: proofs judged rightly", k);
        calibrate_number(out, name, (double)c->proofs, (double)c->whole, 0, "");
    }
}

bool calibrate_geometry(uint64_t seed, uint64_t repeat, calibrate_report *report, void *context, struct error *err) {
    const struct calibrate_out out = {report, context};
    struct counts counts[WRONG_MOST + 1] = {0};
    struct planting *p = memory_zeroed(1, sizeof *p);
    struct arena rules;
    if (!p) return error_memory(err, "proofs");
    p->err = err;
    arena_init(&p->arena, (size_t)64 << 20);
    arena_init(&p->own, (size_t)64 << 20);
    arena_init(&rules, (size_t)16 << 20);
    geo_made_init(&p->made);
    bool ok = geo_rules_builtin(true, &rules, &p->rules, err);
    for (uint64_t r = 0; ok && r < (repeat ? repeat : PROOFS); r++) {
        p->rng = rng_stream(seed, "calibrate/geometry", r);
        ok = one_proof(p, counts);
    }
    if (ok) tell(&out, counts);
    geo_made_done(&p->made);
    arena_done(&p->arena);
    arena_done(&p->own);
    arena_done(&rules);
    memory_free(p);
    return ok;
}
