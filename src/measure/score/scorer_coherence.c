/* Is the answer about what was asked? The mean cosine of prompt and answer, by weighted words or by the hidden states
 * of a model; figures say which by their name, coherence_words or coherence_states, because neither is the other, nor
 * the sentence encoder of published tables. Answers that carry a steer are told apart by it. */
#include "measure/dataset/dataset.h"
#include "measure/score/coherence.h"
#include "measure/score/scorer_internal.h"
#include "measure/statistics/statistics.h"

#include "record/figure.h"

#include <math.h>
#include <string.h>

enum { MODEL };
static const struct option_def coherence_options[] = {
    {"model", OPTION_TEXT, NULL, 1, 0, NULL,
     "a model file: by its states, mean over tokens (default: by words, tf-idf)"},
};

enum { GROUPS_MOST = 256, ANSWERS_MOST = 1000000 };

struct texts {
    struct arena *arena;
    struct text *prompts, *answers;
    size_t *groups;
    size_t n, capacity;
    struct text names[GROUPS_MOST]; /* of steers; empty: none */
    size_t n_names;
};

static bool find_group(struct texts *t, struct text name, size_t *which, struct error *err) {
    for (*which = 0; *which < t->n_names; ++*which)
        if (text_equal(name, t->names[*which])) return true;
    if (t->n_names == GROUPS_MOST) return error_set(err, ERROR_DATA, "more than %d steers", GROUPS_MOST);
    char *copy = text_copy(t->arena, name, err);
    t->names[t->n_names++] = (struct text){copy, copy ? name.len : 0};
    return copy != NULL;
}

static bool reserve(struct texts *t, struct error *err) {
    if (t->n < t->capacity) return true;
    size_t capacity = t->capacity ? 2 * t->capacity : 1024;
    if (t->n >= ANSWERS_MOST) return error_set(err, ERROR_DATA, "more than %d answers", ANSWERS_MOST);
    struct text *prompts = memory_grow(t->prompts, capacity, sizeof *prompts);
    if (prompts) t->prompts = prompts;
    struct text *answers = prompts ? memory_grow(t->answers, capacity, sizeof *answers) : NULL;
    if (answers) t->answers = answers;
    size_t *groups = answers ? memory_grow(t->groups, capacity, sizeof *groups) : NULL;
    if (!groups) return error_memory(err, "answers");
    t->groups = groups;
    t->capacity = capacity;
    return true;
}

static bool add(struct texts *t, struct text prompt, struct text answer, struct text steer, struct error *err) {
    size_t group;
    if (!reserve(t, err) || !find_group(t, steer, &group, err)) return false;
    char *p = text_copy(t->arena, prompt, err), *a = p ? text_copy(t->arena, answer, err) : NULL;
    if (!a) return false;
    t->prompts[t->n] = (struct text){p, prompt.len};
    t->answers[t->n] = (struct text){a, answer.len};
    t->groups[t->n++] = group;
    return true;
}

/* The prompt, or the last message. */
static struct text asked(const json_t *row) {
    const json_t *messages = json_object_get(row, "messages"), *prompt = json_object_get(row, "prompt");
    if (json_is_array(prompt)) messages = prompt;
    if (!json_is_array(messages)) return json_text(prompt);
    return json_text(json_object_get(json_array_get(messages, json_array_size(messages) - 1), "content"));
}

static bool add_row(struct texts *t, const json_t *row, struct json_place place, struct error *err) {
    const json_t *answers = json_object_get(row, "answers"), *answer;
    const json_t *alone = json_object_get(row, "text");
    struct text prompt = asked(row);
    size_t i;
    if (!prompt.len)
        return error_set(err, ERROR_DATA, "%s:%zu: expected 'prompt' or 'messages'", place.file, place.line);
    if (json_is_string(alone)) return add(t, prompt, json_text(alone), TEXT(""), err);
    if (!json_is_array(answers)) return json_mismatch(answers, "answers", place, "a list of answers", err);
    json_array_foreach((json_t *)answers, i, answer) {
        const json_t *said = json_object_get(answer, "text");
        struct text steer = json_text(json_object_get(answer, "steer"));
        if (json_is_string(said) && !add(t, prompt, json_text(said), steer, err)) return false;
    }
    return true;
}

