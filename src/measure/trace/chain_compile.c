/* From patterns to the smallest automata: see chain.h. */
#include "measure/trace/chain.h"

#include <string.h>

struct making {
    const struct chain_pattern *p;
    size_t letters;   /* 2^n */
    uint64_t *subset; /* by state: which places of the pattern have been reached */
    uint16_t *next;
    size_t n;
};

/* From a set of places, by a call: bit i is "i steps done". Place 0 always stays. */
static uint64_t step(const struct chain_pattern *p, uint64_t from, size_t call) {
    uint64_t to = 1, end = (uint64_t)1 << p->n;
    if (from & end) return end; /* once is enough */
    for (size_t i = 0; i < p->n; i++) {
        if (!(from >> i & 1)) continue;
        if (i > 0 && !(call & p->unless[i])) to |= (uint64_t)1 << i;
        if (call >> p->step[i] & 1) to |= (uint64_t)1 << (i + 1);
    }
    return to & end ? end : to;
}

static size_t state_of(struct making *m, uint64_t subset) {
    size_t i = 0;
    while (i < m->n && m->subset[i] != subset) i++;
    if (i == m->n && m->n < CHAIN_STATES_MOST) m->subset[m->n++] = subset;
    return i;
}

static bool subsets(struct making *m, struct error *err) {
    m->subset[m->n++] = 1;
    for (size_t s = 0; s < m->n; s++)
        for (size_t call = 0; call < m->letters; call++) {
            size_t to = state_of(m, step(m->p, m->subset[s], call));
            if (to >= CHAIN_STATES_MOST)
                return error_set(err, ERROR_DATA, "the automaton of a chain has more than %d states",
                                 CHAIN_STATES_MOST);
            m->next[s * m->letters + call] = (uint16_t)to;
        }
    return true;
}

static bool same_class(const struct making *m, const uint16_t *class, size_t a, size_t b) {
    if (class[a] != class[b]) return false;
    for (size_t call = 0; call < m->letters; call++)
        if (class[m->next[a * m->letters + call]] != class[m->next[b * m->letters + call]]) return false;
    return true;
}

/* Moore: classes are split until calls lead equal states to equal classes. */
static size_t minimise(const struct making *m, uint16_t *class, uint16_t *spare) {
    size_t n = 0, before;
    for (size_t s = 0; s < m->n; s++) class[s] = m->subset[s] >> m->p->n & 1;
    do {
        before = n;
        n = 0;
        for (size_t s = 0; s < m->n; s++) {
            size_t t = 0;
            while (t < s && !same_class(m, class, s, t)) t++;
            spare[s] = t < s ? spare[t] : (uint16_t)n++;
        }
        memcpy(class, spare, m->n * sizeof *class);
    } while (n != before);
    return n;
}

bool chain_compile(const struct chain_pattern *pattern, struct arena *arena, struct chain_dfa *out, struct error *err) {
    struct making m = {.p = pattern, .letters = (size_t)1 << pattern->n_letters};
    m.subset = arena_new(arena, uint64_t, CHAIN_STATES_MOST, err);
    m.next = m.subset ? arena_new(arena, uint16_t, CHAIN_STATES_MOST * m.letters, err) : NULL;
    uint16_t *class = m.next ? arena_new(arena, uint16_t, 2 * CHAIN_STATES_MOST, err) : NULL;
    if (!class || !subsets(&m, err)) return false;
    out->n_states = minimise(&m, class, class + CHAIN_STATES_MOST);
    out->n_letters = pattern->n_letters;
    out->start = class[0];
    out->next = arena_new(arena, uint16_t, out->n_states * m.letters, err);
    out->accepts = arena_new(arena, bool, out->n_states, err);
    if (!out->next || !out->accepts) return false;
    for (size_t s = 0; s < m.n; s++) {
        out->accepts[class[s]] = m.subset[s] >> pattern->n & 1;
        for (size_t call = 0; call < m.letters; call++)
            out->next[class[s] * m.letters + call] = class[m.next[s * m.letters + call]];
    }
    return true;
}
