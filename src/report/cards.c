/* Shows the most fragile and the most robust samples: the sample, its
 * counterexample and their difference, side by side. */
#include <inttypes.h>
#include <string.h>

#include "report/picture.h"
#include "show/digest_internal.h"

/* Limit for the numbers in the pictures of all cards, to bound the page. */
enum { MOST_NUMBERS = 2000000, PICTURES = 3 };

typedef struct cards {
  FILE *out;
  const rp_page_part *part;
  rp_picture_shape shape;
  int level; /* of headings */
} cards;

/* Get the sample from the dataset, if that was read and agrees. */
static const uint8_t *get_input(const cards *c, const rp_digest_sample *s) {
  const rp_dataset *const data = c->part->source->data;
  if (!data || s->sample < 0 || s->sample >= data->n ||
      data->dim != c->shape.n_in || data->label[s->sample] != s->label)
    return NULL;
  return data->x + (size_t)s->sample * (size_t)data->dim;
}

static const uint8_t *get_counterexample(const cards *c,
                                         const rp_digest_sample *s) {
  if (s->counterexample < 0) return NULL;
  return c->part->results->counterexample +
         (size_t)s->counterexample * (size_t)c->shape.n_in;
}

static void write_radius(FILE *out, const rp_page_part *part,
                         const rp_digest_sample *s) {
  if (rp_digest_get_state(part->digest, s) == RP_RADIUS_CLOSED)
    fprintf(out, "radius <b>%d</b>", s->lo);
  else if (!s->violated)
    fprintf(out, "radius <b>%d</b> or more", s->lo);
  else
    fprintf(out, "radius <b>%d–%d</b>", s->lo, s->hi);
}

static void write_heading(const cards *c, const rp_digest_sample *s) {
  fprintf(c->out,
          "<figure class=\"card\" data-sample=\"%" PRId64
          "\"><figcaption><b>#%" PRId64 "</b> label ",
          s->sample, s->sample);
  rp_page_put_class(c->out, &c->part->results->provenance, s->label);
  fputs(", ", c->out);
  if (c->part->results->provenance.patch > 0) {
    fprintf(c->out, "place %d, ", s->target);
  } else if (s->target >= 0) {
    fputs("target ", c->out);
    rp_page_put_class(c->out, &c->part->results->provenance, s->target);
    fputs(", ", c->out);
  }
  write_radius(c->out, c->part, s);
  fputs("</figcaption><div>", c->out);
}

static rp_status write_change(const cards *c, const uint8_t *x,
                              const uint8_t *y) {
  int32_t changed;
  const int32_t most = rp_picture_distance(&c->shape, x, y, &changed);
  const int32_t times = most > 0 ? c->shape.in_hi / most : 1;
  fputs("<span>", c->out);
  RP_TRY(rp_picture_write_change(c->out, &c->shape, x, y,
                                 "Difference, magnified"));
  fprintf(c->out,
          "<small title=\"%d inputs differ\">± %d step%s<br/>shown × %d</small>"
          "</span>",
          changed, most, most == 1 ? "" : "s", times);
  return RP_OK;
}

static void write_taken(const cards *c, int32_t label) {
  fputs("taken for ", c->out);
  rp_page_put_class(c->out, &c->part->results->provenance, label);
}

static rp_status write_card(const cards *c, const rp_digest_sample *s) {
  const uint8_t *const x = get_input(c, s), *const y = get_counterexample(c, s);
  write_heading(c, s);
  if (x) {
    fputs("<span>", c->out);
    RP_TRY(rp_picture_write(c->out, &c->shape, x, "Sample"));
    fputs("<small>", c->out);
    write_taken(c, s->label);
    fputs("</small></span>", c->out);
  }
  if (y) {
    fputs("<span>", c->out);
    RP_TRY(rp_picture_write(c->out, &c->shape, y, "Counterexample"));
    fputs("<small>", c->out);
    if (s->reached >= 0)
      write_taken(c, s->reached);
    else
      fputs("counterexample", c->out);
    fputs("</small></span>", c->out);
  }
  if (x && y) RP_TRY(write_change(c, x, y));
  if (!x && !y) fputs("<small>no picture is at hand</small>", c->out);
  fputs("</div></figure>\n", c->out);
  return RP_OK;
}

static rp_status write_row(const cards *c, const char *title,
                           const int64_t *index, int n) {
  const int share = MOST_NUMBERS / (2 * RP_DIGEST_EXTREMES * PICTURES);
  const int most = c->shape.n_in > 0 ? n * share / c->shape.n_in : n;
  if (n > most) n = most > 1 ? most : 1;
  fprintf(c->out,
          "<h%d>%s<span>sample, counterexample, difference magnified (%s)"
          "</span></h%d><div class=\"cards\">",
          c->level, title,
          c->shape.channels > 1 ? "of each colour; grey: none"
                                : "orange: more, blue: less",
          c->level);
  for (int i = 0; i < n; i++)
    RP_TRY(write_card(c, &c->part->digest->sample[index[i]]));
  fputs("</div>", c->out);
  return RP_OK;
}

static rp_status write_rows(const cards *c) {
  const rp_digest *const d = c->part->digest;
  const char *const note = c->part->source->data_note;
  if (*note) {
    fputs("<p class=\"missing\">Samples are not pictured: ", c->out);
    rp_xml_text(c->out, note);
    fputs(". Counterexamples come from the results.</p>", c->out);
  }
  if (d->n_fragile > 0)
    RP_TRY(write_row(c, "Most fragile", d->fragile, d->n_fragile));
  if (d->n_robust > 0)
    RP_TRY(write_row(c, "Most robust", d->robust, d->n_robust));
  return RP_OK;
}

rp_status rp_page_samples(const rp_page *page, const rp_page_part *part,
                          rp_error *err) {
  const rp_digest *const d = part->digest;
  const cards c = {page->out, part, rp_picture_choose_shape(part->source),
                   rp_page_heading_level(page)};
  char id[64];
  if (d->n_fragile + d->n_robust == 0) return RP_OK;
  fprintf(page->out, "<section class=\"wide\" id=\"%s\">",
          rp_page_make_id(id, "samples", part));
  const rp_status st = write_rows(&c);
  fputs("</section>", page->out);
  if (st != RP_OK)
    return rp_fail(err, RP_E_MEMORY, "report: a picture could not be made");
  return RP_OK;
}
