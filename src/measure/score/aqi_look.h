/* What the layers of a subject make of texts, for aqi.h: one forward pass, in which sums are kept that do not grow with
 * the number of texts. Where the indices that need vectors are wanted, too, the vectors go to a file without a name,
 * which is mapped when the pass is over and gone when it is closed. */
#ifndef MEASURE_AQI_LOOK_H
#define MEASURE_AQI_LOOK_H

#include "measure/score/aqi.h"
#include "subject/subject_look.h"

struct aqi_look;
/* All layers, from the embedding to the last block; each text's positions are averaged, of a text with a choice those
 * of the choice. texts: after aqi_texts_end, borrowed. keep: vectors are kept. ERROR_USAGE: not a model in this
 * process. Texts of asks with `cut` that were cut are counted in the source. */
struct aqi_look *aqi_look_open(struct subject *subject, const struct aqi_texts *texts, bool keep,
                               struct error *err) MUST_CHECK;
void aqi_look_close(struct aqi_look *look);
/* The next n texts, in order. A text that cannot be looked at is ERROR_DATA with its id. */
bool aqi_look_add(struct aqi_look *look, const struct ask *asks, size_t n, struct error *err) MUST_CHECK;
/* Behind the last text; what is in out is borrowed from the look. */
bool aqi_look_end(struct aqi_look *look, struct aqi_source *out, struct error *err) MUST_CHECK;

#endif
