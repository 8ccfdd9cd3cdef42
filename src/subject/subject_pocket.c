/* The built-in models as subjects: GGUF files that are part of the program, mapped from memory; adapters may follow. */
#include "subject/subject_lm.h"

/* "pocket", "pocket-base" or "pocket+a.gguf"; a file of such a name is meant where it
 * says so by its ending or a slash. */
static struct text name_of(struct text spec) {
    size_t plus = text_find(spec, TEXT("+"), 0);
    return plus == SIZE_MAX ? spec : text_part(spec, 0, plus);
}

static bool claims(struct text spec) {
    struct text name = name_of(spec);
    return text_equal_c(name, "pocket") || text_equal_c(name, "pocket-base") || text_equal_c(name, "pocket-help");
}

static const struct lm_builtin *find(const struct subject *subject, struct text spec, struct error *err) {
    struct text name = name_of(spec);
    const struct lm_builtin *model = lm_builtin_find(subject->settings.builtins, name);
    if (!model)
        error_set(err, ERROR_ENVIRONMENT,
                  "subject '%.*s': this built-in model is not part of this build; put it at pocket/%.*s.gguf and build "
                  "again, or name a model file (FILE.gguf) or an endpoint (openai:URL#MODEL)",
                  TEXT_ARG(name), TEXT_ARG(name));
    return model;
}

static bool open_pocket(struct subject *subject, struct text spec, struct error *err) {
    const struct lm_builtin *builtin = find(subject, spec, err);
    struct lm_load_options options;
    struct arena arena;
    struct lm_model *model = NULL;
    bool ok = false;
    arena_init(&arena, (size_t)1 << 20);
    if (builtin && subject_lm_load_options(subject, &options, err) &&
        subject_lm_split(&arena, subject, spec, &options, err)) {
        subject->files = json_pack("[{s:s s:I}]", "path", "(built in)", "bytes", (json_int_t)builtin->bytes);
        if (!subject->files)
            error_memory(err, "list of files");
        else if (subject_lm_note_adapters(subject, &options, err) &&
                 !(model = lm_model_load_memory(builtin->at, builtin->bytes, &options, err)))
            error_wrap(err, "the built-in model '%s'", builtin->name);
        ok = model && subject_lm_open(subject, model, SUBJECT_LM_WHOLE, err);
    }
    arena_done(&arena);
    return ok;
}

const struct subject_kind subject_pocket = {
    .name = "pocket",
    .summary = "the small models that are part of the program: chat, base, help",
    .form = "pocket, pocket-base or pocket-help, with adapters pocket+STYLE.lora.gguf[@0.5]",
    .claims = claims,
    .open = open_pocket,
    .ask = subject_lm_ask,
    .show_prompt = subject_lm_show_prompt,
    .close = subject_lm_close,
};
