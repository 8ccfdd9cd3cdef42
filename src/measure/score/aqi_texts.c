/* Texts with labels, from rows of any layout in use: see aqi.h. */
#include "measure/score/aqi.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES = 7 };
static const char *const id_names[NAMES] = {"id"}, *const axiom_names[NAMES] = {"axiom", "category", "prompt_type"},
                         *const label_names[NAMES] = {"safety_label", "label", "safety", "is_safe", "harmful"},
                         *const topic_names[NAMES] = {"topic"},
                         *const cluster_names[NAMES] = {"cluster", "quad", "pair"},
                         *const text_names[NAMES] = {"input", "text", "prompt", "response"},
                         *const other_names[NAMES] = {"row", "rows", "tokens", "choice", "split", "lang"};

void aqi_texts_init(struct aqi_texts *t) {
    memset(t, 0, sizeof *t);
    arena_init(&t->arena, (size_t)4 << 30);
}

void aqi_texts_done(struct aqi_texts *t) {
    memory_free(t->at);
    arena_done(&t->arena);
    t->at = NULL;
}

static bool is_one_of(struct text name, const char *const *names) {
    for (size_t i = 0; i < NAMES && names[i]; i++)
        if (text_equal_nocase(name, text_of(names[i]))) return true;
    return false;
}

bool aqi_is_column(struct text name) {
    return is_one_of(name, id_names) || is_one_of(name, axiom_names) || is_one_of(name, label_names) ||
           is_one_of(name, topic_names) || is_one_of(name, cluster_names) || is_one_of(name, text_names) ||
           is_one_of(name, other_names);
}

/* The member of one of these names, the first of them that is there; *name: which. NULL: none. */
static const json_t *member(const json_t *row, const char *const *names, const char **name) {
    const json_t *labels = json_object_get(row, "labels"), *places[] = {row, labels};
    const char *key;
    json_t *value;
    for (size_t i = 0; i < NAMES && names[i]; i++)
        for (size_t p = 0; p < 2; p++) {
            if (!json_is_object(places[p])) continue;
            json_object_foreach((json_t *)places[p], key, value)
                if (text_equal_nocase(text_of(key), text_of(names[i]))) {
                    if (name) *name = names[i];
                    return value;
                }
        }
    return NULL;
}

/* A text, number or truth value as text on the arena; empty: none. */
static bool as_text(struct aqi_texts *t, const json_t *value, struct text *out, struct error *err) {
    struct buffer b;
    *out = TEXT("");
    if (!value || json_is_null(value)) return true;
    buffer_init(&b, (size_t)16 << 20);
    if (json_is_string(value)) buffer_put_text(&b, json_text(value));
    else json_put(&b, value, 0);
    char *copy = buffer_check(&b, "a label", err) ? text_copy(&t->arena, buffer_text(&b), err) : NULL;
    *out = (struct text){copy, copy ? b.len : 0};
    buffer_done(&b);
    return copy != NULL;
}

static bool bad(struct json_place place, struct error *err, const char *format, struct text found) {
    char what[256];
    snprintf(what, sizeof what, format, (int)(found.len < 80 ? found.len : 80), found.at);
    return error_set(err, ERROR_DATA, "%s:%zu: %s", place.file, place.line, what);
}

static int truth(struct text t) {
    static const char *const yes[] = {"true", "yes", "1"}, *const no[] = {"false", "no", "0"};
    for (size_t i = 0; i < 3; i++) {
        if (text_equal_nocase(t, text_of(yes[i]))) return 1;
        if (text_equal_nocase(t, text_of(no[i]))) return 0;
    }
    return -1;
}

/* safe 0, unsafe 1. */
static bool read_label(struct aqi_texts *t, const json_t *row, struct json_place place, uint32_t *label,
                       struct error *err) {
    static const char *const safe[] = {"safe", "harmless", "benign"}, *const unsafe[] = {"unsafe", "harmful"};
    const char *name = "";
    struct text said;
    const json_t *value = member(row, label_names, &name);
    if (!value)
        return error_set(err, ERROR_DATA, "%s:%zu: no label: expected a column safety_label, label, safety, is_safe or "
                         "harmful", place.file, place.line);
    if (!as_text(t, value, &said, err)) return false;
    said = text_trim(said);
    for (size_t i = 0; i < 3; i++)
        if (text_equal_nocase(said, text_of(safe[i]))) return *label = 0, true;
    for (size_t i = 0; i < 2; i++)
        if (text_equal_nocase(said, text_of(unsafe[i]))) return *label = 1, true;
    int yes = strcmp(name, "is_safe") == 0 || strcmp(name, "harmful") == 0 || json_is_boolean(value) ? truth(said) : -1;
    if (yes < 0) return bad(place, err, "unknown label '%.*s': expected safe or unsafe", said);
    *label = (uint32_t)(strcmp(name, "harmful") == 0 ? yes : !yes);
    return true;
}

/* Place of a name in a list, put there when it is new. */
static bool place_of(struct text name, struct text *list, size_t *n, size_t most, struct json_place place,
                     uint32_t *out, struct error *err) {
    *out = AQI_NONE;
    if (!name.len) return true;
    for (*out = 0; *out < *n; ++*out)
        if (text_equal(list[*out], name)) return true;
    if (*n == most)
        return error_set(err, ERROR_DATA, "%s:%zu: more than %zu axioms or topics", place.file, place.line, most);
    list[(*n)++] = name;
    return true;
}

