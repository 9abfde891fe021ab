// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/frontend/session.h"
#include "tool/frontend/blank.h"
#include "tool/frontend/door_fs.h"
#include "tool/frontend/guarded.h"
#include "tool/frontend/mount_fs.h"
#include "tool/support/error.h"
#include "tool/support/io.h"
#include "tool/support/sink.h"
#include "clang/AST/ASTConsumer.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/FrontendActions.h"
#include "clang/Frontend/MultiplexConsumer.h"
#include "clang/Frontend/Utils.h"
#include "clang/Lex/PPCallbacks.h"
#include "clang/Lex/Pragma.h"
#include "clang/Lex/Preprocessor.h"
#include "clang/Lex/PreprocessorOptions.h"
#include "clang/Sema/IdentifierResolver.h"
#include "clang/Sema/Sema.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/xxhash.h"

using namespace clang;

namespace krcu {
namespace {

std::string relativeTo(const std::string &Root, StringRef Path) {
  llvm::SmallString<256> Clean(Path);
  llvm::sys::path::remove_dots(Clean, /*remove_dot_dot=*/true);
  StringRef P = Clean;
  if (P.consume_front(Root) && P.consume_front("/"))
    return P.str();
  return Clean.str().str();
}

/// An assembler complaint says nothing about the code when the target is a stand-in for one Clang lacks.
bool isAssemblyComplaint(StringRef Text) {
  for (StringRef Part : {" in asm", "constraint", "asm operand", "inline asm", "register named", "global register"})
    if (Text.contains(Part))
      return true;
  return false;
}

class Collector : public DiagnosticConsumer {
public:
  Collector(const std::string &Root, bool IgnoreAssembly, ParseOutcome &Out)
      : Root(Root), IgnoreAssembly(IgnoreAssembly), Out(Out) {}
  void HandleDiagnostic(DiagnosticsEngine::Level Level, const Diagnostic &Info) override {
    DiagnosticConsumer::HandleDiagnostic(Level, Info);
    if (Level < DiagnosticsEngine::Warning)
      return;
    llvm::SmallString<256> Text;
    Info.FormatDiagnostic(Text);
    bool Error = Level >= DiagnosticsEngine::Error;
    if (Error && IgnoreAssembly && isAssemblyComplaint(Text))
      return;
    ParseDiagnostic D;
    D.error = Error;
    D.text = onOneLine(Text);
    if (Info.hasSourceManager() && Info.getLocation().isValid()) {
      const SourceManager &SM = Info.getSourceManager();
      PresumedLoc P = SM.getPresumedLoc(SM.getExpansionLoc(Info.getLocation()));
      if (P.isValid()) {
        D.file = onOneLine(relativeTo(Root, P.getFilename())); // #line may name anything
        D.line = P.getLine();
      }
      D.main_line = mainLine(SM, Info.getLocation());
    }
    Out.errors += Error;
    if (Out.diagnostics.size() < 1000) // a hopeless file would fill memory
      Out.diagnostics.push_back(std::move(D));
  }

private:
  /// The line of the main file at the top of the includes that lead to `L`.
  static unsigned mainLine(const SourceManager &SM, SourceLocation L) {
    FileID File = SM.getFileID(SM.getExpansionLoc(L));
    for (L = SM.getExpansionLoc(L); File != SM.getMainFileID(); File = SM.getFileID(L))
      if (L = SM.getIncludeLoc(File); L.isInvalid())
        return 0;
    return SM.getSpellingLineNumber(L);
  }

