/* The loop: all texts of a group go on by one token (or block) a step. A step asks the base for the likeliest tokens,
 * the steer for their values, and chooses; what is left of rollouts is forgotten, but for the states of the engine that
 * the next step goes on from. */
#include "act/steer/steer_text.h"

#include "base/progress.h"
#include "lm/engine/sampling.h"

#include <math.h>
#include <string.h>

/* What one text has to choose from. */
struct choice {
    size_t text;
    struct steer_place *places;
    struct steer_value *values; /* NULL: they need not be looked at */
    double *scores, *policy;
    size_t n, chosen;
    const char *why;
    struct steer_spent before;
};

static bool samples(const struct steering *s, const struct steer_said *said) {
    return s->settings.mode == STEER_SAMPLE || (s->settings.mode == STEER_AS_ASKED && said->ask->temperature > 0);
}

static double temperature_of(const struct steer_said *said) {
    return said->ask->temperature > 0 ? said->ask->temperature : 1;
}

/* ---- candidates */

static bool new_choice(struct steering *s, struct choice *c, size_t text, size_t n, struct error *err) {
    *c = (struct choice){.text = text, .n = n, .why = "value", .before = s->said[text].spent};
    c->places = arena_new(s->step, struct steer_place, n, err);
    c->scores = c->places ? arena_new(s->step, double, n, err) : NULL;
    c->policy = c->scores ? arena_new(s->step, double, n, err) : NULL;
    return c->policy != NULL;
}

/* The likeliest tokens of each text as places. */
static bool find_tokens(struct steering *s, struct choice *choices, size_t n, struct error *err) {
    size_t vocabulary = s->base_lm->model->shape.vocabulary;
    size_t k = s->settings.topk < vocabulary ? s->settings.topk : vocabulary;
    struct steer_row *rows = arena_new(s->step, struct steer_row, n + 1, err);
    if (!rows) return false;
    for (size_t i = 0; i < n; i++) {
        rows[i] = (struct steer_row){.text = choices[i].text, .n = k};
        rows[i].ids = arena_new(s->step, int32_t, k, err);
        rows[i].logprobs = rows[i].ids ? arena_new(s->step, double, k, err) : NULL;
        if (!rows[i].logprobs || !new_choice(s, &choices[i], choices[i].text, k, err)) return false;
    }
    if (!steer_rows(s, STEER_BASE, rows, n, err)) return false;
    for (size_t i = 0; i < n; i++) {
        const struct steer_said *said = &s->said[choices[i].text];
        for (size_t z = 0; z < k; z++)
            choices[i].places[z] = (struct steer_place){.text = choices[i].text,
                                                        .prefix = said->ids.ids,
                                                        .n_prefix = said->ids.n,
                                                        .next = &rows[i].ids[z],
                                                        .n_next = 1,
                                                        .logprob = rows[i].logprobs[z]};
    }
    return true;
}

static bool find_blocks(struct steering *s, struct choice *choices, size_t n, struct error *err) {
    size_t k = s->settings.topk;
    size_t *texts = arena_new(s->step, size_t, n + 1, err);
    struct steer_place *places = texts ? arena_new(s->step, struct steer_place, n * k + 1, err) : NULL;
    if (!places) return false;
    for (size_t i = 0; i < n; i++) texts[i] = choices[i].text;
    for (size_t i = 0; i < n; i++)
        if (!new_choice(s, &choices[i], texts[i], k, err)) return false;
    if (!steer_blocks(s, texts, n, places, err)) return false;
    for (size_t i = 0; i < n; i++) choices[i].places = places + i * k;
    return true;
}

/* ---- values */

/* Is there nothing to find out? One candidate is all but certain, or the base agrees with the plan. */
static bool settled(const struct steering *s, struct choice *c) {
    const struct steer_said *said = &s->said[c->text];
    if (said->error.kind) return true;
    if (s->settings.block > 1) return false;
    if (!s->settings.replan && said->planned && said->plan[0] == c->places[0].next[0])
        c->why = "planned";
    else if (c->n == 1 || c->places[0].logprob > log(s->settings.skip))
        c->why = "sure";
    else
        return false;
    c->chosen = 0;
    return true;
}

