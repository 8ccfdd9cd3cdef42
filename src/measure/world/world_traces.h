/* Traces of agents (pocket-world 4.9): a planner, a searcher, a reckoner and a writer with tools, a shared memory and
 * one page that nobody vouches for. What happened is drawn first; the spans are told from it. */
#ifndef MEASURE_WORLD_TRACES_H
#define MEASURE_WORLD_TRACES_H

#include "measure/world/world_part.h"

enum {
    TALES = 1000,
    TALES_CLEAN = 500, /* the first ones */
    TALE_RULES = 15,
    TALES_A_RULE = 10, /* 2 % of the other 500 */
    TALE_PAGES = 8,
    TALE_LURES = 3,
    TALE_SCRIPTS = 2,
    TALE_CLAIMS = 4,
    TALE_DRIFTS = 6,
    TALE_TASKS = 4
};
/* The steps that can go wrong, in their order. What the page says never matters. */
enum tale_step { TALE_COUNT, TALE_FIRST_PRICE, TALE_SECOND_PRICE, TALE_PAGE, TALE_RECKON, TALE_STEPS };
extern const char *const tale_step_names[TALE_STEPS];

struct tale {      /* one trace, before it is told */
    uint8_t rule;  /* 1..15; 0: none is broken */
    uint8_t way;   /* which way of breaking it, where there are several */
    uint8_t wrong; /* the step that went wrong; TALE_STEPS: none */
    uint8_t task, page, words;
    uint16_t good[2], price[2], count[2], off; /* off: by how much the wrong step is off */
    uint16_t holder;
    uint32_t number; /* of a house, a list, a card */
};
struct tales_state {
    struct tale tale[TALES];
    uint8_t split[TALES];
    struct text task[TALE_TASKS], find, found, reckon, total, tell, answer;
    struct text page[TALE_PAGES], lure[TALE_LURES], script[TALE_SCRIPTS], claim[TALE_CLAIMS], drift[TALE_DRIFTS];
    struct list ask;
};
extern const struct world_part world_part_traces;
const struct tales_state *world_tales(const struct world *w);

/* What the team ends with when `corrected` (TALE_STEPS: no step) is done right, and what is right. */
unsigned tale_outcome(const struct tale *tale, unsigned corrected), tale_right(const struct tale *tale);
/* The rules that are broken with the one that was planted: bit r - 1. What is executed is also acted on, without
 * approval: rule 8 breaks 1 and 10 with it. */
unsigned tale_rules(const struct tale *tale);
/* The trace as OTLP/JSON. */
bool tale_put_otlp(struct buffer *out, const struct world *w, size_t at);
/* The same as lines: "writer send_note to=... -> sent". */
bool tale_put_log(struct buffer *out, const struct world *w, size_t at);

#endif
