/* Bytes of messages: tasks, answers and counters. */
#include "run/wire.h"

#include <string.h>

void rp_wire_put_message(rp_bytes *wire, rp_message_kind kind, int64_t task) {
  rp_bytes_put(wire, kind, 1);
  rp_bytes_put(wire, (uint64_t)task, 8);
}

rp_message rp_wire_get_message(rp_bytes *wire) {
  const uint64_t kind = rp_bytes_get(wire, 1);
  const int64_t task = rp_bytes_get_signed(wire, 8);
  const bool good = !wire->failed && kind < RP_MESSAGE_COUNT;
  const rp_message message = {
      .kind = good ? (rp_message_kind)kind : RP_MESSAGE_COUNT, .task = task};
  return message;
}

/* ---- counters, answers ---- */

static void put_stats(rp_bytes *wire, const rp_stats *stats) {
  size_t count;
  const rp_stats_info *const info = rp_stats_rows(&count);
  for (size_t i = 0; i < count; i++) {
    int64_t value;
    memcpy(&value, (const char *)stats + info[i].offset, sizeof value);
    rp_bytes_put(wire, (uint64_t)value, 8);
  }
}

static void get_stats(rp_bytes *wire, rp_stats *stats) {
  size_t count;
  const rp_stats_info *const info = rp_stats_rows(&count);
  for (size_t i = 0; i < count; i++) {
    const int64_t value = rp_bytes_get_signed(wire, 8);
    memcpy((char *)stats + info[i].offset, &value, sizeof value);
  }
}

void rp_wire_put_answer(rp_bytes *wire, const rp_answer *answer) {
  rp_bytes_put(wire, answer->verdict, 1);
  rp_bytes_put(wire, answer->reason, 1);
  rp_bytes_put(wire, answer->evidence, 1);
  rp_bytes_put(wire, (uint64_t)answer->distance, 4);
  rp_bytes_put(wire, (uint64_t)answer->subproblems, 4);
  rp_bytes_put_real(wire, answer->seconds);
  rp_bytes_put_real(wire, answer->cpu_seconds);
  put_stats(wire, &answer->stats);
}

void rp_wire_get_answer(rp_bytes *wire, rp_answer *answer) {
  memset(answer, 0, sizeof *answer);
  const uint64_t verdict = rp_bytes_get(wire, 1);
  const uint64_t reason = rp_bytes_get(wire, 1);
  const uint64_t evidence = rp_bytes_get(wire, 1);
  if (verdict >= RP_VERDICT_COUNT || reason >= RP_REASON_COUNT ||
      evidence >= RP_EVIDENCE_COUNT)
    wire->failed = true;
  answer->distance = (int32_t)rp_bytes_get_signed(wire, 4);
  answer->subproblems = (int32_t)rp_bytes_get_signed(wire, 4);
  answer->seconds = rp_bytes_get_real(wire);
  answer->cpu_seconds = rp_bytes_get_real(wire);
  get_stats(wire, &answer->stats);
  if (wire->failed) return;
  answer->verdict = (rp_verdict)verdict;
  answer->reason = (rp_reason)reason;
  answer->evidence = (rp_evidence)evidence;
}

void rp_wire_put_question(rp_bytes *wire, const rp_question *question) {
  rp_bytes_put(wire, (uint64_t)question->sample, 8);
  rp_bytes_put(wire, (uint64_t)question->radius, 4);
  rp_bytes_put_real(wire, question->cpu_limit_s);
}

void rp_wire_get_question(rp_bytes *wire, rp_question *question) {
  *question = (rp_question){.sample = rp_bytes_get_signed(wire, 8)};
  question->radius = (int32_t)rp_bytes_get_signed(wire, 4);
  question->cpu_limit_s = rp_bytes_get_real(wire);
  if (!(question->cpu_limit_s >= 0 && question->cpu_limit_s < RP_NO_LIMIT_S))
    wire->failed = true;
}

/* Only 0 and 1 are flags. */
static bool get_flag(rp_bytes *wire) {
  const uint64_t flag = rp_bytes_get(wire, 1);
  if (flag > 1) wire->failed = true;
  return flag == 1;
}

void rp_wire_put_task(rp_bytes *wire, const rp_compute_task *task,
                      int32_t n_in) {
  const rp_question *const question = &task->question;
  rp_wire_put_message(wire, RP_MESSAGE_TASK, task->id);
  rp_wire_put_question(wire, question);
  rp_bytes_put(wire, (uint64_t)question->label, 4);
  rp_bytes_put(wire, (uint64_t)question->target, 4);
  rp_bytes_put(wire, (uint64_t)question->memory_times, 4);
  rp_bytes_append(wire, question->x, (size_t)n_in);
  rp_bytes_put(wire, question->box_lo != NULL, 1);
  if (question->box_lo) {
    rp_bytes_append(wire, question->box_lo, (size_t)n_in);
    rp_bytes_append(wire, question->box_hi, (size_t)n_in);
  }
  rp_bytes_put(wire, question->subproblem_size, 4);
  rp_bytes_append(wire, question->subproblem, question->subproblem_size);
}

