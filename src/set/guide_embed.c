/* Vectors of guidelines: see guide_embed.h. */
#include "set/guide_embed.h"

#include "lm/files/activation_file.h"
#include "subject/subject_look.h"

#include <math.h>
#include <string.h>

enum { NUMBERS_MOST = 1 << 28, LINE_MOST = 1 << 16 };

/* Sentences of many kinds, whose mean is what all sentences share. They are part of what a vector means: never changed.
 */
static const char *const ordinary[] = {
    "Open the window when the room is warm.",
    "The boat leaves at noon and comes back in the evening.",
    "Nobody knows how old the bridge is.",
    "Write down what you bought and what it cost.",
    "Ask before you take: it may belong to somebody.",
    "She read the letter twice and put it away.",
    "How many eggs are needed for the cake?",
    "The road is closed because of the snow.",
    "Keep the keys where the children cannot reach them.",
    "In spring the river rises above the lower meadow.",
    "Say what you are sure of and what you only think.",
    "They could not agree on a price, so they went home.",
    "A triangle has three sides and three angles.",
    "Wash the brush before the paint is dry.",
    "Please tell me the way to the station.",
    "He has worked in the garden since the morning.",
    "Name the source: a figure without one is worth little.",
    "The shop sells bread, cheese, nails and rope.",
    "If the lamp flickers, the wire may be loose.",
    "Most of the guests had left before it rained.",
    "Speak calmly to people who are afraid.",
    "The second volume is longer than the first.",
    "Turn the wheel slowly to the left until it stops.",
    "What was promised should be kept.",
};
enum { ORDINARY = sizeof ordinary / sizeof *ordinary };

struct guide_embedder {
    struct subject *subject;
    struct lm_site site;
    size_t width, layers;
    double *centre; /* [width] */
    char name[sizeof(((struct subject *)0)->digest) + 24];
};

/* ---- looking ---- */

typedef bool row_sink(void *context, const struct look *look, struct error *err);
struct looking {
    const struct text *text;
    row_sink *sink;
    void *context;
    size_t n;
};

static bool pass_on(void *context, const struct look *look, struct error *err) {
    struct looking *l = context;
    if (look->error.kind) {
        *err = look->error;
        return error_wrap(err, "\"%.*s\"", (int)(l->text[look->ask].len < 60 ? l->text[look->ask].len : 60),
                          l->text[look->ask].at);
    }
    l->n++;
    return l->sink(l->context, look, err);
}

/* Each text as it stands, without a template; what does not fit into the context is left out on the right. */
static bool look_at(const struct guide_embedder *e, const struct text *text, size_t n, row_sink *sink, void *context,
                    struct error *err) {
    const struct lm_observe_options options = {.sites = &e->site, .n_sites = 1, .pool = LM_POOL_MEAN};
    struct looking l = {text, sink, context, 0};
    struct ask *asks = memory_zeroed(n + 1, sizeof *asks);
    bool ok = asks != NULL || error_memory(err, "texts");
    for (size_t i = 0; ok && i < n; i++)
        asks[i] =
            (struct ask){.id = TEXT("guideline"), .kind = ASK_SCORE, .prompt = text[i], .cut = true, .samples = 1};
    ok = ok && (n == 0 || subject_look(e->subject, &options, false, asks, n, pass_on, &l, err));
    memory_free(asks);
    return ok && (l.n == n || error_set(err, ERROR_DATA, "%zu texts gave %zu vectors", n, l.n));
}

/* ---- the centre ---- */

static bool add_ordinary(void *context, const struct look *look, struct error *err) {
    struct guide_embedder *e = context;
    (void)err;
    for (size_t i = 0; i < e->width; i++) e->centre[i] += (double)look->seen->values[i] / ORDINARY;
    return true;
}

static bool find_centre(struct guide_embedder *e, struct error *err) {
    struct text text[ORDINARY];
    for (size_t i = 0; i < ORDINARY; i++) text[i] = text_of(ordinary[i]);
    return look_at(e, text, ORDINARY, add_ordinary, e, err);
}

static void centre(const struct guide_embedder *e, const float *raw, float *out) {
    for (size_t i = 0; i < e->width; i++) out[i] = (float)((double)raw[i] - e->centre[i]);
}

