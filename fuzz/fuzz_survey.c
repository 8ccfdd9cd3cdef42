/* Any bytes as a survey of trust, as ratings of people or as counts of them: the first byte chooses the ending of the
 * file. What is read can be analysed or is refused for a reason; a share lies in its interval, and that in 0..1. */
#include "measure/data/survey_counts.h"
#include "memory_file.h"

#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static void check_refusal(const struct error *err) {
    if (err->kind != ERROR_DATA || !err->message[0]) abort();
}

static void check_figures(const struct survey_result *r) {
    for (size_t i = 0; i < r->n_figures; i++) {
        const struct figure *f = &r->figures[i];
        if (!f->name || !f->group || !f->unit || isinf(f->value)) abort();
        if (strcmp(f->method, "wilson") == 0 && !(f->lo >= 0 && f->lo <= f->value && f->value <= f->hi && f->hi <= 1))
            abort();
    }
}

static void analyse(const char *path, struct arena *arena) {
    const struct survey_settings settings = {.confidence = 0.95, .bootstrap = 20, .seed = 1};
    struct survey_result r = {0};
    struct survey s;
    struct error err = {0};
    if (!survey_read(path, arena, &s, &err) || !survey_analyse(&s, &settings, arena, &r, &err)) {
        check_refusal(&err);
        return;
    }
    if (r.kept + r.failed + r.straight != s.respondents) abort();
    check_figures(&r);
}

static void count(const char *path, struct arena *arena) {
    struct survey_result r = {0};
    struct error err = {0};
    if (survey_counts_read(path, 0.95, arena, &r, &err))
        check_figures(&r);
    else
        check_refusal(&err);
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    static const char *const endings[] = {"csv", "tsv", "jsonl", "json"};
    struct error err = {0};
    struct arena arena;
    bool counts;
    if (n < 1 || n > 1 << 14) return 0;
    struct memory_file file = memory_file_open_as(at + 1, n - 1, endings[at[0] % 4]);
    arena_init(&arena, (size_t)256 << 20);
    if (!survey_counts_is(file.link, &counts, &err))
        check_refusal(&err);
    else if (counts)
        count(file.link, &arena);
    else
        analyse(file.link, &arena);
    arena_done(&arena);
    memory_file_close(&file);
    return 0;
}
