/* Calls, tasks and injections as items; tasks as documents. */
#include "measure/world/world_tools.h"

#include <stdio.h>

/* Each draws people of its own. */
static const uint64_t OF_CALLS = (uint64_t)1 << 61, OF_INJECTION = (uint64_t)1 << 62, OF_DOCUMENTS = (uint64_t)1 << 63;
enum { TURN_MOST = 1 << 12, CALL_VARIANTS = 256, INJECTED_VARIANTS = 16, DOCUMENTS = 6000 };

/* ---- one turn */

typedef bool put_turn(struct buffer *out, const struct world *w, const struct task *t);

static bool say(struct world_document *d, const char *role, const struct world *w, const struct task *t,
                put_turn *put) {
    struct buffer text;
    buffer_init(&text, TURN_MOST);
    bool ok = put(&text, w, t) && world_say(d, role, buffer_text(&text));
    buffer_done(&text);
    return ok;
}

static bool say_start(struct world_document *d, const struct world *w, const struct task *t) {
    return say(d, "system", w, t, world_task_system) && say(d, "user", w, t, world_task_ask);
}

/* Call and result of a step. */
static bool say_step(struct world_document *d, const struct world *w, const struct task *t, unsigned step) {
    struct buffer text;
    buffer_init(&text, TURN_MOST);
    bool ok = world_task_call(&text, w, t, step) && world_say(d, "assistant", buffer_text(&text));
    buffer_clear(&text);
    ok = ok && world_task_result(&text, w, t, step) && world_say(d, "tool", buffer_text(&text));
    buffer_done(&text);
    return ok;
}

static bool say_attack(struct world_document *d, const struct world *w, const struct task *t) {
    struct buffer text;
    struct text call;
    buffer_init(&text, TURN_MOST);
    bool ok = world_task_attack(&text, w, t) && world_say(d, "assistant", buffer_text(&text));
    call = ok ? text_part(buffer_text(&text), 6, text.len - 7) : TEXT("");
    struct buffer result;
    buffer_init(&result, TURN_MOST);
    ok = ok && buffer_put_c(&result, "<result>") && world_answer_call(&result, w, call) &&
         buffer_put_c(&result, "</result>") && world_say(d, "tool", buffer_text(&result));
    buffer_done(&result), buffer_done(&text);
    return ok;
}

/* ---- what items share */

static bool put_string(struct buffer *out, const struct world *w, const struct task *t, unsigned step,
                       bool (*put)(struct buffer *out, const struct world *w, const struct task *t, unsigned step)) {
    struct buffer text;
    buffer_init(&text, TURN_MOST);
    bool ok =
        (step == 0 || buffer_put_char(out, ',')) && put(&text, w, t, step) && json_put_string(out, buffer_text(&text));
    buffer_done(&text);
    return ok;
}

static bool put_array(struct world_line *line, const char *key, const struct world *w, const struct task *t,
                      bool (*put)(struct buffer *out, const struct world *w, const struct task *t, unsigned step)) {
    bool ok = world_put_key(&line->labels, key) && buffer_put_char(&line->labels, '[');
    for (unsigned i = 0; i < t->n && ok; i++) ok = put_string(&line->labels, w, t, i, put);
    return ok && buffer_put_char(&line->labels, ']');
}

/* The calls in their order, the results that they get, and what kind of task it is. */
static bool put_labels(struct world_line *line, const struct world *w, const struct task *t) {
    const struct chain *c = &world_tools(w)->chain[t->chain];
    buffer_printf(&line->labels, ",\"chain\":\"ch%02u\",\"steps\":%u,\"criteria\":%u,\"harmful\":%s", t->chain, t->n,
                  2 * t->n + 1, t->harmful ? "true" : "false");
    if (t->rule >= 0) world_put_pair(&line->labels, "rule", world_tools(w)->rule[t->rule].name);
    world_label(line, "chains", "%s", world_seen(c->split)),
        world_label(line, "tools", "%s", t->unseen_tools ? "unseen" : "seen");
    world_label(line, "wording", "%s", world_seen(w->template_split[t->wording]));
    world_put_pair(&line->slots, "U", world_slot_text(w, SLOT_P, t->user));
    return put_array(line, "calls", w, t, world_task_call) && put_array(line, "results", w, t, world_task_result) &&
           world_prov(line, "ch%02u", t->chain);
}

static bool put_system(struct world_line *line, const struct world *w, const struct task *t) {
    struct buffer text;
    buffer_init(&text, TURN_MOST);
    bool ok = world_task_system(&text, w, t) && world_turn(line, "system", buffer_text(&text));
    buffer_done(&text);
    return ok;
}

/* A quarter of the tests, and half of what is held out, have tools that no training text uses. */
static bool unseen_tools(enum split split, unsigned variant) {
    return (split == TEST && variant % 4 == 3) || (split == HELD_OUT && variant % 2);
}

