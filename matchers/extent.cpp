// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "matchers/extent.h"
#include "matchers/members.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "clang/Basic/CharInfo.h"
#include <algorithm>

using namespace clang;
using llvm::StringRef;

namespace krcu {
namespace {

/// A page has 4 KiB to 256 KiB (arch/*/Kconfig, PAGE_SIZE_*KB), and a bit a processor takes 8 bytes for 64 and 1 KiB for 8192 of them (NR_CPUS).
constexpr int64_t MostTimes = 128;
constexpr uint64_t FewElements = 32; ///< of an array that is as large as some type
constexpr int64_t Word = 8;          ///< bytes of an element whose type is not looked at

/// Whether a constant is made of something that an architecture's header or a number of the .config decides.
class ConfiguredNumber : public RecursiveASTVisitor<ConfiguredNumber> {
public:
  explicit ConfiguredNumber(const Names &N) : N(N) {}

  bool VisitStmt(Stmt *S) {
    if (isa<IntegerLiteral>(S))
      Found |= comesFromOutside(S->getBeginLoc());
    else if (const auto *Ref = dyn_cast<DeclRefExpr>(S))
      if (const auto *Constant = dyn_cast<EnumConstantDecl>(Ref->getDecl()); Constant && Constant->getInitExpr() && ++Depth < MaxDepth)
        TraverseStmt(const_cast<Expr *>(Constant->getInitExpr()));
    return !Found;
  }

  bool Found = false;

private:
  bool comesFromOutside(SourceLocation L) const {
    if (!L.isMacroID())
      return false;
    for (const std::string &Name : N.macrosOf(L))
      if (StringRef(Name).starts_with("CONFIG_"))
        return true;
    return StringRef(N.fileOf(N.sources().getSpellingLoc(L))).starts_with("arch/");
  }

  static constexpr unsigned MaxDepth = 16;
  const Names &N;
  unsigned Depth = 0;
};

class ExtentSearch {
public:
  ExtentSearch(const Names &N, int64_t Offset) : N(N), Offset(Offset) {}

  Extent search(const RecordDecl *R) {
    record(R, 0);
    Extent Result;
    Result.farthest = Unknown ? Extent::Unbounded : Offset + More;
    Result.moved_by = std::move(Mover);
    return Result;
  }

private:
  /// Counts what can grow in `R`, which begins at `Begin`, ahead of the head.
  void record(const RecordDecl *R, int64_t Begin) {
    R = R->getDefinition();
    if (!R || R->isInvalidDecl() || !Entered.insert(R).second)
      return;
    const FieldDecl *Behind = nullptr;
    for (const FieldDecl *F : R->fields()) {
      std::optional<int64_t> Own = fieldOffset(N, F);
      if (!Own || F->getType()->isIncompleteType())
        continue;
      const int64_t At = Begin + *Own, Size = N.context().getTypeSizeInChars(F->getType()).getQuantity();
      if (At + Size <= Offset)
        ahead(F->getType(), F, At);
      else if (At <= Offset)
        around(F->getType(), At);
      if (!R->isUnion() && At + Size > Offset) {
        Behind = F;
        break;
      }
    }
    if (!R->isUnion())
      hidden(R, Behind);
    Entered.erase(R);
  }

  /// What lies between the start and the head as a whole.
  void ahead(QualType T, const FieldDecl *F, int64_t Begin) {
    if (const ConstantArrayType *A = N.context().getAsConstantArrayType(T))
      return array(A, T, F, Begin);
    if (const RecordDecl *R = T->getAsRecordDecl())
      record(R, Begin);
  }

  /// What the head is a part of.
  void around(QualType T, int64_t Begin) {
    if (const ConstantArrayType *A = N.context().getAsConstantArrayType(T)) {
      const int64_t Stride = N.context().getTypeSizeInChars(A->getElementType()).getQuantity();
      return around(A->getElementType(), Stride ? Begin + (Offset - Begin) / Stride * Stride : Begin);
    }
    if (const RecordDecl *R = T->getAsRecordDecl(); R && !N.isHeadRecord(R))
      record(R, Begin);
  }

  void array(const ConstantArrayType *A, QualType T, const FieldDecl *F, int64_t Begin) {
    ConfiguredNumber Number(N);
    // The type itself forgets how its bound was written.
    const TypeSourceInfo *Source = F->getTypeSourceInfo();
    for (TypeLoc L = Source ? Source->getTypeLoc() : TypeLoc(); L && !Number.Found;) {
      if (auto Written = L.getAs<ArrayTypeLoc>(); Written && Written.getSizeExpr())
        Number.TraverseStmt(Written.getSizeExpr());
      const auto Named = L.getAs<TypedefTypeLoc>();
      Source = Named ? Named.getTypedefNameDecl()->getTypeSourceInfo() : nullptr;
      L = Source ? Source->getTypeLoc() : L.getNextTypeLoc();
    }
    if (Number.Found)
      grow(N.context().getTypeSizeInChars(T).getQuantity(), F->getSourceRange());
    else
      ahead(A->getElementType(), F, Begin);
  }

