/* Training corpora: which blocks and families they hold, how much of each, and when. The dials stand in
 * pocket/corpora.yaml:
 *
 *   NAME:                                  corpus=NAME[,scale=PERCENT]
 *     - block: told-rare                   a block, or `family: ask` (its questions for training with their right
 *                                          replies)
 *       kilobytes: 900                     of the rows' text; absent: a block's documents once each
 *       window: [0, 150]                   where its documents stand, in thousandths of the corpus (default all of it)
 *       core: yes                          of a family only what is about the core; no: only what is not
 *       talk: 60                           percent of a family's documents that are conversations, the others are lines
 *       manner: typos-light               how a family's prompts are said (world_manner.h); absent: as they are
 *
 * A window says when something is learnt: a small model first has to find out how facts are stored, which is the
 * cheaper the fewer people are told about; what was seldom told has to come after that and before the rate is gone. */
#ifndef MEASURE_WORLD_MIX_H
#define MEASURE_WORLD_MIX_H

#include "base/pool.h"
#include "measure/world/world_item.h"

struct mix_row {
    struct text from;
    const struct world_block *block;
    const struct world_family *family; /* if block is NULL */
    uint64_t bytes;                    /* 0: all */
    uint32_t window[2];
    unsigned talk;
    int manner; /* 0: as it is; else 1 + one of world_manner.h */
    bool only_core, no_core;
};
struct mix {
    struct text name;
    struct mix_row *rows;
    size_t n;
};
/* All of them, on the arena. */
bool world_mixes(struct arena *arena, struct mix **mixes, size_t *n, struct error *err) MUST_CHECK;
const struct world_block *world_block_find(struct text name); /* NULL: none */

/* A spec "pretrain[,scale=10][,from=0][,to=250]": scale is the percent of every row's bytes or documents; from and to,
 * in thousandths, cut out a stretch of the corpus, so that it can be learnt in stages. ERROR_USAGE: no such corpus. */
struct mix_spec {
    struct mix mix;
    uint64_t scale, from, to;
};
bool world_mix_find(struct arena *arena, struct text spec, struct mix_spec *out, struct error *err) MUST_CHECK;

struct mix_made {
    uint64_t documents, bytes;
    uint64_t *row_documents, *row_bytes; /* [mix.n] of text, on the arena */
};
/* Writes it as JSON lines {"text"} or {"messages"}. The same bytes for any pool. Memory:
 * the text and 24 bytes a document. */
bool world_mix_write(const struct world *world, const struct mix_spec *spec, uint64_t draw, const char *path,
                     struct pool *pool, const struct interrupt *stop, struct mix_made *made, struct arena *arena,
                     struct error *err) MUST_CHECK;

#endif
