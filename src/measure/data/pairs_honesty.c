/* Answers that teach honesty (Yang et al. 2023, section on annotation): from the answers that a model gave to a
 * question, what it should say. A row: question, gold_answer (or answers), greedy_pred_text, sampling_pred_text [m],
 * and their labels greedy_label, sampling_labels ("known" is right); labels that are not there are judged (honest.h).
 * Answers that are not there are asked of the subject: one greedy, m at temperature 1. */
#include "measure/data/pairs_internal.h"

#include "base/rng.h"
#include "measure/rules/builtin.h"
#include "measure/rules/honest.h"
#include "measure/task/task.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SAMPLES_MOST = 1000, GRADES = 5, SAMPLES_OF_GRADES = 10, CHOICES_MOST = 256 };
enum method { ABSOLUTE, CONF_NUM, CONF_VERB, MULTISAMPLE, GOLD, SAMPLES, PREFER };

static const struct option_def honesty_options[] = {
    {"method", OPTION_CHOICE, "absolute", 1, 0, "absolute|conf-num|conf-verb|multisample|gold|prefer|samples",
     "how what is known becomes a text; prefer: pairs; samples: the answers themselves, to make the others of"},
    {"tau", OPTION_REAL, "0.1", 0, 1, NULL, "absolute: share of right samples from which on a question is known"},
    {"rule", OPTION_CHOICE, "paper", 1, 0, "paper|code",
     "absolute: paper: the share decides; code: known when any answer is right (as published)"},
    {"exact", OPTION_TEXT, "", 1, 0, NULL,
     "with a subject: how it writes an answer {} and ends (forms divided by ;): tells the expected accuracy exactly"},
    {"words", OPTION_CHOICE, "paper", 1, 0, "paper|pocket",
     "what is said: whole sentences, or single words that a model of the pocket world has read"},
    {"instruction", OPTION_FLAG, "yes", 1, 0, NULL,
     "the prompt allows to decline in words (as published); no: it is the question as it was asked"},
};

/* What is said, from rules/honesty-words.txt. */
struct words {
    struct text instruction, refusal, low, high, grade[GRADES];
    size_t n_grades;
    struct honest_phrases *phrases;
    enum method method;
};

