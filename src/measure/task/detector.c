/* How often detectors err: see detector.h. */
#include "measure/task/detector.h"

#include "measure/rules/builtin.h"
#include "measure/task/scorer.h"

#include <string.h>

static const char *const keys[] = {"sensitivity", "specificity", "partial_sensitivity", "partial_specificity",
                                   "source"};

/* "242/258" */
static bool read_counts(const struct yaml *node, uint64_t *k, uint64_t *n, struct error *err) {
    struct text rest = node->kind == YAML_SCALAR ? node->scalar : TEXT(""), first;
    bool ok = text_next(&rest, '/', &first) && text_to_u64(text_trim(first), k) && text_to_u64(text_trim(rest), n) &&
              *n > 0 && *k <= *n;
    return ok || yaml_error(node, err,
                            "expected counts such as 242/258: how many of how many labelled answers were "
                            "told right; a share alone does not say how well it is known");
}

static bool read_pair(const struct yaml *node, const char *sensitivity, const char *specificity,
                      struct stat_detector *out, struct error *err) {
    const struct yaml *one = yaml_get(node, sensitivity), *other = yaml_get(node, specificity);
    if (!one && !other) return true;
    if (!one || !other) return yaml_error(node, err, "%s and %s stand together", sensitivity, specificity);
    return read_counts(one, &out->found, &out->positives, err) && read_counts(other, &out->kept, &out->negatives, err);
}

static bool read_error(struct detector *d, const struct yaml *node, struct arena *arena, struct error *err) {
    struct text source = {0};
    if (!yaml_opt_text(node, "source", &source, err) ||
        !read_pair(node, keys[0], keys[1], &d->error[DETECTED_WHOLE], err) ||
        !read_pair(node, keys[2], keys[3], &d->error[DETECTED_AT_ALL], err))
        return false;
    return (d->source = text_copy(arena, source, err)) != NULL;
}

const struct detector *detector_stated(const struct detector *detector, const struct yaml *node, struct arena *arena,
                                       struct error *err) {
    struct detector *d = arena_new(arena, struct detector, 1, err);
    if (!d) return NULL;
    *d = (struct detector){.part = detector->part, .exact = detector->exact};
    if (node->kind != YAML_MAPPING || !yaml_get(node, keys[0]))
        return yaml_error(node, err, "expected {sensitivity: FOUND/ALL, specificity: KEPT/ALL, source: TEXT}"), NULL;
    if (!yaml_check_keys(node, keys, sizeof keys / sizeof *keys, err) || !read_error(d, node, arena, err)) return NULL;
    if (!d->source[0]) d->source = "the task";
    return d;
}

/* ---- what is built in ---- */

static const struct yaml *built_in(struct arena *arena, struct error *err) {
    const struct builtin_file *file = builtin_find("rules/detectors.yaml");
    if (!file) return error_set(err, ERROR_ENVIRONMENT, "rules/detectors.yaml is not built in"), NULL;
    return yaml_read(arena, (struct text){(const char *)file->at, (size_t)(file->end - file->at)},
                     "rules/detectors.yaml", err);
}

/* The error of this scorer with these options, where an entry of the same version says it. */
static bool look_up(struct detector *d, const struct yaml *list, struct text name, const char *version,
                    struct arena *arena, struct error *err) {
    static const char *const known[] = {
        "version", "sensitivity", "specificity", "partial_sensitivity", "partial_specificity", "source"};
    const struct yaml *detectors = yaml_get(list, "detectors");
    if (!detectors || detectors->kind != YAML_MAPPING) return yaml_error(list, err, "expected 'detectors'");
    for (size_t i = 0; i < detectors->n; i++) {
        const struct yaml *entry = detectors->child[i], *of = yaml_get(entry, "version");
        if (!text_equal(detectors->key[i]->scalar, name)) continue;
        if (!yaml_check_keys(entry, known, sizeof known / sizeof *known, err)) return false;
        if (!of || !text_equal_c(of->scalar, version)) continue;
        return read_error(d, entry, arena, err);
    }
    return true;
}

const struct detector *detector_of(const struct scorer *scorer, const struct option_value *options, struct arena *arena,
                                   struct error *err) {
    if (!scorer->detects) return NULL;
    struct detector *d = arena_new(arena, struct detector, 1, err);
    const struct yaml *list = d ? built_in(arena, err) : NULL;
    if (!list) return NULL;
    struct buffer name;
    buffer_init(&name, 1 << 16);
    *d = (struct detector){.part = scorer->detects, .exact = scorer->exact};
    spec_put(&name, text_of(scorer->name), scorer->options, scorer->n_options, options);
    bool ok = buffer_check(&name, "detector", err) && look_up(d, list, buffer_text(&name), scorer->version, arena, err);
    buffer_done(&name);
    return ok ? d : NULL;
}

/* ---- labels of people ---- */

enum detector_label detector_label_of(struct text label) {
    static const struct {
        const char *word;
        enum detector_label label;
    } words[] = {{"yes", DETECTOR_YES},        {"true", DETECTOR_YES},
                 {"1", DETECTOR_YES},          {"correct", DETECTOR_YES},
                 {"refusal", DETECTOR_YES},    {"2_full_refusal", DETECTOR_YES},
                 {"idk", DETECTOR_YES},        {"similar", DETECTOR_YES},
                 {"no", DETECTOR_NO},          {"false", DETECTOR_NO},
                 {"0", DETECTOR_NO},           {"wrong", DETECTOR_NO},
                 {"compliance", DETECTOR_NO},  {"1_full_compliance", DETECTOR_NO},
                 {"answered", DETECTOR_NO},    {"different", DETECTOR_NO},
                 {"partial", DETECTOR_PARTLY}, {"3_partial_refusal", DETECTOR_PARTLY}};
    label = text_trim(label);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_equal_nocase(label, text_of(words[i].word))) return words[i].label;
    return DETECTOR_UNLABELLED;
}

void detector_count(struct stat_detector *error, enum detector_event event, enum detector_label truth, bool said) {
    if (truth == DETECTOR_UNLABELLED) return;
    bool yes = truth == DETECTOR_YES || (truth == DETECTOR_PARTLY && event == DETECTED_AT_ALL);
    if (yes) {
        error->positives++;
        error->found += said;
    } else {
        error->negatives++;
        error->kept += !said;
    }
}
