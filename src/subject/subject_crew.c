/* See subject_crew.h. The first process gives orders; between two of them the others wait for the next. All of a crew
 * do the same exchanges in the same order, whatever fails; where bytes can no longer be moved, the crew is broken and
 * nobody waits for anybody: the process ends, and mpirun ends the others. */
#include "subject/subject_crew.h"

#include "base/arena.h"
#include "subject/ask_wire.h"
#include "subject/subject_internal.h"

#include <string.h>

enum { PIECE = 64 << 20 }; /* bytes of answers that are on their way at once */
static const size_t most_bytes = (size_t)1 << 36;

enum order_kind { ORDER_OPEN = 1, ORDER_CLOSE, ORDER_ASK, ORDER_LOOK, ORDER_END };

/* What all processes hear at first; `bytes` more follow. subject: its place. */
struct order {
    uint64_t kind, subject, bytes;
};

struct subject_crew {
    struct team *team;
    bool broken;
    struct subject **subjects; /* of those that serve: place 1 first; NULL: closed */
    size_t n_subjects;         /* opened so far */
};

struct subject_crew *subject_crew_new(struct team *team, struct error *err) {
    struct subject_crew *crew = memory_zeroed(1, sizeof *crew);
    if (!crew) return error_memory(err, "processes"), NULL;
    crew->team = team;
    return crew;
}

static void close_all(struct subject_crew *crew) {
    for (size_t i = 0; crew->subjects && i < crew->n_subjects; i++) {
        subject_close(crew->subjects[i]);
        crew->subjects[i] = NULL;
    }
}

void subject_crew_free(struct subject_crew *crew) {
    if (!crew) return;
    memory_free(crew->subjects);
    memory_free(crew);
}

/* ---- moving bytes ---- */

/* Nothing can be exchanged any more once an exchange has failed. */
static bool moved(struct subject_crew *crew, bool ok) {
    crew->broken |= !ok;
    return ok;
}

static bool agree(struct subject_crew *crew, bool ok, struct error *err) {
    bool all = team_agree(crew->team, ok, err);
    crew->broken |= !all && !crew->team->failed;
    return all;
}

static bool check(const struct subject_crew *crew, struct error *err) {
    if (!crew->broken && !crew->team->failed) return true;
    return error_set(err, ERROR_ENVIRONMENT, "the other processes have ended");
}

static bool give_order(struct subject_crew *crew, enum order_kind kind, size_t subject, const struct buffer *body,
                       struct error *err) {
    struct order order = {.kind = kind, .subject = subject, .bytes = body ? body->len : 0};
    return check(crew, err) && moved(crew, !body || buffer_check(body, "asks", err)) &&
           moved(crew, team_tell(crew->team, &order, sizeof order, err)) &&
           (!order.bytes || moved(crew, team_tell(crew->team, body->at, body->len, err)));
}

static bool hear_order(struct subject_crew *crew, struct order *order, struct arena *arena, struct wire *body,
                       struct error *err) {
    if (!moved(crew, team_tell(crew->team, order, sizeof *order, err))) return false;
    char *at = arena_alloc(arena, order->bytes + 1, 1, err);
    if (!moved(crew, at != NULL)) return false;
    *body = (struct wire){.rest = {at, order->bytes}};
    return !order->bytes || moved(crew, team_tell(crew->team, at, order->bytes, err));
}

/* Parts of `all`, whose sizes every process knows, to each its own: on the first process at[0..size], what the parts of
 * `all` begin at; on the others, which have no `all`, the part itself comes to mine. */
static bool deal(struct subject_crew *crew, const struct buffer *all, const uint64_t *bytes, char *mine,
                 struct error *err) {
    size_t out[TEAM_MOST] = {0}, in[TEAM_MOST] = {0}, rank = crew->team->rank;
    for (size_t r = 1; rank == 0 && r < crew->team->size; r++) out[r] = bytes[r];
    if (rank) in[0] = bytes[rank];
    return moved(crew, team_exchange(crew->team, all ? all->at : "", out, mine, in, err));
}

/* One exchange of collect: the next n[r] bytes of each process behind what is there of it. */
static bool collect_piece(struct subject_crew *crew, const char *mine, const size_t *n, char *scratch,
                          struct buffer *theirs, struct error *err) {
    size_t out[TEAM_MOST] = {0}, in[TEAM_MOST] = {0}, rank = crew->team->rank, at = 0;
    if (rank) out[0] = n[rank];
    for (size_t r = 1; rank == 0 && r < crew->team->size; r++) in[r] = n[r];
    if (!moved(crew, team_exchange(crew->team, mine, out, scratch, in, err))) return false;
    for (size_t r = 1; rank == 0 && r < crew->team->size; at += in[r++])
        if (!buffer_put(&theirs[r], scratch + at, in[r])) return moved(crew, buffer_check(&theirs[r], "answers", err));
    return true;
}

