/* What a run would ask, told before anything is asked. */
#include "measure/run/run_internal.h"
#include "measure/statistics/statistics.h"

#include <stdlib.h>
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
        if (ok && subject_show_prompt(subject, &ask, &tokens, &no_tokens))
            json_object_set_new(plan, "tokens", json_read(buffer_text(&tokens), "prompt tokens", 1, &no_tokens));
        item_done(&item);
        json_decref(canonical);
    }
    task_close(items);
    buffer_done(&tokens);
    return ok;
}

static int by_value(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* How many clusters the items are of; SIZE_MAX: an error. */
static size_t count_clusters(const struct task *task, uint64_t n, struct error *err) {
    uint64_t *all = memory_grow(NULL, (size_t)n + 1, sizeof *all), count = 0;
    struct task_items *items = all ? task_open(task, err) : NULL;
    struct arena arena;
    struct item item;
    size_t clusters = 0;
    int state = items ? 1 : -1;
    arena_init(&arena, (size_t)256 << 20);
    while (state == 1 && count < n && (state = task_next(items, &arena, &item, err)) == 1) {
        struct text name = item.cluster.len ? item.cluster : item.id;
        all[count++] = hash_xxh3(name.at, name.len);
        item_done(&item);
        arena_reset(&arena);
    }
    if (count) qsort(all, count, sizeof *all, by_value);
    for (uint64_t i = 0; i < count; i++) clusters += i == 0 || all[i] != all[i - 1];
    arena_done(&arena);
    task_close(items);
    memory_free(all);
    return state < 0 ? SIZE_MAX : clusters;
}

/* What n independent items can show, and how many are needed for more. tasks: of the suite, of which each may be looked
 * at: the first step of Holm's correction takes the level divided by their number. */
static bool add_outlook(json_t *plan, uint64_t n, size_t clusters, size_t tasks, const struct run_settings *settings,
                        struct error *err) {
    static const double effects[] = {0.1, 0.05, 0.02, 0.01}, discordant[] = {0.05, 0.1, 0.2};
    double confidence = settings->figures.confidence, corrected = 1 - (1 - confidence) / (double)tasks;
    json_t *needed = json_object(), *paired = json_object();
    char name[32];
    for (size_t i = 0; needed && i < 4; i++) {
        snprintf(name, sizeof name, "%g", effects[i]);
        json_object_set_new(needed, name,
                            json_integer((json_int_t)items_for_effect(effects[i], 0.5, confidence, POWER)));
    }
    for (size_t i = 0; paired && i < 3; i++) {
        snprintf(name, sizeof name, "%g", discordant[i]);
        json_object_set_new(paired, name,
                            json_from_f64(smallest_effect_mcnemar(n, discordant[i], confidence, POWER, false)));
    }
    bool ok = needed && paired && json_object_set_new(plan, "clusters", json_integer((json_int_t)clusters)) == 0 &&
              json_object_set_new(plan, "smallest_effect_clusters",
                                  json_from_f64(smallest_effect_share(clusters, 0.5, confidence, POWER))) == 0 &&
              json_object_set_new(plan, "smallest_effect_corrected",
                                  json_from_f64(smallest_effect_share(n, 0.5, corrected, POWER))) == 0;
    if (ok)
        json_object_set_new(plan, "smallest_effect_paired", paired), json_object_set_new(plan, "items_needed", needed);
    return ok || (json_decref(needed), json_decref(paired), error_memory(err, "plan"));
}

static json_t *plan_task(struct subject *subject, const struct task *task, size_t tasks,
                         const struct run_settings *settings, struct error *err) {
    struct arena arena;
    uint64_t n = 0;
    arena_init(&arena, (size_t)256 << 20);
    json_t *plan = NULL;
    if (subject_require(subject, task_needs(task), task_name(task), err) && task_count(task, &n, err)) {
        plan = json_pack("{s:s s:I s:s s:o}", "task", task_name(task), "items", (json_int_t)n, "scorer",
                         task_scorer(task)->name, "smallest_effect", json_from_f64(run_smallest_effect(n, settings)));
        if (!plan) error_memory(err, "plan");
    }
    size_t clusters = plan ? count_clusters(task, n, err) : 0;
    if (plan && (clusters == SIZE_MAX || !add_outlook(plan, n, clusters, tasks, settings, err) ||
                 !add_first_ask(plan, subject, task, &arena, err))) {
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
        json_t *plan = plan_task(subject, suite->tasks[i], suite->n_tasks, settings, err);
        ok = plan && json_array_append_new(tasks, plan) == 0;
    }
    json_t *all =
        ok ? json_pack("{s:o s:s s:f s:f s:O}", "suite", json_from_text(suite->name), "subject", subject->spec,
                       "confidence", settings->figures.confidence, "power", POWER, "tasks", tasks)
           : NULL;
    if (ok && !all) error_memory(err, "plan");
    json_decref(tasks);
    return all;
}
