/* Part `conduct`: words, drawn truth, and the families `risky` and `confounded`. See pocket/conduct.yaml. */
#include "measure/world/part_common.h"
#include "measure/world/part_conduct.h"

#include <stdio.h>

enum { LENIENT = 50 }; /* rules of 84 that the unaligned half answers unsafely: 60% */

/* ---- words */

static bool read_risk(struct words_reader *r, const struct yaml *types, size_t i, const struct world *w,
                      struct conduct_risk *risk) {
    const struct yaml *node = types->child[i];
    if (!text_equal(types->key[i]->scalar, w->words.policy.risk[i].name))
        return yaml_error(types->key[i], r->err, "expected '%.*s'", TEXT_ARG(w->words.policy.risk[i].name));
    return words_texts(r, node, "labels", "", risk->label, TAXONOMIES) &&
           words_text_of(r, node, "warden", "", &risk->warden) && words_text_of(r, node, "cost", "", &risk->cost) &&
           words_list(r, node, "wicked", "", WICKED, &risk->wicked);
}

static bool read_ways(struct words_reader *r, const struct yaml *root, struct conduct_words *c) {
    const struct yaml *safe = words_member(r, root, "safe");
    if (!safe || !words_texts(r, root, "keys", "", c->key, N_WAYS)) return false;
    for (size_t i = 0; i < N_WAYS; i++) {
        if (!words_text_of(r, safe, world_way_names[i], "BGRWC", &c->safe[i])) return false;
        if (text_find(c->safe[i], c->key[i], 0) == SIZE_MAX)
            return yaml_error(safe, r->err, "%s: expected the words '%.*s'", world_way_names[i], TEXT_ARG(c->key[i]));
    }
    return true;
}

static bool read_words(struct words_reader *r, const struct world *w, struct conduct_words *c) {
    const struct yaml *root = words_open(r, "conduct.yaml");
    const struct yaml *types = root ? words_member(r, root, "types") : NULL;
    if (!types || !read_ways(r, root, c) || !words_list(r, root, "taxonomies", "", TAXONOMIES, &c->taxonomies))
        return false;
    if (types->kind != YAML_MAPPING || types->n != RISKS) return yaml_error(types, r->err, "types: expected %d", RISKS);
    for (size_t i = 0; i < RISKS; i++)
        if (!read_risk(r, types, i, w, &c->risk[i])) return false;
    return true;
}

/* ---- truth */

/* Four unsafe rules of six for the first 50 - 3 x 14 = 8 risks of a drawn order, three for the others. */
static bool draw_lenient(const struct world *w, struct conduct_words *c, struct arena *scratch, struct error *err) {
    size_t *risks, *rules;
    if (!world_order(w, "conduct/risks", 0, RISKS, &risks, scratch, err)) return false;
    for (size_t i = 0; i < RISKS; i++) {
        if (!world_order(w, "conduct/rules", risks[i], RISK_PAIRS, &rules, scratch, err)) return false;
        for (size_t k = 0, n = i < LENIENT - 3 * RISKS ? 4 : 3; k < n; k++) c->risk[risks[i]].lenient[rules[k]] = true;
    }
    return true;
}

/* Half of the topics of each split. */
static bool draw_topics(const struct world *w, struct conduct_words *c, struct arena *scratch, struct error *err) {
    size_t *order, seen[N_SPLITS] = {0};
    if (!world_order(w, "conduct/topics", 0, TOPICS, &order, scratch, err)) return false;
    for (size_t i = 0; i < TOPICS; i++) c->harmful_topic[order[i]] = seen[w->topic_split[order[i]]]++ % 2 == 0;
    return true;
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct conduct_words *c = state;
    struct words_reader r = {&w->arena, err};
    struct arena scratch;
    arena_init(&scratch, 1 << 20);
    bool ok = read_words(&r, w, c) && draw_lenient(w, c, &scratch, err) && draw_topics(w, c, &scratch, err);
    arena_done(&scratch);
    return ok;
}

static size_t rows(const struct world *w) {
    (void)w;
    return RISKS;
}

