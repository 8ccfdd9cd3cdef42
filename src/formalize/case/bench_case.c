/* Speed of checking cases: see bench_case.h. A case of a thousand splits of linear arithmetic in six variables: once
 * whole, by one thread and by all, and again after one bound was edited. */
#include "formalize/case/bench_case.h"

#include "formalize/case/case_check.h"
#include "formalize/case/case_read.h"
#include "solver/smt.h"

#include <math.h>

enum { SPLITS = 1000 };

struct work {
    struct arena arena;
    struct assurance_case c[2]; /* the second has one bound edited, another one in each repeat */
    struct pool *pool;
    struct case_checker *checker;
    double solver; /* seconds inside Z3 of the last update */
};

static void put_split(struct buffer *b, size_t i, bool edited) {
    buffer_printf(b,
                  "G%zu: {supportedBy: [Sn%zu, Sn%zub], reason: arith, formal: ['a%zu + b%zu + c%zu <= %zu', "
                  "'d%zu > 2 * e%zu']}\n"
                  "Sn%zu: {formal: ['0 <= a%zu <= 2', 'b%zu <= 3 - a%zu', 'c%zu = 0.5 * a%zu', 'f%zu >= 1']}\n"
                  "Sn%zub: {formal: ['e%zu <= 1', 'd%zu >= 2.5', 'd%zu <= f%zu + 9']}\n",
                  i, i, i, i, i, i, edited ? (size_t)3 : (size_t)5, i, i, i, i, i, i, i, i, i, i, i, i, i, i);
}

static bool make(struct work *w, struct assurance_case *c, size_t edited, struct error *err) {
    struct buffer b;
    buffer_init(&b, (size_t)1 << 26);
    buffer_put_c(&b, "G0: {supportedBy: [");
    for (size_t i = 1; i <= SPLITS; i++) buffer_printf(&b, "%sG%zu", i > 1 ? ", " : "", i);
    buffer_put_c(&b, "]}\n");
    for (size_t i = 1; i <= SPLITS; i++) put_split(&b, i, i == edited);
    char *kept = buffer_check(&b, "a case", err) ? text_copy(&w->arena, buffer_text(&b), err) : NULL;
    buffer_done(&b);
    return kept && case_read_text(text_of(kept), "bench", CASE_ONE_ROOT, &w->arena, c, err);
}

static bool open_checker(struct work *w, struct pool *pool, struct error *err) {
    case_checker_free(w->checker);
    w->checker = case_checker_new(&(struct case_check_settings){.seconds = 60, .pool = pool}, err);
    return w->checker != NULL;
}

static bool update(struct work *w, const struct assurance_case *c, struct error *err) {
    const struct case_report *r = case_checker_update(w->checker, c, err);
    if (r) w->solver = r->seconds;
    return r != NULL;
}

static bool whole(void *context, struct error *err) {
    struct work *w = context;
    return open_checker(w, w->pool, err) && update(w, &w->c[0], err);
}

static bool edited(void *context, struct error *err) {
    struct work *w = context;
    return update(w, &w->c[1], err);
}

static bool measure_whole(struct bench *b, struct work *w, struct pool *pool, const char *name, struct error *err) {
    struct bench_times times;
    w->pool = pool;
    if (!bench_times(b, whole, w, &times, err)) return false;
    double threads = (double)pool_threads(pool);
    b->report(b->context, &(struct bench_row){"case", name, 1e3 * times.wall, "ms", NAN, 1e3 * w->solver / threads,
                                              1e3 * times.cpu});
    return true;
}

/* Every repeat edits another split, so each is an edit that the checker has not seen; the one before is undone. */
static bool measure_edit(struct bench *b, struct work *w, struct error *err) {
    const struct bench once = {.repeat = 1, .warm = true};
    double *seconds = memory_alloc(2 * b->repeat * sizeof *seconds), *cpu = seconds + b->repeat;
    struct bench_times times;
    bool ok = seconds || error_memory(err, "times");
    ok = ok && open_checker(w, b->pool, err) && update(w, &w->c[0], err);
    for (size_t i = 0; ok && i < b->repeat; i++) {
        case_done(&w->c[1]);
        ok = make(w, &w->c[1], 1 + i % SPLITS, err) && bench_times(&once, edited, w, &times, err);
        if (ok) seconds[i] = times.wall, cpu[i] = times.cpu;
    }
    if (ok)
        b->report(b->context,
                  &(struct bench_row){"case", "1000 splits, one edited", 1e3 * bench_median(seconds, b->repeat), "ms",
                                      NAN, 1e3 * w->solver, 1e3 * bench_median(cpu, b->repeat)});
    memory_free(seconds);
    return ok;
}

bool bench_case(struct bench *b, struct error *err) {
    struct work w = {0};
    if (!smt_there()) return true; /* nothing to measure */
    arena_init(&w.arena, (size_t)4 << 30);
    bool ok = make(&w, &w.c[0], 0, err) && make(&w, &w.c[1], 1, err) &&
              measure_whole(b, &w, NULL, "1000 splits, one thread", err) &&
              measure_whole(b, &w, b->pool, "1000 splits, all threads", err) && measure_edit(b, &w, err);
    case_checker_free(w.checker);
    case_done(&w.c[0]), case_done(&w.c[1]);
    arena_done(&w.arena);
    return ok;
}
