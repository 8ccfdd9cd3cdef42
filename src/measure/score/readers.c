/* Readers: what finds the answer inside a text. Names as lm-eval's filters where there is one. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "measure/rules/match.h"
#include "measure/score/scorer_internal.h"

#include <ctype.h>
#include <pcre2.h>
#include <string.h>

enum { MATCH_STEPS = 1000000, TEXT_MOST = 4 << 20 };

#define READER(function)                                                                                               \
    static bool function(const struct option_value *options, const struct item *item, struct text in,                  \
                         struct arena *arena, struct text *out, bool *found, struct error *err)
#define UNUSED ((void)options, (void)item, (void)arena, (void)err)

READER(read_strip) {
    UNUSED;
    *out = text_trim(in);
    *found = out->len > 0;
    return true;
}

READER(read_first_line) {
    UNUSED;
    struct text rest = text_trim(in), line = {0};
    if (text_next(&rest, '\n', &line)) line = text_trim(line);
    *out = line;
    *found = line.len > 0;
    return true;
}

READER(read_last_line) {
    UNUSED;
    struct text t = text_trim(in);
    size_t from = t.len;
    while (from > 0 && t.at[from - 1] != '\n') from--;
    *out = text_trim(text_part(t, from, t.len));
    *found = out->len > 0;
    return true;
}

READER(read_lowercase) {
    (void)options, (void)item;
    char *copy = text_copy(arena, in, err);
    if (!copy) return false;
    for (size_t i = 0; i < in.len; i++) copy[i] = (char)tolower((unsigned char)copy[i]);
    *out = (struct text){copy, in.len};
    *found = true;
    return true;
}

READER(read_uppercase) {
    (void)options, (void)item;
    char *copy = text_copy(arena, in, err);
    if (!copy) return false;
    for (size_t i = 0; i < in.len; i++) copy[i] = (char)toupper((unsigned char)copy[i]);
    *out = (struct text){copy, in.len};
    *found = true;
    return true;
}

/* What lm-eval calls so takes blanks in front only. */
READER(read_remove_whitespace) {
    UNUSED;
    size_t from = 0;
    while (from < in.len && isspace((unsigned char)in.at[from])) from++;
    *out = text_part(in, from, in.len);
    *found = true;
    return true;
}

/* A single answer stays what it is: kept for lm-eval's files. */
READER(read_take_first) {
    UNUSED;
    *out = in;
    *found = true;
    return true;
}

READER(read_number) {
    UNUSED;
    double value;
    bool last = text_equal_c(options[0].text, "last");
    struct text t = in;
    /* GSM8K's mark: what follows it is the answer. */
    size_t mark = text_find(t, TEXT("####"), 0);
    if (mark != SIZE_MAX) t = text_part(t, mark + 4, t.len);
    *found = number_in(t, mark == SIZE_MAX && last, &value, out);
    return true;
}

READER(read_letter) {
    (void)options, (void)arena, (void)err;
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t named = choice_named(item, in);
    *found = named < 26;
    *out = *found ? (struct text){letters + named, 1} : TEXT("");
    return true;
}

READER(read_after) {
    UNUSED;
    size_t at = SIZE_MAX;
    for (size_t i = text_find(in, options[0].text, 0); i != SIZE_MAX; i = text_find(in, options[0].text, i + 1)) at = i;
    *found = at != SIZE_MAX && options[0].text.len;
    *out = *found ? text_trim(text_part(in, at + options[0].text.len, in.len)) : TEXT("");
    return true;
}

READER(read_json) {
    (void)item;
    struct error why = {0};
    size_t open = text_find(in, TEXT("{"), 0), close = in.len;
    *found = false;
    *out = TEXT("");
    if (open == SIZE_MAX) return true;
    while (close > open && in.at[close - 1] != '}') close--;
    json_t *value = close > open ? json_read(text_part(in, open, close), "answer", 1, &why) : NULL;
    char name[128];
    snprintf(name, sizeof name, "%.*s", TEXT_ARG(options[0].text));
    const json_t *field = json_object_get(value, name);
    bool ok = true;
    if (json_is_string(field) || json_is_number(field) || json_is_boolean(field)) {
        struct buffer b;
        buffer_init(&b, TEXT_MOST);
        if (json_is_string(field)) buffer_put_text(&b, json_text(field));
        else json_put(&b, field, 0);
        char *copy = buffer_check(&b, "answer", err) ? text_copy(arena, buffer_text(&b), err) : NULL;
        *out = (struct text){copy, b.len};
        *found = ok = copy != NULL;
        buffer_done(&b);
    }
    json_decref(value);
    return ok;
}

