/* basanite serve: a model behind OpenAI's routes, for other programs on this machine; or the page of a record, for
 * people. */
#include "cli/commands.h"

#include "serve/page.h"
#include "serve/serve.h"

#include <string.h>

static const char *const flags[] = {
    "api",   "subject",  "template",  "compute", "keep-special", "quotes", "threads", "batch", "no-prefix-sharing",
    "port",  "queue",    "timeout",   "grace",   "key-env",      "config", "quiet",   "page",  "record",
    "cases", "policies", "trainings", NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_serve = {
    .name = "serve",
    .synopsis = "--api [--subject SPEC] | --page [--record FILE] [--cases DIR] [--trainings DIR]  [--port N]",
    .summary = "a model behind OpenAI's routes, or a record as a page in the browser; on this machine alone",
    .example = "basanite serve --api --port 8080",
    .flags = flags,
    .run = run,
};

struct told {
    const struct arguments *args;
    const char *what; /* is served */
};

/* The URL is all that stands on stdout, for scripts. */
static bool tell(void *context, const char *url, struct error *err) {
    const struct told *t = context;
    struct buffer b;
    buffer_init(&b, 1 << 10);
    buffer_printf(&b, "%s\n", url);
    bool ok = print_buffer(t->args->out, &b, err);
    buffer_done(&b);
    if (ok && !args_on(t->args, "quiet")) fprintf(stderr, "serving %s\n", t->what);
    return ok;
}

static bool read_port(const struct arguments *args, unsigned *port, struct error *err) {
    uint64_t n = args_count(args, "port", 8080);
    *port = (unsigned)n;
    return n <= 65535 || error_set(err, ERROR_USAGE, "--port: expected 0 to 65535, found %llu", (unsigned long long)n);
}

static bool read_settings(const struct arguments *args, struct serve_settings *s, struct error *err) {
    const char *variable = args_text(args, "key-env", NULL);
    uint64_t queue = args_count(args, "queue", 256);
    unsigned port;
    if (!read_port(args, &port, err)) return false;
    if (queue < 1 || queue > 4096)
        return error_set(err, ERROR_USAGE, "--queue: expected 1 to 4096, found %llu", (unsigned long long)queue);
    *s = (struct serve_settings){.port = port,
                                 .queue = (size_t)queue,
                                 .patience = args_real(args, "timeout", 0),
                                 .grace = args_real(args, "grace", -1),
                                 .stop = args->stop,
                                 .ready = tell};
    return !variable || (s->key = serve_key(variable, err)) != NULL;
}

static bool serve_api(struct arguments *args, struct error *err) {
    struct serve_settings settings;
    struct told told = {.args = args};
    if (!read_settings(args, &settings, err)) return false;
    struct subject *subject = common_subject(args, err);
    if (!subject) return false;
    told.what = arena_printf(args->arena, err, "'%s'; Ctrl-C ends, after the answers under way", subject->name);
    settings.context = &told;
    bool ok = told.what && serve_run(subject, &settings, err);
    subject_close(subject);
    return ok;
}

static bool serve_page(struct arguments *args, struct error *err) {
    struct told told = {.args = args, .what = "the page at this address, to this machine alone; Ctrl-C ends"};
    struct page_settings settings = {.record = args_text(args, "record", "basanite.db"),
                                     .cases = args_text(args, "cases", NULL),
                                     .policies = args_text(args, "policies", NULL),
                                     .trainings = args_text(args, "trainings", NULL),
                                     .patience = args_real(args, "timeout", 0),
                                     .stop = args->stop,
                                     .ready = tell,
                                     .context = &told};
    return read_port(args, &settings.port, err) && page_run(&settings, err);
}

static bool run(struct arguments *args, struct error *err) {
    bool api = args_on(args, "api"), page = args_on(args, "page");
    if (!common_words(args, &command_serve, 0, 0, err)) return false;
    if (api == page)
        return error_set(err, ERROR_USAGE,
                         "say what to serve: --api (OpenAI's routes) or --page (a record in the browser)");
    return api ? serve_api(args, err) : serve_page(args, err);
}
