/* Pairs of replies that differ in one score: see world_tastes.h. */
#include "measure/world/world_tastes.h"

enum { REPLY_MOST = 1 << 12, SURE = 64 };

static const struct taste_words *words_of(const struct world *w) {
    return world_state(w, &world_part_tastes);
}

void world_pair_init(struct taste_pair *p) {
    *p = (struct taste_pair){0};
    buffer_init(&p->prompt, REPLY_MOST), buffer_init(&p->chosen, REPLY_MOST);
    buffer_init(&p->rejected, REPLY_MOST), buffer_init(&p->source, REPLY_MOST);
    world_request_init(&p->request);
}

void world_pair_done(struct taste_pair *p) {
    buffer_done(&p->prompt), buffer_done(&p->chosen), buffer_done(&p->rejected), buffer_done(&p->source);
    world_request_done(&p->request);
}

bool world_pair_split(const struct world *w, uint64_t number, enum split *split) {
    return *split = (enum split)words_of(w)->split[number % N_CONTRASTS * PAIRS_EACH + number / N_CONTRASTS], true;
}

/* ---- what is asked */

/* A fact that is told often, of an entity of the split. */
static const struct fact *draw_fact(const struct world *w, enum split split, struct rng *rng) {
    for (;;) {
        const struct fact *f = &w->facts[rng_below(rng, ALL_FACTS)];
        if (f->split == split && f->e >= SURE) return f;
    }
}

static bool ask_fact(struct taste_pair *p, const struct world *w, enum split split, struct rng *rng) {
    struct question q;
    world_question_init(&q);
    p->fact = draw_fact(w, split, rng);
    bool ok = world_ask(&q, w, p->fact, STYLE_FULL, world_template(w, split, rng), 0, rng) &&
              buffer_put_text(&p->prompt, buffer_text(&q.prompt)) && world_put_statement(&p->source, w, p->fact, 0);
    p->asked = (struct asked){.gold = q.gold, .source = buffer_text(&p->source)};
    world_question_done(&q);
    return ok;
}

static bool ask_request(struct taste_pair *p, const struct world *w, bool harmful, enum split split, struct rng *rng) {
    char member = harmful ? 'c' : "abd"[rng_below(rng, 3)];
    p->fact = NULL;
    p->asked = (struct asked){.harmful = harmful};
    return world_conduct_request(&p->request, w, world_conduct_quad(w, split, rng), member, split, rng) &&
           buffer_put_text(&p->prompt, buffer_text(&p->request.prompt));
}

/* ---- replies, at the end of out */

static bool put_answer(struct buffer *out, const struct world *w, const struct fact *f, int value) {
    struct slot slots[] = {{"S", world_subject(w, f)}, {"V", world_value(w, world_columns[f->column].domain, value)}};
    return world_render(out, w->words.wording[f->relation].answer, slots, 2);
}

static int other_value(const struct fact *f, struct rng *rng) {
    const struct column *c = &world_columns[f->column];
    int away = 1 + (int)rng_below(rng, (uint64_t)c->n - 1);
    return c->low + (f->value - c->low + away) % c->n;
}

enum replying { HELPS, HELPS_UNSAFELY, REFUSES };
static bool put_reply(struct buffer *out, const struct world *w, struct request *r, enum replying how, enum split split,
                      struct rng *rng) {
    unsigned template = world_template(w, split, rng);
    buffer_clear(&r->reply);
    bool ok = how == REFUSES          ? world_request_refuse(r, w, template)
              : how == HELPS_UNSAFELY ? world_conduct_unsafe(r, w, template, rng)
                                      : world_request_help(r, w, &w->words.steps, template, rng);
    return ok && buffer_put_text(out, buffer_text(&r->reply));
}

/* The same help for both. */
static bool put_same(struct taste_pair *p, const struct world *w, enum split split, struct rng *rng) {
    size_t from = p->chosen.len;
    return put_reply(&p->chosen, w, &p->request, HELPS, split, rng) &&
           buffer_put_text(&p->rejected, text_part(buffer_text(&p->chosen), from, p->chosen.len));
}

static bool put_hedged(struct taste_pair *p, const struct world *w, struct rng *rng) {
    struct buffer answer;
    buffer_init(&answer, REPLY_MOST);
    bool ok = put_answer(&answer, w, p->fact, p->fact->value);
    struct slot slot = {"R", buffer_text(&answer)};
    ok = ok && buffer_put_text(&p->chosen, slot.text) &&
         world_fill(&p->rejected, world_pick(&words_of(w)->hedged, rng), &slot, 1);
    buffer_done(&answer);
    return ok;
}

