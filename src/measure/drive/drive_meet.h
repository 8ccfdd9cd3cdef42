/* Meetings of a car with others: what kind a collision is, and whose fault. The rules are those of the published
 * metrics (no at-fault collision, time to collision). */
#ifndef MEASURE_DRIVE_MEET_H
#define MEASURE_DRIVE_MEET_H

#include "measure/drive/drive_signal.h"

enum drive_kind { DRIVE_VEHICLE, DRIVE_PEDESTRIAN, DRIVE_BICYCLE, DRIVE_OBJECT };
enum { DRIVE_KINDS = DRIVE_OBJECT + 1 };
extern const char *const drive_kind_names[]; /* "vehicle", "pedestrian", "bicycle", "object" */

struct drive_other {
    enum drive_kind kind;
    struct drive_box box;
    double v;
};

enum drive_meeting { DRIVE_EGO_STOPPED, DRIVE_OTHER_STOPPED, DRIVE_FROM_BEHIND, DRIVE_FRONTAL, DRIVE_SIDEWAYS };
/* They overlap: which way? */
enum drive_meeting drive_meeting_of(const struct drive_state *ego, const struct drive_other *other);
/* loose: the car has corners in several lanes, or off the road. */
bool drive_at_fault(enum drive_meeting meeting, bool loose);
/* Does the other count for the time to collision? Those ahead (30 degrees); where `loose`, or in an intersection, all
 * that are not behind (150 degrees). */
bool drive_counts_for_ttc(struct drive_pose ego, struct drive_point other, bool loose);
/* Change of the car's speed in an inelastic collision of equal masses. */
double drive_delta_v(const struct drive_state *ego, const struct drive_other *other);

#endif
