// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Errors that are the tree's own. A header that does not parse gives the same error to each of the thousand files that include it, and no
// other way to parse them helps. So the first error of a file is looked for once in the header that has it: taken as it is, by
// itself. If it shows there, no file needs another try for it. The answer depends on the header alone and not on which file
// asked first, so it is the same for every number of threads.
#include "tool/frontend/frontend.h"
#include "tool/frontend/frontend_parts.h"
#include <algorithm>
#include <tuple>

using namespace llvm;

namespace krcu {
namespace {

std::string nameOf(const ParseDiagnostic &D) { return D.file + ":" + std::to_string(D.line) + ": " + D.text; }

} // namespace

void Frontend::makeHeaderErrors(Variant &V, const std::string &Header, Worker &W, HeaderErrors &To) {
  std::map<std::string, std::string> Overrides{{HeadersMain, "#include \"" + T.absolute(Header) + "\"\n"}};
  ParseRequest Request;
  Request.file = Header;
  Request.overrides = &Overrides;
  Attempt AsItIs;
  AsItIs.pch = AsItIs.blank = AsItIs.trace_overlay = false;
  std::set<std::string> Outer = std::move(W.inputs);
  W.inputs.clear();
  ParseOutcome Out = parseUnder(V, Request, HeadersMain, W, AsItIs, nullptr);
  for (const ParseDiagnostic &D : Out.diagnostics)
    if (D.error)
      To.found.insert(nameOf(D));
  To.inputs = std::move(W.inputs);
  W.inputs = std::move(Outer);
}

bool Frontend::isOfTree(Variant &V, const ParseDiagnostic &D, const std::string &Main, Worker &W) {
  if (D.of_tree)
    return true;
  if (D.file.empty() || D.file == Main || D.file == HeadersMain || !T.has(D.file))
    return false;
  HeaderErrors *Found;
  {
    std::lock_guard<std::mutex> Guard(HeaderErrorsLock);
    auto &Slot = ErrorsOfHeaders[{&V, D.file}];
    if (!Slot)
      Slot = std::make_unique<HeaderErrors>();
    Found = Slot.get();
  }
  std::call_once(Found->made, [&] { makeHeaderErrors(V, D.file, W, *Found); });
  W.inputs.insert(Found->inputs.begin(), Found->inputs.end());
  return Found->found.count(nameOf(D)) != 0;
}

void Frontend::noteTreeErrors(const ParseOutcome &Out) {
  if (!Out.built)
    return; // an error under an architecture that does not build the file says nothing of the tree
  for (const ParseDiagnostic &D : Out.diagnostics) {
    if (!D.error)
      continue;
    if (D.file != Out.main_file && !D.file.empty()) {
      std::lock_guard<std::mutex> Guard(CountLock);
      MetErrors[nameOf(D)].insert(Out.main_file);
    }
    return; // those behind the first may follow from it
  }
}

std::vector<Frontend::TreeError> Frontend::treeErrors() const {
  std::lock_guard<std::mutex> Guard(CountLock);
  std::vector<TreeError> Result;
  for (const auto &[Text, Files] : MetErrors)
    Result.push_back({Text, static_cast<unsigned>(Files.size())});
  std::sort(Result.begin(), Result.end(), [](const TreeError &A, const TreeError &B) { return std::tie(B.files, A.text) < std::tie(A.files, B.text); });
  return Result;
}

void Frontend::count(const Variant &V, const std::string &File) {
  ++stats.parses;
  std::lock_guard<std::mutex> Guard(CountLock);
  ++ParsesOf[{V.synth->variant, File}];
}

unsigned Frontend::maxParsesOfAFile() const {
  std::lock_guard<std::mutex> Guard(CountLock);
  unsigned Most = 0;
  for (const auto &[File, Count] : ParsesOf)
    Most = std::max(Most, Count);
  return Most;
}

} // namespace krcu
