/* Drops, tests and effect sizes of a survey as a table. See data_survey.h. */
#include "cli/data_survey.h"

#include "cli/score_answers.h"
#include "measure/data/survey.h"

bool data_survey(struct arguments *args, struct error *err) {
    struct survey survey;
    struct survey_result result;
    struct survey_settings settings = {.error = args_text(args, "only", NULL),
                                       .confidence = args_real(args, "confidence", 0.95),
                                       .bootstrap = args_count(args, "bootstrap", 1000),
                                       .seed = args_count(args, "seed", 1)};
    if (args->n_words != 2)
        return error_set(err, ERROR_USAGE, "expected `basanite data survey FILE.csv [--only ERROR]`");
    if (!(settings.confidence > 0 && settings.confidence < 1))
        return error_set(err, ERROR_USAGE, "--confidence: expected a number between 0 and 1");
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
