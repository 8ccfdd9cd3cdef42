/* Baselines computed from the items alone. The task and its scorer are made here, so that the expected figures can be
 * counted on the fingers; this file stands in for task.c and the scorers. */
#include "check.h"

#include "measure/figure/metric_internal.h"

#include <stdlib.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

enum score_kind { BY_CHOICE, BY_TEXT, BY_REFUSAL };

struct made_item {
    const char *id, *gold;
    const char *choices[4];
};

struct task {
    enum score_kind scored;
    int needs;
    const struct made_item *items;
    size_t n_items;
    struct metric_use uses[4];
    size_t n_uses;
    bool fails;
};

struct task_items {
    const struct task *task;
    size_t next;
};

static const struct scorer hand = {.name = "hand", .version = "1"};
const char *const parse_state_names[] = {"ok", "fallback", "fail"};

const char *task_name(const struct task *task) {
    return "made";
}
const struct detector *task_detector(const struct task *task) {
    (void)task;
    return NULL;
}
const struct scorer *task_scorer(const struct task *task) {
    return &hand;
}
bool task_compat(const struct task *task) {
    (void)task;
    return false;
}

int task_needs(const struct task *task) {
    return task->needs;
}
const char *task_cluster_field(const struct task *task) {
    return NULL;
}
const char *const *task_group_fields(const struct task *task, size_t *n) {
    return *n = 0, NULL;
}
const struct metric_use *task_metrics(const struct task *task, size_t *n) {
    return *n = task->n_uses, task->uses;
}

struct task_items *task_open(const struct task *task, struct error *err) {
    struct task_items *items = memory_zeroed(1, sizeof *items);
    if (!items) return error_memory(err, "items"), NULL;
    items->task = task;
    return items;
}

void task_close(struct task_items *items) {
    memory_free(items);
}
void item_done(struct item *item) {
    json_decref(item->gold);
}

int task_next(struct task_items *items, struct arena *arena, struct item *item, struct error *err) {
    if (items->next == items->task->n_items) return 0;
    const struct made_item *made = &items->task->items[items->next++];
    memset(item, 0, sizeof *item);
    if (!(item->choices = arena_new(arena, struct text, 4, err))) return -1;
    while (item->n_choices < 4 && made->choices[item->n_choices]) {
        item->choices[item->n_choices] = text_of(made->choices[item->n_choices]);
        item->n_choices++;
    }
    item->id = text_of(made->id);
    snprintf(item->digest, sizeof item->digest, "%s", made->id);
    item->gold = json_read(text_of(made->gold), "gold", 1, err);
    return item->gold ? 1 : -1;
}

bool task_ask(const struct task *task, const struct item *item, bool needs_item, struct arena *arena, struct ask *ask,
              json_t **canonical, struct error *err) {
    *canonical = NULL;
    *ask = (struct ask){.id = item->id,
                        .kind = task->needs & SUBJECT_SCORES ? ASK_SCORE : ASK_GENERATE,
                        .choices = item->choices,
                        .n_choices = item->n_choices,
                        .samples = 1,
                        .gold = item->gold,
                        .labels = json_object_get(item->gold, "labels")};
    return true;
}

/* The best choice is right; k equal ones share the point. Without any score the answer is unread. */
static void score_choices(const struct item *item, const struct answer *answer, struct score *out) {
    size_t gold = (size_t)json_integer_value(json_object_get(item->gold, "index")), best = 0;
    double most = -INFINITY;
    for (size_t i = 0; i < answer->n_choices; i++) most = fmax(most, answer->choices[i].logprob);
    for (size_t i = 0; i < answer->n_choices; i++) best += answer->choices[i].logprob == most;
    out->parsed = best ? PARSED_OK : PARSED_FAIL;
    out->value = best && answer->choices[gold].logprob == most ? 1 / (double)best : 0;
    out->parts = best ? json_pack("{s:f}", "acc", out->value) : json_object();
}

static void score_text(const struct item *item, const struct answer *answer, struct score *out) {
    const json_t *index = json_object_get(item->gold, "index"), *text = json_object_get(item->gold, "text");
    struct text right = index ? item->choices[json_integer_value(index)] : json_text(text);
    out->parsed = answer->text.len ? PARSED_OK : PARSED_FAIL;
    out->value = answer->text.len && text_equal(answer->text, right);
    out->parts = json_pack("{s:f}", "exact_match", out->value);
}

