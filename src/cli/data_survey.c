/* Drops, tests and effect sizes of a survey, or shares of counts, as a table. See data_survey.h. */
#include "cli/data_survey.h"

#include "cli/score_answers.h"
#include "measure/data/survey_counts.h"

/* Files of counts, each for itself; one of answers among them is a mistake. */
static bool counted(struct arguments *args, double confidence, struct error *err) {
    struct survey_result result = {0};
    for (size_t i = 1; i < args->n_words; i++) {
        bool is;
        if (!survey_counts_is(args->words[i], &is, err)) return false;
        if (!is)
            return error_set(err, ERROR_USAGE, "%s: answers of people stand alone, not beside counts", args->words[i]);
        if (!survey_counts_read(args->words[i], confidence, args->arena, &result, err)) return false;
    }
    return print_figures(args, args->out, result.figures, result.n_figures, json_object(), err);
}

bool data_survey(struct arguments *args, struct error *err) {
    struct survey survey;
    struct survey_result result;
    struct survey_settings settings = {.error = args_text(args, "only", NULL),
                                       .confidence = args_real(args, "confidence", 0.95),
                                       .bootstrap = args_count(args, "bootstrap", 1000),
                                       .seed = args_count(args, "seed", 1)};
    bool counts = false;
    if (args->n_words < 2)
        return error_set(err, ERROR_USAGE, "expected `basanite data survey FILE.csv... [--only ERROR]`");
    if (!(settings.confidence > 0 && settings.confidence < 1))
        return error_set(err, ERROR_USAGE, "--confidence: expected a number between 0 and 1");
    if (!survey_counts_is(args->words[1], &counts, err)) return false;
    if (counts) return counted(args, settings.confidence, err);
    if (args->n_words != 2)
        return error_set(err, ERROR_USAGE, "expected one file of answers: `basanite data survey FILE.csv`");
    if (!survey_read(args->words[1], args->arena, &survey, err) ||
        !survey_analyse(&survey, &settings, args->arena, &result, err))
        return false;
    if (!args_on(args, "quiet"))
        fprintf(stderr, "%zu respondents; left out: %zu failed a check, %zu gave one rating throughout\n", result.kept,
                result.failed, result.straight);
    json_t *rest = json_pack("{s:I s:I s:I}", "respondents", (json_int_t)result.kept, "failed_check",
                             (json_int_t)result.failed, "straight", (json_int_t)result.straight);
    return print_figures(args, args->out, result.figures, result.n_figures, rest, err);
}
