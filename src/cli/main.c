/* basanite: finds the command, parses its flags, runs it, prints the error if there is one, and exits with its kind. */
#include "cli/commands.h"

#include "base/file.h"

#include <locale.h>
#include <string.h>

static struct interrupt interrupt_flag;

static void on_signal(int number) {
    (void)number;
    if (interrupt_flag.asked) _Exit(ERROR_INTERRUPTED);
    interrupt_flag.asked = 1;
}

static void print_text(FILE *to, struct buffer *b) {
    fwrite(b->at ? b->at : "", 1, b->len, to);
}

static int print_commands(FILE *to) {
    fputs("basanite: measures how far a language model can be trusted, changes it, and measures again\n\n"
          "usage: basanite COMMAND [VERB] [OPTION]... [FILE]...\n\n", to);
    for (size_t i = 0; i < cli_n_commands; i++) fprintf(to, "  %-10s %s\n", cli_commands[i]->name, cli_commands[i]->summary);
    fputs("\n`basanite COMMAND --help` tells more. First: basanite run demo\n", to);
    return 0;
}

static const struct command *find_command(const char *name, struct error *err) {
    const char *names[64];
    for (size_t i = 0; i < cli_n_commands; i++) {
        names[i] = cli_commands[i]->name;
        if (strcmp(name, names[i]) == 0) return cli_commands[i];
    }
    const char *near = text_nearest(text_of(name), names, cli_n_commands);
    error_set(err, ERROR_USAGE, "no command '%s'%s%s%s; `basanite help` lists them", name, near ? "; did you mean '" : "",
              near ? near : "", near ? "'?" : "");
    return NULL;
}

static int print_help(const struct command *command) {
    struct buffer b;
    buffer_init(&b, 1 << 20);
    command_put_help(&b, command);
    print_text(stdout, &b);
    buffer_done(&b);
    return 0;
}

/* --out FILE replaces stdout: the command writes to a temporary stream that is committed only on success. */
static bool run_with_output(const struct command *command, struct arguments *args, struct error *err) {
    const char *path = args_text(args, "out", NULL);
    if (!path || command_writes_out_itself(command)) return command->run(args, err);
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

static int report_error(const char *command, const struct error *err) {
    fflush(stdout);
    if (err->message[0]) fprintf(stderr, "basanite%s%s: %s\n", command ? " " : "", command ? command : "", err->message);
    return err->kind ? (int)err->kind : ERROR_ENVIRONMENT;
}

static int run_command(const struct command *command, int argc, char **argv) {
    struct error err = {0};
    struct arena arena;
    arena_init(&arena, (size_t)4 << 30);
    struct arguments args = {.arena = &arena, .stop = &interrupt_flag, .out = stdout};
    int code = 0;
    if (!args_parse(&args, command, argc, argv, &err))
        code = report_error(command->name, &err);
    else if (args_on(&args, "help"))
        code = print_help(command);
    else if (!run_with_output(command, &args, &err))
        code = report_error(command->name, &err);
    arena_done(&arena);
    if (fflush(stdout) != 0 && code == 0) code = ERROR_ENVIRONMENT;
    return code;
}

int main(int argc, char **argv) {
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) return print_commands(stdout);
    if (strcmp(argv[1], "--version") == 0) return printf("basanite %s\n", BASANITE_VERSION) < 0;
    bool help = strcmp(argv[1], "help") == 0;
    if (help && argc < 3) return print_commands(stdout);
    struct error err = {0};
    const struct command *command = find_command(help ? argv[2] : argv[1], &err);
    if (!command) return report_error(NULL, &err);
    return help ? print_help(command) : run_command(command, argc - 2, argv + 2);
}
