/* A rank asks by a message with the answer to its last piece, and gets the
 * number of the next one; -1 ends it, and -2 tells it to stop its piece. */
#include "cluster/deal.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cluster/comm.h"
#include "cluster/ranks.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/memory.h"

enum { NO_MORE = -1, STOP = -2 };

static const double SERVE_EVERY_S = 0.005;

typedef struct dealer {
  const rp_deal *deal;
  int64_t next;   /* to be dealt */
  int64_t *given; /* [size] the piece that a rank has; -1: none */
  int active;     /* other ranks that were not ended */
  bool told_stop; /* to these */
  int64_t own;    /* the piece of this rank, and its answer */
  void *answer;
} dealer;

static void nap(void) {
  const struct timespec t = {.tv_nsec = 1000000};
  (void)nanosleep(&t, NULL);
}

static void post_number(int to, int64_t number, const void *answer,
                        size_t size) {
  uint8_t *bytes;
  while (!(bytes = rp_alloc(sizeof number + size, 1))) nap();
  memcpy(bytes, &number, sizeof number);
  if (size > 0) memcpy(bytes + sizeof number, answer, size);
  rp_comm_post(to, bytes, sizeof number + size);
}

/* ---- rank 0 ---- */

/* The next piece to be dealt; NO_MORE: there is none. */
static int64_t take_next(dealer *d) {
  const rp_deal *const deal = d->deal;
  if (atomic_load(rp_stop_flag())) return NO_MORE;
  while (d->next < deal->n && deal->is_done &&
         deal->is_done(deal->context, d->next))
    d->next++;
  return d->next < deal->n ? d->next++ : NO_MORE;
}

/* A rank that asks has answered what it was given. */
static void serve_one(dealer *d, int from, const uint8_t *bytes, size_t size) {
  const rp_deal *const deal = d->deal;
  int64_t number = NO_MORE;
  if (size >= sizeof number) memcpy(&number, bytes, sizeof number);
  const size_t whole = sizeof number + (number < 0 ? 0 : deal->answer_size);
  if (size != whole || number != d->given[from]) {
    rp_log(RP_LOG_ERROR, "rank %d answered what it was not asked", from);
    return;
  }
  if (number >= 0) deal->take(deal->context, number, bytes + sizeof number);
  d->given[from] = take_next(d);
  d->active -= d->given[from] < 0;
  post_number(from, d->given[from], NULL, 0);
}

static void tell_stop(dealer *d) {
  const int size = rp_comm_size();
  for (int r = 1; r < size; r++)
    if (d->given[r] >= 0) post_number(r, STOP, NULL, 0);
  d->told_stop = true;
}

static void serve(void *context) {
  dealer *const d = context;
  uint8_t *bytes;
  size_t size;
  for (int from; rp_comm_poll(&from, &bytes, &size); free(bytes))
    serve_one(d, from, bytes, size);
  if (!d->told_stop && atomic_load(rp_stop_flag())) tell_stop(d);
}

static rp_status do_own(void *context) {
  const dealer *const d = context;
  d->deal->work(d->deal->context, d->own, d->answer);
  return RP_OK;
}

static void deal_out(dealer *d) {
  const rp_deal *const deal = d->deal;
  while ((d->own = take_next(d)) >= 0) {
    (void)rp_work_beside(do_own, d, serve, SERVE_EVERY_S);
    deal->take(deal->context, d->own, d->answer);
    serve(d);
  }
  for (; d->active > 0; nap()) serve(d);
}

/* ---- the others ---- */

/* A number that rank 0 has sent; false: it has sent none. */
static bool poll_number(int64_t *number) {
  uint8_t *bytes;
  size_t size;
  int from;
  if (!rp_comm_poll(&from, &bytes, &size)) return false;
  *number = NO_MORE;
  if (size == sizeof *number) memcpy(number, bytes, sizeof *number);
  free(bytes);
  if (*number == STOP) atomic_store(rp_stop_flag(), true);
  return true;
}

static int64_t wait_for_number(void) {
  int64_t number = STOP; /* may come for a piece that was just answered */
  while (number == STOP)
    if (!poll_number(&number)) nap();
  return number;
}

static void hear_stop(void *context) {
  int64_t number;
  (void)context;
  while (poll_number(&number)) continue;
}

static void work_through(dealer *d) {
  const rp_deal *const deal = d->deal;
  post_number(0, NO_MORE, NULL, 0);
  while ((d->own = wait_for_number()) >= 0) {
    (void)rp_work_beside(do_own, d, hear_stop, SERVE_EVERY_S);
    post_number(0, d->own, d->answer, deal->answer_size);
  }
}

/* ---- all ---- */

void rp_cluster_tell(void *data, size_t size) {
  rp_comm_broadcast(data, size);
}

int32_t rp_cluster_threads(void) {
  return rp_comm_threads();
}

void rp_cluster_deal(const rp_deal *deal) {
  const int size = rp_comm_size();
  int64_t n = deal->n;
  dealer d = {.deal = deal, .active = size - 1};
  rp_comm_broadcast((uint8_t *)&n, sizeof n);
  rp_comm_watch(false);
  if (n < 0) return;
  while (!(d.given = rp_alloc((size_t)size, sizeof *d.given))) nap();
  while (!(d.answer = rp_alloc(deal->answer_size, 1))) nap();
  for (int r = 0; r < size; r++) d.given[r] = NO_MORE;
  if (rp_comm_rank() == 0)
    deal_out(&d);
  else
    work_through(&d);
  rp_comm_flush(1);
  free(d.given);
  free(d.answer);
}
