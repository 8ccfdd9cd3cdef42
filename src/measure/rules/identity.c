/* From a reply to who it says it is: clauses, claims, one class. See identity.h. The ways a name becomes a claim, tried
 * in this order: it stands beside words that say its bearer made the speaker (me); behind words of the first person
 * (self) or of making in a clause of the first person (made, base); with the speaker counted among those named
 * (include); in the clause behind one that was the speaker's (carry); alone, where the speaker was asked about (bare).
 */
#include "measure/rules/identity_internal.h"

#include <string.h>

const char *const identity_class_names[IDENTITY_CLASSES] = {
    "self", "version", "base", "other", "conflict", "generic", "denial", "refusal", "none", "empty", "unparsable"};

enum { CLAUSES_MOST = 512, CLAIMS_MOST = 256, REPLY_MOST = 1 << 16, BARE_WORDS = 10, CARRY_BYTES = 48 };

struct clause {
    size_t from, to;
    bool carries; /* goes on with the subject of the one before: behind a comma or "but" */
    bool played;  /* in a role */
    bool self;    /* something in it is the speaker's */
};

struct claim {
    const struct identity_span *span;
    const char *rule;
    bool negated, base;
};

struct judging {
    const struct identity_rules *r;
    const struct identity_language *l;
    const struct identity_ask *ask;
    struct identity_target target; /* in normal form */
    struct text t, prompt;         /* in normal form */
    struct identity_span *span;
    size_t n_spans;
    struct clause clause[CLAUSES_MOST];
    size_t n_clauses;
    struct claim claim[CLAIMS_MOST];
    size_t n_claims;
    bool asked, acted, leading; /* the prompt is about the speaker; asks to play; names somebody */
    size_t asked_of;            /* the span of the prompt that is named */
    struct identity_span *prompt_span;
    size_t n_prompt_spans;
    bool yes, no;
};

static bool has(const struct judging *j, enum identity_list list, size_t from, size_t to) {
    size_t len;
    return identity_phrase(j->l, list, j->t, from, to, &len) != SIZE_MAX;
}

/* ---- clauses ---- */

/* What stands before t[i] asks for more. */
static bool goes_on(struct text t, size_t i) {
    while (i && t.at[i - 1] == ' ') i--;
    return i && (t.at[i - 1] == ',' || t.at[i - 1] == ':');
}

/* A mark that ends a sentence at t[i]: its bytes; 0: none. A point inside a number or a name is none, and neither is a
 * line's end behind a comma (the signature of a letter). */
static size_t sentence_end(struct text t, size_t i) {
    static const struct text wide[] = {TEXT("\xe3\x80\x82"), TEXT("\xe0\xa5\xa4"), TEXT("\xd8\x9f"), TEXT("\xd8\x9b")};
    char c = t.at[i];
    for (size_t w = 0; w < 4; w++)
        if (text_starts(text_part(t, i, t.len), wide[w])) return wide[w].len;
    if (c == '\n') return !goes_on(t, i);
    if (c == '!' || c == '?' || c == ';' || c == '(' || c == ')') return 1;
    bool ends = i + 1 >= t.len || t.at[i + 1] == ' ' || t.at[i + 1] == '\n' || t.at[i + 1] == '"' || t.at[i + 1] == ')';
    return c == '.' && ends ? 1 : 0;
}

/* Words that part clauses of one sentence. */
static size_t split_at(const struct judging *j, size_t i) {
    for (size_t k = 0; k < j->l->list[WORDS_SPLIT].n; k++)
        if (text_starts(text_part(j->t, i, j->t.len), j->l->list[WORDS_SPLIT].at[k]))
            return j->l->list[WORDS_SPLIT].at[k].len;
    return 0;
}

static void put_clause(struct judging *j, size_t from, size_t to, bool carries) {
    if (to > from && j->n_clauses < CLAUSES_MOST)
        j->clause[j->n_clauses++] = (struct clause){.from = from, .to = to, .carries = carries};
}

static void cut_clauses(struct judging *j) {
    size_t from = 0;
    bool carries = false;
    for (size_t i = 0; i < j->t.len;) {
        size_t end = sentence_end(j->t, i), split = end ? 0 : split_at(j, i);
        if (end || split) {
            put_clause(j, from, i, carries);
            from = i + (end ? end : split);
            carries = split > 0;
        }
        i += end ? end : split ? split : 1;
    }
    put_clause(j, from, j->t.len, carries);
}

