/* NumPy's npy files: one array of numbers, as numpy.save writes it. */
#ifndef RAMPART_INPUT_NPY_H
#define RAMPART_INPUT_NPY_H

#include <stdbool.h>
#include <stdint.h>

#include "files/fileutil.h"

enum { RP_NPY_DIMS = 5 };

typedef struct rp_npy {
  const char *place; /* the file, and perhaps its member; borrowed */
  char kind;         /* 'b', 'i', 'u' or 'f': truth values, integers, floats */
  int32_t width;     /* bytes of a number: 1, 2, 4 or 8 */
  bool is_big;       /* most significant byte first */
  bool is_fortran;   /* the first dimension is the fastest */
  int32_t rank;      /* 0..RP_NPY_DIMS */
  int64_t dims[RP_NPY_DIMS]; /* each from 0 */
  size_t count;              /* numbers: the product */
  const uint8_t *data;       /* [count * width], borrowed from the content */
} rp_npy;

/** Whether these bytes begin an npy file. */
bool rp_npy_has_signature(const uint8_t *bytes, size_t size);

/** Parse a file of version 1, 2 or 3. Data are exactly as long as the header
 *  says. Types: b1, i1 to i8, u1 to u8, f4, f8, of either byte order.
 *  Errors: RP_E_INPUT with one line that begins with content->file. */
rp_status rp_npy_parse(const rp_file_content *content, rp_npy *npy,
                       rp_error *err);

/** A number of an array of integers or truth values.
 *  @param at     in the order in which the last dimension is the fastest
 *  Returns false if it leaves int64, or is a truth value but 0 or 1. */
bool rp_npy_get_whole(const rp_npy *npy, size_t at, int64_t *value);

/** A number of any array. Range: integers beyond 2^53 are rounded. */
double rp_npy_get_real(const rp_npy *npy, size_t at);

#endif
