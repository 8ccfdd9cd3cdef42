/* Rows for data lint, from files and from tasks. */
#include "measure/data/lint_internal.h"

#include "base/file.h"
#include "base/hash.h"
#include "measure/task/task_internal.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

enum { ROWS_MOST = 20000000 };

/* ---- what several rules need ---- */

struct text lint_short(struct text t) {
    t = text_trim(t);
    if (t.len <= 60) return t;
    size_t n = 60;
    while (n > 0 && ((unsigned char)t.at[n] & 0xc0) == 0x80) n--;
    return text_part(t, 0, n);
}

uint64_t lint_words_hash(struct text t) {
    uint64_t hash = 0xcbf29ce484222325; /* FNV-1a, by bytes, as letters come one by one */
    bool gap = false, begun = false;
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.at[i];
        if (!isalnum(c) && c < 0x80) {
            gap = begun;
            continue;
        }
        if (gap) hash = (hash ^ ' ') * 0x100000001b3;
        hash = (hash ^ (unsigned char)tolower(c)) * 0x100000001b3;
        gap = false;
        begun = true;
    }
    return begun ? hash | 1 : 0;
}

bool lint_table_new(struct lint_table *t, size_t n, struct arena *arena, struct error *err) {
    for (t->slots = 16; t->slots < 2 * n;) t->slots *= 2;
    t->keys = arena_new(arena, uint64_t, t->slots, err);
    t->first = t->keys ? arena_new(arena, uint32_t, t->slots, err) : NULL;
    if (!t->first) return false;
    memset(t->first, 0, t->slots * sizeof *t->first);
    return true;
}

static size_t slot_of(const struct lint_table *t, uint64_t key) {
    size_t slot = (key * 0x9e3779b97f4a7c15 >> 17) & (t->slots - 1);
    while (t->first[slot] && t->keys[slot] != key) slot = (slot + 1) & (t->slots - 1);
    return slot;
}

uint32_t lint_table_put(struct lint_table *t, uint64_t key, uint32_t value) {
    size_t slot = slot_of(t, key);
    if (t->first[slot]) return t->first[slot];
    t->keys[slot] = key;
    t->first[slot] = value;
    return 0;
}

uint32_t lint_table_get(const struct lint_table *t, uint64_t key) {
    return t->first[slot_of(t, key)];
}

/* ---- sets and rows ---- */

static struct lint_set *new_set(struct lint *lint, const char *name, const struct task *task, struct error *err) {
    if (lint->n_sets == LINT_SETS_MOST)
        return error_set(err, ERROR_USAGE, "data lint: more than %d files and tasks", LINT_SETS_MOST), NULL;
    struct lint_set *set = &lint->sets[lint->n_sets++];
    *set = (struct lint_set){.name = text_copy(lint->arena, text_of(name), err), .task = task};
    return set->name ? set : NULL;
}

static struct lint_row *new_row(struct lint_set *set, const char *file, size_t line, json_t *json, struct error *err) {
    if (set->n == set->capacity) {
        size_t wanted = 2 * set->capacity + 256;
        struct lint_row *grown = wanted < ROWS_MOST ? memory_grow(set->rows, wanted, sizeof *grown) : NULL;
        if (!grown) return error_memory(err, "rows"), NULL;
        set->rows = grown;
        set->capacity = wanted;
    }
    struct lint_row *row = &set->rows[set->n++];
    *row = (struct lint_row){.file = file, .line = line, .row = json, .gold_index = -1};
    return row;
}

void lint_set_done(struct lint_set *set) {
    for (size_t i = 0; i < set->n; i++) json_decref(set->rows[i].row);
    json_decref(set->table);
    memory_free(set->rows);
}

/* ---- columns of a file by their usual names ---- */

static const char *const prompt_names[] = {"prompt",      "question", "text",    "query", "input",
                                           "instruction", "sentence", "content", NULL};
static const char *const option_names[] = {"options", "choices", "candidates", "answers", "endings", NULL};
static const char *const gold_names[] = {"gold",           "answer",     "label",       "target",
                                         "correct",        "gold_label", "answer_key",  "answerkey",
                                         "correct_answer", "answer_idx", "gold_answer", NULL};
