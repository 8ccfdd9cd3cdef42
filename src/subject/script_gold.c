/* Gold answers and labels of items: see script_gold.h. */
#include "subject/script_gold.h"

#include "subject/subject_internal.h"

const json_t *gold_label(const struct ask *ask, const char *name) {
    const json_t *label = json_object_get(ask->labels, name);
    return label ? label : json_object_get(json_object_get(ask->gold, "labels"), name);
}

/* The index that the gold gives, -1 for none. */
static json_int_t gold_index(const struct ask *ask) {
    const json_t *index = json_is_object(ask->gold) ? json_object_get(ask->gold, "index") : ask->gold;
    return json_is_integer(index) && json_integer_value(index) >= 0 ? json_integer_value(index) : -1;
}

static bool value_text(const json_t *value, struct arena *arena, struct text *out, struct error *err) {
    struct buffer b;
    if (json_is_string(value)) return *out = json_text(value), true;
    if (json_is_boolean(value)) return *out = json_is_true(value) ? TEXT("true") : TEXT("false"), true;
    buffer_init(&b, 64);
    if (json_is_integer(value))
        buffer_printf(&b, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else
        buffer_put_f64(&b, json_number_value(value));
    char *copy = buffer_check(&b, "gold", err) ? text_copy(arena, buffer_text(&b), err) : NULL;
    *out = text_of(copy);
    buffer_done(&b);
    return copy != NULL;
}

static const json_t *first_of(const json_t *value) {
    return json_is_array(value) ? json_array_get(value, 0) : value;
}

bool gold_text(const struct ask *ask, struct arena *arena, struct text *out, bool *found, struct error *err) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const json_t *value = ask->gold;
    json_int_t index = gold_index(ask);
    *found = true;
    if (json_is_object(ask->gold)) {
        static const char *const keys[] = {"text", "texts", "answer", "number"};
        value = NULL;
        for (size_t i = 0; !value && i < sizeof keys / sizeof *keys; i++) {
            value = first_of(json_object_get(ask->gold, keys[i]));
            if (json_is_null(value)) value = NULL;
        }
    } else if (index >= 0 && ask->n_choices) {
        value = NULL;
    }
    value = first_of(value);
    if (json_is_string(value) || json_is_number(value) || json_is_boolean(value))
        return value_text(value, arena, out, err);
    if (index >= 0 && (size_t)index < ask->n_choices) return *out = ask->choices[index], true;
    if (index >= 0 && index < 26) return *out = (struct text){letters + index, 1}, true;
    *found = false;
    *out = TEXT("");
    return true;
}

const json_t *gold_mask(const struct ask *ask) {
    const json_t *mask = json_object_get(ask->gold, "mask");
    return gold_index(ask) < 0 && ask->n_choices && json_array_size(mask) == ask->n_choices ? mask : NULL;
}

bool gold_choice(const struct ask *ask, struct arena *arena, size_t *out, struct error *err) {
    json_int_t index = gold_index(ask);
    struct text t;
    bool found;
    *out = index >= 0 && (size_t)index < ask->n_choices ? (size_t)index : SIZE_MAX;
    if (*out != SIZE_MAX) return true;
    if (!gold_text(ask, arena, &t, &found, err)) return false;
    return !found || choice_of_text(arena, t, ask->choices, ask->n_choices, out, err);
}

bool gold_wrong(const struct ask *ask, struct rng *rng, struct arena *arena, struct text *out, size_t *choice,
                struct error *err) {
    size_t gold, n = ask->n_choices;
    const json_t *wrong = gold_label(ask, "wrong");
    if (!gold_choice(ask, arena, &gold, err)) return false;
    if (json_is_string(wrong)) return *out = json_text(wrong), true;
    if (n < 2) return *out = TEXT("I do not know."), true;
    size_t other = gold < n ? (gold + 1 + (size_t)rng_below(rng, n - 1)) % n : (size_t)rng_below(rng, n);
    *out = ask->choices[other];
    *choice = other;
    return true;
}
