/* Public traces: see geo_public.h. */
#include "geometry/geo_public.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* ---- words: a name is a capital letter with the digits behind it */

static bool take_point(struct text *t, struct geo_names *names, struct geo_fact *f) {
    size_t n = 1;
    if (!t->len || !isupper((unsigned char)t->at[0]) || f->n == GEO_ARGUMENTS) return false;
    while (n < t->len && isdigit((unsigned char)t->at[n])) n++;
    struct text name = text_part(*t, 0, n);
    int at = geo_names_find(names, name);
    if (at < 0) {
        if (names->n == GEO_POINTS_MOST) return false;
        at = (int)names->n;
        names->name[names->n++] = name;
    }
    f->at[f->n++] = (uint8_t)at;
    *t = text_part(*t, n, t->len);
    return true;
}

static bool take(struct text *t, const char *word) {
    struct text w = text_of(word);
    if (!text_starts(*t, w)) return false;
    *t = text_part(*t, w.len, t->len);
    return true;
}

/* A pattern: P a point, everything else as it stands. The whole text must fit. */
static bool fits(struct text t, const char *pattern, struct geo_names *names, struct geo_fact *f) {
    size_t before = names->n;
    f->n = 0;
    for (; *pattern; pattern++) {
        if (*pattern == 'P' ? take_point(&t, names, f) : (t.len && t.at[0] == *pattern)) {
            if (*pattern != 'P') t = text_part(t, 1, t.len);
            continue;
        }
        names->n = before;
        return false;
    }
    if (!t.len) return true;
    names->n = before;
    return false;
}

static const struct {
    const char *pattern;
    enum geo_kind kind;
} forms[] = {
    {"PP = PP", GEO_CONG},
    {"PP ⟂ PP", GEO_PERP},
    {"PP∥PP", GEO_PARA},
    {"PP ∥ PP", GEO_PARA},
    {"PP:PP = PP:PP", GEO_EQRAT},
    {"∠(PP,PP) = ∠(PP,PP)", GEO_EQANG},
    {"P, P, P are collinear", GEO_COLL},
    {"P, P, P are not collinear", GEO_NCOLL},
    {"P, P, P, P are not collinear", GEO_NCOLL},
    {"▲PPP ≅ ▲PPP", GEO_SIM},
    {"PPP are sameclock to PPP", GEO_SAMEORI},
    {"PPP are not sameclock to PPP", GEO_OPPORI},
    {"P is to the same side of P->P as P is to P->P", GEO_SAMESIDE},
    {"P is the midpoint of PP", GEO_MID},
    {"P is the circumcenter of the circle PPP", GEO_CENTRE},
    {"PPPP are cyclic", GEO_CYC},
};

/* "3/1" behind "PP = ", "1pi/2" behind "∠(PP,PP) = ". */
static bool with_value(struct text t, struct geo_names *names, struct geo_fact *f) {
    size_t equals = text_find(t, TEXT(" = "), 0), pi;
    struct text value;
    char copy[40];
    if (equals == SIZE_MAX) return false;
    value = text_part(t, equals + 3, t.len);
    t = text_part(t, 0, equals);
    pi = text_find(value, TEXT("pi"), 0);
    f->kind = GEO_ANG;
    if (fits(t, "∠(PP,PP)", names, f)) {
        struct text behind = pi == SIZE_MAX ? value : text_part(value, pi + 2, value.len);
        if (pi == SIZE_MAX || pi + behind.len >= sizeof copy) return false;
        memcpy(copy, value.at, pi);
        memcpy(copy + pi, behind.at, behind.len);
        return geo_fraction_read((struct text){copy, pi + behind.len}, &f->value);
    }
    f->kind = fits(t, "PP", names, f) ? GEO_LEN : GEO_RAT;
    return (f->kind == GEO_LEN || fits(t, "PP:PP", names, f)) && geo_fraction_read(value, &f->value);
}

/* "Pythagorean Theorem's premises on A, B, C are satisfied": the right angle is at the first. */
static bool pythagoras(struct text t, struct geo_names *names, struct geo_fact *f) {
    if (!take(&t, "Pythagorean Theorem's premises on ") || !fits(t, "P, P, P are satisfied", names, f)) return false;
    const uint8_t a = f->at[0], b = f->at[1], c = f->at[2], six[6] = {a, b, a, c, b, c};
    f->kind = GEO_SQSUM;
    f->n = 6;
    memcpy(f->at, six, sizeof six);
    return true;
}

