/* What was claimed with which confidence and how it came out, from rows of JSONL, and maps from one confidence to
 * another, as files.
 *
 * A row has "confidence", a number from 0 to 1, and how it came out: "acc" or "correct", true, false or a number
 * from 0 to 1. Both are the row's own or those of its "evidence" (an object, or the text of one, as `record export`
 * and `score --out` write it); "weight" may be there.
 *
 * A map is a JSON file:
 *   {"format": "confidence-map-1", "method": "isotonic", "claims": 120, "from": [0.2, 0.7, ...], "to": [0.1, 0.6, ...]}
 * from rises, to never falls, both from 0 to 1 and of equal length; between two points it is a line, beyond the
 * ends it is flat. */
#ifndef RECORD_CLAIMS_H
#define RECORD_CLAIMS_H

#include "base/json.h"

struct claim {
    double confidence, right, weight;
};
/* ERROR_DATA with FILE:LINE and the field. */
bool claim_of_row(const json_t *row, struct json_place place, struct claim *out, struct error *err) MUST_CHECK;
/* All rows of the files, on the arena. */
bool claims_read(const char *const *paths, size_t n_paths, struct arena *arena, struct claim **out, size_t *n,
                 struct error *err) MUST_CHECK;

struct confidence_map {
    double *from, *to; /* [n] */
    size_t n;
    uint64_t claims; /* that it was made from */
};
bool confidence_map_read(const char *path, struct arena *arena, struct confidence_map *out,
                         struct error *err) MUST_CHECK;
bool confidence_map_write(const struct confidence_map *map, const char *path, struct error *err) MUST_CHECK;
double confidence_map_at(const struct confidence_map *map, double confidence);

#endif
