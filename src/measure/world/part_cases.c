/* Safety cases: reading the words, drawing the machines, three families. See pocket/cases.yaml, world_cases.h. Number
 * of case-formulas: ((machine x STATEMENTS + statement) x 16 + template) x 2 + symbols told; of case-splits:
 * ((machine x CLAIMS + claim) x 16 + template) x 2 + symbols told; of cases: (machine x CASE_SHAPES + shape) x 16 +
 * template. */
#include "measure/world/part_common.h"
#include "measure/world/world_cases.h"

#include <string.h>

enum { STATEMENT_CASES = MACHINES * STATEMENTS, GOAL_CASES = MACHINES * CLAIMS, WHOLE_CASES = MACHINES * CASE_SHAPES };

extern const struct world_part world_part_cases;

const struct cases_state *world_cases(const struct world *w) {
    return world_state(w, &world_part_cases);
}

/* ---- words */

static bool read_rows(struct words_reader *r, const struct yaml *root, const char *key, size_t n, size_t columns,
                      struct text *out) {
    const struct yaml *list = part_sequence(r, root, key, n);
    for (size_t i = 0; list && i < n; i++) {
        const struct yaml *row = list->child[i];
        if (row->kind != YAML_SEQUENCE || row->n != columns)
            return yaml_error(row, r->err, "expected %zu words", columns);
        for (size_t k = 0; k < columns; k++)
            if (!words_text(r, row->child[k], "", &out[i * columns + k])) return false;
    }
    return list != NULL;
}

static bool read_words_of(struct words_reader *r, const struct yaml *root, struct cases_state *s) {
    struct text quantity[QUANTITIES * 5], set[KINDS_OF_SETS * 5], word[CASE_PREDICATES * 4];
    if (!read_rows(r, root, "quantities", QUANTITIES, 5, quantity) ||
        !read_rows(r, root, "sets", KINDS_OF_SETS, 5, set) ||
        !read_rows(r, root, "predicates", CASE_PREDICATES, 4, word))
        return false;
    for (size_t i = 0; i < QUANTITIES; i++) {
        s->phrase[i] = quantity[i * 5];
        s->unit[i] = quantity[i * 5 + 1];
        for (size_t k = 0; k < SYMBOLS; k++) s->symbol[i][k] = quantity[i * 5 + 2 + k];
    }
    for (size_t i = 0; i < KINDS_OF_SETS; i++) {
        s->set_one[i] = set[i * 5];
        s->set_many[i] = set[i * 5 + 1];
        for (size_t k = 0; k < SYMBOLS; k++) s->set_symbol[i][k] = set[i * 5 + 2 + k];
    }
    for (size_t i = 0; i < CASE_PREDICATES; i++) {
        s->word[i] = word[i * 4];
        for (size_t k = 0; k < SYMBOLS; k++) s->word_symbol[i][k] = word[i * 4 + 1 + k];
    }
    return true;
}

static bool read_words(struct words_reader *r, struct cases_state *s) {
    static const char *const relations[] = {"most", "least", "less", "more", "exact", "never"};
    const struct yaml *root = words_open(r, "cases.yaml");
    bool ok = root && words_texts(r, root, "machines", "", s->machine, MACHINES) && read_words_of(r, root, s);
    for (size_t i = 0; ok && i < N_RELATIONS; i++)
        ok = words_texts(r, root, relations[i], i == REL_NEVER ? "" : "N", s->relation[i], TOLD_WAYS);
    return ok && words_texts(r, root, "sum3", "ABC", s->sum3, TOLD_WAYS) &&
           words_texts(r, root, "sum2", "AB", s->sum2, TOLD_WAYS) &&
           words_texts(r, root, "product", "AB", s->product, TOLD_WAYS) &&
           words_list(r, root, "frames", "QDR", WORDINGS, &s->frames) &&
           words_list(r, root, "subset", "ABD", WORDINGS, &s->subset) &&
           words_list(r, root, "listing", "BLD", WORDINGS, &s->listing) &&
           words_list(r, root, "rule", "ABCD", WORDINGS, &s->rule) &&
           words_list(r, root, "fact", "AVD", WORDINGS, &s->fact) &&
           words_list(r, root, "whole", "D", WORDINGS, &s->whole) &&
           words_texts(r, root, "dangers", "", s->danger, DANGERS) &&
           words_text_of(r, root, "formalise", "GS", &s->formalise) &&
           words_text_of(r, root, "glossary", "AB", &s->glossary) && words_text_of(r, root, "split", "S", &s->split) &&
           words_text_of(r, root, "check", "S", &s->check);
}

