/* Rules for the checkpoint that is kept: see keep_rule.h. */
#include "report/keep_rule.h"

#include "measure/figure/gate.h"
#include "measure/statistics/statistics.h"

#include <math.h>
#include <string.h>

struct keep_rule {
    struct keep keep;
    struct arena arena;   /* of the rule */
    struct arena working; /* of one choice */
    struct gate *gate;    /* NULL: every checkpoint may be kept */
    struct text name, place;
    bool best, least;
    double confidence;
};

/* ---- reading */

/* "NAME max", "NAME(TASK) min". */
static bool read_best(struct keep_rule *r, struct text source, size_t column, struct error *err) {
    struct text all = text_trim(source);
    size_t space = all.len;
    while (space > 0 && all.at[space - 1] != ' ') space--;
    struct text way = text_part(all, space, all.len), figure = text_trim(text_part(all, 0, space));
    size_t open = text_find(figure, TEXT("("), 0);
    r->least = text_equal_c(way, "min");
    r->best = true;
    r->name = open == SIZE_MAX ? figure : text_trim(text_part(figure, 0, open));
    if (open != SIZE_MAX && text_ends(figure, TEXT(")")))
        r->place = text_trim(text_part(figure, open + 1, figure.len - 1));
    bool place = open == SIZE_MAX || r->place.len > 0;
    if (text_equal_c(r->name, "accuracy")) r->name = TEXT("acc");
    return ((r->least || text_equal_c(way, "max")) && r->name.len > 0 && place) ||
           error_set(err, ERROR_USAGE,
                     "--keep: column %zu: expected a figure and max or min, as in 'acc max' or 'acc(demo) max', found "
                     "'%.*s'",
                     column, TEXT_ARG(all));
}

static bool ends_in_best(struct text source) {
    struct text t = text_trim(source);
    return text_ends(t, TEXT(" max")) || text_ends(t, TEXT(" min")) || text_equal_c(t, "max") || text_equal_c(t, "min");
}

static bool read_rule(struct keep_rule *r, struct text source, struct error *err) {
    size_t semicolon = text_find(source, TEXT(";"), 0);
    if (semicolon == SIZE_MAX && ends_in_best(source)) return read_best(r, source, 1, err);
    struct text gate = semicolon == SIZE_MAX ? source : text_part(source, 0, semicolon);
    if (!(r->gate = gate_parse(gate, &r->arena, err))) return error_wrap(err, "--keep");
    return semicolon == SIZE_MAX || read_best(r, text_part(source, semicolon + 1, source.len), semicolon + 2, err);
}

/* ---- choosing */

/* "TASK/FIGURE" as a figure of the record; tasks have slashes too. */
static bool to_figure(const struct probe_figure *f, struct arena *arena, struct figure *out, struct error *err) {
    const char *slash = strrchr(f->name, '/');
    char *task = arena_copy(arena, f->name, slash ? (size_t)(slash - f->name) : 0, err);
    *out = (struct figure){.name = slash ? slash + 1 : f->name,
                           .task = task,
                           .group = "",
                           .value = f->value,
                           .lo = f->lo,
                           .hi = f->hi,
                           .n = f->n,
                           .k = -1,
                           .method = isfinite(f->lo) ? "of the log" : NULL,
                           .unit = "",
                           .direction = "none"};
    return task != NULL;
}

static struct figure *figures_of(const struct probe_point *p, struct arena *arena, struct error *err) {
    struct figure *out = arena_new(arena, struct figure, p->n + 1, err);
    for (size_t i = 0; out && i < p->n; i++)
        if (!to_figure(&p->figures[i], arena, &out[i], err)) return NULL;
    return out;
}

/* Of the figures that both points have; returns how many. */
static size_t subtract(const struct figure *now, size_t n, const struct figure *first, size_t n_first,
                       struct figure *out) {
    size_t found = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n_first; k++) {
            if (strcmp(now[i].name, first[k].name) != 0 || strcmp(now[i].task, first[k].task) != 0) continue;
            struct interval d = stat_mover_difference((struct interval){now[i].value, now[i].lo, now[i].hi},
                                                      (struct interval){first[k].value, first[k].lo, first[k].hi});
            out[found] = now[i];
            out[found].value = now[i].value - first[k].value;
            out[found].lo = d.lo;
            out[found++].hi = d.hi;
            break;
        }
    return found;
}

