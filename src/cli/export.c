/* rampart export: writes results as files for other programs. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "core/text.h"
#include "show/export.h"

static rp_status parse_kinds(const char *text, rp_export *what, rp_error *err) {
  for (;;) {
    const size_t length = strcspn(text, ",");
    if (length == 7 && !strncmp(text, "vnncomp", length))
      what->vnncomp = true;
    else if (length == 3 && !strncmp(text, "pgm", length))
      what->pgm = true;
    else if (length == 3 && !strncmp(text, "png", length))
      what->png = true;
    else
      return rp_fail(err, RP_E_USAGE,
                     "--write: expected vnncomp, pgm or png, with commas, "
                     "found '%.*s'",
                     rp_text_fit(text, length < 80 ? length : 80), text);
    if (!text[length]) return RP_OK;
    text += length + 1;
  }
}

/* Read the network as the run did, unless options say otherwise. */
static rp_status read_network(const cli_args *args, const rp_provenance *p,
                              rp_net **net, rp_error *err) {
  rp_network_source source;
  rp_error why = {""};
  RP_TRY(cli_parse_network_source(args, &source, err));
  if (!source.file) source.file = p->network_file;
  if (!source.format && *p->network_format) source.format = p->network_format;
  if (!source.profile && *p->network_profile)
    source.profile = p->network_profile;
  if (source.input_bits == 0) source.input_bits = p->input_bits;
  if (source.bits == 0) source.bits = p->bits;
  const rp_status st = rp_network_read(&source, net, &why);
  if (st == RP_E_INPUT && !args->text[CLI_network])
    return rp_fail(err, st,
                   "%.*s (as the results name it; --network says "
                   "where it is now)",
                   rp_text_fit(why.text, 400), why.text);
  if (st != RP_OK) return rp_fail(err, st, "%s", why.text);
  const bool same =
      !strcmp((*net)->sha256, p->network_sha256) && (*net)->n_in == p->n_in;
  if (same) return RP_OK;
  (void)rp_fail(err, RP_E_INPUT,
                "%s: not the network of the results: expected sha256 %.12s..., "
                "found %.12s...",
                source.file, p->network_sha256, (*net)->sha256);
  rp_net_free(*net);
  *net = NULL;
  return RP_E_INPUT;
}

static const char *choose_source(const char *given, const char *named) {
  return given ? given : *named ? named : NULL;
}

/* Read the samples as the run did. */
static rp_status read_dataset(const cli_args *args, const rp_provenance *p,
                              const rp_net *net, rp_dataset **data,
                              rp_error *err) {
  const rp_dataset_source source = {
      .file = choose_source(args->text[CLI_dataset], p->dataset_file),
      .labels = choose_source(args->text[CLI_labels], p->labels_file),
      .format = choose_source(NULL, p->dataset_format),
      .x_name = choose_source(NULL, p->x_name),
      .y_name = choose_source(NULL, p->y_name),
      .layout = choose_source(NULL, p->dataset_layout),
      .values = p->values};
  rp_error why = {""};
  if (!source.file)
    return rp_fail(err, RP_E_USAGE,
                   "missing option --dataset: the results do not name it");
  rp_status st = rp_dataset_read(&source, data, &why);
  if (st != RP_OK)
    return rp_fail(err, st, "%.*s%s", rp_text_fit(why.text, 400), why.text,
                   args->text[CLI_dataset]
                       ? ""
                       : " (as the results name it; --dataset and --labels say "
                         "where it is now)");
  if (strcmp((*data)->sha256, p->dataset_sha256) != 0 ||
      (*p->labels_sha256 &&
       strcmp((*data)->labels_sha256, p->labels_sha256) != 0))
    return rp_fail(err, RP_E_INPUT,
                   "%s: not the dataset of the results: expected sha256 "
                   "%.12s..., found %.12s...",
                   source.file, p->dataset_sha256, (*data)->sha256);
  return rp_dataset_fit(*data, net, err);
}

static rp_status parse_shape(const cli_args *args, const rp_net *net,
                             rp_export *what, rp_error *err) {
  const char *const text = args->text[CLI_shape];
  const int32_t n_in = what->results->provenance.n_in;
  if (text) {
    if (rp_shape_parse(text, &what->shape)) return RP_OK;
    return rp_fail(err, RP_E_USAGE,
                   "--shape: expected height and width, such as 28x28, or "
                   "with channels 32x32x3, found '%.*s'",
                   rp_text_fit(text, 80), text);
  }
  if (!what->pgm && !what->png) return RP_OK;
  if (net ? rp_shape_from_dims(net->n_dims, net->dims, &what->shape)
          : rp_shape_from_dims(1, &n_in, &what->shape))
    return RP_OK;
  return rp_fail(err, RP_E_USAGE,
                 "missing option --shape: the network's input is no picture");
}

/* Print a count with its noun: "3 pictures", "1 picture". */
static void print_number(const char *before, int64_t n, const char *one,
                         const char *many) {
  printf("%s%" PRId64 " %s", before, n, n == 1 ? one : many);
}

/* Print a line for a count that is not zero. */
static void print_remark(const char *what, int64_t n, const char *one,
                         const char *many) {
  if (n > 0) printf("%s: %" PRId64 " %s\n", what, n, n == 1 ? one : many);
}

