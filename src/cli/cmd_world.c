/* basanite world: the pocket world, made, shown, checked. */
#include "cli/commands.h"
#include "cli/verbs.h"

#include "measure/world/world.h"

#include <string.h>

static const char *const flags[] = {"part", "seed", "draw", "split", "style", "lang", "count", "threads", "out",
                                    "quiet", NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_world = {
    .name = "world",
    .synopsis = "make [--part SPEC]... --out DIR | show ID | check DIR",
    .summary = "the seeded pocket world: makes its truth, items and corpora; shows an id; checks a made folder",
    .example = "basanite world make --part people --part facts --part ask --out world/",
    .flags = flags,
    .run = run,
};

static bool only_flags(const struct arguments *args, const char *verb, const char *const *honoured, struct error *err) {
    for (const char *const *f = flags; *f; f++) {
        bool known = false;
        for (const char *const *h = honoured; *h; h++) known = known || strcmp(*f, *h) == 0;
        if (!known && args_on(args, *f))
            return error_set(err, ERROR_USAGE, "world %s: does not honour '--%s'", verb, *f);
    }
    return true;
}

static bool make(struct arguments *args, struct error *err) {
    static const char *const v1[] = {"v1"};
    static const char *const honoured[] = {"part", "seed", "draw", "split", "style", "lang", "count", "threads", "out",
                                           "quiet", NULL};
    struct world_settings settings = {.draw = args_count(args, "draw", 1),
                                      .count = args_count(args, "count", 0),
                                      .split = args_text(args, "split", NULL),
                                      .style = args_text(args, "style", NULL),
                                      .lang = args_text(args, "lang", NULL),
                                      .threads = args_count(args, "threads", 0),
                                      .stop = args->stop};
    const char *folder = args_text(args, "out", NULL), **parts;
    size_t n_parts = args_texts(args, "part", &parts);
    if (args->n_words != 1) return error_set(err, ERROR_USAGE, "world make takes no words, found '%s'", args->words[1]);
    if (!only_flags(args, "make", honoured, err)) return false;
    if (!folder || !*folder) return error_set(err, ERROR_USAGE, "world make: expected --out DIR, a new folder");
    if (settings.draw == 0) return error_set(err, ERROR_USAGE, "--draw: expected at least 1");
    if (args_text(args, "count", NULL) && settings.count == 0)
        return error_set(err, ERROR_USAGE, "--count: expected at least 1");
    struct world *world = world_new(args_count(args, "seed", WORLD_DEFAULT_SEED), err);
    struct world_made made = {0};
    bool ok = world && world_make(world, n_parts ? parts : v1, n_parts ? n_parts : 1, &settings, folder, &made, err);
    if (ok && !args_on(args, "quiet"))
        printf("made %s in %s: %llu files, %llu lines, %.1f MB\n", world_identity(world), folder,
               (unsigned long long)made.files, (unsigned long long)made.lines, (double)made.bytes / 1e6);
    world_free(world);
    return ok;
}

static bool show(struct arguments *args, struct error *err) {
    static const char *const honoured[] = {"seed", "quiet", NULL};
    if (args->n_words != 2) return error_set(err, ERROR_USAGE, "expected `basanite world show ID`");
    if (!only_flags(args, "show", honoured, err)) return false;
    struct world *world = world_new(args_count(args, "seed", WORLD_DEFAULT_SEED), err);
    json_t *shown = world ? world_show(world, args->words[1], err) : NULL;
    bool ok = shown && print_json(args->out, shown, err);
    json_decref(shown);
    world_free(world);
    return ok;
}

static bool check(struct arguments *args, struct error *err) {
    static const char *const honoured[] = {"quiet", NULL};
    struct world_checked c = {0};
    if (args->n_words != 2) return error_set(err, ERROR_USAGE, "expected `basanite world check DIR`");
    if (!only_flags(args, "check", honoured, err)) return false;
    if (!world_check(args->words[1], args->stop, &c, err)) return false;
    if (!args_on(args, "quiet"))
        printf("%s holds: %llu files, %llu items recomputed; none of %llu prompts for tests occurs in %llu bytes for "
               "training; no rumour shares 25 bytes with the almanac\nroot %s\n",
               args->words[1], (unsigned long long)c.files, (unsigned long long)c.items, (unsigned long long)c.prompts,
               (unsigned long long)c.training_bytes, c.root);
    return true;
}

static bool run(struct arguments *args, struct error *err) {
    static const struct verb verbs[] = {{"make", make}, {"show", show}, {"check", check}};
    return verbs_run(args, verbs, sizeof verbs / sizeof *verbs, err);
}
