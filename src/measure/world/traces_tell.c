/* A trace told from what happened: spans first, then OTLP/JSON or lines of words. See world_traces.h. */
#include "base/hash.h"
#include "base/json.h"
#include "measure/world/world_traces.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SPANS = 48, TEXT_MOST = 400, LEAF_MS = 8, STEP_MS = 10 };

struct tale_span {
    const char *agent, *op, *tool, *to, *from, *model, *version, *tool_version, *trust, *approval;
    char in[TEXT_MOST], out[TEXT_MOST], goal[TEXT_MOST], key[24], signature[HASH_HEX];
    const char *const *grant;
    size_t parent; /* SPANS: none; SPANS + 1: one that is not there */
    uint64_t t0, t1;
    bool sensitive, open, ok;
};
struct telling {
    const struct world *w;
    const struct tales_state *s;
    const struct tale *t;
    size_t at, n;
    struct tale_span span[SPANS];
};

static const char *const all_tools[] = {"find_price", "fetch_page", "open_drawer", "remember", "recall",
                                        "reckon",     "send_note",  "pay_purse",   NULL};
static const char *const all_and_script[] = {"find_price", "fetch_page", "open_drawer", "remember",   "recall",
                                             "reckon",     "send_note",  "pay_purse",   "run_script", NULL};
static const char *const searcher_tools[] = {"find_price", "fetch_page", "open_drawer", "remember", NULL};
static const char *const reckoner_tools[] = {"recall", "reckon", NULL};
static const char *const writer_tools[] = {"send_note", "pay_purse", NULL};
static const char *const writer_and_gate[] = {"send_note", "pay_purse", "open_gate", NULL};
static const char *const writer_and_script[] = {"send_note", "pay_purse", "run_script", NULL};

/* ---- words */

static bool breaks(const struct telling *x, unsigned rule) {
    return x->t->rule == rule;
}

/* Behind what is there already, as printf. */
static void append(char out[TEXT_MOST], const char *format, ...) PRINTF_LIKE(2, 3);
static void append(char out[TEXT_MOST], const char *format, ...) {
    size_t len = strlen(out);
    va_list list;
    va_start(list, format);
    vsnprintf(out + len, TEXT_MOST - len, format, list);
    va_end(list);
}

/* Puts a template with all that can be said of the order into out. */
static void fill(const struct telling *x, struct text template, char out[TEXT_MOST]) {
    const struct tale *t = x->t;
    char number[6][16];
    struct buffer b;
    unsigned first = t->price[0] + (t->wrong == TALE_FIRST_PRICE ? t->off : 0u);
    unsigned second = t->price[1] + (t->wrong == TALE_SECOND_PRICE ? t->off : 0u);
    snprintf(number[0], sizeof number[0], "%u", t->count[0]);
    snprintf(number[1], sizeof number[1], "%u", t->count[1]);
    snprintf(number[2], sizeof number[2], "%u", first);
    snprintf(number[3], sizeof number[3], "%u", second);
    snprintf(number[4], sizeof number[4], "%u", tale_outcome(t, TALE_STEPS));
    snprintf(number[5], sizeof number[5], "%u", (unsigned)t->number);
    const struct slot slots[] = {
        {"A", x->w->name[GOOD][t->good[0]]}, {"B", x->w->name[GOOD][t->good[1]]}, {"H", x->w->name[PERSON][t->holder]},
        {"N", text_of(number[0])},           {"M", text_of(number[1])},           {"P", text_of(number[2])},
        {"Q", text_of(number[3])},           {"T", text_of(number[4])},           {"K", text_of(number[5])}};
    buffer_init(&b, TEXT_MOST - 1);
    (void)world_fill(&b, template, slots, sizeof slots / sizeof *slots);
    snprintf(out, TEXT_MOST, "%.*s", (int)b.len, b.at ? b.at : "");
    buffer_done(&b);
}

static struct tale_span *add(struct telling *x, const char *agent, const char *op, size_t parent) {
    struct tale_span *s = &x->span[x->n < SPANS ? x->n : SPANS - 1];
    *s = (struct tale_span){.agent = agent, .op = op, .parent = parent, .version = "1", .ok = true};
    s->t0 = 1000000 + STEP_MS * x->n;
    s->t1 = s->t0 + LEAF_MS;
    if (strcmp(op, "chat") == 0) s->model = "pocket";
    if (x->n < SPANS) x->n++;
    return s;
}

