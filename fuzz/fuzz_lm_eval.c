/* Task files of lm-evaluation-harness: what is turned into our keys can be written down and read again, and is turned no
 * further; a refusal has its place. */
#include "libfyaml_leak.h"
#include "measure/task/task_lm_eval.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);
int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    struct text t = {(const char *)at, n};
    if (n == 0 || n > 1 << 14 || text_find(t, TEXT("include"), 0) != SIZE_MAX) return 0; /* no files of this machine */
    struct error err = {0};
    struct arena arena;
    struct buffer b;
    arena_init(&arena, (size_t)64 << 20);
    buffer_init(&b, (size_t)16 << 20);
    struct yaml *root = yaml_read(&arena, t, "fuzz", &err);
    struct yaml *turned = root && task_lm_eval_claims(root) ? task_lm_eval_turn(&arena, root, TEXT(""), &err) : NULL;
    if (root && task_lm_eval_claims(root) && !turned && !strstr(err.message, "fuzz:")) abort();
    json_t *json = turned ? yaml_to_json(turned, &err) : NULL;
    if (json && json_put_canonical(&b, json)) {
        struct yaml *again = yaml_read(&arena, buffer_text(&b), "again", &err);
        if (!again || task_lm_eval_is_group(again)) abort();
    }
    json_decref(json);
    buffer_done(&b);
    arena_done(&arena);
    return 0;
}