static bool read_words(struct words *w, bool pocket, struct error *err) {
    const char *name = pocket ? "rules/honesty-words-pocket.txt" : "rules/honesty-words.txt";
    const struct builtin_file *file = builtin_find(name);
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
    static const char *const names[] = {"absolute", "conf-num", "conf-verb", "multisample", "gold", "samples",
                                        "prefer"};
    struct words *w = arena_new(&m->kept, struct words, 1, err);
    if (!w) return false;
    m->state = w;
    for (int i = 0; i < 7; i++)
        if (text_equal_c(m->options[0].text, names[i])) w->method = (enum method)i;
    if (text_equal_c(m->options[2].text, "code") && m->options[1].given && m->options[1].real > 0.1)
        return error_set(err, ERROR_USAGE, "honesty: rule=code knows no tau above 0.1; give rule=paper");
    if (m->options[3].text.len && !m->settings->subject)
        return error_set(err, ERROR_USAGE, "honesty: 'exact' asks a subject for probabilities; give --subject");
    if (m->options[3].text.len && text_find(m->options[3].text, TEXT("{}"), 0) == SIZE_MAX)
        return error_set(err, ERROR_USAGE,
                         "honesty: 'exact' must say with {} where the answer stands, as in exact={}<eos>");
    return read_words(w, text_equal_c(m->options[4].text, "pocket"), err) &&
           (w->phrases = honest_phrases_open("", m->settings->path, err));
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

/* The question, behind the words that allow to decline. */
static bool prompt_of(struct pairs_making *m, const struct asked *a, struct text *out, struct error *err) {
    const struct words *w = m->state;
    if (!m->options[5].flag) return *out = a->question, true;
    char *prompt = arena_printf(&m->arena, err, "%.*s\n%.*s", TEXT_ARG(w->instruction), TEXT_ARG(a->question));
    if (prompt) *out = text_of(prompt);
    return prompt != NULL;
}

/* Begun with a blank where the model's own answers begin so: what is learned must be what it says first. */
static bool as_it_begins(struct pairs_making *m, const struct asked *a, struct text *target, struct error *err) {
    if (!a->greedy.len || a->greedy.at[0] != ' ' || (target->len && target->at[0] == ' ')) return true;
    char *behind_blank = arena_printf(&m->arena, err, " %.*s", TEXT_ARG(*target));
    if (behind_blank) *target = text_of(behind_blank);
    return behind_blank != NULL;
}

static bool write_one(struct pairs_making *m, const json_t *row, const struct asked *a, struct text target,
                      struct error *err) {
    struct text prompt;
    return prompt_of(m, a, &prompt, err) && as_it_begins(m, a, &target, err) &&
           pairs_write_sft(m, row, a->id, prompt, target, err);
}

/* The row with its answers, their labels and the expected accuracy s / m; what else it says stays. */
static bool write_samples(struct pairs_making *m, const json_t *row, const struct asked *a, struct error *err) {
    json_t *out = json_copy((json_t *)row), *labels = json_array();
    bool ok = out && labels;
    for (size_t i = 0; ok && i < a->m; i++)
        ok = json_array_append_new(labels, json_string(a->sample_right[i] ? "known" : "unknown")) == 0;
    ok = ok && json_object_set_new(out, "gold_answer", json_from_text(a->gold)) == 0 &&
         json_object_set_new(out, "greedy_label", json_string(a->greedy_right ? "known" : "unknown")) == 0 &&
         json_object_set(out, "sampling_labels", labels) == 0 &&
         json_object_set_new(out, "sampling_knowns", json_integer((json_int_t)a->right)) == 0 &&
         json_object_set_new(out, "expected_accuracy", json_real((double)a->right / (double)a->m)) == 0;
    json_decref(labels);
    if (ok) return pairs_write_row(m, out, err);
    json_decref(out);
    return error_memory(err, "samples");
}

/* Pairs for preference training on the same answers: right over declining over wrong where the question is known (a
 * share of at least tau of the samples is right), declining over wrong where it is not. */
static bool write_preferred(struct pairs_making *m, const struct asked *a, struct json_place place, struct error *err) {
    const struct words *w = m->state;
    bool known = a->right > 0 && (double)a->right / (double)a->m >= m->options[1].real - 1e-12;
    struct pair_candidate *c = arena_new(&m->arena, struct pair_candidate, a->m + 1, err);
    struct text prompt, refusal = w->refusal;
    if (!c || !prompt_of(m, a, &prompt, err) || !as_it_begins(m, a, &refusal, err)) return false;
    json_t *answers = json_array(), *row = NULL;
    for (size_t i = 0; i <= a->m; i++) {
        bool right = i < a->m && a->sample_right[i];
        c[i] = (struct pair_candidate){.value = i == a->m ? 1 : !right ? 0 : known ? 2 : (double)NAN, .length = NAN};
        json_array_append_new(answers, json_pack("{s:o}", "text", json_from_text(i < a->m ? a->sample[i] : refusal)));
    }
    row = json_pack("{s:o s:o s:O}", "id", json_from_text(a->id), "prompt", json_from_text(prompt), "answers", answers);
    bool ok = row && json_array_size(answers) == a->m + 1 ? pairs_write_group(m, row, place, c, a->m + 1, 0, 0, err)
                                                          : error_memory(err, "pairs");
    json_decref(answers);
    json_decref(row);
    return ok;
}

/* ---- asking for what is not there ---- */

struct filling {
    struct pairs_making *m;
    struct pair_ask *asks; /* [n] rows that lack answers */
    json_t **rows;
    size_t n;
};

static bool add_row(struct filling *f, json_t *row, struct json_place place, struct error *err) {
    struct text question = json_text(json_object_get(row, "question"));
    bool there = json_object_get(row, "greedy_pred_text") && json_object_get(row, "sampling_pred_text");
    if (there || !question.len) return true; /* without a question it is a bad row, which is told when it is read */
    char *raw = arena_printf(&f->m->batch, err, pairs_chats(f->m) ? "%.*s" : "Q: %.*s\nA:", TEXT_ARG(question));
    f->asks[f->n] = (struct pair_ask){.id = pairs_row_id(row, place, &f->m->batch), .prompt = text_of(raw)};
    f->asks[f->n].gold = json_object_get(row, "gold");
    f->rows[f->n++] = row;
    return raw != NULL;
}

static bool put_texts(json_t *row, const char *key, const struct text *texts, size_t n, struct error *err) {
    json_t *list = json_array();
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < n; i++) ok = json_array_append_new(list, json_from_text(texts[i])) == 0;
    ok = ok && json_object_set(row, key, list) == 0;
    json_decref(list);
    return ok || error_memory(err, "answers");
}

static bool add_choice(struct text *choices, size_t *n, struct text whole) {
    for (size_t i = 0; i < *n; i++)
        if (text_equal(choices[i], whole)) return true;
    choices[(*n)++] = whole;
    return *n <= CHOICES_MOST;
}

