/* The pocket world: one small invented world drawn from a seed, in which every answer and every exposure count is
 * known. Truth (tables of entities and facts) is drawn first, text is rendered from it; nothing is read back from text.
 * Every draw comes from a stream keyed by (seed, part, stream, id), in integers only, so the same seed gives the same
 * bytes for any compiler and any number of threads. The words and sentences are the files of pocket/, built in.
 *
 * Two seeds: `seed` fixes entities, facts, exposures and splits; `draw` fixes which questions, templates, options and
 * documents are rendered from them. */
#ifndef MEASURE_WORLD_H
#define MEASURE_WORLD_H

#include "base/buffer.h"
#include "base/hash.h"
#include "base/interrupt.h"
#include "base/json.h"

#define WORLD_GENERATOR 1 /* a new generator is the only way to change bytes */
#define WORLD_DEFAULT_SEED 7
#define WORLD_IDENTITY 40 /* room for "pw1-s7-0123456789ab" */

struct world; /* constant after world_new, safe for threads */

/* Draws the tables and facts. NULL and err when out of memory or when a file of pocket/ has a fault (FILE:LINE). */
struct world *world_new(uint64_t seed, struct error *err) MUST_CHECK;
void world_free(struct world *world); /* NULL does nothing */
uint64_t world_seed(const struct world *world);
/* "pw1-s7-" and the first 12 digits of the root hash: sha256 over the sorted lines "NAME VERSION HASH\n" of all parts:
 * kinds of entities, facts, policy, and the files of words. */
const char *world_identity(const struct world *world);

/* Everything known about an id: p0417 person, t12 town, b003 building, g05 good, w07 trade, l31 law, h04 festival,
 * e09 elder, n02 river, o0100 outside the world, f03871 fact, q0123456 question, u012345 question nobody can answer,
 * r01234 request quad, r01234c one of its four requests as draw 1 puts it, i0123 identity probe. Owned by the caller.
 * An unknown id is ERROR_USAGE. */
json_t *world_show(const struct world *world, const char *id, struct error *err) MUST_CHECK;

/* What a tokenizer for the world is made of; all borrowed from the world. */
const struct text *world_specials(const struct world *world, size_t *n); /* 128, their place is their id */
const struct text *world_reserve(const struct world *world, size_t *n);  /* names and words that should be one token */
struct text world_chat_template(const struct world *world);              /* Jinja */

struct world_settings {
    uint64_t draw;                /* 0: 1 */
    uint64_t count;               /* most items per file; 0: all */
    const char *split;            /* train, valid, test, held-out; NULL: train, valid and test */
    const char *style;            /* NULL, or how prompts are said: archaic ... markup, see world_manner.h */
    const char *lang; /* NULL, or only items in these: "en", "p1", "en,p1"; p1 of ask, chat and requests too */
    size_t threads;               /* 0: all; never changes a byte */
    const struct interrupt *stop; /* may be NULL */
};

/* Writes one part or more into a new folder: files under a temporary name beside it, then one rename, so that an
 * interrupted make leaves no half world. Parts are specs:
 *   people     truth/person.jsonl, town, building, good, trade, law, festival, elder, river, outside
 *   facts      truth/fact.jsonl
 *   ask        items/ask-SPLIT.jsonl: questions about facts in six styles
 *   requests   truth/policy.json, items/requests-SPLIT.jsonl: the four requests of each quad
 *   chat       chat.jinja, specials.txt, reserve.txt, items/identity-SPLIT.jsonl, items/unknown-SPLIT.jsonl
 *   tokenizer  tokenizer.gguf, see world_tokenizer.h; tongues-tokenizer likewise
 *   ...        every other row of world_parts.c: truth/NAME.jsonl where it has a truth, items/FAMILY-SPLIT.jsonl
 *   corpus=pretrain, help, chat [,scale=N][,from=N][,to=N]   corpora/NAME.jsonl: see world_mix.h
 *   corpus=prefer, reward, rl, distil, distil-words, distil-few, retrieve, library, agent   corpora/NAME.jsonl:
 *                                                                                           training sets, see
 *                                                                                           world_sets.h
 *   v1         all of them
 * "held-out" items are written only when that split is asked for. world.json is always written: identity, seed, draw,
 * part hashes, and bytes, lines and sha256 of each file.
 * Refused by name (ERROR_USAGE): an unknown part, key, split, style, language or dose, a part whose prompts can't be
 * said in that style or language, keys that no item has, a part named twice, a folder that exists. */
struct world_made {
    uint64_t files, lines, bytes;
};
bool world_make(const struct world *world, const char *const *parts, size_t n_parts,
                const struct world_settings *settings, const char *folder, struct world_made *made,
                struct error *err) MUST_CHECK;

/* Checks a made folder: its identity and part hashes against a world drawn anew, sha256 and lines of each file, the
 * truth files byte by byte, gold, split and prompt of each item against the truth, the base rates, and the leaks: no
 * prompt of 40 or more bytes of a test or held-out item occurs in a training text (a corpus, or an item for training or
 * tuning), and no rumour shares 25 bytes with an article of the almanac. Both are exact: windows are found by a rolling
 * hash and every hit is compared. Names the first fault (ERROR_GATE), or ERROR_DATA where a file can't be read. */
struct world_checked {
    uint64_t files, items, prompts, training_bytes;
    char root[HASH_HEX]; /* the root hash, of which an identity holds 12 digits */
};
bool world_check(const char *folder, const struct interrupt *stop, struct world_checked *checked,
                 struct error *err) MUST_CHECK;

#endif
