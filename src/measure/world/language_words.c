/* The words of a language, drawn from the seed by its sounds; phrases and names in it, and back. See language.h. */
#include "measure/world/language.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEMS = 600, WORD_MOST = 64, TRIES = 1000 };

struct drawing {
    struct world *w;
    struct language *language;
    struct words_reader *r;
    struct list onsets, codas, vowels, accents;
    struct list stems; /* all words with stems of their own, then the compounds */
    char stream[64];
};

static const char *stream_of(struct drawing *d, const char *name) {
    snprintf(d->stream, sizeof d->stream, "languages/%s/%s", d->language->name, name);
    return d->stream;
}

static bool is_new(const struct language *language, struct text word) {
    for (size_t i = 0; i < language->n_words; i++)
        if (text_equal(language->words[i].word, word)) return false;
    return true;
}

static bool keep(struct drawing *d, struct text en, struct text word, enum word_kind kind) {
    char *copy = arena_copy(&d->w->arena, word.at, word.len, d->r->err);
    if (!copy) return false;
    d->language->words[d->language->n_words++] = (struct word){en, {copy, word.len}, (uint8_t)kind};
    return true;
}

/* Two syllables that end in a vowel, one of the vowels with an accent. */
static void draw_stem(struct drawing *d, struct buffer *b, struct rng *rng) {
    uint64_t accent = rng_below(rng, 2), closed = rng_below(rng, 2);
    for (uint64_t s = 0; s < 2; s++) {
        buffer_put_text(b, world_pick(&d->onsets, rng));
        buffer_put_text(b, world_pick(s == accent ? &d->accents : &d->vowels, rng));
        if (s == 0 && closed) buffer_put_text(b, world_pick(&d->codas, rng));
    }
}

static void draw_compound(struct drawing *d, struct buffer *b, struct rng *rng) {
    for (int s = 0; s < 2; s++) buffer_put_text(b, d->language->words[rng_below(rng, STEMS)].word);
}

/* No accent: a consonant and a vowel, a vowel and a coda, or all three. */
static void draw_particle(struct drawing *d, struct buffer *b, struct rng *rng) {
    uint64_t shape = rng_below(rng, 3);
    if (shape != 1) buffer_put_text(b, world_pick(&d->onsets, rng));
    buffer_put_text(b, world_pick(&d->vowels, rng));
    if (shape != 0) buffer_put_text(b, world_pick(&d->codas, rng));
}

/* The word of `en`: draws until it is a new one. */
static bool draw_new(struct drawing *d, struct text en, enum word_kind kind, const char *name, size_t index) {
    struct rng rng = world_stream(d->w, stream_of(d, name), 0, index);
    struct buffer b;
    bool found = false;
    buffer_init(&b, WORD_MOST);
    for (int i = 0; i < TRIES && !found; i++) {
        buffer_clear(&b);
        (kind == WORD_STEM ? draw_stem : kind == WORD_COMPOUND ? draw_compound : draw_particle)(d, &b, &rng);
        found = !b.failed && is_new(d->language, buffer_text(&b));
    }
    bool ok = found ? keep(d, en, buffer_text(&b), kind)
                    : error_set(d->r->err, ERROR_DATA, "languages: %s: no new word for '%.*s' in %d tries",
                                d->language->name, TEXT_ARG(en), TRIES);
    buffer_done(&b);
    return ok;
}

static const struct word *find_drawn(const struct language *language, struct text en) {
    for (size_t i = 0; i < language->n_words; i++)
        if (text_equal(language->words[i].en, en)) return &language->words[i];
    return NULL;
}

/* Forms of one ending: {crowns: crown, ...}. A form with the empty ending is the word itself. */
static bool draw_forms(struct drawing *d, const struct yaml *forms, struct text ending) {
    struct buffer b;
    bool ok = true;
    buffer_init(&b, WORD_MOST);
    for (size_t i = 0; ok && i < forms->n; i++) {
        const struct word *base = find_drawn(d->language, forms->child[i]->scalar);
        buffer_clear(&b);
        if (!base) {
            ok = yaml_error(forms->child[i], d->r->err, "'%.*s' is none of the words",
                            TEXT_ARG(forms->child[i]->scalar));
            break;
        }
        ok = (buffer_put_text(&b, base->word) && buffer_put_text(&b, ending)) || buffer_check(&b, "word", d->r->err);
        if (ok && ending.len && !is_new(d->language, buffer_text(&b)))
            ok = yaml_error(forms->child[i], d->r->err, "the form '%s' is another word of the language", b.at);
        ok = ok && keep(d, forms->key[i]->scalar, buffer_text(&b), WORD_FORM);
    }
    buffer_done(&b);
    return ok;
}

static int by_en(const void *a, const void *b) {
    return text_compare(((const struct word *)a)->en, ((const struct word *)b)->en);
}

