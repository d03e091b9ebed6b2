/* rampart report: draws results as one page, to read or to send around. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "core/memory.h"
#include "core/text.h"
#include "files/file.h"
#include "report/page.h"

/* A report is often made again, so a page that Rampart wrote, recognized by its
 * generator tag, may be replaced; any other file only with --force. */
static bool is_own_report(const char *file) {
  char head[1024] = "";
  FILE *in;
  if (rp_file_open(file, &in, NULL) != RP_OK) return false;
  head[fread(head, 1, sizeof head - 1, in)] = '\0';
  (void)fclose(in);
  return strstr(head, "name=\"generator\" content=\"rampart ") != NULL;
}

static rp_status check_output(const cli_args *args, rp_error *err) {
  const char *const output = args->text[CLI_output];
  const bool force = args->text[CLI_force] || is_own_report(output);
  return cli_check_new_file(output, force, err);
}

/* Write to memory first, so that a failure leaves no incomplete file behind. */
static rp_status write_page(const rp_page_source *source, int n,
                            const char *output, rp_error *err) {
  char *text = NULL;
  size_t size = 0;
  FILE *const memory = open_memstream(&text, &size);
  rp_status st = memory ? rp_page_write(memory, source, n, err)
                        : rp_fail(err, RP_E_MEMORY, "report: out of memory");
  if (memory && fclose(memory) != 0 && st == RP_OK)
    st = rp_fail(err, RP_E_MEMORY, "report: out of memory");
  if (st == RP_OK) st = rp_file_replace(output, text, size, err);
  free(text);
  return st;
}

static rp_status read_and_write(const cli_args *args, rp_page_source *source,
                                rp_error *err) {
  const rp_page_files instead = {
      args->text[CLI_network], args->text[CLI_dataset], args->text[CLI_labels]};
  const int n = args->n_operands;
  RP_TRY(check_output(args, err));
  for (int i = 0; i < n; i++)
    RP_TRY(rp_page_source_read(args->operand[i], &instead, &source[i], err));
  RP_TRY(write_page(source, n, args->text[CLI_output], err));
  if (!args->text[CLI_quiet])
    printf("wrote %s\n", rp_printable(args->text[CLI_output]).text);
  return RP_OK;
}

static int run(const cli_args *args) {
  rp_error err = {""};
  const size_t n = (size_t)args->n_operands;
  rp_page_source *const source = rp_alloc(n, sizeof *source);
  const rp_status st =
      source ? read_and_write(args, source, &err)
             : rp_fail(&err, RP_E_MEMORY, "report: out of memory");
  for (size_t i = 0; source && i < n; i++) rp_page_source_fini(&source[i]);
  free(source);
  return st == RP_OK ? CLI_OK : cli_fail(st, &err);
}

const cli_command cli_report = {
    .name = "report",
    .summary = "draw results as one page for the browser",
    .synopsis = "rampart report RESULTS... --output FILE [OPTION]...",
    .description =
        "Writes one HTML file that needs nothing else: verdicts, accuracy over "
        "radius, times, the distribution of the radii over all samples and by "
        "class, a map of the samples, pictures of the most fragile and the "
        "most robust ones, rival classes, the network's blocks, the timeline "
        "of "
        "the ranks, and the provenance of everything. Headings say what the "
        "figures show. Several results are compared at every radius and side "
        "by side.\n\nPictures of samples come from the dataset, rival classes "
        "from the network, both as named in the results. They are used only if "
        "their SHA-256 is the one in the results; otherwise the page says what "
        "is missing. Relative names are looked up in the current folder, then "
        "in that of the results. An older report is replaced, any other file "
        "only with --force.",
    .status = cli_plain_status,
    .examples = "rampart report results/quickstart.h5 -o report.html\n"
                "rampart report results/P1-4.h5 results/P1-6.h5 -o bits.html",
    .takes = CLI_BIT(output) | CLI_BIT(network) | CLI_BIT(dataset) |
             CLI_BIT(labels) | CLI_BIT(force) | CLI_BIT(quiet) | CLI_BIT(help),
    .requires = CLI_BIT(output),
    .least_operands = 1,
    .most_operands = 64,
    .run = run,
};
