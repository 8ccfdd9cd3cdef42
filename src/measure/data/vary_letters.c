/* Slips in words (TrustGen, robustness): a letter missing, wrong, doubled, in capitals, a blank inside, two letters
 * exchanged. First and last letters stay, words of under three letters, words of answers and those that turn a question
 * round too; so does whatever is no plain word: names, numbers, options. */
#include "measure/data/vary_internal.h"

#include <string.h>

enum { WORD_LEAST = 3, WORDS_MOST = 2048 };

size_t vary_touched(struct text prompt) {
    static const struct {
        size_t length, words;
    } table[] = {{100, 3}, {150, 4}, {200, 5}, {250, 6}, {350, 7}, {400, 8}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (prompt.len <= table[i].length) return table[i].words;
    return 10;
}

struct rng vary_stream(uint64_t key, const struct variation *op) {
    return rng_stream(key, op->name, 0);
}

bool vary_take(struct vary_job *job, const struct vary_item *item, struct buffer *b, struct vary_variant *out,
               struct error *err) {
    bool ok = buffer_check(b, "variant", err);
    char *copy = ok ? text_copy(&job->batch, buffer_text(b), err) : NULL;
    out->prompt = (struct text){copy, copy ? b->len : 0};
    if (copy && text_equal(out->prompt, item->prompt)) out->skipped = "there is nothing in it to change";
    buffer_done(b);
    return copy != NULL;
}

/* ---- which words */

struct touching {
    bool hit[WORDS_MOST];
    size_t n; /* words there are */
};

/* Articles are left alone as well: nothing hangs on them, and a slip in one could not be told from another word. */
static bool is_kept(const struct vary_rules *rules, struct text word) {
    if (text_equal_nocase(word, TEXT("the"))) return true;
    for (size_t i = 0; i < rules->counting.n; i++)
        if (text_equal_nocase(rules->counting.at[i], word)) return true;
    return false;
}

/* At most `most` plain words, drawn. */
static void draw(struct touching *t, const struct vary_job *job, const struct vary_item *item, size_t most,
                 struct rng *rng) {
    size_t may[WORDS_MOST], n = 0;
    struct chunks chunks = chunks_of(item->prompt);
    struct chunk chunk;
    for (t->n = 0; t->n < WORDS_MOST && chunks_next(&chunks, &chunk); t->n++) {
        t->hit[t->n] = false;
        if (chunk.plain && chunk.core.len >= WORD_LEAST && chunk.core.len < READING_WORD - 2 &&
            !is_kept(&job->rules, chunk.core) && !vary_guarded(item, chunk.core))
            may[n++] = t->n;
    }
    rng_shuffle(rng, may, n);
    for (size_t i = 0; i < n && i < most; i++) t->hit[may[i]] = true;
}

/* ---- one word */

static void put_parts(struct buffer *b, struct text w, size_t at, const char *between, size_t skip) {
    buffer_put_text(b, text_part(w, 0, at));
    buffer_put_c(b, between);
    buffer_put_text(b, text_part(w, at + skip, w.len));
}

static char another_letter(char c, struct rng *rng) {
    char other = (char)('a' + (int)rng_below(rng, 25));
    return other >= c ? (char)(other + 1) : other;
}

/* The place of two inner neighbours that differ; 0: there are none. */
static size_t unequal(struct text w, struct rng *rng) {
    size_t place[READING_WORD], n = 0;
    for (size_t i = 1; i + 2 < w.len; i++)
        if (w.at[i] != w.at[i + 1]) place[n++] = i;
    return n ? place[rng_below(rng, n)] : 0;
}

static void put_slip(struct buffer *b, struct text w, char kind, struct rng *rng) {
    size_t at = 1 + rng_below(rng, w.len - 2);
    char c = w.at[at];
    switch (kind) {
    case 'm': /* missing */
        put_parts(b, w, at, "", 1);
        break;
    case 'w': /* wrong */
        put_parts(b, w, at, (char[]){another_letter(c, rng), 0}, 1);
        break;
    case 'r': /* repeated */
        put_parts(b, w, at, (char[]){c, 0}, 0);
        break;
    case 'c': /* capital */
        put_parts(b, w, at, (char[]){(char)(c - 32), 0}, 1);
        break;
    case 'b': /* blank */
        put_parts(b, w, at, " ", 0);
        break;
    case ',': /* comma */
        put_parts(b, w, at, ",", 0);
        break;
    default:
        at = unequal(w, rng);
        if (at)
            put_parts(b, w, at, (char[]){w.at[at + 1], w.at[at], 0}, 2);
        else
            buffer_put_text(b, w);
    }
}

static void put_spaced(struct buffer *b, struct text w) {
    for (size_t i = 0; i < w.len; i++) {
        char c = w.at[i];
        if (i) buffer_put_char(b, ' ');
        buffer_put_char(b, c >= 'a' && c <= 'z' ? (char)(c - 32) : c);
    }
}

typedef void put_word(struct buffer *b, struct vary_job *job, struct text w, const struct variation *op,
                      struct rng *rng);

static void put_letters(struct buffer *b, struct vary_job *job, struct text w, const struct variation *op,
                        struct rng *rng) {
    (void)job;
    put_slip(b, w, op->detail[0], rng);
}

static void put_capitals(struct buffer *b, struct vary_job *job, struct text w, const struct variation *op,
                         struct rng *rng) {
    (void)job, (void)op, (void)rng;
    put_spaced(b, w);
}

static void put_emoji(struct buffer *b, struct vary_job *job, struct text w, const struct variation *op,
                      struct rng *rng) {
    const struct vary_list *emoji = &job->rules.emoji;
    (void)op;
    buffer_put_text(b, w), buffer_put_char(b, ' ');
    buffer_put_text(b, emoji->at[rng_below(rng, emoji->n)]);
}

/* The prompt with drawn words put by `put`. */
static bool touch(struct vary_job *job, const struct vary_item *item, const struct variation *op, uint64_t key,
                  size_t most, put_word *put, struct vary_variant *out, struct error *err) {
    struct touching t;
    struct rng rng = vary_stream(key, op);
    struct chunks chunks = chunks_of(item->prompt);
    struct chunk chunk;
    struct buffer b;
    buffer_init(&b, VARY_PROMPT_MOST);
    draw(&t, job, item, most, &rng);
    for (size_t i = 0; chunks_next(&chunks, &chunk); i++) {
        if (i >= t.n || !t.hit[i]) {
            chunk_put(&b, &chunk);
            continue;
        }
        buffer_put_text(&b, chunk.lead);
        put(&b, job, chunk.core, op, &rng);
        buffer_put_text(&b, chunk.tail), buffer_put_text(&b, chunk.gap);
    }
    return vary_take(job, item, &b, out, err);
}

bool vary_letters(struct vary_job *job, const struct vary_item *item, const struct variation *op, uint64_t key,
                  struct vary_variant *out, struct error *err) {
    return touch(job, item, op, key, vary_touched(item->prompt), put_letters, out, err);
}

/* 1 to length / 10 of them, one a word (TrustGen, jailbreaks). */
bool vary_separators(struct vary_job *job, const struct vary_item *item, const struct variation *op, uint64_t key,
                     struct vary_variant *out, struct error *err) {
    struct rng rng = rng_stream(key, op->name, 1);
    size_t most = item->prompt.len / 10;
    return touch(job, item, op, key, 1 + (most ? rng_below(&rng, most) : 0), put_letters, out, err);
}

bool vary_spaced(struct vary_job *job, const struct vary_item *item, const struct variation *op, uint64_t key,
                 struct vary_variant *out, struct error *err) {
    return touch(job, item, op, key, vary_touched(item->prompt), put_capitals, out, err);
}

bool vary_emoji(struct vary_job *job, const struct vary_item *item, const struct variation *op, uint64_t key,
                struct vary_variant *out, struct error *err) {
    return touch(job, item, op, key, vary_touched(item->prompt), put_emoji, out, err);
}

#define TEXTS (1u << VARY_NONE | 1u << VARY_OPEN | 1u << VARY_CHOICE | 1u << VARY_TRUEFALSE)
#define SLIP(name_, detail_, text_)                                                                                    \
    { .name = name_, .family = "letters", .summary = text_, .formats = TEXTS, .detail = detail_, .make = vary_letters }

const struct variation vary_family_letters[] = {
    SLIP("missing", "m", "a letter is missing in three to ten words, never the first or the last"),
    SLIP("wrong", "w", "a letter is another one in three to ten words"),
    SLIP("repeated", "r", "a letter stands twice in three to ten words"),
    SLIP("capital", "c", "a letter is a capital in three to ten words"),
    SLIP("split", "b", "a blank stands inside three to ten words"),
    SLIP("swapped", "s", "two inner letters are exchanged in three to ten words"),
    {.name = "typos",
     .family = "letters",
     .summary = "wrong letters, one to a tenth of the length of the prompt, one a word",
     .formats = TEXTS,
     .detail = "w",
     .make = vary_separators},
    {.name = "separators",
     .family = "letters",
     .summary = "commas inside words, one to a tenth of the length of the prompt, one a word",
     .formats = TEXTS,
     .detail = ",",
     .make = vary_separators},
};
const size_t vary_n_letters = sizeof vary_family_letters / sizeof *vary_family_letters;

const struct variation vary_family_marks[] = {
    {.name = "emoji",
     .family = "marks",
     .summary = "small pictures behind three to ten words",
     .formats = TEXTS,
     .make = vary_emoji},
    {.name = "tags",
     .family = "marks",
     .summary = "tags of social media at the ends",
     .formats = TEXTS,
     .make = vary_tags},
    {.name = "spaced",
     .family = "marks",
     .summary = "three to ten words in capitals with blanks between",
     .formats = TEXTS,
     .make = vary_spaced},
    {.name = "distractor",
     .family = "marks",
     .summary = "a sentence that has nothing to do with the question",
     .formats = TEXTS,
     .make = vary_distractor},
};
const size_t vary_n_marks = sizeof vary_family_marks / sizeof *vary_family_marks;
