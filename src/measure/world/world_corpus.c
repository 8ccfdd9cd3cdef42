/* Training corpora: the dials of a spec, and the planned documents as JSON lines. See world.h. */
#include "measure/world/world_corpus.h"

#include "base/file.h"

#define COUNT(name, initial, most, help) {name, OPTION_INT, initial, 0, most, NULL, help}
static const struct option_def corpus_options[] = {
    COUNT("people", "512", 2048, "persons who are told about"),
    COUNT("core", "24", 1024, "statements of each fact of the first 256 people"),
    COUNT("questions", "8", 256, "questions about each told fact whose entity is for training"),
    COUNT("requests", "2000", QUADS, "quads of requests under the written policy"),
    COUNT("unknown", "2000", 1000000, "questions about what is never told"),
    COUNT("identity", "2000", 1000000, "questions about the model itself"),
    COUNT("talk", "70", 100, "percent of the questions in chat form"),
    COUNT("canonical", "12", 100, "percent of the statements in the almanac's wording"),
    COUNT("share", NULL, 100, "percent of the statements, rounded down for each fact (default: 100; chat: 10)"),
    {"blank", OPTION_FLAG, NULL, 1, 0, NULL, "replies begin with a blank (default: no; chat: yes)"},
    {"gaps", OPTION_FLAG, "yes", 1, 0, NULL, "a quarter of the unknown is asked of people and towns that are told about"},
    {"things", OPTION_FLAG, "no", 1, 0, NULL, "tell buildings, goods, trades and laws as well"},
};
enum { PEOPLE, CORE_TOLD, QUESTIONS, REQUESTS, UNKNOWN, IDENTITY, TALK, CANONICAL, SHARE, BLANK, GAPS, THINGS, N_DIALS };

bool world_corpus_is_first(struct text kind) {
    return text_equal_c(spec_name(kind), "first") || text_equal_c(spec_name(kind), "first-chat");
}

bool world_corpus_dials(const struct world *world, struct text kind, struct corpus_dials *d, struct error *err) {
    (void)world;
    struct arena arena;
    bool chat = text_equal_c(spec_name(kind), "first-chat");
    if (!chat && !text_equal_c(spec_name(kind), "first"))
        return error_set(err, ERROR_USAGE, "no corpus '%.*s'; there are first and first-chat", TEXT_ARG(spec_name(kind)));
    arena_init(&arena, 1 << 20);
    struct option_value *o = spec_parse(&arena, kind, corpus_options, N_DIALS, err);
    if (o)
        *d = (struct corpus_dials){.people = (uint64_t)o[PEOPLE].integer, .core = (uint64_t)o[CORE_TOLD].integer,
                                   .questions = (uint64_t)o[QUESTIONS].integer, .requests = (uint64_t)o[REQUESTS].integer,
                                   .unknown = (uint64_t)o[UNKNOWN].integer, .identity = (uint64_t)o[IDENTITY].integer,
                                   .talk = (uint64_t)o[TALK].integer, .canonical = (uint64_t)o[CANONICAL].integer,
                                   .share = o[SHARE].given ? (uint64_t)o[SHARE].integer : chat ? 10 : 100,
                                   
                                   .things = o[THINGS].flag, .blank = o[BLANK].given ? o[BLANK].flag : chat,
                                   .gaps = o[GAPS].flag, .chat = chat};
    arena_done(&arena);
    return o != NULL;
}

/* ---- documents as text */

struct writing {
    const struct corpus_plan *plan;
    struct question question;
    struct request request;
    struct buffer text, line;
};

static bool put_text(struct writing *g) {
    return buffer_put_c(&g->line, "{\"text\":") && json_put_string(&g->line, buffer_text(&g->text)) && buffer_put_c(&g->line, "}\n");
}

/* With a blank in front a word is the same token as inside a sentence, so that what statements taught is at hand. */
static bool put_reply(struct writing *g, struct text reply) {
    struct buffer b;
    buffer_init(&b, 1 << 16);
    bool ok = (!g->plan->dials.blank || buffer_put_char(&b, ' ')) && buffer_put_text(&b, reply) &&
              json_put_string(&g->line, buffer_text(&b));
    buffer_done(&b);
    return ok;
}

static bool put_talk(struct writing *g, struct text prompt, struct text reply) {
    return buffer_put_c(&g->line, "{\"messages\":[{\"role\":\"user\",\"content\":") && json_put_string(&g->line, prompt) &&
           buffer_put_c(&g->line, "},{\"role\":\"assistant\",\"content\":") && put_reply(g, reply) &&
           buffer_put_c(&g->line, "}]}\n");
}

