/* Collecting what the rules find, item by item, and what languages have in common: see parallel_lint.h. */
#include "measure/figure/parallel_internal.h"

#include "measure/task/task_internal.h"

#include <stdlib.h>
#include <string.h>

const struct parallel_rule_name parallel_rules[PARALLEL_RULES] = {
    {"L1", "the gold is none of what the prompt offers"},
    {"L2", "saying nothing is right"},
    {"L3", "the item is not in the prompt"},
    {"L4", "an answer is seen inside another word"},
    {"L5", "the gold is always the same, without a twin"},
    {"L6", "other languages have items or golds that this one has not"},
    {"L7", "what is drawn for an item differs between languages"},
    {"L8", "a credential stands in the task"},
    {"L9", "prompt, item and scorer have different options"},
};

enum { CELLS_MOST = 64, ITEMS_MOST = 4000000 };

/* What is kept of an item to compare languages. */
struct twin {
    uint64_t pair, drawn;
    double gold; /* NaN: none */
    uint32_t cell;
    const char *source;
};

struct collected {
    struct parallel_certificate *out;
    struct arena *arena; /* of the result */
    struct twin *twins;
    size_t n, capacity;
    uint64_t classes[CELLS_MOST]; /* bits of the gold classes seen */
};

static struct parallel_cell *cell_of(struct collected *c, struct text lang, struct error *err) {
    struct parallel_certificate *out = c->out;
    for (size_t i = 0; i < out->n_cells; i++)
        if (text_equal_c(lang, out->cells[i].lang)) return &out->cells[i];
    if (out->n_cells == CELLS_MOST)
        return error_set(err, ERROR_DATA, "task '%s': over %d languages", out->task, CELLS_MOST), NULL;
    const char *name = text_copy(c->arena, lang, err);
    if (!name) return NULL;
    out->cells[out->n_cells] = (struct parallel_cell){.lang = name};
    return &out->cells[out->n_cells++];
}

bool parallel_find(struct parallel_cell *cell, enum parallel_rule rule, struct arena *arena, struct error *err,
                   const char *format, ...) {
    char words[400];
    va_list args;
    cell->found[rule]++;
    if (cell->first[rule]) return true;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    return (cell->first[rule] = text_copy(arena, text_of(words), err)) != NULL;
}

static uint64_t drawn_of(const struct item *item) {
    const json_t *coin = json_object_get(json_object_get(item->gold, "labels"), "coin");
    uint64_t hash = item->order ? hash_xxh3(item->order, item->n_choices * sizeof *item->order) : 0;
    return json_is_string(coin) ? hash ^ hash_xxh3(json_string_value(coin), json_string_length(coin)) : hash;
}

static bool keep(struct collected *c, const struct item *item, double gold, const struct parallel_cell *cell,
                 struct error *err) {
    struct text pair = item->pair.len ? item->pair : item->ref.len ? item->ref : item->id;
    size_t at = (size_t)(cell - c->out->cells);
    if (c->n == c->capacity) {
        size_t wanted = c->capacity ? 2 * c->capacity : 1024;
        struct twin *more = wanted <= ITEMS_MOST ? memory_grow(c->twins, wanted, sizeof *more) : NULL;
        if (!more) return error_memory(err, "items of languages");
        c->twins = more;
        c->capacity = wanted;
    }
    const char *source = text_copy(c->arena, item->source, err);
    if (!isnan(gold)) c->classes[at] |= 1ULL << ((unsigned)gold & 63);
    c->twins[c->n++] = (struct twin){hash_xxh3(pair.at, pair.len), drawn_of(item), gold, (uint32_t)at, source};
    return source != NULL;
}

/* ---- between languages */

static int by_pair(const void *a, const void *b) {
    const struct twin *x = a, *y = b;
    if (x->pair != y->pair) return x->pair < y->pair ? -1 : 1;
    return (x->cell > y->cell) - (x->cell < y->cell);
}

static bool same_gold(const struct twin *a, const struct twin *b) {
    return a->gold == b->gold || isnan(a->gold) || isnan(b->gold);
}

/* The twins [from, to) of one item; the first language that has it is what the others are compared with. */
static bool compare_twins(struct collected *c, size_t from, size_t to, struct error *err) {
    bool all = to - from == c->out->n_cells;
    for (size_t i = from; i < to; i++) {
        struct parallel_cell *cell = &c->out->cells[c->twins[i].cell];
        const struct twin *first = &c->twins[from], *mine = &c->twins[i];
        cell->paired += all;
        cell->looked[PARALLEL_COIN] += i > from && (mine->drawn || first->drawn);
        if (i > from && !same_gold(first, mine) &&
            !parallel_find(cell, PARALLEL_IDS, c->arena, err, "%s: its gold is not that of %s", mine->source,
                           first->source))
            return false;
        if (i > from && mine->drawn != first->drawn &&
            !parallel_find(cell, PARALLEL_COIN, c->arena, err, "%s: what was drawn is not what was drawn at %s",
                           mine->source, first->source))
            return false;
    }
    /* Languages that lack it. */
    for (size_t k = 0, i = from; k < c->out->n_cells; k++) {
        bool there = i < to && c->twins[i].cell == k;
        i += there;
        if (!there && !parallel_find(&c->out->cells[k], PARALLEL_IDS, c->arena, err, "lacks the item of %s",
                                     c->twins[from].source))
            return false;
    }
    return true;
}