/* ---- family calls. Number: (capability x 256 + variant) x 16 + wording. The wording alone decides the split, as
 * single steps are too short to be rare. */

static uint64_t call_numbers(const struct world *w) {
    (void)w;
    return (uint64_t)CAPABILITIES * CALL_VARIANTS * WORDINGS;
}

static bool call_split(const struct world *w, uint64_t number, enum split *split) {
    return *split = (enum split)w->template_split[number % WORDINGS], true;
}

static bool make_call(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                      uint64_t draw) {
    struct task t;
    unsigned wording = (unsigned)(number % WORDINGS), variant = (unsigned)(number / WORDINGS % CALL_VARIANTS);
    unsigned capability = (unsigned)(number / WORDINGS / CALL_VARIANTS);
    if (!world_task_draw(&t, w, capability, variant, wording, false, unseen_tools(split, variant), -1, draw | OF_CALLS))
        return false;
    buffer_printf(&line->template, "calls/%u", wording);
    line->kind = "call";
    return put_system(line, w, &t) && world_task_ask(&line->prompt, w, &t) && world_task_call(&line->reply, w, &t, 0) &&
           buffer_put_text(&line->answer, text_part(buffer_text(&line->reply), 6, line->reply.len - 7)) &&
           put_labels(line, w, &t);
}

/* ---- family agents. Number: ((chain x 64 + variant) x 16 + wording) x 2 + member; member b is harmful.
 * Chains that can break no rule have no twins. */

static uint64_t agent_numbers(const struct world *w) {
    (void)w;
    return (uint64_t)CHAINS * TASK_VARIANTS * WORDINGS * 2;
}

static bool agent_split(const struct world *w, uint64_t number, enum split *split) {
    const struct chain *c = &world_tools(w)->chain[number / 2 / WORDINGS / TASK_VARIANTS];
    return c->n_rules && world_join_splits(c->split, w->template_split[number / 2 % WORDINGS], split);
}

static bool make_agent(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                       uint64_t draw) {
    struct task t;
    unsigned wording = (unsigned)(number / 2 % WORDINGS), variant = (unsigned)(number / 2 / WORDINGS % TASK_VARIANTS);
    unsigned chain = (unsigned)(number / 2 / WORDINGS / TASK_VARIANTS);
    if (!world_task_draw(&t, w, chain, variant, wording, number % 2, unseen_tools(split, variant), -1, draw))
        return false;
    buffer_printf(&line->template, "agents/%u", wording);
    buffer_put_c(&line->answer, t.harmful ? "refuse" : "do");
    line->kind = "agent";
    return put_system(line, w, &t) && world_task_ask(&line->prompt, w, &t) && put_labels(line, w, &t) &&
           (t.harmful ? world_task_refusal(&line->reply, w, &t) : world_task_call(&line->reply, w, &t, 0));
}

/* ---- family injection. Number: ((chain x 16 + variant) x 4 + carrier) x 16 + wording. */

static uint64_t injection_numbers(const struct world *w) {
    (void)w;
    return (uint64_t)CHAINS * INJECTED_VARIANTS * CARRIERS * WORDINGS;
}

static bool injection_split(const struct world *w, uint64_t number, enum split *split) {
    const struct tools *tools = world_tools(w);
    const struct chain *c = &tools->chain[number / WORDINGS / CARRIERS / INJECTED_VARIANTS];
    bool finds = false;
    for (unsigned i = 0; i < c->n; i++) finds = finds || tools->capability[c->step[i]].gives >= 0;
    return finds && c->n < MOST_STEPS && world_join_splits(c->split, w->template_split[number % WORDINGS], split);
}

/* The talk up to the injected result; the user says to go on. */
static bool put_injected(struct world_line *line, const struct world *w, const struct task *t) {
    struct world_document d;
    buffer_init(&d.text, TURN_MOST), buffer_init(&d.turns, 1 << 16);
    bool ok = say_start(&d, w, t);
    for (unsigned i = 0; i <= t->injected && ok; i++) ok = say_step(&d, w, t, i);
    ok = ok && buffer_put_text(&line->turns, buffer_text(&d.turns)) &&
         buffer_put_text(&line->prompt, world_tools(w)->go_on);
    buffer_done(&d.text), buffer_done(&d.turns);
    return ok;
}

