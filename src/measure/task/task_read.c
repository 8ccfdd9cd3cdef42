/* Reading a task file: one table of keys, each with its reader.
 * Unknown keys are errors that name the nearest known one. */
#include "measure/task/task_census.h"
#include "measure/task/detector.h"
#include "subject/ask_form.h"

#include <math.h>
#include <string.h>

typedef bool key_reader(struct task *task, const struct yaml *node, struct error *err);

static bool read_text_value(struct task *t, const struct yaml *node, struct text *out, struct error *err) {
    if (node->kind != YAML_SCALAR) return yaml_error(node, err, "expected a text");
    char *copy = text_copy(&t->arena, node->scalar, err);
    *out = (struct text){copy, node->scalar.len};
    return copy != NULL;
}

static bool read_name(struct task *t, const struct yaml *node, const char **out, struct error *err) {
    struct text value = {0};
    if (!read_text_value(t, node, &value, err)) return false;
    *out = value.at;
    return true;
}

static bool read_count(const struct yaml *node, size_t most, size_t *out, struct error *err) {
    uint64_t n;
    if (node->kind != YAML_SCALAR || !text_to_u64(node->scalar, &n) || n > most)
        return yaml_error(node, err, "expected a whole number up to %zu", most);
    *out = (size_t)n;
    return true;
}

static bool read_number(const struct yaml *node, double least, double most, double *out, struct error *err) {
    if (node->kind != YAML_SCALAR || !text_to_f64(node->scalar, out) || !(*out >= least && *out <= most))
        return yaml_error(node, err, "expected a number from %g to %g", least, most);
    return true;
}

static bool read_switch(const struct yaml *node, bool *out, struct error *err) {
    bool yes = node->kind == YAML_SCALAR && (text_equal_c(node->scalar, "true") || text_equal_c(node->scalar, "yes"));
    bool no = node->kind == YAML_SCALAR && (text_equal_c(node->scalar, "false") || text_equal_c(node->scalar, "no"));
    *out = yes;
    return yes || no || yaml_error(node, err, "expected true or false");
}

/* One text or a list of texts. */
static bool read_texts(struct task *t, const struct yaml *node, struct text **out, size_t *n, struct error *err) {
    bool list = node->kind == YAML_SEQUENCE;
    *n = list ? node->n : 1;
    if (*n == 0 || *n > 1000) return yaml_error(node, err, "expected a text or a list of 1 to 1000 texts");
    if (!(*out = arena_new(&t->arena, struct text, *n, err))) return false;
    for (size_t i = 0; i < *n; i++)
        if (!read_text_value(t, list ? node->child[i] : node, &(*out)[i], err)) return false;
    return true;
}

static bool key_task(struct task *t, const struct yaml *n, struct error *err) { return read_name(t, n, &t->name, err); }
static bool key_title(struct task *t, const struct yaml *n, struct error *err) {
    return read_name(t, n, &t->title, err);
}
static bool key_licence(struct task *t, const struct yaml *n, struct error *err) {
    return read_name(t, n, &t->licence, err);
}
static bool key_source(struct task *t, const struct yaml *n, struct error *err) {
    return read_name(t, n, &t->origin, err);
}
/* Kept in the source text only: for people and for later readers. */
static bool key_kept(struct task *t, const struct yaml *n, struct error *err) {
    return (void)t, (void)n, (void)err, true;
}

/* Names of files, or rows of the world. */
static bool read_data(struct task *t, const struct yaml *node, struct text **out, size_t *n, struct error *err) {
    struct error why = {0};
    if (!read_texts(t, node, out, n, err)) return false;
    for (size_t i = 0; i < *n; i++) {
        struct text spec = world_rows_spec((*out)[i]);
        if (spec.len && !world_rows_check(spec, &why)) return yaml_error(node, err, "%s", why.message);
    }
    return true;
}
static bool key_data(struct task *t, const struct yaml *n, struct error *err) {
    return read_data(t, n, &t->data_names, &t->n_data, err);
}
static bool key_fewshot_data(struct task *t, const struct yaml *n, struct error *err) {
    return read_data(t, n, &t->fewshot_names, &t->n_fewshot, err);
}

