/* Child processes by posix_spawn (never fork: OpenMP hangs in forked children), with limits. */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include "base/buffer.h"

struct process_limits {
    double seconds;       /* wall time, then the process group is killed; 0: 60 */
    uint64_t memory;      /* address space in bytes; 0: unlimited */
    size_t output;        /* most bytes kept of stdout and of stderr; 0: 16 MiB */
};
struct process_result {
    int exit_code; /* 128 + signal when it was killed by one */
    bool timed_out;
};
/* argv[0] is looked for in PATH; argv ends with NULL; input may be empty. out and err_out are filled (initialised by the
 * caller). What the program leaves running in its process group is killed. False when it could not be started; with a
 * memory limit a shell starts it, and a missing program is exit code 127. */
bool process_run(const char *const *argv, struct text input, struct process_limits limits, struct buffer *out,
                 struct buffer *err_out, struct process_result *result, struct error *err) MUST_CHECK;

#endif
