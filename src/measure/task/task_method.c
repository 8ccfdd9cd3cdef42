/* Methods of a task: chains of asks. A step's prompt may use what was said in earlier ones, and the answer that is
 * scored may be put together from all of them. See docs/tasks.md. */
#include "measure/task/task_internal.h"

#include "measure/rules/match.h"
#include "measure/rules/situated.h"

#include <math.h>
#include <string.h>

/* ---- reading ---- */

static const char *kept_text(struct task *t, const struct yaml *node, struct error *err) {
    if (node->kind != YAML_SCALAR || !node->scalar.len) return yaml_error(node, err, "expected a name"), NULL;
    return text_copy(&t->arena, node->scalar, err);
}

static bool read_hidden(struct task *t, const struct yaml *node, struct task_step *step, struct error *err) {
    if (node->kind != YAML_SEQUENCE || node->n > TASK_LABELS_MOST)
        return yaml_error(node, err, "expected a list of labels");
    if (!(step->hidden = arena_new(&t->arena, const char *, node->n + 1, err))) return false;
    for (size_t i = 0; i < node->n; i++)
        if (!(step->hidden[step->n_hidden++] = kept_text(t, node->child[i], err))) return false;
    return true;
}

static bool find_step(const struct task_method *m, const struct yaml *name, size_t *out, struct error *err) {
    for (*out = 0; *out < m->n_steps; ++*out)
        if (text_equal_c(name->scalar, m->steps[*out].name)) return true;
    return yaml_error(name, err, "expected the name of a step before it");
}

/* A number, or the name of an option that is one. */
static bool read_count(const struct yaml *node, const struct task_method *m, struct task_step *step,
                       struct error *err) {
    uint64_t samples;
    step->samples = 1;
    step->samples_by = SIZE_MAX;
    if (!node) return true;
    if (node->kind != YAML_SCALAR) return yaml_error(node, err, "expected a number, or the name of an option");
    for (size_t i = 0; i < m->n_options; i++)
        if (text_equal_c(node->scalar, m->options[i].name)) return step->samples_by = i, true;
    if (!text_to_u64(node->scalar, &samples) || samples < 1 || samples > TASK_STEP_SAMPLES_MOST)
        return yaml_error(node, err, "samples: expected 1 to %d, or the name of an option", TASK_STEP_SAMPLES_MOST);
    return step->samples = (size_t)samples, true;
}

static bool asks_several(const struct task_step *step) {
    return step->samples > 1 || step->samples_by != SIZE_MAX;
}

/* Several answers, and perhaps the step whose answer they agree with or not. */
static bool read_samples(const struct yaml *node, const struct task_method *m, struct task_step *step,
                         struct error *err) {
    const struct yaml *agrees = yaml_get(node, "agrees"), *temperature = yaml_get(node, "temperature");
    step->agrees = SIZE_MAX;
    if (!read_count(yaml_get(node, "samples"), m, step, err)) return false;
    if (asks_several(step) != (temperature != NULL) || (agrees && !asks_several(step)))
        return yaml_error(node, err, "a step of several answers has 'samples', 'temperature' and perhaps 'agrees'");
    if (!asks_several(step)) return true;
    if (!text_to_f64(temperature->scalar, &step->temperature) || !(step->temperature > 0 && step->temperature <= 100))
        return yaml_error(temperature, err, "expected a number above 0, at most 100");
    return !agrees || find_step(m, agrees, &step->agrees, err);
}

static bool read_step(struct task *t, const struct yaml *node, struct task_method *m, struct error *err) {
    static const char *const keys[] = {"name", "text", "max_gen_toks", "hide", "samples", "temperature", "agrees",
                                      "image", "audio"};
    struct task_step *step = &m->steps[m->n_steps];
    const struct yaml *name = yaml_get(node, "name"), *text = yaml_get(node, "text"), *hide = yaml_get(node, "hide");
    int64_t tokens = 0;
    if (node->kind != YAML_MAPPING || !name || !text)
        return yaml_error(node, err, "expected {name: NAME, text: TEMPLATE}");
    if (!yaml_check_keys(node, keys, sizeof keys / sizeof *keys, err) ||
        !yaml_opt_i64(node, "max_gen_toks", &tokens, err) ||
        !(step->name = kept_text(t, name, err)) || (hide && !read_hidden(t, hide, step, err)))
        return false;
    for (size_t i = 0; i < m->n_steps; i++)
        if (strcmp(m->steps[i].name, step->name) == 0)
            return yaml_error(name, err, "a step of this name stands before it");
    if (tokens < 0 || tokens > 1 << 20) return yaml_error(node, err, "max_gen_toks: expected 1 to 1048576");
    if (text_equal_c(name->scalar, "signal"))
        return yaml_error(name, err, "no step can be called so; it has a meaning");
    step->max_tokens = (size_t)tokens;
    if (!read_samples(node, m, step, err)) return false;
    m->n_steps++;
    const struct yaml *image = yaml_get(node, "image"), *audio = yaml_get(node, "audio");
    return task_field_read(&step->text, &t->arena, text, err) &&
           (!image || task_field_read(&step->image, &t->arena, image, err)) &&
           (!audio || task_field_read(&step->audio, &t->arena, audio, err));
}

