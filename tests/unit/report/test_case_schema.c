/* What is written for the TEA platform is what its public schema takes; the schema refuses what is broken. */
#include "report/schema_check.h"

#include "formalize/case/case_format.h"

#include <dirent.h>

static const char *root;
static struct arena arena;
static struct error err;

static void check_file(const json_t *schema, const char *path) {
    struct assurance_case c;
    struct buffer out;
    struct schema_check check = {.root = schema};
    if (!case_read(path, CASE_ONE_ROOT, &arena, &c, &err)) {
        case_done(&c);
        return;
    }
    buffer_init(&out, 1 << 24);
    check_ok(case_format_tea.write(&c, &out, &err));
    json_t *written = json_read(buffer_text(&out), "written", 1, &err);
    check_ok(written);
    if (!schema_fits(&check, schema, written)) fail_msg("%s: %s", path, check.fault);
    json_object_del(json_object_get(written, "tree"), "description");
    assert_false(schema_fits(&(struct schema_check){.root = schema}, schema, written));
    json_decref(written);
    buffer_done(&out);
    case_done(&c);
}

static void tea_fits_its_schema(void **state) {
    static const char *const folders[] = {"tdt", "gsn2x", "tea"};
    char path[1024];
    (void)state;
    snprintf(path, sizeof path, "%s/../shared/data/trusta/tea/json-schema-v1.0.json", root);
    json_t *schema = json_read_file(path, 1 << 20, &err);
    if (!schema) {
        print_message("skip - the schema of TEA: ../shared is not there\n");
        skip();
    }
    for (size_t f = 0; f < 3; f++) {
        snprintf(path, sizeof path, "%s/../shared/data/trusta/%s", root, folders[f]);
        DIR *dir = opendir(path);
        assert_non_null(dir);
        for (struct dirent *e; (e = readdir(dir)) != NULL;) {
            snprintf(path, sizeof path, "%s/../shared/data/trusta/%s/%s", root, folders[f], e->d_name);
            error_clear(&err);
            if (e->d_name[0] != '.') check_file(schema, path);
        }
        closedir(dir);
    }
    json_decref(schema);
}

int main(int argc, char **argv) {
    root = argc > 1 ? argv[1] : ".";
    arena_init(&arena, (size_t)1 << 29);
    const struct CMUnitTest tests[] = {cmocka_unit_test(tea_fits_its_schema)};
    int failed = cmocka_run_group_tests_name("case_schema", tests, NULL, NULL);
    arena_done(&arena);
    return failed;
}
