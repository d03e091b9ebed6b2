/* Journal records: numbers as in messages, and a witness at the end. Nothing
 * that is read is trusted. */
#include "run/records.h"

#include <stdlib.h>
#include <string.h>

#include "files/sha256.h"
#include "sched/radius.h"

void rp_record_put_answer(rp_bytes *wire, const rp_known_answer *known,
                          int32_t n_in) {
  const rp_sched_task *const task = &known->task;
  rp_bytes_put(wire, (uint64_t)task->query, 8);
  rp_wire_put_question(wire, &task->question);
  rp_bytes_put(wire, (uint64_t)known->worker, 4);
  rp_bytes_put(wire, (uint64_t)known->proofs_end, 8);
  rp_wire_put_answer(wire, &known->answer);
  rp_bytes_put(wire, known->witness != NULL, 1);
  if (known->witness) rp_bytes_append(wire, known->witness, (size_t)n_in);
}

/* The witness, if one follows; all bytes must then have been read. */
static bool get_witness(rp_bytes *wire, int32_t n_in, const uint8_t **witness) {
  const bool has_one = rp_bytes_get(wire, 1) == 1;
  *witness = has_one ? rp_bytes_view(wire, (size_t)n_in) : NULL;
  return rp_bytes_are_read(wire);
}

bool rp_record_get_answer(const rp_journal_record *record, int32_t n_in,
                          rp_known_answer *known) {
  rp_bytes wire = rp_bytes_over(record->bytes, record->size);
  rp_sched_task *const task = &known->task;
  const rp_answer *const answer = &known->answer;
  *known = (rp_known_answer){.task.query = rp_bytes_get_signed(&wire, 8)};
  rp_wire_get_question(&wire, &task->question);
  known->worker = (int32_t)rp_bytes_get_signed(&wire, 4);
  known->proofs_end = rp_bytes_get_signed(&wire, 8);
  rp_wire_get_answer(&wire, &known->answer);
  return get_witness(&wire, n_in, &known->witness) &&
         task->question.radius >= 1 && task->question.radius <= RP_RADIUS_MAX &&
         (answer->verdict == RP_VIOLATED
              ? answer->distance >= 1 &&
                    answer->distance <= task->question.radius
              : known->witness == NULL);
}

void rp_record_put_radius(rp_bytes *wire, const rp_sched_interval *known,
                          int32_t n_in) {
  rp_bytes_put(wire, (uint64_t)known->sample, 8);
  rp_bytes_put(wire, (uint64_t)known->verdict, 1);
  rp_bytes_put(wire, (uint64_t)known->lo, 4);
  rp_bytes_put(wire, (uint64_t)known->refuted, 4);
  rp_bytes_put_real(wire, known->seconds);
  rp_bytes_put_real(wire, known->cpu_seconds);
  rp_bytes_put(wire, known->witness != NULL, 1);
  if (known->witness) rp_bytes_append(wire, known->witness, (size_t)n_in);
}

bool rp_record_get_radius(const rp_journal_record *record, int32_t n_in,
                          rp_sched_interval *known) {
  rp_bytes wire = rp_bytes_over(record->bytes, record->size);
  *known = (rp_sched_interval){.sample = rp_bytes_get_signed(&wire, 8)};
  known->verdict = (rp_verdict)rp_bytes_get(&wire, 1);
  known->lo = (int32_t)rp_bytes_get_signed(&wire, 4);
  known->refuted = (int32_t)rp_bytes_get_signed(&wire, 4);
  known->seconds = rp_bytes_get_real(&wire);
  known->cpu_seconds = rp_bytes_get_real(&wire);
  return get_witness(&wire, n_in, &known->witness) &&
         known->verdict < RP_VERDICT_COUNT && known->seconds >= 0 &&
         known->cpu_seconds >= 0 && known->lo >= 0 &&
         known->lo <= RP_RADIUS_MAX && known->refuted >= 0 &&
         known->refuted <= RP_RADIUS_MAX &&
         (known->refuted == 0 || known->refuted > known->lo);
}

/* ---- what a stop left ---- */

