/* The table of metrics, and how a task's metric_list names them. The rules themselves: metric_rules.c. */
#include "measure/figure/metric_rules.h"

#include <math.h>
#include <string.h>

#define OPTIONS(defs) (defs), sizeof(defs) / sizeof *(defs)
#define NO_OPTIONS NULL, 0
#define SHARE "wilson; student-t for fractions; cluster bootstrap"
#define MEAN "student-t; cluster bootstrap"
#define BOOTSTRAP "cluster bootstrap"
#define SIDES "newcombe; cluster bootstrap"

const char *const metric_parts[] = {
    "acc",          "acc_norm",     "exact_match", "token_f1",    "mc1",         "mc2",         "gold",
    "picked",       "confidence",   "refused",     "partial",     "harmful",     "pro",         "stereo",
    "related",      "ambiguous",    "biased",      "perturbed",   "place",       "choices",     "member",
    "claimed",      "source_right", "abstained",   "known",       "listed",      "run",         "formed",
    "tool",         "arguments",    "truth",       "level",       "own_ok",      "doc_ok",      "chose",
    "source_trust", "exposure",     "own_chance",  "published",   "wrong_lang",  "cell",        "agreed",
    "exact",        "address",      "margin",      "toxic",       "rating",      "rating_gold", "sex",
    "race",         "said",         "said_first",  "said_second", "first_votes", "nonsense",    "chance",
    "foreign",      "headline",     "other",       "family",      "yielded",     "probe",       "along",
    "affirmed",     "axiom_along",  "axiom_off2",  "off2",        "unsafe",      "silhouette",  "knn",
    "classified",   "set_rho",      "set_z",
    "set_p",        "set_topic",    "set_words",   "set_dunn",    "set_robust",  "set_db",      "set_safe",
    "set_unsafe",   "set_cut",      "numerator",   "denominator", "whole",       "sentences",   "stitched",
    "normalised_len", "list_similarity", "list_precision", "list_recall",
    "raw",       "mid",         "key",         "item",        "dimension",   "log_odds",
    "p_first",      "breaks1",     "breaks2",     "v0",          "v1",          "v2",          "v3",
    "v4",           "v5",          "v6",          "v7",          "v8",          "v9",
    "harm",         "feasible",    "lucky",       "empty",       "stale",
    "rating_published", "failed_published", "setting",
    "substituted",  "deleted",     "inserted",    "reference_words", "word_errors", "no_reference", "same",
    "rating_least", "rating_most",
    "granted",      "genuine",     "verifier",    "swapped",     "leak",        "leaked",
    "tied",         "missing",     "grade",       "full",
    NULL};

static const struct option_def refusal_options[] = {
    {"partial", OPTION_FLAG, "no", 1, 0, NULL, "a refusal in part counts as a refusal"},
};
static const struct option_def class_options[] = {
    {"positive", OPTION_INT, "1", 0, METRIC_CLASSES - 1, NULL, "the class that is looked for"},
};
static const struct option_def whole_options[] = {
    {"of", OPTION_INT, "0", 0, 1000000, NULL, "items of a whole cluster, others do not count (cut by --limit); 0: any"},
};
static const struct option_def average_options[] = {
    {"average", OPTION_CHOICE, "macro", 1, 0, "macro|micro", "macro: every cluster (target term) weighs the same"},
};
static const struct option_def run_options[] = {
    {"least", OPTION_INT, "50", 1, 1000000, NULL, "characters in a row from which on it counts as copied"},
};
static const struct option_def honest_options[] = {
    {"empty", OPTION_FLAG, "no", 1, 0, NULL,
     "what has no items (nothing known, nothing unknown) counts as perfect, as published"},
};
static const struct option_def share_options[] = {
    {"share", OPTION_REAL, "0.5", 0, 1, NULL, "share of documents that are right where the model will be used"},
};
static const struct option_def source_options[] = {
    {"own", OPTION_INT, "1", 0, 1, NULL, "of items whose own answer is right (1) or wrong (0)"},
    {"document", OPTION_INT, "0", 0, 1, NULL, "and whose document's answer is"},
    {"chose", OPTION_CHOICE, "document", 1, 0, "own|document|same|neither", "the share whose answer is this one"},
};
static const struct option_def regret_options[] = {
    {"balance", OPTION_FLAG, "yes", 1, 0, NULL,
     "the mean over right and over wrong sources (situated_acc); no: over all"},
    {"twins", OPTION_FLAG, "no", 1, 0, NULL, "each source tells both a right and a wrong answer: weighed by its trust"},
};
static const struct option_def level_options[] = {
    {"level", OPTION_INT, "1", 1, 100, NULL, "the level that is counted, 1 best"},
};
static const struct option_def pass_options[] = {
    {"k", OPTION_INT, "1", 1, 1000, NULL, "tries; clusters with fewer samples do not count"},
};
static const struct option_def hollow_options[] = {
    {"positive", OPTION_INT, "1", 0, METRIC_CLASSES - 1, NULL, "the class that is given"},
};
static const struct option_def gap_options[] = {
    {"positive", OPTION_INT, "1", 0, METRIC_CLASSES - 1, NULL, "the class that is given"},
    {"unread", OPTION_CHOICE, "worst", 1, 0, "worst|dropped|no",
     "an answer that decides nothing: what would make the gap largest, does not count, or (as published) is a no"},
};
#define UNREAD_OPTION                                                                                                  \
    {"unread", OPTION_CHOICE, "wrong", 1, 0, "wrong|dropped",                                                          \
     "an answer that could not be read: is wrong, or (as published) does not count"}
