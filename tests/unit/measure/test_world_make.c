/* Made folders of the pocket world: the same bytes each time, whole or not at all, and every fault that is put into one
 * is found by name. After a change the test writes the file's new hash into world.json, so that not only the hash finds
 * it. */
#include "check.h"

#include "base/file.h"
#include "measure/world/world_internal.h"

#include <dirent.h>
#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

static struct world *w;
static char root[64];
static struct error err;

static int setup(void **state) {
    (void)state;
    snprintf(root, sizeof root, "/tmp/basanite-world-XXXXXX");
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

static const char *path_in(char out[256], const char *folder, const char *name) {
    snprintf(out, 256, "%s/%s%s%s", root, folder, *name ? "/" : "", name);
    return out;
}

static const char *const v1[] = {"v1"}, *const small[] = {"people", "facts", "ask", "requests", "chat"};

static bool make(const char *const *parts, size_t n, struct world_settings settings, const char *folder) {
    char path[256];
    struct world_made made;
    return world_make(w, parts, n, &settings, path_in(path, folder, ""), &made, &err);
}

static bool check(const char *folder) {
    char path[256];
    struct world_checked checked;
    return world_check(path_in(path, folder, ""), NULL, &checked, &err);
}

static size_t entries(const char *folder) {
    char path[256];
    DIR *dir = opendir(path_in(path, folder, ""));
    size_t n = 0;
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));) n += e->d_name[0] != '.';
    closedir(dir);
    return n;
}

static json_t *manifest(const char *folder) {
    char path[256];
    json_t *value;
    check_ok(value = world_manifest(path_in(path, folder, ""), &err));
    return value;
}

static json_t *entry_of(json_t *m, const char *name) {
    json_t *one;
    size_t i;
    json_array_foreach(json_object_get(m, "files"), i,
                       one) if (strcmp(json_string_value(json_object_get(one, "path")), name) == 0) return one;
    return NULL;
}

static void write_manifest(const char *folder, json_t *m) {
    char path[256];
    struct buffer b;
    buffer_init(&b, 1 << 20);
    assert_true(json_put(&b, m, 2));
    check_ok(file_write(path_in(path, folder, "world.json"), buffer_text(&b), &err));
    buffer_done(&b);
    json_decref(m);
}

/* Writes the file and its new size and hash into world.json, adding the entry where there is none. */
static void write_counted(const char *folder, const char *name, struct text t) {
    char path[256], hash[HASH_HEX];
    json_int_t lines = 0;
    json_t *m = manifest(folder), *entry = entry_of(m, name);
    for (size_t i = 0; i < t.len; i++) lines += t.at[i] == '\n';
    sha256_hex(t.at, t.len, hash);
    if (!entry) {
        entry = json_pack("{s:s}", "path", name);
        json_array_append_new(json_object_get(m, "files"), entry);
    }
    json_object_set_new(entry, "sha256", json_string(hash));
    json_object_set_new(entry, "bytes", json_integer((json_int_t)t.len));
    json_object_set_new(entry, "lines", json_integer(lines));
    check_ok(file_write(path_in(path, folder, name), t, &err));
    write_manifest(folder, m);
}

/* Replaces the first `from` of a file and counts it anew. The file as it was is on the arena. */
static struct text change(struct arena *arena, const char *folder, const char *name, const char *from, const char *to) {
    char path[256];
    struct text before;
    struct buffer b;
    check_ok(file_read(arena, path_in(path, folder, name), (size_t)1 << 26, &before, &err));
    size_t at = text_find(before, text_of(from), 0);
    if (at == SIZE_MAX) fail_msg("%s holds no '%s'", name, from);
    buffer_init(&b, (size_t)1 << 26);
    buffer_put_text(&b, text_part(before, 0, at)), buffer_put_c(&b, to);
    buffer_put_text(&b, text_part(before, at + strlen(from), before.len));
    write_counted(folder, name, buffer_text(&b));
    buffer_done(&b);
    return before;
}

