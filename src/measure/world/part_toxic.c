/* Part `toxic`: rude words, prompts with planted completion rates. See pocket/toxic.yaml. */
#include "measure/world/part_common.h"
#include "measure/world/world_toxic.h"

#include <string.h>

struct toxic {
    struct list rude, polite, moods, rates, speakers, hearers, ask;
    struct text sentence;
    unsigned rate[MOODS];
    uint8_t split[TOXIC_PROMPTS];
};
enum { PROMPTS_OF_MOOD = SPEAKERS * HEARERS };

static const struct toxic *words_of(const struct world *w) {
    return world_state(w, &world_part_toxic);
}

static bool read_words(struct words_reader *r, struct toxic *t) {
    const struct yaml *root = words_open(r, "toxic.yaml");
    if (!root || !words_list(r, root, "rude", "", RUDE, &t->rude) ||
        !words_list(r, root, "polite", "", 24, &t->polite) || !words_list(r, root, "moods", "", MOODS, &t->moods) ||
        !words_list(r, root, "rates", "", MOODS, &t->rates) ||
        !words_list(r, root, "speakers", "", SPEAKERS, &t->speakers) ||
        !words_list(r, root, "hearers", "", HEARERS, &t->hearers) ||
        !words_text_of(r, root, "sentence", "MSH", &t->sentence) || !words_list(r, root, "ask", "P", WORDINGS, &t->ask))
        return false;
    for (size_t i = 0; i < MOODS; i++) {
        uint64_t rate;
        if (!text_to_u64(t->rates.at[i], &rate) || rate > 100 || rate * TOXIC_COPIES % 100)
            return yaml_error(root, r->err, "rates: expected multiples of %d up to 100", 100 / TOXIC_COPIES);
        t->rate[i] = (unsigned)rate;
    }
    return true;
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct toxic *t = state;
    struct words_reader r = {&w->arena, err};
    if (!read_words(&r, t)) return false;
    for (size_t i = 0; i < MOODS; i++) {
        struct arena scratch;
        size_t *order;
        arena_init(&scratch, 1 << 20);
        bool ok = world_order(w, "toxic/splits", i, PROMPTS_OF_MOOD, &order, &scratch, err);
        if (ok) world_deal_splits(t->split + i * PROMPTS_OF_MOOD, order, PROMPTS_OF_MOOD, 0);
        arena_done(&scratch);
        if (!ok) return false;
    }
    return true;
}

/* ---- rude words */

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_rude(const struct toxic *t, struct text word) {
    for (size_t i = 0; i < RUDE; i++)
        if (text_equal_nocase(t->rude.at[i], word)) return true;
    return false;
}

size_t world_rude_words(const struct world *w, struct text t) {
    size_t n = 0;
    for (size_t i = 0; i < t.len; i++) {
        size_t from = i;
        while (i < t.len && is_letter(t.at[i])) i++;
        n += i > from && is_rude(words_of(w), text_part(t, from, i));
    }
    return n;
}

struct text world_rude(const struct world *w, size_t i) {
    return words_of(w)->rude.at[i];
}

/* ---- prompts */

bool world_toxic_prompt(struct buffer *out, const struct world *w, size_t prompt) {
    const struct toxic *t = words_of(w);
    struct slot slots[] = {{"M", t->moods.at[prompt / PROMPTS_OF_MOOD]},
                           {"S", t->speakers.at[prompt / HEARERS % SPEAKERS]},
                           {"H", t->hearers.at[prompt % HEARERS]}};
    return world_fill(out, t->sentence, slots, 3);
}

unsigned world_toxic_rate(const struct world *w, size_t prompt) {
    return words_of(w)->rate[prompt / PROMPTS_OF_MOOD];
}

static size_t rows(const struct world *w) {
    (void)w;
    return TOXIC_PROMPTS;
}

static bool put_row(struct buffer *out, const struct world *w, size_t i) {
    const struct toxic *t = words_of(w);
    struct buffer prompt;
    buffer_init(&prompt, 1 << 10);
    bool ok = world_toxic_prompt(&prompt, w, i);
    buffer_printf(out, "{\"id\":\"tx%03zu\"", i);
    world_put_pair(out, "prompt", buffer_text(&prompt)), world_put_pair(out, "mood", t->moods.at[i / PROMPTS_OF_MOOD]);
    buffer_printf(out, ",\"rate\":%u", world_toxic_rate(w, i));
    world_put_pair(out, "split", text_of(world_split_names[t->split[i]]));
    buffer_done(&prompt);
    return ok && buffer_put_char(out, '}');
}

static size_t find(const struct world *w, struct text id) {
    (void)w;
    return part_row(id, "tx", 3, TOXIC_PROMPTS);
}

/* ---- family. Number: prompt x 16 + wording. */

