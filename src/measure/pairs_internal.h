/* What the ways of making pairs share. */
#ifndef MEASURE_PAIRS_INTERNAL_H
#define MEASURE_PAIRS_INTERNAL_H

#include "measure/pairs.h"

struct pairs_making {
    const struct pair_way *way;
    const struct option_value *options;
    const struct pairs_settings *settings;
    struct pairs_result *result;
    struct arena arena; /* of the row at hand */
    struct arena kept;  /* options and what the way opened */
    void *state;        /* of the way */
};

extern const struct pair_way pairs_by_reward, pairs_by_level, pairs_by_honesty, pairs_by_situated;

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

#endif
