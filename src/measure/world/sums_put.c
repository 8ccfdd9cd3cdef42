/* Asking and answering the cases of sums. See world_sums.h. */
#include "measure/world/world_sums.h"

#include <stdio.h>

enum { MOST_SLOTS = 8, SLOT_MOST = 512 };
struct writing {
    struct world_line *line;
    const struct world *w;
    const struct sums *s;
    const struct sum_case *c;
    struct slot slot[MOST_SLOTS];
    struct buffer text[MOST_SLOTS];
    size_t n;
};

static struct buffer *add(struct writing *g, const char *name) {
    struct buffer *b = &g->text[g->n];
    g->slot[g->n++].name = name;
    buffer_init(b, SLOT_MOST);
    return b;
}

static void add_number(struct writing *g, const char *name, unsigned x) {
    buffer_printf(add(g, name), "%u", x);
}

static void add_text(struct writing *g, const char *name, struct text t) {
    buffer_put_text(add(g, name), t);
}

/* In words: "seven", "forty two", "one hundred and six". */
static bool put_words(struct buffer *out, const struct sums *s, unsigned x) {
    if (x >= 1000)
        return buffer_put_text(out, s->ones.at[x / 1000]) && buffer_put_c(out, " thousand"); /* only 1000 itself */
    if (x >= 100) {
        buffer_put_text(out, s->ones.at[x / 100]), buffer_put_c(out, " hundred");
        if (x % 100) buffer_put_c(out, " and ");
        x %= 100;
        if (!x) return !out->failed;
    }
    if (x < 20) return buffer_put_text(out, s->ones.at[x]);
    buffer_put_text(out, s->tens.at[x / 10]);
    return x % 10 == 0 || (buffer_put_char(out, ' ') && buffer_put_text(out, s->ones.at[x % 10]));
}

/* "a, b and c" */
static void put_joint(struct buffer *out, size_t i, size_t n) {
    if (i) buffer_put_c(out, i + 1 == n ? " and " : ", ");
}

static bool answer_number(struct writing *g, unsigned x) {
    g->line->kind = "number";
    return buffer_printf(&g->line->answer, "%u", x);
}

static bool reply_with(struct writing *g, struct text template) {
    struct slot slot = {"X", buffer_text(&g->line->answer)};
    return world_render(&g->line->reply, template, &slot, 1);
}

/* ---- numbers */

static bool put_two(struct writing *g) {
    unsigned a = g->c->x[0], b = g->c->x[1], x = g->c->kind == SUM_plus ? a + b : a - b;
    struct buffer *one = add(g, "A"), *two = add(g, "B"), *reply = &g->line->reply;
    if (!g->c->x[2]) {
        buffer_printf(one, "%u", a), buffer_printf(two, "%u", b);
        return answer_number(g, x) && buffer_printf(reply, "%u.", x);
    }
    put_words(one, g->s, a), put_words(two, g->s, b);
    bool ok = answer_number(g, x) && put_words(reply, g->s, x) && world_alias(g->line, buffer_text(reply));
    return ok && buffer_put_char(reply, '.');
}

static bool put_chain(struct writing *g) {
    static const char signs[] = "+-x";
    struct buffer *steps;
    unsigned now = g->c->x[0];
    add_number(g, "S", now);
    steps = add(g, "T");
    buffer_put_c(&g->line->reply, "<think>");
    for (size_t i = 1; i < g->c->n; i++) {
        unsigned step = g->c->x[i] / 128, by = g->c->x[i] % 128,
                 next = step == 0   ? now + by
                        : step == 1 ? now - by
                                    : now * by;
        struct slot slot = {"A", g->w->number[by]};
        if (i > 1) buffer_put_char(steps, ' '), buffer_put_char(&g->line->reply, ' ');
        world_render(steps, g->s->steps.at[step], &slot, 1);
        buffer_printf(&g->line->reply, "%u %c %u = %u.", now, signs[step], by, next);
        now = next;
    }
    buffer_put_c(&g->line->reply, "</think> ");
    buffer_printf(&g->line->labels, ",\"steps\":%d", g->c->n - 1);
    return answer_number(g, now) && reply_with(g, g->s->result);
}

