/* Trusted text from bytes: the first half is a corpus, the second an answer; then the whole as the index and the header
 * of a filter. Normalised text stays what it is, every span lies in the text, and members agree with a plain search. */
#include "quote/quote_score.h"

#include "memory_file.h"

#include <string.h>

static void check_answer(const struct quote_index *index, struct text corpus, struct text answer, struct arena *arena) {
    struct error err = {0};
    struct quote_score s;
    struct quote_text whole;
    const struct quote_score_settings settings = {.details = true};
    if (!quote_score(index, answer, &settings, arena, &s, &err)) abort();
    if (s.state != QUOTE_SCORED) return;
    if (!quote_text_normalise(corpus, arena, &whole, &err)) abort();
    for (size_t i = 0; i < s.windows; i++) {
        struct text window = text_part(s.text.text, s.text.at[i], s.text.at[i + 5]);
        if (s.yes[i] != (text_find(whole.text, window, 0) != SIZE_MAX)) abort();
    }
    for (size_t i = 0; i < s.n_stretches; i++) {
        struct quote_span origin = quote_span_origin(&s.text, s.stretches[i].span);
        if (s.stretches[i].span.to > s.text.n || origin.to > answer.len || origin.from > origin.to) abort();
        if (s.stretches[i].count == 0 || s.stretches[i].n_places == 0) abort();
    }
    for (size_t i = 0; i < s.n_sentences; i++)
        if (s.sentences[i].span.to > s.text.n || s.sentences[i].span.from >= s.sentences[i].span.to) abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);
int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    struct error err = {0};
    struct arena arena;
    struct text all = {(const char *)at, n}, corpus = text_part(all, 0, n / 2), answer = text_part(all, n / 2, n);
    size_t width;
    if (n > 4096) return 0;
    arena_init(&arena, 1 << 26);
    if (text_utf8_invalid(corpus) == SIZE_MAX) {
        struct quote_index *index = quote_index_of_texts(&corpus, 1, 5, &err);
        if (!index) abort();
        check_answer(index, corpus, answer, &arena);
        quote_index_close(index);
    }
    struct memory_file file = memory_file_open(at, n);
    quote_bloom_free(quote_bloom_open(file.path, &width, NULL, &err));
    memory_file_close(&file);
    arena_done(&arena);
    return 0;
}
