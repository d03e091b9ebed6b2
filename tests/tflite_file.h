/* Small TFLite files, written table by table: every field has four bytes, and
 * what an offset leads to comes behind it. */
#ifndef RAMPART_TESTS_TFLITE_FILE_H
#define RAMPART_TESTS_TFLITE_FILE_H

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct tflite_tensor {
  int32_t type;
  int32_t dims[4]; /* up to the first 0 */
  int32_t n_scales;
  float scale[4];
  int64_t zero;
  int32_t channel_dim;
  const void *data; /* NULL: not a constant */
  int32_t n_bytes;
} tflite_tensor;

typedef struct tflite_op {
  int32_t code, n_inputs, input[3], output;
  int32_t options[7]; /* fields 0 to 6 */
} tflite_op;

typedef struct tflite_file {
  uint8_t bytes[1 << 14];
  size_t size;
} tflite_file;

static inline size_t tflite_put(tflite_file *f, const void *data, size_t n) {
  const size_t at = f->size;
  assert(at + n + 4 < sizeof f->bytes);
  if (n) memcpy(f->bytes + at, data, n);
  f->size += (n + 3) & ~(size_t)3;
  return at;
}

/* A table with no field set yet; its fields lie in order behind it. */
static inline size_t tflite_table(tflite_file *f, int n_fields) {
  const uint16_t head[] = {(uint16_t)(4 + 2 * n_fields),
                           (uint16_t)(4 + 4 * n_fields)};
  const size_t vtable = tflite_put(f, head, sizeof head);
  f->size += (size_t)(2 * n_fields + 3) & ~(size_t)3;
  const int32_t back = (int32_t)(f->size - vtable);
  const size_t table = tflite_put(f, &back, sizeof back);
  f->size += 4 * (size_t)n_fields;
  return table;
}

static inline size_t tflite_set(tflite_file *f, size_t table, int field,
                                int32_t value) {
  const size_t at = table + 4 + 4 * (size_t)field;
  const uint16_t entry = (uint16_t)(4 + 4 * field);
  int32_t back;
  memcpy(&back, f->bytes + table, sizeof back);
  memcpy(f->bytes + table - back + 4 + 2 * field, &entry, sizeof entry);
  memcpy(f->bytes + at, &value, sizeof value);
  return at;
}

/* Make the field, or the element of a vector, lead to the end of the file. */
static inline void tflite_lead(tflite_file *f, size_t at) {
  const uint32_t by = (uint32_t)(f->size - at);
  memcpy(f->bytes + at, &by, sizeof by);
}

/* A vector behind a field; returns its first element. */
static inline size_t tflite_vector(tflite_file *f, size_t table, int field,
                                   const void *data, int32_t n, size_t size) {
  const size_t at = tflite_set(f, table, field, 0);
  while ((f->size + 4) % (size == 8 || size == 1 ? 16 : 4) != 0) f->size += 4;
  tflite_lead(f, at);
  tflite_put(f, &n, sizeof n);
  if (data) return tflite_put(f, data, (size_t)n * size);
  f->size += (size_t)n * size;
  return f->size - (size_t)n * size;
}

static inline size_t tflite_child(tflite_file *f, size_t elements, int i,
                                  int n_fields) {
  const size_t at = elements + 4 * (size_t)i;
  const size_t table = tflite_table(f, n_fields);
  const uint32_t by = (uint32_t)(table - at);
  memcpy(f->bytes + at, &by, sizeof by);
  return table;
}

static inline void tflite_put_tensor(tflite_file *f, size_t table, int buffer,
                                     const tflite_tensor *t) {
  int32_t n = 0;
  while (n < 4 && t->dims[n] > 0) n++;
  tflite_vector(f, table, 0, t->dims, n, 4);
  tflite_set(f, table, 1, t->type);
  tflite_set(f, table, 2, t->data ? buffer : 0);
  if (t->n_scales == 0) return;
  const size_t at = tflite_set(f, table, 4, 0);
  const size_t quantization = tflite_table(f, 7);
  const uint32_t by = (uint32_t)(quantization - at);
  memcpy(f->bytes + at, &by, sizeof by);
  tflite_vector(f, quantization, 2, t->scale, t->n_scales, 4);
  const int64_t zero[4] = {t->zero, t->zero, t->zero, t->zero};
  tflite_vector(f, quantization, 3, zero, t->n_scales, 8);
  tflite_set(f, quantization, 6, t->channel_dim);
}

