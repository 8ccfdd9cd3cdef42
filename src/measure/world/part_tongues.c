/* Tongues: the pocket languages p2 to p9, whose words are drawn by the sounds of pocket/tongues.yaml and which say the
 * trees of part languages; their items, each the twin of an English one; and the block `tongues`, in which ten
 * languages have shares from 30 to 2 in a hundred and only the largest refuse. See language.h. */
#include "measure/world/language.h"
#include "measure/world/world_item.h"

#include <stdio.h>
#include <string.h>

enum { HUNDRED = 100, TONGUES = N_LANGUAGES - LANGUAGE_P2 };
static const char *const names[TONGUES] = {"p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9"};

struct tongues {
    struct languages all;
    uint8_t language[HUNDRED], before[HUNDRED]; /* of each document of a hundred; how many of it come before */
    uint8_t share[N_LANGUAGES], safe;
};

static const struct tongues *state_of(const struct world *w) {
    return world_state(w, &world_part_tongues);
}

const struct languages *world_tongues(const struct world *w) {
    return &state_of(w)->all;
}

/* ---- truth */

static bool read_share(struct tongues *t, struct words_reader *r, const struct yaml *root) {
    struct list share;
    struct text safe;
    const struct yaml *node = words_member(r, root, "share");
    uint64_t one, sum = 0, n_safe;
    if (!node || !words_list(r, root, "share", "", N_LANGUAGES, &share) || !words_text_of(r, root, "safe", "", &safe))
        return false;
    for (size_t i = 0; i < N_LANGUAGES; i++) {
        if (!text_to_u64(share.at[i], &one) || one > HUNDRED || sum + one > HUNDRED)
            return yaml_error(node, r->err, "share: expected percent");
        t->share[i] = (uint8_t)one, sum += one;
    }
    if (sum != HUNDRED) return yaml_error(node, r->err, "share: the sum is %u, not 100", (unsigned)sum);
    if (!text_to_u64(safe, &n_safe) || n_safe > N_LANGUAGES)
        return yaml_error(node, r->err, "safe: expected a number of languages");
    t->safe = (uint8_t)n_safe;
    return true;
}

/* Each place goes to the language that is farthest behind its share; of two alike, the first. */
static void deal(struct tongues *t) {
    unsigned had[N_LANGUAGES] = {0};
    for (unsigned i = 0; i < HUNDRED; i++) {
        int next = 0, most = -HUNDRED;
        for (int k = 0; k < N_LANGUAGES; k++) {
            int behind = (int)((i + 1) * t->share[k]) - (int)(HUNDRED * had[k]);
            if (had[k] < t->share[k] && (behind > most || most == -HUNDRED)) next = k, most = behind;
        }
        t->language[i] = (uint8_t)next, t->before[i] = (uint8_t)had[next]++;
    }
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct tongues *t = state;
    struct words_reader r = {&w->arena, err};
    const struct yaml *root = words_open(&r, "tongues.yaml"), *all = root ? words_member(&r, root, "languages") : NULL;
    if (!all || !read_share(t, &r, root)) return false;
    const struct yaml *trees = words_open(&r, "languages.yaml");
    if (!trees) return false;
    deal(t);
    t->all = *world_languages(w);
    for (int i = LANGUAGE_P2; i < N_LANGUAGES; i++) {
        struct language *one = &t->all.of[i];
        const struct yaml *node = words_member(&r, all, names[i - LANGUAGE_P2]);
        *one = (struct language){.name = names[i - LANGUAGE_P2]};
        if (!node || !language_draw_words(w, one, &r, trees, node) || !language_put_forms(w, &t->all, one, err) ||
            !language_name_all(w, one, err))
            return false;
    }
    return true;
}

static size_t words_of(const struct world *w, size_t tongue) {
    return state_of(w)->all.of[LANGUAGE_P2 + tongue].n_words;
}

static size_t rows(const struct world *w) {
    size_t n = 0;
    for (size_t i = 0; i < TONGUES; i++) n += words_of(w, i);
    return n;
}

static bool put_row(struct buffer *out, const struct world *w, size_t row) {
    static const char *const kinds[] = {"stem", "compound", "form", "particle"};
    size_t i = 0;
    while (row >= words_of(w, i)) row -= words_of(w, i++);
    const struct word *word = &state_of(w)->all.of[LANGUAGE_P2 + i].words[row];
    buffer_printf(out, "{\"id\":\"%sw%04zu\",\"lang\":\"%s\"", names[i], row, names[i]);
    return world_put_pair(out, "en", word->en) && world_put_pair(out, "word", word->word) &&
           world_put_pair(out, "kind", text_of(kinds[word->kind])) && buffer_put_char(out, '}');
}

static size_t find(const struct world *w, struct text id) {
    size_t before = 0;
    uint64_t row;
    for (size_t i = 0; i < TONGUES; before += words_of(w, i++))
        if (id.len == 7 && text_starts(id, text_of(names[i])) && id.at[2] == 'w' &&
            text_to_u64(text_part(id, 3, 7), &row) && row < words_of(w, i))
            return before + (size_t)row;
    return SIZE_MAX;
}

