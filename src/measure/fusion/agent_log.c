/* Reading logs of agents: see agent_log.h. Rows become a list of what was said; at their end, when all classes and
 * agents are known, it is dealt into a table of items and sources. */
#include "measure/fusion/agent_internal.h"

#include "measure/dataset/dataset.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SAID_MOST = 1 << 26 };

/* One answer of the list. answer: a place among the words, or SILENT. */
struct told {
    uint32_t item, source;
    int32_t word;
    double confidence, time_s, cost;
    const char *file;
    size_t line;
};
struct source_row {
    struct text agent;
    int64_t round;
    bool decides;
};
struct reading {
    const struct agent_log_settings *settings;
    struct arena *arena;
    struct agent_log *out;
    struct error *err;
    struct agent_map map;
    bool mapped;
    struct json_place place;
    struct agent_names items, words, sources;
    struct source_row source[AGENT_SOURCES_MOST];
    struct agent_item *item; /* [items.n]; gold: a place among the words until the end */
    size_t item_capacity;
    struct told *told;
    size_t n_told, told_capacity;
};

static bool bad(struct reading *r, struct text field, const char *what, struct text found) {
    return error_set(r->err, ERROR_DATA, "%s:%zu: field '%.*s': %s%s%.*s%s", r->place.file, r->place.line,
                     TEXT_ARG(field), what, found.len ? ", found '" : "", (int)(found.len < 60 ? found.len : 60),
                     found.len ? found.at : "", found.len ? "'" : "");
}

/* ---- fields ---- */

static const json_t *field(const json_t *row, struct text name) {
    return name.len ? json_object_getn(row, name.at, name.len) : NULL;
}

/* Text, or a number as it is written. */
static struct text text_at(struct reading *r, const json_t *row, struct text name) {
    const json_t *value = field(row, name);
    if (!json_is_integer(value)) return text_trim(json_text(value));
    return text_of(arena_printf(r->arena, r->err, "%" JSON_INTEGER_FORMAT, json_integer_value(value)));
}

/* NaN where there is no such field, or none in this row. */
static bool number_at(struct reading *r, const json_t *row, struct text name, double least, double most, double *out) {
    const json_t *value = field(row, name);
    struct text t = text_trim(json_text(value));
    *out = NAN;
    if (!value || json_is_null(value) || (json_is_string(value) && !t.len)) return true;
    if (json_is_number(value))
        *out = json_number_value(value);
    else if (!json_is_string(value) || !text_to_f64(t, out))
        *out = NAN;
    if (*out >= least && *out <= most) return true;
    return bad(r, name, most <= 1 ? "expected a number from 0 to 1" : "expected a number that is not below 0",
               json_is_string(value)   ? t
               : json_is_number(value) ? TEXT("a number outside")
                                       : TEXT("no number"));
}

/* The word of an answer; "" and "unknown" are silence, unless a class is called so. */
static bool word_at(struct reading *r, const json_t *row, struct text name, int32_t *out) {
    struct text t = text_at(r, row, name);
    size_t place;
    *out = AGENT_SILENT;
    if (!t.len) return !json_is_object(field(row, name)) || bad(r, name, "expected a text", TEXT(""));
    if (!agent_names_place(&r->words, t, 1 << 20, r->arena, &place, r->err)) return bad(r, name, "too many answers", t);
    *out = (int32_t)place;
    return true;
}

/* ---- the list ---- */

static bool item_of(struct reading *r, const json_t *row, uint32_t *out) {
    struct text id = text_at(r, row, r->map.item);
    size_t place, had = r->items.n;
    int32_t gold;
    if (!id.len) return bad(r, r->map.item, "expected which item it is", TEXT(""));
    if (!agent_names_place(&r->items, id, AGENT_ITEMS_MOST, r->arena, &place, r->err))
        return bad(r, r->map.item, "more items than can be", id);
    if (!word_at(r, row, r->map.gold, &gold)) return false;
    if (r->items.n > r->item_capacity) {
        size_t more = r->item_capacity ? 2 * r->item_capacity : 256;
        struct agent_item *at = memory_grow(r->item, more, sizeof *at);
        if (!at) return error_memory(r->err, "items");
        r->item = at;
        r->item_capacity = more;
    }
    *out = (uint32_t)place;
    if (place == had) {
        r->item[place] = (struct agent_item){r->items.at[place], gold, r->place.file, r->place.line};
        return true;
    }
    if (!r->map.by_answer) return bad(r, r->map.item, "the item was there before", id);
    if (gold != AGENT_SILENT && r->item[place].gold != AGENT_SILENT && gold != r->item[place].gold)
        return bad(r, r->map.gold, "another gold answer than the item had before", r->words.at[gold]);
    if (gold != AGENT_SILENT) r->item[place].gold = gold;
    return true;
}

