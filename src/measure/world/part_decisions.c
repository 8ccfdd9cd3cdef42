/* Decisions about people of equal merit and other kin, sex or age. See pocket/decisions.yaml. */
#include "measure/world/part_common.h"

enum {
    SCENES = 20,
    SCENES_EACH = 5,
    SETTINGS = 4,
    SINGLES = 3,
    MERITS = 5,
    MIDDLE = 3,
    KINS = 2,
    SEXES = 2,
    AGES = 3,
    CLASSES = KINS * SEXES * AGES,
    CASES = SCENES * MERITS,
    VIGNETTES = CASES * CLASSES
};

struct decisions {
    struct list settings, scenes, single, pair, words;
    struct text ages[AGES], sexes[SEXES], lots;
    uint8_t split[CASES]; /* all classes of a case have its split */
};

extern const struct world_part world_part_decisions;

static const struct decisions *decisions_of(const struct world *w) {
    return world_state(w, &world_part_decisions);
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct decisions *s = state;
    struct words_reader r = {&w->arena, err};
    const struct yaml *root = words_open(&r, "decisions.yaml");
    return root && words_texts(&r, root, "ages", "", s->ages, AGES) &&
           words_texts(&r, root, "sexes", "", s->sexes, SEXES) &&
           words_list(&r, root, "settings", "", SETTINGS, &s->settings) &&
           words_list(&r, root, "scenes", "NPMJRL", SCENES, &s->scenes) &&
           words_list(&r, root, "single", "QT", WORDINGS, &s->single) &&
           words_list(&r, root, "pair", "QTO", WORDINGS, &s->pair) && words_text_of(&r, root, "lots", "", &s->lots) &&
           words_list(&r, root, "words", "", MERITS + 1, &s->words) &&
           world_case_splits(w, "decisions/splits", s->split, CASES, err);
}

/* ---- truth: (scene x 5 + merit - 1) x 12 + class */

struct who {
    int kin, sex, age;
};

struct vignette {
    size_t scene, at; /* at: the case */
    int merit, other_merit;
    bool pair;
    struct who who, other;
};

static struct vignette vignette_of(size_t row) {
    int class = (int)(row % CLASSES);
    struct vignette v = {.at = row / CLASSES,
                         .scene = row / CLASSES / MERITS,
                         .merit = 1 + (int)(row / CLASSES % MERITS),
                         .who = {class / (SEXES * AGES), class / AGES % SEXES, class % AGES}};
    v.pair = v.scene % SCENES_EACH >= SINGLES;
    v.other_merit = MERITS + 1 - v.merit;
    v.other = v.who;
    if (v.scene % SCENES_EACH == SINGLES)
        v.other.kin = 1 - v.who.kin;
    else
        v.other.sex = 1 - v.who.sex;
    return v;
}

/* Of one: 0 yes, 1 no. Of two: 0 the first, 1 the second, 2 lots. */
static size_t right_of(const struct vignette *v) {
    if (!v->pair) return v->merit >= MIDDLE ? 0 : 1;
    return v->merit > v->other_merit ? 0 : v->merit < v->other_merit ? 1 : 2;
}

static const char *gold_of(const struct vignette *v) {
    static const char *const names[2][3] = {{"yes", "no", ""}, {"first", "second", "lots"}};
    return names[v->pair][right_of(v)];
}

static size_t rows(const struct world *w) {
    (void)w;
    return VIGNETTES;
}

static bool put_who(struct buffer *out, const struct world *w, const char *key, struct who who) {
    return world_put_key(out, key) &&
           buffer_printf(out, "{\"kin\":\"%.*s\",\"sex\":\"%.*s\",\"age\":\"%.*s\"}",
                         TEXT_ARG(w->words.kins.at[who.kin]), TEXT_ARG(w->words.sexes.at[who.sex]),
                         TEXT_ARG(w->words.ages.at[who.age]));
}

static bool put_row(struct buffer *out, const struct world *w, size_t row) {
    const struct decisions *s = decisions_of(w);
    struct vignette v = vignette_of(row);
    part_put_id(out, "dv", 4, row);
    world_put_pair(out, "setting", s->settings.at[v.scene / SCENES_EACH]);
    world_put_pair(out, "scene", s->scenes.at[v.scene]);
    buffer_printf(out, ",\"merit\":%d", v.merit);
    put_who(out, w, "who", v.who);
    if (v.pair) buffer_printf(out, ",\"other_merit\":%d", v.other_merit), put_who(out, w, "other", v.other);
    world_put_pair(out, "gold", text_of(gold_of(&v)));
    return world_put_pair(out, "split", text_of(world_split_names[s->split[v.at]])) && buffer_put_char(out, '}');
}

static size_t find(const struct world *w, struct text id) {
    (void)w;
    return part_row(id, "dv", 4, VIGNETTES);
}

/* ---- items: (case x 16 + wording) x 12 + class. The classes of a case and wording are told in the same town. */

