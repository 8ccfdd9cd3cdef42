/* Cutting a text with PCRE2: see pretokenizer.c for the patterns. The text is checked once for valid UTF-8 and matched
 * without further checks; stretches of invalid bytes are pieces of their own. */
#include "lm/tokenizer/tokenizer_internal.h"

#include <string.h>

#define PATTERN_MAX 4096
/* Steps that one match may take: what the built-in patterns need is a small multiple of the text, and hostile patterns
 * of a tokenizer.json must end. */
#define STEPS_BASE 10000000u
#define STEPS_PER_BYTE 16u

/* Unicode's White_Space. PCRE2's own \s also takes U+180E, which has been no blank since Unicode 6.3. */
#define WHITE                                                                                                          \
    "\\x{9}-\\x{d}\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}"

/* Copies what stands at the start of a class and means nothing special there: "^", "]", and POSIX names such as
 * [:alpha:]. Returns how many bytes. */
static size_t plain_in_class(struct text rest, bool first) {
    if (first) return (size_t)(text_starts(rest, TEXT("^]")) ? 2 : text_starts(rest, TEXT("]")) ? 1 : 0);
    size_t end = text_starts(rest, TEXT("[:")) ? text_find(rest, TEXT(":]"), 2) : SIZE_MAX;
    return end == SIZE_MAX ? 0 : end + 2;
}

/* Writes \s and \S as the class above, inside brackets and outside. false: the pattern has a class within a class,
 * which other engines know and PCRE2 would take for something else. */
static bool spell_blanks(struct text pattern, struct buffer *out) {
    bool inside = false;
    for (size_t i = 0; i < pattern.len; i++) {
        struct text rest = text_part(pattern, i, pattern.len);
        char c = rest.at[0], next = rest.len > 1 ? rest.at[1] : 0;
        size_t plain = inside ? plain_in_class(rest, false) : 0;
        if (inside && !plain && (c == '[' || text_starts(rest, TEXT("&&")))) return false;
        if (c == '\\' && (next == 's' || (next == 'S' && !inside))) {
            buffer_put_c(out, inside ? WHITE : next == 's' ? "[" WHITE "]" : "[^" WHITE "]");
            i++;
            continue;
        }
        if (c == '\\' && next) plain = 2;
        if (c == '[' && !inside) {
            inside = true;
            plain = 1 + plain_in_class(text_part(rest, 1, rest.len), true);
        } else if (c == ']' && !plain) {
            inside = false;
        }
        buffer_put(out, rest.at, plain ? plain : 1);
        i += plain ? plain - 1 : 0;
    }
    return true;
}

static void *pcre2_get(size_t n, void *context) {
    (void)context;
    return memory_alloc(n);
}

static void pcre2_give(void *at, void *context) {
    (void)context;
    memory_free(at);
}

static bool compile(struct tokenizer *t, struct split *split, struct text pattern, const char *shown,
                    struct error *err) {
    int code = 0;
    PCRE2_SIZE offset = 0;
    pcre2_compile_context *context = pcre2_compile_context_create(t->pcre2);
    if (!context) return error_memory(err, "splitting pattern");
    split->code = pcre2_compile((PCRE2_SPTR)pattern.at, pattern.len, PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C,
                                &code, &offset, context);
    pcre2_compile_context_free(context);
    if (!split->code) {
        PCRE2_UCHAR why[128];
        if (code == PCRE2_ERROR_HEAP_FAILED) return error_memory(err, "splitting pattern");
        pcre2_get_error_message(code, why, sizeof why);
        return error_set(err, ERROR_DATA, "%s: splitting pattern '%.200s': %s", shown, split->pattern,
                         (const char *)why);
    }
    split->jit = pcre2_jit_compile(split->code, PCRE2_JIT_COMPLETE) == 0;
    return true;
}

/* A pattern whose text is kept in the split, compiled. */
static bool compile_kept(struct tokenizer *t, struct split *split, struct text pattern, const char *shown,
                         struct error *err) {
    struct text kept;
    struct buffer spelled;
    if (pattern.len > PATTERN_MAX)
        return error_set(err, ERROR_DATA, "%s: a splitting pattern of %zu bytes, expected at most %d", shown,
                         pattern.len, PATTERN_MAX);
    if (memchr(pattern.at, 0, pattern.len))
        return error_set(err, ERROR_DATA, "%s: a splitting pattern with a zero byte", shown);
    if (!tokenizer_keep(t, pattern, &kept, err)) return false;
    if (!t->pcre2 && !(t->pcre2 = pcre2_general_context_create(pcre2_get, pcre2_give, NULL)))
        return error_memory(err, "splitting pattern");
    split->pattern = kept.at;
    buffer_init(&spelled, (size_t)PATTERN_MAX * 64);
    bool ok = spell_blanks(pattern, &spelled) ||
              error_set(err, ERROR_DATA, "%s: splitting pattern '%.200s': a class within a class is not built", shown,
                        kept.at);
    ok = ok && buffer_check(&spelled, "splitting pattern", err) && compile(t, split, buffer_text(&spelled), shown, err);
    buffer_done(&spelled);
    return ok;
}

bool tokenizer_add_split(struct tokenizer *t, struct text pattern, enum split_behavior behavior, const char *shown,
                         struct error *err) {
    if (t->n_splits == TOKENIZER_SPLITS)
        return error_set(err, ERROR_DATA, "%s: more than %d splitting patterns", shown, TOKENIZER_SPLITS);
    struct split *split = &t->splits[t->n_splits];
    *split = (struct split){.behavior = behavior};
    if (!compile_kept(t, split, pattern, shown, err)) return false;
    t->n_splits++;
    return true;
}

