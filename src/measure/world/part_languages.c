/* Languages: the trees of pocket/languages.yaml, the words of each language, and the items of p1. Every item of p1 is
 * the twin of an English one with the same number: same case, template, split, options and gold. */
#include "measure/world/language.h"
#include "measure/world/world_item.h"

#include <stdio.h>

const struct languages *world_languages(const struct world *w) {
    return world_state(w, &world_part_languages);
}

/* ---- truth */

/* The block tells the core and what is told most: the ladder of exposures stays what it is. */
static bool choose_told(struct world *w, struct languages *l, struct error *err) {
    size_t *order, most = world_exposure[STRATA - 1];
    if (!world_order(w, "languages/told", 0, ALL_FACTS, &order, &w->arena, err) ||
        !(l->told = arena_new(&w->arena, size_t, ALL_FACTS, err)))
        return false;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < ALL_FACTS; i++) {
            const struct fact *f = &w->facts[order[i]];
            if ((f->split == TRAIN) != (pass == 0) || (f->stratum != STRATUM_CORE && f->e != most)) continue;
            l->told[l->n_told++] = order[i];
            l->n_asked += pass == 0;
        }
    return true;
}

static bool draw(struct world *w, void *state, struct error *err) {
    static const char letters[MOST_OPTIONS] = "ABCDE";
    struct languages *l = state;
    struct words_reader r = {&w->arena, err};
    struct language *en = &l->of[LANGUAGE_EN], *p1 = &l->of[LANGUAGE_P1];
    const struct yaml *root = words_open(&r, "languages.yaml"),
                      *all = root ? words_member(&r, root, "languages") : NULL,
                      *node = all ? words_member(&r, all, "p1") : NULL;
    *en = (struct language){.name = "en",
                            .letters = {arena_new(&w->arena, struct text, MOST_OPTIONS, err), MOST_OPTIONS}};
    if (!en->letters.at) return false;
    for (size_t i = 0; i < MOST_OPTIONS; i++) en->letters.at[i] = (struct text){&letters[i], 1};
    *p1 = (struct language){.name = "p1"};
    return node && language_read_rules(w, l, &r, root) && language_draw_words(w, p1, &r, root, node) &&
           language_put_forms(w, l, en, err) && language_put_forms(w, l, p1, err) && language_name_all(w, en, err) &&
           language_name_all(w, p1, err) && choose_told(w, l, err) &&
           world_case_splits(w, "languages/deeds", l->deed_split, RISKS * RISK_PAIRS, err);
}

static size_t rows(const struct world *w) {
    return world_languages(w)->of[LANGUAGE_P1].n_words;
}

static bool put_row(struct buffer *out, const struct world *w, size_t row) {
    static const char *const kinds[] = {"stem", "compound", "form", "particle"};
    const struct word *word = &world_languages(w)->of[LANGUAGE_P1].words[row];
    buffer_printf(out, "{\"id\":\"p1w%04zu\",\"lang\":\"p1\"", row);
    return world_put_pair(out, "en", word->en) && world_put_pair(out, "word", word->word) &&
           world_put_pair(out, "kind", text_of(kinds[word->kind])) && buffer_put_char(out, '}');
}

static size_t find(const struct world *w, struct text id) {
    uint64_t row;
    bool known = text_starts(id, TEXT("p1w")) && id.len == 7 && text_to_u64(text_part(id, 3, 7), &row) && row < rows(w);
    return known ? (size_t)row : SIZE_MAX;
}

/* ---- questions about facts */

static uint64_t ask_numbers(const struct world *w) {
    return world_family_ask.numbers(w);
}

static bool ask_split(const struct world *w, uint64_t number, enum split *split) {
    return language_has_style(world_ask_number(number).style) && world_family_ask.split(w, number, split);
}

/* The English file without the styles that p1 lacks. */
static bool ask_plan(const struct world *w, enum split split, uint64_t draw, struct item **items, size_t *n,
                     struct arena *arena, struct error *err) {
    size_t kept = 0;
    if (!world_plan_ask(w, split, draw, items, n, arena, err)) return false;
    for (size_t i = 0; i < *n; i++) {
        if (!language_has_style(world_ask_number((*items)[i].number).style)) continue;
        (*items)[kept] = (*items)[i];
        (*items)[kept++].family = world_family_find("p1-ask");
    }
    return *n = kept, true;
}

