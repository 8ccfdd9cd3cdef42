/* Converting tokenizers: see convert_tokenizer.h. The name of the result says what is written. */
#include "cli/convert_tokenizer.h"

#include "lm/tokenizer/tokenizer.h"

#define JSON_MAX ((size_t)1 << 30)

static bool ends_with(const char *path, const char *end) {
    return text_ends(text_of(path), text_of(end));
}

bool convert_is_tokenizer(const char *in, const char *out) {
    struct error why = {0};
    if (ends_with(out, ".json") || ends_with(in, ".json") || ends_with(in, ".model") || ends_with(in, ".tiktoken") ||
        ends_with(in, ".txt"))
        return true;
    if (!ends_with(in, ".gguf")) return false;
    struct lm_file *file = lm_file_open(in, &why);
    bool bare = file && file->n_tensors == 0;
    lm_file_close(file);
    return bare;
}

static bool write_json(const struct tokenizer *t, const char *path, struct error *err) {
    struct buffer b;
    buffer_init(&b, JSON_MAX);
    bool ok = tokenizer_to_json(t, &b, err) && file_write(path, buffer_text(&b), err);
    buffer_done(&b);
    return ok;
}

/* No model is there to name an architecture; readers that want one are told that there is none. */
static bool write_gguf(const struct tokenizer *t, const char *path, struct error *err) {
    struct gguf_writer *w = gguf_writer_new(path, err);
    bool ok = w && gguf_put_text(w, "general.architecture", TEXT("none"), err) && tokenizer_to_gguf(t, w, err) &&
              gguf_writer_end(w, err);
    gguf_writer_free(w);
    return ok;
}

static bool say(const struct arguments *args, const struct tokenizer *t, const char *out, struct error *err) {
    struct buffer warnings;
    if (args_on(args, "quiet")) return true;
    buffer_init(&warnings, 1 << 16);
    bool ok = tokenizer_warnings(t, &warnings) && buffer_check(&warnings, "warnings", err);
    if (ok && warnings.len) fprintf(stderr, "%.*s", (int)warnings.len, warnings.at);
    fprintf(args->out, "wrote %s: tokenizer %s, %zu tokens\n", out, tokenizer_kind(t), tokenizer_vocabulary(t));
    buffer_done(&warnings);
    return ok;
}

bool convert_tokenizer(const struct arguments *args, const char *in, const char *out, struct error *err) {
    bool json = ends_with(out, ".json");
    if (!json && !ends_with(out, ".gguf"))
        return error_set(err, ERROR_USAGE, "'%s': a tokenizer is written as NAME.gguf or NAME.json", out);
    struct tokenizer *t = tokenizer_open(in, err);
    bool ok = t && (json ? write_json(t, out, err) : write_gguf(t, out, err)) && say(args, t, out, err);
    tokenizer_free(t);
    return ok;
}
