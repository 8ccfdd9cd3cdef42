/* Which class a use falls into, with the rules that led there: see profile.h. */
#include "set/profile.h"

#include <string.h>

static const char *answer_to(const struct policy_context *answers, const char *question) {
    for (size_t i = 0; i < answers->facts.n; i++)
        if (strcmp(answers->facts.tests[i].name, question) == 0) return answers->facts.tests[i].values[0];
    return NULL;
}

static bool is_question(const struct profile *p, struct text name) {
    for (size_t i = 0; i < p->n_questions; i++)
        if (text_equal_c(name, p->questions[i])) return true;
    return false;
}

/* yes, no, true, false as yes and no; other words as they are. */
static const char *answer_word(struct arena *arena, struct text t, struct error *err) {
    if (text_equal_nocase(t, TEXT("yes")) || text_equal_nocase(t, TEXT("true"))) return "yes";
    if (text_equal_nocase(t, TEXT("no")) || text_equal_nocase(t, TEXT("false"))) return "no";
    return text_copy(arena, t, err);
}

static bool add_answer(struct policy_test *tests, size_t *n, const char *name, const char *value, struct arena *arena,
                       struct error *err) {
    const char **values = value ? arena_new(arena, const char *, 1, err) : NULL;
    if (!values) return false;
    values[0] = value;
    tests[(*n)++] = (struct policy_test){.name = name, .values = values, .n_values = 1};
    return true;
}

bool profile_answers_read(const struct profile *p, const struct yaml *root, struct arena *arena,
                          struct policy_context *out, struct error *err) {
    static const char *const known[] = {"answers", "unanswered", "system"};
    const struct yaml *map = yaml_get(root, "answers"), *rest = yaml_get(root, "unanswered");
    if (root->kind != YAML_MAPPING) return yaml_error(root, err, "answers are {answers: {QUESTION: yes|no}}");
    if (!yaml_check_keys(root, known, 3, err)) return false;
    if (!map || map->kind != YAML_MAPPING) return yaml_error(root, err, "expected 'answers': {QUESTION: yes|no}");
    struct policy_test *tests = arena_new(arena, struct policy_test, p->n_questions + map->n + 1, err);
    size_t n = 0;
    if (!tests) return false;
    for (size_t i = 0; i < map->n; i++) {
        const struct yaml *key = map->key[i];
        if (!is_question(p, key->scalar)) {
            const char *near = text_nearest(key->scalar, p->questions, p->n_questions);
            return yaml_error(key, err, "no question '%.*s'%s%s%s", TEXT_ARG(key->scalar),
                              near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
        }
        if (map->child[i]->kind != YAML_SCALAR || !map->child[i]->scalar.len)
            return yaml_error(map->child[i], err, "'%.*s': expected yes or no", TEXT_ARG(key->scalar));
        const char *name = text_copy(arena, key->scalar, err);
        if (!name || !add_answer(tests, &n, name, answer_word(arena, map->child[i]->scalar, err), arena, err))
            return false;
    }
    *out = (struct policy_context){{tests, n}};
    if (!rest) return true;
    if (rest->kind != YAML_SCALAR) return yaml_error(rest, err, "'unanswered': expected no");
    for (size_t i = 0; i < p->n_questions; i++)
        if (!answer_to(out, p->questions[i]) &&
            !add_answer(tests, &n, p->questions[i], answer_word(arena, rest->scalar, err), arena, err))
            return false;
    out->facts.n = n;
    return true;
}

/* The test that a rule hangs on: the first that fails, or is open; where it holds, its last one. */
static const struct policy_test *deciding(const struct policy_when *when, const struct policy_context *answers,
                                          enum policy_applies holds) {
    const struct policy_test *last = NULL;
    for (size_t i = 0; i < when->n; i++) {
        struct policy_when one = {&when->tests[i], 1};
        last = &when->tests[i];
        if (holds != POLICY_YES && policy_when_holds(&one, answers) == holds) return last;
    }
    return last;
}

static size_t track_of(struct profile_verdict *out, const char *name) {
    for (size_t i = 0; i < out->n_tracks; i++)
        if (strcmp(out->tracks[i].track, name) == 0) return i;
    if (out->n_tracks == PROFILE_TRACKS_MOST) return SIZE_MAX;
    out->tracks[out->n_tracks].track = name;
    return out->n_tracks++;
}

bool profile_classify(const struct profile *p, const struct policy_context *answers, struct arena *arena,
                      struct profile_verdict *out, struct error *err) {
    *out = (struct profile_verdict){.steps = arena_new(arena, struct profile_step, p->n_classes + 1, err)};
    if (!out->steps) return false;
    if (!p->n_classes) return error_set(err, ERROR_USAGE, "profile '%s' has no classes", p->name);
    for (size_t i = 0; i < p->n_impossible; i++)
        if (policy_when_holds(&p->impossible[i].when, answers) == POLICY_YES)
            return error_set(err, ERROR_DATA, "answers contradict each other: %s", p->impossible[i].because);
    for (size_t i = 0; i < p->n_classes; i++) {
        const struct profile_class *rule = &p->classes[i];
        size_t track = track_of(out, rule->track);
        if (track == SIZE_MAX) return error_set(err, ERROR_DATA, "over %d tracks", PROFILE_TRACKS_MOST);
        if (out->tracks[track].by || out->tracks[track].missing) continue;
        enum policy_applies holds = policy_when_holds(&rule->when, answers);
        const struct policy_test *decided = deciding(&rule->when, answers, holds);
        out->steps[out->n_steps++] = (struct profile_step){rule, holds, decided};
        if (holds == POLICY_OPEN) out->tracks[track].missing = decided->name;
        if (holds != POLICY_YES) continue;
        out->tracks[track].by = rule;
        out->tracks[track].name = rule->name;
    }
    return true;
}

static void put_answer(struct buffer *out, const char *before, const struct policy_test *test,
                       const struct policy_context *answers) {
    const char *answer = answer_to(answers, test->name);
    buffer_printf(out, "%s%s is %s", before, test->name, answer ? answer : "not answered");
}

bool profile_verdict_put(struct buffer *out, const struct profile_verdict *v, const struct policy_context *answers) {
    static const char *const words[] = {[POLICY_NO] = "no", [POLICY_OPEN] = "open", [POLICY_YES] = "holds"};
    for (size_t i = 0; i < v->n_steps; i++) {
        const struct profile_step *s = &v->steps[i];
        const struct policy_when *when = &s->rule->when;
        buffer_printf(out, "  %-6s %s (%s)%s%s", words[s->holds], s->rule->id, s->rule->clause,
                      s->rule->because[0] ? ", " : "", s->rule->because);
        if (s->holds == POLICY_YES)
            for (size_t k = 0; k < when->n; k++) put_answer(out, k ? ", " : ": ", &when->tests[k], answers);
        else if (s->decided)
            put_answer(out, ": ", s->decided, answers);
        buffer_put_char(out, '\n');
    }
    for (size_t i = 0; i < v->n_tracks; i++) {
        if (v->tracks[i].name)
            buffer_printf(out, "%s: %s, by %s (%s)\n", v->tracks[i].track, v->tracks[i].name, v->tracks[i].by->id,
                          v->tracks[i].by->clause);
        else
            buffer_printf(out, "%s: open; answer '%s'\n", v->tracks[i].track,
                          v->tracks[i].missing ? v->tracks[i].missing : "more");
    }
    return !out->failed;
}
