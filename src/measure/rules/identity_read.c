/* Reading the rules of identity: families and makers, and the phrases of each language. See identity.h. */
#include "measure/rules/identity_internal.h"

#include "base/file.h"
#include "measure/rules/builtin.h"

#include <string.h>

enum { FILE_MOST = 1 << 20, FAMILIES_MOST = 120, ALIASES_MOST = 2000, PHRASES_MOST = 256 };

static const char *const list_keys[WORDS_LISTS] = {
    "self",    "made",   "me",  "own", "base", "include", "not",     "compare", "block", "verbs", "doubt",
    "pretend", "really", "act", "yes", "no",   "refuse",  "generic", "you",     "light", "split"};
#define FOLDER TEXT("rules/identity/")
#define FAMILIES "rules/identity/families.yaml"

struct reading {
    struct identity_rules *r;
    struct error *err;
};

static bool fold(struct reading *k, const struct yaml *node, struct text *out) {
    bool valid;
    if (node->kind != YAML_SCALAR || !node->scalar.len) return yaml_error(node, k->err, "expected a text");
    return identity_normal(node->scalar, &k->r->arena, out, &valid, k->err);
}

/* ---- families ---- */

static bool add_alias(struct reading *k, const struct yaml *node, bool maker, size_t of) {
    struct identity_rules *r = k->r;
    struct text t;
    if (!fold(k, node, &t)) return false;
    for (size_t i = 0; i < r->n_aliases; i++) {
        const struct identity_alias *a = &r->alias[i];
        if (a->maker != maker || !text_equal(a->text, t)) continue;
        if (a->of == of) return true;
        return yaml_error(node, k->err, "the name '%.*s' is that of another %s already", TEXT_ARG(t),
                          maker ? "maker" : "family");
    }
    if (r->n_aliases == ALIASES_MOST) return yaml_error(node, k->err, "more than %d names", ALIASES_MOST);
    r->alias[r->n_aliases++] = (struct identity_alias){t, maker, of};
    return true;
}

static bool add_aliases(struct reading *k, const struct yaml *family, const char *key, bool maker, size_t of) {
    const struct yaml *list = yaml_get(family, key);
    if (!list) return true;
    if (list->kind != YAML_SEQUENCE) return yaml_error(list, k->err, "expected a list of names");
    for (size_t i = 0; i < list->n; i++)
        if (!add_alias(k, list->child[i], maker, of)) return false;
    return true;
}

static bool take_maker(struct reading *k, const struct yaml *family, size_t *out) {
    const struct yaml *node = yaml_get(family, "maker");
    if (!node || node->kind != YAML_SCALAR || !node->scalar.len)
        return yaml_error(node ? node : family, k->err, "expected 'maker': the name of who makes it");
    for (*out = 0; *out < k->r->n_makers; ++*out)
        if (text_equal(k->r->maker[*out], node->scalar)) return true;
    char *copy = text_copy(&k->r->arena, node->scalar, k->err);
    if (!copy) return false;
    k->r->maker[k->r->n_makers++] = (struct text){copy, node->scalar.len};
    return add_alias(k, node, true, *out);
}

static bool read_family(struct reading *k, const struct yaml *key, const struct yaml *family) {
    static const char *const known[] = {"maker", "models", "makers", "base", "plain"};
    struct identity_rules *r = k->r;
    size_t i = r->n_families;
    bool plain = true;
    if (family->kind != YAML_MAPPING) return yaml_error(family, k->err, "expected a family: {maker: NAME, ...}");
    if (!yaml_check_keys(family, known, 5, k->err) || !yaml_opt_bool(family, "plain", &plain, k->err)) return false;
    char *copy = text_copy(&r->arena, key->scalar, k->err);
    r->family[i].name = (struct text){copy, key->scalar.len};
    if (!copy || !fold(k, key, &r->family[i].folded) || !take_maker(k, family, &r->family[i].maker)) return false;
    r->n_families++;
    return (!plain || add_alias(k, key, false, i)) && add_aliases(k, family, "models", false, i) &&
           add_aliases(k, family, "makers", true, r->family[i].maker);
}

/* Bases are found when all families are there; whoever comes back to itself is an error. */
static bool read_base(struct reading *k, const struct yaml *family, size_t i) {
    const struct yaml *node = yaml_get(family, "base");
    struct identity_rules *r = k->r;
    struct text folded;
    if (!node) return true;
    if (!fold(k, node, &folded)) return false;
    size_t base = 0;
    while (base < r->n_families && !text_equal(r->family[base].folded, folded)) base++;
    if (base == r->n_families) return yaml_error(node, k->err, "no family '%.*s' to be a base", TEXT_ARG(node->scalar));
    r->family[i].base = base + 1;
    for (size_t at = base + 1, steps = 0; at; at = r->family[at - 1].base)
        if (at == i + 1 || ++steps > FAMILIES_MOST)
            return yaml_error(node, k->err, "the family '%.*s' is its own base by way of others (a cycle)",
                              TEXT_ARG(r->family[i].name));
    return true;
}

static bool read_families(struct reading *k, struct text source, const char *shown) {
    struct identity_rules *r = k->r;
    struct yaml *root = yaml_read(&r->arena, source, shown, k->err);
    const struct yaml *list = root ? yaml_get(root, "families") : NULL;
    if (!root) return false;
    if (!list || list->kind != YAML_MAPPING || list->n == 0 || list->n > FAMILIES_MOST)
        return yaml_error(list ? list : root, k->err, "expected 'families': 1 to %d of them", FAMILIES_MOST);
    r->family = arena_new(&r->arena, struct identity_family, list->n, k->err);
    r->maker = arena_new(&r->arena, struct text, list->n, k->err);
    r->alias = arena_new(&r->arena, struct identity_alias, ALIASES_MOST, k->err);
    if (!r->family || !r->maker || !r->alias) return false;
    for (size_t i = 0; i < list->n; i++)
        if (!read_family(k, list->key[i], list->child[i])) return false;
    for (size_t i = 0; i < list->n; i++)
        if (!read_base(k, list->child[i], i)) return false;
    return true;
}

