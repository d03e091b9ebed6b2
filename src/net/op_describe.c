/* Operators in words and figures. */
#include "net/op_describe.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "net/op_conv.h"
#include "net/op_dense.h"
#include "net/op_select.h"

__attribute__((format(printf, 2, 3))) static void
add_words(rp_op_facts *facts, const char *format, ...) {
  const size_t used = strlen(facts->name);
  va_list args;
  va_start(args, format);
  vsnprintf(facts->name + used, sizeof facts->name - used, format, args);
  va_end(args);
}

/* Name two numbers unless both are what is usual. */
static void add_pair(rp_op_facts *facts, const char *name, int32_t a, int32_t b,
                     int32_t usual) {
  if (a != usual || b != usual) add_words(facts, ", %s %d x %d", name, a, b);
}

static void describe_conv(const rp_conv_shape *s, rp_op_facts *facts) {
  const bool is_depthwise = s->groups > 1 && s->groups == s->in_c;
  add_words(facts, "%s %d x %d", is_depthwise ? "depthwise conv" : "conv",
            s->kernel_h, s->kernel_w);
  add_pair(facts, "stride", s->stride_h, s->stride_w, 1);
  add_pair(facts, "dilation", s->dilation_h, s->dilation_w, 1);
  add_pair(facts, "pad", s->pad_top, s->pad_left, 0);
  if (s->groups > 1 && !is_depthwise)
    add_words(facts, ", %d groups", s->groups);
  snprintf(facts->shape, sizeof facts->shape, "%d x %d x %d to %d x %d x %d",
           s->in_h, s->in_w, s->in_c, s->out_h, s->out_w, s->out_c);
  facts->weights = rp_conv_count_weights(s);
  facts->n_channels = s->out_c;
}

/* A weight of 1 goes without saying. */
static void describe_select(const rp_op *op, rp_op_facts *facts) {
  const int16_t *const weight = rp_op_select_weights(op);
  int32_t i = 1;
  while (i < op->n_out && weight[i] == weight[0]) i++;
  if (i < op->n_out) {
    add_words(facts, " with weights");
    facts->weights = op->n_out;
  } else if (weight[0] != 1) {
    add_words(facts, " times %d", weight[0]);
    facts->weights = 1;
  }
}

void rp_op_describe(const rp_op *op, rp_op_facts *facts) {
  const rp_conv_shape *const shape = rp_op_conv_shape(op);
  *facts = (rp_op_facts){.name = ""};
  if (shape) {
    describe_conv(shape, facts);
    return;
  }
  add_words(facts, "%s", op->kind->name);
  snprintf(facts->shape, sizeof facts->shape, "%d to %d", op->n_in, op->n_out);
  if (rp_op_dense_weights(op)) {
    facts->weights = (int64_t)op->n_out * op->n_in;
    facts->n_channels = op->n_out;
  } else {
    describe_select(op, facts);
  }
}
