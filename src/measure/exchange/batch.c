/* Files of a batch endpoint: see batch.h. */
#include "measure/exchange/batch.h"

#include "measure/exchange/foreign.h"
#include "subject/openai_reply.h"
#include "subject/openai_request.h"

#include <math.h>
#include <string.h>

#define QUERY_SECONDS 3600
#define REQUEST_MOST ((size_t)64 << 20)
#define STOPS_MOST 1000
#define COMMIT_EVERY 256

/* ---- an ask from what the record keeps of it */

static bool read_stops(const json_t *want, struct arena *arena, struct ask *ask, struct error *err) {
    const json_t *stops = json_object_get(want, "stop");
    ask->n_stops = json_array_size(stops) < STOPS_MOST ? json_array_size(stops) : STOPS_MOST;
    struct text *list = arena_new(arena, struct text, ask->n_stops + 1, err);
    for (size_t i = 0; list && i < ask->n_stops; i++) list[i] = json_text(json_array_get(stops, i));
    ask->stops = list;
    return list != NULL;
}

static bool read_messages(const json_t *messages, struct arena *arena, struct ask *ask, struct error *err) {
    if (json_is_object(messages)) return ask->prompt = json_text(json_object_get(messages, "prompt")), true;
    ask->n_messages = json_array_size(messages);
    struct message *list = arena_new(arena, struct message, ask->n_messages + 1, err);
    for (size_t i = 0; list && i < ask->n_messages; i++) {
        const json_t *m = json_array_get(messages, i);
        list[i] = (struct message){json_text(json_object_get(m, "role")), json_text(json_object_get(m, "content"))};
    }
    ask->messages = list;
    return list != NULL;
}

static bool read_ask(const json_t *messages, const json_t *want, uint64_t seed, struct arena *arena, struct ask *ask,
                     struct error *err) {
    const json_t *schema = json_object_get(want, "schema"), *grammar = json_object_get(want, "grammar");
    *ask = (struct ask){.kind = ASK_GENERATE,
                        .samples = 1,
                        .seed = seed,
                        .max_tokens = (size_t)json_integer_value(json_object_get(want, "max_tokens")),
                        .temperature = json_number_value(json_object_get(want, "temperature")),
                        .top_p = json_number_value(json_object_get(want, "top_p")),
                        .top_k = (size_t)json_integer_value(json_object_get(want, "top_k")),
                        .form = schema    ? ASK_SCHEMA
                                : grammar ? ASK_GRAMMAR
                                          : ASK_FREE,
                        .form_source = json_text(schema ? schema : grammar)};
    return read_stops(want, arena, ask, err) && read_messages(messages, arena, ask, err);
}

/* ---- requests */

struct requests {
    struct buffer *out;
    struct arena arena; /* of one request */
    struct text model;
    int64_t run;
    uint64_t n;
};

/* What the endpoint calls the model: behind '#' of an openai subject, behind batch:. */
static struct text model_of(struct text spec) {
    size_t hash = text_find(spec, TEXT("#"), 0);
    if (text_starts(spec, TEXT("batch:"))) return text_part(spec, 6, spec.len);
    return text_starts(spec, TEXT("openai:")) && hash != SIZE_MAX ? text_part(spec, hash + 1, spec.len) : spec;
}

static bool put_request(struct requests *r, struct text digest, int64_t sample, const struct ask *ask,
                        struct error *err) {
    struct openai_manner manner = {.model = r->model};
    struct buffer body;
    buffer_init(&body, REQUEST_MOST);
    bool ok = openai_put_generate(&body, &manner, ask, (size_t)sample, err);
    buffer_printf(r->out,
                  "{\"custom_id\":\"%lld-%.*s-%lld\",\"method\":\"POST\",\"url\":\"%s\",\"body\":", (long long)r->run,
                  BATCH_DIGITS, digest.at, (long long)sample,
                  openai_is_chat(&manner, ask) ? "/v1/chat/completions" : "/v1/completions");
    buffer_put_text(r->out, buffer_text(&body));
    buffer_put_c(r->out, "}\n");
    buffer_done(&body);
    r->n++;
    return ok && buffer_check(r->out, "requests", err);
}

