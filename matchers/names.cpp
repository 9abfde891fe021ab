// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "matchers/names.h"
#include "matchers/harmless.h"
#include "clang/AST/RecordLayout.h"
#include "clang/Lex/Lexer.h"
#include "llvm/Support/Path.h"
#include <algorithm>

using namespace clang;

namespace krcu {

std::string addressOf(const std::string &Place) {
  if (Place == "?" || Place == "0")
    return "?";
  return Place[0] == '*' ? Place.substr(1) : "&" + Place;
}

std::string pointee(const std::string &Place) {
  if (Place == "?" || Place == "0")
    return "?";
  return Place[0] == '&' ? Place.substr(1) : "*" + Place;
}

const FunctionDecl *calleeOf(const CallExpr *Call) { return Call->getDirectCallee(); }

const Expr *stripped(const Expr *E) {
  while (E) {
    const Expr *Next = E->IgnoreParenCasts();
    if (Next == E)
      return E;
    E = Next;
  }
  return E;
}

const FunctionDecl *Names::seenDefinition(const FunctionDecl *F) const {
  const FunctionDecl *Definition = nullptr;
  if (!F->hasBody(Definition) || Definition->hasSkippedBody())
    return nullptr;
  return Definition->isFromASTFile() && Bodies && !Bodies->count(F->getNameAsString()) ? nullptr : Definition;
}

std::string Names::fileOf(SourceLocation L) const {
  const SourceManager &SM = sources();
  llvm::SmallString<256> Path(SM.getFilename(SM.getExpansionLoc(L)));
  llvm::sys::path::remove_dots(Path, true);
  StringRef P = Path;
  if (P.consume_front(Root) && P.consume_front("/"))
    return P.str();
  return Path.str().str();
}

Location Names::locationOf(SourceLocation L) const {
  const SourceManager &SM = sources();
  if (L.isMacroID()) {
    // A macro argument stands where the user wrote it; a macro body does not.
    SourceLocation Spelling = L;
    while (Spelling.isMacroID() && SM.isMacroArgExpansion(Spelling))
      Spelling = SM.getImmediateSpellingLoc(Spelling);
    L = Spelling.isMacroID() ? SM.getExpansionLoc(L) : Spelling;
  }
  Location Where;
  Where.file = fileOf(L);
  Where.line = SM.getExpansionLineNumber(L);
  Where.column = SM.getExpansionColumnNumber(L);
  return Where;
}

std::string Names::symbolOf(const NamedDecl *D) const {
  std::string Name = D->getNameAsString();
  if (D->isExternallyVisible())
    return Foreign && Foreign->count(Name) ? Name + "@" + OtherHome : Name;
  return Name + "@" + fileOf(D->getCanonicalDecl()->getLocation());
}

std::string Names::recordOf(const RecordDecl *D) const {
  if (const RecordDecl *Definition = D->getDefinition())
    D = Definition;
  std::string Tag = D->getNameAsString();
  if (Tag.empty())
    if (const TypedefNameDecl *T = D->getTypedefNameForAnonDecl())
      Tag = T->getNameAsString();
  Location Where = locationOf(D->getLocation());
  if (Tag.empty())
    Tag = "unnamed:" + std::to_string(Where.line);
  return Tag + "@" + Where.file;
}

std::string Names::fieldPlace(const FieldDecl *D) const {
  const RecordDecl *Record = D->getParent();
  while (Record->isAnonymousStructOrUnion() && isa<RecordDecl>(Record->getParent()))
    Record = cast<RecordDecl>(Record->getParent());
  return "F:" + recordOf(Record) + "." + D->getNameAsString();
}

std::string Names::variablePlace(const VarDecl *D) const {
  if (const auto *P = dyn_cast<ParmVarDecl>(D)) {
    if (const auto *F = dyn_cast<FunctionDecl>(P->getDeclContext()))
      return "P:" + symbolOf(F) + "#" + std::to_string(P->getFunctionScopeIndex());
    return "?";
  }
  if (D->hasLocalStorage()) {
    const auto *F = dyn_cast<FunctionDecl>(D->getDeclContext());
    return "L:" + (F ? symbolOf(F) : std::string()) + ":" + D->getNameAsString() + ":" +
           std::to_string(sources().getExpansionLineNumber(D->getLocation()));
  }
  if (D->isStaticLocal()) {
    const auto *F = dyn_cast<FunctionDecl>(D->getDeclContext());
    return "L:" + (F ? symbolOf(F) : std::string()) + ":" + D->getNameAsString() + ":0";
  }
  return "V:" + symbolOf(D);
}

std::string Names::textOf(SourceRange Range) const {
  const SourceManager &SM = sources();
  CharSourceRange File = Lexer::makeFileCharRange(CharSourceRange::getTokenRange(Range), SM, Context.getLangOpts());
  if (File.isInvalid())
    return {};
  bool Invalid = false;
  StringRef Raw = Lexer::getSourceText(File, SM, Context.getLangOpts(), &Invalid);
  if (Invalid)
    return {};
  std::string Folded;
  for (char C : Raw) {
    if (C == '\n' || C == '\t' || C == '\r')
      C = ' ';
    if (C == ' ' && (Folded.empty() || Folded.back() == ' '))
      continue;
    Folded += C;
  }
  return Folded;
}

std::vector<std::string> Names::macrosOf(SourceLocation L) const {
  std::vector<std::string> Result;
  const SourceManager &SM = sources();
  for (unsigned Guard = 0; L.isMacroID() && Guard < 64; ++Guard) {
    // Of a macro argument this steps to the parameter in the macro's body, so the macro is named before its caller.
    Result.push_back(Lexer::getImmediateMacroName(L, SM, Context.getLangOpts()).str());
    L = SM.getImmediateExpansionRange(L).getBegin();
  }
  return Result;
}

std::string Names::outermostMacro(SourceLocation L) const {
  std::vector<std::string> All = macrosOf(L);
  return All.empty() ? std::string() : All.back();
}

std::string Names::checkMacro(SourceLocation L) const {
  for (const std::string &M : macrosOf(L))
    if (std::find(R.checks.begin(), R.checks.end(), M) != R.checks.end())
      return M;
  return {};
}

bool Names::isHeadRecord(const RecordDecl *D) const {
  return D && std::find(R.heads.begin(), R.heads.end(), D->getName()) != R.heads.end();
}

unsigned Names::cachePointerDepth(QualType T) const {
  if (T.isNull())
    return 0;
  unsigned Depth = 0;
  T = T.getCanonicalType();
  while (true) {
    if (const auto *P = T->getAs<PointerType>()) {
      T = P->getPointeeType().getCanonicalType();
      ++Depth;
    } else if (const ArrayType *A = Context.getAsArrayType(T)) {
      T = A->getElementType().getCanonicalType();
    } else {
      break;
    }
  }
  const auto *Record = T->getAs<RecordType>();
  return Record && Depth <= 2 && Record->getDecl()->getName() == "kmem_cache" ? Depth : 0;
}

namespace {

void append(std::vector<std::string> &To, const std::vector<std::string> &From) {
  for (const std::string &F : From)
    if (std::find(To.begin(), To.end(), F) == To.end())
      To.push_back(F);
}

std::vector<std::string> mapped(std::vector<std::string> In, std::string (*Change)(const std::string &)) {
  for (std::string &S : In)
    S = Change(S);
  return In;
}

} // namespace

std::vector<std::string> Names::placesOf(const Expr *E) const {
  E = E->IgnoreParenCasts();
  if (const auto *Ref = dyn_cast<DeclRefExpr>(E)) {
    if (const auto *V = dyn_cast<VarDecl>(Ref->getDecl()))
      return {variablePlace(V)};
  } else if (const auto *M = dyn_cast<MemberExpr>(E)) {
    if (const auto *F = dyn_cast<FieldDecl>(M->getMemberDecl()))
      return {fieldPlace(F)};
  } else if (const auto *A = dyn_cast<ArraySubscriptExpr>(E)) {
    return mapped(valuesOf(A->getBase()), pointee);
  } else if (const auto *U = dyn_cast<UnaryOperator>(E)) {
    if (U->getOpcode() == UO_Deref)
      return mapped(valuesOf(U->getSubExpr()), pointee);
    if (U->getOpcode() == UO_Extension)
      return placesOf(U->getSubExpr());
  } else if (const auto *S = dyn_cast<StmtExpr>(E)) {
    return mapped(valuesOf(S), addressOf);
  }
  return {"?"};
}

/// Array elements and pointer arithmetic stay within one place: an array of caches is one place.
std::vector<std::string> Names::valuesOf(const Expr *E) const {
  E = E->IgnoreParens();
  if (isa<ImplicitValueInitExpr>(E) || E->isNullPointerConstant(Context, Expr::NPC_ValueDependentIsNull))
    return {"0"}; // what an initialiser leaves out is null, too
  if (const auto *Cast = dyn_cast<CastExpr>(E)) {
    if (Cast->getCastKind() == CK_ArrayToPointerDecay)
      return mapped(placesOf(Cast->getSubExpr()), addressOf);
    if (Cast->getCastKind() == CK_LValueToRValue) {
      const Expr *Inner = Cast->getSubExpr()->IgnoreParens();
      return isa<StmtExpr, ConditionalOperator>(Inner) ? valuesOf(Inner) : placesOf(Inner);
    }
    return valuesOf(Cast->getSubExpr());
  }
  if (const auto *Call = dyn_cast<CallExpr>(E)) {
    const FunctionDecl *F = calleeOf(Call);
    if (!F)
      return {"?"};
    if (R.cacheCreate(F->getNameAsString())) {
      Location Where = locationOf(Call->getBeginLoc());
      return {"N:" + Where.file + ":" + std::to_string(Where.line)};
    }
    return {"R:" + symbolOf(F)};
  }
  if (const auto *C = dyn_cast<ConditionalOperator>(E)) {
    std::vector<std::string> Both = valuesOf(C->getTrueExpr());
    append(Both, valuesOf(C->getFalseExpr()));
    return Both;
  }
  if (const auto *C = dyn_cast<BinaryConditionalOperator>(E)) {
    std::vector<std::string> Both = valuesOf(C->getCommon());
    append(Both, valuesOf(C->getFalseExpr()));
    return Both;
  }
  if (const auto *O = dyn_cast<OpaqueValueExpr>(E))
    return O->getSourceExpr() ? valuesOf(O->getSourceExpr()) : std::vector<std::string>{"?"};
  if (const auto *S = dyn_cast<StmtExpr>(E)) {
    if (const VarDecl *V = runtimeConstant(S))
      return {variablePlace(V)};
    const CompoundStmt *Body = S->getSubStmt();
    if (!Body->body_empty())
      if (const auto *Last = dyn_cast<Expr>(Body->body_back()))
        return Last->isGLValue() ? placesOf(Last) : valuesOf(Last);
    return {"?"};
  }
  if (const auto *U = dyn_cast<UnaryOperator>(E)) {
    switch (U->getOpcode()) {
    case UO_AddrOf:
      return mapped(placesOf(U->getSubExpr()), addressOf);
    case UO_Deref:
      return placesOf(E);
    case UO_PostInc: case UO_PostDec: case UO_PreInc: case UO_PreDec:
      return placesOf(U->getSubExpr());
    case UO_Extension:
      return valuesOf(U->getSubExpr());
    default:
      return {"?"};
    }
  }
  if (const auto *B = dyn_cast<BinaryOperator>(E)) {
    if (B->getOpcode() == BO_Comma)
      return valuesOf(B->getRHS());
    if (B->isAssignmentOp())
      return placesOf(B->getLHS());
    if (B->isAdditiveOp())
      return valuesOf(B->getLHS()->getType()->isPointerType() ? B->getLHS() : B->getRHS());
    return {"?"};
  }
  if (E->isGLValue() && isa<DeclRefExpr, MemberExpr, ArraySubscriptExpr>(E))
    return placesOf(E);
  return {"?"};
}

} // namespace krcu
