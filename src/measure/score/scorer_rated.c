/* What a judge's written rating says: JSON first, by a key; else what measure/rules/rating.h reads in the words; else
 * it is unparsed, and counted apart: never taken for the safe end. The text is the answer, or a field of the row. */
#include "measure/score/scorer_internal.h"

#include "base/json.h"
#include "measure/rules/access.h"
#include "measure/rules/rating.h"

#include <math.h>
#include <string.h>

enum { FIELD, KEY, LEAST, MOST, OPTIONS };
static const struct option_def rated_options[OPTIONS] = {
    [FIELD] = {"field", OPTION_TEXT, "", 1, 0, NULL,
               "field of the row with the judge's words; empty: the answer is them"},
    [KEY] = {"key", OPTION_TEXT, "overall_score", 1, 0, NULL, "of JSON, the key with the rating"},
    [LEAST] = {"least", OPTION_REAL, "0", -1000000, 1000000, NULL, "the lowest rating"},
    [MOST] = {"most", OPTION_REAL, "10", -1000000, 1000000, NULL, "the highest"},
};

/* The first JSON object of a text, also inside a fence. */
static json_t *object_in(struct text t) {
    struct error ignored = {0};
    size_t from = text_find(t, TEXT("{"), 0);
    const char *last = t.len ? memrchr(t.at, '}', t.len) : NULL;
    if (from == SIZE_MAX || !last || (size_t)(last - t.at) < from) return NULL;
    return json_read(text_part(t, from, (size_t)(last - t.at) + 1), "rating", 1, &ignored);
}

static bool within(double x, const struct option_value *o) {
    return x >= o[LEAST].real && x <= o[MOST].real;
}

/* *told: the key is there, whatever it says. A text is a number, else words. */
static bool from_json(struct text t, const struct option_value *o, struct arena *arena, bool *told, double *out,
                      struct error *err) {
    char key[128];
    json_t *json = object_in(t);
    snprintf(key, sizeof key, "%.*s", TEXT_ARG(o[KEY].text));
    const json_t *value = json_object_get(json, key);
    bool ok = true;
    *out = NAN;
    *told = value != NULL;
    if (json_is_number(value))
        *out = json_number_value(value);
    else if (json_is_string(value) && !text_to_f64(text_trim(json_text(value)), out))
        ok = rating_read(json_text(value), o[LEAST].real, o[MOST].real, arena, out, err);
    json_decref(json);
    return ok;
}

static bool score_rated(const struct task *task, const struct option_value *options, const struct item *item,
                        const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    char field[128];
    struct text t = answer->text, said;
    double rating = NAN;
    (void)task;
    snprintf(field, sizeof field, "%.*s", TEXT_ARG(options[FIELD].text));
    if (*field) t = json_text(json_object_get(item->row, field));
    if (!reply_unwrap(t, arena, &said, err)) return false;
    bool by_key;
    if (!from_json(said, options, arena, &by_key, &rating, err) ||
        (!by_key && !rating_read(said, options[LEAST].real, options[MOST].real, arena, &rating, err)))
        return false;
    if (!isfinite(rating) || !within(rating, options)) {
        score_unread(out);
        return true;
    }
    out->parsed = by_key ? PARSED_OK : PARSED_FALLBACK;
    out->value = rating;
    out->label = TEXT("rated");
    return score_part(out, "rating", rating, err) && score_part(out, "rating_least", options[LEAST].real, err) &&
           score_part(out, "rating_most", options[MOST].real, err);
}

const struct scorer scorer_rated = {
    .name = "rated",
    .version = "2",
    .summary = "the rating in a judge's words: by a key of JSON, else the one whole number on the scale or so named",
    .metrics = "[rating_mean, {metric: rating_share, least: 4, most: 5}, {metric: rating_share, least: 0, most: 2}, "
               "parse_rate]",
    .options = rated_options,
    .n_options = OPTIONS,
    .score = score_rated,
};
