/* The page without its connections: who may come in, arguments, routes, command lines, files, work. */
#include "check.h"

#include "base/file.h"
#include "serve/page_files.h"
#include "serve/page_http.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* ---- who may come in */

static void only_names_of_this_machine_are_hosts(void **state) {
    static const char *const good[] = {"127.0.0.1",   "127.0.0.1:8080", "localhost",
                                       "LocalHost:1", "[::1]:65535",    "[::1]"};
    static const char *const bad[] = {"",           "example.org",   "127.0.0.1.example.org", "localhost.example.org",
                                      "127.0.0.2",  "127.0.0.1:",    "127.0.0.1:x",           "127.0.0.1:65536",
                                      "localhost@", "0.0.0.0:8080",  "127.0.0.1:80:80",       "xlocalhost",
                                      "[::1",       "evil.org:8080", "localhost:8080/",       " 127.0.0.1"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!guard_names_this_machine(text_of(good[i]))) fail_msg("'%s' was refused", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (guard_names_this_machine(text_of(bad[i]))) fail_msg("'%s' was taken", bad[i]);
}

static void an_origin_is_the_server_itself(void **state) {
    (void)state;
    struct text host = TEXT("127.0.0.1:8080");
    assert_true(guard_is_own_origin(TEXT("http://127.0.0.1:8080"), host));
    assert_false(guard_is_own_origin(TEXT("https://127.0.0.1:8080"), host));
    assert_false(guard_is_own_origin(TEXT("http://localhost:8080"), host));
    assert_false(guard_is_own_origin(TEXT("http://127.0.0.1:8081"), host));
    assert_false(guard_is_own_origin(TEXT("http://127.0.0.1:8080.example.org"), host));
    assert_false(guard_is_own_origin(TEXT("null"), host));
}

static void keys_are_equal_as_a_whole(void **state) {
    (void)state;
    assert_true(guard_keys_equal(TEXT("abc"), TEXT("abc")));
    assert_false(guard_keys_equal(TEXT("abd"), TEXT("abc")));
    assert_false(guard_keys_equal(TEXT("ab"), TEXT("abc")));
    assert_false(guard_keys_equal(TEXT("abcabc"), TEXT("abc")));
    assert_false(guard_keys_equal(TEXT(""), TEXT("abc")));
    assert_false(guard_keys_equal(TEXT("a"), TEXT("")));
}

static void a_key_stands_behind_its_scheme(void **state) {
    (void)state;
    assert_true(text_equal_c(guard_bearer(TEXT("Bearer k1")), "k1"));
    assert_true(text_equal_c(guard_bearer(TEXT("bearer  k1 ")), "k1"));
    assert_int_equal(guard_bearer(TEXT("Bearer ")).len, 0);
    assert_int_equal(guard_bearer(TEXT("Basic k1")).len, 0);
    assert_int_equal(guard_bearer(TEXT("")).len, 0);
}

static void tokens_are_long_and_differ(void **state) {
    char a[GUARD_TOKEN], b[GUARD_TOKEN];
    struct error err;
    (void)state;
    check_ok(guard_make_token(a, &err));
    check_ok(guard_make_token(b, &err));
    assert_int_equal(strlen(a), 48);
    assert_int_equal(strspn(a, "0123456789abcdef"), 48);
    assert_string_not_equal(a, b);
}

static void the_policy_lets_nothing_else_in(void **state) {
    (void)state;
    assert_non_null(strstr(page_policy, "default-src 'none'"));
    assert_non_null(strstr(page_policy, "frame-ancestors 'none'"));
    assert_null(strstr(page_policy, "unsafe"));
    assert_null(strstr(page_policy, "*"));
    assert_null(strstr(page_policy, "http"));
}

/* ---- requests */

static void arguments_are_bounded(void **state) {
    struct page_ask ask = {0};
    struct api_error err = {0};
    static char long_one[PAGE_ARG_BYTES + 1];
    memset(long_one, 'a', sizeof long_one);
    (void)state;
    assert_false(page_ask_add(&ask, "run", (struct text){long_one, sizeof long_one}, &err));
    assert_int_equal(err.status, 400);
    assert_true(page_ask_add(&ask, "run", (struct text){long_one, sizeof long_one - 1}, &err));
    assert_false(page_ask_add(&ask, "run", TEXT("a\0b"), &err));
    assert_false(page_ask_add(&ask, "run", TEXT("\xff"), &err));
    for (size_t i = ask.n_args; i < PAGE_ARGS_MOST; i++) assert_true(page_ask_add(&ask, "x", TEXT("1"), &err));
    assert_false(page_ask_add(&ask, "x", TEXT("1"), &err));
    assert_false(page_ask_add(&ask, "x", (struct text){0}, &err));
}

static void counts_are_counts(void **state) {
    struct page_ask ask = {0};
    struct api_error err = {0};
    uint64_t n;
    (void)state;
    page_ask_add(&ask, "a", TEXT("12"), &err);
    page_ask_add(&ask, "b", TEXT("-1"), &err);
    page_ask_add(&ask, "c", TEXT("101"), &err);
    assert_true(page_ask_count(&ask, "a", 7, 100, &n, &err) && n == 12);
    assert_true(page_ask_count(&ask, "none", 7, 100, &n, &err) && n == 7);
    assert_false(page_ask_count(&ask, "b", 7, 100, &n, &err));
    assert_false(page_ask_count(&ask, "c", 7, 100, &n, &err));
    assert_int_equal(err.status, 400);
}

static void routes_know_how_they_are_asked(void **state) {
    struct api_error err = {0};
    (void)state;
    assert_non_null(page_find_route("runs", false, &err));
    assert_non_null(page_find_route("work/start", true, &err));
    assert_null(page_find_route("work/start", false, &err));
    assert_int_equal(err.status, 405);
    assert_null(page_find_route("runs", true, &err));
    assert_int_equal(err.status, 405);
    assert_null(page_find_route("../runs", false, &err));
    assert_int_equal(err.status, 404);
    assert_null(page_find_route("", false, &err));
    for (const struct page_route *r = page_routes; r->path; r++) assert_non_null(r->answer);
}

/* ---- what may be started */

static const char *const *line_of(const char *json, struct arena *arena, struct api_error *err) {
    struct error why;
    json_t *body = json_read(text_of(json), "body", 1, &why);
    assert_non_null(body);
    const char *const *argv = page_command_line(body, "/bin/basanite", "r.db", arena, err);
    json_decref(body);
    return argv;
}

static void a_command_line_is_made_of_the_table(void **state) {
    static const char *const wanted[] = {"/bin/basanite", "run",     "demo", "--record",      "r.db", "--subject",
                                         "pocket",        "--limit", "40",   "--temperature", "0.5",  "--fresh"};
    struct arena arena;
    struct api_error err = {0};
    (void)state;
    arena_init(&arena, 0);
    const char *const *argv =
        line_of("{\"command\":\"run\",\"words\":{\"suite\":\"demo\"},\"flags\":{\"subject\":\"pocket\","
                "\"limit\":40,\"temperature\":0.5,\"fresh\":true}}",
                &arena, &err);
    if (!argv) fail_msg("%s", err.message);
    size_t n = 0;
    for (; argv[n]; n++) assert_string_equal(argv[n], wanted[n]);
    assert_int_equal(n, sizeof wanted / sizeof *wanted);
    arena_done(&arena);
}

static void nothing_else_can_be_started(void **state) {
#define RUN(words, flags) "{\"command\":\"run\",\"words\":" words ",\"flags\":" flags "}"
    static const char *const bad[] = {
        "{}",
        "{\"command\":\"sh\",\"words\":{},\"flags\":{}}",
        "{\"command\":\"train\",\"words\":{},\"flags\":{}}",
        "{\"command\":\"serve\",\"words\":{},\"flags\":{}}",
        "{\"command\":[\"run\"],\"words\":{\"suite\":\"demo\"},\"flags\":{}}",
        RUN("{}", "{}"),
        RUN("{\"suite\":7}", "{}"),
        RUN("{\"suite\":\"\"}", "{}"),
        RUN("{\"suite\":\"--config=x\"}", "{}"),
        RUN("{\"suite\":\"-\"}", "{}"),
        RUN("{\"suite\":\"@list.json\"}", "{}"),
        RUN("{\"suite\":\"demo\\nx\"}", "{}"),
        RUN("{\"suite\":\"demo\",\"other\":\"x\"}", "{}"),
        RUN("{\"suite\":\"demo\"}", "{\"record\":\"other.db\"}"),
        RUN("{\"suite\":\"demo\"}", "{\"out\":\"x\"}"),
        RUN("{\"suite\":\"demo\"}", "{\"config\":\"x\"}"),
        RUN("{\"suite\":\"demo\"}", "{\"judge\":\"pocket\"}"),
        RUN("{\"suite\":\"demo\"}", "{\"subject\":\"openai:http://example.org/v1\"}"),
        RUN("{\"suite\":\"demo\"}", "{\"subject\":\"openai:127.0.0.1\"}"),
        RUN("{\"suite\":\"demo\"}", "{\"subject\":\"--out\"}"),
        RUN("{\"suite\":\"demo\"}", "{\"subject\":null}"),
        RUN("{\"suite\":\"demo\"}", "{\"limit\":-1}"),
        RUN("{\"suite\":\"demo\"}", "{\"limit\":1.5}"),
        RUN("{\"suite\":\"demo\"}", "{\"limit\":\"1\"}"),
        RUN("{\"suite\":\"demo\"}", "{\"temperature\":-0.5}"),
        RUN("{\"suite\":\"demo\"}", "{\"fresh\":\"yes\"}"),
        RUN("\"demo\"", "{}"),
        "{\"command\":\"certify\",\"words\":{\"policy\":\"p.yaml\"},\"flags\":{\"act\":true}}",
        "{\"command\":\"certify\",\"words\":{},\"flags\":{}}",
    };
    struct arena arena;
    (void)state;
    arena_init(&arena, 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct api_error err = {0};
        if (line_of(bad[i], &arena, &err)) fail_msg("%s was taken", bad[i]);
        if (err.status != 400) fail_msg("%s: status %u", bad[i], err.status);
    }
    arena_done(&arena);
}

/* ---- work */

static const char *state_of(const json_t *list, json_int_t id) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *j = json_array_get(list, i);
        if (json_integer_value(json_object_get(j, "id")) == id) return json_string_value(json_object_get(j, "state"));
    }
    return "none";
}

