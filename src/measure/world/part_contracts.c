/* Part `contracts`: functions of small contracts, eight kinds of bugs in five families, each beside a twin that differs
 * by one edit. See pocket/contracts.yaml. A case is (family, kind, variant), a template says how it is written: its
 * shape, how conditions are written, what stands around it. Number = ((case x 16 + template) x 2 + member); which of
 * the two members has the bug is drawn. Families:
 *
 *   contracts           all names are drawn
 *   contracts-named     the function with the bug is called withdraw, its twin is not
 *   contracts-swapped   the other way round
 *
 * The twins of one number have the same names, remarks and places. */
#include "measure/world/part_common.h"

#include <stdio.h>
#include <string.h>

enum {
    FAMILIES = 5,
    KINDS = 8,
    SHAPES = 2,
    VARIANTS = 20,
    CASES = FAMILIES * KINDS * VARIANTS,
    WORDS = 64,
    VERBS = 30,
    REMARKS = 6,
    ASKS = 4,
    SLOTS = 15,
    MARKS = 4
};

struct shape {
    struct list safe, bug;
};
struct bug_kind {
    struct text name, cause, order;
    struct shape shape[SHAPES];
};
struct contracts {
    struct text word[WORDS], verb[VERBS], remark[REMARKS], family[FAMILIES], ask[ASKS];
    struct list other[FAMILIES];
    struct bug_kind kind[KINDS];
    uint8_t split[CASES];
};

static const struct contracts *contracts_of(const struct world *w) {
    return world_state(w, &world_part_contracts);
}

/* ---- words */

static const char slot_letters[] = "FAWVIBTOLEDCJKGP";

static bool read_lines(struct words_reader *r, const struct yaml *node, struct list *out) {
    if (node->kind != YAML_SEQUENCE || node->n == 0) return yaml_error(node, r->err, "expected a list of lines");
    if (!(out->at = arena_new(r->arena, struct text, node->n, r->err))) return false;
    out->n = node->n;
    for (size_t i = 0; i < node->n; i++)
        if (!words_text(r, node->child[i], slot_letters, &out->at[i])) return false;
    return true;
}

static bool read_kind(struct words_reader *r, const struct yaml *node, struct bug_kind *out) {
    const struct yaml *shapes = part_sequence(r, node, "shapes", SHAPES);
    if (!shapes || !words_text_of(r, node, "kind", "", &out->name) ||
        !words_text_of(r, node, "cause", slot_letters, &out->cause) ||
        !words_text_of(r, node, "order", "", &out->order))
        return false;
    for (size_t i = 0; i < SHAPES; i++) {
        const struct yaml *safe = words_member(r, shapes->child[i], "safe"),
                          *bug = words_member(r, shapes->child[i], "bug");
        if (!safe || !bug || !read_lines(r, safe, &out->shape[i].safe) || !read_lines(r, bug, &out->shape[i].bug))
            return false;
    }
    return true;
}

static bool read_words(struct words_reader *r, struct contracts *s) {
    const struct yaml *root = words_open(r, "contracts.yaml"), *others, *kinds;
    if (!root || !words_texts(r, root, "words", "", s->word, WORDS) ||
        !words_texts(r, root, "verbs", "", s->verb, VERBS) ||
        !words_texts(r, root, "remarks", "", s->remark, REMARKS) ||
        !words_texts(r, root, "families", "", s->family, FAMILIES) || !words_texts(r, root, "ask", "F", s->ask, ASKS) ||
        !(others = part_sequence(r, root, "others", FAMILIES)) || !(kinds = part_sequence(r, root, "kinds", KINDS)))
        return false;
    for (size_t i = 0; i < FAMILIES; i++)
        if (!read_lines(r, others->child[i], &s->other[i])) return false;
    for (size_t i = 0; i < KINDS; i++)
        if (!read_kind(r, kinds->child[i], &s->kind[i])) return false;
    return true;
}

/* ---- truth */

static bool draw(struct world *w, void *state, struct error *err) {
    struct contracts *s = state;
    struct words_reader r = {&w->arena, err};
    return read_words(&r, s) && world_case_splits(w, "contracts/cases", s->split, CASES, err);
}

static size_t rows(const struct world *w) {
    (void)w;
    return CASES;
}

static bool put_row(struct buffer *out, const struct world *w, size_t row) {
    const struct contracts *s = contracts_of(w);
    const struct bug_kind *k = &s->kind[row / VARIANTS % KINDS];
    part_put_id(out, "kb", 3, row);
    world_put_pair(out, "family", s->family[row / VARIANTS / KINDS]);
    world_put_pair(out, "kind", k->name);
    world_put_pair(out, "order", k->order);
    buffer_printf(out, ",\"split\":%u}", s->split[row]);
    return !out->failed;
}

static size_t find(const struct world *w, struct text id) {
    (void)w;
    return part_row(id, "kb", 3, CASES);
}

