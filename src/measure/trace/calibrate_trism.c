/* See calibrate_trism.h. */
#include "measure/trace/calibrate_trism.h"

#include "base/rng.h"
#include "measure/statistics/statistics.h"
#include "measure/trace/attribute.h"
#include "measure/trace/audit.h"
#include "measure/trace/synergy.h"
#include "measure/world/world_traces.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME = 160, REPLAYS = 8, ABD_TRACES = 100, ABD_CALLS = 6, ABD_REPEATS = 200, ABD_INSIDE = 183 };

/* ---- rules */

struct rule_counts {
    uint64_t planted, found, right, clean_findings;
};
struct hunting {
    struct audit *audit;
    struct audit_trace of_trace;
};

static bool deaf(void *context, const struct finding *f, struct error *err) {
    (void)context, (void)f, (void)err;
    return true;
}

static bool hunt(void *context, const struct trace *t, struct error *err) {
    struct hunting *h = context;
    return audit_add(h->audit, t, &h->of_trace, err);
}

static void count(const struct tale *tale, const struct audit_trace *found, size_t at,
                  struct rule_counts counts[TALE_RULES]) {
    unsigned planted = tale_rules(tale);
    for (size_t r = 0; r < TALE_RULES; r++) {
        bool is = planted >> r & 1, said = found->rules >> r & 1;
        counts[r].planted += is;
        counts[r].found += said;
        counts[r].right += is && said;
        counts[r].clean_findings += at < TALES_CLEAN && said;
    }
}

static bool audit_tales(const struct world *w, struct rule_counts counts[TALE_RULES], struct error *err) {
    const struct audit_settings settings = {.sink = deaf};
    struct hunting h = {.audit = audit_new(&settings, err)};
    const struct trace_settings reading = {.sink = hunt, .context = &h};
    struct trace_counts read = {0};
    struct arena arena;
    struct buffer text;
    bool ok = h.audit != NULL;
    arena_init(&arena, (size_t)1 << 28);
    buffer_init(&text, 1 << 18);
    for (size_t i = 0; ok && i < TALES; i++) {
        buffer_clear(&text);
        ok = tale_put_otlp(&text, w, i) || error_memory(err, "trace");
        json_t *value = ok ? json_read(buffer_text(&text), "trace", 1, err) : NULL;
        ok = value && trace_read_json(value, "trace", &reading, &arena, &read, err);
        json_decref(value);
        if (ok) count(&world_tales(w)->tale[i], &h.of_trace, i, counts);
    }
    buffer_done(&text);
    arena_done(&arena);
    audit_free(h.audit);
    return ok;
}

static void tell_rules(const struct calibrate_out *rows, const struct rule_counts counts[TALE_RULES], const char *how) {
    const struct trace_rule *rules;
    uint64_t clean = 0;
    (void)trace_rules(&rules);
    for (size_t r = 0; r < TALE_RULES; r++) {
        const struct rule_counts *c = &counts[r];
        char name[NAME];
        snprintf(name, sizeof name, "trace-%s: recall", rules[r].is.name);
        calibrate_range(rows, name, c->planted ? (double)c->right / (double)c->planted : NAN, 0.95, 1, how);
        snprintf(name, sizeof name, "trace-%s: precision", rules[r].is.name);
        calibrate_range(rows, name, c->found ? (double)c->right / (double)c->found : NAN, 0.9, 1, how);
        clean += c->clean_findings;
    }
    calibrate_number(rows, "findings in clean traces", 0, (double)clean, 0, how);
}

/* ---- the decisive step */

static bool done_again(void *context, size_t corrected, bool *right, struct error *err) {
    const struct tale *t = context;
    (void)err;
    *right = tale_outcome(t, corrected == SIZE_MAX ? TALE_STEPS : (unsigned)corrected) == tale_right(t);
    return true;
}

static bool attribute_tales(const struct world *w, uint64_t *wrong, uint64_t *hit, struct error *err) {
    for (size_t i = 0; i < TALES; i++) {
        struct tale t = world_tales(w)->tale[i];
        struct attribute_replay replay = {.steps = TALE_STEPS, .run = done_again, .context = &t};
        size_t step;
        if (!attribute_replay(&replay, &step, err)) return false;
        *wrong += t.wrong < TALE_STEPS || step != SIZE_MAX;
        *hit += t.wrong < TALE_STEPS && step == t.wrong;
    }
    return true;
}

