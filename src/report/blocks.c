/* Draws the network's blocks, with their shapes and how many of their neurons
 * (accumulators) are unstable: those whose activation the inputs near a sample
 * may change, by interval arithmetic alone. The fewer, the easier the question.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bound/region.h"
#include "core/memory.h"
#include "net/op_describe.h"
#include "report/page_internal.h"

enum {
  MOST_BLOCKS = 60,
  MOST_IN_FIGURE = 8,
  MOST_SAMPLES = 10, /* that unstable neurons are counted of */
  ROW = 62,
  GAP = 12, /* of the arrow from block to block */
  BAR = RP_PLOT_WIDTH - 16
};

/* ---- Unstable accumulators ---- */

typedef struct counts {
  int64_t *unstable; /* [n_blocks] accumulators, summed over samples */
  int64_t samples;
  int32_t radius;
  const char *and_where; /* inputs stay, beside the radius; or "" */
} counts;

static void count_region(const rp_net *net, const rp_region *region,
                         counts *c) {
  for (int32_t k = 0; k < net->n_blocks; k++)
    for (int32_t i = 0; i < net->block[k].n_acc; i++)
      c->unstable[k] += rp_region_is_unstable(&net->block[k], region, i);
  c->samples++;
}

/* The inputs of a ball that are in the sample's box, too. */
static void start_region(const rp_page_part *part, int64_t sample,
                         const rp_ball *ball, rp_region *region) {
  const rp_net *const net = part->source->net;
  const rp_boxes *const boxes = part->results->boxes;
  const int32_t change = ball->norm == RP_NORM_L0 ? net->in_hi : ball->radius;
  int32_t outside;
  rp_region_within(net, ball, region);
  if (boxes && (boxes->n == 1 || sample < boxes->n))
    (void)rp_boxes_get(boxes, sample, ball->x, change, region->x_lo,
                       region->x_hi, &outside);
}

/* Pairs of one sample follow each other, and it counts once. */
static void count_samples(const rp_page_part *part, rp_region *region,
                          int32_t *work, counts *c) {
  const rp_net *const net = part->source->net;
  const rp_dataset *const data = part->source->data;
  int64_t last = -1;
  for (int64_t k = 0; k < part->digest->n_samples; k++) {
    const rp_digest_sample *const s = &part->digest->sample[k];
    if (c->samples == MOST_SAMPLES) return;
    if (!s->valid || s->lo < 0 || s->sample <= last || s->sample >= data->n)
      continue;
    last = s->sample;
    const rp_ball ball = {part->results->provenance.options.norm, c->radius,
                          data->x + (size_t)s->sample * (size_t)data->dim};
    start_region(part, s->sample, &ball, region);
    if (rp_interval_propagate(net, 0, net->n_blocks - 1, region, work))
      count_region(net, region, c);
  }
}

/* The region of a family of images, or of a patch, would say too much. */
static bool is_about_balls(const rp_page_part *part) {
  const rp_provenance *const p = &part->results->provenance;
  return !rp_norm_is_family(p->options.norm) && p->patch == 0;
}

static rp_status count_unstable(const rp_page_part *part, counts *c) {
  const rp_net *const net = part->source->net;
  const rp_dataset *const data = part->source->data;
  rp_region *region = NULL;
  *c = (counts){
      .radius = 1,
      .and_where = part->results->boxes ? " and the sample's box or mask" : ""};
  c->unstable = rp_alloc((size_t)net->n_blocks, sizeof *c->unstable);
  if (!c->unstable) return RP_E_MEMORY;
  if (!data || data->dim != net->n_in || !is_about_balls(part)) return RP_OK;
  int32_t *const work = rp_alloc(rp_interval_work(net), sizeof *work);
  rp_status st = work ? rp_region_create(net, &region) : RP_E_MEMORY;
  if (st == RP_OK) count_samples(part, region, work, c);
  rp_region_free(region);
  free(work);
  return st;
}

/* Round up to a tenth, for a bound. */
static double get_mean(const counts *c, int64_t unstable) {
  return ceil(10 * (double)unstable / (double)c->samples - 1e-9) / 10;
}

/* ---- Drawing ---- */

