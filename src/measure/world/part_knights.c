/* Knights and knaves: five families and a block. Number of knights and knights-changed: ((people x 600 + case) x 2 +
 * prose) x 16 + template, then the change; of knights-mix the same with twenty replies in a row of cases. A draw gives
 * other puzzles to the same numbers. See pocket/knights.yaml. */
#include "measure/world/world_knights.h"
#include "measure/world/world_item.h"

enum { SIZES = KNIGHTS_MOST - KNIGHTS_LEAST + 1, CASES = 600, FORMS = 2, REPLIES = 20 };

struct state {
    struct knights knights;
    uint8_t split[SIZES * CASES];
};

static const struct state *state_of(const struct world *w) {
    return world_state(w, &world_part_knights);
}

const struct knights *world_knights(const struct world *w) {
    return &state_of(w)->knights;
}

/* ---- words; the names are given names of the world, each a single token of its tokenizer */

static bool choose_names(struct world *w, struct knights *k, struct error *err) {
    size_t *order, n = 0, people = world_kinds[PERSON].n;
    if (!world_order(w, "knights/names", 0, people, &order, &w->arena, err)) return false;
    for (size_t i = 0; i < people && n < KNIGHT_NAMES; i++) {
        struct text name = w->name[PERSON][order[i]];
        bool known = false;
        name.len = text_find(name, TEXT(" "), 0);
        for (size_t a = 0; a < n; a++) known |= text_equal(k->name[a], name);
        if (!known) k->name[n++] = name;
    }
    return n == KNIGHT_NAMES || error_set(err, ERROR_DATA, "knights: %zu given names, expected %d", n, KNIGHT_NAMES);
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct state *s = state;
    struct knights *k = &s->knights;
    struct words_reader r = {&w->arena, err};
    const struct yaml *root = words_open(&r, "knights.yaml");
    return root && words_list(&r, root, "says", "NS", 8, &k->says) &&
           words_list(&r, root, "ask", "P", WORDINGS, &k->ask) && words_list(&r, root, "told", "", 8, &k->told) &&
           words_text_of(&r, root, "knight", "N", &k->knight) && words_text_of(&r, root, "knave", "N", &k->knave) &&
           words_text_of(&r, root, "no-knight", "N", &k->no_knight) &&
           words_text_of(&r, root, "no-knave", "N", &k->no_knave) &&
           words_text_of(&r, root, "and", "AB", &k->both[SPOKEN_AND]) &&
           words_text_of(&r, root, "or", "AB", &k->both[SPOKEN_OR]) &&
           words_text_of(&r, root, "if", "AB", &k->both[SPOKEN_IF]) &&
           words_text_of(&r, root, "iff", "AB", &k->both[SPOKEN_IFF]) && choose_names(w, k, err) &&
           world_case_splits(w, "knights/cases", s->split, SIZES * CASES, err);
}

/* ---- numbers */

struct numbered {
    size_t c, people;
    bool prose;
    unsigned template;
};

static struct numbered numbered_of(uint64_t number) {
    size_t c = number / WORDINGS / FORMS;
    return (struct numbered){.c = c,
                             .people = KNIGHTS_LEAST + c / CASES,
                             .prose = number / WORDINGS % FORMS,
                             .template = (unsigned)(number % WORDINGS)};
}

static uint64_t numbers(const struct world *w) {
    (void)w;
    return (uint64_t)SIZES * CASES * FORMS * WORDINGS;
}

static bool split_of(const struct world *w, uint64_t number, enum split *split) {
    struct numbered n = numbered_of(number);
    return world_join_splits(state_of(w)->split[n.c], w->template_split[n.template], split);
}

/* people=2:3:4, form=prefix */
static bool is_wanted(uint64_t number, const struct option_value *options) {
    struct numbered n = numbered_of(number);
    struct text sizes = options[0].text, size;
    bool found = !options[0].given;
    uint64_t people;
    while (text_next(&sizes, ':', &size)) found |= text_to_u64(size, &people) && people == n.people;
    return found && (!options[1].given || text_equal_c(options[1].text, "both") ||
                     text_equal_c(options[1].text, n.prose ? "prose" : "prefix"));
}

