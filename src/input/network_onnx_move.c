/* Operators that move numbers and change none of them, and what may stand
 * behind the logits. */
#include <stdlib.h>

#include "core/memory.h"
#include "input/network_onnx.h"
#include "input/network_onnx_fold.h"

enum { MOST_TERMS = 64, MOST_PADDING = 1 << 12 };

/* Anything but a float result that waits for its quantizer can be moved. */
static rp_status get_movable(const rp_onnx_reader *r, int32_t i,
                             rp_onnx_item *item) {
  const rp_onnx_item *const found = rp_onnx_item_of(r, r->node, i);
  if (!found ||
      (found->kind != RP_ONNX_SCALED && found->kind != RP_ONNX_END &&
       found->kind != RP_ONNX_REALS && found->kind != RP_ONNX_FLOATS)) {
    const rp_onnx_item *same;
    RP_TRY(rp_onnx_get_item(r, r->node, i, RP_ONNX_INTEGERS, &same));
  }
  *item = *found;
  for (int side = 0; side < RP_ONNX_SIDES; side++)
    if (item->pad[side] != 0)
      return RP_ONNX_FAIL(r,
                          "operand %d: expected no padding, which only "
                          "convolutions take over, found some",
                          i);
  if (rp_onnx_operand(&r->model, r->node, i)->has_shape) return RP_OK;
  return RP_ONNX_FAIL(r, "operand %d: expected a known shape", i);
}

/* ---- New shapes for the same numbers. ---- */

static const struct {
  const char *op;
  rp_onnx_find_sizes *find;
} shapes[] = {{"Reshape", rp_onnx_reshape_sizes},
              {"Flatten", rp_onnx_flatten_sizes},
              {"Squeeze", rp_onnx_squeeze_sizes},
              {"Unsqueeze", rp_onnx_unsqueeze_sizes}};

/* Identity keeps the shape. */
static rp_status find_sizes(const rp_onnx_reader *r, const rp_onnx_tensor *x,
                            int32_t *n_dims, int64_t *dims) {
  rp_error why = {""};
  const rp_onnx_folding f = {.model = (rp_onnx_model *)&r->model,
                             .node = r->node,
                             .in = x,
                             .err = &why};
  *n_dims = x->n_dims;
  for (int32_t d = 0; d < x->n_dims; d++) dims[d] = x->dims[d];
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    if (rp_onnx_is_op(r->node, "", shapes[i].op))
      return rp_onnx_place(r, shapes[i].find(&f, x, n_dims, dims), &why);
  return RP_OK;
}

rp_status rp_onnx_read_shape(rp_onnx_reader *r) {
  rp_onnx_item item;
  int32_t n_dims;
  int64_t dims[RP_ONNX_DIMS];
  RP_TRY(get_movable(r, 0, &item));
  RP_TRY(find_sizes(r, rp_onnx_operand(&r->model, r->node, 0), &n_dims, dims));
  return rp_onnx_set_item(r, &item, n_dims, dims);
}

/* ---- Transpositions. ---- */

/* Where the output's element number `at` lies in the input. */
static int32_t find_transposed(const rp_onnx_tensor *in, const int64_t *dims,
                               const int32_t *order, int32_t at) {
  int32_t stride[RP_ONNX_DIMS], index = 0, step = 1;
  for (int32_t d = in->n_dims - 1; d >= 0; d--) {
    stride[d] = step;
    step *= in->dims[d];
  }
  for (int32_t d = in->n_dims - 1; d >= 0; d--) {
    index += at % (int32_t)dims[d] * stride[order[d]];
    at /= (int32_t)dims[d];
  }
  return index;
}

/* The numbers stay where they are if some arrangement says so: channels were
 * moved to the end or to the front, or axes of size 1 anywhere. */
static bool find_arrangement(rp_onnx_item *item, const int32_t *place,
                             const int64_t *dims, int32_t n_dims) {
  const int32_t n = rp_onnx_count(item);
  int64_t channels = 1;
  for (int32_t d = 0; d <= n_dims; d++) {
    rp_onnx_item tried = *item;
    tried.channels = (int32_t)channels;
    tried.positions = n / tried.channels;
    int32_t i = 0;
    while (i < n && rp_onnx_find_place(&tried, i) == place[i]) i++;
    if (i == n) {
      *item = tried;
      return true;
    }
    if (d < n_dims) channels *= dims[d];
  }
  return false;
}

static rp_status copy_places(rp_onnx_reader *r, const int32_t *place,
                             rp_onnx_item *item) {
  const int32_t n = rp_onnx_count(item);
  const rp_build_source from = {item->source, n, place};
  rp_error why = {""};
  rp_term term;
  if (!r->net) RP_TRY(rp_onnx_begin_net(r, &item->number));
  if (item->source == RP_INPUT) item->number.zero = r->net->in_zero;
  RP_TRY(rp_onnx_place(r, rp_build_copy(&from, n, NULL, &term, &why), &why));
  RP_TRY(rp_onnx_place(
      r, rp_build_selection(r->net, n, 1, &term, &item->number, &why), &why));
  item->source = r->net->n_blocks - 1;
  item->channels = n;
  item->positions = 1;
  return RP_OK;
}

