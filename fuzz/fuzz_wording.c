/* A file of prompts. What is read is filled with slots: no slot's name in braces is left, and a text without slots and
 * without new lines to be stays as it is; what is not read is told with a line or a name. What a judge writes is read as a
 * number from 0 to 1 or not at all. */
#include "measure/score/judge.h"
#include "measure/rules/wording.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static void must(bool ok) {
    if (!ok) abort();
}

static void fill(struct text pattern, struct arena *arena) {
    const struct wording_slot slots[] = {{"question", TEXT("Who?")}, {"said", TEXT("")}};
    struct text filled;
    struct error err = {0};
    must(wording_fill(pattern, slots, 2, arena, &filled, &err));
    must(text_find(filled, TEXT("{question}"), 0) == SIZE_MAX || text_find(pattern, TEXT("{{"), 0) != SIZE_MAX ||
         text_find(pattern, TEXT("{said}"), 0) != SIZE_MAX);
    bool plain = text_find(pattern, TEXT("{"), 0) == SIZE_MAX && text_find(pattern, TEXT("\\n"), 0) == SIZE_MAX;
    must(!plain || text_equal(pattern, filled));
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    static const char *const names[] = {"extract", "rate"};
    struct text source = {(const char *)at, n}, prompt[2];
    struct arena arena;
    struct error err = {0};
    double rating;
    if (n > 1 << 16) return 0;
    arena_init(&arena, (size_t)64 << 20);
    if (wording_parse(source, "prompts.txt", names, 2, prompt, &err)) {
        for (size_t i = 0; i < 2; i++) fill(prompt[i], &arena);
    } else {
        must(err.kind == ERROR_DATA && strncmp(err.message, "prompts.txt", 11) == 0);
    }
    must(!judge_rating(source, &rating) || (rating >= 0 && rating <= 1));
    arena_done(&arena);
    return 0;
}
