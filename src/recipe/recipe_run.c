/* Running the lines of a recipe: see recipe.h. */
#include "recipe/recipe.h"

#include "base/file.h"
#include "base/line.h"

#include <string.h>

struct running {
    const struct recipe *recipe;
    const struct recipe_settings *s;
    struct arena *arena;
    struct error *err;
};

static void tell(struct running *r, struct recipe_event event) {
    if (r->s->tell) r->s->tell(r->s->context, &event);
}

struct starting {
    struct running *r;
    const struct recipe_step *step;
    uint64_t seed;
};

static void tell_start(void *context, const char *line) {
    const struct starting *s = context;
    tell(s->r, (struct recipe_event){s->step, s->seed, line, RECIPE_STARTS, 0});
}

static bool run_step(struct running *r, const struct recipe_step *step, uint64_t seed, const char *folder) {
    const char *source = r->s->quick && step->quick ? step->quick : step->run;
    struct recipe_names names = {
        .seed = step->once ? 0 : seed, .subject = r->s->subject, .shared = step->once ? "." : "../shared"};
    struct starting starting = {r, step, names.seed};
    struct line_settings settings = {r->s->program, folder, step->name, r->s->stop, tell_start, &starting};
    struct line_result result;
    if (!source[0]) return true;
    const char **words = recipe_words(source, &names, r->arena, r->err);
    enum line_outcome done = words ? line_run(&settings, words, &result, r->arena, r->err) : LINE_FAILED;
    if (done == LINE_FAILED) return false;
    tell(r, (struct recipe_event){step, names.seed, result.line, done == LINE_DONE ? RECIPE_DONE : RECIPE_WAS_DONE,
                                  result.seconds});
    return true;
}

static bool is_wanted(const struct recipe_settings *s, const struct recipe_step *step) {
    for (size_t i = 0; i < s->n_only; i++)
        if (strcmp(s->only[i], step->name) == 0) return true;
    return s->n_only == 0;
}

static bool run_folder(struct running *r, uint64_t seed, bool once) {
    const char *folder = once ? arena_printf(r->arena, r->err, "%s/shared", r->s->folder)
                              : arena_printf(r->arena, r->err, "%s/seed-%llu", r->s->folder, (unsigned long long)seed);
    if (!folder || !file_make_folders(folder, r->err)) return false;
    for (size_t i = 0; i < r->recipe->n_steps; i++) {
        const struct recipe_step *step = &r->recipe->steps[i];
        if (step->once != once || !is_wanted(r->s, step)) continue;
        if (interrupted(r->s->stop)) return error_set(r->err, ERROR_INTERRUPTED, "stopped; the same call goes on");
        if (!run_step(r, step, seed, folder)) return false;
    }
    return true;
}

static bool check_only(const struct recipe *recipe, const struct recipe_settings *s, struct error *err) {
    const char *names[RECIPE_STEPS_MOST];
    for (size_t k = 0; k < recipe->n_steps; k++) names[k] = recipe->steps[k].name;
    for (size_t i = 0; i < s->n_only; i++) {
        size_t k = 0;
        while (k < recipe->n_steps && strcmp(names[k], s->only[i]) != 0) k++;
        if (k < recipe->n_steps) continue;
        const char *near = text_nearest(text_of(s->only[i]), names, recipe->n_steps);
        return error_set(err, ERROR_USAGE, "recipe '%s' has no step '%s'%s%s%s", recipe->slug, s->only[i],
                         near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    return true;
}

bool recipe_run(const struct recipe *recipe, const struct recipe_settings *s, struct arena *arena, struct error *err) {
    struct running r = {recipe, s, arena, err};
    if (!check_only(recipe, s, err) || !run_folder(&r, 0, true)) return false;
    for (size_t i = 0; i < s->n_seeds; i++)
        if (!run_folder(&r, s->seeds[i], false)) return error_wrap(err, "seed %llu", (unsigned long long)s->seeds[i]);
    return true;
}
