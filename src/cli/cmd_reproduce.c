/* basanite reproduce: papers as recipes, their figures beside ours. */
#include "cli/commands.h"
#include "cli/reproduce_page.h"

#include "base/file.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const flags[] = {"subject", "seeds", "quick", "only", "list",
                                    "format",  "json",  "quiet", "out",  NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_reproduce = {
    .name = "reproduce",
    .synopsis = "RECIPE|FILE.yaml...|all [--seeds N] [--quick] [--only STEP] [--list]",
    .summary = "papers as recipes: their own command lines, run, and their figures beside the paper's; exit 1 when one "
               "is missed",
    .example = "basanite reproduce first --list",
    .flags = flags,
    .run = run,
};

enum { RECIPE_FILE_MOST = 1 << 20 };

/* ---- which recipes */

static struct recipe *builtin(struct arguments *args, const struct recipe_file *file, struct error *err) {
    char shown[128];
    snprintf(shown, sizeof shown, "built-in:recipes/%s.yaml", file->slug);
    return recipe_read(args->arena, file->source, shown, err);
}

static struct recipe *find(struct arguments *args, const char *word, const struct recipe_file *files, size_t n,
                           struct error *err) {
    struct text source;
    for (size_t i = 0; i < n; i++)
        if (strcmp(files[i].slug, word) == 0) return builtin(args, &files[i], err);
    if (text_ends(text_of(word), TEXT(".yaml")))
        return file_read(args->arena, word, RECIPE_FILE_MOST, &source, err)
                   ? recipe_read(args->arena, source, word, err)
                   : NULL;
    const char **names = arena_new(args->arena, const char *, n + 1, err);
    for (size_t i = 0; names && i < n; i++) names[i] = files[i].slug;
    const char *near = names ? text_nearest(text_of(word), names, n) : NULL;
    error_set(err, ERROR_USAGE, "no recipe '%s'%s%s%s; `basanite reproduce --list` shows them", word,
              near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return NULL;
}

static bool gather(struct arguments *args, const struct recipe ***out, size_t *n, struct error *err) {
    size_t n_files;
    const struct recipe_file *files = recipe_files(args->arena, &n_files, err);
    bool all = args->n_words == 0 || (args->n_words == 1 && strcmp(args->words[0], "all") == 0);
    *n = all ? n_files : args->n_words;
    if (!files || !(*out = arena_new(args->arena, const struct recipe *, *n + 1, err))) return false;
    for (size_t i = 0; i < *n; i++)
        if (!((*out)[i] = all ? builtin(args, &files[i], err) : find(args, args->words[i], files, n_files, err)))
            return false;
    return true;
}

/* ---- where lines run: another folder, so that paths must not hang on this one */

static const char *absolute(struct arguments *args, const char *path, struct error *err) {
    char *real = realpath(path, NULL);
    const char *kept = real ? text_copy(args->arena, text_of(real), err) : path;
    free(real);
    return kept;
}

static bool set_environment(struct arguments *args, struct error *err) {
    static const char *const own[] = {"BASANITE_RECORD", "BASANITE_CONFIG", "BASANITE_SUBJECT"};
    struct buffer path;
    struct text rest = text_of(getenv("BASANITE_PATH")), one;
    bool ok = true;
    buffer_init(&path, 1 << 16);
    while (ok && rest.len && text_next(&rest, ':', &one)) {
        const char *folder = text_copy(args->arena, one, err);
        ok = folder && (folder = absolute(args, folder, err)) &&
             buffer_printf(&path, "%s%s", path.len ? ":" : "", folder);
    }
    const char *here = ok ? absolute(args, ".", err) : NULL;
    ok = here && buffer_printf(&path, "%s%s", path.len ? ":" : "", here) && buffer_put_char(&path, 0) &&
         buffer_check(&path, "BASANITE_PATH", err);
    for (size_t i = 0; ok && i < sizeof own / sizeof *own; i++) unsetenv(own[i]);
    ok = ok && setenv("BASANITE_PATH", path.at, 1) == 0;
    buffer_done(&path);
    return ok || err->kind || error_memory(err, "environment");
}

static void tell(void *context, const struct recipe_event *e) {
    const struct arguments *args = context;
    char seed[32] = "";
    if (args_on(args, "quiet")) return;
    if (e->seed) snprintf(seed, sizeof seed, "seed %llu, ", (unsigned long long)e->seed);
    if (e->what == RECIPE_STARTS) fprintf(stderr, "%s%s: %s\n", seed, e->step->name, e->line);
    if (e->what == RECIPE_DONE) fprintf(stderr, "%s%s: done in %.1f s\n", seed, e->step->name, e->seconds);
}

static bool prepare(struct arguments *args, const struct recipe *r, struct recipe_settings *s, struct error *err) {
    static char self[PATH_MAX];
    const char *out = args_text(args, "out", "reproduce");
    uint64_t seeds = args_count(args, "seeds", args_on(args, "quick") ? 1 : r->n_seeds);
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0) return error_set(err, ERROR_ENVIRONMENT, "cannot find the program itself (/proc/self/exe)");
    self[n] = 0;
    if (seeds == 0 || seeds > r->n_seeds)
        return error_set(err, ERROR_USAGE, "--seeds: expected 1 to %zu, the seeds of recipe '%s'", r->n_seeds, r->slug);
    *s = (struct recipe_settings){.program = self,
                                  .seeds = r->seeds,
                                  .n_seeds = seeds,
                                  .quick = args_on(args, "quick"),
                                  .stop = args->stop,
                                  .tell = tell,
                                  .context = args};
    s->n_only = args_texts(args, "only", (const char ***)&s->only);
    s->subject = subject_spec_absolute(args_text(args, "subject", "pocket"), args->arena, err);
    s->folder = arena_printf(args->arena, err, "%s/%s%s", out, r->slug, s->quick ? "-quick" : "");
    return s->subject && s->folder && file_make_folders(s->folder, err);
}