static rp_status transpose(rp_onnx_reader *r, rp_onnx_item *item,
                           int32_t *place, int64_t *dims) {
  const rp_onnx_tensor *const x = rp_onnx_operand(&r->model, r->node, 0);
  int32_t order[RP_ONNX_DIMS];
  rp_error why = {""};
  const rp_onnx_folding f = {&r->model, r->node, x, {0}, &why};
  RP_TRY(rp_onnx_place(r, rp_onnx_get_order(&f, x->n_dims, order), &why));
  for (int32_t d = 0; d < x->n_dims; d++) dims[d] = x->dims[order[d]];
  for (int32_t i = 0; i < x->count; i++)
    place[i] = rp_onnx_find_place(item, find_transposed(x, dims, order, i));
  if (find_arrangement(item, place, dims, x->n_dims)) return RP_OK;
  if (item->kind == RP_ONNX_INTEGERS || item->kind == RP_ONNX_SCALED)
    return copy_places(r, place, item);
  return RP_ONNX_FAIL(r, "expected an order that only moves channels to the "
                         "front or to the end, found another");
}

rp_status rp_onnx_read_transpose(rp_onnx_reader *r) {
  rp_onnx_item item;
  int64_t dims[RP_ONNX_DIMS];
  RP_TRY(get_movable(r, 0, &item));
  const rp_onnx_tensor *const x = rp_onnx_operand(&r->model, r->node, 0);
  int32_t *const place = rp_alloc((size_t)x->count, sizeof *place);
  if (!place)
    return rp_onnx_place(r, RP_E_MEMORY, &(rp_error){"out of memory"});
  const rp_status status = transpose(r, &item, place, dims);
  free(place);
  RP_TRY(status);
  return rp_onnx_set_item(r, &item, x->n_dims, dims);
}

/* ---- Concatenations. ---- */

typedef struct joined {
  rp_onnx_item out;
  int32_t n_parts, first, step; /* operands: first, first + step, ... */
  int32_t n_dims, axis;
  int64_t dims[RP_ONNX_DIMS];
  int64_t begin;  /* along the axis, of the part at hand */
  int32_t *index; /* [neurons] */
  int32_t n_terms;
  rp_term term[MOST_TERMS];
} joined;

static int32_t get_operand(const joined *j, int32_t part) {
  return j->first + part * j->step;
}

static rp_status measure_parts(const rp_onnx_reader *r, joined *j) {
  const rp_onnx_tensor *const first =
      rp_onnx_operand(&r->model, r->node, get_operand(j, 0));
  int64_t axis;
  rp_error why = {""};
  const rp_onnx_folding f = {
      (rp_onnx_model *)&r->model, r->node, first, {0}, &why};
  RP_TRY(rp_onnx_get_int(&r->model, r->node, "axis", 0, &axis, r->err));
  if (!first || !first->has_shape || j->n_parts < 1 || j->n_parts > MOST_TERMS)
    return RP_ONNX_FAIL(r, "expected 1..%d parts of known shapes", MOST_TERMS);
  RP_TRY(rp_onnx_place(
      r, rp_onnx_normalize_axis(&f, axis, first->n_dims, &j->axis), &why));
  j->n_dims = first->n_dims;
  for (int32_t k = 0; k < j->n_parts; k++) {
    const rp_onnx_tensor *const part =
        rp_onnx_operand(&r->model, r->node, get_operand(j, k));
    bool fits = part && part->has_shape && part->n_dims == j->n_dims;
    for (int32_t d = 0; fits && d < j->n_dims; d++)
      fits = d == j->axis || part->dims[d] == first->dims[d];
    if (!fits)
      return RP_ONNX_FAIL(r,
                          "expected parts of one shape, found part %d of "
                          "another",
                          k);
    for (int32_t d = 0; d < j->n_dims; d++)
      if (d != j->axis || k == 0) j->dims[d] = part->dims[d];
    if (k > 0) j->dims[j->axis] += part->dims[j->axis];
  }
  return RP_OK;
}

