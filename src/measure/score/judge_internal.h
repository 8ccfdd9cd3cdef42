/* What the files of judges share. */
#ifndef MEASURE_JUDGE_INTERNAL_H
#define MEASURE_JUDGE_INTERNAL_H

#include "measure/score/judge.h"

enum { JUDGE_PROMPTS = 2 };
struct judge {
    struct subject *subject;
    struct arena arena;
    struct text prompt[JUDGE_PROMPTS];
};

#endif
