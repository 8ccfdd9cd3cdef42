/* Making an index of trusted text. */
#ifndef QUOTE_BUILD_H
#define QUOTE_BUILD_H

#include "base/pool.h"
#include "base/team.h"
#include "quote/quote_documents.h"
#include "quote/quote_index.h"

struct quote_build_settings {
    enum quote_engine engine;
    size_t width;  /* characters of a window; 0: 25 */
    size_t stride; /* bloom: windows begin every so many characters; 0: 1 */
    double rate;   /* bloom: of false "yes"; 0: 1e-3 */
    size_t memory; /* most bytes of memory for sorting; 0: shards of 64 MiB, one for each thread at a time. The index
                      depends on it (how many shards), what is found in it does not */
    struct quote_documents_settings documents;
    struct pool *pool;
    struct team *team; /* processes that share a file system: each sorts its shards; NULL: this one alone */
    bool quiet;
};
struct quote_build_result {
    struct quote_facts facts;
    uint64_t skipped; /* documents left out */
    struct error why; /* the first of them */
    uint64_t added;   /* bloom: windows that set a bit */
    double seconds;
};
/* Writes the index: exact a folder, bloom a JSON file with its parts beside. What stood there is replaced when the new
 * one is whole. Same documents, settings: same bytes, whatever the threads and processes. */
bool quote_build(const char *const *paths, size_t n, const char *out, const struct quote_build_settings *settings,
                 struct quote_build_result *result, struct error *err) MUST_CHECK;

/* Distinct windows of `width` characters in all shards, by walking through their sorted suffixes together. */
bool quote_count_distinct(const struct quote_shard *shards, size_t n, size_t width, struct pool *pool, uint64_t *out,
                          struct error *err) MUST_CHECK;

#endif
