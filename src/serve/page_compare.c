/* Two runs compared as `basanite compare` does. The newest comparison is kept, so that what flipped can be looked
 * through a page at a time. One is made at a time; others wait. */
#include "base/arena.h"
#include "measure/compare/compare.h"
#include "serve/page_parts.h"

#include <math.h>
#include <string.h>

enum { BOOTSTRAP = 1000, FLIPS_USUAL = 50, FLIPS_MOST = 500 };
#define ARENA_MOST ((size_t)4 << 30)

struct page_compared {
    pthread_mutex_t lock;
    struct arena arena;
    struct comparison made;
    const char *names[2]; /* of the runs; NULL: nothing is kept */
};

struct page_compared *page_compared_new(void) {
    struct page_compared *c = memory_zeroed(1, sizeof *c);
    if (!c) return NULL;
    pthread_mutex_init(&c->lock, NULL);
    arena_init(&c->arena, ARENA_MOST);
    return c;
}

static void forget(struct page_compared *c) {
    c->names[0] = NULL;
    arena_done(&c->arena);
    arena_init(&c->arena, ARENA_MOST);
}

void page_compared_free(struct page_compared *c) {
    if (!c) return;
    arena_done(&c->arena);
    pthread_mutex_destroy(&c->lock);
    memory_free(c);
}

static bool make(struct page_compared *c, struct record *record, struct text a, struct text b, struct error *err) {
    struct compare_use uses[2];
    struct compare_settings settings = {.confidence = 0.95, .bootstrap = BOOTSTRAP, .seed = 1, .correct = "holm"};
    const char *names[2] = {text_copy(&c->arena, a, err), text_copy(&c->arena, b, err)};
    if (!names[0] || !names[1] || !compare_use_parse("paired", &c->arena, &uses[0], err) ||
        !compare_use_parse("flips", &c->arena, &uses[1], err) ||
        !compare_runs(record, names, 2, uses, 2, &settings, &c->arena, &c->made, err))
        return false;
    memcpy(c->names, names, sizeof names);
    return true;
}

/* Under the lock. A finished run does not change, so that what is kept stays true. */
static bool have(struct page_app *page, struct text a, struct text b, struct api_error *err) {
    struct page_compared *c = page->compared;
    struct error why;
    if (c->names[0] && text_equal_c(a, c->names[0]) && text_equal_c(b, c->names[1])) return true;
    forget(c);
    struct record *record = page_take_record(page, &why);
    bool ok = record && make(c, record, a, b, &why);
    page_give_record(page, record);
    return ok || api_refuse_for(err, NULL, &why);
}

static json_t *row_json(const struct compare_row *r) {
    json_t *j = json_pack("{s:s? s:s? s:s? s:s? s:o s:o s:o s:o s:o s:o s:o s:o s:I s:s? s:s? s:s? s:s? s:s? s:b}",
                          "test", r->test, "task", r->task, "name", r->name, "group", r->group, "a",
                          json_from_f64(r->a), "b", json_from_f64(r->b), "value", json_from_f64(r->value), "lo",
                          json_from_f64(r->lo), "hi", json_from_f64(r->hi), "p", json_from_f64(r->p), "p_corrected",
                          json_from_f64(r->p_corrected), "detectable", json_from_f64(r->detectable), "n",
                          (json_int_t)r->n, "method", r->method, "unit", r->unit, "direction", r->direction, "verdict",
                          r->verdict, "null_reason", r->null_reason, "first", r->first);
    if (j && r->counted)
        json_object_set_new(j, "counts",
                            json_pack("{s:I s:I s:I s:I}", "gained", (json_int_t)r->gained, "lost", (json_int_t)r->lost,
                                      "both", (json_int_t)r->both, "neither", (json_int_t)r->neither));
    return j;
}

static json_t *comparison_json(const struct comparison *made) {
    json_t *rows = json_array(), *notes = json_array();
    for (size_t i = 0; i < made->n_rows; i++) json_array_append_new(rows, row_json(&made->rows[i]));
    for (size_t i = 0; i < made->n_notes; i++) json_array_append_new(notes, json_string(made->notes[i]));
    return json_pack("{s:s s:s s:o s:o s:I}", "a", made->runs[0].name, "b", made->runs[1].name, "rows", rows, "notes",
                     notes, "flips", (json_int_t)made->n_flips);
}

/* a: the base. b: what is compared with it. */
json_t *page_compare(struct page_app *page, struct page_ask *ask, struct api_error *err) {
    struct text a, b;
    if (!page_ask_needs(ask, "a", &a, err) || !page_ask_needs(ask, "b", &b, err)) return NULL;
    pthread_mutex_lock(&page->compared->lock);
    json_t *out = have(page, a, b, err) ? comparison_json(&page->compared->made) : NULL;
    pthread_mutex_unlock(&page->compared->lock);
    return out;
}

static json_t *flip_json(const struct compare_flip *f) {
    return json_pack("{s:s? s:s? s:I s:[I,I] s:[o,o] s:[s?,s?]}", "task", f->task, "item", f->item, "sample",
                     (json_int_t)f->sample, "position", (json_int_t)f->position[0], (json_int_t)f->position[1], "value",
                     json_from_f64(f->value[0]), json_from_f64(f->value[1]), "label", f->label[0], f->label[1]);
}

static bool is_wanted(const struct compare_flip *f, struct text task, struct text way) {
    bool better = f->value[1] > f->value[0];
    if (task.len && !text_equal_c(task, f->task)) return false;
    return !way.len || text_equal_c(way, better ? "better" : "worse");
}

static json_t *flips_json(const struct comparison *made, struct text task, struct text way, uint64_t from,
                          uint64_t most) {
    json_t *rows = json_array();
    uint64_t n = 0;
    for (size_t i = 0; rows && i < made->n_flips; i++) {
        if (!is_wanted(&made->flips[i], task, way)) continue;
        if (n >= from && n - from < most) json_array_append_new(rows, flip_json(&made->flips[i]));
        n++;
    }
    return json_pack("{s:o s:I}", "rows", rows, "n", (json_int_t)n);
}

json_t *page_flips(struct page_app *page, struct page_ask *ask, struct api_error *err) {
    struct text a, b;
    uint64_t from, most;
    if (!page_ask_needs(ask, "a", &a, err) || !page_ask_needs(ask, "b", &b, err) ||
        !page_ask_count(ask, "from", 0, UINT32_MAX, &from, err) ||
        !page_ask_count(ask, "most", FLIPS_USUAL, FLIPS_MOST, &most, err))
        return NULL;
    pthread_mutex_lock(&page->compared->lock);
    json_t *out = have(page, a, b, err) ? flips_json(&page->compared->made, page_ask_text(ask, "task"),
                                                     page_ask_text(ask, "way"), from, most)
                                        : NULL;
    pthread_mutex_unlock(&page->compared->lock);
    return out;
}
