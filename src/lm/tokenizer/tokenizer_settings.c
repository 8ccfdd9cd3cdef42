/* Settings of a tokenizer that GGUF has no keys for, kept as one JSON text so that a tokenizer survives being saved:
 *   {"splits": [{"pattern", "behavior"}], "form", "prefix", "prefix_once", "ignores_merges", "fuses_unknown",
 *    "missing", "skips_missing", "word_max", "flags": {ID: N}, "steps": [{"step", "option", "pattern", "from",
 *    "with"}], "as_sentencepiece", "merges_blanks", "marks_behind", "user_inside", "cuts_blanks", "falls_to_bytes",
 *    "sums_in_float", "merges_by_id", "all_pieces"}
 * Members that say nothing new are left out; a tokenizer that GGUF describes in full has none. */
#include "lm/tokenizer/tokenizer_internal.h"

#include <string.h>

static const char *const behaviors[] = {[SPLIT_ISOLATED] = "isolated",
                                        [SPLIT_REMOVED] = "removed",
                                        [SPLIT_KEPT_ONLY] = "kept-only",
                                        [SPLIT_WITH_PREVIOUS] = "with-previous",
                                        [SPLIT_WITH_NEXT] = "with-next"};
static const char *const forms[] = {
    [FORM_NONE] = "none", [FORM_NFC] = "nfc", [FORM_NFD] = "nfd", [FORM_NFKC] = "nfkc", [FORM_NFKD] = "nfkd"};
static const char *const prefixes[] = {[PREFIX_NONE] = "none", [PREFIX_ALWAYS] = "always", [PREFIX_FIRST] = "first"};
static const char *const steps[] = {[NORMAL_FORM] = "form",
                                    [NORMAL_LOWERCASE] = "lowercase",
                                    [NORMAL_STRIP_ACCENTS] = "strip-accents",
                                    [NORMAL_STRIP] = "strip",
                                    [NORMAL_REPLACE] = "replace",
                                    [NORMAL_CHARSMAP] = "charsmap",
                                    [NORMAL_NMT] = "nmt",
                                    [NORMAL_PREPEND] = "prepend"};
#define COUNT(names) (sizeof(names) / sizeof *(names))

/* ---- writing ---- */

struct member_writer {
    struct buffer *out;
    bool any;
};

static void put_name(struct member_writer *w, const char *name) {
    buffer_printf(w->out, "%s\"%s\":", w->any ? "," : "{", name);
    w->any = true;
}

static void put_splits(const struct tokenizer *t, struct member_writer *w) {
    put_name(w, "splits");
    for (size_t i = 0; i < t->n_splits; i++) {
        buffer_printf(w->out, "%s{\"behavior\":\"%s\",\"pattern\":", i ? "," : "[", behaviors[t->splits[i].behavior]);
        json_put_string(w->out, text_of(t->splits[i].pattern));
        buffer_put_c(w->out, "}");
    }
    buffer_put_c(w->out, t->n_splits ? "]" : "[]");
}

static void put_flags(const struct tokenizer *t, struct member_writer *w) {
    bool any = false;
    for (size_t i = 0; i < t->n; i++) {
        if (!(t->flags[i] & (STRIP_LEFT | STRIP_RIGHT)) && !(t->flags[i] && tokenizer_normalizes(t))) continue;
        if (!any) put_name(w, "flags");
        buffer_printf(w->out, "%s\"%zu\":%u", any ? "," : "{", i, t->flags[i]);
        any = true;
    }
    if (any) buffer_put_c(w->out, "}");
}

static void put_flag(struct member_writer *w, const char *name, bool on) {
    if (!on) return;
    put_name(w, name);
    buffer_put_c(w->out, "true");
}

static void put_steps(const struct tokenizer *t, struct member_writer *w) {
    if (!t->n_steps) return;
    put_name(w, "steps");
    for (size_t i = 0; i < t->n_steps; i++) {
        const struct normal_step *s = &t->steps[i];
        buffer_printf(w->out, "%s{\"step\":\"%s\",\"option\":%d,\"pattern\":%s,\"from\":", i ? "," : "[",
                      steps[s->kind], s->option, s->code ? "true" : "false");
        json_put_string(w->out, s->from);
        buffer_put_c(w->out, ",\"with\":");
        json_put_string(w->out, s->with);
        buffer_put_c(w->out, "}");
    }
    buffer_put_c(w->out, "]");
}

