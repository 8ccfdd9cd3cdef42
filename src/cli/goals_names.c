/* Figures and tasks for policies: see goals_names.h. */
#include "cli/goals_names.h"

#include "measure/task/metric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES_MOST = 10000 };

/* A place that was looked up. */
struct known_place {
    const char *name;
    struct policy_place place;
    bool found;
    const char *why; /* not found */
    uint64_t items;
    bool counted;
};
struct house {
    const struct arguments *args;
    struct arena *arena;
    struct known_place *places;
    size_t n_places, room;
};

/* ---- figures */

static const char *const accuracies[] = {"score",        "acc",         "acc_published",
                                         "acc_read",     "acc_norm",    "group_exact",
                                         "exact_match",  "token_f1",    "mc1",
                                         "mc2",          "precision",   "recall",
                                         "specificity",  "f1",          "macro_f1",
                                         "balanced_acc", "cell_mean",   "cell_macro_f1",
                                         "implied_f1",   "pearson",     "lms",
                                         "call_formed",  "call_tool",   "call_arguments",
                                         "pass_at",      "level_share", "acc_disambiguated",
                                         "exact_ratio",  "parse_rate",  "fallback_rate",
                                         "parse_fail",   "errors",      "matching"};
static const char *const preferences[] = {"reward",          "margin",      "judged_rate",   "win_rate",
                                          "judge_agreement", "judge_kappa", "corrected_rate"};
static const char *const uncertainties[] = {"ece", "brier", "trust", "confidence", "overconfidence", "chance_error"};
static const char *const abstentions[] = {"prudence", "over_conservativeness", "honesty", "acc_ambiguous"};

static bool among(const char *const *names, size_t n, const char *name) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0) return true;
    return false;
}

#define AMONG(list, name) among(list, sizeof(list) / sizeof *(list), name)

static enum policy_measure measure_of(const char *name) {
    if (AMONG(accuracies, name)) return POLICY_ACCURACY;
    if (AMONG(preferences, name)) return POLICY_WIN;
    if (AMONG(uncertainties, name)) return POLICY_UNCERTAINTY;
    return AMONG(abstentions, name) ? POLICY_ABSTENTION : POLICY_BEHAVIOUR;
}

static void range_of(struct policy_metric *m) {
    m->least = m->most = NAN;
    if (strcmp(m->unit, "share") == 0) m->least = 0, m->most = 1;
    if (strcmp(m->unit, "difference") == 0) m->least = -1, m->most = 1;
}

static bool no_metric(struct text name, struct error *err) {
    const struct metric *const *all;
    size_t n = metrics(&all);
    const char *names[256];
    for (size_t i = 0; i < n && i < 256; i++) names[i] = all[i]->name;
    const char *near = text_nearest(name, names, n < 256 ? n : 256);
    return error_set(err, ERROR_USAGE, "there is no figure '%.*s'%s%s%s; `basanite methods metric` lists them",
                     (int)(name.len < 80 ? name.len : 80), name.at, near ? "; did you mean '" : "", near ? near : "",
                     near ? "'?" : "");
}

/* "ece,bins=10" is the figure ece, whose bins are 10 by themselves. */
static bool canonical(const struct metric *m, struct text spec, struct arena *arena, const char **out,
                      struct error *err) {
    struct option_value *values = spec_parse(arena, spec, m->options, m->n_options, err);
    struct buffer b;
    if (!values) return false;
    buffer_init(&b, 4096);
    spec_put(&b, text_of(m->name), m->options, m->n_options, values);
    *out = text_copy(arena, buffer_text(&b), err);
    buffer_done(&b);
    return *out != NULL;
}

/* "ece,bins=15" is ece; NAME_corrected is NAME corrected for a detector's errors. */
static bool find_metric(void *context, struct text name, struct arena *arena, struct policy_metric *out,
                        struct error *err) {
    struct text plain = spec_name(name);
    bool corrected = text_ends(plain, TEXT("_corrected"));
    (void)context;
    if (text_equal_c(plain, "errors")) {
        *out = (struct policy_metric){.name = "errors", .unit = "items", .direction = "down", .least = 0, .most = NAN};
        return true;
    }
    const struct metric *m = metric_find(plain);
    if (!m && corrected) m = metric_find(text_part(plain, 0, plain.len - strlen("_corrected")));
    if (!m) return no_metric(plain, err);
    *out = (struct policy_metric){.name = m->name, .unit = m->unit, .direction = m->direction};
    out->measure = measure_of(m->name);
    out->exact = !corrected && text_starts(text_of(m->interval), TEXT("wilson"));
    range_of(out);
    return corrected || plain.len == name.len || canonical(m, name, arena, &out->figure, err);
}

/* ---- places */

