/* Opinions without gold, and beliefs that should not move an answer. See pocket/opinions.yaml. */
#include "measure/world/part_common.h"

#include <stdio.h>

enum { THINGS = 120, PERSONAS = 60, SIDES = 2, NEUTRAL = 6, STAYS = 4, OFTEN = 64, OFTEN_TOLD = 2 * 1920 + CORE_FACTS };

struct opinions {
    struct text thing[THINGS][SIDES];
    struct list personas, opinions, preferences, neutral, beliefs, objections, doubts, stays;
    uint16_t fact[OFTEN_TOLD]; /* what every model knows */
    uint8_t split[THINGS];
};

extern const struct world_part world_part_opinions;

static const struct opinions *opinions_of(const struct world *w) {
    return world_state(w, &world_part_opinions);
}

/* ---- words and truth */

static bool read_things(struct words_reader *r, const struct yaml *root, struct opinions *s) {
    const struct yaml *list = part_sequence(r, root, "things", THINGS);
    for (size_t i = 0; list && i < THINGS; i++) {
        const struct yaml *pair = list->child[i];
        if (pair->kind != YAML_SEQUENCE || pair->n != SIDES) return yaml_error(pair, r->err, "expected two things");
        for (size_t k = 0; k < SIDES; k++)
            if (!words_text(r, pair->child[k], "", &s->thing[i][k])) return false;
    }
    return list != NULL;
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct opinions *s = state;
    struct words_reader r = {&w->arena, err};
    const struct yaml *root = words_open(&r, "opinions.yaml");
    size_t n = 0;
    for (size_t i = 0; i < ALL_FACTS && n < OFTEN_TOLD; i++)
        if (w->facts[i].e >= OFTEN) s->fact[n++] = (uint16_t)i;
    return root && read_things(&r, root, s) && words_list(&r, root, "personas", "", PERSONAS, &s->personas) &&
           words_list(&r, root, "opinions", "PXYTN", WORDINGS, &s->opinions) &&
           words_list(&r, root, "preferences", "XYTN", WORDINGS, &s->preferences) &&
           words_list(&r, root, "neutral", "XY", NEUTRAL, &s->neutral) &&
           words_list(&r, root, "beliefs", "VNTQ", WORDINGS, &s->beliefs) &&
           words_list(&r, root, "objections", "VNTS", WORDINGS, &s->objections) &&
           words_list(&r, root, "doubts", "NTS", WORDINGS, &s->doubts) &&
           words_list(&r, root, "stays", "R", STAYS, &s->stays) &&
           world_case_splits(w, "opinions/splits", s->split, THINGS, err);
}

static size_t rows(const struct world *w) {
    (void)w;
    return THINGS;
}

static bool put_row(struct buffer *out, const struct world *w, size_t row) {
    const struct opinions *s = opinions_of(w);
    part_put_id(out, "op", 3, row);
    world_put_pair(out, "one", s->thing[row][0]), world_put_pair(out, "other", s->thing[row][1]);
    return buffer_printf(out, ",\"split\":\"%s\"}", world_split_names[s->split[row]]);
}

static size_t find(const struct world *w, struct text id) {
    (void)w;
    return part_row(id, "op", 3, THINGS);
}

/* ---- opinions: (thing x 16 + wording) x 2 + the side that the asker holds; preferences: thing x 16 + wording */

static uint64_t opinion_numbers(const struct world *w) {
    (void)w;
    return THINGS * WORDINGS * SIDES;
}
static bool opinion_split(const struct world *w, uint64_t number, enum split *split) {
    return world_case_split(w, opinions_of(w)->split, number / SIDES, split);
}
static uint64_t preference_numbers(const struct world *w) {
    (void)w;
    return THINGS * WORDINGS;
}
static bool preference_split(const struct world *w, uint64_t number, enum split *split) {
    return world_case_split(w, opinions_of(w)->split, number, split);
}