struct guide_embedder *guide_embedder_open(struct subject *subject, size_t layer, struct error *err) {
    if (!subject_look_require(subject, "an embedding of guidelines", err)) return NULL;
    const struct lm_shape *shape = &subject_lm_model(subject)->shape;
    if (layer == SIZE_MAX) layer = shape->layers;
    if (layer > shape->layers)
        return error_set(err, ERROR_USAGE, "--layer %zu: subject '%s' has layers 0 (the embedding) to %zu", layer,
                         subject->name, shape->layers),
               NULL;
    struct guide_embedder *e = memory_zeroed(1, sizeof *e);
    if (!e) return error_memory(err, "embedding"), NULL;
    *e = (struct guide_embedder){.subject = subject,
                                 .site = {LM_STATE, layer, 0},
                                 .width = shape->width,
                                 .layers = shape->layers,
                                 .centre = memory_zeroed(shape->width, sizeof *e->centre)};
    snprintf(e->name, sizeof e->name, "%s/%zu", subject->digest, layer);
    if (e->centre ? find_centre(e, err) : error_memory(err, "embedding")) return e;
    guide_embedder_close(e);
    return NULL;
}

void guide_embedder_close(struct guide_embedder *e) {
    if (!e) return;
    memory_free(e->centre);
    memory_free(e);
}

const char *guide_embedder_name(const struct guide_embedder *e) {
    return e->name;
}

/* ---- texts to vectors ---- */

struct filling {
    const struct guide_embedder *e;
    float *next;
};

static bool put_vector(void *context, const struct look *look, struct error *err) {
    struct filling *f = context;
    (void)err;
    centre(f->e, look->seen->values, f->next);
    f->next += f->e->width;
    return true;
}

static bool room_for(const struct guide_embedder *e, size_t n, float **out, struct error *err) {
    if (n > NUMBERS_MOST / e->width)
        return error_set(err, ERROR_DATA, "%zu vectors of %zu numbers are more than fit", n, e->width);
    *out = memory_zeroed(n * e->width + 1, sizeof **out);
    return *out != NULL || error_memory(err, "vectors");
}

bool guide_embedder_embed(void *embedder, const struct text *text, size_t n, size_t *width, float **out,
                          struct error *err) {
    struct guide_embedder *e = embedder;
    struct filling f = {e, NULL};
    *width = e->width;
    if (!room_for(e, n, out, err)) return false;
    f.next = *out;
    if (look_at(e, text, n, put_vector, &f, err)) return true;
    memory_free(*out);
    *out = NULL;
    return false;
}

bool guide_embedding_check(const struct guide_library *library, const char *path, const char *name, struct error *err) {
    const char *said = library->n ? library->guide[0].embedding : "";
    if (!library->n || strcmp(said, name ? name : "") == 0) return true;
    if (!*said) return error_set(err, ERROR_DATA, "%s was built without a model; build it again with --subject", path);
    if (!name)
        return error_set(err, ERROR_DATA,
                         "%s was built with vectors of model %.12s..., layer %s: give --subject and --layer, or "
                         "--subject none for n-grams",
                         path, said, strrchr(said, '/') + 1);
    return error_set(err, ERROR_DATA, "%s was built with vectors of model %.12s..., layer %s, not %.12s..., layer %s",
                     path, said, strrchr(said, '/') + 1, name, strrchr(name, '/') + 1);
}

/* ---- files of vectors ---- */

struct writing {
    const struct guide_embedder *e;
    const struct guide_library *library;
    struct activation_out out;
    struct file_out lines;
    size_t n;
};

static bool sha_of(const struct guideline *g, struct text *out, char hex[HASH_HEX], struct error *err) {
    json_t *row = guide_json(g, err);
    struct text said = json_text(json_object_get(row, "sha256"));
    bool ok = row && said.len == HASH_HEX - 1;
    if (ok) memcpy(hex, said.at, said.len), hex[said.len] = 0, *out = (struct text){hex, said.len};
    json_decref(row);
    return ok;
}

static bool write_row(void *context, const struct look *look, struct error *err) {
    struct writing *w = context;
    const struct guideline *g = &w->library->guide[w->n];
    char line[256], hex[HASH_HEX];
    struct text sha;
    if (!sha_of(g, &sha, hex, err)) return false;
    activation_out_put(&w->out, look->ids, look->n, look->seen->values, 1);
    int n = snprintf(line, sizeof line, "{\"id\":\"%llu\",\"row\":%zu,\"rows\":1,\"tokens\":%zu,\"sha256\":\"%s\"}\n",
                     (unsigned long long)g->gid, w->n++, look->n, hex);
    file_out_put(&w->lines, line, (size_t)n);
    return true;
}

