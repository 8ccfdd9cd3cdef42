/* The level of a response: parts are cut out once, then the levels are tried in their order. See levels.h. */
#include "measure/score/levels_internal.h"

#include "measure/rules/match.h"
#include "measure/rules/refusal.h"
#include "measure/score/scorer_internal.h"
#include "verify/maths.h"
#include "verify/roles.h"

#include <ctype.h>
#include <string.h>

enum { MATCH_STEPS = 1000000 };

struct judging {
    const struct level_rules *rules;
    const struct level_case *which;
    struct arena *arena;
    struct text part[LEVEL_PARTS_MOST];
    bool found[LEVEL_PARTS_MOST];
};

/* ---- parts ---- */

static size_t find_last(struct text t, struct text part) {
    size_t last = SIZE_MAX;
    for (size_t at = text_find(t, part, 0); at != SIZE_MAX; at = text_find(t, part, at + 1)) last = at;
    return last;
}

static bool cut_inside(const struct level_part *p, struct text t, struct text *out) {
    size_t open = find_last(t, p->open);
    size_t close = open == SIZE_MAX ? SIZE_MAX : text_find(t, p->close, open + p->open.len);
    if (close == SIZE_MAX) return false;
    *out = text_trim(text_part(t, open + p->open.len, close));
    return true;
}

static bool cut_after(const struct level_part *p, struct text t, struct text *out) {
    size_t at = find_last(t, p->open);
    if (at == SIZE_MAX) return false;
    *out = text_trim(text_part(t, at + p->open.len, t.len));
    return true;
}

static bool match_error(int code, struct error *err) {
    unsigned char why[128] = "";
    pcre2_get_error_message(code, why, sizeof why);
    return error_set(err, ERROR_DATA, "regular expression of the rules: %s", (const char *)why);
}

/* The match (its first group, where it has one); *found false: none. Text that is no UTF-8 does not match. */
static bool match(const pcre2_code *code, struct text t, struct text *out, bool *found, struct error *err) {
    pcre2_match_context *limits = pcre2_match_context_create(NULL);
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(code, NULL);
    bool ok = limits && data;
    *found = false;
    if (ok && text_utf8_invalid(t) == SIZE_MAX) {
        pcre2_set_match_limit(limits, MATCH_STEPS);
        int n = pcre2_match(code, (PCRE2_SPTR)(t.at ? t.at : ""), t.len, 0, PCRE2_NO_UTF_CHECK, data, limits);
        if (n < 0 && n != PCRE2_ERROR_NOMATCH) ok = match_error(n, err);
        *found = n > 0;
        const PCRE2_SIZE *at = pcre2_get_ovector_pointer(data);
        size_t group = n > 1 && at[2] != PCRE2_UNSET ? 1 : 0;
        if (n > 0) *out = text_part(t, at[2 * group], at[2 * group + 1]);
    } else if (!ok) {
        error_memory(err, "match");
    }
    pcre2_match_data_free(data);
    pcre2_match_context_free(limits);
    return ok;
}

static bool cut_parts(struct judging *j, struct error *err) {
    for (size_t i = 1; i < j->rules->n_parts; i++) {
        const struct level_part *p = &j->rules->parts[i];
        struct text t = j->part[p->of];
        if (!j->found[p->of]) continue;
        if (p->kind == PART_INSIDE)
            j->found[i] = cut_inside(p, t, &j->part[i]);
        else if (p->kind == PART_AFTER)
            j->found[i] = cut_after(p, t, &j->part[i]);
        else if (p->kind == PART_BOXED)
            j->found[i] = maths_boxed(t, &j->part[i]);
        else if (!match(p->code, t, &j->part[i], &j->found[i], err))
            return false;
    }
    return true;
}

/* ---- checks of a text ---- */

static bool has_tags(const struct level_check *c, struct text t) {
    size_t before = 0;
    for (size_t i = 0; i < c->n_texts; i++) {
        size_t at = text_find(t, c->texts[i], 0);
        if (at == SIZE_MAX || at < before || text_find(t, c->texts[i], at + 1) != SIZE_MAX) return false;
        before = at + c->texts[i].len;
    }
    return true;
}

static bool contains_all(const struct level_check *c, struct text t) {
    for (size_t i = 0; i < c->n_texts; i++)
        if (text_find(t, c->texts[i], 0) == SIZE_MAX) return false;
    return true;
}

static size_t count_words(struct text t) {
    size_t n = 0;
    for (size_t i = 0; i < t.len; i++)
        n += !isspace((unsigned char)t.at[i]) && (i == 0 || isspace((unsigned char)t.at[i - 1]));
    return n;
}

static bool is_json(const struct level_check *c, struct text t, bool *holds, struct error *err) {
    struct error ignored;
    enum grammar_verdict verdict;
    json_t *value = json_read(t, "response", 1, &ignored);
    *holds = value != NULL;
    json_decref(value);
    if (!*holds || !c->schema) return true;
    if (!grammar_match(c->schema, text_trim(t), &verdict, NULL, err)) return error_wrap(err, "schema of the rules");
    *holds = verdict == GRAMMAR_ACCEPTED;
    return true;
}

