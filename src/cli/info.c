/* rampart info: describes what a file holds. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "core/text.h"
#include "files/sha256.h"
#include "show/show.h"

static rp_status describe_results(const cli_args *args, rp_error *err) {
  rp_results *results;
  RP_TRY(rp_results_read(args->operand[0], &results, err));
  rp_show_provenance(stdout, results);
  printf("\n");
  rp_show_summary(stdout, results);
  rp_results_free(results);
  return RP_OK;
}

static rp_status describe_network(const cli_args *args, rp_error *err) {
  rp_network_source source;
  rp_net *net;
  RP_TRY(cli_parse_network_source(args, &source, err));
  source.file = args->operand[0];
  RP_TRY(rp_network_read(&source, &net, err));
  cli_describe_network(net);
  rp_net_free(net);
  return RP_OK;
}

static rp_status describe_dataset(const cli_args *args, rp_error *err) {
  rp_dataset_source source;
  rp_dataset *data;
  RP_TRY(cli_parse_dataset_source(args, &source, err));
  source.file = args->operand[0];
  RP_TRY(rp_dataset_read(&source, &data, err));
  cli_describe_dataset(data);
  rp_dataset_free(data);
  return RP_OK;
}

/* Skip the file's name, which the message gives only once. */
static const char *skip_file_name(const rp_error *err, const char *file) {
  const size_t length = strlen(file);
  const bool named = !strncmp(err->text, file, length) &&
                     !strncmp(err->text + length, ": ", 2);
  return err->text + (named ? length + 2 : 0);
}

enum { REASON = 120 };

/* Three reasons share a line, so a long one is cut after a word. */
static const char *shorten_reason(const char *reason, char text[REASON]) {
  const size_t length = strlen(reason);
  if (length < REASON) return strcpy(text, reason);
  int end = (int)rp_text_fit(reason, REASON - sizeof "...");
  while (end > REASON / 2 && reason[end] != ' ') end--;
  snprintf(text, REASON, "%.*s...", end, reason);
  return text;
}

/* Try every reader in turn: each rejects files of other kinds. Of a TFLite or
 * ONNX file the reader of networks alone knows what is wrong. */
static rp_status describe_any(const cli_args *args, rp_error *err) {
  const char *const file = args->operand[0];
  rp_error results = {""}, network = {""}, dataset = {""};
  char digest[65], a[REASON], b[REASON], c[REASON];
  RP_TRY(rp_sha256_file(file, digest, err)); /* can it be read at all? */
  if (rp_network_is_deployed(file)) return describe_network(args, err);
  if (describe_results(args, &results) == RP_OK) return RP_OK;
  if (describe_network(args, &network) == RP_OK) return RP_OK;
  if (describe_dataset(args, &dataset) == RP_OK) return RP_OK;
  return rp_fail(err, RP_E_INPUT,
                 "%.*s: cannot be described: as results: %s; as a "
                 "network: %s; as a dataset: %s",
                 rp_text_fit(file, 90), file,
                 shorten_reason(skip_file_name(&results, file), a),
                 shorten_reason(skip_file_name(&network, file), b),
                 shorten_reason(skip_file_name(&dataset, file), c));
}

static bool is_given(const cli_args *args, uint64_t bits) {
  for (int i = 0; i < CLI_OPTION_COUNT; i++)
    if ((bits >> i & 1) && args->text[i]) return true;
  return false;
}

static int run(const cli_args *args) {
  rp_error err = {""};
  rp_status st;
  if (is_given(args, CLI_NETWORK_BITS))
    st = describe_network(args, &err);
  else if (is_given(args, CLI_DATASET_BITS))
    st = describe_dataset(args, &err);
  else
    st = describe_any(args, &err);
  return st == RP_OK ? CLI_OK : cli_fail(st, &err);
}

const cli_command cli_info = {
    .name = "info",
    .summary = "describe a network, a dataset or a results file",
    .synopsis = "rampart info [OPTION]... FILE",
    .description =
        "Recognizes the file by its content. For a network it prints layers, "
        "ranges of weights and biases, steps, and the range of every layer's "
        "accumulators, proved over all inputs; for a dataset the number of "
        "samples, their shape, and how often each label occurs; for a results "
        "file where it comes from, and a summary.\n\nGiving an option of "
        "networks or of datasets says which of the two the file is. QVIP's "
        "networks need --input-bits and --bits, TFLite and ONNX files "
        "--profile, idx images --labels.",
    .status = cli_plain_status,
    .examples = "rampart info data/digits_net.h5\n"
                "rampart info --input-bits 8 --bits 6 "
                "mnist_1blk_64_in_8_qu_6.h5\n"
                "rampart info --labels t10k-labels.gz t10k-images.gz",
    .takes = (CLI_NETWORK_BITS & ~CLI_BIT(network)) |
             (CLI_DATASET_BITS & ~CLI_BIT(dataset) & ~CLI_BIT(samples)) |
             CLI_BIT(help),
    .least_operands = 1,
    .most_operands = 1,
    .run = run,
};
