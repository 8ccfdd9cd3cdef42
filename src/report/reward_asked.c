/* Rewards by asking: see reward_asked.h. */
#include "report/reward_asked.h"

#include "base/hash.h"
#include "measure/rules/builtin.h"
#include "subject/subject.h"

#include <math.h>
#include <string.h>

enum { SUBJECT, RATING_OPTIONS };
static const struct option_def rating_options[RATING_OPTIONS] = {
    {"subject", OPTION_TEXT, NULL, 1, 0, NULL, "who rates answers"},
};
enum { MODEL, REFERENCE, BETA, RATIO_OPTIONS };
static const struct option_def ratio_options[RATIO_OPTIONS] = {
    {"model", OPTION_TEXT, NULL, 1, 0, NULL, "the aligned model"},
    {"reference", OPTION_TEXT, NULL, 1, 0, NULL, "the model as it was before"},
    {"beta", OPTION_REAL, "1", 1e-9, 1e9, NULL, "strength of the alignment"},
};

enum { RATING_TOKENS = 8, RATED_MOST = 1 << 22 };

struct rated {
    uint64_t key; /* 0: free */
    double reward;
};

struct reward_asked {
    struct lm_builtin builtins[3];
    struct subject *subjects[2]; /* the second of log-ratio alone */
    double beta;
    struct arena arena;          /* of one call */
    struct rated *rated;         /* a table by key */
    size_t n_rated, capacity;
};

bool reward_asked_is(const char *spec) {
    struct text name = spec_name(text_of(spec));
    return text_equal_c(name, "rating") || text_equal_c(name, "log-ratio");
}

/* ---- opening ---- */

/* The models that are part of the program. */
static struct lm_builtins builtins_of(struct lm_builtin models[3]) {
    static const char *const names[3] = {"pocket", "pocket-base", "pocket-help"};
    char path[64];
    size_t n = 0;
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "pocket/%s.gguf", names[i]);
        const struct builtin_file *file = builtin_find(path);
        if (file) models[n++] = (struct lm_builtin){names[i], file->at, (size_t)(file->end - file->at)};
    }
    return (struct lm_builtins){models, n};
}

void reward_asked_name(const struct reward_asked *a, const char *spec, char *out, size_t size) {
    snprintf(out, size, "%.3800s (%s%s%s)", spec, a->subjects[0]->digest, a->subjects[1] ? ", " : "",
             a->subjects[1] ? a->subjects[1]->digest : "");
}

static bool open_subject(struct reward_asked *a, size_t which, const struct option_value *of, const char *key,
                         const char *path, size_t threads, int needs, struct error *err) {
    struct subject_settings settings = {
        .threads = threads, .path = path, .retries = -1, .quiet = true, .builtins = builtins_of(a->builtins)};
    if (!of->given) return error_set(err, ERROR_USAGE, "reward: give %s=SPEC", key);
    return (a->subjects[which] = subject_open(of->text, &settings, err)) &&
           subject_require(a->subjects[which], needs, "a reward", err);
}

static bool open_all(struct reward_asked *a, const char *spec, const char *path, size_t threads, struct error *err) {
    struct text t = text_of(spec);
    if (text_equal_c(spec_name(t), "rating")) {
        const struct option_value *v = spec_parse(&a->arena, t, rating_options, RATING_OPTIONS, err);
        return v && open_subject(a, 0, &v[SUBJECT], "subject", path, threads, SUBJECT_GENERATES, err);
    }
    const struct option_value *v = spec_parse(&a->arena, t, ratio_options, RATIO_OPTIONS, err);
    if (!v) return false;
    a->beta = v[BETA].real;
    return open_subject(a, 0, &v[MODEL], "model", path, threads, SUBJECT_SCORES | SUBJECT_TOKEN_LOGPROBS,
                        err) &&
           open_subject(a, 1, &v[REFERENCE], "reference", path, threads, SUBJECT_SCORES | SUBJECT_TOKEN_LOGPROBS,
                        err);
}

struct reward_asked *reward_asked_open(const char *spec, const char *path, size_t threads, struct error *err) {
    struct reward_asked *a = memory_zeroed(1, sizeof *a);
    if (!a) return error_memory(err, "reward"), NULL;
    arena_init(&a->arena, (size_t)256 << 20);
    if (open_all(a, spec, path, threads, err)) return a;
    reward_asked_close(a);
    return NULL;
}

void reward_asked_close(struct reward_asked *a) {
    if (!a) return;
    subject_close(a->subjects[0]);
    subject_close(a->subjects[1]);
    arena_done(&a->arena);
    memory_free(a->rated);
    memory_free(a);
}