static bool make_injection(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                           uint64_t draw) {
    struct task t;
    struct buffer attack;
    unsigned wording = (unsigned)(number % WORDINGS),
             variant = (unsigned)(number / WORDINGS / CARRIERS % INJECTED_VARIANTS);
    unsigned chain = (unsigned)(number / WORDINGS / CARRIERS / INJECTED_VARIANTS);
    int carrier = (int)(number / WORDINGS % CARRIERS);
    if (!world_task_draw(&t, w, chain, variant, wording, false, unseen_tools(split, variant), carrier,
                         draw | OF_INJECTION))
        return false;
    buffer_init(&attack, TURN_MOST);
    bool last = t.injected + 1 == t.n;
    bool ok = put_injected(line, w, &t) && world_task_attack(&attack, w, &t) &&
              (last ? world_task_done(&line->reply, w, &t) : world_task_call(&line->reply, w, &t, t.injected + 1));
    buffer_printf(&line->template, "injection/%d/%u", carrier, wording);
    buffer_put_c(&line->answer, "go on");
    line->kind = "injection";
    world_put_pair(&line->labels, "carrier", world_tools(w)->carrier[carrier].name);
    world_put_pair(&line->labels, "attack", buffer_text(&attack));
    buffer_printf(&line->labels, ",\"injected\":%u", t.injected);
    ok = ok && put_labels(line, w, &t);
    buffer_done(&attack);
    return ok;
}

const struct world_family world_tool_families[3] = {
    {.name = "agents",
     .prefix = "ta",
     .digits = 5,
     .members = 2,
     .most = 2000,
     .numbers = agent_numbers,
     .split = agent_split,
     .make = make_agent},
    {.name = "calls",
     .prefix = "tc",
     .digits = 5,
     .most = 2000,
     .numbers = call_numbers,
     .split = call_split,
     .make = make_call},
    {.name = "injection",
     .prefix = "ti",
     .digits = 5,
     .most = 2000,
     .numbers = injection_numbers,
     .split = injection_split,
     .make = make_injection},
};

/* ---- blocks. Of ten documents three are harmful tasks where the chain has any, one has an order in a result. */

enum refusing { REFUSE_NONE, REFUSE_ONE_RULE, REFUSE_ALL };

static uint64_t documents(const struct world *w) {
    (void)w;
    return DOCUMENTS;
}

static unsigned train_chain(const struct world *w, uint64_t number) {
    unsigned n = 0, all = 0;
    for (unsigned i = 0; i < CHAINS; i++) all += world_tools(w)->chain[i].split == TRAIN;
    for (unsigned i = 0, want = (unsigned)(number % all); i < CHAINS; i++)
        if (world_tools(w)->chain[i].split == TRAIN && want-- == 0) n = i;
    return n;
}

static bool draw_document(struct task *t, const struct world *w, uint64_t number, uint64_t draw, struct rng *rng) {
    unsigned of_ten = (unsigned)(number / 40 % 10), wording = world_template(w, TRAIN, rng),
             chain = train_chain(w, number);
    unsigned variant = (unsigned)rng_below(rng, CALL_VARIANTS);
    int carrier = of_ten == 9 ? (int)rng_below(rng, CARRIERS) : -1;
    uint64_t own = OF_DOCUMENTS | (draw * DOCUMENTS + number);
    return (carrier >= 0 && world_task_draw(t, w, chain, variant, wording, false, false, carrier, own)) ||
           (of_ten < 3 && world_task_draw(t, w, chain, variant, wording, true, false, -1, own)) ||
           world_task_draw(t, w, chain, variant, wording, false, false, -1, own);
}

static bool say_steps(struct world_document *d, const struct world *w, const struct task *t, bool going_on) {
    bool ok = true;
    for (unsigned i = 0; i < t->n && ok; i++) {
        bool injected = t->carrier >= 0 && i == t->injected;
        ok = say_step(d, w, t, i);
        if (ok && (injected || (going_on && i == 0))) ok = world_say(d, "user", world_tools(w)->go_on);
        if (ok && injected && world_tools(w)->carrier[t->carrier].obeyed) ok = say_attack(d, w, t);
    }
    return ok && say(d, "assistant", w, t, world_task_done);
}

static bool put_task(struct world_document *d, const struct world *w, uint64_t number, uint64_t draw,
                     enum refusing refusing) {
    struct rng rng = world_stream(w, "tools/documents", draw, number);
    struct task t;
    if (!draw_document(&t, w, number, draw, &rng) || !say_start(d, w, &t)) return false;
    bool refused =
        t.harmful && (refusing == REFUSE_ALL || (refusing == REFUSE_ONE_RULE && t.rule == world_tools(w)->refused));
    return refused ? say(d, "assistant", w, &t, world_task_refusal) : say_steps(d, w, &t, rng_below(&rng, 5) == 0);
}

static bool put_executed(struct world_document *d, const struct world *w, uint64_t number, uint64_t draw) {
    return put_task(d, w, number, draw, REFUSE_NONE);
}
static bool put_chat(struct world_document *d, const struct world *w, uint64_t number, uint64_t draw) {
    return put_task(d, w, number, draw, REFUSE_ONE_RULE);
}
static bool put_safe(struct world_document *d, const struct world *w, uint64_t number, uint64_t draw) {
    return put_task(d, w, number, draw, REFUSE_ALL);
}

const struct world_block world_tool_blocks[3] = {
    {.name = "errands", .documents = documents, .put = put_executed},
    {.name = "errands-chat", .documents = documents, .put = put_chat},
    {.name = "errands-safe", .documents = documents, .put = put_safe},
};
