/* basanite guide: libraries of guidelines. */
#include "cli/commands.h"
#include "cli/guide_model.h"
#include "cli/guide_teach.h"
#include "cli/verbs.h"

#include "base/file.h"
#include "set/guide_build.h"
#include "set/guide_find.h"

#include <string.h>

static const char *const flags[] = {SUBJECT_FLAGS, "teacher", "temperature", "max-tokens", "seed", "limit",
                                    "layer",       "near",    "k",           "spread",     "tau",  "compat",
                                    "json",        "out",     "config",      "quiet",      NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_guide = {
    .name = "guide",
    .synopsis = "write INPUTS... --teacher SPEC --out RAW | build RAW... --out LIB [--tau F] [--subject SPEC [--layer "
                "N] [--near F]] | "
                "find LIB TEXT [--k N] [--spread R] [--subject SPEC [--layer N]]",
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

/* `subject none` over a library with vectors makes it one without; nothing else changes an embedding. */
static bool may_add(const struct arguments *args, const struct guide_library *old, const char *out,
                    const struct guide_model *model, struct error *err) {
    const char *spec = args_asked(args, "subject");
    return (spec && strcmp(spec, "none") == 0) || guide_embedding_check(old, out, guide_model_name(model), err);
}

static bool build_with(struct arguments *args, const struct guide_model *model, struct guide_build_settings *settings,
                       struct error *err) {
    const char *out = args_text(args, "out", NULL);
    struct guide_library old = {0};
    struct guide_built built;
    bool file = out && strcmp(out, "-") != 0;
    if (model->embedder) {
        settings->embed = guide_embedder_embed;
        settings->context = model->embedder;
        settings->embedding = guide_embedder_name(model->embedder);
        if (!file) return error_set(err, ERROR_USAGE, "vectors stand in a file beside the library; give --out LIB");
    }
    if (file && file_exists(out) && (!guide_read(out, args->arena, &old, err) || !may_add(args, &old, out, model, err)))
        return false;
    bool ok = guide_build(&old, args->words + 1, args->n_words - 1, settings, args->arena, &built, err) &&
              (built.rows || error_set(err, ERROR_DATA, "%s: no rows", args->words[1])) &&
              (!model->embedder || guide_vectors_write(model->embedder, &built.library, out, err)) &&
              put_library(args, &built.library, err);
    if (ok) tell(args, &built);
    return ok;
}

static bool build(struct arguments *args, struct error *err) {
    struct guide_build_settings settings = {
        .tau = args_real(args, "tau", 0.9), .near = args_real(args, "near", 0.95), .compat = args_on(args, "compat")};
    struct guide_model model = {0};
    if (args->n_words < 2) return error_set(err, ERROR_USAGE, "expected `basanite guide build RAW... --out LIB`");
    if (!(settings.tau > 0 && settings.tau <= 1))
        return error_set(err, ERROR_USAGE, "--tau: expected a number above 0, at most 1");
    if (!(settings.near > 0 && settings.near <= 1))
        return error_set(err, ERROR_USAGE, "--near: expected a number above 0, at most 1");
    settings.pool = pool_new(common_threads(args), err);
    bool ok = settings.pool && guide_model_open(&model, args, err) && build_with(args, &model, &settings, err);
    guide_model_close(&model);
    pool_free(settings.pool);
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

static bool print_found(struct arguments *args, const struct guide_library *library, const struct guide_found *found,
                        struct error *err) {
    if (args_on(args, "json")) return found_json(args, found, err);
    for (size_t i = 0; i < found->n; i++) {
        const struct guideline *g = found->hit[i].guide;
        fprintf(args->out, "%.4f  %llu  %s%s%s\n", found->hit[i].score, (unsigned long long)g->gid, g->when,
                g->when[0] ? ": " : "", g->text);
    }
    if (!args_on(args, "quiet"))
        fprintf(stderr, "%zu of %zu; passed over: %zu nearly the same as one that was taken, %zu against one\n",
                found->n, library->n, found->alike, found->contradicting);
    return true;
}

static bool find_with(struct arguments *args, const struct guide_model *model, struct guide_find_settings *settings,
                      struct error *err) {
    const char *path = args->words[1], *spec = args_asked(args, "subject");
    struct guide_library library;
    struct guide_found found;
    float *vectors = NULL;
    size_t width = 0;
    bool grams = spec && strcmp(spec, "none") == 0;
    if (!guide_read(path, args->arena, &library, err)) return error_wrap(err, "%s", path);
    bool ok = grams || guide_embedding_check(&library, path, guide_model_name(model), err);
    if (ok && model->embedder) {
        settings->embed = guide_embedder_embed;
        settings->context = model->embedder;
        ok = guide_vectors_read(model->embedder, &library, path, &width, &vectors, err);
        settings->vectors = vectors;
    }
    if (ok && !guide_find(&library, text_of(args->words[2]), settings, args->arena, &found, err))
        ok = error_wrap(err, "%s", path);
    memory_free(vectors);
    return ok && print_found(args, &library, &found, err);
}

static bool find(struct arguments *args, struct error *err) {
    struct guide_find_settings settings = {
        .k = args_count(args, "k", 6), .spread = args_real(args, "spread", 0.5), .compat = args_on(args, "compat")};
    struct guide_model model;
    if (args->n_words != 3) return error_set(err, ERROR_USAGE, "expected `basanite guide find LIB TEXT`");
    if (!(settings.spread > 0))
        return error_set(err, ERROR_USAGE, "--spread: expected a ratio above 0; 1: all may be alike");
    bool ok = guide_model_open(&model, args, err) && find_with(args, &model, &settings, err);
    guide_model_close(&model);
    return ok;
}

static bool run(struct arguments *args, struct error *err) {
    static const struct verb verbs[] = {{"write", guide_teach}, {"build", build}, {"find", find}};
    return verbs_run(args, verbs, sizeof verbs / sizeof *verbs, err);
}
