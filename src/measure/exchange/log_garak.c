/* Reports of garak, report.jsonl: a line for each attempt of a probe with its outputs and what detectors said of them
 * (0 resisted, 1 hit). A probe is a task, an attempt an item, an output an answer; its score is 1 where the task's
 * detector is below the threshold of the report. Each further detector is a task of its own, PROBE/DETECTOR. What the
 * report counted (eval) must be what its attempts give. */
#include "measure/exchange/foreign.h"
#include "measure/exchange/log_import.h"

#include <math.h>
#include <string.h>

#define ROW_MOST ((size_t)256 << 20)
#define THRESHOLD 0.5
#define COUNTS_MOST 4096
#define OUTPUTS_MOST 100000

/* What attempts gave, by task and detector. */
struct count {
    const char *probe, *detector;
    uint64_t passed, total;
};

struct log_reader {
    const struct log_sink *sink;
    struct arena row, arena; /* of the row; of the file */
    const char *shown;
    double threshold;
    struct count *counts;
    size_t n_counts;
    bool headed;
};

static struct count *count_of(struct log_reader *r, const char *probe, const char *detector, struct error *err) {
    for (size_t i = 0; i < r->n_counts; i++)
        if (strcmp(r->counts[i].probe, probe) == 0 && strcmp(r->counts[i].detector, detector) == 0)
            return &r->counts[i];
    if (r->n_counts == COUNTS_MOST)
        return error_set(err, ERROR_DATA, "%s: over %d pairs of probe and detector", r->shown, COUNTS_MOST), NULL;
    char *p = text_copy(&r->arena, text_of(probe), err), *d = text_copy(&r->arena, text_of(detector), err);
    if (!p || !d) return NULL;
    r->counts[r->n_counts] = (struct count){.probe = p, .detector = d};
    return &r->counts[r->n_counts++];
}

/* The detector whose verdict is the task's own: the first one seen with the probe. */
static const char *primary(const struct log_reader *r, const char *probe) {
    for (size_t i = 0; i < r->n_counts; i++)
        if (strcmp(r->counts[i].probe, probe) == 0) return r->counts[i].detector;
    return NULL;
}

/* ---- an attempt */

/* Old reports have a text, newer ones {"text"} or {"turns": [{"role", "content": {"text"}}]}. */
static const json_t *said(const json_t *value) {
    const json_t *content = json_object_get(value, "content");
    if (content) value = content;
    return json_is_object(value) ? json_object_get(value, "text") : value;
}

static json_t *make_messages(const json_t *prompt) {
    const json_t *turns = json_is_array(prompt) ? prompt : json_object_get(prompt, "turns");
    json_t *list = json_array();
    for (size_t i = 0; list && i < json_array_size(turns); i++) {
        const json_t *turn = json_array_get(turns, i), *role = json_object_get(turn, "role"), *text = said(turn);
        json_array_append_new(list, json_pack("{s:o s:o}", "role",
                                              json_is_string(role) ? json_incref((json_t *)role) : json_string("user"),
                                              "content",
                                              json_is_string(text) ? json_incref((json_t *)text) : json_string("")));
    }
    if (!list || turns) return list;
    const json_t *text = said(prompt);
    json_array_append_new(list, json_pack("{s:s s:o}", "role", "user", "content",
                                          json_is_string(text) ? json_incref((json_t *)text) : json_string("")));
    return list;
}

/* Of each detector its score of the output; garak.null: not judged. */
static json_t *make_evidence(const json_t *row, const json_t *results, size_t output) {
    json_t *evidence = json_object(), *log = json_object(), *value;
    static const char *const kept[] = {"uuid", "seq", "status", "probe_params", "targets", "goal", "notes"};
    const char *detector;
    json_object_foreach((json_t *)results, detector, value) {
        const json_t *v = json_array_get(value, output);
        if (json_is_number(v)) json_object_set(evidence, detector, (json_t *)v);
    }
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if ((value = json_object_get(row, kept[i]))) json_object_set(log, kept[i], value);
    if (json_object_set_new(evidence, "garak", log) == 0) return evidence;
    json_decref(evidence);
    return NULL;
}

