/* Questions that are asked alone: those that ended for lack of memory, and
 * those whose process died while it worked on them, as a rule for the same
 * reason.
 *
 * They wait until nothing else is left to deal and nothing else runs. Then each
 * node gets one of them at a time, and its other workers idle, so that all its
 * memory is there for it; nothing else is dealt meanwhile. They are not split:
 * that would bring others to the node.
 *
 * Such a question ends for good: an answer without memory is its answer, and so
 * is the loss of RP_SCHED_LOSSES workers, of which all but the first had
 * nothing else to do. */
#include <stdlib.h>

#include "core/memory.h"
#include "sched/sched_internal.h"

bool rp_alone_keep(rp_sched *s, const rp_sched_task *task) {
  if (s->n_lonely == s->room_lonely) {
    const int64_t room = s->room_lonely ? 2 * s->room_lonely : 16;
    rp_sched_task *const more =
        rp_realloc(s->lonely, (size_t)room, sizeof *more);
    if (!more) return false;
    s->lonely = more;
    s->room_lonely = room;
  }
  s->lonely[s->n_lonely] = *task;
  s->lonely[s->n_lonely++].alone = true;
  return true;
}

/* What one try has used comes out of the limit for both. */
bool rp_alone_is_due(const rp_sched_task *task, const rp_answer *answer) {
  return answer->verdict == RP_UNKNOWN && answer->reason == RP_REASON_MEMORY &&
         !task->alone &&
         (task->question.cpu_limit_s <= 0 ||
          task->question.cpu_limit_s > answer->cpu_seconds);
}

bool rp_alone_ask_again(rp_sched *s, const rp_sched_task *task,
                        const rp_answer *answer) {
  if (s->stopping || !rp_alone_is_due(task, answer)) return false;
  rp_sched_task again = *task;
  again.id = ++s->last_id;
  again.spent_s += answer->seconds;
  again.spent_cpu_s += answer->cpu_seconds;
  if (again.question.cpu_limit_s > 0)
    again.question.cpu_limit_s -= answer->cpu_seconds;
  return rp_alone_keep(s, &again);
}

bool rp_alone_take(rp_sched *s, rp_sched_task *task, rp_subproblem **p) {
  *p = NULL;
  while (s->n_lonely > 0) {
    *task = s->lonely[--s->n_lonely];
    if (rp_supply_is_still_wanted(s, task)) return true;
  }
  return rp_split_take_from(&s->lonely_subproblems, task, p);
}

void rp_alone_stop(rp_sched *s) {
  while (s->n_lonely > 0) rp_supply_return(s, &s->lonely[--s->n_lonely]);
  while (!rp_list_empty(&s->lonely_subproblems))
    rp_list_append(&s->subproblems, rp_list_take(&s->lonely_subproblems));
}

bool rp_sched_known_loss(rp_sched *s, const rp_sched_task *task) {
  static const rp_answer given_up = {.verdict = RP_UNKNOWN,
                                     .reason = RP_REASON_MEMORY};
  rp_sched_task own = *task;
  if (!rp_known_is_of_plan(s, task) || !rp_known_adopt(s, &own)) return false;
  own.id = ++s->last_id;
  own.alone = true;
  if (own.losses >= RP_SCHED_LOSSES || !rp_alone_keep(s, &own))
    rp_supply_answer(s, -1, &own, &given_up, NULL);
  return true;
}
