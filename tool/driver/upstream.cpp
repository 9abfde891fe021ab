// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/driver/upstream.h"

#include "tool/index/outline.h"
#include "llvm/ADT/STLExtras.h"

namespace krcu {
namespace {

/// The text between the parentheses behind `At`; empty if they do not close.
llvm::StringRef argumentsAt(llvm::StringRef Text, size_t At) {
  size_t Begin = Text.find('(', At), Depth = 0;
  for (size_t I = Begin; I < Text.size(); ++I) {
    Depth += Text[I] == '(';
    if (Text[I] == ')' && --Depth == 0)
      return Text.slice(Begin + 1, I);
  }
  return {};
}

bool namesWord(llvm::StringRef Text, llvm::StringRef Word) {
  return !Word.empty() && !findTokens(Text.str(), Word.str()).empty();
}

} // namespace

std::string doneUpstream(const Tree &Upstream, const SiteReport &R) {
  const std::string Tree = "Linux " + Upstream.version();
  auto Text = Upstream.read(R.census.where.file);
  if (!Text)
    return "the file is not in " + Tree;
  const std::string Callback = plainName(R.callback.function);
  for (const OutlineToken &T : findTokens(*Text, R.census.deferral)) {
    llvm::StringRef Arguments = argumentsAt(*Text, T.offset);
    if (namesWord(Arguments, Callback) || (R.site && !R.site->callback_text.empty() && Arguments.rtrim().ends_with(R.site->callback_text)))
      return {};
  }
  Outline O = outlineOf(*Text);
  const OutlineFunction *F = O.function(R.census.function);
  const std::string Primitive = R.replacement.substr(0, R.replacement.find('('));
  if (F && namesWord(llvm::StringRef(*Text).slice(F->body_begin, F->body_end), Primitive))
    return Tree + " has " + Primitive + "() there already";
  return Tree + " no longer queues " + Callback + "() there";
}

bool mayWaitUpstream(const Tree &Upstream, const Rules &R, const std::string &File, const std::string &Function) {
  auto Text = Upstream.read(File);
  if (!Text)
    return true;
  const Outline O = outlineOf(*Text);
  const OutlineFunction *F = O.function(Function);
  return !F || llvm::any_of(F->identifiers, [&](const std::string &Word) { return R.barrier(Word) != nullptr; });
}

} // namespace krcu
