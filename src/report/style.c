/* The style of the page. Figures flow through columns of equal height; the
 * width of the window determines their number, and they are at least as wide
 * as a plot. Plots have colours for a light page; where the reader's system is
 * dark, rules replace those that would be too dark. */
#include "report/page_internal.h"

const char rp_page_css[] =
    ":root{color-scheme:light dark;--paper:#fff;--ink:#222;--soft:#666;"
    "--line:#e8e8e8;--cards:1}*{box-sizing:border-box}"
    "@media(min-width:520px){:root{--cards:2}}"
    "@media(min-width:760px){:root{--cards:3}}"
    "@media(min-width:1520px){:root{--cards:6}}"
    "body{margin:0 auto;padding:16px;max-width:1600px;background:var(--paper);"
    "color:var(--ink);font:15px/1.45 system-ui,-apple-system,'Segoe UI',Roboto,"
    "'DejaVu Sans',sans-serif}"
    "header{max-width:60em;margin-bottom:16px}"
    "h1{font-size:24px;line-height:1.2;margin:0 0 6px;overflow-wrap:anywhere}"
    "main>h2{font-size:19px;margin:36px 0 12px;padding-top:10px;"
    "border-top:2px solid var(--ink);overflow-wrap:anywhere}"
    "h2 i{margin-right:8px}"
    "h3,.wide h2,figcaption{font-size:15px;font-weight:600;margin:0 0 8px}"
    ".lead{margin:0;font-size:16px}.sub{margin:6px 0 0;color:var(--soft);"
    "overflow-wrap:anywhere}"
    ".grid{columns:340px;column-gap:32px}"
    ".flow{display:flex;flex-wrap:wrap;gap:26px 32px;margin-bottom:26px}"
    ".flow>*{flex:1 1 340px;max-width:520px}"
    ".flow>#key{flex:1 1 auto;max-width:100%}"
    ".grid>*{break-inside:avoid;padding-bottom:26px}"
    "header>small,figcaption small{display:block;font-size:12px;"
    "font-weight:400;color:var(--soft)}"
    "figure{margin:0;min-width:0}main>figure{margin-bottom:28px}"
    ".note b{font-weight:600}main>.note{margin:0 0 22px;max-width:60em}"
    "figure>svg{display:block;width:100%;max-width:520px;height:auto;"
    "overflow:visible}"
    ".note,.missing,details{margin:6px 0 0;color:var(--soft);font-size:13px;"
    "max-width:38em}"
    ".missing{border-left:3px solid #e6a200;padding-left:8px;"
    "margin-bottom:12px;overflow-wrap:anywhere}"
    ".legend{margin:0 0 4px;font-size:13px}.legend span{margin-right:12px;"
    "display:inline-block;max-width:100%}"
    ".legend.all{position:sticky;top:0;z-index:1;background:var(--paper);"
    "padding:6px 0;margin-bottom:16px;border-bottom:1px solid var(--line);"
    "overflow-wrap:anywhere;max-height:30vh;overflow-y:auto}"
    "i{display:inline-block;width:11px;height:11px;margin-right:5px}"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
    ".scroll{overflow-x:auto}"
    ".key{width:100%}.key th,.key td{padding:4px 0 4px 18px;text-align:left;"
    "font-weight:400;vertical-align:top;border-bottom:1px solid var(--line)}"
    ".key th[scope=row]{padding-left:0;color:var(--soft)}"
    ".key th[scope=col]{font-weight:600;overflow-wrap:anywhere}.key "
    "a{color:inherit}"
    ".data{margin:6px 0 12px}.data caption{text-align:left;font-weight:600}"
    ".data th,.data td{padding:1px 0 1px 14px;text-align:right;"
    "font-weight:400}.data td:first-child,.data th:first-child{"
    "padding-left:0}"
    "svg .cell{fill:#000}svg .pale{fill:#fff}svg .tight{font-size:8px}"
    "svg .dots{stroke:#fff;stroke-linecap:round}"
    "svg .median{fill:#111}"
    ".wide{margin-top:8px}"
    ".cards{display:grid;gap:18px 24px;margin-bottom:22px;"
    "grid-template-columns:repeat(var(--cards),minmax(0,1fr))}"
    "h3 span,h2 "
    "span{font-weight:400;color:var(--soft);margin-left:10px;font-size:13px}"
    ".card figcaption{font-weight:400;font-size:14px;margin-bottom:4px}"
    ".card div{display:flex;gap:8px}.card span{flex:0 1 92px;min-width:0}"
    ".card small{overflow-wrap:anywhere}.card "
    "img{display:block;width:100%;height:auto;"
    "image-rendering:pixelated;border:1px solid #ccc}"
    ".card "
    "small{display:block;font-size:11px;line-height:1.3;color:var(--soft);"
    "margin-top:3px}"
    "dl{display:grid;grid-template-columns:max-content minmax(0,1fr);"
    "gap:3px 18px;margin:0;font-size:13px}"
    "dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}"
    "footer{margin-top:32px;color:var(--soft);font-size:13px}"
    "@media(max-width:480px){dl{grid-template-columns:1fr}dd{"
    "margin-bottom:6px}.key th,.key td{padding-left:10px}}"
    "@media "
    "print{@page{margin:14mm}:root{--cards:3}body{padding:0;font-size:10pt}"
    "*{print-color-adjust:exact;-webkit-print-color-adjust:exact}"
    "figure,.card,tr,dd{break-inside:avoid}dt{break-after:avoid}h2,h3{break-"
    "after:avoid}"
    ".grid,.flow{display:block;columns:2;column-gap:24px}"
    ".flow>*{padding-bottom:26px}.flow>#key{column-span:all}"
    "figure>svg{max-height:220mm}.legend.all{position:static}"
    "footer{break-before:avoid}details{display:none}.card "
    "small{font-size:9px}}";

