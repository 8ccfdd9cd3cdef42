/* How a conversation is shown: see chat_screen.h. */
#include "cli/chat_screen.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

void chat_screen_init(struct chat_screen *s, FILE *out, bool tokens) {
    bool shown = isatty(fileno(out));
    const char *none = getenv("NO_COLOR");
    *s = (struct chat_screen){
        .out = out, .terminal = shown && isatty(STDIN_FILENO), .colours = shown && !(none && *none), .tokens = tokens};
}

void chat_screen_prompt(const struct chat_screen *s) {
    if (!s->terminal) return;
    fputs("> ", s->out);
    fflush(s->out);
}

/* Likely tokens green, doubtful ones yellow, unlikely ones red. */
static const char *colour_of(double p) {
    return p >= 0.5 ? "\033[32m" : p >= 0.1 ? "\033[33m" : "\033[31m";
}

/* [piece -0.12]: line ends and bytes that are no characters are escaped. */
static void put_token(const struct chat_screen *s, const struct talk_token *token) {
    fputs(s->colours ? colour_of(exp((double)token->logprob)) : "", s->out);
    fputc('[', s->out);
    bool whole = text_utf8_invalid(token->piece) == SIZE_MAX;
    for (size_t i = 0; i < token->piece.len; i++) {
        unsigned char c = (unsigned char)token->piece.at[i];
        if (c == '\n')
            fputs("\\n", s->out);
        else if (c < ' ' || c == 127 || (c >= 128 && !whole))
            fprintf(s->out, "\\x%02x", c);
        else
            fputc(c, s->out);
    }
    fprintf(s->out, " %.2f]%s", (double)token->logprob, s->colours ? "\033[0m" : "");
}

/* Text of a model must not steer the terminal. */
static void put_text(const struct chat_screen *s, struct text t) {
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.at[i];
        if (s->terminal && ((c < ' ' && c != '\n' && c != '\t') || c == 127))
            fprintf(s->out, "\\x%02x", c);
        else
            fputc(c, s->out);
    }
}

void chat_screen_more(const struct chat_screen *s, struct text more, const struct talk_token *token) {
    if (s->tokens && token)
        put_token(s, token);
    else if (!s->tokens)
        put_text(s, more);
    fflush(s->out);
}

void chat_screen_end(const struct chat_screen *s) {
    fputc('\n', s->out);
    fflush(s->out);
}

void chat_screen_note(const char *format, ...) {
    va_list list;
    va_start(list, format);
    fputs("chat: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
}