static bool keep_tasks(struct house *h, const struct suite *s, struct known_place *k, struct error *err) {
    const char **tasks = arena_new(h->arena, const char *, s->n_tasks + 1, err);
    if (!tasks) return false;
    for (size_t i = 0; i < s->n_tasks; i++)
        if (!(tasks[i] = text_copy(h->arena, text_of(task_name(s->tasks[i])), err))) return false;
    k->place.tasks = tasks;
    k->place.n_tasks = s->n_tasks;
    return true;
}

/* parse_rate comes with every reader, whether a task lists it or not. */
static bool keep_figures(struct house *h, const struct suite *s, struct known_place *k, struct error *err) {
    size_t n = 0, most = 1;
    for (size_t i = 0; i < s->n_tasks; i++) {
        size_t uses;
        (void)task_metrics(s->tasks[i], &uses);
        most += uses + 1;
    }
    const char **names = arena_new(h->arena, const char *, most, err);
    if (!names) return false;
    names[n++] = "parse_rate";
    for (size_t i = 0; i < s->n_tasks; i++) {
        size_t uses;
        const struct metric_use *use = task_metrics(s->tasks[i], &uses);
        if (uses == 0) names[n++] = "score";
        for (size_t u = 0; u < uses; u++)
            if (!among(names, n, use[u].metric->name)) names[n++] = use[u].metric->name;
    }
    k->place.figures = names;
    k->place.n_figures = n;
    return true;
}

static struct suite *open_suite(struct house *h, const char *name, struct error *err) {
    struct task_settings settings;
    if (!common_task_settings(h->args, &settings, err)) return NULL;
    settings.limit = 0;
    return suite_load(name, &settings, err);
}

/* A suite, SUITE/TASK, or either with a group behind it. *fault: no such place, said in `why`. */
static bool look(struct house *h, struct known_place *k, const char *name, const char *group, struct error *why,
                 struct error *err) {
    struct suite *s = open_suite(h, name, why);
    if (!s) return true;
    k->place.run = text_copy(h->arena, text_of(name), err);
    k->place.group = text_copy(h->arena, text_of(group), err);
    bool ok = k->place.run && k->place.group && keep_tasks(h, s, k, err) && keep_figures(h, s, k, err);
    k->found = ok && s->n_tasks > 0 && (!group[0] || s->n_tasks == 1);
    suite_free(s);
    return ok;
}

static bool look_both_ways(struct house *h, struct known_place *k, struct error *err) {
    struct error why = {0}, other = {0};
    if (!look(h, k, k->name, "", &why, err)) return false;
    const char *slash = strrchr(k->name, '/');
    if (!k->found && slash && slash != k->name && slash[1]) {
        char *before = text_copy(h->arena, (struct text){k->name, (size_t)(slash - k->name)}, err);
        if (!before || !look(h, k, before, slash + 1, &other, err)) return false;
    }
    if (k->found) return true;
    return (k->why = text_copy(h->arena, text_of(why.message[0] ? why.message : "it has no tasks"), err)) != NULL;
}

static struct known_place *place_of(struct house *h, struct text name, struct error *err) {
    for (size_t i = 0; i < h->n_places; i++)
        if (text_equal_c(name, h->places[i].name)) return &h->places[i];
    if (h->n_places == PLACES_MOST)
        return error_set(err, ERROR_USAGE, "more than %d tasks in one policy", PLACES_MOST), NULL;
    if (h->n_places == h->room) {
        size_t wanted = h->room ? 2 * h->room : 16;
        struct known_place *more = arena_new(h->arena, struct known_place, wanted, err);
        if (!more) return NULL;
        if (h->n_places) memcpy(more, h->places, h->n_places * sizeof *more);
        h->places = more;
        h->room = wanted;
    }
    struct known_place *k = &h->places[h->n_places];
    *k = (struct known_place){.name = text_copy(h->arena, name, err)};
    if (!k->name || !look_both_ways(h, k, err)) return NULL;
    h->n_places++;
    return k;
}

static bool find_place(void *context, struct text name, struct arena *arena, struct policy_place *out,
                       struct error *err) {
    struct known_place *k = place_of(context, name, err);
    (void)arena;
    if (!k) return false;
    if (!k->found) return error_set(err, ERROR_USAGE, "%s", k->why);
    *out = k->place;
    return true;
}

/* ---- items */

/* VALUE of any field by which the task is split, or FIELD=VALUE. */
static bool is_of_group(const struct task *task, const struct item *item, const char *group) {
    const char *equals = strchr(group, '=');
    const json_t *labels = json_object_get(item->gold, "labels");
    size_t n;
    const char *const *fields = task_group_fields(task, &n);
    if (!group[0]) return true;
    for (size_t i = 0; i < n; i++) {
        struct text value = i == 0 ? item->group : json_text(json_object_get(labels, fields[i]));
        bool named = equals && text_equal(text_of(fields[i]), (struct text){group, (size_t)(equals - group)});
        if ((named && text_equal_c(value, equals + 1)) || (!equals && text_equal_c(value, group))) return true;
    }
    return false;
}