/* What replaces what on a dark page. Colours not named here can be seen on
 * both. */
typedef struct dark {
  const char *light, *dark;
} dark;

/* Categories: lines, bands, dots and boxes of legends. */
static const dark swaps[] = {{"#332288", "#a79bf0"}, {"#cc6677", "#e58a99"},
                             {"#117733", "#4cb86c"}, {"#882255", "#d77ba6"},
                             {"#999933", "#bdbd4f"}, {"#aa4499", "#d680c7"},
                             {"#eee", "#2b3036"}};

static void write_dark(FILE *out) {
  fputs("@media screen and (prefers-color-scheme:dark){:root{--paper:#15181c;"
        "--ink:#e4e6e9;--soft:#a3a9b1;--line:#33383f}svg text{fill:#cfd3d8}"
        "svg .tick{fill:#a3a9b1}svg .strong,svg .median{fill:#e4e6e9}"
        "svg .grid{stroke:#33383f}svg .base{stroke:#7a8189}"
        "svg .cell{fill:#000}svg .pale{fill:#fff}"
        "[stroke=\"#0072b2\"]{stroke:#3fa2e0}"
        "img{border-color:#444!important}",
        out);
  for (size_t i = 0; i < sizeof swaps / sizeof *swaps; i++)
    fprintf(out,
            "[fill=\"%s\"]{fill:%s}[stroke=\"%s\"]{stroke:%s}"
            "i[style$=\"%s\"]{background:%s!important}",
            swaps[i].light, swaps[i].dark, swaps[i].light, swaps[i].dark,
            swaps[i].light, swaps[i].dark);
  fputs("}", out);
}

/* The table of key figures becomes a list where its columns do not fit, and
 * leaves room for other figures beside it where they do. */
static void write_narrow(FILE *out, int n) {
  enum { FIRST = 180, EACH = 150 };
  fprintf(out,
          "@media(max-width:%dpx){.key thead{display:none}.key tr,.key "
          "th{display:block}.key tr{border-bottom:1px solid var(--line);"
          "padding:4px 0}.key th,.key td{border:0;padding:1px 0}.key td{"
          "display:flex;gap:12px;justify-content:space-between;max-width:32em}"
          ".key td::before{content:attr(data-result);overflow-wrap:anywhere}}"
          ".flow>#key{flex-basis:%dpx}",
          FIRST + EACH * n, FIRST + EACH * n);
}

void rp_page_write_css(const rp_page *page) {
  if (page->n > 1) write_narrow(page->out, page->n);
  write_dark(page->out);
}