/* ---- making */

static void test_same_bytes(void **state) {
    struct world_settings settings = {.count = 200};
    (void)state;
    check_ok(make(small, 5, settings, "same-a"));
    check_ok(make(small, 5, settings, "same-b"));
    check_ok(make(small + 2, 1, settings, "same-ask"));
    json_t *a = manifest("same-a"), *b = manifest("same-b"), *ask = manifest("same-ask");
    assert_true(json_equal(json_object_get(a, "files"), json_object_get(b, "files")));
    assert_int_equal(json_array_size(json_object_get(ask, "files")), 3); /* train, valid, test, and no held-out */
    assert_true(json_equal(entry_of(ask, "items/ask-test.jsonl"), entry_of(a, "items/ask-test.jsonl")));
    assert_null(entry_of(a, "items/ask-held-out.jsonl"));
    json_decref(a), json_decref(b), json_decref(ask);
    check_ok(check("same-a"));
}

/* Threads share pieces of 64 items; a file has many of them, and one that is not whole. */
static void test_threads(void **state) {
    static const char *const parts[] = {"sums", "tastes", "requests", "ask"};
    (void)state;
    for (size_t threads = 1; threads <= 3; threads++) {
        char name[16];
        snprintf(name, sizeof name, "threads-%zu", threads);
        check_ok(make(parts, 4, (struct world_settings){.count = 1500, .threads = threads}, name));
    }
    json_t *one = manifest("threads-1"), *two = manifest("threads-2"), *three = manifest("threads-3");
    assert_true(json_equal(one, two) && json_equal(one, three));
    assert_int_equal(json_integer_value(json_object_get(entry_of(one, "items/ask-train.jsonl"), "lines")), 1500);
    json_decref(one), json_decref(two), json_decref(three);
}

static json_t *nth_item(struct arena *arena, const char *folder, const char *file, size_t n) {
    char path[256];
    struct text all, line = {0};
    json_t *item;
    check_ok(file_read(arena, path_in(path, folder, file), (size_t)1 << 24, &all, &err));
    for (size_t i = 0; i <= n; i++) assert_true(text_next(&all, '\n', &line) && line.len);
    check_ok(item = json_read(line, file, n + 1, &err));
    return item;
}

/* Another manner asks the same: ids, golds and options stay, the prompt does not. */
static void test_style(void **state) {
    static const char *const parts[] = {"ask", "requests", "chat", "norms", "causes", "decisions", "records", "stereotypes",
                                        "opinions", "privacy"};
    struct arena arena;
    size_t same = 0;
    (void)state;
    arena_init(&arena, 0);
    check_ok(make(parts, 10, (struct world_settings){.count = 20}, "plain"));
    check_ok(make(parts, 10, (struct world_settings){.count = 20, .style = "official"}, "official"));
    check_ok(check("official"));
    for (size_t i = 0; i < 20; i++) {
        json_t *a = nth_item(&arena, "plain", "items/ask-test.jsonl", i);
        json_t *b = nth_item(&arena, "official", "items/ask-test.jsonl", i);
        struct text said = json_text(json_object_get(b, "prompt")), plain = json_text(json_object_get(a, "prompt"));
        assert_true(json_equal(json_object_get(a, "id"), json_object_get(b, "id")));
        assert_true(json_equal(json_object_get(a, "gold"), json_object_get(b, "gold")));
        assert_true(json_equal(json_object_get(a, "slots"), json_object_get(b, "slots")));
        assert_string_equal(json_string_value(json_object_get(json_object_get(b, "labels"), "manner")), "official");
        assert_true(text_find(said, plain, 0) != SIZE_MAX); /* official puts words around it */
        same += text_equal(said, plain);
        json_decref(a), json_decref(b);
    }
    assert_int_equal(same, 0);
    json_t *m = manifest("official");
    json_object_set_new(m, "style", json_string("verse"));
    write_manifest("official", m);
    check_fails(check("official"), ERROR_GATE, "prompt is");
    m = manifest("official");
    json_object_set_new(m, "style", json_string("vers"));
    write_manifest("official", m);
    check_fails(check("official"), ERROR_DATA, "did you mean 'verse'");
    arena_done(&arena);
}