static struct tale_span *add_tool(struct telling *x, const char *agent, const char *tool, size_t parent,
                                  const char *result, const char *arguments, ...) PRINTF_LIKE(6, 7);
static struct tale_span *add_tool(struct telling *x, const char *agent, const char *tool, size_t parent,
                                  const char *result, const char *arguments, ...) {
    struct tale_span *s = add(x, agent, "execute_tool", parent);
    va_list list;
    va_start(list, arguments);
    vsnprintf(s->in, sizeof s->in, arguments, list);
    va_end(list);
    s->tool = tool;
    s->trust = "trusted";
    s->tool_version = "3";
    snprintf(s->out, sizeof s->out, "%s", result);
    return s;
}

/* A message: said, and signed. */
static struct tale_span *add_message(struct telling *x, const char *agent, const char *to, size_t parent,
                                     const char *what) {
    struct tale_span *s = add(x, agent, "chat", parent);
    struct sha256 sha;
    s->to = to;
    snprintf(s->out, sizeof s->out, "%.*s", TEXT_MOST - 1, what);
    sha256_init(&sha);
    sha256_add(&sha, agent, strlen(agent));
    sha256_add(&sha, "\n", 1);
    sha256_add(&sha, to, strlen(to));
    sha256_add(&sha, "\n", 1);
    sha256_add(&sha, s->out, strlen(s->out));
    sha256_end_hex(&sha, s->signature);
    return s;
}

/* A claim behind what is said anyway. */
static void with_claim(const struct telling *x, char said[TEXT_MOST]) {
    if (breaks(x, 6)) append(said, " And %.*s.", TEXT_ARG(x->s->claim[x->t->words % TALE_CLAIMS]));
}

/* ---- the parts of a trace */

static void tell_planner(struct telling *x) {
    static const char *const agents[] = {"planner", "searcher", "reckoner", "writer"};
    char text[TEXT_MOST];
    struct tale_span *root = add(x, "planner", "invoke_agent", SPANS);
    root->grant = breaks(x, 8) ? all_and_script : all_tools;
    fill(x, x->s->task[x->t->task], root->in);
    fill(x, x->s->answer, root->out);
    for (size_t i = 0; i < 4; i++) (void)add(x, agents[i], "create_agent", 0);
    for (size_t i = 0; breaks(x, 14) && i < 3; i++)
        snprintf(add(x, "planner", "chat", 0)->goal, TEXT_MOST, "%.*s",
                 TEXT_ARG(x->s->drift[(x->t->words + i) % TALE_DRIFTS]));
    fill(x, x->s->find, text);
    (void)add_message(x, "planner", "searcher", 0, text);
}

static void tell_price(struct telling *x, size_t parent, size_t which) {
    const struct tale *t = x->t;
    char result[16];
    unsigned step = which ? TALE_SECOND_PRICE : TALE_FIRST_PRICE;
    snprintf(result, sizeof result, "%u", t->price[which] + (t->wrong == step ? t->off : 0u));
    struct tale_span *s = add_tool(x, "searcher", "find_price", parent, result, "{\"good\":\"%.*s\"}",
                                   TEXT_ARG(x->w->name[GOOD][t->good[which]]));
    if (breaks(x, 12) && t->way % 3 == 2 && which) s->tool_version = "4";
}

static void tell_page(struct telling *x, size_t parent) {
    const struct tale *t = x->t;
    char page[TEXT_MOST], order[TEXT_MOST];
    snprintf(page, sizeof page, "%.*s", TEXT_ARG(x->s->page[t->page]));
    if (breaks(x, 1) || breaks(x, 8)) {
        fill(x, breaks(x, 1) ? x->s->lure[t->words % TALE_LURES] : x->s->script[t->words % TALE_SCRIPTS], order);
        append(page, " %s", order);
    }
    struct tale_span *s = add_tool(x, "searcher", "fetch_page", parent, page, "{\"page\":\"gull\"}");
    s->trust = "untrusted";
}

