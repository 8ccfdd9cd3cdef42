/* Typing errors, synonyms, distractors and mark-up. */
#include "measure/world/world_manner.h"

#include <string.h>

enum { WORD_LEAST = 4, WORDS_MOST = 512, LIGHT = 8, HEAVY = 2, WORD_MOST = 64 };

/* ---- typing errors, in words of four small letters or more, never in the first letter. A capital at the beginning of
 * a sentence may be that of a name. */

static bool may_err(const struct chunk *chunk) {
    return chunk->plain && chunk->core.len >= WORD_LEAST && chunk->core.len < WORD_MOST && chunk->core.at[0] >= 'a';
}

/* A letter beside this one on the keyboard. */
static char neighbour_of(char c, struct rng *rng) {
    static const char *const keys[] = {"qwertyuiop", "asdfghjkl", "zxcvbnm"};
    for (size_t r = 0; r < 3; r++) {
        const char *at = strchr(keys[r], c);
        if (!at) continue;
        bool left = at != keys[r] && (!at[1] || rng_below(rng, 2) == 0);
        return left ? at[-1] : at[1];
    }
    return c;
}

/* Where two different letters stand side by side, behind the first letter: the place of one such pair, 0 when there is
 * none. */
static size_t unequal_pair(struct text word, struct rng *rng) {
    size_t place[WORD_MOST], n = 0;
    for (size_t i = 1; i + 1 < word.len; i++)
        if (word.at[i] != word.at[i + 1]) place[n++] = i;
    return n ? place[rng_below(rng, n)] : 0;
}

static bool put_error(struct buffer *out, struct text word, enum typo typo, struct rng *rng) {
    size_t at = typo == TYPO_SWAP ? unequal_pair(word, rng) : 1 + rng_below(rng, word.len - 1);
    if (at == 0) typo = TYPO_DROP, at = 1;
    char c = word.at[at];
    buffer_put_text(out, text_part(word, 0, at));
    size_t rest = at + 1;
    switch (typo) {
    case TYPO_SWAP:
        buffer_put_char(out, word.at[at + 1]), buffer_put_char(out, c);
        rest++;
        break;
    case TYPO_DROP:
        break;
    case TYPO_DOUBLE:
        buffer_put_char(out, c), buffer_put_char(out, c);
        break;
    case TYPO_NEIGHBOUR:
        buffer_put_char(out, neighbour_of(c, rng));
        break;
    case TYPO_SPACE:
        buffer_put_char(out, ' '), buffer_put_char(out, c);
        break;
    case TYPO_CASE:
    case N_TYPOS:
        buffer_put_char(out, (char)(c - 32));
        break;
    }
    return buffer_put_text(out, text_part(word, rest, word.len));
}

/* Which words get an error: one in `share` of those that may, at least one, drawn. */
static size_t draw_words(bool hit[WORDS_MOST], struct text prompt, size_t share, struct rng *rng) {
    size_t may[WORDS_MOST], n = 0, i = 0;
    struct chunks chunks = chunks_of(prompt);
    struct chunk chunk;
    for (; i < WORDS_MOST && chunks_next(&chunks, &chunk); i++) {
        hit[i] = false;
        if (may_err(&chunk)) may[n++] = i;
    }
    size_t errors = n / share ? n / share : n > 0;
    rng_shuffle(rng, may, n);
    for (size_t k = 0; k < errors; k++) hit[may[k]] = true;
    return i;
}

/* typo N_TYPOS: the kind is drawn for each word. */
static bool put_typos(struct buffer *out, struct text prompt, enum typo typo, size_t share, struct rng *rng) {
    bool hit[WORDS_MOST];
    struct chunks chunks = chunks_of(prompt);
    struct chunk chunk;
    size_t n = draw_words(hit, prompt, share, rng);
    for (size_t i = 0; chunks_next(&chunks, &chunk); i++) {
        if (i >= n || !hit[i]) {
            chunk_put(out, &chunk);
            continue;
        }
        enum typo kind = typo == N_TYPOS ? (enum typo)rng_below(rng, N_TYPOS) : typo;
        buffer_put_text(out, chunk.lead), put_error(out, chunk.core, kind, rng);
        buffer_put_text(out, chunk.tail), buffer_put_text(out, chunk.gap);
    }
    return !out->failed;
}

/* ---- the others */

/* In front of the prompt or behind it; never behind options. */
static bool put_distracted(struct buffer *out, const struct manners *m, struct text prompt, struct rng *rng) {
    struct text noise = m->distractors.at[rng_below(rng, m->distractors.n)];
    bool behind = rng_below(rng, 2) == 0 && !world_ends_in_options(prompt);
    if (behind) return buffer_put_text(out, prompt) && buffer_put_char(out, ' ') && buffer_put_text(out, noise);
    return buffer_put_text(out, noise) && buffer_put_char(out, ' ') && buffer_put_text(out, prompt);
}

/* Between what stands before and behind $Q; the prompt may hold $ itself, so it is no slot. */
static bool put_marked_up(struct buffer *out, const struct manners *m, struct text prompt, struct rng *rng) {
    struct text frame = m->markup.at[rng_below(rng, m->markup.n)];
    size_t at = text_find(frame, TEXT("$Q"), 0);
    return buffer_put_text(out, text_part(frame, 0, at)) && buffer_put_text(out, prompt) &&
           buffer_put_text(out, text_part(frame, at + 2, frame.len));
}

bool world_put_perturbed(struct buffer *out, const struct manners *m, struct text prompt, enum manner manner,
                         struct rng *rng) {
    if (manner == MANNER_SYNONYMS) return world_exchange(out, prompt, m->synonym, SYNONYMS);
    if (manner == MANNER_DISTRACTOR) return put_distracted(out, m, prompt, rng);
    if (manner == MANNER_MARKUP) return put_marked_up(out, m, prompt, rng);
    if (manner == MANNER_TYPOS_LIGHT || manner == MANNER_TYPOS_HEAVY)
        return put_typos(out, prompt, N_TYPOS, manner == MANNER_TYPOS_LIGHT ? LIGHT : HEAVY, rng);
    int kind = (int)manner - MANNER_TYPO;
    return put_typos(out, prompt, (enum typo)(kind / 2), kind % 2 ? HEAVY : LIGHT, rng);
}
