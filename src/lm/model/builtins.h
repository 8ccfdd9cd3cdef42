/* Models that are part of the program. Whoever loads models is told of them; the table stands in cli. */
#ifndef LM_MODEL_BUILTINS_H
#define LM_MODEL_BUILTINS_H

#include "base/text.h"

/* GGUF bytes in memory, which are borrowed while loading only. */
struct lm_builtin {
    const char *name;
    const void *at;
    size_t bytes;
};
struct lm_builtins {
    const struct lm_builtin *model;
    size_t n;
};
/* NULL: there is none of this name. */
const struct lm_builtin *lm_builtin_find(struct lm_builtins builtins, struct text name);

#endif
