/* Scores of driving in a non-reactive simulation of four seconds: PDMS (Dauner et al., NAVSIM, NeurIPS 2024) and its
 * style-aware form SM-PDMS (Hao et al., StyleDrive, arXiv 2506.23982), as released:
 *
 *   score = NC DAC (5 EP + 5 TTC + 2 C) / 12
 *
 *   NC   no collision that is the car's fault: 0 with vehicles, people and bicycles, 0.5 with objects, else 1
 *   DAC  all corners on the drivable area at every step
 *   EP   SM: max(0, 1 - 1.2 ((p - p_human) / ref)^2), ref 3, 5, 6, 7 m for p_human below 10, 24, 40, and above; 1 where
 *        nobody gets further than 3 m. PDM: p over the furthest, at most 1; 1 where nobody gets further than 5 m
 *   TTC  the car, driven on as it is, meets nobody within 0.8 (A), 1.0 (N), 1.2 s (C); PDM within 0.9 s
 *   C    drive_comfortable
 *
 * `released` looks at 0, 0.3, 0.6, 0.9 and 1.2 s only, so that limits of 1.0 and 1.2 s are one and the same; `fine` at
 * every tenth of a second. */
#ifndef MEASURE_DRIVE_SCORE_H
#define MEASURE_DRIVE_SCORE_H

#include "measure/drive/drive_scene.h"

enum drive_subject { DRIVE_HUMAN, DRIVE_PREDICTION };
struct drive_score_settings {
    enum drive_subject subject;
    double shift; /* metres that are taken from its progress */
    bool plain;   /* PDMS */
    bool fine;    /* every tenth of a second for TTC */
    char style;   /* judged as this one; 0: as the scene says */
};
struct drive_result {
    double nc, dac, ep, ttc, comfort, score;
    double soonest;         /* least time to a collision that was looked for; INFINITY: none */
    double progress, human; /* metres along the route */
    double l2[3], l2_mean;  /* of the plan to the human one at 2, 3, 4 s, and over all eight poses */
};
double drive_progress_score(double progress, double human, double furthest);
/* A scene without a prediction has none to score: ERROR_DATA. */
bool drive_score(const struct drive_scene *scene, const struct drive_score_settings *settings, struct drive_result *out,
                 struct error *err) MUST_CHECK;

#endif
