/* The figures of the page: a table a task, each row with its interval drawn on a scale
 * that the rows of one unit share. */
#include "report/escape.h"
#include "report/html_page.h"
#include "report/report_notes.h"
#include "report/report_number.h"
#include "report/svg.h"

#include <math.h>
#include <string.h>

#define PLOT_WIDTH 220
#define PLOT_EDGE 8
#define ROW_HEIGHT 16
#define LABEL_HEIGHT 14

static void widen(const struct figure *f, double *from, double *to) {
    const double values[] = {f->value, f->lo, f->hi};
    for (size_t i = 0; i < 3; i++) {
        if (!isfinite(values[i])) continue;
        *from = fmin(*from, values[i]);
        *to = fmax(*to, values[i]);
    }
}

static struct svg_scale unit_scale(const struct report_data *data, size_t first, size_t end,
                                   const struct figure *like) {
    struct svg_scale scale = {0, 1, PLOT_EDGE, PLOT_WIDTH - PLOT_EDGE};
    double from = INFINITY, to = -INFINITY;
    for (size_t i = first; i < end; i++) {
        const struct report_line *line = &data->lines[i];
        if (strcmp(line->any->unit, like->unit) != 0) continue;
        for (size_t r = 0; r < data->n_runs; r++)
            if (line->cells[r]) widen(line->cells[r], &from, &to);
        for (size_t b = 0; b < data->n_baselines; b++)
            if (line->baselines[b]) widen(line->baselines[b], &from, &to);
    }
    bool share = figure_is_share(like);
    if (share && !(from < 0) && !(to > 1)) return scale;
    svg_round_range(&from, &to);
    scale.from = from;
    scale.to = to;
    return scale;
}

/* What a screen reader says of a drawing: every number in it. */
static bool plot_title(struct page *page, const struct report_line *line, struct buffer *title, struct error *err) {
    char value[REPORT_NUMBER], interval[REPORT_NUMBER];
    buffer_put_c(title, line->name);
    for (size_t r = 0; r < page->data.n_runs; r++) {
        const struct figure *f = line->cells[r];
        if (!f) continue;
        number_of_figure(f, value);
        number_interval(f, interval);
        buffer_printf(title, "; %s%s%s, interval %s", page->data.n_runs > 1 ? page->data.runs[r].name : "",
                      page->data.n_runs > 1 ? " " : "", value, interval);
    }
    for (size_t b = 0; b < page->data.n_baselines; b++) {
        if (!line->baselines[b]) continue;
        number_of_figure(line->baselines[b], value);
        buffer_printf(title, "; %s %s", report_baseline_name(&page->data.baselines[b]), value);
    }
    return buffer_check(title, "title of a drawing", err);
}

static bool is_share_scale(const struct svg_scale *scale) {
    return scale->from == 0 && scale->to == 1;
}

static void put_grid(struct page *page, const struct svg_scale *scale, double height) {
    double ticks[8];
    size_t n = svg_ticks(scale->from, scale->to, 6, ticks);
    if (is_share_scale(scale)) /* quarters, as the axis in the header says 0, 50, 100 */
        for (n = 0; n < 5; n++) ticks[n] = (double)n / 4;
    for (size_t i = 0; i < n; i++) {
        double x = svg_at(scale, ticks[i]);
        svg_line(page->out, x, 0, x, height, "grid");
    }
}

static void put_scale_labels(struct page *page, const struct svg_scale *scale, const struct figure *f, double y) {
    char from[REPORT_NUMBER], to[REPORT_NUMBER];
    struct figure end = *f;
    end.value = scale->from;
    number_of_figure(&end, from);
    end.value = scale->to;
    number_of_figure(&end, to);
    svg_text(page->out, 0, y, SVG_START, text_of(from));
    svg_text(page->out, PLOT_WIDTH, y, SVG_END, text_of(to));
}

