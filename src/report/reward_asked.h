/* Rewards that are found by asking subjects:
 *   rating,subject=SPEC                        a subject says a number from 1 to 10; the reward is (number - 1) / 9.
 *                                              What is asked once is not asked again.
 *   log-ratio,model=FILE,reference=FILE,beta=B beta times the log-ratio of the answer under two models: the reward that
 *                                              the first one was aligned to, up to what does not depend on the answer
 *                                              (Rafailov et al., NeurIPS 2023, equation 5) */
#ifndef REPORT_REWARD_ASKED_H
#define REPORT_REWARD_ASKED_H

#include "subject/reward.h"

struct reward_asked;
/* Is it one of these? */
bool reward_asked_is(const char *spec);
/* ERROR_USAGE: a key that is missing or wrong, a subject that cannot. path: folders of BASANITE_PATH. */
struct reward_asked *reward_asked_open(const char *spec, const char *path, size_t threads,
                                       struct error *err) MUST_CHECK;
/* The spec and what its subjects are, cut where it does not fit: other weights are another reward. */
void reward_asked_name(const struct reward_asked *asked, const char *spec, char *out, size_t size);
void reward_asked_close(struct reward_asked *asked);
/* As reward.judge, with the struct as context. ERROR_DATA: what was said is no number from 1 to 10. */
bool reward_asked_judge(void *context, const struct reward_ask *asks, size_t n, struct reward_result *results,
                        struct error *err) MUST_CHECK;

#endif
