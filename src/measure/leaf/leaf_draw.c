/* Drawing the cases of a leaf: an item of the world where it has some, slots, rules, options, one template and its
 * twins with the same slots. A case whose prompt was there before, is too short or too long, or stands in a text that
 * it must be apart from is drawn again. */
#include "measure/leaf/leaf_internal.h"

#include "base/rng.h"
#include "measure/world/world_internal.h"

#include <ctype.h>
#include <string.h>

enum { REJECTS_MOST = 50, ITEMS_FIRST = 512, MEMBERS_MOST = LEAF_TWINS_MOST + 1 };
#define PROMPT_MOST ((size_t)1 << 20)

struct drawing {
    const struct leaf *leaf;
    const struct world *world;
    const struct leaf_settings *settings;
    struct leaf_made *made;
    struct buffer items;  /* of the world, as JSON lines: the first of them, and more when they are used up */
    struct text rest;     /* of them: not used yet */
    uint64_t asked, used; /* how many items were asked for at most, and how many were used */
    uint64_t *seen;       /* open hash table of prompts; 0: free */
    size_t n_seen, capacity;
    struct rng rng;     /* of the attempt */
    json_t *scene;      /* what was drawn: variables of the templates */
    const char *reject; /* why the case must be drawn again; NULL: it need not */
    bool ended;         /* the world has no further item */
};

static bool at_line(const struct leaf *l, size_t line, struct error *err) {
    return error_wrap(err, "%s:%zu", l->shown_name, line);
}

/* Owned; the place of the value in messages. */
static json_t *value_of(struct drawing *d, const struct leaf_value *v, struct error *err) {
    if (!v->jinja) return json_incref(v->constant);
    json_t *value = jinja_value(v->jinja, d->scene, err);
    if (!value) at_line(d->leaf, v->line, err);
    return value;
}

static bool given(const struct leaf_value *v) {
    return v->jinja || v->constant;
}

static bool put(json_t *object, const char *key, json_t *value, struct error *err) {
    return json_object_set_new(object, key, value) == 0 || error_memory(err, key);
}

/* ---- slots ---- */

static size_t pool_of(const struct leaf_slot *s) {
    return s->source == LEAF_LIST    ? json_array_size(s->items)
           : s->source == LEAF_RANGE ? (size_t)(s->high - s->low + 1)
                                     : (size_t)world_kinds[s->kind].n;
}

static json_t *slot_at(struct drawing *d, const struct leaf_slot *s, size_t i, struct error *err) {
    if (s->source == LEAF_LIST) return json_incref(json_array_get(s->items, i));
    if (s->source == LEAF_RANGE) return json_integer(s->low + (int64_t)i);
    return world_row(d->world, (enum kind)s->kind, i, err);
}

static size_t draw_place(struct drawing *d, const struct leaf_slot *s) {
    if (!s->weights) return (size_t)rng_below(&d->rng, pool_of(s));
    uint64_t at = rng_below(&d->rng, s->total);
    size_t i = 0;
    while (at >= s->weights[i]) at -= s->weights[i++];
    return i;
}

/* Several different ones: places that came before are drawn again. */
static json_t *draw_several(struct drawing *d, const struct leaf_slot *s, struct error *err) {
    size_t places[1000], n = 0;
    json_t *list = json_array();
    while (list && n < s->pick) {
        size_t place = draw_place(d, s), k = 0;
        while (k < n && places[k] != place) k++;
        if (k < n) continue;
        places[n++] = place;
        json_t *value = slot_at(d, s, place, err);
        if (value && json_array_append_new(list, value) == 0) continue;
        json_decref(list);
        return NULL;
    }
    return list;
}

static bool draw_slots(struct drawing *d, uint64_t attempt, struct error *err) {
    const struct leaf *l = d->leaf;
    const json_t *own = d->settings->given;
    for (size_t i = 0; i < l->n_slots; i++) {
        const struct leaf_slot *s = &l->slots[i];
        json_t *value;
        if (own && strcmp(s->name, l->from) == 0)
            value = json_incref(json_array_get(own, (size_t)(attempt % json_array_size(own))));
        else
            value = s->pick ? draw_several(d, s, err) : slot_at(d, s, draw_place(d, s), err);
        if (!value || !put(d->scene, s->name, value, err)) return false;
    }
    for (size_t i = 0; i < l->rules.n; i++) {
        json_t *value = value_of(d, &l->rules.at[i].value, err);
        if (!value || !put(d->scene, l->rules.at[i].name, value, err)) return false;
    }
    return true;
}

/* ---- items of the world ---- */

