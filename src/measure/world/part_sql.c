/* Questions to the town's database, half of them such that it cannot answer: reading the words, drawing tables and
 * cases, one family, two files beside the items. See pocket/sql.yaml. Number of an item: case x 16 + frame. */
#include "measure/world/world_queries.h"
#include "verify/sql_shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const kind_notes[Q_KINDS] = {"",        "column-surface", "column-related", "column-unrelated",
                                                "non-sql", "ext-know"};

const struct queries *world_queries(const struct world *w) {
    return world_state(w, &world_part_sql);
}

/* ---- words */

static bool read_patterns(struct words_reader *r, const struct yaml *root, struct queries *q) {
    static const char *const names[Q_PATTERNS] = {"distinct", "equal",  "names", "counts", "many",
                                                  "above",    "most",   "least", "mean",   "which",
                                                  "over",     "joined", "tally", "none",   "mean_of"};
    const struct yaml *list = words_member(r, root, "patterns");
    if (!list) return false;
    if (list->kind != YAML_SEQUENCE || list->n != Q_PATTERNS)
        return yaml_error(list, r->err, "patterns: expected %d entries", Q_PATTERNS);
    for (size_t i = 0; i < Q_PATTERNS; i++) {
        if (!words_text_of(r, list->child[i], "name", "", &q->pattern[i]) ||
            !words_text_of(r, list->child[i], "sql", "TCVKJFDIL", &q->sql[i]) ||
            !words_text_of(r, list->child[i], "say", "NMPRWK", &q->say[i]))
            return false;
        if (!text_equal_c(q->pattern[i], names[i]))
            return yaml_error(list->child[i], r->err, "expected the pattern '%s'", names[i]);
    }
    return true;
}

static bool read_words(struct words_reader *r, struct queries *q) {
    static const char *const lacking[4] = {"people_lack", "towns_lack", "buildings_lack", "goods_lack"};
    const struct yaml *root = words_open(r, "sql.yaml");
    if (!root || !read_patterns(r, root, q)) return false;
    for (size_t i = 0; i < 4; i++)
        if (!words_texts(r, root, lacking[i], "", q->lack[i], Q_LACKS)) return false;
    return words_texts(r, root, "tables", "", q->table[0], Q_TABLES) &&
           words_texts(r, root, "twin_tables", "", q->table[1], Q_TABLES) &&
           words_texts(r, root, "many", "", q->many, Q_TABLES) &&
           words_texts(r, root, "columns", "", q->column[0], Q_COLUMNS) &&
           words_texts(r, root, "twin_columns", "", q->column[1], Q_COLUMNS) &&
           words_texts(r, root, "nouns", "", q->noun, Q_COLUMNS) &&
           words_texts(r, root, "frames", "Q", q->frame, WORDINGS) &&
           words_text_of(r, root, "schema", "TC", &q->schema) && words_text_of(r, root, "ask", "SQ", &q->ask) &&
           words_text_of(r, root, "lacks", "NW", &q->lacks) &&
           words_texts(r, root, "elsewhere", "W", q->elsewhere, Q_LISTED) &&
           words_texts(r, root, "tasks", "Q", q->tasks, Q_LISTED) &&
           words_texts(r, root, "beyond", "W", q->beyond, Q_LISTED);
}

/* ---- tables */

static bool draw_shops(struct world *w, struct queries *q, struct error *err) {
    size_t *names;
    if (!world_order(w, "sql/shops", 0, 12 * 32, &names, &w->arena, err)) return false;
    for (size_t i = 0; i < Q_SHOPS; i++) {
        struct rng rng = world_stream(w, "sql/shop", 0, i);
        q->shop[i][0] = (int32_t)names[i];
        q->shop[i][1] = (int32_t)rng_below(&rng, world_kinds[TOWN].n);
        q->shop[i][2] = (int32_t)rng_below(&rng, world_kinds[PERSON].n);
        q->shop[i][3] = (int32_t)rng_below(&rng, world_kinds[TRADE].n);
        q->opened[i] = 700 + (int32_t)rng_below(&rng, 180);
    }
    return true;
}