/* ---- truth */

static void draw_machine(const struct world *w, size_t i, struct machine *m) {
    /* least and how many more, in the units of the words */
    static const uint8_t range[QUANTITIES][2] = {{2, 12}, {20, 60}, {4, 20},   {2, 10},   {8, 40}, {5, 60},
                                                 {5, 60}, {10, 90}, {30, 150}, {10, 120}, {2, 9},  {40, 200}};
    struct rng rng = world_stream(w, "cases/machines", 0, i);
    for (size_t q = 0; q < QUANTITIES; q++) m->value[q] = (uint16_t)(range[q][0] + rng_below(&rng, range[q][1]));
    m->version = (uint8_t)(1 + rng_below(&rng, 80));
    for (size_t left = 2 + rng_below(&rng, 3); left > 0;) {
        uint16_t danger = (uint16_t)(1u << rng_below(&rng, DANGERS));
        left -= !(m->hazards & danger);
        m->hazards |= danger;
    }
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct cases_state *s = state;
    struct words_reader r = {&w->arena, err};
    s->split_of_statement = arena_new(&w->arena, uint8_t, STATEMENT_CASES, err);
    if (!s->split_of_statement || !read_words(&r, s)) return false;
    for (size_t i = 0; i < MACHINES; i++) draw_machine(w, i, &s->truth[i]);
    return world_case_splits(w, "cases/statements", s->split_of_statement, STATEMENT_CASES, err) &&
           world_case_splits(w, "cases/splits", s->split_of_machine, MACHINES, err);
}

static size_t rows(const struct world *w) {
    (void)w;
    return MACHINES;
}

static bool put_row(struct buffer *out, const struct world *w, size_t row) {
    const struct cases_state *s = world_cases(w);
    const struct machine *m = &s->truth[row];
    part_put_id(out, "mz", 2, row);
    world_put_pair(out, "name", s->machine[row]);
    for (size_t q = 0; q < QUANTITIES; q++)
        buffer_printf(out, ",\"%.*s\":%u", TEXT_ARG(s->phrase[q]), (unsigned)m->value[q]);
    buffer_printf(out, ",\"version\":%u,\"hazards\":[", (unsigned)m->version);
    bool first = true;
    for (size_t i = 0; i < DANGERS; i++) {
        if (!(m->hazards >> i & 1)) continue;
        buffer_printf(out, "%s\"%.*s\"", first ? "" : ",", TEXT_ARG(s->danger[i]));
        first = false;
    }
    return buffer_put_c(out, "]}");
}

static size_t find(const struct world *w, struct text id) {
    (void)w;
    return part_row(id, "mz", 2, MACHINES);
}

/* ---- sentences and formulas */

static uint64_t formula_numbers(const struct world *w) {
    (void)w;
    return (uint64_t)STATEMENT_CASES * WORDINGS * 2;
}

static bool formula_split(const struct world *w, uint64_t number, enum split *split) {
    return world_case_split(w, world_cases(w)->split_of_statement, number / 2, split);
}

static bool put_prompt(struct world_line *line, const struct world *w, struct text pattern, struct text sentence,
                       struct text glossary) {
    const struct slot slots[] = {{"S", sentence}, {"G", glossary}};
    (void)w;
    return part_prompt(line, pattern, slots, 2);
}

