/* Unicode's normal forms through utf8proc. */
#include "lm/tokenizer/tokenizer_internal.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

bool unicode_is_white(uint32_t c) {
    return (c >= 9 && c <= 13) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
           c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

size_t white_at(struct text text) {
    uint32_t c;
    size_t n = text_utf8_next(text, &c);
    return n && unicode_is_white(c) ? n : 0;
}

static bool is_ascii(struct text t) {
    for (size_t i = 0; i < t.len; i++)
        if ((unsigned char)t.at[i] >= 0x80) return false;
    return true;
}

static bool mend(struct text *t, char **copy, struct error *err) {
    struct buffer b;
    if (text_utf8_invalid(*t) == SIZE_MAX) return true;
    buffer_init(&b, SIZE_MAX);
    if (!buffer_put_utf8(&b, *t)) {
        buffer_done(&b);
        return error_memory(err, "text");
    }
    *copy = b.at; /* the buffer's memory is memory_free's */
    *t = buffer_text(&b);
    return true;
}

bool unicode_normalize(struct text *text, enum tokenizer_form form, char **copy, struct error *err) {
    static const utf8proc_option_t options[] = {
        [FORM_NFC] = UTF8PROC_COMPOSE,
        [FORM_NFD] = UTF8PROC_DECOMPOSE,
        [FORM_NFKC] = UTF8PROC_COMPOSE | UTF8PROC_COMPAT,
        [FORM_NFKD] = UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT,
    };
    *copy = NULL;
    if (is_ascii(*text)) return true;
    if (!mend(text, copy, err)) return false;
    if (form == FORM_NONE) return true;
    if (text->len > SSIZE_MAX / 16) return error_memory(err, "text");
    utf8proc_uint8_t *out = NULL;
    utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)text->at, (utf8proc_ssize_t)text->len, &out,
                                      UTF8PROC_STABLE | options[form]);
    memory_free(*copy);
    *copy = NULL;
    if (n == UTF8PROC_ERROR_NOMEM) return error_memory(err, "text");
    if (n < 0) return error_set(err, ERROR_DATA, "text cannot be normalised: %s", utf8proc_errmsg(n));
    *copy = (char *)out;
    *text = (struct text){*copy, (size_t)n};
    return true;
}