/* Channels last where there are channels and positions. */
static rp_status begin_joined(const rp_onnx_reader *r, joined *j) {
  int64_t count = 1, positions = 1;
  for (int32_t d = 0; d < j->n_dims; d++) count *= j->dims[d];
  for (int32_t d = 2; d < j->n_dims; d++) positions *= j->dims[d];
  if (count < 1 || count > RP_BUILD_MOST_ELEMENTS)
    return RP_ONNX_FAIL(r, "expected at most 2^24 numbers, found %lld",
                        (long long)count);
  j->out.positions = (int32_t)positions;
  j->out.channels = (int32_t)(count / positions);
  j->index = rp_alloc((size_t)count, sizeof *j->index);
  return j->index ? RP_OK
                  : rp_onnx_place(r, RP_E_MEMORY, &(rp_error){"out of memory"});
}

static void fill_part(joined *j, const rp_onnx_item *in, int64_t length) {
  const int64_t whole = j->dims[j->axis];
  int64_t inner = 1;
  for (int32_t d = j->axis + 1; d < j->n_dims; d++) inner *= j->dims[d];
  for (int32_t i = 0; i < rp_onnx_count(&j->out); i++) {
    const int64_t place = i / inner % whole - j->begin;
    const int64_t own =
        (i / inner / whole * length + place) * inner + i % inner;
    j->index[rp_onnx_find_place(&j->out, i)] =
        place >= 0 && place < length ? rp_onnx_find_place(in, (int32_t)own)
                                     : -1;
  }
}

static rp_status add_part(const rp_onnx_reader *r, joined *j,
                          const rp_onnx_item *in) {
  const int32_t i = get_operand(j, j->n_terms);
  const int64_t length = rp_onnx_operand(&r->model, r->node, i)->dims[j->axis];
  rp_error why = {""};
  fill_part(j, in, length);
  const rp_build_source from = {in->source, rp_onnx_count(in), j->index};
  RP_TRY(rp_onnx_place(r,
                       rp_build_copy(&from, rp_onnx_count(&j->out), NULL,
                                     &j->term[j->n_terms], &why),
                       &why));
  j->n_terms++;
  j->begin += length;
  return RP_OK;
}

/* The numbers of all parts are those of the output. */
static rp_status get_part(rp_onnx_reader *r, const joined *j,
                          rp_onnx_item *in) {
  const int32_t i = get_operand(j, j->n_terms);
  rp_quantized number;
  if (j->step == 1) {
    RP_TRY(get_movable(r, i, in));
  } else {
    RP_TRY(rp_onnx_get_number(r, r->node, i + 1, i + 2, &number));
    RP_TRY(rp_onnx_get_integers(r, r->node, i, &number, false, in));
  }
  if (in->kind != RP_ONNX_INTEGERS && in->kind != RP_ONNX_SCALED)
    return RP_ONNX_FAIL(r, "part %d: expected quantized numbers", j->n_terms);
  if (!r->net) RP_TRY(rp_onnx_begin_net(r, &in->number));
  if (in->source == RP_INPUT) in->number.zero = r->net->in_zero;
  return RP_OK;
}

static rp_status check_part(const rp_onnx_reader *r, const joined *j,
                            const rp_onnx_item *in) {
  const rp_quantized *const a = &j->out.number, *const b = &in->number;
  const bool has_scale = j->step > 1 || in->kind == RP_ONNX_SCALED;
  if (in->kind == j->out.kind && a->lo == b->lo && a->zero == b->zero &&
      (!has_scale || a->scale == b->scale))
    return RP_OK;
  return RP_ONNX_FAIL(r,
                      "expected parts of equal scales and zero points, "
                      "found part %d with %.9g, %d, not %.9g, %d: a rule "
                      "that rounds would be needed",
                      j->n_terms, (double)b->scale, b->zero, (double)a->scale,
                      a->zero);
}

static rp_status join(rp_onnx_reader *r, joined *j, bool has_number) {
  rp_error why = {""};
  rp_status status = RP_OK;
  while (status == RP_OK && j->n_terms < j->n_parts) {
    rp_onnx_item in;
    status = get_part(r, j, &in);
    if (status == RP_OK && j->n_terms == 0) {
      const rp_quantized number = has_number ? j->out.number : in.number;
      j->out.kind = in.kind;
      j->out.number = number;
    }
    if (status == RP_OK) status = check_part(r, j, &in);
    if (status == RP_OK) status = add_part(r, j, &in);
  }
  if (status == RP_OK)
    return rp_onnx_place(r,
                         rp_build_selection(r->net, rp_onnx_count(&j->out),
                                            j->n_terms, j->term, &j->out.number,
                                            &why),
                         &why);
  for (int32_t t = 0; t < j->n_terms; t++) rp_op_free(j->term[t].op);
  return status;
}

static rp_status read_joined(rp_onnx_reader *r, joined *j, bool has_number) {
  RP_TRY(measure_parts(r, j));
  RP_TRY(begin_joined(r, j));
  const rp_status status = join(r, j, has_number);
  free(j->index);
  RP_TRY(status);
  j->out.source = r->net->n_blocks - 1;
  return rp_onnx_set_item(r, &j->out, j->n_dims, j->dims);
}

