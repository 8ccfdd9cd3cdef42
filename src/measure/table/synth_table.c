/* See synth_table.h. A file is read twice where levels have to be learnt first. */
#include "measure/table/synth_table.h"

#include "base/csv.h"
#include "base/file.h"
#include "base/hash.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GROUP = 4096 };

/* A file that is open, and where the columns of the schema stand in it. */
struct reading {
    const struct synth_schema *schema;
    struct csv *csv;
    const char *file;
    size_t *place; /* [schema->n] */
};

static bool known(const struct synth_schema *s, struct text name) {
    for (size_t i = 0; i < s->n; i++)
        if (text_equal_c(name, s->column[i].name)) return true;
    for (size_t i = 0; i < s->n_left; i++)
        if (text_equal_c(name, s->left[i])) return true;
    return false;
}

static bool reading_open(struct reading *r, const struct synth_schema *schema, const char *file, struct arena *arena,
                         struct error *err) {
    size_t len = strlen(file);
    *r = (struct reading){.schema = schema, .file = file};
    r->place = arena_new(arena, size_t, schema->n, err);
    if (!r->place) return false;
    r->csv = csv_open(file, len > 4 && strcmp(file + len - 4, ".tsv") == 0 ? '\t' : ',', true, err);
    if (!r->csv) return false;
    for (size_t c = 0; c < csv_columns(r->csv); c++)
        if (!known(schema, csv_name(r->csv, c)))
            return error_set(err, ERROR_DATA,
                             "%s:1: column '%.*s' is not in the schema %s; give it the role drop if it says nothing",
                             file, TEXT_ARG(csv_name(r->csv, c)), schema->file);
    for (size_t i = 0; i < schema->n; i++)
        if ((r->place[i] = csv_column(r->csv, schema->column[i].name)) == SIZE_MAX)
            return error_set(err, ERROR_DATA, "%s:1: no column '%s', which %s:%zu names", file, schema->column[i].name,
                             schema->file, schema->column[i].line);
    return true;
}

static bool is_missing(struct text t) {
    return t.len == 0 || text_equal_c(t, "NA");
}

/* ---- values ---- */

static bool two_digits(const char *at, double *out) {
    if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9') return false;
    *out = (at[0] - '0') * 10 + (at[1] - '0');
    return true;
}

/* Days since 1970-01-01 of the Gregorian calendar (H. Hinnant's algorithm days_from_civil). */
static double days_of(double year, double month, double day) {
    double y = month <= 2 ? year - 1 : year, era = floor(y / 400), of_era = y - era * 400;
    double of_year = floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
    return era * 146097 + of_era * 365 + floor(of_era / 4) - floor(of_era / 100) + of_year - 719468;
}

static bool time_of(struct text t, double *out) {
    double century, year, month, day, hour = 0, minute = 0, second = 0;
    if (t.len != 10 && t.len != 16 && t.len != 19) return false;
    if (!two_digits(t.at, &century) || !two_digits(t.at + 2, &year) || t.at[4] != '-' || t.at[7] != '-' ||
        !two_digits(t.at + 5, &month) || !two_digits(t.at + 8, &day))
        return false;
    if (t.len > 10 && ((t.at[10] != ' ' && t.at[10] != 'T') || t.at[13] != ':' || !two_digits(t.at + 11, &hour) ||
                       !two_digits(t.at + 14, &minute)))
        return false;
    if (t.len > 16 && (t.at[16] != ':' || !two_digits(t.at + 17, &second))) return false;
    if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59) return false;
    *out = days_of(century * 100 + year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    return true;
}

static bool number_of(const struct reading *r, const struct synth_column *c, struct text t, size_t line, double *out,
                      struct error *err) {
    if (c->type == SYNTH_DATETIME)
        return time_of(t, out) || error_set(err, ERROR_DATA,
                                            "%s:%zu: column '%s': expected a time as 2026-08-02 or "
                                            "2026-08-02 17:00, found '%.*s'",
                                            r->file, line, c->name, TEXT_ARG(t));
    if (!text_to_f64(t, out))
        return error_set(err, ERROR_DATA, "%s:%zu: column '%s': expected a number, found '%.*s'", r->file, line,
                         c->name, TEXT_ARG(t));
    return isfinite(*out) || error_set(err, ERROR_DATA,
                                       "%s:%zu: column '%s': '%.*s' is no finite number; leave the "
                                       "field empty where the value is missing",
                                       r->file, line, c->name, TEXT_ARG(t));
}

