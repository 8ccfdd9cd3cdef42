/* The record: what is written is read back, work goes on where it stopped, failed answers are replaced and good ones kept,
 * two processes do not write one run, the chain shows every change, foreign files are refused. */
#include "check.h"

#include "base/file.h"
#include "record/browse.h"
#include "record/record.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64], path[96];
static const char *self;

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/basanite-record-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    snprintf(path, sizeof path, "%s/r.db", folder);
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < 4; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
    return rmdir(folder);
}

static const struct record_run_key key = {.name = NULL, .command = "basanite run x", .config = "{\"seed\":1}",
                                          .suite = "x", .subject = "subject-a", .seed = 1, .build = "test"};

static struct record *open_record(enum record_mode mode) {
    struct error err = {0};
    struct record *record = record_open(path, mode, &err);
    check_ok(record);
    return record;
}

static void put_subject(struct record *record) {
    struct error err = {0};
    struct record_subject subject = {.digest = "subject-a", .spec = "script:mute", .kind = "script", .name = "mute",
                                     .capabilities = "generates"};
    check_ok(record_put_subject(record, &subject, &err));
}

/* Item i of task "t" is planned in this run, its ask is "ask-i". */
static void put_item(struct record *record, int64_t run, int i) {
    struct error err = {0};
    char id[16], digest[16], ask[16];
    snprintf(id, sizeof id, "i%d", i);
    snprintf(digest, sizeof digest, "item-%d", i);
    snprintf(ask, sizeof ask, "ask-%d", i);
    json_t *gold = json_pack("{s:i}", "index", i), *messages = json_pack("{s:s}", "prompt", "How many?");
    struct record_item item = {.digest = digest, .task = TEXT("t"), .id = text_of(id), .gold = gold};
    struct record_ask asked = {.digest = ask, .item = digest, .messages = messages, .method = "", .prompt_tokens = -1};
    check_ok(record_put_item(record, &item, &err));
    check_ok(record_put_ask(record, &asked, &err));
    check_ok(record_put_plan(record, run, TEXT("t"), (uint64_t)i, digest, ask, 1, 0, &err));
    json_decref(gold);
    json_decref(messages);
}

static int64_t put_answer(struct record *record, int64_t run, const char *ask, const char *text, const char *why) {
    struct error err = {0};
    int64_t id;
    struct record_answer answer = {.run = run, .ask = ask, .subject = "subject-a", .text = text_of(text),
                                   .finish = why ? "error" : "stop", .tokens_in = 3, .tokens_out = 1, .ms = 0.5,
                                   .error = why};
    check_ok(record_put_answer(record, &answer, &id, &err));
    return id;
}

static void test_answers(void **state) {
    (void)state;
    struct error err = {0};
    struct record *record = open_record(RECORD_WRITE);
    struct record_run run;
    struct record_answer found;
    struct arena arena;
    arena_init(&arena, 0);
    check_ok(record_begin(record, &err));
    put_subject(record);
    check_ok(record_commit(record, &err));
    check_ok(record_run_start(record, &key, RECORD_CONTINUE, &run, &err));
    assert_string_equal(run.name, "r1");
    check_ok(record_begin(record, &err));
    put_item(record, run.id, 0);
    assert_false(record_find_answer(record, "ask-0", "subject-a", 0, 0, &arena, &found, &err));
    assert_int_equal(err.kind, ERROR_NONE);
    put_answer(record, run.id, "ask-0", "", "timed out");
    assert_false(record_find_answer(record, "ask-0", "subject-a", 0, 0, &arena, &found, &err));
    assert_int_equal(err.kind, ERROR_NONE);
    int64_t good = put_answer(record, run.id, "ask-0", "four", NULL);
    /* A late second answer does not replace a good one. */
    assert_int_equal(put_answer(record, run.id, "ask-0", "five", NULL), good);
    check_ok(record_find_answer(record, "ask-0", "subject-a", 0, 0, &arena, &found, &err));
    assert_true(text_equal(found.text, TEXT("four")));
    assert_int_equal(found.tokens_in, 3);
    assert_false(record_find_answer(record, "ask-0", "subject-b", 0, 0, &arena, &found, &err));
    assert_false(record_find_answer(record, "ask-0", "subject-a", 0, 1, &arena, &found, &err));
    check_ok(record_commit(record, &err));
    arena_done(&arena);
    record_close(record);
}

