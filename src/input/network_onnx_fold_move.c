/* Folding of operators that move numbers: shapes and places. */
#include "input/network_onnx_fold.h"

#include <string.h>

typedef int64_t sizes[RP_ONNX_DIMS];

/* The same elements in another shape. */
static rp_status rename_shape(rp_onnx_folding *f, size_t n_dims,
                              const int64_t *dims) {
  RP_TRY(rp_onnx_begin_output(f, f->in->type, n_dims, dims));
  if (f->out.count != f->in->count)
    return rp_fail(f->err, RP_E_INPUT,
                   "expected as many numbers behind it, found %d and %d",
                   f->in->count, f->out.count);
  for (int32_t i = 0; i < f->out.count; i++)
    rp_onnx_copy_element(f, i, f->in, i);
  return RP_OK;
}

static void copy_sizes(const rp_onnx_tensor *from, int64_t *dims) {
  for (int32_t d = 0; d < from->n_dims; d++) dims[d] = from->dims[d];
}

rp_status rp_onnx_fold_identity(rp_onnx_folding *f) {
  sizes dims;
  copy_sizes(f->in, dims);
  return rename_shape(f, (size_t)f->in->n_dims, dims);
}

/* ---- Shapes. ---- */

rp_status rp_onnx_reshape_sizes(const rp_onnx_folding *f,
                                const rp_onnx_tensor *in, int32_t *n_dims,
                                int64_t *dims) {
  const int64_t *wanted;
  int64_t allows_zero, known = 1;
  int32_t open = RP_ONNX_NONE;
  RP_TRY(rp_onnx_get_list(f, 1, "shape", n_dims, &wanted));
  RP_TRY(
      rp_onnx_get_int(f->model, f->node, "allowzero", 0, &allows_zero, f->err));
  if (*n_dims < 0 || *n_dims > RP_ONNX_DIMS)
    return rp_fail(f->err, RP_E_INPUT,
                   "expected a shape of at most %d dimensions, found %d",
                   RP_ONNX_DIMS, *n_dims);
  for (int32_t d = 0; d < *n_dims; d++) {
    dims[d] = wanted[d];
    if (dims[d] == 0 && !allows_zero && d < in->n_dims) dims[d] = in->dims[d];
    if (dims[d] < -1 || dims[d] > RP_ONNX_MOST_ELEMENTS ||
        (dims[d] == -1 && open != RP_ONNX_NONE))
      return rp_fail(f->err, RP_E_INPUT,
                     "expected sizes with at most one left open, found %lld",
                     (long long)dims[d]);
    if (dims[d] == -1) open = d;
    if (dims[d] >= 0 && known <= RP_ONNX_MOST_ELEMENTS) known *= dims[d];
  }
  if (open != RP_ONNX_NONE) dims[open] = known > 0 ? in->count / known : 0;
  return RP_OK;
}

rp_status rp_onnx_flatten_sizes(const rp_onnx_folding *f,
                                const rp_onnx_tensor *in, int32_t *n_dims,
                                int64_t *dims) {
  int64_t axis;
  RP_TRY(rp_onnx_get_int(f->model, f->node, "axis", 1, &axis, f->err));
  if (axis < -in->n_dims || axis > in->n_dims)
    return rp_fail(f->err, RP_E_INPUT,
                   "expected an axis of %d dimensions, found %lld", in->n_dims,
                   (long long)axis);
  if (axis < 0) axis += in->n_dims;
  *n_dims = 2;
  dims[0] = dims[1] = 1;
  for (int32_t d = 0; d < in->n_dims; d++) dims[d >= axis] *= in->dims[d];
  return RP_OK;
}

/* Mark the axes of a list. */
static rp_status mark_axes(const rp_onnx_folding *f, int32_t n,
                           const int64_t *list, int32_t n_dims, bool *marked) {
  for (int32_t i = 0; i < n; i++) {
    int32_t axis;
    RP_TRY(rp_onnx_normalize_axis(f, list[i], n_dims, &axis));
    if (marked[axis])
      return rp_fail(f->err, RP_E_INPUT, "expected axis %d once, found twice",
                     axis);
    marked[axis] = true;
  }
  return RP_OK;
}

