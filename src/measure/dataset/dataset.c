/* Rows of data files: see dataset.h. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "measure/dataset/dataset.h"

#include "base/csv.h"
#include "base/file.h"
#include "measure/dataset/dataset_conflict.h"
#include "measure/dataset/dataset_document.h"
#include "measure/dataset/dataset_parallel.h"

#include <pcre2.h>
#include <string.h>

#define MOST_LINE ((size_t)64 << 20)
#define MOST_JSON ((size_t)512 << 20)

struct dataset {
    enum dataset_format format;
    const char *name;
    struct arena arena;
    struct jsonl *jsonl;
    struct csv *csv;
    const char **columns;
    size_t n_columns;
    /* JSON: either elements are cut out of the text one by one, or `list` was read whole. */
    struct file_map map;
    size_t at, number, counted, newlines; /* line feeds before `counted` */
    bool ended;
    json_t *root, *list;
    json_t *pending; /* the second row of one line */
    size_t pending_line;
    /* of several languages */
    struct lexicons *lexicons;
    struct parallel_file parallel;
    uint64_t rows;
    /* lines */
    struct text lines;
    pcre2_code *pattern;
    pcre2_match_data *match;
};

static enum dataset_format guess(const char *name) {
    static const struct {
        const char *ending;
        enum dataset_format format;
    } endings[] = {{".jsonl", DATASET_JSONL}, {".ndjson", DATASET_JSONL}, {".json", DATASET_JSON},
                   {".csv", DATASET_CSV},     {".tsv", DATASET_TSV},      {".txt", DATASET_LINES}};
    if (text_starts(text_of(name), TEXT("world:")) || text_starts(text_of(name), TEXT("leaf:"))) return DATASET_JSONL;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (text_ends(text_of(name), text_of(endings[i].ending))) return endings[i].format;
    return DATASET_LINES;
}

/* ---- tables */

static bool open_csv(struct dataset *d, const char *path, bool header, struct error *err) {
    d->csv = csv_open(path, d->format == DATASET_TSV ? '\t' : ',', header, err);
    if (!d->csv) return false;
    d->n_columns = csv_columns(d->csv);
    if (!(d->columns = arena_new(&d->arena, const char *, d->n_columns, err))) return false;
    for (size_t i = 0; i < d->n_columns; i++) {
        bool named = header && csv_name(d->csv, i).len;
        d->columns[i] =
            named ? text_copy(&d->arena, csv_name(d->csv, i), err) : arena_printf(&d->arena, err, "column_%zu", i);
        if (!d->columns[i]) return false;
    }
    return true;
}

static bool check_utf8(const struct dataset *d, const struct text *fields, size_t line, struct error *err) {
    for (size_t i = 0; i < d->n_columns; i++) {
        size_t at = text_utf8_invalid(fields[i]);
        if (at != SIZE_MAX)
            return error_set(err, ERROR_DATA,
                             "%s:%zu: column '%s': invalid UTF-8 at byte %zu; convert the file to UTF-8", d->name, line,
                             d->columns[i], at);
    }
    return true;
}

static int next_csv(struct dataset *d, json_t **row, size_t *line, struct error *err) {
    const struct text *fields;
    int state = csv_next(d->csv, &fields, line, err);
    if (state != 1) return state;
    if (!check_utf8(d, fields, *line, err)) return -1;
    json_t *object = json_object();
    for (size_t i = 0; object && i < d->n_columns; i++)
        if (json_object_set_new(object, d->columns[i], json_from_text(fields[i])) != 0) {
            json_decref(object);
            object = NULL;
        }
    if (!object) return error_memory(err, "row"), -1;
    *row = object;
    return 1;
}

/* ---- JSON arrays */

static bool blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct dataset *d) {
    while (d->at < d->map.len && blank((char)d->map.at[d->at])) d->at++;
}

/* The end of the value that begins at `from`: behind its closing bracket; strings are stepped over. */
static size_t value_end(const struct file_map *map, size_t from) {
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = from; i < map->len; i++) {
        char c = (char)map->at[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            if (depth == 0) return i;
            if (--depth == 0) return i + 1;
        } else if (c == ',' && depth == 0) {
            return i;
        }
    }
    return map->len;
}

/* {"0": {...}, "1": {...}}: the members as a list, each with its name as "key". NULL: something else. */
static json_t *numbered(json_t *object) {
    json_t *list = json_object_size(object) ? json_array() : NULL, *value;
    const char *key;
    json_object_foreach(object, key, value) {
        if (list && json_is_object(value) && json_object_set_new(value, "key", json_string(key)) == 0 &&
            json_array_append(list, value) == 0)
            continue;
        json_decref(list);
        list = NULL;
    }
    return list;
}

