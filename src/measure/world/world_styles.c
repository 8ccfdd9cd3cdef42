/* Eight styles: an opening, the prompt with words exchanged, a closing; shouted in capitals, verse in short lines. */
#include "measure/world/world_manner.h"

#include <string.h>

enum { VERSE_WORDS = 6 };

/* Line ends in the place of blanks: behind marks, or after six words. */
static bool put_verse(struct buffer *out, struct text prompt) {
    struct chunks chunks = chunks_of(prompt);
    struct chunk chunk;
    for (size_t words = 0; chunks_next(&chunks, &chunk);) {
        bool option = chunks.option;
        words++;
        if (!option && chunk.gap.len == 1 && chunk.gap.at[0] == ' ' && (chunk.tail.len || words == VERSE_WORDS))
            chunk.gap = TEXT("\n"), words = 0;
        if (!chunk_put(out, &chunk)) return false;
    }
    return !out->failed;
}

/* Small letters from `from` on become capitals, but not between < and >: those are marks. */
static void shout(struct buffer *out, size_t from) {
    bool mark = false;
    for (size_t i = from; i < out->len; i++) {
        char c = out->at[i];
        mark = c == '<' || (mark && c != '>');
        if (!mark && c >= 'a' && c <= 'z') out->at[i] = (char)(c - 32);
    }
}

static bool put_closing(struct buffer *out, struct text closing, bool own_line) {
    if (own_line && closing.len) return buffer_put_char(out, '\n') && buffer_put_text(out, text_trim(closing));
    return buffer_put_text(out, closing);
}

bool world_put_style(struct buffer *out, const struct manners *m, struct text prompt, enum manner manner,
                     struct rng *rng) {
    const struct style_words *s = &m->style[manner];
    struct text opening = s->openings.at[rng_below(rng, s->openings.n)];
    struct text closing = s->closings.at[rng_below(rng, s->closings.n)];
    size_t from = out->len;
    bool ok = buffer_put_text(out, opening) &&
              (manner == MANNER_VERSE ? put_verse(out, prompt) : world_exchange(out, prompt, s->words, s->n)) &&
              put_closing(out, closing, manner == MANNER_VERSE || world_ends_in_options(prompt));
    if (ok && manner == MANNER_SHOUTED) shout(out, from);
    return ok;
}
