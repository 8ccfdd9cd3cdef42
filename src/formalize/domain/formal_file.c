/* Rows and texts of claims: see formal_file.h. */
#include "formalize/domain/formal_file.h"

#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { LINE_MOST = 16 << 20, FILE_MOST = 1 << 30, TEXT_MOST = 64 << 20 };

struct walk {
    const struct formal_settings *settings;
    struct formal_result *out;
    const char *path;
    struct arena arena, text; /* of one unit; of a text file */
    void *state;
    bool opened;
    /* What is done with a text file, when it is no verb that gives verdicts. */
    finding_sink *sink;
    void *context;
    struct buffer *svg;
};

/* ---- the domain */

static bool refuse(const struct domain *d, const char *verb, struct error *err) {
    return error_set(err, ERROR_USAGE, "domain %s has no `formal %s`", d->name, verb);
}

static domain_verb *verb_of(const struct walk *w) {
    const struct domain *d = w->out->domain;
    return w->settings->verb == FORMAL_CHECK ? d->check : w->settings->verb == FORMAL_SOLVE ? d->solve : d->parse;
}

static bool offers(const struct walk *w, struct error *err) {
    static const char *const names[] = {"check", "solve", "parse"};
    const struct domain *d = w->out->domain;
    bool judging = !w->sink && !w->svg && w->settings->verb != FORMAL_PARSE;
    if (w->settings->how.judge && !(d->judged && judging))
        return error_set(err, ERROR_USAGE, "--judge is of formal check and solve in geometry");
    if (w->sink) return d->scan || refuse(d, "scan", err);
    if (w->svg) return d->draw || refuse(d, "draw", err);
    return verb_of(w) || refuse(d, names[w->settings->verb], err);
}

/* found: of the first row or file, NULL and err where none claims it. */
static bool open_domain(struct walk *w, const struct domain *found, struct error *err) {
    if (w->opened) return true;
    if (!w->out->domain) w->out->domain = w->settings->domain ? w->settings->domain : found;
    if (!w->out->domain || !offers(w, err)) return false;
    error_clear(err);
    w->state = (void *)&w->settings->how;
    if (w->out->domain->open) w->state = w->out->domain->open(&w->settings->how, err);
    return w->opened = err->kind == ERROR_NONE;
}

static const struct domain *told(const struct walk *w, const json_t *row, size_t line, struct error *err) {
    const struct domain *given = w->out->domain ? w->out->domain : w->settings->domain;
    return given ? given : domain_of(row, (struct json_place){w->path, line, ""}, err);
}

/* ---- one unit */

static json_t *verdict_new(const struct domain_unit *unit) {
    json_t *verdict = json_object(), *id = json_object_get(unit->row, "id");
    if (!id) id = json_object_get(unit->row, "unique_id");
    if (verdict && id) json_object_set(verdict, "id", id);
    if (verdict && !id && unit->id.len) json_object_set_new(verdict, "id", json_from_text(unit->id));
    if (verdict) json_object_set_new(verdict, "line", json_integer((json_int_t)unit->place.line));
    return verdict;
}

static bool take_unit(void *context, const struct domain_unit *unit, struct error *err) {
    struct walk *w = context;
    bool holds = false, bad = false;
    json_t *verdict = verdict_new(unit);
    if (!verdict) return error_memory(err, "verdict");
    bool ok = verb_of(w)(w->state, unit, &w->arena, verdict, &holds, err);
    if (!ok && w->settings->lenient && err->kind == ERROR_DATA) {
        json_object_set_new(verdict, "why", json_string(err->message));
        error_clear(err);
        ok = bad = true;
    }
    w->out->rows++;
    w->out->hold += ok && holds;
    w->out->bad += bad;
    w->out->fail += ok && !holds && !bad;
    ok = ok && json_object_set_new(verdict, "holds", json_boolean(holds)) == 0 &&
         (!w->settings->sink || w->settings->sink(w->settings->context, verdict, err));
    json_decref(verdict);
    arena_reset(&w->arena);
    return ok;
}

/* The first unit alone is drawn. */
static bool draw_unit(void *context, const struct domain_unit *unit, struct error *err) {
    struct walk *w = context;
    if (w->out->rows++) return true;
    return w->out->domain->draw(w->state, unit, &w->arena, w->svg, err);
}

