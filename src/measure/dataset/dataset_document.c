/* Questions of the pocket world apart from their documents: see dataset_document.h. */
#include "measure/dataset/dataset_document.h"

#include <ctype.h>

enum { PROMPT_MOST = 1 << 20 };

/* Where the name stands, its first letter large or not: a sentence may begin with it. */
static size_t find_name(struct text t, struct text name) {
    for (size_t i = 0; name.len && i + name.len <= t.len; i++)
        if (tolower((unsigned char)t.at[i]) == tolower((unsigned char)name.at[0]) &&
            text_equal(text_part(t, i + 1, i + name.len), text_part(name, 1, name.len)))
            return i;
    return SIZE_MAX;
}

/* From the end of the sentence before the name up to the first mark that ends one behind it. */
static struct text sentence_around(struct text t, struct text name) {
    static const struct text ends[] = {{"\n", 1}, {": ", 2}, {". ", 2}, {"? ", 2}};
    size_t at = find_name(t, name), to = at + name.len;
    if (at == SIZE_MAX) return TEXT("");
    while (to < t.len && t.at[to] != '?' && t.at[to] != '.') to++;
    struct text before = text_part(t, 0, at);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        for (size_t end; (end = text_find(before, ends[i], 0)) != SIZE_MAX;)
            before = text_part(before, end + ends[i].len, before.len);
    return text_part(t, at - before.len, to < t.len ? to + 1 : to);
}

static bool put_apart(json_t *row, struct text prompt, size_t from, size_t to, const json_t *truth, struct error *err) {
    struct text name = json_text(json_object_get(json_object_get(row, "slots"), "S"));
    struct buffer outside;
    buffer_init(&outside, PROMPT_MOST);
    buffer_put_text(&outside, text_part(prompt, 0, from));
    buffer_put_text(&outside, text_part(prompt, to, prompt.len));
    struct text question = sentence_around(buffer_text(&outside), name);
    bool ok = buffer_check(&outside, "question", err);
    if (ok && !question.len)
        ok = error_set(err, ERROR_DATA, "field 'prompt': expected slots.S ('%.*s') in it, outside of the document",
                       TEXT_ARG(name));
    else if (ok)
        ok = (json_object_set_new(row, "document", json_from_text(text_part(prompt, from, to))) == 0 &&
              json_object_set_new(row, "answers", json_pack("[O]", truth)) == 0 &&
              json_object_set_new(row, "question", json_from_text(question)) == 0) ||
             error_memory(err, "row");
    buffer_done(&outside);
    return ok;
}

bool dataset_document_row(json_t *row, bool *is, struct error *err) {
    const struct text opens = TEXT("<doc>"), closes = TEXT("</doc>");
    const json_t *truth = json_object_get(json_object_get(row, "labels"), "truth");
    struct text prompt = json_text(json_object_get(row, "prompt"));
    size_t from = text_find(prompt, opens, 0), to = from == SIZE_MAX ? from : text_find(prompt, closes, from);
    *is = to != SIZE_MAX && json_is_string(truth);
    return !*is || put_apart(row, prompt, from, to + closes.len, truth, err);
}
