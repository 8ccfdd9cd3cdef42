/* basanite goals dedup: cards go to the output with their canonical card, merges are told beside it. */
#include "cli/goals_dedup.h"

#include "set/cards.h"

#include <math.h>
#include <string.h>

#define TAU 0.8

/* ---- merges that were made elsewhere ---- */

static bool show_merges(struct arguments *args, const char *path, struct error *err) {
    struct card_merges m;
    if (!cards_read_merges(path, args->arena, &m, err)) return false;
    for (size_t i = 0; i < m.n; i++) fprintf(args->out, "%s -> %s\n", m.card[i], m.canonical[i]);
    if (args_on(args, "quiet")) return true;
    fprintf(stderr, "%zu cards, %zu canonical; the largest stands for %zu\n", m.n, m.n_canonical, m.largest);
    return true;
}

/* ---- merging ---- */

/* A line of the terminal, or of what is piped in: y merges, anything else does not. */
static bool confirm(void *context, const struct cards *cards, size_t card, size_t into, double likeness, bool *yes,
                    struct error *err) {
    char line[64];
    (void)context;
    fprintf(stderr, "%s \"%s\"\n%s \"%s\"\nlikeness %.3f: the same value? [y/N] ", cards->card[into].id,
            cards->card[into].title, cards->card[card].id, cards->card[card].title, likeness);
    fflush(stderr);
    if (!fgets(line, sizeof line, stdin))
        return error_set(err, ERROR_USAGE, "--confirm: nobody answered; each merge needs a line y or n");
    *yes = line[0] == 'y' || line[0] == 'Y';
    for (size_t n = strlen(line); n + 1 == sizeof line && line[n - 1] != '\n'; n = strlen(line))
        if (!fgets(line, sizeof line, stdin)) break;
    return true;
}

static bool put_cards(struct arguments *args, const struct cards *cards, struct error *err) {
    for (size_t i = 0; i < cards->n; i++) {
        const struct card *c = &cards->card[i];
        json_t *id = json_object_get(cards->card[c->canonical].row, "id");
        if (json_object_set(c->row, "canonical", id) != 0) return error_memory(err, "cards");
        if (!print_json_line(args->out, c->row, err)) return false;
    }
    return true;
}

static void tell(const struct arguments *args, const struct cards *cards, size_t refused) {
    size_t alone = 0;
    if (args_on(args, "quiet")) return;
    for (size_t i = 0; i < cards->n; i++) {
        const struct card *c = &cards->card[i];
        alone += c->canonical == i;
        if (c->canonical == i) continue;
        fprintf(stderr, "%s \"%s\" -> %s \"%s\"", c->id, c->title, cards->card[c->canonical].id,
                cards->card[c->canonical].title);
        if (isnan(c->likeness))
            fprintf(stderr, "  as the card says\n");
        else
            fprintf(stderr, "  %.3f\n", c->likeness);
    }
    fprintf(stderr, "%zu cards, %zu canonical, %zu merged", cards->n, alone, cards->n - alone);
    if (refused) fprintf(stderr, "; %zu merges refused", refused);
    fputc('\n', stderr);
}

bool goals_dedup(struct arguments *args, const char *path, struct error *err) {
    double tau = args_real(args, "tau", TAU);
    struct cards cards;
    size_t refused;
    if (!(tau > 0 && tau <= 1)) return error_set(err, ERROR_USAGE, "--tau: expected a number above 0, at most 1");
    if (text_ends(text_of(path), TEXT(".csv"))) return show_merges(args, path, err);
    if (!cards_read(path, args->arena, &cards, err)) return false;
    bool ok = cards_merge(&cards, tau, args_on(args, "confirm") ? confirm : NULL, NULL, args->arena, &refused, err) &&
              put_cards(args, &cards, err);
    if (ok) tell(args, &cards, refused);
    cards_done(&cards);
    return ok;
}
