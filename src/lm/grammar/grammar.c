/* Using a compiled grammar on whole texts: see grammar.h. */
#include "lm/grammar/grammar_walk.h"

enum { WALK_BYTES = 256 << 20 };

void grammar_free(struct grammar *g) {
    if (!g) return;
    memory_free(g->states);
    memory_free(g->sets);
    memory_free(g->set_table);
    memory_free(g->starts);
    memory_free(g->origins);
    memory_free(g);
}

size_t grammar_states(const struct grammar *g) {
    return g->n_states;
}

static bool match(struct grammar_walk *walk, struct text t, enum grammar_verdict *verdict, size_t *at,
                  struct error *err) {
    int32_t place = grammar_walk_start(walk, err);
    size_t i = 0;
    for (; place >= 0 && i < t.len; i++) place = grammar_walk_step(walk, place, (uint8_t)t.at[i], err);
    if (place == WALK_DEEP)
        return error_set(err, ERROR_DATA, "the text nests deeper than %d rules at byte %zu", WALK_DEPTH_MOST,
                         i ? i - 1 : 0);
    if (place == WALK_FULL)
        return error_set(err, ERROR_DATA, "following the text takes more than %d MiB at byte %zu", WALK_BYTES >> 20,
                         i ? i - 1 : 0);
    if (place == WALK_BROKEN) return error_wrap(err, "byte %zu", i ? i - 1 : 0);
    *verdict = place == WALK_DEAD            ? GRAMMAR_REFUSED
               : walk->places[place].accepts ? GRAMMAR_ACCEPTED
                                             : GRAMMAR_BEGINNING;
    if (at) *at = place == WALK_DEAD && i ? i - 1 : i;
    return true;
}

bool grammar_match(const struct grammar *g, struct text t, enum grammar_verdict *verdict, size_t *at,
                   struct error *err) {
    struct grammar_walk walk;
    bool ok = grammar_walk_init(&walk, g, WALK_BYTES, err) && match(&walk, t, verdict, at, err);
    grammar_walk_done(&walk);
    return ok;
}
