/* What a stop leaves of questions under way, in the journal.
 *
 * The pieces of a question come first, then the question, which says how many
 * there are and has their digest: a run that is killed between them leaves
 * pieces that nobody asks for. The last such group about a question counts.
 * One that is incomplete, has pieces that are doubled, damaged or of another
 * question, or whose proof is not whole any more is said and left out: the
 * question is then asked from its start.
 *
 * Groups that do not count any more, and pieces without a question, leave the
 * file when a run goes on with it and they are more than all else in it. So a
 * question that takes many runs does not make it grow without end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/memory.h"
#include "run/ledger_internal.h"

/* ---- writing ---- */

/* More than this is not kept of one stop: it would not be written in the time
 * that a stop has. */
static const size_t MOST_KEPT = (size_t)1 << 30;

static size_t count_bytes(const rp_sched_left *left) {
  size_t bytes = 0;
  for (int32_t i = 0; i < left->n; i++) bytes += left->piece[i].size;
  return bytes;
}

static bool has_room(rp_ledger *self, const rp_sched_left *left) {
  const size_t bytes = count_bytes(left);
  const bool fits = bytes <= MOST_KEPT - self->left_bytes;
  if (fits)
    self->left_bytes += bytes;
  else
    rp_log(RP_LOG_WARN,
           "sample %lld at radius %d: no room for what is left of it: it will "
           "be asked anew",
           (long long)rp_setup_sample(self->setup, left->task.question.sample),
           left->task.question.radius);
  return fits;
}

void rp_ledger_left(rp_ledger *self, const rp_sched_left *left) {
  rp_known_left known = {
      .left = *left,
      .proofs_end = self->proofs ? rp_proof_file_size(self->proofs) : 0};
  if (!self->journal || rp_ledger_has_gap(self, &left->task) ||
      !has_room(self, left) || rp_record_sum_left(left, known.sha256) != RP_OK)
    return;
  for (int32_t i = 0; i < left->n; i++) {
    rp_bytes wire = {0};
    rp_record_put_piece(&wire, &left->piece[i]);
    rp_ledger_append(self, RP_RECORD_PIECE_LEFT, &wire);
  }
  rp_bytes wire = {0};
  rp_record_put_left(&wire, &known);
  rp_ledger_append(self, RP_RECORD_QUESTION_LEFT, &wire);
  self->empty = false;
}

/* ---- reading ---- */

/* The group of records about a question; its pieces are read in a second pass.
 */
typedef struct group {
  rp_known_left known;
  size_t number;      /* of the question's record among those */
  size_t first_piece; /* number of the piece record */
  int32_t n_pieces;   /* that came before it */
} group;

typedef struct groups {
  group *item;
  int64_t n;
  rp_sched_piece *piece;  /* [n_pieces] of the whole journal */
  size_t n_pieces, since; /* the first piece after the last question */
  size_t n_questions;
  uint64_t dropped; /* bytes, by earlier runs */
} groups;

static bool grow(void **items, size_t n, size_t size) {
  if ((n & (n - 1)) != 0) return true; /* room up to the next power of two */
  void *const more = rp_realloc(*items, n ? 2 * n : 1, size);
  if (more) *items = more;
  return more != NULL;
}

static bool note_piece(groups *g, const rp_journal_record *record) {
  void *items = g->piece;
  if (!grow(&items, g->n_pieces, sizeof *g->piece)) return false;
  g->piece = items;
  rp_sched_piece piece = {0};
  if (!rp_record_get_piece(record, &piece)) piece.size = 0;
  g->piece[g->n_pieces++] = piece;
  return true;
}

static bool note_question(groups *g, const rp_journal_record *record) {
  group own = {.number = g->n_questions++,
               .first_piece = g->since,
               .n_pieces = (int32_t)(g->n_pieces - g->since)};
  g->since = g->n_pieces;
  if (!rp_record_get_left(record, &own.known)) return true;
  for (int64_t i = 0; i < g->n; i++)
    if (rp_ledger_is_same_question(&g->item[i].known.left.task,
                                   &own.known.left.task)) {
      g->item[i] = own;
      return true;
    }
  void *items = g->item;
  if (!grow(&items, (size_t)g->n, sizeof *g->item)) return false;
  g->item = items;
  g->item[g->n++] = own;
  return true;
}

/* What is left of a question that was answered later does not count any more.
 */
static void note_answer(const rp_ledger *self, groups *g,
                        const rp_journal_record *record) {
  rp_known_answer known;
  if (g->n == 0 ||
      !rp_record_get_answer(record, self->setup->net->n_in, &known))
    return;
  for (int64_t i = 0; i < g->n; i++)
    if (rp_ledger_is_same_question(&g->item[i].known.left.task, &known.task)) {
      g->item[i] = g->item[--g->n];
      return;
    }
}

static void note_dropped(groups *g, const rp_journal_record *record) {
  char text[64] = "";
  unsigned long long dropped;
  if (record->size < sizeof text) memcpy(text, record->bytes, record->size);
  if (sscanf(text, "bytes dropped: %20llu", &dropped) == 1)
    g->dropped = dropped;
}

