/* rampart import: reads a network in any format, proves its accumulator ranges
 * and writes it in Rampart's format. */
#include <stdio.h>

#include "cli/cli.h"
#include "core/text.h"

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
  const rp_status st = rp_network_write(net, output, err);
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
        "can be read without options.\n\nTFLite files need --profile, the "
        "runtime whose rounding is meant; the file written keeps it, and the "
        "digest of the original. QVIP's networks are Keras weights; --bits and "
        "--input-bits say how they are quantized. An existing "
        "output file is replaced only with --force, in one atomic step.",
    .status = cli_plain_status,
    .examples = "rampart import --network mnist_1blk_64_in_8_qu_6.h5 "
                "--format qvip \\\n"
                "    --input-bits 8 --bits 6 --name P1-6 --output P1-6.h5\n"
                "rampart import --network net.tflite --profile litert-xnnpack "
                "\\\n    --output net.h5",
    .takes = CLI_NETWORK_BITS | CLI_BIT(output) | CLI_BIT(force) |
             CLI_BIT(quiet) | CLI_BIT(help),
    .requires = CLI_BIT(network) | CLI_BIT(output),
    .run = run,
};
