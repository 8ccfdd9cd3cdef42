/* Names of the pocket world: a head and a tail put together. All pairs of a list are shuffled by seed and taken in that
 * order, leaving out what another list already made (whatever the case of the letters), so a name means one thing. */
#include "measure/world/world_part.h"

#include <string.h>

enum { POOL = 64, SINGLE_NAMES = 1024 };

struct naming {
    struct world *world;
    struct text *made[SINGLE_NAMES]; /* all names of one word so far */
    size_t n_made;
    struct error *err;
};

static bool is_new(const struct naming *g, struct text name) {
    for (size_t i = 0; i < g->n_made; i++)
        if (text_equal_nocase(*g->made[i], name)) return false;
    return true;
}

/* n names of one list into out. */
static bool draw_words(struct naming *g, int set, const char *stream, struct text *out, size_t n) {
    struct words *words = &g->world->words;
    const struct list *heads = &words->heads[set], *tails = &words->tails[set];
    struct arena *arena = &g->world->arena;
    size_t *order, taken = 0, pairs = heads->n * tails->n;
    if (!world_order(g->world, stream, 0, pairs, &order, arena, g->err)) return false;
    for (size_t i = 0; i < pairs && taken < n; i++) {
        struct text head = heads->at[order[i] / tails->n], tail = tails->at[order[i] % tails->n];
        char *name = arena_printf(arena, g->err, "%.*s%.*s", TEXT_ARG(head), TEXT_ARG(tail));
        if (!name) return false;
        struct text made = text_of(name);
        if (!is_new(g, made)) continue;
        out[taken] = made;
        if (g->n_made == SINGLE_NAMES) break;
        g->made[g->n_made++] = &out[taken++];
    }
    return taken == n || error_set(g->err, ERROR_DATA, "pocket/names.yaml: %s: too few different names, %zu of %zu",
                                   stream, taken, n);
}

/* Given and family names, then everybody: people, outside people, elders. */
static bool draw_people(struct naming *g) {
    struct world *w = g->world;
    struct text *given = arena_new(&w->arena, struct text, POOL, g->err),
                *family = arena_new(&w->arena, struct text, POOL, g->err);
    size_t *order;
    if (!given || !family || !draw_words(g, NAME_GIVEN, "names/given", given, POOL) ||
        !draw_words(g, NAME_FAMILY, "names/family", family, POOL) ||
        !world_order(w, "names/pairs", 0, (size_t)POOL * POOL, &order, &w->arena, g->err))
        return false;
    const struct {
        enum kind kind;
        size_t n;
    } groups[] = {{PERSON, world_kinds[PERSON].n}, {OUTSIDE, OUTSIDE_PEOPLE}, {ELDER, world_kinds[ELDER].n}};
    size_t at = 0;
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; i < groups[k].n; i++, at++) {
            struct text a = given[order[at] / POOL], b = family[order[at] % POOL];
            char *name = arena_printf(&w->arena, g->err, "%.*s %.*s", TEXT_ARG(a), TEXT_ARG(b));
            if (!name) return false;
            w->name[groups[k].kind][i] = text_of(name);
        }
    return true;
}

/* A building is called by its name and its kind: the kinds are dealt before. */
static bool draw_buildings(struct naming *g) {
    struct world *w = g->world;
    size_t n = world_kinds[BUILDING].n;
    struct text *bare = arena_new(&w->arena, struct text, n, g->err);
    if (!bare || !draw_words(g, NAME_BUILDING, "names/building", bare, n)) return false;
    for (size_t i = 0; i < n; i++) {
        char *name = arena_printf(&w->arena, g->err, "%.*s %.*s", TEXT_ARG(bare[i]),
                                  TEXT_ARG(w->words.kinds.at[w->value[B_KIND][i]]));
        if (!name) return false;
        w->name[BUILDING][i] = text_of(name);
    }
    return true;
}

static bool draw_laws(struct naming *g) {
    struct world *w = g->world;
    for (size_t i = 0; i < world_kinds[LAW].n; i++) {
        struct text act = w->words.law_acts.at[w->value[L_ACT][i]],
                    object = w->words.law_objects.at[w->value[L_OBJECT][i]];
        char *name = arena_printf(&w->arena, g->err, "%.*s %.*s", TEXT_ARG(act), TEXT_ARG(object));
        if (!name) return false;
        w->name[LAW][i] = text_of(name);
    }
    return true;
}

/* Names of a list for the world, and behind them some for the outside. */
static bool draw_both(struct naming *g, int set, const char *stream, enum kind kind, size_t outside_at,
                      size_t outside_n) {
    size_t n = world_kinds[kind].n;
    struct text *all = arena_new(&g->world->arena, struct text, n + outside_n, g->err);
    if (!all || !draw_words(g, set, stream, all, n + outside_n)) return false;
    memcpy(g->world->name[kind], all, n * sizeof *all);
    if (outside_n) memcpy(g->world->name[OUTSIDE] + outside_at, all + n, outside_n * sizeof *all);
    return true;
}

bool world_draw_names(struct world *w, struct error *err) {
    struct naming g = {.world = w, .err = err};
    for (int k = 0; k < N_KINDS; k++)
        if (!(w->name[k] = arena_new(&w->arena, struct text, world_kinds[k].n, err))) return false;
    memcpy(w->name[TRADE], w->words.trades.at, world_kinds[TRADE].n * sizeof(struct text));
    memcpy(w->name[FESTIVAL], w->words.festivals.at, world_kinds[FESTIVAL].n * sizeof(struct text));
    return draw_people(&g) && draw_both(&g, NAME_TOWN, "names/town", TOWN, OUTSIDE_PEOPLE, OUTSIDE_TOWNS) &&
           draw_both(&g, NAME_RIVER, "names/river", RIVER, 0, 0) && draw_buildings(&g) &&
           draw_both(&g, NAME_GOOD, "names/good", GOOD, OUTSIDE_PEOPLE + OUTSIDE_TOWNS,
                     world_kinds[OUTSIDE].n - OUTSIDE_PEOPLE - OUTSIDE_TOWNS) &&
           draw_laws(&g);
}

static bool keep_words(struct list *out, struct text phrase, size_t most) {
    struct text word;
    while (text_next(&phrase, ' ', &word)) {
        bool known = word.len == 0;
        for (size_t i = 0; i < out->n && !known; i++) known = text_equal(out->at[i], word);
        if (known) continue;
        if (out->n == most) return false;
        out->at[out->n++] = word;
    }
    return true;
}

/* Names that stand for somebody or some place, and the words that parts ask for. */
bool world_gather_reserve(struct world *w, struct error *err) {
    enum { MOST = 2048 };
    static const enum kind kinds[] = {PERSON, OUTSIDE, ELDER, TOWN};
    if (!(w->reserve.at = arena_new(&w->arena, struct text, MOST, err))) return false;
    bool ok = true;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (size_t i = 0; ok && i < world_kinds[kinds[k]].n; i++)
            if (kinds[k] != OUTSIDE || i < OUTSIDE_PEOPLE + OUTSIDE_TOWNS)
                ok = keep_words(&w->reserve, w->name[kinds[k]][i], MOST);
    for (size_t p = 0; p < world_n_parts; p++)
        for (size_t i = 0, n = world_parts[p]->reserve ? world_parts[p]->reserve(w, NULL) : 0; ok && i < n; i++) {
            const struct text *words;
            world_parts[p]->reserve(w, &words);
            ok = keep_words(&w->reserve, words[i], MOST);
        }
    return ok || error_set(err, ERROR_DATA, "pocket: more than %d reserved words", MOST);
}