/* ---- levels ---- */

size_t synth_level(const struct synth_levels *levels, struct text name) {
    if (!levels->n_slots) return SIZE_MAX;
    for (size_t at = hash_xxh3(name.at, name.len) % levels->n_slots;; at = (at + 1) % levels->n_slots) {
        size_t level = levels->slot[at];
        if (level == 0) return SIZE_MAX;
        if (text_equal_c(name, levels->name[level - 1])) return level - 1;
    }
}

static bool index_levels(struct synth_levels *l, size_t slots, struct arena *arena, struct error *err) {
    l->n_slots = slots;
    if (!(l->slot = arena_new(arena, size_t, slots, err))) return false;
    for (size_t i = 0; i < l->n; i++) {
        size_t at = hash_xxh3(l->name[i], strlen(l->name[i])) % slots;
        while (l->slot[at]) at = (at + 1) % slots;
        l->slot[at] = i + 1;
    }
    return true;
}

/* One level more than were known; the table grows while it is less than half full. */
static bool learn(struct synth_levels *l, struct text name, struct arena *arena, struct error *err) {
    if (2 * (l->n + 1) > l->n_slots) {
        const char **wider = arena_new(arena, const char *, 2 * l->n + GROUP, err);
        if (!wider) return false;
        if (l->n) memcpy(wider, l->name, l->n * sizeof *wider);
        l->name = wider;
        if (!index_levels(l, 4 * l->n + 2 * GROUP, arena, err)) return false;
    }
    if (!(l->name[l->n] = text_copy(arena, name, err))) return false;
    size_t at = hash_xxh3(name.at, name.len) % l->n_slots;
    while (l->slot[at]) at = (at + 1) % l->n_slots;
    l->slot[at] = ++l->n;
    return true;
}

static bool learn_row(const struct reading *r, const struct text *fields, size_t line, struct arena *arena,
                      struct synth_levels *levels, struct error *err) {
    for (size_t i = 0; i < r->schema->n; i++) {
        const struct synth_column *c = &r->schema->column[i];
        struct text t = fields[r->place[i]];
        if (is_missing(t)) levels[i].missing = true;
        if (is_missing(t) || !synth_has_levels(c) || synth_level(&levels[i], t) != SIZE_MAX) continue;
        if (c->n_levels)
            return error_set(err, ERROR_DATA, "%s:%zu: column '%s': level '%.*s' is not among those of %s:%zu", r->file,
                             line, c->name, TEXT_ARG(t), r->schema->file, c->line);
        if (levels[i].n == SYNTH_LEVELS_MOST)
            return error_set(err, ERROR_DATA, "%s:%zu: column '%s' has more than %d levels; is it an id?", r->file,
                             line, c->name, SYNTH_LEVELS_MOST);
        if (!learn(&levels[i], t, arena, err)) return false;
    }
    return true;
}

