/* The journal's file. It is read once as a whole; afterwards it only grows at
 * its end. A lock excludes a second run with the same output; the system
 * releases it when the process ends in any way. On a file system without locks
 * there is no such protection. */
#include "store/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "core/bytes.h"
#include "core/memory.h"
#include "files/fileutil.h"

enum { VERSION = 1, FILE_HEAD = 12, RECORD_HEAD = 12, RECORD_TAIL = 4 };

static const char FILE_MAGIC[] = "RPJOURNL", RECORD_MAGIC[] = "RPJR";

struct rp_journal {
  int fd;
  rp_bytes content; /* of the file, until appending begins */
  size_t first;     /* place of the record after the terms */
  size_t at;        /* place of the next record to read */
  size_t whole;     /* end of the last complete record */
  rp_bytes waiting; /* records to be written at `whole` */
  char name[];
};

/* ---- bytes ---- */

static uint32_t get_u32(const uint8_t *from) {
  uint32_t value = 0;
  for (int i = 0; i < 4; i++) value |= (uint32_t)from[i] << (8 * i);
  return value;
}

/* False, and nothing added: no memory. */
static bool add_record(rp_bytes *to, const rp_journal_record *record) {
  if (record->size > UINT32_MAX) return false;
  const uint8_t *const at =
      rp_bytes_make_room(to, RECORD_HEAD + record->size + RECORD_TAIL);
  to->failed = false; /* there may be memory next time */
  if (!at) return false;
  rp_bytes_append(to, RECORD_MAGIC, 4);
  rp_bytes_put(to, record->kind, 4);
  rp_bytes_put(to, record->size, 4);
  rp_bytes_append(to, record->bytes, record->size);
  rp_bytes_put(to, crc32_z(0, at + 4, RECORD_HEAD - 4 + record->size), 4);
  return true;
}

/* Read the record at a place. Returns false if there is no complete one. */
static bool read_record(const rp_bytes *from, size_t at, size_t *end,
                        rp_journal_record *record) {
  const uint8_t *const head = from->data + at;
  const size_t left = from->size - at;
  if (left < RECORD_HEAD + RECORD_TAIL || memcmp(head, RECORD_MAGIC, 4) != 0)
    return false;
  *record = (rp_journal_record){.kind = get_u32(head + 4),
                                .bytes = head + RECORD_HEAD,
                                .size = get_u32(head + 8)};
  if (record->size > left - RECORD_HEAD - RECORD_TAIL) return false;
  const size_t summed = RECORD_HEAD - 4 + record->size;
  if (get_u32(head + 4 + summed) != crc32_z(0, head + 4, summed)) return false;
  *end = at + RECORD_HEAD + record->size + RECORD_TAIL;
  return true;
}

/* ---- terms ---- */

static bool add_terms(rp_bytes *to, const rp_journal_terms *terms) {
  rp_bytes list = {0};
  for (int32_t i = 0; i < terms->n; i++) {
    const rp_journal_term *const t = &terms->term[i];
    rp_bytes_append(&list, t->name, strlen(t->name) + 1);
    rp_bytes_append(&list, t->value, strlen(t->value) + 1);
  }
  const rp_journal_record record = {RP_JOURNAL_TERMS, list.data, list.size};
  const bool good = !list.failed && add_record(to, &record);
  free(list.data);
  return good;
}

static rp_status fail_out_of_memory(const char *file, rp_error *err) {
  return rp_fail(err, RP_E_MEMORY, "%s: out of memory", file);
}

static rp_status fail_io(const rp_journal *j, const char *what, rp_error *err) {
  return rp_fail(err, RP_E_IO, "%s: cannot %s: %s", j->name, what,
                 strerror(errno));
}

/* Read the next text of the list; NULL at its end. */
static const char *read_text(rp_journal_record *list) {
  const char *const text = (const char *)list->bytes;
  const uint8_t *const end =
      list->size ? memchr(list->bytes, 0, list->size) : NULL;
  if (!end) return NULL;
  list->size -= (size_t)(end + 1 - list->bytes);
  list->bytes = end + 1;
  return text;
}

