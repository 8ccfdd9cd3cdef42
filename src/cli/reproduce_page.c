/* Pages of `basanite reproduce`: see reproduce_page.h. */
#include "cli/reproduce_page.h"

#include "cli/commands.h"
#include "report/text_grid.h"

#include <math.h>
#include <string.h>

enum { COLUMNS = 7, CELL = 64, PAGE_MOST = 1 << 22 };
static const char *const verdicts[] = {
    [RECIPE_MET] = "met", [RECIPE_MISSED] = "MISSED", [RECIPE_NOT_JUDGED] = "not judged"};
static const char *const head[COLUMNS] = {"figure", "here", "from", "to", "should be", "in the paper", ""};

static void put_number(double x, char out[CELL]) {
    if (isnan(x))
        snprintf(out, CELL, "-");
    else
        snprintf(out, CELL, "%.4g", x);
}

static const char *cell(const struct arguments *args, const char *t, struct error *err) {
    return text_copy(args->arena, text_of(t), err);
}

static const char *should_be(const struct arguments *args, const struct recipe_finding *f, struct error *err) {
    const struct recipe_expect *e = f->expect;
    if (e->op == RECIPE_SAME_FILES) return "same bytes";
    if (e->tol > 0)
        return arena_printf(args->arena, err, "%s %.4g, within %.3g", recipe_operator_text(e->op), f->bound, e->tol);
    return arena_printf(args->arena, err, "%s %.4g", recipe_operator_text(e->op), f->bound);
}

static const char *verdict_of(const struct arguments *args, const struct recipe_finding *f, struct error *err) {
    if (f->verdict == RECIPE_NOT_JUDGED || f->n_values == 1) return verdicts[f->verdict];
    return arena_printf(args->arena, err, "%s, %u of %zu seeds", verdicts[f->verdict], f->agreeing, f->n_values);
}

static bool row_of(const struct arguments *args, const struct recipe_finding *f, const char *cells[COLUMNS],
                   struct error *err) {
    char mean[CELL], least[CELL], most[CELL];
    bool same = f->expect->op == RECIPE_SAME_FILES;
    put_number(f->mean, mean), put_number(f->least, least), put_number(f->most, most);
    cells[0] = f->expect->shown, cells[5] = f->expect->paper ? f->expect->paper : "";
    cells[1] = same ? f->mean == 1 ? "same" : isnan(f->mean) ? "-" : "different" : cell(args, mean, err);
    cells[2] = same ? "" : cell(args, least, err), cells[3] = same ? "" : cell(args, most, err);
    cells[4] = should_be(args, f, err), cells[6] = verdict_of(args, f, err);
    for (int i = 0; i < COLUMNS; i++)
        if (!cells[i]) return false;
    return true;
}

/* ---- table and Markdown */

enum { SHOWN_MOST = 96 };

/* A formula without a name, in a table: its beginning; Markdown and JSON have it whole. */
static const char *shortened(const struct arguments *args, const char *figure, struct error *err) {
    size_t n = SHOWN_MOST;
    if (strlen(figure) <= n) return figure;
    while (n && ((unsigned char)figure[n] & 0xC0) == 0x80) n--;
    return arena_printf(args->arena, err, "%.*s ...", (int)n, figure);
}

static bool put_table(const struct arguments *args, const struct recipe *r, const struct recipe_finding *findings,
                      struct buffer *out, struct error *err) {
    struct text_grid grid;
    const char *cells[COLUMNS];
    if (!text_grid_init(&grid, args->arena, COLUMNS, err) || !text_grid_row(&grid, head, err)) return false;
    for (int i = 1; i <= 3; i++) grid.right[i] = true;
    for (size_t i = 0; i < r->n_expects; i++)
        if (!row_of(args, &findings[i], cells, err) || !(cells[0] = shortened(args, cells[0], err)) ||
            !text_grid_row(&grid, cells, err))
            return false;
    text_grid_put(&grid, out, 2, false, SIZE_MAX);
    return true;
}

static void put_md_cell(struct buffer *out, const char *t) {
    buffer_put_c(out, " ");
    for (; *t; t++) buffer_printf(out, *t == '|' ? "\\%c" : "%c", *t);
    buffer_put_c(out, " |");
}

static bool put_md_table(const struct arguments *args, const struct recipe *r, const struct recipe_finding *findings,
                         struct buffer *out, struct error *err) {
    const char *cells[COLUMNS];
    for (size_t i = 0; i <= r->n_expects; i++) {
        if (i && !row_of(args, &findings[i - 1], cells, err)) return false;
        buffer_put_c(out, "|");
        for (int c = 0; c < COLUMNS; c++) put_md_cell(out, i ? cells[c] : head[c]);
        buffer_put_c(out, i ? "\n" : "\n|---|---|---|---|---|---|---|\n");
    }
    return true;
}

static void put_seeds(struct buffer *out, const struct recipe_settings *s) {
    for (size_t i = 0; i < s->n_seeds; i++)
        buffer_printf(out, "%s%llu", i ? ", " : "", (unsigned long long)s->seeds[i]);
    if (s->quick) buffer_put_c(out, "; quick variant");
}

