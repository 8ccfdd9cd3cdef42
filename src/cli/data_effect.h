/* `basanite data effect` and `basanite data identify`: effects of treatments, and when graphs tell them. */
#ifndef CLI_DATA_EFFECT_H
#define CLI_DATA_EFFECT_H

#include "cli/commands.h"

#define EFFECT_FLAGS                                                                                                   \
    "treatment", "outcome", "covariates", "graph", "estimator", "cluster", "beside", "advise", "threads"

bool data_effect(struct arguments *args, struct error *err) MUST_CHECK;
bool data_identify(struct arguments *args, struct error *err) MUST_CHECK;

#endif
