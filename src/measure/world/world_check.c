/* Checking a made folder: see world.h. Everything is made anew from the seed and compared. */
#include "measure/world/world_choice.h"
#include "measure/world/world_internal.h"
#include "measure/world/world_item.h"
#include "measure/world/world_statements.h"

#include "base/file.h"

#include <string.h>

enum { LINE_MOST = 1 << 24 };

struct checking {
    const char *folder;
    const struct interrupt *stop;
    json_t *manifest;
    struct world *world;
    uint64_t draw, count;
    struct world_choice choice;
    struct option_value *options[MOST_PARTS]; /* of the parts of the table, where their spec has keys */
    struct leaks *leaks;
    struct apart *apart;
    struct world_checked *checked;
    struct arena arena;
    struct error *err;
};

static const char *path_of(struct checking *c, const char *name) {
    return arena_printf(&c->arena, c->err, "%s/%s", c->folder, name);
}

/* A file that can't be read is bad data here: world.json says that it is part of the folder. */
static bool map_file(struct checking *c, const char *path, struct file_map *map) {
    if (file_map(path, map, c->err)) return true;
    if (c->err) c->err->kind = ERROR_DATA;
    return false;
}

static bool fault(struct checking *c, const char *file, size_t line, const char *format, ...) PRINTF_LIKE(4, 5);
static bool fault(struct checking *c, const char *file, size_t line, const char *format, ...) {
    char what[600];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (line) return error_set(c->err, ERROR_GATE, "%s/%s:%zu: %s", c->folder, file, line, what);
    return error_set(c->err, ERROR_GATE, "%s/%s: %s", c->folder, file, what);
}

/* ---- world.json: which world this says it is, and whether it is that */

/* The keys of a part's spec. */
static bool read_options(struct checking *c, struct text spec) {
    for (size_t p = 0; p < world_n_parts; p++) {
        const struct world_part *part = world_parts[p];
        if (!text_equal_c(spec_name(spec), part->name)) continue;
        for (size_t f = 0; f < part->n_families && !c->options[p]; f++)
            if (part->families[f].n_options && !(c->options[p] = spec_parse(&c->arena, spec, part->families[f].options,
                                                                            part->families[f].n_options, c->err)))
                return c->err->kind = ERROR_DATA, error_wrap(c->err, "%s/world.json: parts", c->folder);
    }
    return true;
}

static const struct option_value *options_of(const struct checking *c, const struct world_family *family) {
    for (size_t p = 0; p < world_n_parts; p++)
        for (size_t f = 0; f < world_parts[p]->n_families; f++)
            if (&world_parts[p]->families[f] == family) return c->options[p];
    return NULL;
}

/* With which keys the parts were made. */
static bool read_parts(struct checking *c) {
    struct json_place place = {.file = "world.json", .path = ""};
    json_t *parts, *one;
    size_t i;
    if (!json_get_array(c->manifest, "parts", place, &parts, c->err)) return false;
    json_array_foreach(parts, i, one) if (!read_options(c, json_text(one))) return false;
    return true;
}

static bool read_choice(struct checking *c) {
    const char *style = json_string_value(json_object_get(c->manifest, "style")),
               *lang = json_string_value(json_object_get(c->manifest, "lang"));
    return world_choice_read(&c->choice, style, lang, c->err) ||
           (c->err->kind = ERROR_DATA, error_wrap(c->err, "%s/world.json", c->folder));
}

static bool read_manifest(struct checking *c) {
    struct json_place place = {.file = "world.json", .path = ""};
    struct text format;
    int64_t seed, draw, count;
    const char *path = path_of(c, "world.json");
    if (!path) return false;
    if (!file_exists(path))
        return error_set(c->err, ERROR_DATA, "'%s' is not there: '%s' is no made world", path, c->folder);
    if (!(c->manifest = world_manifest(c->folder, c->err))) return false;
    if (!json_get_text(c->manifest, "format", place, &format, c->err)) return false;
    if (!text_equal_c(format, "world-1"))
        return error_set(c->err, ERROR_DATA, "%s/world.json: field 'format': expected 'world-1', found '%.*s'",
                         c->folder, TEXT_ARG(format));
    if (!json_get_i64(c->manifest, "seed", place, &seed, c->err) ||
        !json_get_i64(c->manifest, "draw", place, &draw, c->err) ||
        !json_get_i64(c->manifest, "count", place, &count, c->err))
        return false;
    if (seed < 0 || draw < 1 || count < 0)
        return error_set(c->err, ERROR_DATA, "%s/world.json: seed, draw or count out of range", c->folder);
    c->draw = (uint64_t)draw, c->count = (uint64_t)count;
    return read_choice(c) && (c->world = world_new((uint64_t)seed, c->err)) && read_parts(c);
}

