// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/index/glance.h"
#include "tool/index/body_reader.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {

/// A call of it does something in every configuration: all its definitions are out of line, or have a body that is more than
/// an empty stand-in.
bool Glancer::doesSomething(const std::string &Name) {
  auto It = Effective.find(Name);
  if (It != Effective.end())
    return It->second;
  std::vector<FunctionPlace> Places = I.definitionsOf(Name);
  bool Result = !Places.empty() && std::all_of(Places.begin(), Places.end(), [&](const FunctionPlace &P) {
    const std::string &Path = I.files()[P.file].path;
    if (StringRef(Path).ends_with(".c"))
      return true;
    auto O = Outlines.get(Path);
    auto Text = I.text(P.file);
    if (!O || !Text)
      return false;
    return std::any_of(O->functions.begin(), O->functions.end(), [&](const OutlineFunction &F) {
      // "{ }" and "{ return x; }" have at most one line between the braces and no call.
      return F.name == Name && F.line == P.line && StringRef(*Text).slice(F.body_begin, F.body_end).contains('(') && !callsOnlyStubs(*Text, F, *O);
    });
  });
  return Effective.insert_or_assign(Name, Result).first->second;
}

/// Whether all that an inline function does is to call others that do nothing: a macro of its header without an effect, an inline function of
/// the same kind. What stands under an #if without an #else is left to a parse.
bool Glancer::callsOnlyStubs(StringRef Text, const OutlineFunction &F, const Outline &Own) {
  BodyReader Body(Text, F);
  StringRef Whole = Text.slice(F.body_begin, F.body_end);
  const bool Conditional = Whole.contains("\n#if") && !Whole.contains("\n#el");
  if (Body.certain || (Body.calls.empty() && !Conditional) || !Body.asked.empty() || Body.firstCallOf(Effects))
    return false;
  Effective.emplace(F.name, false); // should it come back to itself
  return std::all_of(Body.calls.begin(), Body.calls.end(), [&](const BodyReader::Call &C) {
    if (R.free(C.name))
      return false;
    if (std::any_of(Own.macros.begin(), Own.macros.end(), [&](const OutlineMacro &M) { return M.name == C.name; }))
      return !effectOfMacro(Own, C.name) && !namesFunction(Own, C.name);
    return !I.definitionsOf(C.name).empty() && !doesSomething(C.name);
  });
}

/// Whether a definition of the macro names anything that may be a function or another macro.
bool Glancer::namesFunction(const Outline &Own, StringRef Macro) const {
  return std::any_of(Own.macros.begin(), Own.macros.end(), [&](const OutlineMacro &M) {
    return M.name == Macro && std::any_of(M.identifiers.begin(), M.identifiers.end(), [](StringRef Id) { return Id != "do" && Id != "while" && Id != "void"; });
  });
}

/// What a statement that uses a macro of its own file does: the first thing in the replacement, or in that of macros named there, that is
/// an effect. Nothing if the macro is defined more than once.
std::optional<std::string> Glancer::effectOfMacro(const Outline &Own, StringRef Macro) const {
  std::set<StringRef> Seen{Macro};
  std::vector<StringRef> Work{Macro};
  while (!Work.empty()) {
    StringRef Name = Work.back();
    Work.pop_back();
    const OutlineMacro *Only = nullptr;
    for (const OutlineMacro &M : Own.macros)
      if (M.name == Name) {
        if (Only)
          return std::nullopt;
        Only = &M;
      }
    for (size_t N = 0; Only && N < Only->identifiers.size(); ++N) {
      StringRef Id = Only->identifiers[N];
      if (Effects.contains(Id))
        return "calls " + Macro.str() + "(), which uses " + Id.str() + "()";
      if (Seen.insert(Id).second)
        Work.push_back(Id);
    }
  }
  return std::nullopt;
}

std::optional<GlanceFinding> Glancer::look(const std::string &File, const OutlineFunction &F, const Outline &Own, unsigned Depth) {
  auto Text = I.text(static_cast<uint32_t>(I.find(File)));
  if (!Text || Depth > 3)
    return std::nullopt;
  BodyReader Body(*Text, F);
  auto Found = [&](unsigned Line, std::string What) {
    return GlanceFinding{{File, Line, 1}, std::move(What), {File, F.line, 1}};
  };
  if (Body.certain)
    return Found(Body.certain->line, Body.certain->text);
  const BodyReader::Call *Free = nullptr, *Out = nullptr; // the ones that run on every path
  const BodyReader::Call *SometimesFree = nullptr, *SometimesOut = nullptr;
  for (const BodyReader::Call &C : Body.calls) {
    const FreeRule *Rule = R.free(C.name);
    bool Macro = std::any_of(Own.macros.begin(), Own.macros.end(), [&](const OutlineMacro &M) { return M.name == C.name; });
    if (Macro && !(Rule && Rule->user)) { // a row of the user's says what the macro is
      if (auto Effect = effectOfMacro(Own, C.name))
        return Found(C.line, *Effect);
    } else if (Rule) {
      if (Rule->object < C.loaded.size() && C.loaded[Rule->object])
        return Found(C.line, "frees a pointer that is not the callback's own object, with " + C.name + "()");
      if (Free && !C.conditional)
        return Found(C.line, "frees a second time, with " + C.name + "()");
      (C.conditional ? SometimesFree : Free) = &C;
    } else if (const OutlineFunction *Helper = Own.function(C.name)) {
      if (auto Inside = lookAtHelper(File, *Helper, F, Own, Depth))
        return Found(C.line, "calls " + C.name + "(), which " + Inside->text);
      if (std::any_of(Helper->identifiers.begin(), Helper->identifiers.end(), [&](const std::string &Id) { return R.free(Id) != nullptr; }))
        (C.conditional ? SometimesFree : Free) = &C;
    } else if (doesSomething(C.name)) {
      if (Out && !C.conditional)
        return Found(C.line, "calls " + Out->name + "() and " + C.name + "()");
      (C.conditional ? SometimesOut : Out) = &C;
    }
  }
  // A condition that can hold leads through both.
  if (Free && (Out || SometimesOut)) {
    const BodyReader::Call *Other = Out ? Out : SometimesOut;
    return Found(Other->line, "calls " + Other->name + "() besides freeing");
  }
  if (Free && SometimesFree)
    return Found(SometimesFree->line, "frees a second time, with " + SometimesFree->name + "()");
  if (auto Effect = Body.firstCallOf(Effects))
    return Found(Effect->line, Effect->text);
  for (const BodyReader::Call &C : Body.asked)
    if (const OutlineFunction *Helper = Own.function(C.name))
      if (auto Inside = lookAtHelper(File, *Helper, F, Own, Depth))
        return Found(C.line, "asks " + C.name + "(), which " + Inside->text);
  if (Out && !SometimesOut && !SometimesFree)
    if (auto Inside = lookElsewhere(Out->name, Depth + 1))
      return Found(Out->line, "calls " + Out->name + "(), which " + Inside->text);
  return std::nullopt;
}

