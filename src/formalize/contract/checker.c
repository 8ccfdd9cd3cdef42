/* The table of checkers, and running them: see checker.h. */
#include "formalize/contract/checker_internal.h"

#include "base/hash.h"
#include "formalize/contract/sol_normal.h"

#include <stdio.h>
#include <string.h>

static const struct checker table[] = {
    {{"reentrancy", "state that was read before a call that hands over control is written after it", FINDING_ERROR,
      "CWE-841 SWC-107"},
     check_reentrancy,
     "SWC-107"},
    {{"unchecked-call", "whether a low-level call or send went well is never looked at", FINDING_WARNING,
      "CWE-252 SWC-104"},
     check_unchecked_call,
     "SWC-104"},
    {{"tx-origin", "tx.origin, which any contract on the way keeps, decides who may", FINDING_ERROR, "CWE-477 SWC-115"},
     check_tx_origin,
     "SWC-115"},
    {{"access", "anybody may become owner, create value, or take what is others'", FINDING_ERROR, "CWE-284 SWC-105"},
     check_access,
     "SWC-105"},
    {{"wrong-constructor", "a function that was meant to be the constructor, and that anybody may call", FINDING_ERROR,
      "CWE-665 SWC-118"},
     check_wrong_constructor,
     "SWC-118"},
    {{"overflow", "sums of numbers that a caller chooses wrap around unseen", FINDING_ERROR, "CWE-682 SWC-101"},
     check_overflow,
     "SWC-101"},
    {{"delegatecall", "a caller chooses whose code runs as this contract", FINDING_ERROR, "CWE-829 SWC-112"},
     check_delegatecall,
     "SWC-112"},
    {{"timestamp", "the time of a block, which its miner sets, decides a payment", FINDING_WARNING, "CWE-829 SWC-116"},
     check_timestamp,
     "SWC-116"},
    {{"randomness", "what everybody can compute is taken for chance", FINDING_ERROR, "CWE-330 SWC-120"},
     check_randomness,
     "SWC-120"},
    {{"dos-loop", "a list that others fill, or an address that others choose, can stop a function for good",
      FINDING_WARNING, "CWE-400 SWC-113 SWC-128"},
     check_dos_loop,
     "SWC-113,SWC-128"},
    {{"front-run", "who sees a transaction before it is in a block can use what it says", FINDING_WARNING,
      "CWE-362 SWC-114"},
     check_front_run,
     "SWC-114"},
    {{"selfdestruct", "anybody may end the contract", FINDING_ERROR, "CWE-284 SWC-106"}, check_selfdestruct, "SWC-106"},
    {{"shadow-uninit", "a name that hides a state variable, a storage pointer that points to the first slot",
      FINDING_WARNING, "CWE-710 SWC-109 SWC-119"},
     check_shadow_uninit,
     "SWC-109,SWC-119"},
    {{"price-read", "a price or balance of this very moment decides an amount", FINDING_WARNING, "CWE-682"},
     check_price_read,
     NULL},
    {{"source", "what could not be read: broken syntax, bases in no order, files that import each other in a circle",
      FINDING_WARNING, NULL},
     NULL,
     NULL},
};
enum { CHECKERS = sizeof table / sizeof *table, TOLD_SLOTS = 1 << 16 };

size_t checkers(const struct checker **out) {
    *out = table;
    return CHECKERS;
}

const struct finding_rule *const *checker_rules(size_t *n) {
    static const struct finding_rule *rules[CHECKERS]; /* the same whenever it is filled */
    for (size_t i = 0; i < CHECKERS; i++) rules[i] = &table[i].is;
    *n = CHECKERS;
    return rules;
}

double checker_confidence(const char *rule, unsigned *hits, unsigned *alarms) {
    static const struct {
        const char *rule;
        unsigned hits, alarms;
    } measured[] = {
#include "formalize/contract/checker_precision.inc"
    };
    *hits = *alarms = 0;
    for (size_t i = 0; i < sizeof measured / sizeof *measured; i++)
        if (strcmp(rule, measured[i].rule) == 0) {
            *hits = measured[i].hits;
            *alarms = measured[i].alarms;
        }
    return (*hits + 1.0) / (*alarms + 2.0);
}

/* ---- telling */

/* Which rule and place were told: a set of hashes, which lets a finding pass twice rather than drop one when full. */
struct checker_told {
    uint64_t slots[TOLD_SLOTS];
    size_t n;
};

static bool is_new(struct checker_told *told, const char *rule, const char *file, uint32_t line) {
    char key[512];
    int n = snprintf(key, sizeof key, "%s %u %s", rule, line, file);
    uint64_t hash = hash_xxh3(key, n < (int)sizeof key ? (size_t)n : sizeof key - 1) | 1;
    if (told->n > TOLD_SLOTS / 2) return true;
    for (uint64_t at = hash >> 16;; at++) {
        uint64_t *slot = &told->slots[at % TOLD_SLOTS];
        if (*slot == hash) return false;
        if (*slot) continue;
        *slot = hash;
        told->n++;
        return true;
    }
}

