/* The tail: a task that turns out hard is shared by workers that would idle.
 *
 * A worker that idles while nothing is left to deal has a share asked of the
 * task that was sent longest ago and has not been asked yet. That task's search
 * gives shares of its open nodes, if it runs for long, and goes on with the
 * others; each share becomes a piece, a task like any other. The task and its
 * pieces are a family: its members are those whose end has not been heard.
 *
 * - ROBUST: a member is gone when all its nodes are closed. The family's
 *   question is ROBUST when the last one is gone: at any time every open node
 *   of the question is with a member, because a piece joins before the task
 *   that it comes from can end (its answer tells how many shares it gave: if
 *   not all of them are here, that answer is worth nothing). As many members
 *   must have been proved as have ever joined.
 * - VIOLATED and UNKNOWN of any member are the answer of the family; the others
 *   are dropped.
 * - A member that comes back or whose worker is lost waits for another worker.
 *   Run again, it does again what its pieces do too, which harms nothing; the
 *   task itself, piece 0, then begins from the start.
 * - After a stop a family with a member that waits is UNKNOWN.
 *
 * Termination: shares are asked once of a task at a time and only while some
 * worker idles, and a search gives them at intervals only. */
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/memory.h"
#include "sched/sched_internal.h"

enum { MOST_SHARES = 16 }; /* asked of a task at a time */

struct rp_member {
  rp_family *family;
  rp_link kin;     /* among its family's members */
  rp_link waiting; /* among those to be dealt, or alone */
  rp_slot *slot;   /* NULL: with no worker */
  int64_t id;
  int32_t piece, losses;
  size_t size;
  uint8_t share[]; /* [size]; none: all of the question */
};

struct rp_family {
  rp_sched_task task; /* the question */
  rp_answer answer;   /* counters of what has ended so far */
  int32_t last_piece;
  int32_t joined, proved; /* members so far, and those that were ROBUST */
  rp_link members;
  rp_link of_search; /* in its search's list, or alone */
};

/* ---- asking ---- */

void rp_split_enlist(rp_sched *s, rp_slot *slot) {
  if (!s->act.split || slot->abandoned || slot->task.question.cpu_limit_s > 0)
    return;
  rp_list_append(&s->unasked, &slot->unasked);
  s->n_unasked++;
}

void rp_split_unlist(rp_sched *s, rp_slot *slot) {
  if (!rp_list_empty(&slot->unasked)) s->n_unasked--;
  rp_link_remove(&slot->unasked);
  s->n_wanted -= slot->wanted;
  slot->wanted = 0;
}

void rp_split_ask(rp_sched *s) {
  int32_t idle = s->n_idle - s->n_recalls - s->n_wanted;
  while (idle > 0 && s->n_unasked > 0) {
    rp_slot *slot = RP_CONTAINER(s->unasked.next, rp_slot, unasked);
    int32_t shares = (idle + s->n_unasked - 1) / s->n_unasked;
    if (shares > MOST_SHARES) shares = MOST_SHARES;
    rp_split_unlist(s, slot);
    slot->wanted = shares;
    s->n_wanted += shares;
    idle -= shares;
    s->act.split(s->act.context, slot->worker, slot->task.id, shares);
  }
}

/* ---- families ---- */

static rp_member *create_member(rp_family *family, const uint8_t *share,
                                size_t size) {
  rp_member *m = rp_alloc(1, sizeof *m + size);
  if (!m) return NULL;
  m->family = family;
  m->size = size;
  if (size > 0) memcpy(m->share, share, size);
  rp_link_init(&m->kin);
  rp_link_init(&m->waiting);
  rp_list_append(&family->members, &m->kin);
  family->joined++;
  return m;
}

static void free_member(rp_member *m) {
  rp_link_remove(&m->kin);
  rp_link_remove(&m->waiting);
  if (m->slot) m->slot->member = NULL;
  free(m);
}

static rp_family *create_family(rp_sched *s, rp_slot *slot) {
  rp_family *f = rp_alloc(1, sizeof *f);
  if (!f) return NULL;
  f->task = slot->task;
  rp_link_init(&f->members);
  rp_link_init(&f->of_search);
  rp_member *m = create_member(f, NULL, 0);
  if (!m) {
    free(f);
    return NULL;
  }
  m->id = slot->task.id;
  m->losses = slot->task.losses;
  m->slot = slot;
  slot->member = m;
  rp_link_remove(&slot->flight);
  rp_link *const families = rp_supply_families(s, &f->task);
  if (families) rp_list_append(families, &f->of_search);
  return f;
}

/* Whatever the workers of its members still send is ignored. */
void rp_split_drop(rp_sched *s, rp_family *f) {
  while (!rp_list_empty(&f->members)) {
    rp_member *m = RP_CONTAINER(rp_list_take(&f->members), rp_member, kin);
    rp_slot *const slot = m->slot;
    free_member(m);
    if (!slot) continue;
    slot->task.query = slot->task.search = -1;
    rp_sched_drop_slot(s, slot);
  }
  rp_link_remove(&f->of_search);
  free(f);
}

