/* Inside the interpreter of ONNX files.
 *
 * Every node runs alone, on tensors as the file has them, channels first. What
 * only moves numbers, adds or multiplies goes through the code that folds
 * constants; operators that round have a second one here. Of groups in QDQ
 * form, which the runtime replaces by one operator on integers, the operators
 * are remembered, and run together with the quantizer behind them. */
#ifndef RAMPART_INPUT_INTERPRET_ONNX_H
#define RAMPART_INPUT_INTERPRET_ONNX_H

#include "input/interpret.h"
#include "input/interpret_round.h"
#include "input/network_onnx.h"

/** What stands beside the numbers of a value. */
typedef struct rp_onnx_state {
  rp_plain_numbers scaled;     /* scale > 0: integers that stand for reals */
  const rp_onnx_node *pending; /* runs with the quantizer; NULL: none */
  bool has_relu;               /* behind it */
} rp_onnx_state;

typedef struct rp_onnx_plain {
  rp_onnx_model model; /* nodes put their numbers into its values */
  rp_onnx_item *item;  /* [n_values] what the reader made of them */
  bool *depends;       /* [n_values] on the input */
  bool *is_run;        /* [n_nodes] */
  rp_onnx_state *state;
  const rp_plain_tensor *tensor;
  const rp_onnx_node *node; /* at hand */
  rp_error *err;
} rp_onnx_plain;

/** Compute the output of the node at hand. */
typedef rp_status rp_onnx_plain_run(rp_onnx_plain *p);
rp_onnx_plain_run rp_plain_qlinear_conv, rp_plain_qlinear_matmul,
    rp_plain_qgemm, rp_plain_conv_integer, rp_plain_matmul_integer,
    rp_plain_float_conv, rp_plain_float_matmul, rp_plain_float_gemm,
    rp_plain_max_pool, rp_plain_qlinear_add, rp_plain_qlinear_mean,
    rp_plain_qlinear_concat, rp_plain_pad_onnx, rp_plain_quantize_linear,
    rp_plain_dequantize, rp_plain_relu, rp_plain_limits, rp_plain_batch_norm,
    rp_plain_quant, rp_plain_bipolar, rp_plain_thresholds;

/** Groups in QDQ form: remember the node at hand, an operator in float32 on
 *  dequantized numbers; and run what is remembered with the quantizer at hand.
 *  False: it is none of these. */
bool rp_plain_remember(rp_onnx_plain *p);
rp_status rp_plain_run_group(rp_onnx_plain *p, const rp_onnx_state *behind);

/** The i-th operand's state. */
rp_onnx_state *rp_plain_state(const rp_onnx_plain *p, const rp_onnx_node *node,
                              int32_t i);

/** Empty the output of the node at hand, and give it a type and a shape. */
rp_status rp_plain_begin(rp_onnx_plain *p, int32_t type, int32_t n_dims,
                         const int64_t *dims, rp_onnx_tensor **out);
/** The same with the shape of another tensor. */
rp_status rp_plain_begin_like(rp_onnx_plain *p, int32_t type,
                              const rp_onnx_tensor *like, rp_onnx_tensor **out);

/** Compute the node at hand as constants are folded. */
rp_status rp_plain_fold(rp_onnx_plain *p, const rp_onnx_node *node);

/** What integers stand for, by operands of a node: a scale, a zero point. */
rp_plain_numbers rp_plain_take_numbers(const rp_onnx_plain *p,
                                       const rp_onnx_node *node,
                                       int32_t i_scale, int32_t i_zero);

/** Fail for the node at hand. */
rp_status rp_plain_refuse(const rp_onnx_plain *p, const char *expected);

#endif
