/* One tale in five chapters which are told 0, 1, 4, 16 and 64 times, and what comes next in it. See pocket/novel.yaml.
 */
#include "measure/world/part_common.h"

enum {
    CHAPTERS = 5,
    SENTENCES = 80,
    PAGE = 8,
    PAGES = SENTENCES / PAGE,
    ALL_SENTENCES = CHAPTERS * SENTENCES,
    NEXT = 50,
    MOST_CUTS = 64,
    NAMES = 8
};
static const uint8_t repeats[CHAPTERS] = {0, 1, 4, 16, 64};

struct novel {
    struct text sentence[ALL_SENTENCES]; /* as told, names filled in */
    struct list wordings;
    struct text heroine, companion, town;
    uint8_t split[ALL_SENTENCES];
};

extern const struct world_part world_part_novel;

static const struct novel *novel_of(const struct world *w) {
    return world_state(w, &world_part_novel);
}

/* ---- truth */

static bool read_name(struct words_reader *r, const struct yaml *root, const char *key, struct rng *rng,
                      struct text *out) {
    struct list names;
    if (!words_list(r, root, key, "", NAMES, &names)) return false;
    *out = world_pick(&names, rng);
    return true;
}

static bool fill_sentence(struct novel *s, size_t at, struct text words, struct arena *arena, struct error *err) {
    struct slot slots[] = {{"H", s->heroine}, {"K", s->companion}, {"T", s->town}};
    struct buffer b;
    buffer_init(&b, 1 << 12);
    bool ok = world_render(&b, words, slots, 3) || buffer_check(&b, "novel", err);
    char *copy = ok ? text_copy(arena, buffer_text(&b), err) : NULL;
    s->sentence[at] = (struct text){copy, copy ? b.len : 0};
    buffer_done(&b);
    return copy != NULL;
}

static bool read_chapters(struct words_reader *r, const struct yaml *root, struct novel *s) {
    const struct yaml *chapters = part_sequence(r, root, "chapters", CHAPTERS);
    for (size_t c = 0; chapters && c < CHAPTERS; c++) {
        const struct yaml *chapter = chapters->child[c];
        if (chapter->kind != YAML_SEQUENCE || chapter->n != SENTENCES)
            return yaml_error(chapter, r->err, "expected %d sentences", SENTENCES);
        for (size_t i = 0; i < SENTENCES; i++) {
            struct text words;
            if (!words_text(r, chapter->child[i], "HKT", &words) ||
                !fill_sentence(s, c * SENTENCES + i, words, r->arena, r->err))
                return false;
        }
    }
    return chapters != NULL;
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct novel *s = state;
    struct words_reader r = {&w->arena, err};
    struct rng rng = world_stream(w, "novel/names", 0, 0);
    const struct yaml *root = words_open(&r, "novel.yaml");
    return root && read_name(&r, root, "heroines", &rng, &s->heroine) &&
           read_name(&r, root, "companions", &rng, &s->companion) && read_name(&r, root, "towns", &rng, &s->town) &&
           read_chapters(&r, root, s) && words_list(&r, root, "wordings", "P", WORDINGS, &s->wordings) &&
           world_case_splits(w, "novel/splits", s->split, ALL_SENTENCES, err);
}

static size_t rows(const struct world *w) {
    (void)w;
    return ALL_SENTENCES;
}

static bool put_row(struct buffer *out, const struct world *w, size_t row) {
    const struct novel *s = novel_of(w);
    part_put_id(out, "nv", 3, row);
    buffer_printf(out, ",\"chapter\":%zu,\"page\":%zu,\"c\":%u", row / SENTENCES, row % SENTENCES / PAGE,
                  repeats[row / SENTENCES]);
    world_put_pair(out, "text", s->sentence[row]);
    return buffer_printf(out, ",\"split\":\"%s\"}", world_split_names[s->split[row]]);
}

static size_t find(const struct world *w, struct text id) {
    (void)w;
    return part_row(id, "nv", 3, ALL_SENTENCES);
}

/* ---- items: sentence x 16 + wording. What is asked for begins in this sentence, which is not the first of a page and
 * has more text of its page behind its beginning than is asked for. */

static uint64_t numbers(const struct world *w) {
    (void)w;
    return ALL_SENTENCES * WORDINGS;
}

/* The chapter that is never shown is in no file for training. The last sentence of a page must be long enough. */
static bool split_of(const struct world *w, uint64_t number, enum split *split) {
    const struct novel *s = novel_of(w);
    size_t row = number / WORDINGS;
    if (row % PAGE == 0 || (row % PAGE == PAGE - 1 && s->sentence[row].len < NEXT)) return false;
    return world_case_split(w, s->split, number, split) && (*split != TRAIN || repeats[row / SENTENCES] > 0);
}