static bool formula_make(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                         uint64_t draw) {
    const struct cases_state *s = world_cases(w);
    uint64_t twin = number / 2, c = twin / WORDINGS;
    struct rng rng = world_stream(w, "cases/formulas", draw, twin); /* twins are the same but for the glossary */
    struct case_voice v = {w, c / STATEMENTS, (unsigned)(twin % WORDINGS), (uint8_t)rng_below(&rng, SYMBOLS), &rng};
    struct said_pair p;
    bool told = number % 2;
    (void)split;
    said_init(&p);
    bool ok = say_statement(&p, &v, c % STATEMENTS) &&
              put_prompt(line, w, s->formalise, buffer_text(&p.sentence), told ? buffer_text(&p.glossary) : TEXT("")) &&
              part_template(line, w, "case-formulas", v.template, s->split_of_statement[c]) &&
              buffer_put_text(&line->answer, buffer_text(&p.formula)) &&
              buffer_put_text(&line->reply, buffer_text(&p.formula)) &&
              world_put_pair(&line->slots, "sentence", buffer_text(&p.sentence)) &&
              world_label(line, "glossary", "%s", told ? "told" : "untold");
    said_done(&p);
    line->kind = "formula";
    return ok;
}

static bool wanted(const struct world *w, uint64_t number, const struct option_value *options) {
    (void)w;
    return !options[0].given || text_equal_c(options[0].text, "both") ||
           text_equal_c(options[0].text, number % 2 ? "told" : "untold");
}

/* ---- what a goal follows from. The split is that of the machine: some claims of it are told in the same words. */

static bool machine_split(const struct world *w, size_t machine, uint64_t number, enum split *split) {
    return world_join_splits(world_cases(w)->split_of_machine[machine], w->template_split[number % WORDINGS], split);
}

static uint64_t split_numbers(const struct world *w) {
    (void)w;
    return (uint64_t)GOAL_CASES * WORDINGS * 2;
}

static bool split_split(const struct world *w, uint64_t number, enum split *split) {
    return machine_split(w, (size_t)(number / 2 / WORDINGS / CLAIMS), number / 2, split);
}

/* The formulas one level below the goal, parted by "; ". */
static bool put_premises(struct buffer *out, const struct safety_case *c) {
    bool first = true;
    for (size_t i = 1; i < c->n; i++) {
        if (c->node[i].parent != 0) continue;
        buffer_printf(out, "%s%s", first ? "" : "; ", c->node[i].formula[0]);
        first = false;
    }
    return !out->failed;
}

/* A sentence, and with symbols told also the formula of the goal, which has them. */
static bool put_goal(struct world_line *line, const struct world *w, const struct safety_case *c, bool told) {
    struct buffer goal;
    buffer_init(&goal, 1 << 12);
    buffer_put_c(&goal, c->node[0].text);
    if (told) buffer_printf(&goal, " %s.", c->node[0].formula[0]);
    bool ok = put_prompt(line, w, world_cases(w)->split, buffer_text(&goal), TEXT(""));
    buffer_done(&goal);
    return ok;
}

static bool split_make(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                       uint64_t draw) {
    const struct cases_state *s = world_cases(w);
    uint64_t twin = number / 2, at = twin / WORDINGS;
    unsigned template = (unsigned)(twin % WORDINGS);
    struct rng rng = world_stream(w, "cases/goals", draw, twin);
    struct safety_case c;
    (void)split;
    line->kind = "split";
    return safety_claim_draw(&c, w, at / CLAIMS, (unsigned)(at % CLAIMS), template, &rng) &&
           put_goal(line, w, &c, number % 2) && put_premises(&line->answer, &c) && put_premises(&line->reply, &c) &&
           part_template(line, w, "case-splits", template, s->split_of_machine[at / CLAIMS]) &&
           world_put_pair(&line->slots, "goal", text_of(c.node[0].formula[0])) &&
           world_put_pair(&line->slots, "reason", text_of(c.node[0].reason)) &&
           world_label(line, "goal", "%s", c.node[0].formula[0]) &&
           world_label(line, "reason", "%s", c.node[0].reason) &&
           world_label(line, "glossary", "%s", number % 2 ? "told" : "untold");
}

/* ---- whole cases */

static uint64_t case_numbers(const struct world *w) {
    (void)w;
    return (uint64_t)WHOLE_CASES * WORDINGS;
}

static bool case_split(const struct world *w, uint64_t number, enum split *split) {
    return machine_split(w, (size_t)(number / WORDINGS / CASE_SHAPES), number, split);
}

static void set_answers(struct world_line *line, bool holds) {
    line->n_options = 2;
    line->right = !holds;
    line->option[0] = TEXT("Yes");
    line->option[1] = TEXT("No");
}

