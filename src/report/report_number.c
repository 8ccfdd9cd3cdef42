/* Numbers for people: see report_number.h. */
#include "report/report_number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NS 1000000000ull

bool figure_is_share(const struct figure *figure) {
    return strcmp(figure->unit, "share") == 0;
}

/* Rounded to tenths by integers, so no locale decides the decimal point. */
static void put_tenths(double value, char out[REPORT_NUMBER]) {
    long long tenths = llround(fmin(fmax(value, -1e15), 1e15) * 10);
    snprintf(out, REPORT_NUMBER, "%s%lld.%lld", tenths < 0 ? "-" : "", llabs(tenths) / 10, llabs(tenths) % 10);
}

void number_plain(double value, char out[REPORT_NUMBER]) {
    if (isnan(value)) {
        snprintf(out, REPORT_NUMBER, "-");
        return;
    }
    if (value == 0) value = 0; /* no "-0" */
    snprintf(out, REPORT_NUMBER, "%.4g", value);
    for (char *c = out; *c; c++)
        if (*c == ',') *c = '.';
}

void number_share(double share, char out[REPORT_NUMBER]) {
    if (!isfinite(share)) {
        snprintf(out, REPORT_NUMBER, "-");
        return;
    }
    put_tenths(share * 100, out);
    strncat(out, " %", REPORT_NUMBER - strlen(out) - 1);
}

static bool unit_is_shown(const struct figure *figure) {
    return figure->unit[0] && strcmp(figure->unit, "none") != 0;
}

void number_of_figure(const struct figure *figure, char out[REPORT_NUMBER]) {
    if (figure_is_share(figure)) {
        number_share(figure->value, out);
        return;
    }
    number_plain(figure->value, out);
    if (isnan(figure->value) || !unit_is_shown(figure)) return;
    size_t n = strlen(out);
    snprintf(out + n, REPORT_NUMBER - n, " %.20s", figure->unit);
}

void number_interval(const struct figure *figure, char out[REPORT_NUMBER]) {
    char lo[REPORT_NUMBER], hi[REPORT_NUMBER];
    bool of_test = strcmp(figure->unit, "p") == 0; /* a p value estimates nothing; both ends are the value itself */
    if (isnan(figure->lo) || isnan(figure->hi) || of_test) {
        snprintf(out, REPORT_NUMBER, "-");
    } else if (figure_is_share(figure)) {
        put_tenths(figure->lo * 100, lo);
        number_share(figure->hi, hi);
        snprintf(out, REPORT_NUMBER, "%.24s to %.24s", lo, hi);
    } else {
        number_plain(figure->lo, lo);
        number_plain(figure->hi, hi);
        snprintf(out, REPORT_NUMBER, "%.24s to %.24s", lo, hi);
    }
}

void number_method(const struct figure *figure, char out[REPORT_NUMBER]) {
    struct text method = text_of(figure->method), rest = method, part, first = TEXT("");
    text_next(&rest, ',', &first);
    snprintf(out, REPORT_NUMBER, "%.*s", (int)(first.len < 24 ? first.len : 24), first.at);
    while (text_next(&rest, ',', &part)) {
        size_t n = strlen(out);
        if (text_equal_c(part, "detector unmeasured")) snprintf(out + n, REPORT_NUMBER - n, ", detector unmeasured");
        if (!text_starts(part, TEXT("clusters=")) || part.len > 30) continue;
        snprintf(out + n, REPORT_NUMBER - n, ", %.*s clusters", (int)part.len - 9, part.at + 9);
    }
}

void number_p_value(double p, char out[REPORT_NUMBER]) {
    if (isnan(p)) {
        snprintf(out, REPORT_NUMBER, "-");
    } else if (p < 0.001) {
        snprintf(out, REPORT_NUMBER, "< 0.001");
    } else {
        long long thousandths = llround(fmin(p, 1) * 1000);
        snprintf(out, REPORT_NUMBER, "%lld.%03lld", thousandths / 1000, thousandths % 1000);
    }
}

void number_time(uint64_t ns, bool decimals, char out[REPORT_NUMBER]) {
    time_t seconds = (time_t)(ns / NS);
    struct tm t;
    if (ns == 0 || !gmtime_r(&seconds, &t)) {
        snprintf(out, REPORT_NUMBER, "-");
        return;
    }
    char fraction[16] = "";
    if (decimals) snprintf(fraction, sizeof fraction, ".%09u", (unsigned)(ns % NS));
    snprintf(out, REPORT_NUMBER, "%04d-%02d-%02dT%02d:%02d:%02d%sZ", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday,
             t.tm_hour, t.tm_min, t.tm_sec, fraction);
}

void number_duration(uint64_t ns, char out[REPORT_NUMBER]) {
    unsigned long long s = ns / NS;
    if (s >= 3600)
        snprintf(out, REPORT_NUMBER, "%llu h %02llu min", s / 3600, s / 60 % 60);
    else if (s >= 60)
        snprintf(out, REPORT_NUMBER, "%llu min %02llu s", s / 60, s % 60);
    else
        snprintf(out, REPORT_NUMBER, "%llu.%llu s", s, (unsigned long long)(ns % NS / (NS / 10)));
}

const char *number_arrow(const struct figure *figure) {
    if (strcmp(figure->direction, "up") == 0) return "\xE2\x86\x91";
    return strcmp(figure->direction, "down") == 0 ? "\xE2\x86\x93" : "";
}

const char *number_direction(const struct figure *figure) {
    if (strcmp(figure->direction, "up") == 0) return "higher is better";
    return strcmp(figure->direction, "down") == 0 ? "lower is better" : "";
}
