/* The built-in model as a subject: a GGUF that is part of the program, mapped from memory; adapters may follow it. */
#include "subject/subject_lm.h"

static bool claims(struct text spec) {
    return text_equal_c(spec, "pocket") || text_starts(spec, TEXT("pocket:")) || text_starts(spec, TEXT("pocket+"));
}

static bool check_spec(const struct subject *subject, struct text spec, struct error *err) {
    if (!text_equal_c(spec, "pocket") && !text_starts(spec, TEXT("pocket+")))
        return error_set(err, ERROR_ENVIRONMENT, "subject '%.*s': this build has one built-in model, 'pocket'",
                         TEXT_ARG(spec));
    if (subject->settings.pocket && subject->settings.pocket_bytes) return true;
    return error_set(err, ERROR_ENVIRONMENT,
                     "subject 'pocket': the built-in model is not part of this build; put it at "
                     "pocket/pocket.gguf and build again, or name a model file (FILE.gguf) or an endpoint "
                     "(openai:URL#MODEL)");
}

static bool open_pocket(struct subject *subject, struct text spec, struct error *err) {
    const struct subject_settings *s = &subject->settings;
    struct lm_load_options options;
    struct arena arena;
    struct lm_model *model = NULL;
    bool ok = false;
    arena_init(&arena, (size_t)1 << 20);
    if (check_spec(subject, spec, err) && subject_lm_load_options(subject, &options, err) &&
        subject_lm_split(&arena, subject, spec, &options, err)) {
        subject->files = json_pack("[{s:s s:I}]", "path", "(built in)", "bytes", (json_int_t)s->pocket_bytes);
        if (!subject->files)
            error_memory(err, "list of files");
        else if (subject_lm_note_adapters(subject, &options, err) &&
                 !(model = lm_model_load_memory(s->pocket, s->pocket_bytes, &options, err)))
            error_wrap(err, "the built-in model");
        ok = model && subject_lm_open(subject, model, SUBJECT_LM_WHOLE, err);
    }
    arena_done(&arena);
    return ok;
}

const struct subject_kind subject_pocket = {
    .name = "pocket",
    .summary = "the small model that is part of the program",
    .form = "pocket",
    .claims = claims,
    .open = open_pocket,
    .ask = subject_lm_ask,
    .show_prompt = subject_lm_show_prompt,
    .close = subject_lm_close,
};