typedef bool item_visit(void *context, const struct task *task, const struct item *item, struct error *err);

static bool visit_task(const struct task *task, const char *group, item_visit *visit, void *context,
                       struct error *err) {
    struct task_items *items = task_open(task, err);
    struct arena arena;
    struct item item;
    int got = items ? 1 : -1;
    arena_init(&arena, 0);
    while (got > 0 && (got = task_next(items, &arena, &item, err)) > 0) {
        if (is_of_group(task, &item, group) && !visit(context, task, &item, err)) got = -1;
        item_done(&item);
        arena_reset(&arena);
    }
    task_close(items);
    arena_done(&arena);
    return got == 0;
}

static bool visit_place(struct house *h, struct text name, item_visit *visit, void *context, struct error *err) {
    struct known_place *k = place_of(h, name, err);
    if (!k) return false;
    struct suite *s = k->found ? open_suite(h, k->place.run, err) : NULL;
    bool ok = s != NULL;
    for (size_t i = 0; ok && i < s->n_tasks; i++) ok = visit_task(s->tasks[i], k->place.group, visit, context, err);
    suite_free(s);
    return ok;
}

static bool count_one(void *context, const struct task *task, const struct item *item, struct error *err) {
    (void)task, (void)item, (void)err;
    ++*(uint64_t *)context;
    return true;
}

/* Of whole tasks the rows are counted, which is quicker than making items of them. */
static bool count_whole(struct house *h, struct known_place *k, struct error *err) {
    struct suite *s = open_suite(h, k->place.run, err);
    bool ok = s != NULL;
    for (size_t i = 0; ok && i < s->n_tasks; i++) {
        uint64_t n = 0;
        ok = task_count(s->tasks[i], &n, err);
        k->items += n;
    }
    suite_free(s);
    return ok;
}

static bool count_at(struct house *h, struct known_place *k, struct text name, struct error *err) {
    if (!k->found || !k->place.group[0]) return k->found && count_whole(h, k, err);
    return visit_place(h, name, count_one, &k->items, err);
}

/* Data that are not there are no fault here: the run tells. */
static bool count_items(void *context, struct text name, uint64_t *n, struct error *err) {
    struct known_place *k = place_of(context, name, err);
    struct error why = {0};
    *n = 0;
    if (!k) return false;
    if (!k->counted && !count_at(context, k, name, &why)) k->items = 0;
    k->counted = true;
    *n = k->items;
    return true;
}

/* Digests of asks, sorted by qsort. */
struct digests {
    struct arena *arena;
    uint64_t *at;
    size_t n, room;
};

static bool keep_ask(void *context, const struct task *task, const struct item *item, struct error *err) {
    struct digests *d = context;
    struct arena arena;
    struct ask ask;
    arena_init(&arena, 0);
    bool ok = task_ask(task, item, false, &arena, &ask, NULL, err);
    uint64_t hash = ok ? hash_xxh3(ask.digest, strlen(ask.digest)) : 0;
    arena_done(&arena);
    if (!ok) return false;
    if (d->n == d->room) {
        size_t wanted = d->room ? 2 * d->room : 1024;
        uint64_t *more = arena_new(d->arena, uint64_t, wanted, err);
        if (!more) return false;
        if (d->n) memcpy(more, d->at, d->n * sizeof *more);
        d->at = more;
        d->room = wanted;
    }
    d->at[d->n++] = hash;
    return true;
}

static int compare_hashes(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static bool count_shared(void *context, struct text a, struct text b, uint64_t *n, struct error *err) {
    struct house *h = context;
    struct digests one = {.arena = h->arena}, other = {.arena = h->arena};
    struct error why = {0};
    (void)err;
    *n = 0;
    if (!visit_place(h, a, keep_ask, &one, &why) || !visit_place(h, b, keep_ask, &other, &why)) return true;
    qsort(one.at, one.n, sizeof *one.at, compare_hashes);
    qsort(other.at, other.n, sizeof *other.at, compare_hashes);
    for (size_t i = 0, k = 0; i < one.n && k < other.n;) {
        if (one.at[i] == other.at[k])
            ++*n, i++, k++;
        else if (one.at[i] < other.at[k])
            i++;
        else
            k++;
    }
    return true;
}

bool goals_names(const struct arguments *args, struct policy_names *out, struct error *err) {
    struct house *h = arena_new(args->arena, struct house, 1, err);
    if (!h) return false;
    *h = (struct house){.args = args, .arena = args->arena};
    *out = (struct policy_names){h, find_metric, find_place, count_items, count_shared};
    return true;
}