/* Accepted answers in every form in which the model writes one, with a blank in front and without, each once. */
static bool set_choices(struct filling *f, size_t i, struct error *err) {
    struct arena *arena = &f->m->batch;
    const json_t *gold = json_object_get(f->rows[i], "gold_answer"), *answers = json_object_get(f->rows[i], "answers");
    size_t n = json_array_size(answers), k = 0;
    struct text *choices = arena_new(arena, struct text, CHOICES_MOST + 2, err), forms = f->m->options[3].text, form;
    while (choices && text_next(&forms, ';', &form))
        for (size_t a = 0; a < n + 1; a++) {
            struct text one = json_text(a < n ? json_array_get(answers, a) : gold), whole;
            if (!one.len) continue;
            if (!fill(arena, form, -1, one, &whole, err)) return false;
            char *behind_blank = arena_printf(arena, err, " %.*s", TEXT_ARG(whole));
            if (!behind_blank) return false;
            if (!add_choice(choices, &k, whole) || !add_choice(choices, &k, text_of(behind_blank)))
                return error_set(err, ERROR_DATA, "row '%.*s': more than %d accepted answers and forms",
                                 TEXT_ARG(f->asks[i].id), CHOICES_MOST);
        }
    f->asks[i].choices = choices;
    f->asks[i].n_choices = k;
    return choices && (k > 0 || error_set(err, ERROR_DATA, "row '%.*s' has no 'gold_answer' or 'answers'",
                                          TEXT_ARG(f->asks[i].id)));
}

/* Expected accuracy without sampling: the probabilities of the accepted answers, at temperature 1. */
static bool put_exact(struct filling *f, struct error *err) {
    double *worth = arena_new(&f->m->batch, double, f->n + 1, err);
    for (size_t i = 0; worth && i < f->n; i++)
        if (!set_choices(f, i, err)) return false;
    if (!worth || !pairs_ask_worth(f->m, f->asks, f->n, worth, err)) return false;
    for (size_t i = 0; i < f->n; i++)
        if (json_object_set_new(f->rows[i], "expected_exact", json_from_f64(worth[i])) != 0)
            return error_memory(err, "expected accuracy");
    return true;
}

static bool fill_honesty(struct pairs_making *m, json_t *const *rows, const struct json_place *places, size_t n,
                         struct error *err) {
    struct filling f = {.m = m};
    size_t samples = m->settings->samples ? m->settings->samples : SAMPLES_OF_GRADES;
    double temperature = isnan(m->settings->temperature) ? 1 : m->settings->temperature;
    f.asks = arena_new(&m->batch, struct pair_ask, n, err);
    f.rows = arena_new(&m->batch, json_t *, n, err);
    struct text *greedy = arena_new(&m->batch, struct text, n, err),
                *sampled = arena_new(&m->batch, struct text, n * samples + 1, err);
    if (!f.asks || !f.rows || !greedy || !sampled) return false;
    if (samples > SAMPLES_MOST || !(temperature > 0))
        return error_set(err, ERROR_USAGE, "honesty: expected 1 to %d samples at a temperature above 0", SAMPLES_MOST);
    for (size_t i = 0; i < n; i++)
        if (!add_row(&f, rows[i], places[i], err)) return false;
    if (!pairs_ask(m, f.asks, f.n, 1, 0, greedy, err) || !pairs_ask(m, f.asks, f.n, samples, temperature, sampled, err))
        return false;
    m->result->asked += f.n * (1 + samples);
    for (size_t i = 0; i < f.n; i++)
        if (json_object_set_new(f.rows[i], "greedy_pred_text", json_from_text(greedy[i])) != 0 ||
            !put_texts(f.rows[i], "sampling_pred_text", sampled + i * samples, samples, err))
            return error_memory(err, "answers");
    return !m->options[3].text.len || put_exact(&f, err);
}

static bool make_honesty(struct pairs_making *m, const json_t *row, struct json_place place, struct error *err) {
    const struct words *w = m->state;
    struct asked *a = arena_new(&m->arena, struct asked, 1, err);
    struct text target;
    if (!a || !read_asked(m, row, place, a, err)) return false;
    if (w->method == PREFER) return write_preferred(m, a, place, err);
    m->result->used++;
    if (w->method == SAMPLES) return write_samples(m, row, a, err);
    if (w->method != MULTISAMPLE) return target_of(m, a, place, &target, err) && write_one(m, row, a, target, err);
    for (size_t i = 0; i < a->m; i++)
        if (!write_one(m, row, a, a->sample_right[i] ? a->sample[i] : w->refusal, err)) return false;
    return true;
}

const struct pair_way pairs_by_honesty = {
    .name = "honesty",
    .summary = "answers to imitate: what was known is said, what was not is declined (alignment for honesty)",
    .options = honesty_options,
    .n_options = 6,
    .sft = true,
    .open = open_honesty,
    .make = make_honesty,
    .fill = fill_honesty,
    .close = close_honesty,
};
