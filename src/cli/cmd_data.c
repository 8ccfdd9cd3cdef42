/* basanite data: data for training, from what was answered, or from what a subject answers when it is asked. */
#include "cli/commands.h"
#include "cli/csv_rows.h"
#include "cli/data_audit.h"
#include "cli/data_corrupt.h"
#include "cli/data_effect.h"
#include "cli/data_lint.h"
#include "cli/data_survey.h"
#include "cli/data_vary.h"
#include "cli/verbs.h"

#include "base/file.h"
#include "measure/data/make.h"
#include "measure/data/pairs.h"

#include <math.h>
#include <string.h>

static const char *const flags[] = {
    SUBJECT_FLAGS, "by",      "select", "format",     "samples",   "temperature", "max-tokens", "from",
    "teacher",     "count",   "seed",   "confidence", "bootstrap", "lenient",     "where",      "only",
    "explain",     "json",    "out",    "config",     "quiet",     EFFECT_FLAGS,  "schema",     "real",
    "weights",     "anchors", "cached", "make",       "judge",     CORRUPT_FLAGS, NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_data = {
    .name = "data",
    .synopsis = "pairs FILE... --by SPEC [--where TEMPLATE] [--select POLICY] [--format NAME] [--subject SPEC [-n N]] "
                "| make GENERATOR [--from FILE...] [--teacher SPEC] [--count N] [--format jsonl|csv] "
                "| vary FILE... [--kind LIST] [-n N] [--select each] [--teacher SPEC] [--judge SPEC] "
                "| lint FILE|SUITE... [--only RULES] "
                "[--explain fixed=X,bad=Y,nonresp=Z] | survey FILE [--only ERROR] "
                "| effect TABLE... --treatment T --outcome Y --estimator SPEC [--covariates LIST] [--graph G] "
                "| identify GRAPH [--treatment T --outcome Y] [--advise] "
                "| audit --schema S --real FILE CANDIDATE... [--anchors] [--weights SPEC] "
                "| audit --cached AUDIT.json [--weights SPEC] "
                "| corrupt IN OUT --kind SPEC",
    .summary = "training data from groups of answers: preference pairs, labelled answers, conversations to imitate; "
               "test cases from rows of your own, variants of them whose truth is checked; what is wrong with data; "
               "ratings of trust; effects of treatments, and when graphs tell them; how far synthetic tables may be "
               "trusted; pictures and sounds made worse",
    .example = "basanite data pairs scored.jsonl --by level --select all --out pairs.jsonl",
    .flags = flags,
    .run = run,
};

static bool put_line(void *context, const json_t *row, struct error *err) {
    return print_json_line(context, row, err);
}

/* The place of a word among n; an error that names them all. */
static bool one_of(const char *flag, const char *word, const char *const *names, int *out, struct error *err) {
    size_t n = 0;
    for (*out = 0; names[*out]; ++*out)
        if (strcmp(word, names[*out]) == 0) return true;
    while (names[n]) n++;
    const char *near = text_nearest(text_of(word), names, n);
    return error_set(err, ERROR_USAGE, "--%s: no '%s'%s%s%s; expected %s, %s%s%s%s%s", flag, word,
                     near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "", names[0], names[1],
                     n > 2 ? ", " : "", n > 2 ? names[2] : "", n > 3 ? ", " : "", n > 3 ? names[3] : "");
}

static void tell(const struct arguments *args, const struct pairs_result *r) {
    if (args_on(args, "quiet")) return;
    fprintf(stderr, "%llu rows from %llu of %llu groups", (unsigned long long)r->rows, (unsigned long long)r->used,
            (unsigned long long)r->groups);
    if (r->groups) fprintf(stderr, " (%.1f %%)", 100 * (double)r->used / (double)r->groups);
    if (r->asked) fprintf(stderr, "; %llu answers asked", (unsigned long long)r->asked);
    if (r->valid) fprintf(stderr, "; %llu valid pairs", (unsigned long long)r->valid);
    if (r->too_few) fprintf(stderr, "; %llu with fewer than two answers to compare", (unsigned long long)r->too_few);
    if (r->equal) fprintf(stderr, "; %llu without a better answer", (unsigned long long)r->equal);
    if (r->left) fprintf(stderr, "; %llu rows left out by --where", (unsigned long long)r->left);
    if (r->bad) fprintf(stderr, "; %llu bad rows left out", (unsigned long long)r->bad);
    fputc('\n', stderr);
}

static bool pairs(struct arguments *args, struct error *err) {
    int policy, format;
    struct pairs_result result;
    const char *by = args_text(args, "by", NULL);
    if (!by) return error_set(err, ERROR_USAGE, "data pairs: expected --by SPEC; `basanite methods pairs` lists them");
    if (args->n_words < 2) return error_set(err, ERROR_USAGE, "expected `basanite data pairs FILE... --by SPEC`");
    if (!one_of("select", args_text(args, "select", "top-winner"), pair_policies, &policy, err) ||
        !one_of("format", args_text(args, "format", "preference"), pair_formats, &format, err))
        return false;
    struct pairs_settings s = {.by = by,
                               .path = common_path(args, err),
                               .where = args_text(args, "where", NULL),
                               .policy = (enum pair_policy)policy,
                               .format = (enum pair_format)format,
                               .seed = args_count(args, "seed", 1),
                               .lenient = args_on(args, "lenient"),
                               .samples = args_count(args, "samples", 0),
                               .max_tokens = args_count(args, "max-tokens", 0),
                               .temperature = args_real(args, "temperature", NAN),
                               .sink = put_line,
                               .context = args->out};
    if (!s.path || (args_text(args, "subject", NULL) && !(s.subject = common_subject(args, err)))) return false;
    bool ok = pairs_make(args->words + 1, args->n_words - 1, &s, &result, err);
    subject_close(s.subject);
    if (!ok) return false;
    tell(args, &result);
    return result.rows > 0 || error_set(err, ERROR_DATA, "no group gave a row");
}

/* ---- make ---- */

static void tell_made(const struct arguments *args, const struct make_result *r) {
    if (args_on(args, "quiet")) return;
    if (r->read)
        fprintf(stderr, "%llu rows from %llu of %llu", (unsigned long long)r->rows, (unsigned long long)r->used,
                (unsigned long long)r->read);
    else
        fprintf(stderr, "%llu rows in %llu cases", (unsigned long long)r->rows, (unsigned long long)r->used);
    if (r->repeated) fprintf(stderr, "; %llu were there before", (unsigned long long)r->repeated);
    if (r->asked) fprintf(stderr, "; %llu texts of the teacher", (unsigned long long)r->asked);
    if (r->few_choices)
        fprintf(stderr, "; %llu with fewer than three wrong answers", (unsigned long long)r->few_choices);
    if (r->no_document)
        fprintf(stderr, "; %llu without documents that tell one answer each", (unsigned long long)r->no_document);
    if (r->bad) fprintf(stderr, "; %llu bad rows left out", (unsigned long long)r->bad);
    fputc('\n', stderr);
}

static bool make(struct arguments *args, struct error *err) {
    const char **from, *teacher = args_text(args, "teacher", NULL);
    struct make_result result;
    struct subject_settings subject_settings;
    size_t n = args_texts(args, "from", &from);
    if (args->n_words != 2)
        return error_set(
            err, ERROR_USAGE,
            "expected `basanite data make GENERATOR --from FILE...`; `basanite methods generator` lists them");
    struct make_settings s = {.generator = args->words[1],
                              .path = common_path(args, err),
                              .from = (const char *const *)from,
                              .n_from = n,
                              .seed = args_count(args, "seed", 1),
                              .count = args_count(args, "count", 0),
                              .lenient = args_on(args, "lenient"),
                              .max_tokens = args_count(args, "max-tokens", 0),
                              .sink = put_line,
                              .context = args->out};
    static const char *const formats[] = {"jsonl", "csv", NULL};
    struct csv_rows csv = {.out = args->out};
    int format;
    if (args_text(args, "count", NULL) && s.count == 0)
        return error_set(err, ERROR_USAGE, "--count: expected at least 1");
    bool named_csv = text_ends(text_of(args_text(args, "out", "")), TEXT(".csv"));
    if (!one_of("format", args_text(args, "format", named_csv ? "csv" : "jsonl"), formats, &format, err)) return false;
    if (format) s.sink = csv_rows_put, s.context = &csv;
    common_subject_settings(args, &subject_settings);
    if (!s.path || (teacher && !(s.teacher = subject_open(text_of(teacher), &subject_settings, err)))) return false;
    bool ok = make_rows(&s, &result, err);
    csv_rows_done(&csv);
    subject_close(s.teacher);
    if (!ok) return false;
    tell_made(args, &result);
    return result.rows > 0 || error_set(err, ERROR_DATA, "no row gave a case");
}

static bool run(struct arguments *args, struct error *err) {
    static const struct verb verbs[] = {
        {"pairs", pairs},      {"make", make},          {"vary", data_vary},     {"corrupt", data_corrupt},
        {"lint", data_lint},   {"survey", data_survey}, {"effect", data_effect}, {"identify", data_identify},
        {"audit", data_audit},
    };
    return verbs_run(args, verbs, sizeof verbs / sizeof *verbs, err);
}
