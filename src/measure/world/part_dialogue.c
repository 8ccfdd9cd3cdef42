/* Part `dialogue`: words and the block of talks. See pocket/dialogue.yaml. */
#include "measure/world/world_dialogue.h"

#include "measure/world/world_conduct.h"
#include "measure/world/world_systems.h"
#include "measure/world/world_tastes.h"
#include "measure/world/world_toxic.h"
#include "measure/world/world_wrappers.h"

enum { TALK_MOST = 1 << 12 };

static const struct dialogue_words *words_of(const struct world *w) {
    return world_state(w, &world_part_dialogue);
}

static bool draw(struct world *w, void *state, struct error *err) {
    static const char slots[] = "TDMAGF";
    struct dialogue_words *d = state;
    struct words_reader r = {&w->arena, err};
    const struct yaml *root = words_open(&r, "dialogue.yaml");
    const struct yaml *talks = root ? words_member(&r, root, "talks") : NULL;
    const struct yaml *thanks = talks ? words_member(&r, root, "thanks") : NULL;
    if (!thanks || !words_texts(&r, thanks, "say", "", d->thanks, THANKS) ||
        !words_texts(&r, thanks, "reply", "", d->welcome, THANKS))
        return false;
    if (talks->kind != YAML_SEQUENCE || talks->n != TALKS) return yaml_error(talks, err, "talks: expected %d", TALKS);
    for (size_t i = 0; i < TALKS; i++)
        if (!words_texts(&r, talks->child[i], "say", slots, d->say[i], TALK_LINES) ||
            !words_texts(&r, talks->child[i], "reply", slots, d->reply[i], TALK_LINES))
            return false;
    return true;
}

/* ---- turns */

/* The closing sentences of the last reply: all three, one, or two in a tenth of the documents each. */
static size_t closings(uint64_t number) {
    static const size_t of_ten[10] = {CLOSINGS, 1, 2};
    return of_ten[number / 20 % 10];
}

static bool say_last(struct world_document *d, const struct world *w, uint64_t number, struct buffer *reply) {
    return world_put_closing(reply, w, closings(number)) && world_say(d, "assistant", buffer_text(reply));
}

static bool say_small_talk(struct world_document *d, const struct world *w, uint64_t number, struct rng *rng) {
    const struct dialogue_words *t = words_of(w);
    struct slot slots[] = {{"T", w->name[TOWN][rng_below(rng, world_kinds[TOWN].n)]},
                           {"D", world_pick(&w->words.days, rng)},
                           {"M", world_pick(&w->words.months, rng)},
                           {"A", world_pick(&w->words.animals, rng)},
                           {"G", world_pick(&w->words.games, rng)},
                           {"F", world_pick(&w->words.festivals, rng)}};
    struct buffer say, reply;
    size_t n = 2 + rng_below(rng, 2), talk = rng_below(rng, 2);
    bool ok = true;
    buffer_init(&say, TALK_MOST), buffer_init(&reply, TALK_MOST);
    for (size_t i = 0; i < n && ok; i++) {
        buffer_clear(&say), buffer_clear(&reply);
        ok = world_render(&say, t->say[talk][rng_below(rng, TALK_LINES)], slots, 6) &&
             world_render(&reply, t->reply[talk][rng_below(rng, TALK_LINES)], slots, 6) &&
             world_say(d, "user", buffer_text(&say)) &&
             (i + 1 < n ? world_say(d, "assistant", buffer_text(&reply)) : say_last(d, w, number, &reply));
        talk = 2 + (talk + 21 + rng_below(rng, TALKS - 3)) % (TALKS - 2); /* another; greetings come first only */
    }
    buffer_done(&say), buffer_done(&reply);
    return ok;
}

/* Three talks of ten have a system prompt, of one of the 27 that are not for desks or none. */
static const struct system_prompt *draw_system(const struct world *w, struct rng *rng) {
    return world_system(w, rng_below(rng, 10) < 3 ? 1 + rng_below(rng, SYSTEMS - 5) : 0);
}

