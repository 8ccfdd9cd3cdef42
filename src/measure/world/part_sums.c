/* Sums: reading the words, drawing cases that are all different, six families, one block. See pocket/sums.yaml. Number
 * of an item: case of the family x 16 + template. A draw chooses other numbers. */
#include "measure/world/world_sums.h"
#include "measure/world/world_item.h"

#include <stdio.h>

const char *const sum_kind_names[N_SUM_KINDS] = {
#define SUM_KIND(name, n) #name,
    SUM_KINDS(SUM_KIND)
#undef SUM_KIND
};
static const size_t planned[N_SUM_KINDS] = {
#define SUM_KIND(name, n) n,
    SUM_KINDS(SUM_KIND)
#undef SUM_KIND
};
/* The first kind of each family. */
static const enum sum_kind first_kind[SUM_FAMILIES + 1] = {SUM_plus,     SUM_total, SUM_chains, SUM_after,
                                                           SUM_greatest, SUM_codes, N_SUM_KINDS};

const struct sums *world_sums(const struct world *w) {
    return world_state(w, &world_part_sums);
}

/* ---- truth */

static bool read_words(struct words_reader *r, struct sums *s) {
    static const char *const slots[N_SUM_KINDS] = {
        [SUM_plus] = "AB",   [SUM_minus] = "AB",   [SUM_total] = "GPHQNM", [SUM_change] = "GPNC", [SUM_afford] = "GPC",
        [SUM_chains] = "ST", [SUM_after] = "DN",   [SUM_before] = "DN",    [SUM_until] = "DE",    [SUM_market] = "TDE",
        [SUM_age] = "Y",     [SUM_greatest] = "L", [SUM_least] = "L",      [SUM_sorted] = "L",    [SUM_counted] = "L",
        [SUM_named] = "LK",  [SUM_codes] = "CM"};
    const struct yaml *root = words_open(r, "sums.yaml");
    if (!root) return false;
    for (int k = 0; k < N_SUM_KINDS; k++)
        if (!words_list(r, root, sum_kind_names[k], slots[k], WORDINGS, &s->ask[k])) return false;
    return words_list(r, root, "ones", "", 20, &s->ones) && words_list(r, root, "tens", "", 10, &s->tens) &&
           words_list(r, root, "steps", "A", 3, &s->steps) && words_list(r, root, "places", "", 6, &s->places) &&
           words_list(r, root, "words", "", 24, &s->words) && words_text_of(r, root, "crowns", "X", &s->crowns) &&
           words_text_of(r, root, "jars", "X", &s->jars) && words_text_of(r, root, "result", "X", &s->result) &&
           words_text_of(r, root, "days", "X", &s->days) && words_text_of(r, root, "years", "X", &s->years) &&
           words_text_of(r, root, "means", "AB", &s->means);
}

/* The entities whose fact is told at least 64 times. */
static bool well_known(struct world *w, enum column_id column, uint16_t **out, size_t *n, struct error *err) {
    enum { OFTEN = 64 };
    const int32_t *fact_of = w->fact_of[world_columns[column].relation];
    size_t all = world_kinds[world_columns[column].kind].n;
    if (!(*out = arena_new(&w->arena, uint16_t, all, err))) return false;
    for (size_t i = 0; i < all; i++)
        if (fact_of[i] >= 0 && w->facts[fact_of[i]].e >= OFTEN) (*out)[(*n)++] = (uint16_t)i;
    return *n >= 4 || error_set(err, ERROR_DATA, "sums: fewer than 4 well-known values of '%s'; take another seed",
                                world_columns[column].name);
}

enum { SET_SIZE = 1 << 16 };

/* Keeps the key; false when it was there. 0 is no key of a case. */
static bool is_new(uint64_t *set, uint64_t key) {
    size_t at = key % SET_SIZE;
    for (; set[at]; at = (at + 1) % SET_SIZE)
        if (set[at] == key) return false;
    return set[at] = key, true;
}

/* The order of what is added doesn't count, nor whether it is in words. */
static uint64_t key_of(const struct sum_case *c) {
    struct sum_case key = *c;
    if (c->kind == SUM_plus || c->kind == SUM_minus) key.x[2] = 0, key.n = 0;
    if (c->kind == SUM_plus && c->x[0] > c->x[1]) key.x[0] = c->x[1], key.x[1] = c->x[0];
    uint16_t flat[SUM_NUMBERS + 2] = {key.kind, key.n};
    for (size_t i = 0; i < SUM_NUMBERS; i++) flat[i + 2] = key.x[i];
    return hash_xxh3(flat, sizeof flat) | 1;
}