/* What each has made, to the first process: theirs[r] there; pieces of bounded size. */
static bool collect(struct subject_crew *crew, const struct buffer *mine, struct buffer *theirs, struct error *err) {
    struct team *team = crew->team;
    uint64_t left[TEAM_MOST] = {0};
    size_t piece = PIECE / team->size, sent = 0, n[TEAM_MOST];
    left[team->rank] = mine->len;
    if (!moved(crew, team_gather_parts(team, left, team->size, sizeof *left, err))) return false;
    char *scratch = team->rank ? NULL : memory_alloc(PIECE);
    bool ok = moved(crew, scratch || team->rank || error_memory(err, "answers"));
    for (bool more = true; ok && more; sent += n[team->rank]) {
        more = false;
        for (size_t r = 0; r < team->size; r++) {
            n[r] = left[r] < piece ? (size_t)left[r] : piece;
            left[r] -= n[r];
            more |= left[r] > 0;
        }
        ok = collect_piece(crew, mine->len ? mine->at + sent : "", n, scratch, theirs, err);
    }
    memory_free(scratch);
    return ok;
}

/* ---- one round: shares of asks go out, each process does its own, what came of it goes back ---- */

struct job {
    struct subject_crew *crew;
    struct subject *subject;
    const struct lm_observe_options *options; /* NULL: answers are wanted */
    bool answers;                             /* of subject_look */
    subject_sink *take_answer;
    look_sink *take_look;
    void *context;
    size_t first; /* of the share at hand, among all asks */
    bool refused; /* the sink has said no */
};

static bool pass_answer(void *context, const struct answer *answer, struct error *err) {
    struct job *job = context;
    struct answer own = *answer;
    own.ask += job->first;
    job->refused |= !job->take_answer(job->context, &own, err);
    return !job->refused;
}

static bool pass_look(void *context, const struct look *look, struct error *err) {
    struct job *job = context;
    struct look own = *look;
    own.ask += job->first;
    job->refused |= !job->take_look(job->context, &own, err);
    return !job->refused;
}

/* Asks of this process's share, from the first one on. */
static bool do_share(struct job *job, const struct ask *asks, size_t n, struct error *err) {
    if (n == 0) return true;
    if (job->options) return subject_look_here(job->subject, job->options, job->answers, asks, n, pass_look, job, err);
    return job->subject->kind->ask(job->subject, asks, n, pass_answer, job, err);
}

/* Behind a 1 each an answer; behind a 0 how the share ended. */
static bool take_share(struct job *job, const struct buffer *made, size_t rank, struct error *err) {
    struct wire in = {.rest = buffer_text(made)};
    struct arena arena;
    bool ok = true;
    arena_init(&arena, SIZE_MAX);
    while (ok && wire_get_u64(&in)) {
        struct answer answer;
        struct look look;
        error_clear(err);
        arena_reset(&arena);
        if (job->options)
            ok = wire_get_look(&in, &arena, &look, err) && pass_look(job, &look, err);
        else
            ok = wire_get_answer(&in, &arena, &answer, err) && pass_answer(job, &answer, err);
    }
    arena_done(&arena);
    if (!ok) return false;
    struct error end;
    wire_get_error(&in, &end);
    if (in.failed) return error_set(err, ERROR_ENVIRONMENT, "process %zu: its answers are cut off", rank);
    if (end.kind == ERROR_NONE) return true;
    *err = end;
    return error_wrap(err, "process %zu of %zu", rank, job->crew->team->size);
}

/* The order: sizes of the shares, and what is looked at. */
static void put_options(struct buffer *out, const struct job *job, const uint64_t *bytes) {
    const struct lm_observe_options *o = job->options;
    buffer_put(out, bytes, job->crew->team->size * sizeof *bytes);
    if (!o) return;
    wire_put_u64(out, job->answers);
    wire_put_u64(out, o->n_sites);
    for (size_t i = 0; i < o->n_sites; i++) {
        wire_put_u64(out, o->sites[i].part);
        wire_put_u64(out, o->sites[i].layer);
        wire_put_u64(out, o->sites[i].head);
    }
    wire_put_u64(out, o->pool);
    wire_put_u64(out, o->top);
    wire_put_u64(out, o->next);
}

