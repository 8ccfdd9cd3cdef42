/* From a prompt to what it asks: see world_reading.h. The text is cut into words, each with the classes it may be of;
 * wordings are matched from every word on; the longest matches must all say the same. */
#include "measure/world/world_reading.h"

#include <string.h>

enum { NAME_WORDS = 5, HITS_MOST = 64, NOT_SPACED = 0 };

struct hit {
    size_t from, to;
    uint16_t relation;
    int subject, claimed;
    bool claim, outside; /* the name is known, and nothing is known of it */
};

struct reading {
    const struct world_reader *r;
    struct reading_token token[READING_TOKENS];
    char letters[READING_TOKENS][READING_WORD];
    size_t n;
    struct hit hit[HITS_MOST];
    size_t n_hits;
    struct text option[ASKED_OPTIONS];
    size_t n_options;
};

/* ---- slips inside a word */

static bool equal_bytes(const char *a, const char *b, size_t n) {
    return memcmp(a, b, n) == 0;
}

/* One letter more in `longer`, not at its ends. */
static bool one_more(struct text longer, struct text shorter) {
    size_t i = 0;
    while (i < shorter.len && longer.at[i] == shorter.at[i]) i++;
    return i > 0 && equal_bytes(longer.at + i + 1, shorter.at + i, shorter.len - i);
}

/* One letter of another kind, or two neighbours the other way round. */
static bool one_changed(struct text a, struct text b) {
    size_t i = 0;
    while (i < a.len && a.at[i] == b.at[i]) i++;
    if (i == a.len) return true;
    if (equal_bytes(a.at + i + 1, b.at + i + 1, a.len - i - 1)) return true;
    return i + 1 < a.len && a.at[i] == b.at[i + 1] && a.at[i + 1] == b.at[i] &&
           equal_bytes(a.at + i + 2, b.at + i + 2, a.len - i - 2);
}

bool reading_slipped(struct text word, struct text as) {
    if (word.len == as.len) return one_changed(word, as);
    if (word.len == as.len + 1) return one_more(word, as);
    return word.len + 1 == as.len && one_more(as, word);
}

static void add_class(struct reading_token *t, int id) {
    for (size_t i = 0; i < t->n_ids; i++)
        if (t->id[i] == id) return;
    if (t->n_ids < READING_IDS) t->id[t->n_ids++] = id;
}

/* A word that is known is no slip of another. */
static void find_classes(const struct world_reader *r, struct reading_token *t) {
    struct text w = t->word;
    int known = reading_find(r, w);
    if (known >= 0) {
        add_class(t, r->class_of[known]);
        return;
    }
    char first = w.at[0], last = w.at[w.len - 1];
    if (w.len < 2 || first < 'a' || first > 'z' || last < 'a' || last > 'z') return;
    for (int i = r->bucket[first - 'a'][last - 'a']; i >= 0; i = r->chained[i])
        if (reading_slipped(w, r->word[i])) add_class(t, r->class_of[i]);
}

/* ---- the text in words */

/* A blank inside a word; letters spaced apart, at least three of them. */
static void find_joined(struct reading *g) {
    for (size_t i = 0; i < g->n; i++) {
        struct reading_token *t = &g->token[i];
        char joined[2 * READING_WORD];
        size_t n = 0, k = i;
        t->joined = -1;
        while (k < g->n && g->token[k].word.len == 1 && n < READING_WORD) joined[n++] = g->token[k++].word.at[0];
        for (; n >= 3; n--) {
            int id = reading_find(g->r, (struct text){joined, n});
            if (id < 0) continue;
            t->joined = g->r->class_of[id], t->spaced = n;
            break;
        }
        if (t->joined >= 0 || i + 1 == g->n) continue;
        struct text next = g->token[i + 1].word;
        memcpy(joined, t->word.at, t->word.len);
        memcpy(joined + t->word.len, next.at, next.len);
        int id = reading_find(g->r, (struct text){joined, t->word.len + next.len});
        if (id >= 0) t->joined = g->r->class_of[id], t->spaced = NOT_SPACED;
    }
}

/* "B. otter", "B) otter" */
static bool is_option(struct text line, size_t place) {
    return line.len > 3 && line.at[0] == (char)('A' + (int)place) && strchr(".)", line.at[1]) && line.at[2] == ' ';
}

/* What looks like an article may be a piece of a word: "A n i m a l", "a nimal". */
static bool is_broken(const struct reading *g, struct text word, struct text line) {
    char letters[READING_WORD], joined[2 * READING_WORD];
    struct text after = text_trim(line), next;
    if (word.len == 1 && g->n && g->token[g->n - 1].word.len == 1) return true;
    if (word.len == 1 && after.len > 1 && after.at[1] == ' ') return true;
    if (!reading_next(&line, letters, &next)) return false;
    memcpy(joined, word.at, word.len);
    memcpy(joined + word.len, next.at, next.len);
    return reading_find(g->r, (struct text){joined, word.len + next.len}) >= 0;
}