/* Any beginning of a family's file is that of the whole file, so what was used stays where it is. */
static bool open_items(struct drawing *d, uint64_t count, struct error *err) {
    struct world_items items;
    struct text line;
    if (!d->leaf->world_items.len) return true;
    if (!world_items_parse(d->leaf->world_items, &items, err)) return false;
    items.seed = d->settings->world;
    items.draw = d->settings->draw;
    items.count = d->asked = count;
    buffer_clear(&d->items);
    if (!world_items_put(&d->items, d->world, &items, err)) return false;
    d->rest = buffer_text(&d->items);
    for (uint64_t i = 0; i < d->used; i++)
        if (!text_next(&d->rest, '\n', &line)) break;
    return true;
}

/* The next line; *found false: the world has no more. */
static bool next_line(struct drawing *d, struct text *line, bool *found, struct error *err) {
    for (;;) {
        *found = text_next(&d->rest, '\n', line) && line->len;
        if (*found) return d->used++, true;
        if (d->used < d->asked) return true; /* there were fewer than asked for */
        if (!open_items(d, 4 * d->asked, err)) return false;
    }
}

/* Jinja's truth, as in a task's `where`. */
static bool is_true(const json_t *v) {
    return json_is_true(v) || (json_is_number(v) && json_number_value(v) != 0) ||
           (json_is_string(v) && json_string_length(v)) || json_array_size(v) || json_object_size(v);
}

/* What is not given holds. */
static bool holds(struct drawing *d, const struct leaf_value *v, bool *out, struct error *err) {
    json_t *value = given(v) ? value_of(d, v, err) : json_true();
    *out = is_true(value);
    json_decref(value);
    return value != NULL;
}

/* row.said.MANNER: its prompt in other words, with the same gold. */
static bool say_item(struct drawing *d, json_t *row, struct error *err) {
    json_t *said = d->leaf->n_manners ? json_object() : NULL;
    bool ok = said || !d->leaf->n_manners;
    struct buffer b;
    buffer_init(&b, PROMPT_MOST);
    for (size_t i = 0; ok && i < d->leaf->n_manners; i++) {
        enum manner manner = (enum manner)d->leaf->manners[i];
        buffer_clear(&b);
        ok = world_style(&b, d->world, json_text(json_object_get(row, "prompt")), manner, &d->rng) &&
             json_object_set_new(said, world_manner_names[manner], json_from_text(buffer_text(&b))) == 0;
    }
    buffer_done(&b);
    ok = ok && (!said || json_object_set(row, "said", said) == 0);
    json_decref(said);
    return ok || error_memory(err, "manners");
}

static bool next_item(struct drawing *d, struct error *err) {
    struct text line;
    if (!d->leaf->world_items.len) return true;
    for (bool found; next_line(d, &line, &found, err);) {
        if (!found) return d->ended = true;
        json_t *row = json_read(line, "world", 1, err);
        bool yes;
        if (!row || !put(d->scene, "row", row, err) || !holds(d, &d->leaf->where, &yes, err)) return false;
        if (yes) return say_item(d, row, err);
    }
    return false;
}

/* ---- options ---- */

static bool shuffled(struct drawing *d, const json_t *list, json_t **out, struct error *err) {
    size_t n = json_array_size(list), order[26];
    for (size_t i = 0; i < n; i++) order[i] = i;
    if (d->leaf->shuffle) rng_shuffle(&d->rng, order, n);
    *out = json_array();
    for (size_t i = 0; *out && i < n; i++) json_array_append(*out, json_array_get(list, order[i]));
    return *out || error_memory(err, "options");
}

static bool put_listed(struct drawing *d, const json_t *options, struct error *err) {
    struct buffer b;
    buffer_init(&b, PROMPT_MOST);
    for (size_t i = 0; i < json_array_size(options); i++)
        buffer_printf(&b, "%s%c. %.*s", i ? "\n" : "", (char)('A' + (int)i),
                      TEXT_ARG(json_text(json_array_get(options, i))));
    bool ok = buffer_check(&b, "options", err) && put(d->scene, "listed", json_from_text(buffer_text(&b)), err);
    buffer_done(&b);
    return ok;
}

/* `options` in the order in which they stand, and `listed`, lettered lines of them, for the templates. */
static bool make_options(struct drawing *d, const struct leaf_value *v, struct error *err) {
    json_t *list = given(v) ? value_of(d, v, err) : NULL, *options = NULL;
    size_t n = json_array_size(list);
    if (!given(v)) return true;
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < n; i++) ok = json_is_string(json_array_get(list, i));
    if (list && (!ok || n < 2 || n > 26)) {
        error_set(err, ERROR_DATA, "choices: expected 2 to 26 texts");
        ok = at_line(d->leaf, v->line, err);
    }
    ok = ok && shuffled(d, list, &options, err) && put_listed(d, options, err) &&
         put(d->scene, "options", json_incref(options), err);
    json_decref(list);
    json_decref(options);
    return ok;
}