/* {COLUMN: FILE.npy}: values that stand beside the rows, one for each. */
static bool read_arrays(struct task *t, const struct yaml *node, struct error *err) {
    if (!node) return true;
    if (node->kind != YAML_MAPPING || node->n > TASK_ARRAYS_MOST)
        return yaml_error(node, err, "expected up to %d pairs COLUMN: FILE.npy", TASK_ARRAYS_MOST);
    for (t->n_arrays = 0; t->n_arrays < node->n; t->n_arrays++)
        if (!read_text_value(t, node->key[t->n_arrays], &t->array_names[t->n_arrays], err) ||
            !read_text_value(t, node->child[t->n_arrays], &t->array_files[t->n_arrays], err))
            return false;
    return true;
}

static bool key_kwargs(struct task *t, const struct yaml *node, struct error *err) {
    static const char *const known[] = {"format", "header", "records", "pattern", "arrays"};
    static const char *const formats[] = {"jsonl", "json", "csv", "tsv", "lines", "conflictqa", "documents", "parallel",
                                          "prompts"};
    static const enum dataset_format values[] = {DATASET_JSONL, DATASET_JSON, DATASET_CSV, DATASET_TSV, DATASET_LINES,
                                                 DATASET_CONFLICT, DATASET_DOCUMENTS, DATASET_PARALLEL,
                                                 DATASET_PROMPTS};
    struct text format = {0};
    if (node->kind != YAML_MAPPING) return yaml_error(node, err, "expected a mapping");
    if (!yaml_check_keys(node, known, 5, err) || !yaml_opt_text(node, "format", &format, err) ||
        !yaml_opt_bool(node, "header", &t->kwargs.header, err) || !read_arrays(t, yaml_get(node, "arrays"), err))
        return false;
    const struct yaml *records = yaml_get(node, "records"), *pattern = yaml_get(node, "pattern");
    if (records && !read_text_value(t, records, &t->kwargs.records, err)) return false;
    if (pattern && !read_text_value(t, pattern, &t->kwargs.pattern, err)) return false;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (text_equal_c(format, formats[i])) t->kwargs.format = values[i];
    return !format.len || t->kwargs.format != DATASET_GUESSED ||
           yaml_error(yaml_get(node, "format"), err,
                      "expected jsonl, json, csv, tsv, lines, conflictqa, documents, parallel or prompts");
}

/* What is checked before figures of groups are ranked. */
static bool key_lint(struct task *t, const struct yaml *node, struct error *err) {
    t->lints_parallel = node->kind == YAML_SCALAR && text_equal_c(node->scalar, "parallel");
    return t->lints_parallel ||
           yaml_error(node, err, "expected parallel: items of several languages are checked before these are ranked");
}

static bool key_output(struct task *t, const struct yaml *node, struct error *err) {
    static const char *const names[] = {"multiple_choice", "generate_until", "loglikelihood", "hidden_states"};
    for (int i = 0; i < 4; i++)
        if (node->kind == YAML_SCALAR && text_equal_c(node->scalar, names[i]))
            return t->output = (enum task_output)i, true;
    return yaml_error(node, err, "expected multiple_choice, generate_until, loglikelihood or hidden_states");
}

static bool key_text(struct task *t, const struct yaml *n, struct error *err) {
    return task_field_read(&t->text, &t->arena, n, err);
}
static bool key_image(struct task *t, const struct yaml *n, struct error *err) {
    return task_field_read(&t->image, &t->arena, n, err);
}

static bool key_audio(struct task *t, const struct yaml *n, struct error *err) {
    return task_field_read(&t->audio, &t->arena, n, err);
}

static bool key_messages(struct task *t, const struct yaml *n, struct error *err) {
    return task_field_read(&t->messages, &t->arena, n, err);
}
static bool key_limit(struct task *t, const struct yaml *node, struct error *err) {
    size_t limit = 0;
    if (!read_count(node, SIZE_MAX, &limit, err)) return false;
    if (limit && (!t->settings.limit || limit < t->settings.limit)) t->settings.limit = limit;
    return true;
}
static bool key_target(struct task *t, const struct yaml *n, struct error *err) {
    return task_field_read(&t->target, &t->arena, n, err);
}
static bool key_mask(struct task *t, const struct yaml *n, struct error *err) {
    return task_field_read(&t->mask, &t->arena, n, err);
}
static bool key_where(struct task *t, const struct yaml *n, struct error *err) {
    return task_field_read(&t->where, &t->arena, n, err);
}
static bool key_id(struct task *t, const struct yaml *n, struct error *err) {
    return task_field_read(&t->id, &t->arena, n, err);
}
static bool key_optional(struct task *t, const struct yaml *n, struct error *err) {
    return read_switch(n, &t->may_lack, err);
}

