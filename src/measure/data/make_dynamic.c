/* Tests that are made anew from a seed (TrustGen, Huang et al. 2025): of questions about the facts of the pocket world,
 * of its requests under the written policy, and of what files of the user list. Forms, places of right options, truth
 * of claims and relations are dealt in turn, so every seed has the same distribution of truth and other questions; each
 * question about a fact is read back before it is put. The dimensions are one table. */
#include "measure/data/make_dynamic.h"

#include "base/rng.h"
#include "measure/rules/builtin.h"
#include "measure/world/world_items.h"
#include "measure/world/world_part.h"

#include <string.h>

enum { COUNT = 300, CHOICES = 4, DRAWS_MOST = 200, TEXT_MOST = 1 << 16, ITEMS_BYTES = 256 << 20 };

static const struct option_def dynamic_options[] = {
    {"world", OPTION_INT, "7", 0, 9e15, NULL, "seed of the pocket world"},
    {"split", OPTION_CHOICE, "test", 1, 0, "train|valid|test|held-out", "of the world's entities and wordings"},
};
enum { WORLD, SPLIT };

static const struct dimension {
    const char *name;
    dynamic_run *native, *of_file; /* NULL: there is none */
    const char *file;              /* what of_file reads */
} dimensions[] = {
    {"truthfulness", dynamic_truthfulness, NULL, NULL},
    {"safety", dynamic_requests_harmful, dynamic_taxonomy, "a taxonomy of harm, {head: [topic]}"},
    {"over-refusal", dynamic_requests_harmless, dynamic_sounding,
     "{word_categories: {head: [topic]}, over_refusal_categories: [text]}"},
    {"ai-risk", NULL, dynamic_considerations, "{consideration: {description}}"},
    {"t2i", NULL, dynamic_descriptions, "[{fined_grained_aspect, image_description}]"},
};
enum { DIMENSIONS = sizeof dimensions / sizeof *dimensions };

/* ---- rows ---- */

static bool set(json_t *row, const char *key, json_t *value) {
    return json_object_set_new(row, key, value) == 0;
}

static bool set_hash(json_t *row, struct error *err) {
    json_t *of = json_pack("[O O? O?]", json_object_get(row, "prompt"), json_object_get(row, "choices"),
                           json_object_get(row, "gold"));
    char hex[HASH_HEX];
    bool ok = of && json_digest(of, hex, err);
    json_decref(of);
    hex[ok ? 16 : 0] = 0;
    return ok && set(row, "hash", json_string(hex));
}

bool dynamic_put(struct dynamic *d, json_t *row, struct text parent, const char *op, struct error *err) {
    d->number++;
    bool ok = row &&
              set(row, "id",
                  json_sprintf("%s-s%llu-%04llu", d->dimension, (unsigned long long)d->seed,
                               (unsigned long long)d->number)) &&
              set(row, "dimension", json_string(d->dimension)) && set(row, "parent", json_from_text(parent)) &&
              set(row, "op", json_string(op)) && set(row, "seed", json_integer((json_int_t)d->seed)) &&
              set(row, "cluster", json_from_text(parent)) && set_hash(row, err);
    if (ok) return make_put(d->job, row, err);
    json_decref(row);
    return error_memory(err, "row");
}

const char *dynamic_fill(struct dynamic *d, struct text template, struct text topic, struct text head,
                         struct text description, struct error *err) {
    const struct slot slots[] = {{"T", topic}, {"H", head}, {"D", description}};
    struct buffer b;
    buffer_init(&b, TEXT_MOST);
    for (size_t i = 0; i < template.len; i++) {
        const struct slot *slot = NULL;
        for (size_t k = 0; k < 3 && template.at[i] == '$' && i + 1 < template.len; k++)
            if (template.at[i + 1] == slots[k].name[0]) slot = &slots[k];
        if (slot)
            buffer_put_text(&b, slot->text), i++;
        else
            buffer_put_char(&b, template.at[i]);
    }
    bool ok = buffer_check(&b, "prompt", err);
    const char *copy = ok ? text_copy(&d->job->batch, buffer_text(&b), err) : NULL;
    buffer_done(&b);
    return copy;
}

/* ---- questions about facts ---- */

struct facts {
    struct dynamic *d;
    const struct world *world;
    struct world_reader *reader;
    enum split split;
    bool *used; /* of all facts */
    struct question q;
};

static const struct {
    enum style style;
    const char *op, *format;
} forms[] = {{STYLE_SHORT, "open", "open_ended"},
             {STYLE_CHOICE, "choice", "multiple_choice"},
             {STYLE_TRUEFALSE, "truefalse", "true_false"}};
enum { FORMS = sizeof forms / sizeof *forms };

