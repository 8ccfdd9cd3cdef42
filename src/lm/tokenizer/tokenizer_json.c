/* Tokenizers from Hugging Face's tokenizer.json: byte-level BPE, SentencePiece-like BPE with byte fallback, WordPiece.
 * What is not supported is refused by name. tokenizer_config.json beside it gives BOS, EOS and the chat template; the
 * template may also stand in chat_template.jinja. */
#include "lm/tokenizer/tokenizer_json.h"

#include <string.h>

#define JSON_MAX ((size_t)256 << 20)

bool (json_source_refuse)(struct json_source *s, const char *what, struct text name) {
    return error_set(s->err, ERROR_DATA, "%s: %s '%.*s' is not built", s->name, what,
                     (int)(name.len < 100 ? name.len : 100), name.at);
}

bool (json_source_wrong)(struct json_source *s, const char *field, const char *expected) {
    return error_set(s->err, ERROR_DATA, "%s: field '%s': expected %s", s->name, field, expected);
}

struct text json_source_type(const json_t *object) {
    return json_text(json_object_get(object, "type"));
}

/* ---- model ---- */

/* The kind, as far as the model's type tells it. */
static bool read_type(struct json_source *s, const json_t *model) {
    struct text type = json_source_type(model);
    if (!type.len && json_object_get(model, "merges")) type = TEXT("BPE");
    if (text_equal_c(type, "WordPiece"))
        s->t->family = FAMILY_WORDPIECE;
    else if (text_equal_c(type, "BPE"))
        s->t->family = FAMILY_SPM;
    else if (text_equal_c(type, "Unigram"))
        s->t->family = FAMILY_UNIGRAM;
    else
        return json_source_refuse(s, "tokenizer model", type.len ? type : TEXT("(none)"));
    return true;
}

static bool check_options(struct json_source *s, const json_t *model) {
    static const char *const options[] = {"dropout", "continuing_subword_prefix", "end_of_word_suffix"};
    struct text prefix = json_text(json_object_get(model, "continuing_subword_prefix"));
    if (s->t->family == FAMILY_WORDPIECE)
        return text_equal_c(prefix, "##") || json_source_refuse(s, "WordPiece prefix", prefix);
    for (size_t i = 0; s->t->family != FAMILY_UNIGRAM && i < sizeof options / sizeof *options; i++) {
        const json_t *v = json_object_get(model, options[i]);
        if (v && !json_is_null(v) && !(json_is_string(v) && !json_text(v).len))
            return json_source_refuse(s, "BPE option", text_of(options[i]));
    }
    return true;
}

/* A pipeline that one of the named pre-tokenizers does takes its name, and so fits into a GGUF that others read too. */
static bool name_pre(struct json_source *s) {
    struct tokenizer *t = s->t;
    const struct pretokenizer *row = NULL;
    t->pre = "custom";
    if (t->n_splits == 1 && t->splits[0].behavior == SPLIT_ISOLATED)
        row = pretokenizer_for_pattern(text_of(t->splits[0].pattern), t->ignores_merges);
    if (!row) return true;
    pcre2_code_free(t->splits[0].code);
    t->n_splits = 0;
    if (!tokenizer_use_pre(t, row, s->err)) return false;
    t->adds_bos = false;
    return true;
}

static bool read_steps(struct json_source *s, const json_t *model) {
    struct tokenizer *t = s->t;
    if (!json_read_normalizer(s, json_object_get(s->root, "normalizer")) ||
        !json_read_pretokenizer(s, json_object_get(s->root, "pre_tokenizer")))
        return false;
    if (t->family == FAMILY_WORDPIECE) {
        const json_t *most = json_object_get(model, "max_input_chars_per_word");
        t->pre = "bert";
        t->word_max = json_is_integer(most) && json_integer_value(most) > 0 ? (size_t)json_integer_value(most) : 0;
        return true;
    }
    if (t->family == FAMILY_UNIGRAM) {
        t->falls_to_bytes = json_is_true(json_object_get(model, "byte_fallback"));
        t->cuts_blanks = t->merges_blanks = s->cuts_blanks;
        t->fuses_unknown = true;
        return (!s->byte_level || json_source_refuse(s, "pre-tokenizer of Unigram", TEXT("ByteLevel"))) &&
               (s->marks_blanks ||
                json_source_refuse(s, "pre-tokenizer of Unigram", TEXT("(none that writes blanks as U+2581)")));
    }
    if (s->cuts_blanks) return json_source_refuse(s, "pre-tokenizer of BPE", TEXT("WhitespaceSplit"));
    t->ignores_merges = json_is_true(json_object_get(model, "ignore_merges"));
    t->fuses_unknown = json_is_true(json_object_get(model, "fuse_unk"));
    if (s->byte_level) t->family = FAMILY_BYTES;
    if (s->byte_level && s->marks_blanks) return json_source_refuse(s, "pre-tokenizer", TEXT("ByteLevel with U+2581"));
    if (!s->byte_level && !s->marks_blanks)
        return json_source_refuse(s, "pre-tokenizer", TEXT("(neither ByteLevel nor blanks as U+2581)"));
    return !s->byte_level || name_pre(s);
}

