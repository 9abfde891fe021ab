// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parses one file of an unconfigured, unbuilt tree with Clang. It chooses the architecture, lays the generated
// headers over the tree in memory, shares a precompiled header, and skips the bodies of functions that nobody asked
// for. It knows nothing of RCU: what to keep comes in as words. Nothing is written into the tree.
//
// Use: create() once; then parse() from any thread, each with a worker number of its own. A first pass may ask
// preparePch() for the files it is going to parse, so that one header serves them all.
#pragma once

#include "tool/frontend/bodies.h"
#include "tool/frontend/compile_commands.h"
#include "tool/frontend/outcome.h"
#include "tool/frontend/synth/synth.h"
#include "tool/index/index.h"
#include "tool/store/digest.h"
#include "tool/kbuild/kbuild.h"
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace krcu {

class BlankHeaders;
class Door;
struct PrecompiledHeader;

struct FrontendOptions {
  unsigned jobs = 1;
  std::vector<std::string> only_variants;      ///< architectures to try; empty: all that the tree has
  std::shared_ptr<CompileCommands> commands;   ///< the user's own build; null: synthesised
  std::vector<std::string> user_flags;         ///< of checkedFlags(); for the files that are the subject
  bool use_pch = true;
};

struct ParseRequest {
  std::string file;                 ///< relative to the tree; a .c file, a fragment included by one, or a header
  std::vector<std::string> together; ///< of a header: others to be seen in the same parse (each must stand alone)
  BodyFilter bodies;                ///< which function bodies are wanted
  const std::map<std::string, std::string> *overrides = nullptr; ///< path -> text that stands in for the file on disk
  bool warn_unused = false;         ///< report -Wunused-* (of the bodies that are parsed)
  bool no_pch = false;
  std::string variant;              ///< force this architecture; empty: choose
  std::map<std::string, std::string> force; ///< CONFIG symbols to force (with variant or the chosen one)
};

/// A precompiled header as it is kept between runs. It depends on what `files` names (as ParseOutcome::inputs) and on nothing else.
struct KeptHeader {
  std::string bytes, source;
  std::set<std::string> names; ///< functions whose bodies it holds
  std::set<std::string> files;
};

/// Where precompiled headers of earlier runs are. Called by one thread at a time.
class HeaderShelf {
public:
  virtual ~HeaderShelf() = default;
  /// One whose inputs are as they were; nothing: there is none.
  virtual std::optional<KeptHeader> find(const std::string &Variant, const std::string &Family) = 0;
  virtual void keep(const std::string &Variant, const std::string &Family, KeptHeader Header) = 0;
};

class Frontend {
public:
  /// `T` and `I` must outlive the result.
  static llvm::Expected<std::unique_ptr<Frontend>> create(const Tree &T, const Index &I, FrontendOptions Options);
  ~Frontend();
  /// Removes the precompiled headers; nothing can be parsed any more. The destructor does so, too.
  void removeTemporaries();

  /// Makes the usual architecture ready before anybody asks; for a thread of its own.
  void warmUp() {
    if (!AllVariants.empty() && !Options.commands)
      variant(AllVariants.front());
  }

  /// Builds the shared headers for the files about to be parsed (those that the first architecture compiles), with the bodies of the
  /// functions `Names`. Never fails: without one parsing is slower. \p Beside: something else for a thread that would have to wait. It may
  /// parse files that none of the headers will serve. True if it was called: not if there is no header to make.
  /// \p Shelf: where to look first, and to leave what is made; may be null.
  struct WhilePch {
    std::set<std::string> alone; ///< files that no header will serve
    unsigned worker;             ///< number to parse with
    std::function<bool()> busy;  ///< whether a header is still being made
  };
  bool preparePch(const std::vector<std::string> &Files, const std::set<std::string> &Names,
                  const std::function<void(const WhilePch &)> &Beside = [](auto &) {}, HeaderShelf *Shelf = nullptr);

  /// Parses; calls `Consumer` at most once, on the attempt with the fewest errors. Thread-safe for distinct workers.
  ParseOutcome parse(const ParseRequest &Request, unsigned Worker, const AstConsumer &Consumer);

  /// What an "=variant" of ParseOutcome::inputs stands for: a digest of all that is synthesised for it, and the files of the tree from
  /// which it was made. Does not depend on where the tree is.
  Digest variantDigest(const std::string &Key, std::vector<std::string> &MadeFrom);
  /// Files that decide, besides its inputs, how the request is parsed: who includes it.
  std::vector<std::string> waysTo(const ParseRequest &Request) const;

  /// Whether any file may include the header: then it needs no particular file to be seen through.
  bool standsAlone(const std::string &Header) const;

  /// Which module the file is part of (independent of the configuration).
  ModuleInfo moduleOf(const std::string &File);
  std::vector<std::string> filesOfModule(const std::string &File);
  std::vector<std::string> missingOfModule(const std::string &File);
  /// Why the makefiles may list more of it than is known.
  std::vector<std::string> flawsOfModule(const std::string &File);
  /// Architectures to try for a file, the usual one first.
  std::vector<std::string> variantsToTry(const std::string &File) { return candidateVariants(File); }
  /// The flags a file is parsed with, for people: of the architecture that would be tried first and builds it.
  struct FlagRow {
    std::string flag, origin; ///< origin: "FILE:LINE" of a makefile, or "krcu: why"
  };
  struct FlagReport {
    std::string file;    ///< the .c file that is parsed
    std::string variant; ///< empty: none can be used
    std::string problem; ///< why not, or why no architecture builds the file
    std::vector<FlagRow> rows;
  };
  FlagReport flagsOf(const std::string &File);
  /// What was wrong with files that every parse depends on, each once.
  std::vector<std::string> notes();
  /// The value of a CONFIG symbol in the configuration of an architecture: "y", "m", "n", or empty.
  std::string configValue(const std::string &Variant, const std::string &Symbol);
  /// What to force for a configuration without the options that Kconfig files of these names (no directories) define: each that is set, as "n".
  std::map<std::string, std::string> settingsWithout(const std::string &Variant, const std::set<std::string> &KconfigFiles);
  /// Whether that architecture builds the file with these symbols forced.
  bool builds(const std::string &Variant, const std::string &File, const std::map<std::string, std::string> &Force);
  /// Whether a line of the file under these #if conditions is compiled when the file is parsed as usual; nothing if that is not certain.
  std::optional<bool> compiles(const std::string &File, const std::vector<std::string> &Conditions);
  /// Whether some configuration of the tree can set the symbol, for whatever architecture.
  bool canBeSet(const std::string &Symbol);
  /// Kconfig of the first architecture, for questions such as "can this symbol be m".
  Kconfig *kconfig();
  /// The .c file that must be parsed to see `File` (itself, the includer of a fragment, a user of a header); empty if none was found.
  std::vector<std::string> mainFilesFor(const std::string &File) const;

  struct Stats { std::atomic<unsigned> parses{0}, retries{0}, pch_files{0}, pch_kept{0}; std::atomic<uint64_t> pch_milliseconds{0}; } stats;
  /// The largest number of parses of one file for one architecture, whatever the configuration.
  unsigned maxParsesOfAFile() const;

  /// An error that a header of the tree has by itself.
  struct TreeError {
    std::string text;   ///< "file:line: text"
    unsigned files = 0; ///< parsed files that meet it
  };
  /// Writes down what a parse has met; also one of an earlier run.
  void noteTreeErrors(const ParseOutcome &Out);
  /// What was met so far, most files first.
  std::vector<TreeError> treeErrors() const;

private:
  struct Variant;
  struct Worker;
  struct Attempt;
  struct Hopeless;
  Frontend(const Tree &T, const Index &I, FrontendOptions Options);
  static std::string variantKey(const std::string &Name, const std::map<std::string, std::string> &Force);
  Variant *variant(const std::string &Name, const std::map<std::string, std::string> &Force = {});
  struct PchJob;
  void openDoor();
  bool lacksBody(const PrecompiledHeader &P, const std::set<std::string> &Names, const std::string &Main) const;
  bool takeKept(PchJob &J, HeaderShelf &Shelf) const;
  void take(PchJob J, HeaderShelf *Shelf);
  void makeVariant(Variant &V, const std::string &Name, const std::map<std::string, std::string> &Force) const;
  std::vector<std::string> candidateVariants(const std::string &File) const;
  ParseOutcome parseUnder(Variant &V, const ParseRequest &Request, const std::string &Main, Worker &W, Attempt A,
                          const AstConsumer *Consumer);
  ParseOutcome parseAny(const ParseRequest &Request, Worker &W, const AstConsumer &Consumer);
  ParseOutcome parseHeaders(const ParseRequest &Request, Worker &W, const AstConsumer &Consumer);
  ParseOutcome parseMain(const ParseRequest &Request, const std::string &Main, Worker &W, const AstConsumer &Consumer);
  struct Best;
  struct HeaderErrors;
  std::vector<std::string> namesFor(const ParseRequest &Request, const std::string &Main) const;
  std::optional<Attempt> nextAttempt(Variant &V, const std::string &Main, const Attempt &A, const ParseOutcome &Out, Worker &W);
  bool chooseNext(const ParseRequest &Request, const std::string &Main, bool Built, const ParseOutcome &Out, std::vector<std::string> &Names, size_t At);
  bool climb(Variant &V, const ParseRequest &Request, const std::string &Main, Worker &W, const AstConsumer &Consumer,
             const std::function<bool(const ParseOutcome &)> &IsLast, Best &B);
  static ParseOutcome withCause(ParseOutcome Out, const Hopeless &H);
  bool isOfTree(Variant &V, const ParseDiagnostic &D, const std::string &Main, Worker &W);
  void makeHeaderErrors(Variant &V, const std::string &Header, Worker &W, HeaderErrors &To);
  void count(const Variant &V, const std::string &File);
  bool hasOverrun(const std::string &File, ParseOutcome &Out);
  void mendPch(PchJob &J, std::set<std::string> Whole);
  Attempt startOf(const std::string &Known);
  void rememberStart(const std::string &Known, Attempt A);
  std::shared_ptr<const Hopeless> hopeless(const std::string &Asked);
  ParseOutcome tryLast(const ParseRequest &Request, const std::string &Main, Worker &W, const AstConsumer &Consumer, const Hopeless &H);
  bool hasOwnHeaders(const Variant &V, const std::string &Main) const;
  const PrecompiledHeader *headerFor(const Variant &V, const ParseRequest &Request, const std::string &Main) const;
  std::set<std::string> headersDefining(const std::set<std::string> &Names) const;
  std::vector<std::string> missingIncludeDirs(const std::vector<std::string> &Missing, const std::string &File) const;
  bool isNowhere(const std::string &Header) const;
  void sortHeaders() const;

  const Tree &T;
  const Index &I;
  FrontendOptions Options;
  const std::vector<std::string> AllVariants; ///< of code that belongs to no architecture
  std::unique_ptr<BlankHeaders> Blank;
  std::unique_ptr<Door> TheDoor;
  mutable std::once_flag HeadersSorted;
  mutable std::map<std::string, std::vector<uint32_t>> HeadersByName;
  std::mutex VariantsLock;
  std::map<std::string, std::unique_ptr<Variant>> Variants;
  std::once_flag SymbolsRead;
  std::set<std::string> AllSymbols; ///< that any Kconfig file of the tree defines
  std::mutex HopelessLock;
  std::map<std::string, std::shared_ptr<const Hopeless>> HopelessFiles; ///< by file, variant and turned symbols
  std::map<std::string, std::string> Overruns; ///< files that no parse comes to the end of, and why
  std::mutex HeaderErrorsLock;
  std::map<std::pair<const Variant *, std::string>, std::unique_ptr<HeaderErrors>> ErrorsOfHeaders; ///< by header
  mutable std::mutex CountLock;
  std::map<std::pair<std::string, std::string>, unsigned> ParsesOf; ///< by architecture and file
  std::map<std::string, std::set<std::string>> MetErrors;           ///< tree's own: the files that meet each
  std::map<std::string, Attempt> Cured; ///< by architecture, file and turned symbols; under HopelessLock
  std::vector<std::unique_ptr<Worker>> Workers;
  std::string TempDir;
};

} // namespace krcu
