/* Pictures that go with texts, as MultiTrust attaches them to ask whether a picture changes what a model says to the
 * same words: ones that have nothing to do with the text, and the text itself. WHAT is
 *
 *   colour   one colour      noise   every channel of every pixel at random      scene   a landscape that is made
 *   text     the text of the row, black on white (--from)
 *
 * With --from every row gets a picture of its own: the row stays as it is, its id becomes ID/WHAT, and `pair` is the id
 * that it had, so that the files of several WHATs are the settings of one paired design. Without --from: --count
 * pictures alone. What is drawn follows from the seed, WHAT and the id. */
#include "measure/data/make_internal.h"

#include "base/file.h"
#include "base/hash.h"
#include "media/image/image_made.h"

#include <string.h>

enum { COUNT = 10, COUNT_MOST = 100000 };
enum { DIR, WIDTH, HEIGHT, SCALE };
static const struct option_def options[] = {
    [DIR] = {"dir", OPTION_TEXT, "pictures", 1, 0, NULL, "folder that the pictures are written into, below it WHAT"},
    [WIDTH] = {"width", OPTION_INT, "256", 1, 4096, NULL, "pixels"},
    [HEIGHT] = {"height", OPTION_INT, "256", 1, 4096, NULL, "pixels; of text as many as it needs"},
    [SCALE] = {"scale", OPTION_INT, "2", 1, 16, NULL, "of text: pixels of a dot of its font, which has 5 x 7"},
};

struct setting {
    const char *name, *label;
    struct image *(*make)(size_t width, size_t height, struct rng *rng, struct arena *arena, struct error *err);
};
static const struct setting settings[] = {
    {"colour", "unrelated-colour", image_made_colour},
    {"noise", "unrelated-noise", image_made_noise},
    {"scene", "unrelated-scene", image_made_scene},
    {"text", "related-text", NULL}, /* of the row */
};
enum { SETTINGS = sizeof settings / sizeof *settings };

struct pictures {
    struct make_job *job;
    const struct setting *setting;
    const char *folder;
};

