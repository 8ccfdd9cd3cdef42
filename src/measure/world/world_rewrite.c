/* Ways of writing a text, each with its inverse: see world_wrappers.h. */
#include "measure/world/language.h"
#include "measure/world/world_wrappers.h"

#include <string.h>

const char *const world_writing_names[N_WRITINGS] = {"text",    "halves", "spaced",    "base64", "tongue", "words-back",
                                                     "hyphens", "digits", "backwards", "lines",  "shifted"};

/* ---- letter for letter */

/* The place of c among the letters of one case becomes another one of the same alphabet. */
static char turn(char c, const char *alphabet, size_t by) {
    bool capital = c >= 'A' && c <= 'Z';
    const char *at = c ? strchr(alphabet, capital ? c + 32 : c) : NULL;
    if (!at) return c;
    char to = alphabet[((size_t)(at - alphabet) + by) % strlen(alphabet)];
    return capital ? (char)(to - 32) : to;
}

static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

static char to_shifted(char c) {
    return turn(c, letters, 3);
}
static char from_shifted(char c) {
    return turn(c, letters, 23);
}
static char swap(char c, const char *from, const char *to) {
    const char *at = c ? strchr(from, c) : NULL;
    return at ? to[at - from] : c;
}
static char to_digits(char c) {
    return swap(c, "aeio", "4310");
}
static char from_digits(char c) {
    return swap(c, "4310", "aeio");
}
static char to_hyphens(char c) {
    return swap(c, " ", "-");
}
static char from_hyphens(char c) {
    return swap(c, "-", " ");
}
static char to_lines(char c) {
    return swap(c, " ", "\n");
}
static char from_lines(char c) {
    return swap(c, "\n", " ");
}

static bool put_each(struct buffer *out, struct text t, char (*change)(char c)) {
    for (size_t i = 0; i < t.len; i++) buffer_put_char(out, change(t.at[i]));
    return !out->failed;
}

/* ---- the others */

static bool put_backwards(struct buffer *out, struct text t) {
    for (size_t i = t.len; i-- > 0;) buffer_put_char(out, t.at[i]);
    return !out->failed;
}

static bool put_words_back(struct buffer *out, struct text t) {
    for (size_t end = t.len, i = t.len; i-- > 0;) {
        if (t.at[i] != ' ' && i) continue;
        size_t from = t.at[i] == ' ' ? i + 1 : i;
        buffer_put_text(out, text_part(t, from, end));
        if (t.at[i] == ' ') buffer_put_char(out, ' ');
        end = i;
    }
    return !out->failed;
}

static bool put_spaced(struct buffer *out, struct text t) {
    for (size_t i = 0; i < t.len; i++) {
        if (i) buffer_put_char(out, ' ');
        buffer_put_char(out, t.at[i] == ' ' ? '_' : t.at[i]);
    }
    return !out->failed;
}

static bool unput_spaced(struct buffer *out, struct text t) {
    for (size_t i = 0; i < t.len; i += 2) {
        if (i && t.at[i - 1] != ' ') return false;
        buffer_put_char(out, t.at[i] == '_' ? ' ' : t.at[i]);
    }
    return !out->failed;
}

static const char between[] = "\" and \"";

/* Cut at the blank behind the middle. */
static bool put_halves(struct buffer *out, struct text t) {
    size_t cut = text_find(t, TEXT(" "), t.len / 2);
    if (cut == SIZE_MAX) cut = t.len;
    struct text second = cut < t.len ? text_part(t, cut + 1, t.len) : TEXT("");
    return buffer_printf(out, "\"%.*s%s%.*s\"", TEXT_ARG(text_part(t, 0, cut)), between, TEXT_ARG(second));
}

