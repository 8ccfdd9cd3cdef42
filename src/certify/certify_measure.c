/* Which runs a policy needs, and running them on a part of the data: see certify_internal.h. */
#include "certify/certify_internal.h"

#include "record/certificate.h"

#include <stdlib.h>
#include <string.h>

enum { PLACES_MOST = 256 };

/* ---- what is needed */

static bool add_place(struct certifying *c, const char **places, const struct policy_clause *clause,
                      struct error *err) {
    struct policy_place place;
    const char *text = clause->figure.place;
    if (!*text)
        return error_set(err, ERROR_DATA,
                         "%s:%zu:%zu: '%s' names no task; write '%s(TASK)', so that it can be measured",
                         c->policy->file, clause->line, clause->column, clause->figure.text, clause->figure.name);
    if (!c->s->names->place(c->s->names->context, text_of(text), c->arena, &place, err)) return false;
    for (size_t i = 0; i < c->n_places; i++)
        if (strcmp(places[i], place.run) == 0) return true;
    if (c->n_places == PLACES_MOST)
        return error_set(err, ERROR_DATA, "%s: goals of more than %d tasks", c->policy->file, PLACES_MOST);
    places[c->n_places++] = place.run;
    return true;
}

static bool add_clauses(struct certifying *c, const char **places, const struct policy_clause *clauses, size_t n,
                        struct error *err) {
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        ok = add_place(c, places, &clauses[i], err);
        if (clauses[i].confidence > c->confidence) c->confidence = clauses[i].confidence;
    }
    return ok;
}

bool certify_plan(struct certifying *c, struct error *err) {
    const char **places = arena_new(c->arena, const char *, PLACES_MOST, err);
    bool ok = places != NULL;
    c->places = places;
    for (size_t i = 0; ok && i < c->policy->n_goals; i++) {
        const struct policy_goal *g = &c->policy->goals[i];
        ok = add_clauses(c, places, g->clauses, g->n_clauses, err);
        for (size_t k = 0; ok && k < g->n_exceptions; k++)
            ok = add_clauses(c, places, g->exceptions[k].clauses, g->exceptions[k].n_clauses, err);
    }
    if (ok && c->n_places == 0)
        ok = error_set(err, ERROR_DATA, "%s: no goal is measured, so there is nothing to certify", c->policy->file);
    c->slices = c->policy->n_acts + 1 < CERTIFY_SLICES_MOST ? (unsigned)c->policy->n_acts + 1 : CERTIFY_SLICES_MOST;
    return ok;
}

static struct suite *open_suite(const struct certifying *c, struct task_slice slice, struct error *err) {
    struct task_settings settings = c->s->tasks;
    settings.slice = slice.of > 1 ? slice : (struct task_slice){0};
    if (!settings.limit) settings.limit = c->policy->items;
    return suite_load_many(c->places, c->n_places, &settings, err);
}

/* ---- slices that are not spent */

static void fill_settings(const struct certifying *c, struct run_settings *out) {
    *out = c->s->run;
    out->figures.confidence = c->confidence;
    out->limit = c->s->tasks.limit ? c->s->tasks.limit : c->policy->items;
}

/* "helpdesk-1-9c3f20aa": the policy, the part, and all that decides the result. */
static const char *run_name(const struct certifying *c, const struct subject *subject, const struct suite *suite,
                            struct task_slice slice, struct error *err) {
    char hex[HASH_HEX];
    struct run_settings settings;
    fill_settings(c, &settings);
    json_t *config = run_config(suite, &settings, err);
    json_t *all =
        config ? json_pack("{s:O s:s s:s}", "config", config, "subject", subject->digest, "build", c->s->run.build)
               : NULL;
    bool ok = all && json_digest(all, hex, err);
    json_decref(all);
    json_decref(config);
    return ok ? arena_printf(c->arena, err, "%.40s-%u-%.8s", c->policy->name, slice.index, hex) : NULL;
}

struct digests {
    char (*all)[HASH_HEX];
    size_t n, capacity, at;
    const char *own; /* the run of this very measurement, which may have spent them */
    bool hit;
};

static int by_digest(const void *a, const void *b) {
    return memcmp(a, b, HASH_HEX);
}

static bool keep(struct digests *d, const char *digest, struct error *err) {
    if (d->n == d->capacity) {
        size_t wanted = d->capacity ? 2 * d->capacity : 1024;
        void *more = memory_grow(d->all, wanted, sizeof *d->all);
        if (!more) return error_memory(err, "items");
        d->all = more;
        d->capacity = wanted;
    }
    memcpy(d->all[d->n++], digest, HASH_HEX);
    return true;
}

static bool keep_task(struct digests *d, const struct task *task, struct error *err) {
    struct task_items *items = task_open(task, err);
    struct arena arena;
    struct item item;
    int state = items ? 1 : -1;
    arena_init(&arena, (size_t)256 << 20);
    while (state == 1 && (state = task_next(items, &arena, &item, err)) == 1) {
        if (!keep(d, item.digest, err)) state = -1;
        item_done(&item);
        arena_reset(&arena);
    }
    arena_done(&arena);
    task_close(items);
    return state == 0;
}

/* Both lists are sorted. */
static bool meet(void *context, struct text item, struct text run, bool *more, struct error *err) {
    struct digests *d = context;
    (void)err;
    if (item.len != HASH_HEX - 1 || text_equal_c(run, d->own)) return true;
    while (d->at < d->n && memcmp(d->all[d->at], item.at, item.len) < 0) d->at++;
    d->hit = d->at < d->n && memcmp(d->all[d->at], item.at, item.len) == 0;
    *more = !d->hit && d->at < d->n;
    return true;
}

/* 1: some of its items are spent, 0: none, -1: an error. */
static int is_spent(struct certifying *c, const struct subject *subject, struct task_slice slice, struct error *err) {
    struct suite *suite = open_suite(c, slice, err);
    struct digests d = {.own = suite ? run_name(c, subject, suite, slice, err) : NULL};
    bool ok = d.own != NULL;
    for (size_t i = 0; ok && i < suite->n_tasks; i++) ok = keep_task(&d, suite->tasks[i], err);
    if (d.n) qsort(d.all, d.n, sizeof *d.all, by_digest);
    ok = ok && record_spent(c->record, "tune", meet, &d, err);
    memory_free(d.all);
    suite_free(suite);
    return ok ? d.hit : -1;
}

bool certify_fresh_slice(struct certifying *c, const struct subject *subject, unsigned after, struct task_slice *out,
                         struct error *err) {
    for (unsigned k = after + 1; k <= c->slices; k++) {
        *out = (struct task_slice){k, c->slices};
        int spent = is_spent(c, subject, *out, err);
        if (spent <= 0) return spent == 0;
        certify_tell(c, "part %u of %u of the items is spent: an act was chosen by it", k, c->slices);
    }
    return error_set(err, ERROR_GATE,
                     "no part of the items is fresh: acts were chosen by all of them (record '%s'); measure on other "
                     "items, or begin another record with --record",
                     record_path(c->record));
}

/* ---- running */

bool certify_measure(struct certifying *c, struct subject *subject, struct task_slice slice, struct run_result *result,
                     struct error *err) {
    struct run_settings settings;
    struct suite *suite = open_suite(c, slice, err);
    fill_settings(c, &settings);
    settings.name = suite ? run_name(c, subject, suite, slice, err) : NULL;
    bool ok = settings.name && run_suite(c->record, subject, suite, &settings, c->arena, result, err);
    if (ok) {
        c->out->asked += result->asked;
        c->out->reused += result->reused;
    }
    suite_free(suite);
    return ok;
}
