// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// May the callback go? Every token of the tree that spells its name must be the definition, a prototype, or a call that
// is rewritten. Tokens are found by the raw lexer, so uses under every #if count, and a use in a macro keeps the callback.
#include "tool/driver/patch.h"
#include "tool/index/outline.h"
#include <algorithm>

namespace krcu {
namespace {

/// A prototype: at file scope, followed by '(', and no body behind it.
bool isPrototype(const Outline &O, const OutlineToken &T) {
  if (T.function >= 0 || T.in_directive || !T.before_paren || T.after_member_access)
    return false;
  for (const OutlineFunction &F : O.functions)
    if (T.offset >= F.decl_begin && T.offset < F.body_end)
      return false;
  return true;
}

} // namespace

bool hasPrototype(const std::string &Text, const std::string &Function) {
  Outline O = outlineOf(Text);
  for (const OutlineToken &T : findTokens(Text, Function))
    if (isPrototype(O, T))
      return true;
  return false;
}

namespace {

bool onlyUsedHere(const Scan &S, const CallbackReport &C, const std::map<std::string, std::vector<std::pair<uint32_t, uint32_t>>> &Rewritten) {
  std::string Name = plainName(C.function), Home = homeOf(C.function);
  std::vector<uint32_t> Files;
  if (Home.empty()) {
    Files = S.index().mentioning(Name);
  } else {
    if (int Id = S.index().find(Home); Id >= 0)
      Files.push_back(static_cast<uint32_t>(Id));
    for (uint32_t F : S.index().transitiveIncludersOf(Home)) // a fragment's callback may be used by its includer
      Files.push_back(F);
  }
  for (uint32_t Id : Files) {
    const std::string &File = S.index().files()[Id].path;
    if (!S.tree().isSubject(File))
      continue; // the kernel cannot name a function of a module outside it
    auto Text = S.index().text(Id);
    if (!Text)
      return false;
    Outline O = outlineOf(*Text);
    auto Calls = Rewritten.find(File);
    for (const OutlineToken &T : findTokens(*Text, Name)) {
      bool InDefinition = File == C.where.file && T.offset >= C.summary->begin && T.offset < C.summary->end;
      bool InCall = false;
      if (Calls != Rewritten.end())
        for (const auto &[Begin, End] : Calls->second)
          InCall = InCall || (T.offset >= Begin && T.offset < End);
      if (!InDefinition && !InCall && !T.after_member_access && !isPrototype(O, T))
        return false;
    }
  }
  return true;
}

} // namespace

void markRemovals(const Scan &S, std::vector<SiteReport> &Sites) {
  std::map<std::string, std::vector<std::pair<uint32_t, uint32_t>>> Rewritten;
  for (const SiteReport &R : Sites)
    if (R.cls == SiteClass::Convert)
      Rewritten[R.site->where.file].emplace_back(R.site->begin, R.site->end);
  std::map<std::string, bool> Known;
  for (SiteReport &R : Sites) {
    R.callback_removed = false;
    const FunctionSummary *Summary = R.callback.summary;
    if (R.cls != SiteClass::Convert || !Summary || Summary->in_macro || !S.tree().isSubject(R.callback.where.file))
      continue;
    auto It = Known.find(R.callback.function);
    if (It == Known.end())
      It = Known.emplace(R.callback.function, onlyUsedHere(S, R.callback, Rewritten)).first;
    R.callback_removed = It->second;
  }
}

namespace {

using Range = std::pair<uint32_t, uint32_t>;

bool within(uint32_t Offset, const std::vector<Range> &Ranges) {
  for (const auto &[Begin, End] : Ranges)
    if (Offset >= Begin && Offset < End)
      return true;
  return false;
}

/// One more helper of the file whose tokens all lie in what goes, in its own definition or in its prototypes; null if none is left.
const OutlineFunction *nextOrphan(const Outline &O, const std::string &Text, const std::vector<Range> &Gone) {
  for (const OutlineFunction &F : O.functions) {
    auto Spells = [&](const Range &R) { return llvm::StringRef(Text).slice(R.first, R.second).contains(F.name); };
    if (!F.is_static || within(F.body_begin, Gone) || std::none_of(Gone.begin(), Gone.end(), Spells))
      continue; // what does not even spell it cannot have used it
    bool UsedByGone = false, UsedElsewhere = false;
    for (const OutlineToken &T : findTokens(Text, F.name)) {
      if (within(T.offset, Gone))
        UsedByGone = true;
      else if (!(T.offset >= F.decl_begin && T.offset < F.body_end) && !isPrototype(O, T) && !T.after_member_access)
        UsedElsewhere = true;
    }
    if (UsedByGone && !UsedElsewhere)
      return &F;
  }
  return nullptr;
}

} // namespace

std::vector<OrphanedHelper> orphanedHelpers(const Scan &S, const std::vector<SiteReport> &Sites) {
  std::map<std::string, std::vector<Range>> Gone;
  for (const SiteReport &R : Sites)
    if (R.cls == SiteClass::Convert && R.callback_removed)
      Gone[R.callback.where.file].emplace_back(R.callback.summary->begin, R.callback.summary->end);
  std::vector<OrphanedHelper> Result;
  for (auto &[File, Ranges] : Gone) {
    int Id = llvm::StringRef(File).ends_with(".c") ? S.index().find(File) : -1;
    auto Text = Id < 0 ? nullptr : S.index().text(static_cast<uint32_t>(Id));
    if (!Text)
      continue;
    Outline O = outlineOf(*Text);
    while (const OutlineFunction *F = nextOrphan(O, *Text, Ranges)) {
      Ranges.emplace_back(F->decl_begin, F->body_end);
      Result.push_back({F->name, File, F->decl_begin, F->body_end});
    }
  }
  return Result;
}

} // namespace krcu