bool checker_tell_line(struct check *c, const struct sol_function *in, const struct sol_file *file, uint32_t line,
                       enum finding_severity severity, const char *what, const struct finding_step *steps, size_t n,
                       struct error *err) {
    char hex[SOL_HASH_HEX] = "";
    const char *name = NULL, *item = NULL;
    if (!is_new(c->told, c->rule->is.name, file->name, line)) return true;
    if (in && (!(name = contract_function_name(c->program, in, c->arena, err)) ||
               !sol_normal_hash(c->program, in, hex, err) || !(item = arena_printf(c->arena, err, "%s#%s", name, hex))))
        return false;
    const struct finding finding = {.rule = c->rule->is.name,
                                    .severity = severity,
                                    .file = file->name,
                                    .line = line,
                                    .item = item,
                                    .what = what,
                                    .witness = steps,
                                    .n_witness = n,
                                    .waived =
                                        name ? suppress_reason(c->settings->waive, c->rule->is.name, name, hex) : NULL};
    return c->settings->sink(c->settings->context, &finding, err);
}

enum { STEPS_MOST = 8 };

bool checker_tell(struct check *c, const struct sol_function *in, const struct sol_file *file, uint32_t line,
                  const char *what, const struct checker_step *steps, size_t n, struct error *err) {
    struct finding_step told[STEPS_MOST];
    size_t kept = 0;
    for (size_t i = 0; i < n && kept < STEPS_MOST; i++) {
        const struct flow_event *e = steps[i].event;
        const struct flow_guard *g = steps[i].guard;
        if (!e && !g) continue;
        const struct sol_file *at = e ? e->file : g->file;
        told[kept++] = (struct finding_step){
            .file = at == file ? NULL : at->name, .line = sol_line(at, e ? e->node : g->node), .what = steps[i].what};
    }
    return checker_tell_line(c, in, file, line, c->rule->is.severity, what, told, kept, err);
}

bool checker_tell_at(struct check *c, const struct flow_event *at, enum finding_severity severity, const char *what,
                     const struct checker_step *steps, size_t n, struct error *err) {
    struct finding_step told[STEPS_MOST];
    size_t kept = 0;
    for (size_t i = 0; i < n && kept < STEPS_MOST; i++) {
        const struct flow_event *e = steps[i].event;
        const struct flow_guard *g = steps[i].guard;
        if (!e && !g) continue;
        const struct sol_file *file = e ? e->file : g->file;
        told[kept++] = (struct finding_step){.file = file == at->file ? NULL : file->name,
                                             .line = sol_line(file, e ? e->node : g->node),
                                             .what = steps[i].what};
    }
    return checker_tell_line(c, at->in, at->file, flow_line(at), severity, what, told, kept, err);
}

/* ---- questions that several ask */

bool checker_is_view(const struct flow *flow) {
    return flow->function->node->flags & (SOL_VIEW | SOL_PURE);
}

bool checker_acts(const struct flow *flow) {
    return flow->function->is_entry && !checker_is_view(flow);
}

bool checker_together(const struct flow_event *a, const struct flow_event *b) {
    for (const struct flow_guard *x = a->guards; x; x = x->up)
        for (const struct flow_guard *y = b->guards; y; y = y->up)
            if (x->node == y->node && x->op != y->op && !x->maybe && !y->maybe) return false;
    return true;
}

bool checker_about(const struct flow_guard *guards, uint32_t from) {
    for (; guards; guards = guards->up)
        if (guards->any & from) return true;
    return false;
}

bool checker_pays(const struct flow_event *e) {
    return e->kind == FLOW_DESTROY || (e->kind == FLOW_CALL && e->sends);
}

static bool is_flag(struct flow_value v) {
    return v.state && v.state->type->kind == N_TYPE && v.keys == 0;
}

static bool sets(const struct flow *flow, const struct sol_state *s, uint32_t from, uint32_t to) {
    for (uint32_t k = from; k < to && k < flow->n; k++)
        if (flow->at[k].kind == FLOW_WRITE && flow->at[k].state == s) return true;
    return false;
}

bool checker_once(const struct flow *flow, const struct flow_event *e) {
    for (const struct flow_guard *g = e->guards; g; g = g->up) {
        bool fixed =
            (g->op == 0 || g->op == '!' || !((g->right.from | g->left.keys) & ~(uint32_t)(FLOW_STATE | FLOW_FIXED)));
        if (fixed && is_flag(g->left) && sets(flow, g->left.state, 0, (uint32_t)flow->n)) return true;
    }
    return false;
}

