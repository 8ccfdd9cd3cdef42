/* Problems that are made: see geo_made.h. */
#include "geometry/geo_made.h"

#include <string.h>

enum { CANDIDATES = 40, FACTS_MOST = 3000, TEXT_MOST = 4000 };

void geo_made_init(struct geo_made *m) {
    memset(m, 0, sizeof *m);
    buffer_init(&m->text, TEXT_MOST);
}
void geo_made_done(struct geo_made *m) {
    buffer_done(&m->text);
}

/* ---- constructions */

static const char *const begins[] = {"a b c = triangle a b c",       "a b c = triangle a b c",
                                     "a b c = iso_triangle a b c",   "a b c = r_triangle a b c",
                                     "a b c d = quadrangle a b c d", "a b c d = rectangle a b c d",
                                     "a b c d = isquare a b c d",    "a b c d = iso_trapezoid a b c d"};
/* One new point each; letters behind the name: how many given points. Of two words both hold. */
static const struct {
    const char *one, *two; /* NULL: one alone */
    uint8_t takes, also;
    bool last;
} steps[] = {
    {"midpoint", NULL, 2},
    {"midpoint", NULL, 2},
    {"foot", NULL, 3},
    {"foot", NULL, 3},
    {"mirror", NULL, 2},
    {"circle", NULL, 3},
    {"circle", NULL, 3},
    {"orthocenter", NULL, 3},
    {"incenter", NULL, 3},
    {"parallelogram", NULL, 3, 0, true},
    {"reflect", NULL, 3},
    {"intersection_ll", NULL, 4},
    {"eq_triangle", NULL, 2},
    {"on_circum", NULL, 3},
    {"on_line", NULL, 2},
    {"on_circle", NULL, 2},
    {"on_tline", "on_line", 3, 2},
    {"on_pline", "on_line", 3, 2},
    {"on_tline", "on_tline", 3, 3},
    {"on_bline", "on_line", 2, 2},
    {"angle_bisector", "on_line", 3, 2},
    {"on_circle", "on_line", 2, 2},
    {"intersection_cc", NULL, 3},
    {"on_circum", "on_line", 3, 2},
};
enum { BEGINS = sizeof begins / sizeof *begins, STEPS = sizeof steps / sizeof *steps };

/* `takes` different points of the first n, as " a c b". */
static void put_given(struct buffer *out, size_t takes, size_t n, struct rng *rng) {
    uint64_t seen = 0;
    while (takes) {
        size_t p = rng_below(rng, n);
        if (seen >> p & 1) continue;
        seen |= (uint64_t)1 << p;
        buffer_printf(out, " %c", (char)('a' + p));
        takes--;
    }
}

static void put_word(struct buffer *out, const char *word, size_t takes, bool last, size_t n, struct rng *rng) {
    buffer_printf(out, "%s", word);
    if (!last) buffer_printf(out, " %c", (char)('a' + n));
    put_given(out, takes, n, rng);
    if (last) buffer_printf(out, " %c", (char)('a' + n));
}

static void draw_text(struct buffer *out, size_t points, struct rng *rng) {
    const char *begin = begins[rng_below(rng, BEGINS)];
    size_t n = strchr(begin, '=') - begin > 7 ? 4 : 3;
    buffer_clear(out);
    buffer_put_c(out, begin);
    while (n < points) {
        size_t s = rng_below(rng, STEPS);
        if (steps[s].takes > n) continue;
        buffer_printf(out, "; %c = ", (char)('a' + n));
        put_word(out, steps[s].one, steps[s].takes, steps[s].last, n, rng);
        if (steps[s].two) {
            buffer_put_c(out, ", ");
            put_word(out, steps[s].two, steps[s].also, false, n, rng);
        }
        n++;
    }
}

/* ---- goals */

/* A fact that somebody would ask for: no restatement of a premise. */
static bool is_a_goal(const struct geo_known *k) {
    return k->reason >= 0 && k->level >= 2 && k->fact.kind != GEO_SQSUM && k->fact.kind != GEO_RAT;
}

static bool fits(const struct geo_proof *p, size_t least, size_t most) {
    size_t made = p->n - p->n_given;
    return made >= least && made <= most;
}

