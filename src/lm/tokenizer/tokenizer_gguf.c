/* Tokenizers from and to GGUF metadata (tokenizer.ggml.*). Defaults where a file says nothing are those of llama.cpp.
 */
#include "lm/tokenizer/tokenizer_internal.h"

#include <math.h>
#include <string.h>

#define SETTINGS_KEY "basanite.tokenizer"
#define CHARSMAP_KEY "tokenizer.ggml.precompiled_charsmap"

/* A token id; UINT32_MAX and -1 mean none. */
static bool read_id(const struct lm_file *file, const char *key, int32_t *id, struct error *err) {
    const struct lm_value *v = lm_file_value(file, key);
    if (!v) return true;
    bool none = (v->kind == LM_VALUE_U64 && v->u64 == UINT32_MAX) || (v->kind == LM_VALUE_I64 && v->i64 == -1);
    bool known = (v->kind == LM_VALUE_U64 && v->u64 <= INT32_MAX) ||
                 (v->kind == LM_VALUE_I64 && v->i64 >= 0 && v->i64 <= INT32_MAX);
    if (!none && !known) return error_set(err, ERROR_DATA, "%s: metadata '%s': expected a token id", file->path, key);
    *id = none ? -1 : v->kind == LM_VALUE_U64 ? (int32_t)v->u64 : (int32_t)v->i64;
    return true;
}

static bool read_flag(const struct lm_file *file, const char *key, bool *flag, struct error *err) {
    const struct lm_value *v = lm_file_value(file, key);
    if (!v) return true;
    if (v->kind != LM_VALUE_BOOL)
        return error_set(err, ERROR_DATA, "%s: metadata '%s': expected a boolean", file->path, key);
    *flag = v->boolean;
    return true;
}

static struct text read_text(const struct lm_file *file, const char *key) {
    const struct lm_value *v = lm_file_value(file, key);
    return v && v->kind == LM_VALUE_TEXT ? v->text : TEXT("");
}

/* Numbers beside the tokens: absent, or one for each. */
static bool read_numbers(const struct lm_file *file, const char *key, size_t n, const struct lm_value **out,
                         struct error *err) {
    double number;
    *out = lm_file_value(file, key);
    if (!*out) return true;
    if ((*out)->kind != LM_VALUE_ARRAY || !lm_value_number(*out, 0, &number))
        return error_set(err, ERROR_DATA, "%s: metadata '%s': expected a list of numbers", file->path, key);
    if ((*out)->count < n)
        return error_set(err, ERROR_DATA, "%s: metadata '%s': expected %zu numbers, one for each token, found %llu",
                         file->path, key, n, (unsigned long long)(*out)->count);
    return true;
}

static bool read_tokens(struct tokenizer *t, const struct lm_file *file, struct error *err) {
    const struct lm_value *tokens = lm_file_value(file, "tokenizer.ggml.tokens"), *scores, *types;
    struct text form;
    double number;
    if (!tokens || !lm_value_text(tokens, 0, &form))
        return error_set(err, ERROR_DATA, "%s: metadata 'tokenizer.ggml.tokens' is missing or no list of texts",
                         file->path);
    if (tokens->count == 0 || tokens->count > TOKENIZER_MOST_TOKENS)
        return error_set(err, ERROR_DATA, "%s: a vocabulary of %llu tokens, expected 1 to %zu", file->path,
                         (unsigned long long)tokens->count, TOKENIZER_MOST_TOKENS);
    if (!tokenizer_reserve(t, (size_t)tokens->count, err)) return false;
    if (!read_numbers(file, "tokenizer.ggml.scores", t->n, &scores, err) ||
        !read_numbers(file, "tokenizer.ggml.token_type", t->n, &types, err))
        return false;
    for (size_t i = 0; i < t->n; i++) {
        if (!lm_value_text(tokens, i, &form) || !tokenizer_keep(t, form, &t->tokens[i], err)) return false;
        if (scores && lm_value_number(scores, i, &number) && !isnan(number)) t->scores[i] = (float)number;
        if (types && lm_value_number(types, i, &number) && number >= 1 && number <= 6)
            t->types[i] = (unsigned char)number;
    }
    return true;
}

static bool bad_merge(const struct lm_file *file, uint64_t i, struct text pair, struct error *err) {
    return error_set(err, ERROR_DATA, "%s: merge %llu: expected two symbols with a blank between, found '%.*s'",
                     file->path, (unsigned long long)i, (int)(pair.len < 60 ? pair.len : 60), pair.at);
}

