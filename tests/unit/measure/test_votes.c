/* Votes for one of two labels: what counts as a vote, ties, nobody. */
#include "check.h"

#include "measure/rules/votes.h"

static const struct text labels[2] = {TEXT("safe"), TEXT("vulnerable")};
#define AFTER TEXT("the label is")

static void what_counts(void **state) {
    static const struct {
        const char *said;
        int vote;
    } rows[] = {
        {"The label is safe.", 0},
        {"THE LABEL IS Vulnerable", 1},
        {"I think the label is: **vulnerable**, since it pays first", 1},
        {"The label is safest", VOTE_NONE},
        {"It is vulnerable", VOTE_NONE},
        {"The label is unknown. No: the label is safe", 0},
        {"the label is safe, not: the label is vulnerable", 0},
        {"the label is", VOTE_NONE},
        {"", VOTE_NONE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int found = vote_of(text_of(rows[i].said), AFTER, labels);
        if (found != rows[i].vote) fail_msg("'%s': %d, expected %d", rows[i].said, found, rows[i].vote);
    }
}

#define S "The label is safe.\n"
#define V "The label is\nvulnerable.\n"
#define NO "I do not know.\nReally.\n"
#define CUT "=====\n"

static void votes(void **state) {
    static const struct {
        const char *said;
        unsigned safe, vulnerable, missing;
        int winner;
        bool tied;
    } rows[] = {
        {V CUT V CUT S CUT NO CUT S, 2, 2, 1, 1, true}, /* a tie is vulnerable, and marked */
        {S CUT S CUT S CUT V CUT V, 3, 2, 0, 0, false},
        {V CUT NO CUT NO CUT NO CUT NO, 0, 1, 4, 1, false},
        {NO CUT NO CUT NO CUT NO CUT NO, 0, 0, 5, VOTE_NONE, false},
        {S, 1, 0, 0, 0, false},
        {S CUT, 1, 0, 1, 0, false}, /* the second said nothing */
        {CUT CUT S, 1, 0, 2, 0, false},
        {"", 0, 0, 1, VOTE_NONE, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct votes v = votes_count(text_of(rows[i].said), AFTER, labels);
        if (v.for_label[0] != rows[i].safe || v.for_label[1] != rows[i].vulnerable || v.missing != rows[i].missing ||
            v.winner != rows[i].winner || v.tied != rows[i].tied)
            fail_msg("row %zu: %u safe, %u vulnerable, %u missing, winner %d, tied %d", i, v.for_label[0],
                     v.for_label[1], v.missing, v.winner, v.tied);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_counts), cmocka_unit_test(votes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
