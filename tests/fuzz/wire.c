/* Messages between ranks. The first byte chooses what the others are read as.
 * What is read is put into bytes again, which must be the same ones. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fixed_net.h"
#include "fuzz.h"
#include "run/wire.h"

enum { N_IN = 3 };

typedef enum reading {
  SETUP,
  TASK,
  SUBPROBLEM,
  RESULT,
  KEY,
  ROW,
  READINGS
} reading;

static void compare(rp_bytes *from, rp_bytes *again, const char *promise) {
  fuzz_expect(!again->failed, "there is memory");
  fuzz_expect(!rp_bytes_are_read(from) ||
                  (again->size == from->size &&
                   memcmp(again->data, from->data, from->size) == 0),
              promise);
  free(again->data);
}

static void read_setup(rp_bytes *from) {
  rp_net *net = NULL;
  rp_options options;
  rp_error err = {""};
  if (rp_wire_get_setup(from, &net, &options, &err) != RP_OK) {
    fuzz_expect(err.text[0] != 0, "a refusal says why");
    return;
  }
  uint8_t *const x = calloc((size_t)net->n_in, 1);
  int32_t prediction;
  fuzz_expect(x && rp_reference_predict(net, x, &prediction) == RP_OK,
              "a network that was accepted can be run");
  free(x);
  rp_bytes again = {0};
  fuzz_expect(rp_wire_put_setup(&again, net, &options, &err) == RP_OK,
              "a setup that was read can be sent on");
  free(again.data);
  rp_net_free(net);
}

/* Heads are what the reader of a task, a subproblem or a result comes after. */
static void read_task(rp_bytes *from) {
  const rp_message head = rp_wire_get_message(from);
  rp_compute_task task = {.id = head.task};
  rp_bytes again = {0};
  rp_wire_get_task(from, &task, N_IN);
  if (head.kind != RP_MESSAGE_TASK || from->failed) return;
  rp_wire_put_task(&again, &task, N_IN);
  compare(from, &again, "a task is read as it was sent");
}

static void read_subproblem(rp_bytes *from) {
  const rp_message head = rp_wire_get_message(from);
  rp_compute_subproblem subproblem = {.id = head.task};
  const uint8_t *const bytes =
      rp_wire_get_subproblem(from, &subproblem.size, &subproblem.last);
  if (head.kind != RP_MESSAGE_SUBPROBLEM || from->failed) return;
  fuzz_bytes copy = fuzz_copy(bytes, subproblem.size);
  free(copy.data);
}

static void read_result(rp_bytes *from) {
  const rp_message head = rp_wire_get_message(from);
  rp_compute_answer result = {.task.id = head.task};
  rp_bytes again = {0};
  rp_wire_get_result(from, &result, N_IN);
  if (head.kind != RP_MESSAGE_RESULT || from->failed) return;
  fuzz_expect(result.answer.verdict < RP_VERDICT_COUNT &&
                  result.answer.reason < RP_REASON_COUNT &&
                  result.answer.evidence < RP_EVIDENCE_COUNT,
              "an answer is one of those that there are");
  rp_wire_put_result(&again, &result, N_IN);
  compare(from, &again, "a result is read as it was sent");
}

static void read_rest(rp_bytes *from, reading what) {
  rp_proof_key key;
  rp_rank_row row;
  if (what == KEY) rp_wire_get_proof_key(from, &key);
  if (what == ROW) rp_wire_get_rank_row(from, &row);
  if (what == ROW)
    fuzz_expect(memchr(row.host, '\0', sizeof row.host) != NULL,
                "the name of a host ends");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  const reading what = (reading)(data[0] % READINGS);
  rp_bytes from = rp_bytes_over(data + 1, size - 1);
  if (what == SETUP) read_setup(&from);
  if (what == TASK) read_task(&from);
  if (what == SUBPROBLEM) read_subproblem(&from);
  if (what == RESULT) read_result(&from);
  read_rest(&from, what);
  return 0;
}

static void put_seed(reading what, rp_bytes *to) {
  static const uint8_t x[N_IN] = {1, 2, 3};
  uint8_t bytes[] = "nodes";
  const rp_compute_task task = {.id = 7,
                                .question = {.sample = 1,
                                             .x = x,
                                             .label = 2,
                                             .radius = 3,
                                             .subproblem = bytes,
                                             .subproblem_size = sizeof bytes,
                                             .cpu_limit_s = 60}};
  const rp_compute_subproblem subproblem = {7, bytes, sizeof bytes, true};
  const rp_compute_answer result = {
      .task.id = 7,
      .answer = {.verdict = RP_VIOLATED, .distance = 1},
      .witness = x};
  const rp_proof_key key = {1, 2, 3, 4, true, 5};
  const rp_rank_row row = {.rank = 1, .threads = 2, .host = "node1"};
  rp_net *const net = make_fixed_net();
  rp_options options;
  rp_options_default(&options);
  if (what == SETUP) (void)rp_wire_put_setup(to, net, &options, NULL);
  if (what == TASK) rp_wire_put_task(to, &task, N_IN);
  if (what == SUBPROBLEM) rp_wire_put_subproblem(to, &subproblem);
  if (what == RESULT) rp_wire_put_result(to, &result, N_IN);
  if (what == KEY) rp_wire_put_proof_key(to, &key);
  if (what == ROW) rp_wire_put_rank_row(to, &row);
  rp_net_free(net);
}

bool fuzz_make_seed(int number, fuzz_bytes *seed) {
  if (number >= READINGS) return false;
  const uint8_t first = (uint8_t)number;
  rp_bytes message = {0};
  put_seed((reading)number, &message);
  *seed = fuzz_copy(&first, 1);
  fuzz_append(seed, message.data, message.size);
  free(message.data);
  return true;
}
