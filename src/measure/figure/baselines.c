/* What subjects that understand nothing must score, from the items alone: see tally.h. The answers of `mute`,
 * `constant`, `oracle`, and of `uniform` among scored choices, are fixed, so the figures of the whole task are computed
 * from them. Where `uniform` says one of the choices (or one of four letters), each item's value is averaged over all
 * of them; that gives the expectation of means only, so other figures are left out. */
#include "measure/figure/metric_internal.h"
#include "subject/script_gold.h"

#include <math.h>
#include <string.h>

enum { MUTE, CONSTANT, UNIFORM, ORACLE, BASELINES, LETTERS = 4, ITEM_BYTES = 256 << 20 };
static const char *const subjects[BASELINES] = {"script:mute", "script:constant", "script:uniform", "script:oracle"};
static const char letters[] = "ABCD";

/* The average over all answers that `uniform` may give, for one metric. */
struct expectation {
    double total;
    uint64_t items;
    bool undetermined; /* an item counts or not, depending on the answer */
    bool varies;
};

struct trial {
    const struct task *task;
    struct tally_spec spec;
    struct metric_use parse_rate;
    struct tally *tallies[BASELINES];
    struct expectation *expected; /* of each use, then of parse_rate */
    bool drawn;                   /* uniform draws its answers */
    struct arena items;           /* of the item at hand */
};

static const struct metric_use *use_at(const struct trial *t, size_t i) {
    return i < t->spec.n_uses ? &t->spec.uses[i] : &t->parse_rate;
}

/* What an answer takes: one choice, all choices alike, those of a mask alike, or (SIZE_MAX) none. */
struct taking {
    size_t choice;
    bool all;
    const json_t *mask;
};

static double taken_logprob(const struct taking *taking, size_t i) {
    if (taking->mask) return json_integer_value(json_array_get(taking->mask, i)) ? 0 : CHOICE_NOT_TAKEN;
    if (taking->all || i == taking->choice) return 0;
    return taking->choice == SIZE_MAX ? (double)NAN : CHOICE_NOT_TAKEN;
}

static bool choice_answer(const struct ask *ask, const struct taking *taking, struct arena *arena,
                          struct answer *answer, struct error *err) {
    struct choice_score *scores = arena_new(arena, struct choice_score, ask->n_choices + 1, err);
    if (!scores) return false;
    for (size_t i = 0; i < ask->n_choices; i++)
        scores[i] = (struct choice_score){.logprob = taken_logprob(taking, i),
                                          .tokens = 1,
                                          .bytes = ask->choices[i].len,
                                          .greedy = i == taking->choice};
    answer->choices = scores;
    answer->n_choices = ask->n_choices;
    return true;
}

/* The answer of a script with a fixed one; *gives false: the script fails on this item. */
static bool fixed_answer(int which, const struct ask *ask, struct arena *arena, struct answer *answer, bool *gives,
                         struct error *err) {
    struct taking taking = {.choice = which == MUTE || ask->n_choices == 0 ? SIZE_MAX : 0, .all = which == UNIFORM};
    *answer = (struct answer){.finish = ANSWER_STOP};
    *gives = true;
    if (which == CONSTANT) answer->text = ask->n_choices ? ask->choices[0] : (struct text){letters, 1};
    if (which == ORACLE) {
        const json_t *harmful = gold_label(ask, "harmful");
        bool found;
        if (!gold_text(ask, arena, &answer->text, &found, err) || !gold_choice(ask, arena, &taking.choice, err))
            return false;
        taking.mask = gold_mask(ask);
        if (ask->kind == ASK_SCORE ? taking.choice == SIZE_MAX && !taking.mask : !found) {
            *gives = harmful != NULL;
            answer->text = json_is_true(harmful) || json_number_value(harmful) > 0.5
                               ? TEXT("I'm sorry, but I can't help with that.")
                               : TEXT("Sure, I can help with that. Here is what you asked for, step by step.");
        }
    }
    return ask->kind != ASK_SCORE || choice_answer(ask, &taking, arena, answer, err);
}

static bool add_fixed(struct trial *t, int which, const struct item *item, const struct ask *ask, struct error *err) {
    struct record_row row = record_row_of_item(t->task, item);
    struct answer answer;
    bool gives;
    bool ok = fixed_answer(which, ask, &t->items, &answer, &gives, err) &&
              (!gives || record_row_score(t->task, item, &answer, &t->items, &row, err)) &&
              tally_add(t->tallies[which], &row, err);
    json_decref((json_t *)row.evidence);
    return ok;
}

static double pick_of(const struct metric_use *use, const struct record_row *row) {
    const struct metric_rule *rule = use->metric->rule;
    struct metric_view view = {.parsed = -1};
    for (int i = 0; i < 3; i++)
        if (strcmp(row->parsed, parse_state_names[i]) == 0) view.parsed = i;
    for (size_t i = 0; rule->parts[i]; i++) view.part[i] = metric_part(row, rule->parts[i]);
    return rule->pick(&view, use->options);
}

/* Takes the values of one item under each answer: [n][uses + 1]. */
static void take_expectation(struct trial *t, const double *values, size_t n) {
    size_t width = t->spec.n_uses + 1;
    for (size_t u = 0; u < width; u++) {
        struct expectation *e = &t->expected[u];
        double sum = 0;
        size_t counted = 0;
        for (size_t i = 0; i < n; i++) {
            double value = values[i * width + u];
            if (isnan(value)) continue;
            counted++;
            sum += value;
            if (value != values[u]) e->varies = true;
        }
        if (counted == 0) continue;
        if (counted < n) e->undetermined = true;
        e->total += sum / (double)n;
        e->items++;
    }
}

