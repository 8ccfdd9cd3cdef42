/* Inputs in, what a teacher wrote out: see measure/data/guide_write.h. */
#include "cli/guide_teach.h"

#include "measure/data/guide_write.h"
#include "set/guide.h"

#include <string.h>

static size_t count_guidelines(struct text answer) {
    struct guide_line line;
    size_t n = 0;
    while (guide_next_line(&answer, &line)) n++;
    return n;
}

static void log_failed(const char *id, const char *why) {
    fprintf(stderr, "input '%s' is left out: %s\n", id, why);
}

static void tell(const struct guide_write_counts *c) {
    fprintf(stderr, "%llu inputs = %llu too short + %llu risky + %llu harmless + %llu failed; %llu were done before\n",
            (unsigned long long)c->inputs, (unsigned long long)c->too_short, (unsigned long long)c->risky,
            (unsigned long long)c->harmless, (unsigned long long)c->failed, (unsigned long long)c->known);
    fprintf(stderr, "%llu verdicts without Yes or No in their last line\n", (unsigned long long)c->unparsed);
    fprintf(stderr, "%llu guidelines; %llu answers without one\n", (unsigned long long)c->guidelines,
            (unsigned long long)c->no_guideline);
}

static bool write_with(struct arguments *args, struct subject *teacher, struct error *err) {
    struct guide_write_settings settings = {.teacher = teacher,
                                            .path = common_path(args, err),
                                            .temperature = args_real(args, "temperature", 0.7),
                                            .max_tokens = args_count(args, "max-tokens", 400),
                                            .chunk = common_chunk(args),
                                            .seed = args_count(args, "seed", 1),
                                            .limit = args_count(args, "limit", 0),
                                            .count = count_guidelines,
                                            .log = args_on(args, "quiet") ? NULL : log_failed};
    struct guide_write_counts counts;
    if (!settings.path ||
        !guide_write(args->words + 1, args->n_words - 1, args_text(args, "out", NULL), &settings, &counts, err))
        return false;
    if (!args_on(args, "quiet")) tell(&counts);
    return true;
}

bool guide_teach(struct arguments *args, struct error *err) {
    const char *spec = args_text(args, "teacher", NULL), *out = args_text(args, "out", NULL);
    struct subject_settings settings;
    if (args->n_words < 2 || !spec || !out || strcmp(out, "-") == 0)
        return error_set(err, ERROR_USAGE, "expected `basanite guide write INPUTS... --teacher SPEC --out FILE`");
    if (!(args_real(args, "temperature", 0.7) >= 0))
        return error_set(err, ERROR_USAGE, "--temperature: expected a number from 0");
    common_subject_settings(args, &settings);
    struct subject *teacher = subject_open(text_of(spec), &settings, err);
    bool ok = teacher && write_with(args, teacher, err);
    subject_close(teacher);
    return ok;
}
