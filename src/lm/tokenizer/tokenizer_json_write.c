/* Writing a tokenizer.json that Hugging Face's library reads: the vocabulary, the merges (of SentencePiece BPE made
 * from the scores), the steps around them. What that format has no words for is refused by name. */
#include "lm/tokenizer/tokenizer_internal.h"

#include "base/base64.h"

#include <math.h>
#include <stdlib.h>

struct json_sink {
    const struct tokenizer *t;
    struct error *err;
};

static bool refuse(struct json_sink *s, const char *what) {
    return error_set(s->err, ERROR_USAGE, "a tokenizer.json cannot say %s; write GGUF instead", what);
}

/* ---- model ---- */

/* WordPiece: our "▁word" is "word" there, our "ing" is "##ing". */
static json_t *wordpiece_form(struct text form) {
    struct buffer b;
    buffer_init(&b, form.len + 8);
    bool word = text_starts(form, TEXT(SPACE_MARK));
    if (!word) buffer_put_c(&b, "##");
    buffer_put_text(&b, word ? text_part(form, 3, form.len) : form);
    json_t *j = b.failed ? NULL : json_from_text(buffer_text(&b));
    buffer_done(&b);
    return j;
}

static bool is_added(const struct tokenizer *t, size_t i) {
    return t->types[i] == TOKEN_CONTROL || t->types[i] == TOKEN_UNKNOWN ||
           (t->types[i] == TOKEN_USER && !t->user_inside);
}

static json_t *vocabulary_object(const struct tokenizer *t) {
    json_t *all = json_object();
    for (size_t i = 0; all && i < t->n; i++) {
        json_t *form = t->family == FAMILY_WORDPIECE && !is_added(t, i) ? wordpiece_form(t->tokens[i])
                                                                        : json_from_text(t->tokens[i]);
        if (form && !json_object_get(all, json_string_value(form)))
            json_object_set_new(all, json_string_value(form), json_integer((json_int_t)i));
        json_decref(form);
    }
    return all;
}

static json_t *pieces_list(const struct tokenizer *t) {
    json_t *all = json_array();
    for (size_t i = 0; all && i < t->n; i++) {
        json_t *piece = json_array();
        json_array_append_new(piece, json_from_text(t->tokens[i]));
        json_array_append_new(piece, json_real(t->weights ? t->weights[i] : (double)t->scores[i]));
        json_array_append_new(all, piece);
    }
    return all;
}

static json_t *pair(const struct tokenizer *t, int32_t left, int32_t right) {
    return json_pack("[o, o]", json_from_text(tokenizer_symbol(t, left)), json_from_text(tokenizer_symbol(t, right)));
}

static json_t *listed_merges(const struct tokenizer *t) {
    json_t *all = json_array();
    for (size_t i = 0; all && i < t->merges.n; i++)
        json_array_append_new(all, pair(t, t->merge_list[i].left, t->merge_list[i].right));
    return all;
}

struct scored {
    float score;
    int32_t id, left, right;
};

static int compare_scored(const void *a, const void *b) {
    const struct scored *x = a, *y = b;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    return x->id != y->id ? (x->id > y->id) - (x->id < y->id) : (x->left > y->left) - (x->left < y->left);
}

static bool merges_of_token(const struct tokenizer *t, size_t id, struct scored **list, size_t *n, size_t *capacity) {
    struct text form = t->tokens[id];
    for (size_t at = 1; at < form.len; at++) {
        if (((unsigned char)form.at[at] & 0xC0) == 0x80) continue;
        int32_t left = tokenizer_find(t, text_part(form, 0, at));
        int32_t right = left >= 0 ? tokenizer_find(t, text_part(form, at, form.len)) : -1;
        if (right < 0) continue;
        if (*n == *capacity) {
            size_t wanted = *capacity ? *capacity * 2 : 4096;
            struct scored *more = memory_grow(*list, wanted, sizeof *more);
            if (!more) return false;
            *list = more;
            *capacity = wanted;
        }
        (*list)[(*n)++] = (struct scored){t->scores[id], (int32_t)id, left, right};
    }
    return true;
}

/* Every cut of a token into two tokens, the best score first. */
static json_t *scored_merges(const struct tokenizer *t) {
    struct scored *list = NULL;
    size_t n = 0, capacity = 0;
    bool ok = true;
    for (size_t i = 0; ok && i < t->n; i++)
        if (t->scores[i] != -INFINITY && t->types[i] == TOKEN_NORMAL) ok = merges_of_token(t, i, &list, &n, &capacity);
    json_t *all = ok ? json_array() : NULL;
    if (n) qsort(list, n, sizeof *list, compare_scored);
    for (size_t i = 0; all && i < n; i++) json_array_append_new(all, pair(t, list[i].left, list[i].right));
    memory_free(list);
    return all;
}