/* Each size of people=2:3:4 is one that puzzles have. */
static bool check_keys(const struct option_value *options, struct error *err) {
    struct text sizes = options[0].text, size;
    uint64_t people;
    while (options[0].given && text_next(&sizes, ':', &size))
        if (!text_to_u64(size, &people) || people < KNIGHTS_LEAST || people > KNIGHTS_MOST)
            return error_set(err, ERROR_USAGE, "knights: key 'people': expected %d to %d, as 2:3:4, found '%.*s'",
                             KNIGHTS_LEAST, KNIGHTS_MOST, TEXT_ARG(size));
    return true;
}

static bool wanted(const struct world *w, uint64_t number, const struct option_value *options) {
    (void)w;
    return is_wanted(number, options);
}

static bool wanted_changed(const struct world *w, uint64_t number, const struct option_value *options) {
    (void)w;
    return is_wanted(number / N_CHANGES, options);
}

/* ---- items */

static struct puzzle puzzle_of(const struct world *w, uint64_t number, uint64_t draw) {
    struct rng rng = world_stream(w, "knights/puzzles", draw, number);
    struct numbered n = numbered_of(number);
    struct puzzle p;
    puzzle_draw(&p, n.people, (enum split)state_of(w)->split[n.c], &rng);
    return p;
}

static bool fill(struct world_line *line, const struct world *w, const struct puzzle *p, const struct numbered *n,
                 struct rng *rng, const char *family) {
    struct buffer said;
    buffer_init(&said, 1 << 12);
    bool ok = puzzle_put(&said, w, p, n->prose, rng);
    struct slot slot = {"P", buffer_text(&said)};
    ok = ok && world_render(&line->prompt, world_knights(w)->ask.at[n->template], &slot, 1);
    buffer_done(&said);
    size_t joined = 0;
    for (size_t i = 0; i < p->n; i++) joined += p->said[i].kind >= SPOKEN_AND;
    line->kind = "roles";
    buffer_printf(&line->template, "%s/%s/%u", family, n->prose ? "prose" : "prefix", n->template);
    buffer_printf(&line->labels, ",\"people\":%zu,\"joined\":%zu", p->n, joined);
    world_put_pair(&line->labels, "entity", text_of(world_seen(state_of(w)->split[n->c])));
    world_put_pair(&line->labels, "wording", text_of(world_seen(w->template_split[n->template])));
    return ok && puzzle_put_slots(&line->slots, w, p) && puzzle_put_solution(&line->answer, w, p, p->knights);
}

static bool make(struct world_line *line, const struct world *w, uint64_t number, enum split split, uint64_t draw) {
    struct rng rng = world_stream(w, "knights/texts", draw, number);
    struct numbered n = numbered_of(number);
    struct puzzle p = puzzle_of(w, number, draw);
    (void)split;
    return fill(line, w, &p, &n, &rng, "knights") && puzzle_put_reply(&line->reply, w, &p, 1, &rng);
}

static uint64_t changed_numbers(const struct world *w) {
    return numbers(w) * N_CHANGES;
}

static bool changed_split(const struct world *w, uint64_t number, enum split *split) {
    return split_of(w, number / N_CHANGES, split);
}

/* The texts are drawn as those of the puzzle that was changed. */
static bool changed_make(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                         uint64_t draw) {
    uint64_t of = number / N_CHANGES;
    enum puzzle_change change = (enum puzzle_change)(number % N_CHANGES);
    struct rng rng = world_stream(w, "knights/texts", draw, of), own = world_stream(w, "knights/changes", draw, number);
    struct numbered n = numbered_of(of);
    struct puzzle p = puzzle_of(w, of, draw);
    (void)split;
    puzzle_change(&p, change, &own);
    world_label(line, "change", "%s", puzzle_changes[change]);
    return fill(line, w, &p, &n, &rng, "knights-changed") && puzzle_put_reply(&line->reply, w, &p, 1, &rng) &&
           world_label(line, "twin", "kk%06llu", (unsigned long long)of);
}

