// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which flags have a meaning for the text is a table of Clang's own options below. Flags that forbid registers or vector
// units (-mno-sse, -mgeneral-regs-only, -msoft-float) are none of them: files that use such units lift the ban one by one,
// and no type and no declaration depends on it.
#include "tool/frontend/synth/clang_flags.h"
#include "clang/Basic/Diagnostic.h"
#include "clang/Basic/DiagnosticOptions.h"
#include "clang/Basic/TargetInfo.h"
#include "clang/Driver/Driver.h"
#include "clang/Driver/Options.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/CompilerInvocation.h"
#include "clang/Frontend/Utils.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Option/OptTable.h"
#include "llvm/Support/FileSystem.h"
#include <dlfcn.h>
#include <mutex>

using namespace llvm;
namespace options = clang::driver::options;

namespace krcu {
namespace {

/// Options that load code, or open a file of any name: of options, of a profile, of names to leave out. -fmodules writes a cache.
bool reachesFurther(unsigned Id) {
  switch (Id) {
  case options::OPT_fplugin_EQ:
  case options::OPT_fplugin_arg:
  case options::OPT_fpass_plugin_EQ:
  case options::OPT_load:
  case options::OPT_Xclang:
  case options::OPT_mllvm:
  case options::OPT_config:
  case options::OPT_fmodules:
  case options::OPT_fmodules_cache_path:
  case options::OPT_fprofile_use_EQ:
  case options::OPT_fprofile_instr_use_EQ:
  case options::OPT_fprofile_sample_use_EQ:
  case options::OPT_fprofile_list_EQ:
  case options::OPT_fprofile_remapping_file_EQ:
  case options::OPT_fmemory_profile_use_EQ:
  case options::OPT_fxray_attr_list:
  case options::OPT_fxray_always_instrument:
  case options::OPT_fxray_never_instrument:
  case options::OPT_fsanitize_ignorelist_EQ:
  case options::OPT_fsanitize_system_ignorelist_EQ:
  case options::OPT_fsanitize_coverage_allowlist:
  case options::OPT_fsanitize_coverage_ignorelist:
  case options::OPT_fbasic_block_sections_EQ:
  case options::OPT_fthinlto_index_EQ:
    return true;
  default:
    return false;
  }
}

/// Flags of the language and of layouts, by the names they have without "no-".
bool changesLanguage(StringRef Name) {
  static const StringRef Names[] = {"fms-extensions", "fms-anonymous-structs", "fplan9-extensions", "fgnu89-inline",
                                    "fasm", "fbuiltin", "fheinous-gnu-extensions", "fblocks", "fstrict-flex-arrays=",
                                    "fexperimental-late-parse-attributes", "fbounds-safety", "fcommon", "fshort-wchar",
                                    "fshort-enums", "fsigned-char", "funsigned-char", "fsigned-bitfields", "fpack-struct",
                                    "fpack-struct=", "fmax-type-align=", "fwrapv", "fstrict-aliasing", "fpic", "fPIC", "fpie",
                                    "fPIE", "ffreestanding", "fhosted", "fcf-protection", "fcf-protection="};
  return is_contained(Names, StringRef(Name));
}

/// Flags that choose the machine, its byte order, the size of its types, or a macro that headers ask for.
bool choosesMachine(StringRef Name) {
  static const StringRef Names[] = {"m16", "m32", "m64", "mx32", "mabi=", "march=", "mcpu=", "mbig-endian", "mlittle-endian",
                                    "EB", "EL", "mcmodel=", "mthumb", "marm", "mlong-double-64", "mlong-double-80",
                                    "mlong-double-128", "mshort-enums", "malign-double", "mbranch-protection=", "mmicromips"};
  return is_contained(Names, Name);
}

StringRef nameOf(const opt::Arg &A) {
  StringRef Name = A.getOption().getUnaliasedOption().getName();
  return choosesMachine(Name) || changesLanguage(Name) ? Name : A.getOption().getName();
}

bool hasMeaning(const opt::Arg &A) {
  std::string Name = nameOf(A).str();
  if (StringRef(Name).starts_with("fno-"))
    Name = "f" + Name.substr(4);
  return changesLanguage(Name) || choosesMachine(Name);
}

/// Looks whether the driver, the frontend and the target take a flag. -Werror turns the driver's "unused" into errors.
bool ask(StringRef Triple, StringRef Flags) {
  SmallVector<std::string, 8> Words{"clang", ("--target=" + Triple).str(), "-fsyntax-only", "--no-default-config", "-nostdinc", "-Werror"};
  for (StringRef Word : split(Flags, ' '))
    if (!Word.empty())
      Words.push_back(Word.str());
  Words.push_back("krcu-flags.c");
  std::vector<const char *> Args;
  for (const std::string &W : Words)
    Args.push_back(W.c_str());
  clang::DiagnosticConsumer Count;
  clang::CreateInvocationOptions O;
  O.Diags = clang::CompilerInstance::createDiagnostics(new clang::DiagnosticOptions, &Count, /*ShouldOwnClient=*/false);
  std::shared_ptr<clang::CompilerInvocation> Made = clang::createInvocation(Args, O);
  if (!Made || Count.getNumErrors() || Count.getNumWarnings())
    return false;
  std::unique_ptr<clang::TargetInfo> Target(clang::TargetInfo::CreateTargetInfo(*O.Diags, std::make_shared<clang::TargetOptions>(Made->getTargetOpts())));
  return Target && Count.getNumErrors() == 0;
}

} // namespace

void forEachFlag(const std::vector<std::string> &Words, function_ref<void(const opt::Arg &, const opt::InputArgList &)> Take) {
  std::vector<const char *> Args;
  for (const std::string &W : Words)
    Args.push_back(W.c_str());
  unsigned MissingIndex = 0, MissingCount = 0;
  opt::InputArgList Parsed =
      clang::driver::getDriverOptTable().ParseArgs(Args, MissingIndex, MissingCount, opt::Visibility(options::ClangOption));
  for (const opt::Arg *A : Parsed)
    Take(*A, Parsed);
}

FlagUse useOf(const opt::Arg &A) {
  const opt::Option &O = A.getOption();
  if (O.getID() == options::OPT_UNKNOWN || reachesFurther(O.getID()))
    return FlagUse::Name;
  if (O.getID() == options::OPT_INPUT) // the file itself, or a response file
    return A.getSpelling().starts_with("@") ? FlagUse::Name : FlagUse::Drop;
  switch (O.getID()) {
  case options::OPT_I:
  case options::OPT_isystem:
  case options::OPT_iquote:
  case options::OPT_idirafter:
  case options::OPT_include:
  case options::OPT_imacros:
    return FlagUse::Path;
  case options::OPT_D:
  case options::OPT_U:
  case options::OPT_undef:
  case options::OPT_nostdinc:
  case options::OPT_std_EQ:
  case options::OPT_ansi:
  case options::OPT_target:
  case options::OPT_target_legacy_spelling:
    return FlagUse::Keep;
  default:
    break;
  }
  for (unsigned Group : {options::OPT_f_Group, options::OPT_m_Group, options::OPT_O_Group})
    if (O.matches(Group))
      return hasMeaning(A) ? FlagUse::Keep : FlagUse::Codegen;
  return hasMeaning(A) ? FlagUse::Keep : FlagUse::Drop;
}

bool isOfMachine(const opt::Arg &A) { return choosesMachine(nameOf(A)); }

bool clangKnows(StringRef Flags) {
  std::vector<std::string> Words;
  for (StringRef Word : split(Flags, ' '))
    if (!Word.trim().empty())
      Words.push_back(Word.trim().str());
  bool Known = true;
  forEachFlag(Words, [&](const opt::Arg &A, const opt::InputArgList &) { Known &= A.getOption().getID() != options::OPT_UNKNOWN; });
  return Known;
}

bool clangAccepts(StringRef Triple, StringRef Flags) {
  static std::mutex Lock;
  static StringMap<bool> Known;
  const std::string Key = (Triple + "\n" + Flags).str();
  {
    std::lock_guard<std::mutex> Guard(Lock);
    if (auto It = Known.find(Key); It != Known.end())
      return It->second;
  }
  const bool Yes = clangKnows(Flags) && ask(Triple, Flags);
  std::lock_guard<std::mutex> Guard(Lock);
  Known[Key] = Yes;
  return Yes;
}

const std::string &clangHeaders() {
  static const std::string Directory = [] {
    std::vector<std::string> Places;
    // Beside the library that Clang's code is in, wherever that was installed; then where it was built against.
    Dl_info Info{};
    if (::dladdr(reinterpret_cast<const void *>(&clang::driver::getDriverOptTable), &Info) && Info.dli_fname)
      Places.push_back(clang::driver::Driver::GetResourcesPath(Info.dli_fname) + "/include");
    Places.push_back(KRCU_CLANG_RESOURCES "/include");
    for (const std::string &Place : Places)
      if (sys::fs::exists(Place + "/stddef.h"))
        return Place;
    return Places.back();
  }();
  return Directory;
}

} // namespace krcu
