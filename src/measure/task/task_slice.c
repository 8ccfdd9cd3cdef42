/* Parts of a task's data: see task.h. Which part a row is of is decided in task_data.c. */
#include "measure/task/task.h"

bool task_slice_read(const char *spec, struct task_slice *out, struct error *err) {
    struct text rest = text_of(spec), index;
    uint64_t k, n;
    if (text_next(&rest, '/', &index) && text_to_u64(index, &k) && text_to_u64(rest, &n) && k >= 1 && k <= n &&
        n <= TASK_SLICES_MOST)
        return *out = (struct task_slice){(unsigned)k, (unsigned)n}, true;
    return error_set(err, ERROR_USAGE, "--slice: expected K/N with 1 <= K <= N <= %d, as 2/3, found '%s'",
                     TASK_SLICES_MOST, spec);
}
