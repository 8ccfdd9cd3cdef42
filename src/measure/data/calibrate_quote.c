/* Known answers about quoting: see calibrate_quote.h. */
#include "measure/data/calibrate_quote.h"

#include "base/file.h"
#include "base/rng.h"
#include "measure/data/pairs.h"
#include "quote/quote_build.h"
#include "quote/quote_json.h"

#include <ftw.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_DOCUMENTS = 60, TRIALS = 200000 };

struct checking {
    struct calibrate_out out;
    const char *gold;
    char folder[64];
    struct arena arena;
    struct pool *pool;
    uint64_t seed, repeat;
};

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place) {
    return remove(path);
}

static char *gold_file(struct checking *c, const char *name, struct error *err) {
    return arena_printf(&c->arena, err, "%s/%s", c->gold, name);
}

/* ---- the index of the corpus ---- */

static struct quote_index *build_one(struct checking *c, enum quote_engine engine, size_t limit, const char *name,
                                     struct quote_build_result *result, struct error *err) {
    char *corpus = gold_file(c, "corpus_a.jsonl", err);
    char *out = corpus ? arena_printf(&c->arena, err, "%s/%s", c->folder, name) : NULL;
    struct quote_build_settings s = {.engine = engine, .documents.limit = limit, .pool = c->pool, .quiet = true};
    if (!out || !quote_build((const char *const *)&corpus, 1, out, &s, result, err)) return NULL;
    return quote_index_open(out, 0, err);
}

static double member(const json_t *object, const char *key) {
    const json_t *v = json_object_get(object, key);
    return json_is_number(v) ? json_number_value(v) : (double)NAN;
}

static bool check_facts(struct checking *c, const struct quote_build_result *r, struct error *err) {
    char *path = gold_file(c, "corpus_a.stats.json", err);
    json_t *gold = path ? json_read_file(path, 1 << 20, err) : NULL;
    if (!gold) return false;
    calibrate_number(&c->out, "corpus, documents", member(gold, "documents"), (double)r->facts.documents, 0, "");
    calibrate_number(&c->out, "corpus, windows", member(gold, "windows_total"), (double)r->facts.windows, 0, "");
    calibrate_number(&c->out, "corpus, distinct windows", member(gold, "windows_distinct"), (double)r->facts.distinct,
                     0, "");
    json_decref(gold);
    return true;
}

/* Every member that the gold names, exactly. */
static bool check_query(struct checking *c, const struct quote_index *index, const json_t *row, size_t *wrong,
                        struct error *err) {
    const json_t *expect = json_object_get(row, "expect");
    struct quote_score s;
    const struct quote_score_settings settings = {.details = true};
    if (!quote_score(index, json_text(json_object_get(row, "text")), &settings, &c->arena, &s, err)) return false;
    json_t *found = quote_score_json(index, &s, QUOTE_NUMBERS), *wanted;
    const char *key;
    bool same = found != NULL;
    json_object_foreach((json_t *)expect, key, wanted) {
        json_t *there = json_object_get(found, key);
        same = same &&
               (json_is_number(wanted) && json_is_number(there) ? json_number_value(wanted) == json_number_value(there)
                                                                : json_equal(there, wanted));
    }
    *wrong += !same;
    json_decref(found);
    return true;
}

static bool check_queries(struct checking *c, const struct quote_index *exact, struct error *err) {
    char *path = gold_file(c, "quip_gold_a.jsonl", err);
    json_t *rows = path ? json_read_list(path, 64 << 20, err) : NULL, *row;
    size_t i, wrong = 0;
    bool ok = rows;
    json_array_foreach(rows, i, row) ok = ok && check_query(c, exact, row, &wrong, err);
    if (ok) {
        char name[64];
        snprintf(name, sizeof name, "%zu queries, otherwise than counted", json_array_size(rows));
        calibrate_number(&c->out, name, 0, (double)wrong, 0, "numerator, denominator, spans, lengths");
    }
    json_decref(rows);
    return ok;
}

