/* The text that calibrated codecs look at: windows of tokens drawn from files of training data (act/data/corpus.h). */
#ifndef ACT_CALIBRATION_H
#define ACT_CALIBRATION_H

#include "base/hash.h"
#include "lm/engine/block.h"

struct calibration_from {
    const char *const *paths;
    size_t n_paths;
    const char *template_name; /* NULL: the tokenizer's own */
    size_t window;             /* tokens; 0: the context, at most CALIBRATION_WINDOW_MOST */
    size_t samples; /* windows; 0: as many as have CALIBRATION_TOKENS, or 16 for each input of the widest matrix, but 16
                     * to 128 */
    uint64_t seed;  /* which windows */
};
enum { CALIBRATION_WINDOW_MOST = 2048, CALIBRATION_TOKENS = 32768 };

struct calibration_text {
    struct lm_texts *windows; /* each of at most `window` tokens: pieces of documents that do not see one another */
    size_t n, window;
    uint64_t tokens;       /* of all */
    char digest[HASH_HEX]; /* of everything the windows were drawn from */
    int32_t *ids;
    size_t *starts;
};

/* ERROR_DATA: the text is shorter than one window. */
bool calibration_read(struct calibration_text *text, const struct calibration_from *settings,
                      const struct lm_model *model, struct error *err) MUST_CHECK;
void calibration_done(struct calibration_text *text);

#endif
