/* Two ranks in one process, without MPI: the functions of cluster/comm.h for
 * the rank under test. The other rank is a function that is handed each record
 * and may answer at once. Tests that include this link no comm.o. */
#ifndef RAMPART_TESTS_FAKE_COMM_H
#define RAMPART_TESTS_FAKE_COMM_H

#include <stdlib.h>
#include <string.h>

#include "cluster/comm.h"
#include "run/wire.h"

enum { FAKE_MOST_WAITING = 256 };

typedef struct fake_message {
  uint8_t *data;
  size_t size;
} fake_message;

/** Takes in a record that the rank under test has posted, and reads it. */
typedef void fake_other(void *context, rp_message message, rp_bytes *wire);

static struct {
  int rank;          /* the one under test */
  fake_other *other; /* the other one */
  void *context;
  fake_message waiting[FAKE_MOST_WAITING]; /* for the rank under test */
  int first, n;
  int torn; /* what rp_comm_torn says next */
  int losses;
  int64_t posted;
} fake;

static inline void fake_begin(int rank, fake_other *other, void *context) {
  memset(&fake, 0, sizeof fake);
  fake.rank = rank;
  fake.other = other;
  fake.context = context;
  fake.torn = -1;
}

/** Send bytes to the rank under test; they are taken. */
static inline void fake_send_bytes(uint8_t *data, size_t size) {
  if (fake.n == FAKE_MOST_WAITING || !data) abort();
  fake.waiting[fake.n++] = (fake_message){data, size};
}

static inline void fake_send(rp_bytes *wire) {
  fake_send_bytes(wire->data, wire->size);
  *wire = (rp_bytes){0};
}

static inline void fake_send_plain(rp_message_kind kind, int64_t task) {
  rp_bytes wire = {0};
  rp_wire_put_message(&wire, kind, task);
  fake_send(&wire);
}

static inline void fake_end(void) {
  for (; fake.first < fake.n; fake.first++) free(fake.waiting[fake.first].data);
}

int rp_comm_rank(void) {
  return fake.rank;
}

int rp_comm_size(void) {
  return 2;
}

int32_t rp_comm_node(int rank) {
  (void)rank;
  return 0;
}

void rp_comm_post(int to, uint8_t *data, size_t size) {
  if (to == fake.rank) abort();
  fake.posted++;
  rp_bytes wire = rp_bytes_over(data, size);
  while (!wire.failed && wire.at < wire.size)
    fake.other(fake.context, rp_wire_get_message(&wire), &wire);
  if (wire.failed) abort();
  free(data);
}

bool rp_comm_poll(int *from, uint8_t **data, size_t *size) {
  if (fake.first == fake.n) return false;
  *from = 1 - fake.rank;
  *data = fake.waiting[fake.first].data;
  *size = fake.waiting[fake.first++].size;
  return true;
}

int rp_comm_torn(void) {
  const int torn = fake.torn;
  fake.torn = -1;
  return torn;
}

void rp_comm_note_loss(void) {
  fake.losses++;
}

bool rp_comm_has_loss(void) {
  return fake.losses > 0;
}

void rp_comm_traffic(int64_t *messages, int64_t *bytes) {
  *messages = fake.posted;
  *bytes = 100 * fake.posted;
}

void rp_comm_flush(double seconds) {
  (void)seconds;
}

#endif
