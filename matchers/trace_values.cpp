// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "matchers/trace_values.h"
#include "matchers/graph.h"
#include "matchers/members.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/SHA1.h"
#include <algorithm>

using namespace clang;

namespace krcu {
namespace {

constexpr size_t MaxName = 240;
const char Phi[] = "one of ";

std::string digestOf(llvm::StringRef Text) {
  llvm::SHA1 Hash;
  Hash.update(Text);
  return "~" + llvm::toHex(llvm::ArrayRef<uint8_t>(Hash.final()).take_front(8), true);
}

} // namespace

std::string TraceValue::name() const {
  if (constant())
    return std::to_string(offset);
  return offset ? base + "+" + std::to_string(offset) : base;
}

TraceValue TraceValue::made(std::string Name, bool Calls) {
  TraceValue V;
  V.base = Name.size() > MaxName ? digestOf(Name) : std::move(Name);
  V.calls = Calls;
  return V;
}

void normalise(std::string &Test, bool &Taken) {
  while (llvm::StringRef(Test).starts_with("not:")) {
    Test.erase(0, 4);
    Taken = !Taken;
  }
}

TraceValue TraceEvaluator::addressOf(const VarDecl *V) {
  if (!V->hasLocalStorage())
    return TraceValue::made("&" + N.symbolOf(V), false);
  std::string &Name = Locals[V];
  if (Name.empty()) {
    Name = "&local " + V->getNameAsString();
    if (unsigned Again = Named[Name]++)
      Name += "'" + std::to_string(Again);
  }
  return TraceValue::made(Name, false);
}

TraceValue TraceEvaluator::load(const TraceState &S, const TraceValue &Address) const {
  auto It = S.memory.find(Address.name());
  if (It != S.memory.end())
    return It->second;
  return TraceValue::made("*[" + Address.name() + "]", Address.calls);
}

TraceValue TraceEvaluator::moved(const TraceValue &Base, QualType T, const TraceValue &Count, bool Minus) const {
  int64_t Stride = 1;
  QualType Pointee = T->isPointerType() ? T->getPointeeType() : QualType();
  if (!Pointee.isNull() && !Pointee->isVoidType() && !Pointee->isFunctionType() && !Pointee->isIncompleteType() && Pointee->isConstantSizeType())
    Stride = N.context().getTypeSizeInChars(Pointee).getQuantity();
  TraceValue V = Base;
  int64_t Bytes = 0;
  if (Count.constant() && !llvm::MulOverflow(Count.offset, Stride, Bytes) && Bytes != INT64_MIN && !llvm::AddOverflow(Base.offset, Minus ? -Bytes : Bytes, V.offset))
    return V;
  return TraceValue::made("(" + Base.name() + (Minus ? " - " : " + ") + Count.name() + (Stride == 1 ? "" : " * " + std::to_string(Stride)) + ")", Base.calls || Count.calls);
}

TraceValue TraceEvaluator::addressOf(const TraceState &S, const Expr *E) {
  E = E->IgnoreParens();
  if (const auto *Ref = dyn_cast<DeclRefExpr>(E)) {
    if (const auto *V = dyn_cast<VarDecl>(Ref->getDecl()))
      return addressOf(V);
    return TraceValue::made("&" + N.symbolOf(Ref->getDecl()), false);
  }
  if (const auto *M = dyn_cast<MemberExpr>(E)) {
    TraceValue Base = M->isArrow() ? valueOf(S, M->getBase()) : addressOf(S, M->getBase());
    const auto *F = dyn_cast<FieldDecl>(M->getMemberDecl());
    std::optional<int64_t> Offset = F ? fieldOffset(N, F) : std::nullopt;
    if (Offset && !Base.constant()) {
      Base.offset += *Offset;
      return Base;
    }
    return TraceValue::made("&(" + Base.name() + ")." + M->getMemberDecl()->getNameAsString(), Base.calls);
  }
  if (const auto *U = dyn_cast<UnaryOperator>(E)) {
    if (U->getOpcode() == UO_Deref)
      return valueOf(S, U->getSubExpr());
    if (U->getOpcode() == UO_Extension || U->getOpcode() == UO_Real)
      return addressOf(S, U->getSubExpr());
  }
  if (const auto *A = dyn_cast<ArraySubscriptExpr>(E))
    return moved(valueOf(S, A->getBase()), A->getBase()->getType(), valueOf(S, A->getIdx()), false);
  if (const auto *C = dyn_cast<CastExpr>(E); C && C->isLValue())
    return addressOf(S, C->getSubExpr());
  if (const auto *O = dyn_cast<OpaqueValueExpr>(E); O && O->getSourceExpr())
    return addressOf(S, O->getSourceExpr());
  return TraceValue::made("&" + valueOf(S, E).name(), true);
}

TraceValue TraceEvaluator::cast(const TraceState &S, const CastExpr *C) {
  switch (C->getCastKind()) {
  case CK_NullToPointer:
    return {};
  case CK_LValueToRValue:
    return load(S, addressOf(S, C->getSubExpr()));
  case CK_ArrayToPointerDecay:
  case CK_FunctionToPointerDecay:
    if (isa<DeclRefExpr, MemberExpr, ArraySubscriptExpr, UnaryOperator, ParenExpr>(C->getSubExpr()))
      return addressOf(S, C->getSubExpr());
    break;
  default:
    break;
  }
  return valueOf(S, C->getSubExpr());
}

TraceValue TraceEvaluator::unary(const TraceState &S, const UnaryOperator *U) {
  if (U->getOpcode() == UO_AddrOf)
    return addressOf(S, U->getSubExpr());
  if (U->getOpcode() == UO_Deref) // of a record or an array: its address stands for it
    return valueOf(S, U->getSubExpr());
  TraceValue V = valueOf(S, U->getSubExpr());
  if (U->getOpcode() == UO_LNot) {
    std::string Test = "not:" + V.name();
    bool Taken = true;
    normalise(Test, Taken);
    return TraceValue::made((Taken ? "" : "not:") + Test, V.calls);
  }
  if (U->getOpcode() == UO_Extension || U->getOpcode() == UO_Plus)
    return V;
  return TraceValue::made(UnaryOperator::getOpcodeStr(U->getOpcode()).str() + "(" + V.name() + ")", V.calls);
}

TraceValue TraceEvaluator::binary(const TraceState &S, const BinaryOperator *B) {
  if (B->getOpcode() == BO_Comma || B->getOpcode() == BO_Assign)
    return valueOf(S, B->getRHS());
  TraceValue L = valueOf(S, B->getLHS()), R = valueOf(S, B->getRHS());
  bool Calls = L.calls || R.calls;
  bool LeftPointer = B->getLHS()->getType()->isPointerType(), RightPointer = B->getRHS()->getType()->isPointerType();
  if (B->isEqualityOp()) {
    bool Equal = B->getOpcode() == BO_EQ;
    if (L.constant() && !L.offset)
      std::swap(L, R);
    std::string Test = R.constant() && !R.offset ? L.name() : "(" + std::min(L.name(), R.name()) + " == " + std::max(L.name(), R.name()) + ")";
    bool Taken = Equal == !(R.constant() && !R.offset);
    normalise(Test, Taken);
    return TraceValue::made((Taken ? "" : "not:") + Test, Calls);
  }
  if (B->isAdditiveOp() && !(LeftPointer && RightPointer)) {
    bool Minus = B->getOpcode() == BO_Sub;
    if (LeftPointer || (R.constant() && !RightPointer))
      return moved(L, B->getLHS()->getType(), R, Minus);
    if (!Minus && (RightPointer || L.constant()))
      return moved(R, B->getRHS()->getType(), L, false);
  }
  if (LeftPointer && RightPointer && B->getOpcode() == BO_Sub && L.base == R.base) {
    TraceValue V;
    V.offset = L.offset - R.offset;
    return V;
  }
  return TraceValue::made("(" + L.name() + " " + B->getOpcodeStr().str() + " " + R.name() + ")", Calls);
}

TraceValue TraceEvaluator::valueOf(const TraceState &S, const Expr *E) {
  if (auto It = S.known.find(E); It != S.known.end())
    return It->second;
  if (Depth > 200)
    return TraceValue::made("too deep", true);
  if (std::optional<int64_t> C = constantOf(N, E)) {
    TraceValue V;
    V.offset = *C;
    return V;
  }
  struct Nest {
    unsigned &D;
    explicit Nest(unsigned &D) : D(D) { ++D; }
    ~Nest() { --D; }
  } Guard(Depth);
  const Expr *P = E->IgnoreParens();
  if (P != E)
    return valueOf(S, P);
  if (const auto *C = dyn_cast<CastExpr>(E))
    return cast(S, C);
  if (const auto *U = dyn_cast<UnaryOperator>(E))
    return unary(S, U);
  if (const auto *B = dyn_cast<BinaryOperator>(E))
    return binary(S, B);
  if (isa<DeclRefExpr, MemberExpr, ArraySubscriptExpr>(E)) // a record, an array, a function
    return addressOf(S, E);
  if (const auto *O = dyn_cast<OpaqueValueExpr>(E); O && O->getSourceExpr())
    return valueOf(S, O->getSourceExpr());
  if (const auto *I = dyn_cast<InitListExpr>(E); I && I->getNumInits() == 1 && I->getType()->isScalarType())
    return valueOf(S, I->getInit(0));
  if (const auto *SE = dyn_cast<StmtExpr>(E)) {
    const CompoundStmt *Body = SE->getSubStmt();
    const auto *Last = Body->body_empty() ? nullptr : dyn_cast<Expr>(Body->body_back());
    return Last ? valueOf(S, Last) : TraceValue::made("nothing", false);
  }
  if (const auto *C = dyn_cast<ChooseExpr>(E); C && !C->isConditionDependent())
    return valueOf(S, C->getChosenSubExpr());
  if (const auto *G = dyn_cast<GenericSelectionExpr>(E); G && !G->isResultDependent())
    return valueOf(S, G->getResultExpr());
  if (const auto *C = dyn_cast<AbstractConditionalOperator>(E)) {
    if (auto It = S.decisions.find(C); It != S.decisions.end())
      return valueOf(S, It->second ? C->getTrueExpr() : C->getFalseExpr());
    TraceValue Test = valueOf(S, C->getCond()), True = valueOf(S, C->getTrueExpr()), False = valueOf(S, C->getFalseExpr());
    return True == False ? True : TraceValue::made("(" + Test.name() + " ? " + True.name() + " : " + False.name() + ")", Test.calls || True.calls || False.calls);
  }
  std::string Text = N.textOf(E->getSourceRange());
  return TraceValue::made(std::string(E->getStmtClassName()) + "{" + Text + "}", isa<CallExpr>(E));
}

namespace {

TraceValue joined(const TraceValue &A, const TraceValue &B) {
  if (A == B)
    return A;
  std::set<std::string> Parts;
  for (const TraceValue *V : {&A, &B}) {
    llvm::StringRef Name = V->base;
    if (!V->offset && Name.consume_front(Phi)) {
      llvm::SmallVector<llvm::StringRef, 8> Each;
      Name.split(Each, '\x1f');
      for (llvm::StringRef Part : Each)
        Parts.insert(Part.str());
    } else {
      Parts.insert(V->name());
    }
  }
  return TraceValue::made(Phi + llvm::join(Parts, "\x1f"), A.calls || B.calls);
}

} // namespace

namespace {

bool sameTest(const TraceCondition &A, const TraceCondition &B) { return A.test == B.test && A.taken == B.taken; }

/// Where the only difference of two ways is how one test came out: its index; else the size.
size_t onlyDifference(const std::vector<TraceCondition> &A, const std::vector<TraceCondition> &B) {
  size_t Found = A.size();
  if (A.size() != B.size())
    return Found;
  for (size_t I = 0; I < A.size(); ++I) {
    if (A[I].test != B[I].test || (A[I].taken != B[I].taken && Found != A.size()))
      return A.size();
    if (A[I].taken != B[I].taken)
      Found = I;
  }
  return Found;
}

/// Whether everything that `A` asks `B` asks, too.
bool within(const std::vector<TraceCondition> &A, const std::vector<TraceCondition> &B) {
  return std::all_of(A.begin(), A.end(), [&](const TraceCondition &C) { return std::any_of(B.begin(), B.end(), [&](const TraceCondition &O) { return sameTest(C, O); }); });
}

constexpr size_t MaxWays = 16;

} // namespace

bool addWay(std::vector<std::vector<TraceCondition>> &Ways, std::vector<TraceCondition> Way) {
  for (bool Again = true; Again;) {
    Again = false;
    if (std::any_of(Ways.begin(), Ways.end(), [&](const auto &Known) { return within(Known, Way); }))
      return true;
    for (size_t I = 0; I < Ways.size() && !Again; ++I)
      if (size_t At = onlyDifference(Way, Ways[I]); At != Way.size()) {
        Way.erase(Way.begin() + static_cast<ptrdiff_t>(At));
        Ways.erase(Ways.begin() + static_cast<ptrdiff_t>(I));
        Again = true;
      }
  }
  std::erase_if(Ways, [&](const auto &Known) { return within(Way, Known); });
  Ways.push_back(std::move(Way));
  if (Ways.size() <= MaxWays)
    return true;
  // Too many to tell apart: what all of them ask.
  std::vector<TraceCondition> Common = Ways.front();
  for (const auto &Each : Ways)
    std::erase_if(Common, [&](const TraceCondition &C) { return std::none_of(Each.begin(), Each.end(), [&](const TraceCondition &O) { return sameTest(C, O); }); });
  Ways.assign(1, std::move(Common));
  return false;
}

void merge(TraceState &Into, const TraceState &Other) {
  for (auto It = Into.memory.begin(); It != Into.memory.end();) {
    auto Known = Other.memory.find(It->first);
    if (Known == Other.memory.end()) {
      // A local of one branch is out of scope; other memory is what it was.
      if (llvm::StringRef(It->first).starts_with("&local ")) {
        It = Into.memory.erase(It);
        continue;
      }
      It->second = joined(It->second, TraceValue::made("*[" + It->first + "]", true));
    } else {
      It->second = joined(It->second, Known->second);
    }
    ++It;
  }
  for (const auto &[Address, Value] : Other.memory)
    if (!Into.memory.count(Address) && !llvm::StringRef(Address).starts_with("&local "))
      Into.memory.emplace(Address, joined(Value, TraceValue::made("*[" + Address + "]", true)));
  std::erase_if(Into.known, [&](const auto &Each) { auto It = Other.known.find(Each.first); return It == Other.known.end() || !(It->second == Each.second); });
  std::erase_if(Into.decisions, [&](const auto &Each) { auto It = Other.decisions.find(Each.first); return It == Other.decisions.end() || It->second != Each.second; });
  for (const std::vector<TraceCondition> &Way : Other.ways)
    Into.joined = !addWay(Into.ways, Way) || Into.joined;
  Into.joined = Into.joined || Other.joined;
  std::erase_if(Into.always, [&](unsigned Effect) { return !Other.always.count(Effect); });
  Into.maybe.insert(Other.maybe.begin(), Other.maybe.end());
  for (const auto &[Call, Count] : Other.counts)
    Into.counts[Call] = std::max(Into.counts[Call], Count);
  for (const auto &[Lock, Depth] : Other.held)
    Into.held[Lock] = std::max(Into.held[Lock], Depth);
  Into.readers = std::min(Into.readers, Other.readers);
  Into.result = joined(Into.result, Other.result);
}

} // namespace krcu
