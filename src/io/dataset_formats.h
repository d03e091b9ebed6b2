/* The readers of datasets: each fills an empty rp_dataset (but its digest) and
 * leaves the freeing, also after a failure, to the caller. */
#ifndef RAMPART_IO_DATASET_FORMATS_H
#define RAMPART_IO_DATASET_FORMATS_H

#include <stdbool.h>
#include <stddef.h>
#include <zlib.h>

#include "fileutil.h"
#include "rampart/dataset.h"

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

/* ---- The bytes of a file, gzipped or not ---- */

typedef struct rp_packed {
  const char *file;
  const uint8_t *at, *end; /* what was not read yet */
  size_t bound;            /* greatest number of bytes it can unpack to */
  bool is_gzip, at_end;    /* at_end: of the last member */
  z_stream stream;
} rp_packed;

/** The content is borrowed until the close.
 *  Errors: RP_E_MEMORY; nothing is to be closed then. */
rp_status rp_packed_open(const rp_file_content *content, rp_packed *packed,
                         rp_error *err);
void rp_packed_close(rp_packed *packed);

/** Read up to size bytes; fewer only at the end of the file.
 *  Errors: RP_E_INPUT if the packed data are damaged or cut; RP_E_MEMORY. */
rp_status rp_packed_read(rp_packed *packed, void *bytes, size_t size,
                         size_t *count, rp_error *err);

#endif
