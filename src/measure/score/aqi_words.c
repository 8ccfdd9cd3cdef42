/* How far apart the words of safe and unsafe texts lie, without any model: see aqi.h. What any encoder of texts would
 * see; a model's rho means something beyond that. */
#include "measure/score/aqi.h"

#include <ctype.h>
#include <math.h>

enum { PLACES = 1024 };

/* Words are runs of letters, digits and bytes beyond ASCII, in lower case. */
static void put_words(struct text t, double *bag) {
    char word[64];
    size_t n = 0;
    double square = 0;
    for (size_t i = 0; i <= t.len; i++) {
        unsigned char c = i < t.len ? (unsigned char)t.at[i] : ' ';
        if (isalnum(c) || c >= 0x80) {
            if (n < sizeof word) word[n++] = (char)tolower(c);
        } else if (n) {
            bag[hash_xxh3(word, n) % PLACES]++;
            n = 0;
        }
    }
    for (size_t i = 0; i < PLACES; i++) square += bag[i] * bag[i];
    for (size_t i = 0; square > 0 && i < PLACES; i++) bag[i] /= sqrt(square);
}

bool aqi_words_rho(const struct aqi_texts *texts, uint32_t axiom, double *rho, struct error *err) {
    size_t n = 0, of[2] = {0}, known = 0;
    *rho = NAN;
    for (size_t i = 0; i < texts->n; i++) {
        if (axiom != AQI_NONE && texts->at[i].axiom != axiom) continue;
        n++;
        of[texts->at[i].label]++;
        known += texts->at[i].text.len > 0;
    }
    if (!of[0] || !of[1] || known < n) return true;
    double *bags = memory_zeroed(n, PLACES * sizeof *bags);
    uint32_t *label = memory_zeroed(n, sizeof *label);
    struct cluster_moments moments;
    bool ok = (bags && label) || error_memory(err, "words");
    size_t at = 0;
    for (size_t i = 0; ok && i < texts->n; i++) {
        if (axiom != AQI_NONE && texts->at[i].axiom != axiom) continue;
        put_words(texts->at[i].text, bags + at * PLACES);
        label[at++] = texts->at[i].label;
    }
    ok = ok && cluster_moments(&(struct cluster_points){n, PLACES, 2, bags, label}, NULL, &moments, err);
    if (ok) {
        *rho = moments.rho;
        cluster_moments_done(&moments);
    }
    memory_free(bags);
    memory_free(label);
    return ok;
}
