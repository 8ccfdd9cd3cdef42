/* Dimensions of dynamic tests from files of the user, in the shapes of TrustGen: a taxonomy of harm, topics that sound
 * harmful, considerations of people who make AI, descriptions of pictures. The order is drawn from the seed; a teacher
 * may write requests in the place of templates, which nobody checks: their gate says so. */
#include "measure/data/make_dynamic.h"

#include "base/rng.h"

#include <string.h>

enum { FILE_MOST = 64 << 20, TOPICS_MOST = 4096 };

struct topic {
    struct text head, name, description, op, template;
    bool harmful;
};
struct topics {
    struct dynamic *d;
    const char *path;
    json_t *file; /* owned */
    struct topic *at;
    size_t n;
};

static bool bad(const struct topics *t, struct error *err, const char *what) {
    return error_set(err, ERROR_DATA, "%s: %s", t->path, what);
}

static bool open_file(struct topics *t, struct error *err) {
    t->path = t->d->job->settings->from[0];
    t->at = arena_new(&t->d->job->kept, struct topic, TOPICS_MOST, err);
    return t->at && (t->file = json_read_file(t->path, FILE_MOST, err));
}

static bool add(struct topics *t, struct topic topic, struct error *err) {
    if (t->n == TOPICS_MOST) return bad(t, err, "more than 4096 cases");
    t->at[t->n++] = topic;
    return true;
}

/* ---- putting them ---- */

/* A template of rules/dynamic.yaml, one of a list by the seed. */
static struct text template_of(const struct dynamic *d, const char *key, uint64_t number) {
    const struct yaml *node = yaml_get(d->words, key);
    if (!node) return TEXT("");
    if (node->kind == YAML_SCALAR) return node->scalar;
    struct rng rng = rng_stream(d->seed, key, number);
    return node->child[rng_below(&rng, node->n)]->scalar;
}

/* The prompt with an opening, and behind what is no list of options a closing. NULL: err. */
static const char *said(struct dynamic *d, const char *prompt, bool closes, struct error *err) {
    struct text opening = template_of(d, "openings", d->number), closing = template_of(d, "closings", d->number);
    if (!prompt) return NULL;
    if (!closes) return arena_printf(&d->job->batch, err, "%.*s %s", TEXT_ARG(opening), prompt);
    return arena_printf(&d->job->batch, err, "%.*s %s %.*s", TEXT_ARG(opening), prompt, TEXT_ARG(closing));
}

/* The order is drawn; --count takes the first. */
static bool order_of(const struct topics *t, size_t **order, size_t *n, struct error *err) {
    struct rng rng = rng_stream(t->d->seed, t->d->dimension, 0);
    *n = t->d->count && t->d->count < t->n ? (size_t)t->d->count : t->n;
    if (!(*order = arena_new(&t->d->job->kept, size_t, t->n + 1, err))) return false;
    for (size_t i = 0; i < t->n; i++) (*order)[i] = i;
    rng_shuffle(&rng, *order, t->n);
    return true;
}

static bool put_request(struct topics *t, const struct topic *topic, const char *prompt, const char *gate,
                        struct error *err) {
    json_t *row =
        json_pack("{s:s s:s s:{s:b s:o s:o} s:{s:s s:s}}", "prompt", prompt, "format", "none", "labels", "harmful",
                  topic->harmful, "head", json_from_text(topic->head), "topic", json_from_text(topic->name), "gate",
                  "status", gate, "by", topic->harmful ? "file" : "template");
    char op[32];
    snprintf(op, sizeof op, "%.*s", (int)(topic->op.len < 31 ? topic->op.len : 31), topic->op.at);
    char *parent = arena_printf(&t->d->job->batch, err, "%.*s/%.*s", TEXT_ARG(topic->head), TEXT_ARG(topic->name));
    if (!parent) return json_decref(row), false;
    return dynamic_put(t->d, row, text_of(parent), op, err);
}

/* What the teacher writes of the topics of `order`, in one batch. */
static bool teach(struct topics *t, const size_t *order, size_t n, const char *key, struct text *out,
                  struct error *err) {
    const struct yaml *words = yaml_get(t->d->words, "teacher"), *node = words ? yaml_get(words, key) : NULL;
    struct text *ids = arena_new(&t->d->job->batch, struct text, n + 1, err),
                *prompts = arena_new(&t->d->job->batch, struct text, n + 1, err);
    if (!ids || !prompts) return false;
    if (!node) return error_set(err, ERROR_USAGE, "--teacher: dynamic/%s has nothing to write", t->d->dimension);
    for (size_t i = 0; i < n; i++) {
        const struct topic *topic = &t->at[order[i]];
        const char *prompt = dynamic_fill(t->d, node->scalar, topic->name, topic->head, topic->description, err);
        if (!prompt) return false;
        ids[i] = topic->name;
        prompts[i] = text_of(prompt);
    }
    return make_ask(t->d->job, ids, prompts, n, out, err);
}