static rp_status check_terms(const rp_journal *j, rp_journal_record list,
                             const rp_journal_terms *terms, rp_error *err) {
  for (int32_t i = 0; i < terms->n; i++) {
    const rp_journal_term *const t = &terms->term[i];
    const char *const name = read_text(&list);
    const char *const value = read_text(&list);
    if (!name || !value || strcmp(name, t->name) != 0)
      return rp_fail(err, RP_E_INPUT,
                     "%s: journal of another version of Rampart", j->name);
    if (!strcmp(value, t->value) || i >= terms->n_strict) continue;
    return rp_fail(err, RP_E_INPUT,
                   "%s: journal of a run with another %s: expected %s, found "
                   "%s; name another output, or use --fresh, which starts anew "
                   "and keeps it under another name",
                   j->name, t->name, *t->value ? t->value : "none",
                   *value ? value : "none");
  }
  return RP_OK;
}

/* ---- opening ---- */

static rp_status read_content(rp_journal *j, rp_error *err) {
  struct stat about;
  if (fstat(j->fd, &about) != 0) return fail_io(j, "read", err);
  const size_t size = (size_t)about.st_size;
  if (!rp_bytes_make_room(&j->content, size))
    return fail_out_of_memory(j->name, err);
  j->content.size = size;
  for (size_t at = 0; at < size;) {
    const ssize_t n = pread(j->fd, j->content.data + at, size - at, (off_t)at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_io(j, "read", err);
    if (n == 0)
      return rp_fail(err, RP_E_INPUT, "%s: changed while it was read", j->name);
    at += (size_t)n;
  }
  return RP_OK;
}

/* Whether any complete record follows. */
static bool has_record_after(const rp_bytes *from, size_t at) {
  size_t end;
  rp_journal_record record;
  while (at < from->size) {
    const uint8_t *const found =
        memmem(from->data + at, from->size - at, RECORD_MAGIC, 4);
    if (!found) return false;
    at = (size_t)(found - from->data);
    if (read_record(from, at, &end, &record)) return true;
    at++;
  }
  return false;
}

static rp_status check_content(rp_journal *j, const rp_journal_terms *terms,
                               rp_error *err) {
  const rp_bytes *const c = &j->content;
  rp_journal_record record;
  size_t at = FILE_HEAD;
  if (c->size < FILE_HEAD || memcmp(c->data, FILE_MAGIC, 8) != 0)
    return rp_fail(err, RP_E_INPUT,
                   "%s: expected a journal, found another file", j->name);
  if (get_u32(c->data + 8) != VERSION)
    return rp_fail(
        err, RP_E_INPUT,
        "%s: journal of version %u: this version of Rampart reads version %d",
        j->name, get_u32(c->data + 8), VERSION);
  if (!read_record(c, at, &at, &record) || record.kind != RP_JOURNAL_TERMS)
    return rp_fail(err, RP_E_INPUT, "%s: the head is damaged", j->name);
  const rp_journal_record first = record;
  j->first = j->at = at;
  while (at < c->size && read_record(c, at, &at, &record)) continue;
  j->whole = at;
  if (at < c->size && has_record_after(c, at + 1))
    return rp_fail(
        err, RP_E_INPUT,
        "%s: damaged at byte %zu, before other records; --fresh starts anew",
        j->name, at);
  return check_terms(j, first, terms, err);
}

static rp_journal *create_journal(const char *file) {
  const size_t size = strlen(file) + 1;
  rp_journal *const j = rp_alloc(1, sizeof *j + size);
  if (!j) return NULL;
  memcpy(j->name, file, size);
  j->fd = -1;
  return j;
}

static rp_status lock_file(const rp_journal *j, rp_error *err) {
  if (flock(j->fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
    return RP_OK;
  return rp_fail(err, RP_E_INPUT, "%s: in use by another run", j->name);
}

static rp_status open_and_lock(rp_journal *j, rp_error *err) {
  RP_TRY(rp_file_open_number(j->name, O_RDWR, &j->fd, err));
  return lock_file(j, err);
}

char *rp_journal_name(const char *results) {
  static const char suffix[] = ".journal";
  const size_t size = strlen(results);
  char *const name = rp_alloc(size + sizeof suffix, 1);
  if (!name) return NULL;
  memcpy(name, results, size);
  memcpy(name + size, suffix, sizeof suffix);
  return name;
}

rp_status rp_journal_open(const char *file, const rp_journal_terms *terms,
                          rp_journal **journal, rp_error *err) {
  struct stat about;
  *journal = NULL;
  if (lstat(file, &about) != 0 && errno == ENOENT) return RP_OK;
  rp_journal *const j = create_journal(file);
  if (!j) return fail_out_of_memory(file, err);
  rp_status st = open_and_lock(j, err);
  if (st == RP_OK) st = read_content(j, err);
  if (st == RP_OK) st = check_content(j, terms, err);
  if (st == RP_OK)
    *journal = j;
  else
    rp_journal_close(j);
  return st;
}

/* Read the record of the terms, which rp_journal_open has checked. */
static rp_journal_record read_terms(const rp_journal *j) {
  size_t end;
  rp_journal_record list = {0};
  (void)read_record(&j->content, FILE_HEAD, &end, &list);
  return list;
}

const char *rp_journal_value(const rp_journal *j, const char *name) {
  rp_journal_record list = read_terms(j);
  for (const char *found; (found = read_text(&list)) != NULL;) {
    const char *const value = read_text(&list);
    if (value && !strcmp(found, name)) return value;
  }
  return NULL;
}

bool rp_journal_is_same(const rp_journal *j, const rp_journal_terms *terms) {
  for (int32_t i = 0; i < terms->n; i++) {
    const char *const value = rp_journal_value(j, terms->term[i].name);
    if (!value || strcmp(value, terms->term[i].value) != 0) return false;
  }
  return true;
}

bool rp_journal_next(rp_journal *j, rp_journal_record *record) {
  return j->at < j->whole && read_record(&j->content, j->at, &j->at, record);
}

void rp_journal_rewind(rp_journal *j) {
  j->at = j->first;
}

/* Move the records that are kept to the front; returns their end. */
static size_t pack_records(rp_journal *j, rp_journal_choice *is_kept,
                           void *context) {
  size_t to = j->first, end;
  rp_journal_record record;
  for (size_t at = j->first; at < j->whole; at = end) {
    if (!read_record(&j->content, at, &end, &record)) break;
    if (!is_kept(context, &record)) continue;
    memmove(j->content.data + to, j->content.data + at, end - at);
    to += end - at;
  }
  return to;
}

rp_status rp_journal_compact(rp_journal *j, rp_journal_choice *is_kept,
                             void *context, const rp_journal_record *added,
                             rp_error *err) {
  rp_bytes *const c = &j->content;
  const size_t before = c->size;
  const int old = j->fd;
  c->size = pack_records(j, is_kept, context);
  j->at = j->whole;
  rp_status st = add_record(c, added)
                     ? rp_file_replace(j->name, c->data, c->size, err)
                     : fail_out_of_memory(j->name, err);
  if (st != RP_OK) {
    c->size = before;
    return st;
  }
  j->whole = c->size;
  j->fd = -1;
  st = open_and_lock(j, err);
  close(old);
  return st;
}

size_t rp_journal_count_bytes(const rp_journal_record *record) {
  return RECORD_HEAD + record->size + RECORD_TAIL;
}

rp_status rp_journal_begin(rp_journal *j, size_t *cut, rp_error *err) {
  *cut = j->content.size - j->whole;
  free(j->content.data);
  j->content = (rp_bytes){0};
  j->at = j->whole;
  if (*cut > 0 && ftruncate(j->fd, (off_t)j->whole) != 0)
    return fail_io(j, "write", err);
  return RP_OK;
}

/* ---- creating ---- */

/* Refuse a journal that another run holds open. */
static rp_status check_unused(rp_journal *j, rp_error *err) {
  struct stat about;
  if (lstat(j->name, &about) != 0 && errno == ENOENT) return RP_OK;
  const rp_status st = open_and_lock(j, err);
  if (j->fd >= 0) close(j->fd);
  j->fd = -1;
  return st;
}

rp_status rp_journal_check_unused(const char *file, rp_error *err) {
  rp_journal *const j = create_journal(file);
  if (!j) return fail_out_of_memory(file, err);
  const rp_status st = check_unused(j, err);
  rp_journal_close(j);
  return st;
}

/* The new file is unlocked for a moment; the run that locks it first owns it.
 */
static rp_status replace_file(rp_journal *j, const rp_journal_terms *terms,
                              rp_error *err) {
  rp_bytes *const b = &j->content;
  const int old = j->fd;
  rp_bytes_append(b, FILE_MAGIC, 8);
  rp_bytes_put(b, VERSION, 4);
  if (b->failed || !add_terms(b, terms))
    return fail_out_of_memory(j->name, err);
  RP_TRY(rp_file_replace(j->name, b->data, b->size, err));
  j->whole = b->size;
  j->fd = -1;
  const rp_status st = open_and_lock(j, err);
  if (old >= 0) close(old);
  free(b->data);
  *b = (rp_bytes){0};
  return st;
}

rp_status rp_journal_restart(rp_journal *j, const rp_journal_terms *terms,
                             rp_error *err) {
  free(j->content.data);
  j->content = (rp_bytes){0};
  j->waiting.size = 0;
  return replace_file(j, terms, err);
}

rp_status rp_journal_create(const char *file, const rp_journal_terms *terms,
                            rp_journal **journal, rp_error *err) {
  *journal = NULL;
  rp_journal *const j = create_journal(file);
  if (!j) return fail_out_of_memory(file, err);
  rp_status st = check_unused(j, err);
  if (st == RP_OK) st = replace_file(j, terms, err);
  if (st == RP_OK)
    *journal = j;
  else
    rp_journal_close(j);
  return st;
}

/* ---- appending ---- */

rp_status rp_journal_append(rp_journal *j, const rp_journal_record *record,
                            rp_error *err) {
  return add_record(&j->waiting, record) ? RP_OK
                                         : fail_out_of_memory(j->name, err);
}

rp_status rp_journal_write(rp_journal *j, rp_error *err) {
  rp_bytes *const w = &j->waiting;
  size_t done = 0;
  bool good = true;
  while (done < w->size && good) {
    const ssize_t n =
        pwrite(j->fd, w->data + done, w->size - done, (off_t)(j->whole + done));
    if (n > 0)
      done += (size_t)n;
    else
      good = n < 0 && errno == EINTR;
  }
  if (done > 0) memmove(w->data, w->data + done, w->size - done);
  w->size -= done;
  j->whole += done;
  return good ? RP_OK : fail_io(j, "write", err);
}

rp_status rp_journal_sync(rp_journal *j, rp_error *err) {
  struct stat about;
  if (fdatasync(j->fd) != 0) return fail_io(j, "write", err);
  if (fstat(j->fd, &about) == 0 && about.st_nlink == 0)
    return rp_fail(err, RP_E_IO, "%s: was removed during the run", j->name);
  return RP_OK;
}

void rp_journal_close(rp_journal *j) {
  if (!j) return;
  if (j->fd >= 0) close(j->fd);
  free(j->content.data);
  free(j->waiting.data);
  free(j);
}

void rp_journal_remove(rp_journal *j) {
  (void)unlink(j->name);
  rp_journal_close(j);
}
