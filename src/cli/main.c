/* basanite: finds the command, parses its flags, runs it, prints the error if there is one, and exits with its kind. */
#include "cli/commands.h"
#include "cli/help_topics.h"

#include "base/file.h"
#include "base/process.h"
#include "base/team_mpi.h"
#include "subject/subject_crew.h"

#include <errno.h>
#include <locale.h>
#include <string.h>

static struct interrupt interrupt_flag;

static void print_text(FILE *to, struct buffer *b) {
    fwrite(b->at ? b->at : "", 1, b->len, to);
}

static int print_commands(FILE *to) {
    fputs("basanite: measures how far a language model can be trusted, changes it, and measures again\n\n"
          "usage: basanite COMMAND [VERB] [OPTION]... [FILE]...\n\n", to);
    for (size_t i = 0; i < cli_n_commands; i++)
        fprintf(to, "  %-10s %s\n", cli_commands[i]->name, cli_commands[i]->summary);
    const struct help_topic *topics;
    size_t n = help_topics(&topics);
    fputs("\n`basanite help TOPIC` explains:\n\n", to);
    for (size_t i = 0; i < n; i++) fprintf(to, "  %-12s %s\n", topics[i].name, topics[i].summary);
    fputs("\n`basanite COMMAND --help` tells more. First: basanite run demo\n", to);
    return 0;
}

static const struct command *find_command(const char *name) {
    for (size_t i = 0; i < cli_n_commands; i++)
        if (strcmp(name, cli_commands[i]->name) == 0) return cli_commands[i];
    return NULL;
}

/* topics: may it be one of them as well? */
static bool no_such_name(const char *name, bool with_topics, struct error *err) {
    const char *names[96];
    const struct help_topic *topics;
    size_t n = 0, n_topics = help_topics(&topics);
    for (size_t i = 0; i < cli_n_commands; i++) names[n++] = cli_commands[i]->name;
    for (size_t i = 0; with_topics && i < n_topics; i++) names[n++] = topics[i].name;
    const char *near = text_nearest(text_of(name), names, n);
    return error_set(err, ERROR_USAGE, "no command '%s'%s%s%s%s; `basanite help` lists them", name,
                     with_topics ? ", nor a topic" : "", near ? "; did you mean '" : "", near ? near : "",
                     near ? "'?" : "");
}

static int print_help(const struct command *command) {
    struct buffer b;
    buffer_init(&b, 1 << 20);
    command_put_help(&b, command);
    print_text(stdout, &b);
    buffer_done(&b);
    return 0;
}

/* A word may be a command and a topic: both are shown. Words of a topic may stand apart: "exit codes". */
static bool print_help_about(int argc, char **argv, struct error *err) {
    struct buffer name, b;
    buffer_init(&name, 1 << 12);
    buffer_init(&b, 1 << 20);
    for (int i = 0; i < argc; i++) buffer_printf(&name, "%s%s", i ? "-" : "", argv[i]);
    const char *asked = name.at ? name.at : "";
    const struct command *command = find_command(asked);
    const struct help_topic *topic = help_topic_find(asked);
    if (command) command_put_help(&b, command);
    if (command && topic) buffer_put_char(&b, '\n');
    if (topic) topic->put(&b);
    print_text(stdout, &b);
    bool ok = command || topic || no_such_name(asked, true, err);
    buffer_done(&b);
    buffer_done(&name);
    return ok;
}

/* --out FILE replaces stdout: the command writes to a temporary stream that is committed only on success. */
static bool run_with_output(const struct command *command, struct arguments *args, struct error *err) {
    const char *path = args_text(args, "out", NULL);
    if (!path || command_writes_out_itself(command, args)) return command->run(args, err);
    struct file_out out;
    if (!file_out_open(&out, path, err)) return false;
    args->out = out.stream;
    bool ok = command->run(args, err);
    if (ok || err->kind == ERROR_GATE) {
        struct error late;
        if (!file_out_commit(&out, &late)) {
            *err = late;
            ok = false;
        }
    }
    file_out_abandon(&out);
    return ok;
}

/* The first process runs the command, the others answer its asks. */
static bool run_with_crew(const struct command *command, struct arguments *args, struct error *err) {
    struct subject_settings settings;
    bool first = team_rank(args->team) == 0;
    if (!(args->crew = subject_crew_new(args->team, err))) return false;
    common_subject_settings(args, &settings);
    bool ok = first ? subject_crew_end(args->crew, run_with_output(command, args, err), err)
                    : subject_crew_serve(args->crew, &settings, err);
    subject_crew_free(args->crew);
    return ok;
}

static bool run_shared(const struct command *command, struct arguments *args, struct error *err) {
    return args->team && command->shares == SHARES_ASKS ? run_with_crew(command, args, err)
                                                        : run_with_output(command, args, err);
}

static int report_error(const char *command, const struct error *err) {
    fflush(stdout);
    if (err->message[0])
        fprintf(stderr, "basanite%s%s: %s\n", command ? " " : "", command ? command : "", err->message);
    return err->kind ? (int)err->kind : ERROR_ENVIRONMENT;
}

/* What all processes say is said by the first; what only one says, by that one. */
static int report_team_error(const struct command *command, struct team *team, struct error *err) {
    if (!team && team_mpi_rank() > 0) return err->kind ? (int)err->kind : ERROR_ENVIRONMENT;
    if (team && !team->failed) {
        error_wrap(err, "process %zu of %zu", team->rank, team->size);
        team_mpi_abort(team, report_error(command->name, err));
    } else if (team && team->rank > 0) {
        return (int)err->kind;
    }
    return report_error(command->name, err);
}

/* Processes that mpirun started together: only the first one prints. */
static bool open_team(const struct command *command, struct arguments *args, struct error *err) {
    if (!team_mpi_started()) return true;
    if (team_mpi_rank() > 0 && !freopen("/dev/null", "w", stdout))
        return error_system(err, errno, "cannot open", "/dev/null");
    if (!command->shares)
        return error_set(err, ERROR_USAGE, "several processes cannot share its work; start it without mpirun");
    return (args->team = team_mpi_open(err)) != NULL;
}

static int run_command(const struct command *command, int argc, char **argv) {
    struct error err = {0};
    struct arena arena;
    arena_init(&arena, (size_t)4 << 30);
    struct arguments args = {.arena = &arena, .stop = &interrupt_flag, .out = stdout};
    int code = 0;
    if (!args_parse(&args, command, argc, argv, &err))
        code = report_team_error(command, NULL, &err);
    else if (args_on(&args, "help"))
        code = print_help(command);
    else if (!open_team(command, &args, &err) || !run_shared(command, &args, &err))
        code = report_team_error(command, args.team, &err);
    team_mpi_close(args.team);
    arena_done(&arena);
    if (fflush(stdout) != 0 && code == 0) code = ERROR_ENVIRONMENT;
    return code;
}

int main(int argc, char **argv) {
    process_die_with_parent();
    interrupt_on_signals(&interrupt_flag, ERROR_INTERRUPTED);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of the write, as on a full disk */
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) return print_commands(stdout);
    if (strcmp(argv[1], "--version") == 0) return printf("basanite %s\n", BASANITE_VERSION) < 0;
    struct error err = {0};
    if (strcmp(argv[1], "help") == 0) {
        if (argc < 3) return print_commands(stdout);
        return print_help_about(argc - 2, argv + 2, &err) ? 0 : report_error(NULL, &err);
    }
    const struct command *command = find_command(argv[1]);
    if (!command) return no_such_name(argv[1], false, &err), report_error(NULL, &err);
    return run_command(command, argc - 2, argv + 2);
}
