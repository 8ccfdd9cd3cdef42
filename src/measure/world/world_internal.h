/* What the files of the pocket world share: the words, the tables, the facts, rendering. */
#ifndef MEASURE_WORLD_INTERNAL_H
#define MEASURE_WORLD_INTERNAL_H

#include "base/hash.h"
#include "base/option.h"
#include "base/rng.h"
#include "measure/world/world.h"

/* ---- words: the files of pocket/ */

struct world_file {
    const char *name, *at;
    size_t len;
};
extern const struct world_file world_files[];
extern const size_t world_n_files;

struct list {
    struct text *at;
    size_t n;
};

/* Lists of lexicon.yaml and their exact lengths. */
#define WORLD_LISTS(X)                                                                                                 \
    X(trades, 32) X(tools, 32) X(animals, 32) X(games, 24) X(guilds, 24) X(roles, 24) X(oaths, 10) X(regions, 8)       \
    X(days, 7) X(materials, 12) X(uses, 16) X(kinds, 8) X(kins, 2) X(sexes, 2) X(ages, 3) X(law_acts, 12)              \
    X(law_objects, 8) X(months, 12) X(festivals, 24) X(customs, 24)

enum { NAME_GIVEN, NAME_FAMILY, NAME_TOWN, NAME_RIVER, NAME_BUILDING, NAME_GOOD, N_NAME_SETS };

enum { PARAPHRASES = 8, WORDINGS = 16 };
struct wording { /* of one relation */
    struct text canonical, answer;
    struct text paraphrase[PARAPHRASES];
    struct text question[WORDINGS];
};

enum style { STYLE_SHORT, STYLE_FULL, STYLE_CHOICE, STYLE_TRUEFALSE, STYLE_CLAIM, STYLE_CONTINUATION, N_STYLES };
extern const char *const world_style_names[N_STYLES];

enum { RISKS = 14, RISK_ACTS = 8, RISK_PAIRS = 6, PATTERNS = 6, TOPICS = 48 };
struct risk {
    struct text name, public_name, reason;
    struct text act[RISK_ACTS], trigger[RISK_ACTS];
    struct text good[RISK_PAIRS], bad[RISK_PAIRS];
};
struct policy {
    struct text rule;
    struct list frames, endings, topics;
    struct text pattern[PATTERNS][3];
    struct risk risk[RISKS];
};

enum { PROBES = 12, PROBE_LINES = 5, PROBE_OPENINGS = 4, PROBE_ANSWERS = 3 };
struct probe {
    struct text name, ask[PROBE_LINES], answer[PROBE_ANSWERS];
};
struct identity {
    struct text name, maker, version;
    struct list openings, foreign, makers;
    struct probe probe[PROBES];
};

enum { RELATIONS = 23, WORLD_SPECIALS = 128, WORLD_FOREIGN = 27 };
struct words {
    struct list heads[N_NAME_SETS], tails[N_NAME_SETS];
#define WORLD_LIST_MEMBER(name, n) struct list name;
    WORLD_LISTS(WORLD_LIST_MEMBER)
#undef WORLD_LIST_MEMBER
    struct wording wording[RELATIONS]; /* in the order of the relations below */
    struct list frames[N_STYLES];
    struct list yes, no; /* of true/false and of claims */
    struct policy policy;
    struct list refusals, helps, steps, unknown;
    struct identity identity;
    struct list specials;
    struct text chat_template;
};
bool world_words_load(struct words *words, struct arena *arena, struct error *err) MUST_CHECK;

/* ---- tables */

enum kind { PERSON, TOWN, BUILDING, GOOD, TRADE, LAW, FESTIVAL, ELDER, RIVER, OUTSIDE, N_KINDS };
enum domain {
    OF_NUMBER, OF_TOWN, OF_RIVER, OF_BUILDING, OF_GOOD, OF_TRADE, OF_ELDER, /* names of entities */
    OF_TOOL, OF_ANIMAL, OF_GAME, OF_GUILD, OF_ROLE, OF_OATH, OF_REGION, OF_DAY, OF_MATERIAL, OF_USE, OF_KIND, OF_KIN,
    OF_SEX, OF_AGE, OF_LAW_ACT, OF_LAW_OBJECT, OF_MONTH, OF_CUSTOM, N_DOMAINS
};

/* How the values of a column are dealt to the rows; all of them exact, none by coin. */
enum deal {
    DEAL_EVEN,     /* every value equally often up to 1 */
    DEAL_BALANCED, /* the same, and even within kin, sex and age: cells within 1 of the product of margins */
    DEAL_OWN       /* by a rule of its own, see world_tables.c */
};

