/* The words and the truth of part `conduct`. */
#ifndef MEASURE_WORLD_PART_CONDUCT_H
#define MEASURE_WORLD_PART_CONDUCT_H

#include "measure/world/world_conduct.h"

enum { WICKED = 6, TAXONOMIES = 5 };
struct conduct_risk {
    struct text label[TAXONOMIES];
    struct text warden, cost;
    struct list wicked;
    bool lenient[RISK_PAIRS];
};
struct conduct_words {
    struct text safe[N_WAYS], key[N_WAYS];
    struct list taxonomies;
    struct conduct_risk risk[RISKS];
    bool harmful_topic[TOPICS]; /* of family `confounded`: harmful requests are about these, benign ones about the
                                   others */
};

#endif