static json_t *unknown_form(const struct tokenizer *t, int32_t id) {
    return id >= 0 ? json_from_text(t->tokens[id]) : json_null();
}

static json_t *model_json(struct json_sink *s) {
    const struct tokenizer *t = s->t;
    if (t->family == FAMILY_UNIGRAM)
        return json_pack("{s:s, s:o, s:o, s:b}", "type", "Unigram", "unk_id",
                         t->unknown >= 0 ? json_integer(t->unknown) : json_null(), "vocab", pieces_list(t),
                         "byte_fallback", t->falls_to_bytes);
    if (t->family == FAMILY_WORDPIECE)
        return json_pack("{s:s, s:o, s:s, s:I, s:o}", "type", "WordPiece", "unk_token", unknown_form(t, t->unknown),
                         "continuing_subword_prefix", "##", "max_input_chars_per_word",
                         (json_int_t)(t->word_max ? t->word_max : 100), "vocab", vocabulary_object(t));
    bool bytes = t->family == FAMILY_BYTES;
    if (t->n_extra) return refuse(s, "merges of symbols that are no tokens"), NULL;
    return json_pack("{s:s, s:n, s:o, s:n, s:n, s:b, s:b, s:b, s:o, s:o}", "type", "BPE", "dropout", "unk_token",
                     unknown_form(t, bytes ? t->missing : t->unknown), "continuing_subword_prefix",
                     "end_of_word_suffix", "fuse_unk", t->fuses_unknown, "byte_fallback", !bytes, "ignore_merges",
                     t->ignores_merges, "vocab", vocabulary_object(t), "merges",
                     bytes ? listed_merges(t) : scored_merges(t));
}

static json_t *added_json(const struct tokenizer *t) {
    json_t *all = json_array();
    for (size_t i = 0; all && i < t->n; i++) {
        if (!is_added(t, i)) continue;
        json_array_append_new(
            all, json_pack("{s:I, s:o, s:b, s:b, s:b, s:b, s:b}", "id", (json_int_t)i, "content",
                           json_from_text(t->tokens[i]), "single_word", 0, "lstrip", (t->flags[i] & STRIP_LEFT) != 0,
                           "rstrip", (t->flags[i] & STRIP_RIGHT) != 0, "normalized",
                           (t->flags[i] & MATCH_NORMALIZED) != 0, "special", t->types[i] != TOKEN_USER));
    }
    return all;
}

/* ---- steps ---- */

static json_t *named(const char *type) {
    return json_pack("{s:s}", "type", type);
}

static json_t *replace(const char *kind, struct text from, struct text to) {
    return json_pack("{s:s, s:{s:o}, s:o}", "type", "Replace", "pattern", kind, json_from_text(from), "content",
                     json_from_text(to));
}

static json_t *precompiled(const struct tokenizer *t) {
    struct buffer b;
    buffer_init(&b, t->charsmap.blob.len * 2 + 16);
    base64_put(&b, t->charsmap.blob);
    json_t *j = b.failed ? NULL : json_pack("{s:s, s:o}", "type", "Precompiled", "precompiled_charsmap",
                                            json_from_text(buffer_text(&b)));
    buffer_done(&b);
    return j;
}

static const char *form_name(int form) {
    static const char *const names[] = {
        [FORM_NONE] = "", [FORM_NFC] = "NFC", [FORM_NFD] = "NFD", [FORM_NFKC] = "NFKC", [FORM_NFKD] = "NFKD"};
    return names[form];
}

static json_t *step_json(const struct tokenizer *t, const struct normal_step *step) {
    switch (step->kind) {
    case NORMAL_FORM:
        return named(form_name(step->option));
    case NORMAL_LOWERCASE:
        return named("Lowercase");
    case NORMAL_STRIP_ACCENTS:
        return named("StripAccents");
    case NORMAL_NMT:
        return named("Nmt");
    case NORMAL_STRIP:
        return json_pack("{s:s, s:b, s:b}", "type", "Strip", "strip_left", step->option & STRIP_LEFT, "strip_right",
                         (step->option & STRIP_RIGHT) != 0);
    case NORMAL_REPLACE:
        return replace(step->code ? "Regex" : "String", step->from, step->with);
    case NORMAL_CHARSMAP:
        return precompiled(t);
    case NORMAL_PREPEND:
        return json_pack("{s:s, s:o}", "type", "Prepend", "prepend", json_from_text(step->with));
    }
    return json_null();
}

