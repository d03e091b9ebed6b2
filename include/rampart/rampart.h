/* Rampart as a library: decides one query after another about a network,
 * without MPI.
 *
 * librampart installs this header and the two that it includes; its other
 * symbols are hidden. examples/verify_one.c is a complete program;
 * results/README.md has the same in Python. */
#ifndef RAMPART_RAMPART_H
#define RAMPART_RAMPART_H

#include <stdint.h>

#include "rampart/status.h"
#include "rampart/verdict.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A network, the options of its queries, and their memory. */
typedef struct rp_model rp_model;

/** Read a network in Rampart's own format or QVIP's, and prove its ranges.
 *  @param input_bits, bits  of QVIP's networks; 0 for the native format
 *  @param model  out: to be closed by rp_model_close
 *  @param err    one line for the user; may be NULL
 *  Errors: RP_E_INPUT, RP_E_MEMORY, RP_E_IO. Thread: one at a time (HDF5). */
RP_PUBLIC rp_status rp_model_open(const char *file, int32_t input_bits,
                                  int32_t bits, rp_model **model,
                                  rp_error *err);
RP_PUBLIC void rp_model_close(rp_model *model); /* NULL is fine */

/** Get the number of inputs, the greatest value of an input (the least is 0),
 * and the number of classes. */
RP_PUBLIC int32_t rp_model_inputs(const rp_model *model);
RP_PUBLIC int32_t rp_model_input_max(const rp_model *model);
RP_PUBLIC int32_t rp_model_classes(const rp_model *model);

/** Set an engine option of `rampart verify`: "time_limit", "threads", ...
 *  Errors: RP_E_USAGE with the range expected. */
RP_PUBLIC rp_status rp_model_set(rp_model *model, const char *option,
                                 const char *value, rp_error *err);

/** Predict the class of an input: the first of the greatest outputs.
 *  @param x      [inputs]
 *  @param class_ out
 *  Errors: RP_E_RANGE if a number is too large; RP_E_MEMORY. */
RP_PUBLIC rp_status rp_model_predict(const rp_model *model, const uint8_t *x,
                                     int32_t *class_);

/** Decide whether an input within L-infinity distance radius of x, inside the
 * input range, is not classified as the label. RP_ROBUST: there is none, proved
 * in integers. RP_VIOLATED: one was found and replayed. RP_UNKNOWN: a limit was
 *  reached, or something failed. RP_MISCLASSIFIED: x itself is not classified
 * as the label. RP_INVALID: label, radius or x is out of range.
 *  @param x        [inputs]
 *  @param radius   1..255
 *  @param witness  out, [inputs]: the counterexample, if RP_VIOLATED
 *  @param reason   out: why it is unknown; may be NULL
 *  Thread: one call at a time on one model; uses OpenMP inside. */
RP_PUBLIC rp_verdict rp_model_verify(rp_model *model, const uint8_t *x,
                                     int32_t label, int32_t radius,
                                     uint8_t *witness, rp_reason *reason);

#ifdef __cplusplus
}
#endif

#endif
