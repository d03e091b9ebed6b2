/* rampart: selects the command, and the ranks that run it.
 *
 * Under mpirun or srun every process gets the same command line. All ranks run
 * the commands that decide queries. Only rank 0 runs the other commands and
 * prints help and errors. It is recognized by the launcher's environment
 * variables, because MPI is not initialized for these. */
#include <ctype.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "core/environment.h"
#include "core/memory.h"

const char cli_decision_status[] =
    "0  every query was decided\n"
    "1  a result could not be written, known answers are contradicted, or\n"
    "   Rampart failed\n"
    "2  wrong command line or unusable input; nothing was computed\n"
    "3  some queries are unknown or some radii open; the rows say why\n"
    "4  stopped by SIGTERM, SIGINT or SIGUSR1 before all was decided; what "
    "was\n"
    "   left is unknown, interrupted; the same command line goes on with it\n"
    "\n"
    "mpirun passes the status on and reports every one but 0 as an abort; the\n"
    "line before it, of rampart, says what happened.";
const char cli_plain_status[] = "0  done\n"
                                "1  output could not be written\n"
                                "2  wrong command line or unusable input";

static const cli_command *const commands[] = {
    &cli_run,      &cli_job,    &cli_verify, &cli_radius, &cli_import,
    &cli_predict,  &cli_info,   &cli_show,   &cli_merge,  &cli_export,
    &cli_vnncomp,  &cli_report, &cli_diff,   &cli_watch,  &cli_scaling,
    &cli_simulate, NULL};

enum { COMMAND_COUNT = sizeof commands / sizeof *commands - 1 };

int cli_fail(rp_status status, const rp_error *err) {
  fflush(stdout);
  fprintf(stderr, "rampart: %s\n", err->text);
  if (status == RP_E_STOPPED) return CLI_INTERRUPTED;
  return status == RP_E_USAGE || status == RP_E_INPUT ? CLI_USAGE : CLI_FAILED;
}

/* Find the rank that the launcher gave this process; -1 without a launcher. */
static rp_status find_rank(int *rank, rp_error *err) {
  static const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK",
                                      "PMI_RANK", "SLURM_PROCID"};
  int64_t found = -1;
  for (size_t i = 0; i < sizeof names / sizeof *names && found < 0; i++)
    RP_TRY(rp_environment_whole(names[i], 0, INT_MAX, &found, err));
  *rank = (int)found;
  return RP_OK;
}

static const cli_command *find_command(const char *name) {
  for (int i = 0; i < COMMAND_COUNT; i++)
    if (!strcmp(commands[i]->name, name)) return commands[i];
  return NULL;
}

static int fail_unknown_command(const char *name) {
  const char *names[COMMAND_COUNT];
  rp_error err;
  for (int i = 0; i < COMMAND_COUNT; i++) names[i] = commands[i]->name;
  const char *const near = cli_find_nearest(name, names, COMMAND_COUNT);
  if (near)
    (void)rp_fail(&err, RP_E_USAGE, "unknown command '%s'; did you mean '%s'?",
                  name, near);
  else
    (void)rp_fail(
        &err, RP_E_USAGE,
        "unknown command '%s'; expected run, job, verify, radius, import, "
        "predict, info, show, diff, merge, export, vnncomp, report, watch, "
        "scaling or simulate",
        name);
  return cli_fail(RP_E_USAGE, &err);
}

/* Append an argument, quoted for a shell where needed. Returns the end. */
static char *quote_for_shell(char *to, const char *word) {
  static const char plain[] = "%+,-./:=@_";
  bool is_plain = *word;
  for (const char *c = word; *c; c++)
    if (!isalnum((unsigned char)*c) && !strchr(plain, *c)) is_plain = false;
  if (is_plain) return stpcpy(to, word);
  *to++ = '\'';
  for (; *word; word++)
    if (*word == '\'')
      to = stpcpy(to, "'\\''");
    else
      *to++ = *word;
  return stpcpy(to, "'");
}

static char *make_history(int argc, char **argv) {
  size_t size = 1;
  for (int i = 0; i < argc; i++) size += 4 * strlen(argv[i]) + 3;
  char *const history = rp_alloc(size, 1);
  if (!history) return NULL;
  char *end = history;
  for (int i = 0; i < argc; i++) {
    if (i) *end++ = ' ';
    end = quote_for_shell(end, i ? argv[i] : "rampart");
  }
  *end = '\0';
  return history;
}

static int run_command(const cli_command *command, int rank, int argc,
                       char **argv) {
  rp_error err = {""};
  cli_args args = {.rank = rank > 0 ? rank : 0, .is_launched = rank >= 0};
  char *const history = make_history(argc, argv);
  args.history = history ? history : "rampart";
  const rp_status st = cli_parse(command, argc - 1, argv + 1, &args, &err);
  int status = CLI_OK;
  if (st != RP_OK)
    status = args.rank == 0 ? cli_fail(st, &err) : CLI_USAGE;
  else if (args.text[CLI_help] && args.rank == 0)
    cli_print_help(command);
  else if (!args.text[CLI_help] && (args.rank == 0 || command->decides))
    status = command->run(&args);
  cli_args_free_paths(&args);
  free(history);
  return status;
}

static int run_command_line(int argc, char **argv) {
  const char *const word = argc > 1 ? argv[1] : "";
  const cli_command *const command = find_command(word);
  rp_error err = {""};
  int rank;
  const rp_status st = find_rank(&rank, &err);
  if (st != RP_OK) return cli_fail(st, &err);
  if (command) return run_command(command, rank, argc, argv);
  if (rank > 0)
    return *word == '-' || !strcmp(word, "help") ? CLI_OK : CLI_USAGE;
  const bool asks_help =
      !strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "help");
  if (asks_help && argc > 2 && *argv[2] != '-') {
    if (!find_command(argv[2])) return fail_unknown_command(argv[2]);
    cli_print_help(find_command(argv[2]));
  } else if (asks_help)
    cli_print_commands(commands);
  else if (!strcmp(word, "--version"))
    printf("rampart %s\n", RAMPART_VERSION);
  else if (*word)
    return fail_unknown_command(word);
  else {
    fprintf(stderr, "rampart: no command given; see 'rampart --help'\n");
    return CLI_USAGE;
  }
  return CLI_OK;
}

/* A reader such as head closes its end of the pipe when it has seen enough. The
 * errno of the failed write is lost by now, so the pipe is asked instead. */
static bool is_reader_gone(void) {
  struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
  return poll(&out, 1, 0) == 1 && (out.revents & POLLERR);
}

static int close_output(int status) {
  const bool flushed = fflush(stdout) == 0;
  if ((flushed && !ferror(stdout)) || is_reader_gone()) return status;
  fprintf(stderr, "rampart: cannot write all output to standard output\n");
  return CLI_FAILED;
}

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN); /* close_output notices the failed write instead */
  return close_output(run_command_line(argc, argv));
}
