/* Descriptions of networks and datasets, printed by info and import. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "core/memory.h"
#include "core/text.h"

/* "28 x 28 = 784 numbers", or "784 numbers" where they have no shape. */
static void print_shape(const char *what, int32_t n_dims, const int32_t *dims,
                        int32_t count) {
  printf("%-14s", what);
  for (int32_t i = 0; i < n_dims && n_dims > 1; i++)
    printf("%s%" PRId32, i ? " x " : "", dims[i]);
  printf("%s%" PRId32 " number%s", n_dims > 1 ? " = " : "", count,
         count == 1 ? "" : "s");
}

/* The least and the greatest of some numbers. */
typedef struct extent {
  int64_t lo, hi;
} extent;

static void widen(extent *e, int64_t lo, int64_t hi) {
  if (lo < e->lo) e->lo = lo;
  if (hi > e->hi) e->hi = hi;
}

static const char *format_extent(const extent *e, char text[48]) {
  snprintf(text, 48, "%" PRId64 "..%" PRId64, e->lo, e->hi);
  return text;
}

static void print_layer(int32_t index, const rp_block *layer) {
  extent weights = {INT64_MAX, INT64_MIN}, biases = weights,
         accumulators = weights, steps = weights, shifts = weights;
  const rp_op *op = layer->term[0].op;
  char a[48], b[48], c[48], d[48];
  for (int32_t i = 0; i < layer->n_out; i++) {
    for (int32_t j = 0; j < op->n_in; j++) {
      const int32_t weight = rp_op_weight(op, i, j);
      widen(&weights, weight, weight);
    }
    widen(&biases, layer->bias[i], layer->bias[i]);
    widen(&accumulators, layer->z_lo[i], layer->z_hi[i]);
    widen(&steps, layer->stair[i].lo, layer->stair[i].hi);
    const int32_t shift = rp_stair_shift(&layer->stair[i]);
    widen(&shifts, shift, shift);
  }
  printf("%5" PRId32 " %6" PRId32 " %6" PRId32
         "  %-14s %-18s %-20s %-12s %3" PRId64 "\n",
         index, op->n_in, layer->n_out, format_extent(&weights, a),
         format_extent(&biases, b), format_extent(&accumulators, c),
         format_extent(&steps, d), shifts.hi);
}

void cli_describe_network(const rp_net *net) {
  int64_t numbers = 0;
  for (int32_t k = 0; k < net->n_blocks; k++)
    numbers +=
        ((int64_t)net->block[k].term[0].op->n_in + 1) * net->block[k].n_out;
  printf("network       %s\n", rp_printable(net->name).text);
  print_shape("input", net->n_dims, net->dims, net->n_in);
  printf(", each 0..%" PRId32 "\n", net->in_hi);
  printf("classes       %" PRId32 "\n", net->n_out);
  printf("parameters    %" PRId64 "\n", numbers);
  printf("rounding      %s (add half, shift, clamp)\n",
         rp_rule_name(net->rule));
  if (*net->sha256) printf("sha256        %s\n", net->sha256);
  printf("\nlayer     in    out  %-14s %-18s %-20s %-12s %s\n", "weights",
         "biases", "accumulators", "steps", "shift");
  for (int32_t k = 0; k < net->n_blocks; k++) print_layer(k, &net->block[k]);
  printf("\nAccumulator ranges are proved over all inputs.\n");
}

static int compare_values(const void *a, const void *b) {
  const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
  return (x > y) - (x < y);
}

/* Print how often each label occurs. Labels may be any whole numbers. */
static void print_labels(const rp_dataset *data) {
  const size_t n = (size_t)data->n;
  int32_t *const sorted = rp_alloc(n, sizeof *sorted);
  if (!sorted) return;
  for (size_t i = 0; i < n; i++) sorted[i] = data->label[i];
  qsort(sorted, n, sizeof *sorted, compare_values);
  printf("\n     label    samples\n");
  for (size_t i = 0, first = 0; i < n; i++)
    if (i + 1 == n || sorted[i + 1] != sorted[i]) {
      printf("%10" PRId32 " %10zu\n", sorted[i], i + 1 - first);
      first = i + 1;
    }
  free(sorted);
}

void cli_describe_dataset(const rp_dataset *data) {
  extent values = {INT64_MAX, INT64_MIN};
  char text[48];
  const size_t count = (size_t)data->n * (size_t)data->dim;
  for (size_t k = 0; k < count; k++) widen(&values, data->x[k], data->x[k]);
  printf("samples       %" PRId64 "\n", data->n);
  print_shape("shape", data->n_dims, data->dims, data->dim);
  printf("\n");
  if (count)
    printf("values        %s, %s\n", format_extent(&values, text),
           rp_values_name(data->values));
  printf("sha256        %s\n", data->sha256);
  print_labels(data);
}
