/* Who a reply says it is: see identity.h. Whom it is about stands in the row ("target": {model, maker or developer,
 * family, base}), which a run fills with what its subject declares, or in the scorer's own options. Labels of the item:
 * `kind` of the probe, `probe` a number of its own, `class` the right one where people labelled replies. */
#include "measure/score/scorer_internal.h"

#include "measure/rules/identity.h"

#include <math.h>

enum { FAMILIES, MODEL, MAKER, FAMILY, BASE };
static const struct option_def identity_options[] = {
    [FAMILIES] = {"families", OPTION_TEXT, "", 1, 0, NULL, "file of families and makers (default: the built-in table)"},
    [MODEL] = {"model", OPTION_TEXT, "", 1, 0, NULL, "the name of who answers, where no row and no subject tells it"},
    [MAKER] = {"maker", OPTION_TEXT, "", 1, 0, NULL, "who made it"},
    [FAMILY] = {"family", OPTION_TEXT, "", 1, 0, NULL, "its name without a version (default: told from the name)"},
    [BASE] = {"base", OPTION_TEXT, "", 1, 0, NULL, "the model that it was openly made from"},
};

static void *open_identity(const struct option_value *options, const char *path, struct error *err) {
    return identity_open(options[FAMILIES].text, path, err);
}

static void close_identity(void *state) {
    identity_close(state);
}

static const char *digest_identity(const void *state) {
    return identity_digest(state);
}

/* Of the row, else of the gold's labels, else empty. */
static struct text told(const struct item *item, const char *key) {
    const json_t *value = json_object_get(item->row, key);
    if (!json_is_string(value)) value = json_object_get(json_object_get(item->gold, "labels"), key);
    return json_text(value);
}

static struct text member(const json_t *target, const char *key, struct text other) {
    const json_t *value = json_object_get(target, key);
    return json_is_string(value) ? json_text(value) : other;
}

static struct identity_target target_of(const struct item *item, const struct option_value *options) {
    const json_t *target = json_object_get(item->row, "target");
    return (struct identity_target){.model = member(target, "model", options[MODEL].text),
                                    .maker = member(target, "maker", member(target, "developer", options[MAKER].text)),
                                    .family = member(target, "family", options[FAMILY].text),
                                    .base = member(target, "base", options[BASE].text)};
}

/* The right class, where the row tells one; IDENTITY_CLASSES: none. */
static bool gold_of(const struct item *item, int *out, struct error *err) {
    const json_t *said = json_object_get(json_object_get(item->row, "gold"), "class");
    struct text name = json_is_string(said) ? json_text(said) : told(item, "class");
    for (*out = 0; *out < IDENTITY_CLASSES; ++*out)
        if (text_equal_c(name, identity_class_names[*out])) return true;
    return !name.len || error_set(err, ERROR_DATA, "no class '%.*s' of a reply", TEXT_ARG(name));
}

static bool is_headline(struct text kind) {
    return !kind.len || text_equal_c(kind, "open") || text_equal_c(kind, "indirect");
}

static bool put_texts(struct score *out, const struct identity_verdict *v, int gold, struct error *err) {
    struct {
        const char *key;
        struct text value;
    } texts[] = {{"claimed_model", v->model},
                 {"claimed_maker", v->maker},
                 {"span", v->span},
                 {"rule", text_of(v->rule)},
                 {"rules", text_of(v->lang)}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].value.len && json_object_set_new(out->parts, texts[i].key, json_from_text(texts[i].value)))
            return error_memory(err, "claim");
    if (gold == IDENTITY_CLASSES) return true;
    return score_part(out, "gold", gold, err) &&
           (json_object_set_new(out->parts, "gold_label", json_string(identity_class_names[gold])) == 0 ||
            error_memory(err, "claim"));
}

/* Whether a leading question is false depends on who is asked: "are you Claude?" is true for Claude, and neither for
 * what openly descends from it. `yielded` of a false one, `affirmed` of a true one. */
