/* Model files as subjects: prompts, borders, known scores of stories260K (golden.json there says how they were made),
 * and the same bytes for any number of threads, batch and sharing. */
#include "answers.h"

#include "base/file.h"
#include "base/hash.h"
#include "lm/train/trainable.h"

#include <unistd.h>

static const char *root;
static char folder[2048];

static void need_model(void) {
    snprintf(folder, sizeof folder, "%s/../shared/data/models/stories260K", root);
    if (file_exists(folder)) return;
    print_message("skipped: %s is not there\n", folder);
    skip();
}

static const char *model_path(const char *name) {
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static struct subject *open_model(const char *name, const struct subject_settings *settings) {
    struct error err = {0};
    struct subject *s = subject_open(text_of(model_path(name)), settings, &err);
    check_ok(s);
    return s;
}

static struct ask prompt_ask(const char *id, const char *prompt, size_t max_tokens) {
    return (struct ask){
        .id = text_of(id), .kind = ASK_GENERATE, .prompt = text_of(prompt), .samples = 1, .max_tokens = max_tokens};
}

static void a_model_file_states_what_it_is(void **state) {
    need_model();
    char hex[HASH_HEX];
    struct error err = {0};
    struct subject *s = open_model("stories260K-v3.gguf", NULL);
    assert_string_equal(s->kind->name, "file");
    assert_string_equal(s->name, "stories260K-v3.gguf");
    check_ok(sha256_file(model_path("stories260K-v3.gguf"), hex, &err));
    assert_string_equal(s->digest, hex);
    assert_int_equal(strlen(s->tokenizer), 64);
    assert_int_equal(strlen(s->template_digest), 0);
    assert_int_equal(s->capabilities, SUBJECT_GENERATES | SUBJECT_SAMPLES | SUBJECT_SCORES | SUBJECT_TOKEN_LOGPROBS |
                                          SUBJECT_REPRODUCES | SUBJECT_FOLLOWS);
    assert_non_null(strstr(s->lacks, "no chat template"));
    assert_int_equal(json_array_size(s->files), 1);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(s->files, 0), "bytes")), 1054336);
    check_fails(subject_require(s, SUBJECT_CHATS, "the task", &err), ERROR_USAGE, "chat template");
    subject_close(s);
}

/* Sums of the golden log-probabilities; f64 there, f32 here. */
static void scores_are_the_known_ones(void **state) {
    need_model();
    static const char *const files[] = {"stories260K-v3.gguf", "stories260K.bin", "model.safetensors"};
    struct error err = {0};
    json_t *golden = json_read_file(model_path("golden.json"), (size_t)1 << 20, &err);
    check_ok(golden);
    const json_t *logp = json_object_get(json_array_get(json_object_get(golden, "logprobs"), 0), "logp");
    double whole = 0, rest = 0;
    for (size_t i = 0; i < 15; i++) {
        double v = json_number_value(json_array_get(logp, i));
        whole += v;
        if (i >= 5) rest += v;
    }
    struct text all = TEXT("Once upon a time, there was a little girl named Lily."),
                from5 = TEXT(" there was a little girl named Lily."),
                bare = TEXT("there was a little girl named Lily.");
    struct ask asks[] = {
        {.id = TEXT("whole"), .kind = ASK_SCORE, .prompt = TEXT(""), .choices = &all, .n_choices = 1},
        {.id = TEXT("rest"), .kind = ASK_SCORE, .prompt = TEXT("Once upon a time,"), .choices = &from5, .n_choices = 1},
        {.id = TEXT("blank"),
         .kind = ASK_SCORE,
         .prompt = TEXT("Once upon a time, "),
         .choices = &bare,
         .n_choices = 1},
    };
    for (size_t f = 0; f < 3; f++) {
        struct answers a;
        answers_init(&a);
        struct subject *s = open_model(files[f], NULL);
        answers_ask(&a, s, asks, 3);
        check_near(a.all[0].choices[0].logprob, whole, 1e-3);
        assert_int_equal(a.all[0].choices[0].tokens, 15);
        assert_int_equal(a.all[0].tokens_in, 16); /* with BOS, once */
        check_near(a.all[1].choices[0].logprob, rest, 1e-3);
        assert_int_equal(a.all[1].choices[0].tokens, 10);
        assert_int_equal(a.all[1].choices[0].bytes, from5.len);
        assert_true(a.all[2].choices[0].logprob == a.all[1].choices[0].logprob);
        assert_int_equal(a.all[2].choices[0].tokens, 10);
        subject_close(s);
        answers_done(&a);
    }
    json_decref(golden);
}

