/* Word and character errors of transcripts: see transcript.h. */
#include "measure/rules/transcript.h"

#include "base/hash.h"

#include <utf8proc.h>

enum { UNITS_MOST = 65535, PAIRS_MOST = 1 << 26 };

/* ---- units ---- */

static bool is_unspaced(uint32_t c) {
    return (c >= 0x3040 && c <= 0x30ff) || (c >= 0x3400 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) ||
           (c >= 0x20000 && c <= 0x3ffff) || (c >= 0x0e00 && c <= 0x0eff) || (c >= 0x1000 && c <= 0x109f) ||
           (c >= 0x1780 && c <= 0x17ff);
}

enum transcript_unit transcript_unit_of(struct text reference) {
    size_t letters = 0, unspaced = 0, step;
    uint32_t c;
    for (size_t at = 0; (step = text_utf8_next(text_part(reference, at, reference.len), &c)) > 0; at += step) {
        utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
        letters += category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
        unspaced += is_unspaced(c);
    }
    return 2 * unspaced > letters ? TRANSCRIPT_CHARACTERS : TRANSCRIPT_WORDS;
}

struct units {
    uint64_t *at; /* hashes of words, or code points */
    size_t n;
};

static bool words_of(struct text t, struct units *out) {
    struct text word;
    while (text_next(&t, ' ', &word)) {
        if (!word.len) continue;
        if (out->n == UNITS_MOST) return false;
        out->at[out->n++] = hash_xxh3(word.at, word.len);
    }
    return true;
}

static bool characters_of(struct text t, struct units *out) {
    size_t step;
    uint32_t c;
    for (size_t at = 0; (step = text_utf8_next(text_part(t, at, t.len), &c)) > 0; at += step) {
        if (c == ' ') continue;
        if (out->n == UNITS_MOST) return false;
        out->at[out->n++] = c;
    }
    return true;
}

static bool units_of(struct text t, enum transcript_unit unit, struct arena *arena, struct units *out,
                     struct error *err) {
    size_t most = t.len < UNITS_MOST ? t.len : UNITS_MOST;
    *out = (struct units){.at = arena_new(arena, uint64_t, most + 1, err)};
    if (!out->at) return false;
    if ((unit == TRANSCRIPT_WORDS ? words_of : characters_of)(t, out)) return true;
    return error_set(err, ERROR_DATA, "a transcript of more than %d words or characters", UNITS_MOST);
}

/* ---- alignment ---- */

enum move { MATCH, SUBSTITUTE, DELETE, INSERT };

/* moves: [a + 1, b + 1], the last move of the best alignment of the first i units of a and j of b. Of equally cheap
 * ones the substitution (or match) comes first, then the deletion. cost: [b + 1]. */
static void align(const struct units *a, const struct units *b, uint32_t *cost, uint8_t *moves) {
    size_t width = b->n + 1;
    for (size_t j = 0; j <= b->n; j++) cost[j] = (uint32_t)j, moves[j] = INSERT;
    for (size_t i = 1; i <= a->n; i++) {
        uint32_t diagonal = cost[0];
        cost[0] = (uint32_t)i;
        moves[i * width] = DELETE;
        for (size_t j = 1; j <= b->n; j++) {
            bool equal = a->at[i - 1] == b->at[j - 1];
            uint32_t best = diagonal + !equal, deleted = cost[j] + 1, inserted = cost[j - 1] + 1;
            uint8_t move = equal ? MATCH : SUBSTITUTE;
            if (deleted < best) best = deleted, move = DELETE;
            if (inserted < best) best = inserted, move = INSERT;
            diagonal = cost[j];
            cost[j] = best;
            moves[i * width + j] = move;
        }
    }
}

static void count_moves(const struct units *a, const struct units *b, const uint8_t *moves,
                        struct transcript_errors *out) {
    size_t i = a->n, j = b->n;
    while (i || j) {
        switch ((enum move)moves[i * (b->n + 1) + j]) {
        case SUBSTITUTE:
            out->substituted++; /* fall through */
        case MATCH:
            i--, j--;
            break;
        case DELETE:
            out->deleted++, i--;
            break;
        case INSERT:
            out->inserted++, j--;
            break;
        }
    }
}

bool transcript_errors_of(struct text reference, struct text said, enum transcript_unit unit, struct arena *arena,
                          struct transcript_errors *out, struct error *err) {
    struct units a, b;
    *out = (struct transcript_errors){0};
    if (!units_of(reference, unit, arena, &a, err) || !units_of(said, unit, arena, &b, err)) return false;
    if ((a.n + 1) * (b.n + 1) > PAIRS_MOST)
        return error_set(err, ERROR_DATA, "transcripts of %zu and %zu words or characters are too long to be aligned",
                         a.n, b.n);
    uint32_t *cost = arena_new(arena, uint32_t, b.n + 1, err);
    uint8_t *moves = cost ? arena_new(arena, uint8_t, (a.n + 1) * (b.n + 1), err) : NULL;
    if (!moves) return false;
    align(&a, &b, cost, moves);
    count_moves(&a, &b, moves, out);
    out->length = a.n;
    return true;
}