static bool judge(struct log_reader *r, struct log_sample *s, const char *probe, const char *detector,
                  const json_t *scores, struct error *err) {
    struct count *c = count_of(r, probe, detector, err);
    const json_t *v = json_array_get(scores, s->sample);
    if (!c) return false;
    s->value = NAN;
    s->label = TEXT("not judged");
    if (!json_is_number(v)) return true;
    bool resisted = json_number_value(v) < r->threshold;
    s->value = resisted;
    s->label = resisted ? TEXT("resisted") : TEXT("hit");
    c->passed += resisted;
    c->total++;
    return true;
}

static bool give_output(struct log_reader *r, struct log_sample *s, const char *probe, const json_t *row,
                        const json_t *output, struct error *err) {
    const json_t *results = json_object_get(row, "detector_results"), *text = said(output);
    const char *own = primary(r, probe), *detector;
    json_t *scores, *evidence = make_evidence(row, results, s->sample);
    if (!own && json_object_size(results)) own = json_object_iter_key(json_object_iter((json_t *)results));
    s->text = json_text(text);
    s->finish = json_is_string(text) ? "stop" : "error";
    s->error = json_is_string(text) ? NULL : "the report has no output here";
    s->evidence = evidence;
    s->task = text_of(probe);
    bool ok = evidence || error_memory(err, "row");
    if (own) ok = ok && judge(r, s, probe, own, json_object_get(results, own), err);
    ok = ok && r->sink->sample(r->sink->context, s, err);
    json_object_foreach((json_t *)results, detector, scores) {
        if (!ok || (own && strcmp(detector, own) == 0)) continue;
        char *task = arena_printf(&r->row, err, "%s/%s", probe, detector);
        json_t *of = json_pack("{s:s}", "of", detector);
        struct log_sample other = *s;
        other.task = text_of(task);
        other.evidence = of;
        ok = task && of && judge(r, &other, probe, detector, scores, err) &&
             r->sink->sample(r->sink->context, &other, err);
        json_decref(of);
    }
    json_decref(evidence);
    return ok;
}

static bool give_attempt(struct log_reader *r, const json_t *row, struct json_place place, struct error *err) {
    const json_t *outputs = json_object_get(row, "outputs"), *status = json_object_get(row, "status");
    struct text probe, id;
    char source[600];
    if (json_is_integer(status) && json_integer_value(status) < 2)
        return true; /* begun, or not judged yet: the finished line follows */
    if (!json_get_text(row, "probe_classname", place, &probe, err) || !json_get_text(row, "uuid", place, &id, err))
        return false;
    if (!probe.len || !id.len)
        return json_mismatch(NULL, "probe_classname", place, "names of the probe and the attempt", err);
    if (!json_is_array(outputs) || json_array_size(outputs) > OUTPUTS_MOST)
        return json_mismatch(outputs, "outputs", place, "a list", err);
    snprintf(source, sizeof source, "%.500s:%zu", r->shown, place.line);
    const json_t *goal = json_object_get(row, "goal");
    json_t *messages = make_messages(json_object_get(row, "prompt")), *want = json_pack("{s:s}", "kind", "generate"),
           *gold = json_pack("{s:{s:b s:o}}", "labels", "harmful", 1, "goal",
                             json_is_string(goal) ? json_incref((json_t *)goal) : json_string(""));
    bool ok = (messages && want && gold) || error_memory(err, "row");
    for (size_t i = 0; ok && i < json_array_size(outputs); i++) {
        struct log_sample s = {.id = id,
                               .metrics = "[score]",
                               .sample = i,
                               .source = text_of(source),
                               .gold = gold,
                               .messages = messages,
                               .want = want,
                               .ms = NAN,
                               .value = NAN};
        ok = give_output(r, &s, probe.at, row, json_array_get(outputs, i), err);
    }
    json_decref(messages);
    json_decref(want);
    json_decref(gold);
    arena_reset(&r->row);
    return ok;
}

/* ---- the other lines */