static bool put_sides(struct world_line *line, const struct opinions *s, size_t row, const struct slot *slots) {
    line->kind = "opinion"; /* without gold: the answer stays empty */
    return world_put_pair(&line->slots, "X", slots[0].text) && world_put_pair(&line->slots, "Y", slots[1].text) &&
           world_put_pair(&line->slots, "one", s->thing[row][0]) &&
           world_put_pair(&line->slots, "other", s->thing[row][1]) && world_prov(line, "op%03zu", row);
}

static bool make_opinion(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                         uint64_t draw) {
    const struct opinions *s = opinions_of(w);
    size_t side = number % SIDES, row = (size_t)(number / SIDES / WORDINGS);
    unsigned template = (unsigned)(number / SIDES % WORDINGS);
    struct rng rng = world_stream(w, "opinions", draw, number / SIDES);
    struct part_cast cast = part_cast(w, &rng);
    struct slot slots[] = {{"X", s->thing[row][side]},
                           {"Y", s->thing[row][1 - side]},
                           {"P", world_pick(&s->personas, &rng)},
                           {"N", cast.name},
                           {"T", cast.town}};
    (void)split;
    part_template(line, w, "opinions", template, s->split[row]);
    world_put_pair(&line->slots, "P", slots[2].text);
    return buffer_printf(&line->labels, ",\"side\":%zu", side) && put_sides(line, s, row, slots) &&
           part_prompt(line, s->opinions.at[template], slots, 5) &&
           world_render(&line->reply, world_pick(&s->neutral, &rng), slots, 2);
}

static bool make_preference(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                            uint64_t draw) {
    const struct opinions *s = opinions_of(w);
    size_t row = (size_t)(number / WORDINGS);
    unsigned template = (unsigned)(number % WORDINGS);
    struct rng rng = world_stream(w, "opinions/preferences", draw, number);
    size_t first = rng_below(&rng, SIDES);
    struct part_cast cast = part_cast(w, &rng);
    struct slot slots[] = {
        {"X", s->thing[row][first]}, {"Y", s->thing[row][1 - first]}, {"N", cast.name}, {"T", cast.town}};
    (void)split;
    part_template(line, w, "preferences", template, s->split[row]);
    return buffer_printf(&line->labels, ",\"named_first\":%zu", first) && put_sides(line, s, row, slots) &&
           part_prompt(line, s->preferences.at[template], slots, 4) &&
           world_render(&line->reply, world_pick(&s->neutral, &rng), slots, 2);
}

/* ---- beliefs, objections, doubts: often told fact x 16 + wording, of the question and of what is put against it */

static uint64_t belief_numbers(const struct world *w) {
    (void)w;
    return (uint64_t)OFTEN_TOLD * WORDINGS;
}

static bool belief_split(const struct world *w, uint64_t number, enum split *split) {
    const struct fact *f = &w->facts[opinions_of(w)->fact[number / WORDINGS]];
    return world_join_splits(f->split, w->template_split[number % WORDINGS], split);
}

enum push { BELIEF, OBJECTION, DOUBT, PUSHES };
static const char *const pushes[PUSHES] = {"beliefs", "objections", "doubts"};

/* What is asked and answered before the push, rendered. */
struct told {
    struct buffer question, answer;
};

static bool put_told(struct told *t, const struct world *w, const struct fact *f, unsigned template) {
    const struct wording *words = &w->words.wording[f->relation];
    struct slot slots[] = {{"S", world_subject(w, f)},
                           {"V", world_value(w, world_columns[f->column].domain, f->value)}};
    return world_render(&t->question, words->question[template], slots, 1) &&
           world_render(&t->answer, words->answer, slots, 2);
}

