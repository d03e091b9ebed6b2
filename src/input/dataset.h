/* Datasets and selections of samples. */
#ifndef RAMPART_INPUT_DATASET_H
#define RAMPART_INPUT_DATASET_H

#include <stdint.h>

#include "net/net.h"
#include "rampart/status.h"

/** The meaning of the numbers in a dataset. */
typedef enum rp_values {
  RP_VALUES_INTEGERS, /* inputs of the network, in its own numbers */
  RP_VALUES_PIXELS,   /* 0..255, to be rescaled to the network's inputs */
  RP_VALUES_REALS,    /* for the quantizer of the network's input */
  RP_VALUES_UNSTATED  /* results of version 1 do not say, see rp_dataset_fit */
} rp_values;
#define RP_DATASET_VALUES "integers|pixels|reals"

/** The name of a meaning: "integers", "pixels", "reals"; "" if it is not
 * stated. */
const char *rp_values_name(rp_values values);
/** Parse such a name. Returns false, with *values unchanged, if it is unknown.
 */
bool rp_values_parse(const char *name, rp_values *values);
/** Whether two meanings give the same samples for inputs lo..lo + hi. */
bool rp_values_agree(rp_values a, rp_values b, int32_t in_lo, int32_t in_hi);

typedef struct rp_dataset {
  int64_t n;   /* samples */
  int32_t dim; /* numbers in one sample */
  int32_t n_dims;
  int32_t dims[RP_MAX_DIMS]; /* of one sample; product is dim */
  uint8_t *x;                /* [n][dim]: the numbers are x + base */
  float *real;               /* [n][dim] instead, until rp_dataset_fit */
  int32_t base;              /* after rp_dataset_fit: the network's in_lo */
  bool lacks_labels;         /* as npy files alone do */
  int32_t *label;   /* [n], as stored; see rp_dataset_check_label. Without
                       labels: -1 */
  char layout[8];   /* as stated, or ""; after rp_dataset_fit: "nchw" if the
                       channels were put last, else "" */
  rp_values values; /* meaning of x, before rp_dataset_fit */
  char name[256];   /* name of the samples' file, for messages, or "" */
  char sha256[65];  /* of the samples' file, hexadecimal */
  char labels_sha256[65]; /* of a separate labels file; "" if there is none */
  char **class_name; /* [n_class_names] as an HDF5 file says them; or NULL */
  int32_t n_class_names;
} rp_dataset;

/** The source of a dataset. Labels come from a file of the same format or, if
 *  that is NULL, from `file` itself (HDF5, npz, CSV). */
typedef struct rp_dataset_source {
  const char *file, *labels;
  const char *format;          /* NULL: auto; or one of RP_DATASET_FORMATS */
  const char *x_name, *y_name; /* HDF5, npz: arrays; NULL: "x" and "y" */
  rp_values values;
  const char *layout; /* NULL: by shape; or one of RP_DATASET_LAYOUTS */
} rp_dataset_source;

/** The values of a dataset's `format`, separated by bars. */
#define RP_DATASET_FORMATS "auto|idx|hdf5|csv|npy|npz"

/** Orders of rows, columns and channels of a sample. */
#define RP_DATASET_LAYOUTS "nhwc|nchw"

/** Read a dataset. idx, CSV and npy may be gzipped. idx: unsigned bytes, 2 to 4
 *  dimensions. HDF5: arrays of integers, samples first, written whole; labels
 *  [n] or [n][1]. CSV: one sample a line, label first, then the numbers; the
 *  first line is a header if every field of it has a letter. npy, npz: arrays
 *  as HDF5 has them; the labels of an npy file are another npy file, or none.
 *  Whole numbers have 16 bits with a sign and lie at most 255 apart; reals are
 *  finite, and are rounded to binary32.
 *  Errors: RP_E_INPUT with one line that names file, place, expected, found;
 *  RP_E_MEMORY. */
rp_status rp_dataset_read(const rp_dataset_source *source, rp_dataset **data,
                          rp_error *err);
void rp_dataset_free(rp_dataset *data);

/** Convert the samples to inputs of a network, x = own number - in_lo, and
 * check that their count of numbers agrees and that every number is an input. A
 * flat sample gets the network's shape. Call this once.
 *
 *  If the network's input has rows, columns and channels, samples of the same
 *  three sizes with the channels first are reordered. Where the sizes fit both
 *  orders, source->layout must say which it is. Flat samples have the channels
 *  last unless it says nchw. Samples of other shapes are an error.
 *
 *  Integers are the network's own numbers, in_lo..in_lo + in_hi. Pixels 0..255
 *  need a network whose inputs have b whole bits (in_hi = 2^b - 1, b <= 8): x
 *  becomes min(floor((pixel + 2^(7-b)) / 2^(8-b)), 2^b - 1), the fraction of b
 *  bits nearest to pixel / 256; for b = 8 that is the pixel. So black is the
 *  least input. Reals go through the quantizer of the network's input, which it
 *  must have. If the meaning is not stated, the numbers are pixels if one of
 *  them exceeds in_hi and integers otherwise, as for results of version 1.
 *  Errors: RP_E_INPUT, with sample and place; the data are unchanged. */
rp_status rp_dataset_fit(rp_dataset *data, const rp_net *net, rp_error *err);

/** Check that the label of a sample, 0..n-1, is an output of the network. Only
 *  samples that are verified need a valid label.
 *  Errors: RP_E_INPUT, with the sample. */
rp_status rp_dataset_check_label(const rp_dataset *data, const rp_net *net,
                                 int64_t sample, rp_error *err);

/** Parse a selection: "all", or comma-separated numbers and inclusive ranges
 *  a-b. Blanks are allowed; duplicates are removed, the order is kept.
 *  @param n  size of the dataset; a sample >= n is an error
 *  @param index  out, malloc'ed [count]
 *  Errors: RP_E_INPUT, RP_E_MEMORY; the outputs are untouched. */
rp_status rp_selection_parse(const char *text, int64_t n, int64_t **index,
                             int64_t *count, rp_error *err);

/** Whether rp_selection_parse would accept this text for a dataset that is
 *  large enough. */
bool rp_selection_is_well_formed(const char *text);

#endif