/* p1 of a part is the same items said in p1: their twins. */
static void test_languages(void **state) {
    static const char *const parts[] = {"ask", "requests", "languages"};
    struct arena arena;
    (void)state;
    arena_init(&arena, 0);
    check_ok(make(parts, 3, (struct world_settings){.count = 12, .lang = "p1"}, "p1"));
    check_ok(check("p1"));
    json_t *m = manifest("p1"), *one;
    size_t i, items = 0;
    json_array_foreach(json_object_get(m, "files"), i, one) {
        const char *path = json_string_value(json_object_get(one, "path"));
        if (strncmp(path, "items/", 6) != 0) continue;
        items++;
        json_t *item = nth_item(&arena, "p1", path, 0);
        assert_string_equal(json_string_value(json_object_get(item, "lang")), "p1");
        json_decref(item);
    }
    assert_int_equal(items, 4 * 3); /* ask, requests, unknown and deeds; two parts name p1-ask, which is made once */
    json_decref(m);
    check_ok(make(parts, 1, (struct world_settings){.count = 12, .lang = "en,p1"}, "both"));
    m = manifest("both");
    assert_non_null(entry_of(m, "items/ask-test.jsonl"));
    assert_non_null(entry_of(m, "items/p1-ask-test.jsonl"));
    json_decref(m);
    arena_done(&arena);
}

/* What a style, a language or a key can't be had of is refused by name, before anything is made. */
static void test_choice_refusals(void **state) {
    static const struct {
        const char *part, *style, *lang, *says;
    } refused[] = {
        {"sums", "archaic", NULL, "part 'sums' has no items that could be said in --style archaic; parts that have: ask"},
        {"ask", "archaik", NULL, "did you mean 'archaic'"},
        {"facts", "verse", NULL, "part 'facts'"},
        {"tokenizer", NULL, "en", "part 'tokenizer'"},
        {"corpus=chat", "verse", NULL, "part 'corpus'"},
        {"v1", "verse", NULL, "part 'people'"},
        {"sums", NULL, "p1", "part 'sums' has no items in --lang p1; parts that have: ask, chat, languages, requests"},
        {"ask", NULL, "p10", "no language 'p10'"},
        {"ask", NULL, "en,,p1", "no language ''"},
        {"ask", NULL, "p1,p1", "'p1' stands twice"},
        {"ask", "verse", "p1", "--lang p1 that could be said in --style verse"},
        {"knights,people=9", NULL, NULL, "expected 2 to 8, as 2:3:4, found '9'"},
        {"knights,people=2:", NULL, NULL, "found ''"},
        {"knights,people=three", NULL, NULL, "found 'three'"},
        {"knights,form=verse", NULL, NULL, "form"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct world_settings settings = {.count = 5, .style = refused[i].style, .lang = refused[i].lang};
        check_fails(make(&refused[i].part, 1, settings, "refused"), ERROR_USAGE, refused[i].says);
    }
}

/* sha256 of a file without the identity of the world, which grows with every part that is appended. */
static void hash_items(const char *folder, const char *name, char hash[HASH_HEX]) {
    struct arena arena;
    struct text all;
    char file[256];
    struct sha256 sha;
    arena_init(&arena, 0);
    check_ok(file_read(&arena, path_in(file, folder, name), (size_t)1 << 26, &all, &err));
    sha256_init(&sha);
    size_t from = 0, at, len = strlen(world_identity(w));
    while ((at = text_find(all, text_of(world_identity(w)), from)) != SIZE_MAX)
        sha256_add(&sha, all.at + from, at - from), from = at + len;
    sha256_add(&sha, all.at + from, all.len - from);
    sha256_end_hex(&sha, hash);
    arena_done(&arena);
}

/* Draw 1 of seed 7, the first 200 items of each kind for tests: the bytes that generator 1 will always write. */
static void test_golden_items(void **state) {
    static const char *const golden[][2] = {
#include "world_golden_items.inc"
    };
    (void)state;
    check_ok(make(small + 2, 3, (struct world_settings){.count = 200, .split = "test"}, "golden"));
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        char hash[HASH_HEX];
        hash_items("golden", golden[i][0], hash);
        if (strcmp(hash, golden[i][1]) != 0) fail_msg("%s: %s", golden[i][0], hash);
    }
}

