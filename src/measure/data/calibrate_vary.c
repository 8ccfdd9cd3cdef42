/* Spoilt variants and the gate: see calibrate_vary.h. */
#include "measure/data/calibrate_vary.h"

#include "base/rng.h"
#include "measure/data/vary_internal.h"
#include "measure/world/world_items.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ITEMS = 400, DOSES = 4, REPEATS = 20, REPEATS_MOST = 100, ATTEMPTS = 6, NAME = 120 };
static const double doses[DOSES] = {0, 0.05, 0.15, 0.3};

struct planting {
    struct vary_job *job;
    struct world *world;
    bool as_texts; /* nothing is known of them */
    uint64_t seed;
};
struct counted {
    uint64_t made, spoilt, found, false_alarms;
};

/* ---- spoiling a variant ---- */

/* The first place of `old`, exchanged; false: it is not there. */
static bool exchange(struct planting *p, struct vary_variant *v, struct text old, struct text new, struct error *err) {
    size_t at = old.len ? text_find(v->prompt, old, 0) : SIZE_MAX;
    if (at == SIZE_MAX) return false;
    char *spoilt = arena_printf(&p->job->batch, err, "%.*s%.*s%.*s", (int)at, v->prompt.at, TEXT_ARG(new),
                                TEXT_ARG(text_part(v->prompt, at + old.len, v->prompt.len)));
    if (spoilt) v->prompt = text_of(spoilt);
    return spoilt != NULL;
}

static struct text value_text(const struct planting *p, const struct fact *f, int value) {
    return world_value(p->world, world_columns[f->column].domain, value);
}

static int another_value(const struct fact *f, int value, struct rng *rng) {
    const struct column *c = &world_columns[f->column];
    return c->low + (value - c->low + 1 + (int)rng_below(rng, (uint64_t)c->n - 1)) % c->n;
}

/* Another answer is carried along. */
static bool spoil_answer(struct planting *p, const struct world_asked *a, struct vary_variant *v, struct rng *rng,
                         struct error *err) {
    (void)err;
    if (v->format == VARY_OPEN)
        v->accepted[0] = value_text(p, a->fact, another_value(a->fact, a->fact->value, rng));
    else
        v->right = (v->right + 1 + rng_below(rng, v->n_options - 1)) % v->n_options;
    return true;
}

/* Somebody else, whose answer is another one: of a claim one of whom it holds where it did not, or the other way round.
 */
static bool spoil_subject(struct planting *p, const struct world_asked *a, struct vary_variant *v, struct rng *rng,
                          struct error *err) {
    enum kind kind = world_columns[a->fact->column].kind;
    for (size_t tries = 0; tries < 2000; tries++) {
        size_t other = rng_below(rng, world_kinds[kind].n);
        int32_t at = p->world->fact_of[a->fact->relation][other];
        if (at < 0) continue;
        int value = p->world->facts[at].value;
        bool flips = a->claim ? (value == a->claimed) != (a->fact->value == a->claimed) : value != a->fact->value;
        if (flips) return exchange(p, v, world_subject(p->world, a->fact), p->world->name[kind][other], err);
    }
    return false;
}

static bool spoil_by_not(struct planting *p, const struct world_asked *a, struct vary_variant *v, struct rng *rng,
                         struct error *err) {
    static const char *const verbs[] = {" is ", " does ", " was ", " has ", " did ", " can ", " would ", " do "};
    (void)a;
    size_t first = rng_below(rng, 8);
    for (size_t i = 0; i < 8; i++) {
        struct text verb = text_of(verbs[(first + i) % 8]);
        char *denied = arena_printf(&p->job->batch, err, "%.*snot ", TEXT_ARG(verb));
        if (!denied) return false;
        if (exchange(p, v, verb, text_of(denied), err)) return true;
    }
    return false;
}

/* Another object of a claim that makes it true or false; two options that change places, the gold left where it is. */
static bool spoil_object(struct planting *p, const struct world_asked *a, struct vary_variant *v, struct rng *rng,
                         struct error *err) {
    if (v->format == VARY_TRUEFALSE && a->claim) {
        bool holds = a->claimed == a->fact->value;
        int value = holds ? another_value(a->fact, a->fact->value, rng) : a->fact->value;
        struct text old = value_text(p, a->fact, a->claimed);
        return exchange(p, v, old, value_text(p, a->fact, value), err);
    }
    if (v->format != VARY_CHOICE || !v->listed) return false;
    size_t other = (v->right + 1) % v->n_options;
    struct text one = v->option[v->right], two = v->option[other];
    char mark[] = "\x01";
    if (!exchange(p, v, one, text_of(mark), err) || !exchange(p, v, two, one, err)) return false;
    return exchange(p, v, text_of(mark), two, err);
}