static void describe_terms(const rp_net *net, int32_t k, char text[300]) {
  const rp_block *const block = &net->block[k];
  size_t used = 0;
  text[0] = '\0';
  for (int32_t t = 0; t < block->n_terms && used < 200; t++) {
    const rp_term *const term = &block->term[t];
    char from[32] = "";
    rp_op_facts facts;
    rp_op_describe(term->op, &facts);
    if (term->source == RP_INPUT && k > 0)
      snprintf(from, sizeof from, " of the input");
    else if (term->source != k - 1)
      snprintf(from, sizeof from, " of block %" PRId32, term->source);
    used += (size_t)snprintf(text + used, 300 - used, "%s%s%s",
                             t > 0 ? " + " : "", facts.name, from);
  }
  if (block->owner) snprintf(text + used, 300 - used, ", maxima");
}

static void describe_sums(const rp_block *block, char text[100]) {
  int32_t lo = INT32_MAX, hi = INT32_MIN;
  for (int32_t i = 0; i < block->n_acc; i++) {
    if (block->z_lo[i] < lo) lo = block->z_lo[i];
    if (block->z_hi[i] > hi) hi = block->z_hi[i];
  }
  snprintf(text, 100, "%" PRId32 " neurons, sums %" PRId32 "..%" PRId32,
           block->n_acc, lo, hi);
}

/* Draw a bar as wide as the share of unstable accumulators. */
static void draw_share(FILE *out, const rp_block *block, const counts *c,
                       int32_t k, double y) {
  const double whole = (double)block->n_acc * (double)c->samples;
  const double share = (double)c->unstable[k] / whole;
  char text[64];
  fprintf(out,
          "<path class=\"grid\" d=\"M8 %.0fh%d\"/><rect x=\"8\" y=\"%.0f\" "
          "width=\"%.1f\" height=\"3\" fill=\"#d55e00\" "
          "data-unstable=\"%" PRId64 "\"/>",
          y + 57, BAR, y + 56, share * BAR, c->unstable[k]);
  snprintf(text, sizeof text, "%.1f unstable", get_mean(c, c->unstable[k]));
  rp_plot_label(
      out,
      &(rp_label){.x = BAR + 8, .y = y + 32, .anchor = RP_END, .css = "tick"},
      text);
}

static void draw_block(FILE *out, const rp_net *net, const counts *c, int32_t k,
                       double y) {
  const rp_block *const block = &net->block[k];
  char text[300], name[340];
  rp_op_facts facts;
  fprintf(out,
          "<g data-block=\"%" PRId32 "\" data-accumulators=\"%" PRId32
          "\"><path class=\"base\" d=\"M%d %.0fv%d\"/><rect class=\"grid\" "
          "x=\"1\" y=\"%.0f\" width=\"%d\" height=\"%d\" rx=\"3\"/>",
          k, block->n_acc, RP_PLOT_WIDTH / 2, y - GAP, GAP, y,
          RP_PLOT_WIDTH - 2, ROW);
  describe_terms(net, k, text);
  snprintf(name, sizeof name, "%" PRId32 ": %s", k, text);
  rp_plot_label(out,
                &(rp_label){.x = 8, .y = y + 15, .css = "strong", .room = BAR},
                name);
  rp_op_describe(block->term[0].op, &facts);
  const double room = c->samples > 0 ? BAR - 110 : BAR;
  rp_plot_label(out,
                &(rp_label){.x = 8, .y = y + 32, .css = "tick", .room = room},
                facts.shape);
  describe_sums(block, text);
  rp_plot_label(
      out, &(rp_label){.x = 8, .y = y + 48, .css = "tick", .room = BAR}, text);
  if (c->samples > 0) draw_share(out, block, c, k, y);
  fputs("</g>\n", out);
}

/* Draw `n` blocks from block `first` on. */
static void draw_blocks(FILE *out, const rp_net *net, const counts *c,
                        int32_t first, int32_t n) {
  char text[80];
  if (first == 0)
    snprintf(text, sizeof text, "%" PRId32 " inputs, %d..%d", net->n_in,
             net->in_lo, net->in_lo + net->in_hi);
  else
    snprintf(text, sizeof text, "after block %" PRId32, first - 1);
  rp_plot_label(
      out, &(rp_label){.x = RP_PLOT_WIDTH / 2.0, .y = 15, .anchor = RP_MIDDLE},
      text);
  for (int32_t k = 0; k < n; k++)
    draw_block(out, net, c, first + k, 20 + GAP + k * (ROW + GAP));
}

