/* Votes of a judge: see judge.h. */
#include "measure/score/judge_internal.h"

#include "measure/dataset/ask_file.h"
#include "measure/rules/wording.h"

#include <ctype.h>
#include <string.h>

enum { VOTE_TOKENS = 8, ORDERS = 2, OPTIONS = 2 };
static const double repeat_temperature = 0.7;

/* ---- what it says ---- */

static bool begins_with(struct text t, struct text word) {
    return word.len && t.len >= word.len && text_equal_nocase(text_part(t, 0, word.len), word) &&
           (t.len == word.len || !isalnum((unsigned char)t.at[word.len]));
}

int judge_letter(struct text said, const struct text shown[2]) {
    said = text_trim(said);
    if (said.len && said.at[0] == '(') said = text_part(said, 1, said.len);
    if (!said.len) return -1;
    int letter = toupper((unsigned char)said.at[0]) - 'A';
    if (letter < 0 || letter >= OPTIONS ||
        (said.len > 1 && (isalnum((unsigned char)said.at[1]) || (unsigned char)said.at[1] >= 0x80)))
        return -1;
    struct text rest = text_part(said, 1, said.len);
    if (rest.len && rest.at[0] == ' ' && isalpha((unsigned char)text_trim(rest).at[0])) return -1; /* "a judge ..." */
    while (rest.len && !isalnum((unsigned char)rest.at[0])) rest = text_part(rest, 1, rest.len);
    return begins_with(rest, shown[1 - letter]) && !begins_with(rest, shown[letter]) ? -1 : letter;
}

int judge_winner_of_order(const struct judge_votes *v, int order) {
    return v->option[order][0] == v->option[order][1] ? -1 : v->option[order][0] < v->option[order][1];
}

int judge_winner(const struct judge_votes *v) {
    uint32_t one = v->option[0][0] + v->option[1][0], other = v->option[0][1] + v->option[1][1];
    return one == other ? -1 : one < other;
}

void judge_first_votes(const struct judge_votes *v, uint32_t *first, uint32_t *read) {
    *first = v->option[0][0] + v->option[1][1];
    *read = v->option[0][0] + v->option[0][1] + v->option[1][0] + v->option[1][1];
}

json_t *judge_votes_json(const struct judge_votes *v, struct text claim) {
    return json_pack("{s:o s:[[i,i,i],[i,i,i]]}", "claim", json_from_text(claim), "votes", (int)v->option[0][0],
                     (int)v->option[0][1], (int)v->nonsense[0], (int)v->option[1][0], (int)v->option[1][1],
                     (int)v->nonsense[1]);
}

bool judge_votes_of(const json_t *json, struct text claim, struct judge_votes *out) {
    const json_t *votes = json_object_get(json, "votes"), *of = json_object_get(json, "claim");
    if (json_array_size(votes) != ORDERS || !json_is_string(of) || !text_equal(json_text(of), claim)) return false;
    for (size_t order = 0; order < ORDERS; order++) {
        const json_t *row = json_array_get(votes, order);
        uint32_t n[3];
        for (size_t i = 0; i < 3; i++) {
            json_int_t count =
                json_is_integer(json_array_get(row, i)) ? json_integer_value(json_array_get(row, i)) : -1;
            if (count < 0 || count > JUDGE_REPEATS_MOST) return false;
            n[i] = (uint32_t)count;
        }
        memcpy(out->option[order], n, sizeof out->option[order]);
        out->nonsense[order] = n[2];
    }
    return true;
}

/* ---- asking ---- */

struct voting {
    const struct ask *asks;
    const struct judge_ballot *ballots;
    struct judge_votes *out;
};

/* The options as an order shows them. */
static void shown_of(const struct judge_ballot *b, size_t order, struct text shown[OPTIONS]) {
    shown[0] = b->option[order];
    shown[1] = b->option[1 - order];
}

static bool count_vote(void *context, const struct answer *answer, struct error *err) {
    struct voting *v = context;
    size_t ballot = answer->ask / ORDERS, order = answer->ask % ORDERS;
    if (answer->error.kind != ERROR_NONE)
        return *err = answer->error, error_wrap(err, "judge, answer '%.*s'", TEXT_ARG(v->asks[answer->ask].id));
    struct text shown[OPTIONS];
    shown_of(&v->ballots[ballot], order, shown);
    int letter = judge_letter(answer->text, shown);
    if (letter < 0)
        v->out[ballot].nonsense[order]++;
    else
        v->out[ballot].option[order][order == 0 ? letter : 1 - letter]++;
    return true;
}

static bool prepare(struct judge *j, const struct judge_ballot *b, size_t order, size_t repeats,
                    struct message *message, struct ask *ask, struct arena *arena, struct error *err) {
    static const struct text stops[] = {TEXT("\n")};
    struct text shown[OPTIONS], prompt;
    bool chats = j->subject->capabilities & SUBJECT_CHATS;
    shown_of(b, order, shown);
    const struct wording_slot slots[] = {
        {"question", b->question}, {"response", b->response}, {"claim", b->claim}, {"a", shown[0]}, {"b", shown[1]}};
    char *id = arena_printf(arena, err, "%.*s/%zu", TEXT_ARG(b->id), order + 1);
    if (!id || !wording_fill(j->prompt[b->response.len ? 0 : 1], slots, 5, arena, &prompt, err)) return false;
    *message = (struct message){TEXT("user"), prompt};
    *ask = (struct ask){
        .id = text_of(id), .kind = ASK_GENERATE, .samples = repeats, .top_p = 1, .max_tokens = VOTE_TOKENS};
    if (repeats > 1) ask->temperature = repeat_temperature, ask->seed = 1;
    if (chats)
        ask->messages = message, ask->n_messages = 1;
    else
        ask->prompt = prompt, ask->stops = stops, ask->n_stops = 1;
    return ask_digest(ask, err);
}

bool judge_vote(struct judge *j, const struct judge_ballot *ballots, size_t n, size_t repeats, struct arena *arena,
                struct judge_votes *out, struct error *err) {
    struct ask *asks = arena_new(arena, struct ask, ORDERS * n + 1, err);
    struct message *messages = arena_new(arena, struct message, ORDERS * n + 1, err);
    struct voting v = {asks, ballots, out};
    if (!asks || !messages) return false;
    if (repeats < 1 || repeats > JUDGE_REPEATS_MOST)
        return error_set(err, ERROR_USAGE, "judge: expected 1 to %d repeats, found %zu", JUDGE_REPEATS_MOST, repeats);
    if (repeats > 1 && !subject_require(j->subject, SUBJECT_SAMPLES, "a judge that is asked several times", err))
        return false;
    for (size_t i = 0; i < n; i++) {
        out[i] = (struct judge_votes){0};
        for (size_t order = 0; order < ORDERS; order++)
            if (!prepare(j, &ballots[i], order, repeats, &messages[ORDERS * i + order], &asks[ORDERS * i + order],
                         arena, err))
                return false;
    }
    return n == 0 || subject_ask(j->subject, asks, ORDERS * n, count_vote, &v, err);
}