static bool shares(const struct geo_proof *a, const struct geo_proof *b, size_t *more) {
    size_t common = 0;
    *more = 0;
    for (size_t i = 0; i < b->n; i++) {
        bool found = false;
        if (b->step[i].reason == GEO_GIVEN) continue;
        for (size_t k = 0; k < a->n && !found; k++)
            found = a->step[k].reason != GEO_GIVEN && geo_fact_equal(&a->step[k].gives, &b->step[i].gives);
        common += found;
        *more += !found;
    }
    return common > 0;
}

/* A proof that begins like the one of the goal, and ends elsewhere after 1 to 5 steps of its own. */
static bool find_branch(struct geo_made *m, struct geo_scene *scene, const struct geo_rules *rules, struct rng *rng,
                        struct arena *arena, struct error *err) {
    for (size_t i = 0; i < CANDIDATES && scene->n_known; i++) {
        const struct geo_known *k = &scene->known[rng_below(rng, scene->n_known)];
        struct geo_proof proof;
        size_t more;
        if (k->reason < 0) continue;
        if (!geo_prove(scene, rules, &k->fact, 1, arena, &proof, err)) return false;
        if (!shares(&m->proof, &proof, &more) || more < 1 || more > 5) continue;
        m->branch = proof;
        return true;
    }
    m->branch.n = 0;
    return true;
}

static bool choose_goal(struct geo_made *m, struct geo_scene *scene, size_t least, size_t most,
                        const struct geo_rules *rules, struct rng *rng, struct arena *arena, bool *found,
                        struct error *err) {
    *found = false;
    for (size_t i = 0; i < CANDIDATES && !*found && scene->n_known; i++) {
        const struct geo_known *k = &scene->known[rng_below(rng, scene->n_known)];
        if (!is_a_goal(k)) continue;
        if (!geo_prove(scene, rules, &k->fact, 1, arena, &m->proof, err)) return false;
        *found = fits(&m->proof, least, most);
        if (!*found) continue;
        m->problem.goal[0] = k->fact;
        m->problem.n_goals = 1;
        buffer_put_c(&m->text, " ? ");
        geo_fact_put(&m->text, &k->fact, &m->problem.names);
    }
    return !*found || find_branch(m, scene, rules, rng, arena, err);
}

static bool make_once(struct geo_made *m, size_t points, size_t least, size_t most, const struct geo_rules *rules,
                      struct rng *rng, struct arena *arena, bool *found, struct error *err) {
    const struct geo_limits limits = {.seconds = 1e6, .facts = FACTS_MOST};
    struct error why = {0};
    struct geo_scene scene;
    struct geo_closed closed;
    bool fresh;
    *found = false;
    draw_text(&m->text, points, rng);
    if (!geo_problem_read(buffer_text(&m->text), TEXT("made"), "made", 1, &m->problem, &why) ||
        !geo_figure_draw(&m->problem, "made", rng_u32(rng), false, &m->figure, &why) || m->figure.margin < 0.02)
        return why.kind != ERROR_ENVIRONMENT || error_set(err, why.kind, "%s", why.message);
    bool ok = geo_scene_init(&scene, m->figure.at, m->figure.n, err);
    for (size_t i = 0; ok && i < m->problem.n_premises; i++) {
        const struct geo_known what = {.fact = m->problem.premise[i], .reason = GEO_GIVEN, .origin = (uint32_t)i};
        ok = geo_scene_add(&scene, &what, &fresh, err);
    }
    ok = ok && geo_close(&scene, rules, NULL, 0, &limits, &closed, err) &&
         choose_goal(m, &scene, least, most, rules, rng, arena, found, err);
    geo_scene_done(&scene);
    return ok;
}

bool geo_make(struct geo_made *out, size_t points, size_t steps_least, size_t steps_most, size_t tries,
              const struct geo_rules *rules, struct rng *rng, struct arena *arena, struct error *err) {
    for (size_t i = 0; i < tries; i++) {
        bool found;
        if (!make_once(out, points, steps_least, steps_most, rules, rng, arena, &found, err)) return false;
        if (!found) continue;
        /* names stay views into the text, which the goal may have moved */
        struct geo_fact goal = out->problem.goal[0];
        if (!geo_problem_read(buffer_text(&out->text), TEXT("made"), "made", 1, &out->problem, err)) return false;
        out->problem.goal[0] = goal;
        return true;
    }
    return false;
}
