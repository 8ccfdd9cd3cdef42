/* What steering buys for what it costs: of answers that carry their steer and their divergence from the base (`generate
 * --steer`, several strengths) and were scored (`score --scorer REWARD --out`), the mean reward and the mean KL of each
 * strength, and what each steer reaches at the same KL. A smaller alpha buys more reward for more KL whatever the
 * values are, so that steers are compared at equal KL alone: on the line between neighbouring strengths, which a choice
 * between the two by a coin reaches (KL of a mixture is at most the mixture of KLs). Intervals of what is read off
 * lines are percentiles over resampled prompts, the same for all steers. */
#include "measure/dataset/dataset.h"
#include "measure/score/scorer_internal.h"

#include "base/hash.h"
#include "measure/statistics/statistics.h"
#include "record/figure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { AGAINST, KL, RESAMPLES };
static const struct option_def frontier_options[] = {
    {"against", OPTION_TEXT, NULL, 1, 0, NULL, "the steer that others are compared with (default: the first one)"},
    {"kl", OPTION_TEXT, NULL, 1, 0, NULL,
     "where they are compared, A:B:C (default: a quarter, a half and all of what every steer reaches)"},
    {"resamples", OPTION_INT, "1000", 100, 100000, NULL, "of the prompts"},
};

enum { POINTS_MOST = 128, BUDGETS_MOST = 8, ROWS_MOST = 1000000 };

enum measure { REWARD_MEAN, KL_SUM, ALARM, CALLS, ROLLED, N_MEASURES };
static const struct {
    const char *name, *unit, *direction;
} measures[N_MEASURES] = {{"reward", "points", "up"},
                          {"kl", "nats", "none"},
                          {"alarm_share", "share", "down"},
                          {"calls_a_token", "calls", "down"},
                          {"rollout_tokens_a_token", "tokens", "down"}};

struct point { /* one strength of one steer */
    char *spec, *family; /* family: without alpha; "" of the base */
    double *of[N_MEASURES]; /* [prompts] means over the samples; NaN: none */
};
struct measured {
    uint64_t prompt; /* its id's hash */
    size_t point;
    double of[N_MEASURES];
};
struct frontier {
    const struct score_whole *in;
    struct arena *arena;
    struct point points[POINTS_MOST];
    size_t n_points, n_prompts;
    struct measured *rows;
    size_t n, capacity;
    double budgets[BUDGETS_MOST];
    size_t n_budgets;
    const char *families[POINTS_MOST];
    size_t n_families, against;
    struct figure *figures;
    size_t n_figures;
};

/* ---- reading */

static bool is_infinite(struct text alpha) {
    double value;
    return text_to_f64(alpha, &value) && isinf(value);
}

/* The steer without its alpha; of an infinite one nothing is left. */
static char *family_of(struct text spec, struct arena *arena, struct error *err) {
    struct text rest = spec, part;
    char *out = arena_new(arena, char, spec.len + 1, err);
    size_t n = 0;
    while (out && text_next(&rest, ',', &part)) {
        bool alpha = text_starts(part, TEXT("alpha="));
        if (alpha && is_infinite(text_part(part, 6, part.len))) return out[0] = 0, out;
        if (alpha) continue;
        if (n) out[n++] = ',';
        memcpy(out + n, part.at, part.len);
        n += part.len;
    }
    return out;
}

static bool find_point(struct frontier *f, struct text spec, size_t *which, struct error *err) {
    char *family = family_of(spec, f->arena, err);
    if (!family) return false;
    for (*which = 0; *which < f->n_points; ++*which) {
        const struct point *p = &f->points[*which];
        bool base = !family[0] && !p->family[0]; /* without bound all are the base */
        if (base || text_equal_c(spec, p->spec)) return true;
    }
    if (f->n_points == POINTS_MOST) return error_set(err, ERROR_DATA, "more than %d steers", POINTS_MOST);
    f->points[f->n_points++] = (struct point){.spec = text_copy(f->arena, spec, err), .family = family};
    return f->points[*which].spec != NULL;
}

/* The one reward of an answer: {NAME: value}, or a number. */
static double reward_of(const json_t *answer) {
    const json_t *reward = json_object_get(answer, "reward");
    if (json_is_object(reward)) reward = json_object_iter_value(json_object_iter((json_t *)reward));
    return json_is_number(reward) ? json_number_value(reward) : NAN;
}

