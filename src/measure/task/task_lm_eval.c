/* Task files of lm-evaluation-harness into ours: see task_lm_eval.h. */
#include "measure/task/task_lm_eval.h"

#include "base/file.h"

#include <string.h>

enum { DEPTH_MOST = 8, KEYS_MOST = 256, FILE_MOST = 1 << 20 };

/* Keys that say nothing about what is asked or scored. */
static const char *const idle[] = {"tag",
                                   "group",
                                   "dataset_name",
                                   "task_alias",
                                   "should_decontaminate",
                                   "doc_to_decontamination_query",
                                   "training_split",
                                   "validation_split",
                                   "test_split",
                                   "fewshot_split",
                                   "include"};

/* Keys that need what is not here, and what to do instead. */
static const struct {
    const char *key, *instead;
} refused[] = {
    {"process_docs", "Python is not run: write the rows as they should be into the data file"},
    {"process_results", "Python is not run: choose a scorer (`basanite methods scorer`)"},
    {"class", "Python is not run: write the task with doc_to_text and doc_to_target"},
    {"custom_dataset", "Python is not run: write the rows into a file and name it in dataset_path"},
    {"use_prompt", "prompts of promptsource are not here: write the prompt as doc_to_text"},
    {"gen_prefix", "write what the answer begins with at the end of doc_to_text"},
    {"unsafe_code", "answers are never run as code"},
    {"aggregate_metric_list", "each task has its own figures; leave it out"},
};

static bool is_one_of(struct text key, const char *const *names, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (text_equal_c(key, names[i])) return true;
    return false;
}

/* Keys of the metric in metric_list that say how texts are compared. */
static const char *const comparing[] = {"ignore_case", "ignore_punctuation", "ignore_numbers", "regexes_to_ignore"};

static bool compares(const struct yaml *metric) {
    for (size_t i = 0; i < sizeof comparing / sizeof *comparing; i++)
        if (yaml_get(metric, comparing[i])) return true;
    return false;
}

bool task_lm_eval_claims(const struct yaml *root) {
    const struct yaml *kwargs = yaml_get(root, "dataset_kwargs"), *config = yaml_get(root, "fewshot_config");
    if (root->kind != YAML_MAPPING) return false;
    for (size_t i = 0; i < root->n; i++) {
        struct text key = root->key[i]->scalar;
        if (is_one_of(key, idle, sizeof idle / sizeof *idle)) return true;
        for (size_t k = 0; k < sizeof refused / sizeof *refused; k++)
            if (text_equal_c(key, refused[k].key)) return true;
    }
    const struct yaml *metrics = yaml_get(root, "metric_list");
    for (size_t i = 0; metrics && metrics->kind == YAML_SEQUENCE && i < metrics->n; i++)
        if (compares(metrics->child[i])) return true;
    return yaml_get(kwargs, "data_files") || yaml_get(kwargs, "trust_remote_code") || yaml_get(config, "split");
}

bool task_lm_eval_is_group(const struct yaml *root) {
    const struct yaml *tasks = yaml_get(root, "task");
    return yaml_get(root, "group") && tasks && tasks->kind == YAML_SEQUENCE;
}

/* ---- making nodes */

static struct yaml *new_mapping(struct arena *arena, const struct yaml *at, struct error *err) {
    struct yaml *m = arena_new(arena, struct yaml, 1, err);
    if (!m) return NULL;
    *m = (struct yaml){.kind = YAML_MAPPING, .line = at->line, .column = at->column, .file = at->file};
    m->child = arena_new(arena, struct yaml *, KEYS_MOST, err);
    m->key = arena_new(arena, struct yaml *, KEYS_MOST, err);
    return m->child && m->key ? m : NULL;
}

static bool add(struct yaml *m, const struct yaml *key, const struct yaml *value, struct error *err) {
    if (m->n == KEYS_MOST) return yaml_error(key, err, "more than %d keys", KEYS_MOST);
    m->key[m->n] = (struct yaml *)key;
    m->child[m->n++] = (struct yaml *)value;
    return true;
}

