/* basanite convert: a model file of any container into GGUF, and random models. */
#include "cli/commands.h"
#include "cli/convert_tokenizer.h"
#include "cli/info_pickle.h"

#include "lm/model/model.h"

#include <stdio.h>
#include <string.h>

static const char *const flags[] = {"random", "format", "license", "json", "quiet", NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_convert = {
    .name = "convert",
    .synopsis = "IN OUT [--format gguf,type=NAME] | --random ARCH,key=value OUT",
    .summary = "a model (GGUF, safetensors, Hugging Face folder, llama2.c) into GGUF; a tokenizer into GGUF or JSON; random models",
    .example = "basanite convert hf-model/ model.gguf --format gguf,type=q8_0",
    .flags = flags,
    .run = run,
};

static const struct option_def format_options[] = {
    {"type", OPTION_TEXT, "", 1, 0, NULL, "storage type of matrices: f32, f16, bf16, q8_0, ... (default: as in IN, else f16)"},
};

/* The type of the only kind of matrices, where it can be written; otherwise F16. */
static enum lm_type own_type(const struct lm_model *m) {
    const struct lm_type_info *info = lm_type_named(text_of(m->types));
    return info && info->from_f32 ? info->id : LM_F16;
}

static bool read_format(const struct arguments *args, const struct lm_model *m, enum lm_type *type, struct error *err) {
    struct arena arena;
    arena_init(&arena, (size_t)1 << 16);
    struct text spec = text_of(args_text(args, "format", "gguf"));
    const struct option_value *o = NULL;
    bool ok = text_equal_c(spec_name(spec), "gguf") ||
              error_set(err, ERROR_USAGE, "--format: '%.*s' is not written, only gguf is", TEXT_ARG(spec_name(spec)));
    ok = ok && (o = spec_parse(&arena, spec, format_options, 1, err)) != NULL;
    const struct lm_type_info *info = ok && o[0].text.len ? lm_type_named(o[0].text) : NULL;
    if (ok && o[0].text.len && (!info || !info->from_f32))
        ok = error_set(err, ERROR_USAGE, "--format: type '%.*s' cannot be written", TEXT_ARG(o[0].text));
    *type = info ? info->id : own_type(m);
    arena_done(&arena);
    return ok;
}

static bool save(const struct arguments *args, const struct lm_model *m, const char *path, double entropy, struct error *err) {
    const char *license = args_text(args, "license", NULL);
    const struct lm_extra extra = {"general.license", text_of(license)};
    enum lm_type type;
    if (!read_format(args, m, &type, err) || !lm_model_save(m, path, type, &extra, license ? 1 : 0, err)) return false;
    if (args_on(args, "quiet")) return true;
    struct buffer words;
    buffer_init(&words, 4096);
    bool ok = lm_shape_put(&words, &m->shape) && buffer_check(&words, "description", err);
    json_t *all = json_pack("{s:s s:s s:s s:I s:o}", "path", path, "architecture", lm_arch_name(m->arch), "type",
                            lm_type_find((uint32_t)type)->name, "parameters", (json_int_t)m->parameters, "features",
                            json_from_text(buffer_text(&words)));
    if (all && entropy > 0) json_object_set_new(all, "entropy", json_from_f64(entropy));
    if (ok && !all) ok = error_memory(err, "answer");
    if (ok && args_on(args, "json")) {
        ok = print_json(args->out, all, err);
    } else if (ok) {
        fprintf(args->out, "wrote %s: %s, %s, %llu parameters, %.*s", path, lm_arch_name(m->arch),
                lm_type_find((uint32_t)type)->name, (unsigned long long)m->parameters, (int)words.len, words.at);
        if (entropy > 0) fprintf(args->out, "; %.2f nats a token", entropy);
        fputc('\n', args->out);
    }
    json_decref(all);
    buffer_done(&words);
    return ok;
}

static bool run(struct arguments *args, struct error *err) {
    const char *random = args_text(args, "random", NULL);
    double entropy = 0;
    if (!common_words(args, &command_convert, random ? 1 : 2, random ? 1 : 2, err)) return false;
    const char *out = args->words[random ? 0 : 1];
    if (!random && convert_is_tokenizer(args->words[0], out)) return convert_tokenizer(args, args->words[0], out, err);
    if (!random && info_is_pickle(args->words[0]))
        return error_set(err, ERROR_DATA,
                         "'%s' is a pickle, which is a program and is not executed: `basanite info` lists its tensors; save "
                         "them as safetensors where they were made",
                         args->words[0]);
    struct lm_load_options options = {.no_packing = true};
    struct lm_model *m = random ? lm_model_random_of(text_of(random), &entropy, err) : lm_model_load(args->words[0], &options, err);
    bool ok = m && save(args, m, out, entropy, err);
    lm_model_free(m);
    return ok;
}
