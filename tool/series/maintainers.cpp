// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the script does that one would not guess: an entry excluded by X: does not count even if F: names the very file; a pattern that
// does not end with '/' covers a file only at its own depth; K: is looked for in the mail's headers and text as well as in the changed
// lines; and a person who is known by one name and two addresses is one recipient, with the first address.
#include "tool/series/maintainers.h"

#include "tool/support/sink.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>
#include <map>
#include <set>

namespace krcu::series {
namespace {

/// "X:\tvalue" -> {X, value}; type 0 for any other line.
std::pair<char, llvm::StringRef> typed(llvm::StringRef Line) {
  if (Line.size() < 2 || Line[1] != ':' || Line[0] < 'A' || Line[0] > 'Z')
    return {0, {}};
  return {Line[0], Line.substr(2).ltrim(" \t\r\v\f")};
}

int slashesIn(llvm::StringRef Text) { return static_cast<int>(Text.count('/')); }

/// A shell-like path pattern as a regular expression; brackets stay what they are in both.
std::string pathExpression(llvm::StringRef Value) {
  std::string Out;
  for (char C : Value) {
    if (C == '.')
      Out += "\\.";
    else if (C == '*')
      Out += ".*";
    else if (C == '?')
      Out += '.';
    else
      Out += C;
  }
  return Out;
}

bool isLiteral(llvm::StringRef Value) { return Value.find_first_of("*?[](){}|^$+\\") == llvm::StringRef::npos; }

/// The files that a mail's diff names.
std::set<std::string> filesIn(llvm::StringRef Mail) {
  std::set<std::string> Files;
  auto Word = [](llvm::StringRef S) { return S.ltrim(" \t").take_until([](char C) { return llvm::isSpace(C); }); };
  while (!Mail.empty()) {
    auto [Line, Rest] = Mail.split('\n');
    Mail = Rest;
    if (!Line.starts_with("+++ ") && !Line.starts_with("--- "))
      continue;
    llvm::StringRef Name = Word(Line.substr(4));
    if (size_t Slash = Name.find('/'); Slash != llvm::StringRef::npos)
      Name = Name.substr(Slash + 1);
    if (!Name.empty())
      Files.insert(Name.str());
  }
  return Files;
}

/// Recipients without repetition, in order of arrival.
class Collector {
public:
  void person(const Address &A, Role R, const std::string &Section) {
    std::string Name = lowered(A.name), Mail = lowered(A.mail);
    if ((!Name.empty() && SeenNames.count(Name)) || SeenMails.count(Mail))
      return;
    if (!Name.empty())
      SeenNames.insert(Name);
    SeenMails.insert(Mail);
    People.push_back({A, R, Section});
  }
  void list(llvm::StringRef Value, const std::string &Section) {
    auto [Mail, Remark] = Value.split(' ');
    if (size_t Tab = Mail.find('\t'); Tab != llvm::StringRef::npos) {
      Remark = Value.substr(Tab + 1);
      Mail = Mail.take_front(Tab);
    }
    if (Remark.contains("subscribers-only") || !SeenLists.insert(lowered(Mail)).second)
      return;
    Lists.push_back({{"", Mail.str()}, Role::List, Section});
  }

  std::vector<Recipient> finish(const Mailmap &Map) {
    std::vector<Recipient> All = std::move(People);
    All.insert(All.end(), Lists.begin(), Lists.end());
    std::map<std::string, Address> ByName, ByMail;
    std::set<std::string> Printed;
    std::vector<Recipient> Out;
    for (Recipient &R : All) {
      Address A = Map.map(R.address);
      auto Same = A.name.empty() ? ByName.end() : ByName.find(lowered(A.name));
      if (Same != ByName.end()) {
        A = Same->second;
      } else if (auto Known = ByMail.find(lowered(A.mail)); Known != ByMail.end()) {
        A = Known->second;
      } else {
        ByName[lowered(A.name)] = A;
        ByMail[lowered(A.mail)] = A;
      }
      R.address = Map.map(A);
      if (isHeadOfAll(R) || !Printed.insert(R.address.text()).second)
        continue;
      Out.push_back(std::move(R));
    }
    return Out;
  }

private:
  /// The script leaves the kernel's first maintainer out, who gets pull requests and no patches.
  static bool isHeadOfAll(const Recipient &R) { return R.role != Role::List && R.address.mail == "torvalds@linux-foundation.org"; }

