/* The words that transcripts may write in several ways, as data: see transcript.h. */
#include "measure/rules/transcript_internal.h"

#include "measure/rules/phrase_list.h"

#include <stdlib.h>

static const char *const kind_names[SPOKEN_KINDS] = {"contraction", "ending",    "number", "scale", "ordinal",
                                                     "spelling",    "beginning", "sign",   "money"};

static int by_from(const void *a, const void *b) {
    const struct spoken *x = a, *y = b;
    return text_compare(x->from, y->from);
}

static bool is_number(enum transcript_kind kind) {
    return kind == SPOKEN_NUMBER || kind == SPOKEN_SCALE || kind == SPOKEN_ORDINAL;
}

static bool take_line(struct transcript_words *w, const struct phrase_list *list, const struct phrase_line *line,
                      struct error *err) {
    enum transcript_kind kind = (enum transcript_kind)line->kind;
    struct spoken *s = &w->of[kind][w->n[kind]++];
    if (!phrase_pair(list, line, &s->from, &s->to, err)) return false;
    return !is_number(kind) || text_to_u64(s->to, &s->value) ||
           error_set(err, ERROR_DATA, "%s:%zu: '%.*s' is no number", list->shown, line->line, TEXT_ARG(s->to));
}

static bool fill(struct transcript_words *w, const struct phrase_list *list, struct error *err) {
    size_t n[SPOKEN_KINDS] = {0};
    for (size_t i = 0; i < list->n; i++) n[list->at[i].kind]++;
    for (size_t k = 0; k < SPOKEN_KINDS; k++)
        if (!(w->of[k] = arena_new(&w->arena, struct spoken, n[k] + 1, err))) return false;
    for (size_t i = 0; i < list->n; i++)
        if (!take_line(w, list, &list->at[i], err)) return false;
    for (size_t k = 0; k < SPOKEN_KINDS; k++) qsort(w->of[k], w->n[k], sizeof *w->of[k], by_from);
    return true;
}

struct transcript_words *transcript_words_open(struct text name, const char *path, struct error *err) {
    struct transcript_words *w = memory_zeroed(1, sizeof *w);
    struct phrase_list list;
    if (!w) return error_memory(err, "words of transcripts"), NULL;
    arena_init(&w->arena, 8 * PHRASE_FILE_MOST);
    if (phrase_list_read(name, "rules/speech-words.txt", path, kind_names, SPOKEN_KINDS, &w->arena, &list, err) &&
        fill(w, &list, err)) {
        sha256_hex(list.source.at, list.source.len, w->digest);
        return w;
    }
    transcript_words_close(w);
    return NULL;
}

void transcript_words_close(struct transcript_words *w) {
    if (!w) return;
    arena_done(&w->arena);
    memory_free(w);
}

const char *transcript_words_digest(const struct transcript_words *w) {
    return w->digest;
}

const struct spoken *transcript_find(const struct transcript_words *w, enum transcript_kind kind, struct text t) {
    const struct spoken key = {.from = t};
    if (!w->n[kind]) return NULL;
    return bsearch(&key, w->of[kind], w->n[kind], sizeof key, by_from);
}
