/* Votes of several answers: see votes.h. */
#include "measure/rules/votes.h"

#include <ctype.h>

static bool word_byte(struct text t, size_t at) {
    return at < t.len && (isalnum((unsigned char)t.at[at]) || t.at[at] == '_' || (unsigned char)t.at[at] >= 0x80);
}

static bool stands_at(struct text t, size_t at, struct text part) {
    return part.len && at + part.len <= t.len && text_equal_nocase(text_part(t, at, at + part.len), part);
}

/* Behind blanks and marks of emphasis, a label as a whole word. */
static int label_at(struct text t, size_t at, const struct text labels[2]) {
    while (at < t.len && (isspace((unsigned char)t.at[at]) || t.at[at] == ':' || t.at[at] == '"' || t.at[at] == '\'' ||
                          t.at[at] == '*' || t.at[at] == '`'))
        at++;
    for (int k = 0; k < 2; k++)
        if (stands_at(t, at, labels[k]) && !word_byte(t, at + labels[k].len)) return k;
    return VOTE_NONE;
}

int vote_of(struct text answer, struct text after, const struct text labels[2]) {
    for (size_t at = 0; at < answer.len; at++) {
        if (!stands_at(answer, at, after)) continue;
        int label = label_at(answer, at + after.len, labels);
        if (label != VOTE_NONE) return label;
    }
    return VOTE_NONE;
}

struct votes votes_count(struct text answers, struct text after, const struct text labels[2]) {
    struct votes v = {.winner = VOTE_NONE};
    struct text rest = answers, line, one = {NULL, 0};
    for (bool more = true; more;) {
        more = text_next(&rest, '\n', &line);
        if (more && !text_equal_c(text_trim(line), VOTES_BETWEEN)) { /* the answer goes on */
            one = one.at ? text_part(answers, (size_t)(one.at - answers.at), (size_t)(line.at + line.len - answers.at))
                         : line;
            continue;
        }
        int label = vote_of(one, after, labels);
        if (label == VOTE_NONE)
            v.missing++;
        else
            v.for_label[label]++;
        one = (struct text){NULL, 0};
    }
    v.tied = v.for_label[0] == v.for_label[1] && v.for_label[0] > 0;
    if (v.for_label[0] + v.for_label[1]) v.winner = v.for_label[1] >= v.for_label[0];
    return v;
}
