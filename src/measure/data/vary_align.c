/* Two checks of a text that is no question about a fact, which know nothing of each other: whether the variant is the
 * item word for word (vary_aligned), and whether what decides its answer is the same (vary_content). */
#include "measure/data/vary_internal.h"

#include <string.h>

enum { WORDS_MOST = 2000 };

/* ---- the prompt alone ---- */

static bool is_piece(const struct vary_piece *p, const struct vary_word *words, size_t n) {
    if (p->n > n) return false;
    for (size_t i = 0; i < p->n; i++)
        if (!text_equal(p->word[i], words[i].word)) return false;
    return true;
}

/* Words of the longest piece that stands here; 0: none does. */
static size_t piece_at(const struct vary_rules *rules, const struct vary_word *words, size_t n) {
    size_t most = 0;
    for (size_t i = 0; i < rules->n_added; i++)
        if (rules->added[i].n > most && is_piece(&rules->added[i], words, n)) most = rules->added[i].n;
    return most;
}

bool vary_bare(const struct vary_rules *rules, struct text t, struct arena *arena, struct vary_word **words, size_t *n,
               struct error *err) {
    size_t all, kept = 0;
    if (!vary_words_of(t, arena, words, &all, err)) return false;
    bool begins = true;
    for (size_t i = 0; i < all;) {
        size_t piece = piece_at(rules, *words + i, all - i);
        if (!piece) {
            (*words)[kept] = (*words)[i++];
            (*words)[kept++].begins = begins;
        }
        begins = piece > 0;
        i += piece;
    }
    *n = kept;
    return true;
}

bool vary_holds(struct text t, struct text part) {
    char a[READING_WORD], b[READING_WORD];
    struct text word, first, rest = part;
    if (!reading_next(&rest, a, &first)) return false;
    while (reading_next(&t, b, &word)) {
        if (!text_equal(word, first)) continue;
        struct text here = t, there = rest, x, y;
        char c[READING_WORD], d[READING_WORD];
        for (;;) {
            if (!reading_next(&there, d, &y)) return true;
            if (!reading_next(&here, c, &x) || !text_equal(x, y)) break;
        }
    }
    return false;
}

/* ---- word for word ---- */

static struct text root_of(const struct vary_rules *rules, struct text w) {
    for (size_t hops = 0; hops < 4; hops++) {
        size_t i = 0;
        while (i < rules->n_same && !text_equal(rules->same[i].to, w)) i++;
        if (i == rules->n_same) break;
        w = rules->same[i].from;
    }
    return w;
}

/* A word stands for another when a chain of pairs leads from one to the other, or both come from one word. */
static bool stands_for(const struct vary_rules *rules, struct text a, struct text b) {
    for (size_t i = 0; i < rules->n_same; i++)
        if (text_equal(rules->same[i].from, a) && text_equal(rules->same[i].to, b)) return true;
    return text_equal(root_of(rules, a), root_of(rules, b));
}

static bool all_letters(struct text w) {
    for (size_t i = 0; i < w.len; i++)
        if (w.at[i] < 'a' || w.at[i] > 'z') return false;
    return true;
}

/* One slip inside a word of three letters or more. */
static bool is_slip(struct text w, struct text of) {
    if (of.len < 3 || w.len < 2 || !all_letters(w) || !all_letters(of)) return false;
    return w.at[0] == of.at[0] && w.at[w.len - 1] == of.at[of.len - 1] && reading_slipped(w, of);
}

/* How many words from here on are this one; 0: they are not. */
static size_t covers(const struct vary_rules *rules, struct text of, const struct vary_word *v, size_t n) {
    size_t len = 0, k = 0;
    if (text_equal(of, v[0].word) || is_slip(v[0].word, of) || stands_for(rules, of, v[0].word)) return 1;
    while (k < n && len < of.len) {
        struct text w = v[k].word;
        if (w.len > of.len - len || memcmp(of.at + len, w.at, w.len) != 0) return 0;
        len += w.len;
        k++;
    }
    bool spaced = k == of.len;
    return len == of.len && (k == 2 || spaced) ? k : 0;
}

/* Characters beyond ASCII, in their order, without the pictures that may be added. */
static bool same_foreign(const struct vary_rules *rules, struct text a, struct text b) {
    struct text both[2] = {a, b};
    uint32_t next[2] = {0, 0};
    do {
        for (size_t s = 0; s < 2; s++) {
            bool found = false;
            while (!found && both[s].len) {
                size_t n = text_utf8_next(both[s], &next[s]), picture = 0;
                for (size_t i = 0; i < rules->emoji.n; i++)
                    if (text_starts(both[s], rules->emoji.at[i])) picture = 1;
                if (n == 0) return false;
                both[s] = text_part(both[s], n, both[s].len);
                found = next[s] >= 0x80 && !picture;
            }
            if (!found) next[s] = 0;
        }
        if (next[0] != next[1]) return false;
    } while (next[0]);
    return true;
}

