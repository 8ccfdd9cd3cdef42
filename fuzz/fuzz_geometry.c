/* What strangers give of geometry: problems, rules, public traces, proofs as rows. Each is refused with a message, or
 * read; small problems that are read are drawn and closed within limits, proofs that are read are judged. */
#include "formalize/geometry/geo_row.h"
#include "geometry/geo_closure.h"
#include "geometry/geo_public.h"

#include <stdlib.h>

enum { MOST_BYTES = 1 << 13, POINTS = 7, FACTS = 200 };

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static bool refused(const struct error *err) {
    if (err->kind != ERROR_DATA || !err->message[0]) abort();
    return true;
}

static void close_it(const struct geo_problem *p, const struct geo_figure *f, const struct geo_rules *rules) {
    const struct geo_limits limits = {.seconds = 0.2, .facts = FACTS};
    struct geo_closed closed;
    struct geo_scene scene;
    struct error err = {0};
    bool fresh, ok = geo_scene_init(&scene, f->at, f->n, &err);
    for (size_t i = 0; ok && i < p->n_premises; i++) {
        const struct geo_known what = {.fact = p->premise[i], .reason = GEO_GIVEN};
        ok = geo_scene_add(&scene, &what, &fresh, &err);
    }
    ok = ok && geo_close(&scene, rules, p->goal, p->n_goals, &limits, &closed, &err);
    if (!ok) refused(&err);
    geo_scene_done(&scene);
}

static bool take(void *context, struct text t, struct text id, size_t line, struct error *err) {
    static struct geo_problem problem;
    struct geo_figure figure;
    struct error why = {0};
    (void)err;
    if (!geo_problem_read(t, id, "f", line, &problem, &why)) return refused(&why);
    if (problem.names.n > POINTS) return true;
    if (!geo_figure_draw(&problem, "f", 1, false, &figure, &why)) return refused(&why);
    close_it(&problem, &figure, context);
    return true;
}

static void try_row(struct text t, const struct geo_rules *rules, struct arena *arena) {
    struct error err = {0};
    json_t *row = json_read(t, "f", 1, &err), *out = json_object();
    const struct geo_unit unit = {.place = {"f", 1, ""}, .row = row};
    bool holds;
    error_clear(&err);
    if (json_is_object(row) && json_object_get(row, "proof") &&
        !geo_row_check_proof(&unit, rules, true, arena, out, &holds, &err))
        refused(&err);
    error_clear(&err);
    if (json_is_object(row) && geo_row_is_public(row) && !geo_row_parse_public(&unit, arena, out, &holds, &err))
        refused(&err);
    json_decref(row);
    json_decref(out);
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    struct text t = {(const char *)at, n};
    struct geo_rules rules, theirs;
    struct geo_public trace;
    struct arena arena;
    struct error err = {0};
    if (n > MOST_BYTES) return 0;
    arena_init(&arena, (size_t)1 << 28);
    if (!geo_rules_builtin(true, &arena, &rules, &err)) abort();
    if (!geo_problem_split(t, "f", take, &rules, &err)) refused(&err);
    error_clear(&err);
    if (!geo_rules_read(t, "f", &arena, &theirs, &err)) refused(&err);
    error_clear(&err);
    if (!geo_public_read(t, &arena, &trace, &err)) refused(&err);
    try_row(t, &rules, &arena);
    arena_done(&arena);
    return 0;
}