void rp_split_free(rp_sched *s) {
  if (!s->pieces.next) return; /* rp_sched_create failed early */
  for (int32_t i = 0; i < s->n_workers; i++)
    for (int k = 0; k < RP_SCHED_HOLD; k++) {
      rp_member *const m = s->worker[i].slot[k].member;
      if (!m) continue;
      rp_list_append(&s->pieces, &m->waiting);
      m->slot = NULL;
      s->worker[i].slot[k].member = NULL;
    }
  while (!rp_list_empty(&s->pieces)) {
    rp_member *m = RP_CONTAINER(rp_list_take(&s->pieces), rp_member, waiting);
    rp_family *f = m->family;
    free_member(m);
    if (rp_list_empty(&f->members)) free(f);
  }
}

rp_family *rp_split_family_at(rp_link *of_search) {
  return RP_CONTAINER(of_search, rp_family, of_search);
}
const rp_sched_task *rp_split_task(const rp_family *family) {
  return &family->task;
}

static void conclude(rp_sched *s, rp_family *f, int32_t worker,
                     const rp_answer *answer, const uint8_t *witness) {
  const rp_sched_task task = f->task;
  rp_split_drop(s, f);
  rp_supply_answer(s, worker, &task, answer, witness);
}

static void give_up(rp_sched *s, rp_family *f, int32_t worker,
                    rp_reason reason) {
  rp_answer answer = f->answer;
  answer.verdict = RP_UNKNOWN;
  answer.reason = reason;
  answer.evidence = RP_EVIDENCE_NONE;
  conclude(s, f, worker, &answer, NULL);
}

/* The last member is gone: each one that ever joined must have been proved. */
static void conclude_robust(rp_sched *s, rp_family *f, int32_t worker) {
  const rp_answer answer = f->answer;
  if (f->proved == f->joined) {
    conclude(s, f, worker, &answer, NULL);
    return;
  }
  rp_log(RP_LOG_ERROR,
         "sample %lld at radius %d: %d of %d pieces were proved, the others "
         "are unaccounted for",
         (long long)f->task.question.sample, f->task.question.radius, f->proved,
         f->joined);
  give_up(s, f, worker, RP_REASON_ERROR);
}

void rp_split_answer(rp_sched *s, int32_t worker, rp_member *m,
                     const rp_answer *answer, const uint8_t *witness) {
  rp_family *const f = m->family;
  rp_answer sum = *answer;
  sum.seconds += f->answer.seconds;
  sum.cpu_seconds += f->answer.cpu_seconds;
  rp_stats_merge(&sum.stats, &f->answer.stats);
  sum.stats.queries = 1;
  sum.shares = 0;
  f->answer = sum;
  f->proved += answer->verdict == RP_ROBUST;
  free_member(m);
  if (answer->verdict != RP_ROBUST)
    conclude(s, f, worker, &sum, witness);
  else if (rp_list_empty(&f->members))
    conclude_robust(s, f, worker);
}

void rp_split_return(rp_sched *s, rp_member *m, int32_t losses) {
  m->losses += losses;
  if (s->stopping)
    give_up(s, m->family, -1, RP_REASON_INTERRUPTED);
  else if (m->losses >= RP_SCHED_LOSSES)
    give_up(s, m->family, -1, RP_REASON_ERROR);
  else
    rp_list_append(&s->pieces, &m->waiting);
}

void rp_split_stop(rp_sched *s) {
  while (!rp_list_empty(&s->pieces)) {
    rp_member *m = RP_CONTAINER(s->pieces.next, rp_member, waiting);
    give_up(s, m->family, -1, RP_REASON_INTERRUPTED);
  }
}

/* ---- pieces ---- */

bool rp_split_take(rp_sched *s, rp_sched_task *task, rp_member **member) {
  if (rp_list_empty(&s->pieces)) return false;
  rp_member *m = RP_CONTAINER(s->pieces.next, rp_member, waiting);
  rp_link_remove(&m->waiting);
  *task = m->family->task;
  task->id = m->id;
  task->piece = m->piece;
  task->losses = m->losses;
  task->question.share = m->size > 0 ? m->share : NULL;
  task->question.share_size = m->size;
  *member = m;
  return true;
}

void rp_split_given_to(rp_member *m, rp_slot *slot) {
  m->slot = slot;
  if (slot) slot->member = m;
}

/* False: there is no memory, and the answer of the task will be discounted. */
static bool keep_piece(rp_sched *s, rp_slot *slot, const uint8_t *share,
                       size_t size) {
  rp_family *const f =
      slot->member ? slot->member->family : create_family(s, slot);
  rp_member *const m = f ? create_member(f, share, size) : NULL;
  if (!m) return false;
  m->id = ++s->last_id;
  m->piece = ++f->last_piece;
  rp_list_append(&s->pieces, &m->waiting);
  slot->shares++;
  return true;
}

void rp_split_piece(rp_sched *s, rp_slot *slot, const uint8_t *share,
                    size_t size, bool last) {
  if (s->stopping || slot->abandoned) return;
  if (size > 0) (void)keep_piece(s, slot, share, size);
  if (!last) return;
  rp_split_unlist(s, slot);
  rp_split_enlist(s, slot);
}