static bool add_named(struct arena *arena, struct yaml *m, const char *name, const struct yaml *value,
                      struct error *err) {
    struct yaml *key = arena_new(arena, struct yaml, 1, err);
    if (!key) return false;
    *key = (struct yaml){.kind = YAML_SCALAR,
                         .line = value->line,
                         .column = value->column,
                         .file = value->file,
                         .scalar = text_of(name)};
    return add(m, key, value, err);
}

/* ---- include */

static bool merge(struct arena *arena, const struct yaml *root, struct text folder, int depth, struct yaml *out,
                  struct error *err);

static bool include_file(struct arena *arena, const struct yaml *name, struct text folder, int depth, struct yaml *out,
                         struct error *err) {
    if (name->kind != YAML_SCALAR || !name->scalar.len)
        return yaml_error(name, err, "include: expected the name of a file");
    if (depth == DEPTH_MOST)
        return yaml_error(name, err, "include: files that include each other, deeper than %d", DEPTH_MOST);
    bool rooted = name->scalar.at[0] == '/' || !folder.len;
    char *path = arena_printf(arena, err, "%.*s%s%.*s", rooted ? 0 : (int)folder.len, folder.at ? folder.at : "",
                              rooted ? "" : "/", TEXT_ARG(name->scalar));
    if (!path) return false;
    if (!file_exists(path)) return yaml_error(name, err, "include: there is no file '%s'", path);
    const struct yaml *other = yaml_read_file(arena, path, FILE_MOST, err);
    if (!other) return false;
    if (other->kind != YAML_MAPPING) return yaml_error(other, err, "expected a mapping with keys of a task");
    const char *slash = strrchr(path, '/');
    return merge(arena, other, slash ? (struct text){path, (size_t)(slash - path)} : TEXT(""), depth + 1, out, err);
}

/* Keys of root, then those that only what it includes has. */
static bool merge(struct arena *arena, const struct yaml *root, struct text folder, int depth, struct yaml *out,
                  struct error *err) {
    const struct yaml *list = yaml_get(root, "include");
    for (size_t i = 0; i < root->n; i++) {
        char *key = text_copy(arena, root->key[i]->scalar, err);
        if (!key) return false;
        if (!yaml_get(out, key) && !add(out, root->key[i], root->child[i], err)) return false;
    }
    if (!list) return true;
    if (list->kind == YAML_SCALAR) return include_file(arena, list, folder, depth, out, err);
    for (size_t i = list->n; i-- > 0;) /* later files overrule earlier ones */
        if (!include_file(arena, list->child[i], folder, depth, out, err)) return false;
    return true;
}

/* ---- the data */

static bool is_null(const struct yaml *node) {
    return !node || (node->kind == YAML_SCALAR && !node->quoted &&
                     (text_equal_c(node->scalar, "null") || !node->scalar.len || text_equal_c(node->scalar, "~")));
}

static const struct yaml *split_file(const struct yaml *files, const struct yaml *split, struct arena *arena,
                                     struct error *err) {
    if (is_null(split) || split->kind != YAML_SCALAR) return NULL;
    const char *name = text_copy(arena, split->scalar, err);
    return name ? yaml_get(files, name) : NULL;
}

static bool no_split(const struct yaml *files, const struct yaml *split, const char *key, struct error *err) {
    return yaml_error(split, err, "%s: data_files (line %zu) has no split '%.*s'", key, files->line,
                      TEXT_ARG(split->scalar));
}

/* The file with the items, and the one with the examples (NULL: the same). */
static bool choose_files(struct arena *arena, const struct yaml *all, const struct yaml *files,
                         const struct yaml **items, const struct yaml **examples, struct error *err) {
    static const char *const order[] = {"test_split", "validation_split", "training_split"};
    const struct yaml *config = yaml_get(yaml_get(all, "fewshot_config"), "split"),
                      *shots = config ? config : yaml_get(all, "fewshot_split");
    *items = *examples = NULL;
    if (files->kind != YAML_MAPPING) return *items = files, true;
    for (size_t i = 0; i < 3 && !*items; i++) {
        const struct yaml *split = yaml_get(all, order[i]);
        if (is_null(split)) continue;
        *items = split_file(files, split, arena, err);
        if (!*items) return no_split(files, split, order[i], err);
    }
    if (!*items && files->n == 1) *items = files->child[0];
    if (!*items) return yaml_error(files, err, "data_files has several splits: say with test_split which one is asked");
    if (is_null(shots)) shots = yaml_get(all, "training_split");
    if (is_null(shots)) return true;
    *examples = split_file(files, shots, arena, err);
    return *examples || no_split(files, shots, "fewshot_split", err);
}

