/* Whether the answers of the data open as the model's own do: with a blank, or without. Chat templates differ in this,
 * and so do models tuned on them; what is learned of answers that open in the other way is hardly ever said. Looked at
 * are the places before the first token of up to 16 answers: the share of the model's probability that lies on tokens
 * with a blank in front, and the share of the answers that begin with one. */
#include "act/train/train_internal.h"

#include <math.h>

enum { LOOKED_AT = 16 };

/* Packed rows up to the opening of each answer. Memory of its own. */
struct openings {
    int32_t *ids, *at, *said;
    size_t starts[LOOKED_AT + 1], rows, n;
};

static void openings_done(struct openings *o) {
    memory_free(o->ids);
    memory_free(o->at);
    memory_free(o->said);
}

static bool openings_init(struct openings *o, size_t tokens, struct error *err) {
    *o = (struct openings){.ids = memory_zeroed(tokens + 1, sizeof *o->ids),
                           .at = memory_zeroed(LOOKED_AT, sizeof *o->at),
                           .said = memory_zeroed(LOOKED_AT, sizeof *o->said)};
    return (o->ids && o->at && o->said) || error_memory(err, "openings of answers");
}

/* ids[0..n-1] is what stands before `said`. */
static void openings_add(struct openings *o, const int32_t *ids, size_t n, int32_t said) {
    for (size_t i = 0; i < n; i++) o->ids[o->rows++] = ids[i];
    o->at[o->n] = (int32_t)o->rows - 1;
    o->said[o->n++] = said;
    o->starts[o->n] = o->rows;
}

/* The first answer of each group. */
static bool open_answers(const struct answers *set, struct openings *o, struct error *err) {
    if (!openings_init(o, LOOKED_AT * answers_longest(set), err)) return false;
    for (size_t g = 0; g < answers_groups(set) && o->n < LOOKED_AT; g++) {
        const struct graded_answer *a = answers_group(set, g)->answers;
        size_t prompt = 0;
        while (prompt < a->n && !a->counted[prompt]) prompt++;
        if (prompt && prompt < a->n) openings_add(o, a->ids, prompt, a->ids[prompt]);
    }
    return true;
}

/* What the assistant says in documents, each once; plain documents open nothing. */
static bool open_documents(struct corpus *corpus, size_t context, struct openings *o, struct error *err) {
    if (!openings_init(o, LOOKED_AT * context, err)) return false;
    for (uint64_t r = 0; r < corpus_rows(corpus) && r < LOOKED_AT && o->n < LOOKED_AT; r++) {
        struct train_batch b;
        if (!corpus_batch(corpus, r, 1, &b, err)) return false;
        for (size_t s = 0; s < b.n_segments && o->n < LOOKED_AT; s++)
            for (size_t i = b.starts[s] + 1; i < b.starts[s + 1]; i++) {
                if (b.targets[i] < 0 || b.targets[i - 1] >= 0 || i - b.starts[s] >= context) continue;
                openings_add(o, b.ids + b.starts[s], i + 1 - b.starts[s], b.targets[i]);
                break;
            }
    }
    return true;
}

static bool find_blanks(const struct tokenizer *tokenizer, bool *blank, size_t n, struct error *err) {
    struct buffer piece;
    buffer_init(&piece, 1 << 20);
    for (size_t i = 0; i < n; i++) {
        piece.len = 0;
        tokenizer_piece(tokenizer, (int32_t)i, false, &piece);
        blank[i] = piece.len && piece.at[0] == ' ';
    }
    bool ok = buffer_check(&piece, "token", err);
    buffer_done(&piece);
    return ok;
}

/* Share of exp(x) that lies where blank[]. */
static double mass(const float *x, const bool *blank, size_t n) {
    double most = -INFINITY, all = 0, some = 0;
    for (size_t i = 0; i < n; i++) most = fmax(most, (double)x[i]);
    for (size_t i = 0; i < n; i++) {
        double e = exp((double)x[i] - most);
        all += e;
        some += blank[i] ? e : 0;
    }
    return some / all;
}

static bool compare_openings(struct train *t, const struct openings *o, struct train_opening *out, struct error *err) {
    size_t vocabulary = tokenizer_vocabulary(t->model->tokenizer);
    bool *blank = memory_zeroed(vocabulary + 1, sizeof *blank);
    if (!blank) return error_memory(err, "openings of answers");
    tape_reset(t->tape);
    struct tensor *x =
        lm_trainable_logits_at(t->trainable, t->tape, o->ids, o->rows, o->starts, o->n, o->at, o->n, err);
    bool ok = x && find_blanks(t->model->tokenizer, blank, vocabulary, err);
    for (size_t i = 0; ok && i < o->n; i++) {
        size_t known = x->shape[1] < vocabulary ? x->shape[1] : vocabulary;
        out->model += mass(x->data + i * x->shape[1], blank, known) / (double)o->n;
        out->data += (double)blank[o->said[i]] / (double)o->n;
    }
    out->answers = o->n;
    tape_reset(t->tape);
    memory_free(blank);
    return ok;
}

bool train_opening(struct train *t, struct train_opening *out, struct error *err) {
    struct openings o = {0};
    bool ok = true, spoken = !t->objective->wordless && !t->objective->pooled;
    *out = (struct train_opening){0};
    if (t->objective->settle) return true; /* no answer is learned */
    if (t->answers && spoken)
        ok = open_answers(t->answers, &o, err);
    else if (t->corpus && t->objective->answers)
        ok = open_documents(t->corpus, t->model->shape.context, &o, err);
    if (ok && o.n) ok = compare_openings(t, &o, out, err);
    openings_done(&o);
    return ok;
}
