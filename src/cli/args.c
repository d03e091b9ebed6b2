/* Parsing of the command line with getopt_long, driven by the two option
 * tables.
 *
 * Every long option has a numeric id: the options of the command line come
 * first, the engine options follow. We print our own error messages, because
 * ours suggest the nearest option and only rank 0 prints them. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

#include "core/number.h"
#include "core/path.h"
#include "core/text.h"

enum {
  NAME_SIZE = 32,
  FIRST_ID = 256, /* greater than every letter */
  FIRST_ENGINE_ID = FIRST_ID + CLI_OPTION_COUNT,
  MOST_OPTIONS = CLI_OPTION_COUNT + CLI_ENGINE_COUNT
};

static const struct row {
  const char *name;
  char letter;
  const char *argument; /* NULL: the option takes no argument */
} rows[CLI_OPTION_COUNT] = {
#define ROW(name, letter, argument, help) {#name, letter, argument},
    CLI_OPTION_TABLE(ROW)
#undef ROW
};

static void replace_underscores(const char *from, char to[NAME_SIZE]) {
  snprintf(to, NAME_SIZE, "%s", from);
  for (char *c = to; *c; c++)
    if (*c == '_') *c = '-';
}

const char *cli_option_name(cli_option option, char text[32]) {
  char name[NAME_SIZE];
  replace_underscores(rows[option].name, name);
  snprintf(text, NAME_SIZE, "--%.*s", NAME_SIZE - 3, name);
  return text;
}

static const char *get_engine_name(int index) {
  size_t count;
  static const char *const names[CLI_NAMED_COUNT] = {"engine", "evidence",
                                                     "norm"};
  if (index < CLI_NAMED_COUNT) return names[index];
  return rp_option_rows(&count)[index - CLI_NAMED_COUNT].name;
}

/* The arguments of getopt_long, and the storage for the names they point to. */
typedef struct getopt_tables {
  struct option option[MOST_OPTIONS + 1];
  char name[MOST_OPTIONS][NAME_SIZE];
  const char *names[MOST_OPTIONS];
  char letters[2 * CLI_OPTION_COUNT + 2];
  int count;
} getopt_tables;

static void add_option(getopt_tables *t, const char *name, bool has_argument,
                       int id) {
  char *const own = t->name[t->count];
  replace_underscores(name, own);
  t->names[t->count] = own;
  t->option[t->count++] = (struct option){
      own, has_argument ? required_argument : no_argument, NULL, id};
}

static void add_letter(getopt_tables *t, const struct row *row) {
  const size_t used = strlen(t->letters);
  snprintf(t->letters + used, sizeof t->letters - used, "%c%s", row->letter,
           row->argument ? ":" : "");
}

static void fill_tables(getopt_tables *t, const cli_command *command) {
  memset(t, 0, sizeof *t);
  strcpy(t->letters, ":"); /* getopt then returns ':' for a missing argument */
  for (int i = 0; i < CLI_OPTION_COUNT; i++) {
    if (!(command->takes >> i & 1)) continue;
    add_option(t, rows[i].name, rows[i].argument != NULL, FIRST_ID + i);
    if (rows[i].letter) add_letter(t, &rows[i]);
  }
  for (int i = 0; command->decides && i < CLI_ENGINE_COUNT; i++)
    add_option(t, get_engine_name(i), true, FIRST_ENGINE_ID + i);
}

/* Explain why getopt_long rejected argv[optind - 1] or the letter optopt. */
static rp_status explain_refusal(const getopt_tables *t,
                                 const cli_command *command, char **argv,
                                 rp_error *err) {
  const char *const word = argv[optind - 1];
  if (optopt > 0 && optopt < FIRST_ID)
    return rp_fail(err, RP_E_USAGE,
                   "unknown option '-%c'; see 'rampart %s --help'", optopt,
                   command->name);
  if (optopt >= FIRST_ID)
    return rp_fail(err, RP_E_USAGE, "option '%s' takes no value", word);
  char name[64];
  const size_t length = strcspn(word + 2, "=");
  rp_text_copy(name, length < sizeof name ? length + 1 : sizeof name, word + 2);
  for (int i = 0; i < t->count; i++)
    if (!strncmp(t->names[i], name, strlen(name)))
      return rp_fail(err, RP_E_USAGE,
                     "option '--%s' is short for more than one option", name);
  const char *const near = cli_find_nearest(name, t->names, (size_t)t->count);
  if (near)
    return rp_fail(err, RP_E_USAGE,
                   "unknown option '--%s'; did you mean '--%s'?", name, near);
  return rp_fail(err, RP_E_USAGE,
                 "unknown option '--%s'; see 'rampart %s --help'", name,
                 command->name);
}

static rp_status fail_missing_value(char **argv, rp_error *err) {
  return rp_fail(err, RP_E_USAGE, "option '%s' needs a value",
                 argv[optind - 1]);
}

/* Check an engine option against its table now; cli_set_options applies it. */
static rp_status parse_engine_option(cli_args *args, int index,
                                     const char *text, rp_error *err) {
  rp_options scratch;
  rp_error why;
  rp_options_default(&scratch);
  args->engine[index] = text;
  const rp_status st =
      rp_options_set(&scratch, get_engine_name(index), text, &why);
  if (st == RP_OK) return RP_OK;
  /* The message begins with the table's name, which has underscores. */
  char name[NAME_SIZE];
  replace_underscores(get_engine_name(index), name);
  const char *const rest = strchr(why.text, ':');
  return rp_fail(err, st, "--%s%s", name, rest ? rest : "");
}

static int find_id_of_letter(int letter) {
  for (int i = 0; i < CLI_OPTION_COUNT; i++)
    if (rows[i].letter == letter) return FIRST_ID + i;
  return -1;
}

