/* Goals that cannot be met together: see policy_conflict.h. */
#include "set/policy_conflict.h"

#include "solver/smt.h"

#include <math.h>
#include <string.h>

enum { UNKNOWNS_MOST = 2000, LINES_MOST = 8000, ROUNDS_MOST = 64, FOUND_MOST = 16, SHARED_MOST = 64 };

/* A figure at a place. */
struct unknown {
    const char *name, *place;
    struct policy_metric metric;
    bool difference;
};
enum line_kind { LINE_RANGE, LINE_TIE, LINE_TARGET };
struct line {
    enum line_kind kind;
    const struct formula *formula;
    const char *words; /* of a tie */
    size_t goal;       /* of a target */
    const struct policy_clause *clause;
    double bound;
    const char *end;
    size_t unknown;
    const char *mark; /* ">=" ... */
};
struct model {
    const struct policy *policy;
    const struct policy_names *names;
    struct arena *arena;
    struct unknown *unknowns;
    struct line *lines;
    size_t n_unknowns, n_lines;
    struct smt *smt;
    struct policy_conflicts *out;
};

/* ---- lines */

static const struct formula *formula_of(struct model *m, const char *text, struct error *err) {
    size_t column;
    return formula_read(m->arena, text_of(text), &column, err);
}

static bool add_line(struct model *m, struct line line, const char *text, struct error *err) {
    if (m->n_lines == LINES_MOST) return error_set(err, ERROR_DATA, "over %d bounds in one policy", LINES_MOST);
    if (!text || !(line.formula = formula_of(m, text, err))) return false;
    m->lines[m->n_lines++] = line;
    return true;
}

/* A number as the solver reads it: no exponent. */
static const char *decimal(struct model *m, double value, struct error *err) {
    char shortest[32];
    (void)text_from_f64(value, shortest);
    return strpbrk(shortest, "eE") ? arena_printf(m->arena, err, "%.15f", value)
                                   : arena_printf(m->arena, err, "%s", shortest);
}

static size_t unknown_find(const struct model *m, const char *name, const char *place, bool difference) {
    for (size_t i = 0; i < m->n_unknowns; i++)
        if (strcmp(m->unknowns[i].name, name) == 0 && strcmp(m->unknowns[i].place, place) == 0 &&
            m->unknowns[i].difference == difference)
            return i;
    return SIZE_MAX;
}

static bool add_range(struct model *m, size_t at, const char *mark, double end, struct error *err) {
    const char *number = isnan(end) ? "" : decimal(m, end, err);
    if (!number) return false;
    if (!number[0]) return true;
    return add_line(m, (struct line){.kind = LINE_RANGE, .unknown = at},
                    arena_printf(m->arena, err, "x%zu %s %s", at, mark, number), err);
}

static bool unknown_of(struct model *m, const char *name, const char *place, bool difference, size_t *at,
                       struct error *err) {
    *at = unknown_find(m, name, place, difference);
    if (*at != SIZE_MAX) return true;
    if (m->n_unknowns == UNKNOWNS_MOST)
        return error_set(err, ERROR_DATA, "over %d figures in one policy", UNKNOWNS_MOST);
    struct unknown *u = &m->unknowns[ *at = m->n_unknowns];
    *u = (struct unknown){.name = name, .place = place, .difference = difference};
    if (!m->names->metric(m->names->context, text_of(name), m->arena, &u->metric, err)) return false;
    m->n_unknowns++;
    double least = u->metric.least, most = u->metric.most;
    return add_range(m, *at, ">=", difference ? least - most : least, err) &&
           add_range(m, *at, "<=", difference ? most - least : most, err);
}

static bool add_bound(struct model *m, size_t goal, const struct policy_clause *c, size_t at, const char *mark,
                      double bound, const char *end, struct error *err) {
    const char *number = decimal(m, bound, err);
    struct line line = {
        .kind = LINE_TARGET, .goal = goal, .clause = c, .bound = bound, .end = end, .unknown = at, .mark = mark};
    return number && add_line(m, line, arena_printf(m->arena, err, "x%zu %s %s", at, mark, number), err);
}

