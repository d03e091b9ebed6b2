/* Descriptions of networks, printed by info and import: a few facts, and a
 * table with a line for every term. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "core/text.h"
#include "net/op_describe.h"

/* ---- Staircases and ranges ---- */

typedef struct extent {
  int64_t lo, hi;
} extent;

static const extent NOTHING = {INT64_MAX, INT64_MIN};

static void widen(extent *e, int64_t lo, int64_t hi) {
  if (lo < e->lo) e->lo = lo;
  if (hi > e->hi) e->hi = hi;
}

static void format_extent(const extent *e, char text[48]) {
  snprintf(text, 48, "%" PRId64 "..%" PRId64, e->lo, e->hi);
}

/* What all neurons of a block have in common. */
typedef struct block_facts {
  extent accumulators, activations, shifts;
  int32_t n_even, n_tables; /* accumulators */
} block_facts;

static void add_stair(block_facts *facts, const rp_stair *stair) {
  widen(&facts->activations, stair->lo, stair->hi);
  if (stair->lo == stair->hi) return;
  if (!rp_stair_is_even(stair)) {
    facts->n_tables++;
  } else {
    facts->n_even++;
    widen(&facts->shifts, rp_stair_shift(stair), rp_stair_shift(stair));
  }
}

static block_facts collect_facts(const rp_block *block) {
  block_facts facts = {NOTHING, NOTHING, NOTHING, 0, 0};
  for (int32_t i = 0; i < block->n_acc; i++) {
    widen(&facts.accumulators, block->z_lo[i], block->z_hi[i]);
    add_stair(&facts, &block->stair[i]);
  }
  return facts;
}

/* "shift 9", "shift 7..9", "thresholds", or both. */
static void format_rounding(const block_facts *facts, char text[48]) {
  int used = 0;
  text[0] = '\0';
  if (facts->n_even > 0)
    used = facts->shifts.lo == facts->shifts.hi
               ? snprintf(text, 48, "shift %" PRId64, facts->shifts.lo)
               : snprintf(text, 48, "shift %" PRId64 "..%" PRId64,
                          facts->shifts.lo, facts->shifts.hi);
  if (facts->n_tables > 0)
    snprintf(text + used, 48 - (size_t)used, "%sthresholds",
             used > 0 ? ", " : "");
  else if (facts->n_even == 0)
    snprintf(text, 48, "constant");
}

/* ---- Parameters ---- */

/* Weights, and a bias for every row that has weights of its own. */
static int64_t count_parameters(const rp_block *block) {
  int64_t weights = 0;
  int32_t biases = 0;
  for (int32_t t = 0; t < block->n_terms; t++) {
    rp_op_facts facts;
    rp_op_describe(block->term[t].op, &facts);
    weights += facts.weights;
    if (facts.n_channels > biases) biases = facts.n_channels;
  }
  return weights + biases;
}

static int64_t count_products(const rp_block *block) {
  int64_t products = 0;
  for (int32_t t = 0; t < block->n_terms; t++) {
    const rp_op *op = block->term[t].op;
    products += op->kind->count(op);
  }
  return products;
}

/* ---- Max pooling ---- */

/* ", max of 4", or ", max of 2..4"; nothing where no neuron is a maximum. */
static void format_maxima(const rp_block *block, char text[32]) {
  extent sizes = NOTHING;
  text[0] = '\0';
  for (int32_t i = 0; block->owner && i < block->n_out; i++) {
    const rp_rows members = rp_block_members(block, i);
    widen(&sizes, members.n, members.n);
  }
  if (sizes.hi <= 1) return;
  const int used = snprintf(text, 32, ", max of %" PRId64, sizes.lo);
  if (sizes.lo < sizes.hi)
    snprintf(text + used, 32 - (size_t)used, "..%" PRId64, sizes.hi);
}

/* ---- The table ---- */

enum { COLUMNS = 9 };

static const char *const titles[COLUMNS] = {
    "block",         "source",      "operator", "shape",       "parameters",
    "multiply-adds", "activations", "rounding", "accumulators"};

/* One line. Lines of a block's other terms have only the first four cells. */
typedef struct line {
  char cell[COLUMNS][128];
} line;

static void make_titles(line *to) {
  for (int32_t c = 0; c < COLUMNS; c++)
    snprintf(to->cell[c], sizeof to->cell[c], "%s", titles[c]);
}

static void fill_term(line *to, const rp_term *term, int32_t t) {
  rp_op_facts facts;
  rp_op_describe(term->op, &facts);
  if (term->source == RP_INPUT)
    snprintf(to->cell[1], sizeof to->cell[1], "%sinput", t > 0 ? "+ " : "");
  else
    snprintf(to->cell[1], sizeof to->cell[1], "%s%" PRId32, t > 0 ? "+ " : "",
             term->source);
  memcpy(to->cell[2], facts.name, sizeof facts.name);
  memcpy(to->cell[3], facts.shape, sizeof facts.shape);
}

