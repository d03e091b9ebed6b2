/* Inputs of a network as pictures. */
#ifndef RAMPART_REPORT_PICTURE_H
#define RAMPART_REPORT_PICTURE_H

#include <stdint.h>
#include <stdio.h>

#include "report/page_internal.h"

/** How the numbers of one input lie in a picture. */
typedef struct rp_picture_shape {
  int32_t width, height, channels; /* 1 or 3 */
  bool planes;                     /* [channel][row][column] */
  int32_t n_in, in_hi;
} rp_picture_shape;

/** Shape from the network, else the dataset, else a square. */
rp_picture_shape rp_picture_shape_of(const rp_page_source *source);

/** An img element with the picture of an input.
 *  @param alt  plain text. Errors: RP_E_MEMORY, RP_E_RANGE. */
rp_status rp_picture_write(FILE *out, const rp_picture_shape *shape,
                           const uint8_t *input, const char *alt);

/** Likewise of b - a; the greatest change gets the full colour: orange up,
 *  blue down, white none. */
rp_status rp_picture_write_change(FILE *out, const rp_picture_shape *shape,
                                  const uint8_t *a, const uint8_t *b,
                                  const char *alt);

/** Greatest difference of two inputs, and how many numbers differ. */
int32_t rp_picture_distance(const rp_picture_shape *shape, const uint8_t *a,
                            const uint8_t *b, int32_t *changed);

#endif