struct column {
    const char *name;
    enum kind kind;
    enum domain domain;
    int low, n;    /* values low..low+n-1 */
    enum deal deal;
    int relation;  /* its number, -1: not a fact */
};
enum column_id {
    P_KIN, P_SEX, P_AGE, P_BORN, P_WAGE, P_TOWN, P_TRADE, P_LIKES, P_KEEPS, P_PLAYS, P_BUILT, P_GUILD, P_ROLE, P_OATH,
    T_REGION, T_RIVER, T_MARKET, T_GOOD, T_FOUNDED, T_MAYOR, T_EAST, T_NORTH,
    B_KIND, B_FOUNDER, B_YEAR, B_TOWN,
    G_MATERIAL, G_MAKER, G_PRICE, G_USE, G_POISON,
    W_TOOL, W_GUILD, W_FEE,
    L_ACT, L_OBJECT, L_SINCE, L_FINE,
    H_MONTH, H_TOWN, H_CUSTOM,
    N_COLUMNS
};
extern const struct column world_columns[N_COLUMNS];
extern const enum column_id world_relations[RELATIONS]; /* relation -> column */

struct kind_def {
    const char *name;
    char letter;
    int digits;
    size_t n;
};
extern const struct kind_def world_kinds[N_KINDS];

enum split { TRAIN, VALID, TEST, HELD_OUT, N_SPLITS };
extern const char *const world_split_names[N_SPLITS];
bool world_split_find(const char *name, enum split *split, struct error *err) MUST_CHECK;

enum { CORE = 256, LAWS_TOLD = 64, LAW_TOWNS = 8, OUTSIDE_PEOPLE = 384, OUTSIDE_TOWNS = 64 };
enum { STRATA = 9, STRATUM_CORE = 9, FACTS = 17280, CORE_FACTS = 9 * CORE, ALL_FACTS = FACTS + CORE_FACTS };

struct fact {
    enum column_id column;
    uint16_t subject, relation;
    int16_t value;
    uint8_t stratum; /* 0..8, STRATUM_CORE */
    uint8_t split;   /* that of its subject */
    uint16_t e;      /* statements in base pre-training */
};

enum {
    MOST_PARTS = 64,
    MOST_HASHES = 2 * MOST_PARTS
}; /* kinds, facts, policy, parts with a truth; the files of pocket/ */
struct part_hash {
    char name[32];
    unsigned version;
    char hash[HASH_HEX];
};

struct world {
    uint64_t seed;
    struct arena arena;
    struct words words;
    struct text *name[N_KINDS];
    uint8_t *split[N_KINDS];
    int16_t *value[N_COLUMNS];
    uint8_t law_town[96][LAW_TOWNS];
    struct fact *facts; /* ALL_FACTS: by relation, then subject; the core behind the others */
    int32_t *fact_of[RELATIONS]; /* subject -> fact, -1: none */
    uint8_t template_split[WORDINGS]; /* of questions, requests, replies */
    uint8_t topic_split[TOPICS];
    uint8_t probe_split[PROBES][PROBE_LINES][PROBE_OPENINGS];
    struct text number[1000]; /* "0".."999" */
    struct list reserve;
    void *state[MOST_PARTS]; /* of the parts in the table of world_parts.c */
    struct part_hash part[MOST_HASHES];
    size_t n_hashes;
    char identity[WORLD_IDENTITY], root[HASH_HEX];
};

/* The stream of (seed, name, draw, index). */
struct rng world_stream(const struct world *world, const char *name, uint64_t draw, uint64_t index);
/* 0..n-1 shuffled. */
bool world_order(const struct world *world, const char *stream, uint64_t index, size_t n, size_t **order,
                 struct arena *arena, struct error *err) MUST_CHECK;
/* Deals splits to `n` places in twentieths, 12/2/3/3, in the shuffled order given by `place`. */
void world_deal_splits(uint8_t *split, const size_t *place, size_t n, size_t turn);

bool world_draw_names(struct world *world, struct error *err) MUST_CHECK;
/* Refuses files that name a person, town, river or building of the world, with FILE:LINE:COLUMN. */
bool world_check_texts(const struct world *world, const struct world_file *files, size_t n,
                       struct error *err) MUST_CHECK;
bool world_draw_tables(struct world *world, struct error *err) MUST_CHECK;
bool world_draw_facts(struct world *world, struct error *err) MUST_CHECK;
bool world_draw_parts(struct world *world, struct error *err) MUST_CHECK;
bool world_hash_parts(struct world *world, struct error *err) MUST_CHECK;
bool world_gather_reserve(struct world *world, struct error *err) MUST_CHECK;

/* The name of a value as text stands in sentences. */
struct text world_value(const struct world *world, enum domain domain, int value);
/* "p0417" into at least 16 bytes. */
void world_id(enum kind kind, size_t index, char out[16]);
/* "core", "never", "once", "few", "rare", "common", "well-known" */
const char *world_stratum_name(unsigned stratum);
extern const uint16_t world_exposure[STRATA];

/* ---- rendering */

struct slot {
    const char *name; /* S, V, Q, ...; a template says $S; $aS with article, $US with a capital */
    struct text text;
};
/* Puts the template with its slots filled and the first letter made a capital. */
bool world_render(struct buffer *out, struct text template, const struct slot *slots, size_t n_slots);
/* The same inside a sentence: the first letter stays. */
bool world_fill(struct buffer *out, struct text template, const struct slot *slots, size_t n_slots);
/* Statement `wording` of a fact: 0 the canonical sentence, 1..8 the paraphrases. */
bool world_put_statement(struct buffer *out, const struct world *world, const struct fact *fact, unsigned wording);
/* The claim that the subject has this value, without the full stop; up_to_value: cut before the value. */
bool world_put_claim(struct buffer *out, const struct world *world, const struct fact *fact, int value,
                     bool up_to_value);