/* The match number `select` (from 0; negative: from the end) of the pattern, its first group that took part. */
static bool match_pattern(pcre2_code *code, int64_t select, struct text in, struct text *out, bool *found,
                          struct error *err) {
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(code, NULL);
    pcre2_match_context *limits = pcre2_match_context_create(NULL);
    bool ok = data && limits;
    if (!ok) error_memory(err, "pattern");
    if (ok) pcre2_set_match_limit(limits, MATCH_STEPS);
    int64_t seen = 0, count = 0;
    /* Two rounds for negative numbers: count, then pick. */
    for (int round = select < 0 ? 0 : 1; ok && round < 2; round++) {
        if (round == 1 && select < 0) select += count;
        for (PCRE2_SIZE at = 0; at <= in.len;) {
            int rc = pcre2_match(code, (PCRE2_SPTR)in.at, in.len, at, PCRE2_NO_UTF_CHECK, data, limits);
            if (rc <= 0) break;
            const PCRE2_SIZE *v = pcre2_get_ovector_pointer(data);
            if (round == 0) count++;
            if (round == 1 && seen++ == select) {
                int group = rc > 1 ? 1 : 0;
                while (group + 1 < rc && v[2 * group] == PCRE2_UNSET) group++;
                *out = text_part(in, v[2 * group], v[2 * group + 1]);
                *found = true;
                break;
            }
            at = v[1] > v[0] ? v[1] : v[1] + 1;
            while (at < in.len && ((unsigned char)in.at[at] & 0xC0) == 0x80) at++;
        }
    }
    pcre2_match_data_free(data);
    pcre2_match_context_free(limits);
    return ok;
}

READER(read_regex) {
    (void)item, (void)arena;
    int code;
    PCRE2_SIZE offset;
    *found = false;
    *out = TEXT("");
    if (in.len > TEXT_MOST || text_utf8_invalid(in) != SIZE_MAX) return true;
    pcre2_code *pattern =
        pcre2_compile((PCRE2_SPTR)options[0].text.at, options[0].text.len, PCRE2_UTF, &code, &offset, NULL);
    if (!pattern) {
        PCRE2_UCHAR why[128];
        pcre2_get_error_message(code, why, sizeof why);
        return error_set(err, ERROR_DATA, "reader 'regex': pattern '%.*s': at %zu: %s", TEXT_ARG(options[0].text),
                         (size_t)offset, (char *)why);
    }
    bool ok = match_pattern(pattern, options[1].integer, in, out, found, err);
    pcre2_code_free(pattern);
    return ok;
}

static const struct option_def number_options[] = {
    {"which", OPTION_CHOICE, "last", 1, 0, "first|last", "which number, where no '####' stands before it"},
};
static const struct option_def after_options[] = {{"text", OPTION_TEXT, NULL, 1, 0, NULL,
                                                  "what stands before the answer"}};
static const struct option_def json_options[] = {{"field", OPTION_TEXT, "answer", 1, 0, NULL, "name of the field"}};
static const struct option_def regex_options[] = {
    {"regex_pattern", OPTION_TEXT, "#### (\\-?[0-9\\.\\,]+)", 1, 0, NULL, "pattern; its first group is the answer"},
    {"group_select", OPTION_INT, "0", -1000, 1000, NULL, "which match; -1: the last"},
};

static const struct reader table[] = {
    {"strip", "without blanks around it", NULL, 0, read_strip},
    {"first_line", "the first line that is not empty", NULL, 0, read_first_line},
    {"last_line", "the last line that is not empty", NULL, 0, read_last_line},
    {"lowercase", "in lower case", NULL, 0, read_lowercase},
    {"uppercase", "in upper case", NULL, 0, read_uppercase},
    {"remove_whitespace", "without blanks before it", NULL, 0, read_remove_whitespace},
    {"take_first", "the answer as it is", NULL, 0, read_take_first},
    {"number", "a number; what follows '####' first", number_options, 1, read_number},
    {"letter", "the letter of the choice that is named", NULL, 0, read_letter},
    {"after", "what follows the last occurrence of a text", after_options, 1, read_after},
    {"json", "a field of the JSON object in the answer", json_options, 1, read_json},
    {"regex", "the match of a regular expression", regex_options, 2, read_regex},
};

size_t readers(const struct reader **out) {
    *out = table;
    return sizeof table / sizeof *table;
}

const struct reader *reader_find(struct text name) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (text_equal_c(name, table[i].name)) return &table[i];
    return NULL;
}
