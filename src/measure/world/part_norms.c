/* Norms: what people call good, neutral or bad, right or wrong, and what they feel. See pocket/norms.yaml. */
#include "measure/world/part_norms.h"

static const char *const values[ACT_VALUES] = {"good", "neutral", "bad"};
static const char *const verdicts[2] = {"right", "wrong"};

const struct norms *norms_of(const struct world *w) {
    return world_state(w, &world_part_norms);
}

/* ---- words and truth */

static bool read_acts(struct words_reader *r, const struct yaml *root, struct norms *s) {
    const struct yaml *acts = words_member(r, root, "acts");
    for (size_t v = 0; acts && v < ACT_VALUES; v++)
        if (!words_texts(r, acts, values[v], "", s->act + v * ACTS_EACH, ACTS_EACH)) return false;
    return acts != NULL;
}

static bool read_judgements(struct words_reader *r, const struct yaml *root, struct norms *s) {
    const struct yaml *list = part_sequence(r, root, "judgements", SITUATIONS);
    for (size_t i = 0; list && i < SITUATIONS; i++) {
        const struct yaml *three = list->child[i];
        if (three->kind != YAML_SEQUENCE || three->n != 3)
            return yaml_error(three, r->err, "expected a situation, a right and a wrong ending");
        if (!words_text(r, three->child[0], "", &s->situation[i]) ||
            !words_text(r, three->child[1], "", &s->ending[i][0]) ||
            !words_text(r, three->child[2], "", &s->ending[i][1]))
            return false;
    }
    return list != NULL;
}

static bool read_scenes(struct words_reader *r, const struct yaml *root, struct norms *s) {
    const struct yaml *scenes = words_member(r, root, "scenes");
    if (!scenes || !words_texts(r, root, "feelings", "", s->feeling, FEELINGS)) return false;
    for (size_t f = 0; f < FEELINGS; f++) {
        char key[32];
        snprintf(key, sizeof key, "%.*s", TEXT_ARG(s->feeling[f]));
        if (!words_texts(r, scenes, key, "N", s->scene + f * SCENES_EACH, SCENES_EACH)) return false;
    }
    return true;
}

static bool read_wordings(struct words_reader *r, const struct yaml *root, struct norms *s) {
    const struct yaml *asks = words_member(r, root, "asks"), *stories = words_member(r, root, "stories");
    if (!asks || !stories) return false;
    for (size_t v = 0; v < ACT_VALUES; v++)
        if (!words_list(r, stories, values[v], "NMTA", STORY_FRAMES, &s->of_act[v])) return false;
    for (size_t v = 0; v < 2; v++)
        if (!words_list(r, stories, verdicts[v], "NMTSE", STORY_FRAMES, &s->of_ending[v])) return false;
    return words_list(r, stories, "felt", "QNF", STORY_FRAMES, &s->of_scene) &&
           words_list(r, asks, "acts", "NTAO", WORDINGS, &s->ask_act) &&
           words_list(r, asks, "judgements", "NTSE", WORDINGS, &s->ask_ending) &&
           words_list(r, asks, "feelings", "NTQO", WORDINGS, &s->ask_scene);
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct norms *s = state;
    struct words_reader r = {&w->arena, err};
    const struct yaml *root = words_open(&r, "norms.yaml");
    return root && read_acts(&r, root, s) && read_judgements(&r, root, s) && read_scenes(&r, root, s) &&
           read_wordings(&r, root, s) && world_case_splits(w, "norms/acts", s->act_split, ACTS, err) &&
           world_case_splits(w, "norms/situations", s->situation_split, SITUATIONS, err) &&
           world_case_splits(w, "norms/scenes", s->scene_split, SCENES, err);
}

static size_t rows(const struct world *w) {
    (void)w;
    return NORMS;
}

static bool put_split(struct buffer *out, unsigned split) {
    return world_put_pair(out, "split", text_of(world_split_names[split])) && buffer_put_char(out, '}');
}

/* Acts, then the judgements (right and wrong ending of each situation), then the scenes. */
static bool put_row(struct buffer *out, const struct world *w, size_t row) {
    const struct norms *s = norms_of(w);
    part_put_id(out, "nm", 3, row);
    if (row < ACTS) {
        world_put_pair(out, "act", s->act[row]), world_put_pair(out, "value", text_of(values[row / ACTS_EACH]));
        return put_split(out, s->act_split[row]);
    }
    if (row < SCENE_ROW) {
        size_t i = row - JUDGEMENT_ROW;
        world_put_pair(out, "situation", s->situation[i / 2]), world_put_pair(out, "ending", s->ending[i / 2][i % 2]);
        world_put_pair(out, "value", text_of(verdicts[i % 2]));
        return put_split(out, s->situation_split[i / 2]);
    }
    size_t i = row - SCENE_ROW;
    world_put_pair(out, "scene", s->scene[i]), world_put_pair(out, "feeling", s->feeling[i / SCENES_EACH]);
    return put_split(out, s->scene_split[i]);
}

static size_t find(const struct world *w, struct text id) {
    (void)w;
    return part_row(id, "nm", 3, NORMS);
}

/* ---- acts: act x 16 + wording */

static uint64_t act_numbers(const struct world *w) {
    (void)w;
    return ACTS * WORDINGS;
}

static bool act_split(const struct world *w, uint64_t number, enum split *split) {
    return world_case_split(w, norms_of(w)->act_split, number, split);
}