static bool put_plot(struct page *page, const struct report_line *line, const struct svg_scale *scale,
                     struct error *err) {
    bool standard = is_share_scale(scale) && figure_is_share(line->any);
    double height = ROW_HEIGHT * (double)page->data.n_runs + 6;
    struct buffer title;
    buffer_init(&title, 1 << 20);
    bool ok = plot_title(page, line, &title, err);
    if (ok) {
        svg_begin(page->out, PLOT_WIDTH, height + (standard ? 0 : LABEL_HEIGHT), buffer_text(&title));
        put_grid(page, scale, height);
        for (size_t b = 0; b < page->data.n_baselines; b++) {
            const struct figure *f = line->baselines[b];
            if (!f || !isfinite(f->value)) continue;
            svg_line(page->out, svg_at(scale, f->value), 1, svg_at(scale, f->value), height - 1, "baseline");
        }
        for (size_t r = 0; r < page->data.n_runs; r++) {
            const struct figure *f = line->cells[r];
            if (f) svg_whisker(page->out, scale, 3 + ROW_HEIGHT * ((double)r + 0.5), f->value, f->lo, f->hi, r);
        }
        if (!standard) put_scale_labels(page, scale, line->any, height + LABEL_HEIGHT - 2);
        svg_end(page->out);
    }
    buffer_done(&title);
    return ok;
}

/* baseline: a number that the eye should not take for a result. */
static void put_value(struct page *page, const struct figure *f, bool with_interval, bool baseline) {
    char number[REPORT_NUMBER];
    if (!f || isnan(f->value)) {
        html_put(page, "<td class=\"num soft\">");
        html_put(page, !f ? "</td>" : baseline ? "\xE2\x80\x93</td>" : "not measured</td>");
        return;
    }
    html_put(page, baseline ? "<td class=\"num\"><data class=\"soft\" value=\""
                            : "<td class=\"num\"><data class=\"value\" value=\"");
    buffer_put_f64(page->out, f->value);
    html_put(page, "\">");
    number_of_figure(f, number);
    html_text(page, number);
    html_put(page, "</data>");
    number_interval(f, number);
    if (with_interval && strcmp(number, "-") != 0) {
        html_put(page, "<br><span class=\"soft small\">");
        html_text(page, number);
        html_put(page, "</span>");
    }
    html_put(page, "</td>");
}

static void put_interval(struct page *page, const struct figure *f) {
    char number[REPORT_NUMBER];
    html_put(page, "<td class=\"num\">");
    if (isfinite(f->lo) && isfinite(f->hi)) {
        number_interval(f, number);
        html_text(page, number);
    }
    html_put(page, "</td>");
}

static void put_name(struct page *page, const struct report_line *line, bool name_tasks) {
    const char *says = number_direction(line->any);
    if (line->group[0]) { /* "fraud" of "topic=fraud": the table's head says the field, a row above the figure */
        const char *value = strchr(line->group, '=');
        html_put(page, "<th scope=\"row\" class=\"group\">");
        html_text(page, value ? value + 1 : line->group);
        html_put(page, "</th>");
        return;
    }
    html_put(page, "<th scope=\"row\">");
    if (name_tasks) {
        html_text(page, report_task_title(line->task));
        html_put(page, " <span class=\"soft\">");
    }
    html_text(page, line->name);
    if (name_tasks) html_put(page, "</span>");
    if (says[0])
        buffer_printf(page->out, " <span class=\"soft\" role=\"img\" aria-label=\"%s\" title=\"%s\">%s</span>", says,
                      says, number_arrow(line->any));
    html_put(page, "</th>");
}

/* One line for each run inside a cell, where runs differ from one another. */
static void put_n(struct page *page, const struct report_line *line) {
    html_put(page, "<td class=\"num\">");
    for (size_t r = 0; r < page->data.n_runs; r++) {
        const struct figure *f = line->cells[r];
        if (r) html_put(page, "<br>");
        if (f && f->k >= 0) buffer_printf(page->out, "%lld of ", (long long)f->k);
        if (f) buffer_printf(page->out, "%llu", (unsigned long long)f->n);
    }
    html_put(page, "</td>");
}

