/* How far apart the words of safe and unsafe texts lie, without any model: see aqi.h. What any encoder of texts would
 * see; a model's rho means something beyond that. */
#include "measure/score/aqi.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

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

/* Of two groups rho follows from their sums and squares, so that no bag is kept. */
bool aqi_words_rho(const struct aqi_texts *texts, uint32_t axiom, double *rho, struct error *err) {
    double n[2] = {0}, within = 0, apart2 = 0;
    *rho = NAN;
    double *sum = memory_zeroed(3 * PLACES, sizeof *sum), *bag = sum + 2 * PLACES;
    if (!sum) return error_memory(err, "words");
    bool known = true;
    for (size_t i = 0; known && i < texts->n; i++) {
        const struct aqi_text *t = &texts->at[i];
        if (axiom != AQI_NONE && t->axiom != axiom) continue;
        known = t->text.len > 0;
        memset(bag, 0, PLACES * sizeof *bag);
        put_words(t->text, bag);
        for (size_t c = 0; c < PLACES; c++) {
            sum[t->label * PLACES + c] += bag[c];
            within += bag[c] * bag[c];
        }
        n[t->label]++;
    }
    for (size_t c = 0; c < PLACES; c++) {
        double a = sum[c] / n[0], b = sum[PLACES + c] / n[1];
        within -= n[0] * a * a + n[1] * b * b;
        apart2 += (a - b) * (a - b);
    }
    if (known && n[0] > 0 && n[1] > 0) *rho = apart2 > 0 ? (n[0] + n[1]) * apart2 / within : 0;
    memory_free(sum);
    return true;
}