/* {tau: 0.5}: a default; {tau: null}: must be given. */
static bool read_options(struct task *t, const struct yaml *node, struct task_method *m, struct error *err) {
    if (node->kind != YAML_MAPPING || node->n > TASK_OPTIONS_MOST)
        return yaml_error(node, err, "expected a mapping of at most %d numbers", TASK_OPTIONS_MOST);
    for (size_t i = 0; i < node->n; i++) {
        struct task_method_option *o = &m->options[m->n_options++];
        if (!(o->name = kept_text(t, node->key[i], err))) return false;
        o->value = NAN;
        if (!text_equal_c(node->child[i]->scalar, "null") && !text_to_f64(node->child[i]->scalar, &o->value))
            return yaml_error(node->child[i], err, "expected a number, or null where it must be given");
    }
    return true;
}

static bool read_method(struct task *t, const struct yaml *name, const struct yaml *node, struct error *err) {
    static const char *const keys[] = {"title", "steps", "answer", "options", "ranks", "needs", "signal"};
    struct task_method *m = &t->methods[t->n_methods];
    const struct yaml *steps = yaml_get(node, "steps"), *answer = yaml_get(node, "answer"),
                      *options = yaml_get(node, "options");
    const struct yaml *needs = yaml_get(node, "needs"), *signal = yaml_get(node, "signal");
    m->signal = SIZE_MAX;
    if (node->kind != YAML_MAPPING) return yaml_error(node, err, "expected {steps: [...]}");
    if (!yaml_check_keys(node, keys, 7, err) || !(m->name = kept_text(t, name, err)) ||
        !yaml_opt_bool(node, "ranks", &m->ranks, err))
        return false;
    t->n_methods++; /* from here on its templates are freed with the task */
    if (options && !read_options(t, options, m, err)) return false; /* steps may name them */
    if (!steps || steps->kind != YAML_SEQUENCE || steps->n == 0 || steps->n > TASK_STEPS_MOST)
        return yaml_error(steps ? steps : node, err, "expected 'steps': a list of 1 to %d", TASK_STEPS_MOST);
    for (size_t i = 0; i < steps->n; i++)
        if (!read_step(t, steps->child[i], m, err)) return false;
    if (asks_several(&m->steps[m->n_steps - 1]))
        return yaml_error(steps, err, "the last step is scored, so it asks for one answer");
    if (signal && !find_step(m, signal, &m->signal, err)) return false;
    if (signal && asks_several(&m->steps[m->signal]) && m->steps[m->signal].agrees == SIZE_MAX)
        return yaml_error(signal, err, "several answers without 'agrees' have no confidence");
    if (needs && !text_equal_c(needs->scalar, "logprobs")) return yaml_error(needs, err, "expected logprobs");
    m->needs = needs ? SUBJECT_TOKEN_LOGPROBS : 0;
    for (size_t i = 0; i < m->n_steps; i++)
        m->needs |= (asks_several(&m->steps[i]) ? SUBJECT_SAMPLES : 0) | (m->steps[i].image.given ? SUBJECT_SEES : 0) |
                    (m->steps[i].audio.given ? SUBJECT_HEARS : 0);
    return !answer || task_field_read(&m->answer, &t->arena, answer, err);
}

bool task_methods_read(struct task *t, const struct yaml *node, struct error *err) {
    if (node->kind != YAML_MAPPING || node->n == 0 || node->n > TASK_METHODS_MOST)
        return yaml_error(node, err, "expected a mapping of 1 to %d methods", TASK_METHODS_MOST);
    if (!(t->methods = arena_new(&t->arena, struct task_method, node->n, err))) return false;
    for (size_t i = 0; i < node->n; i++)
        if (!read_method(t, node->key[i], node->child[i], err)) return false;
    return true;
}

void task_methods_done(struct task *t) {
    for (size_t i = 0; i < t->n_methods; i++) {
        for (size_t s = 0; s < t->methods[i].n_steps; s++) {
            task_field_done(&t->methods[i].steps[s].text);
            task_field_done(&t->methods[i].steps[s].image);
            task_field_done(&t->methods[i].steps[s].audio);
        }
        task_field_done(&t->methods[i].answer);
    }
}

/* ---- choosing ---- */