/* Whether Metaspace puts the marks; otherwise a normalizer does, as in files of Llama. */
static bool by_metaspace(const struct tokenizer *t) {
    return t->family == FAMILY_UNIGRAM ||
           (t->family == FAMILY_SPM &&
            (t->as_sentencepiece || t->prefix == PREFIX_FIRST || t->prefix_once || t->n_splits));
}

static json_t *normalizer_json(const struct tokenizer *t) {
    if (t->family == FAMILY_WORDPIECE)
        return json_pack("{s:s, s:b, s:b, s:b, s:b}", "type", "BertNormalizer", "clean_text", 1, "handle_chinese_chars",
                         1, "strip_accents", t->strips_accents, "lowercase", t->lowercase);
    json_t *list = json_array();
    if (t->form != FORM_NONE) json_array_append_new(list, named(form_name(t->form)));
    for (size_t i = 0; i < t->n_steps; i++) json_array_append_new(list, step_json(t, &t->steps[i]));
    if (t->as_sentencepiece) {
        if (t->charsmap.n) json_array_append_new(list, precompiled(t));
        if (t->merges_blanks) {
            json_array_append_new(list,
                                  json_pack("{s:s, s:b, s:b}", "type", "Strip", "strip_left", 1, "strip_right", 1));
            json_array_append_new(list, replace("Regex", TEXT(" {2,}"), TEXT(" ")));
        }
    } else if (t->family == FAMILY_SPM && !by_metaspace(t)) {
        if (t->prefix != PREFIX_NONE)
            json_array_append_new(list, json_pack("{s:s, s:s}", "type", "Prepend", "prepend", SPACE_MARK));
        json_array_append_new(list, replace("String", TEXT(" "), TEXT(SPACE_MARK)));
    }
    if (json_array_size(list)) return json_pack("{s:s, s:o}", "type", "Sequence", "normalizers", list);
    json_decref(list);
    return json_null();
}

static json_t *metaspace(const struct tokenizer *t, bool splits) {
    const char *scheme = t->prefix == PREFIX_NONE ? "never" : t->prefix == PREFIX_FIRST ? "first" : "always";
    return json_pack("{s:s, s:s, s:s, s:b}", "type", "Metaspace", "replacement", SPACE_MARK, "prepend_scheme", scheme,
                     "split", splits);
}

static json_t *split_json(const struct split *split) {
    static const struct {
        const char *name;
        bool inverted;
    } behaviors[] = {[SPLIT_ISOLATED] = {"Isolated", false},
                     [SPLIT_REMOVED] = {"Removed", false},
                     [SPLIT_KEPT_ONLY] = {"Removed", true},
                     [SPLIT_WITH_PREVIOUS] = {"MergedWithPrevious", false},
                     [SPLIT_WITH_NEXT] = {"MergedWithNext", false}};
    return json_pack("{s:s, s:{s:s}, s:s, s:b}", "type", "Split", "pattern", "Regex", split->pattern, "behavior",
                     behaviors[split->behavior].name, "invert", behaviors[split->behavior].inverted);
}

static json_t *pretokenizer_json(struct json_sink *s) {
    const struct tokenizer *t = s->t;
    if (t->family == FAMILY_WORDPIECE) return named("BertPreTokenizer");
    if (t->family != FAMILY_BYTES) {
        if (!by_metaspace(t)) return json_null();
        if (t->n_splits > 1) return refuse(s, "several splits of marked text"), NULL;
        json_t *marks = metaspace(t, t->n_splits == 1);
        if (!t->cuts_blanks) return marks;
        return json_pack("{s:s, s:[{s:s}, o]}", "type", "Sequence", "pretokenizers", "type", "WhitespaceSplit", marks);
    }
    json_t *list = json_array();
    for (size_t i = 0; i < t->n_splits; i++) json_array_append_new(list, split_json(&t->splits[i]));
    json_array_append_new(list, json_pack("{s:s, s:b, s:b, s:b}", "type", "ByteLevel", "add_prefix_space",
                                          t->prefix != PREFIX_NONE, "trim_offsets", 1, "use_regex", 0));
    return json_pack("{s:s, s:o}", "type", "Sequence", "pretokenizers", list);
}

