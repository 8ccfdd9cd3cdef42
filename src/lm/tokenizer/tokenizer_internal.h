/* What the files of the tokenizers share. */
#ifndef LM_TOKENIZER_INTERNAL_H
#define LM_TOKENIZER_INTERNAL_H

#include "lm/tokenizer/tokenizer.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define SPACE_MARK "\xE2\x96\x81" /* U+2581, SentencePiece's blank */
#define TOKENIZER_MOST_TOKENS ((size_t)1 << 24)
#define SYMBOL_NONE INT32_MAX /* a byte without a token: merges with nothing and gives nothing */

/* ---- tables ---- */

/* From texts to numbers, open addressing; keys are borrowed. */
struct text_slot {
    const char *at; /* NULL: empty */
    uint32_t len, hash;
    int32_t value;
};
struct text_table {
    struct text_slot *slots;
    size_t n, capacity; /* a power of two, at most half full */
};
bool text_table_init(struct text_table *table, size_t expected, struct error *err) MUST_CHECK;
void text_table_done(struct text_table *table);
/* Keeps the first value of a key; *old (may be NULL) becomes it, or -1 when the key is new. */
bool text_table_put(struct text_table *table, struct text key, int32_t value, int32_t *old,
                    struct error *err) MUST_CHECK;
int32_t text_table_get(const struct text_table *table, struct text key); /* -1: none */

/* Pairs of symbols to what they merge into. */
struct merge {
    int32_t left, right, rank, merged;
};
struct merge_table {
    struct merge *slots; /* left -1: empty */
    size_t n, capacity;
};
bool merge_table_put(struct merge_table *table, struct merge merge, struct error *err) MUST_CHECK;
const struct merge *merge_table_get(const struct merge_table *table, int32_t left, int32_t right); /* NULL: none */
void merge_table_done(struct merge_table *table);

/* A trie of byte strings with a number each; node 0 is the root. */
struct trie_edge {
    uint32_t node, child; /* child 0: empty */
    unsigned char byte;
};
struct byte_trie {
    struct trie_edge *edges; /* open addressing, at most half full */
    int32_t *values;         /* of each node; -1: no string ends here */
    size_t n_edges, capacity, n_nodes, node_capacity;
};
/* Keeps the first value of a key; the empty key is the root's. */
bool byte_trie_put(struct byte_trie *trie, struct text key, int32_t value, struct error *err) MUST_CHECK;
void byte_trie_done(struct byte_trie *trie);
/* One byte down from *node; false: no string goes on like that. *value: of the string that ends there, -1: none. */
bool byte_trie_step(const struct byte_trie *trie, uint32_t *node, unsigned char byte, int32_t *value);
/* The longest string that text begins with, its bytes in *len; -1: none. */
int32_t byte_trie_longest(const struct byte_trie *trie, struct text text, size_t *len);

/* SentencePiece's precompiled map of characters; texts are borrowed from the arena it was read into. */
struct charsmap {
    struct text blob, texts;
    const uint32_t *units;
    size_t n; /* 0: there is no map */
};
bool charsmap_read(struct charsmap *map, struct arena *arena, struct text blob, const char *shown,
                   struct error *err) MUST_CHECK;
/* Bytes of the longest or the shortest prefix of text that has a replacement; 0: none has. */
size_t charsmap_find(const struct charsmap *map, struct text text, bool longest, struct text *to);

/* ---- steps of a normalizer ---- */

enum normal_kind {
    NORMAL_FORM,
    NORMAL_LOWERCASE,
    NORMAL_STRIP_ACCENTS,
    NORMAL_STRIP,
    NORMAL_REPLACE,
    NORMAL_CHARSMAP,
    NORMAL_NMT,
    NORMAL_PREPEND,
};
struct normal_step {
    enum normal_kind kind;
    int option;             /* enum tokenizer_form; STRIP_LEFT | STRIP_RIGHT */
    struct text from, with; /* REPLACE: pattern; what is put for it, or before the text */
    pcre2_code *code;       /* of `from` */
};
#define TOKENIZER_STEPS 12

/* ---- pre-tokenizers ---- */

enum split_behavior { SPLIT_ISOLATED, SPLIT_REMOVED, SPLIT_KEPT_ONLY, SPLIT_WITH_PREVIOUS, SPLIT_WITH_NEXT };

/* Cuts each piece of the stage before it at the matches of a pattern; what is not matched is a piece too. */
struct split {
    const char *pattern; /* as it was given */
    enum split_behavior behavior;
    pcre2_code *code;
    bool jit;
};

struct pretokenizer {
    const char *name;        /* as in tokenizer.ggml.pre */
    const char *patterns[5]; /* NULL at the end */
    bool ignores_merges;     /* a word that is a token is this token, whatever the merges say */
    bool adds_bos;           /* unless the file says otherwise */
};
const struct pretokenizer *pretokenizer_find(struct text name); /* NULL: unknown */
/* What a byte-level tokenizer without a name gets, as in llama.cpp. */
const struct pretokenizer *pretokenizer_default(void);
/* The row that does what this pattern of a tokenizer.json does; NULL: none. */
const struct pretokenizer *pretokenizer_for_pattern(struct text pattern, bool ignores_merges);
extern const char pretokenizer_gpt2_pattern[];