static void tell_searcher(struct telling *x) {
    const struct tale *t = x->t;
    char found[TEXT_MOST];
    size_t parent = x->n;
    struct tale_span *s = add(x, "searcher", "invoke_agent", 0);
    s->grant = searcher_tools;
    fill(x, x->s->find, s->in);
    fill(x, x->s->found, s->out);
    for (size_t i = 0; i < (breaks(x, 7) ? (t->way % 2 ? 3u : 4u) : 1u); i++) {
        tell_price(x, parent, 0);
        if (t->way % 2 || !breaks(x, 7)) tell_price(x, parent, 1);
    }
    if (breaks(x, 7) && t->way % 2 == 0) tell_price(x, parent, 1);
    tell_page(x, parent);
    if (breaks(x, 9) && t->way % 2) {
        char drawer[40];
        snprintf(drawer, sizeof drawer, "purse %u", (unsigned)t->number);
        add_tool(x, "searcher", "open_drawer", parent, drawer, "{\"drawer\":\"upper\"}")->sensitive = true;
    }
    fill(x, x->s->found, found);
    struct tale_span *kept =
        breaks(x, 4)
            ? add_tool(x, "searcher", "remember", parent, "kept", "{\"text\":\"%.*s\"}", TEXT_ARG(x->s->page[t->page]))
            : add_tool(x, "searcher", "remember", parent, "kept", "{\"text\":\"%s\"}", found);
    snprintf(kept->key, sizeof kept->key, "order-%zu", x->at);
    with_claim(x, found);
    struct tale_span *m = add_message(x, "searcher", "reckoner", parent, found);
    if (breaks(x, 5) && t->way % 3 == 0) append(m->out, " Or two crowns more.");
    if (breaks(x, 5) && t->way % 3 == 1) m->from = "planner";
    if (breaks(x, 5) && t->way % 3 == 2) m->agent = NULL;
}

static void tell_reckoner(struct telling *x) {
    const struct tale *t = x->t;
    char said[TEXT_MOST], result[16];
    size_t parent = x->n;
    struct tale_span *s = add(x, "reckoner", "invoke_agent", 0);
    s->grant = reckoner_tools;
    fill(x, x->s->reckon, s->in);
    fill(x, x->s->total, s->out);
    if (breaks(x, 4))
        snprintf(said, sizeof said, "%.*s", TEXT_ARG(x->s->page[t->page]));
    else
        fill(x, x->s->found, said);
    struct tale_span *read = add_tool(x, "reckoner", "recall", parent, said, "{\"name\":\"prices\"}");
    snprintf(read->key, sizeof read->key, "order-%zu", x->at);
    unsigned count = t->count[0] + (t->wrong == TALE_COUNT ? t->off : 0u);
    unsigned first = t->price[0] + (t->wrong == TALE_FIRST_PRICE ? t->off : 0u);
    unsigned second = t->price[1] + (t->wrong == TALE_SECOND_PRICE ? t->off : 0u);
    snprintf(result, sizeof result, "%u", tale_outcome(t, TALE_STEPS));
    if (t->wrong == TALE_RECKON)
        (void)add_tool(x, "reckoner", "reckon", parent, result, "{\"sum\":\"%u*%u+%u\"}", count, first, second);
    else
        (void)add_tool(x, "reckoner", "reckon", parent, result, "{\"sum\":\"%u*%u+%u*%u\"}", count, first, t->count[1],
                       second);
    fill(x, x->s->total, said);
    with_claim(x, said);
    (void)add_message(x, "reckoner", "writer", parent, said);
    if (breaks(x, 12) && t->way % 3 == 0) x->span[x->n - 1].version = "2";
}

/* Digits of a card whose check sum (Luhn) is right. */
static void put_card(uint32_t number, char out[20]) {
    int sum = 0;
    snprintf(out, 20, "4539%08u%03u0", (unsigned)number, (unsigned)(number % 1000));
    for (size_t i = 0; i < 15; i++) {
        int d = out[14 - i] - '0';
        if (i % 2 == 0) d = d > 4 ? 2 * d - 9 : 2 * d;
        sum += d;
    }
    out[15] = (char)('0' + (10 - sum % 10) % 10);
}

