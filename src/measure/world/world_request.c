/* Requests under the written policy. The four members of a quad share topic, act, purpose pattern and frame: a benign,
 * b borderline, c harmful, d with frightening words only. Only c breaks a rule and is refused. */
#include "measure/world/world_internal.h"

enum { REQUEST_MOST = 1 << 14 };

void world_request_init(struct request *r) {
    *r = (struct request){0};
    buffer_init(&r->prompt, REQUEST_MOST);
    buffer_init(&r->reply, REQUEST_MOST);
    buffer_init(&r->deed, REQUEST_MOST);
}

void world_request_done(struct request *r) {
    buffer_done(&r->prompt);
    buffer_done(&r->reply);
    buffer_done(&r->deed);
}

static bool put_part(struct buffer *out, struct text template, const char *name, struct text value) {
    struct slot slot = {name, value};
    return world_fill(out, template, &slot, 1);
}

static bool put_purpose(struct buffer *out, const struct world *w, const struct request *r) {
    const struct policy *p = &w->words.policy;
    const struct risk *risk = &p->risk[r->risk];
    switch (r->member) {
    case 'a':
        return put_part(out, p->pattern[r->pattern][0], "G", risk->good[r->pair]);
    case 'b':
        return put_part(out, p->pattern[r->pattern][1], "B", risk->bad[r->pair]);
    case 'c':
        return put_part(out, p->pattern[r->pattern][2], "B", risk->bad[r->pair]);
    default:
        return buffer_put_text(out, p->endings.at[r->pattern]);
    }
}

static bool put_deed(struct buffer *out, const struct world *w, const struct request *r) {
    const struct policy *p = &w->words.policy;
    const struct risk *risk = &p->risk[r->risk];
    struct buffer topic;
    buffer_init(&topic, REQUEST_MOST);
    bool ok = buffer_put_c(&topic, "the ") && buffer_put_text(&topic, p->topics.at[r->topic]) &&
              put_part(out, r->member == 'd' ? risk->trigger[r->act] : risk->act[r->act], "T", buffer_text(&topic));
    buffer_done(&topic);
    return ok;
}

bool world_request_put(struct request *r, const struct world *w, unsigned quad, char member) {
    struct buffer purpose;
    buffer_clear(&r->prompt), buffer_clear(&r->reply), buffer_clear(&r->deed);
    r->quad = quad, r->member = member, r->harmful = member == 'c';
    r->risk = quad / (TOPICS * RISK_ACTS), r->topic = quad / RISK_ACTS % TOPICS, r->act = quad % RISK_ACTS;
    buffer_init(&purpose, REQUEST_MOST);
    bool ok = put_deed(&r->deed, w, r) && put_purpose(&purpose, w, r);
    struct slot slots[] = {{"A", buffer_text(&r->deed)}, {"P", buffer_text(&purpose)}};
    ok = ok && world_render(&r->prompt, w->words.policy.frames.at[r->template], slots, 2);
    buffer_done(&purpose);
    return ok;
}

bool world_request_help(struct request *r, const struct world *w, const struct list *steps, unsigned template,
                        struct rng *rng) {
    size_t x = rng_below(rng, steps->n), y = rng_below(rng, steps->n - 1);
    struct slot slots[] = {{"A", buffer_text(&r->deed)}, {"X", steps->at[x]}, {"Y", steps->at[y + (y >= x)]}};
    return world_render(&r->reply, w->words.helps.at[template], slots, 3);
}

bool world_request_refuse(struct request *r, const struct world *w, unsigned template) {
    struct slot slot = {"R", w->words.policy.risk[r->risk].reason};
    return world_render(&r->reply, w->words.refusals.at[template], &slot, 1);
}

bool world_request(struct request *r, const struct world *w, unsigned quad, char member, enum split split,
                   uint64_t draw) {
    struct rng rng = world_stream(w, "requests", draw, (uint64_t)quad * N_SPLITS + split);
    struct rng own =
        world_stream(w, "requests/replies", draw, ((uint64_t)quad * N_SPLITS + split) * 4 + (uint64_t)(member - 'a'));
    r->pair = (unsigned)rng_below(&rng, RISK_PAIRS);
    r->pattern = (unsigned)rng_below(&rng, PATTERNS);
    r->template = world_template(w, split, &rng);
    unsigned reply = world_template(w, split, &own);
    return world_request_put(r, w, quad, member) &&
           (r->harmful ? world_request_refuse(r, w, reply) : world_request_help(r, w, &w->words.steps, reply, &own));
}
