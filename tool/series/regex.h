// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The patterns of MAINTAINERS are Perl's; PCRE2 reads them as Perl does. They come from the tree, so how long one match may take
// is bounded.
#pragma once

#include "llvm/ADT/StringRef.h"
#include <memory>
#include <optional>
#include <string>

namespace krcu::series {

class Regex {
public:
  /// `Extended`: Perl's /x. Nothing if the pattern is no regular expression.
  static std::optional<Regex> compile(const std::string &Pattern, bool Extended);
  /// Somewhere in `Text`, which may hold bytes that are not UTF-8. A match that takes too long counts as none.
  bool matches(llvm::StringRef Text) const;

private:
  struct Code;
  explicit Regex(std::shared_ptr<const Code> C) : Compiled(std::move(C)) {}
  std::shared_ptr<const Code> Compiled;
};

} // namespace krcu::series
