/* Samples of lm-evaluation-harness: samples_TASK_TIME.jsonl, a line for each item and filter, with doc, target,
 * arguments, resps, filtered_resps and a number for each of its metrics; and results_TIME.json beside them, which names
 * the model and whose figures the samples must give. Metrics that are known here by the same name are figures of the
 * task; each other one, and each further filter, is a task of its own, TASK/NAME. */
#include "measure/exchange/foreign.h"
#include "measure/exchange/log_import.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#define FILE_MOST ((size_t)256 << 20)
#define REQUESTS_MOST 1024

struct log_reader {
    const struct log_sink *sink;
    struct arena arena; /* of the row */
    const char *shown;
    char task[512];
    char filter[128]; /* the first one seen: the task's own */
};

/* ---- names */

/* "samples_TASK_2026-08-21T10-00-00.123.jsonl": what stands between the first and the time. */
static void task_of_name(const char *shown, char out[512]) {
    struct text t = text_of(shown);
    if (text_starts(t, TEXT("samples_"))) t = text_part(t, 8, t.len);
    if (text_ends(t, TEXT(".jsonl"))) t.len -= 6;
    for (size_t i = t.len; i-- > 0;)
        if (t.at[i] == '_' && t.len - i > 11 && isdigit((unsigned char)t.at[i + 1]) && t.at[i + 5] == '-' &&
            t.at[i + 8] == '-') {
            t.len = i;
            break;
        }
    snprintf(out, 512, "%.*s", (int)(t.len < 500 ? t.len : 500), t.at);
}

/* Metrics whose meaning is the same here, and the part of the score they read. */
static const char *const known_metrics[] = {"acc", "acc_norm", "exact_match", "mc1", "mc2"};
enum { KNOWN = sizeof known_metrics / sizeof *known_metrics };

static bool is_known(const char *name) {
    for (size_t i = 0; i < KNOWN; i++)
        if (strcmp(name, known_metrics[i]) == 0) return true;
    return false;
}

/* ---- requests: contexts and continuations */

/* One request: {"arg_0": .., "arg_1": ..} or a list; its n-th argument. */
static const json_t *argument(const json_t *request, size_t n) {
    char key[16];
    if (json_is_array(request)) return json_array_get(request, n);
    snprintf(key, sizeof key, "arg_%zu", n);
    return json_object_get(request, key);
}

/* The i-th request of {"gen_args_0": ...} or of a list. */
static const json_t *request_of(const json_t *arguments, size_t i) {
    char key[32];
    if (json_is_array(arguments)) return json_array_get(arguments, i);
    snprintf(key, sizeof key, "gen_args_%zu", i);
    return json_object_get(arguments, key);
}

static size_t requests(const json_t *arguments) {
    size_t n = 0;
    while (n < REQUESTS_MOST && request_of(arguments, n)) n++;
    return n;
}

/* A log-likelihood: [number, greedy], as numbers or as texts; NaN: a text that was written. */
static double loglikelihood(const json_t *response, bool *greedy) {
    const json_t *pair =
        json_is_array(response) && json_is_array(json_array_get(response, 0)) ? json_array_get(response, 0) : response;
    if (json_array_size(pair) != 2) return NAN;
    const json_t *is = json_array_get(pair, 1);
    *greedy = json_is_true(is) || text_equal_nocase(json_text(is), TEXT("true"));
    return foreign_number(json_array_get(pair, 0));
}

static bool set_choices(const json_t *arguments, const json_t *resps, size_t n, json_t **want, json_t **logprobs,
                        struct log_sample *s, struct error *err) {
    json_t *choices = json_array();
    double most = -INFINITY;
    *logprobs = json_array();
    for (size_t i = 0; i < n && choices && *logprobs; i++) {
        const json_t *text = argument(request_of(arguments, i), 1);
        bool greedy = false;
        double v = loglikelihood(json_array_get(resps, i), &greedy);
        json_array_append(choices, (json_t *)text);
        json_array_append_new(*logprobs, json_pack("{s:o s:i s:I s:b}", "logprob", json_from_f64(v), "tokens", 0,
                                                   "bytes", (json_int_t)json_string_length(text), "greedy", greedy));
        if (!(v > most)) continue;
        most = v;
        s->text = json_text(text);
    }
    *want = json_pack("{s:s s:o}", "kind", "score", "choices", choices);
    s->logprobs = *logprobs;
    return (*want && *logprobs) || error_memory(err, "choices");
}

