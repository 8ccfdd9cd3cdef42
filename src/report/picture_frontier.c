/* The frontier of reward and KL: see picture_frontier.h. Points come as figures by group, "steer=NAME,...,alpha=A"; the
 * base belongs to every line. */
#include "report/picture_frontier.h"

#include "report/html_page.h"
#include "report/svg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS_MOST = 32, WIDTH = 640, HEIGHT = 420, EDGE = 12, LEGEND = 18 /* a steer */ };

struct place {
    double x, x_lo, x_hi, y, y_lo, y_hi;
};
struct line {
    struct text name;
    struct place places[POINTS_MOST];
    size_t n;
    double columns[6][POINTS_MOST]; /* the places again, as svg_series wants them */
};

/* The group's steer without its alpha, on the arena. */
static bool name_of(struct text group, struct arena *arena, struct text *out, struct error *err) {
    struct text rest = text_part(group, strlen("steer="), group.len), part;
    char *name = arena_new(arena, char, group.len + 1, err);
    size_t n = 0;
    while (name && text_next(&rest, ',', &part)) {
        if (text_starts(part, TEXT("alpha="))) continue;
        if (n) name[n++] = ',';
        memcpy(name + n, part.at, part.len);
        n += part.len;
    }
    *out = (struct text){name, n};
    return name != NULL;
}

static const struct figure *find(const struct figure *figures, size_t n, const char *name, const char *group) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(figures[i].name, name) == 0 && strcmp(figures[i].group, group) == 0) return &figures[i];
    return NULL;
}

static void put(struct line *line, const struct figure *kl, const struct figure *reward) {
    if (line->n == POINTS_MOST) return;
    line->places[line->n++] = (struct place){kl->value, kl->lo, kl->hi, reward->value, reward->lo, reward->hi};
}

/* All lines, *most of them at most; those beyond are counted in *left. */
static bool gather(const struct figure *figures, size_t n, struct line *lines, size_t *n_lines, size_t *left,
                   struct arena *arena, struct error *err) {
    const struct figure *base = NULL, *base_kl = NULL;
    for (size_t i = 0; i < n; i++) {
        const struct figure *reward = &figures[i], *kl = find(figures, n, "kl", reward->group);
        struct text name;
        size_t k = 0;
        if (strcmp(reward->name, "reward") != 0 || !kl) continue;
        if (strcmp(reward->group, "steer=base") == 0) {
            base = reward, base_kl = kl;
            continue;
        }
        if (!name_of(text_of(reward->group), arena, &name, err)) return false;
        while (k < *n_lines && !text_equal(lines[k].name, name)) k++;
        if (k == SVG_SERIES) {
            ++*left;
            continue;
        }
        if (k == *n_lines) lines[(*n_lines)++].name = name;
        put(&lines[k], kl, reward);
    }
    for (size_t k = 0; base && k < *n_lines; k++) put(&lines[k], base_kl, base);
    return true;
}

static int by_x(const void *a, const void *b) {
    double x = ((const struct place *)a)->x, y = ((const struct place *)b)->x;
    return x < y ? -1 : x > y;
}

static struct svg_series series_of(struct line *line) {
    qsort(line->places, line->n, sizeof *line->places, by_x);
    for (size_t i = 0; i < line->n; i++) {
        const struct place *p = &line->places[i];
        const double of[6] = {p->x, p->y, p->y_lo, p->y_hi, p->x_lo, p->x_hi};
        for (size_t c = 0; c < 6; c++) line->columns[c][i] = of[c];
    }
    return (struct svg_series){.name = line->name,
                               .kind = SVG_LINE_DOTS,
                               .x = line->columns[0],
                               .y = line->columns[1],
                               .lo = line->columns[2],
                               .hi = line->columns[3],
                               .x_lo = line->columns[4],
                               .x_hi = line->columns[5],
                               .n = line->n};
}

bool picture_frontier(const struct figure *figures, size_t n, struct arena *arena, struct buffer *out,
                      struct error *err) {
    struct line *lines = arena_new(arena, struct line, SVG_SERIES, err);
    struct svg_series series[SVG_SERIES];
    size_t n_lines = 0, left = 0;
    if (!lines || !gather(figures, n, lines, &n_lines, &left, arena, err)) return false;
    if (!n_lines) return error_set(err, ERROR_DATA, "there is no steer to draw beside the base");
    for (size_t k = 0; k < n_lines; k++) series[k] = series_of(&lines[k]);
    const struct svg_plot plot = {.title = TEXT("reward over KL to the base"),
                                  .x_title = TEXT("KL to the base, nats an answer"),
                                  .y_title = TEXT("reward"),
                                  .width = WIDTH,
                                  .height = HEIGHT,
                                  .series = series,
                                  .n_series = n_lines};
    buffer_printf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
                       "font-family=\"system-ui,sans-serif\"><style>",
                  WIDTH + 2 * EDGE, HEIGHT + (int)n_lines * LEGEND + 3 * EDGE);
    buffer_put_c(out, html_style);
    buffer_put_c(out, "</style><rect width=\"100%\" height=\"100%\" fill=\"var(--bg)\"/>\n");
    svg_plot(out, &plot);
    if (left) {
        char note[80];
        int len = snprintf(note, sizeof note, "%zu points of further steers are not drawn", left);
        svg_text(out, EDGE, HEIGHT + (double)n_lines * LEGEND + 2 * EDGE, SVG_START, (struct text){note, (size_t)len});
    }
    buffer_put_c(out, "</svg>\n");
    return buffer_check(out, "picture", err);
}
