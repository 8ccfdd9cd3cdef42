/* Which of both answers to the same question a judge calls better (judge.h: both orders, repeated, nonsense counted).
 * An item is won with more votes than the other answer has, else it is a tie, as are equal texts, which nobody is asked
 * about. The win rate is the mean of 1 for won, one half for a tie, 0 for lost; p is the sign test of won against lost,
 * where items are independent. */
#include "measure/compare/compare_internal.h"

#include "measure/score/judge.h"

#include <math.h>

enum { CLAIM, REPEATS };
static const struct option_def options_pairwise[] = {
    [CLAIM] = {"claim", OPTION_TEXT, "Which answer is better: true, to the point, and without harm?", 1, 0, NULL,
               "what the judge is asked"},
    [REPEATS] = {"repeats", OPTION_INT, "1", 1, JUDGE_REPEATS_MOST, NULL,
                 "times that each order is asked; 1: greedily"},
};

struct pairwise {
    struct compare_task *task;
    struct text *answer[2], *question; /* [n_pairs] */
    uint64_t with_text;
};

/* What was asked last: of a conversation the last turn. */
static struct text question_of(const json_t *messages) {
    size_t n = json_array_size(messages);
    return n ? json_text(json_object_get(json_array_get(messages, n - 1), "content")) : json_text(messages);
}

static bool keep(struct compare_task *t, struct text text, struct text *out, struct error *err) {
    char *copy = text_copy(t->arena, text, err);
    *out = (struct text){copy, text.len};
    return copy != NULL;
}

static bool take(void *context, size_t pair, int side, const struct record_row *row, struct error *err) {
    struct pairwise *p = context;
    p->with_text += text_trim(row->text).len > 0;
    return keep(p->task, row->text, &p->answer[side][pair], err) &&
           (side > 0 || keep(p->task, question_of(row->messages), &p->question[pair], err));
}

struct counts {
    double *value;               /* [n_pairs] */
    unsigned char *won, *swayed; /* swayed: the order decides */
    uint64_t wins, losses, ties, first, read, nonsense;
};

static void count(struct counts *c, size_t pair, const struct judge_votes *votes) {
    int winner = judge_winner(votes), orders[2] = {judge_winner_of_order(votes, 0), judge_winner_of_order(votes, 1)};
    uint32_t first, read;
    judge_first_votes(votes, &first, &read);
    c->first += first;
    c->read += read;
    c->nonsense += votes->nonsense[0] + votes->nonsense[1];
    c->won[pair] = winner == 1;
    c->swayed[pair] = orders[0] >= 0 && orders[1] >= 0 && orders[0] != orders[1];
    c->value[pair] = winner < 0 ? 0.5 : winner;
    c->wins += winner == 1;
    c->losses += winner == 0;
    c->ties += winner < 0;
}

/* Asks the judge about all pairs whose answers differ. Option 0 is the base's answer. */
static bool ask(struct pairwise *p, const struct option_value *options, struct counts *c, struct error *err) {
    struct compare_task *t = p->task;
    struct judge_ballot *ballots = arena_new(t->arena, struct judge_ballot, t->n_pairs + 1, err);
    struct judge_votes *votes = arena_new(t->arena, struct judge_votes, t->n_pairs + 1, err);
    size_t *which = arena_new(t->arena, size_t, t->n_pairs + 1, err), n = 0;
    if (!ballots || !votes || !which) return false;
    for (size_t i = 0; i < t->n_pairs; i++) {
        if (!t->pairs[i].usable) continue;
        c->value[i] = 0.5;
        if (text_equal(p->answer[0][i], p->answer[1][i])) {
            c->ties++;
            continue;
        }
        which[n] = i;
        ballots[n++] = (struct judge_ballot){.id = text_of(t->pairs[i].item),
                                             .question = p->question[i],
                                             .claim = options[CLAIM].text,
                                             .option = {p->answer[0][i], p->answer[1][i]}};
    }
    if (n && !judge_vote(t->out->settings.voter, ballots, n, (size_t)options[REPEATS].integer, t->arena, votes, err))
        return false;
    for (size_t k = 0; k < n; k++) count(c, which[k], &votes[k]);
    return true;
}

static bool put(struct compare_task *t, const struct compare_row *row, struct error *err) {
    return compare_add_row(t, row, err) && compare_put_figure(t, row, err);
}

static bool put_rows(struct pairwise *p, const struct counts *c, struct error *err) {
    struct compare_task *t = p->task;
    struct compare_row rate = {.test = "pairwise", .task = t->name, .name = "win_rate", .group = "", .a = NAN, .b = NAN,
                               .p = NAN,
                               .detectable = NAN, .counted = true, .gained = c->wins, .lost = c->losses,
                               .neither = c->ties,
                               .unit = "share", .direction = "up"};
    struct compare_row won = rate, swayed = rate;
    won.name = "won";
    swayed.name = "order_decides";
    swayed.direction = "down";
    swayed.counted = false;
    if (!compare_mean(t, c->value, "win_rate", &rate, err) || !compare_share(t, c->won, "won", &won, err) ||
        !compare_share(t, c->swayed, "order_decides", &swayed, err))
        return false;
    rate.first = true;
    if (!t->clustered) rate.p = stat_mcnemar(c->losses, c->wins);
    if (!put(t, &rate, err) || !put(t, &won, err) || !put(t, &swayed, err)) return false;
    return compare_note(
        t->out, err, "%s: of %llu votes of the judge %llu were for what stood first; %llu replies were no vote",
        t->name, (unsigned long long)c->read, (unsigned long long)c->first, (unsigned long long)c->nonsense);
}

static bool run_pairwise(struct compare_task *t, const struct option_value *options, struct error *err) {
    struct pairwise p = {.task = t, .question = arena_new(t->arena, struct text, t->n_pairs + 1, err)};
    struct counts c = {.value = arena_new(t->arena, double, t->n_pairs + 1, err),
                       .won = arena_new(t->arena, unsigned char, t->n_pairs + 1, err),
                       .swayed = arena_new(t->arena, unsigned char, t->n_pairs + 1, err)};
    for (int s = 0; s < 2; s++) p.answer[s] = arena_new(t->arena, struct text, t->n_pairs + 1, err);
    if (!p.question || !p.answer[0] || !p.answer[1] || !c.value || !c.won || !c.swayed) return false;
    if (!t->out->settings.voter)
        return error_set(err, ERROR_USAGE, "the test pairwise asks a judge; give --judge SPEC");
    if (!compare_walk(t, RECORD_WITH_ASKS, take, &p, err)) return false;
    if (p.with_text == 0) return compare_no_row(t, "pairwise", "win_rate", "its answers are choices, not texts", err);
    return ask(&p, options, &c, err) && put_rows(&p, &c, err);
}

const struct compare_test compare_test_pairwise = {
    .name = "pairwise",
    .summary = "which of both answers a judge calls better, asked in both orders: win rate, sign test",
    .options = options_pairwise,
    .n_options = sizeof options_pairwise / sizeof *options_pairwise,
    .run = run_pairwise,
};
