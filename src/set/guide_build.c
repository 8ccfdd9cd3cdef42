/* Making a library: see guide_build.h. */
#include "set/guide_build.h"

#include "set/guide_raw.h"
#include "set/text_set.h"

#include <stdlib.h>
#include <string.h>

enum { KEYS_MOST = 1 << 24 };
#define NEW UINT64_MAX

/* A text of the library or of a row; its sources are those of the rows that had it. */
struct member {
    const char *text, *title, *when, *origin;
    int risk;
    uint64_t gid;        /* NEW: of no guideline yet */
    const char **source; /* arena; doubled when full */
    size_t n_sources, room;
};
struct build {
    const struct guide_build_settings *settings;
    struct arena *arena;
    struct guide_built *out;
    struct text_set normal; /* when, and the text after guide_normal: number = its member */
    struct text_set pairs;  /* "number of member or gid, source" that are known */
    struct member *member;
    size_t n, room;
    uint64_t next_gid;
    struct error *err;
};

/* ---- members ---- */

static bool add_source(struct build *b, struct member *m, const char *source) {
    if (m->n_sources == m->room) {
        size_t room = m->room ? 2 * m->room : 4;
        const char **list = arena_new(b->arena, const char *, room, b->err);
        if (!list) return false;
        if (m->n_sources) memcpy(list, m->source, m->n_sources * sizeof *list);
        m->source = list;
        m->room = room;
    }
    m->source[m->n_sources++] = source;
    return true;
}

/* Has this source been seen with the guideline (of the library) or else the member? It is from now on. */
static bool seen_with(struct build *b, size_t member, const char *source, bool *seen) {
    const struct member *m = &b->member[member];
    bool old = m->gid != NEW;
    size_t before = b->pairs.n;
    uint32_t number;
    const char *key = arena_printf(b->arena, b->err, "%c%llu/%s", old ? 'g' : 'm',
                                   (unsigned long long)(old ? m->gid : member), source);
    if (!key || !text_set_add(&b->pairs, text_of(key), b->arena, &number, b->err)) return false;
    *seen = number < before;
    return true;
}

/* The member with this text, a new one where there is none. */
static bool member_of(struct build *b, const struct guide_raw *raw, size_t *number, bool *is_new) {
    uint32_t found;
    const char *normal = guide_normal(text_of(raw->text), b->arena, b->err);
    const char *key = normal ? arena_printf(b->arena, b->err, "%s\n%s", raw->when, normal) : NULL;
    size_t before = b->normal.n;
    if (!key || !text_set_add(&b->normal, text_of(key), b->arena, &found, b->err)) return false;
    *number = found;
    *is_new = found == before;
    if (!*is_new) return true;
    if (b->n == b->room) {
        size_t room = b->room ? 2 * b->room : 256;
        struct member *list = memory_grow(b->member, room, sizeof *list);
        if (!list) return error_memory(b->err, "guidelines");
        b->member = list;
        b->room = room;
    }
    b->member[b->n++] = (struct member){.text = raw->text,
                                        .title = raw->title,
                                        .when = raw->when,
                                        .origin = raw->origin,
                                        .risk = raw->risk,
                                        .gid = NEW};
    return true;
}

static const char *title_of(struct build *b, const char *text, const char *otherwise) {
    struct text rest = text_of(text);
    struct guide_line line;
    return guide_next_line(&rest, &line) ? text_copy(b->arena, line.title, b->err) : otherwise;
}

static bool take_old(struct build *b, const struct guideline *g) {
    for (size_t i = 0; i <= g->n_merged; i++) {
        const char *text = i ? g->merged[i - 1] : g->text, *title = i ? title_of(b, text, g->title) : g->title;
        struct guide_raw raw = {.text = text, .title = title, .when = g->when, .origin = g->origin, .risk = g->risk};
        size_t number;
        bool is_new, seen;
        if (!title || !member_of(b, &raw, &number, &is_new)) return false;
        if (!is_new) continue; /* two guidelines have this text: they will be joined or stay, as the first says */
        b->member[number].gid = g->gid;
        for (size_t k = 0; i == 0 && k < g->n_sources; k++)
            if (!seen_with(b, number, g->sources[k], &seen) ||
                (!seen && !add_source(b, &b->member[number], g->sources[k])))
                return false;
    }
    if (g->gid >= b->next_gid) b->next_gid = g->gid + 1;
    return true;
}

