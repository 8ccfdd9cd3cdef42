/* What `basanite calibrate` prints: rows of its parts and of reference materials as they come, as tables or as JSON,
 * and the names of those that were missed. */
#ifndef CLI_CALIBRATE_PRINT_H
#define CLI_CALIBRATE_PRINT_H

#include "cli/options.h"
#include "lm/calibrate/calibrate.h"
#include "measure/material/material.h"
#include "report/text_grid.h"

struct calibrate_printer {
    struct arguments *args;
    const char *part; /* whose rows come */
    struct text_grid grid;
    json_t *rows, *materials;
    size_t n[3]; /* by enum calibrate_state */
    struct buffer missed;
    struct error error; /* the first failure while receiving */
};
bool calibrate_printer_init(struct calibrate_printer *printer, struct arguments *args, struct error *err) MUST_CHECK;
void calibrate_printer_done(struct calibrate_printer *printer);

/* Rows of a part: begin, then calibrate_print_row (a calibrate_report) for each, then end. */
bool calibrate_print_begin(struct calibrate_printer *printer, const char *part, struct error *err) MUST_CHECK;
void calibrate_print_row(void *printer, const struct calibrate_row *row);
/* The same for a reference material, with calibrate_print_material (a material_report). */
bool calibrate_print_begin_material(struct calibrate_printer *printer, const char *heading,
                                    struct error *err) MUST_CHECK;
void calibrate_print_material(void *printer, const struct material_row *row);
/* The table of what came since begin; nothing with --json. */
bool calibrate_print_end(struct calibrate_printer *printer, struct error *err) MUST_CHECK;

/* How many were ok, missed and skipped; with --json everything. ERROR_GATE when one was missed: names them. */
bool calibrate_print_total(struct calibrate_printer *printer, struct error *err) MUST_CHECK;

#endif