/* ---- a saboteur among the messages: prices to the reckoner, the sum to the writer */

struct sabotage {
    const struct tale *tale;
    uint64_t seed, index;
    double f;
};

/* What the writer is told; nothing comes of a message that is not there. */
static bool sabotaged(void *context, size_t removed, uint64_t draw, bool *success, struct error *err) {
    const struct sabotage *s = context;
    struct rng rng = rng_stream(s->seed, "trism/saboteur", s->index * REPLAYS + draw);
    const struct tale *t = s->tale;
    unsigned price = t->price[0] + (rng_unit(&rng) < s->f ? t->off : 0u);
    unsigned sum = t->count[0] * price + (unsigned)t->count[1] * t->price[1];
    (void)err;
    *success = removed == SIZE_MAX && sum == tale_right(t);
    return true;
}

static bool fit_saboteur(const struct world *w, uint64_t seed, double f, double *fitted, struct error *err) {
    double sum = 0;
    for (size_t i = 0; i < TALES_CLEAN; i++) {
        struct sabotage s = {.tale = &world_tales(w)->tale[i], .seed = seed, .index = i, .f = f};
        struct synergy_replay replay = {.messages = 2, .replays = REPLAYS, .run = sabotaged, .context = &s};
        struct synergy_message m[2];
        if (!synergy_of_messages(&replay, m, err)) return false;
        sum += m[0].delta;
    }
    *fitted = 1 - sum / TALES_CLEAN;
    return true;
}

/* ---- an agent with known faults */

struct abd {
    double a, b, d;
};

/* Calls with results that nobody else has and the answer tells; a repeated one is the call before it. */
static bool put_abd(struct trace *t, struct trace_span *spans, const struct abd *x, uint64_t seed, uint64_t index,
                    struct text *grant, struct arena *arena, struct error *err) {
    struct rng rng = rng_stream(seed, "trism/abd", index);
    struct buffer answer;
    bool ok = true;
    buffer_init(&answer, 1 << 12);
    *t = (struct trace){.file = "agent-abd", .id = TEXT("abd"), .spans = spans, .n = ABD_CALLS + 1, .clock = true};
    spans[0] = (struct trace_span){.id = TEXT("0"),
                                   .agent = TEXT("agent"),
                                   .version = TEXT("1"),
                                   .parent = SIZE_MAX,
                                   .op = TEXT("invoke_agent"),
                                   .t1 = 100,
                                   .ok = -1,
                                   .outcome = TRACE_OK,
                                   .grant = grant,
                                   .n_grant = 1,
                                   .has_grant = true};
    for (size_t i = 1; ok && i <= ABD_CALLS; i++) {
        bool wrong = rng_unit(&rng) < x->a, bad = rng_unit(&rng) < x->b, again = rng_unit(&rng) < x->d && i > 1;
        spans[i] = again ? spans[i - 1]
                         : (struct trace_span){.agent = TEXT("agent"),
                                               .version = TEXT("1"),
                                               .op = TEXT("execute_tool"),
                                               .tool = wrong ? TEXT("peek") : TEXT("look"),
                                               .parent = 0,
                                               .ok = 1,
                                               .outcome = TRACE_OK,
                                               .trust = TRACE_TRUSTED};
        spans[i].t0 = 10 * i, spans[i].t1 = 10 * i + 5;
        const char *in =
            bad ? arena_printf(arena, err, "{\"page\":\"%zu\"}", i) : arena_printf(arena, err, "{\"page\":%zu}", i);
        const char *out = arena_printf(arena, err, "jar %08u", (unsigned)rng_below(&rng, 100000000));
        ok = in && out;
        if (ok && !again) spans[i].in = text_of(in), spans[i].out = text_of(out);
        if (ok) buffer_printf(&answer, "%.*s. ", TEXT_ARG(spans[i].out));
    }
    const char *said = ok ? text_copy(arena, buffer_text(&answer), err) : NULL;
    spans[0].out = text_of(said);
    buffer_done(&answer);
    return said != NULL;
}

struct ratios {
    struct audit_ratio trace[ABD_TRACES];
};