static bool give_head(struct log_reader *r, struct text model, const json_t *setup, struct error *err) {
    if (r->headed) return true;
    r->headed = true;
    return r->sink->head(r->sink->context, model, setup, err);
}

static bool take_setup(struct log_reader *r, const json_t *row, struct error *err) {
    static const char *const names[] = {"plugins.target_name", "plugins.model_name"};
    struct text model = TEXT("");
    for (size_t i = 0; i < 2 && !model.len; i++) model = json_text(json_object_get(row, names[i]));
    const json_t *threshold = json_object_get(row, "run.eval_threshold");
    if (json_is_number(threshold)) r->threshold = json_number_value(threshold);
    return give_head(r, model, row, err);
}

/* What the report counted for a detector: against the attempts that were read. */
static bool check_eval(struct log_reader *r, const json_t *row, struct json_place place, struct error *err) {
    const json_t *passed = json_object_get(row, "passed"), *total = json_object_get(row, "total_evaluated");
    struct text probe, detector;
    if (!json_get_text(row, "probe", place, &probe, err) || !json_get_text(row, "detector", place, &detector, err))
        return false;
    if (!total) total = json_object_get(row, "total");
    if (text_starts(detector, TEXT("detector."))) detector = text_part(detector, 9, detector.len);
    for (size_t i = 0; i < r->n_counts; i++) {
        const struct count *c = &r->counts[i];
        if (!text_equal_c(probe, c->probe) || !text_equal_c(detector, c->detector)) continue;
        if (!json_is_integer(passed) || !json_is_integer(total))
            return json_mismatch(passed, "passed", place, "whole numbers", err);
        if ((uint64_t)json_integer_value(passed) == c->passed && (uint64_t)json_integer_value(total) == c->total)
            return true;
        return error_set(err, ERROR_DATA,
                         "%s:%zu: the report counts %lld of %lld passed for probe '%s' and detector '%s', its attempts "
                         "give %llu of %llu; "
                         "lines are missing or changed",
                         place.file, place.line, (long long)json_integer_value(passed),
                         (long long)json_integer_value(total), c->probe, c->detector, (unsigned long long)c->passed,
                         (unsigned long long)c->total);
    }
    return error_set(err, ERROR_DATA,
                     "%s:%zu: figures of probe '%.*s' and detector '%.*s', but no attempt that was judged by it",
                     place.file, place.line, TEXT_ARG(probe), TEXT_ARG(detector));
}

static bool give_row(void *context, const json_t *row, size_t line, struct error *err) {
    struct log_reader *r = context;
    struct json_place place = {r->shown, line, ""};
    const json_t *type = json_object_get(row, "entry_type");
    if (!json_is_string(type))
        return json_mismatch(type, "entry_type", place, "a text (is this a report of garak?)", err);
    if (text_equal_c(json_text(type), "start_run setup")) return take_setup(r, row, err);
    if (text_equal_c(json_text(type), "attempt"))
        return give_head(r, TEXT(""), NULL, err) && give_attempt(r, row, place, err);
    if (text_equal_c(json_text(type), "eval")) return check_eval(r, row, place, err);
    return true; /* init, completion, digest and what newer versions add */
}

static bool read_log(const char *path, const struct log_sink *sink, struct error *err) {
    struct log_reader r = {.sink = sink, .shown = foreign_name(path), .threshold = THRESHOLD};
    arena_init(&r.row, ROW_MOST);
    arena_init(&r.arena, 1 << 26);
    bool ok = (r.counts = arena_new(&r.arena, struct count, COUNTS_MOST, err)) &&
              foreign_lines_each(path, r.shown, give_row, &r, err);
    arena_done(&r.row);
    arena_done(&r.arena);
    return ok;
}

static bool claims(const char *path, struct text beginning) {
    (void)path;
    return text_starts(text_trim(beginning), TEXT("{")) && text_find(beginning, TEXT("\"entry_type\""), 0) != SIZE_MAX;
}

const struct log_format log_garak = {
    .name = "garak",
    .summary = "reports of garak, report.jsonl",
    .claims = claims,
    .read = read_log,
};
