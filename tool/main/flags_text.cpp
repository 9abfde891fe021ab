// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/main/flags_text.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <set>

using namespace llvm;

namespace krcu {
namespace {

/// Rows as one would type them: "-include FILE" is one.
std::vector<Frontend::FlagRow> joined(const Frontend::FlagReport &R) {
  static const std::set<StringRef> Separate{"-include", "-imacros", "-isystem", "-iquote", "-idirafter"};
  std::vector<Frontend::FlagRow> Rows;
  for (size_t N = 0; N < R.rows.size(); ++N) {
    Rows.push_back(R.rows[N]);
    if (Separate.count(Rows.back().flag) && N + 1 < R.rows.size())
      Rows.back().flag += " " + R.rows[++N].flag;
  }
  return Rows;
}

} // namespace

std::string flagsText(const Frontend::FlagReport &R, const std::string &Root) {
  std::vector<Frontend::FlagRow> Rows = joined(R);
  size_t Width = 0;
  for (Frontend::FlagRow &Row : Rows) {
    if (size_t At = Row.flag.find(Root + "/"); !Root.empty() && At != std::string::npos)
      Row.flag.erase(At, Root.size() + 1);
    Width = std::max(Width, std::min<size_t>(Row.flag.size(), 60));
  }
  std::string Text = R.file + ", for " + R.variant + ":\n";
  for (const Frontend::FlagRow &Row : Rows)
    Text += "  " + Row.flag + std::string(Width > Row.flag.size() ? Width - Row.flag.size() : 0, ' ') + "  " + Row.origin + "\n";
  return Text;
}

std::string flagsJson(const Frontend::FlagReport &R) {
  json::Array Flags;
  for (const Frontend::FlagRow &Row : R.rows)
    Flags.push_back(json::Object{{"flag", Row.flag}, {"from", Row.origin}});
  std::string Text;
  raw_string_ostream Out(Text);
  Out << formatv("{0:2}", json::Value(json::Object{{"file", R.file}, {"architecture", R.variant}, {"flags", std::move(Flags)}})) << "\n";
  return Text;
}

} // namespace krcu