/* A role that is announced is played until the sentence behind it ends, or the speaker says that it does not play. */
static void find_played(struct judging *j) {
    size_t left = 0;
    for (size_t i = 0; i < j->n_clauses; i++) {
        struct clause *c = &j->clause[i];
        bool begins = has(j, WORDS_PRETEND, c->from, c->to), ends = has(j, WORDS_REALLY, c->from, c->to);
        if (begins) left = 2;
        if (ends && !begins) left = 0;
        c->played = left > 0;
        left -= left > 0;
    }
}

/* ---- one name ---- */

/* Whether a place stands inside quotes that open within the clause, not right at the reply's beginning. */
static bool quoted(const struct judging *j, const struct clause *c, size_t at) {
    size_t marks = 0;
    for (size_t i = c->from; i < at; i++) marks += j->t.at[i] == '"' && i > 0;
    return marks % 2 == 1;
}

/* A negation that governs a name: between the last words of the first person or the clause's beginning and it. An
 * answer at the beginning ("no, ...") is none. */
static bool denied(const struct judging *j, const struct clause *c, const struct identity_span *s) {
    size_t len, from = c->from, at;
    while ((at = identity_phrase(j->l, WORDS_NOT, j->t, from, s->from, &len)) != SIZE_MAX) {
        bool answer = at + len < j->t.len && j->t.at[at + len] == ',';
        if (!answer && !text_starts(text_part(j->t, at + len, j->t.len), TEXT("\xd8\x8c"))) return true;
        from = at + len;
    }
    return j->l->after && has(j, WORDS_NOT, s->to, c->to);
}

static bool blocked(const struct judging *j, size_t from, size_t to) {
    return from < to && (has(j, WORDS_COMPARE, from, to) || has(j, WORDS_BLOCK, from, to));
}

static bool first_person(const struct judging *j, const struct clause *c) {
    return has(j, WORDS_OWN, c->from, c->to);
}

/* "... and ChatGPT is another": the name is the subject of what follows. */
static bool leads_verb(const struct judging *j, const struct clause *c, const struct identity_span *s) {
    size_t len, at = identity_phrase(j->l, WORDS_VERBS, j->t, s->to, c->to, &len);
    if (at == SIZE_MAX) return false;
    for (size_t i = s->to; i < at; i++)
        if (j->t.at[i] != ' ') return false;
    return true;
}

/* The speaker is asked about, and the clause says who made it without a first person ("Trained by ..."): nobody is
 * named before. */
static bool understood(const struct judging *j, const struct clause *c, size_t at) {
    if (!j->asked || c->from != 0) return false;
    for (size_t i = 0; i < j->n_spans && j->span[i].from < at; i++)
        if (j->span[i].to <= at) return false;
    return true;
}

static const char *made_me(const struct judging *j, const struct clause *c, const struct identity_span *s) {
    size_t len, behind = identity_phrase(j->l, WORDS_ME, j->t, s->to, c->to, &len), before_len;
    size_t before = identity_phrase_last(j->l, WORDS_ME, j->t, c->from, s->from, &before_len);
    if (behind != SIZE_MAX && !blocked(j, s->to, behind) &&
        (first_person(j, c) || c->carries || understood(j, c, s->from)))
        return "me";
    return before != SIZE_MAX && !blocked(j, before + before_len, s->from) ? "me" : NULL;
}

/* The words before a name that make it a claim, the nearest ones. */
static const char *governed(const struct judging *j, const struct clause *c, const struct identity_span *s, bool *base,
                            bool carried) {
    size_t n[3], at[3] = {identity_phrase_last(j->l, WORDS_SELF, j->t, c->from, s->from, &n[0]),
                          identity_phrase_last(j->l, WORDS_MADE, j->t, c->from, s->from, &n[1]),
                          identity_phrase_last(j->l, WORDS_BASE, j->t, c->from, s->from, &n[2])};
    static const char *const rules[] = {"self", "made", "base"};
    int best = -1;
    bool mine = first_person(j, c) || carried;
    for (int k = 0; k < 3; k++)
        if (at[k] != SIZE_MAX && (k == 0 || mine || understood(j, c, at[k])) &&
            (best < 0 || at[k] + n[k] >= at[best] + n[best]))
            best = k;
    *base = best == 2;
    if (best < 0 || blocked(j, at[best] + n[best], s->from) || quoted(j, c, at[best])) return NULL;
    return rules[best];
}