static bool compare_languages(struct collected *c, struct error *err) {
    if (c->n) qsort(c->twins, c->n, sizeof *c->twins, by_pair);
    uint64_t items = 0;
    for (size_t from = 0, to; from < c->n; from = to) {
        for (to = from + 1;
             to < c->n && c->twins[to].pair == c->twins[from].pair && c->twins[to].cell != c->twins[to - 1].cell;)
            to++;
        items++;
        if (!compare_twins(c, from, to, err)) return false;
    }
    for (size_t i = 0; i < c->out->n_cells; i++) c->out->cells[i].looked[PARALLEL_IDS] = items;
    return true;
}

static bool check_classes(struct collected *c, struct error *err) {
    for (size_t i = 0; i < c->out->n_cells; i++) {
        struct parallel_cell *cell = &c->out->cells[i];
        uint64_t bits = c->classes[i];
        if (!bits) continue;
        cell->looked[PARALLEL_CLASSES] = cell->n;
        if (bits & (bits - 1)) continue;
        if (!parallel_find(cell, PARALLEL_CLASSES, c->arena, err, "all %llu golds are of one class",
                           (unsigned long long)cell->n))
            return false;
        cell->found[PARALLEL_CLASSES] = cell->n;
    }
    return true;
}

static bool check_secrets(const struct task *task, struct collected *c, struct error *err) {
    bool found = parallel_secret(task->source);
    for (size_t i = 0; i < c->out->n_cells; i++) {
        c->out->cells[i].looked[PARALLEL_SECRET] = 1;
        if (found && !parallel_find(&c->out->cells[i], PARALLEL_SECRET, c->arena, err, "%s holds what looks like a key",
                                    task->shown_name))
            return false;
    }
    return true;
}

/* ---- all */

static bool take_item(struct collected *c, struct parallel_probe *probe, const struct item *item, struct error *err) {
    double gold;
    struct parallel_cell *cell = cell_of(c, item->lang, err);
    if (!cell) return false;
    cell->n++;
    return parallel_probe_item(probe, item, cell, c->arena, &gold, err) && keep(c, item, gold, cell, err);
}

static bool collect(const struct task *task, struct collected *c, struct parallel_probe *probe, struct error *err) {
    struct task_items *items = task_open(task, err);
    int state = items ? 1 : -1;
    while (state == 1) {
        struct item item = {0};
        arena_reset(&probe->arena);
        if ((state = task_next(items, &probe->arena, &item, err)) != 1) break;
        if (item.lang.len && !take_item(c, probe, &item, err)) state = -1;
        item_done(&item);
    }
    task_close(items);
    return state == 0;
}

/* The languages that the task's scorer reads with, where it says so; else the built-in ones. */
static struct lexicons *languages_of(const struct task *task, struct error *err) {
    struct text name = TEXT("");
    for (size_t i = 0; i < task->scorer->n_options; i++)
        if (strcmp(task->scorer->options[i].name, "languages") == 0) name = task->scorer_options[i].text;
    return lexicons_open(name, task->settings.path, err);
}

bool parallel_lint_task(const struct task *task, struct arena *arena, struct parallel_certificate *out,
                        struct error *err) {
    struct collected c = {.out = out, .arena = arena};
    struct parallel_probe probe = {.task = task};
    *out = (struct parallel_certificate){.task = text_copy(arena, text_of(task_name(task)), err),
                                         .cells = arena_new(arena, struct parallel_cell, CELLS_MOST, err)};
    arena_init(&probe.arena, (size_t)64 << 20);
    bool ok = out->task && out->cells && (probe.lexicons = languages_of(task, err)) &&
              collect(task, &c, &probe, err) && compare_languages(&c, err) && check_classes(&c, err) &&
              check_secrets(task, &c, err);
    lexicons_free(probe.lexicons);
    arena_done(&probe.arena);
    memory_free(c.twins);
    return ok;
}

bool task_lints_parallel(const struct task *task) {
    return task->lints_parallel;
}

bool parallel_passes(const struct parallel_cell *cell) {
    for (int rule = 0; rule < PARALLEL_RULES; rule++)
        if (cell->found[rule]) return false;
    return true;
}

static json_t *found_json(const struct parallel_cell *cell) {
    json_t *found = json_object();
    for (int rule = 0; found && rule < PARALLEL_RULES; rule++)
        if (cell->found[rule])
            json_object_set_new(found, parallel_rules[rule].name,
                                json_pack("{s:I s:I s:s}", "items", (json_int_t)cell->found[rule], "of",
                                          (json_int_t)cell->looked[rule], "first", cell->first[rule]));
    return found;
}

json_t *parallel_certificate_json(const struct parallel_certificate *certificate) {
    json_t *cells = json_array();
    for (size_t i = 0; cells && i < certificate->n_cells; i++) {
        const struct parallel_cell *cell = &certificate->cells[i];
        json_array_append_new(cells, json_pack("{s:s s:I s:I s:o}", "lang", cell->lang, "n", (json_int_t)cell->n,
                                               "paired", (json_int_t)cell->paired, "found", found_json(cell)));
    }
    return json_pack("{s:s s:o}", "task", certificate->task, "cells", cells);
}