static bool set_written(struct log_reader *r, const json_t *row, json_t **want, struct log_sample *s,
                        struct error *err) {
    const json_t *said = json_array_get(json_object_get(row, "filtered_resps"), 0),
                 *resps = json_object_get(row, "resps");
    if (json_is_array(said)) said = json_array_get(said, 0);
    if (!json_is_string(said)) said = json_array_get(json_array_get(resps, 0), 0);
    if (!json_is_string(said)) said = json_array_get(resps, 0);
    *want = json_pack("{s:s}", "kind", "generate");
    if (!*want) return error_memory(err, "row");
    if (json_is_string(said)) return s->text = json_text(said), true;
    return foreign_content(NULL, &r->arena, &s->text, err);
}

/* What was asked and what was said. */
static bool set_answer(struct log_reader *r, const json_t *row, struct json_place place, json_t **messages,
                       json_t **want, json_t **logprobs, struct log_sample *s, struct error *err) {
    const json_t *arguments = json_object_get(row, "arguments"), *resps = json_object_get(row, "resps");
    size_t n = requests(arguments);
    const json_t *context = argument(request_of(arguments, 0), 0);
    if (!json_is_array(resps)) return json_mismatch(resps, "resps", place, "a list", err);
    if (n == 0 || !json_is_string(context))
        return json_mismatch(arguments, "arguments", place, "requests with their context as text", err);
    if (n > 1 && json_array_size(resps) != n)
        return error_set(err, ERROR_DATA, "%s:%zu: %zu requests but %zu answers in 'resps'", place.file, place.line, n,
                         json_array_size(resps));
    bool greedy, scored = json_is_string(argument(request_of(arguments, 0), 1)) &&
                          !isnan(loglikelihood(json_array_get(resps, 0), &greedy));
    for (size_t i = 0; scored && i < n; i++)
        if (!json_is_string(argument(request_of(arguments, i), 1)))
            return json_mismatch(arguments, "arguments", place, "continuations as text", err);
    *messages = json_pack("{s:O}", "prompt", context);
    s->finish = "stop";
    s->ms = NAN;
    return (*messages || error_memory(err, "row")) &&
           (scored ? set_choices(arguments, resps, n, want, logprobs, s, err) : set_written(r, row, want, s, err));
}

/* ---- gold and scores */

static json_t *make_gold(const json_t *row, size_t n_choices) {
    const json_t *target = json_object_get(row, "target");
    json_t *gold = json_object(), *item = json_object(), *value;
    static const char *const kept[] = {"doc_id", "doc", "target", "doc_hash", "prompt_hash", "target_hash"};
    int64_t index = -1;
    if (json_is_integer(target))
        index = json_integer_value(target);
    else if (!json_is_string(target) || !n_choices || !text_to_i64(json_text(target), &index))
        index = -1;
    if (n_choices && index >= 0 && (uint64_t)index < n_choices)
        json_object_set_new(gold, "index", json_integer(index));
    else if (json_is_string(target))
        json_object_set_new(gold, "texts", json_pack("[O]", target));
    else if (json_is_array(target))
        json_object_set(gold, "texts", (json_t *)target);
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if ((value = json_object_get(row, kept[i]))) json_object_set(item, kept[i], value);
    if (json_object_set_new(gold, "item", item) == 0) return gold;
    json_decref(gold);
    return NULL;
}

/* The known metrics of the row as a metric_list; "[score]" where there is none. */
static const char *metric_list(struct log_reader *r, const json_t *names, struct error *err) {
    struct buffer b;
    size_t n = 0;
    buffer_init(&b, 1024);
    buffer_put_char(&b, '[');
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        if (name && is_known(name)) buffer_printf(&b, "%s\"%s\"", n++ ? ", " : "", name);
    }
    buffer_put_c(&b, n ? "]" : "score]");
    char *copy = buffer_check(&b, "metrics", err) ? text_copy(&r->arena, buffer_text(&b), err) : NULL;
    buffer_done(&b);
    return copy;
}

