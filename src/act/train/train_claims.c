/* Objectives that learn from claims: no model, no steps; OUT.json is the map. */
#include "act/objective/isotonic.h"
#include "act/train/train.h"

#include <math.h>

bool train_is_of_claims(const char *spec) {
    const struct objective *o = objective_find(text_of(spec), NULL);
    return o && o->of_claims;
}

static bool check(const struct train_settings *s, struct error *err) {
    if (!text_ends(text_of(s->out), TEXT(".json")))
        return error_set(err, ERROR_USAGE, "a map is written, so the file must end in .json, found '%s'", s->out);
    if (s->lora || s->reward || s->reference || s->probe || s->mix || s->optimizer || s->keep)
        return error_set(err, ERROR_USAGE, "objective %s trains no model; give --data, --valid and --out alone",
                         s->objective);
    return true;
}

/* Claims of the files without and with the map. */
static void compare(const struct claim *claims, size_t n, const struct confidence_map *map,
                    struct train_calibration *out) {
    *out = (struct train_calibration){.claims = n,
                                      .brier = {claims_brier(claims, n, NULL), claims_brier(claims, n, map)},
                                      .ece = {claims_ece(claims, n, NULL), claims_ece(claims, n, map)}};
}

static bool run(const struct train_settings *s, struct arena *arena, struct train_claims *out, struct error *err) {
    const struct objective *o = objective_find(text_of(s->objective), err);
    struct option_value *options = o ? spec_parse(arena, text_of(s->objective), o->options, o->n_options, err) : NULL;
    struct claim *claims, *valid;
    struct confidence_map map;
    size_t n, n_valid;
    if (!options || !claims_read(s->data, s->n_data, arena, &claims, &n, err) ||
        !o->of_claims(options, claims, n, arena, &map, err))
        return false;
    compare(claims, n, &map, &out->data);
    out->points = map.n;
    if (s->n_valid && !claims_read(s->valid, s->n_valid, arena, &valid, &n_valid, err))
        return error_wrap(err, "validation data");
    if (s->n_valid) compare(valid, n_valid, &map, &out->valid);
    return confidence_map_write(&map, s->out, err);
}

bool train_claims(const struct train_settings *settings, struct train_claims *out, struct error *err) {
    struct arena arena;
    arena_init(&arena, (size_t)4 << 30);
    *out = (struct train_claims){0};
    bool ok = check(settings, err) && run(settings, &arena, out, err);
    arena_done(&arena);
    return ok;
}