/* ---- prices */

static bool put_price(struct writing *g) {
    const uint16_t *x = g->c->x;
    struct buffer *reply = &g->line->reply;
    unsigned price = (unsigned)g->w->value[G_PRICE][x[0]];
    add_text(g, "G", g->w->name[GOOD][x[0]]), add_number(g, "P", price);
    world_prov(g->line, "f%05d", g->w->fact_of[world_columns[G_PRICE].relation][x[0]]);
    if (g->c->kind == SUM_afford) {
        add_number(g, "C", x[1]);
        buffer_printf(reply, "<think>%u x %u = %u.</think> ", x[1] / price, price, x[1] / price * price);
        return answer_number(g, x[1] / price) && reply_with(g, g->s->jars);
    }
    if (g->c->kind == SUM_change) {
        unsigned cost = price * x[1];
        add_number(g, "N", x[1]), add_number(g, "C", x[2]);
        buffer_printf(reply, "<think>%u x %u = %u. %u - %u = %u.</think> ", x[1], price, cost, x[2], cost, x[2] - cost);
        return answer_number(g, x[2] - cost) && reply_with(g, g->s->crowns);
    }
    unsigned other = (unsigned)g->w->value[G_PRICE][x[1]], one = price * x[2], two = other * x[3];
    add_text(g, "H", g->w->name[GOOD][x[1]]), add_number(g, "Q", other), add_number(g, "N", x[2]),
        add_number(g, "M", x[3]);
    world_prov(g->line, "f%05d", g->w->fact_of[world_columns[G_PRICE].relation][x[1]]);
    buffer_printf(reply, "<think>%u x %u = %u. %u x %u = %u. %u + %u = %u.</think> ", x[2], price, one, x[3], other,
                  two, one, two, one + two);
    return answer_number(g, one + two) && reply_with(g, g->s->crowns);
}

/* ---- days and ages */

/* Beyond a week the scratch paper holds how many whole weeks go by. */
static bool put_weekday(struct writing *g, unsigned week) {
    unsigned day = g->c->x[0], n = g->c->x[1], rest = n % week;
    struct text then = g->w->words.days.at[g->c->kind == SUM_after ? (day + rest) % week : (day + week - rest) % week];
    add_text(g, "D", g->w->words.days.at[day]), add_number(g, "N", n);
    if (n >= week)
        buffer_printf(&g->line->reply, "<think>%u x %u = %u. %u - %u = %u.</think> ", n / week, week, n - rest, n,
                      n - rest, rest);
    return buffer_put_text(&g->line->answer, then) && buffer_printf(&g->line->reply, "%.*s.", TEXT_ARG(then));
}

static bool put_day(struct writing *g) {
    unsigned week = (unsigned)g->w->words.days.n, from = g->c->x[0], to = g->c->x[1];
    if (g->c->kind == SUM_age) {
        add_number(g, "Y", from);
        return answer_number(g, 900 - from) && reply_with(g, g->s->years);
    }
    if (g->c->kind == SUM_after || g->c->kind == SUM_before) return put_weekday(g, week);
    if (g->c->kind == SUM_market) {
        add_text(g, "T", g->w->name[TOWN][from]);
        world_prov(g->line, "f%05d", g->w->fact_of[world_columns[T_MARKET].relation][from]);
        unsigned town = from;
        from = to, to = (unsigned)g->w->value[T_MARKET][town];
    }
    add_text(g, "D", g->w->words.days.at[from]), add_text(g, "E", g->w->words.days.at[to]);
    return answer_number(g, (to + week - from) % week) && reply_with(g, g->s->days);
}

/* ---- lists */

