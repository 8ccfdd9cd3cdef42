/* Any bytes as a moral graph: the first byte says whether they are votes (CSV or JSONL), counts or titles. What is read
 * has its pairs in order and can be ranked, explained and written; ranks sum to 1. */
#include "memory_file.h"
#include "set/moral_bias.h"
#include "set/moral_criteria.h"
#include "set/moral_explain.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static void must(bool ok) {
    if (!ok) abort();
}

static void check_refusal(const struct error *err) {
    must(err->kind == ERROR_DATA && err->message[0]);
}

static void check_graph(const struct moral *m) {
    for (size_t i = 0; i < m->n_pairs; i++) {
        const struct moral_pair *p = &m->pair[i];
        must(p->a < p->b && p->b < m->n_values && p->n_contexts > 0);
        must(i == 0 || m->pair[i - 1].a < p->a || (m->pair[i - 1].a == p->a && m->pair[i - 1].b < p->b));
    }
    for (size_t i = 0; i < m->n_votes; i++)
        must(m->vote[i].voter < m->n_voters && m->vote[i].pair < m->n_pairs && m->vote[i].context < m->n_contexts);
}

static void check_rank(const struct moral *m, const struct moral_place_of *place, struct arena *arena) {
    struct error err = {0};
    double sum = 0;
    for (size_t i = 0; i < place->n_nodes; i++) {
        struct moral_explained x;
        sum += place->standing[i].rank;
        if (i > 2) continue;
        must(moral_explain(m, MORAL_ALL, place->standing[i].value, arena, &x, &err));
        must(x.position == i + 1 && x.n_chain > 0);
    }
    must(place->n_nodes == 0 || fabs(sum - 1) < 1e-9);
}

static void use(const struct moral *m, struct arena *arena) {
    const struct moral_standing_settings settings = {.resamples = 3, .seed = 1, .confidence = 0.9};
    struct moral_criterion criteria[MORAL_CRITERIA];
    struct moral_report report;
    struct guide_library library;
    struct buffer b;
    struct error err = {0};
    check_graph(m);
    if (m->n_values > 60 || m->n_contexts > 60) return;
    must(moral_report_make(m, &settings, arena, &report, &err));
    check_rank(m, &report.place[0], arena);
    if (!moral_criteria(&report, (struct moral_fair){0, 0}, &settings, arena, criteria, &err)) check_refusal(&err);
    (void)moral_bias_of(m);
    json_t *json = moral_json(&report, &err);
    must(json && moral_guide(&report, arena, &library, &err));
    json_decref(json);
    buffer_init(&b, (size_t)64 << 20);
    must(moral_put_pairs(&report, &b, &err));
    buffer_done(&b);
}

static void read_titles(const char *path, struct arena *arena) {
    static const struct moral_ballot ballots[] = {{"ann", "1", "2", "When", MORAL_UPGRADE},
                                                  {"bob", "1", "2", "When", MORAL_UPGRADE}};
    struct error err = {0};
    struct moral m;
    must(moral_make(ballots, 2, true, arena, &m, &err));
    if (moral_read_titles(&m, path, arena, &err))
        use(&m, arena);
    else
        check_refusal(&err);
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    struct error err = {0};
    struct arena arena;
    struct moral m;
    bool counts;
    if (n < 1 || n > 1 << 13) return 0;
    struct memory_file file = memory_file_open_as(at + 1, n - 1, at[0] & 1 ? "csv" : "jsonl");
    arena_init(&arena, (size_t)256 << 20);
    if (at[0] & 2)
        read_titles(file.link, &arena);
    else if (!moral_is_counts(file.link, &counts, &err) ||
             !(counts ? moral_read_counts : moral_read_votes)(file.link, NULL, &arena, &m, &err))
        check_refusal(&err);
    else
        use(&m, &arena);
    arena_done(&arena);
    memory_file_close(&file);
    return 0;
}