static void greedy_text_is_the_known_one(void **state) {
    need_model();
    struct answers a;
    answers_init(&a);
    struct subject *s = open_model("stories260K-v3.gguf", NULL);
    struct text stop = TEXT("park");
    struct ask asks[] = {prompt_ask("a", "One day, a cat", 12), prompt_ask("b", "One day, a cat", 40)};
    asks[0].samples = 2;
    asks[1].stops = &stop;
    asks[1].n_stops = 1;
    answers_ask(&a, s, asks, 2);
    assert_true(text_is(a.all[0].text, " named Tom went to the park with his"));
    assert_int_equal(a.all[0].finish, ANSWER_LENGTH);
    assert_int_equal(a.all[0].tokens_out, 12);
    assert_int_equal(a.all[0].tokens_in, 7);
    assert_non_null(a.all[0].logprobs);
    assert_true(text_equal(a.all[0].text, a.all[1].text));
    assert_int_equal(a.all[2].finish, ANSWER_STOP);
    assert_true(text_find(a.all[2].text, stop, 0) == SIZE_MAX);
    subject_close(s);
    answers_done(&a);
}

/* Generated tokens' log-probabilities equal the score of the same continuation. */
static void scoring_agrees_with_generating(void **state) {
    need_model();
    struct answers a;
    answers_init(&a);
    struct subject *s = open_model("stories260K-v3.gguf", NULL);
    struct ask ask = prompt_ask("a", "The dog said,", 10);
    double sum = 0;
    answers_ask(&a, s, &ask, 1);
    for (size_t i = 0; i < a.all[0].tokens_out; i++) sum += (double)a.all[0].logprobs[i];
    char said[512];
    snprintf(said, sizeof said, "%.*s", TEXT_ARG(a.all[0].text));
    struct text choice = text_of(said);
    struct ask score = {.id = TEXT("a"), .kind = ASK_SCORE, .prompt = ask.prompt, .choices = &choice, .n_choices = 1};
    size_t tokens = a.all[0].tokens_out;
    answers_ask(&a, s, &score, 1);
    assert_int_equal(a.all[0].choices[0].tokens, tokens);
    check_near(a.all[0].choices[0].logprob, sum, 1e-4);
    assert_true(a.all[0].choices[0].greedy);
    subject_close(s);
    answers_done(&a);
}

static char long_prompt[4000];

/* Asks of all kinds, good and bad ones, in one batch. */
static size_t mixed_asks(struct ask *asks) {
    static const struct text choices[] = {{" dog", 4}, {" cat.", 5}, {" little girl", 12}, {"", 0}};
    static const struct text stops[] = {{".", 1}};
    static const struct message talk[] = {{{"system", 6}, {"You tell stories.", 17}},
                                          {{"user", 4}, {"Tell me of Tom.", 15}}};
    size_t n = 0;
    for (size_t i = 0; i < sizeof long_prompt - 1; i++) long_prompt[i] = "Tom saw a dog. "[i % 15];
    asks[n++] = prompt_ask("greedy", "Once upon a time,", 24);
    asks[n] = prompt_ask("sampled", "Once upon a time,", 24);
    asks[n].temperature = 1;
    asks[n].samples = 4;
    asks[n++].seed = 3;
    asks[n] = prompt_ask("nucleus", "One day, a cat", 20);
    asks[n].temperature = 0.8;
    asks[n].top_p = 0.9;
    asks[n].top_k = 40;
    asks[n].samples = 3;
    asks[n].stops = stops;
    asks[n++].n_stops = 1;
    asks[n++] = (struct ask){
        .id = TEXT("score"), .kind = ASK_SCORE, .prompt = TEXT("Lily saw a"), .choices = choices, .n_choices = 3};
    asks[n++] = (struct ask){.id = TEXT("score too"),
                             .kind = ASK_SCORE,
                             .prompt = TEXT("Lily saw a big"),
                             .choices = choices,
                             .n_choices = 3};
    asks[n++] = prompt_ask("too long", long_prompt, 4);
    asks[n++] = (struct ask){
        .id = TEXT("no tokens"), .kind = ASK_SCORE, .prompt = TEXT("Lily saw a"), .choices = choices, .n_choices = 4};
    asks[n] = prompt_ask("talk", "", 16);
    asks[n].messages = talk;
    asks[n++].n_messages = 2;
    asks[n++] = prompt_ask("nothing", "", 10);
    asks[n] = asks[3];
    asks[n].id = TEXT("scored talk");
    asks[n].messages = talk;
    asks[n++].n_messages = 2;
    for (size_t i = 0; i < n; i++) sha256_hex(asks[i].id.at, asks[i].id.len, asks[i].digest);
    return n;
}

