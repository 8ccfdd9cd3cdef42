/* Calibration text of the pocket world: see compress_text.h. */
#include "cli/compress_text.h"

#include "measure/world/world_mix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A tenth of a corpus and more holds every kind of document; windows are drawn from it by the seed. */
static const struct {
    const char *model, *corpus;
} corpora[] = {{"pocket", "chat2,scale=20"}, {"pocket-help", "help2,scale=20"}, {"pocket-base", "pretrain,scale=2"}};

static const char *new_file(const struct arguments *args, struct error *err) {
    const char *folder = getenv("TMPDIR");
    char *path = arena_printf(args->arena, err, "%s/basanite-XXXXXX.jsonl", folder && *folder ? folder : "/tmp");
    int file = path ? mkstemps(path, 6) : -1;
    if (!path || file < 0) return path ? error_system(err, errno, "cannot make", path), NULL : NULL;
    close(file);
    return path;
}

bool compress_text_make(const struct arguments *args, const char *name, const char **path, struct error *err) {
    struct mix_spec spec;
    struct mix_made made;
    const char *corpus = NULL;
    *path = NULL;
    for (size_t i = 0; i < sizeof corpora / sizeof *corpora; i++)
        if (strcmp(name, corpora[i].model) == 0) corpus = corpora[i].corpus;
    if (!corpus) return true;
    struct world *world = world_new(WORLD_DEFAULT_SEED, err);
    bool ok = world && world_mix_find(args->arena, text_of(corpus), &spec, err) && (*path = new_file(args, err)) &&
              world_mix_write(world, &spec, 1, *path, NULL, args->stop, &made, args->arena, err);
    world_free(world);
    if (ok) return true;
    compress_text_remove(*path);
    *path = NULL;
    return false;
}

void compress_text_remove(const char *path) {
    if (path) unlink(path);
}