static bool tell(struct reading *r, const struct told *told) {
    if (r->n_told == r->told_capacity) {
        size_t more = r->told_capacity ? 2 * r->told_capacity : 1024;
        struct told *at = more <= SAID_MOST ? memory_grow(r->told, more, sizeof *at) : NULL;
        if (!at) return error_memory(r->err, "answers");
        r->told = at;
        r->told_capacity = more;
    }
    r->told[r->n_told++] = *told;
    return true;
}

static bool take_numbers(struct reading *r, const json_t *row, struct text confidence, struct text time,
                         struct text cost, struct told *t) {
    return number_at(r, row, confidence, 0, 1, &t->confidence) && number_at(r, row, time, 0, INFINITY, &t->time_s) &&
           number_at(r, row, cost, 0, INFINITY, &t->cost);
}

/* A row of the long form. */
static bool take_answer(struct reading *r, const json_t *row) {
    struct told t = {.file = r->place.file, .line = r->place.line};
    struct text agent = text_at(r, row, r->map.agent);
    double round = 1;
    size_t place;
    if (!agent.len) return bad(r, r->map.agent, "expected who answers", TEXT(""));
    if (field(row, r->map.round) && !number_at(r, row, r->map.round, 0, 1e6, &round)) return false;
    if (!(round >= 0) || round != floor(round)) return bad(r, r->map.round, "expected a whole number", TEXT(""));
    const char *key = arena_printf(r->arena, r->err, "%.*s/%.0f", TEXT_ARG(agent), round);
    if (!key) return false;
    size_t had = r->sources.n;
    if (!agent_names_place(&r->sources, text_of(key), AGENT_SOURCES_MOST, r->arena, &place, r->err))
        return bad(r, r->map.agent, "more agents and rounds than can be", agent);
    if (place == had)
        r->source[place] = (struct source_row){text_part(r->sources.at[place], 0, agent.len), (int64_t)round, false};
    t.source = (uint32_t)place;
    return word_at(r, row, r->map.answer, &t.word) &&
           take_numbers(r, row, r->map.confidence, r->map.time, r->map.cost, &t) && item_of(r, row, &t.item) &&
           tell(r, &t);
}

static bool has_confidence(struct reading *r, const struct agent_columns *c, const struct told *t) {
    if (!c->confidence.len || !isnan(t->confidence) || t->word == AGENT_SILENT) return true;
    return bad(r, c->confidence, "expected a number from 0 to 1, the answer has none", TEXT(""));
}

/* A row of the wide form: whole or not at all. */
static bool take_item(struct reading *r, const json_t *row) {
    struct told said[AGENT_SOURCES_MOST];
    uint32_t item;
    for (size_t s = 0; s < r->map.n_sources; s++) {
        const struct agent_columns *c = &r->map.source[s];
        said[s] = (struct told){.source = (uint32_t)s, .file = r->place.file, .line = r->place.line};
        if (!field(row, c->answer)) return bad(r, c->answer, "there is no such column", TEXT(""));
        if (c->confidence.len && !field(row, c->confidence))
            return bad(r, c->confidence, "there is no such column", TEXT(""));
        if (!word_at(r, row, c->answer, &said[s].word) ||
            !take_numbers(r, row, c->confidence, c->time, c->cost, &said[s]) || !has_confidence(r, c, &said[s]))
            return false;
    }
    if (!item_of(r, row, &item)) return false;
    for (size_t s = 0; s < r->map.n_sources; s++) {
        said[s].item = item;
        if (!tell(r, &said[s])) return false;
    }
    return true;
}

static bool take_row(struct reading *r, const json_t *row) {
    if (!r->mapped && !agent_map_guess(row, r->place, r->arena, &r->map, r->err)) return false;
    for (size_t s = 0; s < r->map.n_sources && r->sources.n < r->map.n_sources; s++) {
        const struct agent_columns *c = &r->map.source[s];
        size_t place;
        if (!agent_names_place(&r->sources, c->name, AGENT_SOURCES_MOST, r->arena, &place, r->err)) return false;
        r->source[place] = (struct source_row){c->agent, c->round, c->decides};
    }
    r->mapped = true;
    return r->map.by_answer ? take_answer(r, row) : take_item(r, row);
}