static bool put_push(struct world_line *line, const struct opinions *s, const struct told *t, enum push push,
                     unsigned template, const struct slot slots[5], struct rng *rng) {
    struct slot answer = {"R", buffer_text(&t->answer)};
    if (push == BELIEF)
        return part_prompt(line, s->beliefs.at[template], slots, 5) &&
               buffer_put_text(&line->reply, buffer_text(&t->answer));
    return world_turn(line, "user", buffer_text(&t->question)) &&
           world_turn(line, "assistant", buffer_text(&t->answer)) &&
           part_prompt(line, (push == OBJECTION ? &s->objections : &s->doubts)->at[template], slots, 5) &&
           world_render(&line->reply, world_pick(&s->stays, rng), &answer, 1);
}

static bool make_push(struct world_line *line, const struct world *w, uint64_t number, uint64_t draw, enum push push) {
    const struct opinions *s = opinions_of(w);
    size_t fact = s->fact[number / WORDINGS];
    unsigned template = (unsigned)(number % WORDINGS);
    const struct fact *f = &w->facts[fact];
    const struct column *c = &world_columns[f->column];
    char stream[32];
    snprintf(stream, sizeof stream, "opinions/%s", pushes[push]);
    struct rng rng = world_stream(w, stream, draw, number);
    int away = 1 + (int)rng_below(&rng, (uint64_t)c->n - 1);
    struct text wrong = world_value(w, c->domain, c->low + (f->value - c->low + away) % c->n),
                gold = world_value(w, c->domain, f->value);
    struct told t;
    buffer_init(&t.question, 1 << 12), buffer_init(&t.answer, 1 << 12);
    bool ok = put_told(&t, w, f, template);
    struct part_cast cast = part_cast(w, &rng);
    struct slot slots[] = {
        {"V", wrong}, {"N", cast.name}, {"T", cast.town}, {"Q", buffer_text(&t.question)}, {"S", world_subject(w, f)}};
    part_template(line, w, pushes[push], template, f->split);
    world_put_pair(&line->slots, "S", slots[4].text);
    if (push != DOUBT) world_put_pair(&line->slots, "claimed", wrong);
    world_put_pair(&line->labels, "stratum", text_of(world_stratum_name(f->stratum)));
    ok = ok && put_push(line, s, &t, push, template, slots, &rng) && buffer_put_text(&line->answer, gold) &&
         world_prov(line, "f%05zu", fact) && buffer_printf(&line->dose, ",\"e\":%u", f->e);
    buffer_done(&t.question), buffer_done(&t.answer);
    return ok;
}

static bool make_belief(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                        uint64_t draw) {
    (void)split;
    return make_push(line, w, number, draw, BELIEF);
}
static bool make_objection(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                           uint64_t draw) {
    (void)split;
    return make_push(line, w, number, draw, OBJECTION);
}
static bool make_doubt(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                       uint64_t draw) {
    (void)split;
    return make_push(line, w, number, draw, DOUBT);
}

static const struct world_family families[] = {
    {.name = "opinions",
     .prefix = "oi",
     .digits = 4,
     .members = SIDES,
     .numbers = opinion_numbers,
     .split = opinion_split,
     .make = make_opinion},
    {.name = "preferences",
     .prefix = "fc",
     .digits = 4,
     .numbers = preference_numbers,
     .split = preference_split,
     .make = make_preference},
    {.name = "beliefs",
     .prefix = "bl",
     .digits = 5,
     .most = 4000,
     .numbers = belief_numbers,
     .split = belief_split,
     .make = make_belief},
    {.name = "objections",
     .prefix = "ob",
     .digits = 5,
     .most = 4000,
     .numbers = belief_numbers,
     .split = belief_split,
     .make = make_objection},
    {.name = "doubts",
     .prefix = "du",
     .digits = 5,
     .most = 4000,
     .numbers = belief_numbers,
     .split = belief_split,
     .make = make_doubt},
};
const struct world_part world_part_opinions = {.name = "opinions",
                                               .version = 1,
                                               .words = true,
                                               .state_size = sizeof(struct opinions),
                                               .draw = draw,
                                               .rows = rows,
                                               .put_row = put_row,
                                               .find = find,
                                               .families = families,
                                               .n_families = 5,
                                               .styled = true};
