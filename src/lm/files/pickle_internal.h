/* What the parts of the pickle reader share; private to pickle*.c. */
#ifndef LM_PICKLE_INTERNAL_H
#define LM_PICKLE_INTERNAL_H

#include "lm/files/pickle.h"

enum pickle_kind {
    PICKLE_NONE,
    PICKLE_NUMBER,
    PICKLE_TEXT,
    PICKLE_TUPLE, /* also lists and sets */
    PICKLE_DICT,  /* items: key, value, key, value, ... */
    PICKLE_GLOBAL, /* text: "module.name" */
    PICKLE_STORAGE, /* items: what the persistent id holds */
    PICKLE_TENSOR,  /* items: storage, offset, sizes, ... */
    PICKLE_CALL,    /* text: what would be called; items: its argument, its state */
    PICKLE_MARK,
};

struct pickle_value {
    enum pickle_kind kind;
    int64_t number;
    struct text text;
    struct pickle_value **items;
    size_t n, capacity;
};

/* The value that the pickle at *offset builds; *offset becomes the byte behind it. */
struct pickle_value *pickle_build(struct text file, size_t *offset, const char *path, struct arena *arena,
                                  struct pickle_list *list, struct error *err) MUST_CHECK;
/* The bytes of data.pkl in a zip, on the arena. */
bool pickle_find_in_zip(struct text file, const char *path, struct arena *arena, struct text *pickle,
                        struct error *err) MUST_CHECK;

#endif
