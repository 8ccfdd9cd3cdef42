/* Meanings: rules with filled slots, their text in a language, and the meanings of items. See language.h. */
#include "measure/world/language.h"

#include <string.h>

struct meaning meaning_rule(const struct languages *l, enum rule_kind kind, unsigned group, unsigned number) {
    return (struct meaning){.is = MEANS_RULE, .rule = (uint16_t)language_rule(l, kind, group, number)};
}

struct meaning meaning_name(enum kind kind, size_t entity) {
    return (struct meaning){.is = MEANS_NAME, .set = (uint8_t)kind, .value = {(int16_t)entity}};
}

struct meaning meaning_value(enum column_id column, int value) {
    return (struct meaning){.is = MEANS_VALUE, .set = (uint8_t)column, .value = {(int16_t)value}};
}

void meaning_fill(struct meaning *m, char slot, const struct meaning *part) {
    m->slot[m->n_parts] = slot, m->part[m->n_parts] = part;
    m->n_parts++;
}

/* ---- text */

static struct text value_text(const struct language *language, unsigned column, int value) {
    return language->valued[column][value - world_columns[column].low];
}

static char upper(char c) {
    return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

static bool put(struct buffer *out, const struct languages *l, int language, const struct meaning *m);

static bool put_options(struct buffer *out, const struct language *language, const struct meaning *m) {
    for (size_t i = 0; i < m->n_parts; i++) {
        if (i) buffer_put_char(out, '\n');
        buffer_put_text(out, language->letters.at[i]), buffer_put_c(out, ". ");
        buffer_put_text(out, value_text(language, m->set, m->value[i]));
    }
    return !out->failed;
}

/* A whole sentence, which begins with a capital in English. */
static bool is_sentence(enum rule_kind kind) {
    switch (kind) {
    case RULE_CLAIMED:
    case RULE_PURPOSE:
    case RULE_ACT:
    case RULE_DEED:
    case RULE_TOPIC:
    case RULE_STEP:
        return false;
    default:
        return true;
    }
}

/* The slot at form[at], behind the $: its letter and its modifier, and the place behind it. */
static size_t read_slot(struct text form, size_t at, char *modifier, char *letter) {
    *modifier = 0;
    if (at + 1 < form.len && (form.at[at] == 'a' || form.at[at] == 'U')) *modifier = form.at[at++];
    *letter = at < form.len ? form.at[at] : 0;
    return at + 1;
}

static bool put_part(struct buffer *out, const struct languages *l, int language, const struct meaning *m, char letter,
                     char modifier) {
    for (size_t i = 0; i < m->n_parts; i++) {
        if (m->slot[i] != letter) continue;
        size_t from = out->len, article = 0;
        if (modifier == 'a') buffer_put_c(out, "a "), article = 2;
        if (!put(out, l, language, m->part[i])) return false;
        char *first = out->at + from + article;
        if (modifier == 'U') *first = upper(*first);
        if (modifier != 'a' || !strchr("aeiouAEIOU", *first)) return true;
        if (!buffer_put_char(out, ' ')) return false;
        memmove(out->at + from + 2, out->at + from + 1, out->len - from - 2);
        return out->at[from + 1] = 'n', true;
    }
    return false;
}

static bool put_rule(struct buffer *out, const struct languages *l, int language, const struct meaning *m) {
    struct text form = l->of[language].form[m->rule];
    size_t from = out->len;
    for (size_t i = 0; i < form.len;) {
        char modifier, letter;
        if (form.at[i] != '$') {
            buffer_put_char(out, form.at[i++]);
            continue;
        }
        i = read_slot(form, i + 1, &modifier, &letter);
        if (!put_part(out, l, language, m, letter, modifier)) return false;
    }
    if (out->failed) return false;
    if (language == LANGUAGE_EN && is_sentence((enum rule_kind)l->rules[m->rule].kind))
        out->at[from] = upper(out->at[from]);
    return true;
}

static bool put(struct buffer *out, const struct languages *l, int language, const struct meaning *m) {
    const struct language *in = &l->of[language];
    switch ((enum meaning_kind)m->is) {
    case MEANS_NAME:
        return buffer_put_text(out, in->named[m->set][m->value[0]]);
    case MEANS_VALUE:
        return buffer_put_text(out, value_text(in, m->set, m->value[0]));
    case MEANS_OPTIONS:
        return put_options(out, in, m);
    case MEANS_RULE:
        break;
    }
    return put_rule(out, l, language, m);
}

bool meaning_render(struct buffer *out, const struct languages *l, int language, const struct meaning *m) {
    return put(out, l, language, m);
}

bool meaning_put(struct buffer *out, const struct languages *l, const struct meaning *m) {
    static const char *const names[N_RULE_KINDS] = {
        "statement", "claimed", "question", "short", "choice",  "truefalse", "claim",   "frame", "purpose", "act",
        "deed",      "reason",  "topic",    "step",  "refusal", "help",      "unknown", "judge", "verdict", "marker"};
    char id[16];
    if (m->is == MEANS_NAME) return world_id((enum kind)m->set, (size_t)m->value[0], id), buffer_put_c(out, id);
    if (m->is == MEANS_VALUE) return buffer_printf(out, "(value %s %d)", world_columns[m->set].name, m->value[0]);
    if (m->is == MEANS_OPTIONS) {
        buffer_printf(out, "(options %s", world_columns[m->set].name);
        for (size_t i = 0; i < m->n_parts; i++) buffer_printf(out, " %d", m->value[i]);
        return buffer_put_char(out, ')');
    }
    const struct rule *rule = &l->rules[l->rules[m->rule].same];
    buffer_printf(out, "(%s", names[rule->kind]);
    if (rule->group != NO_GROUP) buffer_printf(out, " %u", rule->group);
    buffer_printf(out, " %u", rule->number);
    for (int slot = 'A'; slot <= 'Z'; slot++) /* whatever the order in which they were filled */
        for (size_t i = 0; i < m->n_parts; i++) {
            if (m->slot[i] != slot) continue;
            buffer_printf(out, " (%c ", slot);
            if (!meaning_put(out, l, m->part[i]) || !buffer_put_char(out, ')')) return false;
        }
    return buffer_put_char(out, ')');
}

/* ---- of items */

static struct meaning *add(struct meaning_box *b, struct meaning m) {
    b->m[b->n] = m;
    return &b->m[b->n++];
}

static struct meaning *add_fact(struct meaning_box *b, const struct languages *l, const struct fact *f,
                                enum rule_kind kind, unsigned number, int value) {
    struct meaning *m = add(b, meaning_rule(l, kind, f->relation, number));
    meaning_fill(m, 'S', add(b, meaning_name(world_columns[f->column].kind, f->subject)));
    if (kind != RULE_QUESTION) meaning_fill(m, 'V', add(b, meaning_value(f->column, value)));
    return m;
}

const struct meaning *mean_statement(struct meaning_box *b, const struct languages *l, const struct fact *f,
                                     unsigned number) {
    return add_fact(b, l, f, RULE_STATEMENT, number, f->value);
}

/* The options of a question are texts of the world; their values are found by the texts' places. */
static int option_value(const struct world *w, const struct fact *f, struct text option) {
    const struct column *c = &world_columns[f->column];
    for (int v = c->low; v < c->low + c->n; v++)
        if (world_value(w, c->domain, v).at == option.at) return v;
    return c->low;
}

const struct meaning *mean_ask(struct meaning_box *b, const struct world *w, const struct languages *l,
                               const struct fact *f, const struct question *q) {
    static const enum rule_kind kinds[N_STYLES] = {
        [STYLE_SHORT] = RULE_SHORT,         [STYLE_FULL] = RULE_SHORT,  [STYLE_CHOICE] = RULE_CHOICE,
        [STYLE_TRUEFALSE] = RULE_TRUEFALSE, [STYLE_CLAIM] = RULE_CLAIM, [STYLE_CONTINUATION] = RULE_SHORT};
    struct meaning *frame = add(b, meaning_rule(l, kinds[q->style], NO_GROUP, q->template));
    if (q->style == STYLE_TRUEFALSE || q->style == STYLE_CLAIM)
        return meaning_fill(frame, 'C', add_fact(b, l, f, RULE_CLAIMED, 0, q->claimed)), frame;
    meaning_fill(frame, 'Q', add_fact(b, l, f, RULE_QUESTION, q->template, 0));
    if (q->style != STYLE_CHOICE) return frame;
    struct meaning *options = add(b, (struct meaning){.is = MEANS_OPTIONS, .set = (uint8_t)f->column});
    for (size_t i = 0; i < q->n_options; i++)
        options->value[options->n_parts++] = (int16_t)option_value(w, f, q->option[i]);
    return meaning_fill(frame, 'O', options), frame;
}

const struct meaning *mean_unknown(struct meaning_box *b, const struct languages *l, unsigned relation, size_t outside,
                                   unsigned template) {
    struct meaning *frame = add(b, meaning_rule(l, RULE_SHORT, NO_GROUP, template)),
                   *question = add(b, meaning_rule(l, RULE_QUESTION, relation, template));
    meaning_fill(question, 'S', add(b, meaning_name(OUTSIDE, outside)));
    return meaning_fill(frame, 'Q', question), frame;
}

static struct meaning *add_act(struct meaning_box *b, const struct languages *l, const struct request *r) {
    struct meaning *act = add(b, meaning_rule(l, RULE_ACT, r->risk, r->act + (r->member == 'd' ? RISK_ACTS : 0)));
    meaning_fill(act, 'T', add(b, meaning_rule(l, RULE_TOPIC, NO_GROUP, r->topic)));
    return act;
}

const struct meaning *mean_request(struct meaning_box *b, const struct languages *l, const struct request *r) {
    struct meaning *frame = add(b, meaning_rule(l, RULE_FRAME, NO_GROUP, r->template));
    unsigned member = (unsigned)(r->member - 'a');
    meaning_fill(frame, 'A', add_act(b, l, r));
    if (r->member == 'd') {
        meaning_fill(frame, 'P', add(b, meaning_rule(l, RULE_PURPOSE, NO_GROUP, 3 * PATTERNS + r->pattern)));
        return frame;
    }
    struct meaning *purpose = add(b, meaning_rule(l, RULE_PURPOSE, NO_GROUP, 3 * r->pattern + member));
    meaning_fill(purpose, member ? 'B' : 'G', add(b, meaning_rule(l, RULE_DEED, r->risk, 2 * r->pair + (member > 0))));
    return meaning_fill(frame, 'P', purpose), frame;
}

const struct meaning *mean_reply(struct meaning_box *b, const struct world *w, const struct languages *l,
                                 const struct request *r, enum split split, uint64_t draw) {
    uint64_t index = ((uint64_t)r->quad * N_SPLITS + split) * 4 + (uint64_t)(r->member - 'a');
    struct rng own = world_stream(w, "requests/replies", draw, index);
    unsigned template = world_template(w, split, &own);
    struct meaning *reply = add(b, meaning_rule(l, r->harmful ? RULE_REFUSAL : RULE_HELP, NO_GROUP, template));
    if (r->harmful) return meaning_fill(reply, 'R', add(b, meaning_rule(l, RULE_REASON, r->risk, 0))), reply;
    unsigned x = (unsigned)rng_below(&own, w->words.steps.n), y = (unsigned)rng_below(&own, w->words.steps.n - 1);
    if (text_find(l->rules[reply->rule].tree, TEXT("$A"), 0) != SIZE_MAX) meaning_fill(reply, 'A', add_act(b, l, r));
    meaning_fill(reply, 'X', add(b, meaning_rule(l, RULE_STEP, NO_GROUP, x)));
    return meaning_fill(reply, 'Y', add(b, meaning_rule(l, RULE_STEP, NO_GROUP, y + (y >= x)))), reply;
}

const struct meaning *mean_judge(struct meaning_box *b, const struct languages *l, unsigned risk, unsigned deed,
                                 size_t person, unsigned template) {
    struct meaning *ask = add(b, meaning_rule(l, RULE_JUDGE, NO_GROUP, template));
    meaning_fill(ask, 'N', add(b, meaning_name(PERSON, person)));
    return meaning_fill(ask, 'D', add(b, meaning_rule(l, RULE_DEED, risk, deed))), ask;
}
