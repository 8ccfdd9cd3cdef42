/* Questions with two texts that contradict each other: see dataset_conflict.h. */
#include "measure/dataset/dataset_conflict.h"

#include "measure/rules/situated.h"

#include <stdio.h>

static bool text_member(const json_t *row, const char *key, struct json_place place, struct text *out,
                        struct error *err) {
    return json_get_text(row, key, place, out, err) &&
           (out->len || json_mismatch(json_object_get(row, key), key, place, "a text that is not empty", err));
}

static bool read_gold(const json_t *row, struct json_place place, enum truth *gold, struct error *err) {
    const json_t *list = json_object_get(row, "ground_truth"), *one = json_array_get(list, 0);
    *gold = truth_of_answer(json_text(one));
    return (json_array_size(list) == 1 && *gold != TRUTH_UNREAD) ||
           json_mismatch(list, "ground_truth", place, "[\"True\"] or [\"False\"]", err);
}

static json_t *make_row(const json_t *raw, struct json_place place, const char *source, enum truth gold, enum truth own,
                        enum truth says, struct text document) {
    char id[64], question[32];
    snprintf(id, sizeof id, "%zu/%s", place.line, source);
    snprintf(question, sizeof question, "%zu", place.line);
    json_t *row = json_pack("{s:s s:s s:O s:s s:s s:o s:s}", "id", id, "pair", question, "question",
                            json_object_get(raw, "question"), "gold", truth_names[gold], "wrong", truth_names[!gold],
                            "document", json_from_text(document), "source", source);
    bool told = says != TRUTH_UNREAD;
    if (!row) return NULL;
    json_object_set_new(row, "says", told ? json_string(truth_names[says]) : json_null());
    json_object_set_new(row, "source_right", told ? json_boolean(says == gold) : json_null());
    json_object_set_new(row, "own", told ? json_string(truth_names[own]) : json_null());
    return row;
}

bool dataset_conflict_rows(const json_t *raw, struct json_place place, json_t **first, json_t **second,
                           struct error *err) {
    struct text question, memory, counter, memory_text, counter_text;
    enum truth gold;
    *first = *second = NULL;
    if (!text_member(raw, "question", place, &question, err) ||
        !text_member(raw, "memory_answer", place, &memory, err) ||
        !text_member(raw, "counter_answer", place, &counter, err) ||
        !text_member(raw, "parametric_memory", place, &memory_text, err) ||
        !text_member(raw, "counter_memory", place, &counter_text, err) || !read_gold(raw, place, &gold, err))
        return false;
    enum truth own = truth_of_statements(question, memory, counter);
    if (own == TRUTH_UNREAD) {
        *first = make_row(raw, place, "undecidable", gold, own, own, counter_text);
    } else {
        *first = make_row(raw, place, "counter", gold, own, own == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE, counter_text);
        *second = make_row(raw, place, "memory", gold, own, own, text_trim(memory_text));
    }
    if (*first && (*second || own == TRUTH_UNREAD)) return true;
    json_decref(*first);
    json_decref(*second);
    *first = *second = NULL;
    return error_memory(err, "row");
}
