/* Any bytes as what variants are made of: the first byte chooses rows of cases (JSONL), which are varied in every way, a
 * prompt that is read for what it asks, or an encoded prompt. Every variant that is written has passed the gate and says
 * of what it was made; what is read is a fact of the world; what can't be read is told with FILE. */
#include "measure/data/vary_internal.h"
#include "memory_file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static struct world *world;
static struct world_reader *reader;
static struct vary_rules rules;

static void open_once(void) {
    struct error err = {0};
    if (world) return;
    if (!(world = world_new(WORLD_DEFAULT_SEED, &err)) || !vary_rules_open(&rules, &err) ||
        !(reader = world_reader_new(world, rules.same, rules.n_same, &err)))
        abort();
}

static bool check_row(void *context, const json_t *row, struct error *err) {
    size_t *rows = context;
    const json_t *gold = json_object_get(row, "gold"), *choices = json_object_get(row, "choices");
    (void)err;
    ++*rows;
    if (!json_is_string(json_object_get(row, "parent")) || !json_is_string(json_object_get(row, "prompt"))) abort();
    if (choices && (size_t)json_integer_value(gold) >= json_array_size(choices)) abort();
    return strcmp(json_string_value(json_object_get(json_object_get(row, "gate"), "status")), "pass") == 0;
}

static void vary_bytes(const unsigned char *at, size_t n) {
    static const char *const kinds[] = {"format,length,lexical,letters,marks,encoding,jailbreak"};
    struct memory_file file = memory_file_open_as(at, n, "jsonl");
    const char *path = file.link;
    struct vary_result r;
    struct error err = {0};
    size_t rows = 0;
    struct vary_settings s = {.files = &path, .n_files = 1, .kinds = kinds, .n_kinds = 1, .each = true,
                              .lenient = true, .world = world, .sink = check_row, .context = &rows};
    if (vary_rows(&s, &r, &err)) {
        if (r.rows != rows) abort();
    } else if (err.kind != ERROR_DATA || !err.message[0]) {
        abort();
    }
    memory_file_close(&file);
}

static void read_bytes(struct text t) {
    struct world_asked a;
    if (world_read_question(reader, t, &a)) return;
    if (a.fact < world->facts || a.fact >= world->facts + ALL_FACTS || a.n_options > ASKED_OPTIONS) abort();
    if (!a.claim && a.n_options && world_asked_right(&a) != SIZE_MAX && world_asked_right(&a) >= a.n_options) abort();
}

static void decode_bytes(struct text t) {
    struct arena arena;
    struct error err = {0};
    struct text out;
    arena_init(&arena, (size_t)64 << 20);
    if (!vary_decode(&rules, t, &arena, &out, &err) || out.len > t.len) abort();
    vary_aligned(&rules, t, out, &arena, &err);
    if (err.kind != ERROR_NONE) abort();
    arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    if (n < 1 || n > 1 << 13) return 0;
    open_once();
    struct text t = {(const char *)at + 1, n - 1};
    if (at[0] % 3 == 0)
        vary_bytes(at + 1, n - 1);
    else if (at[0] % 3 == 1)
        read_bytes(t);
    else
        decode_bytes(t);
    return 0;
}
