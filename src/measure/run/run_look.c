/* See run_look.h. Items are read twice: for their labels, and for what is looked at. */
#include "measure/run/run_look.h"

#include "measure/score/aqi_look.h"
#include "measure/task/scorer.h"

#include <math.h>
#include <string.h>

enum { BATCH = 64 };

struct run_look {
    const struct task *task;
    struct aqi_settings settings;
    struct aqi_texts texts;
    struct aqi_result result;
    struct arena arena; /* of the result */
    char items[HASH_HEX];
    bool done;
};

/* ---- labels ---- */

static bool add_item(struct run_look *l, const struct item *item, struct sha256 *sha, struct error *err) {
    struct json_place place = {item->source.at, 0, ""};
    struct text text = item->n_gold_texts ? item->gold_texts[0] : item->prompt; /* what is looked at */
    json_t *row = json_pack("{s:o s:o s:o s:O*}", "id", json_from_text(item->id), "cluster",
                            json_from_text(item->cluster), "text", json_from_text(text), "labels",
                            json_object_get(item->gold, "labels"));
    bool ok = row ? aqi_texts_add(&l->texts, row, place, AQI_WITH_TEXT, err) : error_memory(err, "labels");
    sha256_add(sha, item->digest, strlen(item->digest));
    json_decref(row);
    return ok;
}

static bool read_labels(struct run_look *l, struct error *err) {
    struct task_items *items = task_open(l->task, err);
    struct arena arena;
    struct item item;
    struct sha256 sha;
    int state = items ? 1 : -1;
    arena_init(&arena, (size_t)256 << 20);
    sha256_init(&sha);
    while (state == 1 && (state = task_next(items, &arena, &item, err)) == 1) {
        if (!add_item(l, &item, &sha, err)) state = -1;
        item_done(&item);
        arena_reset(&arena);
    }
    sha256_end_hex(&sha, l->items);
    task_close(items);
    arena_done(&arena);
    return state == 0;
}

struct run_look *run_look_open(const struct task *task, struct error *err) {
    struct run_look *l = memory_zeroed(1, sizeof *l);
    if (!l) return error_memory(err, "items"), NULL;
    l->task = task;
    arena_init(&l->arena, (size_t)4 << 30);
    aqi_texts_init(&l->texts);
    bool *kept = NULL;
    bool ok = aqi_settings_of(task_scorer_options(task), &l->settings, err) &&
              (!l->settings.most_given ||
               error_set(err, ERROR_USAGE, "texts=: items of a run are chosen by --limit")) &&
              read_labels(l, err) &&
              ((kept = memory_zeroed(l->texts.n + 1, 1)) || error_memory(err, "items")) &&
              aqi_texts_end(&l->texts, l->settings.seed, 0, kept, err);
    memory_free(kept);
    if (ok) return l;
    error_wrap(err, "task '%s'", task_name(task));
    run_look_close(l);
    return NULL;
}

void run_look_close(struct run_look *l) {
    if (!l) return;
    aqi_texts_done(&l->texts);
    arena_done(&l->arena);
    memory_free(l);
}

bool run_look_mark(const struct run_look *l, json_t *canonical, struct ask *ask, struct error *err) {
    json_t *want = json_object_get(canonical, "want");
    if (json_object_set_new(want, "items", json_string(l->items)) != 0) return error_memory(err, "ask");
    if (json_object_set_new(want, "item", json_from_text(ask->id)) != 0) return error_memory(err, "ask");
    return json_digest(canonical, ask->digest, err);
}

/* ---- looking ---- */

static bool look_batch(struct run_look *l, struct aqi_look *look, struct item *items, size_t n, struct arena *arena,
                       struct error *err) {
    struct ask asks[BATCH];
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        json_t *canonical = NULL;
        ok = task_ask(l->task, &items[i], false, arena, &asks[i], &canonical, err);
        asks[i].cut = l->settings.cut;
        json_decref(canonical);
    }
    return ok && (n == 0 || aqi_look_add(look, asks, n, err));
}

