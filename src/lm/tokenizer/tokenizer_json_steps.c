/* The steps around the model of a tokenizer.json: normalizers, pre-tokenizers, post-processors. */
#include "lm/tokenizer/tokenizer_json.h"

#include "base/base64.h"

#include <string.h>

/* ---- normalizers ---- */

static bool read_bert_normalizer(struct json_source *s, const json_t *n) {
    const json_t *strip = json_object_get(n, "strip_accents");
    if (s->t->family != FAMILY_WORDPIECE) return json_source_refuse(s, "normalizer", TEXT("BertNormalizer"));
    if (json_is_false(json_object_get(n, "clean_text")) || json_is_false(json_object_get(n, "handle_chinese_chars")))
        return json_source_refuse(s, "BertNormalizer option", TEXT("clean_text or handle_chinese_chars = false"));
    s->t->lowercase = json_is_true(json_object_get(n, "lowercase"));
    s->t->strips_accents = json_is_boolean(strip) ? json_is_true(strip) : s->t->lowercase;
    return true;
}

/* Blanks to marks is the kind's own work; any other replacement is a step. */
static bool read_replace(struct json_source *s, const json_t *n) {
    const json_t *pattern = json_object_get(n, "pattern");
    struct text plain = json_text(json_object_get(pattern, "String")),
                regex = json_text(json_object_get(pattern, "Regex")), to = json_text(json_object_get(n, "content"));
    if (text_equal_c(plain, " ") && text_equal_c(to, SPACE_MARK) && s->t->family == FAMILY_SPM)
        return s->marks_blanks = true;
    struct normal_step step = {.kind = NORMAL_REPLACE, .from = regex.len ? regex : plain, .with = to};
    if (!step.from.len || !json_is_string(json_object_get(n, "content")))
        return json_source_wrong(s, "normalizer.pattern", "Regex or String, with content");
    return tokenizer_add_step(s->t, step, regex.len > 0, s->name, s->err);
}

static bool read_precompiled(struct json_source *s, const json_t *n) {
    struct buffer blob;
    struct text coded = json_text(json_object_get(n, "precompiled_charsmap"));
    if (s->t->charsmap.n) return json_source_refuse(s, "normalizer", TEXT("a second Precompiled"));
    buffer_init(&blob, coded.len + 4);
    bool ok = base64_read(&blob, coded) || json_source_wrong(s, "normalizer.precompiled_charsmap", "Base64");
    ok = ok && charsmap_read(&s->t->charsmap, &s->t->arena, buffer_text(&blob), s->name, s->err) &&
         tokenizer_add_step(s->t, (struct normal_step){.kind = NORMAL_CHARSMAP}, false, s->name, s->err);
    buffer_done(&blob);
    return ok;
}

static bool add_step(struct json_source *s, enum normal_kind kind, int option) {
    return tokenizer_add_step(s->t, (struct normal_step){.kind = kind, .option = option}, false, s->name, s->err);
}

static bool read_prepend(struct json_source *s, const json_t *n) {
    struct text prefix = json_text(json_object_get(n, "prepend"));
    if (text_equal_c(prefix, SPACE_MARK) && s->t->family == FAMILY_SPM) {
        s->t->prefix = PREFIX_ALWAYS;
        return true;
    }
    struct normal_step step = {.kind = NORMAL_PREPEND, .with = prefix};
    return tokenizer_add_step(s->t, step, false, s->name, s->err);
}

static bool read_one_normalizer(struct json_source *s, const json_t *n) {
    static const char *const forms[] = {
        [FORM_NFC] = "NFC", [FORM_NFD] = "NFD", [FORM_NFKC] = "NFKC", [FORM_NFKD] = "NFKD"};
    struct text type = json_source_type(n);
    if (text_equal_c(type, "BertNormalizer")) return read_bert_normalizer(s, n);
    if (s->t->family == FAMILY_WORDPIECE) return json_source_refuse(s, "normalizer of WordPiece", type);
    if (s->marks_blanks) return json_source_refuse(s, "normalizer behind blanks as U+2581", type);
    for (int form = FORM_NFC; form <= FORM_NFKD; form++)
        if (text_equal_c(type, forms[form])) return add_step(s, NORMAL_FORM, form);
    if (text_equal_c(type, "Replace")) return read_replace(s, n);
    if (text_equal_c(type, "Precompiled")) return read_precompiled(s, n);
    if (text_equal_c(type, "Prepend")) return read_prepend(s, n);
    if (text_equal_c(type, "Lowercase")) return add_step(s, NORMAL_LOWERCASE, 0);
    if (text_equal_c(type, "StripAccents")) return add_step(s, NORMAL_STRIP_ACCENTS, 0);
    if (text_equal_c(type, "Nmt")) return add_step(s, NORMAL_NMT, 0);
    if (!text_equal_c(type, "Strip")) return json_source_refuse(s, "normalizer", type);
    return add_step(s, NORMAL_STRIP,
                    (json_is_false(json_object_get(n, "strip_left")) ? 0 : STRIP_LEFT) |
                        (json_is_false(json_object_get(n, "strip_right")) ? 0 : STRIP_RIGHT));
}

