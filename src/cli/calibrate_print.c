/* Tables of `basanite calibrate`: see calibrate_print.h. */
#include "cli/calibrate_print.h"
#include "cli/commands.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { COLUMNS = 6, MATERIAL_COLUMNS = 8, CELL = 96 };
static const char *const states[] = {"ok", "MISSED", "skipped"};

bool calibrate_printer_init(struct calibrate_printer *p, struct arguments *args, struct error *err) {
    *p = (struct calibrate_printer){.args = args, .rows = json_array(), .materials = json_array()};
    buffer_init(&p->missed, sizeof err->message - 64);
    return (p->rows && p->materials) || error_memory(err, "rows");
}

void calibrate_printer_done(struct calibrate_printer *p) {
    json_decref(p->rows);
    json_decref(p->materials);
    buffer_done(&p->missed);
}

static const char *keep(struct calibrate_printer *p, const char *t) {
    const char *copy = text_copy(p->args->arena, text_of(t), &p->error);
    return copy ? copy : "";
}

static bool begin(struct calibrate_printer *p, const char *part, const char *const *head, size_t columns,
                  struct error *err) {
    p->part = part;
    return text_grid_init(&p->grid, p->args->arena, columns, err) && text_grid_row(&p->grid, head, err);
}

/* The table of one part. */
bool calibrate_print_end(struct calibrate_printer *p, struct error *err) {
    struct buffer b;
    if (p->error.kind) return *err = p->error, false;
    if (args_on(p->args, "json")) return true;
    buffer_init(&b, (size_t)64 << 20);
    buffer_printf(&b, "%s\n", p->part);
    text_grid_put(&p->grid, &b, 2, false, SIZE_MAX);
    bool ok = print_buffer(p->args->out, &b, err);
    buffer_done(&b);
    return ok;
}

static void keep_json(struct calibrate_printer *p, json_t *list, json_t *row) {
    if (!row || json_array_append_new(list, row) != 0) error_memory(&p->error, "rows");
}

/* ---- parts ---- */

bool calibrate_print_begin(struct calibrate_printer *p, const char *part, struct error *err) {
    static const char *const head[COLUMNS] = {"", "name", "expected", "found", "tolerance", "note"};
    return begin(p, part, head, COLUMNS, err);
}

static void note_missed(struct calibrate_printer *p, const struct calibrate_row *row) {
    buffer_printf(&p->missed, "%s%s %s (expected %s, found %s, tolerance %g%s%s)", p->missed.len ? "; " : "", p->part,
                  row->name, row->expected, row->found, row->tolerance, *row->note ? ", " : "", row->note);
}

void calibrate_print_row(void *printer, const struct calibrate_row *row) {
    struct calibrate_printer *p = printer;
    char tolerance[32] = "";
    if (row->state != CALIBRATE_SKIPPED) snprintf(tolerance, sizeof tolerance, "%.3g", row->tolerance);
    if (row->state != CALIBRATE_SKIPPED && row->tolerance == 0) snprintf(tolerance, sizeof tolerance, "exact");
    p->n[row->state]++;
    if (row->state == CALIBRATE_MISSED) note_missed(p, row);
    const char *cells[COLUMNS] = {states[row->state],  keep(p, row->name), keep(p, row->expected),
                                  keep(p, row->found), keep(p, tolerance), keep(p, row->note)};
    if (!text_grid_row(&p->grid, cells, &p->error)) return;
    keep_json(p, p->rows,
              json_pack("{s:s s:o s:o s:o s:f s:s s:o}", "part", p->part, "name", json_from_text(text_of(row->name)),
                        "expected", json_from_text(text_of(row->expected)), "found",
                        json_from_text(text_of(row->found)), "tolerance", row->tolerance, "state", states[row->state],
                        "note", json_from_text(text_of(row->note))));
}

/* ---- reference materials ---- */

bool calibrate_print_begin_material(struct calibrate_printer *p, const char *heading, struct error *err) {
    static const char *const head[MATERIAL_COLUMNS] = {"",           "dose",      "figure",   "planted",
                                                       "mean found", "tolerance", "covering", "interval"};
    return begin(p, heading, head, MATERIAL_COLUMNS, err);
}

static void put_number(char cell[CELL], double value) {
    snprintf(cell, CELL, isnan(value) ? "none" : "%.4f", value);
}

static void put_rule(char cell[CELL], const struct material_row *row) {
    if (row->rule == MATERIAL_WITHIN)
        snprintf(cell, CELL, "%g", row->tolerance);
    else
        snprintf(cell, CELL, "%s", material_rule_names[row->rule]);
}

