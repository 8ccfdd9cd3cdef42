/* Transcripts of speech against what was said: word or character errors (measure/rules/transcript.h). With pair=yes the
 * answer holds two transcripts, of the clean recording and of the other one, with a line of four dashes between them:
 * then the first is the reference (cross-modal word error rate, AudioTrust, Li et al. 2025), so that the figure has no
 * part in the transcriber's own errors; `same` tells whether both give the same answer. */
#include "measure/rules/match.h"
#include "measure/rules/transcript.h"
#include "measure/score/scorer_internal.h"

#include <math.h>
#include <stdio.h>

enum { BY, PAIR, WORDS, OPTIONS };
static const struct option_def wer_options[OPTIONS] = {
    [BY] = {"by", OPTION_CHOICE, "auto", 1, 0, "auto|words|characters",
            "what is counted; auto: characters where the reference is written without blanks"},
    [PAIR] = {"pair", OPTION_FLAG, "no", 1, 0, NULL,
              "the answer is two transcripts with a line ---- between them; the first is the reference"},
    [WORDS] = {"words", OPTION_TEXT, "", 1, 0, NULL, "file of words to normalise by; empty: rules/speech-words.txt"},
};

static void *open_words(const struct option_value *options, const char *path, struct error *err) {
    char name[4096];
    snprintf(name, sizeof name, "%.*s", TEXT_ARG(options[WORDS].text));
    return transcript_words_open(name, path, err);
}

static void close_words(void *state) {
    transcript_words_close(state);
}

static const char *digest_of(const void *state) {
    return transcript_words_digest(state);
}

static enum transcript_unit unit_of(const struct option_value *options, struct text reference) {
    if (text_equal_c(options[BY].text, "words")) return TRANSCRIPT_WORDS;
    return text_equal_c(options[BY].text, "characters") ? TRANSCRIPT_CHARACTERS : transcript_unit_of(reference);
}

struct heard {
    const struct transcript_words *words;
    const struct option_value *options;
    struct text said; /* in normal form */
    struct transcript_errors best;
    bool any; /* there was a reference that is not empty */
};

static double rate(const struct transcript_errors *e) {
    return (double)(e->substituted + e->deleted + e->inserted) / (double)e->length;
}

/* Of several references the one with the lowest rate. */
static bool compare(struct heard *h, struct text reference, struct arena *arena, struct error *err) {
    struct transcript_errors e;
    struct text normal;
    if (!transcript_normal(h->words, reference, arena, &normal, err) ||
        !transcript_errors_of(normal, h->said, unit_of(h->options, normal), arena, &e, err))
        return false;
    if (e.length == 0 || (h->any && rate(&e) >= rate(&h->best))) return true;
    h->any = true;
    h->best = e;
    return true;
}

/* The last number, else all words. */
static bool same_answer(const struct transcript_words *words, struct text a, struct text b, struct arena *arena,
                        bool *same, struct error *err) {
    struct text x, y, where;
    double m, n;
    if (!transcript_normal(words, a, arena, &x, err) || !transcript_normal(words, b, arena, &y, err)) return false;
    bool of_x = number_in(x, true, &m, &where), of_y = number_in(y, true, &n, &where);
    *same = of_x && of_y ? m == n : of_x == of_y && text_equal(x, y);
    return true;
}

static bool take_pair(struct heard *h, const struct item *item, struct text t, struct arena *arena, struct score *out,
                      struct error *err) {
    static const struct text line = TEXT("\n----\n");
    size_t at = text_find(t, line, 0);
    bool same;
    if (at == SIZE_MAX)
        return error_set(err, ERROR_DATA, "%.*s: expected two transcripts with a line ---- between them",
                         TEXT_ARG(item->source));
    struct text first = text_part(t, 0, at), second = text_part(t, at + line.len, t.len);
    return transcript_normal(h->words, second, arena, &h->said, err) && compare(h, first, arena, err) &&
           same_answer(h->words, first, second, arena, &same, err) && score_part(out, "same", same, err);
}

static bool take_references(struct heard *h, const struct item *item, struct text t, struct arena *arena,
                            struct error *err) {
    if (!item->n_gold_texts) return error_set(err, ERROR_DATA, "%.*s: no reference transcript", TEXT_ARG(item->source));
    if (!transcript_normal(h->words, t, arena, &h->said, err)) return false;
    for (size_t i = 0; i < item->n_gold_texts; i++)
        if (!compare(h, item->gold_texts[i], arena, err)) return false;
    return true;
}

static bool score_wer(const struct task *task, const struct option_value *options, const struct item *item,
                      const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    struct heard h = {.words = task_scorer_state(task), .options = options};
    struct text t;
    if (!score_read(task, item, answer->text, arena, &t, &out->parsed, err)) return false;
    out->parsed = PARSED_OK; /* silence is a transcript, too */
    bool ok = options[PAIR].flag ? take_pair(&h, item, answer->text, arena, out, err)
                                 : take_references(&h, item, t, arena, err);
    if (!ok) return false;
    if (!score_part(out, "no_reference", !h.any, err)) return false;
    out->label = h.any ? TEXT("heard") : TEXT("no reference");
    if (!h.any) return true;
    out->value = rate(&h.best);
    return score_part(out, "word_errors", out->value, err) &&
           score_part(out, "substituted", (double)h.best.substituted, err) &&
           score_part(out, "deleted", (double)h.best.deleted, err) &&
           score_part(out, "inserted", (double)h.best.inserted, err) &&
           score_part(out, "reference_words", (double)h.best.length, err);
}

#define FIGURES                                                                                                        \
    "wer, wer_mean, {metric: wer, of: substituted}, {metric: wer, of: deleted}, {metric: wer, of: inserted}, "         \
    "no_reference"

static const char *figures_by(const struct option_value *options) {
    return options[PAIR].flag ? "[" FIGURES ", same_answer]" : "[" FIGURES "]";
}

const struct scorer scorer_wer = {
    .name = "wer",
    .version = "1",
    .summary = "transcripts: substituted, deleted and inserted words (or characters) against what was said",
    .metrics = "[" FIGURES "]",
    .metrics_by = figures_by,
    .options = wer_options,
    .n_options = OPTIONS,
    .open = open_words,
    .close = close_words,
    .digest = digest_of,
    .exact = true,
    .explains = true,
    .score = score_wer,
};
