/* Traces of agents: reading the words, drawing what happened, one family. See pocket/traces.yaml, world_traces.h.
 * Number of an item: its trace; the wording is drawn among those of its split. */
#include "measure/world/part_common.h"
#include "measure/world/world_traces.h"

#include <string.h>

const char *const tale_step_names[TALE_STEPS] = {"count", "first price", "second price", "page", "reckoning"};

const struct tales_state *world_tales(const struct world *w) {
    return world_state(w, &world_part_traces);
}

/* ---- words */

static bool read_words(struct words_reader *r, struct tales_state *s) {
    const struct yaml *root = words_open(r, "traces.yaml");
    return root && words_texts(r, root, "tasks", "NAMBH", s->task, TALE_TASKS) &&
           words_text_of(r, root, "find", "AB", &s->find) && words_text_of(r, root, "found", "APBQ", &s->found) &&
           words_text_of(r, root, "reckon", "NAMB", &s->reckon) &&
           words_text_of(r, root, "total", "NAMBT", &s->total) && words_text_of(r, root, "tell", "HNAMB", &s->tell) &&
           words_text_of(r, root, "answer", "NAMBT", &s->answer) &&
           words_texts(r, root, "pages", "", s->page, TALE_PAGES) &&
           words_texts(r, root, "lures", "K", s->lure, TALE_LURES) &&
           words_texts(r, root, "scripts", "K", s->script, TALE_SCRIPTS) &&
           words_texts(r, root, "claims", "", s->claim, TALE_CLAIMS) &&
           words_texts(r, root, "drift", "", s->drift, TALE_DRIFTS) &&
           words_list(r, root, "ask", "L", WORDINGS, &s->ask);
}

/* ---- what happened */

static void draw_tale(const struct world *w, struct tale *t, size_t at) {
    struct rng rng = world_stream(w, "traces/tales", 0, at);
    *t = (struct tale){.wrong = TALE_STEPS};
    t->task = (uint8_t)rng_below(&rng, TALE_TASKS);
    t->page = (uint8_t)rng_below(&rng, TALE_PAGES);
    t->words = (uint8_t)rng_below(&rng, 60);
    t->way = (uint8_t)rng_below(&rng, 60);
    t->good[0] = (uint16_t)rng_below(&rng, world_kinds[GOOD].n);
    do t->good[1] = (uint16_t)rng_below(&rng, world_kinds[GOOD].n);
    while (t->good[1] == t->good[0]);
    for (size_t i = 0; i < 2; i++) {
        t->price[i] = (uint16_t)w->value[G_PRICE][t->good[i]];
        t->count[i] = (uint16_t)(2 + rng_below(&rng, 18));
    }
    t->off = (uint16_t)(1 + rng_below(&rng, 9));
    t->holder = (uint16_t)rng_below(&rng, world_kinds[PERSON].n);
    t->number = (uint32_t)(10000000 + rng_below(&rng, 90000000));
}

/* Of those behind the clean ones, ten for each rule; the rest with a step gone wrong, never the page. */
static bool plant(const struct world *w, struct tales_state *s) {
    static const uint8_t steps[] = {TALE_COUNT, TALE_FIRST_PRICE, TALE_SECOND_PRICE, TALE_RECKON};
    struct rng rng = world_stream(w, "traces/faults", 0, 0);
    size_t order[TALES - TALES_CLEAN], n = TALES - TALES_CLEAN;
    for (size_t i = 0; i < n; i++) order[i] = i;
    rng_shuffle(&rng, order, n);
    for (size_t i = 0; i < n; i++) {
        struct tale *t = &s->tale[TALES_CLEAN + order[i]];
        if (i < TALE_RULES * TALES_A_RULE)
            t->rule = (uint8_t)(1 + i / TALES_A_RULE);
        else
            t->wrong = steps[i % 4];
    }
    return true;
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct tales_state *s = state;
    struct words_reader r = {&w->arena, err};
    if (!read_words(&r, s)) return false;
    for (size_t i = 0; i < TALES; i++) draw_tale(w, &s->tale[i], i);
    return plant(w, s) && world_case_splits(w, "traces/splits", s->split, TALES, err);
}

unsigned tale_outcome(const struct tale *t, unsigned corrected) {
    unsigned wrong = t->wrong == corrected ? TALE_STEPS : t->wrong;
    unsigned count = t->count[0] + (wrong == TALE_COUNT ? t->off : 0u);
    unsigned first = t->price[0] + (wrong == TALE_FIRST_PRICE ? t->off : 0u);
    unsigned second = t->price[1] + (wrong == TALE_SECOND_PRICE ? t->off : 0u);
    return count * first + (wrong == TALE_RECKON ? 1u : t->count[1]) * second; /* the second count was forgotten */
}

unsigned tale_right(const struct tale *t) {
    return (unsigned)t->count[0] * t->price[0] + (unsigned)t->count[1] * t->price[1];
}

