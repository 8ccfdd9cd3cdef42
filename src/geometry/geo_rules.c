/* Reading rules: see geo_rule.h. */
#include "geometry/geo_match.h"

extern const char geo_rules_text[], geo_rules_more_text[]; /* rules/geometry.txt, rules/geometry-more.txt */

static bool read_facts(struct text list, struct geo_rule *rule, struct geo_fact *out, size_t *n, bool guards,
                       struct error *err) {
    struct text one;
    while (text_next(&list, ';', &one)) {
        if (!text_trim(one).len) continue;
        if (*n == GEO_RULE_FACTS) return error_set(err, ERROR_DATA, "more than %d facts", GEO_RULE_FACTS);
        if (!geo_fact_read(one, &rule->points, !guards, &out[*n], err)) return false;
        if (geo_kind_is_guard(out[*n].kind) != guards)
            return error_set(err, ERROR_DATA, "'%s' is %s guard", geo_kind_name(out[*n].kind), guards ? "no" : "a");
        ++*n;
    }
    return true;
}

bool geo_rule_read(struct text line, struct geo_rule *rule, struct error *err) {
    struct text part[5], rest = line;
    size_t n = 0;
    *rule = (struct geo_rule){0};
    while (n < 5 && text_next(&rest, '|', &part[n])) n++;
    if (n != 5 || text_find(part[4], TEXT("|"), 0) != SIZE_MAX || rest.len)
        return error_set(err, ERROR_DATA, "expected ID|name|premises|guards|conclusions");
    rule->id = text_trim(part[0]);
    rule->name = text_trim(part[1]);
    if (!rule->id.len) return error_set(err, ERROR_DATA, "a rule without an id");
    if (!read_facts(part[2], rule, rule->premise, &rule->n_premises, false, err) ||
        !read_facts(part[4], rule, rule->gives, &rule->n_gives, false, err) ||
        !read_facts(part[3], rule, rule->guard, &rule->n_guards, true, err))
        return error_wrap(err, "rule %.*s", TEXT_ARG(rule->id));
    if (!rule->n_premises || !rule->n_gives)
        return error_set(err, ERROR_DATA, "rule %.*s: no %s", TEXT_ARG(rule->id),
                         rule->n_premises ? "conclusion" : "premise");
    if (rule->points.n > GEO_RULE_POINTS)
        return error_set(err, ERROR_DATA, "rule %.*s: more than %d points", TEXT_ARG(rule->id), GEO_RULE_POINTS);
    return true;
}

static bool append(struct text t, const char *file, struct geo_rules *out, struct error *err) {
    struct text line;
    size_t number = 0;
    while (text_next(&t, '\n', &line)) {
        number++;
        line = text_trim(line);
        if (!line.len || line.at[0] == '#') continue;
        if (out->n == GEO_RULES_MOST)
            return error_set(err, ERROR_DATA, "%s:%zu: more than %d rules", file, number, GEO_RULES_MOST);
        struct geo_rule *rule = &out->at[out->n];
        if (!geo_rule_read(line, rule, err)) return error_wrap(err, "%s:%zu", file, number);
        if (geo_rules_find(out, rule->id))
            return error_set(err, ERROR_DATA, "%s:%zu: rule %.*s stands twice", file, number, TEXT_ARG(rule->id));
        rule->line = number;
        out->n++;
    }
    return out->n > 0 || error_set(err, ERROR_DATA, "%s: no rules", file);
}

bool geo_rules_read(struct text t, const char *file, struct arena *arena, struct geo_rules *out, struct error *err) {
    *out = (struct geo_rules){arena_new(arena, struct geo_rule, GEO_RULES_MOST, err), 0};
    return out->at && append(t, file, out, err) && geo_rules_note_linear(out, err);
}

bool geo_rules_builtin(bool more, struct arena *arena, struct geo_rules *out, struct error *err) {
    return geo_rules_read(text_of(geo_rules_text), "rules/geometry.txt", arena, out, err) &&
           (!more || (append(text_of(geo_rules_more_text), "rules/geometry-more.txt", out, err) &&
                      geo_rules_note_linear(out, err)));
}

const struct geo_rule *geo_rules_find(const struct geo_rules *rules, struct text id) {
    for (size_t i = 0; i < rules->n; i++)
        if (text_equal(rules->at[i].id, id)) return &rules->at[i];
    return NULL;
}

struct geo_fact geo_rule_fact(const struct geo_fact *of_rule, const uint8_t *points) {
    struct geo_fact f = *of_rule;
    for (size_t i = 0; i < f.n; i++) f.at[i] = points[f.at[i]];
    return f;
}

const char *geo_rule_of_public(struct text number) {
    static const struct {
        const char *theirs, *ours;
    } map[] = {
        {"r01", "G11"}, {"r03", "G12"}, {"r04", "G13"}, {"r05", "G14"}, {"r06", "G16"}, {"r07", "G18"},
        {"r11", "G22"}, {"r12", "G21"}, {"r13", "G23"}, {"r14", "G24"}, {"r15", "G25"}, {"r16", "G26"},
        {"r17", "G27"}, {"r18", "G28"}, {"r19", "G29"}, {"r20", "G30"}, {"r21", "G31"}, {"r22", "G32"},
        {"r23", "G33"}, {"r24", "G34"}, {"r25", "G35"}, {"r26", "G36"}, {"r27", "G19"}, {"r28", "G05"},
        {"r29", "G38"}, {"r34", "G44"}, {"r35", "G45"}, {"r42", "G20"}, {"r49", "G41"}, {"r51", "G39"},
        {"r52", "G50"}, {"r53", "G51"}, {"r54", "G40"}, {"r55", "G39"}, {"r56", "G39"}, {"r57", "G42 G43"},
        {"r58", "G15"}, {"r59", "G15"}, {"r60", "G46"}, {"r61", "G47"}, {"r62", "G48"}, {"r63", "G49"},
    };
    for (size_t i = 0; i < sizeof map / sizeof *map; i++)
        if (text_equal_c(number, map[i].theirs)) return map[i].ours;
    return NULL;
}
