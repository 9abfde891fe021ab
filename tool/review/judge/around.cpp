// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What stands around frees in a file that a patch changes: in its functions (surroundings.h), in the flags of caches, in the layout of records, in what
// the core calls behind a grace period.
#include "tool/review/judge/judge.h"
#include "tool/review/judge/surroundings.h"
#include "tool/unload/flow.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <map>

using llvm::StringRef;

namespace krcu {

using review::PatchVerdict;

namespace {

/// Some functions of a text, by name.
std::map<std::string, FunctionText> functionsOf(StringRef Text, const Outline &O, const std::set<std::string> &Names) {
  std::map<std::string, FunctionText> Result;
  for (const std::string &Name : Names)
    if (const OutlineFunction *F = O.function(Name))
      Result[Name] = {Text.substr(F->decl_begin, F->body_end - F->decl_begin), flowOf(Text, *F), F->decl_begin, static_cast<unsigned>(Text.take_front(F->decl_begin).count('\n')) + 1};
  return Result;
}

/// How often they call what, by name.
std::map<std::string, int> callsIn(const std::map<std::string, FunctionText> &Functions) {
  std::map<std::string, int> Count;
  for (const auto &[Name, F] : Functions)
    for (const FlowNode &N : F.flow.nodes)
      if (N.kind == FlowNode::Call)
        ++Count[N.call.name];
  return Count;
}

/// Lines that hold a word, with their numbers.
std::multimap<std::string, unsigned> linesWith(StringRef Text, StringRef Word) {
  std::multimap<std::string, unsigned> Result;
  for (unsigned Line = 1; !Text.empty(); ++Line) {
    auto [First, Rest] = Text.split('\n');
    if (First.contains(Word) && wordsOf(First).count(Word.str()))
      Result.emplace(First.trim().str(), Line);
    Text = Rest;
  }
  return Result;
}

/// Members of a head's type by name: how often the innermost braces around one are those of a union.
std::map<std::string, unsigned> headsInUnions(StringRef Text, const std::vector<std::string> &Heads) {
  std::map<std::string, unsigned> Result;
  std::vector<bool> Unions;
  std::vector<StringRef> Words; // of the statement so far
  for (size_t I = 0; I < Text.size(); ++I) {
    const char C = Text[I];
    if (llvm::isAlpha(C) || C == '_') {
      size_t End = I;
      while (End < Text.size() && (llvm::isAlnum(Text[End]) || Text[End] == '_'))
        ++End;
      Words.push_back(Text.slice(I, End));
      I = End - 1;
    } else if (C == '{') {
      Unions.push_back(llvm::is_contained(Words, "union"));
      Words.clear();
    } else if (C == '}' || C == ';') {
      if (C == ';' && !Unions.empty() && Unions.back() && Words.size() >= 3 && Words.end()[-3] == "struct" && llvm::is_contained(Heads, Words.end()[-2]))
        ++Result[Words.back().str()];
      if (C == '}' && !Unions.empty())
        Unions.pop_back();
      Words.clear();
    }
  }
  return Result;
}

/// ".member = value" in the initialiser of a variable of type struct tag.
struct Initialiser {
  std::string tag, member, value;
  unsigned line = 0;
};

/// By variable and member. An initialiser begins where a line that is not indented names a struct.
std::map<std::string, Initialiser> initialisers(StringRef Text) {
  std::map<std::string, Initialiser> Result;
  std::string Tag, Variable;
  for (unsigned Line = 1; !Text.empty(); ++Line) {
    auto [First, Rest] = Text.split('\n');
    Text = Rest;
    if (!First.empty() && llvm::isAlpha(First.front())) {
      StringRef Type = First.split("struct ").second;
      Tag = Type.take_while([](char C) { return llvm::isAlnum(C) || C == '_'; }).str();
      Variable = First.str();
    }
    if (StringRef Member = First.ltrim(); !Tag.empty() && Member.consume_front(".") && Member.contains('=')) {
      auto [Name, Value] = Member.split('=');
      Result[Variable + " " + Name.trim().str()] = {Tag, Name.trim().str(), Value.trim(" \t,&").str(), Line};
    }
  }
  return Result;
}

} // namespace

void PatchJudge::judgeAround(const ReviewedFile &F) {
  const std::string OldText = F.applied->before.value_or(""), NewText = F.applied->after.value_or("");
  const Outline Old = outlineOf(OldText), New = outlineOf(NewText);
  const std::set<std::string> Changed = changedFunctions(OldText, NewText);
  const std::map<std::string, FunctionText> Then = functionsOf(OldText, Old, Changed), Now = functionsOf(NewText, New, Changed);
  const std::map<std::string, int> Had = callsIn(Then), Has = callsIn(Now);
  const Rules &R = After.rules();
  auto Frees = [&](const std::string &Name) {
    const OutlineFunction *Helper = Old.function(Name);
    return Helper && llvm::any_of(Helper->identifiers, [&](const std::string &Word) { return R.free(Word) || defers(R, Word); });
  };
  auto Elsewhere = [&](const std::string &Name) {
    auto Was = Had.find(Name), Is = Has.find(Name);
    return Is != Has.end() && Was != Had.end() && Is->second >= Was->second;
  };
  auto CallsIn = [&](const std::string &Helper, const std::string &Name) {
    const OutlineFunction *Text = New.function(Helper);
    return Text && Helper != Name && llvm::is_contained(Text->identifiers, Name);
  };
  auto Defers = [&](const std::string &Tag) {
    auto Same = [&](const std::string &Symbol) { return StringRef(Symbol).split('@').first == Tag; };
    return llvm::any_of(F.new_facts.deferred_frees, [&](const DeferredFreeFact &D) { return Same(D.record); });
  };
  for (const auto &[Name, Was] : Then) {
    auto Is = Now.find(Name);
    if (Is == Now.end())
      continue;
    std::vector<review::Finding> Found;
    judgeSurroundings({R, Rows.review, Name, F.before_path, F.after_path, Frees, Elsewhere, CallsIn, Defers}, Was, Is->second, Found);
    for (review::Finding &Each : Found)
      add(Each.verdict, {Each.file, Each.line, 0}, std::move(Each.reason), std::move(Each.evidence), Each.old_line);
  }
}

/// A flag of a cache on which readers rely.
void PatchJudge::judgeFlags(const ReviewedFile &F) {
  for (const ReviewRule &E : Rows.review.events) {
    if (E.event != ReviewRule::ReaderFlag)
      continue;
    const std::multimap<std::string, unsigned> Had = linesWith(F.applied->before.value_or(""), E.name), Has = linesWith(F.applied->after.value_or(""), E.name);
    for (const auto &[Text, Line] : Had)
      if (Has.size() < Had.size() && Has.count(Text) < Had.count(Text) && !F.before_path.empty() && !F.after_path.empty()) {
        add(PatchVerdict::CannotTell, {F.before_path, Line, 0}, E.name + " goes; readers who look at freed objects of the cache rely on it, and whether there are such was not followed", {{F.before_path, Line, "", "before: " + Text}}, true);
        break;
      }
  }
}

/// A head that shares its bytes with other members is written while readers may look at them.
void PatchJudge::judgeHeadPlaces(const ReviewedFile &F) {
  const std::vector<std::string> &Heads = After.rules().heads;
  if (F.before_path.empty() || F.after_path.empty())
    return;
  const std::string Old = F.applied->before.value_or(""), New = F.applied->after.value_or("");
  std::map<std::string, unsigned> Was = headsInUnions(Old, Heads);
  for (const auto &[Name, Times] : headsInUnions(New, Heads))
    if (Times > Was[Name])
      for (const auto &[Text, Line] : linesWith(New, Name))
        if (llvm::any_of(Heads, [&](const std::string &Head) { return wordsOf(Text).count(Head) != 0; })) {
          add(PatchVerdict::CannotTell, {F.after_path, Line, 0}, "the head " + Name + " shares its bytes with other members of a union now; whether readers look at these behind the free was not followed", {{F.after_path, Line, "", Text}});
          break;
        }
}

/// A file that goes as a whole, and whose functions come in another one: what they freed behind a grace period they must still.
void PatchJudge::judgeMoved(const ReviewedFile &F) {
  if (!F.after_path.empty())
    return;
  auto Text = [](const DeferredFreeFact &D) { return plainName(D.function) + " " + folded(D.object); };
  for (const DeferredFreeFact &D : F.old_facts.deferred_frees)
    for (const ReviewedFile &Other : Files) {
      if (D.where.file != F.before_path || Other.after_path.empty() || !outlineOf(Other.applied->after.value_or("")).function(plainName(D.function)))
        continue;
      if (llvm::none_of(Other.new_facts.deferred_frees, [&](const DeferredFreeFact &Now) { return Text(Now) == Text(D); }))
        add(PatchVerdict::CannotTell, D.where, plainName(D.function) + "() moves to " + Other.after_path + ", and " + D.name + "(" + D.object + ") does not: what frees the object there was not followed",
            {{D.where.file, D.where.line, plainName(D.function), "before: " + D.name + "(" + D.object + ")"}}, true);
    }
}

/// What the core calls for the module behind a grace period (rcu_called_fields).
void PatchJudge::judgeMembers(const ReviewedFile &F) {
  if (F.before_path.empty() || F.after_path.empty())
    return;
  const std::map<std::string, Initialiser> Had = initialisers(F.applied->before.value_or("")), Has = initialisers(F.applied->after.value_or(""));
  for (const RcuCalledFieldRule &Row : After.rules().rcu_called_fields)
    for (const auto &[Key, Was] : Had) {
      if (Was.tag != Row.record || Was.member != Row.field || Was.value == "NULL")
        continue;
      auto Is = Has.find(Key);
      if (Is == Has.end() || Is->second.value == "NULL")
        add(PatchVerdict::CannotTell, {F.before_path, Was.line, 0}, Was.value + "() is no longer the " + Row.field + " of a struct " + Row.record + ", which runs behind a grace period; what frees such objects now, and when, was not followed",
            {{F.before_path, Was.line, "", "before: ." + Row.field + " = " + Was.value}}, true);
    }
}

} // namespace krcu
