/* No text of pocket/ may name an entity: names come from slots alone. A template that told one would carry it through
 * every item and corpus, also where a held-out entity must not be seen. */
#include "measure/world/world_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static int by_text(const void *a, const void *b) {
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

/* Kinds whose names are made from the seed. The others stand in lexicon.yaml,
 * and a name of goods is an ordinary word. */
static const enum kind named[] = {PERSON, OUTSIDE, ELDER, TOWN, RIVER, BUILDING};
enum { N_NAMED = sizeof named / sizeof *named };

static size_t names_of(const struct world *w, enum kind kind, struct text *out) {
    size_t n = kind == OUTSIDE ? OUTSIDE_PEOPLE : world_kinds[kind].n;
    if (out) memcpy(out, w->name[kind], n * sizeof *out);
    return n;
}

static bool word_byte(char c) { return isalpha((unsigned char)c) || (unsigned char)c >= 0x80; }

/* The place behind the word that begins at `at`; `at` itself where none begins. */
static size_t word_end(struct text t, size_t at) {
    while (at < t.len && word_byte(t.at[at])) at++;
    return at;
}

/* The entry that is the word at `at`, or that word with the next behind a blank. */
static const struct text *named_at(const struct text *names, size_t n, struct text t, size_t at, size_t end) {
    struct text one = {t.at + at, end - at}, two = one;
    if (end + 1 < t.len && t.at[end] == ' ') two.len = word_end(t, end + 1) - at;
    const struct text *found = bsearch(&two, names, n, sizeof *names, by_text);
    return found ? found : bsearch(&one, names, n, sizeof *names, by_text);
}

static bool check_file(const struct text *names, size_t n, const struct world_file *file, struct error *err) {
    struct text t = {file->at, file->len};
    size_t line = 1, line_start = 0;
    for (size_t at = 0; at < t.len;) {
        size_t end = word_end(t, at);
        const struct text *told = end > at ? named_at(names, n, t, at, end) : NULL;
        if (told)
            return error_set(err, ERROR_DATA,
                             "pocket/%s:%zu:%zu: '%.*s' is a name of this world; a text must not tell an "
                             "entity, which may be held out: use a slot",
                             file->name, line, at - line_start + 1, TEXT_ARG(*told));
        if (end < t.len && t.at[end] == '\n') line++, line_start = end + 1;
        at = end + 1;
    }
    return true;
}

bool world_check_texts(const struct world *w, const struct world_file *files, size_t n_files, struct error *err) {
    size_t n = 0;
    for (size_t k = 0; k < N_NAMED; k++) n += names_of(w, named[k], NULL);
    struct text *names = memory_zeroed(n, sizeof *names);
    if (!names) return error_memory(err, "names of the world");
    for (size_t k = 0, at = 0; k < N_NAMED; k++) at += names_of(w, named[k], names + at);
    qsort(names, n, sizeof *names, by_text);
    bool ok = true;
    for (size_t i = 0; ok && i < n_files; i++) ok = check_file(names, n, &files[i], err);
    memory_free(names);
    return ok;
}
