/* Figures by category and leaf: see report_tree.h. */
#include "report/report_tree.h"

#include "measure/leaf/taxonomy.h"

#include <math.h>
#include <string.h>

const char *const report_tree_heads[TREE_CELLS] = {"leaf", "what", "score", "interval", "n", "figure"};

/* The first figure of a task, which is its headline. */
static const struct figure *headline(const struct report_run *run, const char *task) {
    for (size_t i = 0; task && i < run->n_figures; i++)
        if (strcmp(run->figures[i].task, task) == 0 && !run->figures[i].group[0]) return &run->figures[i];
    return NULL;
}

static struct tree_row leaf_row(const struct report_run *run, const struct taxonomy_leaf *leaf) {
    const struct figure *own = headline(run, leaf->id), *f = own ? own : headline(run, leaf->study);
    struct tree_row row = {.name = leaf->id, .title = leaf->title, .figure = "", .value = NAN, .lo = NAN, .hi = NAN};
    if (!f) return row;
    bool down = f->direction && strcmp(f->direction, "down") == 0;
    row.figure = f->name;
    row.n = f->n;
    row.value = down ? 1 - f->value : f->value;
    row.lo = down ? 1 - f->hi : f->lo;
    row.hi = down ? 1 - f->lo : f->hi;
    return row;
}

/* The mean of the measured leaves. Its interval is that of a sum of independent estimates (MOVER; Zou & Donner 2008):
 * the distances of their ends, added as squares. */
static bool sum_up(struct tree_row *category, const struct tree_row *leaves, size_t n, struct arena *arena,
                   struct error *err) {
    double sum = 0, below = 0, above = 0;
    size_t measured = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(leaves[i].value)) continue;
        measured++;
        sum += leaves[i].value;
        below += (leaves[i].value - leaves[i].lo) * (leaves[i].value - leaves[i].lo);
        above += (leaves[i].hi - leaves[i].value) * (leaves[i].hi - leaves[i].value);
    }
    category->value = measured ? sum / (double)measured : NAN;
    category->lo = measured ? category->value - sqrt(below) / (double)measured : NAN;
    category->hi = measured ? category->value + sqrt(above) / (double)measured : NAN;
    category->figure = arena_printf(arena, err, "%zu of %zu leaves", measured, n);
    return category->figure != NULL;
}

bool report_tree(const struct report_run *run, struct arena *arena, struct report_tree *out, struct error *err) {
    struct taxonomy *t = taxonomy_open("liu2023", arena, err);
    size_t measured = 0;
    *out = (struct report_tree){0};
    if (!t || !(out->rows = arena_new(arena, struct tree_row, t->n_categories + t->n_leaves, err))) return false;
    out->taxonomy = t->title;
    for (size_t c = 0; c < t->n_categories; c++) {
        const struct taxonomy_category *category = &t->categories[c];
        struct tree_row *row = &out->rows[out->n++];
        *row = (struct tree_row){.name = category->id, .title = category->title, .category = true};
        for (size_t i = 0; i < category->n; i++) {
            out->rows[out->n] = leaf_row(run, &t->leaves[category->first + i]);
            measured += !isnan(out->rows[out->n++].value);
        }
        if (!sum_up(row, row + 1, category->n, arena, err)) return false;
    }
    if (measured < 2) out->n = 0;
    return true;
}

bool report_tree_cells(const struct tree_row *row, struct arena *arena, const char *cells[TREE_CELLS],
                       struct error *err) {
    bool measured = !isnan(row->value), known = measured && !isnan(row->lo) && !isnan(row->hi);
    cells[TREE_NAME] = row->category ? row->name : arena_printf(arena, err, "  %s", row->name);
    cells[TREE_TITLE] = row->title;
    cells[TREE_SCORE] = measured ? arena_printf(arena, err, "%.3f", row->value) : "-";
    cells[TREE_INTERVAL] = known ? arena_printf(arena, err, "%.3f to %.3f", row->lo, row->hi) : "-";
    cells[TREE_N] = measured && !row->category ? arena_printf(arena, err, "%llu", (unsigned long long)row->n) : "";
    cells[TREE_FIGURE] = measured || row->category ? row->figure : "not measured";
    for (size_t i = 0; i < TREE_CELLS; i++)
        if (!cells[i]) return false;
    return true;
}

json_t *report_tree_json(const struct report_tree *tree) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < tree->n; i++) {
        const struct tree_row *r = &tree->rows[i];
        json_t *row = json_pack("{s:s s:s s:b s:s s:o s:o s:o}", "name", r->name, "title", r->title, "category",
                                r->category, "figure", r->figure, "value", json_from_f64(r->value), "lo",
                                json_from_f64(r->lo), "hi", json_from_f64(r->hi));
        if (row && json_array_append_new(list, row) == 0) continue;
        json_decref(list);
        return NULL;
    }
    return list;
}
