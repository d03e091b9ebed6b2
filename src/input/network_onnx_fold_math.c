/* Folding of operators that compute: sums and products of scalars and tensors,
 * other types, and quantizers of weights. */
#include <math.h>
#include <string.h>

#include "input/network_onnx_fold.h"

/* ---- Sums and products, with one operand spread over the other. ---- */

rp_status rp_onnx_begin_repeated(rp_onnx_folding *f, const rp_onnx_tensor *b) {
  const rp_onnx_tensor *const a = f->in;
  const int32_t n = a->n_dims > b->n_dims ? a->n_dims : b->n_dims;
  int64_t dims[RP_ONNX_DIMS];
  for (int32_t d = 0; d < n; d++) {
    const int32_t da = d - (n - a->n_dims), db = d - (n - b->n_dims);
    const int32_t of_a = da < 0 ? 1 : a->dims[da];
    const int32_t of_b = db < 0 ? 1 : b->dims[db];
    if (of_a != of_b && of_a != 1 && of_b != 1)
      return rp_fail(f->err, RP_E_INPUT,
                     "expected sizes that match, found %d and %d", of_a, of_b);
    dims[d] = of_a == 1 ? of_b : of_a;
  }
  return rp_onnx_begin_output(f, a->type, (size_t)n, dims);
}

int32_t rp_onnx_find_repeated(const rp_onnx_tensor *out,
                              const rp_onnx_tensor *in, int32_t i) {
  int32_t from = 0, stride = 1;
  for (int32_t d = out->n_dims - 1; d >= 0; d--) {
    const int32_t own = d - (out->n_dims - in->n_dims);
    if (own >= 0) {
      if (in->dims[own] > 1) from += i % out->dims[d] * stride;
      stride *= in->dims[own];
    }
    i /= out->dims[d];
  }
  return from;
}

static float compute_real(char op, float a, float b) {
  switch (op) {
  case 'P':
    return powf(a, b);
  case 'A':
    return a + b;
  case 'S':
    return a - b;
  case 'M':
    return a * b;
  default:
    return a / b;
  }
}

/* False where the runtime would overflow, or divide by zero. */
static bool compute_integer(char op, int64_t a, int64_t b, int64_t *result) {
  switch (op) {
  case 'A':
    return !__builtin_add_overflow(a, b, result);
  case 'S':
    return !__builtin_sub_overflow(a, b, result);
  case 'M':
    return !__builtin_mul_overflow(a, b, result);
  default:
    if (b == 0 || (a == INT64_MIN && b == -1)) return false;
    *result = a / b;
    return true;
  }
}

rp_status rp_onnx_fold_arithmetic(rp_onnx_folding *f) {
  const rp_onnx_tensor *const a = f->in;
  const rp_onnx_tensor *const b = rp_onnx_operand(f->model, f->node, 1);
  const char op = *f->node->op; /* Add, Sub, Mul, Div, Pow */
  if (!b || a->type != b->type || (op == 'P' && !a->real))
    return rp_fail(f->err, RP_E_INPUT, "expected two operands of one type%s",
                   op == 'P' ? ", float32" : "");
  RP_TRY(rp_onnx_begin_repeated(f, b));
  for (int32_t i = 0; i < f->out.count; i++) {
    const int32_t ia = rp_onnx_find_repeated(&f->out, a, i);
    const int32_t ib = rp_onnx_find_repeated(&f->out, b, i);
    if (f->out.real)
      f->out.real[i] = compute_real(op, a->real[ia], b->real[ib]);
    else if (!compute_integer(op, a->integer[ia], b->integer[ib],
                              &f->out.integer[i]) ||
             !rp_onnx_fits(a->type, f->out.integer[i]))
      return rp_fail(f->err, RP_E_INPUT, "element %d: the result overflows", i);
  }
  return RP_OK;
}

/* ---- Other types. ---- */

