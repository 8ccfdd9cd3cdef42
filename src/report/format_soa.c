/* A skeleton of a statement of applicability: the controls of Annex A of ISO/IEC 42001:2023 by their numbers, each in a
 * few words of our own (the standard's text is not free), with what the record holds for it and blanks for whether it
 * applies, why, and who answers for it. */
#include "report/escape.h"
#include "report/formats.h"
#include "report/report_document.h"

#include <string.h>

enum held { NOTHING, DATA, ORIGIN, TOOLS, TESTS, LOG, PAPERS };

static const struct {
    const char *id, *words;
    enum held held;
} controls[] = {
    {"A.2", "Rules of the organisation for AI", NOTHING},
    {"A.2.2", "there is a policy for AI", NOTHING},
    {"A.2.3", "it fits the other policies", NOTHING},
    {"A.2.4", "it is looked at again from time to time", NOTHING},
    {"A.3", "Who does what", NOTHING},
    {"A.3.2", "roles and duties are given out", NOTHING},
    {"A.3.3", "people can say what worries them", NOTHING},
    {"A.4", "Means", NOTHING},
    {"A.4.2", "means are written down", NOTHING},
    {"A.4.3", "data that is used", DATA},
    {"A.4.4", "tools that are used", TOOLS},
    {"A.4.5", "machines that are used", NOTHING},
    {"A.4.6", "people and what they can do", NOTHING},
    {"A.5", "Effects on people and society", NOTHING},
    {"A.5.2", "there is a way to assess effects", NOTHING},
    {"A.5.3", "assessments are written down", NOTHING},
    {"A.5.4", "effects on persons and groups are assessed", NOTHING},
    {"A.5.5", "effects on society are assessed", NOTHING},
    {"A.6", "The life of a system", NOTHING},
    {"A.6.1.2", "aims for responsible development", NOTHING},
    {"A.6.1.3", "ways of responsible design and development", NOTHING},
    {"A.6.2.2", "requirements are written down", NOTHING},
    {"A.6.2.3", "design and development are written down", NOTHING},
    {"A.6.2.4", "it is verified and validated by measures that were fixed", TESTS},
    {"A.6.2.5", "there is a plan for putting it to use", NOTHING},
    {"A.6.2.6", "it is watched in use", NOTHING},
    {"A.6.2.7", "technical papers for those who need them", PAPERS},
    {"A.6.2.8", "events are logged", LOG},
    {"A.7", "Data", NOTHING},
    {"A.7.2", "data for development is managed", NOTHING},
    {"A.7.3", "how data was acquired is written down", NOTHING},
    {"A.7.4", "requirements on the quality of data", NOTHING},
    {"A.7.5", "where data comes from is recorded", ORIGIN},
    {"A.7.6", "how data is prepared is fixed", NOTHING},
    {"A.8", "What others are told", NOTHING},
    {"A.8.2", "users are given papers and information", PAPERS},
    {"A.8.3", "others can report bad effects", NOTHING},
    {"A.8.4", "incidents are told to users", NOTHING},
    {"A.8.5", "duties to inform others are known", NOTHING},
    {"A.9", "Using systems", NOTHING},
    {"A.9.2", "ways of responsible use", NOTHING},
    {"A.9.3", "aims of responsible use", NOTHING},
    {"A.9.4", "it is used as it is meant to be", NOTHING},
    {"A.10", "Others along the way", NOTHING},
    {"A.10.2", "duties are shared out between partners", NOTHING},
    {"A.10.3", "suppliers fit the aims", NOTHING},
    {"A.10.4", "needs of customers are taken up", NOTHING},
};

static size_t judged(const struct document *d) {
    size_t n = 0;
    for (size_t r = 0; r < d->data.n_runs; r++) n += d->data.runs[r].claims.n + d->data.runs[r].n_bands;
    return n;
}

static uint64_t entries(const struct document *d) {
    uint64_t n = 0;
    for (size_t r = 0; r < d->data.n_runs; r++) n += d->data.runs[r].evidence;
    return n;
}

static size_t with_licence(const struct document *d) {
    size_t n = 0;
    for (size_t i = 0; i < d->n_sets; i++) n += d->sets[i].licence[0] != 0;
    return n;
}

static const char *what_is_held(struct document *d, enum held held, struct error *err) {
    struct arena *arena = &d->data.arena;
    switch (held) {
    case DATA:
        return arena_printf(arena, err, "%zu data sets with digests, listed below", d->n_sets);
    case ORIGIN:
        return arena_printf(arena, err, "digests of %zu data sets; licences of %zu", d->n_sets, with_licence(d));
    case TOOLS:
        return arena_printf(arena, err, "basanite %s; builds and commands listed below", BASANITE_VERSION);
    case TESTS:
        return arena_printf(arena, err, "%zu figures with intervals, %zu goals and bands with verdicts, listed below",
                            d->data.n_lines, judged(d));
    case LOG:
        return arena_printf(arena, err, "%llu entries in chains of evidence (of tests, not of use)",
                            (unsigned long long)entries(d));
    case PAPERS:
        return "this record's model card and technical documentation, to be completed";
    default:
        return "";
    }
}

static bool put_controls(struct document *d, struct error *err) {
    buffer_put_c(d->out,
                 "| control | in our words | what the record holds | applies? | why, or why not | done by, since |\n"
                 "| :-- | :-- | :-- | :-- | :-- | :-- |\n");
    for (size_t i = 0; i < sizeof controls / sizeof *controls; i++) {
        bool group = !strchr(controls[i].id + 2, '.');
        const char *held = what_is_held(d, controls[i].held, err);
        if (!held) return false;
        buffer_printf(d->out, "| %s%s%s | %s%s%s |", group ? "**" : "", controls[i].id, group ? "**" : "",
                      group ? "**" : "", controls[i].words, group ? "**" : "");
        buffer_put_char(d->out, ' ');
        escape_markdown(d->out, text_of(held));
        buffer_put_c(d->out, group ? " | | | |\n" : " | ______ | ______ | ______ |\n");
        d->blanks += group ? 0 : 3;
    }
    buffer_put_char(d->out, '\n');
    return true;
}

static bool put_all(struct document *d, struct error *err) {
    bool any;
    document_heading(d, 1, "Statement of applicability: a skeleton");
    document_text(d, "Numbers are those of Annex A of ISO/IEC 42001:2023; the words are ours and no substitute for its "
                     "text. What applies, "
                     "why, and whether it is done, is for people to say: this is a state of readiness, no statement "
                     "that anything conforms.");
    if (!put_controls(d, err)) return false;
    document_heading(d, 2, "Subjects");
    if (!document_subjects(d, err)) return false;
    document_heading(d, 2, "Data");
    if (!document_datasets(d, err)) return false;
    document_heading(d, 2, "Figures");
    if (!document_figures(d, false, err)) return false;
    document_heading(d, 2, "Verdicts");
    if (!document_verdicts(d, &any, err)) return false;
    if (!any) document_text(d, "No goal was judged in these runs.");
    document_heading(d, 2, "Commands and evidence");
    document_repeat(d);
    buffer_printf(d->out, "\n---\n\n%zu blanks are to be filled in.\n", d->blanks);
    return true;
}

bool report_write_soa(struct record *record, const char *const *runs, size_t n, const struct report_options *options,
                      struct buffer *out, struct error *err) {
    struct document d;
    (void)options;
    bool ok = document_open(&d, record, runs, n, out, err) && put_all(&d, err) && buffer_check(out, "report", err);
    document_close(&d);
    return ok;
}
