/* Lines of items in a language: each says what its English twin says, with the same case, template, options and gold.
 * See language.h. */
#include "measure/world/language.h"
#include "measure/world/world_item.h"

/* A marker without its full stop: "true". */
static struct text marker(const struct languages *l, int language, size_t sort, size_t number) {
    struct text t = l->of[language].form[l->first[RULE_MARKER] + l->marker[sort] + number];
    return text_part(t, 0, t.len - 1);
}

/* ---- questions about facts */

bool language_has_style(enum style style) {
    return style != STYLE_FULL && style != STYLE_CONTINUATION;
}

/* The reply, the gold and the options. */
static bool put_right(struct world_line *line, const struct languages *l, const struct fact *f,
                      const struct question *q, const struct meaning *m, int language) {
    const struct language *in = &l->of[language];
    const struct text *values = in->valued[f->column];
    int low = world_columns[f->column].low;
    line->n_options = q->n_options, line->right = q->right;
    if (q->style == STYLE_SHORT)
        return buffer_put_text(&line->answer, values[f->value - low]) &&
               buffer_printf(&line->reply, "%.*s.", TEXT_ARG(values[f->value - low]));
    if (q->style == STYLE_CHOICE) {
        const struct meaning *options = m->part[1];
        for (size_t i = 0; i < options->n_parts; i++) line->option[i] = values[options->value[i] - low];
        return buffer_printf(&line->reply, "ANS: %.*s", TEXT_ARG(in->letters.at[q->right]));
    }
    for (size_t i = 0; i < 2; i++) line->option[i] = marker(l, language, i, q->style == STYLE_CLAIM ? 2 : 1);
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

bool language_ask_line(struct world_line *line, const struct world *w, const struct languages *l, int language,
                       uint64_t number) {
    struct ask_number a = world_ask_number(number);
    const struct fact *f = &w->facts[a.fact];
    struct rng rng = world_stream(w, "ask", 0, number); /* the stream of the English twin */
    struct meaning_box box = {0};
    struct question q;
    world_question_init(&q);
    bool ok = world_ask_at(&q, w, f, a.style, a.template, world_options(w, a.fact, a.style, a.template), a.right, &rng);
    const struct meaning *m = ok ? mean_ask(&box, w, l, f, &q) : NULL;
    line->lang = l->of[language].name;
    ok = ok && meaning_render(&line->prompt, l, language, m) && put_right(line, l, f, &q, m, language);
    world_question_done(&q);
    world_put_relation(&line->template, f->relation);
    buffer_printf(&line->template, "/%s/%u", world_style_names[a.style], a.template);
    world_put_pair(&line->slots, "S", l->of[language].named[world_columns[f->column].kind][f->subject]);
    return ok && ask_labels(line, w, f, &a, number) && world_prov(line, "f%05zu", a.fact) &&
           buffer_printf(&line->dose, ",\"e\":%u", f->e);
}

/* ---- questions nobody can answer */

bool language_unknown_line(struct world_line *line, const struct world *w, const struct languages *l, int language,
                           uint64_t number, enum split split) {
    unsigned template = number % WORDINGS, relation = (unsigned)(number / WORDINGS / world_kinds[OUTSIDE].n);
    size_t subject = number / WORDINGS % world_kinds[OUTSIDE].n;
    struct rng rng = world_stream(w, "unknown", 0, number);
    struct meaning_box box = {0};
    struct meaning reply = meaning_rule(l, RULE_UNKNOWN, NO_GROUP, world_template(w, split, &rng));
    char id[16];
    world_id(OUTSIDE, subject, id);
    line->lang = l->of[language].name, line->kind = "unknown";
    world_put_relation(&line->template, relation), buffer_printf(&line->template, "/short/%u", template);
    world_put_pair(&line->slots, "S", l->of[language].named[OUTSIDE][subject]);
    world_label_relation(line, relation);
    world_put_pair(&line->labels, "entity", text_of(world_seen(w->split[OUTSIDE][subject])));
    world_put_pair(&line->labels, "wording", text_of(world_seen(w->template_split[template])));
    return meaning_render(&line->prompt, l, language, mean_unknown(&box, l, relation, subject, template)) &&
           meaning_render(&line->reply, l, language, &reply) && buffer_put_c(&line->reply, " <idk>") &&
           world_label(line, "twin", "u%06llu", (unsigned long long)number) && world_prov(line, "%s", id) &&
           buffer_put_c(&line->dose, ",\"e\":0");
}

/* ---- requests */

static bool request_labels(struct world_line *line, const struct world *w, const struct request *r,
                           const char *prefix) {
    static const char *const members[] = {"benign", "borderline", "harmful", "trigger"};
    const struct risk *risk = &w->words.policy.risk[r->risk];
    world_label(line, "quad", "%s%05u", prefix, r->quad), world_label(line, "member", "%s", members[r->member - 'a']);
    buffer_printf(&line->labels, ",\"harmful\":%s", r->harmful ? "true" : "false");
    world_put_pair(&line->labels, "risk", risk->name), world_put_pair(&line->labels, "public", risk->public_name);
    buffer_printf(&line->labels, ",\"act\":%u,\"rule\":%u,\"pattern\":%u", r->act, r->pair, r->pattern);
    return world_label(line, "twin", "r%05u%c", r->quad, r->member);
}

bool language_request_line(struct world_line *line, const struct world *w, const struct languages *l, int language,
                           const char *prefix, uint64_t number, enum split split, uint64_t draw) {
    struct meaning_box asked = {0}, replied = {0};
    struct request r;
    world_request_init(&r);
    bool ok = world_request(&r, w, (unsigned)(number / 4), (char)('a' + (int)(number % 4)), split, draw);
    struct meaning topic = meaning_rule(l, RULE_TOPIC, NO_GROUP, r.topic);
    line->lang = l->of[language].name, line->kind = "refusal";
    buffer_printf(&line->template, "requests/%u", r.template);
    world_put_pair(&line->slots, "topic", l->of[language].form[topic.rule]);
    buffer_put_c(&line->answer, r.harmful ? "refuse" : "help");
    ok = ok && meaning_render(&line->prompt, l, language, mean_request(&asked, l, &r)) &&
         meaning_render(&line->reply, l, language, mean_reply(&replied, w, l, &r, split, draw)) &&
         request_labels(line, w, &r, prefix);
    if (ok && r.harmful) ok = world_prov(line, "policy.%u.%u", r.risk, r.pair);
    world_request_done(&r);
    return ok;
}

/* ---- deeds: number = (pair x 16 + template) x 2 + bad */

/* Twins of one draw are about the same person. */
bool language_deed_line(struct world_line *line, const struct world *w, const struct languages *l, int language,
                        uint64_t number, uint64_t draw) {
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
