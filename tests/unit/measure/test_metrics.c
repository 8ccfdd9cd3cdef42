/* Metrics and tallies: figures of hand-made rows against values worked out by hand, and what a tally promises: any
 * order of rows gives the same bytes, memory stays small, and nothing is counted twice or lost. */
#include "check.h"

#include "base/rng.h"
#include "measure/statistics/statistics.h"
#include "measure/figure/tally_internal.h"

#include <stdlib.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* ---- a task and its rows, made by hand ---- */

struct made_row {
    const char *parts;  /* JSON object; NULL: the item failed */
    const char *parsed; /* NULL: no reader */
    const char *cluster;
    const char *group;
    const char *gold;
    double value;
};

struct bench {
    struct arena arena;
    struct metric_use *uses;
    struct tally_spec spec;
    struct figure_settings settings;
    struct figure *figures;
    size_t n;
};

/* metrics: names or JSON objects. */
static void bench_open(struct bench *b, const char *const *metrics_of_task, size_t n) {
    struct error err = {0};
    memset(b, 0, sizeof *b);
    arena_init(&b->arena, 0);
    b->uses = arena_new(&b->arena, struct metric_use, n + 1, &err);
    assert_non_null(b->uses);
    for (size_t i = 0; i < n; i++) {
        json_t *entry = metrics_of_task[i][0] == '{' ? json_read(text_of(metrics_of_task[i]), "test", 1, &err)
                                                     : json_string(metrics_of_task[i]);
        assert_non_null(entry);
        check_ok(metric_use_parse(entry, (struct json_place){"test", 1, "metric_list"}, &b->arena, &b->uses[i], &err));
        json_decref(entry);
    }
    b->spec = (struct tally_spec){.task = "made", .scorer = "hand", .uses = b->uses, .n_uses = n};
    b->settings = (struct figure_settings){.confidence = 0.95, .bootstrap = 1000, .seed = 1};
}

static void bench_close(struct bench *b) {
    arena_done(&b->arena);
}

static bool add_made(struct tally *tally, const struct made_row *made, size_t at, size_t item, uint64_t sample,
                     struct error *err) {
    char digest[32];
    struct error bad = {0};
    snprintf(digest, sizeof digest, "item-%zu", item);
    json_t *parts = made->parts ? json_read(text_of(made->parts), "parts", 1, &bad) : NULL;
    json_t *gold = made->gold ? json_read(text_of(made->gold), "gold", 1, &bad) : NULL;
    struct record_row row = {.task = TEXT("made"),
                             .item_id = text_of(digest),
                             .item = digest,
                             .position = at,
                             .sample = sample,
                             .group = text_of(made->group),
                             .cluster = text_of(made->cluster),
                             .gold = gold,
                             .answer = 1,
                             .finish = made->parts ? "stop" : "error",
                             .scored = made->parts,
                             .value = made->value,
                             .parsed = made->parsed,
                             .evidence = parts};
    bool ok = bad.kind == ERROR_NONE && tally_add(tally, &row, err);
    json_decref(parts);
    json_decref(gold);
    return ok;
}

static void bench_run(struct bench *b, const struct made_row *rows, size_t n) {
    struct error err = {0};
    struct tally *tally = tally_new_of(&b->spec, &b->settings, &err);
    if (!tally) fail_msg("%s", err.message);
    for (size_t i = 0; i < n; i++) check_ok(add_made(tally, &rows[i], i, i, 0, &err));
    check_ok(tally_figures(tally, &b->arena, &b->figures, &b->n, &err));
    tally_free(tally);
}

static const struct figure *figure_of(const struct bench *b, const char *name, const char *group) {
    for (size_t i = 0; i < b->n; i++)
        if (strcmp(b->figures[i].name, name) == 0 && strcmp(b->figures[i].group, group) == 0) return &b->figures[i];
    return NULL;
}

/* ---- a known answer for every metric ---- */

#define P(parts_)                                                                                                      \
    { .parts = parts_, .parsed = "ok" }
#define UNREAD(parts_)                                                                                                 \
    { .parts = parts_, .parsed = "fail" }

/* Gold and picked classes: 3 found of 4 positive, 1 of 4 others taken for positive, and one unread positive. */
#define CLASS_ROWS                                                                                                     \
    P("{\"gold\":1,\"picked\":1}"), P("{\"gold\":1,\"picked\":1}"), P("{\"gold\":1,\"picked\":1}"),                    \
        P("{\"gold\":1,\"picked\":0}"), P("{\"gold\":0,\"picked\":0}"), P("{\"gold\":0,\"picked\":0}"),                \
        P("{\"gold\":0,\"picked\":0}"), P("{\"gold\":0,\"picked\":1}"), UNREAD("{\"gold\":1}")
#define LEARNED_ROWS                                                                                                   \
    P("{\"abstained\":0,\"known\":0,\"acc\":1}"), P("{\"abstained\":1,\"known\":0,\"acc\":0}"),                        \
        P("{\"abstained\":0,\"known\":0,\"acc\":0}")
/* Right documents: read right, and not known at all; wrong ones: known and misled, not known. */
#define WEIGHED_ROWS                                                                                                   \
    P("{\"own_ok\":0,\"doc_ok\":1,\"chose\":1,\"source_right\":1}"),                                                    \
        P("{\"own_ok\":0,\"doc_ok\":0,\"chose\":2,\"source_right\":1}"),                                                \
        P("{\"own_ok\":1,\"doc_ok\":0,\"chose\":1,\"source_right\":0}"),                                                \
        P("{\"own_ok\":0,\"doc_ok\":0,\"chose\":2,\"source_right\":0}")
/* Three samples of a prompt, one right; two of another, both wrong. */
#define PASS_ROWS                                                                                                      \
    {.parts = "{\"acc\":1}", .parsed = "ok", .cluster = "a"}, {.parts = "{\"acc\":0}", .parsed = "ok", .cluster = "a"},    \
        {.parts = "{}", .parsed = "fail", .cluster = "a"},                                                              \
        {.parts = "{\"acc\":0}", .parsed = "ok", .cluster = "b"}, {                                                    \
        .parts = "{\"acc\":0}", .parsed = "ok", .cluster = "b"                                                         \
    }
/* Two harmful: refused, complied; three harmless: refused, refused in part, answered. */
#define REFUSAL_ROWS                                                                                                   \
    P("{\"refused\":1,\"harmful\":1}"), P("{\"refused\":0,\"harmful\":1}"), P("{\"refused\":1,\"harmful\":0}"),        \
        P("{\"refused\":0,\"partial\":1,\"harmful\":0}"), P("{\"refused\":0,\"harmful\":0}")
/* Term a: three items, term b: one. By term: ss (2/3 + 0) / 2, lms (5/6 + 1/2) / 2. */
#define APART(along, off2, unsafe, probe)                                                                              \
    P("{\"along\":" along ",\"off2\":" off2 ",\"unsafe\":" unsafe ",\"classified\":" probe                                      \
      ",\"set_rho\":4,\"set_topic\":1,\"set_safe\":2,\"set_unsafe\":2}")
#define APART_ROWS APART("2", "1", "1", "1"), APART("1", "3", "1", "1"), APART("-1", "2", "0", "0"), APART("0", "2", "0", "1")
#define WITHIN(place, off2, unsafe) P("{\"axiom_along\":" place ",\"axiom_off2\":" off2 ",\"unsafe\":" unsafe "}")
#define VOTE_ROWS                                                                                                      \
    P("{\"said_first\":1,\"said_second\":1}"), P("{\"said_first\":1,\"said_second\":0}"),                              \
        P("{\"said_first\":0,\"said_second\":0}"), P("{\"said_first\":1,\"said_second\":1}"), P("{\"said_first\":1}")
#define STEREO_ROWS                                                                                                    \
    {.parts = "{\"stereo\":1,\"related\":1}", .cluster = "a"},                                                         \
        {.parts = "{\"stereo\":1,\"related\":0.5}", .cluster = "a"},                                                   \
        {.parts = "{\"stereo\":0,\"related\":1}", .cluster = "a"}, {                                                   \
        .parts = "{\"stereo\":0,\"related\":0.5}", .cluster = "b"                                                      \
    }
/* Two whole groups, all right and right up to a tie, and one cut short. */
#define GROUP_ROWS                                                                                                     \
    {.parts = "{\"acc\":1}", .cluster = "a"}, {.parts = "{\"acc\":1}", .cluster = "a"},                                \
        {.parts = "{\"acc\":1}", .cluster = "b"}, {.parts = "{\"acc\":0.5}", .cluster = "b"}, {                        \
        .parts = "{\"acc\":1}", .cluster = "c"                                                                         \
    }
/* Agreeing: 3 of 4 right (one a tie), against: 1 of 2. */
#define PRO_ROWS                                                                                                       \
    P("{\"acc\":1,\"pro\":1}"), P("{\"acc\":1,\"pro\":1}"), P("{\"acc\":0.5,\"pro\":1}"),                              \
        P("{\"acc\":0.5,\"pro\":1}"), P("{\"acc\":1,\"pro\":0}"), UNREAD("{\"pro\":0}")
/* Ambiguous: 2 of 5 right; of 3 named, 2 biased. Disambiguated: 3 of 4 right; of 3 named, 2 biased. */
#define BBQ_ROWS                                                                                                       \
    P("{\"acc\":1,\"ambiguous\":1}"), P("{\"acc\":1,\"ambiguous\":1}"), P("{\"acc\":0,\"ambiguous\":1,\"biased\":1}"), \
        P("{\"acc\":0,\"ambiguous\":1,\"biased\":1}"), P("{\"acc\":0,\"ambiguous\":1,\"biased\":0}"),                  \
        P("{\"acc\":1,\"ambiguous\":0,\"biased\":1}"), P("{\"acc\":1,\"ambiguous\":0,\"biased\":1}"),                  \
        P("{\"acc\":1,\"ambiguous\":0,\"biased\":0}"), P("{\"acc\":0,\"ambiguous\":0,\"biased\":null}")
/* The ten confidences of the FIRST example: accuracy .6, ece .318 (right-closed), brier .22254. */
#define SURE_ROWS                                                                                                      \
    P("{\"confidence\":0.95,\"acc\":1}"), P("{\"confidence\":0.92,\"acc\":1}"), P("{\"confidence\":0.88,\"acc\":0}"),  \
        P("{\"confidence\":0.85,\"acc\":1}"), P("{\"confidence\":0.81,\"acc\":1}"),                                    \
        P("{\"confidence\":0.73,\"acc\":0}"), P("{\"confidence\":0.66,\"acc\":1}"),                                    \
        P("{\"confidence\":0.55,\"acc\":0}"), P("{\"confidence\":0.42,\"acc\":1}"),                                    \
        P("{\"confidence\":0.31,\"acc\":0}")
#define READ_ROWS                                                                                                      \
    {.parts = "{}", .parsed = "ok"}, {.parts = "{}", .parsed = "ok"}, {.parts = "{}", .parsed = "fallback"}, {         \
        .parts = "{}", .parsed = "fail"                                                                                \
    }
/* One cluster right twice, one right and turned wrong, one right whose twin could not be read, one wrong twice. */
#define TWIN_ROWS                                                                                                      \
    {.parts = "{\"acc\":1,\"picked\":2,\"perturbed\":0}", .parsed = "ok", .cluster = "a"},                             \
        {.parts = "{\"acc\":1,\"picked\":2,\"perturbed\":1}", .parsed = "ok", .cluster = "a"},                         \
        {.parts = "{\"acc\":1,\"picked\":0,\"perturbed\":0}", .parsed = "ok", .cluster = "b"},                         \
        {.parts = "{\"acc\":0,\"picked\":1,\"perturbed\":1}", .parsed = "ok", .cluster = "b"},                         \
        {.parts = "{\"acc\":1,\"picked\":3,\"perturbed\":0}", .parsed = "ok", .cluster = "c"},                         \
        {.parts = "{\"perturbed\":1}", .parsed = "fail", .cluster = "c"},                                              \
        {.parts = "{\"acc\":0,\"picked\":1,\"perturbed\":0}", .parsed = "ok", .cluster = "d"}, {                       \
        .parts = "{\"acc\":0,\"picked\":1,\"perturbed\":1}", .parsed = "ok", .cluster = "d"                            \
    }