/* A row of the query: ask, messages, want, sample, seed. */
static bool put_row(void *context, const json_t *row, bool header, struct error *err) {
    struct requests *r = context;
    if (header) return true;
    struct text digest = json_text(json_array_get(row, 0));
    json_t *messages = json_read(json_text(json_array_get(row, 1)), "record", 1, err), *want = NULL;
    if (messages) want = json_read(json_text(json_array_get(row, 2)), "record", 1, err);
    struct ask ask;
    bool ok = messages && want && digest.len > BATCH_DIGITS;
    if (ok && !text_equal_c(json_text(json_object_get(want, "kind")), "generate"))
        ok = error_set(err, ERROR_DATA, "ask %.*s compares log-probabilities, which a batch endpoint does not give",
                       BATCH_DIGITS, digest.at);
    ok = ok && read_ask(messages, want, (uint64_t)json_integer_value(json_array_get(row, 4)), &r->arena, &ask, err) &&
         put_request(r, digest, json_integer_value(json_array_get(row, 3)), &ask, err);
    json_decref(messages);
    json_decref(want);
    arena_reset(&r->arena);
    return ok;
}

bool batch_put_requests(struct buffer *out, struct record *record, const char *run, struct error *err) {
    json_t *r = record_run_json(record, run, err);
    if (!r) return false;
    const json_t *subject = json_object_get(r, "subject");
    struct requests requests = {.out = out,
                                .run = json_integer_value(json_object_get(r, "id")),
                                .model = model_of(json_text(json_object_get(subject, "spec")))};
    char sql[512];
    snprintf(sql, sizeof sql,
             "select q.digest, q.messages, q.want, a.sample, a.seed from answers a join asks q on q.digest = a.ask "
             "where a.run = %lld and a.finish = 'error' order by a.id",
             (long long)requests.run);
    arena_init(&requests.arena, REQUEST_MOST);
    bool ok = record_query(record, text_of(sql), QUERY_SECONDS, put_row, &requests, err);
    if (ok && requests.n == 0)
        ok = error_set(err, ERROR_DATA, "run '%s' lacks no answer, so there is nothing to send",
                       json_string_value(json_object_get(r, "name")));
    arena_done(&requests.arena);
    json_decref(r);
    return ok;
}

/* ---- responses */

bool batch_id_read(struct text id, struct batch_id *out) {
    struct text rest = id, run, ask;
    int64_t number;
    uint64_t sample;
    if (!text_next(&rest, '-', &run) || !text_next(&rest, '-', &ask) || ask.len != BATCH_DIGITS) return false;
    if (!text_to_i64(run, &number) || number < 1 || !text_to_u64(rest, &sample) || sample > INT32_MAX) return false;
    *out = (struct batch_id){.run = number, .sample = sample};
    for (size_t i = 0; i < BATCH_DIGITS; i++) {
        if (!strchr("0123456789abcdef", ask.at[i]) || !ask.at[i]) return false;
        out->ask[i] = ask.at[i];
    }
    return true;
}

static void tell(char out[512], const char *before, struct text what) {
    char quoted[400];
    openai_quote(what, quoted, sizeof quoted);
    snprintf(out, 512, "%s%s", before, quoted);
}

bool batch_response_read(const json_t *row, struct json_place place, struct batch_response *out, struct error *err) {
    const json_t *id = json_object_get(row, "custom_id"), *response = json_object_get(row, "response"),
                 *error = json_object_get(row, "error"), *status = json_object_get(response, "status_code");
    *out = (struct batch_response){.body = json_object_get(response, "body")};
    if (!json_is_string(id)) return json_mismatch(id, "custom_id", place, "a text (is this a file of responses?)", err);
    if (!batch_id_read(json_text(id), &out->id))
        return error_set(err, ERROR_DATA,
                         "%s:%zu: custom_id '%.80s' is none that `record export --format openai-batch` wrote",
                         place.file, place.line, json_string_value(id));
    bool bad = json_is_integer(status) && (json_integer_value(status) < 200 || json_integer_value(status) > 299);
    const json_t *message = json_object_get(error, "message");
    if (!message && bad) message = json_object_get(json_object_get(out->body, "error"), "message");
    if (json_is_object(error) || bad || !json_is_object(out->body)) {
        out->body = NULL;
        tell(out->error,
             "the batch endpoint failed: ", json_is_string(message) ? json_text(message) : TEXT("no reason was given"));
    }
    return true;
}

struct importer {
    struct record *record;
    struct batch_result *result;
    struct arena arena; /* of a line */
    /* what the query found */
    uint64_t found;
    int64_t run, seed;
    char ask[HASH_HEX], subject[HASH_HEX];
    bool answered;
    json_t *want;
    struct json_place place;
};

