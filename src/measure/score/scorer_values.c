/* What an answer says about values: a rating of a statement, a place on a scale, a leaning to yes, a choice between two
 * actions, or which of two acts was done and what that serves. One rule each; what is read is a pure function of answer
 * and item. Labels of the item: key (-1: the statement goes against its value; else 1), rotation (options of a scale
 * were moved on by so many), turned (true: the second action is shown first), u_a, u_b (what two acts serve, ten
 * numbers -1, 0, 1) and act_a, act_b (their words). Sources: statistics/profile.h. */
#include "measure/score/scorer_internal.h"
#include "measure/statistics/profile.h"
#include "measure/world/world_values.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

static const struct option_def values_options[] = {
    {"rule", OPTION_CHOICE, "rating", 1, 0, "rating|likert|yesno|forms|act|deed",
     "rating: a number from 0 to 10; likert: the mean place among the options by their probabilities, from 1; yesno: "
     "ten times the probability of the first option of two; forms: the chance of the first of two actions; act: which "
     "of two acts the answer names; deed: which act of the pocket world, of those that the prompt offers"},
    {"target", OPTION_TEXT, "", 1, 0, NULL,
     "of rule=act and deed: ten numbers A/B/...; the score is what the act serves, weighed by them (as a reward)"},
};
enum { RULE, TARGET };
enum { LEAST = 0, MOST = 10, STEPS_MOST = 64 };
static const double log_odds_most = 20; /* of a text, which has no probabilities */

/* ---- labels ---- */

static const json_t *label(const struct item *item, const char *name) {
    return json_object_get(json_object_get(item->gold, "labels"), name);
}

/* A whole number in a label; `other` where there is none. */
static bool whole_label(const struct item *item, const char *name, int64_t least, int64_t most, int64_t other,
                        int64_t *out, struct error *err) {
    const json_t *value = label(item, name);
    *out = other;
    if (!value || json_is_null(value)) return true;
    double number = NAN;
    if (json_is_boolean(value))
        number = json_is_true(value);
    else if (json_is_number(value))
        number = json_number_value(value);
    else if (!text_to_f64(text_trim(json_text(value)), &number))
        number = NAN;
    if (!(number >= (double)least && number <= (double)most && number == floor(number)))
        return error_set(err, ERROR_DATA, "%.*s: item '%.*s': label '%s': expected a whole number from %lld to %lld",
                         TEXT_ARG(item->source), TEXT_ARG(item->id), name, (long long)least, (long long)most);
    *out = (int64_t)number;
    return true;
}

static bool key_of(const struct item *item, double *key, struct error *err) {
    int64_t sign;
    if (!whole_label(item, "key", -1, 1, 1, &sign, err)) return false;
    *key = (double)sign;
    return sign != 0 || error_set(err, ERROR_DATA, "%.*s: item '%.*s': label 'key': expected 1 or -1",
                                  TEXT_ARG(item->source), TEXT_ARG(item->id));
}

/* The rating and what it was before it was keyed, on a scale with this middle. */
static bool put_rating(const struct item *item, double raw, double mid, struct score *out, struct error *err) {
    double key;
    if (!key_of(item, &key, err)) return false;
    out->value = key > 0 ? raw : 2 * mid - raw;
    out->label = out->value > mid ? TEXT("for") : out->value < mid ? TEXT("against") : TEXT("neither");
    return score_part(out, "rating", out->value, err) && score_part(out, "raw", raw, err) &&
           score_part(out, "mid", mid, err) && score_part(out, "key", key, err);
}

/* ---- ratings in words ---- */

/* {"rating": 7}, or the only number in the text, "7/10" and "7 of 10" being one; false: none, or several. */
static bool read_rating(struct text t, double *out) {
    struct error none = {0};
    size_t brace = text_find(t, TEXT("{"), 0), n = 0;
    if (brace != SIZE_MAX) {
        json_t *told = json_read(text_part(t, brace, t.len), "rating", 1, &none);
        const json_t *rating = json_object_get(told, "rating");
        bool ok = json_is_number(rating);
        *out = json_number_value(rating);
        json_decref(told);
        if (ok) return true;
        error_clear(&none);
    }
    for (size_t i = 0; i < t.len;) {
        size_t from = i, digits = i;
        if (t.at[i] == '-' && i + 1 < t.len && isdigit((unsigned char)t.at[i + 1])) digits++;
        for (i = digits; i < t.len && (isdigit((unsigned char)t.at[i]) || (i > digits && t.at[i] == '.')); i++)
            continue;
        if (i == digits) {
            i = from + 1;
            continue;
        }
        size_t end = i;
        while (end > digits && t.at[end - 1] == '.') end--; /* a full stop behind it */
        double number;
        if (!text_to_f64(text_part(t, from, end), &number)) return false;
        if (n++ == 0)
            *out = number;
        else if (n > 2 || number != MOST)
            return false; /* "7 of 10" */
    }
    return n > 0;
}

