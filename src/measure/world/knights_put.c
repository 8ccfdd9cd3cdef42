/* Puzzles as text: what is said, the solution, replies of four levels. See world_knights.h. */
#include "measure/world/world_knights.h"

static const char *const joints[N_SPOKEN] = {"", "not", "and", "or", "if", "iff"};

static struct text name_of(const struct world *w, const struct puzzle *p, size_t person) {
    uint8_t name = p->name[person];
    return p->rare ? w->name[RIVER][name] : world_knights(w)->name[name];
}

/* ---- what is said */

static bool put_prefix(struct buffer *out, const struct world *w, const struct puzzle *p, size_t person) {
    const struct spoken *s = &p->said[person];
    buffer_printf(out, "%.*s:", TEXT_ARG(name_of(w, p, person)));
    if (s->kind != SPOKEN_LEAF) buffer_printf(out, " %s", joints[s->kind]);
    buffer_printf(out, " %c %.*s", s->a % 2 ? 'L' : 'T', TEXT_ARG(name_of(w, p, s->a / 2)));
    if (s->kind >= SPOKEN_AND) buffer_printf(out, " %c %.*s", s->b % 2 ? 'L' : 'T', TEXT_ARG(name_of(w, p, s->b / 2)));
    return buffer_put_char(out, '.');
}

static bool put_leaf(struct buffer *out, const struct world *w, const struct puzzle *p, unsigned leaf, bool denied) {
    const struct knights *k = world_knights(w);
    struct slot slot = {"N", name_of(w, p, leaf / 2)};
    return world_fill(out, leaf % 2 ? (denied ? k->no_knave : k->knave) : denied ? k->no_knight : k->knight, &slot, 1);
}

static bool put_sentence(struct buffer *out, const struct world *w, const struct puzzle *p, const struct spoken *s) {
    struct buffer a, b;
    if (s->kind < SPOKEN_AND) return put_leaf(out, w, p, s->a, s->kind == SPOKEN_NOT);
    buffer_init(&a, 256), buffer_init(&b, 256);
    bool ok = put_leaf(&a, w, p, s->a, false) && put_leaf(&b, w, p, s->b, false);
    struct slot slots[] = {{"A", buffer_text(&a)}, {"B", buffer_text(&b)}};
    ok = ok && world_fill(out, world_knights(w)->both[s->kind], slots, 2);
    buffer_done(&a), buffer_done(&b);
    return ok;
}

static bool put_prose(struct buffer *out, const struct world *w, const struct puzzle *p, size_t person,
                      struct rng *rng) {
    struct buffer said;
    buffer_init(&said, 512);
    bool ok = put_sentence(&said, w, p, &p->said[person]);
    struct slot slots[] = {{"N", name_of(w, p, person)}, {"S", buffer_text(&said)}};
    ok = ok && world_render(out, world_pick(&world_knights(w)->says, rng), slots, 2);
    buffer_done(&said);
    return ok;
}

bool puzzle_put(struct buffer *out, const struct world *w, const struct puzzle *p, bool prose, struct rng *rng) {
    for (size_t i = 0; i < p->n; i++)
        if ((i && !buffer_put_char(out, ' ')) || !(prose ? put_prose(out, w, p, i, rng) : put_prefix(out, w, p, i)))
            return false;
    return true;
}

/* ---- the solution */

bool puzzle_put_solution(struct buffer *out, const struct world *w, const struct puzzle *p, unsigned knights) {
    for (size_t i = 0; i < p->n; i++)
        buffer_printf(out, "%s(%zu) %.*s is a %s", i ? "\n" : "", i + 1, TEXT_ARG(name_of(w, p, i)),
                      knights >> i & 1 ? "knight" : "knave");
    return !out->failed;
}

static void put_statement(struct buffer *out, const struct spoken *s) {
    static const char *const names[N_SPOKEN] = {"", "not", "and", "or", "->", "<=>"};
    if (s->kind != SPOKEN_LEAF) buffer_printf(out, "[\"%s\",", names[s->kind]);
    buffer_printf(out, "[\"%c\",%d]", s->a % 2 ? 'L' : 'T', s->a / 2);
    if (s->kind >= SPOKEN_AND) buffer_printf(out, ",[\"%c\",%d]", s->b % 2 ? 'L' : 'T', s->b / 2);
    if (s->kind != SPOKEN_LEAF) buffer_put_char(out, ']');
}

