/* basanite agent check: files about tools and chains, told apart by their shape. */
#include "cli/agent_scenes.h"
#include "cli/agent_verbs.h"
#include "cli/commands.h"

#include "measure/trace/tool_spec.h"

static json_t *counts_json(const struct tool_spec *spec, const struct spec_counts *c) {
    json_t *lengths = json_object(), *categories = json_array();
    for (size_t i = 0; i <= SPEC_STEPS_MOST; i++) {
        char key[24];
        snprintf(key, sizeof key, "%zu", i);
        if (c->length[i]) json_object_set_new(lengths, key, json_integer((json_int_t)c->length[i]));
    }
    for (size_t i = 0; i < c->n_categories; i++) {
        const struct spec_count *one = &c->categories[i];
        json_array_append_new(categories, json_pack("{s:o s:I s:I s:I}", "category", json_from_text(one->category),
                                                    "chains", (json_int_t)one->chains, "subcategories",
                                                    (json_int_t)one->subcategories, "known", (json_int_t)one->known));
    }
    return json_pack("{s:I s:I s:I s:I s:I s:I s:o s:o}", "chains", (json_int_t)spec->n_chains, "tools",
                     (json_int_t)spec->n_tools, "capabilities", (json_int_t)spec->n_capabilities, "subcategories",
                     (json_int_t)c->subcategories, "in_taxonomy", (json_int_t)c->known, "taxonomy",
                     (json_int_t)spec->n_taxonomy, "lengths", lengths, "categories", categories);
}

static void print_counts(FILE *out, const struct tool_spec *spec, const struct spec_counts *c) {
    fprintf(out, "%zu chains, %zu tools, %zu capabilities, %zu of %zu subcategories\n", spec->n_chains, spec->n_tools,
            spec->n_capabilities, c->known, spec->n_taxonomy);
    if (!spec->n_chains) return;
    fputs("steps:", out);
    for (size_t i = 0; i <= SPEC_STEPS_MOST; i++)
        if (c->length[i]) fprintf(out, " %zu: %zu", i, c->length[i]);
    fputc('\n', out);
    for (size_t i = 0; i < c->n_categories; i++) {
        const struct spec_count *one = &c->categories[i];
        fprintf(out, "%-32.*s %5zu chains, %zu", TEXT_ARG(one->category), one->chains, one->subcategories);
        if (spec->n_taxonomy) fprintf(out, " of %zu", one->known);
        fputs(" subcategories\n", out);
    }
}

static bool check_specs(struct arguments *args, struct tool_spec *spec, struct findings *told, struct error *err) {
    struct spec_counts counts;
    for (size_t i = 1; i < args->n_words; i++) {
        const char *kind;
        if (!tool_spec_read(spec, args->words[i], &kind, err)) return false;
    }
    if (!tool_spec_check(spec, args_text(args, "only", NULL), findings_put, told, err) ||
        !tool_spec_count(spec, &counts, err) || !findings_end(told, counts_json(spec, &counts), err))
        return false;
    if (told->form == FINDINGS_LINES && !args_on(args, "quiet")) print_counts(args->out, spec, &counts);
    return told->n[FINDING_ERROR] == 0 || args_on(args, "lenient") ||
           error_set(err, ERROR_DATA, "%llu errors; the first: %s", (unsigned long long)told->n[FINDING_ERROR],
                     told->first);
}

bool agent_check(struct arguments *args, struct error *err) {
    enum { RULES_MOST = 16 };
    const struct finding_rule *rules[RULES_MOST];
    const struct spec_rule *all;
    struct tool_spec spec;
    struct findings told;
    enum findings_form form;
    size_t n = 0, n_all = spec_rules(&all);
    if (args->n_words < 2) return error_set(err, ERROR_USAGE, "expected `basanite agent check FILE...`");
    if (agent_is_scene(args->words[1])) return agent_check_scenes(args, err);
    for (; n < n_all && n < RULES_MOST; n++) rules[n] = &all[n].is;
    if (!common_findings_form(args, &form, err)) return false;
    tool_spec_init(&spec, args->arena);
    bool ok = findings_init(&told, form, args->out, rules, n, err) && check_specs(args, &spec, &told, err);
    findings_done(&told);
    tool_spec_done(&spec);
    return ok;
}
