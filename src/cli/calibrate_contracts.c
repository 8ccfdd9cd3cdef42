/* Planted bugs in contracts: see calibrate_contracts.h. */
#include "cli/calibrate_contracts.h"

#include "formalize/contract/contract_score.h"
#include "measure/statistics/statistics.h"
#include "measure/world/world_item.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PAIRS = 1000, FAMILIES = 3 };

struct planting {
    const struct world *w;
    const struct world_family *family;
    uint64_t draw;
    struct world_line line;
    struct contract_score score;
    struct arena arena;
    size_t named, pairs_named, pairs; /* rightly judged by the name alone */
    bool name_right;
    struct error *err;
};

static bool hear(void *context, const struct finding *finding, struct error *err) {
    (void)err;
    contract_score_hit(context, finding);
    return true;
}

/* An item as the row of its file, as far as it is looked at. */
static json_t *row_of(const struct planting *p, uint64_t number) {
    struct buffer b;
    buffer_init(&b, 1 << 20);
    buffer_printf(&b, "{\"id\":\"%s%05llu%c\",\"slots\":{%s},\"labels\":{%s}}", p->family->prefix,
                  (unsigned long long)(number / 2), number % 2 ? 'b' : 'a', p->line.slots.at + 1,
                  p->line.labels.at + 1);
    json_t *row = buffer_check(&b, "item", p->err) ? json_read(buffer_text(&b), p->family->name, 1, p->err) : NULL;
    buffer_done(&b);
    return row;
}

/* Whoever learnt that the bug is in the function called withdraw. */
static void judge_by_name(struct planting *p, const json_t *row, bool second) {
    const json_t *labels = json_object_get(row, "labels");
    bool says = text_equal_c(json_text(json_object_get(labels, "fn")), "withdraw");
    bool right = says == text_equal_c(json_text(json_object_get(labels, "label")), "vulnerable");
    p->named += right;
    if (second) {
        p->pairs++;
        p->pairs_named += right && p->name_right;
    }
    p->name_right = right;
}

static void clear(struct world_line *l) {
    struct buffer *const all[] = {&l->template, &l->slots,  &l->turns, &l->prompt, &l->reply, &l->answer,
                                  &l->aliases,  &l->labels, &l->prov,  &l->dose,   &l->said};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) buffer_clear(all[i]);
}

static bool scan_row(struct planting *p, const json_t *row, size_t line) {
    const struct contract_label label = contract_label_of(row);
    const struct checker_settings settings = {.sink = hear, .context = &p->score};
    struct sol_program program;
    struct text source = json_text(json_object_get(json_object_get(row, "slots"), "source"));
    contract_score_begin(&p->score, &label);
    return contract_program_init(&program, &p->arena, p->err) &&
           contract_program_add(&program, source, p->family->name, p->err) && contract_program_link(&program, p->err) &&
           checker_run(&program, &settings, p->err) &&
           contract_score_end(&p->score, (struct json_place){p->family->name, line, ""}, p->err);
}

static bool scan_item(struct planting *p, uint64_t number, enum split split) {
    clear(&p->line);
    if (!p->family->make(&p->line, p->w, number, split, p->draw)) return error_memory(p->err, "item");
    json_t *row = row_of(p, number);
    bool ok = row && scan_row(p, row, (size_t)number);
    if (ok) judge_by_name(p, row, number % 2);
    json_decref(row);
    arena_reset(&p->arena);
    return ok;
}

/* Pairs for tests, spread over all of them. */
static bool scan_pairs(struct planting *p, uint64_t n) {
    uint64_t all = p->family->numbers(p->w) / 2, step = 7919; /* a prime that no count of pairs shares a factor with */
    for (uint64_t i = 0, taken = 0; i < all && taken < n; i++) {
        uint64_t pair = i * step % all;
        enum split split;
        if (!p->family->split(p->w, pair * 2, &split) || split != TEST) continue;
        if (!scan_item(p, pair * 2, split) || !scan_item(p, pair * 2 + 1, split)) return false;
        taken++;
    }
    return true;
}

/* ---- telling */

static double number(const json_t *row, const char *key) {
    return json_number_value(json_object_get(row, key));
}

