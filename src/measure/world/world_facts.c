/* Facts: every value of a relation, its stratum of exposure and its split. Strata are dealt within relation and split,
 * going on from cell to cell, so each holds exactly 1,920 facts and none depends on entity or value. */
#include "measure/world/world_internal.h"

const uint16_t world_exposure[STRATA] = {0, 1, 2, 4, 8, 16, 32, 64, 128};

const char *world_stratum_name(unsigned stratum) {
    static const char *const names[STRATA + 1] = {"never", "once",   "once",       "few",        "rare",
                                                  "rare",  "common", "well-known", "well-known", "core"};
    return names[stratum <= STRATA ? stratum : STRATA];
}

static void put_fact(struct world *w, size_t at, size_t relation, size_t subject) {
    enum column_id column = world_relations[relation];
    w->facts[at] = (struct fact){.column = column,
                                 .subject = (uint16_t)subject,
                                 .relation = (uint16_t)relation,
                                 .value = w->value[column][subject],
                                 .split = w->split[world_columns[column].kind][subject]};
    w->fact_of[relation][subject] = (int32_t)at;
}

static bool list_facts(struct world *w, struct error *err) {
    size_t at = 0, core = FACTS;
    for (size_t r = 0; r < RELATIONS; r++) {
        enum kind kind = world_columns[world_relations[r]].kind;
        size_t n = world_kinds[kind].n, told = kind == LAW ? LAWS_TOLD : n;
        if (!(w->fact_of[r] = arena_new(&w->arena, int32_t, n, err))) return false;
        for (size_t s = 0; s < n; s++) {
            if (s >= told)
                w->fact_of[r][s] = -1;
            else if (kind == PERSON && s < CORE)
                put_fact(w, core++, r, s);
            else
                put_fact(w, at++, r, s);
        }
    }
    return at == FACTS && core == ALL_FACTS;
}

/* One cell: the facts of a relation and a split, among from..to-1. */
static bool deal_cell(struct world *w, size_t relation, unsigned split, bool core, size_t *turn, struct arena *scratch,
                      struct error *err) {
    size_t from = core ? FACTS : 0, to = core ? ALL_FACTS : FACTS, n = 0, *order;
    size_t *cell = arena_new(scratch, size_t, world_kinds[PERSON].n, err);
    if (!cell) return false;
    for (size_t i = from; i < to; i++)
        if (w->facts[i].relation == relation && w->facts[i].split == split) cell[n++] = i;
    if (n == 0) return true;
    if (!world_order(w, core ? "facts/core" : "facts/strata", relation * N_SPLITS + split, n, &order, scratch, err))
        return false;
    for (size_t i = 0; i < n; i++, (*turn)++) {
        struct fact *f = &w->facts[cell[order[i]]];
        f->stratum = core ? STRATUM_CORE : (uint8_t)(*turn % STRATA);
        f->e = core ? world_exposure[STRATA - 1 - *turn % 2] : world_exposure[f->stratum];
    }
    return true;
}

bool world_draw_facts(struct world *w, struct error *err) {
    struct arena scratch;
    size_t turn = 0, core_turn = 0;
    arena_init(&scratch, (size_t)64 << 20);
    bool ok = (w->facts = arena_new(&w->arena, struct fact, ALL_FACTS, err)) && list_facts(w, err);
    for (size_t r = 0; ok && r < RELATIONS; r++)
        for (unsigned split = 0; ok && split < N_SPLITS; split++) {
            ok = deal_cell(w, r, split, false, &turn, &scratch, err) &&
                 deal_cell(w, r, split, true, &core_turn, &scratch, err);
            arena_reset(&scratch);
        }
    arena_done(&scratch);
    return ok;
}