/* The schema's number of an operator's options. */
static inline int tflite_options_type(int code) {
  static const int types[] = {
      [0] = 11, [1] = 5, [3] = 1, [4] = 2, [9] = 8, [17] = 5, [22] = 17};
  return code < (int)(sizeof types / sizeof *types) ? types[code] : 0;
}

static inline void tflite_put_op(tflite_file *f, size_t table, int code,
                                 const tflite_op *op) {
  tflite_set(f, table, 0, code);
  tflite_vector(f, table, 1, op->input, op->n_inputs, 4);
  tflite_vector(f, table, 2, &op->output, 1, 4);
  tflite_set(f, table, 3, tflite_options_type(op->code));
  const size_t at = tflite_set(f, table, 4, 0);
  const size_t options = tflite_table(f, 7);
  const uint32_t by = (uint32_t)(options - at);
  memcpy(f->bytes + at, &by, sizeof by);
  for (int i = 0; i < 7; i++) tflite_set(f, options, i, op->options[i]);
}

/* Versions are those from which on runtimes know int8. */
static inline void tflite_put_code(tflite_file *f, size_t table, int code) {
  tflite_set(f, table, 0, code);
  tflite_set(f, table, 2, code == 9 ? 4 : code == 4 ? 3 : 2);
  tflite_set(f, table, 3, code);
}

/* Tensor `input` is the input; the last operator computes the output. */
static inline void tflite_build(tflite_file *f, const tflite_tensor *tensor,
                                int n_tensors, const tflite_op *op, int n_ops,
                                int32_t input) {
  memset(f, 0, sizeof *f);
  f->size = 8;
  memcpy(f->bytes + 4, "TFL3", 4);
  const size_t model = tflite_table(f, 5);
  const uint32_t root = (uint32_t)model;
  memcpy(f->bytes, &root, sizeof root);
  tflite_set(f, model, 0, 3);
  const size_t codes = tflite_vector(f, model, 1, NULL, n_ops, 4);
  for (int i = 0; i < n_ops; i++)
    tflite_put_code(f, tflite_child(f, codes, i, 4), op[i].code);
  const size_t buffers = tflite_vector(f, model, 4, NULL, n_tensors + 1, 4);
  for (int i = 0; i <= n_tensors; i++) {
    const size_t buffer = tflite_child(f, buffers, i, 1);
    if (i > 0 && tensor[i - 1].data)
      tflite_vector(f, buffer, 0, tensor[i - 1].data, tensor[i - 1].n_bytes, 1);
  }
  const size_t graphs = tflite_vector(f, model, 2, NULL, 1, 4);
  const size_t graph = tflite_child(f, graphs, 0, 4);
  const size_t tensors = tflite_vector(f, graph, 0, NULL, n_tensors, 4);
  for (int i = 0; i < n_tensors; i++)
    tflite_put_tensor(f, tflite_child(f, tensors, i, 5), i + 1, &tensor[i]);
  tflite_vector(f, graph, 1, &input, 1, 4);
  tflite_vector(f, graph, 2, &op[n_ops - 1].output, 1, 4);
  const size_t ops = tflite_vector(f, graph, 3, NULL, n_ops, 4);
  for (int i = 0; i < n_ops; i++)
    tflite_put_op(f, tflite_child(f, ops, i, 5), i, &op[i]);
}

/* ---- One network with most operators, in int8. ----
 *
 *   x 4x4x2 -> conv 3x3 SAME, RELU -> a 4x4x2
 *   a -> depthwise 3x3 SAME -> b;  a + b -> c -> max pool 2x2 -> d 2x2x2
 *   d -> average pool 2x2, stride 1, SAME -> e -> reshape 8 -> dense 3 */

enum {
  TF_X,
  TF_WA,
  TF_BA,
  TF_A,
  TF_WB,
  TF_BB,
  TF_B,
  TF_C,
  TF_D,
  TF_E,
  TF_F,
  TF_WG,
  TF_BG,
  TF_G,
  TF_TENSORS
};
enum { TF_OPS = 7, TF_SIDE = 4, TF_IN = 32, TF_OUT = 3 };