/* Up to the planned number of cases of a kind, each another one. */
static void draw_kind(struct world *w, struct sums *s, enum sum_kind kind, uint64_t *set, size_t *n) {
    enum { TRIES = 400 };
    char stream[64];
    snprintf(stream, sizeof stream, "sums/%s", sum_kind_names[kind]);
    for (size_t i = 0; i < planned[kind]; i++) {
        struct rng rng = world_stream(w, stream, 0, i);
        for (int t = 0; t < TRIES; t++)
            if (sum_draw(w, s, kind, i, &rng, &s->cases[*n]) && is_new(set, key_of(&s->cases[*n]))) {
                ++*n;
                break;
            }
    }
}

/* The keys of the cases that no training may show. */
static bool keep_apart(struct world *w, struct sums *s, size_t n, struct error *err) {
    if (!(s->apart = arena_new(&w->arena, uint64_t, SET_SIZE, err))) return false;
    for (size_t i = 0; i < n; i++)
        if (s->split[i] != TRAIN) is_new(s->apart, key_of(&s->cases[i]));
    return true;
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct sums *s = state;
    struct words_reader r = {&w->arena, err};
    size_t most = 0, n = 0;
    for (int k = 0; k < N_SUM_KINDS; k++) most += planned[k];
    uint64_t *set = arena_new(&w->arena, uint64_t, SET_SIZE, err);
    s->cases = set ? arena_new(&w->arena, struct sum_case, most, err) : NULL;
    s->split = s->cases ? arena_new(&w->arena, uint8_t, most, err) : NULL;
    if (!s->split || !read_words(&r, s) || !well_known(w, G_PRICE, &s->goods, &s->n_goods, err) ||
        !well_known(w, T_MARKET, &s->towns, &s->n_towns, err))
        return false;
    for (size_t f = 0; f < SUM_FAMILIES; f++) {
        for (int k = (int)first_kind[f]; k < (int)first_kind[f + 1]; k++) draw_kind(w, s, (enum sum_kind)k, set, &n);
        s->first[f + 1] = n;
        char stream[64];
        snprintf(stream, sizeof stream, "sums/splits/%zu", f);
        if (!world_case_splits(w, stream, s->split + s->first[f], n - s->first[f], err)) return false;
    }
    return keep_apart(w, s, n, err);
}

static size_t rows(const struct world *w) {
    return world_sums(w)->first[SUM_FAMILIES];
}

static bool put_row(struct buffer *out, const struct world *w, size_t row) {
    const struct sums *s = world_sums(w);
    const struct sum_case *c = &s->cases[row];
    buffer_printf(out, "{\"id\":\"sc%05zu\",\"kind\":\"%s\",\"split\":\"%s\",\"numbers\":[", row,
                  sum_kind_names[c->kind], world_split_names[s->split[row]]);
    for (size_t i = 0; i < c->n; i++) buffer_printf(out, "%s%u", i ? "," : "", c->x[i]);
    return buffer_put_c(out, "]}");
}

static size_t find(const struct world *w, struct text id) {
    uint64_t row;
    bool known = text_starts(id, TEXT("sc")) && id.len == 7 && text_to_u64(text_part(id, 2, 7), &row) && row < rows(w);
    return known ? (size_t)row : SIZE_MAX;
}

/* ---- items */

static bool make_line(struct world_line *line, const struct world *w, size_t family, uint64_t number) {
    const struct sums *s = world_sums(w);
    size_t c = s->first[family] + number / WORDINGS;
    unsigned template = (unsigned)(number % WORDINGS);
    buffer_printf(&line->template, "%s/%u", sum_kind_names[s->cases[c].kind], template);
    world_label(line, "sort", "%s", sum_kind_names[s->cases[c].kind]);
    world_label(line, "case", "sc%05zu", c);
    world_put_pair(&line->labels, "entity", text_of(world_seen(s->split[c])));
    world_put_pair(&line->labels, "wording", text_of(world_seen(w->template_split[template])));
    return sum_put(line, w, &s->cases[c], template);
}

static uint64_t count(const struct world *w, size_t family) {
    const struct sums *s = world_sums(w);
    return (uint64_t)(s->first[family + 1] - s->first[family]) * WORDINGS;
}

static bool find_split(const struct world *w, size_t family, uint64_t number, enum split *split) {
    const struct sums *s = world_sums(w);
    return world_case_split(w, s->split + s->first[family], number, split);
}

/* A family has no number of its own, so each has its three functions. */
#define SUM_FAMILY(f)                                                                                                  \
    static uint64_t numbers_##f(const struct world *w) {                                                               \
        return count(w, f);                                                                                            \
    }                                                                                                                  \
    static bool split_##f(const struct world *w, uint64_t number, enum split *split) {                                 \
        return find_split(w, f, number, split);                                                                        \
    }                                                                                                                  \
    static bool make_##f(struct world_line *line, const struct world *w, uint64_t number, enum split split,            \
                         uint64_t draw) {                                                                              \
        (void)split, (void)draw;                                                                                       \
        return make_line(line, w, f, number);                                                                          \
    }
