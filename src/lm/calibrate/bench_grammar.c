/* What following a grammar adds to a token: see bench_model.h. Answers are drawn among the tokens that the masks allow,
 * without a model; the grammar is JSON that counts its values, so that few of its places come twice. */
#include "lm/calibrate/bench_model.h"

#include "base/rng.h"
#include "lm/grammar/grammar_mask.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ANSWERS = 8, ANSWER = 64, WORDS = 1500, VOCABULARY = 4096, TEXTS_MAX = 1 << 20 };

static const char json[] =
    "root ::= \"[\" value (\",\" value){0,400} \"]\"\n"
    "value ::= object | list | string | number | \"true\" | \"false\" | \"null\"\n"
    "object ::= \"{\" (string \":\" value (\",\" string \":\" value)*)? \"}\"\n"
    "list ::= \"[\" (value (\",\" value)*)? \"]\"\n"
    "string ::= \"\\\"\" ([^\"\\\\\\x00-\\x1f] | \"\\\\\" ([\"\\\\/bfnrt] | \"u\" [0-9a-fA-F]{4}))* \"\\\"\"\n"
    "number ::= \"-\"? (\"0\" | [1-9] [0-9]*) (\".\" [0-9]+)? ([eE] [+-]? [0-9]+)?\n";

struct masking {
    const struct tokenizer *tokenizer;
    const struct grammar *grammar;
    const struct grammar_vocabulary *vocabulary;
    struct grammar_mask *mask; /* NULL: a new one for each answer */
    uint64_t *allowed;
    uint64_t n; /* answers so far */
};

/* Some allowed token that ends nothing. */
static int32_t pick(const struct masking *m, struct rng *rng) {
    size_t n = tokenizer_vocabulary(m->tokenizer), i = rng_below(rng, n);
    while (!(m->allowed[i / 64] >> (i % 64) & 1) || tokenizer_ends(m->tokenizer, (int32_t)i)) i = (i + 1) % n;
    return (int32_t)i;
}

/* ANSWER masks, of one answer or, where it must end sooner, of several. */
static bool answer(const struct masking *m, struct grammar_mask *mask, struct error *err) {
    struct rng rng = rng_stream(1, "bench/grammar", m->n);
    struct grammar_cursor cursor = {0};
    struct grammar_next next;
    int32_t ids[ANSWER];
    for (size_t i = 0, n = 0; i < ANSWER; i++) {
        if (!grammar_mask_next(mask, &cursor, ids, n, m->allowed, &next, err)) return false;
        if (next.tokens) {
            ids[n++] = pick(m, &rng);
        } else {
            n = 0;
            cursor = (struct grammar_cursor){0};
        }
    }
    return true;
}

static bool first_answer(const struct masking *m, struct error *err) {
    struct grammar_mask *mask = grammar_mask_new(m->grammar, m->vocabulary, 0, err);
    bool ok = mask && answer(m, mask, err);
    grammar_mask_free(mask);
    return ok;
}

static bool work(void *context, struct error *err) {
    struct masking *m = context;
    bool ok = true;
    for (size_t i = 0; ok && i < ANSWERS; i++, m->n++) ok = m->mask ? answer(m, m->mask, err) : first_answer(m, err);
    return ok;
}

static bool measure(struct bench *b, struct masking *m, const char *what, struct error *err) {
    struct bench_times times;
    char name[64];
    double tokens = ANSWERS * ANSWER;
    if (!bench_times(b, work, m, &times, err)) return false;
    snprintf(name, sizeof name, "%s, %zu tokens", what, tokenizer_vocabulary(m->tokenizer));
    b->report(b->context,
              &(struct bench_row){"grammar", name, tokens / times.wall, "tokens/s", NAN, NAN, tokens / times.cpu});
    return true;
}

static bool measure_both(struct bench *b, struct masking *m, struct error *err) {
    if (!measure(b, m, "first answers", err)) return false;
    m->mask = grammar_mask_new(m->grammar, m->vocabulary, 0, err);
    bool ok = m->mask && measure(b, m, "later answers", err);
    grammar_mask_free(m->mask);
    return ok;
}

/* ---- the vocabulary ---- */

/* Invented words among the marks of JSON. */
static bool put_texts(struct buffer *out, struct error *err) {
    static const char letters[2][17] = {"bcdfglmnprstvkhz", "aeiouaeioueaioea"};
    struct rng rng = rng_stream(1, "bench/words", 0);
    for (size_t i = 0; i < WORDS; i++) {
        size_t syllables = 1 + rng_below(&rng, 3);
        buffer_put_c(out, i % 5 ? " " : "{\"");
        for (size_t s = 0; s < 2 * syllables; s++) buffer_put_char(out, letters[s % 2][rng_below(&rng, 16)]);
        if (i % 5 == 0) buffer_printf(out, "\": %zu, \"", (size_t)rng_below(&rng, 10000));
    }
    return buffer_check(out, "benchmark", err);
}

static struct tokenizer *train_tokenizer(struct error *err) {
    static const struct text ends[] = {{"<s>", 3}, {"</s>", 4}};
    struct buffer texts;
    struct tokenizer *t = NULL;
    buffer_init(&texts, TEXTS_MAX);
    if (put_texts(&texts, err)) {
        struct text all = buffer_text(&texts);
        const struct tokenizer_training training = {.texts = &all,
                                                    .n_texts = 1,
                                                    .specials = ends,
                                                    .n_specials = 2,
                                                    .vocabulary = VOCABULARY,
                                                    .pre = "gpt-2",
                                                    .bos = ends[0],
                                                    .eos = ends[1]};
        t = tokenizer_train(&training, err);
    }
    buffer_done(&texts);
    return t;
}

static struct tokenizer *open_tokenizer(const struct bench *b, struct error *err) {
    return b->subject ? tokenizer_open(b->subject, err) : train_tokenizer(err);
}

bool bench_grammar(struct bench *b, struct error *err) {
    struct arena arena;
    arena_init(&arena, 0);
    struct tokenizer *t = open_tokenizer(b, err);
    struct grammar *g = t ? grammar_from_gbnf(TEXT(json), "bench", err) : NULL;
    struct grammar_vocabulary *v = g ? grammar_vocabulary_new(t, err) : NULL;
    struct masking m = {.tokenizer = t, .grammar = g, .vocabulary = v};
    bool ok = v && (m.allowed = arena_new(&arena, uint64_t, tokenizer_vocabulary(t) / 64 + 1, err)) &&
              measure_both(b, &m, err);
    grammar_vocabulary_free(v);
    grammar_free(g);
    tokenizer_free(t);
    arena_done(&arena);
    return ok;
}