/* A name that holds dots itself is taken whole where there is such a one. */
static bool find_records(struct dataset *d, struct text path, struct error *err) {
    struct text rest = path, key;
    d->list = d->root;
    json_t *whole = path.len ? json_object_getn(d->root, path.at, path.len) : NULL;
    if (json_is_array(whole)) return d->list = whole, true;
    while (path.len && text_next(&rest, '.', &key)) {
        char name[256];
        snprintf(name, sizeof name, "%.*s", TEXT_ARG(key));
        d->list = json_object_get(d->list, name);
        if (!d->list)
            return error_set(err, ERROR_DATA, "%s: no '%s' in it (records: '%.*s')", d->name, name, TEXT_ARG(path));
    }
    if (json_is_array(d->list)) return true;
    json_t *members = numbered(d->list);
    if (members) {
        json_decref(d->root);
        return d->root = d->list = members, true;
    }
    return error_set(err, ERROR_DATA,
                     "%s: expected a list of objects%s%.*s; name its place with dataset_kwargs: {records: "
                     "PATH}",
                     d->name, path.len ? " at " : "", TEXT_ARG(path));
}

static bool open_json(struct dataset *d, const char *path, struct text records, struct error *err) {
    if (!file_map(path, &d->map, err)) return false;
    if (d->map.len >= 3 && memcmp(d->map.at, "\xef\xbb\xbf", 3) == 0) d->at = 3;
    skip_blanks(d);
    if (records.len == 0 && d->at < d->map.len && d->map.at[d->at] == '[') return d->at++, true;
    if (d->map.len > MOST_JSON) return error_set(err, ERROR_DATA, "%s: over 512 MiB; give it as JSONL", d->name);
    d->root = json_read((struct text){(const char *)d->map.at, d->map.len}, d->name, 1, err);
    return d->root && find_records(d, records, err);
}

static bool check_object(struct dataset *d, json_t *row, size_t line, struct error *err) {
    if (json_is_object(row)) return true;
    json_decref(row);
    return json_mismatch(NULL, "row", (struct json_place){d->name, line, ""}, "an object", err);
}

/* Tables written by other programs have NaN where a value is missing: it is read as null. */
static bool nan_as_null(struct text value, struct buffer *out) {
    bool in_string = false, some = false;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.at[i];
        if (!in_string && c == 'N' && i + 3 <= value.len && memcmp(value.at + i, "NaN", 3) == 0) {
            buffer_put_c(out, "null");
            some = true;
            i += 2;
            continue;
        }
        if (c == '"') in_string = !in_string;
        buffer_put(out, value.at + i, 1);
        if (in_string && c == '\\' && i + 1 < value.len) buffer_put(out, value.at + ++i, 1);
    }
    return some;
}

static json_t *read_value(struct dataset *d, struct text value, struct error *err) {
    struct buffer b;
    if (text_find(value, TEXT("NaN"), 0) == SIZE_MAX) return json_read(value, d->name, d->newlines + 1, err);
    buffer_init(&b, MOST_LINE);
    bool some = nan_as_null(value, &b);
    json_t *read =
        buffer_check(&b, "row", err) ? json_read(some ? buffer_text(&b) : value, d->name, d->newlines + 1, err) : NULL;
    buffer_done(&b);
    return read;
}

/* The text of the next element of the list, which is open in the map: 1, 0 the end, -1. */
static int next_element(struct dataset *d, struct text *value, struct error *err) {
    skip_blanks(d);
    if (d->at < d->map.len && d->map.at[d->at] == ',' && d->number > 1) d->at++;
    skip_blanks(d);
    if (d->ended) return 0;
    if (d->at >= d->map.len) {
        d->ended = true;
        return error_set(err, ERROR_DATA, "%s: the list is not closed", d->name), -1;
    }
    if (d->map.at[d->at] == ']') return d->ended = true, 0;
    size_t end = value_end(&d->map, d->at);
    *value = (struct text){(const char *)d->map.at + d->at, end - d->at};
    d->at = end > d->at ? end : d->at + 1; /* always on, whatever stands there */
    return 1;
}

static int next_json(struct dataset *d, json_t **row, size_t *line, struct error *err) {
    *line = ++d->number;
    if (d->list) {
        json_t *value = json_array_get(d->list, d->number - 1);
        if (!value) return 0;
        *row = json_incref(value);
        return check_object(d, *row, *line, err) ? 1 : -1;
    }
    struct text value;
    int state = next_element(d, &value, err);
    if (state != 1) return state;
    size_t start = (size_t)(value.at - (const char *)d->map.at);
    for (; d->counted < start; d->counted++) d->newlines += d->map.at[d->counted] == '\n';
    *row = read_value(d, value, err);
    return *row && check_object(d, *row, *line, err) ? 1 : -1;
}

