// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/lifetime/closure_text.h"
#include "tool/index/torn.h"
#include "tool/lifetime/words.h"

using llvm::StringRef;

namespace krcu {

std::vector<PasteInText> pastesIn(StringRef Text) {
  std::vector<PasteInText> Result;
  size_t Counted = 0;
  unsigned Line = 1;
  for (size_t At = Text.find('#'); At != StringRef::npos; At = Text.find('#', At + 1)) { // a search for one byte is much the faster
    if (!Text.substr(At).starts_with("##"))
      continue;
    Line += static_cast<unsigned>(Text.slice(Counted, At).count('\n'));
    Counted = At;
    StringRef Directive = directiveAround(Text, At);
    const size_t Begin = static_cast<size_t>(Directive.data() - Text.data());
    if (!macroDefinedBy(Directive).empty())
      Result.push_back({!Result.empty() && Result.back().begin == Begin ? Result.back().macro : readMacro(Directive), Begin, Line});
    ++At;
  }
  return Result;
}

ClosureText::ClosureText(StringRef Text) : torn(endsInside(Text)), assembly(assemblyIn(Text)), pastes(pastesIn(Text)) {
  for (InlineAssembly &A : assembly)
    A.text = {};
  forEachInclude(Text, [&](StringRef Name, bool Quoted) {
    if (Quoted)
      quoted.push_back(Name.str());
  });
}

} // namespace krcu