static int by_bytes(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_number(const void *a, const void *b) {
    double x, y;
    if (!text_to_f64(text_of(*(const char *const *)a), &x) || !text_to_f64(text_of(*(const char *const *)b), &y))
        return by_bytes(a, b);
    return x < y ? -1 : x > y ? 1 : by_bytes(a, b);
}

static bool settle(const struct synth_schema *s, size_t i, struct synth_levels *l, struct arena *arena,
                   struct error *err) {
    const struct synth_column *c = &s->column[i];
    double number;
    for (size_t k = 0; c->type == SYNTH_ORDINAL && !c->n_levels && k < l->n; k++)
        if (!text_to_f64(text_of(l->name[k]), &number) || !isfinite(number))
            return error_set(err, ERROR_DATA,
                             "%s:%zu: ordinal column '%s' has the level '%s', which is no number: give its 'levels', "
                             "lowest first",
                             s->file, c->line, c->name, l->name[k]);
    if (l->n && !c->n_levels) qsort(l->name, l->n, sizeof *l->name, c->type == SYNTH_ORDINAL ? by_number : by_bytes);
    if (l->n && !index_levels(l, 2 * l->n + 1, arena, err)) return false;
    for (size_t k = 0; k < c->n_privileged; k++)
        if (synth_level(l, text_of(c->privileged[k])) == SIZE_MAX)
            return error_set(err, ERROR_DATA, "%s:%zu: field 'privileged': no row has the level '%s' of column '%s'",
                             s->file, c->line, c->privileged[k], c->name);
    if (c->positive && synth_has_levels(c) && synth_level(l, text_of(c->positive)) == SIZE_MAX)
        return error_set(err, ERROR_DATA, "%s:%zu: field 'positive': no row has the level '%s' of column '%s'", s->file,
                         c->line, c->positive, c->name);
    return true;
}

/* Goes through the rows of a file; `use` gets each. */
typedef bool use_row(struct reading *r, const struct text *fields, size_t line, void *context, struct error *err);

static bool each_row(const struct synth_schema *schema, const char *file, struct arena *arena, use_row *use,
                     void *context, struct error *err) {
    struct reading r;
    const struct text *fields;
    size_t line;
    int got = -1;
    bool ok = reading_open(&r, schema, file, arena, err);
    while (ok && (got = csv_next(r.csv, &fields, &line, err)) == 1) ok = use(&r, fields, line, context, err);
    csv_close(r.csv);
    return ok && got == 0;
}

struct learning {
    struct arena *arena;
    struct synth_levels *levels;
    size_t rows;
};

static bool use_learning(struct reading *r, const struct text *fields, size_t line, void *context, struct error *err) {
    struct learning *l = context;
    if (l->rows++ == SYNTH_ROWS_MOST)
        return error_set(err, ERROR_DATA, "%s:%zu: more than %d rows", r->file, line, SYNTH_ROWS_MOST);
    return learn_row(r, fields, line, l->arena, l->levels, err);
}

struct storing {
    const struct synth_levels *levels;
    struct synth_table *table;
    size_t room;
};

static bool use_storing(struct reading *r, const struct text *fields, size_t line, void *context, struct error *err) {
    struct storing *s = context;
    if (s->table->rows == s->room)
        return error_set(err, ERROR_DATA, "%s:%zu: the file changed while it was read", r->file, line);
    double *x = s->table->x + s->table->rows++ * s->table->n;
    for (size_t i = 0; i < r->schema->n; i++) {
        const struct synth_column *c = &r->schema->column[i];
        struct text t = fields[r->place[i]];
        if (is_missing(t) && !s->levels[i].missing)
            return error_set(err, ERROR_DATA, "%s:%zu: column '%s': the value is missing, which it is in no real row",
                             r->file, line, c->name);
        if (is_missing(t)) {
            x[i] = NAN;
        } else if (synth_has_levels(c)) {
            size_t level = synth_level(&s->levels[i], t);
            if (level == SIZE_MAX)
                return error_set(err, ERROR_DATA, "%s:%zu: column '%s': level '%.*s' is in no real row", r->file, line,
                                 c->name, TEXT_ARG(t));
            x[i] = (double)level;
        } else if (!number_of(r, c, t, line, &x[i], err)) {
            return false;
        }
    }
    return true;
}

static bool count_row(struct reading *r, const struct text *fields, size_t line, void *context, struct error *err) {
    (void)fields;
    size_t *rows = context;
    return ++*rows <= SYNTH_ROWS_MOST ||
           error_set(err, ERROR_DATA, "%s:%zu: more than %d rows", r->file, line, SYNTH_ROWS_MOST);
}

static bool store(const struct synth_schema *schema, const struct synth_levels *levels, const char *file, size_t rows,
                  struct arena *arena, struct synth_table *out, struct error *err) {
    *out = (struct synth_table){.file = file, .n = schema->n};
    struct storing s = {levels, out, rows};
    if (rows == 0) return error_set(err, ERROR_DATA, "%s: no rows", file);
    return (out->x = arena_new(arena, double, rows * schema->n, err)) &&
           each_row(schema, file, arena, use_storing, &s, err);
}

bool synth_read_real(const struct synth_schema *schema, const char *const *files, size_t n_files, struct arena *arena,
                     struct synth_levels **levels, struct synth_table *tables, struct error *err) {
    struct synth_levels *all = arena_new(arena, struct synth_levels, schema->n, err);
    size_t *rows = arena_new(arena, size_t, n_files, err);
    if (!all || !rows) return false;
    for (size_t i = 0; i < schema->n; i++)
        if (schema->column[i].n_levels) {
            all[i].name = schema->column[i].levels, all[i].n = schema->column[i].n_levels;
            if (!index_levels(&all[i], 2 * all[i].n + 1, arena, err)) return false;
        }
    for (size_t f = 0; f < n_files; f++) {
        struct learning l = {arena, all, 0};
        if (!each_row(schema, files[f], arena, use_learning, &l, err)) return false;
        rows[f] = l.rows;
    }
    for (size_t i = 0; i < schema->n; i++)
        if (!settle(schema, i, &all[i], arena, err)) return false;
    *levels = all;
    for (size_t f = 0; f < n_files; f++)
        if (!store(schema, all, files[f], rows[f], arena, &tables[f], err)) return false;
    return true;
}

bool synth_read(const struct synth_schema *schema, const struct synth_levels *levels, const char *file,
                struct arena *arena, struct synth_table *out, struct error *err) {
    size_t rows = 0;
    return each_row(schema, file, arena, count_row, &rows, err) && store(schema, levels, file, rows, arena, out, err);
}

/* ---- writing ---- */

static void put_time(struct buffer *b, double seconds) {
    double days = floor(seconds / 86400), rest = seconds - days * 86400, z = days + 719468;
    double era = floor(z / 146097), of_era = z - era * 146097;
    double year = floor((of_era - floor(of_era / 1460) + floor(of_era / 36524) - floor(of_era / 146096)) / 365);
    double of_year = of_era - (365 * year + floor(year / 4) - floor(year / 100)), m = floor((5 * of_year + 2) / 153);
    double day = of_year - floor((153 * m + 2) / 5) + 1, month = m < 10 ? m + 3 : m - 9;
    buffer_printf(b, "%04.0f-%02.0f-%02.0f", year + era * 400 + (month <= 2), month, day);
    if (rest > 0)
        buffer_printf(b, " %02.0f:%02.0f:%02.0f", floor(rest / 3600), floor(fmod(rest, 3600) / 60), fmod(rest, 60));
}

static void put_value(struct buffer *b, const struct synth_column *c, const struct synth_levels *l, double x) {
    if (isnan(x)) return;
    if (synth_has_levels(c))
        csv_put_field(b, text_of(l->name[(size_t)x]));
    else if (c->type == SYNTH_DATETIME)
        put_time(b, x);
    else
        buffer_put_f64(b, x);
}

bool synth_write(const struct synth_schema *schema, const struct synth_levels *levels, const struct synth_table *table,
                 const size_t *rows, size_t n, const char *path, struct error *err) {
    struct file_out out;
    struct buffer line;
    if (!file_out_open(&out, path, err)) return false;
    buffer_init(&line, (size_t)1 << 24);
    for (size_t i = 0; i < schema->n; i++) {
        if (i) buffer_put_char(&line, ',');
        csv_put_field(&line, text_of(schema->column[i].name));
    }
    buffer_put_char(&line, '\n');
    size_t count = rows ? n : table->rows;
    for (size_t r = 0; r < count && !line.failed; r++) {
        file_out_put(&out, line.at, line.len);
        buffer_clear(&line);
        const double *x = table->x + (rows ? rows[r] : r) * table->n;
        for (size_t i = 0; i < schema->n; i++) {
            if (i) buffer_put_char(&line, ',');
            put_value(&line, &schema->column[i], &levels[i], x[i]);
        }
        buffer_put_char(&line, '\n');
    }
    bool ok = buffer_check(&line, "row of a table", err);
    if (ok) file_out_put(&out, line.at, line.len);
    buffer_done(&line);
    if (ok) return file_out_commit(&out, err);
    file_out_abandon(&out);
    return false;
}
