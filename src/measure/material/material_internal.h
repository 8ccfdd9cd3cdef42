/* What the files of the reference materials share. */
#ifndef MEASURE_MATERIAL_INTERNAL_H
#define MEASURE_MATERIAL_INTERNAL_H

#include "measure/material/material.h"
#include "measure/material/material_memo.h"
#include "measure/figure/metric_internal.h"
#include "measure/task/task_internal.h"

enum material_kind { MATERIAL_SCRIPT, MATERIAL_DATA, MATERIAL_EXACT_KIND };
enum { MATERIAL_DOSES_MOST = 64, MATERIAL_FIGURES_MOST = 32, MATERIAL_ROWS_MOST = 100000, MATERIAL_DRAWS = 8 };

/* JSON in which some texts are templates. */
struct material_value {
    const json_t *json;  /* of the material */
    struct jinja *jinja; /* a text that is a template; NULL: as it is */
    struct material_value *child;
    size_t n;
};

struct material_figure {
    const char *name, *metric; /* "ece,bins=5", "ece" */
    const char *group;         /* "" or "field=value" */
    const char *shown;         /* with the group */
    struct jinja *recovers;
    enum material_rule rule;
    double tolerance;
    const char *method; /* NULL: any */
    size_t listed;      /* of the first figure of a metric: its place in the task's metric_list */
};

struct material_dose {
    const json_t *values; /* names to numbers and texts */
    const char *shown;
};

struct material {
    struct arena arena;
    const char *name, *title, *family, *shown_name;
    enum material_kind kind;
    struct material_dose *doses;
    size_t n_doses;
    json_t *doses_json, *columns_json, *task_json, *make_json; /* owned; make_json: a text or a mapping */
    uint64_t rows;
    struct material_value *columns; /* in the order of the keys */
    size_t n_columns;
    struct material_figure *figures;
    size_t n_figures;
    uint64_t repeat;
};

/* ---- material_formula.c */

/* "{{ (FORMULA) }}", parsed. NULL: FILE:LINE:COLUMN and what is wrong. */
struct jinja *material_formula(const struct yaml *at, struct error *err) MUST_CHECK;
/* The number that a formula gives for a dose; none: NaN. */
bool material_number(const struct jinja *formula, const json_t *values, double *out, struct error *err) MUST_CHECK;
/* A copy of `json` in which each `{formula}` of a text is worked out; a text that is one formula becomes its value.
 * Owned. */
json_t *material_filled(const json_t *json, const json_t *values, struct error *err) MUST_CHECK;

/* ---- material_rows.c */

bool material_columns(struct material *material, const struct yaml *columns, struct error *err) MUST_CHECK;
void material_columns_done(struct material *material);
/* The rows as JSON lines. */
bool material_put_rows(const struct material *material, const json_t *dose, uint64_t seed, struct buffer *out,
                       struct error *err) MUST_CHECK;

/* ---- material_dose.c */

/* Seed of repetition r of a dose: below 2^52, so that it can be given to a script as its option. */
uint64_t material_seed(const struct material *material, const struct material_settings *settings, size_t dose,
                       uint64_t r);
/* Of the rows: one for all doses and repetitions, unless the rows are what varies. */
uint64_t material_rows_seed(const struct material *material, const struct material_settings *settings, size_t dose,
                            uint64_t r);

/* The task of the material with its figures as metric_list; data NULL: its own. Canonical JSON, owned. */
json_t *material_task_json(const struct material *material, const char *data, struct error *err) MUST_CHECK;
/* The behaviour for a dose: a spec ("script:...") in *spec, or a file in *file (owned), the other NULL. */
bool material_behaviour(const struct material *material, size_t dose, struct arena *arena, const char **spec,
                        json_t **file, struct error *err) MUST_CHECK;
struct subject *material_subject(const struct material *material, size_t dose, struct error *err) MUST_CHECK;

/* The items of a dose, ready to be asked again and again. */
struct material_sheet {
    struct arena arena;
    struct task *task;
    struct item *items;
    struct ask *asks;
    size_t n;
};
bool material_sheet_open(const struct material *material, const struct material_settings *settings, size_t dose,
                         uint64_t rows_seed, struct material_sheet *sheet, struct error *err) MUST_CHECK;
/* The items of a task that is somebody else's: put sheet->task back to NULL before closing. Close it in any case. */
bool material_sheet_of(struct task *task, struct material_sheet *sheet, struct error *err) MUST_CHECK;
void material_sheet_close(struct material_sheet *sheet);

/* Asks all items with the seed and gives the figures, on the arena. memo: of the sheet's items. */
bool material_measure(const struct material_sheet *sheet, struct material_memo *memo, struct subject *subject,
                      const struct material_settings *settings, uint64_t seed, struct arena *arena,
                      struct figure **figures, size_t *n, struct error *err) MUST_CHECK;
/* The figure among those; NULL: not there. */
const struct figure *material_find(const struct material_figure *wanted, const struct figure *figures, size_t n);

#endif
