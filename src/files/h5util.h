/* Helpers for all readers and writers of HDF5 files.
 *
 * Files are not trusted: a child process reads them first; the rank, size and
 * class of everything are checked before memory is allocated; and every error
 * is one line that names the file and the place in it. Files are written in
 * memory (HDF5's core driver) and then replaced as a whole, so that a full disk
 * is an ordinary error that HDF5 never meets.
 *
 * Thread: HDF5 is not thread-safe; one thread of the process at a time. */
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

/** Fail with RP_E_INPUT. "FILE: /place: ", taken from the object, is put before
 *  the text. */
rp_status rp_h5_fail(hid_t object, rp_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- Reading. Errors of all: RP_E_INPUT, RP_E_MEMORY. ---- */

/** Run a task that reads the content of a file: first in a child process, then,
 *  if the child succeeded, in this one, because HDF5 crashes or hangs on
 * damaged files. The task may change only *arg and what it allocates, which it
 * frees when it fails. The child's CPU time, wall time and memory have limits
 * that depend on the size of the file. A signal that stops the run ends the
 * child within two seconds. Errors: RP_E_INPUT if the child crashed or ran out
 * of time; RP_E_STOPPED; RP_E_IO if no child can be created; those of the task.
 */
typedef rp_status rp_h5_task(void *arg, rp_error *err);
rp_status rp_h5_run_guarded(const rp_file_content *content, rp_h5_task *task,
                            void *arg, rp_error *err);

/** Open a file under guard and pass it to the reader, which must close what it
 *  opens. HDF5 loads no plug-ins and follows no links out of the file.
 *  Errors: those of rp_h5_run_guarded; RP_E_INPUT if it is no HDF5 file. */
typedef rp_status rp_h5_reader(hid_t file, void *arg, rp_error *err);
rp_status rp_h5_read(const rp_file_content *content, rp_h5_reader *read,
                     void *arg, rp_error *err);

/** Does it begin as an HDF5 file does, perhaps behind a user block? */
bool rp_h5_has_superblock(const rp_file_content *content);

/** Explain why HDF5 does not open a file. Returns RP_E_INPUT. */
rp_status rp_h5_refuse(const rp_file_content *content, rp_error *err);

/** Get the name of the file that holds an object.
 *  @param name  buffer, [size] */
const char *rp_h5_file_name(hid_t object, char *name, size_t size);

rp_status rp_h5_open_group(hid_t parent, const char *path, hid_t *group,
                           rp_error *err);
rp_status rp_h5_open_dataset(hid_t parent, const char *path, hid_t *dataset,
                             rp_error *err);

/** True if every step of the path exists and the last one can be opened. */
bool rp_h5_has_object(hid_t parent, const char *path);
bool rp_h5_has_attribute(hid_t object, const char *name);

/** Read a string attribute of fixed or variable length into text[size]. A
 *  string that does not fit or contains a line break is an error. */
rp_status rp_h5_get_string(hid_t object, const char *name, char *text,
                           size_t size, rp_error *err);

/** A 1-D attribute of strings of fixed or variable length. An empty list may
 *  have any type, because Keras writes it as floats. */
typedef struct rp_h5_strings {
  int32_t count;
  char **text; /* [count] */
} rp_h5_strings;
rp_status rp_h5_get_strings(hid_t object, const char *name, rp_h5_strings *list,
                            rp_error *err);
void rp_h5_strings_fini(rp_h5_strings *list);

/** Read an integer attribute (a scalar or one element) in lo..hi. */
rp_status rp_h5_get_integer(hid_t object, const char *name, int64_t lo,
                            int64_t hi, int64_t *value, rp_error *err);

/** Read an attribute of 1..capacity integers (scalar or 1-D). */
rp_status rp_h5_get_integers(hid_t object, const char *name, int64_t *values,
                             int32_t capacity, int32_t *count, rp_error *err);

/** Read an attribute that is a finite number, stored as float or integer. */
rp_status rp_h5_get_real(hid_t object, const char *name, double *value,
                         rp_error *err);

/** Read the shape of a dataset.
 *  @param rank  the expected number of dimensions
 *  @param dims  out, [rank] */
rp_status rp_h5_get_shape(hid_t dataset, int32_t rank, int64_t *dims,
                          rp_error *err);
/** Read the rank of a dataset; -1 if it cannot be read. */
int32_t rp_h5_get_rank(hid_t dataset);
bool rp_h5_is_float(hid_t dataset);

/** Whether a dataset is stored as unsigned bytes. */
bool rp_h5_is_bytes(hid_t dataset);

/** Check that every chunk of a dataset was written: HDF5 reads the others as
 *  fill values.
 *  Errors: RP_E_INPUT. */
rp_status rp_h5_check_written(hid_t dataset, rp_error *err);

/** Read a whole dataset of integers or floats, converted to mem_type. A dataset
 *  that was not written completely is an error. HDF5 clips when it converts:
 * use a type wide enough to detect values that are out of range.
 *  @param mem_type   native integer or float; the stored class must be the same
 *  @param max_bytes  a larger result is an error, before memory is allocated
 *  @param data       out, malloc'ed */
rp_status rp_h5_read_numbers(hid_t dataset, hid_t mem_type, size_t max_bytes,
                             void **data, rp_error *err);

/* ---- Writing. Errors of all: RP_E_IO. ---- */

/** Create an empty file in memory. Every metadata block will carry a checksum,
 *  so that readers notice a damaged copy. */
rp_status rp_h5_create_image(hid_t *id, rp_error *err);

/** Write the file in memory to disk with rp_file_replace_after. The identifier
 * stays open; all other objects of the file must be closed. */
rp_status rp_h5_write_image(hid_t id, const char *file,
                            const rp_file_step *before, rp_error *err);

/** Write a fixed-length, null-terminated UTF-8 string attribute. */
rp_status rp_h5_set_string(hid_t object, const char *name, const char *text,
                           rp_error *err);

/** Write a 1-D attribute of such strings, at least one. */
rp_status rp_h5_set_strings(hid_t object, const char *name,
                            const rp_h5_strings *list, rp_error *err);

/** Write an attribute of integers with the type `stored`; count 0 writes a
 *  scalar. */
rp_status rp_h5_set_integers(hid_t object, const char *name, hid_t stored,
                             const int64_t *values, int32_t count,
                             rp_error *err);
rp_status rp_h5_set_real(hid_t object, const char *name, double value,
                         rp_error *err);

/** Numbers to write, with their types in the file and in memory. */
typedef struct rp_h5_numbers {
  hid_t stored, mem_type;
  int32_t rank; /* 0: a scalar */
  const int64_t *dims;
  const void *data;
} rp_h5_numbers;

/** Create a group. Returns its identifier, or a negative number if it cannot be
 *  created. */
hid_t rp_h5_create_group(hid_t parent, const char *name);

/** Write a contiguous dataset of numbers. */
rp_status rp_h5_write_numbers(hid_t parent, const char *name,
                              const rp_h5_numbers *numbers, rp_error *err);

#endif
