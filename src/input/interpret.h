/* Plain interpreters of network files, to which imported networks are compared.
 *
 * An interpreter runs the operators of a file in their order, over the file's
 * tensors, and computes each number with the formula of the profile as the
 * specification has it (docs/formats.md). It knows nothing of blocks and
 * staircases: a mistake of a reader shows as a difference. What it shares with
 * the reader of the format are the parser of the file, and the answer to which
 * tensors became blocks. */
#ifndef RAMPART_INPUT_INTERPRET_H
#define RAMPART_INPUT_INTERPRET_H

#include "files/fileutil.h"
#include "input/network_file.h"

enum { RP_NO_BLOCK = -2, RP_PLAIN_NAME_SIZE = 96 };

/** A tensor of the file. */
typedef struct rp_plain_tensor {
  int32_t count; /* numbers */
  int32_t zero;  /* the zero point */
  int32_t block; /* whose activations are the numbers less the zero point;
                    RP_INPUT; RP_NO_BLOCK: none, such as what was padded */
  /* Number i is activation (i % positions) * (count / positions) +
   * i / positions: 1 where both lie alike, as in files with channels last. */
  int32_t positions;
  bool is_order;   /* the block keeps only which numbers are greater */
  int32_t *number; /* [count] of the sample at hand; NULL: not computed */
} rp_plain_tensor;

typedef struct rp_interpreter {
  int32_t n_tensors, n_ops;
  rp_plain_tensor *tensor; /* [n_tensors] */
  void *file;              /* the format's own */
  /** Take over a sample, which is in the tensors that are the input. NULL:
   * there is nothing to do. Errors: RP_E_MEMORY. */
  rp_status (*start)(const struct rp_interpreter *of, rp_error *err);
  /** The tensor that an operator computes; -1: it is not run. */
  int32_t (*output)(const struct rp_interpreter *of, int32_t op);
  /** Compute it. What it reads was computed before, or is a constant of the
   *  file. Errors: RP_E_INPUT for what no formula is known for. */
  rp_status (*run)(const struct rp_interpreter *of, int32_t op, rp_error *err);
  /** The operator's name and number for messages. */
  void (*name)(const struct rp_interpreter *of, int32_t op,
               char text[RP_PLAIN_NAME_SIZE]);
  void (*free)(void *file);
} rp_interpreter;

/** A number that no activation can be. */
#define RP_PLAIN_NONE INT32_MIN

/** Memory for the tensors, none of which has numbers yet.
 *  Errors: RP_E_MEMORY. Call rp_interpreter_fini also after an error. */
rp_status rp_interpreter_begin(rp_interpreter *of, int32_t n_tensors,
                               int32_t n_ops, rp_error *err);
void rp_interpreter_fini(rp_interpreter *of);

/** Run samples through both, and compare all numbers of the input and of every
 *  tensor that an operator computes and that is a block.
 *  @param x    [n][net->n_in] inputs of the network
 *  Errors: RP_E_INPUT; RP_E_MEMORY; a difference is none. */
rp_status rp_interpreter_compare(const rp_interpreter *of, const rp_net *net,
                                 const uint8_t *x, int64_t n,
                                 rp_network_comparison *found, rp_error *err);

/** The interpreter of a format. The file's content must live as long. */
typedef rp_status rp_interpreter_open(const rp_file_content *content,
                                      const rp_network_source *source,
                                      rp_interpreter *of, rp_error *err);
rp_interpreter_open rp_interpret_tflite, rp_interpret_onnx;

#endif