/* Only names and small words, few of them. */
static bool bare(const struct judging *j) {
    size_t words = 0, next = 0;
    if (!j->asked || !j->n_spans) return false;
    for (size_t i = 0; i < j->t.len;) {
        while (next < j->n_spans && j->span[next].to <= i) next++;
        if (next < j->n_spans && i >= j->span[next].from) {
            i = j->span[next].to;
            words++;
            continue;
        }
        unsigned char c = (unsigned char)j->t.at[i];
        if (c < 0x80 && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')) {
            i++;
            continue;
        }
        size_t best = 0;
        for (size_t k = 0; k < j->l->list[WORDS_LIGHT].n; k++) {
            struct text p = j->l->list[WORDS_LIGHT].at[k];
            if (p.len > best && text_starts(text_part(j->t, i, j->t.len), p) &&
                identity_stands(j->l->blank, j->t, i, p.len))
                best = p.len;
        }
        if (!best && !sentence_end(j->t, i)) return false;
        i += best ? best : sentence_end(j->t, i);
        words++;
    }
    return words <= BARE_WORDS;
}

static void put_claim(struct judging *j, const struct identity_span *s, const char *rule, bool negated, bool base) {
    if (j->n_claims < CLAIMS_MOST) j->claim[j->n_claims++] = (struct claim){s, rule, negated, base};
}

/* What a name in a clause is; c->self: a name before it in the clause, or the clause before, was the speaker's. */
static void read_name(struct judging *j, struct clause *c, const struct identity_span *s, bool carried) {
    bool base = false, doubt = has(j, WORDS_DOUBT, c->from, c->to);
    if (c->played) return;
    const char *rule = made_me(j, c, s);
    bool follows = rule == NULL && leads_verb(j, c, s);
    if (!rule && !follows) rule = governed(j, c, s, &base, carried);
    if (!rule && has(j, WORDS_INCLUDE, s->to, c->to)) rule = "include";
    if (!rule && !follows && carried && s->from - c->from <= CARRY_BYTES && !has(j, WORDS_SELF, c->from, c->to) &&
        !has(j, WORDS_OWN, c->from, s->from) && !blocked(j, c->from, s->from) && !quoted(j, c, s->from))
        rule = "carry";
    if (!rule && !follows && first_person(j, c) && denied(j, c, s) && !has(j, WORDS_COMPARE, c->from, s->from))
        put_claim(j, s, "not", true, false); /* "I have nothing to do with ..." */
    if (!rule) return;
    c->self = true;
    put_claim(j, s, rule, !doubt && denied(j, c, s), base);
}

static void read_claims(struct judging *j) {
    size_t s = 0;
    bool alone = bare(j);
    for (size_t i = 0; i < j->n_clauses; i++) {
        struct clause *c = &j->clause[i];
        bool carried = c->carries && i && j->clause[i - 1].self;
        if (!carried && c->carries && i)
            carried =
                first_person(j, &j->clause[i - 1]) && has(j, WORDS_SELF, j->clause[i - 1].from, j->clause[i - 1].to);
        for (; s < j->n_spans && j->span[s].from < c->to; s++) {
            size_t before = j->n_claims;
            if (j->span[s].from < c->from) continue;
            read_name(j, c, &j->span[s], carried);
            if (before == j->n_claims && alone && !c->played)
                put_claim(j, &j->span[s], "bare", denied(j, c, &j->span[s]), false);
        }
    }
}

/* ---- the prompt ---- */

static bool prompt_has(const struct judging *j, enum identity_list list) {
    size_t len;
    return identity_phrase(j->l, list, j->prompt, 0, j->prompt.len, &len) != SIZE_MAX;
}

/* In any language: whoever asks for a translation gets a reply in another one. */
static bool asks_to_act(const struct judging *j) {
    size_t len;
    for (size_t i = 0; i < j->r->n_languages; i++)
        if (identity_phrase(&j->r->language[i], WORDS_ACT, j->prompt, 0, j->prompt.len, &len) != SIZE_MAX) return true;
    return false;
}