static bool put_page(const struct arguments *args, bool md, const struct recipe *r, const struct recipe_settings *s,
                     const struct recipe_finding *findings, struct buffer *out, struct error *err) {
    buffer_printf(out, md ? "# %s\n\n%s (%s). Seeds " : "%s: %s (%s); seeds ", r->slug, r->title, r->paper);
    put_seeds(out, s);
    buffer_printf(out, md ? "; subject `%s`.\n\n" : "; subject %s\n", s->subject);
    if (!(md ? put_md_table : put_table)(args, r, findings, out, err)) return false;
    if (md) buffer_put_c(out, "\n");
    for (size_t i = 0; i < r->n_expects; i++)
        if (findings[i].why && findings[i].verdict != RECIPE_NOT_JUDGED)
            buffer_printf(out, md ? "- %s: %s\n" : "  %s: %s\n", findings[i].expect->shown, findings[i].why);
    for (size_t i = 0; i < r->n_departs; i++) buffer_printf(out, md ? "- %s\n" : "  differs: %s\n", r->departs[i]);
    return true;
}

/* ---- JSON */

static json_t *number_json(double x) {
    return isnan(x) ? json_null() : json_from_f64(x);
}

static json_t *finding_json(const struct recipe_finding *f, const struct recipe_settings *s) {
    json_t *values = json_array();
    for (size_t i = 0; values && i < f->n_values; i++)
        json_array_append_new(values, json_pack("{s:I s:o s:o s:o}", "seed", (json_int_t)s->seeds[i], "value",
                                                number_json(f->values[i].value), "lo", number_json(f->values[i].lo),
                                                "hi", number_json(f->values[i].hi)));
    return json_pack("{s:s s:s s:o s:f s:o s:o s:s s:s? s:s?}", "figure", f->expect->shown, "op",
                     recipe_operator_text(f->expect->op), "bound", number_json(f->bound), "tol", f->expect->tol, "mean",
                     number_json(f->mean), "seeds", values, "verdict", verdicts[f->verdict], "paper", f->expect->paper,
                     "why", f->why);
}

static bool put_json(const struct arguments *args, const struct recipe *r, const struct recipe_settings *s,
                     const struct recipe_finding *findings, struct error *err) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < r->n_expects; i++) json_array_append_new(list, finding_json(&findings[i], s));
    json_t *all =
        json_pack("{s:s s:s s:b s:o}", "recipe", r->slug, "subject", s->subject, "quick", s->quick, "expect", list);
    bool ok =
        all && json_array_size(list) == r->n_expects ? print_json(args->out, all, err) : error_memory(err, "findings");
    json_decref(all);
    return ok;
}

bool reproduce_put_findings(const struct arguments *args, const char *format, const struct recipe *r,
                            const struct recipe_settings *s, const struct recipe_finding *findings, struct error *err) {
    struct buffer out;
    if (strcmp(format, "json") == 0) return put_json(args, r, s, findings, err);
    buffer_init(&out, PAGE_MOST);
    bool ok =
        put_page(args, strcmp(format, "md") == 0, r, s, findings, &out, err) && print_buffer(args->out, &out, err);
    buffer_done(&out);
    return ok;
}

/* ---- what there is */

bool reproduce_put_list(const struct arguments *args, const struct recipe *const *recipes, size_t n,
                        struct error *err) {
    static const char *const columns[4] = {"recipe", "seeds", "minutes", "paper"};
    struct text_grid grid;
    struct buffer out;
    if (!text_grid_init(&grid, args->arena, 4, err) || !text_grid_row(&grid, columns, err)) return false;
    grid.right[1] = grid.right[2] = true;
    for (size_t i = 0; i < n; i++) {
        const char *cells[4] = {recipes[i]->slug, arena_printf(args->arena, err, "%zu", recipes[i]->n_seeds),
                                arena_printf(args->arena, err, "%.0f", recipes[i]->budget_s / 60), recipes[i]->paper};
        if (!cells[1] || !cells[2] || !text_grid_row(&grid, cells, err)) return false;
    }
    buffer_init(&out, PAGE_MOST);
    text_grid_put(&grid, &out, 0, false, SIZE_MAX);
    bool ok = print_buffer(args->out, &out, err);
    buffer_done(&out);
    return ok;
}

bool reproduce_put_steps(const struct arguments *args, const struct recipe *r, struct error *err) {
    bool quick = args_on(args, "quick");
    struct buffer out;
    buffer_init(&out, PAGE_MOST);
    buffer_printf(&out, "%s: %s (%s)\n", r->slug, r->title, r->paper);
    for (size_t i = 0; i < r->n_needs; i++) buffer_printf(&out, "needs: %s\n", r->needs[i]);
    for (size_t i = 0; i < r->n_steps; i++) {
        const struct recipe_step *step = &r->steps[i];
        const char *line = quick && step->quick ? step->quick : step->run;
        if (line[0]) buffer_printf(&out, "%s%s:\n    %s\n", step->name, step->once ? " (once)" : "", line);
    }
    for (size_t i = 0; i < r->n_expects; i++) {
        const struct recipe_expect *e = &r->expects[i];
        if (e->op == RECIPE_SAME_FILES)
            buffer_printf(&out, "expected: %s of the same bytes\n", e->shown);
        else
            buffer_printf(&out, "expected: %s %s %g%s%s\n", e->shown, recipe_operator_text(e->op),
                          quick ? e->quick_value : e->value, e->paper ? "; in the paper " : "",
                          e->paper ? e->paper : "");
    }
    bool ok = print_buffer(args->out, &out, err);
    buffer_done(&out);
    return ok;
}
