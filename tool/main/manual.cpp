// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/main/manual.h"
#include "tool/main/manual_options.h"
#include <sstream>

namespace krcu {

std::vector<OptionWords> optionsOf(const CLI::App &Command) {
  std::vector<OptionWords> Result;
  for (const CLI::Option *O : Command.get_options()) {
    if (O->get_group().empty()) // hidden
      continue;
    OptionWords W;
    for (const std::string &Short : O->get_snames())
      W.names.push_back("-" + Short);
    for (const std::string &Long : O->get_lnames())
      W.names.push_back("--" + Long);
    if (O->get_positional())
      W.argument = O->get_lnames().empty() && O->get_snames().empty() ? O->get_single_name() : O->get_name(/*positional=*/true, false);
    if (size_t Comma = W.argument.find(','); Comma != std::string::npos)
      W.argument.erase(Comma);
    std::string Type = O->get_type_name(); // "TEXT:{a,b,c}", "UINT:UINT in [1 - 1024]"
    if (size_t Open = Type.find('{'), Close = Type.rfind('}'); Open != std::string::npos && Close != std::string::npos && Open < Close) {
      std::stringstream List(Type.substr(Open + 1, Close - Open - 1));
      for (std::string Word; std::getline(List, Word, ',');)
        W.choices.push_back(Word);
    }
    if (O->get_items_expected_max() != 0)
      W.value = W.choices.empty() ? (Type.find("INT") != std::string::npos ? "N" : "VALUE") : "WORD";
    W.text = O->get_description();
    W.required = O->get_required();
    W.many = O->get_items_expected_max() > 1;
    Result.push_back(std::move(W));
  }
  return Result;
}

namespace {

/// Plain text inside a line of man(7).
std::string roff(const std::string &Text) {
  std::string Out;
  bool LineStart = true;
  for (char C : Text) {
    if (LineStart && (C == '.' || C == '\''))
      Out += "\\&";
    if (C == '\\')
      Out += "\\e";
    else if (C == '-')
      Out += "\\-";
    else
      Out += C;
    LineStart = C == '\n';
  }
  return Out;
}

std::string head(const std::string &Title, const std::string &Version) {
  std::string Upper = Title;
  for (char &C : Upper)
    C = C >= 'a' && C <= 'z' ? char(C - 'a' + 'A') : C;
  // No date: the same sources make the same page.
  return ".\\\" Made from the program's own description of its commands.\n.TH " + Upper + " 1 \"\" \"" + Version + "\" \"User Commands\"\n";
}

/// The examples of a footer, whose first line is their heading and whose last one the exit status.
std::string examples(const std::string &Footer) {
  const size_t Begin = Footer.find('\n'), End = Footer.find("Exit status");
  return Begin == std::string::npos ? "" : ".SH EXAMPLES\n.nf\n" + roff(Footer.substr(Begin + 1, End == std::string::npos ? End : End - Begin - 1)) + ".fi\n";
}

std::string firstLine(const std::string &Text) { return Text.substr(0, Text.find('\n')); }

std::string synopsis(const std::string &Name, const std::vector<OptionWords> &Options) {
  std::string Out = ".SH SYNOPSIS\n.B " + roff(Name) + "\n[\\fIOPTION\\fR...]";
  for (const OptionWords &O : Options)
    if (!O.names.empty() && O.required)
      Out += " \\fB" + roff(O.names.back()) + "\\fR \\fI" + O.value + "\\fR";
  for (const OptionWords &O : Options)
    if (!O.argument.empty()) {
      std::string Word = "\\fI" + roff(O.argument) + "\\fR" + (O.many ? "..." : "");
      Out += O.required ? " " + Word : " [" + Word + "]";
    }
  return Out + "\n";
}

std::string optionList(const std::vector<OptionWords> &Options) {
  std::string Arguments, Out;
  for (const OptionWords &O : Options) {
    if (!O.argument.empty())
      Arguments += ".TP\n.I " + roff(O.argument) + "\n" + roff(O.text) + "\n";
    if (O.names.empty() || (!O.argument.empty() && O.names.size() == 1))
      continue;
    Out += ".TP\n";
    for (size_t N = 0; N < O.names.size(); ++N)
      Out += (N ? ", " : "") + ("\\fB" + roff(O.names[N])) + "\\fR";
    if (!O.value.empty())
      Out += " \\fI" + O.value + "\\fR";
    Out += "\n" + roff(O.text) + "\n";
    if (!O.choices.empty()) {
      Out += ".br\n\\fIWORD\\fR is one of";
      for (size_t N = 0; N < O.choices.size(); ++N)
        Out += (N ? ", " : " ") + roff(O.choices[N]);
      Out += ".\n";
    }
  }
  return (Arguments.empty() ? "" : ".SH ARGUMENTS\n" + Arguments) + (Out.empty() ? "" : ".SH OPTIONS\n" + Out);
}

const char *const ExitStatus = ".SH EXIT STATUS\n.TP\n.B 0\ndone\n.TP\n.B 1\nfound what \\fB\\-\\-fail\\-on\\fR names\n.TP\n.B 2\nan error; the message says what to do\n";

} // namespace

std::map<std::string, std::string> manualPages(const CLI::App &App, const std::string &Version) {
  std::map<std::string, std::string> Pages;
  const std::string &Program = App.get_name();
  std::string Main = head(Program, Version) + ".SH NAME\n" + Program + " \\- prove call_rcu() callbacks that only free memory replaceable by kfree_rcu()\n.SH SYNOPSIS\n.B " + Program +
                     "\n\\fICOMMAND\\fR [\\fIOPTION\\fR...] \\fITREE\\fR\n.SH DESCRIPTION\n" + roff(App.get_description()) + "\n.SH COMMANDS\n";
  std::string Related;
  for (const CLI::App *C : App.get_subcommands({})) {
    const std::string Page = Program + "-" + C->get_name();
    Main += ".TP\n.B " + roff(C->get_name()) + "\n" + roff(C->get_description()) + "; see \\fB" + roff(Page) + "\\fR(1)\n";
    Related += (Related.empty() ? ".BR " : ",\n.BR ") + roff(Page) + " (1)";
    std::vector<OptionWords> Options = optionsOf(*C);
    Pages[Page + ".1"] = head(Page, Version) + ".SH NAME\n" + roff(Page) + " \\- " + roff(firstLine(C->get_description())) + "\n" + synopsis(Program + " " + C->get_name(), Options) +
                         ".SH DESCRIPTION\n" + roff(C->get_description()) + ".\n" + optionList(Options) + examples(C->get_footer()) + ExitStatus + ".SH SEE ALSO\n.BR " + Program + " (1)\n";
  }
  Pages[Program + ".1"] = Main + optionList(optionsOf(App)) + examples(App.get_footer()) + ExitStatus + ".SH SEE ALSO\n" + Related + "\n";
  return Pages;
}

} // namespace krcu
