/* Subjects, items, asks, plans, answers and scores. */
#include "record/record_internal.h"

#include <math.h>
#include <string.h>

bool record_put_subject(struct record *record, const struct record_subject *subject, struct error *err) {
    sqlite3_stmt *s = record_statement(record, STATEMENT_PUT_SUBJECT, err);
    if (!s) return false;
    const char *texts[] = {subject->digest, subject->spec, subject->kind, subject->name};
    for (int i = 0; i < 4; i++) bind_c(s, i + 1, texts[i]);
    if (!bind_json(s, 5, subject->files, err)) return false;
    bind_c(s, 6, subject->tokenizer);
    bind_c(s, 7, subject->template_digest);
    bind_c(s, 8, subject->capabilities);
    return record_done(record, s, err);
}

bool record_put_item(struct record *record, const struct record_item *item, struct error *err) {
    sqlite3_stmt *s = record_statement(record, STATEMENT_PUT_ITEM, err);
    if (!s) return false;
    bind_c(s, 1, item->digest);
    const struct text texts[] = {item->task, item->id, item->split, item->group, item->lang,
                                 item->pair, item->twin, item->cluster, item->ref};
    for (int i = 0; i < 9; i++) bind_text(s, i + 2, texts[i]);
    if (!bind_json(s, 11, item->gold, err)) return false;
    bind_text(s, 12, item->source);
    bind_text(s, 13, item->licence);
    return record_done(record, s, err);
}

bool record_put_ask(struct record *record, const struct record_ask *ask, struct error *err) {
    sqlite3_stmt *s = record_statement(record, STATEMENT_PUT_ASK, err);
    if (!s) return false;
    bind_c(s, 1, ask->digest);
    bind_c(s, 2, ask->item);
    if (!bind_json(s, 3, ask->messages, err) || !bind_json(s, 4, ask->want, err)) return false;
    bind_c(s, 5, ask->method);
    if (ask->prompt_tokens >= 0) sqlite3_bind_int64(s, 6, ask->prompt_tokens);
    return record_done(record, s, err);
}

bool record_put_plan(struct record *record, int64_t run, struct text task, uint64_t position, const char *item,
                     const char *ask, uint64_t samples, uint64_t seed, struct error *err) {
    sqlite3_stmt *s = record_statement(record, STATEMENT_PUT_PLAN, err);
    if (!s) return false;
    sqlite3_bind_int64(s, 1, run);
    bind_text(s, 2, task);
    sqlite3_bind_int64(s, 3, (sqlite3_int64)position);
    bind_c(s, 4, item);
    bind_c(s, 5, ask);
    sqlite3_bind_int64(s, 6, (sqlite3_int64)samples);
    sqlite3_bind_int64(s, 7, (sqlite3_int64)seed);
    return record_done(record, s, err);
}

static void bind_answer_key(sqlite3_stmt *s, const char *ask, const char *subject, uint64_t sample, uint64_t seed) {
    bind_c(s, 1, ask);
    bind_c(s, 2, subject);
    sqlite3_bind_int64(s, 3, (sqlite3_int64)sample);
    sqlite3_bind_int64(s, 4, (sqlite3_int64)seed);
}

static const char *finish_word(struct text t) {
    return text_equal_c(t, "length") ? "length" : text_equal_c(t, "error") ? "error" : "stop";
}

bool record_find_answer(struct record *record, const char *ask, const char *subject, uint64_t sample, uint64_t seed,
                        struct arena *arena, struct record_answer *out, struct error *err) {
    error_clear(err);
    sqlite3_stmt *s = record_statement(record, STATEMENT_FIND_ANSWER, err);
    if (!s) return false;
    bind_answer_key(s, ask, subject, sample, seed);
    int found = record_step(record, s, err);
    if (found != 1) return sqlite3_reset(s), false;
    struct text text = column_text(s, 2);
    char *copy = text_copy(arena, text, err);
    *out = (struct record_answer){.id = sqlite3_column_int64(s, 0), .run = sqlite3_column_int64(s, 1), .ask = ask,
                                  .subject = subject, .sample = sample, .seed = seed, .text = {copy, text.len},
                                  .finish = finish_word(column_text(s, 3)), .tokens_in = sqlite3_column_int64(s, 4),
                                  .tokens_out = sqlite3_column_int64(s, 5), .logprobs = column_json(s, 6),
                                  .ms = column_real(s, 7)};
    sqlite3_reset(s);
    if (copy) return true;
    json_decref((json_t *)out->logprobs);
    return false;
}

/* The row that is there already: 1 a good answer, 0 none or a failed one (*id: its number or 0), -1 error. */
static int answer_there(struct record *record, const struct record_answer *a, int64_t *id, struct error *err) {
    sqlite3_stmt *s = record_statement(record, STATEMENT_ANSWER_STATE, err);
    if (!s) return -1;
    bind_answer_key(s, a->ask, a->subject, a->sample, a->seed);
    int found = record_step(record, s, err);
    if (found == 1) {
        *id = sqlite3_column_int64(s, 0);
        found = text_equal_c(column_text(s, 1), "error") ? 0 : 1;
    }
    sqlite3_reset(s);
    return found;
}

bool record_put_answer(struct record *record, const struct record_answer *a, int64_t *id, struct error *err) {
    *id = 0;
    int there = answer_there(record, a, id, err);
    if (there != 0) return there == 1;
    sqlite3_stmt *s = record_statement(record, STATEMENT_PUT_ANSWER, err);
    if (!s) return false;
    if (*id) sqlite3_bind_int64(s, 1, *id);
    sqlite3_bind_int64(s, 2, a->run);
    bind_c(s, 3, a->ask);
    bind_c(s, 4, a->subject);
    sqlite3_bind_int64(s, 5, (sqlite3_int64)a->sample);
    sqlite3_bind_int64(s, 6, (sqlite3_int64)a->seed);
    bind_text(s, 7, a->text);
    bind_c(s, 8, a->finish);
    sqlite3_bind_int64(s, 9, a->tokens_in);
    sqlite3_bind_int64(s, 10, a->tokens_out);
    if (!bind_json(s, 11, a->logprobs, err)) return false;
    bind_real(s, 12, a->ms);
    bind_c(s, 13, a->error);
    if (!record_done(record, s, err)) return false;
    if (!*id) *id = sqlite3_last_insert_rowid(record->db);
    return true;
}

bool record_put_score(struct record *record, const struct record_score *score, struct error *err) {
    sqlite3_stmt *s = record_statement(record, STATEMENT_PUT_SCORE, err);
    if (!s) return false;
    sqlite3_bind_int64(s, 1, score->run);
    sqlite3_bind_int64(s, 2, score->answer);
    bind_c(s, 3, score->item);
    bind_c(s, 4, score->scorer);
    bind_c(s, 5, score->version);
    bind_real(s, 6, score->value);
    bind_text(s, 7, score->label);
    bind_c(s, 8, score->parsed);
    if (!bind_json(s, 9, score->evidence, err)) return false;
    bind_c(s, 10, score->judge);
    return record_done(record, s, err);
}
