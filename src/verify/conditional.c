/* Questions by a condition: each is answered by a verifier of the network that
 * the condition was compiled into. */
#include <string.h>

#include "condition/compile.h"
#include "core/log.h"
#include "verify/verify_internal.h"

/* Networks of so many labels or targets are kept; the others are compiled anew.
 */
enum { MOST_COMPILED = 16 };

/* What the network depends on: the label of the top k, the target of each
 * class.
 */
static int32_t choose_key(const rp_condition *condition,
                          const rp_question *question) {
  return condition->kind == RP_CONDITION_TOP    ? question->label
         : condition->kind == RP_CONDITION_EACH ? question->target
                                                : 0;
}

static rp_status compile(rp_verifier *v, const rp_condition *condition,
                         int32_t key, rp_error *err) {
  rp_net *net;
  rp_verifier *made;
  rp_options options = v->options;
  rp_condition chosen = *condition; /* its arrays are borrowed */
  *options.property = '\0';
  rp_condition_choose(&chosen, key);
  RP_TRY(rp_condition_compile(&chosen, v->net, key, &net, err));
  const rp_status status = rp_verifier_create(net, &options, &made, err);
  if (status != RP_OK) {
    rp_net_free(net);
    return status;
  }
  made->compiled_net = net;
  made->asked = v->net;
  made->key = key;
  made->chosen = chosen;
  made->next = v->compiled;
  v->compiled = made;
  return RP_OK;
}

static void drop_after(rp_verifier **link, int32_t kept) {
  for (; *link && kept > 0; kept--) link = &(*link)->next;
  while (*link) {
    rp_verifier *const dropped = *link;
    *link = dropped->next;
    dropped->condition = NULL;
    rp_verifier_free(dropped);
  }
}

rp_status rp_verifier_ask(rp_verifier *v, const rp_condition *condition,
                          rp_error *err) {
  rp_verifier_ask_classes(v);
  RP_TRY(compile(v, condition, 0, err));
  v->condition = condition;
  return RP_OK;
}

rp_status rp_verifier_ask_text(rp_verifier *v, rp_error *err) {
  RP_TRY(rp_condition_read(v->options.property, &v->of_options, err));
  return rp_verifier_ask(v, v->of_options, err);
}

void rp_verifier_ask_classes(rp_verifier *v) {
  drop_after(&v->compiled, 0);
  v->condition = NULL;
}

/* Find or make the verifier for a label or a target, and put it in front. */
static rp_status get_compiled(rp_verifier *v, int32_t key, rp_error *err) {
  for (rp_verifier **link = &v->compiled; *link; link = &(*link)->next) {
    rp_verifier *const found = *link;
    if (found->key != key) continue;
    *link = found->next;
    found->next = v->compiled;
    v->compiled = found;
    return RP_OK;
  }
  drop_after(&v->compiled, MOST_COMPILED - 1);
  return compile(v, v->condition, key, err);
}

static void fail(rp_answer *answer, rp_status status, const rp_error *err) {
  memset(answer, 0, sizeof *answer);
  answer->verdict = RP_UNKNOWN;
  answer->reason = status == RP_E_MEMORY ? RP_REASON_MEMORY : RP_REASON_ERROR;
  answer->stats.queries = 1;
  if (status != RP_E_MEMORY) rp_log(RP_LOG_ERROR, "%s", err->text);
}

static void answer_by_condition(rp_verifier *v, const rp_question *question,
                                const atomic_bool *stop, uint8_t *witness,
                                rp_answer *answer) {
  rp_error err = {""};
  const int32_t key = choose_key(v->condition, question);
  if (key < 0 || key >= v->net->n_out) {
    memset(answer, 0, sizeof *answer);
    answer->verdict = RP_INVALID;
    answer->stats.queries = 1;
    return;
  }
  const rp_status status = get_compiled(v, key, &err);
  if (status != RP_OK) {
    fail(answer, status, &err);
    return;
  }
  rp_verifier *const by = v->compiled;
  by->condition = &by->chosen;
  by->planted = v->planted;
  by->cuts_at_once = v->cuts_at_once;
  by->proof = v->proof;
  by->split = v->split;
  rp_verify_directly(by, question, stop, witness, answer);
}

void rp_verify(rp_verifier *v, const rp_question *question,
               const atomic_bool *stop, uint8_t *witness, rp_answer *answer) {
  if (v->condition)
    answer_by_condition(v, question, stop, witness, answer);
  else
    rp_verify_directly(v, question, stop, witness, answer);
}
