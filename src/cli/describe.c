/* Descriptions of datasets, printed by info. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "core/memory.h"
#include "core/text.h"

void cli_print_shape(const char *what, int32_t n_dims, const int32_t *dims,
                     int32_t count) {
  printf("%-14s", what);
  for (int32_t i = 0; i < n_dims && n_dims > 1; i++)
    printf("%s%" PRId32, i ? " x " : "", dims[i]);
  printf("%s%" PRId32 " number%s", n_dims > 1 ? " = " : "", count,
         count == 1 ? "" : "s");
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

static void print_reals(const float *real, size_t count) {
  float lo = INFINITY, hi = -INFINITY;
  for (size_t k = 0; k < count; k++) {
    lo = fminf(lo, real[k]);
    hi = fmaxf(hi, real[k]);
  }
  printf("values        %g..%g, reals\n", (double)lo, (double)hi);
}

static void print_values(const rp_dataset *data) {
  const size_t count = (size_t)data->n * (size_t)data->dim;
  int32_t lo = INT32_MAX, hi = INT32_MIN;
  if (data->real) {
    print_reals(data->real, count);
    return;
  }
  for (size_t k = 0; k < count; k++) {
    if (data->x[k] < lo) lo = data->x[k];
    if (data->x[k] > hi) hi = data->x[k];
  }
  if (count)
    printf("values        %" PRId32 "..%" PRId32 ", %s\n", data->base + lo,
           data->base + hi, rp_values_name(data->values));
}

void cli_describe_dataset(const rp_dataset *data) {
  printf("samples       %" PRId64 "\n", data->n);
  cli_print_shape("shape", data->n_dims, data->dims, data->dim);
  printf("\n");
  print_values(data);
  printf("sha256        %s\n", data->sha256);
  if (!data->lacks_labels)
    print_labels(data);
  else
    printf("labels        none\n");
}
