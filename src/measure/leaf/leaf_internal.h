/* What reading and drawing of leaves share. */
#ifndef MEASURE_LEAF_INTERNAL_H
#define MEASURE_LEAF_INTERNAL_H

#include "lm/template/jinja.h"
#include "measure/leaf/leaf.h"
#include "measure/world/world_items.h"
#include "measure/world/world_manner.h"

enum {
    LEAF_SLOTS_MOST = 32,
    LEAF_TEMPLATES_MOST = 64,
    LEAF_TWINS_MOST = 8,
    LEAF_LABELS_MOST = 16,
    LEAF_ITEMS_MOST = 10000,
    LEAF_MANNERS_MOST = 8
};

/* A value made from what was drawn: a template, or as it stands. */
struct leaf_value {
    struct jinja *jinja; /* NULL: constant */
    json_t *constant;    /* owned; both NULL: not given */
    size_t line;
};
struct leaf_named {
    const char *name;
    struct leaf_value value;
};
struct leaf_names_values {
    struct leaf_named at[LEAF_LABELS_MOST];
    size_t n;
};

enum leaf_source { LEAF_LIST, LEAF_RANGE, LEAF_WORLD };
struct leaf_slot {
    const char *name;
    enum leaf_source source;
    json_t *items;     /* of a list: owned */
    uint32_t *weights; /* of its items; NULL: all alike */
    uint64_t total;    /* of the weights */
    int64_t low, high; /* of a range, both included */
    int kind;          /* of the world's entities */
    size_t pick;       /* this many different ones, as a list; 0: one */
};

enum leaf_polarity { LEAF_NEUTRAL, LEAF_HARM, LEAF_BENIGN };
struct leaf_template {
    const char *id;
    enum leaf_polarity polarity;
    struct leaf_value text, gold, choices, messages;
    struct leaf_names_values labels;
    const char *twin_names[LEAF_TWINS_MOST];
    size_t twins[LEAF_TWINS_MOST], n_twins;
    uint32_t weight;
    bool is_twin; /* of another: not drawn by itself */
    bool of_file; /* drawn when a file fills the slot `from`, and only then */
    size_t line;
};

struct leaf {
    struct arena arena;
    const char *shown_name, *name, *title, *from, *from_format;
    struct text world_items;        /* "requests/test"; empty: none */
    int manners[LEAF_MANNERS_MOST]; /* in which the world's items are said, too */
    size_t n_manners;
    struct leaf_value where, keep, cluster; /* where: which items; keep: which cases */
    struct leaf_slot slots[LEAF_SLOTS_MOST];
    size_t n_slots;
    struct leaf_names_values rules;
    struct leaf_value gold, choices;
    bool shuffle;
    struct leaf_names_values labels;
    struct leaf_template templates[LEAF_TEMPLATES_MOST];
    size_t n_templates;
    uint64_t words_least, words_most;
    json_t *task, *fault; /* owned */
    const char *scorer, *figure;
};

#endif