/* One normal form alone is `form`, so that files of it stay what they were. */
static void fold_form(struct tokenizer *t) {
    if (t->n_steps != 1 || t->steps[0].kind != NORMAL_FORM) return;
    t->form = (enum tokenizer_form)t->steps[0].option;
    t->n_steps = 0;
}

bool json_read_normalizer(struct json_source *s, const json_t *n) {
    if (!n || json_is_null(n)) return true;
    bool sequence = text_equal_c(json_source_type(n), "Sequence");
    const json_t *list = json_object_get(n, "normalizers");
    for (size_t i = 0; sequence && i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        if (text_equal_c(json_source_type(one), "Sequence"))
            return json_source_refuse(s, "normalizer", TEXT("nested Sequence"));
        if (!read_one_normalizer(s, one)) return false;
    }
    if (!sequence && !read_one_normalizer(s, n)) return false;
    fold_form(s->t);
    return true;
}

/* ---- pre-tokenizers ---- */

static bool read_behavior(struct json_source *s, const json_t *p, enum split_behavior *out) {
    static const struct {
        const char *name;
        enum split_behavior plain, inverted;
    } behaviors[] = {{"Isolated", SPLIT_ISOLATED, SPLIT_ISOLATED},
                     {"Removed", SPLIT_REMOVED, SPLIT_KEPT_ONLY},
                     {"MergedWithPrevious", SPLIT_WITH_PREVIOUS, SPLIT_ISOLATED},
                     {"MergedWithNext", SPLIT_WITH_NEXT, SPLIT_ISOLATED}};
    struct text behavior = json_text(json_object_get(p, "behavior"));
    bool inverted = json_is_true(json_object_get(p, "invert"));
    for (size_t i = 0; i < sizeof behaviors / sizeof *behaviors; i++) {
        if (!text_equal_c(behavior, behaviors[i].name)) continue;
        if (inverted && i >= 2) return json_source_refuse(s, "inverted split behavior", behavior);
        *out = inverted ? behaviors[i].inverted : behaviors[i].plain;
        return true;
    }
    return json_source_refuse(s, "split behavior", behavior);
}

static bool read_split(struct json_source *s, const json_t *p) {
    const json_t *pattern = json_object_get(p, "pattern");
    struct text regex = json_text(json_object_get(pattern, "Regex")),
                plain = json_text(json_object_get(pattern, "String"));
    enum split_behavior behavior = SPLIT_ISOLATED;
    if (!read_behavior(s, p, &behavior)) return false;
    if (regex.len) return tokenizer_add_split(s->t, regex, behavior, s->name, s->err);
    if (!plain.len || text_find(plain, TEXT("\\E"), 0) != SIZE_MAX)
        return json_source_wrong(s, "pre_tokenizer.pattern", "Regex or String");
    if (s->marks_blanks && text_equal_c(plain, " ")) return true; /* there are no blanks left to cut at */
    struct buffer quoted;
    buffer_init(&quoted, plain.len + 8);
    buffer_printf(&quoted, "\\Q%.*s\\E", TEXT_ARG(plain));
    bool ok = buffer_check(&quoted, "pattern", s->err) &&
              tokenizer_add_split(s->t, buffer_text(&quoted), behavior, s->name, s->err);
    buffer_done(&quoted);
    return ok;
}

static bool read_byte_level(struct json_source *s, const json_t *p) {
    s->byte_level = true;
    if (json_is_true(json_object_get(p, "add_prefix_space"))) {
        s->t->prefix = PREFIX_ALWAYS;
        s->t->prefix_once = true;
    }
    if (json_is_false(json_object_get(p, "use_regex"))) return true;
    return tokenizer_add_split(s->t, text_of(pretokenizer_gpt2_pattern), SPLIT_ISOLATED, s->name, s->err);
}