static const char *take_line(struct reading *g, struct text line) {
    if (is_option(line, g->n_options)) {
        if (g->n_options == ASKED_OPTIONS) return "more than eight options";
        g->option[g->n_options++] = text_trim(text_part(line, 3, line.len));
        return NULL;
    }
    struct text word;
    while (g->n < READING_TOKENS && reading_next(&line, g->letters[g->n], &word)) {
        struct reading_token *t = &g->token[g->n];
        if (reading_is_article(word)) {
            if (!is_broken(g, word, line)) continue;
        }
        *t = (struct reading_token){.word = word, .article = reading_is_article(word)};
        find_classes(g->r, t);
        g->n++;
    }
    return g->n == READING_TOKENS ? "the text is too long to be read" : NULL;
}

static const char *take_text(struct reading *g, struct text prompt) {
    struct text line;
    const char *why = NULL;
    while (!why && text_next(&prompt, '\n', &line)) why = take_line(g, line);
    find_joined(g);
    return why;
}

/* ---- matching */

/* The words from..from+k-1 with blanks between. */
static struct text name_at(const struct reading *g, size_t from, size_t k, char out[NAME_WORDS * READING_WORD]) {
    size_t n = 0;
    for (size_t i = from; i < from + k; i++) {
        if (n) out[n++] = ' ';
        memcpy(out + n, g->token[i].word.at, g->token[i].word.len);
        n += g->token[i].word.len;
    }
    return (struct text){out, n};
}

struct matching {
    struct reading *g;
    const struct reading_pattern *p;
    struct hit hit;
};

static void match(struct matching *m, size_t part, size_t at);

static void match_name(struct matching *m, size_t part, size_t at) {
    enum column_id column = world_relations[m->p->relation];
    bool value = m->p->part[part] == SLOT_VALUE;
    char joined[NAME_WORDS * READING_WORD];
    for (size_t k = 1; k <= NAME_WORDS && at + k <= m->g->n; k++) {
        int i = reading_find_name(m->g->r, name_at(m->g, at, k, joined));
        for (; i >= 0; i = m->g->r->names[i].next) {
            const struct reading_name *name = &m->g->r->names[i];
            if (name->is_value != value) continue;
            m->hit.outside = !value && name->set == OUTSIDE;
            if (!m->hit.outside && name->set != (value ? (int)column : (int)world_columns[column].kind)) continue;
            *(value ? &m->hit.claimed : &m->hit.subject) = name->value;
            match(m, part + 1, at + k);
        }
    }
}

/* Few words begin a name, and wordings that begin with one need not be tried at the others. */
static bool name_begins(const struct reading *g, size_t at) {
    char joined[NAME_WORDS * READING_WORD];
    for (size_t k = 1; k <= NAME_WORDS && at + k <= g->n; k++)
        if (reading_find_name(g->r, name_at(g, at, k, joined)) >= 0) return true;
    return false;
}

static void keep_hit(struct matching *m, size_t end) {
    struct reading *g = m->g;
    if (m->p->open_end && end != g->n) return;
    m->hit.to = end;
    if (g->n_hits < HITS_MOST) g->hit[g->n_hits++] = m->hit;
}

static void match(struct matching *m, size_t part, size_t at) {
    const struct reading *g = m->g;
    if (part == m->p->n) {
        keep_hit(m, at);
        return;
    }
    if (at == g->n) return;
    int wanted = m->p->part[part];
    if (wanted < 0) {
        if (g->token[at].article) match_name(m, part, at + 1);
        match_name(m, part, at);
        return;
    }
    const struct reading_token *t = &g->token[at];
    if (t->article) match(m, part, at + 1);
    for (size_t i = 0; i < t->n_ids; i++)
        if (t->id[i] == wanted) {
            match(m, part + 1, at + 1);
            return;
        }
    if (t->joined == wanted) match(m, part + 1, at + (t->spaced ? t->spaced : 2));
}

static void match_all(struct reading *g, int pattern, size_t at) {
    for (; pattern >= 0; pattern = g->r->patterns[pattern].next) {
        const struct reading_pattern *p = &g->r->patterns[pattern];
        struct matching m = {.g = g, .p = p, .hit = {.from = at, .relation = p->relation, .claim = p->claim}};
        match(&m, 0, at);
    }
}

/* ---- what is told */

static bool covers(const struct hit *a, const struct hit *b) {
    return a->from <= b->from && a->to >= b->to && a->to - a->from > b->to - b->from;
}

static bool same(const struct hit *a, const struct hit *b) {
    return a->relation == b->relation && a->subject == b->subject && a->claim == b->claim && a->outside == b->outside &&
           (!a->claim || a->claimed == b->claimed);
}