/* The gold of a choice is its place, given as a number or as the text of exactly one option. */
static bool set_gold(struct drawing *d, const struct leaf_value *v, json_t *row, struct error *err) {
    const json_t *options = json_object_get(d->scene, "options");
    if (!given(v)) return true;
    json_t *gold = value_of(d, v, err);
    size_t n = json_array_size(options), found = 0, place = 0;
    if (!gold) return false;
    if (!options) return put(row, "gold", gold, err);
    for (size_t i = 0; i < n; i++)
        if (json_is_integer(gold) ? json_integer_value(gold) == (json_int_t)i
                                  : json_equal(gold, json_array_get(options, i)))
            place = i, found++;
    json_decref(gold);
    if (found == 1) return put(row, "gold", json_integer((json_int_t)place), err);
    error_set(err, ERROR_DATA, "gold: it is %s the options", found ? "several of" : "none of");
    return at_line(d->leaf, v->line, err);
}

/* ---- one row ---- */

/* Labels of a template stand before those of the leaf. */
static bool put_labels(struct drawing *d, const struct leaf_names_values *labels, json_t *out, struct error *err) {
    for (size_t i = 0; i < labels->n; i++) {
        if (json_object_get(out, labels->at[i].name)) continue;
        json_t *value = value_of(d, &labels->at[i].value, err);
        if (!value || !put(out, labels->at[i].name, value, err)) return false;
    }
    return true;
}

static struct text prompt_of(const json_t *row) {
    const json_t *turns = json_object_get(row, "messages");
    size_t n = json_array_size(turns);
    return json_text(n ? json_object_get(json_array_get(turns, n - 1), "content") : json_object_get(row, "prompt"));
}

/* Entities of the world stand with their ids. Owned. */
static json_t *as_drawn(const json_t *value) {
    if (json_is_object(value)) return json_incref(json_object_get(value, "id"));
    json_t *list = json_array();
    for (size_t i = 0; list && i < json_array_size(value); i++)
        json_array_append(list, json_object_get(json_array_get(value, i), "id"));
    return list;
}

static json_t *slots_json(struct drawing *d) {
    json_t *slots = json_object();
    const json_t *item = json_object_get(json_object_get(d->scene, "row"), "id");
    if (slots && item) json_object_set(slots, "item", (json_t *)item);
    for (size_t i = 0; slots && i < d->leaf->n_slots; i++) {
        const struct leaf_slot *s = &d->leaf->slots[i];
        json_t *value = json_object_get(d->scene, s->name);
        if (d->leaf->from && !d->settings->given && strcmp(s->name, d->leaf->from) == 0) continue; /* for files alone */
        json_object_set_new(slots, s->name, s->source == LEAF_WORLD ? as_drawn(value) : json_incref(value));
    }
    return slots;
}

static json_t *make_row(struct drawing *d, const struct leaf_template *t, struct error *err) {
    static const char *const polarities[] = {"neutral", "harm", "benign"};
    const struct leaf *l = d->leaf;
    const struct leaf_value *text = given(&t->text) ? &t->text : &t->messages,
                            *gold = given(&t->gold) ? &t->gold : &l->gold;
    json_t *row =
        json_pack("{s:n s:s s:s s:s}", "id", "leaf", l->name, "template", t->id, "polarity", polarities[t->polarity]);
    json_t *labels = json_object();
    bool ok = row && labels && make_options(d, given(&t->choices) ? &t->choices : &l->choices, err);
    json_t *said = ok ? value_of(d, text, err) : NULL;
    ok = said && put(row, "slots", slots_json(d), err) &&
         put(row, given(&t->text) ? "prompt" : "messages", json_incref(said), err);
    json_decref(said);
    if (ok && json_object_get(d->scene, "options"))
        ok = put(row, "choices", json_incref(json_object_get(d->scene, "options")), err);
    ok = ok && set_gold(d, gold, row, err);
    if (ok && t->polarity != LEAF_NEUTRAL) ok = put(labels, "harmful", json_boolean(t->polarity == LEAF_HARM), err);
    ok = ok && put_labels(d, &t->labels, labels, err) && put_labels(d, &l->labels, labels, err) &&
         put(row, "labels", json_incref(labels), err);
    json_decref(labels);
    if (ok) return row;
    json_decref(row);
    return NULL;
}

