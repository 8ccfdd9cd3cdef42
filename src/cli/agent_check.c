/* basanite agent check: files about tools and chains, told apart by their shape. */
#include "cli/agent_scenes.h"
#include "cli/agent_verbs.h"
#include "cli/commands.h"

#include "base/file.h"
#include "measure/trace/rule_set.h"

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

static bool write_witness(const struct arguments *args, const struct buffer *witness, struct error *err) {
    const char *path = args_text(args, "witness", NULL);
    return !path || (buffer_check(witness, "witness", err) && file_write(path, buffer_text(witness), err));
}

static bool check_rules(struct arguments *args, struct findings *told, size_t *sets, struct error *err) {
    struct buffer witness;
    bool ok = true;
    buffer_init(&witness, 1 << 24);
    for (size_t i = 1; ok && i < args->n_words; i++) {
        struct rule_set set;
        if (!rule_set_is(args->words[i])) continue;
        ok = rule_set_read(&set, args->words[i], args->arena, err) &&
             rule_set_check(&set, findings_put, told, &witness, err);
        if (ok && told->form == FINDINGS_LINES && !args_on(args, "quiet"))
            fprintf(args->out, "%s: %zu rules, %zu tools\n", set.file, set.n_lines, set.n_calls);
        rule_set_done(&set);
        ++*sets;
    }
    ok = ok && write_witness(args, &witness, err);
    buffer_done(&witness);
    return ok;
}

static bool read_specs(struct arguments *args, struct tool_spec *spec, struct error *err) {
    const char *kind;
    for (size_t i = 1; i < args->n_words; i++)
        if (!rule_set_is(args->words[i]) && !tool_spec_read(spec, args->words[i], &kind, err)) return false;
    return true;
}

/* Faults of files are bad data; what rules say against one another is a claim that does not hold. */
static bool check_all(struct arguments *args, struct tool_spec *spec, struct findings *told, struct error *err) {
    struct spec_counts counts;
    size_t sets = 0;
    if (!read_specs(args, spec, err) || !tool_spec_check(spec, args_text(args, "only", NULL), findings_put, told, err))
        return false;
    unsigned long long bad = told->n[FINDING_ERROR];
    if (!check_rules(args, told, &sets, err) || !tool_spec_count(spec, &counts, err) ||
        !findings_end(told, counts_json(spec, &counts), err))
        return false;
    if (told->form == FINDINGS_LINES && !args_on(args, "quiet") && spec->n_roots)
        print_counts(args->out, spec, &counts);
    if (bad && !args_on(args, "lenient"))
        return error_set(err, ERROR_DATA, "%llu errors; the first: %s", bad, told->first);
    return told->n[FINDING_ERROR] == bad ||
           error_set(err, ERROR_GATE, "%llu rules contradict each other or are vacuous; the first: %s",
                     (unsigned long long)told->n[FINDING_ERROR] - bad, told->first);
}

bool agent_check(struct arguments *args, struct error *err) {
    enum { RULES_MOST = 16 };
    const struct finding_rule *rules[RULES_MOST + 3];
    const struct spec_rule *all;
    struct tool_spec spec;
    struct findings told;
    enum findings_form form;
    size_t n = 0, n_all = spec_rules(&all);
    if (args->n_words < 2) return error_set(err, ERROR_USAGE, "expected `basanite agent check FILE...`");
    if (agent_is_scene(args->words[1])) return agent_check_scenes(args, err);
    for (; n < n_all && n < RULES_MOST; n++) rules[n] = &all[n].is;
    for (size_t i = 0; i < 3; i++) rules[n++] = rule_set_rules[i];
    if (!common_findings_form(args, &form, err)) return false;
    tool_spec_init(&spec, args->arena);
    bool ok = findings_init(&told, form, args->out, rules, n, err) && check_all(args, &spec, &told, err);
    findings_done(&told);
    tool_spec_done(&spec);
    return ok;
}
