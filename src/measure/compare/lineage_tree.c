/* Family trees of distances: see lineage.h. Clusters are merged in a fixed order; of equal distances the first counts.
 */
#include "measure/compare/lineage.h"

#include <math.h>
#include <string.h>

enum { ROW = 18, WIDE = 640, LABEL = 160, MARGIN = 12 };

struct node {
    struct buffer text; /* Newick of what is below, without its own branch */
    double height, size;
    double y; /* of the drawing */
    bool live;
};
struct tree {
    double *d; /* [n][n] between live nodes */
    struct node *node;
    size_t n;
};

static bool open_tree(struct tree *t, const double *distance, size_t n, struct error *err) {
    *t = (struct tree){.n = n};
    t->d = memory_grow(NULL, n * n, sizeof *t->d);
    t->node = memory_zeroed(n, sizeof *t->node);
    if (!t->d || !t->node) return error_memory(err, "tree");
    memcpy(t->d, distance, n * n * sizeof *t->d);
    for (size_t i = 0; i < n; i++) {
        buffer_init(&t->node[i].text, 1 << 20);
        t->node[i].live = true;
        t->node[i].size = 1;
    }
    return true;
}

static void close_tree(struct tree *t) {
    for (size_t i = 0; t->node && i < t->n; i++) buffer_done(&t->node[i].text);
    memory_free(t->d);
    memory_free(t->node);
}

/* A name as Newick has it: quotes around, doubled within. */
static void put_name(struct buffer *out, const char *name) {
    bool plain = *name != 0;
    for (const char *c = name; *c; c++)
        plain = plain &&
                ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || strchr("-._", *c));
    if (!plain) buffer_put_char(out, '\'');
    for (const char *c = name; *c; c++) {
        if (*c == '\'') buffer_put_char(out, '\'');
        buffer_put_char(out, *c);
    }
    if (!plain) buffer_put_char(out, '\'');
}

static void join_text(struct node *a, struct node *b, double to_a, double to_b) {
    struct buffer joined;
    buffer_init(&joined, 1 << 20);
    buffer_printf(&joined, "(%s:%.6g,%s:%.6g)", a->text.at ? a->text.at : "", fmax(to_a, 0),
                  b->text.at ? b->text.at : "", fmax(to_b, 0));
    buffer_done(&a->text);
    a->text = joined;
}

/* The two live nodes to be joined: least distance, or least of the criterion of neighbour joining. */
static void find_pair(const struct tree *t, bool joining, size_t live, const double *total, size_t *a, size_t *b) {
    double least = INFINITY;
    *a = *b = 0;
    for (size_t i = 0; i < t->n; i++)
        for (size_t k = i + 1; t->node[i].live && k < t->n; k++) {
            if (!t->node[k].live) continue;
            double q = t->d[i * t->n + k];
            if (joining) q = ((double)live - 2) * q - total[i] - total[k];
            if (q < least) least = q, *a = i, *b = k;
        }
}

static void sum_rows(const struct tree *t, double *total) {
    for (size_t i = 0; i < t->n; i++) {
        total[i] = 0;
        for (size_t k = 0; t->node[i].live && k < t->n; k++)
            if (t->node[k].live && k != i) total[i] += t->d[i * t->n + k];
    }
}

static void merge(struct tree *t, size_t a, size_t b, bool joining) {
    struct node *x = &t->node[a], *y = &t->node[b];
    double between = t->d[a * t->n + b];
    for (size_t k = 0; k < t->n; k++) {
        if (!t->node[k].live || k == a || k == b) continue;
        double da = t->d[a * t->n + k], db = t->d[b * t->n + k];
        double d = joining ? (da + db - between) / 2 : (x->size * da + y->size * db) / (x->size + y->size);
        t->d[a * t->n + k] = t->d[k * t->n + a] = d;
    }
    x->size += y->size;
    x->height = between / 2;
    y->live = false;
}

