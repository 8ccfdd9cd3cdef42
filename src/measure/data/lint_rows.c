/* Rules of data lint that look at rows one by one, or for two that are the same. */
#include "measure/data/lint_internal.h"

#include "base/hash.h"
#include "measure/rules/secret.h"

#include <ctype.h>
#include <string.h>

/* ---- every text of a row ---- */

typedef bool text_check(struct lint *lint, const struct lint_row *row, const char *column, struct text value,
                        void *context, struct error *err);

static bool each_text(struct lint *lint, const struct lint_row *row, const char *name, const json_t *value,
                      text_check *check, void *context, struct error *err) {
    const char *key;
    json_t *child;
    size_t i;
    if (json_is_string(value)) return check(lint, row, name, json_text(value), context, err);
    if (json_is_array(value))
        json_array_foreach((json_t *)value, i,
                           child) if (!each_text(lint, row, name, child, check, context, err)) return false;
    if (json_is_object(value))
        json_object_foreach((json_t *)value, key, child) if (!each_text(lint, row, name && *name ? name : key, child,
                                                                        check, context, err)) return false;
    return true;
}

static bool all_texts(struct lint *lint, text_check *check, void *context, struct error *err) {
    for (size_t s = 0; s < lint->n_sets; s++)
        for (size_t i = 0; i < lint->sets[s].n; i++) {
            const struct lint_row *row = &lint->sets[s].rows[i];
            if (!each_text(lint, row, "", row->row, check, context, err)) return false;
        }
    return true;
}

/* ---- encodings ---- */

/* What is wrong at a place, and its length; NULL: nothing. UTF-8 that was read as Latin-1 shows itself by a letter of
 * the lead bytes (U+00C2, U+00C3, U+00E2) before what stands for a continuation byte. */
static const char *fault_at(struct text t, size_t *length) {
    uint32_t c, next = 0;
    size_t n = text_utf8_next(t, &c), m = n < t.len ? text_utf8_next(text_part(t, n, t.len), &next) : 0;
    *length = n + m;
    if (c == 0xfffd) return "a replacement character (U+FFFD): bytes were lost";
    if (c == 0xfeff) return "a byte order mark inside a text";
    if (c < 0x20 && c != '\t' && c != '\n' && c != '\r') return "a control character";
    if (c >= 0x80 && c < 0xa0) return "a control character of Latin-1: text of Windows-1252";
    if ((c == 0xc3 || c == 0xc2) && next >= 0x80 && next < 0xc0) return "UTF-8 read as Latin-1";
    if (c == 0xe2 && (next == 0x20ac || next == 0x80)) return "UTF-8 read as Windows-1252";
    return NULL;
}

static bool check_encoding(struct lint *lint, const struct lint_row *row, const char *column, struct text t,
                           void *context, struct error *err) {
    (void)context;
    for (size_t i = 0; i < t.len;) {
        size_t length;
        const char *fault = (unsigned char)t.at[i] >= 0x20 && (unsigned char)t.at[i] < 0x7f
                                ? NULL
                                : fault_at(text_part(t, i, t.len), &length);
        if (fault)
            return lint_tell(lint, FINDING_ERROR, NULL, row, err, "column '%s', byte %zu: %s: '%.*s'", column, i, fault,
                             TEXT_ARG(lint_short(text_part(t, i > 10 ? i : 0, t.len))));
        uint32_t c;
        i += text_utf8_next(text_part(t, i, t.len), &c);
    }
    return true;
}

bool lint_encoding(struct lint *lint, struct error *err) {
    return all_texts(lint, check_encoding, NULL, err);
}

/* ---- the same twice ---- */

bool lint_duplicate_id(struct lint *lint, struct error *err) {
    for (size_t s = 0; s < lint->n_sets; s++) {
        const struct lint_set *set = &lint->sets[s];
        struct lint_table seen;
        if (!lint_table_new(&seen, set->n, lint->arena, err)) return false;
        for (size_t i = 0; i < set->n; i++) {
            const struct lint_row *row = &set->rows[i];
            uint32_t first =
                row->id.len ? lint_table_put(&seen, hash_xxh3(row->id.at, row->id.len), (uint32_t)i + 1) : 0;
            if (first && !lint_tell(lint, FINDING_ERROR, set, row, err, "id '%.*s' is that of line %zu, too",
                                    TEXT_ARG(lint_short(row->id)), set->rows[first - 1].line))
                return false;
        }
    }
    return true;
}

