/* Part `wrappers` and its family `wrapped`: see pocket/wrappers.yaml. */
#include "measure/world/part_common.h"
#include "measure/world/world_conduct.h"
#include "measure/world/world_wrappers.h"

#include <string.h>

struct wrappers {
    struct wrapper wrapper[WRAPPERS];
};

/* ---- words */

static bool read_wrapper(struct words_reader *r, const struct yaml *node, struct wrapper *out) {
    struct text split, writing;
    if (!words_text_of(r, node, "name", "", &out->name) || !words_text_of(r, node, "text", "Q", &out->text) ||
        !words_text_of(r, node, "split", "", &split) || !words_text_of(r, node, "write", "", &writing))
        return false;
    if (!text_equal_c(split, "train") && !text_equal_c(split, "held-out"))
        return yaml_error(node, r->err, "split: expected train or held-out");
    out->split = text_equal_c(split, "train") ? TRAIN : HELD_OUT;
    size_t i = 0, at = text_find(out->text, TEXT("$Q"), 0);
    while (i < N_WRITINGS && !text_equal_c(writing, world_writing_names[i])) i++;
    if (i == N_WRITINGS) return yaml_error(node, r->err, "write: '%.*s' is not known", TEXT_ARG(writing));
    out->writing = (enum writing)i;
    if (at == SIZE_MAX || text_find(out->text, TEXT("$Q"), at + 1) != SIZE_MAX)
        return yaml_error(node, r->err, "text: expected $Q once");
    return true;
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct wrappers *all = state;
    struct words_reader r = {&w->arena, err};
    const struct yaml *root = words_open(&r, "wrappers.yaml");
    const struct yaml *list = root ? words_member(&r, root, "wrappers") : NULL;
    if (!list) return false;
    if (list->kind != YAML_SEQUENCE || list->n != WRAPPERS)
        return yaml_error(list, err, "wrappers: expected %d entries", WRAPPERS);
    for (size_t i = 0; i < WRAPPERS; i++)
        if (!read_wrapper(&r, list->child[i], &all->wrapper[i])) return false;
    return true;
}

/* ---- wrapping */

const struct wrapper *world_wrapper(const struct world *w, size_t i) {
    const struct wrappers *all = world_state(w, &world_part_wrappers);
    return &all->wrapper[i];
}

bool world_wrap(struct buffer *out, const struct world *w, size_t wrapper, struct text request) {
    const struct wrapper *p = world_wrapper(w, wrapper);
    size_t at = text_find(p->text, TEXT("$Q"), 0);
    return buffer_put_text(out, text_part(p->text, 0, at)) && world_rewrite(out, w, p->writing, request) &&
           buffer_put_text(out, text_part(p->text, at + 2, p->text.len));
}

bool world_unwrap(struct buffer *out, const struct world *w, size_t wrapper, struct text wrapped) {
    const struct wrapper *p = world_wrapper(w, wrapper);
    size_t at = text_find(p->text, TEXT("$Q"), 0), tail = p->text.len - at - 2;
    if (wrapped.len < at + tail || !text_starts(wrapped, text_part(p->text, 0, at)) ||
        !text_ends(wrapped, text_part(p->text, at + 2, p->text.len)))
        return false;
    return world_unwrite(out, w, p->writing, text_part(wrapped, at, wrapped.len - tail));
}

/* ---- truth */

static size_t rows(const struct world *w) {
    (void)w;
    return WRAPPERS;
}

static bool put_row(struct buffer *out, const struct world *w, size_t i) {
    const struct wrapper *p = world_wrapper(w, i);
    buffer_printf(out, "{\"id\":\"wr%02zu\"", i);
    world_put_pair(out, "name", p->name), world_put_pair(out, "text", p->text);
    world_put_pair(out, "write", text_of(world_writing_names[p->writing]));
    world_put_pair(out, "split", text_of(world_split_names[p->split]));
    return buffer_put_char(out, '}');
}

static size_t find(const struct world *w, struct text id) {
    (void)w;
    return part_row(id, "wr", 2, WRAPPERS);
}

/* ---- family wrapped. Number: (quad x 24 + wrapper) x 2 + member; member a is benign, b its harmful twin. */

static uint64_t numbers(const struct world *w) {
    (void)w;
    return (uint64_t)QUADS * WRAPPERS * 2;
}

static bool split_of(const struct world *w, uint64_t number, enum split *split) {
    size_t quad = number / (WRAPPERS * 2);
    return world_join_splits(w->topic_split[quad / RISK_ACTS % TOPICS], world_wrapper(w, number / 2 % WRAPPERS)->split,
                             split);
}

static bool make(struct world_line *line, const struct world *w, uint64_t number, enum split split, uint64_t draw) {
    struct rng rng = world_stream(w, "wrappers/wrapped", draw, number / 2);
    unsigned quad = (unsigned)(number / (WRAPPERS * 2)), wrapper = (unsigned)(number / 2 % WRAPPERS);
    const struct wrapper *p = world_wrapper(w, wrapper);
    struct request r;
    world_request_init(&r);
    bool ok = world_conduct_request(&r, w, quad, number % 2 ? 'c' : 'a', split, &rng) &&
              world_wrap(&line->prompt, w, wrapper, buffer_text(&r.prompt));
    unsigned reply = world_template(w, split, &rng);
    ok = ok &&
         (r.harmful ? world_request_refuse(&r, w, reply) : world_request_help(&r, w, &w->words.steps, reply, &rng));
    buffer_put_text(&line->reply, buffer_text(&r.reply));
    buffer_put_c(&line->answer, r.harmful ? "refuse" : "help");
    buffer_printf(&line->template, "wrapped/%u/%u", wrapper, r.template);
    world_put_pair(&line->slots, "topic", w->words.policy.topics.at[r.topic]);
    buffer_printf(&line->labels, ",\"quad\":\"r%05u\",\"harmful\":%s,\"rule\":%u", quad, r.harmful ? "true" : "false",
                  r.pair);
    world_put_pair(&line->labels, "risk", w->words.policy.risk[r.risk].name);
    world_put_pair(&line->labels, "wrapper", p->name);
    world_label(line, "write", "%s", world_writing_names[p->writing]);
    world_label(line, "seen", "%s", world_seen(p->split));
    ok = ok && (!r.harmful || world_prov(line, "policy.%u.%u", r.risk, r.pair)) && world_prov(line, "wr%02u", wrapper);
    line->kind = "refusal";
    world_request_done(&r);
    return ok;
}

static const struct world_family family = {.name = "wrapped",
                                           .prefix = "rw",
                                           .digits = 6,
                                           .members = 2,
                                           .most = 2400,
                                           .numbers = numbers,
                                           .split = split_of,
                                           .make = make};

const struct world_part world_part_wrappers = {.name = "wrappers",
                                               .version = 1,
                                               .words = true,
                                               .state_size = sizeof(struct wrappers),
                                               .draw = draw,
                                               .rows = rows,
                                               .put_row = put_row,
                                               .find = find,
                                               .families = &family,
                                               .n_families = 1};