static bool read_merges(struct tokenizer *t, const struct lm_file *file, struct error *err) {
    const struct lm_value *merges = lm_file_value(file, "tokenizer.ggml.merges");
    if (!merges || merges->kind != LM_VALUE_ARRAY)
        return error_set(err, ERROR_DATA,
                         "%s: metadata 'tokenizer.ggml.merges' is missing; a byte-level tokenizer needs it",
                         file->path);
    for (uint64_t i = 0; i < merges->count; i++) {
        struct text pair;
        if (!lm_value_text(merges, i, &pair))
            return error_set(err, ERROR_DATA, "%s: metadata 'tokenizer.ggml.merges': expected a list of texts",
                             file->path);
        /* The blank that separates is the first one behind the first byte: that one may be a blank itself. */
        size_t blank = text_find(pair, TEXT(" "), 1);
        if (blank == SIZE_MAX || blank + 1 >= pair.len) return bad_merge(file, i, pair, err);
        if (!tokenizer_add_merge(t, text_part(pair, 0, blank), text_part(pair, blank + 1, pair.len), err))
            return error_wrap(err, "%s", file->path);
    }
    return true;
}

static bool use_pre(struct tokenizer *t, const struct lm_file *file, struct error *err) {
    struct text name = read_text(file, "tokenizer.ggml.pre");
    const struct pretokenizer *p = pretokenizer_find(name);
    if (text_equal_c(name, "custom") && lm_file_value(file, SETTINGS_KEY)) {
        t->pre = "custom"; /* the settings say it */
        return true;
    }
    t->pre_guessed = !p;
    if (!p && !tokenizer_keep(t, name, &t->pre_named, err)) return false;
    return tokenizer_use_pre(t, p ? p : pretokenizer_default(), err);
}

static bool contains_nocase(struct text t, struct text part) {
    for (size_t i = 0; i + part.len <= t.len; i++)
        if (text_equal_nocase(text_part(t, i, i + part.len), part)) return true;
    return false;
}

/* Phi-3's special tokens take the blanks behind them. GGUF has no key for that; llama.cpp knows it by the model's name.
 */
static void strip_behind_specials(struct tokenizer *t, const struct lm_file *file) {
    static const char *const others[] = {"<unk>", "<s>", "<|endoftext|>"};
    struct text name = read_text(file, "general.name");
    if (!contains_nocase(name, TEXT("phi-3")) && !contains_nocase(name, TEXT("phi3"))) return;
    for (size_t i = 0; i < t->n; i++)
        if (t->types[i] == TOKEN_CONTROL || t->types[i] == TOKEN_USER || t->types[i] == TOKEN_UNKNOWN)
            t->flags[i] |= STRIP_RIGHT;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        int32_t id = tokenizer_find(t, text_of(others[i]));
        if (id >= 0) t->flags[id] &= (unsigned char)~STRIP_RIGHT;
    }
}

/* What a kind starts from before the file speaks; an id that the vocabulary lacks is none. */
static void set_defaults(struct tokenizer *t) {
    if (t->family == FAMILY_SPM) {
        t->unknown = 0;
        t->bos = t->n > 1 ? 1 : -1;
        t->eos = t->n > 2 ? 2 : -1;
        t->adds_bos = true;
        t->prefix = PREFIX_ALWAYS;
    } else if (t->family == FAMILY_WORDPIECE) {
        t->unknown = t->n > 100 ? 100 : -1;
        t->bos = t->n > 101 ? 101 : -1;
        t->eos = t->n > 102 ? 102 : -1;
        t->adds_bos = t->adds_eos = t->lowercase = true;
        t->pre = "bert";
    } else if (t->family == FAMILY_UNIGRAM) {
        t->unknown = t->n > 2 ? 2 : -1;
        t->eos = t->n > 1 ? 1 : -1;
        t->adds_eos = t->as_sentencepiece = t->merges_blanks = t->fuses_unknown = true;
        t->prefix = PREFIX_ALWAYS;
    } else if (t->family == FAMILY_GREEDY) {
        t->eos = 0;
    }
}

/* The map as bytes. */
static bool read_charsmap(struct tokenizer *t, const struct lm_file *file, struct error *err) {
    const struct lm_value *v = lm_file_value(file, CHARSMAP_KEY);
    double number;
    if (!v) return true;
    bool bytes = v->kind == LM_VALUE_ARRAY && v->raw && v->count <= SIZE_MAX && lm_value_number(v, 0, &number) &&
                 lm_value_bytes(v) == 1;
    if (!bytes)
        return error_set(err, ERROR_DATA, "%s: metadata '%s': expected a list of bytes", file->path, CHARSMAP_KEY);
    return charsmap_read(&t->charsmap, &t->arena, (struct text){v->raw, (size_t)v->count}, file->path, err);
}