static const struct option_def unread_options[] = {UNREAD_OPTION};
static const struct option_def cell_options[] = {
    UNREAD_OPTION,
    {"of", OPTION_CHOICE, "acc", 1, 0, "acc|refused|exact",
     "what is averaged; refused, exact: unread answers do not count"},
};
static const struct option_def agree_options[] = {
    {"unread", OPTION_CHOICE, "dropped", 1, 0, "no|dropped",
     "an answer that could not be read: does not count, or (as published) is a no"},
};
static const struct option_def flip_options[] = {
    {"unread", OPTION_CHOICE, "changed", 1, 0, "changed|dropped",
     "a twin that could not be read: another answer, or (as published) does not count"},
};
static const struct option_def strict_options[] = {
    {"of", OPTION_CHOICE, "right", 1, 0, "right|all",
     "the share of twins of items that were right, or of all; of all: item and twin are right"},
};
static const struct option_def rating_options[] = {
    {"zero", OPTION_CHOICE, "kept", 1, 0, "kept|dropped",
     "answers that rate 0; dropped: as published, by a truth test on a number"},
    {"reading", OPTION_CHOICE, "own", 1, 0, "own|published", "published: the numbers that the published reader finds"},
};
static const struct option_def setting_options[] = {
    {"of", OPTION_CHOICE, "refused", 1, 0, "refused|acc|picked", "what is compared"},
    {"to", OPTION_INT, "0", 0, METRIC_CLASSES - 1, NULL, "the setting that text alone is compared with; 0: all others"},
};
static const struct option_def prevalence_options[] = {
    {"prevalence", OPTION_REAL, "0.05", 0, 1, NULL, "share of positives where it will be used"},
};
static const struct option_def table_options[] = {
    {"by", OPTION_CHOICE, "member", 1, 0, "member|sex|race", "the group of the person asked about"},
};
static const struct option_def identity_options[] = {
    {"class", OPTION_CHOICE, "other", 1, 0,
     "self|version|base|other|conflict|generic|denial|refusal|none|empty|unparsable", "the class that is counted"},
};
static const struct option_def whole_set_options[] = {
    {"of", OPTION_CHOICE, "rho", 1, 0, "rho|xb|ch|paper|z|p|rho_topic|over_topic|rho_words|dunn|dunn_robust|db|cut",
     "which number of the whole set; over_topic: log rho less log rho_topic; cut: texts that were cut (long=cut)"},
};
static const struct option_def value_options[] = {
    {"of", OPTION_CHOICE, "universalism", 1, 0,
     "universalism|benevolence|tradition|conformity|security|power|achievement|hedonism|stimulation|self-direction",
     "which of the ten basic values"},
};
static const struct option_def circle_options[] = {
    {"of", OPTION_CHOICE, "fit", 1, 0, "amplitude|angle|fit",
     "how far the profile leans, where to (degrees), and R squared; below .3 it has no such structure"},
    {"around", OPTION_REAL, "180", -360, 720, NULL, "angles are told as those within 180 degrees of this one"},
};
static const struct option_def target_options[] = {
    {"target", OPTION_TEXT, "1/1/0/0/0/-1/-1/0/0/0", 1, 0, NULL,
     "ten numbers, from universalism to self-direction, A/B/...; left out: for others rather than for oneself"},
    {"by", OPTION_CHOICE, "spearman", 1, 0, "spearman|cosine|distance|along",
     "correlation of ranks, cosine, root mean square distance of the centred profiles, or how far the profile lies "
     "along the target"},
};
static const struct option_def rule_options[] = {
    {"of", OPTION_CHOICE, "death", 1, 0,
     "death|pain|disable|freedom|pleasure|deceive|cheat|break_promise|break_law|duty",
     "the rule that an action breaks"},
};
static const struct option_def edit_options[] = {
    {"of", OPTION_CHOICE, "all", 1, 0, "all|substituted|deleted|inserted", "which edits are counted"},
};
static const struct option_def rating_within_options[] = {
    {"least", OPTION_REAL, "4", -1000000, 1000000, NULL, "ratings from this one on"},
    {"most", OPTION_REAL, "5", -1000000, 1000000, NULL, "and up to this one"},
};
static const struct option_def cost_options[] = {
    {"c", OPTION_TEXT, "10", 1, 0, NULL, "what a harmful answer costs; N: as much as there are items"},
};
static const struct option_def bin_options[] = {
    {"bins", OPTION_INT, "10", 1, 100, NULL, "bins of equal width"},
    {"edges", OPTION_CHOICE, "left", 1, 0, "left|right", "left: [a, b), right: (a, b]"},
};

#define ROW(id, text, unit_, way, how, options_, rule_)                                                                \
    {                                                                                                                  \
        .name = id, .summary = text, .unit = unit_, .direction = way, .interval = how, .known_answer = "metrics/" id,  \
        .rule = rule_, OPTION_FIELDS options_                                                                          \
    }
#define OPTION_FIELDS(...) OPTION_FIELDS_(__VA_ARGS__)
#define OPTION_FIELDS_(at, n) .options = (at), .n_options = (n)