static bool deal_round(struct job *job, const struct ask *asks, size_t n, struct error *err) {
    struct subject_crew *crew = job->crew;
    uint64_t bytes[TEAM_MOST] = {0};
    struct buffer all, order;
    buffer_init(&all, most_bytes);
    buffer_init(&order, most_bytes);
    for (size_t r = 1; r < crew->team->size; r++) {
        struct team_share share = team_share(crew->team, n, r);
        size_t before = all.len;
        wire_put_u64(&all, share.end - share.first);
        for (size_t i = share.first; i < share.end; i++) wire_put_ask(&all, &asks[i]);
        bytes[r] = all.len - before;
    }
    put_options(&order, job, bytes);
    bool ok = check(crew, err) && moved(crew, buffer_check(&all, "asks", err)) &&
              give_order(crew, job->options ? ORDER_LOOK : ORDER_ASK, job->subject->place, &order, err) &&
              deal(crew, &all, bytes, NULL, err);
    buffer_done(&all);
    buffer_done(&order);
    return ok;
}

/* The first error is told; answers of the others are taken in any case, so that they are kept. */
static bool run_round(struct job *job, const struct ask *asks, size_t n, size_t first, struct error *err) {
    struct team *team = job->crew->team;
    struct buffer none = {0}, theirs[TEAM_MOST];
    struct error later = {0};
    if (!deal_round(job, asks, n, err)) return false;
    job->first = first;
    for (size_t r = 0; r < team->size; r++) buffer_init(&theirs[r], most_bytes);
    bool ok = do_share(job, asks, team_share(team, n, 0).end, err),
         came = collect(job->crew, &none, theirs, ok ? err : &later);
    for (size_t r = 1; came && r < team->size; r++) {
        job->first = first + team_share(team, n, r).first;
        if (!job->refused) ok &= take_share(job, &theirs[r], r, ok ? err : &later);
    }
    for (size_t r = 0; r < team->size; r++) buffer_done(&theirs[r]);
    return ok && came;
}

static bool run_rounds(struct job *job, const struct ask *asks, size_t n, struct error *err) {
    size_t most = CREW_ROUND * job->crew->team->size;
    for (size_t i = 0; i < n; i += most) {
        if (interrupted(job->subject->settings.stop)) return error_set(err, ERROR_INTERRUPTED, "interrupted");
        if (!run_round(job, asks + i, n - i < most ? n - i : most, i, err)) return false;
    }
    return true;
}

bool subject_crew_ask(struct subject *subject, const struct ask *asks, size_t n, subject_sink *sink, void *context,
                      struct error *err) {
    struct job job = {.crew = subject->settings.crew, .subject = subject, .take_answer = sink, .context = context};
    return run_rounds(&job, asks, n, err);
}

bool subject_crew_look(struct subject *subject, const struct lm_observe_options *options, bool answers,
                       const struct ask *asks, size_t n, look_sink *sink, void *context, struct error *err) {
    struct job job = {.crew = subject->settings.crew,
                      .subject = subject,
                      .options = options,
                      .answers = answers,
                      .take_look = sink,
                      .context = context};
    return run_rounds(&job, asks, n, err);
}

/* ---- subjects ---- */

/* What decides the answers, or how long is waited for them. */
static void put_subject(struct buffer *out, const struct subject *subject) {
    const struct subject_settings *s = &subject->settings;
    const char *const texts[] = {subject->spec, subject->digest, subject->template_digest, s->path, s->template_name,
                                 s->compute,    s->key_env};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        wire_put_u64(out, texts[i] != NULL);
        wire_put_text(out, text_of(texts[i] ? texts[i] : ""));
    }
    wire_put_u64(out, s->batch);
    wire_put_u64(out, s->no_prefix_sharing);
    wire_put_u64(out, (uint64_t)s->retries);
    wire_put_u64(out, s->concurrency);
    buffer_put(out, &s->timeout, sizeof s->timeout);
}

bool subject_crew_open(struct subject *subject, struct error *err) {
    struct subject_crew *crew = subject->settings.crew;
    struct buffer body;
    buffer_init(&body, most_bytes);
    put_subject(&body, subject);
    bool ok = give_order(crew, ORDER_OPEN, 0, &body, err) && agree(crew, true, err);
    buffer_done(&body);
    if (ok) subject->place = ++crew->n_subjects;
    return ok;
}

void subject_crew_close(struct subject *subject) {
    struct error ignored;
    if (subject->settings.crew->broken || subject->settings.crew->team->failed) return;
    (void)!give_order(subject->settings.crew, ORDER_CLOSE, subject->place, NULL, &ignored);
}