static bool meets(struct keep_rule *r, const struct probe_point *first, const struct probe_point *p, bool *met,
                  struct error *err) {
    struct gate_result result;
    *met = true;
    if (!r->gate) return true;
    struct figure *now = figures_of(p, &r->working, err), *before = figures_of(first, &r->working, err);
    struct figure *differences = arena_new(&r->working, struct figure, p->n + 1, err);
    if (!now || !before || !differences) return false;
    struct gate_figures figures = {.figures = now, .n = p->n, .differences = differences, .confidence = r->confidence};
    figures.n_differences = subtract(now, p->n, before, first->n, differences);
    if (!gate_judge(r->gate, &figures, &r->working, &result, err)) return error_wrap(err, "--keep");
    *met = result.verdict == GATE_MET;
    return true;
}

static bool is_meant(const struct keep_rule *r, const struct figure *f) {
    struct text task = text_of(f->task);
    if (!text_equal(text_of(f->name), r->name)) return false;
    return r->place.len == 0 || text_equal(task, r->place) ||
           (task.len > r->place.len && text_ends(task, r->place) && task.at[task.len - r->place.len - 1] == '/');
}

static bool no_figure(const struct keep_rule *r, const struct probe_point *p, struct error *err) {
    struct buffer b;
    buffer_init(&b, 1 << 16);
    for (size_t i = 0; i < p->n; i++) buffer_printf(&b, "%s%s", i ? ", " : "", p->figures[i].name);
    (void)error_set(err, ERROR_USAGE, "--keep: no figure '%.*s'%s%.*s is measured; there are: %.*s", TEXT_ARG(r->name),
                    r->place.len ? " of " : "", TEXT_ARG(r->place), (int)(b.len < 600 ? b.len : 600),
                    b.len ? b.at : "none");
    buffer_done(&b);
    return false;
}

/* Larger is better. */
static bool score_of(struct keep_rule *r, const struct probe_point *p, double *score, struct error *err) {
    struct figure *now = figures_of(p, &r->working, err);
    double sum = 0;
    size_t n = 0;
    if (!now) return false;
    for (size_t i = 0; i < p->n; i++)
        if (is_meant(r, &now[i])) {
            sum += now[i].value;
            n++;
        }
    if (!n) return no_figure(r, p, err);
    *score = (r->least ? -sum : sum) / (double)n;
    return true;
}

static bool choose(void *context, const struct probe_point *points, size_t n, size_t *best, struct error *err) {
    struct keep_rule *r = context;
    double most = -INFINITY;
    *best = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        bool met;
        double score = 0;
        arena_reset(&r->working);
        if (!meets(r, &points[0], &points[i], &met, err) || (r->best && !score_of(r, &points[i], &score, err)))
            return false;
        if (!met || (r->best && !(score > most))) continue;
        most = score;
        *best = i;
    }
    return true;
}

struct keep_rule *keep_rule_new(const char *source, double confidence, struct error *err) {
    struct keep_rule *r = memory_zeroed(1, sizeof *r);
    if (!r) return error_memory(err, "rule of what is kept"), NULL;
    r->keep = (struct keep){.context = r, .rule = source, .choose = choose};
    r->confidence = confidence;
    arena_init(&r->arena, 1 << 20);
    arena_init(&r->working, 1 << 26);
    if (read_rule(r, text_of(source), err)) return r;
    keep_rule_free(r);
    return NULL;
}

void keep_rule_free(struct keep_rule *r) {
    if (!r) return;
    arena_done(&r->arena);
    arena_done(&r->working);
    memory_free(r);
}

const struct keep *keep_rule_keep(const struct keep_rule *r) {
    return &r->keep;
}
