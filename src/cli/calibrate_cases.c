/* Planted faults in assurance cases: see calibrate_cases.h. Cases are those of the pocket world (world_cases.h). */
#include "cli/calibrate_cases.h"

#include "formalize/case/case_check.h"
#include "formalize/case/case_read.h"
#include "measure/world/world_cases.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CASES = 500, TRIES = 60, FORMULAS = 300 };

struct found {
    size_t planted, detected, located, untold; /* untold: a solver that it needs is not installed */
};

struct planting {
    const struct world *w;
    struct case_checker *checker;
    struct arena arena;
    struct found found[N_VARIANTS];
    size_t vacuous_held, idle, named; /* evidence that no proof can need, and such that the checker names */
    const char *missing;
    struct error *err;
};

/* ---- one case ---- */

static bool is_quiet(enum case_status status) {
    return status == CASE_HOLDS || status == CASE_SKIPPED;
}

/* Of splits that hold: the line of each piece of evidence that nothing needs must be among the unused ones. */
static void count_idle(struct planting *p, const struct safety_case *made, const struct case_report *r) {
    for (size_t i = 0; i < made->n; i++) {
        if (made->node[i].tells != TELLS_IDLE || r->nodes[made->node[i].parent].status != CASE_HOLDS) continue;
        p->idle++;
        for (size_t k = 0; k < r->n_unused; k++) p->named += r->unused[k].node == i;
    }
}

static bool judge(struct planting *p, const struct safety_case *made, const struct assurance_case *c,
                  enum case_variant variant, const struct planted *planted) {
    const struct case_report *r = case_checker_update(p->checker, c, p->err);
    struct found *f = &p->found[variant];
    size_t loud = 0;
    bool right = false;
    if (!r) return false;
    f->planted++;
    if (r->missing && r->count[CASE_UNKNOWN]) {
        p->missing = r->missing;
        f->untold++;
        return true;
    }
    for (size_t i = 0; i < made->n; i++) {
        enum case_status status = r->nodes[i].status;
        loud += !is_quiet(status);
        if (i == planted->node) right = strcmp(case_status_name(status), planted->status) == 0;
    }
    if (variant == VARIANT_contradicted && is_quiet(r->nodes[planted->node].status)) p->vacuous_held++;
    count_idle(p, made, r);
    f->detected += !r->accepted && loud > 0;
    f->located += right && loud == 1;
    return true;
}

static bool check_one(struct planting *p, const struct safety_case *made, enum case_variant variant,
                      const struct planted *planted) {
    struct assurance_case c = {0};
    struct buffer file;
    buffer_init(&file, 1 << 20);
    bool ok = (safety_case_put(&file, made, "planted") && buffer_check(&file, "case", p->err)) &&
              case_read_text(buffer_text(&file), "planted", CASE_ONE_ROOT, &p->arena, &c, p->err) &&
              judge(p, made, &c, variant, planted);
    case_done(&c);
    buffer_done(&file);
    arena_reset(&p->arena);
    return ok;
}

/* Every variant in its turn, each on the first drawn case that has a place for it. */
static bool plant_one(struct planting *p, uint64_t seed, uint64_t number) {
    enum case_variant variant = (enum case_variant)(number % N_VARIANTS);
    for (uint64_t t = 0; t < TRIES; t++) {
        struct rng rng = rng_stream(seed, "calibrate/cases", number * TRIES + t);
        size_t machine = rng_below(&rng, MACHINES);
        unsigned shape = (unsigned)rng_below(&rng, CASE_SHAPES), template = (unsigned)rng_below(&rng, WORDINGS);
        struct safety_case c;
        struct planted planted;
        if (!safety_case_draw(&c, p->w, machine, shape, template, &rng)) return error_memory(p->err, "case");
        if (safety_case_plant(&c, p->w, machine, template, variant, &rng, &planted))
            return check_one(p, &c, variant, &planted);
    }
    return error_set(p->err, ERROR_DATA, "no case has a place for '%s'", case_variant_names[variant]);
}

static void tell(const struct planting *p, const struct calibrate_out *out) {
    for (int v = 0; v < N_VARIANTS; v++) {
        const struct found *f = &p->found[v];
        bool fault = v >= FIRST_FAULT && v <= LAST_FAULT;
        char name[80];
        double seen = (double)(f->planted - f->untold);
        if (f->untold) {
            snprintf(name, sizeof name, "%s: %zu of %zu cases", case_variant_names[v], f->untold, f->planted);
            calibrate_skip(out, name, p->missing);
        }
        if (seen == 0) continue;
        snprintf(name, sizeof name, "%s: %s, of %.0f", case_variant_names[v], fault ? "found" : "alarms", seen);
        calibrate_number(out, name, fault ? seen : 0, (double)f->detected, 0, "");
        snprintf(name, sizeof name, "%s: found at its node and nowhere else", case_variant_names[v]);
        if (fault) calibrate_number(out, name, seen, (double)f->located, 0, "");
    }
    calibrate_number(out, "evidence that no proof needs, named as unused", (double)p->idle, (double)p->named, 0, "");
    calibrate_number(out, "contradicted premises that count as holding", 0, (double)p->vacuous_held, 0, "");
}