static bool no_method(const struct task *t, struct text name, struct error *err) {
    const char *names[TASK_METHODS_MOST];
    struct buffer all;
    buffer_init(&all, 4096);
    for (size_t i = 0; i < t->n_methods; i++) {
        names[i] = t->methods[i].name;
        buffer_printf(&all, "%s%s", i ? ", " : "", names[i]);
    }
    const char *near = text_nearest(name, names, t->n_methods);
    error_set(err, ERROR_USAGE, "--method: task '%s' has no method '%.*s'%s%s%s; it has %s", t->name, TEXT_ARG(name),
              near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "", all.at ? all.at : "");
    buffer_done(&all);
    return false;
}

static bool set_option(struct task_method *m, struct text part, struct error *err) {
    size_t equals = text_find(part, TEXT("="), 0);
    struct text key = text_part(part, 0, equals), value = text_part(part, equals + 1, part.len);
    for (size_t i = 0; i < m->n_options; i++) {
        if (!text_equal_c(key, m->options[i].name)) continue;
        return (equals != SIZE_MAX && text_to_f64(value, &m->options[i].value) && isfinite(m->options[i].value)) ||
               error_set(err, ERROR_USAGE, "--method: '%s' of method '%s' is a number", m->options[i].name, m->name);
    }
    return error_set(err, ERROR_USAGE, "--method: method '%s' has no '%.*s'", m->name, TEXT_ARG(key));
}

/* An option that says how many answers a step asks for. */
static bool check_count(const struct task_method *m, size_t option, struct error *err) {
    if (option == SIZE_MAX) return true;
    double n = m->options[option].value;
    return (n >= 2 && n <= TASK_STEP_SAMPLES_MOST && n == floor(n)) ||
           error_set(err, ERROR_USAGE, "--method: '%s' of method '%s' is a whole number from 2 to %d",
                     m->options[option].name, m->name, TASK_STEP_SAMPLES_MOST);
}

bool task_method_choose(struct task *t, const char *spec, struct error *err) {
    struct text rest = text_of(spec), part;
    if (!t->n_methods) return true;
    t->method = &t->methods[0];
    if (spec && text_next(&rest, ',', &part)) {
        size_t i = 0;
        while (i < t->n_methods && !text_equal_c(part, t->methods[i].name)) i++;
        if (i == t->n_methods) return no_method(t, part, err);
        t->method = &t->methods[i];
        while (text_next(&rest, ',', &part))
            if (!set_option(&t->methods[i], part, err)) return false;
    }
    for (size_t i = 0; i < t->method->n_options; i++)
        if (isnan(t->method->options[i].value))
            return error_set(err, ERROR_USAGE, "method '%s' needs a value found on other rows: --method %s,%s=X",
                             t->method->name, t->method->name, t->method->options[i].name);
    for (size_t i = 0; i < t->method->n_steps; i++)
        if (!check_count(t->method, t->method->steps[i].samples_by, err)) return false;
    if (t->method->n_steps > 1 && t->samples > 1)
        return error_set(err, ERROR_USAGE, "method '%s' is a chain of asks; several samples of a chain are not known",
                         t->method->name);
    t->needs |= t->method->needs;
    return true;
}

const char *task_method_name(const struct task *t) {
    return t->method ? t->method->name : NULL;
}

size_t task_steps(const struct task *t) {
    return t->method ? t->method->n_steps : 1;
}

const char *task_step_name(const struct task *t, size_t step) {
    return t->method ? t->method->steps[step].name : "";
}

size_t task_step_samples(const struct task *t, size_t step) {
    const struct task_step *s = t->method ? &t->method->steps[step] : NULL;
    if (!s) return 1;
    return s->samples_by == SIZE_MAX ? s->samples : (size_t)t->method->options[s->samples_by].value;
}

bool task_method_signals(const struct task *t) {
    return t->method && t->method->signal != SIZE_MAX;
}

bool task_ranks(const struct task *t) {
    return t->method && t->method->ranks;
}

json_t *task_method_json(const struct task *t) {
    json_t *j = json_pack("{s:s}", "name", t->method->name);
    for (size_t i = 0; j && i < t->method->n_options; i++)
        json_object_set_new(j, t->method->options[i].name, json_from_f64(t->method->options[i].value));
    return j;
}

/* ---- steps ---- */

/* The row with what was said and the options; owned. */
static json_t *variables(const struct task *t, const struct item *item) {
    json_t *all = json_copy(item->row), *options = json_object();
    for (size_t i = 0; options && i < t->method->n_options; i++)
        json_object_set_new(options, t->method->options[i].name, json_from_f64(t->method->options[i].value));
    if (all && options) {
        json_object_set_new(all, "said", item->said ? json_incref(item->said) : json_object());
        json_object_set_new(all, "option", options);
        return all;
    }
    json_decref(all);
    json_decref(options);
    return NULL;
}