/* Sentences from..to-1, which stand on one page, with blanks between. */
static bool put_passage(struct buffer *out, const struct novel *s, size_t from, size_t to) {
    for (size_t i = from; i < to; i++) {
        if (i > from) buffer_put_char(out, ' ');
        buffer_put_text(out, s->sentence[i]);
    }
    return !out->failed;
}

/* Where the rest of a page, which begins with the blank before a sentence, may be cut: at blanks up to the sentence's
 * end which have NEXT bytes behind them. */
static size_t cuts_of(struct text rest, size_t sentence, size_t out[MOST_CUTS]) {
    size_t n = 0;
    for (size_t i = 0; i <= sentence && i + 1 + NEXT <= rest.len && n < MOST_CUTS; i++)
        if (rest.at[i] == ' ') out[n++] = i;
    return n;
}

/* The end of the sentence in which `at` lies. */
static size_t end_of_sentence(struct text t, size_t at) {
    size_t stop = text_find(t, TEXT(". "), at);
    return stop == SIZE_MAX ? t.len : stop + 1;
}

struct cut { /* of a passage: prefix, blank, what comes next */
    struct text before, next, reply;
};

/* The passage begins one or two sentences before; `page` holds it until the end of its page. */
static struct cut draw_cut(const struct novel *s, size_t row, size_t from, struct text page, struct rng *rng) {
    size_t start = 0, cuts[MOST_CUTS];
    for (size_t i = from; i < row; i++) start += s->sentence[i].len + 1;
    /* from the blank in front of the sentence on */
    struct text rest = text_part(page, start - 1, page.len);
    size_t n = cuts_of(rest, s->sentence[row].len, cuts), at = start - 1 + (n ? cuts[rng_below(rng, n)] : 0);
    struct text next = text_part(page, at + 1, page.len);
    size_t most = next.len < NEXT ? next.len : NEXT;
    return (struct cut){text_part(page, 0, at), text_part(next, 0, most),
                        text_part(next, 0, end_of_sentence(next, most - 1))};
}

static bool fill(struct world_line *line, size_t row, struct text wording, const struct cut *cut) {
    unsigned c = repeats[row / SENTENCES];
    struct slot slot = {"P", cut->before};
    world_put_pair(&line->slots, "prefix", cut->before);
    buffer_printf(&line->labels, ",\"chapter\":%zu,\"c\":%u", row / SENTENCES, c);
    buffer_printf(&line->dose, ",\"c\":%u", c);
    return buffer_put_text(&line->answer, cut->next) && buffer_put_text(&line->reply, cut->reply) &&
           part_prompt(line, wording, &slot, 1) && world_prov(line, "nv%03zu", row);
}

static bool make(struct world_line *line, const struct world *w, uint64_t number, enum split split, uint64_t draw) {
    const struct novel *s = novel_of(w);
    size_t row = number / WORDINGS, of_page = row % PAGE, end = row - of_page + PAGE;
    unsigned template = (unsigned)(number % WORDINGS);
    struct rng rng = world_stream(w, "novel", draw, number);
    size_t from = row - 1 - (of_page > 1 ? rng_below(&rng, 2) : 0);
    struct buffer page;
    (void)split;
    buffer_init(&page, 1 << 14);
    part_template(line, w, "novel", template, s->split[row]);
    bool ok = put_passage(&page, s, from, end);
    if (ok) {
        struct cut cut = draw_cut(s, row, from, buffer_text(&page), &rng);
        ok = fill(line, row, s->wordings.at[template], &cut);
    }
    buffer_done(&page);
    return ok;
}

/* ---- block: each page of a chapter as often as the chapter is told */

static uint64_t documents(const struct world *w) {
    uint64_t n = 0;
    (void)w;
    for (size_t c = 0; c < CHAPTERS; c++) n += repeats[c] * PAGES;
    return n;
}

static bool put(struct world_document *document, const struct world *w, uint64_t number, uint64_t draw) {
    size_t chapter = 0;
    (void)draw;
    while (number >= (uint64_t)repeats[chapter] * PAGES) number -= (uint64_t)repeats[chapter++] * PAGES;
    size_t from = chapter * SENTENCES + (size_t)(number % PAGES) * PAGE;
    return put_passage(&document->text, novel_of(w), from, from + PAGE);
}

static const struct world_family families[] = {
    {.name = "novel", .prefix = "nx", .digits = 4, .numbers = numbers, .split = split_of, .make = make}};
static const struct world_block blocks[] = {{.name = "tale", .documents = documents, .put = put}};
const struct world_part world_part_novel = {.name = "novel",
                                            .version = 1,
                                            .words = true,
                                            .state_size = sizeof(struct novel),
                                            .draw = draw,
                                            .rows = rows,
                                            .put_row = put_row,
                                            .find = find,
                                            .families = families,
                                            .n_families = 1,
                                            .blocks = blocks,
                                            .n_blocks = 1};
