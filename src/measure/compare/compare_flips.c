/* Which items changed sides: right (a score of one half or more) in one run, wrong in the other. Figures are the shares
 * that were gained, lost and flipped at all; the items are listed. An answer that could not be read is wrong. */
#include "measure/compare/compare_internal.h"

#include <math.h>
#include <string.h>

struct flips {
    struct compare_task *task;
    double *value[2]; /* of each pair */
    const char **label[2];
    bool verdicts; /* all values lie in 0..1 */
    uint64_t scored;
};

static bool take(void *context, size_t pair, int side, const struct record_row *row, struct error *err) {
    struct flips *f = context;
    double value = row->value;
    if (isnan(value) && row->parsed && strcmp(row->parsed, parse_state_names[PARSED_FAIL]) == 0) value = 0;
    f->value[side][pair] = value;
    if (!isnan(value) && !(value >= 0 && value <= 1)) f->verdicts = false;
    f->scored += !isnan(value);
    return (f->label[side][pair] = text_copy(f->task->arena, row->label, err)) != NULL;
}

static bool open_flips(struct compare_task *t, struct flips *f, struct error *err) {
    *f = (struct flips){.task = t, .verdicts = true};
    for (int s = 0; s < 2; s++)
        if (!(f->value[s] = arena_new(t->arena, double, t->n_pairs + 1, err)) ||
            !(f->label[s] = arena_new(t->arena, const char *, t->n_pairs + 1, err)))
            return false;
    return compare_walk(t, 0, take, f, err);
}

static bool is_right(const struct flips *f, int side, size_t pair) {
    return f->value[side][pair] >= 0.5;
}

/* Of an item without a value on a side nothing is said. */
static bool is_known(const struct flips *f, size_t pair) {
    return f->task->pairs[pair].usable && !isnan(f->value[0][pair]) && !isnan(f->value[1][pair]);
}

static void count(const struct flips *f, struct compare_row *counts) {
    for (size_t i = 0; i < f->task->n_pairs; i++) {
        if (!is_known(f, i)) continue;
        bool before = is_right(f, 0, i), after = is_right(f, 1, i);
        counts->gained += !before && after;
        counts->lost += before && !after;
        counts->both += before && after;
        counts->neither += !before && !after;
    }
}

/* Those that became wrong, then those that became right, each in the order of the plan. */
static bool list_flips(struct flips *f, struct error *err) {
    for (int right = 0; right < 2; right++)
        for (size_t i = 0; i < f->task->n_pairs; i++) {
            const struct compare_pair *p = &f->task->pairs[i];
            if (!is_known(f, i) || is_right(f, 1, i) != right || is_right(f, 0, i) == right) continue;
            struct compare_flip flip = {.item = p->item,
                                        .sample = p->sample,
                                        .position = {p->position[0], p->position[1]},
                                        .value = {f->value[0][i], f->value[1][i]},
                                        .label = {f->label[0][i], f->label[1][i]}};
            if (!compare_add_flip(f->task, &flip, err)) return false;
        }
    return true;
}

enum { GAINED = 1, LOST = 2 };

static bool put_share(struct flips *f, const char *name, int which, const char *direction,
                      const struct compare_row *counts, struct error *err) {
    struct compare_task *t = f->task;
    unsigned char *yes = arena_new(t->arena, unsigned char, t->n_pairs + 1, err);
    if (!yes) return false;
    for (size_t i = 0; i < t->n_pairs; i++) {
        bool before = is_right(f, 0, i), after = is_right(f, 1, i);
        yes[i] = is_known(f, i) && (((which & GAINED) && !before && after) || ((which & LOST) && before && !after));
    }
    struct compare_row row = *counts;
    row.name = name;
    row.direction = direction;
    return compare_share(t, yes, name, &row, err) && compare_add_row(t, &row, err) != NULL;
}

static bool run_flips(struct compare_task *t, const struct option_value *options, struct error *err) {
    struct flips f;
    struct compare_row counts = {.test = "flips",
                                 .task = t->name,
                                 .group = "",
                                 .a = NAN,
                                 .b = NAN,
                                 .p = NAN,
                                 .detectable = NAN,
                                 .counted = true};
    (void)options;
    if (!open_flips(t, &f, err)) return false;
    if (f.scored == 0) return compare_no_row(t, "flips", "flipped", "the scorer gives no value", err);
    if (!f.verdicts) return compare_no_row(t, "flips", "flipped", "its values are no verdicts between 0 and 1", err);
    size_t before = t->out->n_rows;
    count(&f, &counts);
    if (!list_flips(&f, err) || !put_share(&f, "flipped", GAINED | LOST, "none", &counts, err) ||
        !put_share(&f, "gained", GAINED, "none", &counts, err) || !put_share(&f, "lost", LOST, "down", &counts, err))
        return false;
    for (size_t i = before; i < t->out->n_rows; i++)
        if (!compare_put_figure(t, &t->out->rows[i], err)) return false;
    return true;
}

const struct compare_test compare_test_flips = {
    .name = "flips",
    .summary = "items that were right and are wrong, or the other way round: shares, and which they are",
    .run = run_flips,
};