static void draw_others(struct world *w, struct queries *q) {
    for (size_t i = 0; i < Q_PRICES; i++) {
        struct rng rng = world_stream(w, "sql/price", 0, i);
        int32_t good = (int32_t)rng_below(&rng, world_kinds[GOOD].n);
        int32_t price = w->value[G_PRICE][good] + (int32_t)rng_below(&rng, 7) - 3;
        q->price[i][0] = (int32_t)(i % Q_SHOPS);
        q->price[i][1] = good;
        q->price[i][2] = price < 1 ? 1 : price > 99 ? 99 : price;
    }
    for (size_t i = 0; i < Q_VISITS; i++) {
        struct rng rng = world_stream(w, "sql/visit", 0, i);
        q->visit[i][0] = (int32_t)rng_below(&rng, world_kinds[PERSON].n);
        q->visit[i][1] = (int32_t)rng_below(&rng, Q_SHOPS - 16); /* some shops nobody visits */
        q->visit[i][2] = (int32_t)rng_below(&rng, 7);
        q->visit[i][3] = 1 + (int32_t)rng_below(&rng, 60);
    }
}

/* ---- structures */

struct gathering {
    struct queries *q;
    size_t n;
};

static void add(struct gathering *g, enum query_pattern pattern, int column, int other) {
    if (g->n < Q_STRUCTURES)
        g->q->structure[g->n] = (struct query_structure){
            .pattern = (uint8_t)pattern,
            .table =
                (uint8_t)query_columns[pattern == Q_JOINED || pattern == Q_TALLY || pattern == Q_NONE ? other : column]
                    .table,
            .column = (uint8_t)column,
            .other = (uint8_t)other};
    g->n++;
}

static bool has_name(int table) {
    for (int c = 0; c < Q_COLUMNS; c++)
        if (query_columns[c].table == table && query_columns[c].role == Q_NAME) return true;
    return false;
}

/* The first column of a table in this role. */
static int first_in_role(int table, enum query_role role) {
    int c = 0;
    while (query_columns[c].table != table || query_columns[c].role != role) c++;
    return c;
}

static void add_category(struct gathering *g, int c) {
    add(g, Q_DISTINCT, c, c), add(g, Q_EQUAL, c, c), add(g, Q_COUNTS, c, c), add(g, Q_MANY, c, c);
    if (has_name(query_columns[c].table)) add(g, Q_NAMES, c, c);
}

static void add_number(struct gathering *g, int c) {
    add(g, Q_ABOVE, c, c), add(g, Q_MOST, c, c), add(g, Q_LEAST, c, c), add(g, Q_MEAN, c, c), add(g, Q_OVER, c, c);
    if (has_name(query_columns[c].table)) add(g, Q_WHICH, c, c);
}

static void add_reference(struct gathering *g, int c) {
    int to = query_columns[c].to, category = first_in_role(to, Q_CATEGORY);
    add(g, Q_JOINED, category, c), add(g, Q_TALLY, category, c), add(g, Q_NONE, category, c);
}

/* The mean of a number among rows of a category: of the tables with both, the last of each. */
static void add_means(struct gathering *g) {
    static const int tables[3] = {0 /* people */, 3 /* goods */, 7 /* laws */};
    for (size_t i = 0; i < 3; i++) {
        int category = 0, number = 0;
        for (int c = 0; c < Q_COLUMNS; c++) {
            if (query_columns[c].table != tables[i]) continue;
            if (query_columns[c].role == Q_CATEGORY) category = c;
            if (query_columns[c].role == Q_NUMBER) number = c;
        }
        add(g, Q_MEAN_OF, category, number);
    }
}

/* Which structures no training shows, and what split their cases have. */
static bool deal_unseen(struct world *w, struct queries *q, uint8_t *split, struct error *err) {
    size_t *order;
    if (!world_order(w, "sql/unseen", 0, Q_STRUCTURES, &order, &w->arena, err)) return false;
    for (size_t i = 0; i < Q_UNSEEN; i++) {
        q->structure[order[i]].unseen = true;
        split[order[i]] = (uint8_t)(i % 8 == 0 ? VALID : i % 2 ? TEST : HELD_OUT);
    }
    return true;
}

static bool tell_hardness(struct world *w, struct queries *q, struct error *err) {
    struct buffer b;
    bool ok = true;
    buffer_init(&b, 1 << 12);
    for (size_t i = 0; ok && i < Q_STRUCTURES; i++) {
        struct sql_shape shape;
        buffer_clear(&b);
        ok = query_put_sql(&b, w, q, &q->structure[i], 0, false) &&
             sql_shape_of(buffer_text(&b), &w->arena, &shape, err);
        if (ok) q->structure[i].hardness = (uint8_t)shape.hardness;
    }
    buffer_done(&b);
    return ok;
}

