/* A skeleton of the technical documentation that Annex IV of the EU's AI Act (Regulation (EU) 2024/1689) lists, in our
 * own words: its nine headings, measured values where there are some, and a blank with who has to fill it in elsewhere.
 * It says how far one is, never that something conforms. */
#include "report/formats.h"
#include "report/report_document.h"

#include <string.h>

/* What a part of a section is: words for people to fill in, or what the record holds. */
struct part {
    const char *title; /* NULL: goes on under the title before */
    bool (*measured)(struct document *, struct error *);
    const char *person, *blank; /* NULL: nothing is left to people */
};

static bool runs_and_commands(struct document *d, struct error *err) {
    (void)err;
    document_repeat(d);
    return true;
}

static bool all_figures(struct document *d, struct error *err) {
    return document_figures(d, false, err);
}

static bool figures_of_groups(struct document *d, struct error *err) {
    return document_figures(d, true, err);
}

static bool about(struct document *d, const char *const *words, struct error *err) {
    bool any;
    if (!document_figures_about(d, words, &any, err)) return false;
    if (!any) document_text(d, "Nothing of this was measured.");
    return true;
}

static bool robustness(struct document *d, struct error *err) {
    static const char *const words[] = {"robust", "flip", "attack", "noise", "perturb", "stability", NULL};
    return about(d, words, err);
}

static bool unequal_treatment(struct document *d, struct error *err) {
    static const char *const words[] = {"fair", "dpd", "eod", "gap", "bias", "stereo", "parity", "sayings", NULL};
    return about(d, words, err);
}

static bool security(struct document *d, struct error *err) {
    static const char *const words[] = {"injection", "secret", "privacy", "leak", "jailbreak", "refusal", "copy", NULL};
    return about(d, words, err);
}

static bool verdicts(struct document *d, struct error *err) {
    bool any;
    if (!document_verdicts(d, &any, err)) return false;
    if (!any) document_text(d, "No goal was judged in these runs.");
    return true;
}

static bool changes(struct document *d, struct error *err) {
    bool any;
    if (!document_comparisons(d, &any, err)) return false;
    if (!any) document_text(d, "No two versions were compared.");
    return true;
}

static const struct {
    const char *title;
    struct part parts[9];
} sections[] = {
    {"1. What the system is",
     {{"Purpose, provider, version", NULL, "provider",
       "what it is meant for, who provides it, its version and how it follows earlier ones"},
      {"The model that was measured", document_subjects, NULL, NULL},
      {"Surroundings", NULL, "provider",
       "hardware and other software that it works with; versions of firmware and software and rules for updates"},
      {"How it reaches users", NULL, "provider",
       "forms in which it is offered (package, interface, device), what the user interface looks like, instructions "
       "for use"}}},
    {"2. What it is made of and how it was developed",
     {{"Steps of development", NULL, "provider",
       "methods and steps; systems of others that were used, and how they were changed"},
      {"Choices of design", NULL, "provider",
       "logic, main choices with their reasons and assumptions, what is optimised, what was traded for what"},
      {"Architecture and computing", NULL, "provider",
       "how the parts build on each other; computing used to develop, train, test"},
      {"Data for training", NULL, "provider",
       "origin, scope and properties of training data; how it was got, labelled and cleaned"},
      {"Data for testing", document_datasets, "provider",
       "how the test data was chosen, and whether it is like that of the intended use"},
      {"Human oversight", NULL, "provider", "what people need to be able to interpret outputs and to step in"},
      {"Changes planned beforehand", NULL, "provider", "changes that are foreseen, and how it stays as good"},
      {"Testing: figures", all_figures, "person in charge", "name, date and signature under the test reports"}}},
    {"2, continued. Robustness, unequal treatment, security",
     {{"Robustness", robustness, NULL, NULL},
      {"Effects that may discriminate", unequal_treatment, "provider",
       "groups that matter for the intended use and were not measured"},
      {"Cybersecurity", security, "provider", "measures that were taken"}}},
    {"3. Watching over it, how it works, how it is controlled",
     {{"Abilities and limits, also by groups", figures_of_groups, NULL, NULL},
      {"Limits of the measurement", document_limits, NULL, NULL},
      {"Outcomes that nobody wants", NULL, "provider",
       "outcomes and sources of risk to health, safety, rights and equal treatment that can be foreseen"},
      {"Oversight and inputs", NULL, "provider", "measures of oversight; what inputs have to be like"}}},
    {"4. Why these metrics fit",
     {{"Goals and verdicts", verdicts, "provider", "why these metrics and thresholds fit this system"}}},
    {"5. Risk management",
     {{"System of risk management", NULL, "provider",
       "how risks are found, weighed, reduced and followed over the life of the system"}}},
    {"6. Changes over its life",
     {{"Differences that were measured", changes, "provider", "changes that were made, with dates"}}},
    {"7. Standards",
     {{"Standards that were applied", NULL, "provider",
       "harmonised standards, in full or in part; where none, what else meets the requirements"}}},
    {"8. Declaration",
     {{"Declaration of the provider", NULL, "provider", "a copy of the declaration; this document is none"}}},
    {"9. After it is on the market",
     {{"Plan for watching it", NULL, "provider", "how its performance in use is followed"},
      {"How to measure again", runs_and_commands, NULL, NULL}}},
};

static bool put_section(struct document *d, size_t s, struct error *err) {
    document_heading(d, 2, sections[s].title);
    for (size_t i = 0; i < sizeof sections[s].parts / sizeof *sections[s].parts && sections[s].parts[i].title; i++) {
        const struct part *p = &sections[s].parts[i];
        document_heading(d, 3, p->title);
        if (p->measured && !p->measured(d, err)) return false;
        if (p->blank) document_blank(d, p->person, p->blank);
    }
    return true;
}

bool report_write_annex4(struct record *record, const char *const *runs, size_t n, const struct report_options *options,
                         struct buffer *out, struct error *err) {
    struct document d;
    (void)options;
    bool ok = document_open(&d, record, runs, n, out, err);
    document_heading(&d, 1, "Technical documentation: a skeleton");
    document_text(
        &d,
        "Headings follow Annex IV of Regulation (EU) 2024/1689 in our own words. Measured values are filled in; what a "
        "record cannot know is left to people. This is a state of readiness, no statement that anything conforms.");
    for (size_t s = 0; ok && s < sizeof sections / sizeof *sections; s++) ok = put_section(&d, s, err);
    buffer_printf(out, "\n---\n\n%zu blanks are to be filled in.\n", d.blanks);
    ok = ok && buffer_check(out, "report", err);
    document_close(&d);
    return ok;
}
