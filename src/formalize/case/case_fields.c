/* The members of a node that are ours, the same in every format: see case_build.h. */
#include "formalize/case/case_build.h"

#include <math.h>
#include <string.h>

/* ---- words ---- */

struct words {
    const char *what;
    const char *const *names;
    size_t n;
};

static bool find_word(const struct yaml *at, const struct words *w, size_t *out, struct error *err) {
    for (size_t i = 0; i < w->n && at->kind == YAML_SCALAR; i++)
        if (text_equal_c(at->scalar, w->names[i])) return *out = i, true;
    const char *near = at->kind == YAML_SCALAR ? text_nearest(at->scalar, w->names, w->n) : NULL;
    return yaml_error(at, err, "unknown %s '%.*s'%s%s%s", w->what,
                      at->kind == YAML_SCALAR ? (int)(at->scalar.len < 60 ? at->scalar.len : 60) : 0,
                      at->kind == YAML_SCALAR ? at->scalar.at : "", near ? "; did you mean '" : "", near ? near : "",
                      near ? "'?" : "");
}

static bool blank(const struct yaml *y) {
    return !y || (y->kind == YAML_SCALAR && !y->quoted &&
                  (y->scalar.len == 0 || text_equal_c(y->scalar, "null") || text_equal_c(y->scalar, "~")));
}

/* An error of a node names the node. */
static bool at_node(bool ok, const struct case_build *b, const struct yaml *at, const char *id) {
    char message[sizeof b->err->message];
    const char *told = b->err ? b->err->message : "";
    if (ok) return true;
    const char *colon = strstr(told, ": "); /* behind FILE:LINE:COLUMN */
    snprintf(message, sizeof message, "%s", colon ? colon + 2 : told);
    return case_build_error(b, case_place_of(at), "%s: %s", id, message);
}

static bool read_word(struct case_build *b, const struct yaml *mapping, const char *key, const struct words *w,
                      const char *id, size_t *out) {
    const struct yaml *at = yaml_get(mapping, key);
    return blank(at) || at_node(find_word(at, w, out, b->err), b, at, id);
}

static bool read_words(struct case_build *b, const struct yaml *mapping, struct case_node *node) {
    static const char *const joins[] = {"and", "or"}, *const origins[] = {"human", "model", "reviewed"},
                             *const reasons[] = {"none", "arith", "func", "sets", "finite", "horn", "trust"};
    static const struct words join_words = {"join", joins, 2}, origin_words = {"origin", origins, 3},
                              reason_words = {"reason", reasons, 7};
    size_t join = node->join, reason = node->reason, origin = node->origin;
    if (!read_word(b, mapping, "join", &join_words, node->id, &join) ||
        !read_word(b, mapping, "reason", &reason_words, node->id, &reason) ||
        !read_word(b, mapping, "origin", &origin_words, node->id, &origin))
        return false;
    node->join = (enum case_join)join;
    node->reason = (enum case_reason)reason;
    node->origin = (enum case_origin)origin;
    return true;
}

/* ---- formulas ---- */

static bool add_line(struct case_build *b, const struct yaml *at, struct text line, size_t below,
                     struct case_node *node) {
    if (node->n_formal >= CASE_LINES_MOST)
        return case_build_error(b, case_place_of(at), "%s: more than %d formulas", node->id, CASE_LINES_MOST);
    size_t behind_quote = at->quoted && below == 0; /* the place of a quoted text is its quote */
    node->formal[node->n_formal++] = (struct case_line){line, at->line + below, below ? 1 : at->column + behind_quote};
    return true;
}

/* One text: each of its lines that is not blank is a formula. */
static bool add_text(struct case_build *b, const struct yaml *at, struct case_node *node) {
    struct text rest = at->scalar, line;
    size_t below = 0;
    if (at->kind != YAML_SCALAR)
        return case_build_error(b, case_place_of(at), "%s: 'formal': expected a list of texts", node->id);
    while (rest.len && text_next(&rest, '\n', &line)) {
        if (text_trim(line).len && !add_line(b, at, line, below, node)) return false;
        below++;
    }
    return true;
}

static size_t lines_of(const struct yaml *y) {
    size_t n = 1;
    for (size_t i = 0; y->kind == YAML_SCALAR && i < y->scalar.len; i++) n += y->scalar.at[i] == '\n';
    return n;
}

static bool read_formal(struct case_build *b, const struct yaml *mapping, struct case_node *node) {
    const struct yaml *at = yaml_get(mapping, "formal");
    size_t room = 0;
    if (blank(at)) return true;
    if (at->kind == YAML_MAPPING)
        return case_build_error(b, case_place_of(at), "%s: 'formal': expected a list of texts", node->id);
    bool list = at->kind == YAML_SEQUENCE;
    for (size_t i = 0; i < (list ? at->n : 1); i++) room += lines_of(list ? at->child[i] : at);
    if (room > CASE_LINES_MOST) room = CASE_LINES_MOST;
    if (!(node->formal = arena_new(b->arena, struct case_line, room + 1, b->err))) return false;
    for (size_t i = 0; i < (list ? at->n : 1); i++)
        if (!add_text(b, list ? at->child[i] : at, node)) return false;
    return true;
}

/* ---- numbers ---- */

static bool read_share(struct case_build *b, const struct yaml *trust, const char *key, const char *id, double *out) {
    const struct yaml *at = yaml_get(trust, key);
    if (blank(at)) return true;
    if (at->kind != YAML_SCALAR || !text_to_f64(at->scalar, out) || !(*out >= 0 && *out <= 1))
        return case_build_error(b, case_place_of(at), "%s: 'trust': %s must be a number of 0 to 1", id, key);
    return true;
}

