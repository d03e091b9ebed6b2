/* The readers of datasets: each fills an empty rp_dataset (but its digest) and
 * leaves the freeing, also after a failure, to the caller. */
#ifndef RAMPART_IO_DATASET_FORMATS_H
#define RAMPART_IO_DATASET_FORMATS_H

#include <stdbool.h>
#include <stddef.h>
#include <zlib.h>

#include "rampart/dataset.h"

/* Sizes claimed by files are held to these. */
#define RP_MOST_DATA_BYTES ((size_t)1 << 32)
enum { RP_MOST_SAMPLE_NUMBERS = 1 << 24 };

rp_status rp_dataset_read_idx(const rp_dataset_source *source, rp_dataset *data,
                              rp_error *err);
rp_status rp_dataset_read_hdf5(const rp_dataset_source *source,
                               rp_dataset *data, rp_error *err);
rp_status rp_dataset_read_csv(const rp_dataset_source *source, rp_dataset *data,
                              rp_error *err);

/* ---- A file read through zlib, gzipped or not ---- */

typedef struct rp_packed {
  gzFile in;
  const char *file;
} rp_packed;

rp_status rp_packed_open(const char *file, rp_packed *packed, rp_error *err);
void rp_packed_close(rp_packed *packed);

/** Read up to size bytes; fewer only at the end of the file.
 *  Errors: RP_E_INPUT if the packed data are damaged or cut. */
rp_status rp_packed_read(rp_packed *packed, void *bytes, size_t size,
                         size_t *count, rp_error *err);

/** Greatest number of bytes the file can unpack to. */
size_t rp_packed_bound(const rp_packed *packed);

#endif