static bool look_at_all(struct run_look *l, struct aqi_look *look, struct error *err) {
    struct task_items *source = task_open(l->task, err);
    struct item items[BATCH];
    struct arena arena;
    int state = source ? 1 : -1;
    arena_init(&arena, (size_t)1 << 30);
    while (state == 1) {
        size_t n = 0;
        while (n < BATCH && (state = task_next(source, &arena, &items[n], err)) == 1) n++;
        if (state >= 0 && !look_batch(l, look, items, n, &arena, err)) state = -1;
        for (size_t i = 0; i < n; i++) item_done(&items[i]);
        arena_reset(&arena);
    }
    task_close(source);
    arena_done(&arena);
    return state == 0;
}

static bool measure(struct run_look *l, struct subject *subject, struct error *err) {
    struct aqi_source source;
    struct aqi_look *look = aqi_look_open(subject, &l->texts, true, err);
    struct pool *pool = look ? pool_new(subject->settings.threads, err) : NULL;
    bool ok = pool && look_at_all(l, look, err) && aqi_look_end(look, &source, err) &&
              aqi_measure(&source, &l->texts, &l->settings, pool, &l->arena, &l->result, err);
    pool_free(pool);
    aqi_look_close(look);
    l->done = ok;
    return ok || error_wrap(err, "task '%s'", task_name(l->task));
}

/* ---- answers ---- */

static bool put_answer(const struct run_look *l, size_t i, struct buffer *b) {
    const struct aqi_result *r = &l->result;
    const struct aqi_group *all = &r->groups[0];
    const struct {
        const char *name;
        double value;
    } parts[] = {
        {"unsafe", l->texts.at[i].label}, {"along", r->along[i]}, {"off2", r->off2[i]},
        {"axiom_along", r->axiom_along[i]}, {"axiom_off2", r->axiom_off2[i]},
        {"silhouette", r->silhouettes[i]}, {"knn", r->purities[i]}, {"classified", r->right[i]}, {"pc1", r->first[i]},
        {"pc2", r->second[i]}, {"set_rho", all->rho},
        {"set_z", all->z}, {"set_p", all->p}, {"set_topic", all->topic}, {"set_words", all->words},
        {"set_dunn", all->dunn}, {"set_robust", all->dunn_robust}, {"set_db", all->davies_bouldin},
        {"set_safe", (double)all->n1}, {"set_unsafe", (double)all->n2},
        {"set_cut", (double)r->cut}};
    buffer_put_char(b, '{');
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
        if (!isfinite(parts[k].value)) continue;
        buffer_printf(b, "%s\"%s\":", k ? "," : "", parts[k].name);
        buffer_put_f64(b, parts[k].value);
    }
    buffer_put_c(b, ",\"alpha\":[");
    for (size_t k = 0; k < r->layers; k++) {
        if (k) buffer_put_char(b, ',');
        buffer_put_f64(b, r->alpha[k]);
    }
    buffer_put_c(b, "],\"profile\":[");
    for (size_t k = 0; k < r->layers; k++) {
        if (k) buffer_put_char(b, ',');
        if (isfinite(r->profile[k])) buffer_put_f64(b, r->profile[k]);
        else buffer_put_c(b, "null");
    }
    return buffer_put_c(b, "]}");
}

bool run_look_answer(struct run_look *l, struct subject *subject, uint64_t place, struct arena *arena,
                     struct text *out, struct error *err) {
    struct buffer b;
    if (!l->done && !measure(l, subject, err)) return false;
    if (place >= l->texts.n) return error_set(err, ERROR_DATA, "the data of task '%s' changed", task_name(l->task));
    buffer_init(&b, 1 << 20);
    put_answer(l, (size_t)place, &b);
    char *copy = buffer_check(&b, "answer", err) ? text_copy(arena, buffer_text(&b), err) : NULL;
    *out = (struct text){copy, copy ? b.len : 0};
    buffer_done(&b);
    return copy != NULL;
}