static void read_unknown(struct json_source *s, const json_t *model) {
    struct tokenizer *t = s->t;
    struct text form = json_text(json_object_get(model, "unk_token"));
    const json_t *number = json_object_get(model, "unk_id");
    int32_t id = form.len ? tokenizer_find(t, form) : -1;
    if (t->family == FAMILY_UNIGRAM && json_is_integer(number) && json_integer_value(number) >= 0 &&
        (uint64_t)json_integer_value(number) < t->n)
        id = (int32_t)json_integer_value(number);
    if (id < 0) return;
    t->unknown = id;
    if (t->family == FAMILY_BYTES) t->missing = id;
    if (t->types[id] != TOKEN_USER) t->types[id] = TOKEN_UNKNOWN;
}

/* Bytes without a token are skipped, and what stands on both sides may merge. */
static void find_missing(struct tokenizer *t) {
    for (size_t b = 0; t->family == FAMILY_BYTES && t->missing < 0 && b < 256; b++)
        if (t->byte_ids[b] < 0) t->skips_missing = true;
}

/* BOS and EOS by the names that models use, when no file says them. */
static void guess_ends(struct tokenizer *t) {
    static const char *const eos[] = {"</s>", "<|endoftext|>", "<|end_of_text|>", "<|eot_id|>", "<|im_end|>", "<eos>"};
    static const char *const bos[] = {"<s>", "<|begin_of_text|>", "<bos>"};
    for (size_t i = 0; t->eos < 0 && i < sizeof eos / sizeof *eos; i++) t->eos = tokenizer_find(t, text_of(eos[i]));
    for (size_t i = 0; t->bos < 0 && i < sizeof bos / sizeof *bos; i++) t->bos = tokenizer_find(t, text_of(bos[i]));
}

static bool read_all(struct json_source *s, const struct tokenizer_beside *beside) {
    const json_t *model = json_object_get(s->root, "model");
    if (!json_is_object(model)) return json_source_wrong(s, "model", "an object");
    if (!read_type(s, model) || !check_options(s, model) || !read_steps(s, model) || !json_read_vocabulary(s, model))
        return false;
    bool has_merges = s->t->family == FAMILY_SPM || s->t->family == FAMILY_BYTES;
    if (has_merges && !json_read_merges(s, model)) return false;
    read_unknown(s, model);
    find_missing(s->t);
    if (!json_read_postprocessor(s, json_object_get(s->root, "post_processor"))) return false;
    if (!beside || !beside->config) guess_ends(s->t);
    if (beside && !tokenizer_beside_put_ends(beside, s->t, s->err)) return false;
    return tokenizer_finish(s->t, s->name, s->err);
}

struct tokenizer *tokenizer_from_json_root(const json_t *root, const struct tokenizer_beside *beside, const char *name,
                                           struct error *err) {
    struct json_source s = {.t = tokenizer_new(err), .root = root, .name = name, .err = err};
    if (s.t && read_all(&s, beside)) return s.t;
    tokenizer_free(s.t);
    return NULL;
}

struct tokenizer *tokenizer_from_json_text(struct text text, const char *shown_name, struct error *err) {
    json_t *root = json_read(text, shown_name, 1, err);
    struct tokenizer *t = root ? tokenizer_from_json_root(root, NULL, shown_name, err) : NULL;
    json_decref(root);
    return t;
}

struct tokenizer *tokenizer_from_json(const char *path, struct error *err) {
    struct tokenizer_beside beside;
    bool ok = tokenizer_beside_read(&beside, path, err);
    json_t *root = ok ? json_read_file(path, JSON_MAX, err) : NULL;
    struct tokenizer *t = root ? tokenizer_from_json_root(root, &beside, path, err) : NULL;
    json_decref(root);
    tokenizer_beside_done(&beside);
    return t;
}
