/* Fields of recorded answers: see replay_layout.h. */
#include "subject/replay_layout.h"

#include "base/file.h"
#include "base/yaml.h"

#include <stdio.h>
#include <string.h>

static const char *const id_names[] = {"id",          "example_id", "item_id",  "doc_id",
                                       "question_id", "prompt_id",  "custom_id"};
static const char *const text_names[] = {"text",   "answer",     "completion",     "response",
                                         "output", "prediction", "generated_text", "message"};
static const char *const name_ends[] = {"_answer", "_completion", "_response", "_text"};
static const char *const subject_names[] = {"subject", "model", "task", "source_model"};
#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Files of public benchmarks, known by fields that all their rows have. */
static const struct known {
    const char *marks[3];
    const char *id, *text, *task, *strip; /* id, task: columns, or templates */
    struct {
        const char *text, *task;
    } more[REPLAY_MORE];
    const char *each; /* every column that ends so is an answer */
} known[] = {
    {{"example_id", "context_condition", "category"}, "example_id", NULL, "category", NULL}, /* BBQ */
    {{"id", "completion", "final_label"}, "id", "completion", NULL, "v2-"},                  /* XSTest */
    /* Trustworthy LLMs (Liu et al. 2023): judged answers, a line each; two raw answers about each pair of events */
    {{"source_model", "label_response", "tag"},
     "{{row}}",
     "answer",
     "{{'trustworthy_' ~ ('typo' if tag == 'robust' else tag)}}",
     NULL},
    {{"key", "ans_1_raw", "ans_2_raw"},
     "key",
     "ans_1_raw",
     "{{'trustworthy_causal_cause'}}",
     NULL,
     {{"ans_2_raw", "{{'trustworthy_causal_change'}}"}}},
    /* TrustSQL (Lee et al. 2024): what detector, generator and error detector said, five samples, one model alone */
    {{"pre_label", "post_label", "vote_samples"},
     "id",
     "{{ {'detected': pre_label, 'sql': sql_raw, 'checked': post_label} | tojson }}",
     "{{'trustsql_pipeline'}}",
     NULL,
     {{"{{ vote_samples | tojson }}", "{{'trustsql_vote'}}"}, {"demo_raw", "{{'trustsql_demo'}}"}}},
    /* ValueBench (Ren et al. 2024): a rated answer of each model in the row of an item */
    {.marks = {"questionnaire", "item", "agreement"}, .id = "{{questionnaire}}/{{item}}", .each = "_rating"},
};

static const char *first_present(const json_t *row, const char *const *names, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (json_object_get(row, names[i])) return names[i];
    return NULL;
}

/* ---- the answer's column ---- */

static bool is_column_of(struct text column, struct text name) {
    if (text_equal(column, name)) return true;
    if (column.len > name.len && text_ends(column, name) && column.at[column.len - name.len - 1] == '_') return true;
    for (size_t i = 0; i < COUNT(name_ends); i++)
        if (column.len == name.len + strlen(name_ends[i]) && text_starts(column, name) &&
            text_ends(column, text_of(name_ends[i])))
            return true;
    return false;
}

/* The column that #NAME means; *n of them fit. */
static const char *named_column(const json_t *row, struct text name, size_t *n) {
    const char *key, *found = NULL;
    json_t *value;
    *n = 0;
    json_object_foreach((json_t *)row, key, value) {
        if (text_equal_c(name, key)) return *n = 1, key;
        if (is_column_of(text_of(key), name)) found = key, ++*n;
    }
    return *n == 1 ? found : NULL;
}

/* "MODEL_pred_FORM": the only such column. */
static const char *prediction_column(const json_t *row, size_t *n) {
    const char *key, *found = NULL;
    json_t *value;
    *n = 0;
    json_object_foreach((json_t *)row, key, value) {
        if (strstr(key, "_pred_")) found = key, ++*n;
    }
    return *n == 1 ? found : NULL;
}

static void put_columns(struct buffer *out, const json_t *row, const char *with) {
    const char *key;
    json_t *value;
    bool first = true;
    json_object_foreach((json_t *)row, key, value) {
        if (with && !strstr(key, with)) continue;
        buffer_printf(out, "%s'%.60s'", first ? "" : ", ", with ? strstr(key, with) + strlen(with) : key);
        first = false;
    }
}

