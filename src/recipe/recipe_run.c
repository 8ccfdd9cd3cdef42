/* Running the lines of a recipe: see recipe.h. */
#include "recipe/recipe.h"

#include "base/file.h"
#include "base/process.h"
#include "base/progress.h"

#include <string.h>

enum { DONE_MOST = 1 << 16, TAIL_MOST = 600 };

struct running {
    const struct recipe *recipe;
    const struct recipe_settings *s;
    struct arena *arena;
    struct error *err;
};

/* The kinds are the exit codes of the program. */
static enum error_kind kind_of(int exit_code) {
    switch (exit_code) {
    case ERROR_GATE:
    case ERROR_USAGE:
    case ERROR_DATA:
    case ERROR_INTERRUPTED:
        return (enum error_kind)exit_code;
    default:
        return ERROR_ENVIRONMENT;
    }
}

/* The last line of what it said. */
static const char *last_words(struct running *r, const char *log) {
    struct file_map map;
    struct error ignored;
    if (!file_map(log, &map, &ignored)) return "";
    struct text all = text_trim((struct text){(const char *)map.at, map.len});
    size_t from = all.len;
    while (from > 0 && all.at[from - 1] != '\n' && all.at[from - 1] != '\r' && all.len - from < TAIL_MOST) from--;
    const char *line = text_copy(r->arena, text_part(all, from, all.len), &ignored);
    file_unmap(&map);
    return line ? line : "";
}

static bool failed(struct running *r, const struct recipe_step *step, const char *log,
                   const struct process_result *result) {
    if (interrupted(r->s->stop))
        return error_set(r->err, ERROR_INTERRUPTED, "stopped in step '%s'; the same call goes on", step->name);
    return error_set(r->err, kind_of(result->exit_code), "step '%s' ended with exit code %d: %s (all it said: %s)",
                     step->name, result->exit_code, last_words(r, log), log);
}

static void tell(struct running *r, struct recipe_event event) {
    if (r->s->tell) r->s->tell(r->s->context, &event);
}

/* 1: done with this line before, 0: not done, -1: an error */
static int is_done(struct running *r, const struct recipe_step *step, const char *folder, const char *line) {
    struct text before;
    const char *path = arena_printf(r->arena, r->err, "%s/steps/%s.done", folder, step->name);
    if (!path) return -1;
    if (!file_exists(path)) return 0;
    if (!file_read(r->arena, path, DONE_MOST, &before, r->err)) return -1;
    if (text_equal_c(text_trim(before), line)) return 1;
    error_set(r->err, ERROR_USAGE,
              "step '%s' in '%s' was made by another line: `%.*s`; take another folder (--out), or remove this one",
              step->name, folder, TEXT_ARG(text_trim(before)));
    return -1;
}

/* The words again as one line: what stands in NAME.done. */
static const char *line_of(struct running *r, const char *const *words) {
    struct buffer b;
    buffer_init(&b, DONE_MOST - 2);
    for (size_t i = 0; words[i]; i++) {
        bool plain = words[i][0] && !strpbrk(words[i], " \t\n\"'");
        buffer_printf(&b, plain ? "%s%s" : "%s'%s'", i ? " " : "", words[i]);
    }
    const char *line = buffer_check(&b, "line", r->err) ? text_copy(r->arena, buffer_text(&b), r->err) : NULL;
    buffer_done(&b);
    return line;
}

static bool run_words(struct running *r, const struct recipe_step *step, uint64_t seed, const char *folder,
                      const char **words, const char *line) {
    const char *log = arena_printf(r->arena, r->err, "%s/steps/%s.log", folder, step->name);
    const char *done = log ? arena_printf(r->arena, r->err, "%s/steps/%s.done", folder, step->name) : NULL;
    const char *mark = done ? arena_printf(r->arena, r->err, "%s\n", line) : NULL;
    struct process_result result;
    double from = clock_seconds();
    if (!mark) return false;
    tell(r, (struct recipe_event){step, seed, line, RECIPE_STARTS, 0});
    words[0] = r->s->program;
    if (!process_follow(words, folder, log, 0, r->s->stop, &result, r->err)) return false;
    if (result.exit_code != 0 || interrupted(r->s->stop)) return failed(r, step, log, &result);
    if (!file_write(done, text_of(mark), r->err)) return false;
    tell(r, (struct recipe_event){step, seed, line, RECIPE_DONE, clock_seconds() - from});
    return true;
}

static bool run_step(struct running *r, const struct recipe_step *step, uint64_t seed, const char *folder) {
    const char *source = r->s->quick && step->quick ? step->quick : step->run;
    struct recipe_names names = {
        .seed = step->once ? 0 : seed, .subject = r->s->subject, .shared = step->once ? "." : "../shared"};
    if (!source[0]) return true;
    const char **words = recipe_words(source, &names, r->arena, r->err), *line = words ? line_of(r, words) : NULL;
    if (!line) return false;
    int done = is_done(r, step, folder, line);
    if (done > 0) tell(r, (struct recipe_event){step, step->once ? 0 : seed, line, RECIPE_WAS_DONE, 0});
    return done > 0 || (done == 0 && run_words(r, step, step->once ? 0 : seed, folder, words, line));
}

static bool is_wanted(const struct recipe_settings *s, const struct recipe_step *step) {
    for (size_t i = 0; i < s->n_only; i++)
        if (strcmp(s->only[i], step->name) == 0) return true;
    return s->n_only == 0;
}

static bool run_folder(struct running *r, uint64_t seed, bool once) {
    const char *folder = once ? arena_printf(r->arena, r->err, "%s/shared", r->s->folder)
                              : arena_printf(r->arena, r->err, "%s/seed-%llu", r->s->folder, (unsigned long long)seed);
    const char *steps = folder ? arena_printf(r->arena, r->err, "%s/steps", folder) : NULL;
    if (!steps || !file_make_folders(steps, r->err)) return false;
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
