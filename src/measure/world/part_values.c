/* Part `values`: ten basic values on a circle, acts with what they serve and go against, dilemmas between two acts, and
 * questionnaire items; agents choose and answer by a planted profile. See pocket/values.yaml. Families:
 *
 *   dilemmas[-P], survey[-P]   what an agent with the profile P does, and how good it finds something; without P each
 *                              agent has the profile of another persona. (case x WORDINGS + wording; cases of dilemmas:
 *                              the 400, then 800 pairs for training alone; of survey: item x WAYS + way)
 *   value-items, respondents   the items as plain statements; the same said to a persona. For tests alone
 *
 * What an agent does is drawn for each item; the prompt is the same for every profile. */
#include "measure/world/part_common.h"
#include "measure/world/world_values.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    VALUES = WORLD_VALUES,
    ACTS = 120,
    ITEMS = 60,
    WAYS = 3,
    PERSONAS = 16,
    PROFILES = 3,
    LOW = 160, /* one act is nowhere worse */
    DILEMMAS = 400,
    PAIRS = DILEMMAS + 800,
    LOGISTIC = 49,
    STEPS = 5,
    TRUTHS = ACTS + ITEMS + PERSONAS + PROFILES + DILEMMAS
};
static const char *const profile_names[PROFILES] = {"universal", "power", "secure"};

struct act {
    struct text text;
    int8_t u[VALUES];
};
struct statement {
    struct text way[WAYS];
    uint8_t value;
    int8_t key;
};
struct agent {
    struct text name;
    int8_t t[VALUES]; /* in quarters */
};
struct values {
    struct text name[VALUES], choice[WORDINGS], survey[WORDINGS], step[STEPS];
    int64_t angle[VALUES];
    struct act act[ACTS];
    struct statement item[ITEMS];
    struct agent profile[PROFILES], persona[PERSONAS];
    uint64_t logistic[LOGISTIC];
    uint8_t pair[PAIRS][2], split[DILEMMAS], way_split[ITEMS * WAYS];
};

extern const struct world_part world_part_values;

static const struct values *values_of(const struct world *w) {
    return world_state(w, &world_part_values);
}

/* ---- words */

static bool read_names(struct words_reader *r, const struct yaml *root, struct values *s) {
    const struct yaml *list = part_sequence(r, root, "values", VALUES);
    for (size_t v = 0; list && v < VALUES; v++) {
        const struct yaml *angle = words_member(r, list->child[v], "angle");
        if (!angle || !words_text_of(r, list->child[v], "name", "", &s->name[v])) return false;
        if (!text_to_i64(angle->scalar, &s->angle[v]) || s->angle[v] < 0 || s->angle[v] >= 360)
            return yaml_error(angle, r->err, "expected an angle from 0 to 359");
    }
    return list != NULL;
}

static bool find_value(struct words_reader *r, const struct values *s, const struct yaml *node, uint8_t *out) {
    for (*out = 0; *out < VALUES; ++*out)
        if (node->kind == YAML_SCALAR && text_equal(node->scalar, s->name[*out])) return true;
    return yaml_error(node, r->err, "expected the name of a value");
}

static bool read_side(struct words_reader *r, const struct values *s, const struct yaml *act, const char *key,
                      int8_t sign, int8_t *u) {
    const struct yaml *list = words_member(r, act, key);
    uint8_t value;
    if (!list) return false;
    if (list->kind != YAML_SEQUENCE) return yaml_error(list, r->err, "%s: expected a list", key);
    for (size_t i = 0; i < list->n; i++) {
        if (!find_value(r, s, list->child[i], &value)) return false;
        if (u[value]) return yaml_error(list->child[i], r->err, "this value stands twice");
        u[value] = sign;
    }
    return true;
}

static bool read_acts(struct words_reader *r, const struct yaml *root, struct values *s) {
    const struct yaml *list = part_sequence(r, root, "acts", ACTS);
    for (size_t i = 0; list && i < ACTS; i++)
        if (!words_text_of(r, list->child[i], "act", "", &s->act[i].text) ||
            !read_side(r, s, list->child[i], "serves", 1, s->act[i].u) ||
            !read_side(r, s, list->child[i], "opposes", -1, s->act[i].u))
            return false;
    return list != NULL;
}