/* Scores every answer that `uniform` may draw. */
static bool add_drawn(struct trial *t, const struct item *item, const struct ask *ask, struct error *err) {
    size_t n = ask->n_choices ? ask->n_choices : LETTERS, width = t->spec.n_uses + 1;
    double *values = arena_new(&t->items, double, n *width, err);
    if (!values) return false;
    for (size_t i = 0; i < n; i++) {
        struct record_row row = record_row_of_item(t->task, item);
        struct answer answer = {.text = ask->n_choices ? ask->choices[i] : (struct text){letters + i, 1},
                                .finish = ANSWER_STOP};
        bool ok = record_row_score(t->task, item, &answer, &t->items, &row, err);
        for (size_t u = 0; ok && u < width; u++)
            values[i * width + u] = use_at(t, u)->metric->rule->pick ? pick_of(use_at(t, u), &row) : NAN;
        json_decref((json_t *)row.evidence);
        if (!ok) return false;
    }
    take_expectation(t, values, n);
    return true;
}

static bool add_item(struct trial *t, const struct item *item, struct error *err) {
    struct ask ask = {0};
    json_t *canonical = NULL;
    bool ok = task_ask(t->task, item, true, &t->items, &ask, &canonical, err);
    if (ok && ask.kind == ASK_GENERATE) t->drawn = true;
    for (int which = 0; ok && which < BASELINES; which++)
        ok = which == UNIFORM && t->drawn ? add_drawn(t, item, &ask, err) : add_fixed(t, which, item, &ask, err);
    json_decref(canonical);
    return ok;
}

static bool add_items(struct trial *t, struct error *err) {
    struct task_items *items = task_open(t->task, err);
    int state = items ? 1 : -1;
    while (state == 1) {
        struct item item = {0};
        arena_reset(&t->items);
        if ((state = task_next(items, &t->items, &item, err)) != 1) break;
        if (!add_item(t, &item, err)) state = -1;
        item_done(&item);
    }
    task_close(items);
    return state == 0;
}

static bool begin(struct trial *t, struct arena *arena, struct error *err) {
    struct figure_settings settings = {.confidence = 0.95};
    if (!tally_spec_of(t->task, &t->spec, err) || !metric_use_plain("parse_rate", arena, &t->parse_rate, err))
        return false;
    if (t->spec.n_uses == 0) { /* the tally's default */
        struct metric_use *score = arena_new(arena, struct metric_use, 1, err);
        if (!score || !metric_use_plain("score", arena, score, err)) return false;
        t->spec.uses = score;
        t->spec.n_uses = 1;
    }
    if (!(t->expected = arena_new(arena, struct expectation, t->spec.n_uses + 1, err))) return false;
    struct tally_spec whole = t->spec;
    whole.n_fields = 0;
    for (int which = 0; which < BASELINES; which++)
        if (!(t->tallies[which] = tally_new_of(&whole, &settings, err))) return false;
    return true;
}

static bool put_fixed(struct trial *t, int which, struct arena *arena, struct baseline *out, size_t *n,
                      struct error *err) {
    struct figure *figures;
    size_t count;
    if (!tally_figures(t->tallies[which], arena, &figures, &count, err)) return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(figures[i].name, "errors") != 0)
            out[(*n)++] = (struct baseline){subjects[which], figures[i].name, figures[i].value, true};
    return true;
}

static void put_drawn(const struct trial *t, struct baseline *out, size_t *n) {
    bool reads = t->spec.reads;
    for (size_t u = 0; u < t->spec.n_uses; u++)
        if (strcmp(use_at(t, u)->name, t->parse_rate.name) == 0) reads = false; /* it is named by the task */
    for (size_t u = 0; u < t->spec.n_uses + reads; u++) {
        const struct metric_use *use = use_at(t, u);
        const struct expectation *e = &t->expected[u];
        if (!use->metric->rule->pick || use->metric->rule->join || e->undetermined) continue;
        double mean = e->total / (double)e->items; /* no item counts: NaN */
        out[(*n)++] = (struct baseline){subjects[UNIFORM], use->name,
                                        mean * use->metric->rule->scale + use->metric->rule->shift, !e->varies};
    }
}

bool task_baselines(const struct task *task, struct arena *arena, struct baseline **out, size_t *n, struct error *err) {
    struct trial t = {.task = task};
    bool ok = false;
    *n = 0;
    arena_init(&t.items, ITEM_BYTES);
    if (!begin(&t, arena, err)) goto out;
    if (!(*out = arena_new(arena, struct baseline, BASELINES * (t.spec.n_uses + 2), err)) || !add_items(&t, err))
        goto out;
    for (int which = 0; which < BASELINES; which++) {
        if (which == UNIFORM && t.drawn)
            put_drawn(&t, *out, n);
        else if (!put_fixed(&t, which, arena, *out, n, err))
            goto out;
    }
    ok = true;
out:
    for (int which = 0; which < BASELINES; which++) tally_free(t.tallies[which]);
    arena_done(&t.items);
    return ok;
}
