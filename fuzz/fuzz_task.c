/* A task file, and behind the first zero byte a row of its data as JSON. No data file is opened, as its name would be the
 * fuzzer's. What is read makes items whose gold fits their choices, the same each time. */
#include "libfyaml_leak.h"
#include "measure/task/task_internal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static const char plain_row[] = "{\"question\":\"Who keeps the mill?\",\"choices\":[\"Ada\",\"Bo\",\"Cy\"],\"answer\":1,"
                                "\"label\":\"safe\",\"id\":\"q-1\",\"group\":\"trade\",\"n\":2.5,\"pair\":null}";

static void check_failure(const struct error *err) {
    if ((err->kind != ERROR_DATA && err->kind != ERROR_USAGE) || !err->message[0]) abort();
}

static void check_item(const struct item *item) {
    if (item->gold_index >= 0 && (size_t)item->gold_index >= item->n_choices) abort();
    for (size_t i = 0; item->order && i < item->n_choices; i++)
        if (item->order[i] < 0 || (size_t)item->order[i] >= item->n_choices) abort();
    if (strlen(item->digest) != 64) abort();
}

static bool try_row(const struct task *task, const json_t *row, char digest[65]) {
    struct error err = {0};
    struct arena arena;
    struct item item;
    struct ask ask;
    json_t *canonical = NULL;
    struct json_place place = {"row", 1, ""};
    arena_init(&arena, (size_t)64 << 20);
    digest[0] = 0;
    bool ok = task_row_item(task, json_deep_copy(row), place, 1, NULL, 0, &arena, &item, &err);
    if (ok) {
        check_item(&item);
        ok = task_ask(task, &item, true, &arena, &ask, &canonical, &err);
        if (ok) memcpy(digest, ask.digest, 65);
        json_decref(canonical);
        item_done(&item);
    }
    if (!ok) check_failure(&err);
    arena_done(&arena);
    return ok;
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    struct error err = {0}, none = {0};
    struct text source = {(const char *)at, n}, given = TEXT("");
    const char *zero = n ? memchr(source.at, 0, n) : NULL;
    if (zero) {
        source.len = (size_t)(zero - source.at);
        given = (struct text){zero + 1, n - source.len - 1};
    }
    const struct task_settings settings = {.path = "/nonexistent", .few_shot = -1, .seed = 1};
    struct task *task = task_parse(source, "built-in:fuzz", &settings, &err);
    if (!task) return check_failure(&err), 0;
    json_t *row = given.len ? json_read(given, "row", 1, &none) : NULL;
    if (!json_is_object(row)) {
        json_decref(row);
        row = json_read(text_of(plain_row), "row", 1, &none);
    }
    char first[65], second[65];
    bool ok = try_row(task, row, first), again = try_row(task, row, second);
    if (ok != again || strcmp(first, second) != 0) abort();
    json_decref(row);
    task_free(task);
    return 0;
}
