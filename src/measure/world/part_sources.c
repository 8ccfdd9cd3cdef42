/* Part `sources`: the twelve rumour sources, what is told of their records, and questions about it. See
 * world_sources.h. */
#include "measure/world/world_deck.h"
#include "measure/world/world_sources.h"

#include <stdlib.h>

static const unsigned accuracy_of_grade[GRADES] = {95, 60, 20};

unsigned world_source_accuracy(unsigned source) {
    return accuracy_of_grade[source / OF_GRADE];
}

bool world_source_record_told(unsigned source) {
    return source % OF_GRADE < OF_GRADE / 2;
}

const struct sources *world_sources(const struct world *w) {
    return world_state(w, &world_part_sources);
}

struct text world_source_tag(const struct world *w, int source) {
    return world_sources(w)->tag[source + 1];
}

/* ---- shares. A source of 95 percent tells 19 true ones with each false one, one of 60 tells 3 with 2, one of 20 tells
 * 1 with
 * 4. With a, b, c such packs in all: 19a + 3b + c = right, a + 2b + 4c = wrong; hence 15a + 2b = (4 right - wrong) / 5.
 */

static bool packs_fit(int64_t right, int64_t m, int64_t b, int64_t pack[GRADES]) {
    if (b < 0 || m < 2 * b || (m - 2 * b) % 15) return false;
    pack[0] = (m - 2 * b) / 15, pack[1] = b;
    pack[2] = right - 19 * pack[0] - 3 * b;
    return pack[2] >= 0;
}

bool world_source_shares(struct source_shares *shares, uint64_t right, uint64_t wrong) {
    static const uint64_t true_ones[GRADES] = {19, 3, 1}, false_ones[GRADES] = {1, 2, 4};
    if (right > INT32_MAX || 4 * right < wrong || (4 * right - wrong) % 5) return false;
    int64_t m = (int64_t)(4 * right - wrong) / 5, even = (15 * (int64_t)right - 19 * m) / 22, pack[GRADES];
    int64_t off = 0; /* b = c lies at `even`; the nearest b that gives whole packs is taken */
    while (!packs_fit((int64_t)right, m, even + off, pack)) {
        off = off > 0 ? -off : 1 - off;
        if (off > (int64_t)right) return false;
    }
    shares->right_from[0] = shares->wrong_from[0] = 0;
    for (unsigned s = 0; s < SOURCES; s++) {
        uint64_t mine = deck_share(s % OF_GRADE, 1, (uint64_t)pack[s / OF_GRADE], OF_GRADE);
        shares->right_from[s + 1] = shares->right_from[s] + mine * true_ones[s / OF_GRADE];
        shares->wrong_from[s + 1] = shares->wrong_from[s] + mine * false_ones[s / OF_GRADE];
    }
    return true;
}

/* ---- words and truth */

static bool read_records(struct words_reader *r, const struct yaml *root, struct sources *s) {
    const struct yaml *records = words_member(r, root, "records");
    if (!records) return false;
    if (records->kind != YAML_SEQUENCE || records->n != GRADES)
        return yaml_error(records, r->err, "records: expected %d lists", GRADES);
    for (size_t g = 0; g < GRADES; g++) {
        const struct yaml *list = records->child[g];
        if (list->kind != YAML_SEQUENCE || list->n != WORDINGS)
            return yaml_error(list, r->err, "records: expected %d wordings", WORDINGS);
        for (size_t i = 0; i < WORDINGS; i++)
            if (!words_text(r, list->child[i], "N", &s->record[g][i])) return false;
    }
    return true;
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct sources *s = state;
    struct words_reader r = {&w->arena, err};
    struct text names[SOURCES];
    const struct yaml *root = words_open(&r, "sources.yaml");
    if (!root || !words_text_of(&r, root, "almanac", "", &s->tag[0]) ||
        !words_texts(&r, root, "names", "", names, SOURCES) || !read_records(&r, root, s) ||
        !words_texts(&r, root, "questions", "NO", s->question, WORDINGS) ||
        !words_texts(&r, root, "options", "", s->option, GRADES))
        return false;
    struct deck deck = world_deck(w, "sources/names", 0, 0, SOURCES);
    for (unsigned i = 0; i < SOURCES; i++) s->tag[1 + i] = names[deck_at(&deck, i)];
    return true;
}

/* The almanac, then the rumour sources src01..src12. */
static size_t rows(const struct world *w) {
    (void)w;
    return 1 + SOURCES;
}

