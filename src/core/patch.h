/* Patches: squares of an image in which inputs may change, while all others
 * keep the sample's values.
 *
 * A run about patches of a size asks about every place of the square, which is
 * the number of its first corner, row by row. A sample and a place are a pair
 * (core/pair.h) in which the place is the part. */
#ifndef RAMPART_CORE_PATCH_H
#define RAMPART_CORE_PATCH_H

#include <stdbool.h>
#include <stdint.h>

typedef struct rp_patch {
  int32_t size; /* rows and columns of the square; 0: there is none */
  int32_t rows, columns, channels; /* of the image; channels come last */
} rp_patch;

/** The columns in which a patch can begin. */
static inline int32_t rp_patch_columns(const rp_patch *patch) {
  return patch->columns - patch->size + 1;
}

/** The places at which a patch can be; 0 if there is none. */
static inline int32_t rp_patch_places(const rp_patch *patch) {
  return patch->size > 0
             ? (patch->rows - patch->size + 1) * rp_patch_columns(patch)
             : 0;
}

/** May an input change if the patch is at a place? */
static inline bool rp_patch_covers(const rp_patch *patch, int32_t place,
                                   int32_t input) {
  const int32_t pixel = input / patch->channels;
  const int32_t row = pixel / patch->columns - place / rp_patch_columns(patch);
  const int32_t column =
      pixel % patch->columns - place % rp_patch_columns(patch);
  return row >= 0 && row < patch->size && column >= 0 && column < patch->size;
}

#endif