static void put_covering(char cell[CELL], const struct material_row *row) {
    if (row->rule != MATERIAL_CI) return;
    int n = snprintf(cell, CELL, "%" PRIu64 " of %" PRIu64, row->covering, row->repeats);
    if (row->again.repeats)
        snprintf(cell + n, CELL - (size_t)n, ", then %" PRIu64 " of %" PRIu64, row->again.covering, row->again.repeats);
}

static void note_missed_material(struct calibrate_printer *p, const struct material_row *row) {
    char planted[CELL], found[CELL], rule[CELL], covering[CELL] = "";
    put_number(planted, row->planted);
    put_number(found, row->found);
    put_rule(rule, row);
    buffer_printf(&p->missed, "%smaterial/%s %s %s (expected %s, found %s, tolerance %s: %s", p->missed.len ? "; " : "",
                  row->material, row->dose, row->figure, planted, found, rule, row->why);
    put_covering(covering, row);
    buffer_printf(&p->missed, "%s%s)", *covering ? ", " : "", covering);
}

static json_t *covering_json(uint64_t covering, uint64_t of, uint64_t needed) {
    if (needed == 0) return json_null();
    return json_pack("{s:I s:I s:I}", "intervals", (json_int_t)covering, "of", (json_int_t)of, "needed",
                     (json_int_t)needed);
}

static json_t *material_json(const struct material_row *row) {
    return json_pack("{s:s s:s s:s s:b s:o s:o s:o s:o s:s s:o s:o s:o s:s s:I s:b s:s}", "material", row->material,
                     "dose", row->dose, "figure", row->figure, "clean", row->clean, "planted",
                     json_from_f64(row->planted), "found", json_from_f64(row->found), "least",
                     json_from_f64(row->least), "most", json_from_f64(row->most), "rule",
                     material_rule_names[row->rule], "tolerance",
                     row->rule == MATERIAL_WITHIN ? json_from_f64(row->tolerance) : json_null(), "covering",
                     covering_json(row->covering, row->repeats, row->needed), "again",
                     covering_json(row->again.covering, row->again.repeats, row->again.needed), "method", row->method,
                     "n", (json_int_t)row->n, "passed", row->passed, "why", row->why);
}

void calibrate_print_material(void *printer, const struct material_row *row) {
    struct calibrate_printer *p = printer;
    char planted[CELL], found[CELL], rule[CELL], covering[CELL] = "", interval[CELL];
    p->n[row->passed ? CALIBRATE_PASSED : CALIBRATE_MISSED]++;
    if (!row->passed) note_missed_material(p, row);
    put_number(planted, row->planted);
    put_number(found, row->found);
    put_rule(rule, row);
    put_covering(covering, row);
    snprintf(interval, CELL, "%s, n = %" PRIu64, row->method, row->n);
    const char *verdict = !row->passed ? "MISSED" : row->clean ? "no fault" : "recovered";
    const char *cells[MATERIAL_COLUMNS] = {verdict,        keep(p, row->dose), keep(p, row->figure), keep(p, planted),
                                           keep(p, found), keep(p, rule),      keep(p, covering),    keep(p, interval)};
    if (text_grid_row(&p->grid, cells, &p->error)) keep_json(p, p->materials, material_json(row));
}

/* ---- the end ---- */

static bool print_counts(struct calibrate_printer *p, struct error *err) {
    if (!args_on(p->args, "json")) {
        fprintf(p->args->out, "%zu ok, %zu missed, %zu skipped\n", p->n[CALIBRATE_PASSED], p->n[CALIBRATE_MISSED],
                p->n[CALIBRATE_SKIPPED]);
        return true;
    }
    json_t *all = json_pack("{s:O s:O s:I s:I s:I}", "rows", p->rows, "materials", p->materials, "ok",
                            (json_int_t)p->n[CALIBRATE_PASSED], "missed", (json_int_t)p->n[CALIBRATE_MISSED], "skipped",
                            (json_int_t)p->n[CALIBRATE_SKIPPED]);
    bool ok = all ? print_json(p->args->out, all, err) : error_memory(err, "rows");
    json_decref(all);
    return ok;
}

bool calibrate_print_total(struct calibrate_printer *p, struct error *err) {
    if (!print_counts(p, err)) return false;
    if (!p->n[CALIBRATE_MISSED]) return true;
    return error_set(err, ERROR_GATE, "%zu missed: %s%s", p->n[CALIBRATE_MISSED], p->missed.at,
                     p->missed.full ? " ... (all are in the table)" : "");
}
