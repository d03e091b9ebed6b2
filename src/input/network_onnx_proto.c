/* Walks the bytes of a message by the descriptors that protobuf-c generates,
 * then lets protobuf-c parse it. */
#include "input/network_onnx_proto.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

enum { VARINT, EIGHT_BYTES, DELIMITED, FOUR_BYTES = 5 }; /* wire types */
enum { MOST_DEPTH = 16 };
enum { IR_VERSION = 1, GRAPH = 7, OPSET_IMPORT = 8 }; /* fields of a model */

/* ---- Fields, one after the other. ---- */

typedef struct cursor {
  const uint8_t *bytes;
  size_t at, end;
} cursor;

typedef struct field {
  uint64_t number;
  int wire;
  size_t begin, end; /* what a delimited field holds */
} field;

static bool read_varint(cursor *c, uint64_t *value) {
  *value = 0;
  for (int shift = 0; shift < 64 && c->at < c->end; shift += 7) {
    const uint8_t byte = c->bytes[c->at++];
    *value |= (uint64_t)(byte & 127) << shift;
    if (byte < 128) return true;
  }
  return false;
}

static bool skip(cursor *c, uint64_t size) {
  if (size > c->end - c->at) return false;
  c->at += (size_t)size;
  return true;
}

static bool read_tag(cursor *c, field *f) {
  uint64_t tag;
  if (!read_varint(c, &tag) || tag >> 3 == 0) return false;
  f->number = tag >> 3;
  f->wire = (int)(tag & 7);
  return true;
}

/* Step over what stands behind a tag. */
static bool read_payload(cursor *c, field *f) {
  uint64_t value;
  switch (f->wire) {
  case VARINT:
    return read_varint(c, &value);
  case EIGHT_BYTES:
    return skip(c, 8);
  case FOUR_BYTES:
    return skip(c, 4);
  case DELIMITED:
    if (!read_varint(c, &value)) return false;
    f->begin = c->at;
    if (!skip(c, value)) return false;
    f->end = c->at;
    return true;
  default:
    return false;
  }
}

bool rp_onnx_is_message(const rp_file_content *content) {
  cursor c = {content->bytes, 0, content->size};
  bool has_version = false, has_body = false;
  field f = {0};
  while (!has_body && c.at < c.end && read_tag(&c, &f)) {
    if (f.number == IR_VERSION && f.wire == VARINT) has_version = true;
    has_body = (f.number == GRAPH || f.number == OPSET_IMPORT) &&
               f.wire == DELIMITED && has_version;
    if (!read_payload(&c, &f)) break;
  }
  return has_body;
}

/* ---- The walk. ---- */

static rp_status fail_at(const rp_file_content *content, size_t at,
                         const char *what, rp_error *err) {
  return rp_fail(err, RP_E_INPUT, "%s: damaged ONNX file: at byte %zu %s",
                 content->file, at, what);
}

static rp_status walk_message(const rp_file_content *content, cursor *c,
                              const ProtobufCMessageDescriptor *of, int depth,
                              rp_error *err);

/* A field that the message may have once is not repeated: protobuf would merge
 * or drop one of them. All messages of ONNX have fewer than 64 fields. */
static rp_status walk_known(const rp_file_content *content, const cursor *c,
                            const field *f,
                            const ProtobufCFieldDescriptor *known, int depth,
                            rp_error *err) {
  if (f->wire != DELIMITED) return RP_OK;
  if (known->type == PROTOBUF_C_TYPE_STRING &&
      memchr(c->bytes + f->begin, 0, f->end - f->begin))
    return fail_at(content, f->begin, "a string holds a zero byte", err);
  if (known->type != PROTOBUF_C_TYPE_MESSAGE) return RP_OK;
  cursor inner = {c->bytes, f->begin, f->end};
  return walk_message(content, &inner, known->descriptor, depth + 1, err);
}

static rp_status walk_message(const rp_file_content *content, cursor *c,
                              const ProtobufCMessageDescriptor *of, int depth,
                              rp_error *err) {
  uint64_t seen = 0;
  if (depth > MOST_DEPTH)
    return fail_at(content, c->at, "messages nest deeper than 16", err);
  while (c->at < c->end) {
    const size_t begin = c->at;
    field f = {0};
    if (!read_tag(c, &f) || !read_payload(c, &f))
      return fail_at(content, begin, "a field is malformed or cut off", err);
    const ProtobufCFieldDescriptor *const known =
        f.number > UINT32_MAX
            ? NULL
            : protobuf_c_message_descriptor_get_field(of, (unsigned)f.number);
    if (!known) continue;
    const uint64_t bit = (uint64_t)1 << ((known - of->fields) & 63);
    if (known->label != PROTOBUF_C_LABEL_REPEATED && (seen & bit) != 0)
      return fail_at(content, begin, "a field comes twice", err);
    seen |= bit;
    RP_TRY(walk_known(content, c, &f, known, depth, err));
  }
  return RP_OK;
}

/* ---- Parsing. ---- */

/* What was allocated counts, whether it was freed since or not. */
typedef struct ceiling {
  size_t left;
  bool is_reached, is_out_of_memory;
} ceiling;

static void *allocate(void *data, size_t size) {
  ceiling *const c = data;
  c->is_reached |= size > c->left;
  if (c->is_reached) return NULL;
  c->left -= size;
  void *const block = rp_alloc(1, size);
  c->is_out_of_memory |= !block;
  return block;
}

static void release(void *data, void *block) {
  (void)data;
  free(block);
}

/* Why the parser failed: the walk has seen to everything but the types of
 * fields. */
static rp_status explain(const rp_file_content *content, const ceiling *memory,
                         rp_error *err) {
  if (memory->is_out_of_memory)
    return rp_fail(err, RP_E_MEMORY, "%s: out of memory", content->file);
  if (memory->is_reached)
    return rp_fail(err, RP_E_INPUT,
                   "%s: damaged ONNX file: its parts take far more memory "
                   "than the file is long",
                   content->file);
  return rp_fail(err, RP_E_INPUT,
                 "%s: damaged ONNX file: a field has another type than ONNX "
                 "gives it",
                 content->file);
}

rp_status rp_onnx_check_message(const rp_file_content *content, rp_error *err) {
  cursor c = {content->bytes, 0, content->size};
  return walk_message(content, &c, &onnx__model_proto__descriptor, 0, err);
}

rp_status rp_onnx_parse_message(const rp_file_content *content,
                                Onnx__ModelProto **model, rp_error *err) {
  ceiling memory = {.left = ((size_t)1 << 26) + 16 * content->size};
  ProtobufCAllocator allocator = {allocate, release, &memory};
  RP_TRY(rp_onnx_check_message(content, err));
  *model = onnx__model_proto__unpack(&allocator, content->size, content->bytes);
  return *model ? RP_OK : explain(content, &memory, err);
}

void rp_onnx_free_message(Onnx__ModelProto *model) {
  if (model) onnx__model_proto__free_unpacked(model, NULL);
}