bool checker_locked(const struct flow *flow, size_t call) {
    for (const struct flow_guard *g = flow->at[call].guards; g; g = g->up) {
        if (g->op == FLOW_LOCK) return true;
        if (g->end == FLOW_FALLS && g->node == NULL) continue;
        for (uint32_t k = g->at; k < call && is_flag(g->left); k++) {
            const struct flow_event *w = &flow->at[k];
            bool constant = (w->right.from & ~(uint32_t)(FLOW_STATE | FLOW_FIXED)) == 0;
            if (w->kind == FLOW_WRITE && w->state == g->left.state && w->op == '=' && constant) return true;
        }
    }
    return false;
}

bool checker_at_most(const struct flow_guard *guards, struct flow_value value) {
    for (const struct flow_guard *g = guards; g; g = g->up) {
        bool less = g->op == '<' || g->op == sol_op("<="), more = g->op == '>' || g->op == sol_op(">=");
        bool same = g->op == sol_op("==");
        if ((less || same) && g->left.form == value.form) return true;
        if ((more || same) && g->right.form == value.form) return true;
    }
    return false;
}

/* ---- what could not be read */

static bool tell_fault(struct check *c, const struct sol_file *file, struct sol_fault fault, struct error *err) {
    const struct finding finding = {.rule = c->rule->is.name,
                                    .severity = FINDING_WARNING,
                                    .file = file->name,
                                    .line = fault.line,
                                    .end_line = fault.end_line,
                                    .what = fault.what};
    return c->settings->sink(c->settings->context, &finding, err);
}

static bool tell_faults(struct check *c, const struct sol_file *file, struct error *err) {
    const struct sol_faults *all = &file->faults;
    for (size_t i = 0; i < all->n && i < SOL_FAULTS_MOST; i++)
        if (!tell_fault(c, file, all->at[i], err)) return false;
    if (all->n <= SOL_FAULTS_MOST) return true;
    char what[64];
    snprintf(what, sizeof what, "%zu more places that cannot be read", all->n - SOL_FAULTS_MOST);
    return tell_fault(c, file, (struct sol_fault){0, 0, what}, err);
}

static uint32_t import_line(const struct sol_file *file) {
    const struct sol_node *import = sol_child_of(file->tree, N_IMPORT);
    return import ? sol_line(file, import) : 0;
}

static bool check_sources(struct check *c, struct error *err) {
    const struct sol_program *p = c->program;
    for (size_t i = 0; i < p->n_files; i++) {
        const struct sol_file *file = &p->files[i];
        if (!tell_faults(c, file, err)) return false;
        struct sol_fault circle = {import_line(file), 0, "files that import each other in a circle"};
        if (contract_imports(p, i, i) && !tell_fault(c, file, circle, err)) return false;
    }
    for (size_t i = 0; i < p->n_contracts; i++) {
        const struct sol_contract *k = &p->contracts[i];
        struct sol_fault tangled = {sol_line(k->file, k->node), 0, "bases that cannot be put in an order"};
        if (k->tangled && !tell_fault(c, k->file, tangled, err)) return false;
    }
    return true;
}

/* ---- running */

static bool flows_of(struct check *c, struct error *err) {
    const struct sol_contract *k = c->contract;
    struct flow *flows = arena_new(c->arena, struct flow, k->n_functions + 1, err);
    if (!flows) return false;
    c->flows = flows;
    c->n_flows = 0;
    for (size_t i = 0; i < k->n_functions; i++)
        if (k->functions[i].body && !k->functions[i].is_modifier &&
            !contract_flow(c->program, k, &k->functions[i], c->arena, &flows[c->n_flows++], err))
            return false;
    contract_open_facts(flows, c->n_flows);
    return true;
}

static bool run_contract(struct check *c, const struct sol_contract *contract, struct error *err) {
    c->contract = contract;
    arena_reset(c->arena);
    if (!flows_of(c, err)) return false;
    for (size_t i = 0; i < CHECKERS; i++) {
        c->rule = &table[i];
        if (c->rule->check && finding_wanted(c->settings->only, c->rule->is.name) && !c->rule->check(c, err))
            return false;
    }
    return true;
}

/* The rule under which is told what could not be read: the one that looks at no contract. */
static const struct checker *reading(void) {
    size_t i = 0;
    while (table[i].check) i++;
    return &table[i];
}

bool checker_run(const struct sol_program *program, const struct checker_settings *settings, struct error *err) {
    enum { CONTRACT_BYTES_MOST = 512 << 20 };
    struct arena arena;
    struct check c = {.program = program, .settings = settings, .arena = &arena, .rule = reading()};
    bool ok = true;
    if (!(c.told = memory_zeroed(1, sizeof *c.told))) return error_memory(err, "findings");
    arena_init(&arena, CONTRACT_BYTES_MOST);
    contract_facts(program);
    if (finding_wanted(settings->only, c.rule->is.name)) ok = check_sources(&c, err);
    for (size_t i = 0; ok && i < program->n_contracts; i++) ok = run_contract(&c, &program->contracts[i], err);
    arena_done(&arena);
    memory_free(c.told);
    return ok;
}