static double mean_ratio(void *context, const uint32_t *weights, size_t n) {
    const struct ratios *r = context;
    double sum = 0, calls = 0;
    for (size_t i = 0; i < n; i++) {
        sum += weights[i] * r->trace[i].sum;
        calls += (double)weights[i] * (double)r->trace[i].n;
    }
    return sum / calls;
}

static bool measure_abd(const struct abd *x, uint64_t seed, const struct tool_spec *tools, struct interval *out,
                        struct error *err) {
    const struct audit_settings settings = {.sink = deaf, .tools = tools, .only = "R01"};
    struct audit *audit = audit_new(&settings, err);
    struct ratios r;
    struct arena arena;
    bool ok = audit != NULL;
    arena_init(&arena, 1 << 24);
    for (size_t i = 0; ok && i < ABD_TRACES; i++) {
        struct trace t;
        struct trace_span spans[ABD_CALLS + 1];
        struct text grant = TEXT("look");
        struct audit_trace of_trace;
        arena_reset(&arena);
        ok = put_abd(&t, spans, x, seed, i, &grant, &arena, err) && audit_add(audit, &t, &of_trace, err);
        if (ok) r.trace[i] = of_trace.tue;
    }
    ok = ok && stat_bootstrap_rows(NULL, ABD_TRACES, mean_ratio, &r, 1000, 0.95, seed, "trism/abd", out, err);
    arena_done(&arena);
    audit_free(audit);
    return ok;
}

/* The schema that arguments of these agents obey or not. */
static bool one_tool(struct tool_spec *spec, struct spec_tool tools[2], json_t **root, struct error *err) {
    static const char text[] =
        "{\"name\":\"look\",\"parameters\":{\"type\":\"object\",\"properties\":{\"page\":{\"type\":"
        "\"integer\"}},\"required\":[\"page\"]}}";
    if (!(*root = json_read(text_of(text), "tool", 1, err))) return false;
    tools[0] = (struct spec_tool){.name = TEXT("look"), .function = *root};
    tools[1] = (struct spec_tool){.name = TEXT("peek"), .function = *root};
    spec->tools = tools;
    spec->n_tools = 2;
    return true;
}

static bool tell_abd(const struct calibrate_out *rows, uint64_t seed, struct error *err) {
    static const struct abd agents[] = {{0, 0, 0}, {.1, .05, .1}, {.3, 0, 0}, {0, .3, 0}, {.2, .2, .3}};
    struct tool_spec spec = {0};
    struct spec_tool tools[2];
    json_t *root;
    bool ok = one_tool(&spec, tools, &root, err);
    for (size_t i = 0; ok && i < sizeof agents / sizeof *agents; i++) {
        const struct abd *x = &agents[i];
        /* the first call has none before it that it could repeat */
        double d = x->d * (ABD_CALLS - 1) / ABD_CALLS, planted = (1 - x->a) * (1 - x->b) * (1 - d);
        uint64_t inside = 0;
        char name[NAME], how[NAME];
        for (uint64_t r = 0; ok && r < ABD_REPEATS; r++) {
            struct interval found = {0};
            ok = measure_abd(x, seed + r, &spec, &found, err);
            inside += ok && found.lo - 1e-12 <= planted && planted <= found.hi + 1e-12;
        }
        snprintf(name, sizeof name, "agent-abd %.2f %.2f %.2f: intervals of TUE with %.4f inside", x->a, x->b, x->d,
                 planted);
        snprintf(how, sizeof how, "%d times %d traces of %d calls", ABD_REPEATS, ABD_TRACES, ABD_CALLS);
        if (ok) calibrate_range(rows, name, (double)inside / ABD_REPEATS, (double)ABD_INSIDE / ABD_REPEATS, 1, how);
    }
    json_decref(root);
    return ok;
}

/* ---- synergy that is known */

enum { CHAIN = 4 };

/* Nobody reads anybody: the outcome is the same whatever is left out. A chain: nothing comes of it without each. */
static bool alone(void *context, size_t removed, uint64_t draw, bool *success, struct error *err) {
    (void)context, (void)removed, (void)err;
    return *success = draw % 2 == 0, true;
}
static bool chained(void *context, size_t removed, uint64_t draw, bool *success, struct error *err) {
    (void)context, (void)draw, (void)err;
    return *success = removed == SIZE_MAX, true;
}

