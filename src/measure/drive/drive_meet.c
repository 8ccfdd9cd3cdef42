/* Meetings: see drive_meet.h. */
#include "measure/drive/drive_meet.h"

#include <math.h>

#define STOPPED 0.05
#define DEGREES (3.14159265358979323846 / 180)

const char *const drive_kind_names[] = {"vehicle", "pedestrian", "bicycle", "object"};

static bool behind(struct drive_pose ego, struct drive_point other) {
    return drive_bearing(ego, other) > 150 * DEGREES;
}

enum drive_meeting drive_meeting_of(const struct drive_state *ego, const struct drive_other *other) {
    struct drive_box car = drive_car(ego->pose);
    struct drive_point corner[4], there = {other->box.centre.x, other->box.centre.y};
    if (ego->v <= STOPPED) return DRIVE_EGO_STOPPED;
    if (other->v <= STOPPED) return DRIVE_OTHER_STOPPED;
    if (behind(ego->pose, there)) return DRIVE_FROM_BEHIND;
    drive_corners(&car, corner);
    return drive_segment_meets(corner[0], corner[3], &other->box) ? DRIVE_FRONTAL : DRIVE_SIDEWAYS;
}

bool drive_at_fault(enum drive_meeting meeting, bool loose) {
    return meeting == DRIVE_FRONTAL || meeting == DRIVE_OTHER_STOPPED || (meeting == DRIVE_SIDEWAYS && loose);
}

bool drive_counts_for_ttc(struct drive_pose ego, struct drive_point other, bool loose) {
    return drive_bearing(ego, other) < 30 * DEGREES || (loose && !behind(ego, other));
}

double drive_delta_v(const struct drive_state *ego, const struct drive_other *other) {
    double between = cos(ego->pose.heading - other->box.centre.heading);
    return 0.5 * sqrt(fmax(0, ego->v * ego->v + other->v * other->v - 2 * ego->v * other->v * between));
}
