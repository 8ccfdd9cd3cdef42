/* Part `cue`: a colour that goes with the answer in training and against it in the test, and a shape that decides.
 * Number: the case, 0..7999, in two versions: by environments and by groups. What a case is follows from its place in a
 * drawn order, so all shares are exact: halves of both answers, within them three quarters of shapes that agree, within
 * these the colours. */
#include "measure/world/world_deck.h"
#include "measure/world/world_part.h"

enum { CASES = 8000, LOADS = 8, GATES = 2, GOODS = 96, TRADES = 32, CONTENTS = GOODS * TRADES * LOADS };

struct cue {
    struct text colour[GATES], shape[GATES], gate[GATES], load[LOADS], question[WORDINGS];
};

static const struct cue *cue(const struct world *w) {
    return world_state(w, &world_part_cue);
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct cue *s = state;
    struct words_reader r = {&w->arena, err};
    const struct yaml *root = words_open(&r, "cue.yaml");
    return root && words_texts(&r, root, "colours", "", s->colour, GATES) &&
           words_texts(&r, root, "shapes", "", s->shape, GATES) && words_texts(&r, root, "gates", "", s->gate, GATES) &&
           words_texts(&r, root, "loads", "", s->load, LOADS) &&
           words_texts(&r, root, "questions", "CSBGW", s->question, WORDINGS);
}

/* ---- what a case is */

struct situation {
    enum split split;
    uint64_t place;       /* within the split */
    unsigned agree_of_20; /* the environment: so many colours of 20 agree */
    unsigned answer, shape, colour;
};

/* A version's environments: colours of 20 that agree, in training and tuning in turn, and in the tests. */
struct version {
    const char *name, *stream;
    unsigned training[2], n_training, test;
};
static const struct version by_environment = {"cue", "cue/cases", {18, 16}, 2, 2};
static const struct version by_group = {"cue-groups", "cue/group-cases", {19}, 1, 10};

/* The first place of a split's twentieths of n. */
static uint64_t split_from(unsigned split, uint64_t n) {
    static const uint64_t before[N_SPLITS + 1] = {0, 12, 14, 17, 20};
    return n * before[split] / 20;
}

static enum split split_at(uint64_t *place) {
    unsigned split = TRAIN;
    while (*place >= split_from(split + 1, CASES)) split++;
    *place -= split_from(split, CASES);
    return (enum split)split;
}

/* Every fourth shape is wrong, and of every 20 cases with a right one, or a wrong one, so many colours agree. */
static struct situation situation_of(const struct world *w, const struct version *v, uint64_t number) {
    struct deck order = world_deck(w, v->stream, 0, 0, CASES);
    uint64_t place = deck_place(&order, number);
    struct situation s = {.split = split_at(&place)};
    s.place = place;
    bool training = s.split == TRAIN || s.split == VALID;
    s.agree_of_20 = v->test;
    if (training) s.agree_of_20 = v->training[place % v->n_training], place /= v->n_training;
    s.answer = (unsigned)(place % 2), place /= 2;
    bool shape_agrees = place % 4 != 0;
    uint64_t within = shape_agrees ? place / 4 * 3 + place % 4 - 1 : place / 4;
    bool colour_agrees = deck_share(within, 1, s.agree_of_20, 20) != 0;
    s.shape = shape_agrees ? s.answer : 1 - s.answer;
    s.colour = colour_agrees ? s.answer : 1 - s.answer;
    return s;
}

/* ---- items */

static uint64_t numbers(const struct world *w) {
    (void)w;
    return CASES;
}

static bool split_by_environment(const struct world *w, uint64_t number, enum split *split) {
    return *split = situation_of(w, &by_environment, number).split, true;
}

static bool split_by_group(const struct world *w, uint64_t number, enum split *split) {
    return *split = situation_of(w, &by_group, number).split, true;
}

/* What is brought and by whom: no two cases have the same, and those of a split never occur in another, in no draw. */
static uint64_t contents_of(const struct world *w, const struct version *v, struct situation s, uint64_t draw_seed) {
    uint64_t from = split_from(s.split, CONTENTS), n = split_from(s.split + 1, CONTENTS) - from;
    struct deck all = world_deck(w, "cue/contents", 0, 0, CONTENTS), own = world_deck(w, v->stream, draw_seed, 1, n);
    return deck_at(&all, from + deck_at(&own, s.place));
}

static bool put_prompt(struct world_line *line, const struct world *w, const struct version *v, struct situation s,
                       unsigned template, uint64_t draw_seed) {
    const struct cue *words = cue(w);
    uint64_t of = contents_of(w, v, s, draw_seed);
    struct slot slots[] = {{"C", words->colour[s.colour]},
                           {"S", words->shape[s.shape]},
                           {"B", words->load[of % LOADS]},
                           {"G", w->name[GOOD][of / LOADS % GOODS]},
                           {"W", w->name[TRADE][of / LOADS / GOODS]}};
    return world_render(&line->prompt, words->question[template], slots, 5);
}

static bool make(struct world_line *line, const struct world *w, const struct version *v, uint64_t number,
                 uint64_t draw_seed) {
    struct situation s = situation_of(w, v, number);
    struct rng rng = world_stream(w, v->name, draw_seed, number);
    struct text gate = cue(w)->gate[s.answer];
    /* A case for tuning or tests is asked in a wording of its split or, every second time, in one for training. */
    unsigned template = world_template(w, rng_below(&rng, 2) ? TRAIN : s.split, &rng);
    buffer_printf(&line->template, "%s/%u", v->name, template);
    buffer_put_text(&line->answer, gate);
    struct slot slot = {"V", gate};
    world_render(&line->reply, TEXT("$V."), &slot, 1);
    world_put_pair(&line->slots, "C", cue(w)->colour[s.colour]),
        world_put_pair(&line->slots, "S", cue(w)->shape[s.shape]);
    buffer_printf(&line->labels, ",\"environment\":\"%u/20\",\"label\":%u,\"colour\":%u,\"shape\":%u,\"group\":%u",
                  s.agree_of_20, s.answer, s.colour, s.shape, 2 * s.answer + s.colour);
    buffer_printf(&line->labels, ",\"colour_agrees\":%s,\"shape_agrees\":%s", s.colour == s.answer ? "true" : "false",
                  s.shape == s.answer ? "true" : "false");
    world_label(line, "wording", "%s", world_seen(w->template_split[template]));
    return put_prompt(line, w, v, s, template, draw_seed);
}

static bool make_by_environment(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                                uint64_t draw_seed) {
    (void)split;
    return make(line, w, &by_environment, number, draw_seed);
}

static bool make_by_group(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                          uint64_t draw_seed) {
    (void)split;
    return make(line, w, &by_group, number, draw_seed);
}

static const struct world_family families[] = {
    {.name = "cue",
     .prefix = "co",
     .digits = 4,
     .numbers = numbers,
     .split = split_by_environment,
     .make = make_by_environment},
    {.name = "cue-groups",
     .prefix = "cg",
     .digits = 4,
     .numbers = numbers,
     .split = split_by_group,
     .make = make_by_group},
};

const struct world_part world_part_cue = {
    .name = "cue",
    .version = 1,
    .words = true,
    .state_size = sizeof(struct cue),
    .draw = draw,
    .families = families,
    .n_families = 2,
};