static bool put_topics(struct topics *t, const char *key, struct error *err) {
    size_t *order, n;
    struct text *written;
    bool taught = t->d->job->settings->teacher != NULL;
    if (!order_of(t, &order, &n, err) || !(written = arena_new(&t->d->job->kept, struct text, n + 1, err)))
        return false;
    if (taught && !teach(t, order, n, key, written, err)) return false;
    for (size_t i = 0; i < n; i++) {
        const struct topic *topic = &t->at[order[i]];
        struct text reply = text_trim(written[i]);
        if (taught && !reply.len) continue;
        const char *prompt = taught ? text_copy(&t->d->job->batch, reply, err)
                                    : dynamic_fill(t->d, topic->template, topic->name, topic->head, TEXT(""), err);
        if (!taught) prompt = said(t->d, prompt, true, err);
        if (!prompt || !put_request(t, topic, prompt, taught ? "unchecked" : "pass", err)) return false;
    }
    t->d->job->result->used = t->d->job->result->read;
    return true;
}

/* ---- {head: [topic]} ---- */

static bool read_heads(struct topics *t, const json_t *heads, bool harmful, struct error *err) {
    const char *head;
    json_t *list, *one;
    size_t i;
    if (!json_is_object(heads) || !json_object_size(heads)) return bad(t, err, "expected {head: [topic, ...]}");
    json_object_foreach((json_t *)heads, head, list) {
        if (!json_is_array(list)) return bad(t, err, "expected a list of topics under each head");
        json_array_foreach(list, i, one) {
            if (!text_trim(json_text(one)).len) return bad(t, err, "a topic that is no text");
            t->d->job->result->read++;
            if (!add(t, (struct topic){.head = text_of(head), .name = json_text(one), .harmful = harmful}, err))
                return false;
        }
    }
    return true;
}

bool dynamic_taxonomy(struct dynamic *d, struct error *err) {
    struct topics t = {.d = d};
    bool ok = open_file(&t, err) && read_heads(&t, t.file, true, err);
    for (size_t i = 0; i < t.n; i++) {
        t.at[i].op = TEXT("request");
        t.at[i].template = template_of(d, "safety", i);
    }
    ok = ok && put_topics(&t, "safety", err);
    json_decref(t.file);
    return ok;
}

/* Each topic with each kind of harmless question; with a teacher, with each kind that the file describes. */
static bool cross(struct topics *t, struct error *err) {
    const json_t *kinds = json_object_get(t->file, "over_refusal_categories"), *one;
    const struct yaml *frames = yaml_get(t->d->words, "over_refusal");
    size_t topics = t->n, i;
    struct topic *base = arena_new(&t->d->job->kept, struct topic, topics + 1, err);
    if (!base) return false;
    if (!json_array_size(kinds)) return bad(t, err, "expected 'over_refusal_categories', a list of texts");
    memcpy(base, t->at, topics * sizeof *base);
    t->n = 0;
    t->d->job->result->read += json_array_size(kinds);
    json_array_foreach(kinds, i, one) if (!json_is_string(one)) return bad(t, err, "a category that is no text");
    for (size_t k = 0; k < topics; k++) {
        if (t->d->job->settings->teacher) {
            json_array_foreach(kinds, i, one) {
                base[k].op = TEXT("written"), base[k].description = json_text(one);
                if (!add(t, base[k], err)) return false;
            }
            continue;
        }
        for (i = 0; frames && i < frames->n; i++) {
            base[k].op = frames->key[i]->scalar, base[k].template = frames->child[i]->scalar;
            if (!add(t, base[k], err)) return false;
        }
    }
    return true;
}

bool dynamic_sounding(struct dynamic *d, struct error *err) {
    struct topics t = {.d = d};
    bool ok = open_file(&t, err) && read_heads(&t, json_object_get(t.file, "word_categories"), false, err) &&
              cross(&t, err) && put_topics(&t, "over_refusal", err);
    json_decref(t.file);
    return ok;
}

/* ---- {consideration: {description}} ---- */

static struct text ai_risk(const struct dynamic *d, const char *key) {
    const struct yaml *words = yaml_get(d->words, "ai_risk"), *node = words ? yaml_get(words, key) : NULL;
    return node ? node->scalar : TEXT("");
}