static bool unput_halves(struct buffer *out, struct text t) {
    size_t at = text_find(t, text_of(between), 0);
    if (at == SIZE_MAX || t.len < 2 || t.at[0] != '"' || t.at[t.len - 1] != '"') return false;
    struct text second = text_part(t, at + sizeof between - 1, t.len - 1);
    buffer_put_text(out, text_part(t, 1, at));
    if (second.len) buffer_put_char(out, ' ');
    return buffer_put_text(out, second);
}

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool put_base64(struct buffer *out, struct text t) {
    for (size_t i = 0; i < t.len; i += 3) {
        uint32_t v = 0;
        for (size_t k = 0; k < 3; k++) v = v << 8 | (i + k < t.len ? (unsigned char)t.at[i + k] : 0);
        for (size_t k = 0; k < 4; k++) buffer_put_char(out, i + k > t.len ? '=' : base64[v >> (18 - 6 * k) & 63]);
    }
    return !out->failed;
}

static bool unput_base64(struct buffer *out, struct text t) {
    if (t.len % 4) return false;
    for (size_t i = 0; i < t.len; i += 4) {
        uint32_t v = 0;
        size_t n = 3;
        for (size_t k = 0; k < 4; k++) {
            char c = t.at[i + k];
            const char *at = c && c != '=' ? strchr(base64, c) : NULL;
            if (!at && (c != '=' || k < 2 || i + 4 < t.len)) return false;
            if (!at) n--;
            v = v << 6 | (uint32_t)(at ? at - base64 : 0);
        }
        for (size_t k = 0; k < n; k++) buffer_put_char(out, (char)(v >> (16 - 8 * k) & 255));
    }
    return !out->failed;
}

/* ---- p1 */

static bool translate(struct buffer *out, const struct world *w, int from, int to, struct text t) {
    struct arena arena;
    struct error err;
    size_t ways;
    arena_init(&arena, (size_t)1 << 24);
    const struct languages *l = world_languages(w);
    const struct meaning *m = language_parse(w, l, from, RULE_FRAME, t, &ways, &arena, &err);
    bool ok = m && meaning_render(out, l, to, m);
    arena_done(&arena);
    return ok;
}

/* ---- all of them */

static bool put_text(struct buffer *out, struct text t) {
    return buffer_put_text(out, t);
}

static const struct {
    char (*to)(char c), (*from)(char c); /* letter for letter, or */
    bool (*put)(struct buffer *out, struct text t);
    bool (*unput)(struct buffer *out, struct text t);
} writings[N_WRITINGS] = {
    [WRITE_TEXT] = {.put = put_text, .unput = put_text},
    [WRITE_HALVES] = {.put = put_halves, .unput = unput_halves},
    [WRITE_SPACED] = {.put = put_spaced, .unput = unput_spaced},
    [WRITE_BASE64] = {.put = put_base64, .unput = unput_base64},
    [WRITE_TONGUE] = {NULL, NULL, NULL, NULL}, /* translated */
    [WRITE_WORDS_BACK] = {.put = put_words_back, .unput = put_words_back},
    [WRITE_HYPHENS] = {to_hyphens, from_hyphens, NULL, NULL},
    [WRITE_DIGITS] = {to_digits, from_digits, NULL, NULL},
    [WRITE_BACKWARDS] = {.put = put_backwards, .unput = put_backwards},
    [WRITE_LINES] = {to_lines, from_lines, NULL, NULL},
    [WRITE_SHIFTED] = {to_shifted, from_shifted, NULL, NULL},
};

bool world_rewrite(struct buffer *out, const struct world *w, enum writing writing, struct text t) {
    if (writing == WRITE_TONGUE) return translate(out, w, LANGUAGE_EN, LANGUAGE_P1, t);
    return writings[writing].to ? put_each(out, t, writings[writing].to) : writings[writing].put(out, t);
}

bool world_unwrite(struct buffer *out, const struct world *w, enum writing writing, struct text t) {
    if (writing == WRITE_TONGUE) return translate(out, w, LANGUAGE_P1, LANGUAGE_EN, t);
    return writings[writing].from ? put_each(out, t, writings[writing].from) : writings[writing].unput(out, t);
}