static int skip_json(struct dataset *d, struct error *err) {
    struct text value;
    d->number++;
    return d->list ? d->number <= json_array_size(d->list) : next_element(d, &value, err);
}

/* ---- lines */

static bool open_lines(struct dataset *d, const char *path, struct text pattern, struct error *err) {
    if (!file_map(path, &d->map, err)) return false;
    d->lines = (struct text){(const char *)d->map.at, d->map.len};
    if (!pattern.len) return true;
    int code;
    PCRE2_SIZE offset;
    d->pattern = pcre2_compile((PCRE2_SPTR)pattern.at, pattern.len, PCRE2_UTF, &code, &offset, NULL);
    if (!d->pattern) {
        PCRE2_UCHAR why[128];
        pcre2_get_error_message(code, why, sizeof why);
        return error_set(err, ERROR_DATA, "pattern '%.*s': at %zu: %s", TEXT_ARG(pattern), (size_t)offset, (char *)why);
    }
    d->match = pcre2_match_data_create_from_pattern(d->pattern, NULL);
    return d->match || error_memory(err, "pattern");
}

static json_t *groups_of(struct dataset *d, struct text line) {
    uint32_t count, size;
    PCRE2_SPTR names;
    pcre2_pattern_info(d->pattern, PCRE2_INFO_NAMECOUNT, &count);
    pcre2_pattern_info(d->pattern, PCRE2_INFO_NAMEENTRYSIZE, &size);
    pcre2_pattern_info(d->pattern, PCRE2_INFO_NAMETABLE, &names);
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(d->match);
    json_t *row = json_object();
    for (uint32_t i = 0; row && i < count; i++) {
        PCRE2_SPTR entry = names + (size_t)i * size;
        size_t group = (size_t)entry[0] << 8 | entry[1];
        struct text value = ends[2 * group] == PCRE2_UNSET
                                ? TEXT("")
                                : (struct text){line.at + ends[2 * group], ends[2 * group + 1] - ends[2 * group]};
        json_object_set_new(row, (const char *)entry + 2, json_from_text(value));
    }
    return row;
}

static int next_line(struct dataset *d, json_t **row, size_t *line, struct error *err) {
    struct text t;
    do {
        if (!text_next(&d->lines, '\n', &t)) return 0;
        *line = ++d->number;
        t = text_trim(t);
    } while (t.len == 0);
    if (text_utf8_invalid(t) != SIZE_MAX)
        return error_set(err, ERROR_DATA, "%s:%zu: invalid UTF-8 at byte %zu", d->name, *line, text_utf8_invalid(t)),
               -1;
    if (!d->pattern) {
        *row = json_pack("{s:o}", "text", json_from_text(t));
        return *row ? 1 : (error_memory(err, "row"), -1);
    }
    if (pcre2_match(d->pattern, (PCRE2_SPTR)t.at, t.len, 0, 0, d->match, NULL) < 0)
        return error_set(err, ERROR_DATA, "%s:%zu: the line does not match the pattern", d->name, *line), -1;
    *row = groups_of(d, t);
    return *row ? 1 : (error_memory(err, "row"), -1);
}

/* ---- files of several languages */

static bool open_parallel(struct dataset *d, const char *path, const struct dataset_kwargs *kwargs, struct error *err) {
    if (!(d->lexicons = lexicons_open(TEXT(""), NULL, err)) ||
        !parallel_file_open(&d->parallel, d->lexicons, d->name, err))
        return false;
    if (d->format == DATASET_PARALLEL) return open_csv(d, path, kwargs->header, err);
    if (!open_lines(d, path, TEXT(""), err)) return false;
    parallel_file_closing(&d->parallel, d->lines);
    return true;
}

static int next_parallel(struct dataset *d, json_t **row, size_t *line, struct error *err) {
    json_t *text = NULL;
    int state = d->format == DATASET_PARALLEL ? next_csv(d, row, line, err) : next_line(d, &text, line, err);
    if (state != 1) return state;
    bool ok =
        d->format == DATASET_PARALLEL
            ? parallel_row(&d->parallel, *row, d->rows, err)
            : (*row = parallel_line(&d->parallel, json_text(json_object_get(text, "text")), d->rows, err)) != NULL;
    json_decref(text);
    d->rows++;
    if (ok) return 1;
    json_decref(*row);
    *row = NULL;
    return -1;
}

