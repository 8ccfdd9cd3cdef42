/* Votes from CSV and JSONL: see moral.h. */
#include "base/csv.h"
#include "set/moral_internal.h"

#include <string.h>

enum { LINE_MOST = 1 << 20 };

bool moral_refuse_personal(struct text column, const char *file, size_t line, struct error *err) {
    static const char *const personal[] = {"email",   "e-mail", "mail",  "prolific_id", "prolificid", "prolific",
                                           "user_id", "userid", "phone", "name",        "ip",         "login"};
    for (size_t i = 0; i < sizeof personal / sizeof *personal; i++)
        if (text_equal_nocase(column, text_of(personal[i])))
            return error_set(
                err, ERROR_DATA,
                "%s:%zu: column '%s' says who a person is; give voters numbers of their own and leave it out", file,
                line, personal[i]);
    return true;
}

/* ---- one vote ---- */

enum { VOTER, FROM, TO, CONTEXT, SAYS, FIELDS };
static const char *const csv_names[FIELDS] = {"voter", "from_id", "to_id", "context", "relationship"};
static const char *const json_names[FIELDS] = {"voter", "from", "to", "context", "rel"};

static bool read_says(struct text t, struct moral_place at, uint8_t *out, struct error *err) {
    t = text_trim(t);
    for (uint8_t i = 0; i < MORAL_SAYS; i++)
        if (text_equal_c(t, moral_says_names[i])) return *out = i, true;
    int n = t.len < 60 ? (int)t.len : 60;
    return error_set(err, ERROR_DATA, "%s:%zu: column '%s': expected upgrade, no_upgrade or not_sure, found '%.*s'",
                     at.file, at.line, at.column, n, t.at ? t.at : "");
}

static bool take_vote(struct moral_gather *g, const char *file, size_t line, const char *const *name,
                      const struct text field[FIELDS], struct error *err) {
    struct moral_place at = {file, line, name[VOTER]};
    struct moral_row row = {.n = 1};
    if (!moral_gather_text(g, &g->voter, field[VOTER], at, &row.voter, err)) return false;
    at.column = name[FROM];
    if (!moral_gather_text(g, &g->value, field[FROM], at, &row.from, err)) return false;
    at.column = name[TO];
    if (!moral_gather_text(g, &g->value, field[TO], at, &row.to, err)) return false;
    if (row.from == row.to) return moral_bad(at, "a value beside itself", err);
    at.column = name[CONTEXT];
    if (!moral_gather_text(g, &g->context, field[CONTEXT], at, &row.context, err)) return false;
    at.column = name[SAYS];
    return read_says(field[SAYS], at, &row.says, err) && moral_gather_row(g, row, err);
}

/* ---- CSV ---- */

static bool find_columns(const struct csv *csv, const char *path, size_t column[FIELDS], struct error *err) {
    for (size_t i = 0; i < csv_columns(csv); i++)
        if (!moral_refuse_personal(csv_name(csv, i), path, 1, err)) return false;
    for (size_t i = 0; i < FIELDS; i++) {
        column[i] = csv_column(csv, csv_names[i]);
        if (column[i] == SIZE_MAX)
            return error_set(err, ERROR_DATA,
                             "%s:1: no column '%s'; expected voter, from_id, to_id, context, relationship", path,
                             csv_names[i]);
    }
    return true;
}

static bool read_csv(struct moral_gather *g, const char *path, struct error *err) {
    struct csv *csv = csv_open(path, ',', true, err);
    size_t column[FIELDS], line;
    const struct text *fields;
    int more = 0;
    bool ok = csv && find_columns(csv, path, column, err);
    while (ok && (more = csv_next(csv, &fields, &line, err)) > 0) {
        struct text field[FIELDS];
        for (size_t i = 0; i < FIELDS; i++) field[i] = fields[column[i]];
        ok = take_vote(g, path, line, csv_names, field, err);
    }
    csv_close(csv);
    return ok && more == 0;
}

/* ---- JSONL ---- */

bool moral_json_text(const json_t *row, const char *key, struct arena *arena, struct text *out, struct error *err) {
    const json_t *value = json_object_get(row, key);
    *out = json_text(value);
    if (!json_is_integer(value)) return true;
    char *number = arena_printf(arena, err, "%lld", (long long)json_integer_value(value));
    *out = text_of(number);
    return number != NULL;
}

