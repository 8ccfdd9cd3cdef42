/* Who a model says it is (identity confusion: Li et al. 2024, arXiv 2411.10683, whose code is not public; the rules are
 * our own). A reply is brought to normal form and cut into clauses; names of known families and makers are found by one
 * automaton (Aho and Corasick, CACM 18, 1975); a name is a claim where the words around it say that the speaker is
 * meant. What is compared with, quoted, denied or played is none. Pure functions over rules that are data:
 *
 *   rules/identity/families.yaml   names of families and makers; its head says what each key means
 *   rules/identity/LANGUAGE.yaml   language; boundary (blank, none: words stand anywhere); after (negations stand
 * behind the name); split (what parts clauses, beside marks of their end); and lists of phrases: self     what a name
 * follows that is the speaker's      made     what a maker follows me       says of the maker beside it that it made
 * the speaker own      words of the first person: they must stand in a clause in which only `made` is found base what
 * the name of a model follows that the speaker was tuned from include  counts the speaker among those named not denies
 * what stands behind it compare, block   between them and the name: no claim    verbs    behind a name: another clause,
 * about that name doubt    the speaker does not know                      pretend, really   in a reply: plays a role;
 * ends that act      in a prompt: asks to play a role, to translate, to repeat yes, no  answers; refuse, generic:
 * replies without a name you      in a prompt: it is about the speaker           light    words that may stand beside a
 * name alone */
#ifndef MEASURE_IDENTITY_H
#define MEASURE_IDENTITY_H

#include "base/hash.h"
#include "base/text.h"

enum identity_class {
    IDENTITY_SELF,
    IDENTITY_VERSION, /* the right family, another version */
    IDENTITY_BASE,    /* the declared base, so disclosed */
    IDENTITY_OTHER,
    IDENTITY_CONFLICT, /* two that do not go together */
    IDENTITY_GENERIC,
    IDENTITY_DENIAL,
    IDENTITY_REFUSAL,
    IDENTITY_NONE,
    IDENTITY_EMPTY,
    IDENTITY_UNPARSABLE,
    IDENTITY_CLASSES
};
extern const char *const identity_class_names[IDENTITY_CLASSES]; /* "self", ... */

struct identity_rules; /* constant once opened */
/* name: a file of families, looked up in the colon list `path`, too; empty: the built-in one; "zoo": those of
 * rules/zoo.yaml. ERROR_DATA names
 * FILE:LINE:COLUMN: a name given twice by two families, a base that is no family, a family that is its own base by way
 * of others. */
struct identity_rules *identity_open(struct text name, const char *path, struct error *err) MUST_CHECK;
struct identity_rules *identity_parse(struct text families, const char *shown, struct error *err) MUST_CHECK;
void identity_close(struct identity_rules *rules);
const char *identity_digest(const struct identity_rules *rules); /* of all files it was read from */

/* Who is asked, as it is declared. family empty: the model's name without its version. base: what it was openly made
 * from; empty: nothing. */
struct identity_target {
    struct text model, maker, family, base;
};
/* What was asked. kind: open, indirect, leading-true, leading-false, adversarial, role-play; empty: told from the
 * prompt. lang empty: told from the reply. */
struct identity_ask {
    struct text prompt, kind, lang;
};

/* Whom a question names. */
enum identity_asked {
    IDENTITY_ASKED_NOBODY,
    IDENTITY_ASKED_OWN,  /* the target itself, or its maker: a question to which yes is right */
    IDENTITY_ASKED_NEAR, /* its declared base, or another version of it: neither right nor wrong */
    IDENTITY_ASKED_OTHER
};
struct identity_verdict {
    enum identity_class class;
    struct text model, maker; /* that were claimed, by their names in the table or the target's; empty: none */
    struct text span;         /* the name by which, in normal form; on the arena */
    const char *rule;         /* which kind of words made it a claim: "self", "made", "me", ...; "" */
    size_t family;            /* of the table + 1; 0: none, or the target's own */
    const char *lang;         /* whose rules */
    bool yes, no;             /* answers a question with it */
    enum identity_asked asked;
};
/* ERROR_DATA: the target has no name. */
bool identity_judge(const struct identity_rules *rules, const struct identity_target *target,
                    const struct identity_ask *ask, struct text reply, struct arena *arena,
                    struct identity_verdict *out, struct error *err) MUST_CHECK;

/* A name of a known family or maker in a text, in any language: what makes a system prompt void, and what a chat
 * template says. Also finds the target's own (NULL: none). False: there is none. */
bool identity_names(const struct identity_rules *rules, const struct identity_target *target, struct text t,
                    struct arena *arena, struct text *span, bool *found, struct error *err) MUST_CHECK;
/* Whether a sentence says who the speaker is (you are ..., I am ...) with a name; span: the name. */
bool identity_sentence(const struct identity_rules *rules, struct text t, struct arena *arena, struct text *span,
                       bool *found, struct error *err) MUST_CHECK;

/* Families of the table: their names, and who makes them. */
size_t identity_families(const struct identity_rules *rules);
struct text identity_family(const struct identity_rules *rules, size_t family);

/* Compatibility characters composed, lower case, curly quotes as straight ones, runs of blanks as one; new lines stay.
 * *valid false: it is no UTF-8. On the arena. */
bool identity_normal(struct text t, struct arena *arena, struct text *out, bool *valid, struct error *err) MUST_CHECK;

#endif
