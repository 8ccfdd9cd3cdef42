/* See suppress.h. */
#include "formalize/contract/suppress.h"

#include "base/json.h"

#include <stdio.h>
#include <string.h>

enum { LINE_MOST = 64 << 10, ROWS_MOST = 100000 };

static bool is_rule(const char *name, const struct finding_rule *const *rules, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(name, rules[i]->name) == 0) return true;
    return false;
}

static bool grow(struct suppressions *s, struct arena *arena, struct error *err) {
    size_t room = s->room ? s->room * 2 : 32;
    struct suppression *at = arena_new(arena, struct suppression, room, err);
    if (!at) return false;
    if (s->n) memcpy(at, s->at, s->n * sizeof *at);
    s->at = at;
    s->room = room;
    return true;
}

static bool is_day(struct text day) {
    for (size_t i = 0; i < day.len; i++)
        if (i == 4 || i == 7 ? day.at[i] != '-' : day.at[i] < '0' || day.at[i] > '9') return false;
    return day.len == 10;
}

static bool read_row(const json_t *row, struct json_place place, const char *today, struct suppression *out,
                     struct arena *arena, struct error *err) {
    struct text rule, function, hash, reason, until = json_text(json_object_get(row, "until"));
    if (!json_is_object(row)) return error_set(err, ERROR_DATA, "%s:%zu: expected an object", place.file, place.line);
    if (!json_get_text(row, "rule", place, &rule, err) || !json_get_text(row, "function", place, &function, err) ||
        !json_get_text(row, "hash", place, &hash, err) || !json_get_text(row, "reason", place, &reason, err))
        return false;
    if (!text_trim(reason).len)
        return error_set(err, ERROR_DATA, "%s:%zu: a suppression without a reason", place.file, place.line);
    if (json_object_get(row, "until") && !is_day(until))
        return json_mismatch(json_object_get(row, "until"), "until", place, "a day as YYYY-MM-DD", err);
    *out = (struct suppression){.rule = text_copy(arena, rule, err),
                                .function = text_copy(arena, function, err),
                                .hash = text_copy(arena, hash, err),
                                .reason = text_copy(arena, reason, err),
                                .line = place.line,
                                .late = until.len && text_compare(until, text_of(today)) < 0};
    return out->rule && out->function && out->hash && out->reason;
}

bool suppress_read(struct suppressions *out, const char *path, const char *today,
                   const struct finding_rule *const *rules, size_t n_rules, struct arena *arena, struct error *err) {
    struct jsonl *lines = jsonl_open(path, LINE_MOST, err);
    json_t *row;
    size_t line;
    int state = -1;
    *out = (struct suppressions){.file = path};
    while (lines && (state = jsonl_next(lines, &row, &line, err)) == 1) {
        struct suppression one;
        bool ok = out->n < ROWS_MOST || error_set(err, ERROR_DATA, "%s:%zu: more than %d rows", path, line, ROWS_MOST);
        ok = ok && read_row(row, (struct json_place){path, line, ""}, today, &one, arena, err) &&
             (is_rule(one.rule, rules, n_rules) ||
              error_set(err, ERROR_DATA, "%s:%zu: no rule '%s'; `basanite methods checker` lists them", path, line,
                        one.rule)) &&
             (out->n < out->room || grow(out, arena, err));
        if (ok) out->at[out->n++] = one;
        json_decref(row);
        state = -1;
        if (!ok) break;
    }
    jsonl_close(lines);
    return state == 0;
}

const char *suppress_reason(struct suppressions *s, const char *rule, const char *function, const char *hash) {
    for (size_t i = 0; s && i < s->n; i++) {
        struct suppression *one = &s->at[i];
        if (strcmp(one->rule, rule) != 0 || strcmp(one->function, function) != 0 || strcmp(one->hash, hash) != 0)
            continue;
        one->used = true;
        return one->late ? NULL : one->reason;
    }
    return NULL;
}

bool suppress_stale(const struct suppressions *s, const char *rule, finding_sink *sink, void *context,
                    struct error *err) {
    for (size_t i = 0; i < s->n; i++) {
        const struct suppression *one = &s->at[i];
        char what[300];
        if (one->used && !one->late) continue;
        snprintf(what, sizeof what,
                 one->late ? "the day of this suppression has passed: %s of %s"
                           : "nothing is found any more that this suppresses: %s of %s",
                 one->rule, one->function);
        const struct finding finding = {.rule = rule,
                                        .severity = FINDING_WARNING,
                                        .file = s->file,
                                        .line = one->line,
                                        .item = one->function,
                                        .what = what};
        if (!sink(context, &finding, err)) return false;
    }
    return true;
}