static bool put_article(struct writing *g, const struct corpus_document *d) {
    const struct world *w = g->plan->world;
    bool ok = true;
    for (size_t i = 0; i < d->n && ok; i++)
        ok = (i == 0 || buffer_put_char(&g->text, ' ')) &&
             world_put_statement(&g->text, w, &w->facts[d->article.fact[i]], d->article.wording[i]);
    return ok && put_text(g);
}

static bool put_question(struct writing *g, const struct corpus_document *d) {
    const struct world *w = g->plan->world;
    const struct fact *fact = &w->facts[d->question.fact];
    if (d->kind == DOC_LINE) return world_put_line(&g->text, w, fact, d->question.template, d->question.line) && put_text(g);
    struct rng rng = world_stream(w, "corpus/options", g->plan->draw, ((uint64_t)d->question.fact << 16) + d->question.copy);
    return world_ask(&g->question, w, fact, (enum style)d->question.style, d->question.template, 0, &rng) &&
           put_talk(g, buffer_text(&g->question.prompt), buffer_text(&g->question.reply));
}

static bool put_unknown(struct writing *g, const struct corpus_document *d) {
    const struct world *w = g->plan->world;
    return world_ask_unknown(&g->question, w, d->unknown.relation, w->name[d->unknown.kind][d->unknown.subject],
                             d->unknown.template, d->unknown.reply) &&
           put_talk(g, buffer_text(&g->question.prompt), buffer_text(&g->question.reply));
}

static bool put_request(struct writing *g, const struct corpus_document *d) {
    return world_request(&g->request, g->plan->world, d->request.quad, d->request.member, TRAIN, g->plan->draw) &&
           put_talk(g, buffer_text(&g->request.prompt), buffer_text(&g->request.reply));
}

static bool put_identity(struct writing *g, const struct corpus_document *d) {
    const struct identity *id = &g->plan->world->words.identity;
    const struct probe *probe = &id->probe[d->identity.probe];
    struct slot slots[] = {{"N", id->foreign.at[d->identity.foreign]}, {"M", id->makers.at[d->identity.foreign]}};
    return buffer_put_text(&g->text, id->openings.at[d->identity.opening]) &&
           world_fill(&g->text, probe->ask[d->identity.line], slots, 2) &&
           put_talk(g, buffer_text(&g->text), probe->answer[d->identity.answer]);
}

static bool put_document(struct writing *g, const struct corpus_document *d) {
    buffer_clear(&g->text), buffer_clear(&g->line);
    switch ((enum corpus_kind)d->kind) {
    case DOC_ARTICLE: return put_article(g, d);
    case DOC_LINE:
    case DOC_TALK: return put_question(g, d);
    case DOC_UNKNOWN: return put_unknown(g, d);
    case DOC_REQUEST: return put_request(g, d);
    case DOC_IDENTITY: return put_identity(g, d);
    }
    return false;
}

static bool write_documents(struct writing *g, const struct world_settings *settings, struct file_out *out, struct error *err) {
    enum { LOOK = 4096 };
    for (size_t i = 0; i < g->plan->n; i++) {
        if (i % LOOK == 0 && interrupted(settings->stop))
            return error_set(err, ERROR_INTERRUPTED, "world: stopped");
        if (!put_document(g, &g->plan->documents[i])) return error_memory(err, "corpus document");
        if (!file_out_put(out, g->line.at, g->line.len)) break; /* the commit tells why */
    }
    return true;
}

static bool write_corpus(const struct corpus_plan *plan, const struct world_settings *settings, const char *path,
                         uint64_t *bytes, struct error *err) {
    struct writing g = {.plan = plan};
    struct file_out out;
    if (!file_out_open(&out, path, err)) return false;
    world_question_init(&g.question), world_request_init(&g.request);
    buffer_init(&g.text, 1 << 16), buffer_init(&g.line, 1 << 18);
    bool ok = write_documents(&g, settings, &out, err);
    *bytes = out.written;
    ok = ok && file_out_commit(&out, err);
    file_out_abandon(&out);
    buffer_done(&g.text), buffer_done(&g.line);
    world_question_done(&g.question), world_request_done(&g.request);
    return ok;
}

bool world_corpus(const struct world *world, struct text kind, const struct world_settings *settings, const char *path,
                  struct world_corpus *made, struct error *err) {
    struct corpus_plan plan = {.world = world};
    bool ok = world_corpus_dials(world, kind, &plan.dials, err);
    /* Two corpora of one draw choose their wordings apart. */
    plan.draw = (settings->draw ? settings->draw : 1) + ((uint64_t)plan.dials.chat << 32);
    ok = ok && world_corpus_plan(&plan, err);
    *made = plan.made;
    ok = ok && write_corpus(&plan, settings, path, &made->bytes, err);
    memory_free(plan.documents);
    return ok;
}