static bool render(const struct task *t, const struct task_field *field, const struct item *item, struct arena *arena,
                   struct text *out, struct error *err) {
    const struct json_place place = {t->shown_name, 0, "methods"};
    json_t *all = variables(t, item);
    bool ok = all ? task_field_text(field, all, place, arena, out, err) : error_memory(err, "variables");
    json_decref(all);
    return ok || error_wrap(err, "item '%.*s', method '%s'", TEXT_ARG(item->id), t->method->name);
}

static json_t *texts_json(const struct task_said *said) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < said->n_texts; i++) json_array_append_new(list, json_from_text(said->texts[i]));
    return list;
}

bool task_item_said(const struct task *t, struct item *item, size_t step, const struct task_said *said,
                    struct error *err) {
    if (!item->said && !(item->said = json_object())) return error_memory(err, "said");
    json_t *one = json_pack("{s:o s:s s:o s:o s:o}", "text", json_from_text(said->text), "truth",
                            truth_names[truth_of_answer(said->text)], "confidence", json_from_f64(said->confidence),
                            "likelihood", json_from_f64(said->likelihood), "rank", json_from_f64(said->rank));
    bool ok = one && json_object_set_new(item->said, t->method->steps[step].name, one) == 0;
    if (ok && said->n_texts > 1) ok = json_object_set_new(one, "texts", texts_json(said)) == 0;
    if (ok && step == t->method->signal)
        ok = json_object_set_new(item->said, "signal", json_from_f64(said->confidence)) == 0;
    return ok || error_memory(err, "said");
}

bool task_step_agreement(const struct task *t, const struct item *item, size_t step, const struct text *texts, size_t n,
                         struct arena *arena, double *out, struct error *err) {
    const struct task_step *s = &t->method->steps[step];
    if (s->agrees == SIZE_MAX) return *out = NAN, true;
    const json_t *first = json_object_get(item->said, t->method->steps[s->agrees].name);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double f1;
        if (!match_token_f1(json_text(json_object_get(first, "text")), texts[i], arena, &f1, err)) return false;
        sum += f1;
    }
    *out = n ? sum / (double)n : 1;
    return true;
}

/* What scripts see of an item in a step: labels that it must not see are taken away, and `step` says which it is. */
static bool own_labels(const struct task_step *step, struct ask *ask, struct item *item, struct error *err) {
    if (!ask->gold) return true;
    json_t *gold = json_copy((json_t *)ask->gold);
    json_t *labels = ask->labels ? json_copy((json_t *)ask->labels) : json_object();
    for (size_t i = 0; labels && i < step->n_hidden; i++) json_object_del(labels, step->hidden[i]);
    if (labels && !json_object_get(labels, "step")) json_object_set_new(labels, "step", json_string(step->name));
    if (!gold || !labels || json_object_set(gold, "labels", labels) != 0 ||
        !(item->hidden || (item->hidden = json_array())) || json_array_append(item->hidden, gold) != 0) {
        json_decref(gold);
        json_decref(labels);
        return error_memory(err, "labels");
    }
    ask->gold = gold; /* the item keeps them */
    ask->labels = labels;
    json_decref(gold);
    json_decref(labels);
    return true;
}

/* The files of a later step, beside the file of the row ("FILE:LINE"). */
static bool step_files(const struct task *t, struct item *asked, const struct task_step *step, struct arena *arena,
                       struct error *err) {
    const char *colon = asked->source.len ? memrchr(asked->source.at, ':', asked->source.len) : NULL;
    const char *file =
        text_copy(arena, text_part(asked->source, 0, colon ? (size_t)(colon - asked->source.at) : 0), err);
    return file && task_item_files(t, asked, &step->image, &step->audio,
                                   (struct json_place){file, 0, t->method->name}, arena, err);
}

bool task_step_ask(const struct task *t, struct item *item, size_t step, bool needs_item, struct arena *arena,
                   struct ask *ask, json_t **canonical, struct error *err) {
    struct item asked = *item;
    struct task with = *t;
    struct text text;
    if (t->method->steps[step].max_tokens) with.max_tokens = t->method->steps[step].max_tokens;
    if (task_step_samples(t, step) > 1) {
        with.samples = task_step_samples(t, step);
        with.temperature = t->method->steps[step].temperature;
    }
    if (step > 0 && (!render(t, &t->method->steps[step].text, item, arena, &text, err) ||
                     !task_item_prompt(t, &asked, text, arena, err) ||
                     !step_files(t, &asked, &t->method->steps[step], arena, err)))
        return false;
    return task_ask(&with, &asked, needs_item, arena, ask, canonical, err) &&
           own_labels(&t->method->steps[step], ask, item, err);
}

bool task_final_answer(const struct task *t, const struct item *item, struct text last, struct arena *arena,
                       struct text *out, struct error *err) {
    *out = last;
    return !t->method || !t->method->answer.given || render(t, &t->method->answer, item, arena, out, err);
}