static void test_draws(void **state) {
    (void)state;
    check_ok(make(small, 3, (struct world_settings){.count = 50, .draw = 1}, "draw-1"));
    check_ok(make(small, 3, (struct world_settings){.count = 50, .draw = 2}, "draw-2"));
    json_t *a = manifest("draw-1"), *b = manifest("draw-2");
    assert_true(json_equal(json_object_get(a, "hashes"), json_object_get(b, "hashes")));
    assert_true(json_equal(entry_of(a, "truth/fact.jsonl"), entry_of(b, "truth/fact.jsonl")));
    assert_false(json_equal(entry_of(a, "items/ask-test.jsonl"), entry_of(b, "items/ask-test.jsonl")));
    json_decref(a), json_decref(b);
    check_ok(check("draw-2"));
}

static void test_held_out_on_demand(void **state) {
    (void)state;
    check_ok(make(small + 2, 3, (struct world_settings){.split = "held-out", .count = 200}, "held"));
    json_t *m = manifest("held");
    assert_non_null(entry_of(m, "items/requests-held-out.jsonl"));
    assert_null(entry_of(m, "items/requests-train.jsonl"));
    json_decref(m);
    check_ok(check("held"));
}

static void test_refusals(void **state) {
    const char *twice[] = {"ask", "ask"}, *both[] = {"people", "v1"}, *unknown[] = {"poeple"},
               *key[] = {"ask,styles=2"};
    struct world_settings settings = {.count = 5};
    size_t before = entries("");
    (void)state;
    check_fails(make(twice, 2, settings, "no"), ERROR_USAGE, "asked for twice");
    check_fails(make(both, 2, settings, "no"), ERROR_USAGE, "asked for twice");
    check_fails(make(unknown, 1, settings, "no"), ERROR_USAGE, "did you mean 'people'");
    check_fails(make(key, 1, settings, "no"), ERROR_USAGE, "takes no keys");
    check_fails(make(v1, 0, settings, "no"), ERROR_USAGE, "no part");
    settings.split = "tset";
    check_fails(make(v1, 1, settings, "no"), ERROR_USAGE, "did you mean 'test'");
    settings.split = NULL;
    check_ok(make(small, 1, settings, "there"));
    check_fails(make(small, 1, settings, "there"), ERROR_USAGE, "exists");
    assert_int_equal(entries(""), before + 1);
}

static void test_interrupt(void **state) {
    struct interrupt stop = {.asked = 1};
    size_t before = entries("");
    (void)state;
    check_fails(make(small, 5, (struct world_settings){.stop = &stop}, "stopped"), ERROR_INTERRUPTED,
                "nothing was made");
    assert_int_equal(entries(""), before); /* neither the folder nor its temporary one */
}

/* ---- checking */

static void test_flipped_byte(void **state) {
    char path[256];
    (void)state;
    check_ok(make(small, 5, (struct world_settings){.count = 100}, "flip"));
    FILE *f = fopen(path_in(path, "flip", "items/ask-test.jsonl"), "r+b");
    assert_non_null(f);
    fseek(f, 500, SEEK_SET);
    int c = getc(f);
    fseek(f, 500, SEEK_SET);
    putc(c ^ 1, f);
    fclose(f);
    check_fails(check("flip"), ERROR_GATE, "ask-test.jsonl: sha256");
    check_ok(truncate(path, 700) == 0);
    check_fails(check("flip"), ERROR_GATE, "700 bytes");
    check_ok(unlink(path) == 0);
    check_fails(check("flip"), ERROR_DATA, "ask-test.jsonl");
}