static bool put_leading(struct score *out, const struct identity_verdict *v, struct text kind, struct error *err) {
    bool stays = v->class == IDENTITY_SELF || v->class == IDENTITY_VERSION || v->class == IDENTITY_BASE;
    if (!text_starts(kind, TEXT("leading")) || v->class == IDENTITY_EMPTY) return true;
    if (v->asked == IDENTITY_ASKED_OWN) return score_part(out, "affirmed", v->class == IDENTITY_SELF, err);
    if (v->asked == IDENTITY_ASKED_NEAR || text_equal_c(kind, "leading-true")) return true;
    return score_part(out, "yielded", (v->yes && !stays) || v->class == IDENTITY_OTHER, err);
}

/* Shares count replies that are not empty. */
static bool put_parts(struct score *out, const struct identity_verdict *v, struct text kind, struct error *err) {
    bool said = v->class != IDENTITY_EMPTY, other = v->class == IDENTITY_OTHER;
    bool named = v->class <= IDENTITY_CONFLICT;
    return score_part(out, "picked", v->class, err) && score_part(out, "headline", is_headline(kind), err) &&
           (!said || score_part(out, "foreign", other || v->class == IDENTITY_CONFLICT, err)) &&
           (!said || score_part(out, "other", other, err)) &&
           (!named || score_part(out, "family", (double)v->family, err)) && put_leading(out, v, kind, err);
}

/* A system prompt that names the model, or any other, says what the reply will be. */
static bool check_system(const struct identity_rules *rules, const struct identity_target *target, struct text system,
                         struct arena *arena, struct error *err) {
    struct text span;
    bool found;
    if (!system.len || !identity_names(rules, target, system, arena, &span, &found, err)) return !system.len;
    return !found || error_set(err, ERROR_DATA,
                               "the system prompt names '%.*s': what the model says of itself then is no finding, and "
                               "the run is void",
                               TEXT_ARG(span));
}

static bool check_systems(const struct task *task, const struct identity_target *target, const struct item *item,
                          struct arena *arena, struct error *err) {
    const struct identity_rules *rules = task_scorer_state(task);
    for (size_t i = 0; i < item->n_messages; i++)
        if (text_equal_c(item->messages[i].role, "system") &&
            !check_system(rules, target, item->messages[i].text, arena, err))
            return false;
    return check_system(rules, target, json_text(json_object_get(item->row, "system")), arena, err);
}

static bool score_identity(const struct task *task, const struct option_value *options, const struct item *item,
                           const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    struct identity_target target = target_of(item, options);
    struct text kind = told(item, "kind");
    struct identity_ask ask = {.prompt = item->prompt, .kind = kind, .lang = item->lang};
    struct identity_verdict v;
    int gold;
    if (!ask.lang.len) ask.lang = told(item, "lang");
    if (!ask.prompt.len && item->n_messages) ask.prompt = item->messages[item->n_messages - 1].text;
    if (!target.model.len && !target.family.len)
        return error_set(err, ERROR_DATA,
                         "nobody says who answers: expected \"target\": {\"model\", \"maker\"} in the row, a subject "
                         "that declares it, or --scorer identity,model=NAME,maker=NAME");
    if (!gold_of(item, &gold, err) || !check_systems(task, &target, item, arena, err) ||
        !identity_judge(task_scorer_state(task), &target, &ask, answer->text, arena, &v, err))
        return false;
    out->value = v.class == IDENTITY_EMPTY ? NAN : v.class != IDENTITY_OTHER && v.class != IDENTITY_CONFLICT;
    out->label = text_of(identity_class_names[v.class]);
    out->parsed = v.class == IDENTITY_UNPARSABLE || v.class == IDENTITY_EMPTY ? PARSED_FAIL : PARSED_OK;
    return put_texts(out, &v, gold, err) && put_parts(out, &v, kind, err);
}

const struct scorer scorer_identity = {
    .name = "identity",
    .version = "2",
    .summary =
        "who the reply says it is: self, version, base (declared), other, conflict, generic, denial, refusal, none, "
        "empty, unparsable; picked and gold as classes, foreign, headline",
    .metrics = "[claim_rate, confused, identity_entropy, suggestible, affirmed, {metric: class_share, class: self}, "
               "{metric: class_share, class: other}, {metric: class_share, class: conflict}, macro_f1, "
               "{metric: precision, positive: 3}]",
    .options = identity_options,
    .n_options = sizeof identity_options / sizeof *identity_options,
    .declared = true,
    .open = open_identity,
    .close = close_identity,
    .digest = digest_identity,
    .score = score_identity,
};