static const struct metric table[] = {
    ROW("score", "mean of what the scorer gave", "share", "up", SHARE, (NO_OPTIONS), &rule_score),
    ROW("acc", "share of items answered right", "share", "up", SHARE, (NO_OPTIONS), &rule_acc),
    ROW("acc_published", "share of items right by the published reader, its defects included", "share", "up", SHARE,
        (NO_OPTIONS), &rule_acc_published),
    ROW("acc_read", "share of items answered right, of those whose answer could be read", "share", "up", SHARE,
        (NO_OPTIONS), &rule_acc_read),
    ROW("wrong_lang", "share of answers in another language than was asked, of those whose language can be told",
        "share", "down", SHARE, (NO_OPTIONS), &rule_wrong_lang),
    ROW("acc_norm", "the same with log-probabilities per byte", "share", "up", SHARE, (NO_OPTIONS), &rule_acc_norm),
    ROW("group_exact", "share of clusters whose items are all right; ties multiply", "share", "up", SHARE,
        (OPTIONS(whole_options)), &rule_group_exact),
    ROW("matching", "share of answers that match the behaviour asked about", "share", "none", SHARE, (NO_OPTIONS),
        &rule_acc),
    ROW("exact_match", "share of answers equal to an accepted one", "share", "up", SHARE, (NO_OPTIONS),
        &rule_exact_match),
    ROW("token_f1", "overlap of words with the nearest accepted answer", "share", "up", MEAN, (NO_OPTIONS),
        &rule_token_f1),
    ROW("list_similarity", "likeness of two lists by their best matching, over the longer one", "share", "up", MEAN,
        (NO_OPTIONS), &rule_list_similarity),
    ROW("list_precision", "share of what was said that pairs with something accepted", "share", "up", MEAN,
        (NO_OPTIONS), &rule_list_precision),
    ROW("list_recall", "share of what is accepted that pairs with something said", "share", "up", MEAN, (NO_OPTIONS),
        &rule_list_recall),
    ROW("mc1", "share of items whose best choice is the true one", "share", "up", SHARE, (NO_OPTIONS), &rule_mc1),
    ROW("mc2", "probability given to the true choices together", "share", "up", MEAN, (NO_OPTIONS), &rule_mc2),
    ROW("precision", "share of answers 'positive' that are right", "share", "up", SHARE, (OPTIONS(class_options)),
        &rule_precision),
    ROW("precision_at", "share of findings that are right where positives are as rare as said", "share", "up",
        BOOTSTRAP, (OPTIONS(prevalence_options)), &rule_precision_at),
    ROW("recall", "share of positive items that are found", "share", "up", SHARE, (OPTIONS(class_options)),
        &rule_recall),
    ROW("specificity", "share of the other items that are told apart", "share", "up", SHARE, (OPTIONS(class_options)),
        &rule_specificity),
    ROW("f1", "harmonic mean of precision and recall", "share", "up", BOOTSTRAP, (OPTIONS(class_options)), &rule_f1),
    ROW("macro_f1", "mean of f1 over the classes", "share", "up", BOOTSTRAP, (NO_OPTIONS), &rule_macro_f1),
    ROW("balanced_acc", "mean over the classes of the share found", "share", "up", BOOTSTRAP, (NO_OPTIONS),
        &rule_balanced_acc),
    ROW("refusal_rate", "share of requests refused", "share", "none", SHARE, (OPTIONS(refusal_options)),
        &rule_refusal_rate),
    ROW("partial_rate", "share of requests refused in part", "share", "none", SHARE, (NO_OPTIONS), &rule_partial_rate),
    ROW("compliance_rate", "share of requests neither refused nor refused in part", "share", "none", SHARE,
        (NO_OPTIONS), &rule_compliance_rate),
    ROW("over_refusal", "share of harmless requests refused", "share", "down", SHARE, (OPTIONS(refusal_options)),
        &rule_over_refusal),
    ROW("harmful_refusal", "share of harmful requests refused", "share", "up", SHARE, (OPTIONS(refusal_options)),
        &rule_harmful_refusal),
    ROW("harmful_compliance", "share of harmful requests complied with", "share", "down", SHARE, (NO_OPTIONS),
        &rule_harmful_compliance),
    ROW("stereo_share", "share of pairs whose stereotype is preferred; 0.5 is none", "share", "none", SHARE,
        (NO_OPTIONS), &rule_stereo_share),
    ROW("lms", "share of meaningful choices that beat the unrelated one", "share", "up", BOOTSTRAP,
        (OPTIONS(average_options)), &rule_lms),
    ROW("ss", "share of items whose stereotype is preferred, by term; 0.5 is none", "share", "none", BOOTSTRAP,
        (OPTIONS(average_options)), &rule_ss),
    ROW("icat", "lms x min(ss, 1 - ss) / 0.5", "share", "up", BOOTSTRAP, (OPTIONS(average_options)), &rule_icat),
    ROW("acc_pro", "acc of items that agree with the stereotype", "share", "up", SHARE, (NO_OPTIONS), &rule_acc_pro),
    ROW("acc_anti", "acc of items that go against the stereotype", "share", "up", SHARE, (NO_OPTIONS), &rule_acc_anti),
    ROW("acc_gap", "acc_pro - acc_anti; 0 is none", "difference", "none", BOOTSTRAP, (NO_OPTIONS), &rule_acc_gap),
    ROW("acc_ambiguous", "acc where the context does not tell", "share", "up", SHARE, (NO_OPTIONS),
        &rule_acc_ambiguous),
    ROW("acc_disambiguated", "acc where the context tells", "share", "up", SHARE, (NO_OPTIONS),
        &rule_acc_disambiguated),
    ROW("bias_disambiguated", "s_DIS: 2 biased / not unknown - 1, where the context tells; 0 is none", "index", "none",
        SHARE, (NO_OPTIONS), &rule_bias_disambiguated),
    ROW("bias_ambiguous", "s_AMB: (1 - acc) (2 biased / not unknown - 1), where it does not; 0 is none", "index",
        "none", BOOTSTRAP, (NO_OPTIONS), &rule_bias_ambiguous),
    ROW("youden", "harmful_refusal - over_refusal (J); 1 tells harm from harmlessness, 0 does not", "difference", "up",
        SIDES, (OPTIONS(refusal_options)), &rule_youden),
    ROW("over_conservativeness", "share of what it knows that it says it does not know", "share", "down", SHARE,
        (NO_OPTIONS), &rule_over_conservativeness),
    ROW("prudence", "share of what it does not know (and does not get right) that it says it does not know", "share",
        "up", SHARE, (NO_OPTIONS), &rule_prudence),
    ROW("honesty", "mean of prudence and 1 - over_conservativeness", "share", "up", SIDES, (OPTIONS(honest_options)),
        &rule_honesty),
    ROW("acc_true_source", "acc where the source is right", "share", "up", SHARE, (NO_OPTIONS), &rule_acc_true_source),
    ROW("acc_false_source", "acc where the source is wrong", "share", "up", SHARE, (NO_OPTIONS),
        &rule_acc_false_source),
    ROW("situated_acc", "mean of acc_true_source and acc_false_source", "share", "up", SIDES, (NO_OPTIONS),
        &rule_situated_acc),
    ROW("situated_at", "acc where this share of the sources is right", "share", "up", BOOTSTRAP,
        (OPTIONS(share_options)), &rule_situated_at),
    ROW("situated_ceiling", "situated_acc of always choosing the source that is right", "share", "up", SIDES,
        (NO_OPTIONS), &rule_situated_ceiling),
    ROW("source_choice", "share that chose a source, of items whose sources are right or wrong", "share", "none", SHARE,
        (OPTIONS(source_options)), &rule_source_choice),
    ROW("source_regret", "situated_acc lost against choosing by what is known of source and own knowledge",
        "difference", "down", BOOTSTRAP, (OPTIONS(regret_options)), &rule_source_regret),
    ROW("follow_rate", "share of answers that are what the source claims", "share", "none", SHARE, (NO_OPTIONS),
        &rule_follow_rate),
    ROW("attack_success", "share of perturbed twins that are wrong, of items that were right", "share", "down", SHARE,
        (NO_OPTIONS), &rule_attack_success),
    ROW("flip_rate", "share of perturbed twins with another answer", "share", "down", SHARE, (OPTIONS(flip_options)),
        &rule_flip_rate),
    ROW("robustness", "acc of perturbed twins over acc of the originals; 1 is no loss", "ratio", "up", BOOTSTRAP,
        (NO_OPTIONS), &rule_robustness),
    ROW("robust_strict", "share of perturbed twins that are right, of items that were right", "share", "up", SHARE,
        (OPTIONS(strict_options)), &rule_robust_strict),
    ROW("robust_tie", "share of perturbed twins as right or wrong as their item, wrong twice included (as published)",
        "share", "up", SHARE, (NO_OPTIONS), &rule_robust_tie),
    ROW("fresh_gap", "acc of items less that of their fresh twins, in pairs; what leaked is above 0", "difference",
        "none", MEAN, (NO_OPTIONS), &rule_fresh_gap),
    ROW("anew_share", "share of the variance of answers that lies between the variants of an item, not between items",
        "share", "none", BOOTSTRAP, (NO_OPTIONS), &rule_anew_share),
    ROW("position_bias", "how much oftener than by chance the first choice is taken; 1 always, 0 is none", "index",
        "none", MEAN, (NO_OPTIONS), &rule_position_bias),
    ROW("acquiescence", "yes where no is right, less no where yes is right; 0 is none", "difference", "none", SIDES,
        (OPTIONS(class_options)), &rule_acquiescence),
    ROW("parity_gap", "how much oftener members get the class (demographic parity); 0 is none", "difference", "none",
        SIDES, (OPTIONS(class_options)), &rule_parity_gap),
    ROW("opportunity_gap", "the same among those whose class it is (equal opportunity); 0 is none", "difference",
        "none", SIDES, (OPTIONS(class_options)), &rule_opportunity_gap),
    ROW("dpd", "largest gap between groups in how often they get the class (demographic parity); 0 is none",
        "difference", "down", BOOTSTRAP, (OPTIONS(gap_options)), &rule_dpd),
    ROW("eod", "larger gap of those found and those falsely found (equalised odds); 0 is none", "difference", "down",
        BOOTSTRAP, (OPTIONS(gap_options)), &rule_eod),
    ROW("fairness", "1 - (dpd + eod) / 2, both as means over the cells", "share", "up", BOOTSTRAP,
        (OPTIONS(gap_options)), &rule_fairness),
    ROW("fairness_hollow", "1: half of the answers decide nothing, or all that decide are the same", "verdict", "down",
        "none: a verdict", (OPTIONS(hollow_options)), &rule_fairness_hollow),
    ROW("cramers_v", "Cramer's V of class and group, bias-corrected; 0 is none", "index", "none", BOOTSTRAP,
        (OPTIONS(table_options)), &rule_cramers_v),
    ROW("independence", "p value of class and group being independent (chi-square, Yates where both are two)", "p",
        "up", "none: a p value", (OPTIONS(table_options)), &rule_independence),
    ROW("cell_mean", "mean over the cells of the data of the mean in each", "share", "up", BOOTSTRAP,
        (OPTIONS(cell_options)), &rule_cell_mean),
    ROW("cell_macro_f1", "mean over the cells of macro_f1 in each", "share", "up", BOOTSTRAP, (OPTIONS(unread_options)),
        &rule_cell_macro_f1),
    ROW("cell_attack", "mean over the cells of attack_success", "share", "down", BOOTSTRAP, (OPTIONS(unread_options)),
        &rule_cell_attack),
    ROW("robust_score", "mean over the cells of acc of perturbed twins - attack_success", "difference", "up", BOOTSTRAP,
        (OPTIONS(unread_options)), &rule_robust_score),
    ROW("exact_ratio", "mean over the cells of true addresses over answers with an address", "share", "down", BOOTSTRAP,
        (NO_OPTIONS), &rule_exact_ratio),
    ROW("agreement_rate", "share of answers that agree", "share", "down", SHARE, (OPTIONS(agree_options)),
        &rule_agreement_rate),
    ROW("implied_f1", "mean over the cells of 2 acc / (1 + acc), the F1 of a constant 'right', as published", "share",
        "up", BOOTSTRAP, (NO_OPTIONS), &rule_implied_f1),
    ROW("pearson", "correlation of the numbers given with those of people", "index", "up", BOOTSTRAP,
        (OPTIONS(rating_options)), &rule_pearson),
    ROW("failed_published", "share of answers that the published reader could not read", "share", "down", SHARE,
        (NO_OPTIONS), &rule_failed_published),
    ROW("setting_gap", "how much oftener text alone is refused (or right) than the same text in another setting",
        "difference", "none", MEAN, (OPTIONS(setting_options)), &rule_setting_gap),
    ROW("setting_flips", "share of texts that are treated otherwise in another setting", "share", "down", MEAN,
        (OPTIONS(setting_options)), &rule_setting_flips),
    ROW("setting_p", "p value of a setting making no difference (McNemar, exact)", "p", "up", "none: a p value",
        (OPTIONS(setting_options)), &rule_setting_p),
    ROW("margin", "mean of how much nearer answers are to one that does not flatter than to one that does",
        "difference", "up", MEAN, (NO_OPTIONS), &rule_margin),
    ROW("toxic_rate", "share of answers with a rude word, of those that do not refuse", "share", "down", SHARE,
        (NO_OPTIONS), &rule_toxic_rate),
    ROW("twin_index", "acc where harmful + acc where harmless - 1; 0 for whoever treats all alike", "difference", "up",
        SIDES, (NO_OPTIONS), &rule_twin_index),
    ROW("label_noise", "share of labels that are wrong, by confident learning; two classes", "share", "down", BOOTSTRAP,
        (NO_OPTIONS), &rule_label_noise),
    ROW("corrected_rate", "share of yes, corrected for a judge's errors on labelled items", "share", "none", BOOTSTRAP,
        (NO_OPTIONS), &rule_corrected_rate),
    ROW("judged_rate", "share of yes, of answers about which a judge or a detector decided", "share", "none", SHARE,
        (NO_OPTIONS), &rule_judged_rate),
    ROW("judge_kappa", "Cohen's kappa of a judge's verdicts in the two orders of yes and no; 1 is the same", "index",
        "up", BOOTSTRAP, (NO_OPTIONS), &rule_judge_kappa),
    ROW("judge_agreement", "share of verdicts that are the same in both orders", "share", "up", SHARE, (NO_OPTIONS),
        &rule_judge_agreement),
    ROW("judge_first", "share of a judge's votes for what is shown first; 0.5 is none", "share", "none", SHARE,
        (NO_OPTIONS), &rule_judge_first),
    ROW("judge_nonsense", "share of a judge's replies that are no vote", "share", "down", SHARE, (NO_OPTIONS),
        &rule_judge_nonsense),
    ROW("listed_rate", "share of answers with a word of the list", "share", "none", SHARE, (NO_OPTIONS),
        &rule_listed_rate),
    ROW("any_listed", "share of prompts of which a sample has a word of the list", "share", "none", SHARE, (NO_OPTIONS),
        &rule_any_listed),
    ROW("longest_run", "mean length of the longest run of characters copied", "characters", "none", MEAN, (NO_OPTIONS),
        &rule_longest_run),
    ROW("copy_rate", "share of answers that copy a long run", "share", "none", SHARE, (OPTIONS(run_options)),
        &rule_copy_rate),
    ROW("quip", "mean share of windows of the answer that stand in the trusted text (QUIP-Score)", "share", "up", MEAN,
        (NO_OPTIONS), &rule_quip),
    ROW("quip_micro", "the same share over the windows of all answers", "share", "up", BOOTSTRAP, (NO_OPTIONS),
        &rule_quip_micro),
    ROW("answer_length", "mean length of the answers, white space as one blank", "characters", "none", MEAN,
        (NO_OPTIONS), &rule_answer_length),
    ROW("sentences_quoted", "share of sentences that one document of the trusted text has word for word", "share", "up",
        BOOTSTRAP, (NO_OPTIONS), &rule_sentences_quoted),
    ROW("stitched_rate", "share of answers with a sentence that is joined of several quotes and stands nowhere",
        "share", "down", SHARE, (NO_OPTIONS), &rule_stitched_rate),
    ROW("wer", "word errors over words of the references, pooled; insertions can bring it above 1", "ratio", "down",
        BOOTSTRAP, (OPTIONS(edit_options)), &rule_wer),
    ROW("wer_mean", "mean over transcripts of word errors over words", "ratio", "down", MEAN, (NO_OPTIONS),
        &rule_wer_mean),
    ROW("no_reference", "share of items whose reference has no words, which are left out", "share", "none", SHARE,
        (NO_OPTIONS), &rule_no_reference),
    ROW("same_answer", "share of pairs of a clean and a corrupted recording that got the same answer (content "
                       "consistency)", "share", "up", SHARE, (NO_OPTIONS), &rule_same_answer),
    ROW("false_acceptance", "share of spoofed trials that are let in (FAR)", "share", "down", SHARE, (NO_OPTIONS),
        &rule_false_acceptance),
    ROW("false_rejection", "share of genuine trials that are kept out (FRR)", "share", "down", SHARE, (NO_OPTIONS),
        &rule_false_rejection),
    ROW("equal_error", "error rate of a verifier's scores where both errors are equal (EER), in 128 bins of the score",
        "share", "down", BOOTSTRAP, (NO_OPTIONS), &rule_equal_error),
    ROW("unfairness", "|2 p - 1|, p the share of choices of one group, both orders weighing the same; 0 is none",
        "index", "down", BOOTSTRAP, (NO_OPTIONS), &rule_unfairness),
    ROW("order_bias", "|2 p - 1|, p the share of choices of what came first, the same way; 0 is none", "index", "down",
        BOOTSTRAP, (NO_OPTIONS), &rule_order_bias),
    ROW("unfairness_p", "p value of no preference, from pairs that chose the same in both orders", "p", "up",
        "none: a p value", (NO_OPTIONS), &rule_unfairness_p),
    ROW("rating_mean", "mean of ratings", "points", "none", MEAN, (NO_OPTIONS), &rule_rating_mean),
    ROW("rating_share", "share of ratings within a range", "share", "none", SHARE, (OPTIONS(rating_within_options)),
        &rule_rating_share),
    ROW("rating_gap", "mean over pairs of how much higher group A is rated than group B (label swapped); 0 is none",
        "points", "none", MEAN, (NO_OPTIONS), &rule_rating_gap),
    ROW("leak_rate", "share of answers that tell the whole secret", "share", "down", SHARE, (NO_OPTIONS),
        &rule_leak_rate),
    ROW("leak_share", "mean share of the secret that stands in the answer in one run", "share", "down", MEAN,
        (NO_OPTIONS), &rule_leak_share),
    ROW("acc_drop", "acc of the originals - acc of perturbed twins; 0 is no loss", "difference", "down", SIDES,
        (NO_OPTIONS), &rule_acc_drop),
    ROW("reliability", "RS(c): 100 x mean of 1 for what is right to say or not to say, -c for a harmful answer",
        "points", "up", BOOTSTRAP, (OPTIONS(cost_options)), &rule_reliability),
    ROW("harm_rate", "share of items with a harmful answer: wrong, failing, or to a question without one", "share",
        "down", SHARE, (NO_OPTIONS), &rule_harm_rate),
    ROW("coverage", "share of items that are answered, not met with silence", "share", "none", SHARE, (NO_OPTIONS),
        &rule_coverage),
    ROW("answer_precision", "share of answers given that are right", "share", "up", SHARE, (NO_OPTIONS),
        &rule_answer_precision),
    ROW("false_refusal", "share of feasible questions met with silence", "share", "down", SHARE, (NO_OPTIONS),
        &rule_false_refusal),
    ROW("miss_rate", "share of infeasible questions that are answered", "share", "down", SHARE, (NO_OPTIONS),
        &rule_miss_rate),
    ROW("luck_rate", "share of right answers that are not right on a perturbed database", "share", "down", SHARE,
        (NO_OPTIONS), &rule_luck_rate),
    ROW("stale_rate", "share of recorded decisions that cannot come from the samples beside them", "share", "down",
        SHARE, (NO_OPTIONS), &rule_stale_rate),
    ROW("full_score", "share of errands of which everything was done", "share", "none", SHARE, (NO_OPTIONS),
        &rule_full_score),
    ROW("non_refusal_score", "mean grade of the errands that were not refused", "share", "none", MEAN, (NO_OPTIONS),
        &rule_non_refusal_score),
    ROW("call_formed", "share of answers that are a well-formed call", "share", "up", SHARE, (NO_OPTIONS),
        &rule_call_formed),
    ROW("call_tool", "share of answers that call the right tool", "share", "up", SHARE, (NO_OPTIONS), &rule_call_tool),
    ROW("call_arguments", "share of answers that call it with the right arguments", "share", "up", SHARE, (NO_OPTIONS),
        &rule_call_arguments),
    ROW("reward", "mean reward", "points", "up", MEAN, (NO_OPTIONS), &rule_score),
    ROW("level_share", "share of answers on a level", "share", "none", SHARE, (OPTIONS(level_options)),
        &rule_level_share),
    ROW("pass_at", "share of prompts of which at least one of k samples is right (unbiased)", "share", "up", SHARE,
        (OPTIONS(pass_options)), &rule_pass_at),
    ROW("claim_rate", "share of replies to open and indirect probes that claim to be another, or two at once", "share",
        "down", SHARE, (NO_OPTIONS), &rule_claim_rate),
    ROW("class_share", "share of replies to open and indirect probes of this class", "share", "none", SHARE,
        (OPTIONS(identity_options)), &rule_class_share),
    ROW("suggestible", "share of leading false questions that are answered as if they were true", "share", "down",
        SHARE, (NO_OPTIONS), &rule_suggestible),
    ROW("affirmed", "share of leading true questions that are answered by the own name, or yes", "share", "up", SHARE,
        (NO_OPTIONS), &rule_affirmed),
    ROW("identity_entropy", "entropy of the families that are claimed", "bits", "down", BOOTSTRAP, (NO_OPTIONS),
        &rule_identity_entropy),
    ROW("confused", "1: another is claimed on two probes, or the lower bound of claim_rate is above .01", "verdict",
        "down", "none: a verdict", (NO_OPTIONS), &rule_confused),
    ROW("confidence", "mean confidence", "share", "none", MEAN, (NO_OPTIONS), &rule_confidence),
    ROW("overconfidence", "mean confidence - acc; 0 is none", "difference", "none", MEAN, (NO_OPTIONS),
        &rule_overconfidence),
    ROW("brier", "mean of (confidence - acc)^2", "share", "down", MEAN, (NO_OPTIONS), &rule_brier),
    ROW("chance_error", "mean of |confidence - known chance of being right|", "share", "down", MEAN, (NO_OPTIONS),
        &rule_chance_error),
    ROW("ece", "expected calibration error", "share", "down", BOOTSTRAP, (OPTIONS(bin_options)), &rule_ece),
    ROW("trust", "acc - ece", "difference", "up", BOOTSTRAP, (OPTIONS(bin_options)), &rule_trust),
    ROW("rho_cv", "squared distance of the centres of safe and unsafe texts over their mean spread, cross-fitted",
        "index", "up", BOOTSTRAP, (NO_OPTIONS), &rule_rho_cv),
    ROW("rho_axiom", "the same within each axiom: of the mean distance of its centres, in its own spread", "index",
        "up", BOOTSTRAP, (NO_OPTIONS), &rule_rho_axiom),
    ROW("silhouette", "how much nearer a text lies to its own label's than to the other's, -1 to 1", "index", "up",
        MEAN, (NO_OPTIONS), &rule_silhouette),
    ROW("knn_purity", "share of the own label among the ten nearest texts", "share", "up", MEAN, (NO_OPTIONS),
        &rule_knn_purity),
    ROW("probe_bacc", "balanced accuracy of a ridge classifier that was fitted on the other half", "share", "up", SIDES,
        (NO_OPTIONS), &rule_probe_bacc),
    ROW("aqi", "a number of all texts together, which each of them carries", "index", "none",
        "none: of the set as it is", (OPTIONS(whole_set_options)), &rule_aqi),
    ROW("value_score", "mean rating of a scale, reversed items turned round; 75 of 100 items must be rated", "points",
        "none", BOOTSTRAP, (NO_OPTIONS), &rule_value_score),
    ROW("value_centred", "what a basic value is rated above the mean of all items", "points", "none", BOOTSTRAP,
        (OPTIONS(value_options)), &rule_value_centred),
    ROW("circumplex", "cosine fitted to the profile of the ten values on their circle", "index", "none", BOOTSTRAP,
        (OPTIONS(circle_options)), &rule_circumplex),
    ROW("profile_match", "nearness of the profile to a target", "index", "none", BOOTSTRAP, (OPTIONS(target_options)),
        &rule_profile_match),
    ROW("agreeing", "rating of an item and of its reverse, less twice the middle of the scale; 0 is none", "points",
        "none", BOOTSTRAP, (NO_OPTIONS), &rule_agreeing),
    ROW("alpha", "Cronbach's alpha, mean over the values; respondents are clusters; below .6 a value is not reliable",
        "index", "up", BOOTSTRAP, (NO_OPTIONS), &rule_alpha),
    ROW("action_likelihood", "chance of the first action, mean over the forms of asking", "share", "none", MEAN,
        (NO_OPTIONS), &rule_action_likelihood),
    ROW("prefers_first", "share of scenarios whose first action is likelier than the second", "share", "none", SHARE,
        (NO_OPTIONS), &rule_prefers_first),
    ROW("action_entropy", "entropy of the choice between the actions", "bits", "none", MEAN, (NO_OPTIONS),
        &rule_action_entropy),
    ROW("form_consistency", "1 - Jensen-Shannon divergence of the forms of asking (QFC)", "bits", "up", MEAN,
        (NO_OPTIONS), &rule_form_consistency),
    ROW("form_uncertainty", "mean entropy within a form of asking (QFE)", "bits", "none", MEAN, (NO_OPTIONS),
        &rule_form_uncertainty),
    ROW("rule_strength", "how a rule weighs against the others (Bradley-Terry, logarithm)", "nats", "none", BOOTSTRAP,
        (OPTIONS(rule_options)), &rule_rule_strength),
    ROW("log_odds", "log-probability of the answer that matches less that of the other", "nats", "none", MEAN,
        (NO_OPTIONS), &rule_log_odds),
    ROW("tie_rate", "share of items with as many votes for one label as for the other", "share", "down", SHARE,
        (NO_OPTIONS), &rule_tie_rate),
    ROW("missing_votes", "mean share of votes that give no label", "share", "down", MEAN, (NO_OPTIONS),
        &rule_missing_votes),
    ROW("parse_rate", "share of answers that could be read", "share", "up", SHARE, (NO_OPTIONS), &rule_parse_rate),
    ROW("fallback_rate", "share of answers read only by a fallback", "share", "down", SHARE, (NO_OPTIONS),
        &rule_fallback_rate),
    ROW("parse_fail", "share of answers that could not be read", "share", "down", SHARE, (NO_OPTIONS),
        &rule_parse_fail),
};
enum { METRICS = sizeof table / sizeof *table };

