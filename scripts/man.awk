# A help page to a manual page. Two forms are known: pages with headings in
# capitals (rampart COMMAND --help), whose text stands four columns in; and short
# ones (usage, paragraphs, lists) without. Sections come out in the usual order.
function escaped(text) {
  gsub(/\\/, "\\e", text)
  gsub(/-/, "\\-", text)
  return text ~ /^[.']/ ? "\\&" text : text
}
function put(text) { body[section] = body[section] text "\n" }
function begin(heading) {
  section = heading
  if (!(section in body)) {
    order[++sections] = section
    body[section] = ""
  }
  verbatim = section ~ /^(SYNOPSIS|EXAMPLES|EXIT STATUS)$/ && !short
}
# "--option ARGUMENT    what it is": a tagged paragraph.
function item(line,    at) {
  at = match(line, /   *[^ ]/)
  put(".TP\n.B " escaped(at ? substr(line, 1, at - 1) : line))
  if (at) {
    sub(/^ */, "", line)
    put(escaped(substr(line, at + RLENGTH - 1)))
  }
}
NR == 1 && !/^[A-Z ]+$/ { short = 1; begin("DESCRIPTION") }
/^[A-Z][A-Z ]+$/ { begin($0); next }
short && /^[Uu]sage: / {
  begin("SYNOPSIS")
  sub(/^[Uu]sage: /, "")
  put(".nf\n" escaped($0))
  usage = 1
  next
}
short && usage && /^  / { sub(/^ */, ""); put(escaped($0)); next }
short && usage { put(".fi"); usage = 0; begin("DESCRIPTION"); next }
short && /^Commands:$/ { begin("COMMANDS"); next }
short && /^Exit status: / { begin("EXIT STATUS"); sub(/^Exit status: /, "") }
short && /^  *-/ && section != "OPTIONS" { begin("OPTIONS") }
short && section == "COMMANDS" && /^$/ { begin("NOTES"); next }
/^$/ { put(verbatim ? "" : ".PP"); next }
verbatim { sub(/^    /, ""); put(escaped($0)); next }
/^    -/ || (short && /^  [^ ]/) { sub(/^ */, ""); item($0); next }
{ sub(/^ */, ""); put(escaped($0)) }
END {
  print ".TH " toupper(name) " 1 \"\" \"Rampart " version "\" \"Rampart\""
  if (short) print ".SH NAME\n" name " \\- " escaped(summary)
  print_section("NAME")
  print_section("SYNOPSIS")
  for (i = 1; i <= sections; i++) print_section(order[i])
  if (short && name == "rampart") print ".SH SEE ALSO\n.BR rampart\\-check (1)"
}
function print_section(heading,    text) {
  if (!(heading in body) || heading in printed) return
  printed[heading] = 1
  text = body[heading]
  if (heading == "NAME") sub(/rampart /, "rampart\\-", text)
  while (sub(/(\n|\.PP\n)$/, "", text)) {
  }
  if (text == "") return
  text = text "\n"
  print ".SH " heading
  if (heading ~ /^(SYNOPSIS|EXAMPLES|EXIT STATUS)$/ && !short)
    text = ".nf\n" text ".fi\n"
  printf "%s", text
}
