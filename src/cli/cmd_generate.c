/* basanite generate: answers to one prompt or to a file of prompts. */
#include "cli/commands.h"
#include "base/progress.h"
#include "cli/common_steer.h"

#include <string.h>

static const char *const flags[] = {SUBJECT_FLAGS, STEER_FLAGS, "trace",
                                    "prompt", "system", "grammar", "schema", "samples", "max-tokens",
                                    "temperature", "top-p", "top-k",
                                    "stop", "limit", "seed", "json", "out", "config", "quiet", NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_generate = {
    .name = "generate",
    .synopsis = "[PROMPTS.jsonl] [--prompt TEXT] [-n N] [--system TEXT] [--grammar FILE.gbnf | --schema FILE.json]",
    .summary = "answers to a prompt, or groups of answers to each prompt of a file",
    .example = "basanite generate --prompt \"Where does the mayor of Abbotsby live?\" --max-tokens 40",
    .flags = flags,
    .run = run,
};

struct printer {
    const struct subject *subject;
    FILE *out;
    bool plain;
};

static bool print_group(void *context, const struct ask_row *row, const struct answer *answers, size_t n,
                        struct error *err) {
    struct printer *p = context;
    if (p->plain) {
        if (answers[0].error.kind != ERROR_NONE) return *err = answers[0].error, false;
        fprintf(p->out, "%.*s\n", TEXT_ARG(answers[0].text));
        return true;
    }
    json_t *group = ask_group_json(p->subject, row, answers, n, err);
    bool ok = group && print_json_line(p->out, group, err);
    json_decref(group);
    return ok;
}

struct one_prompt {
    struct text prompt;
    const struct ask_defaults *defaults;
    bool given;
};

static int next_prompt(void *context, struct arena *arena, struct ask_row *row, struct error *err) {
    struct one_prompt *one = context;
    if (one->given) return 0;
    one->given = true;
    return ask_from_prompt(one->prompt, one->defaults, arena, row, err) ? 1 : -1;
}

static bool of_prompt(struct arguments *args, struct subject *subject, struct printer *printer,
                      const struct ask_defaults *defaults, struct ask_groups_counts *counts, struct error *err) {
    struct one_prompt one = {text_of(args_text(args, "prompt", "")), defaults, false};
    return ask_groups(subject, next_prompt, &one, print_group, printer, counts, err);
}

static bool of_file(struct arguments *args, struct subject *subject, struct printer *printer,
                    const struct ask_defaults *defaults, struct ask_groups_counts *counts, struct error *err) {
    struct ask_file *file = ask_file_open(args->words[0], defaults, err);
    bool ok = file && ask_groups(subject, common_next_row, file, print_group, printer, counts, err);
    ask_file_close(file);
    if (counts->failed && !args_on(args, "quiet"))
        fprintf(stderr, "%llu of %llu answers failed; they carry \"error\"\n", (unsigned long long)counts->failed,
                (unsigned long long)counts->answers);
    if (ok && counts->answers && counts->failed == counts->answers)
        return error_set(err, ERROR_ENVIRONMENT, "every answer failed");
    return ok;
}

static bool generate(struct arguments *args, struct subject *subject, struct error *err) {
    struct ask_defaults defaults;
    struct ask_groups_counts counts = {0};
    if (!common_ask_defaults(args, subject, &defaults, err)) return false;
    defaults.limit = args_count(args, "limit", 0);
    int needed = SUBJECT_GENERATES | (defaults.temperature > 0 ? SUBJECT_SAMPLES : 0) |
                 (defaults.form != ASK_FREE ? SUBJECT_FOLLOWS : 0);
    if (!subject_require(subject, needed, "generate", err)) return false;
    struct printer printer = {subject, args->out,
                              args->n_words == 0 && defaults.samples == 1 && !args_on(args, "json") &&
                                  !args_on(args, "trace")};
    return args->n_words == 0 ? of_prompt(args, subject, &printer, &defaults, &counts, err)
                              : of_file(args, subject, &printer, &defaults, &counts, err);
}

/* One subject, or the same under each of several steers, one after the other. */
static bool run_steered(struct arguments *args, const struct text *specs, size_t n, struct error *err) {
    struct subject_settings settings;
    common_subject_settings(args, &settings);
    for (size_t i = 0; i < n; i++) {
        double begun = clock_seconds();
        struct subject *subject = subject_open(text_of(args_text(args, "subject", "pocket")), &settings, err);
        if (subject) subject = common_steer_by(args, specs[i], subject, args_on(args, "trace"), err);
        bool ok = subject && generate(args, subject, err);
        if (ok) common_steer_told(args, subject, clock_seconds() - begun);
        subject_close(subject);
        if (!ok) return false;
    }
    return true;
}

static bool run(struct arguments *args, struct error *err) {
    struct text *specs;
    size_t n;
    if (!common_words(args, &command_generate, 0, 1, err)) return false;
    if ((args->n_words == 0) == (args_text(args, "prompt", NULL) == NULL))
        return error_set(err, ERROR_USAGE, "give either a file of prompts or --prompt");
    if (!common_steers(args, &specs, &n, err)) return false;
    if (n) return run_steered(args, specs, n, err);
    if (args_on(args, "trace")) return error_set(err, ERROR_USAGE, "--trace goes with --steer");
    struct subject *subject = common_subject(args, err);
    bool ok = subject && generate(args, subject, err);
    subject_close(subject);
    return ok;
}
