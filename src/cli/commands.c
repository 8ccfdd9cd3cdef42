/* The table of commands, in the order of `basanite help`. */
#include "cli/commands.h"

extern const struct command command_run, command_compare, command_report, command_record, command_info,
    command_generate, command_score, command_chat, command_tokenize, command_train, command_convert, command_calibrate,
    command_methods, command_world, command_doctor, command_bench, command_formal, command_data, command_reproduce,
    command_goals, command_certify, command_compress, command_serve, command_quote, command_case, command_agent,
    command_guide;

const struct command *const cli_commands[] = {
    &command_certify, &command_run, &command_compare, &command_report, &command_record, &command_info,
    &command_generate,
    &command_score, &command_chat,     &command_serve,
    &command_tokenize, &command_train,  &command_compress,  &command_convert,   &command_calibrate, &command_reproduce,
    &command_methods, &command_world,
    &command_goals, &command_guide, &command_case, &command_formal, &command_quote, &command_agent, &command_data,
    &command_doctor, &command_bench,
};
const size_t cli_n_commands = sizeof cli_commands / sizeof *cli_commands;
