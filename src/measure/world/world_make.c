/* Making a folder: files under FOLDER.tmp-PID, then one rename. See world.h. */
#include "measure/world/world_choice.h"
#include "measure/world/world_internal.h"
#include "measure/world/world_sets.h"
#include "measure/world/world_tokenizer.h"
#include "measure/world/world_writing.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MOST_FILES = 512, LINE_MOST = 1 << 20 };

struct making {
    const struct world *world;
    struct world_settings settings;
    bool split[N_SPLITS];
    struct world_choice choice; /* of --style and --lang */
    bool made[MOST_FAMILIES];   /* families whose files were made: two parts may name one */
    const char *const *parts;
    size_t n_parts;
    char *temporary;
    struct made_file file[MOST_FILES];
    size_t n_files;
    struct pool *pool;
    json_t *mixes; /* what each corpus holds */
    struct arena arena;
    struct error *err;
};

static char *path_of(struct making *m, const char *name) {
    return arena_printf(&m->arena, m->err, "%s/%s", m->temporary, name);
}

static struct made_file *new_file(struct making *m, const char *name) {
    if (m->n_files == MOST_FILES) return error_set(m->err, ERROR_USAGE, "more than %d files to make", MOST_FILES), NULL;
    struct made_file *file = &m->file[m->n_files++];
    *file = (struct made_file){0};
    snprintf(file->path, sizeof file->path, "%s", name);
    return file;
}

static bool begin_file(struct writing *f, struct making *m, const char *name) {
    struct made_file *file = new_file(m, name);
    const char *path = file ? path_of(m, name) : NULL;
    *f = (struct writing){0};
    return path && writing_begin(f, file, path, m->settings.stop, m->err);
}

/* ---- parts */

/* What another module wrote. */
static bool hash_made(struct making *m, struct made_file *file, const char *path) {
    struct file_map map;
    if (!file_map(path, &map, m->err)) return false;
    sha256_hex(map.at, map.len, file->sha256);
    file->bytes = map.len;
    file->lines = world_count_lines((struct text){(const char *)map.at, map.len});
    file_unmap(&map);
    return true;
}

static bool make_truth(struct making *m, size_t truth) {
    struct writing f;
    struct buffer row;
    char path[64];
    buffer_init(&row, LINE_MOST);
    bool ok = begin_file(&f, m, world_truth_path(truth, path));
    for (size_t i = 0, n = world_truth_rows(m->world, truth); ok && i < n; i++) {
        buffer_clear(&row);
        ok = (world_put_truth(&row, m->world, truth, i) && buffer_put_char(&row, '\n')) || error_memory(m->err, path);
        ok = ok && writing_put(&f, buffer_text(&row));
    }
    buffer_done(&row);
    return writing_end(&f, ok);
}

/* The truth file of this name, where the part has one. */
static bool make_truth_of(struct making *m, const char *name) {
    char path[64], wanted[64];
    for (size_t t = 0; t < world_truths(); t++) {
        world_truth_path(t, path);
        snprintf(wanted, sizeof wanted, "truth/%s.json", name);
        if (strncmp(path, wanted, strlen(wanted)) == 0 && !make_truth(m, t)) return false;
    }
    return true;
}

/* One file of items, of a plan that is already made. */
static bool put_items(struct making *m, const char *name, const struct item *items, size_t n) {
    struct item_style style = {.draw = m->settings.draw, .manner = m->choice.manner};
    struct writing f;
    return writing_end(&f, begin_file(&f, m, name) && writing_put_items(&f, m->world, items, n, &style, m->pool));
}

static bool make_items(struct making *m, const struct world_family *family, const struct option_value *options,
                       enum split split, size_t *made) {
    char name[64];
    struct item *items;
    size_t n;
    struct arena arena;
    snprintf(name, sizeof name, "items/%s-%s.jsonl", family->name, world_split_names[split]);
    arena_init(&arena, (size_t)256 << 20);
    bool ok = world_plan_items(m->world, family, split, m->settings.draw, m->settings.count, options, &items, &n,
                               &arena, m->err) &&
              put_items(m, name, items, n);
    if (ok) *made += n;
    arena_done(&arena);
    return ok;
}

static bool make_people(struct making *m) {
    for (size_t kind = 0; kind < N_KINDS; kind++)
        if (!make_truth(m, kind)) return false;
    return true;
}

static bool make_facts(struct making *m) {
    return make_truth_of(m, "fact");
}