static json_t *make_evidence(const json_t *row, const json_t *names) {
    json_t *evidence = json_object(), *log = json_object(), *value;
    static const char *const kept[] = {"arguments", "resps", "filtered_resps", "filter", "metrics"};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if ((value = json_object_get(row, kept[i]))) json_object_set(log, kept[i], value);
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        double v = name ? foreign_number(json_object_get(row, name)) : NAN;
        if (name && json_object_get(row, name)) json_object_set(log, name, json_object_get(row, name));
        if (!isnan(v) && is_known(name)) json_object_set_new(evidence, name, json_from_f64(v));
    }
    if (json_object_set_new(evidence, "lm-eval", log) == 0) return evidence;
    json_decref(evidence);
    return NULL;
}

/* The task's own sample, then one for each metric that has another meaning here. */
static bool give_scores(struct log_reader *r, const json_t *row, const json_t *names, struct log_sample *s,
                        struct error *err) {
    const char *first = NULL;
    for (size_t i = 0; i < json_array_size(names) && !first; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        if (name && is_known(name)) first = name;
    }
    if (!first) first = json_string_value(json_array_get(names, 0));
    if (!first) return r->sink->sample(r->sink->context, s, err);
    s->value = foreign_number(json_object_get(row, first));
    s->label = s->value == 1 ? TEXT("correct") : s->value == 0 ? TEXT("wrong") : TEXT("");
    if (!r->sink->sample(r->sink->context, s, err)) return false;
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        if (!name || is_known(name) || strcmp(name, first) == 0 || isnan(foreign_number(json_object_get(row, name))))
            continue;
        char *task = arena_printf(&r->arena, err, "%.*s/%s", TEXT_ARG(s->task), name);
        json_t *evidence = json_pack("{s:s}", "of", name);
        struct log_sample other = *s;
        other.task = text_of(task);
        other.metrics = "[score]";
        other.value = foreign_number(json_object_get(row, name));
        other.label = TEXT("");
        other.evidence = evidence;
        bool ok = task && evidence && r->sink->sample(r->sink->context, &other, err);
        json_decref(evidence);
        if (!ok) return false;
    }
    return true;
}

static bool set_names(struct log_reader *r, const json_t *row, struct json_place place, struct log_sample *s,
                      struct error *err) {
    const json_t *task = json_object_get(row, "task"), *id = json_object_get(row, "doc_id"),
                 *filter = json_object_get(row, "filter");
    if (!json_is_integer(id) && !json_is_string(id)) return json_mismatch(id, "doc_id", place, "a whole number", err);
    const char *printed = json_is_string(id) ? json_string_value(id)
                                             : arena_printf(&r->arena, err, "%lld", (long long)json_integer_value(id));
    const char *name = json_is_string(task) ? json_string_value(task) : r->task,
               *which = json_is_string(filter) ? json_string_value(filter) : "none";
    if (!r->filter[0]) snprintf(r->filter, sizeof r->filter, "%s", which);
    if (strcmp(r->filter, which) != 0) name = arena_printf(&r->arena, err, "%s/%s", name, which);
    s->id = text_of(printed);
    s->task = text_of(name);
    return printed && name;
}

static bool give_row(void *context, const json_t *row, size_t line, struct error *err) {
    struct log_reader *r = context;
    struct json_place place = {r->shown, line, ""};
    char source[600];
    snprintf(source, sizeof source, "%.500s:%zu", r->shown, line);
    struct log_sample s = {.source = text_of(source), .value = NAN};
    json_t *messages = NULL, *want = NULL, *logprobs = NULL, *gold = NULL, *evidence = NULL;
    const json_t *names = json_object_get(row, "metrics");
    bool ok = json_is_object(row) || json_mismatch(row, "", place, "an object", err);
    ok = ok && set_names(r, row, place, &s, err) && set_answer(r, row, place, &messages, &want, &logprobs, &s, err) &&
         (s.metrics = metric_list(r, names, err));
    if (ok) {
        gold = make_gold(row, json_array_size(logprobs));
        evidence = make_evidence(row, names);
        s.messages = messages;
        s.want = want;
        s.gold = gold;
        s.evidence = evidence;
        ok = gold && evidence ? give_scores(r, row, names, &s, err) : error_memory(err, "row");
    }
    json_t *all[] = {messages, want, logprobs, gold, evidence};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) json_decref(all[i]);
    arena_reset(&r->arena);
    return ok;
}