struct seen {
    int rows, scored;
    double value;
    char label[16], text[16];
};

static bool see_row(void *context, const struct record_row *row, struct error *err) {
    (void)err;
    struct seen *seen = context;
    assert_int_equal(row->position, (uint64_t)seen->rows);
    seen->rows++;
    if (!row->scored) return true;
    seen->scored++;
    seen->value = row->value;
    snprintf(seen->label, sizeof seen->label, "%.*s", TEXT_ARG(row->label));
    snprintf(seen->text, sizeof seen->text, "%.*s", TEXT_ARG(row->text));
    assert_true(json_is_object(row->gold));
    return true;
}

static void test_rows(void **state) {
    (void)state;
    struct error err = {0};
    struct record *record = open_record(RECORD_WRITE);
    struct record_run run;
    put_subject(record);
    check_ok(record_run_start(record, &key, RECORD_CONTINUE, &run, &err));
    check_ok(record_begin(record, &err));
    for (int i = 0; i < 3; i++) put_item(record, run.id, i);
    int64_t answer = put_answer(record, run.id, "ask-1", "one", NULL);
    struct record_score score = {.run = run.id, .answer = answer, .item = "item-1", .scorer = "match", .version = "1", .value = 1,
                                 .label = TEXT("correct"), .parsed = "ok"};
    check_ok(record_put_score(record, &score, &err));
    score.value = 0.25; /* scoring again replaces */
    check_ok(record_put_score(record, &score, &err));
    score.scorer = "other";
    score.value = 9;
    check_ok(record_put_score(record, &score, &err));
    check_ok(record_commit(record, &err));
    struct seen seen = {0};
    check_ok(record_rows(record, run.id, TEXT("t"), "match", 0, see_row, &seen, &err));
    assert_int_equal(seen.rows, 3);
    assert_int_equal(seen.scored, 1);
    check_near(seen.value, 0.25, 0);
    assert_string_equal(seen.label, "correct");
    assert_string_equal(seen.text, "one");
    record_close(record);
}

struct browsed {
    int n;
    uint64_t position[8];
};

static bool take_browsed(void *context, const struct record_row *row, struct error *err) {
    struct browsed *b = context;
    (void)err;
    assert_true(b->n < 8);
    b->position[b->n++] = row->position;
    return true;
}

static void browse(struct record *record, struct browse_filter f, int n, uint64_t first, bool all, uint64_t next) {
    struct error err = {0};
    struct browsed seen = {0};
    struct browse_end end;
    f.task = TEXT("t");
    f.seconds = 60;
    if (!f.most) f.most = 8;
    check_ok(record_browse(record, &f, take_browsed, &seen, &end, &err));
    assert_int_equal(seen.n, n);
    if (n) assert_int_equal(seen.position[0], first);
    assert_int_equal(end.all, all);
    assert_int_equal(end.next, next);
}

/* Five samples: failed, right, wrong and not understood, answered without a score, not answered. */
static int64_t fill_for_browsing(struct record *record) {
    struct error err = {0};
    struct record_run run;
    put_subject(record);
    check_ok(record_run_start(record, &key, RECORD_CONTINUE, &run, &err));
    check_ok(record_begin(record, &err));
    for (int i = 0; i < 5; i++) put_item(record, run.id, i);
    put_answer(record, run.id, "ask-0", "", "timed out");
    int64_t right = put_answer(record, run.id, "ask-1", "Four of them", NULL);
    int64_t wrong = put_answer(record, run.id, "ask-2", "four or more", NULL);
    put_answer(record, run.id, "ask-3", "none", NULL);
    struct record_score score = {.run = run.id, .answer = right, .item = "item-1", .scorer = "match", .version = "1",
                                 .value = 1, .label = TEXT("correct"), .parsed = "ok"};
    check_ok(record_put_score(record, &score, &err));
    score.answer = wrong, score.item = "item-2", score.value = 0, score.label = TEXT("wrong"), score.parsed = "fail";
    check_ok(record_put_score(record, &score, &err));
    check_ok(record_evidence_append(record, run.id, "error", TEXT("t/i0"), "d0", &err));
    check_ok(record_evidence_append(record, run.id, "answer", TEXT("t/i1"), "d1", &err));
    check_ok(record_evidence_append(record, run.id, "answer", TEXT("t/i2"), "d2", &err));
    check_ok(record_commit(record, &err));
    return run.id;
}

