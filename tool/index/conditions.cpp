// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The stack of #if around a line, as text. A frame keeps the negations of the branches already passed, so
// that all strings of the answer hold together: in the #else of "#if A / #elif B" they are "!(A)" and "!(B)".
#include "tool/index/conditions.h"
#include "tool/index/outline.h"

#include "llvm/ADT/StringSwitch.h"

namespace krcu {
namespace {

/// Nesting beyond this is no kernel source; deeper levels are counted but not described, so that a hostile
/// file costs no memory.
constexpr size_t MaxNesting = 256;

enum class Step { Open, Next, Last, Close, None };

Step stepOf(llvm::StringRef Keyword) {
  return llvm::StringSwitch<Step>(Keyword)
      .Cases("if", "ifdef", "ifndef", Step::Open)
      .Cases("elif", "elifdef", "elifndef", Step::Next)
      .Case("else", Step::Last)
      .Case("endif", Step::Close)
      .Default(Step::None);
}

} // namespace

ConditionCursor::Condition conditionOf(const LexedText &L, const LexDirective &D) {
  std::string Text = foldedText(L.tokensOf(D));
  bool Defined = D.keyword == "ifdef" || D.keyword == "elifdef";
  bool NotDefined = D.keyword == "ifndef" || D.keyword == "elifndef";
  if (Defined)
    return {"defined(" + Text + ")", "!defined(" + Text + ")"};
  if (NotDefined)
    return {"!defined(" + Text + ")", "defined(" + Text + ")"};
  return {Text, "!(" + Text + ")"};
}

bool isIncludeGuard(const LexedText &L, size_t Directive) {
  const auto &All = L.directives();
  if (Directive != 0 || All.size() < 2 || All[0].keyword != "ifndef" || All[1].keyword != "define")
    return false;
  auto Tested = L.tokensOf(All[0]), Made = L.tokensOf(All[1]);
  return Tested.size() == 1 && !Made.empty() && Tested[0].text == Made[0].text;
}

void ConditionCursor::turn(Frame &F, Condition Now) {
  if (!F.current.text.empty() && F.passed.size() < MaxNesting)
    F.passed.push_back(std::move(F.current.negated));
  F.current = std::move(Now);
}

void ConditionCursor::pass(size_t Directive) {
  const LexDirective &D = L.directives()[Directive];
  Step S = stepOf(D.keyword);
  if (S == Step::Open && Stack.size() >= MaxNesting)
    ++TooDeep;
  else if (S == Step::Open)
    Stack.push_back({{}, isIncludeGuard(L, Directive) ? Condition{} : conditionOf(L, D)});
  else if (S == Step::Close && TooDeep)
    --TooDeep;
  else if (TooDeep || Stack.empty())
    return; // deeper than described, or a stray #else or #endif of a broken file
  else if (S == Step::Next)
    turn(Stack.back(), conditionOf(L, D));
  else if (S == Step::Last)
    turn(Stack.back(), {});
  else if (S == Step::Close)
    Stack.pop_back();
}

std::vector<std::string> ConditionCursor::at(unsigned Line) {
  for (; Next < L.directives().size() && L.directives()[Next].line < Line; ++Next)
    pass(Next);
  std::vector<std::string> Out;
  for (const Frame &F : Stack) {
    Out.insert(Out.end(), F.passed.begin(), F.passed.end());
    if (!F.current.text.empty())
      Out.push_back(F.current.text);
  }
  return Out;
}

std::vector<std::string> conditionsAround(llvm::StringRef Text, unsigned Line) {
  LexedText L(Text);
  return ConditionCursor(L).at(Line);
}

bool opensDeadBranch(const LexedText &L, const LexDirective &D) {
  std::string Text = foldedText(L.tokensOf(D));
  if (D.keyword == "ifdef" || D.keyword == "elifdef")
    return Text == "__cplusplus";
  return (D.keyword == "if" || D.keyword == "elif") &&
         (Text == "0" || Text == "defined(__cplusplus)" || Text == "defined __cplusplus");
}

} // namespace krcu
