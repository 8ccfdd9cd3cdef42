/* basanite score: log-probabilities of given continuations; dumps; any scorer over recorded answers. */
#include "cli/commands.h"
#include "cli/score_answers.h"
#include "cli/score_aqi.h"
#include "cli/score_look.h"

static const char *const flags[] = {SUBJECT_FLAGS, "system", "top", "hidden", "pool", "scorer", "limit", "judge",
                                    "record", "before", "group", "confidence", "bootstrap", "seed", "lenient", "json",
                                    "out", "config", "quiet", NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_score = {
    .name = "score",
    .synopsis = "FILE.jsonl|run:NAME... [--top K | --hidden LAYERS [--pool NAME] | --scorer SPEC [--before FILE] "
                "[--judge SPEC]]",
    .summary = "log-probabilities of given continuations (rows {\"prompt\", \"choices\"}), likeliest tokens, hidden "
               "states; or any "
               "scorer over recorded answers",
    .example = "basanite score asks.jsonl --subject model.gguf --out scores.jsonl",
    .flags = flags,
    .run = run,
    .shares = SHARES_ASKS,
};

struct printer {
    const struct subject *subject;
    FILE *out;
};

static bool print_scores(void *context, const struct ask_row *row, const struct answer *answers, size_t n,
                         struct error *err) {
    struct printer *p = context;
    (void)n;
    json_t *scores = ask_scores_json(p->subject, row, &answers[0], err);
    bool ok = scores && print_json_line(p->out, scores, err);
    json_decref(scores);
    return ok;
}

static bool score(struct arguments *args, struct subject *subject, struct error *err) {
    struct ask_defaults defaults = {.kind = ASK_SCORE, .system = text_of(args_text(args, "system", "")), .samples = 1,
                                    .limit = args_count(args, "limit", 0)};
    struct printer printer = {subject, args->out};
    uint64_t answers = 0, failed = 0;
    if (!subject_require(subject, SUBJECT_SCORES, "score", err)) return false;
    for (size_t i = 0; i < args->n_words; i++) {
        struct ask_groups_counts counts = {0};
        struct ask_file *file = ask_file_open(args->words[i], &defaults, err);
        bool ok = file && ask_groups(subject, common_next_row, file, print_scores, &printer, &counts, err);
        ask_file_close(file);
        if (!ok) return false;
        answers += counts.answers;
        failed += counts.failed;
    }
    if (failed && !args_on(args, "quiet"))
        fprintf(stderr, "%llu of %llu rows failed; they carry \"error\"\n", (unsigned long long)failed,
                (unsigned long long)answers);
    return !answers || failed < answers || error_set(err, ERROR_ENVIRONMENT, "every row failed");
}

static bool run(struct arguments *args, struct error *err) {
    if (!common_words(args, &command_score, 1, 1000, err)) return false;
    if (score_asks_aqi(args)) return score_aqi(args, err);
    if (score_asks_answers(args)) return score_answers(args, err);
    struct subject *subject = common_subject(args, err);
    bool ok = subject && (score_asks_look(args) ? score_look(args, subject, err) : score(args, subject, err));
    subject_close(subject);
    return ok;
}
