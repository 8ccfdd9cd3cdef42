/* Answers in pieces: see openai_stream.h. */
#include "subject/openai_stream.h"

#include <string.h>

static bool take_event(struct openai_stream *s, struct text body, struct error *err) {
    struct openai_reply piece;
    struct arena arena;
    s->begun = true;
    if (text_equal_c(body, "[DONE]")) return s->ended = true;
    arena_init(&arena, 0);
    bool ok = openai_event_read(&arena, body, &piece, err);
    if (ok) {
        buffer_put_text(s->text, piece.text);
        if (piece.finished) s->ended = true, s->finish = piece.finish;
        if (piece.tokens_in) s->tokens_in = piece.tokens_in;
        if (piece.tokens_out) s->tokens_out = piece.tokens_out;
        openai_reply_done(&piece);
    }
    arena_done(&arena);
    return ok && buffer_check(s->text, "answer", err);
}

bool openai_stream_take(struct openai_stream *s, struct text lines, struct error *err) {
    struct text line;
    while (text_next(&lines, '\n', &line)) {
        if (!text_starts(line, TEXT("data:"))) continue;
        if (!take_event(s, text_trim(text_part(line, strlen("data:"), line.len)), err)) return false;
    }
    return true;
}