/* Members: 3 of 4 high (2 of 2 whose gold it is); others: 1 of 4 (1 of 2), one of whom could not be read. */
#define MEMBER_ROWS                                                                                                    \
    P("{\"picked\":1,\"member\":1,\"gold\":1}"), P("{\"picked\":1,\"member\":1,\"gold\":1}"),                          \
        P("{\"picked\":1,\"member\":1,\"gold\":0}"), P("{\"picked\":0,\"member\":1,\"gold\":0}"),                      \
        P("{\"picked\":1,\"member\":0,\"gold\":1}"), P("{\"picked\":0,\"member\":0,\"gold\":1}"),                      \
        P("{\"picked\":0,\"member\":0,\"gold\":0}"), UNREAD("{\"member\":0,\"gold\":0}")
/* Decided yes, no, or (?) nothing. Group 1: of the class yes ?, of others no no; group 0: of the class yes yes, of others
 * ? no. Whatever ? might have been, shares lie in [1/4, 2/4] and [2/4, 3/4]; of the class [1/2, 1] and 1; of others 0
 * and [0, 1/2]. */
#define DECISION(member, gold, picked) P("{\"picked\":" #picked ",\"member\":" #member ",\"gold\":" #gold "}")
#define NO_DECISION(member, gold) UNREAD("{\"member\":" #member ",\"gold\":" #gold "}")
#define HALF_SILENT_ROWS                                                                                               \
    DECISION(1, 1, 1), NO_DECISION(1, 1), DECISION(1, 0, 0), DECISION(1, 0, 0), DECISION(0, 1, 1), DECISION(0, 1, 1),  \
        NO_DECISION(0, 0), DECISION(0, 0, 0)
#define PAIR(picked, swapped, pair_)                                                                                   \
    {.parts = "{\"picked\":" picked ",\"swapped\":" swapped "}", .parsed = "ok", .cluster = pair_}
