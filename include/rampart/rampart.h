/* Rampart as a library: a network, and one query after another, without MPI.
 *
 * This header and the two it includes are what librampart installs; its other
 * symbols are hidden. examples/verify_one.c is a whole program; the same from
 * Python is in results/README.md. */
#ifndef RAMPART_RAMPART_H
#define RAMPART_RAMPART_H

#include <stdint.h>

#include "rampart/status.h"
#include "rampart/verdict.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A network, the options of its queries, and memory between them. */
typedef struct rp_model rp_model;

/** Read and prove a network: Rampart's own format, or QVIP's weights.
 *  @param input_bits, bits  of QVIP's networks; 0: the file says it
 *  @param model  out: to be closed
 *  @param err    one line for the user; may be NULL
 *  Errors: RP_E_INPUT, RP_E_MEMORY, RP_E_IO. Thread: one at a time (HDF5). */
RP_PUBLIC rp_status rp_model_open(const char *file, int32_t input_bits,
                                  int32_t bits, rp_model **model,
                                  rp_error *err);
RP_PUBLIC void rp_model_close(rp_model *model); /* NULL is fine */

/** How many numbers an input has, the greatest of them (the least is 0), and
 *  how many classes there are. */
RP_PUBLIC int32_t rp_model_inputs(const rp_model *model);
RP_PUBLIC int32_t rp_model_input_max(const rp_model *model);
RP_PUBLIC int32_t rp_model_classes(const rp_model *model);

/** Set an engine option of `rampart verify`: "time_limit", "threads", ...
 *  Errors: RP_E_USAGE with the range expected. */
RP_PUBLIC rp_status rp_model_set(rp_model *model, const char *option,
                                 const char *value, rp_error *err);

/** The class of an input: the first greatest output.
 *  @param x      [inputs]
 *  @param class_ out
 *  Errors: RP_E_RANGE if a number is too large; RP_E_MEMORY. */
RP_PUBLIC rp_status rp_model_predict(const rp_model *model, const uint8_t *x,
                                     int32_t *class_);

/** Is there an input within L-infinity distance radius of x, inside the input
 *  range, that is not given the label? RP_ROBUST: there is none, proved in
 *  whole numbers. RP_VIOLATED: one was found and replayed. RP_UNKNOWN: a limit
 *  came first, or something failed. RP_MISCLASSIFIED: x itself is not given the
 *  label. RP_INVALID: label, radius or x out of range.
 *  @param x        [inputs]
 *  @param radius   1..255
 *  @param witness  out, [inputs]: the input found, if RP_VIOLATED
 *  @param reason   out: why it is unknown; may be NULL
 *  Thread: one call at a time on one model; uses OpenMP inside. */
RP_PUBLIC rp_verdict rp_model_verify(rp_model *model, const uint8_t *x,
                                     int32_t label, int32_t radius,
                                     uint8_t *witness, rp_reason *reason);

#ifdef __cplusplus
}
#endif

#endif