/* ---- formulas made wrong ---- */

/* G{i}: the right formula from the one that was written; H{i}: the other way. One wrong relation is a wrong formula, as
 * no two relations between a quantity and a number mean the same. */
static size_t write_formulas(struct buffer *out, uint64_t seed, double share) {
    static const char *const signs[] = {"<", "<=", ">", ">="};
    size_t wrong = 0;
    for (size_t i = 0; i < FORMULAS; i++) {
        struct rng rng = rng_stream(seed, "calibrate/cases/wrong", i);
        size_t sign = rng_below(&rng, 4), written = sign;
        unsigned number = (unsigned)rng_below(&rng, 90);
        if (rng_unit(&rng) < share) written = (sign + 1 + rng_below(&rng, 3)) % 4;
        wrong += written != sign;
        for (int back = 0; back < 2; back++)
            buffer_printf(out,
                          "%c%zu: {reason: arith, formal: [\"v %s %u\"], supportedBy: Sn%c%zu, nodeType: Goal}\n"
                          "Sn%c%zu: {formal: [\"v %s %u\"]}\n",
                          back ? 'H' : 'G', i, signs[back ? written : sign], number, back ? 'b' : 'a', i,
                          back ? 'b' : 'a', i, signs[back ? sign : written], number);
    }
    return wrong;
}

static bool count_wrong(struct planting *p, const struct assurance_case *c, size_t *wrong) {
    const struct case_report *r = case_checker_update(p->checker, c, p->err);
    if (!r) return false;
    for (size_t i = 0; i < c->n_nodes; i += 4) /* G, Sn, H, Sn */
        *wrong += !is_quiet(r->nodes[i].status) || !is_quiet(r->nodes[i + 2].status);
    p->missing = r->missing;
    return true;
}

/* All in one case, below one goal that is not checked. */
static bool plant_wrong(struct planting *p, uint64_t seed, double share, const struct calibrate_out *out) {
    struct assurance_case c = {0};
    struct buffer text;
    size_t found = 0;
    char name[96];
    buffer_init(&text, 1 << 22);
    size_t wrong = write_formulas(&text, seed, share);
    buffer_put_c(&text, "G: {supportedBy: [");
    for (size_t i = 0; i < FORMULAS; i++) buffer_printf(&text, "G%zu, H%zu%s", i, i, i + 1 < FORMULAS ? ", " : "]}\n");
    bool ok = buffer_check(&text, "case", p->err) &&
              case_read_text(buffer_text(&text), "wrong", CASE_ONE_ROOT, &p->arena, &c, p->err) &&
              count_wrong(p, &c, &found);
    if (ok && p->missing) {
        calibrate_skip(out, "formulas made wrong", p->missing);
    } else if (ok) {
        snprintf(name, sizeof name, "wrong formulas of %d, each relation turned with probability %g", FORMULAS, share);
        calibrate_number(out, name, (double)wrong, (double)found, 0, "");
        snprintf(name, sizeof name, "their share, by its binomial spread (3.3 standard errors)");
        calibrate_number(out, name, share, (double)found / FORMULAS, 3.3 * sqrt(share * (1 - share) / FORMULAS), "");
    }
    case_done(&c);
    buffer_done(&text);
    arena_reset(&p->arena);
    return ok;
}

bool calibrate_cases(uint64_t seed, uint64_t repeat, struct pool *pool, calibrate_report *report, void *context,
                     struct error *err) {
    const struct calibrate_out out = {report, context};
    const struct case_check_settings settings = {.pool = pool};
    struct world *w = world_new(WORLD_DEFAULT_SEED, err);
    struct planting *p = w ? memory_zeroed(1, sizeof *p) : NULL;
    if (!p) return world_free(w), w ? error_memory(err, "cases") : false;
    p->w = w;
    p->err = err;
    arena_init(&p->arena, 0);
    bool ok = (p->checker = case_checker_new(&settings, err)) != NULL;
    for (uint64_t i = 0; ok && i < (repeat ? repeat : CASES); i++) ok = plant_one(p, seed, i);
    if (ok) tell(p, &out);
    ok = ok && plant_wrong(p, seed, 0.1, &out) && plant_wrong(p, seed, 0.4, &out);
    if (p->checker) case_checker_free(p->checker);
    arena_done(&p->arena);
    memory_free(p);
    world_free(w);
    return ok;
}
