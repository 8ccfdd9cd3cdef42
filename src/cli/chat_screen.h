/* How a conversation is shown: answers as they come, tokens with their log-probabilities, notes. */
#ifndef CLI_CHAT_SCREEN_H
#define CLI_CHAT_SCREEN_H

#include "subject/subject_talk.h"

#include <stdio.h>

struct chat_screen {
    FILE *out;
    bool terminal; /* both ends are: a prompt is shown, errors do not end the conversation */
    bool colours, tokens;
};
/* Colours only on a terminal and without NO_COLOR. */
void chat_screen_init(struct chat_screen *screen, FILE *out, bool tokens);
void chat_screen_prompt(const struct chat_screen *screen);
/* A part of an answer, as talk_more; flushed at once. */
void chat_screen_more(const struct chat_screen *screen, struct text more, const struct talk_token *token);
void chat_screen_end(const struct chat_screen *screen); /* of an answer */
/* On standard error, so that a pipe gets answers alone. */
void chat_screen_note(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
