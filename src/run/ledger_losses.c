/* Questions of which a process may have died: what the journal has of them, and
 * what ranks were working on when the last run broke off. Each is told to the
 * scheduler, which asks it alone or gives it up. An orderly stop forgets how
 * often a question was suspected; `--retry` does, too. */
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/memory.h"
#include "run/ledger_internal.h"

static rp_sched_task *find(const rp_ledger *self, const rp_sched_task *task) {
  for (int64_t i = 0; i < self->n_suspects; i++)
    if (rp_ledger_is_same_question(&self->suspect[i], task))
      return &self->suspect[i];
  return NULL;
}

static rp_status note(rp_ledger *self, const rp_sched_task *task,
                      rp_error *err) {
  rp_sched_task *own = find(self, task);
  if (!own) {
    rp_sched_task *const more =
        rp_realloc(self->suspect, (size_t)self->n_suspects + 1, sizeof *more);
    if (!more)
      return rp_fail(err, RP_E_MEMORY, "%s: out of memory", self->file);
    self->suspect = more;
    own = &more[self->n_suspects++];
  }
  *own = *task;
  return RP_OK;
}

static rp_status read_journal(rp_ledger *self, rp_error *err) {
  rp_journal_record record;
  rp_known_left known;
  rp_sched_task task;
  rp_journal_rewind(self->journal);
  while (rp_journal_next(self->journal, &record)) {
    if (record.kind == RP_RECORD_LOSS && rp_record_get_loss(&record, &task))
      RP_TRY(note(self, &task, err));
    if (record.kind != RP_RECORD_QUESTION_LEFT ||
        !rp_record_get_left(&record, &known))
      continue;
    rp_sched_task *const own = find(self, &known.left.task);
    if (own) own->losses = 0;
  }
  return RP_OK;
}

static rp_status read_running(rp_ledger *self, rp_error *err) {
  rp_sched_task *task;
  int64_t n;
  RP_TRY(rp_running_read(self->job->output, &task, &n, err));
  rp_status st = RP_OK;
  for (int64_t i = 0; i < n && st == RP_OK; i++) {
    rp_bytes wire = {0};
    task[i].losses++;
    rp_record_put_loss(&wire, &task[i]);
    rp_ledger_append(self, RP_RECORD_LOSS, &wire);
    self->empty = false;
    st = note(self, &task[i], err);
  }
  free(task);
  return st;
}

rp_status rp_ledger_read_losses(rp_ledger *self, rp_error *err) {
  RP_TRY(read_journal(self, err));
  return read_running(self, err);
}

int32_t rp_ledger_count_losses(const rp_ledger *self,
                               const rp_sched_task *task) {
  const rp_sched_task *const own = find(self, task);
  return own ? own->losses : 0;
}

void rp_ledger_take_losses(rp_ledger *self, rp_sched *sched) {
  for (int64_t i = 0; i < self->n_suspects; i++) {
    const rp_sched_task *const task = &self->suspect[i];
    if (task->losses == 0) continue;
    if (!rp_sched_known_loss(sched, task)) continue;
    if (task->losses < RP_SCHED_LOSSES)
      self->taken.suspects++;
    else
      rp_log(RP_LOG_WARN,
             "sample %lld at radius %d: %d processes died while they worked on "
             "it, the last ones on it alone: given up for lack of memory",
             (long long)rp_setup_sample(self->setup, task->question.sample),
             task->question.radius, task->losses);
  }
}
