/* See figure.h. */
#include "record/figure.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

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

static bool is_word(char c) {
    return isalnum((unsigned char)c) || c == '_';
}

size_t figure_options_end(struct text source, size_t at) {
    size_t end = at;
    while (at < source.len && source.at[at] == ',') {
        at++;
        while (at < source.len && is_word(source.at[at])) at++;
        if (at == source.len || source.at[at] != '=') return end;
        at++;
        while (at < source.len && (is_word(source.at[at]) || memchr(".-/", source.at[at], 3))) at++;
        end = at;
    }
    return end;
}

const char *figure_place(struct text source, size_t *at, struct text *place) {
    size_t from = *at, open = 1;
    while (*at < source.len && open) {
        char c = source.at[(*at)++];
        open += c == '(';
        open -= c == ')';
    }
    if (open) return "')' behind the place of a figure";
    *place = text_trim(text_part(source, from, *at - 1));
    if (place->len) return NULL;
    (*at)--;
    return "a task, or TASK/GROUP";
}