bool lineage_newick(const double *distance, const char *const *names, size_t n, bool joining, struct buffer *out,
                    struct error *err) {
    struct tree t;
    double *total = memory_grow(NULL, n + 1, sizeof *total);
    bool ok = open_tree(&t, distance, n, err) && (total || error_memory(err, "tree"));
    for (size_t i = 0; ok && i < n; i++) put_name(&t.node[i].text, names[i]);
    for (size_t live = n; ok && live > 1; live--) {
        size_t a, b;
        sum_rows(&t, total);
        find_pair(&t, joining && live > 2, live, total, &a, &b);
        double between = t.d[a * n + b], to_a = between / 2 - t.node[a].height, to_b = between / 2 - t.node[b].height;
        if (joining) {
            to_a = live > 2 ? between / 2 + (total[a] - total[b]) / (2 * ((double)live - 2)) : between;
            to_b = live > 2 ? between - to_a : 0;
        }
        join_text(&t.node[a], &t.node[b], to_a, to_b);
        merge(&t, a, b, joining);
    }
    ok = ok && buffer_put_c(out, t.node[0].text.at ? t.node[0].text.at : "") && buffer_put_c(out, ";\n") &&
         buffer_check(&t.node[0].text, "tree", err);
    close_tree(&t);
    memory_free(total);
    return ok && buffer_check(out, "tree", err);
}

/* ---- the drawing ---- */

static void put_text(struct buffer *out, const char *name) {
    for (const char *c = name; *c; c++) {
        if (*c == '<')
            buffer_put_c(out, "&lt;");
        else if (*c == '&')
            buffer_put_c(out, "&amp;");
        else
            buffer_put_char(out, *c);
    }
}

static void put_line(struct buffer *out, double x1, double y1, double x2, double y2) {
    buffer_printf(out, "<path d=\"M%.2f %.2f L%.2f %.2f\" stroke=\"#444\" fill=\"none\"/>\n", x1, y1, x2, y2);
}

/* Leaves in the order of the tree, from its Newick-like merges. */
static bool leaf_order(const double *distance, size_t n, size_t *order, struct error *err) {
    struct tree t;
    size_t *next = memory_grow(NULL, 2 * n + 1, sizeof *next), *last = next + n;
    bool ok = open_tree(&t, distance, n, err) && (next || error_memory(err, "tree"));
    for (size_t i = 0; ok && i < n; i++) next[i] = SIZE_MAX, last[i] = i;
    for (size_t live = n; ok && live > 1; live--) {
        size_t a, b;
        find_pair(&t, false, live, NULL, &a, &b);
        next[last[a]] = b;
        last[a] = last[b];
        merge(&t, a, b, false);
    }
    for (size_t i = 0, at = 0; ok && i < n; i++, at = next[at]) order[i] = at;
    close_tree(&t);
    memory_free(next);
    return ok;
}

static void draw(struct tree *t, const char *const *names, const size_t *order, struct buffer *out) {
    double most = 1e-12;
    for (size_t i = 0; i < t->n * t->n; i++) most = fmax(most, t->d[i] / 2);
    double scale = (WIDE - LABEL - 2 * MARGIN) / most, right = WIDE - LABEL - MARGIN;
    for (size_t i = 0; i < t->n; i++) {
        t->node[order[i]].y = MARGIN + ROW * ((double)i + 0.5);
        buffer_printf(out, "<text x=\"%.2f\" y=\"%.2f\" font-size=\"12\" font-family=\"sans-serif\">", right + 6,
                      t->node[order[i]].y + 4);
        put_text(out, names[order[i]]);
        buffer_put_c(out, "</text>\n");
    }
    for (size_t live = t->n; live > 1; live--) {
        size_t a, b;
        find_pair(t, false, live, NULL, &a, &b);
        struct node *x = &t->node[a], *y = &t->node[b];
        double at = right - scale * t->d[a * t->n + b] / 2;
        put_line(out, right - scale * x->height, x->y, at, x->y);
        put_line(out, right - scale * y->height, y->y, at, y->y);
        put_line(out, at, x->y, at, y->y);
        double middle = (x->y + y->y) / 2;
        merge(t, a, b, false);
        x->y = middle;
    }
}

bool lineage_svg(const double *distance, const char *const *names, size_t n, struct buffer *out, struct error *err) {
    struct tree t;
    size_t *order = memory_grow(NULL, n + 1, sizeof *order);
    bool ok = (order || error_memory(err, "tree")) && leaf_order(distance, n, order, err);
    ok = open_tree(&t, distance, n, err) && ok;
    if (ok) {
        buffer_printf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%zu\">\n", WIDE,
                      (size_t)(2 * MARGIN) + ROW * n);
        buffer_put_c(out, "<title>Family tree of models by the distance of their replies (UPGMA)</title>\n");
        draw(&t, names, order, out);
        buffer_put_c(out, "</svg>\n");
    }
    close_tree(&t);
    memory_free(order);
    return ok && buffer_check(out, "tree", err);
}