  const std::string &Root;
  bool IgnoreAssembly;
  ParseOutcome &Out;
};

/// A header that is missing is an error like others: Clang's own would end the search for all headers behind it, and spoil what does
/// not need it.
class MissingIncludes : public PPCallbacks {
public:
  MissingIncludes(Preprocessor &PP, ParseOutcome &Out) : PP(PP), Out(Out) {}
  bool FileNotFound(StringRef File) override {
    Out.missing_includes.push_back(File.str());
    Out.inputs.push_back("?" + llvm::sys::path::filename(File).str());
    return true;
  }
  void InclusionDirective(SourceLocation, const Token &, StringRef Name, bool, CharSourceRange Range, OptionalFileEntryRef File, StringRef,
                          StringRef, const Module *, bool, SrcMgr::CharacteristicKind) override {
    if (File)
      return;
    DiagnosticsEngine &D = PP.getDiagnostics();
    D.Report(Range.getBegin(), D.getCustomDiagID(DiagnosticsEngine::Error, "'%0' file not found")) << Name;
  }
  void MacroExpands(const Token &, const MacroDefinition &, SourceRange, const MacroArgs *) override { guardedPoint(); }
  void HasInclude(SourceLocation, StringRef File, bool, OptionalFileEntryRef, SrcMgr::CharacteristicKind) override {
    Out.inputs.push_back("?" + llvm::sys::path::filename(File).str());
  }

private:
  Preprocessor &PP;
  ParseOutcome &Out;
};

/// #pragma clang of a tree is read over, whatever stands behind it: some of them crash or hang the parser on purpose, others change what is
/// an error.
class IgnoredNamespace : public PragmaNamespace {
public:
  using PragmaNamespace::PragmaNamespace;
  void HandlePragma(Preprocessor &, PragmaIntroducer, Token &) override {}
};

/// What every parse does with its preprocessor before it begins.
void prepare(Preprocessor &PP, ParseOutcome &Asked) {
  PP.addPPCallbacks(std::make_unique<MissingIncludes>(PP, Asked));
  PP.setTokenWatcher([](const Token &) { guardedPoint(); });
  EmptyPragmaHandler Named("clang"); // it is found by its name
  PP.RemovePragmaHandler(&Named);
  PP.AddPragmaHandler(new IgnoredNamespace("clang")); // the parser adds its own to it, and they are not asked
}

/// One thread's view of files in memory that all share. Whoever lays file systems over each other sets the working directory of each, which
/// for a shared one is a race; all paths here are absolute.
class SharedView : public llvm::vfs::ProxyFileSystem {
public:
  using ProxyFileSystem::ProxyFileSystem;
  llvm::ErrorOr<std::string> getCurrentWorkingDirectory() const override { return Directory; }
  std::error_code setCurrentWorkingDirectory(const llvm::Twine &Path) override {
    Directory = Path.str();
    return {};
  }

private:
  std::string Directory = "/";
};

/// Collects declarations that stand in files and decides which bodies are parsed.
class Consumer : public ASTConsumer {
public:
  Consumer(CompilerInstance &CI, const std::string &Root, const ParseJob &Job, ParseOutcome &Out, const AstConsumer *User)
      : CI(CI), Root(Root), Job(Job), Out(Out), User(User) {}

  bool HandleTopLevelDecl(DeclGroupRef Group) override {
    Decls.insert(Decls.end(), Group.begin(), Group.end());
    if (!HasOwn && !Group.isNull()) {
      const SourceManager &SM = CI.getSourceManager();
      auto [File, Offset] = SM.getDecomposedExpansionLoc((*Group.begin())->getLocation());
      HasOwn = File == SM.getMainFileID();
      OwnFrom = Offset;
    }
    return true;
  }

  bool shouldSkipFunctionBody(Decl *D) override {
    const auto *ND = dyn_cast<NamedDecl>(D);
    if (!ND || !ND->getIdentifier() || !Job.bodies)
      return false;
    const SourceManager &SM = CI.getSourceManager();
    auto [File, Offset] = SM.getDecomposedExpansionLoc(D->getLocation());
    std::string Name = ND->getName().str();
    if (Job.bodies->names.count(Name))
      return false;
    const Wanted &W = wantedIn(File);
    if (W.everything)
      return false;
    return !W.bodies || !W.bodies->wantsAt(Offset, Name);
  }

  void HandleTranslationUnit(ASTContext &Context) override {
    Out.parsed = true;
    addPrecompiled(Context);
    if (User && (Out.errors == 0 || isAccepted()))
      (*User)(Context, Decls, Out);
  }

private:
  bool isAccepted() const {
    Uninterrupted Guard; // others may wait for what is found out here
    return Job.accept && Job.accept(Out);
  }