static uint64_t item_hash(const struct lint_row *row) {
    uint64_t hash = row->prompt_hash;
    for (size_t i = 0; i < row->n_options; i++)
        hash += lint_words_hash(row->options[i]) * 0x9e3779b97f4a7c15; /* in any order */
    return hash;
}

static bool same_gold(const struct lint_row *a, const struct lint_row *b) {
    return text_equal_nocase(text_trim(a->gold), text_trim(b->gold));
}

static bool tell_duplicate(struct lint *lint, const struct lint_set *set, const struct lint_row *row,
                           const struct lint_row *first, struct error *err) {
    if (!row->has_gold || same_gold(row, first) || row->n_options)
        return lint_tell(lint, FINDING_WARNING, set, row, err, "the question of line %zu again: '%.*s'", first->line,
                         TEXT_ARG(lint_short(row->prompt)));
    return lint_tell(lint, FINDING_ERROR, set, row, err,
                     "the question of line %zu with another gold, '%.*s' for '%.*s'", first->line,
                     TEXT_ARG(lint_short(row->gold)), TEXT_ARG(lint_short(first->gold)));
}

bool lint_duplicate_item(struct lint *lint, struct error *err) {
    for (size_t s = 0; s < lint->n_sets; s++) {
        const struct lint_set *set = &lint->sets[s];
        struct lint_table seen;
        if (!lint_table_new(&seen, set->n, lint->arena, err)) return false;
        for (size_t i = 0; i < set->n; i++) {
            const struct lint_row *row = &set->rows[i];
            uint32_t first = row->prompt_hash ? lint_table_put(&seen, item_hash(row), (uint32_t)i + 1) : 0;
            if (first && !tell_duplicate(lint, set, row, &set->rows[first - 1], err)) return false;
        }
    }
    return true;
}

/* ---- prompts that lost their item ---- */

/* An unfilled place: {name}, {{name}}, <name> of upper case, [INSERT ...], %s; empty: none. */
static struct text unfilled(struct text t) {
    for (size_t i = 0; i + 2 < t.len; i++) {
        char open = t.at[i], close = open == '{' ? '}' : open == '[' ? ']' : open == '<' ? '>' : 0;
        if (!close) continue;
        size_t n = i + 1;
        while (n < t.len && t.at[n] == '{') n++;
        size_t from = n, upper = 0;
        while (n < t.len && (isalnum((unsigned char)t.at[n]) || t.at[n] == '_' || t.at[n] == ' '))
            upper += isupper((unsigned char)t.at[n++]) != 0;
        bool name = n > from && n - from <= 40 && n < t.len && t.at[n] == close && !isdigit((unsigned char)t.at[from]);
        bool spaced = memchr(t.at + from, ' ', n - from) != NULL;
        bool insert = n - from >= 6 && text_equal_nocase(text_part(t, from, from + 6), TEXT("insert"));
        if (name && ((open == '{' && !spaced) || insert || (open == '<' && upper == n - from && n - from > 2)))
            return text_part(t, i, n + 1);
    }
    return TEXT("");
}

static bool is_nothing(struct text t) {
    static const char *const words[] = {"", "nan", "none", "null", "undefined", "n/a", "-"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_equal_nocase(text_trim(t), text_of(words[i]))) return true;
    return false;
}

static size_t common_begin(struct text a, struct text b) {
    size_t n = 0;
    while (n < a.len && n < b.len && a.at[n] == b.at[n]) n++;
    return n;
}

static size_t common_end(struct text a, struct text b) {
    size_t n = 0;
    while (n < a.len && n < b.len && a.at[a.len - 1 - n] == b.at[b.len - 1 - n]) n++;
    return n;
}

static size_t least_of(size_t a, size_t b) {
    return a < b ? a : b;
}

/* What nearly all prompts begin and end with: that of neighbours, and of rows that stand far apart (neighbours may be
 * variants of one item), taken by most of them. */
