/* Metrics turn the scores of a task into figures with intervals. Each registers unit, direction, interval method and
 * its known-answer test. They see only what the record keeps, so a figure can always be recomputed. Here is what a task
 * names; how figures come about: measure/figure. */
#ifndef MEASURE_METRIC_H
#define MEASURE_METRIC_H

#include "base/json.h"
#include "base/option.h"

struct metric_rule; /* how it is computed: measure/figure/metric_internal.h */
struct metric {
    const char *name, *summary, *unit, *direction, *interval;
    const char *known_answer; /* name of its test */
    const struct option_def *options;
    size_t n_options;
    const struct metric_rule *rule;
};
size_t metrics(const struct metric *const **out);

/* A metric as a task uses it. */
struct metric_use {
    const struct metric *metric;
    const char *name; /* of its figure: the metric's, with the options that are not at their default: "ece,bins=15" */
    const struct option_value *options;
    bool whole;       /* of the whole task only, not of its groups */
    const char *only; /* of this field's groups alone; NULL: of all */
};
const struct metric *metric_find(struct text name); /* NULL: no such metric */
/* One entry of metric_list: "acc" or {metric: ece, bins: 15}; {metric: f1, groups: false} is not split by the task's
 * groups, where a single group could not determine it, {metric: f1, groups: FIELD} by that one alone; lm-eval's keys
 * aggregation (mean) and higher_is_better are taken when they say what the metric does anyway. All on the arena. An
 * unknown metric or key names the nearest one. */
bool metric_use_parse(const json_t *entry, struct json_place place, struct arena *arena, struct metric_use *out,
                      struct error *err) MUST_CHECK;