static json_t *byte_level(void) {
    return json_pack("{s:s, s:b, s:b, s:b}", "type", "ByteLevel", "add_prefix_space", 1, "trim_offsets", 1, "use_regex",
                     1);
}

static json_t *special_json(const struct tokenizer *t, int32_t id) {
    return json_pack("{s:{s:o, s:i}}", "SpecialToken", "id", json_from_text(t->tokens[id]), "type_id", 0);
}

static json_t *postprocessor_json(const struct tokenizer *t) {
    const int32_t ids[] = {tokenizer_adds_bos(t) ? t->bos : -1, tokenizer_adds_eos(t) ? t->eos : -1};
    if (ids[0] < 0 && ids[1] < 0) return t->family == FAMILY_BYTES ? byte_level() : json_null();
    json_t *single = json_array(), *pairs = json_array(), *tokens = json_object();
    for (int sequence = 0; sequence < 2; sequence++) {
        const char *name = sequence ? "B" : "A";
        if (ids[0] >= 0 && !sequence) json_array_append_new(pairs, special_json(t, ids[0]));
        if (ids[0] >= 0 && !sequence) json_array_append_new(single, special_json(t, ids[0]));
        json_t *text = json_pack("{s:{s:s, s:i}}", "Sequence", "id", name, "type_id", sequence);
        json_array_append(pairs, text);
        if (!sequence) json_array_append(single, text);
        json_decref(text);
        if (ids[1] >= 0) json_array_append_new(pairs, special_json(t, ids[1]));
        if (ids[1] >= 0 && !sequence) json_array_append_new(single, special_json(t, ids[1]));
    }
    for (size_t i = 0; i < 2; i++)
        if (ids[i] >= 0)
            json_object_set_new(tokens, t->tokens[ids[i]].at,
                                json_pack("{s:o, s:[i], s:[o]}", "id", json_from_text(t->tokens[ids[i]]), "ids", ids[i],
                                          "tokens", json_from_text(t->tokens[ids[i]])));
    return json_pack("{s:s, s:o, s:o, s:o}", "type", "TemplateProcessing", "single", single, "pair", pairs,
                     "special_tokens", tokens);
}

static json_t *decoder_json(const struct tokenizer *t) {
    if (t->family == FAMILY_BYTES) return byte_level();
    if (t->family == FAMILY_WORDPIECE)
        return json_pack("{s:s, s:s, s:b}", "type", "WordPiece", "prefix", "##", "cleanup", 1);
    json_t *list = json_pack("[o, {s:s}, {s:s}]", replace("String", TEXT(SPACE_MARK), TEXT(" ")), "type",
                             "ByteFallback", "type", "Fuse");
    if (list && t->prefix != PREFIX_NONE)
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:i, s:i}", "type", "Strip", "content", " ", "start", 1, "stop", 0));
    return json_pack("{s:s, s:o}", "type", "Sequence", "decoders", list);
}

static bool can_be_said(struct json_sink *s) {
    const struct tokenizer *t = s->t;
    if (t->family == FAMILY_GREEDY) return refuse(s, "the longest match");
    if (t->marks_behind) return refuse(s, "blanks that are marked behind a text");
    if (t->family == FAMILY_SPM && t->user_inside)
        for (size_t i = 0; i < t->n; i++)
            if (t->types[i] == TOKEN_USER) return refuse(s, "user tokens inside SentencePiece BPE");
    return true;
}

bool tokenizer_to_json(const struct tokenizer *t, struct buffer *out, struct error *err) {
    struct json_sink s = {t, err};
    if (!can_be_said(&s)) return false;
    json_t *model = model_json(&s), *pre = model ? pretokenizer_json(&s) : NULL;
    if (!pre) {
        json_decref(model);
        return err->kind != ERROR_NONE ? false : error_memory(err, "tokenizer");
    }
    json_t *root = json_pack("{s:s, s:n, s:n, s:o, s:o, s:o, s:o, s:o, s:o}", "version", "1.0", "truncation", "padding",
                             "added_tokens", added_json(t), "normalizer", normalizer_json(t), "pre_tokenizer", pre,
                             "post_processor", postprocessor_json(t), "decoder", decoder_json(t), "model", model);
    bool ok = root ? json_put(out, root, 1) && buffer_put_char(out, '\n') : error_memory(err, "tokenizer");
    json_decref(root);
    return ok && buffer_check(out, "tokenizer.json", err);
}
