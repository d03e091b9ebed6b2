/* Inside the room: what a verifier holds, and a question that it decides. */
#ifndef RAMPART_VERIFY_VERIFY_INTERNAL_H
#define RAMPART_VERIFY_VERIFY_INTERNAL_H

#include "tree/search.h"
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

/* One question while it is being decided. */
typedef struct run {
  rp_verifier *verifier;
  const rp_question *question;
  int32_t label; /* the output of v->net that must win */
  /* Earlier than now for a subproblem: its query's time counts. */
  double began_s, began_cpu_s;
  uint64_t source; /* the proof that a subproblem continues */
  rp_deadline deadline;
  rp_attack_target target;
  uint8_t *witness;
  rp_answer *answer;
  bool was_attacked; /* quickly, while the root was bounded */
  bool was_refuted;  /* by that */
  double nearest;    /* margin of the last attack; NAN: not known */
  /* Rounds of search and attack, and nodes of the next one. */
  int32_t round;
  int64_t nodes;
  bool begins_anew; /* the search from a root that was bounded with cuts */
} run;

/** Ask what the options say. Errors: those of rp_condition_read and
 *  rp_verifier_ask. */
rp_status rp_verifier_ask_text(rp_verifier *verifier, rp_error *err);

/** Decide a question about what the verifier searches; as rp_verify. */
void rp_verify_directly(rp_verifier *verifier, const rp_question *question,
                        const atomic_bool *stop, uint8_t *witness,
                        rp_answer *answer);

/* question.c */

/** The distance of an input from the sample, in the norm or family. */
int64_t measure_change(const run *r, const uint8_t *x);

/** Is an input within the question's ball or box, or in its family? */
bool is_asked_about(const run *r, const uint8_t *x);

/** Is x a counterexample? By the reference pass of the network that was asked
 *  about, whatever was searched. Errors: those of the pass. */
rp_status replay(const run *r, const uint8_t *x, bool *is_one);

/** False if the question has no meaning or nothing is to be decided; it is then
 *  concluded. */
bool is_a_question(run *r);

/* images.c */

/** Decide a question about a family of images. */
void decide_by_images(run *r);

/* conclude.c */

void conclude(run *r, rp_verdict verdict, rp_reason reason,
              rp_evidence evidence);

/** UNKNOWN for a reason. */
void give_up(run *r, rp_reason reason);

/** Why a deadline has passed: time, or an interruption. */
rp_reason get_deadline_reason(const run *r);

rp_reason get_status_reason(rp_status status);

/** VIOLATED by r->witness, which is shrunk and replayed first; UNKNOWN if it
 *  does not replay. */
void conclude_violated(run *r);

/** What the outcome of a search says. A pause decides nothing. */
void conclude_search(run *r, rp_search_outcome outcome);

#endif
