/* basanite compress: quantised and pruned models. */
#include "cli/commands.h"
#include "cli/compress_print.h"
#include "cli/compress_text.h"

#include "base/file.h"

#include <string.h>

static const char *const flags[] = {"codec",  "data",    "skip", "samples", "window", "seed", "template",
                                    "format", "threads", "json", "verbose", "quiet",  NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_compress = {
    .name = "compress",
    .synopsis = "IN OUT --codec SPEC... [--data FILE...] [--skip TENSORS]",
    .summary = "quantises and prunes a model; several codecs, or a grid a:b:c, write a folder OUT with a file each",
    .example = "basanite compress pocket small.gguf --codec gptq,bits=4,group=64",
    .flags = flags,
    .run = run,
};

/* gguf[,type=f16|f32|bf16]: of tensors that have no storage type of their own */
static bool written_type(const struct arguments *args, enum lm_type *type, struct error *err) {
    static const struct option_def options[] = {
        {"type", OPTION_CHOICE, "f16", 1, 0, "f16|f32|bf16", "in which plain numbers are written"},
    };
    struct text spec = text_of(args_text(args, "format", "gguf"));
    if (!text_equal_c(spec_name(spec), "gguf"))
        return error_set(err, ERROR_USAGE, "--format: compress writes gguf, found '%.*s'", TEXT_ARG(spec_name(spec)));
    const struct option_value *o = spec_parse(args->arena, spec, options, 1, err);
    if (!o) return false;
    *type = lm_type_named(o[0].text)->id;
    return true;
}

/* OUT of one cell: the file itself, unless it is a folder; of several a folder, made where there is none. */
static const char *cell_path(const struct arguments *args, const char *out, const struct codec_choice *choice,
                             size_t cells, struct error *err) {
    size_t n = strlen(out);
    if (cells == 1 && !file_is_folder(out) && (!n || out[n - 1] != '/')) return out;
    if (!file_make_folders(out, err)) return NULL;
    return arena_printf(args->arena, err, "%s%s%s.gguf", out, n && out[n - 1] == '/' ? "" : "/", choice->name);
}

static bool run_cell(struct arguments *args, struct compress_settings *s, size_t cells, json_t *all,
                     struct error *err) {
    struct compress_print print;
    struct compress_result result;
    const char *out = s->out;
    if (!(s->out = cell_path(args, out, &s->choice, cells, err)) ||
        !compress_print_begin(&print, args, &s->choice, err))
        return false;
    if (!args_on(args, "json") && !args_on(args, "quiet")) fprintf(args->out, "%s\n", s->choice.spec);
    bool ok =
        compress_model(s, compress_print_row, &print, &result, err) && compress_print_end(&print, s, &result, all, err);
    json_decref(print.tensors);
    s->out = out;
    return ok;
}

static bool needs_text(const struct codec_choice *choices, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (choices[i].codec->needs != CODEC_NEEDS_NOTHING) return true;
    return false;
}

static bool run_all(struct arguments *args, struct compress_settings *s, struct error *err) {
    const char **specs, *made = NULL;
    struct codec_choice *choices;
    size_t n, n_specs = args_texts(args, "codec", &specs);
    if (!n_specs) return error_set(err, ERROR_USAGE, "give --codec; `basanite methods codec` lists them");
    if (!codec_choices(args->arena, specs, n_specs, &choices, &n, err)) return false;
    if (!s->from.n_paths && needs_text(choices, n) && !compress_text_make(args, s->in, &made, err)) return false;
    if (made) s->from.paths = &made, s->from.n_paths = 1;
    json_t *all = json_array();
    bool ok = all || error_memory(err, "answer");
    for (size_t i = 0; ok && i < n; i++) {
        s->choice = choices[i];
        ok = run_cell(args, s, n, all, err);
    }
    compress_text_remove(made);
    ok = ok && (!args_on(args, "json") || print_json(args->out, all, err));
    json_decref(all);
    return ok;
}

static bool run(struct arguments *args, struct error *err) {
    const char **data, **skip;
    if (!common_words(args, &command_compress, 2, 2, err)) return false;
    struct compress_settings s = {
        .in = args->words[0],
        .out = args->words[1],
        .builtins = common_builtins(),
        .from = {.n_paths = args_texts(args, "data", &data),
                 .template_name = args_text(args, "template", NULL),
                 .window = args_count(args, "window", 0),
                 .samples = args_count(args, "samples", 0),
                 .seed = args_count(args, "seed", 1)},
        .n_skip = args_texts(args, "skip", &skip),
        .stop = args->stop,
    };
    s.from.paths = data;
    s.skip = skip;
    if (!written_type(args, &s.type, err) || !(s.pool = pool_new(args_count(args, "threads", 0), err))) return false;
    bool ok = run_all(args, &s, err);
    pool_free(s.pool);
    return ok;
}
