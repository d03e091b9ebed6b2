/* Subproblems of a search that another rank sent. Any bytes are refused or
 * searched, and a counterexample is one. */
#include <stdlib.h>
#include <string.h>

#include "fixed_net.h"
#include "fuzz.h"
#include "tree/search.h"
#include "verify/verify.h"

static rp_net *net;
static rp_verifier *verifier;

static void prepare(void) {
  rp_options options;
  rp_error err = {""};
  if (net) return;
  net = make_wide_net();
  rp_options_default(&options);
  options.threads = 1;
  options.dual_steps = 0;
  options.attack_moves = 0;
  options.node_limit = 90; /* seeds have been at up to 60 */
  fuzz_expect(rp_verifier_create(net, &options, &verifier, &err) == RP_OK,
              "a verifier can be made");
  rp_verifier_cut_at_once(verifier);
}

static void replay(const uint8_t *witness) {
  int32_t prediction;
  for (int32_t i = 0; i < net->n_in; i++)
    fuzz_expect(abs(witness[i] - WIDE_X[i]) <= WIDE_RADIUS,
                "a counterexample is within the radius");
  fuzz_expect(rp_reference_predict(net, witness, &prediction) == RP_OK &&
                  prediction != WIDE_LABEL,
              "a counterexample has another class");
}

static rp_answer ask(const uint8_t *subproblem, size_t size, rp_split *split) {
  uint8_t witness[4];
  rp_answer answer;
  prepare();
  const rp_question query = {.x = WIDE_X,
                             .label = WIDE_LABEL,
                             .radius = WIDE_RADIUS,
                             .subproblem = subproblem,
                             .subproblem_size = size};
  rp_verifier_split(verifier, split);
  rp_verify(verifier, &query, NULL, witness, &answer);
  if (answer.verdict == RP_VIOLATED) replay(witness);
  return answer;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  rp_subproblem_head head;
  if (size == 0) return 0; /* that is the whole query */
  const bool has_head = rp_subproblem_read_head(data, size, &head) == RP_OK;
  const rp_answer answer = ask(data, size, NULL);
  fuzz_expect(has_head || answer.verdict == RP_UNKNOWN,
              "without its head a subproblem says nothing");
  return 0;
}

/* ---- seeds: the subproblems of a search that is asked for some all the time
 * ----
 */

enum { MOST_SUBPROBLEMS = 6 };

static fuzz_bytes subproblems[MOST_SUBPROBLEMS];
static int n_subproblems;
static rp_split split;

static bool keep_subproblem(void *context, const uint8_t *subproblem,
                            size_t size, bool last) {
  (void)context;
  if (last) atomic_store(&split.wanted, 2);
  if (size == 0 || n_subproblems == MOST_SUBPROBLEMS) return false;
  subproblems[n_subproblems++] = fuzz_copy(subproblem, size);
  return true;
}

bool fuzz_make_seed(int number, fuzz_bytes *seed) {
  if (n_subproblems == 0) {
    split.give = keep_subproblem;
    atomic_store(&split.wanted, 2);
    (void)ask(NULL, 0, &split);
    fuzz_expect(n_subproblems > 0,
                "the search of the question gives subproblems away");
  }
  if (number >= n_subproblems) return false;
  *seed = fuzz_copy(subproblems[number].data, subproblems[number].size);
  return true;
}
