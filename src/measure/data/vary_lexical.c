/* Other words: rarer ones, wrong forms, German ones, and a paraphrase, which is another frame and rarer words. Words of
 * answers and options stay. */
#include "measure/data/vary_internal.h"

#include <string.h>

static bool is_capital(char c) {
    return c >= 'A' && c <= 'Z';
}

static void put_exchanged(struct buffer *b, struct text from, struct text to) {
    size_t at = b->len;
    buffer_put_text(b, to);
    if (from.len && is_capital(from.at[0]) && at < b->len && b->at[at] >= 'a' && b->at[at] <= 'z')
        b->at[at] = (char)(b->at[at] - 32);
}

/* At most `most` words exchanged, from the front; which of them: every one with chance 1 - skip / 4. */
static void put_words(struct buffer *b, const struct vary_item *item, struct text t, const struct vary_pairs *pairs,
                      size_t most, struct rng *rng) {
    struct chunks chunks = chunks_of(t);
    struct chunk chunk;
    while (chunks_next(&chunks, &chunk)) {
        const struct text *to = chunk.plain && most ? vary_pair(pairs, chunk.core) : NULL;
        if (!to || vary_guarded(item, chunk.core) || rng_below(rng, 4) == 0) {
            chunk_put(b, &chunk);
            continue;
        }
        buffer_put_text(b, chunk.lead), put_exchanged(b, chunk.core, *to);
        buffer_put_text(b, chunk.tail), buffer_put_text(b, chunk.gap);
        most--;
    }
}

bool vary_exchange(struct vary_job *job, const struct vary_item *item, const struct variation *op, uint64_t key,
                   struct vary_variant *out, struct error *err) {
    const struct vary_rules *r = &job->rules;
    const struct vary_pairs *pairs = op->detail[0] == 's'   ? &r->synonyms
                                     : op->detail[0] == 'g' ? &r->grammar
                                                            : &r->translated;
    struct rng rng = vary_stream(key, op);
    struct buffer b;
    buffer_init(&b, VARY_PROMPT_MOST);
    put_words(&b, item, item->prompt, pairs, vary_touched(item->prompt), &rng);
    return vary_take(job, item, &b, out, err);
}

/* A prompt that is one question gets another frame; one of several sentences keeps its own. */
bool vary_paraphrase(struct vary_job *job, const struct vary_item *item, const struct variation *op, uint64_t key,
                     struct vary_variant *out, struct error *err) {
    const struct vary_list *frames = &job->rules.frames;
    struct rng rng = vary_stream(key, op);
    struct buffer words, b;
    buffer_init(&words, VARY_PROMPT_MOST), buffer_init(&b, VARY_PROMPT_MOST);
    put_words(&words, item, item->prompt, &job->rules.synonyms, 2, &rng);
    struct text said = buffer_text(&words);
    vary_fill(&b, frames->at[rng_below(&rng, frames->n)], "Q", &said);
    buffer_done(&words);
    return vary_take(job, item, &b, out, err);
}

#define TEXTS (1u << VARY_NONE | 1u << VARY_OPEN | 1u << VARY_CHOICE | 1u << VARY_TRUEFALSE)
#define EXCHANGE(name_, detail_, text_)                                                                                \
    { .name = name_, .family = "lexical", .summary = text_, .formats = TEXTS, .detail = detail_, .make = vary_exchange }

const struct variation vary_family_lexical[] = {
    {.name = "paraphrase",
     .family = "lexical",
     .summary = "another frame, and up to two rarer words",
     .formats = TEXTS,
     .make = vary_paraphrase},
    EXCHANGE("synonyms", "s", "rarer words in the place of three to ten"),
    EXCHANGE("grammar", "g", "wrong forms of verbs and articles"),
    EXCHANGE("translated", "t", "German words in the place of three to ten"),
};
const size_t vary_n_lexical = sizeof vary_family_lexical / sizeof *vary_family_lexical;
