/* What a run would ask, told before anything is asked. */
#include "measure/run_internal.h"

#include <string.h>

#define POWER 0.8

double run_smallest_effect(uint64_t n, const struct run_settings *settings) {
    return smallest_effect_share(n, 0.5, settings->figures.confidence, POWER);
}

/* The first ask of the task: what is sent, as canonical JSON, and its tokens where the subject can show them. */
static bool add_first_ask(json_t *plan, struct subject *subject, const struct task *task, struct arena *arena,
                          struct error *err) {
    struct item item = {0};
    struct ask ask = {0};
    json_t *canonical = NULL;
    struct buffer tokens;
    buffer_init(&tokens, (size_t)64 << 20);
    struct task_items *items = task_open(task, err);
    int state = items ? task_next(items, arena, &item, err) : -1;
    bool ok = state == 0;
    if (state == 1) {
        bool needs_item = subject->capabilities & SUBJECT_NEEDS_ITEM;
        struct error no_tokens = {0};
        ok = task_ask(task, &item, needs_item, arena, &ask, &canonical, err);
        if (ok) json_object_set(plan, "first", canonical);
        if (ok && subject->kind->show_prompt && subject->kind->show_prompt(subject, &ask, &tokens, &no_tokens))
            json_object_set_new(plan, "tokens", json_read(buffer_text(&tokens), "prompt tokens", 1, &no_tokens));
        item_done(&item);
        json_decref(canonical);
    }
    task_close(items);
    buffer_done(&tokens);
    return ok;
}

static json_t *plan_task(struct subject *subject, const struct task *task, const struct run_settings *settings,
                         struct error *err) {
    struct arena arena;
    uint64_t n = 0;
    arena_init(&arena, (size_t)256 << 20);
    json_t *plan = NULL;
    if (subject_require(subject, task_needs(task), task_name(task), err) && task_count(task, &n, err)) {
        plan = json_pack("{s:s s:I s:s s:o}", "task", task_name(task), "items", (json_int_t)n, "scorer",
                         task_scorer(task)->name, "smallest_effect", json_from_f64(run_smallest_effect(n, settings)));
        if (!plan) error_memory(err, "plan");
    }
    if (plan && !add_first_ask(plan, subject, task, &arena, err)) {
        json_decref(plan);
        plan = NULL;
    }
    arena_done(&arena);
    return plan;
}

json_t *run_plan(struct subject *subject, const struct suite *suite, const struct run_settings *settings,
                 struct error *err) {
    json_t *tasks = json_array();
    bool ok = tasks != NULL;
    for (size_t i = 0; ok && i < suite->n_tasks; i++) {
        json_t *plan = plan_task(subject, suite->tasks[i], settings, err);
        ok = plan && json_array_append_new(tasks, plan) == 0;
    }
    json_t *all = ok ? json_pack("{s:o s:s s:f s:f s:O}", "suite", json_from_text(suite->name), "subject",
                                 subject->spec, "confidence", settings->figures.confidence, "power", POWER, "tasks",
                                 tasks)
                     : NULL;
    if (ok && !all) error_memory(err, "plan");
    json_decref(tasks);
    return all;
}