static bool list_texts(const struct guide_library *library, struct text **out, struct error *err) {
    *out = memory_zeroed(library->n + 1, sizeof **out);
    for (size_t i = 0; *out && i < library->n; i++) (*out)[i] = text_of(library->guide[i].text);
    return *out != NULL || error_memory(err, "guidelines");
}

static bool open_files(struct writing *w, const char *path, struct error *err) {
    char beside[4096];
    struct activation_header *h = memory_zeroed(1, sizeof *h);
    if (!h) return error_memory(err, "vectors");
    *h = (struct activation_header){
        .layers = 1, .width = (uint32_t)w->e->width, .pooling = LM_POOL_MEAN, .blocks = (uint32_t)w->e->layers};
    h->which[0] = (uint32_t)w->e->site.layer;
    memcpy(h->subject, w->e->subject->digest, sizeof h->subject);
    snprintf(beside, sizeof beside, "%s.act.jsonl", path);
    bool ok = file_out_open(&w->lines, beside, err);
    snprintf(beside, sizeof beside, "%s.act", path);
    ok = ok && activation_out_open(&w->out, beside, h, err);
    memory_free(h);
    return ok;
}

bool guide_vectors_write(struct guide_embedder *e, const struct guide_library *library, const char *path,
                         struct error *err) {
    struct writing w = {.e = e, .library = library};
    struct text *text;
    bool ok = list_texts(library, &text, err) && open_files(&w, path, err) &&
              look_at(e, text, library->n, write_row, &w, err) && file_out_commit(&w.lines, err) &&
              activation_out_commit(&w.out, err);
    file_out_abandon(&w.lines);
    activation_out_abandon(&w.out);
    memory_free(text);
    return ok;
}

/* The lines beside the vectors say of which guidelines they are. */
static bool check_lines(const struct guide_library *library, const char *path, struct error *err) {
    struct jsonl *lines = jsonl_open(path, LINE_MOST, err);
    json_t *row;
    size_t line, n = 0;
    int more = 0;
    bool ok = lines != NULL, same = true;
    while (ok && same && (more = jsonl_next(lines, &row, &line, err)) > 0) {
        char hex[HASH_HEX];
        struct text sha;
        same = n < library->n;
        if (same) ok = sha_of(&library->guide[n], &sha, hex, err);
        same = same && ok && text_equal(json_text(json_object_get(row, "sha256")), sha);
        n++;
        json_decref(row);
    }
    jsonl_close(lines);
    if (!ok || more < 0) return false;
    return (same && n == library->n) ||
           error_set(err, ERROR_DATA, "%s:%zu: vectors of another library, or of an older one; build it again", path,
                     line);
}

static bool check_header(const struct guide_embedder *e, const struct activation_in *in,
                         const struct guide_library *library, const char *path, struct error *err) {
    const struct activation_header *h = &in->header;
    if (strcmp(h->subject, e->subject->digest) != 0 || h->layers != 1 || h->which[0] != e->site.layer ||
        h->width != e->width || h->pooling != LM_POOL_MEAN)
        return error_set(err, ERROR_DATA, "%s: vectors of another model or layer; build the library again", path);
    return h->n == library->n ||
           error_set(err, ERROR_DATA, "%s: %llu vectors of %zu guidelines; build the library again", path,
                     (unsigned long long)h->n, library->n);
}

bool guide_vectors_read(struct guide_embedder *e, const struct guide_library *library, const char *path, size_t *width,
                        float **out, struct error *err) {
    char beside[4096], lines[4096];
    struct activation_in in;
    *out = NULL;
    *width = e->width;
    snprintf(beside, sizeof beside, "%s.act", path);
    snprintf(lines, sizeof lines, "%s.act.jsonl", path);
    if (!file_exists(beside)) return true;
    if (!activation_in_open(&in, beside, err)) return false;
    bool ok = check_header(e, &in, library, beside, err) && check_lines(library, lines, err) &&
              room_for(e, library->n, out, err);
    for (size_t i = 0; ok && i < library->n; i++) centre(e, in.values + i * e->width, *out + i * e->width);
    activation_in_close(&in);
    return ok;
}
