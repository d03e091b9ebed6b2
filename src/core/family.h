/* Families of images with one parameter: brightness and contrast.
 *
 * A radius r of a family is a range of its parameter, and what may be asked
 * about are the finitely many images that it yields of a sample, in integers:
 *
 *   brightness  x + b, for whole b from -r to r
 *   contrast    c + f (x - c), for real f from 100 / (100 + r) to
 *               (100 + r) / 100, where c is the centre of the input range;
 *               rounded to whole numbers, halves up
 *
 * both clipped to the input range. Ring r has the images of radius r that are
 * not of radius r - 1, and perhaps some of these. */
#ifndef RAMPART_CORE_FAMILY_H
#define RAMPART_CORE_FAMILY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/norm.h"

/** A sample and its family. */
typedef struct rp_family {
  rp_norm norm;     /* RP_NORM_BRIGHTNESS or RP_NORM_CONTRAST */
  const uint8_t *x; /* [n] each 0..in_hi */
  int32_t n, in_hi;
} rp_family;

/** Takes an image, [n]. Returns false to end the visit. */
typedef bool rp_family_visitor(void *context, const uint8_t *image);

/** Visit all images of a ring, 1..255; some of them may come twice.
 *  @param image  scratch, [n]
 *  Returns false if the visitor ended it. Cost: O(n) for each image. */
bool rp_family_visit(const rp_family *family, int32_t ring, uint8_t *image,
                     rp_family_visitor *visitor, void *context);

/** The least radius at which another image is in the family; 0: it is the
 *  sample; a number above `most` if it is in none of 0..most.
 *  @param scratch  [n] */
int32_t rp_family_measure(const rp_family *family, const uint8_t *image,
                          int32_t most, uint8_t *scratch);

/** Distance of another image in any norm or family; beyond 255 in a family that
 *  does not have it, or if there is no memory to look. */
int64_t rp_change_measure(const rp_family *from, const uint8_t *image);

#endif
