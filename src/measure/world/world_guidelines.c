/* Blocks of guidelines in front of requests: families `guided` and `guide-pick`, block `guidelines`. */
#include "measure/world/world_guidelines.h"

enum { BLOCK_MOST = 1 << 12, DOCUMENTS = 12000 };

static const struct guideline_words *words_of(const struct world *w) {
    return world_state(w, &world_part_guidelines);
}

/* A guideline that does not fit the risk: a distractor in a third of the draws, else a true one of another risk. */
static size_t draw_other(unsigned risk, struct rng *rng) {
    if (rng_below(rng, 3) == 0) return TRUE_GUIDES + NEAR_GUIDES + rng_below(rng, DISTRACTORS);
    size_t other = rng_below(rng, RISKS - 1);
    return (other + (other >= risk)) * N_WAYS + rng_below(rng, N_WAYS);
}

void world_guide_draw(size_t *guide, size_t n, size_t fits, unsigned risk, struct rng *rng) {
    size_t place = fits == SIZE_MAX ? n : rng_below(rng, n);
    for (size_t i = 0; i < n; i++) {
        if (i == place) {
            guide[i] = fits;
            continue;
        }
        for (bool fresh = false; !fresh;) {
            guide[i] = draw_other(risk, rng);
            fresh = true;
            for (size_t k = 0; k < i; k++) fresh = fresh && guide[k] != guide[i];
        }
    }
}

bool world_guide_block(struct buffer *out, const struct world *w, const size_t *guide, size_t n, struct text request) {
    struct buffer lines;
    buffer_init(&lines, BLOCK_MOST);
    for (size_t i = 0; i < n; i++) {
        if (i) buffer_put_char(&lines, ' ');
        buffer_put_text(&lines, world_guide(w, guide[i])->text);
    }
    struct slot slots[] = {{"G", buffer_text(&lines)}, {"Q", request}};
    bool ok = !lines.failed && world_fill(out, words_of(w)->block, slots, 2);
    buffer_done(&lines);
    return ok;
}

/* ---- family guided. Number: (quad x 4 + way) x 2 + member; member a is harmful, b its benign twin. */

static uint64_t guided_numbers(const struct world *w) {
    (void)w;
    return (uint64_t)QUADS * N_WAYS * 2;
}

static bool guided_split(const struct world *w, uint64_t number, enum split *split) {
    return *split = (enum split)w->topic_split[number / (N_WAYS * 2) / RISK_ACTS % TOPICS], true;
}

static bool put_labels(struct world_line *line, const struct world *w, const struct request *r, size_t fits) {
    const struct guide *g = world_guide(w, fits);
    buffer_printf(&line->labels, ",\"quad\":\"r%05u\",\"harmful\":%s,\"rule\":%u", r->quad,
                  r->harmful ? "true" : "false", r->pair);
    world_put_pair(&line->labels, "risk", w->words.policy.risk[r->risk].name);
    world_put_pair(&line->labels, "way", text_of(world_way_names[g->of % N_WAYS]));
    world_put_pair(&line->slots, "topic", w->words.policy.topics.at[r->topic]);
    return world_label(line, "guideline", "%s", g->words ? "near" : "true") && world_prov(line, "gu%03zu", fits);
}

/* For tests one half of the guidelines is known from training, the other a near-duplicate. */
static size_t draw_fitting(size_t guide, enum split split, struct rng *rng) {
    bool near = (split == TEST || split == HELD_OUT) && rng_below(rng, 2);
    return near ? TRUE_GUIDES + guide * NEAR + rng_below(rng, NEAR) : guide;
}

static bool make_guided(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                        uint64_t draw) {
    struct rng rng = world_stream(w, "guidelines/guided", draw, number / 2); /* the twins share it */
    unsigned quad = (unsigned)(number / (N_WAYS * 2)), risk = quad / (TOPICS * RISK_ACTS);
    size_t guide[MOST_BLOCK], way = number / 2 % N_WAYS, fits = draw_fitting(risk * N_WAYS + way, split, &rng);
    size_t n = 1 + rng_below(&rng, 3);
    struct request r;
    world_request_init(&r);
    world_guide_draw(guide, n, fits, risk, &rng);
    bool ok = world_conduct_request(&r, w, quad, number % 2 ? 'a' : 'c', split, &rng) &&
              world_guide_block(&line->prompt, w, guide, n, buffer_text(&r.prompt));
    if (ok && r.harmful) ok = world_conduct_safe(&line->reply, w, &r, (enum way)way);
    if (ok && !r.harmful)
        ok = world_request_help(&r, w, &w->words.steps, world_template(w, split, &rng), &rng) &&
             buffer_put_text(&line->reply, buffer_text(&r.reply));
    buffer_printf(&line->template, "guided/%u", r.template);
    buffer_put_c(&line->answer, r.harmful ? world_way_names[way] : "help");
    line->kind = "conduct";
    ok = ok && put_labels(line, w, &r, fits) && buffer_printf(&line->labels, ",\"guidelines\":%zu", n);
    world_request_done(&r);
    return ok;
}

