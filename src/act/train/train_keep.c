/* Which checkpoint a training ends with: every milestone's figures are a point; whenever the newest point is the best
 * so far its state is written to OUT.kept-STEP, as a checkpoint is. Points come from the log, so a training that goes
 * on decides as an undisturbed one. States that are no longer the best go once the next checkpoint is there. Only
 * process 0 looks; the others are told when to stop. */
#include "act/train/train_internal.h"

#include "base/file.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

enum { MOST_LOG = 512 << 20, POINTS_MORE = 64 };

struct train_keep {
    struct probe_point *points; /* grown by doubling, on the training's arena */
    size_t n, room;
    size_t best;    /* SIZE_MAX: none */
    uint64_t stale; /* step whose state is to go; UINT64_MAX: none */
};

bool train_keep_open(struct train *t, struct error *err) {
    const struct train_settings *s = &t->settings;
    if (t->rule.patience && !s->keep)
        return error_set(err, ERROR_USAGE, "patience=%llu waits for something better: say what with --keep",
                         (unsigned long long)t->rule.patience);
    if (!s->keep) return true;
    if (!s->probe && !s->n_valid)
        return error_set(err, ERROR_USAGE,
                         "--keep chooses by figures: measure some with --probe, or valid_loss with --valid");
    t->keep = arena_new(&t->arena, struct train_keep, 1, err);
    if (t->keep) *t->keep = (struct train_keep){.best = SIZE_MAX, .stale = UINT64_MAX};
    return t->keep != NULL;
}

static const char *state_path(struct train *t, uint64_t step, struct arena *arena, struct error *err) {
    struct text base = text_of(t->checkpoint_path);
    base.len -= strlen(".checkpoint");
    return arena_printf(arena, err, "%.*s.kept-%llu", TEXT_ARG(base), (unsigned long long)step);
}

static bool add_point(struct train *t, uint64_t step, size_t n, struct probe_figure **figures, struct error *err) {
    struct train_keep *k = t->keep;
    if (k->n == k->room) {
        size_t room = k->room ? 2 * k->room : POINTS_MORE;
        struct probe_point *more = arena_new(&t->arena, struct probe_point, room, err);
        if (!more) return false;
        if (k->n) memcpy(more, k->points, k->n * sizeof *more);
        k->points = more;
        k->room = room;
    }
    if (!(*figures = arena_new(&t->arena, struct probe_figure, n + 1, err))) return false;
    k->points[k->n++] = (struct probe_point){step, *figures, n};
    return true;
}

static bool choose(struct train *t, struct error *err) {
    const struct keep *keep = t->settings.keep;
    return keep->choose(keep->context, t->keep->points, t->keep->n, &t->keep->best, err);
}

/* ---- from the log */