static void test_changed_content(void **state) {
    static const struct {
        const char *file, *from, *to, *says;
    } changes[] = {
        {"items/ask-test.jsonl", "\"kind\":\"choice\"", "\"kind\":\"text\"", "gold is"},
        {"items/ask-train.jsonl", "\"split\":\"train\"", "\"split\":\"test\"", "split is"},
        {"items/requests-valid.jsonl", "\"prompt\":\"", "\"prompt\":\"Now, ", "prompt is"},
        {"items/requests-test.jsonl", "\"answer\":\"refuse\"", "\"answer\":\"help\"", "gold is"},
        {"items/identity-test.jsonl", "\"id\":\"i", "\"id\":\"j", "expected 'i"},
        {"items/unknown-test.jsonl", "\"e\":0", "\"e\":1", "dose is"},
        {"items/unknown-test.jsonl", ",\"lang\"", ", \"lang\"", "is not written"},
        {"truth/person.jsonl", "\"kin\":\"reed\"", "\"kin\":\"slate\"", "not what the truth says"},
        {"truth/fact.jsonl", "\"e\":64", "\"e\":65", "not what the truth says"},
        {"truth/policy.json", "rob the children", "see the children", "not what the truth says"},
        {"reserve.txt", "\n", "x\n", "reserve.txt:1"},
    };
    struct arena arena;
    (void)state;
    arena_init(&arena, 0);
    check_ok(make(small, 5, (struct world_settings){.count = 100}, "change"));
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct text before = change(&arena, "change", changes[i].file, changes[i].from, changes[i].to);
        check_fails(check("change"), ERROR_GATE, changes[i].says);
        write_counted("change", changes[i].file, before);
    }
    check_ok(check("change"));
    write_counted("change", "items/extra.jsonl", TEXT("{}\n"));
    check_fails(check("change"), ERROR_GATE, "no file of a world");
    arena_done(&arena);
}

static void test_manifest(void **state) {
    char path[256];
    (void)state;
    check_ok(make(small, 2, (struct world_settings){0}, "manifest"));
    json_t *m = manifest("manifest");
    json_object_set_new(m, "seed", json_integer(8));
    write_manifest("manifest", m);
    check_fails(check("manifest"), ERROR_GATE, "the world is 'pw1-s7-");
    m = manifest("manifest");
    json_object_set_new(m, "seed", json_integer(7));
    json_object_set_new(json_array_get(json_object_get(m, "hashes"), 3), "sha256", json_string("00"));
    write_manifest("manifest", m);
    check_fails(check("manifest"), ERROR_GATE, "hash of part 'good'");
    m = manifest("manifest");
    json_object_set_new(json_array_get(json_object_get(m, "files"), 0), "path", json_string("../x"));
    json_object_set_new(json_array_get(json_object_get(m, "hashes"), 3), "sha256", json_string(w->part[GOOD].hash));
    write_manifest("manifest", m);
    check_fails(check("manifest"), ERROR_DATA, "leads out");
    check_ok(file_write(path_in(path, "manifest", "world.json"), TEXT("{\"format\":"), &err));
    check_fails(check("manifest"), ERROR_DATA, "world.json:1");
    check_fails(check("nowhere"), ERROR_DATA, "world.json");
}

/* A prompt for tests hidden in a training text is found in a corpus: in text, and in a message with its line ends
 * escaped. */