/* Another row of the same data beside each: {by: template of what both have, where:
 * template that holds for the other}. */
static bool key_beside(struct task *t, const struct yaml *node, struct error *err) {
    static const char *const known[] = {"by", "where"};
    if (node->kind != YAML_MAPPING) return yaml_error(node, err, "expected {by: TEMPLATE, where: TEMPLATE}");
    if (!yaml_check_keys(node, known, 2, err)) return false;
    const struct yaml *by = yaml_get(node, "by"), *where = yaml_get(node, "where");
    if (!by || !where) return yaml_error(node, err, "expected both 'by' and 'where'");
    return task_field_read(&t->beside_by, &t->arena, by, err) &&
           task_field_read(&t->beside_where, &t->arena, where, err);
}
static bool key_pair(struct task *t, const struct yaml *n, struct error *err) {
    return task_field_read(&t->pair, &t->arena, n, err);
}
static bool key_twin(struct task *t, const struct yaml *n, struct error *err) {
    return task_field_read(&t->twin, &t->arena, n, err);
}
static bool key_lang(struct task *t, const struct yaml *n, struct error *err) {
    return task_field_read(&t->lang, &t->arena, n, err);
}
static bool key_ref(struct task *t, const struct yaml *n, struct error *err) {
    return task_field_read(&t->ref, &t->arena, n, err);
}
static bool key_split(struct task *t, const struct yaml *n, struct error *err) {
    return task_field_read(&t->split, &t->arena, n, err);
}
static bool key_cluster(struct task *t, const struct yaml *n, struct error *err) {
    if (!task_field_read(&t->cluster, &t->arena, n, err)) return false;
    t->cluster_name = t->cluster.jinja ? "cluster" : t->cluster.source.at;
    return true;
}

static bool key_choice(struct task *t, const struct yaml *node, struct error *err) {
    if (node->kind == YAML_SCALAR) return task_field_read(&t->choice, &t->arena, node, err);
    if (node->kind != YAML_SEQUENCE || node->n < 2 || node->n > TASK_CHOICES_MOST)
        return yaml_error(node, err, "expected a template, a column, or a list of 2 to %d choices", TASK_CHOICES_MOST);
    t->n_choice_list = node->n;
    if (!(t->choice_list = arena_new(&t->arena, struct task_field, node->n, err))) return false;
    for (size_t i = 0; i < node->n; i++)
        if (!task_field_read(&t->choice_list[i], &t->arena, node->child[i], err)) return false;
    return true;
}

static bool key_labels(struct task *t, const struct yaml *node, struct error *err) {
    if (node->kind != YAML_MAPPING || node->n > TASK_LABELS_MOST)
        return yaml_error(node, err, "expected a mapping of at most %d labels to templates", TASK_LABELS_MOST);
    for (size_t i = 0; i < node->n; i++) {
        struct task_label *label = &t->labels[t->n_labels];
        label->name = text_copy(&t->arena, node->key[i]->scalar, err);
        if (!label->name || !task_field_read(&label->field, &t->arena, node->child[i], err)) return false;
        t->n_labels++;
    }
    return true;
}

static bool key_description(struct task *t, const struct yaml *n, struct error *err) {
    return read_text_value(t, n, &t->description, err);
}
static bool key_target_delimiter(struct task *t, const struct yaml *n, struct error *err) {
    return read_text_value(t, n, &t->target_delimiter, err);
}
static bool key_fewshot_delimiter(struct task *t, const struct yaml *n, struct error *err) {
    return read_text_value(t, n, &t->fewshot_delimiter, err);
}
static bool key_shots(struct task *t, const struct yaml *n, struct error *err) {
    return read_count(n, TASK_SHOTS_MOST, &t->shots, err);
}
static bool key_fewshot_config(struct task *t, const struct yaml *node, struct error *err) {
    static const char *const known[] = {"sampler"};
    struct text sampler = TEXT("default");
    if (node->kind != YAML_MAPPING) return yaml_error(node, err, "expected a mapping");
    if (!yaml_check_keys(node, known, 1, err) || !yaml_opt_text(node, "sampler", &sampler, err)) return false;
    t->shots_first_n = text_equal_c(sampler, "first_n");
    return t->shots_first_n || text_equal_c(sampler, "default") ||
           yaml_error(yaml_get(node, "sampler"), err, "expected default or first_n");
}
static bool key_samples(struct task *t, const struct yaml *n, struct error *err) {
    return read_count(n, 10000, &t->samples, err);
}
static bool key_chat(struct task *t, const struct yaml *n, struct error *err) { return read_switch(n, &t->chat, err); }
static bool key_permute(struct task *t, const struct yaml *n, struct error *err) {
    return read_switch(n, &t->permute, err);
}