/* A fact of the relation that was not asked about; one of the split, else any (a relation has few of some splits). */
static const struct fact *draw_fact(struct facts *f, size_t relation, struct rng *rng) {
    const struct fact *found = NULL;
    size_t n = world_kinds[world_columns[world_relations[relation]].kind].n;
    for (size_t i = 0; i < DRAWS_MOST; i++) {
        int32_t at = f->world->fact_of[relation][rng_below(rng, n)];
        if (at < 0 || f->used[at]) continue;
        found = &f->world->facts[at];
        if (found->split == f->split) break;
    }
    if (found) f->used[found - f->world->facts] = true;
    return found;
}

/* What was put must be read as what was meant. */
static bool check_read(const struct facts *f, const struct fact *fact, size_t form, struct error *err) {
    struct world_asked a;
    const char *why = world_read_question(f->reader, buffer_text(&f->q.prompt), &a);
    if (!why && a.fact != fact) why = "another fact is read";
    if (!why && form > 0 && world_asked_right(&a) != f->q.right) why = "another answer is read";
    return !why || error_set(err, ERROR_GATE, "'%.*s': %s", TEXT_ARG(buffer_text(&f->q.prompt)), why);
}

static json_t *row_of(const struct facts *f, const struct fact *fact, size_t form) {
    const struct question *q = &f->q;
    const struct column *c = &world_columns[fact->column];
    json_t *row = json_pack(
        "{s:o s:s s:s s:{s:s s:s s:o s:s s:s} s:{s:s s:s}}", "prompt", json_from_text(buffer_text(&q->prompt)),
        "format", forms[form].format, "original_format", forms[form].format, "labels", "world",
        world_identity(f->world), "style", world_style_names[q->style], "relation",
        json_sprintf("%s.%s", world_kinds[c->kind].name, c->name), "stratum", world_stratum_name(fact->stratum),
        "entity", world_seen(fact->split), "gate", "status", "pass", "by", "world");
    json_t *choices = json_array();
    for (size_t i = 0; choices && i < q->n_options; i++) json_array_append_new(choices, json_from_text(q->option[i]));
    bool ok = row && choices;
    if (form == 0)
        ok = ok && set(row, "gold", json_pack("[o]", json_from_text(q->gold))) &&
             set(row, "truth", json_from_text(q->gold));
    else
        ok = ok && json_object_set(row, "choices", choices) == 0 && set(row, "lettered", json_boolean(form == 1)) &&
             set(row, "gold", json_integer((json_int_t)q->right)) &&
             set(row, "truth",
                 form == 2 ? json_from_text(q->option[q->right])
                           : json_sprintf("%c. %.*s", (char)('A' + (int)q->right), TEXT_ARG(q->option[q->right])));
    json_decref(choices);
    if (ok) return row;
    json_decref(row);
    return NULL;
}

/* Case i: its form, its place of the right option and its relation are dealt, all else is drawn. */
static bool put_case(struct facts *f, uint64_t i, const size_t *relations, struct error *err) {
    struct rng rng = rng_stream(f->d->seed, "dynamic/truthfulness", i);
    size_t form = i % FORMS, round = i / FORMS, n = form == 1 ? CHOICES : 2;
    const struct fact *fact = draw_fact(f, relations[i % RELATIONS], &rng);
    char parent[32];
    if (!fact)
        return error_set(err, ERROR_USAGE, "--count: a relation has no further fact; take fewer than %llu cases",
                         (unsigned long long)i);
    snprintf(parent, sizeof parent, "f%05zu", (size_t)(fact - f->world->facts));
    if (!world_ask_at(&f->q, f->world, fact, forms[form].style, world_template(f->world, f->split, &rng), n, round % n,
                      &rng))
        return error_memory(err, "question");
    return check_read(f, fact, form, err) &&
           dynamic_put(f->d, row_of(f, fact, form), text_of(parent), forms[form].op, err);
}

static bool put_cases(struct facts *f, struct error *err) {
    uint64_t count = f->d->count ? f->d->count : COUNT;
    size_t relations[RELATIONS];
    struct rng rng = rng_stream(f->d->seed, "dynamic/relations", 0);
    for (size_t i = 0; i < RELATIONS; i++) relations[i] = i;
    rng_shuffle(&rng, relations, RELATIONS);
    if (!(f->used = arena_new(&f->d->job->kept, bool, ALL_FACTS, err))) return false;
    for (uint64_t i = 0; i < count; i++)
        if (!put_case(f, i, relations, err)) return false;
    f->d->job->result->used = count;
    return true;
}

static struct world *open_world(const struct dynamic *d, struct error *err) {
    return world_new((uint64_t)d->job->options[WORLD].integer, err);
}

bool dynamic_truthfulness(struct dynamic *d, struct error *err) {
    struct facts f = {.d = d};
    char *split = text_copy(&d->job->kept, d->job->options[SPLIT].text, err);
    struct world *world = split && world_split_find(split, &f.split, err) ? open_world(d, err) : NULL;
    f.world = world;
    world_question_init(&f.q);
    bool ok = world && (f.reader = world_reader_new(world, NULL, 0, err)) && put_cases(&f, err);
    world_question_done(&f.q);
    world_reader_free(f.reader);
    world_free(world);
    return ok;
}

