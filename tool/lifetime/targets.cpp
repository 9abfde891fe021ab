// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The AST says which function goes to which field; the text says whether that is all. Every token of the name that is assigned to, in every
// file where it may be meant and on both sides of every #if, must be one of the assignments that the AST has shown, or one to the field of another
// record. A copy of a whole record brings nothing new. An address taken ends the argument.
#include "tool/lifetime/targets.h"
#include "tool/lifetime/mentions.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {
namespace {

constexpr size_t MaxFiles = 40;

/// The plan's files as parsed; notes what cannot be relied on.
void require(Database &DB, const MentionPlan &Plan, const std::string &Name, TargetReport &R) {
  if (Plan.files.size() > MaxFiles) {
    R.missing.push_back(Name + " is mentioned in " + std::to_string(Plan.files.size()) + " files, more than are looked at");
    return;
  }
  for (const std::string &File : Plan.files) {
    if (!DB.require(File, Plan.demand))
      R.pending = true;
    else if (std::string Problem = DB.problem(File); !Problem.empty())
      R.missing.push_back(File + " could not be relied on: " + Problem);
  }
}

void collect(const Database &DB, TargetReport &R, llvm::function_ref<bool(const FunctionRefFact &)> Wanted) {
  std::map<std::string, FunctionRefFact> First;
  for (const auto &[File, Facts] : DB.files())
    for (const FunctionRefFact &Ref : Facts.references)
      if (Wanted(Ref)) {
        auto [It, New] = First.emplace(Ref.function, Ref);
        if (!New && Ref.where < It->second.where)
          It->second = Ref;
      }
  for (auto &[Function, Ref] : First)
    R.found.push_back(std::move(Ref));
}

/// Lines of references whose target is known, with that target.
std::multimap<std::pair<std::string, unsigned>, std::string> placesByLine(const Database &DB) {
  std::multimap<std::pair<std::string, unsigned>, std::string> Result;
  for (const auto &[File, Facts] : DB.files())
    for (const FunctionRefFact &Ref : Facts.references)
      if (!Ref.place.empty())
        Result.emplace(std::pair(Ref.where.file, Ref.where.line), Ref.place);
  return Result;
}

/// Assignments that the AST has not shown as one of a function to some field, and addresses that are taken.
void checkText(const Database &DB, const MentionPlan &Plan, const std::string &Word, bool Field, TargetReport &R) {
  auto Lines = placesByLine(DB);
  for (const std::string &File : Plan.files) {
    int Id = DB.index().find(File);
    auto Text = Id < 0 ? nullptr : DB.index().text(static_cast<uint32_t>(Id));
    if (!Text) {
      R.missing.push_back(File + " could not be read");
      continue;
    }
    for (const OutlineToken &T : DB.tokens(File, Word)) {
      if (T.after_member_access != Field && !T.in_directive)
        continue;
      StringRef Behind = StringRef(*Text).substr(T.offset + Word.size()).ltrim(), Before = StringRef(*Text).take_front(T.offset);
      std::string Where = File + ":" + std::to_string(T.line);
      while (Field && !Before.empty() && (isalnum(static_cast<unsigned char>(Before.back())) || StringRef("_.->").contains(Before.back())))
        Before = Before.drop_back();
      bool Address = Before.rtrim().ends_with("&") && !Before.rtrim().ends_with("&&");
      bool Assigned = Behind.starts_with("=") && !Behind.starts_with("==");
      if (!Address && !Assigned && !T.in_directive)
        continue;
      if (Assigned && Behind.drop_front().ltrim().starts_with("NULL"))
        continue;
      // The function stands on the line of the name or, in a long statement, on the one below.
      if (Assigned && !T.in_directive && (Lines.count({File, T.line}) || Lines.count({File, T.line + 1})))
        continue;
      R.missing.push_back(Address ? "its address is taken at " + Where : "what it gets at " + Where + " cannot be followed");
    }
  }
}

} // namespace

TargetReport targetsOf(Database &DB, const std::string &Place) {
  TargetReport R;
  bool Field = StringRef(Place).starts_with("F:");
  StringRef Rest = StringRef(Place).drop_front(2), File = Rest.contains('@') ? Rest.split('@').second : StringRef();
  std::string Word = Field ? Rest.substr(Rest.rfind('.') + 1).str() : Rest.split('@').first.str();
  std::string Home = Field ? File.substr(0, File.rfind('.')).str() : File.str();
  if (!Field && !StringRef(Place).starts_with("V:")) {
    R.missing.push_back("it is a local variable");
    return R;
  }
  MentionKind Kind = Field ? MentionKind::Field : MentionKind::Variable;
  const MentionPlan &Plan = planMentions(DB, Word, Kind, Home);
  require(DB, Plan, Word, R);
  collect(DB, R, [&](const FunctionRefFact &Ref) { return Ref.place == Place; });
  if (R.pending || !R.missing.empty())
    return R;
  checkText(DB, Plan, Word, Field, R);
  for (const std::string &Where : hiddenMentions(DB, Plan, Word, Kind))
    R.missing.push_back("it is also used at " + Where + ", which the parsed configuration leaves out");
  return R;
}

TargetReport passedTo(Database &DB, const std::string &Function) {
  TargetReport R;
  require(DB, planMentions(DB, plainName(Function), MentionKind::Function, homeOf(Function)), plainName(Function) + "()", R);
  collect(DB, R, [&](const FunctionRefFact &Ref) { return Ref.argument_of == Function; });
  R.missing.push_back("whoever calls " + plainName(Function) + "() chooses");
  return R;
}

} // namespace krcu
