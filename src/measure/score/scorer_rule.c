/* Exact scores of a reply by the rules of the pocket world (measure/world/world_tastes.h) as a weighted sum, each from
 * 0 to 1: name=r1, name=close*0.7:brevity*0.3. What they need to know of what was asked: the gold text, and the labels
 * harmful and source. */
#include "measure/score/scorer_internal.h"

#include "measure/world/world.h"
#include "measure/world/world_tastes.h"

#include <math.h>
#include <string.h>

static const struct option_def rule_options[] = {
    {"name", OPTION_TEXT, NULL, 1, 0, NULL,
     "a reward (r1, r2, rBL, r3), a taste (correct, refuses, close, brevity, hedging, quote, policy) or a register "
     "(courtesy, length, warmth, ...); several as close*0.7:brevity*0.3"},
};

enum { MOST_TERMS = 16, WHOLE_SCORE = 100 };

struct rule_state {
    struct world *world;
    size_t n;
    struct term {
        enum { OF_TASTE, OF_REGISTER, OF_REWARD } kind;
        size_t which;
        double weight;
    } terms[MOST_TERMS];
};

static void close_rule(void *state) {
    struct rule_state *s = state;
    world_free(s->world);
    memory_free(s);
}

static bool find_in(const char *const *names, size_t n, struct text name, size_t *which) {
    for (*which = 0; *which < n; ++*which)
        if (text_equal_c(name, names[*which])) return true;
    return false;
}

/* hedging is a taste and a register that say the same. */
static bool find_term(struct text name, struct term *t, struct error *err) {
    if (find_in(world_reward_names, N_REWARDS, name, &t->which)) return t->kind = OF_REWARD, true;
    if (find_in(world_taste_names, N_TASTES, name, &t->which)) return t->kind = OF_TASTE, true;
    if (find_in(world_register_names, N_REGISTERS, name, &t->which)) return t->kind = OF_REGISTER, true;
    const char *names[N_REWARDS + N_TASTES + N_REGISTERS];
    size_t n = 0;
    for (size_t i = 0; i < N_REWARDS; i++) names[n++] = world_reward_names[i];
    for (size_t i = 0; i < N_TASTES; i++) names[n++] = world_taste_names[i];
    for (size_t i = 0; i < N_REGISTERS; i++) names[n++] = world_register_names[i];
    const char *near = text_nearest(name, names, n);
    return error_set(err, ERROR_USAGE,
                     "rule: no rule '%.*s'%s%s%s; there are r1, r2, rBL, r3, correct, refuses, close, brevity, "
                     "hedging, quote, policy, courtesy, length, refusal, warmth",
                     TEXT_ARG(name), near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static bool read_terms(struct rule_state *s, struct text list, struct error *err) {
    struct text one, name;
    while (text_next(&list, ':', &one)) {
        struct term *t = &s->terms[s->n];
        if (s->n == MOST_TERMS) return error_set(err, ERROR_USAGE, "rule: more than %d rules", MOST_TERMS);
        name = one;
        t->weight = 1;
        size_t star = text_find(one, TEXT("*"), 0);
        if (star != SIZE_MAX) {
            name = text_part(one, 0, star);
            if (!text_to_f64(text_part(one, star + 1, one.len), &t->weight) || !isfinite(t->weight))
                return error_set(err, ERROR_USAGE, "rule: '%.*s': expected a weight behind '*'", TEXT_ARG(one));
        }
        if (!find_term(name, t, err)) return false;
        s->n++;
    }
    return s->n > 0 || error_set(err, ERROR_USAGE, "rule: give a name, as in rule,name=r1");
}

static void *open_rule(const struct option_value *o, const char *path, struct error *err) {
    (void)path;
    struct rule_state *s = memory_zeroed(1, sizeof *s);
    if (!s) return error_memory(err, "rule"), NULL;
    if (read_terms(s, o[0].given ? o[0].text : (struct text){0}, err) &&
        (s->world = world_new(WORLD_DEFAULT_SEED, err)))
        return s;
    close_rule(s);
    return NULL;
}

static const char *digest_rule(const void *state) {
    return world_identity(((const struct rule_state *)state)->world);
}

static bool is_on(const json_t *label) {
    return json_is_true(label) || text_equal_c(json_text(label), "true") || text_equal_c(json_text(label), "True");
}

static double of_term(const struct taste_scores *scores, const struct term *t) {
    int value = t->kind == OF_TASTE      ? scores->taste[t->which]
                : t->kind == OF_REGISTER ? scores->reg[t->which]
                                         : scores->reward[t->which];
    return (double)value / WHOLE_SCORE;
}

static bool score_rule(const struct task *task, const struct option_value *options, const struct item *item,
                       const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    const struct rule_state *s = task_scorer_state(task);
    const json_t *labels = json_object_get(item->gold, "labels");
    struct asked asked = {.harmful = is_on(json_object_get(labels, "harmful")),
                          .source = json_text(json_object_get(labels, "source"))};
    struct taste_scores scores;
    struct text reply;
    (void)options;
    out->value = 0;
    out->label = TEXT("empty");
    if (text_trim(answer->text).len == 0) return true;
    if (item->n_gold_texts) asked.gold = text_trim(item->gold_texts[0]);
    if (!score_read(task, item, answer->text, arena, &reply, &out->parsed, err)) return false;
    if (out->parsed == PARSED_FAIL) {
        out->value = NAN;
        return score_unread(out);
    }
    world_scores(s->world, &asked, reply, &scores);
    for (size_t i = 0; i < s->n; i++) out->value += s->terms[i].weight * of_term(&scores, &s->terms[i]);
    out->label = text_of(out->value > 0 ? "rewarded" : "not");
    return true;
}

const struct scorer scorer_rule = {
    .name = "rule",
    .version = "1",
    .summary = "rewards and tastes of the pocket world, by rules: a weighted sum from 0 to 1",
    .options = rule_options,
    .n_options = 1,
    .exact = true,
    .open = open_rule,
    .close = close_rule,
    .digest = digest_rule,
    .score = score_rule,
};
