// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The subcommands and their options.
#pragma once

#include "tool/main/gates.h"
#include "tool/main/presentation.h"
#include "tool/main/review_commands.h"
#include "tool/main/series_commands.h"
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace krcu {

struct Options {
  std::string tree;
  std::vector<std::string> paths;      ///< positional and --paths
  std::vector<std::string> rules;
  std::vector<std::string> assume;
  std::vector<std::string> families;
  std::string compile_commands;
  std::string kernel;
  UserFlags user_flags;
  std::string format = "text";
  std::string why;                     ///< semantics: a row of the table of eras
  GateOptions gate;                    ///< scan
  std::string place;                   ///< explain: a place or a name
  bool flags = false;                  ///< explain: the compiler flags of a file instead
  std::string cache;                   ///< directory; empty: the user's own
  std::vector<std::string> facts;      ///< files of krcu extract
  std::string shard = "1/1";           ///< extract: I/N
  std::string output;                  ///< extract: where the facts go
  unsigned jobs = 0;                   ///< 0: all processors
  bool stats = false;
  bool all = false;
  bool in_place = false;
  bool drop_barriers = false;
  bool slim_heads = false;             ///< patch: smaller heads instead of conversions
  bool allow_hurry = false;
  bool no_pch = false;
  bool parse_all = false;
  PrintOptions print;
  ReviewOptions review;
  AuditCommandOptions audit;
  bool no_cache = false;
  SeriesOptions series;                ///< patch --series, --commit; verify
};

const char *versionText();
void addCommands(CLI::App &App, Options &O);
/// Runs the chosen subcommand; returns the exit status.
int runCommand(CLI::App &App, const Options &O, const char *Executable);

} // namespace krcu