static bool read_settings(struct tokenizer *t, const struct lm_file *file, struct error *err) {
    set_defaults(t);
    bool bert = t->family == FAMILY_WORDPIECE, prefix = t->prefix != PREFIX_NONE;
    if (!read_id(file, "tokenizer.ggml.bos_token_id", &t->bos, err) ||
        !read_id(file, bert ? "tokenizer.ggml.seperator_token_id" : "tokenizer.ggml.eos_token_id", &t->eos, err) ||
        !read_id(file, "tokenizer.ggml.unknown_token_id", &t->unknown, err) ||
        !read_id(file, "tokenizer.ggml.eot_token_id", &t->eot, err) ||
        !read_flag(file, "tokenizer.ggml.add_bos_token", &t->adds_bos, err) ||
        !read_flag(file, bert ? "tokenizer.ggml.add_sep_token" : "tokenizer.ggml.add_eos_token", &t->adds_eos, err) ||
        !read_flag(file, "tokenizer.ggml.add_space_prefix", &prefix, err) ||
        !read_flag(file, "tokenizer.ggml.normalizer.lowercase", &t->lowercase, err) ||
        !read_flag(file, "tokenizer.ggml.remove_extra_whitespaces", &t->merges_blanks, err) ||
        !read_charsmap(t, file, err))
        return false;
    if (t->family == FAMILY_SPM || t->family == FAMILY_UNIGRAM) t->prefix = prefix ? PREFIX_ALWAYS : PREFIX_NONE;
    t->strips_accents = t->lowercase;
    if (!read_flag(file, "tokenizer.ggml.normalizer.strip_accents", &t->strips_accents, err)) return false;
    strip_behind_specials(t, file);
    struct text settings = read_text(file, SETTINGS_KEY);
    if (settings.len && !tokenizer_read_settings(t, settings, file->path, err)) return false;
    return tokenizer_keep(t, read_text(file, "tokenizer.chat_template"), &t->chat_template, err);
}

static const struct {
    const char *name;
    enum tokenizer_family family;
} kinds[] = {{"llama", FAMILY_SPM}, {"gpt2", FAMILY_BYTES}, {"bert", FAMILY_WORDPIECE}, {"t5", FAMILY_UNIGRAM},
{"rwkv", FAMILY_GREEDY}};

bool tokenizer_knows_kind(struct text kind) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (text_equal_c(kind, kinds[i].name)) return true;
    return false;
}

static bool read_kind(struct tokenizer *t, const struct lm_file *file, struct error *err) {
    struct text model = read_text(file, "tokenizer.ggml.model");
    if (!model.len)
        return error_set(err, ERROR_DATA,
                         "%s: metadata 'tokenizer.ggml.model' is missing: the file brings no tokenizer", file->path);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (text_equal_c(model, kinds[i].name)) {
            t->family = kinds[i].family;
            return true;
        }
    return error_set(
        err, ERROR_DATA,
        "%s: tokenizer kind '%.*s' is not built; there are llama (SentencePiece BPE), gpt2 (byte-level BPE), "
        "bert (WordPiece), t5 (Unigram) and rwkv (longest match)",
        file->path, (int)(model.len < 60 ? model.len : 60), model.at);
}

struct tokenizer *tokenizer_from_gguf(const struct lm_file *file, struct error *err) {
    struct tokenizer *t = tokenizer_new(err);
    if (!t) return NULL;
    bool ok = read_kind(t, file, err) && read_tokens(t, file, err) && tokenizer_index(t, err);
    if (ok && t->family == FAMILY_BYTES) ok = use_pre(t, file, err) && read_merges(t, file, err);
    if (ok && read_settings(t, file, err) && tokenizer_finish(t, file->path, err)) return t;
    tokenizer_free(t);
    return NULL;
}

/* ---- writing ---- */

static bool put_tokens(const struct tokenizer *t, struct gguf_writer *w, struct error *err) {
    int32_t *types = memory_grow(NULL, t->n, sizeof *types);
    if (!types) return error_memory(err, "tokenizer");
    for (size_t i = 0; i < t->n; i++) types[i] = t->types[i];
    bool ok = gguf_put_texts(w, "tokenizer.ggml.tokens", t->tokens, t->n, err) &&
              gguf_put_i32s(w, "tokenizer.ggml.token_type", types, t->n, err);
    memory_free(types);
    return ok;
}