/* ---- requests under the written policy ---- */

static bool put_request(struct dynamic *d, const json_t *item, bool harmful, struct error *err) {
    const json_t *labels = json_object_get(item, "labels");
    if (json_is_true(json_object_get(labels, "harmful")) != harmful) return true;
    json_t *row = json_pack("{s:O s:s s:{s:b s:O} s:{s:s s:s}}", "prompt", json_object_get(item, "prompt"), "format",
                            "none", "labels", "harmful", harmful, "member", json_object_get(labels, "member"), "gate",
                            "status", "pass", "by", "policy");
    d->job->result->used++;
    return dynamic_put(d, row, json_text(json_object_get(item, "id")), harmful ? "request" : "harmless", err);
}

static bool put_requests(struct dynamic *d, struct text lines, bool harmful, struct error *err) {
    uint64_t count = d->count ? d->count : COUNT;
    struct text line;
    while (d->number < count && text_next(&lines, '\n', &line)) {
        json_t *item = line.len ? json_read(line, "world", 1, err) : NULL;
        if (!item) return line.len == 0;
        bool ok = put_request(d, item, harmful, err);
        json_decref(item);
        if (!ok) return false;
    }
    return true;
}

/* Members of a quad are one harmful and three harmless requests, and stand together. */
static bool requests(struct dynamic *d, bool harmful, struct error *err) {
    struct world_items items;
    struct buffer b;
    char *spec = arena_printf(&d->job->kept, err, "requests/%.*s", TEXT_ARG(d->job->options[SPLIT].text));
    struct world *world = spec && world_items_parse(text_of(spec), &items, err) ? open_world(d, err) : NULL;
    buffer_init(&b, ITEMS_BYTES);
    if (world) items.seed = world_seed(world), items.draw = d->seed, items.count = 4 * (d->count ? d->count : COUNT);
    bool ok = world && world_items_put(&b, world, &items, err) && put_requests(d, buffer_text(&b), harmful, err);
    buffer_done(&b);
    world_free(world);
    return ok;
}

bool dynamic_requests_harmful(struct dynamic *d, struct error *err) {
    return requests(d, true, err);
}

bool dynamic_requests_harmless(struct dynamic *d, struct error *err) {
    return requests(d, false, err);
}

/* ---- the generator ---- */

static const struct dimension *find_dimension(struct text name, struct error *err) {
    const char *names[DIMENSIONS];
    for (size_t i = 0; i < DIMENSIONS; i++) {
        names[i] = dimensions[i].name;
        if (text_equal_c(name, names[i])) return &dimensions[i];
    }
    const char *near = text_nearest(name, names, DIMENSIONS);
    error_set(err, ERROR_USAGE, "dynamic/%.*s: no such dimension%s%s%s", TEXT_ARG(name), near ? "; did you mean '" : "",
              near ? near : ": truthfulness, safety, over-refusal, ai-risk or t2i", near ? "'?" : "");
    return NULL;
}

static bool open_words(struct dynamic *d, struct error *err) {
    const struct builtin_file *f = builtin_find("rules/dynamic.yaml");
    if (!f) return error_set(err, ERROR_ENVIRONMENT, "rules/dynamic.yaml is not part of this build");
    struct text source = {(const char *)f->at, (size_t)(f->end - f->at)};
    return (d->words = yaml_read(&d->job->kept, source, f->name, err)) != NULL;
}

static bool run_dynamic(struct make_job *job, struct error *err) {
    const struct make_settings *s = job->settings;
    const struct dimension *dim = find_dimension(job->argument, err);
    struct dynamic d = {.job = job, .seed = s->seed, .count = s->count};
    if (!dim) return false;
    d.dimension = dim->name;
    if (s->n_from > 1) return error_set(err, ERROR_USAGE, "dynamic/%s: --from takes one file", dim->name);
    if (s->n_from && !dim->of_file)
        return error_set(err, ERROR_USAGE, "dynamic/%s is drawn from the pocket world and takes no file", dim->name);
    if (!s->n_from && !dim->native)
        return error_set(err, ERROR_USAGE, "dynamic/%s: expected --from FILE: %s", dim->name, dim->file);
    if (s->teacher && !s->n_from)
        return error_set(err, ERROR_USAGE, "--teacher: cases of the pocket world are drawn, nobody writes them");
    if (!open_words(&d, err)) return false;
    return (s->n_from ? dim->of_file : dim->native)(&d, err);
}

const struct generator generator_dynamic = {
    .name = "dynamic",
    .summary = "tests made anew from a seed: dynamic/truthfulness, safety, over-refusal; and of files: ai-risk, t2i",
    .options = dynamic_options,
    .n_options = sizeof dynamic_options / sizeof *dynamic_options,
    .argument = "DIMENSION",
    .run = run_dynamic,
};