typedef bool spoil(struct planting *p, const struct world_asked *a, struct vary_variant *v, struct rng *rng,
                   struct error *err);
static spoil *const faults[] = {spoil_subject, spoil_by_not, spoil_object, spoil_answer};
enum { FAULTS = sizeof faults / sizeof *faults };

/* One of the faults that can be planted here; the answer always can. */
static void spoil_one(struct planting *p, const struct world_asked *a, struct vary_variant *v, struct rng *rng,
                      struct error *err) {
    struct vary_variant sound = *v;
    size_t first = rng_below(rng, FAULTS);
    for (size_t i = 0; i < FAULTS; i++) {
        *v = sound;
        if (faults[(first + i) % FAULTS](p, a, v, rng, err) || err->kind != ERROR_NONE) return;
    }
}

/* ---- variants ---- */

/* What the variant asks by its making: that of the item, but for claims that were drawn anew. */
static struct world_asked asked_by(struct planting *p, const struct vary_item *item, const struct vary_variant *v) {
    struct world_asked a = item->asked, read;
    if (!world_read_question(p->job->reader, v->prompt, &read) && read.fact == a.fact) return read;
    a.claim = v->format == VARY_TRUEFALSE;
    return a;
}

static bool draw(struct planting *p, const struct vary_item *item, uint64_t number, const struct variation **op,
                 struct vary_variant *v, struct error *err) {
    for (uint64_t attempt = 0; attempt < ATTEMPTS; attempt++) {
        uint64_t key = vary_key(p->seed, item->id, number * ATTEMPTS + attempt);
        const struct variation *legal[VARIATIONS_MOST], *one;
        size_t n = 0;
        for (size_t i = 0; (one = variation_at(i)); i++)
            if (!one->asked_for && one->make != vary_rewrite && one->formats >> item->format & 1) legal[n++] = one;
        *op = legal[key % n];
        *v = vary_same(item);
        if (!(*op)->make(p->job, item, *op, key, v, err)) return false;
        if (!v->skipped) return true;
    }
    v->skipped = "nothing";
    return true;
}

/* One variant: made as of the world, spoilt or not, judged as it is told. */
static bool try_one(struct planting *p, struct vary_item *item, uint64_t number, double dose, struct counted *out,
                    struct error *err) {
    const struct variation *op;
    struct vary_variant v;
    struct rng rng = rng_stream(p->seed, "variation/faults", number);
    bool of_world = item->of_world, spoilt = rng_unit(&rng) < dose;
    if (p->as_texts) item->of_world = false;
    bool ok = draw(p, item, number, &op, &v, err);
    if (ok && !v.skipped) {
        struct world_asked a = asked_by(p, item, &v);
        if (spoilt) spoil_one(p, &a, &v, &rng, err);
        ok = err->kind == ERROR_NONE && vary_gate(p->job, item, op, &v, err);
        bool dropped = ok && v.dropped;
        out->made++;
        out->spoilt += spoilt;
        out->found += spoilt && dropped;
        out->false_alarms += !spoilt && dropped;
    }
    item->of_world = of_world;
    return ok;
}

static bool try_all(struct planting *p, uint64_t repeat, double dose, struct counted *out, struct error *err) {
    for (size_t i = 0; i < p->job->n; i++) {
        if (!p->job->items[i].of_world) continue;
        if (!try_one(p, &p->job->items[i], repeat * ITEMS + i, dose, out, err)) return false;
        arena_reset(&p->job->batch);
    }
    return true;
}

/* ---- items ---- */

static bool read_items(struct planting *p, struct text lines, struct error *err) {
    struct vary_job *job = p->job;
    struct text line;
    job->items = memory_zeroed(ITEMS, sizeof *job->items);
    if (!job->items) return error_memory(err, "items");
    while (job->n < ITEMS && text_next(&lines, '\n', &line) && line.len) {
        struct vary_item *item = &job->items[job->n];
        item->row = json_read(line, "world", 1, err);
        if (!item->row) return false;
        job->n++;
        item->place = (struct json_place){"world", job->n, ""};
        item->id = json_text(json_object_get(item->row, "id"));
        if (!vary_item_read(job, item, err)) return false;
        vary_look_up(job, item);
    }
    return true;
}