rp_status rp_onnx_squeeze_sizes(const rp_onnx_folding *f,
                                const rp_onnx_tensor *in, int32_t *n_dims,
                                int64_t *dims) {
  bool goes[RP_ONNX_DIMS] = {false};
  const int64_t *list;
  int32_t n;
  RP_TRY(rp_onnx_get_list(f, 1, "axes", &n, &list));
  RP_TRY(mark_axes(f, n, list, in->n_dims, goes));
  *n_dims = 0;
  for (int32_t d = 0; d < in->n_dims; d++) {
    if (goes[d] && in->dims[d] != 1)
      return rp_fail(f->err, RP_E_INPUT, "axis %d: expected size 1, found %d",
                     d, in->dims[d]);
    const bool stays = n < 0 ? in->dims[d] != 1 : !goes[d];
    if (stays) dims[(*n_dims)++] = in->dims[d];
  }
  return RP_OK;
}

rp_status rp_onnx_unsqueeze_sizes(const rp_onnx_folding *f,
                                  const rp_onnx_tensor *in, int32_t *n_dims,
                                  int64_t *dims) {
  bool is_new[RP_ONNX_DIMS] = {false};
  const int64_t *list;
  int32_t n, next = 0;
  RP_TRY(rp_onnx_get_list(f, 1, "axes", &n, &list));
  if (n < 0 || n > RP_ONNX_DIMS - in->n_dims)
    return rp_fail(f->err, RP_E_INPUT,
                   "expected axes to at most %d dimensions, found others",
                   RP_ONNX_DIMS);
  *n_dims = in->n_dims + n;
  RP_TRY(mark_axes(f, n, list, *n_dims, is_new));
  for (int32_t d = 0; d < *n_dims; d++)
    dims[d] = is_new[d] ? 1 : in->dims[next++];
  return RP_OK;
}

static rp_status fold_shape(rp_onnx_folding *f, rp_onnx_find_sizes *find) {
  sizes dims;
  int32_t n_dims;
  RP_TRY(find(f, f->in, &n_dims, dims));
  return rename_shape(f, (size_t)n_dims, dims);
}

rp_status rp_onnx_fold_reshape(rp_onnx_folding *f) {
  return fold_shape(f, rp_onnx_reshape_sizes);
}

rp_status rp_onnx_fold_flatten(rp_onnx_folding *f) {
  return fold_shape(f, rp_onnx_flatten_sizes);
}

rp_status rp_onnx_fold_squeeze(rp_onnx_folding *f) {
  return fold_shape(f, rp_onnx_squeeze_sizes);
}

rp_status rp_onnx_fold_unsqueeze(rp_onnx_folding *f) {
  return fold_shape(f, rp_onnx_unsqueeze_sizes);
}

/* ---- Places. ---- */

rp_status rp_onnx_get_order(const rp_onnx_folding *f, int32_t n_dims,
                            int32_t *from) {
  bool is_used[RP_ONNX_DIMS] = {false};
  const int64_t *list;
  int32_t n;
  RP_TRY(rp_onnx_get_ints(f->model, f->node, "perm", &n, &list, f->err));
  if (n != 0 && n != n_dims)
    return rp_fail(f->err, RP_E_INPUT,
                   "attribute perm: expected %d axes, found %d", n_dims, n);
  RP_TRY(mark_axes(f, n, list, n_dims, is_used));
  for (int32_t d = 0; d < n_dims; d++) {
    from[d] = n_dims - 1 - d;
    if (n > 0) RP_TRY(rp_onnx_normalize_axis(f, list[d], n_dims, &from[d]));
  }
  return RP_OK;
}