static bool is_file_name(struct text name) {
    static const char *const ends[] = {".jsonl", ".json", ".csv", ".tsv", ".txt"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (text_ends(name, text_of(ends[i]))) return true;
    return text_starts(name, TEXT("world:")) || file_exists(name.at);
}

/* dataset_kwargs without what only the hub's library needs. */
static bool put_kwargs(struct arena *arena, const struct yaml *kwargs, struct text kind, struct yaml *out,
                       struct error *err) {
    static const char *const foreign[] = {"data_files", "trust_remote_code", "revision"};
    struct yaml *kept = new_mapping(arena, kwargs, err), *lines = arena_new(arena, struct yaml, 1, err);
    if (!kept || !lines) return false;
    for (size_t i = 0; i < kwargs->n; i++)
        if (!is_one_of(kwargs->key[i]->scalar, foreign, 3) && !add(kept, kwargs->key[i], kwargs->child[i], err))
            return false;
    *lines = (struct yaml){.kind = YAML_SCALAR,
                           .line = kwargs->line,
                           .column = kwargs->column,
                           .file = kwargs->file,
                           .scalar = TEXT("lines")};
    if (text_equal_c(kind, "text") && !yaml_get(kept, "format") && !add_named(arena, kept, "format", lines, err))
        return false;
    return kept->n == 0 || add_named(arena, out, "dataset_kwargs", kept, err);
}

static bool put_data(struct arena *arena, const struct yaml *all, struct yaml *out, struct error *err) {
    static const char *const loaders[] = {"json", "csv", "text"};
    const struct yaml *path = yaml_get(all, "dataset_path"), *kwargs = yaml_get(all, "dataset_kwargs"),
                      *files = yaml_get(kwargs, "data_files"), *items, *examples;
    if (!path || path->kind != YAML_SCALAR) {
        if (kwargs && !add_named(arena, out, "dataset_kwargs", kwargs, err)) return false;
        return !path || add_named(arena, out, "dataset_path", path, err);
    }
    if (kwargs && kwargs->kind != YAML_MAPPING) return yaml_error(kwargs, err, "expected a mapping");
    if (kwargs && !put_kwargs(arena, kwargs, path->scalar, out, err)) return false;
    if (!files) {
        if (is_file_name(path->scalar)) return add_named(arena, out, "dataset_path", path, err);
        return yaml_error(path, err,
                          "dataset_path: '%.*s' is a name on a hub, and nothing is fetched here; write the rows into a "
                          "file and name it: "
                          "dataset_path: json, dataset_kwargs: {data_files: FILE.jsonl}",
                          TEXT_ARG(path->scalar));
    }
    if (!is_one_of(path->scalar, loaders, 3))
        return yaml_error(path, err, "dataset_path: with data_files expected json, csv or text, found '%.*s'",
                          TEXT_ARG(path->scalar));
    return choose_files(arena, all, files, &items, &examples, err) &&
           add_named(arena, out, "dataset_path", items, err) &&
           (!examples || examples == items || add_named(arena, out, "fewshot_path", examples, err));
}

/* ---- what does not count in exact_match */

static bool is_yes(const struct yaml *node) {
    return node && node->kind == YAML_SCALAR &&
           (text_equal_nocase(node->scalar, TEXT("true")) || text_equal_c(node->scalar, "yes"));
}

/* The metric without these keys; *spec: the scorer that compares so. */
static struct yaml *plain_metric(struct arena *arena, const struct yaml *metric, const char **spec, struct error *err) {
    const struct yaml *numbers = yaml_get(metric, "ignore_numbers"), *patterns = yaml_get(metric, "regexes_to_ignore");
    if (patterns && !(patterns->kind == YAML_SEQUENCE && patterns->n == 0))
        return yaml_error(patterns, err,
                          "regexes_to_ignore: take it out of the answer with filter_list and of the target with "
                          "doc_to_target"),
               NULL;
    if (is_yes(numbers))
        return yaml_error(numbers, err, "ignore_numbers: answers without their numbers are not compared here"), NULL;
    struct yaml *kept = new_mapping(arena, metric, err);
    for (size_t i = 0; kept && i < metric->n; i++)
        if (!is_one_of(metric->key[i]->scalar, comparing, sizeof comparing / sizeof *comparing) &&
            !add(kept, metric->key[i], metric->child[i], err))
            return NULL;
    *spec = arena_printf(arena, err, "match,mode=exact%s%s",
                         is_yes(yaml_get(metric, "ignore_case")) ? ",ignore_case=yes" : "",
                         is_yes(yaml_get(metric, "ignore_punctuation")) ? ",ignore_punctuation=yes" : "");
    return *spec ? kept : NULL;
}

/* ---- the other keys */

static bool put_fewshot_config(struct arena *arena, const struct yaml *config, struct yaml *out, struct error *err) {
    if (config->kind != YAML_MAPPING) return yaml_error(config, err, "expected a mapping");
    struct yaml *kept = new_mapping(arena, config, err);
    if (!kept) return false;
    for (size_t i = 0; i < config->n; i++) {
        if (text_equal_c(config->key[i]->scalar, "split")) continue;
        if (text_equal_c(config->key[i]->scalar, "samples"))
            return yaml_error(config->key[i], err,
                              "fewshot_config: samples: write the examples into a file and name it with fewshot_path");
        if (!add(kept, config->key[i], config->child[i], err)) return false;
    }
    return kept->n == 0 || add_named(arena, out, "fewshot_config", kept, err);
}

static bool check_output(const struct yaml *all, struct error *err) {
    const struct yaml *output = yaml_get(all, "output_type");
    if (!output || output->kind != YAML_SCALAR) return true;
    if (text_equal_c(output->scalar, "loglikelihood_rolling"))
        return yaml_error(
            output, err,
            "output_type: perplexity of whole texts is no task here; `basanite score FILE` gives log-probabilities");
    if (text_equal_c(output->scalar, "loglikelihood") && !yaml_get(all, "doc_to_choice"))
        return yaml_error(
            output, err,
            "output_type: the likelihood of one continuation compares with nothing; give doc_to_choice, or "
            "generate_until with the scorer match");
    return true;
}

static bool put_text(struct arena *arena, struct yaml *out, const char *key, const struct yaml *at, const char *value,
                     struct error *err);

static bool put_metric_list(struct arena *arena, const struct yaml *key, const struct yaml *list, struct yaml *out,
                            struct error *err) {
    bool any = false;
    for (size_t i = 0; list->kind == YAML_SEQUENCE && i < list->n; i++) any |= compares(list->child[i]);
    if (!any) return add(out, key, list, err);
    struct yaml *turned = arena_new(arena, struct yaml, 1, err),
                **child = arena_new(arena, struct yaml *, list->n, err);
    const char *spec = NULL;
    if (!turned || !child) return false;
    *turned = *list;
    turned->child = child;
    for (size_t i = 0; i < list->n; i++) {
        const char *one = NULL;
        if (!(child[i] = compares(list->child[i]) ? plain_metric(arena, list->child[i], &one, err) : list->child[i]))
            return false;
        if (one && spec && strcmp(one, spec) != 0)
            return yaml_error(list->child[i], err, "two ways to compare in one task: write two tasks");
        if (one) spec = one;
    }
    return add(out, key, turned, err) && put_text(arena, out, "scorer", list, spec, err);
}

static bool put_key(struct arena *arena, const struct yaml *key, const struct yaml *value, struct yaml *out,
                    struct error *err) {
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (text_equal_c(key->scalar, refused[i].key) && !is_null(value))
            return yaml_error(key, err, "%s: %s", refused[i].key, refused[i].instead);
        else if (text_equal_c(key->scalar, refused[i].key))
            return true;
    if (is_null(value) || is_one_of(key->scalar, idle, sizeof idle / sizeof *idle)) return true;
    if (text_equal_c(key->scalar, "dataset_path") || text_equal_c(key->scalar, "dataset_kwargs"))
        return true; /* put_data */
    if (text_equal_c(key->scalar, "metric_list")) return put_metric_list(arena, key, value, out, err);
    if (text_equal_c(key->scalar, "fewshot_config")) return put_fewshot_config(arena, value, out, err);
    return add(out, key, value, err);
}

static bool put_text(struct arena *arena, struct yaml *out, const char *key, const struct yaml *at, const char *value,
                     struct error *err) {
    struct yaml *node = arena_new(arena, struct yaml, 1, err);
    if (!node) return false;
    *node = (struct yaml){
        .kind = YAML_SCALAR, .line = at->line, .column = at->column, .file = at->file, .scalar = text_of(value)};
    return add_named(arena, out, key, node, err);
}

static bool put_metrics(struct arena *arena, struct yaml *out, const struct yaml *at, const char *const *names,
                        size_t n, struct error *err) {
    struct yaml *list = arena_new(arena, struct yaml, 1, err), *metrics = arena_new(arena, struct yaml, n, err);
    struct yaml **child = arena_new(arena, struct yaml *, n, err);
    if (!list || !metrics || !child) return false;
    for (size_t i = 0; i < n; i++) {
        metrics[i] = (struct yaml){
            .kind = YAML_SCALAR, .line = at->line, .column = at->column, .file = at->file, .scalar = text_of(names[i])};
        child[i] = &metrics[i];
    }
    *list = (struct yaml){
        .kind = YAML_SEQUENCE, .line = at->line, .column = at->column, .file = at->file, .n = n, .child = child};
    return add_named(arena, out, "metric_list", list, err);
}

static bool one_scorer(const struct yaml *out, struct error *err) {
    const struct yaml *first = yaml_get(out, "scorer");
    for (size_t i = 0; first && i < out->n; i++)
        if (text_equal_c(out->key[i]->scalar, "scorer") && out->child[i] != first)
            return yaml_error(first, err,
                              "scorer: the metrics say already how answers are compared; leave one of them out");
    return true;
}

/* What these files leave out and mean: an answer that was written is right when it is the target letter by letter, and
 * the figures are exact_match; of choices they are acc and acc_norm. */
static bool put_defaults(struct arena *arena, struct yaml *out, struct error *err) {
    static const char *const written[] = {"exact_match"}, *const chosen[] = {"acc", "acc_norm"};
    const struct yaml *output = yaml_get(out, "output_type");
    if (!output || output->kind != YAML_SCALAR) return true;
    bool writes = text_equal_c(output->scalar, "generate_until"),
         chooses = text_equal_c(output->scalar, "multiple_choice"), own = yaml_get(out, "scorer");
    if (writes && !own && !put_text(arena, out, "scorer", output, "match,mode=exact", err)) return false;
    if (own || yaml_get(out, "metric_list") || (!writes && !chooses)) return true;
    return put_metrics(arena, out, output, writes ? written : chosen, writes ? 1 : 2, err);
}

struct yaml *task_lm_eval_turn(struct arena *arena, const struct yaml *root, struct text folder, struct error *err) {
    struct yaml *all = new_mapping(arena, root, err), *out = all ? new_mapping(arena, root, err) : NULL;
    if (!out || !merge(arena, root, folder, 0, all, err) || !check_output(all, err)) return NULL;
    for (size_t i = 0; i < all->n; i++)
        if (!put_key(arena, all->key[i], all->child[i], out, err)) return NULL;
    return put_data(arena, all, out, err) && one_scorer(out, err) && put_defaults(arena, out, err) ? out : NULL;
}
