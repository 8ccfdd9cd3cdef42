/* Evidence that is looked at when it is asked for: "run:COMMAND" must end with 0, "file:PATH" must be there. Both in
 * the folder of the case file. Other addresses are not looked at. */
#include "formalize/case/case_theorem.h"

#include "base/process.h"

#include <string.h>
#include <unistd.h>

enum { SECONDS = 60 };

static struct text folder_of(const char *file) {
    const char *slash = file ? strrchr(file, '/') : NULL;
    return slash ? (struct text){file, (size_t)(slash - file)} : TEXT(".");
}

static bool look_for_file(struct case_checker *k, const char *path, bool *failed, const char **why, struct error *err) {
    struct text folder = folder_of(k->c->file);
    char *full = *path == '/' ? text_copy(&k->now, text_of(path), err)
                              : arena_printf(&k->now, err, "%.*s/%s", TEXT_ARG(folder), path);
    if (!full) return false;
    *failed = access(full, R_OK) != 0;
    if (*failed && !(*why = arena_printf(&k->now, err, "the file '%s' is not there", path))) return false;
    return true;
}

static bool run(struct case_checker *k, const char *command, bool *failed, const char **why, struct error *err) {
    /* The folder is an argument, never part of the script. */
    struct text folder = folder_of(k->c->file);
    char *in = text_copy(&k->now, folder.len ? folder : TEXT("/"), err);
    const char *const argv[] = {"sh", "-c", "cd -- \"$1\" && eval \"$2\"", "sh", in, command, NULL};
    struct process_limits limits = {.seconds = SECONDS, .output = 65536};
    struct process_result r = {0};
    struct buffer out, other;
    if (!in) return false;
    buffer_init(&out, 65536), buffer_init(&other, 65536);
    bool ok = process_run(argv, TEXT(""), limits, &out, &other, &r, err);
    buffer_done(&out), buffer_done(&other);
    if (!ok) return false;
    *failed = r.timed_out || r.exit_code != 0;
    if (r.timed_out)
        *why = arena_printf(&k->now, err, "evidence ran longer than %d s", SECONDS);
    else if (*failed)
        *why = arena_printf(&k->now, err, "evidence ended with %d", r.exit_code);
    return !*failed || *why;
}

bool case_look_at_evidence(struct case_checker *k, const struct case_node *node, bool *failed, const char **why,
                           struct error *err) {
    *failed = false;
    if (!node->url) return true;
    if (strncmp(node->url, "run:", 4) == 0) return run(k, node->url + 4, failed, why, err);
    if (strncmp(node->url, "file:", 5) == 0) return look_for_file(k, node->url + 5, failed, why, err);
    return true;
}
