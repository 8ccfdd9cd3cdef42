/* Asking a judge: see judge.h. */
#include "measure/score/judge_internal.h"

#include "measure/dataset/ask_file.h"
#include "measure/rules/wording.h"

#include <ctype.h>
#include <math.h>

enum { SAID_TOKENS = 48, RATING_TOKENS = 8 };
enum step { EXTRACT, RATE, STEPS = JUDGE_PROMPTS };

static struct judge *open_words(struct subject *subject, struct text words, const char *builtin, const char *path,
                                const char *const names[STEPS], struct error *err) {
    struct judge *j = memory_zeroed(1, sizeof *j);
    if (!j) return error_memory(err, "judge"), NULL;
    arena_init(&j->arena, (size_t)16 << 20);
    j->subject = subject;
    if (subject_require(subject, SUBJECT_GENERATES, "--judge", err) &&
        wording_read(words, builtin, path, names, STEPS, &j->arena, j->prompt, err))
        return j;
    judge_close(j);
    return NULL;
}

struct judge *judge_open(struct subject *subject, struct text words, const char *path, struct error *err) {
    static const char *const names[STEPS] = {"extract", "rate"};
    return open_words(subject, words, "rules/honesty-judge.txt", path, names, err);
}

struct judge *judge_open_votes(struct subject *subject, struct text words, const char *path, struct error *err) {
    static const char *const names[STEPS] = {"answer", "pair"};
    return open_words(subject, words, "rules/judge-votes.txt", path, names, err);
}

void judge_close(struct judge *j) {
    if (!j) return;
    arena_done(&j->arena);
    memory_free(j);
}

/* ---- what it says ---- */

/* A number begins where no digit, letter or point stands before it. */
bool judge_rating(struct text said, double *out) {
    for (size_t i = 0; i < said.len; i++) {
        size_t end = i;
        bool begins =
            i == 0 || !(isalnum((unsigned char)said.at[i - 1]) || said.at[i - 1] == '.' || said.at[i - 1] == '-');
        while (end < said.len && (isdigit((unsigned char)said.at[end]) || said.at[end] == '.')) end++;
        struct text number = text_part(said, i, end);
        while (number.len && number.at[number.len - 1] == '.') number.len--;
        if (begins && number.len && text_to_f64(number, out) && *out >= 0 && *out <= 1) return true;
        if (end > i) i = end;
    }
    return *out = 0, false;
}

json_t *judge_verdict_json(const struct judge_verdict *v) {
    return json_pack("{s:o s:o}", "said", json_from_text(v->said), "rating", json_from_f64(v->rating));
}

double judge_rating_of(const json_t *json) {
    const json_t *rating = json_object_get(json, "rating");
    return json_is_number(rating) ? json_number_value(rating) : NAN;
}

/* The first line without quotes and blanks; NONE, in any case, is no answer. */
static struct text short_answer(struct text said) {
    said = text_trim(said);
    said = text_trim(text_part(said, 0, text_find(said, TEXT("\n"), 0)));
    if (said.len > 1 && said.at[0] == '"' && said.at[said.len - 1] == '"') said = text_part(said, 1, said.len - 1);
    struct text plain = said;
    while (plain.len && ispunct((unsigned char)plain.at[plain.len - 1])) plain.len--;
    return text_equal_nocase(plain, TEXT("none")) ? TEXT("") : said;
}

/* ---- asking ---- */

struct asking {
    struct arena *arena;
    struct text *texts;
    const struct ask *asks;
};

static bool take(void *context, const struct answer *answer, struct error *err) {
    struct asking *a = context;
    if (answer->error.kind != ERROR_NONE)
        return *err = answer->error, error_wrap(err, "judge, answer '%.*s'", TEXT_ARG(a->asks[answer->ask].id));
    char *copy = text_copy(a->arena, answer->text, err);
    a->texts[answer->ask] = (struct text){copy, answer->text.len};
    return copy != NULL;
}