static bool check_identity(struct checking *c) {
    struct json_place place = {.file = "world.json", .path = ""};
    json_t *hashes, *one;
    struct text identity;
    size_t i, found = 0;
    if (!json_get_text(c->manifest, "world", place, &identity, c->err) ||
        !json_get_array(c->manifest, "hashes", place, &hashes, c->err))
        return false;
    if (!text_equal_c(identity, c->world->identity))
        return fault(c, "world.json", 0, "the world is '%.*s', this program makes '%s' from its seed",
                     TEXT_ARG(identity), c->world->identity);
    json_array_foreach(hashes, i, one) {
        struct text part = json_text(json_object_get(one, "part")), hash = json_text(json_object_get(one, "sha256"));
        for (size_t p = 0; p < c->world->n_hashes; p++) {
            if (!text_equal_c(part, c->world->part[p].name)) continue;
            found++;
            if (!text_equal_c(hash, c->world->part[p].hash))
                return fault(c, "world.json", 0, "hash of part '%.*s' is %.*s, expected %s", TEXT_ARG(part),
                             TEXT_ARG(hash), c->world->part[p].hash);
        }
    }
    return found == c->world->n_hashes ||
           fault(c, "world.json", 0, "hashes of %zu parts, expected %zu", found, c->world->n_hashes);
}

/* ---- files: bytes as world.json counts them */

static bool check_file(struct checking *c, const char *name, const json_t *entry) {
    struct json_place place = {.file = "world.json", .path = "files"};
    int64_t lines, bytes;
    struct text hash;
    struct file_map map;
    const char *path = path_of(c, name);
    char found[HASH_HEX];
    uint64_t n = 0;
    if (!path || !json_get_i64(entry, "lines", place, &lines, c->err) ||
        !json_get_i64(entry, "bytes", place, &bytes, c->err) || !json_get_text(entry, "sha256", place, &hash, c->err) ||
        !map_file(c, path, &map))
        return false;
    sha256_hex(map.at, map.len, found);
    for (size_t i = 0; i < map.len; i++) n += map.at[i] == '\n';
    bool ok =
        (map.len == (size_t)bytes ||
         fault(c, name, 0, "%zu bytes, world.json counts %lld", map.len, (long long)bytes)) &&
        (n == (uint64_t)lines ||
         fault(c, name, 0, "%llu lines, world.json counts %lld", (unsigned long long)n, (long long)lines)) &&
        (text_equal_c(hash, found) || fault(c, name, 0, "sha256 is %s, world.json says %.*s", found, TEXT_ARG(hash)));
    file_unmap(&map);
    c->checked->files += ok;
    return ok;
}

/* ---- truth: every row again */

static bool check_truth(struct checking *c, const char *name, size_t part) {
    struct file_map map;
    struct buffer row;
    const char *path = path_of(c, name);
    if (!path || !map_file(c, path, &map)) return false;
    struct text rest = {(const char *)map.at, map.len}, line;
    bool ok = true;
    buffer_init(&row, LINE_MOST);
    for (size_t i = 0; ok && i < world_truth_rows(c->world, part); i++) {
        buffer_clear(&row);
        if (!world_put_truth(&row, c->world, part, i)) ok = buffer_check(&row, name, c->err);
        if (ok && !text_next(&rest, '\n', &line))
            ok = fault(c, name, i + 1, "the file ends, expected %zu rows", world_truth_rows(c->world, part));
        if (ok && !text_equal(line, buffer_text(&row)))
            ok = fault(c, name, i + 1, "is not what the truth says: '%.*s'", (int)(row.len < 200 ? row.len : 200),
                       row.at);
    }
    if (ok && rest.len) ok = fault(c, name, world_truth_rows(c->world, part) + 1, "more rows than the truth holds");
    buffer_done(&row);
    file_unmap(&map);
    return ok;
}

/* ---- items: each made again from its id */

