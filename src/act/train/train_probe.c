/* What is looked at while training goes on: the loss on validation data, the figures of a probe, and the log that keeps
 * them. A milestone that was interrupted is done when the training goes on,
 * so the log is that of an undisturbed one. */
#include "act/train/train_internal.h"

#include "base/progress.h"

enum { LOG_EVERY = 20, LOG_LINES = 10 };

bool train_milestone(const struct train *t) {
    return t->step % t->every == 0 || t->step == t->steps;
}

/* A short training has some lines too. */
static uint64_t log_every(const struct train *t) {
    uint64_t tenth = (t->steps + LOG_LINES - 1) / LOG_LINES;
    return tenth < 1 ? 1 : tenth < LOG_EVERY ? tenth : LOG_EVERY;
}

static bool due(const struct train *t) {
    if ((int64_t)t->step <= t->logged_step) return false;
    if (t->step == 0) return t->settings.probe != NULL;
    return t->step % log_every(t) == 0 || train_milestone(t);
}

/* Names the weights: by what makes them. */
static bool digest_now(const struct train *t, char digest[HASH_HEX], struct error *err) {
    struct buffer b;
    buffer_init(&b, 1 << 16);
    buffer_printf(&b, "training %s step %llu ", t->config, (unsigned long long)t->step);
    train_arithmetic_put(t, &b);
    bool ok = buffer_check(&b, "digest", err);
    if (ok) sha256_hex(b.at, b.len, digest);
    buffer_done(&b);
    return ok;
}

static bool probe(struct train *t, struct error *err) {
    const struct probe *p = t->settings.probe;
    char digest[HASH_HEX];
    arena_reset(&t->probe_arena);
    return digest_now(t, digest, err) && (!t->trainable || lm_trainable_store(t->trainable, t->model, err)) &&
           (p->measure(p->context, t->model, digest, t->step, &t->probe_arena, &t->probed, &t->n_probed, err) ||
            error_wrap(err, "probe at step %llu", (unsigned long long)t->step));
}

bool train_report(struct train *t, FILE *log, struct error *err) {
    if (!due(t)) return true;
    t->reached = clock_seconds();
    if (train_milestone(t) && (t->valid || t->valid_answers || t->valid_dump)) {
        if (!train_validate(t, &t->valid_loss, err)) return false;
        t->validated = true;
    }
    if (train_milestone(t) && t->settings.probe) {
        bool ok = team_rank(t->settings.team) > 0 || probe(t, err);
        if (!team_agree(t->settings.team, ok, err)) return false;
    }
    return train_keep_note(t, err) && train_log_tokens(t, err) &&
           team_agree(t->settings.team, train_log_line(t, log, err), err);
}