/* Of SentencePiece's kinds and of ranks. */
static void put_newer(const struct tokenizer *t, struct member_writer *w) {
    bool unigram = t->family == FAMILY_UNIGRAM;
    put_steps(t, w);
    if (unigram != t->as_sentencepiece)
        put_name(w, "as_sentencepiece"), buffer_put_c(w->out, t->as_sentencepiece ? "true" : "false");
    if (!unigram) put_flag(w, "merges_blanks", t->merges_blanks);
    put_flag(w, "marks_behind", t->marks_behind);
    put_flag(w, "user_inside", t->user_inside);
    put_flag(w, "cuts_blanks", t->cuts_blanks);
    put_flag(w, "falls_to_bytes", t->falls_to_bytes);
    put_flag(w, "sums_in_float", t->sums_in_float);
    put_flag(w, "merges_by_id", t->merges_by_id);
    if (unigram && t->weights) put_name(w, "all_pieces"), buffer_put_c(w->out, "true");
}

bool tokenizer_put_settings(const struct tokenizer *t, struct buffer *out) {
    struct member_writer w = {.out = out};
    bool bytes = t->family == FAMILY_BYTES, spm = t->family == FAMILY_SPM || t->family == FAMILY_UNIGRAM;
    const struct pretokenizer *pre = pretokenizer_find(text_of(t->pre));
    if ((bytes && !pre) || (spm && t->n_splits)) put_splits(t, &w);
    if (t->form != FORM_NONE) put_name(&w, "form"), buffer_printf(out, "\"%s\"", forms[t->form]);
    if ((bytes && t->prefix != PREFIX_NONE) || (spm && t->prefix == PREFIX_FIRST))
        put_name(&w, "prefix"), buffer_printf(out, "\"%s\"", prefixes[t->prefix]);
    if (t->prefix_once) put_name(&w, "prefix_once"), buffer_put_c(out, "true");
    if (bytes && t->ignores_merges != (pre && pre->ignores_merges))
        put_name(&w, "ignores_merges"), buffer_put_c(out, t->ignores_merges ? "true" : "false");
    if (t->family != FAMILY_UNIGRAM) put_flag(&w, "fuses_unknown", t->fuses_unknown);
    if (t->missing >= 0) put_name(&w, "missing"), buffer_printf(out, "%d", t->missing);
    if (t->skips_missing) put_name(&w, "skips_missing"), buffer_put_c(out, "true");
    put_newer(t, &w);
    if (t->word_max) put_name(&w, "word_max"), buffer_printf(out, "%zu", t->word_max);
    put_flags(t, &w);
    if (w.any) buffer_put_c(out, "}");
    return !out->failed;
}

/* ---- reading ---- */

struct settings {
    struct tokenizer *t;
    const char *shown;
    struct error *err;
};

static bool bad(struct settings *s, const char *key) {
    return error_set(s->err, ERROR_DATA, "%s: metadata 'basanite.tokenizer': field '%s' is not what it must be",
                     s->shown, key);
}

/* Index of a name in a list; absent leaves *out. */
static bool read_choice(struct settings *s, const json_t *object, const char *key, const char *const *names, size_t n,
                        int *out) {
    const json_t *v = json_object_get(object, key);
    if (!v) return true;
    for (size_t i = 0; i < n; i++)
        if (text_equal_c(json_text(v), names[i])) {
            *out = (int)i;
            return true;
        }
    return bad(s, key);
}

static bool read_flag(struct settings *s, const json_t *object, const char *key, bool *out) {
    const json_t *v = json_object_get(object, key);
    if (v && !json_is_boolean(v)) return bad(s, key);
    if (v) *out = json_is_true(v);
    return true;
}

static bool read_splits(struct settings *s, const json_t *root) {
    const json_t *splits = json_object_get(root, "splits");
    if (splits && (!json_is_array(splits) || s->t->n_splits)) return bad(s, "splits");
    for (size_t i = 0; i < json_array_size(splits); i++) {
        const json_t *split = json_array_get(splits, i);
        int behavior = SPLIT_ISOLATED;
        if (!json_is_object(split) || !json_is_string(json_object_get(split, "pattern"))) return bad(s, "splits");
        if (!read_choice(s, split, "behavior", behaviors, COUNT(behaviors), &behavior)) return false;
        if (!tokenizer_add_split(s->t, json_text(json_object_get(split, "pattern")), (enum split_behavior)behavior,
                                 s->shown, s->err))
            return false;
    }
    return true;
}

