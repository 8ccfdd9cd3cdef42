/* Transcripts from strangers: a normal form is its own normal form, two texts are no further apart than both are long, and a
 * reply lets somebody in, or not, or says nothing. */
#include "measure/rules/access.h"
#include "measure/rules/transcript.h"

#include <stdlib.h>
#include <string.h>

static void check_pair(const struct transcript_words *words, struct text a, struct text b, struct arena *arena) {
    struct error err = {0};
    struct transcript_errors e;
    struct text x, y, again;
    if (!transcript_normal(words, a, arena, &x, &err) || !transcript_normal(words, b, arena, &y, &err)) {
        if (!err.message[0]) abort();
        return;
    }
    if (!transcript_normal(words, x, arena, &again, &err)) abort();
    if (!transcript_errors_of(x, y, transcript_unit_of(x), arena, &e, &err)) return;
    uint64_t edits = e.substituted + e.deleted + e.inserted;
    if (edits > e.length + y.len || (text_equal(x, y) && edits)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 4096) return 0;
    struct error err = {0};
    struct arena arena;
    struct text all = {(const char *)data, size};
    enum access_verdict verdict;
    size_t half = size / 2;
    arena_init(&arena, (size_t)1 << 28);
    struct transcript_words *words = transcript_words_open("", NULL, &err);
    struct access_rules *rules = access_rules_open("", NULL, true, &err);
    if (!words || !rules) abort();
    check_pair(words, text_part(all, 0, half), text_part(all, half, size), &arena);
    if (!access_read(rules, text_part(all, 0, half), text_part(all, half, size), &arena, &verdict, &err)) abort();
    transcript_words_close(words);
    access_rules_close(rules);
    arena_done(&arena);
    return 0;
}