static bool add_clause(struct model *m, size_t goal, const struct policy_clause *c, struct error *err) {
    size_t at;
    if (c->prefer) return true;
    if (!unknown_of(m, c->figure.name, c->figure.place, c->figure.difference, &at, err)) return false;
    if (c->op == POLICY_IN)
        return add_bound(m, goal, c, at, ">=", c->target, "target", err) &&
               add_bound(m, goal, c, at, "<=", c->upper, "upper", err);
    if (c->op == POLICY_NEAR)
        return add_bound(m, goal, c, at, ">=", c->target - c->tol, "target - tol", err) &&
               add_bound(m, goal, c, at, "<=", c->target + c->tol, "target + tol", err);
    return add_bound(m, goal, c, at, policy_op_names[c->op], c->target, "target", err);
}

/* ---- ties */

/* What is known of figures at one place. A, B, C stand for the figures in their order. */
static const struct {
    const char *names[3], *formula, *words;
} laws[] = {
    {{"youden", "harmful_refusal", "over_refusal"}, "A = B - C", "youden is harmful_refusal - over_refusal"},
    {{"harmful_refusal", "harmful_compliance", NULL},
     "A + B <= 1",
     "harmful_refusal and harmful_compliance are shares "
     "of the same requests"},
    {{"refusal_rate", "compliance_rate", "partial_rate"},
     "A + B + C = 1",
     "what is refused, complied with and refused in part is all"},
    {{"honesty", "prudence", "over_conservativeness"},
     "2 * A = B + 1 - C",
     "honesty is the mean of prudence and 1 - over_conservativeness"},
    {{"situated_acc", "acc_true_source", "acc_false_source"},
     "2 * A = B + C",
     "situated_acc is the mean of acc_true_source and acc_false_source"},
    {{"acc_gap", "acc_pro", "acc_anti"}, "A = B - C", "acc_gap is acc_pro - acc_anti"},
    {{"trust", "acc", "ece"}, "A = B - C", "trust is acc - ece"},
    {{"overconfidence", "confidence", "acc"}, "A = B - C", "overconfidence is confidence - acc"},
    {{"fairness", "dpd", "eod"}, "2 * A = 2 - B - C", "fairness is 1 - (dpd + eod) / 2"},
    {{"ece", "overconfidence", NULL}, "A >= B and A >= -B", "ece is at least the distance of confidence from acc"},
    {{"group_exact", "acc", NULL}, "A <= B", "a cluster is all right only where its items are"},
};
enum { N_LAWS = sizeof laws / sizeof *laws };

static const char *law_text(struct model *m, size_t law, const size_t at[3], struct error *err) {
    struct buffer b;
    buffer_init(&b, 400);
    for (const char *c = laws[law].formula; *c; c++) {
        if (*c >= 'A' && *c <= 'C')
            buffer_printf(&b, "x%zu", at[*c - 'A']);
        else
            buffer_put_char(&b, *c);
    }
    const char *text = text_copy(m->arena, buffer_text(&b), err);
    buffer_done(&b);
    return text;
}

/* A law counts where at least two of its figures are spoken of at the place; the third is then an unknown of its own.
 */
static bool add_law(struct model *m, size_t law, const char *place, struct error *err) {
    size_t at[3] = {0, 0, 0}, known = 0, parts = laws[law].names[2] ? 3 : 2;
    for (size_t i = 0; i < parts; i++) known += unknown_find(m, laws[law].names[i], place, false) != SIZE_MAX;
    if (known < 2) return true;
    for (size_t i = 0; i < parts; i++)
        if (!unknown_of(m, laws[law].names[i], place, false, &at[i], err)) return false;
    const char *text = law_text(m, law, at, err);
    const char *words = arena_printf(m->arena, err, "%s%s%s", laws[law].words, place[0] ? ", of " : "", place);
    m->out->ties++;
    return text && words && add_line(m, (struct line){.kind = LINE_TIE, .words = words}, text, err);
}

/* Ten basic values, each as it is rated above the mean of all: they add up to nothing. Only where all ten are spoken of
 * at a place does that exclude anything. */