static bool make_structures(struct world *w, struct queries *q, uint8_t *split, struct error *err) {
    struct gathering g = {q, 0};
    for (int c = 0; c < Q_COLUMNS; c++) {
        if (query_columns[c].role == Q_CATEGORY) add_category(&g, c);
        if (query_columns[c].role == Q_NUMBER) add_number(&g, c);
        if (query_columns[c].role == Q_REFERENCE) add_reference(&g, c);
    }
    add_means(&g);
    if (g.n != Q_STRUCTURES)
        return error_set(err, ERROR_DATA, "sql: %zu structures of queries instead of %d", g.n, Q_STRUCTURES);
    return tell_hardness(w, q, err) && deal_unseen(w, q, split, err);
}

/* ---- cases */

/* Every structure in turn, each with its values in a drawn order, until there are enough. */
static bool draw_feasible(struct world *w, struct queries *q, struct error *err) {
    size_t n = 0, *order[Q_STRUCTURES], count[Q_STRUCTURES];
    for (size_t s = 0; s < Q_STRUCTURES; s++) {
        count[s] = query_values(w, q, &q->structure[s]);
        if (!world_order(w, "sql/values", s, count[s], &order[s], &w->arena, err)) return false;
    }
    for (size_t round = 0, before = SIZE_MAX; n < Q_CASES / 2 && before != n; round++) {
        before = n;
        for (size_t s = 0; s < Q_STRUCTURES && n < Q_CASES / 2; s++)
            if (round < count[s])
                q->cases[2 * n++] = (struct query_case){Q_FEASIBLE, (uint8_t)s, (uint16_t)order[s][round], 0};
    }
    return n == Q_CASES / 2 || error_set(err, ERROR_DATA, "sql: only %zu feasible questions", n);
}

static struct query_case infeasible(const struct world *w, const struct queries *q, size_t i, struct rng *rng) {
    struct query_case c = {.kind = (uint8_t)(Q_SURFACE + i % (Q_KINDS - 1))};
    c.structure = (uint8_t)rng_below(rng, Q_STRUCTURES);
    c.entry = (uint8_t)rng_below(rng, Q_LISTED);
    if (c.kind == Q_SURFACE || c.kind == Q_NOT_SQL) {
        c.value = (uint16_t)rng_below(rng, query_values(w, q, &q->structure[c.structure]));
        if (c.kind == Q_SURFACE) c.entry = 0;
    } else if (c.kind == Q_RELATED) {
        static const enum kind kinds[4] = {PERSON, TOWN, BUILDING, GOOD};
        c.structure = 0;
        c.entry = (uint8_t)rng_below(rng, 4 * Q_LACKS);
        c.value = (uint16_t)rng_below(rng, world_kinds[kinds[c.entry / Q_LACKS]].n);
    } else {
        c.structure = 0;
        c.value = (uint16_t)rng_below(rng, world_kinds[c.kind == Q_UNRELATED ? TOWN : PERSON].n);
    }
    return c;
}

static bool same_case(const struct query_case *a, const struct query_case *b) {
    return a->kind == b->kind && a->structure == b->structure && a->value == b->value && a->entry == b->entry;
}

/* No question twice. */
static bool draw_infeasible(struct world *w, struct queries *q, struct error *err) {
    enum { TRIES = 1000 };
    for (size_t i = 0; i < Q_CASES / 2; i++) {
        struct rng rng = world_stream(w, "sql/infeasible", 0, i);
        bool is_new = false;
        for (int t = 0; t < TRIES && !is_new; t++) {
            struct query_case c = infeasible(w, q, i, &rng);
            is_new = true;
            for (size_t k = i % (Q_KINDS - 1); k < i && is_new; k += Q_KINDS - 1)
                is_new = !same_case(&q->cases[2 * k + 1], &c);
            q->cases[2 * i + 1] = c;
        }
        if (!is_new) return error_set(err, ERROR_DATA, "sql: no further infeasible question");
    }
    return true;
}

/* Cases of an unseen structure have its split; of every other one the first case is for training. */
static bool deal_cases(struct world *w, struct queries *q, const uint8_t *of_structure, struct error *err) {
    bool begun[Q_STRUCTURES] = {false};
    if (!world_case_splits(w, "sql/splits", q->split, Q_CASES, err)) return false;
    for (size_t i = 0; i < Q_CASES; i++) {
        const struct query_case *c = &q->cases[i];
        bool built_on = c->kind == Q_FEASIBLE || c->kind == Q_SURFACE || c->kind == Q_NOT_SQL;
        if (built_on && q->structure[c->structure].unseen)
            q->split[i] = of_structure[c->structure];
        else if (c->kind == Q_FEASIBLE && !begun[c->structure])
            q->split[i] = TRAIN;
        begun[c->structure] |= c->kind == Q_FEASIBLE;
    }
    return true;
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct queries *q = state;
    struct words_reader r = {&w->arena, err};
    uint8_t of_structure[Q_STRUCTURES] = {0};
    if (!read_words(&r, q) || !draw_shops(w, q, err)) return false;
    draw_others(w, q);
    return make_structures(w, q, of_structure, err) && draw_feasible(w, q, err) && draw_infeasible(w, q, err) &&
           deal_cases(w, q, of_structure, err);
}