/* Values of all places of all texts at once. */
static bool find_values(struct steering *s, struct choice *choices, size_t n, struct error *err) {
    size_t all = 0, at = 0;
    for (size_t i = 0; i < n; i++) all += settled(s, &choices[i]) ? 0 : choices[i].n;
    struct steer_place *places = arena_new(s->step, struct steer_place, all + 1, err);
    struct steer_value *values = places ? arena_new(s->step, struct steer_value, all + 1, err) : NULL;
    if (!values) return false;
    for (size_t i = 0; i < n; i++) {
        if (settled(s, &choices[i])) continue;
        memcpy(places + at, choices[i].places, choices[i].n * sizeof *places);
        choices[i].values = values + at;
        at += choices[i].n;
    }
    const struct steer_source source = steering_source(s);
    return all == 0 || s->settings.steer->q_values(&s->settings, &source, places, all, values, s->step, err);
}

/* ---- choosing */

/* The running mean and spread of one text's values (Welford 1962). */
static void to_z(struct steer_said *said, double *q, size_t n) {
    for (size_t i = 0; i < n; i++) {
        double off = q[i] - said->looked_mean;
        said->looked_mean += off / (double)++said->looked;
        said->looked_squares += off * (q[i] - said->looked_mean);
    }
    double spread = said->looked > 1 ? sqrt(said->looked_squares / (double)(said->looked - 1)) : 0;
    for (size_t i = 0; i < n; i++) q[i] = spread > 0 ? (q[i] - said->looked_mean) / spread : 0;
}

/* In the order of falling probability, ties by rising id: does candidate i stand before (or at) one like this? */
static bool comes_before(const struct choice *c, size_t i, double p, int32_t id) {
    return c->policy[i] > p || (c->policy[i] == p && c->places[i].next[0] <= id);
}

/* As the engine draws. */
static size_t draw(const struct choice *c, double unit) {
    double reached = 0, last = INFINITY;
    int32_t last_id = -1;
    size_t pick = 0;
    for (size_t taken = 0; taken < c->n; taken++) {
        size_t next = SIZE_MAX;
        for (size_t i = 0; i < c->n; i++) {
            bool taken_before = comes_before(c, i, last, last_id);
            if (!taken_before && (next == SIZE_MAX || comes_before(c, i, c->policy[next], c->places[next].next[0])))
                next = i;
        }
        if (next == SIZE_MAX) break;
        pick = next;
        if ((reached += c->policy[next]) > unit) break;
        last = c->policy[next];
        last_id = c->places[next].next[0];
    }
    return pick;
}

/* Blocks were drawn from the base, so that equal values leave them equally likely. */
static size_t draw_block(const struct choice *c, double unit) {
    double reached = 0;
    size_t i = 0;
    while (i + 1 < c->n && (reached += c->policy[i]) <= unit) i++;
    return i;
}

static bool score(struct steering *s, struct choice *c, struct error *err) {
    struct steer_said *said = &s->said[c->text];
    double *q = arena_new(s->step, double, c->n, err), *logprobs = q ? arena_new(s->step, double, c->n, err) : NULL;
    if (!logprobs) return false;
    bool blocks = s->settings.block > 1;
    for (size_t i = 0; i < c->n; i++) {
        q[i] = c->values[i].q;
        logprobs[i] = blocks ? -log((double)c->n) : c->places[i].logprob;
        if (c->values[i].dropped) logprobs[i] = -INFINITY;
        if (isnan(q[i]) && !said->error.kind)
            error_set(&said->error, ERROR_DATA, "a candidate behind token %zu has no value", said->ids.n);
    }
    if (s->settings.norm == STEER_RUNNING_Z) to_z(said, q, c->n);
    steer_scores(&s->settings, logprobs, q, c->n, c->scores);
    for (size_t i = 0; i < c->n; i++)
        if (c->values[i].dropped) c->scores[i] = -INFINITY;
    return true;
}

static bool any_fell_back(const struct choice *c) {
    for (size_t i = 0; i < c->n; i++)
        if (c->values[i].fell_back) return true;
    return false;
}

