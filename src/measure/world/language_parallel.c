/* The block `parallel`: p1 as it stands in pre-training. Of eight documents three tell facts in p1, two put English and
 * p1 side by side, two ask and answer in p1 (entities and wordings for training), and one is about requests, deeds and
 * the words for yes and no. Only facts of the core and those with 128 statements are told. */
#include "measure/world/language.h"

enum { DOCUMENTS = 30000, SORTS = 8, TOLD = 4, PAIRS = 2, ASKED = 3 };

static uint64_t documents(const struct world *w) {
    (void)w;
    return DOCUMENTS;
}

struct writing {
    struct buffer *out;
    const struct world *w;
    const struct languages *l;
    struct rng rng;
};

static bool put_both(struct writing *g, const struct meaning *m) {
    return buffer_put_c(g->out, g->out->len ? "\nen: " : "en: ") && meaning_render(g->out, g->l, LANGUAGE_EN, m) &&
           buffer_put_c(g->out, "\np1: ") && meaning_render(g->out, g->l, LANGUAGE_P1, m);
}

/* The facts come in their drawn order, round and round, each time in another wording. */
static bool put_told(struct writing *g, uint64_t number, bool both) {
    for (size_t i = 0, n = both ? PAIRS : TOLD; i < n; i++) {
        struct meaning_box box = {0};
        const struct fact *f = &g->w->facts[g->l->told[(number * n + i) % g->l->n_told]];
        const struct meaning *m = mean_statement(&box, g->l, f, (unsigned)rng_below(&g->rng, 1 + PARAPHRASES));
        if (both ? !put_both(g, m)
                 : (i && !buffer_put_char(g->out, ' ')) || !meaning_render(g->out, g->l, LANGUAGE_P1, m))
            return false;
    }
    return true;
}

static bool put_asked(struct writing *g, uint64_t number) {
    for (size_t i = 0; i < ASKED; i++) {
        struct meaning_box box = {0};
        const struct fact *f = &g->w->facts[g->l->told[(number * ASKED + i) % g->l->n_asked]];
        struct question q = {.style = STYLE_SHORT, .template = world_template(g->w, TRAIN, &g->rng)};
        const struct meaning *question = mean_ask(&box, g->w, g->l, f, &q)->part[0];
        struct text value = g->l->of[LANGUAGE_P1].valued[f->column][f->value - world_columns[f->column].low];
        if ((i && !buffer_put_char(g->out, '\n')) || !meaning_render(g->out, g->l, LANGUAGE_P1, question) ||
            !buffer_printf(g->out, " %.*s.", TEXT_ARG(value)))
            return false;
    }
    return true;
}

static bool put_request(struct writing *g, uint64_t draw) {
    struct meaning_box box = {0};
    struct request r;
    unsigned quad;
    do quad = (unsigned)rng_below(&g->rng, QUADS);
    while (g->w->topic_split[quad / RISK_ACTS % TOPICS] != TRAIN);
    world_request_init(&r);
    bool ok = world_request(&r, g->w, quad, (char)('a' + (int)rng_below(&g->rng, 4)), TRAIN, draw) &&
              put_both(g, mean_request(&box, g->l, &r));
    world_request_done(&r);
    return ok;
}

static bool put_deed(struct writing *g) {
    struct meaning_box box = {0};
    unsigned pair;
    do pair = (unsigned)rng_below(&g->rng, RISKS * RISK_PAIRS);
    while (g->l->deed_split[pair] != TRAIN);
    unsigned bad = (unsigned)rng_below(&g->rng, 2);
    size_t person = rng_below(&g->rng, world_kinds[PERSON].n);
    struct meaning verdict = meaning_rule(g->l, RULE_VERDICT, NO_GROUP, bad);
    return meaning_render(g->out, g->l, LANGUAGE_P1,
                          mean_judge(&box, g->l, pair / RISK_PAIRS, pair % RISK_PAIRS * 2 + bad, person,
                                     world_template(g->w, TRAIN, &g->rng))) &&
           buffer_put_char(g->out, ' ') && meaning_render(g->out, g->l, LANGUAGE_P1, &verdict);
}

static bool put_markers(struct writing *g) {
    for (size_t sort = 0; sort < MARKERS; sort++) {
        size_t n = g->l->marker[sort + 1] - g->l->marker[sort];
        struct meaning m =
            meaning_rule(g->l, RULE_MARKER, NO_GROUP, (unsigned)(g->l->marker[sort] + rng_below(&g->rng, n)));
        if (!put_both(g, &m)) return false;
    }
    return true;
}

static bool put(struct world_document *document, const struct world *w, uint64_t number, uint64_t draw) {
    struct writing g = {&document->text, w, world_languages(w), world_stream(w, "languages/parallel", draw, number)};
    switch (number % SORTS) {
    case 0:
    case 1:
    case 2:
        return put_told(&g, number / SORTS * 3 + number % SORTS, false);
    case 3:
    case 4:
        return put_told(&g, number / SORTS * 2 + number % SORTS - 3, true);
    case 5:
    case 6:
        return put_asked(&g, number / SORTS * 2 + number % SORTS - 5);
    default:
        break;
    }
    uint64_t about = number / SORTS % SORTS;
    return about == 0 ? put_markers(&g) : about % 2 ? put_request(&g, draw) : put_deed(&g);
}

const struct world_block world_block_parallel = {.name = "parallel", .documents = documents, .put = put};