static bool add_centred(struct model *m, const char *place, struct error *err) {
    static const char *const values[] = {"universalism", "benevolence", "tradition", "conformity",  "security",
                                         "power",        "achievement", "hedonism",  "stimulation", "self-direction"};
    struct buffer sum;
    size_t known = 0;
    bool ok = true;
    buffer_init(&sum, 1000);
    for (size_t i = 0; ok && i < sizeof values / sizeof *values; i++) {
        struct policy_metric metric = {0};
        struct error why = {0};
        const char *name = arena_printf(m->arena, err, "value_centred,of=%s", values[i]);
        if (!name)
            ok = false;
        else if (!m->names->metric(m->names->context, text_of(name), m->arena, &metric, &why))
            break;
        size_t at = ok ? unknown_find(m, metric.figure ? metric.figure : name, place, false) : SIZE_MAX;
        if (at == SIZE_MAX) break;
        buffer_printf(&sum, "%sx%zu", known++ ? " + " : "", at);
    }
    if (ok && known == sizeof values / sizeof *values) {
        buffer_put_c(&sum, " = 0");
        const char *text = text_copy(m->arena, buffer_text(&sum), err);
        struct line line = {.kind = LINE_TIE, .words = "centred values add up to 0"};
        ok = text && add_line(m, line, text, err);
        m->out->ties++;
    }
    buffer_done(&sum);
    return ok;
}

/* Of a's n_a items `shared` are b's, too, and are refused in both or in neither: the refused ones of a are at most
 * those of b and what a does not share. */
static bool add_shared(struct model *m, size_t a, size_t b, struct error *err) {
    const struct policy_names *names = m->names;
    struct text place_a = text_of(m->unknowns[a].place), place_b = text_of(m->unknowns[b].place);
    uint64_t n_a, n_b, shared;
    if (!names->items(names->context, place_a, &n_a, err) || !names->items(names->context, place_b, &n_b, err) ||
        !names->shared(names->context, place_a, place_b, &shared, err))
        return false;
    if (!n_a || !n_b || !shared) return true;
    for (int turn = 0; turn < 2; turn++) {
        size_t x = turn ? b : a, y = turn ? a : b;
        uint64_t n_x = turn ? n_b : n_a, n_y = turn ? n_a : n_b;
        const char *words = arena_printf(m->arena, err, "'%s' and '%s' share %llu items", m->unknowns[a].place,
                                         m->unknowns[b].place, (unsigned long long)shared);
        const char *text =
            arena_printf(m->arena, err, "x%zu * %llu <= x%zu * %llu + %llu", x, (unsigned long long)n_x, y,
                         (unsigned long long)n_y, (unsigned long long)(n_x - (shared < n_x ? shared : n_x)));
        if (!words || !add_line(m, (struct line){.kind = LINE_TIE, .words = words}, text, err)) return false;
    }
    m->out->ties++;
    return true;
}

static bool add_ties(struct model *m, struct error *err) {
    size_t told = m->n_unknowns, looked = 0;
    for (size_t i = 0; i < told; i++) {
        bool before = false;
        for (size_t k = 0; k < i && !before; k++) before = strcmp(m->unknowns[k].place, m->unknowns[i].place) == 0;
        for (size_t law = 0; !before && law < N_LAWS; law++)
            if (!add_law(m, law, m->unknowns[i].place, err)) return false;
        if (!before && !add_centred(m, m->unknowns[i].place, err)) return false;
    }
    for (size_t i = 0; i < told && m->names->items && m->names->shared; i++)
        for (size_t k = i + 1; k < told && looked < SHARED_MOST; k++) {
            const struct unknown *a = &m->unknowns[i], *b = &m->unknowns[k];
            bool both = strcmp(a->name, "refusal_rate") == 0 && strcmp(b->name, "refusal_rate") == 0;
            if (!both || a->difference || b->difference || !a->place[0] || !b->place[0]) continue;
            looked++;
            if (!add_shared(m, i, k, err)) return false;
        }
    return true;
}

/* ---- goals that never meet */

static bool values_meet(const struct policy_test *a, const struct policy_test *b) {
    if (a->negated && b->negated) return true;
    for (size_t i = 0; i < a->n_values; i++) {
        bool in = false;
        for (size_t k = 0; k < b->n_values && !in; k++) in = strcmp(a->values[i], b->values[k]) == 0;
        if (!a->negated && in != b->negated) return true; /* a value of a that b allows */
    }
    for (size_t k = 0; a->negated && k < b->n_values; k++) { /* a value of b that a does not forbid */
        bool in = false;
        for (size_t i = 0; i < a->n_values && !in; i++) in = strcmp(a->values[i], b->values[k]) == 0;
        if (!in) return true;
    }
    return false;
}

static bool overrides(const struct policy *p, size_t a, size_t b) {
    for (size_t k = 0; k < p->goals[a].n_relations; k++)
        if (p->goals[a].relations[k].kind == POLICY_OVERRIDES && p->goals[a].relations[k].goal == b) return true;
    return false;
}

