/* Variants of rows: see vary.h. Rows are read whole; then, some at a time, operations are drawn and made, what a
 * teacher writes is asked for, the gate decides, a judge decides what it leaves open, and the rows are written in their
 * order. */
#include "measure/data/vary_internal.h"

#include "base/rng.h"
#include "measure/data/ask_texts.h"
#include "measure/dataset/ask_file.h"
#include "measure/dataset/dataset.h"

#include <stdlib.h>
#include <string.h>

enum { ITEMS_MOST = 1 << 18, ITEMS = 64, ATTEMPTS = 3 };

static const struct {
    const struct variation *at;
    const size_t *n;
} families[] = {
    {vary_family_format, &vary_n_format},       {vary_family_length, &vary_n_length},
    {vary_family_lexical, &vary_n_lexical},     {vary_family_letters, &vary_n_letters},
    {vary_family_marks, &vary_n_marks},         {vary_family_encoding, &vary_n_encoding},
    {vary_family_jailbreak, &vary_n_jailbreak}, {vary_family_teacher, &vary_n_teacher},
};
enum { FAMILIES = sizeof families / sizeof *families };

const struct variation *variation_at(size_t i) {
    for (size_t f = 0; f < FAMILIES; f++) {
        if (i < *families[f].n) return &families[f].at[i];
        i -= *families[f].n;
    }
    return NULL;
}

/* ---- which operations ---- */

struct wanted {
    size_t op[VARIATIONS_MOST]; /* numbers of variation_at */
    size_t n;
};

static bool is_named(const struct variation *v, struct text name) {
    return text_equal_c(name, v->name) || text_equal_c(name, v->family);
}