  std::vector<Recipient> People, Lists;
  std::set<std::string> SeenNames, SeenMails, SeenLists;
};

} // namespace

std::optional<Maintainers> Maintainers::load(const Tree &T) {
  auto Text = T.read("MAINTAINERS");
  if (!Text)
    return std::nullopt;
  Maintainers M;
  M.Map = Mailmap(T.read(".mailmap").value_or(""));
  M.parse(*Text, T);
  return M;
}

void Maintainers::parse(llvm::StringRef Text, const Tree &T) {
  Section Current;
  unsigned Place = 0;
  auto Finish = [&](llvm::StringRef NextTitle) {
    if (!Current.lines.empty())
      Sections.push_back(std::move(Current));
    Current = {};
    Current.title = NextTitle.str();
  };
  const std::string Clean = forTerminal(Text); // addresses and titles go into mails
  Text = Clean;
  while (!Text.empty()) {
    auto [Line, Rest] = Text.split('\n');
    Text = Rest;
    auto [Type, Value] = typed(Line);
    if (!Type) {
      // Blank lines and comments do not even end an entry; only the next title does.
      llvm::StringRef Trimmed = Line.trim();
      if (!Trimmed.empty() && !Trimmed.starts_with("#"))
        Finish(Line);
      continue;
    }
    ++Place;
    Current.lines.push_back({Type, Value.str()});
    if (Type != 'F' && Type != 'X' && Type != 'N' && Type != 'K')
      continue;
    Pattern P;
    P.kind = Type;
    if (Type == 'K') {
      P.text = Value.str();
      Current.keywords.emplace_back(Place, std::move(P));
      continue;
    }
    if (Type == 'N') {
      P.regex = Regex::compile(Value.str(), true);
      if (P.regex)
        Current.files.push_back(std::move(P));
      continue;
    }
    std::string Path = Value.str();
    P.text = pathExpression(Value);
    // The script asks for a directory after it has escaped the dots, so it never finds one that has a dot in its name.
    if (!Path.empty() && Path.back() != '/' && isLiteral(Path) && Path.find('.') == std::string::npos && T.has(Path) && !T.read(Path)) {
      Path += '/';
      P.text += '/';
    }
    P.slashes = slashesIn(P.text);
    P.depth = P.text.rfind(".*", 0) == 0 ? -1 : P.slashes + (P.text.empty() || P.text.back() != '/' ? 1 : 0);
    if (isLiteral(Path))
      P.literal = Path;
    else if (!(P.regex = Regex::compile("^" + P.text, false)))
      continue;
    Current.files.push_back(std::move(P));
  }
  Finish("");
}

bool Maintainers::covers(const Pattern &P, const std::string &File) {
  if (P.kind == 'N')
    return P.regex->matches(File);
  bool Begins = P.regex ? P.regex->matches(File) : llvm::StringRef(File).starts_with(P.literal);
  return Begins && (P.text.empty() || P.text.back() == '/' || P.slashes == slashesIn(File));
}

std::optional<int> Maintainers::depthIn(const Section &S, const std::string &File) const {
  std::optional<int> Depth;
  for (const Pattern &P : S.files)
    if (P.kind == 'X' && covers(P, File))
      return std::nullopt;
  for (const Pattern &P : S.files)
    if (P.kind != 'X' && covers(P, File))
      Depth = P.kind == 'N' ? 0 : P.depth;
  return Depth;
}

std::vector<const Maintainers::Section *> Maintainers::sectionsFor(const std::string &File) const {
  std::vector<std::pair<int, const Section *>> Found; // entries of the same depth keep the order of the file
  for (const Section &S : Sections)
    if (auto Depth = depthIn(S, File))
      Found.emplace_back(-*Depth, &S);
  std::sort(Found.begin(), Found.end());
  std::vector<const Section *> Out;
  for (const auto &[Depth, S] : Found)
    Out.push_back(S);
  return Out;
}

std::vector<const Maintainers::Section *> Maintainers::sectionsByKeyword(llvm::StringRef Mail) const {
  std::vector<llvm::StringRef> Intro, Changed;
  bool InDiff = false;
  while (!Mail.empty()) {
    auto [Line, Rest] = Mail.split('\n');
    Mail = Rest;
    if (Line.starts_with("+++ ") || Line.starts_with("--- ")) {
      InDiff = true;
      continue;
    }
    if (Line.starts_with("diff --git a/") || Line.starts_with("@@ -"))
      continue;
    if (!InDiff)
      Intro.push_back(Line);
    else if (Line.starts_with("+") || Line.starts_with("-"))
      Changed.push_back(Line);
  }
  std::vector<std::pair<std::string, const Section *>> Found;
  for (const Section &S : Sections)
    for (const auto &[Place, P] : S.keywords) {
      // Free spacing (/x) covers the prefix too; alternatives at the top level of a K: pattern are not bound to it.
      auto Before = Regex::compile(P.text, true), Inside = Regex::compile("^[+-].*" + P.text, true);
      bool Hit = Before && std::any_of(Intro.begin(), Intro.end(), [&](llvm::StringRef L) { return Before->matches(L); });
      Hit = Hit || (Inside && std::any_of(Changed.begin(), Changed.end(), [&](llvm::StringRef L) { return Inside->matches(L); }));
      if (Hit)
        Found.emplace_back(std::to_string(Place), &S);
    }
  std::sort(Found.begin(), Found.end(), [](const auto &A, const auto &B) { return A.first < B.first; });
  std::vector<const Section *> Out;
  for (const auto &[Key, S] : Found)
    Out.push_back(S);
  return Out;
}

std::vector<Recipient> Maintainers::recipientsOf(llvm::StringRef Mail) const {
  Collector All;
  auto Add = [&](const Section &S) {
    for (const Line &L : S.lines) {
      if (L.type == 'L')
        All.list(L.value, S.title);
      else if (L.type == 'M' || L.type == 'R')
        for (const Address &A : parseAddressList(L.value))
          All.person(A, L.type == 'M' ? Role::Maintainer : Role::Reviewer, S.title);
    }
  };
  for (const std::string &File : filesIn(Mail))
    for (const Section *S : sectionsFor(File))
      Add(*S);
  for (const Section *S : sectionsByKeyword(Mail))
    Add(*S);
  return All.finish(Map);
}

std::vector<SectionMatch> Maintainers::sectionsOf(const std::string &File) const {
  std::vector<SectionMatch> Out;
  for (const Section *S : sectionsFor(File)) {
    SectionMatch M;
    M.title = S->title;
    M.depth = *depthIn(*S, File);
    for (const Line &L : S->lines) {
      if (L.type == 'S')
        M.status = L.value;
      else if (L.type == 'T')
        M.trees.push_back(L.value);
      else if (L.type == 'M')
        M.has_maintainer = true;
    }
    Out.push_back(std::move(M));
  }
  return Out;
}

std::string Maintainers::groupOf(const std::string &File) const {
  auto IsWordOf = [](llvm::StringRef Title, llvm::StringRef Name) {
    while (!Title.empty()) {
      llvm::StringRef Word = Title.take_while([](char C) { return llvm::isAlnum(C) || C == '_'; });
      if (!Word.empty() && Word.equals_insensitive(Name))
        return true;
      Title = Title.drop_front(std::max<size_t>(Word.size(), 1));
    }
    return false;
  };
  const llvm::StringRef Base = llvm::StringRef(File).substr(llvm::StringRef(File).rfind('/') + 1), Stem = Base.take_front(Base.rfind('.')); // npos + 1 is 0
  for (const Section *S : sectionsFor(File)) {
    if (IsWordOf(S->title, Stem))
      return Stem.str();
    for (const Pattern &P : S->files) {
      const llvm::StringRef Last = llvm::StringRef(P.text).substr(llvm::StringRef(P.text).rfind('/') + 1);
      const size_t Star = Last.find(".*");
      if (P.kind == 'F' && Star != llvm::StringRef::npos && covers(P, File) && Base.starts_with(Last.take_front(Star)) && IsWordOf(S->title, Last.take_front(Star)))
        return Last.take_front(Star).str();
    }
  }
  return {};
}

} // namespace krcu::series
