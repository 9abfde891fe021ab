// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/series/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <atomic>
#include <pcre2.h>

namespace krcu::series {

struct Regex::Code {
  pcre2_code *code = nullptr;
  pcre2_match_context *context = nullptr;
  pcre2_match_data *data = nullptr;
  mutable std::atomic<bool> slow = false; ///< one text was too much for it
  ~Code() {
    pcre2_match_data_free(data);
    pcre2_match_context_free(context);
    pcre2_code_free(code);
  }
};

std::optional<Regex> Regex::compile(const std::string &Pattern, bool Extended) {
  int Error = 0;
  PCRE2_SIZE Offset = 0;
  uint32_t Flags = PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF | (Extended ? PCRE2_EXTENDED : 0);
  auto C = std::make_shared<Code>();
  C->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(Pattern.data()), Pattern.size(), Flags, &Error, &Offset, nullptr);
  if (!C->code)
    return std::nullopt;
  C->context = pcre2_match_context_create(nullptr);
  C->data = pcre2_match_data_create(1, nullptr);
  if (!C->context || !C->data)
    return std::nullopt;
  pcre2_set_match_limit(C->context, 100000); // real ones take some hundred
  pcre2_set_heap_limit(C->context, 20000); // KiB
  return Regex(std::move(C));
}

bool Regex::matches(llvm::StringRef Text) const {
  if (Compiled->slow) // it would be too much again, for each of the mail's lines
    return false;
  int Found = pcre2_match(Compiled->code, reinterpret_cast<PCRE2_SPTR>(Text.data()), Text.size(), 0, 0, Compiled->data, Compiled->context);
  if (Found == PCRE2_ERROR_MATCHLIMIT || Found == PCRE2_ERROR_DEPTHLIMIT || Found == PCRE2_ERROR_HEAPLIMIT)
    Compiled->slow = true;
  return Found >= 0;
}

} // namespace krcu::series
