/* The readers of datasets: each fills an empty rp_dataset (but its digest) and
 * leaves the freeing, also after a failure, to the caller. */
#ifndef RAMPART_INPUT_DATASET_FORMATS_H
#define RAMPART_INPUT_DATASET_FORMATS_H

#include <stddef.h>

#include "files/fileutil.h"
#include "input/dataset.h"

/* Sizes claimed by files are held to these. */
#define RP_MOST_DATA_BYTES ((size_t)1 << 32)
enum { RP_MOST_SAMPLE_NUMBERS = 1 << 24 };

/** The files of a dataset, loaded once: what is hashed is what is read. */
typedef struct rp_dataset_files {
  rp_file_content samples, labels; /* labels.file NULL: none of their own */
} rp_dataset_files;

typedef rp_status rp_dataset_reader(const rp_dataset_source *source,
                                    const rp_dataset_files *files,
                                    rp_dataset *data, rp_error *err);
rp_dataset_reader rp_dataset_read_idx, rp_dataset_read_hdf5,
    rp_dataset_read_csv;

#endif