static bool make_lines(struct making *m, const char *name, const struct list *lines) {
    struct writing f;
    bool ok = begin_file(&f, m, name);
    for (size_t i = 0; ok && i < lines->n; i++) ok = writing_put(&f, lines->at[i]) && writing_put(&f, TEXT("\n"));
    return writing_end(&f, ok);
}

static bool make_chat_files(struct making *m) {
    const struct words *words = &m->world->words;
    struct text template = words->chat_template;
    return make_lines(m, "chat.jinja", &(struct list){&template, 1}) &&
           make_lines(m, "specials.txt", &words->specials) && make_lines(m, "reserve.txt", &m->world->reserve);
}

static bool make_tokenizer_of(struct making *m, const struct tokenizer_sample *of, const char *name) {
    char *scratch = path_of(m, "sample"), *path = path_of(m, name);
    struct made_file *entry = new_file(m, name);
    if (!scratch || !path || !entry) return false;
    struct tokenizer *tokenizer = world_tokenizer(m->world, of, scratch, m->pool, m->settings.stop, m->err);
    bool ok = tokenizer && world_tokenizer_write(tokenizer, path, m->err) && hash_made(m, entry, path);
    tokenizer_free(tokenizer);
    return ok;
}

static bool make_tokenizer(struct making *m) {
    return make_tokenizer_of(m, &world_tokenizer_first, "tokenizer.gguf");
}

static bool make_tongues_tokenizer(struct making *m) {
    return make_tokenizer_of(m, &world_tokenizer_tongues, "tongues-tokenizer.gguf");
}

static bool make_family(struct making *m, size_t number, const struct option_value *options) {
    const struct world_family *family = world_family_at(number);
    size_t made = 0;
    if (m->made[number]) return true;
    m->made[number] = true;
    for (int s = 0; s < N_SPLITS; s++)
        if (m->split[s] && !make_items(m, family, options, (enum split)s, &made)) return false;
    if (options && made == 0)
        return error_set(m->err, ERROR_USAGE, "--part: no item of '%s' is as these keys and this split want it",
                         family->name);
    return true;
}

/* A file that is no text. */
static bool make_beside(struct making *m, const struct world_beside *beside) {
    struct arena arena;
    struct text bytes;
    struct made_file *entry = new_file(m, beside->path);
    const char *path = entry ? path_of(m, beside->path) : NULL;
    char *folder = path ? text_copy(&m->arena, text_of(path), m->err) : NULL;
    if (!folder) return false;
    *strrchr(folder, '/') = 0;
    arena_init(&arena, (size_t)256 << 20);
    bool ok = file_make_folders(folder, m->err) && beside->bytes(m->world, &arena, &bytes, m->err) &&
              file_write(path, bytes, m->err) && hash_made(m, entry, path);
    arena_done(&arena);
    return ok;
}

/* The truth and the items of a part of the table. */
static bool make_part(struct making *m, const struct world_part *part, const struct option_value *options) {
    const struct world_family *family;
    if (!make_truth_of(m, strcmp(part->name, "requests") == 0 ? "policy" : part->name)) return false;
    if (part == &world_part_chat && !make_chat_files(m)) return false;
    for (size_t i = 0; i < part->n_beside; i++)
        if (!make_beside(m, &part->beside[i])) return false;
    for (size_t i = 0; (family = world_family_at(i)); i++)
        if (world_choice_makes(&m->choice, part, family) && !make_family(m, i, family->n_options ? options : NULL))
            return false;
    return true;
}

/* ---- corpora */

/* How much of each row there is, for world.json. */
static bool note_mix(struct making *m, const struct mix_spec *spec, const struct mix_made *made) {
    json_t *rows = json_array();
    bool ok = m->mixes && rows;
    for (size_t r = 0; ok && r < spec->mix.n; r++)
        ok = json_array_append_new(rows, json_pack("{s:s% s:I s:I}", "from", spec->mix.rows[r].from.at,
                                                   spec->mix.rows[r].from.len, "documents",
                                                   (json_int_t)made->row_documents[r], "bytes",
                                                   (json_int_t)made->row_bytes[r])) == 0;
    ok = ok &&
         json_array_append_new(m->mixes, json_pack("{s:s% s:I s:o}", "corpus", spec->mix.name.at, spec->mix.name.len,
                                                   "documents", (json_int_t)made->documents, "rows", rows)) == 0;
    return ok || error_memory(m->err, "world.json");
}

