// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One architecture's way to run Clang: a compiler invocation made once and copied per file, and a view of the tree in which
// the generated headers exist. No policy: which file, which attempt and what to do on errors is decided in frontend.cpp.
#pragma once

#include "tool/frontend/blank.h"
#include "tool/frontend/bodies.h"
#include "tool/frontend/compile_commands.h"
#include "tool/frontend/door_fs.h"
#include "tool/frontend/outcome.h"
#include "tool/frontend/shared_flags.h"
#include "tool/frontend/synth/synth.h"
#include "clang/Basic/FileManager.h"
#include "clang/Frontend/CompilerInvocation.h"
#include "llvm/Support/VirtualFileSystem.h"
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace krcu {

/// One worker's view of the file system for one session; keeps stat results between files. Not thread-safe.
struct FileCache {
  llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> fs;
  llvm::IntrusiveRefCntPtr<clang::FileManager> manager;
  llvm::IntrusiveRefCntPtr<BlankingFileSystem> blank; ///< the lowest layer of fs
};

struct ParseJob {
  std::string main_file;               ///< relative to the tree
  const BodyFilter *bodies = nullptr;
  const OutlineCache *outlines = nullptr;
  const std::map<std::string, std::string> *overrides = nullptr;
  std::string pch;                     ///< precompiled header to use; empty: none
  const std::vector<ParseDiagnostic> *pch_errors = nullptr; ///< errors that it holds; null: none
  size_t pch_includes = 0;             ///< how many of the -include flags it holds
  bool pch_is_kept = false;            ///< of an earlier run: its inputs are known to be the same, but may have other times
  std::vector<std::string> front_flags; ///< -I, -D, -include flags of this file that go before the architecture's
  std::vector<std::string> flags;      ///< and those that go behind them
  std::vector<std::string> user_flags; ///< what the user has given besides; goes last
  const CompileCommands::Entry *command = nullptr; ///< the user's own flags instead of the synthesised ones
  bool warn_unused = false;
  bool trace_overlay = true;
  bool blank = true;                   ///< show the parser unwanted bodies as blanks
  const std::set<std::string> *whole_headers = nullptr; ///< not these
  std::function<bool(const ParseOutcome &)> accept; ///< asked at the end of a parse with errors: is the consumer to see it?
};

/// A precompiled header: where it is and what is in it.
struct PrecompiledHeader {
  std::string path;
  std::string family;
  std::string source;          ///< the #include lines it is made of
  bool is_kept = false;        ///< made by an earlier run
  std::set<std::string> names; ///< functions whose bodies it holds, if one of its headers defines them
  std::set<std::string> files; ///< all that went into it, as ParseOutcome::inputs
  std::vector<ParseDiagnostic> errors; ///< that the tree's headers have; what depends on them is marked in the AST
  const CompileCommands::Entry *command = nullptr; ///< of one of the files that share it; null: the synthesised flags
  SharedFlags shared = {};                         ///< of that command
};

class ParseSession {
public:
  /// All of them must outlive the result. `D`: what of the disk may be seen.
  static llvm::Expected<std::unique_ptr<ParseSession>> create(const Tree &T, const Synth &S, BlankHeaders &Blank, const Door &D);

  /// Before the first parse: a directory that a kernel was built in. Headers that it has hide the synthesised ones of the same name.
  void addBuild(const std::string &Directory);
  /// `Command`: for jobs with one; generated headers that are on disk win over the synthesised ones, which only fill gaps. Null: the other way round.
  /// `Job`: its overrides stand above everything; null: none.
  std::unique_ptr<FileCache> newFileCache(bool TraceOverlay, const CompileCommands::Entry *Command, const ParseJob *Job = nullptr) const;
  /// Runs the parser, guarded. `Consumer` may be null (only diagnostics are wanted). If the outcome has `broken`, the cache is not to be used any more.
  ParseOutcome parse(const ParseJob &Job, FileCache &Cache, const AstConsumer *Consumer) const;
  /// Shows `Header.source` to all parses, under a name that is the same in every run: the precompiled header refers to it. Not while the
  /// session parses.
  void showSource(const PrecompiledHeader &Header);
  /// Compiles `Into.source`, which is shown, into `Into.path`, with the bodies of `Into.names`; sets `Into.files`. `Whole`: headers
  /// that must not be blanked. False if that failed. With errors in a header it is made all the same, and they are in `Into.errors`.
  bool buildPch(const std::set<std::string> &Whole, PrecompiledHeader &Into) const;

private:
  ParseSession(const Tree &T, const Synth &S, BlankHeaders &Blank, const Door &D) : T(T), Root(T.root()), S(&S), Blank(Blank), TheDoor(D) {}
  ParseOutcome parseUnguarded(const ParseJob &Job, FileCache &Cache, const AstConsumer *Consumer) const;
  bool buildPchUnguarded(const std::set<std::string> &Whole, PrecompiledHeader &Into) const;
  bool overridesExist(const ParseJob &Job, FileCache &Cache) const;
  std::string sourceOf(const PrecompiledHeader &Header) const;
  std::shared_ptr<clang::CompilerInvocation> invocationFor(const ParseJob &Job, FileCache &Cache) const;
  std::vector<std::string> flagsFor(const CompileCommands::Entry &Command, const std::vector<std::string> &Flags) const;

  const Tree &T;
  const std::string Root;
  const Synth *S;
  BlankHeaders &Blank;
  const Door &TheDoor;
  std::shared_ptr<clang::CompilerInvocation> Base;
  llvm::IntrusiveRefCntPtr<llvm::vfs::InMemoryFileSystem> Generated, Trace;
  std::map<std::string, llvm::IntrusiveRefCntPtr<llvm::vfs::InMemoryFileSystem>> Gaps; ///< by build directory: what of Generated it lacks
};

} // namespace krcu