static bool choose(struct steering *s, struct choice *c, struct error *err) {
    struct steer_said *said = &s->said[c->text];
    bool blocks = s->settings.block > 1, drawn = samples(s, said);
    int32_t *tokens = arena_new(s->step, int32_t, c->n, err);
    if (!tokens || !score(s, c, err)) return false;
    if (said->error.kind) return true;
    steer_softmax(c->scores, c->n, drawn && !blocks ? temperature_of(said) : 1, c->policy);
    for (size_t i = 0; i < c->n; i++) tokens[i] = blocks ? (int32_t)i : c->places[i].next[0];
    if (!drawn) {
        c->chosen = steer_best(c->scores, tokens, c->n);
    } else {
        double unit = sampling_unit(said->ask->seed, said->stream, said->sample, said->ids.n);
        c->chosen = blocks ? draw_block(c, unit) : draw(c, unit);
    }
    said->spent.alarms += any_fell_back(c);
    return true;
}

/* KL of the choice to the base in nats. A choice without chance is a point: - log p. */
static void count_divergence(const struct steering *s, struct steer_said *said, const struct choice *c) {
    double logprob = c->places[c->chosen].logprob;
    bool drawn = c->values && samples(s, said);
    if (!drawn) {
        bool blocks = s->settings.block > 1;
        said->divergence += blocks ? log((double)c->n) : -logprob;
        said->log_ratio += blocks ? log((double)c->n) : -logprob;
    } else if (s->settings.block > 1) {
        double even = log((double)c->n);
        for (size_t i = 0; i < c->n; i++)
            if (c->policy[i] > 0) said->divergence += c->policy[i] * (log(c->policy[i]) + even);
        said->log_ratio += log(c->policy[c->chosen]) + even;
    } else {
        double *logprobs = c->scores; /* scores have been used */
        for (size_t i = 0; i < c->n; i++) logprobs[i] = c->places[i].logprob;
        said->divergence += steer_divergence(c->policy, logprobs, c->n);
        said->log_ratio += log(c->policy[c->chosen]) - logprob;
    }
}

/* ---- going on */

static void end(struct steer_said *said, enum answer_finish finish) {
    said->ended = true;
    said->finish = finish;
}

static bool say_token(struct steering *s, struct steer_said *said, int32_t token, float logprob, struct error *err) {
    const struct tokenizer *tokenizer = s->base_lm->model->tokenizer;
    said->spent.tokens++;
    if (tokenizer_ends(tokenizer, token)) return end(said, ANSWER_STOP), true;
    float *logprobs = memory_grow(said->logprobs, said->ids.n + 1, sizeof *logprobs);
    if (!logprobs) return error_memory(err, "an answer");
    said->logprobs = logprobs;
    logprobs[said->ids.n] = logprob;
    if (!token_list_put(&said->ids, token, err)) return false;
    tokenizer_piece(tokenizer, token, s->base_lm->keep_special, &said->text);
    if (!buffer_check(&said->text, "an answer's text", err)) return false;
    for (size_t i = 0; i < said->ask->n_stops; i++) {
        size_t at = said->ask->stops[i].len ? text_find(buffer_text(&said->text), said->ask->stops[i], 0) : SIZE_MAX;
        if (at >= said->text.len) continue;
        said->text.len = at;
        end(said, ANSWER_STOP);
    }
    size_t context = s->base_lm->model->shape.context;
    if (!said->ended && (said->ids.n >= said->ask->max_tokens || said->prompt.n + said->ids.n >= context))
        end(said, ANSWER_LENGTH);
    return true;
}