pcre2_code *tokenizer_compile(struct tokenizer *t, struct text pattern, const char *shown, struct error *err) {
    struct split split = {0};
    return compile_kept(t, &split, pattern, shown, err) ? split.code : NULL;
}

/* ---- cutting ---- */

struct cutter {
    const struct tokenizer *t;
    pcre2_match_data *data;
    pcre2_match_context *limits;
    piece_sink *sink;
    void *context;
    struct error *err;
};

static bool out_of_steps(struct cutter *c, const struct split *split, struct text piece, int rc) {
    PCRE2_UCHAR why[128];
    if (rc == PCRE2_ERROR_NOMEMORY) return error_memory(c->err, "splitting pattern");
    pcre2_get_error_message(rc, why, sizeof why);
    return error_set(c->err, ERROR_DATA, "splitting pattern '%.200s' on %zu bytes of text: %s", split->pattern,
                     piece.len, (const char *)why);
}

/* 1: a match, its place in c->data; 0: none; -1: an error. */
static int next_match(struct cutter *c, const struct split *split, struct text piece, size_t at) {
    PCRE2_SPTR text = (PCRE2_SPTR)piece.at;
    int rc = split->jit ? pcre2_jit_match(split->code, text, piece.len, at, 0, c->data, c->limits)
                        : pcre2_match(split->code, text, piece.len, at, PCRE2_NO_UTF_CHECK, c->data, c->limits);
    if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
        rc = pcre2_match(split->code, text, piece.len, at, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, c->data, c->limits);
    if (rc >= 0) return 1;
    return rc == PCRE2_ERROR_NOMATCH ? 0 : (out_of_steps(c, split, piece, rc), -1);
}

static bool cut(struct cutter *c, struct text piece, size_t level);

static bool pass(struct cutter *c, struct text piece, size_t from, size_t to, size_t level) {
    return from >= to || cut(c, text_part(piece, from, to), level);
}

/* Hands on what stands before a match and the match; *done: up to where the piece has been handed on. */
static bool pass_match(struct cutter *c, struct text piece, size_t level, size_t start, size_t end, size_t *done) {
    enum split_behavior behavior = c->t->splits[level].behavior;
    size_t from = *done;
    *done = behavior == SPLIT_WITH_NEXT ? start : end;
    if (behavior == SPLIT_WITH_PREVIOUS) return pass(c, piece, from, end, level + 1);
    if (behavior != SPLIT_KEPT_ONLY && !pass(c, piece, from, start, level + 1)) return false;
    if (behavior == SPLIT_REMOVED || behavior == SPLIT_WITH_NEXT) return true;
    return pass(c, piece, start, end, level + 1);
}

/* Gives the parts that split `level` makes of `piece` to the next level. Each level sees only its piece, so patterns
 * look ahead to its end and no further. */
static bool cut(struct cutter *c, struct text piece, size_t level) {
    if (level == c->t->n_splits) return c->sink(c->context, piece, c->err);
    const struct split *split = &c->t->splits[level];
    size_t at = 0, done = 0;
    while (at <= piece.len) {
        int found = next_match(c, split, piece, at);
        if (found < 0) return false;
        if (found == 0) break;
        const PCRE2_SIZE *o = pcre2_get_ovector_pointer(c->data);
        size_t start = o[0], end = o[1];
        if (start < done || end < start) break; /* \K can move a match backwards */
        if (!pass_match(c, piece, level, start, end, &done)) return false;
        at = end;
        if (start == end) { /* an empty match cuts, and the search goes on behind the next character */
            do at++;
            while (at < piece.len && ((unsigned char)piece.at[at] & 0xC0) == 0x80);
        }
    }
    return split->behavior == SPLIT_KEPT_ONLY || pass(c, piece, done, piece.len, level + 1);
}

/* Valid stretches go through the patterns, invalid ones are pieces. */
static bool cut_all(struct cutter *c, struct text text) {
    while (text.len) {
        size_t valid = text_utf8_invalid(text), bad = 0;
        uint32_t codepoint;
        if (valid == SIZE_MAX) valid = text.len;
        if (valid && !cut(c, text_part(text, 0, valid), 0)) return false;
        text = text_part(text, valid, text.len);
        while (bad < text.len && text_utf8_next(text_part(text, bad, text.len), &codepoint) == 0) bad++;
        if (bad && !c->sink(c->context, text_part(text, 0, bad), c->err)) return false;
        text = text_part(text, bad, text.len);
    }
    return true;
}

bool pretokenize(const struct tokenizer *t, struct text text, piece_sink *sink, void *context, struct error *err) {
    if (text.len == 0) return true;
    if (t->n_splits == 0) return sink(context, text, err);
    struct cutter c = {.t = t, .sink = sink, .context = context, .err = err};
    c.data = pcre2_match_data_create(1, t->pcre2);
    c.limits = pcre2_match_context_create(t->pcre2);
    bool ok = (c.data && c.limits) || error_memory(err, "pre-tokenizer");
    if (ok) {
        size_t most = (UINT32_MAX - STEPS_BASE) / STEPS_PER_BYTE;
        size_t length = text.len < most ? text.len : most;
        pcre2_set_match_limit(c.limits, STEPS_BASE + (uint32_t)length * STEPS_PER_BYTE);
        ok = cut_all(&c, text);
    }
    pcre2_match_data_free(c.data);
    pcre2_match_context_free(c.limits);
    return ok;
}
