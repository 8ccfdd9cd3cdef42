/* Any bytes as what a library of guidelines is made of: the first byte says whether they are a library, what teachers
 * wrote, values cards, or merges of cards. A library that is read is written as it was read; one that is made holds
 * every text once and can be searched; its likenesses lie in 0..1. */
#include "memory_file.h"
#include "set/cards.h"
#include "set/guide_build.h"
#include "set/guide_find.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static void must(bool ok) {
    if (!ok) abort();
}

static void check_refusal(const struct error *err) {
    must(err->kind == ERROR_DATA && err->message[0]);
}

static void search(const struct guide_library *library, struct arena *arena) {
    const struct guide_find_settings settings = {.k = 3, .spread = 0.5};
    struct guide_found found;
    struct error err = {0};
    if (!guide_find(library, TEXT("be fair to whoever asks"), &settings, arena, &found, &err)) {
        check_refusal(&err);
        must(library->n == 0);
        return;
    }
    must(found.n <= 3);
    for (size_t i = 0; i < found.n; i++)
        must(found.hit[i].score > 0 && found.hit[i].score <= 1 + 1e-6 &&
             (i == 0 || found.hit[i].score <= found.hit[i - 1].score));
    for (size_t i = 1; i < library->n && i < 8; i++) {
        double ratio = guide_ratio(text_of(library->guide[i - 1].text), text_of(library->guide[i].text));
        must(ratio >= 0 && ratio <= 1);
    }
}

/* Written, read again, and written: the same bytes. */
static void write_twice(const struct guide_library *library, struct arena *arena) {
    struct error err = {0};
    struct buffer one, two;
    struct guide_library again;
    buffer_init(&one, (size_t)64 << 20);
    buffer_init(&two, (size_t)64 << 20);
    must(guide_put(&one, library, &err));
    struct memory_file file = memory_file_open(one.at ? one.at : "", one.len);
    must(guide_read(file.path, arena, &again, &err) && guide_put(&two, &again, &err));
    must(text_equal(buffer_text(&one), buffer_text(&two)));
    memory_file_close(&file);
    buffer_done(&two);
    buffer_done(&one);
}

static void read_library(const char *path, struct arena *arena) {
    struct guide_library library;
    struct error err = {0};
    if (!guide_read(path, arena, &library, &err)) {
        check_refusal(&err);
        return;
    }
    for (size_t i = 1; i < library.n; i++) must(library.guide[i - 1].gid < library.guide[i].gid);
    write_twice(&library, arena);
    search(&library, arena);
}

static void build(const char *path, struct arena *arena) {
    const struct guide_build_settings settings = {.tau = 0.9};
    const struct guide_library none = {0};
    struct guide_built built, again;
    struct error err = {0};
    if (!guide_build(&none, &path, 1, &settings, arena, &built, &err)) {
        check_refusal(&err);
        return;
    }
    must(built.read == built.known + built.same + built.near + built.added && built.added == built.library.n);
    write_twice(&built.library, arena);
    search(&built.library, arena);
    must(guide_build(&built.library, &path, 1, &settings, arena, &again, &err));
    must(again.library.n == built.library.n && again.known == again.read); /* reading again changes nothing */
}

static void merge_cards(const char *path, struct arena *arena) {
    struct cards cards = {0};
    struct error err = {0};
    size_t refused;
    if (!cards_read(path, arena, &cards, &err))
        check_refusal(&err);
    else if (!cards_merge(&cards, 0.8, NULL, NULL, arena, &refused, &err))
        check_refusal(&err);
    for (size_t i = 0; err.kind == ERROR_NONE && i < cards.n; i++)
        must(cards.card[i].canonical < cards.n &&
             cards.card[cards.card[i].canonical].canonical == cards.card[i].canonical);
    cards_done(&cards);
}

static void read_merges(const char *path, struct arena *arena) {
    struct card_merges merges;
    struct error err = {0};
    if (!cards_read_merges(path, arena, &merges, &err)) {
        check_refusal(&err);
        return;
    }
    must(merges.n_canonical <= merges.n && merges.largest <= merges.n);
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    static const char *const endings[] = {"jsonl", "jsonl", "json", "jsonl", "csv"};
    static void (*const readers[])(const char *, struct arena *) = {read_library, build, build, merge_cards,
                                                                    read_merges};
    struct arena arena;
    if (n < 1 || n > 1 << 13) return 0;
    size_t kind = at[0] % 5;
    struct memory_file file = memory_file_open_as(at + 1, n - 1, endings[kind]);
    arena_init(&arena, (size_t)256 << 20);
    readers[kind](file.link, &arena);
    arena_done(&arena);
    memory_file_close(&file);
    return 0;
}
