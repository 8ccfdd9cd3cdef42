/* Manners by name, and prompts in chunks: see world_manner.h. */
#include "measure/world/world_manner.h"

#include <string.h>

const char *const world_manner_names[N_MANNERS] = {
    "archaic",      "shouted",      "clipped",         "courteous",       "childlike",   "official",    "gossiping",
    "verse",        "typos-light",  "typos-heavy",     "swap-light",      "swap-heavy",  "drop-light",  "drop-heavy",
    "double-light", "double-heavy", "neighbour-light", "neighbour-heavy", "space-light", "space-heavy", "case-light",
    "case-heavy",   "synonyms",     "distractor",      "markup"};

bool world_manner_find(const char *name, enum manner *manner, struct error *err) {
    for (int i = 0; i < N_MANNERS; i++)
        if (strcmp(world_manner_names[i], name) == 0) return *manner = (enum manner)i, true;
    const char *near = text_nearest(text_of(name), world_manner_names, N_MANNERS);
    return error_set(err, ERROR_USAGE, "no style '%.64s'%s%s%s", name, near ? "; did you mean '" : "", near ? near : "",
                     near ? "'?" : "; there are archaic, typos-light, synonyms, ... (see the manual)");
}

bool world_style(struct buffer *out, const struct world *world, struct text prompt, enum manner manner,
                 struct rng *rng) {
    const struct manners *m = world_manners(world);
    return manner < N_MANNER_STYLES ? world_put_style(out, m, prompt, manner, rng)
                                    : world_put_perturbed(out, m, prompt, manner, rng);
}

/* ---- chunks */

static bool is_blank(char c) {
    return c == ' ' || c == '\n' || c == '\t';
}
static bool is_small(char c) {
    return c >= 'a' && c <= 'z';
}
static bool is_capital(char c) {
    return c >= 'A' && c <= 'Z';
}

/* "A. ..." */
static bool begins_option(struct text line) {
    return line.len > 3 && line.at[0] >= 'A' && line.at[0] <= 'H' && line.at[1] == '.' && line.at[2] == ' ';
}

struct chunks chunks_of(struct text prompt) {
    return (struct chunks){.rest = prompt, .begins = true, .line = true};
}

/* Takes bytes from..to of the rest off it. */
static struct text take(struct chunks *c, size_t n) {
    struct text t = text_part(c->rest, 0, n);
    c->rest = text_part(c->rest, n, c->rest.len);
    return t;
}

static void split_chunk(struct chunk *chunk, struct text whole) {
    size_t from = 0, to = whole.len;
    while (from < to && strchr("\"'(", whole.at[from])) from++;
    while (to > from && strchr("\"').,?!:;", whole.at[to - 1])) to--;
    chunk->lead = text_part(whole, 0, from);
    chunk->core = text_part(whole, from, to);
    chunk->tail = text_part(whole, to, whole.len);
}

bool chunks_next(struct chunks *c, struct chunk *chunk) {
    size_t n = 0, gap = 0;
    if (c->rest.len == 0) return false;
    if (c->line) c->option = begins_option(c->rest);
    while (n < c->rest.len && !is_blank(c->rest.at[n])) n++;
    split_chunk(chunk, take(c, n));
    while (gap < c->rest.len && is_blank(c->rest.at[gap])) gap++;
    chunk->gap = take(c, gap);
    c->line = memchr(chunk->gap.at, '\n', gap) != NULL;
    chunk->first = c->begins;
    chunk->plain = !c->option && chunk->core.len > 0;
    for (size_t i = 0; i < chunk->core.len && chunk->plain; i++)
        chunk->plain = is_small(chunk->core.at[i]) || (i == 0 && chunk->first && is_capital(chunk->core.at[i]));
    c->begins = c->line || (chunk->tail.len && memchr(chunk->tail.at, ':', chunk->tail.len)) ||
                (chunk->tail.len && strchr(".?!", chunk->tail.at[chunk->tail.len - 1]));
    return true;
}

bool chunk_put(struct buffer *out, const struct chunk *chunk) {
    return buffer_put_text(out, chunk->lead) && buffer_put_text(out, chunk->core) &&
           buffer_put_text(out, chunk->tail) && buffer_put_text(out, chunk->gap);
}

static const struct exchange *find_exchange(const struct chunk *chunk, const struct exchange *words, size_t n) {
    for (size_t i = 0; chunk->plain && i < n; i++)
        if (text_equal_nocase(words[i].from, chunk->core)) return &words[i];
    return NULL;
}

/* A word that is dropped hands its capital to the next one. One with marks at it stays. */
bool world_exchange(struct buffer *out, struct text prompt, const struct exchange *words, size_t n) {
    struct chunks chunks = chunks_of(prompt);
    struct chunk chunk;
    bool capital = false;
    while (chunks_next(&chunks, &chunk)) {
        const struct exchange *e = find_exchange(&chunk, words, n);
        bool drop = e && e->to.len == 0;
        bool upper = chunk.core.len && is_capital(chunk.core.at[0]);
        if (drop && !chunk.lead.len && !chunk.tail.len && chunk.gap.len == 1) {
            capital = capital || upper;
            continue;
        }
        if (e && !drop) chunk.core = e->to;
        size_t at = out->len + chunk.lead.len;
        if (!chunk_put(out, &chunk)) return false;
        if ((capital || upper) && at < out->len && is_small(out->at[at])) out->at[at] = (char)(out->at[at] - 32);
        capital = false;
    }
    return !out->failed;
}

bool world_ends_in_options(struct text prompt) {
    size_t line = prompt.len;
    while (line > 0 && prompt.at[line - 1] != '\n') line--;
    return begins_option(text_part(prompt, line, prompt.len));
}
