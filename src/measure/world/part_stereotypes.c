/* Sayings about kins which do not differ, and questions who it was. See pocket/stereotypes.yaml. */
#include "measure/world/part_stereotypes.h"

enum { MEMBERS = 4, SAYINGS = KINS * MEMBERS, TOLD = 3 };
enum member { STEREOTYPE, MIRROR, NONSENSE, FAIR };
static const char *const members[MEMBERS] = {"stereotype", "mirror", "unrelated", "fair"};

const struct stereotypes *stereotypes_of(const struct world *w) {
    return world_state(w, &world_part_stereotypes);
}

/* ---- words and truth */

static bool read_topics(struct words_reader *r, const struct yaml *root, struct stereotypes *s) {
    const struct yaml *list = part_sequence(r, root, "topics", GROUP_TOPICS);
    for (size_t i = 0; list && i < GROUP_TOPICS; i++) {
        const struct yaml *four = list->child[i];
        if (four->kind != YAML_SEQUENCE || four->n != 1 + TRAITS)
            return yaml_error(four, r->err, "expected a topic, its two words and an unrelated one");
        if (!words_text(r, four->child[0], "", &s->topic[i])) return false;
        for (size_t t = 0; t < TRAITS; t++)
            if (!words_text(r, four->child[1 + t], "", &s->trait[i][t])) return false;
    }
    return list != NULL;
}

static bool read_words(struct words_reader *r, struct stereotypes *s) {
    const struct yaml *root = words_open(r, "stereotypes.yaml");
    return root && read_topics(r, root, s) && words_list(r, root, "phrasings", "KP", PHRASINGS, &s->phrasings) &&
           words_list(r, root, "fair", "KLP", PHRASINGS, &s->fair) &&
           words_list(r, root, "agree", "SNT", WORDINGS, &s->agree) &&
           words_list(r, root, "answers", "", 2, &s->answers) &&
           words_list(r, root, "who", "XYTWPO", WORDINGS, &s->who) && words_text_of(r, root, "was", "WP", &s->was) &&
           words_text_of(r, root, "nothing", "", &s->nothing) && words_text_of(r, root, "refuse", "", &s->refuse) &&
           words_list(r, root, "anecdotes", "NKTP", ANECDOTES, &s->anecdotes) &&
           words_list(r, root, "both", "KLTP", BOTH_LINES, &s->both);
}

static bool copy_text(struct world *w, const char *before, struct text kin, const char *sex, struct text *out,
                      struct error *err) {
    char *made = arena_printf(&w->arena, err, "%s%.*s %s", before, TEXT_ARG(kin), sex);
    *out = text_of(made);
    return made != NULL;
}

static bool name_people(struct world *w, struct stereotypes *s, struct error *err) {
    static const char *const sexes[SEXES] = {"woman", "man"};
    for (size_t k = 0; k < KINS; k++)
        for (size_t x = 0; x < SEXES; x++) {
            struct text kin = w->words.kins.at[k];
            if (!copy_text(w, "", kin, sexes[x], &s->bare[k][x], err) ||
                !copy_text(w, "a ", kin, sexes[x], &s->one[k][x], err) ||
                !copy_text(w, "the ", kin, sexes[x], &s->this_one[k][x], err))
                return false;
        }
    return true;
}

/* Each kin is what eight of the sayings are about. */
static bool deal_sayings(struct world *w, struct stereotypes *s, struct error *err) {
    struct arena scratch;
    size_t *order;
    arena_init(&scratch, 0);
    bool ok = world_order(w, "stereotypes/about", 0, GROUP_TOPICS, &order, &scratch, err);
    for (size_t i = 0; ok && i < GROUP_TOPICS; i++) s->about[order[i]] = (uint8_t)(i % KINS);
    arena_done(&scratch);
    return ok;
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct stereotypes *s = state;
    struct words_reader r = {&w->arena, err};
    return read_words(&r, s) && name_people(w, s, err) && deal_sayings(w, s, err) &&
           world_case_splits(w, "stereotypes/splits", s->split, GROUP_TOPICS, err);
}

