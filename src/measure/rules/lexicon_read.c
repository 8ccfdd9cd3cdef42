/* Reading rules/languages.yaml: see lexicon.h. Phrases are brought to the normal form once, here. */
#include "measure/rules/lexicon_internal.h"

#include "base/file.h"
#include "measure/rules/builtin.h"

#include <string.h>

enum { FILE_MOST = 1 << 20, LANGUAGES_MOST = 64, RANGES_MOST = 256 };

static const char *const list_keys[LEXICON_LISTS] = {"yes",     "no",     "agree", "disagree", "can",
                                                     "cannot",  "good",   "bad",   "true",     "false",
                                                     "unknown", "refuse", "not",   "answer",   "common"};

struct reading {
    struct lexicons *l;
    struct error *err;
};

static bool copy_text(struct reading *r, struct text t, struct text *out) {
    char *copy = text_copy(&r->l->arena, t, r->err);
    *out = (struct text){copy, t.len};
    return copy != NULL;
}

/* A list of texts in normal form. */
static bool read_phrases(struct reading *r, const struct yaml *node, struct lexicon_phrases *out) {
    if (!node) return true;
    if (node->kind != YAML_SEQUENCE || node->n == 0 || node->n > 256)
        return yaml_error(node, r->err, "expected a list of 1 to 256 texts");
    out->n = node->n;
    if (!(out->at = arena_new(&r->l->arena, struct text, node->n, r->err))) return false;
    for (size_t i = 0; i < node->n; i++) {
        bool valid;
        const struct yaml *one = node->child[i];
        if (one->kind != YAML_SCALAR || !one->scalar.len) return yaml_error(one, r->err, "expected a text");
        if (!lexicon_normal(r->l, one->scalar, &r->l->arena, &out->at[i], &valid, r->err)) return false;
    }
    return true;
}

/* ---- scripts */

static bool hexadecimal(struct text t, uint32_t *out) {
    uint32_t value = 0;
    if (t.len == 0 || t.len > 6) return false;
    for (size_t i = 0; i < t.len; i++) {
        char c = t.at[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0) return false;
        value = value * 16 + (uint32_t)digit;
    }
    return *out = value, value <= 0x10ffff;
}

static bool read_range(struct reading *r, const struct yaml *node, struct text piece) {
    struct lexicons *l = r->l;
    struct script_range range = {.script = (uint8_t)l->n_scripts};
    struct text rest = piece, from;
    bool ok = l->n_ranges < RANGES_MOST && text_next(&rest, '-', &from) && hexadecimal(from, &range.from) &&
              hexadecimal(rest.at ? rest : from, &range.to) && range.from <= range.to;
    if (!ok) return yaml_error(node, r->err, "'%.*s': expected a range of code points such as 41-5a", TEXT_ARG(piece));
    l->range[l->n_ranges++] = range;
    return true;
}

static bool read_scripts(struct reading *r, const struct yaml *root) {
    struct lexicons *l = r->l;
    const struct yaml *node = yaml_get(root, "scripts");
    if (!node || node->kind != YAML_MAPPING || node->n == 0 || node->n > LEXICON_SCRIPTS)
        return yaml_error(node ? node : root, r->err, "expected 'scripts': 1 to %d names with ranges", LEXICON_SCRIPTS);
    if (!(l->range = arena_new(&l->arena, struct script_range, RANGES_MOST, r->err))) return false;
    for (size_t i = 0; i < node->n; i++) {
        struct text rest = node->child[i]->scalar, piece, name;
        if (node->child[i]->kind != YAML_SCALAR) return yaml_error(node->child[i], r->err, "expected ranges");
        if (!copy_text(r, node->key[i]->scalar, &name)) return false;
        while (text_next(&rest, ' ', &piece))
            if (piece.len && !read_range(r, node->child[i], piece)) return false;
        l->script[l->n_scripts++] = name.at;
    }
    return true;
}