static bool open_items(struct planting *p, struct error *err) {
    struct vary_job *job = p->job;
    struct world_items items;
    struct buffer b;
    buffer_init(&b, (size_t)64 << 20);
    bool ok = vary_rules_open(&job->rules, err) && (p->world = world_new(WORLD_DEFAULT_SEED, err)) &&
              (job->reader = world_reader_new(p->world, job->rules.same, job->rules.n_same, err)) &&
              world_items_parse(TEXT("ask/test"), &items, err);
    job->world = p->world;
    if (ok) snprintf(job->identity, sizeof job->identity, "%s", world_identity(p->world));
    items.count = ITEMS;
    ok = ok && world_items_put(&b, p->world, &items, err) && read_items(p, buffer_text(&b), err);
    buffer_done(&b);
    return ok;
}

static void close_items(struct planting *p) {
    struct vary_job *job = p->job;
    for (size_t i = 0; i < job->n; i++) json_decref(job->items[i].row);
    memory_free(job->items);
    world_reader_free(job->reader);
    world_free(p->world);
    if (job->rules.arena.limit) vary_rules_done(&job->rules);
    arena_done(&job->kept), arena_done(&job->batch);
    memory_free(job);
}

/* ---- what is reported ---- */

/* The least share of n runs within 2 standard errors that a chance of 95.4 % for each misses once in a thousand times.
 */
static double least_within(uint64_t n) {
    const double p = 0.954;
    double chance = pow(1 - p, (double)n), below = chance;
    uint64_t k = 0;
    for (; k < n && below <= 1e-3; k++) {
        chance *= (double)(n - k) / (double)(k + 1) * p / (1 - p);
        below += chance;
    }
    return (double)k / (double)n;
}

/* How often the estimate of v lies within 2 standard errors. */
static bool dose_rows(struct planting *p, const struct calibrate_out *rows, uint64_t repeats, double dose, double base,
                      struct error *err) {
    struct counted all = {0};
    uint64_t within = 0;
    double sum = 0;
    const char *what = p->as_texts ? "texts" : "world";
    char name[NAME], how[NAME];
    for (uint64_t r = 0; r < repeats; r++) {
        struct counted c = {0};
        if (!try_all(p, r, dose, &c, err)) return false;
        double share = (double)(c.found + c.false_alarms) / (double)c.made, v = (share - base) / (1 - base);
        /* of the faults that are drawn, and of false alarms among the others */
        double error = sqrt((dose * (1 - dose) + base * (1 - base)) / (double)c.made) / (1 - base);
        within += fabs(v - dose) <= 2 * error;
        sum += v;
        all.made += c.made, all.spoilt += c.spoilt, all.found += c.found, all.false_alarms += c.false_alarms;
    }
    snprintf(how, sizeof how, "%llu of %llu spoilt variants", (unsigned long long)all.found,
             (unsigned long long)all.spoilt);
    snprintf(name, sizeof name, "%s, v = %g: share of faults that is found", what, dose);
    calibrate_range(rows, name, (double)all.found / (double)all.spoilt, 0.95, 1, how);
    snprintf(how, sizeof how, "%llu runs; mean estimate %.4f", (unsigned long long)repeats, sum / (double)repeats);
    snprintf(name, sizeof name, "%s, v = %g: estimates within 2 standard errors", what, dose);
    calibrate_range(rows, name, (double)within / (double)repeats, least_within(repeats), 1, how);
    return true;
}

static bool group_rows(struct planting *p, const struct calibrate_out *rows, uint64_t repeats, struct error *err) {
    struct counted clean = {0};
    char how[NAME];
    for (uint64_t r = 0; r < repeats; r++)
        if (!try_all(p, r, 0, &clean, err)) return false;
    double base = (double)clean.false_alarms / (double)clean.made;
    snprintf(how, sizeof how, "%llu of %llu variants", (unsigned long long)clean.false_alarms,
             (unsigned long long)clean.made);
    calibrate_range(rows, p->as_texts ? "texts, v = 0: sound variants dropped" : "world, v = 0: sound variants dropped",
                    base, 0, 0.05, how);
    for (size_t i = 1; i < DOSES; i++)
        if (!dose_rows(p, rows, repeats, doses[i], base, err)) return false;
    return true;
}

bool calibrate_vary(uint64_t seed, uint64_t repeat, calibrate_report *report, void *context, struct error *err) {
    struct calibrate_out rows = {report, context};
    uint64_t repeats = repeat == 0 ? REPEATS : repeat < REPEATS_MOST ? repeat : REPEATS_MOST;
    struct planting p = {.job = memory_zeroed(1, sizeof *p.job), .seed = seed};
    if (!p.job) return error_memory(err, "variants");
    arena_init(&p.job->kept, (size_t)256 << 20), arena_init(&p.job->batch, (size_t)256 << 20);
    error_clear(err);
    bool ok = open_items(&p, err) && group_rows(&p, &rows, repeats, err);
    p.as_texts = true;
    ok = ok && group_rows(&p, &rows, repeats, err);
    close_items(&p);
    return ok;
}
