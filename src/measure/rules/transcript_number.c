/* Number words to digits: see transcript_internal.h. A small reader that takes words as long as they go on with the
 * number at hand. */
#include "measure/rules/transcript_internal.h"

#include <ctype.h>

struct number {
    uint64_t total; /* of scales that are done with */
    uint64_t part;  /* below the next scale */
    uint64_t least; /* the smallest scale so far; 0: none */
    uint64_t units; /* what may still follow in `part`: values below it; 0: nothing */
    bool any;
};

static bool is_digits(struct text t) {
    for (size_t i = 0; i < t.len; i++)
        if (!isdigit((unsigned char)t.at[i])) return false;
    return t.len > 0 && t.len <= 12;
}

/* A value of 0..19 or of tens: whether it goes on with the number. */
static bool take_value(struct number *x, uint64_t value) {
    if (!x->any) {
        *x = (struct number){.part = value, .any = true, .units = value >= 20 ? 10 : 0};
        return true;
    }
    if (value == 0 || value >= x->units) return false;
    x->part += value;
    x->units = value >= 20 ? 10 : 0;
    return true;
}

static bool take_scale(struct number *x, uint64_t scale) {
    if (!x->any) *x = (struct number){.part = 1, .any = true};
    if (scale == 100) {
        if (x->part == 0 || x->part >= 100) return false;
        x->part *= 100;
        x->units = 100;
        return true;
    }
    if (x->part == 0 || x->part >= 1000000 || (x->least && scale >= x->least)) return false;
    x->total += x->part * scale;
    x->part = 0;
    x->least = scale;
    x->units = 1000;
    return true;
}

/* The word at i, or digits that a scale follows. */
static bool take(const struct transcript_words *w, const struct word_list *in, size_t i, struct number *x) {
    const struct spoken *s = transcript_find(w, SPOKEN_NUMBER, in->at[i]);
    if (s) return take_value(x, s->value);
    s = transcript_find(w, SPOKEN_SCALE, in->at[i]);
    if (s) return take_scale(x, s->value);
    if (!x->any && text_equal_c(in->at[i], "a") && i + 1 < in->n &&
        transcript_find(w, SPOKEN_SCALE, in->at[i + 1])) { /* a hundred */
        *x = (struct number){.part = 1, .any = true};
        return true;
    }
    if (x->any || !is_digits(in->at[i]) || i + 1 == in->n || !transcript_find(w, SPOKEN_SCALE, in->at[i + 1]))
        return false;
    uint64_t value;
    if (!text_to_u64(in->at[i], &value) || value == 0 || value >= 1000000) return false;
    *x = (struct number){.part = value, .any = true};
    return true;
}

/* "and" inside of a number: behind a scale, and something that goes on stands behind it. */
static bool joins(const struct transcript_words *w, const struct word_list *in, size_t i, const struct number *x) {
    struct number trial = *x;
    bool behind_scale = x->units >= 100;
    if (!behind_scale || i + 1 >= in->n || !text_equal_c(in->at[i], "and")) return false;
    const struct spoken *ordinal = transcript_find(w, SPOKEN_ORDINAL, in->at[i + 1]);
    return ordinal ? ordinal->value < x->units : take(w, in, i + 1, &trial);
}

static const char *ordinal_ending(uint64_t value) {
    if (value / 10 % 10 == 1) return "th";
    switch (value % 10) {
    case 1:
        return "st";
    case 2:
        return "nd";
    case 3:
        return "rd";
    default:
        return "th";
    }
}

/* Digits behind "point", from word i; how many words. */
static size_t put_fraction(const struct transcript_words *w, const struct word_list *in, size_t i, char *out,
                           size_t most) {
    size_t n = 0;
    while (i + n < in->n && n < most) {
        const struct spoken *s = transcript_find(w, SPOKEN_NUMBER, in->at[i + n]);
        if (!s || s->value > 9) break;
        out[n++] = (char)('0' + s->value);
    }
    out[n] = 0;
    return n;
}

static bool put_number(const struct transcript_words *w, const struct word_list *in, size_t *i, struct number *x,
                       struct word_list *out, struct arena *arena, struct error *err) {
    char digits[24] = "";
    uint64_t value = x->total + x->part;
    const char *ending = "";
    if (*i < in->n) {
        const struct spoken *ordinal = transcript_find(w, SPOKEN_ORDINAL, in->at[*i]);
        if (ordinal && ordinal->value < x->units) {
            value += ordinal->value;
            ending = ordinal_ending(value);
            ++*i;
        } else if (text_equal_c(in->at[*i], "point")) {
            size_t n = put_fraction(w, in, *i + 1, digits, sizeof digits - 1);
            if (n) *i += n + 1;
        }
    }
    const char *printed =
        arena_printf(arena, err, "%llu%s%s%s", (unsigned long long)value, *digits ? "." : "", digits, ending);
    return printed && word_list_add(out, text_of(printed), arena, err);
}

static bool put_ordinal(uint64_t value, struct word_list *out, struct arena *arena, struct error *err) {
    const char *printed = arena_printf(arena, err, "%llu%s", (unsigned long long)value, ordinal_ending(value));
    return printed && word_list_add(out, text_of(printed), arena, err);
}

bool transcript_numbers(const struct transcript_words *w, const struct word_list *in, struct word_list *out,
                        struct arena *arena, struct error *err) {
    for (size_t i = 0; i < in->n;) {
        struct number x = {0};
        const struct spoken *ordinal = transcript_find(w, SPOKEN_ORDINAL, in->at[i]);
        if (ordinal) {
            if (!put_ordinal(ordinal->value, out, arena, err)) return false;
            i++;
            continue;
        }
        while (i < in->n) {
            if (x.any && joins(w, in, i, &x))
                i++;
            else if (take(w, in, i, &x))
                i++;
            else
                break;
        }
        if (x.any ? !put_number(w, in, &i, &x, out, arena, err) : !word_list_add(out, in->at[i++], arena, err))
            return false;
    }
    return true;
}
