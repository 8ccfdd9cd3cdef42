/* Any bytes as what an audit of synthetic tables reads: the first byte says whether they are a schema, a real table, or
 * an audit that was kept. Nothing crashes, what is refused is told with its place, and what is taken keeps its promises. */
#include "measure/table/synth_audit.h"
#include "memory_file.h"

#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static void check_refusal(const struct error *err) {
    if ((err->kind != ERROR_DATA && err->kind != ERROR_ENVIRONMENT) || !err->message[0]) abort();
}

static void schema(const char *path, struct arena *arena) {
    struct synth_schema s;
    struct error err = {0};
    if (!synth_schema_read(path, arena, &s, &err)) {
        check_refusal(&err);
        return;
    }
    if (s.n < 2 || s.target >= s.n || s.column[s.target].role != SYNTH_TARGET) abort();
    for (size_t i = 0; i < s.n; i++)
        if (s.column[i].type == SYNTH_ID || s.column[i].role == SYNTH_DROP) abort();
}

static void table(const char *path, struct arena *arena) {
    static struct synth_column columns[] = {{.name = "n", .type = SYNTH_NUMERIC},
                                            {.name = "d", .type = SYNTH_DATETIME},
                                            {.name = "o", .type = SYNTH_ORDINAL},
                                            {.name = "c", .type = SYNTH_CATEGORICAL, .role = SYNTH_TARGET}};
    static const struct synth_schema s = {.file = "fuzz", .column = columns, .n = 4, .target = 3};
    struct synth_levels *levels;
    struct synth_table t;
    struct error err = {0};
    if (!synth_read_real(&s, &path, 1, arena, &levels, &t, &err)) {
        check_refusal(&err);
        return;
    }
    for (size_t r = 0; r < t.rows; r++)
        for (size_t c = 0; c < 4; c++) {
            double x = t.x[r * 4 + c];
            if (isinf(x) || (isnan(x) && !levels[c].missing)) abort();
            if (c >= 2 && !isnan(x) && (x < 0 || x >= (double)levels[c].n)) abort();
        }
}

static void kept(const char *path, struct arena *arena) {
    struct synth_audit audit;
    struct trust_weights weights;
    struct trust_index index;
    struct error err = {0};
    if (!synth_audit_read(path, arena, &audit, &err)) {
        check_refusal(&err);
        return;
    }
    if (!trust_weights_parse("all", arena, &weights, &err)) abort();
    if (!trust_index_of(&audit.cohort, &weights, arena, &index, &err)) {
        check_refusal(&err);
        return;
    }
    for (size_t i = 0; i < audit.cohort.n; i++)
        if (!(index.tau[i] > 0 && index.tau[i] <= 1 + 1e-12)) abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    static void (*const read[])(const char *path, struct arena *arena) = {schema, table, kept};
    struct arena arena;
    if (n < 1 || n > 1 << 16) return 0;
    struct memory_file file = memory_file_open(at + 1, n - 1);
    arena_init(&arena, (size_t)256 << 20);
    read[at[0] % 3](file.path, &arena);
    arena_done(&arena);
    memory_file_close(&file);
    return 0;
}