static void the_same_bytes_for_all_settings(void **state) {
    need_model();
    struct ask asks[16];
    size_t n = mixed_asks(asks);
    struct buffer first, other;
    struct answers a;
    answers_init(&a);
    buffer_init(&first, 1 << 20);
    buffer_init(&other, 1 << 20);
    static const size_t batches[] = {1, 7, 64};
    for (size_t b = 0; b < 3; b++)
        for (size_t threads = 1; threads <= 2; threads++)
            for (int sharing = 0; sharing < 2; sharing++) {
                struct subject_settings settings = {
                    .threads = threads, .batch = batches[b], .no_prefix_sharing = !sharing};
                struct subject *s = open_model("stories260K-v3.gguf", &settings);
                buffer_clear(&other);
                answers_ask(&a, s, asks, n);
                answers_put(&a, &other);
                if (!first.len) buffer_put_text(&first, buffer_text(&other));
                assert_string_equal(first.at, other.at);
                subject_close(s);
            }
    struct subject *s = open_model("stories260K-v3.gguf", NULL); /* one ask at a time */
    buffer_clear(&other);
    for (size_t i = 0; i < n; i++) {
        answers_ask(&a, s, &asks[i], 1);
        for (size_t k = 0; k < a.n; k++) a.all[k].ask = i;
        answers_put(&a, &other);
    }
    assert_string_equal(first.at, other.at);
    subject_close(s);
    buffer_done(&first);
    buffer_done(&other);
    answers_done(&a);
}

static const struct answer *find_answer(const struct answers *a, size_t ask) {
    for (size_t i = 0; i < a->n; i++)
        if (a->all[i].ask == ask) return &a->all[i];
    return NULL;
}

