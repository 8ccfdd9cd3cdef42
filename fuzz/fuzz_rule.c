/* A goal as one line. What is read is written as a line that reads back as the same goal; what is not read is told with
 * a column. */
#include "set/policy_rule.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static const struct policy_goal blank = {.id = "",
                                         .text = "",
                                         .clause = "",
                                         .attribute = "",
                                         .owner = "",
                                         .because = "",
                                         .for_each = "",
                                         .weight = 1,
                                         .level = 1,
                                         .severity = 3};

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    struct error err = {0};
    struct arena arena;
    struct policy_goal goal = blank, again = blank;
    arena_init(&arena, 0);
    if (policy_rule_parse((struct text){(const char *)at, n}, &arena, &goal, &err)) {
        struct buffer one, two;
        buffer_init(&one, 1 << 20), buffer_init(&two, 1 << 20);
        if (!policy_rule_put(&one, &goal)) abort();
        if (!policy_rule_parse(buffer_text(&one), &arena, &again, &err) || !policy_rule_put(&two, &again)) abort();
        if (strcmp(one.at, two.at) != 0) abort();
        buffer_done(&one), buffer_done(&two);
    } else if (err.kind != ERROR_DATA || !strstr(err.message, "column ")) {
        abort();
    }
    arena_done(&arena);
    return 0;
}