/* ---- truth: the drawn tables, then the cases */

static size_t rows(const struct world *w) {
    (void)w;
    return Q_SHOPS + Q_PRICES + Q_VISITS + Q_CASES;
}

static bool put_cells(struct buffer *out, const struct world *w, int table, size_t row) {
    const struct queries *q = world_queries(w);
    for (size_t c = 0; c < Q_COLUMNS; c++) {
        if (query_columns[c].table != table || query_columns[c].role == Q_KEY) continue;
        struct query_cell cell = query_cell(w, q, c, row);
        char key[64];
        snprintf(key, sizeof key, "%.*s", TEXT_ARG(q->column[0][c]));
        if (cell.is_text)
            world_put_pair(out, key, cell.text);
        else
            world_put_key(out, key), buffer_printf(out, "%lld", (long long)cell.number);
    }
    return buffer_put_char(out, '}');
}

/* What the question says without its frame. */
static bool put_said(struct buffer *out, const struct world *w, const struct queries *q, const struct query_case *c) {
    static const enum kind kinds[4] = {PERSON, TOWN, BUILDING, GOOD};
    const struct query_structure *s = &q->structure[c->structure];
    if (c->kind == Q_FEASIBLE || c->kind == Q_SURFACE) return query_put_say(out, w, q, s, c->value);
    if (c->kind == Q_NOT_SQL) {
        struct buffer said;
        buffer_init(&said, 1 << 12);
        bool ok = query_put_say(&said, w, q, s, c->value);
        struct slot slot = {"Q", buffer_text(&said)};
        ok = ok && world_fill(out, q->tasks[c->entry], &slot, 1);
        buffer_done(&said);
        return ok;
    }
    if (c->kind == Q_RELATED) {
        struct slot slots[] = {{"N", q->lack[c->entry / Q_LACKS][c->entry % Q_LACKS]},
                               {"W", w->name[kinds[c->entry / Q_LACKS]][c->value]}};
        return world_fill(out, q->lacks, slots, 2);
    }
    struct slot slot = {"W", w->name[c->kind == Q_UNRELATED ? TOWN : PERSON][c->value]};
    return world_fill(out, c->kind == Q_UNRELATED ? q->elsewhere[c->entry] : q->beyond[c->entry], &slot, 1);
}

static bool is_twin(size_t number_of_case) {
    return number_of_case / 2 % 3 == 2;
}

static bool put_answer(struct buffer *out, const struct world *w, const struct queries *q, size_t i, bool twin) {
    const struct query_case *c = &q->cases[i];
    if (c->kind != Q_FEASIBLE) return buffer_put_c(out, "null");
    return query_put_sql(out, w, q, &q->structure[c->structure], c->value, twin);
}

static bool put_case(struct buffer *out, const struct world *w, size_t i) {
    const struct queries *q = world_queries(w);
    struct buffer said, sql;
    buffer_init(&said, 1 << 12), buffer_init(&sql, 1 << 12);
    bool ok = put_said(&said, w, q, &q->cases[i]) && put_answer(&sql, w, q, i, false);
    buffer_printf(out, "{\"id\":\"sqc%04zu\",\"kind\":\"%s\",\"split\":\"%s\"", i,
                  q->cases[i].kind == Q_FEASIBLE ? "feasible" : kind_notes[q->cases[i].kind],
                  world_split_names[q->split[i]]);
    world_put_pair(out, "asks", buffer_text(&said));
    world_put_pair(out, "query", buffer_text(&sql));
    buffer_done(&said), buffer_done(&sql);
    return ok && buffer_put_char(out, '}');
}

static bool put_row(struct buffer *out, const struct world *w, size_t row) {
    static const struct {
        int table;
        size_t n;
    } drawn[] = {{4, Q_SHOPS}, {5, Q_PRICES}, {6, Q_VISITS}};
    for (size_t t = 0; t < 3; t++) {
        if (row < drawn[t].n) {
            buffer_put_c(out, "{\"id\":\"");
            buffer_printf(out, t == 0 ? "sqs%03zu" : t == 1 ? "sqp%04zu" : "sqv%04zu", row);
            buffer_put_char(out, '"');
            return put_cells(out, w, drawn[t].table, row);
        }
        row -= drawn[t].n;
    }
    return put_case(out, w, row);
}