/* ---- tokenizers ---- */

bool tokenizer_knows_kind(struct text kind); /* of tokenizer.ggml.model */

enum tokenizer_family { FAMILY_SPM, FAMILY_BYTES, FAMILY_WORDPIECE, FAMILY_UNIGRAM, FAMILY_GREEDY };
enum tokenizer_form { FORM_NONE, FORM_NFC, FORM_NFD, FORM_NFKC, FORM_NFKD };
/* Where a blank is put before the text: nowhere, before each stretch between special tokens, at the start only. */
enum tokenizer_prefix { PREFIX_NONE, PREFIX_ALWAYS, PREFIX_FIRST };
enum { STRIP_LEFT = 1, STRIP_RIGHT = 2, MATCH_NORMALIZED = 4 }; /* of added tokens */

#define TOKENIZER_SPLITS 12

struct tokenizer {
    struct arena arena;
    char *chunk; /* room for short texts, see tokenizer_keep */
    size_t chunk_left;
    enum tokenizer_family family;
    const char *pre; /* name of the pre-tokenizer; "custom": only the splits say it */
    bool pre_guessed;
    struct text pre_named; /* what the file calls it, when it is not known */
    struct split splits[TOKENIZER_SPLITS];
    size_t n_splits;
    pcre2_general_context *pcre2;

    size_t n;
    struct text *tokens;     /* stored forms */
    struct text *pieces;     /* bytes in the middle of a text */
    float *scores;           /* -INFINITY: merging never makes this token */
    unsigned char *types;    /* enum token_type */
    unsigned char *flags;    /* STRIP_LEFT, ... */
    struct text_table ids;   /* stored form to id; also of merge symbols that are no tokens */
    struct text_table whole; /* bytes of a word that is one token to this token */
    size_t n_duplicates;
    bool breaks_at_marks; /* no token joins two words of SentencePiece */

    struct text *extra; /* symbols that merges pass through and that are no tokens: ids n, n+1, ... */
    size_t n_extra, extra_capacity;
    struct merge_table merges;
    struct merge *merge_list; /* by rank */
    size_t merge_capacity;
    int32_t byte_ids[256]; /* -1: no such token */

    int32_t *specials; /* control, unknown and user tokens, sorted by bytes */
    size_t n_specials;
    bool special_first[256]; /* bytes that they begin with */
    int32_t *ends;
    size_t n_ends;
    size_t longest; /* bytes of the longest token */

    int32_t bos, eos, eot, unknown;
    int32_t missing;    /* stands for characters without a token; -1: they are dropped */
    bool skips_missing; /* dropped bytes are no border for merges */
    bool adds_bos, adds_eos, ignores_merges, fuses_unknown, lowercase, strips_accents;
    enum tokenizer_prefix prefix;
    bool prefix_once; /* not when the text begins with a blank */
    enum tokenizer_form form;
    size_t word_max; /* WordPiece: longer words are unknown; 0: no limit */
    struct normal_step steps[TOKENIZER_STEPS]; /* of a tokenizer.json that `form` alone does not say */
    size_t n_steps;

    struct byte_trie trie; /* UNIGRAM: stored forms; GREEDY: bytes; SentencePiece BPE: user tokens */
    double *weights;       /* UNIGRAM: log-probabilities as the source has them; NULL: scores */
    double unknown_weight, most_weight;
    struct charsmap charsmap;
    bool as_sentencepiece; /* blanks and characters are normalised as SentencePiece does */
    bool merges_blanks;    /* several are one, and none stands at the ends */
    bool marks_behind;     /* the blank is put behind the text, not before it */
    bool user_inside;      /* user tokens belong to the model: nothing is cut around them */
    bool cuts_blanks;      /* UNIGRAM of a tokenizer.json: each word between blanks is a text of its own */
    bool falls_to_bytes;   /* characters without a token become byte tokens */
    bool sums_in_float;    /* as SentencePiece adds log-probabilities */
    bool merges_by_id;     /* the rank of a merge is the id of what it makes, as in tiktoken */
    struct text chat_template;
};

struct tokenizer *tokenizer_new(struct error *err) MUST_CHECK;
bool tokenizer_reserve(struct tokenizer *t, size_t n,
                       struct error *err) MUST_CHECK; /* n tokens, all normal and empty */
/* A zero-terminated copy that lives as long as the tokenizer. */
bool tokenizer_keep(struct tokenizer *t, struct text from, struct text *to, struct error *err) MUST_CHECK;
/* After tokens, types and scores are set: names empty tokens, makes the table of ids and the byte ids. */
bool tokenizer_index(struct tokenizer *t, struct error *err) MUST_CHECK;
/* Adds "left right" with the next rank. Symbols that are no tokens are interned behind the vocabulary. */
/* Makes the id of what it merges to the rank of every merge. */
void tokenizer_rank_by_id(struct tokenizer *t);
bool tokenizer_add_merge(struct tokenizer *t, struct text left, struct text right, struct error *err) MUST_CHECK;
/* The same with ids that are known; the pair must be new. */
bool tokenizer_list_merge(struct tokenizer *t, struct merge m, struct error *err) MUST_CHECK;
/* Last step: checks the special ids, makes pieces, specials, ends and whole words. shown: name for messages. */
bool tokenizer_finish(struct tokenizer *t, const char *shown, struct error *err) MUST_CHECK;
struct text tokenizer_symbol(const struct tokenizer *t, int32_t id); /* token or interned symbol */

