/* The table of formats of cases, and which of them a text is: see case_format.h, case_read.h. */
#include "formalize/case/case_format.h"

#include "base/file.h"

#include <string.h>

/* The first that claims a text reads it; the last takes what is left. */
static const struct case_format *const table[] = {
    &case_format_cae, &case_format_tdt,    &case_format_tea, &case_format_sacm,
    &case_format_csv, &case_format_prolog, &case_format_gsn,
};
enum { FORMATS = sizeof table / sizeof *table };

size_t case_formats(const struct case_format *const **out) {
    *out = table;
    return FORMATS;
}

const struct case_format *case_format_find(const char *name, struct error *err) {
    const char *names[FORMATS];
    for (size_t i = 0; i < FORMATS; i++) {
        if (strcmp(table[i]->name, name) == 0) return table[i];
        names[i] = table[i]->name;
    }
    const char *near = text_nearest(text_of(name), names, FORMATS);
    error_set(err, ERROR_USAGE, "no format of cases '%s'%s%s%s: expected gsn, tdt, cae, tea, sacm, prolog or csv", name,
              near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return NULL;
}

/* The longest ending wins: .tea.json before .json. */
const struct case_format *case_format_of_name(const char *path) {
    const struct case_format *best = NULL;
    for (size_t i = 0; i < FORMATS; i++)
        if (text_ends(text_of(path), text_of(table[i]->ending)) &&
            (!best || strlen(table[i]->ending) > strlen(best->ending)))
            best = table[i];
    if (best) return best;
    if (text_ends(text_of(path), TEXT(".yaml")) || text_ends(text_of(path), TEXT(".yml"))) return &case_format_gsn;
    return text_ends(text_of(path), TEXT(".xml")) ? &case_format_sacm : NULL;
}

/* ---- reading ---- */

static char first_char(struct text t) {
    if (text_starts(t, TEXT("\xef\xbb\xbf"))) t = text_part(t, 3, t.len);
    t = text_trim(t);
    return t.len ? t.at[0] : 0;
}

/* JSON is read once, for all formats that are. */
static bool read_tree(struct case_build *b, struct case_source *source) {
    if (first_char(source->t) != '{') return true;
    json_t *value = json_read(source->t, b->file, 1, b->err);
    source->tree = value ? case_json_tree(b->arena, source->t, value, b->file, b->err) : NULL;
    json_decref(value);
    return source->tree != NULL;
}

static bool read_source(struct case_build *b, struct case_source *source) {
    size_t bad = text_utf8_invalid(source->t), i = 0;
    if (bad != SIZE_MAX) return case_build_error(b, (struct case_place){0, 0}, "byte %zu is not UTF-8", bad);
    if (!read_tree(b, source)) return false;
    while (i + 1 < FORMATS && !table[i]->claims(source)) i++;
    return table[i]->read(b, source);
}

static bool read_any(struct text t, const char *path, const char *shown_name, enum case_roots roots,
                     struct arena *arena, struct assurance_case *out, struct error *err) {
    struct case_build b;
    struct case_source source = {.t = t, .path = path};
    if (!case_build_start(&b, arena, shown_name, out, err)) return false;
    return case_build_end(&b, read_source(&b, &source), roots);
}

bool case_read_text(struct text t, const char *shown_name, enum case_roots roots, struct arena *arena,
                    struct assurance_case *out, struct error *err) {
    return read_any(t, NULL, shown_name, roots, arena, out, err);
}

bool case_read(const char *path, enum case_roots roots, struct arena *arena, struct assurance_case *out,
               struct error *err) {
    struct text t;
    *out = (struct assurance_case){0};
    return file_read(arena, path, CASE_FILE_MOST, &t, err) && read_any(t, path, path, roots, arena, out, err);
}
