// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// krcu-models check|write [RULES]: asks Spin all questions and compares with RULES/semantics/eras.yaml; `write` also makes
// RULES/semantics/timelines.yaml anew. A tool of the developer; krcu itself only reads what is stored.
#include "tool/models/timelines.h"
#include "tool/support/error.h"
#include "tool/support/io.h"
#include "tool/support/parallel.h"
#include <cstdio>

using namespace krcu;

namespace {

int error(llvm::Error E) {
  std::fprintf(stderr, "krcu-models: %s\n", message(std::move(E)).c_str());
  return 2;
}

} // namespace

int main(int Argc, char **Argv) {
  const std::string Command = Argc > 1 ? Argv[1] : "";
  if (Argc < 2 || Argc > 3 || (Command != "check" && Command != "write")) {
    std::fprintf(stderr, "usage: krcu-models check|write [RULES]\n");
    return 2;
  }
  const std::string Directory = std::string(Argc > 2 ? Argv[2] : KRCU_RULES) + "/semantics";
  auto Table = loadEraTable(Directory + "/eras.yaml");
  if (!Table)
    return error(Table.takeError());
  const std::vector<Question> Questions = allQuestions(*Table);
  auto A = askAll(Directory, Questions, defaultJobs());
  if (!A)
    return error(A.takeError());
  const std::vector<std::string> Wrong = mismatches(Questions, *A);
  for (const std::string &Line : Wrong)
    std::printf("%s\n", Line.c_str());
  std::printf("%zu questions, %u searches, %lu states: %zu answers differ from the table\n", Questions.size(), A->runs(), A->states(),
              Wrong.size());
  if (!Wrong.empty())
    return 1;
  if (Command == "write") {
    auto Timelines = makeTimelines(Directory, Questions, *A, defaultJobs());
    if (!Timelines)
      return error(Timelines.takeError());
    if (llvm::Error E = writeFileAtomically(Directory + "/timelines.yaml", timelinesYaml(*Timelines)))
      return error(std::move(E));
    std::printf("%zu timelines\n", Timelines->size());
  }
  return 0;
}