static bool ask_texts(struct judge *j, const struct text *ids, const struct text *prompts, size_t n, size_t tokens,
                      struct arena *arena, struct text *out, struct error *err) {
    static const struct text stops[] = {TEXT("\n")};
    struct ask *asks = arena_new(arena, struct ask, n + 1, err);
    struct message *messages = arena_new(arena, struct message, n + 1, err);
    struct asking a = {arena, out, asks};
    bool chats = j->subject->capabilities & SUBJECT_CHATS;
    if (!asks || !messages) return false;
    for (size_t i = 0; i < n; i++) {
        messages[i] = (struct message){TEXT("user"), prompts[i]};
        asks[i] = (struct ask){.id = ids[i], .kind = ASK_GENERATE, .samples = 1, .top_p = 1, .max_tokens = tokens};
        if (chats)
            asks[i].messages = &messages[i], asks[i].n_messages = 1;
        else
            asks[i].prompt = prompts[i], asks[i].stops = stops, asks[i].n_stops = 1;
        if (!ask_digest(&asks[i], err)) return false;
    }
    return n == 0 || subject_ask(j->subject, asks, n, take, &a, err);
}

static bool accepted_text(const struct judge_case *c, struct arena *arena, struct text *out, struct error *err) {
    struct buffer b;
    buffer_init(&b, (size_t)1 << 20);
    for (size_t i = 0; i < c->n_accepted; i++) {
        if (i) buffer_put_c(&b, " or ");
        buffer_put_text(&b, c->accepted[i]);
    }
    char *copy = buffer_check(&b, "accepted answers", err) ? text_copy(arena, buffer_text(&b), err) : NULL;
    *out = (struct text){copy, b.len};
    buffer_done(&b);
    return copy != NULL;
}

static bool put_prompt(const struct judge *j, enum step step, const struct judge_case *c, struct text said,
                       struct arena *arena, struct text *out, struct error *err) {
    struct text accepted;
    if (!accepted_text(c, arena, &accepted, err)) return false;
    const struct wording_slot slots[] = {
        {"question", c->question}, {"response", c->response}, {"said", said}, {"accepted", accepted}};
    return wording_fill(j->prompt[step], slots, 4, arena, out, err);
}

/* Cases with a short answer are rated, in their order. */
static bool rate(struct judge *j, const struct judge_case *cases, size_t n, struct arena *arena,
                 struct judge_verdict *out, struct error *err) {
    struct text *ids = arena_new(arena, struct text, n + 1, err), *prompts = arena_new(arena, struct text, n + 1, err),
                *said = arena_new(arena, struct text, n + 1, err);
    size_t *which = arena_new(arena, size_t, n + 1, err), k = 0;
    if (!ids || !prompts || !said || !which) return false;
    for (size_t i = 0; i < n; i++) {
        out[i].read = !out[i].said.len;
        if (out[i].read) continue;
        ids[k] = cases[i].id;
        which[k] = i;
        if (!put_prompt(j, RATE, &cases[i], out[i].said, arena, &prompts[k++], err)) return false;
    }
    if (!ask_texts(j, ids, prompts, k, RATING_TOKENS, arena, said, err)) return false;
    for (size_t i = 0; i < k; i++) out[which[i]].read = judge_rating(said[i], &out[which[i]].rating);
    return true;
}

bool judge_cases(struct judge *j, const struct judge_case *cases, size_t n, struct arena *arena,
                 struct judge_verdict *out, struct error *err) {
    struct text *ids = arena_new(arena, struct text, n + 1, err), *prompts = arena_new(arena, struct text, n + 1, err),
                *said = arena_new(arena, struct text, n + 1, err);
    if (!ids || !prompts || !said) return false;
    for (size_t i = 0; i < n; i++) {
        ids[i] = cases[i].id;
        if (!put_prompt(j, EXTRACT, &cases[i], TEXT(""), arena, &prompts[i], err)) return false;
    }
    if (!ask_texts(j, ids, prompts, n, SAID_TOKENS, arena, said, err)) return false;
    for (size_t i = 0; i < n; i++) out[i] = (struct judge_verdict){.said = short_answer(said[i])};
    return rate(j, cases, n, arena, out, err);
}