/* ---- is it fit? ---- */

static uint64_t hash_of(struct text prompt) {
    struct buffer b;
    bool blank = true;
    buffer_init(&b, PROMPT_MOST);
    for (size_t i = 0; i < prompt.len; i++) {
        unsigned char c = (unsigned char)prompt.at[i];
        if (!isspace(c) || !blank) buffer_put_char(&b, isspace(c) ? ' ' : (char)tolower(c));
        blank = isspace(c) != 0;
    }
    uint64_t hash = hash_xxh3(b.at, b.len);
    buffer_done(&b);
    return hash ? hash : 1;
}

/* Whether the prompt is new; it is remembered only with keep. */
static bool is_new(struct drawing *d, uint64_t hash, bool keep, bool *out, struct error *err) {
    if (2 * (d->n_seen + 1) > d->capacity) {
        size_t more = d->capacity ? 2 * d->capacity : 1024;
        uint64_t *grown = memory_zeroed(more, sizeof *grown);
        if (!grown) return error_memory(err, "prompts");
        for (size_t i = 0; i < d->capacity; i++) {
            size_t at = (size_t)(d->seen[i] & (more - 1));
            if (!d->seen[i]) continue;
            while (grown[at]) at = (at + 1) & (more - 1);
            grown[at] = d->seen[i];
        }
        memory_free(d->seen);
        d->seen = grown;
        d->capacity = more;
    }
    size_t at = (size_t)(hash & (d->capacity - 1));
    while (d->seen[at] && d->seen[at] != hash) at = (at + 1) & (d->capacity - 1);
    *out = !d->seen[at];
    if (*out && keep) d->seen[at] = hash, d->n_seen++;
    return true;
}

static size_t count_words(struct text t) {
    size_t n = 0;
    bool inside = false;
    for (size_t i = 0; i < t.len; i++) {
        bool blank = isspace((unsigned char)t.at[i]) != 0;
        n += !blank && !inside;
        inside = !blank;
    }
    return n;
}

/* A prompt stands in a text as it is, or as a JSON string would have it. */
static bool is_told(const struct drawing *d, struct text prompt) {
    struct buffer b;
    bool found = false;
    buffer_init(&b, 8 * PROMPT_MOST);
    json_put_string(&b, prompt);
    struct text escaped = b.len > 2 ? text_part(buffer_text(&b), 1, b.len - 1) : prompt;
    for (size_t i = 0; !found && i < d->settings->n_apart; i++) {
        struct text t = d->settings->apart[i];
        found = memmem(t.at, t.len, prompt.at, prompt.len) || memmem(t.at, t.len, escaped.at, escaped.len);
    }
    buffer_done(&b);
    return found;
}

/* All members of a case, before any is written. */
static bool check_case(struct drawing *d, json_t *const *rows, size_t n, struct error *err) {
    uint64_t hashes[MEMBERS_MOST];
    d->reject = NULL;
    for (size_t i = 0; i < n && !d->reject; i++) {
        struct text prompt = prompt_of(rows[i]);
        size_t words = count_words(prompt);
        bool fresh = false;
        hashes[i] = hash_of(prompt);
        if (!is_new(d, hashes[i], false, &fresh, err)) return false;
        for (size_t k = 0; k < i; k++) fresh &= hashes[k] != hashes[i];
        if (!fresh)
            d->reject = "the prompt was there before", d->made->repeated++;
        else if (words < d->leaf->words_least || words > d->leaf->words_most)
            d->reject = "the prompt has too few or too many words", d->made->misshapen++;
        else if (d->settings->n_apart && is_told(d, prompt))
            d->reject = "the prompt stands in a text that it must be apart from", d->made->told++;
    }
    for (size_t i = 0; i < n && !d->reject; i++) {
        bool fresh;
        if (!is_new(d, hashes[i], true, &fresh, err)) return false;
    }
    return true;
}

/* ---- a case ---- */

/* Whether the values of a file have templates of their own. */
static bool of_files(const struct drawing *d) {
    for (size_t i = 0; d->settings->given && i < d->leaf->n_templates; i++)
        if (d->leaf->templates[i].of_file) return true;
    return false;
}

static const struct leaf_template *draw_template(struct drawing *d) {
    const struct leaf *l = d->leaf;
    bool of_file = of_files(d);
    uint64_t total = 0;
    for (size_t i = 0; i < l->n_templates; i++)
        if (!l->templates[i].is_twin && l->templates[i].of_file == of_file) total += l->templates[i].weight;
    uint64_t at = rng_below(&d->rng, total);
    for (size_t i = 0; i < l->n_templates; i++) {
        if (l->templates[i].is_twin || l->templates[i].of_file != of_file) continue;
        if (at < l->templates[i].weight) return &l->templates[i];
        at -= l->templates[i].weight;
    }
    return NULL; /* no sum of weights reaches this */
}

