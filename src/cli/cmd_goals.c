/* basanite goals: what a model should be good at. */
#include "cli/commands.h"

#include "measure/leaf/taxonomy.h"

#include <string.h>

static const char *const flags[] = {"json", "out", NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_goals = {
    .name = "goals",
    .synopsis = "tree TAXONOMY",
    .summary = "what a model should be good at: the categories and leaves of a taxonomy, each with its generator, "
               "scorer and figure",
    .example = "basanite goals tree liu2023",
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

static bool run(struct arguments *args, struct error *err) {
    if (!common_words(args, &command_goals, 2, 2, err)) return false;
    if (strcmp(args->words[0], "tree") != 0)
        return error_set(err, ERROR_USAGE, "no verb '%s': expected tree", args->words[0]);
    struct taxonomy *t = taxonomy_open(args->words[1], args->arena, err);
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
