// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a scan has files parsed: demands become tasks, tasks run on all threads, and what they show goes into the database.
#include "tool/driver/scan.h"
#include "matchers/extract.h"
#include "tool/lifetime/mentions.h"
#include "tool/support/parallel.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <tuple>

using namespace llvm;

namespace krcu {

ParseRequest Scan::requestFor(const ParseTask &T) const {
  ParseRequest Request;
  Request.file = T.files.front();
  Request.together.assign(T.files.begin() + 1, T.files.end());
  Request.variant = T.variant;
  Request.force = T.force;
  Request.bodies.words = T.demand.words;
  Request.bodies.names = T.demand.names;
  Request.bodies.headers = CensusHeaders;
  return Request;
}

void Scan::parseOne(ParseTask &T, unsigned Worker) { parseFor(requestFor(T), T.demand, Worker, T.facts, T.outcome); }

void Scan::parseTask(ParseTask &T, unsigned Worker) {
  auto Begin = std::chrono::steady_clock::now();
  parseOne(T, Worker);
  T.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - Begin).count();
}

namespace {

/// What the matchers need to tell the sound from the spoiled. Errors that were counted and not kept have no place, so nothing is sound.
std::vector<SourceError> errorsOf(const ParseOutcome &Outcome) {
  std::vector<SourceError> Errors;
  for (const ParseDiagnostic &D : Outcome.diagnostics)
    if (D.error)
      Errors.push_back({D.file, D.line, D.text});
  if (Errors.size() < Outcome.errors)
    Errors.push_back({"", 0, std::to_string(Outcome.errors) + " errors"});
  return Errors;
}

} // namespace

void Scan::parseFor(ParseRequest Request, const Demand &D, unsigned Worker, FileFacts &To, ParseOutcome &Outcome) {
  FactsCache *Facts = Cache && !Request.overrides ? Cache->facts() : nullptr; // it knows the disk only
  Digest Key = Facts ? Facts->keyOf(Request, D) : Digest();
  if (auto Kept = Facts ? Facts->find(Key) : std::nullopt) {
    To = std::move(Kept->facts);
    Outcome = std::move(Kept->outcome);
    return;
  }
  std::set<std::string> Inputs;
  bool Known = true;
  ExtractOptions EO = extractOptions(Request.file);
  EO.summarise = D.summarise;
  EO.trace = D.trace;
  EO.bodies = Request.bodies.names;
  for (int Round = 0; Round < 3; ++Round) {
    Outcome = TheFrontend->parse(Request, Worker, [&](clang::ASTContext &Context, const std::vector<clang::Decl *> &Decls, const ParseOutcome &Seen) {
      EO.errors = errorsOf(Seen);
      To = extractFacts(Context, Request.file, Decls, EO);
    });
    Inputs.insert(Outcome.inputs.begin(), Outcome.inputs.end());
    Known = Known && Outcome.inputs_known;
    size_t Before = Request.bodies.names.size();
    Request.bodies.names.insert(To.missing_bodies.begin(), To.missing_bodies.end());
    EO.bodies = Request.bodies.names;
    if (Request.bodies.names.size() == Before)
      break;
  }
  To.file = Request.file;
  if (!Facts)
    return;
  Outcome.inputs.assign(Inputs.begin(), Inputs.end()); // of all rounds
  Outcome.inputs_known = Known;
  Facts->keep(Key, To, Outcome);
}

/// A task a file; headers that go together in one. The long ones first, so that no thread is left alone with one at the end: what may have to
/// do without a precompiled header, then by size.
std::vector<Scan::ParseTask> Scan::tasksFor(const std::map<std::string, Demand> &Wanted) const {
  std::vector<ParseTask> Tasks;
  ParseTask Headers;
  for (const auto &[File, D] : Wanted) {
    ParseTask &T = TheFrontend->standsAlone(File) ? Headers : Tasks.emplace_back();
    T.files.push_back(File);
    T.demand.add(D);
    if (int Id = TheIndex->find(File); Id >= 0)
      T.size += TheIndex->files()[static_cast<size_t>(Id)].size;
  }
  if (!Headers.files.empty())
    Tasks.push_back(std::move(Headers));
  auto Key = [](const ParseTask &T) {
    StringRef File = T.files.front();
    return std::tuple(!(File.ends_with(".h") || File.starts_with("arch/")), -static_cast<int64_t>(T.size), File);
  };
  std::sort(Tasks.begin(), Tasks.end(), [&](const ParseTask &A, const ParseTask &B) { return Key(A) < Key(B); });
  return Tasks;
}

/// Of every architecture that one of the files belongs to.
void Scan::readMakefiles(const std::vector<ParseTask> &Tasks) {
  std::set<std::string> Known;
  for (const ParseTask &T : Tasks) {
    StringRef File = T.files.front();
    std::string Arch = File.consume_front("arch/") ? File.split('/').first.str() : std::string();
    if (Known.insert(Arch).second)
      TheFrontend->moduleOf(T.files.front());
  }
}

