// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compiler's command line, as the kernel's makefiles would give it but for three things: no optimisation
// level (without __OPTIMIZE__ the compile-time assertions stay cheap), no -DMODULE (it breaks code that is
// built in, module code does without), and no warnings (the tree's own are none of our business).
#include "tool/frontend/synth/builder.h"
#include "tool/frontend/synth/text.h"

namespace krcu {
namespace {

using llvm::StringRef;

/// The C standard the tree asks for in KBUILD_CFLAGS; host programs may use another.
std::string standardOf(const Builder &B) {
  std::string Standard = "-std=gnu11";
  text::forEachLine(text::joined(B.read("Makefile").value_or("")), [&](StringRef Line) {
    if (!Line.trim().starts_with("KBUILD_CFLAGS"))
      return;
    for (StringRef Word : text::words(Line))
      if (Word.starts_with("-std=gnu") || Word.starts_with("-std=c"))
        Standard = Word.str();
  });
  return Standard;
}

void addIncludes(const Builder &B, std::vector<std::string> &Flags) {
  for (const std::string &Dir : {B.inArch("include"), B.inArch("include/generated"), std::string("include"),
                                 B.inArch("include/uapi"), B.inArch("include/generated/uapi"),
                                 std::string("include/uapi"), std::string("include/generated/uapi")})
    Flags.push_back("-I" + B.tree().absolute(Dir));
  for (const char *Name : {"compiler-version.h", "kconfig.h", "compiler_types.h"}) {
    std::string Path = std::string("include/linux/") + Name;
    if (B.has(Path)) {
      Flags.push_back("-include");
      Flags.push_back(B.tree().absolute(Path));
    }
  }
}

void addVariant(const Builder &B, std::vector<std::string> &Flags) {
  Flags.push_back(std::string("--target=") + B.variant().triple);
  bool Path = false;
  for (StringRef Flag : B.variant().flags) {
    StringRef Dir = Flag;
    if (Path)
      Flags.push_back(B.tree().absolute(Flag));
    else if (Dir.consume_front("-I"))
      Flags.push_back("-I" + B.tree().absolute(Dir));
    else
      Flags.push_back(Flag.str());
    Path = Flag == "-include";
  }
}

} // namespace

std::vector<std::string> makeFlags(const Builder &B) {
  std::vector<std::string> Flags = {"-nostdinc"};
  addIncludes(B, Flags);
  Flags.push_back("-D__KERNEL__");
  addVariant(B, Flags);
  Flags.push_back(standardOf(B));
  for (const char *Flag : {"-fshort-wchar", "-funsigned-char", "-fno-common", "-fno-strict-aliasing", "-fno-PIE", "-Wno-everything", "-ferror-limit=0",
                           "-DKBUILD_MODFILE=\"x\"", "-DKBUILD_BASENAME=\"x\"", "-DKBUILD_MODNAME=\"x\"", "-D__KBUILD_MODNAME=kmod_x"})
    Flags.push_back(Flag);
  std::string Makefile = B.read("Makefile").value_or("");
  if (llvm::StringRef(Makefile).contains("-fms-extensions") || llvm::StringRef(Makefile).contains("CC_MS_EXTENSIONS"))
    Flags.push_back("-fms-extensions");
  if (llvm::StringRef(Makefile).contains("print-file-name=include"))
    Flags.insert(Flags.end(), {"-isystem", "/usr/lib/llvm-19/lib/clang/19/include"});
  return Flags;
}

} // namespace krcu
