/* Texts by number: the first text that is added is 0, and the same bytes are one text however often they come. */
#ifndef SET_TEXT_SET_H
#define SET_TEXT_SET_H

#include "base/text.h"

struct text_set {
    const char **text; /* zero-terminated, on the arena */
    size_t n, most;
    size_t room;
    uint32_t *slot; /* 1 + number; 0: free */
    size_t slots;
};

/* Takes no memory yet. most: how many texts there may be, below 2^31. */
void text_set_init(struct text_set *set, size_t most);
void text_set_done(struct text_set *set); /* the texts stay on their arena */
/* The number of the text, which is copied to the arena when it is new. ERROR_DATA when there are too many. */
bool text_set_add(struct text_set *set, struct text t, struct arena *arena, uint32_t *number,
                  struct error *err) MUST_CHECK;
/* UINT32_MAX: it was not added. */
uint32_t text_set_find(const struct text_set *set, struct text t);

#endif
