/* See finding.h. */
#include "base/finding.h"

#include "base/text.h"

const char *const finding_severity_names[FINDING_SEVERITIES] = {"note", "warning", "error"};

bool finding_wanted(const char *only, const char *rule) {
    struct text rest = text_of(only), one;
    if (!only) return true;
    while (text_next(&rest, ',', &one))
        if (text_equal_c(text_trim(one), rule)) return true;
    return false;
}

bool finding_only(const char *only, const char *const *names, size_t n, const char *kind, struct error *err) {
    struct text rest = text_of(only), one;
    while (only && text_next(&rest, ',', &one)) {
        size_t i = 0;
        while (i < n && !text_equal_c(text_trim(one), names[i])) i++;
        if (i < n) continue;
        const char *near = text_nearest(text_trim(one), names, n);
        return error_set(err, ERROR_USAGE, "--only: no rule '%.*s'%s%s%s; `basanite methods %s` lists them",
                         TEXT_ARG(one), near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "", kind);
    }
    return true;
}
