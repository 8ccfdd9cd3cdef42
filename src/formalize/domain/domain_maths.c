/* Answers of mathematics: equal to the reference (or to one of several), strictly or leniently. See verify/maths.h. */
#include "formalize/domain/domain.h"

#include "verify/maths.h"

static const char *means(void) {
    return "by normal form and at eight points";
}

static bool claims(const json_t *row) {
    return json_object_get(row, "answer") != NULL;
}

static bool text_member(const json_t *row, const char *key, struct json_place place, struct arena *arena,
                        struct text *out, struct error *err) {
    const json_t *value = json_object_get(row, key);
    char printed[32];
    *out = json_text(value);
    if (json_is_string(value)) return true;
    if (!json_is_number(value)) return json_mismatch(value, key, place, "a text or a number", err);
    size_t n = text_from_f64(json_number_value(value), printed);
    char *kept = arena_copy(arena, printed, n, err);
    return *out = (struct text){kept, n}, kept != NULL;
}

/* What is claimed to equal the answer: "response" or "prediction" (its last box, where it has one), else the answer
 * itself. */
static bool said(const json_t *row, struct text answer, struct json_place place, struct arena *arena, struct text *out,
                 struct error *err) {
    struct text inside;
    const char *key = json_object_get(row, "response")     ? "response"
                      : json_object_get(row, "prediction") ? "prediction"
                                                           : NULL;
    *out = answer;
    if (!key) return true;
    if (!text_member(row, key, place, arena, out, err)) return false;
    if (maths_boxed(*out, &inside)) *out = inside;
    return true;
}

static bool decide(void *state, const struct domain_unit *unit, struct arena *arena, json_t *out, bool *holds,
                   struct error *err) {
    const json_t *row = unit->row;
    struct json_place place = unit->place;
    struct text answer, found;
    bool strict, lenient;
    (void)state;
    *holds = false;
    if (!text_member(row, "answer", place, arena, &answer, err)) return false;
    if (!text_trim(answer).len)
        return json_mismatch(json_object_get(row, "answer"), "answer", place, "an answer that is not empty", err);
    if (!said(row, answer, place, arena, &found, err) || !maths_equal_strict(found, answer, arena, &strict, err) ||
        !maths_equal_lenient(found, answer, arena, &lenient, err))
        return false;
    *holds = strict || lenient;
    bool ok = json_object_set_new(out, "strict", json_boolean(strict)) == 0 &&
              json_object_set_new(out, "lenient", json_boolean(lenient)) == 0 &&
              (*holds || json_object_set_new(out, "why", json_string("the answers differ")) == 0);
    return ok || error_memory(err, "verdict");
}

static bool solve(void *state, const struct domain_unit *unit, struct arena *arena, json_t *out, bool *holds,
                  struct error *err) {
    struct text answer, normal;
    if (!decide(state, unit, arena, out, holds, err) ||
        !text_member(unit->row, "answer", unit->place, arena, &answer, err) ||
        !maths_normal(answer, arena, &normal, err))
        return false;
    return json_object_set_new(out, "normal", json_from_text(normal)) == 0 || error_memory(err, "answer");
}

const struct domain domain_maths = {
    .name = "math",
    .summary = "answers of mathematics: equal to their reference, strictly or leniently",
    .row = "{\"answer\", \"response\"? or \"prediction\"?}",
    .means = means,
    .claims = claims,
    .check = decide,
    .solve = solve,
};