static bool unknown(struct text name, struct error *err) {
    const char *names[2 * VARIATIONS_MOST];
    size_t n = 0;
    for (const struct variation *v; n + 1 < 2 * VARIATIONS_MOST && (v = variation_at(n / 2)); n += 2)
        names[n] = v->name, names[n + 1] = v->family;
    const char *near = text_nearest(name, names, n);
    return error_set(err, ERROR_USAGE, "--kind: no variation '%.*s'%s%s%s; `basanite methods variation` lists them",
                     TEXT_ARG(name), near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static bool choose_names(const char *kinds, bool on[VARIATIONS_MOST], struct error *err) {
    struct text rest = text_of(kinds), name;
    const struct variation *v;
    while (text_next(&rest, ',', &name)) {
        bool found = false;
        for (size_t i = 0; (v = variation_at(i)); i++)
            if (is_named(v, text_trim(name))) found = on[i] = true;
        if (!found) return unknown(text_trim(name), err);
    }
    return true;
}

static bool choose_kinds(const struct vary_settings *s, struct wanted *out, struct error *err) {
    bool on[VARIATIONS_MOST] = {false};
    const struct variation *v;
    out->n = 0;
    for (size_t i = 0; i < s->n_kinds; i++)
        if (!choose_names(s->kinds[i], on, err)) return false;
    for (size_t i = 0; (v = variation_at(i)); i++)
        if (s->n_kinds ? on[i] : !v->asked_for) out->op[out->n++] = i;
    return true;
}

/* ---- rows ---- */

static bool add_item(struct vary_job *job, json_t *row, struct json_place place, struct error *err) {
    if (job->n == job->capacity) {
        size_t more = job->capacity ? 2 * job->capacity : 256;
        struct vary_item *grown = more <= ITEMS_MOST ? memory_grow(job->items, more, sizeof *grown) : NULL;
        if (!grown) {
            json_decref(row);
            return more <= ITEMS_MOST ? error_memory(err, "rows")
                                      : error_set(err, ERROR_DATA, "%s: more than %d rows", place.file, ITEMS_MOST);
        }
        job->items = grown;
        job->capacity = more;
    }
    struct vary_item *item = &job->items[job->n];
    *item = (struct vary_item){.row = row, .place = place, .id = json_text(json_object_get(row, "id"))};
    char *number = item->id.len ? NULL : arena_printf(&job->kept, err, "%zu", place.line);
    if (!item->id.len) item->id = text_of(number ? number : "");
    if (item->id.len && vary_item_read(job, item, err)) return job->n++, true;
    json_decref(row);
    return false;
}

static bool read_file(struct vary_job *job, const char *path, struct error *err) {
    const struct dataset_kwargs kwargs = {.header = true};
    struct dataset *dataset = dataset_open(path, path, &kwargs, err);
    bool ok = dataset != NULL;
    for (int state = 1; ok && state != 0;) {
        json_t *row;
        size_t line;
        state = dataset_next(dataset, &row, &line, err);
        job->result->read += state == 1;
        ok = state == 0 || (state == 1 && add_item(job, row, (struct json_place){path, line, ""}, err));
        if (ok || !job->settings->lenient || err->kind != ERROR_DATA) continue;
        error_clear(err);
        job->result->bad++;
        ok = true;
    }
    dataset_close(dataset);
    return ok;
}

/* An id stands for one item, or what is drawn for two would be the same. */
static bool check_ids(struct vary_job *job, struct error *err) {
    size_t size = 64;
    while (size < 2 * job->n) size *= 2;
    uint32_t *table = arena_new(&job->batch, uint32_t, size, err);
    if (!table) return false;
    for (size_t i = 0; i < job->n; i++) {
        struct text id = job->items[i].id;
        uint64_t at = hash_xxh3(id.at, id.len) & (size - 1);
        for (; table[at]; at = (at + 1) & (size - 1)) {
            const struct vary_item *other = &job->items[table[at] - 1];
            if (!text_equal(other->id, id)) continue;
            return error_set(err, ERROR_DATA, "%s:%zu: the id '%.*s' stands at %s:%zu as well",
                             job->items[i].place.file, job->items[i].place.line, TEXT_ARG(id), other->place.file,
                             other->place.line);
        }
        table[at] = (uint32_t)i + 1;
    }
    arena_reset(&job->batch);
    return true;
}

static int by_hash(const void *a, const void *b) {
    const struct vary_answer *x = a, *y = b;
    return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static bool make_ring(struct vary_job *job, struct error *err) {
    if (!(job->ring = arena_new(&job->kept, struct vary_answer, job->n + 1, err))) return false;
    for (size_t i = 0; i < job->n; i++) {
        const struct vary_item *item = &job->items[i];
        if (item->format != VARY_OPEN || !item->n_accepted) continue;
        struct text t = item->accepted[0];
        job->ring[job->n_ring++] = (struct vary_answer){t, item->kind, hash_xxh3(t.at, t.len)};
    }
    qsort(job->ring, job->n_ring, sizeof *job->ring, by_hash);
    size_t n = 0;
    for (size_t i = 0; i < job->n_ring; i++) {
        bool again = n && job->ring[n - 1].hash == job->ring[i].hash;
        if (!again || !text_equal(job->ring[n - 1].kind, job->ring[i].kind)) job->ring[n++] = job->ring[i];
    }
    job->n_ring = n;
    return true;
}

/* The world that the first row names, "pw1-s7-0123456789ab"; rows of another one are texts like others. */
static bool open_world(struct vary_job *job, struct error *err) {
    struct text name = {0};
    uint64_t seed;
    for (size_t i = 0; i < job->n && !name.len; i++)
        name = json_text(json_object_get(json_object_get(job->items[i].row, "labels"), "world"));
    size_t from = text_find(name, TEXT("-s"), 0);
    if (from == SIZE_MAX) return true;
    size_t to = text_find(name, TEXT("-"), from + 2);
    if (to == SIZE_MAX || !text_to_u64(text_part(name, from + 2, to), &seed)) return true;
    job->world = job->settings->world;
    if (!job->world && !(job->world = job->own = world_new(seed, err))) return false;
    if (!text_equal_c(name, world_identity(job->world))) return true; /* of another generator */
    snprintf(job->identity, sizeof job->identity, "%s", world_identity(job->world));
    job->reader = world_reader_new(job->world, job->rules.same, job->rules.n_same, err);
    return job->reader != NULL;
}

/* ---- drawing ---- */

static uint64_t splitmix64(uint64_t x) { /* Steele, Lea, Flood 2014 */
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

uint64_t vary_key(uint64_t seed, struct text id, uint64_t number) {
    return splitmix64(splitmix64(splitmix64(seed) ^ hash_xxh3(id.at, id.len)) + number);
}

struct draft {
    const struct vary_item *item;
    size_t op; /* of variation_at; VARIATIONS_MOST: none, the item as it is */
    uint64_t number;
    struct vary_variant v;
};
struct drafts {
    struct draft *at;
    size_t n;
};

static const struct variation *op_of(const struct draft *d) {
    return d->op == VARIATIONS_MOST ? NULL : variation_at(d->op);
}

static bool is_legal(const struct vary_item *item, size_t op) {
    return variation_at(op)->formats >> item->format & 1;
}

static bool make_one(struct vary_job *job, const struct vary_item *item, size_t op, uint64_t key, struct draft *d,
                     struct error *err) {
    const struct variation *v = variation_at(op);
    d->op = op;
    d->v = vary_same(item);
    if (!v->make(job, item, v, key, &d->v, err)) return false;
    job->result->of[op].unchanged += d->v.skipped != NULL;
    job->result->of[op].made += d->v.skipped == NULL;
    return true;
}

static void keep_item(const struct vary_item *item, uint64_t number, struct drafts *out) {
    out->at[out->n++] = (struct draft){item, VARIATIONS_MOST, number, vary_same(item)};
}

/* Uniform over the legal operations and the item as it is; one that finds nothing to change is drawn again. */
static bool draw_one(struct vary_job *job, const struct wanted *w, const struct vary_item *item, uint64_t number,
                     struct drafts *out, struct error *err) {
    size_t legal[VARIATIONS_MOST], n = 0;
    for (size_t i = 0; i < w->n; i++)
        if (is_legal(item, w->op[i])) legal[n++] = w->op[i];
    for (uint64_t attempt = 0; attempt < ATTEMPTS; attempt++) {
        uint64_t key = vary_key(job->settings->seed, item->id, number * ATTEMPTS + attempt), r = key % (n + 1);
        struct draft *d = &out->at[out->n];
        if (r == n) break;
        d->item = item, d->number = number;
        if (!make_one(job, item, legal[r], splitmix64(key), d, err)) return false;
        if (!d->v.skipped) return out->n++, true;
    }
    return keep_item(item, number, out), true;
}

static bool draw_each(struct vary_job *job, const struct wanted *w, const struct vary_item *item, struct drafts *out,
                      struct error *err) {
    uint64_t key = vary_key(job->settings->seed, item->id, 0);
    keep_item(item, 0, out);
    for (size_t i = 0; i < w->n; i++) {
        struct draft *d = &out->at[out->n];
        if (!is_legal(item, w->op[i])) continue;
        d->item = item, d->number = 0;
        if (!make_one(job, item, w->op[i], splitmix64(key), d, err)) return false;
        out->n += !d->v.skipped;
    }
    return true;
}

static bool draw_all(struct vary_job *job, const struct wanted *w, size_t from, size_t to, struct drafts *out,
                     struct error *err) {
    uint64_t samples = job->settings->samples ? job->settings->samples : 1;
    size_t per = job->settings->each ? VARIATIONS_MOST + 1 : (size_t)samples + 1;
    out->n = 0;
    if (!(out->at = arena_new(&job->batch, struct draft, (to - from) * per, err))) return false;
    for (size_t i = from; i < to; i++) {
        vary_look_up(job, &job->items[i]);
        if (job->settings->each && !draw_each(job, w, &job->items[i], out, err)) return false;
        for (uint64_t k = 0; !job->settings->each && k < samples; k++)
            if (!draw_one(job, w, &job->items[i], k, out, err)) return false;
    }
    return true;
}

/* ---- teacher and judge ---- */

static bool ask_all(struct vary_job *job, struct subject *subject, const struct text *ids, const struct text *prompts,
                    size_t n, struct text *out, struct error *err) {
    if (!ask_texts(subject, ids, prompts, n, job->settings->max_tokens, &job->batch, out, &job->result->asked, err))
        return false;
    for (size_t i = 0; i < n; i++) out[i] = text_trim(out[i]);
    return true;
}

/* What the teacher wrote takes the place of what it was asked. */
static bool teach(struct vary_job *job, struct drafts *d, struct error *err) {
    struct text *ids = arena_new(&job->batch, struct text, d->n + 1, err), *prompts, *said;
    size_t n = 0;
    prompts = arena_new(&job->batch, struct text, d->n + 1, err);
    said = arena_new(&job->batch, struct text, d->n + 1, err);
    if (!ids || !prompts || !said) return false;
    for (size_t i = 0; i < d->n; i++) {
        const struct variation *op = op_of(&d->at[i]);
        if (!op || op->make != vary_rewrite) continue;
        ids[n] = d->at[i].item->id;
        prompts[n++] = d->at[i].v.prompt;
    }
    if (n && !ask_all(job, job->settings->teacher, ids, prompts, n, said, err)) return error_wrap(err, "teacher");
    for (size_t i = 0, k = 0; i < d->n; i++) {
        const struct variation *op = op_of(&d->at[i]);
        if (op && op->make == vary_rewrite) d->at[i].v.prompt = said[k++];
    }
    return true;
}

static bool put_judged(struct vary_job *job, const struct draft *d, bool swapped, struct text *out, struct error *err) {
    struct text texts[] = {swapped ? d->v.prompt : d->item->prompt, swapped ? d->item->prompt : d->v.prompt};
    struct buffer b;
    buffer_init(&b, VARY_PROMPT_MOST);
    vary_fill(&b, job->rules.judge, "12", texts);
    bool ok = buffer_check(&b, "judge", err);
    char *copy = ok ? text_copy(&job->batch, buffer_text(&b), err) : NULL;
    *out = (struct text){copy, copy ? b.len : 0};
    buffer_done(&b);
    return copy != NULL;
}

static bool says_yes(struct text t) {
    char letters[READING_WORD];
    struct text word;
    return reading_next(&t, letters, &word) && text_equal_c(word, "yes");
}

/* A variant that is left open must be called the same in both orders. */
static bool judge(struct vary_job *job, struct drafts *d, struct error *err) {
    struct text *ids = arena_new(&job->batch, struct text, 2 * d->n + 1, err), *prompts, *said;
    size_t n = 0;
    prompts = arena_new(&job->batch, struct text, 2 * d->n + 1, err);
    said = arena_new(&job->batch, struct text, 2 * d->n + 1, err);
    if (!ids || !prompts || !said) return false;
    for (size_t i = 0; i < d->n; i++) {
        if (!d->at[i].v.undecided) continue;
        for (size_t k = 0; k < 2; k++, n++) {
            ids[n] = d->at[i].item->id;
            if (!put_judged(job, &d->at[i], k == 1, &prompts[n], err)) return false;
        }
    }
    if (!job->settings->judge) n = 0;
    if (n && !ask_all(job, job->settings->judge, ids, prompts, n, said, err)) return error_wrap(err, "judge");
    for (size_t i = 0, k = 0; i < d->n; i++) {
        struct vary_variant *v = &d->at[i].v;
        if (!v->undecided) continue;
        if (!job->settings->judge)
            v->dropped = v->undecided;
        else if (!says_yes(said[k]) || !says_yes(said[k + 1]))
            v->dropped = "the judge does not call it the same in both orders";
        k += 2;
    }
    return true;
}

/* ---- writing ---- */

static void count_reason(struct vary_result *r, size_t op, const char *why) {
    for (size_t i = 0; i < r->n_reasons; i++)
        if (r->reasons[i].why == why && r->reasons[i].op == op) {
            r->reasons[i].n++;
            return;
        }
    if (r->n_reasons < VARY_REASONS) r->reasons[r->n_reasons++] = (struct vary_reason){why, op, 1};
}

static bool put_draft(struct vary_job *job, const struct draft *d, struct error *err) {
    struct vary_result *r = job->result;
    r->of[d->op].made += d->op == VARIATIONS_MOST;
    if (d->v.dropped) {
        r->of[d->op].dropped++;
        r->dropped++;
        count_reason(r, d->op, d->v.dropped);
        return true;
    }
    json_t *row = vary_row(job, d->item, op_of(d), &d->v, d->number, err);
    bool ok = row && job->settings->sink(job->settings->context, row, err);
    json_decref(row);
    r->of[d->op].passed += ok;
    r->rows += ok;
    return ok;
}

static bool vary_some(struct vary_job *job, const struct wanted *w, size_t from, size_t to, struct error *err) {
    struct drafts d;
    if (!draw_all(job, w, from, to, &d, err) || !teach(job, &d, err)) return false;
    for (size_t i = 0; i < d.n; i++)
        if (!vary_gate(job, d.at[i].item, op_of(&d.at[i]), &d.at[i].v, err)) return false;
    if (!judge(job, &d, err)) return false;
    for (size_t i = 0; i < d.n; i++)
        if (!put_draft(job, &d.at[i], err)) return false;
    arena_reset(&job->batch);
    return true;
}

static bool vary_all(struct vary_job *job, struct error *err) {
    const struct vary_settings *s = job->settings;
    struct wanted w;
    if (!choose_kinds(s, &w, err) || !vary_rules_open(&job->rules, err)) return false;
    if (s->samples > 1000) return error_set(err, ERROR_USAGE, "-n: at most 1000 variants of an item");
    for (size_t i = 0; i < s->n_files; i++) {
        uint64_t before = job->result->read;
        if (!read_file(job, s->files[i], err)) return false;
        if (job->result->read == before) return error_set(err, ERROR_DATA, "%s: no row in it", s->files[i]);
    }
    if (!check_ids(job, err) || !make_ring(job, err) || !open_world(job, err)) return false;
    for (size_t i = 0; i < job->n; i += ITEMS)
        if (!vary_some(job, &w, i, i + ITEMS < job->n ? i + ITEMS : job->n, err)) return false;
    return true;
}

bool vary_rows(const struct vary_settings *settings, struct vary_result *out, struct error *err) {
    struct vary_job *job = memory_zeroed(1, sizeof *job);
    *out = (struct vary_result){0};
    if (!job) return error_memory(err, "variants");
    job->settings = settings, job->result = out;
    arena_init(&job->kept, (size_t)2 << 30);
    arena_init(&job->batch, (size_t)1 << 30);
    bool ok = vary_all(job, err);
    for (size_t i = 0; i < job->n; i++) json_decref(job->items[i].row);
    memory_free(job->items);
    world_reader_free(job->reader);
    world_free(job->own);
    if (job->rules.arena.limit) vary_rules_done(&job->rules);
    arena_done(&job->kept);
    arena_done(&job->batch);
    memory_free(job);
    return ok;
}
