// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every conversion that krcu makes of a real tree, and what it becomes when it is spoiled by program in one of these ways: what is freed, how often, when, where it comes from, what is used behind it. The conversions must be OK, the mutants
// must not. Counts are printed for each kind. Needs KRCU_TREE_612 or KRCU_TREE_73; a sample, unless KRCU_LONG_TESTS is set.
#include "tool/driver/patch.h"
#include "tool/review/judge/review.h"
#include "tool/rewrite/rewrite.h"
#include "tool/support/error.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
#include "gtest/gtest.h"
#include <cstdlib>
#include <functional>
#include <optional>

using namespace krcu;
using llvm::StringRef;
using review::PatchVerdict;

namespace {

/// One call of kfree_rcu() that a conversion has made, as a line of the new text.
struct Site {
  size_t begin = 0, end = 0; ///< of the line, with its newline
  std::string indent, call, object, member;
  std::string line() const { return call + "(" + object + ", " + member + ");"; }
};

std::vector<Site> sitesOf(const std::string &Old, const std::string &New) {
  std::vector<Site> Result;
  for (size_t At = 0; At < New.size();) {
    size_t End = std::min(New.find('\n', At), New.size() - 1) + 1;
    StringRef Line = StringRef(New).slice(At, End);
    StringRef Text = Line.trim();
    Site S;
    S.begin = At, S.end = End;
    At = End;
    StringRef Name = Text.split('(').first;
    if ((Name != "kfree_rcu" && Name != "kvfree_rcu") || !Text.ends_with(");") || Old.find(Line.str()) != std::string::npos)
      continue;
    auto [Object, Member] = Text.drop_front(Name.size() + 1).drop_back(2).rsplit(',');
    S.indent = Line.take_front(Line.find_first_not_of(" \t")).str();
    S.call = Name.str();
    S.object = Object.trim().str();
    S.member = Member.trim().str();
    if (!S.member.empty() && !S.object.empty())
      Result.push_back(std::move(S));
  }
  return Result;
}

bool isName(StringRef Text) { return llvm::all_of(Text, [](char C) { return llvm::isAlnum(C) || C == '_'; }); }

struct Mutant {
  std::string before, after; ///< texts of the file; `before` may differ from the tree's, then a patch of its own makes it so first
};

struct Kind {
  const char *name;
  std::function<std::optional<Mutant>(const std::string &Old, const std::string &New, const Site &S)> make;
};

/// The new text with other lines in the place of the call.
Mutant with(const std::string &Old, const std::string &New, const Site &S, std::vector<std::string> Lines, bool Block = false) {
  std::string Text;
  if (Block)
    Text += S.indent + "{\n";
  for (const std::string &L : Lines)
    Text += S.indent + (Block ? "\t" : "") + L + "\n";
  if (Block)
    Text += S.indent + "}\n";
  return {Old, New.substr(0, S.begin) + Text + New.substr(S.end)};
}

/// Begins with `static void` or `void`: may be left with a bare return.
bool inVoidFunction(const std::string &New, const Site &S) {
  size_t Open = New.rfind("\n{\n", S.begin);
  if (Open == std::string::npos)
    return false;
  StringRef Head = StringRef(New).take_front(Open);
  size_t Blank = Head.rfind("\n\n");
  Head = Head.drop_front(Blank == StringRef::npos ? 0 : Blank);
  size_t Void = Head.find("void "), Paren = Head.find('(');
  return Void != StringRef::npos && Paren != StringRef::npos && Void < Paren && !Head.take_front(Paren).contains('*');
}

template <class F> auto lines(F Make, bool Block = true) {
  return [=](const std::string &Old, const std::string &New, const Site &S) -> std::optional<Mutant> { return with(Old, New, S, Make(S), Block); };
}
template <class F> auto ofName(F Make) {
  return [=](const std::string &Old, const std::string &New, const Site &S) -> std::optional<Mutant> {
    return isName(S.object) ? std::optional<Mutant>(with(Old, New, S, Make(S), true)) : std::nullopt;
  };
}
using Lines = std::vector<std::string>;

std::string test(const Site &S) { return "(" + S.object + ")->" + S.member + ".next"; }

/// The nearest call above that takes something out of a list.
std::optional<std::pair<size_t, size_t>> unlinkAbove(const std::string &New, const Site &S) {
  size_t At = S.begin;
  for (int Back = 0; Back < 8 && At > 1; ++Back) {
    size_t Begin = New.rfind('\n', At - 2) + 1;
    StringRef Line = StringRef(New).slice(Begin, At).trim();
    if (Line == "}" || Line == "{" || Line.empty())
      return std::nullopt;
    if ((Line.starts_with("list_del_rcu(") || Line.starts_with("hlist_del_rcu(") || Line.starts_with("hlist_del_init_rcu(") || Line.starts_with("list_del(")) && Line.ends_with(");") && Line.contains(S.object))
      return std::make_pair(Begin, At);
    At = Begin;
  }
  return std::nullopt;
}

const std::vector<Kind> &kinds() {
  static const std::vector<Kind> All = {
      {"freed twice", lines([](const Site &S) { return Lines{S.line(), S.line()}; })},
      {"freed in a loop", lines([](const Site &S) { return Lines{"int krcu_turn;", "", "for (krcu_turn = 0; krcu_turn < 2; krcu_turn++)", "\t" + S.line()}; })},
      {"and at once, behind", lines([](const Site &S) { return Lines{S.line(), "kfree(" + S.object + ");"}; })},
      {"and at once, in front", lines([](const Site &S) { return Lines{"kfree(" + S.object + ");", S.line()}; })},
      {"at once", lines([](const Site &S) { return Lines{"kfree(" + S.object + ");"}; }, false)},
      {"at once in one branch", lines([](const Site &S) { return Lines{"if (" + test(S) + ")", "\t" + S.line(), "else", "\tkfree(" + S.object + ");"}; })},
      {"not freed", lines([](const Site &) { return Lines{";"}; }, false)},
      {"under a condition", lines([](const Site &S) { return Lines{"if (" + test(S) + ")", "\t" + S.line()}; })},
      {"under a condition of &&", lines([](const Site &S) { return Lines{"if (" + S.object + " && " + test(S) + ")", "\t" + S.line()}; })},
      {"under a condition of ?:", lines([](const Site &S) { return Lines{S.call + "(" + test(S) + " ? " + S.object + " : NULL, " + S.member + ");"}; })},
      {"in one case of a switch", lines([](const Site &S) { return Lines{"switch (!!" + test(S) + ") {", "case 0:", "\t" + S.line(), "\tbreak;", "}"}; })},
      {"jumped over", [](const std::string &Old, const std::string &New, const Site &S) -> std::optional<Mutant> {
         if (New.find("krcu_over") != std::string::npos)
           return std::nullopt;
         return with(Old, New, S, {"if (" + test(S) + ")", "\tgoto krcu_over;", S.line(), "krcu_over: ;"}, true);
       }},
      {"early return", [](const std::string &Old, const std::string &New, const Site &S) -> std::optional<Mutant> {
         if (!inVoidFunction(New, S))
           return std::nullopt;
         return with(Old, New, S, {"if (" + test(S) + ")", "\treturn;", S.line()}, true);
       }},
      {"written behind", lines([](const Site &S) { return Lines{S.line(), test(S) + " = NULL;"}; })},
      {"read behind", lines([](const Site &S) { return Lines{"void *krcu_read;", "", S.line(), "krcu_read = " + test(S) + ";", "(void)krcu_read;"}; })},
      {"passed on behind", lines([](const Site &S) { return Lines{S.line(), "init_rcu_head(&(" + S.object + ")->" + S.member + ");", "kobject_put((void *)" + S.object + ");"}; })},
      {"another pointer", lines([](const Site &S) { return Lines{"typeof(" + S.object + ") krcu_other = (void *)" + test(S) + ";", "", S.call + "(krcu_other, " + S.member + ");"}; })},
      {"set in between", ofName([](const Site &S) { return Lines{S.object + " = (void *)" + test(S) + ";", S.line()}; })},
      {"NULL in between", ofName([](const Site &S) { return Lines{S.object + " = NULL;", S.line()}; })},
      {"the next element", lines([](const Site &S) { return Lines{S.call + "((" + S.object + ") + 1, " + S.member + ");"}; })},
      {"an element of an array", lines([](const Site &S) { return Lines{S.call + "(&(" + S.object + ")[1], " + S.member + ");"}; })},
      {"the middle of the object", lines([](const Site &S) { return Lines{"typeof(" + S.object + ") krcu_middle = (void *)((char *)(" + S.object + ") + 8);", "", S.call + "(krcu_middle, " + S.member + ");"}; })},
      {"another distance", lines([](const Site &S) { return Lines{"struct krcu_outer { char pad[4000]; struct rcu_head head; } *krcu_outer;", "", "krcu_outer = container_of(&(" + S.object + ")->" + S.member + ", struct krcu_outer, head);", S.call + "(krcu_outer, head);"}; })},
      {"another head", lines([](const Site &S) { return Lines{"struct krcu_pair { struct rcu_head one[400]; } *krcu_pair = (void *)" + S.object + ";", "", S.call + "(krcu_pair, one[399]);"}; })},
      {"on the stack, too", lines([](const Site &S) { return Lines{"typeof(*(" + S.object + ")) krcu_spare;", "", S.line(), S.call + "(&krcu_spare, " + S.member + ");"}; })},
      {"a variable, too", lines([](const Site &S) { return Lines{"static typeof(*(" + S.object + ")) krcu_spare;", "", S.line(), S.call + "(&krcu_spare, " + S.member + ");"}; })},
      {"sleeps in a read-side section", lines([](const Site &S) { return Lines{"rcu_read_lock();", "kfree_rcu_mightsleep(" + S.object + ");", "rcu_read_unlock();"}; })},
      {"waits for readers with BH off", lines([](const Site &S) { return Lines{"local_bh_disable();", "synchronize_rcu();", "local_bh_enable();", S.line()}; })},
      {"left under an #if", lines([](const Site &S) { return Lines{"#ifdef CONFIG_KRCU_OTHER", S.line(), "#endif"}; }, false)},
      {"at once under an #if", lines([](const Site &S) { return Lines{"#ifdef CONFIG_KRCU_OTHER", "kfree(" + S.object + ");", "#else", S.line(), "#endif"}; }, false)},
      {"zeroed behind", lines([](const Site &S) { return Lines{S.line(), "memset(&(" + S.object + ")->" + S.member + ", 0, sizeof((" + S.object + ")->" + S.member + "));"}; })},
      {"out of its condition", [](const std::string &Old, const std::string &New, const Site &S) -> std::optional<Mutant> {
         // Of "if (x)" and the call as its only statement the call goes first.
         size_t Above = S.begin < 2 ? 0 : New.rfind('\n', S.begin - 2) + 1;
         StringRef Line = StringRef(New).slice(Above, S.begin);
         if (!Line.trim().starts_with("if (") || !Line.trim().ends_with(")"))
           return std::nullopt;
         return Mutant{Old, New.substr(0, Above) + New.substr(S.begin, S.end - S.begin) + Line.rtrim('\n').str() + "\n" + S.indent + ";\n" + New.substr(S.end)};
       }},
      {"under another test", [](const std::string &Old, const std::string &New, const Site &S) -> std::optional<Mutant> {
         size_t Above = S.begin < 2 ? 0 : New.rfind('\n', S.begin - 2) + 1;
         StringRef Line = StringRef(New).slice(Above, S.begin);
         if (!Line.trim().starts_with("if (") || !Line.trim().ends_with(")"))
           return std::nullopt;
         return Mutant{Old, New.substr(0, Above) + Line.take_front(Line.find("if (")).str() + "if (!" + test(S) + ")\n" + New.substr(S.begin)};
       }},
      {"in front of its removal", [](const std::string &Old, const std::string &New, const Site &S) -> std::optional<Mutant> {
         auto U = unlinkAbove(New, S);
         if (!U)
           return std::nullopt;
         std::string Call = New.substr(S.begin, S.end - S.begin);
         return Mutant{Old, New.substr(0, U->first) + Call + New.substr(U->first, S.begin - U->first) + New.substr(S.end)};
       }},
      {"without its removal", [](const std::string &Old, const std::string &New, const Site &S) -> std::optional<Mutant> {
         auto U = unlinkAbove(New, S);
         return U ? std::optional<Mutant>(Mutant{Old, New.substr(0, U->first) + New.substr(U->second)}) : std::nullopt;
       }},
      {"beside its callback", [](const std::string &Old, const std::string &, const Site &S) -> std::optional<Mutant> {
         // The old text with the new call in front of the old one.
         size_t At = Old.find("call_rcu(&" + S.object + "->" + S.member + ",");
         if (At == std::string::npos)
           return std::nullopt;
         size_t Begin = Old.rfind('\n', At) + 1;
         size_t End = Old.find(";\n", At) + 2;
         std::string Line = Old.substr(Begin, End - Begin);
         if (StringRef(Line).trim().str().rfind("call_rcu", 0) != 0)
           return std::nullopt;
         return Mutant{Old, Old.substr(0, Begin) + S.indent + "{\n" + S.indent + "\t" + S.line() + "\n" + Line + S.indent + "}\n" + Old.substr(End)};
       }},
      {"the callback does more", [](const std::string &Old, const std::string &New, const Site &S) -> std::optional<Mutant> {
         // First a patch that lets the callback count, then the conversion.
         size_t At = Old.find("call_rcu(&" + S.object + "->" + S.member + ",");
         if (At == std::string::npos)
           return std::nullopt;
         StringRef Callback = StringRef(Old).drop_front(At).split(')').first.rsplit(',').second.trim();
         size_t Definition = Old.find("void " + Callback.str() + "(struct rcu_head");
         size_t Body = Definition == std::string::npos ? Definition : Old.find("\n{\n", Definition), End = Body == std::string::npos ? Body : Old.find("\n}\n", Body);
         if (End == std::string::npos || New.find("void " + Callback.str() + "(") != std::string::npos)
           return std::nullopt;
         size_t Line = Old.rfind('\n', Definition) + 1;
         std::string Counting = Old.substr(0, Line) + "static int krcu_count;\n" + Old.substr(Line, End + 1 - Line) + "\tkrcu_count++;\n" + Old.substr(End + 1);
         return Mutant{Counting, New};
       }},
  };
  return All;
}

class Mutants : public testing::TestWithParam<const char *> {
protected:
  review::PatchReview review(Scan &S, const std::string &File, const std::string &OnDisk, const Mutant &M) {
    std::vector<std::pair<std::string, std::string>> Steps;
    if (M.before != OnDisk)
      Steps.push_back({OnDisk, M.before});
    Steps.push_back({M.before, M.after});
    Patches.clear();
    for (const auto &Step : Steps) {
      auto Diff = unifiedDiff({{File, Step}});
      EXPECT_TRUE(bool(Diff));
      review::ReviewPatch P;
      P.subject = File;
      P.body = *Diff;
      P.diff = review::parseDiff(*Diff);
      Patches.push_back(std::move(P));
    }
    return llvm::cantFail(reviewPatches(S, Patches)).patches.back();
  }
  std::vector<review::ReviewPatch> Patches;
};

TEST_P(Mutants, GoodOnesPassAndBadOnesAreCaught) {
  const char *Tree = std::getenv(GetParam());
  if (!Tree || !*Tree)
    GTEST_SKIP() << GetParam() << " is not set";
  const bool All = std::getenv("KRCU_LONG_TESTS") != nullptr;
  ScanOptions O;
  O.tree = Tree;
  O.builtin_rules = std::string(KRCU_SOURCE_DIR) + "/rules";
  O.jobs = 2;
  O.leftovers = true;
  auto S = Scan::run(O);
  ASSERT_TRUE(bool(S)) << message(S.takeError());
  std::vector<SiteReport> Sites = (*S)->sites();
  auto Made = makePatch(**S, Sites, O.jobs);
  ASSERT_TRUE(bool(Made));
  ASSERT_GT(Made->files.size(), 5u);
  unsigned Good = 0, GoodOk = 0, Open = 0, Turn = 0;
  struct Count {
    unsigned made = 0, broken = 0, wait = 0, cannot_tell = 0, missed = 0, compiler = 0;
  };
  std::map<std::string, Count> Counts;
  for (const auto &[File, Texts] : Made->files) {
    const auto &[Old, New] = Texts;
    bool Sampled = All || Turn % 24 == 0;
    ++Turn;
    if (!StringRef(File).ends_with(".c") || !Sampled)
      continue;
    review::PatchReview Unspoiled = review(**S, File, Old, {Old, New});
    ++Good;
    GoodOk += Unspoiled.verdict == PatchVerdict::Ok;
    EXPECT_EQ(Unspoiled.verdict, PatchVerdict::Ok) << File << ": " << Unspoiled.reason;
    for (const review::FileReview &F : Unspoiled.files)
      for (const review::NotJudged &N : F.not_judged) {
        ++Open;
        std::printf("open: %s\n", review::describe(N).c_str());
      }
    std::vector<Site> Own = sitesOf(Old, New);
    if (Own.empty())
      continue;
    const Site &At = Own.front();
    for (const Kind &K : kinds()) {
      std::optional<Mutant> M = K.make(Old, New, At);
      if (!M)
        continue;
      Count &C = Counts[K.name];
      ++C.made;
      review::PatchReview Bad = review(**S, File, Old, *M);
      C.broken += Bad.verdict == PatchVerdict::Broken;
      C.compiler += StringRef(Bad.reason).contains("does not compile");
      C.wait += Bad.verdict == PatchVerdict::Wait;
      C.cannot_tell += Bad.verdict == PatchVerdict::CannotTell;
      C.missed += Bad.verdict == PatchVerdict::Ok || Bad.verdict == PatchVerdict::NotApplicable;
      if (Bad.verdict != PatchVerdict::Broken)
        std::printf("%s: %s, %s: %s\n", review::verdictTitle(Bad.verdict), File.c_str(), K.name, Bad.reason.c_str());
    }
  }
  unsigned Total = 0, Missed = 0;
  std::printf("%-32s %6s %6s %6s %6s %6s %9s\n", "kind", "made", "broken", "wait", "?", "missed", "compiler"); // compiler: of the broken ones, Clang says so, too
  for (const auto &[Name, C] : Counts) {
    std::printf("%-32s %6u %6u %6u %6u %6u %9u\n", Name.c_str(), C.made, C.broken, C.wait, C.cannot_tell, C.missed, C.compiler);
    Total += C.made, Missed += C.missed;
  }
  std::printf("%u conversions, %u OK, %u stretches not judged; %u mutants of %zu kinds, %u missed\n", Good, GoodOk, Open, Total, Counts.size(), Missed);
  EXPECT_EQ(GoodOk, Good);
  EXPECT_GE(Counts.size(), 25u);
  EXPECT_LE(Missed * 50, Total);
}

INSTANTIATE_TEST_SUITE_P(Trees, Mutants, testing::Values("KRCU_TREE_612", "KRCU_TREE_73"), [](const auto &Info) { return std::string(Info.param).substr(10); });

} // namespace