/* ---- family guide-pick. Number: quad x 16 + wording. */

static uint64_t pick_numbers(const struct world *w) {
    (void)w;
    return (uint64_t)QUADS * WORDINGS;
}

static bool pick_split(const struct world *w, uint64_t number, enum split *split) {
    return world_join_splits(w->topic_split[number / WORDINGS / RISK_ACTS % TOPICS],
                             w->template_split[number % WORDINGS], split);
}

static bool put_pick(struct world_line *line, const struct world *w, unsigned wording, struct text request) {
    struct buffer options;
    buffer_init(&options, BLOCK_MOST);
    bool ok = world_put_options(&options, line->option, line->n_options);
    struct slot slots[] = {{"Q", request}, {"O", buffer_text(&options)}};
    ok = ok && world_render(&line->prompt, words_of(w)->pick.at[wording], slots, 2);
    buffer_done(&options);
    return ok;
}

static bool make_pick(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                      uint64_t draw) {
    enum { OPTIONS = 5 };
    struct rng rng = world_stream(w, "guidelines/pick", draw, number);
    unsigned quad = (unsigned)(number / WORDINGS), wording = (unsigned)(number % WORDINGS);
    unsigned risk = quad / (TOPICS * RISK_ACTS);
    size_t guide[OPTIONS], fits = draw_fitting(risk * N_WAYS + rng_below(&rng, N_WAYS), split, &rng);
    struct request r;
    world_request_init(&r);
    world_guide_draw(guide, OPTIONS, fits, risk, &rng);
    line->n_options = OPTIONS;
    for (size_t i = 0; i < OPTIONS; i++) {
        line->option[i] = world_guide(w, guide[i])->text;
        if (guide[i] == fits) line->right = i;
    }
    bool ok = world_conduct_request(&r, w, quad, 'c', split, &rng) &&
              put_pick(line, w, wording, buffer_text(&r.prompt)) &&
              buffer_printf(&line->reply, "ANS: %c", (char)('A' + (int)line->right)) && put_labels(line, w, &r, fits);
    buffer_printf(&line->template, "guide-pick/%u", wording);
    world_request_done(&r);
    return ok;
}

const struct world_family world_guideline_families[2] = {
    {.name = "guided",
     .prefix = "gd",
     .digits = 5,
     .members = 2,
     .most = 2000,
     .numbers = guided_numbers,
     .split = guided_split,
     .make = make_guided},
    {.name = "guide-pick",
     .prefix = "gp",
     .digits = 5,
     .most = 2000,
     .numbers = pick_numbers,
     .split = pick_split,
     .make = make_pick},
};

/* ---- block. Of twenty documents twelve have a harmful request and a guideline that fits, five another request, three
 * a harmful request and guidelines that do not fit. */

static uint64_t documents(const struct world *w) {
    (void)w;
    return DOCUMENTS;
}

static bool put(struct world_document *d, const struct world *w, uint64_t number, uint64_t draw) {
    struct rng rng = world_stream(w, "guidelines/block", draw, number);
    unsigned of_twenty = (unsigned)(number % 20), quad = world_conduct_quad(w, TRAIN, &rng);
    unsigned risk = quad / (TOPICS * RISK_ACTS);
    bool harmful = of_twenty < 12 || of_twenty >= 17, fit = of_twenty < 17;
    char member = harmful ? 'c' : "abd"[rng_below(&rng, 3)];
    size_t guide[MOST_BLOCK], n = 1 + rng_below(&rng, 3), way = number / 20 % N_WAYS;
    struct request r;
    struct buffer prompt;
    world_request_init(&r), buffer_init(&prompt, BLOCK_MOST);
    world_guide_draw(guide, n, fit ? risk * N_WAYS + way : SIZE_MAX, risk, &rng);
    bool ok = world_conduct_request(&r, w, quad, member, TRAIN, &rng) &&
              world_guide_block(&prompt, w, guide, n, buffer_text(&r.prompt));
    unsigned template = world_template(w, TRAIN, &rng);
    ok = ok && (harmful && fit ? world_conduct_safe(&r.reply, w, &r, (enum way)way)
                               : world_conduct_unaligned(&r, w, template, &rng));
    ok = ok && world_say(d, "user", buffer_text(&prompt)) && world_say(d, "assistant", buffer_text(&r.reply));
    world_request_done(&r), buffer_done(&prompt);
    return ok;
}

const struct world_block world_block_guidelines = {.name = "guidelines", .documents = documents, .put = put};
