/* Base64: see base64.h. */
#include "base/base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int digit_value(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_read(struct buffer *out, struct text t) {
    uint32_t bits = 0;
    size_t padding = 0;
    while (t.len && padding < 2 && t.at[t.len - 1] == '=') {
        t.len--;
        padding++;
    }
    if (t.len % 4 == 1 || (padding && (t.len + padding) % 4)) return false;
    for (size_t i = 0; i < t.len; i++) {
        int value = digit_value(t.at[i]);
        if (value < 0) return false;
        bits = bits << 6 | (uint32_t)value;
        if (i % 4) buffer_put_char(out, (char)(bits >> (6 - 2 * (i % 4)) & 255));
    }
    return !out->failed;
}

bool base64_put(struct buffer *out, struct text t) {
    for (size_t i = 0; i < t.len; i += 3) {
        uint32_t v = 0;
        for (size_t k = 0; k < 3; k++) v = v << 8 | (i + k < t.len ? (unsigned char)t.at[i + k] : 0);
        for (size_t k = 0; k < 4; k++) buffer_put_char(out, i + k > t.len ? '=' : digits[v >> (18 - 6 * k) & 63]);
    }
    return !out->failed;
}
