/* basanite convert: models and tokenizers between formats, and random models. */
#include "cli/commands.h"
#include "cli/convert_model.h"
#include "cli/convert_tokenizer.h"
#include "cli/info_pickle.h"

#include "lm/model/model.h"

#include <stdio.h>
#include <string.h>

static const char *const flags[] = {"random", "from", "format", "merge", "license", "json", "quiet", NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_convert = {
    .name = "convert",
    .synopsis = "IN OUT [--from F] [--format F] [--merge] | --random ARCH,key=value OUT",
    .summary = "models between GGUF, Hugging Face folders, safetensors and llama2.c; tokenizers into GGUF or JSON; "
               "random models",
    .example = "basanite convert hf-model/ model.gguf --format gguf,type=q8_0",
    .flags = flags,
    .run = run,
};

static bool save(const struct arguments *args, const struct lm_model *m, const char *path, double entropy,
                 struct error *err) {
    enum lm_type type = LM_F32;
    if (!convert_write(args, m, path, &type, err)) return false;
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
                         "'%s' is a pickle, which is a program and is not executed: `basanite info` lists its tensors; "
                         "save them as safetensors where they were made",
                         args->words[0]);
    struct lm_load_options options = {.no_packing = true, .builtins = common_builtins()};
    if (!random && !convert_check_from(args, args->words[0], err)) return false;
    struct lm_model *m =
        random ? lm_model_random_of(text_of(random), &entropy, err) : lm_model_load(args->words[0], &options, err);
    bool ok = m && save(args, m, out, entropy, err);
    lm_model_free(m);
    return ok;
}
