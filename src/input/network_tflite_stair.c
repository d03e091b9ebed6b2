/* Profiles, and the staircases that they make of scales. */
#include <math.h>
#include <string.h>

#include "input/network_tflite.h"

/* docs/formats.md has this table for people. */
static const rp_tflite_profile profiles[] = {
    {.name = "litert-xnnpack",
     .input = RP_INPUT_MULTIPLY_HALF_EVEN,
     .conv = RP_ROUND_FLOAT,
     .depthwise = RP_ROUND_FLOAT,
     .dense = RP_ROUND_FLOAT,
     .has_uint8 = true,
     .uint8 = RP_ROUND_FLOAT,
     .depthwise_uint8 = RP_ROUND_TWICE, /* XNNPACK leaves it alone */
     .adding = RP_ADD_TOGETHER,
     .mean = RP_AVERAGE_FLOAT,
     .mean_kept = RP_AVERAGE_FLOAT,
     .has_quantizer = true,
     .leaves_operators = true},
    {.name = "litert-builtin",
     .input = RP_INPUT_DIVIDE_HALF_AWAY,
     .conv = RP_ROUND_ONCE,
     .depthwise = RP_ROUND_TWICE,
     .dense = RP_ROUND_ONCE,
     .has_uint8 = true,
     .uint8 = RP_ROUND_TWICE, /* its matrix products are gemmlowp's */
     .depthwise_uint8 = RP_ROUND_TWICE,
     .adding = RP_ADD_APART,
     .mean = RP_AVERAGE_FIXED,
     .mean_kept = RP_AVERAGE_OFFSET},
    {.name = "tflm",
     .input = RP_INPUT_DIVIDE_HALF_AWAY,
     .conv = RP_ROUND_TWICE,
     .depthwise = RP_ROUND_TWICE,
     .dense = RP_ROUND_TWICE,
     .adding = RP_ADD_APART,
     .mean = RP_AVERAGE_FIXED,
     .has_one_mean = true}};

const rp_tflite_profile *rp_tflite_find_profile(const char *name) {
  for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++)
    if (!strcmp(profiles[i].name, name)) return &profiles[i];
  return NULL;
}

enum { NONE, RELU, RELU_N1_TO_1, RELU6 };

/* A real number in these numbers, halves away from zero. */
static int32_t quantize(float real, const rp_quantized *number) {
  const float steps = roundf(real / number->scale);
  const float within = fminf(fmaxf(steps, -1024), 1024);
  return number->zero + (int32_t)within;
}

rp_status rp_tflite_clip(const rp_tflite_reader *r, int32_t activation,
                         rp_quantized *number) {
  const bool is_clipped_above =
      activation == RELU6 || activation == RELU_N1_TO_1;
  if (activation < NONE || activation > RELU6)
    return rp_tflite_fail(r,
                          "expected no activation function, RELU, RELU6 or "
                          "RELU_N1_TO_1, found number %d",
                          activation);
  if (activation != NONE) {
    const int32_t lo = quantize(activation == RELU_N1_TO_1 ? -1 : 0, number);
    if (lo > number->lo) number->lo = lo;
  }
  if (is_clipped_above) {
    const int32_t hi = quantize(activation == RELU6 ? 6 : 1, number);
    if (hi < number->hi) number->hi = hi;
  }
  if (number->lo < number->hi) return RP_OK;
  return rp_tflite_fail(r,
                        "expected activations of several values, found %d..%d",
                        number->lo, number->hi);
}

rp_status rp_tflite_set_block(rp_tflite_reader *r, rp_status status,
                              const rp_error *why, rp_tflite_value *out) {
  RP_TRY(rp_tflite_add_place(r, status, why));
  out->source = r->net->n_blocks - 1;
  return rp_tflite_set_output(r, out);
}
