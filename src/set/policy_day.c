/* Days of the Gregorian calendar as numbers: see policy.h. The conversions are Hinnant's ("chrono-compatible low-level
 * date algorithms"), which shift the year so that the leap day is its last. */
#include "set/policy.h"

#include <stdio.h>

static int day_of(int year, int month, int day) {
    int y = year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
    int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void parts_of(int number, int *year, int *month, int *day) {
    int z = number + 719468, era = (z >= 0 ? z : z - 146096) / 146097, of_era = z - era * 146097;
    int years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = of_era - (365 * years + years / 4 - years / 100), shifted = (5 * of_year + 2) / 153;
    *day = of_year - (153 * shifted + 2) / 5 + 1;
    *month = shifted < 10 ? shifted + 3 : shifted - 9;
    *year = years + era * 400 + (*month <= 2);
}

static bool digits(struct text t, size_t from, size_t n, int *out) {
    *out = 0;
    for (size_t i = from; i < from + n; i++) {
        if (t.at[i] < '0' || t.at[i] > '9') return false;
        *out = *out * 10 + (t.at[i] - '0');
    }
    return true;
}

bool policy_day_parse(struct text t, int *day) {
    int y, m, d, y2, m2, d2;
    if (t.len != 10 || t.at[4] != '-' || t.at[7] != '-' || !digits(t, 0, 4, &y) || !digits(t, 5, 2, &m) ||
        !digits(t, 8, 2, &d) || y < 1 || m < 1 || m > 12 || d < 1 || d > 31)
        return false;
    int number = day_of(y, m, d);
    parts_of(number, &y2, &m2, &d2);
    if (y2 != y || m2 != m || d2 != d) return false; /* 30 February */
    *day = number;
    return true;
}

bool policy_day_put(int day, char out[11]) {
    int y, m, d;
    parts_of(day, &y, &m, &d);
    if (y < 1 || y > 9999) return out[0] = 0, false;
    out[0] = (char)('0' + y / 1000), out[1] = (char)('0' + y / 100 % 10);
    out[2] = (char)('0' + y / 10 % 10), out[3] = (char)('0' + y % 10);
    out[4] = out[7] = '-';
    out[5] = (char)('0' + m / 10), out[6] = (char)('0' + m % 10);
    out[8] = (char)('0' + d / 10), out[9] = (char)('0' + d % 10);
    out[10] = 0;
    return true;
}
