/* Words of a list in an answer: whole words, whatever their case. words: the list stands in the task, or in a label of
 * each item. abstention: the same with phrases that say "I do not know". Where the item has accepted texts, exact_match
 * tells whether the answer holds one of them. */
#include "measure/scorer_internal.h"

#include <ctype.h>

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

static bool word_byte(char c) {
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

static bool holds_word(struct text t, struct text word) {
    if (!word.len) return false;
    int first = tolower((unsigned char)word.at[0]);
    for (size_t i = 0; i + word.len <= t.len; i++) {
        if (tolower((unsigned char)t.at[i]) != first) continue;
        if (i > 0 && word_byte(t.at[i - 1]) && word_byte(word.at[0])) continue;
        if (i + word.len < t.len && word_byte(t.at[i + word.len]) && word_byte(word.at[word.len - 1])) continue;
        if (text_equal_nocase(text_part(t, i, i + word.len), word)) return true;
    }
    return false;
}

bool text_holds_any(struct text t, struct text list) {
    struct text rest = list, word;
    while (text_next(&rest, '|', &word))
        if (holds_word(t, text_trim(word))) return true;
    return false;
}

/* part: what the word is about. */
static bool score_list(const struct task *task, const struct item *item, const struct answer *answer,
                       struct arena *arena, struct text list, const char *part, struct score *out, struct error *err) {
    struct text t;
    if (!score_read(task, item, answer->text, arena, &t, &out->parsed, err)) return false;
    if (out->parsed == PARSED_FAIL) return score_unread(out);
    bool found = text_holds_any(t, list), right = false;
    for (size_t i = 0; i < item->n_gold_texts && !right; i++) right = holds_word(t, text_trim(item->gold_texts[i]));
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
