/* Inside the reader of ONNX files.
 *
 * Nodes are read in the order in which they run. What depends on no number of
 * the input is folded; every other value has an item, which says what is known
 * of it. Integers are the activations of a block. Their shape is the file's,
 * channels first; blocks have channels last, and the item says how the two fit,
 * so that reshaping makes no block. */
#ifndef RAMPART_INPUT_NETWORK_ONNX_H
#define RAMPART_INPUT_NETWORK_ONNX_H

#include "input/network_build.h"
#include "input/network_file.h"
#include "input/network_onnx_model.h"

typedef enum rp_onnx_kind {
  RP_ONNX_NOTHING,  /* not computed */
  RP_ONNX_REALS,    /* the input before its quantizer */
  RP_ONNX_INTEGERS, /* numbers of 8 bits */
  RP_ONNX_SCALED,   /* what DequantizeLinear makes of such */
  RP_ONNX_WEIGHTS,  /* what DequantizeLinear makes of constants */
  RP_ONNX_PENDING,  /* the float result of an operator that is read together
                       with the quantizer behind it */
  RP_ONNX_SUMS,     /* the result of ConvInteger or MatMulInteger, and what
                       steps in float32 make of it before a quantizer */
  RP_ONNX_END,      /* keeps the order of the logits; nothing else reads it */
  RP_ONNX_FLOATS    /* what float32 operators make of levels or of their exact
                       sums; network_onnx_float.h */
} rp_onnx_kind;

/** What integers stand for in float32: number k for (factor k + offset)
 *  2^exponent, exactly. Factors are positive. */
typedef struct rp_onnx_grid {
  int32_t factor, offset, exponent;
} rp_onnx_grid;

enum {
  RP_ONNX_TOP,
  RP_ONNX_BOTTOM,
  RP_ONNX_LEFT,
  RP_ONNX_RIGHT,
  RP_ONNX_SIDES
};

enum { RP_ONNX_MOST_STEPS = 8 };

/** What is known of a value. Element i of the value is the source's number
 *  (i % positions) * channels + i / positions. */
typedef struct rp_onnx_item {
  rp_onnx_kind kind;
  int32_t source; /* a block, or RP_INPUT */
  int32_t channels, positions;
  rp_quantized number; /* lo..hi: of the type; zero: the block's */
  const rp_onnx_node
      *node;       /* WEIGHTS: the dequantizer. PENDING: the operator */
  bool has_relu;   /* PENDING: behind the operator */
  float clip[2];   /* PENDING: least and greatest number behind it */
  int32_t n_steps; /* SUMS: operators behind it */
  const rp_onnx_node *step[RP_ONNX_MOST_STEPS];
  int32_t pad[RP_ONNX_SIDES]; /* around height and width, not in the shape */
  int64_t pad_number;
  /* Of profile qonnx-float32: what INTEGERS, or those behind FLOATS, stand for.
   * FLOATS: `node` is the linear operator that reads them, NULL: none. */
  rp_onnx_grid grid;
  int32_t last_step; /* FLOATS: of the steps behind it; 0: none */
  bool is_order;     /* the block keeps only the order of what was FLOATS */
} rp_onnx_item;

typedef struct rp_onnx_reader {
  rp_onnx_model model;
  const rp_network_source *source;
  const char *stem;
  const char *profile;
  rp_onnx_item *item;        /* [model.n_values] */
  bool *is_needed;           /* [model.n_nodes] the output depends on it */
  int32_t *n_readers;        /* [model.n_values] nodes and outputs */
  const rp_onnx_node *node;  /* at hand; NULL: the input */
  const rp_onnx_node *group; /* of several nodes: the operator that messages
                                name; NULL: the node at hand */
  rp_net *net;               /* NULL: no quantized input yet */
  int32_t n_steps;
  struct rp_onnx_step *step; /* [n_steps] of profile qonnx-float32 */
  rp_error *err;
} rp_onnx_reader;

/** Read a file once more for what became of its values.
 *  @param item  out, [n_values] of the model, without nodes, for free; the
 *               input's has the network's zero point */
rp_status rp_onnx_find_items(const rp_file_content *content,
                             const rp_network_source *source,
                             rp_onnx_item **item, rp_error *err);

/** Read the node at hand: its output's item, and perhaps a block.
 *  Errors: RP_E_INPUT with file, node and shapes; RP_E_MEMORY. */
