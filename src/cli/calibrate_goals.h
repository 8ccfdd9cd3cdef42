/* Planted faults of moral graphs and guideline libraries: is what was planted found, and nothing where nothing was. */
#ifndef CLI_CALIBRATE_GOALS_H
#define CLI_CALIBRATE_GOALS_H

#include "lm/calibrate/calibrate.h"

#include <stdint.h>

/* Simulated voters on values with a hidden order (world part voters), `repeat` draws (0: 40) of 500 voters x 3 votes:
 *
 *   wise-dag        the winner of a context is its wisest value, against the value that got most votes and a value at
 * random; values that experts wrote stand higher though nobody knows who they are acquiesce-beta  saying yes for being
 * asked with 0, .2, .4 is found within .05 in the mean of the draws sybil-m         the least votes that make the least
 * wise value first: the plan does it, and no part of it does; blocks of 0, 2, 5, 10 of a hundred that push it win more
 * contexts the larger they are cards           three more cards that say each value are merged with it, and with
 * nothing else: F1 */
bool calibrate_moral(uint64_t seed, uint64_t repeat, calibrate_report *report, void *context,
                     struct error *err) MUST_CHECK;

/*   dup-d           0 to 3 near-duplicates of each of the world's guidelines that are apart, by at most a character in
 * twelve: as many clusters as guidelines corrupt-rho     0, .1, .3, .5 of the pairs of input and guideline get another
 * guideline: recall of a retriever that takes what the nearest inputs were paired with falls, and rho is found from its
 * fall within .1 */
bool calibrate_guide(uint64_t seed, calibrate_report *report, void *context, struct error *err) MUST_CHECK;

#endif
