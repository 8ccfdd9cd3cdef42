/* Words of a list in an answer: whole words, whatever their case. words: the list stands in the task, or in a label of
 * each item. abstention: the same with phrases that say "I do not know". Where the item has accepted texts, exact_match
 * tells whether the answer holds one of them. */
#include "measure/rules/match.h"
#include "measure/score/scorer_internal.h"

static const struct option_def words_options[] = {
    {"words", OPTION_TEXT, "", 1, 0, NULL, "words or phrases, divided by |"},
    {"label", OPTION_TEXT, "", 1, 0, NULL, "label of the item that holds such a list"},
};
/* Turns of phrase of English; a task may give its own. */
static const struct option_def abstention_options[] = {
    {"phrases", OPTION_TEXT,
     "do not know|don't know|not aware|not known|not sure|unsure|no idea|cannot say|can't say|cannot tell|can't tell|"
     "unable to answer|rather not guess|not certain|have no information",
     1, 0, NULL, "phrases that say so, divided by |"},
};

/* part: what the word is about. */
static bool score_list(const struct task *task, const struct item *item, const struct answer *answer,
                       struct arena *arena, struct text list, const char *part, struct score *out, struct error *err) {
    struct text t;
    if (!score_read(task, item, answer->text, arena, &t, &out->parsed, err)) return false;
    if (out->parsed == PARSED_FAIL) return score_unread(out);
    bool found = text_holds_any(t, list), right = false;
    for (size_t i = 0; i < item->n_gold_texts && !right; i++)
        right = text_holds_word(t, text_trim(item->gold_texts[i]));
    out->value = found;
    out->label = text_of(found ? part : "none");
    return score_part(out, part, found, err) && (!item->n_gold_texts || score_part(out, "exact_match", right, err));
}

static bool score_words(const struct task *task, const struct option_value *options, const struct item *item,
                        const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    struct text list = options[0].text;
    if (options[1].text.len) {
        char name[128];
        snprintf(name, sizeof name, "%.*s", TEXT_ARG(options[1].text));
        const json_t *label = json_object_get(json_object_get(item->gold, "labels"), name);
        if (!json_is_string(label))
            return error_set(err, ERROR_DATA, "scorer 'words': the item has no text in label '%s'", name);
        list = json_text(label);
    }
    return score_list(task, item, answer, arena, list, "listed", out, err);
}

static bool score_abstention(const struct task *task, const struct option_value *options, const struct item *item,
                             const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    return score_list(task, item, answer, arena, options[0].text, "abstained", out, err);
}

const struct scorer scorer_words = {
    .name = "words",
    .metrics = "[listed_rate]",
    .version = "1",
    .summary = "the answer has a word of a list: listed; exact_match where there is a gold text",
    .options = words_options,
    .n_options = 2,
    .detects = "listed",
    .exact = true,
    .score = score_words,
};
const struct scorer scorer_abstention = {
    .name = "abstention",
    .version = "1",
    .summary = "the answer says that it does not know: abstained",
    .options = abstention_options,
    .n_options = 1,
    .detects = "abstained",
    .score = score_abstention,
};