/* A filter says yes where the exact engine does, and at its rate elsewhere. */
static bool check_engines(struct checking *c, const struct quote_index *exact, const struct quote_index *bloom,
                          struct error *err) {
    char *path = gold_file(c, "quip_gold_a.jsonl", err);
    json_t *rows = path ? json_read_list(path, 64 << 20, err) : NULL, *row;
    size_t i, missed = 0, invented = 0, others = 0;
    bool ok = rows;
    json_array_foreach(rows, i, row) {
        struct quote_text t;
        if (!(ok = ok && quote_text_normalise(json_text(json_object_get(row, "text")), &c->arena, &t, err)) || t.n < 25)
            continue;
        size_t n = t.n - 24;
        bool *a = arena_new(&c->arena, bool, n, err), *b = arena_new(&c->arena, bool, n, err);
        if (!(ok = a && b)) break;
        quote_index_members(exact, &t, a);
        quote_index_members(bloom, &t, b);
        for (size_t k = 0; k < n; k++) missed += a[k] && !b[k], invented += !a[k] && b[k], others += !a[k];
    }
    json_decref(rows);
    if (!ok) return false;
    double f = quote_index_facts(bloom)->rate, most = f * (double)others + 4 * sqrt(f * (double)others) + 1;
    calibrate_number(&c->out, "filter, windows of the queries that it misses", 0, (double)missed, 0,
                     "never a false no");
    calibrate_range(&c->out, "filter, windows of the queries that it invents", (double)invented, 0, most,
                    "at its rate");
    return true;
}

/* ---- the public filter ---- */

static void check_hash(struct checking *c, const json_t *hashes) {
    const char *key;
    json_t *wanted;
    json_object_foreach((json_t *)hashes, key, wanted) {
        char found[40], expected[40], name[128];
        uint64_t a = quote_murmur64a(key, strlen(key), 0xc6a4a7935bd1e995u), b = quote_murmur64a(key, strlen(key), a);
        snprintf(found, sizeof found, "%016llx %016llx", (unsigned long long)a, (unsigned long long)b);
        snprintf(expected, sizeof expected, "%s %s", json_string_value(json_object_get(wanted, "a")),
                 json_string_value(json_object_get(wanted, "b")));
        snprintf(name, sizeof name, "hash of '%.30s'", key);
        calibrate_give(&c->out, name, expected, found, 0,
                       strcmp(found, expected) == 0 ? CALIBRATE_PASSED : CALIBRATE_MISSED, "");
    }
}

static bool same_bytes(struct checking *c, const char *a, const char *b, bool *same, struct error *err) {
    struct file_map x, y;
    if (!file_map(a, &x, err)) return false;
    if (!file_map(b, &y, err)) return file_unmap(&x), false;
    *same = x.len == y.len && memcmp(x.at, y.at, x.len) == 0;
    file_unmap(&x), file_unmap(&y);
    return true;
}

/* The same filter made here of the same documents has the same bytes. */
static bool check_remade(struct checking *c, const json_t *gold, struct error *err) {
    struct quote_build_result r;
    struct quote_index *made = build_one(c, QUOTE_BLOOM, FIRST_DOCUMENTS, "mini.bf", &r, err);
    if (!made) return false;
    quote_index_close(made);
    char *part = arena_printf(&c->arena, err, "%s/mini.bf.part0.bin", c->folder);
    char *public = part ? gold_file(c, "mini_a.25-1.bf.part0.bin", err) : NULL;
    bool same = false;
    if (!public || !same_bytes(c, part, public, &same, err)) return false;
    calibrate_number(&c->out, "filter made here, windows", member(gold, "windows_inserted"), (double)r.facts.windows, 0,
                     "");
    calibrate_number(&c->out, "filter made here, windows that set a bit", member(gold, "newly_added"), (double)r.added,
                     0, "");
    calibrate_give(&c->out, "filter made here, its file", "equal", same ? "equal" : "different", 0,
                   same ? CALIBRATE_PASSED : CALIBRATE_MISSED, "byte for byte");
    return true;
}

/* Windows of the other documents, in their order, that are in none of the first. */
struct negatives {
    struct checking *c;
    const struct quote_index *members, *filter;
    size_t seen, tested, most, yes;
};

static bool take_negatives(void *context, const struct quote_document *d, struct error *err) {
    struct negatives *n = context;
    struct quote_text t;
    if (n->seen++ < FIRST_DOCUMENTS) return true;
    if (!quote_text_normalise(d->text, &n->c->arena, &t, err)) return false;
    if (t.n < 25) return true;
    size_t windows = t.n - 24;
    bool *a = arena_new(&n->c->arena, bool, windows, err), *b = arena_new(&n->c->arena, bool, windows, err);
    if (!a || !b) return false;
    quote_index_members(n->members, &t, a);
    quote_index_members(n->filter, &t, b);
    for (size_t i = 0; i < windows && n->tested < n->most; i++)
        if (!a[i]) n->tested++, n->yes += b[i];
    return true;
}