static double number_or_nan(const json_t *row, const char *name) {
    const json_t *value = json_object_get(row, name);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static bool read_point(struct train *t, const json_t *row, struct error *err) {
    const json_t *probe = json_object_get(row, "probe"), *loss = json_object_get(row, "valid_loss");
    struct probe_figure *figures;
    const char *name;
    json_t *value;
    size_t at = 0, n = json_object_size(probe) + (loss != NULL);
    if (!n) return true;
    if (!add_point(t, (uint64_t)json_integer_value(json_object_get(row, "step")), n, &figures, err)) return false;
    json_object_foreach((json_t *)probe, name, value) {
        const char *kept = arena_copy(&t->arena, name, strlen(name), err);
        if (!kept) return false;
        figures[at++] = (struct probe_figure){kept, number_or_nan(value, "value"), number_or_nan(value, "lo"),
                                              number_or_nan(value, "hi"),
                                              (uint64_t)json_integer_value(json_object_get(value, "n"))};
    }
    if (loss) figures[at] = (struct probe_figure){"valid/valid_loss", number_or_nan(row, "valid_loss"), NAN, NAN, 0};
    return true;
}

static bool read_log(struct train *t, struct error *err) {
    struct arena arena;
    struct text all, line;
    arena_init(&arena, (size_t)1 << 30);
    bool ok = file_read(&arena, t->log_path, MOST_LOG, &all, err);
    while (ok && text_next(&all, '\n', &line) && line.len) {
        json_t *row = json_read(line, t->log_path, 1, err);
        ok = row && read_point(t, row, err);
        json_decref(row);
    }
    arena_done(&arena);
    return ok;
}

static bool restore(struct train *t, struct error *err) {
    const char *path;
    if (!t->keep || !file_exists(t->log_path)) return true;
    if (!read_log(t, err) || !choose(t, err)) return false;
    if (t->keep->best == SIZE_MAX) return true;
    uint64_t step = t->keep->points[t->keep->best].step;
    if (!(path = state_path(t, step, &t->arena, err))) return false;
    return file_exists(path) ||
           error_set(err, ERROR_ENVIRONMENT,
                     "'%s', the state of the best checkpoint so far, is gone; --fresh starts anew", path);
}

/* Measurements without something better, and the training ends. */
static bool settled(const struct train *t) {
    const struct train_keep *k = t->keep;
    size_t since = k->best == SIZE_MAX ? k->n : k->n - 1 - k->best;
    return t->rule.patience && since >= t->rule.patience;
}

static bool tell(struct train *t, bool ok, struct error *err) {
    if (ok && t->keep && team_rank(t->settings.team) == 0) t->settled = settled(t);
    return team_agree(t->settings.team, ok, err) && team_tell(t->settings.team, &t->settled, sizeof t->settled, err);
}

bool train_keep_restore(struct train *t, struct error *err) {
    return tell(t, team_rank(t->settings.team) > 0 || restore(t, err), err);
}

/* ---- while it runs */

static bool note(struct train *t, struct error *err) {
    struct train_keep *k = t->keep;
    struct probe_figure *figures;
    const char *path;
    size_t n = t->n_probed + t->validated, before = k->best;
    if (!n) return true;
    if (!add_point(t, t->step, n, &figures, err)) return false;
    for (size_t i = 0; i < t->n_probed; i++) {
        figures[i] = t->probed[i];
        if (!(figures[i].name = arena_copy(&t->arena, t->probed[i].name, strlen(t->probed[i].name), err))) return false;
    }
    if (t->validated) figures[t->n_probed] = (struct probe_figure){"valid/valid_loss", t->valid_loss, NAN, NAN, 0};
    if (!choose(t, err)) return false;
    if (k->best != k->n - 1) return true;
    if (before != SIZE_MAX) k->stale = k->points[before].step;
    return (path = state_path(t, t->step, &t->arena, err)) && train_state_save(t, path, err);
}

bool train_keep_note(struct train *t, struct error *err) {
    if (!t->settings.keep) return true;
    return tell(t, team_rank(t->settings.team) > 0 || note(t, err), err);
}

static bool drop(struct train *t, uint64_t step, struct error *err) {
    const char *path = state_path(t, step, &t->arena, err);
    if (!path) return false;
    return unlink(path) == 0 || errno == ENOENT || error_system(err, errno, "cannot remove", path);
}

bool train_keep_tidy(struct train *t, struct error *err) {
    if (!t->keep || team_rank(t->settings.team) > 0 || t->keep->stale == UINT64_MAX) return true;
    uint64_t step = t->keep->stale;
    t->keep->stale = UINT64_MAX;
    return drop(t, step, err);
}

/* ---- in the end */

bool train_keep_take(struct train *t, uint64_t *step, struct error *err) {
    *step = t->step;
    if (!t->keep) return true;
    if (t->keep->best == SIZE_MAX)
        return error_set(err, ERROR_GATE, "none of %zu checkpoints meets --keep '%s'; nothing was written", t->keep->n,
                         t->settings.keep->rule);
    *step = t->keep->points[t->keep->best].step;
    const char *path = state_path(t, *step, &t->arena, err);
    return path && (*step == t->step || train_state_load(t, path, err));
}

bool train_keep_done(struct train *t, struct error *err) {
    if (!t->keep || t->keep->best == SIZE_MAX) return true;
    return drop(t, t->keep->points[t->keep->best].step, err) && train_keep_tidy(t, err);
}
