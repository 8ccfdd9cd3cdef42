/* Recorded confidences against how they came out (record/claims.h), as they are or through a map that was fitted to
 * others. */
#include "measure/score/scorer_internal.h"

#include "record/claims.h"

static const struct option_def confidence_options[] = {
    {"map", OPTION_TEXT, NULL, 1, 0, NULL,
     "a map of confidences (train --objective isotonic), FILE.json; default: as they are"},
};

struct confidence_state {
    struct arena arena;
    struct confidence_map map; /* n 0: none */
    char digest[HASH_HEX];
};

static void close_confidence(void *state) {
    struct confidence_state *s = state;
    arena_done(&s->arena);
    memory_free(s);
}

static void *open_confidence(const struct option_value *o, const char *path, struct error *err) {
    struct confidence_state *s = memory_zeroed(1, sizeof *s);
    char name[4096];
    (void)path;
    if (!s) return error_memory(err, "confidence"), NULL;
    arena_init(&s->arena, (size_t)256 << 20);
    snprintf(name, sizeof name, "%.*s", TEXT_ARG(o[0].text));
    if (!o[0].given) return s;
    if (confidence_map_read(name, &s->arena, &s->map, err) && sha256_file(name, s->digest, err)) return s;
    close_confidence(s);
    return NULL;
}

static const char *digest_confidence(const void *state) {
    return ((const struct confidence_state *)state)->digest;
}

static bool score_confidence(const struct task *task, const struct option_value *options, const struct item *item,
                             const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    const struct confidence_state *s = task_scorer_state(task);
    struct claim claim;
    (void)options;
    (void)answer;
    (void)arena;
    if (!claim_of_row(item->row, (struct json_place){"the row", 1, ""}, &claim, err)) return false;
    if (s->map.n) claim.confidence = confidence_map_at(&s->map, claim.confidence);
    out->value = claim.right;
    return score_part(out, "acc", claim.right, err) && score_part(out, "confidence", claim.confidence, err);
}

const struct scorer scorer_confidence = {
    .name = "confidence",
    .version = "1",
    .summary = "recorded confidences against how they came out, as they are or through a map of confidences",
    .metrics = "[acc, confidence, overconfidence, brier, ece]",
    .options = confidence_options,
    .n_options = 1,
    .open = open_confidence,
    .close = close_confidence,
    .digest = digest_confidence,
    .score = score_confidence,
};
