/* How someone drove: Aggressive, Normal or Conservative, told by rule from what was measured in a scene, and by a model
 * that saw it; and both fused with a lean to risk. A rule votes on percentiles of the scenes of the same kind (type,
 * direction and whether somebody is ahead; of fewer than 200 scenes those of the type, then all):
 *
 *   aggressive    v_avg > P85; a_max, |ax_avg|, a_std > P90; vy_max > P90 (lane changes, intersections, roundabouts);
 *                 and, for safety: unsafe_ratio >= 0.4; a lane change with less than 8 m behind on the target side
 *   conservative  v_avg < P15 with nobody ahead; a_max < P20; oversafe_ratio >= 0.6
 *   A: a vote for safety, or two aggressive ones and no conservative one; C: two conservative ones and no aggressive
 * one; else N fused: A where either says A; C where both do; else N. A person's label wins. Without a model's: the
 * rule's A, else N.
 */
#ifndef MEASURE_STYLE_LABEL_H
#define MEASURE_STYLE_LABEL_H

#include "base/json.h"

enum { STYLE_SCENES_MOST = 1000000 };

struct style_scene {
    struct text token, cell, type;
    double v_avg, a_max, ax_avg, a_std, vy_max, unsafe, oversafe, rear; /* rear NaN: no lane change, or nobody there */
    bool lead;
    char model, person, said; /* A, N, C; 0: none. said: the label that the file gives */
    char rule, fused;
    int aggressive, conservative; /* votes */
    bool dangerous;               /* a vote for safety */
};
struct style_scenes {
    struct style_scene *at;
    size_t n;
};

/* JSON {token: {...}, ...} or JSONL rows with a token. All on the arena. A scene without v_avg or with a number that is
 * none is named. */
bool style_read(const char *path, struct arena *arena, struct style_scenes *out, struct error *err) MUST_CHECK;
bool style_rule(struct style_scenes *scenes, struct arena *arena, struct error *err) MUST_CHECK; /* fills rule */
char style_fuse(char rule, char model, char person);
/* Do mean speeds fall from A over N to C? One that is not there is left out; fewer than two: false. */
bool style_speeds_ordered(const struct style_scenes *scenes, char (*label)(const struct style_scene *scene),
                          double mean[3]);
/* Tokens of a list (YAML, key `tokens`): how many; a second one of the same name is refused. */
bool style_tokens_read(const char *path, struct arena *arena, struct text **out, size_t *n,
                       struct error *err) MUST_CHECK;

#endif
