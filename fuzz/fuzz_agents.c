/* Any bytes as a log of agents, CSV or JSONL: the first byte chooses. What is read has its answers among its classes
 * and its confidences in 0..1, and can be fused or is refused for a reason; what is not read is told with FILE. */
#include "measure/fusion/fuse.h"
#include "memory_file.h"

#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static void check_log(const struct agent_log *log) {
    for (size_t i = 0; i < log->n_items * log->n_sources; i++) {
        const struct agent_said *s = &log->said[i];
        if (s->answer != AGENT_SILENT && (s->answer < 0 || (size_t)s->answer >= log->n_classes)) abort();
        if (!isnan(s->confidence) && !(s->confidence >= 0 && s->confidence <= 1)) abort();
    }
}

static void fuse_log(const struct agent_log *log, struct arena *arena) {
    static const char *const specs[] = {"vote", "majority", "confidence", "bayes", "dawid-skene,rounds=3"};
    size_t source[AGENT_SOURCES_MOST], n = fuse_sources(log, false, source);
    for (size_t m = 0; log->n_items < 200 && log->n_classes < 20 && m < sizeof specs / sizeof *specs; m++) {
        const struct fusion *method;
        struct fused f;
        struct error err = {0};
        if (!fuse(specs[m], log, source, n, false, arena, &method, &f, &err)) {
            if (err.kind != ERROR_DATA || !err.message[0]) abort();
            continue;
        }
        for (size_t i = 0; i < log->n_items * log->n_classes; i++)
            if (!(f.p[i] >= 0 && f.p[i] <= 1 + 1e-9)) abort();
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    struct agent_log_settings settings = {.lenient = n && at[0] & 2};
    struct agent_log log;
    struct error err = {0};
    struct arena arena;
    if (n < 1 || n > 1 << 14) return 0;
    struct memory_file file = memory_file_open_as(at + 1, n - 1, at[0] & 1 ? "csv" : "jsonl");
    const char *path = file.link;
    arena_init(&arena, (size_t)256 << 20);
    if (agent_log_read(&path, 1, &settings, &arena, &log, &err)) {
        check_log(&log);
        fuse_log(&log, &arena);
    } else if (err.kind != ERROR_DATA || !err.message[0]) {
        abort();
    }
    arena_done(&arena);
    memory_file_close(&file);
    return 0;
}