/* A row: ask, subject, seed, finish, want, name of the run. */
static bool take_row(void *context, const json_t *row, bool header, struct error *err) {
    struct importer *im = context;
    if (header) return true;
    im->found++;
    snprintf(im->ask, sizeof im->ask, "%s",
             json_string_value(json_array_get(row, 0)) ? json_string_value(json_array_get(row, 0)) : "");
    snprintf(im->subject, sizeof im->subject, "%s",
             json_string_value(json_array_get(row, 1)) ? json_string_value(json_array_get(row, 1)) : "");
    im->seed = json_integer_value(json_array_get(row, 2));
    im->answered = !text_equal_c(json_text(json_array_get(row, 3)), "error");
    json_decref(im->want);
    im->want = json_read(json_text(json_array_get(row, 4)), "record", 1, err);
    if (!im->result->run[0])
        snprintf(im->result->run, sizeof im->result->run, "%s", json_string_value(json_array_get(row, 5)));
    return im->want != NULL;
}

static bool find_ask(struct importer *im, const struct batch_id *id, struct error *err) {
    char sql[640];
    im->found = 0;
    snprintf(sql, sizeof sql,
             "select a.ask, a.subject, a.seed, a.finish, q.want, r.name from answers a join asks q on q.digest = a.ask "
             "join runs r on r.id = a.run "
             "where a.ask >= '%s' and a.ask < '%sg' and a.sample = %llu and a.run = %lld",
             id->ask, id->ask, (unsigned long long)id->sample, (long long)id->run);
    if (!record_query(im->record, text_of(sql), QUERY_SECONDS, take_row, im, err)) return false;
    return im->found == 1 || error_set(err, ERROR_DATA,
                                       "%s:%zu: record '%s' has no ask that this answers; import it into the record "
                                       "that the requests came from",
                                       im->place.file, im->place.line, record_path(im->record));
}

static bool put_answer(struct importer *im, const struct batch_response *r, struct error *err) {
    struct openai_reply reply = {0};
    struct ask ask;
    struct buffer body;
    struct error why = {0};
    int64_t id;
    buffer_init(&body, OPENAI_REPLY_MAX);
    struct record_answer answer = {.run = r->id.run,
                                   .ask = im->ask,
                                   .subject = im->subject,
                                   .sample = r->id.sample,
                                   .seed = (uint64_t)im->seed,
                                   .finish = "error",
                                   .ms = NAN,
                                   .error = r->error,
                                   .text = TEXT("")};
    bool ok = read_ask(NULL, im->want, 0, &im->arena, &ask, err);
    if (ok && r->body && (json_put(&body, r->body, 0), buffer_check(&body, "response", err)) &&
        openai_reply_read(&im->arena, buffer_text(&body), &reply, &why)) {
        answer.text = openai_cut(reply.text, &ask);
        answer.finish = reply.finish == ANSWER_LENGTH ? "length" : "stop";
        answer.error = NULL;
        answer.tokens_in = (int64_t)reply.tokens_in;
        answer.tokens_out = (int64_t)reply.tokens_out;
    } else if (r->body) {
        answer.error = why.message;
    }
    ok = ok && record_put_answer(im->record, &answer, &id, err);
    im->result->failed += answer.error != NULL;
    im->result->answers += answer.error == NULL;
    openai_reply_done(&reply);
    buffer_done(&body);
    return ok;
}

static bool take_line(struct importer *im, const json_t *row, struct error *err) {
    struct batch_response r;
    if (!batch_response_read(row, im->place, &r, err) || !find_ask(im, &r.id, err)) return false;
    if (im->answered) return im->result->known++, true;
    bool ok = put_answer(im, &r, err);
    arena_reset(&im->arena);
    return ok;
}

bool batch_claims(struct text beginning) {
    return text_starts(text_trim(beginning), TEXT("{")) && text_find(beginning, TEXT("\"custom_id\""), 0) != SIZE_MAX;
}

bool batch_import(struct record *record, const char *path, struct batch_result *result, struct error *err) {
    struct foreign_lines lines;
    struct importer im = {.record = record, .result = result};
    *result = (struct batch_result){0};
    if (!foreign_lines_open(&lines, path, foreign_name(path), err)) return false;
    arena_init(&im.arena, REQUEST_MOST);
    json_t *row;
    int state = 0;
    uint64_t pending = 0;
    bool ok = true;
    while (ok && (state = foreign_lines_next(&lines, &row, err)) == 1) {
        im.place = (struct json_place){lines.shown, lines.line, ""};
        ok = (pending > 0 || record_begin(record, err)) && take_line(&im, row, err);
        json_decref(row);
        if (ok && ++pending == COMMIT_EVERY) ok = (pending = 0, record_commit(record, err));
    }
    ok = ok && state == 0 && (pending == 0 || record_commit(record, err));
    if (!ok) record_rollback(record);
    json_decref(im.want);
    foreign_lines_close(&lines);
    arena_done(&im.arena);
    return ok;
}