static bool cast_real(float from, int64_t *to) {
  if (!(fabsf(from) < 0x1p62F)) return false;
  *to = (int64_t)from; /* toward zero */
  return true;
}

rp_status rp_onnx_fold_cast(rp_onnx_folding *f) {
  const rp_onnx_tensor *const in = f->in;
  int64_t type, dims[RP_ONNX_DIMS];
  RP_TRY(rp_onnx_get_int(f->model, f->node, "to", 0, &type, f->err));
  for (int32_t d = 0; d < in->n_dims; d++) dims[d] = in->dims[d];
  RP_TRY(rp_onnx_begin_output(f, type == (int32_t)type ? (int32_t)type : 0,
                              (size_t)in->n_dims, dims));
  for (int32_t i = 0; i < in->count; i++) {
    int64_t number = in->integer ? in->integer[i] : 0;
    if (f->out.real) {
      f->out.real[i] = in->real ? in->real[i] : (float)number;
      continue;
    }
    if (type == RP_ONNX_BOOL)
      number = in->real ? in->real[i] != 0 : number != 0;
    else if (in->real && !cast_real(in->real[i], &number))
      return rp_fail(f->err, RP_E_INPUT, "element %d: it does not fit", i);
    if (!rp_onnx_fits((int32_t)type, number))
      return rp_fail(f->err, RP_E_INPUT, "element %d: it does not fit", i);
    f->out.integer[i] = number;
  }
  return RP_OK;
}

/* ---- Quantizers of weights. ---- */

/* One scale for all, or one a place along the axis. */
rp_status rp_onnx_fold_quantize(rp_onnx_folding *f) {
  const rp_onnx_tensor *const in = f->in;
  const rp_onnx_tensor *const scale = rp_onnx_operand(f->model, f->node, 1);
  const rp_onnx_tensor *const zero = rp_onnx_operand(f->model, f->node, 2);
  int64_t wanted, dims[RP_ONNX_DIMS];
  int32_t axis = 0, inner = 1;
  const bool is_single = scale && scale->count == 1;
  if (!in->real || !scale || !scale->real ||
      (zero && (!zero->integer || zero->count != scale->count)))
    return rp_fail(f->err, RP_E_INPUT,
                   "expected float32 numbers and scales, found others");
  RP_TRY(rp_onnx_get_int(f->model, f->node, "axis", 1, &wanted, f->err));
  if (!is_single) RP_TRY(rp_onnx_normalize_axis(f, wanted, in->n_dims, &axis));
  if (!is_single && scale->count != in->dims[axis])
    return rp_fail(f->err, RP_E_INPUT, "expected 1 or %d scales, found %d",
                   in->dims[axis], scale->count);
  for (int32_t d = 0; d < in->n_dims; d++) dims[d] = in->dims[d];
  for (int32_t d = axis + 1; d < in->n_dims; d++) inner *= in->dims[d];
  const int32_t type = zero ? zero->type : RP_ONNX_UINT8;
  if (type != RP_ONNX_UINT8 && type != RP_ONNX_INT8)
    return rp_fail(f->err, RP_E_INPUT, "expected int8 or uint8, found %s",
                   rp_onnx_type_name(type));
  const float lo = type == RP_ONNX_INT8 ? INT8_MIN : 0;
  const float hi = type == RP_ONNX_INT8 ? INT8_MAX : UINT8_MAX;
  RP_TRY(rp_onnx_begin_output(f, type, (size_t)in->n_dims, dims));
  for (int32_t i = 0; i < in->count; i++) {
    const int32_t c = is_single ? 0 : i / inner % scale->count;
    const float offset = (float)rp_onnx_get_integer(zero, c);
    const float steps = rintf(in->real[i] / scale->real[c]) + offset;
    if (isnan(steps))
      return rp_fail(f->err, RP_E_INPUT, "element %d: it is no number", i);
    f->out.integer[i] = (int64_t)fminf(fmaxf(steps, lo), hi);
  }
  return RP_OK;
}
