/* Asks from a file of the user: Ask JSONL, one object a line with "prompt" or "messages", and optionally "id",
 * "choices" (or "continuation", "continuations"), "gold", "labels" and "want" (samples, max_tokens, temperature,
 * grammar, response_format). What a row does not say comes from the defaults. */
#ifndef MEASURE_ASK_FILE_H
#define MEASURE_ASK_FILE_H

#include "subject/subject.h"

struct ask_defaults {
    enum ask_kind kind;
    struct text system;      /* put in front of the messages; empty: none */
    bool as_chat;            /* a row's prompt becomes a user message */
    bool may_lack_choices;   /* ASK_SCORE: a row without choices is a text of its own; messages that end with the
                                assistant's have that one as choice */
    size_t samples, max_tokens, top_k;
    double temperature, top_p;
    const struct text *stops;
    size_t n_stops;
    enum ask_form form;
    struct text form_source;
    uint64_t seed;
    const char *path; /* folders for the pictures and sounds of messages, besides that of the file; NULL: none */
    uint64_t limit; /* rows that are read, the first ones; 0: all */
};

struct ask_row {
    struct ask ask;      /* texts on the arena */
    json_t *row;         /* owned, see ask_row_done */
    size_t line;
};
void ask_row_done(struct ask_row *row);

struct ask_file;
/* "-": stdin. */
struct ask_file *ask_file_open(const char *path, const struct ask_defaults *defaults, struct error *err) MUST_CHECK;
void ask_file_close(struct ask_file *file);
/* 1 a row, 0 the end, -1 an error: ERROR_DATA with FILE:LINE, the key, what was expected and found. A missing id
 * becomes the number of the line. */
int ask_file_next(struct ask_file *file, struct arena *arena, struct ask_row *row, struct error *err) MUST_CHECK;
/* One prompt given on the command line, as a row with the id "prompt". */
bool ask_from_prompt(struct text prompt, const struct ask_defaults *defaults, struct arena *arena, struct ask_row *row,
                     struct error *err) MUST_CHECK;

/* sha256 of what is asked; keys random streams, so that equal asks with equal seeds give equal answers. */
bool ask_digest(struct ask *ask, struct error *err) MUST_CHECK;

#endif