bool task_score(const struct task *task, const struct item *item, const struct answer *answer, struct arena *arena,
                struct score *out, struct error *err) {
    if (task->fails) return error_set(err, ERROR_DATA, "cannot be scored");
    *out = (struct score){.value = NAN};
    if (task->scored == BY_CHOICE) score_choices(item, answer, out);
    if (task->scored == BY_TEXT) score_text(item, answer, out);
    if (task->scored == BY_REFUSAL)
        out->parts = json_pack("{s:i}", "refused", text_starts(answer->text, TEXT("I'm sorry")) ? 1 : 0);
    return true;
}

/* ---- the tests ---- */

static struct task make(enum score_kind scored, int needs, const struct made_item *items, size_t n, struct arena *arena,
                        const char *const *names, size_t n_names) {
    struct error err = {0};
    struct task task = {.scored = scored, .needs = needs, .items = items, .n_items = n, .n_uses = n_names};
    for (size_t i = 0; i < n_names; i++) check_ok(metric_use_plain(names[i], arena, &task.uses[i], &err));
    return task;
}

static void check_baseline(const struct baseline *list, size_t n, const char *subject, const char *figure,
                           double expected, bool exact) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i].subject, subject) == 0 && strcmp(list[i].figure, figure) == 0) {
            if (isnan(expected) ? !isnan(list[i].expected) : !(fabs(list[i].expected - expected) <= 1e-15))
                fail_msg("%s of %s: %.17g, expected %.17g", figure, subject, list[i].expected, expected);
            assert_int_equal(list[i].exact, exact);
            return;
        }
    fail_msg("no baseline for %s of %s", figure, subject);
}

static bool has_baseline(const struct baseline *list, size_t n, const char *subject, const char *figure) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i].subject, subject) == 0 && strcmp(list[i].figure, figure) == 0) return true;
    return false;
}

static const struct made_item questions[] = {
    {"q1", "{\"index\":0}", {"yes", "no"}},
    {"q2", "{\"index\":1}", {"a", "b", "c", "d"}},
    {"q3", "{\"index\":0}", {"e", "f", "g", "h"}},
    {"q4", "{\"index\":2}", {"i", "j", "k"}},
};

static void scored_choices(void **state) {
    static const char *const names[] = {"acc", "mc2"};
    struct error err = {0};
    struct arena arena;
    struct baseline *list;
    size_t n;
    arena_init(&arena, 0);
    struct task task = make(BY_CHOICE, SUBJECT_SCORES, questions, COUNT(questions), &arena, names, 2);
    check_ok(task_baselines(&task, &arena, &list, &n, &err));
    assert_int_equal(n, 4 * 2);
    check_baseline(list, n, "script:mute", "acc", 0, true);
    check_baseline(list, n, "script:constant", "acc", 0.5, true);
    check_baseline(list, n, "script:uniform", "acc", (1.0 / 2 + 1.0 / 4 + 1.0 / 4 + 1.0 / 3) / 4, true);
    check_baseline(list, n, "script:oracle", "acc", 1, true);
    check_baseline(list, n, "script:oracle", "mc2", NAN, true); /* the scorer gives none */
    arena_done(&arena);
}

static void said_choices(void **state) {
    static const char *const names[] = {"exact_match", "f1"};
    struct error err = {0};
    struct arena arena;
    struct baseline *list;
    size_t n;
    arena_init(&arena, 0);
    struct task task = make(BY_TEXT, SUBJECT_GENERATES, questions, COUNT(questions), &arena, names, 2);
    check_ok(task_baselines(&task, &arena, &list, &n, &err));
    check_baseline(list, n, "script:mute", "exact_match", 0, true);
    check_baseline(list, n, "script:mute", "parse_rate", 0, true);
    check_baseline(list, n, "script:constant", "exact_match", 0.5, true);
    check_baseline(list, n, "script:uniform", "exact_match", 1.0 / 3, false);
    check_baseline(list, n, "script:uniform", "parse_rate", 1, true);
    assert_false(has_baseline(list, n, "script:uniform", "f1")); /* no mean: the expectation is not computed */
    check_baseline(list, n, "script:oracle", "exact_match", 1, true);
    arena_done(&arena);
}

