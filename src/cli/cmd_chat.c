/* basanite chat: a conversation in the terminal, or with lines from a pipe. Each line is a message; a line that begins
 * with a slash is a command. Ctrl-C stops an answer, not the program. When the context is full the oldest turn is left
 * out. */
#include "cli/chat_lines.h"
#include "cli/chat_screen.h"
#include "cli/commands.h"
#include "cli/common_steer.h"

#include "subject/subject_look.h"

#include <signal.h>
#include <string.h>

static const char *const flags[] = {SUBJECT_FLAGS, STEER_FLAGS, "system", "max-tokens", "temperature", "top-p", "top-k",
                                    "seed",        "show",   "config",     "quiet",       NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_chat = {
    .name = "chat",
    .synopsis = "[--system TEXT] [--show tokens]",
    .summary = "talk to a subject, in the terminal or through a pipe",
    .example = "basanite chat --subject model.gguf --show tokens",
    .flags = flags,
    .run = run,
};

struct chat {
    struct talk *talk;
    struct ask_defaults defaults;
    struct chat_lines lines;
    struct chat_screen screen;
    struct interrupt *stop;
    struct message *messages; /* texts are owned; the system's first, where there is one */
    size_t n, capacity;
    bool quiet, quits;
    bool shown; /* something of the answer under way */
};

/* ---- messages ---- */

static bool has_system(const struct chat *c) {
    return c->n && text_equal_c(c->messages[0].role, "system");
}

static bool insert(struct chat *c, size_t at, const char *role, struct text said, struct error *err) {
    if (c->n == c->capacity) {
        size_t capacity = c->capacity ? c->capacity * 2 : 16;
        struct message *messages = memory_grow(c->messages, capacity, sizeof *messages);
        if (!messages) return error_memory(err, "conversation");
        c->messages = messages;
        c->capacity = capacity;
    }
    char *copy = memory_alloc(said.len + 1);
    if (!copy) return error_memory(err, "conversation");
    if (said.len) memcpy(copy, said.at, said.len);
    copy[said.len] = 0;
    memmove(c->messages + at + 1, c->messages + at, (c->n++ - at) * sizeof *c->messages);
    c->messages[at] = (struct message){text_of(role), {copy, said.len}};
    return true;
}

static void leave_out(struct chat *c, size_t at, size_t n) {
    if (!n) return;
    for (size_t i = at; i < at + n; i++) memory_free((char *)c->messages[i].text.at);
    memmove(c->messages + at, c->messages + at + n, (c->n - at - n) * sizeof *c->messages);
    c->n -= n;
}

static bool set_system(struct chat *c, struct text said, struct error *err) {
    if (has_system(c)) leave_out(c, 0, 1);
    return !said.len || insert(c, 0, "system", said, err);
}

/* ---- a turn ---- */

static struct ask ask_of(const struct chat *c) {
    const struct ask_defaults *d = &c->defaults;
    return (struct ask){.id = TEXT("chat"),
                        .kind = ASK_GENERATE,
                        .messages = c->messages,
                        .n_messages = c->n,
                        .samples = 1,
                        .max_tokens = d->max_tokens,
                        .temperature = d->temperature,
                        .top_p = d->top_p,
                        .top_k = d->top_k,
                        .seed = d->seed};
}

/* Leaves the oldest turns out until prompt and answer have room: max_tokens, or a quarter of the context where that is
 * less. */
static bool make_room(struct chat *c, struct error *err) {
    for (size_t dropped = 0;; dropped++) {
        struct ask ask = ask_of(c);
        size_t tokens, context, first = has_system(c);
        if (!talk_measure(c->talk, &ask, &tokens, &context, err)) return false;
        size_t wanted = c->defaults.max_tokens < context / 4 ? c->defaults.max_tokens : context / 4;
        bool fits = !context || tokens + wanted <= context, alone = c->n - first < 3;
        if (alone && context && tokens >= context)
            return error_set(err, ERROR_DATA,
                             "the message is not sent: with it the prompt has %zu tokens, the context %zu", tokens,
                             context);
        if (fits || alone) {
            if (dropped && !c->quiet)
                chat_screen_note("the context of %zu tokens is full: the oldest %zu turn%s left out", context, dropped,
                                 dropped == 1 ? " is" : "s are");
            return true;
        }
        leave_out(c, first, 2);
    }
}

static bool show(void *context, struct text more, const struct talk_token *token) {
    struct chat *c = context;
    c->shown |= more.len > 0;
    chat_screen_more(&c->screen, more, token);
    return !interrupted(c->stop);
}

static bool answer(struct chat *c, struct error *err) {
    struct ask ask = ask_of(c);
    struct talk_reply reply;
    c->shown = false;
    if (!talk_turn(c->talk, &ask, show, c, &reply, err)) return false;
    chat_screen_end(&c->screen);
    if (reply.stopped)
        chat_screen_note("stopped");
    else if (reply.finish == ANSWER_LENGTH && !c->quiet)
        chat_screen_note("the answer is cut at %zu tokens (--max-tokens, or the context is full)", reply.tokens_out);
    if (c->stop) c->stop->asked = 0;
    return insert(c, c->n, "assistant", reply.text, err);
}

static bool say(struct chat *c, struct text said, struct error *err) {
    if (!insert(c, c->n, "user", said, err)) return false;
    if (make_room(c, err) && answer(c, err)) return true;
    leave_out(c, c->n - 1, 1); /* a message without an answer is as if it had not been said */
    if (err->kind != ERROR_INTERRUPTED) {
        if (c->shown) chat_screen_end(&c->screen);
        return false;
    }
    if (c->stop) c->stop->asked = 0;
    chat_screen_end(&c->screen);
    chat_screen_note("stopped before an answer; the message is forgotten");
    return true;
}

/* ---- commands ---- */

static bool do_clear(struct chat *c, struct text rest, struct error *err) {
    size_t first = has_system(c);
    if (rest.len) return error_set(err, ERROR_USAGE, "/clear takes nothing");
    leave_out(c, first, c->n - first);
    if (!c->quiet) chat_screen_note("cleared%s", first ? "; the system message stays" : "");
    return true;
}

static bool do_system(struct chat *c, struct text rest, struct error *err) {
    if (!set_system(c, rest, err)) return false;
    if (!c->quiet) chat_screen_note(rest.len ? "the system message is set" : "there is no system message now");
    return true;
}

static bool do_save(struct chat *c, struct text rest, struct error *err) {
    struct buffer b;
    char path[4096];
    if (!rest.len || rest.len >= sizeof path)
        return error_set(err, ERROR_USAGE, "/save needs a file: /save talk.jsonl");
    memcpy(path, rest.at, rest.len);
    path[rest.len] = 0;
    buffer_init(&b, (size_t)1 << 30);
    buffer_put_c(&b, "{\"messages\":[");
    for (size_t i = 0; i < c->n; i++) {
        buffer_put_c(&b, i ? ",{\"role\":" : "{\"role\":");
        json_put_string(&b, c->messages[i].role);
        buffer_put_c(&b, ",\"content\":");
        json_put_string(&b, c->messages[i].text);
        buffer_put_char(&b, '}');
    }
    buffer_put_c(&b, "]}\n");
    bool ok = buffer_check(&b, "conversation", err) && file_write(path, buffer_text(&b), err);
    buffer_done(&b);
    if (ok && !c->quiet) chat_screen_note("%zu messages are in '%s'", c->n, path);
    return ok;
}

static bool do_quit(struct chat *c, struct text rest, struct error *err) {
    (void)rest, (void)err;
    c->quits = true;
    return true;
}

static bool do_help(struct chat *c, struct text rest, struct error *err);
static const struct {
    const char *name, *what;
    bool (*run)(struct chat *c, struct text rest, struct error *err);
} commands[] = {
    {"/clear", "/clear          forgets the conversation; the system message stays", do_clear},
    {"/system", "/system TEXT    sets the system message; without TEXT there is none", do_system},
    {"/save", "/save FILE      writes the conversation as JSONL {\"messages\"}", do_save},
    {"/help", "/help           this list", do_help},
    {"/quit", "/quit           ends, as the end of input does (Ctrl-D)", do_quit},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static bool do_help(struct chat *c, struct text rest, struct error *err) {
    (void)c, (void)rest, (void)err;
    for (size_t i = 0; i < COMMANDS; i++) fprintf(stderr, "  %s\n", commands[i].what);
    fputs("  //...           a message that begins with a slash\n  Ctrl-C          stops the answer that is coming\n",
          stderr);
    return true;
}

static bool do_command(struct chat *c, struct text line, struct error *err) {
    size_t blank = text_find(line, TEXT(" "), 0), n = blank == SIZE_MAX ? line.len : blank;
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++) {
        names[i] = commands[i].name;
        if (text_equal_c(text_part(line, 0, n), names[i]))
            return commands[i].run(c, text_trim(text_part(line, n, line.len)), err);
    }
    const char *near = text_nearest(text_part(line, 0, n), names, COMMANDS);
    return error_set(err, ERROR_USAGE, "no command '%.*s'%s%s%s; /help lists them, // begins a message with a slash",
                     TEXT_ARG(text_part(line, 0, n)), near ? "; did you mean '" : "", near ? near : "",
                     near ? "'?" : "");
}

/* ---- the conversation ---- */

static bool do_line(struct chat *c, struct text line, struct error *err) {
    struct text said = text_trim(line);
    if (!said.len) return true;
    if (text_starts(said, TEXT("//"))) return say(c, text_part(said, 1, said.len), err);
    return said.at[0] == '/' ? do_command(c, said, err) : say(c, said, err);
}

/* On a terminal an error is told and the conversation goes on; a script's ends with it. */
static bool survive(struct chat *c, struct error *err) {
    if (!c->screen.terminal) return false;
    if (err->kind == ERROR_INTERRUPTED) {
        chat_screen_end(&c->screen);
        chat_screen_note("/quit or Ctrl-D ends");
    } else {
        chat_screen_note("%s", err->message);
    }
    if (c->stop) c->stop->asked = 0;
    error_clear(err);
    return true;
}

static bool converse(struct chat *c, struct error *err) {
    while (!c->quits) {
        struct text line;
        chat_screen_prompt(&c->screen);
        int state = chat_lines_next(&c->lines, &line, err);
        if (state == 0) break;
        if ((state < 0 || !do_line(c, line, err)) && !survive(c, err)) return false;
    }
    if (c->screen.terminal && !c->quits) chat_screen_end(&c->screen);
    return true;
}

static bool setup(struct chat *c, const struct arguments *args, struct subject *subject, struct error *err) {
    const char *shown = args_text(args, "show", NULL);
    if (shown && strcmp(shown, "tokens") != 0)
        return error_set(err, ERROR_USAGE, "--show: expected tokens, found '%s'", shown);
    if (shown && !subject_look_require(subject, "--show tokens", err)) return false;
    if (!subject_require(subject, SUBJECT_GENERATES, "chat", err) ||
        !common_ask_defaults(args, subject, &c->defaults, err))
        return false;
    c->quiet = args_on(args, "quiet");
    c->stop = args->stop;
    chat_screen_init(&c->screen, args->out, shown != NULL);
    if (!(subject->capabilities & SUBJECT_CHATS) && !c->quiet)
        chat_screen_note("%s", subject->lacks[0] ? subject->lacks : "the subject has no chat template");
    return (c->talk = talk_new(subject, err)) && set_system(c, c->defaults.system, err);
}

static bool run(struct arguments *args, struct error *err) {
    struct chat *c = arena_new(args->arena, struct chat, 1, err);
    if (!c || !common_words(args, &command_chat, 0, 0, err)) return false;
    signal(SIGTERM, SIG_DFL); /* Ctrl-C stops an answer; this ends the program */
    struct subject *subject = common_subject(args, err);
    chat_lines_init(&c->lines);
    bool ok = subject && setup(c, args, subject, err) && converse(c, err);
    leave_out(c, 0, c->n);
    memory_free(c->messages);
    chat_lines_done(&c->lines);
    talk_free(c->talk);
    subject_close(subject);
    return ok;
}
