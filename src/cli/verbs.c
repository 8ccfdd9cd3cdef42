/* See verbs.h. */
#include "cli/verbs.h"

#include "base/buffer.h"

#include <string.h>

/* "check, solve or parse", on the arena. */
static const char *all_of(const struct verb *verbs, size_t n, struct arena *arena, struct error *err) {
    struct buffer b;
    buffer_init(&b, 1 << 12);
    for (size_t i = 0; i < n; i++)
        buffer_printf(&b, "%s%s", i == 0 ? "" : i + 1 == n ? " or " : ", ", verbs[i].name);
    const char *all = buffer_check(&b, "verbs", err) ? text_copy(arena, buffer_text(&b), err) : NULL;
    buffer_done(&b);
    return all;
}

const struct verb *verbs_find(struct arguments *args, const struct verb *verbs, size_t n, struct error *err) {
    const char *names[VERBS_MOST];
    for (size_t i = 0; i < n && i < VERBS_MOST; i++) {
        names[i] = verbs[i].name;
        if (args->n_words && strcmp(args->words[0], names[i]) == 0) return &verbs[i];
    }
    const char *all = all_of(verbs, n, args->arena, err);
    if (!all) return NULL;
    if (args->n_words == 0) return error_set(err, ERROR_USAGE, "expected a verb: %s", all), NULL;
    const char *near = text_nearest(text_of(args->words[0]), names, n < VERBS_MOST ? n : VERBS_MOST);
    error_set(err, ERROR_USAGE, "no verb '%s'; %s%s%s %s", args->words[0], near ? "did you mean '" : "there are",
              near ? near : "", near ? "'? There are" : "", all);
    return NULL;
}

bool verbs_run(struct arguments *args, const struct verb *verbs, size_t n, struct error *err) {
    const struct verb *verb = verbs_find(args, verbs, n, err);
    return verb && verb->run(args, err);
}