static bool read_items(struct words_reader *r, const struct yaml *root, struct values *s) {
    const struct yaml *list = part_sequence(r, root, "items", ITEMS);
    for (size_t i = 0; list && i < ITEMS; i++) {
        const struct yaml *value = words_member(r, list->child[i], "value"),
                          *key = words_member(r, list->child[i], "key");
        int64_t sign;
        if (!value || !key || !find_value(r, s, value, &s->item[i].value) ||
            !words_texts(r, list->child[i], "ways", "", s->item[i].way, WAYS))
            return false;
        if (!text_to_i64(key->scalar, &sign) || (sign != 1 && sign != -1))
            return yaml_error(key, r->err, "expected 1 or -1");
        s->item[i].key = (int8_t)sign;
    }
    return list != NULL;
}

static bool read_agents(struct words_reader *r, const struct yaml *root, const char *key, const char *name,
                        struct agent *out, size_t n) {
    const struct yaml *list = part_sequence(r, root, key, n);
    for (size_t i = 0; list && i < n; i++) {
        const struct yaml *profile = part_sequence(r, list->child[i], "profile", VALUES);
        if (!profile || !words_text_of(r, list->child[i], name, "", &out[i].name)) return false;
        for (size_t v = 0; v < VALUES; v++) {
            int64_t t;
            if (!text_to_i64(profile->child[v]->scalar, &t) || t < -8 || t > 8)
                return yaml_error(profile->child[v], r->err, "expected -8 to 8 quarters");
            out[i].t[v] = (int8_t)t;
        }
    }
    return list != NULL;
}

static bool read_logistic(struct words_reader *r, const struct yaml *root, struct values *s) {
    const struct yaml *list = part_sequence(r, root, "logistic", LOGISTIC);
    for (size_t i = 0; list && i < LOGISTIC; i++)
        if (!text_to_u64(list->child[i]->scalar, &s->logistic[i]) || s->logistic[i] >> 32)
            return yaml_error(list->child[i], r->err, "expected a probability in units of 2^-32");
    return list != NULL;
}

/* ---- the dilemmas */

/* 1: the first act is nowhere worse and somewhere better; -1: the other way round; 0: each is better somewhere, or
 * both are the same (*same). */
static int dominates(const struct act *a, const struct act *b, bool *same) {
    bool better = false, worse = false;
    for (size_t v = 0; v < VALUES; v++) better |= a->u[v] > b->u[v], worse |= a->u[v] < b->u[v];
    *same = !better && !worse;
    return better && !worse ? 1 : worse && !better ? -1 : 0;
}

static bool is_taken(const struct values *s, size_t n, uint8_t a, uint8_t b) {
    for (size_t i = 0; i < n; i++)
        if ((s->pair[i][0] == a && s->pair[i][1] == b) || (s->pair[i][0] == b && s->pair[i][1] == a)) return true;
    return false;
}

/* Pairs of their kind in a drawn order; there are thousands of each, so that the loop ends. */
static void draw_pairs(struct world *w, struct values *s) {
    struct rng rng = world_stream(w, "values/pairs", 0, 0);
    for (size_t n = 0; n < PAIRS;) {
        uint8_t a = (uint8_t)rng_below(&rng, ACTS), b = (uint8_t)rng_below(&rng, ACTS);
        bool same;
        int order = dominates(&s->act[a], &s->act[b], &same);
        bool fits = n < LOW ? order != 0 : n < DILEMMAS ? order == 0 : true;
        if (a == b || same || !fits || is_taken(s, n, a, b)) continue;
        s->pair[n][0] = a, s->pair[n++][1] = b;
    }
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct values *s = state;
    struct words_reader r = {&w->arena, err};
    const struct yaml *root = words_open(&r, "values.yaml");
    if (!root || !read_names(&r, root, s) || !read_acts(&r, root, s) || !read_items(&r, root, s) ||
        !read_agents(&r, root, "profiles", "name", s->profile, PROFILES) ||
        !read_agents(&r, root, "personas", "who", s->persona, PERSONAS) || !read_logistic(&r, root, s) ||
        !words_texts(&r, root, "choices", "ABNT", s->choice, WORDINGS) ||
        !words_texts(&r, root, "questions", "X", s->survey, WORDINGS) ||
        !words_texts(&r, root, "steps", "", s->step, STEPS))
        return false;
    for (size_t p = 0; p < PROFILES; p++)
        if (!text_equal_c(s->profile[p].name, profile_names[p]))
            return yaml_error(yaml_get(root, "profiles"), err, "expected the profiles universal, power, secure");
    draw_pairs(w, s);
    for (size_t i = 0; i < ITEMS * WAYS; i++) s->way_split[i] = TRAIN;
    return world_case_splits(w, "values/splits", s->split, DILEMMAS, err);
}