/* Half of the cases have a fault, a quarter a harmless change; one that has no place in the case is drawn again. */
static enum case_variant plant(struct safety_case *c, const struct world *w, size_t machine, unsigned template,
                               struct rng *rng, struct planted *planted) {
    uint64_t turn = rng_below(rng, 4);
    for (size_t tries = 0; turn != 2 && tries < 40; tries++) {
        size_t faults = LAST_FAULT - FIRST_FAULT + 1, controls = N_VARIANTS - LAST_FAULT - 1;
        enum case_variant v = (enum case_variant)(turn < 2 ? FIRST_FAULT + rng_below(rng, faults)
                                                           : LAST_FAULT + 1 + rng_below(rng, controls));
        if (safety_case_plant(c, w, machine, template, v, rng, planted)) return v;
    }
    *planted = (struct planted){0, "holds"};
    return VARIANT_none;
}

/* All that the case says, in its order. */
static bool put_told(struct buffer *out, const struct safety_case *c) {
    for (size_t i = 0; i < c->n; i++) buffer_printf(out, "%s%s", i ? " " : "", c->node[i].text);
    return !out->failed;
}

static bool case_make(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                      uint64_t draw) {
    const struct cases_state *s = world_cases(w);
    size_t at = number / WORDINGS, machine = at / CASE_SHAPES;
    unsigned template = (unsigned)(number % WORDINGS);
    struct rng rng = world_stream(w, "cases/wholes", draw, number);
    struct safety_case c;
    struct planted planted = {0, "holds"};
    struct buffer file, told;
    char id[16];
    (void)split;
    if (!safety_case_draw(&c, w, machine, (unsigned)(at % CASE_SHAPES), template, &rng)) return false;
    enum case_variant variant = plant(&c, w, machine, template, &rng, &planted);
    bool holds = strcmp(planted.status, "holds") == 0;
    safety_node_id(&c, planted.node, id);
    buffer_init(&file, 1 << 16);
    buffer_init(&told, 1 << 16);
    bool ok = put_told(&told, &c) && safety_case_put(&file, &c, c.node[0].text) &&
              world_put_pair(&line->slots, "case", buffer_text(&file)) &&
              put_prompt(line, w, s->check, buffer_text(&told), TEXT("")) &&
              part_template(line, w, "cases", template, s->split_of_machine[machine]) &&
              world_label(line, "variant", "%s", case_variant_names[variant]) &&
              world_label(line, "status", "%s", planted.status) && world_label(line, "node", "%s", holds ? "" : id);
    buffer_printf(&line->labels, ",\"depth\":%u", c.depth);
    set_answers(line, holds);
    buffer_put_c(&line->reply, holds ? "Yes." : "No.");
    buffer_done(&file);
    buffer_done(&told);
    return ok;
}

/* What a whole case says can't be read in its prompt. */
static bool never_trains(const struct world *w, uint64_t number) {
    (void)w, (void)number;
    return false;
}

static const struct option_def keys[] = {
    {"glossary", OPTION_CHOICE, NULL, 1, 0, "told|untold|both", "are the symbols told (default: both)"},
};
static const struct world_family families[] = {
    {.name = "case-formulas",
     .prefix = "zf",
     .digits = 6,
     .most = 2000,
     .numbers = formula_numbers,
     .split = formula_split,
     .make = formula_make,
     .options = keys,
     .n_options = 1,
     .wanted = wanted},
    {.name = "case-splits",
     .prefix = "zs",
     .digits = 5,
     .most = 2000,
     .numbers = split_numbers,
     .split = split_split,
     .make = split_make,
     .options = keys,
     .n_options = 1,
     .wanted = wanted},
    {.name = "cases",
     .prefix = "zc",
     .digits = 5,
     .most = 500,
     .numbers = case_numbers,
     .split = case_split,
     .make = case_make,
     .trains = never_trains},
};
const struct world_part world_part_cases = {.name = "cases",
                                            .version = 1,
                                            .words = true,
                                            .later = true,
                                            .state_size = sizeof(struct cases_state),
                                            .draw = draw,
                                            .rows = rows,
                                            .put_row = put_row,
                                            .find = find,
                                            .families = families,
                                            .n_families = 3};