/* ---- languages ---- */

static bool read_list(struct reading *k, const struct yaml *node, bool raw, struct identity_words *out) {
    if (!node) return true;
    if (node->kind != YAML_SEQUENCE || node->n == 0 || node->n > PHRASES_MOST)
        return yaml_error(node, k->err, "expected a list of 1 to %d phrases", PHRASES_MOST);
    if (!(out->at = arena_new(&k->r->arena, struct text, node->n, k->err))) return false;
    for (; out->n < node->n; out->n++) {
        const struct yaml *one = node->child[out->n];
        if (!raw && !fold(k, one, &out->at[out->n])) return false;
        if (raw && (one->kind != YAML_SCALAR || !one->scalar.len)) return yaml_error(one, k->err, "expected a text");
        if (raw) out->at[out->n] = one->scalar; /* the blanks around are meant */
    }
    return true;
}

static bool read_language(struct reading *k, struct text source, const char *shown) {
    struct identity_rules *r = k->r;
    const char *known[WORDS_LISTS + 3] = {"language", "boundary", "after"};
    struct text code = {0}, boundary = TEXT("blank");
    struct yaml *root = yaml_read(&r->arena, source, shown, k->err);
    for (size_t i = 0; i < WORDS_LISTS; i++) known[i + 3] = list_keys[i];
    if (!root || !yaml_check_keys(root, known, WORDS_LISTS + 3, k->err) ||
        !yaml_opt_text(root, "language", &code, k->err) || !yaml_opt_text(root, "boundary", &boundary, k->err))
        return false;
    if (!code.len) return yaml_error(root, k->err, "expected 'language': its code");
    if (r->n_languages == IDENTITY_LANGUAGES)
        return yaml_error(root, k->err, "more than %d languages", IDENTITY_LANGUAGES);
    struct identity_language *l = &r->language[r->n_languages++];
    l->code = text_copy(&r->arena, code, k->err);
    l->blank = !text_equal_c(boundary, "none");
    l->after = yaml_get(root, "after") != NULL;
    for (int i = 0; i < WORDS_LISTS; i++)
        if (!read_list(k, yaml_get(root, list_keys[i]), i == WORDS_SPLIT, &l->list[i])) return false;
    return l->code != NULL;
}

static bool read_languages(struct reading *k, struct sha256 *sha) {
    size_t n;
    const struct builtin_file *files = builtin_files(&n);
    if (!(k->r->language = arena_new(&k->r->arena, struct identity_language, IDENTITY_LANGUAGES, k->err))) return false;
    for (size_t i = 0; i < n; i++) {
        struct text name = text_of(files[i].name);
        struct text source = {(const char *)files[i].at, (size_t)(files[i].end - files[i].at)};
        if (!text_starts(name, FOLDER) || strcmp(files[i].name, FAMILIES) == 0) continue;
        sha256_add(sha, source.at, source.len);
        if (!read_language(k, source, files[i].name)) return false;
    }
    return k->r->n_languages > 0 || error_set(k->err, ERROR_ENVIRONMENT, "no rules of identity are part of this build");
}

/* ---- all of it ---- */

struct identity_rules *identity_parse(struct text families, const char *shown, struct error *err) {
    struct identity_rules *r = memory_zeroed(1, sizeof *r);
    struct reading k = {r, err};
    struct sha256 sha;
    if (!r) return error_memory(err, "rules of identity"), NULL;
    arena_init(&r->arena, 64 * FILE_MOST);
    sha256_init(&sha);
    sha256_add(&sha, families.at, families.len);
    if (read_families(&k, families, shown) && read_languages(&k, &sha) && identity_automaton(r, err)) {
        sha256_end_hex(&sha, r->digest);
        return r;
    }
    identity_close(r);
    return NULL;
}

struct identity_rules *identity_open(struct text name, const char *path, struct error *err) {
    bool zoo = text_equal_c(name, "zoo");
    const char *own = zoo ? "rules/identity-zoo.yaml" : FAMILIES;
    const struct builtin_file *builtin = name.len && !zoo ? NULL : builtin_find(own);
    struct arena arena;
    struct text source;
    if (builtin)
        return identity_parse((struct text){(const char *)builtin->at, (size_t)(builtin->end - builtin->at)}, own, err);
    if (!name.len || zoo)
        return error_set(err, ERROR_ENVIRONMENT, "the table of families is not part of this build"), NULL;
    arena_init(&arena, 4 * FILE_MOST);
    const char *shown = text_copy(&arena, name, err),
               *found = shown ? file_find(&arena, shown, path ? path : "", err) : NULL;
    struct identity_rules *r =
        found && file_read(&arena, found, FILE_MOST, &source, err) ? identity_parse(source, shown, err) : NULL;
    arena_done(&arena);
    return r;
}

void identity_close(struct identity_rules *r) {
    if (!r) return;
    arena_done(&r->arena);
    memory_free(r);
}

const char *identity_digest(const struct identity_rules *r) {
    return r->digest;
}

size_t identity_families(const struct identity_rules *r) {
    return r->n_families;
}

struct text identity_family(const struct identity_rules *r, size_t family) {
    return r->family[family].name;
}