static bool read_script_names(struct reading *r, const struct yaml *language, struct lexicon *out) {
    const struct lexicons *l = r->l;
    const struct yaml *node = yaml_get(language, "script");
    if (!node || node->kind != YAML_SEQUENCE || node->n == 0)
        return yaml_error(node ? node : language, r->err, "expected 'script': a list");
    for (size_t i = 0; i < node->n; i++) {
        size_t s = 0;
        while (s < l->n_scripts && !text_equal_c(node->child[i]->scalar, l->script[s])) s++;
        if (s == l->n_scripts)
            return yaml_error(node->child[i], r->err, "no script '%.*s'; `scripts` above lists them",
                              TEXT_ARG(node->child[i]->scalar));
        out->scripts |= 1U << s;
    }
    return true;
}

/* ---- letters */

static bool add_sequence(struct reading *r, struct lexicon *out, enum letter_kind kind, const struct yaml *node) {
    struct letter_sequence *s = &out->letters[out->n_letters];
    if (!node) return true;
    if (out->n_letters == LEXICON_SEQUENCES || node->n > LEXICON_LETTERS)
        return yaml_error(node, r->err, "expected at most %d sequences of %d letters", LEXICON_SEQUENCES,
                          LEXICON_LETTERS);
    if (!read_phrases(r, node, &s->letters)) return false;
    s->kind = kind;
    out->n_letters++;
    return true;
}

static bool add_sequences(struct reading *r, struct lexicon *out, enum letter_kind kind, const struct yaml *node) {
    if (!node) return true;
    if (node->kind != YAML_SEQUENCE) return yaml_error(node, r->err, "expected a list of lists of letters");
    for (size_t i = 0; i < node->n; i++)
        if (!add_sequence(r, out, kind, node->child[i])) return false;
    return true;
}

/* ---- a language */

static bool read_boundary(struct reading *r, const struct yaml *language, struct lexicon *out) {
    static const char *const names[] = {"blank", "none", "stem"};
    const struct yaml *node = yaml_get(language, "boundary");
    for (int i = 0; node && node->kind == YAML_SCALAR && i < 3; i++)
        if (text_equal_c(node->scalar, names[i])) return out->boundary = (enum lexicon_boundary)i, true;
    return yaml_error(node ? node : language, r->err, "expected 'boundary': blank, none or stem");
}

static bool add_digits(struct reading *r, const struct yaml *node) {
    struct lexicons *l = r->l;
    if (!node) return true;
    if (node->kind != YAML_SEQUENCE || node->n != 10) return yaml_error(node, r->err, "expected 'digits': ten of them");
    for (size_t i = 0; i < 10; i++) {
        struct lexicon_phrases *d = &l->digit[i];
        if (!d->at && !(d->at = arena_new(&l->arena, struct text, LANGUAGES_MOST, r->err))) return false;
        if (!copy_text(r, node->child[i]->scalar, &d->at[d->n++])) return false;
    }
    return true;
}

static bool read_language(struct reading *r, const struct yaml *code, const struct yaml *node, struct lexicon *out) {
    static const char *const own[] = {"title",   "also",  "script",     "boundary",
                                      "letters", "names", "translated", "digits"};
    const char *known[8 + LEXICON_LISTS];
    struct text name, title = {0};
    memcpy(known, own, sizeof own);
    memcpy(known + 8, list_keys, sizeof list_keys);
    if (node->kind != YAML_MAPPING) return yaml_error(node, r->err, "expected a mapping of a language");
    if (lexicon_find(r->l, code->scalar))
        return yaml_error(code, r->err, "language '%.*s' twice", TEXT_ARG(code->scalar));
    if (!yaml_check_keys(node, known, sizeof known / sizeof *known, r->err) || !copy_text(r, code->scalar, &name) ||
        !yaml_opt_text(node, "title", &title, r->err) || !copy_text(r, title, &title))
        return false;
    const struct lexicon *shared = &r->l->shared;
    *out = (struct lexicon){.code = name.at, .title = title.at, .n_letters = shared->n_letters};
    memcpy(out->letters, shared->letters, sizeof shared->letters);
    bool ok = read_phrases(r, yaml_get(node, "also"), &out->also) && read_script_names(r, node, out) &&
              read_boundary(r, node, out) && add_digits(r, yaml_get(node, "digits")) &&
              add_sequence(r, out, LETTERS_NAMES, yaml_get(node, "names")) &&
              add_sequences(r, out, LETTERS_LOCAL, yaml_get(node, "letters")) &&
              add_sequences(r, out, LETTERS_TRANSLATED, yaml_get(node, "translated"));
    for (size_t i = 0; ok && i < LEXICON_LISTS; i++) ok = read_phrases(r, yaml_get(node, list_keys[i]), &out->list[i]);
    return ok;
}