static void write_finding(const rp_net *net, const counts *c,
                          char text[RP_FINDING_SIZE]) {
  int64_t unstable = 0;
  char whole[40];
  rp_page_format_count(whole, net->n_acc);
  for (int32_t k = 0; k < net->n_blocks; k++) unstable += c->unstable[k];
  if (c->samples == 0)
    snprintf(text, RP_FINDING_SIZE, "%" PRId32 " blocks, %s neurons",
             net->n_blocks, whole);
  else
    snprintf(text, RP_FINDING_SIZE,
             "On average at most %.1f of %s neurons are unstable within radius "
             "%" PRId32 "%s",
             get_mean(c, unstable), whole, c->radius, c->and_where);
}

static void write_notes(FILE *out, const rp_page_part *part, const counts *c) {
  const rp_net *const net = part->source->net;
  if (c->samples > 0)
    fprintf(out,
            "<p class=\"note\">A neuron is unstable if intervals do not rule "
            "out that changes within radius %" PRId32
            "%s alter its activation: the fewer, the easier the question. Mean "
            "of the first %" PRId64 " sample%s %s.</p>",
            c->radius, c->and_where, c->samples, c->samples == 1 ? "" : "s",
            rp_provenance_correct(&part->results->provenance));
  if (net->n_blocks > MOST_BLOCKS)
    fprintf(out, "<p class=\"note\">Only the first %d blocks are drawn.</p>",
            MOST_BLOCKS);
}

/* Write a figure of some blocks; the first one has the finding. */
static void write_figure(const rp_page *page, const rp_page_part *part,
                         const counts *c, int32_t first, int32_t n) {
  char name[64], id[64], plot_id[64], finding[RP_FINDING_SIZE];
  snprintf(name, sizeof name, first > 0 ? "blocks-%" PRId32 : "blocks", first);
  rp_page_make_id(id, name, part);
  snprintf(name, sizeof name, "blocks-plot-%" PRId32, first);
  const rp_plot_about about = {
      .title = "Blocks of the network",
      .desc = "Each block with its operators, its shape and how many of its "
              "neurons are unstable.",
      .id = rp_page_make_id(plot_id, name, part)};
  if (first == 0)
    write_finding(part->source->net, c, finding);
  else
    snprintf(finding, sizeof finding, "Blocks %" PRId32 " to %" PRId32, first,
             first + n - 1);
  rp_page_figure_begin(page->out, id, about.title, finding);
  rp_plot_picture(page->out, &about, 20 + n * (ROW + GAP) + 2);
  draw_blocks(page->out, part->source->net, c, first, n);
  fputs("</svg>", page->out);
  if (first == 0) write_notes(page->out, part, c);
  rp_page_figure_end(page->out);
}

/* A deep network is drawn in several figures of about the same height, which
 * flow through columns and pages as the others do. */
static void write_figures(const rp_page *page, const rp_page_part *part,
                          const counts *c) {
  const int32_t blocks = part->source->net->n_blocks;
  const int32_t drawn = blocks < MOST_BLOCKS ? blocks : MOST_BLOCKS;
  const int32_t figures = (drawn + MOST_IN_FIGURE - 1) / MOST_IN_FIGURE;
  for (int32_t i = 0; i < figures; i++) {
    const int32_t first = drawn * i / figures;
    write_figure(page, part, c, first, drawn * (i + 1) / figures - first);
  }
}

rp_status rp_page_blocks(const rp_page *page, const rp_page_part *part,
                         rp_error *err) {
  counts c;
  if (!part->source->net) return RP_OK;
  const rp_status st = count_unstable(part, &c);
  if (st == RP_OK) write_figures(page, part, &c);
  free(c.unstable);
  return st == RP_OK ? st : rp_fail(err, st, "report: out of memory");
}