bool puzzle_put_slots(struct buffer *out, const struct world *w, const struct puzzle *p) {
    buffer_put_c(out, ",\"names\":[");
    for (size_t i = 0; i < p->n; i++) {
        if (i) buffer_put_char(out, ',');
        json_put_string(out, name_of(w, p, i));
    }
    buffer_put_c(out, "],\"statements\":[");
    for (size_t i = 0; i < p->n; i++) {
        if (i) buffer_put_char(out, ',');
        put_statement(out, &p->said[i]);
    }
    buffer_put_c(out, "],\"solution\":[");
    for (size_t i = 0; i < p->n; i++) buffer_printf(out, "%s%s", i ? "," : "", p->knights >> i & 1 ? "true" : "false");
    return buffer_put_char(out, ']');
}

/* ---- replies */

/* Scratch paper: who is tried as what, "Ada knight. Bo knave." */
static bool put_scratch(struct buffer *out, const struct world *w, const struct puzzle *p, unsigned knights) {
    for (size_t i = 0; i < p->n; i++)
        buffer_printf(out, "%s%.*s %s.", i ? " " : "", TEXT_ARG(name_of(w, p, i)),
                      knights >> i & 1 ? "knight" : "knave");
    return !out->failed;
}

/* The marks as they should be, around roles that may be wrong or not all there. */
static bool put_marked(struct buffer *out, const struct world *w, const struct puzzle *p, unsigned knights,
                       size_t people) {
    struct puzzle some = *p;
    some.n = people;
    return buffer_put_c(out, "<think>") && put_scratch(out, w, p, knights) && buffer_put_c(out, "</think><answer>") &&
           puzzle_put_solution(out, w, &some, knights) && buffer_put_c(out, "</answer>");
}

/* The ways in which marks are broken: one is missing, doubled or out of order, or there is no answer. */
static bool put_broken(struct buffer *out, const struct world *w, const struct puzzle *p, struct rng *rng) {
    static const struct {
        const char *before, *between, *behind;
        bool empty;
    } ways[] = {{"<think>", "<answer>", "</answer>", false},
                {"", "</think><answer>", "</answer>", false},
                {"<think>", "</think>", "", false},
                {"<think>", "</think><answer>", "", false},
                {"<think>", "</think><answer>", "</answer>", true},
                {"<answer>", "</answer><think>", "</think>", false},
                {"<think><think>", "</think><answer>", "</answer>", false}};
    size_t way = rng_below(rng, sizeof ways / sizeof *ways);
    return buffer_put_c(out, ways[way].before) && put_scratch(out, w, p, p->knights) &&
           buffer_put_c(out, ways[way].between) && (ways[way].empty || puzzle_put_solution(out, w, p, p->knights)) &&
           buffer_put_c(out, ways[way].behind);
}

bool puzzle_put_reply(struct buffer *out, const struct world *w, const struct puzzle *p, unsigned level,
                      struct rng *rng) {
    unsigned wrong = p->knights ^ (unsigned)(1 + rng_below(rng, (1u << p->n) - 1));
    switch (level) {
    case 1:
        return put_marked(out, w, p, p->knights, p->n);
    case 2:
        return put_marked(out, w, p, wrong, p->n);
    case 3:
        return put_marked(out, w, p, p->knights, rng_below(rng, p->n - 1) + 1);
    default:
        return put_broken(out, w, p, rng);
    }
}

/* Of the first `people`. */
static bool put_short(struct buffer *out, const struct world *w, const struct puzzle *p, unsigned knights,
                      size_t people) {
    struct puzzle some = *p;
    some.n = people;
    return buffer_put_c(out, "Answer: ") && puzzle_put_solution(out, w, &some, knights) && buffer_put_c(out, " End.");
}

static bool put_short_broken(struct buffer *out, const struct world *w, const struct puzzle *p, struct rng *rng) {
    static const struct {
        const char *before, *behind;
        bool empty;
    } ways[] = {{"", " End.", false},
                {"Answer: ", "", false},
                {"Answer: Answer: ", " End.", false},
                {"Answer:", " End.", true},
                {"End. ", " Answer:", false}};
    size_t way = rng_below(rng, sizeof ways / sizeof *ways);
    return buffer_put_c(out, ways[way].before) && (ways[way].empty || puzzle_put_solution(out, w, p, p->knights)) &&
           buffer_put_c(out, ways[way].behind);
}

bool puzzle_put_short_reply(struct buffer *out, const struct world *w, const struct puzzle *p, unsigned level,
                            struct rng *rng) {
    unsigned wrong = p->knights ^ (unsigned)(1 + rng_below(rng, (1u << p->n) - 1));
    switch (level) {
    case 1:
        return put_short(out, w, p, p->knights, p->n);
    case 2:
        return put_short(out, w, p, wrong, p->n);
    case 3:
        return put_short(out, w, p, p->knights, rng_below(rng, p->n - 1) + 1);
    default:
        return put_short_broken(out, w, p, rng);
    }
}
