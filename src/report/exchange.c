/* The answers of a run for the writers of other programs' formats: see exchange.h. */
#include "report/exchange.h"

#include "base/hash.h"
#include "measure/statistics/statistics.h"
#include "report/html_page.h"
#include "report/report_number.h"

#include <math.h>
#include <string.h>

struct walk {
    const struct report_options *options;
    exchange_sink *sink;
    void *context;
};

bool exchange_load(struct report_data *data, struct record *record, const char *const *runs, size_t n,
                   const char *format, struct error *err) {
    if (!report_data_load(data, record, runs, n, NULL, err)) return false;
    return n == 1 ||
           error_set(err, ERROR_USAGE, "format %s holds one run, %zu were named; write them one by one", format, n);
}

json_t *exchange_time(uint64_t ns) {
    char text[REPORT_NUMBER];
    if (!ns) return json_string("");
    number_time(ns, false, text);
    return json_string(text);
}

double exchange_stderr(const struct figure *f, double confidence) {
    if (f->k >= 0 && f->n > 1 && f->value >= 0 && f->value <= 1)
        return sqrt(f->value * (1 - f->value) / (double)(f->n - 1));
    if (isnan(f->lo) || isnan(f->hi)) return NAN;
    return (f->hi - f->lo) / 2 / stat_normal_quantile(0.5 + confidence / 2);
}

json_t *exchange_target(const struct record_row *row, const json_t *choices) {
    const json_t *texts = json_object_get(row->gold, "texts"), *index = json_object_get(row->gold, "index"),
                 *number = json_object_get(row->gold, "number");
    if (!texts) texts = json_object_get(row->gold, "text");
    if (json_is_integer(index) && json_array_get(choices, (size_t)json_integer_value(index)))
        return json_incref(json_array_get(choices, (size_t)json_integer_value(index)));
    if (json_array_size(texts) == 1) return json_incref(json_array_get(texts, 0));
    if (json_array_size(texts)) return json_incref((json_t *)texts);
    return number ? json_incref((json_t *)number) : NULL;
}

/* ---- hiding */

static json_t *hidden(struct text t) {
    char hex[HASH_HEX];
    sha256_hex(t.at ? t.at : "", t.len, hex);
    return json_sprintf("(hidden as harmful, %zu bytes, sha256 %.12s)", t.len, hex);
}

static json_t *hidden_messages(const json_t *messages) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < json_array_size(messages); i++) {
        const json_t *m = json_array_get(messages, i);
        json_array_append_new(list, json_pack("{s:O s:o}", "role", json_object_get(m, "role"), "content",
                                              hidden(json_text(json_object_get(m, "content")))));
    }
    return list;
}

/* ---- rows */

static size_t best_choice(const json_t *logprobs) {
    size_t best = SIZE_MAX;
    double most = -INFINITY;
    for (size_t i = 0; i < json_array_size(logprobs); i++) {
        const json_t *v = json_object_get(json_array_get(logprobs, i), "logprob");
        if (json_is_number(v) && json_number_value(v) > most) {
            most = json_number_value(v);
            best = i;
        }
    }
    return best;
}

static json_t *as_messages(const json_t *messages) {
    const json_t *prompt = json_object_get(messages, "prompt");
    if (json_is_array(messages)) return json_incref((json_t *)messages);
    json_t *content = prompt ? json_incref((json_t *)prompt) : json_string("");
    return json_pack("[{s:s s:o}]", "role", "user", "content", content);
}

static bool give_row(void *context, const struct record_row *row, struct error *err) {
    struct walk *w = context;
    if (row->answer == 0) return true;
    struct exchange_row x = {.row = row,
                             .answer = row->text,
                             .picked = SIZE_MAX,
                             .hide = !w->options->show_harmful && html_is_harmful(row->gold)};
    json_t *messages = as_messages(row->messages), *answer = NULL;
    x.choices = json_object_get(row->want, "choices");
    if (json_array_size(x.choices)) x.picked = best_choice(row->logprobs);
    if (x.picked < json_array_size(x.choices)) x.answer = json_text(json_array_get(x.choices, x.picked));
    if (messages && x.hide) {
        json_t *open = messages;
        messages = hidden_messages(open);
        json_decref(open);
        answer = hidden(x.answer);
        x.answer = json_text(answer);
        x.choices = NULL;
        x.picked = SIZE_MAX;
    }
    bool ok = messages || error_memory(err, "messages");
    x.messages = messages;
    x.prompt = json_text(json_object_get(
        json_array_get(messages, json_array_size(messages) ? json_array_size(messages) - 1 : 0), "content"));
    ok = ok && w->sink(w->context, &x, err);
    json_decref(messages);
    json_decref(answer);
    return ok;
}

bool exchange_rows(const struct report_data *data, const struct report_run *run, const char *task,
                   const struct report_options *options, exchange_sink *sink, void *context, struct error *err) {
    struct walk w = {options, sink, context};
    const struct report_task *t = report_task_find(run, task);
    return record_rows(data->record, run->id, text_of(task), t && t->scorer ? t->scorer : "", RECORD_WITH_ASKS,
                       give_row, &w, err);
}
