// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// C as text: tokens, directives, functions, conditions, and everything that reads bodies off them.
#include "tool/fuzz/targets.h"
#include "tool/index/body_reader.h"
#include "tool/index/census.h"
#include "tool/index/condition_expression.h"
#include "tool/index/condition_table.h"
#include "tool/index/conditional_text.h"
#include "tool/index/globals.h"
#include "tool/index/lex.h"
#include "tool/index/locals.h"
#include "tool/index/scan.h"
#include "tool/index/token_table.h"
#include "tool/index/walk.h"
#include "tool/lifetime/queued.h"
#include "tool/unload/flow.h"
#include <cstring>

using llvm::StringRef;

namespace krcu {
namespace {

/// What two readers say of the same text must be the same.
void check(bool Holds) {
  if (!Holds)
    std::abort();
}

void readConditions(StringRef Text, const LexedText &L) {
  ConditionTable Table(Text);
  unsigned Looked = 0;
  for (const LexDirective &D : L.directives()) {
    if (++Looked > 50)
      break;
    check(Table.conditions(Table.at(D.line)) == conditionsAround(Text, D.line));
    for (const std::string &Each : Table.conditions(Table.at(D.line + 1)))
      static_cast<void>(ConditionExpression(Each).holds({}));
  }
  ConditionalText Groups(Text);
  std::map<size_t, int> Taken;
  for (size_t G = 0; G < Groups.groups().size() && G < 20; ++G)
    Taken[G] = static_cast<int>(G % 2);
  static_cast<void>(Groups.turned(Taken));
  Groups.around(static_cast<uint32_t>(Text.size() / 2));
}

void scanBytes(StringRef Text) {
  WatchedWords Watched;
  Watched.add("call_rcu", WatchedWords::Rule | WatchedWords::Deferral);
  FileScanner Scanner(Watched);
  ReadBuffer Buffer;
  Buffer.reserve(Text.size());
  std::memcpy(Buffer.data.get(), Text.data(), Text.size());
  Scanner.scan(Buffer.data.get(), Text.size());
  static_cast<void>(Scanner.words());
}

} // namespace

void fuzzLexers(StringRef Bytes) {
  LexedText L(Bytes);
  Outline O = outlineOf(Bytes);
  TokenTable Table(Bytes);
  unsigned Looked = 0;
  for (const LexToken &T : L.tokens())
    if (T.isIdentifier() && ++Looked < 10)
      check(Table.of(T.text).size() == findTokens(Bytes, T.text).size());
  for (const OutlineFunction &F : O.functions) {
    check(F.body_begin <= F.body_end && F.body_end <= Bytes.size());
    BodyReader Body(Bytes, F);
    static_cast<void>(flowOf(Bytes, F));
  }
  readConditions(Bytes, L);
  scanBytes(Bytes);
  static_cast<void>(globalsOf(Bytes));
  static_cast<void>(declaredIn(L));
  CensusEntry E;
  E.callback = Bytes.str();
  passesOffset(E);
  static_cast<void>(namedCallback(E.callback));
}

} // namespace krcu