static const char *const id_names[] = {"id", "qid", "question_id", "uid", "example_id", NULL};

static const json_t *column(const json_t *row, const char *const *names) {
    const char *key;
    json_t *value;
    for (size_t i = 0; names[i]; i++)
        json_object_foreach((json_t *)row, key, value) if (strcasecmp(key, names[i]) == 0) return value;
    return NULL;
}

/* Texts and numbers; anything else is empty. */
static bool value_text(const json_t *value, struct arena *arena, struct text *out, struct error *err) {
    char number[32];
    *out = json_text(value);
    if (json_is_boolean(value)) *out = json_is_true(value) ? TEXT("true") : TEXT("false");
    if (!json_is_number(value)) return true;
    size_t n = text_from_f64(json_number_value(value), number);
    char *copy = arena_copy(arena, number, n, err);
    *out = (struct text){copy, n};
    return copy != NULL;
}

/* A list, an object of letters, or columns A, B, C, ... */
static bool read_options(struct lint_row *row, struct arena *arena, struct error *err) {
    const json_t *list = column(row->row, option_names);
    static const char letters[] = "ABCDEFGH";
    const char *key;
    json_t *value;
    size_t most = json_is_array(list) ? json_array_size(list) : json_is_object(list) ? json_object_size(list) : 8;
    if (most > LINT_OPTIONS_MOST || !(row->options = arena_new(arena, struct text, most + 1, err)))
        return most > LINT_OPTIONS_MOST;
    if (json_is_array(list)) {
        for (size_t i = 0; i < most; i++)
            if (!value_text(json_array_get(list, i), arena, &row->options[row->n_options++], err)) return false;
    } else if (json_is_object(list)) {
        json_object_foreach((json_t *)list, key,
                            value) if (!value_text(value, arena, &row->options[row->n_options++], err)) return false;
    } else {
        for (size_t i = 0; i < 8; i++) {
            char name[2] = {letters[i], 0};
            if (!(value = json_object_get(row->row, name))) break;
            if (!value_text(value, arena, &row->options[row->n_options++], err)) return false;
        }
    }
    return true;
}

static void read_prompt(struct lint_row *row) {
    const json_t *messages = json_object_get(row->row, "messages"), *value = column(row->row, prompt_names);
    if (json_is_array(messages))
        value = json_object_get(json_array_get(messages, json_array_size(messages) - 1), "content");
    row->has_prompt = value != NULL;
    row->prompt = json_text(value);
}

static bool fill_row(struct lint_row *row, struct arena *arena, struct error *err) {
    const json_t *gold = column(row->row, gold_names), *split = json_object_get(row->row, "split");
    read_prompt(row);
    row->split = json_text(split);
    row->has_gold = gold && !json_is_null(gold) && (!json_is_string(gold) || text_trim(json_text(gold)).len);
    row->prompt_hash = lint_words_hash(row->prompt);
    return value_text(column(row->row, id_names), arena, &row->id, err) && read_options(row, arena, err) &&
           value_text(gold, arena, &row->gold, err);
}

/* ---- what the gold is among the options ---- */

static int64_t by_number(const struct lint_row *row, int64_t first) {
    int64_t n;
    if (!text_to_i64(text_trim(row->gold), &n)) return -1;
    return n >= first && n < (int64_t)row->n_options + first ? n - first : -1;
}

static int64_t by_letter(const struct lint_row *row, int64_t first) {
    struct text g = text_trim(row->gold);
    (void)first;
    if (g.len > 1 && g.at[0] == '(') g = text_part(g, 1, g.len);
    bool letter = g.len && isalpha((unsigned char)g.at[0]) && (g.len == 1 || !isalnum((unsigned char)g.at[1]));
    int64_t n = letter ? toupper((unsigned char)g.at[0]) - 'A' : -1;
    return n < (int64_t)row->n_options ? n : -1;
}

static int64_t by_text(const struct lint_row *row, int64_t first) {
    (void)first;
    for (size_t i = 0; i < row->n_options; i++)
        if (text_equal_nocase(text_trim(row->options[i]), text_trim(row->gold))) return (int64_t)i;
    return -1;
}

