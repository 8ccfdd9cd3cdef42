/* Objectives without steps: the whole work is one step, which is done anew when it is interrupted. */
#include "act/train/train_internal.h"

#include <math.h>

bool train_settle_open(struct train *t, struct error *err) {
    const struct train_settings *s = &t->settings;
    if (s->lora)
        return error_set(err, ERROR_USAGE, "objective %s changes no matrix; leave out --lora", t->objective->name);
    if (t->rule.epsilon > 0)
        return error_set(err, ERROR_USAGE, "dp adds noise to steps, and objective %s has none", t->objective->name);
    if (s->resume || s->keep)
        return error_set(err, ERROR_USAGE, "objective %s has no checkpoints; leave out --resume and --keep",
                         t->objective->name);
    t->settings.bf16 = false;
    t->steps = 1;
    return (t->engine = lm_engine_new(t->model, t->pool, (struct lm_engine_options){0}, err)) != NULL;
}

bool train_settle(struct train *t, struct error *err) {
    struct settling settling = {.model = t->model,
                                .engine = t->engine,
                                .data = t->corpus,
                                .valid = t->valid,
                                .stop = t->settings.stop,
                                .tried = train_note_tried,
                                .context = t,
                                .figures = &t->figures,
                                .valid_figures = &t->valid_figures,
                                .loss = NAN,
                                .valid_loss = NAN};
    if (!t->tried && !(t->tried = arena_new(&t->arena, struct train_tried, TRAIN_TRIED, err))) return false;
    if (!t->objective->settle(t->options, &settling, err)) return false;
    t->setting = settling.setting;
    t->loss = settling.loss;
    t->valid_loss = settling.valid_loss;
    t->step = 1;
    return true;
}
