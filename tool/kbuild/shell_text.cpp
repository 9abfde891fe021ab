// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/kbuild/shell_text.h"
#include "tool/kbuild/kbuild_flags.h"
#include "tool/kbuild/makefile_words.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"

namespace krcu::makefile {
namespace {

using llvm::StringRef;
using Words = std::vector<std::string>;

std::string absolutePath(StringRef Path, const std::string &Where) {
  llvm::SmallString<256> Full(Path.starts_with("/") ? Path.str() : Where + "/" + Path.str());
  llvm::sys::path::remove_dots(Full, /*remove_dot_dot=*/true);
  return Full.size() > 1 ? Full.str().rtrim('/').str() : Full.str().str();
}

std::string dirname(StringRef Path) {
  Path = Path.size() > 1 ? Path.rtrim('/') : Path;
  size_t Slash = Path.rfind('/');
  return Slash == StringRef::npos ? "." : Slash == 0 ? "/" : Path.take_front(Slash).rtrim('/').str();
}

std::string basename(StringRef Path, StringRef Suffix) {
  Path = Path.size() > 1 ? Path.rtrim('/') : Path;
  StringRef Name = Path.substr(Path.rfind('/') + 1);
  if (Name.size() > Suffix.size())
    Name.consume_back(Suffix);
  return Name.str();
}

/// One command, without its options.
std::optional<std::string> one(const Words &All, const ShellFacts &Facts) {
  StringRef Name = All.front();
  Words Options, Rest;
  for (size_t I = 1; I < All.size(); ++I)
    (StringRef(All[I]).starts_with("-") ? Options : Rest).push_back(All[I]);
  auto Has = [&](StringRef Option) { return std::find(Options.begin(), Options.end(), Option) != Options.end(); };
  if (Name == "pwd" && Rest.empty())
    return Facts.where;
  if (Name == "dirname" && Rest.size() == 1 && Options.empty())
    return dirname(Rest[0]);
  if (Name == "basename" && !Rest.empty() && Rest.size() < 3 && Options.empty())
    return basename(Rest[0], Rest.size() > 1 ? StringRef(Rest[1]) : StringRef());
  bool Resolves = Name == "realpath" || (Name == "readlink" && (Has("-f") || Has("-m") || Has("-e")));
  if (Resolves && Rest.size() == 1)
    return absolutePath(Rest[0], Facts.where);
  if (Name == "uname" && All.size() == 2 && Rest.empty())
    return Has("-r") ? std::optional(Facts.release) : Has("-m") ? std::optional(Facts.machine) : Has("-s") ? std::optional<std::string>("Linux") : std::nullopt;
  if (Name == "echo" && Options.empty())
    return llvm::join(Rest, " ");
  return std::nullopt;
}

} // namespace

std::optional<bool> compares(StringRef Text) {
  auto Words = words(Text);
  long long Left = 0, Right = 0;
  if (Words.size() != 3 || Words[0].getAsInteger(10, Left) || Words[2].getAsInteger(10, Right))
    return std::nullopt;
  StringRef How = Words[1];
  return How == "-ge" ? Left >= Right : How == "-gt" ? Left > Right : How == "-le" ? Left <= Right : How == "-lt" ? Left < Right : How == "-ne" ? Left != Right : Left == Right;
}

std::optional<std::string> comparison(StringRef Command) {
  Command = Command.trim();
  if (!Command.consume_back("&& echo y"))
    return std::nullopt;
  Command = Command.trim();
  if (!Command.consume_front("test ") && !(Command.consume_front("[ ") && Command.consume_back(" ]")))
    return std::nullopt;
  std::optional<bool> Holds = compares(Command);
  return Holds ? std::optional<std::string>(*Holds ? "y" : "") : std::nullopt;
}

std::optional<std::string> printedBy(StringRef Command, ShellFacts Facts) {
  // Where an operand is not known, neither is the result.
  if (isUnknown(Command))
    return std::nullopt;
  if (std::optional<std::string> Test = comparison(Command))
    return Test;
  std::string Text = Command.str();
  for (StringRef Silent : {"2>/dev/null", "2> /dev/null"})
    if (size_t At = Text.find(Silent.str()); At != std::string::npos)
      Text.erase(At, Silent.size());
  if (StringRef(Text).find_first_of("|<>`$*?[]{}()~#\n") != StringRef::npos)
    return std::nullopt;
  // "cd X && pwd": each changes the place of the next.
  std::string Parts;
  for (size_t I = 0; I < Text.size(); ++I)
    if (Text[I] == '&' && I + 1 < Text.size() && Text[I + 1] == '&')
      Parts += ';', ++I;
    else if (Text[I] == '&')
      return std::nullopt;
    else
      Parts += Text[I];
  std::optional<std::string> Printed;
  for (StringRef Part : llvm::split(Parts, ';')) {
    Words All = shellWords(Part);
    if (All.empty())
      continue;
    if (All.front() == "cd" && All.size() == 2) {
      Facts.where = absolutePath(All[1], Facts.where);
      continue;
    }
    if (Printed)
      return std::nullopt; // two that print
    Printed = one(All, Facts);
    if (!Printed)
      return std::nullopt;
  }
  return Printed;
}

} // namespace krcu::makefile
