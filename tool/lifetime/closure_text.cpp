// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/lifetime/closure_text.h"
#include "tool/index/torn.h"
#include "tool/lifetime/words.h"

using llvm::StringRef;

namespace krcu {

ClosureText::ClosureText(StringRef Text) : torn(endsInside(Text)), assembly(assemblyIn(Text)) {
  for (InlineAssembly &A : assembly)
    A.text = {};
  constexpr StringRef Include = "#include";
  for (size_t At = Text.find(Include); At != StringRef::npos; At = Text.find(Include, At + 1)) {
    StringRef Line = Text.substr(At + Include.size()).take_until([](char C) { return C == '\n'; }).ltrim();
    if (Line.consume_front("\""))
      quoted.push_back(Line.take_until([](char C) { return C == '"'; }).str());
  }
  size_t Counted = 0;
  unsigned Line = 1;
  for (size_t At = Text.find("##"); At != StringRef::npos; At = Text.find("##", At + 2)) {
    Line += static_cast<unsigned>(Text.slice(Counted, At).count('\n'));
    Counted = At;
    StringRef Directive = directiveAround(Text, At), Macro = macroDefinedBy(Directive);
    if (!Macro.empty())
      pastes.push_back({Macro.str(), Directive.str(), static_cast<size_t>(Directive.data() - Text.data()), Line});
  }
}

} // namespace krcu
