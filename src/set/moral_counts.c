/* Counts of votes, one ordered pair a row: see moral.h. Of the votes the other way a row tells how many said upgrade
 * (marked_less_wise) and how many there were (the rest of the impressions): where the other way has no row of its own,
 * the rest counts as unsure. That changes no figure of the rows that are there. */
#include "base/csv.h"
#include "set/moral_internal.h"

#include <math.h>
#include <string.h>

enum { SOURCE, WISER, CONTEXTS, MORE, SAME, LESS, UNSURE, SHOWN, FIELDS };
static const char *const names[FIELDS] = {"source_id",        "wiser_id",         "contexts",      "marked_wiser",
                                          "marked_not_wiser", "marked_less_wise", "marked_unsure", "impressions"};
enum { COUNT_MOST = 1 << 24, ROWS_MOST = 20000 };

struct counted {
    uint32_t from, to, n[5]; /* as FIELDS from MORE on */
    double p, entropy;
};
struct reading {
    struct moral_gather g;
    const char *path;
    size_t column[FIELDS], p, entropy;
    struct counted *row;
    size_t n, room;
};

static bool read_count(struct text t, struct moral_place at, uint32_t *out, struct error *err) {
    uint64_t value;
    if (!text_to_u64(text_trim(t), &value) || value > COUNT_MOST)
        return moral_bad(at, "expected a number of votes", err);
    *out = (uint32_t)value;
    return true;
}

static bool read_stated(const struct text *fields, size_t column, struct moral_place at, double *out,
                        struct error *err) {
    *out = NAN;
    if (column == SIZE_MAX || !text_trim(fields[column]).len) return true;
    return text_to_f64(text_trim(fields[column]), out) || moral_bad(at, "expected a number", err);
}

/* Each context of the row gets a row of votes; the first of them all the counts. */
static bool take_contexts(struct reading *r, struct text list, struct moral_place at, const struct counted *c,
                          struct error *err) {
    struct text one;
    bool first = true;
    uint32_t rest = c->n[4] - c->n[0] - c->n[1] - c->n[2] - c->n[3];
    while (text_next(&list, '|', &one)) {
        struct moral_row row = {.from = c->from, .to = c->to};
        if (!moral_gather_text(&r->g, &r->g.context, one, at, &row.context, err)) return false;
        const struct {
            uint32_t n;
            uint8_t says;
            bool back;
        } votes[] = {{c->n[0], MORAL_UPGRADE, false},
                     {c->n[1], MORAL_NO_UPGRADE, false},
                     {c->n[3], MORAL_NOT_SURE, false},
                     {c->n[2], MORAL_UPGRADE, true},
                     {rest, MORAL_NOT_SURE, true}};
        for (size_t i = 0; i < sizeof votes / sizeof *votes; i++) {
            row.from = votes[i].back ? c->to : c->from;
            row.to = votes[i].back ? c->from : c->to;
            row.n = first ? votes[i].n : 0;
            row.says = votes[i].says;
            if (!moral_gather_row(&r->g, row, err)) return false;
        }
        first = false;
    }
    return !first || moral_bad(at, "is empty", err);
}

static bool keep_counted(struct reading *r, const struct counted *c, struct error *err) {
    if (r->n == ROWS_MOST) return error_set(err, ERROR_DATA, "%s: more than %d rows", r->path, ROWS_MOST);
    if (r->n == r->room) {
        size_t room = r->room ? 2 * r->room : 256;
        struct counted *rows = memory_grow(r->row, room, sizeof *rows);
        if (!rows) return error_memory(err, "counts");
        r->row = rows;
        r->room = room;
    }
    r->row[r->n++] = *c;
    return true;
}

/* A row of the other way, or the same one again: it must agree, and what it knows better is told by build_stated. */
static bool agrees(const struct reading *r, const struct counted *c, struct moral_place at, bool *back,
                   struct error *err) {
    *back = false;
    for (size_t i = 0; i < r->n; i++) {
        const struct counted *o = &r->row[i];
        at.column = "wiser_id";
        if (o->from == c->from && o->to == c->to) return moral_bad(at, "this ordered pair stands twice", err);
        if (o->from != c->to || o->to != c->from) continue;
        at.column = "impressions";
        if (o->n[4] != c->n[4] || o->n[0] != c->n[2] || o->n[2] != c->n[0])
            return moral_bad(at, "contradicts the row of the other way", err);
        *back = true;
    }
    return true;
}

