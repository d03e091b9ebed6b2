/* A place: the number of tasks (4), so many records of losses, as in the
 * journal (32 each), and the CRC-32 of these (4); then zeros. The file is not
 * synced: it tells of processes that were killed, not of machines. */
#include "run/running.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "core/memory.h"
#include "files/fileutil.h"
#include "run/records.h"

enum { TASK = 32, PLACE = 4 + RP_SCHED_HOLD * TASK + 4, MOST_RANKS = 1 << 20 };

struct rp_running {
  int fd;
  int32_t n_noted;
  bool *noted; /* [room] by rank */
  int32_t room;
  char name[];
};

static bool make_name(const char *results, char *name, size_t size) {
  const int length = snprintf(name, size, "%s.running", results);
  return length > 0 && (size_t)length < size;
}

static uint32_t get_number(const uint8_t *from) {
  rp_bytes bytes = rp_bytes_over(from, 4);
  return (uint32_t)rp_bytes_get(&bytes, 4);
}

/* How many tasks there are in a place; none if it is damaged. */
static int32_t count_tasks(const uint8_t place[PLACE]) {
  const uint32_t n = get_number(place);
  if (n > RP_SCHED_HOLD) return 0;
  const size_t size = 4 + (size_t)n * TASK;
  return get_number(place + size) == crc32_z(0, place, size) ? (int32_t)n : 0;
}

static bool get_task(const uint8_t *bytes, rp_sched_task *task) {
  const rp_journal_record as_record = {RP_RECORD_LOSS, bytes, TASK};
  return rp_record_get_loss(&as_record, task) && task->losses < RP_SCHED_LOSSES;
}

static rp_status read_places(FILE *in, rp_sched_task **task, int64_t *n) {
  uint8_t place[PLACE];
  for (int32_t i = 0; i < MOST_RANKS && fread(place, sizeof place, 1, in) == 1;
       i++) {
    const int32_t count = count_tasks(place);
    if (count == 0) continue;
    rp_sched_task *const more =
        rp_realloc(*task, (size_t)(*n + count), sizeof *more);
    if (!more) return RP_E_MEMORY;
    *task = more;
    for (int32_t k = 0; k < count; k++)
      *n += get_task(place + 4 + k * TASK, &more[*n]);
  }
  return RP_OK;
}

rp_status rp_running_read(const char *results, rp_sched_task **task, int64_t *n,
                          rp_error *err) {
  char name[4096];
  int fd;
  *task = NULL;
  *n = 0;
  if (!make_name(results, name, sizeof name) ||
      rp_file_open_number(name, O_RDONLY, &fd, NULL) != RP_OK)
    return RP_OK;
  FILE *const in = fdopen(fd, "rb");
  if (!in) {
    close(fd);
    return RP_OK;
  }
  const rp_status st = read_places(in, task, n);
  (void)fclose(in);
  return st == RP_OK ? st : rp_fail(err, st, "%s: out of memory", name);
}

rp_running *rp_running_open(const char *results) {
  char name[4096];
  if (!make_name(results, name, sizeof name)) return NULL;
  rp_running *const r = rp_alloc(1, sizeof *r + strlen(name) + 1);
  if (!r) return NULL;
  memcpy(r->name, name, strlen(name) + 1);
  (void)unlink(name);
  r->fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (r->fd >= 0) return r;
  free(r);
  return NULL;
}

static bool has_place(rp_running *r, int32_t rank) {
  if (rank < r->room) return true;
  bool *const more = rp_realloc(r->noted, (size_t)rank + 1, sizeof *more);
  if (!more) return false;
  memset(more + r->room, 0, (size_t)(rank + 1 - r->room) * sizeof *more);
  r->noted = more;
  r->room = rank + 1;
  return true;
}

static bool make_place(const rp_sched_task *task, int32_t n, rp_bytes *place) {
  if (!rp_bytes_make_room(place, PLACE)) return false;
  rp_bytes_put(place, (uint64_t)n, 4);
  for (int32_t k = 0; k < n; k++) rp_record_put_loss(place, &task[k]);
  rp_bytes_put(place, crc32_z(0, place->data, place->size), 4);
  memset(place->data + place->size, 0, PLACE - place->size);
  return true;
}

/* Who reads it passes over what could not be written. */
void rp_running_note(rp_running *r, int32_t rank, const rp_sched_task *task,
                     int32_t n) {
  if (rank < 0 || rank >= MOST_RANKS || !has_place(r, rank)) return;
  r->n_noted += (n > 0) - r->noted[rank];
  r->noted[rank] = n > 0;
  rp_bytes place = {0};
  if (make_place(task, n, &place)) {
    const ssize_t written =
        pwrite(r->fd, place.data, PLACE, (off_t)rank * PLACE);
    (void)written;
  }
  free(place.data);
}

void rp_running_close(rp_running *r, bool keep) {
  if (!r) return;
  close(r->fd);
  if (!keep || r->n_noted == 0) (void)unlink(r->name);
  free(r->noted);
  free(r);
}
