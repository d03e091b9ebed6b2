/* Inside the room: what a verifier holds. */
#ifndef RAMPART_VERIFY_VERIFY_INTERNAL_H
#define RAMPART_VERIFY_VERIFY_INTERNAL_H

#include "verify/verify.h"

struct rp_verifier {
  const rp_net *net; /* what is searched */
  rp_options options;
  rp_attack_tables *attack_tables;
  rp_attack *attack; /* of the calling thread */
  rp_region *ball;
  rp_ball norm_ball; /* what it points to, if the norm needs one */
  bool *rivals;      /* [n_out] scratch */
  const uint8_t *planted;
  bool cuts_at_once;
  rp_proof *proof; /* of the question at hand; NULL: not recorded */
  rp_split *split; /* of the question at hand; NULL: nobody wants subproblems */

  const rp_condition *condition; /* NULL: the sample's class */
  rp_condition *of_options;      /* the same, if the options asked */
  /* Verifiers of networks compiled from the condition, the latest first. */
  rp_verifier *compiled;
  /* In one of those: */
  rp_net *compiled_net; /* is `net`; owned */
  const rp_net *asked;  /* the network that the question is about */
  int32_t key;          /* the label or target that it was compiled for */
  rp_condition chosen;  /* of `each class`: that of the target */
  rp_verifier *next;
};

/** Ask what the options say. Errors: those of rp_condition_read and
 *  rp_verifier_ask. */
rp_status rp_verifier_ask_text(rp_verifier *verifier, rp_error *err);

/** Decide a question about what the verifier searches; as rp_verify. */
void rp_verify_directly(rp_verifier *verifier, const rp_question *question,
                        const atomic_bool *stop, uint8_t *witness,
                        rp_answer *answer);

#endif
