/* Errors as values: see error.h. */
#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool (error_set)(struct error *err, enum error_kind kind, const char *format, ...) {
    if (!err) return false;
    err->kind = kind;
    va_list args;
    va_start(args, format);
    vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    return false;
}

bool (error_wrap)(struct error *err, const char *format, ...) {
    if (!err) return false;
    char old[sizeof err->message];
    memcpy(old, err->message, sizeof old);
    va_list args;
    va_start(args, format);
    int n = vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof err->message - 1)
        snprintf(err->message + n, sizeof err->message - (size_t)n, ": %.*s",
                 (int)(sizeof err->message - (size_t)n - 3), old);
    return false;
}

bool (error_memory)(struct error *err, const char *what) {
    return error_set(err, ERROR_ENVIRONMENT, "out of memory: %s", what);
}

bool (error_system)(struct error *err, int errnum, const char *what, const char *path) {
    const char *advice = errnum == ENOSPC ? "; free some space and run the same command again, nothing was lost" : "";
    char reason[128];
    const char *text = strerror_r(errnum, reason, sizeof reason);
    return error_set(err, ERROR_ENVIRONMENT, "%s '%s': %s%s", what, path, text, advice);
}

void error_clear(struct error *err) {
    if (!err) return;
    err->kind = ERROR_NONE;
    err->message[0] = 0;
}