static bool read_root(struct reading *r, const struct yaml *root) {
    static const char *const known[] = {"scripts", "greek", "latin", "languages"};
    struct lexicons *l = r->l;
    const struct yaml *all = yaml_get(root, "languages");
    if (root->kind != YAML_MAPPING) return yaml_error(root, r->err, "expected a mapping of languages");
    if (!yaml_check_keys(root, known, 4, r->err) || !read_scripts(r, root)) return false;
    l->shared = (struct lexicon){.code = "", .title = ""};
    if (!add_sequence(r, &l->shared, LETTERS_GREEK, yaml_get(root, "greek")) ||
        !add_sequence(r, &l->shared, LETTERS_LATIN, yaml_get(root, "latin")))
        return false;
    if (l->shared.n_letters != 2) return yaml_error(root, r->err, "expected 'greek' and 'latin': letters of options");
    if (!all || all->kind != YAML_MAPPING || all->n == 0 || all->n > LANGUAGES_MOST)
        return yaml_error(all ? all : root, r->err, "expected 'languages': 1 to %d of them", LANGUAGES_MOST);
    if (!(l->at = arena_new(&l->arena, struct lexicon, all->n, r->err))) return false;
    for (size_t i = 0; i < all->n; i++) {
        if (!read_language(r, all->key[i], all->child[i], &l->at[l->n])) return false;
        l->n++;
    }
    return true;
}

struct lexicons *lexicons_parse(struct text source, const char *shown, struct error *err) {
    struct lexicons *l = memory_zeroed(1, sizeof *l);
    if (!l) return error_memory(err, "languages"), NULL;
    arena_init(&l->arena, (size_t)16 << 20);
    struct reading r = {l, err};
    struct yaml *root = yaml_read(&l->arena, source, shown, err);
    sha256_hex(source.at, source.len, l->digest);
    if (root && read_root(&r, root)) return l;
    lexicons_free(l);
    return NULL;
}

static struct lexicons *open_file(struct arena *arena, const char *name, const char *path, struct error *err) {
    struct text source;
    const char *found = file_find(arena, name, path ? path : "", err);
    return found && file_read(arena, found, FILE_MOST, &source, err) ? lexicons_parse(source, name, err) : NULL;
}

struct lexicons *lexicons_open(struct text name, const char *path, struct error *err) {
    static const char usual[] = "rules/languages.yaml";
    struct arena arena;
    struct lexicons *l = NULL;
    arena_init(&arena, 4 * FILE_MOST);
    const char *copy = name.len ? text_copy(&arena, name, err) : usual;
    const struct builtin_file *file = copy ? builtin_find(copy) : NULL;
    if (file)
        l = lexicons_parse((struct text){(const char *)file->at, (size_t)(file->end - file->at)}, copy, err);
    else if (copy && !name.len)
        error_set(err, ERROR_ENVIRONMENT, "'%s' is not part of this build", usual);
    else if (copy)
        l = open_file(&arena, copy, path, err);
    arena_done(&arena);
    return l;
}

void lexicons_free(struct lexicons *l) {
    if (!l) return;
    arena_done(&l->arena);
    memory_free(l);
}

const char *lexicons_digest(const struct lexicons *l) {
    return l->digest;
}

const struct lexicon *lexicon_find(const struct lexicons *l, struct text name) {
    for (size_t i = 0; i < l->n; i++) {
        if (text_equal_nocase(name, text_of(l->at[i].code))) return &l->at[i];
        for (size_t k = 0; k < l->at[i].also.n; k++)
            if (text_equal_nocase(name, l->at[i].also.at[k])) return &l->at[i];
    }
    return NULL;
}

const char *lexicon_near(const struct lexicons *l, struct text name) {
    const char *names[LANGUAGES_MOST];
    for (size_t i = 0; i < l->n; i++) names[i] = l->at[i].code;
    return text_nearest(name, names, l->n);
}
