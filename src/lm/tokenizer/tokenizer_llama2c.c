/* Tokenizers of llama2.c: int32 longest, then per token f32 score, int32 length, bytes. Blanks are literal there and
 * become SentencePiece's mark here; ids 0, 1, 2 are unknown, BOS, EOS and 3..258 the bytes. */
#include "lm/tokenizer/tokenizer_config.h"
#include "lm/tokenizer/tokenizer_internal.h"

#include <math.h>
#include <string.h>

#define FIRST_WORD 259

struct source {
    struct tokenizer *t;
    struct text rest;
    size_t size;
    const char *path;
    struct error *err;
};

static bool take(struct source *s, void *out, size_t n, size_t token) {
    if (s->rest.len < n)
        return error_set(s->err, ERROR_DATA, "%s: byte %zu: token %zu: cut short, expected %zu more bytes, found %zu",
                         s->path, s->size - s->rest.len, token, n, s->rest.len);
    memcpy(out, s->rest.at, n);
    s->rest = text_part(s->rest, n, s->rest.len);
    return true;
}

static bool keep_marked(struct source *s, struct text form, struct text *to) {
    struct buffer marked;
    buffer_init(&marked, form.len * 3 + 16);
    for (size_t k = 0; k < form.len; k++)
        if (form.at[k] == ' ')
            buffer_put_c(&marked, SPACE_MARK);
        else
            buffer_put_char(&marked, form.at[k]);
    bool ok = buffer_check(&marked, "token", s->err) && tokenizer_keep(s->t, buffer_text(&marked), to, s->err);
    buffer_done(&marked);
    return ok;
}

/* The stored forms of the control tokens carry line ends in these files; their usual names are kept instead. */
static bool keep_form(struct source *s, size_t i, struct text form) {
    static const char *const names[3] = {"<unk>", "<s>", "</s>"};
    if (i < 3) return s->t->tokens[i] = text_of(names[i]), true;
    return i < FIRST_WORD ? tokenizer_keep(s->t, form, &s->t->tokens[i], s->err)
                          : keep_marked(s, form, &s->t->tokens[i]);
}

static bool read_token(struct source *s, size_t i) {
    int32_t length = 0;
    size_t at = s->size - s->rest.len;
    float *score = &s->t->scores[i];
    if (!take(s, score, sizeof *score, i) || !take(s, &length, sizeof length, i)) return false;
    if (length < 0 || (size_t)length > s->rest.len || isnan(*score))
        return error_set(s->err, ERROR_DATA,
                         "%s: byte %zu: token %zu: score %g, length %d, expected a number and 0 to %zu", s->path, at, i,
                         (double)*score, length, s->rest.len);
    if (!keep_form(s, i, text_part(s->rest, 0, (size_t)length))) return false;
    s->rest = text_part(s->rest, (size_t)length, s->rest.len);
    s->t->types[i] = i == 0 ? TOKEN_UNKNOWN : i <= 2 ? TOKEN_CONTROL : i < FIRST_WORD ? TOKEN_BYTE : TOKEN_NORMAL;
    return true;
}

/* As many as there are to the end of the file. */
static size_t count_tokens(struct text rest) {
    size_t n = 0;
    while (rest.len >= 8) {
        uint32_t length;
        memcpy(&length, rest.at + 4, sizeof length);
        if (length > rest.len - 8) break;
        rest = text_part(rest, 8 + length, rest.len);
        n++;
    }
    return n;
}

static bool read_all(struct source *s, size_t vocabulary) {
    struct tokenizer *t = s->t;
    int32_t longest;
    s->size = s->rest.len;
    if (!take(s, &longest, sizeof longest, 0)) return false;
    if (!vocabulary) vocabulary = count_tokens(s->rest);
    if (vocabulary <= 2 || vocabulary > s->size / 8)
        return error_set(s->err, ERROR_DATA, "%s: %zu bytes cannot hold %zu tokens", s->path, s->size, vocabulary);
    if (!tokenizer_reserve(t, vocabulary, s->err)) return error_wrap(s->err, "%s", s->path);
    for (size_t i = 0; i < vocabulary; i++)
        if (!read_token(s, i)) return false;
    if (s->rest.len)
        return error_set(s->err, ERROR_DATA, "%s: byte %zu: %zu bytes are left after %zu tokens", s->path,
                         s->size - s->rest.len, s->rest.len, vocabulary);
    t->unknown = 0;
    t->bos = 1;
    t->eos = 2;
    t->adds_bos = true;
    t->prefix = PREFIX_ALWAYS;
    return tokenizer_index(t, s->err) && tokenizer_finish(t, s->path, s->err);
}

struct tokenizer *tokenizer_from_llama2c(const char *path, size_t vocabulary, struct error *err) {
    struct source s = {.t = tokenizer_new(err), .path = path, .err = err};
    struct arena file;
    arena_init(&file, (size_t)1 << 29);
    bool ok = s.t && file_read(&file, path, (size_t)256 << 20, &s.rest, err) && read_all(&s, vocabulary);
    arena_done(&file);
    if (ok) return s.t;
    tokenizer_free(s.t);
    return NULL;
}

/* ---- writing ---- */

/* Only the ids that readers take for granted can be said. */
static const char *difference(const struct tokenizer *t) {
    if (t->family != FAMILY_SPM || t->prefix != PREFIX_ALWAYS) return "one of this kind";
    if (t->n <= FIRST_WORD || t->unknown != 0 || t->bos != 1 || t->eos != 2) return "other special ids than 0, 1 and 2";
    for (size_t i = 3; i < t->n; i++)
        if ((t->types[i] == TOKEN_BYTE) != (i < FIRST_WORD) || t->types[i] == TOKEN_CONTROL)
            return "further special tokens";
    return NULL;
}

/* With literal blanks; the control tokens as that program writes them. */
static void put_form(const struct tokenizer *t, size_t i, struct buffer *out) {
    struct text form = t->tokens[i];
    if (i == 1 || i == 2) buffer_put_c(out, "\n");
    for (size_t at = 0; at < form.len;) {
        bool mark = text_starts(text_part(form, at, form.len), TEXT(SPACE_MARK));
        buffer_put_char(out, mark ? ' ' : form.at[at]);
        at += mark ? strlen(SPACE_MARK) : 1;
    }
    if (i == 1 || i == 2) buffer_put_c(out, "\n");
}

bool tokenizer_to_llama2c(const struct tokenizer *t, struct buffer *out, struct error *err) {
    const char *what = difference(t);
    int32_t longest = 0;
    if (what) return error_set(err, ERROR_USAGE, "a tokenizer of llama2.c cannot be %s", what);
    buffer_put(out, &longest, sizeof longest);
    for (size_t i = 0; i < t->n && !out->failed; i++) {
        size_t head = out->len, from;
        int32_t length = 0;
        buffer_put(out, &t->scores[i], sizeof t->scores[i]);
        buffer_put(out, &length, sizeof length);
        from = out->len;
        put_form(t, i, out);
        if (out->failed) break;
        length = (int32_t)(out->len - from);
        memcpy(out->at + head + sizeof(float), &length, sizeof length);
        if (length > longest) longest = length;
    }
    if (!buffer_check(out, "tokenizer of llama2.c", err)) return false;
    memcpy(out->at, &longest, sizeof longest);
    return true;
}
