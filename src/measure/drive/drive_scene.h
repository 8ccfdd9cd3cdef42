/* A driving scene: where the car is, how a person drove on for four seconds, what a planner predicts, who else is
 * there, and where one may drive. JSONL, one scene a line:
 *
 *   {"token": "9f00aa", "style": "A"|"N"|"C", "type": "lane_following"?,
 *    "ego": {"pose": [x, y, heading], "v": m/s, "a": m/s2?, "steering": rad?},
 *    "human": [[x, y, heading] x 8], "prediction": same?, "reference": same?,     rear axle at 0.5, 1, ... 4 s
 *    "route": [[x, y], ...], "drivable": [[[x, y], ...], ...], "lanes": same?, "intersections": same?,
 *    "tracks": [{"id", "kind": vehicle|pedestrian|bicycle|object, "size": [length, width],
 *                "states": [[x, y, heading, v] x 41]}, ...]}                         each 0.1 s; one state: it stands
 *
 * Every fault is told with FILE:LINE and the token. */
#ifndef MEASURE_DRIVE_SCENE_H
#define MEASURE_DRIVE_SCENE_H

#include "base/json.h"
#include "measure/drive/drive_meet.h"
#include "measure/drive/drive_simulate.h"

struct drive_track {
    struct text id;
    enum drive_kind kind;
    double length, width;
    struct drive_pose at[DRIVE_STEPS];
    double v[DRIVE_STEPS];
};
struct drive_areas {
    struct drive_area *at;
    size_t n;
};
struct drive_scene {
    struct text token, type;
    char style;
    struct drive_state ego;
    struct drive_pose human[DRIVE_POSES], prediction[DRIVE_POSES], reference[DRIVE_POSES];
    bool predicted, referred;
    struct drive_point *route;
    size_t n_route;
    struct drive_areas drivable, lanes, intersections;
    struct drive_track *track;
    size_t n_tracks;
};
/* All on the arena; texts borrowed from json. */
bool drive_scene_read(const json_t *json, struct json_place place, struct arena *arena, struct drive_scene *out,
                      struct error *err) MUST_CHECK;
/* Eight poses as above, none more than a kilometre from where the car is. */
bool drive_plan_read(const json_t *json, struct drive_pose from, struct drive_pose out[DRIVE_POSES]) MUST_CHECK;

#endif