typedef struct tflite_sample {
  int8_t wa[2 * 9 * 2], wb[9 * 2], wg[3 * 8];
  int32_t ba[2], bb[2], bg[3];
  tflite_tensor tensor[TF_TENSORS];
  tflite_op op[TF_OPS];
  tflite_file file;
} tflite_sample;

static inline void tflite_make_sample(tflite_sample *s) {
  memset(s, 0, sizeof *s);
  uint32_t random = 1;
#define TF_DRAW(lo, n)                                                         \
  ((random = random * 1664525 + 1013904223) >> 8) % (n) + (lo)
  for (size_t i = 0; i < sizeof s->wa; i++)
    s->wa[i] = (int8_t)(TF_DRAW(0, 255) - 127);
  for (size_t i = 0; i < sizeof s->wb; i++)
    s->wb[i] = (int8_t)(TF_DRAW(0, 255) - 127);
  for (size_t i = 0; i < sizeof s->wg; i++)
    s->wg[i] = (int8_t)(TF_DRAW(0, 255) - 127);
  for (int i = 0; i < 2; i++) s->ba[i] = (int32_t)(TF_DRAW(0, 4000)) - 2000;
  for (int i = 0; i < 2; i++) s->bb[i] = (int32_t)(TF_DRAW(0, 4000)) - 2000;
  for (int i = 0; i < 3; i++) s->bg[i] = (int32_t)(TF_DRAW(0, 4000)) - 2000;
#undef TF_DRAW
  const tflite_tensor tensor[TF_TENSORS] = {
      [TF_X] = {9, {1, 4, 4, 2}, 1, {0.02F}, -11, 0, NULL, 0},
      [TF_WA] = {9, {2, 3, 3, 2}, 2, {0.011F, 0.017F}, 0, 0, s->wa, 36},
      [TF_BA] = {2, {2}, 2, {0.00022F, 0.00034F}, 0, 0, s->ba, 8},
      [TF_A] = {9, {1, 4, 4, 2}, 1, {0.02F}, -128, 0, NULL, 0},
      [TF_WB] = {9, {1, 3, 3, 2}, 2, {0.013F, 0.009F}, 0, 3, s->wb, 18},
      [TF_B] = {9, {1, 4, 4, 2}, 1, {0.047F}, 5, 0, NULL, 0},
      [TF_C] = {9, {1, 4, 4, 2}, 1, {0.06F}, -20, 0, NULL, 0},
      [TF_D] = {9, {1, 2, 2, 2}, 1, {0.06F}, -20, 0, NULL, 0},
      [TF_E] = {9, {1, 2, 2, 2}, 1, {0.06F}, -20, 0, NULL, 0},
      [TF_F] = {9, {1, 8}, 1, {0.06F}, -20, 0, NULL, 0},
      [TF_WG] = {9, {3, 8}, 1, {0.015F}, 0, 0, s->wg, 24},
      [TF_BB] = {2, {2}, 2, {0.00026F, 0.00018F}, 0, 0, s->bb, 8},
      [TF_BG] = {2, {3}, 1, {0.0009F}, 0, 0, s->bg, 12},
      [TF_G] = {9, {1, 3}, 1, {0.3F}, 3, 0, NULL, 0}};
  const tflite_op op[TF_OPS] = {
      {3, 3, {TF_X, TF_WA, TF_BA}, TF_A, {0, 1, 1, 1, 1, 1, 0}},
      {4, 3, {TF_A, TF_WB, TF_BB}, TF_B, {0, 1, 1, 1, 0, 1, 1}},
      {0, 2, {TF_A, TF_B}, TF_C, {0}},
      {17, 1, {TF_C}, TF_D, {1, 2, 2, 2, 2, 0, 0}},
      {1, 1, {TF_D}, TF_E, {0, 1, 1, 2, 2, 0, 0}},
      {22, 1, {TF_E}, TF_F, {0}},
      {9, 3, {TF_F, TF_WG, TF_BG}, TF_G, {0}}};
  memcpy(s->tensor, tensor, sizeof tensor);
  memcpy(s->op, op, sizeof op);
  tflite_build(&s->file, s->tensor, TF_TENSORS, s->op, TF_OPS, TF_X);
}

#endif