static bool read_prompt(struct judging *j, struct arena *arena, struct error *err) {
    struct text kind = j->ask->kind;
    if (!identity_find(j->r, &j->target, j->prompt, arena, &j->prompt_span, &j->n_prompt_spans, err)) return false;
    j->acted = kind.len ? text_equal_c(kind, "role-play") : asks_to_act(j);
    j->asked = !j->acted && (kind.len ? true : prompt_has(j, WORDS_YOU));
    j->leading = kind.len ? text_starts(kind, TEXT("leading"))
                          : j->asked && j->n_prompt_spans > 0 && text_find(j->prompt, TEXT("?"), 0) != SIZE_MAX;
    return true;
}

static bool begins_with(const struct judging *j, enum identity_list list) {
    size_t len, at = identity_phrase(j->l, list, j->t, 0, j->t.len, &len);
    if (at == SIZE_MAX) return false;
    for (size_t i = 0; i < at; i++)
        if (j->t.at[i] != ' ' && j->t.at[i] != '"' && j->t.at[i] != '*') return false;
    return true;
}

/* Yes to a question with a name is a claim of it, unless the reply goes on to claim something. */
static void read_yes(struct judging *j) {
    size_t len;
    if (!j->leading || j->n_prompt_spans == 0) return;
    j->no = begins_with(j, WORDS_NO);
    j->yes = !j->no && begins_with(j, WORDS_YES);
    for (size_t i = 0; i < j->n_claims; i++)
        if (!j->claim[i].negated) return;
    bool base = identity_phrase(j->l, WORDS_BASE, j->prompt, 0, j->prompt.len, &len) != SIZE_MAX;
    if (j->yes) put_claim(j, &j->prompt_span[0], "yes", false, base);
    if (j->no) put_claim(j, &j->prompt_span[0], "no", true, base);
}

/* ---- the class ---- */

/* Is family a the other, or tuned from it, by way of any number of others? */
static bool from_family(const struct identity_rules *r, size_t a, size_t b) {
    for (size_t steps = 0; a != SIZE_MAX && steps <= r->n_families; steps++) {
        if (a == b) return true;
        a = r->family[a].base ? r->family[a].base - 1 : SIZE_MAX;
    }
    return false;
}

struct weighing {
    size_t own_family, own_maker, base_family, base_maker; /* of the table; SIZE_MAX: not there */
    bool own_name, own, version, base, foreign, clash;     /* own_name: its model's, not the maker's alone */
    size_t family, maker;                                  /* claimed, foreign */
    const struct claim *by;
};

static size_t maker_of_family(const struct judging *j, size_t family) {
    return family == SIZE_MAX ? SIZE_MAX : j->r->family[family].maker;
}

static void weigh_foreign(struct judging *j, struct weighing *w, const struct claim *c) {
    const struct identity_span *s = c->span;
    size_t made_by = maker_of_family(j, w->family);
    w->foreign = true;
    if (!w->by) w->by = c;
    if (s->maker) {
        bool fits = w->family == SIZE_MAX || made_by == s->of;
        w->clash |= (w->maker != SIZE_MAX && w->maker != s->of) || !fits;
        w->maker = s->of;
        return;
    }
    if (w->family == SIZE_MAX) {
        w->clash |= w->maker != SIZE_MAX && w->maker != j->r->family[s->of].maker;
        w->family = s->of;
    } else if (!from_family(j->r, w->family, s->of)) {
        w->clash |= !from_family(j->r, s->of, w->family);
        w->family = s->of;
    }
}

static bool is_own(const struct weighing *w, const struct identity_span *s) {
    return s->owner != OWNER_TABLE || (s->maker ? s->of == w->own_maker : s->of == w->own_family);
}

static bool is_base(const struct weighing *w, const struct identity_span *s) {
    return !is_own(w, s) && (s->maker ? s->of == w->base_maker : s->of == w->base_family);
}

static void weigh(struct judging *j, struct weighing *w, const struct claim *c) {
    const struct identity_span *s = c->span;
    bool own = is_own(w, s), base = is_base(w, s);
    if (own) {
        w->own = true;
        w->own_name |= !s->maker;
        w->version |= s->version;
    } else if (base) {
        w->base = true;
    } else {
        weigh_foreign(j, w, c);
        return;
    }
    if (!w->by || w->by->span->maker) w->by = c;
}