static void check_pages(struct record *record, int64_t run) {
    browse(record, (struct browse_filter){.run = run}, 5, 0, true, 4);
    browse(record, (struct browse_filter){.run = run, .most = 2}, 2, 0, false, 2);
    browse(record, (struct browse_filter){.run = run, .from = 2, .most = 2}, 2, 2, false, 4);
    browse(record, (struct browse_filter){.run = run, .from = 5}, 0, 0, true, 5);
    browse(record, (struct browse_filter){.run = run + 1}, 0, 0, true, 0);
    browse(record, (struct browse_filter){.run = run, .find = TEXT("FOUR")}, 2, 1, true, 4);
    browse(record, (struct browse_filter){.run = run, .find = TEXT("how many?")}, 5, 0, true, 4);
    browse(record, (struct browse_filter){.run = run, .find = TEXT("i3")}, 1, 3, true, 4);
    browse(record, (struct browse_filter){.run = run, .label = TEXT("correct")}, 1, 1, true, 4);
    browse(record, (struct browse_filter){.run = run, .scorer = "other", .label = TEXT("correct")}, 0, 0, true, 4);
    browse(record, (struct browse_filter){.run = run, .state = BROWSE_FAILED}, 1, 0, true, 4);
    browse(record, (struct browse_filter){.run = run, .state = BROWSE_UNREAD}, 1, 2, true, 4);
    browse(record, (struct browse_filter){.run = run, .state = BROWSE_UNSCORED}, 1, 3, true, 4);
    browse(record, (struct browse_filter){.run = run, .state = BROWSE_MISSING}, 1, 4, true, 4);
}

/* Beside the one who writes. */
static void test_browse(void **state) {
    struct error err = {0};
    uint64_t answered, failed;
    (void)state;
    struct record *writing = open_record(RECORD_WRITE), *record;
    int64_t run = fill_for_browsing(writing);
    record = open_record(RECORD_READ);
    check_pages(record, run);
    check_ok(record_progress(record, run, &answered, &failed, &err));
    assert_true(answered == 2 && failed == 1);
    json_t *plan = record_plan_json(record, run, &err),
           *labels = record_label_counts(record, run, TEXT("t"), 1, 60, &err);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(plan, 0), "samples")), 5);
    assert_int_equal(json_array_size(labels), 1);
    assert_string_equal(json_string_value(json_array_get(json_array_get(labels, 0), 0)), "correct");
    json_decref(plan);
    json_decref(labels);
    assert_int_equal(record_run_writer(record, run + 1), 0);
    assert_false(record_put_fact(record, "key", TEXT("value"), &err)); /* it is open for reading */
    record_close(record);
    record_close(writing);
}

static void test_going_on(void **state) {
    (void)state;
    struct error err = {0};
    struct record *record = open_record(RECORD_WRITE);
    struct record_run first, again, other, fresh;
    put_subject(record);
    check_fails(record_run_start(record, &key, RECORD_RESUME_ONLY, &first, &err), ERROR_USAGE, "no run of these settings");
    check_ok(record_run_start(record, &key, RECORD_CONTINUE, &first, &err));
    record_close(record); /* as if killed: state running, lock gone */
    record = open_record(RECORD_WRITE);
    check_ok(record_run_start(record, &key, RECORD_CONTINUE, &again, &err));
    assert_int_equal(again.id, first.id);
    assert_true(again.resumed && !again.finished);
    check_ok(record_run_end(record, again.id, "done", &err));
    check_ok(record_run_start(record, &key, RECORD_CONTINUE, &again, &err));
    assert_true(again.id == first.id && again.finished);
    check_ok(record_run_start(record, &key, RECORD_FRESH, &fresh, &err));
    assert_int_not_equal(fresh.id, first.id);
    struct record_run_key changed = key;
    changed.config = "{\"seed\":2}";
    check_ok(record_run_start(record, &changed, RECORD_CONTINUE, &other, &err));
    assert_int_not_equal(other.id, first.id);
    changed.name = first.name;
    check_fails(record_run_start(record, &changed, RECORD_CONTINUE, &other, &err), ERROR_USAGE, "other settings");
    record_close(record);
}

