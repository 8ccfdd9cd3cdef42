/* Many subjects in one file: `--subject @LIST.json`. A JSON array of 1 to 64 entries, each a subject as --subject takes
 * it, or
 * {"subject": SPEC, "name": NAME, "declared": {...}, "kin": {...}}. Names are those of the runs, by default the place
 * in the list; declared: who it is said to be (subject.h); kin: what is known of its ancestry
 * (measure/compare/lineage.h), not read here. */
#ifndef SUBJECT_LIST_H
#define SUBJECT_LIST_H

#include "base/json.h"

enum { SUBJECT_LIST_MOST = 64 };

struct subject_list {
    const char *path;
    struct subject_entry {
        const char *spec, *name; /* name NULL: none is given */
        const json_t *declared;  /* NULL: not said */
    } * entries;
    size_t n;
    json_t *json; /* what `declared` points into: subject_list_done */
};
void subject_list_done(struct subject_list *list);

/* "@LIST.json"; anything else is one subject. */
bool subject_list_named(const char *spec);
/* On the arena. ERROR_USAGE: no such file; ERROR_DATA with file and entry: no list, an unknown key, a name or subject
 * given twice. */
bool subject_list_read(const char *spec, struct arena *arena, struct subject_list *out, struct error *err) MUST_CHECK;
/* Puts "LIST.json: entry 2, 'SPEC': " before the message. Returns false. */
bool subject_list_wrap(const struct subject_list *list, size_t i, struct error *err);

#endif