rp_status rp_onnx_fold_transpose(rp_onnx_folding *f) {
  const rp_onnx_tensor *const in = f->in;
  int32_t order[RP_ONNX_DIMS], stride[RP_ONNX_DIMS], step = 1;
  sizes dims;
  RP_TRY(rp_onnx_get_order(f, in->n_dims, order));
  for (int32_t d = in->n_dims - 1; d >= 0; d--) {
    stride[d] = step;
    step *= in->dims[d];
  }
  for (int32_t d = 0; d < in->n_dims; d++) dims[d] = in->dims[order[d]];
  RP_TRY(rp_onnx_begin_output(f, in->type, (size_t)in->n_dims, dims));
  for (int32_t i = 0; i < f->out.count; i++) {
    int32_t rest = i, from = 0;
    for (int32_t d = in->n_dims - 1; d >= 0; d--) {
      from += rest % f->out.dims[d] * stride[order[d]];
      rest /= f->out.dims[d];
    }
    rp_onnx_copy_element(f, i, in, from);
  }
  return RP_OK;
}

static int32_t multiply(const rp_onnx_tensor *tensor, int32_t first,
                        int32_t end) {
  int32_t product = 1;
  for (int32_t d = first; d < end; d++) product *= tensor->dims[d];
  return product;
}

/* out[outer][i][inner] = in[outer][index[i]][inner] along one axis. */
rp_status rp_onnx_fold_gather(rp_onnx_folding *f) {
  const rp_onnx_tensor *const in = f->in;
  const rp_onnx_tensor *const index = rp_onnx_operand(f->model, f->node, 1);
  int64_t wanted;
  int32_t axis, n_dims = 0;
  int64_t dims[2 * RP_ONNX_DIMS];
  RP_TRY(rp_onnx_get_int(f->model, f->node, "axis", 0, &wanted, f->err));
  RP_TRY(rp_onnx_normalize_axis(f, wanted, in->n_dims, &axis));
  if (!index || !index->integer)
    return rp_fail(f->err, RP_E_INPUT,
                   "expected integers as places, found "
                   "others");
  for (int32_t d = 0; d < axis; d++) dims[n_dims++] = in->dims[d];
  for (int32_t d = 0; d < index->n_dims; d++) dims[n_dims++] = index->dims[d];
  for (int32_t d = axis + 1; d < in->n_dims; d++) dims[n_dims++] = in->dims[d];
  RP_TRY(rp_onnx_begin_output(f, in->type, (size_t)n_dims, dims));
  const int32_t inner = multiply(in, axis + 1, in->n_dims);
  for (int32_t i = 0; i < f->out.count; i++) {
    const int32_t which = i / inner % index->count;
    const int32_t outer = i / inner / index->count;
    int32_t place;
    RP_TRY(rp_onnx_normalize_axis(f, index->integer[which], in->dims[axis],
                                  &place));
    rp_onnx_copy_element(f, i, in,
                         (outer * in->dims[axis] + place) * inner + i % inner);
  }
  return RP_OK;
}

/* Is a part as the first one, but along the axis? */
static bool is_part(const rp_onnx_tensor *in, const rp_onnx_tensor *part,
                    int32_t axis) {
  bool fits = part && part->type == in->type && part->n_dims == in->n_dims;
  for (int32_t d = 0; fits && d < in->n_dims; d++)
    fits = d == axis || part->dims[d] == in->dims[d];
  return fits;
}

rp_status rp_onnx_fold_concat(rp_onnx_folding *f) {
  const rp_onnx_node *const node = f->node;
  int64_t wanted;
  int32_t axis;
  sizes dims;
  RP_TRY(rp_onnx_get_int(f->model, node, "axis", 0, &wanted, f->err));
  RP_TRY(rp_onnx_normalize_axis(f, wanted, f->in->n_dims, &axis));
  copy_sizes(f->in, dims);
  dims[axis] = 0;
  for (int32_t k = 0; k < node->n_inputs; k++) {
    const rp_onnx_tensor *const part = rp_onnx_operand(f->model, node, k);
    if (!is_part(f->in, part, axis))
      return rp_fail(f->err, RP_E_INPUT,
                     "expected parts of one type and shape, found part %d of "
                     "another",
                     k);
    dims[axis] += part->dims[axis];
  }
  RP_TRY(rp_onnx_begin_output(f, f->in->type, (size_t)f->in->n_dims, dims));
  const int32_t inner = multiply(f->in, axis + 1, f->in->n_dims);
  const int32_t whole = inner * f->out.dims[axis];
  int32_t begin = 0;
  for (int32_t k = 0; k < node->n_inputs; k++) {
    const rp_onnx_tensor *const part = rp_onnx_operand(f->model, node, k);
    const int32_t length = inner * part->dims[axis];
    for (int32_t i = 0; i < part->count; i++)
      rp_onnx_copy_element(f, i / length * whole + begin + i % length, part, i);
    begin += length;
  }
  return RP_OK;
}

