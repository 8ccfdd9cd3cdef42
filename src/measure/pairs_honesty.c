/* Answers that teach honesty (Yang et al. 2023, section on annotation): from the answers that a model gave to a
 * question, what it should say. A row: question, gold_answer (or answers), greedy_pred_text, sampling_pred_text [m],
 * and their labels greedy_label, sampling_labels ("known" is right); labels that are not there are judged (honest.h).
 */
#include "measure/pairs_internal.h"

#include "base/rng.h"
#include "measure/honest.h"
#include "measure/task.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { SAMPLES_MOST = 1000, GRADES = 5, SAMPLES_OF_GRADES = 10 };
enum method { ABSOLUTE, CONF_NUM, CONF_VERB, MULTISAMPLE, GOLD };

static const struct option_def honesty_options[] = {
    {"method", OPTION_CHOICE, "absolute", 1, 0, "absolute|conf-num|conf-verb|multisample|gold",
     "how what is known becomes a text"},
    {"tau", OPTION_REAL, "0.1", 0, 1, NULL, "absolute: share of right samples from which on a question is known"},
    {"rule", OPTION_CHOICE, "paper", 1, 0, "paper|code",
     "absolute: paper: the share decides; code: known when any answer is right (as published)"},
};

/* What is said, from rules/honesty-words.txt. */
struct words {
    struct text instruction, refusal, low, high, grade[GRADES];
    size_t n_grades;
    struct honest_phrases *phrases;
    enum method method;
};

static bool read_words(struct words *w, struct error *err) {
    const struct builtin_file *file = builtin_find("rules/honesty-words.txt");
    struct text rest, line;
    if (!file) return error_set(err, ERROR_ENVIRONMENT, "the words of honesty are not part of this build");
    rest = (struct text){(const char *)file->at, (size_t)(file->end - file->at)};
    while (text_next(&rest, '\n', &line)) {
        size_t colon = text_find(line, TEXT(": "), 0);
        if (colon == SIZE_MAX || line.at[0] == '#') continue;
        struct text key = text_part(line, 0, colon), value = text_trim(text_part(line, colon + 2, line.len));
        struct text *to = text_equal_c(key, "instruction") ? &w->instruction
                          : text_equal_c(key, "refusal")   ? &w->refusal
                          : text_equal_c(key, "low")       ? &w->low
                          : text_equal_c(key, "high")      ? &w->high
                          : w->n_grades < GRADES           ? &w->grade[w->n_grades++]
                                                           : NULL;
        if (to) *to = value;
    }
    return w->n_grades == GRADES || error_set(err, ERROR_ENVIRONMENT, "the words of honesty lack grades");
}

static bool open_honesty(struct pairs_making *m, struct error *err) {
    static const char *const names[] = {"absolute", "conf-num", "conf-verb", "multisample", "gold"};
    struct words *w = arena_new(&m->kept, struct words, 1, err);
    if (!w) return false;
    m->state = w;
    for (int i = 0; i < 5; i++)
        if (text_equal_c(m->options[0].text, names[i])) w->method = (enum method)i;
    if (text_equal_c(m->options[2].text, "code") && m->options[1].given && m->options[1].real > 0.1)
        return error_set(err, ERROR_USAGE, "honesty: rule=code knows no tau above 0.1; give rule=paper");
    return read_words(w, err) && (w->phrases = honest_phrases_open("", m->settings->path, err));
}

static void close_honesty(struct pairs_making *m) {
    struct words *w = m->state;
    if (w) honest_phrases_close(w->phrases);
}

/* ---- what the model said ---- */

struct asked {
    struct text id, question, gold, greedy;
    bool greedy_right;
    size_t m, right; /* samples, right ones */
    struct text sample[SAMPLES_MOST];
    bool sample_right[SAMPLES_MOST];
};

static bool label_of(const json_t *label, const char *key, struct json_place place, bool *right, struct error *err) {
    *right = text_equal_c(json_text(label), "known");
    return *right || text_equal_c(json_text(label), "unknown") ||
           json_mismatch(label, key, place, "known or unknown", err);
}

