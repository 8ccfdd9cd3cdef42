/* The world's tokenizer, trained on a fixed sample of its corpora: see world.h. */
#include "measure/world/world_tokenizer.h"

#include "base/file.h"

enum { VOCABULARY = 3072, LINE_MOST = 1 << 24, TEXTS_MOST = 1 << 22 };

struct sample {
    struct arena arena;
    struct text *texts;
    size_t n, capacity;
    struct error *err;
};

static bool add_text(struct sample *s, struct text t) {
    if (!t.len) return true;
    if (s->n == TEXTS_MOST) return error_set(s->err, ERROR_DATA, "tokenizer: more than %d texts", TEXTS_MOST);
    if (s->n == s->capacity) {
        size_t wanted = s->capacity ? s->capacity * 2 : 1 << 14;
        struct text *more = memory_grow(s->texts, wanted, sizeof *more);
        if (!more) return error_memory(s->err, "tokenizer");
        s->texts = more, s->capacity = wanted;
    }
    char *copy = arena_copy(&s->arena, t.at, t.len, s->err);
    if (copy) s->texts[s->n++] = (struct text){copy, t.len};
    return copy != NULL;
}

/* What a model reads of a document, without the marks of the chat template. */
static bool add_document(struct sample *s, json_t *document) {
    json_t *turn;
    size_t i;
    if (!add_text(s, json_text(json_object_get(document, "text")))) return false;
    json_array_foreach(json_object_get(document, "messages"), i, turn)
        if (!add_text(s, json_text(json_object_get(turn, "content")))) return false;
    return true;
}

static bool read_sample(struct sample *s, const char *path) {
    struct jsonl *lines = jsonl_open(path, LINE_MOST, s->err);
    json_t *document;
    size_t line;
    int got = -1;
    while (lines && (got = jsonl_next(lines, &document, &line, s->err)) > 0) {
        bool ok = add_document(s, document);
        json_decref(document);
        if (!ok) break;
    }
    jsonl_close(lines);
    return got == 0;
}

static bool sample_corpora(struct sample *s, const struct world *w, const struct tokenizer_sample *of,
                           const char *scratch, struct pool *pool, const struct interrupt *stop) {
    for (size_t i = 0; i < TOKENIZER_CORPORA && of->corpus[i]; i++) {
        struct mix_spec spec;
        struct mix_made made;
        if (!world_mix_find(&s->arena, text_of(of->corpus[i]), &spec, s->err)) return false;
        spec.scale = of->percent;
        bool ok =
            world_mix_write(w, &spec, 1, scratch, pool, stop, &made, &s->arena, s->err) && read_sample(s, scratch);
        remove(scratch);
        if (!ok) return false;
    }
    return true;
}

/* No later corpus in the first: it is frozen. */
const struct tokenizer_sample world_tokenizer_first = {{"pretrain", "help", "chat"}, 3, true};
const struct tokenizer_sample world_tokenizer_tongues = {{"tongues"}, 40, false};

struct tokenizer *world_tokenizer(const struct world *w, const struct tokenizer_sample *of, const char *scratch,
                                  struct pool *pool, const struct interrupt *stop, struct error *err) {
    struct sample s = {.err = err};
    struct tokenizer *tokenizer = NULL;
    arena_init(&s.arena, (size_t)1 << 30);
    if (sample_corpora(&s, w, of, scratch, pool, stop)) {
        struct tokenizer_training how = {.texts = s.texts,
                                         .n_texts = s.n,
                                         .specials = w->words.specials.at,
                                         .n_specials = w->words.specials.n,
                                         .reserve = w->reserve.at,
                                         .n_reserve = of->reserve ? w->reserve.n : 0,
                                         .vocabulary = VOCABULARY,
                                         .pre = "qwen2",
                                         .bos = TEXT("<bos>"),
                                         .eos = TEXT("<eos>"),
                                         .chat_template = w->words.chat_template};
        tokenizer = tokenizer_train(&how, err);
    }
    memory_free(s.texts);
    arena_done(&s.arena);
    return tokenizer;
}

bool world_tokenizer_write(const struct tokenizer *tokenizer, const char *path, struct error *err) {
    struct gguf_writer *w = gguf_writer_new(path, err);
    bool ok = w && gguf_put_text(w, "general.architecture", TEXT("llama"), err) &&
              gguf_put_text(w, "general.name", TEXT("Pocket tokenizer"), err) && tokenizer_to_gguf(tokenizer, w, err) &&
              gguf_writer_end(w, err);
    gguf_writer_free(w);
    return ok;
}
