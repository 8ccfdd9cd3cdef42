/* What losses of answers share: see answer_loss.h. */
#include "act/objective/answer_loss.h"

#include <math.h>
#include <string.h>

static struct step_figure *find(struct step_figures *figures, const char *name) {
    for (size_t i = 0; i < figures->n; i++)
        if (strcmp(figures->of[i].name, name) == 0) return &figures->of[i];
    if (figures->n == STEP_FIGURES) return NULL;
    figures->of[figures->n] = (struct step_figure){.name = name};
    return &figures->of[figures->n++];
}

void step_figure_add(struct step_figures *figures, const char *name, double value, double weight) {
    struct step_figure *f = find(figures, name);
    if (!f) return;
    f->sum += value * weight;
    f->weight += weight;
}

void step_figures_merge(struct step_figures *into, const struct step_figures *from) {
    for (size_t i = 0; i < from->n; i++) {
        struct step_figure *f = find(into, from->of[i].name);
        if (!f) continue;
        f->sum += from->of[i].sum;
        f->weight += from->of[i].weight;
    }
}

double step_figure(const struct step_figures *figures, const char *name) {
    for (size_t i = 0; i < figures->n; i++)
        if (strcmp(figures->of[i].name, name) == 0) return figures->of[i].sum / figures->of[i].weight;
    return NAN;
}

bool answer_fault(const struct answer_view *a, const char *what, struct error *err) {
    if (!a->file) return error_set(err, ERROR_DATA, "group %zu: %s", a->group + 1, what);
    return error_set(err, ERROR_DATA, "%s:%zu: %s", a->file, a->line, what);
}

size_t answer_group_end(const struct answer_view *a, size_t from, size_t n) {
    size_t to = from + 1;
    while (to < n && a[to].group == a[from].group) to++;
    return to;
}

double answer_sum(const double *values, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += values[i];
    return sum;
}

double answer_log_ratio(const struct answer_view *a) {
    double sum = 0;
    for (size_t i = 0; i < a->n; i++) sum += a->logprob[i] - a->reference[i];
    return sum;
}

double log_sigmoid(double x) {
    return x < 0 ? x - log1p(exp(x)) : -log1p(exp(-x));
}

double sigmoid(double x) {
    return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x));
}