/* The rollout of the most reward behind the chosen candidate: the plan; its state is kept, the others are let go. */
static bool keep_plan(struct steering *s, const struct choice *c, struct error *err) {
    struct steer_said *said = &s->said[c->text];
    struct lm_kept **kept = s->settings.steer->policy == STEER_BASE ? &said->kept : &said->kept_bl;
    const struct lm_generate_result *best = NULL;
    double most = -INFINITY;
    for (struct steer_rollouts *r = s->rollouts; r; r = r->next) {
        if (r->text != c->text || r->candidate != c->places[c->chosen].next) continue;
        if (r->results[0].kept) {
            lm_kept_free(*kept);
            *kept = r->results[0].kept;
            r->results[0].kept = NULL;
        }
        const struct steer_ends *ends = &c->values[c->chosen].ends;
        for (size_t k = 0; k < r->n && r->first + k < ends->n; k++)
            if (ends->of[r->first + k].reward > most) most = ends->of[r->first + k].reward, best = &r->results[k];
    }
    said->planned = 0;
    if (s->settings.replan || !best || s->other_words) return true;
    int32_t *plan = memory_grow(said->plan, best->n + 1, sizeof *plan);
    if (!plan) return error_memory(err, "a plan");
    said->plan = plan;
    for (; said->planned < best->n; said->planned++) plan[said->planned] = best->ids[said->planned];
    if (best->end >= 0) plan[said->planned++] = best->end;
    return true;
}

static void let_go(struct steering *s) {
    for (struct steer_rollouts *r = s->rollouts; r; r = r->next)
        for (size_t k = 0; k < r->n; k++) lm_kept_free(r->results[k].kept);
    s->rollouts = NULL;
}

static bool go_on(struct steering *s, struct choice *c, struct error *err) {
    struct steer_said *said = &s->said[c->text];
    const struct steer_place *p = &c->places[c->chosen];
    if (c->values && !keep_plan(s, c, err)) return false;
    if (!c->values) {
        said->spent.sure += strcmp(c->why, "sure") == 0;
        bool planned = strcmp(c->why, "planned") == 0;
        said->spent.planned += planned;
        if (planned && said->planned) memmove(said->plan, said->plan + 1, --said->planned * sizeof *said->plan);
        if (!planned) said->planned = 0;
    }
    for (size_t i = 0; i < p->n_next && !said->ended; i++)
        if (!say_token(s, said, p->next[i], p->n_next == 1 ? (float)p->logprob : NAN, err)) return false;
    return true;
}

static bool record(struct steering *s, const struct choice *c, double ms, struct error *err) {
    struct steer_said *said = &s->said[c->text];
    if (!said->trace) return true;
    struct steer_step step = {c->places, c->values, c->scores, c->policy, c->n, c->chosen, c->why, c->before, ms};
    json_t *one = steer_step_json(s, said, &step);
    return (one && json_array_append_new(said->trace, one) == 0) || error_memory(err, "trace");
}

static bool take(struct steering *s, struct choice *c, double ms, struct error *err) {
    struct steer_said *said = &s->said[c->text];
    if (!said->error.kind && c->values && !choose(s, c, err)) return false;
    if (said->error.kind) {
        end(said, ANSWER_ERROR);
        return true;
    }
    if (!record(s, c, ms, err)) return false;
    count_divergence(s, said, c);
    return go_on(s, c, err);
}

static bool step(struct steering *s, struct choice *choices, size_t n, struct error *err) {
    double begun = clock_seconds();
    if (!(s->settings.block > 1 ? find_blocks(s, choices, n, err) : find_tokens(s, choices, n, err)) ||
        !find_values(s, choices, n, err))
        return false;
    double ms = (clock_seconds() - begun) * 1000 / (double)n;
    for (size_t i = 0; i < n; i++)
        if (!take(s, &choices[i], ms, err)) return false;
    return true;
}

bool steer_decode(struct steering *s, struct steer_said *said, size_t n, struct error *err) {
    struct arena arena;
    bool ok = true;
    arena_init(&arena, (size_t)4 << 30);
    s->said = said;
    s->step = &arena;
    for (size_t active = n; ok && active;) {
        arena_reset(&arena);
        active = 0;
        struct choice *choices = arena_new(&arena, struct choice, n, err);
        for (size_t i = 0; choices && i < n; i++)
            if (!said[i].ended) choices[active++].text = i;
        ok = choices && (active == 0 || step(s, choices, active, err));
        let_go(s);
        if (ok && interrupted(s->stop)) ok = error_set(err, ERROR_INTERRUPTED, "interrupted");
    }
    s->step = NULL;
    s->said = NULL;
    arena_done(&arena);
    return ok;
}