static rp_status read_groups(rp_ledger *self, groups *g, rp_error *err) {
  rp_journal_record record;
  bool good = true;
  rp_journal_rewind(self->journal);
  while (good && rp_journal_next(self->journal, &record))
    if (record.kind == RP_RECORD_PIECE_LEFT) {
      good = note_piece(g, &record);
    } else if (record.kind == RP_RECORD_QUESTION_LEFT) {
      good = note_question(g, &record);
    } else {
      if (record.kind == RP_RECORD_ANSWER_KEPT) note_answer(self, g, &record);
      if (record.kind == RP_RECORD_DROPPED) note_dropped(g, &record);
    }
  return good ? RP_OK
              : rp_fail(err, RP_E_MEMORY, "%s: out of memory", self->file);
}

/* What is wrong with it; NULL: nothing. */
static const char *find_fault(const rp_ledger *self, const group *one) {
  const rp_sched_left *const left = &one->known.left;
  char sha256[65];
  if (one->n_pieces != left->n) return "pieces are missing or doubled";
  if (rp_record_sum_left(left, sha256) != RP_OK) return "out of memory";
  if (strcmp(sha256, one->known.sha256) != 0)
    return "pieces are damaged or of another question";
  if (!self->proofs) return NULL;
  if (one->known.proofs_end > self->whole.end)
    return "its proof is not whole any more";
  const uint64_t last = rp_proof_list_last_attempt(
      &self->whole, left->task.question.sample, left->task.question.radius);
  return rp_attempt_task(last) > left->last_id
             ? "a run that was killed has gone on with its proof"
             : NULL;
}

static void take_group(rp_ledger *self, rp_sched *sched, group *one,
                       const groups *g) {
  rp_sched_left *const left = &one->known.left;
  const int32_t losses = rp_ledger_count_losses(self, &left->task);
  if (losses >= RP_SCHED_LOSSES) return;
  left->piece = g->piece + one->first_piece;
  const char *fault = find_fault(self, one);
  left->task.losses = losses;
  left->task.alone |= losses > 0;
  if (!fault && !rp_sched_known_left(sched, left))
    fault = "its numbers do not balance";
  if (fault)
    rp_log(RP_LOG_WARN,
           "%s: what is left of sample %lld at radius %d cannot be used (%s): "
           "it is asked anew",
           self->file,
           (long long)rp_setup_sample(self->setup, left->task.question.sample),
           left->task.question.radius, fault);
  else
    self->taken.left++;
  if (!fault && losses > 0) self->taken.suspects++;
}

/* ---- dropping what does not count any more ---- */

typedef struct choice {
  bool *keeps_piece, *keeps_question; /* by number */
  size_t piece, question;             /* the next ones */
} choice;

static bool is_kept(void *context, const rp_journal_record *record) {
  choice *const c = context;
  if (record->kind == RP_RECORD_PIECE_LEFT) return c->keeps_piece[c->piece++];
  if (record->kind == RP_RECORD_QUESTION_LEFT)
    return c->keeps_question[c->question++];
  return record->kind != RP_RECORD_DROPPED;
}

static void choose(choice *c, const groups *g) {
  for (int64_t i = 0; i < g->n; i++) {
    const group *const one = &g->item[i];
    c->keeps_question[one->number] = true;
    for (int32_t k = 0; k < one->n_pieces; k++)
      c->keeps_piece[one->first_piece + (size_t)k] = true;
  }
}

static void count_bytes_of(rp_ledger *self, choice c, size_t *kept,
                           size_t *dropped) {
  rp_journal_record record;
  *kept = *dropped = 0;
  rp_journal_rewind(self->journal);
  while (rp_journal_next(self->journal, &record))
    *(is_kept(&c, &record) ? kept : dropped) += rp_journal_count_bytes(&record);
}

/* Together with the file's size this number only grows: who watches whether a
 * run gets on adds both (slurm/batch.sh). */
static rp_status drop(rp_ledger *self, choice *c, uint64_t dropped,
                      rp_error *err) {
  char text[64];
  rp_journal_record record = {.kind = RP_RECORD_DROPPED};
  for (int twice = 0; twice < 2; twice++) { /* its length is always the same */
    record.size = (size_t)snprintf(text, sizeof text, "bytes dropped: %020llu",
                                   (unsigned long long)dropped);
    if (twice == 0) dropped -= rp_journal_count_bytes(&record);
  }
  record.bytes = (const uint8_t *)text;
  return rp_journal_compact(self->journal, is_kept, c, &record, err);
}

/* Pieces that were left without a question would seem to belong to the next
 * one. Without room or memory the journal stays as it is. */
static rp_status drop_rest(rp_ledger *self, const groups *g, rp_error *err) {
  enum { LEAST = 1024 };
  choice c = {.keeps_piece = rp_alloc(g->n_pieces + 1, 1),
              .keeps_question = rp_alloc(g->n_questions + 1, 1)};
  rp_status st = RP_OK;
  if (c.keeps_piece && c.keeps_question) {
    size_t kept, dropped;
    choose(&c, g);
    count_bytes_of(self, c, &kept, &dropped);
    if (dropped > LEAST && (dropped > kept || g->since < g->n_pieces))
      st = drop(self, &c, g->dropped + dropped, err);
  }
  free(c.keeps_piece);
  free(c.keeps_question);
  return st == RP_E_INPUT ? st : RP_OK;
}

rp_status rp_ledger_take_left(rp_ledger *self, rp_sched *sched, rp_error *err) {
  groups g = {0};
  rp_status st = read_groups(self, &g, err);
  for (int64_t i = 0; st == RP_OK && i < g.n; i++)
    take_group(self, sched, &g.item[i], &g);
  if (st == RP_OK) st = drop_rest(self, &g, err);
  free(g.item);
  free(g.piece);
  return st;
}
