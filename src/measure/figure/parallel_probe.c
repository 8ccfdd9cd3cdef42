/* The rules about one item of one language: see parallel_lint.h. Answers that are known (nothing, a word that holds a
 * phrase, each option) go to the task's own scorer, so a check finds what the harness would do, whatever its words say.
 */
#include "measure/figure/parallel_internal.h"

#include "measure/task/scorer.h"

#include <string.h>

enum { CORE = 20 }; /* bytes of an item's text that must stand in its prompt */

/* What the scorer makes of an answer. */
struct verdict {
    bool read;
    double acc, gold, picked; /* NaN: none */
};

static double part_of(const struct score *score, const char *name) {
    const json_t *value = json_object_get(score->parts, name);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static bool ask_scorer(struct parallel_probe *p, const struct item *item, struct text text, struct verdict *out,
                       struct error *err) {
    struct score score;
    struct answer answer = {.text = text, .finish = ANSWER_STOP};
    if (!task_score(p->task, item, &answer, &p->arena, &score, err)) return false;
    *out = (struct verdict){score.parsed != PARSED_FAIL, part_of(&score, "acc"), part_of(&score, "gold"),
                            part_of(&score, "picked")};
    json_decref(score.parts);
    return true;
}

static bool normal(struct parallel_probe *p, struct text t, struct text *out, struct error *err) {
    bool valid;
    return lexicon_normal(p->lexicons, t, &p->arena, out, &valid, err);
}

/* All that is asked, as one text. */
static bool whole_prompt(struct parallel_probe *p, const struct item *item, struct text *out, struct error *err) {
    struct buffer b;
    buffer_init(&b, (size_t)16 << 20);
    if (!item->n_messages) buffer_put_text(&b, item->prompt);
    for (size_t i = 0; i < item->n_messages; i++) {
        buffer_put_text(&b, item->messages[i].text);
        buffer_put_char(&b, '\n');
    }
    char *copy = buffer_check(&b, "prompt", err) ? text_copy(&p->arena, buffer_text(&b), err) : NULL;
    *out = (struct text){copy, b.len};
    buffer_done(&b);
    return copy != NULL;
}

/* The column that holds the item, by its usual names; NULL: none of them is there. */
static const json_t *item_column(const struct item *item) {
    static const char *const names[] = {"stem", "question", "prompt", "text", "sentence", "scenario"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const json_t *value = json_object_get(item->row, names[i]);
        if (json_is_string(value)) return value;
    }
    return NULL;
}

/* L3 */
static bool check_lost(const struct item *item, struct text prompt, struct parallel_cell *cell, struct arena *arena,
                       struct error *err) {
    const json_t *column = item_column(item);
    if (!column) return true;
    struct text core = text_trim(json_text(column));
    size_t n = core.len < CORE ? core.len : CORE;
    while (n < core.len && ((unsigned char)core.at[n] & 0xc0) == 0x80) n++;
    cell->looked[PARALLEL_LOST]++;
    if (n && text_find(prompt, text_part(core, 0, n), 0) != SIZE_MAX) return true;
    return parallel_find(cell, PARALLEL_LOST, arena, err, "%.*s: '%.*s' is not in the prompt", TEXT_ARG(item->source),
                         (int)n, core.at);
}

/* Whether a letter stands in a text by itself. */
static bool shows(struct text t, struct text letter) {
    for (size_t at = letter.len ? text_find(t, letter, 0) : SIZE_MAX; at != SIZE_MAX;
         at = text_find(t, letter, at + 1)) {
        struct text word = {0};
        size_t from = at;
        if (lexicon_next_word(t, &from, &word) && word.at == t.at + at && word.len == letter.len) return true;
    }
    return false;
}

/* The options are a sequence of letters of the language, whose next one is then known; NULL: they are not. */
static const struct lexicon_phrases *sequence_of(const struct lexicon *l, const struct text *options, size_t n) {
    for (size_t s = 0; s < l->n_letters; s++) {
        const struct lexicon_phrases *letters = &l->letters[s].letters;
        size_t i = 0;
        while (i < n && i < letters->n && text_equal(options[i], letters->at[i])) i++;
        if (i == n) return letters;
    }
    return NULL;
}

/* L9: each option stands in the prompt, no further one does, and the scorer reads each as itself. */
static bool check_options(struct parallel_probe *p, const struct lexicon *l, const struct item *item,
                          struct text prompt, struct parallel_cell *cell, struct arena *arena, struct error *err) {
    struct text *options = arena_new(&p->arena, struct text, item->n_choices, err), shown;
    if (!options || !normal(p, prompt, &shown, err)) return false;
    for (size_t i = 0; i < item->n_choices; i++)
        if (!normal(p, item->choices[i], &options[i], err)) return false;
    const struct lexicon_phrases *letters = sequence_of(l, options, item->n_choices);
    if (!letters) return true;
    cell->looked[PARALLEL_OPTIONS]++;
    for (size_t i = 0; i < item->n_choices; i++) {
        struct verdict v;
        if (!shows(shown, options[i]))
            return parallel_find(cell, PARALLEL_OPTIONS, arena, err, "%.*s: option '%.*s' is not in the prompt",
                                 TEXT_ARG(item->source), TEXT_ARG(item->choices[i]));
        if (!ask_scorer(p, item, item->choices[i], &v, err)) return false;
        if (!v.read || (!isnan(v.acc) && (v.acc > 0) != ((int64_t)i == item->gold_index)))
            return parallel_find(cell, PARALLEL_OPTIONS, arena, err,
                                 "%.*s: the scorer does not read option '%.*s' as itself", TEXT_ARG(item->source),
                                 TEXT_ARG(item->choices[i]));
    }
    if (item->n_choices < letters->n && shows(shown, letters->at[item->n_choices]))
        return parallel_find(cell, PARALLEL_OPTIONS, arena, err,
                             "%.*s: the prompt offers '%.*s', which the item has not", TEXT_ARG(item->source),
                             TEXT_ARG(letters->at[item->n_choices]));
    return true;
}

/* L1: the cell that the gold was read from is an option as the prompt shows it, or a phrase of the language. */
static bool check_gold(struct parallel_probe *p, const struct item *item, const struct verdict *mute,
                       struct parallel_cell *cell, struct arena *arena, struct error *err) {
    const json_t *kept = json_object_get(json_object_get(item->gold, "labels"), "cell");
    struct text said, option;
    bool ok = false;
    if (!json_is_string(kept)) return true;
    cell->looked[PARALLEL_GOLD]++;
    if (!normal(p, json_text(kept), &said, err)) return false;
    for (size_t i = 0; i < item->n_choices && !ok; i++) {
        if (!normal(p, item->choices[i], &option, err)) return false;
        ok = text_equal(said, option);
    }
    if (ok || (!item->n_choices && !isnan(mute->gold))) return true;
    return parallel_find(cell, PARALLEL_GOLD, arena, err, "%.*s: gold '%s'", TEXT_ARG(item->source),
                         json_string_value(kept));
}

/* L4: a word of the item that holds a phrase is answered. */
static bool check_bait(struct parallel_probe *p, const struct lexicon *l, const struct item *item, struct text prompt,
                       struct parallel_cell *cell, struct arena *arena, struct error *err) {
    struct text t, word;
    struct verdict nothing; /* of a word without meaning: where helping and knowing need no phrase, all is read */
    if (item->n_choices) return true;
    if (!normal(p, prompt, &t, err) || !ask_scorer(p, item, TEXT("xyzzy"), &nothing, err)) return false;
    for (int sense = 0; sense < SENSE_KNOWN; sense++) {
        struct verdict v;
        if (!lexicon_has(l, (enum lexicon_sense)sense) ||
            !lexicon_bait(p->lexicons, l, (enum lexicon_sense)sense, t, &word))
            continue;
        cell->looked[PARALLEL_BAIT]++;
        if (!ask_scorer(p, item, word, &v, err)) return false;
        if (v.read && (!nothing.read || v.picked > 0))
            return parallel_find(cell, PARALLEL_BAIT, arena, err, "%.*s: '%.*s' is read as an answer",
                                 TEXT_ARG(item->source), TEXT_ARG(word));
    }
    return true;
}

bool parallel_probe_item(struct parallel_probe *p, const struct item *item, struct parallel_cell *cell,
                         struct arena *arena, double *gold, struct error *err) {
    const struct lexicon *l = lexicon_find(p->lexicons, item->lang);
    struct text prompt;
    struct verdict mute;
    if (!l)
        return error_set(err, ERROR_DATA, "%.*s: item '%.*s': no language '%.*s'; rules/languages.yaml lists them",
                         TEXT_ARG(item->source), TEXT_ARG(item->id), TEXT_ARG(item->lang));
    if (!whole_prompt(p, item, &prompt, err) || !ask_scorer(p, item, TEXT(""), &mute, err)) return false;
    *gold = mute.gold;
    cell->looked[PARALLEL_MUTE]++;
    if (mute.acc > 0 &&
        !parallel_find(cell, PARALLEL_MUTE, arena, err, "%.*s: an empty answer is right", TEXT_ARG(item->source)))
        return false;
    return check_lost(item, prompt, cell, arena, err) && check_gold(p, item, &mute, cell, arena, err) &&
           check_bait(p, l, item, prompt, cell, arena, err) &&
           (item->n_choices < 2 || check_options(p, l, item, prompt, cell, arena, err));
}