static bool reproduce(struct arguments *args, const char *format, const struct recipe *r, size_t *missed,
                      struct error *err) {
    struct recipe_settings s;
    struct recipe_finding *findings;
    if (!prepare(args, r, &s, err) || !recipe_run(r, &s, args->arena, err)) return error_wrap(err, "%s", r->slug);
    if (s.n_only) return true; /* a part of it shows no effect */
    if (!recipe_judge(r, &s, args->arena, &findings, err)) return error_wrap(err, "%s", r->slug);
    for (size_t i = 0; i < r->n_expects; i++) *missed += findings[i].verdict == RECIPE_MISSED;
    return reproduce_put_findings(args, format, r, &s, findings, err);
}

static bool run(struct arguments *args, struct error *err) {
    const struct recipe **recipes;
    size_t n, missed = 0;
    const char *format = args_on(args, "json") ? "json" : args_text(args, "format", "table");
    if (strcmp(format, "table") != 0 && strcmp(format, "md") != 0 && strcmp(format, "json") != 0)
        return error_set(err, ERROR_USAGE, "--format: expected table, md or json, found '%s'", format);
    if (!args->n_words && !args_on(args, "list"))
        return error_set(err, ERROR_USAGE, "expected a recipe, or all; `basanite reproduce --list` shows them");
    if (!gather(args, &recipes, &n, err)) return false;
    if (args_on(args, "list") && (!args->n_words || n != 1)) return reproduce_put_list(args, recipes, n, err);
    if (args_on(args, "list")) return reproduce_put_steps(args, recipes[0], err);
    if (!set_environment(args, err)) return false;
    for (size_t i = 0; i < n; i++)
        if (!reproduce(args, format, recipes[i], &missed, err)) return false;
    return missed == 0 || error_set(err, ERROR_GATE, "%zu effects did not come out", missed);
}