  /// A function that was asked for counts as seen, also when its body comes out of the precompiled header.
  void addPrecompiled(ASTContext &Context) {
    if (!Job.bodies || Job.pch.empty())
      return;
    // Not by DeclContext::lookup(), which would read every declaration of the header.
    IdentifierResolver &Resolver = CI.getSema().IdResolver;
    for (const std::string &Name : Job.bodies->names)
      for (auto It = Resolver.begin(&Context.Idents.get(Name)); It != Resolver.end(); ++It)
        if (auto *F = dyn_cast<FunctionDecl>(*It))
          if (const FunctionDecl *Body = nullptr; F->isFromASTFile() && F->hasBody(Body) && !Body->hasSkippedBody() && Body->isFromASTFile())
            Decls.push_back(const_cast<FunctionDecl *>(Body));
  }

  struct Wanted {
    bool everything = false;
    std::unique_ptr<WantedBodies> bodies;
  };

  const Wanted &wantedIn(FileID File) {
    auto It = Files.find(File);
    if (It != Files.end())
      return It->second;
    Wanted &W = Files[File];
    const SourceManager &SM = CI.getSourceManager();
    auto Entry = SM.getFileEntryRefForID(File);
    std::string Path = Entry ? relativeTo(Root, Entry->getName()) : "";
    bool Source = File == SM.getMainFileID() || StringRef(Path).ends_with(".c");
    if (Source && Job.bodies->all) {
      W.everything = true;
    } else if (Source && Job.overrides && Job.overrides->count(Path)) {
      W.bodies = std::make_unique<WantedBodies>(outlineOf(Job.overrides->at(Path)), *Job.bodies);
    } else if (Source || isFragment(File) || Job.bodies->headers.count(Path)) {
      if (auto O = Job.outlines ? Job.outlines->get(Path) : nullptr)
        W.bodies = std::make_unique<WantedBodies>(*O, *Job.bodies);
      else
        W.everything = Source;
    }
    return W;
  }

  /// Whether the file is included behind the first declaration of the main file: it is a part of its text, and may use what is declared there.
  bool isFragment(FileID File) const {
    const SourceManager &SM = CI.getSourceManager();
    for (SourceLocation Included = SM.getIncludeLoc(File); HasOwn && Included.isValid(); Included = SM.getIncludeLoc(SM.getFileID(Included)))
      if (auto [In, Offset] = SM.getDecomposedLoc(Included); In == SM.getMainFileID())
        return Offset > OwnFrom;
    return false;
  }