typedef rp_status rp_onnx_read_node(rp_onnx_reader *r);

rp_onnx_read_node rp_onnx_read_qlinear_conv, rp_onnx_read_qlinear_matmul,
    rp_onnx_read_qgemm, rp_onnx_read_qlinear_add, rp_onnx_read_qlinear_mean,
    rp_onnx_read_qlinear_concat, rp_onnx_read_max_pool, rp_onnx_read_shape,
    rp_onnx_read_transpose, rp_onnx_read_concat, rp_onnx_read_pad,
    rp_onnx_read_sums, rp_onnx_read_step, rp_onnx_read_add,
    rp_onnx_refuse_dynamic, rp_onnx_read_quantize, rp_onnx_read_dequantize,
    rp_onnx_read_float, rp_onnx_read_relu, rp_onnx_read_clip, rp_onnx_read_end,
    rp_onnx_refuse_average;

/** Fail for the node at hand. */
#define RP_ONNX_FAIL(r, ...)                                                   \
  rp_onnx_fail(&(r)->model, (r)->group ? (r)->group : (r)->node, (r)->err,     \
               __VA_ARGS__)

/* ---- network_onnx_item.c ---- */

/** Add the node at hand to the message of a failed step. */
rp_status rp_onnx_place(const rp_onnx_reader *r, rp_status status,
                        const rp_error *why);

/** The item of the i-th operand of a node; NULL if it is left out. */
const rp_onnx_item *rp_onnx_item_of(const rp_onnx_reader *r,
                                    const rp_onnx_node *node, int32_t i);

/** The i-th operand of a node: integers of 8 bits, or what was made of them.
 *  Errors: it is constant, or no operator has a rule for what it is. */
rp_status rp_onnx_get_item(const rp_onnx_reader *r, const rp_onnx_node *node,
                           int32_t i, rp_onnx_kind kind,
                           const rp_onnx_item **item);

/** A number that a quantizer or an operator has: scale, zero point and the
 *  range of their type.
 *  @param i_scale, i_zero  operands; a zero point left out is a 0 of uint8 */
rp_status rp_onnx_get_number(const rp_onnx_reader *r, const rp_onnx_node *node,
                             int32_t i_scale, int32_t i_zero,
                             rp_quantized *number);

/** Integers as an operator reads them: with its own scale and zero point. The
 *  network is begun when the first one reads the input.
 *  @param padded  may there be padding?
 *  @param item    out: number is the operator's */
rp_status rp_onnx_get_integers(rp_onnx_reader *r, const rp_onnx_node *node,
                               int32_t i, const rp_quantized *number,
                               bool padded, rp_onnx_item *item);

/** Begin the network with the input's numbers. */
rp_status rp_onnx_begin_net(rp_onnx_reader *r, const rp_quantized *number);

/** Give the output of the node at hand an item and a shape, which must be that
 *  which the file says of it. */
rp_status rp_onnx_set_item(rp_onnx_reader *r, const rp_onnx_item *item,
                           int32_t n_dims, const int64_t *dims);

/** The same where a block was just appended. */
rp_status rp_onnx_set_block(rp_onnx_reader *r, const rp_quantized *number,
                            int32_t channels, int32_t positions, int32_t n_dims,
                            const int64_t *dims);

/** Where an element of a value lies in its source. */
int32_t rp_onnx_find_place(const rp_onnx_item *item, int32_t element);

/** Do elements lie as if there were these channels and positions? */
bool rp_onnx_is_arranged(const rp_onnx_item *item, int32_t channels,
                         int32_t positions);

/** Append a copy that lies so; and the same unless it does already. */
rp_status rp_onnx_copy(rp_onnx_reader *r, int32_t channels, int32_t positions,
                       rp_onnx_item *item);
rp_status rp_onnx_arrange(rp_onnx_reader *r, int32_t channels,
                          int32_t positions, rp_onnx_item *item);

/** The number of elements. */
int32_t rp_onnx_count(const rp_onnx_item *item);

/* ---- network_onnx_window.c ---- */

/** The shape of a convolution or a pool with this node's attributes over
 *  [1][channels][height][width], or without the height; all but groups and
 *  channels of the output, and the output's sizes.
 *  @param in      with its padding
 *  @param kernel  [2] height and width; for one dimension the height is 1
 *  @param dims    out, [4] sizes of the output; *n_dims of them */