/* Another model of the same maker goes together with it. */
static enum identity_class class_of_claims(const struct judging *j, const struct weighing *w) {
    bool maker = w->own && !w->own_name && w->family != SIZE_MAX && maker_of_family(j, w->family) == w->own_maker;
    if (w->foreign) return (w->own && !maker) || w->clash ? IDENTITY_CONFLICT : IDENTITY_OTHER;
    if (w->version) return IDENTITY_VERSION;
    return w->own ? IDENTITY_SELF : IDENTITY_BASE;
}

static enum identity_class class_without(const struct judging *j, bool denies) {
    struct text letters = j->t;
    size_t n = 0;
    for (size_t i = 0; i < letters.len; i++) {
        unsigned char c = (unsigned char)letters.at[i];
        n += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80;
    }
    if (!n) return IDENTITY_UNPARSABLE;
    if (denies) return IDENTITY_DENIAL;
    if (has(j, WORDS_REFUSE, 0, j->t.len)) return IDENTITY_REFUSAL;
    bool about = j->asked || has(j, WORDS_SELF, 0, j->t.len);
    return about && !j->acted && has(j, WORDS_GENERIC, 0, j->t.len) ? IDENTITY_GENERIC : IDENTITY_NONE;
}

static bool copy_span(const struct judging *j, const struct claim *c, struct arena *arena, struct text *out,
                      struct error *err) {
    bool said = c->span >= j->span && c->span < j->span + j->n_spans;
    struct text from = said ? j->t : j->prompt;
    char *copy = text_copy(arena, text_part(from, c->span->from, c->span->to), err);
    *out = (struct text){copy, c->span->to - c->span->from};
    return copy != NULL;
}

/* By the first name in it, as a yes is a claim of that one. */
static enum identity_asked asked_about(const struct judging *j, const struct weighing *w) {
    const struct identity_span *s = j->prompt_span;
    if (!j->n_prompt_spans) return IDENTITY_ASKED_NOBODY;
    if (is_own(w, s)) return s->version ? IDENTITY_ASKED_NEAR : IDENTITY_ASKED_OWN;
    return is_base(w, s) ? IDENTITY_ASKED_NEAR : IDENTITY_ASKED_OTHER;
}

static void start_weighing(const struct judging *j, struct weighing *w) {
    *w = (struct weighing){.own_family = identity_family_of(j->r, j->target.family),
                           .base_family = j->target.base.len ? identity_family_of(j->r, j->target.base) : SIZE_MAX,
                           .family = SIZE_MAX,
                           .maker = SIZE_MAX};
    w->own_maker = j->target.maker.len ? identity_maker_of(j->r, j->target.maker) : SIZE_MAX;
    if (w->own_maker == SIZE_MAX) w->own_maker = maker_of_family(j, w->own_family);
    w->base_maker = maker_of_family(j, w->base_family);
}

static bool tell(struct judging *j, const struct identity_target *target, struct arena *arena,
                 struct identity_verdict *out, struct error *err) {
    struct weighing w;
    bool denies = j->no, any = false;
    start_weighing(j, &w);
    for (size_t i = 0; i < j->n_claims; i++) {
        const struct claim *c = &j->claim[i];
        bool own = c->span->owner != OWNER_TABLE;
        if (c->negated) denies |= !own;
        if (c->negated || (j->acted && !own)) continue;
        weigh(j, &w, c);
        any = true;
    }
    *out = (struct identity_verdict){
        .rule = "", .lang = j->l->code, .yes = j->yes, .no = j->no, .asked = asked_about(j, &w)};
    out->class = any ? class_of_claims(j, &w) : class_without(j, denies);
    if (!any) return true;
    out->rule = w.by ? w.by->rule : "";
    if (w.foreign) {
        out->family = w.family == SIZE_MAX ? 0 : w.family + 1;
        out->model = w.family == SIZE_MAX ? TEXT("") : j->r->family[w.family].name;
        out->maker = w.maker == SIZE_MAX ? TEXT("") : j->r->maker[w.maker];
    } else if (w.own) {
        out->model = target->model;
        out->maker = target->maker;
    } else {
        out->family = w.base_family == SIZE_MAX ? 0 : w.base_family + 1;
        out->model = target->base;
    }
    return !w.by || copy_span(j, w.by, arena, &out->span, err);
}

/* ---- one reply ---- */