/* What it took; answers that do not tell have taken nothing. */
static void put_spent(const json_t *spent, double *of) {
    double tokens = fmax(1, json_number_value(json_object_get(spent, "tokens")));
    of[ALARM] = json_number_value(json_object_get(spent, "alarms")) > 0;
    of[CALLS] = json_number_value(json_object_get(spent, "reward_calls")) / tokens;
    of[ROLLED] = json_number_value(json_object_get(spent, "rollout_tokens")) / tokens;
}

static bool add_answer(struct frontier *f, uint64_t prompt, const json_t *answer, struct json_place place,
                       struct error *err) {
    struct text spec = json_text(json_object_get(answer, "steer"));
    const json_t *kl = json_object_get(answer, "kl");
    struct measured m = {.prompt = prompt, .of = {[REWARD_MEAN] = reward_of(answer), [KL_SUM] = json_number_value(kl)}};
    put_spent(json_object_get(answer, "spent"), m.of);
    if (json_object_get(answer, "error")) return true; /* it failed, and said so */
    if (!spec.len || !json_is_number(kl))
        return error_set(err, ERROR_DATA, "%s:%zu: expected answers with 'steer' and 'kl', as generate --steer writes",
                         place.file, place.line);
    if (!isfinite(m.of[REWARD_MEAN]))
        return error_set(err, ERROR_DATA,
                         "%s:%zu: expected answers with 'reward', as score --scorer SPEC --out writes them", place.file,
                         place.line);
    if (!find_point(f, spec, &m.point, err)) return false;
    if (f->n == f->capacity) {
        size_t capacity = f->capacity ? 2 * f->capacity : 1024;
        struct measured *rows = f->n < ROWS_MOST ? memory_grow(f->rows, capacity, sizeof *rows) : NULL;
        if (!rows) return error_memory(err, "answers");
        f->rows = rows;
        f->capacity = capacity;
    }
    f->rows[f->n++] = m;
    return true;
}

static bool read_path(struct frontier *f, const char *path, struct error *err) {
    const struct dataset_kwargs kwargs = {.header = true};
    struct dataset *data = dataset_open(path, path, &kwargs, err);
    json_t *row, *answer;
    size_t line, i;
    int state = data ? 1 : -1;
    while (state == 1 && (state = dataset_next(data, &row, &line, err)) == 1) {
        struct text id = json_text(json_object_get(row, "id"));
        const struct json_place place = {path, line, ""};
        const json_t *answers = json_object_get(row, "answers");
        if (!json_is_array(answers) && !json_mismatch(answers, "answers", place, "a list of answers", err)) state = -1;
        json_array_foreach((json_t *)answers, i, answer)
            if (state == 1 && !add_answer(f, hash_xxh3(id.at ? id.at : "", id.len), answer, place, err)) state = -1;
        json_decref(row);
    }
    dataset_close(data);
    return state == 0;
}

/* ---- prompts */

static int by_prompt(const void *a, const void *b) {
    const struct measured *x = a, *y = b;
    return x->prompt != y->prompt ? (x->prompt < y->prompt ? -1 : 1) : x->point < y->point ? -1 : x->point > y->point;
}

/* Means of each prompt under each strength. */
static bool tabulate(struct frontier *f, struct error *err) {
    qsort(f->rows, f->n, sizeof *f->rows, by_prompt);
    for (size_t i = 0; i < f->n; i++) f->n_prompts += i == 0 || f->rows[i].prompt != f->rows[i - 1].prompt;
    for (size_t p = 0; p < f->n_points; p++) {
        struct point *one = &f->points[p];
        for (size_t m = 0; m < N_MEASURES; m++) {
            if (!(one->of[m] = arena_new(f->arena, double, f->n_prompts, err))) return false;
            for (size_t i = 0; i < f->n_prompts; i++) one->of[m][i] = NAN;
        }
    }
    for (size_t i = 0, to, prompt = 0; i < f->n; i = to) {
        double sum[N_MEASURES] = {0};
        for (to = i; to < f->n && by_prompt(&f->rows[to], &f->rows[i]) == 0; to++)
            for (size_t m = 0; m < N_MEASURES; m++) sum[m] += f->rows[to].of[m];
        for (size_t m = 0; m < N_MEASURES; m++)
            f->points[f->rows[i].point].of[m][prompt] = sum[m] / (double)(to - i);
        if (to < f->n && f->rows[to].prompt != f->rows[i].prompt) prompt++;
    }
    return true;
}