static bool read_sounds(struct drawing *d, const struct yaml *node) {
    const struct yaml *names = words_member(d->r, node, "names");
    struct language *language = d->language;
    if (!names || !words_list(d->r, node, "onsets", "", 0, &d->onsets) ||
        !words_list(d->r, node, "codas", "", 0, &d->codas) || !words_list(d->r, node, "vowels", "", 0, &d->vowels) ||
        !words_list(d->r, node, "accents", "", 0, &d->accents) ||
        !words_list(d->r, node, "letters", "", MOST_OPTIONS, &language->letters) ||
        !words_text_of(d->r, node, "question", "", &language->question))
        return false;
    language->from = language->to = (struct list){.n = names->n};
    language->from.at = arena_new(&d->w->arena, struct text, names->n, d->r->err);
    language->to.at = arena_new(&d->w->arena, struct text, names->n, d->r->err);
    if (!language->from.at || !language->to.at) return false;
    for (size_t i = 0; i < names->n; i++)
        language->from.at[i] = names->key[i]->scalar, language->to.at[i] = names->child[i]->scalar;
    return true;
}

static bool read_order(struct drawing *d, const struct yaml *node) {
    struct text head, noun;
    const struct yaml *order = words_member(d->r, node, "order");
    if (!order || !words_text_of(d->r, order, "head", "", &head) || !words_text_of(d->r, order, "noun", "", &noun))
        return false;
    d->language->head_last = text_equal_c(head, "last"), d->language->noun_first = text_equal_c(noun, "first");
    d->language->head_opens = text_equal_c(head, "opens");
    return ((d->language->head_last || d->language->head_opens || text_equal_c(head, "first")) &&
            (d->language->noun_first || text_equal_c(noun, "last"))) ||
           yaml_error(order, d->r->err, "order: expected first, last or opens for head, first or last for noun");
}

bool language_draw_words(struct world *w, struct language *language, struct words_reader *r, const struct yaml *root,
                         const struct yaml *node) {
    static const char *const sorts[] = {"same", "many", "past", "done", "doing", "of"};
    struct drawing d = {.w = w, .language = language, .r = r};
    struct list particles;
    const struct yaml *forms = words_member(r, root, "forms"), *endings = words_member(r, node, "endings"), *sort;
    if (!forms || !endings || !read_sounds(&d, node) || !read_order(&d, node) ||
        !words_list(r, root, "words", "", 0, &d.stems) || !words_list(r, root, "particles", "", 0, &particles))
        return false;
    size_t most = d.stems.n + particles.n;
    for (size_t i = 0; i < forms->n; i++) most += forms->child[i]->n;
    if (!(language->words = arena_new(&w->arena, struct word, most, r->err))) return false;
    for (size_t i = 0; i < d.stems.n; i++)
        if (!draw_new(&d, d.stems.at[i], i < STEMS ? WORD_STEM : WORD_COMPOUND, i < STEMS ? "stems" : "compounds", i))
            return false;
    for (size_t i = 0; i < particles.n; i++)
        if (!draw_new(&d, particles.at[i], WORD_PARTICLE, "particles", i)) return false;
    for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++) {
        struct text ending;
        if (!(sort = words_member(r, forms, sorts[i])) || !words_text_of(r, endings, sorts[i], "", &ending) ||
            !draw_forms(&d, sort, ending))
            return false;
    }
    qsort(language->words, language->n_words, sizeof *language->words, by_en);
    for (size_t i = 1; i < language->n_words; i++)
        if (text_equal(language->words[i - 1].en, language->words[i].en))
            return yaml_error(root, r->err, "the word '%.*s' stands there twice", TEXT_ARG(language->words[i].en));
    return true;
}

const struct word *language_word(const struct language *language, struct text en) {
    char low[WORD_MOST];
    if (en.len >= sizeof low) return NULL;
    for (size_t i = 0; i < en.len; i++) low[i] = (char)(en.at[i] >= 'A' && en.at[i] <= 'Z' ? en.at[i] + 32 : en.at[i]);
    struct word key = {.en = {low, en.len}};
    return language->n_words ? bsearch(&key, language->words, language->n_words, sizeof key, by_en) : NULL;
}

/* ---- phrases and names */

static bool put_capital(struct buffer *out, struct text word, bool capital) {
    size_t from = out->len;
    if (!buffer_put_text(out, word)) return false;
    if (capital && out->at[from] >= 'a' && out->at[from] <= 'z') out->at[from] = (char)(out->at[from] - 32);
    return true;
}

static bool is_capital(char c) {
    return c >= 'A' && c <= 'Z';
}

static struct text word_back(const struct language *language, struct text word) {
    char low[WORD_MOST];
    if (word.len >= sizeof low) return TEXT("");
    memcpy(low, word.at, word.len);
    if (is_capital(low[0])) low[0] = (char)(low[0] + 32);
    for (size_t i = 0; i < language->n_words; i++) /* a word itself comes before a form that looks like it */
        if (language->words[i].kind != WORD_FORM && text_equal(language->words[i].word, (struct text){low, word.len}))
            return language->words[i].en;
    for (size_t i = 0; i < language->n_words; i++)
        if (text_equal(language->words[i].word, (struct text){low, word.len})) return language->words[i].en;
    return TEXT("");
}

