/* Levels of an answer by rules: see levels.h. The value is the score of the level; level 1 is what counts as right. */
#include "measure/score/scorer_internal.h"

#include "measure/score/levels.h"

static const struct option_def levels_options[] = {
    {"rules", OPTION_TEXT, "knights", 1, 0, NULL,
     "built-in rules (knights, mathematics) or a file of rules, FILE.yaml"},
};

struct levels_state {
    struct level_rules *rules;
    char digest[HASH_HEX];
};

static void close_levels(void *state) {
    struct levels_state *s = state;
    level_rules_close(s->rules);
    memory_free(s);
}

static void *open_levels(const struct option_value *options, const char *path, struct error *err) {
    struct levels_state *s = memory_zeroed(1, sizeof *s);
    char name[512];
    if (!s) return error_memory(err, "levels"), NULL;
    snprintf(name, sizeof name, "%.*s", TEXT_ARG(options[0].text));
    if ((s->rules = level_rules_open(name, path, err))) {
        struct text source = level_rules_source(s->rules);
        sha256_hex(source.at, source.len, s->digest);
        return s;
    }
    memory_free(s);
    return NULL;
}

static const char *digest_levels(const void *state) {
    return ((const struct levels_state *)state)->digest;
}

static bool score_levels(const struct task *task, const struct option_value *options, const struct item *item,
                         const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    const struct levels_state *s = task_scorer_state(task);
    struct level_case which = {answer->text, item->gold_texts, item->n_gold_texts};
    struct level_verdict verdict;
    (void)options;
    if (!level_of(s->rules, &which, arena, &verdict, err)) return false;
    char *label = arena_printf(arena, err, "level %u", verdict.level);
    if (!label) return false;
    out->value = verdict.score;
    out->label = text_of(label);
    return score_part(out, "level", verdict.level, err) && score_part(out, "acc", verdict.level == 1, err);
}

const struct scorer scorer_levels = {
    .name = "levels",
    .version = "1",
    .summary = "the level of an answer by a list of rules, 1 best, and its reward: level, acc (level 1)",
    .metrics = "[reward, acc, {metric: level_share, level: 1}, {metric: level_share, level: 2}, {metric: level_share, "
               "level: 3}, {metric: level_share, level: 4}]",
    .levels = true,
    .options = levels_options,
    .n_options = 1,
    .open = open_levels,
    .close = close_levels,
    .digest = digest_levels,
    .score = score_levels,
};
