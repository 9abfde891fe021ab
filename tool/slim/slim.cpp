// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From text to change, in this order: the members that some kfree_rcu() names; every place where such a name stands in a file that can see the
// member; parses until each of these places is explained; what else there is that no text shows (absence.h, layouts.h); the edits; and the
// new text parsed again, which also gives the new sizes.
#include "tool/slim/slim.h"

#include "tool/lifetime/variant_choices.h"
#include "tool/slim/absence.h"
#include "tool/slim/evidence.h"
#include "tool/slim/gone.h"
#include "tool/slim/layouts.h"
#include "tool/slim/sizes.h"
#include "tool/slim/verify.h"
#include "tool/support/error.h"
#include "tool/support/parallel.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu::slim {
namespace {

struct Candidate {
  HeadDecl decl;
  const SlimHead *to = nullptr;
  std::map<uint32_t, const std::vector<Mention> *> mentions; ///< by file of the index
  std::string why;                                          ///< empty: nothing speaks against it yet
  bool freed = false;                                       ///< a parse showed that kfree_rcu() frees by it, or krcu converts a call
  std::set<Location> converted;
  Place member() const { return {decl.where.file, decl.name_begin}; }
};

class Slimmer {
public:
  Slimmer(Scan &S, std::vector<SiteReport> &Sites, Rows R, const SlimChoice &Choice) : S(S), Sites(Sites), R(std::move(R)), Choice(Choice), Seen(S, this->R), DB(S.database()) {}

  llvm::Expected<SlimResult> run();

private:
  llvm::Error findHeads();
  void findGone();
  void findMentions();
  void parseFrees();
  void parseOthers();
  void askUsersOf(std::set<std::string> Macros, Evidences::Wanted &Files);
  void parseHidden();
  void objectByText();
  void objectByRest();
  void judge(Candidate &C);
  std::string judgeUses(Candidate &C);
  std::string judgeMention(Candidate &C, const std::string &File, const Mention &M);
  const GoneText *goneAt(const Candidate &C, const std::string &File, uint32_t Offset) const { return C.decl.why.empty() ? Gone.at(File, Offset) : nullptr; }
  bool open(const Candidate &C, const std::string &File, const Mention &M) const;
  bool isOfAnother(const Candidate &C, const Mention &M) const;
  bool isVariable(const Mention &M) const { return !M.argument_of.empty() && Functions.count(M.argument_of); }
  /// Whether the text alone shows that the place is no matter of the candidate's.
  bool isElse(const Candidate &C, const Mention &M) const { return isVariable(M) || isOfAnother(C, M); }
  void findMacroTags();
  std::vector<char> areMacros(const std::vector<std::string> &Names) const;
  const std::string &path(uint32_t File) const { return S.index().files()[File].path; }
  std::vector<Candidate *> live();