/* By its label, or by judging the text against the accepted answers. */
static bool is_right(struct pairs_making *m, const struct asked *a, const json_t *row, const json_t *label,
                     const char *key, struct text said, struct json_place place, bool *right, struct error *err) {
    const struct words *w = m->state;
    const struct honest_rule rule = {.least = 2};
    const json_t *answers = json_object_get(row, "answers");
    struct honest_verdict v;
    if (label) return label_of(label, key, place, right, err);
    size_t n = json_array_size(answers);
    struct text *accepted = arena_new(&m->arena, struct text, n + 1, err);
    if (!accepted) return false;
    accepted[0] = a->gold;
    for (size_t i = 0; i < n; i++) accepted[i + 1] = json_text(json_array_get(answers, i));
    if (!honest_judge(w->phrases, &rule, a->question, said, accepted, n + 1, &m->arena, &v, err)) return false;
    return *right = v.type == HONEST_CORRECT, true;
}

static bool read_samples(struct pairs_making *m, const json_t *row, struct json_place place, struct asked *a,
                         struct error *err) {
    const json_t *texts = json_object_get(row, "sampling_pred_text"), *labels = json_object_get(row, "sampling_labels");
    const json_t *knowns = json_object_get(row, "sampling_knowns");
    a->m = json_array_size(texts);
    if (!json_is_array(texts) || a->m == 0 || a->m > SAMPLES_MOST)
        return json_mismatch(texts, "sampling_pred_text", place, "a list of 1 to 1000 answers", err);
    if (labels && json_array_size(labels) != a->m)
        return error_set(err, ERROR_DATA,
                         "%s:%zu: field 'sampling_labels': expected %zu labels, one for each sample, found %zu",
                         place.file, place.line, a->m, json_array_size(labels));
    for (size_t i = 0; i < a->m; i++) {
        a->sample[i] = json_text(json_array_get(texts, i));
        if (!json_is_string(json_array_get(texts, i)))
            return json_mismatch(json_array_get(texts, i), "sampling_pred_text", place, "texts", err);
        if (!is_right(m, a, row, labels ? json_array_get(labels, i) : NULL, "sampling_labels", a->sample[i], place,
                      &a->sample_right[i], err))
            return false;
        a->right += a->sample_right[i];
    }
    if (!knowns || json_integer_value(knowns) == (json_int_t)a->right) return true;
    return error_set(err, ERROR_DATA,
                     "%s:%zu: field 'sampling_knowns': expected %zu, as many as are labelled known, found %lld",
                     place.file, place.line, a->right, (long long)json_integer_value(knowns));
}

static bool read_asked(struct pairs_making *m, const json_t *row, struct json_place place, struct asked *a,
                       struct error *err) {
    const json_t *gold = json_object_get(row, "gold_answer"), *answers = json_object_get(row, "answers");
    *a = (struct asked){.id = pairs_row_id(row, place, &m->arena)};
    if (!json_get_text(row, "question", place, &a->question, err) ||
        !json_get_text(row, "greedy_pred_text", place, &a->greedy, err))
        return false;
    a->gold = json_text(gold ? gold : json_array_get(answers, 0));
    if (!a->gold.len)
        return json_mismatch(gold ? gold : answers, gold ? "gold_answer" : "answers", place,
                             "an answer that is not empty", err);
    return is_right(m, a, row, json_object_get(row, "greedy_label"), "greedy_label", a->greedy, place, &a->greedy_right,
                    err) &&
           read_samples(m, row, place, a, err);
}

/* ---- what it should say ---- */

/* The greedy answer where it is right; else a right sample: the first, or one that is drawn. Empty: none is right. */
static struct text right_answer(const struct pairs_making *m, const struct asked *a, bool drawn) {
    if (a->greedy_right) return a->greedy;
    if (!a->right) return TEXT("");
    char name[300];
    snprintf(name, sizeof name, "honesty/%.*s", (int)(a->id.len < 256 ? a->id.len : 256), a->id.at);
    struct rng rng = rng_stream_text(m->settings->seed, text_of(name));
    size_t which = drawn ? rng_below(&rng, a->right) : 0;
    for (size_t i = 0; i < a->m; i++)
        if (a->sample_right[i] && which-- == 0) return a->sample[i];
    return TEXT("");
}

