// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "matchers/members.h"
#include "clang/AST/RecordLayout.h"

using namespace clang;

namespace krcu {

std::optional<int64_t> fieldOffset(const Names &N, const FieldDecl *F) {
  const RecordDecl *Record = F->getParent()->getDefinition();
  if (!Record || Record->isInvalidDecl() || F->isBitField())
    return std::nullopt;
  return N.context().getASTRecordLayout(Record).getFieldOffset(F->getFieldIndex()) / N.context().getCharWidth();
}

std::string recordText(const RecordDecl *R) {
  if (R->getIdentifier())
    return R->getKindName().str() + " " + R->getNameAsString();
  const TypedefNameDecl *T = R->getTypedefNameForAnonDecl();
  return T ? T->getNameAsString() : std::string();
}

namespace {

bool isHead(const RecordDecl *R) { return R->getName() == "callback_head"; }

constexpr size_t MaxHeads = 8;

class HeadSearch {
public:
  HeadSearch(const Names &N, int64_t Offset) : N(N), Offset(Offset) {}

  std::vector<HeadPath> Found;

  /// Looks through `R`, which begins at `Begin`; `Path` leads to it and is empty for the outermost record.
  void record(const RecordDecl *R, int64_t Begin, const std::string &Path) {
    R = R->getDefinition();
    if (!R || R->isInvalidDecl())
      return;
    for (const FieldDecl *F : R->fields()) {
      std::optional<int64_t> Own = fieldOffset(N, F);
      if (!Own || F->getType()->isIncompleteType() || Found.size() >= MaxHeads)
        continue;
      std::string Name = F->getNameAsString();
      member(F->getType(), Begin + *Own, Name.empty() || Path.empty() ? Path + Name : Path + "." + Name, Name.empty());
    }
  }

private:
  void member(QualType T, int64_t Begin, const std::string &Path, bool Anonymous) {
    int64_t Size = N.context().getTypeSizeInChars(T).getQuantity();
    if (Offset < Begin || Offset >= Begin + Size)
      return;
    if (const auto *A = N.context().getAsConstantArrayType(T)) {
      int64_t Stride = N.context().getTypeSizeInChars(A->getElementType()).getQuantity();
      int64_t Index = Stride ? (Offset - Begin) / Stride : 0;
      return member(A->getElementType(), Begin + Index * Stride, Path + "[" + std::to_string(Index) + "]", false);
    }
    const RecordDecl *R = T->getAsRecordDecl();
    if (!R)
      return;
    if (isHead(R)) {
      if (Offset == Begin)
        Found.push_back({Path, Inside});
      return;
    }
    if (!Anonymous)
      Inside.push_back({Path, N.recordOf(R), Begin, {}});
    record(R, Begin, Path);
    if (!Anonymous)
      Inside.pop_back();
  }

  const Names &N;
  int64_t Offset;
  std::vector<InnerObject> Inside;
};

} // namespace

const RecordDecl *objectBehind(QualType Pointer) {
  if (Pointer.isNull() || !Pointer->isPointerType())
    return nullptr;
  const RecordDecl *R = Pointer->getPointeeType()->getAsRecordDecl();
  if (!R || isHead(R))
    return nullptr;
  return R->getDefinition() ? R->getDefinition() : R;
}

std::vector<HeadPath> headsAt(const Names &N, const RecordDecl *R, int64_t Offset) {
  HeadSearch Search(N, Offset);
  Search.record(R, 0, "");
  return std::move(Search.Found);
}

} // namespace krcu