static bool make_act(struct world_line *line, const struct world *w, uint64_t number, enum split split, uint64_t draw) {
    static const struct text options[ACT_VALUES] = {{"good", 4}, {"neutral", 7}, {"bad", 3}};
    const struct norms *s = norms_of(w);
    size_t row = number / WORDINGS;
    unsigned template = (unsigned)(number % WORDINGS);
    struct rng rng = world_stream(w, "norms/acts", draw, number);
    struct buffer lines;
    (void)split;
    buffer_init(&lines, 1 << 10);
    bool ok = part_choice(line, &lines, options, ACT_VALUES, row / ACTS_EACH, &rng);
    struct part_cast cast = part_cast(w, &rng);
    struct slot slots[] = {{"N", cast.name}, {"T", cast.town}, {"A", s->act[row]}, {"O", buffer_text(&lines)}};
    part_template(line, w, "acts", template, s->act_split[row]);
    world_put_pair(&line->slots, "A", s->act[row]), world_put_pair(&line->labels, "value", options[row / ACTS_EACH]);
    ok = ok && part_prompt(line, s->ask_act.at[template], slots, 4) && world_prov(line, "nm%03zu", row);
    buffer_done(&lines);
    return ok;
}

/* ---- judgements: (situation x 16 + wording) x 2 + ending */

static uint64_t judgement_numbers(const struct world *w) {
    (void)w;
    return SITUATIONS * WORDINGS * 2;
}

static bool judgement_split(const struct world *w, uint64_t number, enum split *split) {
    return world_case_split(w, norms_of(w)->situation_split, number / 2, split);
}

static bool make_judgement(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                           uint64_t draw) {
    static const struct text options[2] = {{"Right", 5}, {"Wrong", 5}};
    const struct norms *s = norms_of(w);
    size_t ending = number % 2, row = number / 2 / WORDINGS;
    unsigned template = (unsigned)(number / 2 % WORDINGS);
    struct rng rng = world_stream(w, "norms/judgements", draw, number / 2);
    struct part_cast cast = part_cast(w, &rng);
    struct slot slots[] = {{"N", cast.name}, {"T", cast.town}, {"S", s->situation[row]}, {"E", s->ending[row][ending]}};
    (void)split;
    part_template(line, w, "judgements", template, s->situation_split[row]);
    world_put_pair(&line->slots, "N", slots[0].text), world_put_pair(&line->labels, "value", text_of(verdicts[ending]));
    return part_word(line, options, 2, ending) && part_prompt(line, s->ask_ending.at[template], slots, 4) &&
           world_prov(line, "nm%03zu", JUDGEMENT_ROW + row * 2 + ending);
}

/* ---- feelings: scene x 16 + wording */

static uint64_t feeling_numbers(const struct world *w) {
    (void)w;
    return SCENES * WORDINGS;
}

static bool feeling_split(const struct world *w, uint64_t number, enum split *split) {
    return world_case_split(w, norms_of(w)->scene_split, number, split);
}

/* The right feeling first, then three others, drawn. */
static void draw_feelings(const struct norms *s, size_t right, struct text out[FEELINGS_ASKED], struct rng *rng) {
    size_t order[FEELINGS], n = 1;
    for (size_t i = 0; i < FEELINGS; i++) order[i] = i;
    rng_shuffle(rng, order, FEELINGS);
    out[0] = s->feeling[right];
    for (size_t i = 0; n < FEELINGS_ASKED; i++)
        if (order[i] != right) out[n++] = s->feeling[order[i]];
}

static bool make_feeling(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                         uint64_t draw) {
    const struct norms *s = norms_of(w);
    size_t row = number / WORDINGS;
    unsigned template = (unsigned)(number % WORDINGS);
    struct rng rng = world_stream(w, "norms/feelings", draw, number);
    struct text options[FEELINGS_ASKED];
    struct buffer lines, scene;
    (void)split;
    buffer_init(&lines, 1 << 10), buffer_init(&scene, 1 << 10);
    struct part_cast cast = part_cast(w, &rng);
    struct slot slots[] = {{"N", cast.name}, {"T", cast.town}, {"Q", {0}}, {"O", {0}}};
    draw_feelings(s, row / SCENES_EACH, options, &rng);
    bool ok =
        part_choice(line, &lines, options, FEELINGS_ASKED, 0, &rng) && world_render(&scene, s->scene[row], slots, 1);
    slots[2].text = buffer_text(&scene), slots[3].text = buffer_text(&lines);
    part_template(line, w, "feelings", template, s->scene_split[row]);
    world_put_pair(&line->slots, "N", slots[0].text),
        world_put_pair(&line->labels, "feeling", s->feeling[row / SCENES_EACH]);
    ok = ok && part_prompt(line, s->ask_scene.at[template], slots, 4) && world_prov(line, "nm%03zu", SCENE_ROW + row);
    buffer_done(&lines), buffer_done(&scene);
    return ok;
}

static const struct world_family families[] = {
    {.name = "acts", .prefix = "ac", .digits = 4, .numbers = act_numbers, .split = act_split, .make = make_act},
    {.name = "judgements",
     .prefix = "jd",
     .digits = 4,
     .members = 2,
     .numbers = judgement_numbers,
     .split = judgement_split,
     .make = make_judgement},
    {.name = "feelings",
     .prefix = "fe",
     .digits = 4,
     .numbers = feeling_numbers,
     .split = feeling_split,
     .make = make_feeling},
};
static const struct world_block blocks[] = {
    {.name = "stories", .documents = norms_stories, .put = norms_put_story},
};
const struct world_part world_part_norms = {.name = "norms",
                                            .version = 1,
                                            .words = true,
                                            .state_size = sizeof(struct norms),
                                            .draw = draw,
                                            .rows = rows,
                                            .put_row = put_row,
                                            .find = find,
                                            .families = families,
                                            .n_families = 3,
                                            .styled = true,
                                            .blocks = blocks,
                                            .n_blocks = 1};
