// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which identifier of the tokens before a '{' is the name of the function being defined, if any. Used on
// raw-lexed tokens (outline) and on the cheap tokens of the byte pass (index), so that both agree.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace krcu {

struct HeadToken {
  llvm::StringRef text;
  bool identifier = false;
  bool starts_line = false;
};

struct FunctionHead {
  int name = -1; ///< index of the name's token; -1: no function
  int begin = 0; ///< index of the declaration's first token
  bool is_static = false;

  bool isFunction() const { return name >= 0; }
};

FunctionHead analyseHead(llvm::ArrayRef<HeadToken> Tokens);

/// "MACRO(name) { ... };" at file level defines a type if the braces hold members and no statement. \p Body: the text between
/// the braces. Only to be asked where nothing stands before the macro and a ';' behind the braces.
bool isRecordBody(llvm::StringRef Body);

} // namespace krcu