/* ---- Slices. ---- */

typedef struct slice {
  int32_t n;                                /* axes that are cut */
  const int64_t *first, *end, *axis, *step; /* [n]; NULL: the default */
} slice;

static rp_status get_slice(const rp_onnx_folding *f, slice *s) {
  int32_t n[4];
  RP_TRY(rp_onnx_get_list(f, 1, "starts", &n[0], &s->first));
  RP_TRY(rp_onnx_get_list(f, 2, "ends", &n[1], &s->end));
  RP_TRY(rp_onnx_get_list(f, 3, "axes", &n[2], &s->axis));
  RP_TRY(rp_onnx_get_list(f, 4, "steps", &n[3], &s->step));
  s->n = n[0];
  if (s->n < 0 || s->n > f->in->n_dims || n[1] != s->n ||
      (n[2] >= 0 && n[2] != s->n) || (n[3] >= 0 && n[3] != s->n))
    return rp_fail(f->err, RP_E_INPUT,
                   "expected as many starts as ends, axes and steps, found "
                   "others");
  return RP_OK;
}

static int64_t clamp(int64_t place, int64_t size, int64_t most) {
  if (place < 0) place = place < -size ? 0 : place + size;
  return place > most ? most : place;
}

/* Ascending steps; nobody has met others. */
static rp_status cut(const rp_onnx_folding *f, const slice *s, int64_t *dims,
                     int64_t *first, int64_t *step) {
  bool is_cut[RP_ONNX_DIMS] = {false};
  for (int32_t i = 0; i < s->n; i++) {
    int32_t a;
    RP_TRY(
        rp_onnx_normalize_axis(f, s->axis ? s->axis[i] : i, f->in->n_dims, &a));
    const int64_t size = f->in->dims[a], by = s->step ? s->step[i] : 1;
    if (by < 1 || by > RP_ONNX_MOST_ELEMENTS || is_cut[a])
      return rp_fail(f->err, RP_E_INPUT,
                     "axis %d: expected one slice with a positive step, found "
                     "another",
                     a);
    is_cut[a] = true;
    first[a] = clamp(s->first[i], size, size);
    step[a] = by;
    const int64_t end = clamp(s->end[i], size, size);
    dims[a] = end > first[a] ? (end - first[a] + by - 1) / by : 0;
  }
  return RP_OK;
}

rp_status rp_onnx_fold_slice(rp_onnx_folding *f) {
  const rp_onnx_tensor *const in = f->in;
  int64_t first[RP_ONNX_DIMS] = {0}, step[RP_ONNX_DIMS];
  sizes dims;
  slice s;
  for (int32_t d = 0; d < RP_ONNX_DIMS; d++) step[d] = 1;
  copy_sizes(in, dims);
  RP_TRY(get_slice(f, &s));
  RP_TRY(cut(f, &s, dims, first, step));
  RP_TRY(rp_onnx_begin_output(f, in->type, (size_t)in->n_dims, dims));
  for (int32_t i = 0; i < f->out.count; i++) {
    int64_t rest = i, from = 0, stride = 1;
    for (int32_t d = in->n_dims - 1; d >= 0; d--) {
      from += (first[d] + rest % dims[d] * step[d]) * stride;
      rest /= dims[d];
      stride *= in->dims[d];
    }
    rp_onnx_copy_element(f, i, in, (int32_t)from);
  }
  return RP_OK;
}
