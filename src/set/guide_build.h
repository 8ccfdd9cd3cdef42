/* Making a library: what teachers wrote is parsed, the same advice is merged, every line is signed.
 *
 * Merging. First texts that are the same after guide_normal; then texts whose ratio reaches tau, and what is joined so
 * through others (single link). All pairs that can reach tau are compared, none by chance: two texts are passed over
 * only where their lengths or the characters they share rule it out. What applies elsewhere (`when`) is never merged.
 * The member that is nearest to all others of its cluster stands for them (equal ones: the shorter, then the one that
 * came first); the others stay in `merged`. With a model two texts are joined, too, where the cosine of their vectors
 * reaches `near`.
 *
 * A library that exists is added to: its texts are members like the others, and the cluster of a guideline keeps its
 * gid. Reading the same files again therefore changes nothing. */
#ifndef SET_GUIDE_BUILD_H
#define SET_GUIDE_BUILD_H

#include "base/pool.h"
#include "set/guide_find.h"

struct guide_build_settings {
    double tau;         /* 0.90 */
    bool compat;        /* ratios rounded as published */
    const char *origin; /* of rows that do not say theirs; NULL: teacher */
    guide_embed *embed; /* NULL: texts are alike by their ratio alone */
    void *context;
    double near;           /* cosine; 0.95 */
    const char *embedding; /* what the lines say of it; NULL: nothing */
    struct pool *pool;
};
struct guide_merge { /* one text that another one stands for */
    uint64_t gid;
    const char *text, *stands; /* stands: the text that does */
    double ratio;              /* to it; 1: the same but for letters' case, blanks and punctuation */
};
struct guide_built {
    struct guide_library library;
    uint64_t rows;                           /* that were read */
    uint64_t no_guideline;                   /* rows whose text held none */
    uint64_t read, known, same, near, added; /* guidelines: read = known + same + near + added */
    uint64_t joined;                         /* guidelines of the library that came to stand for one another */
    struct guide_merge *merge;               /* of all clusters, by gid */
    size_t n_merges;
};

/* `library`: what is there already (n 0: nothing). files: JSONL, or JSON arrays (.json). A row is one guideline {text,
 * title?, source?, risk?, when?, origin?}, or the answer of a teacher {id, answer} or {id, text, finish}, or a row of a
 * retrieval file {id, positive_ctxs: [{title, text}]}. known: the library or an earlier row has this text from this
 * source; same: it had the text, from other sources. ERROR_DATA: FILE:LINE and what is wrong. */
bool guide_build(const struct guide_library *library, const char *const *files, size_t n_files,
                 const struct guide_build_settings *settings, struct arena *arena, struct guide_built *out,
                 struct error *err) MUST_CHECK;

/* The texts, all different, that are joined: cluster[i] of each from 0, numbered as their first members come. Texts
 * whose `apart` differs are not joined (NULL: all may be). */
bool guide_cluster(const struct text *text, const char *const *apart, size_t n,
                   const struct guide_build_settings *settings, struct arena *arena, uint32_t *cluster,
                   size_t *n_clusters, struct error *err) MUST_CHECK;

#endif