rp_status rp_onnx_read_concat(rp_onnx_reader *r) {
  joined j = {.n_parts = r->node->n_inputs, .step = 1};
  return read_joined(r, &j, false);
}

rp_status rp_onnx_read_qlinear_concat(rp_onnx_reader *r) {
  joined j = {.n_parts = (r->node->n_inputs - 2) / 3, .first = 2, .step = 3};
  if (r->node->n_inputs % 3 != 2)
    return RP_ONNX_FAIL(r, "expected 2 operands and 3 a part, found %d",
                        r->node->n_inputs);
  RP_TRY(rp_onnx_get_number(r, r->node, 0, 1, &j.out.number));
  return read_joined(r, &j, true);
}

/* ---- Padding. ---- */

static rp_status take_sides(const rp_onnx_reader *r, int32_t n_dims,
                            const int64_t *pads, rp_onnx_item *item,
                            int64_t *dims) {
  for (int32_t i = 0; i < 2 * n_dims; i++) {
    const int32_t d = i % n_dims;
    const bool is_side = d >= 2;
    if (pads[i] < 0 || pads[i] > (is_side ? MOST_PADDING : 0))
      return RP_ONNX_FAIL(r,
                          "expected padding of height and width, 0..%d, "
                          "found %lld at number %d",
                          MOST_PADDING, (long long)pads[i], i);
    const int32_t axis = d - (n_dims - 2); /* 0: height, 1: width */
    if (is_side) item->pad[2 * axis + (i >= n_dims)] = (int32_t)pads[i];
    dims[d] += pads[i];
  }
  return RP_OK;
}

/* The padding stands beside the value; its shape has it. */
rp_status rp_onnx_read_pad(rp_onnx_reader *r) {
  const rp_onnx_tensor *const x = rp_onnx_operand(&r->model, r->node, 0);
  const rp_onnx_tensor *const number = rp_onnx_operand(&r->model, r->node, 2);
  rp_onnx_item item;
  int64_t dims[RP_ONNX_DIMS];
  int32_t n;
  const int64_t *pads;
  rp_error why = {""};
  const rp_onnx_folding f = {&r->model, r->node, x, {0}, &why};
  RP_TRY(get_movable(r, 0, &item));
  RP_TRY(rp_onnx_place(r, rp_onnx_get_list(&f, 1, "pads", &n, &pads), &why));
  if (x->n_dims != 4 || n != 8 || rp_onnx_operand(&r->model, r->node, 3) ||
      item.kind != RP_ONNX_INTEGERS ||
      !rp_onnx_is_text(r->node, "mode", "constant", "constant"))
    return RP_ONNX_FAIL(r, "expected constant padding of quantized integers "
                           "with 4 dimensions, found another");
  if (number && (!number->integer || number->count != 1))
    return RP_ONNX_FAIL(r, "expected one constant integer as padding");
  for (int32_t d = 0; d < 4; d++) dims[d] = x->dims[d];
  RP_TRY(take_sides(r, 4, pads, &item, dims));
  item.pad_number = rp_onnx_get_integer(number, 0);
  return rp_onnx_set_item(r, &item, 4, dims);
}

/* ---- What may stand behind the logits. ---- */

/* It must compare all of them. */
rp_status rp_onnx_read_end(rp_onnx_reader *r) {
  const rp_onnx_tensor *const x = rp_onnx_operand(&r->model, r->node, 0);
  const bool is_maximum = rp_onnx_is_op(r->node, "", "ArgMax");
  rp_onnx_item item;
  int64_t axis, is_last, dims[RP_ONNX_DIMS];
  RP_TRY(get_movable(r, 0, &item));
  RP_TRY(rp_onnx_get_int(&r->model, r->node, "axis",
                         is_maximum             ? 0
                         : r->node->opset >= 13 ? -1
                                                : 1,
                         &axis, r->err));
  RP_TRY(rp_onnx_get_int(&r->model, r->node, "select_last_index", 0, &is_last,
                         r->err));
  if (axis < 0) axis += x->n_dims;
  if (axis < 0 || axis >= x->n_dims || x->dims[axis] != x->count ||
      is_last != 0 || item.kind == RP_ONNX_REALS)
    return RP_ONNX_FAIL(r, "expected all logits along its axis, and the first "
                           "of equal ones to win");
  for (int32_t d = 0; d < x->n_dims; d++) dims[d] = x->dims[d];
  item.kind = RP_ONNX_END;
  if (r->node->n_outputs != 1 || r->node->output[0] == RP_ONNX_NONE)
    return RP_ONNX_FAIL(r, "expected 1 output, found %d", r->node->n_outputs);
  r->item[r->node->output[0]] = item;
  return is_maximum ? RP_OK : rp_onnx_set_item(r, &item, x->n_dims, dims);
}
