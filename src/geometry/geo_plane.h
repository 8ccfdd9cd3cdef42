/* What a figure shows: points with coordinates, residuals of facts, margins of guards. Residuals have no unit and do
 * not change when the figure is moved, turned or scaled. */
#ifndef GEOMETRY_GEO_PLANE_H
#define GEOMETRY_GEO_PLANE_H

#include "geometry/geo_fact.h"

struct geo_point {
    double x, y;
};

/* A fact is true in a figure when its residual is below this. Figures are made by closed formulas, so that true facts
 * come out near 1e-15 times what bad conditions cost; a random false one comes below with chance of about 1e-8. */
#define GEO_TRUE 1e-8
/* A guard is true when its margin (a sine, or a distance over the diameter) is above this. */
#define GEO_APART 1e-6

/* 0: exactly true; INFINITY: it has no meaning here, since points coincide. */
double geo_residual(const struct geo_fact *fact, const struct geo_point *at);
/* The same without asking that the points of cyc be apart from one line: what rules are checked with. */
double geo_residual_naive(const struct geo_fact *fact, const struct geo_point *at);
bool geo_holds(const struct geo_fact *fact, const struct geo_point *at);
/* By how much a guard is met; below 0: by how much it is missed. diameter: of the figure. */
double geo_margin(const struct geo_fact *guard, const struct geo_point *at, double diameter);
double geo_diameter(const struct geo_point *at, size_t n);
/* The direction of a line in half turns, 0 to 1. */
double geo_direction(struct geo_point a, struct geo_point b);
double geo_distance(struct geo_point a, struct geo_point b);

#endif
