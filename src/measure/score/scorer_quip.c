/* How much of an answer stands word for word in trusted text (QUIP-Score), and whether its sentences do: quote_score.h.
 * The trusted text is an index (`basanite quote index`), or a text that the item brings along. */
#include "measure/score/scorer_internal.h"
#include "measure/world/world_internal.h"
#include "quote/quote_json.h"

#include <math.h>
#include <string.h>

enum { INDEX, REFERENCE, WIDTH, SHORT, DETAILS, MEMORY, OPTIONS };
static const struct option_def quip_options[OPTIONS] = {
    [INDEX] = {"index", OPTION_TEXT, "", 1, 0, NULL,
               "index of the trusted text (`basanite quote index`); world:quotes: the almanac of the pocket world"},
    [REFERENCE] = {"reference", OPTION_TEXT, "", 1, 0, NULL, "label of the item that holds the trusted text, instead"},
    [WIDTH] = {"width", OPTION_INT, "25", 1, 10000, NULL, "of reference: characters of a window"},
    [SHORT] = {"short", OPTION_CHOICE, "null", 1, 0, "null|zero",
               "of an answer without a window: no value, or 0, as a reward among others needs it"},
    [DETAILS] = {"details", OPTION_FLAG, "no", 1, 0, NULL, "stretches with their sources, and every sentence"},
    [MEMORY] = {"memory", OPTION_INT, "0", 0, 1 << 30, NULL, "MiB of the index that may stay in memory; 0: any"},
};

/* The sentences of the almanac, as `world make --part quotes` writes them. */
static bool world_texts(const struct world *w, struct arena *arena, struct text **out, size_t *n, struct error *err) {
    char path[64];
    size_t part = 0;
    while (strcmp(world_truth_path(part, path), "truth/quotes.jsonl") != 0) part++;
    *n = world_truth_rows(w, part);
    if (!(*out = arena_new(arena, struct text, *n, err))) return false;
    for (size_t i = 0; i < *n; i++) {
        struct buffer row;
        buffer_init(&row, 1 << 16);
        json_t *read = world_put_truth(&row, w, part, i) ? json_read(buffer_text(&row), path, i + 1, err) : NULL;
        struct text t = json_text(json_object_get(read, "text"));
        char *copy = text_copy(arena, t, err);
        (*out)[i] = (struct text){copy, t.len};
        json_decref(read);
        buffer_done(&row);
        if (!copy) return false;
    }
    return true;
}

static struct quote_index *world_index(struct error *err) {
    struct arena arena;
    struct text *texts;
    size_t n;
    struct world *w = world_new(WORLD_DEFAULT_SEED, err);
    arena_init(&arena, 64 << 20);
    struct quote_index *index =
        w && world_texts(w, &arena, &texts, &n, err) ? quote_index_of_texts(texts, n, 0, err) : NULL;
    arena_done(&arena);
    world_free(w);
    return index;
}

static void *open_quip(const struct option_value *o, const char *path, struct error *err) {
    if (!o[INDEX].text.len == !o[REFERENCE].text.len)
        return error_set(err, ERROR_USAGE,
                         "quip: give the trusted text, as in quip,index=almanac.idx (made by "
                         "`basanite quote index`) or quip,reference=LABEL"),
               NULL;
    if (o[REFERENCE].text.len) return NULL;
    if (text_equal_c(o[INDEX].text, "world:quotes")) return world_index(err);
    struct arena arena;
    arena_init(&arena, 1 << 20);
    char *name = text_copy(&arena, o[INDEX].text, err), *file = name ? file_find(&arena, name, path, err) : NULL;
    struct quote_index *index = file ? quote_index_open(file, (size_t)o[MEMORY].integer << 20, err) : NULL;
    arena_done(&arena);
    return index;
}

static void close_quip(void *state) {
    quote_index_close(state);
}

static const char *digest_quip(const void *state) {
    return state ? quote_index_digest(state) : "";
}

static struct quote_index *index_of_item(const struct option_value *o, const struct item *item, struct error *err) {
    char name[128];
    snprintf(name, sizeof name, "%.*s", TEXT_ARG(o[REFERENCE].text));
    const json_t *label = json_object_get(json_object_get(item->gold, "labels"), name);
    if (!json_is_string(label))
        return error_set(err, ERROR_DATA, "scorer 'quip': the item has no text in label '%s'", name), NULL;
    struct text t = json_text(label);
    return quote_index_of_texts(&t, 1, (size_t)o[WIDTH].integer, err);
}

static struct text label_of(const struct quote_score *s) {
    if (s->state != QUOTE_SCORED) return text_of(quote_state_names[s->state]);
    return s->stitched                ? TEXT("stitched")
           : s->members == s->windows ? TEXT("quoted")
           : s->members               ? TEXT("partly")
                                      : TEXT("none");
}

static bool score_quip(const struct task *task, const struct option_value *o, const struct item *item,
                       const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    const struct quote_index *index = task_scorer_state(task);
    struct quote_index *own = NULL;
    struct quote_score s;
    const struct quote_score_settings settings = {.details = true};
    if (!index && !(index = own = index_of_item(o, item, err))) return false;
    bool ok = quote_score(index, answer->text, &settings, arena, &s, err);
    if (ok) {
        bool zero = isnan(s.quip) && text_equal_c(o[SHORT].text, "zero");
        out->value = zero ? 0 : s.quip;
        out->label = label_of(&s);
        out->parts = quote_score_json(index, &s, o[DETAILS].flag ? QUOTE_ALL : QUOTE_NUMBERS);
        ok = out->parts || error_memory(err, "quip");
    }
    quote_index_close(own);
    return ok;
}

const struct scorer scorer_quip = {
    .name = "quip",
    .version = "1",
    .summary = "how much of the answer stands word for word in trusted text, in windows of 25 characters; whether its "
               "sentences do",
    .metrics = "[quip, quip_micro, sentences_quoted, stitched_rate, answer_length]",
    .options = quip_options,
    .n_options = OPTIONS,
    .exact = true,
    .explains = true,
    .open = open_quip,
    .close = close_quip,
    .digest = digest_quip,
    .score = score_quip,
};