/* ---- a contract */

enum naming { NAMES_DRAWN, NAMES_TOLD, NAMES_SWAPPED };

struct told {
    const struct contracts *s;
    const struct bug_kind *kind;
    size_t family, shape, remark;
    bool bug, as_if, before, remarks;
    struct slot slot[SLOTS + 1];
    char capital[2][24];
    char hex[24];
    struct buffer *out;
    unsigned line, first, last, mark[MARKS], marks; /* the function; the lines of the bug */
    struct buffer code;                             /* of the function alone */
};

static bool put_code(struct told *t, struct text line, const char *indent, bool own) {
    struct text mark = TEXT(" //@");
    bool marked = text_ends(line, mark), condition = text_starts(line, TEXT("?? "));
    struct buffer text;
    if (marked) line.len -= mark.len;
    if (condition) line = text_part(line, 3, line.len);
    buffer_init(&text, 1 << 12);
    world_fill(&text, line, t->slot, SLOTS + 1);
    const char *form = !condition ? "%s%.*s\n" : t->as_if ? "%s    if (!(%.*s)) revert();\n" : "%s    require(%.*s);\n";
    buffer_printf(t->out, form, indent, TEXT_ARG(buffer_text(&text)));
    if (own) buffer_printf(&t->code, form, "", TEXT_ARG(buffer_text(&text)));
    t->line++;
    if (marked && own && t->marks < MARKS) t->mark[t->marks++] = t->line;
    buffer_done(&text);
    return !t->out->failed;
}

static void put_remark(struct told *t) {
    if (!t->remarks) return;
    buffer_printf(t->out, "    // %.*s\n", TEXT_ARG(t->s->remark[t->remark]));
    t->line++;
}

static void put_lines(struct told *t, const struct list *lines, bool own) {
    if (own) put_remark(t);
    if (own) t->first = t->line + 1;
    for (size_t i = 0; i < lines->n; i++) put_code(t, lines->at[i], "    ", own);
    if (own) t->last = t->line;
}

static void put_fixed(struct told *t, const char *const *lines, size_t n, const char *indent) {
    for (size_t i = 0; i < n; i++) put_code(t, text_of(lines[i]), indent, false);
}

static bool put_contract(struct told *t) {
    static const char *const head[] = {"pragma solidity ^0.8.0;",
                                       "interface $P { function roll() external returns (uint); }", "contract $C {"};
    static const char *const state[] = {"address $O;", "mapping(address => uint) $B;", "uint $T;", "address[] $L;",
                                        "$P immutable $E;"};
    static const char *const base[] = {
        "constructor($P first) payable { $O = msg.sender; $E = first; }",
        "function $J() public payable { $L.push(msg.sender); $B[msg.sender] += msg.value; }",
        "function $K(uint much) public { require(msg.sender == $O); $T = much; }"};
    const struct shape *shape = &t->kind->shape[t->shape];
    put_fixed(t, head, 3, "");
    put_fixed(t, state, 5, "    ");
    buffer_printf(t->out, "    address constant %.*s = %s;\n", TEXT_ARG(t->slot[10].text), t->hex);
    t->line++;
    put_fixed(t, base, 3, "    ");
    if (t->before) put_lines(t, &t->s->other[t->family], false);
    put_lines(t, t->bug ? &shape->bug : &shape->safe, true);
    if (!t->before) put_lines(t, &t->s->other[t->family], false);
    buffer_put_c(t->out, "}\n");
    return !t->out->failed && !t->code.failed;
}

static struct text capital(char out[24], struct text word) {
    size_t n = word.len < 23 ? word.len : 23;
    memcpy(out, word.at, n);
    out[0] = (char)(out[0] - 32);
    return (struct text){out, n};
}

/* Names without one twice: words for variables, verbs for functions. */
static void draw_names(struct told *t, struct rng *rng) {
    static const char *const letters[SLOTS + 1] = {"F", "A", "W", "V", "I", "B", "T", "O",
                                                   "L", "E", "D", "J", "K", "G", "C", "P"};
    size_t word[WORDS], verb[VERBS], n_words = 0, n_verbs = 0;
    for (size_t i = 0; i < WORDS; i++) word[i] = i;
    for (size_t i = 0; i < VERBS; i++) verb[i] = i;
    rng_shuffle(rng, word, WORDS);
    rng_shuffle(rng, verb, VERBS);
    for (size_t i = 0; i <= SLOTS; i++) {
        bool function = strchr("FJKG", letters[i][0]) != NULL, type = strchr("CP", letters[i][0]) != NULL;
        t->slot[i].name = letters[i];
        t->slot[i].text = function ? t->s->verb[verb[n_verbs++]] : t->s->word[word[n_words++]];
        if (type) t->slot[i].text = capital(t->capital[letters[i][0] == 'P'], t->slot[i].text);
    }
    snprintf(t->hex, sizeof t->hex, "address(0x%08x)", rng_u32(rng));
}

