/* The quantizer of a network's input: from real numbers to the integers that
 * the network takes. What is verified begins behind it. */
#ifndef RAMPART_NET_INPUT_QUANTIZER_H
#define RAMPART_NET_INPUT_QUANTIZER_H

#include <stdbool.h>

#include "net/net.h"
#include "net/pair_rule.h"

/** The names of rp_input_rounding in files, separated by bars. */
#define RP_INPUT_ROUNDINGS                                                     \
  "divide-half-even|divide-half-away|multiply-half-even"

/** The name of a rule; "" for none. */
const char *rp_input_rounding_name(rp_input_rounding rounding);
/** Parse such a name. Returns false, with *rounding unchanged, if it is
 *  unknown. */
bool rp_input_rounding_parse(const char *name, rp_input_rounding *rounding);

/** Give a network the quantizer of its input. The zero point is in_zero.
 *  @param step  the scale: a normal, positive number of binary32
 *  Errors: RP_E_INPUT if it is none. */
rp_status rp_net_set_quantizer(rp_net *net, double step,
                               rp_input_rounding rounding, rp_error *err);

/** Quantize a number, as the runtime does it, to lo..hi. What lies beyond them
 *  becomes lo or hi. The scale is a normal number.
 *  @param real  not NaN */
int32_t rp_quantize_real(rp_input_rounding rounding, const rp_quantized *number,
                         float real);

/** The same for the network's input. What lies beyond the least or
 *  greatest input becomes that.
 *  @param real  not NaN
 *  Returns an input 0..in_hi. Range: the network has a quantizer. */
uint8_t rp_net_quantize(const rp_net *net, float real);

#endif
