/* Checkpoints: everything that training needs to go on with the same bytes. One file, written under a temporary name:
 *   1. "BASANITE-TRAIN-3\n", 64 hexadecimal digits of the configuration, "\n"
 *   2. u64 step, u64 steps of the optimiser, f64 window sum, u64 window count, f64 loss, f64 validation loss,
 *      f64 norm of the gradient, u64 number of arithmetics, u64 number of parameters, u64 number of figures, u64
 *      prompts drawn, f64 first length of answers
 *   3. of each figure of the window: 32 bytes of name, f64 sum, f64 weight
 *   4. of each arithmetic: u64 first step, 8 + 24 bytes of names (struct train_arithmetic)
 *   5. of each parameter: u64 elements, f32 values, first moments, second moments
 *   6. 64 hexadecimal digits: sha256 of all bytes before
 * All little-endian, as the machines this runs on. */
#include "act/train/train_internal.h"

#include "base/file.h"

#include <assert.h>
#include <string.h>

static const char magic[] = "BASANITE-TRAIN-3\n";
enum { MAGIC = sizeof magic - 1, HEX = 64 };

struct head {
    uint64_t step, optimiser_steps;
    double window_sum;
    uint64_t window_n;
    double loss, valid_loss, norm;
    uint64_t arithmetics, parameters, figures, prompt_at;
    double first_length;
};
struct figure {
    char name[32];
    double sum, weight;
};
static_assert(sizeof(struct train_arithmetic) == 40, "has no holes");

struct sink {
    struct file_out out;
    struct sha256 sha;
};

static void put(struct sink *s, const void *at, size_t n) {
    file_out_put(&s->out, at, n);
    sha256_add(&s->sha, at, n);
}

bool train_state_save(struct train *t, const char *path, struct error *err) {
    struct sink s;
    if (!file_out_open(&s.out, path, err)) return false;
    sha256_init(&s.sha);
    put(&s, magic, MAGIC);
    put(&s, t->config, HEX);
    put(&s, "\n", 1);
    struct head head = {t->step, *adamw_steps(t->adamw), t->window_sum, t->window_n, t->loss, t->valid_loss, t->norm,
                        t->n_arithmetic, t->n_parameters, t->figures.n, t->prompt_at, t->first_length};
    put(&s, &head, sizeof head);
    for (size_t i = 0; i < t->figures.n; i++) {
        const struct step_figure *f = &t->figures.of[i];
        struct figure kept = {.sum = f->sum, .weight = f->weight};
        snprintf(kept.name, sizeof kept.name, "%s", f->name);
        put(&s, &kept, sizeof kept);
    }
    put(&s, t->arithmetic, t->n_arithmetic * sizeof *t->arithmetic);
    for (size_t i = 0; i < t->n_parameters; i++) {
        uint64_t n = tensor_size(&t->parameters[i]->value);
        put(&s, &n, sizeof n);
        put(&s, t->parameters[i]->value.data, n * sizeof(float));
        put(&s, adamw_moment(t->adamw, i, 1), n * sizeof(float));
        put(&s, adamw_moment(t->adamw, i, 2), n * sizeof(float));
    }
    char hex[HASH_HEX];
    sha256_end_hex(&s.sha, hex);
    file_out_put(&s.out, hex, HEX);
    bool ok = file_out_commit(&s.out, err);
    file_out_abandon(&s.out);
    return ok;
}

bool train_checkpoint_save(struct train *t, struct error *err) {
    return team_rank(t->settings.team) > 0 || train_state_save(t, t->checkpoint_path, err);
}

struct source {
    const unsigned char *at;
    size_t left;
};

static bool take(struct source *s, void *to, size_t n) {
    if (s->left < n) return false;
    if (to) memcpy(to, s->at, n);
    s->at += n;
    s->left -= n;
    return true;
}

static bool broken(const struct train *t, const char *why, struct error *err) {
    return error_set(err, ERROR_DATA, "checkpoint '%s': %s; --fresh starts anew", t->checkpoint_path, why);
}

