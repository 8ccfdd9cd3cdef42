/* Reference materials on the command line: which are asked for, running and writing them. */
#ifndef CLI_CALIBRATE_MATERIALS_H
#define CLI_CALIBRATE_MATERIALS_H

#include "cli/calibrate_print.h"

enum { CALIBRATE_MATERIALS_MOST = 256 };

/* The materials of a command: built in, and from files. */
struct calibrate_materials {
    struct material *all[CALIBRATE_MATERIALS_MOST];
    size_t n;
    const char *unknown[CALIBRATE_MATERIALS_MOST]; /* metrics without a material */
    size_t n_unknown;
};

/* True for "material", "material/NAME", "metric" and "metric/NAME". */
bool calibrate_materials_claim(const char *word);
/* Reads those that the words and --material ask for (every built-in one when `all`), each once. An unknown name is
 * ERROR_USAGE with the nearest one. A metric that no material has is listed among `unknown`. */
bool calibrate_materials_open(struct calibrate_materials *materials, struct arguments *args, bool all,
                              struct error *err) MUST_CHECK;
void calibrate_materials_close(struct calibrate_materials *materials);

bool calibrate_materials_run(const struct calibrate_materials *materials, struct calibrate_printer *printer,
                             struct pool *pool, struct error *err) MUST_CHECK;
/* --make: writes the only one that is asked for to a folder, and prints how it is measured. */
bool calibrate_materials_make(const struct calibrate_materials *materials, struct arguments *args, const char *folder,
                              struct error *err) MUST_CHECK;

#endif
