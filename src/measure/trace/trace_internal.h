/* Between the readers of traces and what builds traces from their spans. */
#ifndef MEASURE_TRACE_INTERNAL_H
#define MEASURE_TRACE_INTERNAL_H

#include "measure/trace/trace.h"

struct trace_draft { /* a trace whose spans are still coming */
    struct trace is;
    struct text *parent; /* ids, by span */
    size_t room;
    char hash[HASH_HEX];      /* of the last span, for the chain */
    struct trace_draft *next; /* of the same bucket */
};
enum { TRACE_BUCKETS = 4096 };
struct trace_reader {
    struct arena *arena;
    const char *file;
    const struct trace_settings *settings;
    struct trace_counts *counts;
    struct trace_draft *bucket[TRACE_BUCKETS];
    struct trace_draft **drafts; /* in the order of first sight */
    size_t n_drafts, draft_room, n_spans;
    struct buffer scratch;
};
/* Where a value stands, for messages. */
struct trace_place {
    size_t line;
    const char *path; /* "" or "resourceSpans[0].scopeSpans[0].spans[3]" */
};

/* A form of traces: is a value one, and taking it. */
struct trace_form {
    const char *name;
    bool (*is)(const json_t *value);
    bool (*take)(struct trace_reader *r, const json_t *value, struct trace_place place, struct error *err);
};
extern const struct trace_form trace_form_jsonl, trace_form_otlp, trace_form_who, trace_form_world;

/* ERROR_DATA with the place in front; lenient: counted, and true. */
bool trace_bad(struct trace_reader *r, struct trace_place place, struct error *err, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* A copy on the arena; too long ones are cut at TRACE_TEXT_MOST and *cut set. */
bool trace_keep(struct trace_reader *r, struct text t, struct text *out, bool *cut, struct error *err) MUST_CHECK;
/* A text as it is, anything else as canonical JSON; null: empty. */
bool trace_keep_json(struct trace_reader *r, const json_t *value, struct text *out, bool *cut,
                     struct error *err) MUST_CHECK;
/* The member of an object, a text; absent or null: empty. Another type is bad data: *good false where lenient. */
bool trace_member(struct trace_reader *r, const json_t *object, const char *key, struct trace_place place,
                  struct text *out, bool *good, struct error *err) MUST_CHECK;
/* Nanoseconds: decimal digits as text, or an integer; below 2^63. */
bool trace_time(struct trace_reader *r, const json_t *value, const char *key, struct trace_place place, uint64_t *out,
                bool *good, struct error *err) MUST_CHECK;
/* The trace of this id, a new one where there is none. NULL: no memory. */
struct trace_draft *trace_draft_of(struct trace_reader *r, struct text id, struct error *err) MUST_CHECK;
/* A span at the end of a trace; zeroed, effects and outcome to be set by the caller. */
struct trace_span *trace_draft_span(struct trace_reader *r, struct trace_draft *draft, struct text parent,
                                    struct error *err) MUST_CHECK;
/* Checks that what has been said makes sense, and gives all traces to the sink. */
bool trace_reader_end(struct trace_reader *r, struct error *err) MUST_CHECK;

#endif