/* ---- items */

static bool put_labels(struct world_line *line, const struct told *t) {
    struct buffer cause;
    buffer_init(&cause, 1 << 12);
    world_fill(&cause, t->kind->cause, t->slot, SLOTS + 1);
    bool ok = world_label(line, "family", "%.*s", TEXT_ARG(t->s->family[t->family])) &&
              world_label(line, "class", "%.*s", TEXT_ARG(t->kind->name)) &&
              world_label(line, "order", "%.*s", TEXT_ARG(t->kind->order)) &&
              world_label(line, "label", "%s", t->bug ? "vulnerable" : "safe") &&
              world_label(line, "cause", "%s", t->bug ? cause.at : "") &&
              world_label(line, "contract", "%.*s", TEXT_ARG(t->slot[14].text)) &&
              world_label(line, "fn", "%.*s", TEXT_ARG(t->slot[0].text));
    buffer_printf(&line->labels, ",\"from\":%u,\"to\":%u,\"lines\":[", t->first, t->last);
    for (unsigned i = 0; i < t->marks; i++) buffer_printf(&line->labels, "%s%u", i ? "," : "", t->mark[i]);
    buffer_put_c(&line->labels, "]");
    buffer_done(&cause);
    return ok && !line->labels.failed;
}

static bool put_item(struct world_line *line, const struct world *w, struct told *t, size_t at, unsigned template) {
    struct buffer source;
    buffer_init(&source, 1 << 16);
    buffer_init(&t->code, 1 << 14);
    t->out = &source;
    bool ok = put_contract(t) && world_put_pair(&line->slots, "source", buffer_text(&source)) &&
              world_put_pair(&line->slots, "code", buffer_text(&t->code)) &&
              part_prompt(line, t->s->ask[template % ASKS], t->slot, SLOTS + 1);
    buffer_printf(&line->prompt, "\n\n%s", source.at ? source.at : "");
    buffer_put_c(&line->answer, t->bug ? "vulnerable" : "safe");
    buffer_printf(&line->reply, "The label is %s.", t->bug ? "vulnerable" : "safe");
    ok = ok && part_template(line, w, "contracts", template, contracts_of(w)->split[at]) && put_labels(line, t);
    buffer_done(&source);
    buffer_done(&t->code);
    return ok && !line->prompt.failed && !line->reply.failed;
}

static bool make(struct world_line *line, const struct world *w, uint64_t number, enum naming naming, uint64_t draw) {
    const struct contracts *s = contracts_of(w);
    uint64_t twin = number / 2;
    size_t at = twin / WORDINGS;
    unsigned template = (unsigned)(twin % WORDINGS);
    struct rng rng = world_stream(w, "contracts/items", draw, twin);
    struct told t = {.s = s,
                     .kind = &s->kind[at / VARIANTS % KINDS],
                     .family = at / VARIANTS / KINDS,
                     .shape = template & 1,
                     .as_if = template >> 1 & 1,
                     .before = template >> 2 & 1,
                     .remarks = template >> 3 & 1};
    draw_names(&t, &rng);
    t.remark = rng_below(&rng, REMARKS);
    t.bug = (number & 1) == rng_below(&rng, 2);
    if (naming != NAMES_DRAWN && t.bug == (naming == NAMES_TOLD)) t.slot[0].text = TEXT("withdraw");
    return put_item(line, w, &t, at, template);
}

static bool make_drawn(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                       uint64_t draw) {
    (void)split;
    return make(line, w, number, NAMES_DRAWN, draw);
}
static bool make_named(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                       uint64_t draw) {
    (void)split;
    return make(line, w, number, NAMES_TOLD, draw);
}
static bool make_swapped(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                         uint64_t draw) {
    (void)split;
    return make(line, w, number, NAMES_SWAPPED, draw);
}

static uint64_t numbers(const struct world *w) {
    (void)w;
    return (uint64_t)CASES * WORDINGS * 2;
}

static bool split_of(const struct world *w, uint64_t number, enum split *split) {
    return world_case_split(w, contracts_of(w)->split, number / 2, split);
}

#define FAMILY(name_, prefix_, make_)                                                                                  \
    {                                                                                                                  \
        .name = name_, .prefix = prefix_, .digits = 5, .members = 2, .most = 6000, .numbers = numbers,                 \
        .split = split_of, .make = make_                                                                               \
    }
static const struct world_family families[] = {
    FAMILY("contracts", "ka", make_drawn),
    FAMILY("contracts-named", "kn", make_named),
    FAMILY("contracts-swapped", "kw", make_swapped),
};

const struct world_part world_part_contracts = {
    .name = "contracts",
    .version = 1,
    .words = true,
    .later = true,
    .state_size = sizeof(struct contracts),
    .draw = draw,
    .rows = rows,
    .put_row = put_row,
    .find = find,
    .families = families,
    .n_families = 3,
};
