/* The words that transcripts may write in several ways, as data: see transcript.h. */
#include "measure/rules/transcript_internal.h"

#include "measure/rules/phrases.h"

#include <stdlib.h>

static const char *const kind_names[SPOKEN_KINDS + 1] = {"contraction", "ending", "number",    "scale", "ordinal",
                                                         "spelling",    "pair",   "beginning", "sign",  "money",
                                                         NULL};

static int by_from(const void *a, const void *b) {
    const struct spoken *x = a, *y = b;
    return text_compare(x->from, y->from);
}

static bool is_number(enum transcript_kind kind) {
    return kind == SPOKEN_NUMBER || kind == SPOKEN_SCALE || kind == SPOKEN_ORDINAL;
}

static bool take(struct transcript_words *w, const struct phrase *phrase, struct error *err) {
    enum transcript_kind kind = (enum transcript_kind)phrase->kind;
    struct spoken *s = &w->of[kind][w->n[kind]++];
    size_t at = text_find(phrase->text, TEXT(" = "), 0);
    if (at == SIZE_MAX)
        return error_set(err, ERROR_DATA, "words of transcripts: '%.*s': expected WORD = WORDS",
                         TEXT_ARG(phrase->text));
    s->from = text_trim(text_part(phrase->text, 0, at));
    s->to = text_trim(text_part(phrase->text, at + 3, phrase->text.len));
    return !is_number(kind) || text_to_u64(s->to, &s->value) ||
           error_set(err, ERROR_DATA, "words of transcripts: '%.*s' is no number", TEXT_ARG(s->to));
}

static bool fill(struct transcript_words *w, struct error *err) {
    const struct phrases *p = w->phrases;
    size_t n[SPOKEN_KINDS] = {0};
    for (size_t i = 0; i < p->n; i++) n[p->phrase[i].kind]++;
    for (size_t k = 0; k < SPOKEN_KINDS; k++)
        if (!(w->of[k] = arena_new(&w->arena, struct spoken, n[k] + 1, err))) return false;
    for (size_t i = 0; i < p->n; i++)
        if (!take(w, &p->phrase[i], err)) return false;
    for (size_t k = 0; k < SPOKEN_KINDS; k++) qsort(w->of[k], w->n[k], sizeof *w->of[k], by_from);
    return true;
}

struct transcript_words *transcript_words_open(const char *name, const char *path, struct error *err) {
    struct transcript_words *w = memory_zeroed(1, sizeof *w);
    if (!w) return error_memory(err, "words of transcripts"), NULL;
    arena_init(&w->arena, 1 << 20);
    if ((w->phrases = phrases_open(name, path, "rules/speech-words.txt", kind_names, err)) && fill(w, err)) {
        sha256_hex(w->phrases->source.at, w->phrases->source.len, w->digest);
        return w;
    }
    transcript_words_close(w);
    return NULL;
}

void transcript_words_close(struct transcript_words *w) {
    if (!w) return;
    phrases_close(w->phrases);
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