static bool put_dilemma(struct topics *t, const struct topic *c, size_t place, struct error *err) {
    struct dynamic *d = t->d;
    const char *scenario = dynamic_fill(d, ai_risk(d, "scenario"), c->name, TEXT(""), c->description, err);
    const char *human = scenario ? dynamic_fill(d, ai_risk(d, "human"), c->name, TEXT(""), TEXT(""), err) : NULL;
    const char *other = human ? dynamic_fill(d, ai_risk(d, "other"), c->name, TEXT(""), TEXT(""), err) : NULL;
    if (!other) return false;
    size_t right = place % 2;
    const char *a = right ? other : human, *b = right ? human : other;
    const char *prompt = arena_printf(&d->job->batch, err, "%s\nA. %s\nB. %s", scenario, a, b);
    prompt = said(d, prompt, false, err);
    if (!prompt) return false;
    json_t *row =
        json_pack("{s:s s:s s:[s s] s:I s:o s:{s:o} s:{s:s s:s}}", "prompt", prompt, "format", "multiple_choice",
                  "choices", a, b, "gold", (json_int_t)right, "truth", json_sprintf("%c. %s", right ? 'B' : 'A', human),
                  "labels", "consideration", json_from_text(c->name), "gate", "status", "pass", "by", "template");
    d->job->result->used++;
    return dynamic_put(d, row, c->name, "dilemma", err);
}

bool dynamic_considerations(struct dynamic *d, struct error *err) {
    struct topics t = {.d = d};
    const char *name;
    json_t *value;
    size_t *order, n = 0;
    bool ok = open_file(&t, err);
    if (ok && d->job->settings->teacher)
        ok = error_set(err, ERROR_USAGE, "--teacher: dynamic/ai-risk writes by template");
    if (ok && !json_object_size(t.file)) ok = bad(&t, err, "expected {consideration: {description}}");
    json_object_foreach(t.file, name, value) {
        struct text description = json_text(json_object_get(value, "description"));
        d->job->result->read += ok;
        if (ok && !description.len) ok = bad(&t, err, "a consideration without a text 'description'");
        ok = ok && add(&t, (struct topic){.name = text_of(name), .description = description}, err);
    }
    ok = ok && order_of(&t, &order, &n, err);
    for (size_t i = 0; ok && i < n; i++) ok = put_dilemma(&t, &t.at[order[i]], i, err);
    json_decref(t.file);
    return ok;
}

/* ---- [{fined_grained_aspect, image_description}] ---- */

static bool put_picture(struct topics *t, const struct topic *c, size_t at, struct error *err) {
    const char *prompt = dynamic_fill(t->d, template_of(t->d, "t2i", 0), TEXT(""), TEXT(""), c->description, err);
    prompt = said(t->d, prompt, true, err);
    char parent[32];
    if (!prompt) return false;
    snprintf(parent, sizeof parent, "description-%zu", at + 1);
    json_t *row = json_pack("{s:s s:s s:o s:{s:o} s:{s:s s:s}}", "prompt", prompt, "format", "none", "description",
                            json_from_text(c->description), "labels", "aspect", json_from_text(c->name), "gate",
                            "status", "pass", "by", "file");
    t->d->job->result->used++;
    return dynamic_put(t->d, row, text_of(parent), "picture", err);
}

bool dynamic_descriptions(struct dynamic *d, struct error *err) {
    struct topics t = {.d = d};
    json_t *row;
    size_t i, *order, n = 0;
    bool ok = open_file(&t, err);
    if (ok && d->job->settings->teacher)
        ok = error_set(err, ERROR_USAGE, "--teacher: dynamic/t2i has nothing to write");
    if (ok && !json_array_size(t.file)) ok = bad(&t, err, "expected [{fined_grained_aspect, image_description}, ...]");
    json_array_foreach(t.file, i, row) {
        struct text description = json_text(json_object_get(row, "image_description"));
        d->job->result->read += ok;
        if (ok && !description.len) {
            ok = error_set(err, ERROR_DATA, "%s: entry %zu: expected a text 'image_description'", t.path, i + 1);
            break;
        }
        struct topic c = {.name = json_text(json_object_get(row, "fined_grained_aspect")), .description = description};
        ok = ok && add(&t, c, err);
    }
    ok = ok && order_of(&t, &order, &n, err);
    for (size_t k = 0; ok && k < n; k++) ok = put_picture(&t, &t.at[order[k]], order[k], err);
    json_decref(t.file);
    return ok;
}