/* The reading of the gold under which most rows have one: their text, a letter, a number from 0 or from 1. */
static void place_golds(struct lint_set *set) {
    static const struct {
        int64_t (*place)(const struct lint_row *row, int64_t first);
        int64_t first;
    } ways[] = {{by_text, 0}, {by_letter, 0}, {by_number, 0}, {by_number, 1}};
    size_t best = 0, most = 0;
    for (size_t w = 0; w < 4; w++) {
        size_t hits = 0;
        for (size_t i = 0; i < set->n; i++)
            hits += set->rows[i].n_options && set->rows[i].has_gold && ways[w].place(&set->rows[i], ways[w].first) >= 0;
        if (hits > most) best = w, most = hits;
    }
    for (size_t i = 0; i < set->n; i++) {
        struct lint_row *row = &set->rows[i];
        if (row->n_options) row->gold_index = ways[best].place(row, ways[best].first);
        if (row->gold_index >= 0) row->gold = row->options[row->gold_index];
    }
}

/* ---- a file ---- */

static bool read_file(struct lint *lint, const char *path, struct error *err) {
    static const struct dataset_kwargs kwargs = {.header = true};
    struct error why = {0};
    struct lint_set *set = new_set(lint, path, NULL, err);
    if (!set) return false;
    if (text_ends(text_of(path), TEXT(".json")) && lint_read_table(set, path)) return true;
    struct dataset *data = dataset_open(path, set->name, &kwargs, &why);
    if (!data) return lint_tell(lint, FINDING_ERROR, set, NULL, err, "%s", why.message);
    json_t *json;
    size_t line = 0, bad = 0;
    int state;
    bool ok = true;
    while (ok && (line = 0, state = dataset_next(data, &json, &line, &why)) != 0) {
        if (state < 0) {
            ok = lint_tell_at(lint, FINDING_ERROR, set->name, line, err, "%s", why.message);
            if (++bad > 100000) break;
            continue;
        }
        struct lint_row *row = new_row(set, set->name, line, json, err);
        if (!row) json_decref(json);
        ok = row && fill_row(row, lint->arena, err);
    }
    dataset_close(data);
    place_golds(set);
    return ok;
}

/* ---- a task ---- */

/* The options in the order of the source: what is permuted when it is asked hides nothing. */
static bool source_order(struct lint_row *row, const struct item *item, struct arena *arena, struct error *err) {
    row->n_options = item->n_choices;
    row->gold_index = item->order && item->gold_index >= 0 ? item->order[item->gold_index] : item->gold_index;
    if (!(row->options = arena_new(arena, struct text, item->n_choices + 1, err))) return false;
    for (size_t i = 0; i < item->n_choices; i++)
        row->options[item->order ? (size_t)item->order[i] : i] = item->choices[i];
    return true;
}

/* The names of pictures and sounds are part of what is asked: the same words about another recording are another
 * prompt. */
static bool with_files(const struct item *item, struct text *prompt, struct arena *arena, struct error *err) {
    const struct message *last = item->n_messages ? &item->messages[item->n_messages - 1] : NULL;
    for (size_t i = 0; last && i < last->n_parts; i++) {
        if (last->parts[i].kind == PART_TEXT) continue;
        const char *more = arena_printf(arena, err, "%.*s\n%.*s", TEXT_ARG(*prompt), TEXT_ARG(last->parts[i].text));
        if (!more) return false;
        *prompt = text_of(more);
    }
    return true;
}

static bool take_item(struct lint *lint, struct lint_set *set, const struct item *item, const char *file, size_t line,
                      struct error *err) {
    struct lint_row *row = new_row(set, file, line, json_incref(item->row), err);
    if (!row) return false;
    row->id = item->id;
    row->split = item->split;
    row->prompt = item->n_messages ? item->messages[item->n_messages - 1].text : item->prompt;
    if (!with_files(item, &row->prompt, lint->arena, err)) return false;
    row->has_prompt = true;
    if (!source_order(row, item, lint->arena, err)) return false;
    row->has_gold = item->gold_index >= 0 || item->n_gold_texts || !isnan(item->gold_number);
    if (item->n_gold_texts) row->gold = item->gold_texts[0];
    if (item->gold_index >= 0 && (size_t)item->gold_index < item->n_choices)
        row->gold = item->choices[item->gold_index];
    row->prompt_hash = lint_words_hash(row->prompt);
    return true;
}