/* ---- puzzles that are easy for the smallest models: the same few people in all of them, who say what is true or false
 * by itself. Numbers as those of knights, of 2 to 5 people. */

enum { FEW_SIZES = 4 };

static struct puzzle few_puzzle(const struct world *w, uint64_t number, enum split split, uint64_t draw) {
    struct rng rng = world_stream(w, "knights/few", draw, number);
    struct puzzle p;
    puzzle_draw_few(&p, numbered_of(number).people, split, &rng);
    return p;
}

static uint64_t few_numbers(const struct world *w) {
    (void)w;
    return (uint64_t)FEW_SIZES * CASES * FORMS * WORDINGS;
}

/* Wordings for training only: what is fresh in a test is the puzzle. */
static bool few_split(const struct world *w, uint64_t number, enum split *split) {
    struct numbered n = numbered_of(number);
    return *split = (enum split)state_of(w)->split[n.c], w->template_split[n.template] == TRAIN;
}

static bool few_make(struct world_line *line, const struct world *w, uint64_t number, enum split split, uint64_t draw) {
    struct rng rng = world_stream(w, "knights/few-texts", draw, number);
    struct numbered n = numbered_of(number);
    struct puzzle p = few_puzzle(w, number, (enum split)state_of(w)->split[n.c], draw);
    (void)split;
    return fill(line, w, &p, &n, &rng, "knights-few") && puzzle_put_short_reply(&line->reply, w, &p, 1, &rng);
}

/* Twenty in a row: 4, 10, 3 and 3 of the levels 1 to 4. */
static unsigned level_of(uint64_t number) {
    static const uint8_t level[REPLIES] = {1, 2, 2, 3, 2, 4, 2, 1, 2, 2, 3, 2, 1, 4, 2, 2, 3, 2, 1, 4};
    return level[number % REPLIES];
}

/* Members of twenty are those puzzles of 2 to 4 people that follow one another in number, all with one wording. */
static uint64_t mixed_of(uint64_t number) {
    uint64_t twenty = number / REPLIES, template = twenty % WORDINGS, rest = twenty / WORDINGS;
    size_t c = (size_t)(rest * REPLIES + number % REPLIES);
    return ((uint64_t)c * FORMS) * WORDINGS + template;
}

enum { MIXED_SIZES = 3 }; /* 2 to 4 people */

static uint64_t mixed_numbers(const struct world *w) {
    (void)w;
    return (uint64_t)MIXED_SIZES * CASES * WORDINGS;
}

/* All for training: wordings for training; the names are made to be so. */
static bool mixed_split(const struct world *w, uint64_t number, enum split *split) {
    return *split = TRAIN, w->template_split[number / REPLIES % WORDINGS] == TRAIN;
}

static bool fill_mixed(struct world_line *line, const struct world *w, const struct puzzle *p, uint64_t number,
                       struct rng *rng, bool few) {
    static const char *const scores[] = {"3", "-0.5", "-1", "-3"};
    struct numbered n = numbered_of(mixed_of(number));
    unsigned level = level_of(number);
    bool ok = fill(line, w, p, &n, rng, few ? "knights-few-mix" : "knights-mix") &&
              (few ? puzzle_put_short_reply : puzzle_put_reply)(&line->reply, w, p, level, rng);
    return ok && buffer_printf(&line->labels, ",\"level\":%u,\"score\":%s", level, scores[level - 1]);
}

static bool mixed_make(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                       uint64_t draw) {
    struct rng rng = world_stream(w, "knights/mix", draw, number);
    struct puzzle p;
    (void)split;
    puzzle_draw(&p, numbered_of(mixed_of(number)).people, TRAIN, &rng);
    return fill_mixed(line, w, &p, number, &rng, false);
}

