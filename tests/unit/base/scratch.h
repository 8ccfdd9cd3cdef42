/* A file in a folder of its own under /tmp, for tests that read and write files. */
#ifndef TESTS_BASE_SCRATCH_H
#define TESTS_BASE_SCRATCH_H

#include "check.h"

#include <stdlib.h>
#include <unistd.h>

struct scratch {
    char folder[64], file[96];
};

static inline void scratch_init(struct scratch *s) {
    snprintf(s->folder, sizeof s->folder, "/tmp/basanite-test-XXXXXX");
    assert_non_null(mkdtemp(s->folder));
    snprintf(s->file, sizeof s->file, "%s/file", s->folder);
}

static inline void scratch_put(const struct scratch *s, const void *at, size_t n) {
    FILE *f = fopen(s->file, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(at, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static inline void scratch_done(struct scratch *s) {
    unlink(s->file);
    assert_int_equal(rmdir(s->folder), 0);
}

#endif