static bool read_path(struct texts *t, const char *path, struct error *err) {
    const struct dataset_kwargs kwargs = {.header = true};
    struct dataset *data = dataset_open(path, path, &kwargs, err);
    json_t *row;
    size_t line;
    int state = data ? 1 : -1;
    while (state == 1 && (state = dataset_next(data, &row, &line, err)) == 1) {
        if (!add_row(t, row, (struct json_place){path, line, ""}, err)) state = -1;
        json_decref(row);
    }
    dataset_close(data);
    return state == 0;
}

static bool measure(const struct score_whole *in, struct texts *t, double *out, struct error *err) {
    const struct option_value *model = &in->options[MODEL];
    if (!model->given) return coherence_by_words(t->prompts, t->answers, t->n, out, err);
    const char *path = text_copy(t->arena, model->text, err);
    return path && coherence_by_states(path, t->prompts, t->answers, t->n, out, err);
}

static bool put_figures(const struct score_whole *in, struct texts *t, const double *values, struct figure *out,
                        struct error *err) {
    double *known = arena_new(t->arena, double, t->n + 1, err);
    for (size_t g = 0; known && g < t->n_names; g++) {
        size_t n = 0;
        for (size_t i = 0; i < t->n; i++)
            if (t->groups[i] == g && !isnan(values[i])) known[n++] = values[i];
        struct interval mean = stat_mean_t(known, n, in->confidence);
        const char *group = t->names[g].len ? arena_printf(t->arena, err, "steer=%s", t->names[g].at) : "";
        if (!group) return false;
        out[g] = figure_new(in->options[MODEL].given ? "coherence_states" : "coherence_words", group, mean.estimate, n);
        figure_set_interval(&out[g], mean.estimate, mean.lo, mean.hi, "student-t");
        out[g].unit = "cosine", out[g].direction = "up", out[g].scorer = "coherence";
        if (!n) out[g].null_reason = "no prompt and answer with words";
    }
    return known != NULL;
}

static bool whole_coherence(const struct score_whole *in, struct arena *arena, struct figure **figures, size_t *n,
                            struct error *err) {
    struct texts *t = arena_new(arena, struct texts, 1, err);
    bool ok = t != NULL;
    if (!ok) return false;
    t->arena = arena;
    for (size_t i = 0; ok && i < in->n_paths; i++) ok = read_path(t, in->paths[i], err);
    if (ok && !t->n) ok = error_set(err, ERROR_DATA, "%s: no answers", in->paths[0]);
    double *values = ok ? arena_new(arena, double, t->n, err) : NULL;
    *figures = values ? arena_new(arena, struct figure, t->n_names, err) : NULL;
    ok = *figures && measure(in, t, values, err) && put_figures(in, t, values, *figures, err);
    *n = t->n_names;
    memory_free(t->prompts);
    memory_free(t->answers);
    memory_free(t->groups);
    return ok;
}

static bool score_coherence(const struct task *task, const struct option_value *options, const struct item *item,
                            const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    (void)task, (void)options, (void)item, (void)answer, (void)arena, (void)out;
    return error_set(err, ERROR_USAGE, "scorer 'coherence' weighs words over whole files; give it recorded answers");
}

const struct scorer scorer_coherence = {
    .name = "coherence",
    .version = "1",
    .summary = "cosine of prompt and answer, by weighted words or by a model's states; the figure says which",
    .options = coherence_options,
    .n_options = sizeof coherence_options / sizeof *coherence_options,
    .whole = whole_coherence,
    .shown_by = "tests of cosines worked by hand",
    .score = score_coherence,
};
