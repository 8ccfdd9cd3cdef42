/* What came from whom: which texts of a trace may have been written by somebody untrusted.
 *
 * Every span has two texts, what went in and what came out. What happened before what is a graph over them:
 *   in -> out of a span; in of a parent -> in of its child; out of a child -> out of its parent (where it ended
 * before); out of a span -> in of the next ones of the same agent (those that begin after it ended, none of them
 * between); out of a message -> in of the next span of the agent it was for; what was written under a key of a memory
 * -> out of the spans that read it until it is written again. Sources are outs (where nothing came out, ins) of spans
 * that are untrusted, and of retrievals that are not trusted.
 *
 * Coarse: everything behind a source. Fine: y behind x (over any way) where x is tainted and y shows it:
 *   c(x, y) = |S(x) and S(y)| / min(|S(x)|, |S(y)|) >= 0.2, S: the set of windows of 8 bytes (a shorter text is one),
 * or y is arguments of a tool and one of their values of 10 bits or more stands in x as it is, between characters that
 *   are no letters and digits, and not in what the user asked (the first text of the trace). Bits: log2 10 of a
 *   digit, log2 26 of a letter, 5 of anything else. */
#ifndef MEASURE_TAINT_H
#define MEASURE_TAINT_H

#include "measure/trace/trace.h"

enum { TAINT_NODES_MOST = 2048 }; /* tainted texts of one trace that are followed finely */
#define TAINT_CONTAINED 0.2
#define TAINT_BITS 10.0

/* Node 2 i is what went into span i, 2 i + 1 what came out. */
struct taint_node {
    bool tainted, source;
    uint32_t depth; /* steps from the nearest source */
    uint32_t from;  /* the tainted node that it came from; itself: a source */
};
struct taint {
    struct taint_node *nodes;
    size_t n; /* 2 x spans */
    size_t sources;
    bool coarse; /* as asked for, or because there was too much to follow */
    bool too_many;
    const uint32_t *edge, *first; /* node i: edge[first[i] .. first[i + 1]) come before it */
};
bool taint_trace(const struct trace *t, bool coarse, struct arena *arena, struct taint *out,
                 struct error *err) MUST_CHECK;
/* c(x, y); both empty: 0. */
bool taint_contained(struct text x, struct text y, struct arena *arena, double *c, struct error *err) MUST_CHECK;
/* Is a value of these arguments (JSON) a token of x, and none of `asked`? *token: which. */
bool taint_token(struct text x, struct text arguments, struct text asked, struct text *token);
/* Does a word of at least so many bits stand in a text as it is? */
bool taint_stands_in(struct text word, double bits, struct text in);
/* The text of a node. */
struct text taint_text(const struct trace *t, size_t node);

/* Sorted sets of windows, for who compares one text with many. */
struct shingles {
    uint32_t *at; /* hashes: of two different windows alike in one of 2^32 */
    size_t n;
    uint64_t *bits; /* SHINGLE_BITS of them: the hashes, coarsely */
    size_t lost;    /* hashes whose bit another one has already */
};
enum { SHINGLE_BITS = 2048 };
bool shingles_of(struct text t, struct arena *arena, struct shingles *out, struct error *err) MUST_CHECK;
double shingles_contained(const struct shingles *a, const struct shingles *b);
/* Is that at least `share`? The same answer, sooner where it is no. */
bool shingles_reach(const struct shingles *a, const struct shingles *b, double share);

#endif
