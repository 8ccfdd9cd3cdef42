/* Files that are part of the program: suites/, materials/, recipes/, rules/ and so on of the source tree.
 * tools/embed.sh writes the table; the assembler puts each file into the program. */
#ifndef MEASURE_BUILTIN_H
#define MEASURE_BUILTIN_H

#include "base/text.h"

#include <stddef.h>

struct builtin_file {
    const char *name; /* "suites/xstest.yaml" */
    const unsigned char *at, *end;
};
extern const struct builtin_file builtin_table[];
extern const size_t builtin_n_files;

const struct builtin_file *builtin_files(size_t *n);
const struct builtin_file *builtin_find(const char *name); /* NULL: none */
/* Of the files FOLDER + NAME + ENDING the NAME that is nearest to this one, for messages; NULL: none is near. On the
 * arena. */
const char *builtin_nearest(const char *folder, const char *ending, struct text name, struct arena *arena);

#endif