struct alignment {
    const struct vary_rules *rules;
    const struct vary_word *item, *variant;
    size_t n, m;
    bool *seen; /* [n + 1, m + 1]: places from which there is no way, or where one is just looked for */
};

/* Is there a way from word i of the item and word j of the variant to both ends? Each step takes a word that stands for
 * a word, an article, or what may stand around a prompt. */
static bool leads(struct alignment *a, size_t i, size_t j) {
    bool *seen = &a->seen[i * (a->m + 1) + j];
    if (i == a->n && j == a->m) return true;
    if (*seen) return false;
    *seen = true;
    const struct vary_word *p = a->item + i, *v = a->variant + j;
    size_t k = i < a->n && j < a->m ? covers(a->rules, p->word, v, a->m - j) : 0;
    if (k && leads(a, i + 1, j + k)) return true;
    if (j < a->m && reading_is_article(v->word) && leads(a, i, j + 1)) return true;
    if (i < a->n && reading_is_article(p->word) && leads(a, i + 1, j)) return true;
    if ((k = piece_at(a->rules, v, a->m - j)) && leads(a, i, j + k)) return true;
    return (k = piece_at(a->rules, p, a->n - i)) && leads(a, i + k, j);
}

const char *vary_aligned(const struct vary_rules *rules, struct text item, struct text variant, struct arena *arena,
                         struct error *err) {
    struct alignment a = {.rules = rules};
    struct vary_word *p, *v;
    if (!vary_words_of(item, arena, &p, &a.n, err) || !vary_words_of(variant, arena, &v, &a.m, err))
        return "out of memory";
    if (a.n > WORDS_MOST || a.m > WORDS_MOST) return "it is too long to be checked";
    a.item = p, a.variant = v;
    if (!(a.seen = arena_new(arena, bool, (a.n + 1) * (a.m + 1), err))) return "out of memory";
    if (!leads(&a, 0, 0)) return "its words are not those of the item";
    return same_foreign(rules, item, variant) ? NULL : "its letters are not those of the item";
}

/* ---- what decides the answer ---- */

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Behind a full stop, a colon or at the beginning, where a capital says nothing. */
static bool begins_sentence(struct text whole, struct text raw) {
    const char *at = raw.at;
    while (at > whole.at && strchr(" \t\n\"'([", at[-1])) {
        at--;
        if (*at == '\n') return true;
    }
    return at == whole.at || strchr(".?!:]", at[-1]);
}

static bool has_digit(struct text t) {
    for (size_t i = 0; i < t.len; i++)
        if (is_digit(t.at[i])) return true;
    return false;
}

/* Letters spaced apart are capitals of one letter, which are no names. */
static bool counts(const struct vary_rules *rules, struct text whole, const struct vary_word *w) {
    if (has_digit(w->word)) return true;
    for (size_t i = 0; i < rules->counting.n; i++)
        if (text_equal(rules->counting.at[i], w->word)) return true;
    bool capital = w->raw.at[0] >= 'A' && w->raw.at[0] <= 'Z';
    return capital && w->raw.len > 1 && !w->begins && !begins_sentence(whole, w->raw);
}

/* A sum that does not depend on the order; signs of sums and comparisons count as well. bare: without what may stand
 * around a prompt. */
static bool weigh(const struct vary_rules *rules, struct text t, bool bare, struct arena *arena, uint64_t *sum,
                  struct error *err) {
    struct vary_word *words;
    size_t n;
    *sum = 0;
    if (!(bare ? vary_bare(rules, t, arena, &words, &n, err) : vary_words_of(t, arena, &words, &n, err))) return false;
    for (size_t i = 0; i < n; i++)
        if (counts(rules, t, &words[i])) *sum += hash_xxh3(words[i].word.at, words[i].word.len) | 1;
    for (size_t i = 0; i < t.len; i++)
        if (strchr("+*/=<>^%", t.at[i]) && t.at[i]) *sum += hash_xxh3(t.at + i, 1) | 1;
    return true;
}

const char *vary_content(const struct vary_rules *rules, struct text item, struct text variant, struct arena *arena,
                         struct error *err) {
    uint64_t one, other;
    for (int bare = 0; bare < 2; bare++) {
        if (!weigh(rules, item, bare, arena, &one, err) || !weigh(rules, variant, bare, arena, &other, err))
            return "out of memory";
        if (one == other) return NULL;
    }
    return "its numbers, names or negations are not those of the item";
}