static bool load_parameters(struct train *t, struct source *s, struct error *err) {
    for (size_t i = 0; i < t->n_parameters; i++) {
        uint64_t n = 0, expected = tensor_size(&t->parameters[i]->value);
        size_t bytes = expected * sizeof(float);
        if (!take(s, &n, sizeof n) || n != expected || s->left < 3 * bytes) return broken(t, "shapes differ", err);
        (void)!take(s, t->parameters[i]->value.data, bytes);
        (void)!take(s, adamw_moment(t->adamw, i, 1), bytes);
        (void)!take(s, adamw_moment(t->adamw, i, 2), bytes);
        parameter_changed(t->parameters[i]);
    }
    return s->left == HEX || broken(t, "too long", err);
}

static bool load_figures(struct train *t, struct source *s, uint64_t n, struct error *err) {
    if (n > STEP_FIGURES) return broken(t, "too many figures", err);
    for (uint64_t i = 0; i < n; i++) {
        struct figure kept;
        if (!take(s, &kept, sizeof kept)) return broken(t, "is cut short", err);
        const char *name = arena_copy(&t->arena, kept.name, strnlen(kept.name, sizeof kept.name), err);
        if (!name) return false;
        t->figures.of[i] = (struct step_figure){name, kept.sum, kept.weight};
    }
    t->figures.n = n;
    return true;
}

static bool load(struct train *t, const struct file_map *map, struct error *err) {
    char hex[HASH_HEX];
    struct head head;
    struct source s = {map->at, map->len};
    if (map->len < MAGIC + HEX + 1 + sizeof head + HEX || memcmp(map->at, magic, MAGIC) != 0)
        return broken(t, "is none, or is cut short", err);
    if (memcmp(map->at + MAGIC, t->config, HEX) != 0)
        return error_set(err, ERROR_USAGE,
                         "checkpoint '%s' belongs to training with other settings or data; --fresh starts "
                         "anew, another --out keeps it",
                         t->checkpoint_path);
    sha256_hex(map->at, map->len - HEX, hex);
    if (memcmp(hex, map->at + map->len - HEX, HEX) != 0) return broken(t, "bytes were changed or are missing", err);
    if (!take(&s, NULL, MAGIC + HEX + 1) || !take(&s, &head, sizeof head)) return broken(t, "is cut short", err);
    if (head.parameters != t->n_parameters || head.step > t->steps) return broken(t, "shapes differ", err);
    if (!load_figures(t, &s, head.figures, err)) return false;
    if (head.arithmetics > TRAIN_ARITHMETICS || !take(&s, t->arithmetic, head.arithmetics * sizeof *t->arithmetic))
        return broken(t, "is cut short", err);
    t->n_arithmetic = head.arithmetics;
    for (uint64_t i = 0; i < t->n_arithmetic; i++)
        t->arithmetic[i].compute[7] = t->arithmetic[i].isa[23] = 0;
    if (!load_parameters(t, &s, err)) return false;
    *adamw_steps(t->adamw) = head.optimiser_steps;
    t->step = head.step;
    t->window_sum = head.window_sum;
    t->window_n = head.window_n;
    t->loss = head.loss;
    t->valid_loss = head.valid_loss;
    t->norm = head.norm;
    t->prompt_at = head.prompt_at;
    t->first_length = head.first_length;
    return true;
}

bool train_state_load(struct train *t, const char *path, struct error *err) {
    struct file_map map;
    if (!file_map(path, &map, err)) return false;
    bool ok = load(t, &map, err);
    file_unmap(&map);
    return ok;
}

static bool load_if_there(struct train *t, bool *found, struct error *err) {
    *found = file_exists(t->checkpoint_path);
    return !*found || train_state_load(t, t->checkpoint_path, err);
}

/* All processes read the same file. */
bool train_checkpoint_load(struct train *t, bool *found, struct error *err) {
    if (!team_agree(t->settings.team, load_if_there(t, found, err), err)) return false;
    uint64_t first = t->step;
    if (!team_tell(t->settings.team, &first, sizeof first, err)) return false;
    bool same = first == t->step;
    if (!same)
        (void)error_set(err, ERROR_ENVIRONMENT,
                        "it finds step %llu in '%s' and process 0 step %llu; all must see the same folder",
                        (unsigned long long)t->step, t->checkpoint_path, (unsigned long long)first);
    return team_agree(t->settings.team, same, err);
}