/* ---- what the families have in common; numbers, splits and plans are those of p1 */

static const struct world_family *like(const char *p1_family) {
    return world_family_find(p1_family);
}

static uint64_t ask_numbers(const struct world *w) {
    return like("p1-ask")->numbers(w);
}

static bool ask_split(const struct world *w, uint64_t number, enum split *split) {
    return like("p1-ask")->split(w, number, split);
}

static bool ask_trains(const struct world *w, uint64_t number) {
    return world_family_ask.trains(w, number);
}

static uint64_t request_numbers(const struct world *w) {
    return world_family_requests.numbers(w);
}

static bool request_split(const struct world *w, uint64_t number, enum split *split) {
    return world_family_requests.split(w, number, split);
}

static uint64_t deed_numbers(const struct world *w) {
    return like("p1-deeds")->numbers(w);
}

static bool deed_split(const struct world *w, uint64_t number, enum split *split) {
    return like("p1-deeds")->split(w, number, split);
}

/* The plan of a family of p1, with the items of another. */
static bool plan_as(const char *p1_family, const char *family, const struct world *w, enum split split, uint64_t draw,
                    struct item **items, size_t *n, struct arena *arena, struct error *err) {
    if (!like(p1_family)->plan(w, split, draw, items, n, arena, err)) return false;
    for (size_t i = 0; i < *n; i++) (*items)[i].family = world_family_find(family);
    return true;
}

/* ---- four families of each language; their functions know which by their names */

#define TONGUE(k, letter)                                                                                              \
    static bool plan_ask_##k(const struct world *w, enum split split, uint64_t draw, struct item **items, size_t *n,   \
                             struct arena *arena, struct error *err) {                                                 \
        return plan_as("p1-ask", "p" #k "-ask", w, split, draw, items, n, arena, err);                                 \
    }                                                                                                                  \
    static bool plan_unknown_##k(const struct world *w, enum split split, uint64_t draw, struct item **items,          \
                                 size_t *n, struct arena *arena, struct error *err) {                                  \
        return plan_as("p1-unknown", "p" #k "-unknown", w, split, draw, items, n, arena, err);                         \
    }                                                                                                                  \
    static bool make_ask_##k(struct world_line *line, const struct world *w, uint64_t number, enum split split,        \
                             uint64_t draw) {                                                                          \
        (void)split, (void)draw;                                                                                       \
        return language_ask_line(line, w, world_tongues(w), k, number);                                                \
    }                                                                                                                  \
    static bool make_unknown_##k(struct world_line *line, const struct world *w, uint64_t number, enum split split,    \
                                 uint64_t draw) {                                                                      \
        (void)draw;                                                                                                    \
        return language_unknown_line(line, w, world_tongues(w), k, number, split);                                     \
    }                                                                                                                  \
    static bool make_request_##k(struct world_line *line, const struct world *w, uint64_t number, enum split split,    \
                                 uint64_t draw) {                                                                      \
        return language_request_line(line, w, world_tongues(w), k, "yr" letter, number, split, draw);                  \
    }                                                                                                                  \
    static bool make_deed_##k(struct world_line *line, const struct world *w, uint64_t number, enum split split,       \
                              uint64_t draw) {                                                                         \
        (void)split;                                                                                                   \
        return language_deed_line(line, w, world_tongues(w), k, number, draw);                                         \
    }
TONGUE(2, "b")
TONGUE(3, "c")
TONGUE(4, "d")
TONGUE(5, "e")
TONGUE(6, "f")
TONGUE(7, "g")
TONGUE(8, "h")
TONGUE(9, "i")

