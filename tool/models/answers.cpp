// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/models/answers.h"
#include "tool/support/error.h"
#include "tool/support/parallel.h"
#include <mutex>
#include <optional>
#include <set>

namespace krcu {
namespace {

constexpr unsigned All = 0;

/// Runs that differ only in the property.
struct Group {
  std::string model;
  ModelRun run;
  std::set<unsigned> properties;
};

std::vector<Group> groupsOf(const std::vector<Question> &Questions) {
  std::map<std::tuple<std::string, unsigned, unsigned, unsigned, unsigned>, Group> Groups;
  for (const Question &Q : Questions) {
    Group &G = Groups[{Q.model, Q.run.scene, Q.run.use, Q.run.shape, Q.run.other}];
    G.model = Q.model;
    G.run = Q.run;
    G.properties.insert(Q.run.property);
  }
  std::vector<Group> Result;
  for (auto &[Key, G] : Groups)
    Result.push_back(std::move(G));
  return Result;
}

/// All answers of one group.
llvm::Expected<std::vector<std::pair<ModelRun, ModelAnswer>>> askGroup(const Model &M, const Group &G) {
  std::vector<std::pair<ModelRun, ModelAnswer>> Result;
  ModelRun Run = G.run;
  bool AllHold = false;
  if (G.properties.size() > 1) {
    Run.property = All;
    auto A = M.ask(Run);
    if (!A)
      return A.takeError();
    AllHold = A->holds;
    if (AllHold)
      for (unsigned P : G.properties) {
        Run.property = P;
        Result.emplace_back(Run, *A);
        A->states = 0; // counted once
      }
  }
  if (!AllHold)
    for (unsigned P : G.properties) {
      Run.property = P;
      auto A = M.ask(Run);
      if (!A)
        return A.takeError();
      Result.emplace_back(Run, std::move(*A));
    }
  return Result;
}

} // namespace

Answers::Key Answers::key(const std::string &Model, const ModelRun &R) {
  return {Model, R.scene, R.use, R.shape, R.other, R.property};
}

void Answers::add(const std::string &Model, const ModelRun &Run, ModelAnswer A) {
  States += A.states;
  Runs += A.states != 0;
  Said[key(Model, Run)] = std::move(A);
}

const ModelAnswer *Answers::find(const std::string &Model, const ModelRun &Run) const {
  auto It = Said.find(key(Model, Run));
  return It == Said.end() ? nullptr : &It->second;
}

llvm::Expected<Answers> askAll(const std::string &Directory, const std::vector<Question> &Questions, unsigned Jobs) {
  std::vector<Group> Groups = groupsOf(Questions);
  std::vector<std::string> Names;
  for (const Group &G : Groups)
    if (Names.empty() || Names.back() != G.model)
      Names.push_back(G.model); // the groups are sorted by model

  std::vector<std::optional<Model>> Models(Names.size());
  std::vector<std::vector<std::pair<ModelRun, ModelAnswer>>> Said(Groups.size());
  std::mutex Lock;
  llvm::Error First = llvm::Error::success();
  auto Note = [&](llvm::Error E) {
    std::lock_guard<std::mutex> Guard(Lock);
    First = llvm::joinErrors(std::move(First), std::move(E));
  };
  parallelFor(Jobs, Names.size(), [&](size_t I, unsigned) {
    if (auto M = Model::build(Directory + "/" + Names[I]))
      Models[I].emplace(std::move(*M));
    else
      Note(M.takeError());
  });
  if (First)
    return First;
  parallelFor(Jobs, Groups.size(), [&](size_t I, unsigned) {
    size_t At = std::find(Names.begin(), Names.end(), Groups[I].model) - Names.begin();
    if (auto A = askGroup(*Models[At], Groups[I]))
      Said[I] = std::move(*A);
    else
      Note(A.takeError());
  });
  if (First)
    return First;
  Answers Result;
  for (size_t I = 0; I < Groups.size(); ++I)
    for (auto &[Run, A] : Said[I])
      Result.add(Groups[I].model, Run, std::move(A));
  return Result;
}

std::vector<std::string> mismatches(const std::vector<Question> &Questions, const Answers &A) {
  std::vector<std::string> Lines;
  for (const Question &Q : Questions) {
    const ModelAnswer *Answer = A.find(Q.model, Q.run);
    if (!Answer)
      Lines.push_back(Q.era + ", " + Q.row + ": the model was not asked");
    else if (Answer->holds != Q.holds)
      Lines.push_back(Q.era + ", " + Q.row + ": " +
                      (Q.holds ? "the table denies, but the model shows: " : "the table says, but no run of the model shows: ") + Q.shows);
  }
  return Lines;
}

} // namespace krcu