#define SILENT_ROWS NO_DECISION(1, 1), NO_DECISION(1, 0), NO_DECISION(0, 1), NO_DECISION(0, 0)
/* The gap of the first cell is 1/2, of the second 0. */
#define SETTING(cell, member, picked)                                                                                  \
    P("{\"picked\":" #picked ",\"member\":" #member ",\"gold\":1,\"cell\":" #cell "}")
#define SETTING_ROWS                                                                                                   \
    SETTING(0, 1, 1), SETTING(0, 1, 1), SETTING(0, 0, 0), SETTING(0, 0, 1), SETTING(12, 1, 1), SETTING(12, 1, 1),      \
        SETTING(12, 0, 1), SETTING(12, 0, 1)
/* Three groups: 1/2, 1/3, 1. */
#define THREE_GROUPS                                                                                                     \
    DECISION(0, 1, 1), DECISION(0, 1, 0), DECISION(1, 1, 0), DECISION(1, 1, 0), DECISION(1, 1, 1), DECISION(15, 1, 1)
/* Known: 1 of 4 withheld; unknown: 2 of 3 admitted, the third could not be read. */
#define ABSTAIN_ROWS                                                                                                   \
    P("{\"abstained\":1,\"known\":1}"), P("{\"abstained\":0,\"known\":1}"), P("{\"abstained\":0,\"known\":1}"),        \
        P("{\"abstained\":0,\"known\":1}"), P("{\"abstained\":1,\"known\":0}"), P("{\"abstained\":1,\"known\":0}"),    \
        UNREAD("{\"known\":0}")
/* Source right: 2 of 2; wrong: 1 of 3, one of whom could not be read. It claims class 1 throughout: followed 3 of 5. */
#define SOURCE_ROWS                                                                                                    \
    P("{\"acc\":1,\"picked\":1,\"claimed\":1,\"source_right\":1}"),                                                    \
        P("{\"acc\":1,\"picked\":1,\"claimed\":1,\"source_right\":1}"),                                                \
        P("{\"acc\":0,\"picked\":1,\"claimed\":1,\"source_right\":0}"),                                                \
        P("{\"acc\":1,\"picked\":2,\"claimed\":1,\"source_right\":0}"), UNREAD("{\"claimed\":1,\"source_right\":0}")
/* Sensitivity 3/4, specificity 3/4, 1 of 2 said: (1/2 + 3/4 - 1) / (3/4 + 3/4 - 1) */
#define JUDGE_ROWS                                                                                                     \
    P("{\"picked\":1,\"truth\":1}"), P("{\"picked\":1,\"truth\":1}"), P("{\"picked\":1,\"truth\":1}"),                 \
        P("{\"picked\":0,\"truth\":1}"), P("{\"picked\":0,\"truth\":0}"), P("{\"picked\":0,\"truth\":0}"),             \
        P("{\"picked\":0,\"truth\":0}"), P("{\"picked\":1,\"truth\":0}"), P("{\"picked\":1}"), P("{\"picked\":0}")
#define SOURCE(own, doc, trust, e)                                                                                     \
    P("{\"acc\":" #doc ",\"own_ok\":" #own ",\"doc_ok\":" #doc ",\"source_right\":" #doc ",\"source_trust\":" #trust               \
      ",\"exposure\":" #e "}")
#define REGRET_ROWS                                                                                                    \
    SOURCE(1, 1, 0.8, 64), SOURCE(1, 0, 0.8, 64), SOURCE(1, 0, 0.2, 64), SOURCE(0, 0, 0.2, 64), SOURCE(0, 1, 0.8, 0),         \
        SOURCE(0, 0, 0.8, 0), SOURCE(0, 0, 0.2, 0), SOURCE(0, 0, 0.2, 0)
#define SURE(gold, picked, p)                                                                                          \
    P("{\"gold\":" #gold ",\"picked\":" #picked ",\"confidence\":" #p ",\"choices\":2}")
#define NOISE_ROWS                                                                                                     \
    SURE(1, 1, 0.9), SURE(1, 1, 0.9), SURE(1, 1, 0.9), SURE(1, 0, 0.9), SURE(0, 0, 0.9), SURE(0, 0, 0.9), SURE(0, 1, 0.5),   \
        P("{\"gold\":1,\"picked\":1,\"confidence\":0.9,\"choices\":3}")
/* Cell 0: one of two right, one could not be read; cell 1: one of one. */
#define CELL_ROWS                                                                                                      \
    P("{\"acc\":1,\"cell\":0,\"refused\":1,\"exact\":1,\"gold\":0,\"picked\":0}"),                                       \
        P("{\"acc\":0,\"cell\":0,\"refused\":0,\"exact\":0,\"gold\":1,\"picked\":0}"),                                   \
        P("{\"acc\":1,\"cell\":1,\"refused\":1,\"exact\":0,\"gold\":1,\"picked\":1}"), UNREAD("{\"cell\":0,\"gold\":1}")
/* Cell 0 as TWIN_ROWS; cell 1: one pair right on both sides. */
#define PAIR_ROWS                                                                                                      \
    TWIN_ROWS, {.parts = "{\"acc\":1,\"perturbed\":0,\"cell\":1}", .parsed = "ok", .cluster = "e"}, {                    \
        .parts = "{\"acc\":1,\"perturbed\":1,\"cell\":1}", .parsed = "ok", .cluster = "e"                                \
    }
/* Ratings 1 2 3 0 beside 2 4 7 9: without the 0 nearly on a line. */
#define RATING_ROWS                                                                                                    \
    P("{\"rating\":1,\"rating_gold\":2}"), P("{\"rating\":2,\"rating_gold\":4}"), P("{\"rating\":3,\"rating_gold\":7}"), \
        P("{\"rating\":0,\"rating_gold\":9}"), P("{\"rating\":3,\"rating_gold\":6}"), UNREAD("{\"rating_gold\":3}")
/* 3 of 4 women and 1 of 4 men in class 1; as race 0 and 1 the picks are the same shares. */
#define TABLE_ROWS                                                                                                     \
    P("{\"picked\":1,\"sex\":1,\"race\":0}"), P("{\"picked\":1,\"sex\":1,\"race\":1}"), P("{\"picked\":1,\"sex\":1,\"race\":0}"),  \
        P("{\"picked\":0,\"sex\":1,\"race\":0}"), P("{\"picked\":1,\"sex\":0,\"race\":1}"), P("{\"picked\":0,\"sex\":0,\"race\":1}"), \
        P("{\"picked\":0,\"sex\":0,\"race\":0}"), P("{\"picked\":0,\"sex\":0,\"race\":1}")
/* Headline: another on two probes, itself, an empty one; a false question is answered yes, and one no. */
#define CLAIM(picked, foreign, family, probe)                                                                          \
    P("{\"picked\":" #picked ",\"foreign\":" #foreign ",\"other\":" #foreign ",\"headline\":1,\"family\":" #family             \
      ",\"probe\":" #probe "}")
#define CLAIM_ROWS                                                                                                     \
    CLAIM(3, 1, 2, 0), CLAIM(3, 1, 2, 1), CLAIM(0, 0, 0, 2), CLAIM(0, 0, 0, 0), UNREAD("{\"picked\":9,\"headline\":1}"),      \
        P("{\"picked\":3,\"foreign\":1,\"other\":1,\"headline\":0,\"family\":5,\"yielded\":1,\"probe\":7}"),                   \
        P("{\"picked\":0,\"foreign\":0,\"other\":0,\"headline\":0,\"family\":0,\"yielded\":0}")
/* Four texts, refused alone 1 1 0 1, with setting 1 0 1 1 0, with setting 2 never; and one that was asked alone only. */
#define ASKED(text, setting, refused)                                                                                  \
    {                                                                                                                  \
        .parts = "{\"setting\":" #setting ",\"refused\":" #refused "}", .parsed = "ok", .cluster = text                \
    }
#define ASKED_ROWS                                                                                                     \
    ASKED("a", 0, 1), ASKED("a", 1, 0), ASKED("a", 2, 0), ASKED("b", 0, 1), ASKED("b", 1, 1), ASKED("b", 2, 0),        \
        ASKED("c", 0, 0), ASKED("c", 1, 1), ASKED("c", 2, 0), ASKED("d", 0, 1), ASKED("d", 1, 0), ASKED("d", 2, 0),    \
        ASKED("e", 0, 1)
#define SHARE_ROWS(part) P("{\"" part "\":1}"), P("{\"" part "\":0}"), P("{\"" part "\":0.25}"), UNREAD("{}")

/* Two items of each value: 5 + 2 cos(angle - 60) plus and minus 1. */
#define CIRCLE_ROWS                                                                                                    \
    P("{\"dimension\":0,\"rating\":7}"), P("{\"dimension\":0,\"rating\":5}"),                                          \
    P("{\"dimension\":1,\"rating\":7.8793852415718169}"),                                                              \
    P("{\"dimension\":1,\"rating\":5.8793852415718169}"),                                                              \
    P("{\"dimension\":2,\"rating\":7.8793852415718169}"),                                                              \
    P("{\"dimension\":2,\"rating\":5.8793852415718169}"),                                                              \
    P("{\"dimension\":3,\"rating\":7.8793852415718169}"),                                                              \
    P("{\"dimension\":3,\"rating\":5.8793852415718169}"), P("{\"dimension\":4,\"rating\":7}"),                         \
    P("{\"dimension\":4,\"rating\":5}"), P("{\"dimension\":5,\"rating\":5.6527036446661398}"),                         \
    P("{\"dimension\":5,\"rating\":3.6527036446661398}"),                                                              \
    P("{\"dimension\":6,\"rating\":4.4679111137620442}"),                                                              \
    P("{\"dimension\":6,\"rating\":2.4679111137620442}"), P("{\"dimension\":7,\"rating\":4}"),                         \
    P("{\"dimension\":7,\"rating\":2}"), P("{\"dimension\":8,\"rating\":4.4679111137620442}"),                         \
    P("{\"dimension\":8,\"rating\":2.4679111137620442}"),                                                              \
    P("{\"dimension\":9,\"rating\":5.6527036446661389}"),                                                              \
    P("{\"dimension\":9,\"rating\":3.6527036446661389}")
/* Ten choices, each between a thing that serves one value and one that serves none: three times universalism, twice
 * benevolence, and as often not power and not achievement. Weights .5 k / (.25 k + .1) of k choices. */
#define CHOICE_ROWS                                                                                                    \
    P("{\"v0\":0.5,\"v1\":0,\"v2\":0,\"v3\":0,\"v4\":0,\"v5\":0,\"v6\":0,\"v7\":0,\"v8\":0,\"v9\":0}"),                \
    P("{\"v0\":0.5,\"v1\":0,\"v2\":0,\"v3\":0,\"v4\":0,\"v5\":0,\"v6\":0,\"v7\":0,\"v8\":0,\"v9\":0}"),                \
    P("{\"v0\":0.5,\"v1\":0,\"v2\":0,\"v3\":0,\"v4\":0,\"v5\":0,\"v6\":0,\"v7\":0,\"v8\":0,\"v9\":0}"),                \
    P("{\"v0\":0,\"v1\":0.5,\"v2\":0,\"v3\":0,\"v4\":0,\"v5\":0,\"v6\":0,\"v7\":0,\"v8\":0,\"v9\":0}"),                \
    P("{\"v0\":0,\"v1\":0.5,\"v2\":0,\"v3\":0,\"v4\":0,\"v5\":0,\"v6\":0,\"v7\":0,\"v8\":0,\"v9\":0}"),                \
    P("{\"v0\":0,\"v1\":0,\"v2\":0,\"v3\":0,\"v4\":0,\"v5\":-0.5,\"v6\":0,\"v7\":0,\"v8\":0,\"v9\":0}"),               \
    P("{\"v0\":0,\"v1\":0,\"v2\":0,\"v3\":0,\"v4\":0,\"v5\":-0.5,\"v6\":0,\"v7\":0,\"v8\":0,\"v9\":0}"),               \
    P("{\"v0\":0,\"v1\":0,\"v2\":0,\"v3\":0,\"v4\":0,\"v5\":-0.5,\"v6\":0,\"v7\":0,\"v8\":0,\"v9\":0}"),               \
    P("{\"v0\":0,\"v1\":0,\"v2\":0,\"v3\":0,\"v4\":0,\"v5\":0,\"v6\":-0.5,\"v7\":0,\"v8\":0,\"v9\":0}"),               \
    P("{\"v0\":0,\"v1\":0,\"v2\":0,\"v3\":0,\"v4\":0,\"v5\":0,\"v6\":-0.5,\"v7\":0,\"v8\":0,\"v9\":0}")               
/* Forms of two scenarios: .9 and .1, and sure in both. */
#define FORM_ROWS                                                                                                      \
    {.parts = "{\"p_first\":0.9}", .parsed = "ok", .cluster = "a"},                                                     \
        {.parts = "{\"p_first\":0.1}", .parsed = "ok", .cluster = "a"},                                                 \
        {.parts = "{\"p_first\":1}", .parsed = "ok", .cluster = "b"}, {                                                \
        .parts = "{\"p_first\":1}", .parsed = "ok", .cluster = "b"                                                      \
    }
#define RATED(who, item, rating)                                                                                       \
    {                                                                                                                  \
        .parts = "{\"rating\":" #rating ",\"item\":" #item ",\"dimension\":3}", .parsed = "ok", .cluster = who         \
    }

static const struct known {
    const char *metric, *figure;
    struct made_row rows[24];
    double expected;
    int64_t k; /* -1: no share */
    uint64_t n;
} known[] = {
    {"score", "score", {{.parts = "{}", .value = 0.5}, {.parts = "{}", .value = 2}}, 1.25, -1, 2},
    {"acc", "acc", {SHARE_ROWS("acc")}, 1.25 / 4, -1, 4},
    {"acc_norm", "acc_norm", {SHARE_ROWS("acc_norm")}, 1.25 / 4, -1, 4},
    {"acc_published", "acc_published", {P("{\"published\":1}"), P("{\"published\":0}"), UNREAD("{\"published\":1}")}, 2.0 / 3, 2, 3},
    {"acc_read", "acc_read", {P("{\"acc\":1}"), P("{\"acc\":0}"), UNREAD("{}"), UNREAD("{\"acc\":0}")}, 1.0 / 2, 1, 2},
    {"wrong_lang", "wrong_lang", {P("{\"wrong_lang\":1}"), P("{\"wrong_lang\":0}"), P("{}"), P("{\"wrong_lang\":0}")}, 1.0 / 3, 1, 3},
    {"group_exact", "group_exact", {GROUP_ROWS}, 2.5 / 3, -1, 3},
    {"{\"metric\":\"group_exact\",\"of\":2}", "group_exact,of=2", {GROUP_ROWS}, 1.5 / 2, -1, 2},
    {"matching", "matching", {P("{\"acc\":1}"), UNREAD("{}")}, 0.5, 1, 2},
    {"exact_match",
     "exact_match",
     {P("{\"exact_match\":1}"), P("{\"exact_match\":true}"), UNREAD("{}")},
     2.0 / 3,
     2,
     3},
    {"token_f1", "token_f1", {P("{\"token_f1\":0.8}"), UNREAD("{}")}, 0.4, -1, 2},
    {"list_similarity", "list_similarity", {P("{\"list_similarity\":0.6}"), UNREAD("{}")}, 0.3, -1, 2},
    {"list_precision", "list_precision", {P("{\"list_precision\":0.5}"), P("{\"list_precision\":1}")}, 0.75, -1, 2},
    {"list_recall", "list_recall", {P("{\"list_recall\":0.25}"), UNREAD("{}")}, 0.125, -1, 2},
    {"mc1", "mc1", {P("{\"mc1\":1}"), P("{\"mc1\":0}")}, 0.5, 1, 2},
    {"mc2", "mc2", {P("{\"mc2\":0.7}"), P("{\"mc2\":0.2}"), UNREAD("{}")}, 0.45, -1, 2},
    {"precision", "precision", {CLASS_ROWS}, 3.0 / 4, 3, 4},
    {"recall", "recall", {CLASS_ROWS}, 3.0 / 5, 3, 5},
    {"specificity", "specificity", {CLASS_ROWS}, 3.0 / 4, 3, 4},
    {"{\"metric\":\"recall\",\"positive\":0}", "recall,positive=0", {CLASS_ROWS}, 3.0 / 4, 3, 4},
    {"f1", "f1", {CLASS_ROWS}, 2 * 3.0 / (4 + 5), -1, 9},
    {"macro_f1", "macro_f1", {CLASS_ROWS}, (6.0 / 9 + 6.0 / 8) / 2, -1, 9},
    {"balanced_acc", "balanced_acc", {CLASS_ROWS}, (3.0 / 5 + 3.0 / 4) / 2, -1, 9},
    {"refusal_rate", "refusal_rate", {REFUSAL_ROWS}, 2.0 / 5, 2, 5},
    {"{\"metric\":\"refusal_rate\",\"partial\":true}", "refusal_rate,partial=yes", {REFUSAL_ROWS}, 3.0 / 5, 3, 5},
    {"partial_rate", "partial_rate", {REFUSAL_ROWS}, 1.0 / 5, 1, 5},
    {"compliance_rate", "compliance_rate", {REFUSAL_ROWS}, 2.0 / 5, 2, 5},
    {"over_refusal", "over_refusal", {REFUSAL_ROWS}, 1.0 / 3, 1, 3},
    {"harmful_refusal", "harmful_refusal", {REFUSAL_ROWS}, 1.0 / 2, 1, 2},
    {"harmful_compliance", "harmful_compliance", {REFUSAL_ROWS}, 1.0 / 2, 1, 2},
    {"stereo_share",
     "stereo_share",
     {P("{\"stereo\":1}"), P("{\"stereo\":0.5}"), P("{\"stereo\":0}"), P("{\"stereo\":1}")},
     2.5 / 4,
     -1,
     4},
    {"ss", "ss", {STEREO_ROWS}, (2.0 / 3 + 0) / 2, -1, 4},
    {"lms", "lms", {STEREO_ROWS}, (5.0 / 6 + 0.5) / 2, -1, 4},
    {"icat", "icat", {STEREO_ROWS}, (5.0 / 6 + 0.5) / 2 * (1.0 / 3) / 0.5, -1, 4},
    {"{\"metric\":\"icat\",\"average\":\"micro\"}", "icat,average=micro", {STEREO_ROWS}, 0.75, -1, 4},
    {"acc_pro", "acc_pro", {PRO_ROWS}, 3.0 / 4, -1, 4},
    {"acc_anti", "acc_anti", {PRO_ROWS}, 1.0 / 2, 1, 2},
    {"acc_gap", "acc_gap", {PRO_ROWS}, 1.0 / 4, -1, 6},
    {"acc_ambiguous", "acc_ambiguous", {BBQ_ROWS}, 2.0 / 5, 2, 5},
    {"acc_disambiguated", "acc_disambiguated", {BBQ_ROWS}, 3.0 / 4, 3, 4},
    {"bias_disambiguated", "bias_disambiguated", {BBQ_ROWS}, 1.0 / 3, 2, 3},
    {"bias_ambiguous", "bias_ambiguous", {BBQ_ROWS}, 3.0 / 5 * (1.0 / 3), -1, 5},
    {"youden", "youden", {REFUSAL_ROWS}, 1.0 / 2 - 1.0 / 3, -1, 5},
    {"{\"metric\":\"youden\",\"partial\":true}", "youden,partial=yes", {REFUSAL_ROWS}, 1.0 / 2 - 2.0 / 3, -1, 5},
    {"over_conservativeness", "over_conservativeness", {ABSTAIN_ROWS}, 1.0 / 4, 1, 4},
    {"prudence", "prudence", {ABSTAIN_ROWS}, 2.0 / 3, 2, 3},
    {"honesty", "honesty", {ABSTAIN_ROWS}, (3.0 / 4 + 2.0 / 3) / 2, -1, 7},
    /* newly learned answers do not count: of three unknown ones one is right now, one is declined, one is wrong */
    {"prudence", "prudence", {LEARNED_ROWS}, 1.0 / 2, 1, 2},
    {"honesty", "honesty", {LEARNED_ROWS, P("{\"abstained\":0,\"known\":1,\"acc\":1}")}, (1.0 / 2 + 1) / 2, -1, 3},
    {"{\"metric\":\"honesty\",\"empty\":true}", "honesty,empty=yes", {LEARNED_ROWS}, (1.0 / 2 + 1) / 2, -1, 2},
    {"acc_true_source", "acc_true_source", {SOURCE_ROWS}, 1, 2, 2},
    {"acc_false_source", "acc_false_source", {SOURCE_ROWS}, 1.0 / 3, 1, 3},
    {"situated_acc", "situated_acc", {SOURCE_ROWS}, (1 + 1.0 / 3) / 2, -1, 5},
    {"situated_at", "situated_at", {SOURCE_ROWS}, (1 + 1.0 / 3) / 2, -1, 5},
    {"{\"metric\":\"situated_at\",\"share\":0.9}", "situated_at,share=0.9", {SOURCE_ROWS}, 0.9 + 0.1 / 3, -1, 5},
    {"situated_ceiling", "situated_ceiling", {WEIGHED_ROWS}, (1.0 / 2 + 1.0 / 2) / 2, -1, 4},
    {"source_choice", "source_choice", {WEIGHED_ROWS}, 1, 1, 1},
    {"{\"metric\":\"source_choice\",\"own\":0,\"document\":1,\"chose\":\"own\"}", "source_choice,own=0,document=1,chose=own",
     {WEIGHED_ROWS}, 0, 0, 1},
    /* Always the document. The own answer is right in 3 of 4 rows of exposure 64 and in none of exposure 0. The referee
     * takes the source of 0.8 everywhere and the one of 0.2 only where nothing is known: the third row is what it gains. */
    {"{\"metric\":\"source_regret\",\"balance\":false}", "source_regret,balance=no", {REGRET_ROWS}, 1.0 / 8, -1, 8},
    /* two documents are right and six wrong, and the mean of both sides is taken: half of a sixth */
    {"source_regret", "source_regret", {REGRET_ROWS}, 1.0 / 12, -1, 8},
    /* a right document stands for 1.6 or 0.4 of them, a wrong one for 0.4 or 1.6, as its source tells: 1.6 of 10.4 */
    {"{\"metric\":\"source_regret\",\"balance\":false,\"twins\":true}", "source_regret,balance=no,twins=yes", {REGRET_ROWS},
     2.0 / 13, -1, 8},
    {"follow_rate", "follow_rate", {SOURCE_ROWS}, 3.0 / 5, 3, 5},
    {"attack_success", "attack_success", {TWIN_ROWS}, 2.0 / 3, 2, 3},
    {"flip_rate", "flip_rate", {TWIN_ROWS}, 2.0 / 4, 2, 4},
    {"robust_strict", "robust_strict", {TWIN_ROWS}, 1.0 / 3, 1, 3},
    {"{\"metric\":\"robust_strict\",\"of\":\"all\"}", "robust_strict,of=all", {TWIN_ROWS}, 1.0 / 4, 1, 4},
    /* a and d: right twice, wrong twice */
    {"robust_tie", "robust_tie", {TWIN_ROWS}, 2.0 / 4, 2, 4},
    {"fresh_gap", "fresh_gap", {TWIN_ROWS}, 3.0 / 4 - 1.0 / 4, -1, 4},
    /* within: (0 + 1/2 + 1/2 + 0) / 4; between: ((3 - 16/8) / 3 - 1/4) / 2 */
    {"anew_share", "anew_share", {TWIN_ROWS}, (1.0 / 4) / (1.0 / 4 + 1.0 / 24), -1, 8},
    {"robustness", "robustness", {TWIN_ROWS}, 1.0 / 4 / (3.0 / 4), -1, 8},
    {"{\"metric\":\"flip_rate\",\"unread\":\"dropped\"}", "flip_rate,unread=dropped", {TWIN_ROWS}, 1.0 / 3, 1, 3},
    {"cell_mean", "cell_mean", {CELL_ROWS}, (1.0 / 3 + 1) / 2, -1, 4},
    {"{\"metric\":\"cell_mean\",\"unread\":\"dropped\"}", "cell_mean,unread=dropped", {CELL_ROWS}, (1.0 / 2 + 1) / 2, -1, 3},
    {"{\"metric\":\"cell_mean\",\"of\":\"refused\"}", "cell_mean,of=refused", {CELL_ROWS}, (1.0 / 2 + 1) / 2, -1, 3},
    {"{\"metric\":\"cell_mean\",\"of\":\"exact\"}", "cell_mean,of=exact", {CELL_ROWS}, (1.0 / 2 + 0) / 2, -1, 3},
    /* cell 0: class 0 has 2 / (2 + 1), class 1 has 0 of 2; cell 1: class 1 alone, all right */
    {"cell_macro_f1", "cell_macro_f1", {CELL_ROWS}, ((2.0 / 3 + 0) / 2 + 1) / 2, -1, 4},
    {"{\"metric\":\"cell_macro_f1\",\"unread\":\"dropped\"}", "cell_macro_f1,unread=dropped", {CELL_ROWS},
     ((2.0 / 3 + 0) / 2 + 1) / 2, -1, 3},
    /* of three originals that were right two are turned; of one none */
    {"cell_attack", "cell_attack", {PAIR_ROWS}, (2.0 / 3 + 0) / 2, -1, 10},
    {"{\"metric\":\"cell_attack\",\"unread\":\"dropped\"}", "cell_attack,unread=dropped", {PAIR_ROWS}, (1.0 / 2 + 0) / 2, -1, 9},
    {"robust_score", "robust_score", {PAIR_ROWS}, (1.0 / 4 + 1) / 2 - (2.0 / 3 + 0) / 2, -1, 10},
    {"{\"metric\":\"robust_score\",\"unread\":\"dropped\"}", "robust_score,unread=dropped", {PAIR_ROWS},
     (1.0 / 3 + 1) / 2 - (1.0 / 2 + 0) / 2, -1, 9},
    /* cell 0: one true of two with an address; cell 1: none with one */
    {"exact_ratio",
     "exact_ratio",
     {P("{\"exact\":1,\"address\":1,\"cell\":0}"), P("{\"exact\":0,\"address\":1,\"cell\":0}"),
      P("{\"exact\":0,\"address\":0,\"cell\":0}"), P("{\"exact\":0,\"address\":0,\"cell\":1}")},
     1.0 / 4,
     -1,
     4},
    {"agreement_rate", "agreement_rate", {P("{\"agreed\":1}"), P("{\"agreed\":0}"), UNREAD("{}")}, 1.0 / 2, 1, 2},
    {"{\"metric\":\"agreement_rate\",\"unread\":\"no\"}", "agreement_rate,unread=no", {P("{\"agreed\":1}"), P("{\"agreed\":0}"), UNREAD("{}")},
     1.0 / 3, 1, 3},
    /* p = 1/3 and 1: 2 p / (1 + p) is 1/2 and 1 */
    {"implied_f1", "implied_f1", {CELL_ROWS}, 3.0 / 4, -1, 4},
    {"pearson", "pearson", {RATING_ROWS}, -0.09935326726564044, -1, 5},
    {"{\"metric\":\"pearson\",\"zero\":\"dropped\"}", "pearson,zero=dropped", {RATING_ROWS}, 0.9813358399735745, -1, 4},
    /* published: 1, 2, 3 beside 1, 3, 2; the fourth was not read by it */
    {"{\"metric\":\"pearson\",\"reading\":\"published\"}",
     "pearson,reading=published",
     {P("{\"rating\":9,\"rating_published\":1,\"rating_gold\":1}"), P("{\"rating_published\":2,\"rating_gold\":3}"),
      P("{\"rating\":9,\"rating_published\":3,\"rating_gold\":2}"), P("{\"rating\":1,\"rating_gold\":2}")},
     0.5,
     -1,
     3},
    {"failed_published", "failed_published",
     {P("{\"failed_published\":1}"), P("{\"failed_published\":0}"), P("{\"failed_published\":0}"), UNREAD("{}")}, 1.0 / 3, 1, 3},
    {"setting_gap", "setting_gap", {ASKED_ROWS}, (1 + 0.5 - 0.5 + 1) / 4, -1, 4},
    {"{\"metric\":\"setting_gap\",\"to\":1}", "setting_gap,to=1", {ASKED_ROWS}, 1.0 / 4, -1, 4},
    {"{\"metric\":\"setting_flips\",\"to\":1}", "setting_flips,to=1", {ASKED_ROWS}, 3.0 / 4, 3, 4},
    {"setting_flips", "setting_flips", {ASKED_ROWS}, (1 + 0.5 + 0.5 + 1) / 4, -1, 4},
    {"setting_p", "setting_p", {ASKED_ROWS}, 2 * 7.0 / 64, -1, 13},
    /* three pairs lost, none won: 2 / 8; then two and one */
    {"{\"metric\":\"setting_p\",\"to\":2}", "setting_p,to=2", {ASKED_ROWS}, 1.0 / 4, -1, 9},
    {"{\"metric\":\"setting_p\",\"to\":1}", "setting_p,to=1", {ASKED_ROWS}, 1, -1, 9},
    {"margin", "margin", {P("{\"margin\":0.5}"), P("{\"margin\":-0.25}"), UNREAD("{}")}, 0.125, -1, 2},
    {"toxic_rate", "toxic_rate", {P("{\"toxic\":1}"), P("{\"toxic\":0}"), P("{}"), UNREAD("{}")}, 1.0 / 2, 1, 2},
    /* harmful: one refused, one not, one unread; harmless: two of three answered, the third unread */
    {"twin_index",
     "twin_index",
     {P("{\"acc\":1,\"harmful\":1}"), P("{\"acc\":0,\"harmful\":1}"), UNREAD("{\"harmful\":1}"),
      P("{\"acc\":1,\"harmful\":0}"), P("{\"acc\":1,\"harmful\":0}"), UNREAD("{\"harmful\":0}")},
     1.0 / 3 - 1.0 / 3,
     -1,
     6},
    /* by sex {3, 1} and {1, 3}: each is off by 1, less Yates' half, squared over 2: 1/2 with one degree of freedom */
    {"independence", "independence", {MEMBER_ROWS}, 0.7408568142938688, -1, 7},
    {"{\"metric\":\"independence\",\"by\":\"sex\"}", "independence,by=sex", {TABLE_ROWS}, 0.47950012218695337, -1, 8},
    {"{\"metric\":\"independence\",\"by\":\"race\"}", "independence,by=race", {TABLE_ROWS}, 1, -1, 8},
    {"{\"metric\":\"cramers_v\",\"by\":\"sex\"}", "cramers_v,by=sex", {TABLE_ROWS}, 0.35355339059327373, -1, 8},
    {"position_bias",
     "position_bias",
     {P("{\"place\":0,\"choices\":4}"), P("{\"place\":0,\"choices\":4}"), P("{\"place\":3,\"choices\":4}")},
     (2.0 / 3 - 1.0 / 4) / (3.0 / 4),
     -1,
     3},
    {"acquiescence", "acquiescence", {CLASS_ROWS}, 1.0 / 4 - 2.0 / 5, -1, 9},
    {"parity_gap", "parity_gap", {MEMBER_ROWS}, 3.0 / 4 - 1.0 / 4, -1, 8},
    {"opportunity_gap", "opportunity_gap", {MEMBER_ROWS}, 1 - 1.0 / 2, -1, 4},
    {"dpd", "dpd", {HALF_SILENT_ROWS}, 3.0 / 4 - 1.0 / 4, -1, 8},
    {"{\"metric\":\"dpd\",\"unread\":\"dropped\"}", "dpd,unread=dropped", {HALF_SILENT_ROWS}, 1.0 / 3, -1, 8},
    {"{\"metric\":\"dpd\",\"unread\":\"no\"}", "dpd,unread=no", {HALF_SILENT_ROWS}, 1.0 / 4, -1, 8},
    {"dpd", "dpd", {THREE_GROUPS}, 1 - 1.0 / 3, -1, 6},
    {"dpd", "dpd", {P("{\"picked\":1,\"member\":1}"), P("{\"picked\":1,\"member\":1}"), P("{\"picked\":0,\"member\":0}"),
      P("{\"picked\":1,\"member\":0}")}, 1.0 / 2, -1, 4},
    {"eod", "eod", {HALF_SILENT_ROWS}, 1.0 / 2, -1, 8},
    {"{\"metric\":\"eod\",\"unread\":\"dropped\"}", "eod,unread=dropped", {MEMBER_ROWS}, 1.0 / 2, -1, 8},
    {"{\"metric\":\"eod\",\"unread\":\"no\"}", "eod,unread=no", {HALF_SILENT_ROWS}, 1.0 / 2, -1, 8},
    {"{\"metric\":\"eod\",\"positive\":0}", "eod,positive=0", {MEMBER_ROWS}, 1.0 / 2, -1, 8},
    {"fairness", "fairness", {HALF_SILENT_ROWS}, 1 - (1.0 / 2 + 1.0 / 2) / 2, -1, 8},
    {"{\"metric\":\"fairness\",\"unread\":\"dropped\"}", "fairness,unread=dropped", {HALF_SILENT_ROWS},
     1 - 1.0 / 6, -1, 8},
    {"{\"metric\":\"fairness\",\"unread\":\"no\"}", "fairness,unread=no", {HALF_SILENT_ROWS},
     1 - (1.0 / 4 + 1.0 / 2) / 2, -1, 8},
    {"fairness", "fairness", {SETTING_ROWS}, 3.0 / 4, -1, 8},
    {"fairness", "fairness", {THREE_GROUPS}, 1.0 / 3, -1, 6},
    {"fairness_hollow", "fairness_hollow", {SILENT_ROWS}, 1, -1, 4},
    {"fairness_hollow", "fairness_hollow", {HALF_SILENT_ROWS}, 0, -1, 8},
    {"fairness_hollow", "fairness_hollow", {DECISION(1, 1, 0), DECISION(0, 1, 0)}, 1, -1, 2},
    /* seven rows read, 2 x 2: {3, 1} and {1, 2}: 25 / 144 less 1 / 6, over 5 / 6, rooted */
    {"cramers_v", "cramers_v", {MEMBER_ROWS}, 0.09128709291752769, -1, 7},
    /* Labelled 1: three of four are told to be 1 with 0.9, one with 0.1; labelled 0: two with 0.1, one with 0.5. Means of
     * the class of the label: 0.7, and (0.9 + 0.9 + 0.5) / 3. So one of four and none of two count for the other class. */
    {"label_noise", "label_noise", {NOISE_ROWS}, 1.0 / 7, -1, 7},
    {"corrected_rate", "corrected_rate", {JUDGE_ROWS}, 1.0 / 2, -1, 10},
    {"judged_rate", "judged_rate", {P("{\"said\":1}"), P("{\"said\":0}"), P("{\"said\":1}"), UNREAD("{}")}, 2.0 / 3, 2, 3},
    {"judge_agreement", "judge_agreement", {VOTE_ROWS}, 3.0 / 4, 3, 4},
    /* 3/4 agree; of yes 3/4 first and 1/2 second, by chance 3/8 + 1/8 */
    {"judge_kappa", "judge_kappa", {VOTE_ROWS}, 1.0 / 2, -1, 4},
    {"judge_first", "judge_first", {P("{\"first_votes\":1}"), P("{\"first_votes\":0.5}"), P("{\"said\":1}")}, 0.75, -1, 2},
    {"judge_nonsense", "judge_nonsense", {P("{\"nonsense\":0.25}"), P("{\"nonsense\":0}")}, 0.125, -1, 2},
    {"listed_rate", "listed_rate", {P("{\"listed\":1}"), P("{\"listed\":0}"), UNREAD("{}")}, 1.0 / 3, 1, 3},
    {"any_listed",
     "any_listed",
     {{.parts = "{\"listed\":0}", .parsed = "ok", .cluster = "a"},
      {.parts = "{\"listed\":1}", .parsed = "ok", .cluster = "a"},
      {.parts = "{\"listed\":0}", .parsed = "ok", .cluster = "b"}},
     1.0 / 2,
     1,
     2},
    {"longest_run", "longest_run", {P("{\"run\":40}"), P("{\"run\":60}"), UNREAD("{}")}, 100.0 / 3, -1, 3},
    {"quip", "quip", {P("{\"numerator\":10,\"denominator\":20}"), P("{\"numerator\":0,\"denominator\":0}"), UNREAD("{}")},
     1.0 / 6, -1, 3},
    {"quip_micro", "quip_micro", {P("{\"numerator\":10,\"denominator\":20}"), P("{\"numerator\":0,\"denominator\":0}"),
      P("{\"numerator\":5,\"denominator\":30}")}, 0.3, -1, 3},
    {"answer_length", "answer_length", {P("{\"normalised_len\":40}"), P("{\"normalised_len\":0}")}, 20, -1, 2},
    {"sentences_quoted", "sentences_quoted", {P("{\"whole\":1,\"sentences\":2}"), P("{\"whole\":0,\"sentences\":2}")}, 0.25, -1, 2},
    {"stitched_rate", "stitched_rate", {P("{\"stitched\":2}"), P("{\"stitched\":0}")}, 0.5, 1, 2},
    {"reliability", "reliability", {P("{\"acc\":1,\"harm\":0}"), P("{\"acc\":1,\"harm\":0}"), P("{\"acc\":0,\"harm\":0}"),
      P("{\"acc\":0,\"harm\":1}")}, -200, -1, 4},
    {"{\"metric\":\"reliability\",\"c\":\"N\"}", "reliability,c=N", {P("{\"acc\":1,\"harm\":0}"), P("{\"acc\":0,\"harm\":1}")}, -50, -1, 2},
    {"harm_rate", "harm_rate", {P("{\"harm\":1}"), P("{\"harm\":0}")}, 0.5, 1, 2},
    {"coverage", "coverage", {P("{\"abstained\":1}"), P("{\"abstained\":0}"), P("{\"abstained\":1}")}, 1.0 / 3, 1, 3},
    {"answer_precision", "answer_precision", {P("{\"acc\":1,\"abstained\":1}"), P("{\"acc\":1,\"abstained\":0}"),
      P("{\"acc\":0,\"abstained\":0}")}, 0.5, 1, 2},
    {"false_refusal", "false_refusal", {P("{\"abstained\":1,\"feasible\":1}"), P("{\"abstained\":1,\"feasible\":0}"),
      P("{\"abstained\":0,\"feasible\":1}")}, 0.5, 1, 2},
    {"miss_rate", "miss_rate", {P("{\"abstained\":1,\"feasible\":1}"), P("{\"abstained\":1,\"feasible\":0}"),
      P("{\"abstained\":0,\"feasible\":0}")}, 0.5, 1, 2},
    {"luck_rate", "luck_rate", {P("{\"lucky\":1,\"acc\":1,\"feasible\":1,\"abstained\":0}"),
      P("{\"lucky\":0,\"acc\":1,\"feasible\":1,\"abstained\":0}"), P("{\"lucky\":0,\"acc\":1,\"feasible\":0,\"abstained\":1}")}, 0.5, 1, 2},
    {"stale_rate", "stale_rate", {P("{\"stale\":1}"), P("{\"stale\":0}")}, 0.5, 1, 2},
    {"call_formed", "call_formed", {P("{\"formed\":1}"), P("{\"formed\":1}"), P("{\"formed\":0}"), UNREAD("{}")}, 0.5, 2, 4},
    {"call_tool", "call_tool", {P("{\"formed\":1,\"tool\":1}"), P("{\"formed\":1,\"tool\":0}")}, 0.5, 1, 2},
    {"call_arguments", "call_arguments", {P("{\"tool\":1,\"arguments\":0}"), P("{\"arguments\":1}"), P("{\"arguments\":1}")},
     2.0 / 3, 2, 3},
    {"reward", "reward", {{.parts = "{}", .value = 3, .parsed = "ok"}, {.parts = "{}", .value = -0.5, .parsed = "ok"}}, 1.25, -1, 2},
    {"level_share", "level_share", {P("{\"level\":1}"), P("{\"level\":2}"), P("{\"level\":1}")}, 2.0 / 3, 2, 3},
    {"{\"metric\":\"level_share\",\"level\":2}", "level_share,level=2", {P("{\"level\":1}"), P("{\"level\":2}")}, 1.0 / 2, 1, 2},
    {"pass_at", "pass_at", {PASS_ROWS}, (1.0 / 3 + 0) / 2, -1, 2},
    /* one of three right: 1 - C(2, 2) / C(3, 2) */
    {"{\"metric\":\"pass_at\",\"k\":2}", "pass_at,k=2", {PASS_ROWS}, (2.0 / 3 + 0) / 2, -1, 2},
    {"copy_rate", "copy_rate", {P("{\"run\":49}"), P("{\"run\":50}"), UNREAD("{}")}, 1.0 / 3, 1, 3},
    {"claim_rate", "claim_rate", {CLAIM_ROWS}, 1.0 / 2, 2, 4},
    {"class_share", "class_share", {CLAIM_ROWS}, 2.0 / 5, 2, 5},
    {"{\"metric\":\"class_share\",\"class\":\"empty\"}", "class_share,class=empty", {CLAIM_ROWS}, 1.0 / 5, 1, 5},
    {"suggestible", "suggestible", {CLAIM_ROWS}, 1.0 / 2, 1, 2},
    {"affirmed", "affirmed", {P("{\"affirmed\":1}"), P("{\"affirmed\":0}"), P("{\"yielded\":0}"), P("{\"affirmed\":1}")},
     2.0 / 3, 2, 3},
    {"identity_entropy", "identity_entropy", {CLAIM_ROWS}, 1, -1, 4},
    {"confused", "confused", {CLAIM_ROWS}, 1, -1, 5},
    {"confused", "confused", {CLAIM(0, 0, 0, 0), CLAIM(0, 0, 0, 1)}, 0, -1, 2},
    {"confidence", "confidence", {SURE_ROWS}, 0.708, -1, 10},
    /* centres at 1.5 and -0.5: 2^2 over the mean of 1, 3, 2 and 2 */
    {"rho_cv", "rho_cv", {APART_ROWS}, 2, -1, 4},
    /* the same in the frames of two axioms; the last text's axiom is too small */
    {"rho_axiom", "rho_axiom", {WITHIN("2", "1", "1"), WITHIN("1", "3", "1"), WITHIN("-1", "2", "0"), WITHIN("0", "2", "0"),
      P("{\"along\":3,\"off2\":1,\"unsafe\":1}")}, 2, -1, 4},
    {"silhouette", "silhouette", {P("{\"silhouette\":0.5}"), P("{\"silhouette\":-0.25}"), UNREAD("{}")}, 0.125, -1, 2},
    {"knn_purity", "knn_purity", {P("{\"knn\":0.9}"), P("{\"knn\":0.7}")}, 0.8, -1, 2},
    /* both of the unsafe ones told, one of two of the safe ones */
    {"probe_bacc", "probe_bacc", {APART_ROWS}, 0.75, -1, 4},
    {"aqi", "aqi", {APART_ROWS}, 4, -1, 4},
    {"{\"metric\":\"aqi\",\"of\":\"xb\"}", "aqi,of=xb", {APART_ROWS}, 0.25, -1, 4},
    /* of 2 and 2: 4 x 2 x 2 x 2 / 16 */
    {"{\"metric\":\"aqi\",\"of\":\"ch\"}", "aqi,of=ch", {APART_ROWS}, 2, -1, 4},
    {"{\"metric\":\"aqi\",\"of\":\"paper\"}", "aqi,of=paper", {APART_ROWS}, 3, -1, 4},
    {"{\"metric\":\"aqi\",\"of\":\"over_topic\"}", "aqi,of=over_topic", {APART_ROWS}, 1.3862943611198906, -1, 4},
    {"overconfidence", "overconfidence", {SURE_ROWS}, 0.108, -1, 10},
    {"brier", "brier", {SURE_ROWS}, 0.22254, -1, 10},
    {"chance_error", "chance_error", {P("{\"confidence\":0.9,\"chance\":0.7}"), P("{\"confidence\":0.4,\"chance\":0.5}"), P("{\"confidence\":0.4}")},
     0.15, -1, 2},
    {"{\"metric\":\"ece\",\"edges\":\"right\"}", "ece,edges=right", {SURE_ROWS}, 0.318, -1, 10},
    {"ece", "ece", {P("{\"confidence\":0.3,\"acc\":0}"), P("{\"confidence\":0.25,\"acc\":1}")}, 0.525, -1, 2},
    {"{\"metric\":\"trust\",\"edges\":\"right\"}", "trust,edges=right", {SURE_ROWS}, 0.282, -1, 10},
    {"trust", "trust", {P("{\"confidence\":0.3,\"acc\":0}"), P("{\"confidence\":0.25,\"acc\":1}")}, 0.5 - 0.525, -1, 2},
    {"value_score", "value_score", {P("{\"rating\":4}"), P("{\"rating\":6}"), P("{\"rating\":8}"), UNREAD("{}")}, 6, -1, 4},
    /* of three items with the mean 8 and three with 4 */
    {"value_centred", "value_centred",
     {P("{\"dimension\":0,\"rating\":7}"), P("{\"dimension\":0,\"rating\":8}"), P("{\"dimension\":0,\"rating\":9}"),
      P("{\"dimension\":1,\"rating\":3}"), P("{\"dimension\":1,\"rating\":4}"), P("{\"dimension\":1,\"rating\":5}")},
     2, -1, 6},
    {"{\"metric\":\"circumplex\",\"of\":\"amplitude\"}", "circumplex,of=amplitude", {CIRCLE_ROWS}, 2, -1, 20},
    {"circumplex", "circumplex", {CIRCLE_ROWS}, 1, -1, 20},
    /* ranks 10 9 1 2 and six 5.5 against two each of 9.5 and 1.5 */
    {"profile_match", "profile_match", {CHOICE_ROWS}, 0.99227787671366774, -1, 10},
    {"{\"metric\":\"profile_match\",\"by\":\"along\"}", "profile_match,by=along", {CHOICE_ROWS}, 3.4313725490196081, -1, 10},
    {"agreeing", "agreeing",
     {P("{\"raw\":5,\"mid\":3,\"key\":1}"), P("{\"raw\":4,\"mid\":3,\"key\":1}"), P("{\"raw\":4,\"mid\":3,\"key\":-1}"),
      P("{\"raw\":3,\"mid\":3,\"key\":-1}")},
     2, -1, 4},
    /* two items: 2 (1 - (5 + 2.75) / 12.75) */
    {"alpha", "alpha",
     {RATED("a", 0, 1), RATED("a", 1, 2), RATED("b", 0, 2), RATED("b", 1, 2), RATED("c", 0, 3), RATED("c", 1, 4),
      RATED("d", 0, 4), RATED("d", 1, 3)},
     0.78431372549019607, -1, 8},
    {"action_likelihood", "action_likelihood", {FORM_ROWS}, 0.75, -1, 2},
    {"prefers_first", "prefers_first", {FORM_ROWS}, 0.75, -1, 2},
    {"action_entropy", "action_entropy", {FORM_ROWS}, 0.5, 1, 2},
    {"form_uncertainty", "form_uncertainty", {FORM_ROWS}, 0.23449779679464061, -1, 2},
    {"form_consistency", "form_consistency", {FORM_ROWS}, 0.73449779679464067, -1, 2},
    /* three of four keep the second rule: half of log(3.5 / 1.5) */
    {"{\"metric\":\"rule_strength\",\"of\":\"pain\"}", "rule_strength,of=pain",
     {P("{\"p_first\":1,\"breaks1\":1,\"breaks2\":2}"), P("{\"p_first\":1,\"breaks1\":1,\"breaks2\":2}"),
      P("{\"p_first\":1,\"breaks1\":1,\"breaks2\":2}"), P("{\"p_first\":0,\"breaks1\":1,\"breaks2\":2}")},
     0.42364893019360184, -1, 4},
    {"log_odds", "log_odds", {P("{\"log_odds\":2}"), P("{\"log_odds\":-1}"), P("{\"log_odds\":5}")}, 2, -1, 3},
    {"rule_strength", "rule_strength",
     {P("{\"p_first\":0.5,\"breaks1\":1,\"breaks2\":2}"), P("{\"p_first\":0.75,\"breaks1\":2,\"breaks2\":1}"),
      P("{\"p_first\":0.25,\"breaks1\":2,\"breaks2\":1}")}, 0, -1, 3},
    {"wer", "wer", {P("{\"substituted\":1,\"deleted\":1,\"inserted\":0,\"reference_words\":4}"),
      P("{\"substituted\":0,\"deleted\":0,\"inserted\":3,\"reference_words\":1}"), P("{\"no_reference\":1}")}, 1, -1, 2},
    {"{\"metric\":\"wer\",\"of\":\"inserted\"}", "wer,of=inserted", {P("{\"substituted\":1,\"deleted\":1,\"inserted\":0,\"reference_words\":4}"),
      P("{\"substituted\":0,\"deleted\":0,\"inserted\":2,\"reference_words\":1}")}, 2.0 / 5, -1, 2},
    {"wer_mean", "wer_mean", {P("{\"word_errors\":0.5}"), P("{\"word_errors\":3}"), P("{\"no_reference\":1}")}, 1.75, -1, 2},
    {"no_reference", "no_reference", {P("{\"no_reference\":0}"), P("{\"no_reference\":1}")}, 0.5, 1, 2},
    {"same_answer", "same_answer", {P("{\"same\":1}"), P("{\"same\":0}"), P("{\"same\":1}")}, 2.0 / 3, 2, 3},
    {"false_acceptance", "false_acceptance", {P("{\"granted\":1,\"genuine\":0}"), P("{\"granted\":0,\"genuine\":0}"),
      P("{\"granted\":1,\"genuine\":1}"), P("{\"genuine\":0}")}, 0.5, 1, 2},
    {"false_rejection", "false_rejection", {P("{\"granted\":1,\"genuine\":0}"), P("{\"granted\":0,\"genuine\":1}"),
      P("{\"granted\":1,\"genuine\":1}"), P("{\"granted\":1,\"genuine\":1}")}, 1.0 / 3, 1, 3},
    /* Genuine .3 .6 .8 .9, spoofs .1 .2 .4 .7: between .4 and .7 one of four is wrong on either side. */
    {"equal_error", "equal_error", {P("{\"verifier\":0.3,\"genuine\":1}"), P("{\"verifier\":0.6,\"genuine\":1}"),
      P("{\"verifier\":0.8,\"genuine\":1}"), P("{\"verifier\":0.9,\"genuine\":1}"), P("{\"verifier\":0.1,\"genuine\":0}"),
      P("{\"verifier\":0.2,\"genuine\":0}"), P("{\"verifier\":0.4,\"genuine\":0}"), P("{\"verifier\":0.7,\"genuine\":0}")}, 0.25, -1, 8},
    /* First, first (A, then B), first, second (A, A): A in 2 of 2 and 1 of 2. */
    {"unfairness", "unfairness", {PAIR("0", "0", "a"), PAIR("0", "1", "a"), PAIR("0", "0", "b"), PAIR("1", "1", "b")}, 0.5, -1, 4},
    {"order_bias", "order_bias", {PAIR("0", "0", "a"), PAIR("0", "1", "a"), PAIR("0", "0", "b"), PAIR("1", "1", "b")}, 0.5, -1, 4},
    {"unfairness_p", "unfairness_p", {PAIR("0", "0", "a"), PAIR("1", "1", "a"), PAIR("0", "0", "b"), PAIR("1", "1", "b")}, 0.5, -1, 4},
    {"rating_mean", "rating_mean", {P("{\"rating\":2}"), P("{\"rating\":5}")}, 3.5, -1, 2},
    {"rating_share", "rating_share", {P("{\"rating\":2}"), P("{\"rating\":5}"), P("{\"rating\":4}"), P("{\"rating\":3}"), UNREAD("{}")}, 0.5, 2, 4},
    {"rating_gap", "rating_gap", {{.parts = "{\"rating\":4,\"swapped\":0}", .parsed = "ok", .cluster = "a"},
      {.parts = "{\"rating\":2,\"swapped\":1}", .parsed = "ok", .cluster = "a"}, {.parts = "{\"rating\":3,\"swapped\":0}", .parsed = "ok", .cluster = "b"},
      {.parts = "{\"rating\":4,\"swapped\":1}", .parsed = "ok", .cluster = "b"}, {.parts = "{\"rating\":5,\"swapped\":0}", .parsed = "ok", .cluster = "c"}},
     0.5, -1, 2},
    {"leak_rate", "leak_rate", {P("{\"leaked\":1}"), P("{\"leaked\":0}")}, 0.5, 1, 2},
    {"leak_share", "leak_share", {P("{\"leak\":1}"), P("{\"leak\":0.5}")}, 0.75, -1, 2},
    {"acc_drop", "acc_drop", {P("{\"acc\":1,\"perturbed\":0}"), P("{\"acc\":1,\"perturbed\":0}"), P("{\"acc\":1,\"perturbed\":1}"),
      P("{\"acc\":0,\"perturbed\":1}")}, 0.5, -1, 4},
    /* found 3 of 5, one unread; 1 of 4 others: .05 .6 / (.05 .6 + .95 .25) */
    {"precision_at", "precision_at", {CLASS_ROWS}, 0.05 * 0.6 / (0.05 * 0.6 + 0.95 * 0.25), -1, 9},
    {"{\"metric\":\"precision_at\",\"prevalence\":0.5}", "precision_at,prevalence=0.5", {CLASS_ROWS}, 0.6 / 0.85, -1, 9},
    {"tie_rate", "tie_rate", {P("{\"tied\":1}"), P("{\"tied\":0}"), UNREAD("{}")}, 1.0 / 2, 1, 2},
    {"missing_votes", "missing_votes", {P("{\"missing\":0.2}"), P("{\"missing\":0}"), UNREAD("{\"missing\":1}")}, 0.4, -1, 3},
    {"full_score", "full_score", {P("{\"full\":1}"), P("{\"full\":0}"), P("{\"full\":0}"), P("{}")}, 1.0 / 3, 1, 3},
    {"non_refusal_score", "non_refusal_score",
     {P("{\"grade\":0.5,\"refused\":0}"), P("{\"grade\":1,\"refused\":0}"), P("{\"grade\":0,\"refused\":1}")}, 0.75, -1, 2},
    {"parse_rate", "parse_rate", {READ_ROWS}, 3.0 / 4, 3, 4},
    {"fallback_rate", "fallback_rate", {READ_ROWS}, 1.0 / 4, 1, 4},
    {"parse_fail", "parse_fail", {READ_ROWS}, 1.0 / 4, 1, 4},
};

static void known_answers(void **state) {
    for (size_t i = 0; i < COUNT(known); i++) {
        struct bench b;
        size_t n = 0;
        bench_open(&b, &known[i].metric, 1);
        while (n < COUNT(known[i].rows) && known[i].rows[n].parts) n++;
        bench_run(&b, known[i].rows, n);
        const struct figure *f = figure_of(&b, known[i].figure, "");
        if (!f) fail_msg("no figure '%s'", known[i].figure);
        if (!(fabs(f->value - known[i].expected) <= 1e-14))
            fail_msg("%s: %.17g, expected %.17g", f->name, f->value, known[i].expected);
        if (f->k != known[i].k || f->n != known[i].n) fail_msg("%s: k %d, n %d", f->name, (int)f->k, (int)f->n);
        if (!(f->lo <= f->value && f->value <= f->hi)) fail_msg("%s: outside its interval", f->name);
        assert_null(f->null_reason);
        bench_close(&b);
    }
}

/* Whoever says nothing is perfect as published, and may hide anything. Two that decide are too few to see a gap. */
static void silence_is_no_fairness(void **state) {
    static const struct made_row silent[] = {SILENT_ROWS};
    static const struct made_row two[] = {DECISION(1, 1, 1), DECISION(0, 1, 0), NO_DECISION(0, 1)};
    static const char *const uses[] = {"fairness", "{\"metric\":\"fairness\",\"unread\":\"no\"}",
                                       "{\"metric\":\"fairness\",\"unread\":\"dropped\"}"};
    struct bench b;
    (void)state;
    bench_open(&b, uses, 3);
    bench_run(&b, silent, COUNT(silent));
    assert_true(figure_of(&b, "fairness", "")->value == 0);
    assert_true(figure_of(&b, "fairness,unread=no", "")->value == 1);
    assert_true(isnan(figure_of(&b, "fairness,unread=dropped", "")->value));
    assert_string_equal(figure_of(&b, "fairness,unread=dropped", "")->null_reason,
                        "a group has no rows, or none that decide anything");
    bench_close(&b);
    bench_open(&b, uses, 3);
    bench_run(&b, two, COUNT(two));
    assert_true(figure_of(&b, "fairness,unread=no", "")->value == 1);
    assert_true(figure_of(&b, "fairness,unread=dropped", "")->value == 0);
    bench_close(&b);
}

static void every_metric_has_its_answer(void **state) {
    const struct metric *const *all;
    size_t n = metrics(&all);
    for (size_t m = 0; m < n; m++) {
        char expected[64];
        bool found = false;
        for (size_t i = 0; i < COUNT(known); i++) found = found || strcmp(known[i].metric, all[m]->name) == 0;
        if (!found) fail_msg("metric '%s' has no known answer", all[m]->name);
        snprintf(expected, sizeof expected, "metrics/%s", all[m]->name);
        assert_string_equal(all[m]->known_answer, expected);
        assert_true(metric_find(text_of(all[m]->name)) == all[m]);
        assert_true(all[m]->summary && all[m]->unit && all[m]->direction && all[m]->interval && all[m]->rule);
        for (const char *const *part = all[m]->rule->parts; *part; part++) { /* only parts that are described */
            bool described = strcmp(*part, "value") == 0;
            for (size_t p = 0; metric_parts[p]; p++) described = described || strcmp(metric_parts[p], *part) == 0;
            if (!described) fail_msg("metric '%s' reads '%s', which no scorer is told of", all[m]->name, *part);
        }
    }
}

/* ---- intervals ---- */

static void intervals_fit_the_items(void **state) {
    static const char *const acc[] = {"acc"};
    struct bench b;
    struct made_row rows[27] = {0};
    bench_open(&b, acc, 1);
    for (int i = 0; i < 27; i++) rows[i].parts = i < 7 ? "{\"acc\":1}" : "{\"acc\":0}";
    bench_run(&b, rows, 27);
    const struct figure *f = figure_of(&b, "acc", "");
    assert_string_equal(f->method, "wilson");
    check_near(f->lo, 0.13170374561907191592, 1e-14);
    check_near(f->hi, 0.44678571314553073657, 1e-14);
    assert_int_equal(f->k, 7);
    assert_true(isnan(f->parsed));

    rows[0].parts = "{\"acc\":0.5}"; /* a tie shared out */
    bench_run(&b, rows, 27);
    f = figure_of(&b, "acc", "");
    double x[27] = {0.5, 1, 1, 1, 1, 1, 1};
    struct interval t = stat_mean_t(x, 27, 0.95);
    assert_string_equal(f->method, "student-t");
    check_near(f->lo, t.lo, 1e-14);
    check_near(f->hi, t.hi, 1e-14);

    for (int i = 0; i < 27; i++) { /* nine clusters of three, all alike within: a third of the information */
        static const char *const names[] = {"c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"};
        rows[i].parts = i / 3 < 4 ? "{\"acc\":1}" : "{\"acc\":0}";
        rows[i].cluster = names[i / 3];
    }
    b.spec.cluster_field = "question";
    bench_run(&b, rows, 27);
    f = figure_of(&b, "acc", "");
    assert_string_equal(f->method, "bootstrap,B=1000,cluster=question,clusters=9");
    assert_int_equal(f->n, 27);
    assert_int_equal(f->k, 12);
    check_near(f->value, 12.0 / 27, 1e-15);
    check_near(f->hi - f->lo, 2 * 2.306 * sqrt(4.0 / 9 * 5 / 9 / 8), 0.08); /* Student's t of nine clusters */

    for (int i = 0; i < 27; i++) rows[i].parts = "{\"acc\":1}"; /* no resample differs: nine clusters, all right */
    bench_run(&b, rows, 27);
    f = figure_of(&b, "acc", "");
    assert_string_equal(f->method, "wilson,clusters=9");
    check_near(f->lo, stat_wilson(9, 9, 0.95).lo, 1e-15);
    check_near(f->hi, 1, 0);

    b.settings.bootstrap = 0;
    bench_run(&b, rows, 27);
    f = figure_of(&b, "acc", "");
    check_near(f->value, 1, 0);
    assert_true(isnan(f->lo) && f->null_reason);
    bench_close(&b);
}

/* Of 400 rows each is one half with chance 0.02, else nothing: summed over how many are, the interval covers 0.01 as often
 * as it says, where Student's t covers it in 90 of 100. */
static void rare_fractions_are_covered(void **state) {
    static const char *const acc[] = {"acc"};
    struct bench b;
    struct made_row rows[400] = {0};
    double covered = 0, by_t = 0, below = 0, x[400] = {0};
    (void)state;
    bench_open(&b, acc, 1);
    for (int i = 0; i < 400; i++) rows[i].parts = "{\"acc\":0}";
    for (unsigned k = 0; k <= 29; k++) {
        if (k) rows[k - 1].parts = "{\"acc\":0.5}", x[k - 1] = 0.5;
        bench_run(&b, rows, 400);
        const struct figure *f = figure_of(&b, "acc", "");
        struct interval t = stat_mean_t(x, 400, 0.95);
        double up_to = stat_binomial_cdf(k, 400, 0.02), chance = up_to - below;
        below = up_to;
        assert_string_equal(f->method, k ? "score,n=effective" : "wilson");
        if (f->lo <= 0.01 && 0.01 <= f->hi) covered += chance;
        if (t.lo <= 0.01 && 0.01 <= t.hi) by_t += chance;
        if (k != 8) continue;
        double size = 0.01 * 0.99 * 400 * 399 / 1.96, all = 1 + 1.959963984540054 * 1.959963984540054 / size;
        check_near((f->lo + f->hi) / 2, (0.01 + 1.959963984540054 * 1.959963984540054 / (2 * size)) / all, 1e-12);
    }
    assert_true(covered >= 0.93 && covered <= 0.97 && by_t < 0.91);
    rows[29].parts = "{\"acc\":0.5}";
    bench_run(&b, rows, 400);
    assert_string_equal(figure_of(&b, "acc", "")->method, "student-t");
    bench_close(&b);
}

/* A difference of shares has the closed form where rows are independent, and resamples where they are not; equal rows
 * of clusters count as one each. */
static void differences_of_shares(void **state) {
    static const char *const list[] = {"youden", "honesty"};
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    struct bench b;
    struct made_row rows[40] = {0};
    bench_open(&b, list, 2);
    for (int i = 0; i < 40; i++) {
        rows[i].parsed = "ok";
        rows[i].parts = i % 2   ? i < 16 ? "{\"refused\":1,\"harmful\":1,\"abstained\":0,\"known\":1}"
                                         : "{\"refused\":0,\"harmful\":1,\"abstained\":1,\"known\":1}"
                        : i < 8 ? "{\"refused\":1,\"harmful\":0,\"abstained\":1,\"known\":0}"
                                : "{\"refused\":0,\"harmful\":0,\"abstained\":0,\"known\":0}";
    }
    bench_run(&b, rows, 40);
    const struct figure *f = figure_of(&b, "youden", "");
    struct interval x = stat_two_shares(1, 8, 20, -1, 4, 20, 0.95);
    assert_string_equal(f->method, "newcombe");
    check_near(f->value, 0.2, 1e-15);
    check_near(f->lo, x.lo, 1e-15);
    check_near(f->hi, x.hi, 1e-15);
    f = figure_of(&b, "honesty", "");
    assert_string_equal(f->method, "mover-wilson");
    check_near(f->value, 0.3, 1e-15);
    for (int i = 0; i < 40; i++) rows[i].cluster = names[i % 5];
    bench_run(&b, rows, 40);
    assert_string_equal(figure_of(&b, "youden", "")->method, "bootstrap,B=1000,cluster=item,clusters=5");
    for (int i = 0; i < 40; i++) rows[i].parts = i % 2 ? rows[1].parts : rows[38].parts;
    bench_run(&b, rows, 40);
    f = figure_of(&b, "youden", "");
    x = stat_two_shares(1, 5, 5, -1, 0, 5, 0.95);
    assert_string_equal(f->method, "newcombe,clusters=5");
    check_near(f->lo, x.lo, 1e-15);
    bench_close(&b);
}

/* A calibration error of 0 is measured as more than 0, and its interval knows: lo is 0. A large one has about as much
 * on either side. */
static void absolute_values_are_unfolded(void **state) {
    static const char *const list[] = {"ece", "trust"};
    struct bench b;
    struct made_row rows[200] = {0};
    bench_open(&b, list, 2);
    for (int i = 0; i < 200; i++)
        rows[i].parts = i % 20 < 11 ? "{\"confidence\":0.5,\"acc\":1}" : "{\"confidence\":0.5,\"acc\":0}";
    bench_run(&b, rows, 200);
    const struct figure *f = figure_of(&b, "ece", "");
    check_near(f->value, 0.05, 1e-15);
    check_near(f->lo, 0, 0);
    check_near(f->hi, 0.05 + 1.972 * sqrt(.55 * .45 / 199), 0.015);
    check_near(figure_of(&b, "trust", "")->value, 0.5, 1e-15);
    for (int i = 0; i < 200; i++)
        rows[i].parts = i % 20 < 11 ? "{\"confidence\":0.95,\"acc\":1}" : "{\"confidence\":0.95,\"acc\":0}";
    bench_run(&b, rows, 200);
    f = figure_of(&b, "ece", "");
    check_near(f->value, 0.4, 1e-15);
    check_near(f->hi - 0.4, 0.4 - f->lo, 0.015);
    check_near(f->hi - f->lo, 2 * 1.972 * sqrt(.55 * .45 / 199), 0.02);
    bench_close(&b);
}

static void options_are_told(void **state) {
    static const char *const list[] = {
        "{\"metric\":\"ece\",\"bins\":15,\"aggregation\":\"mean\",\"higher_is_better\":false}"};
    static const struct made_row rows[] = {SURE_ROWS};
    struct bench b;
    bench_open(&b, list, 1);
    bench_run(&b, rows, COUNT(rows));
    assert_string_equal(b.figures[0].name, "ece,bins=15");
    assert_string_equal(b.figures[0].method, "bootstrap,B=1000,bins=15,edges=left");
    bench_close(&b);
}

/* ---- groups, failures, missing parts ---- */

static void groups_and_labels(void **state) {
    static const char *const list[] = {"refusal_rate", "over_refusal"};
    static const char *const fields[] = {"type", "harmful"};
    static const struct made_row rows[] = {
        {.parts = "{\"refused\":1}",
         .parsed = "ok",
         .group = "unsafe",
         .gold = "{\"labels\":{\"harmful\":true,\"n\":2}}"},
        {.parts = "{\"refused\":0}",
         .parsed = "ok",
         .group = "safe",
         .gold = "{\"labels\":{\"harmful\":false,\"n\":2}}"},
        {.parts = "{\"refused\":1}",
         .parsed = "fallback",
         .group = "safe",
         .gold = "{\"labels\":{\"harmful\":false,\"n\":10}}"},
        {.parts = NULL, .group = "safe", .gold = "{\"labels\":{\"harmful\":false,\"n\":10}}"},
    };
    struct bench b;
    bench_open(&b, list, 2);
    b.spec.fields = fields;
    b.spec.n_fields = 2;
    b.spec.reads = true;
    b.settings.group = "n";
    bench_run(&b, rows, COUNT(rows));
    static const char *const order[] = {"refusal_rate:",
                                        "refusal_rate:type=safe",
                                        "refusal_rate:type=unsafe",
                                        "refusal_rate:harmful=false",
                                        "refusal_rate:harmful=true",
                                        "refusal_rate:n=10",
                                        "refusal_rate:n=2",
                                        "over_refusal:",
                                        "over_refusal:type=safe",
                                        "over_refusal:harmful=false",
                                        "over_refusal:n=10",
                                        "over_refusal:n=2",
                                        "parse_rate:",
                                        "parse_rate:type=safe",
                                        "parse_rate:type=unsafe",
                                        "parse_rate:harmful=false",
                                        "parse_rate:harmful=true",
                                        "parse_rate:n=10",
                                        "parse_rate:n=2",
                                        "errors:"};
    assert_int_equal(b.n, COUNT(order));
    for (size_t i = 0; i < b.n; i++) {
        char shown[64];
        snprintf(shown, sizeof shown, "%s:%s", b.figures[i].name, b.figures[i].group);
        assert_string_equal(shown, order[i]);
    }
    const struct figure *f = figure_of(&b, "refusal_rate", "type=safe");
    assert_int_equal(f->k, 1);
    assert_int_equal(f->n, 2);
    assert_int_equal(f->errors, 1);
    check_near(f->parsed, 1, 0);
    f = figure_of(&b, "refusal_rate", "n=2"); /* one refused of two, harmful and not */
    check_near(f->value, 0.5, 0);
    f = figure_of(&b, "errors", "");
    check_near(f->value, 1, 0);
    assert_int_equal(f->n, 4);
    assert_string_equal(f->method, "exact");
    bench_close(&b);
}

static void nothing_is_silent(void **state) {
    static const char *const list[] = {"mc2", "acc_gap"};
    static const struct made_row failed[] = {{.parts = NULL}, {.parts = NULL}};
    static const struct made_row lacking[] = {P("{\"acc\":1}"), P("{\"acc\":1}")};
    static const struct made_row one[] = {P("{\"mc2\":0.5,\"acc\":1,\"pro\":1}")};
    struct bench b;
    bench_open(&b, list, 2);
    bench_run(&b, NULL, 0);
    assert_string_equal(figure_of(&b, "mc2", "")->null_reason, "there are no items");
    bench_run(&b, failed, 2);
    assert_string_equal(figure_of(&b, "mc2", "")->null_reason, "all 2 items failed");
    assert_true(isnan(figure_of(&b, "mc2", "")->value));
    check_near(figure_of(&b, "errors", "")->value, 2, 0);
    bench_run(&b, lacking, 2);
    assert_string_equal(figure_of(&b, "mc2", "")->null_reason, "scorer 'hand' gives no part 'mc2'");
    assert_string_equal(figure_of(&b, "acc_gap", "")->null_reason, "scorer 'hand' gives no part 'pro'");
    bench_run(&b, one, 1);
    check_near(figure_of(&b, "mc2", "")->value, 0.5, 0);
    assert_string_equal(figure_of(&b, "mc2", "")->null_reason, "one item gives no interval");
    assert_string_equal(figure_of(&b, "acc_gap", "")->null_reason, "the items do not determine it");
    bench_close(&b);
}

static void a_metric_may_be_of_the_whole_task_only(void **state) {
    static const char *const list[] = {"acc", "{\"metric\":\"f1\",\"groups\":false}",
                                       "{\"metric\":\"group_exact\",\"of\":3}"};
    static const char *const fields[] = {"kind"};
    static const struct made_row rows[] = {
        {.parts = "{\"acc\":1,\"gold\":1,\"picked\":1}", .parsed = "ok", .cluster = "a", .group = "x"},
        {.parts = "{\"acc\":0,\"gold\":0,\"picked\":1}", .parsed = "ok", .cluster = "a", .group = "y"},
    };
    struct bench b;
    bench_open(&b, list, 3);
    b.spec.fields = fields;
    b.spec.n_fields = 1;
    bench_run(&b, rows, COUNT(rows));
    assert_non_null(figure_of(&b, "acc", "kind=x"));
    assert_non_null(figure_of(&b, "f1", ""));
    assert_null(figure_of(&b, "f1", "kind=x"));
    const struct figure *f = figure_of(&b, "group_exact,of=3", "");
    assert_non_null(f);
    assert_true(isnan(f->value));
    assert_string_equal(f->null_reason, "no group of 3 items is complete (--limit cuts them)");
    bench_close(&b);
}

static void samples_of_an_item_are_one_cluster(void **state) {
    static const char *const list[] = {"acc"};
    struct error err = {0};
    struct bench b;
    bench_open(&b, list, 1);
    struct tally *tally = tally_new_of(&b.spec, &b.settings, &err);
    assert_non_null(tally);
    for (size_t i = 0; i < 40; i++) {
        struct made_row row = {.parts = i % 8 < 4 ? "{\"acc\":1}" : "{\"acc\":0}"};
        check_ok(add_made(tally, &row, i / 4, i / 4, i % 4, &err));
    }
    check_ok(tally_figures(tally, &b.arena, &b.figures, &b.n, &err));
    assert_string_equal(b.figures[0].method, "bootstrap,B=1000,cluster=item,clusters=10");
    assert_int_equal(b.figures[0].n, 40);
    assert_int_equal(b.figures[0].k, 20);
    tally_free(tally);
    bench_close(&b);
}

/* ---- order, memory ---- */

/* All figures as text, every digit. */
static void figures_text(const struct bench *b, struct buffer *out) {
    buffer_clear(out);
    for (size_t i = 0; i < b->n; i++) {
        const struct figure *f = &b->figures[i];
        buffer_printf(out, "%s %s %a %a %a %d %d %s\n", f->name, f->group, f->value, f->lo, f->hi, (int)f->n, (int)f->k,
                      f->method);
    }
}

enum { MANY = 600 };
static void any_order_gives_the_same_bytes(void **state) {
    static const char *const list[] = {"acc", "ece", "mc2", "balanced_acc", "icat"};
    static const char *const fields[] = {"kind"};
    static char parts[MANY][160], cluster[MANY][8], group[MANY][8];
    static struct made_row rows[MANY];
    size_t order[MANY];
    struct rng rng = rng_stream(3, "rows", 0);
    struct buffer first, again;
    buffer_init(&first, 1 << 20);
    buffer_init(&again, 1 << 20);
    for (size_t i = 0; i < MANY; i++) {
        order[i] = i;
        snprintf(
            parts[i], sizeof parts[i],
            "{\"acc\":%d,\"confidence\":%.17g,\"mc2\":%.17g,\"gold\":%d,\"picked\":%d,\"stereo\":%d,\"related\":0.5}",
            (int)rng_below(&rng, 2), rng_unit(&rng), rng_unit(&rng), (int)rng_below(&rng, 3), (int)rng_below(&rng, 3),
            (int)rng_below(&rng, 2));
        snprintf(cluster[i], sizeof cluster[i], "c%d", (int)rng_below(&rng, 150));
        snprintf(group[i], sizeof group[i], "g%d", (int)rng_below(&rng, 3));
        rows[i] = (struct made_row){.parts = parts[i], .parsed = "ok", .cluster = cluster[i], .group = group[i]};
    }
    for (int round = 0; round < 3; round++) {
        struct error err = {0};
        struct bench b;
        bench_open(&b, list, COUNT(list));
        b.spec.fields = fields;
        b.spec.n_fields = 1;
        b.settings.bootstrap = 200;
        struct tally *tally = tally_new_of(&b.spec, &b.settings, &err);
        assert_non_null(tally);
        for (size_t i = 0; i < MANY; i++) check_ok(add_made(tally, &rows[order[i]], i, order[i], 0, &err));
        check_ok(tally_figures(tally, &b.arena, &b.figures, &b.n, &err));
        assert_int_equal(b.n, 5 * 4 + 1);
        figures_text(&b, round ? &again : &first);
        if (round) assert_string_equal(first.at, again.at);
        tally_free(tally);
        bench_close(&b);
        rng_shuffle(&rng, order, MANY);
    }
    buffer_done(&first);
    buffer_done(&again);
}

static void rows_are_kept_small(void **state) {
    static const char *const list[] = {"acc", "acc_norm", "mc1", "mc2", "brier"}; /* five parts */
    struct error err = {0};
    struct bench b;
    bench_open(&b, list, COUNT(list));
    struct tally *tally = tally_new_of(&b.spec, &b.settings, &err);
    assert_non_null(tally);
    json_t *parts = json_pack("{s:f s:f s:f s:f s:f s:s}", "acc", 1.0, "acc_norm", 0.5, "mc1", 0.0, "mc2", 0.25,
                              "confidence", 0.75, "unused", "a long text that a scorer may leave here");
    for (uint64_t i = 0; i < 200000; i++) {
        struct record_row row = {.position = i, .answer = 1, .scored = true, .value = 1, .evidence = parts};
        check_ok(tally_add(tally, &row, &err));
    }
    /* kept rows, and what tally_figures takes beside them: order, row, cluster, size, value */
    size_t kept = tally->n_blocks * TALLY_BLOCK * tally->stride,
           beside = tally->n * (4 * sizeof(uint32_t) + sizeof(double));
    assert_true((double)(kept + beside) / (double)tally->n <= 100);
    check_ok(tally_figures(tally, &b.arena, &b.figures, &b.n, &err));
    check_near(figure_of(&b, "mc2", "")->value, 0.25, 0);
    assert_int_equal(figure_of(&b, "acc", "")->n, 200000);
    json_decref(parts);
    tally_free(tally);
    bench_close(&b);
}

/* Every allocation fails once; nothing leaks (seen by the sanitizers) and the error says so. */
static void survives_without_memory(void **state) {
    static const char *const list[] = {"acc", "ece"};
    static const char *const fields[] = {"kind"};
    static const struct made_row rows[] = {{.parts = "{\"acc\":1,\"confidence\":0.5}", .cluster = "a", .group = "x"},
                                           {.parts = "{\"acc\":1,\"confidence\":0.5}", .cluster = "a", .group = "y"},
                                           {.parts = "{\"acc\":0,\"confidence\":0.5}", .cluster = "b", .group = "x"}};
    for (uint64_t n = 1;; n++) {
        struct error err = {0};
        struct bench b;
        bench_open(&b, list, 2);
        b.spec.fields = fields;
        b.spec.n_fields = 1;
        b.settings.bootstrap = 20;
        struct arena arena;
        arena_init(&arena, 0);
        memory_fail_at(n);
        struct tally *tally = tally_new_of(&b.spec, &b.settings, &err);
        bool ok = tally != NULL;
        for (size_t i = 0; ok && i < COUNT(rows); i++) {
            json_t *parts = json_loads(rows[i].parts, 0, NULL);
            struct record_row row = {.position = i,
                                     .answer = 1,
                                     .scored = true,
                                     .evidence = parts,
                                     .cluster = text_of(rows[i].cluster),
                                     .group = text_of(rows[i].group)};
            ok = tally_add(tally, &row, &err);
            json_decref(parts);
        }
        ok = ok && tally_figures(tally, &arena, &b.figures, &b.n, &err);
        memory_fail_at(0);
        tally_free(tally);
        arena_done(&arena);
        bench_close(&b);
        if (ok) {
            assert_true(n > 10);
            return;
        }
        assert_int_equal(err.kind, ERROR_ENVIRONMENT);
    }
}

/* ---- bad input ---- */

static void refuses_unknown_words(void **state) {
    static const struct {
        const char *entry, *part;
    } bad[] = {
        {"\"accc\"", "did you mean 'acc'"},
        {"{\"metric\":\"ece\",\"bin\":3}", "bins"},
        {"{\"metric\":\"ece\",\"bins\":0}", "bins"},
        {"{\"metric\":\"ece\",\"edges\":\"middle\"}", "edges"},
        {"{\"metric\":\"acc\",\"aggregation\":\"median\"}", "aggregation"},
        {"{\"metric\":\"acc\",\"higher_is_better\":false}", "higher_is_better"},
        {"{\"bins\":3}", "metric"},
        {"7", "metric"},
        {"{\"metric\":\"ece\",\"bins\":[1]}", "bins"},
    };
    struct arena arena;
    arena_init(&arena, 0);
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct error err = {0};
        struct metric_use use;
        json_t *entry = json_loads(bad[i].entry, JSON_DECODE_ANY, NULL);
        assert_non_null(entry);
        if (metric_use_parse(entry, (struct json_place){"t.yaml", 7, "metric_list[0]"}, &arena, &use, &err))
            fail_msg("%s was taken", bad[i].entry);
        if (!strstr(err.message, bad[i].part) || !strstr(err.message, "t.yaml:7"))
            fail_msg("%s: '%s'", bad[i].entry, err.message);
        json_decref(entry);
    }
    arena_done(&arena);
}

static void refuses_too_many_groups(void **state) {
    static const char *const fields[] = {"kind"};
    struct error err = {0};
    struct bench b;
    bench_open(&b, NULL, 0);
    b.spec.fields = fields;
    b.spec.n_fields = 1;
    struct tally *tally = tally_new_of(&b.spec, &b.settings, &err);
    assert_non_null(tally);
    bool ok = true;
    size_t i = 0;
    for (; ok && i < 10000; i++) {
        char name[16];
        snprintf(name, sizeof name, "v%zu", i);
        struct made_row row = {.parts = "{}", .group = name};
        ok = add_made(tally, &row, i, i, 0, &err);
    }
    assert_false(ok);
    assert_int_equal(i, TALLY_VALUES);
    assert_true(strstr(err.message, "field 'kind' has more than 4095 values") != NULL);
    tally_free(tally);
    b.settings.confidence = 95;
    check_fails(tally_new_of(&b.spec, &b.settings, &err), ERROR_USAGE, "confidence of 95");
    bench_close(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(silence_is_no_fairness),
        cmocka_unit_test(every_metric_has_its_answer),
        cmocka_unit_test(intervals_fit_the_items), cmocka_unit_test(rare_fractions_are_covered),
        cmocka_unit_test(differences_of_shares),
        cmocka_unit_test(absolute_values_are_unfolded),
        cmocka_unit_test(options_are_told),
        cmocka_unit_test(groups_and_labels),
        cmocka_unit_test(nothing_is_silent),
        cmocka_unit_test(a_metric_may_be_of_the_whole_task_only),
        cmocka_unit_test(samples_of_an_item_are_one_cluster),
        cmocka_unit_test(any_order_gives_the_same_bytes),
        cmocka_unit_test(rows_are_kept_small),
        cmocka_unit_test(survives_without_memory),
        cmocka_unit_test(refuses_unknown_words),
        cmocka_unit_test(refuses_too_many_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
