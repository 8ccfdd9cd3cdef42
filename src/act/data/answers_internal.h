/* What the files of the sets of answers share. */
#ifndef ACT_ANSWERS_INTERNAL_H
#define ACT_ANSWERS_INTERNAL_H

#include "act/data/answers.h"
#include "lm/template/marked.h"
#include "act/data/pass_order.h"

struct answers {
    struct answers_settings settings; /* its paths and tokenizer are not used after answers_new */
    struct arena arena;               /* of tokens and answers */
    struct answer_group *groups;
    size_t n_groups, groups_capacity;
    uint64_t n_answers, n_tokens, n_counted;
    size_t longest;
    struct text *labels; /* of classes, in the order in which they came; sorted when all is read */
    size_t n_labels, labels_capacity;
    struct pass_order order;
    char digest[HASH_HEX];
};

/* answers_read.c: appends the groups of a file. */
bool answers_read(struct answers *a, const char *path, struct error *err) MUST_CHECK;

#endif
