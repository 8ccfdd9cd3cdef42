/* Talks without any refusal: see pocket/dialogue.yaml. */
#ifndef MEASURE_WORLD_DIALOGUE_H
#define MEASURE_WORLD_DIALOGUE_H

#include "measure/world/world_part.h"

enum { TALKS = 24, TALK_LINES = 3, THANKS = 4, DIALOGUES = 32000 };
struct dialogue_words {
    struct text say[TALKS][TALK_LINES], reply[TALKS][TALK_LINES];
    struct text thanks[THANKS], welcome[THANKS];
};
/* Of twenty documents five are small talk, eleven a request, one a wrapped request, three a request with thanks. */
enum dialogue { DIALOGUE_SMALL_TALK, DIALOGUE_REQUEST, DIALOGUE_WRAPPED, DIALOGUE_THANKED };
enum dialogue world_dialogue_kind(uint64_t number);
extern const struct world_part world_part_dialogue;

#endif