  CompilerInstance &CI;
  const std::string &Root;
  const ParseJob &Job;
  ParseOutcome &Out;
  const AstConsumer *User;
  std::vector<Decl *> Decls;
  bool HasOwn = false;   ///< a declaration of the main file has been seen
  unsigned OwnFrom = 0;  ///< where the first one stands
  std::map<FileID, Wanted> Files;
};

class Action : public ASTFrontendAction {
public:
  Action(const std::string &Root, const ParseJob &Job, ParseOutcome &Out, const AstConsumer *User)
      : Root(Root), Job(Job), Out(Out), User(User) {}
  std::unique_ptr<ASTConsumer> CreateASTConsumer(CompilerInstance &CI, StringRef) override {
    prepare(CI.getPreprocessor(), Out);
    CI.getFrontendOpts().SkipFunctionBodies = true;
    return std::make_unique<Consumer>(CI, Root, Job, Out, User);
  }
  void EndSourceFileAction() override {
    const SourceManager &SM = getCompilerInstance().getSourceManager();
    for (auto It = SM.fileinfo_begin(); It != SM.fileinfo_end(); ++It)
      Out.inputs.push_back(relativeTo(Root, It->first.getName()));
    ASTFrontendAction::EndSourceFileAction();
  }

private:
  const std::string &Root;
  const ParseJob &Job;
  ParseOutcome &Out;
  const AstConsumer *User;
};

void addFlags(CompilerInvocation &Invocation, const std::vector<std::string> &Flags) {
  for (size_t N = 0; N < Flags.size(); ++N) {
    StringRef F = Flags[N];
    if (F == "-include" && N + 1 < Flags.size())
      Invocation.getPreprocessorOpts().Includes.push_back(Flags[++N]);
    else if (F == "-isystem" && N + 1 < Flags.size())
      Invocation.getHeaderSearchOpts().AddPath(Flags[++N], frontend::System, false, false);
    else if (F == "-iquote" && N + 1 < Flags.size())
      Invocation.getHeaderSearchOpts().AddPath(Flags[++N], frontend::Quoted, false, false);
    else if (F == "-idirafter" && N + 1 < Flags.size())
      Invocation.getHeaderSearchOpts().AddPath(Flags[++N], frontend::After, false, false);
    else if (F == "-imacros" && N + 1 < Flags.size())
      Invocation.getPreprocessorOpts().MacroIncludes.push_back(Flags[++N]);
    else if (F.consume_front("-I"))
      Invocation.getHeaderSearchOpts().AddPath(F, frontend::Angled, false, false);
    else if (F.consume_front("-D"))
      Invocation.getPreprocessorOpts().addMacroDef(F);
    else if (F.consume_front("-U"))
      Invocation.getPreprocessorOpts().addMacroUndef(F);
  }
}

std::shared_ptr<CompilerInvocation> makeInvocation(const std::vector<std::string> &Flags,
                                                   llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> FS) {
  std::vector<const char *> Args{"clang", "-fsyntax-only", "--no-default-config", "-fno-spell-checking"};
  for (const std::string &F : Flags)
    Args.push_back(F.c_str());
  Args.push_back("krcu-input.c");
  CreateInvocationOptions Options;
  Options.VFS = FS;
  Options.Diags = CompilerInstance::createDiagnostics(new DiagnosticOptions, new IgnoringDiagConsumer, true);
  std::shared_ptr<CompilerInvocation> Result = createInvocation(Args, Options);
  if (Result) // the driver means a process that ends; this one goes on with the next file
    Result->getFrontendOpts().DisableFree = false;
  return Result;
}

} // namespace

llvm::Expected<std::unique_ptr<ParseSession>> ParseSession::create(const Tree &T, const Synth &S, BlankHeaders &Blank, const Door &D) {
  std::unique_ptr<ParseSession> P(new ParseSession(T, S, Blank, D));
  const std::string &Root = P->Root;
  P->Generated = llvm::makeIntrusiveRefCnt<llvm::vfs::InMemoryFileSystem>();
  P->Trace = llvm::makeIntrusiveRefCnt<llvm::vfs::InMemoryFileSystem>();
  // Time 0: a precompiled header compares sizes and times, and these files have no time of their own.
  for (const auto &[Path, Text] : S.headers)
    P->Generated->addFile(Root + "/" + Path, 0, llvm::MemoryBuffer::getMemBuffer(Text, Path));
  for (const auto &[Path, Text] : S.trace_overlay)
    P->Trace->addFile(Root + "/" + Path, 0, llvm::MemoryBuffer::getMemBuffer(Text, Path));
  P->Base = makeInvocation(S.flags, P->newFileCache(true, nullptr)->fs);
  if (!P->Base)
    return fail("architecture " + S.variant + ": Clang does not accept the synthesised flags; is this Clang 19?");
  return P;
}

namespace {

/// What the parser is shown of a text that stands in for a file.
std::string shownText(const ParseJob &Job, const std::string &Path, const std::string &Text) {
  // Of the others few are read at all, and then as they are.
  return Path == Job.main_file && Job.bodies && Job.blank ? blankUnwanted(Text, outlineOf(Text), *Job.bodies) : Text;
}

} // namespace

/// Whether every overridden file is there: then only its contents change, and what the cache knows of the tree stays true.
bool ParseSession::overridesExist(const ParseJob &Job, FileCache &Cache) const {
  return llvm::all_of(*Job.overrides, [&](const auto &Each) { return Cache.manager->getOptionalFileRef(Root + "/" + Each.first).has_value(); });
}

void ParseSession::addBuild(const std::string &Directory) {
  if (Directory == Root)
    return; // the disk stands above what is made
  llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> Disk = behindDoor(TheDoor);
  auto &Mine = Gaps[Directory];
  Mine = llvm::makeIntrusiveRefCnt<llvm::vfs::InMemoryFileSystem>();
  for (const auto &[Path, Text] : S->headers)
    if (!Disk->exists(Directory + "/" + Path))
      Mine->addFile(Root + "/" + Path, 0, llvm::MemoryBuffer::getMemBuffer(Text, Path));
}

std::unique_ptr<FileCache> ParseSession::newFileCache(bool WithTrace, const CompileCommands::Entry *Command, const ParseJob *Job) const {
  auto Cache = std::make_unique<FileCache>();
  Cache->blank = llvm::makeIntrusiveRefCnt<BlankingFileSystem>(T, Blank, withMount(T, behindDoor(TheDoor)));
  llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> Disk = Cache->blank, Made = llvm::makeIntrusiveRefCnt<SharedView>(Generated);
  if (auto Lacking = Command ? Gaps.find(Command->directory) : Gaps.end(); Lacking != Gaps.end())
    Made = llvm::makeIntrusiveRefCnt<SharedView>(Lacking->second);
  // What lies above wins. The user's build knows best; for it the synthesised headers only fill gaps. The synthesised
  // configuration must be whole, whatever some earlier build has left behind in the tree.
  auto Layers = llvm::makeIntrusiveRefCnt<llvm::vfs::OverlayFileSystem>(Command ? Made : Disk);
  Layers->pushOverlay(Command ? Disk : Made);
  if (WithTrace)
    Layers->pushOverlay(llvm::makeIntrusiveRefCnt<SharedView>(Trace));
  if (Job && Job->overrides) {
    auto Own = llvm::makeIntrusiveRefCnt<llvm::vfs::InMemoryFileSystem>();
    for (const auto &[Path, Text] : *Job->overrides)
      Own->addFile(Root + "/" + Path, 0, llvm::MemoryBuffer::getMemBufferCopy(shownText(*Job, Path, Text), Path));
    Layers->pushOverlay(Own);
  }
  Cache->fs = Layers;
  Cache->manager = llvm::makeIntrusiveRefCnt<FileManager>(FileSystemOptions(), Cache->fs);
  return Cache;
}

/// A command's flags for Clang. GCC is built for one machine and is not told which; and where the build stands in a directory of its own, the
/// headers that it lacks are looked for behind all others.
std::vector<std::string> ParseSession::flagsFor(const CompileCommands::Entry &Command, const std::vector<std::string> &Own) const {
  std::vector<std::string> Flags;
  if (!Command.has_target)
    std::copy_if(S->flags.begin(), S->flags.end(), std::back_inserter(Flags), [](const std::string &F) { return StringRef(F).starts_with("--target="); });
  Flags.insert(Flags.end(), Own.begin(), Own.end());
  if (Gaps.count(Command.directory))
    for (const std::string &F : S->flags)
      if (StringRef(F).starts_with("-I") && !llvm::is_contained(Flags, F))
        Flags.push_back(F);
  return Flags;
}

std::shared_ptr<CompilerInvocation> ParseSession::invocationFor(const ParseJob &Job, FileCache &Cache) const {
  std::shared_ptr<CompilerInvocation> Invocation;
  if (Job.command) {
    std::vector<std::string> Flags = flagsFor(*Job.command, Job.command->flags);
    Flags.insert(Flags.end(), Job.user_flags.begin(), Job.user_flags.end());
    Invocation = makeInvocation(Flags, Cache.fs);
    if (!Invocation)
      return nullptr;
  } else if (!Job.front_flags.empty() || !Job.user_flags.empty()) {
    std::vector<std::string> Flags = Job.front_flags;
    for (const std::vector<std::string> *Others : {&S->flags, &Job.flags, &Job.user_flags})
      Flags.insert(Flags.end(), Others->begin(), Others->end());
    Invocation = makeInvocation(Flags, Cache.fs);
    if (!Invocation)
      return nullptr;
  } else {
    Invocation = std::make_shared<CompilerInvocation>(*Base);
    addFlags(*Invocation, Job.flags);
  }
  FrontendOptions &FO = Invocation->getFrontendOpts();
  FO.Inputs.clear();
  FO.Inputs.push_back(FrontendInputFile(Root + "/" + Job.main_file, InputKind(Language::C)));
  PreprocessorOptions &PO = Invocation->getPreprocessorOpts();
  if (!Job.pch.empty()) {
    PO.ImplicitPCHInclude = Job.pch;
    std::vector<std::string> Own(PO.Includes.begin() + static_cast<long>(Job.command ? Job.pch_includes : Base->getPreprocessorOpts().Includes.size()), PO.Includes.end());
    PO.Includes = Own; // the others are in the header already
    PO.AllowPCHWithCompilerErrors = true;
    if (Job.pch_is_kept)
      PO.DisablePCHOrModuleValidation = DisableValidationForModuleKind::PCH;
  }
  DiagnosticOptions &DO = Invocation->getDiagnosticOpts();
  DO.ErrorLimit = 0;
  DO.ShowCarets = false; // no "N errors generated" behind our back
  if (Job.warn_unused)
    for (const char *W : {"unused-function", "unused-variable", "unused-but-set-variable", "unused-label",
                          "unused-const-variable", "unused-local-typedef"})
      DO.Warnings.push_back(W);
  else
    DO.IgnoreWarnings = true;
  return Invocation;
}

ParseOutcome ParseSession::parse(const ParseJob &Job, FileCache &Cache, const AstConsumer *User) const {
  ParseOutcome Out;
  GuardedEnd End = runGuarded({}, [&] { Out = parseUnguarded(Job, Cache, User); });
  if (End.problem.empty())
    return Out;
  Out = ParseOutcome();
  Out.errors = 1;
  Out.cause = End.problem;
  Out.broken = true;
  Out.overrun = End.overrun;
  return Out;
}

ParseOutcome ParseSession::parseUnguarded(const ParseJob &Job, FileCache &Cache, const AstConsumer *User) const {
  ParseOutcome Out;
  if (Job.pch_errors)
    Out.diagnostics = *Job.pch_errors;
  std::unique_ptr<FileCache> Own;
  FileCache *Files = &Cache;
  bool Remap = Job.overrides && overridesExist(Job, Cache);
  if (Job.overrides && !Remap) { // new names, for this job only: no shared cache
    Own = newFileCache(Job.trace_overlay, Job.command, &Job);
    Files = Own.get();
  }
  Files->blank->plan = {Job.blank ? Job.bodies : nullptr, Job.outlines, Job.whole_headers};
  std::shared_ptr<CompilerInvocation> Invocation = invocationFor(Job, *Files);
  if (!Invocation) {
    Out.errors = 1;
    Out.cause = Job.command ? "Clang does not accept the flags of the compile command" : "Clang does not accept the module's flags";
    return Out;
  }
  if (Remap)
    for (const auto &[Path, Text] : *Job.overrides)
      Invocation->getPreprocessorOpts().addRemappedFile(
          Root + "/" + Path, llvm::MemoryBuffer::getMemBufferCopy(shownText(Job, Path, Text), Root + "/" + Path).release());
  Collector Diagnostics(Root, S->substituted_target, Out);
  CompilerInstance CI;
  CI.setInvocation(Invocation);
  CI.createDiagnostics(&Diagnostics, /*ShouldOwnClient=*/false);
  CI.setFileManager(Files->manager.get());
  CI.createSourceManager(*Files->manager);
  Action A(Root, Job, Out, User);
  if (!CI.ExecuteAction(A) && Out.errors == 0 && !Out.parsed)
    Out.errors = 1, Out.cause = "the parser gave up without a diagnostic";
  return Out;
}

namespace {

/// Keeps the bodies that somebody asked for by name: without the others the header is smaller and made faster.
class BodyChooser : public ASTConsumer {
public:
  explicit BodyChooser(const std::set<std::string> &Names) : Names(Names) {}
  bool shouldSkipFunctionBody(Decl *D) override {
    const auto *ND = dyn_cast<NamedDecl>(D);
    return !ND || !ND->getIdentifier() || !Names.count(ND->getName().str());
  }

private:
  const std::set<std::string> &Names;
};

class PchAction : public GeneratePCHAction {
public:
  PchAction(const std::string &Root, const std::set<std::string> &Names, std::set<std::string> &Files) : Root(Root), Names(Names), Files(Files) {}
  void EndSourceFileAction() override {
    const SourceManager &SM = getCompilerInstance().getSourceManager();
    for (auto It = SM.fileinfo_begin(); It != SM.fileinfo_end(); ++It)
      Files.insert(relativeTo(Root, It->first.getName()));
    Files.insert(Asked.inputs.begin(), Asked.inputs.end());
    GeneratePCHAction::EndSourceFileAction();
  }
  std::unique_ptr<ASTConsumer> CreateASTConsumer(CompilerInstance &CI, StringRef File) override {
    CI.getFrontendOpts().SkipFunctionBodies = true;
    prepare(CI.getPreprocessor(), Asked);
    std::vector<std::unique_ptr<ASTConsumer>> Both; // a body is skipped if all of them agree
    Both.push_back(std::make_unique<BodyChooser>(Names));
    Both.push_back(GeneratePCHAction::CreateASTConsumer(CI, File));
    return std::make_unique<MultiplexConsumer>(std::move(Both));
  }

private:
  const std::string &Root;
  const std::set<std::string> &Names;
  std::set<std::string> &Files;
  ParseOutcome Asked;
};

} // namespace

std::string ParseSession::sourceOf(const PrecompiledHeader &Header) const { 
  // A name stands for one text: a header that is made again of less has another one.
  return Root + "/krcu-precompiled-" + Header.family + "-" + llvm::utohexstr(llvm::xxh3_64bits(Header.source), /*LowerCase=*/true) + ".h";
}

void ParseSession::showSource(const PrecompiledHeader &Header) {
  Generated->addFile(sourceOf(Header), 0, llvm::MemoryBuffer::getMemBufferCopy(Header.source, sourceOf(Header)));
  for (auto &[Directory, Mine] : Gaps)
    Mine->addFile(sourceOf(Header), 0, llvm::MemoryBuffer::getMemBufferCopy(Header.source, sourceOf(Header)));
}

bool ParseSession::buildPch(const std::set<std::string> &Whole, PrecompiledHeader &Into) const {
  bool Made = false;
  PrecompiledHeader Mine = Into; // a parse that is left leaves nothing in order
  GuardedEnd End = runGuarded({}, [&] { Made = buildPchUnguarded(Whole, Mine); });
  if (!End.problem.empty()) {
    Into.errors.clear();
    llvm::sys::fs::remove(Into.path); // half of it
    return false;
  }
  Into = std::move(Mine);
  return Made;
}

bool ParseSession::buildPchUnguarded(const std::set<std::string> &Whole, PrecompiledHeader &Into) const {
  auto Files = newFileCache(true, Into.command);
  BodyFilter None;
  Files->blank->plan = {&None, nullptr, &Whole};
  std::shared_ptr<CompilerInvocation> Invocation =
      Into.command ? makeInvocation(flagsFor(*Into.command, Into.shared.flags), Files->fs) : std::make_shared<CompilerInvocation>(*Base);
  if (!Invocation)
    return false;
  FrontendOptions &FO = Invocation->getFrontendOpts();
  FO.Inputs.clear();
  FO.Inputs.push_back(FrontendInputFile(sourceOf(Into), InputKind(Language::C, InputKind::Source, false, InputKind::HeaderUnit_None, true)));
  FO.ProgramAction = frontend::GeneratePCH;
  FO.OutputFile = Into.path;
  Invocation->getPreprocessorOpts().AllowPCHWithCompilerErrors = true;
  Invocation->getDiagnosticOpts().IgnoreWarnings = true;
  Invocation->getDiagnosticOpts().ShowCarets = false;
  ParseOutcome Out;
  Collector Diagnostics(Root, S->substituted_target, Out);
  CompilerInstance CI;
  CI.setInvocation(Invocation);
  CI.createDiagnostics(&Diagnostics, /*ShouldOwnClient=*/false);
  CI.setFileManager(Files->manager.get());
  CI.createSourceManager(*Files->manager);
  Into.files.clear();
  PchAction A(Root, Into.names, Into.files);
  bool Made = CI.ExecuteAction(A) || Out.errors != 0;
  Into.files.erase(relativeTo(Root, sourceOf(Into)));
  Into.errors.clear();
  std::copy_if(Out.diagnostics.begin(), Out.diagnostics.end(), std::back_inserter(Into.errors), [](const ParseDiagnostic &D) { return D.error; });
  return Made && llvm::sys::fs::exists(Into.path);
}

} // namespace krcu
