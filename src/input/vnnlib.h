/* Properties in VNN-LIB, the language of VNN-COMP, versions 1.0 and 2.0.
 *
 * A file declares inputs X and outputs Y and asserts what a counterexample
 * looks like. It becomes cases: boxes of inputs, each with a condition on the
 * outputs; there is a counterexample if one of the cases has one.
 *
 * Numbers are decimal and stay exact. What cannot be asked exactly is refused:
 * constraints over several inputs, or over inputs and outputs at once; real
 * inputs of a network that has no quantizer for them; and outputs of deployed
 * files other than compared with each other, as the scale of outputs is not
 * kept. */
#ifndef RAMPART_INPUT_VNNLIB_H
#define RAMPART_INPUT_VNNLIB_H

#include <stdbool.h>
#include <stdint.h>

#include "condition/condition.h"
#include "net/net.h"

/** A bound of an input as it stands in the file. */
typedef struct rp_vnnlib_bound {
  rp_decimal value;
  bool is_given, is_strict;
} rp_vnnlib_bound;

typedef struct rp_vnnlib_case {
  rp_vnnlib_bound *lo, *hi; /* [n_in] in the network's order of inputs */
  uint8_t *box_lo, *box_hi; /* [n_in] inputs of the network, 0..in_hi: all that
                               the bounds let through; with real inputs all that
                               they are rounded to, first to binary32 */
  bool is_empty;            /* no input is in the box */
  rp_condition *condition;  /* of constraints */
} rp_vnnlib_case;

typedef struct rp_vnnlib {
  int32_t n_cases;
  rp_vnnlib_case *item; /* [n_cases] */
  bool is_real;         /* inputs are reals, which the quantizer rounds */
  int32_t n_in;
  int32_t *place; /* [n_in] of input X_i of the file in the network */
} rp_vnnlib;

/** What the user states about a file; NULL: as the file and the network say. */
typedef struct rp_vnnlib_source {
  const char *file;
  const char *values; /* "integers": the network's own numbers, whatever types
                         are declared; "reals" */
  const char *layout; /* "nchw" or "nhwc": order of X in images */
} rp_vnnlib_source;

/** Read a file, which may be gzipped.
 *  Errors: RP_E_INPUT with file and line; RP_E_MEMORY. */
rp_status rp_vnnlib_read(const rp_vnnlib_source *source, const rp_net *net,
                         rp_vnnlib **made, rp_error *err);
void rp_vnnlib_free(rp_vnnlib *vnnlib); /* NULL is fine */

/** Find real inputs within the bounds of a case that the quantizer rounds to
 *  the inputs x; for integers x as the network itself counts.
 *  @param x      [n_in] in the box of the case
 *  @param real   out, [n_in], in the file's order; reals are rounded to
 *                binary32 before the quantizer
 *  Returns false if bounds are so narrow that binary64 has no such number. */
bool rp_vnnlib_find_reals(const rp_vnnlib *vnnlib, const rp_vnnlib_case *of,
                          const rp_net *net, const uint8_t *x, double *real);

#endif
