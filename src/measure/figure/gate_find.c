/* From the name in a gate to figures: see gate.h. */
#include "measure/figure/gate_internal.h"

#include "base/option.h"

#include <string.h>

enum { NAMES_SHOWN = 64 };

static bool same_name(const struct figure *f, struct text name, bool with_options) {
    struct text have = text_of(f->name);
    return text_equal(have, name) || (!with_options && text_equal(spec_name(have), name));
}

/* How well a figure fits a place; 0: not at all. Of several the best fit counts. */
enum fit { FIT_NONE, FIT_GROUP, FIT_TASK_END, FIT_TASK_GROUP, FIT_TASK };

static bool is_group(struct text place, struct text group) {
    size_t equals = text_find(group, TEXT("="), 0);
    return text_equal(place, group) ||
           (equals != SIZE_MAX && text_equal(place, text_part(group, equals + 1, group.len)));
}

static enum fit fit_of(const struct figure *f, struct text place) {
    struct text task = text_of(f->task), group = text_of(f->group);
    if (place.len == 0) return group.len ? FIT_NONE : FIT_TASK;
    if (group.len == 0) {
        if (text_equal(task, place)) return FIT_TASK;
        bool ends = task.len > place.len && text_ends(task, place) && task.at[task.len - place.len - 1] == '/';
        return ends ? FIT_TASK_END : FIT_NONE;
    }
    if (text_starts(place, task) && place.len > task.len && place.at[task.len] == '/' &&
        is_group(text_part(place, task.len + 1, place.len), group))
        return FIT_TASK_GROUP;
    return is_group(place, group) ? FIT_GROUP : FIT_NONE;
}

static const char *put_names(const struct figure *all, size_t n, bool places, struct text name, struct arena *arena,
                             struct error *err) {
    struct buffer b;
    size_t shown = 0;
    buffer_init(&b, 400);
    for (size_t i = 0; i < n && shown < NAMES_SHOWN; i++) {
        bool before = places && !same_name(&all[i], name, false);
        for (size_t j = 0; j < i && !before; j++)
            before = places ? strcmp(all[j].task, all[i].task) == 0 && strcmp(all[j].group, all[i].group) == 0
                            : strcmp(all[j].name, all[i].name) == 0;
        if (before) continue;
        const char *slash = places && all[i].group[0] ? "/" : "";
        buffer_printf(&b, "%s%s%s%s", shown++ ? ", " : "", places ? all[i].task : all[i].name, slash,
                      places ? all[i].group : "");
    }
    const char *names = text_copy(arena, buffer_text(&b), err); /* cut off where they are many */
    buffer_done(&b);
    return names;
}

static bool no_name(const struct gate_operand *o, struct text name, const struct figure *all, size_t n,
                    struct arena *arena, struct error *err) {
    const char *names[256] = {0};
    size_t n_names = 0;
    for (size_t i = 0; i < n && n_names < 256; i++) names[n_names++] = all[i].name;
    const char *near = text_nearest(name, names, n_names), *list = put_names(all, n, false, name, arena, err);
    return list && error_set(err, ERROR_USAGE, "gate: column %zu: no figure '%.*s'%s%s%s; there are: %s", o->column,
                             (int)(name.len < 80 ? name.len : 80), name.at, near ? "; did you mean '" : "",
                             near ? near : "", near ? "'?" : "", list);
}

static bool no_place(const struct gate_operand *o, const struct figure *all, size_t n, struct arena *arena,
                     struct error *err) {
    struct text name = o->name;
    const char *list = put_names(all, n, true, name, arena, err);
    return list && error_set(err, ERROR_USAGE, "gate: column %zu: '%.*s' is not measured of '%.*s', but of: %s",
                             o->column, (int)(name.len < 80 ? name.len : 80), name.at,
                             (int)(o->place.len < 80 ? o->place.len : 80), o->place.at, list);
}

static bool ambiguous(const struct gate_operand *o, const struct figure *one, const struct figure *other,
                      struct error *err) {
    return error_set(err, ERROR_USAGE, "gate: column %zu: '%.*s' may be %s%s%s or %s%s%s; give TASK/FIELD=VALUE",
                     o->column, (int)(o->place.len < 80 ? o->place.len : 80), o->place.at, one->task,
                     one->group[0] ? "/" : "", one->group, other->task, other->group[0] ? "/" : "", other->group);
}

bool gate_find(const struct gate_operand *o, const struct gate_figures *figures, struct arena *arena,
               const struct figure ***out, size_t *n, struct error *err) {
    const struct figure *all = o->difference ? figures->differences : figures->figures;
    size_t n_all = o->difference ? figures->n_differences : figures->n;
    struct text name = text_equal_c(o->name, "accuracy") ? TEXT("acc") : o->name;
    if (o->difference && n_all == 0)
        return error_set(err, ERROR_USAGE,
                         "gate: column %zu: d(...) is the difference of compared runs; use it with "
                         "`basanite compare`",
                         o->column);
    bool any = false, exact = false;
    for (size_t i = 0; i < n_all; i++) {
        any = any || same_name(&all[i], name, false);
        exact = exact || same_name(&all[i], name, true);
    }
    if (!any) return no_name(o, name, all, n_all, arena, err);
    struct gate_operand named = *o;
    named.name = name;
    if (!(*out = arena_new(arena, const struct figure *, n_all, err))) return false;
    enum fit best = FIT_NONE;
    *n = 0;
    for (size_t i = 0; i < n_all; i++) {
        enum fit fit = same_name(&all[i], name, exact) ? fit_of(&all[i], o->place) : FIT_NONE;
        if (fit == FIT_NONE || fit < best) continue;
        if (fit > best) *n = 0;
        best = fit;
        (*out)[(*n)++] = &all[i];
    }
    if (*n == 0) return no_place(&named, all, n_all, arena, err);
    return o->place.len == 0 || *n == 1 || ambiguous(o, (*out)[0], (*out)[1], err);
}