std::optional<GlanceFinding> Glancer::lookAtHelper(const std::string &File, const OutlineFunction &Helper, const OutlineFunction &From,
                                                   const Outline &Own, unsigned Depth) {
  return &Helper == &From ? std::nullopt : look(File, Helper, Own, Depth + 1);
}

/// A function that is defined out of line in one file, looked at there. Of several bodies under #if one that does more is enough.
std::optional<GlanceFinding> Glancer::lookElsewhere(const std::string &Name, unsigned Depth) {
  std::vector<FunctionPlace> Places = I.definitionsOf(Name);
  if (Places.empty() || std::any_of(Places.begin(), Places.end(), [&](const FunctionPlace &P) { return P.file != Places[0].file; }))
    return std::nullopt;
  const std::string &File = I.files()[Places[0].file].path;
  auto Own = Outlines.get(File);
  if (!Own)
    return std::nullopt;
  for (const OutlineFunction *F : Own->functionsNamed(Name))
    if (auto Found = look(File, *F, *Own, Depth))
      return Found;
  return std::nullopt;
}

/// The callback's definition: in the file that names it, or the only one in the tree.
Glancer::Home Glancer::homeOf(const std::string &File, const std::string &Callback) const {
  Home H{File, Outlines.get(File), {}};
  if (!H.outline || !H.outline->function(Callback)) {
    std::vector<FunctionPlace> Places = I.definitionsOf(Callback);
    if (Places.size() != 1)
      return H;
    H.file = I.files()[Places[0].file].path;
    H.outline = Outlines.get(H.file);
  }
  if (H.outline)
    H.bodies = H.outline->functionsNamed(Callback);
  return H;
}

std::optional<GlanceFinding> Glancer::moreThanFree(const std::string &File, const std::string &Callback) {
  auto Key = std::pair(File, Callback);
  auto It = Known.find(Key);
  if (It != Known.end())
    return It->second;
  std::optional<GlanceFinding> Result;
  // Of several bodies under #if one that does more is enough: a conversion must be right for all of them.
  Home H = homeOf(File, Callback);
  for (size_t N = 0; N < H.bodies.size() && !Result; ++N)
    if ((Result = look(H.file, *H.bodies[N], *H.outline, 0)) && H.bodies.size() > 1)
      Result->text += ", in one of its " + std::to_string(H.bodies.size()) + " bodies";
  return Known.emplace(Key, Result).first->second;
}

std::optional<GlanceFinding> Glancer::anotherFamily(const std::string &File, const std::string &Callback,
                                                    const std::set<std::string> &Families) {
  Home H = homeOf(File, Callback);
  if (H.bodies.size() != 1) // only the parser can tell which one counts
    return std::nullopt;
  const OutlineFunction *Only = H.bodies.front();
  const FreeRule *Spelled = nullptr;
  unsigned Line = 0;
  std::set<const OutlineFunction *> Seen{Only};
  std::vector<const OutlineFunction *> Work{Only};
  while (!Work.empty()) {
    const OutlineFunction *F = Work.back();
    Work.pop_back();
    for (const std::string &Id : F->identifiers) {
      if (const OutlineFunction *Next = H.outline->function(Id); Next && Seen.insert(Next).second)
        Work.push_back(Next);
      const FreeRule *Rule = R.free(Id);
      if (Rule && Families.count(Rule->family))
        return std::nullopt;
      if (Rule && !Spelled)
        Spelled = Rule, Line = F->line;
      for (const OutlineMacro &M : H.outline->macros) // a macro of the file may hide the free
        if (M.name == Id && std::any_of(M.identifiers.begin(), M.identifiers.end(), [&](const std::string &In) { return R.free(In) != nullptr; }))
          return std::nullopt;
    }
  }
  if (!Spelled)
    return std::nullopt;
  return GlanceFinding{{H.file, Line, 1}, "frees with " + Spelled->name + "()", {H.file, Only->line, 1}};
}

} // namespace krcu