static bool make_mix(struct making *m, struct text kind, struct made_file *entry, const char *path) {
    struct mix_spec spec;
    struct mix_made made;
    return world_mix_find(&m->arena, kind, &spec, m->err) &&
           world_mix_write(m->world, &spec, m->settings.draw, path, m->pool, m->settings.stop, &made, &m->arena,
                           m->err) &&
           hash_made(m, entry, path) && note_mix(m, &spec, &made);
}

static bool make_set(struct making *m, const struct world_set *set, const char *file) {
    struct writing f;
    return writing_end(&f, begin_file(&f, m, file) && world_set_write(&f, set, m->world, m->settings.draw, m->pool));
}

static bool make_corpus(struct making *m, struct text kind) {
    char file[64];
    const struct world_set *set = world_set_find(spec_name(kind));
    snprintf(file, sizeof file, "corpora/%.*s.jsonl", TEXT_ARG(spec_name(kind)));
    if (set) return make_set(m, set, file);
    struct made_file *entry = new_file(m, file);
    const char *path = entry ? path_of(m, file) : NULL;
    if (!path) return false;
    return make_mix(m, kind, entry, path);
}

/* ---- which parts: some that are no rows of the table, those of the table, a corpus */

static const struct {
    const char *name;
    bool (*make)(struct making *m);
    bool later; /* as of a part */
} own_parts[] = {{"people", make_people, false},
                 {"facts", make_facts, false},
                 {"tokenizer", make_tokenizer, false},
                 {"tongues-tokenizer", make_tongues_tokenizer, true}};
enum { OWN = sizeof own_parts / sizeof *own_parts, MOST_CORPORA = 64 };

struct wanted {
    bool own[OWN], part[MOST_PARTS];
    struct option_value *options[MOST_PARTS]; /* NULL: none given */
    struct text corpus[MOST_CORPORA];
    size_t n_corpora;
};

static bool want(struct making *m, bool *wanted, const char *name) {
    if (*wanted) return error_set(m->err, ERROR_USAGE, "--part: '%s' is asked for twice ('v1' holds every part)", name);
    return *wanted = true;
}

/* A part without items. */
static bool want_other(struct making *m, bool *wanted, const char *name) {
    return want(m, wanted, name) && world_choice_allows(&m->choice, NULL, name, m->err);
}

static bool want_corpus(struct making *m, struct wanted *wanted, struct text kind) {
    struct mix_spec spec;
    for (size_t i = 0; i < wanted->n_corpora; i++) {
        bool before = text_equal(spec_name(wanted->corpus[i]), spec_name(kind));
        if (!want(m, &before, "corpus")) return false;
    }
    if (!world_choice_allows(&m->choice, NULL, "corpus", m->err)) return false;
    if (wanted->n_corpora == MOST_CORPORA)
        return error_set(m->err, ERROR_USAGE, "--part: more than %d corpora", MOST_CORPORA);
    wanted->corpus[wanted->n_corpora++] = kind;
    if (world_set_find(spec_name(kind)))
        return spec_parse(&m->arena, kind, NULL, 0, m->err) != NULL; /* these take no keys */
    return world_mix_find(&m->arena, kind, &spec, m->err);
}

static bool want_everything(struct making *m, struct wanted *wanted) {
    struct mix *mixes;
    size_t n;
    for (size_t i = 0; i < OWN; i++)
        if (!own_parts[i].later && !want_other(m, &wanted->own[i], own_parts[i].name)) return false;
    for (size_t i = 0; i < world_n_parts; i++)
        if (!world_parts[i]->later && !want(m, &wanted->part[i], world_parts[i]->name)) return false;
    if (!world_mixes(&m->arena, &mixes, &n, m->err)) return false;
    for (size_t i = 0; i < n; i++)
        if (!want_corpus(m, wanted, mixes[i].name)) return false;
    for (size_t i = 0; i < world_n_sets; i++)
        if (!want_corpus(m, wanted, text_of(world_sets[i].name))) return false;
    return true;
}

static bool unknown_part(struct making *m, struct text name) {
    const char *names[OWN + MOST_PARTS + 2];
    struct buffer all;
    size_t n = 0;
    for (size_t i = 0; i < OWN; i++) names[n++] = own_parts[i].name;
    for (size_t i = 0; i < world_n_parts; i++) names[n++] = world_parts[i]->name;
    names[n++] = "corpus=NAME", names[n++] = "v1";
    buffer_init(&all, 1 << 14);
    for (size_t i = 0; i + 1 < n; i++) buffer_printf(&all, "%s%s", i ? ", " : "", names[i]);
    const char *near = text_nearest(name, names, n);
    error_set(m->err, ERROR_USAGE,
              "--part: unknown part '%.*s'%s%s%s; the parts are %.*s and v1, which is all but those of tongues",
              TEXT_ARG(name), near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "",
              TEXT_ARG(buffer_text(&all)));
    buffer_done(&all);
    return false;
}

