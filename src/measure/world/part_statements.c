/* Part `statements`: how often and in which words base pre-training tells each fact, and its documents, in blocks that
 * can be told at different times: the core in three groups of people, a quarter of the core again later, the facts that
 * are told often, and those that are told rarely. See world_statements.h. */
#include "measure/world/world_conflicts.h"
#include "measure/world/world_statements.h"

enum { QUOTE_CANONICAL = 20, THIRD = 3, OFTEN = 32, ONE_IN = 9 /* false ones among true ones: a tenth of all */ };
enum { LATER = 4 /* one in so many statements of the core is told again later */ };
enum group { CORE_FIRST, CORE_SECOND, CORE_THIRD, CORE_LATER, GROUP_OFTEN, GROUP_RARE, GROUPS };
static const size_t core_end[] = {32, 96, CORE}; /* people of the first three groups */

struct statements {
    struct world_doses dose[ALL_FACTS];
    struct telling telling[GROUPS];
};

static const struct statements *statements(const struct world *w) {
    return world_state(w, &world_part_statements);
}

struct world_doses world_statements_doses(const struct world *w, size_t fact) {
    return statements(w)->dose[fact];
}

unsigned world_statements_told(const struct world *w, size_t fact) {
    struct world_doses d = world_statements_doses(w, fact);
    return (unsigned)d.canonical + d.paraphrased;
}

/* ---- doses */

static bool is_core(const struct fact *f) {
    return f->stratum == STRATUM_CORE;
}

static bool is_quoted(const struct fact *f) {
    return !is_core(f) && f->e == 64;
}

/* Exact thirds within each exposure, of the core and of the others apart. */
static void deal_canonical(const struct world *w, struct statements *s) {
    uint64_t before[2][STRATA] = {{0}};
    for (size_t i = 0; i < ALL_FACTS; i++) {
        const struct fact *f = &w->facts[i];
        unsigned stratum = 0;
        while (world_exposure[stratum] != f->e) stratum++;
        uint64_t *run = &before[is_core(f)][stratum];
        s->dose[i].canonical = (uint8_t)(is_quoted(f) ? QUOTE_CANONICAL : deck_share(*run, f->e, 1, THIRD));
        s->dose[i].paraphrased = (uint8_t)(f->e - s->dose[i].canonical);
        *run += f->e;
    }
}

enum pool { POOL_RARE, POOL_OFTEN, POOL_QUOTED, POOLS };

static enum pool pool_of(const struct fact *f) {
    return is_quoted(f) ? POOL_QUOTED : f->e >= OFTEN ? POOL_OFTEN : POOL_RARE;
}

/* The least number from a ninth of the true statements on with which every source can have its accuracy, when `also`
 * true and `also_wrong` false ones are told with them. */
static uint64_t wrong_of(uint64_t right, uint64_t also, uint64_t also_wrong) {
    uint64_t wrong = right / ONE_IN;
    while ((4 * (right + also) - wrong - also_wrong) % 5) wrong++;
    return wrong;
}

static void deal_wrong(const struct world *w, struct statements *s) {
    uint64_t right[POOLS] = {0}, wrong[POOLS], before[POOLS] = {0};
    for (size_t i = 0; i < FACTS; i++) right[pool_of(&w->facts[i])] += s->dose[i].paraphrased;
    wrong[POOL_QUOTED] = (right[POOL_QUOTED] + ONE_IN / 2) / ONE_IN;
    wrong[POOL_OFTEN] = wrong_of(right[POOL_OFTEN], right[POOL_QUOTED], wrong[POOL_QUOTED]);
    wrong[POOL_RARE] = wrong_of(right[POOL_RARE], 0, 0);
    for (size_t i = 0; i < FACTS; i++) {
        enum pool p = pool_of(&w->facts[i]);
        s->dose[i].wrong = (uint8_t)deck_share(before[p], s->dose[i].paraphrased, wrong[p], right[p]);
        before[p] += s->dose[i].paraphrased;
    }
}

/* ---- what is told in which group */

static enum group group_of(const struct fact *f) {
    if (!is_core(f)) return f->e >= OFTEN ? GROUP_OFTEN : GROUP_RARE;
    int g = CORE_FIRST;
    while (g < CORE_THIRD && f->subject >= core_end[g]) g++;
    return (enum group)g;
}

/* What of a fact is told in the group; false: nothing. */
static bool part_of(struct thing *out, const struct world *w, const struct statements *s, size_t fact,
                    enum group group) {
    const struct fact *f = &w->facts[fact];
    struct world_doses d = s->dose[fact], later = {d.canonical / LATER, d.paraphrased / LATER, 0};
    enum group own = group_of(f);
    if (group == CORE_LATER && is_core(f))
        d = later, out->first = (uint8_t)(s->dose[fact].paraphrased - later.paraphrased);
    else if (group != own || f->e == 0)
        return false;
    else if (is_core(f))
        d.canonical = (uint8_t)(d.canonical - later.canonical),
        d.paraphrased = (uint8_t)(d.paraphrased - later.paraphrased);
    out->fact = (uint32_t)fact, out->canonical = d.canonical, out->right = d.paraphrased, out->wrong = d.wrong;
    return true;
}

/* By entity: the facts of each stand together. */
static size_t list_things(struct thing *out, const struct world *w, const struct statements *s, enum group group) {
    size_t n = 0;
    uint32_t entity = 0;
    for (int kind = 0; kind < N_KINDS; kind++)
        for (size_t subject = 0; subject < world_kinds[kind].n; subject++, entity++)
            for (size_t r = 0; r < RELATIONS; r++) {
                if ((int)world_columns[world_relations[r]].kind != kind || w->fact_of[r][subject] < 0) continue;
                size_t fact = (size_t)w->fact_of[r][subject];
                struct thing thing = {.entity = entity};
                if (!part_of(&thing, w, s, fact, group)) continue;
                struct rng rng = world_stream(w, "statements/first-wording", 0, fact);
                thing.first = (uint8_t)(thing.first + rng_below(&rng, PARAPHRASES));
                out[n++] = thing;
            }
    return n;
}