/* FILE:LINE: what, and the columns (or the parts of their names behind `with`). */
static bool column_error(const json_t *row, const char *path, size_t line, const char *what, const char *with,
                         const char *then, struct error *err) {
    struct buffer b;
    buffer_init(&b, 600);
    put_columns(&b, row, with);
    error_set(err, ERROR_DATA, "%s:%zu: %s %s%s%s", path, line, what, b.at ? b.at : "", b.full ? " ..." : "", then);
    buffer_done(&b);
    return false;
}

static bool find_text(struct replay_layout *l, struct text name, const json_t *row, const char *path, size_t line,
                      struct arena *arena, struct error *err) {
    size_t n = 0;
    const char *column = name.len ? named_column(row, name, &n) : NULL;
    if (name.len && !column && n == 0 && first_present(row, subject_names, COUNT(subject_names))) l->only = name;
    if (name.len && !column && !l->only.len)
        return column_error(row, path, line,
                            n ? "several columns go by this '#' name, of" : "no column goes by this '#' name, of", NULL,
                            "; name one of them in full", err);
    if (!column && !l->text.name) column = first_present(row, text_names, COUNT(text_names));
    if (!column && !l->text.name) column = prediction_column(row, &n);
    if (!column && !l->text.name && n > 1)
        return column_error(row, path, line, "several columns hold answers:", "_pred_",
                            "; choose one with 'replay:FILE#NAME'", err);
    if (!column && !l->text.name) { /* a failed answer may come first, which has no text */
        if (!json_object_get(row, "error"))
            return column_error(row, path, line, "no field of", NULL,
                                " is known as an answer; name the columns with map=ID:TEXT", err);
        column = "text";
    }
    if (!column) return true;
    l->text.name = text_copy(arena, text_of(column), err);
    return l->text.name != NULL;
}

/* ---- maps ---- */

static bool set_field(struct replay_field *field, struct text value, const char *key, struct arena *arena,
                      struct error *err) {
    if (value.len == 0) return true;
    if (!(field->name = text_copy(arena, value, err))) return false;
    if (text_find(value, TEXT("{{"), 0) == SIZE_MAX) return true;
    field->program = jinja_parse(text_of(field->name), key, (struct jinja_options){.strict = true}, err);
    return field->program != NULL;
}

static bool read_map_file(struct replay_layout *l, const char *path, struct arena *arena, struct error *err) {
    static const char *const keys[] = {"id", "text", "sample", "task", "error", "strip"};
    struct replay_field *fields[] = {&l->id, &l->text, &l->sample, &l->task, &l->error};
    const struct yaml *map = yaml_read_file(arena, path, (size_t)1 << 20, err);
    if (!map) return false;
    if (map->kind != YAML_MAPPING)
        return yaml_error(map, err, "expected a map with the keys id, text, sample, task, error, strip");
    if (!yaml_check_keys(map, keys, COUNT(keys), err)) return false;
    for (size_t i = 0; i < COUNT(fields); i++) {
        struct text value = TEXT("");
        if (!yaml_opt_text(map, keys[i], &value, err) || !set_field(fields[i], value, keys[i], arena, err))
            return false;
    }
    return yaml_opt_text(map, "strip", &l->strip, err);
}

static bool read_map(struct replay_layout *l, const struct replay_options *options, struct arena *arena,
                     struct error *err) {
    struct text map = options->map;
    if (map.len == 0) return true;
    if (text_ends(map, TEXT(".yaml")) || text_ends(map, TEXT(".yml"))) {
        char *name = text_copy(arena, map, err), *path = name ? file_find(arena, name, options->path, err) : NULL;
        return path && read_map_file(l, path, arena, err);
    }
    size_t colon = text_find(map, TEXT(":"), 0);
    if (colon == SIZE_MAX)
        return error_set(err, ERROR_USAGE, "replay: map='%.*s': expected ID:TEXT or a .yaml file", TEXT_ARG(map));
    return set_field(&l->id, text_part(map, 0, colon), "id", arena, err) &&
           set_field(&l->text, text_part(map, colon + 1, map.len), "text", arena, err);
}

/* A column of a map must be there. */
static bool check_mapped(const struct replay_field *field, const json_t *row, const char *path, size_t line,
                         struct error *err) {
    char what[160];
    if (!field->name || field->program || json_object_get(row, field->name)) return true;
    snprintf(what, sizeof what, "no column '%.60s', which the map names, among", field->name);
    return column_error(row, path, line, what, NULL, "; correct the map", err);
}

