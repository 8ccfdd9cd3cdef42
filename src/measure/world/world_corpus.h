/* What the files of a training corpus share: the dials of its spec, and the documents before they are text. */
#ifndef MEASURE_WORLD_CORPUS_H
#define MEASURE_WORLD_CORPUS_H

#include "measure/world/world_internal.h"

struct corpus_dials {
    uint64_t people, core, questions, requests, unknown, identity, talk, canonical, share;
    bool things, blank, gaps;
    bool chat; /* everything anywhere, not in stages */
};
/* A spec of world.h: "first[,key=value]..." or "chat[,...]". ERROR_USAGE: an unknown corpus, key or dose. */
bool world_corpus_dials(const struct world *world, struct text kind, struct corpus_dials *dials, struct error *err) MUST_CHECK;
/* How often the corpus states a fact; 0: never, also for everything about people and things that it leaves out. */
unsigned world_corpus_told(const struct world *world, const struct corpus_dials *dials, size_t fact);

enum { ARTICLE_MOST = 5 };
enum corpus_kind { DOC_ARTICLE, DOC_LINE, DOC_TALK, DOC_UNKNOWN, DOC_REQUEST, DOC_IDENTITY };
struct corpus_document {
    uint32_t place, serial; /* documents stand in the order of places, then of serials */
    uint8_t kind, n;        /* n: facts of an article */
    union {
        struct {
            uint16_t fact[ARTICLE_MOST];
            uint8_t wording[ARTICLE_MOST];
        } article;
        struct {
            uint16_t fact, copy; /* copy: 0, 1, ... of this fact */
            uint8_t template, line, style;
        } question;
        struct {
            uint16_t kind, subject;
            uint8_t relation, template, reply;
        } unknown;
        struct {
            uint16_t quad;
            char member;
        } request;
        struct {
            uint8_t probe, line, opening, foreign, answer;
        } identity;
    };
};

struct corpus_plan {
    const struct world *world;
    struct corpus_dials dials;
    uint64_t draw;
    struct corpus_document *documents; /* in order */
    size_t n, capacity;
    struct world_corpus made; /* without bytes */
};
/* Everything that is drawn, in integers. Free documents with memory_free. */
bool world_corpus_plan(struct corpus_plan *plan, struct error *err) MUST_CHECK;

#endif