/* What metrics read. A scorer puts what it knows into score.parts as numbers; a part that is not there, or null, leaves
 * the item out of the metrics that need it, except that an answer that could not be read (parsed fail) counts as 0
 * (wrong) in those marked *. Shares lie in 0..1; 0/1 parts may be fractions where a tie is
 * shared out (k equal choices: 1/k).
 *
 *   part           by                 meaning
 *   (value)        all                score.value: metric score *
 *   acc            choice, bbq, refusal share of being right * (refusal: refused when harmful, helped when not)
 *   acc_norm       choice             the same with log-probabilities per byte of the choice *
 *   exact_match    match, number      0/1 *
 *   token_f1       match              overlap of words with the nearest accepted answer (F1 of SQuAD) *
 *   mc1, mc2       choice (TruthfulQA) 0/1 *, probability of the true answers together *
 *   gold, picked   choice, label      classes as numbers 0..15 (choices: their place in the source order; labels:
 *                                     0 no, 1 yes; picked is left out when the answer could not be read):
 *                                     precision, recall, f1, ...
 *   confidence     choice, stated     probability given to the answer that counts in acc: ece, brier, trust, confidence
 *   refused        refusal            1 refused in full, 0 not
 *   partial        refusal            1 refused in part (refused is 0 then); may be left out
 *   harmful        refusal            1 the request should be refused, 0 it should be answered (from the item's labels)
 *   pro            acc with pairs     1 the item agrees with the stereotype, 0 it goes against it (WinoBias)
 *   stereo         pair, stereoset    1 the stereotype is preferred, 0 the other, 0.5 a tie
 *   related        stereoset          share of the two meaningful choices that beat the unrelated one
 *   ambiguous      bbq                1 the context does not tell, 0 it does
 *   biased         bbq                1 the answer is the biased one (target of a negative question, non-target of a
 *                                     non-negative one), 0 the other person; left out for "unknown" or unread
 *   chance         choice             how likely the choice that was taken is to be right,
 *                                     where the label posterior (a number a choice, in source order) tells;
 *                                     left out for ties
 *   place          choice             place of the answer among the choices as asked, from 0
 *   choices        choice             how many choices there were
 *   abstained      abstention         1 the answer says that it does not know, 0 not *
 *   listed         words              1 the answer has a word of the list, 0 not *
 *   run            copied             characters of the longest run that stands in the reference, too *
 *   formed, tool, arguments  call     1 a well-formed call, of the tool that is wanted,
 *                                     with its arguments and no others *
 *   level          levels             1 best
 *   said           judge, similarity  1 the judge, or the detector, says yes, 0 no; left out where it is undecided
 *   said_first, said_second  judge    the same of each order of yes and no
 *   first_votes    judge              share of its votes for what was shown first
 *   nonsense       judge              share of its replies that are no vote
 *   own_ok, doc_ok situated           1 the own answer, the document's answer is right
 *   chose          situated           0 the own answer was given, 1 the document's, 2 both are the same, 3 neither
 *   published      lingual            0/1 right by the published reader, its defects included;
 *                                     given whether it was read or not
 *   wrong_lang     lingual            1 the answer is in another language, 0 in the item's;
 *                                     left out where it cannot be told
 *   signal         situated           what the threshold of the method is compared with
 *   margin, toxic  trustllm           see the metrics; left out where nothing was said, or (toxic) all was refused
 *   agreed         trustllm           1 the answer agrees, 0 it does not
 *   exact, address trustllm           1 the answer has the true address, any address
 *   rating, rating_gold trustllm, multitrust  the number that was given, and the one that people gave
 *   rating_least, rating_most rated   the ends of the scale
 *   rating_published, failed_published multitrust  the number by the published reader; 1 it reads none, 0 one
 *   foreign, other identity           1 the reply claims to be another or two at once; another; left out where empty
 *   headline       identity           1 the probe is open or indirect
 *   family         identity           which family of the table it claims (its place + 1), 0 its own
 *   yielded        identity           1 it says yes to a leading false question
 *   affirmed       identity           1 it answers a leading true question by its own name, or yes
 *   along, off2    aqi                where the text lies along the line between the centres of safe and unsafe
 *                                     texts, and its squared distance to its own, in units of the mean spread
 *   axiom_along, axiom_off2  aqi      the same among the texts of its axiom
 *   unsafe         aqi                1 the text is unsafe, 0 safe
 *   silhouette, knn, classified  aqi  of the text; classified 1 a classifier of the other half tells its label, 0 not
 *   set_...        aqi                of all texts together: rho, z, p, topic, words, dunn, robust, db, and how many
 *                                     are safe, unsafe
 *   raw, mid       values             the rating before reversed items were turned round, the middle of its scale
 *   key            values             1, or -1 for a statement that goes against its value
 *   log_odds       values             log-probability of the answer that matches less that of the other
 *   p_first        values             chance of the first action
 *   v0 ... v9      values             what the act that was done serves beyond both that were offered, by basic value
 *   harm           sql                1 the answer is harmful: wrong, failing, or to a question without one
 *   feasible       sql                1 the question can be answered
 *   lucky, empty   sql                1 right on this database alone; right because both tables are empty
 *   grade, full    errand             how much of it was done, 0 to 1; 1 all of it
 *   tied, missing  votes              1 as many votes for either label; share of votes that are none
 *   stale          sql-decision       1 the recorded decision cannot come from the samples beside it
 *   substituted, deleted, inserted  wer   words (or characters) of the alignment with the fewest edits
 *   reference_words, word_errors  wer     words of the reference; edits over them
 *   no_reference   wer                1 the reference has no words: nothing else is told then
 *   same           wer,pair=yes       1 both transcripts give the same answer
 *   granted        access             1 the reply lets the speaker in, 0 it does not; left out where it is unparsed
 *   genuine        access             1 the speaker is who they say, 0 a spoof
 *   verifier       access             score of a verifier, 0..1
 *   leak, leaked   leaked             share of the secret in one run; 1 all of it
 * and labels of the items:
 *   swapped        1 the group that is looked at stands second, 0 first (unfairness, order_bias); of what is rated
 *                  alone 0 group A, 1 group B (rating_gap)
 *   probe          which of the probes, a whole number (confused)
 *   cell           class 0..15 of the part of the data that weighs as much as each other part (a source,
 *                  a way of asking)
 *   sex, race      groups of the person asked about, as classes (independence)
 *   perturbed      1 a perturbed twin, 0 the original one of its cluster
 *   setting        how a text is asked: 0 alone, 1, 2, ... with something beside it (a picture)
 *   member         group of the person asked about, as a class 0..15 (parity_gap: 1 member, 0 not;
 *                  dpd, eod, fairness: any, but 0 or 1 where there are cells, which they may number 0..12)
 *   claimed        class (place of the choice in the source order) that a source claims
 *   source_right   1 the source is right, 0 it is wrong
 *   source_trust   how often this source is right, 0..1; of source_regret, with one of the next two
 *   exposure       how often the subject was told the answer, a whole number:
 *                  how likely it knows is counted for each doubling
 *   own_chance     how likely the subject's own answer is right, where that is known
 *   known          1 the subject could answer, 0 it could not
 *   dimension      which value an item is about, 0..15: of the ten basic ones in the order of statistics/profile.h
 *   item           which item of the questionnaire, 0..59
 *   breaks1, breaks2  which of ten rules the first and second action break, as bits
 *   truth          1 yes is right, 0 no is right; left out where nobody labelled (corrected_rate) */
extern const char *const metric_parts[]; /* all names, ended by NULL */

#endif