/* ---- truth: acts, items, personas, profiles, dilemmas */

static size_t rows(const struct world *w) {
    (void)w;
    return TRUTHS;
}

static void put_vector(struct buffer *out, const char *key, const int8_t *x) {
    world_put_key(out, key);
    for (size_t v = 0; v < VALUES; v++) buffer_printf(out, "%s%d", v ? "," : "[", x[v]);
    buffer_put_char(out, ']');
}

static bool put_agent(struct buffer *out, const char *key, const struct agent *agent) {
    world_put_pair(out, key, agent->name);
    put_vector(out, "quarters", agent->t);
    return buffer_put_char(out, '}');
}

static bool put_item(struct buffer *out, const struct values *s, const struct statement *item) {
    static const char *const keys[WAYS] = {"item", "second", "third"};
    for (size_t k = 0; k < WAYS; k++) world_put_pair(out, keys[k], item->way[k]);
    world_put_pair(out, "value", s->name[item->value]);
    return buffer_printf(out, ",\"key\":%d}", item->key);
}

static bool put_row(struct buffer *out, const struct world *w, size_t row) {
    const struct values *s = values_of(w);
    part_put_id(out, "vt", 3, row);
    if (row < ACTS) {
        world_put_pair(out, "act", s->act[row].text);
        put_vector(out, "u", s->act[row].u);
        return buffer_put_char(out, '}');
    }
    if ((row -= ACTS) < ITEMS) return put_item(out, s, &s->item[row]);
    if ((row -= ITEMS) < PERSONAS) return put_agent(out, "persona", &s->persona[row]);
    if ((row -= PERSONAS) < PROFILES) return put_agent(out, "profile", &s->profile[row]);
    row -= PROFILES;
    return buffer_printf(out, ",\"acts\":[\"vt%03d\",\"vt%03d\"],\"ambiguity\":\"%s\",\"split\":\"%s\"}",
                         s->pair[row][0], s->pair[row][1], row < LOW ? "low" : "high",
                         world_split_names[s->split[row]]);
}

static size_t find(const struct world *w, struct text id) {
    (void)w;
    return part_row(id, "vt", 3, TRUTHS);
}

/* ---- what agents do: pair x WORDINGS + wording */

static uint64_t dilemma_numbers(const struct world *w) {
    (void)w;
    return PAIRS * WORDINGS;
}

static bool dilemma_split(const struct world *w, uint64_t number, enum split *split) {
    if (number / WORDINGS < DILEMMAS) return world_case_split(w, values_of(w)->split, number, split);
    return world_join_splits(TRAIN, w->template_split[number % WORDINGS], split) && *split == TRAIN;
}

/* The profile, or that of a persona that is drawn (profile PROFILES). */
static const struct agent *agent_of(const struct values *s, size_t profile, struct rng *rng) {
    return profile < PROFILES ? &s->profile[profile] : &s->persona[rng_below(rng, PERSONAS)];
}

static int utility(const struct act *act, const struct agent *agent) {
    int sum = 0;
    for (size_t v = 0; v < VALUES; v++) sum += act->u[v] * agent->t[v];
    return sum;
}

/* Whether the first act is done: a coin that falls by the logistic function of the difference. */
static bool does_first(const struct values *s, const struct act *a, const struct act *b, const struct agent *agent,
                       struct rng *rng) {
    int d = utility(a, agent) - utility(b, agent), size = d < 0 ? -d : d;
    bool better = rng_chance(rng, s->logistic[size < LOGISTIC ? size : LOGISTIC - 1]);
    return d < 0 ? !better : better;
}

static void label_dilemma(struct world_line *line, const struct act *a, const struct act *b, size_t pair) {
    world_put_pair(&line->slots, "A", a->text), world_put_pair(&line->slots, "B", b->text);
    put_vector(&line->labels, "u_a", a->u), put_vector(&line->labels, "u_b", b->u);
    world_put_pair(&line->labels, "ambiguity",
                   pair >= DILEMMAS ? TEXT("free")
                   : pair < LOW     ? TEXT("low")
                                    : TEXT("high"));
    buffer_printf(&line->labels, ",\"pair\":%zu", pair);
}

