/* The command line: one table of all flags, from which every command names those it honours. Parsing, checking,
 * --config files, environment defaults and --help are made from it. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/interrupt.h"
#include "base/option.h"
#include "base/team.h"

#include <stdio.h>

enum flag_type { FLAG_SWITCH, FLAG_TEXT, FLAG_COUNT, FLAG_REAL };

struct flag {
    const char *name;
    char letter; /* 0: none */
    enum flag_type type;
    const char *argument; /* shown in help: SPEC, N, FILE */
    const char *help;
    const char *environment; /* variable with a default, or NULL */
};
extern const struct flag cli_flags[];
extern const size_t cli_n_flags;

/* What a command was given. Values stand in the order of cli_flags. */
struct given {
    bool on, ambient;  /* ambient: its value is the environment's */
    size_t n;          /* times given */
    const char **texts; /* each time; the last wins where one is wanted */
};

struct arguments {
    struct arena *arena;
    struct given *flags; /* cli_n_flags */
    const char **words;  /* what is no flag */
    size_t n_words;
    char *line;          /* the command line as typed, for the record */
    struct interrupt *stop; /* the one that signals set; who has stopped may take it back and go on */
    struct team *team;   /* processes that mpirun started together; NULL: this one is alone */
    struct subject_crew *crew; /* the same ones where they answer asks for the first; NULL: none do */
    FILE *out;           /* stdout, or the file of --out (written under a temporary name) */
};

bool args_on(const struct arguments *args, const char *flag);
const char *args_text(const struct arguments *args, const char *flag, const char *otherwise);
/* The same for what must be asked for: NULL where it comes from the environment alone. */
const char *args_asked(const struct arguments *args, const char *flag);
size_t args_texts(const struct arguments *args, const char *flag, const char ***texts);
/* Numbers were checked while parsing. */
uint64_t args_count(const struct arguments *args, const char *flag, uint64_t otherwise);
double args_real(const struct arguments *args, const char *flag, double otherwise);

/* What several processes (mpirun) do with a command: refuse it; all run it and share its work (arguments.team); the
 * first one runs it and the others answer their share of what it asks subjects (arguments.crew). */
enum command_shares { SHARES_NOTHING, SHARES_WORK, SHARES_ASKS };

struct command {
    const char *name;
    const char *synopsis; /* behind the name: "SUITE|TASK... [options]" */
    const char *summary;
    const char *example;
    const char *const *flags; /* names, NULL at the end */
    bool (*run)(struct arguments *args, struct error *err);
    enum command_shares shares;
};
extern const struct command *const cli_commands[];
extern const size_t cli_n_commands;

/* argv: behind the command's name. Unknown flags, flags the command does not honour,
 * missing or wrong values: ERROR_USAGE. */
bool args_parse(struct arguments *args, const struct command *command, int argc, char **argv,
                struct error *err) MUST_CHECK;
bool command_put_help(struct buffer *out, const struct command *command);

#endif