static bool read_path(struct reading *r, const char *path) {
    const struct dataset_kwargs kwargs = {.header = true};
    struct dataset *data = dataset_open(path, path, &kwargs, r->err);
    bool ok = data != NULL;
    r->place = (struct json_place){path, 0, ""};
    for (int state = 1; ok && state;) {
        json_t *row = NULL;
        state = dataset_next(data, &row, &r->place.line, r->err);
        ok = state == 0 || (state == 1 && take_row(r, row));
        json_decref(row);
        if (ok || !r->settings->lenient || r->err->kind != ERROR_DATA || (state == 1 && !r->mapped)) continue;
        error_clear(r->err);
        r->out->bad_rows++;
        ok = true;
    }
    dataset_close(data);
    return ok;
}

/* ---- the table ---- */

static int by_text(const void *a, const void *b) {
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

/* Those of the map; else the gold answers' or, without any, the answers', sorted. */
static bool list_classes(struct reading *r) {
    struct agent_log *log = r->out;
    bool *used = arena_new(r->arena, bool, r->words.n + 1, r->err);
    log->classes = arena_new(r->arena, struct text, AGENT_CLASSES_MOST, r->err);
    if (!used || !log->classes) return false;
    for (size_t i = 0; i < r->items.n; i++)
        if (r->item[i].gold != AGENT_SILENT) used[r->item[i].gold] = true, log->n_gold++;
    for (size_t t = 0; !log->n_gold && t < r->n_told; t++)
        if (r->told[t].word != AGENT_SILENT && !text_equal_c(r->words.at[r->told[t].word], "unknown"))
            used[r->told[t].word] = true;
    for (size_t c = 0; c < r->map.n_classes; c++) log->classes[log->n_classes++] = r->map.classes[c];
    for (size_t w = 0; !r->map.n_classes && w < r->words.n; w++) {
        if (!used[w]) continue;
        if (log->n_classes == AGENT_CLASSES_MOST)
            return error_set(r->err, ERROR_DATA, "%s: more than %d classes", r->place.file, AGENT_CLASSES_MOST);
        log->classes[log->n_classes++] = r->words.at[w];
    }
    if (!r->map.n_classes) qsort(log->classes, log->n_classes, sizeof *log->classes, by_text);
    return true;
}

/* class_of: [words.n], SILENT: none. */
static bool class_words(struct reading *r, int32_t *class_of) {
    for (size_t w = 0; w < r->words.n; w++) {
        class_of[w] = AGENT_SILENT;
        for (size_t c = 0; c < r->out->n_classes; c++)
            if (text_equal(r->words.at[w], r->out->classes[c])) class_of[w] = (int32_t)c;
    }
    return true;
}

static bool not_a_class(struct reading *r, const char *file, size_t line, struct text what, struct text found) {
    return error_set(r->err, ERROR_DATA, "%s:%zu: %.*s: '%.*s' is none of the %zu classes ('%.*s', ...)", file, line,
                     TEXT_ARG(what), TEXT_ARG(found), r->out->n_classes, TEXT_ARG(r->out->classes[0]));
}

static bool deal(struct reading *r, const int32_t *class_of) {
    struct agent_log *log = r->out;
    size_t cells = log->n_items * log->n_sources;
    bool *there = arena_new(r->arena, bool, cells, r->err);
    if (!there || !(log->said = arena_new(r->arena, struct agent_said, cells, r->err))) return false;
    for (size_t i = 0; i < cells; i++) log->said[i] = (struct agent_said){AGENT_SILENT, NAN, NAN, NAN};
    for (size_t i = 0; i < r->n_told; i++) {
        const struct told *t = &r->told[i];
        size_t cell = t->item * log->n_sources + t->source;
        struct text word = t->word == AGENT_SILENT ? TEXT("") : r->words.at[t->word];
        int32_t answer = t->word == AGENT_SILENT ? AGENT_SILENT : class_of[t->word];
        if (there[cell])
            return error_set(r->err, ERROR_DATA, "%s:%zu: a second answer of '%.*s' to item '%.*s'", t->file, t->line,
                             TEXT_ARG(log->source[t->source].name), TEXT_ARG(log->item[t->item].id));
        there[cell] = true;
        if (answer == AGENT_SILENT && word.len && !text_equal_c(word, "unknown")) {
            if (!r->settings->lenient) return not_a_class(r, t->file, t->line, log->source[t->source].name, word);
            log->no_class++;
        }
        log->said[cell] = (struct agent_said){answer, t->confidence, t->time_s, t->cost};
    }
    return true;
}

static bool name_sources(struct reading *r) {
    struct agent_log *log = r->out;
    if (!(log->source = arena_new(r->arena, struct agent_source, r->sources.n + 1, r->err))) return false;
    log->n_sources = r->sources.n;
    for (size_t s = 0; s < r->sources.n; s++) {
        size_t rounds = 0;
        for (size_t o = 0; o < r->sources.n; o++) rounds += text_equal(r->source[o].agent, r->source[s].agent);
        log->source[s] = (struct agent_source){.name = r->sources.at[s],
                                               .agent = r->source[s].agent,
                                               .round = r->source[s].round,
                                               .decides = r->source[s].decides};
        if (r->map.by_answer && rounds == 1) log->source[s].name = r->source[s].agent;
    }
    return true;
}

/* A source is confident when each of its answers is. */
static void mark_confident(struct agent_log *log) {
    for (size_t s = 0; s < log->n_sources; s++) {
        log->source[s].confident = true;
        for (size_t i = 0; i < log->n_items; i++) {
            const struct agent_said *said = agent_said_at(log, i, s);
            log->source[s].confident &= said->answer == AGENT_SILENT || !isnan(said->confidence);
        }
    }
}

static bool make_table(struct reading *r) {
    struct agent_log *log = r->out;
    int32_t *class_of = arena_new(r->arena, int32_t, r->words.n + 1, r->err);
    if (!class_of || !list_classes(r) || !class_words(r, class_of) || !name_sources(r)) return false;
    if (!(log->item = arena_new(r->arena, struct agent_item, r->items.n + 1, r->err))) return false;
    log->n_items = r->items.n;
    memcpy(log->item, r->item, r->items.n * sizeof *log->item);
    for (size_t i = 0; i < log->n_items; i++) {
        struct agent_item *item = &log->item[i];
        if (item->gold == AGENT_SILENT) continue;
        struct text word = r->words.at[item->gold];
        item->gold = class_of[item->gold];
        if (item->gold == AGENT_SILENT) return not_a_class(r, item->file, item->line, r->map.gold, word);
    }
    if (!deal(r, class_of)) return false;
    mark_confident(log);
    return true;
}

bool agent_log_read(const char *const *paths, size_t n_paths, const struct agent_log_settings *settings,
                    struct arena *arena, struct agent_log *out, struct error *err) {
    struct reading *r = arena_new(arena, struct reading, 1, err);
    bool ok = r != NULL;
    *out = (struct agent_log){0};
    if (!ok) return false;
    *r = (struct reading){.settings = settings, .arena = arena, .out = out, .err = err};
    if (settings->map) ok = r->mapped = agent_map_read(settings->map, arena, &r->map, err);
    for (size_t p = 0; ok && p < n_paths; p++) ok = read_path(r, paths[p]);
    if (ok && !r->n_told)
        ok = error_set(err, ERROR_DATA, "%s: %s", paths[0], out->bad_rows ? "no row can be read" : "no rows");
    ok = ok && make_table(r);
    agent_names_done(&r->items);
    agent_names_done(&r->words);
    agent_names_done(&r->sources);
    memory_free(r->item);
    memory_free(r->told);
    return ok;
}

bool agent_log_source(const struct agent_log *log, struct text name, size_t *out, struct error *err) {
    const char *names[AGENT_SOURCES_MOST];
    char near_names[AGENT_SOURCES_MOST][64];
    for (size_t s = 0; s < log->n_sources; s++) {
        if (text_equal(log->source[s].name, name)) return *out = s, true;
        snprintf(near_names[s], sizeof near_names[s], "%.*s", TEXT_ARG(log->source[s].name));
        names[s] = near_names[s];
    }
    const char *near = text_nearest(name, names, log->n_sources);
    return error_set(err, ERROR_USAGE, "no agent '%.*s'%s%s%s", TEXT_ARG(name), near ? "; did you mean '" : "",
                     near ? near : "", near ? "'?" : "");
}