static void fill_block(line *to, const rp_block *block, int32_t k) {
  const block_facts facts = collect_facts(block);
  const size_t used = strlen(to->cell[2]);
  char maxima[32];
  format_maxima(block, maxima);
  snprintf(to->cell[2] + used, sizeof to->cell[2] - used, "%s", maxima);
  snprintf(to->cell[0], sizeof to->cell[0], "%" PRId32, k);
  snprintf(to->cell[4], sizeof to->cell[4], "%" PRId64,
           count_parameters(block));
  snprintf(to->cell[5], sizeof to->cell[5], "%" PRId64, count_products(block));
  format_extent(&facts.activations, to->cell[6]);
  format_rounding(&facts, to->cell[7]);
  format_extent(&facts.accumulators, to->cell[8]);
}

static void make_line(const rp_block *block, int32_t k, int32_t t, line *to) {
  *to = (line){.cell = {""}};
  fill_term(to, &block->term[t], t);
  if (t == 0) fill_block(to, block, k);
}

static void widen_columns(const line *from, int width[COLUMNS]) {
  for (int32_t c = 0; c < COLUMNS; c++) {
    const int size = (int)strlen(from->cell[c]);
    if (size > width[c]) width[c] = size;
  }
}

static bool is_number(int32_t column) {
  return column == 0 || column == 4 || column == 5;
}

static void print_line(const line *from, const int width[COLUMNS]) {
  int32_t last = COLUMNS - 1;
  while (last > 0 && !*from->cell[last]) last--;
  for (int32_t c = 0; c < last; c++)
    printf("%*s  ", is_number(c) ? width[c] : -width[c], from->cell[c]);
  printf("%s\n", from->cell[last]);
}

static void print_table(const rp_net *net) {
  int width[COLUMNS] = {0};
  line now;
  make_titles(&now);
  widen_columns(&now, width);
  for (int32_t k = 0; k < net->n_blocks; k++)
    for (int32_t t = 0; t < net->block[k].n_terms; t++) {
      make_line(&net->block[k], k, t, &now);
      widen_columns(&now, width);
    }
  make_titles(&now);
  print_line(&now, width);
  for (int32_t k = 0; k < net->n_blocks; k++)
    for (int32_t t = 0; t < net->block[k].n_terms; t++) {
      make_line(&net->block[k], k, t, &now);
      print_line(&now, width);
    }
}

/* ---- The network ---- */

/* The accumulators of a maximum are all constant, or none is. */
static int32_t count_constants(const rp_block *block) {
  int32_t constants = 0;
  for (int32_t i = 0; i < block->n_out; i++) {
    const rp_stair *stair =
        &block->stair[block->owner ? rp_block_members(block, i).row[0] : i];
    constants += stair->lo == stair->hi;
  }
  return constants;
}

static void print_input(const rp_net *net) {
  cli_print_shape("input", net->n_dims, net->dims, net->n_in);
  printf(", each %" PRId32 "..%" PRId32, net->in_lo, net->in_lo + net->in_hi);
  if (net->in_zero != 0) printf(", zero point %" PRId32, net->in_zero);
  if (net->in_step > 0) printf(", step %.9g", (double)net->in_step);
  printf("\n");
}

static void print_classes(const rp_net *net) {
  printf("%s       %" PRId32, net->n_out > 1 ? "classes" : "outputs",
         net->n_out);
  for (int32_t i = 0; net->class_name && i < net->n_out; i++)
    printf("%s%s", i > 0 ? ", " : ": ", rp_printable(net->class_name[i]).text);
  printf("\n");
}

static void print_sums(const rp_net *net) {
  int64_t parameters = 0, products = 0;
  int32_t neurons = 0, constants = 0;
  for (int32_t k = 0; k < net->n_blocks; k++) {
    neurons += net->block[k].n_out;
    parameters += count_parameters(&net->block[k]);
    products += count_products(&net->block[k]);
    constants += count_constants(&net->block[k]);
  }
  printf("neurons       %" PRId32, neurons);
  if (constants > 0)
    printf(", %" PRId32 " of them constant on all inputs", constants);
  printf("\nparameters    %" PRId64 "\n", parameters);
  printf("multiply-adds %" PRId64 "\n", products);
}

void cli_describe_network(const rp_net *net) {
  printf("network       %s\n", rp_printable(net->name).text);
  print_input(net);
  print_classes(net);
  print_sums(net);
  if (*net->profile) printf("profile       %s\n", net->profile);
  if (*net->source_sha256 && strcmp(net->source_sha256, net->sha256) != 0)
    printf("made from     %s\n", net->source_sha256);
  if (*net->sha256) printf("sha256        %s\n", net->sha256);
  printf("\n");
  print_table(net);
  printf("\nShift s: floor((z + 2^(s-1)) / 2^s), clamped to the activations. "
         "Ranges of\naccumulators z are proved over all inputs.\n");
}
