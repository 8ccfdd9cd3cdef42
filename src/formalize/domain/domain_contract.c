/* Contracts in Solidity: functions, features and call graph of a folder, and checkers of faults. What decides is in
 * formalize/contract; here files and rows are handed to it. */
#include "formalize/domain/domain.h"

#include "formalize/contract/checker.h"
#include "formalize/contract/contract_json.h"
#include "formalize/contract/contract_score.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct contracts {
    const struct domain_settings *settings;
    struct arena arena;
    struct sol_program program; /* of the files that stand together */
    struct contract_profiles profiles;
    struct suppressions waive;
    struct contract_score score;
    bool linked, profiled;
};

static const char *means(void) {
    return "by a parser of our own";
}

/* Items of the pocket world have their source among the slots. */
static const json_t *source_of(const json_t *row) {
    const json_t *slots = json_object_get(row, "slots");
    return json_object_get(slots ? slots : row, "source");
}

static bool claims(const json_t *row) {
    return json_is_string(source_of(row)) && (json_object_get(row, "swc") || json_object_get(row, "slots") ||
                                              text_ends(json_text(json_object_get(row, "name")), TEXT(".sol")));
}

/* ---- the state */

static void close_contracts(void *state) {
    struct contracts *c = state;
    if (c) arena_done(&c->arena);
    free(c);
}

static void today(char day[16]) {
    time_t now = time(NULL);
    struct tm at;
    day[0] = 0;
    if (gmtime_r(&now, &at)) strftime(day, 16, "%Y-%m-%d", &at);
}

static bool read_settings(struct contracts *c, struct error *err) {
    const char *names[64], *file = c->settings->suppress;
    char day[16];
    size_t n, i = 0;
    const struct finding_rule *const *rules = checker_rules(&n);
    for (; i < n && i < 64; i++) names[i] = rules[i]->name;
    today(day);
    return finding_only(c->settings->only, names, i, "checker", err) &&
           (!file || suppress_read(&c->waive, file, day, rules, n, &c->arena, err));
}

static void *open_contracts(const struct domain_settings *settings, struct error *err) {
    enum { PROGRAM_BYTES_MOST = 1 << 30 };
    struct contracts *c = calloc(1, sizeof *c);
    if (!c) return error_memory(err, "contracts"), NULL;
    c->settings = settings;
    arena_init(&c->arena, (size_t)3 * PROGRAM_BYTES_MOST);
    if (contract_program_init(&c->program, &c->arena, err) && read_settings(c, err)) return c;
    close_contracts(c);
    return NULL;
}

static bool add(void *state, const struct domain_unit *file, struct error *err) {
    struct contracts *c = state;
    return contract_program_add(&c->program, file->text, file->place.file, err);
}

static bool link(struct contracts *c, struct error *err) {
    if (!c->linked && !contract_program_link(&c->program, err)) return false;
    return c->linked = true;
}

/* ---- rows: {"source", "name"?, "swc"? or "class"?, "label"?} */

static bool row_program(const struct domain_unit *unit, struct arena *arena, struct sol_program *program,
                        struct error *err) {
    const json_t *source_json = source_of(unit->row);
    struct text source = json_text(source_json), name = json_text(json_object_get(unit->row, "name"));
    const char *shown;
    if (!json_is_string(source_json)) return json_mismatch(source_json, "source", unit->place, "a text", err);
    if (!name.len) name = json_text(json_object_get(unit->row, "id"));
    if (name.len)
        shown = arena_printf(arena, err, "%s#%zu/%.*s", unit->place.file, unit->place.line, TEXT_ARG(name));
    else
        shown = arena_printf(arena, err, "%s#%zu", unit->place.file, unit->place.line);
    return shown && contract_program_init(program, arena, err) && contract_program_add(program, source, shown, err) &&
           contract_program_link(program, err);
}

/* ---- parse */

static bool put_json(const struct sol_program *program, const struct contract_profiles *profiles, size_t file,
                     struct arena *arena, json_t *out, bool *holds, struct error *err) {
    *holds = program->files[file].faults.n == 0;
    if (!*holds) json_object_set_new(out, "why", json_string(program->files[file].faults.at[0].what));
    json_object_set_new(out, "file", json_string(program->files[file].name));
    return contract_json(program, profiles, file, arena, out, err);
}

static bool parse(void *state, const struct domain_unit *unit, struct arena *arena, json_t *out, bool *holds,
                  struct error *err) {
    struct contracts *c = state;
    struct sol_program alone;
    struct contract_profiles profiles;
    if (unit->row)
        return row_program(unit, arena, &alone, err) && contract_profiles(&alone, arena, &profiles, err) &&
               put_json(&alone, &profiles, 0, arena, out, holds, err);
    if (!link(c, err) || (!c->profiled && !contract_profiles(&c->program, &c->arena, &c->profiles, err))) return false;
    c->profiled = true;
    for (size_t i = 0; i < c->program.n_files; i++)
        if (c->program.files[i].name == unit->place.file)
            return put_json(&c->program, &c->profiles, i, arena, out, holds, err);
    return error_set(err, ERROR_DATA, "%s: not among the files", unit->place.file);
}

/* ---- scan */

struct passing {
    struct contract_score *score;
    finding_sink *sink;
    void *context;
};

static bool pass(void *context, const struct finding *finding, struct error *err) {
    struct passing *p = context;
    contract_score_hit(p->score, finding);
    return p->sink(p->context, finding, err);
}