static void put_left(rp_bytes *wire, const rp_sched_left *left) {
  rp_bytes_put(wire, (uint64_t)left->task.query, 8);
  rp_wire_put_question(wire, &left->task.question);
  rp_bytes_put(wire, left->task.alone, 1);
  rp_bytes_put(wire, (uint64_t)left->joined, 4);
  rp_bytes_put(wire, (uint64_t)left->last_number, 4);
  rp_bytes_put(wire, (uint64_t)left->last_id, 8);
  rp_bytes_put(wire, (uint64_t)left->n, 4);
  rp_wire_put_answer(wire, &left->answer);
}

void rp_record_put_left(rp_bytes *wire, const rp_known_left *known) {
  put_left(wire, &known->left);
  rp_bytes_put(wire, (uint64_t)known->proofs_end, 8);
  rp_bytes_append(wire, (const uint8_t *)known->sha256, 64);
}

bool rp_record_get_left(const rp_journal_record *record, rp_known_left *known) {
  rp_bytes wire = rp_bytes_over(record->bytes, record->size);
  rp_sched_left *const left = &known->left;
  *known = (rp_known_left){.left.task.query = rp_bytes_get_signed(&wire, 8)};
  rp_wire_get_question(&wire, &left->task.question);
  left->task.alone = rp_bytes_get(&wire, 1) != 0;
  left->joined = (int32_t)rp_bytes_get_signed(&wire, 4);
  left->last_number = (int32_t)rp_bytes_get_signed(&wire, 4);
  left->last_id = rp_bytes_get_signed(&wire, 8);
  left->n = (int32_t)rp_bytes_get_signed(&wire, 4);
  rp_wire_get_answer(&wire, &left->answer);
  known->proofs_end = rp_bytes_get_signed(&wire, 8);
  const uint8_t *const hex = rp_bytes_view(&wire, 64);
  if (!hex || !rp_bytes_are_read(&wire)) return false;
  memcpy(known->sha256, hex, 64);
  return left->n >= 1 && left->last_id >= 0 && left->answer.seconds >= 0 &&
         left->answer.cpu_seconds >= 0;
}

void rp_record_put_piece(rp_bytes *wire, const rp_sched_piece *piece) {
  rp_bytes_put(wire, (uint64_t)piece->number, 4);
  rp_bytes_append(wire, piece->bytes, piece->size);
}

bool rp_record_get_piece(const rp_journal_record *record,
                         rp_sched_piece *piece) {
  rp_bytes wire = rp_bytes_over(record->bytes, record->size);
  piece->number = (int32_t)rp_bytes_get_signed(&wire, 4);
  piece->size = wire.size - wire.at;
  piece->bytes = rp_bytes_view(&wire, piece->size);
  return !wire.failed && piece->size > 0;
}

/* Sizes come before bytes, so that these cannot be read in two ways. */
rp_status rp_record_sum_left(const rp_sched_left *left, char sha256[65]) {
  rp_sha256 *const sum = rp_sha256_create();
  rp_bytes head = {0};
  put_left(&head, left);
  for (int32_t i = 0; i < left->n; i++) {
    rp_bytes_put(&head, (uint64_t)left->piece[i].number, 4);
    rp_bytes_put(&head, left->piece[i].size, 8);
  }
  const bool good = sum && !head.failed;
  if (good) {
    rp_sha256_add(sum, head.data, head.size);
    for (int32_t i = 0; i < left->n; i++)
      rp_sha256_add(sum, left->piece[i].bytes, left->piece[i].size);
    rp_sha256_print(sum, sha256);
  }
  rp_sha256_free(sum);
  free(head.data);
  return good ? RP_OK : RP_E_MEMORY;
}

void rp_record_put_loss(rp_bytes *wire, const rp_sched_task *task) {
  rp_bytes_put(wire, (uint64_t)task->query, 8);
  rp_wire_put_question(wire, &task->question);
  rp_bytes_put(wire, (uint64_t)task->losses, 4);
}

bool rp_record_get_loss(const rp_journal_record *record, rp_sched_task *task) {
  rp_bytes wire = rp_bytes_over(record->bytes, record->size);
  *task = (rp_sched_task){.query = rp_bytes_get_signed(&wire, 8), .search = -1};
  rp_wire_get_question(&wire, &task->question);
  task->losses = (int32_t)rp_bytes_get_signed(&wire, 4);
  return rp_bytes_are_read(&wire) && task->losses >= 0 &&
         task->losses <= RP_SCHED_LOSSES && task->question.radius >= 1 &&
         task->question.radius <= RP_RADIUS_MAX;
}
