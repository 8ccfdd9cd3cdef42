/* See secret.h. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "measure/rules/secret.h"

#include <ctype.h>
#include <pcre2.h>

static const struct {
    const char *what, *pattern;
    bool card; /* digits whose check sum must be right */
} table[] = {
    {"a private key", "-----BEGIN [A-Z ]*PRIVATE KEY-----", false},
    {"a key of a cloud account", "\\bAKIA[0-9A-Z]{16}\\b", false},
    {"an API key", "\\bsk-[A-Za-z0-9_-]{20,}", false},
    {"a token of a code host", "\\b(gh[pousr]_[A-Za-z0-9]{36}|glpat-[A-Za-z0-9_-]{20})", false},
    {"a token of a chat service", "\\bxox[abprs]-[A-Za-z0-9-]{10,}", false},
    {"a signed token", "\\beyJ[A-Za-z0-9_-]{10,}\\.eyJ[A-Za-z0-9_-]{10,}\\.[A-Za-z0-9_-]{10,}", false},
    {"a number of a payment card", "\\b[3-6][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{3,4}\\b", true},
};
enum { SECRETS = sizeof table / sizeof *table, SHORTEST = 14 };

struct secrets {
    pcre2_code *code[SECRETS];
    pcre2_match_data *match;
};

struct secrets *secrets_new(struct error *err) {
    struct secrets *s = memory_zeroed(1, sizeof *s);
    bool ok = s && (s->match = pcre2_match_data_create(16, NULL));
    for (size_t i = 0; ok && i < SECRETS; i++) {
        int code;
        PCRE2_SIZE at;
        s->code[i] = pcre2_compile((PCRE2_SPTR)table[i].pattern, PCRE2_ZERO_TERMINATED, 0, &code, &at, NULL);
        ok = s->code[i] != NULL;
        if (ok) (void)pcre2_jit_compile(s->code[i], PCRE2_JIT_COMPLETE); /* without it the same, slower */
    }
    if (ok) return s;
    secrets_free(s);
    error_memory(err, "patterns");
    return NULL;
}

void secrets_free(struct secrets *s) {
    if (!s) return;
    for (size_t i = 0; i < SECRETS; i++) pcre2_code_free(s->code[i]);
    pcre2_match_data_free(s->match);
    memory_free(s);
}

/* Luhn 1960: every second digit from the right doubled, digits summed, a multiple of ten. */
static bool check_sum(struct text t) {
    int sum = 0, digits = 0;
    for (size_t i = t.len; i-- > 0;) {
        if (!isdigit((unsigned char)t.at[i])) continue;
        int d = t.at[i] - '0';
        if (digits++ % 2) d = d > 4 ? 2 * d - 9 : 2 * d;
        sum += d;
    }
    return sum % 10 == 0;
}

const char *secrets_find(struct secrets *s, struct text t, size_t *at, size_t *len) {
    for (size_t i = 0; t.len >= SHORTEST && i < SECRETS; i++) {
        if (pcre2_match(s->code[i], (PCRE2_SPTR)t.at, t.len, 0, 0, s->match, NULL) < 1) continue;
        const PCRE2_SIZE *found = pcre2_get_ovector_pointer(s->match);
        if (table[i].card && !check_sum(text_part(t, found[0], found[1]))) continue;
        *at = found[0];
        *len = found[1] - found[0];
        return table[i].what;
    }
    return NULL;
}
