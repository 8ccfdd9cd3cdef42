/* What stands beside a tokenizer's own file in a folder of transformers: tokenizer_config.json (BOS, EOS, added tokens,
 * chat template), added_tokens.json of older folders, chat_template.jinja. Private to the room. */
#ifndef LM_TOKENIZER_BESIDE_H
#define LM_TOKENIZER_BESIDE_H

#include "lm/tokenizer/tokenizer_internal.h"

struct tokenizer_beside {
    struct arena arena;
    json_t *config, *added; /* NULL: not there */
    struct text template;   /* of chat_template.jinja */
};

/* Files that are not there are none. tokenizer_beside_done also after a failure. */
bool tokenizer_beside_read(struct tokenizer_beside *beside, const char *path, struct error *err) MUST_CHECK;
void tokenizer_beside_done(struct tokenizer_beside *beside);

/* For tokenizers whose own file has no added tokens. Of how many tokens room is needed for n of its own and the added
 * ones; then, before tokenizer_index, their forms, types and blanks. A token that is there keeps its form. */
size_t tokenizer_beside_vocabulary(const struct tokenizer_beside *beside, size_t n);
bool tokenizer_beside_put_tokens(const struct tokenizer_beside *beside, struct tokenizer *t, const char *shown,
                                 struct error *err) MUST_CHECK;
/* For all, before tokenizer_finish: BOS, EOS, whether they are put, the template. */
bool tokenizer_beside_put_ends(const struct tokenizer_beside *beside, struct tokenizer *t,
                               struct error *err) MUST_CHECK;

#endif