  void grow(int64_t Bytes, SourceRange Where) {
    more(std::min<int64_t>(Bytes, INT32_MAX) * (MostTimes - 1), N.textOf(Where));
  }

  void more(int64_t Farther, std::string Text) {
    More = std::min<int64_t>(More + Farther, Extent::Unbounded / 4);
    if (Farther > MostOfOne && !Unknown)
      MostOfOne = Farther, Mover = std::move(Text);
  }

  /// Arrays that the text of `R` has between its start and `Before` (or its end) and that are no members here.
  void hidden(const RecordDecl *R, const FieldDecl *Before) {
    const SourceManager &SM = N.sources();
    const SourceLocation From = R->getBraceRange().getBegin(), To = Before ? Before->getBeginLoc() : R->getBraceRange().getEnd();
    if (!From.isFileID() || !To.isFileID() || SM.getFileID(From) != SM.getFileID(To) || SM.getFileOffset(To) < SM.getFileOffset(From))
      return;
    const StringRef File = SM.getBufferData(SM.getFileID(From));
    StringRef Text = File.slice(SM.getFileOffset(From) + 1, SM.getFileOffset(To));
    if (!Text.contains('#'))
      return;
    std::set<StringRef> Members;
    for (const FieldDecl *F : R->fields())
      if (F->getIdentifier())
        Members.insert(F->getName());
    unsigned Depth = 0;
    while (!Text.empty()) {
      StringRef Line;
      std::tie(Line, Text) = Text.split('\n');
      Line = Line.trim();
      if (Line.consume_front("#"))
        Depth += StringRef(Line.ltrim()).starts_with("if") ? 1 : StringRef(Line.ltrim()).starts_with("endif") && Depth ? -1 : 0;
      else if (Depth)
        hiddenArray(Line, File, Members);
    }
  }

  void hiddenArray(StringRef Line, StringRef File, const std::set<StringRef> &Members) {
    auto [Declared, Rest] = Line.split('[');
    auto [Bound, Behind] = Rest.split(']');
    StringRef Name = Declared.rtrim();
    size_t Begin = Name.size();
    while (Begin && isAsciiIdentifierContinue(static_cast<unsigned char>(Name[Begin - 1])))
      --Begin;
    Name = Name.drop_front(Begin);
    if (Behind.empty() || Name.empty() || Line.starts_with("*") || Line.starts_with("/") || Members.count(Name))
      return;
    const std::optional<uint64_t> Elements = Behind.contains('[') ? std::nullopt : elementsOf(Bound.trim(), File);
    const int64_t Each = Declared.starts_with("char ") || Declared.starts_with("unsigned char ") || Declared.starts_with("u8 ") ? 1 : Word;
    std::string Text = Line.split(';').first.str() + " (hidden here by an #if)";
    if (!Elements)
      Unknown = true, Mover = std::move(Text);
    else
      more(static_cast<int64_t>(std::min<uint64_t>(*Elements, INT32_MAX)) * Each, std::move(Text));
  }

  /// What a bound comes to, if it is a number, a macro that the file defines as one, or what a type takes: types are no pages. Nothing: not known.
  static std::optional<uint64_t> elementsOf(StringRef Bound, StringRef File, unsigned Depth = 0) {
    uint64_t Number = 0;
    if (!Bound.getAsInteger(0, Number))
      return Number;
    if (Bound.contains("offsetof(") || Bound.contains("sizeof("))
      return FewElements;
    for (size_t At = Depth || Bound.empty() ? StringRef::npos : File.find(Bound); At != StringRef::npos; At = File.find(Bound, At + 1)) {
      StringRef Before = File.take_front(At).rtrim(" \t"), Value = File.substr(At + Bound.size());
      if (Before.consume_back("define") && Before.rtrim(" \t").ends_with("#") && (Value.starts_with(" ") || Value.starts_with("\t")))
        return elementsOf(Value.split('\n').first.trim(), File, Depth + 1);
    }
    return std::nullopt;
  }

  const Names &N;
  const int64_t Offset;
  int64_t More = 0, MostOfOne = 0;
  bool Unknown = false;
  std::string Mover;
  std::set<const RecordDecl *> Entered; ///< those that are being looked at
};

} // namespace

Extent extentOf(const Names &N, const RecordDecl *R, int64_t Offset) { return ExtentSearch(N, Offset).search(R); }

} // namespace krcu