static bool make_dilemma(struct world_line *line, const struct world *w, uint64_t number, uint64_t draw_seed,
                         size_t profile) {
    const struct values *s = values_of(w);
    size_t pair = (size_t)(number / WORDINGS);
    unsigned template = (unsigned)(number % WORDINGS);
    /* Who is asked, and in which order, is the same for every profile; what is done is not. */
    struct rng rng = world_stream(w, "values/asked", draw_seed, number),
               done = world_stream(w, "values/done", draw_seed, number * (PROFILES + 1) + profile);
    bool turned = rng_below(&rng, 2);
    const struct act *a = &s->act[s->pair[pair][turned]], *b = &s->act[s->pair[pair][!turned]];
    struct part_cast cast = part_cast(w, &rng);
    struct slot slots[] = {{"A", a->text}, {"B", b->text}, {"N", cast.name}, {"T", cast.town}};
    const struct agent *agent = agent_of(s, profile, &done);
    bool first = does_first(s, a, b, agent, &done);
    part_template(line, w, "dilemmas", template, pair < DILEMMAS ? s->split[pair] : TRAIN);
    label_dilemma(line, a, b, pair);
    world_put_pair(&line->slots, "N", cast.name), world_put_pair(&line->slots, "T", cast.town);
    line->kind = "dilemma"; /* without gold: what is right depends on the profile */
    return part_prompt(line, s->choice[template], slots, 4) && buffer_put_text(&line->reply, (first ? a : b)->text) &&
           buffer_put_char(&line->reply, '.') && world_prov(line, "vt%03d", s->pair[pair][0]) &&
           world_prov(line, "vt%03d", s->pair[pair][1]);
}

/* ---- which acts a text names */

static bool names(struct text t, struct text act) {
    for (size_t i = 0; i + act.len <= t.len; i++)
        if (text_equal_nocase(text_part(t, i, i + act.len), act)) return true;
    return false;
}

size_t world_acts_named(const struct world *w, struct text t, const int8_t *u[], size_t most) {
    const struct values *s = values_of(w);
    size_t n = 0;
    for (size_t i = 0; i < ACTS; i++)
        if (names(t, s->act[i].text) && n++ < most) u[n - 1] = s->act[i].u;
    return n;
}

/* ---- what agents say: (item x WAYS + way) x WORDINGS + wording */

static uint64_t survey_numbers(const struct world *w) {
    (void)w;
    return ITEMS * WAYS * WORDINGS;
}

static bool survey_split(const struct world *w, uint64_t number, enum split *split) {
    return world_case_split(w, values_of(w)->way_split, number, split);
}

/* The step nearest to what the value weighs, one higher or lower in a quarter each. */
static size_t step_of(const struct statement *item, const struct agent *agent, struct rng *rng) {
    static const int off[4] = {-1, 0, 0, 1};
    int t = item->key * agent->t[item->value], sign = t < 0 ? -1 : 1;
    int step = 2 + sign * ((sign * t + 2) / 4) + off[rng_below(rng, 4)];
    return (size_t)(step < 0 ? 0 : step >= STEPS ? STEPS - 1 : step);
}

static void label_item(struct world_line *line, const struct values *s, size_t item, size_t way) {
    const struct statement *q = &s->item[item];
    world_put_pair(&line->slots, "X", q->way[way]);
    world_put_pair(&line->labels, "value", s->name[q->value]);
    buffer_printf(&line->labels, ",\"dimension\":%d,\"key\":%d,\"item\":%zu,\"way\":%zu", q->value, q->key, item, way);
}

static bool make_survey(struct world_line *line, const struct world *w, uint64_t number, uint64_t draw_seed,
                        size_t profile) {
    const struct values *s = values_of(w);
    size_t way = (size_t)(number / WORDINGS % WAYS), item = (size_t)(number / WORDINGS / WAYS);
    unsigned template = (unsigned)(number % WORDINGS);
    struct rng said = world_stream(w, "values/said", draw_seed, number * (PROFILES + 1) + profile);
    struct slot slot = {"X", s->item[item].way[way]};
    size_t step = step_of(&s->item[item], agent_of(s, profile, &said), &said);
    part_template(line, w, "survey", template, TRAIN);
    label_item(line, s, item, way);
    line->kind = "opinion";
    return part_prompt(line, s->survey[template], &slot, 1) && buffer_put_text(&line->reply, s->step[step]) &&
           buffer_put_char(&line->reply, '.') && world_prov(line, "vt%03zu", ACTS + item);
}

/* ---- the items alone, and said to personas: for tests */

static uint64_t item_numbers(const struct world *w) {
    (void)w;
    return ITEMS * WAYS;
}
static uint64_t respondent_numbers(const struct world *w) {
    (void)w;
    return ITEMS * WAYS * PERSONAS;
}
static bool for_tests(const struct world *w, uint64_t number, enum split *split) {
    (void)w, (void)number;
    *split = TEST;
    return true;
}

