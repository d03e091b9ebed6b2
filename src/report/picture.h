/* Drawing inputs of a network. */
#ifndef RAMPART_REPORT_PICTURE_H
#define RAMPART_REPORT_PICTURE_H

#include <stdint.h>
#include <stdio.h>

#include "report/page_internal.h"

/** The arrangement of an input's numbers in a picture. */
typedef struct rp_picture_shape {
  int32_t width, height, channels; /* 1 or 3 */
  bool planes;                     /* [channel][row][column] */
  int32_t n_in, in_hi;
} rp_picture_shape;

/** Choose the shape of the network's input, else of the dataset's samples, else
 * a square. */
rp_picture_shape rp_picture_choose_shape(const rp_page_source *source);

/** Write an img element with the picture of an input.
 *  @param alt  plain text. Errors: RP_E_MEMORY, RP_E_RANGE. */
rp_status rp_picture_write(FILE *out, const rp_picture_shape *shape,
                           const uint8_t *input, const char *alt);

/** Likewise for b - a. The greatest change has the full colour: orange for an
 *  increase, blue for a decrease, white for none. */
rp_status rp_picture_write_change(FILE *out, const rp_picture_shape *shape,
                                  const uint8_t *a, const uint8_t *b,
                                  const char *alt);

/** Compute the greatest difference of two inputs and count the numbers that
 *  differ. */
int32_t rp_picture_distance(const rp_picture_shape *shape, const uint8_t *a,
                            const uint8_t *b, int32_t *changed);

#endif