/* The one thing that all longest matches say; NULL: *why. */
static const struct hit *choose(struct reading *g, const char **why) {
    const struct hit *best = NULL;
    if (g->n_hits == HITS_MOST) return *why = "more is asked than can be told apart", NULL;
    for (size_t i = 0; i < g->n_hits; i++) {
        bool covered = false;
        for (size_t k = 0; k < g->n_hits && !covered; k++) covered = covers(&g->hit[k], &g->hit[i]);
        if (covered) continue;
        if (best && !same(best, &g->hit[i])) return *why = "two different things are asked", NULL;
        best = &g->hit[i];
    }
    if (!best) *why = "no wording of a question is found";
    return best;
}

/* A negation outside the match; "Do not give me a single word" is one of the world's own frames. */
static bool negated(const struct reading *g, const struct hit *h) {
    static const char *const words[] = {"not",     "never",  "isn't",   "doesn't", "don't",
                                        "untrue",  "except", "nobody",  "wrong",   "unless",
                                        "without", "cannot", "neither", "didn't",  "wasn't"};
    for (size_t i = 0; i < g->n; i++) {
        if (i == h->from) i = h->to;
        if (i >= g->n) break;
        bool frame = i && i + 2 < g->n && text_equal_c(g->token[i - 1].word, "do") &&
                     text_equal_c(g->token[i + 1].word, "give") && text_equal_c(g->token[i + 2].word, "me");
        for (size_t k = 0; k < sizeof words / sizeof *words; k++)
            if (text_equal_c(g->token[i].word, words[k]) && !frame) return true;
    }
    return false;
}

static int option_value(const struct world_reader *r, enum column_id column, struct text option) {
    char word[READING_WORD], joined[NAME_WORDS * READING_WORD];
    size_t n = 0;
    struct text w;
    while (reading_next(&option, word, &w)) {
        if (reading_is_article(w)) continue;
        if (n + w.len + 1 > sizeof joined) return -1;
        if (n) joined[n++] = ' ';
        memcpy(joined + n, w.at, w.len);
        n += w.len;
    }
    for (int i = reading_find_name(r, (struct text){joined, n}); i >= 0; i = r->names[i].next)
        if (r->names[i].is_value && r->names[i].set == column) return r->names[i].value;
    return -1;
}

static const char *tell(const struct reading *g, const struct hit *h, struct world_asked *out) {
    const struct world *w = g->r->world;
    if (h->outside) return "nothing is known of that name";
    int32_t fact = w->fact_of[h->relation][h->subject];
    if (fact < 0) return "no fact answers this";
    *out = (struct world_asked){.fact = &w->facts[fact], .claim = h->claim, .claimed = h->claimed};
    if (h->claim && g->n_options) return "a claim with options";
    out->n_options = g->n_options;
    for (size_t i = 0; i < g->n_options; i++)
        out->option[i] = option_value(g->r, world_relations[h->relation], g->option[i]);
    return NULL;
}

const char *world_read_question(const struct world_reader *reader, struct text prompt, struct world_asked *out) {
    struct reading g;
    g.r = reader, g.n = 0, g.n_hits = 0, g.n_options = 0;
    const char *why = take_text(&g, prompt);
    for (size_t i = 0; i < g.n && !why; i++) {
        for (size_t k = 0; k < g.token[i].n_ids; k++) match_all(&g, reader->by_first[g.token[i].id[k]], i);
        if (g.token[i].joined >= 0) match_all(&g, reader->by_first[g.token[i].joined], i);
        if (name_begins(&g, i)) match_all(&g, reader->first_subject, i);
    }
    const struct hit *h = why ? NULL : choose(&g, &why);
    if (h && negated(&g, h)) return "a negation stands outside the question";
    return h ? tell(&g, h, out) : why;
}

size_t world_asked_right(const struct world_asked *a) {
    size_t right = SIZE_MAX, n = 0;
    if (a->claim) return a->claimed == a->fact->value ? 0 : 1;
    if (a->n_options == 0) return 0;
    for (size_t i = 0; i < a->n_options; i++)
        if (a->option[i] == a->fact->value) right = i, n++;
    return n == 1 ? right : SIZE_MAX;
}

struct world_reader *world_reader_new(const struct world *world, const struct exchange *more, size_t n_more,
                                      struct error *err) {
    struct world_reader *r = memory_zeroed(1, sizeof *r);
    if (!r) return error_memory(err, "reader of questions"), NULL;
    r->world = world;
    arena_init(&r->arena, (size_t)64 << 20);
    if (reading_index(r, more, n_more, err)) return r;
    world_reader_free(r);
    return NULL;
}

void world_reader_free(struct world_reader *reader) {
    if (!reader) return;
    arena_done(&reader->arena);
    memory_free(reader);
}
