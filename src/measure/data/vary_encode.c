/* Prompts in base64 (RFC 4648), hexadecimal digits and percent-encoding (RFC 3986), and back. */
#include "measure/data/vary_internal.h"

#include <stdio.h>
#include <string.h>

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void put_base64(struct buffer *b, struct text t) {
    for (size_t i = 0; i < t.len; i += 3) {
        size_t n = t.len - i < 3 ? t.len - i : 3;
        uint32_t bits = 0;
        for (size_t k = 0; k < 3; k++) bits = bits << 8 | (k < n ? (unsigned char)t.at[i + k] : 0);
        for (size_t k = 0; k < 4; k++) buffer_put_char(b, k <= n ? base64_digits[bits >> (18 - 6 * k) & 63] : '=');
    }
}

static void put_hex(struct buffer *b, struct text t) {
    for (size_t i = 0; i < t.len; i++) buffer_printf(b, "%02x", (unsigned char)t.at[i]);
}

static bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c);
}

static void put_url(struct buffer *b, struct text t) {
    for (size_t i = 0; i < t.len; i++)
        if (t.at[i] && is_unreserved(t.at[i]))
            buffer_put_char(b, t.at[i]);
        else
            buffer_printf(b, "%%%02X", (unsigned char)t.at[i]);
}

/* ---- back: false where the text is no such encoding */

static int digit_of(char c, const char *digits, size_t n) {
    const char *at = c ? memchr(digits, c, n) : NULL;
    return at ? (int)(at - digits) : -1;
}

static bool from_base64(struct text t, char *out, size_t *n) {
    uint32_t bits = 0;
    size_t pads = 0;
    *n = 0;
    if (t.len % 4) return false;
    for (size_t i = 0; i < t.len; i++) {
        int d = t.at[i] == '=' ? 0 : digit_of(t.at[i], base64_digits, 64);
        if (d < 0 || (pads && t.at[i] != '=')) return false;
        pads += t.at[i] == '=';
        bits = bits << 6 | (uint32_t)d;
        if (i % 4 < 3) continue;
        if (pads > 2) return false;
        for (size_t k = 0; k < 3 - pads; k++) out[(*n)++] = (char)(bits >> (16 - 8 * k) & 255);
    }
    return true;
}

static int hex_at(struct text t, size_t at) {
    int value = 0;
    for (size_t k = 0; k < 2; k++) {
        char c = at + k < t.len ? t.at[at + k] : 0;
        int d = digit_of(c >= 'A' && c <= 'F' ? (char)(c + 32) : c, "0123456789abcdef", 16);
        if (d < 0) return -1;
        value = value * 16 + d;
    }
    return value;
}

static bool from_hex(struct text t, char *out, size_t *n) {
    for (*n = 0; 2 * *n < t.len; ++*n) {
        int value = hex_at(t, 2 * *n);
        if (value < 0) return false;
        out[*n] = (char)value;
    }
    return true;
}

static bool from_url(struct text t, char *out, size_t *n) {
    *n = 0;
    for (size_t i = 0; i < t.len; i++) {
        int value = (unsigned char)t.at[i];
        if (t.at[i] == '%') {
            value = hex_at(t, i + 1);
            i += 2;
        }
        if (value < 0) return false;
        out[(*n)++] = (char)value;
    }
    return true;
}

static const struct coding {
    const char *name;
    void (*put)(struct buffer *b, struct text t);
    bool (*back)(struct text t, char *out, size_t *n);
} codings[] = {{"base64", put_base64, from_base64}, {"hex", put_hex, from_hex}, {"url", put_url, from_url}};
enum { CODINGS = sizeof codings / sizeof *codings };

static const struct coding *coding_of(struct text name) {
    for (size_t i = 0; i < CODINGS; i++)
        if (text_equal_c(name, codings[i].name)) return &codings[i];
    return NULL;
}

