/* See figure.h. */
#include "record/figure.h"

#include <math.h>

struct figure figure_new(const char *name, const char *group, double value, uint64_t n) {
    return (struct figure){.name = name,
                           .task = "",
                           .group = group,
                           .value = value,
                           .lo = NAN,
                           .hi = NAN,
                           .n = n,
                           .k = -1,
                           .method = "exact",
                           .unit = "",
                           .direction = "none",
                           .parsed = NAN};
}

void figure_set_interval(struct figure *figure, double value, double lo, double hi, const char *method) {
    figure->value = value;
    figure->lo = lo;
    figure->hi = hi;
    figure->method = method;
}