/* Merges as "a b"; the writer wants them all at once. */
static bool put_merges(const struct tokenizer *t, struct gguf_writer *w, struct error *err) {
    struct arena arena;
    arena_init(&arena, SIZE_MAX / 2);
    struct text *texts = arena_new(&arena, struct text, t->merges.n, err);
    size_t bytes = 0;
    for (size_t i = 0; i < t->merges.n; i++) bytes += tokenizer_symbol(t, t->merge_list[i].merged).len + 1;
    char *all = texts ? arena_alloc(&arena, bytes, 1, err) : NULL;
    for (size_t i = 0; all && i < t->merges.n; i++) {
        struct text left = tokenizer_symbol(t, t->merge_list[i].left),
                    right = tokenizer_symbol(t, t->merge_list[i].right);
        texts[i] = (struct text){all, left.len + 1 + right.len};
        memcpy(all, left.at, left.len);
        all[left.len] = ' ';
        memcpy(all + left.len + 1, right.at, right.len);
        all += texts[i].len;
    }
    bool ok = all && gguf_put_texts(w, "tokenizer.ggml.merges", texts, t->merges.n, err);
    arena_done(&arena);
    return ok;
}

/* Kinds with default ids need to be told that there is none. */
static bool put_ids(const struct tokenizer *t, struct gguf_writer *w, struct error *err) {
    bool bert = t->family == FAMILY_WORDPIECE;
    const struct {
        const char *key;
        int32_t id;
    } ids[] = {{"tokenizer.ggml.bos_token_id", t->bos},
               {bert ? "tokenizer.ggml.seperator_token_id" : "tokenizer.ggml.eos_token_id", t->eos},
               {"tokenizer.ggml.unknown_token_id", t->unknown},
               {"tokenizer.ggml.eot_token_id", t->eot}};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        bool has_default = t->family != FAMILY_BYTES && i < 3;
        if (t->family == FAMILY_GREEDY && i != 1) continue;
        if (ids[i].id < 0 && !has_default) continue;
        if (!gguf_put_u32(w, ids[i].key, ids[i].id < 0 ? UINT32_MAX : (uint32_t)ids[i].id, err)) return false;
    }
    return true;
}

static bool put_flags(const struct tokenizer *t, struct gguf_writer *w, struct error *err) {
    bool bert = t->family == FAMILY_WORDPIECE;
    if (!gguf_put_bool(w, "tokenizer.ggml.add_bos_token", t->adds_bos, err) ||
        !gguf_put_bool(w, bert ? "tokenizer.ggml.add_sep_token" : "tokenizer.ggml.add_eos_token", t->adds_eos, err))
        return false;
    if (t->family == FAMILY_UNIGRAM &&
        !gguf_put_bool(w, "tokenizer.ggml.remove_extra_whitespaces", t->merges_blanks, err))
        return false;
    if (t->family == FAMILY_SPM || t->family == FAMILY_UNIGRAM)
        return gguf_put_bool(w, "tokenizer.ggml.add_space_prefix", t->prefix != PREFIX_NONE, err);
    if (!bert) return true;
    return gguf_put_bool(w, "tokenizer.ggml.normalizer.lowercase", t->lowercase, err) &&
           gguf_put_bool(w, "tokenizer.ggml.normalizer.strip_accents", t->strips_accents, err);
}

static bool put_settings(const struct tokenizer *t, struct gguf_writer *w, struct error *err) {
    struct buffer settings;
    buffer_init(&settings, (size_t)1 << 24);
    tokenizer_put_settings(t, &settings);
    bool ok = buffer_check(&settings, "tokenizer", err);
    if (ok && settings.len) ok = gguf_put_text(w, SETTINGS_KEY, buffer_text(&settings), err);
    buffer_done(&settings);
    return ok;
}

bool tokenizer_to_gguf(const struct tokenizer *t, struct gguf_writer *w, struct error *err) {
    if (!gguf_put_text(w, "tokenizer.ggml.model", text_of(tokenizer_kind(t)), err) || !put_tokens(t, w, err))
        return false;
    if (t->family == FAMILY_BYTES &&
        (!gguf_put_text(w, "tokenizer.ggml.pre", text_of(t->pre), err) || !put_merges(t, w, err)))
        return false;
    if (t->charsmap.n && !gguf_put_bytes(w, CHARSMAP_KEY, t->charsmap.blob, err)) return false;
    if ((t->family == FAMILY_SPM || t->family == FAMILY_UNIGRAM) &&
        !gguf_put_f32s(w, "tokenizer.ggml.scores", t->scores, t->n, err))
        return false;
    if (!put_ids(t, w, err) || !put_flags(t, w, err) || !put_settings(t, w, err)) return false;
    return !t->chat_template.len || gguf_put_text(w, "tokenizer.chat_template", t->chat_template, err);
}