/* A letter of an option stays as it is; else the first letter is made small. */
static struct text begin_small(struct text t, struct arena *arena, struct error *err) {
    char *copy = text_copy(arena, text_trim(t), err);
    size_t n = text_trim(t).len;
    bool option = n == 1 || (n > 1 && (copy[1] == ')' || copy[1] == '.'));
    if (copy && n && !option) copy[0] = (char)tolower((unsigned char)copy[0]);
    return (struct text){copy, n};
}

/* Puts a percentage (-1: none) and then the answer where {} stands. */
static bool fill(struct arena *arena, struct text pattern, int percent, struct text answer, struct text *out,
                 struct error *err) {
    struct buffer b;
    buffer_init(&b, (size_t)16 << 20);
    for (size_t i = 0; i < pattern.len;) {
        if (!text_starts(text_part(pattern, i, pattern.len), TEXT("{}"))) {
            buffer_put_char(&b, pattern.at[i++]);
            continue;
        }
        if (percent >= 0)
            buffer_printf(&b, "%d", percent);
        else
            buffer_put_text(&b, answer);
        percent = -1;
        i += 2;
    }
    char *kept = buffer_check(&b, "answer", err) ? text_copy(arena, buffer_text(&b), err) : NULL;
    *out = (struct text){kept, b.len};
    buffer_done(&b);
    return kept != NULL;
}

static bool with_confidence(struct pairs_making *m, const struct asked *a, struct json_place place, struct text *out,
                            struct error *err) {
    const struct words *w = m->state;
    if (a->m != SAMPLES_OF_GRADES)
        return error_set(err, ERROR_DATA, "%s:%zu: grades are made for %d samples, found %zu", place.file, place.line,
                         SAMPLES_OF_GRADES, a->m);
    struct text answer = right_answer(m, a, false);
    if (!a->right) return *out = w->refusal, true;
    if (w->method == CONF_NUM)
        return fill(&m->arena, a->right <= 5 ? w->low : w->high, (int)(10 * a->right), answer, out, err);
    answer = begin_small(answer, &m->arena, err);
    return answer.at && fill(&m->arena, w->grade[(a->right - 1) / 2], -1, answer, out, err);
}

static bool target_of(struct pairs_making *m, const struct asked *a, struct json_place place, struct text *out,
                      struct error *err) {
    const struct words *w = m->state;
    bool code = text_equal_c(m->options[2].text, "code");
    if (w->method == CONF_NUM || w->method == CONF_VERB) return with_confidence(m, a, place, out, err);
    bool known = w->method == GOLD || code
                     ? a->greedy_right || a->right > 0
                     : a->right > 0 && (double)a->right / (double)a->m >= m->options[1].real - 1e-12;
    struct text right = known ? right_answer(m, a, w->method == ABSOLUTE && !code) : TEXT("");
    *out = known ? right : w->method == GOLD ? a->gold : w->refusal;
    return true;
}

static bool write_one(struct pairs_making *m, const json_t *row, const struct asked *a, struct text target,
                      struct error *err) {
    const struct words *w = m->state;
    char *prompt = arena_printf(&m->arena, err, "%.*s\n%.*s", TEXT_ARG(w->instruction), TEXT_ARG(a->question));
    return prompt && pairs_write_sft(m, row, a->id, text_of(prompt), target, err);
}

static bool make_honesty(struct pairs_making *m, const json_t *row, struct json_place place, struct error *err) {
    const struct words *w = m->state;
    struct asked *a = arena_new(&m->arena, struct asked, 1, err);
    struct text target;
    if (!a || !read_asked(m, row, place, a, err)) return false;
    m->result->used++;
    if (w->method != MULTISAMPLE) return target_of(m, a, place, &target, err) && write_one(m, row, a, target, err);
    for (size_t i = 0; i < a->m; i++)
        if (!write_one(m, row, a, a->sample_right[i] ? a->sample[i] : w->refusal, err)) return false;
    return true;
}

const struct pair_way pairs_by_honesty = {
    .name = "honesty",
    .summary = "answers to imitate: what was known is said, what was not is declined (alignment for honesty)",
    .options = honesty_options,
    .n_options = 3,
    .sft = true,
    .open = open_honesty,
    .make = make_honesty,
    .close = close_honesty,
};