static rp_status parse_options(const getopt_tables *t,
                               const cli_command *command, int argc,
                               char **argv, cli_args *args, rp_error *err) {
  optind = 0; /* 0 makes glibc reinitialize its scanner */
  opterr = 0;
  for (;;) {
    int id = getopt_long(argc, argv, t->letters, t->option, NULL);
    if (id == -1) return RP_OK;
    if (id == '?') return explain_refusal(t, command, argv, err);
    if (id == ':') return fail_missing_value(argv, err);
    if (id < FIRST_ID) id = find_id_of_letter(id);
    if (id >= FIRST_ENGINE_ID)
      RP_TRY(parse_engine_option(args, id - FIRST_ENGINE_ID, optarg, err));
    else
      args->text[id - FIRST_ID] = optarg ? optarg : "";
  }
}

static bool is_file(cli_option option) {
  const char *const argument = rows[option].argument;
  return argument && !strcmp(argument, "FILE");
}

static rp_status expand_paths(cli_args *args, rp_error *err) {
  char name[NAME_SIZE];
  for (int i = 0; i < CLI_OPTION_COUNT; i++) {
    if (!args->text[i] || !is_file((cli_option)i)) continue;
    RP_TRY(rp_path_take(args->text[i], cli_option_name((cli_option)i, name),
                        &args->path[i], err));
    args->text[i] = args->path[i];
  }
  return RP_OK;
}

void cli_args_free_paths(cli_args *args) {
  for (int i = 0; i < CLI_OPTION_COUNT; i++) free(args->path[i]);
}

static rp_status check_operands(const cli_command *command,
                                const cli_args *args, rp_error *err) {
  if (args->n_operands < command->least_operands)
    return rp_fail(err, RP_E_USAGE, "missing argument; usage: %.*s",
                   (int)strcspn(command->synopsis, "\n"), command->synopsis);
  if (args->n_operands > command->most_operands &&
      command->requires & CLI_BIT(network))
    return rp_fail(err, RP_E_USAGE,
                   "unexpected argument '%s'; inputs are named by options: "
                   "--network FILE --dataset FILE",
                   args->operand[command->most_operands]);
  if (args->n_operands > command->most_operands)
    return rp_fail(err, RP_E_USAGE,
                   "unexpected argument '%s'; see 'rampart %s --help'",
                   args->operand[command->most_operands], command->name);
  return RP_OK;
}

static rp_status check_required(const cli_command *command,
                                const cli_args *args, rp_error *err) {
  char name[NAME_SIZE];
  for (int i = 0; i < CLI_OPTION_COUNT; i++)
    if ((command->requires >> i & 1) && !args->text[i])
      return rp_fail(err, RP_E_USAGE,
                     "missing option %s; see 'rampart %s --help'",
                     cli_option_name((cli_option)i, name), command->name);
  return RP_OK;
}

rp_status cli_parse(const cli_command *command, int argc, char **argv,
                    cli_args *args, rp_error *err) {
  getopt_tables tables;
  fill_tables(&tables, command);
  RP_TRY(parse_options(&tables, command, argc, argv, args, err));
  args->operand = argv + optind;
  args->n_operands = argc - optind;
  if (args->text[CLI_help]) return RP_OK;
  RP_TRY(check_operands(command, args, err));
  RP_TRY(check_required(command, args, err));
  return expand_paths(args, err);
}

void cli_set_options(const cli_args *args, rp_options *options) {
  for (int i = 0; i < CLI_ENGINE_COUNT; i++)
    if (args->engine[i])
      (void)rp_options_set(options, get_engine_name(i), args->engine[i], NULL);
}

rp_status cli_parse_whole(const cli_args *args, cli_option option,
                          int64_t least, int64_t greatest, int64_t *value,
                          rp_error *err) {
  const char *const text = args->text[option];
  char name[NAME_SIZE];
  if (text && !rp_parse_whole(text, least, greatest, value))
    return rp_fail(err, RP_E_USAGE,
                   "%s: expected a whole number from %" PRId64 " to %" PRId64
                   ", found '%s'",
                   cli_option_name(option, name), least, greatest, text);
  return RP_OK;
}

rp_status cli_parse_real(const cli_args *args, cli_option option, double least,
                         double greatest, double *value, rp_error *err) {
  const char *const text = args->text[option];
  char name[NAME_SIZE];
  if (text && !rp_parse_real(text, least, greatest, value))
    return rp_fail(err, RP_E_USAGE,
                   "%s: expected a number from %g to %g, found '%s'",
                   cli_option_name(option, name), least, greatest, text);
  return RP_OK;
}

rp_status cli_parse_radii(const cli_args *args, int32_t least, rp_radii *radii,
                          rp_error *err) {
  const char *const text = args->text[CLI_radius];
  if (rp_radii_parse(text, least, radii)) return RP_OK;
  return rp_fail(err, RP_E_USAGE, "--radius: expected %s, found '%.*s'",
                 RP_RADII_FORM, rp_text_fit(text, 80), text);
}

rp_status cli_parse_rows(const cli_args *args, int64_t *shown, rp_error *err) {
  enum { SCREENFUL = 20 };
  const char *const text = args->text[CLI_rows];
  const bool all = text && !strcmp(text, "all");
  *shown = all ? -1 : SCREENFUL;
  if (text && !all && args->text[CLI_csv])
    return rp_fail(err, RP_E_USAGE, "--rows: CSV holds all rows");
  if (all ||
      cli_parse_whole(args, CLI_rows, 0, INT64_MAX, shown, NULL) == RP_OK)
    return RP_OK;
  return rp_fail(err, RP_E_USAGE,
                 "--rows: expected a whole number, or all, found '%s'", text);
}