/* Run as a child: holds the run until its input ends. */
static int hold_run(const char *record_file) {
    struct error err = {0};
    struct record_run run;
    struct record *record = record_open(record_file, RECORD_WRITE, &err);
    if (!record || !record_run_start(record, &key, RECORD_CONTINUE, &run, &err)) return 1;
    if (write(STDOUT_FILENO, "held\n", 5) != 5) return 1;
    char c;
    while (read(STDIN_FILENO, &c, 1) > 0) {}
    return 0;
}

struct holder {
    pid_t pid;
    int to, from;
};

static void start_holder(struct holder *h) {
    int in[2], out[2];
    char line[6] = "";
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    h->pid = fork();
    if (h->pid == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        close(in[1]);
        execl(self, self, "hold", path, (char *)NULL);
        _exit(1);
    }
    close(in[0]);
    close(out[1]);
    h->to = in[1];
    h->from = out[0];
    for (size_t n = 0; n < 5;) {
        ssize_t got = read(h->from, line + n, 5 - n);
        if (got <= 0) fail_msg("the other process does not hold the run");
        n += (size_t)got;
    }
}

static void test_two_processes(void **state) {
    (void)state;
    struct error err = {0};
    struct record_run run;
    struct holder holder;
    start_holder(&holder);
    struct record *record = open_record(RECORD_WRITE);
    check_fails(record_run_start(record, &key, RECORD_CONTINUE, &run, &err), ERROR_ENVIRONMENT, "process");
    /* Other work on the same record goes on. */
    struct record_run_key changed = key;
    changed.config = "{\"seed\":3}";
    check_ok(record_run_start(record, &changed, RECORD_CONTINUE, &run, &err));
    kill(holder.pid, SIGKILL);
    waitpid(holder.pid, NULL, 0);
    close(holder.to);
    close(holder.from);
    check_ok(record_run_start(record, &key, RECORD_CONTINUE, &run, &err));
    assert_true(run.resumed);
    record_close(record);
}

