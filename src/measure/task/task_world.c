/* Rows that are made: see task_world.h. */
#include "measure/task/task_world.h"

#include "base/file.h"
#include "measure/leaf/leaf.h"
#include "measure/world/world_items.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LISTS_MOST = 256, WORLDS_MOST = 16 };
#define ROWS_MOST ((size_t)256 << 20)

struct rows {
    char *spec;
    int descriptor;
};

struct world_shelf {
    struct arena arena;
    struct rows rows[LISTS_MOST];
    struct world *world[WORLDS_MOST];
    size_t n_rows, n_worlds;
};

struct world_shelf *world_shelf_new(struct error *err) {
    struct world_shelf *s = memory_zeroed(1, sizeof *s);
    if (!s) return error_memory(err, "world"), NULL;
    arena_init(&s->arena, 1 << 20);
    return s;
}

void world_shelf_free(struct world_shelf *s) {
    if (!s) return;
    for (size_t i = 0; i < s->n_rows; i++) close(s->rows[i].descriptor);
    for (size_t i = 0; i < s->n_worlds; i++) world_free(s->world[i]);
    arena_done(&s->arena);
    memory_free(s);
}

#define WORLD TEXT("world:")
#define LEAF TEXT("leaf:")

struct text world_rows_spec(struct text name) {
    return text_starts(name, WORLD) || text_starts(name, LEAF) ? name : TEXT("");
}

static struct text behind(struct text spec, struct text prefix) {
    return text_part(spec, prefix.len, spec.len);
}

/* A leaf is looked up when its rows are made; here only its keys are checked. */
bool world_rows_check(struct text spec, struct error *err) {
    struct world_items items;
    struct leaf_spec leaf;
    struct arena arena;
    if (text_starts(spec, WORLD)) return world_items_parse(behind(spec, WORLD), &items, err);
    arena_init(&arena, 1 << 16);
    bool ok = leaf_spec_parse(behind(spec, LEAF), &arena, &leaf, err);
    arena_done(&arena);
    return ok;
}

static const struct world *world_of(struct world_shelf *s, uint64_t seed, struct error *err) {
    for (size_t i = 0; i < s->n_worlds; i++)
        if (world_seed(s->world[i]) == seed) return s->world[i];
    if (s->n_worlds == WORLDS_MOST) {
        error_set(err, ERROR_DATA, "data of over %d worlds (seeds) in one suite", WORLDS_MOST);
        return NULL;
    }
    struct world *world = world_new(seed, err);
    if (world) s->world[s->n_worlds++] = world;
    return world;
}

static bool write_all(int descriptor, struct text t, struct error *err) {
    size_t done = 0;
    while (done < t.len) {
        ssize_t wrote = write(descriptor, t.at + done, t.len - done);
        if (wrote <= 0) return error_system(err, errno, "cannot keep rows of", "the world");
        done += (size_t)wrote;
    }
    return true;
}

static bool put_rows(struct world_shelf *s, struct text spec, struct buffer *out, struct error *err) {
    struct world_items items;
    struct leaf_spec leaf;
    struct arena arena;
    if (text_starts(spec, WORLD)) {
        const struct world *world =
            world_items_parse(behind(spec, WORLD), &items, err) ? world_of(s, items.seed, err) : NULL;
        return world && world_items_put(out, world, &items, err);
    }
    arena_init(&arena, 1 << 16);
    bool ok = leaf_spec_parse(behind(spec, LEAF), &arena, &leaf, err);
    const struct world *world = ok ? world_of(s, leaf.world, err) : NULL;
    ok = world && leaf_put(out, world, &leaf, err);
    arena_done(&arena);
    return ok;
}

/* The rows in a file of memory; -1: an error. */
static int make_rows(struct world_shelf *s, struct text spec, struct error *err) {
    struct buffer b;
    buffer_init(&b, ROWS_MOST);
    int descriptor = -1;
    if (put_rows(s, spec, &b, err) && (descriptor = memfd_create("basanite", MFD_CLOEXEC)) < 0)
        error_system(err, errno, "cannot keep rows of", "the world");
    if (descriptor >= 0 && !write_all(descriptor, buffer_text(&b), err)) {
        close(descriptor);
        descriptor = -1;
    }
    buffer_done(&b);
    return descriptor;
}

static struct rows *rows_of(struct world_shelf *s, struct text spec, struct error *err) {
    for (size_t i = 0; i < s->n_rows; i++)
        if (text_equal_c(spec, s->rows[i].spec)) return &s->rows[i];
    if (s->n_rows == LISTS_MOST) {
        error_set(err, ERROR_DATA, "over %d lists of the world's items in one suite", LISTS_MOST);
        return NULL;
    }
    struct rows *rows = &s->rows[s->n_rows];
    if (!(rows->spec = text_copy(&s->arena, spec, err)) || (rows->descriptor = make_rows(s, spec, err)) < 0)
        return NULL;
    s->n_rows++;
    return rows;
}

char *world_shelf_path(struct world_shelf *s, struct text spec, struct arena *arena, struct error *err) {
    struct rows *rows = rows_of(s, spec, err);
    return rows ? arena_printf(arena, err, "/proc/self/fd/%d", rows->descriptor) : NULL;
}
