/* The parts of `basanite calibrate`: each holds something of this program against known answers. */
#ifndef CLI_CALIBRATE_PARTS_H
#define CLI_CALIBRATE_PARTS_H

#include "base/pool.h"
#include "lm/calibrate/calibrate.h"

#include <stdint.h>

struct calibration_settings {
    const char *gold; /* file or folder; NULL: only what the part brings itself */
    const char *path; /* folders of BASANITE_PATH */
    struct pool *pool;
    uint64_t seed, repeat; /* repeat 0: default */
    double confidence;
};

struct calibration_part {
    const char *name, *summary;
    const char *places[3]; /* where its known answers lie below a folder of BASANITE_PATH, the first found is taken */
    bool needs_gold;       /* brings no answers of its own */
    bool (*run)(const struct calibration_settings *settings, calibrate_report *report, void *context,
                struct error *err);
};

/* In the order in which they run. */
size_t calibration_parts(const struct calibration_part **out);

#endif