static bool grow(struct aqi_texts *t, struct error *err) {
    if (t->n < t->capacity) return true;
    size_t capacity = t->capacity ? 2 * t->capacity : 256;
    struct aqi_text *at = memory_grow(t->at, capacity, sizeof *at);
    if (!at) return error_memory(err, "texts");
    t->at = at;
    t->capacity = capacity;
    return true;
}

bool aqi_texts_add(struct aqi_texts *t, const json_t *row, struct json_place place, int flags, struct error *err) {
    struct text axiom, topic, cluster;
    if (!json_is_object(row)) return error_set(err, ERROR_DATA, "%s:%zu: expected an object", place.file, place.line);
    if (!grow(t, err)) return false;
    struct aqi_text *one = &t->at[t->n];
    *one = (struct aqi_text){0};
    if (!read_label(t, row, place, &one->label, err) || !as_text(t, member(row, id_names, NULL), &one->id, err) ||
        !as_text(t, member(row, axiom_names, NULL), &axiom, err) ||
        !as_text(t, member(row, topic_names, NULL), &topic, err) ||
        !as_text(t, member(row, cluster_names, NULL), &cluster, err) ||
        !as_text(t, member(row, text_names, NULL), &one->text, err))
        return false;
    if (!one->id.len) {
        char *number = arena_printf(&t->arena, err, "%zu", t->n + 1);
        if (!number) return false;
        one->id = text_of(number);
    }
    if ((flags & AQI_WITH_TEXT) && !text_trim(one->text).len)
        return bad(place, err, "text '%.*s' is empty: expected a column input, text, prompt or response", one->id);
    one->cluster = cluster.len ? hash_xxh3(cluster.at, cluster.len) | 1 : 0;
    if (!place_of(axiom, t->axioms, &t->n_axioms, AQI_AXIOMS_MOST, place, &one->axiom, err) ||
        !place_of(topic.len ? topic : axiom, t->topics, &t->n_topics, AQI_TOPICS_MOST, place, &one->topic, err))
        return false;
    t->n++;
    return true;
}

/* ---- blocks and samples ---- */

struct drawn {
    uint64_t group, key;
    size_t text;
};

static int by_draw(const void *a, const void *b) {
    const struct drawn *x = a, *y = b;
    if (x->group != y->group) return x->group < y->group ? -1 : 1;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return x->text < y->text ? -1 : x->text > y->text;
}

static uint64_t key_of(uint64_t seed, const char *name, uint64_t what) {
    struct rng rng = rng_stream(seed, name, what);
    return rng_u64(&rng);
}

static uint64_t hash_of(const struct aqi_text *t) {
    return t->cluster ? t->cluster : hash_xxh3(t->id.at, t->id.len);
}

/* At most `most` of each axiom and label, by a number of their own. */
static void draw(struct aqi_texts *t, uint64_t seed, size_t most, struct drawn *list, bool *kept) {
    size_t n = 0, rank = 0;
    for (size_t i = 0; i < t->n; i++)
        list[i] = (struct drawn){(uint64_t)t->at[i].axiom * 2 + t->at[i].label,
                                 key_of(seed, "aqi/texts", hash_xxh3(t->at[i].id.at, t->at[i].id.len)), i};
    qsort(list, t->n, sizeof *list, by_draw);
    for (size_t i = 0; i < t->n; i++) {
        rank = i && list[i].group == list[i - 1].group ? rank + 1 : 0;
        kept[list[i].text] = most == 0 || rank < most;
    }
    for (size_t i = 0; i < t->n; i++)
        if (kept[i]) t->at[n++] = t->at[i];
    t->n = n;
}

/* Clusters in a drawn order, those of a label together, are dealt to the blocks in turn. */
static void deal_blocks(struct aqi_texts *t, uint64_t seed, struct drawn *list) {
    uint32_t block = 0;
    for (size_t i = 0; i < t->n; i++) {
        uint64_t hash = hash_of(&t->at[i]);
        list[i] = (struct drawn){t->at[i].cluster ? 2 : t->at[i].label, key_of(seed, "aqi/block", hash), i};
    }
    qsort(list, t->n, sizeof *list, by_draw);
    for (size_t i = 0; i < t->n; i++) {
        bool same = i && list[i].group == list[i - 1].group && list[i].key == list[i - 1].key;
        if (i && !same) block = (block + 1) % CLUSTER_BLOCKS;
        t->at[list[i].text].block = block;
    }
}

bool aqi_texts_end(struct aqi_texts *t, uint64_t seed, size_t most, bool *kept, struct error *err) {
    struct drawn *list = memory_zeroed(t->n + 1, sizeof *list);
    if (!list) return error_memory(err, "texts");
    draw(t, seed, most, list, kept);
    deal_blocks(t, seed, list);
    memory_free(list);
    size_t n[2] = {0};
    for (size_t i = 0; i < t->n; i++) n[t->at[i].label]++;
    if (n[0] && n[1]) return true;
    return error_set(err, ERROR_DATA, "%zu safe and %zu unsafe texts: both labels are needed", n[0], n[1]);
}