static bool take_row(struct reading *r, const struct text *fields, size_t line, struct error *err) {
    struct moral_place at = {r->path, line, names[SOURCE]};
    struct counted c;
    bool back;
    if (!moral_gather_text(&r->g, &r->g.value, fields[r->column[SOURCE]], at, &c.from, err)) return false;
    at.column = names[WISER];
    if (!moral_gather_text(&r->g, &r->g.value, fields[r->column[WISER]], at, &c.to, err)) return false;
    if (c.from == c.to) return moral_bad(at, "a value beside itself", err);
    for (size_t i = MORE; i < FIELDS; i++) {
        at.column = names[i];
        if (!read_count(fields[r->column[i]], at, &c.n[i - MORE], err)) return false;
    }
    if ((uint64_t)c.n[0] + c.n[1] + c.n[2] + c.n[3] > c.n[4])
        return moral_bad(at, "fewer than the votes of the row", err);
    at.column = "wiser_likelihood";
    if (!read_stated(fields, r->p, at, &c.p, err)) return false;
    at.column = "entropy";
    if (!read_stated(fields, r->entropy, at, &c.entropy, err) || !agrees(r, &c, at, &back, err)) return false;
    at.column = names[CONTEXTS];
    struct counted votes = back ? (struct counted){.from = c.from, .to = c.to} : c; /* they count once */
    return take_contexts(r, fields[r->column[CONTEXTS]], at, &votes, err) && keep_counted(r, &c, err);
}

static bool find_columns(struct reading *r, const struct csv *csv, struct error *err) {
    for (size_t i = 0; i < csv_columns(csv); i++)
        if (!moral_refuse_personal(csv_name(csv, i), r->path, 1, err)) return false;
    for (size_t i = 0; i < FIELDS; i++)
        if ((r->column[i] = csv_column(csv, names[i])) == SIZE_MAX)
            return error_set(err, ERROR_DATA, "%s:1: no column '%s'", r->path, names[i]);
    r->p = csv_column(csv, "wiser_likelihood");
    r->entropy = csv_column(csv, "entropy");
    return true;
}

static bool read_rows(struct reading *r, struct error *err) {
    struct csv *csv = csv_open(r->path, ',', true, err);
    const struct text *fields;
    size_t line;
    int more = 0;
    bool ok = csv && find_columns(r, csv, err);
    while (ok && (more = csv_next(csv, &fields, &line, err)) > 0) ok = take_row(r, fields, line, err);
    csv_close(csv);
    return ok && more == 0;
}

/* What rows state, at the places of their values; and how the votes of the other way split where it has a row. */
static bool build_stated(const struct reading *r, const uint32_t *place, struct moral *out, struct error *err) {
    out->stated = arena_new(r->g.arena, struct moral_stated, r->n + 1, err);
    if (!out->stated) return false;
    out->n_ordered = r->n;
    for (size_t i = 0; i < r->n; i++) {
        const struct counted *c = &r->row[i];
        struct moral_stated *s = &out->stated[out->n_stated];
        if (place[c->from] == UINT32_MAX || place[c->to] == UINT32_MAX) continue;
        struct moral_pair *pair = moral_pair_find(out, place[c->from], place[c->to], &s->back);
        if (!pair) continue;
        pair->votes[s->back][MORAL_NO_UPGRADE] = c->n[1];
        pair->votes[s->back][MORAL_NOT_SURE] = c->n[3];
        s->pair = (uint32_t)(pair - out->pair);
        s->p = c->p;
        s->entropy = c->entropy;
        out->n_stated++;
    }
    return true;
}

bool moral_read_counts(const char *path, const char *only, struct arena *arena, struct moral *out, struct error *err) {
    struct reading r = {.path = path};
    uint32_t *place;
    moral_gather_init(&r.g, arena);
    r.g.counts = true;
    bool ok = read_rows(&r, err) && moral_build(&r.g, only, out, &place, err) && build_stated(&r, place, out, err);
    memory_free(r.row);
    moral_gather_done(&r.g);
    return ok;
}

bool moral_is_counts(const char *path, bool *counts, struct error *err) {
    *counts = false;
    if (text_ends(text_of(path), TEXT(".jsonl"))) return true;
    struct csv *csv = csv_open(path, ',', true, err);
    if (!csv) return false;
    *counts = csv_column(csv, "marked_wiser") != SIZE_MAX;
    csv_close(csv);
    return true;
}