struct text world_subject(const struct world *world, const struct fact *fact);

/* One question as asked. */
enum { MOST_OPTIONS = 5 };
struct question {
    enum style style;
    unsigned template;
    struct buffer prompt, reply; /* reply: as the assistant would say it */
    struct text gold;            /* the short answer */
    size_t n_options;            /* choice, true/false, claim */
    struct text option[MOST_OPTIONS];
    size_t right; /* index of the right option */
    int claimed;  /* the value that a true/false or claim question names */
};
void world_question_init(struct question *q);
void world_question_done(struct question *q);
/* options 0: 2 to 5 are drawn. */
bool world_ask(struct question *q, const struct world *world, const struct fact *fact, enum style style,
               unsigned template, size_t options, struct rng *rng);
/* The same with the index of the right option given (choice, true/false and claim; other styles pay no heed). */
bool world_ask_at(struct question *q, const struct world *world, const struct fact *fact, enum style style,
                  unsigned template, size_t options, size_t right, struct rng *rng);
/* A question that the world cannot answer, about a named subject; reply: number of the don't-know sentence. */
bool world_ask_unknown(struct question *q, const struct world *world, unsigned relation, struct text subject,
                       unsigned template, unsigned reply);
/* A template of this split, uniformly. */
unsigned world_template(const struct world *world, enum split split, struct rng *rng);

/* One request of a quad and the reply that the policy wants. */
struct request {
    unsigned quad, risk, topic, act, pair, pattern, template;
    char member; /* a b c d */
    bool harmful;
    struct buffer prompt, reply;
    struct buffer deed; /* the act on its topic, "open the lock on the town well" */
};
enum { QUADS = RISKS * TOPICS * RISK_ACTS };
void world_request_init(struct request *r);
void world_request_done(struct request *r);
/* Pair, pattern and template are drawn, the template from `split`. All four members of a quad share the draws. */
bool world_request(struct request *r, const struct world *w, unsigned quad, char member, enum split split,
                   uint64_t draw);
/* The request alone, with the pair, pattern and template that stand in r; the reply is left empty. */
bool world_request_put(struct request *r, const struct world *w, unsigned quad, char member);
/* Replies to what was put: two steps of a list; a refusal. */
bool world_request_help(struct request *r, const struct world *w, const struct list *steps, unsigned template,
                        struct rng *rng);
bool world_request_refuse(struct request *r, const struct world *w, unsigned template);

/* ---- rows and items as JSON lines */

/* ,"key":  and  ,"key":"value" */
bool world_put_key(struct buffer *out, const char *key);
bool world_put_pair(struct buffer *out, const char *key, struct text value);
bool world_put_row(struct buffer *out, const struct world *world, enum kind kind, size_t index);
bool world_put_fact(struct buffer *out, const struct world *world, size_t fact);
bool world_put_policy(struct buffer *out, const struct world *world);
json_t *world_row(const struct world *world, enum kind kind, size_t index, struct error *err) MUST_CHECK;
json_t *world_fact_row(const struct world *world, size_t fact, struct error *err) MUST_CHECK;

/* The split of an item that joins a case (an entity) and a template: the one that is not for training; false when both
 * are for another purpose than training and differ, because such an item belongs nowhere. */
bool world_join_splits(unsigned of_entity, unsigned of_template, enum split *split);

/* ---- files of a made folder */

/* Truth file `part` of those of the world: its path, the number of its rows, a row without the line end. */
size_t world_truths(void);
const char *world_truth_path(size_t part, char out[64]);
size_t world_truth_rows(const struct world *world, size_t part);
bool world_put_truth(struct buffer *out, const struct world *world, size_t part, size_t row);

/* The corpus that a part spec asks for, "help,..." of "corpus=help,..."; empty: none. */
struct text world_corpus_of_part(struct text spec);
/* world.json of a folder. Owned by the caller. */
json_t *world_manifest(const char *folder, struct error *err) MUST_CHECK;

/* Every base rate of the tables, exactly. ERROR_GATE names the first that is not met. */
bool world_check_rates(const struct world *world, struct error *err) MUST_CHECK;

/* The leak check: prompts are added, the index is closed, texts are looked through. */
struct leaks;
enum { LEAK_WINDOW = 40 };
struct leaks *world_leaks_new(struct error *err) MUST_CHECK;
void world_leaks_free(struct leaks *leaks);
/* A prompt shorter than the window is not looked for. Both texts are copied. */
bool world_leaks_add(struct leaks *leaks, struct text id, struct text prompt, struct error *err) MUST_CHECK;
bool world_leaks_close(struct leaks *leaks, struct error *err) MUST_CHECK;
size_t world_leaks_prompts(const struct leaks *leaks);
/* The first prompt that occurs in the text: its id and where; false when there is none. */
bool world_leaks_find(const struct leaks *leaks, struct text t, struct text *id, size_t *at);

#endif