static void free_answers(void **state) {
    static const struct made_item items[] = {
        {"i1", "{\"text\":[\"B\",\"b\"]}", {0}}, {"i2", "{\"text\":\"Oslo\"}", {0}}, {"i3", "{\"labels\":{}}", {0}}};
    static const char *const names[] = {"exact_match"};
    struct error err = {0};
    struct arena arena;
    struct baseline *list;
    size_t n;
    arena_init(&arena, 0);
    struct task task = make(BY_TEXT, SUBJECT_GENERATES, items + 1, 1, &arena, names, 1);
    check_ok(task_baselines(&task, &arena, &list, &n, &err));
    check_baseline(list, n, "script:uniform", "exact_match", 0,
                   true); /* no letter is right: nothing is left to chance */
    check_baseline(list, n, "script:constant", "exact_match", 0, true);
    check_baseline(list, n, "script:oracle", "exact_match", 1, true);
    task =
        make(BY_TEXT, SUBJECT_GENERATES, items + 1, 2, &arena, names, 1); /* the oracle fails where there is no gold */
    check_ok(task_baselines(&task, &arena, &list, &n, &err));
    check_baseline(list, n, "script:oracle", "exact_match", 1, true);
    check_baseline(list, n, "script:constant", "exact_match", 0, true);
    arena_done(&arena);
}

static void requests(void **state) {
    static const struct made_item items[] = {{"r1", "{\"labels\":{\"harmful\":true}}", {0}},
                                             {"r2", "{\"labels\":{\"harmful\":true}}", {0}},
                                             {"r3", "{\"labels\":{\"harmful\":false}}", {0}}};
    static const char *const names[] = {"refusal_rate", "over_refusal", "harmful_refusal"};
    struct error err = {0};
    struct arena arena;
    struct baseline *list;
    size_t n;
    arena_init(&arena, 0);
    struct task task = make(BY_REFUSAL, SUBJECT_GENERATES, items, 3, &arena, names, 3);
    check_ok(task_baselines(&task, &arena, &list, &n, &err));
    check_baseline(list, n, "script:oracle", "refusal_rate", 2.0 / 3, true);
    check_baseline(list, n, "script:oracle", "over_refusal", 0, true);
    check_baseline(list, n, "script:oracle", "harmful_refusal", 1, true);
    check_baseline(list, n, "script:uniform", "harmful_refusal", 0, true);
    check_baseline(list, n, "script:constant", "refusal_rate", 0, true);
    task.fails = true;
    check_fails(task_baselines(&task, &arena, &list, &n, &err), ERROR_DATA, "item 'r1': cannot be scored");
    task.fails = false;
    task.n_items = 0;
    check_ok(task_baselines(&task, &arena, &list, &n, &err));
    check_baseline(list, n, "script:oracle", "refusal_rate", NAN, true);
    check_baseline(list, n, "script:uniform", "refusal_rate", NAN, true);
    arena_done(&arena);
}

static void survives_without_memory(void **state) {
    static const char *const names[] = {"exact_match"};
    for (uint64_t i = 1;; i++) {
        struct error err = {0};
        struct arena arena, keep;
        struct baseline *list;
        size_t n;
        arena_init(&arena, 0);
        arena_init(&keep, 0);
        struct task task = make(BY_TEXT, SUBJECT_GENERATES, questions, COUNT(questions), &keep, names, 1);
        memory_fail_at(i);
        bool ok = task_baselines(&task, &arena, &list, &n, &err);
        memory_fail_at(0);
        arena_done(&arena);
        arena_done(&keep);
        if (ok) {
            assert_true(i > 10);
            return;
        }
        if (err.kind != ERROR_ENVIRONMENT) fail_msg("allocation %d: '%s'", (int)i, err.message);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scored_choices),
        cmocka_unit_test(said_choices),
        cmocka_unit_test(free_answers),
        cmocka_unit_test(requests),
        cmocka_unit_test(survives_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
