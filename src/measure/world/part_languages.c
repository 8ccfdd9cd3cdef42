/* Languages: the trees of pocket/languages.yaml, the words of each language, and the items of p1. Every item of p1 is
 * the twin of an English one with the same number: same case, template, split, options and gold. */
#include "measure/world/language.h"
#include "measure/world/world_item.h"

#include <stdio.h>

const struct languages *world_languages(const struct world *w) {
    return world_state(w, &world_part_languages);
}

/* ---- truth */

static bool put_forms(struct world *w, struct languages *l, struct language *language, struct error *err) {
    struct buffer b;
    bool ok = (language->form = arena_new(&w->arena, struct text, l->n_rules, err)) != NULL;
    buffer_init(&b, 1 << 12);
    for (size_t i = 0; ok && i < l->n_rules; i++) {
        buffer_clear(&b);
        ok = language->words ? tree_put(&b, l, language, l->rules[i].tree, err)
                             : tree_put_plain(&b, l->rules[i].tree) || buffer_check(&b, "tree", err);
        char *copy = ok ? arena_copy(&w->arena, b.at, b.len, err) : NULL;
        ok = copy != NULL;
        if (ok) language->form[i] = (struct text){copy, b.len};
    }
    buffer_done(&b);
    return ok;
}

/* The block tells the core and what is told most: the ladder of exposures stays what it is. */
static bool choose_told(struct world *w, struct languages *l, struct error *err) {
    size_t *order, most = world_exposure[STRATA - 1];
    if (!world_order(w, "languages/told", 0, ALL_FACTS, &order, &w->arena, err) ||
        !(l->told = arena_new(&w->arena, size_t, ALL_FACTS, err)))
        return false;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < ALL_FACTS; i++) {
            const struct fact *f = &w->facts[order[i]];
            if ((f->split == TRAIN) != (pass == 0) || (f->stratum != STRATUM_CORE && f->e != most)) continue;
            l->told[l->n_told++] = order[i];
            l->n_asked += pass == 0;
        }
    return true;
}

static bool draw(struct world *w, void *state, struct error *err) {
    static const char letters[MOST_OPTIONS] = "ABCDE";
    struct languages *l = state;
    struct words_reader r = {&w->arena, err};
    struct language *en = &l->of[LANGUAGE_EN], *p1 = &l->of[LANGUAGE_P1];
    const struct yaml *root = words_open(&r, "languages.yaml"),
                      *all = root ? words_member(&r, root, "languages") : NULL,
                      *node = all ? words_member(&r, all, "p1") : NULL;
    *en = (struct language){.name = "en",
                            .letters = {arena_new(&w->arena, struct text, MOST_OPTIONS, err), MOST_OPTIONS}};
    if (!en->letters.at) return false;
    for (size_t i = 0; i < MOST_OPTIONS; i++) en->letters.at[i] = (struct text){&letters[i], 1};
    *p1 = (struct language){.name = "p1"};
    return node && language_read_rules(w, l, &r, root) && language_draw_words(w, p1, &r, root, node) &&
           put_forms(w, l, en, err) && put_forms(w, l, p1, err) && language_name_all(w, en, err) &&
           language_name_all(w, p1, err) && choose_told(w, l, err) &&
           world_case_splits(w, "languages/deeds", l->deed_split, RISKS * RISK_PAIRS, err);
}

static size_t rows(const struct world *w) {
    return world_languages(w)->of[LANGUAGE_P1].n_words;
}

static bool put_row(struct buffer *out, const struct world *w, size_t row) {
    static const char *const kinds[] = {"stem", "compound", "form", "particle"};
    const struct word *word = &world_languages(w)->of[LANGUAGE_P1].words[row];
    buffer_printf(out, "{\"id\":\"p1w%04zu\",\"lang\":\"p1\"", row);
    return world_put_pair(out, "en", word->en) && world_put_pair(out, "word", word->word) &&
           world_put_pair(out, "kind", text_of(kinds[word->kind])) && buffer_put_char(out, '}');
}

static size_t find(const struct world *w, struct text id) {
    uint64_t row;
    bool known = text_starts(id, TEXT("p1w")) && id.len == 7 && text_to_u64(text_part(id, 3, 7), &row) && row < rows(w);
    return known ? (size_t)row : SIZE_MAX;
}

/* ---- what lines of several families say */