static bool take_row(struct lint *lint, struct lint_set *set, json_t *json, struct json_place place, uint64_t number,
                     struct error *err) {
    struct item item;
    struct error why = {0};
    char *file = text_copy(lint->arena, text_of(place.file), err);
    if (!file) return json_decref(json), false;
    if (!task_row_item(set->task, json, place, number, NULL, 0, lint->arena, &item, &why))
        return lint_tell_at(lint, FINDING_ERROR, file, place.line, err, "%s", why.message);
    bool ok = take_item(lint, set, &item, file, place.line, err);
    item_done(&item);
    return ok;
}

static bool read_task(struct lint *lint, const struct task *task, struct error *err) {
    struct error why = {0};
    struct lint_set *set = new_set(lint, task_name(task), task, err);
    if (!set) return false;
    set->permuted = task->permute;
    struct task_source *source = task_source_open(task, false, &why);
    if (!source) return lint_tell(lint, FINDING_ERROR, set, NULL, err, "%s", why.message);
    json_t *json;
    struct json_place place;
    uint64_t number = 0;
    int state;
    bool ok = true;
    while (ok && (state = task_source_next(source, &json, &place, &why)) != 0) {
        number++;
        if (state == 1) {
            ok = take_row(lint, set, json, place, number, err);
            continue;
        }
        ok = lint_tell(lint, FINDING_ERROR, set, NULL, err, "%s", why.message);
        if (state < -1) break;
    }
    task_source_close(source);
    return ok;
}

static bool tell_nothing(void *context, const struct finding *finding, struct error *err) {
    (void)context, (void)finding, (void)err;
    return true;
}

static struct suite *load_suite(struct lint *lint, const char *name, bool compat, struct error *err) {
    struct task_settings settings = {
        .path = lint->settings->path, .seed = lint->settings->seed, .few_shot = 0, .lenient = true, .compat = compat};
    if (lint->n_suites == sizeof lint->suites / sizeof *lint->suites)
        return error_set(err, ERROR_USAGE, "data lint: more than %zu suites",
                         sizeof lint->suites / sizeof *lint->suites),
               NULL;
    struct suite *suite = suite_load(name, &settings, err);
    if (suite) lint->suites[lint->n_suites++] = suite;
    return suite;
}

/* The rows of tasks as they were published, for the rules that look at `published`.
 * What is wrong with a row was told. */
static bool read_published(struct lint *lint, const char *name, struct error *err) {
    struct lint other = *lint;
    struct lint_result untold = {0};
    struct lint_settings settings = *lint->settings;
    struct error why = {0};
    struct suite *suite = load_suite(lint, name, true, &why);
    settings.sink = tell_nothing;
    other.settings = &settings;
    other.result = &untold;
    other.sets = lint->published;
    other.n_sets = lint->n_published;
    bool ok = true;
    for (size_t i = 0; ok && suite && i < suite->n_tasks; i++)
        if (task_compat(suite->tasks[i])) ok = read_task(&other, suite->tasks[i], err);
    lint->n_published = other.n_sets;
    return ok;
}

static bool read_suite(struct lint *lint, const char *name, struct error *err) {
    struct suite *suite = load_suite(lint, name, false, err);
    if (!suite) return false;
    for (size_t i = 0; i < suite->n_tasks; i++)
        if (!read_task(lint, suite->tasks[i], err)) return false;
    return read_published(lint, name, err);
}

bool lint_read(struct lint *lint, const char *name, struct error *err) {
    static const char *const endings[] = {".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".txt"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (text_ends(text_of(name), text_of(endings[i]))) {
            if (!file_exists(name)) return error_set(err, ERROR_USAGE, "'%s' is not there", name);
            return read_file(lint, name, err);
        }
    return read_suite(lint, name, err);
}
