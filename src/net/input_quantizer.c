/* Every operation is one of binary32, in the order in which the runtime does
 * it: another order moves a number that lies between two steps. */
#include "net/input_quantizer.h"

#include <math.h>
#include <string.h>

#include "core/assert.h"

static const char *const names[] = {
    [RP_INPUT_UNQUANTIZED] = "",
    [RP_INPUT_DIVIDE_HALF_EVEN] = "divide-half-even",
    [RP_INPUT_DIVIDE_HALF_AWAY] = "divide-half-away",
    [RP_INPUT_MULTIPLY_HALF_EVEN] = "multiply-half-even",
};

const char *rp_input_rounding_name(rp_input_rounding rounding) {
  return names[rounding];
}

bool rp_input_rounding_parse(const char *name, rp_input_rounding *rounding) {
  for (int i = RP_INPUT_DIVIDE_HALF_EVEN; i <= RP_INPUT_MULTIPLY_HALF_EVEN; i++)
    if (!strcmp(name, names[i])) {
      *rounding = (rp_input_rounding)i;
      return true;
    }
  return false;
}

rp_status rp_net_set_quantizer(rp_net *net, double step,
                               rp_input_rounding rounding, rp_error *err) {
  const float narrow = (float)step;
  if (!isnormal(narrow) || narrow < 0 || (double)narrow != step)
    return rp_fail(err, RP_E_INPUT,
                   "scale of the input: expected a positive number of "
                   "binary32, found %.17g",
                   step);
  net->in_step = narrow;
  net->in_rounding = rounding;
  return RP_OK;
}

int32_t rp_quantize_real(rp_input_rounding rounding, const rp_quantized *number,
                         float real) {
  const float scaled = rounding == RP_INPUT_MULTIPLY_HALF_EVEN
                           ? real * (1.0F / number->scale)
                           : real / number->scale;
  const float rounded =
      rounding == RP_INPUT_DIVIDE_HALF_AWAY ? roundf(scaled) : rintf(scaled);
  if (!(rounded > (float)(number->lo - number->zero))) return number->lo;
  if (rounded >= (float)(number->hi - number->zero)) return number->hi;
  return (int32_t)rounded + number->zero;
}

uint8_t rp_net_quantize(const rp_net *net, float real) {
  RP_ASSERT(net->in_rounding != RP_INPUT_UNQUANTIZED);
  const rp_quantized number = {net->in_step, net->in_zero, net->in_lo,
                               net->in_lo + net->in_hi};
  return (uint8_t)(rp_quantize_real(net->in_rounding, &number, real) -
                   net->in_lo);
}