/* ---- all */

static bool open_format(struct dataset *d, const char *path, const struct dataset_kwargs *kwargs, struct error *err) {
    switch (d->format) {
    case DATASET_CONFLICT:
    case DATASET_DOCUMENTS:
    case DATASET_JSONL: return (d->jsonl = jsonl_open(path, MOST_LINE, err)) != NULL;
    case DATASET_JSON: return open_json(d, path, kwargs->records, err);
    case DATASET_CSV:
    case DATASET_TSV: return open_csv(d, path, kwargs->header, err);
    case DATASET_PARALLEL:
    case DATASET_PROMPTS: return open_parallel(d, path, kwargs, err);
    default: return open_lines(d, path, kwargs->pattern, err);
    }
}

struct dataset *dataset_open(const char *path, const char *shown_name, const struct dataset_kwargs *kwargs,
                             struct error *err) {
    struct dataset *d = memory_zeroed(1, sizeof *d);
    if (!d) return error_memory(err, "data"), NULL;
    arena_init(&d->arena, 16 << 20);
    d->format = kwargs->format == DATASET_GUESSED ? guess(shown_name) : kwargs->format;
    d->name = text_copy(&d->arena, text_of(shown_name), err);
    if (d->name && open_format(d, path, kwargs, err)) return d;
    dataset_close(d);
    return NULL;
}

void dataset_close(struct dataset *d) {
    if (!d) return;
    jsonl_close(d->jsonl);
    csv_close(d->csv);
    json_decref(d->root);
    json_decref(d->pending);
    lexicons_free(d->lexicons);
    if (d->map.at) file_unmap(&d->map);
    pcre2_code_free(d->pattern);
    pcre2_match_data_free(d->match);
    arena_done(&d->arena);
    memory_free(d);
}

/* A line gives one row or two. */
static int next_conflict(struct dataset *d, json_t **row, size_t *line, struct error *err) {
    if (d->pending) {
        *row = d->pending;
        *line = d->pending_line;
        d->pending = NULL;
        return 1;
    }
    json_t *raw = NULL;
    int state = jsonl_next(d->jsonl, &raw, line, err);
    if (state != 1) return state;
    if (!check_object(d, raw, *line, err)) return -1;
    bool ok = dataset_conflict_rows(raw, (struct json_place){d->name, *line, ""}, row, &d->pending, err);
    d->pending_line = *line;
    json_decref(raw);
    return ok ? 1 : -1;
}

static int next_document(struct dataset *d, json_t **row, size_t *line, struct error *err) {
    bool is;
    int state = jsonl_next(d->jsonl, row, line, err);
    if (state != 1) return state;
    if (!check_object(d, *row, *line, err)) return -1;
    if (dataset_document_row(*row, &is, err)) return 1;
    json_decref(*row);
    *row = NULL;
    return error_wrap(err, "%s:%zu", d->name, *line), -1;
}

static int next_row(struct dataset *d, json_t **row, size_t *line, struct error *err) {
    switch (d->format) {
    case DATASET_JSONL: {
        int state = jsonl_next(d->jsonl, row, line, err);
        return state != 1 || check_object(d, *row, *line, err) ? state : -1;
    }
    case DATASET_CONFLICT: return next_conflict(d, row, line, err);
    case DATASET_DOCUMENTS: return next_document(d, row, line, err);
    case DATASET_JSON: return next_json(d, row, line, err);
    case DATASET_CSV:
    case DATASET_TSV: return next_csv(d, row, line, err);
    case DATASET_PARALLEL:
    case DATASET_PROMPTS: return next_parallel(d, row, line, err);
    default: return next_line(d, row, line, err);
    }
}

int dataset_next(struct dataset *d, json_t **row, size_t *line, struct error *err) {
    *row = NULL;
    int state = next_row(d, row, line, err);
    if (state != 1) *row = NULL; /* what was refused is gone */
    return state;
}

int dataset_skip(struct dataset *d, struct error *err) {
    json_t *row;
    const struct text *fields;
    size_t line;
    int state;
    switch (d->format) {
    case DATASET_JSONL: return jsonl_skip(d->jsonl, &line, err);
    case DATASET_JSON: return skip_json(d, err);
    case DATASET_CSV:
    case DATASET_TSV: return csv_next(d->csv, &fields, &line, err);
    default:
        state = dataset_next(d, &row, &line, err);
        if (state == 1) json_decref(row);
        return state;
    }
}

const char *const *dataset_columns(const struct dataset *d, size_t *n) {
    *n = d->n_columns;
    return d->columns;
}