bool subject_crew_end(struct subject_crew *crew, bool ok, struct error *err) {
    struct error late = {0};
    if (crew->broken || crew->team->failed) return ok ? check(crew, err) : false;
    return give_order(crew, ORDER_END, 0, NULL, ok ? err : &late) && agree(crew, ok, err);
}

/* ---- serving ---- */

struct serving {
    struct subject_crew *crew;
    const struct subject_settings *settings;
    struct arena arena; /* of the order at hand */
};

static const char *get_name(struct wire *in, struct arena *arena, struct error *err) {
    bool there = wire_get_u64(in);
    struct text t = wire_get_text(in);
    return there ? text_copy(arena, t, err) : NULL;
}

static bool same_bytes(const struct subject *subject, const char *digest, const char *template_digest,
                       struct error *err) {
    if (strcmp(subject->digest, digest) == 0 && strcmp(subject->template_digest, template_digest) == 0) return true;
    return error_set(err, ERROR_DATA,
                     "subject '%s' is another one here than in the first process (sha256 %.12s and %.12s); "
                     "all of them must read the same files",
                     subject->spec, subject->digest, digest);
}

/* Texts of the settings are kept by the crew's arena for as long as it serves. */
static struct subject *open_here(struct serving *s, struct wire *in, struct arena *kept, struct error *err) {
    struct subject_settings settings = *s->settings;
    const char *spec = get_name(in, kept, err), *digest = get_name(in, kept, err),
               *template_digest = get_name(in, kept, err);
    settings.path = get_name(in, kept, err);
    settings.template_name = get_name(in, kept, err);
    settings.compute = get_name(in, kept, err);
    settings.key_env = get_name(in, kept, err);
    settings.batch = wire_get_u64(in);
    settings.no_prefix_sharing = wire_get_u64(in);
    settings.retries = (int)wire_get_u64(in);
    settings.concurrency = wire_get_u64(in);
    if (in->rest.len == sizeof settings.timeout) memcpy(&settings.timeout, in->rest.at, sizeof settings.timeout);
    settings.crew = NULL;
    settings.quiet = true;
    if (!spec || !digest || !template_digest) return NULL;
    struct subject *subject = subject_open(text_of(spec), &settings, err);
    if (subject && same_bytes(subject, digest, template_digest, err)) return subject;
    subject_close(subject);
    return NULL;
}

static bool serve_open(struct serving *s, struct wire *in, struct arena *kept, struct error *err) {
    struct subject_crew *crew = s->crew;
    struct subject **more = memory_grow(crew->subjects, crew->n_subjects + 1, sizeof *more);
    bool ok = more || error_memory(err, "subjects");
    if (more) crew->subjects = more;
    struct subject *subject = ok ? open_here(s, in, kept, err) : NULL;
    if (subject) crew->subjects[crew->n_subjects++] = subject;
    return agree(crew, subject != NULL, err);
}

static struct subject *subject_at(const struct subject_crew *crew, uint64_t place, struct error *err) {
    struct subject *subject = place && place <= crew->n_subjects ? crew->subjects[place - 1] : NULL;
    if (!subject) error_set(err, ERROR_ENVIRONMENT, "asked of a subject that is not open");
    return subject;
}

/* What is made, into a buffer. */
struct making {
    struct buffer out;
    size_t values, top;
};

static bool keep_answer(void *context, const struct answer *answer, struct error *err) {
    struct making *m = context;
    wire_put_u64(&m->out, 1);
    wire_put_answer(&m->out, answer);
    return buffer_check(&m->out, "answers", err);
}

static bool keep_look(void *context, const struct look *look, struct error *err) {
    struct making *m = context;
    wire_put_u64(&m->out, 1);
    wire_put_look(&m->out, look, m->values, m->top);
    return buffer_check(&m->out, "what was seen", err);
}

static bool get_options(struct wire *in, struct arena *arena, struct lm_observe_options *o, bool *answers,
                        struct error *err) {
    *answers = wire_get_u64(in);
    *o = (struct lm_observe_options){.n_sites = wire_get_u64(in)};
    if (o->n_sites > in->rest.len / (3 * sizeof(uint64_t)))
        return error_set(err, ERROR_ENVIRONMENT, "an order is cut off");
    struct lm_site *sites = arena_new(arena, struct lm_site, o->n_sites + 1, err);
    if (!sites) return false;
    for (size_t i = 0; i < o->n_sites; i++) {
        sites[i].part = (enum lm_part)wire_get_u64(in);
        sites[i].layer = wire_get_u64(in);
        sites[i].head = wire_get_u64(in);
    }
    o->sites = sites;
    o->pool = (enum lm_pool)wire_get_u64(in);
    o->top = wire_get_u64(in);
    o->next = wire_get_u64(in);
    return !in->failed || error_set(err, ERROR_ENVIRONMENT, "an order is cut off");
}

