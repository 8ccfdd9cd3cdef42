/* The base rates of the world, each counted again and compared with what pocket-world tables promise. Nothing here
 * draws. */
#include "measure/world/world_internal.h"

#include <stdlib.h>

enum { MOST_VALUES = 700, TWENTIETHS = 20 };

static bool missed(struct error *err, const char *what, const char *which, long found, long expected) {
    return error_set(err, ERROR_GATE, "base rate of %s '%s': found %ld, expected %ld", what, which, found, expected);
}

/* Every value equally often up to 1. */
static bool check_even(const struct world *w, int column, struct error *err) {
    const struct column *c = &world_columns[column];
    size_t n = world_kinds[c->kind].n, count[MOST_VALUES] = {0}, least = n / (size_t)c->n;
    for (size_t i = 0; i < n; i++) {
        int v = w->value[column][i] - c->low;
        if (v < 0 || v >= c->n) return missed(err, "values out of range of column", c->name, v + c->low, c->low);
        count[v]++;
    }
    for (int v = 0; v < c->n; v++)
        if (count[v] < least || count[v] > least + (n % (size_t)c->n != 0))
            return missed(err, "column", c->name, (long)count[v], (long)least);
    return true;
}

/* Cells of the table of this column against a class column: within 1 of the product of the margins. */
static bool check_independent(const struct world *w, int column, int class_column, struct error *err) {
    const struct column *c = &world_columns[column];
    long people = (long)world_kinds[PERSON].n, of_class[3] = {0}, of_value[MOST_VALUES] = {0},
         cell[MOST_VALUES][3] = {{0}};
    if (people == 0) return true;
    for (long p = 0; p < people; p++) {
        int k = w->value[class_column][p], v = w->value[column][p] - c->low;
        of_class[k]++, of_value[v]++, cell[v][k]++;
    }
    for (int v = 0; v < c->n; v++)
        for (int k = 0; k < world_columns[class_column].n; k++)
            if (labs(cell[v][k] * people - of_value[v] * of_class[k]) > people)
                return missed(err, "independent column", c->name, cell[v][k], of_value[v] * of_class[k] / people);
    return true;
}

static bool check_columns(const struct world *w, struct error *err) {
    for (int c = 0; c < N_COLUMNS; c++) {
        if (world_columns[c].deal == DEAL_OWN) continue;
        if (!check_even(w, c, err)) return false;
        if (world_columns[c].deal != DEAL_BALANCED) continue;
        if (!check_independent(w, c, P_KIN, err) || !check_independent(w, c, P_SEX, err) ||
            !check_independent(w, c, P_AGE, err))
            return false;
    }
    return check_independent(w, P_SEX, P_KIN, err) && check_independent(w, P_AGE, P_KIN, err) &&
           check_independent(w, P_AGE, P_SEX, err);
}

static bool count_value(const struct world *w, int column, size_t from, size_t to, int value, long expected, long slack,
                        struct error *err) {
    long n = 0;
    for (size_t i = from; i < to; i++) n += w->value[column][i] == value;
    return labs(n - expected) <= slack || missed(err, "column", world_columns[column].name, n, expected);
}

/* Halves of kin and of sex among the core and among the others, 30/40/30 of ages; a tenth of the goods poisonous. */
static bool check_own(const struct world *w, struct error *err) {
    const size_t people = world_kinds[PERSON].n, bound[] = {0, CORE, people};
    static const size_t tenths[3] = {3, 4, 3};
    for (size_t g = 0; g < 2; g++)
        for (int v = 0; v < 2; v++) {
            long half = (long)(bound[g + 1] - bound[g]) / 2;
            if (!count_value(w, P_KIN, bound[g], bound[g + 1], v, half, 0, err) ||
                !count_value(w, P_SEX, bound[g], bound[g + 1], v, half, 0, err))
                return false;
        }
    for (int v = 0; v < 3; v++)
        if (!count_value(w, P_AGE, 0, people, v, (long)(people * tenths[v] + 5) / 10, 1, err)) return false;
    return count_value(w, G_POISON, 0, world_kinds[GOOD].n, 1, 10, 0, err);
}

