// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/models/timelines.h"
#include "tool/support/error.h"
#include "tool/support/parallel.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <map>
#include <mutex>
#include <optional>

namespace krcu {
namespace {

std::string objectName(unsigned Number) { return std::string(1, static_cast<char>('A' + Number)); }

/// What the number at the end of a line means is said by the word before it; most lines have none.
std::string withNumber(llvm::StringRef Text, int Number) {
  if (Text.consume_back(", set")) {
    std::string Names;
    for (unsigned N = 0; N < 8; ++N)
      if (Number & (1 << N))
        Names += (Names.empty() ? ": " : ", ") + objectName(N);
    return Text.str() + Names;
  }
  if (Text.ends_with("object") || Text.ends_with("object of another cache"))
    return Text.str() + " " + objectName(Number);
  for (const char *Word : {"CPU", "units", "unit", "reads", "size", "says"})
    if (Text.ends_with(Word))
      return Text.str() + " " + std::to_string(Number);
  return Text.str();
}

std::string padded(std::string Text, size_t Width) {
  Text.resize(std::max(Text.size(), Width), ' ');
  return Text;
}

} // namespace

std::string timelineStep(const std::string &Said) {
  llvm::SmallVector<llvm::StringRef> Parts;
  llvm::StringRef(Said).drop_front().split(Parts, ';');
  if (Parts.size() < 4)
    return Said;
  int Cpu = -1, Number = 0;
  Parts.front().getAsInteger(10, Cpu);
  Parts[3].getAsInteger(10, Number);
  return padded(Cpu < 0 ? "" : "CPU " + std::to_string(Cpu), 7) + padded(Parts[1].str(), 13) + withNumber(Parts[2], Number);
}

llvm::Expected<std::vector<Timeline>> makeTimelines(const std::string &Directory, const std::vector<Question> &Questions,
                                                    const Answers &A, unsigned Jobs) {
  std::vector<const Question *> Told;
  std::map<std::string, std::optional<Model>> Models;
  for (const Question &Q : Questions)
    if (const ModelAnswer *Answer = A.find(Q.model, Q.run); Q.told && Answer && !Answer->holds) {
      Told.push_back(&Q);
      Models[Q.model];
    }
  for (auto &[Name, M] : Models) {
    auto Built = Model::build(Directory + "/" + Name, {}, true);
    if (!Built)
      return Built.takeError();
    M.emplace(std::move(*Built));
  }
  std::vector<Timeline> Result(Told.size());
  std::mutex Lock;
  llvm::Error First = llvm::Error::success();
  parallelFor(Jobs, Told.size(), [&](size_t I, unsigned) {
    const Question &Q = *Told[I];
    auto Answer = Models.find(Q.model)->second->askForTrail(Q.run);
    std::lock_guard<std::mutex> Guard(Lock);
    if (!Answer) {
      First = llvm::joinErrors(std::move(First), Answer.takeError());
      return;
    }
    if (Answer->holds || Answer->said.empty())
      First = llvm::joinErrors(std::move(First), fail(Q.era + ", " + Q.row + ": the two searches disagree, or the trail is empty"));
    Result[I] = {Q.era, Q.row, Q.shows, {}};
    for (const std::string &Line : Answer->said)
      Result[I].steps.push_back(timelineStep(Line));
  });
  if (First)
    return First;
  return Result;
}

} // namespace krcu