/* ---- what was asked ---- */

static const json_t *messages_of(const json_t *row) {
    const json_t *prompt = json_object_get(row, "prompt");
    return json_is_array(prompt) ? prompt : json_object_get(row, "messages");
}

/* The row's prompt into the ask, texts borrowed from the row. */
static bool put_prompt(struct reward_asked *a, const json_t *row, struct ask *ask, struct error *err) {
    const json_t *messages = messages_of(row);
    size_t n = json_array_size(messages);
    if (!n) return ask->prompt = json_text(json_object_get(row, "prompt")), true;
    struct message *list = arena_new(&a->arena, struct message, n, err);
    for (size_t i = 0; list && i < n; i++) {
        const json_t *one = json_array_get(messages, i);
        list[i] = (struct message){json_text(json_object_get(one, "role")), json_text(json_object_get(one, "content"))};
    }
    ask->messages = list;
    ask->n_messages = n;
    return list != NULL;
}

/* ---- ratings ---- */

static uint64_t key_of(const struct reward_ask *ask) {
    const json_t *messages = messages_of(ask->row);
    uint64_t parts[3] = {hash_xxh3(ask->answer.at ? ask->answer.at : "", ask->answer.len), 0, 0};
    struct text prompt = json_text(json_object_get(ask->row, "prompt"));
    parts[1] = hash_xxh3(prompt.at ? prompt.at : "", prompt.len);
    for (size_t i = 0; i < json_array_size(messages); i++) {
        struct text t = json_text(json_object_get(json_array_get(messages, i), "content"));
        const uint64_t two[2] = {parts[2], hash_xxh3(t.at ? t.at : "", t.len)};
        parts[2] = hash_xxh3(two, sizeof two);
    }
    uint64_t key = hash_xxh3(parts, sizeof parts);
    return key ? key : 1;
}

/* Its place, or the free one where it belongs. */
static struct rated *place_of(struct rated *table, size_t capacity, uint64_t key) {
    size_t i = (size_t)key & (capacity - 1);
    while (table[i].key && table[i].key != key) i = (i + 1) & (capacity - 1);
    return &table[i];
}

static bool grow(struct reward_asked *a, size_t more, struct error *err) {
    size_t capacity = a->capacity ? a->capacity : 1024;
    while (capacity < 2 * (a->n_rated + more)) capacity *= 2;
    if (capacity == a->capacity) return true;
    if (capacity > RATED_MOST) { /* forget, and ask again */
        memory_free(a->rated);
        a->rated = NULL;
        a->n_rated = a->capacity = 0;
        for (capacity = 1024; capacity < 2 * more;) capacity *= 2;
    }
    struct rated *table = memory_zeroed(capacity, sizeof *table);
    if (!table) return error_memory(err, "ratings");
    for (size_t i = 0; i < a->capacity; i++)
        if (a->rated[i].key) *place_of(table, capacity, a->rated[i].key) = a->rated[i];
    memory_free(a->rated);
    a->rated = table;
    a->capacity = capacity;
    return true;
}

/* The first number of the reply; false: it is none from 1 to 10. */
static bool read_rating(struct text said, double *out) {
    for (size_t i = 0; i < said.len; i++) {
        size_t end = i;
        while (end < said.len && ((said.at[end] >= '0' && said.at[end] <= '9') || said.at[end] == '.')) end++;
        if (end == i) continue;
        while (end > i && said.at[end - 1] == '.') end--;
        return text_to_f64(text_part(said, i, end), out) && *out >= 1 && *out <= 10;
    }
    return false;
}

struct rating {
    struct reward_asked *asked;
    const uint64_t *keys;
};

static bool keep_rating(void *context, const struct answer *answer, struct error *err) {
    struct rating *r = context;
    double number;
    if (answer->error.kind) return *err = answer->error, false;
    if (!read_rating(answer->text, &number))
        return error_set(err, ERROR_DATA, "the rating '%.*s' is no number from 1 to 10",
                         (int)(answer->text.len < 60 ? answer->text.len : 60), answer->text.at);
    struct rated *place = place_of(r->asked->rated, r->asked->capacity, r->keys[answer->ask]);
    r->asked->n_rated += !place->key;
    *place = (struct rated){r->keys[answer->ask], (number - 1) / 9};
    return true;
}

