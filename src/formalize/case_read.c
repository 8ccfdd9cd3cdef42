/* Which format a case stands in, and the tree that its reader gets: see case_read.h. */
#include "formalize/case_build.h"

#include "base/file.h"

#include <string.h>

/* JSON that is no tdt-1 is a mapping of nodes, as in YAML. */
static bool read_json(struct case_build *b, struct text t) {
    json_t *value = json_read(t, b->file, 1, b->err);
    if (!value) return false;
    struct yaml *root = case_json_tree(b->arena, t, value, b->file, b->err);
    bool ok = root != NULL;
    if (ok && root->kind != YAML_MAPPING) ok = yaml_error(root, b->err, "expected an assurance case: an object");
    if (ok) ok = yaml_get(root, "nodes") ? case_read_tdt(b, root) : case_read_gsn(b, root);
    json_decref(value);
    return ok;
}

static bool read_yaml(struct case_build *b, struct text t) {
    struct yaml *root = yaml_read(b->arena, t, b->file, b->err);
    return root && case_read_gsn(b, root);
}

static char first_char(struct text t) {
    if (text_starts(t, TEXT("\xef\xbb\xbf"))) t = text_part(t, 3, t.len);
    t = text_trim(t);
    return t.len ? t.at[0] : 0;
}

bool case_read_text(struct text t, const char *shown_name, enum case_roots roots, struct arena *arena,
                    struct assurance_case *out, struct error *err) {
    struct case_build b;
    if (!case_build_start(&b, arena, shown_name, out, err)) return false;
    bool ok = first_char(t) == '{' ? read_json(&b, t) : read_yaml(&b, t);
    return case_build_end(&b, ok, roots);
}

bool case_read(const char *path, enum case_roots roots, struct arena *arena, struct assurance_case *out,
               struct error *err) {
    struct text t;
    *out = (struct assurance_case){0};
    return file_read(arena, path, CASE_FILE_MOST, &t, err) && case_read_text(t, path, roots, arena, out, err);
}