static void template_of(const struct lint_set *set, size_t *begin, size_t *end) {
    size_t begins[64] = {0}, ends[64] = {0}, n = 0;
    for (size_t i = 1; i < set->n && n < 64; i += set->n / 64 + 1, n++) {
        struct text t = set->rows[i].prompt, beside = set->rows[i - 1].prompt,
                    far = set->rows[(i + set->n / 2) % set->n].prompt;
        begins[n] = least_of(common_begin(t, beside), common_begin(t, far));
        ends[n] = least_of(common_end(t, beside), common_end(t, far));
    }
    *begin = *end = 0;
    for (size_t k = 0; k < n; k++) {
        size_t as_long[2] = {0, 0};
        for (size_t j = 0; j < n; j++) as_long[0] += begins[j] >= begins[k], as_long[1] += ends[j] >= ends[k];
        if (as_long[0] * 10 >= n * 9 && begins[k] > *begin) *begin = begins[k];
        if (as_long[1] * 10 >= n * 9 && ends[k] > *end) *end = ends[k];
    }
}

/* A prompt of a set whose others hold something between beginning and end. */
static bool template_alone(const struct lint_set *set, const struct lint_row *row, size_t begin, size_t end) {
    const struct lint_row *other = &set->rows[row == set->rows ? 1 : 0];
    if (set->n < 10 || begin + end < 12 || row->prompt.len > begin + end) return false;
    return common_begin(row->prompt, other->prompt) + common_end(row->prompt, other->prompt) >= row->prompt.len;
}

/* {name} alone may be meant (code, sets), unless the row has a column of that name. */
static enum finding_severity severity_of(const struct lint_row *row, struct text place) {
    const char *key;
    json_t *value;
    if (place.at[0] != '{' || place.at[1] == '{') return FINDING_ERROR;
    json_object_foreach(row->row, key,
                        value) if (text_equal_c(text_part(place, 1, place.len - 1), key)) return FINDING_ERROR;
    return FINDING_WARNING;
}

/* Where many prompts are the template alone the options make the item. */
static bool is_usual(const struct lint_set *set, size_t begin, size_t end) {
    size_t n = 0;
    for (size_t i = 0; i < set->n; i++) n += template_alone(set, &set->rows[i], begin, end);
    return 10 * n > set->n;
}

static bool check_prompt(struct lint *lint, const struct lint_set *set, const struct lint_row *row, size_t begin,
                         size_t end, bool usual, struct error *err) {
    struct text place = unfilled(row->prompt);
    if (!row->has_prompt) return true;
    if (is_nothing(row->prompt))
        return lint_tell(lint, FINDING_ERROR, set, row, err, "the prompt is empty ('%.*s')", TEXT_ARG(row->prompt));
    if (place.len)
        return lint_tell(lint, severity_of(row, place), set, row, err,
                         "the prompt holds '%.*s', which nothing was put into", TEXT_ARG(place));
    return usual || !template_alone(set, row, begin, end) ||
           lint_tell(lint, FINDING_ERROR, set, row, err,
                     "the prompt is what all prompts have in common, without an item: '%.*s'",
                     TEXT_ARG(lint_short(row->prompt)));
}

bool lint_lost_item(struct lint *lint, struct error *err) {
    for (size_t s = 0; s < lint->n_sets; s++) {
        const struct lint_set *set = &lint->sets[s];
        size_t begin, end;
        template_of(set, &begin, &end);
        bool usual = is_usual(set, begin, end);
        for (size_t i = 0; i < set->n; i++)
            if (!check_prompt(lint, set, &set->rows[i], begin, end, usual, err)) return false;
    }
    return true;
}

/* ---- secrets ---- */

static bool check_secrets(struct lint *lint, const struct lint_row *row, const char *column, struct text t,
                          void *context, struct error *err) {
    size_t at, len;
    const char *what = secrets_find(context, t, &at, &len);
    return !what || lint_tell(lint, FINDING_ERROR, NULL, row, err, "column '%s', byte %zu: looks like %s: '%.*s...'",
                              column, at, what, SECRET_SHOWN, t.at + at);
}

bool lint_secrets(struct lint *lint, struct error *err) {
    struct secrets *secrets = secrets_new(err);
    bool ok = secrets && all_texts(lint, check_secrets, secrets, err);
    secrets_free(secrets);
    return ok;
}
