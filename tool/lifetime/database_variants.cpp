// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the database knows of other branches of the text: answers about the text, made once, and the variants that were parsed.
#include "tool/index/conditional_text.h"
#include "tool/lifetime/database.h"
#include "tool/lifetime/variant_choices.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {

std::shared_ptr<const ConditionalText> Database::conditional(const std::string &File) const {
  auto It = Text->conditional.find(File);
  if (It != Text->conditional.end())
    return It->second;
  int Id = I.find(File);
  auto Body = Id < 0 ? nullptr : I.text(static_cast<uint32_t>(Id));
  return Text->conditional.emplace(File, Body ? std::make_shared<const ConditionalText>(*Body) : nullptr).first->second;
}

namespace {

/// Headers that every file of the kernel may include, as far as they hold code of this parse's architecture.
bool isWide(StringRef Path) {
  bool Shared = Path.starts_with("include/") && !Path.starts_with("include/dt-bindings/");
  return Path.ends_with(".h") && (Shared || Path.starts_with("arch/x86/include/"));
}

} // namespace

std::string surroundingsOf(StringRef File) {
  if (isOfModule(File))
    return File.take_front(File.find('/') + 1).str();
  StringRef Directory = File.take_front(File.rfind('/') + 1);
  if (Directory.count('/') > 2) // a part of a driver; its headers may stand above
    Directory = Directory.drop_back().take_front(Directory.drop_back().rfind('/') + 1);
  return Directory.str();
}

const std::vector<uint32_t> &Database::definingMacro(const std::string &Macro, const std::string &Around) const {
  auto Known = Text->definers.find({Macro, Around});
  if (Known != Text->definers.end())
    return Known->second;
  auto [Files, New] = Text->headers.try_emplace(Around);
  const std::vector<IndexedFile> &All = I.files(); // sorted by path, so what stands below a directory is one stretch
  auto First = std::lower_bound(All.begin(), All.end(), Around, [](const IndexedFile &F, const std::string &Path) { return F.path < Path; });
  for (auto It = First; New && It != All.end() && StringRef(It->path).starts_with(Around); ++It) {
    StringRef Path = It->path;
    bool Wanted = Around.empty() ? isWide(Path) : !Path.ends_with(".c") || !I.includersOf(Path).empty();
    if (Wanted && It->problem.empty())
      Files->second.push_back(static_cast<uint32_t>(It - All.begin()));
  }
  return Text->definers.emplace(std::pair(Macro, Around), I.definingMacro(Macro, &Files->second)).first->second;
}

const std::vector<uint32_t> &Database::transitiveIncludersOf(const std::string &File) const {
  auto [It, New] = Text->includers.try_emplace(File);
  if (New)
    It->second = I.transitiveIncludersOf(File);
  return It->second;
}

const VariantPlan &Database::planOf(const VariantQuestion &Q) const {
  std::vector<std::string> Key{Q.main, Q.function, Q.site.file, std::to_string(Q.site.line), std::to_string(Q.site.column), Q.setting.arch};
  for (const auto &[Symbol, Value] : Q.setting.force)
    Key.push_back(Symbol + "=" + Value);
  for (const BodyPlace &B : Q.bodies)
    Key.push_back(B.file + ":" + std::to_string(B.begin));
  std::shared_ptr<const VariantPlan> &Known = Text->variants[Key];
  if (!Known)
    Known = std::make_shared<const VariantPlan>(planVariants(*this, Q));
  return *Known;
}

VariantAnswer Database::variant(const TextVariant &V) {
  std::string Key = V.key();
  auto It = Variants.find(Key);
  if (It != Variants.end())
    return It->second;
  OpenVariants.emplace(Key, V);
  return {};
}

std::vector<const FunctionSummary *> Database::variantsOf(const std::string &Function) const {
  std::vector<const FunctionSummary *> Result;
  for (const auto &[Key, A] : Variants)
    if (A.state == VariantAnswer::Shown && !A.facts->summaries.empty() && A.facts->summaries.front().function == Function)
      Result.push_back(&A.facts->summaries.front());
  return Result;
}

std::vector<TextVariant> Database::takeVariants() {
  std::vector<TextVariant> Result;
  for (auto &[Key, V] : OpenVariants)
    Result.push_back(std::move(V));
  OpenVariants.clear();
  return Result;
}

namespace {

/// Whether the element is one of the vector's own.
template <class T> bool holds(const std::vector<T> &All, const T &One) { return !All.empty() && &One >= &All.front() && &One <= &All.back(); }

} // namespace

VariantQuestion Database::parseOf(const FunctionSummary &S) const {
  VariantQuestion Q;
  Q.function = S.function;
  Q.bodies = S.bodies;
  Q.main = ownerOf(&S);
  for (const OtherConfiguration &C : Others)
    if (holds(C.facts.summaries, S))
      Q.main = C.facts.file, Q.setting = {C.variant, C.force};
  return Q;
}

VariantQuestion Database::parseOf(const CallSiteFact &S) const {
  VariantQuestion Q;
  Q.site = S.where;
  Q.main = ownerOf(&S);
  for (const OtherConfiguration &C : Others)
    if (holds(C.facts.sites, S))
      Q.main = C.facts.file, Q.setting = {C.variant, C.force};
  return Q;
}

/// The file whose facts the element is among; empty if it is of none.
std::string Database::ownerOf(const void *Element) const {
  auto Behind = Owners.upper_bound(Element);
  if (Behind == Owners.begin())
    return {};
  const auto &[Last, File] = std::prev(Behind)->second;
  return Element <= Last ? File : std::string();
}

} // namespace krcu