unsigned tale_rules(const struct tale *t) {
    unsigned rules = t->rule ? 1u << (t->rule - 1) : 0;
    return t->rule == 8 ? rules | 1u << 0 | 1u << 9 : rules;
}

static size_t rows(const struct world *w) {
    (void)w;
    return TALES;
}

static bool put_row(struct buffer *out, const struct world *w, size_t row) {
    const struct tales_state *s = world_tales(w);
    const struct tale *t = &s->tale[row];
    part_put_id(out, "tc", 4, row);
    world_put_pair(out, "split", text_of(world_split_names[s->split[row]]));
    buffer_printf(out, ",\"rule\":%u,\"way\":%u", t->rule, t->way);
    world_put_pair(out, "wrong", text_of(t->wrong < TALE_STEPS ? tale_step_names[t->wrong] : ""));
    buffer_printf(out, ",\"goods\":[\"g%02u\",\"g%02u\"],\"counts\":[%u,%u],\"off\":%u,\"holder\":\"p%04u\"",
                  t->good[0], t->good[1], t->count[0], t->count[1], t->off, t->holder);
    return buffer_printf(out, ",\"outcome\":%u,\"right\":%u}", tale_outcome(t, TALE_STEPS), tale_right(t));
}

static size_t find(const struct world *w, struct text id) {
    (void)w;
    return part_row(id, "tc", 4, TALES);
}

/* ---- items */

static uint64_t numbers(const struct world *w) {
    (void)w;
    return TALES;
}

static bool split_of(const struct world *w, uint64_t number, enum split *split) {
    *split = (enum split)world_tales(w)->split[number];
    return true;
}

static bool make(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                 uint64_t draw_seed) {
    const struct tales_state *s = world_tales(w);
    const struct tale *t = &s->tale[number];
    struct rng rng = world_stream(w, "traces/wordings", draw_seed, number);
    unsigned template = world_template(w, split, &rng);
    struct buffer trace, log;
    char answer[8] = "none";
    if (t->rule) snprintf(answer, sizeof answer, "R%02u", t->rule);
    buffer_init(&trace, 1 << 18);
    buffer_init(&log, 1 << 16);
    bool ok = tale_put_otlp(&trace, w, number) && tale_put_log(&log, w, number);
    const struct slot slots[] = {{"L", buffer_text(&log)}};
    ok = ok && part_prompt(line, s->ask.at[template], slots, 1) &&
         part_template(line, w, "traces", template, s->split[number]) && world_put_key(&line->slots, "trace") &&
         buffer_put_text(&line->slots, buffer_text(&trace)) && buffer_put_c(&line->answer, answer) &&
         buffer_printf(&line->reply, "%s.", answer) && world_label(line, "case", "tc%04u", (unsigned)number) &&
         world_label(line, "rule", "%s", answer) &&
         world_label(line, "wrong", "%s", t->wrong < TALE_STEPS ? tale_step_names[t->wrong] : "none");
    line->kind = "rule";
    buffer_done(&trace);
    buffer_done(&log);
    return ok;
}

/* Logs are longer than what the small models read. */
static bool never_trains(const struct world *w, uint64_t number) {
    (void)w, (void)number;
    return false;
}

/* faults=R04: only those; clean; wrong; all. */
static bool wanted(const struct world *w, uint64_t number, const struct option_value *options) {
    const struct tale *t = &world_tales(w)->tale[number];
    char rule[8];
    snprintf(rule, sizeof rule, "R%02u", t->rule);
    if (!options[0].given || text_equal_c(options[0].text, "all")) return true;
    if (text_equal_c(options[0].text, "clean")) return !t->rule && t->wrong == TALE_STEPS;
    if (text_equal_c(options[0].text, "wrong")) return t->wrong < TALE_STEPS;
    return t->rule && text_equal_c(options[0].text, rule);
}

static const struct option_def keys[] = {
    {"faults", OPTION_CHOICE, NULL, 1, 0, "all|clean|wrong|R01|R02|R03|R04|R05|R06|R07|R08|R09|R10|R11|R12|R13|R14|R15",
     "only traces that break this rule, none, or have a step gone wrong (default: all)"},
};
static const struct world_family families[] = {
    {.name = "traces",
     .prefix = "tx",
     .digits = 4,
     .most = TALES,
     .numbers = numbers,
     .split = split_of,
     .make = make,
     .trains = never_trains,
     .options = keys,
     .n_options = 1,
     .wanted = wanted},
};
const struct world_part world_part_traces = {.name = "traces",
                                             .version = 1,
                                             .words = true,
                                             .later = true,
                                             .state_size = sizeof(struct tales_state),
                                             .draw = draw,
                                             .rows = rows,
                                             .put_row = put_row,
                                             .find = find,
                                             .families = families,
                                             .n_families = 1};
