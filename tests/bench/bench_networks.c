/* Networks and datasets of the benchmarks, by short names. */
#include "bench_networks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "input/network_file.h"

enum { SKIPPED = 77, PATH_SIZE = 1024 };

/* DEPLOYED: a TFLite file, asked about MNIST. */
typedef enum origin { DIGITS, MNIST, FASHION, DEPLOYED } origin;

typedef struct entry {
  const char *name, *file;
  int32_t bits;
  origin origin;
} entry;

static const entry entries[] = {
    {"digits", "digits_net.h5", 0, DIGITS},
    {"digits-conv", "digits_conv.h5", 0, DIGITS},
    {"P1-4", "mnist_1blk_64_in_8_qu_4.h5", 4, MNIST},
    {"P1-6", "mnist_1blk_64_in_8_qu_6.h5", 6, MNIST},
    {"P1-8", "mnist_1blk_64_in_8_qu_8.h5", 8, MNIST},
    {"P1-10", "mnist_1blk_64_in_8_qu_10.h5", 10, MNIST},
    {"P3-4", "mnist_2blk_64_32_in_8_qu_4.h5", 4, MNIST},
    {"P3-6", "mnist_2blk_64_32_in_8_qu_6.h5", 6, MNIST},
    {"P3-8", "mnist_2blk_64_32_in_8_qu_8.h5", 8, MNIST},
    {"P3-10", "mnist_2blk_64_32_in_8_qu_10.h5", 10, MNIST},
    {"P4-6", "fashion-mnist_1blk_64_in_8_qu_6.h5", 6, FASHION},
    {"arduino", "tinymaix_mnist_arduino_q.tflite", 0, DEPLOYED},
    {"valid", "tinymaix_mnist_valid_q.tflite", 0, DEPLOYED},
    {"rect", "tinymaix_mnist_rect_q.tflite", 0, DEPLOYED},
    {"resnet", "tinymaix_mnist_resnet_q.tflite", 0, DEPLOYED},
    {"lenet", "tinyengine_lenet-300-100.tflite", 0, DEPLOYED},
};

_Noreturn void bench_fail(const char *text) {
  fprintf(stderr, "%s: %s\n", program_invocation_short_name, text);
  exit(2);
}

const char *bench_shared(void) {
  const char *folder = getenv("RAMPART_SHARED");
  return folder ? folder : "../shared";
}

void bench_need_shared(void) {
  char folder[PATH_SIZE];
  snprintf(folder, sizeof folder, "%s/qvip/networks", bench_shared());
  if (access(folder, R_OK) == 0) return;
  printf("skipped: no public networks in %s\n", bench_shared());
  exit(SKIPPED);
}

/* Files of one network and its dataset. */
typedef struct paths {
  char network[PATH_SIZE], images[PATH_SIZE], labels[PATH_SIZE];
} paths;

static void name_files(const entry *e, paths *p) {
  const char *folder = e->origin == FASHION ? "fashion-mnist" : "mnist";
  const char *stem = e->origin == FASHION ? "t10k-first500" : "t10k";
  if (e->origin == DIGITS) {
    snprintf(p->network, PATH_SIZE, "%s/%s", RAMPART_DATA_FOLDER, e->file);
    snprintf(p->images, PATH_SIZE, "%s/digits.h5", RAMPART_DATA_FOLDER);
    return;
  }
  snprintf(p->network, PATH_SIZE, "%s/%s/%s", bench_shared(),
           e->origin == DEPLOYED ? "models" : "qvip/networks", e->file);
  snprintf(p->images, PATH_SIZE, "%s/%s/%s-images-idx3-ubyte.gz",
           bench_shared(), folder, stem);
  snprintf(p->labels, PATH_SIZE, "%s/%s/%s-labels-idx1-ubyte.gz",
           bench_shared(), folder, stem);
}

static const entry *find_entry(const char *name) {
  for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
    if (!strcmp(entries[i].name, name)) return &entries[i];
  bench_fail("unknown network");
}

static rp_network_source describe_source(const entry *e, const char *file) {
  rp_network_source source = {.file = file, .name = e->name};
  switch (e->origin) {
  case DIGITS:
    source.format = "native";
    break;
  case MNIST:
  case FASHION:
    source.format = "qvip";
    source.input_bits = 8;
    source.bits = e->bits;
    break;
  case DEPLOYED:
    source.format = "tflite";
    source.profile = "litert-xnnpack";
    break;
  }
  return source;
}

static void read_files(const entry *e, bench_network *b) {
  paths p;
  rp_error err;
  name_files(e, &p);
  const rp_network_source source = describe_source(e, p.network);
  const rp_dataset_source data = {
      .file = p.images,
      .labels = e->origin == DIGITS ? NULL : p.labels,
      .values = e->origin == DEPLOYED ? RP_VALUES_PIXELS : RP_VALUES_INTEGERS};
  if (rp_network_read(&source, &b->net, &err) ||
      rp_dataset_read(&data, &b->data, &err) ||
      rp_dataset_fit(b->data, b->net, &err))
    bench_fail(err.text);
}

bool bench_is_loaded(const bench_network *b, const char *name) {
  return b->name && !strcmp(b->name, name);
}

void bench_load(bench_network *b, const char *name) {
  const entry *e = find_entry(name);
  bench_unload(b);
  read_files(e, b);
  b->name = e->name;
  b->fashion = e->origin == FASHION;
}

void bench_unload(bench_network *b) {
  rp_net_free(b->net);
  rp_dataset_free(b->data);
  *b = (bench_network){0};
}

const char *bench_range_next(const char *text, bench_range *range) {
  const char *colon = strchr(text, ':');
  const size_t length = colon ? (size_t)(colon - text) : 0;
  if (!colon || length >= sizeof range->network)
    bench_fail("expected NETWORK:FROM-TO@RADIUS or the name of a suite");
  memcpy(range->network, text, length);
  range->network[length] = 0;
  char *end;
  range->from = strtoll(colon + 1, &end, 10);
  range->to = *end == '-' ? strtoll(end + 1, &end, 10) : range->from;
  if (*end != '@') bench_fail("malformed range");
  range->radius = (int32_t)strtol(end + 1, &end, 10);
  while (*end == ' ') end++;
  return end;
}

rp_question bench_query(const bench_network *b, int64_t sample,
                        int32_t radius) {
  if (sample < 0 || sample >= b->data->n) bench_fail("no such sample");
  return (rp_question){.x = b->data->x + sample * b->data->dim,
                       .label = b->data->label[sample],
                       .radius = radius};
}

bool bench_replays(const rp_net *net, const rp_question *query,
                   const uint8_t *x) {
  int32_t prediction;
  for (int32_t p = 0; p < net->n_in; p++)
    if (abs((int)x[p] - (int)query->x[p]) > query->radius) return false;
  return rp_reference_predict(net, x, &prediction) == RP_OK &&
         prediction != query->label;
}
