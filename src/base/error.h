/* Errors are values. Every fallible function returns bool or a pointer and takes `struct error *err` last.
 * A message says what failed, on what (file:line:column, byte offset, item id), what was expected, what to do;
 * it is lower case, without a full stop, names quoted. Nothing below cli/ prints it or exits. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_at, args_at) __attribute__((format(printf, format_at, args_at)))

/* The values are the exit codes of the program. */
enum error_kind {
    ERROR_NONE = 0,
    ERROR_GATE = 1,          /* a gate failed, a known answer was missed */
    ERROR_USAGE = 2,         /* an unknown command, option, key or name */
    ERROR_DATA = 3,          /* a file or an answer is not what it must be */
    ERROR_ENVIRONMENT = 4,   /* endpoint down, disk full, out of memory, part not built in */
    ERROR_INTERRUPTED = 130, /* the user asked to stop; what was done is kept */
};

struct error {
    enum error_kind kind;
    char message[1024];
};

/* Sets the message and returns false, so that a caller can write `return error_set(err, ...)`. err may be NULL. */
bool error_set(struct error *err, enum error_kind kind, const char *format, ...) PRINTF_LIKE(3, 4);

/* Puts "context: " before the message that is already there. Returns false. */
bool error_wrap(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* "out of memory: WHAT" as ERROR_ENVIRONMENT. Returns false. */
bool error_memory(struct error *err, const char *what);

/* "WHAT 'PATH': reason of errno"; ENOSPC and EIO say that nothing was lost. Returns false. */
bool error_system(struct error *err, int errnum, const char *what, const char *path);

void error_clear(struct error *err);

/* The static analyser sees one file at a time. There, and only there, functions that report a failure are wrapped so
 * that it knows what they return: #define NAME(...) error_false(NAME(__VA_ARGS__)).
 * Their definitions put the name in brackets. */
#ifdef __clang_analyzer__
static inline bool error_false(bool reported) {
    (void)reported;
    return false;
}
#define error_set(...) error_false(error_set(__VA_ARGS__))
#define error_wrap(...) error_false(error_wrap(__VA_ARGS__))
#define error_memory(...) error_false(error_memory(__VA_ARGS__))
#define error_system(...) error_false(error_system(__VA_ARGS__))
#endif

#endif
