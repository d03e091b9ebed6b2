/* rampart import: reads a network in any format, proves its accumulator ranges
 * and writes it in Rampart's format. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "core/memory.h"
#include "core/rng.h"
#include "core/text.h"

/* ---- Comparison with the original. ---- */

enum { MOST_SAMPLES = 1 << 20 };

typedef struct samples {
  uint8_t *x; /* [n][n_in] */
  int64_t n;
} samples;

static rp_status copy_samples(const cli_args *args, const rp_net *net,
                              rp_dataset *data, samples *s, rp_error *err) {
  const size_t size = (size_t)net->n_in;
  const char *const text = args->text[CLI_samples];
  int64_t *index, count;
  RP_TRY(rp_dataset_fit(data, net, err));
  RP_TRY(rp_selection_parse(text ? text : "all", data->n, &index, &count, err));
  if (count < s->n) s->n = count;
  s->x = rp_alloc((size_t)s->n * size, 1);
  for (int64_t i = 0; s->x && i < s->n; i++)
    memcpy(s->x + (size_t)i * size, data->x + (size_t)index[i] * size, size);
  free(index);
  return s->x ? RP_OK : rp_fail(err, RP_E_MEMORY, "import: out of memory");
}

static rp_status take_samples(const cli_args *args, const rp_net *net,
                              samples *s, rp_error *err) {
  rp_dataset_source source;
  rp_dataset *data;
  RP_TRY(cli_parse_dataset_source(args, &source, err));
  RP_TRY(rp_dataset_read(&source, &data, err));
  const rp_status st = copy_samples(args, net, data, s, err);
  rp_dataset_free(data);
  return st;
}

static rp_status draw_samples(const cli_args *args, const rp_net *net,
                              samples *s, rp_error *err) {
  const size_t size = (size_t)s->n * (size_t)net->n_in;
  int64_t seed = 1;
  rp_rng rng;
  RP_TRY(cli_parse_whole(args, CLI_seed, 0, INT64_MAX, &seed, err));
  rp_rng_init(&rng, (uint64_t)seed);
  s->x = rp_alloc(size, 1);
  if (!s->x) return rp_fail(err, RP_E_MEMORY, "import: out of memory");
  for (size_t i = 0; i < size; i++)
    s->x[i] = (uint8_t)rp_rng_below(&rng, (uint32_t)net->in_hi + 1);
  return RP_OK;
}

static void print_comparison(const rp_net *net,
                             const rp_network_comparison *c) {
  printf("verified      %" PRId64 " samples, %" PRId32 " tensors with %" PRId32
         " of %" PRId32 " blocks, %" PRId64 " elements compared, 0 "
         "differences\n",
         c->samples, c->tensors, c->blocks, net->n_blocks, c->elements);
}

/* Options that would do nothing are refused. */
static rp_status expect_no_samples(const cli_args *args, rp_error *err) {
  const uint64_t bits = CLI_DATASET_BITS | CLI_BIT(seed);
  char name[32];
  for (int i = 0; i < CLI_OPTION_COUNT; i++)
    if ((bits >> i & 1) && args->text[i])
      return rp_fail(err, RP_E_USAGE, "option '%s' needs --verify N",
                     cli_option_name((cli_option)i, name));
  return RP_OK;
}

/* A difference is a mistake of Rampart's, not of the file's: exit status 1. */
static rp_status verify_import(const cli_args *args,
                               const rp_network_source *source,
                               const rp_net *net, rp_error *err) {
  rp_network_comparison found;
  samples s = {0};
  if (!args->text[CLI_verify]) return expect_no_samples(args, err);
  RP_TRY(cli_parse_whole(args, CLI_verify, 1, MOST_SAMPLES, &s.n, err));
  rp_status st = args->text[CLI_dataset] ? take_samples(args, net, &s, err)
                                         : draw_samples(args, net, &s, err);
  if (st == RP_OK) st = rp_network_compare(source, net, s.x, s.n, &found, err);
  free(s.x);
  RP_TRY(st);
  if (found.differs)
    return rp_fail(err, RP_E_INTERNAL, "%s: the network is not imported: %s",
                   source->file, found.difference);
  if (!args->text[CLI_quiet]) print_comparison(net, &found);
  return RP_OK;
}

/* ---- The command. ---- */

/* Read back: what is printed, the digest too, is of the file written. */
static rp_status describe_written(const char *output, rp_error *err) {
  const rp_network_source source = {.file = output};
  rp_net *net = NULL;
  RP_TRY(rp_network_read(&source, &net, err));
  printf("wrote         %s\n", rp_printable(output).text);
  cli_describe_network(net);
  rp_net_free(net);
  return RP_OK;
}

static rp_status import(const cli_args *args, rp_error *err) {
  const char *const output = args->text[CLI_output];
  rp_network_source source;
  rp_net *net = NULL;
  RP_TRY(cli_parse_network_source(args, &source, err));
  RP_TRY(cli_check_new_file(output, args->text[CLI_force], err));
  RP_TRY(rp_network_read(&source, &net, err));
  rp_status st = verify_import(args, &source, net, err);
  if (st == RP_OK) st = rp_network_write(net, output, err);
  rp_net_free(net);
  RP_TRY(st);
  return args->text[CLI_quiet] ? RP_OK : describe_written(output, err);
}

static int run(const cli_args *args) {
  rp_error err = {""};
  const rp_status st = import(args, &err);
  return st == RP_OK ? CLI_OK : cli_fail(st, &err);
}

const cli_command cli_import = {
    .name = "import",
    .summary = "read a network, prove its ranges, write Rampart's format",
    .synopsis = "rampart import --network FILE --output FILE [OPTION]...",
    .description =
        "Reads a network in any format that Rampart knows, proves over the "
        "whole input range that no accumulator can overflow, and writes it in "
        "Rampart's own format (HDF5: integer weights, biases and steps), which "
        "can be read without options.\n\nTFLite and ONNX files need --profile, "
        "the "
        "runtime whose rounding is meant; the file written keeps it, and the "
        "digest of the original. QVIP's networks are Keras weights; --bits and "
        "--input-bits say how they are quantized. An existing "
        "output file is replaced only with --force, in one atomic step.\n\n"
        "--verify N runs N samples of the dataset, or random ones, through the "
        "operators of the TFLite or ONNX file as they stand there, each with "
        "the profile's formula, and through the network that was made from "
        "them, "
        "and compares every number that both compute. At the first that "
        "differs nothing is written, and the exit status is 1.",
    .status = cli_plain_status,
    .examples = "rampart import --network mnist_1blk_64_in_8_qu_6.h5 "
                "--format qvip \\\n"
                "    --input-bits 8 --bits 6 --name P1-6 --output P1-6.h5\n"
                "rampart import --network net.tflite --profile litert-xnnpack "
                "\\\n    --output net.h5 --verify 100",
    .takes = CLI_NETWORK_BITS | CLI_BIT(output) | CLI_BIT(force) |
             CLI_BIT(verify) | CLI_DATASET_BITS | CLI_BIT(seed) |
             CLI_BIT(quiet) | CLI_BIT(help),
    .requires = CLI_BIT(network) | CLI_BIT(output),
    .run = run,
};
