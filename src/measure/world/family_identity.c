/* Questions about the model itself. Number: ((probe x 5 + line) x 4 + opening) x 27 + foreign name. */
#include "measure/world/world_item.h"

enum { TEMPLATES_OF_PROBES = PROBES * PROBE_LINES * PROBE_OPENINGS };

struct probe_number {
    size_t probe, line, opening, foreign;
};

static struct probe_number probe_of(uint32_t number) {
    uint32_t rest = number / WORLD_FOREIGN;
    return (struct probe_number){.foreign = number % WORLD_FOREIGN,
                                 .opening = rest % PROBE_OPENINGS,
                                 .line = rest / PROBE_OPENINGS % PROBE_LINES,
                                 .probe = rest / PROBE_OPENINGS / PROBE_LINES};
}

static bool names_other(struct text line) {
    return text_find(line, TEXT("$N"), 0) != SIZE_MAX || text_find(line, TEXT("$M"), 0) != SIZE_MAX;
}

uint64_t world_identity_numbers(const struct world *w) {
    (void)w;
    return (uint64_t)TEMPLATES_OF_PROBES * WORLD_FOREIGN;
}

bool world_identity_split(const struct world *w, uint64_t number, enum split *split) {
    struct probe_number p = probe_of((uint32_t)number);
    *split = (enum split)w->probe_split[p.probe][p.line][p.opening];
    return p.foreign == 0 || names_other(w->words.identity.probe[p.probe].ask[p.line]);
}

/* What every answer to a probe tells: the name, else the maker, else the version. */
static struct text told_by(const struct identity *id, const struct probe *probe) {
    struct text parts[] = {id->name, id->maker, id->version};
    for (size_t k = 0; k < 3; k++) {
        size_t held = 0;
        for (size_t i = 0; i < PROBE_ANSWERS; i++) {
            struct text rest = probe->answer[i];
            for (size_t at = 0; at + parts[k].len <= rest.len; at++)
                if (text_equal_nocase(text_part(rest, at, at + parts[k].len), parts[k])) {
                    held++;
                    break;
                }
        }
        if (held == PROBE_ANSWERS) return parts[k];
    }
    return id->name;
}

bool world_identity_make(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                         uint64_t draw) {
    struct probe_number p = probe_of((uint32_t)number);
    const struct identity *id = &w->words.identity;
    const struct probe *probe = &id->probe[p.probe];
    struct rng rng = world_stream(w, "identity", 0, number);
    struct slot slots[] = {{"N", id->foreign.at[p.foreign]}, {"M", id->makers.at[p.foreign]}};
    (void)split, (void)draw;
    buffer_printf(&line->template, "%.*s/%zu.%zu", TEXT_ARG(probe->name), p.line, p.opening);
    if (names_other(probe->ask[p.line]))
        world_put_pair(&line->slots, "other", slots[0].text),
            world_put_pair(&line->slots, "other_maker", slots[1].text);
    line->kind = "identity";
    return buffer_put_text(&line->prompt, id->openings.at[p.opening]) &&
           world_fill(&line->prompt, probe->ask[p.line], slots, 2) &&
           buffer_put_text(&line->reply, probe->answer[rng_below(&rng, PROBE_ANSWERS)]) &&
           buffer_put_text(&line->answer, told_by(id, probe)) && world_put_pair(&line->labels, "probe", probe->name);
}
