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

typedef rp_status rp_dataset_reader(const rp_dataset_source *source,
                                    const rp_dataset_files *files,
                                    rp_dataset *data, rp_error *err);
rp_dataset_reader rp_dataset_read_idx, rp_dataset_read_hdf5,
    rp_dataset_read_csv;

#endif
