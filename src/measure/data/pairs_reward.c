/* Pairs by a reward of each answer, or by its level. */
#include "measure/data/pairs_internal.h"

#include <math.h>
#include <string.h>

static const struct option_def reward_options[] = {
    {"name", OPTION_TEXT, "", 1, 0, NULL, "which of the rewards of an answer (default: the only one)"},
    {"delta", OPTION_REAL, "0", 0, 1e300, NULL, "least difference of winner and loser; 0: any"},
    {"length", OPTION_REAL, "0", 0, 1000, NULL, "most difference of their lengths, as a share of the shorter; 0: any"},
    {"negate", OPTION_FLAG, "no", 1, 0, NULL, "a lower reward is better"},
};

static double length_of(const json_t *answer) {
    const json_t *tokens = json_object_get(answer, "tokens");
    return json_is_number(tokens) ? json_number_value(tokens) : (double)json_text(json_object_get(answer, "text")).len;
}

static bool answers_of(const json_t *row, struct json_place place, const json_t **list, struct error *err) {
    *list = json_object_get(row, "answers");
    if (!json_is_array(*list) || !json_array_size(*list))
        return json_mismatch(*list, "answers", place, "a list of answers", err);
    for (size_t i = 0; i < json_array_size(*list); i++)
        if (!json_is_string(json_object_get(json_array_get(*list, i), "text")))
            return json_mismatch(json_object_get(json_array_get(*list, i), "text"), "answers.text", place, "a text",
                                 err);
    return true;
}

/* null is no reward; anything else must be a finite number. */
static bool value_of(const json_t *value, const char *key, struct json_place place, double *out, struct error *err) {
    *out = json_is_number(value) ? json_number_value(value) : (double)NAN;
    if (!value || json_is_null(value) || isfinite(*out)) return true;
    return json_mismatch(value, key, place, "a finite number or null", err);
}

static const json_t *reward_of(const json_t *answer, struct text name) {
    const json_t *rewards = json_object_get(answer, "reward");
    char key[128];
    if (!name.len && json_object_size(rewards) == 1) return json_object_iter_value(json_object_iter((json_t *)rewards));
    snprintf(key, sizeof key, "%.*s", TEXT_ARG(name));
    return json_object_get(rewards, key);
}

/* The reward that is called name. */
static bool make_by_name(struct pairs_making *m, const json_t *row, struct json_place place, struct text name,
                         double delta, double length, bool negate, struct error *err) {
    const json_t *answers;
    if (!answers_of(row, place, &answers, err)) return false;
    size_t n = json_array_size(answers), rewarded = 0;
    struct pair_candidate *c = arena_new(&m->arena, struct pair_candidate, n, err);
    if (!c) return false;
    for (size_t i = 0; i < n; i++) {
        const json_t *answer = json_array_get(answers, i), *rewards = json_object_get(answer, "reward");
        if (!name.len && json_object_size(rewards) > 1)
            return error_set(err, ERROR_DATA, "%s:%zu: answer %zu has %zu rewards; name one with --by reward,name=...",
                             place.file, place.line, i, json_object_size(rewards));
        const json_t *value = reward_of(answer, name);
        rewarded += value != NULL;
        if (!value_of(value, "reward", place, &c[i].value, err)) return false;
        if (negate) c[i].value = -c[i].value;
        c[i].length = length_of(answer);
    }
    if (!rewarded)
        return error_set(err, ERROR_DATA,
                         "%s:%zu: no answer has a reward%s%.*s; `basanite score --scorer ... --out` writes them",
                         place.file, place.line, name.len ? " " : "", TEXT_ARG(name));
    return pairs_write_group(m, row, place, c, n, delta, length, err);
}

static bool make_reward(struct pairs_making *m, const json_t *row, struct json_place place, struct error *err) {
    const struct option_value *o = m->options;
    return make_by_name(m, row, place, o[0].text, o[1].real, o[2].real, o[3].flag, err);
}

/* Quote-Tuning (Zhang et al. 2024): the same with their constraints. */
static const struct option_def quip_options[] = {
    {"delta", OPTION_REAL, "0.1", 0, 1, NULL, "least difference of winner and loser"},
    {"length", OPTION_REAL, "0.1", 0, 1000, NULL,
     "most difference of their lengths, as a share of the shorter; 0: any"},
    {"negate", OPTION_FLAG, "no", 1, 0, NULL, "who quotes less is better"},
};

static bool make_quip(struct pairs_making *m, const json_t *row, struct json_place place, struct error *err) {
    const struct option_value *o = m->options;
    return make_by_name(m, row, place, TEXT("quip"), o[0].real, o[1].real, o[2].flag, err);
}

static const struct option_def level_options[] = {
    {"length", OPTION_REAL, "0", 0, 1000, NULL, "most difference of their lengths, as a share of the shorter; 0: any"},
};

static bool make_level(struct pairs_making *m, const json_t *row, struct json_place place, struct error *err) {
    const json_t *answers;
    if (!answers_of(row, place, &answers, err)) return false;
    size_t n = json_array_size(answers);
    struct pair_candidate *c = arena_new(&m->arena, struct pair_candidate, n, err);
    if (!c) return false;
    for (size_t i = 0; i < n; i++) {
        const json_t *answer = json_array_get(answers, i), *level = json_object_get(answer, "level");
        if (!json_is_integer(level) || json_integer_value(level) < 1)
            return json_mismatch(level, "level", place,
                                 "1, 2, ... (1 best); `basanite score --scorer levels --out` writes it", err);
        c[i] = (struct pair_candidate){-(double)json_integer_value(level), length_of(answer)};
    }
    return pairs_write_group(m, row, place, c, n, 0, m->options[0].real, err);
}

const struct pair_way pairs_by_reward = {
    .name = "reward",
    .summary = "answers with a higher reward win (quip, levels, or any other that a scorer wrote)",
    .options = reward_options,
    .n_options = 4,
    .make = make_reward,
};
const struct pair_way pairs_by_quip = {
    .name = "quip",
    .summary = "answers that quote more of the trusted text win, where they are about as long (Quote-Tuning)",
    .options = quip_options,
    .n_options = 3,
    .make = make_quip,
};
const struct pair_way pairs_by_level = {
    .name = "level",
    .summary = "answers on a better level win (trust region preference approximation)",
    .options = level_options,
    .n_options = 1,
    .make = make_level,
};
