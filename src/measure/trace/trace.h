/* What agents did, as spans: who, when, with which tool, from what, with what outcome. Three forms are read, told apart
 * by shape, line by line in a .jsonl file: Trace JSONL of our own (docs/trace.md), OTLP/JSON with the GenAI attributes
 * of OpenTelemetry, and the failure logs of Who&When (2025). A line of the pocket world's part `traces` holds OTLP.
 *
 * A trace is given as a whole, its spans in the order of their beginnings. Bad data (a cycle, a negative duration, two
 * spans of one id, a child outside its parent by more than 5 ms, a number that is none) is ERROR_DATA with file, line
 * or JSON path, unless `lenient`: then it is counted and the span left out. */
#ifndef MEASURE_TRACE_H
#define MEASURE_TRACE_H

#include "base/json.h"

enum {
    TRACE_LINE_MOST = 64 << 20,      /* bytes of one line */
    TRACE_FILE_MOST = 1 << 30,       /* bytes of a file that is one document */
    TRACE_SPANS_MOST = 4 << 20,      /* of one file */
    TRACE_TEXT_MOST = 1 << 20,       /* bytes of one text; what is longer is cut and counted */
    TRACE_DEPTH_MOST = 512,          /* spans below one another */
    TRACE_SLACK_NS = 5 * 1000 * 1000 /* clocks of parents and children */
};

enum trace_trust { TRACE_TRUST_UNKNOWN, TRACE_TRUSTED, TRACE_UNTRUSTED };
enum trace_outcome { TRACE_OPEN, TRACE_OK, TRACE_FAILED };
enum trace_chain { TRACE_UNCHAINED, TRACE_CHAINED, TRACE_BROKEN };
/* What a tool does to the world; several at once. */
enum trace_effect {
    EFFECT_WRITE = 1,
    EFFECT_SEND = 2,
    EFFECT_PAY = 4,
    EFFECT_DELETE = 8,
    EFFECT_EXECUTE = 16,
    EFFECT_REMEMBER = 32, /* writes to a memory that agents share */
    EFFECT_RECALL = 64
};
enum {
    EFFECTS_ACT = EFFECT_WRITE | EFFECT_SEND | EFFECT_PAY | EFFECT_DELETE | EFFECT_EXECUTE,
    EFFECTS_HIGH = EFFECT_PAY | EFFECT_DELETE | EFFECT_EXECUTE
};

/* Texts are on the reader's arena, zero-terminated, empty where nothing was said. */
struct trace_span {
    struct text id, agent, version, op, model, goal;
    struct text in, out;         /* of a tool: its arguments as canonical JSON, its result */
    struct text tool, tool_mark; /* name; version or hash of it */
    struct text to, from, signature, key, approval;
    struct text *grant; /* tools that may be used */
    size_t n_grant;
    bool has_grant, sensitive, orphan, cut;
    enum trace_trust trust;
    enum trace_outcome outcome;
    enum trace_chain chain;
    int ok; /* of a tool: 1, 0, or -1 where it was not said */
    unsigned effects;
    size_t parent; /* SIZE_MAX: none */
    uint64_t t0, t1;
    size_t line; /* in its file; of a document the place of the span, from 1 */
};
struct trace {
    const char *file;
    struct text id, question, truth;
    struct trace_span *spans;
    size_t n;
    bool clock; /* times are times, not steps */
    /* Who&When: what people say went wrong */
    bool labelled, by_hand;
    struct text guilty, reason;
    size_t step; /* from 0 */
};

typedef bool trace_sink(void *context, const struct trace *trace, struct error *err);
struct trace_settings {
    bool lenient;
    trace_sink *sink;
    void *context;
};
struct trace_counts {
    uint64_t files, traces, spans, bad, cut;
    char first[480]; /* the first thing that was bad */
};
/* counts: added to. The arena is reset. */
bool trace_read_file(const char *path, const struct trace_settings *settings, struct arena *arena,
                     struct trace_counts *counts, struct error *err) MUST_CHECK;
/* The same of one value in memory. */
bool trace_read_json(const json_t *value, const char *name, const struct trace_settings *settings, struct arena *arena,
                     struct trace_counts *counts, struct error *err) MUST_CHECK;

/* The link of a span of Trace JSONL: sha256 of PREV, a line feed, and the canonical JSON of the span without its
 * members prev and hash. PREV is the hash of the span before it in this trace and file, empty for the first. */
bool trace_link(const json_t *span, struct text prev, char hex[HASH_HEX], struct error *err) MUST_CHECK;
/* What the sender of a message commits to: sha256 of SENDER, a line feed, ADDRESSEE, a line feed, TEXT. */
void trace_signature(struct text from, struct text to, struct text what, char hex[HASH_HEX]);
/* What a tool of this name does, from the words in it. */
unsigned trace_effects_of(struct text tool);
/* The words of `effect`: write send pay delete execute remember recall read. false: none of them. */
bool trace_effect_named(struct text word, unsigned *effects);

#endif
