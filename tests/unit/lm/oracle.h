/* Other people's implementations in tests/oracle, run with node: whether they are there, and asking them. For tests only. */
#ifndef TESTS_LM_ORACLE_H
#define TESTS_LM_ORACLE_H

#include "check.h"

#include "base/file.h"
#include "base/json.h"
#include "base/process.h"

/* Says what is missing. */
static inline bool oracle_is_there(const char *root, const char *package) {
    char path[512];
    struct buffer out, errors;
    struct error err = {0};
    struct process_result result = {.exit_code = 1};
    const char *const argv[] = {"node", "--version", NULL};
    snprintf(path, sizeof path, "%s/tests/oracle/node_modules/%s/package.json", root, package);
    if (!file_exists(path)) {
        printf("skipped: no %s in tests/oracle\n", package);
        return false;
    }
    buffer_init(&out, 1 << 16);
    buffer_init(&errors, 1 << 16);
    bool ok = process_run(argv, TEXT(""), (struct process_limits){.seconds = 20}, &out, &errors, &result, &err) &&
              result.exit_code == 0;
    buffer_done(&out);
    buffer_done(&errors);
    if (!ok) printf("skipped: no node\n");
    return ok;
}

/* What `node tests/oracle/PROGRAM MODEL LIST` prints, as JSON owned by the caller; the test fails when it fails. */
static inline json_t *oracle_ask(const char *root, const char *program, const char *model, const char *list) {
    char script[512];
    struct error err = {0};
    struct buffer out, errors;
    struct process_result result = {0};
    snprintf(script, sizeof script, "%s/tests/oracle/%s", root, program);
    const char *const argv[] = {"node", script, model, list, NULL};
    buffer_init(&out, (size_t)256 << 20);
    buffer_init(&errors, 1 << 20);
    check_ok(process_run(argv, TEXT(""), (struct process_limits){.seconds = 250, .output = (size_t)256 << 20}, &out,
                         &errors, &result, &err));
    if (result.exit_code) fail_msg("oracle: exit %d: %s", result.exit_code, errors.at ? errors.at : "");
    json_t *answer = json_read(buffer_text(&out), "oracle", 1, &err);
    check_ok(answer);
    buffer_done(&out);
    buffer_done(&errors);
    return answer;
}

#endif