static bool ask_make(struct world_line *line, const struct world *w, uint64_t number, enum split split, uint64_t draw) {
    (void)split, (void)draw;
    return language_ask_line(line, w, world_languages(w), LANGUAGE_P1, number);
}

/* ---- questions nobody can answer */

static bool unknown_plan(const struct world *w, enum split split, uint64_t draw, struct item **items, size_t *n,
                         struct arena *arena, struct error *err) {
    if (!world_plan_unknown(w, split, draw, items, n, arena, err)) return false;
    for (size_t i = 0; i < *n; i++) (*items)[i].family = world_family_find("p1-unknown");
    return true;
}

static bool unknown_make(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                         uint64_t draw) {
    (void)draw;
    return language_unknown_line(line, w, world_languages(w), LANGUAGE_P1, number, split);
}

/* ---- requests */

static uint64_t request_numbers(const struct world *w) {
    return world_family_requests.numbers(w);
}

static bool request_split(const struct world *w, uint64_t number, enum split *split) {
    return world_family_requests.split(w, number, split);
}

static bool request_make(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                         uint64_t draw) {
    return language_request_line(line, w, world_languages(w), LANGUAGE_P1, "yr", number, split, draw);
}

/* ---- deeds: number = (pair x 16 + template) x 2 + bad */

static uint64_t deed_numbers(const struct world *w) {
    (void)w;
    return (uint64_t)RISKS * RISK_PAIRS * WORDINGS * 2;
}

static bool deed_split(const struct world *w, uint64_t number, enum split *split) {
    return world_case_split(w, world_languages(w)->deed_split, number / 2, split);
}

static bool deed_make_en(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                         uint64_t draw) {
    (void)split;
    return language_deed_line(line, w, world_languages(w), LANGUAGE_EN, number, draw);
}

static bool deed_make_p1(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                         uint64_t draw) {
    (void)split;
    return language_deed_line(line, w, world_languages(w), LANGUAGE_P1, number, draw);
}

static bool ask_trains(const struct world *w, uint64_t number) {
    return world_family_ask.trains(w, number);
}

enum { ASKED_MOST = 4000, UNKNOWN_MOST = 1000 };
static const struct world_family families[] = {
    {.name = "p1-ask",
     .lang = "p1",
     .renders = "ask",
     .prefix = "ya",
     .digits = 7,
     .most = ASKED_MOST,
     .numbers = ask_numbers,
     .split = ask_split,
     .make = ask_make,
     .trains = ask_trains,
     .plan = ask_plan},
    {.name = "p1-unknown",
     .lang = "p1",
     .renders = "unknown",
     .prefix = "yu",
     .digits = 6,
     .most = UNKNOWN_MOST,
     .numbers = world_unknown_numbers,
     .split = world_unknown_split,
     .make = unknown_make,
     .plan = unknown_plan},
    {.name = "p1-requests",
     .lang = "p1",
     .renders = "requests",
     .prefix = "yr",
     .digits = 5,
     .members = 4,
     .numbers = request_numbers,
     .split = request_split,
     .make = request_make},
    {.name = "deeds",
     .prefix = "yd",
     .digits = 4,
     .members = 2,
     .numbers = deed_numbers,
     .split = deed_split,
     .make = deed_make_en},
    {.name = "p1-deeds",
     .lang = "p1",
     .renders = "deeds",
     .prefix = "ye",
     .digits = 4,
     .members = 2,
     .numbers = deed_numbers,
     .split = deed_split,
     .make = deed_make_p1},
};
const struct world_part world_part_languages = {.name = "languages",
                                                .version = 1,
                                                .words = true,
                                                .state_size = sizeof(struct languages),
                                                .draw = draw,
                                                .rows = rows,
                                                .put_row = put_row,
                                                .find = find,
                                                .families = families,
                                                .n_families = sizeof families / sizeof *families,
                                                .blocks = &world_block_parallel,
                                                .n_blocks = 1};
