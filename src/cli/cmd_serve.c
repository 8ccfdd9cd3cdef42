/* basanite serve: a model behind OpenAI's routes, for other programs on this machine. */
#include "cli/commands.h"

#include "serve/serve.h"

#include <string.h>

static const char *const flags[] = {
    "api",  "subject", "template", "compute", "keep-special", "quotes", "threads", "batch", "no-prefix-sharing",
    "port", "queue",   "timeout",  "grace",   "key-env",      "config",  "quiet", NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_serve = {
    .name = "serve",
    .synopsis = "--api [--port N] [--subject SPEC]",
    .summary = "a model behind OpenAI's routes, on this machine alone",
    .example = "basanite serve --api --port 8080",
    .flags = flags,
    .run = run,
};

struct told {
    const struct arguments *args;
    const struct subject *subject;
};

/* The URL is all that stands on stdout, for scripts. */
static bool tell(void *context, const char *url, struct error *err) {
    const struct told *t = context;
    struct buffer b;
    buffer_init(&b, 1 << 10);
    buffer_printf(&b, "%s\n", url);
    bool ok = print_buffer(t->args->out, &b, err);
    buffer_done(&b);
    if (ok && !args_on(t->args, "quiet"))
        fprintf(stderr, "serving '%s'; Ctrl-C ends, after the answers under way\n", t->subject->name);
    return ok;
}

static bool read_settings(const struct arguments *args, struct serve_settings *s, struct error *err) {
    const char *variable = args_text(args, "key-env", NULL);
    uint64_t port = args_count(args, "port", 8080), queue = args_count(args, "queue", 256);
    if (!args_on(args, "api"))
        return error_set(err, ERROR_USAGE, "say what to serve: --api (OpenAI's routes) is all there is so far");
    if (port > 65535)
        return error_set(err, ERROR_USAGE, "--port: expected 0 to 65535, found %llu", (unsigned long long)port);
    if (queue < 1 || queue > 4096)
        return error_set(err, ERROR_USAGE, "--queue: expected 1 to 4096, found %llu", (unsigned long long)queue);
    *s = (struct serve_settings){.port = (unsigned)port,
                                 .queue = (size_t)queue,
                                 .patience = args_real(args, "timeout", 0),
                                 .grace = args_real(args, "grace", -1),
                                 .stop = args->stop,
                                 .ready = tell};
    return !variable || (s->key = serve_key(variable, err)) != NULL;
}

static bool run(struct arguments *args, struct error *err) {
    struct serve_settings settings;
    struct told told = {.args = args};
    if (!common_words(args, &command_serve, 0, 0, err) || !read_settings(args, &settings, err)) return false;
    struct subject *subject = common_subject(args, err);
    told.subject = subject;
    settings.context = &told;
    bool ok = subject && serve_run(subject, &settings, err);
    subject_close(subject);
    return ok;
}