/* Three forms, a free ask beside them and one that cannot be compiled, in one batch; the same bytes for all settings. */
static void answers_keep_to_their_forms(void **state) {
    need_model();
    struct ask asks[8];
    static const char *const grammars[] = {"root ::= \"a\" [b-d]{3} \"!\"", "root ::= (\"the \" | \"cat \")+ \".\"", "root ::= x", NULL};
    for (size_t i = 0; i < 8; i++) {
        asks[i] = prompt_ask(i % 2 ? "odd" : "even", i % 2 ? "One day" : "One day, a cat", 24);
        asks[i].temperature = 1;
        asks[i].samples = 2;
        asks[i].form = i % 4 == 3 ? ASK_SCHEMA : ASK_GRAMMAR;
        asks[i].form_source = text_of(i % 4 == 3 ? "{\"enum\":[\"yes\",12]}" : grammars[i % 4]);
        if (i == 7) asks[i].form = ASK_FREE;
    }
    char first[HASH_HEX] = "";
    for (size_t threads = 1; threads <= 3; threads++) {
        struct answers a;
        struct sha256 sha;
        char hex[HASH_HEX];
        answers_init(&a);
        sha256_init(&sha);
        struct subject *s = open_model("stories260K-v3.gguf", &(struct subject_settings){.threads = threads, .batch = threads == 1 ? 3 : 0});
        answers_ask(&a, s, asks, 8);
        for (size_t i = 0; i < a.n; i++) {
            const struct answer *x = &a.all[i];
            size_t kind = x->ask % 4;
            if (kind == 2) {
                assert_int_equal(x->error.kind, ERROR_DATA);
                assert_non_null(strstr(x->error.message, "grammar:1:10: no rule 'x'"));
                continue;
            }
            assert_int_equal(x->error.kind, ERROR_NONE);
            if (kind == 0) assert_true(x->text.len == 5 && x->text.at[0] == 'a' && x->text.at[4] == '!' && x->finish == ANSWER_STOP);
            if (kind == 1) assert_true(text_starts(x->text, TEXT("the ")) || text_starts(x->text, TEXT("cat ")));
            if (kind == 1) assert_true((x->finish == ANSWER_STOP) == (x->text.at[x->text.len - 1] == '.'));
            if (x->ask == 3) assert_true(text_equal_c(x->text, "\"yes\"") || text_equal_c(x->text, "12"));
            sha256_add(&sha, x->text.at, x->text.len);
            sha256_add(&sha, x->logprobs, x->tokens_out * sizeof *x->logprobs);
        }
        sha256_end_hex(&sha, hex);
        if (!first[0]) memcpy(first, hex, sizeof first);
        assert_string_equal(hex, first);
        subject_close(s);
        answers_done(&a);
    }
}

static void bad_asks_fail_alone(void **state) {
    need_model();
    struct ask asks[16];
    size_t n = mixed_asks(asks);
    struct answers a;
    answers_init(&a);
    struct subject *s = open_model("stories260K-v3.gguf", NULL);
    answers_ask(&a, s, asks, n);
    const struct answer *bad = find_answer(&a, 5);
    assert_int_equal(bad->error.kind, ERROR_DATA);
    assert_non_null(strstr(bad->error.message, "item 'too long'"));
    assert_non_null(strstr(bad->error.message, "context of 512"));
    bad = find_answer(&a, 6);
    assert_non_null(strstr(bad->error.message, "choice 3"));
    for (size_t i = 0; i < n; i++)
        if (i != 5 && i != 6) assert_int_equal(find_answer(&a, i)->error.kind, ERROR_NONE);
    /* samples of one ask differ, seeds make other ones */
    assert_false(text_equal(a.all[1].text, a.all[2].text));
    asks[1].seed = 4;
    struct text before = a.all[1].text;
    struct answers again;
    answers_init(&again);
    answers_ask(&again, s, &asks[1], 1);
    assert_false(text_equal(before, again.all[0].text));
    subject_close(s);
    answers_done(&again);
    answers_done(&a);
}

static void show(struct subject *s, const struct ask *ask, struct buffer *out) {
    struct error err = {0};
    buffer_clear(out);
    check_ok(s->kind->show_prompt(s, ask, out, &err));
}

