/* Fields that become processors: see serve_extra.h. */
#include "serve/serve_extra.h"

#include <string.h>

/* "quotes": false lets one answer go from what the server was started with. */
static bool make_quotes(const json_t *value, const struct lm_subject *lm, struct arena *arena,
                        struct serve_extra_made *made, struct error *err) {
    (void)arena;
    if (!json_is_boolean(value)) return error_set(err, ERROR_DATA, "'quotes': expected true or false");
    if (json_is_true(value) && !lm->quotes)
        return error_set(err, ERROR_DATA, "'quotes': this server was started without --quotes IDX");
    made->processor = (struct logits_processor){0};
    return true;
}

static const struct serve_extra extras[] = {
    {"steer", "changes the next token's distribution while decoding", NULL},
    {"quotes", "quotes are verbatim those of a trusted text", make_quotes},
};
enum { EXTRAS = sizeof extras / sizeof *extras };

size_t serve_extras(const struct serve_extra **out) {
    *out = extras;
    return EXTRAS;
}

bool serve_extra_known(const char *field) {
    for (size_t i = 0; i < EXTRAS; i++)
        if (strcmp(extras[i].name, field) == 0) return true;
    return false;
}

bool serve_extras_make(struct serve_extra_list *list, const json_t *root, const struct lm_subject *lm,
                       struct arena *arena, struct api_error *err) {
    struct error why = {0};
    *list = (struct serve_extra_list){0};
    if (!(list->made = arena_new(arena, struct serve_extra_made, EXTRAS, &why))) return api_refuse_for(err, NULL, &why);
    for (size_t i = 0; i < EXTRAS; i++) {
        const json_t *value = json_object_get(root, extras[i].name);
        if (!value || json_is_null(value)) continue;
        if (!extras[i].make)
            return api_refuse(err, 400, extras[i].name, "unsupported_parameter",
                              "'%s' (%s) is not part of this server yet; leave it out", extras[i].name,
                              extras[i].summary);
        if (!extras[i].make(value, lm, arena, &list->made[list->n], &why))
            return api_refuse_for(err, extras[i].name, &why);
        list->n++;
    }
    return true;
}

void serve_extras_done(struct serve_extra_list *list) {
    for (size_t i = 0; i < list->n; i++)
        if (list->made[i].free) list->made[i].free(&list->made[i]);
    list->n = 0;
}
