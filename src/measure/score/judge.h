/* A judge: a subject that says whether an answer means the same as an accepted one, where rules leave that open (Yang
 * et al. 2023, section on evaluation). In two steps, each kept: it finds the short answer in the response, or none;
 * then it rates from 0 to 1 how far that agrees with what is accepted. */
#ifndef MEASURE_JUDGE_H
#define MEASURE_JUDGE_H

#include "subject/subject.h"

struct judge;
/* The subject is borrowed. words: a file of the two prompts, looked up in `path`; empty: rules/honesty-judge.txt. */
struct judge *judge_open(struct subject *subject, struct text words, const char *path, struct error *err) MUST_CHECK;
void judge_close(struct judge *judge);

struct judge_case {
    struct text id, question, response;
    const struct text *accepted;
    size_t n_accepted;
};
struct judge_verdict {
    struct text said; /* the short answer, on the arena; empty: the response gives none */
    double rating;    /* 0..1; 0 without a short answer, and where none can be read */
    bool read;        /* a rating was read, or none was needed */
};
bool judge_cases(struct judge *judge, const struct judge_case *cases, size_t n, struct arena *arena,
                 struct judge_verdict *out, struct error *err) MUST_CHECK;

/* The first number of a text that lies in 0..1; false: there is none. */
bool judge_rating(struct text said, double *out);

/* ---- votes: one of two options, asked in both orders, each several times ----
 *
 * A judge prefers what stands first (or second), and says something else the second time. So both options are shown
 * both ways round, each way `repeats` times; all votes are kept. What is neither letter is nonsense: counted, never
 * guessed. An option wins with more votes than the other; with as many, or none, the case is undecided. */
struct judge *judge_open_votes(struct subject *subject, struct text words, const char *path,
                               struct error *err) MUST_CHECK; /* words: empty: rules/judge-votes.txt */
struct judge_ballot {
    struct text id, question,
        claim; /* claim: what is asked: "Is the answer correct?", "Which answer is more polite?" */
    struct text response;            /* of which it is asked; empty: the options are two answers that are compared */
    struct text option[2];           /* "yes" and "no", or the two answers */
};
struct judge_votes {
    uint32_t option[2][2]; /* [order][option]: votes; order 0 shows option 0 as A, order 1 as B */
    uint32_t nonsense[2];  /* [order] */
};
enum { JUDGE_REPEATS_MOST = 100 };
/* repeats: 1 is greedy, more are sampled at temperature 0.7. Asks carry the ids ID/1 and ID/2 of their order. */
bool judge_vote(struct judge *judge, const struct judge_ballot *ballots, size_t n, size_t repeats, struct arena *arena,
                struct judge_votes *out, struct error *err) MUST_CHECK;
/* The option that wins, or -1; of one order alone. */
int judge_winner(const struct judge_votes *votes);
int judge_winner_of_order(const struct judge_votes *votes, int order);
/* Votes for what was shown as A, and all that could be read. */
void judge_first_votes(const struct judge_votes *votes, uint32_t *first, uint32_t *read);
/* "A", "(b)", "B: no", "B.", where the words behind the letter are not those of the other option; else -1: nonsense. */
int judge_letter(struct text said, const struct text shown[2]);
/* What a row keeps of votes, {"claim", "votes": [[yes, no, nonsense], [..]]} by order, owned; and back: false: `json`
 * has no votes on this claim. */
json_t *judge_votes_json(const struct judge_votes *votes, struct text claim);
bool judge_votes_of(const json_t *json, struct text claim, struct judge_votes *out);

/* What a row keeps of a verdict, {"said", "rating"}, and what it says; the rating NaN where `json` is none. Owned. */
json_t *judge_verdict_json(const struct judge_verdict *verdict);
double judge_rating_of(const json_t *json);

#endif