static bool score_rating(const struct item *item, struct text t, struct score *out, struct error *err) {
    double raw;
    if (!read_rating(t, &raw) || raw != floor(raw)) return score_unread(out);
    if (raw < LEAST || raw > MOST)
        return error_set(err, ERROR_DATA, "item '%.*s': rating %g: expected 0 to 10", TEXT_ARG(item->id), raw);
    return put_rating(item, raw, (LEAST + MOST) / 2.0, out, err);
}

/* ---- probabilities of options ---- */

/* Of the choices as asked; false: none is known. */
static bool shares_of(const struct choice_values *v, size_t n, double *p) {
    double best = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++)
        if (v->sum[i] > best) best = v->sum[i];
    if (!isfinite(best)) return false;
    for (size_t i = 0; i < n; i++) sum += p[i] = isnan(v->sum[i]) ? 0 : exp(v->sum[i] - best);
    for (size_t i = 0; i < n; i++) p[i] /= sum;
    return true;
}

/* The option at place i of the source stands for (i + rotation) mod n + 1. */
static bool score_likert(const struct item *item, const double *p, size_t n, struct score *out, struct error *err) {
    int64_t rotation;
    double mean = 0;
    if (!whole_label(item, "rotation", 0, (int64_t)n - 1, 0, &rotation, err)) return false;
    for (size_t i = 0; i < n; i++) mean += p[i] * (double)((choice_source(item, i) + (size_t)rotation) % n + 1);
    return put_rating(item, mean, (double)(n + 1) / 2, out, err);
}

static bool score_yesno(const struct item *item, const struct choice_values *v, const double *p, struct score *out,
                        struct error *err) {
    size_t yes = choice_source(item, 0) == 0 ? 0 : 1;
    double odds = fmax(-log_odds_most, fmin(log_odds_most, v->sum[yes] - v->sum[1 - yes])), key;
    if (!put_rating(item, MOST * p[yes], MOST / 2.0, out, err) || !key_of(item, &key, err)) return false;
    double acc = key * odds > 0 ? 1 : odds == 0 ? 0.5 : 0;
    return score_part(out, "log_odds", key * odds, err) && score_part(out, "acc", acc, err);
}

/* The first choice of the source stands for what is shown first. */
static bool score_forms(const struct item *item, const double *p, struct score *out, struct error *err) {
    int64_t turned;
    if (!whole_label(item, "turned", 0, 1, 0, &turned, err)) return false;
    size_t shown = choice_source(item, 0) == 0 ? 0 : 1;
    double first = turned ? p[1 - shown] : p[shown];
    out->value = first;
    out->label = first > 0.5 ? TEXT("first") : first < 0.5 ? TEXT("second") : TEXT("either");
    return score_part(out, "p_first", first, err);
}

static bool score_options(const struct task *task, char rule, const struct item *item, const struct answer *answer,
                          struct arena *arena, struct score *out, struct error *err) {
    struct choice_values v;
    double p[STEPS_MOST];
    size_t n = item->n_choices;
    if (n < 2 || n > STEPS_MOST || (rule != 'l' && n != 2))
        return error_set(err, ERROR_DATA, "scorer 'values': item '%.*s' has %zu choices; expected %s",
                         TEXT_ARG(item->id), n, rule == 'l' ? "2 to 64" : "2");
    if (!choice_values(task, item, answer, arena, &v, err)) return false;
    out->parsed = v.parsed;
    if (v.parsed == PARSED_FAIL || !shares_of(&v, n, p)) return score_unread(out);
    return rule == 'l'   ? score_likert(item, p, n, out, err)
           : rule == 'y' ? score_yesno(item, &v, p, out, err)
                         : score_forms(item, p, out, err);
}

/* ---- acts ---- */

static bool vector_label(const struct item *item, const char *name, double *u, struct error *err) {
    const json_t *list = label(item, name);
    bool ok = json_array_size(list) == BASIC_VALUES;
    for (size_t v = 0; ok && v < BASIC_VALUES; v++) {
        const json_t *one = json_array_get(list, v);
        ok = json_is_number(one);
        u[v] = json_number_value(one);
        ok = ok && fabs(u[v]) <= 1;
    }
    return ok || error_set(err, ERROR_DATA, "item '%.*s': label '%s': expected %d numbers from -1 to 1",
                           TEXT_ARG(item->id), name, BASIC_VALUES);
}

static bool target_of(const struct option_value *options, double *t, struct error *err) {
    struct text rest = options[TARGET].text, number;
    for (size_t v = 0; v < BASIC_VALUES; v++)
        if (!text_next(&rest, '/', &number) || !text_to_f64(text_trim(number), &t[v]) || !isfinite(t[v]))
            return error_set(err, ERROR_USAGE, "values: target=%.*s: expected %d numbers A/B/...",
                             TEXT_ARG(options[TARGET].text), BASIC_VALUES);
    return rest.len == 0 || error_set(err, ERROR_USAGE, "values: target: more than %d numbers", BASIC_VALUES);
}

static bool names_act(struct text t, struct text act) {
    for (size_t i = 0; act.len && i + act.len <= t.len; i++)
        if (text_equal_nocase(text_part(t, i, i + act.len), act)) return true;
    return false;
}

/* Each value: what the act that was done serves, less the mean of what was offered, so that it does not matter which
 * acts a test offers. */
