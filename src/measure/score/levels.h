/* Rules that sort the answers to one prompt into a few ordered levels, 1 best (trust region preference approximation,
 * Su et al. 2025, section 2.1; any other rule of form, words, JSON or truth). Rules are data: an ordered list of
 * levels, each with what must hold; the first whose conditions hold is the level, and its score the reward. Nothing
 * here reads a record, a model or a clock: the level follows from the response, the references and the rules.
 *
 * A file of rules (YAML; built in: rules/levels/knights.yaml, rules/levels/mathematics.yaml):
 *
 *   rules: NAME            version, title: for people
 *   before: TEXT           what the prompt ends with, put in front of each response ("<think>")
 *   parts: {NAME: PART}    stretches of the response; PART, with `of: NAME` for a stretch of an earlier part, is one of
 *       inside: [OPEN, CLOSE]   between the last OPEN and the CLOSE behind it, trimmed
 *       after: TEXT             behind the last TEXT, trimmed
 *       command: boxed          the braces of the last \boxed{...} or \fbox{...}
 *       match: REGEX            the first match (its first group, where it has one)
 *   checks: {NAME: CHECK}  conditions with a name
 *   levels: [{level: N, score: X, when: CHECK or [CHECK, ...]}]
 *                          level: default 1, 2, ...; never falls; the last one has no `when`. All of a list must hold
 *
 * A CHECK is the name of a check, or one of these, with `of: PART` (default: the whole response). Of a part that was
 * not found none holds but `found: no`.
 *
 *   found: yes|no          the part was found
 *   empty: yes|no          it has no character but white space
 *   contains: TEXT|[..]    all of these texts stand in it
 *   tags: [..]             each of these stands in it exactly once, in this order
 *   regex: REGEX           (PCRE2, UTF) matches somewhere
 *   words: {least, most}   as many words between white space
 *   json: yes|SCHEMA       it is JSON; of this schema (docs/grammar.md says which schemas are read)
 *   references: yes|no     there is a reference that is not empty
 *   equals: exact|relaxed  it is a reference (relaxed: SQuAD's normal form)
 *   roles: right|given     a reference's knights and knaves: all right; all told (verify/roles.h)
 *   maths: equal|strict|lenient   equal to a reference (verify/maths.h)
 *   refusal: yes|no        it refuses (measure/rules/refusal.h)
 *   all: [..], any: [..], not: CHECK
 */
#ifndef MEASURE_LEVELS_H
#define MEASURE_LEVELS_H

#include "base/text.h"

struct level_rules;

/* NAME of built-in rules, or the path of a file, looked up in the colon list `path` too (NULL: none). NULL and
 * ERROR_USAGE for an unknown name, ERROR_DATA with FILE:LINE:COLUMN for a fault in the file. */
struct level_rules *level_rules_open(const char *name, const char *path, struct error *err) MUST_CHECK;
struct level_rules *level_rules_parse(struct text source, const char *shown_name, struct error *err) MUST_CHECK;
void level_rules_close(struct level_rules *rules);
const char *level_rules_name(const struct level_rules *rules);
struct text level_rules_source(const struct level_rules *rules); /* the file, byte by byte */
unsigned level_rules_levels(const struct level_rules *rules);    /* the highest level number */

struct level_case {
    struct text response;          /* without the prompt */
    const struct text *references; /* any of them may be met */
    size_t n_references;
};
struct level_verdict {
    unsigned level; /* 1 best */
    double score;
    size_t rule; /* which entry of `levels` decided, from 0 */
};
/* Pure; safe for threads with an arena each. False: out of memory, or a regular expression that takes too long. */
bool level_of(const struct level_rules *rules, const struct level_case *which, struct arena *arena,
              struct level_verdict *out, struct error *err) MUST_CHECK;

#endif
