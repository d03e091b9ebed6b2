/* Offsets of FlatBuffers are followed here and nowhere else. */
#include "input/network_tflite_flat.h"

#include <string.h>

enum { OFFSET = 4, LENGTH = 4, VTABLE_HEAD = 4, ENTRY = 2 };
enum { SHARED = 4 }; /* how often tensors may share data, on average */

rp_flat rp_flat_open(const rp_file_content *content) {
  return (rp_flat){content, SHARED * content->size, 0};
}

static void note_damage(rp_flat *flat, size_t at) {
  if (!flat->bad) flat->bad = at + 1;
}

/* Copy `size` bytes; zeros and false if they are not all in the file. */
static bool copy_bytes(const rp_flat *flat, size_t at, void *to, size_t size) {
  const size_t whole = flat->content->size;
  memset(to, 0, size);
  if (flat->bad || at > whole || size > whole - at) return false;
  memcpy(to, flat->content->bytes + at, size);
  return true;
}

static void take(rp_flat *flat, size_t at, void *to, size_t size) {
  if (!copy_bytes(flat, at, to, size)) note_damage(flat, at);
}

/* Follow the unsigned offset at a place. 0 leads nowhere. */
static size_t follow(rp_flat *flat, size_t at) {
  uint32_t by;
  take(flat, at, &by, sizeof by);
  if (flat->bad) return 0;
  if (by >= OFFSET && by <= flat->content->size - at) return at + by;
  note_damage(flat, at);
  return 0;
}

size_t rp_flat_root(rp_flat *flat) {
  return follow(flat, 0);
}

/* The place of a field; 0 if the table does not have it. */
static size_t find_field(rp_flat *flat, size_t table, int field) {
  int32_t back;
  uint16_t size, entry = 0;
  if (table == 0) return 0;
  take(flat, table, &back, sizeof back);
  const int64_t vtable = (int64_t)table - back;
  if (vtable < 0 || vtable > (int64_t)flat->content->size)
    note_damage(flat, table);
  if (flat->bad) return 0;
  take(flat, (size_t)vtable, &size, sizeof size);
  const size_t place = VTABLE_HEAD + ENTRY * (size_t)field;
  if (flat->bad || place + ENTRY > size) return 0;
  take(flat, (size_t)vtable + place, &entry, sizeof entry);
  return entry == 0 ? 0 : table + entry;
}

int32_t rp_flat_int32(rp_flat *flat, size_t table, int field, int32_t absent) {
  const size_t at = find_field(flat, table, field);
  if (at) take(flat, at, &absent, sizeof absent);
  return absent;
}

int32_t rp_flat_int8(rp_flat *flat, size_t table, int field, int32_t absent) {
  const size_t at = find_field(flat, table, field);
  int8_t value = 0;
  if (!at) return absent;
  take(flat, at, &value, sizeof value);
  return value;
}

float rp_flat_float(rp_flat *flat, size_t table, int field) {
  const size_t at = find_field(flat, table, field);
  float value = 0;
  if (at) take(flat, at, &value, sizeof value);
  return value;
}

size_t rp_flat_table(rp_flat *flat, size_t table, int field) {
  const size_t at = find_field(flat, table, field);
  return at ? follow(flat, at) : 0;
}

rp_flat_vector rp_flat_get_vector(rp_flat *flat, size_t table, int field,
                                  size_t size) {
  const size_t at = rp_flat_table(flat, table, field);
  uint32_t n = 0;
  if (at == 0) return (rp_flat_vector){0};
  take(flat, at, &n, sizeof n);
  if (flat->bad) return (rp_flat_vector){0};
  if (n > (flat->content->size - at - LENGTH) / size || n > flat->budget ||
      n > INT32_MAX) {
    note_damage(flat, at);
    return (rp_flat_vector){0};
  }
  flat->budget -= n;
  return (rp_flat_vector){at + LENGTH, (int32_t)n};
}

static bool copy_element(const rp_flat *flat, rp_flat_vector vector, int32_t i,
                         void *to, size_t size) {
  if (i >= 0 && i < vector.n)
    return copy_bytes(flat, vector.at + (size_t)i * size, to, size);
  memset(to, 0, size);
  return false;
}

int32_t rp_flat_int32_at(const rp_flat *flat, rp_flat_vector vector,
                         int32_t i) {
  int32_t value;
  (void)copy_element(flat, vector, i, &value, sizeof value);
  return value;
}

int64_t rp_flat_int64_at(const rp_flat *flat, rp_flat_vector vector,
                         int32_t i) {
  int64_t value;
  (void)copy_element(flat, vector, i, &value, sizeof value);
  return value;
}

float rp_flat_float_at(const rp_flat *flat, rp_flat_vector vector, int32_t i) {
  float value;
  (void)copy_element(flat, vector, i, &value, sizeof value);
  return value;
}

size_t rp_flat_table_at(rp_flat *flat, rp_flat_vector vector, int32_t i) {
  return i >= 0 && i < vector.n ? follow(flat, vector.at + (size_t)i * OFFSET)
                                : 0;
}

rp_status rp_flat_check(const rp_flat *flat, rp_error *err) {
  if (!flat->bad) return RP_OK;
  return rp_fail(err, RP_E_INPUT,
                 "%s: damaged TFLite file: at byte %zu an offset or a length "
                 "leads out of the file",
                 flat->content->file, flat->bad - 1);
}