/* What answers must be: GBNF, or OpenAI's response_format. */
static bool read_form(struct task *t, bool grammar, const struct yaml *node, struct error *err) {
    struct json_place place = {t->shown_name, node->line, "generation_kwargs"};
    if (t->form != ASK_FREE) return yaml_error(node, err, "give either 'grammar' or 'response_format'");
    json_t *value = yaml_to_json(node, err);
    bool ok = value && ask_form_read(grammar ? value : NULL, grammar ? NULL : value, place, &t->arena, &t->form,
                                     &t->form_source, err);
    json_decref(value);
    return ok;
}

static bool key_generation(struct task *t, const struct yaml *node, struct error *err) {
    static const char *const known[] = {"until", "max_gen_toks", "max_tokens", "temperature", "do_sample",
                                        "top_p", "top_k",        "grammar",    "response_format"};
    if (node->kind != YAML_MAPPING) return yaml_error(node, err, "expected a mapping");
    if (!yaml_check_keys(node, known, sizeof known / sizeof *known, err)) return false;
    bool samples = true;
    for (size_t i = 0; i < node->n; i++) {
        struct text key = node->key[i]->scalar;
        const struct yaml *value = node->child[i];
        bool ok = text_equal_c(key, "until")         ? read_texts(t, value, &t->stops, &t->n_stops, err)
                  : text_equal_c(key, "temperature") ? read_number(value, 0, 100, &t->temperature, err)
                  : text_equal_c(key, "top_p")       ? read_number(value, 1e-6, 1, &t->top_p, err)
                  : text_equal_c(key, "top_k")       ? read_count(value, 1 << 20, &t->top_k, err)
                  : text_equal_c(key, "do_sample")   ? read_switch(value, &samples, err)
                  : text_equal_c(key, "grammar") || text_equal_c(key, "response_format")
                      ? read_form(t, text_equal_c(key, "grammar"), value, err)
                                                     : read_count(value, 1 << 20, &t->max_tokens, err);
        if (!ok) return false;
    }
    if (!samples) t->temperature = 0;
    return t->max_tokens > 0 || yaml_error(node, err, "max_gen_toks: expected at least 1");
}

static bool key_groups(struct task *t, const struct yaml *node, struct error *err) {
    struct text *names;
    if (!read_texts(t, node, &names, &t->n_groups, err)) return false;
    if (t->n_groups > TASK_FIELDS_MOST) return yaml_error(node, err, "expected at most %d fields", TASK_FIELDS_MOST);
    if (!(t->groups = arena_new(&t->arena, const char *, t->n_groups, err))) return false;
    for (size_t i = 0; i < t->n_groups; i++) t->groups[i] = names[i].at;
    return true;
}

/* ---- scorer, readers, metrics */

static bool key_scorer(struct task *t, const struct yaml *node, struct error *err) {
    struct text spec;
    struct error why = {0};
    if (!read_text_value(t, node, &spec, err)) return false;
    if (!(t->scorer = scorer_find(spec_name(spec)))) {
        const struct scorer *const *all;
        const char *names[128];
        size_t n = scorers(&all);
        for (size_t i = 0; i < n && i < 128; i++) names[i] = all[i]->name;
        const char *near = text_nearest(spec_name(spec), names, n < 128 ? n : 128);
        return yaml_error(node, err, "no scorer '%.*s'%s%s%s (`basanite methods scorer` lists them)",
                          TEXT_ARG(spec_name(spec)), near ? "; did you mean '" : "", near ? near : "",
                          near ? "'?" : "");
    }
    t->scorer_options = spec_parse(&t->arena, spec, t->scorer->options, t->scorer->n_options, &why);
    return t->scorer_options || yaml_error(node, err, "%s", why.message);
}

