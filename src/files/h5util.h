/* What every reader and writer of HDF5 files shares.
 *
 * Files are read with suspicion: a child process reads them first, rank, size
 * and class of everything are checked before memory is asked for, and every
 * failure is one line that names the file and the place in it. Files are
 * written in memory (HDF5's core driver) and then replaced as a whole: a full
 * disk is an ordinary error and HDF5 never sees it.
 *
 * Thread: HDF5 is not; one thread of a process at a time. */
#ifndef RAMPART_FILES_H5UTIL_H
#define RAMPART_FILES_H5UTIL_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "files/fileutil.h"
#include "rampart/status.h"

/** Close an identifier of any kind; negative ones are ignored. */
void rp_h5_close(hid_t id);

/** RP_E_INPUT with "FILE: /place: " before the text; both are taken from the
 *  object. */
rp_status rp_h5_fail(hid_t object, rp_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- Reading. Errors of all: RP_E_INPUT, RP_E_MEMORY. ---- */

/** Run a task that reads the content of a file: first in a child process, then,
 *  if the child succeeded, here. HDF5 itself crashes or hangs on damaged files.
 *  The task may change only what it makes itself and *arg, and frees what it
 *  made when it fails. The child's CPU time, wall time and memory are limited
 * by the size of the file. A signal that stops the run ends it within two
 * seconds. Errors: RP_E_INPUT if the child died or ran out of time;
 * RP_E_STOPPED; RP_E_IO if there can be no child; the task's own. */
typedef rp_status rp_h5_task(void *arg, rp_error *err);
rp_status rp_h5_run_guarded(const rp_file_content *content, rp_h5_task *task,
                            void *arg, rp_error *err);

/** Read a file under guard: the reader gets it opened, and must close what it
 *  opens. Plug-ins of HDF5 are not loaded, links not followed out of the file.
 */
typedef rp_status rp_h5_reader(hid_t file, void *arg, rp_error *err);
rp_status rp_h5_read(const rp_file_content *content, rp_h5_reader *read,
                     void *arg, rp_error *err);

/** Say why HDF5 does not open a file. Returns RP_E_INPUT. */
rp_status rp_h5_refuse(const rp_file_content *content, rp_error *err);

/** The name of an object's file, as it was loaded.
 *  @param name  memory, [size] */
const char *rp_h5_file_name(hid_t object, char *name, size_t size);

rp_status rp_h5_open_group(hid_t parent, const char *path, hid_t *group,
                           rp_error *err);
rp_status rp_h5_open_dataset(hid_t parent, const char *path, hid_t *dataset,
                             rp_error *err);

/** True if every step of the path exists and the last one can be opened. */
bool rp_h5_has_object(hid_t parent, const char *path);
bool rp_h5_has_attribute(hid_t object, const char *name);

/** A string attribute, of fixed or variable length, into text[size]; one that
 *  does not fit, or holds a line break, is an error. */
rp_status rp_h5_get_string(hid_t object, const char *name, char *text,
                           size_t size, rp_error *err);

/** A 1-D attribute of strings (fixed or variable length). An empty list is fine
 *  whatever its type: Keras writes it as floats. */
typedef struct rp_h5_strings {
  int32_t count;
  char **text; /* [count] */
} rp_h5_strings;
rp_status rp_h5_get_strings(hid_t object, const char *name, rp_h5_strings *list,
                            rp_error *err);
void rp_h5_strings_fini(rp_h5_strings *list);

/** An integer attribute (scalar, or one element) in lo..hi. */
rp_status rp_h5_get_integer(hid_t object, const char *name, int64_t lo,
                            int64_t hi, int64_t *value, rp_error *err);

/** An attribute of 1..capacity integers (scalar or 1-D). */
rp_status rp_h5_get_integers(hid_t object, const char *name, int64_t *values,
                             int32_t capacity, int32_t *count, rp_error *err);

/** A finite number, stored as float or integer. */
rp_status rp_h5_get_real(hid_t object, const char *name, double *value,
                         rp_error *err);

/** Shape of a dataset.
 *  @param dims  out, [rank]; rank is what is expected */
rp_status rp_h5_shape(hid_t dataset, int32_t rank, int64_t *dims,
                      rp_error *err);
/** Rank of a dataset, -1 if unreadable. */
int32_t rp_h5_rank(hid_t dataset);
bool rp_h5_is_float(hid_t dataset);

/** Was every chunk of a dataset written? HDF5 makes up what was not.
 *  Errors: RP_E_INPUT. */
rp_status rp_h5_check_written(hid_t dataset, rp_error *err);

/** Read a whole dataset of integers or floats, converted to mem_type. Parts of
 *  it that were never written, which HDF5 would make up, are an error. HDF5
 *  clips on conversion: read into a type wide enough to see what does not fit.
 *  @param mem_type   native integer or float; the stored class must be the same
 *  @param max_bytes  a larger result is an error, before memory is asked for
 *  @param data       out, malloc'ed */
rp_status rp_h5_read_numbers(hid_t dataset, hid_t mem_type, size_t max_bytes,
                             void **data, rp_error *err);

/* ---- Writing. Errors of all: RP_E_IO. ---- */

/** An empty file in memory; every metadata block carries a checksum, so that a
 *  damaged copy is noticed when it is read. */
rp_status rp_h5_create_image(hid_t *id, rp_error *err);

/** Write the file in memory to disk with rp_file_replace_after. The identifier
 * stays open; all other objects of the file must be closed. */
rp_status rp_h5_write_image(hid_t id, const char *file,
                            const rp_file_step *before, rp_error *err);

/** A fixed-length, null-terminated UTF-8 string attribute. */
rp_status rp_h5_set_string(hid_t object, const char *name, const char *text,
                           rp_error *err);

/** An attribute of integers stored as `stored`; count 0 writes a scalar. */
rp_status rp_h5_set_integers(hid_t object, const char *name, hid_t stored,
                             const int64_t *values, int32_t count,
                             rp_error *err);
rp_status rp_h5_set_real(hid_t object, const char *name, double value,
                         rp_error *err);

/** Numbers to write: how they are stored, and what they are in memory. */
typedef struct rp_h5_numbers {
  hid_t stored, mem_type;
  int32_t rank; /* 0: a scalar */
  const int64_t *dims;
  const void *data;
} rp_h5_numbers;

/** A contiguous dataset of numbers. */
rp_status rp_h5_write_numbers(hid_t parent, const char *name,
                              const rp_h5_numbers *numbers, rp_error *err);

#endif
