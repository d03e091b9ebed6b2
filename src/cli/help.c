/* Help pages in the layout of manual pages, made from the tables that the
 * parser uses. Lines are wrapped here, so the texts contain no line breaks. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

enum { WIDTH = 79, INDENT = 4, HELP_COLUMN = 28 };

/* Print text, wrapped; every line but the first is indented. `column` is the
 * position of the cursor. Line breaks in the text are kept. */
static void print_wrapped(const char *text, int column, int indent) {
  while (*text) {
    const int length = (int)strcspn(text, " \n");
    if (column > indent && column + 1 + length > WIDTH) {
      printf("\n%*s", indent, "");
      column = indent;
    } else if (column > indent) {
      putchar(' ');
      column++;
    }
    printf("%.*s", length, text);
    column += length;
    text += length;
    if (*text == '\n') {
      printf("\n%*s", text[1] && text[1] != '\n' ? indent : 0, "");
      column = indent;
    }
    if (*text) text++;
  }
  putchar('\n');
}

static void print_section(const char *heading, const char *text) {
  printf("\n%s\n%*s", heading, INDENT, "");
  print_wrapped(text, INDENT, INDENT);
}

/* Print lines without wrapping them. */
static void print_lines(const char *heading, const char *text) {
  printf("\n%s\n", heading);
  while (*text) {
    const int length = (int)strcspn(text, "\n");
    printf("%*s%.*s\n", length ? INDENT : 0, "", length, text);
    text += length + (text[length] == '\n');
  }
}

static void print_option(const char *name, char letter, const char *argument,
                         const char *help) {
  char left[64];
  int n = snprintf(left, sizeof left, letter ? "-%c, " : "", letter);
  n += snprintf(left + n, sizeof left - (size_t)n, "--%s%s%s", name,
                argument ? " " : "", argument ? argument : "");
  for (char *c = left; *c && *c != ' '; c++)
    if (*c == '_') *c = '-';
  printf("%*s%s", INDENT, "", left);
  if (INDENT + n >= HELP_COLUMN)
    printf("\n%*s", HELP_COLUMN, "");
  else
    printf("%*s", HELP_COLUMN - INDENT - n, "");
  print_wrapped(help, HELP_COLUMN, HELP_COLUMN);
}

static void print_engine_option(const rp_option_info *row) {
  rp_options defaults;
  char value[32], range[64], help[256], argument[24];
  rp_options_default(&defaults);
  rp_options_get(&defaults, row, value, sizeof value);
  if (row->greatest > 9e15) /* larger than any value a user would give */
    snprintf(range, sizeof range, "at least %.15g", row->least);
  else
    snprintf(range, sizeof range, "%.15g to %.15g", row->least, row->greatest);
  snprintf(help, sizeof help, "%s; %s%s%s (%s)", row->help, range,
           *row->unit ? " " : "", row->unit, value);
  snprintf(argument, sizeof argument, "%s",
           row->type == RP_OPTION_REAL ? "X" : "N");
  print_option(row->name, 0, argument, help);
}

static void print_engine_options(void) {
  rp_options defaults;
  char help[192];
  size_t count;
  rp_options_default(&defaults);
  printf("\nENGINE OPTIONS\n");
  snprintf(help, sizeof help,
           "how queries are decided: %s, the exact engine; for comparison, %s "
           "(QVIP's encoding) or %s (one integer for each neuron) passed as "
           "one program to GLPK (%s)",
           rp_engine_name(RP_ENGINE_HULL), rp_engine_name(RP_ENGINE_ONEHOT),
           rp_engine_name(RP_ENGINE_COMPACT), rp_engine_name(defaults.engine));
  print_option("engine", 0, "NAME", help);
  snprintf(help, sizeof help,
           "what is kept beside the verdicts for rampart-check: %s, %s, or %s, "
           "which includes proofs of robustness (%s)",
           rp_keep_name(RP_KEEP_NONE), rp_keep_name(RP_KEEP_COUNTEREXAMPLES),
           rp_keep_name(RP_KEEP_FULL), rp_keep_name(defaults.evidence));
  print_option("evidence", 0, "NAME", help);
  print_option("norm", 0, "NAME",
               "in which radii are measured: linf, every input changes by at "
               "most so much; l1, the changes of all inputs together are at "
               "most so much; l0, at most so many inputs change, each to any "
               "value; brightness, one number up to so much is added to or "
               "taken from all inputs; contrast, one factor up to so many "
               "percent above 1, or as much below, stretches all inputs around "
               "the centre of their range (linf)");
  const rp_option_info *const rows = rp_option_rows(&count);
  for (size_t i = 0; i < count; i++) print_engine_option(&rows[i]);
}

static void print_options(const cli_command *command) {
  printf("\nOPTIONS\n");
#define PRINT(name, letter, argument, help)                                    \
  if (command->takes & CLI_BIT(name))                                          \
    print_option(#name, letter, argument, help);
  CLI_OPTION_TABLE(PRINT)
#undef PRINT
  printf("\n%*sDefaults are in parentheses.\n", INDENT, "");
}

void cli_print_help(const cli_command *command) {
  printf("NAME\n%*srampart %s - %s\n", INDENT, "", command->name,
         command->summary);
  print_lines("SYNOPSIS", command->synopsis);
  print_section("DESCRIPTION", command->description);
  print_options(command);
  if (command->decides) print_engine_options();
  print_lines("EXIT STATUS", command->status);
  print_lines("EXAMPLES", command->examples);
}

void cli_print_commands(const cli_command *const *commands) {
  printf(
      "Rampart decides whether quantized neural networks can be fooled "
      "inside\nL-infinity balls, and how large a ball each input withstands. "
      "Robust is proved\nin exact integers; violated comes with an input that "
      "was replayed.\n\n"
      "Usage: rampart COMMAND [OPTION]...\n"
      "       mpirun -n RANKS rampart COMMAND [OPTION]...\n\n"
      "Commands:\n");
  for (; *commands; commands++)
    printf("  %-10s%s\n", (*commands)->name, (*commands)->summary);
  printf("\nrampart COMMAND --help explains a command; rampart --version names "
         "the version.\n");
}