static uint64_t few_mixed_numbers(const struct world *w) {
    (void)w;
    return (uint64_t)FEW_SIZES * CASES * WORDINGS;
}

static bool few_mixed_make(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                           uint64_t draw) {
    struct rng rng = world_stream(w, "knights/few-mix", draw, number);
    struct puzzle p = few_puzzle(w, mixed_of(number), TRAIN, draw);
    (void)split;
    return fill_mixed(line, w, &p, number, &rng, true);
}

static bool wanted_mixed(const struct world *w, uint64_t number, const struct option_value *options) {
    (void)w;
    return is_wanted(mixed_of(number), options);
}

static const struct option_def keys[] = {
    {"people", OPTION_TEXT, NULL, 1, 0, NULL, "how many people, as 2:3:4 (default: 2 to 8)"},
    {"form", OPTION_CHOICE, NULL, 1, 0, "prefix|prose|both", "how it is written (default: both)"},
};
static const struct world_family families[] = {
    {.name = "knights",
     .prefix = "kk",
     .digits = 6,
     .most = 2000,
     .numbers = numbers,
     .split = split_of,
     .make = make,
     .options = keys,
     .n_options = 2,
     .check = check_keys,
     .wanted = wanted},
    {.name = "knights-changed",
     .prefix = "kp",
     .digits = 6,
     .members = N_CHANGES,
     .most = 2000,
     .numbers = changed_numbers,
     .split = changed_split,
     .make = changed_make,
     .options = keys,
     .n_options = 2,
     .check = check_keys,
     .wanted = wanted_changed},
    {.name = "knights-mix",
     .prefix = "km",
     .digits = 4,
     .members = REPLIES,
     .most = 2000,
     .numbers = mixed_numbers,
     .split = mixed_split,
     .make = mixed_make,
     .options = keys,
     .n_options = 2,
     .check = check_keys,
     .wanted = wanted_mixed},
    {.name = "knights-few",
     .prefix = "kf",
     .digits = 5,
     .most = 2000,
     .numbers = few_numbers,
     .split = few_split,
     .make = few_make,
     .options = keys,
     .n_options = 2,
     .check = check_keys,
     .wanted = wanted},
    {.name = "knights-few-mix",
     .prefix = "kg",
     .digits = 4,
     .members = REPLIES,
     .most = 2000,
     .numbers = few_mixed_numbers,
     .split = mixed_split,
     .make = few_mixed_make,
     .options = keys,
     .n_options = 2,
     .check = check_keys,
     .wanted = wanted_mixed},
};

/* ---- the block: what people say, with names for training; who they are is not told */

enum { DOCUMENTS = 3200, PUZZLES = 2 };

static uint64_t documents(const struct world *w) {
    (void)w;
    return DOCUMENTS;
}

static bool put(struct world_document *document, const struct world *w, uint64_t number, uint64_t draw) {
    struct rng rng = world_stream(w, "knights/block", draw, number);
    struct buffer *out = &document->text;
    for (uint64_t i = 0; i < PUZZLES; i++) {
        struct puzzle p;
        puzzle_draw(&p, KNIGHTS_LEAST + rng_below(&rng, 4), TRAIN, &rng);
        buffer_put_c(out, i ? "\n" : ""), buffer_put_text(out, world_pick(&world_knights(w)->told, &rng));
        if (!buffer_put_char(out, ' ') || !puzzle_put(out, w, &p, (number + i) % 2, &rng)) return false;
    }
    return true;
}

static const struct world_block block = {.name = "knights-lines", .documents = documents, .put = put};
const struct world_part world_part_knights = {.name = "knights",
                                              .version = 1,
                                              .words = true,
                                              .state_size = sizeof(struct state),
                                              .draw = draw,
                                              .families = families,
                                              .n_families = 5,
                                              .blocks = &block,
                                              .n_blocks = 1};
