/* Every n-th allocation fails once: each path must end in an error, without a crash or (under the address sanitizer) a
 * leak, and the same call must succeed when memory is there. jansson allocates through our functions here, so its own
 * failures are reached too, though it calls some of them syntax errors; libfyaml's are not. */
#include "scratch.h"

#include "base/csv.h"
#include "base/file.h"
#include "base/option.h"
#include "base/yaml.h"

static struct scratch scratch;

/* One path; false with err set when memory was lacking. It cleans up after itself either way. */
typedef bool path_run(struct error *err);

static void torture(path_run *run, bool jansson) {
    enum { MOST = 5000 };
    for (uint64_t n = 1; n <= MOST; n++) {
        struct error err = {0};
        memory_fail_at(n);
        bool ok = run(&err);
        memory_fail_at(0);
        if (ok) {
            if (n == 1) fail_msg("nothing is allocated");
            return; /* fewer than n allocations: all have failed once */
        }
        bool told = err.kind == ERROR_ENVIRONMENT && strstr(err.message, "out of memory");
        if (!told && !(jansson && err.kind == ERROR_DATA && strstr(err.message, ": JSON: ")))
            fail_msg("allocation %d: kind %d, '%s'", (int)n, (int)err.kind, err.message);
    }
    fail_msg("no success within %d allocations", MOST);
}

static bool arena_path(struct error *err) {
    struct arena a;
    arena_init(&a, 0);
    bool ok = arena_alloc(&a, 10, 8, err) && arena_alloc(&a, 100000, 1, err) && arena_copy(&a, "abc", 3, err) &&
              arena_printf(&a, err, "%d", 7) && arena_alloc(&a, 70000, 1, err);
    arena_reset(&a);
    ok = ok && arena_alloc(&a, 200000, 1, err);
    arena_done(&a);
    return ok;
}

static bool buffer_path(struct error *err) {
    struct buffer b;
    buffer_init(&b, 1 << 20);
    for (int i = 0; i < 1000; i++) {
        buffer_put_c(&b, "some text");
        buffer_printf(&b, "%d", i);
        buffer_put_f64(&b, i / 3.0);
    }
    bool ok = buffer_check(&b, "text", err);
    buffer_done(&b);
    return ok;
}

static bool json_path(struct error *err) {
    json_t *v = json_read(TEXT("{\"a\":[1,2.5,\"x\\ud800\",{\"k\":null}],\"big\":123456789012345678901,\"b\":{\"c\":[true]}}"),
                          "f", 1, err);
    struct buffer b;
    buffer_init(&b, 1 << 16);
    bool ok = v != NULL;
    if (ok) {
        json_put_canonical(&b, v);
        json_put(&b, v, 2);
        ok = buffer_check(&b, "JSON", err);
    }
    json_t *t = ok ? json_from_text(TEXT("bad \xFF text")) : NULL;
    if (ok && !t) ok = error_memory(err, "JSON string");
    buffer_done(&b);
    json_decref(v);
    json_decref(t);
    return ok;
}

static bool json_file_path(struct error *err) {
    static const char text[] = "{\"a\":1}\n{\"b\":[1,2,3]}\n";
    json_t *v = NULL;
    size_t line;
    bool ok = file_write(scratch.file, TEXT("[1,{\"a\":2}]"), err) && (v = json_read_file(scratch.file, 1000, err)) != NULL;
    json_decref(v);
    ok = ok && file_write(scratch.file, (struct text){text, sizeof text - 1}, err);
    struct jsonl *l = ok ? jsonl_open(scratch.file, 1000, err) : NULL;
    int state = l ? 1 : -1;
    while (state == 1 && (state = jsonl_next(l, &v, &line, err)) == 1) json_decref(v);
    jsonl_close(l);
    return state == 0;
}

static bool yaml_path(struct error *err) {
    struct arena a;
    arena_init(&a, 0);
    struct yaml *y = yaml_read(&a, TEXT("a: [1, 2, {k: v}]\nb:\n  c: 'text'\n  d: [x, y, z, 1, 2, 3, 4, 5, 6, 7]\n"), "f", err);
    json_t *v = y ? yaml_to_json(y, err) : NULL;
    bool ok = v != NULL;
    json_decref(v);
    arena_done(&a);
    return ok;
}

static bool csv_path(struct error *err) {
    static const char text[] = "a,b\n\"1,2\",3\n4,5\n";
    const struct text *fields;
    size_t line;
    struct csv *c = file_write(scratch.file, (struct text){text, sizeof text - 1}, err) ? csv_open(scratch.file, ',', true, err) : NULL;
    int state = c ? 1 : -1;
    while (state == 1) state = csv_next(c, &fields, &line, err);
    csv_close(c);
    c = state == 0 ? csv_open(scratch.file, ',', false, err) : NULL;
    csv_close(c);
    return c != NULL;
}

static bool option_path(struct error *err) {
    static const struct option_def defs[] = {{"beta", OPTION_REAL, "0.1", 0, 10, NULL, "strength"},
                                             {"url", OPTION_TEXT, NULL, 1, 0, NULL, "where"}};
    struct arena a;
    struct buffer b;
    struct text *specs;
    size_t n;
    arena_init(&a, 0);
    buffer_init(&b, 1 << 16);
    bool ok = spec_grid(&a, TEXT("dpo,beta=0.1:0.2:0.3,url=x"), defs, 2, &specs, &n, err);
    for (size_t i = 0; ok && i < n; i++) {
        struct option_value *v = spec_parse(&a, specs[i], defs, 2, err);
        ok = v != NULL;
        if (ok) spec_put(&b, TEXT("dpo"), defs, 2, v);
    }
    if (ok) option_put_help(&b, defs, 2);
    ok = ok && buffer_check(&b, "spec", err);
    buffer_done(&b);
    arena_done(&a);
    return ok;
}

static bool file_path(struct error *err) {
    struct arena a;
    struct text t;
    arena_init(&a, 0);
    bool ok = file_write(scratch.file, TEXT("text"), err) && file_read(&a, scratch.file, 100, &t, err) &&
              file_beside(&a, scratch.file, "x", err) && file_find(&a, "file", scratch.folder, err);
    arena_done(&a);
    return ok;
}

#define TORTURE(name, jansson)                                                                                                 \
    static void name(void **state) {                                                                                   \
        (void)state;                                                                                                   \
        torture(name##_path, jansson);                                                                                  \
    }
TORTURE(arena, false)
TORTURE(buffer, false)
TORTURE(json, true)
TORTURE(json_file, true)
TORTURE(yaml, false)
TORTURE(csv, false)
TORTURE(option, false)
TORTURE(file, false)

static int start(void **state) {
    (void)state;
    json_set_alloc_funcs(memory_alloc, memory_free);
    scratch_init(&scratch);
    return 0;
}

static int end(void **state) {
    (void)state;
    scratch_done(&scratch);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(arena),     cmocka_unit_test(buffer), cmocka_unit_test(json),
                                       cmocka_unit_test(json_file), cmocka_unit_test(yaml),   cmocka_unit_test(csv),
                                       cmocka_unit_test(option),    cmocka_unit_test(file)};
    return cmocka_run_group_tests_name("torture", tests, start, end);
}