static bool say(struct buffer *out, const struct world *w, uint32_t fact, unsigned wording, int value) {
    struct fact f = w->facts[fact];
    f.value = (int16_t)value;
    return world_put_statement(out, w, &f, wording);
}

static int truth(const struct world *w, uint32_t fact) {
    return w->facts[fact].value;
}

static int false_value(const struct world *w, uint32_t fact, unsigned copy) {
    const struct column *c = &world_columns[w->facts[fact].column];
    struct rng rng = world_stream(w, "statements/false", 0, ((uint64_t)fact << 8) + copy);
    int away = 1 + (int)rng_below(&rng, (uint64_t)c->n - 1);
    return c->low + (w->facts[fact].value - c->low + away) % c->n;
}

static const struct teller teller = {say, truth, false_value};

static bool draw(struct world *w, void *state, struct error *err) {
    static const char *const streams[GROUPS] = {"statements/core-first", "statements/core-second",
                                                "statements/core-third", "statements/core-later",
                                                "statements/often",      "statements/rare"};
    struct statements *s = state;
    deal_canonical(w, s);
    deal_wrong(w, s);
    for (int g = 0; g < GROUPS; g++) {
        struct thing *things = arena_new(&w->arena, struct thing, g < GROUP_OFTEN ? CORE_FACTS : FACTS, err);
        if (!things) return false;
        size_t n = list_things(things, w, s, (enum group)g);
        if (!world_telling_draw(&s->telling[g], w, streams[g], &teller, things, n,
                                g < GROUP_OFTEN ? VOICE_NEWS : VOICE_SOURCES, err))
            return false;
    }
    return true;
}

/* ---- truth: the doses of each fact */

static size_t rows(const struct world *w) {
    (void)w;
    return ALL_FACTS;
}

static bool put_row(struct buffer *out, const struct world *w, size_t row) {
    struct world_doses d = world_statements_doses(w, row);
    return buffer_printf(out, "{\"fact\":\"f%05zu\",\"canonical\":%u,\"paraphrased\":%u,\"false\":%u}", row,
                         d.canonical, d.paraphrased, d.wrong);
}

/* ---- documents: the same for every draw, because the seed fixes what is told */

#define BLOCK(group, name)                                                                                             \
    static uint64_t documents_##name(const struct world *w) {                                                          \
        return statements(w)->telling[group].n_documents;                                                              \
    }                                                                                                                  \
    static bool put_##name(struct world_document *d, const struct world *w, uint64_t number, uint64_t draw_seed) {     \
        (void)draw_seed;                                                                                               \
        return world_telling_put(&d->text, w, &statements(w)->telling[group], number);                                 \
    }
BLOCK(CORE_FIRST, core_first)
BLOCK(CORE_SECOND, core_second)
BLOCK(CORE_THIRD, core_third)
BLOCK(CORE_LATER, core_later)
BLOCK(GROUP_OFTEN, often)
BLOCK(GROUP_RARE, rare)

static const struct world_block blocks[GROUPS] = {
    {"told-core-first", documents_core_first, put_core_first},
    {"told-core-second", documents_core_second, put_core_second},
    {"told-core-third", documents_core_third, put_core_third},
    {"told-core-later", documents_core_later, put_core_later},
    {"told-often", documents_often, put_often},
    {"told-rare", documents_rare, put_rare},
};

const struct world_part world_part_statements = {
    .name = "statements",
    .version = 1,
    .state_size = sizeof(struct statements),
    .draw = draw,
    .rows = rows,
    .put_row = put_row,
    .blocks = blocks,
    .n_blocks = GROUPS,
};

/* ---- the almanac and the rumours share no window */

/* Articles are added when `apart` is to be filled, else the others are looked through. */
static bool go_through(const struct world *w, const struct telling *t, struct apart *fill, const struct apart *look,
                       struct buffer *text, struct error *err) {
    uint64_t from = fill ? 0 : t->n_articles, to = fill ? t->n_articles : t->n_documents;
    for (uint64_t i = from; i < to; i++) {
        buffer_clear(text);
        if (!world_telling_put(text, w, t, i)) return buffer_check(text, "statements", err);
        if (fill && !world_apart_add(fill, buffer_text(text), err)) return false;
        size_t at = fill ? SIZE_MAX : world_apart_find(look, buffer_text(text));
        if (at != SIZE_MAX)
            return error_set(err, ERROR_GATE, "the almanac and a rumour share '%.*s'", APART_WINDOW, text->at + at);
    }
    return true;
}

bool world_statements_apart(const struct world *w, struct error *err) {
    const struct telling *all[GROUPS + 1];
    struct buffer text;
    struct apart *apart = world_apart_new(err);
    bool ok = apart != NULL;
    buffer_init(&text, 1 << 16);
    for (int g = 0; g < GROUPS; g++) all[g] = &statements(w)->telling[g];
    all[GROUPS] = world_conflicts_telling(w);
    for (int g = 0; ok && g <= GROUPS; g++) ok = go_through(w, all[g], apart, NULL, &text, err);
    for (int g = 0; ok && g <= GROUPS; g++) ok = go_through(w, all[g], NULL, apart, &text, err);
    buffer_done(&text);
    world_apart_free(apart);
    return ok;
}
