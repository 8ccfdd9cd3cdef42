/* Variants of rows, one JSON line each, and what became of each operation. See data_vary.h. */
#include "cli/data_vary.h"

#include "measure/data/vary.h"

#include <string.h>

static bool put_line(void *context, const json_t *row, struct error *err) {
    return print_json_line(context, row, err);
}

static const char *name_of(size_t op) {
    return op == VARIATIONS_MOST ? "keep" : variation_at(op)->name;
}

static void tell_reasons(const struct vary_result *r, size_t op) {
    for (size_t i = 0; i < r->n_reasons; i++)
        if (r->reasons[i].op == op)
            fprintf(stderr, "    %llu dropped: %s\n", (unsigned long long)r->reasons[i].n, r->reasons[i].why);
}

static void tell(const struct vary_result *r) {
    fprintf(stderr, "%llu variants of %llu rows; %llu dropped", (unsigned long long)r->rows,
            (unsigned long long)r->read, (unsigned long long)r->dropped);
    if (r->asked) fprintf(stderr, "; %llu texts of teacher and judge", (unsigned long long)r->asked);
    if (r->bad) fprintf(stderr, "; %llu bad rows left out", (unsigned long long)r->bad);
    fputc('\n', stderr);
    for (size_t i = 0; i <= VARIATIONS_MOST; i++) {
        const struct vary_count *c = &r->of[i];
        if (!c->made && !c->unchanged) continue;
        fprintf(stderr, "  %-20s %6llu made, %5.1f %% dropped", name_of(i), (unsigned long long)c->made,
                c->made ? 100.0 * (double)c->dropped / (double)c->made : 0);
        if (c->unchanged) fprintf(stderr, ", %llu times nothing to change", (unsigned long long)c->unchanged);
        fputc('\n', stderr);
        tell_reasons(r, i);
    }
}

static bool open_subject(struct arguments *args, const char *flag, struct subject **out, struct error *err) {
    struct subject_settings settings;
    const char *spec = args_text(args, flag, NULL);
    common_subject_settings(args, &settings);
    return !spec || (*out = subject_open(text_of(spec), &settings, err));
}

/* A model that writes a text has no say in whether it is a good one. */
static bool check_judge(struct arguments *args, struct error *err) {
    const char *teacher = args_text(args, "teacher", NULL), *judge = args_text(args, "judge", NULL);
    return !teacher || !judge || strcmp(teacher, judge) != 0 ||
           error_set(err, ERROR_USAGE, "--judge: another subject than --teacher is needed");
}

static bool choose_select(struct arguments *args, bool *each, struct error *err) {
    const char *select = args_text(args, "select", "draw");
    *each = strcmp(select, "each") == 0;
    return *each || strcmp(select, "draw") == 0 ||
           error_set(err, ERROR_USAGE, "--select: of data vary: draw or each, not '%s'", select);
}

bool data_vary(struct arguments *args, struct error *err) {
    const char **kinds;
    struct vary_result result;
    struct vary_settings s = {.files = args->words + 1,
                              .n_files = args->n_words - 1,
                              .seed = args_count(args, "seed", 1),
                              .samples = args_count(args, "samples", 0),
                              .lenient = args_on(args, "lenient"),
                              .max_tokens = args_count(args, "max-tokens", 0),
                              .sink = put_line,
                              .context = args->out};
    if (args->n_words < 2)
        return error_set(err, ERROR_USAGE,
                         "expected `basanite data vary FILE...`; `basanite methods variation` lists what is done");
    if (args_text(args, "samples", NULL) && s.samples == 0)
        return error_set(err, ERROR_USAGE, "--samples (-n): expected at least 1");
    if (!choose_select(args, &s.each, err) || !check_judge(args, err)) return false;
    s.n_kinds = args_texts(args, "kind", &kinds);
    s.kinds = kinds;
    bool ok = open_subject(args, "teacher", &s.teacher, err) && open_subject(args, "judge", &s.judge, err) &&
              vary_rows(&s, &result, err);
    subject_close(s.teacher);
    subject_close(s.judge);
    if (!ok) return false;
    if (!args_on(args, "quiet")) tell(&result);
    return result.rows > 0 || error_set(err, ERROR_DATA, "no row gave a variant");
}