static size_t rows(const struct world *w) {
    (void)w;
    return GROUP_TOPICS;
}

static bool put_row(struct buffer *out, const struct world *w, size_t row) {
    const struct stereotypes *s = stereotypes_of(w);
    part_put_id(out, "tp", 2, row);
    world_put_pair(out, "topic", s->topic[row]), world_put_pair(out, "worse", s->trait[row][WORSE]);
    world_put_pair(out, "better", s->trait[row][BETTER]), world_put_pair(out, "unrelated", s->trait[row][UNRELATED]);
    world_put_pair(out, "saying_about", w->words.kins.at[s->about[row]]);
    return buffer_printf(out, ",\"difference\":0,\"split\":\"%s\"}", world_split_names[s->split[row]]);
}

static size_t find(const struct world *w, struct text id) {
    (void)w;
    return part_row(id, "tp", 2, GROUP_TOPICS);
}

/* ---- stereotypes: ((topic x 24 + phrasing) x 16 + frame) x 8 + kin x 4 + member */

static uint64_t saying_numbers(const struct world *w) {
    (void)w;
    return (uint64_t)GROUP_TOPICS * PHRASINGS * WORDINGS * SAYINGS;
}

static size_t topic_of_saying(uint64_t number) {
    return (size_t)(number / SAYINGS / WORDINGS / PHRASINGS);
}

static bool saying_split(const struct world *w, uint64_t number, enum split *split) {
    return world_join_splits(stereotypes_of(w)->split[topic_of_saying(number)],
                             w->template_split[number / SAYINGS % WORDINGS], split);
}

/* The stereotype calls the kin of the saying worse and the other one better. What is fair to both is said of either
 * word. */
static enum trait trait_of(size_t about, size_t kin, enum member member, size_t phrasing) {
    if (member == NONSENSE) return UNRELATED;
    if (member == FAIR) return phrasing % 2 ? BETTER : WORSE;
    return (kin == about) == (member == STEREOTYPE) ? WORSE : BETTER;
}

static bool make_saying(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                        uint64_t draw) {
    const struct stereotypes *s = stereotypes_of(w);
    size_t topic = topic_of_saying(number), kin = number % SAYINGS / MEMBERS,
           phrasing = (size_t)(number / SAYINGS / WORDINGS % PHRASINGS);
    enum member member = (enum member)(number % MEMBERS);
    enum trait trait = trait_of(s->about[topic], kin, member, phrasing);
    unsigned template = (unsigned)(number / SAYINGS % WORDINGS);
    struct rng rng = world_stream(w, "stereotypes", draw, number / SAYINGS);
    struct slot said[] = {
        {"K", w->words.kins.at[kin]}, {"P", s->trait[topic][trait]}, {"L", w->words.kins.at[1 - kin]}};
    struct buffer sentence;
    (void)split;
    buffer_init(&sentence, 1 << 10);
    bool ok = world_render(&sentence, (member == FAIR ? &s->fair : &s->phrasings)->at[phrasing], said, 3);
    struct part_cast cast = part_cast(w, &rng);
    struct slot slots[] = {{"S", buffer_text(&sentence)}, {"N", cast.name}, {"T", cast.town}};
    part_template(line, w, "stereotypes", template, s->split[topic]);
    world_put_pair(&line->slots, "S", slots[0].text);
    world_put_pair(&line->labels, "topic", s->topic[topic]), world_put_pair(&line->labels, "kin", said[0].text);
    world_put_pair(&line->labels, "member", text_of(members[member]));
    world_put_pair(&line->labels, "trait", said[1].text);
    buffer_printf(&line->labels, ",\"phrasing\":%zu", phrasing);
    ok = ok && part_word(line, s->answers.at, 2, member == FAIR ? 0 : 1) &&
         part_prompt(line, s->agree.at[template], slots, 3) && world_prov(line, "tp%02zu", topic);
    buffer_done(&sentence);
    return ok;
}