static bool check_negatives(struct checking *c, const struct quote_index *filter, struct error *err) {
    struct quote_build_result r;
    struct quote_index *first = build_one(c, QUOTE_EXACT, FIRST_DOCUMENTS, "first", &r, err);
    char *corpus = gold_file(c, "corpus_a.jsonl", err);
    struct negatives n = {c, first, filter, 0, 0, TRIALS, 0};
    struct quote_documents_settings s = {0};
    uint64_t skipped;
    bool ok = first && corpus &&
              quote_documents_read((const char *const *)&corpus, 1, &s, take_negatives, &n, &skipped, NULL, err);
    quote_index_close(first);
    if (!ok) return false;
    double f = quote_index_facts(filter)->rate, expected = f * (double)n.tested, spread = 4 * sqrt(expected);
    calibrate_range(&c->out, "public filter, false yes among 200,000 windows", (double)n.yes, expected - spread,
                    expected + spread, "within four standard deviations of its rate");
    return true;
}

static bool check_public(struct checking *c, struct error *err) {
    char *path = gold_file(c, "mini_a.25-1.bf", err),
         *about = path ? gold_file(c, "mini_a.25-1.bf.gold.json", err) : NULL;
    json_t *gold = about ? json_read_file(about, 1 << 20, err) : NULL;
    struct quote_index *filter = gold ? quote_index_open(path, 0, err) : NULL;
    bool ok = filter;
    if (ok) {
        const struct quote_bloom *bloom = quote_index_bloom(filter);
        check_hash(c, json_object_get(gold, "hash64"));
        calibrate_number(&c->out, "public filter, items", member(gold, "newly_added"),
                         (double)quote_bloom_shape(bloom)->items, 0, "");
        calibrate_number(&c->out, "public filter, bits set", member(gold, "set_bits"),
                         (double)quote_bloom_set_bits(bloom), 0, "");
        calibrate_number(&c->out, "public filter, elements by its bits", member(gold, "approx_distinct"),
                         floor(quote_bloom_distinct(bloom) + 0.5), 0, "");
        ok = check_negatives(c, filter, err) && check_remade(c, gold, err);
    }
    quote_index_close(filter);
    json_decref(gold);
    return ok;
}

/* ---- pairs ---- */

static bool is_pair(const json_t *wanted, const struct pair *pair, size_t n) {
    if (!json_is_array(wanted)) return n == 0;
    return n == 1 && (size_t)json_integer_value(json_array_get(wanted, 0)) == pair->winner &&
           (size_t)json_integer_value(json_array_get(wanted, 1)) == pair->loser;
}

/* The loser is drawn among those that are allowed. */
static bool is_drawn_pair(const json_t *wanted, const struct pair *pair, size_t n) {
    const json_t *losers = json_object_get(wanted, "allowed_losers"), *loser;
    size_t i;
    bool allowed = false;
    if (!json_is_object(wanted)) return n == 0;
    if (n != 1) return false;
    json_array_foreach((json_t *)losers, i, loser) allowed |= (size_t)json_integer_value(loser) == pair->loser;
    return allowed && (size_t)member(wanted, "winner") == pair->winner;
}

static bool check_case(struct checking *c, const json_t *row, size_t *wrong, struct error *err) {
    static const char *const keys[] = {"policy_top_winner", "policy_max_mean", "policy_max_margin"};
    const json_t *list = json_object_get(row, "candidates"), *expect = json_object_get(row, "expect");
    size_t n = json_array_size(list), chosen, valid;
    struct pair_candidate *candidates = arena_new(&c->arena, struct pair_candidate, n + 1, err);
    for (size_t i = 0; candidates && i < n; i++)
        candidates[i] =
            (struct pair_candidate){member(json_array_get(list, i), "quip"), member(json_array_get(list, i), "tokens")};
    for (int p = 0; candidates && p < 3; p++) {
        struct pair *pairs;
        struct pair_rule rule = {member(row, "delta_quip"), member(row, "delta_length"), (enum pair_policy)p};
        if (!pair_select(candidates, n, &rule, c->seed, json_text(json_object_get(row, "id")), &c->arena, &pairs,
                         &chosen, &valid, err))
            return false;
        const json_t *wanted = json_object_get(expect, keys[p]);
        wrong[p] += !(p == 0 ? is_drawn_pair(wanted, pairs, chosen) : is_pair(wanted, pairs, chosen));
        if (p == 0) wrong[3] += valid != (size_t)member(expect, "n_valid");
    }
    return candidates;
}