static bool take_new(void *context, const struct guide_raw *raw, struct error *err) {
    struct build *b = context;
    size_t number;
    bool is_new, seen;
    (void)err; /* the same as b->err */
    b->out->read++;
    if (b->n >= GUIDES_MOST) return error_set(b->err, ERROR_DATA, "more than %d different guidelines", GUIDES_MOST);
    if (!member_of(b, raw, &number, &is_new) || !seen_with(b, number, raw->source, &seen)) return false;
    struct member *m = &b->member[number];
    b->out->known += seen;
    b->out->same += !seen && !is_new;
    if (raw->risk > m->risk) m->risk = raw->risk;
    return seen || add_source(b, m, raw->source);
}

/* ---- clusters ---- */

struct clusters {
    uint32_t *of; /* of each member */
    size_t n;
    uint32_t *begin, *member; /* members of each cluster */
};

static bool find_clusters(struct build *b, struct clusters *c) {
    struct text *text = arena_new(b->arena, struct text, b->n + 1, b->err);
    const char **when = text ? arena_new(b->arena, const char *, b->n + 1, b->err) : NULL;
    c->of = when ? arena_new(b->arena, uint32_t, b->n + 1, b->err) : NULL;
    if (!c->of) return false;
    for (size_t i = 0; i < b->n; i++) {
        text[i] = text_of(b->member[i].text);
        when[i] = b->member[i].when;
    }
    if (!guide_cluster(text, when, b->n, b->settings, b->arena, c->of, &c->n, b->err)) return false;
    c->begin = arena_new(b->arena, uint32_t, c->n + 2, b->err);
    c->member = arena_new(b->arena, uint32_t, b->n + 1, b->err);
    if (!c->begin || !c->member) return false;
    for (size_t i = 0; i < b->n; i++) c->begin[c->of[i] + 1]++;
    for (size_t k = 0; k < c->n; k++) c->begin[k + 1] += c->begin[k];
    for (size_t i = 0; i < b->n; i++) c->member[c->begin[c->of[i]]++] = (uint32_t)i;
    for (size_t k = c->n; k > 0; k--) c->begin[k] = c->begin[k - 1];
    c->begin[0] = 0;
    return true;
}

/* The member that stands for a cluster. */
static uint32_t middle(const struct build *b, const uint32_t *member, size_t n) {
    uint32_t best = member[0];
    double least = 0;
    for (size_t i = 0; i < n && n > 2; i++) {
        double sum = 0;
        for (size_t k = 0; k < n; k++)
            if (k != i) sum += 1 - guide_ratio(text_of(b->member[member[i]].text), text_of(b->member[member[k]].text));
        size_t length = strlen(b->member[member[i]].text), was = strlen(b->member[best].text);
        if (i > 0 && (sum > least || (sum == least && length >= was))) continue;
        least = sum;
        best = member[i];
    }
    if (n == 2 && strlen(b->member[member[1]].text) < strlen(b->member[member[0]].text)) best = member[1];
    return best;
}

static bool put_merge(struct build *b, uint64_t gid, const char *text, const char *stands) {
    struct guide_merge *m = &b->out->merge[b->out->n_merges++];
    *m = (struct guide_merge){gid, text, stands, guide_ratio(text_of(text), text_of(stands))};
    return true;
}

