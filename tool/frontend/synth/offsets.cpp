// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Structure offsets for assembly code, as far as C code uses them. The build compiles asm-offsets.c and reads
// the numbers from the object. Here each DEFINE(name, expression) becomes a macro that *is* the expression:
// it is expanded only where it is used, so no types need be complete and nothing is compiled twice. The
// price: such a name cannot be used in #if, which no C file does. Offsets into the vDSO are all zero: only
// their names matter.
#include "tool/frontend/synth/builder.h"
#include "tool/frontend/synth/text.h"
#include <set>

namespace krcu {
namespace {

using llvm::StringRef;

/// The macro body for one line of asm-offsets.c; empty if the line makes no constant of its own.
std::string offsetExpression(StringRef Macro, StringRef List) {
  std::vector<StringRef> Args = text::arguments(List);
  if (Args.size() < 2 || !text::isIdentifier(Args[0]))
    return "";
  if (Macro == "OFFSET" && Args.size() == 3)
    return ("__builtin_offsetof(struct " + Args[1] + ", " + Args[2] + ")").str();
  if (Macro == "DEFINE" && Args[0] != Args[1])
    return ("(" + List.substr(List.find(',') + 1).trim() + ")").str();
  if (Macro == "STACK_PT_REGS_OFFSET")
    return ("(STACK_INT_FRAME_REGS + __builtin_offsetof(struct pt_regs, " + Args[1] + "))").str();
  return "";
}

/// The code lines alone: the bodies of helper macros (#define X(sym, val) DEFINE(sym, ...)) are no constants.
std::string withoutDirectives(StringRef Source) {
  std::string Out;
  text::forEachLine(text::joined(text::withoutComments(Source)), [&](StringRef Line) {
    if (!Line.ltrim().starts_with("#"))
      Out += Line.str() + "\n";
  });
  return Out;
}

void addOffsets(const Builder &B, const std::string &File, std::set<std::string> &Seen, std::string &Text) {
  std::optional<std::string> Source = B.read(File);
  if (!Source)
    return;
  std::string Clean = withoutDirectives(*Source);
  text::forEachIdentifier(Clean, [&](StringRef Word, StringRef Rest) {
    if (Word != "OFFSET" && Word != "DEFINE" && Word != "STACK_PT_REGS_OFFSET")
      return;
    Rest = Rest.ltrim();
    StringRef List = Rest.starts_with("(") ? text::bracketed(Rest) : StringRef();
    std::string Flat = List.str();
    for (char &C : Flat)
      C = C == '\n' || C == '\t' ? ' ' : C;
    StringRef Name = text::leadingIdentifier(Flat);
    std::string Value = offsetExpression(Word, Flat);
    if (!Value.empty() && Seen.insert(Name.str()).second)
      Text += ("#ifndef " + Name + "\n#define " + Name + " " + Value + "\n#endif\n").str();
  });
}

void makeAsmOffsets(Builder &B) {
  std::set<std::string> Seen;
  std::string Text = "#include <linux/stddef.h>\n";
  addOffsets(B, B.inArch("kernel/asm-offsets.c"), Seen, Text);
  addOffsets(B, B.inArch(std::string("kernel/asm-offsets_") + (B.on("64BIT") ? "64.c" : "32.c")), Seen, Text);
  std::string Path = "include/generated/asm-offsets.h";
  B.put(Path, text::guarded(Path, Text));
}

// ---- vDSO

/// How the architecture's headers paste a symbol's name into an offset's: "vdso64_offset_" name "".
struct Paste {
  std::string before, after;
  friend auto operator<=>(const Paste &, const Paste &) = default;
};

void findPastes(StringRef Header, std::set<Paste> &Pastes) {
  for (size_t At = Header.find("##name"); At != StringRef::npos; At = Header.find("##name", At + 1)) {
    size_t Begin = At;
    while (Begin > 0 && text::isWord(Header[Begin - 1]))
      --Begin;
    Paste P{Header.slice(Begin, At).str(), ""};
    StringRef Rest = Header.substr(At + StringRef("##name").size());
    if (Rest.consume_front("##"))
      P.after = Rest.take_while(text::isWord).str();
    if (StringRef(P.before + P.after).contains("offset"))
      Pastes.insert(P);
  }
}

/// Names a C file asks for: the last argument of every ...VDSO..._SYMBOL(...).
void findUses(StringRef Source, std::set<std::string> &Names, std::set<std::string> &Whole) {
  text::forEachIdentifier(Source, [&](StringRef Word, StringRef Rest) {
    if (Word.contains("VDSO") && Word.ends_with("_SYMBOL") && Rest.starts_with("(")) {
      StringRef Last = text::arguments(text::bracketed(Rest)).back();
      if (text::isIdentifier(Last) && Last != "name")
        Names.insert(Last.str());
    } else if (Word.starts_with("vdso") && Word.contains("_offset_") && !Rest.starts_with("##") &&
               !Rest.ltrim().starts_with("(")) {
      Whole.insert(Word.str());
    }
  });
}

/// Names the vDSO's own linker scripts export: VDSO_name = ..., __kernel_name;
void findExports(StringRef Script, std::set<std::string> &Names) {
  text::forEachIdentifier(Script, [&](StringRef Word, StringRef Rest) {
    if (Word.consume_front("VDSO_") ? Rest.ltrim().starts_with("=")
                                    : Word.consume_front("__kernel_") && Rest.starts_with(";")) {
      Word.consume_front("compat_");
      Names.insert(Word.str());
    }
  });
}

bool isVdsoPath(StringRef File) { return File.contains("vdso"); }

void makeVdsoOffsets(Builder &B) {
  const char *Headers[] = {"vdso-offsets.h", "vdso32-offsets.h", "vdso64-offsets.h", "compat_vdso-offsets.h"};
  std::set<Paste> Pastes;
  bool Wanted = false;
  for (const std::string &File : B.filesBelow(B.inArch("include/asm"), false))
    if (isVdsoPath(File)) {
      std::string Text = B.read(File).value_or("");
      Wanted |= StringRef(Text).contains("vdso") && StringRef(Text).contains("-offsets.h");
      findPastes(Text, Pastes);
    }
  std::set<std::string> Names, Whole;
  if (Wanted || B.has(B.inArch("kernel/vdso.c")))
    for (const std::string &File : B.filesBelow(B.inArch("kernel"), true)) {
      bool Script = isVdsoPath(File) && StringRef(File).ends_with(".S");
      if (!Script && !StringRef(File).ends_with(".c"))
        continue;
      std::string Text = B.read(File).value_or("");
      if (Script)
        findExports(Text, Names);
      else if (StringRef(Text).contains("VDSO") || StringRef(Text).contains("vdso"))
        findUses(Text, Names, Whole);
    }
  std::set<std::string> Macros = Whole;
  for (const std::string &Name : Names)
    for (const Paste &P : Pastes)
      Macros.insert(P.before + Name + P.after);
  std::string Text;
  for (const std::string &Macro : Macros)
    Text += "#define " + Macro + " 0\n";
  for (const char *Header : Headers)
    B.put(std::string("include/generated/") + Header, text::guarded("vdso_offsets", Text));
}

} // namespace

void makeOffsets(Builder &B) {
  makeAsmOffsets(B);
  makeVdsoOffsets(B);
}

} // namespace krcu
