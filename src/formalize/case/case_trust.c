/* Belief: see case_trust.h. */
#include "formalize/case/case_trust.h"

#include <math.h>

bool trust_valid(struct trust t) {
    return t.b >= 0 && t.d >= 0 && t.b + t.d <= 1 + 1e-12;
}

struct trust trust_and(struct trust x, struct trust y) {
    return (struct trust){x.b * y.b, 1 - (1 - x.d) * (1 - y.d)};
}

struct trust trust_or(struct trust x, struct trust y) {
    return (struct trust){1 - (1 - x.b) * (1 - y.b), x.d * y.d};
}

struct trust trust_discount(struct trust x, double w) {
    return (struct trust){w * x.b, 0};
}

bool trust_combine(struct trust x, struct trust y, struct trust *out, struct error *err) {
    double k = x.b * y.d + x.d * y.b, ux = 1 - x.b - x.d, uy = 1 - y.b - y.d;
    if (!(1 - k > 1e-12)) return error_set(err, ERROR_DATA, "two sources that contradict each other completely");
    *out = (struct trust){(x.b * y.b + x.b * uy + ux * y.b) / (1 - k), (x.d * y.d + x.d * uy + ux * y.d) / (1 - k)};
    return true;
}