static void put_reading(struct page *page, const struct report_line *line) {
    char number[REPORT_NUMBER];
    html_put(page, "<td class=\"method\" title=\"");
    html_text(page, line->any->method);
    html_put(page, "\">");
    number_method(line->any, number);
    html_text(page, number);
    html_put(page, "</td><td class=\"num\">");
    for (size_t r = 0; r < page->data.n_runs; r++) {
        const struct figure *f = line->cells[r];
        if (r) html_put(page, "<br>");
        if (!f || isnan(f->parsed)) continue;
        number_share(f->parsed, number);
        html_text(page, number);
    }
    html_put(page, "</td>");
}

static void put_failed(struct page *page, const struct report_line *line) {
    html_put(page, "<td class=\"num\">");
    for (size_t r = 0; r < page->data.n_runs; r++) {
        if (r) html_put(page, "<br>");
        if (line->cells[r]) buffer_printf(page->out, "%llu", (unsigned long long)line->cells[r]->errors);
    }
    html_put(page, "</td>");
}

/* Which columns a table has beyond those that every one has. */
struct shape {
    bool counts; /* method and how many answers were read */
    bool failed;
};

static bool any_failed(const struct report_data *data, size_t from, size_t to) {
    for (size_t i = from; i < to; i++)
        for (size_t r = 0; r < data->n_runs; r++)
            if (data->lines[i].cells[r] && data->lines[i].cells[r]->errors > 0) return true;
    return false;
}

/* The count of failed items where there is none: said at the top of the page already. */
static bool is_idle(const struct report_data *data, const struct report_line *line) {
    if (strcmp(line->name, "errors") != 0) return false;
    for (size_t r = 0; r < data->n_runs; r++)
        if (line->cells[r] && line->cells[r]->value != 0) return false;
    return true;
}

static bool any_share(const struct report_data *data, size_t from, size_t to) {
    for (size_t i = from; i < to; i++)
        if (figure_is_share(data->lines[i].any)) return true;
    return false;
}

static void put_share_axis(struct page *page) {
    static const struct svg_scale scale = {0, 1, PLOT_EDGE, PLOT_WIDTH - PLOT_EDGE};
    svg_begin(page->out, PLOT_WIDTH, LABEL_HEIGHT, TEXT("scale from 0 to 100 percent"));
    svg_text(page->out, svg_at(&scale, 0), 11, SVG_MIDDLE, TEXT("0"));
    svg_text(page->out, svg_at(&scale, 0.5), 11, SVG_MIDDLE, TEXT("50"));
    svg_text(page->out, PLOT_WIDTH, 11, SVG_END, TEXT("100 %"));
    svg_end(page->out);
}

/* first: of what the rows are. */
static void put_head(struct page *page, size_t from, size_t to, struct text first, struct shape shape) {
    const struct report_data *data = &page->data;
    html_put(page, "<div class=\"wide\" role=\"region\" aria-label=\"figures\" tabindex=\"0\"><table>");
    html_put(page, "<thead><tr><th scope=\"col\">");
    escape_markup(page->out, first);
    html_put(page, "</th>");
    for (size_t r = 0; r < data->n_runs; r++) {
        html_put(page, "<th scope=\"col\" class=\"num\">");
        html_text(page, data->n_runs > 1 ? data->runs[r].name : "value");
        html_put(page, "</th>");
    }
    if (data->n_runs == 1) {
        html_put(page, "<th scope=\"col\" class=\"num\">");
        buffer_put_f64(page->out, data->runs[0].confidence * 100);
        html_put(page, " % interval</th>");
    }
    html_put(page, "<th scope=\"col\">");
    if (any_share(data, from, to))
        put_share_axis(page);
    else
        html_put(page, "drawn");
    html_put(page, "</th><th scope=\"col\" class=\"num\">n</th>");
    if (shape.counts)
        html_put(page, "<th scope=\"col\">method</th><th scope=\"col\" class=\"num\" title=\"answers that could be "
                       "read\">read</th>");
    if (shape.failed) html_put(page, "<th scope=\"col\" class=\"num\">failed</th>");
    for (size_t b = 0; b < data->n_baselines; b++) {
        html_put(page, "<th scope=\"col\" class=\"num\">");
        html_text(page, report_baseline_name(&data->baselines[b]));
        html_put(page, "</th>");
    }
    html_put(page, "</tr></thead><tbody>\n");
}

