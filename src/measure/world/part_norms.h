/* What part_norms.c and the stories of part_norms_stories.c share. */
#ifndef MEASURE_PART_NORMS_H
#define MEASURE_PART_NORMS_H

#include "measure/world/part_common.h"

#include <stdio.h>

enum {
    ACT_VALUES = 3,
    ACTS_EACH = 80,
    ACTS = ACT_VALUES * ACTS_EACH,
    SITUATIONS = 100,
    FEELINGS = 8,
    SCENES_EACH = 25,
    SCENES = FEELINGS * SCENES_EACH,
    FEELINGS_ASKED = 4,
    STORY_FRAMES = 6,
    JUDGEMENT_ROW = ACTS,
    SCENE_ROW = JUDGEMENT_ROW + 2 * SITUATIONS,
    NORMS = SCENE_ROW + SCENES
};

struct norms {
    struct text act[ACTS], situation[SITUATIONS], ending[SITUATIONS][2], feeling[FEELINGS], scene[SCENES];
    struct list ask_act, ask_ending, ask_scene;             /* WORDINGS */
    struct list of_act[ACT_VALUES], of_ending[2], of_scene; /* STORY_FRAMES */
    uint8_t act_split[ACTS], situation_split[SITUATIONS], scene_split[SCENES];
};

extern const struct world_part world_part_norms;
const struct norms *norms_of(const struct world *w);

/* The block of little stories: each act, ending and scene in every frame, STORY_COPIES times with other people. */
uint64_t norms_stories(const struct world *w);
bool norms_put_story(struct world_document *document, const struct world *w, uint64_t number, uint64_t draw);

#endif
