/* Drawing radars: see picture_radar.h. In a report of runs: dimensions of TrustLLM from the figures of each run. */
#include "report/picture_radar.h"

#include "report/leaderboard.h"
#include "report/pictures_internal.h"

#include <math.h>

enum { CENTRE_X = RADAR_WIDTH / 2, CENTRE_Y = 190, RADIUS = 130, RINGS = 4, LEGEND_LINE = 18 };

double radar_height(size_t n_lines) {
    return 2 * CENTRE_Y + LEGEND_LINE * (double)n_lines + 8;
}

struct spot {
    double x, y;
};

static struct spot spot_at(size_t axis, size_t axes, double share) {
    double angle = 2 * M_PI * (double)axis / (double)axes - M_PI / 2;
    return (struct spot){CENTRE_X + RADIUS * share * cos(angle), CENTRE_Y + RADIUS * share * sin(angle)};
}

static void put_axes(struct buffer *out, const struct board_map *map, size_t axes) {
    for (size_t a = 0; a < axes; a++) {
        bool measured = a < map->n_dimensions;
        struct spot end = spot_at(a, axes, 1), at = spot_at(a, axes, 1.12);
        for (int part = 0; part < (measured ? 1 : 6); part++) { /* a broken line: nothing is measured along it */
            struct spot from = measured ? (struct spot){CENTRE_X, CENTRE_Y} : spot_at(a, axes, part / 6.0),
                        to = measured ? end : spot_at(a, axes, (part + 0.5) / 6);
            svg_line(out, from.x, from.y, to.x, to.y, "axis");
        }
        const char *name = measured ? map->dimensions[a] : map->unmeasured[a - map->n_dimensions];
        enum svg_anchor anchor = fabs(at.x - CENTRE_X) < 12 ? SVG_MIDDLE : at.x < CENTRE_X ? SVG_END : SVG_START;
        svg_text(out, at.x, at.y + 4, anchor, text_of(name));
        if (!measured) svg_text(out, at.x, at.y + 18, anchor, TEXT("(not measured)"));
    }
    for (int ring = 1; ring <= RINGS; ring++)
        for (size_t a = 0; a < axes; a++) {
            struct spot from = spot_at(a, axes, (double)ring / RINGS),
                        to = spot_at((a + 1) % axes, axes, (double)ring / RINGS);
            svg_line(out, from.x, from.y, to.x, to.y, "grid");
        }
}

static void put_line(struct buffer *out, const struct board_map *map, const struct radar_line *line, size_t number,
                     size_t axes) {
    size_t n = map->n_dimensions;
    buffer_printf(out, "<path class=\"curve series%zu\" fill=\"none\" d=\"", number % SVG_SERIES);
    bool open = false, whole = map->n_unmeasured == 0;
    for (size_t a = 0; a < n; a++) {
        struct spot s = spot_at(a, axes, line->value[a]);
        whole &= !isnan(line->value[a]);
        if (isnan(line->value[a])) {
            open = false;
            continue;
        }
        buffer_put_c(out, open ? "L" : "M");
        svg_number(out, s.x);
        buffer_put_c(out, " ");
        svg_number(out, s.y);
        open = true;
    }
    buffer_put_c(out, whole ? "Z\"/>\n" : "\"/>\n");
    for (size_t a = 0; a < n; a++) {
        struct spot s = spot_at(a, axes, line->value[a]);
        if (!isnan(line->value[a])) svg_marker(out, s.x, s.y, 4, number);
    }
}

void radar_draw(struct buffer *out, const struct board_map *map, const struct radar_line *lines, size_t n,
                struct text title) {
    size_t axes = map->n_dimensions + map->n_unmeasured;
    svg_begin(out, RADAR_WIDTH, radar_height(n), title);
    put_axes(out, map, axes);
    for (size_t i = 0; i < n && i < SVG_SERIES; i++) {
        double y = 2 * CENTRE_Y + LEGEND_LINE * (double)i;
        put_line(out, map, &lines[i], i, axes);
        svg_marker(out, 20, y - 4, 4, i);
        svg_text(out, 32, y, SVG_START, lines[i].name);
    }
    svg_end(out);
}

/* ---- of runs ---- */

/* Runs without any of the tasks have no radar. */
bool picture_radar(struct drawing *d, struct error *err) {
    struct report_data *data = d->data;
    struct radar_line *lines = arena_new(&data->arena, struct radar_line, SVG_SERIES, err);
    struct board_map *map = lines ? board_map_read(NULL, &data->arena, err) : NULL;
    size_t n = 0, most = 0;
    if (!map) return false;
    for (size_t r = 0; r < data->n_runs && n < SVG_SERIES; r++) {
        double values[BOARD_COLUMNS];
        size_t found = 0;
        if (!board_of_run(map, &data->runs[r], false, values, &found, err)) return false;
        if (found == 0) continue;
        if (found > most) most = found;
        lines[n].name = text_of(data->runs[r].name);
        board_scores(map, values, lines[n++].value);
    }
    if (most < 3) return true;
    struct buffer b;
    buffer_init(&b, 1 << 20);
    radar_draw(&b, map, lines, n, TEXT("Scores of the dimensions of TrustLLM"));
    struct picture picture = {.caption = "Scores of the dimensions of TrustLLM: mean of its columns, 1 best",
                              .width = RADAR_WIDTH,
                              .height = radar_height(n),
                              .svg = buffer_text(&b)};
    bool ok = buffer_check(&b, "picture", err) && d->sink(d->context, &picture, err);
    buffer_done(&b);
    d->n++;
    return ok;
}
