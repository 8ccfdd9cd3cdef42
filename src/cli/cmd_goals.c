/* basanite goals: what a model should be good at. One file a verb; here the taxonomies, and which verb it is. */
#include "cli/goals_dedup.h"
#include "cli/goals_graph.h"
#include "cli/goals_policy.h"
#include "cli/goals_profile.h"

#include "measure/leaf/taxonomy.h"

#include <string.h>

static const char *const flags[] = {"profile",         "context",    "as-of",  "record", "run",       "before",
                                    "allow-undecided", "confidence", "json",   "quiet",  "out",       "from",
                                    "titles",          "explain",    "attack", "only",   "bootstrap", "seed",
                                    "threads",         "format",     "tau",    "survey", "confirm",   NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_goals = {
    .name = "goals",
    .synopsis =
        "init [--profile LIST] | classify ANSWERS.yaml | check POLICY | tree POLICY|TAXONOMY | explain POLICY "
        "GOAL [--context k=v,...] | verdict POLICY [RUN] [--before RUN] | graph VOTES [--from votes|counts] [--titles "
        "FILE] [--explain VALUE] [--attack VALUE] [--format graph|guide|pairs] | dedup CARDS [--tau F] "
        "[--confirm]",
    .summary =
        "what a model should be good at: policies (begun from profiles; coverage, trace matrix, conflicts, verdicts "
        "of a run), legal classes, "
        "taxonomies (categories and leaves, each with its generator, scorer and figure), and moral graphs of people's "
        "votes on values",
    .example = "basanite goals check helpdesk",
    .flags = flags,
    .run = run,
};

static const char *text_at(const json_t *object, const char *key) {
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "-";
}

static void print_category(FILE *out, const json_t *category) {
    const json_t *leaves = json_object_get(category, "leaves");
    fprintf(out, "%s: %s (%zu leaves)\n", text_at(category, "id"), text_at(category, "title"), json_array_size(leaves));
    for (size_t i = 0; i < json_array_size(leaves); i++) {
        const json_t *leaf = json_array_get(leaves, i);
        const char *study = json_string_value(json_object_get(leaf, "study"));
        fprintf(out, "  %-38s %-9s %-8s %-12s %s%s%s\n", text_at(leaf, "id"), text_at(leaf, "status"),
                text_at(leaf, "scorer"), text_at(leaf, "figure"), text_at(leaf, "definition"), study ? " Study: " : "",
                study ? study : "");
    }
}

static void print_tree(FILE *out, const struct taxonomy *t, const json_t *tree) {
    const json_t *categories = json_object_get(tree, "categories");
    fprintf(out, "%s: %s\n", t->name, t->title);
    for (size_t i = 0; i < json_array_size(categories); i++) print_category(out, json_array_get(categories, i));
    fprintf(out, "%zu categories, %zu leaves; `basanite data make taxonomy/LEAF` makes cases of one\n", t->n_categories,
            t->n_leaves);
}

static bool tree_taxonomy(struct arguments *args, const char *name, struct error *err) {
    struct taxonomy *t = taxonomy_open(name, args->arena, err);
    json_t *tree = t ? taxonomy_json(t, err) : NULL;
    if (!tree) return false;
    bool ok = true;
    if (args_on(args, "json"))
        ok = print_json(args->out, tree, err);
    else
        print_tree(args->out, t, tree);
    json_decref(tree);
    return ok && taxonomy_check(t, args->arena, err);
}

/* ---- verbs */

static bool do_classify(struct arguments *args, struct error *err) {
    return goals_classify(args, args->words[1], err);
}

static bool do_check(struct arguments *args, struct error *err) {
    return goals_check(args, args->words[1], err);
}

static bool do_tree(struct arguments *args, struct error *err) {
    const char *name = args->words[1];
    return goals_is_policy(name) ? goals_tree(args, name, err) : tree_taxonomy(args, name, err);
}

static bool do_explain(struct arguments *args, struct error *err) {
    return goals_explain(args, args->words[1], args->words[2], err);
}

static bool do_verdict(struct arguments *args, struct error *err) {
    return goals_verdict(args, args->words[1], args->n_words > 2 ? args->words[2] : args_text(args, "run", NULL), err);
}

static bool do_graph(struct arguments *args, struct error *err) {
    return goals_graph(args, args->words[1], err);
}

static bool do_dedup(struct arguments *args, struct error *err) {
    return goals_dedup(args, args->words[1], err);
}

static const struct {
    const char *name;
    size_t least, most; /* words with the verb */
    bool (*run)(struct arguments *args, struct error *err);
} verbs[] = {{"init", 1, 1, goals_init}, {"classify", 2, 2, do_classify}, {"check", 2, 2, do_check},
             {"tree", 2, 2, do_tree},    {"explain", 3, 3, do_explain},   {"verdict", 2, 3, do_verdict},
             {"graph", 2, 2, do_graph},  {"dedup", 2, 2, do_dedup}};
enum { N_VERBS = sizeof verbs / sizeof *verbs };

static bool run(struct arguments *args, struct error *err) {
    const char *names[N_VERBS];
    if (!common_words(args, &command_goals, 1, 8, err)) return false;
    for (size_t i = 0; i < N_VERBS; i++) {
        names[i] = verbs[i].name;
        if (strcmp(args->words[0], names[i]) != 0) continue;
        return common_words(args, &command_goals, verbs[i].least, verbs[i].most, err) && verbs[i].run(args, err);
    }
    const char *near = text_nearest(text_of(args->words[0]), names, N_VERBS);
    return error_set(err, ERROR_USAGE, "no verb '%s'%s%s%s", args->words[0], near ? "; did you mean '" : "",
                     near ? near : "; expected init, classify, check, tree, explain, verdict, graph or dedup",
                     near ? "'?" : "");
}
