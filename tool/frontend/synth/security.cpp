// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tables that two security modules generate from C headers. SELinux numbers its classes, permissions and
// initial SIDs in the order of two initialisers; AppArmor turns #define lists into arrays of names. The
// inputs are read as text: braces, strings and macros that stand for a list of strings.
#include "tool/frontend/synth/builder.h"
#include "tool/frontend/synth/text.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

namespace krcu {
namespace {

using llvm::StringRef;
using Strings = std::vector<std::string>;

// ---- SELinux

struct SecurityClass {
  std::string name;
  Strings permissions;
};

/// Every quoted string in `List`, with macros replaced by their own strings. Depth bounds a macro that names
/// itself.
void appendStrings(StringRef List, const std::map<std::string, std::string> &Macros, unsigned Depth,
                   Strings &Out) {
  for (StringRef Item : text::arguments(List)) {
    if (Item.consume_front("\"")) {
      Out.push_back(Item.take_until([](char C) { return C == '"'; }).str());
    } else if (auto It = Macros.find(Item.str()); It != Macros.end() && Depth > 0) {
      appendStrings(It->second, Macros, Depth - 1, Out);
    }
  }
}

std::vector<SecurityClass> readClasses(StringRef Source) {
  std::string Clean = text::joined(text::withoutComments(Source));
  std::map<std::string, std::string> Macros;
  text::forEachLine(Clean, [&](StringRef Line) {
    StringRef Name, Rest;
    if (text::parseDefine(Line, Name, Rest) && !Rest.trim().empty())
      Macros[Name.str()] = Rest.trim().str();
  });
  std::vector<SecurityClass> Classes;
  StringRef Rest = StringRef(Clean).substr(std::min(Clean.find("secclass_map[]"), Clean.size()));
  Rest = Rest.substr(Rest.find('{') == StringRef::npos ? Rest.size() : Rest.find('{'));
  for (StringRef Entry : text::arguments(text::bracketed(Rest))) {
    if (!Entry.starts_with("{"))
      continue;
    std::vector<StringRef> Parts = text::arguments(text::bracketed(Entry));
    Strings Name;
    appendStrings(Parts[0], Macros, 0, Name);
    if (Name.empty() || !text::isIdentifier(Name[0]) || Parts.size() < 2 || !Parts[1].starts_with("{"))
      continue;
    SecurityClass Class{Name[0], {}};
    appendStrings(text::bracketed(Parts[1]), Macros, 8, Class.permissions);
    Classes.push_back(std::move(Class));
  }
  return Classes;
}

std::string initialSids(StringRef Source) {
  std::string Clean = text::withoutComments(Source), Text;
  size_t At = Clean.find("initial_sid_to_string[]");
  size_t Open = At == std::string::npos ? At : Clean.find('{', At);
  unsigned Last = 0;
  if (Open != std::string::npos) {
    std::vector<StringRef> Items = text::arguments(text::bracketed(StringRef(Clean).substr(Open)));
    while (!Items.empty() && Items.back().empty())
      Items.pop_back(); // the comma after the last element
    for (unsigned I = 0; I < Items.size(); ++I) {
      Last = I;
      StringRef Name = Items[I];
      if (Name.consume_front("\"") && Name.consume_back("\""))
        Text += llvm::formatv("#define SECINITSID_{0} {1}\n", Name.upper(), I).str();
    }
  }
  return Text + llvm::formatv("#define SECINITSID_NUM {0}\n", Last).str();
}

std::string socketTest(const std::vector<SecurityClass> &Classes) {
  std::string Text =
      "static inline bool security_is_socket_class(u16 kern_tclass)\n{\n\tswitch (kern_tclass) {\n";
  for (const SecurityClass &Class : Classes)
    if (StringRef(Class.name).ends_with("socket"))
      Text += "\tcase SECCLASS_" + StringRef(Class.name).upper() + ":\n";
  return Text + "\t\treturn true;\n\tdefault:\n\t\treturn false;\n\t}\n}\n";
}

void makeSelinux(Builder &B) {
  const std::string Dir = "security/selinux/";
  std::optional<std::string> ClassMap = B.read(Dir + "include/classmap.h");
  if (!ClassMap)
    return;
  std::vector<SecurityClass> Classes = readClasses(*ClassMap);
  std::string Flask, Permissions;
  for (size_t I = 0; I < Classes.size(); ++I)
    Flask += llvm::formatv("#define SECCLASS_{0} {1}\n", StringRef(Classes[I].name).upper(), I + 1).str();
  Flask += initialSids(B.read(Dir + "include/initial_sid_to_string.h").value_or("")) + socketTest(Classes);
  for (const SecurityClass &Class : Classes)
    for (size_t Bit = 0; Bit < Class.permissions.size() && Bit < 32; ++Bit)
      Permissions += llvm::formatv("#define {0}__{1} {2}U\n", StringRef(Class.name).upper(),
                                   StringRef(Class.permissions[Bit]).upper(), UINT32_C(1) << Bit)
                         .str();
  B.put(Dir + "flask.h", text::guarded(Dir + "flask.h", Flask));
  B.put(Dir + "av_permissions.h", text::guarded(Dir + "av_permissions.h", Permissions));
}

// ---- AppArmor

struct NameNumber {
  std::string name, number;
};

/// `#define PREFIX_NAME 12` lines of a header; names lower-cased, without the prefix.
std::vector<NameNumber> numberedDefines(const Builder &B, StringRef File, StringRef Prefix) {
  std::vector<NameNumber> Out;
  text::forEachLine(B.read(File).value_or(""), [&](StringRef Line) {
    StringRef Name, Rest;
    if (!text::parseDefine(Line, Name, Rest) || !Name.consume_front(Prefix) || !text::isUpperName(Name))
      return;
    StringRef Number = Rest.ltrim().take_while(llvm::isDigit);
    if (!Number.empty())
      Out.push_back({Name.lower(), Number.str()});
  });
  return Out;
}

std::string table(StringRef Declaration, const std::vector<NameNumber> &Names) {
  std::string Text = ("static const char *" + Declaration + " = {\n").str();
  for (const NameNumber &N : Names)
    Text += "[" + N.number + "] = \"" + N.name + "\",\n";
  return Text + "};\n";
}

std::string mask(StringRef Macro, const std::vector<NameNumber> &Names) {
  std::string List;
  for (const NameNumber &N : Names)
    List += (List.empty() ? "" : " ") + N.name;
  return ("#define " + Macro + " \"" + List + "\"\n").str();
}

std::vector<NameNumber> socketTypes(const Builder &B) {
  std::vector<NameNumber> Out;
  text::forEachLine(B.read("include/linux/net.h").value_or(""), [&](StringRef Line) {
    auto [Left, Right] = Line.split('=');
    StringRef Name = Left.trim(), Number = Right.ltrim().take_while(llvm::isDigit);
    if (Line.starts_with("\tSOCK_") && Name.consume_front("SOCK_") && text::isUpperName(Name) &&
        !Number.empty())
      Out.push_back({Name.lower(), Number.str()});
  });
  return Out;
}

std::vector<NameNumber> resourceLimits(const Builder &B) {
  std::vector<NameNumber> Out;
  text::forEachLine(B.read("include/uapi/asm-generic/resource.h").value_or(""), [&](StringRef Line) {
    StringRef Name, Rest;
    if (text::parseDefine(Line, Name, Rest) && Name.starts_with("RLIMIT_"))
      Out.push_back({Name.drop_front(7).lower(), Name.str()});
  });
  return Out;
}

void makeApparmor(Builder &B) {
  const std::string Dir = "security/apparmor/";
  if (!B.has(Dir + "Makefile"))
    return;
  auto Caps = numberedDefines(B, "include/uapi/linux/capability.h", "CAP_");
  std::erase_if(Caps, [](const NameNumber &N) { return N.name == "fs_mask"; });
  B.put(Dir + "capability_names.h", table("const capability_names[]", Caps) + mask("AA_SFS_CAPS_MASK", Caps));

  auto Limits = resourceLimits(B);
  std::string Order = "static const int rlim_map[RLIM_NLIMITS] = {\n";
  for (const NameNumber &N : Limits)
    Order += N.number + ",\n";
  B.put(Dir + "rlim_names.h", table("const rlim_names[RLIM_NLIMITS]", Limits) + Order + "};\n" +
                                  mask("AA_SFS_RLIMIT_MASK", Limits));

  auto Families = numberedDefines(B, "include/linux/socket.h", "AF_");
  std::erase_if(Families, [](const NameNumber &N) {
    return N.name == "max" || N.name == "local" || N.name == "route";
  });
  B.put(Dir + "net_names.h", table("address_family_names[]", Families) + mask("AA_SFS_AF_MASK", Families) +
                                 table("sock_type_names[]", socketTypes(B)));
}

} // namespace

void makeSecurity(Builder &B) {
  makeSelinux(B);
  makeApparmor(B);
}

} // namespace krcu
