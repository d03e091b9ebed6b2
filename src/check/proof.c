/* A proof's bytes taken apart: which records belong to which node, how nodes
 * split. Nothing is believed: every number is bounded by what the bytes hold.
 */
#include <stdlib.h>

#include "check.h"

enum { VERSION = 1, END = 0, PART, OPEN, LEAF_RECORD, SPLIT_RECORD };

bool rp_check_number(const uint8_t *bytes, size_t size, size_t *at,
                     uint64_t *value) {
  *value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (*at == size) return false;
    const uint8_t byte = bytes[(*at)++];
    *value |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

bool rp_check_signed(const uint8_t *bytes, size_t size, size_t *at,
                     int64_t *value) {
  uint64_t raw;
  if (!rp_check_number(bytes, size, at, &raw)) return false;
  *value = (int64_t)(raw >> 1) ^ -(int64_t)(raw & 1);
  return true;
}

/* Where the bytes are being read, and room for what comes. */
typedef struct reader {
  proof *p;
  size_t at;
  int64_t records_room, nodes_room;
} reader;

static bool number(reader *r, uint64_t most, int64_t *value) {
  uint64_t raw;
  if (!rp_check_number(r->p->bytes, r->p->size, &r->at, &raw) || raw > most)
    return false;
  *value = (int64_t)raw;
  return true;
}

static bool has_room(void **array, int64_t count, int64_t *room, size_t size) {
  if (count < *room) return true;
  const int64_t wanted = 2 * *room + 64;
  void *grown = realloc(*array, (size_t)wanted * size);
  if (!grown) return false;
  *array = grown;
  *room = wanted;
  return true;
}

static bool node_added(reader *r, int32_t rival, int32_t kind) {
  void *nodes = r->p->node;
  if (!has_room(&nodes, r->p->n_nodes, &r->nodes_room, sizeof(node)))
    return false;
  r->p->node = nodes;
  r->p->node[r->p->n_nodes++] =
      (node){.first = -1, .last = -1, .rival = rival, .kind = kind};
  return true;
}

/* A record belongs to a node that is there and has not ended. */
static node *record_added(reader *r) {
  proof *p = r->p;
  int64_t id, size;
  if (!number(r, (uint64_t)p->n_nodes - 1, &id) ||
      !number(r, p->size - r->at, &size) || (size_t)size > p->size - r->at)
    return NULL;
  void *records = p->record;
  if (!has_room(&records, p->n_records, &r->records_room, sizeof(record)))
    return NULL;
  p->record = records;
  node *n = &p->node[id];
  if (n->end != PENDING) return NULL;
  p->record[p->n_records] =
      (record){.at = r->at, .size = (size_t)size, .next = -1};
  if (n->last >= 0)
    p->record[n->last].next = p->n_records;
  else
    n->first = p->n_records;
  n->last = p->n_records++;
  r->at += (size_t)size;
  return n;
}

static bool split_read(reader *r, node *n) {
  int64_t input;
  if (!number(r, 1, &input) || !number(r, INT32_MAX, &n->at) ||
      !rp_check_signed(r->p->bytes, r->p->size, &r->at, &n->value) ||
      n->value < INT32_MIN || n->value > INT32_MAX)
    return false;
  n->input = input == 1;
  n->end = SPLIT;
  n->child = r->p->n_nodes;
  return node_added(r, -1, -1) && node_added(r, -1, -1);
}

static bool part_read(reader *r) {
  int64_t rival, kind;
  return number(r, INT32_MAX, &rival) && number(r, 2, &kind) &&
         node_added(r, (int32_t)rival, 'A' + (int32_t)kind);
}

static bool records_read(reader *r) {
  for (;;) {
    int64_t kind;
    if (!number(r, SPLIT_RECORD, &kind)) return false;
    if (kind == END) return r->at == r->p->size;
    if (kind == PART) {
      if (!part_read(r)) return false;
      continue;
    }
    node *n = record_added(r);
    if (!n) return false;
    if (kind == LEAF_RECORD) n->end = LEAF;
    if (kind == SPLIT_RECORD && !split_read(r, n)) return false;
  }
}

rp_status rp_check_proof_open(const uint8_t *bytes, size_t size, int32_t label,
                              int32_t radius, proof *p, rp_error *err) {
  *p = (proof){.bytes = bytes, .size = size};
  reader r = {.p = p};
  int64_t version, of_label, of_radius;
  if (!number(&r, VERSION, &version) || version != VERSION)
    return rp_fail(err, RP_E_INPUT, "proof of an unknown version");
  if (!number(&r, INT32_MAX, &of_label) || !number(&r, 255, &of_radius))
    return rp_fail(err, RP_E_INPUT, "proof: damaged head");
  if (of_label != label || of_radius != radius)
    return rp_fail(err, RP_E_INPUT,
                   "proof of label %lld at radius %lld, not of label %d at "
                   "radius %d",
                   (long long)of_label, (long long)of_radius, label, radius);
  if (!node_added(&r, -1, -1) || !records_read(&r))
    return rp_fail(err, RP_E_INPUT, "proof: damaged or cut off at byte %zu",
                   r.at);
  return RP_OK;
}

void rp_check_proof_close(proof *p) {
  free(p->record);
  free(p->node);
  *p = (proof){0};
}