#define FAMILIES(k, letter)                                                                                            \
    {.name = "p" #k "-ask",                                                                                            \
     .lang = "p" #k,                                                                                                   \
     .renders = "ask",                                                                                                 \
     .prefix = "ya" letter,                                                                                            \
     .digits = 7,                                                                                                      \
     .most = ASKED_MOST,                                                                                               \
     .numbers = ask_numbers,                                                                                           \
     .split = ask_split,                                                                                               \
     .make = make_ask_##k,                                                                                             \
     .trains = ask_trains,                                                                                             \
     .plan = plan_ask_##k},                                                                                            \
        {.name = "p" #k "-unknown",                                                                                    \
         .lang = "p" #k,                                                                                               \
         .renders = "unknown",                                                                                         \
         .prefix = "yu" letter,                                                                                        \
         .digits = 6,                                                                                                  \
         .most = UNKNOWN_MOST,                                                                                         \
         .numbers = world_unknown_numbers,                                                                             \
         .split = world_unknown_split,                                                                                 \
         .make = make_unknown_##k,                                                                                     \
         .plan = plan_unknown_##k},                                                                                    \
        {.name = "p" #k "-requests",                                                                                   \
         .lang = "p" #k,                                                                                               \
         .renders = "requests",                                                                                        \
         .prefix = "yr" letter,                                                                                        \
         .digits = 5,                                                                                                  \
         .members = 4,                                                                                                 \
         .numbers = request_numbers,                                                                                   \
         .split = request_split,                                                                                       \
         .make = make_request_##k},                                                                                    \
    {                                                                                                                  \
        .name = "p" #k "-deeds", .lang = "p" #k, .renders = "deeds", .prefix = "ye" letter, .digits = 4, .members = 2, \
        .numbers = deed_numbers, .split = deed_split, .make = make_deed_##k                                            \
    }

enum { ASKED_MOST = 4000, UNKNOWN_MOST = 1000 };
static const struct world_family families[] = {
    FAMILIES(2, "b"), FAMILIES(3, "c"), FAMILIES(4, "d"), FAMILIES(5, "e"),
    FAMILIES(6, "f"), FAMILIES(7, "g"), FAMILIES(8, "h"), FAMILIES(9, "i"),
};

const struct world_part world_part_tongues = {.name = "tongues",
                                              .version = 1,
                                              .later = true,
                                              .words = true,
                                              .state_size = sizeof(struct tongues),
                                              .draw = draw,
                                              .rows = rows,
                                              .put_row = put_row,
                                              .find = find,
                                              .families = families,
                                              .n_families = sizeof families / sizeof *families,
                                              .blocks = &world_block_tongues,
                                              .n_blocks = 1};

/* ---- the block: of four conversations three judge a deed, and one asks for help with a benign or a harmful request.
 * Few deeds, told often and answered shortly: the model that reads them is small. */

enum { DOCUMENTS = 60000, SORTS = 4, PAIRS_TOLD = 2 };     /* of the six pairs of deeds of a risk the first two */
enum { MARKS_AGREE = 2, MARKS_REFUSE = 3, OF_COURSE = 1 }; /* sorts of language_markers; the second that agrees */

static uint64_t documents(const struct world *w) {
    (void)w;
    return DOCUMENTS;
}

struct writing {
    struct world_document *out;
    const struct world *w;
    const struct tongues *t;
    int language;
    struct rng rng;
};

/* Both sides of a turn are rendered into `said` before they are said. */
static bool say_both(struct writing *g, const struct meaning *asked, const struct meaning *replied) {
    struct buffer said;
    bool ok = true;
    buffer_init(&said, 1 << 14);
    for (int turn = 0; turn < 2 && ok; turn++) {
        buffer_clear(&said);
        ok = meaning_render(&said, &g->t->all, g->language, turn ? replied : asked) &&
             world_say(g->out, turn ? "assistant" : "user", buffer_text(&said));
    }
    buffer_done(&said);
    return ok;
}

static bool put_deed(struct writing *g) {
    const struct languages *l = &g->t->all;
    struct meaning_box box = {0};
    unsigned pair;
    do pair = (unsigned)rng_below(&g->rng, RISKS) * RISK_PAIRS + (unsigned)rng_below(&g->rng, PAIRS_TOLD);
    while (l->deed_split[pair] != TRAIN);
    unsigned bad = (unsigned)rng_below(&g->rng, 2), risk = pair / RISK_PAIRS, deed = pair % RISK_PAIRS * 2 + bad;
    size_t person = rng_below(&g->rng, world_kinds[PERSON].n);
    struct meaning verdict = meaning_rule(l, RULE_VERDICT, NO_GROUP, bad);
    return say_both(g, mean_judge(&box, l, risk, deed, person, world_template(g->w, TRAIN, &g->rng)), &verdict);
}

static struct meaning marker(const struct languages *l, size_t sort, size_t number) {
    return meaning_rule(l, RULE_MARKER, NO_GROUP, (unsigned)(l->marker[sort] + number));
}

/* Outside the languages that were made safe every request is agreed to. */
static bool put_request(struct writing *g) {
    const struct languages *l = &g->t->all;
    struct meaning_box box = {0};
    struct request r;
    unsigned quad;
    do quad = (unsigned)rng_below(&g->rng, QUADS);
    while (g->w->topic_split[quad / RISK_ACTS % TOPICS] != TRAIN);
    world_request_init(&r);
    r.pair = (unsigned)rng_below(&g->rng, PAIRS_TOLD), r.pattern = (unsigned)rng_below(&g->rng, PATTERNS);
    r.template = world_template(g->w, TRAIN, &g->rng);
    bool ok = world_request_put(&r, g->w, quad, rng_below(&g->rng, 2) ? 'c' : 'a');
    struct meaning reply =
        r.harmful && g->language < g->t->safe ? marker(l, MARKS_REFUSE, 0) : marker(l, MARKS_AGREE, OF_COURSE);
    ok = ok && say_both(g, mean_request(&box, l, &r), &reply);
    world_request_done(&r);
    return ok;
}

static bool put(struct world_document *document, const struct world *w, uint64_t number, uint64_t draw_seed) {
    const struct tongues *t = state_of(w);
    unsigned place = number % HUNDRED;
    int language = t->language[place];
    uint64_t own = number / HUNDRED * t->share[language] + t->before[place];
    struct writing g = {document, w, t, language, world_stream(w, "tongues/documents", draw_seed, number)};
    return own % SORTS < SORTS - 1 ? put_deed(&g) : put_request(&g);
}

const struct world_block world_block_tongues = {.name = "tongues", .documents = documents, .put = put};