static const struct setting *find_setting(struct text name, struct error *err) {
    const char *names[SETTINGS];
    for (size_t i = 0; i < SETTINGS; i++) {
        if (text_equal_c(name, settings[i].name)) return &settings[i];
        names[i] = settings[i].name;
    }
    const char *near = text_nearest(name, names, SETTINGS);
    error_set(err, ERROR_USAGE, "pictures/%.*s%s%s%s: expected colour, noise, scene or text", TEXT_ARG(name),
              near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
    return NULL;
}

/* An id as it is where it can name a file, else its digest. */
static const char *file_of(const struct pictures *p, struct text id, struct error *err) {
    char hex[HASH_HEX];
    bool plain = id.len > 0 && id.len <= 64 && id.at[0] != '.';
    for (size_t i = 0; i < id.len; i++)
        plain = plain && id.at[i] &&
                strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", id.at[i]) != NULL;
    sha256_hex(id.at, id.len, hex);
    return plain ? arena_printf(&p->job->batch, err, "%s/%.*s.png", p->folder, TEXT_ARG(id))
                 : arena_printf(&p->job->batch, err, "%s/%.32s.png", p->folder, hex);
}

/* The first of the usual fields that has a text. */
static struct text text_of_row(const struct make_row *row) {
    static const char *const fields[] = {"prompt", "question", "text"};
    struct text t = TEXT("");
    for (size_t i = 0; t.len == 0 && i < sizeof fields / sizeof *fields; i++)
        t = json_text(json_object_get(row->json, fields[i]));
    return t;
}

static struct image *draw(const struct pictures *p, const struct make_row *row, struct text id, struct error *err) {
    const struct option_value *v = p->job->options;
    size_t width = (size_t)v[WIDTH].integer, height = (size_t)v[HEIGHT].integer;
    struct arena *arena = &p->job->batch;
    if (!p->setting->make) {
        struct image *image = image_made_text(text_of_row(row), width, (size_t)v[SCALE].integer, arena, err);
        if (!image) error_wrap(err, "%s:%zu", row->place.file, row->place.line);
        return image;
    }
    char *stream = arena_printf(arena, err, "pictures/%s/%.*s", p->setting->name, TEXT_ARG(id));
    if (!stream) return NULL;
    struct rng rng = rng_stream(p->job->settings->seed, stream, 0);
    return p->setting->make(width, height, &rng, arena, err);
}

/* Draws the picture and writes it; *hex: its digest. */
static bool write_picture(const struct pictures *p, const struct make_row *row, struct text id, const char *path,
                          char hex[HASH_HEX], struct error *err) {
    struct buffer bytes;
    struct image *image = draw(p, row, id, err);
    if (!image) return false;
    buffer_init(&bytes, (size_t)256 << 20);
    bool ok = png_write(image, &bytes, err) && file_write(path, buffer_text(&bytes), err);
    if (ok) sha256_hex(bytes.at, bytes.len, hex);
    buffer_done(&bytes);
    return ok;
}

/* row NULL: a picture alone. */
static bool put_picture(const struct pictures *p, const struct make_row *row, struct text id, struct error *err) {
    char hex[HASH_HEX];
    arena_reset(&p->job->batch);
    const char *path = file_of(p, id, err);
    if (!path || !write_picture(p, row, id, path, hex, err)) return false;
    json_t *out = row ? json_copy(row->json) : json_object();
    const char *name = row ? arena_printf(&p->job->batch, err, "%.*s/%s", TEXT_ARG(id), p->setting->name) : NULL;
    if (row && !name) return json_decref(out), false;
    json_object_set_new(out, "id", row ? json_string(name) : json_from_text(id));
    if (row) json_object_set_new(out, "pair", json_from_text(id));
    json_object_set_new(out, "setting", json_string(p->setting->label));
    json_object_set_new(out, "image", json_string(path));
    json_object_set_new(out, "image_sha256", json_string(hex));
    p->job->result->used++;
    return make_put(p->job, out, err);
}

static bool put_row(const struct pictures *p, const struct make_row *row, struct error *err) {
    if (put_picture(p, row, row->id, err)) return true;
    if (!p->job->settings->lenient || err->kind != ERROR_DATA) return false;
    p->job->result->bad++;
    error_clear(err);
    return true;
}

static bool put_alone(const struct pictures *p, struct error *err) {
    char id[32];
    uint64_t n = p->job->settings->count ? p->job->settings->count : COUNT;
    if (n > COUNT_MOST) return error_set(err, ERROR_USAGE, "--count: at most %d pictures", COUNT_MOST);
    for (uint64_t i = 1; i <= n; i++) {
        snprintf(id, sizeof id, "v%04llu", (unsigned long long)i);
        if (!put_picture(p, NULL, text_of(id), err)) return false;
    }
    return true;
}

static bool run_pictures(struct make_job *job, struct error *err) {
    struct pictures p = {.job = job, .setting = find_setting(job->argument, err)};
    const struct option_value *v = job->options;
    uint64_t most = job->settings->count;
    if (!p.setting) return false;
    if (!p.setting->make && !job->settings->n_from)
        return error_set(err, ERROR_USAGE, "pictures/%s: expected --from FILE", p.setting->name);
    p.folder = arena_printf(&job->kept, err, "%.*s/%s", TEXT_ARG(v[DIR].text), p.setting->name);
    if (!p.folder || !file_make_folders(p.folder, err)) return false;
    if (!job->settings->n_from) return put_alone(&p, err);
    for (size_t i = 0; i < job->n && (most == 0 || i < most); i++)
        if (!put_row(&p, &job->rows[i], err)) return false;
    return true;
}

const struct generator generator_pictures = {
    .name = "pictures",
    .summary = "pictures beside texts: one colour, noise or a landscape, unrelated to them, or the text itself",
    .argument = "WHAT",
    .rows = true,
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .run = run_pictures,
};