/* ---- who: ((topic x 2 + trait) x 16 + wording) x 3 + told: nothing, the first kin, the second kin */

static uint64_t who_numbers(const struct world *w) {
    (void)w;
    return (uint64_t)GROUP_TOPICS * 2 * WORDINGS * TOLD;
}

static bool who_split(const struct world *w, uint64_t number, enum split *split) {
    return world_join_splits(stereotypes_of(w)->split[number / TOLD / WORDINGS / 2],
                             w->template_split[number / TOLD % WORDINGS], split);
}

/* What was seen: nothing, or that it was the person of kin told - 1. */
static bool put_seen(struct buffer *out, const struct stereotypes *s, size_t told, size_t sex, struct text trait) {
    if (told == 0) return buffer_put_text(out, s->nothing);
    struct slot slots[] = {{"W", s->bare[told - 1][sex]}, {"P", trait}};
    return world_render(out, s->was, slots, 2);
}

static bool make_who(struct world_line *line, const struct world *w, uint64_t number, enum split split, uint64_t draw) {
    const struct stereotypes *s = stereotypes_of(w);
    size_t told = number % TOLD, trait = (size_t)(number / TOLD / WORDINGS % 2),
           topic = (size_t)(number / TOLD / WORDINGS / 2);
    unsigned template = (unsigned)(number / TOLD % WORDINGS);
    struct rng rng = world_stream(w, "stereotypes/who", draw, number / TOLD);
    size_t sex = rng_below(&rng, SEXES), first = rng_below(&rng, KINS);
    const struct text options[3] = {s->this_one[0][sex], s->this_one[1][sex], s->refuse};
    struct buffer lines, seen;
    (void)split;
    buffer_init(&lines, 1 << 10), buffer_init(&seen, 1 << 10);
    struct text town = part_town(w, &rng);
    bool ok = put_seen(&seen, s, told, sex, s->trait[topic][trait]) &&
              part_choice(line, &lines, options, 3, told == 0 ? 2 : told - 1, &rng);
    struct slot slots[] = {{"X", s->one[first][sex]}, {"Y", s->one[1 - first][sex]}, {"T", town},
                           {"W", buffer_text(&seen)}, {"P", s->trait[topic][trait]}, {"O", buffer_text(&lines)}};
    part_template(line, w, "who", template, s->split[topic]);
    world_put_pair(&line->slots, "T", town), world_put_pair(&line->labels, "topic", s->topic[topic]);
    world_put_pair(&line->labels, "context", told ? TEXT("told") : TEXT("ambiguous"));
    world_put_pair(&line->labels, "trait", s->trait[topic][trait]);
    world_put_pair(&line->labels, "saying_points_at",
                   w->words.kins.at[trait == WORSE ? s->about[topic] : 1 - s->about[topic]]);
    if (told) world_put_pair(&line->labels, "kin", w->words.kins.at[told - 1]);
    ok = ok && part_prompt(line, s->who.at[template], slots, 6) && world_prov(line, "tp%02zu", topic);
    buffer_done(&lines), buffer_done(&seen);
    return ok;
}

static const struct world_family families[] = {
    {.name = "stereotypes",
     .prefix = "st",
     .digits = 4,
     .members = SAYINGS,
     .most = 6000,
     .numbers = saying_numbers,
     .split = saying_split,
     .make = make_saying},
    {.name = "who",
     .prefix = "wh",
     .digits = 3,
     .members = TOLD,
     .numbers = who_numbers,
     .split = who_split,
     .make = make_who},
};
static const struct world_block blocks[] = {{.name = "topics", .documents = topics_documents, .put = topics_put}};
const struct world_part world_part_stereotypes = {.name = "stereotypes",
                                                  .version = 1,
                                                  .words = true,
                                                  .state_size = sizeof(struct stereotypes),
                                                  .draw = draw,
                                                  .rows = rows,
                                                  .put_row = put_row,
                                                  .find = find,
                                                  .families = families,
                                                  .n_families = 2,
                                                  .styled = true,
                                                  .blocks = blocks,
                                                  .n_blocks = 1};
