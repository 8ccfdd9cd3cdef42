/* Child processes by posix_spawn (never fork: OpenMP hangs in forked children), with limits. */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include "base/buffer.h"
#include "base/interrupt.h"

struct process_limits {
    double seconds;       /* wall time, then the process group is killed; 0: 60 */
    uint64_t memory;      /* address space in bytes; 0: unlimited */
    size_t output;        /* most bytes kept of stdout and of stderr; 0: 16 MiB */
};
struct process_result {
    int exit_code; /* 128 + signal when it was killed by one */
    bool timed_out;
};
/* argv[0] is looked for in PATH; argv ends with NULL; input may be empty. out and err_out are filled (initialised by
 * the caller). What the program leaves running in its process group is killed. False when it could not be started; with
 * a memory limit a shell starts it, and a missing program is exit code 127. */
bool process_run(const char *const *argv, struct text input, struct process_limits limits, struct buffer *out,
                 struct buffer *err_out, struct process_result *result, struct error *err) MUST_CHECK;

/* A long piece of work: runs argv in `folder`, with nothing to read; stdout and stderr are appended to the file `log`.
 * When the user asks to stop, the program gets SIGINT and ten seconds; after `seconds` (0: no limit) it is killed.
 * False when it could not be started or the log not be opened. It finds BASANITE_PARENT in its environment, see
 * process_die_with_parent. */
bool process_follow(const char *const *argv, const char *folder, const char *log, double seconds,
                    const struct interrupt *stop, struct process_result *result, struct error *err) MUST_CHECK;
/* Called first in main: a program that process_follow started is killed when its parent is,
 * so that nothing goes on unseen. */
void process_die_with_parent(void);

#endif