static bool take_row(struct walk *w, const json_t *row, size_t line, struct error *err) {
    const struct domain_unit unit = {.place = {w->path, line, ""}, .row = row};
    if (!json_is_object(row)) return error_set(err, ERROR_DATA, "%s:%zu: expected an object", w->path, line);
    if (!open_domain(w, told(w, row, line, err), err)) return false;
    if (!w->out->domain->claims)
        return error_set(err, ERROR_DATA, "%s:%zu: domain %s reads no JSON", w->path, line, w->out->domain->name);
    if (w->sink) {
        bool ok = w->out->domain->scan(w->state, &unit, &w->arena, w->sink, w->context, err);
        w->out->rows++;
        arena_reset(&w->arena);
        return ok;
    }
    return w->svg ? draw_unit(w, &unit, err) : take_unit(w, &unit, err);
}

/* ---- files */

static bool walk_array(struct walk *w, struct error *err) {
    json_t *list = json_read_file(w->path, FILE_MOST, err);
    bool ok = list && (json_is_array(list) || error_set(err, ERROR_DATA, "%s:1: expected a list of rows", w->path));
    for (size_t i = 0; ok && i < json_array_size(list); i++) ok = take_row(w, json_array_get(list, i), i + 1, err);
    json_decref(list);
    return ok;
}

static bool walk_lines(struct walk *w, struct error *err) {
    struct jsonl *lines = jsonl_open(w->path, LINE_MOST, err);
    json_t *row;
    size_t line;
    int state = -1;
    while (lines && (state = jsonl_next(lines, &row, &line, err)) == 1) {
        bool ok = take_row(w, row, line, err);
        json_decref(row);
        if (!ok) {
            state = -1;
            break;
        }
    }
    jsonl_close(lines);
    return state == 0;
}

static bool take_text(struct walk *w, struct text file, struct error *err) {
    const struct domain *d = w->out->domain;
    const struct domain_unit whole = {.place = {w->path, 1, ""}, .text = file};
    domain_take *take = w->svg ? draw_unit : take_unit;
    if (w->sink) {
        w->out->rows++;
        return d->scan(w->state, &whole, &w->arena, w->sink, w->context, err);
    }
    if (d->split) return d->split(w->state, file, w->path, take, w, err);
    return take(w, &whole, err);
}

static bool walk_text(struct walk *w, struct error *err) {
    struct text file;
    const struct domain *found = w->out->domain ? w->out->domain : w->settings->domain;
    if (!file_read(&w->text, w->path, TEXT_MOST, &file, err)) return false;
    if (!found && !(found = domain_of_text(w->path, file, err))) return false;
    return open_domain(w, found, err) && take_text(w, file, err);
}

static bool is_json(const char *path) {
    return text_ends(text_of(path), TEXT(".json"));
}

bool formal_is_json(const char *path) {
    return is_json(path) || text_ends(text_of(path), TEXT(".jsonl"));
}

static bool begins_with_brace(const char *path, bool *brace, struct error *err) {
    FILE *in = fopen(path, "rb");
    int c;
    if (!in) return error_set(err, ERROR_DATA, "%s: cannot be read: %s", path, strerror(errno));
    do c = fgetc(in);
    while (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0xEF || c == 0xBB || c == 0xBF);
    *brace = c == '{' || c == EOF;
    fclose(in);
    return true;
}

/* A domain's own text: as the domain or the ending says, else whatever does not begin like JSON. */
static bool is_text(const struct walk *w, bool *text, struct error *err) {
    const struct domain *d = w->out->domain ? w->out->domain : w->settings->domain;
    const struct domain *const *all;
    size_t n = domains(&all);
    bool brace = true;
    *text = (w->sink && !formal_is_json(w->path)) || (d && !d->claims) || (d && domain_has_ending(d, w->path));
    for (size_t i = 0; !d && !*text && i < n; i++) *text = domain_has_ending(all[i], w->path);
    if (*text || formal_is_json(w->path) || strcmp(w->path, "-") == 0) return true;
    bool ok = begins_with_brace(w->path, &brace, err);
    *text = !brace;
    return ok;
}

static void begin(struct walk *w) {
    arena_init(&w->arena, (size_t)256 << 20);
    arena_init(&w->text, (size_t)2 * TEXT_MOST);
}

/* What a scan comes to, and the end of the domain. */
static bool end(struct walk *w, bool ok, struct error *err) {
    const struct domain *d = w->out->domain;
    if (ok && w->opened && w->sink && d->sum && w->out->sum) ok = d->sum(w->state, w->out->sum, w->out->lines, err);
    if (w->opened && d->close) d->close(w->state);
    arena_done(&w->arena);
    arena_done(&w->text);
    return ok;
}