static void templates_make_prompts(void **state) {
    need_model();
    struct error err = {0};
    struct buffer out;
    buffer_init(&out, 1 << 16);
    struct message talk[] = {{TEXT("system"), TEXT("One")}, {TEXT("user"), TEXT("day")}};
    struct ask ask = {.id = TEXT("x"), .messages = talk, .n_messages = 2, .samples = 1, .max_tokens = 1};
    struct subject *none = open_model("stories260K-v3.gguf", &(struct subject_settings){.template_name = "none"});
    assert_true(none->capabilities & SUBJECT_CHATS);
    show(none, &ask, &out);
    json_t *ids = json_read(buffer_text(&out), "prompt", 0, &err);
    check_ok(ids);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(ids, 0), "id")), 1); /* BOS, once */
    assert_string_equal(json_string_value(json_object_get(json_array_get(ids, 0), "text")), "<s>");
    assert_int_not_equal(json_integer_value(json_object_get(json_array_get(ids, 1), "id")), 1);
    assert_non_null(strstr(out.at, "\\n"));
    json_decref(ids);
    struct subject *chatml = open_model("stories260K-v3.gguf", &(struct subject_settings){.template_name = "chatml"});
    assert_true(chatml->capabilities & SUBJECT_CHATS);
    assert_string_not_equal(chatml->digest, none->digest);
    assert_string_not_equal(chatml->template_digest, none->template_digest);
    show(chatml, &ask, &out);
    assert_non_null(strstr(out.at, "\"|\""));
    check_fails(subject_open(text_of(model_path("stories260K-v3.gguf")),
                             &(struct subject_settings){.template_name = "no-such-template.jinja"}, &err),
                ERROR_DATA, "no-such-template.jinja");
    struct ask named = {.prompt = TEXT("<s>Once"), .samples = 1}; /* BOS as text is that BOS */
    show(none, &named, &out);
    assert_null(strstr(strstr(out.at, "<s>") + 3, "<s>"));
    struct ask score = {.kind = ASK_SCORE, .prompt = TEXT("One day,  ")}, plain = {.prompt = TEXT("One day,")};
    struct buffer same;
    buffer_init(&same, 1 << 16);
    show(none, &score, &out); /* blanks at the end belong to the choice */
    show(none, &plain, &same);
    assert_string_equal(out.at, same.at);
    buffer_done(&same);
    subject_close(chatml);
    subject_close(none);
    buffer_done(&out);
}

/* A template of a file may write BOS and may refuse a conversation. */
static void template_files_are_found_and_may_refuse(void **state) {
    need_model();
    char dir[] = "/tmp/basanite-template-XXXXXX", path[128];
    struct error err = {0};
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/strict.jinja", dir);
    check_ok(file_write(path,
                        TEXT("{{ bos_token }}{% for m in messages %}{% if m.role == 'system' %}"
                             "{{ raise_exception('no system turn here') }}{% endif %}{{ m.content }}{% endfor %}"),
                        &err));
    struct message talk[] = {{TEXT("system"), TEXT("One")}, {TEXT("user"), TEXT("day")}};
    struct ask asks[] = {{.id = TEXT("bad"), .messages = talk, .n_messages = 2, .samples = 2, .max_tokens = 2},
                         {.id = TEXT("good"), .messages = talk + 1, .n_messages = 1, .samples = 1, .max_tokens = 2}};
    struct subject *s =
        open_model("stories260K-v3.gguf", &(struct subject_settings){.template_name = "strict.jinja", .path = dir});
    struct answers a;
    answers_init(&a);
    answers_ask(&a, s, asks, 2);
    assert_int_equal(a.n, 3);
    assert_non_null(strstr(a.all[0].error.message, "no system turn here"));
    assert_non_null(strstr(a.all[1].error.message, "item 'bad'"));
    assert_int_equal(a.all[2].error.kind, ERROR_NONE);
    assert_int_equal(a.all[2].tokens_in, 2); /* BOS, " day" */
    subject_close(s);
    answers_done(&a);
    unlink(path);
    rmdir(dir);
}

static void the_same_model_of_three_files(void **state) {
    need_model();
    struct answers a;
    answers_init(&a);
    struct ask ask = prompt_ask("a", "The big red", 30);
    char first[512] = "";
    static const char *const files[] = {"stories260K-v3.gguf", "stories260K.bin", "model.safetensors"};
    for (size_t i = 0; i < 3; i++) {
        struct subject *s = open_model(files[i], NULL);
        answers_ask(&a, s, &ask, 1);
        if (!i) snprintf(first, sizeof first, "%.*s", TEXT_ARG(a.all[0].text));
        assert_true(text_is(a.all[0].text, first));
        subject_close(s);
    }
    struct error err = {0};
    struct subject *s = subject_open(TEXT("model.safetensors"), &(struct subject_settings){.path = folder}, &err);
    check_ok(s); /* along the path */
    subject_close(s);
    answers_done(&a);
}

