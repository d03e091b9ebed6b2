/* What a stop leaves of questions that were under way, and going on with it in
 * a later run.
 *
 * A stop asks every task for all open nodes of its search. What the task has
 * proved is then an answer like any other, and the nodes are subproblems of its
 * family that wait. Once no worker runs a subproblem of the family, the waiting
 * ones are all that is left of the question, provided that the task itself,
 * subproblem 0, is not among them: it has no bytes but the whole question. A
 * later run begins with the family as it was, so that the same counts must
 * balance in the end. */
#include <stdlib.h>

#include "core/memory.h"
#include "sched/sched_internal.h"

static int32_t count_subproblems(const rp_family *f) {
  int32_t n = 0;
  for (const rp_link *at = f->subproblems.next; at != &f->subproblems;
       at = at->next)
    n++;
  return n;
}

/* False: the task itself is open. */
static bool list_pieces(const rp_family *f, rp_sched_piece *piece) {
  for (const rp_link *at = f->subproblems.next; at != &f->subproblems;
       at = at->next) {
    const rp_subproblem *const p = RP_CONTAINER(at, rp_subproblem, kin);
    if (p->number == 0) return false;
    *piece++ = (rp_sched_piece){p->number, p->bytes, p->size};
  }
  return true;
}

void rp_left_tell(const rp_sched *s, const rp_family *f) {
  const int32_t n = count_subproblems(f);
  if (!s->act.left || f->proved + n != f->joined) return;
  rp_sched_piece *const piece = rp_alloc((size_t)n, sizeof *piece);
  if (!piece) return;
  const rp_sched_left left = {.task = f->task,
                              .answer = f->answer,
                              .joined = f->joined,
                              .last_number = f->last_number,
                              .last_id = s->last_id,
                              .n = n,
                              .piece = piece};
  if (list_pieces(f, piece)) s->act.left(s->act.context, &left);
  free(piece);
}

/* ---- going on ---- */

static bool is_balanced(const rp_sched_left *left) {
  if (left->n < 1 || left->joined <= left->n ||
      left->last_number != left->joined - 1)
    return false;
  for (int32_t i = 0; i < left->n; i++) {
    const rp_sched_piece *const p = &left->piece[i];
    if (p->number < 1 || p->number > left->last_number || p->size < 1)
      return false;
    for (int32_t k = 0; k < i; k++)
      if (left->piece[k].number == p->number) return false;
  }
  return true;
}

static rp_family *create_family(const rp_sched_left *left,
                                const rp_sched_task *task) {
  rp_family *const f = rp_split_create_family(task);
  if (!f) return NULL;
  f->answer = left->answer;
  for (int32_t i = 0; i < left->n; i++) {
    const rp_sched_piece *const piece = &left->piece[i];
    rp_subproblem *const p =
        rp_split_create_subproblem(f, piece->bytes, piece->size);
    if (!p) {
      rp_split_free_family(f);
      return NULL;
    }
    p->number = piece->number;
  }
  f->joined = left->joined;
  f->proved = left->joined - left->n;
  f->last_number = left->last_number;
  return f;
}

bool rp_sched_known_left(rp_sched *s, const rp_sched_left *left) {
  rp_sched_task task = left->task;
  if (!is_balanced(left) || !rp_known_is_of_plan(s, &task)) return false;
  rp_family *const f = create_family(left, &task);
  if (!f) return false;
  if (rp_known_adopt(s, &f->task)) {
    rp_sched_number_after(s, left->last_id);
    f->task.id = ++s->last_id;
    rp_split_begin_with(s, f);
  } else {
    rp_split_free_family(f);
  }
  return true;
}

void rp_sched_number_after(rp_sched *s, int64_t last) {
  if (last > s->last_id) s->last_id = last;
}
