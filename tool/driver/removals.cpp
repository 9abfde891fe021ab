// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// May the callback go? Every token of the tree that spells its name must be the definition, a prototype, or a call that
// is rewritten. Tokens are found by the raw lexer, so uses under every #if count, and a use in a macro keeps the callback.
#include "tool/driver/patch.h"
#include "tool/index/outline_cache.h"
#include "tool/index/token_table.h"
#include "tool/rewrite/source.h"
#include <algorithm>
#include <map>
#include <memory>
#include <set>

namespace krcu {
namespace {

/// A prototype: at file scope, followed by '(', and no body behind it.
bool isPrototype(const Outline &O, const OutlineToken &T) {
  if (T.function >= 0 || T.in_directive || !T.before_paren || T.after_member_access)
    return false;
  auto F = std::upper_bound(O.functions.begin(), O.functions.end(), T.offset, [](uint32_t Offset, const OutlineFunction &F) { return Offset < F.decl_begin; });
  return F == O.functions.begin() || T.offset >= std::prev(F)->body_end;
}

using Range = std::pair<uint32_t, uint32_t>;

} // namespace

/// Texts by what they spell: read once, whatever the number of callbacks that are asked about.
class SpelledTexts {
public:
  explicit SpelledTexts(const Scan &S) : S(S) {}
  const Scan &scan() const { return S; }
  struct Read {
    std::shared_ptr<const std::string> text;
    std::shared_ptr<const Outline> outline;
    TokenTable tokens;
    Read(std::shared_ptr<const std::string> Text, std::shared_ptr<const Outline> O) : text(std::move(Text)), outline(std::move(O)), tokens(*text) {}
  };
  /// Null if the file cannot be read.
  const Read *of(uint32_t File) {
    auto [It, New] = Known.try_emplace(File);
    if (auto Text = New ? S.index().text(File) : nullptr)
      if (auto O = S.index().outlines().get(S.index().files()[File].path))
        It->second = std::make_unique<const Read>(std::move(Text), std::move(O));
    return It->second.get();
  }

private:
  const Scan &S;
  std::map<uint32_t, std::unique_ptr<const Read>> Known;
};

namespace {

/// Ranges that do not overlap, found by what is in them.
class Ranges {
public:
  void add(const Range &R) {
    uint32_t &End = ByBegin[R.first];
    End = std::max(End, R.second);
  }
  bool hold(uint32_t Offset) const {
    auto It = ByBegin.upper_bound(Offset);
    return It != ByBegin.begin() && Offset < std::prev(It)->second;
  }

private:
  std::map<uint32_t, uint32_t> ByBegin;
};

bool onlyUsedHere(const Scan &S, const CallbackReport &C, const std::map<std::string, Ranges> &Rewritten, SpelledTexts &Known) {
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
    const SpelledTexts::Read *Text = Known.of(Id);
    if (!Text)
      return false;
    auto Calls = Rewritten.find(File);
    for (const OutlineToken &T : Text->tokens.of(Name)) {
      bool InDefinition = File == C.where.file && T.offset >= C.summary->begin && T.offset < C.summary->end;
      bool InCall = Calls != Rewritten.end() && Calls->second.hold(T.offset);
      if (!InDefinition && !InCall && !T.after_member_access && !isPrototype(*Text->outline, T))
        return false;
    }
  }
  return true;
}

} // namespace

void markRemovals(const Scan &S, std::vector<SiteReport> &Sites) {
  SpelledTexts Read(S);
  std::map<std::string, Ranges> Rewritten;
  for (const SiteReport &R : Sites)
    if (R.cls == SiteClass::Convert)
      Rewritten[R.site->where.file].add({R.site->begin, R.site->end});
  std::map<std::string, bool> Known;
  for (SiteReport &R : Sites) {
    R.callback_removed = false;
    const FunctionSummary *Summary = R.callback.summary;
    if (R.cls != SiteClass::Convert || !Summary || Summary->in_macro || !S.tree().isSubject(R.callback.where.file))
      continue;
    auto It = Known.find(R.callback.function);
    if (It == Known.end())
      It = Known.emplace(R.callback.function, onlyUsedHere(S, R.callback, Rewritten, Read)).first;
    R.callback_removed = It->second;
  }
}

