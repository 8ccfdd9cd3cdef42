/* Hooks: what they may name, where they act, and the four changes of a row. See hooks.h. */
#include "lm/engine/hook_plan.h"

static const char *const parts[] = {"state", "attention", "feed-forward", "head"};

size_t lm_site_size(const struct lm_shape *shape, struct lm_site site) {
    return site.part == LM_HEAD ? shape->head_size : shape->width;
}

bool lm_site_check(const struct lm_model *model, struct lm_site site, struct error *err) {
    const struct lm_shape *s = &model->shape;
    size_t first = site.part == LM_STATE ? 0 : 1, last = s->layers + (site.part == LM_STATE);
    if (site.part > LM_HEAD)
        return error_set(err, ERROR_USAGE, "part %d: a model has none of that number", (int)site.part);
    if (site.layer < first || site.layer > last)
        return error_set(err, ERROR_USAGE, "%s of layer %zu: model '%s' has %zu to %zu", parts[site.part], site.layer,
                         model->name, first, last);
    if (site.part == LM_HEAD && site.head >= s->heads)
        return error_set(err, ERROR_USAGE, "head %zu of layer %zu: model '%s' has 0 to %zu", site.head, site.layer,
                         model->name, s->heads - 1);
    return true;
}

static bool check_hook(const struct lm_model *model, const struct lm_hook *hook, struct error *err) {
    if (!lm_site_check(model, hook->site, err)) return false;
    if (hook->site.layer > model->shape.layers)
        return error_set(err, ERROR_USAGE, "the state after the final norm can be read but not changed");
    if (hook->change > LM_PROJECT_OUT || hook->where > LM_BETWEEN)
        return error_set(err, ERROR_USAGE, "there is no change %d at place %d", (int)hook->change, (int)hook->where);
    if (hook->change != LM_SCALE && (!hook->values || !hook->n_values))
        return error_set(err, ERROR_USAGE, "it has no values");
    if (hook->where == LM_BETWEEN && hook->from >= hook->to)
        return error_set(err, ERROR_USAGE, "positions %zu to %zu are none", hook->from, hook->to);
    return true;
}

bool lm_hooks_check(const struct lm_model *model, const struct lm_hooks *hooks, struct error *err) {
    for (size_t i = 0; hooks && i < hooks->n; i++)
        if (!check_hook(model, &hooks->list[i], err)) return error_wrap(err, "hook %zu", i);
    return true;
}

/* ---- where ---- */

struct span {
    size_t from, to;
};

static struct span span_of(const struct lm_hook *hook, size_t mark) {
    struct span s = {0, SIZE_MAX};
    switch (hook->where) {
    case LM_EVERYWHERE:
        break;
    case LM_IN_PROMPT:
        s.to = mark;
        break;
    case LM_AT_PROMPT_END:
        s = (struct span){mark ? mark - 1 : 0, mark};
        break;
    case LM_IN_ANSWER:
        s.from = mark;
        break;
    case LM_BETWEEN:
        s = (struct span){hook->from, hook->to};
        break;
    }
    if (hook->change != LM_SCALE && hook->n_values > 1 && s.to - s.from > hook->n_values)
        s.to = s.from + hook->n_values;
    return s;
}

struct hook_plan hook_plan_make(const struct lm_hooks *hooks, size_t mark) {
    struct hook_plan plan = {.hooks = hooks, .first = SIZE_MAX};
    for (size_t i = 0; hooks && i < hooks->n; i++) {
        const struct lm_hook *hook = &hooks->list[i];
        struct span span = span_of(hook, mark);
        if (hook->where != LM_EVERYWHERE && hook->where != LM_BETWEEN) plan.mark = mark;
        if (span.from < span.to && span.from < plan.first) plan.first = span.from;
    }
    if (plan.first == SIZE_MAX) plan = (struct hook_plan){.first = SIZE_MAX};
    return plan;
}

int hook_plan_compare(const struct hook_plan *a, const struct hook_plan *b) {
    if (a->hooks != b->hooks) return (uintptr_t)a->hooks < (uintptr_t)b->hooks ? -1 : 1;
    return a->mark < b->mark ? -1 : a->mark > b->mark;
}

size_t hook_plan_shared(const struct hook_plan *a, const struct hook_plan *b) {
    if (hook_plan_compare(a, b) == 0) return SIZE_MAX;
    return a->first < b->first ? a->first : b->first;
}

/* ---- the changes ---- */

/* In f64, in the order of the numbers. */
static double product(const float *x, const float *v, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)x[i] * (double)v[i];
    return sum;
}

static void change(enum lm_change how, float coefficient, const float *restrict v, float *restrict x, size_t n) {
    double square;
    float along;
    switch (how) {
    case LM_ADD:
        for (size_t i = 0; i < n; i++) x[i] += coefficient * v[i];
        break;
    case LM_REPLACE:
        for (size_t i = 0; i < n; i++) x[i] = v[i];
        break;
    case LM_SCALE:
        for (size_t i = 0; i < n; i++) x[i] *= coefficient;
        break;
    case LM_PROJECT_OUT:
        if (!((square = product(v, v, n)) > 0)) break;
        along = (float)((double)coefficient * product(x, v, n) / square);
        for (size_t i = 0; i < n; i++) x[i] -= along * v[i];
        break;
    }
}

void hook_plan_apply(const struct hook_plan *plan, const struct lm_shape *shape, enum lm_part part, size_t layer,
                     size_t position, float *x) {
    for (size_t i = 0; i < plan->hooks->n; i++) {
        const struct lm_hook *hook = &plan->hooks->list[i];
        if (hook->site.part != part || hook->site.layer != layer) continue;
        struct span span = span_of(hook, plan->mark);
        if (position < span.from || position >= span.to) continue;
        size_t n = lm_site_size(shape, hook->site), which = hook->n_values > 1 ? position - span.from : 0;
        change(hook->change, hook->coefficient, hook->change == LM_SCALE ? NULL : hook->values + which * n,
               x + (part == LM_HEAD ? hook->site.head * n : 0), n);
    }
}
