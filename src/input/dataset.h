/* Datasets and selections of samples. */
#ifndef RAMPART_INPUT_DATASET_H
#define RAMPART_INPUT_DATASET_H

#include <stdint.h>

#include "net/net.h"
#include "rampart/status.h"

/** What the numbers of a dataset are. */
typedef enum rp_values {
  RP_VALUES_INTEGERS, /* the network's own inputs, 0..in_hi */
  RP_VALUES_PIXELS,   /* 0..255, whatever the network's inputs are */
  RP_VALUES_UNSTATED  /* by the rule of results that do not say it */
} rp_values;
#define RP_DATASET_VALUES "integers|pixels"

/** "integers", "pixels"; "" for what is unstated. */
const char *rp_values_name(rp_values values);
/** The inverse; false: no such word, *values is untouched. */
bool rp_values_parse(const char *name, rp_values *values);
/** Do two statements mean the same to a network with inputs 0..in_hi? */
bool rp_values_agree(rp_values a, rp_values b, int32_t in_hi);

typedef struct rp_dataset {
  int64_t n;   /* samples */
  int32_t dim; /* numbers in one sample */
  int32_t n_dims;
  int32_t dims[RP_MAX_DIMS]; /* of one sample; product is dim */
  uint8_t *x;                /* [n][dim] */
  int32_t *label;            /* [n], as stored: not checked before it is used */
  rp_values values;          /* what x holds, before it is fitted */
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
  rp_values values;
} rp_dataset_source;

/** Read a dataset. idx and CSV may be gzipped. idx: unsigned bytes, 2 to 4
 *  dimensions. HDF5: arrays of integers, samples first, written whole; labels
 *  [n] or [n][1]. CSV: one sample a line, label first, then the numbers 0..255;
 *  the first line is a header if every field of it has a letter.
 *  Errors: RP_E_INPUT with one line that names file, place, expected, found;
 *  RP_E_MEMORY. */
rp_status rp_dataset_read(const rp_dataset_source *source, rp_dataset **data,
                          rp_error *err);
void rp_dataset_free(rp_dataset *data);

/** Fit the samples to a network: the same count of numbers, every number within
 *  0..in_hi. A flat sample takes the network's shape. Call it once.
 *  Integers are left as they are. Pixels need a network whose inputs are b
 * whole bits (in_hi = 2^b - 1, b <= 8): x becomes min(floor((x + 2^(7-b)) /
 * 2^(8-b)), 2^b - 1), the fraction of b bits nearest to x / 256; for b = 8 it
 * stays x. Unstated values are taken as pixels if one of them is above in_hi,
 * otherwise as integers: so did versions whose results do not say what the
 * values are. Errors: RP_E_INPUT, with sample and place; the data are
 * untouched. */
rp_status rp_dataset_fit(rp_dataset *data, const rp_net *net, rp_error *err);

/** Is the label of a sample, 0..n-1, one of the network's outputs? Labels of
 *  samples that are not asked for do not matter.
 *  Errors: RP_E_INPUT, with the sample. */
rp_status rp_dataset_check_label(const rp_dataset *data, const rp_net *net,
                                 int64_t sample, rp_error *err);

/** Parse a selection: "all", or comma-separated numbers and ranges a-b, both
 *  inclusive, duplicates removed, order kept; blanks are fine.
 *  @param n  size of the dataset; a sample >= n is an error
 *  @param index  out, malloc'ed [count]
 *  Errors: RP_E_INPUT, RP_E_MEMORY; the outputs are untouched. */
rp_status rp_selection_parse(const char *text, int64_t n, int64_t **index,
                             int64_t *count, rp_error *err);

#endif
