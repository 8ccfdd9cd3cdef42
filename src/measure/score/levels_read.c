/* Reads the rules of levels from YAML. See levels.h for what may stand in such a file. */
#include "measure/score/levels_internal.h"

#include "base/file.h"
#include "measure/rules/builtin.h"

#include <math.h>
#include <string.h>

enum { FILE_MOST = 1 << 20, CHECK_DEPTH_MOST = 16 };

const char *const level_modes[3][4] = {{"exact", "relaxed"}, {"right", "given"}, {"equal", "strict", "lenient"}};

/* ---- what must be freed with the rules ---- */

static bool own(struct level_rules *r, pcre2_code *code, struct grammar *grammar, struct error *err) {
    struct level_owned *o = arena_new(&r->arena, struct level_owned, 1, err);
    if (o) {
        *o = (struct level_owned){code, grammar, r->owned};
        r->owned = o;
        return true;
    }
    pcre2_code_free(code);
    grammar_free(grammar);
    return false;
}

static pcre2_code *compile(struct level_rules *r, const struct yaml *node, struct error *err) {
    int code;
    PCRE2_SIZE at;
    unsigned char why[128] = "";
    if (node->kind != YAML_SCALAR || !node->scalar.len)
        return yaml_error(node, err, "expected a regular expression"), NULL;
    pcre2_code *made = pcre2_compile((PCRE2_SPTR)node->scalar.at, node->scalar.len, PCRE2_UTF, &code, &at, NULL);
    if (!made) {
        pcre2_get_error_message(code, why, sizeof why);
        return yaml_error(node, err, "regular expression: %s (at byte %zu)", (const char *)why, (size_t)at), NULL;
    }
    return own(r, made, NULL, err) ? made : NULL;
}

/* ---- texts ---- */

static bool read_text(struct level_rules *r, const struct yaml *node, struct text *out, struct error *err) {
    if (node->kind != YAML_SCALAR) return yaml_error(node, err, "expected a text");
    char *kept = text_copy(&r->arena, node->scalar, err);
    *out = (struct text){kept, node->scalar.len};
    return kept != NULL;
}

/* One text or a list of them, none of them empty. */
static bool read_texts(struct level_rules *r, const struct yaml *node, const struct text **out, size_t *n,
                       struct error *err) {
    *n = node->kind == YAML_SEQUENCE ? node->n : 1;
    struct text *texts = arena_new(&r->arena, struct text, *n + 1, err);
    if (!texts) return false;
    if (*n == 0) return yaml_error(node, err, "expected at least one text");
    for (size_t i = 0; i < *n; i++) {
        const struct yaml *one = node->kind == YAML_SEQUENCE ? node->child[i] : node;
        if (!read_text(r, one, &texts[i], err)) return false;
        if (!texts[i].len) return yaml_error(one, err, "expected a text that is not empty");
    }
    *out = texts;
    return true;
}

static bool read_yes(const struct yaml *node, bool *out, struct error *err) {
    *out = text_equal_c(node->scalar, "yes") || text_equal_c(node->scalar, "true");
    bool no = text_equal_c(node->scalar, "no") || text_equal_c(node->scalar, "false");
    return (node->kind == YAML_SCALAR && (*out || no)) || yaml_error(node, err, "expected yes or no");
}

/* ---- parts ---- */

