/* Small ONNX files, written field by field as protobuf has them. */
#ifndef RAMPART_TESTS_ONNX_FILE_H
#define RAMPART_TESTS_ONNX_FILE_H

#include <assert.h>
#include <stdint.h>
#include <string.h>

typedef struct onnx_bytes {
  uint8_t bytes[1 << 14];
  size_t size;
} onnx_bytes;

static inline void onnx_varint(onnx_bytes *to, uint64_t value) {
  assert(to->size + 10 < sizeof to->bytes);
  for (; value > 127; value >>= 7)
    to->bytes[to->size++] = (uint8_t)(value | 128);
  to->bytes[to->size++] = (uint8_t)value;
}

static inline void onnx_int(onnx_bytes *to, int field, int64_t value) {
  onnx_varint(to, (uint64_t)field << 3);
  onnx_varint(to, (uint64_t)value);
}

static inline void onnx_real(onnx_bytes *to, int field, float value) {
  onnx_varint(to, (uint64_t)field << 3 | 5);
  memcpy(to->bytes + to->size, &value, sizeof value);
  to->size += sizeof value;
}

static inline void onnx_data(onnx_bytes *to, int field, const void *data,
                             size_t size) {
  onnx_varint(to, (uint64_t)field << 3 | 2);
  onnx_varint(to, size);
  assert(to->size + size < sizeof to->bytes);
  if (size) memcpy(to->bytes + to->size, data, size);
  to->size += size;
}

static inline void onnx_text(onnx_bytes *to, int field, const char *text) {
  onnx_data(to, field, text, strlen(text));
}

static inline void onnx_inner(onnx_bytes *to, int field,
                              const onnx_bytes *inner) {
  onnx_data(to, field, inner->bytes, inner->size);
}

/* Words separated by single blanks, one field each; "-" is an empty one. */
static inline void onnx_words(onnx_bytes *to, int field, const char *words) {
  while (*words) {
    const size_t n = strcspn(words, " ");
    onnx_data(to, field, words, n == 1 && *words == '-' ? 0 : n);
    words += n + (words[n] == ' ');
  }
}

enum { ONNX_FLOAT = 1, ONNX_UINT8 = 2, ONNX_INT8 = 3 };
enum { ONNX_INT32 = 6, ONNX_INT64 = 7 };

/* A tensor's message. dims end with -1. */
static inline void onnx_tensor(onnx_bytes *to, const char *name, int type,
                               const int64_t *dims, const void *data,
                               size_t size) {
  for (; *dims >= 0; dims++) onnx_int(to, 1, *dims);
  onnx_int(to, 2, type);
  onnx_text(to, 8, name);
  onnx_data(to, 9, data, size);
}

/* ---- Parts of a graph, appended to its message. ---- */

static inline void onnx_add_constant(onnx_bytes *graph, const char *name,
                                     int type, const int64_t *dims,
                                     const void *data, size_t size) {
  onnx_bytes tensor = {.size = 0};
  onnx_tensor(&tensor, name, type, dims, data, size);
  onnx_inner(graph, 5, &tensor);
}

/* An input (field 11), an output (12) or what is said of a value (13). */
static inline void onnx_add_value(onnx_bytes *graph, int field,
                                  const char *name, int type,
                                  const int64_t *dims) {
  onnx_bytes shape = {.size = 0}, tensor = {.size = 0}, kind = {.size = 0};
  onnx_bytes info = {.size = 0};
  for (; *dims >= 0; dims++) {
    onnx_bytes size = {.size = 0};
    onnx_int(&size, 1, *dims);
    onnx_inner(&shape, 1, &size);
  }
  onnx_int(&tensor, 1, type);
  onnx_inner(&tensor, 2, &shape);
  onnx_inner(&kind, 1, &tensor);
  onnx_text(&info, 1, name);
  onnx_inner(&info, 2, &kind);
  onnx_inner(graph, field, &info);
}

/* A node's message, to which attributes may be added before it is put into the
 * graph as field 1. */
static inline onnx_bytes onnx_node(const char *op, const char *domain,
                                   const char *inputs, const char *outputs) {
  onnx_bytes node = {.size = 0};
  onnx_words(&node, 1, inputs);
  onnx_words(&node, 2, outputs);
  onnx_text(&node, 4, op);
  onnx_text(&node, 7, domain);
  return node;
}

static inline void onnx_add_int(onnx_bytes *node, const char *name,
                                int64_t value) {
  onnx_bytes attribute = {.size = 0};
  onnx_text(&attribute, 1, name);
  onnx_int(&attribute, 3, value);
  onnx_int(&attribute, 20, 2);
  onnx_inner(node, 5, &attribute);
}

static inline void onnx_add_ints(onnx_bytes *node, const char *name, int n,
                                 const int64_t *list) {
  onnx_bytes attribute = {.size = 0};
  onnx_text(&attribute, 1, name);
  for (int i = 0; i < n; i++) onnx_int(&attribute, 8, list[i]);
  onnx_int(&attribute, 20, 7);
  onnx_inner(node, 5, &attribute);
}

static inline void onnx_add_node(onnx_bytes *graph, const char *op,
                                 const char *inputs, const char *outputs) {
  const onnx_bytes node = onnx_node(op, "", inputs, outputs);
  onnx_inner(graph, 1, &node);
}

/* The whole file, with the operator sets of ONNX and of Microsoft. */
static inline void onnx_finish(onnx_bytes *file, const onnx_bytes *graph) {
  onnx_bytes set = {.size = 0}, other = {.size = 0};
  file->size = 0;
  onnx_int(file, 1, 8);
  onnx_inner(file, 7, graph);
  onnx_text(&set, 1, "");
  onnx_int(&set, 2, 13);
  onnx_inner(file, 8, &set);
  onnx_text(&other, 1, "com.microsoft");
  onnx_int(&other, 2, 1);
  onnx_inner(file, 8, &other);
}

#endif