/* ---- all together ---- */

static const struct known *find_known(const json_t *row) {
    for (size_t i = 0; i < COUNT(known); i++) {
        size_t n = 0;
        for (size_t k = 0; k < COUNT(known[i].marks); k++) n += json_object_get(row, known[i].marks[k]) != NULL;
        if (n == COUNT(known[i].marks)) return &known[i];
    }
    return NULL;
}

static void set_default(struct replay_field *field, const json_t *row, const char *name) {
    if (!field->name && name && json_object_get(row, name)) field->name = name;
}

/* The same where the layout may have a template. */
static bool set_known(struct replay_field *field, const json_t *row, const char *name, struct arena *arena,
                      struct error *err) {
    if (field->name || !name || !strstr(name, "{{")) return set_default(field, row, name), true;
    return set_field(field, text_of(name), "layout", arena, err);
}

/* Whether a column ends so, of NAME where one is named. */
static bool has_each(const json_t *row, const char *end, struct text name) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)row, key, value)
        if (replay_layout_each(key, text_of(end), name)) return true;
    return false;
}

static bool set_each(struct replay_layout *l, const struct known *k, const struct replay_options *options,
                     struct arena *arena, struct error *err) {
    char *name = text_copy(arena, options->name, err);
    l->each = text_of(k->each);
    l->each_name = (struct text){name, options->name.len};
    l->error.name = "error";
    return name != NULL;
}

bool replay_layout_each(const char *key, struct text end, struct text name) {
    struct text column = text_of(key);
    if (column.len <= end.len || !text_ends(column, end)) return false;
    return !name.len || text_equal(text_part(column, 0, column.len - end.len), name);
}

bool replay_layout_find(struct replay_layout *l, const struct replay_options *options, const json_t *row,
                        const char *path, size_t line, struct arena *arena, struct error *err) {
    const struct known *k = find_known(row);
    *l = (struct replay_layout){0};
    if (!read_map(l, options, arena, err)) goto failed;
    if (!check_mapped(&l->id, row, path, line, err) || !check_mapped(&l->text, row, path, line, err)) goto failed;
    if (k) {
        bool own_text = !l->text.name; /* else a map says where the one answer is */
        if (!set_known(&l->text, row, k->text, arena, err) || !set_known(&l->id, row, k->id, arena, err)) goto failed;
        if (own_text && !set_known(&l->task, row, k->task, arena, err)) goto failed;
        for (; own_text && l->n_more < REPLAY_MORE && k->more[l->n_more].text; l->n_more++)
            if (!set_known(&l->more[l->n_more].text, row, k->more[l->n_more].text, arena, err) ||
                !set_known(&l->more[l->n_more].task, row, k->more[l->n_more].task, arena, err))
                goto failed;
        if (!l->strip.len && k->strip) l->strip = text_of(k->strip);
        if (own_text && k->each && has_each(row, k->each, options->name)) return set_each(l, k, options, arena, err);
    }
    if (options->strip.len) l->strip = options->strip;
    set_default(&l->id, row, first_present(row, id_names, COUNT(id_names)));
    set_default(&l->sample, row, "sample");
    set_default(&l->task, row, "task");
    if (!l->error.name) l->error.name = "error";
    if (!l->id.name) {
        column_error(row, path, line, "no field of", NULL, " is known as an id; name the columns with map=ID:TEXT",
                     err);
        goto failed;
    }
    if (find_text(l, options->name, row, path, line, arena, err)) return true;
failed:
    replay_layout_done(l);
    return false;
}

void replay_layout_done(struct replay_layout *l) {
    struct replay_field *fields[] = {&l->id,           &l->text,         &l->sample,       &l->task,        &l->error,
                                     &l->more[0].text, &l->more[0].task, &l->more[1].text, &l->more[1].task};
    for (size_t i = 0; i < COUNT(fields); i++) {
        jinja_free(fields[i]->program);
        *fields[i] = (struct replay_field){0};
    }
}

bool replay_layout_takes(const struct replay_layout *l, const json_t *row) {
    if (!l->only.len) return true;
    for (size_t i = 0; i < COUNT(subject_names); i++) {
        struct text value = json_text(json_object_get(row, subject_names[i]));
        if (text_equal(value, l->only) || (i == 0 && l->only.len >= 8 && text_starts(value, l->only))) return true;
    }
    return false;
}