/* Two towns in each column and row of the map, each law in eight different towns, twelve laws a town. */
static bool check_places(const struct world *w, struct error *err) {
    for (int v = 0; v < world_columns[T_EAST].n; v++) {
        long east = 0, north = 0;
        for (size_t t = 0; t < world_kinds[TOWN].n; t++)
            east += w->value[T_EAST][t] == v, north += w->value[T_NORTH][t] == v;
        if (east != 2 || north != 2) return missed(err, "the map", "towns of a line", east == 2 ? north : east, 2);
    }
    long laws[64] = {0};
    for (size_t l = 0; l < world_kinds[LAW].n; l++)
        for (size_t i = 0; i < LAW_TOWNS; i++) {
            laws[w->law_town[l][i]]++;
            if (i && w->law_town[l][i] <= w->law_town[l][i - 1])
                return missed(err, "a law", w->name[LAW][l].at, (long)i, LAW_TOWNS);
        }
    for (size_t t = 0; t < world_kinds[TOWN].n; t++)
        if (laws[t] != 12) return missed(err, "laws of town", w->name[TOWN][t].at, laws[t], 12);
    return true;
}

/* Twelve, two, three and three twentieths, up to `slack`. */
static bool check_split(const uint8_t *split, size_t n, long slack, const char *what, struct error *err) {
    static const long share[N_SPLITS] = {12, 2, 3, 3};
    long count[N_SPLITS] = {0};
    for (size_t i = 0; i < n; i++) count[split[i]]++;
    for (int s = 0; s < N_SPLITS; s++)
        if (labs(count[s] * TWENTIETHS - share[s] * (long)n) > slack * TWENTIETHS)
            return error_set(err, ERROR_GATE, "base rate of splits: %ld of %zu of '%s' are %s, expected %ld twentieths",
                             count[s], n, what, world_split_names[s], share[s]);
    return true;
}

static bool check_splits(const struct world *w, struct error *err) {
    static const long of_templates[N_SPLITS] = {10, 2, 2, 2};
    long count[N_SPLITS] = {0};
    for (int k = 0; k < N_KINDS; k++)
        if (!check_split(w->split[k], world_kinds[k].n, 2, world_kinds[k].name, err)) return false;
    for (size_t i = 0; i < WORDINGS; i++) count[w->template_split[i]]++;
    for (int s = 0; s < N_SPLITS; s++)
        if (count[s] != of_templates[s])
            return missed(err, "wordings", world_split_names[s], count[s], of_templates[s]);
    return check_split(w->topic_split, TOPICS, 2, "topics", err);
}

/* Each stratum 1,920 facts, within a relation and split as even as can be; the core half at each of its exposures. */
static bool check_strata(const struct world *w, struct error *err) {
    long all[STRATA + 1] = {0}, core = 0;
    for (size_t r = 0; r < RELATIONS; r++)
        for (int s = 0; s < N_SPLITS; s++) {
            long cell[STRATA + 1] = {0}, n = 0;
            for (size_t i = 0; i < FACTS; i++)
                if (w->facts[i].relation == r && w->facts[i].split == s) cell[w->facts[i].stratum]++, n++;
            for (int k = 0; k < STRATA; k++) {
                all[k] += cell[k];
                if (cell[k] < n / STRATA || cell[k] > n / STRATA + 1)
                    return missed(err, "stratum in relation", world_columns[world_relations[r]].name, cell[k],
                                  n / STRATA);
            }
        }
    for (int k = 0; k < STRATA; k++)
        if (all[k] != FACTS / STRATA)
            return missed(err, "stratum", world_stratum_name((unsigned)k), all[k], FACTS / STRATA);
    for (size_t i = FACTS; i < ALL_FACTS; i++) core += w->facts[i].e == world_exposure[STRATA - 1];
    return core == CORE_FACTS / 2 || missed(err, "stratum", "core", core, CORE_FACTS / 2);
}

bool world_check_rates(const struct world *w, struct error *err) {
    return check_columns(w, err) && check_own(w, err) && check_places(w, err) && check_splits(w, err) &&
           check_strata(w, err);
}