static bool find_part(const struct level_rules *r, const struct yaml *node, size_t *out, struct error *err) {
    const char *names[LEVEL_PARTS_MOST];
    char room[LEVEL_PARTS_MOST][32];
    for (*out = 1; *out < r->n_parts; ++*out)
        if (node->kind == YAML_SCALAR && text_equal(r->parts[*out].name, node->scalar)) return true;
    for (size_t i = 1; i < r->n_parts; i++) {
        snprintf(room[i - 1], sizeof room[0], "%.*s", TEXT_ARG(r->parts[i].name));
        names[i - 1] = room[i - 1];
    }
    const char *near = text_nearest(node->scalar, names, r->n_parts - 1);
    return yaml_error(node, err, "no part '%.*s' before here%s%s%s", TEXT_ARG(node->scalar),
                      near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static bool read_part_kind(struct level_rules *r, const struct yaml *node, struct level_part *p, struct error *err) {
    const struct yaml *inside = yaml_get(node, "inside"), *after = yaml_get(node, "after");
    const struct yaml *command = yaml_get(node, "command"), *matched = yaml_get(node, "match");
    if (!!inside + !!after + !!command + !!matched != 1)
        return yaml_error(node, err, "expected one of inside, after, command, match");
    p->kind = inside ? PART_INSIDE : after ? PART_AFTER : command ? PART_BOXED : PART_MATCH;
    if (matched) return (p->code = compile(r, matched, err)) != NULL;
    if (command)
        return text_equal_c(command->scalar, "boxed") ||
               yaml_error(command, err, "expected boxed, the only command that is known");
    const struct text *texts;
    size_t n;
    if (!read_texts(r, inside ? inside : after, &texts, &n, err)) return false;
    if (n != (inside ? 2 : 1))
        return yaml_error(inside ? inside : after, err, inside ? "expected [OPEN, CLOSE]" : "expected one text");
    p->open = texts[0];
    if (inside) p->close = texts[1];
    return true;
}

static bool read_parts(struct level_rules *r, const struct yaml *node, struct error *err) {
    static const char *const keys[] = {"of", "inside", "after", "command", "match"};
    if (node->kind != YAML_MAPPING || node->n >= LEVEL_PARTS_MOST)
        return yaml_error(node, err, "expected a mapping of at most %d parts", LEVEL_PARTS_MOST - 1);
    for (size_t i = 0; i < node->n; i++) {
        struct level_part *p = &r->parts[r->n_parts];
        const struct yaml *of = yaml_get(node->child[i], "of");
        if (node->child[i]->kind != YAML_MAPPING) return yaml_error(node->child[i], err, "expected a mapping");
        if (!yaml_check_keys(node->child[i], keys, sizeof keys / sizeof *keys, err)) return false;
        if (!read_text(r, node->key[i], &p->name, err)) return false;
        if (of && !find_part(r, of, &p->of, err)) return false;
        if (!read_part_kind(r, node->child[i], p, err)) return false;
        r->n_parts++;
    }
    return true;
}

/* ---- checks ---- */

static const struct level_check *read_check(struct level_rules *r, const struct yaml *node, unsigned depth,
                                            struct error *err);

static bool read_list(struct level_rules *r, const struct yaml *node, struct level_check *c, unsigned depth,
                      struct error *err) {
    c->n_of = node->kind == YAML_SEQUENCE ? node->n : 1;
    c->of = arena_new(&r->arena, const struct level_check *, c->n_of + 1, err);
    if (!c->of) return false;
    for (size_t i = 0; i < c->n_of; i++)
        if (!(c->of[i] = read_check(r, node->kind == YAML_SEQUENCE ? node->child[i] : node, depth, err))) return false;
    return true;
}

static bool read_words(const struct yaml *node, struct level_check *c, struct error *err) {
    static const char *const keys[] = {"least", "most"};
    int64_t least = 0, most = INT32_MAX;
    if (node->kind != YAML_MAPPING) return yaml_error(node, err, "expected {least: N, most: N}");
    if (!yaml_check_keys(node, keys, 2, err) || !yaml_opt_i64(node, "least", &least, err) ||
        !yaml_opt_i64(node, "most", &most, err))
        return false;
    if (least < 0 || most < least) return yaml_error(node, err, "expected 0 <= least <= most");
    c->least = (size_t)least;
    c->most = (size_t)most;
    return true;
}

static bool read_json_check(struct level_rules *r, const struct yaml *node, struct level_check *c, struct error *err) {
    bool yes;
    if (node->kind == YAML_SCALAR) {
        if (!read_yes(node, &yes, err)) return false;
        return yes || yaml_error(node, err, "expected yes or a schema; `not: {json: yes}` is its opposite");
    }
    json_t *schema = yaml_to_json(node, err);
    c->schema = schema ? grammar_from_schema(schema, node->file, err) : NULL;
    json_decref(schema);
    return c->schema && own(r, NULL, c->schema, err);
}

static bool read_mode(const struct yaml *node, struct level_check *c, struct error *err) {
    const char *const *modes = level_modes[c->kind - CHECK_EQUALS];
    struct buffer all;
    buffer_init(&all, 256);
    for (c->mode = 0; modes[c->mode]; c->mode++) {
        if (node->kind == YAML_SCALAR && text_equal_c(node->scalar, modes[c->mode])) break;
        buffer_printf(&all, "%s%s", c->mode ? ", " : "", modes[c->mode]);
    }
    bool ok = modes[c->mode] || yaml_error(node, err, "expected one of %s", all.at ? all.at : "");
    buffer_done(&all);
    return ok;
}

static const struct {
    const char *key;
    enum level_check_kind kind;
} kinds[] = {
    {"found", CHECK_FOUND},   {"empty", CHECK_EMPTY}, {"contains", CHECK_CONTAINS}, {"tags", CHECK_TAGS},
    {"regex", CHECK_REGEX},   {"words", CHECK_WORDS}, {"json", CHECK_JSON},         {"references", CHECK_REFERENCES},
    {"equals", CHECK_EQUALS}, {"roles", CHECK_ROLES}, {"maths", CHECK_MATHS},       {"refusal", CHECK_REFUSAL},
    {"all", CHECK_ALL},       {"any", CHECK_ANY},     {"not", CHECK_NOT},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static bool read_value(struct level_rules *r, const struct yaml *value, struct level_check *c, unsigned depth,
                       struct error *err) {
    switch (c->kind) {
    case CHECK_FOUND:
    case CHECK_EMPTY:
    case CHECK_REFERENCES:
    case CHECK_REFUSAL:
        return read_yes(value, &c->yes, err);
    case CHECK_CONTAINS:
    case CHECK_TAGS:
        return read_texts(r, value, &c->texts, &c->n_texts, err);
    case CHECK_REGEX:
        return (c->code = compile(r, value, err)) != NULL;
    case CHECK_WORDS:
        return read_words(value, c, err);
    case CHECK_JSON:
        return read_json_check(r, value, c, err);
    case CHECK_EQUALS:
    case CHECK_ROLES:
    case CHECK_MATHS:
        return read_mode(value, c, err);
    default:
        return read_list(r, value, c, depth + 1, err);
    }
}

static const struct level_check *named_check(const struct level_rules *r, const struct yaml *node, struct error *err) {
    const char *names[LEVEL_CHECKS_MOST];
    char room[LEVEL_CHECKS_MOST][32];
    for (size_t i = 0; i < r->n_checks; i++) {
        if (text_equal(r->checks[i].name, node->scalar)) return r->checks[i].check;
        snprintf(room[i], sizeof room[i], "%.*s", TEXT_ARG(r->checks[i].name));
        names[i] = room[i];
    }
    const char *near = text_nearest(node->scalar, names, r->n_checks);
    yaml_error(node, err, "no check '%.*s' before here%s%s%s", TEXT_ARG(node->scalar), near ? "; did you mean '" : "",
               near ? near : "", near ? "'?" : "");
    return NULL;
}

static const struct level_check *read_check(struct level_rules *r, const struct yaml *node, unsigned depth,
                                            struct error *err) {
    const char *names[KINDS + 1] = {"of"};
    const struct yaml *value = NULL, *of = yaml_get(node, "of");
    if (depth > CHECK_DEPTH_MOST) return yaml_error(node, err, "checks nest deeper than %d", CHECK_DEPTH_MOST), NULL;
    if (node->kind == YAML_SCALAR) return named_check(r, node, err);
    struct level_check *c = arena_new(&r->arena, struct level_check, 1, err);
    if (!c) return NULL;
    if (node->kind == YAML_SEQUENCE) {
        c->kind = CHECK_ALL;
        return read_list(r, node, c, depth + 1, err) ? c : NULL;
    }
    for (size_t k = 0; k < KINDS; k++) names[k + 1] = kinds[k].key;
    if (!yaml_check_keys(node, names, KINDS + 1, err)) return NULL;
    for (size_t k = 0; k < KINDS; k++) {
        const struct yaml *found = yaml_get(node, kinds[k].key);
        if (found && value) return yaml_error(found, err, "a check is one condition; a list holds several"), NULL;
        if (found) value = found, c->kind = kinds[k].kind;
    }
    if (!value) return yaml_error(node, err, "expected a condition such as contains, regex or words"), NULL;
    if (of && (c->kind >= CHECK_ALL || c->kind == CHECK_REFERENCES))
        return yaml_error(of, err, "stands with a condition of a text; give it inside"), NULL;
    if (of && !find_part(r, of, &c->part, err)) return NULL;
    return read_value(r, value, c, depth, err) ? c : NULL;
}

static bool read_checks(struct level_rules *r, const struct yaml *node, struct error *err) {
    if (node->kind != YAML_MAPPING || node->n > LEVEL_CHECKS_MOST)
        return yaml_error(node, err, "expected a mapping of at most %d checks", LEVEL_CHECKS_MOST);
    for (size_t i = 0; i < node->n; i++) {
        struct level_named_check *c = &r->checks[r->n_checks];
        if (!read_text(r, node->key[i], &c->name, err) || !(c->check = read_check(r, node->child[i], 0, err)))
            return false;
        r->n_checks++;
    }
    return true;
}

/* ---- levels ---- */

static bool read_level(struct level_rules *r, const struct yaml *node, bool last, struct error *err) {
    static const char *const keys[] = {"level", "score", "when"};
    struct level_entry *e = &r->levels[r->n_levels];
    const struct yaml *when = yaml_get(node, "when");
    unsigned before = r->n_levels ? r->levels[r->n_levels - 1].level : 0;
    int64_t level = before + 1;
    if (node->kind != YAML_MAPPING) return yaml_error(node, err, "expected {level: N, score: X, when: ...}");
    if (!yaml_check_keys(node, keys, 3, err) || !yaml_opt_i64(node, "level", &level, err)) return false;
    if (!yaml_get(node, "score")) return yaml_error(node, err, "expected 'score': the reward of this level");
    if (!yaml_opt_f64(node, "score", &e->score, err)) return false;
    if (!isfinite(e->score)) return yaml_error(node, err, "score: expected a finite number");
    if (level < (before ? before : 1) || level > before + 1)
        return yaml_error(node, err, "level: expected %u or %u, the level before or the next", before ? before : 1,
                          before + 1);
    if (!when != last)
        return yaml_error(node, err,
                          last ? "the last level takes what is left: it has no 'when'"
                               : "expected 'when'; only the last level has none");
    e->level = (unsigned)level;
    if (when && !(e->when = read_check(r, when, 0, err))) return false;
    r->n_levels++;
    return true;
}

static bool read_rules(struct level_rules *r, const struct yaml *root, struct error *err) {
    static const char *const keys[] = {"rules", "version", "title", "before", "parts", "checks", "levels"};
    const struct yaml *name = yaml_get(root, "rules"), *before = yaml_get(root, "before"),
                      *parts = yaml_get(root, "parts");
    const struct yaml *checks = yaml_get(root, "checks"), *levels = yaml_get(root, "levels");
    struct text called = TEXT("");
    if (root->kind != YAML_MAPPING) return yaml_error(root, err, "expected a mapping with 'rules' and 'levels'");
    if (!yaml_check_keys(root, keys, sizeof keys / sizeof *keys, err)) return false;
    if (!name) return yaml_error(root, err, "expected 'rules': the name of these rules");
    if (!levels || levels->kind != YAML_SEQUENCE || levels->n < 2 || levels->n > LEVELS_MOST)
        return yaml_error(levels ? levels : root, err, "expected 'levels': a list of 2 to %d", LEVELS_MOST);
    r->n_parts = 1;
    if (!read_text(r, name, &called, err) || (before && !read_text(r, before, &r->before, err)) ||
        (parts && !read_parts(r, parts, err)) || (checks && !read_checks(r, checks, err)))
        return false;
    r->name = called.at;
    for (size_t i = 0; i < levels->n; i++)
        if (!read_level(r, levels->child[i], i + 1 == levels->n, err)) return false;
    return true;
}

struct level_rules *level_rules_parse(struct text source, const char *shown_name, struct error *err) {
    struct level_rules *r = memory_zeroed(1, sizeof *r);
    if (!r) return error_memory(err, "rules of levels"), NULL;
    arena_init(&r->arena, (size_t)64 << 20);
    r->source = (struct text){text_copy(&r->arena, source, err), source.len};
    struct yaml *root = r->source.at ? yaml_read(&r->arena, r->source, shown_name, err) : NULL;
    if (root && read_rules(r, root, err)) return r;
    level_rules_close(r);
    return NULL;
}

/* ---- by name ---- */

#define FOLDER TEXT("rules/levels/")

static bool unknown_rules(const char *name, struct error *err) {
    size_t n, found = 0;
    const struct builtin_file *files = builtin_files(&n);
    struct buffer all;
    buffer_init(&all, 4096);
    for (size_t i = 0; i < n; i++) {
        struct text t = text_of(files[i].name);
        if (!text_starts(t, FOLDER) || !text_ends(t, TEXT(".yaml"))) continue;
        buffer_printf(&all, "%s%.*s", found++ ? ", " : "", TEXT_ARG(text_part(t, FOLDER.len, t.len - 5)));
    }
    error_set(err, ERROR_USAGE, "no rules of levels '%s': built in are %s; a file ends in .yaml", name,
              all.at ? all.at : "none");
    buffer_done(&all);
    return false;
}

struct level_rules *level_rules_open(const char *name, const char *path, struct error *err) {
    struct level_rules *r = NULL;
    struct arena arena;
    struct text source;
    arena_init(&arena, 4 * FILE_MOST);
    char *file = arena_printf(&arena, err, "rules/levels/%s.yaml", name);
    const struct builtin_file *builtin = file ? builtin_find(file) : NULL;
    if (builtin) {
        r = level_rules_parse((struct text){(const char *)builtin->at, (size_t)(builtin->end - builtin->at)}, file,
                              err);
    } else if (file && !text_ends(text_of(name), TEXT(".yaml"))) {
        unknown_rules(name, err);
    } else if (file) {
        const char *found = file_find(&arena, name, path ? path : "", err);
        if (found && file_read(&arena, found, FILE_MOST, &source, err)) r = level_rules_parse(source, name, err);
    }
    arena_done(&arena);
    return r;
}

void level_rules_close(struct level_rules *r) {
    if (!r) return;
    for (struct level_owned *o = r->owned; o; o = o->next) {
        pcre2_code_free(o->code);
        grammar_free(o->grammar);
    }
    arena_done(&r->arena);
    memory_free(r);
}

const char *level_rules_name(const struct level_rules *r) {
    return r->name;
}

struct text level_rules_source(const struct level_rules *r) {
    return r->source;
}

unsigned level_rules_levels(const struct level_rules *r) {
    return r->levels[r->n_levels - 1].level;
}
