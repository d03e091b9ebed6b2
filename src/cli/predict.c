/* rampart predict: prints a network's accuracy and its mistakes. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "core/memory.h"

/* Everything that a prediction needs; prediction_fini frees it. */
typedef struct prediction {
  rp_net *net;
  rp_dataset *data;
  int64_t *sample; /* [n_samples] */
  int64_t n_samples;
  int32_t *predicted; /* [n_samples] the class; the output if it is one alone */
} prediction;

static void prediction_fini(prediction *p) {
  rp_net_free(p->net);
  rp_dataset_free(p->data);
  free(p->sample);
  free(p->predicted);
}

static rp_status read_inputs(const cli_args *args, prediction *p,
                             rp_error *err) {
  const char *const samples = args->text[CLI_samples];
  rp_dataset_source dataset;
  rp_network_source network;
  RP_TRY(cli_parse_network_source(args, &network, err));
  RP_TRY(cli_parse_dataset_source(args, &dataset, err));
  RP_TRY(rp_network_read(&network, &p->net, err));
  RP_TRY(rp_dataset_read(&dataset, &p->data, err));
  RP_TRY(rp_dataset_fit(p->data, p->net, err));
  RP_TRY(rp_selection_parse(samples ? samples : "all", p->data->n, &p->sample,
                            &p->n_samples, err));
  const bool has_classes = p->net->n_out > 1 && !p->data->lacks_labels;
  for (int64_t i = 0; i < p->n_samples && has_classes; i++)
    RP_TRY(rp_dataset_check_label(p->data, p->net, p->sample[i], err));
  return RP_OK;
}

static rp_status predict_all(prediction *p, rp_error *err) {
  const rp_net *const net = p->net;
  int32_t *const out = rp_alloc((size_t)net->n_out, sizeof *out);
  int32_t *const work = rp_alloc(rp_net_forward_work(net), sizeof *work);
  p->predicted = rp_alloc((size_t)p->n_samples, sizeof *p->predicted);
  const bool ok = out && work && p->predicted;
  for (int64_t i = 0; ok && i < p->n_samples; i++) {
    const size_t first = (size_t)p->sample[i] * (size_t)p->data->dim;
    rp_net_forward(net, p->data->x + first, NULL, out, work);
    p->predicted[i] = net->n_out > 1 ? rp_first_max(out, net->n_out) : out[0];
  }
  free(out);
  free(work);
  return ok ? RP_OK : rp_fail(err, RP_E_MEMORY, "predict: out of memory");
}

static int32_t get_label(const prediction *p, int64_t i) {
  return p->data->label[p->sample[i]];
}

static void print_csv(const prediction *p) {
  printf("sample,label,%s\n", p->net->n_out > 1 ? "prediction" : "output");
  for (int64_t i = 0; i < p->n_samples; i++)
    if (!p->data->lacks_labels)
      printf("%" PRId64 ",%" PRId32 ",%" PRId32 "\n", p->sample[i],
             get_label(p, i), p->predicted[i]);
    else
      printf("%" PRId64 ",,%" PRId32 "\n", p->sample[i], p->predicted[i]);
}

static void print_predictions(const prediction *p) {
  const bool has_classes = p->net->n_out > 1;
  printf("samples %" PRId64 "%s\n%s:", p->n_samples,
         has_classes ? ", without labels" : "",
         has_classes ? "predicted" : "outputs");
  for (int64_t i = 0; i < p->n_samples; i++)
    printf(" %" PRId32, p->predicted[i]);
  printf("\n");
}

static void print_accuracy(const prediction *p) {
  int64_t correct = 0;
  for (int64_t i = 0; i < p->n_samples; i++)
    correct += p->predicted[i] == get_label(p, i);
  printf("samples %" PRId64 ", correct %" PRId64 ", accuracy %.4f\n",
         p->n_samples, correct,
         p->n_samples ? (double)correct / (double)p->n_samples : 0.0);
  printf("misclassified:");
  for (int64_t i = 0; i < p->n_samples; i++)
    if (p->predicted[i] != get_label(p, i)) printf(" %" PRId64, p->sample[i]);
  printf("%s\n", correct == p->n_samples ? " none" : "");
}

static int run(const cli_args *args) {
  rp_error err = {""};
  prediction p = {0};
  rp_status st = read_inputs(args, &p, &err);
  if (st == RP_OK) st = predict_all(&p, &err);
  if (st == RP_OK)
    (args->text[CLI_csv]                         ? print_csv
     : !p.data->lacks_labels && p.net->n_out > 1 ? print_accuracy
                                                 : print_predictions)(&p);
  prediction_fini(&p);
  return st == RP_OK ? CLI_OK : cli_fail(st, &err);
}

const cli_command cli_predict = {
    .name = "predict",
    .summary = "run the network on samples: accuracy and mistakes",
    .synopsis = "rampart predict --network FILE --dataset FILE [OPTION]...",
    .description =
        "Runs the integer network on the samples and prints how many are "
        "predicted as labelled, and the numbers of those that are not. The "
        "prediction is the first of the greatest outputs. --csv prints sample, "
        "label and prediction of each sample. Samples without labels (an npy "
        "file "
        "alone) are only predicted. A network with one output has no classes: "
        "what is printed then is the output, less its zero point.",
    .status = cli_plain_status,
    .examples =
        "rampart predict --network data/digits_net.h5 --dataset data/digits.h5",
    .takes = CLI_NETWORK_BITS | CLI_DATASET_BITS | CLI_BIT(csv) | CLI_BIT(help),
    .requires = CLI_BIT(network) | CLI_BIT(dataset),
    .run = run,
};