/* Blanks become marks; a mark is put first unless there is one; words begin at marks. */
static bool read_metaspace(struct json_source *s, const json_t *p) {
    struct text scheme = json_text(json_object_get(p, "prepend_scheme"));
    const json_t *add = json_object_get(p, "add_prefix_space");
    if (!text_equal_c(json_text(json_object_get(p, "replacement")), SPACE_MARK))
        return json_source_refuse(s, "Metaspace replacement", json_text(json_object_get(p, "replacement")));
    if (s->t->n_splits) return json_source_refuse(s, "pre-tokenizer", TEXT("Metaspace behind another"));
    s->marks_blanks = true;
    s->t->prefix_once = true;
    s->t->prefix = text_equal_c(scheme, "first")                         ? PREFIX_FIRST
                   : text_equal_c(scheme, "never") || json_is_false(add) ? PREFIX_NONE
                                                                         : PREFIX_ALWAYS;
    if (json_is_false(json_object_get(p, "split"))) return true;
    return tokenizer_add_split(s->t, TEXT(SPACE_MARK), SPLIT_WITH_NEXT, s->name, s->err);
}

static bool read_one_pretokenizer(struct json_source *s, const json_t *p) {
    struct text type = json_source_type(p);
    if (s->byte_level) return json_source_refuse(s, "pre-tokenizer behind ByteLevel", type);
    if (text_equal_c(type, "ByteLevel")) return read_byte_level(s, p);
    if (s->t->family == FAMILY_UNIGRAM && text_equal_c(type, "WhitespaceSplit") && !s->marks_blanks)
        return s->cuts_blanks = true;
    if (s->cuts_blanks && !text_equal_c(type, "Metaspace"))
        return json_source_refuse(s, "pre-tokenizer behind WhitespaceSplit", type);
    if (text_equal_c(type, "Split")) return read_split(s, p);
    if (text_equal_c(type, "Metaspace")) return read_metaspace(s, p);
    if (text_equal_c(type, "Digits")) {
        bool single = json_is_true(json_object_get(p, "individual_digits"));
        return tokenizer_add_split(s->t, text_of(single ? "\\p{N}" : "\\p{N}+"), SPLIT_ISOLATED, s->name, s->err);
    }
    return json_source_refuse(s, "pre-tokenizer", type);
}

bool json_read_pretokenizer(struct json_source *s, const json_t *p) {
    if (!p || json_is_null(p)) return true;
    if (s->t->family == FAMILY_WORDPIECE)
        return text_equal_c(json_source_type(p), "BertPreTokenizer") ||
               json_source_refuse(s, "pre-tokenizer", json_source_type(p));
    if (!text_equal_c(json_source_type(p), "Sequence")) return read_one_pretokenizer(s, p);
    const json_t *list = json_object_get(p, "pretokenizers");
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!read_one_pretokenizer(s, json_array_get(list, i))) return false;
    return true;
}

/* ---- post-processors ---- */

static int32_t token_of(struct json_source *s, struct text form) {
    return form.len ? tokenizer_find(s->t, form) : -1;
}

/* [special tokens..., sequence A, special tokens...]: at most one on each side can be put around a text. */
static bool read_template(struct json_source *s, const json_t *p) {
    const json_t *single = json_object_get(p, "single");
    bool behind = false;
    for (size_t i = 0; i < json_array_size(single); i++) {
        const json_t *special = json_object_get(json_array_get(single, i), "SpecialToken");
        if (!special) {
            behind = true;
            continue;
        }
        int32_t id = token_of(s, json_text(json_object_get(special, "id")));
        bool *adds = behind ? &s->t->adds_eos : &s->t->adds_bos;
        if (id < 0 || *adds)
            return json_source_refuse(s, "post-processor", TEXT("TemplateProcessing with other tokens"));
        *adds = true;
        *(behind ? &s->t->eos : &s->t->bos) = id;
    }
    return true;
}

/* BERT and RoBERTa: cls and sep are [text, id]. */
static bool read_pair(struct json_source *s, const json_t *p) {
    int32_t cls = token_of(s, json_text(json_array_get(json_object_get(p, "cls"), 0)));
    int32_t sep = token_of(s, json_text(json_array_get(json_object_get(p, "sep"), 0)));
    if (cls < 0 || sep < 0) return json_source_wrong(s, "post_processor", "cls and sep among the tokens");
    s->t->bos = cls;
    s->t->eos = sep;
    s->t->adds_bos = s->t->adds_eos = true;
    return true;
}

bool json_read_postprocessor(struct json_source *s, const json_t *p) {
    struct text type = json_source_type(p);
    if (!p || json_is_null(p) || text_equal_c(type, "ByteLevel")) return true;
    if (text_equal_c(type, "TemplateProcessing")) return read_template(s, p);
    if (text_equal_c(type, "BertProcessing") || text_equal_c(type, "RobertaProcessing")) return read_pair(s, p);
    if (!text_equal_c(type, "Sequence")) return json_source_refuse(s, "post-processor", type);
    const json_t *list = json_object_get(p, "processors");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        if (text_equal_c(json_source_type(one), "Sequence"))
            return json_source_refuse(s, "post-processor", TEXT("nested Sequence"));
        if (!json_read_postprocessor(s, one)) return false;
    }
    return true;
}