static bool refuses(struct text t, struct arena *arena, bool *holds, struct error *err) {
    struct refusal_verdict verdict;
    if (!refusal_detect(t, arena, &verdict, err)) return false;
    *holds = verdict.state == REFUSAL_FULL || verdict.state == REFUSAL_PARTIAL;
    return true;
}

/* ---- checks against references ---- */

/* A reference of mathematics may be a whole solution: then its box counts. */
static struct text maths_reference(struct text reference) {
    struct text inside;
    return maths_boxed(reference, &inside) ? inside : reference;
}

static bool meets(const struct level_check *c, struct text t, struct text reference, struct arena *arena, bool *holds,
                  struct error *err) {
    struct roles roles;
    *holds = false;
    if (c->kind == CHECK_ROLES) {
        enum roles_verdict v = roles_of_solution(reference, &roles) ? roles_compare(t, &roles) : ROLES_NOT_GIVEN;
        *holds = v == ROLES_RIGHT || (v == ROLES_WRONG && c->mode == 1);
        return true;
    }
    if (c->kind == CHECK_EQUALS && c->mode == 0) return *holds = text_equal(text_trim(t), text_trim(reference)), true;
    if (c->kind == CHECK_EQUALS) {
        struct text a, b;
        if (!match_normal_form(t, arena, &a, err) || !match_normal_form(reference, arena, &b, err)) return false;
        return *holds = text_equal(a, b), true;
    }
    reference = maths_reference(reference);
    if (c->mode == 1) return maths_equal_strict(t, reference, arena, holds, err);
    return c->mode == 2 ? maths_equal_lenient(t, reference, arena, holds, err)
                        : maths_equal(t, reference, arena, holds, err);
}

static bool meets_any(const struct judging *j, const struct level_check *c, struct text t, bool *holds,
                      struct error *err) {
    *holds = false;
    for (size_t i = 0; !*holds && i < j->which->n_references; i++)
        if (text_trim(j->which->references[i]).len && !meets(c, t, j->which->references[i], j->arena, holds, err))
            return false;
    return true;
}

static bool has_references(const struct judging *j) {
    for (size_t i = 0; i < j->which->n_references; i++)
        if (text_trim(j->which->references[i]).len) return true;
    return false;
}

/* ---- one check ---- */

static bool check(const struct judging *j, const struct level_check *c, bool *holds, struct error *err);

static bool check_several(const struct judging *j, const struct level_check *c, bool *holds, struct error *err) {
    bool all = c->kind != CHECK_ANY;
    *holds = all;
    for (size_t i = 0; *holds == all && i < c->n_of; i++)
        if (!check(j, c->of[i], holds, err)) return false;
    if (c->kind == CHECK_NOT) *holds = !*holds;
    return true;
}

static bool check(const struct judging *j, const struct level_check *c, bool *holds, struct error *err) {
    struct text t = j->part[c->part], ignored;
    if (c->kind >= CHECK_ALL) return check_several(j, c, holds, err);
    if (c->kind == CHECK_FOUND) return *holds = j->found[c->part] == c->yes, true;
    if (c->kind == CHECK_REFERENCES) return *holds = has_references(j) == c->yes, true;
    *holds = false;
    if (!j->found[c->part]) return true;
    switch (c->kind) {
    case CHECK_EMPTY:
        return *holds = (text_trim(t).len == 0) == c->yes, true;
    case CHECK_CONTAINS:
        return *holds = contains_all(c, t), true;
    case CHECK_TAGS:
        return *holds = has_tags(c, t), true;
    case CHECK_REGEX:
        return match(c->code, t, &ignored, holds, err);
    case CHECK_WORDS: {
        size_t n = count_words(t);
        return *holds = n >= c->least && n <= c->most, true;
    }
    case CHECK_JSON:
        return is_json(c, t, holds, err);
    case CHECK_REFUSAL:
        if (!refuses(t, j->arena, holds, err)) return false;
        return *holds = *holds == c->yes, true;
    default:
        return meets_any(j, c, t, holds, err);
    }
}

bool level_of(const struct level_rules *rules, const struct level_case *which, struct arena *arena,
              struct level_verdict *out, struct error *err) {
    struct judging *j = arena_new(arena, struct judging, 1, err);
    char *whole = j ? arena_alloc(arena, rules->before.len + which->response.len + 1, 1, err) : NULL;
    if (!whole) return false;
    if (rules->before.len) memcpy(whole, rules->before.at, rules->before.len);
    if (which->response.len) memcpy(whole + rules->before.len, which->response.at, which->response.len);
    *j = (struct judging){.rules = rules, .which = which, .arena = arena};
    j->part[LEVEL_WHOLE] = (struct text){whole, rules->before.len + which->response.len};
    j->found[LEVEL_WHOLE] = true;
    if (!cut_parts(j, err)) return false;
    for (size_t i = 0; i < rules->n_levels; i++) {
        bool holds = true;
        if (rules->levels[i].when && !check(j, rules->levels[i].when, &holds, err)) return false;
        if (!holds) continue;
        *out = (struct level_verdict){rules->levels[i].level, rules->levels[i].score, i};
        return true;
    }
    return error_set(err, ERROR_DATA, "rules '%s': no level holds", rules->name);
}