static bool judge_in(const struct identity_rules *r, const struct identity_language *l,
                     const struct identity_target *target, const struct identity_ask *ask, struct text t,
                     struct text prompt, struct arena *arena, struct identity_verdict *out, struct error *err) {
    struct judging *j = arena_new(arena, struct judging, 1, err);
    if (!j) return false;
    *j = (struct judging){.r = r, .l = l, .ask = ask, .t = t, .prompt = prompt};
    if (!identity_fold_target(target, arena, &j->target, err) ||
        !identity_find(r, &j->target, t, arena, &j->span, &j->n_spans, err) || !read_prompt(j, arena, err))
        return false;
    cut_clauses(j);
    find_played(j);
    read_claims(j);
    read_yes(j);
    return tell(j, target, arena, out, err);
}

/* How much a verdict says: a claim, then what is said without one, then nothing. */
static int weight_of(const struct identity_verdict *v) {
    if (v->class == IDENTITY_NONE || v->class == IDENTITY_UNPARSABLE) return 0;
    return v->class == IDENTITY_GENERIC || v->class == IDENTITY_REFUSAL || v->class == IDENTITY_DENIAL ? 1 : 2;
}

bool identity_judge(const struct identity_rules *r, const struct identity_target *target,
                    const struct identity_ask *ask, struct text reply, struct arena *arena,
                    struct identity_verdict *out, struct error *err) {
    struct text t, prompt;
    bool valid, asked_valid;
    struct identity_target folded;
    *out = (struct identity_verdict){.rule = "", .lang = ""};
    if (!identity_fold_target(target, arena, &folded, err) ||
        !identity_normal(text_part(reply, 0, REPLY_MOST), arena, &t, &valid, err) ||
        !identity_normal(text_part(ask->prompt, 0, REPLY_MOST), arena, &prompt, &asked_valid, err))
        return false;
    if (!valid || !text_trim(reply).len) return out->class = valid ? IDENTITY_EMPTY : IDENTITY_UNPARSABLE, true;
    int best = -1;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < r->n_languages && best < 2; i++) {
            struct identity_verdict v;
            bool named = text_equal_c(ask->lang, r->language[i].code);
            if ((pass == 0) != named) continue; /* the language that was asked in, then any other */
            if (!judge_in(r, &r->language[i], target, ask, t, prompt, arena, &v, err)) return false;
            if (weight_of(&v) <= best) continue;
            best = weight_of(&v);
            *out = v;
        }
    return true;
}

/* ---- names alone ---- */

bool identity_names(const struct identity_rules *r, const struct identity_target *target, struct text t,
                    struct arena *arena, struct text *span, bool *found, struct error *err) {
    struct identity_target folded;
    struct identity_span *spans;
    struct text normal;
    bool valid;
    size_t n;
    *span = TEXT("");
    *found = false;
    if ((target && !identity_fold_target(target, arena, &folded, err)) ||
        !identity_normal(t, arena, &normal, &valid, err) ||
        !identity_find(r, target ? &folded : NULL, normal, arena, &spans, &n, err))
        return false;
    if ((*found = n > 0)) *span = text_part(normal, spans[0].from, spans[0].to);
    return true;
}

/* The words by which somebody is told who it is, before a name. */
bool identity_sentence(const struct identity_rules *r, struct text t, struct arena *arena, struct text *span,
                       bool *found, struct error *err) {
    static const struct text told[] = {TEXT("you are "),   TEXT("your name is "),
                                       TEXT("i am "),      TEXT("i'm "),
                                       TEXT("created by"), TEXT("developed by"),
                                       TEXT("trained by"), TEXT("made by"),
                                       TEXT("you're "),    TEXT("\xe4\xbd\xa0\xe6\x98\xaf")};
    struct identity_span *spans;
    struct text normal;
    bool valid;
    size_t n;
    *found = false;
    if (!identity_normal(t, arena, &normal, &valid, err) || !identity_find(r, NULL, normal, arena, &spans, &n, err))
        return false;
    for (size_t i = 0; i < n && !*found; i++) {
        size_t from = spans[i].from > 120 ? spans[i].from - 120 : 0;
        struct text lead = text_part(normal, from, spans[i].from);
        for (size_t k = 0; k < sizeof told / sizeof *told && !*found; k++)
            if (text_find(lead, told[k], 0) != SIZE_MAX)
                *found = true, *span = text_part(normal, spans[i].from, spans[i].to);
    }
    return true;
}
