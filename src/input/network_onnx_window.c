/* Where windows lie that slide over height and width. */
#include "input/network_onnx.h"

enum { MOST_STEP = 1 << 12 };

typedef struct windows {
  int32_t n; /* spatial dimensions, 1 or 2: the last ones of both */
  int32_t in[2], kernel[2], stride[2], dilation[2];
  int32_t before[2], after[2]; /* padding */
  int32_t out[2];
} windows;

/* A list of the spatial dimensions; a height that there is not has size 1. */
static rp_status take_list(const rp_onnx_reader *r, const rp_onnx_node *node,
                           const char *name, int32_t n, int32_t absent,
                           int32_t list[2]) {
  int32_t found;
  const int64_t *numbers;
  RP_TRY(rp_onnx_get_ints(&r->model, node, name, &found, &numbers, r->err));
  list[0] = list[1] = absent;
  if (found == 0) return RP_OK;
  if (found != n)
    return RP_ONNX_FAIL(r, "attribute %s: expected %d numbers, found %d", name,
                        n, found);
  for (int32_t d = 0; d < n; d++) {
    if (numbers[d] < 1 || numbers[d] > MOST_STEP)
      return RP_ONNX_FAIL(r, "attribute %s: expected 1..%d, found %lld", name,
                          MOST_STEP, (long long)numbers[d]);
    list[d + 2 - n] = (int32_t)numbers[d];
  }
  return RP_OK;
}

/* All before, then all after. */
static rp_status take_pads(const rp_onnx_reader *r, const rp_onnx_node *node,
                           windows *w) {
  int32_t found;
  const int64_t *pads;
  RP_TRY(rp_onnx_get_ints(&r->model, node, "pads", &found, &pads, r->err));
  if (found != 0 && found != 2 * w->n)
    return RP_ONNX_FAIL(r, "attribute pads: expected %d numbers, found %d",
                        2 * w->n, found);
  for (int32_t i = 0; i < found; i++) {
    if (pads[i] < 0 || pads[i] > MOST_STEP)
      return RP_ONNX_FAIL(r, "attribute pads: expected 0..%d, found %lld",
                          MOST_STEP, (long long)pads[i]);
    const int32_t d = i % w->n + 2 - w->n;
    (i < w->n ? w->before : w->after)[d] += (int32_t)pads[i];
  }
  return RP_OK;
}

/* What is needed so that every stride has a window. */
static void pad_to_same(windows *w, bool is_upper) {
  for (int d = 0; d < 2; d++) {
    const int32_t reach = (w->kernel[d] - 1) * w->dilation[d] + 1;
    const int32_t n = (w->in[d] + w->stride[d] - 1) / w->stride[d];
    const int32_t all = (n - 1) * w->stride[d] + reach - w->in[d];
    const int32_t half = all > 0 ? all / 2 : 0;
    const int32_t rest = all > 0 ? all - half : 0;
    w->before[d] += is_upper ? half : rest;
    w->after[d] += is_upper ? rest : half;
  }
}

static rp_status take_padding(const rp_onnx_reader *r, const rp_onnx_node *node,
                              const rp_onnx_item *in, windows *w) {
  const bool is_upper = rp_onnx_is_text(node, "auto_pad", "", "SAME_UPPER");
  const bool is_lower = rp_onnx_is_text(node, "auto_pad", "", "SAME_LOWER");
  const bool has_own = in->pad[RP_ONNX_TOP] || in->pad[RP_ONNX_BOTTOM] ||
                       in->pad[RP_ONNX_LEFT] || in->pad[RP_ONNX_RIGHT];
  w->before[0] = in->pad[RP_ONNX_TOP];
  w->after[0] = in->pad[RP_ONNX_BOTTOM];
  w->before[1] = in->pad[RP_ONNX_LEFT];
  w->after[1] = in->pad[RP_ONNX_RIGHT];
  if (rp_onnx_is_text(node, "auto_pad", "NOTSET", "NOTSET"))
    return take_pads(r, node, w);
  if (rp_onnx_is_text(node, "auto_pad", "", "VALID")) return RP_OK;
  if ((!is_upper && !is_lower) || has_own || w->dilation[0] > 1 ||
      w->dilation[1] > 1)
    return RP_ONNX_FAIL(r, "attribute auto_pad: expected NOTSET, VALID, or "
                           "SAME_UPPER or SAME_LOWER without dilation and "
                           "padding before it, found another");
  pad_to_same(w, is_upper);
  return RP_OK;
}

static rp_status count_windows(const rp_onnx_reader *r, windows *w) {
  for (int d = 0; d < 2; d++) {
    const int32_t reach = (w->kernel[d] - 1) * w->dilation[d] + 1;
    const int32_t all = w->in[d] + w->before[d] + w->after[d];
    if (w->kernel[d] < 1 || w->kernel[d] > MOST_STEP || all < reach)
      return RP_ONNX_FAIL(r,
                          "expected windows of 1..%d within %d padded "
                          "numbers, found a reach of %d",
                          MOST_STEP, all, reach);
    w->out[d] = (all - reach) / w->stride[d] + 1;
  }
  return RP_OK;
}

/* The shape has the padding that stands beside the item. */
static rp_status begin(const rp_onnx_reader *r, const rp_onnx_tensor *tensor,
                       const rp_onnx_item *in, const int32_t kernel[2],
                       windows *w) {
  const int32_t n_dims = tensor->n_dims;
  if (!tensor->has_shape || n_dims < 3 || n_dims > 4 || tensor->dims[0] != 1)
    return RP_ONNX_FAIL(r, "expected one sample of channels, height and width, "
                           "or channels and one size");
  w->n = n_dims - 2;
  w->in[0] = n_dims == 4 ? tensor->dims[2] - in->pad[RP_ONNX_TOP] -
                               in->pad[RP_ONNX_BOTTOM]
                         : 1;
  w->in[1] =
      tensor->dims[n_dims - 1] - in->pad[RP_ONNX_LEFT] - in->pad[RP_ONNX_RIGHT];
  w->kernel[0] = kernel[0];
  w->kernel[1] = kernel[1];
  return RP_OK;
}

rp_status rp_onnx_place_windows(const rp_onnx_reader *r,
                                const rp_onnx_node *node,
                                const rp_onnx_tensor *tensor,
                                const rp_onnx_item *in, const int32_t kernel[2],
                                int32_t out_c, rp_conv_shape *shape,
                                int64_t dims[4]) {
  windows w = {.n = 0};
  RP_TRY(begin(r, tensor, in, kernel, &w));
  RP_TRY(take_list(r, node, "strides", w.n, 1, w.stride));
  RP_TRY(take_list(r, node, "dilations", w.n, 1, w.dilation));
  RP_TRY(take_padding(r, node, in, &w));
  RP_TRY(count_windows(r, &w));
  *shape = (rp_conv_shape){.in_h = w.in[0],
                           .in_w = w.in[1],
                           .in_c = tensor->dims[1],
                           .out_h = w.out[0],
                           .out_w = w.out[1],
                           .out_c = out_c,
                           .kernel_h = w.kernel[0],
                           .kernel_w = w.kernel[1],
                           .stride_h = w.stride[0],
                           .stride_w = w.stride[1],
                           .dilation_h = w.dilation[0],
                           .dilation_w = w.dilation[1],
                           .pad_top = w.before[0],
                           .pad_left = w.before[1],
                           .groups = 1};
  dims[0] = 1;
  dims[1] = out_c;
  dims[2] = w.out[w.n == 2 ? 0 : 1];
  dims[3] = w.out[1];
  return RP_OK;
}