static bool put_phrase(struct buffer *out, const struct language *language, struct text phrase, bool back) {
    struct text word[8], piece;
    size_t n = 0;
    while (n < 8 && text_next(&phrase, ' ', &piece)) word[n++] = piece;
    for (size_t i = 0; i < n; i++) {
        struct text one = word[language->noun_first ? n - 1 - i : i], other;
        uint64_t number;
        const struct word *known = back ? NULL : language_word(language, one);
        other = text_to_u64(one, &number) ? one : back ? word_back(language, one) : known ? known->word : TEXT("");
        if (!other.len || !one.len) return false;
        if ((i && !buffer_put_char(out, ' ')) || !put_capital(out, other, is_capital(one.at[0]))) return false;
    }
    return n > 0;
}

bool language_phrase(struct buffer *out, const struct language *language, struct text en) {
    return put_phrase(out, language, en, false);
}

bool language_phrase_back(struct buffer *out, const struct language *language, struct text phrase) {
    return put_phrase(out, language, phrase, true);
}

bool language_letters(struct buffer *out, const struct language *language, struct text en, bool back) {
    const struct list *from = back ? &language->to : &language->from, *to = back ? &language->from : &language->to;
    for (size_t i = 0; i < en.len;) {
        size_t k = 0;
        while (k < from->n && !text_starts(text_part(en, i, en.len), from->at[k])) k++;
        if (k < from->n)
            buffer_put_text(out, to->at[k]), i += from->at[k].len;
        else
            buffer_put_char(out, en.at[i++]);
    }
    return !out->failed;
}

/* A building is a name and a word for what it is; trades and laws are words; all others are names. */
static bool put_name(struct buffer *out, const struct language *language, enum kind kind, struct text en) {
    if (kind == TRADE || kind == LAW) return language_phrase(out, language, en);
    if (kind != BUILDING) return language_letters(out, language, en, false);
    size_t blank = text_find(en, TEXT(" "), 0);
    return blank != SIZE_MAX && language_phrase(out, language, text_part(en, blank + 1, en.len)) &&
           buffer_put_char(out, ' ') && language_letters(out, language, text_part(en, 0, blank), false);
}

static bool put_value(struct buffer *out, const struct language *language, enum domain domain, struct text en) {
    switch (domain) {
    case OF_NUMBER:
        return buffer_put_text(out, en);
    case OF_BUILDING:
        return put_name(out, language, BUILDING, en);
    case OF_TOWN:
    case OF_RIVER:
    case OF_GOOD:
    case OF_ELDER:
    case OF_REGION:
        return language_letters(out, language, en, false);
    default:
        return language_phrase(out, language, en);
    }
}

static bool keep_text(struct world *w, struct buffer *b, bool made, struct text en, struct text *out,
                      struct error *err) {
    if (!made) return error_set(err, ERROR_DATA, "languages: no word for '%.*s'", TEXT_ARG(en));
    char *copy = arena_copy(&w->arena, b->at, b->len, err);
    *out = (struct text){copy, b->len};
    return copy != NULL;
}

static bool name_kinds(struct world *w, struct language *language, struct buffer *b, struct error *err) {
    static const enum kind kinds[] = {PERSON, TOWN, BUILDING, GOOD, TRADE, LAW, OUTSIDE};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        enum kind kind = kinds[k];
        size_t n = world_kinds[kind].n;
        if (!(language->named[kind] = arena_new(&w->arena, struct text, n, err))) return false;
        for (size_t i = 0; i < n; i++) {
            buffer_clear(b);
            if (!language->words)
                language->named[kind][i] = w->name[kind][i];
            else if (!keep_text(w, b, put_name(b, language, kind, w->name[kind][i]), w->name[kind][i],
                                &language->named[kind][i], err))
                return false;
        }
    }
    return true;
}

static bool name_values(struct world *w, struct language *language, struct buffer *b, struct error *err) {
    for (size_t r = 0; r < RELATIONS; r++) {
        enum column_id id = world_relations[r];
        const struct column *c = &world_columns[id];
        if (!(language->valued[id] = arena_new(&w->arena, struct text, (size_t)c->n, err))) return false;
        for (int v = 0; v < c->n; v++) {
            struct text en = world_value(w, c->domain, c->low + v), *out = &language->valued[id][v];
            buffer_clear(b);
            if (!language->words)
                *out = en;
            else if (!keep_text(w, b, put_value(b, language, c->domain, en), en, out, err))
                return false;
        }
    }
    return true;
}

bool language_name_all(struct world *w, struct language *language, struct error *err) {
    struct buffer b;
    buffer_init(&b, 1 << 10);
    bool ok = name_kinds(w, language, &b, err) && name_values(w, language, &b, err);
    buffer_done(&b);
    return ok;
}