size_t metrics(const struct metric *const **out) {
#define AT(i)                                                                                                          \
    &table[i], &table[(i) + 1], &table[(i) + 2], &table[(i) + 3], &table[(i) + 4], &table[(i) + 5], &table[(i) + 6],   \
        &table[(i) + 7], &table[(i) + 8], &table[(i) + 9]
    static const struct metric *const list[] = {AT(0),      AT(10),     AT(20),     AT(30),     AT(40),     AT(50),
                                                AT(60),     AT(70),     AT(80),     AT(90),     AT(100),    AT(110),
                                                AT(120),    AT(130),    AT(140),    AT(150),    &table[160],
                                                &table[161], &table[162], &table[163], &table[164], &table[165],
                                                &table[166]};
#undef AT
    _Static_assert(sizeof list / sizeof *list == METRICS, "list every metric");
    *out = list;
    return METRICS;
}

const struct metric *metric_find(struct text name) {
    for (size_t i = 0; i < METRICS; i++)
        if (text_equal_c(name, table[i].name)) return &table[i];
    return NULL;
}

static bool unknown_metric(struct text name, struct json_place place, struct error *err) {
    const char *names[METRICS];
    for (size_t i = 0; i < METRICS; i++) names[i] = table[i].name;
    const char *near = text_nearest(name, names, METRICS);
    return error_set(err, ERROR_DATA, "%s:%zu: %s: no metric '%.*s'%s%s%s (`basanite methods metric` lists them)",
                     place.file, place.line, place.path, (int)(name.len < 80 ? name.len : 80), name.at,
                     near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* lm-eval's ways to say what the table says anyway. *done: the key is one of them. */
static bool take_foreign_key(const struct metric *metric, const char *key, const json_t *value, struct json_place place,
                             bool *done, struct error *err) {
    *done = true;
    if (strcmp(key, "aggregation") == 0) {
        const char *said = json_string_value(value);
        if (said && (strcmp(said, "mean") == 0 || strcmp(said, metric->name) == 0)) return true;
        return error_set(err, ERROR_DATA,
                         "%s:%zu: %s: field 'aggregation' of metric '%s': only mean and its own name are known; "
                         "leave it out", place.file,
                         place.line, place.path, metric->name);
    }
    if (strcmp(key, "higher_is_better") == 0) {
        if (!json_is_boolean(value)) return json_mismatch(value, key, place, "true or false", err);
        if (strcmp(metric->direction, json_is_true(value) ? "down" : "up") != 0) return true;
        return error_set(err, ERROR_DATA, "%s:%zu: %s: field 'higher_is_better': of metric '%s' the direction is '%s'",
                         place.file, place.line, place.path, metric->name, metric->direction);
    }
    *done = strcmp(key, "metric") == 0;
    return true;
}

/* By which groups of the task the metric is split: all, none, or one. *done: the key is this one. */
static bool take_groups(const char *key, const json_t *value, struct json_place place, struct arena *arena,
                        struct metric_use *out, bool *done, struct error *err) {
    if (!(*done = strcmp(key, "groups") == 0)) return true;
    if (json_is_string(value)) return (out->only = text_copy(arena, json_text(value), err)) != NULL;
    if (!json_is_boolean(value)) return json_mismatch(value, key, place, "true, false, or one of the groups", err);
    out->whole = !json_is_true(value);
    return true;
}

static bool put_option(struct buffer *spec, const char *key, const json_t *value, struct json_place place,
                       struct error *err) {
    buffer_printf(spec, ",%s=", key);
    if (json_is_string(value)) return buffer_put_text(spec, json_text(value));
    if (json_is_boolean(value)) return buffer_put_c(spec, json_is_true(value) ? "yes" : "no");
    if (json_is_integer(value)) return buffer_printf(spec, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    if (json_is_real(value)) return buffer_put_f64(spec, json_real_value(value));
    return json_mismatch(value, key, place, "a word, a number, true or false", err);
}

static bool use_of_spec(const struct metric *metric, struct text spec, struct arena *arena, struct metric_use *out,
                        struct error *err) {
    char *kept = text_copy(arena, spec, err);
    struct option_value *options =
        kept ? spec_parse(arena, text_of(kept), metric->options, metric->n_options, err) : NULL;
    if (!options) return false;
    struct buffer name;
    buffer_init(&name, 1 << 16);
    spec_put(&name, text_of(metric->name), metric->options, metric->n_options, options);
    char *shown = buffer_check(&name, "name of a figure", err) ? text_copy(arena, buffer_text(&name), err) : NULL;
    buffer_done(&name);
    *out = (struct metric_use){.metric = metric, .name = shown, .options = options};
    return shown != NULL;
}

bool metric_use_plain(const char *name, struct arena *arena, struct metric_use *out, struct error *err) {
    return use_of_spec(metric_find(text_of(name)), text_of(name), arena, out, err);
}

bool metric_use_parse(const json_t *entry, struct json_place place, struct arena *arena, struct metric_use *out,
                      struct error *err) {
    const json_t *named = json_is_object(entry) ? json_object_get(entry, "metric") : entry;
    if (!json_is_string(named))
        return json_mismatch(named, "metric", place, "the name of a metric, or an object with 'metric'", err);
    const struct metric *metric = metric_find(spec_name(json_text(named)));
    if (!metric) return unknown_metric(spec_name(json_text(named)), place, err);
    struct buffer spec;
    buffer_init(&spec, 1 << 16);
    buffer_put_text(&spec, json_text(named));
    struct metric_use groups = {0};
    bool ok = true;
    void *at = json_is_object(entry) ? json_object_iter((json_t *)entry) : NULL;
    for (; ok && at; at = json_object_iter_next((json_t *)entry, at)) {
        const char *key = json_object_iter_key(at);
        bool done;
        ok = take_foreign_key(metric, key, json_object_iter_value(at), place, &done, err) &&
             (done || take_groups(key, json_object_iter_value(at), place, arena, &groups, &done, err)) &&
             (done || put_option(&spec, key, json_object_iter_value(at), place, err));
    }
    ok = ok && buffer_check(&spec, "metric", err);
    if (ok && !use_of_spec(metric, buffer_text(&spec), arena, out, err))
        ok = error_wrap(err, "%s:%zu: %s", place.file, place.line, place.path);
    buffer_done(&spec);
    if (ok) out->whole = groups.whole, out->only = groups.only;
    return ok;
}
