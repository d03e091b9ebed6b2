/* Datasets and selections of samples. */
#ifndef RAMPART_DATASET_H
#define RAMPART_DATASET_H

#include <stdint.h>

#include "rampart/net.h"
#include "rampart/status.h"

typedef struct rp_dataset {
  int64_t n;   /* samples */
  int32_t dim; /* numbers in one sample */
  int32_t n_dims;
  int32_t dims[RP_MAX_DIMS]; /* of one sample; product is dim */
  uint8_t *x;                /* [n][dim] */
  int32_t *label;            /* [n], each 0..INT32_MAX */
  char name[256];            /* of the images' file, for messages; or "" */
  char sha256[65];           /* of the images' file, hex */
  char labels_sha256[65];    /* of the labels' own file; "": there is none */
} rp_dataset;

/** Where a dataset is. labels: a file in the same format; NULL: inside `file`
 *  (HDF5, CSV). */
typedef struct rp_dataset_source {
  const char *file, *labels;
  const char *format;          /* "auto" or NULL, "idx", "hdf5", "csv" */
  const char *x_name, *y_name; /* HDF5 arrays; NULL: "x" and "y" */
} rp_dataset_source;

/** Read a dataset. idx and CSV may be gzipped. idx: unsigned bytes, 2 to 4
 *  dimensions. HDF5: arrays of integers, samples first. CSV: one sample a line,
 *  label first, then the numbers 0..255; a header line is skipped if it holds
 *  no number.
 *  Errors: RP_E_INPUT with one line that names file, place, expected, found;
 *  RP_E_MEMORY. */
rp_status rp_dataset_read(const rp_dataset_source *source, rp_dataset **data,
                          rp_error *err);
void rp_dataset_free(rp_dataset *data);

/** Fit the samples to a network: the same count of numbers, labels below n_out,
 *  numbers within 0..in_hi. If some number is larger and the network takes
 *  b < 8 whole bits (in_hi = 2^b - 1), all are taken as 8-bit fractions and
 *  rescaled: x becomes min((x + 2^(7-b)) >> (8-b), 2^b - 1), the nearest
 *  fraction of b bits. A flat sample takes the network's shape.
 *  Errors: RP_E_INPUT, with the sample; the data are untouched. */
rp_status rp_dataset_fit(rp_dataset *data, const rp_net *net, rp_error *err);

/** Parse a selection: "all", or comma-separated numbers and ranges a-b, both
 *  inclusive, duplicates removed, order kept; blanks are fine.
 *  @param n  size of the dataset; a sample >= n is an error
 *  @param index  out, malloc'ed [count]
 *  Errors: RP_E_INPUT, RP_E_MEMORY; the outputs are untouched. */
rp_status rp_selection_parse(const char *text, int64_t n, int64_t **index,
                             int64_t *count, rp_error *err);

#endif