/* The keys of the first family that takes some. */
static bool want_part(struct making *m, struct wanted *wanted, size_t p, struct text spec) {
    const struct world_part *part = world_parts[p];
    const struct world_family *with = NULL;
    for (size_t f = 0; f < part->n_families && !with; f++)
        if (part->families[f].n_options) with = &part->families[f];
    if (!want(m, &wanted->part[p], part->name)) return false;
    struct option_value *values =
        spec_parse(&m->arena, spec, with ? with->options : NULL, with ? with->n_options : 0, m->err);
    if (!values || (with && with->check && !with->check(values, m->err))) return false;
    bool given = false;
    for (size_t i = 0; with && i < with->n_options; i++) given = given || values[i].given;
    if (given) wanted->options[p] = values;
    return world_choice_allows(&m->choice, part, part->name, m->err);
}

static bool want_spec(struct making *m, struct wanted *wanted, struct text spec) {
    struct text name = spec_name(spec);
    if (text_starts(spec, TEXT("corpus="))) return want_corpus(m, wanted, world_corpus_of_part(spec));
    for (size_t i = 0; i < world_n_parts; i++)
        if (text_equal_c(name, world_parts[i]->name)) return want_part(m, wanted, i, spec);
    bool v1 = text_equal_c(name, "v1"), found = v1;
    for (size_t i = 0; i < OWN; i++)
        if (text_equal_c(name, own_parts[i].name)) {
            if (!want_other(m, &wanted->own[i], own_parts[i].name)) return false;
            found = true;
        }
    if (!found) return unknown_part(m, name);
    if (!spec_parse(&m->arena, spec, NULL, 0, m->err)) return false; /* these take no keys */
    return !v1 || want_everything(m, wanted);
}

static bool make_parts(struct making *m, const struct wanted *wanted) {
    for (size_t i = 0; i < OWN; i++)
        if (wanted->own[i] && !own_parts[i].make(m)) return false;
    for (size_t i = 0; i < world_n_parts; i++)
        if (wanted->part[i] && !make_part(m, world_parts[i], wanted->options[i])) return false;
    for (size_t i = 0; i < wanted->n_corpora; i++)
        if (!make_corpus(m, wanted->corpus[i])) return false;
    return true;
}

struct text world_corpus_of_part(struct text spec) {
    struct text prefix = TEXT("corpus=");
    return text_starts(spec, prefix) ? text_part(spec, prefix.len, spec.len) : TEXT("");
}

/* ---- world.json */

static json_t *hashes_json(const struct world *w) {
    json_t *all = json_array();
    for (size_t p = 0; p < w->n_hashes; p++)
        json_array_append_new(all, json_pack("{s:s s:i s:s}", "part", w->part[p].name, "version",
                                             (int)w->part[p].version, "sha256", w->part[p].hash));
    return all;
}

static json_t *files_json(const struct making *m) {
    json_t *all = json_array();
    for (size_t i = 0; i < m->n_files; i++) {
        const struct made_file *f = &m->file[i];
        json_array_append_new(all, json_pack("{s:s s:I s:I s:s}", "path", f->path, "lines", (json_int_t)f->lines,
                                             "bytes", (json_int_t)f->bytes, "sha256", f->sha256));
    }
    return all;
}

static json_t *specs_json(const struct making *m) {
    json_t *all = json_array();
    for (size_t i = 0; i < m->n_parts; i++) json_array_append_new(all, json_from_text(text_of(m->parts[i])));
    return all;
}

static bool write_manifest(struct making *m) {
    struct buffer b;
    char *path = path_of(m, "world.json");
    json_t *value = json_pack(
        "{s:s s:s s:i s:I s:I s:s? s:s* s:s* s:I s:o s:o s:o s:O}", "format", "world-1", "world", m->world->identity,
        "generator", WORLD_GENERATOR, "seed", (json_int_t)m->world->seed, "draw", (json_int_t)m->settings.draw, "split",
        m->settings.split, "style", m->settings.style, "lang", m->settings.lang, "count", (json_int_t)m->settings.count,
        "parts", specs_json(m), "hashes", hashes_json(m->world), "files", files_json(m), "corpora", m->mixes);
    buffer_init(&b, LINE_MOST);
    bool ok = (value || error_memory(m->err, "world.json")) && path && json_put(&b, value, 2) &&
              buffer_put_char(&b, '\n') && buffer_check(&b, "world.json", m->err) &&
              file_write(path, buffer_text(&b), m->err);
    buffer_done(&b);
    json_decref(value);
    return ok;
}