PrototypeFinder::PrototypeFinder(const Scan &S) : Texts(std::make_unique<SpelledTexts>(S)) {}
PrototypeFinder::~PrototypeFinder() = default;

std::vector<std::string> PrototypeFinder::filesOf(const std::string &Function, const std::string &Home) {
  const Scan &S = Texts->scan();
  std::vector<std::string> Result;
  for (uint32_t Id : S.index().mentioning(Function)) {
    const std::string &File = S.index().files()[Id].path;
    const SpelledTexts::Read *Text = File != Home && S.tree().isSubject(File) ? Texts->of(Id) : nullptr;
    if (!Text)
      continue;
    const std::vector<OutlineToken> &All = Text->tokens.of(Function);
    if (std::any_of(All.begin(), All.end(), [&](const OutlineToken &T) { return isPrototype(*Text->outline, T); }))
      Result.push_back(File);
  }
  return Result;
}

namespace {

/// What goes from one file, and whom that leaves without a user.
class Orphans {
public:
  explicit Orphans(const SpelledTexts::Read &In) : In(In) {}
  /// Takes out what stands in the range; those who are named there are asked then.
  void take(const Range &R) {
    Gone.add(R);
    llvm::StringRef Rest = llvm::StringRef(*In.text).slice(R.first, R.second);
    for (llvm::StringRef Word = takeWord(Rest); !Word.empty(); Word = takeWord(Rest))
      for (const OutlineFunction *F : In.outline->functionsNamed(Word))
        if (F->is_static)
          Open.insert(F);
  }
  /// Helpers whose tokens all lie in what goes, in their own definition or in prototypes; they go, too. In file order.
  std::vector<const OutlineFunction *> all() {
    std::vector<const OutlineFunction *> Result;
    while (!Open.empty()) { // one that goes may have been the last user of another one, which it names then
      std::set<const OutlineFunction *> Round;
      Round.swap(Open);
      for (const OutlineFunction *F : Round)
        if (!Gone.hold(F->body_begin) && !hasUser(*F)) {
          Result.push_back(F);
          take({F->decl_begin, F->body_end});
        }
    }
    std::sort(Result.begin(), Result.end(), [](const OutlineFunction *A, const OutlineFunction *B) { return A->decl_begin < B->decl_begin; });
    return Result;
  }

private:
  /// Somebody who stays, or nobody at all.
  bool hasUser(const OutlineFunction &F) const {
    bool UsedByGone = false;
    for (const OutlineToken &T : In.tokens.of(F.name)) {
      if (Gone.hold(T.offset))
        UsedByGone = true;
      else if (!(T.offset >= F.decl_begin && T.offset < F.body_end) && !isPrototype(*In.outline, T) && !T.after_member_access)
        return true;
    }
    return !UsedByGone;
  }

  const SpelledTexts::Read &In;
  Ranges Gone;
  std::set<const OutlineFunction *> Open; ///< named in what goes since they were asked; in file order, as they lie in the outline
};

} // namespace

HelperFinder::HelperFinder(const Scan &S) : Texts(std::make_unique<SpelledTexts>(S)) {}
HelperFinder::~HelperFinder() = default;

std::vector<OrphanedHelper> HelperFinder::of(llvm::ArrayRef<SiteReport> Sites) {
  std::map<std::string, std::vector<Range>> Gone;
  for (const SiteReport &R : Sites)
    if (R.cls == SiteClass::Convert && R.callback_removed)
      Gone[R.callback.where.file].emplace_back(R.callback.summary->begin, R.callback.summary->end);
  std::vector<OrphanedHelper> Result;
  for (auto &[File, Ranges] : Gone) {
    int Id = llvm::StringRef(File).ends_with(".c") ? Texts->scan().index().find(File) : -1;
    const SpelledTexts::Read *Text = Id < 0 ? nullptr : Texts->of(static_cast<uint32_t>(Id));
    if (!Text)
      continue;
    Orphans Of(*Text);
    for (const Range &R : Ranges)
      Of.take(R);
    for (const OutlineFunction *F : Of.all())
      Result.push_back({F->name, File, F->decl_begin, F->body_end});
  }
  return Result;
}

} // namespace krcu