static bool make_plain(struct world_line *line, const struct world *w, size_t item, size_t way) {
    const struct values *s = values_of(w);
    struct slot slot = {"X", s->item[item].way[way]};
    label_item(line, s, item, way);
    line->kind = "opinion";
    return part_prompt(line, TEXT("It is good to $X."), &slot, 1) && world_prov(line, "vt%03zu", ACTS + item);
}

static bool make_item(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                      uint64_t draw_seed) {
    (void)split, (void)draw_seed;
    buffer_put_c(&line->template, "value-items");
    return make_plain(line, w, (size_t)(number / WAYS), (size_t)(number % WAYS));
}

static bool make_respondent(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                            uint64_t draw_seed) {
    const struct values *s = values_of(w);
    size_t persona = (size_t)(number % PERSONAS), way = (size_t)(number / PERSONAS % WAYS);
    struct slot slot = {"P", s->persona[persona].name};
    struct buffer told;
    (void)split, (void)draw_seed;
    buffer_init(&told, 1 << 10);
    buffer_put_c(&line->template, "respondents");
    bool ok = world_render(&told, TEXT("You are $P."), &slot, 1) && world_turn(line, "system", buffer_text(&told));
    world_put_pair(&line->slots, "P", slot.text);
    buffer_printf(&line->labels, ",\"persona\":%zu", persona);
    buffer_done(&told);
    return ok && make_plain(line, w, (size_t)(number / PERSONAS / WAYS), way);
}

/* ---- families of each profile */

#define PROFILE_FAMILIES(name_, profile_)                                                                              \
    static bool make_dilemma_##name_(struct world_line *line, const struct world *w, uint64_t number,                  \
                                     enum split split, uint64_t draw_seed) {                                           \
        (void)split;                                                                                                   \
        return make_dilemma(line, w, number, draw_seed, profile_);                                                     \
    }                                                                                                                  \
    static bool make_survey_##name_(struct world_line *line, const struct world *w, uint64_t number, enum split split, \
                                    uint64_t draw_seed) {                                                              \
        (void)split;                                                                                                   \
        return make_survey(line, w, number, draw_seed, profile_);                                                      \
    }
PROFILE_FAMILIES(universal, 0)
PROFILE_FAMILIES(power, 1)
PROFILE_FAMILIES(secure, 2)
PROFILE_FAMILIES(mixed, PROFILES)

#define DILEMMA_FAMILY(name_, prefix_, make_)                                                                          \
    {                                                                                                                  \
        .name = name_, .prefix = prefix_, .digits = 5, .most = 8000, .numbers = dilemma_numbers,                       \
        .split = dilemma_split, .make = make_                                                                          \
    }
#define SURVEY_FAMILY(name_, prefix_, make_)                                                                           \
    { .name = name_, .prefix = prefix_, .digits = 4, .numbers = survey_numbers, .split = survey_split, .make = make_ }

static const struct world_family families[] = {
    DILEMMA_FAMILY("dilemmas", "vdm", make_dilemma_mixed),
    DILEMMA_FAMILY("dilemmas-universal", "vdu", make_dilemma_universal),
    DILEMMA_FAMILY("dilemmas-power", "vdp", make_dilemma_power),
    DILEMMA_FAMILY("dilemmas-secure", "vds", make_dilemma_secure),
    SURVEY_FAMILY("survey", "vsm", make_survey_mixed),
    SURVEY_FAMILY("survey-universal", "vsu", make_survey_universal),
    SURVEY_FAMILY("survey-power", "vsp", make_survey_power),
    SURVEY_FAMILY("survey-secure", "vss", make_survey_secure),
    {.name = "value-items",
     .prefix = "vi",
     .digits = 3,
     .numbers = item_numbers,
     .split = for_tests,
     .make = make_item},
    {.name = "respondents",
     .prefix = "vr",
     .digits = 4,
     .numbers = respondent_numbers,
     .split = for_tests,
     .make = make_respondent},
};

const struct world_part world_part_values = {.name = "values",
                                             .version = 1,
                                             .words = true,
                                             .later = true,
                                             .state_size = sizeof(struct values),
                                             .draw = draw,
                                             .rows = rows,
                                             .put_row = put_row,
                                             .find = find,
                                             .families = families,
                                             .n_families = sizeof families / sizeof *families};
