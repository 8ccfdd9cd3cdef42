/* The steps of a normalizer in a tokenizer.json, as Hugging Face's library takes them. What one normal form or blanks
 * to marks can say is not here: see unicode_normalize and the kinds. */
#include "lm/tokenizer/tokenizer_internal.h"

#include <string.h>
#include <utf8proc.h>

#define CHARACTERS_TOGETHER 6 /* bytes: shorter grapheme clusters are looked up in the map as a whole */
#define NORMAL_GROWTH 64      /* a step may make a text this many times longer */

bool tokenizer_normalizes(const struct tokenizer *t) {
    return t->form != FORM_NONE || t->n_steps > 0;
}

bool tokenizer_add_step(struct tokenizer *t, struct normal_step step, bool pattern, const char *shown,
                        struct error *err) {
    if (t->n_steps == TOKENIZER_STEPS)
        return error_set(err, ERROR_DATA, "%s: more than %d steps of a normalizer", shown, TOKENIZER_STEPS);
    if (step.kind == NORMAL_CHARSMAP && !t->charsmap.n)
        return error_set(err, ERROR_DATA, "%s: the step Precompiled needs a map of characters", shown);
    if (pattern && !(step.code = tokenizer_compile(t, step.from, shown, err))) return false;
    struct normal_step *slot = &t->steps[t->n_steps++]; /* now the tokenizer frees the pattern */
    *slot = step;
    return tokenizer_keep(t, step.from, &slot->from, err) && tokenizer_keep(t, step.with, &slot->with, err);
}

static void put_codepoint(struct buffer *out, uint32_t c) {
    char utf8[4];
    buffer_put(out, utf8, text_utf8_put(c, utf8));
}

static void put_lowercase(struct buffer *out, uint32_t c) {
    if (c == 0x130) { /* the one letter whose small form is two characters */
        buffer_put_c(out, "i\xCC\x87");
        return;
    }
    put_codepoint(out, (uint32_t)utf8proc_tolower((utf8proc_int32_t)c));
}

static bool is_mark(uint32_t c) {
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC || category == UTF8PROC_CATEGORY_ME;
}