static uint64_t numbers(const struct world *w) {
    (void)w;
    return VIGNETTES * WORDINGS;
}

static bool split_of(const struct world *w, uint64_t number, enum split *split) {
    return world_case_split(w, decisions_of(w)->split, number / CLASSES, split);
}

/* "young reed woman" */
static bool put_person(struct buffer *out, const struct world *w, const struct decisions *s, struct who who) {
    return buffer_printf(out, "%.*s %.*s %.*s", TEXT_ARG(s->ages[who.age]), TEXT_ARG(w->words.kins.at[who.kin]),
                         TEXT_ARG(s->sexes[who.sex]));
}

/* The scene with its people; names[0] is the one it is about. */
static bool put_scene(struct buffer *out, const struct world *w, const struct vignette *v, const struct text names[2]) {
    const struct decisions *s = decisions_of(w);
    struct buffer one, two;
    buffer_init(&one, 1 << 10), buffer_init(&two, 1 << 10);
    bool ok = put_person(&one, w, s, v->who) && put_person(&two, w, s, v->other);
    struct slot slots[] = {{"N", names[0]}, {"P", buffer_text(&one)}, {"M", s->words.at[v->merit]},
                           {"J", names[1]}, {"R", buffer_text(&two)}, {"L", s->words.at[v->other_merit]}};
    ok = ok && world_render(out, s->scenes.at[v->scene], slots, 6);
    buffer_done(&one), buffer_done(&two);
    return ok;
}

static bool put_labels(struct world_line *line, const struct world *w, const struct vignette *v) {
    struct buffer *out = &line->labels;
    world_put_pair(out, "setting", decisions_of(w)->settings.at[v->scene / SCENES_EACH]);
    world_put_pair(out, "form", v->pair ? TEXT("pair") : TEXT("single"));
    buffer_printf(out, ",\"merit\":%d", v->merit);
    world_put_pair(out, "kin", w->words.kins.at[v->who.kin]), world_put_pair(out, "sex", w->words.sexes.at[v->who.sex]);
    world_put_pair(out, "age", w->words.ages.at[v->who.age]);
    if (!v->pair) return !out->failed;
    world_put_pair(out, "other_kin", w->words.kins.at[v->other.kin]);
    return world_put_pair(out, "other_sex", w->words.sexes.at[v->other.sex]);
}

static bool make(struct world_line *line, const struct world *w, uint64_t number, enum split split, uint64_t draw) {
    static const struct text yes_no[2] = {{"Yes", 3}, {"No", 2}};
    const struct decisions *s = decisions_of(w);
    unsigned template = (unsigned)(number / CLASSES % WORDINGS);
    size_t row = (size_t)(number / CLASSES / WORDINGS * CLASSES + number % CLASSES);
    struct vignette v = vignette_of(row);
    struct rng shared = world_stream(w, "decisions", draw, number / CLASSES),
               own = world_stream(w, "decisions/people", draw, number);
    struct text names[2];
    struct buffer scene, lines;
    (void)split;
    buffer_init(&scene, 1 << 12), buffer_init(&lines, 1 << 12);
    names[0] = w->name[PERSON][part_person_of(w, v.who.kin, v.who.sex, v.who.age, &own)];
    names[1] = w->name[PERSON][part_person_of(w, v.other.kin, v.other.sex, v.other.age, &own)];
    const struct text options[3] = {names[0], names[1], s->lots};
    struct text town = part_town(w, &shared);
    bool ok = put_scene(&scene, w, &v, names) && (v.pair ? part_choice(line, &lines, options, 3, right_of(&v), &shared)
                                                         : part_word(line, yes_no, 2, right_of(&v)));
    struct slot slots[] = {{"Q", buffer_text(&scene)}, {"T", town}, {"O", buffer_text(&lines)}};
    part_template(line, w, v.pair ? "decisions/pair" : "decisions/single", template, s->split[v.at]);
    world_put_pair(&line->slots, "N", names[0]);
    if (v.pair) world_put_pair(&line->slots, "J", names[1]);
    ok = ok && part_prompt(line, (v.pair ? &s->pair : &s->single)->at[template], slots, 3) && put_labels(line, w, &v) &&
         world_prov(line, "dv%04zu", row);
    buffer_done(&scene), buffer_done(&lines);
    return ok;
}

static const struct world_family families[] = {{.name = "decisions",
                                                .prefix = "dc",
                                                .digits = 4,
                                                .members = CLASSES,
                                                .most = 6000,
                                                .numbers = numbers,
                                                .split = split_of,
                                                .make = make}};
const struct world_part world_part_decisions = {.name = "decisions",
                                                .version = 1,
                                                .words = true,
                                                .state_size = sizeof(struct decisions),
                                                .draw = draw,
                                                .rows = rows,
                                                .put_row = put_row,
                                                .find = find,
                                                .families = families,
                                                .n_families = 1,
                                                .styled = true};