static bool same_field(struct checking *c, const char *name, size_t line, const json_t *found, const json_t *expected,
                       const char *key, struct text id) {
    const json_t *a = json_object_get(found, key), *b = json_object_get(expected, key);
    if ((!a && !b) || json_equal(a, b)) return true;
    struct buffer shown;
    buffer_init(&shown, 1 << 16);
    if (a) json_put_canonical(&shown, a);
    buffer_put_c(&shown, "', expected '");
    if (b) json_put_canonical(&shown, b);
    bool ok = fault(c, name, line, "item '%.*s': %s is '%.*s'", TEXT_ARG(id), key,
                    (int)(shown.len < 480 ? shown.len : 480), shown.at ? shown.at : "");
    buffer_done(&shown);
    return ok;
}

static bool same_item(struct checking *c, const char *name, size_t line, const json_t *found, const json_t *expected,
                      struct text id) {
    static const char *const keys[] = {"part",     "split",  "gold", "prompt", "messages", "slots",
                                       "template", "labels", "prov", "dose",   "lang"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (!same_field(c, name, line, found, expected, keys[i], id)) return false;
    return json_equal(found, expected) ||
           fault(c, name, line, "item '%.*s' has members that no item has", TEXT_ARG(id));
}

struct item_file {
    const char *name;
    const struct world_family *family;
    enum split split;
    struct world_line scratch;
    struct buffer line;
    const struct item *items; /* as planned */
    size_t n;
    const struct option_value *options;
};

/* A line that differs is read, so that the message can name the member that differs. */
static bool differs(struct checking *c, struct item_file *f, size_t line, struct text found, const char *expected_id) {
    json_t *expected = json_read(buffer_text(&f->line), "world", 1, c->err);
    json_t *value = expected ? json_read(found, f->name, line, c->err) : NULL;
    struct text id = json_text(json_object_get(value, "id"));
    if (value && !text_equal_c(id, expected_id))
        fault(c, f->name, line, "item '%.*s', expected '%s' in this place", TEXT_ARG(id), expected_id);
    else if (value && same_item(c, f->name, line, value, expected, id))
        fault(c, f->name, line, "item '%s' is not written as the world writes it", expected_id);
    json_decref(expected);
    json_decref(value);
    return false;
}

/* Prompts for tests are what the leak check looks for. */
static bool keep_prompt(struct checking *c, const struct item_file *f, struct text line, const char *id) {
    if (f->split == TRAIN || f->split == VALID) return true;
    json_t *value = json_read(line, f->name, 1, c->err);
    json_t *turns = json_object_get(value, "messages"), *prompt = json_object_get(value, "prompt");
    if (turns) prompt = json_object_get(json_array_get(turns, json_array_size(turns) - 1), "content");
    bool ok = value && world_leaks_add(c->leaks, text_of(id), json_text(prompt), c->err);
    json_decref(value);
    return ok;
}

static bool check_item(struct checking *c, struct item_file *f, size_t at, struct text line) {
    char id[ITEM_ID];
    if (interrupted(c->stop)) return error_set(c->err, ERROR_INTERRUPTED, "interrupted");
    if (at >= f->n) return fault(c, f->name, at + 1, "more items than the %zu of this draw", f->n);
    world_item_id(&f->items[at], id);
    buffer_clear(&f->line);
    if (!world_put_item(&f->line, &f->scratch, c->world, &f->items[at], c->draw))
        return buffer_check(&f->line, f->name, c->err);
    if (!text_equal(line, buffer_text(&f->line))) return differs(c, f, at + 1, line, id);
    c->checked->items++;
    return keep_prompt(c, f, line, id);
}

static bool check_item_lines(struct checking *c, struct item_file *f) {
    const char *path = path_of(c, f->name);
    struct file_map map;
    if (!path || !map_file(c, path, &map)) return false;
    struct text rest = {(const char *)map.at, map.len}, line;
    size_t at = 0;
    bool ok = true;
    while (ok && rest.len && text_next(&rest, '\n', &line)) ok = check_item(c, f, at++, line);
    file_unmap(&map);
    return ok && (at == f->n || fault(c, f->name, 0, "%zu items, expected %zu", at, f->n));
}

static bool check_items(struct checking *c, struct item_file f) {
    struct item *items = NULL;
    struct arena arena;
    arena_init(&arena, (size_t)256 << 20);
    world_line_init(&f.scratch);
    buffer_init(&f.line, LINE_MOST);
    bool ok = world_plan_items(c->world, f.family, f.split, c->draw, c->count, f.options, &items, &f.n, &arena, c->err);
    f.items = items, f.scratch.manner = c->choice.manner;
    ok = ok && check_item_lines(c, &f);
    buffer_done(&f.line);
    world_line_done(&f.scratch);
    arena_done(&arena);
    return ok;
}

/* ---- leaks: training texts are corpora and items for training or tuning */

static bool look_through(struct checking *c, const char *name, size_t line, struct text t) {
    struct text id;
    size_t at;
    c->checked->training_bytes += t.len;
    if (!world_leaks_find(c->leaks, t, &id, &at)) return true;
    return fault(c, name, line, "leak: the prompt of '%.*s' stands in this text for training, at byte %zu",
                 TEXT_ARG(id), at);
}

/* Every text of a value. */
static bool look_through_value(struct checking *c, const char *name, size_t line, json_t *value) {
    const char *key;
    json_t *member;
    size_t i;
    if (json_is_string(value)) return look_through(c, name, line, json_text(value));
    if (json_is_object(value))
        json_object_foreach(value, key, member) if (!look_through_value(c, name, line, member)) return false;
    if (json_is_array(value))
        json_array_foreach(value, i, member) if (!look_through_value(c, name, line, member)) return false;
    return true;
}

/* One line of a training file: 1 goes on, 0 the end, -1 an error. */
static int look_through_next(struct checking *c, const char *name, struct jsonl *lines) {
    json_t *value;
    size_t line;
    int got = jsonl_next(lines, &value, &line, c->err);
    if (got <= 0) return got;
    bool ok = look_through_value(c, name, line, value) &&
              (!interrupted(c->stop) || error_set(c->err, ERROR_INTERRUPTED, "interrupted"));
    json_decref(value);
    return ok ? 1 : -1;
}

static bool look_through_file(struct checking *c, const char *name) {
    const char *path = path_of(c, name);
    struct jsonl *lines = path ? jsonl_open(path, LINE_MOST, c->err) : NULL;
    int got = -1;
    if (lines) do
            got = look_through_next(c, name, lines);
        while (got > 0);
    jsonl_close(lines);
    return got == 0;
}

/* ---- the folder */

/* Whether this is the name of an items file, and of which. */
static bool items_name(const struct checking *c, const char *name, struct item_file *f) {
    char expected[64];
    for (int s = 0; s < N_SPLITS; s++) {
        *f = (struct item_file){.name = name, .split = (enum split)s};
        for (size_t i = 0; (f->family = world_family_at(i)); i++) {
            snprintf(expected, sizeof expected, "items/%s-%s.jsonl", f->family->name, world_split_names[s]);
            if (strcmp(name, expected) == 0) return f->options = options_of(c, f->family), true;
        }
    }
    return false;
}

static bool is_training(const struct checking *c, const char *name) {
    struct item_file f;
    return text_starts(text_of(name), TEXT("corpora/")) ||
           (items_name(c, name, &f) && (f.split == TRAIN || f.split == VALID));
}

static bool check_lines(struct checking *c, const char *name, const struct text *lines, size_t n) {
    struct arena arena;
    struct text all, line;
    const char *path = path_of(c, name);
    arena_init(&arena, (size_t)16 << 20);
    bool ok = path && file_read(&arena, path, (size_t)8 << 20, &all, c->err);
    for (size_t i = 0; ok && i < n; i++)
        ok = (text_next(&all, '\n', &line) && text_equal(line, lines[i])) ||
             fault(c, name, i + 1, "expected '%.*s'", TEXT_ARG(lines[i]));
    if (ok && all.len) ok = fault(c, name, n + 1, "more lines than expected");
    arena_done(&arena);
    return ok;
}

/* A file that is no text: made again, and the same but for what says which SQLite wrote it (bytes 92 to 99). */
static bool check_beside(struct checking *c, const char *name, const struct world_beside *beside) {
    enum { WRITER = 92, BEHIND = 100 };
    struct arena arena;
    struct text made, found;
    const char *path = path_of(c, name);
    arena_init(&arena, (size_t)512 << 20);
    bool ok = path && file_read(&arena, path, (size_t)256 << 20, &found, c->err) &&
              beside->bytes(c->world, &arena, &made, c->err);
    if (ok)
        ok = (found.len == made.len && found.len >= BEHIND && memcmp(found.at, made.at, WRITER) == 0 &&
              memcmp(found.at + BEHIND, made.at + BEHIND, made.len - BEHIND) == 0) ||
             fault(c, name, 0, "is not what this world holds");
    arena_done(&arena);
    return ok;
}

static const struct world_beside *beside_of(const char *name) {
    for (size_t p = 0; p < world_n_parts; p++)
        for (size_t i = 0; i < world_parts[p]->n_beside; i++)
            if (strcmp(name, world_parts[p]->beside[i].path) == 0) return &world_parts[p]->beside[i];
    return NULL;
}

static bool check_content(struct checking *c, const char *name) {
    struct item_file f;
    char path[64];
    for (size_t p = 0; p < world_truths(); p++)
        if (strcmp(name, world_truth_path(p, path)) == 0) return check_truth(c, name, p);
    if (items_name(c, name, &f)) return check_items(c, f);
    if (beside_of(name)) return check_beside(c, name, beside_of(name));
    const struct words *words = &c->world->words;
    if (strcmp(name, "specials.txt") == 0) return check_lines(c, name, words->specials.at, words->specials.n);
    if (strcmp(name, "reserve.txt") == 0) return check_lines(c, name, c->world->reserve.at, c->world->reserve.n);
    if (strcmp(name, "chat.jinja") == 0) return check_lines(c, name, &words->chat_template, 1);
    return text_starts(text_of(name), TEXT("corpora/")) || text_ends(text_of(name), TEXT("tokenizer.gguf")) ||
           fault(c, name, 0, "is no file of a world");
}

static bool check_apart(struct checking *c, const char *name, bool look) {
    if (!text_starts(text_of(name), TEXT("corpora/"))) return true;
    if (interrupted(c->stop)) return error_set(c->err, ERROR_INTERRUPTED, "interrupted");
    const char *path = path_of(c, name);
    return path && world_apart_corpus(c->apart, c->world, path, look, c->err);
}

typedef bool file_check(struct checking *c, const char *name, const json_t *entry);

static bool content_of(struct checking *c, const char *name, const json_t *entry) {
    return (void)entry, check_content(c, name);
}
static bool leaks_of(struct checking *c, const char *name, const json_t *entry) {
    return (void)entry, !is_training(c, name) || look_through_file(c, name);
}

static bool almanac_of(struct checking *c, const char *name, const json_t *entry) {
    return (void)entry, check_apart(c, name, false);
}
static bool rumours_of(struct checking *c, const char *name, const json_t *entry) {
    return (void)entry, check_apart(c, name, true);
}

static bool each_file(struct checking *c, file_check *check) {
    struct json_place place = {.file = "world.json", .path = "files"};
    json_t *files, *entry;
    size_t i;
    if (!json_get_array(c->manifest, "files", place, &files, c->err)) return false;
    json_array_foreach(files, i, entry) {
        struct text path;
        if (!json_get_text(entry, "path", place, &path, c->err)) return false;
        if (path.len == 0 || path.at[0] == '/' || text_find(path, TEXT(".."), 0) != SIZE_MAX)
            return error_set(c->err, ERROR_DATA, "%s/world.json: path '%.*s' leads out of the folder", c->folder,
                             TEXT_ARG(path));
        if (!check(c, path.at, entry)) return false;
    }
    return true;
}

/* That the two bodies of text for quoting share no 25 bytes: as the world tells them,
 * and as they stand in the folder. */
static bool check_quotes(struct checking *c) {
    return (c->apart = world_apart_new(c->err)) && world_statements_apart(c->world, c->err) &&
           each_file(c, almanac_of) && each_file(c, rumours_of);
}

bool world_check(const char *folder, const struct interrupt *stop, struct world_checked *checked, struct error *err) {
    struct checking c = {.folder = folder, .stop = stop, .checked = checked, .err = err};
    *checked = (struct world_checked){0};
    arena_init(&c.arena, (size_t)16 << 20);
    bool ok = (c.leaks = world_leaks_new(err)) && read_manifest(&c) && check_identity(&c) &&
              world_check_rates(c.world, err) && each_file(&c, check_file) && each_file(&c, content_of) &&
              world_leaks_close(c.leaks, err) && each_file(&c, leaks_of) && check_quotes(&c);
    if (ok) checked->prompts = world_leaks_prompts(c.leaks);
    if (ok) snprintf(checked->root, sizeof checked->root, "%s", c.world->root);
    world_apart_free(c.apart);
    world_leaks_free(c.leaks);
    world_free(c.world);
    json_decref(c.manifest);
    arena_done(&c.arena);
    return ok;
}