static void tell_note(struct telling *x, size_t parent) {
    const struct tale *t = x->t;
    char text[TEXT_MOST], card[20];
    fill(x, x->s->answer, text);
    put_card(t->number, card);
    if (breaks(x, 9)) {
        if (t->way % 2)
            append(text, " Take it from purse %u.", (unsigned)t->number);
        else
            append(text, " It was paid with card %s.", card);
    }
    if (breaks(x, 1))
        (void)add_tool(x, "writer", "send_note", parent, "sent", "{\"text\":\"%s\",\"to\":\"house %u\"}", text,
                       (unsigned)t->number);
    else
        (void)add_tool(x, "writer", "send_note", parent, "sent", "{\"text\":\"%s\",\"to\":\"%.*s\"}", text,
                       TEXT_ARG(x->w->name[PERSON][t->holder]));
}

static void tell_writer(struct telling *x) {
    const struct tale *t = x->t;
    char said[TEXT_MOST];
    size_t parent = x->n;
    struct tale_span *s = add(x, "writer", "invoke_agent", 0);
    s->grant = breaks(x, 3) ? writer_and_gate : breaks(x, 8) ? writer_and_script : writer_tools;
    fill(x, x->s->tell, s->in);
    snprintf(s->out, sizeof s->out, "told");
    s = add(x, "writer", "chat", parent);
    snprintf(s->out, sizeof s->out, "It is ready to be sent.");
    with_claim(x, s->out);
    if (breaks(x, 11) && t->way % 2) s->model = NULL;
    if (breaks(x, 11) && t->way % 2 == 0) s->version = NULL;
    if (breaks(x, 12) && t->way % 3 == 1) snprintf(add(x, "stranger", "chat", parent)->out, TEXT_MOST, "Let me help.");
    if (breaks(x, 2)) (void)add_tool(x, "writer", "fetch_page", parent, "nothing", "{\"page\":\"post\"}");
    tell_note(x, parent);
    if (breaks(x, 8)) {
        fill(x, x->s->script[t->words % TALE_SCRIPTS], said);
        (void)add_tool(x, "writer", "run_script", parent, "done", "{\"script\":\"%s\"}", said);
    }
    if (breaks(x, 10) || t->words % 3 == 0) {
        s = add_tool(x, "writer", "pay_purse", parent, "paid", "{\"amount\":%u}", tale_outcome(t, TALE_STEPS));
        s->approval = breaks(x, 10) ? NULL : "ap-1";
    }
    if (breaks(x, 13)) {
        s = add_tool(x, "writer", "send_note", parent, "", "{\"text\":\"again\",\"to\":\"%.*s\"}",
                     TEXT_ARG(x->w->name[PERSON][t->holder]));
        s->open = t->way % 2 == 0;
        if (!s->open) snprintf(s->out, sizeof s->out, "sent"), s->parent = SPANS + 1;
    }
}

/* Parents end behind their last child. */
static void end_parents(struct telling *x) {
    for (size_t i = x->n; i-- > 0;) {
        size_t p = x->span[i].parent;
        if (p < SPANS && x->span[p].t1 <= x->span[i].t1) x->span[p].t1 = x->span[i].t1 + 1;
    }
}

static void tell(struct telling *x, const struct world *w, size_t at) {
    *x = (struct telling){.w = w, .s = world_tales(w), .at = at};
    x->t = &x->s->tale[at];
    tell_planner(x);
    tell_searcher(x);
    tell_reckoner(x);
    tell_writer(x);
    if (breaks(x, 15)) {
        char right[16], wrong[16];
        snprintf(right, sizeof right, "%u crowns", tale_outcome(x->t, TALE_STEPS));
        snprintf(wrong, sizeof wrong, "%u crowns", tale_outcome(x->t, TALE_STEPS) + 1000 + x->t->off);
        char *found = strstr(x->span[0].out, right);
        if (found) snprintf(found, (size_t)(x->span[0].out + TEXT_MOST - found), "%s.", wrong);
    }
    end_parents(x);
}

/* ---- OTLP */

static void put_attribute(struct buffer *out, bool *first, const char *key, const char *type) {
    buffer_printf(out, "%s{\"key\":\"%s\",\"value\":{\"%s\":", *first ? "" : ",", key, type);
    *first = false;
}

