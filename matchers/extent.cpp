// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "matchers/extent.h"
#include "matchers/members.h"
#include "clang/AST/RecordLayout.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "clang/Basic/CharInfo.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>

using namespace clang;
using llvm::StringRef;

namespace krcu {
namespace {

/// A page has 4 KiB to 256 KiB (arch/*/Kconfig, PAGE_SIZE_*KB), and a bit a processor takes 8 bytes for 64 and 1 KiB for 8192 of them (NR_CPUS).
constexpr uint64_t MostTimes = 128;
constexpr uint64_t MoreOfType = 128; ///< bytes that another configuration adds to a type whose size is a bound, a lock's (include/linux/lockdep_types.h)
constexpr uint64_t Word = 8;         ///< bytes of an element whose type is not looked at

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

/// "name" of "char name", "struct s *name".
StringRef declaredName(StringRef Declaration) {
  Declaration = Declaration.rtrim();
  size_t Begin = Declaration.size();
  while (Begin && isAsciiIdentifierContinue(static_cast<unsigned char>(Declaration[Begin - 1])))
    --Begin;
  return Declaration.drop_front(Begin);
}

} // namespace

void Extents::Growth::add(const Growth &G, uint64_t Times) {
  bytes = llvm::SaturatingAdd(bytes, llvm::SaturatingMultiply(G.bytes, Times));
  const uint64_t One = G.unknown ? UINT64_MAX : llvm::SaturatingMultiply(G.most, Times);
  if (One > most)
    most = One, member = G.member;
  unknown |= G.unknown;
}

/// As a union does with each of its members.
void Extents::Growth::widen(const Growth &G) {
  if (std::tie(G.unknown, G.bytes) > std::tie(unknown, bytes))
    *this = G;
}

struct Extents::Around {
  int64_t offset;
  std::set<std::pair<const RecordDecl *, int64_t>> seen; ///< records and where they begin
};

const Extent &Extents::of(const RecordDecl *R, int64_t Offset) {
  auto [It, New] = Known.try_emplace({R->getDefinition(), Offset});
  if (!New)
    return It->second;
  Around A{Offset, {}};
  const Growth G = ahead(R, 0, A);
  Extent &E = It->second;
  E.farthest = G.unknown || G.bytes >= static_cast<uint64_t>(Extent::Unbounded - Offset) ? Extent::Unbounded : Offset + static_cast<int64_t>(G.bytes);
  E.moved_by = G.member;
  return E;
}

/// What of a record that begins at `Begin` and holds the head lies ahead of it.
Extents::Growth Extents::ahead(const RecordDecl *R, int64_t Begin, Around &A) {
  Growth G;
  R = R->getDefinition();
  if (!R || R->isInvalidDecl() || !A.seen.emplace(R, Begin).second)
    return G;
  const FieldDecl *Behind = nullptr;
  for (const FieldDecl *F : R->fields()) {
    std::optional<int64_t> Own = fieldOffset(N, F);
    if (!Own || F->getType()->isIncompleteType())
      continue;
    const int64_t At = Begin + *Own, End = At + N.context().getTypeSizeInChars(F->getType()).getQuantity();
    if (R->isUnion()) {
      if (At <= A.offset && A.offset < End)
        G.widen(aheadIn(F->getType(), At, A));
      continue;
    }
    if (End > A.offset) {
      if (At <= A.offset)
        G.add(aheadIn(F->getType(), At, A));
      Behind = F;
      break;
    }
    G.add(ofField(F));
  }
  if (!R->isUnion())
    G.add(hidden(R, Behind));
  return G;
}

/// The same of a member that holds the head.
Extents::Growth Extents::aheadIn(QualType T, int64_t Begin, Around &A) {
  Growth G;
  if (const ConstantArrayType *Array = N.context().getAsConstantArrayType(T)) {
    const int64_t Stride = N.context().getTypeSizeInChars(Array->getElementType()).getQuantity();
    const int64_t Index = Stride ? (A.offset - Begin) / Stride : 0;
    if (const RecordDecl *R = Array->getElementType()->getAsRecordDecl())
      G.add(ofRecord(R), static_cast<uint64_t>(Index));
    G.add(aheadIn(Array->getElementType(), Begin + Index * Stride, A));
  } else if (const RecordDecl *R = T->getAsRecordDecl(); R && !N.isHeadRecord(R)) {
    G = ahead(R, Begin, A);
  }
  return G;
}

/// Of a whole record.
const Extents::Growth &Extents::ofRecord(const RecordDecl *R) {
  const RecordDecl *Definition = R->getDefinition() ? R->getDefinition() : R;
  if (auto It = Records.find(Definition); It != Records.end())
    return It->second;
  Growth G;
  if (Definition->isCompleteDefinition() && !Definition->isInvalidDecl()) {
    for (const FieldDecl *F : Definition->fields())
      if (Definition->isUnion())
        G.widen(ofField(F));
      else
        G.add(ofField(F));
    const Growth Hidden = hidden(Definition, nullptr);
    if (Definition->isUnion())
      G.widen(Hidden);
    else
      G.add(Hidden);
  }
  return Records.emplace(Definition, std::move(G)).first->second;
}

Extents::Growth Extents::ofField(const FieldDecl *F) {
  Growth G;
  QualType T = F->getType();
  if (T->isIncompleteType())
    return G;
  uint64_t Times = 1;
  const ConstantArrayType *Array = N.context().getAsConstantArrayType(T);
  if (Array && isConfigured(F)) {
    G.bytes = G.most = llvm::SaturatingMultiply(static_cast<uint64_t>(N.context().getTypeSizeInChars(T).getQuantity()), MostTimes - 1);
    G.member = N.textOf(F->getSourceRange());
    return G;
  }
  for (; Array; Array = N.context().getAsConstantArrayType(T)) {
    Times = llvm::SaturatingMultiply(Times, Array->getSize().getLimitedValue());
    T = Array->getElementType();
  }
  if (const RecordDecl *R = T->getAsRecordDecl())
    G.add(ofRecord(R), Times);
  return G;
}

/// Whether a bound of the array is such a number. The type itself forgets how it was written.
bool Extents::isConfigured(const FieldDecl *F) const {
  ConfiguredNumber Number(N);
  const TypeSourceInfo *Source = F->getTypeSourceInfo();
  for (TypeLoc L = Source ? Source->getTypeLoc() : TypeLoc(); L && !Number.Found;) {
    if (auto Written = L.getAs<ArrayTypeLoc>(); Written && Written.getSizeExpr())
      Number.TraverseStmt(Written.getSizeExpr());
    const auto Named = L.getAs<TypedefTypeLoc>();
    Source = Named ? Named.getTypedefNameDecl()->getTypeSourceInfo() : nullptr;
    L = Source ? Source->getTypeLoc() : L.getNextTypeLoc();
  }
  return Number.Found;
}

/// Arrays that the text of `R` has between its start and `Before` (null: its end) and that are no members here.
Extents::Growth Extents::hidden(const RecordDecl *R, const FieldDecl *Before) {
  Growth G;
  const SourceManager &SM = N.sources();
  const SourceLocation From = R->getBraceRange().getBegin(), To = Before ? Before->getBeginLoc() : R->getBraceRange().getEnd();
  if (!From.isFileID() || !To.isFileID() || SM.getFileID(From) != SM.getFileID(To) || SM.getFileOffset(To) <= SM.getFileOffset(From))
    return G;
  StringRef Text = SM.getBufferData(SM.getFileID(From)).slice(SM.getFileOffset(From) + 1, SM.getFileOffset(To));
  if (!Text.contains('#'))
    return G;
  std::set<StringRef> Members;
  for (const FieldDecl *F : R->fields())
    if (F->getIdentifier())
      Members.insert(F->getName());
  std::vector<StringRef> Inner; // records that are asked themselves
  for (const Decl *D : R->decls())
    if (const auto *Nested = dyn_cast<RecordDecl>(D); Nested && Nested->getBraceRange().isValid() && SM.isWrittenInSameFile(From, Nested->getBraceRange().getBegin()) && Nested->getEndLoc().isFileID())
      Inner.push_back(SM.getBufferData(SM.getFileID(From)).slice(SM.getFileOffset(Nested->getBraceRange().getBegin()), SM.getFileOffset(Nested->getEndLoc())));
  auto Next = Inner.begin(); // both go down the text
  auto IsInner = [&](StringRef Line) {
    while (Next != Inner.end() && Next->end() < Line.begin())
      ++Next;
    return Next != Inner.end() && Next->begin() < Line.begin() && Line.end() <= Next->end();
  };
  for (unsigned Depth = 0; !Text.empty();) {
    StringRef Line;
    std::tie(Line, Text) = Text.split('\n');
    Line = Line.trim();
    if (!Line.consume_front("#")) {
      if (Depth && !IsInner(Line))
        G.add(ofHiddenLine(Line, SM.getFileID(From), Members));
      continue;
    }
    Line = Line.ltrim();
    if (Line.starts_with("if"))
      ++Depth;
    else if (Line.starts_with("endif") && Depth)
      --Depth;
  }
  return G;
}

Extents::Growth Extents::ofHiddenLine(StringRef Line, FileID File, const std::set<StringRef> &Members) {
  Growth G;
  auto [Declared, Rest] = Line.split('[');
  auto [Bound, Behind] = Rest.split(']');
  const StringRef Name = declaredName(Declared);
  if (Behind.empty() || Name.empty() || Line.starts_with("*") || Line.starts_with("/") || Members.count(Name))
    return G;
  const std::optional<uint64_t> Elements = Behind.contains('[') ? std::nullopt : elementsOf(Bound.trim(), File);
  const bool Bytes = llvm::any_of(std::initializer_list<StringRef>{"char ", "unsigned char ", "u8 "}, [&](StringRef Type) { return Declared.starts_with(Type); });
  G.unknown = !Elements;
  G.bytes = G.most = llvm::SaturatingMultiply(Elements.value_or(0), Bytes ? 1 : Word);
  G.member = Line.split(';').first.str() + " (hidden here by an #if)";
  return G;
}

/// What a bound comes to, if it or what the file's macro of that name stands for says so.
std::optional<uint64_t> Extents::elementsOf(StringRef Bound, FileID File) {
  if (std::optional<uint64_t> Number = numberIn(Bound))
    return Number;
  auto [It, New] = Defines.try_emplace(File);
  for (StringRef Text = New ? N.sources().getBufferData(File) : StringRef(); !Text.empty();) {
    StringRef Line;
    std::tie(Line, Text) = Text.split('\n');
    Line = Line.ltrim();
    if (!Line.consume_front("#") || !(Line = Line.ltrim()).consume_front("define"))
      continue;
    Line = Line.trim();
    const StringRef Name = Line.take_while([](char C) { return isAsciiIdentifierContinue(static_cast<unsigned char>(C)); });
    It->second.try_emplace(Name, Line.drop_front(Name.size()).ltrim());
  }
  auto Found = It->second.find(Bound);
  return Found == It->second.end() ? std::nullopt : numberIn(Found->getValue());
}

/// A number, or what is no larger than a type: "offsetof(struct lock, map)".
std::optional<uint64_t> Extents::numberIn(StringRef Text) const {
  uint64_t Number = 0;
  if (!Text.getAsInteger(0, Number))
    return Number;
  if (!Text.contains("offsetof(") && !Text.contains("sizeof("))
    return std::nullopt;
  const StringRef Tag = Text.split("struct ").second.take_while([](char C) { return isAsciiIdentifierContinue(static_cast<unsigned char>(C)); });
  if (Tag.empty())
    return std::nullopt;
  for (const NamedDecl *D : N.context().getTranslationUnitDecl()->lookup(&N.context().Idents.get(Tag)))
    if (const auto *R = dyn_cast<RecordDecl>(D); R && R->getDefinition() && !R->getDefinition()->isInvalidDecl())
      return static_cast<uint64_t>(N.context().getASTRecordLayout(R->getDefinition()).getSize().getQuantity()) + MoreOfType;
  return std::nullopt;
}

} // namespace krcu
