/* Masks of tokens: see grammar_mask.h. */
#include "lm/grammar/grammar_mask.h"

#include "lm/grammar/grammar_vocabulary.h"
#include "lm/grammar/grammar_walk.h"

#include <pthread.h>
#include <string.h>

enum { MOST_BYTES = 64 << 20 };

struct grammar_mask {
    const struct grammar_vocabulary *vocabulary;
    pthread_mutex_t lock; /* guards what follows */
    struct grammar_walk walk;
    uint64_t generation; /* grows when the walk forgets its places */
    int32_t *way;        /* [deepest + 1] places on the way to a node */
    size_t most;
};

struct grammar_mask *grammar_mask_new(const struct grammar *grammar, const struct grammar_vocabulary *vocabulary,
                                      size_t most, struct error *err) {
    struct grammar_mask *m = memory_zeroed(1, sizeof *m);
    if (!m) return error_memory(err, "masks of a grammar"), NULL;
    m->vocabulary = vocabulary;
    m->generation = 1;
    m->most = most ? most : MOST_BYTES;
    pthread_mutex_init(&m->lock, NULL);
    m->way = memory_zeroed(vocabulary->deepest + 1, sizeof *m->way);
    if (grammar_walk_init(&m->walk, grammar, m->most, err) && (m->way || error_memory(err, "masks of a grammar")))
        return m;
    grammar_mask_free(m);
    return NULL;
}

void grammar_mask_free(struct grammar_mask *m) {
    if (!m) return;
    grammar_walk_done(&m->walk);
    memory_free(m->way);
    pthread_mutex_destroy(&m->lock);
    memory_free(m);
}

size_t grammar_mask_words(const struct grammar_mask *m) {
    return m->vocabulary->n / 64 + 1;
}

/* Walks the tree of the vocabulary from `place`; returns it, or WALK_FULL, WALK_BROKEN. */
static int32_t walk_tree(struct grammar_mask *m, int32_t place, uint64_t *bits, size_t *count, struct error *err) {
    const struct grammar_vocabulary *v = m->vocabulary;
    m->way[0] = place;
    for (size_t i = 0; i < v->n_nodes;) {
        size_t depth = v->depth[i];
        int32_t next = grammar_walk_step(&m->walk, m->way[depth - 1], v->byte[i], err);
        if (next < 0) {
            if (next == WALK_FULL || next == WALK_BROKEN) return next;
            i = v->after[i];
            continue;
        }
        m->way[depth] = next;
        for (int32_t id = v->token[i++]; id >= 0; id = v->same[id]) {
            bits[id / 64] |= (uint64_t)1 << (id % 64);
            ++*count;
        }
    }
    return place;
}

/* The mask of a place, made when it is first asked for. */
static int32_t make_mask(struct grammar_mask *m, int32_t place, struct error *err) {
    size_t words = grammar_mask_words(m), count = 0;
    if (m->walk.places[place].mask) return place;
    if (m->walk.bytes + words * sizeof(uint64_t) > m->most) return WALK_FULL;
    uint64_t *bits = memory_zeroed(words, sizeof *bits);
    if (!bits) return error_memory(err, "a mask"), WALK_BROKEN;
    int32_t status = walk_tree(m, place, bits, &count, err);
    if (status < 0) return memory_free(bits), status;
    if (m->walk.places[place].accepts)
        for (size_t i = 0; i < words; i++) bits[i] |= m->vocabulary->ends[i];
    m->walk.bytes += words * sizeof *bits;
    m->walk.places[place].mask = bits;
    m->walk.places[place].mask_count = count;
    return place;
}

/* Brings the cursor to the end of the answer. */
static int32_t advance(struct grammar_mask *m, struct grammar_cursor *c, const int32_t *answer, size_t n,
                       struct error *err) {
    const struct grammar_vocabulary *v = m->vocabulary;
    if (c->generation != m->generation)
        *c = (struct grammar_cursor){m->generation, grammar_walk_start(&m->walk, err), 0};
    for (; c->place >= 0 && c->seen < n; c->seen++) {
        size_t id = (size_t)answer[c->seen];
        bool known = id < v->n && v->at[id + 1] > v->at[id];
        for (size_t i = known ? v->at[id] : 0; known && c->place >= 0 && i < v->at[id + 1]; i++)
            c->place = grammar_walk_step(&m->walk, c->place, (uint8_t)v->text.at[i], err);
        if (!known) c->place = WALK_DEAD;
        if (c->place < 0) break;
    }
    return c->place;
}

static void forget(struct grammar_mask *m) {
    grammar_walk_reset(&m->walk);
    m->generation++;
}

/* A place with its mask, or WALK_DEAD, WALK_BROKEN (err is set). */
static int32_t find(struct grammar_mask *m, struct grammar_cursor *c, const int32_t *answer, size_t n,
                    struct error *err) {
    int32_t place = WALK_FULL;
    for (int round = 0; round < 2 && place == WALK_FULL; round++) {
        if (round) forget(m);
        place = advance(m, c, answer, n, err);
        if (place >= 0) place = make_mask(m, place, err);
    }
    if (place == WALK_FULL)
        error_set(err, ERROR_DATA,
                  "following the grammar takes more than %zu MiB behind token %zu of the answer; it is too ambiguous "
                  "or too large",
                  m->most >> 20, n);
    if (place == WALK_FULL || place == WALK_BROKEN) {
        forget(m);
        return WALK_BROKEN;
    }
    return place == WALK_DEEP ? WALK_DEAD : place;
}

bool grammar_mask_next(struct grammar_mask *m, struct grammar_cursor *c, const int32_t *answer, size_t n,
                       uint64_t *allowed, struct grammar_next *next, struct error *err) {
    pthread_mutex_lock(&m->lock);
    int32_t place = find(m, c, answer, n, err);
    if (place >= 0) {
        const struct walk_place *p = &m->walk.places[place];
        memcpy(allowed, p->mask, grammar_mask_words(m) * sizeof *allowed);
        *next = (struct grammar_next){p->mask_count, p->accepts};
    }
    size_t seen = c->seen;
    pthread_mutex_unlock(&m->lock);
    if (place == WALK_DEAD)
        return n ? error_set(err, ERROR_DATA, "token %zu of the answer does not follow the grammar", seen)
                 : error_set(err, ERROR_DATA, "the grammar has no text at all");
    return place >= 0;
}
