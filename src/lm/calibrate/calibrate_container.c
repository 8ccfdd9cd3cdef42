/* Known outcomes of container files: see calibrate_container.h. */
#include "lm/calibrate/calibrate_container.h"

#include "lm/calibrate/calibrate_files.h"
#include "lm/files/file.h"
#include "lm/files/pickle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 160, REFUSED = -1 };

/* Outcomes: a number of tensors, or REFUSED and a part of the reason. */
static const struct known {
    const char *file;
    int tensors;
    const char *reason;
} knowns[] = {
    {"demo_config.json", REFUSED, "no model file that is known"}, /* settings, no weights */
    {"demo_rand_params.pth", 53, ""},                             /* written by torch.save */
    {"empty.gguf", 0, ""},                                        /* metadata alone */
    {"mnist.safetensors", 20, ""},                                /* with counters in I64 */
    {"multi_layer.safetensors", 9, ""},
    {"test.npy", REFUSED, "NumPy array"},
    {"test.npz", REFUSED, "arrays of NumPy (.npz), not a model"},
    {"tiny.gguf", REFUSED, "cut short or damaged"}, /* its one tensor is not there */
    {"tiny.safetensors", REFUSED, "unused bytes behind the last tensor"},
};

struct outcome {
    int tensors;
    char reason[512]; /* also: what a pickle wants called */
};

static void put_calls(const struct pickle_list *list, struct outcome *out) {
    size_t at = 0;
    for (size_t i = 0; i < list->n_calls; i++) {
        int n = snprintf(out->reason + at, sizeof out->reason - at, "%swould call %.*s", i ? ", " : "",
                         TEXT_ARG(list->calls[i]));
        if (n < 0 || (size_t)n >= sizeof out->reason - at) return;
        at += (size_t)n;
    }
}

static bool list_pickle(const struct file_map *map, const char *path, struct outcome *out, struct error *why) {
    struct arena arena;
    struct pickle_list list;
    arena_init(&arena, (size_t)1 << 28);
    bool ok = pickle_read(map, path, &arena, &list, why);
    if (ok) {
        out->tensors = (int)list.n;
        put_calls(&list, out);
    }
    arena_done(&arena);
    return ok;
}

static bool list_file(const char *path, struct outcome *out, struct error *why) {
    struct lm_file *file = lm_file_open(path, why);
    if (!file) return false;
    out->tensors = (int)file->n_tensors;
    lm_file_close(file);
    return true;
}

/* False: the file cannot be read at all, or memory ran out. */
static bool find_outcome(const char *path, struct outcome *out, struct error *err) {
    struct file_map map;
    struct error why = {0};
    *out = (struct outcome){REFUSED, ""};
    if (!file_map(path, &map, err)) return false;
    bool ok = pickle_claims(&map) ? list_pickle(&map, path, out, &why) : list_file(path, out, &why);
    file_unmap(&map);
    if (!ok) snprintf(out->reason, sizeof out->reason, "%.500s", why.message);
    return ok || why.kind == ERROR_DATA || error_set(err, why.kind, "%s", why.message);
}

static void put_outcome(int tensors, const char *reason, char *out, size_t size) {
    if (tensors == REFUSED)
        snprintf(out, size, "refused%s%.100s", *reason ? ": " : "", reason);
    else
        snprintf(out, size, "%d tensors%s%.100s", tensors, *reason ? ", " : "", reason);
}

static bool check_file(const struct calibrate_out *out, const char *path, struct error *err) {
    const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
    const struct known *known = NULL;
    struct outcome outcome;
    char expected[NAME] = "listed, or refused with a reason", found[2 * NAME];
    if (!find_outcome(path, &outcome, err)) return false;
    for (size_t i = 0; i < sizeof knowns / sizeof *knowns; i++)
        if (strcmp(knowns[i].file, file) == 0) known = &knowns[i];
    bool ok = known
                  ? outcome.tensors == known->tensors &&
                        (known->tensors == REFUSED ? strstr(outcome.reason, known->reason) != NULL : !outcome.reason[0])
                  : outcome.tensors != REFUSED || outcome.reason[0];
    if (known) put_outcome(known->tensors, known->reason, expected, sizeof expected);
    bool brief = ok && known; /* the whole message is for what is not as expected */
    put_outcome(outcome.tensors, brief ? known->reason : outcome.reason, found, sizeof found);
    calibrate_give(out, file, expected, found, 0, ok ? CALIBRATE_PASSED : CALIBRATE_MISSED, "");
    return true;
}

/* ---- A pickle that wants something run ---- */

static const char marker[] = "/tmp/basanite-calibrate-XXXXXX";

static bool check_pickle(const struct calibrate_out *out, struct error *err) {
    char folder[sizeof marker], bytes[256], path[sizeof marker + 8];
    memcpy(folder, marker, sizeof marker);
    if (!mkdtemp(folder)) return error_set(err, ERROR_ENVIRONMENT, "cannot make a folder in /tmp");
    snprintf(path, sizeof path, "%s/ran", folder);
    /* protocol 2: os.system("touch PATH"), as a byte string of the old kind */
    int n = snprintf(bytes, sizeof bytes,
                     "\x80\x02"
                     "cos\nsystem\nU%c"
                     "touch %s"
                     "\x85R.",
                     (int)strlen(path) + 6, path);
    const struct file_map map = {.at = (const unsigned char *)bytes, .len = (size_t)n};
    struct outcome outcome = {REFUSED, ""};
    struct error why = {0};
    bool listed = pickle_claims(&map) && list_pickle(&map, "a pickle", &outcome, &why);
    bool ran = file_exists(path);
    if (ran) remove(path);
    remove(folder);
    calibrate_give(
        out, "a pickle that calls os.system", "would call os.system, nothing was run",
        ran                                                             ? "it was run"
        : listed && strcmp(outcome.reason, "would call os.system") == 0 ? "would call os.system, nothing was run"
        : listed                                                        ? outcome.reason
                                                                        : why.message,
        0, !ran && listed && strcmp(outcome.reason, "would call os.system") == 0 ? CALIBRATE_PASSED : CALIBRATE_MISSED,
        "");
    return true;
}

/* ---- All ---- */

static bool check(void *context, const char *path, struct error *err) {
    return check_file(context, path, err);
}

bool calibrate_container(const char *gold, calibrate_report *report, void *context, struct error *err) {
    struct calibrate_out out = {report, context};
    if (!check_pickle(&out, err)) return false;
    return !gold || calibrate_files(gold, "", "a file or a folder of files", check, &out, err);
}