static void print_count(const rp_export *what, const rp_export_count *c) {
  printf("wrote %s:", rp_printable(what->folder).text);
  if (what->vnncomp) {
    print_number(" results.csv with ", c->lines, "line", "lines");
    print_number(", as many properties, ", c->counterexamples, "counterexample",
                 "counterexamples");
  }
  if (what->pgm || what->png)
    print_number(what->vnncomp ? ", " : " ", c->pictures, "picture",
                 "pictures");
  printf("\n");
  print_remark("left out", c->left_out, "misclassified or invalid row",
               "misclassified or invalid rows");
  print_remark("left out", c->silent,
               "search that neither proved nor refuted a radius",
               "searches that neither proved nor refuted a radius");
  print_remark("joined", c->joined, "row that answers the question of another",
               "rows that answer the question of another");
  print_remark("without a file", c->without,
               "violated question whose counterexample the run did not keep",
               "violated questions whose counterexamples the run did not keep");
  print_remark("times", c->of_searches,
               "line of a radius search has the time of the whole search",
               "lines of radius searches have the time of the whole search");
}

/* The box of an instance says what inputs may do only in L-infinity. */
static rp_status check_norm(const rp_export *what, rp_error *err) {
  const rp_norm norm = what->results->provenance.options.norm;
  if (what->vnncomp && what->results->provenance.patch > 0)
    return rp_fail(err, RP_E_USAGE,
                   "--write vnncomp: expected results about samples, found "
                   "those about places of a patch");
  if (!what->vnncomp || norm == RP_NORM_LINF) return RP_OK;
  return rp_fail(err, RP_E_USAGE,
                 "--write vnncomp: expected results in norm linf, which alone "
                 "is a box of VNN-LIB, found %s",
                 rp_norm_name(norm));
}

static rp_status export_file(const cli_args *args, rp_export *what,
                             rp_export_count *count, rp_error *err) {
  rp_filter filter;
  rp_results *results = NULL;
  rp_net *net = NULL;
  rp_dataset *data = NULL;
  RP_TRY(cli_parse_filter(args, &filter, err));
  RP_TRY(cli_read_rows(args->operand[0], &filter, &results, NULL, err));
  what->results = results;
  rp_status st = check_norm(what, err);
  /* Pictures alone need no network if their shape is given. */
  if (st == RP_OK && (what->vnncomp || !args->text[CLI_shape]))
    st = read_network(args, &results->provenance, &net, err);
  if (st == RP_OK && what->vnncomp)
    st = read_dataset(args, &results->provenance, net, &data, err);
  what->net = net;
  what->data = data;
  if (st == RP_OK) st = parse_shape(args, net, what, err);
  if (st == RP_OK) st = rp_export_write(what, count, err);
  rp_dataset_free(data);
  rp_net_free(net);
  rp_results_free(results);
  return st;
}

static int run(const cli_args *args) {
  rp_error err = {""};
  rp_export_count count;
  const char *const kinds = args->text[CLI_write];
  rp_export what = {.folder = args->text[CLI_output],
                    .force = args->text[CLI_force]};
  rp_status st = parse_kinds(kinds ? kinds : "vnncomp", &what, &err);
  if (st == RP_OK && !*what.folder)
    st = rp_fail(&err, RP_E_USAGE, "--output: expected a folder, found ''");
  if (st == RP_OK) st = export_file(args, &what, &count, &err);
  if (st != RP_OK) return cli_fail(st, &err);
  print_count(&what, &count);
  return CLI_OK;
}

const cli_command cli_export = {
    .name = "export",
    .summary = "write results as VNN-COMP files and pictures",
    .synopsis = "rampart export [OPTION]... RESULTS --output FOLDER",
    .description =
        "Writes files into one folder, which is created if it does not exist. "
        "A file is replaced only with --force; if any file is in the way, "
        "nothing is written.\n\nvnncomp: results.csv has a line for every "
        "sample and radius, without a header: category (the network's name), "
        "network, property, preparation time (0), result (unsat: robust, sat: "
        "violated, timeout, unknown, error), time in seconds. A radius search "
        "gives two lines: unsat at lo and sat at hi + 1. Every line has a file "
        "prop_SAMPLE_RADIUS.vnnlib, the question in VNN-LIB: the box of the "
        "inputs and the outputs that change the class, with integers written "
        "as reals. Every sat has a file "
        "NET_prop_SAMPLE_RADIUS.counterexample.gz: ((X_0 v) ... (Y_0 v) ...), "
        "the integers that the network takes and gives; the network is run "
        "once more to write it.\n\npgm, png: the counterexamples as pictures, "
        "in the shape of the network's input or of --shape.\n\nNetwork and "
        "dataset are read from where the results say they were, unless "
        "--network, --dataset and --labels name them; they must be the same "
        "files. Pictures with a given --shape need neither.",
    .status = "0  written\n"
              "1  a file could not be written\n"
              "2  wrong command line, unusable input, or a file in the way",
    .examples = "rampart export results/table2.h5 -o table2\n"
                "rampart export results/quickstart.h5 --write png -o pictures "
                "\\\n    --verdict closed --class 3",
    .takes = CLI_NETWORK_BITS | CLI_BIT(dataset) | CLI_BIT(labels) |
             CLI_FILTER_BITS | CLI_BIT(write) | CLI_BIT(shape) |
             CLI_BIT(output) | CLI_BIT(force) | CLI_BIT(help),
    .requires = CLI_BIT(output),
    .least_operands = 1,
    .most_operands = 1,
    .run = run,
};