  Scan &S;
  std::vector<SiteReport> &Sites;
  Rows R;
  const SlimChoice &Choice;
  Evidences Seen;
  Database &DB;
  GoneTexts Gone;
  std::set<std::string> Frees, Names;
  std::vector<Candidate> Candidates;
  std::map<uint32_t, std::map<std::string, std::vector<Mention>>> Mentions;
  unsigned Declarations = 0;
  std::set<std::string> MacroTags; ///< tags that a macro may make another one
  std::set<std::string> Functions; ///< what has one of the names alone as an argument and is no macro anywhere in the tree
};

std::string at(const Location &L) { return L.file + ":" + std::to_string(L.line); }

/// "kfree_rcu(p, u.rcu)" -> "rcu".
std::string memberOf(StringRef Call) {
  StringRef Last = Call.rsplit(')').first.rsplit(',').second.trim();
  return Last.substr(Last.rfind('.') + 1).str(); // npos + 1 is 0
}

/// Whether the tree defines a record of that tag.
bool definesRecord(const Index &I, const std::string &Tag) {
  for (uint32_t File : I.mentioning(Tag)) {
    auto Text = I.text(File);
    if (!Text)
      continue;
    LexedText Lexed(*Text);
    const std::vector<LexToken> &T = Lexed.tokens();
    for (size_t N = 0; N + 2 < T.size(); ++N)
      if (T[N].text == "struct" && T[N + 1].text == Tag && T[N + 2].is(clang::tok::l_brace))
        return true;
  }
  return false;
}

llvm::Error Slimmer::findHeads() {
  std::vector<const SlimHead *> Here;
  std::string Wanted;
  for (const SlimHead &H : R.heads) {
    Wanted += (Wanted.empty() ? "struct " : ", struct ") + H.name;
    if (definesRecord(S.index(), H.name))
      Here.push_back(&H);
  }
  if (Here.empty())
    return fail("--slim-heads: Linux " + S.tree().version() + " has no " + Wanted + ", so there is no smaller head to use");
  Frees.insert(S.rules().replacements.begin(), S.rules().replacements.end());
  std::set<uint32_t> Freeing, Declaring;
  for (const std::string &Free : Frees)
    for (uint32_t File : DB.mentioning(Free))
      Freeing.insert(File);
  std::set<std::string> Tags;
  for (const SlimHead *H : Here)
    Tags.insert(H->instead_of.begin(), H->instead_of.end());
  for (const std::string &Tag : Tags)
    for (uint32_t File : DB.mentioning(Tag))
      Declaring.insert(File);
  std::vector<uint32_t> List(Freeing.begin(), Freeing.end());
  std::vector<std::set<std::string>> Named(List.size());
  parallelFor(S.options().jobs, List.size(), [&](size_t N, unsigned) {
    if (auto Text = S.index().text(List[N]))
      Named[N] = freedMembersIn(LexedText(*Text), Frees);
  });
  for (const std::set<std::string> &One : Named)
    Names.insert(One.begin(), One.end());
  for (const SiteReport &Site : Sites)
    if (Site.cls == SiteClass::Convert) // "kfree_rcu(p, u.rcu)"
      Names.insert(memberOf(Site.replacement));
  std::vector<uint32_t> Files(Declaring.begin(), Declaring.end());
  std::vector<std::vector<HeadDecl>> Decls(Files.size());
  parallelFor(S.options().jobs, Files.size(), [&](size_t N, unsigned) {
    if (auto Text = S.tree().isSubject(path(Files[N])) && S.wantsPath(path(Files[N])) ? S.index().text(Files[N]) : nullptr)
      Decls[N] = headsIn(path(Files[N]), LexedText(*Text), Tags);
  });
  std::set<std::string> Declared;
  for (std::vector<HeadDecl> &One : Decls)
    for (HeadDecl &D : One) {
      ++Declarations;
      if (!Names.count(D.member))
        continue;
      Candidate C;
      C.to = *llvm::find_if(Here, [&](const SlimHead *H) { return H->instead_of.count(D.type) != 0; });
      Declared.insert(D.member);
      C.decl = std::move(D);
      Candidates.push_back(std::move(C));
    }
  Names = std::move(Declared);
  return llvm::Error::success();
}

void Slimmer::findMentions() {
  std::map<std::string, std::vector<uint32_t>> Saying;
  std::set<uint32_t> All;
  for (const std::string &Name : Names) {
    const std::vector<uint32_t> &Files = DB.mentioning(Name);
    Saying[Name] = Files;
    All.insert(Files.begin(), Files.end());
  }
  std::vector<uint32_t> List(All.begin(), All.end());
  std::vector<std::map<std::string, std::vector<Mention>>> Found(List.size());
  const CallWords Words{Frees, R.members, R.annotations};
  parallelFor(S.options().jobs, List.size(), [&](size_t N, unsigned) {
    if (auto Text = S.index().text(List[N]))
      Found[N] = mentionsIn(LexedText(*Text), Names, Words);
  });
  for (size_t N = 0; N < List.size(); ++N)
    if (!Found[N].empty())
      Mentions[List[N]] = std::move(Found[N]);
  for (Candidate &C : Candidates) {
    const std::string &Home = C.decl.where.file;
    std::vector<uint32_t> Visible = DB.transitiveIncludersOf(Home);
    if (int Id = S.index().find(Home); Id >= 0)
      Visible.insert(std::lower_bound(Visible.begin(), Visible.end(), static_cast<uint32_t>(Id)), static_cast<uint32_t>(Id));
    const std::string Around = StringRef(Home).starts_with("include/") ? "" : surroundingsOf(Home);
    for (uint32_t File : Saying[C.decl.member]) {
      auto It = Mentions.find(File);
      auto Here = It == Mentions.end() ? nullptr : &It->second;
      auto Of = Here ? Here->find(C.decl.member) : decltype(Here->end())();
      if (!Here || Of == Here->end())
        continue;
      bool Sees = std::binary_search(Visible.begin(), Visible.end(), File);
      // A fragment uses what stands before it, without an include of its own.
      if (!Sees && !Around.empty() && StringRef(path(File)).starts_with(Around) && !StringRef(path(File)).ends_with(".c"))
        Sees = llvm::any_of(DB.transitiveIncludersOf(path(File)), [&](uint32_t I) { return std::binary_search(Visible.begin(), Visible.end(), I); });
      if (Sees)
        C.mentions[File] = &Of->second;
    }
  }
  // What no kfree_rcu() can mean is nobody's business here.
  llvm::erase_if(Candidates, [&](const Candidate &C) {
    return llvm::none_of(C.mentions, [&](const auto &Each) {
      return llvm::any_of(*Each.second, [&](const Mention &M) { return M.kind == Mention::Freed || Gone.at(path(Each.first), M.offset); });
    });
  });
}

/// Whether the text says that the name is a member of another record. A tag may have another meaning where a macro has its name.
bool Slimmer::isOfAnother(const Candidate &C, const Mention &M) const {
  return !M.records.empty() && !C.decl.around.empty() &&
         llvm::none_of(M.records, [&](const std::string &Tag) { return C.decl.around.count(Tag) || MacroTags.count(Tag); });
}

/// Whether the place still waits for an explanation.
bool Slimmer::open(const Candidate &C, const std::string &File, const Mention &M) const {
  return M.kind != Mention::Freed && !isElse(C, M) && !goneAt(C, File, M.offset) && Seen.at({File, M.offset}).empty();
}

std::vector<char> Slimmer::areMacros(const std::vector<std::string> &Names) const {
  std::vector<char> Result(Names.size());
  parallelFor(S.options().jobs, Names.size(), [&](size_t N, unsigned) { Result[N] = !S.index().definingMacro(Names[N], nullptr).empty(); });
  return Result;
}

/// Which words of the places are macros: a tag that is one may be another record's, and the argument of what is none is an expression.
void Slimmer::findMacroTags() {
  std::set<std::string> Tags, Called;
  for (const Candidate *C : live())
    for (const auto &[File, List] : C->mentions)
      for (const Mention &M : *List) {
        if (isOfAnother(*C, M))
          Tags.insert(M.records.begin(), M.records.end());
        if (!M.argument_of.empty())
          Called.insert(M.argument_of);
      }
  Tags.erase(""); // of what is no member
  std::vector<std::string> List(Tags.begin(), Tags.end());
  std::vector<char> IsMacro = areMacros(List);
  for (size_t N = 0; N < List.size(); ++N)
    if (IsMacro[N])
      MacroTags.insert(List[N]);
  List.assign(Called.begin(), Called.end());
  IsMacro = areMacros(List);
  for (size_t N = 0; N < List.size(); ++N)
    if (!IsMacro[N] && !Frees.count(List[N]))
      Functions.insert(List[N]);
}

std::vector<Candidate *> Slimmer::live() {
  std::vector<Candidate *> Result;
  for (Candidate &C : Candidates)
    if (C.why.empty())
      Result.push_back(&C);
  return Result;
}

/// The files with a free, and those with a call that is converted: which member is it, and what is freed?
void Slimmer::parseFrees() {
  Evidences::Wanted Files;
  for (const Candidate &C : Candidates)
    for (const auto &[File, List] : C.mentions)
      for (const Mention &M : *List)
        if (M.kind == Mention::Freed || Gone.at(path(File), M.offset))
          Files[path(File)].words.insert(C.decl.member);
  Seen.parse(Files, Names);
  for (Candidate &C : Candidates) {
    for (const Use &U : Seen.of(C.member()))
      C.freed = C.freed || U.freed || Gone.at(U.token.first, U.token.second);
    if (const MemberInfo *I = Seen.member(C.member()); I && C.decl.why.empty())
      C.decl.why = I->why;
  }
  llvm::erase_if(Candidates, [](const Candidate &C) { return !C.freed; });
  for (Candidate &C : Candidates)
    C.why = C.decl.why.empty() ? judgeUses(C) : C.decl.why;
}

/// The sources that use one of these macros, also by other macros. A macro that half of the tree uses is left alone; what it names stays open.
void Slimmer::askUsersOf(std::set<std::string> Macros, Evidences::Wanted &Files) {
  constexpr size_t MaxUsers = 200; // files
  std::vector<std::string> Work(Macros.begin(), Macros.end());
  while (!Work.empty()) {
    std::string Macro = std::move(Work.back());
    Work.pop_back();
    const std::vector<uint32_t> &Users = DB.mentioning(Macro);
    if (Users.size() > MaxUsers)
      continue;
    for (uint32_t File : Users) {
      if (StringRef(path(File)).ends_with(".c"))
        Files[path(File)].words.insert(Macro);
      if (auto O = DB.outline(File))
        for (const OutlineMacro &M : O->macros)
          if (std::binary_search(M.identifiers.begin(), M.identifiers.end(), Macro) && Macros.insert(M.name).second)
            Work.push_back(M.name);
    }
  }
}

/// The other places where the name of a member stands that nothing speaks against so far.
void Slimmer::parseOthers() {
  Evidences::Wanted Files;
  std::set<std::string> Macros;
  for (const Candidate *C : live()) {
    for (const auto &[File, List] : C->mentions)
      for (const Mention &M : *List)
        if (open(*C, path(File), M)) {
          Files[path(File)].words.insert(C->decl.member);
          if (M.kind == Mention::Macro)
            Macros.insert(M.macro);
        }
  }
  askUsersOf(std::move(Macros), Files);
  Seen.parse(Files, Names);
  for (Candidate *C : live())
    C->why = judgeUses(*C);
}

/// Lines that an #if hides: other configurations are tried.
void Slimmer::parseHidden() {
  std::map<std::string, std::set<unsigned>> Lines;
  for (const Candidate *C : live())
    for (const auto &[File, List] : C->mentions)
      for (const Mention &M : *List)
        if (M.kind == Mention::Other && open(*C, path(File), M))
          Lines[path(File)].insert(M.line);
  Seen.parseHidden(Lines, Names);
  for (Candidate *C : live())
    C->why = judgeUses(*C);
}

/// The first thing that a parse has shown and that is no free.
std::string Slimmer::judgeUses(Candidate &C) {
  for (const Use &U : Seen.of(C.member()))
    if (!U.freed && !Gone.at(U.token.first, U.token.second))
      return at(U.where) + (U.function.empty() ? "" : " " + U.function + "()") + ": " + U.how;
  for (const WholeUse &U : Seen.wholeOf(C.member()))
    if (!U.allowed)
      return at(U.where) + ": " + U.how;
  return {};
}

std::string Slimmer::judgeMention(Candidate &C, const std::string &File, const Mention &M) {
  if (const GoneText *G = goneAt(C, File, M.offset)) {
    for (const Use &U : Seen.at({File, M.offset}))
      if (U.member == C.member())
        C.converted.insert(G->sites.begin(), G->sites.end());
    return {};
  }
  if (!Seen.at({File, M.offset}).empty() || M.kind == Mention::Freed || isElse(C, M))
    return {}; // judgeUses() has looked at it
  const std::string Place = File + ":" + std::to_string(M.line);
  if (M.kind == Mention::Macro)
    return Seen.isUsed(DB, M.macro) ? Place + ": the macro " + M.macro + "() names a " + C.decl.member + ", and no parse showed which" : "";
  if (std::string Problem = Seen.problem(File); !Problem.empty())
    return File + " could not be parsed: " + Problem;
  return Place + " names a " + C.decl.member + ", and no parse showed which";
}

/// What a text has against a member whatever is done with it; it costs no parse.
void Slimmer::objectByText() {
  std::vector<Candidate *> Open = live();
  parallelFor(S.options().jobs, Open.size(), [&](size_t N, unsigned) {
    Candidate &C = *Open[N];
    if (C.decl.record.empty())
      C.why = "its record has no tag by which its users could be found";
    else if (StringRef(C.decl.where.file).contains("/uapi/"))
      C.why = "its record is part of the interface to user space";
    else
      C.why = layoutObjection(DB, R, C.decl.record);
    const MemberInfo *I = Seen.member(C.member());
    if (!C.why.empty() || !I || !I->first)
      return;
    if (Location Cast = castBeside(DB, C.to->instead_of, C.decl.record); Cast.valid())
      C.why = at(Cast) + " casts something to a head, in a file that names the record, which begins with one";
  });
}

/// What was not searched, and what is no part of the kernel.
void Slimmer::objectByRest() {
  for (Candidate *C : live()) {
    std::set<std::string> Sources;
    for (const auto &[File, List] : C->mentions)
      if (StringRef(path(File)).ends_with(".c"))
        Sources.insert(path(File));
    C->why = whyNotAbsent(DB, C->decl, Sources);
  }
  std::set<std::string> Words = Names;
  for (const Candidate *C : live())
    Words.insert(C->decl.record);
  OutsideTexts Outside(S.tree(), S.index(), Words);
  for (Candidate *C : live())
    C->why = Outside.speaksOf(C->decl);
}

/// Whether each place has its explanation.
void Slimmer::judge(Candidate &C) {
  for (const auto &[File, List] : C.mentions) {
    const std::string &Path = path(File);
    for (const Mention &M : *List)
      if (C.why.empty())
        C.why = judgeMention(C, Path, M);
    // A file that says the name for other records only is no matter of this one, whether it parses or not.
    const bool Concerned = llvm::any_of(*List, [&](const Mention &M) { return !isElse(C, M); });
    if (std::string Problem = Seen.problem(Path); C.why.empty() && Concerned && !Problem.empty())
      C.why = Path + " could not be relied on: " + Problem;
  }
}

llvm::Expected<SlimResult> Slimmer::run() {
  if (llvm::Error E = findHeads())
    return E;
  auto Timed = [&](const char *Phase, auto Do) {
    Timing::Phase P(S.timing(), Phase);
    Do();
  };
  Timed("heads: places", [&] { Gone.find(S, Sites), findMentions(); });
  Timed("heads: parse what is freed", [&] { parseFrees(); });
  Timed("heads: other texts", [&] { objectByText(), findMacroTags(); });
  Timed("heads: parse other places", [&] { parseOthers(); });
  Timed("heads: what was not searched", [&] { objectByRest(); });
  Timed("heads: other configurations", [&] { parseHidden(); });
  SlimResult Result;
  std::vector<SlimMember> Members;
  for (Candidate &C : Candidates) {
    if (C.why.empty())
      judge(C);
    if (!C.why.empty()) {
      Result.refused.push_back({C.decl, C.why});
      continue;
    }
    SlimMember M;
    M.decl = C.decl, M.new_type = C.to->name, M.option = C.to->option, M.converted = C.converted;
    for (const Use &U : Seen.of(C.member())) {
      if (U.freed)
        M.freed_by.insert(U.by);
      if (U.freed && !U.offset && !llvm::is_contained(M.frees, U.where))
        M.frees.push_back(U.where);
    }
    for (const WholeUse &U : Seen.wholeOf(C.member()))
      M.copies.push_back(U);
    for (const auto &[File, List] : C.mentions)
      M.looked_at.insert(path(File));
    std::sort(M.frees.begin(), M.frees.end());
    if (std::string Why = Choice.leave_out ? Choice.leave_out(M) : ""; !Why.empty())
      Result.left_out.push_back({C.decl, Why});
    else
      Members.push_back(std::move(M));
  }
  Result.declared = Declarations;
  Result.asked = static_cast<unsigned>(Candidates.size());
  Timing::Phase Phase(S.timing(), "heads: the new text");
  if (llvm::Error E = change(S, Sites, R, Seen, std::move(Members), Choice.only_gains, Result))
    return E;
  auto ByPlace = [](const auto &A, const auto &B) { return A.decl.where < B.decl.where; };
  std::sort(Result.members.begin(), Result.members.end(), ByPlace);
  std::sort(Result.refused.begin(), Result.refused.end(), ByPlace);
  std::sort(Result.left_out.begin(), Result.left_out.end(), ByPlace);
  return Result;
}

} // namespace

llvm::Expected<SlimResult> slimHeads(Scan &S, std::vector<SiteReport> &Sites, const SlimChoice &Choice) {
  if (!S.tree().mounted().empty())
    return fail("--slim-heads: is for a kernel tree, not for an external module, which other kernels compile, too");
  auto R = loadRows(S.options().builtin_rules);
  if (!R)
    return R.takeError();
  return Slimmer(S, Sites, std::move(*R), Choice).run();
}

} // namespace krcu::slim