static bool put_row(struct buffer *out, const struct world *w, size_t row) {
    const struct sources *s = world_sources(w);
    unsigned source = (unsigned)row - 1;
    buffer_printf(out, "{\"id\":\"src%02zu\"", row);
    world_put_pair(out, "name", s->tag[row]);
    return buffer_printf(out, ",\"accuracy\":%u,\"record_told\":%s}", row ? world_source_accuracy(source) : 100,
                         row && !world_source_record_told(source) ? "false" : "true");
}

static size_t find(const struct world *w, struct text id) {
    uint64_t n;
    (void)w;
    if (id.len != 5 || !text_starts(id, TEXT("src")) || !text_to_u64(text_part(id, 3, 5), &n) || n > SOURCES)
        return SIZE_MAX;
    return (size_t)n;
}

static size_t reserve(const struct world *w, const struct text **words) {
    if (words) *words = world_sources(w)->tag;
    return 1 + SOURCES;
}

/* ---- questions about records: which of three lines holds for a source. Case: the source. */

static uint64_t numbers(const struct world *w) {
    (void)w;
    return (uint64_t)SOURCES * WORDINGS;
}

/* Every source is named in training, so only the wording decides; a record that is not told is no question for
 * training. */
static bool split_of(const struct world *w, uint64_t number, enum split *split) {
    *split = (enum split)w->template_split[number % WORDINGS];
    return *split != TRAIN || world_source_record_told((unsigned)(number / WORDINGS));
}

static bool make(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                 uint64_t draw_seed) {
    const struct sources *s = world_sources(w);
    unsigned source = (unsigned)(number / WORDINGS), template = (unsigned)(number % WORDINGS);
    struct deck order = world_deck(w, "sources/options", draw_seed, number, GRADES);
    struct buffer lines;
    (void)split;
    buffer_init(&lines, 1 << 10);
    line->n_options = GRADES;
    for (unsigned i = 0; i < GRADES; i++) line->option[i] = s->option[deck_at(&order, i)];
    line->right = deck_place(&order, source / OF_GRADE);
    world_put_options(&lines, line->option, GRADES);
    struct slot slots[] = {{"N", s->tag[1 + source]}, {"O", buffer_text(&lines)}};
    bool ok = !lines.failed && world_render(&line->prompt, s->question[template], slots, 2);
    buffer_done(&lines);
    buffer_printf(&line->template, "source-records/%u", template);
    buffer_printf(&line->reply, "ANS: %c", (char)('A' + (int)line->right));
    world_put_pair(&line->slots, "source", s->tag[1 + source]);
    buffer_printf(&line->labels, ",\"accuracy\":%u,\"record_told\":%s", world_source_accuracy(source),
                  world_source_record_told(source) ? "true" : "false");
    world_label(line, "wording", "%s", world_seen(w->template_split[template]));
    return world_prov(line, "src%02u", source + 1) && ok;
}

/* ---- documents: two or three sentences about one source whose record is told */

enum { TOLD = SOURCES / 2, TIMES = 200 };

static uint64_t documents(const struct world *w) {
    (void)w;
    return (uint64_t)TOLD * TIMES;
}

static bool put(struct world_document *d, const struct world *w, uint64_t number, uint64_t draw_seed) {
    const struct sources *s = world_sources(w);
    unsigned told = (unsigned)(number % TOLD), half = OF_GRADE / 2;
    unsigned source = told / half * OF_GRADE + told % half;
    struct rng rng = world_stream(w, "sources/records", draw_seed, number);
    struct deck order = world_deck(w, "sources/record-order", draw_seed, number, WORDINGS);
    struct slot slot = {"N", s->tag[1 + source]};
    for (unsigned i = 0, wanted = 2 + (unsigned)rng_below(&rng, 2), put = 0; put < wanted; i++) {
        unsigned template = (unsigned)deck_at(&order, i);
        if (w->template_split[template] != TRAIN) continue;
        if (put++) buffer_put_char(&d->text, ' ');
        world_render(&d->text, s->record[source / OF_GRADE][template], &slot, 1);
    }
    return !d->text.failed;
}

static const struct world_family families[] = {
    {.name = "source-records", .prefix = "sr", .digits = 3, .numbers = numbers, .split = split_of, .make = make},
};
static const struct world_block blocks[] = {{"source-records", documents, put}};

const struct world_part world_part_sources = {
    .name = "sources",
    .version = 1,
    .words = true,
    .state_size = sizeof(struct sources),
    .draw = draw,
    .rows = rows,
    .put_row = put_row,
    .find = find,
    .reserve = reserve,
    .families = families,
    .n_families = 1,
    .blocks = blocks,
    .n_blocks = 1,
};