static bool scan_row(struct contracts *c, const struct domain_unit *unit, struct arena *arena,
                     struct checker_settings *settings, struct error *err) {
    struct passing passing = {&c->score, settings->sink, settings->context};
    const struct contract_label label = contract_label_of(unit->row);
    struct sol_program alone;
    settings->sink = pass;
    settings->context = &passing;
    contract_score_begin(&c->score, &label);
    return row_program(unit, arena, &alone, err) && checker_run(&alone, settings, err) &&
           contract_score_end(&c->score, unit->place, err);
}

/* All findings are told; what could not be read is bad data all the same. */
static bool whole(const struct sol_program *program, struct error *err) {
    for (size_t i = 0; i < program->n_files; i++) {
        const struct sol_file *f = &program->files[i];
        if (f->faults.n)
            return error_set(err, ERROR_DATA, "%s:%u: %s", f->name, f->faults.at[0].line, f->faults.at[0].what);
    }
    return true;
}

static bool scan(void *state, const struct domain_unit *unit, struct arena *arena, finding_sink *sink, void *context,
                 struct error *err) {
    struct contracts *c = state;
    struct checker_settings settings = {
        .only = c->settings->only, .waive = c->settings->suppress ? &c->waive : NULL, .sink = sink, .context = context};
    if (unit->row) return scan_row(c, unit, arena, &settings, err);
    if (!link(c, err) || !checker_run(&c->program, &settings, err)) return false;
    if (settings.waive && !suppress_stale(settings.waive, "source", sink, context, err)) return false;
    return whole(&c->program, err);
}

/* ---- solve: the answer that the findings of a row come to, as one who is asked for a label gives it ---- */

enum { TOLD_MOST = 16 };
struct answer {
    struct buffer text;
    unsigned n;
    uint32_t from, to; /* the lines that are asked about; to 0: all */
};

static bool tell_finding(void *context, const struct finding *finding, struct error *err) {
    struct answer *a = context;
    bool asked = !a->to || (finding->line >= a->from && finding->line <= a->to);
    if (!asked || finding->severity == FINDING_NOTE || finding->waived || a->n++ >= TOLD_MOST) return true;
    buffer_printf(&a->text, "%s %s at line %u", a->n == 1 ? "" : ",", finding->rule, (unsigned)finding->line);
    return buffer_check(&a->text, "answer", err);
}

/* Rows of samples have no id: their class and name are one. */
static bool put_id(const struct domain_unit *unit, struct arena *arena, json_t *out, struct error *err) {
    struct text swc = json_text(json_object_get(unit->row, "swc")),
                name = json_text(json_object_get(unit->row, "name"));
    if (json_object_get(out, "id") || !name.len) return true;
    const char *id = arena_printf(arena, err, "%.*s%s%.*s", TEXT_ARG(swc), swc.len ? "/" : "", TEXT_ARG(name));
    return id && (json_object_set_new(out, "id", json_string(id)) == 0 || error_memory(err, "id"));
}

static bool solve(void *state, const struct domain_unit *unit, struct arena *arena, json_t *out, bool *holds,
                  struct error *err) {
    struct contracts *c = state;
    const struct contract_label asked = contract_label_of(unit->row);
    struct answer answer = {.from = asked.from, .to = asked.to};
    struct sol_program alone;
    struct checker_settings settings = {.only = c->settings->only, .sink = tell_finding, .context = &answer};
    if (!unit->row)
        return error_set(err, ERROR_USAGE, "%s: formal solve takes rows of JSON with a source; files are scanned",
                         unit->place.file);
    buffer_init(&answer.text, 1 << 16);
    bool ok =
        row_program(unit, arena, &alone, err) && checker_run(&alone, &settings, err) && put_id(unit, arena, out, err);
    const char *text = ok ? arena_printf(arena, err, "The label is %s.%.*s%s", answer.n ? "vulnerable" : "safe",
                                         TEXT_ARG(buffer_text(&answer.text)), answer.n ? "." : "")
                          : NULL;
    buffer_done(&answer.text);
    *holds = true;
    return text && (json_object_set_new(out, "text", json_string(text)) == 0 || error_memory(err, "answer"));
}

static bool sum(void *state, json_t *out, struct buffer *lines, struct error *err) {
    const struct contracts *c = state;
    json_t *confidence = json_object();
    size_t n;
    unsigned hits, alarms;
    const struct finding_rule *const *rules = checker_rules(&n);
    for (size_t i = 0; i < n; i++)
        json_object_set_new(confidence, rules[i]->name,
                            json_from_f64(checker_confidence(rules[i]->name, &hits, &alarms)));
    if (json_object_set_new(out, "confidence", confidence) != 0) return error_memory(err, "summary");
    return contract_score_sum(&c->score, out, lines, err);
}

const struct domain domain_contract = {
    .name = "contract",
    .summary = "contracts in Solidity: functions, call graph, features, and checkers of faults with witness lines",
    .row = "{\"source\", \"name\", \"swc\"?, \"label\"?}, or FILE.sol",
    .endings = "sol",
    .means = means,
    .claims = claims,
    .open = open_contracts,
    .close = close_contracts,
    .add = add,
    .solve = solve,
    .parse = parse,
    .scan = scan,
    .rules = checker_rules,
    .sum = sum,
};