/// \p Hidden: lines to be looked for under other configurations, too. True if one was shown.
bool Scan::parseAll(const std::map<std::string, Demand> &Wanted, const HiddenLines &Hidden) {
  std::vector<ParseTask> Tasks = tasksFor(Wanted);
  std::vector<ParseTask> Alone; // headers that do not go together
  std::vector<HiddenLines::value_type> Lines(Hidden.begin(), Hidden.end());
  std::vector<std::optional<OtherConfiguration>> Shown(Lines.size());
  auto Run = [&](std::vector<ParseTask> &Some, size_t Extra, const std::set<std::string> &Done) {
    if (Options.progress && !Some.empty()) {
      Options.progress->phase("parse");
      Options.progress->add(Some.size());
    }
    // At the head, the first time, unless that is done: the makefiles of the tree are read once, and the judge will ask for them.
    size_t Make = !MakefilesRead && !Some.empty() && Options.verdict.whole_life ? 1 : 0;
    MakefilesRead = MakefilesRead || Make;
    parallelFor(Options.jobs, Some.size() + Extra + Make, [&](size_t Index, unsigned Worker) {
      if (Index < Make)
        return readMakefiles(Some);
      size_t N = Index - Make;
      if (N < Extra) { // several parses one after the other, so they begin first
        auto It = Wanted.find(Lines[N].first.first);
        Shown[N] = showLine(Lines[N], It == Wanted.end() ? DB->served(Lines[N].first.first) : It->second, Worker);
        return;
      }
      N -= Extra;
      if (!Done.count(Some[N].files.front()))
        parseTask(Some[N], Worker);
      if (Options.progress)
        Options.progress->done();
    });
  };
  std::set<std::string> Done; // parsed while the precompiled headers were made, for the same demands
  for (ParseTask &T : Tasks)
    if (auto It = Early.find(T.files.front()); It != Early.end()) {
      T = std::move(It->second);
      Early.erase(It);
      Done.insert(T.files.front());
    }
  Run(Tasks, Lines.size(), Done);
  for (ParseTask &T : Tasks) {
    if (T.outcome.errors && T.files.size() > 1)
      for (const std::string &File : T.files)
        Alone.push_back({{File}, Wanted.at(File), 0, {}, {}, {}, {}, 0});
    else
      take(std::move(T));
  }
  Run(Alone, 0, {});
  for (ParseTask &T : Alone)
    take(std::move(T));
  DB->link();
  return addShown(std::move(Shown));
}

/// Which headers a file of the module lacks.
void Scan::noteMissing(const ParseOutcome &Out) {
  if (!TheTree->isMounted(Out.main_file))
    return;
  if (Out.missing_includes.empty())
    Lacking.erase(Out.main_file);
  else
    Lacking[Out.main_file] = {Out.missing_includes.begin(), Out.missing_includes.end()};
}

/// The facts of a parse into the database.
void Scan::take(ParseTask T) {
  TheFrontend->noteTreeErrors(T.outcome);
  noteMissing(T.outcome);
  std::string Cause = T.outcome.errors ? T.outcome.cause : std::string();
  if (T.outcome.errors && Cause.empty())
    Cause = std::to_string(T.outcome.errors) + " errors";
  for (const std::string &File : T.files) {
    Parsed.insert(File);
    FileSeconds[File] += T.seconds / static_cast<double>(T.files.size());
    FileFacts Facts; // all of them stand under the first name
    if (&File == &T.files.front())
      Facts = std::move(T.facts);
    Facts.file = File;
    if (T.outcome.parsed)
      DB->add(std::move(Facts), T.demand, Cause);
    else
      DB->addUnparsed(File, T.demand, Cause);
    Problems.erase(std::remove_if(Problems.begin(), Problems.end(), [&](const ParseProblem &P) { return P.file == File; }), Problems.end());
    if (!Cause.empty())
      Problems.push_back({File, Cause, T.outcome.built, false});
  }
}

/// Whether a callback that is judged may free into a slab cache.
bool Scan::asksForCaches() const {
  const std::set<std::string> &Families = Options.verdict.families;
  return llvm::any_of(TheRules.frees, [&](const FreeRule &F) { return F.cache && (Families.empty() || Families.count(F.family)); });
}

/// For the tasks that no cache knows: if it knows all of them, there is nothing to prepare.
void Scan::preparePch(std::vector<ParseTask> Tasks) {
  Timing::Phase P(Times, "precompiled header");
  FactsCache *Facts = Cache ? Cache->facts() : nullptr;
  std::vector<char> Known(Tasks.size());
  parallelFor(Options.jobs, Facts ? Tasks.size() : 0, [&](size_t N, unsigned) {
    Known[N] = Facts->knows(Facts->keyOf(requestFor(Tasks[N]), Tasks[N].demand));
  });
  std::vector<std::string> Files;
  std::set<std::string> Names;
  for (size_t N = 0; N < Tasks.size(); ++N)
    if (!Known[N]) {
      Files.insert(Files.end(), Tasks[N].files.begin(), Tasks[N].files.end());
      Names.insert(Tasks[N].demand.names.begin(), Tasks[N].demand.names.end());
    }
  std::sort(Files.begin(), Files.end());
  // There are fewer headers to make than there are threads.
  auto Beside = [&](const Frontend::WhilePch &While) {
    if (Options.verdict.whole_life)
      readMakefiles(Tasks);
    if (Options.verdict.whole_life && While.busy() && asksForCaches())
      prepareCacheMentions(*DB);
    for (ParseTask &T : Tasks) {
      if (!While.busy())
        break;
      if (!std::all_of(T.files.begin(), T.files.end(), [&](const std::string &File) { return While.alone.count(File) != 0; }))
        continue;
      parseTask(T, While.worker);
      Early.emplace(T.files.front(), std::move(T));
    }
  };
  MakefilesRead = TheFrontend->preparePch(Files, Names, Beside, Facts);
}

ExtractOptions Scan::extractOptions(const std::string &File) const {
  ExtractOptions Result;
  Result.root = TheTree->root();
  Result.rules = &TheRules;
  if (!TheTree->isSubject(File)) // a name that the module gives the linker is another one in the kernel
    Result.foreign = &ModuleNames;
  return Result;
}

} // namespace krcu