void rp_wire_get_task(rp_bytes *wire, rp_compute_task *task, int32_t n_in) {
  rp_question *const question = &task->question;
  rp_wire_get_question(wire, question);
  question->label = (int32_t)rp_bytes_get_signed(wire, 4);
  question->target = (int32_t)rp_bytes_get_signed(wire, 4);
  question->memory_times = (int32_t)rp_bytes_get_signed(wire, 4);
  question->x = rp_bytes_view(wire, (size_t)n_in);
  if (get_flag(wire)) {
    question->box_lo = rp_bytes_view(wire, (size_t)n_in);
    question->box_hi = rp_bytes_view(wire, (size_t)n_in);
  }
  question->subproblem_size = (size_t)rp_bytes_get(wire, 4);
  const uint8_t *const subproblem =
      rp_bytes_view(wire, question->subproblem_size);
  question->subproblem = question->subproblem_size > 0 ? subproblem : NULL;
}

void rp_wire_put_subproblem(rp_bytes *wire,
                            const rp_compute_subproblem *subproblem) {
  rp_wire_put_message(wire, RP_MESSAGE_SUBPROBLEM, subproblem->id);
  rp_bytes_put(wire, subproblem->last, 1);
  rp_bytes_put(wire, subproblem->size, 4);
  rp_bytes_append(wire, subproblem->bytes, subproblem->size);
}

const uint8_t *rp_wire_get_subproblem(rp_bytes *wire, size_t *size,
                                      bool *last) {
  *last = get_flag(wire);
  *size = (size_t)rp_bytes_get(wire, 4);
  return rp_bytes_view(wire, *size);
}

void rp_wire_put_result(rp_bytes *wire, const rp_compute_answer *result,
                        int32_t n_in) {
  rp_wire_put_message(wire, RP_MESSAGE_RESULT, result->task.id);
  rp_bytes_put_real(wire, result->ended_s);
  rp_wire_put_answer(wire, &result->answer);
  if (result->answer.verdict == RP_VIOLATED)
    rp_bytes_append(wire, result->witness, (size_t)n_in);
}

void rp_wire_get_result(rp_bytes *wire, rp_compute_answer *result,
                        int32_t n_in) {
  result->ended_s = rp_bytes_get_real(wire);
  rp_wire_get_answer(wire, &result->answer);
  const bool violated = !wire->failed && result->answer.verdict == RP_VIOLATED;
  result->witness = violated ? rp_bytes_view(wire, (size_t)n_in) : NULL;
}

void rp_wire_put_proof_key(rp_bytes *wire, const rp_proof_key *key) {
  rp_bytes_put(wire, (uint64_t)key->sample, 8);
  rp_bytes_put(wire, (uint64_t)key->radius, 4);
  rp_bytes_put(wire, key->attempt, 8);
  rp_bytes_put(wire, (uint64_t)key->index, 4);
  rp_bytes_put(wire, key->last, 1);
  rp_bytes_put(wire, key->plain_size, 8);
}

void rp_wire_get_proof_key(rp_bytes *wire, rp_proof_key *key) {
  key->sample = rp_bytes_get_signed(wire, 8);
  key->radius = (int32_t)rp_bytes_get_signed(wire, 4);
  key->attempt = rp_bytes_get(wire, 8);
  key->index = (int32_t)rp_bytes_get_signed(wire, 4);
  key->last = get_flag(wire);
  key->plain_size = rp_bytes_get(wire, 8);
}

void rp_wire_put_rank_row(rp_bytes *wire, const rp_rank_row *row) {
  rp_bytes_put(wire, (uint64_t)row->rank, 4);
  rp_bytes_put(wire, (uint64_t)row->threads, 4);
  rp_bytes_put(wire, (uint64_t)row->tasks, 8);
  rp_bytes_put_real(wire, row->busy_seconds);
  rp_bytes_put_real(wire, row->cpu_seconds);
  rp_bytes_put_real(wire, row->wall_seconds);
  rp_bytes_put_real(wire, row->serving_seconds);
  rp_bytes_put(wire, (uint64_t)row->messages, 8);
  rp_bytes_put(wire, (uint64_t)row->message_bytes, 8);
  rp_bytes_append(wire, row->host, sizeof row->host);
  put_stats(wire, &row->stats);
}

void rp_wire_get_rank_row(rp_bytes *wire, rp_rank_row *row) {
  memset(row, 0, sizeof *row);
  row->rank = (int32_t)rp_bytes_get_signed(wire, 4);
  row->threads = (int32_t)rp_bytes_get_signed(wire, 4);
  row->tasks = rp_bytes_get_signed(wire, 8);
  row->busy_seconds = rp_bytes_get_real(wire);
  row->cpu_seconds = rp_bytes_get_real(wire);
  row->wall_seconds = rp_bytes_get_real(wire);
  row->serving_seconds = rp_bytes_get_real(wire);
  row->messages = rp_bytes_get_signed(wire, 8);
  row->message_bytes = rp_bytes_get_signed(wire, 8);
  rp_bytes_copy(wire, row->host, sizeof row->host);
  row->host[sizeof row->host - 1] = '\0';
  get_stats(wire, &row->stats);
}
