/* Boxes around samples: what each input may be, beside the radius. */
#ifndef RAMPART_INPUT_BOXES_H
#define RAMPART_INPUT_BOXES_H

#include <stdbool.h>
#include <stdint.h>

#include "net/net.h"
#include "rampart/status.h"

/** Least and greatest values of inputs, both included. */
typedef struct rp_boxes {
  int64_t n;    /* 1: the same box for all samples; else a box for each */
  int32_t n_in; /* inputs */
  /* [n][n_in] number - in_lo; lo > hi: the input keeps the sample's value, as
   * those that a mask excludes do */
  uint8_t *lo, *hi;
  char sha256[65]; /* of the file */
  int holders;
} rp_boxes;

/** Read a file of boxes for a dataset: one box for all samples or one for each,
 *  in the network's own numbers, in the order of the network's inputs.
 *
 *    npz   arrays `lower` and `upper`, or an array `mask`
 *    npy   a mask if its type is bool, else [2][...]: lower and upper
 *    CSV   lines `lower,NUMBER,...`, `upper,...` or `mask,...`, in this order
 *          for each box
 *
 *  Arrays have the shape of an input of the network, or one dimension, perhaps
 *  behind a dimension of samples. A mask is true, or 1, where an input may have
 *  any value, and false, or 0, where it keeps the sample's.
 *  @param n_samples  of the dataset
 *  @param boxes      out, to be given to rp_boxes_free
 *  Errors: RP_E_INPUT with file, place, what was expected and found;
 *  RP_E_MEMORY. */
rp_status rp_boxes_read(const char *file, const rp_net *net, int64_t n_samples,
                        rp_boxes **boxes, rp_error *err);

/** Make room for boxes, all zero. Errors: RP_E_MEMORY. */
rp_status rp_boxes_create(int64_t n, int32_t n_in, rp_boxes **boxes,
                          rp_error *err);

/** Hold the same boxes once more; NULL stays NULL. Thread: one at a time. */
rp_boxes *rp_boxes_share(rp_boxes *boxes);
void rp_boxes_free(rp_boxes *boxes); /* NULL is fine; the last one frees */

/** Get the part of a sample's box that is within a radius of it.
 *  @param x       [n_in] the sample
 *  @param lo, hi  out, [n_in]
 *  Returns false if the sample is outside its box at an input, *outside. */
bool rp_boxes_get(const rp_boxes *boxes, int64_t sample, const uint8_t *x,
                  int32_t radius, uint8_t *lo, uint8_t *hi, int32_t *outside);

/** Is another input in the box of a sample? */
bool rp_boxes_hold(const rp_boxes *boxes, int64_t sample, const uint8_t *x,
                   const uint8_t *other);

#endif