static void bf16_is_another_subject(void **state) {
    need_model();
    struct error err = {0};
    struct subject *a = open_model("stories260K-v3.gguf", NULL),
                   *b = open_model("stories260K-v3.gguf", &(struct subject_settings){.compute = "bf16"});
    assert_string_not_equal(a->digest, b->digest);
    check_fails(
        subject_open(text_of(model_path("stories260K-v3.gguf")), &(struct subject_settings){.compute = "f64"}, &err),
        ERROR_USAGE, "'f32', 'bf16' and 'int8'");
    subject_close(a);
    subject_close(b);
}

static void the_sink_and_the_user_can_stop_it(void **state) {
    need_model();
    struct error err = {0};
    struct ask asks[16];
    size_t n = mixed_asks(asks);
    struct interrupt stop = {1};
    struct answers a;
    answers_init(&a);
    struct subject *s = open_model("stories260K-v3.gguf", &(struct subject_settings){.stop = &stop});
    check_fails(subject_ask(s, asks, n, answers_take, &a, &err), ERROR_INTERRUPTED, "interrupted");
    stop.asked = 0;
    for (size_t at = 1; at < 8; at += 3) {
        a.n = 0;
        a.refuse_at = at;
        check_fails(subject_ask(s, asks, n, answers_take, &a, &err), ERROR_ENVIRONMENT, "full");
        assert_int_equal(a.n, at - 1);
    }
    subject_close(s);
    answers_done(&a);
}

static void the_built_in_model(void **state) {
    struct error err = {0};
    check_fails(subject_open(TEXT("pocket"), NULL, &err), ERROR_ENVIRONMENT, "not part of this build");
    check_fails(subject_open(TEXT("pocket-help"), NULL, &err), ERROR_ENVIRONMENT, "put it at pocket/pocket-help.gguf");
    char path[4096];
    snprintf(path, sizeof path, "%s/pocket/pocket.gguf", root);
    struct file_map map;
    check_ok(file_map(path, &map, &err));
    struct lm_builtin pocket = {"pocket", map.at, map.len};
    struct subject_settings settings = {.builtins = {&pocket, 1}};
    struct subject *s = subject_open(TEXT("pocket"), &settings, &err), *file = subject_open(text_of(path), NULL, &err);
    check_ok(file);
    check_ok(s);
    assert_string_equal(s->name, "pocket");
    assert_string_equal(s->digest, file->digest);
    pocket.bytes = 1000;
    check_fails(subject_open(TEXT("pocket"), &settings, &err), ERROR_DATA, "the built-in model");
    subject_close(s);
    subject_close(file);
    file_unmap(&map);
}