bool vary_encode(struct vary_job *job, const struct vary_item *item, const struct variation *op, uint64_t key,
                 struct vary_variant *out, struct error *err) {
    const struct coding *coding = coding_of(text_of(op->name));
    const struct text *template = vary_pair(&job->rules.encoded, text_of(op->name));
    struct buffer encoded, b;
    (void)key;
    if (!coding || !template) return out->skipped = "rules/variation.yaml lacks its words", true;
    buffer_init(&encoded, VARY_PROMPT_MOST), buffer_init(&b, VARY_PROMPT_MOST);
    coding->put(&encoded, item->prompt);
    struct text e = buffer_text(&encoded);
    bool ok = buffer_check(&encoded, "variant", err);
    if (ok) vary_fill(&b, *template, "E", &e);
    buffer_done(&encoded);
    if (!ok) return buffer_done(&b), false;
    out->listed = false; /* what is encoded is no line any more; the options stand beside */
    return vary_take(job, item, &b, out, err);
}

/* What stands in the one slot of a template; false: the text is none of it. */
static bool unfill(struct text template, char slot, struct text t, struct text *in) {
    size_t at = text_find(template, (struct text){(char[]){'$', slot}, 2}, 0);
    if (at == SIZE_MAX) return false;
    struct text before = text_part(template, 0, at), behind = text_part(template, at + 2, template.len);
    if (t.len < before.len + behind.len || !text_starts(t, before) || !text_ends(t, behind)) return false;
    *in = text_part(t, before.len, t.len - behind.len);
    return true;
}

/* The two halves of a payload that was split: what stands between the words of the template. */
static bool unsplit(const struct vary_rules *rules, struct text t, char *out, size_t *n) {
    const struct text *template = vary_pair(&rules->jailbreaks, TEXT("payload-splitting"));
    size_t one = template ? text_find(*template, TEXT("$1"), 0) : SIZE_MAX;
    size_t two = template ? text_find(*template, TEXT("$2"), 0) : SIZE_MAX;
    if (one == SIZE_MAX || two == SIZE_MAX || two < one) return false;
    struct text between = text_part(*template, one + 2, two), behind = text_part(*template, two + 2, template->len);
    if (!text_starts(t, text_part(*template, 0, one)) || !text_ends(t, behind)) return false;
    size_t at = text_find(t, between, one);
    if (at == SIZE_MAX || at + between.len + behind.len > t.len) return false;
    memcpy(out, t.at + one, at - one);
    *n = at - one;
    struct text rest = text_part(t, at + between.len, t.len - behind.len);
    memcpy(out + *n, rest.at, rest.len);
    *n += rest.len;
    return true;
}

bool vary_decode(const struct vary_rules *rules, struct text t, struct arena *arena, struct text *out,
                 struct error *err) {
    char *bytes = arena_new(arena, char, t.len + 4, err);
    size_t n;
    *out = t;
    if (!bytes) return false;
    for (size_t i = 0; i < rules->encoded.n; i++) {
        const struct coding *coding = coding_of(rules->encoded.at[i].from);
        struct text in;
        if (!coding || !unfill(rules->encoded.at[i].to, 'E', t, &in) || !coding->back(in, bytes, &n)) continue;
        *out = (struct text){bytes, n};
        return true;
    }
    if (unsplit(rules, t, bytes, &n)) *out = (struct text){bytes, n};
    return true;
}

#define TEXTS (1u << VARY_NONE | 1u << VARY_OPEN | 1u << VARY_CHOICE | 1u << VARY_TRUEFALSE)
#define ENCODE(name_, text_)                                                                                           \
    { .name = name_, .family = "encoding", .summary = text_, .formats = TEXTS, .asked_for = true, .make = vary_encode }

const struct variation vary_family_encoding[] = {
    ENCODE("base64", "the prompt in base64, and a request to read it"),
    ENCODE("hex", "the prompt in hexadecimal digits, and a request to read it"),
    ENCODE("url", "the prompt percent-encoded, and a request to read it"),
};
const size_t vary_n_encoding = sizeof vary_family_encoding / sizeof *vary_family_encoding;