/* ---- the files */

static bool is_results(const char *path) {
    return text_ends(text_of(path), TEXT(".json"));
}

/* results.json: the model, and what it says of the tasks. */
static bool read_results(const char *path, const struct log_sink *sink, struct error *err) {
    const char *shown = foreign_name(path);
    struct json_place place = {shown, 1, ""};
    struct arena arena;
    struct text bytes;
    arena_init(&arena, FILE_MOST + 4096);
    json_t *all = file_read(&arena, path, FILE_MOST, &bytes, err) ? foreign_json(bytes, shown, 1, err) : NULL;
    arena_done(&arena);
    if (!all) return false;
    const json_t *results = json_object_get(all, "results"), *config = json_object_get(all, "config");
    struct text model = json_text(json_object_get(all, "model_name"));
    if (!model.len) model = json_text(json_object_get(config, "model"));
    bool ok = json_is_object(results) || json_mismatch(results, "results", place, "an object of tasks", err);
    ok = ok && sink->head(sink->context, model, all, err);
    json_decref(all);
    return ok;
}

static bool read_log(const char *path, const struct log_sink *sink, struct error *err) {
    if (is_results(path)) return read_results(path, sink, err);
    struct log_reader r = {.sink = sink, .shown = foreign_name(path)};
    task_of_name(r.shown, r.task);
    arena_init(&r.arena, FILE_MOST);
    bool ok = sink->head(sink->context, TEXT(""), NULL, err) && foreign_lines_each(path, r.shown, give_row, &r, err);
    arena_done(&r.arena);
    return ok;
}

/* "acc,none" of a task in results.json is the mean over its samples; other metrics may be more than means. */
static bool check_figure(const json_t *results, const struct figure *f, struct error *err) {
    const char *name;
    json_t *said;
    size_t n = strlen(f->name);
    json_object_foreach((json_t *)results, name, said) {
        if (strncmp(name, f->name, n) != 0 || (name[n] != ',' && name[n]) || !json_is_number(said)) continue;
        if (name[n] && strcmp(name + n, ",none") != 0) continue; /* of a filter: it may be any of several */
        if (fabs(json_number_value(said) - f->value) <= 1e-6) continue;
        return error_set(
            err, ERROR_DATA,
            "results of task '%s': %s is %.9g, its samples give %.9g; the files are of two runs, or lines are missing",
            f->task, name, json_number_value(said), f->value);
    }
    return true;
}

static bool check(const json_t *headers, const char *task, const struct figure *figures, size_t n, struct error *err) {
    for (size_t h = 0; h < json_array_size(headers); h++) {
        const json_t *results = json_object_get(json_object_get(json_array_get(headers, h), "results"), task);
        for (size_t i = 0; results && i < n; i++)
            if (is_known(figures[i].name) && !figures[i].group[0] && !check_figure(results, &figures[i], err))
                return false;
    }
    return true;
}

static bool claims(const char *path, struct text beginning) {
    if (is_results(path))
        return text_find(beginning, TEXT("\"results\""), 0) != SIZE_MAX &&
               text_find(beginning, TEXT("\"eval\""), 0) == SIZE_MAX;
    struct text first = text_part(
        beginning, 0,
        text_find(beginning, TEXT("\n"), 0) == SIZE_MAX ? beginning.len : text_find(beginning, TEXT("\n"), 0));
    return text_find(first, TEXT("\"doc_id\""), 0) != SIZE_MAX;
}

const struct log_format log_lm_eval = {
    .name = "lm-eval",
    .summary = "samples_TASK.jsonl of lm-evaluation-harness, and results.json beside them",
    .claims = claims,
    .read = read_log,
    .check = check,
};