static bool never_meet(const struct policy *p, size_t a, size_t b) {
    const struct policy_when *x = &p->goals[a].when, *y = &p->goals[b].when;
    for (size_t i = 0; i < x->n; i++)
        for (size_t k = 0; k < y->n; k++)
            if (strcmp(x->tests[i].name, y->tests[k].name) == 0 && !values_meet(&x->tests[i], &y->tests[k]))
                return true;
    return overrides(p, a, b) || overrides(p, b, a);
}

/* ---- asking */

struct asked {
    const struct formula **formulas;
    size_t *from; /* which line */
    size_t n;
    struct symbols symbols;
};

static bool ask_lines(struct model *m, const bool *out_of_it, struct asked *a, struct error *err) {
    size_t column;
    a->formulas = arena_new(m->arena, const struct formula *, m->n_lines + 1, err);
    a->from = a->formulas ? arena_new(m->arena, size_t, m->n_lines + 1, err) : NULL;
    if (!a->from) return false;
    a->n = 0;
    symbols_init(&a->symbols, m->arena);
    for (size_t i = 0; i < m->n_lines; i++) {
        if (m->lines[i].kind == LINE_TARGET && out_of_it[m->lines[i].goal]) continue;
        a->from[a->n] = i;
        a->formulas[a->n++] = m->lines[i].formula;
    }
    for (size_t i = 0; i < a->n; i++)
        if (!symbols_note(&a->symbols, a->formulas[i], NULL, &column, err)) return false;
    for (size_t i = 0; i < a->n; i++)
        if (!symbols_infer(&a->symbols, a->formulas[i], &column, err)) return false;
    return true;
}

/* Every target may move, at the price of how far. */
static bool nearest(struct model *m, const struct policy_conflict *conflict, struct policy_conflict *out,
                    struct error *err) {
    bool *left_out = arena_new(m->arena, bool, m->policy->n_goals + 1, err);
    struct smt_target *targets = left_out ? arena_new(m->arena, struct smt_target, m->n_lines + 1, err) : NULL;
    size_t *of = targets ? arena_new(m->arena, size_t, m->n_lines + 1, err) : NULL;
    struct asked a;
    struct smt_nearest result;
    size_t n = 0, column;
    if (!of) return false;
    for (size_t i = 0; i < m->policy->n_goals; i++) left_out[i] = true;
    for (size_t i = 0; i < conflict->n_goals; i++) left_out[conflict->goals[i]] = false;
    if (!ask_lines(m, left_out, &a, err)) return false;
    for (size_t i = 0; i < a.n; i++) {
        const struct line *line = &m->lines[a.from[i]];
        if (line->kind != LINE_TARGET) continue;
        const char *name = arena_printf(m->arena, err, "t%zu", n);
        const char *text =
            name ? arena_printf(m->arena, err, "x%zu %s= %s", line->unknown, line->mark[0] == '>' ? ">" : "<", name)
                 : NULL;
        targets[n] = (struct smt_target){.name = text_of(name), .value = rational_from_f64(m->arena, line->bound, err)};
        if (!text || !targets[n].value || !(a.formulas[i] = formula_of(m, text, err))) return false;
        of[n++] = a.from[i];
    }
    symbols_init(&a.symbols, m->arena);
    for (size_t i = 0; i < a.n; i++)
        if (!symbols_note(&a.symbols, a.formulas[i], NULL, &column, err)) return false;
    for (size_t i = 0; i < a.n; i++)
        if (!symbols_infer(&a.symbols, a.formulas[i], &column, err)) return false;
    if (!smt_nearest(m->smt, &a.symbols, a.formulas, a.n, targets, n, m->arena, &result, err)) return false;
    if (!(out->moved = arena_new(m->arena, struct policy_moved, n + 1, err))) return false;
    for (size_t i = 0; result.verdict == SMT_SAT && i < n; i++) {
        const struct line *line = &m->lines[of[i]];
        double to = rational_to_f64(targets[i].at);
        if (fabs(to - line->bound) <= 1e-12) continue;
        out->moved[out->n_moved++] = (struct policy_moved){line->goal, line->clause, line->end, line->bound, to};
    }
    return true;
}

static bool has_goal(const struct policy_conflict *c, size_t goal) {
    for (size_t i = 0; i < c->n_goals; i++)
        if (c->goals[i] == goal) return true;
    return false;
}