/* A marker without its full stop: "true". */
static struct text marker(const struct languages *l, int language, size_t sort, size_t number) {
    struct text t = l->of[language].form[l->first[RULE_MARKER] + l->marker[sort] + number];
    return text_part(t, 0, t.len - 1);
}

/* ---- questions about facts */

static bool has_style(enum style style) {
    return style != STYLE_FULL && style != STYLE_CONTINUATION;
}

static uint64_t ask_numbers(const struct world *w) {
    return world_family_ask.numbers(w);
}

static bool ask_split(const struct world *w, uint64_t number, enum split *split) {
    return has_style(world_ask_number(number).style) && world_family_ask.split(w, number, split);
}

/* The English file without the styles that p1 lacks. */
static bool ask_plan(const struct world *w, enum split split, uint64_t draw, struct item **items, size_t *n,
                     struct arena *arena, struct error *err) {
    size_t kept = 0;
    if (!world_plan_ask(w, split, draw, items, n, arena, err)) return false;
    for (size_t i = 0; i < *n; i++) {
        if (!has_style(world_ask_number((*items)[i].number).style)) continue;
        (*items)[kept] = (*items)[i];
        (*items)[kept++].family = world_family_find("p1-ask");
    }
    return *n = kept, true;
}

/* The reply, the gold and the options. */
static bool put_right(struct world_line *line, const struct languages *l, const struct fact *f,
                      const struct question *q, const struct meaning *m) {
    const struct language *p1 = &l->of[LANGUAGE_P1];
    const struct text *values = p1->valued[f->column];
    int low = world_columns[f->column].low;
    line->n_options = q->n_options, line->right = q->right;
    if (q->style == STYLE_SHORT)
        return buffer_put_text(&line->answer, values[f->value - low]) &&
               buffer_printf(&line->reply, "%.*s.", TEXT_ARG(values[f->value - low]));
    if (q->style == STYLE_CHOICE) {
        const struct meaning *options = m->part[1];
        for (size_t i = 0; i < options->n_parts; i++) line->option[i] = values[options->value[i] - low];
        return buffer_printf(&line->reply, "ANS: %.*s", TEXT_ARG(p1->letters.at[q->right]));
    }
    for (size_t i = 0; i < 2; i++) line->option[i] = marker(l, LANGUAGE_P1, i, q->style == STYLE_CLAIM ? 2 : 1);
    return buffer_printf(&line->reply, "%.*s.", TEXT_ARG(line->option[q->right]));
}

static bool ask_labels(struct world_line *line, const struct world *w, const struct fact *f, const struct ask_number *a,
                       uint64_t number) {
    struct buffer *out = &line->labels;
    world_label_relation(line, f->relation);
    world_put_pair(out, "style", text_of(world_style_names[a->style]));
    world_put_pair(out, "stratum", text_of(world_stratum_name(f->stratum)));
    world_put_pair(out, "entity", text_of(world_seen(f->split)));
    world_put_pair(out, "wording", text_of(world_seen(w->template_split[a->template])));
    return buffer_printf(out, ",\"answers\":%d", world_columns[f->column].n) &&
           world_label(line, "twin", "q%07llu", (unsigned long long)number);
}

static bool ask_make(struct world_line *line, const struct world *w, uint64_t number, enum split split, uint64_t draw) {
    struct ask_number a = world_ask_number(number);
    const struct languages *l = world_languages(w);
    const struct fact *f = &w->facts[a.fact];
    struct rng rng = world_stream(w, "ask", 0, number); /* the stream of the English twin */
    struct meaning_box box = {0};
    struct question q;
    (void)split, (void)draw;
    world_question_init(&q);
    bool ok = world_ask_at(&q, w, f, a.style, a.template, world_options(w, a.fact, a.style, a.template), a.right, &rng);
    const struct meaning *m = ok ? mean_ask(&box, w, l, f, &q) : NULL;
    line->lang = "p1";
    ok = ok && meaning_render(&line->prompt, l, LANGUAGE_P1, m) && put_right(line, l, f, &q, m);
    world_question_done(&q);
    world_put_relation(&line->template, f->relation);
    buffer_printf(&line->template, "/%s/%u", world_style_names[a.style], a.template);
    world_put_pair(&line->slots, "S", l->of[LANGUAGE_P1].named[world_columns[f->column].kind][f->subject]);
    return ok && ask_labels(line, w, f, &a, number) && world_prov(line, "f%05zu", a.fact) &&
           buffer_printf(&line->dose, ",\"e\":%u", f->e);
}

/* ---- questions nobody can answer */