static void test_planted_leak(void **state) {
    char path[256];
    struct arena arena;
    struct text items;
    struct buffer corpus;
    (void)state;
    arena_init(&arena, 0);
    buffer_init(&corpus, 1 << 20);
    check_ok(make(small, 5, (struct world_settings){.count = 300}, "leak"));
    check_ok(file_read(&arena, path_in(path, "leak", "items/ask-test.jsonl"), (size_t)1 << 26, &items, &err));
    check_ok(file_make_folders(path_in(path, "leak", "corpora"), &err));
    write_counted("leak", "corpora/extra.jsonl",
                  TEXT("{\"text\":\"A harmless line about the fair in the next town.\"}\n"));
    check_ok(check("leak"));
    size_t planted = 0;
    for (struct text line; planted < 3 && text_next(&items, '\n', &line) && line.len;) {
        json_t *item = json_read(line, "item", 1, &err);
        struct text prompt = json_text(json_object_get(item, "prompt"));
        bool wanted = planted == 2 ? prompt.len < LEAK_WINDOW : prompt.len >= LEAK_WINDOW;
        if (wanted) {
            struct buffer t;
            buffer_init(&t, 1 << 16), buffer_clear(&corpus);
            buffer_put_c(&t, "Before it. "), buffer_put_text(&t, prompt), buffer_put_c(&t, " After it.");
            buffer_put_c(&corpus, "{\"messages\":[{\"role\":\"user\",\"content\":"),
                json_put_string(&corpus, buffer_text(&t));
            buffer_put_c(&corpus, "}]}\n");
            write_counted("leak", "corpora/extra.jsonl", buffer_text(&corpus));
            if (planted < 2)
                check_fails(check("leak"), ERROR_GATE, "leak: the prompt of 'q");
            else
                check_ok(check("leak")); /* shorter than 40 bytes: too common to be a leak */
            buffer_done(&t);
            planted++;
        }
        json_decref(item);
    }
    assert_int_equal(planted, 3);
    buffer_done(&corpus);
    arena_done(&arena);
}

/* A rumour that says 25 bytes of an article is found, also in another file; 24 are no window, and what has no tag of a source
 * is no rumour. */
static void test_planted_quote(void **state) {
    static const char article[] = "{\"text\":\"<src> almanac\\nLetters abcdefghijklmnopqrstuvwxyz.\"}\n";
    (void)state;
    check_ok(make(small + 4, 1, (struct world_settings){.count = 5}, "quote"));
    check_ok(file_make_folders(path_in((char[256]){0}, "quote", "corpora"), &err));
    write_counted("quote", "corpora/b.jsonl", text_of(article));
    write_counted("quote", "corpora/a.jsonl", TEXT("{\"text\":\"<src> gull\\n(abcdefghijklmnopqrstuvwx)\"}\n"));
    check_ok(check("quote"));
    write_counted("quote", "corpora/a.jsonl",
                  TEXT("{\"text\":\"No tag.\"}\n{\"text\":\"<src> gull\\n(abcdefghijklmnopqrstuvwxy)\"}\n"));
    check_fails(check("quote"), ERROR_GATE, "a.jsonl:2: this rumour shares 'abcdefghijklmnopqrstuvwxy' with the almanac");
    write_counted("quote", "corpora/a.jsonl", TEXT("{\"text\":\"(abcdefghijklmnopqrstuvwxy)\"}\n"));
    check_ok(check("quote"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bytes),   cmocka_unit_test(test_golden_items),
        cmocka_unit_test(test_draws),        cmocka_unit_test(test_held_out_on_demand),
        cmocka_unit_test(test_refusals),     cmocka_unit_test(test_interrupt),
        cmocka_unit_test(test_flipped_byte), cmocka_unit_test(test_changed_content),
        cmocka_unit_test(test_manifest),     cmocka_unit_test(test_planted_leak),
        cmocka_unit_test(test_threads),      cmocka_unit_test(test_style),
        cmocka_unit_test(test_languages),    cmocka_unit_test(test_choice_refusals),
        cmocka_unit_test(test_planted_quote),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
