/* Failure logs of Who&When (2025): {question, ground_truth, is_correct | is_corrected, history: [{content, role,
 * name?}], mistake_agent, mistake_step, mistake_reason, level, question_ID, system_prompt?}. A step is a span; the
 * agent is the name, else the role without what stands in brackets behind it: "Orchestrator (-> WebSurfer)" is the
 * Orchestrator speaking to WebSurfer. The step of the label is a text, counted from 0. */
#include "measure/trace/trace_internal.h"

#include <string.h>

static bool is_log(const json_t *value) {
    return json_is_array(json_object_get(value, "history"));
}

static void split_role(struct text role, struct text *agent, struct text *to) {
    size_t open = text_find(role, TEXT(" ("), 0);
    *agent = role;
    *to = (struct text){0};
    if (open == SIZE_MAX) return;
    *agent = text_part(role, 0, open);
    struct text inside = text_part(role, open + 2, role.len - (role.at[role.len - 1] == ')'));
    if (text_starts(inside, TEXT("-> "))) *to = text_part(inside, 3, inside.len);
}

static bool take_step(struct trace_reader *r, struct trace_draft *d, const json_t *step, size_t at, struct error *err) {
    char path[40];
    bool good = true;
    struct text name, role, content;
    snprintf(path, sizeof path, "history[%zu]", at);
    struct trace_place place = {.path = path};
    if (!trace_member(r, step, "name", place, &name, &good, err) ||
        !trace_member(r, step, "role", place, &role, &good, err) ||
        !trace_member(r, step, "content", place, &content, &good, err))
        return false;
    if (!json_object_get(step, "content") && !trace_bad(r, place, err, "field 'content': expected a text"))
        return false;
    struct trace_span *s = trace_draft_span(r, d, (struct text){0}, err);
    if (!s) return false;
    struct text agent, to;
    bool cut = false;
    split_role(role, &agent, &to);
    if (!trace_keep(r, name.len ? name : agent, &s->agent, &cut, err) || !trace_keep(r, to, &s->to, &cut, err))
        return false;
    s->out = content;
    s->outcome = TRACE_OK;
    s->t0 = 2 * at;
    s->t1 = 2 * at + 1;
    s->line = at + 1;
    char *id = arena_printf(r->arena, err, "%zu", at);
    s->id = text_of(id);
    s->op = TEXT("chat");
    return id != NULL;
}

static bool take_label(struct trace_reader *r, struct trace_draft *d, const json_t *log, struct error *err) {
    const json_t *step = json_object_get(log, "mistake_step");
    struct trace_place place = {.path = "mistake_step"};
    bool good = true;
    uint64_t at;
    if (!trace_member(r, log, "mistake_agent", (struct trace_place){.path = ""}, &d->is.guilty, &good, err) ||
        !trace_member(r, log, "mistake_reason", (struct trace_place){.path = ""}, &d->is.reason, &good, err))
        return false;
    if (!step && !d->is.guilty.len) return true;
    if (!json_is_string(step) || !text_to_u64(json_text(step), &at))
        return trace_bad(r, place, err, "expected the number of a step as text");
    if (at >= d->is.n) return trace_bad(r, place, err, "step %zu of %zu", (size_t)at, d->is.n);
    d->is.step = (size_t)at;
    d->is.labelled = d->is.guilty.len > 0;
    return true;
}

static bool take_log(struct trace_reader *r, const json_t *log, struct trace_place place, struct error *err) {
    struct text id;
    json_t *step;
    size_t i;
    bool good = true;
    if (!trace_member(r, log, "question_ID", place, &id, &good, err)) return false;
    if (id.len == 0) id = text_of(r->file);
    struct trace_draft *d = trace_draft_of(r, id, err);
    if (!d) return false;
    if (d->is.n) return trace_bad(r, place, err, "two logs of '%.*s' in one file", TEXT_ARG(id));
    d->is.clock = false;
    d->is.by_hand = json_object_get(log, "is_corrected") != NULL;
    if (!trace_member(r, log, "question", place, &d->is.question, &good, err) ||
        !trace_member(r, log, "ground_truth", place, &d->is.truth, &good, err))
        return false;
    json_array_foreach(json_object_get(log, "history"), i, step) if (!take_step(r, d, step, i, err)) return false;
    return take_label(r, d, log, err);
}

const struct trace_form trace_form_who = {.name = "who-and-when", .is = is_log, .take = take_log};
