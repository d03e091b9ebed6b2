/* The readers of datasets. Each fills an empty rp_dataset except for its
 * digest; the caller frees it, also after a failure. */
#ifndef RAMPART_INPUT_DATASET_FORMATS_H
#define RAMPART_INPUT_DATASET_FORMATS_H

#include <stdbool.h>
#include <stddef.h>

#include "files/fileutil.h"
#include "input/dataset.h"

/* Limits for the sizes that files claim. */
#define RP_MOST_DATA_BYTES ((size_t)1 << 32)
enum { RP_MOST_SAMPLE_NUMBERS = 1 << 24 };

#define RP_DATASET_REAL_ADVICE                                                 \
  "give values: reals (--values reals) if the network has a quantizer of its " \
  "input, else scale, round and store them as integers (in NumPy, from 0..1: " \
  "(x * 255).round().astype('uint8'))"

#define RP_DATASET_EXPECT_REAL "expected a finite number of binary32, found %g"

/** The files of a dataset, loaded once: the bytes hashed are those parsed. */
typedef struct rp_dataset_files {
  rp_file_content samples, labels; /* labels.file is NULL without one */
} rp_dataset_files;

/** The least and the greatest number of a dataset so far. */
typedef struct rp_span_of_numbers {
  int32_t lo, hi;
} rp_span_of_numbers;

/** Put number `at` of a dataset, in ascending order from 0, into data->x, for
 *  which there is room, and move the base of those before it if need be.
 *  Returns false if the number leaves 16 bits or is more than 255 apart from
 *  one before it; nothing is changed then. */
bool rp_dataset_put(rp_dataset *data, rp_span_of_numbers *span, size_t at,
                    int64_t value);

/** What rp_dataset_put would have accepted there, for messages. */
void rp_dataset_expect(const rp_span_of_numbers *span, size_t at,
                       char text[64]);

/** Likewise for reals: into data->real, rounded to binary32. Returns false if
 *  that is not finite. */
bool rp_dataset_put_real(rp_dataset *data, size_t at, double value);

/** Allocate data->x, or data->real if the values are reals, for n samples.
 *  Errors: RP_E_MEMORY. */
rp_status rp_dataset_make_room(rp_dataset *data, rp_error *err);

/* ---- Arrays of any format, which names the place of these failures. ---- */

/** Take over the shape of an array of samples.
 *  @param shape  [rank], samples first */
rp_status rp_dataset_set_shape(rp_dataset *data, int32_t rank,
                               const int64_t *shape, rp_error *err);

/** An array of labels. There is one for each sample: [n], or [n][1] as some
 *  tools write. */
typedef struct rp_label_array {
  int32_t rank;
  const int64_t *shape; /* [rank] */
  bool is_float;
} rp_label_array;
rp_status rp_dataset_check_labels(const rp_dataset *data,
                                  const rp_label_array *labels, rp_error *err);

/** Take over the labels.
 *  @param label  [data->n] */
rp_status rp_dataset_take_labels(rp_dataset *data, const int64_t *label,
                                 rp_error *err);

/** "expected an array 'x' of samples, found ...; name it by ...".
 *  @param what  "samples" or "labels" */
rp_status rp_dataset_fail_name(const char *name, const char *what,
                               const char *found, rp_error *err);

/** Find whether samples have their channels first and the network last.
 *  Errors: RP_E_INPUT if shapes leave it open, or contradict what is stated. */
rp_status rp_dataset_choose_layout(const rp_dataset *data, const rp_net *net,
                                   bool *is_first, rp_error *err);

/** Put the channels of fitted samples last. Errors: RP_E_MEMORY. */
rp_status rp_dataset_put_channels_last(rp_dataset *data, const rp_net *net,
                                       rp_error *err);

typedef rp_status rp_dataset_reader(const rp_dataset_source *source,
                                    const rp_dataset_files *files,
                                    rp_dataset *data, rp_error *err);
rp_dataset_reader rp_dataset_read_idx, rp_dataset_read_hdf5,
    rp_dataset_read_csv, rp_dataset_read_npy, rp_dataset_read_npz;

#endif