static bool walk(struct walk *w, struct error *err) {
    bool text;
    begin(w);
    bool ok = is_text(w, &text, err) && (text               ? walk_text(w, err)
                                         : is_json(w->path) ? walk_array(w, err)
                                                            : walk_lines(w, err));
    return end(w, ok, err);
}

bool formal_file(const char *path, const struct formal_settings *settings, struct formal_result *out,
                 struct error *err) {
    struct walk w = {.settings = settings, .out = out, .path = path};
    return walk(&w, err);
}

bool formal_scan(const char *path, const struct formal_settings *settings, struct formal_result *out,
                 finding_sink *sink, void *context, struct error *err) {
    struct walk w = {.settings = settings, .out = out, .path = path, .sink = sink, .context = context};
    return walk(&w, err);
}

/* ---- files that stand together */

static bool is_bad(struct walk *w, const struct error *why) {
    if (why->kind != ERROR_DATA) return false;
    w->out->bad++;
    if (w->settings->bad) w->settings->bad(w->settings->context, why->message);
    return true;
}

/* Adds the files that can be read; which of them are is told in `kept`. */
static bool add_all(struct walk *w, const char *const *paths, size_t n, struct domain_unit *kept, size_t *n_kept,
                    struct error *err) {
    *n_kept = 0;
    for (size_t i = 0; i < n; i++) {
        struct text file;
        struct error why = {0};
        struct domain_unit unit = {.place = {paths[i], 1, ""}};
        bool ok = file_read(&w->text, paths[i], TEXT_MOST, &file, &why);
        unit.text = file;
        if (ok && w->out->domain->add(w->state, &unit, &why))
            kept[(*n_kept)++] = unit;
        else if (!is_bad(w, &why))
            return error_set(err, why.kind, "%s", why.message);
    }
    return true;
}

static bool go_through(struct walk *w, const struct domain_unit *kept, size_t n, struct error *err) {
    const struct domain_unit all = {.place = {n ? kept[0].place.file : "", 0, ""}};
    w->out->rows += w->sink ? n : 0;
    if (w->sink) {
        if (w->out->domain->scan(w->state, &all, &w->arena, w->sink, w->context, err)) return true;
        bool bad = is_bad(w, err); /* all was told; what could not be read is a fault of the files */
        if (bad) error_clear(err);
        return bad;
    }
    for (size_t i = 0; i < n; i++) {
        w->path = kept[i].place.file;
        if (!take_unit(w, &kept[i], err)) return false;
    }
    return true;
}

bool formal_together(const char *const *paths, size_t n, const struct formal_settings *settings,
                     struct formal_result *out, finding_sink *sink, void *context, struct error *err) {
    struct walk w = {.settings = settings, .out = out, .path = n ? paths[0] : "", .sink = sink, .context = context};
    struct domain_unit *kept;
    size_t n_kept;
    begin(&w);
    arena_done(&w.text);
    arena_init(&w.text, (size_t)2 << 30);
    bool ok = open_domain(&w, settings->domain, err) && (kept = arena_new(&w.text, struct domain_unit, n + 1, err)) &&
              add_all(&w, paths, n, kept, &n_kept, err) && go_through(&w, kept, n_kept, err);
    return end(&w, ok, err);
}

/* ---- which domain */

static const struct domain *domain_of_rows(const char *path, struct error *err) {
    struct jsonl *lines = jsonl_open(path, LINE_MOST, err);
    const struct domain *found = NULL;
    json_t *row;
    size_t line;
    int state = lines ? jsonl_next(lines, &row, &line, err) : -1;
    if (state == 1) {
        found = domain_of(row, (struct json_place){path, line, ""}, err);
        json_decref(row);
    }
    jsonl_close(lines);
    if (state == 0) error_set(err, ERROR_DATA, "%s: no rows", path);
    return found;
}

const struct domain *formal_domain(const char *path, struct error *err) {
    const struct domain *const *all, *found = NULL;
    size_t n = domains(&all);
    struct arena arena;
    struct text file;
    for (size_t i = 0; i < n; i++)
        if (domain_has_ending(all[i], path)) return all[i];
    if (text_ends(text_of(path), TEXT(".jsonl"))) return domain_of_rows(path, err);
    arena_init(&arena, (size_t)2 * TEXT_MOST);
    if (file_read(&arena, path, TEXT_MOST, &file, err)) found = domain_of_text(path, file, err);
    arena_done(&arena);
    return found;
}

bool formal_draw(const char *path, const struct formal_settings *settings, struct formal_result *out,
                 struct buffer *svg, struct error *err) {
    struct walk w = {.settings = settings, .out = out, .path = path, .svg = svg};
    return walk(&w, err);
}