static bool read_steps(struct settings *s, const json_t *root) {
    const json_t *list = json_object_get(root, "steps");
    if (list && !json_is_array(list)) return bad(s, "steps");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i), *option = json_object_get(one, "option");
        int kind = -1;
        bool pattern = false;
        if (!read_choice(s, one, "step", steps, COUNT(steps), &kind) || !read_flag(s, one, "pattern", &pattern))
            return false;
        bool in_range =
            json_is_integer(option) && json_integer_value(option) >= 0 && json_integer_value(option) <= FORM_NFKD;
        if (kind < 0 || !in_range || (pattern && kind != NORMAL_REPLACE)) return bad(s, "steps");
        struct normal_step step = {.kind = (enum normal_kind)kind,
                                   .option = (int)json_integer_value(option),
                                   .from = json_text(json_object_get(one, "from")),
                                   .with = json_text(json_object_get(one, "with"))};
        if (!tokenizer_add_step(s->t, step, pattern, s->shown, s->err)) return false;
    }
    return true;
}

/* Of SentencePiece's kinds and of ranks. */
static bool read_newer(struct settings *s, const json_t *root) {
    struct tokenizer *t = s->t;
    bool all_pieces = false;
    if (!read_steps(s, root) || !read_flag(s, root, "as_sentencepiece", &t->as_sentencepiece) ||
        !read_flag(s, root, "merges_blanks", &t->merges_blanks) ||
        !read_flag(s, root, "marks_behind", &t->marks_behind) || !read_flag(s, root, "user_inside", &t->user_inside) ||
        !read_flag(s, root, "cuts_blanks", &t->cuts_blanks) ||
        !read_flag(s, root, "falls_to_bytes", &t->falls_to_bytes) ||
        !read_flag(s, root, "sums_in_float", &t->sums_in_float) ||
        !read_flag(s, root, "merges_by_id", &t->merges_by_id) || !read_flag(s, root, "all_pieces", &all_pieces))
        return false;
    if (t->merges_by_id) tokenizer_rank_by_id(t);
    if (!all_pieces || t->family != FAMILY_UNIGRAM) return true;
    t->weights = arena_new(&t->arena, double, t->n, s->err);
    for (size_t i = 0; t->weights && i < t->n; i++) t->weights[i] = (double)t->scores[i];
    return t->weights != NULL;
}

static bool read_flags(struct settings *s, const json_t *root) {
    json_t *flags = json_object_get(root, "flags"), *v;
    const char *key;
    if (flags && !json_is_object(flags)) return bad(s, "flags");
    json_object_foreach(flags, key, v) {
        uint64_t id;
        if (!text_to_u64(text_of(key), &id) || id >= s->t->n || !json_is_integer(v)) return bad(s, "flags");
        s->t->flags[id] = (unsigned char)(json_integer_value(v) & (STRIP_LEFT | STRIP_RIGHT | MATCH_NORMALIZED));
    }
    return true;
}

static bool read_all(struct settings *s, const json_t *root) {
    struct tokenizer *t = s->t;
    int form = t->form, prefix = t->prefix;
    const json_t *missing = json_object_get(root, "missing"), *word_max = json_object_get(root, "word_max");
    if (!json_is_object(root)) return bad(s, "");
    if (!read_splits(s, root) || !read_choice(s, root, "form", forms, COUNT(forms), &form) ||
        !read_choice(s, root, "prefix", prefixes, COUNT(prefixes), &prefix) ||
        !read_flag(s, root, "prefix_once", &t->prefix_once) ||
        !read_flag(s, root, "ignores_merges", &t->ignores_merges) ||
        !read_flag(s, root, "fuses_unknown", &t->fuses_unknown) ||
        !read_flag(s, root, "skips_missing", &t->skips_missing) || !read_flags(s, root) || !read_newer(s, root))
        return false;
    t->form = (enum tokenizer_form)form;
    t->prefix = (enum tokenizer_prefix)prefix;
    if (word_max && (!json_is_integer(word_max) || json_integer_value(word_max) < 0)) return bad(s, "word_max");
    t->word_max = (size_t)json_integer_value(word_max);
    if (!missing) return true;
    if (!json_is_integer(missing) || json_integer_value(missing) < 0 || (size_t)json_integer_value(missing) >= t->n)
        return bad(s, "missing");
    t->missing = (int32_t)json_integer_value(missing);
    return true;
}

bool tokenizer_read_settings(struct tokenizer *t, struct text json, const char *shown, struct error *err) {
    json_t *root = json_read(json, shown, 1, err);
    struct settings s = {t, shown, err};
    bool ok = root && read_all(&s, root);
    json_decref(root);
    return ok;
}