static bool unknown_plan(const struct world *w, enum split split, uint64_t draw, struct item **items, size_t *n,
                         struct arena *arena, struct error *err) {
    if (!world_plan_unknown(w, split, draw, items, n, arena, err)) return false;
    for (size_t i = 0; i < *n; i++) (*items)[i].family = world_family_find("p1-unknown");
    return true;
}

static bool unknown_make(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                         uint64_t draw) {
    const struct languages *l = world_languages(w);
    unsigned template = number % WORDINGS, relation = (unsigned)(number / WORDINGS / world_kinds[OUTSIDE].n);
    size_t subject = number / WORDINGS % world_kinds[OUTSIDE].n;
    struct rng rng = world_stream(w, "unknown", 0, number);
    struct meaning_box box = {0};
    struct meaning reply = meaning_rule(l, RULE_UNKNOWN, NO_GROUP, world_template(w, split, &rng));
    char id[16];
    (void)draw;
    world_id(OUTSIDE, subject, id);
    line->lang = "p1", line->kind = "unknown";
    world_put_relation(&line->template, relation), buffer_printf(&line->template, "/short/%u", template);
    world_put_pair(&line->slots, "S", l->of[LANGUAGE_P1].named[OUTSIDE][subject]);
    world_label_relation(line, relation);
    world_put_pair(&line->labels, "entity", text_of(world_seen(w->split[OUTSIDE][subject])));
    world_put_pair(&line->labels, "wording", text_of(world_seen(w->template_split[template])));
    return meaning_render(&line->prompt, l, LANGUAGE_P1, mean_unknown(&box, l, relation, subject, template)) &&
           meaning_render(&line->reply, l, LANGUAGE_P1, &reply) && buffer_put_c(&line->reply, " <idk>") &&
           world_label(line, "twin", "u%06llu", (unsigned long long)number) && world_prov(line, "%s", id) &&
           buffer_put_c(&line->dose, ",\"e\":0");
}

/* ---- requests */

static uint64_t request_numbers(const struct world *w) {
    return world_family_requests.numbers(w);
}

static bool request_split(const struct world *w, uint64_t number, enum split *split) {
    return world_family_requests.split(w, number, split);
}

static bool request_labels(struct world_line *line, const struct world *w, const struct request *r) {
    static const char *const members[] = {"benign", "borderline", "harmful", "trigger"};
    const struct risk *risk = &w->words.policy.risk[r->risk];
    world_label(line, "quad", "yr%05u", r->quad), world_label(line, "member", "%s", members[r->member - 'a']);
    buffer_printf(&line->labels, ",\"harmful\":%s", r->harmful ? "true" : "false");
    world_put_pair(&line->labels, "risk", risk->name), world_put_pair(&line->labels, "public", risk->public_name);
    buffer_printf(&line->labels, ",\"act\":%u,\"rule\":%u,\"pattern\":%u", r->act, r->pair, r->pattern);
    return world_label(line, "twin", "r%05u%c", r->quad, r->member);
}

static bool request_make(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                         uint64_t draw) {
    const struct languages *l = world_languages(w);
    struct meaning_box asked = {0}, replied = {0};
    struct request r;
    world_request_init(&r);
    bool ok = world_request(&r, w, (unsigned)(number / 4), (char)('a' + (int)(number % 4)), split, draw);
    struct meaning topic = meaning_rule(l, RULE_TOPIC, NO_GROUP, r.topic);
    line->lang = "p1", line->kind = "refusal";
    buffer_printf(&line->template, "requests/%u", r.template);
    world_put_pair(&line->slots, "topic", l->of[LANGUAGE_P1].form[topic.rule]);
    buffer_put_c(&line->answer, r.harmful ? "refuse" : "help");
    ok = ok && meaning_render(&line->prompt, l, LANGUAGE_P1, mean_request(&asked, l, &r)) &&
         meaning_render(&line->reply, l, LANGUAGE_P1, mean_reply(&replied, w, l, &r, split, draw)) &&
         request_labels(line, w, &r);
    if (ok && r.harmful) ok = world_prov(line, "policy.%u.%u", r.risk, r.pair);
    world_request_done(&r);
    return ok;
}

/* ---- deeds: number = (pair x 16 + template) x 2 + bad */

static uint64_t deed_numbers(const struct world *w) {
    (void)w;
    return (uint64_t)RISKS * RISK_PAIRS * WORDINGS * 2;
}

