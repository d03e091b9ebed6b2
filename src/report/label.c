/* Texts in pictures. The widths of letters depend on the reader's fonts, so
 * texts are placed by upper bounds of their widths. */
#include <string.h>

#include "core/text.h"
#include "report/plot.h"

static const double FONT = 11; /* the size of letters in rp_plot_css */
static const char ELLIPSIS[] = "…";

/* Bound the width of a character in em. DejaVu Sans, the widest font of the
 * style, has digits of 0.64, a W of 0.99 and a comma of 0.32. */
static double bound_letter(uint32_t code) {
  if (code >= 0x1f000) return 1.5; /* pictures */
  if (code >= 0x80) return 1.1;
  if (strchr(" !'(),-./:;I[]fijlrt|", (char)code)) return 0.45;
  if (code >= '0' && code <= '9') return 0.65;
  return code >= 'a' && code <= 'z' && code != 'm' && code != 'w' ? 0.65 : 1;
}

/* Find how many bytes of a text surely fit into a width, and set the bound of
 * their own width. */
static size_t fit_letters(const char *text, double most, double *width) {
  size_t n = 0;
  *width = 0;
  while (text[n]) {
    uint32_t code = 0xfffd; /* stands for a byte that is not UTF-8 */
    const int length = rp_utf8_length(text + n, &code);
    const double own = FONT * bound_letter(code);
    if (*width + own > most) break;
    *width += own;
    n += length > 0 ? (size_t)length : 1;
  }
  return n;
}

double rp_plot_width(const char *text) {
  double width;
  fit_letters(text, 1e300, &width);
  return width;
}

/* Cut a text that might be wider than `most`. Returns the width of the rest. */
static double cut_text(const char *text, double most, char kept[256]) {
  double width;
  size_t n = fit_letters(text, most, &width);
  const char *end = "";
  if (text[n] || n > 240) {
    end = ELLIPSIS;
    n = fit_letters(text, most - rp_plot_width(ELLIPSIS), &width);
    width += rp_plot_width(ELLIPSIS);
  }
  snprintf(kept, 256, "%.*s%s", (int)(n < 240 ? n : 240), text, end);
  return width;
}

void rp_plot_label(FILE *out, const rp_label *label, const char *text) {
  static const char *const anchor[] = {"start", "middle", "end"};
  char kept[256];
  const double most = label->room > 0 ? label->room : RP_PLOT_WIDTH;
  const double width = cut_text(text, most, kept);
  const double before = width * label->anchor / 2; /* left of the position */
  const double last = RP_PLOT_WIDTH - width + before;
  const double x = label->x < before ? before
                   : label->x > last ? last
                                     : label->x;
  fputs("<text", out);
  if (label->css) fprintf(out, " class=\"%s\"", label->css);
  if (label->anchor != RP_START)
    fprintf(out, " text-anchor=\"%s\"", anchor[label->anchor]);
  fprintf(out, " x=\"%.1f\" y=\"%.1f\">", x, label->y);
  rp_xml_text(out, kept);
  fputs("</text>", out);
}