json_t *world_manifest(const char *folder, struct error *err) {
    struct arena arena;
    arena_init(&arena, 1 << 16);
    char *path = arena_printf(&arena, err, "%s/world.json", folder);
    json_t *value = path ? json_read_file(path, LINE_MOST, err) : NULL;
    arena_done(&arena);
    return value;
}

/* ---- the folder */

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *at) {
    (void)info, (void)type, (void)at;
    return remove(path);
}

static void remove_folder(const char *path) {
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static bool make_subfolders(struct making *m) {
    static const char *const names[] = {"truth", "items", "corpora"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = path_of(m, names[i]);
        if (!path || !file_make_folders(path, m->err)) return false;
    }
    return true;
}

/* Folders that no part filled go again. */
static void drop_empty(struct making *m) {
    static const char *const names[] = {"truth", "items", "corpora"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = path_of(m, names[i]);
        if (path) rmdir(path);
    }
}

static bool take_place(struct making *m, const char *folder) {
    if (file_exists(folder)) return error_set(m->err, ERROR_USAGE, "'%s' exists; name a new folder", folder);
    return rename(m->temporary, folder) == 0 || error_system(m->err, errno, "cannot make", folder);
}

static bool choose_splits(struct making *m) {
    enum split only;
    if (m->settings.split && !world_split_find(m->settings.split, &only, m->err)) return false;
    for (int s = 0; s < N_SPLITS; s++) m->split[s] = m->settings.split ? s == (int)only : s != HELD_OUT;
    if (m->settings.split) m->settings.split = world_split_names[only];
    return true;
}

static void count_files(const struct making *m, struct world_made *made) {
    *made = (struct world_made){.files = m->n_files};
    for (size_t i = 0; i < m->n_files; i++) made->lines += m->file[i].lines, made->bytes += m->file[i].bytes;
}

static bool make_folder(struct making *m, const char *folder, struct world_made *made) {
    struct wanted wanted = {0};
    size_t len = strlen(folder);
    while (len > 1 && folder[len - 1] == '/') len--;
    if (!choose_splits(m) || !world_choice_read(&m->choice, m->settings.style, m->settings.lang, m->err)) return false;
    if (m->n_parts == 0) return error_set(m->err, ERROR_USAGE, "no part to make; --part v1 makes all of them");
    for (size_t i = 0; i < m->n_parts; i++)
        if (!want_spec(m, &wanted, text_of(m->parts[i]))) return false;
    if (file_exists(folder)) return error_set(m->err, ERROR_USAGE, "'%s' exists; name a new folder", folder);
    m->temporary = arena_printf(&m->arena, m->err, "%.*s.tmp-%d", (int)len, folder, (int)getpid());
    if (!m->temporary || !make_subfolders(m)) return false;
    bool ok = make_parts(m, &wanted) && write_manifest(m);
    if (ok) drop_empty(m);
    ok = ok && take_place(m, folder);
    if (!ok) remove_folder(m->temporary);
    count_files(m, made);
    return ok;
}

bool world_make(const struct world *world, const char *const *specs, size_t n_specs,
                const struct world_settings *settings, const char *folder, struct world_made *made, struct error *err) {
    struct making *m = memory_zeroed(1, sizeof *m);
    if (!m) return error_memory(err, "world");
    *m = (struct making){.world = world, .settings = *settings, .parts = specs, .n_parts = n_specs, .err = err};
    if (m->settings.draw == 0) m->settings.draw = 1;
    arena_init(&m->arena, (size_t)16 << 20);
    bool ok = (world->seed <= INT64_MAX && m->settings.draw <= INT64_MAX && m->settings.count <= INT64_MAX) ||
              error_set(err, ERROR_USAGE, "seed, draw and count: expected less than 2^63");
    m->mixes = json_array();
    ok = ok && (m->pool = pool_new(settings->threads, err)) && make_folder(m, folder, made);
    pool_free(m->pool);
    json_decref(m->mixes);
    arena_done(&m->arena);
    memory_free(m);
    return ok;
}
