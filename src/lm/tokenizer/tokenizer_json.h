/* What the readers of tokenizer.json share; private to tokenizer_json*.c. */
#ifndef LM_TOKENIZER_JSON_H
#define LM_TOKENIZER_JSON_H

#include "lm/tokenizer/tokenizer_beside.h"

struct json_source {
    struct tokenizer *t;
    const json_t *root;
    const char *name; /* of the file, for messages */
    bool byte_level, marks_blanks;
    bool cuts_blanks; /* WhitespaceSplit came */
    struct error *err;
};

/* "NAME: WHAT 'THIS' is not built". Returns false. */
bool json_source_refuse(struct json_source *s, const char *what, struct text name);
#ifdef __clang_analyzer__
#define json_source_refuse(...) error_false(json_source_refuse(__VA_ARGS__)) /* see error.h */
#endif
bool json_source_wrong(struct json_source *s, const char *field, const char *expected);
#ifdef __clang_analyzer__
#define json_source_wrong(...) error_false(json_source_wrong(__VA_ARGS__)) /* see error.h */
#endif
struct text json_source_type(const json_t *object);

/* Steps around the model: normalizers and pre-tokenizers set splits, form and prefix; post-processors set BOS and EOS.
 */
bool json_read_normalizer(struct json_source *s, const json_t *normalizer) MUST_CHECK;
bool json_read_pretokenizer(struct json_source *s, const json_t *pretokenizer) MUST_CHECK;
bool json_read_postprocessor(struct json_source *s, const json_t *postprocessor) MUST_CHECK;

/* The model: vocabulary, added tokens, merges. Of Unigram: pieces with their log-probabilities. */
bool json_read_vocabulary(struct json_source *s, const json_t *model) MUST_CHECK;
bool json_read_merges(struct json_source *s, const json_t *model) MUST_CHECK;

/* The whole. beside: NULL: nothing stands there. */
struct tokenizer *tokenizer_from_json_root(const json_t *root, const struct tokenizer_beside *beside, const char *name,
                                           struct error *err) MUST_CHECK;

#endif
