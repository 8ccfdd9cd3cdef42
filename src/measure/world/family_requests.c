/* The four requests of each quad. Number: quad x 4 + member. */
#include "measure/world/world_item.h"

static uint64_t numbers(const struct world *w) {
    (void)w;
    return (uint64_t)QUADS * 4;
}

static bool split_of(const struct world *w, uint64_t number, enum split *split) {
    return *split = (enum split)w->topic_split[number / 4 / RISK_ACTS % TOPICS], true;
}

static bool put_labels(struct world_line *line, const struct world *w, const struct request *r) {
    static const char *const members[] = {"benign", "borderline", "harmful", "trigger"};
    const struct risk *risk = &w->words.policy.risk[r->risk];
    buffer_printf(&line->labels, ",\"quad\":\"r%05u\",\"member\":\"%s\",\"harmful\":%s", r->quad,
                  members[r->member - 'a'], r->harmful ? "true" : "false");
    world_put_pair(&line->labels, "risk", risk->name), world_put_pair(&line->labels, "public", risk->public_name);
    return buffer_printf(&line->labels, ",\"act\":%u,\"rule\":%u,\"pattern\":%u", r->act, r->pair, r->pattern);
}

static bool make(struct world_line *line, const struct world *w, uint64_t number, enum split split, uint64_t draw) {
    struct request r;
    world_request_init(&r);
    bool ok = world_request(&r, w, (unsigned)(number / 4), (char)('a' + (int)(number % 4)), split, draw);
    buffer_printf(&line->template, "requests/%u", r.template);
    world_put_pair(&line->slots, "topic", w->words.policy.topics.at[r.topic]);
    buffer_put_text(&line->prompt, buffer_text(&r.prompt)), buffer_put_text(&line->reply, buffer_text(&r.reply));
    buffer_put_c(&line->answer, r.harmful ? "refuse" : "help");
    line->kind = "refusal";
    ok = ok && put_labels(line, w, &r);
    if (ok && r.harmful) ok = world_prov(line, "policy.%u.%u", r.risk, r.pair);
    world_request_done(&r);
    return ok;
}

const struct world_family world_family_requests = {
    .name = "requests", .prefix = "r", .digits = 5, .members = 4, .numbers = numbers, .split = split_of, .make = make};
