/* A drawing of an assurance case: a tree from top to bottom with the shapes of the goal structuring notation. The same
 * case gives the same bytes. Nodes below two others are drawn once. */
#ifndef REPORT_CASE_PICTURE_H
#define REPORT_CASE_PICTURE_H

#include "formalize/case/case.h"

enum { CASE_DRAWN_MOST = 5000 }; /* nodes */

/* What a check found, to be shown: a word for each node ("holds", "refuted", ...; NULL: nothing), and whether doubt
 * reaches it from below. NULL instead of the arrays: no check. */
struct case_marks {
    const char *const *status;
    const bool *doubtful;
};

struct case_picture_format {
    const char *name, *summary;
    bool (*write)(const struct assurance_case *c, const struct case_marks *marks, struct buffer *out,
                  struct error *err);
};
size_t case_picture_formats(const struct case_picture_format **out);
const struct case_picture_format *case_picture_format_find(const char *name, struct error *err) MUST_CHECK;

/* The drawing alone, for a page that has the style sheet of reports. */
bool case_picture_svg(const struct assurance_case *c, const struct case_marks *marks, struct buffer *out,
                      struct error *err) MUST_CHECK;

/* ---- where everything stands: case_layout.c ---- */

struct case_box {
    double x, y, width, height; /* of the shape; x, y: its upper left corner */
    struct text *lines;         /* the text, broken */
    size_t n_lines;
    size_t rank;
};
struct case_layout {
    struct case_box *box; /* of each node */
    double width, height;
};
/* On the arena. ERROR_DATA: more than CASE_DRAWN_MOST nodes. */
bool case_layout(const struct assurance_case *c, struct arena *arena, struct case_layout *out,
                 struct error *err) MUST_CHECK;

#endif
