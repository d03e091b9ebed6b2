/* ONNX files that are sound as protobuf and say something else: one field after
 * the other of a good file is removed, doubled or rewritten, as the input's
 * bytes choose, and the lengths around it are made right. */
#include <stdlib.h>

#include "fuzz_network.h"
#include "onnx_seeds.h"

enum { MOST_CHANGES = 4, MOST_TEXTS = 64, LARGEST = 12000 };

/* ---- Messages in messages. ---- */

typedef enum message {
  NONE, /* a number, a text or data */
  MODEL,
  OPERATOR_SET,
  GRAPH,
  NODE,
  ATTRIBUTE,
  TENSOR,
  VALUE,
  TYPE,
  TENSOR_TYPE,
  SHAPE,
  DIMENSION
} message;

static const struct {
  message of;
  uint64_t field;
  message inner;
} inners[] = {
    {MODEL, 7, GRAPH},    {MODEL, 8, OPERATOR_SET}, {GRAPH, 1, NODE},
    {GRAPH, 5, TENSOR},   {GRAPH, 11, VALUE},       {GRAPH, 12, VALUE},
    {GRAPH, 13, VALUE},   {NODE, 5, ATTRIBUTE},     {ATTRIBUTE, 5, TENSOR},
    {VALUE, 2, TYPE},     {TYPE, 1, TENSOR_TYPE},   {TENSOR_TYPE, 2, SHAPE},
    {SHAPE, 1, DIMENSION}};

static message find_inner(message of, uint64_t field) {
  for (size_t i = 0; i < sizeof inners / sizeof *inners; i++)
    if (inners[i].of == of && inners[i].field == field) return inners[i].inner;
  return NONE;
}

typedef struct text {
  const uint8_t *at;
  size_t size;
} text;

/* A walk over all fields. */
typedef struct walk {
  fuzz_choices *choices;
  int field, target; /* numbers of fields; -1: none is changed */
  int depth;         /* of messages in messages */
  int n_texts;
  text text[MOST_TEXTS]; /* names and words of the file */
} walk;

static uint64_t take_varint(const uint8_t **at) {
  uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const uint8_t byte = *(*at)++;
    value |= (uint64_t)(byte & 127) << shift;
    if (byte < 128) return value;
  }
}

/* ---- Changes of one field. ---- */

static void put_number(walk *w, onnx_bytes *to, int field, uint64_t old) {
  static const int64_t edges[] = {
      0,   1,     -1, 2,       3,   6,         7,         11,        127,
      255, 65536, 9,  1 << 20, 128, INT32_MAX, INT64_MAX, INT64_MIN, INT32_MIN};
  const uint8_t choice = fuzz_choose(w->choices);
  const size_t n = sizeof edges / sizeof *edges;
  const int64_t near = (int64_t)(old + choice / 16 % 5 - 2);
  onnx_int(to, field, choice % 2 ? edges[choice / 2 % n] : near);
}

static void put_real(walk *w, onnx_bytes *to, int field) {
  static const float edges[] = {0, -1, 1e-30F, 1e30F, 0.5F, 3, 0.02F, -0.5F};
  onnx_real(to, field, edges[fuzz_choose(w->choices) % 8]);
}

/* Another name, or data with a byte more, less or changed. */
static void put_text(walk *w, onnx_bytes *to, int field, text old) {
  static const char *const words[] = {
      "Relu", "Mul",  "Add",       "Div", "Clip",    "MaxPool", "Transpose",
      "Cast", "Gemm", "Unsqueeze", "Sub", "Flatten", "Squeeze", "Softmax"};
  const uint8_t how = fuzz_choose(w->choices), which = fuzz_choose(w->choices);
  uint8_t copy[1 << 13] = {0};
  if (how % 4 == 0) {
    onnx_text(to, field, words[which % 14]);
  } else if (how % 4 == 1 && w->n_texts > 0) {
    const text other = w->text[which % w->n_texts];
    onnx_data(to, field, other.at, other.size);
  } else if (old.size + 1 < sizeof copy) {
    if (old.size) memcpy(copy, old.at, old.size);
    if (old.size) copy[which % old.size] = fuzz_choose(w->choices) | 1;
    onnx_data(to, field, copy,
              old.size + (how % 16 == 2) - (how % 16 == 6 && old.size));
  }
}

/* ---- The walk. ---- */

static void copy_message(walk *w, message of, text from, onnx_bytes *to);