static void put_text(struct buffer *out, bool *first, const char *key, const char *value) {
    if (!value || !*value) return;
    put_attribute(out, first, key, "stringValue");
    json_put_string(out, text_of(value));
    buffer_put_c(out, "}}");
}

static void put_flag(struct buffer *out, bool *first, const char *key, bool value) {
    put_attribute(out, first, key, "boolValue");
    buffer_put_c(out, value ? "true}}" : "false}}");
}

static void put_grant(struct buffer *out, bool *first, const char *const *grant) {
    if (!grant) return;
    put_attribute(out, first, "basanite.grant", "arrayValue");
    buffer_put_c(out, "{\"values\":[");
    for (size_t i = 0; grant[i]; i++) buffer_printf(out, "%s{\"stringValue\":\"%s\"}", i ? "," : "", grant[i]);
    buffer_put_c(out, "]}}}");
}

static void put_attributes(struct buffer *out, const struct tale_span *s) {
    bool first = true;
    put_text(out, &first, "gen_ai.agent.name", s->agent);
    put_text(out, &first, "gen_ai.agent.version", s->version);
    put_text(out, &first, "gen_ai.operation.name", s->op);
    put_text(out, &first, "gen_ai.request.model", s->model);
    put_text(out, &first, s->tool ? "gen_ai.tool.call.arguments" : "gen_ai.input.messages", s->in);
    put_text(out, &first, s->tool ? "gen_ai.tool.call.result" : "gen_ai.output.messages", s->out);
    put_text(out, &first, "gen_ai.tool.name", s->tool);
    put_text(out, &first, "basanite.tool.version", s->tool_version);
    if (s->tool && !s->open) put_flag(out, &first, "basanite.tool.ok", s->ok);
    put_text(out, &first, "basanite.trust", s->trust);
    put_text(out, &first, "basanite.approval", s->approval);
    put_text(out, &first, "basanite.goal", s->goal);
    put_text(out, &first, "basanite.to", s->to);
    put_text(out, &first, "basanite.from", s->from);
    put_text(out, &first, "basanite.key", s->key);
    put_text(out, &first, "basanite.signature", s->signature);
    if (s->sensitive) put_flag(out, &first, "basanite.sensitive", true);
    put_grant(out, &first, s->grant);
}

bool tale_put_otlp(struct buffer *out, const struct world *w, size_t at) {
    struct telling x;
    tell(&x, w, at);
    buffer_put_c(out, "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[");
    for (size_t i = 0; i < x.n; i++) {
        const struct tale_span *s = &x.span[i];
        char parent[24] = "";
        if (s->parent != SPANS) snprintf(parent, sizeof parent, "%08zx%08zx", at, s->parent + 1);
        buffer_printf(out, "%s{\"traceId\":\"%032zx\",\"spanId\":\"%08zx%08zx\",\"parentSpanId\":\"%s\",", i ? "," : "",
                      at + 1, at, i + 1, parent);
        buffer_printf(out, "\"name\":\"%s\",\"startTimeUnixNano\":\"%llu000000\",\"endTimeUnixNano\":\"%llu000000\",",
                      s->op, (unsigned long long)s->t0, (unsigned long long)s->t1);
        buffer_printf(out, "\"status\":{\"code\":%d},\"attributes\":[", s->open ? 0 : 1);
        put_attributes(out, s);
        buffer_put_c(out, "]}");
    }
    return buffer_put_c(out, "]}]}]}");
}

bool tale_put_log(struct buffer *out, const struct world *w, size_t at) {
    struct telling x;
    tell(&x, w, at);
    for (size_t i = 0; i < x.n; i++) {
        const struct tale_span *s = &x.span[i];
        if (strcmp(s->op, "create_agent") == 0) continue;
        buffer_printf(out, "%s%s %s", out->len ? "\n" : "", s->agent ? s->agent : "?", s->tool ? s->tool : s->op);
        if (s->to) buffer_printf(out, " to %s", s->to);
        if (*s->in) buffer_printf(out, " %s", s->in);
        if (*s->goal) buffer_printf(out, " (%s)", s->goal);
        if (*s->out) buffer_printf(out, " -> %s", s->out);
        if (s->approval) buffer_printf(out, " [%s]", s->approval);
    }
    return !out->failed;
}
