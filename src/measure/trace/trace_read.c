/* From files to values, and what the readers share: see trace_internal.h. */
#include "measure/trace/trace_internal.h"

#include "base/file.h"

#include <string.h>

static const struct trace_form *const forms[] = {&trace_form_jsonl, &trace_form_otlp, &trace_form_who,
                                                 &trace_form_world};

bool trace_bad(struct trace_reader *r, struct trace_place place, struct error *err, const char *format, ...) {
    char what[400], where[480];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    if (place.line && !*place.path)
        snprintf(where, sizeof where, "%.200s:%zu", r->file, place.line);
    else
        snprintf(where, sizeof where, "%.200s%s%.200s", r->file, *place.path ? ": " : "", place.path);
    r->counts->bad++;
    if (!r->counts->first[0]) snprintf(r->counts->first, sizeof r->counts->first, "%.240s: %.220s", where, what);
    return r->settings->lenient || error_set(err, ERROR_DATA, "%s: %s", where, what);
}

bool trace_keep(struct trace_reader *r, struct text t, struct text *out, bool *cut, struct error *err) {
    if (t.len > TRACE_TEXT_MOST) {
        t.len = TRACE_TEXT_MOST;
        while (t.len && ((unsigned char)t.at[t.len] & 0xC0) == 0x80) t.len--; /* not within a character */
        *cut = true;
        r->counts->cut++;
    }
    *out = (struct text){0};
    if (t.len == 0) return true;
    char *copy = arena_copy(r->arena, t.at, t.len, err);
    *out = (struct text){copy, t.len};
    return copy != NULL;
}

bool trace_keep_json(struct trace_reader *r, const json_t *value, struct text *out, bool *cut, struct error *err) {
    *out = (struct text){0};
    if (!value || json_is_null(value)) return true;
    if (json_is_string(value)) return trace_keep(r, json_text(value), out, cut, err);
    buffer_clear(&r->scratch);
    json_put_canonical(&r->scratch, value);
    return buffer_check(&r->scratch, "a value of a trace", err) &&
           trace_keep(r, buffer_text(&r->scratch), out, cut, err);
}

bool trace_member(struct trace_reader *r, const json_t *object, const char *key, struct trace_place place,
                  struct text *out, bool *good, struct error *err) {
    const json_t *value = json_object_get(object, key);
    bool cut = false;
    *out = (struct text){0};
    if (!value || json_is_null(value)) return true;
    if (json_is_string(value)) return trace_keep(r, json_text(value), out, &cut, err);
    *good = false;
    return trace_bad(r, place, err, "field '%s': expected a text", key);
}

bool trace_time(struct trace_reader *r, const json_t *value, const char *key, struct trace_place place, uint64_t *out,
                bool *good, struct error *err) {
    *out = 0;
    if (json_is_string(value) && text_to_u64(json_text(value), out) && *out <= INT64_MAX) return true;
    if (json_is_integer(value) && json_integer_value(value) >= 0) {
        *out = (uint64_t)json_integer_value(value);
        return true;
    }
    *good = false;
    return trace_bad(r, place, err, "field '%s': expected nanoseconds below 2^63, as decimal digits", key);
}

struct trace_draft *trace_draft_of(struct trace_reader *r, struct text id, struct error *err) {
    struct trace_draft **bucket = &r->bucket[hash_xxh3(id.at ? id.at : "", id.len) % TRACE_BUCKETS];
    for (struct trace_draft *d = *bucket; d; d = d->next)
        if (text_equal(d->is.id, id)) return d;
    struct trace_draft *d = arena_new(r->arena, struct trace_draft, 1, err);
    if (!d) return NULL;
    if (r->n_drafts == r->draft_room) {
        size_t room = r->draft_room ? 2 * r->draft_room : 64;
        struct trace_draft **next = arena_new(r->arena, struct trace_draft *, room, err);
        if (!next) return NULL;
        if (r->n_drafts) memcpy(next, r->drafts, r->n_drafts * sizeof *next);
        r->drafts = next;
        r->draft_room = room;
    }
    r->drafts[r->n_drafts++] = d;
    *d = (struct trace_draft){.is = {.file = r->file, .id = id, .clock = true}, .next = *bucket};
    *bucket = d;
    return d;
}