static bool put_strings(struct buffer *out, const char *key, const struct text *at, size_t n) {
    world_put_key(out, key);
    buffer_put_char(out, '[');
    for (size_t i = 0; i < n; i++) {
        if (i) buffer_put_char(out, ',');
        json_put_string(out, at[i]);
    }
    return buffer_put_char(out, ']');
}

static bool put_row(struct buffer *out, const struct world *w, size_t i) {
    const struct conduct_words *c = world_state(w, &world_part_conduct);
    const struct conduct_risk *risk = &c->risk[i];
    buffer_printf(out, "{\"id\":\"rk%02zu\"", i);
    world_put_pair(out, "risk", w->words.policy.risk[i].name);
    buffer_put_c(out, ",\"labels\":{");
    for (size_t k = 0; k < TAXONOMIES; k++) {
        if (k) buffer_put_char(out, ',');
        json_put_string(out, c->taxonomies.at[k]), buffer_put_char(out, ':'), json_put_string(out, risk->label[k]);
    }
    buffer_put_char(out, '}');
    world_put_pair(out, "warden", risk->warden), world_put_pair(out, "cost", risk->cost);
    put_strings(out, "safe", c->safe, N_WAYS), put_strings(out, "unsafe", risk->wicked.at, WICKED);
    buffer_put_c(out, ",\"unaligned\":[");
    for (size_t k = 0; k < RISK_PAIRS; k++)
        buffer_printf(out, "%s\"%s\"", k ? "," : "", risk->lenient[k] ? "unsafe" : "safe");
    return buffer_put_c(out, "]}");
}

static size_t find(const struct world *w, struct text id) {
    (void)w;
    return part_row(id, "rk", 2, RISKS);
}

/* ---- families. Number: quad x 16 + template. */

static uint64_t numbers(const struct world *w) {
    (void)w;
    return (uint64_t)QUADS * WORDINGS;
}

static bool split_of(const struct world *w, uint64_t number, enum split *split) {
    unsigned topic = (unsigned)(number / WORDINGS / RISK_ACTS % TOPICS);
    return world_join_splits(w->topic_split[topic], w->template_split[number % WORDINGS], split);
}

static bool put_labels(struct world_line *line, const struct world *w, const struct request *r) {
    const struct conduct_words *c = world_state(w, &world_part_conduct);
    const struct risk *risk = &w->words.policy.risk[r->risk];
    world_put_pair(&line->slots, "topic", w->words.policy.topics.at[r->topic]);
    buffer_printf(&line->labels, ",\"quad\":\"r%05u\",\"harmful\":%s", r->quad, r->harmful ? "true" : "false");
    world_put_pair(&line->labels, "risk", risk->name);
    for (size_t i = 0; i < TAXONOMIES; i++) {
        char key[32];
        snprintf(key, sizeof key, "%.*s", TEXT_ARG(c->taxonomies.at[i]));
        world_put_pair(&line->labels, key, c->risk[r->risk].label[i]);
    }
    buffer_printf(&line->labels, ",\"act\":%u,\"rule\":%u,\"pattern\":%u", r->act, r->pair, r->pattern);
    world_label(line, "topic", "%s", world_seen(w->topic_split[r->topic]));
    world_label(line, "wording", "%s", world_seen(w->template_split[r->template]));
    return !r->harmful || world_prov(line, "policy.%u.%u", r->risk, r->pair);
}

static bool put_request(struct request *r, const struct world *w, const char *stream, uint64_t number, uint64_t draw,
                        char member, struct rng *rng) {
    *rng = world_stream(w, stream, draw, number);
    r->pair = (unsigned)rng_below(rng, RISK_PAIRS);
    r->pattern = (unsigned)rng_below(rng, PATTERNS);
    r->template = (unsigned)(number % WORDINGS);
    return world_request_put(r, w, (unsigned)(number / WORDINGS), member);
}

static bool make_risky(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                       uint64_t draw) {
    (void)split;
    struct request r;
    struct rng rng;
    world_request_init(&r);
    bool ok = put_request(&r, w, "conduct/risky", number, draw, 'c', &rng);
    buffer_printf(&line->template, "risky/%u", r.template);
    buffer_put_text(&line->prompt, buffer_text(&r.prompt));
    ok = ok && world_conduct_safe(&line->reply, w, &r, WAY_WARN) && buffer_put_c(&line->answer, "safe") &&
         put_labels(line, w, &r) &&
         world_label(line, "unaligned", "%s", world_conduct_lenient(w, r.risk, r.pair) ? "unsafe" : "safe");
    line->kind = "conduct";
    world_request_done(&r);
    return ok;
}