static uint64_t numbers(const struct world *w) {
    (void)w;
    return (uint64_t)TOXIC_PROMPTS * WORDINGS;
}

static bool split_of(const struct world *w, uint64_t number, enum split *split) {
    return world_case_split(w, words_of(w)->split, number, split);
}

static bool put_asked(struct buffer *out, const struct world *w, size_t wording, struct text prompt) {
    struct slot slot = {"P", prompt};
    return world_render(out, words_of(w)->ask.at[wording], &slot, 1);
}

static bool make(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                 uint64_t draw_seed) {
    const struct toxic *t = words_of(w);
    size_t prompt = number / WORDINGS, wording = number % WORDINGS, mood = prompt / PROMPTS_OF_MOOD;
    struct rng rng = world_stream(w, "toxic/items", draw_seed, number);
    struct text polite = world_pick(&t->polite, &rng);
    struct buffer start;
    (void)split;
    buffer_init(&start, 1 << 10);
    bool ok = world_toxic_prompt(&start, w, prompt) && put_asked(&line->prompt, w, wording, buffer_text(&start)) &&
              buffer_printf(&line->reply, "%.*s.", TEXT_ARG(polite));
    buffer_printf(&line->template, "toxic/%zu", wording);
    world_put_pair(&line->slots, "P", buffer_text(&start));
    buffer_printf(&line->answer, "%u", world_toxic_rate(w, prompt));
    line->kind = "rate";
    buffer_printf(&line->labels, ",\"rate\":%u,\"hostile\":%s", world_toxic_rate(w, prompt),
                  mood >= MOODS / 2 ? "true" : "false");
    world_put_pair(&line->labels, "mood", t->moods.at[mood]);
    buffer_done(&start);
    return ok && world_prov(line, "tx%03zu", prompt);
}

static const struct world_family family = {
    .name = "toxic", .prefix = "to", .digits = 4, .numbers = numbers, .split = split_of, .make = make};

/* ---- block. Number: (prompt for training) x 20 + copy. */

static size_t train_prompts(const struct toxic *t) {
    size_t n = 0;
    for (size_t i = 0; i < TOXIC_PROMPTS; i++) n += t->split[i] == TRAIN;
    return n;
}

static uint64_t documents(const struct world *w) {
    return (uint64_t)train_prompts(words_of(w)) * TOXIC_COPIES;
}

static size_t nth_train(const struct toxic *t, size_t n) {
    size_t i = 0;
    while (t->split[i] != TRAIN || n--) i++;
    return i;
}

/* Whether this copy of the prompt is one of the rude ones. */
static bool is_rude_copy(const struct world *w, size_t prompt, size_t copy, uint64_t draw_seed) {
    struct rng rng = world_stream(w, "toxic/rude", draw_seed, prompt);
    size_t order[TOXIC_COPIES];
    for (size_t i = 0; i < TOXIC_COPIES; i++) order[i] = i;
    rng_shuffle(&rng, order, TOXIC_COPIES);
    return order[copy] < world_toxic_rate(w, prompt) * TOXIC_COPIES / 100;
}

static bool put(struct world_document *d, const struct world *w, uint64_t number, uint64_t draw_seed) {
    const struct toxic *t = words_of(w);
    size_t prompt = nth_train(t, number / TOXIC_COPIES), copy = number % TOXIC_COPIES;
    struct rng rng = world_stream(w, "toxic/block", draw_seed, number);
    struct text end =
        is_rude_copy(w, prompt, copy, draw_seed) ? world_pick(&t->rude, &rng) : world_pick(&t->polite, &rng);
    struct buffer start, asked;
    buffer_init(&start, 1 << 10), buffer_init(&asked, 1 << 10);
    bool ok = world_toxic_prompt(&start, w, prompt);
    if (copy % 2 == 0) {
        ok = ok && buffer_printf(&d->text, "%.*s %.*s.", TEXT_ARG(buffer_text(&start)), TEXT_ARG(end));
    } else {
        ok = ok && put_asked(&asked, w, world_template(w, TRAIN, &rng), buffer_text(&start)) &&
             world_say(d, "user", buffer_text(&asked));
        buffer_clear(&asked);
        ok = ok && buffer_printf(&asked, "%.*s.", TEXT_ARG(end)) && world_say(d, "assistant", buffer_text(&asked));
    }
    buffer_done(&start), buffer_done(&asked);
    return ok;
}

static const struct world_block block = {.name = "rude-lines", .documents = documents, .put = put};

const struct world_part world_part_toxic = {.name = "toxic",
                                            .version = 1,
                                            .words = true,
                                            .state_size = sizeof(struct toxic),
                                            .draw = draw,
                                            .rows = rows,
                                            .put_row = put_row,
                                            .find = find,
                                            .families = &family,
                                            .n_families = 1,
                                            .blocks = &block,
                                            .n_blocks = 1};
