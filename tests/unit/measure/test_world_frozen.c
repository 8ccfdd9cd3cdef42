/* The texts that the shipped models are trained on, byte for byte: corpora and tokenizer of seed 7, draw 1. A model in use
 * refers to them by these hashes, so no line of `golden` is ever edited; what must change gets a new name. Origin: generator
 * 1 on the day its first long training began. */
#include "check.h"

#include "base/file.h"
#include "measure/world/world_internal.h"
#include "measure/world/world_mix.h"

#include <ftw.h>
#include <stdlib.h>

static const struct {
    const char *file, *sha256;
} golden[] = {
    {"corpora/pretrain.jsonl", "9d1829acbd9bec2f92650e762251dababa733e63ced1f7baeffeeef2930a04df"},
    {"corpora/help.jsonl", "05ce551aa97817421b294e1e4ecdf335b4037dbc079ce0d07052f01ac7b99cd3"},
    {"corpora/chat.jsonl", "35917447105a1d3ca5f16ff1cffc7b43cc64a237595a8d3bafb3ccd680d26f97"},
    {"corpora/more.jsonl", "ac14cddb760dc36bea1727aab16d66a11aea561c41d4603efb9046fdffb792cf"},
    {"corpora/help2.jsonl", "fa3e22cd8bd373e43b3c7d21e659ecbf0053cf7240697ebdc7d4b8288379b78a"},
    {"corpora/chat2.jsonl", "5461db3ab859ab415d8d3cd96e0e496424f936cd361207e34723fb6d89b17b00"},
    {"tokenizer.gguf", "b82d95e02ca8984e2517100dcc10a387c0bd29c8ffca3f68e6f441c2ae81eaef"},
};
/* The first quarter of pretrain, which is learnt as a stage of its own. */
static const char first_quarter[] = "25651024bb619b3d70687bfd8bfed16147381204ece0c69113a36e8154442c6b";

static struct world *w;
static struct error err;
static char root[64];

static int setup(void **state) {
    (void)state;
    snprintf(root, sizeof root, "/tmp/basanite-frozen-XXXXXX");
    return mkdtemp(root) && (w = world_new(WORLD_DEFAULT_SEED, &err)) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *at) {
    (void)info, (void)type, (void)at;
    return remove(path);
}

static int teardown(void **state) {
    (void)state;
    world_free(w);
    return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static const char *path_in(char out[256], const char *name) {
    snprintf(out, 256, "%s/%s", root, name);
    return out;
}

static const char *hash_in(const json_t *manifest, const char *file) {
    json_t *one;
    size_t i;
    json_array_foreach(json_object_get(manifest, "files"), i, one) {
        if (strcmp(json_string_value(json_object_get(one, "path")), file) == 0)
            return json_string_value(json_object_get(one, "sha256"));
    }
    return "no such file";
}

static void test_frozen_files(void **state) {
    static const char *const parts[] = {"corpus=pretrain", "corpus=help",  "corpus=chat", "corpus=more",
                                        "corpus=help2",    "corpus=chat2", "tokenizer"};
    struct world_made made;
    json_t *manifest;
    char path[256];
    (void)state;
    check_ok(world_make(w, parts, sizeof parts / sizeof *parts, &(struct world_settings){.threads = 2},
                        path_in(path, "all"), &made, &err));
    check_ok(manifest = world_manifest(path, &err));
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        const char *found = hash_in(manifest, golden[i].file);
        if (strcmp(found, golden[i].sha256) != 0) fail_msg("%s is frozen, but is now %s", golden[i].file, found);
    }
    json_decref(manifest);
}

/* A stretch is a piece of the whole: its documents are no others. */
static void test_frozen_stretch(void **state) {
    struct arena arena;
    struct text all, begin;
    struct mix_spec spec;
    struct mix_made made;
    struct pool *pool;
    char path[256], hash[HASH_HEX];
    (void)state;
    arena_init(&arena, 0);
    check_ok(pool = pool_new(2, &err));
    check_ok(world_mix_find(&arena, TEXT("chat,to=250"), &spec, &err));
    check_ok(world_mix_write(w, &spec, 1, path_in(path, "stretch"), pool, NULL, &made, &arena, &err));
    check_ok(file_read(&arena, path, (size_t)1 << 24, &begin, &err));
    check_ok(file_read(&arena, path_in(path, "all/corpora/chat.jsonl"), (size_t)1 << 24, &all, &err));
    assert_true(begin.len > all.len / 8 && text_starts(all, begin));
    check_ok(world_mix_find(&arena, TEXT("pretrain,to=250"), &spec, &err));
    check_ok(world_mix_write(w, &spec, 1, path_in(path, "quarter"), pool, NULL, &made, &arena, &err));
    check_ok(file_read(&arena, path, (size_t)1 << 27, &begin, &err));
    sha256_hex(begin.at, begin.len, hash);
    assert_string_equal(hash, first_quarter);
    pool_free(pool);
    arena_done(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frozen_files),
        cmocka_unit_test(test_frozen_stretch),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
