// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the parses of all files have shown of heads, laid together.
#pragma once

#include "tool/driver/scan.h"
#include "tool/slim/uses.h"
#include <map>
#include <set>
#include <string>
#include <vector>

namespace krcu::slim {

class Evidences {
public:
  Evidences(Scan &S, const Rows &R) : S(S), R(R) {}

  using Wanted = std::map<std::string, Demand>; ///< by file: the bodies
  /// Parses what has not been parsed for this before. `Names`: of members.
  void parse(const Wanted &Files, const std::set<std::string> &Names);
  /// Tries other configurations until the lines, by file, are compiled.
  void parseHidden(const std::map<std::string, std::set<unsigned>> &Lines, const std::set<std::string> &Names);

  /// All uses of a member, in the order of their tokens.
  std::vector<Use> of(const Place &Member) const;
  /// What a token is, in each way that was seen.
  std::vector<Use> at(const Place &Token) const;
  std::vector<WholeUse> wholeOf(const Place &Member) const;
  const MemberInfo *member(const Place &Member) const; ///< null: no parse has shown it
  /// The parsed files in which the member is used.
  std::set<std::string> filesOf(const Place &Member) const;
  /// Why what the parse of the file says is not to be relied on; empty: it is, or it was not parsed.
  std::string problem(const std::string &File) const;
  /// What was parsed of a file, and what Clang said.
  const Demand *served(const std::string &File) const;
  const ParseOutcome *outcome(const std::string &File) const;
  /// Whether anything but its own definition says the name of a macro.
  bool isUsed(const Database &DB, const std::string &Macro) const;

  ParseRequest requestFor(const std::string &File, const Demand &D) const;
  UseQuestion question(const std::set<std::string> &Names) const;

private:
  struct Job;
  void add(const std::vector<std::string> &Files, UnitUses U);
  std::vector<Job> jobsFor(const Wanted &Asked) const;
  void run(std::vector<Job> &Jobs, const std::set<std::string> &Names);
  std::vector<UnitUses> showLines(const std::string &File, std::set<unsigned> Lines, const UseQuestion &Q, unsigned Worker) const;

  struct Parsed {
    Demand served;
    ParseOutcome outcome;
  };
  Scan &S;
  const Rows &R;
  std::map<std::string, Parsed> Files;
  std::map<Place, std::vector<Use>> Uses;                ///< by token
  std::map<Place, std::set<Place>> Tokens;               ///< by member
  std::map<Place, std::vector<WholeUse>> Whole;          ///< by member
  std::map<Place, MemberInfo> Members;
  std::map<Place, std::set<std::string>> Showing;        ///< by member: parsed files
};

} // namespace krcu::slim