static bool get_share(struct wire *in, struct arena *arena, struct ask **asks, size_t *n, struct error *err) {
    uint64_t most = wire_get_u64(in);
    if (most > CREW_ROUND + 1 || !(*asks = arena_new(arena, struct ask, most + 1, err)))
        return error_set(err, ERROR_ENVIRONMENT, "a share of asks is cut off");
    for (; *n < most; ++*n)
        if (!wire_get_ask(in, arena, &(*asks)[*n], err)) {
            wire_done_ask(&(*asks)[*n]);
            return false;
        }
    return true;
}

/* look: NULL where asks are answered, else the rest of the order. */
static bool do_asks(struct serving *s, struct subject *subject, struct wire *share, struct wire *look, struct making *m,
                    struct error *err) {
    struct lm_observe_options options;
    struct ask *asks = NULL;
    size_t n = 0;
    bool answers = false;
    bool ok = subject &&
              (!look || (get_options(look, &s->arena, &options, &answers, err) &&
                         subject_look_require(subject, "looking inside", err))) &&
              get_share(share, &s->arena, &asks, &n, err);
    if (ok && look) {
        m->values = lm_sites_size(&subject_lm_model(subject)->shape, options.sites, options.n_sites);
        m->top = options.top;
        ok = n == 0 || subject_look(subject, &options, answers, asks, n, keep_look, m, err);
    } else if (ok) {
        ok = subject_ask(subject, asks, n, keep_answer, m, err);
    }
    for (size_t i = 0; i < n; i++) wire_done_ask(&asks[i]);
    return ok;
}

/* Whatever becomes of the asks, the first process hears of it. */
static bool serve_asks(struct serving *s, const struct order *order, struct wire *body, struct error *err) {
    struct subject_crew *crew = s->crew;
    uint64_t bytes[TEAM_MOST] = {0};
    struct making m = {.values = 0};
    for (size_t r = 0; r < crew->team->size; r++) bytes[r] = wire_get_u64(body);
    char *mine = arena_alloc(&s->arena, bytes[crew->team->rank] + 1, 1, err);
    if (!moved(crew, mine != NULL) || !deal(crew, NULL, bytes, mine, err)) return false;
    struct wire share = {.rest = {mine, bytes[crew->team->rank]}};
    struct error why = {0};
    buffer_init(&m.out, most_bytes);
    bool ok =
        do_asks(s, subject_at(crew, order->subject, &why), &share, order->kind == ORDER_LOOK ? body : NULL, &m, &why);
    if (m.out.failed) buffer_clear(&m.out);
    if (ok) error_clear(&why);
    wire_put_u64(&m.out, 0);
    wire_put_error(&m.out, &why);
    ok = moved(crew, buffer_check(&m.out, "answers", err)) && collect(crew, &m.out, NULL, err);
    buffer_done(&m.out);
    return ok;
}

static bool serve_close(struct subject_crew *crew, uint64_t place, struct error *err) {
    struct subject *subject = subject_at(crew, place, err);
    if (!subject) return moved(crew, false);
    subject_close(subject);
    crew->subjects[place - 1] = NULL;
    return true;
}

bool subject_crew_serve(struct subject_crew *crew, const struct subject_settings *settings, struct error *err) {
    struct serving s = {.crew = crew, .settings = settings};
    struct arena kept;
    bool ok = true, ended = false;
    arena_init(&s.arena, SIZE_MAX);
    arena_init(&kept, (size_t)64 << 20);
    while (ok && !ended) {
        struct order order;
        struct wire body;
        arena_reset(&s.arena);
        if (!(ok = hear_order(crew, &order, &s.arena, &body, err))) break;
        switch ((enum order_kind)order.kind) {
        case ORDER_OPEN:
            ok = serve_open(&s, &body, &kept, err);
            break;
        case ORDER_CLOSE:
            ok = serve_close(crew, order.subject, err);
            break;
        case ORDER_ASK:
        case ORDER_LOOK:
            ok = serve_asks(&s, &order, &body, err);
            break;
        case ORDER_END:
            ok = agree(crew, true, err), ended = true;
            break;
        default:
            ok = moved(crew, error_set(err, ERROR_ENVIRONMENT, "the first process runs another command"));
        }
    }
    close_all(crew); /* before their texts go */
    arena_done(&s.arena);
    arena_done(&kept);
    return ok;
}
