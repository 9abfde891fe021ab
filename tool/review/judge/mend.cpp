// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a patch should have written, where that is known: the object and the member that the callback got, in the call that names others.
#include "tool/review/judge/judge.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"

using llvm::StringRef;
using krcu::review::PatchVerdict;

namespace krcu {

const HeadLevel *levelAt(const CallSiteFact &S, int64_t Offset) {
  for (const HeadLevel &L : S.levels)
    if (L.complete && L.offset == Offset)
      return &L;
  return nullptr;
}

/// The call with the object and the member that the callback got, if the site names them and the new call stands in one line.
void PatchJudge::addMend(const Conversion &C, int64_t Wanted) {
  const DeferredFreeFact &D = *C.free;
  auto Found = llvm::find_if(Findings, [&](const review::Finding &F) { return F.verdict == PatchVerdict::Broken && F.file == D.where.file && F.line == D.where.line && F.mend.empty(); });
  const HeadLevel *Right = levelAt(*C.site, Wanted);
  if (Found == Findings.end() || !Right || Right->member.empty() || D.in_macro || C.site->in_macro || D.member.empty())
    return;
  const std::string &Object = C.by_value && Right->record == D.record_text ? D.object : Right->object;
  std::optional<std::string> Whole = After.read(D.where.file);
  StringRef Text = Whole ? StringRef(*Whole) : StringRef();
  for (unsigned N = 1; N < D.where.line; ++N)
    Text = Text.split('\n').second;
  const StringRef Line = Text.split('\n').first;
  const size_t Begin = D.where.column ? D.where.column - 1 : StringRef::npos;
  if (Object.empty() || !Line.substr(Begin).starts_with(D.name + "("))
    return;
  size_t End = Begin + D.name.size();
  for (int Depth = 0; End < Line.size(); ++End)
    if (Depth += (Line[End] == '(') - (Line[End] == ')'); Depth == 0)
      break;
  if (End == Line.size())
    return;
  const std::string Call = D.name + "(" + Object + ", " + Right->member + ")";
  const std::string New = Line.take_front(Begin).str() + Call + Line.substr(End + 1).str();
  if (New == Line)
    return;
  Found->mend = {{D.where.file, D.where.line, {Line.str()}, {New}}};
  Found->reason += "; it would be " + Call;
}

} // namespace krcu
