/* What a request says: see page_ask.h. */
#include "serve/page_ask.h"

#include <string.h>

bool page_ask_add(struct page_ask *ask, const char *name, struct text value, struct api_error *err) {
    if (ask->n_args == PAGE_ARGS_MOST)
        return api_refuse(err, 400, NULL, NULL, "more than %d arguments", PAGE_ARGS_MOST);
    if (value.len > PAGE_ARG_BYTES)
        return api_refuse(err, 400, NULL, NULL, "an argument is longer than %d bytes", PAGE_ARG_BYTES);
    if (memchr(value.at ? value.at : "", 0, value.len) || text_utf8_invalid(value) != SIZE_MAX)
        return api_refuse(err, 400, NULL, NULL, "an argument is no UTF-8, or holds a zero");
    ask->args[ask->n_args].name = name;
    ask->args[ask->n_args++].value = value;
    return true;
}

struct text page_ask_nth(const struct page_ask *ask, const char *name, size_t nth) {
    for (size_t i = 0; i < ask->n_args; i++)
        if (strcmp(ask->args[i].name, name) == 0 && nth-- == 0) return ask->args[i].value;
    return (struct text){0};
}

struct text page_ask_text(const struct page_ask *ask, const char *name) {
    return page_ask_nth(ask, name, 0);
}

bool page_ask_needs(const struct page_ask *ask, const char *name, struct text *out, struct api_error *err) {
    *out = page_ask_text(ask, name);
    return out->len || api_refuse(err, 400, name, NULL, "argument '%s' is missing", name);
}

bool page_ask_count(const struct page_ask *ask, const char *name, uint64_t usual, uint64_t most, uint64_t *out,
                    struct api_error *err) {
    struct text t = page_ask_text(ask, name);
    *out = usual;
    if (!t.len || (text_to_u64(t, out) && *out <= most)) return true;
    return api_refuse(err, 400, name, NULL, "argument '%s': expected 0 to %llu", name, (unsigned long long)most);
}

bool page_ask_body(const struct page_ask *ask, const char *name, struct text *out, struct api_error *err) {
    const json_t *value = json_object_get(ask->body, name);
    if (!json_is_string(value)) return api_refuse(err, 400, name, NULL, "field '%s': expected a text", name);
    *out = json_text(value);
    return true;
}