/* The clean-up of SentencePiece's rules "nmt": control characters go, blanks of other kinds become blanks. */
static void put_nmt(struct buffer *out, uint32_t c) {
    bool dropped = (c >= 1 && c <= 8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F || c == 0x8F || c == 0x9F;
    bool blank = c == 9 || c == 0xA || c == 0xC || c == 0xD || c == 0x1680 || (c >= 0x200B && c <= 0x200F) ||
                 c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xFEFF || c == 0xFFFD;
    if (!dropped) put_codepoint(out, blank ? ' ' : c);
}

static void by_characters(enum normal_kind kind, struct text text, struct buffer *out) {
    while (text.len) {
        uint32_t c;
        size_t n = text_utf8_next(text, &c);
        if (!n) c = 0xFFFD;
        if (kind == NORMAL_LOWERCASE)
            put_lowercase(out, c);
        else if (kind == NORMAL_NMT)
            put_nmt(out, c);
        else if (!is_mark(c))
            put_codepoint(out, c);
        text = text_part(text, n ? n : 1, text.len);
    }
}

static void strip(int sides, struct text text, struct buffer *out) {
    size_t from = 0, end = 0, n;
    uint32_t c;
    bool inside = !(sides & STRIP_LEFT);
    for (size_t i = 0; i < text.len; i += n ? n : 1) {
        n = text_utf8_next(text_part(text, i, text.len), &c);
        bool white = n && unicode_is_white(c);
        if (!inside && !white) {
            inside = true;
            from = i;
        }
        if (inside && (!white || !(sides & STRIP_RIGHT))) end = i + (n ? n : 1);
    }
    if (end > from) buffer_put_text(out, text_part(text, from, end));
}

/* The bytes of the grapheme cluster that text begins with. */
static size_t cluster(struct text text) {
    uint32_t before, c;
    utf8proc_int32_t state = 0;
    size_t at = text_utf8_next(text, &before), n;
    if (!at) return 1;
    while (at < text.len && (n = text_utf8_next(text_part(text, at, text.len), &c)) > 0) {
        if (utf8proc_grapheme_break_stateful((utf8proc_int32_t)before, (utf8proc_int32_t)c, &state)) break;
        before = c;
        at += n;
    }
    return at;
}

/* As in the library: of a short cluster the first prefix in the map stands for all of it,
 * else each character for itself.
 */
static void by_charsmap(const struct charsmap *map, struct text text, struct buffer *out) {
    while (text.len) {
        struct text whole = text_part(text, 0, cluster(text)), to;
        text = text_part(text, whole.len, text.len);
        if (whole.len < CHARACTERS_TOGETHER && charsmap_find(map, whole, false, &to)) {
            buffer_put_text(out, to);
            continue;
        }
        while (whole.len) {
            uint32_t c;
            size_t n = text_utf8_next(whole, &c);
            struct text one = text_part(whole, 0, n ? n : 1);
            buffer_put_text(out, charsmap_find(map, one, false, &to) ? to : one);
            whole = text_part(whole, one.len, whole.len);
        }
    }
}

static void replace_plain(const struct normal_step *step, struct text text, struct buffer *out) {
    size_t at = 0, found;
    while (step->from.len && (found = text_find(text, step->from, at)) != SIZE_MAX) {
        buffer_put_text(out, text_part(text, at, found));
        buffer_put_text(out, step->with);
        at = found + step->from.len;
    }
    buffer_put_text(out, text_part(text, at, text.len));
}

static bool replace_pattern(const struct normal_step *step, struct text text, struct buffer *out, struct error *err) {
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(step->code, NULL);
    if (!data) return error_memory(err, "normalizer");
    size_t done = 0, at = 0;
    int rc = 0;
    while (at <= text.len) {
        rc = pcre2_match(step->code, (PCRE2_SPTR)text.at, text.len, at, PCRE2_NO_UTF_CHECK, data, NULL);
        if (rc < 0) break;
        const PCRE2_SIZE *place = pcre2_get_ovector_pointer(data);
        if (place[1] > place[0]) {
            buffer_put_text(out, text_part(text, done, place[0]));
            buffer_put_text(out, step->with);
            done = at = place[1];
        } else {
            uint32_t c;
            size_t n = text_utf8_next(text_part(text, place[0], text.len), &c);
            at = place[0] + (n ? n : 1);
        }
    }
    pcre2_match_data_free(data);
    buffer_put_text(out, text_part(text, done, text.len));
    return rc >= 0 || rc == PCRE2_ERROR_NOMATCH ||
           error_set(err, ERROR_DATA, "the normalizer's pattern '%.200s' takes too many steps on %zu bytes of text",
                     step->from.at, text.len);
}

static bool take_step(const struct tokenizer *t, const struct normal_step *step, struct text text, struct buffer *out,
                      struct error *err) {
    switch (step->kind) {
    case NORMAL_LOWERCASE:
    case NORMAL_STRIP_ACCENTS:
    case NORMAL_NMT:
        by_characters(step->kind, text, out);
        return true;
    case NORMAL_STRIP:
        strip(step->option, text, out);
        return true;
    case NORMAL_CHARSMAP:
        by_charsmap(&t->charsmap, text, out);
        return true;
    case NORMAL_PREPEND:
        if (text.len) buffer_put_text(out, step->with);
        buffer_put_text(out, text);
        return true;
    case NORMAL_REPLACE:
        if (step->code) return replace_pattern(step, text, out, err);
        replace_plain(step, text, out);
        return true;
    case NORMAL_FORM:
        break;
    }
    return true;
}

/* Takes *text to what a step makes of it; *copy is its memory. */
static bool apply_step(const struct tokenizer *t, const struct normal_step *step, struct text *text, char **copy,
                       struct error *err) {
    struct buffer out;
    char *made = NULL;
    if (step->kind == NORMAL_FORM) {
        if (!unicode_normalize(text, (enum tokenizer_form)step->option, &made, err)) return false;
        if (!made) return true;
    } else {
        if (text->len > SIZE_MAX / (NORMAL_GROWTH * 4)) return error_memory(err, "text");
        buffer_init(&out, (text->len + 64) * NORMAL_GROWTH);
        buffer_put_c(&out, "");
        if (!take_step(t, step, *text, &out, err) || !buffer_check(&out, "normalised text", err)) {
            buffer_done(&out);
            return false;
        }
        made = out.at; /* the buffer's memory is memory_free's */
        *text = buffer_text(&out);
    }
    memory_free(*copy);
    *copy = made;
    return true;
}

bool tokenizer_normalize(const struct tokenizer *t, struct text *text, char **copy, struct error *err) {
    *copy = NULL;
    if (!t->n_steps) return unicode_normalize(text, t->form, copy, err);
    if (text_utf8_invalid(*text) != SIZE_MAX && !unicode_normalize(text, FORM_NONE, copy, err)) return false;
    for (size_t i = 0; i < t->n_steps; i++)
        if (!apply_step(t, &t->steps[i], text, copy, err)) return false;
    return true;
}