static size_t find(const struct world *w, struct text id) {
    static const struct {
        struct text prefix;
        size_t digits, n, first;
    } kinds[] = {{{"sqs", 3}, 3, Q_SHOPS, 0},
                 {{"sqp", 3}, 4, Q_PRICES, Q_SHOPS},
                 {{"sqv", 3}, 4, Q_VISITS, Q_SHOPS + Q_PRICES},
                 {{"sqc", 3}, 4, Q_CASES, Q_SHOPS + Q_PRICES + Q_VISITS}};
    uint64_t row;
    (void)w;
    for (size_t k = 0; k < 4; k++)
        if (text_starts(id, kinds[k].prefix) && id.len == 3 + kinds[k].digits &&
            text_to_u64(text_part(id, 3, id.len), &row) && row < kinds[k].n)
            return kinds[k].first + (size_t)row;
    return SIZE_MAX;
}

/* ---- items */

static uint64_t numbers(const struct world *w) {
    (void)w;
    return (uint64_t)Q_CASES * WORDINGS;
}

static bool split_of(const struct world *w, uint64_t number, enum split *split) {
    return world_case_split(w, world_queries(w)->split, number, split);
}

/* The column that the schema of a question about what is missing leaves out. */
static int missing(const struct queries *q, const struct query_case *c) {
    const struct query_structure *s = &q->structure[c->structure];
    if (c->kind != Q_SURFACE) return -1;
    return s->pattern == Q_TALLY || s->pattern == Q_NONE ? s->other : s->column;
}

static bool put_prompt(struct world_line *line, const struct world *w, const struct queries *q, size_t i,
                       unsigned template) {
    const struct query_case *c = &q->cases[i];
    struct buffer said, asked, schema;
    buffer_init(&said, 1 << 12), buffer_init(&asked, 1 << 12), buffer_init(&schema, 1 << 12);
    bool ok = put_said(&said, w, q, c) && query_put_schema(&schema, q, is_twin(i), missing(q, c));
    struct slot one = {"Q", buffer_text(&said)};
    ok = ok && world_render(&asked, q->frame[template], &one, 1);
    struct slot slots[] = {{"S", buffer_text(&schema)}, {"Q", buffer_text(&asked)}};
    ok = ok && world_fill(&line->prompt, q->ask, slots, 2) &&
         world_put_pair(&line->slots, "question", buffer_text(&asked));
    buffer_done(&said), buffer_done(&asked), buffer_done(&schema);
    return ok;
}

static bool make(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                 uint64_t draw_seed) {
    const struct queries *q = world_queries(w);
    size_t i = (size_t)(number / WORDINGS);
    const struct query_case *c = &q->cases[i];
    const struct query_structure *s = &q->structure[c->structure];
    bool feasible = c->kind == Q_FEASIBLE, ok = put_prompt(line, w, q, i, (unsigned)(number % WORDINGS));
    (void)split, (void)draw_seed;
    ok = ok && put_answer(&line->answer, w, q, i, is_twin(i)) && put_answer(&line->reply, w, q, i, is_twin(i));
    buffer_printf(&line->template, "sql/%zu/%u", i, (unsigned)(number % WORDINGS));
    world_label(line, "db_id", "%s", is_twin(i) ? "twin" : "town");
    world_label(line, "type", "%s", !feasible ? "inf" : s->unseen ? "unseen-sql" : "seen-sql");
    world_label(line, "note", "%s", feasible ? sql_hardness_names[s->hardness] : kind_notes[c->kind]);
    if (feasible) {
        world_put_key(&line->labels, "structure");
        buffer_printf(&line->labels, "%u", c->structure);
    }
    return world_prov(line, "sqc%04zu", i) && ok;
}

static const struct world_family family = {
    .name = "sql", .prefix = "sql", .digits = 5, .most = 4096, .numbers = numbers, .split = split_of, .make = make};

static bool put_town(const struct world *w, struct arena *arena, struct text *out, struct error *err) {
    return world_database(w, false, arena, out, err);
}

static bool put_twin(const struct world *w, struct arena *arena, struct text *out, struct error *err) {
    return world_database(w, true, arena, out, err);
}

static const struct world_beside files[] = {{"sql/town.sqlite", put_town}, {"sql/twin.sqlite", put_twin}};

const struct world_part world_part_sql = {
    .name = "sql",
    .version = 1,
    .words = true,
    .later = true,
    .state_size = sizeof(struct queries),
    .draw = draw,
    .rows = rows,
    .put_row = put_row,
    .find = find,
    .families = &family,
    .n_families = 1,
    .beside = files,
    .n_beside = 2,
};