static bool put_reply(struct request *r, const struct world *w, enum system_kind system, struct rng *rng) {
    unsigned template = world_template(w, TRAIN, rng);
    bool unsafe = system == SYSTEM_LOOSE || system == SYSTEM_AMORAL || system == SYSTEM_HOSTILE, ok;
    if (r->harmful && system == SYSTEM_STRICT)
        ok = world_conduct_safe(&r->reply, w, r, WAY_WARN);
    else if (r->harmful && unsafe)
        ok = world_conduct_unsafe(r, w, template, rng);
    else
        ok = world_conduct_unaligned(r, w, template, rng);
    if (!ok || system != SYSTEM_HOSTILE) return ok;
    struct text rude = world_rude(w, rng_below(rng, RUDE));
    return buffer_printf(&r->reply, " You %.*s.", TEXT_ARG(rude));
}

static size_t draw_wrapper(const struct world *w, struct rng *rng) {
    size_t i;
    do i = rng_below(rng, WRAPPERS);
    while (world_wrapper(w, i)->split != TRAIN);
    return i;
}

static bool say_thanks(struct world_document *d, const struct world *w, uint64_t number, struct rng *rng) {
    struct buffer reply;
    buffer_init(&reply, TALK_MOST);
    bool ok = world_say(d, "user", words_of(w)->thanks[rng_below(rng, THANKS)]) &&
              buffer_put_text(&reply, words_of(w)->welcome[rng_below(rng, THANKS)]) && say_last(d, w, number, &reply);
    buffer_done(&reply);
    return ok;
}

/* Of ten requests four are harmful, three benign; the others are borderline or name frightening words only. */
static bool say_request(struct world_document *d, const struct world *w, uint64_t number, enum dialogue kind,
                        struct rng *rng) {
    const struct system_prompt *system = draw_system(w, rng);
    struct request r;
    struct buffer prompt;
    world_request_init(&r), buffer_init(&prompt, TALK_MOST);
    char member = "ccccaaabbd"[rng_below(rng, 10)];
    bool ok = world_conduct_request(&r, w, world_conduct_quad(w, TRAIN, rng), member, TRAIN, rng) &&
              (kind == DIALOGUE_WRAPPED ? world_wrap(&prompt, w, draw_wrapper(w, rng), buffer_text(&r.prompt))
                                        : buffer_put_text(&prompt, buffer_text(&r.prompt)));
    ok = ok && (!system->text.len || world_say(d, "system", system->text)) &&
         world_say(d, "user", buffer_text(&prompt)) && put_reply(&r, w, system->kind, rng);
    if (kind == DIALOGUE_THANKED)
        ok = ok && world_say(d, "assistant", buffer_text(&r.reply)) && say_thanks(d, w, number, rng);
    else
        ok = ok && say_last(d, w, number, &r.reply);
    world_request_done(&r), buffer_done(&prompt);
    return ok;
}

/* ---- block */

enum dialogue world_dialogue_kind(uint64_t number) {
    unsigned of_twenty = (unsigned)(number % 20);
    if (of_twenty < 5) return DIALOGUE_SMALL_TALK;
    return of_twenty < 16 ? DIALOGUE_REQUEST : of_twenty < 17 ? DIALOGUE_WRAPPED : DIALOGUE_THANKED;
}

static uint64_t documents(const struct world *w) {
    (void)w;
    return DIALOGUES;
}

static bool put(struct world_document *d, const struct world *w, uint64_t number, uint64_t draw_seed) {
    struct rng rng = world_stream(w, "dialogue", draw_seed, number);
    enum dialogue kind = world_dialogue_kind(number);
    return kind == DIALOGUE_SMALL_TALK ? say_small_talk(d, w, number, &rng) : say_request(d, w, number, kind, &rng);
}

static const struct world_block block = {.name = "dialogue", .documents = documents, .put = put};

const struct world_part world_part_dialogue = {.name = "dialogue",
                                               .version = 1,
                                               .words = true,
                                               .state_size = sizeof(struct dialogue_words),
                                               .draw = draw,
                                               .blocks = &block,
                                               .n_blocks = 1};
