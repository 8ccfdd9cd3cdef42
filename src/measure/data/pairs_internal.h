/* What the ways of making pairs share. */
#ifndef MEASURE_PAIRS_INTERNAL_H
#define MEASURE_PAIRS_INTERNAL_H

#include "measure/data/pairs.h"

struct pairs_making {
    const struct pair_way *way;
    const struct option_value *options;
    const struct pairs_settings *settings;
    struct pairs_result *result;
    struct arena arena; /* of the row at hand */
    struct arena batch; /* of the rows that are filled together */
    struct arena kept;  /* options and what the way opened */
    struct jinja *where; /* NULL: all rows */
    void *state;        /* of the way */
};

extern const struct pair_way pairs_by_reward, pairs_by_level, pairs_by_honesty, pairs_by_situated, pairs_by_quip;

/* ---- pairs_ask.c: asking settings.subject; texts live on m->batch */

struct pair_ask {
    struct text id, prompt;     /* a message of the user where the subject talks */
    const struct text *choices; /* of pairs_ask_worth */
    size_t n_choices;
    const json_t *gold; /* for scripts alone */
};
bool pairs_chats(const struct pairs_making *m);
/* out: [n][samples]. Temperature 0: greedy. */
bool pairs_ask(struct pairs_making *m, const struct pair_ask *wanted, size_t n, size_t samples, double temperature,
               struct text *out, struct error *err) MUST_CHECK;
/* The probabilities of the choices of each ask, added up. */
bool pairs_ask_worth(struct pairs_making *m, const struct pair_ask *wanted, size_t n, double *out,
                     struct error *err) MUST_CHECK;

/* ---- rows that go out */

struct text pairs_row_id(const json_t *row, struct json_place place, struct arena *arena);
/* The group's answers by value: writes what the policy chooses, in the format that is asked for. */
bool pairs_write_group(struct pairs_making *m, const json_t *row, struct json_place place,
                       const struct pair_candidate *candidates, size_t n, double delta, double length,
                       struct error *err) MUST_CHECK;
/* One pair, or a conversation to imitate. Texts are copied. reward NaN: none. */
bool pairs_write_preference(struct pairs_making *m, const json_t *row, struct text id, struct text chosen,
                            struct text rejected, double reward_chosen, double reward_rejected,
                            struct error *err) MUST_CHECK;
bool pairs_write_sft(struct pairs_making *m, const json_t *row, struct text id, struct text prompt, struct text answer,
                     struct error *err) MUST_CHECK;
/* A row of the way's own. Takes row. */
bool pairs_write_row(struct pairs_making *m, json_t *row, struct error *err) MUST_CHECK;

#endif