static void sql(const char *statement) {
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, statement, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void test_chain(void **state) {
    (void)state;
    struct error err = {0};
    struct record *record = open_record(RECORD_WRITE);
    struct record_run run;
    uint64_t n, walked;
    char head[HASH_HEX], same[HASH_HEX], computed[HASH_HEX], digest[HASH_HEX];
    put_subject(record);
    check_ok(record_run_start(record, &key, RECORD_CONTINUE, &run, &err));
    for (int i = 0; i < 5; i++) {
        char ref[16];
        snprintf(ref, sizeof ref, "t#i%d#0", i);
        check_ok(record_evidence_append(record, run.id, "answer", text_of(ref), "d1", &err));
    }
    check_ok(record_evidence_state(record, run.id, &n, head, &err));
    assert_int_equal(n, 5);
    check_ok(record_chain_verify(record, run.id, &walked, same, &err));
    assert_int_equal(walked, 5);
    assert_string_equal(head, same);
    /* The same again changes nothing, another digest supersedes. */
    check_ok(record_evidence_append(record, run.id, "answer", TEXT("t#i2#0"), "d1", &err));
    check_ok(record_evidence_state(record, run.id, &n, same, &err));
    assert_int_equal(n, 5);
    check_ok(record_evidence_append(record, run.id, "answer", TEXT("t#i2#0"), "d2", &err));
    check_ok(record_evidence_find(record, run.id, TEXT("t#i2#0"), digest, &err));
    assert_string_equal(digest, "d2");
    record_evidence_hash(head, "answer", TEXT("t#i2#0"), "d2", computed);
    check_ok(record_evidence_state(record, run.id, &n, same, &err));
    assert_int_equal(n, 6);
    assert_string_equal(same, computed);
    record_close(record);

    sql("update evidence set digest = 'd9' where seq = 3");
    record = open_record(RECORD_READ);
    check_fails(record_chain_verify(record, run.id, &walked, same, &err), ERROR_DATA, "breaks at entry 3");
    record_close(record);
    sql("update evidence set digest = 'd1' where seq = 3");
    record = open_record(RECORD_READ);
    check_ok(record_chain_verify(record, run.id, &walked, same, &err));
    record_close(record);
    sql("delete from evidence where seq = 2");
    record = open_record(RECORD_READ);
    check_fails(record_chain_verify(record, run.id, &walked, same, &err), ERROR_DATA, "evidence 2 is missing");
    record_close(record);
}

static bool count_row(void *context, const json_t *row, bool header, struct error *err) {
    (void)row;
    (void)err;
    *(int *)context += !header;
    return true;
}

/* sha256(prev "\n" kind "\n" ref "\n" digest), put together by hand: every part counts. */
static void test_chain_hash(void **state) {
    (void)state;
    char hash[HASH_HEX], expected[HASH_HEX];
    record_evidence_hash("aa", "answer", TEXT("task/1"), "bb", hash);
    sha256_hex("aa\nanswer\ntask/1\nbb", strlen("aa\nanswer\ntask/1\nbb"), expected);
    assert_string_equal(hash, expected);
}

static void test_queries(void **state) {
    (void)state;
    struct error err = {0};
    struct record *record = open_record(RECORD_WRITE);
    struct record_run run;
    int rows = 0;
    put_subject(record);
    check_ok(record_run_start(record, &key, RECORD_CONTINUE, &run, &err));
    check_ok(record_query(record, TEXT("select name from runs"), 5, count_row, &rows, &err));
    assert_int_equal(rows, 1);
    static const char *const refused[] = {"delete from runs", "update runs set name = 'x'", "pragma user_version = 9",
                                          "attach 'x.db' as x", "select load_extension('x')",
                                          "select 1; drop table runs", "create table x(a)"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        error_clear(&err);
        if (record_query(record, text_of(refused[i]), 5, count_row, &rows, &err)) fail_msg("'%s' ran", refused[i]);
        assert_int_equal(err.kind, ERROR_USAGE);
    }
    check_fails(record_query(record, TEXT("with recursive c(n) as (select 1 union all select n + 1 from c) select "
                                          "count(*) from c"), 0.3, count_row, &rows, &err), ERROR_ENVIRONMENT, "too long");
    rows = 0;
    check_ok(record_query(record, TEXT("select * from runs"), 5, count_row, &rows, &err));
    assert_int_equal(rows, 1);
    check_fails(record_export(record, run.id, "answer", count_row, &rows, &err), ERROR_USAGE, "did you mean 'answers'?");
    record_close(record);
}

static double value_of_run(struct record *record, int64_t run) {
    struct error err = {0};
    struct seen seen = {.value = NAN};
    check_ok(record_rows(record, run, TEXT("t"), "match", 0, see_row, &seen, &err));
    return seen.value;
}

/* Runs of other settings share an answer; each keeps what it made of it. */
static void test_scores_of_runs(void **state) {
    (void)state;
    struct error err = {0};
    struct record *record = open_record(RECORD_WRITE);
    struct record_run run[2];
    put_subject(record);
    for (int i = 0; i < 2; i++) {
        struct record_run_key other = key;
        other.seed += (uint64_t)i;
        check_ok(record_run_start(record, &other, RECORD_CONTINUE, &run[i], &err));
        put_item(record, run[i].id, 0);
        struct record_score score = {.run = run[i].id, .answer = put_answer(record, run[i].id, "ask-0", "one", NULL),
                                     .item = "item-0", .scorer = "match", .version = "1", .value = i ? 0.75 : 0.25,
                                     .label = TEXT("correct"), .parsed = "ok"};
        check_ok(record_put_score(record, &score, &err));
    }
    check_near(value_of_run(record, run[0].id), 0.25, 0);
    check_near(value_of_run(record, run[1].id), 0.75, 0);
    record_close(record);
}

/* A file of version 1: scores belonged to answers. Each run takes over that of its own scorer, in its own version. */
static void test_older_scores(void **state) {
    (void)state;
    struct error err = {0};
    struct record *record = open_record(RECORD_WRITE);
    struct record_run run[2];
    put_subject(record);
    for (int i = 0; i < 2; i++) {
        struct record_run_key of_task = key;
        of_task.config = i ? "{\"tasks\":[{\"scorer\":\"match\",\"scorer_version\":\"2\",\"task\":\"t\"}]}"
                           : "{\"tasks\":[{\"scorer\":\"match\",\"scorer_version\":\"1\",\"task\":\"t\"}]}";
        check_ok(record_run_start(record, &of_task, RECORD_CONTINUE, &run[i], &err));
        put_item(record, run[i].id, 0);
        put_answer(record, run[i].id, "ask-0", "one", NULL);
    }
    record_close(record);
    sql("drop table scores;"
        "create table scores(id integer primary key, answer integer, item text, scorer text, version text, value real,"
        "  label text, parsed text, evidence text, judge text, ms real, unique(answer, item, scorer, version)) strict;"
        "insert into scores(answer, item, scorer, version, value, label) values(1, 'item-0', 'match', '1', 0.25, 'a'),"
        "  (1, 'item-0', 'match', '2', 0.75, 'b'), (1, 'item-0', 'other', '1', 9, 'c'), (1, 'item-9', 'match', '1', 9, 'd');"
        "pragma user_version = 1");
    check_fails(record_open(path, RECORD_READ, &err), ERROR_DATA, "schema version 1, older than 2");
    record = open_record(RECORD_WRITE);
    check_near(value_of_run(record, run[0].id), 0.25, 0);
    check_near(value_of_run(record, run[1].id), 0.75, 0);
    int scores = 0;
    check_ok(record_query(record, TEXT("select * from scores"), 5, count_row, &scores, &err));
    assert_int_equal(scores, 2);
    record_close(record);
    record_close(open_record(RECORD_READ));
}

static void test_foreign_files(void **state) {
    (void)state;
    struct error err = {0};
    check_fails(record_open(path, RECORD_READ, &err), ERROR_DATA, "r.db");
    check_ok(file_write(path, TEXT("this is a text, not a database, and long enough"), &err));
    check_fails(record_open(path, RECORD_WRITE, &err), ERROR_DATA, "is no record");
    unlink(path);
    sql("create table bread(price real)");
    check_fails(record_open(path, RECORD_WRITE, &err), ERROR_DATA, "something else");
    unlink(path);
    record_close(open_record(RECORD_WRITE));
    sql("pragma user_version = 999");
    check_fails(record_open(path, RECORD_WRITE, &err), ERROR_DATA, "newer basanite");
    check_fails(record_open("/nowhere/at/all.db", RECORD_WRITE, &err), ERROR_ENVIRONMENT, "/nowhere");
}

/* What does not fit is refused; it was left out without a word. */
static void test_long_values(void **state) {
    (void)state;
    struct error err = {0};
    struct record *record = open_record(RECORD_WRITE);
    size_t n = (size_t)65 << 20;
    char *letters = malloc(n);
    assert_non_null(letters);
    memset(letters, 'a', n);
    json_t *gold = json_stringn(letters, n);
    struct record_item item = {.digest = "item-long", .task = TEXT("t"), .id = TEXT("i"), .gold = gold};
    check_fails(record_put_item(record, &item, &err), ERROR_DATA, "longer than");
    json_decref(gold);
    free(letters);
    record_close(record);
}

#define RECORD_TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)

int main(int argc, char **argv) {
    self = argv[0];
    if (argc == 3 && strcmp(argv[1], "hold") == 0) return hold_run(argv[2]);
    const struct CMUnitTest tests[] = {
        RECORD_TEST(test_answers), RECORD_TEST(test_rows),    RECORD_TEST(test_going_on), RECORD_TEST(test_two_processes),
        RECORD_TEST(test_chain), cmocka_unit_test(test_chain_hash),   RECORD_TEST(test_queries), RECORD_TEST(test_foreign_files),
        RECORD_TEST(test_long_values), RECORD_TEST(test_scores_of_runs), RECORD_TEST(test_older_scores), RECORD_TEST(test_browse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
