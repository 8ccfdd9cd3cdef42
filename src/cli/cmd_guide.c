/* basanite guide: libraries of guidelines. */
#include "cli/commands.h"

#include "base/file.h"
#include "set/guide_build.h"
#include "set/guide_find.h"

#include <string.h>

static const char *const flags[] = {"k", "spread", "tau", "compat", "threads", "json", "out", "config", "quiet", NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_guide = {
    .name = "guide",
    .synopsis = "build RAW... --out LIB [--tau F] | find LIB TEXT [--k N] [--spread R]",
    .summary = "libraries of guidelines: what teachers, moral graphs and policies advise, each piece once and signed, "
               "and which of it is for an input",
    .example = "basanite guide build raw.jsonl --out house.guide.jsonl",
    .flags = flags,
    .run = run,
};

/* ---- build ---- */

static void tell(const struct arguments *args, const struct guide_built *b) {
    if (args_on(args, "quiet")) return;
    for (size_t i = 0; i < b->n_merges; i++)
        fprintf(stderr, "%llu: \"%s\" is \"%s\" (%.3f)\n", (unsigned long long)b->merge[i].gid, b->merge[i].text,
                b->merge[i].stands, b->merge[i].ratio);
    fprintf(stderr, "%llu rows, %llu of them without a guideline\n", (unsigned long long)b->rows,
            (unsigned long long)b->no_guideline);
    fprintf(stderr, "%llu guidelines read = %llu known + %llu the same + %llu nearly the same + %llu added\n",
            (unsigned long long)b->read, (unsigned long long)b->known, (unsigned long long)b->same,
            (unsigned long long)b->near, (unsigned long long)b->added);
    if (b->joined)
        fprintf(stderr, "%llu guidelines of the library came to stand for one another\n",
                (unsigned long long)b->joined);
    fprintf(stderr, "the library has %zu\n", b->library.n);
}

static bool put_library(struct arguments *args, const struct guide_library *library, struct error *err) {
    struct buffer b;
    buffer_init(&b, (size_t)1 << 30);
    bool ok = guide_put(&b, library, err) && print_buffer(args->out, &b, err);
    buffer_done(&b);
    return ok;
}

static bool build(struct arguments *args, struct error *err) {
    const char *out = args_text(args, "out", NULL);
    struct guide_build_settings settings = {.tau = args_real(args, "tau", 0.9), .compat = args_on(args, "compat")};
    struct guide_library old = {0};
    struct guide_built built;
    if (args->n_words < 2) return error_set(err, ERROR_USAGE, "expected `basanite guide build RAW... --out LIB`");
    if (!(settings.tau > 0 && settings.tau <= 1))
        return error_set(err, ERROR_USAGE, "--tau: expected a number above 0, at most 1");
    if (out && strcmp(out, "-") != 0 && file_exists(out) && !guide_read(out, args->arena, &old, err)) return false;
    settings.pool = pool_new(common_threads(args), err);
    bool ok = settings.pool &&
              guide_build(&old, args->words + 1, args->n_words - 1, &settings, args->arena, &built, err) &&
              put_library(args, &built.library, err);
    pool_free(settings.pool);
    if (ok) tell(args, &built);
    return ok;
}

/* ---- find ---- */

static bool found_json(struct arguments *args, const struct guide_found *found, struct error *err) {
    json_t *list = json_array();
    for (size_t i = 0; i < found->n; i++) {
        const struct guideline *g = found->hit[i].guide;
        json_array_append_new(list, json_pack("{s:I s:o s:s s:s s:s}", "gid", (json_int_t)g->gid, "score",
                                              json_from_f64(found->hit[i].score), "title", g->title, "text", g->text,
                                              "when", g->when));
    }
    json_t *all = json_pack("{s:o s:I s:I}", "found", list, "alike", (json_int_t)found->alike, "contradicting",
                            (json_int_t)found->contradicting);
    bool ok = print_json(args->out, all, err);
    json_decref(all);
    return ok;
}

static bool find(struct arguments *args, struct error *err) {
    struct guide_find_settings settings = {
        .k = args_count(args, "k", 6), .spread = args_real(args, "spread", 0.5), .compat = args_on(args, "compat")};
    struct guide_library library;
    struct guide_found found;
    if (args->n_words != 3) return error_set(err, ERROR_USAGE, "expected `basanite guide find LIB TEXT`");
    if (!(settings.spread > 0))
        return error_set(err, ERROR_USAGE, "--spread: expected a ratio above 0; 1: all may be alike");
    if (!guide_read(args->words[1], args->arena, &library, err) ||
        !guide_find(&library, text_of(args->words[2]), &settings, args->arena, &found, err))
        return error_wrap(err, "%s", args->words[1]);
    if (args_on(args, "json")) return found_json(args, &found, err);
    for (size_t i = 0; i < found.n; i++) {
        const struct guideline *g = found.hit[i].guide;
        fprintf(args->out, "%.4f  %llu  %s%s%s\n", found.hit[i].score, (unsigned long long)g->gid, g->when,
                g->when[0] ? ": " : "", g->text);
    }
    if (!args_on(args, "quiet"))
        fprintf(stderr, "%zu of %zu; passed over: %zu nearly the same as one that was taken, %zu against one\n",
                found.n, library.n, found.alike, found.contradicting);
    return true;
}

static bool run(struct arguments *args, struct error *err) {
    static const struct {
        const char *name;
        bool (*run)(struct arguments *args, struct error *err);
    } verbs[] = {{"build", build}, {"find", find}};
    if (args->n_words == 0) return error_set(err, ERROR_USAGE, "expected a verb: build or find");
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(args->words[0], verbs[i].name) == 0) return verbs[i].run(args, err);
    return error_set(err, ERROR_USAGE, "no verb '%s'; expected build or find", args->words[0]);
}
