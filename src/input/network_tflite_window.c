/* Where windows lie that slide over height and width. */
#include "input/network_tflite.h"

enum { SAME, VALID, MOST_STEP = 1 << 12 };

static const char *const axis_name[] = {"height", "width"};

/* One axis: how many windows, and how much padding before the first. */
static rp_status place_axis(const rp_tflite_reader *r,
                            const rp_tflite_windows *w, int axis, int32_t in,
                            int32_t *out, int32_t *before) {
  const int32_t stride = w->stride[axis], dilation = w->dilation[axis];
  const int32_t kernel = w->kernel[axis];
  if (stride < 1 || dilation < 1 || kernel < 1 || stride > MOST_STEP ||
      dilation > MOST_STEP || kernel > MOST_STEP)
    return rp_tflite_fail(r,
                          "%s: expected window, stride and dilation of "
                          "1..%d, found %d, %d, %d",
                          axis_name[axis], MOST_STEP, kernel, stride, dilation);
  const int32_t reach = (kernel - 1) * dilation + 1;
  if (w->padding == VALID) {
    *before = 0;
    *out = in < reach ? 0 : (in - reach) / stride + 1;
    return RP_OK;
  }
  *out = (in + stride - 1) / stride;
  const int32_t all = (*out - 1) * stride + reach - in;
  *before = all > 0 ? all / 2 : 0;
  return RP_OK;
}

rp_status rp_tflite_place_windows(const rp_tflite_reader *r,
                                  const rp_tflite_windows *windows,
                                  const rp_tflite_value *in,
                                  const rp_tflite_value *out,
                                  rp_conv_shape *shape) {
  const int32_t *const pad = in->pad;
  if (windows->padding != SAME && windows->padding != VALID)
    return rp_tflite_fail(r, "expected padding 0 or 1, found %d",
                          windows->padding);
  if (in->n_dims != 4 || in->dims[0] != 1 || out->n_dims != 4 ||
      out->dims[0] != 1)
    return rp_tflite_fail(r, "expected shapes 1 x height x width x channels, "
                             "found others");
  *shape = (rp_conv_shape){.in_h = in->dims[1],
                           .in_w = in->dims[2],
                           .in_c = in->dims[3],
                           .out_c = out->dims[3],
                           .kernel_h = windows->kernel[0],
                           .kernel_w = windows->kernel[1],
                           .stride_h = windows->stride[0],
                           .stride_w = windows->stride[1],
                           .dilation_h = windows->dilation[0],
                           .dilation_w = windows->dilation[1],
                           .groups = 1};
  RP_TRY(place_axis(r, windows, 0, in->dims[1] + pad[TOP] + pad[BOTTOM],
                    &shape->out_h, &shape->pad_top));
  RP_TRY(place_axis(r, windows, 1, in->dims[2] + pad[LEFT] + pad[RIGHT],
                    &shape->out_w, &shape->pad_left));
  shape->pad_top += pad[TOP];
  shape->pad_left += pad[LEFT];
  if (shape->out_h == out->dims[1] && shape->out_w == out->dims[2])
    return RP_OK;
  return rp_tflite_fail(r, "expected %d x %d windows, as it describes them",
                        shape->out_h, shape->out_w);
}