static bool has_value(const struct report_data *data, const struct report_line *line) {
    for (size_t r = 0; r < data->n_runs; r++)
        if (line->cells[r] && isfinite(line->cells[r]->value)) return true;
    return false;
}

static bool put_row(struct page *page, const struct report_line *line, const struct svg_scale *scale,
                    struct shape shape, bool name_tasks, struct error *err) {
    const struct report_data *data = &page->data;
    html_put(page, "<tr>");
    put_name(page, line, name_tasks);
    for (size_t r = 0; r < data->n_runs; r++) put_value(page, line->cells[r], data->n_runs > 1, false);
    if (data->n_runs == 1) put_interval(page, line->any);
    html_put(page, "<td>");
    if (has_value(data, line) && strcmp(line->any->method, "exact") != 0 && !put_plot(page, line, scale, err))
        return false;
    html_put(page, "</td>");
    put_n(page, line);
    if (shape.counts) put_reading(page, line);
    if (shape.failed) put_failed(page, line);
    for (size_t b = 0; b < data->n_baselines; b++) put_value(page, line->baselines[b], false, true);
    html_put(page, "</tr>\n");
    return true;
}

/* "topic" of "topic=fraud"; empty: of no group. */
static struct text field_of(const struct report_line *line) {
    struct text rest = text_of(line->group), field = TEXT("");
    if (line->group[0]) text_next(&rest, '=', &field);
    return field;
}

static size_t columns(const struct report_data *data, struct shape shape) {
    return 3 + data->n_runs + (data->n_runs == 1) + (shape.counts ? 2 : 0) + shape.failed + data->n_baselines;
}

/* A row that says of which figure the groups below it are. */
static void put_subhead(struct page *page, const struct report_line *line, struct shape shape) {
    buffer_printf(page->out, "<tr class=\"sub\"><th scope=\"rowgroup\" colspan=\"%zu\">", columns(&page->data, shape));
    html_text(page, line->name);
    buffer_printf(page->out, " <span class=\"soft\">%s</span></th></tr>\n", number_arrow(line->any));
}

/* The lines of [from, to) that are split by this field (empty: those of all items). */
static bool put_table(struct page *page, size_t from, size_t to, struct text field, struct error *err) {
    const struct report_line *last = NULL;
    struct shape shape = {.counts = true, .failed = any_failed(&page->data, from, to)};
    put_head(page, from, to, field.len ? field : TEXT("figure"), shape);
    for (size_t i = from; i < to; i++) {
        const struct report_line *line = &page->data.lines[i];
        if (!text_equal(field_of(line), field) || is_idle(&page->data, line)) continue;
        if (field.len && (!last || strcmp(last->name, line->name) != 0)) put_subhead(page, line, shape);
        last = line;
        struct svg_scale scale = unit_scale(&page->data, from, to, line->any);
        if (!put_row(page, line, &scale, shape, false, err)) return false;
    }
    html_put(page, "</tbody></table></div>\n");
    return true;
}

#define FEW_ROWS 12 /* of groups: shown open */

static bool put_field(struct page *page, size_t from, size_t to, struct text field, struct error *err) {
    size_t rows = 0;
    for (size_t i = from; i < to; i++) rows += text_equal(field_of(&page->data.lines[i]), field);
    html_put(page, rows <= FEW_ROWS ? "<details open><summary>by " : "<details><summary>by ");
    escape_markup(page->out, field);
    buffer_printf(page->out, " <span class=\"soft\">%zu figures</span></summary><div>\n", rows);
    bool ok = put_table(page, from, to, field, err);
    html_put(page, "</div></details>\n");
    return ok;
}

