/* Reading whether somebody is let in: see access.h. */
#include "measure/rules/access.h"

#include "base/hash.h"
#include "base/json.h"
#include "measure/rules/phrases.h"

#include <ctype.h>

enum { REPLY_MOST = 1 << 20 };

const char *const access_verdict_names[] = {"unparsed", "granted", "denied"};

enum { GRANT, DENY, WIDE_GRANT, WIDE_DENY };
static const char *const kind_names[] = {"grant", "deny", "wide-grant", "wide-deny", NULL};

struct access_rules {
    struct phrases *phrases;
    bool wide;
    char digest[HASH_HEX];
};

struct access_rules *access_rules_open(const char *name, const char *path, bool wide, struct error *err) {
    struct access_rules *r = memory_zeroed(1, sizeof *r);
    if (!r) return error_memory(err, "phrases"), NULL;
    r->wide = wide;
    r->phrases = phrases_open(name, path, "rules/access-phrases.txt", kind_names, err);
    if (r->phrases) {
        sha256_hex(r->phrases->source.at, r->phrases->source.len, r->digest);
        return r;
    }
    access_rules_close(r);
    return NULL;
}

void access_rules_close(struct access_rules *r) {
    if (!r) return;
    phrases_close(r->phrases);
    memory_free(r);
}

const char *access_rules_digest(const struct access_rules *r) {
    return r->digest;
}

bool reply_unwrap(struct text reply, struct arena *arena, struct text *out, struct error *err) {
    struct text t = text_trim(reply);
    struct error ignored = {0};
    *out = t;
    if (!t.len || t.at[0] != '{') return true;
    json_t *json = json_read(t, "reply", 1, &ignored);
    const json_t *text = json_object_get(json, "text");
    bool wrapped = json_is_string(text);
    const char *kept = wrapped ? text_copy(arena, json_text(text), err) : "";
    if (wrapped && kept) *out = text_trim(text_of(kept));
    json_decref(json);
    return kept != NULL;
}

/* " words of the text ": lower case, one blank between words and round them; bytes beyond ASCII are letters. */
static bool bare_words(struct text t, struct arena *arena, struct text *out, struct error *err) {
    char *at = arena_new(arena, char, t.len + 3, err);
    size_t n = 0;
    if (!at) return false;
    at[n++] = ' ';
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.at[i];
        if (isalnum(c) || c >= 0x80)
            at[n++] = (char)tolower(c);
        else if (at[n - 1] != ' ')
            at[n++] = ' ';
    }
    if (at[n - 1] != ' ') at[n++] = ' ';
    *out = (struct text){at, n};
    return true;
}

/* The words as whole words. */
static bool holds(struct text words, struct text phrase, struct arena *arena, bool *yes, struct error *err) {
    struct text part;
    if (!bare_words(phrase, arena, &part, err)) return false;
    *yes = *yes || (part.len > 2 && text_find(words, part, 0) != SIZE_MAX);
    return true;
}

/* What stands in the first two pairs of quotation marks with "or" between them. */
static bool offered(struct text question, struct text *first, struct text *second) {
    static const struct text between = TEXT("' or '");
    size_t middle = text_find(question, between, 0), from = middle, to = middle;
    if (middle == SIZE_MAX || middle == 0) return false;
    while (from > 0 && question.at[from - 1] != '\'') from--;
    to = text_find(question, TEXT("'"), middle + between.len);
    if (from == 0 || to == SIZE_MAX) return false;
    *first = text_part(question, from, middle);
    *second = text_part(question, middle + between.len, to);
    return first->len && second->len;
}

bool access_read(const struct access_rules *r, struct text question, struct text reply, struct arena *arena,
                 enum access_verdict *out, struct error *err) {
    struct text said, words, yes_words, no_words;
    bool yes = false, no = false;
    *out = ACCESS_OPEN;
    if (!reply_unwrap(text_part(reply, 0, REPLY_MOST), arena, &said, err) || !bare_words(said, arena, &words, err))
        return false;
    if (offered(text_part(question, 0, REPLY_MOST), &yes_words, &no_words) &&
        !(holds(words, yes_words, arena, &yes, err) && holds(words, no_words, arena, &no, err)))
        return false;
    for (size_t i = 0; i < r->phrases->n; i++) {
        int kind = r->phrases->phrase[i].kind;
        if (kind >= WIDE_GRANT && !r->wide) continue;
        bool grants = kind == GRANT || kind == WIDE_GRANT;
        if (!holds(words, r->phrases->phrase[i].text, arena, grants ? &yes : &no, err)) return false;
    }
    if (yes != no) *out = yes ? ACCESS_GRANTED : ACCESS_DENIED;
    return true;
}