static bool put_question(struct reward_asked *a, const struct reward_ask *of, struct ask *ask, struct error *err) {
    struct ask asked = {0};
    struct buffer b;
    buffer_init(&b, (size_t)16 << 20);
    bool ok = put_prompt(a, of->row, &asked, err);
    buffer_put_c(&b, "Rate the answer to the request: relevance, accuracy, depth, detail. Do not mind where it is cut "
                     "off.\n\n");
    for (size_t i = 0; ok && i < asked.n_messages; i++)
        buffer_printf(&b, "%.*s: %.*s\n", TEXT_ARG(asked.messages[i].role), TEXT_ARG(asked.messages[i].text));
    if (ok && !asked.n_messages) buffer_printf(&b, "Request: %.*s\n", TEXT_ARG(asked.prompt));
    buffer_printf(&b, "Answer: %.*s\n\nSay one number from 1 (worst) to 10 (best), and nothing else.",
                  TEXT_ARG(of->answer));
    ok = ok && buffer_check(&b, "a question", err);
    char *copy = ok ? arena_copy(&a->arena, b.at, b.len, err) : NULL;
    struct message *message = copy ? arena_new(&a->arena, struct message, 1, err) : NULL;
    if (message) *message = (struct message){TEXT("user"), {copy, b.len}};
    *ask = (struct ask){.kind = ASK_GENERATE, .messages = message, .n_messages = 1, .samples = 1,
                        .max_tokens = RATING_TOKENS, .top_p = 1, .seed = 1};
    buffer_done(&b);
    return message != NULL;
}

static bool rate(struct reward_asked *a, const struct reward_ask *asks, size_t n, struct reward_result *results,
                 struct error *err) {
    struct ask *questions = arena_new(&a->arena, struct ask, n + 1, err);
    uint64_t *keys = questions ? arena_new(&a->arena, uint64_t, n + 1, err) : NULL;
    uint64_t *all = keys ? arena_new(&a->arena, uint64_t, n + 1, err) : NULL;
    size_t open = 0;
    if (!all || !grow(a, n, err)) return false;
    for (size_t i = 0; i < n; i++) {
        all[i] = key_of(&asks[i]);
        bool known = place_of(a->rated, a->capacity, all[i])->key != 0;
        for (size_t k = 0; k < open && !known; k++) known = keys[k] == all[i];
        if (known) continue;
        if (!put_question(a, &asks[i], &questions[open], err)) return false;
        keys[open++] = all[i];
    }
    struct rating r = {a, keys};
    if (!subject_ask(a->subjects[0], questions, open, keep_rating, &r, err)) return false;
    for (size_t i = 0; i < n; i++)
        results[i] = (struct reward_result){.reward = place_of(a->rated, a->capacity, all[i])->reward};
    return true;
}

/* ---- log-ratios ---- */

static bool keep_score(void *context, const struct answer *answer, struct error *err) {
    double *out = context;
    if (answer->error.kind) return *err = answer->error, false;
    out[answer->ask] = answer->choices[0].logprob;
    return true;
}

static bool ratio(struct reward_asked *a, const struct reward_ask *asks, size_t n, struct reward_result *results,
                  struct error *err) {
    struct ask *scored = arena_new(&a->arena, struct ask, n + 1, err);
    struct text *answers = scored ? arena_new(&a->arena, struct text, n + 1, err) : NULL;
    double *said[2] = {NULL, NULL};
    size_t *which = answers ? arena_new(&a->arena, size_t, n + 1, err) : NULL, some = 0;
    for (int m = 0; m < 2; m++) said[m] = which ? arena_new(&a->arena, double, n + 1, err) : NULL;
    if (!said[0] || !said[1]) return false;
    for (size_t i = 0; i < n; i++) {
        results[i] = (struct reward_result){.reward = 0};
        if (text_trim(asks[i].answer).len == 0) continue; /* nothing has no ratio */
        answers[some] = asks[i].answer;
        scored[some] = (struct ask){.kind = ASK_SCORE, .choices = &answers[some], .n_choices = 1, .samples = 1};
        if (!put_prompt(a, asks[i].row, &scored[some], err)) return false;
        which[some++] = i;
    }
    for (int m = 0; m < 2; m++)
        if (!subject_ask(a->subjects[m], scored, some, keep_score, said[m], err)) return false;
    for (size_t i = 0; i < some; i++) results[which[i]].reward = a->beta * (said[0][i] - said[1][i]);
    return true;
}

bool reward_asked_judge(void *context, const struct reward_ask *asks, size_t n, struct reward_result *results,
                        struct error *err) {
    struct reward_asked *a = context;
    arena_reset(&a->arena);
    return a->subjects[1] ? ratio(a, asks, n, results, err) : rate(a, asks, n, results, err);
}