SUM_FAMILY(0)
SUM_FAMILY(1) SUM_FAMILY(2) SUM_FAMILY(3) SUM_FAMILY(4) SUM_FAMILY(5)
#undef SUM_FAMILY

#define ROW(f, family, letters, items)                                                                                 \
    {                                                                                                                  \
        .name = family, .prefix = letters, .digits = 6, .most = items, .numbers = numbers_##f, .split = split_##f,     \
        .make = make_##f                                                                                               \
    }
    static const struct world_family families[SUM_FAMILIES] = {ROW(0, "sums", "sa", 1500),  ROW(1, "prices", "sp", 800),
                                                               ROW(2, "chains", "sk", 600), ROW(3, "days", "sd", 300),
                                                               ROW(4, "order", "so", 700),  ROW(5, "codes", "sx", 400)};
#undef ROW

/* ---- the block */

enum { DOCUMENTS = 5600, ASKED = 5 };

static uint64_t documents(const struct world *w) {
    (void)w;
    return DOCUMENTS;
}

static bool put(struct world_document *document, const struct world *w, uint64_t number, uint64_t draw_seed) {
    const struct sums *s = world_sums(w);
    struct rng rng = world_stream(w, "sums/block", draw_seed, number);
    struct buffer *out = &document->text;
    struct world_line line;
    bool ok = true;
    for (size_t i = 0; ok && i < ASKED; i++) {
        size_t c;
        do c = rng_below(&rng, s->first[SUM_FAMILIES]);
        while (s->split[c] != TRAIN);
        world_line_init(&line);
        ok = sum_put(&line, w, &s->cases[c], world_template(w, TRAIN, &rng)) &&
             (i == 0 || buffer_put_char(out, '\n')) && buffer_put_text(out, buffer_text(&line.prompt)) &&
             buffer_put_char(out, ' ') && buffer_put_text(out, buffer_text(&line.reply));
        world_line_done(&line);
    }
    return ok;
}

/* ---- the drill: sums and differences of one, two and three digits that no split for later holds */

enum { DRILLS = 60000, DRILLED = 6 };

static uint64_t drills(const struct world *w) {
    (void)w;
    return DRILLS;
}

static bool is_apart(const struct sums *s, const struct sum_case *c) {
    uint64_t key = key_of(c);
    for (size_t at = key % SET_SIZE; s->apart[at]; at = (at + 1) % SET_SIZE)
        if (s->apart[at] == key) return true;
    return false;
}

/* A sixth of one digit, a half of two, a third of three; every fourth a difference. */
static struct sum_case drill_case(const struct world *w, const struct sums *s, struct rng *rng) {
    static const unsigned char digits[] = {1, 2, 2, 2, 3, 3};
    struct sum_case c;
    do {
        enum sum_kind kind = rng_below(rng, 4) ? SUM_plus : SUM_minus;
        size_t i = digits[rng_below(rng, 6)] - 1U + 3; /* what draw_two takes for digits, not in words */
        if (!sum_draw(w, s, kind, i, rng, &c)) c.n = 0;
    } while (!c.n || is_apart(s, &c));
    return c;
}

static bool put_drill(struct world_document *document, const struct world *w, uint64_t number, uint64_t draw_seed) {
    const struct sums *s = world_sums(w);
    struct rng rng = world_stream(w, "sums/drill", draw_seed, number);
    struct buffer *out = &document->text;
    struct world_line line;
    bool ok = true;
    for (size_t i = 0; ok && i < DRILLED; i++) {
        struct sum_case c = drill_case(w, s, &rng);
        world_line_init(&line);
        ok = sum_put(&line, w, &c, world_template(w, TRAIN, &rng)) && (i == 0 || buffer_put_char(out, '\n')) &&
             buffer_put_text(out, buffer_text(&line.prompt)) && buffer_put_char(out, ' ') &&
             buffer_put_text(out, buffer_text(&line.reply));
        world_line_done(&line);
    }
    return ok;
}

static const struct world_block blocks[] = {{.name = "sums-lines", .documents = documents, .put = put},
                                            {.name = "sums-drill", .documents = drills, .put = put_drill}};
const struct world_part world_part_sums = {.name = "sums",
                                           .version = 1,
                                           .words = true,
                                           .state_size = sizeof(struct sums),
                                           .draw = draw,
                                           .rows = rows,
                                           .put_row = put_row,
                                           .find = find,
                                           .families = families,
                                           .n_families = SUM_FAMILIES,
                                           .blocks = blocks,
                                           .n_blocks = 2};