/* The figures of one task: of all its items, then a table for each field by which they are split. */
static bool put_task(struct page *page, size_t from, size_t to, struct error *err) {
    size_t groups = report_block_groups(&page->data, from, to);
    if (groups > from && !put_table(page, from, groups, TEXT(""), err)) return false;
    for (size_t i = groups; i < to; i++) {
        struct text field = field_of(&page->data.lines[i]);
        bool before = false;
        for (size_t j = groups; j < i; j++) before |= text_equal(field_of(&page->data.lines[j]), field);
        if (!before && !put_field(page, groups, to, field, err)) return false;
    }
    return true;
}

/* Which mark stands for which run, and the baselines. */
static void put_key(struct page *page) {
    const struct report_data *data = &page->data;
    if (data->n_runs == 1 && data->n_baselines == 0) return;
    html_put(page, "<ul class=\"key\">");
    for (size_t r = 0; data->n_runs > 1 && r < data->n_runs; r++) {
        html_put(page, "<li>");
        svg_begin(page->out, 14, 14, text_of(data->runs[r].name));
        svg_marker(page->out, 7, 7, 5, r);
        svg_end(page->out);
        html_text(page, data->runs[r].name);
        html_put(page, ": ");
        html_text(page, data->runs[r].subject);
        html_put(page, "</li>");
    }
    if (data->n_baselines > 0) {
        html_put(page, "<li>");
        svg_begin(page->out, 14, 14, TEXT("broken line"));
        svg_line(page->out, 7, 0, 7, 14, "baseline");
        svg_end(page->out);
        html_put(page, "baselines: what subjects that know nothing, or everything, reach on the same items</li>");
    }
    html_put(page, "</ul>\n");
}

bool html_glance(struct page *page, struct error *err) {
    const struct report_data *data = &page->data;
    size_t tasks = 0;
    for (size_t i = 0; i < data->n_lines; i = report_block_end(data, i)) tasks++;
    if (tasks < 2) return true;
    put_head(page, 0, data->n_lines, TEXT("task and its first figure"), (struct shape){0});
    for (size_t i = 0; i < data->n_lines;) {
        size_t end = report_block_end(data, i), line = i;
        while (line < end && data->lines[line].group[0]) line++;
        if (line == end) line = i;
        struct svg_scale scale = unit_scale(data, line, line + 1, data->lines[line].any);
        if (!put_row(page, &data->lines[line], &scale, (struct shape){0}, true, err)) return false;
        i = end;
    }
    html_put(page, "</tbody></table></div>\n");
    put_key(page);
    return true;
}

struct noting {
    struct page *page;
    const char *run; /* NULL: there is one only */
};

static bool put_note(void *context, const char *note, struct error *err) {
    const struct noting *noting = context;
    struct page *page = noting->page;
    (void)err;
    html_put(page, "<p class=\"note\">");
    if (noting->run) {
        html_put(page, "<strong>");
        html_text(page, noting->run);
        html_put(page, "</strong> ");
    }
    html_text(page, note);
    html_put(page, "</p>\n");
    return true;
}

bool html_figures(struct page *page, struct error *err) {
    struct report_data *data = &page->data;
    html_put(page, "<section id=\"figures\"><h2>Figures</h2>\n");
    if (data->n_lines == 0) html_put(page, "<p>The record holds no figures of this run.</p>\n");
    put_key(page);
    for (size_t i = 0; i < data->n_lines;) {
        size_t end = report_block_end(data, i);
        const char *task = data->lines[i].task;
        html_put(page, "<h3>");
        html_text(page, report_task_title(task));
        html_put(page, "</h3>\n");
        if (!put_task(page, i, end, err)) return false;
        for (size_t r = 0; r < data->n_runs; r++) {
            struct noting noting = {page, data->n_runs > 1 ? data->runs[r].name : NULL};
            if (!report_task_notes(data, &data->runs[r], task, put_note, &noting, err)) return false;
        }
        i = end;
    }
    html_put(page, "</section>\n");
    return true;
}