static bool unknown_reader(const struct yaml *at, struct text name, struct error *err) {
    const struct reader *all;
    const char *names[128];
    size_t n = readers(&all);
    for (size_t i = 0; i < n && i < 128; i++) names[i] = all[i].name;
    const char *near = text_nearest(name, names, n < 128 ? n : 128);
    return yaml_error(at, err, "no reader '%.*s'%s%s%s (`basanite methods reader` lists them)", TEXT_ARG(name),
                      near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* {function: NAME, key: value, ...} or the name alone */
static bool read_use(struct task *t, const struct yaml *node, struct reader_use *use, struct error *err) {
    const struct yaml *function = node->kind == YAML_MAPPING ? yaml_get(node, "function") : node;
    if (!function || function->kind != YAML_SCALAR) return yaml_error(node, err, "expected {function: NAME, ...}");
    const struct reader *r = reader_find(function->scalar);
    if (!r) return unknown_reader(function, function->scalar, err);
    struct error why = {0};
    struct option_value *values = option_defaults(&t->arena, text_of(r->name), r->options, r->n_options, err);
    if (!values) return false;
    for (size_t i = 0; node->kind == YAML_MAPPING && i < node->n; i++) {
        struct text value;
        if (text_equal_c(node->key[i]->scalar, "function")) continue;
        if (!read_text_value(t, node->child[i], &value, err)) return false;
        if (!option_set(text_of(r->name), r->options, r->n_options, values, node->key[i]->scalar, value, &why))
            return yaml_error(node->key[i], err, "%s", why.message);
    }
    *use = (struct reader_use){r, values};
    return true;
}

/* A list of {name, filter: [...]} as in lm-eval, or one list of readers. */
static bool key_filters(struct task *t, const struct yaml *node, struct error *err) {
    if (node->kind != YAML_SEQUENCE || node->n == 0 || node->n > 16)
        return yaml_error(node, err, "expected a list of 1 to 16 filters");
    bool named = node->child[0]->kind == YAML_MAPPING && yaml_get(node->child[0], "filter");
    t->n_chains = named ? node->n : 1;
    if (!(t->chains = arena_new(&t->arena, struct reader_chain, t->n_chains, err))) return false;
    for (size_t c = 0; c < t->n_chains; c++) {
        static const char *const known[] = {"name", "filter"};
        const struct yaml *chain = named ? node->child[c] : node, *list = named ? yaml_get(chain, "filter") : node;
        t->chains[c].name = TEXT("filter");
        if (named && (!yaml_check_keys(chain, known, 2, err) || !yaml_opt_text(chain, "name", &t->chains[c].name, err)))
            return false;
        if (!list || list->kind != YAML_SEQUENCE || list->n == 0 || list->n > 16)
            return yaml_error(chain, err, "expected 'filter': a list of 1 to 16 readers");
        struct reader_use *uses = arena_new(&t->arena, struct reader_use, list->n, err);
        if (!uses) return false;
        for (size_t i = 0; i < list->n; i++)
            if (!read_use(t, list->child[i], &uses[i], err)) return false;
        t->chains[c].uses = uses;
        t->chains[c].n = list->n;
    }
    return true;
}

static bool key_metrics(struct task *t, const struct yaml *node, struct error *err) {
    if (node->kind != YAML_SEQUENCE || node->n == 0 || node->n > 64)
        return yaml_error(node, err, "expected a list of 1 to 64 metrics");
    if (!(t->metrics = arena_new(&t->arena, struct metric_use, node->n, err))) return false;
    for (size_t i = 0; i < node->n; i++) {
        struct json_place place = {t->shown_name, node->child[i]->line, "metric_list"};
        json_t *entry = yaml_to_json(node->child[i], err);
        bool ok = entry && metric_use_parse(entry, place, &t->arena, &t->metrics[i], err);
        json_decref(entry);
        if (!ok) return false;
    }
    t->n_metrics = node->n;
    return true;
}

static bool key_needs(struct task *t, const struct yaml *node, struct error *err) {
    static const struct {
        const char *name;
        int bit;
    } known[] = {{"logprobs", SUBJECT_TOKEN_LOGPROBS}, {"scores", SUBJECT_SCORES}, {"chat", SUBJECT_CHATS},
                 {"vision", SUBJECT_SEES}, {"audio", SUBJECT_HEARS}};
    struct text *names;
    size_t n;
    if (!read_texts(t, node, &names, &n, err)) return false;
    for (size_t i = 0; i < n; i++) {
        int bit = 0;
        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            if (text_equal_c(names[i], known[k].name)) bit = known[k].bit;
        if (!bit)
            return yaml_error(node, err, "'%.*s': expected logprobs, scores, chat, vision or audio",
                              TEXT_ARG(names[i]));
        t->needs |= bit;
    }
    return true;
}

static const struct {
    const char *name;
    key_reader *read;
} keys[] = {
    {"task", key_task}, {"version", key_kept}, {"title", key_title}, {"licence", key_licence}, {"source", key_source},
    {"dataset_path", key_data}, {"dataset_kwargs", key_kwargs}, {"where", key_where}, {"beside", key_beside},
    {"optional", key_optional}, {"id", key_id},
    {"output_type", key_output}, {"chat", key_chat}, {"description", key_description}, {"doc_to_text", key_text},
    {"doc_to_messages", key_messages}, {"doc_to_image", key_image}, {"doc_to_audio", key_audio},
    {"methods", task_methods_read},
    {"doc_to_target", key_target}, {"doc_to_choice", key_choice}, {"target_mask", key_mask}, {"labels", key_labels},
    {"target_delimiter", key_target_delimiter}, {"num_fewshot", key_shots}, {"fewshot_path", key_fewshot_data},
    {"fewshot_delimiter", key_fewshot_delimiter}, {"fewshot_config", key_fewshot_config},
    {"generation_kwargs", key_generation}, {"repeats", key_samples}, {"limit", key_limit},
    {"permute_choices", key_permute},
    {"scorer", key_scorer}, {"filter_list", key_filters}, {"metric_list", key_metrics}, {"groups", key_groups},
    {"cluster", key_cluster}, {"pair", key_pair}, {"twin", key_twin}, {"lang", key_lang}, {"ref", key_ref},
    {"split", key_split}, {"needs", key_needs}, {"baselines", key_kept}, {"dimension", key_kept},
    {"taxonomy", key_kept}, {"way", key_kept},
    {"lint", key_lint}, {"metadata", key_kept}, {"compat", key_kept}, {"detector", key_kept},
};
enum { KEYS = sizeof keys / sizeof *keys };

static bool read_keys(struct task *t, const struct yaml *root, struct error *err) {
    const char *names[KEYS];
    for (size_t i = 0; i < KEYS; i++) names[i] = keys[i].name;
    if (root->kind != YAML_MAPPING) return yaml_error(root, err, "expected a mapping with the keys of a task");
    if (!yaml_check_keys(root, names, KEYS, err)) return false;
    const struct yaml *compat = yaml_get(root, "compat");
    if (compat && compat->kind != YAML_MAPPING)
        return yaml_error(compat, err,
                          "expected a mapping of keys of a task, which --compat puts in the place of others");
    if (compat && !yaml_check_keys(compat, names + 1, KEYS - 2, err)) return false; /* neither task nor compat */
    t->compat = compat && t->settings.compat;
    /* In the order of the table, so that a reader may rely on what comes before it. */
    for (size_t i = 0; i < KEYS; i++) {
        const struct yaml *published = t->compat ? yaml_get(compat, keys[i].name) : NULL;
        const struct yaml *value = published ? published : yaml_get(root, keys[i].name);
        if (value && !keys[i].read(t, value, err)) return false;
        if (i == 0 && !value) return yaml_error(root, err, "expected 'task': its name");
        if (strcmp(keys[i].name, "output_type") == 0) t->chat = t->output == TASK_GENERATE;
    }
    return true;
}

static bool default_scorer(struct task *t, struct error *err) {
    if (t->scorer) return true;
    const char *name = t->output == TASK_GENERATE ? "match" : t->output == TASK_HIDDEN ? "aqi" : "choice";
    t->scorer = scorer_find(text_of(name));
    if (!t->scorer) return error_set(err, ERROR_ENVIRONMENT, "scorer '%s' is not built in", name);
    t->scorer_options = spec_parse(&t->arena, text_of(name), t->scorer->options, t->scorer->n_options, err);
    return t->scorer_options != NULL;
}

/* --scorer: other options of the scorer that the task has. */
static bool other_options(struct task *t, const char *spec, struct error *err) {
    if (!spec) return true;
    if (!text_equal_c(spec_name(text_of(spec)), t->scorer->name))
        return error_set(err, ERROR_USAGE, "--scorer: task '%s' is scored by %s, not by '%.*s'", t->name,
                         t->scorer->name, TEXT_ARG(spec_name(text_of(spec))));
    char *kept = text_copy(&t->arena, text_of(spec), err);
    t->scorer_spec = kept;
    return kept && (t->scorer_options = spec_parse(&t->arena, text_of(kept), t->scorer->options, t->scorer->n_options,
                                                   err));
}

static bool default_metrics(struct task *t, struct error *err) {
    if (t->metrics) return true;
    t->n_metrics = 1;
    struct json_place place = {t->shown_name, 0, "metric_list"};
    json_t *entry = json_string("score");
    bool ok = entry && (t->metrics = arena_new(&t->arena, struct metric_use, 1, err)) &&
              metric_use_parse(entry, place, &t->arena, &t->metrics[0], err);
    json_decref(entry);
    return ok;
}

/* How the scorer errs: as the task says, else as the program knows. */
static bool read_detector(struct task *t, const struct yaml *root, struct error *err) {
    const struct yaml *node = yaml_get(root, "detector");
    error_clear(err);
    t->detector = detector_of(t->scorer, t->scorer_options, &t->arena, err);
    if (!t->detector && err->kind != ERROR_NONE) return false;
    if (!node) return true;
    if (!t->detector)
        return yaml_error(node, err, "the scorer '%s' detects nothing that could be corrected", t->scorer->name);
    return (t->detector = detector_stated(t->detector, node, &t->arena, err)) != NULL;
}

/* What keys must and must not stand together. */
/* A metric that is split by one field: it is one of the groups. */
static bool check_metrics(const struct task *t, const struct yaml *root, struct error *err) {
    for (size_t m = 0; m < t->n_metrics; m++) {
        const char *only = t->metrics[m].only;
        bool found = only == NULL;
        for (size_t g = 0; !found && g < t->n_groups; g++) found = strcmp(t->groups[g], only) == 0;
        if (!found)
            return yaml_error(root, err, "metric_list: %s: 'groups: %.60s' is none of the task's groups",
                              t->metrics[m].name, only);
    }
    return true;
}

static bool check_keys(struct task *t, const struct yaml *root, struct error *err) {
    bool choices = t->choice.given || t->n_choice_list;
    if (!t->n_data) return yaml_error(root, err, "expected 'dataset_path': the file with the rows");
    if (!t->text.given && !t->messages.given && !t->n_methods)
        return yaml_error(root, err, "expected 'doc_to_text': the template of the prompt");
    if (t->messages.given && (t->text.given || t->shots || t->description.len || !t->chat))
        return yaml_error(yaml_get(root, "doc_to_messages"), err,
                          "doc_to_messages gives the whole conversation: it stands "
                          "alone, without doc_to_text, description or examples, and needs chat: true");
    if ((t->image.given || t->audio.given) && (!t->text.given || !t->chat || t->output != TASK_GENERATE))
        return yaml_error(yaml_get(root, t->image.given ? "doc_to_image" : "doc_to_audio"), err,
                          "doc_to_image and doc_to_audio stand before doc_to_text in a message: the task needs it, "
                          "chat: true, and answers that are written (generate_until)");
    if (t->n_methods && (t->text.given || t->messages.given || t->output != TASK_GENERATE || t->shots))
        return yaml_error(yaml_get(root, "methods"), err,
                          "the steps of methods are the prompts: they stand without doc_to_text, "
                          "doc_to_messages or examples, and their answers are written (generate_until)");
    if (t->output == TASK_HIDDEN && ((t->scorer && strcmp(t->scorer->name, "aqi") != 0) || choices))
        return yaml_error(root, err, "output_type hidden_states is for the scorer aqi, and has no choices");
    if (t->output != TASK_GENERATE && t->output != TASK_HIDDEN && !choices)
        return yaml_error(root, err, "expected 'doc_to_choice': the continuations that are compared");
    if (t->samples > 1 && t->temperature == 0)
        return yaml_error(root, err,
                          "repeats: several greedy answers are all the same; give generation_kwargs: {temperature}");
    if (t->output != TASK_GENERATE && t->samples > 1)
        return yaml_error(root, err, "repeats: scores of given continuations are the same each time");
    if (t->shots && t->output == TASK_LOGLIKELIHOOD)
        return yaml_error(root, err, "num_fewshot: sentences that are compared have no examples before them");
    return true;
}

static void set_needs(struct task *t) {
    if (t->output == TASK_HIDDEN) return; /* a model in this process: the runner asks for one */
    t->needs |= t->output == TASK_GENERATE ? SUBJECT_GENERATES : SUBJECT_SCORES;
    if (t->output == TASK_GENERATE && t->temperature > 0) t->needs |= SUBJECT_SAMPLES;
    if (t->output == TASK_GENERATE && t->form != ASK_FREE) t->needs |= SUBJECT_FOLLOWS;
    if (t->image.given) t->needs |= SUBJECT_SEES;
    if (t->audio.given) t->needs |= SUBJECT_HEARS;
}

struct task *task_from_yaml(const struct yaml *root, struct text source, struct text folder,
                            const struct task_settings *settings, struct error *err) {
    struct task *t = memory_zeroed(1, sizeof *t);
    if (!t) return error_memory(err, "task"), NULL;
    arena_init(&t->arena, (size_t)64 << 20);
    t->settings = *settings;
    t->shelf = settings->shelf ? settings->shelf : (t->own_shelf = world_shelf_new(err));
    t->census = census_keeper_new(err);
    t->title = t->licence = t->origin = "";
    t->kwargs.header = true;
    t->target_delimiter = TEXT(" ");
    t->fewshot_delimiter = TEXT("\n\n");
    t->samples = 1;
    t->max_tokens = 128;
    t->top_p = 1;
    char *kept = text_copy(&t->arena, source, err), *beside = text_copy(&t->arena, folder, err);
    char *path = settings->path ? text_copy(&t->arena, text_of(settings->path), err) : NULL;
    t->shown_name = text_copy(&t->arena, text_of(root->file), err);
    t->source = (struct text){kept, source.len};
    t->folder = (struct text){beside, folder.len};
    if (path) t->settings.path = path;
    if (settings->split) t->settings.split = text_copy(&t->arena, text_of(settings->split), err);
    t->settings.lang = NULL;
    if (settings->lang && strcmp(settings->lang, "all") != 0)
        t->settings.lang = text_copy(&t->arena, text_of(settings->lang), err);
    bool ok = t->shelf && t->census && kept && beside && t->shown_name && (path || !settings->path) &&
              read_keys(t, root, err) && task_expand_data(t, err) && check_keys(t, root, err) &&
              check_metrics(t, root, err) &&
              default_scorer(t, err) && other_options(t, settings->scorer, err) && default_metrics(t, err) &&
              read_detector(t, root, err);
    if (settings->few_shot >= 0) t->shots = (size_t)settings->few_shot;
    if (ok && t->shots && t->messages.given)
        ok = error_set(err, ERROR_USAGE,
                       "few-shot: task '%s' gives whole conversations, which have no examples before them", t->name);
    if (ok && t->shots > TASK_SHOTS_MOST)
        ok = error_set(err, ERROR_USAGE, "few-shot: expected at most %d examples", TASK_SHOTS_MOST);
    if (ok && settings->few_shot > 0 && t->output == TASK_LOGLIKELIHOOD)
        ok = error_set(err, ERROR_USAGE, "few-shot: task '%s' compares sentences, which have no examples before them",
                       t->name);
    set_needs(t);
    if (ok && settings->split && !t->split.given)
        ok = error_set(err, ERROR_USAGE, "--split: task '%s' does not tell the split of its rows (key split)", t->name);
    if (ok && settings->lang && !t->lang.given)
        ok =
            error_set(err, ERROR_USAGE, "--lang: task '%s' does not tell the language of its rows (key lang)", t->name);
    ok = ok && task_method_choose(t, settings->method, err);
    if (ok && t->scorer->open) t->scorer_state = t->scorer->open(t->scorer_options, t->settings.path, &t->scorer_error);
    if (ok) return t;
    task_free(t);
    return NULL;
}