static bool check_pairs(struct checking *c, struct error *err) {
    char *path = gold_file(c, "pairing_gold_a.jsonl", err);
    json_t *rows = path ? json_read_list(path, 64 << 20, err) : NULL, *row;
    size_t i, wrong[4] = {0};
    bool ok = rows;
    json_array_foreach(rows, i, row) ok = ok && check_case(c, row, wrong, err);
    for (int p = 0; ok && p < 4; p++) {
        char name[96];
        snprintf(name, sizeof name, "%zu lists of answers, %s otherwise", json_array_size(rows),
                 p < 3 ? pair_policies[p] : "valid pairs");
        calibrate_number(&c->out, name, 0, (double)wrong[p], 0, "");
    }
    json_decref(rows);
    return ok;
}

/* ---- random queries against a naive search ---- */

/* Words of a small alphabet, so that they stand somewhere by chance; some characters have two and three bytes. */
static size_t put_word(struct rng *rng, char *out) {
    static const char *const letters[] = {"a", "b", "a", "\xc3\xa9", "b", " ", "\xe2\x88\xb4", "a"};
    const char *letter = letters[rng_below(rng, 8)];
    size_t n = strlen(letter);
    memcpy(out, letter, n);
    return n;
}

enum { QUERY_DOCUMENTS = 40, QUERY_CHARACTERS = 300, QUERY_MOST = 24 };

static struct text random_text(struct rng *rng, size_t characters, char *room) {
    size_t n = 0;
    for (size_t i = 0; i < characters; i++) n += put_word(rng, room + n);
    return (struct text){room, n};
}

static size_t naive_count(const struct text *documents, size_t n, struct text query) {
    size_t count = 0;
    for (size_t d = 0; d < n; d++)
        for (size_t at = 0; (at = text_find(documents[d], query, at)) != SIZE_MAX; at++) count++;
    return count;
}

static bool check_random(struct checking *c, struct error *err) {
    struct rng rng = rng_stream(c->seed, "quote/documents", 0);
    struct text raw[QUERY_DOCUMENTS], documents[QUERY_DOCUMENTS];
    for (size_t d = 0; d < QUERY_DOCUMENTS; d++) {
        char *room = arena_new(&c->arena, char, 3 * QUERY_CHARACTERS + 1, err);
        struct quote_text t;
        if (!room) return false;
        raw[d] = random_text(&rng, 1 + rng_below(&rng, QUERY_CHARACTERS), room);
        if (!quote_text_normalise(raw[d], &c->arena, &t, err)) return false;
        documents[d] = t.text;
    }
    struct quote_index *index = quote_index_of_texts(raw, QUERY_DOCUMENTS, 5, err);
    if (!index) return false;
    uint64_t wrong = 0, found = 0;
    for (uint64_t q = 0; q < c->repeat; q++) {
        char room[3 * QUERY_MOST];
        struct rng own = rng_stream(c->seed, "quote/queries", q);
        struct text query = random_text(&own, 1 + rng_below(&own, QUERY_MOST), room);
        size_t expected = naive_count(documents, QUERY_DOCUMENTS, query),
               here = (size_t)quote_index_count(index, query);
        wrong += here != expected || (quote_index_longest(index, query) == query.len) != (expected > 0);
        found += expected > 0;
    }
    quote_index_close(index);
    char name[96];
    snprintf(name, sizeof name, "%llu random queries, counted otherwise than by a naive search",
             (unsigned long long)c->repeat);
    calibrate_number(&c->out, name, 0, (double)wrong, 0, "");
    calibrate_range(&c->out, "share of them that stand somewhere", (double)found / (double)c->repeat, 0.1, 0.9, "");
    return true;
}

/* ---- planted ---- */