static bool conflict_of(struct model *m, const struct asked *a, const struct smt_answer *answer,
                        struct policy_conflict *out, struct error *err) {
    *out = (struct policy_conflict){.goals = arena_new(m->arena, size_t, answer->n_core + 1, err),
                                    .ties = arena_new(m->arena, const char *, answer->n_core + 1, err)};
    if (!out->goals || !out->ties) return false;
    for (size_t i = 0; i < answer->n_core; i++) {
        const struct line *line = &m->lines[a->from[answer->core[i]]];
        bool said = false;
        for (size_t k = 0; k < out->n_ties; k++) said = said || (line->words && strcmp(out->ties[k], line->words) == 0);
        if (line->kind == LINE_TIE && !said) out->ties[out->n_ties++] = line->words;
        if (line->kind == LINE_TARGET && !has_goal(out, line->goal)) out->goals[out->n_goals++] = line->goal;
    }
    return true;
}

static bool seen_before(const struct policy_conflicts *all, const struct policy_conflict *one) {
    for (size_t i = 0; i < all->n; i++) {
        bool same = all->found[i].n_goals == one->n_goals;
        for (size_t k = 0; same && k < one->n_goals; k++) same = has_goal(&all->found[i], one->goals[k]);
        if (same) return true;
    }
    return false;
}

/* Looks for contradictions among the goals that are not left out. One that rests on goals which never meet is none:
 * each of the two is left out in turn. One that stands is kept, and looked past by leaving its first goal out. */
static bool look(struct model *m, bool *left_out, unsigned *rounds, struct error *err) {
    struct policy_conflicts *out = m->out;
    struct asked a;
    struct smt_answer answer;
    struct policy_conflict one;
    if (++*rounds > ROUNDS_MOST || out->n == FOUND_MOST) return true;
    if (!ask_lines(m, left_out, &a, err) || !smt_check(m->smt, &a.symbols, a.formulas, a.n, m->arena, &answer, err))
        return false;
    if (answer.verdict == SMT_UNKNOWN) out->looked = false, out->why = answer.reason;
    if (answer.verdict != SMT_UNSAT) return true;
    if (!conflict_of(m, &a, &answer, &one, err)) return false;
    for (size_t i = 0; i < one.n_goals; i++)
        for (size_t k = i + 1; k < one.n_goals; k++) {
            if (!never_meet(m->policy, one.goals[i], one.goals[k])) continue;
            left_out[one.goals[i]] = true;
            bool ok = look(m, left_out, rounds, err);
            left_out[one.goals[i]] = false;
            left_out[one.goals[k]] = true;
            ok = ok && look(m, left_out, rounds, err);
            left_out[one.goals[k]] = false;
            return ok;
        }
    if (one.n_goals == 0) return true;
    if (!seen_before(out, &one)) {
        if (!nearest(m, &one, &one, err)) return false;
        out->found[out->n++] = one;
    }
    left_out[one.goals[0]] = true;
    bool ok = look(m, left_out, rounds, err);
    left_out[one.goals[0]] = false;
    return ok;
}

bool policy_conflicts(const struct policy *p, const struct policy_names *names, struct arena *arena,
                      struct policy_conflicts *out, struct error *err) {
    struct model m = {.policy = p, .names = names, .arena = arena, .out = out};
    unsigned rounds = 0;
    *out = (struct policy_conflicts){.looked = smt_there()};
    out->found = arena_new(arena, struct policy_conflict, FOUND_MOST, err);
    m.unknowns = arena_new(arena, struct unknown, UNKNOWNS_MOST, err);
    m.lines = m.unknowns ? arena_new(arena, struct line, LINES_MOST, err) : NULL;
    bool *left_out = m.lines ? arena_new(arena, bool, p->n_goals + 1, err) : NULL;
    if (!out->found || !left_out) return false;
    for (size_t i = 0; i < p->n_goals; i++)
        for (size_t k = 0; !p->goals[i].waived_by && k < p->goals[i].n_clauses; k++)
            if (!add_clause(&m, i, &p->goals[i].clauses[k], err)) return false;
    if (!add_ties(&m, err)) return false;
    out->figures = m.n_unknowns;
    if (!out->looked) return out->why = "Z3 is not part of this build", true;
    if (!(m.smt = smt_new((struct smt_limits){.seconds = 10}, err))) return false;
    bool ok = look(&m, left_out, &rounds, err);
    smt_free(m.smt);
    return ok;
}