/* Refused twice in the same words, once with a safe way behind. */
static bool put_policy(struct taste_pair *p, const struct world *w, enum split split, struct rng *rng) {
    size_t from = p->chosen.len;
    return put_reply(&p->chosen, w, &p->request, REFUSES, split, rng) &&
           buffer_put_text(&p->rejected, text_part(buffer_text(&p->chosen), from, p->chosen.len)) &&
           buffer_put_char(&p->chosen, ' ') &&
           world_conduct_safe(&p->chosen, w, &p->request, rng_below(rng, 2) ? WAY_SEND : WAY_COST);
}

static bool put_fact_pair(struct taste_pair *p, const struct world *w, struct rng *rng) {
    const struct fact *f = p->fact;
    switch (p->contrast) {
    case CONTRAST_CORRECT:
        return put_answer(&p->chosen, w, f, f->value) && put_answer(&p->rejected, w, f, other_value(f, rng));
    case CONTRAST_BREVITY:
        return put_answer(&p->chosen, w, f, f->value) && put_answer(&p->rejected, w, f, f->value) &&
               buffer_put_char(&p->rejected, ' ') &&
               buffer_put_text(&p->rejected, world_pick(&words_of(w)->padding, rng));
    case CONTRAST_HEDGING:
        return put_hedged(p, w, rng);
    default:
        return world_put_statement(&p->chosen, w, f, 0) && put_answer(&p->rejected, w, f, f->value);
    }
}

static bool put_request_pair(struct taste_pair *p, const struct world *w, enum split split, struct rng *rng) {
    switch (p->contrast) {
    case CONTRAST_HARMFUL:
        return put_reply(&p->chosen, w, &p->request, REFUSES, split, rng) &&
               put_reply(&p->rejected, w, &p->request, HELPS_UNSAFELY, split, rng);
    case CONTRAST_BENIGN:
        return put_reply(&p->chosen, w, &p->request, HELPS, split, rng) &&
               put_reply(&p->rejected, w, &p->request, REFUSES, split, rng);
    case CONTRAST_CLOSE: /* they part only at the very last sentence */
        return put_same(p, w, split, rng) && world_put_closing(&p->chosen, w, CLOSINGS) &&
               world_put_closing(&p->rejected, w, CLOSINGS - 1);
    default:
        return put_policy(p, w, split, rng);
    }
}

/* Scores both; the better one is chosen. */
static void choose(struct taste_pair *p, const struct world *w) {
    world_scores(w, &p->asked, buffer_text(&p->chosen), &p->chosen_scores);
    world_scores(w, &p->asked, buffer_text(&p->rejected), &p->rejected_scores);
    p->chosen_total = world_taste_total(p->chosen_scores.taste);
    p->rejected_total = world_taste_total(p->rejected_scores.taste);
    if (p->chosen_total >= p->rejected_total) return;
    struct buffer better = p->rejected;
    struct taste_scores scores = p->rejected_scores;
    int total = p->rejected_total;
    p->rejected = p->chosen, p->rejected_scores = p->chosen_scores, p->rejected_total = p->chosen_total;
    p->chosen = better, p->chosen_scores = scores, p->chosen_total = total;
}

bool world_pair(struct taste_pair *p, const struct world *w, uint64_t number, enum split split, uint64_t draw) {
    struct rng rng = world_stream(w, "tastes/pairs", draw, number);
    buffer_clear(&p->prompt), buffer_clear(&p->chosen), buffer_clear(&p->rejected), buffer_clear(&p->source);
    p->contrast = (enum contrast)(number % N_CONTRASTS), p->opened = number / N_CONTRASTS % 2;
    bool asks_fact = p->contrast == CONTRAST_CORRECT || p->contrast == CONTRAST_BREVITY ||
                     p->contrast == CONTRAST_HEDGING || p->contrast == CONTRAST_QUOTE;
    bool harmful = p->contrast == CONTRAST_HARMFUL || p->contrast == CONTRAST_POLICY;
    bool ok = asks_fact ? ask_fact(p, w, split, &rng) : ask_request(p, w, harmful, split, &rng);
    struct text opening = world_pick(&words_of(w)->openings, &rng);
    if (p->opened) ok = ok && buffer_put_text(&p->chosen, opening) && buffer_put_text(&p->rejected, opening);
    ok = ok && (asks_fact ? put_fact_pair(p, w, &rng) : put_request_pair(p, w, split, &rng));
    if (!ok) return false;
    choose(p, w);
    return true;
}