static bool tell_synergy(const struct calibrate_out *rows, struct error *err) {
    struct synergy_replay replay = {.messages = CHAIN, .replays = REPLAYS, .run = alone};
    struct synergy_message m[CHAIN];
    double sum = 0, least = 1;
    if (!synergy_of_messages(&replay, m, err)) return false;
    for (size_t i = 0; i < CHAIN; i++) sum += m[i].uptake;
    calibrate_number(rows, "agents that do not read each other: sum of uptake", 0, sum, 0, "by replay");
    replay.run = chained;
    if (!synergy_of_messages(&replay, m, err)) return false;
    for (size_t i = 0; i < CHAIN; i++) least = fmin(least, m[i].uptake);
    calibrate_number(rows, "a chain of agents: least uptake", 1, least, 0, "by replay");
    return true;
}

/* Games whose values are known in closed form: all are needed, any one is enough, most are needed (each 1/n by
 * symmetry), and one left glove with n - 1 right ones: the left one gets (n - 1) / n. */
static void tell_shapley(const struct calibrate_out *rows) {
    enum { AGENTS = 7, TEAMS = 1 << AGENTS };
    static const char *const games[] = {"all", "any", "most", "gloves"};
    double value[TEAMS], phi[AGENTS];
    for (size_t g = 0; g < 4; g++) {
        double worst = 0;
        char name[NAME];
        for (size_t team = 0; team < TEAMS; team++) {
            int size = __builtin_popcountll(team);
            value[team] = g == 0   ? size == AGENTS
                          : g == 1 ? size > 0
                          : g == 2 ? 2 * size > AGENTS
                                   : (team & 1) && size > 1;
        }
        synergy_shapley(value, AGENTS, phi);
        for (size_t i = 0; i < AGENTS; i++) {
            double known = g < 3 ? 1.0 / AGENTS : i == 0 ? (AGENTS - 1.0) / AGENTS : 1.0 / (AGENTS * (AGENTS - 1.0));
            worst = fmax(worst, fabs(phi[i] - known));
        }
        snprintf(name, sizeof name, "Shapley values of %d agents, %s: worst error", AGENTS, games[g]);
        calibrate_number(rows, name, 0, worst, 1e-9, "");
        if (g == 0) calibrate_number(rows, "synergy where all are needed", 1, synergy_of_team(value, AGENTS), 0, "");
    }
}

/* ---- */

static bool one_world(uint64_t seed, struct rule_counts counts[TALE_RULES], uint64_t attribution[2], double fitted[4],
                      struct error *err) {
    static const double f[4] = {0, 0.1, 0.25, 0.5};
    struct world *w = world_new(seed, err);
    bool ok = w && audit_tales(w, counts, err) && attribute_tales(w, &attribution[0], &attribution[1], err);
    for (size_t i = 0; ok && i < 4; i++) {
        double one;
        ok = fit_saboteur(w, seed, f[i], &one, err);
        if (ok) fitted[i] = fmax(fitted[i], fabs(one - f[i]));
    }
    world_free(w);
    return ok;
}

bool calibrate_trism(uint64_t seed, uint64_t repeat, calibrate_report *report, void *context, struct error *err) {
    static const char *const doses[4] = {"0", ".1", ".25", ".5"};
    const struct calibrate_out rows = {report, context};
    struct rule_counts counts[TALE_RULES] = {{0}};
    uint64_t attribution[2] = {0}, n = repeat ? repeat : 3;
    double worst[4] = {0};
    char how[NAME], name[NAME];
    for (uint64_t r = 0; r < n; r++)
        if (!one_world(seed + r, counts, attribution, worst, err)) return false;
    snprintf(how, sizeof how, "%llu worlds of %d traces", (unsigned long long)n, TALES);
    tell_rules(&rows, counts, how);
    calibrate_range(&rows, "decisive-step: found by replay", (double)attribution[1] / (double)attribution[0], 0.95, 1,
                    how);
    for (size_t i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "saboteur %s: error of what was fitted", doses[i]);
        calibrate_range(&rows, name, worst[i], 0, 0.05, how);
    }
    if (!tell_abd(&rows, seed, err) || !tell_synergy(&rows, err)) return false;
    tell_shapley(&rows);
    return true;
}