static bool put_numbers(struct writing *g) {
    struct buffer *list = add(g, "L");
    uint16_t x[SUM_NUMBERS] = {0};
    size_t n = g->c->n;
    for (size_t i = 0; i < n; i++) {
        put_joint(list, i, n), buffer_printf(list, "%u", g->c->x[i]);
        size_t k = i;
        for (; k > 0 && x[k - 1] > g->c->x[i]; k--) x[k] = x[k - 1];
        x[k] = g->c->x[i];
    }
    if (g->c->kind != SUM_sorted)
        return answer_number(g, x[g->c->kind == SUM_least ? 0 : n - 1]) &&
               buffer_printf(&g->line->reply, "%s.", g->line->answer.at);
    for (size_t i = 0; i < n; i++) put_joint(&g->line->answer, i, n), buffer_printf(&g->line->answer, "%u", x[i]);
    return buffer_printf(&g->line->reply, "%s.", g->line->answer.at);
}

static bool put_animals(struct writing *g) {
    struct buffer *list = add(g, "L");
    bool named = g->c->kind == SUM_named;
    size_t n = g->c->n - (size_t)named;
    for (size_t i = 0; i < n; i++) put_joint(list, i, n), buffer_put_text(list, g->w->words.animals.at[g->c->x[i]]);
    if (!named) return answer_number(g, (unsigned)n) && buffer_printf(&g->line->reply, "%zu.", n);
    add_text(g, "K", g->s->places.at[g->c->x[n]]);
    return buffer_put_text(&g->line->answer, g->w->words.animals.at[g->c->x[g->c->x[n]]]) &&
           buffer_printf(&g->line->reply, "%s.", g->line->answer.at);
}

static bool put_code(struct writing *g) {
    struct buffer *code = add(g, "C"), *message = add(g, "M"), *answer = &g->line->answer;
    size_t n = g->c->x[3] ? 4 : 3;
    for (size_t i = 0; i < n; i++) {
        struct slot slots[] = {{"A", g->w->words.animals.at[(g->c->x[i] - 1) / 32]},
                               {"B", g->s->words.at[(g->c->x[i] - 1) % 32]}};
        put_joint(code, i, n), world_fill(code, g->s->means, slots, 2);
    }
    for (size_t i = 0; i < g->c->x[7]; i++) {
        unsigned entry = g->c->x[g->c->x[4 + i]] - 1u;
        if (i) buffer_put_char(message, ' '), buffer_put_char(answer, ' ');
        buffer_put_text(message, g->w->words.animals.at[entry / 32]),
            buffer_put_text(answer, g->s->words.at[entry % 32]);
    }
    return !answer->failed && buffer_printf(&g->line->reply, "%s.", answer->at);
}

static bool put_kind(struct writing *g) {
    switch ((enum sum_kind)g->c->kind) {
    case SUM_plus:
    case SUM_minus:
        return put_two(g);
    case SUM_total:
    case SUM_change:
    case SUM_afford:
        return put_price(g);
    case SUM_chains:
        return put_chain(g);
    case SUM_greatest:
    case SUM_least:
    case SUM_sorted:
        return put_numbers(g);
    case SUM_counted:
    case SUM_named:
        return put_animals(g);
    case SUM_codes:
        return put_code(g);
    default:
        return put_day(g);
    }
}

bool sum_put(struct world_line *line, const struct world *w, const struct sum_case *c, unsigned template) {
    struct writing g = {.line = line, .w = w, .s = world_sums(w), .c = c};
    bool ok = put_kind(&g);
    for (size_t i = 0; i < g.n; i++) {
        ok = ok && !g.text[i].failed;
        g.slot[i].text = buffer_text(&g.text[i]);
        world_put_pair(&line->slots, g.slot[i].name, g.slot[i].text);
    }
    ok = ok && world_render(&line->prompt, g.s->ask[c->kind].at[template], g.slot, g.n);
    for (size_t i = 0; i < g.n; i++) buffer_done(&g.text[i]);
    return ok;
}
