// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/frontend/bodies.h"
#include <algorithm>

namespace krcu {

namespace {

bool mentions(const std::vector<std::string> &Identifiers, const std::set<std::string> &Words) {
  return std::any_of(Identifiers.begin(), Identifiers.end(),
                     [&](const std::string &Id) { return Words.count(Id) != 0; });
}

/// A macro whose replacement mentions a word stands for that word.
std::set<std::string> closeOverMacros(const Outline &O, std::set<std::string> Words) {
  for (bool Changed = true; Changed;) {
    Changed = false;
    for (const OutlineMacro &M : O.macros)
      if (!Words.count(M.name) && mentions(M.identifiers, Words))
        Changed = Words.insert(M.name).second || Changed;
  }
  return Words;
}

} // namespace

WantedBodies::WantedBodies(const Outline &O, const BodyFilter &F) {
  if (F.all)
    return;
  std::set<std::string> Words = closeOverMacros(O, F.words);
  for (const OutlineFunction &Fn : O.functions) {
    bool &Want = Known[Fn.name];
    Want = Want || F.names.count(Fn.name) || mentions(Fn.identifiers, Words);
    NameAt.emplace(Fn.name_begin, Fn.name);
  }
}

bool WantedBodies::wants(const std::string &Function) const {
  auto It = Known.find(Function);
  return It == Known.end() || It->second;
}

bool WantedBodies::wantsAt(uint32_t Offset, const std::string &Function) const {
  auto It = NameAt.find(Offset);
  return wants(It == NameAt.end() ? Function : It->second);
}

} // namespace krcu