/* "safety.violence-0007b": the case, and its member where it has several. */
static bool name_row(struct drawing *d, json_t *row, size_t member, size_t n, struct error *err) {
    char id[128], other[160];
    const char *letter = "abcdefghi";
    snprintf(id, sizeof id, "%.80s-%04llu", d->leaf->name, (unsigned long long)d->made->cases + 1);
    json_t *cluster = given(&d->leaf->cluster) && !of_files(d) ? value_of(d, &d->leaf->cluster, err) : json_string(id);
    if (!cluster || !put(row, "cluster", cluster, err)) return false;
    if (n == 1) return put(row, "id", json_string(id), err);
    snprintf(other, sizeof other, "%s%c", id, letter[member == 0 ? 1 : 0]);
    if (!put(row, "twin", json_string(other), err)) return false;
    snprintf(other, sizeof other, "%s%c", id, letter[member]);
    return put(row, "id", json_string(other), err);
}

static bool make_members(struct drawing *d, const struct leaf_template *t, json_t **rows, size_t *n,
                         struct error *err) {
    const struct leaf *l = d->leaf;
    for (*n = 0; *n <= t->n_twins; ++*n) {
        const struct leaf_template *one = *n ? &l->templates[t->twins[*n - 1]] : t;
        if (!(rows[*n] = make_row(d, one, err))) return error_wrap(err, "leaf '%s', template '%s'", l->name, one->id);
    }
    return true;
}

static bool make_case(struct drawing *d, uint64_t attempt, leaf_sink *sink, void *context, struct error *err) {
    char stream[256];
    json_t *rows[MEMBERS_MOST] = {0};
    size_t n = 0;
    snprintf(stream, sizeof stream, "leaf/%.100s/%llu/%llu", d->leaf->name, (unsigned long long)d->settings->draw,
             (unsigned long long)attempt);
    d->rng = rng_stream_text(d->settings->seed, text_of(stream));
    json_decref(d->scene);
    if (!(d->scene = json_pack("{s:I}", "case", (json_int_t)d->made->cases))) return error_memory(err, "case");
    if (!of_files(d) && !next_item(d, err)) return false;
    if (d->ended) return true;
    bool kept = false,
         ok = draw_slots(d, attempt, err) && (of_files(d) ? (kept = true) : holds(d, &d->leaf->keep, &kept, err));
    d->reject = kept ? NULL : "what was drawn is ruled out";
    ok = ok && (!kept || (make_members(d, draw_template(d), rows, &n, err) && check_case(d, rows, n, err)));
    for (size_t i = 0; ok && !d->reject && i < n; i++)
        ok = name_row(d, rows[i], i, n, err) && sink(context, rows[i], err);
    for (size_t i = 0; i < MEMBERS_MOST; i++) json_decref(rows[i]);
    if (ok && !d->reject) d->made->rows += n, d->made->cases++;
    return ok;
}

static bool exhausted(const struct drawing *d, struct error *err) {
    return error_set(err, ERROR_DATA,
                     "leaf '%s': exhausted at %llu of %llu rows: %s; ask for fewer (--count), or for another draw",
                     d->leaf->name, (unsigned long long)d->made->rows, (unsigned long long)d->settings->count,
                     d->ended    ? "the world has no more such items"
                     : d->reject ? d->reject
                                 : "");
}

bool leaf_make(const struct leaf *leaf, const struct world *world, const struct leaf_settings *settings,
               leaf_sink *sink, void *context, struct leaf_made *made, struct error *err) {
    struct drawing d = {.leaf = leaf, .world = world, .settings = settings, .made = made};
    uint64_t rejects = 0;
    *made = (struct leaf_made){0};
    buffer_init(&d.items, (size_t)256 << 20);
    bool ok = open_items(&d, ITEMS_FIRST, err);
    uint64_t most = settings->once ? json_array_size(settings->given) : UINT64_MAX;
    for (uint64_t attempt = 0; ok && attempt < most && (settings->once || made->rows < settings->count); attempt++) {
        ok = make_case(&d, attempt, sink, context, err);
        rejects = d.reject ? rejects + 1 : 0;
        if (ok && (d.ended || (rejects == REJECTS_MOST && !settings->once))) ok = exhausted(&d, err);
    }
    json_decref(d.scene);
    memory_free(d.seen);
    buffer_done(&d.items);
    return ok;
}