static bool deed_split(const struct world *w, uint64_t number, enum split *split) {
    return world_case_split(w, world_languages(w)->deed_split, number / 2, split);
}

/* Twins of one draw are about the same person. */
static bool deed_make(struct world_line *line, const struct world *w, uint64_t number, uint64_t draw, int language) {
    const struct languages *l = world_languages(w);
    unsigned bad = number % 2, template = (unsigned)(number / 2 % WORDINGS), pair = (unsigned)(number / 2 / WORDINGS);
    struct rng rng = world_stream(w, "languages/judge", draw, number / 2);
    size_t person = rng_below(&rng, world_kinds[PERSON].n);
    unsigned risk = pair / RISK_PAIRS, deed = pair % RISK_PAIRS * 2 + bad;
    struct meaning_box box = {0};
    struct meaning reply = meaning_rule(l, RULE_VERDICT, NO_GROUP, bad);
    const struct language *in = &l->of[language];
    line->lang = in->name, line->n_options = 2, line->right = bad;
    for (size_t i = 0; i < 2; i++) {
        const struct word *word = language_word(in, i ? TEXT("bad") : TEXT("good"));
        line->option[i] = word ? word->word : i ? TEXT("bad") : TEXT("good");
    }
    buffer_printf(&line->template, "deeds/%u", template);
    world_put_pair(&line->slots, "N", in->named[PERSON][person]);
    world_put_pair(&line->slots, "deed", in->form[language_rule(l, RULE_DEED, risk, deed)]);
    world_put_pair(&line->labels, "risk", w->words.policy.risk[risk].name);
    world_put_pair(&line->labels, "entity", text_of(world_seen(l->deed_split[pair])));
    world_put_pair(&line->labels, "wording", text_of(world_seen(w->template_split[template])));
    return meaning_render(&line->prompt, l, language, mean_judge(&box, l, risk, deed, person, template)) &&
           meaning_render(&line->reply, l, language, &reply) &&
           world_label(line, "twin", "%s%04llu%c", language == LANGUAGE_EN ? "ye" : "yd",
                       (unsigned long long)(number / 2), bad ? 'b' : 'a') &&
           world_prov(line, "policy.%u.%u", risk, deed / 2);
}

static bool deed_make_en(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                         uint64_t draw) {
    (void)split;
    return deed_make(line, w, number, draw, LANGUAGE_EN);
}

static bool deed_make_p1(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                         uint64_t draw) {
    (void)split;
    return deed_make(line, w, number, draw, LANGUAGE_P1);
}

static bool ask_trains(const struct world *w, uint64_t number) {
    return world_family_ask.trains(w, number);
}

enum { ASKED_MOST = 4000, UNKNOWN_MOST = 1000 };
static const struct world_family families[] = {
    {.name = "p1-ask",
     .lang = "p1",
     .renders = "ask",
     .prefix = "ya",
     .digits = 7,
     .most = ASKED_MOST,
     .numbers = ask_numbers,
     .split = ask_split,
     .make = ask_make,
     .trains = ask_trains,
     .plan = ask_plan},
    {.name = "p1-unknown",
     .lang = "p1",
     .renders = "unknown",
     .prefix = "yu",
     .digits = 6,
     .most = UNKNOWN_MOST,
     .numbers = world_unknown_numbers,
     .split = world_unknown_split,
     .make = unknown_make,
     .plan = unknown_plan},
    {.name = "p1-requests",
     .lang = "p1",
     .renders = "requests",
     .prefix = "yr",
     .digits = 5,
     .members = 4,
     .numbers = request_numbers,
     .split = request_split,
     .make = request_make},
    {.name = "deeds",
     .prefix = "yd",
     .digits = 4,
     .members = 2,
     .numbers = deed_numbers,
     .split = deed_split,
     .make = deed_make_en},
    {.name = "p1-deeds",
     .lang = "p1",
     .renders = "deeds",
     .prefix = "ye",
     .digits = 4,
     .members = 2,
     .numbers = deed_numbers,
     .split = deed_split,
     .make = deed_make_p1},
};
const struct world_part world_part_languages = {.name = "languages",
                                                .version = 1,
                                                .words = true,
                                                .state_size = sizeof(struct languages),
                                                .draw = draw,
                                                .rows = rows,
                                                .put_row = put_row,
                                                .find = find,
                                                .families = families,
                                                .n_families = sizeof families / sizeof *families,
                                                .blocks = &world_block_parallel,
                                                .n_blocks = 1};
