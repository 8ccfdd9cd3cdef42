/* How alike two texts are: see guide.h. */
#include "set/guide.h"

#include <math.h>
#include <string.h>

enum { WORDS = (GUIDE_TEXT_MOST + 63) / 64, ASCII = 128 };

/* Which places of the pattern hold a character. Beyond ASCII the characters of the pattern are searched. */
struct pattern {
    uint32_t at[GUIDE_TEXT_MOST];
    size_t n, words;
    uint64_t ascii[ASCII][WORDS];
    uint64_t other[WORDS]; /* of the character that was asked for last */
};

static size_t code_points(struct text t, uint32_t *out) {
    size_t n = 0;
    for (size_t used; t.len && n < GUIDE_TEXT_MOST; t = text_part(t, used, t.len)) {
        used = text_utf8_next(t, &out[n]);
        if (!used) out[n] = (unsigned char)t.at[0], used = 1;
        n++;
    }
    return n;
}

static void pattern_init(struct pattern *p, struct text t) {
    p->n = code_points(t, p->at);
    p->words = (p->n + 63) / 64;
    for (size_t c = 0; c < ASCII; c++) memset(p->ascii[c], 0, p->words * sizeof(uint64_t));
    for (size_t i = 0; i < p->n; i++)
        if (p->at[i] < ASCII) p->ascii[p->at[i]][i / 64] |= (uint64_t)1 << (i % 64);
}

static const uint64_t *places(struct pattern *p, uint32_t c) {
    if (c < ASCII) return p->ascii[c];
    memset(p->other, 0, p->words * sizeof *p->other);
    for (size_t i = 0; i < p->n; i++)
        if (p->at[i] == c) p->other[i / 64] |= (uint64_t)1 << (i % 64);
    return p->other;
}

/* Zeros of the row are the places where the common subsequence grows. */
static size_t common(struct pattern *p, struct text b) {
    uint64_t row[WORDS];
    size_t zeros = 0;
    memset(row, 0xff, p->words * sizeof *row);
    for (size_t used; b.len; b = text_part(b, used, b.len)) {
        uint32_t c;
        uint64_t carry = 0;
        used = text_utf8_next(b, &c);
        if (!used) c = (unsigned char)b.at[0], used = 1;
        const uint64_t *m = places(p, c);
        for (size_t w = 0; w < p->words; w++) {
            uint64_t u = row[w] & m[w], sum = row[w] + u, with = sum + carry;
            carry = (sum < row[w]) | (with < sum);
            row[w] = with | (row[w] & ~m[w]);
        }
    }
    for (size_t i = 0; i < p->n; i++) zeros += !(row[i / 64] >> (i % 64) & 1);
    return zeros;
}

double guide_ratio(struct text a, struct text b) {
    static _Thread_local struct pattern p; /* 100 KB: too much for every stack */
    size_t m = text_utf8_count(b);
    pattern_init(&p, a);
    return p.n + m ? 2 * (double)common(&p, b) / (double)(p.n + m) : 1;
}

double guide_ratio_rounded(double ratio) {
    return round(100 * ratio) / 100;
}

/* ASCII punctuation goes; so do the general marks that teachers write (dashes, quotes, bullets: U+2010..U+2027). */
const char *guide_normal(struct text t, struct arena *arena, struct error *err) {
    char *out = arena_new(arena, char, t.len + 1, err);
    size_t n = 0;
    bool blank = false;
    for (size_t used; out && t.len; t = text_part(t, used, t.len)) {
        uint32_t c = 0;
        used = text_utf8_next(t, &c);
        if (!used) c = (unsigned char)t.at[0], used = 1;
        if (c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0) {
            blank = n > 0;
            continue;
        }
        if ((c < ASCII && !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) ||
            (c >= 0x2010 && c <= 0x2027))
            continue;
        if (blank) out[n++] = ' ';
        blank = false;
        memcpy(out + n, t.at, used);
        if (c >= 'A' && c <= 'Z') out[n] = (char)(c + ('a' - 'A'));
        n += used;
    }
    return out;
}