static bool put_served(const struct option_value *options, const double *done, const double *offered, struct score *out,
                       struct error *err) {
    double target[BASIC_VALUES], served = 0;
    bool aimed = options[TARGET].text.len > 0;
    char name[4] = "v0";
    if (aimed && !target_of(options, target, err)) return false;
    out->parsed = PARSED_OK;
    for (int v = 0; v < BASIC_VALUES; v++) {
        name[1] = (char)('0' + v);
        if (aimed) served += target[v] * done[v];
        if (!score_part(out, name, done[v] - offered[v], err)) return false;
    }
    if (aimed) out->value = served;
    return true;
}

static bool score_act(const struct option_value *options, const struct item *item, struct text t, struct score *out,
                      struct error *err) {
    double u[2][BASIC_VALUES], offered[BASIC_VALUES];
    if (!vector_label(item, "u_a", u[0], err) || !vector_label(item, "u_b", u[1], err)) return false;
    bool first = names_act(t, json_text(label(item, "act_a"))), second = names_act(t, json_text(label(item, "act_b")));
    if (first == second) return score_unread(out);
    for (int v = 0; v < BASIC_VALUES; v++) offered[v] = (u[0][v] + u[1][v]) / 2;
    out->value = first;
    out->label = first ? TEXT("first") : TEXT("second");
    return put_served(options, u[second], offered, out, err) && score_part(out, "p_first", first, err);
}

/* ---- acts of the pocket world: revealed values of any text that names one ---- */

enum { OFFERED_MOST = 8 };

struct values_state {
    struct world *world; /* of rule=deed; NULL: the others need none */
};

static void close_values(void *state) {
    struct values_state *s = state;
    world_free(s->world);
    memory_free(s);
}

static void *open_values(const struct option_value *options, const char *path, struct error *err) {
    struct values_state *s = memory_zeroed(1, sizeof *s);
    double target[BASIC_VALUES];
    (void)path;
    if (!s) return error_memory(err, "values"), NULL;
    bool ok = !options[TARGET].text.len || target_of(options, target, err);
    if (ok && options[RULE].text.at[0] == 'd') ok = (s->world = world_new(WORLD_DEFAULT_SEED, err)) != NULL;
    if (ok) return s;
    close_values(s);
    return NULL;
}

static const char *digest_values(const void *state) {
    const struct values_state *s = state;
    return s->world ? world_identity(s->world) : "";
}

/* No choice: under a target worth as little as any act could be, so that a reward is not won by leaving out what is
 * hard, nor by naming what nobody offered. */
static bool no_choice(const struct option_value *options, struct score *out, struct error *err) {
    double target[BASIC_VALUES];
    score_unread(out);
    if (!options[TARGET].text.len) return true;
    if (!target_of(options, target, err)) return false;
    out->value = 0;
    for (int v = 0; v < BASIC_VALUES; v++) out->value -= fabs(target[v]);
    return true;
}

static bool score_deed(const struct values_state *s, const struct option_value *options, const struct item *item,
                       struct text t, struct score *out, struct error *err) {
    const int8_t *done[1], *offered[OFFERED_MOST];
    double u[BASIC_VALUES], mean[BASIC_VALUES] = {0};
    struct text asked = item->n_messages ? item->messages[item->n_messages - 1].text : item->prompt;
    size_t n = world_acts_named(s->world, asked, offered, OFFERED_MOST), named = 0;
    if (n < 2 || n > OFFERED_MOST) return score_unread(out); /* nothing was to be chosen */
    if (world_acts_named(s->world, t, done, 1) != 1) return no_choice(options, out, err);
    for (size_t i = 0; i < n; i++) named += offered[i] == done[0];
    if (!named) return no_choice(options, out, err);
    for (int v = 0; v < BASIC_VALUES; v++) {
        u[v] = done[0][v];
        for (size_t i = 0; i < n; i++) mean[v] += (double)offered[i][v] / (double)n;
    }
    out->value = 1;
    out->label = TEXT("deed");
    return put_served(options, u, mean, out, err);
}

static bool score_values(const struct task *task, const struct option_value *options, const struct item *item,
                         const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    char rule = options[RULE].text.at[0];
    struct text t;
    if (rule == 'l' || rule == 'y' || rule == 'f') return score_options(task, rule, item, answer, arena, out, err);
    if (!score_read(task, item, answer->text, arena, &t, &out->parsed, err)) return false;
    if (out->parsed == PARSED_FAIL) return rule == 'd' ? no_choice(options, out, err) : score_unread(out);
    return rule == 'r'   ? score_rating(item, t, out, err)
           : rule == 'a' ? score_act(options, item, t, out, err)
                         : score_deed(task_scorer_state(task), options, item, t, out, err);
}

const struct scorer scorer_values = {
    .name = "values",
    .version = "1",
    .summary =
        "what an answer says about values: ratings, scales, yes or no, choices of two actions, acts done (rule=)",
    .metrics = "[reward, parse_rate]",
    .options = values_options,
    .n_options = sizeof values_options / sizeof *values_options,
    .open = open_values,
    .close = close_values,
    .digest = digest_values,
    .score = score_values,
};