/* The steers in the order in which they come. */
static void list_families(struct frontier *f) {
    for (size_t p = 0; p < f->n_points; p++) {
        size_t k = 0;
        while (k < f->n_families && strcmp(f->families[k], f->points[p].family) != 0) k++;
        if (f->points[p].family[0] && k == f->n_families) f->families[f->n_families++] = f->points[p].family;
    }
}

/* ---- lines */

static double weighted(const double *v, const uint32_t *weights, size_t n) {
    double sum = 0, total = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(v[i])) continue;
        sum += weights[i] * v[i];
        total += weights[i];
    }
    return total > 0 ? sum / total : NAN;
}

struct place {
    double kl, reward;
};

static int by_kl(const void *a, const void *b) {
    double x = ((const struct place *)a)->kl, y = ((const struct place *)b)->kl;
    return x < y ? -1 : x > y;
}

/* The strengths of a steer and the base, by rising KL. */
static size_t line_of(const struct frontier *f, size_t family, const uint32_t *weights, struct place *out) {
    size_t n = 0;
    for (size_t p = 0; p < f->n_points; p++) {
        const struct point *one = &f->points[p];
        if (one->family[0] && strcmp(one->family, f->families[family]) != 0) continue;
        out[n] = (struct place){weighted(one->of[KL_SUM], weights, f->n_prompts),
                                weighted(one->of[REWARD_MEAN], weights, f->n_prompts)};
        n += !isnan(out[n].kl);
    }
    qsort(out, n, sizeof *out, by_kl);
    return n;
}

/* The reward on the line at this KL; at its ends that of the end. */
static double read_off(const struct place *line, size_t n, double kl) {
    if (n == 0) return NAN;
    if (kl <= line[0].kl) return line[0].reward;
    for (size_t i = 1; i < n; i++)
        if (kl <= line[i].kl) {
            double step = line[i].kl - line[i - 1].kl, t = step > 0 ? (kl - line[i - 1].kl) / step : 1;
            return line[i - 1].reward + t * (line[i].reward - line[i - 1].reward);
        }
    return line[n - 1].reward;
}

struct reading {
    const struct frontier *f;
    size_t family;
    bool difference; /* to the one that it is compared with */
    double kl;
};

static double read_at(void *context, const uint32_t *weights, size_t n_rows) {
    const struct reading *r = context;
    struct place line[POINTS_MOST];
    (void)n_rows;
    double value = read_off(line, line_of(r->f, r->family, weights, line), r->kl);
    return r->difference ? value - read_off(line, line_of(r->f, r->f->against, weights, line), r->kl) : value;
}

/* ---- where they are compared */

static bool read_budgets(struct frontier *f, struct text list, struct error *err) {
    struct text one;
    while (text_next(&list, ':', &one)) {
        double *to = &f->budgets[f->n_budgets];
        if (f->n_budgets++ == BUDGETS_MOST || !text_to_f64(one, to) || !(*to >= 0) || isinf(*to))
            return error_set(err, ERROR_USAGE, "frontier: kl: expected at most %d numbers A:B:C", BUDGETS_MOST);
    }
    return true;
}

/* The largest KL that every steer reaches. */
static bool default_budgets(struct frontier *f, struct error *err) {
    uint32_t *ones = arena_new(f->arena, uint32_t, f->n_prompts, err);
    double reach = INFINITY;
    if (!ones) return false;
    for (size_t i = 0; i < f->n_prompts; i++) ones[i] = 1;
    for (size_t k = 0; k < f->n_families; k++) {
        struct place line[POINTS_MOST];
        size_t n = line_of(f, k, ones, line);
        if (n) reach = fmin(reach, line[n - 1].kl);
    }
    for (size_t i = 0; i < 3; i++) f->budgets[f->n_budgets++] = reach / (i == 0 ? 4 : i == 1 ? 2 : 1);
    return true;
}

static bool find_against(struct frontier *f, struct text name, struct error *err) {
    if (!name.len) return true;
    for (f->against = 0; f->against < f->n_families; f->against++)
        if (text_equal_c(name, f->families[f->against]) ||
            text_equal(name, spec_name(text_of(f->families[f->against]))))
            return true;
    return error_set(err, ERROR_USAGE, "frontier: against=%.*s: no such steer in the files", TEXT_ARG(name));
}

/* ---- figures */

static struct figure *put(struct frontier *f, const char *name, const char *group, struct interval i, uint64_t n,
                          const char *method) {
    struct figure *out = &f->figures[f->n_figures++];
    *out = figure_new(name, group, i.estimate, n);
    figure_set_interval(out, i.estimate, i.lo, i.hi, method);
    out->unit = "points", out->direction = "up", out->scorer = "frontier";
    return out;
}