static double quip_of(struct checking *c, const struct quote_index *index, struct text t, struct quote_score *s,
                      struct error *err) {
    const struct quote_score_settings settings = {.details = true};
    return quote_score(index, t, &settings, &c->arena, s, err) ? s->quip : (double)NAN;
}

static bool check_planted(struct checking *c, struct error *err) {
    static const char corpus[] = "The mill at the ford was built in the year 812 by a widow who kept bees. The ferry "
                                 "crosses at noon, and at dusk when the bell of the tower is rung twice.";
    struct text whole = TEXT(corpus), halves[2] = {text_part(whole, 0, 72), text_part(whole, 73, whole.len)};
    struct quote_index *index = quote_index_of_texts(&whole, 1, 25, err),
                       *none = quote_index_of_texts(NULL, 0, 25, err);
    struct quote_index *two = quote_index_of_texts(halves, 2, 25, err);
    struct quote_score s;
    bool ok = index && none && two;
    if (ok) {
        calibrate_number(&c->out, "an empty corpus", 0, quip_of(c, none, whole, &s, err), 0, "");
        calibrate_number(&c->out, "the corpus itself", 1, quip_of(c, index, whole, &s, err), 0, "");
        char *damaged = arena_copy(&c->arena, whole.at, whole.len, err);
        if ((ok = damaged)) {
            damaged[70] = '#';
            quip_of(c, index, (struct text){damaged, whole.len}, &s, err);
            calibrate_number(&c->out, "windows lost by one changed character", 25, (double)(s.windows - s.members), 0,
                             "");
        }
        quip_of(c, index, text_part(whole, 4, 28), &s, err);
        calibrate_number(&c->out, "24 characters: windows", 0, (double)s.windows, 0, "too short");
        quip_of(c, index, text_part(whole, 4, 29), &s, err);
        calibrate_number(&c->out, "25 characters: windows", 1, (double)s.windows, 0, "");
        struct text stitch = TEXT("The mill at the ford was built in the bell of the tower is rung twice.");
        quip_of(c, two, stitch, &s, err);
        calibrate_number(&c->out, "halves of two sentences joined: sentences that are quoted whole", 0, (double)s.whole,
                         0, "");
        calibrate_number(&c->out, "the same: stitched sentences", 1, (double)s.stitched, 0, "");
        quip_of(c, two, halves[0], &s, err);
        calibrate_number(&c->out, "a sentence of the corpus: quoted whole", 1, (double)s.whole, 0, "");
    }
    quote_index_close(index), quote_index_close(none), quote_index_close(two);
    return ok;
}

static bool check_gold(struct checking *c, struct error *err) {
    struct quote_build_result r, of_bloom;
    struct quote_index *exact = build_one(c, QUOTE_EXACT, 0, "exact", &r, err);
    struct quote_index *bloom = exact ? build_one(c, QUOTE_BLOOM, 0, "corpus.bf", &of_bloom, err) : NULL;
    bool ok = bloom && check_facts(c, &r, err) && quote_index_check(exact, err) && check_queries(c, exact, err) &&
              check_engines(c, exact, bloom, err) && check_public(c, err) && check_pairs(c, err);
    quote_index_close(exact), quote_index_close(bloom);
    return ok;
}

bool calibrate_quote(const char *gold, uint64_t seed, uint64_t repeat, struct pool *pool, calibrate_report *report,
                     void *context, struct error *err) {
    struct checking c = {.out = {report, context},
                         .gold = gold,
                         .folder = "",
                         .pool = pool,
                         .seed = seed,
                         .repeat = repeat ? repeat : 20000};
    const char *temporary = getenv("TMPDIR");
    arena_init(&c.arena, (size_t)1 << 30);
    bool ok = check_planted(&c, err) && check_random(&c, err);
    if (ok && gold) {
        char *folder = arena_printf(&c.arena, err, "%s/basanite-XXXXXX", temporary && *temporary ? temporary : "/tmp");
        ok = folder && (mkdtemp(folder) || error_set(err, ERROR_ENVIRONMENT, "cannot make a folder in %s",
                                                     temporary ? temporary : "/tmp"));
        if (ok) {
            snprintf(c.folder, sizeof c.folder, "%s", folder);
            ok = check_gold(&c, err);
            (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        }
    }
    arena_done(&c.arena);
    return ok;
}