static void keep_text(walk *w, text value) {
  if (w->n_texts < MOST_TEXTS && value.size > 0 && value.size < 24)
    w->text[w->n_texts++] = value;
}

/* Inner messages are made one in the other. */
static void copy_inner(walk *w, message inner, int field, text value,
                       onnx_bytes *to) {
  enum { MOST_DEPTH = 8 };
  static onnx_bytes made[MOST_DEPTH];
  fuzz_expect(w->depth < MOST_DEPTH, "messages are not deep");
  onnx_bytes *const own = &made[w->depth++];
  own->size = 0;
  copy_message(w, inner, value, own);
  if (to->size + own->size < LARGEST) onnx_inner(to, field, own);
  w->depth--;
}

static void copy_field(walk *w, message of, const uint8_t **at,
                       onnx_bytes *to) {
  const bool is_target = w->field++ == w->target;
  const uint64_t key = take_varint(at);
  const int field = (int)(key >> 3);
  const bool is_changed = is_target && fuzz_choose(w->choices) % 4;
  if (key % 8 == 0) {
    const uint64_t value = take_varint(at);
    if (is_changed)
      put_number(w, to, field, value);
    else
      onnx_int(to, field, (int64_t)value);
  } else if (key % 8 == 5) {
    float value;
    memcpy(&value, *at, sizeof value);
    *at += sizeof value;
    if (is_changed)
      put_real(w, to, field);
    else
      onnx_real(to, field, value);
  } else {
    const message inner = find_inner(of, key >> 3);
    const size_t size = take_varint(at);
    const text value = {*at, size};
    *at += size;
    if (inner != NONE)
      copy_inner(w, inner, field, value, to);
    else if (is_changed)
      put_text(w, to, field, value);
    else
      onnx_data(to, field, value.at, value.size);
    if (inner == NONE) keep_text(w, value);
  }
}

/* A field may also vanish; a part of the graph may come twice. */
static void copy_message(walk *w, message of, text from, onnx_bytes *to) {
  const uint8_t *at = from.at;
  while (at < from.at + from.size && to->size < LARGEST) {
    const bool is_target = w->field == w->target;
    const uint8_t how = is_target ? fuzz_choose(w->choices) : 255;
    const uint8_t *const begin = at;
    const size_t before = to->size;
    copy_field(w, of, &at, to);
    if (how % 8 == 0) to->size = before;
    const size_t size = (size_t)(at - begin);
    if (how % 8 == 1 && of == GRAPH && to->size + size < LARGEST) {
      memcpy(to->bytes + to->size, begin, size);
      to->size += size;
    }
  }
}

/* How many fields the file has, with those of inner messages. */
static int count_fields(const onnx_bytes *file) {
  static onnx_bytes copy;
  walk w = {.target = -1};
  copy.size = 0;
  copy_message(&w, MODEL, (text){file->bytes, file->size}, &copy);
  return w.field;
}

static void change(onnx_bytes *file, fuzz_choices *choices, walk *w) {
  static onnx_bytes changed;
  const int n = count_fields(file);
  const int target = fuzz_choose(choices) * 256 + fuzz_choose(choices);
  w->choices = choices;
  w->field = 0;
  w->target = n > 0 ? target % n : -1;
  w->n_texts = 0;
  changed.size = 0;
  copy_message(w, MODEL, (text){file->bytes, file->size}, &changed);
  *file = changed;
}

/* The seed's file, which is made once. */
static const onnx_bytes *get_seed(int seed) {
  static onnx_bytes files[ONNX_SEEDS], graph;
  if (files[seed].size == 0) {
    onnx_make_seed_graph(seed, &graph);
    onnx_finish(&files[seed], &graph);
  }
  return &files[seed];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static onnx_bytes file;
  static walk w;
  fuzz_choices choices = {data, data + size};
  const int seed = fuzz_choose(&choices) % ONNX_SEEDS;
  file = *get_seed(seed);
  for (int n = fuzz_choose(&choices) % MOST_CHANGES; n >= 0; n--)
    change(&file, &choices, &w);
  return fuzz_read_network(file.bytes, file.size, "net.onnx",
                           seed < ONNX_SEEDS_ORT ? "ort" : "qonnx-float32",
                           rp_network_read_onnx, rp_interpret_onnx);
}

bool fuzz_make_seed(int number, fuzz_bytes *seed) {
  return fuzz_make_choices(number, seed);
}