static bool comes_to(struct page_jobs *jobs, uint64_t id, const char *wanted) {
    for (int i = 0; i < 1000; i++) {
        json_t *list = page_jobs_json(jobs);
        bool there = strcmp(state_of(list, (json_int_t)id), wanted) == 0;
        json_decref(list);
        if (there) return true;
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    return false;
}

static void work_is_followed_and_stopped(void **state) {
    static const char *const quick[] = {"/bin/sh", "-c", "echo said; exit 3", NULL};
    static const char *const slow[] = {"/bin/sleep", "600", NULL};
    static const char *const missing[] = {"/nowhere/program", NULL};
    struct error err;
    struct api_error why = {0};
    struct buffer said;
    (void)state;
    struct page_jobs *jobs = page_jobs_new(&err);
    assert_non_null(jobs);
    uint64_t a = page_jobs_start(jobs, quick, &why), b;
    assert_int_equal(a, 1);
    assert_true(comes_to(jobs, a, "done"));
    buffer_init(&said, 1000);
    assert_true(page_jobs_said(jobs, a, 1000, &said));
    assert_string_equal(said.at, "said\n");
    buffer_clear(&said);
    assert_true(page_jobs_said(jobs, a, 3, &said));
    assert_string_equal(said.at, "id\n");
    assert_false(page_jobs_said(jobs, 99, 1000, &said));
    assert_true(comes_to(jobs, page_jobs_start(jobs, missing, &why), "failed"));
    a = page_jobs_start(jobs, slow, &why);
    b = page_jobs_start(jobs, slow, &why);
    assert_true(a && b);
    assert_int_equal(page_jobs_start(jobs, quick, &why), 0);
    assert_int_equal(why.status, 429);
    assert_true(page_jobs_stop(jobs, a));
    assert_true(comes_to(jobs, a, "stopped"));
    assert_false(page_jobs_stop(jobs, 99));
    for (int i = 0; i < 2 * PAGE_JOBS_KEPT; i++) {
        uint64_t id = page_jobs_start(jobs, quick, &why);
        assert_true(id && comes_to(jobs, id, "done"));
    }
    json_t *list = page_jobs_json(jobs);
    assert_int_equal(json_array_size(list), PAGE_JOBS_KEPT);
    assert_string_equal(state_of(list, (json_int_t)b), "running");
    json_decref(list);
    buffer_done(&said);
    page_jobs_free(jobs); /* stops b */
}

/* ---- files */

static void files_are_those_of_the_folder(void **state) {
    static const char *const endings[] = {".yaml", NULL};
    static const char *const bad[] = {"",          "..",     "../a.yaml", "a.yaml/../a.yaml", "/etc/passwd", "c.txt",
                                      "link.yaml", "d.yaml", ".h.yaml",   "none.yaml",        "sub/a.yaml",  "A.yaml"};
    char folder[] = "page_files_XXXXXX", digest[HASH_HEX], wrong[HASH_HEX], after[HASH_HEX];
    struct arena arena;
    struct error err;
    struct text text;
    (void)state;
    arena_init(&arena, 0);
    assert_non_null(mkdtemp(folder));
    char *path = arena_printf(&arena, &err, "%s/a.yaml", folder);
    check_ok(file_write(path, TEXT("one: 1\n"), &err));
    check_ok(file_write(arena_printf(&arena, &err, "%s/c.txt", folder), TEXT("x"), &err));
    check_ok(file_write(arena_printf(&arena, &err, "%s/.h.yaml", folder), TEXT("x"), &err));
    check_ok(file_make_folders(arena_printf(&arena, &err, "%s/d.yaml", folder), &err));
    assert_int_equal(symlink("a.yaml", arena_printf(&arena, &err, "%s/link.yaml", folder)), 0);
    struct page_files files = {folder, endings};
    json_t *list = page_files_list(&files, &err);
    assert_int_equal(json_array_size(list), 1);
    assert_string_equal(json_string_value(json_array_get(list, 0)), "a.yaml");
    json_decref(list);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (page_files_path(&files, text_of(bad[i]), &arena, &err)) fail_msg("'%s' was reached", bad[i]);
    assert_null(page_files_path(&files, TEXT("a.yaml\0x"), &arena, &err));
    check_ok(page_files_read(&files, TEXT("a.yaml"), &arena, &text, digest, &err));
    assert_true(text_equal_c(text, "one: 1\n"));
    memset(wrong, '0', sizeof wrong - 1), wrong[sizeof wrong - 1] = 0;
    assert_false(page_files_write(&files, TEXT("a.yaml"), TEXT("two: 2\n"), text_of(wrong), &arena, after, &err));
    assert_int_equal(err.kind, ERROR_USAGE);
    check_ok(page_files_write(&files, TEXT("a.yaml"), TEXT("two: 2\n"), text_of(digest), &arena, after, &err));
    check_ok(page_files_read(&files, TEXT("a.yaml"), &arena, &text, digest, &err));
    assert_string_equal(digest, after);
    struct page_files one = {path, endings};
    list = page_files_list(&one, &err);
    assert_string_equal(json_string_value(json_array_get(list, 0)), "a.yaml");
    json_decref(list);
    assert_null(page_files_path(&one, TEXT("c.txt"), &arena, &err));
    assert_string_equal(page_files_path(&one, TEXT("a.yaml"), &arena, &err), path);
    assert_int_equal(system(arena_printf(&arena, &err, "rm -r %s", folder)), 0);
    arena_done(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_names_of_this_machine_are_hosts),
        cmocka_unit_test(an_origin_is_the_server_itself),
        cmocka_unit_test(keys_are_equal_as_a_whole),
        cmocka_unit_test(a_key_stands_behind_its_scheme),
        cmocka_unit_test(tokens_are_long_and_differ),
        cmocka_unit_test(the_policy_lets_nothing_else_in),
        cmocka_unit_test(arguments_are_bounded),
        cmocka_unit_test(counts_are_counts),
        cmocka_unit_test(routes_know_how_they_are_asked),
        cmocka_unit_test(a_command_line_is_made_of_the_table),
        cmocka_unit_test(nothing_else_can_be_started),
        cmocka_unit_test(work_is_followed_and_stopped),
        cmocka_unit_test(files_are_those_of_the_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