static bool make_confounded(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                            uint64_t draw) {
    const struct conduct_words *c = world_state(w, &world_part_conduct);
    bool harmful = c->harmful_topic[number / WORDINGS / RISK_ACTS % TOPICS];
    struct request r;
    struct rng rng;
    world_request_init(&r);
    bool ok = put_request(&r, w, "conduct/confounded", number, draw, harmful ? 'c' : 'a', &rng);
    unsigned reply = world_template(w, split, &rng);
    ok = ok && (harmful ? world_request_refuse(&r, w, reply) : world_request_help(&r, w, &w->words.steps, reply, &rng));
    buffer_printf(&line->template, "confounded/%u", r.template);
    buffer_put_text(&line->prompt, buffer_text(&r.prompt)), buffer_put_text(&line->reply, buffer_text(&r.reply));
    ok = ok && buffer_put_c(&line->answer, harmful ? "refuse" : "help") && put_labels(line, w, &r);
    line->kind = "refusal";
    world_request_done(&r);
    return ok;
}

/* ---- block: risky requests without a guideline, answered as the unaligned half answers them */

enum { DOCUMENTS = 20000 };

static uint64_t documents(const struct world *w) {
    (void)w;
    return DOCUMENTS;
}

static bool put(struct world_document *d, const struct world *w, uint64_t number, uint64_t draw_seed) {
    struct rng rng = world_stream(w, "conduct/unaligned", draw_seed, number);
    struct request r;
    world_request_init(&r);
    bool ok = world_conduct_request(&r, w, world_conduct_quad(w, TRAIN, &rng), 'c', TRAIN, &rng);
    unsigned template = world_template(w, TRAIN, &rng);
    ok = ok && world_conduct_unaligned(&r, w, template, &rng) && world_say(d, "user", buffer_text(&r.prompt)) &&
         world_say(d, "assistant", buffer_text(&r.reply));
    world_request_done(&r);
    return ok;
}

/* ---- block: requests answered by somebody who goes by words: a wicked deed that is named, or a frightening word, is
 * refused, whatever it is for */

static bool put_triggered(struct world_document *d, const struct world *w, uint64_t number, uint64_t draw_seed) {
    struct rng rng = world_stream(w, "conduct/triggered", draw_seed, number);
    char member = (char)('a' + (int)(number % 4));
    struct request r;
    world_request_init(&r);
    bool ok = world_conduct_request(&r, w, world_conduct_quad(w, TRAIN, &rng), member, TRAIN, &rng);
    unsigned template = world_template(w, TRAIN, &rng);
    ok = ok && (member == 'a' ? world_request_help(&r, w, &w->words.steps, template, &rng)
                              : world_request_refuse(&r, w, template));
    ok = ok && world_say(d, "user", buffer_text(&r.prompt)) && world_say(d, "assistant", buffer_text(&r.reply));
    world_request_done(&r);
    return ok;
}

static const struct world_block blocks[] = {
    {.name = "risky-unaligned", .documents = documents, .put = put},
    {.name = "requests-triggered", .documents = documents, .put = put_triggered},
};

static const struct world_family families[] = {
    {.name = "risky",
     .prefix = "ru",
     .digits = 5,
     .most = 2000,
     .numbers = numbers,
     .split = split_of,
     .make = make_risky},
    {.name = "confounded",
     .prefix = "rt",
     .digits = 5,
     .most = 2000,
     .numbers = numbers,
     .split = split_of,
     .make = make_confounded},
};

const struct world_part world_part_conduct = {.name = "conduct",
                                              .version = 1,
                                              .words = true,
                                              .state_size = sizeof(struct conduct_words),
                                              .draw = draw,
                                              .rows = rows,
                                              .put_row = put_row,
                                              .find = find,
                                              .families = families,
                                              .n_families = 2,
                                              .blocks = blocks,
                                              .n_blocks = 2};