static bool read_policies(const json_t *list, struct moral_place at, struct arena *arena, struct moral_value *out,
                          struct error *err) {
    size_t n = json_array_size(list);
    const char **policy = arena_new(arena, const char *, n + 1, err);
    at.column = "policies";
    if (!policy) return false;
    if ((list && !json_is_array(list)) || n > MORAL_POLICIES_MOST)
        return moral_bad(at, "expected a list of at most 64 texts", err);
    for (size_t i = 0; i < n; i++) {
        struct text t = text_trim(json_text(json_array_get(list, i)));
        if (!t.len) return moral_bad(at, "expected texts that are not empty", err);
        if (!(policy[i] = text_copy(arena, t, err))) return false;
    }
    out->policies = policy;
    out->n_policies = n;
    return true;
}

bool moral_card_read(const json_t *row, struct moral_place at, struct arena *arena, struct moral_value *out,
                     struct error *err) {
    struct text title = text_trim(json_text(json_object_get(row, "title")));
    *out = (struct moral_value){.title = text_copy(arena, title, err)};
    return out->title && read_policies(json_object_get(row, "policies"), at, arena, out, err);
}

static bool take_value(struct moral_gather *g, const json_t *row, struct moral_place at, struct error *err) {
    struct text id;
    struct moral_value value;
    uint32_t number;
    at.column = "id";
    return moral_json_text(row, "id", g->arena, &id, err) && moral_gather_text(g, &g->value, id, at, &number, err) &&
           moral_card_read(row, at, g->arena, &value, err) && moral_gather_about(g, number, &value, err);
}

static bool take_row(struct moral_gather *g, const json_t *row, const char *path, size_t line, struct error *err) {
    struct text kind = json_text(json_object_get(row, "kind")), field[FIELDS];
    const char *key;
    json_t *value;
    if (!json_is_object(row)) return error_set(err, ERROR_DATA, "%s:%zu: expected an object", path, line);
    json_object_foreach((json_t *)row, key,
                        value) if (!moral_refuse_personal(text_of(key), path, line, err)) return false;
    g->simulated |= json_is_true(json_object_get(row, "simulated"));
    if (text_equal_c(kind, "value")) return take_value(g, row, (struct moral_place){path, line, "id"}, err);
    if (kind.len && !text_equal_c(kind, "vote")) return true;
    for (size_t i = 0; i < FIELDS; i++)
        if (!moral_json_text(row, json_names[i], g->arena, &field[i], err)) return false;
    return take_vote(g, path, line, json_names, field, err);
}

static bool read_jsonl(struct moral_gather *g, const char *path, struct error *err) {
    struct jsonl *lines = jsonl_open(path, LINE_MOST, err);
    json_t *row;
    size_t line;
    int more = 0;
    bool ok = lines != NULL;
    while (ok && (more = jsonl_next(lines, &row, &line, err)) > 0) {
        ok = take_row(g, row, path, line, err);
        json_decref(row);
    }
    jsonl_close(lines);
    return ok && more == 0;
}

bool moral_read_votes(const char *path, const char *only, struct arena *arena, struct moral *out, struct error *err) {
    struct moral_gather g;
    struct text name = text_of(path);
    bool lines = text_ends(name, TEXT(".jsonl"));
    moral_gather_init(&g, arena);
    bool ok = (lines ? read_jsonl : read_csv)(&g, path, err) && moral_build(&g, only, out, NULL, err);
    moral_gather_done(&g);
    return ok;
}

bool moral_make(const struct moral_ballot *ballot, size_t n, bool simulated, struct arena *arena, struct moral *out,
                struct error *err) {
    struct moral_gather g;
    bool ok = true;
    moral_gather_init(&g, arena);
    g.simulated = simulated;
    for (size_t i = 0; ok && i < n; i++) {
        const struct moral_ballot *b = &ballot[i];
        const struct text field[FIELDS] = {text_of(b->voter), text_of(b->from), text_of(b->to), text_of(b->context),
                                           text_of(moral_says_names[b->says])};
        ok = take_vote(&g, "votes", i + 1, json_names, field, err);
    }
    ok = ok && moral_build(&g, NULL, out, NULL, err);
    moral_gather_done(&g);
    return ok;
}
