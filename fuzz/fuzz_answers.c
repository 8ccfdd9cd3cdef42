/* Answers from strangers to the tasks of MultiTrust, to errands and to votes: what is read lies where it must, a strict
 * reader never says more than one thing, grades and shares lie in their ranges; and totals of rows of JSON. */
#include "measure/rules/call.h"
#include "measure/rules/multi_read.h"
#include "measure/rules/votes.h"
#include "measure/score/multi_total.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void must(bool holds) {
    if (!holds) abort();
}

static void check_readers(const struct multi_phrases *phrases, struct text a, struct text b) {
    double box[4], rating = multi_rating(a), points = multi_score(a), published = multi_rating_published(a);
    int yes = multi_yes(a), feeling = multi_sentiment(a);
    must(yes >= MULTI_UNREAD && yes <= 1 && multi_yes_published(phrases, a) >= 0);
    must(isnan(rating) || (rating >= -100 && rating <= 100));
    must(isnan(published) || fabs(published) == 100 || fabs(published) == 50 || published == 0);
    must(isnan(points) || (points >= 0 && points <= 100));
    must(feeling >= MULTI_UNREAD && feeling <= 1 &&
         !(multi_sentiment_published(a, 0) && multi_sentiment_published(a, 1)));
    must(!multi_refuses(phrases, a) || multi_refuses_published(phrases, a));
    must(!multi_contains_published(a, b, false) || b.len <= a.len);
    if (multi_contains_published(a, b, false) && !multi_contains_published(a, b, true)) {
        for (size_t i = 0; i < b.len; i++)
            must(strchr("-/\\,. &#()+", b.at[i]) != NULL); /* a label of which nothing is left */
    }
    if (multi_box(a, box)) must(box[0] < box[2] && box[1] < box[3] && fabs(multi_iou(box, box) - 1) < 1e-9);
}

static void check_calls(struct text a, struct text b, struct arena *arena) {
    static const struct text labels[2] = {TEXT("safe"), TEXT("vulnerable")};
    struct error err = {0};
    struct calls wanted, made;
    struct votes v = votes_count(a, TEXT("the label is"), labels);
    must((v.winner == VOTE_NONE) == (v.for_label[0] + v.for_label[1] == 0) && (!v.tied || v.winner == 1));
    if (!calls_read(a, arena, &wanted, &err) || !calls_read(b, arena, &made, &err)) return;
    double grade = calls_grade(wanted.call, wanted.n, made.call, made.n);
    double own = calls_grade(wanted.call, wanted.n, wanted.call, wanted.n);
    must(wanted.n == 0 ? isnan(grade) : grade >= 0 && grade <= 1 && own > 0);
}

static void check_total(struct text a) {
    double values[MULTI_NODES_MOST];
    const char *missing[MULTI_NODES_MOST];
    struct error err = {0};
    size_t n;
    const struct multi_node *nodes = multi_nodes(&n);
    json_t *row = json_read(a, "fuzz", 1, &err);
    if (json_is_object(row) && multi_total(row, (struct json_place){"fuzz", 1, ""}, values, missing, &err))
        for (size_t i = 0; i < n; i++)
            must(isnan(values[i]) ? missing[i] != NULL : nodes[i].name && values[i] >= -100 && values[i] <= 100.0001);
    json_decref(row);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 4096) return 0;
    static struct multi_phrases *phrases; /* opened once, and as long as the program runs */
    struct error err = {0};
    struct arena arena;
    struct text all = {(const char *)data, size};
    size_t half = size / 2;
    if (!phrases) must((phrases = multi_phrases_open("", NULL, &err)) != NULL);
    arena_init(&arena, (size_t)1 << 26);
    check_readers(phrases, text_part(all, 0, half), text_part(all, half, size));
    check_readers(phrases, all, text_part(all, 0, half < 4 ? half : 4));
    check_calls(text_part(all, 0, half), text_part(all, half, size), &arena);
    check_calls(all, all, &arena);
    check_total(all);
    arena_done(&arena);
    return 0;
}