struct trace_span *trace_draft_span(struct trace_reader *r, struct trace_draft *d, struct text parent,
                                    struct error *err) {
    if (++r->n_spans > TRACE_SPANS_MOST)
        return error_set(err, ERROR_DATA, "%s: more than %d spans in one file", r->file, TRACE_SPANS_MOST), NULL;
    if (d->is.n == d->room) {
        size_t room = d->room ? 2 * d->room : 16;
        struct trace_span *spans = arena_new(r->arena, struct trace_span, room, err);
        struct text *parents = spans ? arena_new(r->arena, struct text, room, err) : NULL;
        if (!parents) return NULL;
        if (d->is.n) {
            memcpy(spans, d->is.spans, d->is.n * sizeof *spans);
            memcpy(parents, d->parent, d->is.n * sizeof *parents);
        }
        d->is.spans = spans;
        d->parent = parents;
        d->room = room;
    }
    d->parent[d->is.n] = parent;
    struct trace_span *s = &d->is.spans[d->is.n++];
    *s = (struct trace_span){.parent = SIZE_MAX, .ok = -1};
    return s;
}

/* ---- files */

static bool take(struct trace_reader *r, const json_t *value, struct trace_place place, struct error *err) {
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (forms[i]->is(value)) return forms[i]->take(r, value, place, err);
    return trace_bad(r, place, err,
                     "expected a span of Trace JSONL ('trace', 'span'), OTLP ('resourceSpans') or a log of Who&When "
                     "('history')");
}

static bool take_lines(struct trace_reader *r, const char *path, struct error *err) {
    struct jsonl *lines = jsonl_open(path, TRACE_LINE_MOST, err);
    json_t *value;
    size_t line;
    int got = -1;
    if (!lines) return false;
    while ((got = jsonl_next(lines, &value, &line, err)) != 0) {
        if (got < 0) {
            if (!r->settings->lenient || err->kind != ERROR_DATA) break;
            r->counts->bad++;
            if (!r->counts->first[0]) snprintf(r->counts->first, sizeof r->counts->first, "%.479s", err->message);
            error_clear(err);
            continue;
        }
        bool ok = take(r, value, (struct trace_place){.line = line, .path = ""}, err);
        json_decref(value);
        if (!ok) {
            got = -1;
            break;
        }
    }
    jsonl_close(lines);
    return got == 0;
}

static bool take_document(struct trace_reader *r, const char *path, struct error *err) {
    json_t *value = json_read_file(path, TRACE_FILE_MOST, err);
    bool ok = value && take(r, value, (struct trace_place){.path = ""}, err);
    json_decref(value);
    return ok;
}

static void begin(struct trace_reader *r, const char *name, const struct trace_settings *settings, struct arena *arena,
                  struct trace_counts *counts) {
    arena_reset(arena);
    *r = (struct trace_reader){.arena = arena, .file = name, .settings = settings, .counts = counts};
    buffer_init(&r->scratch, TRACE_LINE_MOST);
}

bool trace_read_file(const char *path, const struct trace_settings *settings, struct arena *arena,
                     struct trace_counts *counts, struct error *err) {
    struct trace_reader r;
    begin(&r, path, settings, arena, counts);
    bool lines = text_ends(text_of(path), TEXT(".jsonl")) || strcmp(path, "-") == 0;
    bool ok = (lines ? take_lines(&r, path, err) : take_document(&r, path, err)) && trace_reader_end(&r, err);
    counts->files++;
    buffer_done(&r.scratch);
    return ok;
}

bool trace_read_json(const json_t *value, const char *name, const struct trace_settings *settings, struct arena *arena,
                     struct trace_counts *counts, struct error *err) {
    struct trace_reader r;
    begin(&r, name, settings, arena, counts);
    bool ok = take(&r, value, (struct trace_place){.path = ""}, err) && trace_reader_end(&r, err);
    counts->files++;
    buffer_done(&r.scratch);
    return ok;
}