bool geo_public_fact(struct text t, struct geo_names *names, struct geo_fact *out) {
    t = text_trim(t);
    *out = (struct geo_fact){.value = {0, 1}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        out->kind = forms[i].kind;
        if (fits(t, forms[i].pattern, names, out)) return true;
    }
    return pythagoras(t, names, out) || with_value(t, names, out);
}

/* ---- steps */

static const char *rule_of(struct text name, struct text *number) {
    struct text rest = name;
    *number = name;
    if (text_equal_c(name, "Angle Chasing")) return "angles";
    if (text_equal_c(name, "Ratio Chasing")) return "ratios";
    if (!name.len) return "ratios"; /* a centre, from equal lengths: it is the same fact in other words */
    if (text_equal_c(name, "Pythagoras Verification")) return "numbers";
    if (!text_next(&rest, ' ', number)) return NULL;
    return geo_rule_of_public(*number);
}

static bool read_premises(struct text t, struct geo_names *names, struct geo_public_step *out) {
    while (t.len) {
        size_t comma = text_find(t, TEXT(" , "), 0);
        struct text one = text_trim(text_part(t, 0, comma == SIZE_MAX ? t.len : comma));
        t = comma == SIZE_MAX ? (struct text){0} : text_part(t, comma + 3, t.len);
        if (out->n_premises == GEO_PUBLIC_PREMISES || !geo_public_fact(one, names, &out->premise[out->n_premises]))
            return false;
        out->n_premises++;
    }
    return out->n_premises > 0;
}

/* "premises  (rule)=> conclusion"; brackets inside the rule's name are part of it. */
static void read_step(struct text t, struct geo_names *names, struct geo_public_step *out) {
    size_t arrow = text_find(t, TEXT(")=>"), 0), open = arrow, depth = 1;
    out->text = text_trim(t);
    out->unread = "rule";
    if (arrow == SIZE_MAX) return;
    while (open > 0 && depth) {
        open--;
        depth += t.at[open] == ')';
        depth -= t.at[open] == '(';
    }
    if (depth) return;
    out->ours = rule_of(text_trim(text_part(t, open + 1, arrow)), &out->rule);
    if (!out->ours) return;
    out->unread = "premise";
    if (!read_premises(text_trim(text_part(t, 0, open)), names, out)) return;
    out->unread = "conclusion";
    if (geo_public_fact(text_part(t, arrow + 3, t.len), names, &out->gives)) out->unread = NULL;
}

/* Is a line "012. ..." with this number? */
static bool is_numbered(struct text line, size_t number, struct text *rest) {
    char start[32];
    int n = snprintf(start, sizeof start, "%03zu. ", number);
    if (!text_starts(line, (struct text){start, (size_t)n})) return false;
    *rest = text_part(line, (size_t)n, line.len);
    return true;
}

bool geo_public_read(struct text t, struct arena *arena, struct geo_public *out, struct error *err) {
    size_t begin = text_find(t, TEXT("reasoning steps:"), 0), end;
    struct text line, one;
    memset(out, 0, sizeof *out);
    if (begin == SIZE_MAX) return error_set(err, ERROR_DATA, "no 'reasoning steps:' in the text");
    t = text_part(t, begin + 16, t.len);
    end = text_find(t, TEXT("\n\n"), 0);
    if (end != SIZE_MAX) t.len = end;
    out->step = arena_new(arena, struct geo_public_step, GEO_PUBLIC_STEPS, err);
    if (!out->step) return false;
    while (text_next(&t, '\n', &line)) {
        if (!text_trim(line).len) continue;
        one = line;
        if (out->n && !is_numbered(line, out->n, &one))
            return error_set(err, ERROR_DATA, "expected step %03zu, found '%.*s'", out->n,
                             (int)(line.len < 40 ? line.len : 40), line.at);
        if (out->n == GEO_PUBLIC_STEPS) return error_set(err, ERROR_DATA, "more than %d steps", GEO_PUBLIC_STEPS);
        read_step(one, &out->names, &out->step[out->n++]);
    }
    return out->n > 0 || error_set(err, ERROR_DATA, "no step behind 'reasoning steps:'");
}

bool geo_public_label(struct text question, struct text answer, uint64_t *step) {
    char option[40];
    answer = text_trim(answer);
    int n = snprintf(option, sizeof option, "\n%.*s Step", (int)(answer.len < 8 ? answer.len : 8), answer.at);
    size_t at = text_find(question, (struct text){option, (size_t)n}, 0);
    if (at == SIZE_MAX) return false;
    struct text rest = text_part(question, at + (size_t)n, question.len), line;
    return text_next(&rest, '\n', &line) && text_to_u64(text_trim(line), step);
}