/* shown: where the pattern comes from, for messages. */
bool tokenizer_add_split(struct tokenizer *t, struct text pattern, enum split_behavior behavior, const char *shown,
                         struct error *err) MUST_CHECK;
bool tokenizer_use_pre(struct tokenizer *t, const struct pretokenizer *pre, struct error *err) MUST_CHECK;
/* Cuts text into pieces: calls with each. */
typedef bool piece_sink(void *context, struct text piece, struct error *err);
bool pretokenize(const struct tokenizer *t, struct text text, piece_sink *sink, void *context,
                 struct error *err) MUST_CHECK;

bool tokenizer_normalizes(const struct tokenizer *t); /* between special tokens */
/* Steps of a tokenizer.json, in their order. *copy: owned by the caller (memory_free), NULL when nothing changed. */
bool tokenizer_normalize(const struct tokenizer *t, struct text *text, char **copy, struct error *err) MUST_CHECK;
/* Appends a step; from and with are copied. pattern: `from` is a regular expression. */
bool tokenizer_add_step(struct tokenizer *t, struct normal_step step, bool pattern, const char *shown,
                        struct error *err) MUST_CHECK;
/* The pattern compiled as the splits are. */
pcre2_code *tokenizer_compile(struct tokenizer *t, struct text pattern, const char *shown,
                              struct error *err) MUST_CHECK;
/* SentencePiece's own normalizer: characters by the map, blanks by the marks. prefix: the text begins a stretch. */
bool sentencepiece_normalize(const struct tokenizer *t, struct text text, bool prefix, struct buffer *out,
                             struct error *err) MUST_CHECK;

/* The special token that text has at `at`: the longest; -1: none. control: control tokens count too. flags: of
 * MATCH_NORMALIZED, must be equal to the token's; 255: any. */
int32_t special_at(const struct tokenizer *t, struct text text, size_t at, bool control, unsigned flags);
bool specials_index(struct tokenizer *t, struct error *err) MUST_CHECK;

/* The kinds: text between special tokens to ids. */
bool spm_encode(const struct tokenizer *t, struct text text, bool prefix, struct token_list *out,
                struct error *err) MUST_CHECK;
bool bytes_encode(const struct tokenizer *t, struct text text, bool prefix, struct token_list *out,
                  struct error *err) MUST_CHECK;
bool wordpiece_encode(const struct tokenizer *t, struct text text, struct token_list *out,
                      struct error *err) MUST_CHECK;
bool unigram_encode(const struct tokenizer *t, struct text text, bool prefix, struct token_list *out,
                    struct error *err) MUST_CHECK;
bool greedy_encode(const struct tokenizer *t, struct text text, struct token_list *out, struct error *err) MUST_CHECK;
/* Their tables; UNIGRAM's weights too. */
bool trie_index(struct tokenizer *t, struct error *err) MUST_CHECK;
/* Merges one word of symbols in place by rank; *n becomes the number left. */
bool bytes_merge(const struct tokenizer *t, int32_t *symbols, size_t *n, struct error *err) MUST_CHECK;
/* The tables of words that are one token. */
bool bytes_index_words(struct tokenizer *t, struct error *err) MUST_CHECK;
bool spm_index_words(struct tokenizer *t, struct error *err) MUST_CHECK;

/* GPT-2's printable stand-ins for bytes: code point of a byte, and back (-1: none). */
uint32_t byte_to_codepoint(unsigned char byte);
int codepoint_to_byte(uint32_t codepoint);
/* The stand-ins of some bytes as UTF-8. out: at least 2 * t.len bytes; returns how many were written. */
size_t bytes_to_stored(struct text t, char *out);

/* Settings that GGUF has no keys for, as JSON (splits, form, prefix, fuses_unknown); empty: there are none. */
bool tokenizer_put_settings(const struct tokenizer *t, struct buffer *out);
bool tokenizer_read_settings(struct tokenizer *t, struct text json, const char *shown, struct error *err) MUST_CHECK;

/* Unicode's White_Space, and the bytes of the blank that text begins with (0: none). */
bool unicode_is_white(uint32_t codepoint);
size_t white_at(struct text text);
/* The longest user token that text begins with, of those in the trie; -1: none. */
int32_t user_token_at(const struct tokenizer *t, struct text text);

/* Text in one of Unicode's normal forms; *copy: owned by the caller (memory_free), NULL when nothing changed. Bytes
 * that are no UTF-8 become U+FFFD. */
bool unicode_normalize(struct text *text, enum tokenizer_form form, char **copy, struct error *err) MUST_CHECK;

#endif