/* An adapter on the built-in model and on its file is the same subject; name and files tell of it. */
static void adapters_make_another_subject(void **state) {
    struct error err = {0};
    char path[4096], base[4200], spec[8400], adapter[] = "/tmp/basanite-adapter-XXXXXX";
    int handle = mkstemp(adapter);
    assert_true(handle >= 0);
    close(handle);
    snprintf(path, sizeof path, "%s/pocket/pocket.gguf", root);
    struct lm_load_options options = {.keep_values = true};
    struct lm_lora lora;
    struct parameter *const *list;
    struct lm_model *model = lm_model_load(path, &options, &err);
    struct lm_trainable *trainable = model ? lm_trainable_new(model, &err) : NULL;
    check_ok(trainable && lm_lora_parse(TEXT("r=2"), &lora, &err) && lm_trainable_adapt(trainable, &lora, 3, &err));
    size_t n = lm_trainable_parameters(trainable, &list);
    for (size_t i = 1; i < n; i += 2)
        for (size_t j = 0; j < tensor_size(&list[i]->value); j++) list[i]->value.data[j] = j % 3 ? 0.02f : -0.03f;
    check_ok(lm_trainable_save_adapter(trainable, model, adapter, LM_F16, NULL, 0, &err));
    lm_trainable_free(trainable);
    lm_model_free(model);
    struct file_map map;
    check_ok(file_map(path, &map, &err));
    struct lm_builtin pocket = {"pocket", map.at, map.len};
    struct subject_settings settings = {.builtins = {&pocket, 1}};
    snprintf(base, sizeof base, "%s", path);
    snprintf(spec, sizeof spec, "%s+%s@0.5", base, adapter);
    struct subject *file = subject_open(text_of(spec), NULL, &err);
    check_ok(file);
    assert_string_equal(file->kind->name, "file");
    snprintf(spec, sizeof spec, "pocket.gguf+%s@0.5", strrchr(adapter, '/') + 1);
    assert_string_equal(file->name, spec);
    assert_int_equal(json_array_size(file->files), 2);
    snprintf(spec, sizeof spec, "pocket+%s@0.5", adapter);
    struct subject *built_in = subject_open(text_of(spec), &settings, &err);
    check_ok(built_in);
    assert_string_equal(built_in->digest, file->digest);
    struct subject *plain = subject_open(TEXT("pocket"), &settings, &err);
    check_ok(plain);
    assert_string_not_equal(plain->digest, file->digest);
    struct text choice = TEXT(" mill");
    struct ask ask = {.id = TEXT("a"), .kind = ASK_SCORE, .prompt = TEXT("He keeps the"), .choices = &choice, .n_choices = 1};
    struct subject *subjects[3] = {file, built_in, plain};
    double score[3];
    for (int i = 0; i < 3; i++) {
        struct answers a;
        answers_init(&a);
        answers_ask(&a, subjects[i], &ask, 1);
        score[i] = a.all[0].choices[0].logprob;
        answers_done(&a);
        subject_close(subjects[i]);
    }
    assert_true(score[0] == score[1] && score[0] != score[2]);
    snprintf(spec, sizeof spec, "%s+no-such.lora.gguf", base);
    check_fails(subject_open(text_of(spec), NULL, &err), ERROR_DATA, "adapter");
    file_unmap(&map);
    unlink(adapter);
}

static void bad_files_are_refused(void **state) {
    struct error err = {0};
    check_fails(subject_open(TEXT("no-such-model.gguf"), NULL, &err), ERROR_DATA, "no-such-model.gguf");
    check_fails(subject_open(TEXT("no-such-kind"), NULL, &err), ERROR_USAGE, "no such file or kind");
    check_fails(subject_open(text_of(root), NULL, &err), ERROR_DATA, "");
    char path[4096];
    snprintf(path, sizeof path, "%s/meson.build", root);
    check_fails(subject_open(text_of(path), NULL, &err), ERROR_DATA, "meson.build");
}

static void failing_memory_is_told(void **state) {
    need_model();
    struct ask asks[16];
    size_t n = mixed_asks(asks);
    struct subject *s = open_model("stories260K-v3.gguf", &(struct subject_settings){.threads = 1});
    bool all = false;
    for (uint64_t at = 1; !all && at < 4000; at += 1 + at / 16) {
        struct error err = {0};
        struct answers a;
        answers_init(&a);
        memory_fail_at(at);
        bool ok = subject_ask(s, asks, n, answers_take, &a, &err);
        memory_fail_at(0);
        if (!ok) assert_int_equal(err.kind, ERROR_ENVIRONMENT);
        all = ok;
        answers_done(&a);
    }
    assert_true(all);
    subject_close(s);
}

int main(int argc, char **argv) {
    root = argc > 1 ? argv[1] : ".";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_file_states_what_it_is),
        cmocka_unit_test(scores_are_the_known_ones),
        cmocka_unit_test(greedy_text_is_the_known_one),
        cmocka_unit_test(scoring_agrees_with_generating),
        cmocka_unit_test(the_same_bytes_for_all_settings),
        cmocka_unit_test(answers_keep_to_their_forms),
        cmocka_unit_test(bad_asks_fail_alone),
        cmocka_unit_test(templates_make_prompts),
        cmocka_unit_test(template_files_are_found_and_may_refuse),
        cmocka_unit_test(the_same_model_of_three_files),
        cmocka_unit_test(bf16_is_another_subject),
        cmocka_unit_test(the_sink_and_the_user_can_stop_it),
        cmocka_unit_test(the_built_in_model),
        cmocka_unit_test(adapters_make_another_subject),
        cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(failing_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