/* {b, d}: belief and disbelief; what is left of 1 is not known. */
static bool read_trust(struct case_build *b, const struct yaml *mapping, struct case_node *node) {
    static const char *const keys[] = {"b", "d"};
    const struct yaml *at = yaml_get(mapping, "trust");
    if (blank(at)) return true;
    if (!at_node(yaml_check_keys(at, keys, 2, b->err), b, at, node->id)) return false;
    if (!read_share(b, at, "b", node->id, &node->belief) || !read_share(b, at, "d", node->id, &node->disbelief))
        return false;
    if (isnan(node->belief)) node->belief = 0;
    if (isnan(node->disbelief)) node->disbelief = 0;
    return node->belief + node->disbelief <= 1 + 1e-12 ||
           case_build_error(b, case_place_of(at), "%s: 'trust': b and d are more than 1 together", node->id);
}

static bool age_is_good(struct text t) {
    int64_t n;
    return t.len > 1 && strchr("smhdwy", t.at[t.len - 1]) && text_to_i64(text_part(t, 0, t.len - 1), &n) && n > 0;
}

static bool read_need_words(struct case_build *b, const struct yaml *at, struct case_node *node) {
    static const char *const ops[] = {">=", "<=", ">", "<", "=", "!="};
    static const struct words op_words = {"relation", ops, 6};
    struct text figure = {0}, age = {0};
    size_t op = 0;
    if (!at_node(yaml_opt_text(at, "figure", &figure, b->err) && yaml_opt_text(at, "max_age", &age, b->err), b, at,
                 node->id) ||
        !read_word(b, at, "op", &op_words, node->id, &op))
        return false;
    if (figure.len == 0) return case_build_error(b, case_place_of(at), "%s: 'needs': which figure?", node->id);
    if (age.len && !age_is_good(age))
        return case_build_error(b, case_place_of(at), "%s: 'max_age': expected a number and one of s m h d w y, as 30d",
                                node->id);
    node->needs.op = ops[op];
    if (age.len && !(node->needs.max_age = text_copy(b->arena, age, b->err))) return false;
    return (node->needs.figure = text_copy(b->arena, figure, b->err)) != NULL;
}

static bool read_needs(struct case_build *b, const struct yaml *mapping, struct case_node *node) {
    static const char *const keys[] = {"figure", "op", "target", "max_age"};
    const struct yaml *at = yaml_get(mapping, "needs"), *target = yaml_get(at, "target");
    if (blank(at)) return true;
    if (!at_node(yaml_check_keys(at, keys, 4, b->err), b, at, node->id)) return false;
    if (!target || target->kind != YAML_SCALAR || !text_to_f64(target->scalar, &node->needs.target) ||
        !isfinite(node->needs.target))
        return case_build_error(b, case_place_of(target ? target : at), "%s: 'needs': target must be a finite number",
                                node->id);
    return read_need_words(b, at, node);
}

/* ---- texts ---- */

static bool read_text(struct case_build *b, const struct yaml *mapping, const char *key, struct case_node *node,
                      const char **out) {
    struct text t = {0};
    if (blank(yaml_get(mapping, key))) return true;
    if (!at_node(yaml_opt_text(mapping, key, &t, b->err), b, mapping, node->id)) return false;
    return (*out = text_copy(b->arena, t, b->err)) != NULL;
}

bool case_read_fields(struct case_build *b, const struct yaml *mapping, struct case_node *node) {
    if (!at_node(yaml_opt_bool(mapping, "undeveloped", &node->undeveloped, b->err), b, mapping, node->id)) return false;
    return read_words(b, mapping, node) && read_formal(b, mapping, node) && read_trust(b, mapping, node) &&
           read_needs(b, mapping, node) && read_text(b, mapping, "url", node, &node->url) &&
           read_text(b, mapping, "same_as", node, &node->same_as) &&
           case_read_links(b, mapping, "same_as", CASE_MENTIONS, text_of(node->id));
}

bool case_read_ids(struct case_build *b, const struct yaml *at, const char *key, enum case_link kind, struct text id) {
    bool list = at->kind == YAML_SEQUENCE;
    for (size_t i = 0; i < (list ? at->n : 1); i++) {
        const struct yaml *one = list ? at->child[i] : at;
        if (one->kind != YAML_SCALAR || one->scalar.len == 0)
            return case_build_error(b, case_place_of(one), "%.*s: '%s': expected an id or a list of ids", TEXT_ARG(id),
                                    key);
        if (!case_build_link(b, kind, id, one->scalar, true, case_place_of(one))) return false;
    }
    return true;
}

bool case_read_links(struct case_build *b, const struct yaml *mapping, const char *key, enum case_link kind,
                     struct text id) {
    const struct yaml *at = yaml_get(mapping, key);
    return blank(at) || case_read_ids(b, at, key, kind, id);
}

static bool keep_json(struct case_build *b, json_t **other, struct text key, json_t *json) {
    if (!*other) *other = json_object();
    if (*other && json_object_setn_new(*other, key.at, key.len, json) == 0) return true;
    if (!*other) json_decref(json);
    return error_memory(b->err, "assurance case");
}

bool case_keep(struct case_build *b, json_t **other, struct text key, const struct yaml *value) {
    json_t *json = yaml_to_json(value, b->err);
    return json && keep_json(b, other, key, json);
}

bool case_keep_in(struct case_build *b, json_t **other, const char *format, struct text key, const struct yaml *value) {
    json_t *json = yaml_to_json(value, b->err), *of = json_object_get(*other, format);
    if (!json) return false;
    if (of) return keep_json(b, &of, key, json);
    json_t *one = json_object();
    if (one && json_object_setn_new(one, key.at, key.len, json) == 0) return keep_json(b, other, text_of(format), one);
    if (!one) json_decref(json);
    json_decref(one);
    return error_memory(b->err, "assurance case");
}