/* One guideline of the members; conflicts come from those it had in the library. */
static bool put_guideline(struct build *b, const uint32_t *member, size_t n, struct guideline *out) {
    const struct member *stands = &b->member[middle(b, member, n)];
    size_t sources = 0, k = 0;
    uint64_t gid = NEW, others = 0, last = NEW;
    *out = (struct guideline){.title = stands->title,
                              .text = stands->text,
                              .when = stands->when,
                              .origin = stands->origin,
                              .risk = -1,
                              .embedding = b->settings->embedding ? b->settings->embedding : ""};
    for (size_t i = 0; i < n; i++) {
        const struct member *m = &b->member[member[i]];
        sources += m->n_sources;
        if (m->risk > out->risk) out->risk = m->risk;
        if (m->gid < gid) gid = m->gid;
        others += m->gid != NEW && m->gid != last;
        if (m->gid != NEW) last = m->gid;
    }
    b->out->joined += others > 1 ? others - 1 : 0;
    b->out->added += gid == NEW;
    out->gid = gid == NEW ? b->next_gid++ : gid;
    const char **source = arena_new(b->arena, const char *, sources + 1, b->err);
    const char **merged = source ? arena_new(b->arena, const char *, n, b->err) : NULL;
    if (!merged) return false;
    for (size_t i = 0; i < n; i++) {
        const struct member *m = &b->member[member[i]];
        for (size_t s = 0; s < m->n_sources; s++) source[k++] = m->source[s];
        b->out->near += gid != NEW && m->gid == NEW;
        if (m == stands) continue;
        merged[out->n_merged++] = m->text;
        if (!put_merge(b, out->gid, m->text, out->text)) return false;
    }
    if (gid == NEW) b->out->near += n - 1;
    out->sources = source;
    out->n_sources = k;
    out->merged = merged;
    return true;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Members of one cluster may share sources: each stands once, in order. */
static void order_sources(struct guideline *g) {
    const char **source = (const char **)g->sources;
    size_t n = 0;
    if (g->n_sources) qsort(source, g->n_sources, sizeof *source, by_text);
    for (size_t i = 0; i < g->n_sources; i++)
        if (i == 0 || strcmp(source[i], source[n - 1]) != 0) source[n++] = source[i];
    g->n_sources = n;
}

/* Where a gid of the old library is now. */
static uint64_t gid_now(const struct build *b, const struct clusters *c, uint64_t gid) {
    for (size_t i = 0; i < b->n; i++)
        if (b->member[i].gid == gid) return b->out->library.guide[c->of[i]].gid;
    return NEW;
}

static bool put_conflicts(struct build *b, const struct clusters *c, const struct guide_library *old) {
    for (size_t i = 0; i < old->n; i++) {
        const struct guideline *g = &old->guide[i];
        uint64_t now = g->n_conflicts ? gid_now(b, c, g->gid) : NEW;
        struct guideline *out = NULL;
        for (size_t k = 0; now != NEW && k < c->n; k++)
            if (b->out->library.guide[k].gid == now) out = &b->out->library.guide[k];
        if (!out) continue;
        uint64_t *list = arena_new(b->arena, uint64_t, out->n_conflicts + g->n_conflicts, b->err);
        if (!list) return false;
        if (out->n_conflicts) memcpy(list, out->conflicts, out->n_conflicts * sizeof *list);
        for (size_t k = 0; k < g->n_conflicts; k++) {
            uint64_t other = gid_now(b, c, g->conflicts[k]);
            bool has = other == NEW || other == now;
            for (size_t x = 0; x < out->n_conflicts; x++) has |= list[x] == other;
            if (!has) list[out->n_conflicts++] = other;
        }
        out->conflicts = list;
    }
    return true;
}

static int by_gid(const void *a, const void *b) {
    uint64_t x = ((const struct guideline *)a)->gid, y = ((const struct guideline *)b)->gid;
    return (x > y) - (x < y);
}

static int by_merge(const void *a, const void *b) {
    const struct guide_merge *x = a, *y = b;
    return x->gid != y->gid ? (x->gid < y->gid ? -1 : 1) : strcmp(x->text, y->text);
}

static bool put_library(struct build *b, const struct guide_library *old) {
    struct clusters c = {0};
    struct guide_built *out = b->out;
    if (!find_clusters(b, &c)) return false;
    out->merge = arena_new(b->arena, struct guide_merge, b->n + 1, b->err);
    out->library.guide = arena_new(b->arena, struct guideline, c.n + 1, b->err);
    if (!out->merge || !out->library.guide) return false;
    out->library.n = c.n;
    for (size_t k = 0; k < c.n; k++) {
        struct guideline *g = &out->library.guide[k];
        if (!put_guideline(b, c.member + c.begin[k], c.begin[k + 1] - c.begin[k], g)) return false;
        order_sources(g);
    }
    if (!put_conflicts(b, &c, old)) return false;
    if (c.n) qsort(out->library.guide, c.n, sizeof *out->library.guide, by_gid);
    if (out->n_merges) qsort(out->merge, out->n_merges, sizeof *out->merge, by_merge);
    return true;
}

bool guide_build(const struct guide_library *library, const char *const *files, size_t n_files,
                 const struct guide_build_settings *settings, struct arena *arena, struct guide_built *out,
                 struct error *err) {
    struct build b = {.settings = settings, .arena = arena, .out = out, .err = err};
    bool ok = true;
    *out = (struct guide_built){0};
    text_set_init(&b.normal, GUIDES_MOST + 1);
    text_set_init(&b.pairs, KEYS_MOST);
    for (size_t i = 0; ok && i < library->n; i++) ok = take_old(&b, &library->guide[i]);
    for (size_t i = 0; ok && i < n_files; i++)
        ok = guide_raw_read(files[i], settings->origin, arena, take_new, &b, out, err);
    ok = ok && put_library(&b, library);
    text_set_done(&b.normal);
    text_set_done(&b.pairs);
    memory_free(b.member);
    return ok;
}