static void tell_kinds(const json_t *classes, const struct calibrate_out *out) {
    for (size_t i = 0; i < json_array_size(classes); i++) {
        const json_t *c = json_array_get(classes, i);
        double hits = number(c, "found"), missed = number(c, "vulnerable") - hits, alarms = number(c, "alarms");
        char name[96];
        snprintf(name, sizeof name, "bug-kind %s: F1, of %.0f pairs", json_string_value(json_object_get(c, "class")),
                 number(c, "vulnerable"));
        calibrate_number(out, name, 1, 2 * hits / (2 * hits + missed + alarms), 0, "");
    }
}

static void tell(const struct planting *p, const json_t *labelled, double by_name, const struct calibrate_out *out) {
    char name[120];
    double pairs = number(labelled, "pairs");
    snprintf(name, sizeof name, "%s: twins of which both are judged rightly, of %.0f pairs", p->family->name, pairs);
    calibrate_number(out, name, pairs, number(labelled, "pairs_right"), 0, "");
    snprintf(name, sizeof name, "%s: found at the line of the bug", p->family->name);
    calibrate_number(out, name, number(labelled, "with_lines"), number(labelled, "located"), 0, "");
    snprintf(name, sizeof name, "%s: the same by the name `withdraw` alone", p->family->name);
    calibrate_number(out, name, by_name * (double)p->pairs, (double)p->pairs_named, 0, "");
}

/* What a family's pairs came to: those that the checkers, and the name alone, judge rightly. */
struct family_counts {
    uint64_t pairs, right, named;
};

/* Pairs with the bug in `withdraw`, then pairs whose twin is called so: whoever learnt the name loses them all, the
 * checkers lose none. By the net count, which is no more than pair by pair; of few pairs p can be no smaller. */
static void tell_shortcut(const struct family_counts *named, const struct family_counts *swapped,
                          const struct calibrate_out *out) {
    uint64_t was = named->named, is = swapped->named;
    double p = stat_mcnemar(was > is ? was - is : 0, is > was ? is - was : 0);
    calibrate_range(out, "name-shortcut: the drop of who goes by the name, p", p, 0,
                    fmax(0.01, stat_mcnemar(named->pairs, 0)), "");
    calibrate_number(out, "name-shortcut: the drop of the checkers, in pairs", 0,
                     (double)named->right - (double)swapped->right, 0, "");
}

static bool run_family(struct planting *p, size_t family, uint64_t pairs, struct family_counts *counts,
                       const struct calibrate_out *out) {
    static const double by_name[] = {0, 1, 0}; /* drawn names, the bug in withdraw, the twin in withdraw */
    json_t *sum = json_object();
    p->family = &world_part_contracts.families[family];
    p->named = p->pairs_named = p->pairs = 0;
    memset(&p->score, 0, sizeof p->score);
    bool ok = sum && scan_pairs(p, pairs) && contract_score_sum(&p->score, sum, NULL, p->err);
    const json_t *labelled = json_object_get(sum, "labelled");
    if (ok && family == 0) tell_kinds(json_object_get(labelled, "classes"), out);
    if (ok) tell(p, labelled, by_name[family], out);
    *counts = (struct family_counts){p->pairs, (uint64_t)number(labelled, "pairs_right"), p->pairs_named};
    json_decref(sum);
    return ok;
}

bool calibrate_contracts(uint64_t seed, uint64_t repeat, calibrate_report *report, void *context, struct error *err) {
    const struct calibrate_out out = {report, context};
    struct family_counts counts[FAMILIES] = {0};
    struct world *w = world_new(WORLD_DEFAULT_SEED, err);
    struct planting p = {.w = w, .draw = seed, .err = err};
    bool ok = w != NULL;
    arena_init(&p.arena, 0);
    world_line_init(&p.line);
    for (size_t i = 0; ok && i < FAMILIES; i++) ok = run_family(&p, i, repeat ? repeat : PAIRS, &counts[i], &out);
    if (ok) tell_shortcut(&counts[1], &counts[2], &out);
    world_line_done(&p.line);
    arena_done(&p.arena);
    world_free(w);
    return ok;
}