rp_status rp_onnx_place_windows(const rp_onnx_reader *r,
                                const rp_onnx_node *node,
                                const rp_onnx_tensor *tensor,
                                const rp_onnx_item *in, const int32_t kernel[2],
                                int32_t out_c, rp_conv_shape *shape,
                                int64_t dims[4]);

/* ---- network_onnx_linear.c ---- */

/** What a block with weights is made of. Weights are in Rampart's order. */
typedef struct rp_onnx_channels {
  int32_t n_channels, a_channel;
  int32_t n_positions; /* of the output */
  int32_t *w;          /* [n_channels][a_channel] */
  int64_t *biases;     /* [positions][n_channels] */
  rp_stair *stair;     /* [n_channels] */
} rp_onnx_channels;

/** Fill in biases, which are 0, and staircases; weights may be changed. */
typedef rp_status rp_onnx_make_channels(rp_onnx_reader *r, const void *context,
                                        const rp_onnx_channels *channels);

/** A convolution or a dense layer, however the file has written it. */
typedef struct rp_onnx_linear {
  const rp_onnx_node *node; /* has the attributes */
  rp_onnx_item in;
  const rp_onnx_tensor *x; /* the shape of its input */
  rp_quantized out;
  const rp_onnx_tensor *weight, *scale, *zero; /* zero: NULL: 0 */
  const rp_onnx_tensor *bias;                  /* NULL: none */
  const rp_onnx_item *sums; /* what follows instead of scales; NULL: nothing */
  /* NULL: staircases and biases are those of scales and bias. */
  rp_onnx_make_channels *make_channels;
  const void *context;
} rp_onnx_linear;

/** The shape of a convolution and of its output.
 *  @param dims  out, [4] */
rp_status rp_onnx_place_conv(const rp_onnx_reader *r,
                             const rp_onnx_linear *from, rp_conv_shape *shape,
                             int64_t *dims);

/** Check that a dense layer's weights fit its input. */
rp_status rp_onnx_check_dense(const rp_onnx_reader *r,
                              const rp_onnx_linear *linear, bool is_transposed);

/** Append the block alone, without an item.
 *  @param shape  of rp_onnx_place_conv */
rp_status rp_onnx_append_conv(rp_onnx_reader *r, rp_onnx_linear *linear,
                              const rp_conv_shape *shape);
rp_status rp_onnx_append_dense(rp_onnx_reader *r, rp_onnx_linear *linear,
                               bool is_transposed);

rp_status rp_onnx_add_conv(rp_onnx_reader *r, rp_onnx_linear *linear);

/** A dense layer.
 *  @param is_transposed  weights are [out][in], else [in][out] */
rp_status rp_onnx_add_dense(rp_onnx_reader *r, rp_onnx_linear *linear,
                            bool is_transposed);

/* ---- network_onnx_sums.c ---- */

/** Append a step to sums. */
rp_status rp_onnx_push_step(rp_onnx_reader *r, const rp_onnx_item *sums);

/** Read sums together with the quantizer behind them, which is at hand. */
rp_status rp_onnx_quantize_sums(rp_onnx_reader *r, const rp_onnx_item *sums,
                                const rp_quantized *out);

/** The staircases of an operator's channels and the steps behind it.
 *  @param layer  its weights and biases; no multipliers
 *  @param dims   [n_dims] of the output
 *  @param stair  out, [layer->n_channels] */
rp_status rp_onnx_tabulate_steps(rp_onnx_reader *r, const rp_onnx_item *sums,
                                 const rp_build_linear *layer, int32_t n_dims,
                                 rp_stair *stair);

/* ---- network_onnx_qdq.c ---- */

/** The limits of a Clip, no NaN; infinite where it has none. */
rp_status rp_onnx_get_limits(const rp_onnx_reader *r, const rp_onnx_node *node,
                             float limit[2]);

/* ---- network_onnx_pool.c ---- */

/** An addition of two operands of a node, with numbers of their own. */
rp_status rp_onnx_add_pair(rp_onnx_reader *r, const rp_onnx_item in[2],
                           const rp_onnx_tensor *const shape[2],
                           const rp_quantized *out);

/** A mean over all positions. */
rp_status rp_onnx_add_mean(rp_onnx_reader *r, const rp_onnx_item *in,
                           const rp_onnx_tensor *x, const rp_quantized *out);

#endif
