/* FlatBuffers: tables, vectors and strings, found by offsets that nobody has
 * checked.
 *
 * The first offset that leads out of the file is remembered, and from then on
 * everything reads as absent, so that a parser is written without a check at
 * every step and asks rp_flat_check at its end. Offsets may lead several times
 * to the same bytes; therefore the elements of all vectors are counted, and a
 * file cannot make the parser look at many times more of them than it has
 * bytes.
 * Numbers are little-endian and may be unaligned. */
#ifndef RAMPART_INPUT_NETWORK_TFLITE_FLAT_H
#define RAMPART_INPUT_NETWORK_TFLITE_FLAT_H

#include "files/fileutil.h"

typedef struct rp_flat {
  const rp_file_content *content;
  size_t budget; /* elements of vectors that may still be looked at */
  size_t bad;    /* the first offset that is damaged, plus 1; 0: none */
} rp_flat;

/** Elements of one vector. */
typedef struct rp_flat_vector {
  size_t at; /* of the first element in the file */
  int32_t n;
} rp_flat_vector;

rp_flat rp_flat_open(const rp_file_content *content);

/** The file's root table. Tables are known by their offset; 0 is an absent
 *  one, all of whose fields are absent. */
size_t rp_flat_root(rp_flat *flat);

/** A field of a table, by its number in the schema.
 *  @param absent  the schema's default */
int32_t rp_flat_int32(rp_flat *flat, size_t table, int field, int32_t absent);
int32_t rp_flat_int8(rp_flat *flat, size_t table, int field, int32_t absent);
float rp_flat_float(rp_flat *flat, size_t table, int field);
size_t rp_flat_table(rp_flat *flat, size_t table, int field);

/** @param size  bytes of an element; the vector lies in the file as a whole */
rp_flat_vector rp_flat_get_vector(rp_flat *flat, size_t table, int field,
                                  size_t size);

/** Elements of a vector. Range: 0 <= i < n, else they read as 0. */
int32_t rp_flat_int32_at(const rp_flat *flat, rp_flat_vector vector, int32_t i);
int64_t rp_flat_int64_at(const rp_flat *flat, rp_flat_vector vector, int32_t i);
float rp_flat_float_at(const rp_flat *flat, rp_flat_vector vector, int32_t i);
size_t rp_flat_table_at(rp_flat *flat, rp_flat_vector vector, int32_t i);

/** Errors: RP_E_INPUT with the file and the first damaged place. */
rp_status rp_flat_check(const rp_flat *flat, rp_error *err);

#endif
