/* The formats that cases stand in: one table, a row a format; a format is one file case_FORMAT.c (its reader), and
 * case_FORMAT_write.c where that is long. Round trips keep ids, links, texts and the members of ours. */
#ifndef FORMALIZE_CASE_FORMAT_H
#define FORMALIZE_CASE_FORMAT_H

#include "formalize/case/case_build.h"

/* What a reader gets. tree: of JSON; NULL for other texts. */
struct case_source {
    struct text t;
    const char *path; /* NULL: the text stands in no file */
    const struct yaml *tree;
};

struct case_format {
    const char *name, *summary;
    const char *ending; /* files are called so, for convert: ".gsn.yaml" */
    bool (*claims)(const struct case_source *source);
    bool (*read)(struct case_build *b, const struct case_source *source);
    /* Nothing of a case is left out silently; ERROR_DATA: it cannot stand in the format. */
    bool (*write)(const struct assurance_case *c, struct buffer *out, struct error *err);
};
size_t case_formats(const struct case_format *const **out);
const struct case_format *case_format_find(const char *name, struct error *err) MUST_CHECK; /* names the nearest */
/* By the end of a file's name; NULL: none. */
const struct case_format *case_format_of_name(const char *path);

extern const struct case_format case_format_gsn, case_format_tdt, case_format_cae, case_format_tea, case_format_sacm,
    case_format_prolog, case_format_csv;

bool case_write_gsn(const struct assurance_case *c, struct buffer *out, struct error *err); /* case_gsn_write.c */

bool case_write_tea(const struct assurance_case *c, struct buffer *out, struct error *err); /* case_tea_write.c */
enum { CASE_TEA_DEPTH_MOST = 400 };
bool case_tea_type(const char *type, enum case_kind *out) MUST_CHECK; /* "PROPERTY_CLAIM" -> a goal */
bool case_write_sacm(const struct assurance_case *c, struct buffer *out, struct error *err); /* case_sacm_write.c */

bool case_sacm_own_name(struct text name, struct text value); /* a namespace that the writer names itself */

/* ---- what writers share ---- */

enum case_put_what {
    CASE_PUT_FIELDS = 1, /* the members of case_read_fields that differ from what is taken when they are absent */
    CASE_PUT_LINKS = 2,  /* supportedBy, inContextOf, challenges: lists of ids */
    CASE_PUT_OTHER = 4,  /* `other` as member extra */
};
/* A new object with those; NULL: no memory. */
json_t *case_node_json(const struct assurance_case *c, const struct case_node *node, unsigned what,
                       struct error *err) MUST_CHECK;
/* The way back: at is such an object. Links are of the node. */
bool case_read_node_json(struct case_build *b, const struct yaml *at, size_t node) MUST_CHECK;
/* The same of its text, as formats keep it that have no members. */
bool case_read_node_text(struct case_build *b, struct text json, struct case_place place, size_t node) MUST_CHECK;
/* first[i]: the node that is first in the file to list i (supported_by or in_context_of); SIZE_MAX: none does.
 * Owned by the caller (memory_free). */
size_t *case_first_parents(const struct assurance_case *c, struct error *err) MUST_CHECK;
/* The whole value as JSON with a line break behind it. */
bool case_put_json(const json_t *value, struct buffer *out, struct error *err) MUST_CHECK;

#endif