static bool put_point(struct frontier *f, const struct point *p, struct error *err) {
    const char *group = p->family[0] ? arena_printf(f->arena, err, "steer=%s", p->spec) : "steer=base";
    double *known = arena_new(f->arena, double, f->n_prompts, err);
    if (!group || !known) return false;
    for (size_t m = 0; m < N_MEASURES; m++) {
        size_t n = 0;
        for (size_t i = 0; i < f->n_prompts; i++)
            if (!isnan(p->of[m][i])) known[n++] = p->of[m][i];
        struct figure *out =
            put(f, measures[m].name, group, stat_mean_t(known, n, f->in->confidence), n, "student-t");
        out->unit = measures[m].unit;
        out->direction = measures[m].direction;
    }
    return true;
}

/* The name alone, where no other steer has it. */
static struct text short_name(const struct frontier *f, size_t family) {
    struct text whole = text_of(f->families[family]), name = spec_name(whole);
    for (size_t k = 0; k < f->n_families; k++)
        if (k != family && text_equal(spec_name(text_of(f->families[k])), name)) return whole;
    return name;
}

static bool put_reading(struct frontier *f, size_t family, double kl, bool difference, struct error *err) {
    struct reading r = {f, family, difference, kl};
    struct interval i;
    uint64_t resamples = (uint64_t)f->in->options[RESAMPLES].integer;
    const char *group = arena_printf(f->arena, err, "steer=%.*s,kl=%.3g", TEXT_ARG(short_name(f, family)), kl);
    const char *method = arena_printf(f->arena, err, "bootstrap,B=%llu", (unsigned long long)resamples);
    if (!group || !method ||
        !stat_bootstrap(f->n_prompts, NULL, f->n_prompts, NULL, read_at, &r, resamples,
                        stat_expanded_confidence(f->in->confidence, f->n_prompts), f->in->seed, "frontier", &i, err))
        return false;
    put(f, difference ? "reward_gain_at_kl" : "reward_at_kl", group, i, f->n_prompts, method);
    return true;
}

static bool put_all(struct frontier *f, struct error *err) {
    size_t most = N_MEASURES * f->n_points + 2 * f->n_families * f->n_budgets;
    if (!(f->figures = arena_new(f->arena, struct figure, most + 1, err))) return false;
    for (size_t p = 0; p < f->n_points; p++)
        if (!put_point(f, &f->points[p], err)) return false;
    for (size_t b = 0; b < f->n_budgets; b++)
        for (size_t k = 0; k < f->n_families; k++)
            if (!put_reading(f, k, f->budgets[b], false, err) ||
                (k != f->against && !put_reading(f, k, f->budgets[b], true, err)))
                return false;
    return true;
}

static bool whole_frontier(const struct score_whole *in, struct arena *arena, struct figure **figures, size_t *n,
                           struct error *err) {
    struct frontier *f = arena_new(arena, struct frontier, 1, err);
    bool ok = f != NULL;
    if (!ok) return false;
    f->in = in;
    f->arena = arena;
    for (size_t i = 0; ok && i < in->n_paths; i++) ok = read_path(f, in->paths[i], err);
    if (ok && !f->n) ok = error_set(err, ERROR_DATA, "%s: no answers", in->paths[0]);
    ok = ok && tabulate(f, err);
    if (ok) list_families(f);
    ok = ok && find_against(f, in->options[AGAINST].text, err) &&
         (in->options[KL].given ? read_budgets(f, in->options[KL].text, err) : default_budgets(f, err)) &&
         put_all(f, err);
    memory_free(f->rows);
    *figures = f->figures;
    *n = f->n_figures;
    return ok;
}

static bool score_frontier(const struct task *task, const struct option_value *options, const struct item *item,
                           const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    (void)task, (void)options, (void)item, (void)answer, (void)arena, (void)out;
    return error_set(err, ERROR_USAGE, "scorer 'frontier' reads whole files of scored answers; one answer has no line");
}

const struct scorer scorer_frontier = {
    .name = "frontier",
    .version = "1",
    .summary = "reward for KL of steered answers: each strength, and steers at equal KL",
    .options = frontier_options,
    .n_options = sizeof frontier_options / sizeof *frontier_options,
    .whole = whole_frontier,
    .shown_by = "tests of lines with known places",
    .score = score_frontier,
};
