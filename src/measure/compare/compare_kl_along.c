/* How far two models in this process lie apart along written answers: the base's recorded answer is put before both,
 * token by token, and at each of its tokens and at its end
 *
 *     KL(base || other) = sum over the vocabulary of p (ln p - ln q)   in nats,
 *
 * with the share of places whose likeliest token is the same. An item has the mean over its places; the figure is their
 * mean, resampled by clusters. Both models read the prompt as a run asks it. See compare_internal.h. */
#include "measure/compare/compare_internal.h"

#include "subject/subject_look.h"

#include <math.h>
#include <string.h>

enum { MESSAGES_MOST = 256, PART = 64 }; /* PART: items whose distributions stand in memory */

struct place_row { /* of one item, in the base's words */
    struct text *choice;
    struct ask ask;
    float *all; /* of the base, [places, vocabulary], while a part is in hand */
    size_t places;
};

struct along {
    struct compare_task *task;
    struct compare_along *out;
    struct place_row *row; /* [n_pairs] */
    size_t *which;         /* pairs of the part */
    size_t vocabulary;
    int side;
    struct arena part;
};

/* ---- what is asked ---- */

static bool copy_text(struct arena *arena, struct text from, struct text *out, struct error *err) {
    char *copy = text_copy(arena, from, err);
    *out = (struct text){copy, from.len};
    return copy != NULL;
}

static bool take_messages(struct arena *arena, const json_t *list, struct ask *ask, struct error *err) {
    size_t n = json_array_size(list);
    if (n == 0 || n > MESSAGES_MOST) return error_set(err, ERROR_DATA, "the record has a prompt of %zu messages", n);
    struct message *to = arena_new(arena, struct message, n, err);
    if (!to) return false;
    for (size_t i = 0; i < n; i++) {
        const json_t *from = json_array_get(list, i);
        if (!copy_text(arena, json_text(json_object_get(from, "role")), &to[i].role, err) ||
            !copy_text(arena, json_text(json_object_get(from, "content")), &to[i].text, err))
            return false;
    }
    ask->messages = to;
    ask->n_messages = n;
    return true;
}

static bool take(void *context, size_t pair, int side, const struct record_row *row, struct error *err) {
    struct along *a = context;
    struct place_row *r = &a->row[pair];
    struct arena *arena = a->task->arena;
    if (side != 0) return true;
    if (!(r->choice = arena_new(arena, struct text, 1, err)) || !copy_text(arena, row->text, r->choice, err))
        return false;
    r->ask = (struct ask){.id = text_of(a->task->pairs[pair].item),
                          .kind = ASK_SCORE, .choices = r->choice, .n_choices = row->text.len > 0, .samples = 1};
    if (json_is_array(row->messages)) return take_messages(arena, row->messages, &r->ask, err);
    return copy_text(arena, json_text(json_object_get(row->messages, "prompt")), &r->ask.prompt, err);
}

/* ---- one part ---- */

static size_t likeliest(const float *x, size_t n) {
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (x[i] > x[best]) best = i;
    return best;
}

static double divergence(const float *p, const float *q, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += exp((double)p[i]) * ((double)p[i] - (double)q[i]);
    return fmax(sum, 0);
}

static bool see(void *context, const struct look *look, struct error *err) {
    struct along *a = context;
    size_t pair = a->which[look->ask], v = a->vocabulary;
    struct place_row *r = &a->row[pair];
    if (look->error.kind) return *err = look->error, error_wrap(err, "item '%s'", a->task->pairs[pair].item);
    /* Of an empty answer only its end is predicted, at the last place of the prompt. */
    size_t n = look->choice == SIZE_MAX ? 1 : look->seen->positions;
    const float *all = look->seen->all + (look->seen->positions - n) * v;
    if (a->side == 0) {
        r->places = n;
        if (!(r->all = arena_new(&a->part, float, n * v, err))) return false;
        return memcpy(r->all, all, n * v * sizeof(float)), true;
    }
    if (n != r->places)
        return error_set(err, ERROR_DATA, "item '%s': one model has %zu tokens of the answer and the other %zu",
                         a->task->pairs[pair].item, r->places, n);
    double sum = 0, same = 0;
    for (size_t i = 0; i < n; i++) {
        const float *p = r->all + i * v, *q = all + i * v;
        sum += divergence(p, q, v);
        same += likeliest(p, v) == likeliest(q, v);
    }
    a->out->divergence[pair] = sum / (double)n;
    a->out->same_top[pair] = same / (double)n;
    a->out->tokens += n;
    return true;
}

static bool look_at(struct along *a, struct subject *const subjects[2], size_t n, struct error *err) {
    const struct lm_observe_options options = {.all = true};
    struct ask asks[PART];
    for (size_t i = 0; i < n; i++) asks[i] = a->row[a->which[i]].ask;
    for (a->side = 0; a->side < 2; a->side++)
        if (!subject_look(subjects[a->side], &options, true, asks, n, see, a, err)) return false;
    arena_reset(&a->part);
    return true;
}

/* ---- the models ---- */

static bool open_models(struct compare_task *t, struct subject *subjects[2], struct error *err) {
    const size_t runs[2] = {t->base, t->other};
    for (int s = 0; s < 2; s++) {
        const struct compare_run *run = &t->out->runs[runs[s]];
        subjects[s] = subject_open(text_of(run->spec), t->out->settings.subjects, err);
        if (!subjects[s]) return error_wrap(err, "run '%s'", run->name);
        if (!subject_look_require(subjects[s], "the distance along answers", err)) return false;
        if (strcmp(subjects[s]->digest, run->digest) != 0)
            return error_set(err, ERROR_DATA, "run '%s': '%s' is no longer what was asked: another digest", run->name,
                             run->spec);
    }
    char digest[2][65] = {"", ""};
    for (int s = 0; s < 2; s++)
        if (!tokenizer_digest(subject_lm_model(subjects[s])->tokenizer, digest[s]))
            return error_memory(err, "tokenizer");
    if (strcmp(digest[0], digest[1]) == 0) return true;
    return error_set(err, ERROR_DATA, "runs '%s' and '%s' have different tokenizers: their tokens are not the same",
                     t->out->runs[t->base].name, t->out->runs[t->other].name);
}

/* The usable pairs, a part at a time. */
static bool look_at_all(struct along *a, struct subject *const subjects[2], struct error *err) {
    size_t n = 0;
    for (size_t i = 0; i < a->task->n_pairs; i++) {
        if (a->task->pairs[i].usable) a->which[n++] = i;
        if (n == PART && !look_at(a, subjects, n, err)) return false;
        if (n == PART) n = 0;
    }
    return n == 0 || look_at(a, subjects, n, err);
}

bool compare_along(struct compare_task *t, struct compare_along *out, struct error *err) {
    struct along a = {.task = t, .out = out};
    struct subject *subjects[2] = {NULL, NULL};
    arena_init(&a.part, (size_t)2 << 30);
    bool ok = (a.row = arena_new(t->arena, struct place_row, t->n_pairs + 1, err)) &&
              (a.which = arena_new(t->arena, size_t, PART, err)) && open_models(t, subjects, err);
    if (ok) a.vocabulary = subject_lm_model(subjects[0])->shape.vocabulary;
    ok = ok && compare_walk(t, RECORD_WITH_ASKS, take, &a, err) && look_at_all(&a, subjects, err);
    for (int s = 0; s < 2; s++) subject_close(subjects[s]);
    arena_done(&a.part);
    return ok;
}
