/* basanite calibrate: known answers beside what this program finds. */
#include "cli/calibrate_materials.h"
#include "cli/calibrate_parts.h"
#include "cli/commands.h"
#include "measure/material/calibrate_detector.h"

#include <string.h>

static const char *const flags[] = {"gold",      "material", "make",  "repeat", "seed", "confidence",
                                    "bootstrap", "threads",  "quiet", "json",   "out",  NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_calibrate = {
    .name = "calibrate",
    .synopsis = "[PART|material[/NAME]|metric/NAME]... [--gold FILE] [--material FILE] "
                "[--make DIR] | scorer/SPEC --gold LABELLED",
    .summary = "known answers and planted faults beside what this program finds; exit 1 when one is missed",
    .example = "basanite calibrate statistics",
    .flags = flags,
    .run = run,
};

enum { MOST_PARTS = 64 };

static const char *find_gold(struct arguments *args, const struct calibration_part *part) {
    struct error ignored;
    const char *path = common_path(args, &ignored), *found = args_text(args, "gold", NULL);
    for (size_t i = 0; !found && path && part->places[i]; i++)
        found = file_find(args->arena, part->places[i], path, &ignored);
    return found;
}

/* asked: by name, so that nothing to compare with is the user's to mend. */
static bool run_part(struct calibrate_printer *p, const struct calibration_part *part, bool asked, struct pool *pool,
                     struct error *err) {
    struct calibration_settings settings = {
        .gold = find_gold(p->args, part),
        .path = common_path(p->args, err),
        .pool = pool,
        .seed = args_count(p->args, "seed", 1),
        .repeat = args_count(p->args, "repeat", 0),
        .confidence = args_real(p->args, "confidence", 0.95),
    };
    if (!settings.path || !calibrate_print_begin(p, part->name, err)) return false;
    if (settings.gold || !part->needs_gold) {
        if (!part->run(&settings, calibrate_print_row, p, err)) return error_wrap(err, "%s", part->name);
    } else if (asked) {
        return error_set(err, ERROR_USAGE,
                         "%s: no known answers: give --gold, or let BASANITE_PATH name a folder with %s", part->name,
                         part->places[0]);
    } else {
        char why[160];
        snprintf(why, sizeof why, "no %s in BASANITE_PATH or here; give --gold", part->places[0]);
        calibrate_print_row(p, &(struct calibrate_row){part->name, "", "", 0, CALIBRATE_SKIPPED, why});
    }
    return calibrate_print_end(p, err);
}

static bool no_part(const char *word, const char *const *names, size_t n, struct error *err) {
    const char *near = text_nearest(text_of(word), names, n);
    return error_set(err, ERROR_USAGE,
                     "no part '%s'%s%s%s`basanite methods calibration` lists them, and there are material, "
                     "material/NAME, metric/NAME and scorer/SPEC",
                     word, near ? "; did you mean '" : "", near ? near : "", near ? "'? " : "; ");
}

/* scorer/SPEC that is no part: a detector, held against labels of people. */
static const char *detector_word(const struct arguments *args) {
    const struct calibration_part *parts;
    size_t n = calibration_parts(&parts), i = 0;
    if (args->n_words != 1 || !text_starts(text_of(args->words[0]), TEXT("scorer/"))) return NULL;
    while (i < n && strcmp(parts[i].name, args->words[0]) != 0) i++;
    return i < n ? NULL : args->words[0] + sizeof "scorer/" - 1;
}

static bool run_detector(struct arguments *args, const char *scorer, struct error *err) {
    const char *gold = args_text(args, "gold", NULL), *path = common_path(args, err);
    struct calibrate_printer p;
    if (!path) return false;
    if (!gold)
        return error_set(err, ERROR_USAGE, "scorer/%s: give --gold FILE, answers with labels of people: "
                         "{\"text\": ..., \"person\": \"yes\"}", scorer);
    bool ok =
        calibrate_printer_init(&p, args, err) && calibrate_print_begin(&p, args->words[0], err) &&
        calibrate_detector(scorer, gold, path, args_real(args, "confidence", 0.95), calibrate_print_row, &p, err) &&
        calibrate_print_end(&p, err) && calibrate_print_total(&p, err);
    calibrate_printer_done(&p);
    return ok;
}

/* Marks the parts that are asked for; all when nothing is named. */
static bool choose(struct arguments *args, bool all, bool *chosen, struct error *err) {
    const struct calibration_part *parts;
    const char *names[MOST_PARTS];
    size_t n = calibration_parts(&parts), n_parts = 0;
    for (size_t i = 0; i < n; i++) names[i] = parts[i].name, chosen[i] = all;
    for (size_t w = 0; w < args->n_words; w++) {
        size_t i = 0;
        if (calibrate_materials_claim(args->words[w])) continue;
        while (i < n && strcmp(names[i], args->words[w]) != 0) i++;
        if (i == n) return no_part(args->words[w], names, n, err);
        chosen[i] = true;
        n_parts++;
    }
    if (args_text(args, "gold", NULL) && (n_parts != 1 || args->n_words != 1))
        return error_set(err, ERROR_USAGE, "--gold belongs to one part; name it");
    return true;
}

static bool run_chosen(struct calibrate_printer *p, const bool *chosen, const struct calibrate_materials *materials,
                       struct error *err) {
    const struct calibration_part *parts;
    size_t n = calibration_parts(&parts);
    struct pool *pool = pool_new(args_count(p->args, "threads", 0), err);
    bool ok = pool != NULL;
    for (size_t i = 0; ok && i < n; i++)
        if (chosen[i]) ok = run_part(p, &parts[i], p->args->n_words > 0, pool, err);
    ok = ok && calibrate_materials_run(materials, p, pool, err) && calibrate_print_total(p, err);
    pool_free(pool);
    return ok;
}

static bool run(struct arguments *args, struct error *err) {
    const char *folder = args_text(args, "make", NULL);
    double confidence = args_real(args, "confidence", 0.95);
    bool chosen[MOST_PARTS], all = args->n_words == 0 && !args_text(args, "material", NULL);
    struct calibrate_materials materials;
    struct calibrate_printer printer;
    if (!(confidence > 0 && confidence < 1))
        return error_set(err, ERROR_USAGE, "--confidence: expected a number between 0 and 1");
    const char *detector = detector_word(args);
    if (detector) return run_detector(args, detector, err);
    if (!choose(args, all, chosen, err)) return false;
    if (!calibrate_materials_open(&materials, args, all && !folder, err)) return false;
    bool ok = calibrate_printer_init(&printer, args, err);
    if (ok)
        ok = folder ? calibrate_materials_make(&materials, args, folder, err)
                    : run_chosen(&printer, chosen, &materials, err);
    calibrate_printer_done(&printer);
    calibrate_materials_close(&materials);
    return ok;
}
